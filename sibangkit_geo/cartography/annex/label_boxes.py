"""Names as boxes on the ground: how large they are, how they break, what they may not cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sibangkit_geo.cartography.annex.lettering import CAPITAL, POINTS_PER_MM, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.cartography.annex.frame import Frame

Box = tuple[float, float, float, float]

# distance of two baselines, in units of the text size
LEADING = 1.12
# air around a name, points
_PAD = 0.6
_SHORT_WORD = 4
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Label:
    """
    A name and where it stands.

    `x`, `y`: Middle, metres.
    `anchor`: Point inside the area that a leader line goes to, or None.
    `size`: Text size, points.
    `box`: West, south, east, north, metres.
    """

    text: str
    x: float
    y: float
    anchor: tuple[float, float] | None
    size: float
    box: Box
    bold: bool = True


@lru_cache(maxsize=4096)
def splits(name: str) -> tuple[str, ...]:
    """
    Break a name over lines in every even way; a number such as II never stands alone.

    Parameters
    ----------
    name
        Words.

    Returns
    -------
    texts
        The most compact one first.

    Examples
    --------
    >>> splits("Banyuasin II")
    ('Banyuasin II',)
    """
    words = name.split()
    if len(words) > 1 and len(words[-1]) < _SHORT_WORD:
        words[-2:] = [f"{words[-2]} {words[-1]}"]
    found = {}
    for lines in range(1, min(len(words), _MOST_LINES) + 1):
        text = "\n".join(_even(words, lines))
        wide = max(width(line, 1.0) for line in text.split("\n"))
        found[text] = wide + 2 * LEADING * lines
    return tuple(sorted(found, key=lambda one: found[one]))


def _even(words: Sequence[str], lines: int) -> list[str]:
    """Fill lines greedily up to the least width that needs no more of them."""
    lengths = sorted({len(" ".join(words[i:j])) for i in range(len(words))
                      for j in range(i + 1, len(words) + 1)})  # fmt: skip
    for room in lengths:
        made = [words[0]]
        for word in words[1:]:
            longer = f"{made[-1]} {word}"
            if len(longer) <= room:
                made[-1] = longer
            else:
                made.append(word)
        if len(made) <= lines and max(len(one) for one in made) <= room:
            return made
    return [" ".join(words)]


def half_size(text: str, size: float, *, frame: Frame, bold: bool) -> tuple[float, float]:
    """Measure half a name's width and height."""
    per_point = frame.scale / 1000 / POINTS_PER_MM
    lines = text.split("\n")
    wide = max(width(line, size, bold=bold) for line in lines) / 2 + _PAD
    high = size * (LEADING * (len(lines) - 1) + CAPITAL + 0.2) / 2 + _PAD
    return wide * per_point, high * per_point


def make_label(
    text: str,
    middle: tuple[float, float],
    *,
    size: float,
    frame: Frame,
    anchor: tuple[float, float] | None = None,
    bold: bool = True,
) -> Label:
    """
    Measure a name at a place.

    `anchor`: Where its leader line goes to, or None.
    """
    wide, high = half_size(text, size, frame=frame, bold=bold)
    x, y = middle
    box = (x - wide, y - high, x + wide, y + high)
    return Label(text, x, y, anchor, size, box, bold)


def is_free(label: Label, taken: Sequence[Box], *, frame: Frame) -> bool:
    """
    Tell whether a label stands inside the frame and over nothing.

    `taken`: Boxes, metres.
    Returns: True when nothing is in its way.
    """
    west, south, east, north = label.box
    if west <= frame.west or south <= frame.south or east >= frame.east or north >= frame.north:
        return False
    return not any(
        west < other[2] and other[0] < east and south < other[3] and other[1] < north
        for other in taken
    )


@dataclass(frozen=True, slots=True)
class Style:
    """
    How names are set.

    `sizes`: Points, the largest first.
    """

    sizes: tuple[float, ...]
    bold: bool

    def enlarged(self, zoom: float) -> Style:
        """Set everything larger."""
        return Style(tuple(size * zoom for size in self.sizes), self.bold)


def fit_inside(
    name: str,
    area: BaseGeometry,
    *,
    places: NDArray[np.float64],
    style: Style,
    frame: Frame,
    taken: Sequence[Box],
) -> Label | None:
    """
    Find the first place where a name stands wholly inside an area and over nothing.

    `places`: Middles to try, best first, shape (n, 2).
    `taken`: Boxes that it may not cover.
    Returns: None where there is no such place.
    """
    if not len(places):
        return None
    shapely.prepare(area)
    others = np.array(taken, dtype=float).reshape(-1, 4)
    for size in style.sizes:
        for text in splits(name):
            half = np.array(half_size(text, size, frame=frame, bold=style.bold))
            boxes = np.hstack([places - half, places + half])
            good = shapely.covers(area, shapely.box(*boxes.T)) & _free(boxes, others, frame)
            if good.any():
                x, y = places[int(np.argmax(good))].tolist()
                return make_label(text, (x, y), size=size, frame=frame, bold=style.bold)
    return None


def _free(
    boxes: NDArray[np.float64], others: NDArray[np.float64], frame: Frame
) -> NDArray[np.bool_]:  # fmt: skip
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    over = np.any(np.all((low < others[:, 2:]) & (others[:, :2] < high), axis=2), axis=1)
    inside = (boxes[:, :2] > [frame.west, frame.south]) & (boxes[:, 2:] < [frame.east, frame.north])
    return np.asarray(~over & inside.all(axis=1))
