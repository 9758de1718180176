"""Type on paper: how wide a text is, where it breaks, and the white shape behind it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextPath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FAMILY = "DejaVu Sans"
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
_FEWEST_CORNERS = 2
_SMALLEST_SHARE = 0.6


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


@lru_cache(maxsize=4096)
def _advance(letter: str, bold: bool) -> float:  # noqa: FBT001 - a cache takes positions
    font = get_font(findfont(face(10.0, bold=bold)))
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
