"""Names of districts: every one placed, none over another."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.cartography.annex.label_boxes import (
    Style,
    fit_inside,
    is_free,
    make_label,
    splits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.annex.label_boxes import Box, Label

_DISTRICTS = Style((6.0, 5.4, 4.8), bold=True)
_REACH_MM = (4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 30.0, 40.0)
_TURNS = (90, 0, 270, 180, 45, 135, 315, 225, 67, 113, 23, 157, 337, 203, 293, 247)


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
