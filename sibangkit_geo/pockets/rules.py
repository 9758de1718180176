"""The neighbor rule of a study, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.pockets.neighbors import k_nearest, neighbors_within, queen, rook

if TYPE_CHECKING:
    import geopandas as gpd

    from sibangkit_geo.pockets.adjacency import Neighbors
    from sibangkit_geo.pockets.detector import PocketSettings


def neighbors_by_rule(villages: gpd.GeoDataFrame, settings: PocketSettings) -> Neighbors:
    """
    Draw the graph by the rule that the settings name.

    `villages`: Polygons in a metric CRS, indexed by label.
    `settings`: ``neighbors``, and ``neighbor_distance_m`` or ``nearest``.
    Raises DataError: A village stands twice, or the CRS is not metric.
    Raises ValueError: There are not more villages than ``nearest``.
    """
    if settings.neighbors == "queen":
        return queen(villages)
    if settings.neighbors == "rook":
        return rook(villages)
    if settings.neighbors == "nearest":
        return k_nearest(villages, k=settings.nearest)
    return neighbors_within(villages, distance_m=settings.neighbor_distance_m)
