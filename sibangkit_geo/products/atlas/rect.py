"""A rectangle of paper, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of paper."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge, millimetres."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Top edge, millimetres."""
        return self.bottom + self.height
