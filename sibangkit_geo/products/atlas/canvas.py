"""A page to draw on: millimetres from the lower left corner, drawn in the order of the calls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath

from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.machine import FAMILY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Role = Literal["Artifact", "H1", "H2", "Figure", "P", "LI"]

INK, SOFT = "#16232f", "#4b5965"
_DIGITS = 2
_CURVE = 24
_SHARE_LEFT = {"left": 0.0, "centre": 0.5, "right": 1.0}

POINTS_PER_MM = 72 / 25.4
# height of capitals, in units of the text size (DejaVu Sans)
CAPITAL = 0.729
# the units of FreeType's advances
_FIXED = 65536.0
# distance of two baselines, in units of the text size
_LEADING = 1.3
# in units of the text size
_HALO, _HALO_DETAIL = 0.14, 0.012
_LARGE = 100.0
# lines of the pattern of what has no number: along x less y, points
HATCH_STEP, HATCH_WIDTH = 5.0, 0.45
_FEWEST_CORNERS = 2
_SMALLEST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Pen:
    """
    How a path is drawn.

    `fill`: ``#rrggbb``; empty for none.
    `edge`: ``#rrggbb``; empty for none.
    `width`: Of the edge, points.
    `dash`: On, off, on ... in points; empty for a solid line.
    `hatch`: ``"lines"`` in the colour of the edge; empty for none.
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


@dataclass(frozen=True, slots=True)
class Part:
    """
    What marks are to those who hear a page.

    `first`: Number of the first of them; they end where the next part begins.
    `role`: An entry of a list is "LI"; what stands on every page is an "Artifact".
    `alt`, `box`: What a figure shows, and where it stands.
    """

    first: int
    role: Role
    alt: str = ""
    box: Rect | None = None


class Page:
    """
    One page: a list of what is drawn, in order, for the PDF and for the picture alike.

    Everything is kept in points of two digits, so that numbers in the file are short.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.marks: list[Drawn | Written | Pictured] = []
        self.parts: list[Part] = []

    def part(self, role: Role, *, alt: str = "", box: Rect | None = None) -> None:
        """Begin a part: what is drawn from here on is one heading, sentence or figure."""
        self.parts.append(Part(len(self.marks), role, alt, box))

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


@lru_cache(maxsize=64)
def face(size: float, *, bold: bool = False, italic: bool = False) -> FontProperties:
    """
    Name a typeface at a size.

    Returns: The same object for the same request.
    """
    return FontProperties(
        family=FAMILY,
        size=size,
        weight="bold" if bold else "normal",
        style="italic" if italic else "normal",
    )


def font_file(wanted: FontProperties) -> Path:
    """
    Find the file of a font; of another cut or family where matplotlib has no nearer one.

    Raises SibangkitError: There is no font that printed maps can be written in.
    """
    try:
        return Path(findfont(wanted))
    except ValueError as error:
        msg = (
            f"Printed maps need the font {FAMILY}, which matplotlib brings along and which is "
            "missing here. Install matplotlib again; `sibangkit doctor` tells what else is missing."
        )
        raise SibangkitError(msg) from error


@lru_cache(maxsize=4096)
def _advance(letter: str, bold: bool) -> float:  # noqa: FBT001 - a cache takes positions
    font = get_font(str(font_file(face(10.0, bold=bold))))
    font.set_size(100.0, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / _FIXED / 100


@lru_cache(maxsize=16384)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """
    Measure one line of text.

    Parameters
    ----------
    text
        Without line break.
    size
        Points.
    bold
        Which cut.

    Returns
    -------
    width
        Points.

    Examples
    --------
    >>> width("MM", 10) == 2 * width("M", 10)
    True
    """
    return size * sum(_advance(letter, bold) for letter in text)


def wrap(text: str, room: float, *, size: float, bold: bool = False) -> list[str]:
    """
    Break a text into lines that fit.

    Parameters
    ----------
    text
        Words; a word longer than a line is broken.
    room
        Width of a line, points.
    size
        Points.
    bold
        Which cut.

    Returns
    -------
    lines
        None for an empty text.

    Examples
    --------
    >>> wrap("Banyuasin I", 45, size=8)
    ['Banyuasin', 'I']
    """
    lines: list[str] = []
    for word in _pieces(text, room, size, bold):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _pieces(text: str, room: float, size: float, bold: bool) -> Iterator[str]:  # noqa: FBT001
    for word in text.split():
        rest = word
        while len(rest) > 1 and width(rest, size, bold=bold) > room:
            fits = next(
                (n for n in range(len(rest) - 1, 1, -1) if width(rest[:n], size) <= room), 1
            )
            yield rest[:fits]
            rest = rest[fits:]
        yield rest


def shorten(text: str, room: float, *, size: float, bold: bool = False) -> str:
    """
    Cut a text to one line, with an ellipsis where something is left out.

    `room`: Width, points.
    Returns: At most as wide as `room`.
    """
    if width(text, size, bold=bold) <= room:
        return text
    for end in range(len(text) - 1, 0, -1):
        cut = f"{text[:end].rstrip()}…"
        if width(cut, size, bold=bold) <= room:
            return cut
    return "…"


def fitted(words: str, room: float, *, size: float, bold: bool = False) -> tuple[str, float]:
    """
    Make one line fit: smaller down to three fifths, then cut.

    `room`: Width, points.
    `size`: Points, at most.
    Returns: Text and points.
    """
    wide = width(words, size, bold=bold)
    if wide <= room:
        return words, size
    smaller = size * max(room / wide * 0.995, _SMALLEST_SHARE)
    return shorten(words, room, size=smaller, bold=bold), smaller


def line_mm(size: float) -> float:
    """Distance of two baselines."""
    return _LEADING * size / POINTS_PER_MM


def halo(line: str, size: float, *, bold: bool) -> list[NDArray[np.float64]]:
    """
    Outline the shape around a line of text, to be filled in white behind it.

    A few corners per letter instead of stroked glyphs: small, and the text above stays plain.

    Returns: Corners in points, from the start of the baseline; those of neighbours overlap.
    """
    found, start = [], 0.0
    for letter in line:
        found += [ring * size + [start, 0.0] for ring in _letter_halo(letter, bold)]
        start += width(letter, size, bold=bold)
    return found


@lru_cache(maxsize=512)
def _letter_halo(letter: str, bold: bool) -> tuple[NDArray[np.float64], ...]:  # noqa: FBT001
    """Outline a letter of one point; a blank has no shape."""
    if letter.isspace():
        return ()
    glyph = TextPath((0, 0), letter, prop=face(_LARGE, bold=bold), usetex=False)
    shapes = (np.asarray(one) / _LARGE for one in glyph.to_polygons(closed_only=False))
    corners = [one for one in shapes if len(one) > _FEWEST_CORNERS]
    strokes = shapely.multilinestrings([shapely.linestrings(one) for one in corners])
    around = strokes.buffer(_HALO, quad_segs=2).simplify(_HALO_DETAIL)
    return tuple(
        np.asarray(part.exterior.coords)
        for part in shapely.get_parts(around)
        if part.geom_type == "Polygon"
    )
