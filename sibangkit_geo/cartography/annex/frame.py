"""The map frame on paper: which piece of ground it shows, at which round scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from sibangkit_geo.cartography.annex.lettering import POINTS_PER_MM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.cartography.annex.paper import Rect

MM_PER_INCH = 25.4
# round scales of Indonesian thematic maps
SCALES = (
    5_000,
    10_000,
    20_000,
    25_000,
    50_000,
    75_000,
    100_000,
    150_000,
    200_000,
    250_000,
    300_000,
    350_000,
    400_000,
    450_000,
    500_000,
    600_000,
    700_000,
    750_000,
    800_000,
    900_000,
    1_000_000,
    1_250_000,
    1_500_000,
    2_000_000,
    2_500_000,
    5_000_000,
)
_MARGIN = 1.04


@dataclass(frozen=True, slots=True)
class Frame:
    """
    Ground shown in a rectangle of paper.

    `west`, `south`, `east`, `north`: Metres in the study CRS.
    """

    west: float
    south: float
    east: float
    north: float
    scale: int

    def on_paper(self, xy: NDArray[np.float64], rect: Rect) -> NDArray[np.float64]:
        """Turn metres into points of the page, two digits, the frame filling a rectangle."""
        per_metre = 1000 / self.scale * POINTS_PER_MM
        corner = np.array([rect.left, rect.bottom]) * POINTS_PER_MM
        return np.round((xy - [self.west, self.south]) * per_metre + corner, 2)


def fit(bounds: Sequence[float], *, width_mm: float, height_mm: float) -> Frame:
    """
    Choose the largest round scale at which an area fits a rectangle of paper.

    `bounds`: West, south, east, north of the area, metres.
    `width_mm`, `height_mm`: Rectangle, millimetres.
    Raises ValueError: The area is larger than the smallest scale can show.
    """
    west, south, east, north = bounds
    for scale in SCALES:
        wide, high = width_mm / 1000 * scale, height_mm / 1000 * scale
        if (east - west) * _MARGIN <= wide and (north - south) * _MARGIN <= high:
            x, y = (west + east) / 2, (south + north) / 2
            return Frame(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, scale)
    msg = f"The area is too large for 1 : {SCALES[-1]:,}."
    raise ValueError(msg)


def draw_areas(
    axes: Axes, shapes: Iterable[BaseGeometry], *, colors: Iterable[str], **style: Any
) -> None:
    """
    Draw polygons with their holes.

    Raises ValueError: There are fewer colours than shapes.
    """
    for shape, color in zip(shapes, colors, strict=True):
        # add_patch would measure every outline to find limits that are set already
        axes.add_artist(PathPatch(_outline(shape), facecolor=color, **style))


def _outline(shape: BaseGeometry) -> Outline:
    parts = getattr(shape, "geoms", [shape])
    rings = [
        ring
        for part in parts
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    if not rings:
        return Outline(np.empty((0, 2)))
    return Outline.make_compound_path(
        *(Outline(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings)
    )
