"""The ground of an atlas: its shapes prepared once, in the detail that a scale can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.product import Product

_DETAIL_MM = 0.12
_SPOTS = 9
_MOST_SPOTS = 24
_POLE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Shapes:
    """
    Everything at one scale.

    `villages`: Polygons in the order of the product; neighbours keep one common line.
    `district_lines`: One geometry of lines per district, in the order of `Ground.districts`.
    """

    villages: NDArray[np.object_]
    district_lines: NDArray[np.object_]
    regency_line: BaseGeometry
    pocket_lines: dict[int, BaseGeometry]
    context: NDArray[np.object_]

    def inside(self, frame: Frame) -> Shapes:
        """Cut everything at the edge of a frame, in the same order."""
        box = (frame.west, frame.south, frame.east, frame.north)
        cut = {
            number: shapely.clip_by_rect(line, *box) for number, line in self.pocket_lines.items()
        }
        return Shapes(
            villages=shapely.clip_by_rect(self.villages, *box),
            district_lines=shapely.clip_by_rect(self.district_lines, *box),
            regency_line=shapely.clip_by_rect(self.regency_line, *box),
            pocket_lines={one: line for one, line in cut.items() if not line.is_empty},
            context=shapely.clip_by_rect(self.context, *box),
        )


class Ground:
    """Shapes of a product, simplified once per scale and kept."""

    def __init__(self, product: Product) -> None:
        mapped = product.mapped
        self.villages = mapped.geometry.to_numpy()
        self.codes = mapped.index.to_numpy(dtype=object)
        self.names = mapped["name"].to_numpy(dtype=object)
        self.district_of = mapped["district_code"].to_numpy(dtype=object)
        named = mapped.groupby("district_code")["district_name"].first()
        self.districts: dict[str, str] = {str(c): str(n) for c, n in named.items()}
        self.context = product.boundaries.context.geometry.to_numpy()
        self.context_names = [str(one) for one in product.boundaries.context["name"]]
        self.pocket_of = product.pockets.members.reindex(mapped.index).to_numpy(float)
        self.evidence: pd.Series = product.pockets.outlines["evidence"]
        self.bounds: NDArray[np.float64] = shapely.total_bounds(self.villages)
        self._scales: dict[int, Shapes] = {}

    def at(self, scale: int) -> Shapes:
        """Take the shapes with no detail finer than paper shows at a scale."""
        # shared by scales up to twice as small: simplifying costs more than a few corners
        step = 1 << (scale.bit_length() - 1)
        if step not in self._scales:
            self._scales[step] = self._shapes(_DETAIL_MM / 1000 * step)
        return self._scales[step]

    def members(self, district: str) -> NDArray[np.bool_]:
        """Tell which villages belong to a district."""
        return np.asarray(self.district_of == district)

    def district_area(self, district: str) -> BaseGeometry:
        """Join the villages of a district."""
        return shapely.coverage_union_all(self.villages[self.members(district)])

    def _shapes(self, tolerance: float) -> Shapes:
        villages = shapely.coverage_simplify(self.villages, tolerance)
        areas = np.array(
            [shapely.coverage_union_all(villages[self.members(one)]) for one in self.districts],
            dtype=object,
        )
        whole = shapely.boundary(shapely.coverage_union_all(areas))
        pockets = {
            int(number): shapely.boundary(
                shapely.coverage_union_all(villages[self.pocket_of == number])
            )
            for number in self.evidence.index
            if (self.pocket_of == number).any()
        }
        return Shapes(
            villages=villages,
            # the outer line is drawn once, as the regency's
            district_lines=_once(shapely.difference(shapely.boundary(areas), whole)),
            regency_line=whole,
            pocket_lines=pockets,
            context=shapely.simplify(self.context, tolerance),
        )


def _once(borders: NDArray[np.object_]) -> NDArray[np.object_]:
    """Keep of two neighbours' common line only the first one's."""
    kept = []
    before: list[BaseGeometry] = []
    for border in borders:
        near = [one for one in before if one.intersects(border)]
        kept.append(shapely.line_merge(shapely.difference(border, shapely.union_all(near))))
        before.append(border)
    return np.array(kept, dtype=object)


def spots(area: BaseGeometry) -> NDArray[np.float64]:
    """
    Propose places for a name inside an area, those furthest from its edge first.

    The first is the pole of inaccessibility of the biggest part [1]_.

    Parameters
    ----------
    area
        Polygon or multipolygon, metres.

    Returns
    -------
    places
        Shape (n, 2), at most 25; none in an empty area.

    References
    ----------
    .. [1] Garcia-Castellanos & Lombardo (2007), Scottish Geographical
       Journal 123(3), 227-233.
    """
    parts = shapely.get_parts(area)
    parts = parts[shapely.area(parts) > 0]
    if not len(parts):
        return np.empty((0, 2))
    biggest = parts[int(np.argmax(shapely.area(parts)))]
    west, south, east, north = biggest.bounds
    tolerance = max(east - west, north - south) * _POLE_SHARE
    radius = shapely.maximum_inscribed_circle(biggest, tolerance=tolerance)
    pole = shapely.get_coordinates(radius)[:1]
    columns, rows = np.meshgrid(
        np.linspace(west, east, _SPOTS + 2)[1:-1], np.linspace(south, north, _SPOTS + 2)[1:-1]
    )
    grid = shapely.points(columns.ravel(), rows.ravel())
    shapely.prepare(biggest)
    inside = grid[shapely.contains(biggest, grid)]
    depth = shapely.distance(inside, biggest.boundary)
    order = np.argsort(-depth, kind="stable")[:_MOST_SPOTS]
    return np.vstack([pole, shapely.get_coordinates(inside[order])])
