"""Names as boxes on the ground: how large they are, how they break, what they may not cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.path import Path as Outline

from sibangkit_geo.products.atlas.canvas import CAPITAL, POINTS_PER_MM, Pen, Type, halo, width
from sibangkit_geo.products.atlas.ground import spots

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.products.atlas.canvas import Page
    from sibangkit_geo.products.atlas.ground import Frame
    from sibangkit_geo.products.atlas.rect import Rect

Box = tuple[float, float, float, float]

# distance of two baselines, in units of the text size
LEADING = 1.12
# air around a name, points
_PAD = 0.6
_SHORT_WORD = 4
_MOST_LINES = 4

_REACH_MM = (4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 30.0, 40.0)
_TURNS = (90, 0, 270, 180, 45, 135, 315, 225, 67, 113, 23, 157, 337, 203, 293, 247)

_NUMBER_SIZES = (6.0, 5.2)
_EXCLAVE_MM = 4.0

LEADER = Pen(edge="#1d2733", width=0.4)
_WHITE = Pen(fill="#ffffff")


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


def place(
    names: Mapping[str, str],
    points: Mapping[str, Sequence[tuple[float, float]]],
    *,
    frame: Frame,
    taken: Sequence[Box] = (),
    areas: Mapping[str, BaseGeometry] | None = None,
    zoom: float = 1.0,
) -> list[Label]:
    """
    Place every name without overlap: inside its district, else beside it with a leader line.

    Districts with the fewest places go first; sizes shrink before a name leaves
    its district.

    `points`: Key to places inside the district, best first, metres.
    `frame`: Ground shown; boxes stay inside.
    `taken`: Boxes that no name may cover, metres.
    `areas`: Key to district; a place where the whole name stands inside comes first.
    `zoom`: Times the sizes of A4.
    """
    placed: list[Label] = []
    style = _DISTRICTS.enlarged(zoom)
    for key in sorted(names, key=lambda one: (len(points[one]), one)):
        name = names[key].upper()
        boxes = [*taken, *(other.box for other in placed)]
        whole = areas and fit_inside(
            name, areas[key], places=np.array(points[key]), style=style, frame=frame, taken=boxes
        )
        placed.append(whole or _anywhere(name, points[key], frame, boxes, style=style))
    return placed


def _anywhere(
    name: str,
    points: Sequence[tuple[float, float]],
    frame: Frame,
    taken: Sequence[Box],
    *,
    style: Style,
) -> Label:
    inside = [
        make_label(text, at, size=size, frame=frame, bold=style.bold)
        for size in style.sizes
        for at in points
        for text in splits(name)
    ]
    around = beside(name, points[0], size=style.sizes[-1], frame=frame, bold=style.bold)
    return next(
        (one for one in chain(inside, around) if is_free(one, taken, frame=frame)), inside[0]
    )  # fmt: skip


def beside(
    name: str, anchor: tuple[float, float], *, size: float, frame: Frame, bold: bool = True
) -> Iterator[Label]:
    """
    Propose places around a point for a name with a leader line.

    `anchor`: Where the line points to, metres.
    """
    per_mm = frame.scale / 1000
    for reach in _REACH_MM:
        for turn in np.radians(_TURNS):
            x = anchor[0] + float(np.cos(turn)) * reach * per_mm
            y = anchor[1] + float(np.sin(turn)) * reach * per_mm
            for text in splits(name):
                yield make_label(text, (x, y), size=size, frame=frame, anchor=anchor, bold=bold)


def name_villages(
    areas: Sequence[BaseGeometry],
    names: Sequence[str],
    *,
    numbers: Sequence[int],
    frame: Frame,
    taken: Sequence[Box],
    zoom: float = 1.0,
) -> list[Label]:
    """
    Write each village's name where it fits inside, its number elsewhere.

    `areas`: Villages, metres.
    `taken`: Boxes that nothing may cover, metres.
    `zoom`: Times the sizes of A4.
    Returns: One per village that has an area; the number again on its larger exclaves.
    Raises ValueError: The three differ in length.
    """
    places = [spots(area) for area in areas]
    style = _VILLAGES.enlarged(zoom)
    found: dict[int, Label] = {}
    for i, (area, name, _) in enumerate(zip(areas, names, numbers, strict=True)):
        boxes = [*taken, *(one.box for one in found.values())]
        label = fit_inside(name, area, places=places[i], style=style, frame=frame, taken=boxes)
        if label:
            found[i] = label
    for i, at in enumerate(places):
        if i not in found and len(at):
            boxes = [*taken, *(one.box for one in found.values())]
            found[i] = _number(str(numbers[i]), at, frame, boxes, zoom)
    labels = [found[i] for i in sorted(found)]
    for area, number in zip(areas, numbers, strict=True):
        labels += _exclaves(area, str(number), frame, [*taken, *(one.box for one in labels)])
    return labels


def _exclaves(
    area: BaseGeometry, number: str, frame: Frame, taken: Sequence[Box]
) -> list[Label]:  # fmt: skip
    """Repeat the number on further parts of a village that are large enough to be asked about."""
    parts = shapely.get_parts(area)
    least = (_EXCLAVE_MM / 1000 * frame.scale) ** 2
    found = []
    for part in parts[np.argsort(-shapely.area(parts))][1:]:
        places = spots(part) if part.area > least else ()
        options = (make_label(number, (float(x), float(y)), size=_NUMBER_SIZES[-1], frame=frame)
                   for x, y in places)  # fmt: skip
        found += [one for one in options if is_free(one, taken, frame=frame)][:1]
    return found


def _number(
    number: str, spots_of: NDArray[np.float64], frame: Frame, taken: Sequence[Box],
    zoom: float,
) -> Label:  # fmt: skip
    places = [(float(x), float(y)) for x, y in spots_of]
    for size in (one * zoom for one in _NUMBER_SIZES):
        for at in places:
            option = make_label(number, at, size=size, frame=frame)
            if is_free(option, taken, frame=frame):
                return option
    options = beside(number, places[0], size=_NUMBER_SIZES[-1] * zoom, frame=frame)
    middle = make_label(number, places[0], size=_NUMBER_SIZES[-1] * zoom, frame=frame)
    return next((one for one in options if is_free(one, taken, frame=frame)), middle)


def quiet_names(
    areas: Mapping[str, BaseGeometry], *, frame: Frame, taken: Sequence[Box]
) -> list[Label]:
    """
    Name neighbours where the name fits, and nowhere else.

    `areas`: Name to the part that is shown, metres.
    `taken`: Boxes that nothing may cover, metres.
    Returns: At most one per neighbour.
    """
    found: list[Label] = []
    for name, area in areas.items():
        boxes = [*taken, *(one.box for one in found)]
        label = fit_inside(name, area, places=spots(area), style=_QUIET, frame=frame, taken=boxes)
        if label:
            found.append(label)
    return found


def draw_labels(
    page: Page, labels: Sequence[Label], *, frame: Frame, rect: Rect, color: str = "#101820"
) -> None:
    """Draw names as plain, selectable text over a white shape."""
    starts = [(one, _baselines(one, frame, rect)) for one in labels]
    for one, _ in starts:
        if one.anchor:
            ends = frame.on_paper(np.array([one.anchor, (one.x, one.y)]), rect)
            page.path(Outline(ends), LEADER)
    rings = [
        np.round(ring + start, 2)
        for one, lines in starts
        for line, start in lines
        for ring in halo(line, one.size, bold=one.bold)
    ]
    if rings:
        codes = [_codes(len(ring)) for ring in rings]
        page.path(Outline(np.concatenate(rings), np.concatenate(codes)), _WHITE)
    for one, lines in starts:
        for line, start in lines:
            at = (start[0] / POINTS_PER_MM, start[1] / POINTS_PER_MM)
            page.text(at, line, Type(one.size, bold=one.bold, color=color))


def _codes(length: int) -> NDArray[np.uint8]:
    codes = np.full(length, Outline.LINETO, dtype=np.uint8)
    codes[0], codes[-1] = Outline.MOVETO, Outline.CLOSEPOLY
    return codes


def _baselines(
    label: Label, frame: Frame, rect: Rect
) -> list[tuple[str, NDArray[np.float64]]]:  # fmt: skip
    """Start of each line's baseline, points of the page."""
    middle = frame.on_paper(np.array([label.x, label.y]), rect)
    lines = label.text.split("\n")
    step = LEADING * label.size
    first = step * (len(lines) - 1) / 2 - CAPITAL * label.size / 2
    found = []
    for i, line in enumerate(lines):
        left = width(line, label.size, bold=label.bold) / 2
        found.append((line, np.round(middle - np.array([left, i * step - first]), 2)))
    return found


_DISTRICTS = Style((6.0, 5.4, 4.8), bold=True)

_VILLAGES = Style((7.0, 6.4, 5.8, 5.2), bold=False)

_QUIET = Style((7.0, 6.0, 5.2), bold=False)
