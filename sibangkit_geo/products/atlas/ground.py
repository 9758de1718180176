"""The ground of an atlas: its shapes prepared once, in the detail that a scale can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from sibangkit_geo.products.atlas.canvas import POINTS_PER_MM
from sibangkit_geo.products.atlas.underlay import Underlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.products.atlas.rect import Rect
    from sibangkit_geo.products.result import Analysis

_DETAIL_MM = 0.12
_SPOTS = 9
_MOST_SPOTS = 24
_POLE_SHARE = 0.02

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
    underlay: Underlay

    def inside(self, frame: Frame) -> Shapes:
        """Cut everything at the edge of a frame, in the same order."""
        box = frame.box
        cut = {
            number: shapely.clip_by_rect(line, *box) for number, line in self.pocket_lines.items()
        }
        return Shapes(
            villages=shapely.clip_by_rect(self.villages, *box),
            district_lines=shapely.clip_by_rect(self.district_lines, *box),
            regency_line=shapely.clip_by_rect(self.regency_line, *box),
            pocket_lines={one: line for one, line in cut.items() if not line.is_empty},
            context=shapely.clip_by_rect(self.context, *box),
            underlay=self.underlay.inside(frame.box, scale=frame.scale),
        )


class Ground:
    """Shapes of a product, simplified once per scale and kept."""

    def __init__(self, product: Analysis) -> None:
        mapped = product.mapped
        self.villages = mapped.geometry.to_numpy()
        self.codes = mapped.index.to_numpy(dtype=object)
        self.names = mapped["name"].to_numpy(dtype=object)
        self.district_of = mapped["district_code"].to_numpy(dtype=object)
        named = mapped.groupby("district_code")["district_name"].first()
        self.districts: dict[str, str] = {str(c): str(n) for c, n in named.items()}
        self.context = product.boundaries.context.geometry.to_numpy()
        self.backdrop = product.boundaries.backdrop
        self.context_names = [str(one) for one in product.boundaries.context["name"]]
        self.pocket_of = product.found.members.reindex(mapped.index).to_numpy(float)
        self.evidence: dict[int, str] = {
            int(str(number)): str(grade)
            for number, grade in product.found.outlines["evidence"].items()
        }
        # parts of a wide pattern have no number on a map: below 0
        self.wide_of = np.zeros(len(mapped))
        for number, codes in product.found.wide_villages.items():
            self.wide_of[mapped.index.isin(codes)] = -number
            self.evidence[-number] = "wide"
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
            number: shapely.boundary(shapely.coverage_union_all(villages[own]))
            for number in self.evidence
            if (own := (self.pocket_of if number > 0 else self.wide_of) == number).any()
        }
        return Shapes(
            villages=villages,
            # the outer line is drawn once, as the regency's
            district_lines=_once(shapely.difference(shapely.boundary(areas), whole)),
            regency_line=whole,
            pocket_lines=pockets,
            context=shapely.simplify(self.context, tolerance),
            underlay=Underlay.of(self.backdrop, tolerance=tolerance),
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


@dataclass(frozen=True, slots=True)
class Pieces:
    """
    Corners of all shapes in one array.

    `corners`: Points of the page, shape (n, 2).
    `owner`: Number of the shape that each corner belongs to.
    """

    corners: NDArray[np.float64]
    codes: NDArray[np.uint8]
    owner: NDArray[np.intp]

    def outline(self, chosen: NDArray[np.bool_] | None = None) -> Outline:
        """Join the shapes chosen, all by default, to one path."""
        if chosen is None:
            return Outline(self.corners, self.codes)
        kept = chosen[self.owner]
        return Outline(self.corners[kept], self.codes[kept])


def area_pieces(shapes: NDArray[np.object_], frame: Frame, *, rect: Rect) -> Pieces:
    """
    Put polygons on paper, with their holes.

    `shapes`: Polygons and multipolygons, metres; other parts are dropped.
    """
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    # holes turn the other way, so that they stay empty however the path is filled
    parts, shape_of = shapely.orient_polygons(parts[flat]), shape_of[flat]
    rings, part_of = shapely.get_rings(parts, return_index=True)
    pieces = _corners(rings, shape_of[part_of], frame, rect)
    last = np.flatnonzero(np.diff(pieces[2], append=-1))
    pieces[1][last] = Outline.CLOSEPOLY
    return Pieces(pieces[0], pieces[1], pieces[3])


def line_pieces(shapes: NDArray[np.object_], frame: Frame, *, rect: Rect) -> Pieces:
    """
    Put lines on paper.

    `shapes`: Lines and multilines, metres; other parts are dropped.
    """
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    long = np.isin(
        shapely.get_type_id(parts),
        (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING),
    )
    found = _corners(parts[long], shape_of[long], frame, rect)
    return Pieces(found[0], found[1], found[3])


def _corners(
    strings: NDArray[np.object_], owner: NDArray[np.intp], frame: Frame, rect: Rect
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.intp], NDArray[np.intp]]:
    xy, string_of = shapely.get_coordinates(strings, return_index=True)
    codes = np.full(len(xy), Outline.LINETO, dtype=np.uint8)
    codes[np.flatnonzero(np.diff(string_of, prepend=-1))] = Outline.MOVETO
    return frame.on_paper(xy, rect), codes, string_of, owner[string_of]


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

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Name the edges: west, south, east, north."""
        return self.west, self.south, self.east, self.north

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
