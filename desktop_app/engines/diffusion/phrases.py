"""What the instruction field offers: what these models were trained on says it best."""

from __future__ import annotations

PHRASES: tuple[str, ...] = (
    "Cartoonize the following image",
    "Cartoonize this natural image",
    "Turn this photo into a cartoon",
    "Make a cartoon of this picture",
    "Generate a cartoonized version of the image",
    "Give this image a cartoon look",
    "Transform the photo into cartoon style",
    "Convert this natural image into a cartoon",
    "Render the picture as a cartoon drawing",
    "Show this scene as a cartoon",
)
