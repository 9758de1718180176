"""Villages by point: a grid of labels answers at once, exact geometry only beside borders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

NOWHERE = -1
# measured on the 305 villages of Banyuasin and a million points (seconds to build, to locate):
# 0.06 and 0.053 with 0.7 million cells, 0.31 and 0.043 with 4, 1.3 and 0.036 with 24
_CELLS_PER_VILLAGE = 4_096
_MOST_CELLS = 4_000_000
# points answered at a time, so that what is in between stays in the processor's cache
_BATCH = 1 << 17

BORDER = -1
OUTSIDE = -2
# in cells: coordinates of Indonesia in metres round at 2e-9, so cells of a metre or more round
# at 2e-9 cells; this is far above it and far below what a point could notice
_SLACK = 1e-6

# boundaries are approximate: cleaning closes gaps of up to 50 m and moves vertices by up to 5 m
# (sources.boundaries), and simplified outlines stray about as far again
TOLERANCE_M = 100.0


@dataclass(frozen=True, slots=True)
class PointLocator:
    """
    Villages prepared for finding many points; positions count villages sorted by code.

    Attributes
    ----------
    village_code
        Codes in ascending order: position 0 is the lowest.
    geometries
        Polygons in that order.
    grid
        The cells, in the metric CRS of the villages.
    labels
        Per cell: the village that contains it, -1 beside a border, -2 outside.
    border
        Cells labelled -1, ascending.
    first
        Where the villages of each border cell start in `candidates`; one entry more.
    candidates
        Villages that may hold a point of the border cell, ascending within a cell.
    """

    village_code: pd.Index
    geometries: NDArray[np.object_]
    grid: Grid
    labels: NDArray[np.signedinteger]
    border: NDArray[np.int64]
    first: NDArray[np.int64]
    candidates: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the villages."""
        return len(self.village_code)


def build_locator(villages: gpd.GeoDataFrame, *, cell_m: float | None = None) -> PointLocator:
    """
    Prepare villages for finding points, once for any number of points.

    Made for a clean coverage; overlapping villages are answered rightly, but slower.

    Parameters
    ----------
    villages
        Indexed by village code, polygons in a metric CRS; empty polygons hold no point.
    cell_m
        Side of a cell in metres; None chooses about 4,000 cells per village, at most
        four million. It changes the speed and never an answer.

    Returns
    -------
    locator
        Frozen; the villages are not changed.

    Raises
    ------
    DataError
        Codes stand twice, or geometries are no valid polygons.
    ValueError
        `cell_m` is not positive, or the CRS is in degrees.
    """
    if cell_m is not None and not cell_m > 0:
        msg = f"`cell_m` must be above 0 metres, got {cell_m}."
        raise ValueError(msg)
    if villages.crs is not None and villages.crs.is_geographic:
        msg = f"`villages` must be in metres, got degrees ({villages.crs.to_string()})."
        raise ValueError(msg)
    _require_polygons(villages)
    ordered = villages.geometry.sort_index()
    geometries = ordered.to_numpy(dtype=object)
    grid = _grid(geometries, cell_m)
    labels, cell, owner = label_cells(edges_of(geometries, grid=grid), grid=grid)
    border, first = np.unique(cell, return_index=True)
    shapely.prepare(geometries)
    return PointLocator(
        village_code=ordered.index,
        geometries=geometries,
        grid=grid,
        labels=labels,
        border=border,
        first=np.append(first, len(cell)).astype(np.int64),
        candidates=owner,
    )


def _require_polygons(villages: gpd.GeoDataFrame) -> None:
    twice = villages.index.duplicated(keep=False)
    if twice.any():
        msg = "Village codes stand twice"
        raise DataError(msg, rows=villages[twice], remedy="Dissolve the parts of one village.")
    shape = villages.geometry
    kinds = shape.geom_type.isin(["Polygon", "MultiPolygon"]) & shape.is_valid
    bad = ~(kinds | shape.is_empty | shape.isna())
    if bad.any():
        msg = "Villages whose geometry is no valid polygon"
        raise DataError(msg, rows=villages[bad], remedy="Clean the boundaries first.")


def _grid(geometries: NDArray[np.object_], cell_m: float | None) -> Grid:
    drawn = geometries[~(shapely.is_missing(geometries) | shapely.is_empty(geometries))]
    if not len(drawn):
        return Grid(west=0.0, south=0.0, cell_m=1.0, n_columns=1, n_rows=1)
    west, south, east, north = (float(one) for one in shapely.total_bounds(drawn))
    if cell_m is None:
        cells = min(_CELLS_PER_VILLAGE * len(geometries), _MOST_CELLS)
        cell_m = math.sqrt(max((east - west) * (north - south), 1.0) / cells)
    # a cell to spare all round: edges on the rim touch cells on both sides
    return Grid(
        west=west - cell_m,
        south=south - cell_m,
        cell_m=cell_m,
        n_columns=math.floor((east - west) / cell_m) + 3,
        n_rows=math.floor((north - south) / cell_m) + 3,
    )


def locate_points(
    locator: PointLocator, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int32]:
    """
    Find the village of each point.

    A point on a border belongs to the village with the lowest code, as with an
    ``intersects`` join of which the lowest code is kept.
    Grain: one answer per point.

    Parameters
    ----------
    locator
        Prepared villages.
    x, y
        Metres in the CRS of the villages, shape (n,); missing or infinite is nowhere.

    Returns
    -------
    positions
        Position among the villages sorted by code, -1 outside every village.

    Raises
    ------
    ValueError
        `x` and `y` differ in shape.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        msg = f"`x` and `y` must be one row each of equal length, got {x.shape} and {y.shape}."
        raise ValueError(msg)
    positions = np.empty(len(x), dtype=np.int32)
    beside = [np.empty(0, dtype=np.intp)]
    for start in range(0, len(x), _BATCH):
        batch = slice(start, start + _BATCH)
        labels = locator.labels[_cells(locator.grid, x[batch], y[batch])]
        positions[batch] = labels
        beside.append(np.flatnonzero(labels == BORDER) + start)
    undecided = np.concatenate(beside)
    positions[positions == OUTSIDE] = NOWHERE
    positions[undecided] = _exactly(locator, x[undecided], y[undecided])
    return positions


def _cells(grid: Grid, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give each point the number of its cell; cell 0, which is outside, where there is none."""
    # the same arithmetic as for the edges, so that both round alike
    column = (x - grid.west) * (1.0 / grid.cell_m)
    row = (y - grid.south) * (1.0 / grid.cell_m)
    inside = (column >= 0.0) & (column < grid.n_columns) & (row >= 0.0) & (row < grid.n_rows)
    if not inside.all():
        column, row = np.where(inside, column, 0.0), np.where(inside, row, 0.0)
    return row.astype(np.int64) * grid.n_columns + column.astype(np.int64)


def _exactly(
    locator: PointLocator, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int32]:
    cell = np.searchsorted(locator.border, _cells(locator.grid, x, y))
    first = locator.first[cell]
    point, place = expand(first, locator.first[cell + 1] - first)
    village = locator.candidates[place]
    # village by village: its prepared index stays in the cache
    order = np.argsort(village, kind="stable")
    point, village = point[order], village[order]
    hit = shapely.intersects_xy(locator.geometries[village], x[point], y[point])
    found = np.full(len(x), NOWHERE, dtype=np.int32)
    # written from the highest code down, so that the lowest stays
    found[point[hit][::-1]] = village[hit][::-1]
    return found


@dataclass(frozen=True, slots=True)
class Grid:
    """
    Where the cells lie.

    Attributes
    ----------
    west, south
        Corner of the first cell, metres.
    cell_m
        Side of a cell, metres.
    n_columns, n_rows
        Cells in x and y.
    """

    west: float
    south: float
    cell_m: float
    n_columns: int
    n_rows: int


@dataclass(frozen=True, slots=True)
class Edges:
    """All edges of all polygons in units of cells, seen from the corner of the grid."""

    owner: NDArray[np.int64]
    u0: NDArray[np.float64]
    v0: NDArray[np.float64]
    u1: NDArray[np.float64]
    v1: NDArray[np.float64]


def edges_of(geometries: NDArray[np.object_], *, grid: Grid) -> Edges:
    """List the edges of polygons, holes and parts included."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    u = (xy[:, 0] - grid.west) * (1.0 / grid.cell_m)
    v = (xy[:, 1] - grid.south) * (1.0 / grid.cell_m)
    inside_ring = of_ring[1:] == of_ring[:-1]
    start = np.flatnonzero(inside_ring)
    return Edges(
        owner=owner[of_part[of_ring[start]]].astype(np.int64),
        u0=u[start],
        v0=v[start],
        u1=u[start + 1],
        v1=v[start + 1],
    )


def expand(
    first: NDArray[np.int64], count: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Write out ranges of whole numbers.

    Parameters
    ----------
    first
        Start of each range.
    count
        Length of each range, 0 for none.

    Returns
    -------
    source
        Which range each number comes from.
    number
        The numbers.

    Examples
    --------
    >>> [part.tolist() for part in expand(np.array([5, 9]), np.array([2, 1]))]
    [[0, 0, 1], [5, 6, 9]]
    """
    source = np.repeat(np.arange(len(first)), count)
    before = np.cumsum(count) - count
    return source, np.arange(len(source)) - before[source] + first[source]


def border_cells(edges: Edges, *, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Find every cell that an edge touches, with a little to spare.

    Column by column: the stretch of an edge within a column touches the rows between its
    lowest and highest point there.

    `edges`: Edges in units of cells.
    Returns: Cell numbers (row times columns plus column), ascending; one entry per cell and
        polygon.
    """
    low, high = np.minimum(edges.u0, edges.u1), np.maximum(edges.u0, edges.u1)
    first = np.floor(low - _SLACK).astype(np.int64)
    last = np.floor(high + _SLACK).astype(np.int64)
    edge, column = expand(first, last - first + 1)
    u0, du = edges.u0[edge], (edges.u1 - edges.u0)[edge]
    v0, dv = edges.v0[edge], (edges.v1 - edges.v0)[edge]
    steep = du == 0.0
    run = np.where(steep, 1.0, du)
    enter = np.where(steep, 0.0, np.clip((column - _SLACK - u0) / run, 0.0, 1.0))
    leave = np.where(steep, 1.0, np.clip((column + 1 + _SLACK - u0) / run, 0.0, 1.0))
    one, other = v0 + enter * dv, v0 + leave * dv
    bottom = np.floor(np.minimum(one, other) - _SLACK).astype(np.int64)
    top = np.floor(np.maximum(one, other) + _SLACK).astype(np.int64)
    stretch, row = expand(bottom, top - bottom + 1)
    n_owners = int(edges.owner.max(initial=0)) + 1
    # one number per cell and polygon, so that one sort orders and thins both
    key = (row * grid.n_columns + column[stretch]) * n_owners + edges.owner[edge[stretch]]
    cell, owner = np.divmod(np.unique(key), n_owners)
    return cell, owner


def spans(edges: Edges, *, grid: Grid) -> tuple[NDArray[np.int64], ...]:
    """
    Find the runs of cells whose centres lie inside a polygon.

    Along the middle of each row the edges of a polygon are crossed an even number of
    times; between the first and the second crossing, the third and the fourth and so on
    lies its inside, holes and parts included. Centres that rounding could put on the
    wrong side are in cells that `border_cells` finds.

    `edges`: Edges in units of cells.
    Returns: Per run: polygon, number of its first cell, number behind its last cell.
    """
    low, high = np.minimum(edges.v0, edges.v1), np.maximum(edges.v0, edges.v1)
    # a vertex on the middle of a row belongs to the edge above it only: low <= middle < high
    first = np.ceil(low - 0.5).astype(np.int64)
    last = np.ceil(high - 0.5).astype(np.int64)
    edge, row = expand(first, last - first)
    along = (row + 0.5 - edges.v0[edge]) / (edges.v1 - edges.v0)[edge]
    crossing = edges.u0[edge] + along * (edges.u1 - edges.u0)[edge]
    owner = edges.owner[edge]
    order = np.lexsort((crossing, row, owner))
    enter, leave = order[0::2], order[1::2]
    start = np.ceil(crossing[enter] - 0.5).astype(np.int64)
    end = np.ceil(crossing[leave] - 0.5).astype(np.int64)
    keep = end > start
    base = row[enter][keep] * grid.n_columns
    return owner[enter][keep], base + start[keep], base + end[keep]


def label_cells(
    edges: Edges, *, grid: Grid
) -> tuple[NDArray[np.signedinteger], NDArray[np.int64], NDArray[np.int64]]:
    """
    Label every cell with the one polygon that contains it.

    `edges`: Edges in units of cells.
    Returns: Per cell: position of the polygon, `BORDER` where several or a border pass, or
        `OUTSIDE`.
    Returns: Pairs of border cell and polygon that may hold a point in it, ascending.
    """
    cell, owner = border_cells(edges, grid=grid)
    inside_of, first, end = spans(edges, grid=grid)
    n_cells = grid.n_columns * grid.n_rows
    # runs add up: where exactly one polygon covers a cell, the sum is that polygon
    depth = np.zeros(n_cells + 1, dtype=np.int32)
    total = np.zeros(n_cells + 1, dtype=np.int64)
    np.add.at(depth, first, 1)
    np.subtract.at(depth, end, 1)
    np.add.at(total, first, inside_of + 1)
    np.subtract.at(total, end, inside_of + 1)
    depth = np.cumsum(depth[:-1], dtype=np.int32)
    total = np.cumsum(total[:-1])
    small = int(edges.owner.max(initial=0)) < np.iinfo(np.int16).max
    # half the bytes, twice the grid in the processor's cache
    kind: type[np.signedinteger] = np.int16 if small else np.int32
    labels = np.where(depth == 0, OUTSIDE, total - 1).astype(kind)
    labels[depth > 1] = BORDER
    labels[cell] = BORDER
    # a border cell may also lie wholly inside a further polygon, where polygons overlap
    run, covered = expand(first, end - first) if (depth > 1).any() else _single(first, end, labels)
    beside = labels[covered] == BORDER
    n_owners = int(edges.owner.max(initial=0)) + 1
    pairs = np.concatenate(
        [cell * n_owners + owner, covered[beside] * n_owners + inside_of[run[beside]]]
    )
    cell, owner = np.divmod(np.unique(pairs), n_owners)
    return labels, cell, owner


def _single(
    first: NDArray[np.int64], end: NDArray[np.int64], labels: NDArray[np.signedinteger]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the run over each border cell, where runs do not overlap."""
    border = np.flatnonzero(labels == BORDER)
    if not len(first):
        return first, first
    order = np.argsort(first)
    at = np.searchsorted(first[order], border, side="right") - 1
    run = order[np.maximum(at, 0)]
    covered = (at >= 0) & (border < end[run])
    return run[covered], border[covered]


@dataclass(frozen=True, slots=True)
class PointConflicts:
    """
    Where the code of a row and its point do not agree; positions of rows.

    Attributes
    ----------
    elsewhere
        Rows whose point lies in another village, farther than the tolerance from the
        village of their code.
    outside
        Rows whose point lies in no village.
    """

    elsewhere: NDArray[np.intp]
    outside: NDArray[np.intp]


def code_point_conflicts(
    stated: NDArray[np.integer],
    found: NDArray[np.integer],
    *,
    points: NDArray[np.float64],
    locator: PointLocator,
    tolerance_m: float = TOLERANCE_M,
) -> PointConflicts:
    """
    Find rows whose point lies in another village than their code says.

    Grain: one row in per row of the register.

    Parameters
    ----------
    stated
        Position of the village of each row's code, -1 for none (`PointLocator.village_code`
        gives positions by ``get_indexer``).
    found
        Position of the village of each row's point, from `locate_points`.
    points
        Metres, shape (n, 2); missing where a row has no point.
    locator
        The villages.
    tolerance_m
        How far in metres a point may lie from the village of its code. The default, 100,
        allows for boundaries that are approximate: cleaning alone closes gaps of 50 m.

    Returns
    -------
    conflicts
        Positions of rows, ascending.

    Raises
    ------
    ValueError
        The arrays differ in length, or `tolerance_m` is negative.
    """
    if not len(stated) == len(found) == len(points):
        msg = f"Rows differ: `stated` {len(stated)}, `found` {len(found)}, `points` {len(points)}."
        raise ValueError(msg)
    if not tolerance_m >= 0:
        msg = f"`tolerance_m` must be at least 0 metres, got {tolerance_m}."
        raise ValueError(msg)
    outside = np.flatnonzero((found == NOWHERE) & np.isfinite(points).all(axis=1))
    apart = np.flatnonzero((stated >= 0) & (found >= 0) & (stated != found))
    own = locator.geometries[stated[apart]]
    far = shapely.distance(own, shapely.points(points[apart])) > tolerance_m
    return PointConflicts(elsewhere=apart[far], outside=outside)
