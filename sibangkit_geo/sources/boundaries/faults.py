"""Where polygons that should fit together do not: overlaps, gaps and slivers, in square metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.sources.boundaries.repair import GAP_WIDTH_M, SNAPPING_DISTANCE_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

# a square of half a metre: straight edges that are projected make smaller overlaps of their own
# (the file of Banyuasin overlaps in 311 pairs in degrees, in 318 in metres, in 303 above this)
OVERLAP_M2 = 0.25
_NEIGHBORS_NAMED = 3


def overlaps(shapes: Shapes, names: NDArray[np.object_]) -> pd.DataFrame:
    """
    Find the pairs of polygons that cover the same ground.

    `shapes`: Valid polygons in metres, shape (n,).
    `names`: Label of each, shape (n,).
    Returns: One row per pair, largest first: ``label``, ``area_m2``, ``detail``.
    """
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    size = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    large = size > OVERLAP_M2
    pairs = [f"{names[i]} + {names[j]}" for i, j in zip(first[large], second[large], strict=True)]
    return _largest_first(pairs, size[large])


def gaps(shapes: Shapes, names: NDArray[np.object_]) -> pd.DataFrame:
    """
    Find the holes between polygons, and which of them cleaning fills.

    `shapes`: Valid polygons in metres, shape (n,).
    `names`: Label of each, shape (n,).
    Returns: One row per hole, largest first: ``label`` (villages around), ``area_m2``, ``detail``,
        ``wide`` (too wide to be filled: likely water).
    """
    parts = shapely.get_parts(shapely.union_all(shapes))
    rings = shapely.get_rings(parts)
    # the first ring of each part is its outline
    owner = np.repeat(np.arange(len(parts)), shapely.get_num_interior_rings(parts) + 1)
    inner = np.flatnonzero(owner[1:] == owner[:-1]) + 1
    holes = shapely.polygons(rings[inner])
    if not len(holes):
        return _largest_first([], np.empty(0), wide=np.empty(0, dtype=bool))
    around, island = shapely.STRtree(parts).query(holes, predicate="contains")
    for hole, inside in pd.Series(island).groupby(around):
        # a village may lie alone inside a hole
        holes[hole] = holes[hole] - shapely.union_all(parts[inside])
    holes = shapely.get_parts(holes)
    width = 2 * shapely.length(shapely.maximum_inscribed_circle(holes))
    hole, near = shapely.STRtree(shapes).query(holes, predicate="intersects")
    named = pd.Series(names[near]).astype(str).groupby(hole).agg(_first_few)
    labels = named.reindex(range(len(holes)), fill_value="").tolist()
    return _largest_first(labels, shapely.area(holes), wide=width > GAP_WIDTH_M)


def _first_few(names: pd.Series) -> str:
    return ", ".join(names.sort_values()[:_NEIGHBORS_NAMED])


def slivers(shapes: Shapes, names: NDArray[np.object_]) -> pd.DataFrame:
    """
    Find parts of polygons that are thinner than the snapping distance.

    The width is the mean one, twice the area over the perimeter.

    `shapes`: Valid polygons in metres, shape (n,).
    `names`: Label of each, shape (n,).
    Returns: One row per part, largest first: ``label``, ``area_m2``, ``detail``.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    size, length = shapely.area(parts), shapely.length(parts)
    thin = (length > 0) & (2 * size < SNAPPING_DISTANCE_M * length)
    labels = [str(name) for name in names[owner[thin]]]
    return _largest_first(labels, size[thin])


def _largest_first(
    labels: list[str], size: NDArray[np.float64], **more: NDArray[np.bool_]
) -> pd.DataFrame:
    table = pd.DataFrame({"label": labels, "area_m2": size, "detail": "", **more})
    return table.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)
