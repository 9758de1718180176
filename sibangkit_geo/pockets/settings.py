"""What a study says about its pockets, and the neighbor rule by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from sibangkit_geo.pockets.graph import NEIGHBOR_DISTANCE_M
from sibangkit_geo.pockets.neighbors import k_nearest, neighbors_within, queen, rook
from sibangkit_geo.pockets.zones import LARGEST_CIRCLE, SMALLEST_ZONE

if TYPE_CHECKING:
    import geopandas as gpd

    from sibangkit_geo.pockets.graph import Neighbors

FEWEST_VILLAGES = 20
_MOST_VILLAGES = 100
NeighborRule = Literal["distance", "queen", "rook", "nearest"]


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


@dataclass(frozen=True, slots=True)
class PocketSettings:
    """
    The ``[pockets]`` table of a study.

    Attributes
    ----------
    alpha
        Chance, over maps without any pocket, that a strict one is shown; 0 to 0.5.
    replicates
        Permutations per test.
    seed
        Seed of the permutations; a study passes its own.
    neighbor_distance_m
        Villages at most this far apart are neighbors, metres.
    neighbors
        ``"distance"``; ``"queen"`` or ``"rook"`` (a common point or line);
        ``"nearest"`` villages.
    nearest
        How many, for ``"nearest"``.
    largest_zone
        Most villages of a circle, 2 to 100.
    stability
        Whether a study also tries other settings (`variants`) and says in how many of
        them each village stays.
    """

    alpha: float = 0.05
    replicates: int = 999
    seed: int = 1
    neighbor_distance_m: float = NEIGHBOR_DISTANCE_M
    neighbors: NeighborRule = "distance"
    nearest: int = 6
    largest_zone: int = LARGEST_CIRCLE
    stability: bool = True

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 < self.alpha < 0.5:
            msg = f"`alpha` must lie between 0 and 0.5, got {self.alpha}."
            raise ValueError(msg)
        if self.seed < 0 or self.neighbor_distance_m < 0:
            msg = "`seed` and `neighbor_distance_m` must be at least 0."
            raise ValueError(msg)
        if self.replicates < 1:
            msg = f"`replicates` must be at least 1, got {self.replicates}."
            raise ValueError(msg)
        if self.neighbors not in get_args(NeighborRule):
            msg = f"`neighbors` must be one of {get_args(NeighborRule)}, got {self.neighbors!r}."
            raise ValueError(msg)
        if self.nearest < 1 or not SMALLEST_ZONE <= self.largest_zone <= _MOST_VILLAGES:
            msg = "`nearest` must be at least 1 and `largest_zone` 2 to 100."
            raise ValueError(msg)
