"""Which villages are neighbors: by gap, by contiguity, by nearest points, by distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.graph import NEIGHBOR_DISTANCE_M, Neighbors, from_pairs

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Pairs = NDArray[np.intp]

__all__ = [
    "NEIGHBOR_DISTANCE_M",
    "Neighbors",
    "k_nearest",
    "neighbors_within",
    "queen",
    "rook",
]

# boundaries share a line, or interiors overlap (DE-9IM, Clementini & Di Felice 1993)
_SHARED_LINE, _OVERLAP = "****1****", "2********"
_AREAS = ("Polygon", "MultiPolygon", "GeometryCollection")
_METRE = 1.0
# coordinates within these can only be degrees: a map of a few hundred metres is no regency
_WIDEST, _HIGHEST = 180.0, 90.0
# so many more than k are looked at that ties of a regular grid are seen
_TIES = 9
_ROUNDING = 1e-6


def neighbors_within(
    villages: gpd.GeoDataFrame,
    *,
    distance_m: float = NEIGHBOR_DISTANCE_M,
    link_isolates: bool = True,
) -> Neighbors:
    """
    Pair villages that lie within a distance of each other.

    Parameters
    ----------
    villages
        Polygons in a metric CRS, indexed by unique labels, shape (n,).
    distance_m
        Largest gap between two neighbors, metres.
    link_isolates
        Link a village without neighbor to the nearest one.

    Returns
    -------
    neighbors
        Every pair once; an isolate is linked to its nearest village. One
        village has no pair.

    Raises
    ------
    DataError
        A village has no geometry or stands twice, or coordinates are not in metres.
    ValueError
        `distance_m` is negative.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = [shapely.box(x, 0, x + 1000, 1000) for x in (0, 1050, 2500)]
    >>> villages = gpd.GeoDataFrame(index=["a", "b", "c"], geometry=squares, crs="EPSG:32748")
    >>> near = neighbors_within(villages, distance_m=100)
    >>> near.pairs.tolist(), near.isolates  # c lies 450 m off: an isolate, linked to b
    ([[0, 1], [1, 2]], (2,))
    """
    if distance_m < 0:
        msg = f"`distance_m` must be at least 0 metres, got {distance_m}."
        raise ValueError(msg)
    shapes = _shapes(villages)
    require_metric(villages)
    pairs = _touching(shapes, distance_m)
    return _finished(villages.index, pairs, shapes, link_isolates=link_isolates)


def queen(villages: gpd.GeoDataFrame, *, link_isolates: bool = True) -> Neighbors:
    """
    Pair villages that share at least a point.

    Every pair that intersects is found, not only those with a common vertex.

    Parameters
    ----------
    villages
        Polygons in any CRS, indexed by unique labels, shape (n,).
    link_isolates
        Link a village without neighbor to the nearest one.

    Returns
    -------
    neighbors
        Every pair once.

    Raises
    ------
    DataError
        A village has no polygon, is a point or line, or stands twice.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)]
    >>> villages = gpd.GeoDataFrame(index=["a", "b", "c"], geometry=squares)
    >>> queen(villages).pairs.tolist()  # a and c share a corner
    [[0, 1], [0, 2], [1, 2]]
    """
    shapes = _shapes(villages)
    require_areas(villages)
    pairs = _touching(shapes)
    return _finished(villages.index, pairs, shapes, link_isolates=link_isolates)


def rook(villages: gpd.GeoDataFrame, *, link_isolates: bool = True) -> Neighbors:
    """
    Pair villages that share a line of border; a corner alone is not enough.

    Parameters
    ----------
    villages
        Polygons in any CRS, indexed by unique labels, shape (n,). Overlapping
        polygons count as sharing a border.
    link_isolates
        Link a village without neighbor to the nearest one.

    Returns
    -------
    neighbors
        Every pair once.

    Raises
    ------
    DataError
        A village has no polygon, is a point or line, or stands twice.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)]
    >>> villages = gpd.GeoDataFrame(index=["a", "b", "c"], geometry=squares)
    >>> rook(villages).pairs.tolist()  # a and c share no more than a corner
    [[0, 1], [1, 2]]
    """
    shapes = _shapes(villages)
    require_areas(villages)
    pairs = _touching(shapes)
    one, other = shapes[pairs[:, 0]], shapes[pairs[:, 1]]
    lined = shapely.relate_pattern(one, other, _SHARED_LINE)
    lined |= shapely.relate_pattern(one, other, _OVERLAP)
    return _finished(villages.index, pairs[lined], shapes, link_isolates=link_isolates)


def k_nearest(villages: gpd.GeoDataFrame, *, k: int) -> Neighbors:
    """
    Pair each village with its `k` nearest, measured between points inside them.

    A pair counts when either is among the `k` nearest of the other, so that
    the graph is symmetric and some villages have more than `k` neighbors.
    Equal distances go to the label that sorts first, whatever the order of rows.

    Parameters
    ----------
    villages
        Polygons or points in a metric CRS, indexed by unique labels that sort, shape (n,).
    k
        Neighbors looked for, from 1 to n - 1.

    Returns
    -------
    neighbors
        Every pair once.

    Raises
    ------
    DataError
        A village has no geometry or stands twice, or coordinates are not in metres.
    ValueError
        `k` is out of range.

    Examples
    --------
    >>> import geopandas as gpd
    >>> places = gpd.points_from_xy([0, 1000, 5000], [0, 0, 0])
    >>> villages = gpd.GeoDataFrame(index=["a", "b", "c"], geometry=places, crs="EPSG:32748")
    >>> k_nearest(villages, k=1).pairs.tolist()  # b has two: c calls it its nearest
    [[0, 1], [1, 2]]
    """
    if not 1 <= k < len(villages):
        msg = f"`k` must lie between 1 and {len(villages) - 1}, got {k}."
        raise ValueError(msg)
    points = _points(villages)
    require_metric(villages)
    rank = np.argsort(np.argsort(villages.index.to_numpy(), kind="stable"), kind="stable")
    near = _nearest_by_rank(points, rank, k)
    pairs = np.column_stack([np.repeat(np.arange(len(points)), k), near.ravel()])
    return from_pairs(villages.index, pairs)


def _touching(shapes: NDArray[np.object_], distance: float | None = None) -> Pairs:
    """Pair what intersects, or lies within a distance."""
    tree = shapely.STRtree(shapes)
    looked = shapes
    if distance is not None:
        # a little more than the distance, lest rounding lose a pair
        wider = distance * (1.0 + _ROUNDING) + _ROUNDING
        looked = shapely.box(*(shapely.bounds(shapes) + wider * np.array([-1, -1, 1, 1])).T)
    focal, neighbor = tree.query(looked)
    half = focal < neighbor
    focal, neighbor = focal[half], neighbor[half]
    # each pair of boxes is looked at once, against the index of the polygon with more corners,
    # which is built once for all its pairs
    corners = shapely.get_num_coordinates(shapes)
    swapped = corners[focal] < corners[neighbor]
    focal, neighbor = np.where(swapped, neighbor, focal), np.where(swapped, focal, neighbor)
    order = np.argsort(focal, kind="stable")
    focal, neighbor = focal[order], neighbor[order]
    shapely.prepare(shapes)
    if distance is None:
        met = shapely.intersects(shapes[focal], shapes[neighbor])
    else:
        met = shapely.dwithin(shapes[focal], shapes[neighbor], distance)
    # the indices take more memory than the polygons, and belong to the caller's objects
    shapely.destroy_prepared(shapes)
    return np.column_stack([focal[met], neighbor[met]])


def _finished(
    labels: pd.Index, pairs: Pairs, shapes: NDArray[np.object_], *, link_isolates: bool
) -> Neighbors:
    alone = np.setdiff1d(np.arange(len(shapes)), pairs)
    notes: list[Note] = []
    if len(shapes) > 1 and len(alone) and link_isolates:
        pairs = np.vstack([pairs, _links_to_nearest(shapes, alone, labels)])
        text = f"{len(alone)} desa tanpa tetangga dihubungkan dengan desa terdekat."
        notes.append(Note("isolates_linked", text, len(alone)))
    elif len(alone):
        text = f"{len(alone)} desa tidak mempunyai tetangga."
        notes.append(Note("isolates_unlinked", text, len(alone)))
    return from_pairs(labels, pairs, isolates=alone.tolist(), notes=notes)


def _links_to_nearest(shapes: NDArray[np.object_], alone: Pairs, labels: pd.Index) -> Pairs:
    tree = shapely.STRtree(shapes)
    focal, neighbor = tree.query_nearest(shapes[alone], exclusive=True)
    # of equally near villages that whose label comes first is taken, whatever the order of rows
    order = np.argsort(labels.astype(str), kind="stable")
    rank = np.argsort(order, kind="stable")
    first = pd.Series(rank[neighbor]).groupby(alone[focal]).min()
    return np.column_stack([first.index.to_numpy(), order[first.to_numpy()]]).astype(np.intp)


def _nearest_by_rank(points: NDArray[np.float64], rank: Pairs, k: int) -> Pairs:
    tree = cKDTree(points)
    looked = min(len(points), k + 1 + _TIES)
    distances, near = tree.query(points, k=looked)
    distances = np.where(near == np.arange(len(points))[:, None], -1.0, distances)
    order = np.lexsort((rank[near], distances), axis=-1)
    chosen = np.take_along_axis(near, order, axis=1)[:, 1 : k + 1]
    # where a tie may reach beyond what was looked at, every village as near is fetched
    tied = distances.max(axis=1) <= np.sort(distances, axis=1)[:, k]
    for row in np.flatnonzero(tied & (looked < len(points))):
        reach = float(distances[row].max())
        every = np.array(tree.query_ball_point(points[row], np.nextafter(reach, np.inf)))
        every = every[every != row]
        gaps = np.hypot(*(points[every] - points[row]).T)
        chosen[row] = every[np.lexsort((rank[every], gaps))][:k]
    return np.asarray(chosen, dtype=np.intp)


def _points(villages: gpd.GeoDataFrame) -> NDArray[np.float64]:
    inside = shapely.point_on_surface(_shapes(villages))
    return np.asarray(shapely.get_coordinates(inside), dtype=np.float64)


def _shapes(villages: gpd.GeoDataFrame) -> NDArray[np.object_]:
    without = villages[villages.geometry.isna() | villages.geometry.is_empty]
    if len(without):
        msg = "Villages without geometry cannot have neighbors"
        raise DataError(msg, rows=pd.DataFrame(without), remedy="Leave these villages out.")
    return np.asarray(villages.geometry.to_numpy())


def require_areas(villages: gpd.GeoDataFrame) -> None:
    """Refuse points and lines: they have no border to share."""
    flat = ~villages.geometry.geom_type.isin(_AREAS)
    if flat.any():
        msg = "Villages that are points or lines, not areas"
        rows = pd.DataFrame(index=villages.index[flat])
        remedy = "Join the numbers to village polygons (`sibangkit boundaries fetch list`)."
        raise DataError(msg, rows=rows, remedy=remedy)


def require_metric(villages: gpd.GeoDataFrame) -> None:
    """Refuse degrees, said or guessed from coordinates without a CRS, and feet."""
    remedy = 'Project it to metres first, such as villages.to_crs("EPSG:32748").'
    crs = villages.crs
    corners = villages.bounds.to_numpy()
    if not np.isfinite(corners).all():
        msg = "Villages with a coordinate that is infinite or no number"
        rows = pd.DataFrame(index=villages.index[~np.isfinite(corners).all(axis=1)])
        raise DataError(msg, rows=rows, remedy="Repair these polygons, or leave them out.")
    if crs is None:
        west, south, east, north = villages.total_bounds
        if max(abs(west), abs(east)) <= _WIDEST and max(abs(south), abs(north)) <= _HIGHEST:
            msg = "The village table has no CRS, and its coordinates look like degrees"
            raise DataError(msg, remedy=f'Say so (set_crs("EPSG:4326")). {remedy}')
    elif crs.is_geographic:
        msg = "The village table is in degrees, in which no distance can be measured"
        raise DataError(msg, remedy=remedy)
    elif {axis.unit_conversion_factor for axis in crs.axis_info} != {_METRE}:
        msg = f"The CRS of the village table is not in metres ({crs.axis_info[0].unit_name})"
        raise DataError(msg, remedy=remedy)
