"""Names of villages on a district's sheet: inside the village, else its number of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from sibangkit_geo.cartography.annex.ground import spots
from sibangkit_geo.cartography.annex.label_boxes import (
    Style,
    fit_inside,
    is_free,
    make_label,
)
from sibangkit_geo.cartography.annex.labels import beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.annex.label_boxes import Box, Label

_VILLAGES = Style((7.0, 6.4, 5.8, 5.2), bold=False)
_NUMBER_SIZES = (6.0, 5.2)
_EXCLAVE_MM = 4.0
_QUIET = Style((7.0, 6.0, 5.2), bold=False)


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
