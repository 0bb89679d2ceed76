"""The parameters of the classic engine, each one a control in the develop panel."""

from __future__ import annotations

from desktop_app.core.looks import ParameterSpec

SPECS: tuple[ParameterSpec, ...] = (
    ParameterSpec(
        "detail", "Detail", "Keeps smaller things and finer edges.", 0.0, 1.0, 0.5, 0.05, "Flats"
    ),
    ParameterSpec(
        "colours", "Colours", "Allows more different colours.", 3.0, 64.0, 28.0, 1.0, "Flats"
    ),
    ParameterSpec(
        "tone_steps",
        "Tone steps",
        "Cuts light and shadow into more steps.",
        2.0,
        16.0,
        8.0,
        1.0,
        "Flats",
    ),
    ParameterSpec(
        "shading", "Shading", "Models things more strongly.", 0.0, 1.0, 0.5, 0.05, "Flats"
    ),
    ParameterSpec(
        "line_amount", "Line amount", "Draws fainter edges too.", 0.0, 1.0, 0.5, 0.05, "Lines"
    ),
    ParameterSpec(
        "line_width", "Line width", "Draws with a broader pen.", 0.4, 3.0, 1.0, 0.1, "Lines"
    ),
    ParameterSpec(
        "line_darkness", "Line darkness", "Uses darker ink.", 0.0, 1.0, 0.8, 0.05, "Lines"
    ),
    ParameterSpec(
        "vividness", "Vividness", "Makes colours livelier.", 0.0, 2.0, 1.1, 0.05, "Colour"
    ),
    ParameterSpec(
        "brightness", "Brightness", "Makes the picture brighter.", -1.0, 1.0, 0.0, 0.05, "Colour"
    ),
    ParameterSpec(
        "contrast", "Contrast", "Drives light and dark apart.", 0.5, 1.5, 1.0, 0.05, "Colour"
    ),
    ParameterSpec(
        "monochrome", "Black and white", "Takes the colour out.", 0.0, 1.0, 0.0, 1.0, "Colour"
    ),
    ParameterSpec(
        "grain", "Grain", "Shows the paper and the medium more.", 0.0, 1.0, 0.0, 0.05, "Medium"
    ),
)

BY_NAME: dict[str, ParameterSpec] = {spec.name: spec for spec in SPECS}
