"""District names on paper: every one placed, none over another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib import patheffects

from sibangkit_geo.cartography.annex.frame import MM_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from sibangkit_geo.cartography.annex.frame import Frame

_POINTS_PER_INCH = 72
# DejaVu Sans Bold capitals are about this wide and a line this high, in units of the text size
_LETTER_WIDTH = 0.84
_LINE_HEIGHT = 1.22
_SIZES = (6.0, 5.4, 4.8)
_SHORT_WORD = 4
_REACH_MM = (4.0, 8.0, 13.0, 20.0, 30.0)
_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))


@dataclass(frozen=True, slots=True)
class Label:
    """
    A name and where it stands.

    Attributes
    ----------
    text
        Name, in lines.
    x, y
        Middle, metres.
    anchor
        Point inside the district that a leader line goes to, or None.
    size
        Text size, points.
    box
        West, south, east, north, metres.
    """

    text: str
    x: float
    y: float
    anchor: tuple[float, float] | None
    size: float
    box: tuple[float, float, float, float]


def place(
    names: Mapping[str, str],
    points: Mapping[str, Sequence[tuple[float, float]]],
    *,
    frame: Frame,
    taken: Sequence[tuple[float, float, float, float]] = (),
) -> list[Label]:
    """
    Place every name without overlap: inside its district, else beside it with a leader line.

    Districts with the fewest places go first; sizes shrink before a name leaves
    its district.

    Parameters
    ----------
    names
        Key to name.
    points
        Key to places inside the district, best first, metres.
    frame
        Ground shown; boxes stay inside.
    taken
        Boxes that no name may cover, metres.

    Returns
    -------
    labels
        One per name, always.

    Raises
    ------
    KeyError
        A name has no points.
    """
    placed: list[Label] = []
    for key in sorted(names, key=lambda one: (len(points[one]), one)):
        name = names[key].upper()
        options = _inside(name, points[key], frame) + _beside(name, points[key][0], frame)
        boxes = [*taken, *(other.box for other in placed)]
        free = (
            one
            for one in options
            if _fits(one.box, frame) and not any(_overlap(one.box, box) for box in boxes)
        )
        placed.append(next(free, options[0]))
    return placed


def _inside(name: str, points: Sequence[tuple[float, float]], frame: Frame) -> list[Label]:
    return [
        _label(text, x, y, None, size, frame)
        for size in _SIZES
        for x, y in points
        for text in _splits(name)
    ]


def _beside(name: str, anchor: tuple[float, float], frame: Frame) -> list[Label]:
    per_mm = frame.scale / 1000
    return [
        _label(
            text,
            anchor[0] + dx * reach * per_mm,
            anchor[1] + dy * reach * per_mm,
            anchor,
            _SIZES[-1],
            frame,
        )
        for reach in _REACH_MM
        for dx, dy in _DIRECTIONS
        for text in _splits(name)
    ]


def _splits(name: str) -> list[str]:
    """Break a name over lines; a number such as II never stands alone."""
    *words, last = name.split()
    if words and len(last) < _SHORT_WORD:
        words, last = words[:-1], f"{words[-1]} {last}"
    words = [*words, last]
    if len(words) == 1:
        return words
    texts = ["\n".join(words), name]
    if len(words) > 2:
        texts.insert(0, f"{words[0]} {words[1]}\n{' '.join(words[2:])}")
    return texts


def _label(
    text: str, x: float, y: float, anchor: tuple[float, float] | None, size: float, frame: Frame
) -> Label:
    per_point = MM_PER_INCH / _POINTS_PER_INCH * frame.scale / 1000
    lines = text.split("\n")
    wide = max(len(line) for line in lines) * _LETTER_WIDTH * size * per_point / 2
    high = len(lines) * _LINE_HEIGHT * size * per_point / 2
    return Label(text, x, y, anchor, size, (x - wide, y - high, x + wide, y + high))


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _fits(box: tuple[float, ...], frame: Frame) -> bool:
    return (
        box[0] > frame.west
        and box[1] > frame.south
        and box[2] < frame.east
        and box[3] < frame.north
    )


def draw_labels(axes: Axes, labels: Sequence[Label]) -> None:
    """
    Draw names as selectable text over a white halo.

    Parameters
    ----------
    axes
        Map axes in metres.
    labels
        From `place`.

    Raises
    ------
    Nothing
        No label draws nothing.
    """
    halo = [patheffects.Stroke(linewidth=1.6, foreground="white"), patheffects.Normal()]
    for one in labels:
        if one.anchor:
            axes.plot(
                [one.anchor[0], one.x],
                [one.anchor[1], one.y],
                color="#1d2733",
                linewidth=0.4,
                zorder=8,
            )
        style: dict[str, Any] = {
            "fontsize": one.size,
            "fontweight": "bold",
            "ha": "center",
            "va": "center",
            "linespacing": 1.05,
            "color": "#101820",
        }
        # a halo turns text into outlines; the plain text over it is what can be searched
        axes.text(one.x, one.y, one.text, path_effects=halo, zorder=9, **style)
        axes.text(one.x, one.y, one.text, zorder=10, **style)
