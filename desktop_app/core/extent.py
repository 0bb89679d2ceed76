"""The size of a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """Width and height in pixels, both at least 1."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture cannot be {self.width} x {self.height} pixels")

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def long_side(self) -> int:
        """The longer of both sides, in pixels."""
        return max(self.width, self.height)

    def scaled(self, factor: float) -> Extent:
        """Return this extent times `factor`, each side rounded and at least one pixel."""
        return Extent(max(1, round(self.width * factor)), max(1, round(self.height * factor)))

    def with_long_side(self, long_side_px: int) -> Extent:
        """Return the extent of the same shape whose longer side is `long_side_px`."""
        return self.scaled(long_side_px / self.long_side)

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"
