"""A page to draw on: millimetres from the lower left corner, drawn in the order of the calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.path import Path as Outline

from sibangkit_geo.cartography.annex.lettering import POINTS_PER_MM, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

INK, SOFT = "#16232f", "#4b5965"
_DIGITS = 2
_CURVE = 24
_SHARE_LEFT = {"left": 0.0, "centre": 0.5, "right": 1.0}


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

    def inset(self, by: float) -> Rect:
        """Shrink on all sides."""
        return Rect(self.left + by, self.bottom + by, self.width - 2 * by, self.height - 2 * by)


@dataclass(frozen=True, slots=True)
class Pen:
    """
    How a path is drawn.

    `fill`: ``#rrggbb``; empty for none.
    `edge`: ``#rrggbb``; empty for none.
    `width`: Of the edge, points.
    `dash`: On, off, on ... in points; empty for a solid line.
    `hatch`: ``"lines"`` or ``"dots"`` in the colour of the edge; empty for none.
    """

    fill: str = ""
    edge: str = ""
    width: float = 0.0
    dash: tuple[float, ...] = ()
    hatch: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """
    A path on a page.

    `outline`: Corners in points.
    """

    outline: Outline
    pen: Pen


@dataclass(frozen=True, slots=True)
class Type:
    """
    A style of type.

    `bold`, `italic`: Cut; bold wins.
    `upright`: Turned by 90 degrees, to be read from the right.
    """

    size: float
    color: str = INK
    bold: bool = False
    italic: bool = False
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """
    A line of text on a page.

    `x`, `y`: Start of the baseline, points.
    """

    x: float
    y: float
    words: str
    type: Type


@dataclass(frozen=True, slots=True)
class Pictured:
    """
    Pixels on a page.

    `pixels`: Red, green, blue, opacity; the highest row first, shape (rows, columns, 4).
    """

    pixels: NDArray[np.uint8]
    rect: Rect


class Page:
    """
    One page: a list of what is drawn, in order, for the PDF and for the picture alike.

    Everything is kept in points of two digits, so that numbers in the file are short.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.marks: list[Drawn | Written | Pictured] = []

    def path(self, outline: Outline, pen: Pen) -> None:
        """Draw a path whose corners are points of the page."""
        if np.size(outline.vertices):
            self.marks.append(Drawn(outline, pen))

    def polygon(self, corners: Sequence[tuple[float, float]], pen: Pen) -> None:
        """Draw a closed polygon of corners in millimetres."""
        verts = points([*corners, corners[0]])
        codes = [Outline.MOVETO, *[Outline.LINETO] * (len(corners) - 1), Outline.CLOSEPOLY]
        self.path(Outline(verts, codes), pen)

    def line(self, corners: Sequence[tuple[float, float]], pen: Pen) -> None:
        """Draw an open line of corners in millimetres."""
        codes = [Outline.MOVETO, *[Outline.LINETO] * (len(corners) - 1)]
        self.path(Outline(points(corners), codes), pen)

    def box(self, rect: Rect, pen: Pen) -> None:
        """Draw a rectangle."""
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], pen)

    def disc(self, centre: tuple[float, float], radius: float, pen: Pen) -> None:
        """Draw a disc, millimetres."""
        turn = np.linspace(0, 2 * np.pi, _CURVE, endpoint=False)
        x, y = centre
        around = zip(x + radius * np.cos(turn), y + radius * np.sin(turn), strict=True)
        self.polygon([(float(a), float(b)) for a, b in around], pen)

    def text(
        self, place: tuple[float, float], words: str, style: Type, *, align: str = "left"
    ) -> None:  # fmt: skip
        """Write one line; `place` is the left end, the middle or the right end of its baseline."""
        if not words:
            return
        before = _SHARE_LEFT[align]
        shift = before * width(words, style.size, bold=style.bold) if before else 0.0
        x, y = place[0] * POINTS_PER_MM - shift, place[1] * POINTS_PER_MM
        self.marks.append(Written(round(x, _DIGITS), round(y, _DIGITS), words, style))

    def picture(self, pixels: NDArray[np.uint8], rect: Rect) -> None:
        """Draw pixels as large as fits the middle of a rectangle."""
        high, wide = pixels.shape[:2]
        scale = min(rect.width / wide, rect.height / high)
        wide_mm, high_mm = wide * scale, high * scale
        left = rect.left + (rect.width - wide_mm) / 2
        bottom = rect.bottom + (rect.height - high_mm) / 2
        self.marks.append(Pictured(pixels, Rect(left, bottom, wide_mm, high_mm)))


def points(corners: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """
    Turn millimetres into points of the page.

    Returns: Points, two digits: a three-hundredth of a millimetre.
    Raises ValueError: There is no corner.
    """
    if not len(corners):
        msg = "`corners` is empty."
        raise ValueError(msg)
    return np.round(np.asarray(corners, dtype=float) * POINTS_PER_MM, _DIGITS)
