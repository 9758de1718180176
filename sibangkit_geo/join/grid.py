"""A grid of cells over village polygons: which cells lie in one village, which on a border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

BORDER = -1
OUTSIDE = -2
# in cells: coordinates of Indonesia in metres round at 2e-9, so cells of a metre or more round
# at 2e-9 cells; this is far above it and far below what a point could notice
_SLACK = 1e-6


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
