"""The pocket detector: one zone after another, each tested against what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.adjacency import Neighbors, among
from sibangkit_geo.pockets.neighbors import NEIGHBOR_DISTANCE_M
from sibangkit_geo.pockets.rules import neighbors_by_rule
from sibangkit_geo.pockets.search import Search
from sibangkit_geo.pockets.verdict import village_verdicts
from sibangkit_geo.pockets.zones import LARGEST_CIRCLE, SMALLEST_ZONE
from sibangkit_geo.tables.public import Note, Pockets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FEWEST_VILLAGES = 20
_MOST_VILLAGES = 100
NeighborRule = Literal["distance", "queen", "rook", "nearest"]


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


def find_pockets(
    villages: gpd.GeoDataFrame,
    *,
    settings: PocketSettings | None = None,
    neighbors: Neighbors | None = None,
    progress: Callable[[int], None] | None = None,
) -> Pockets:
    """
    Find neighboring villages whose poverty together exceeds chance.

    Village rates vary by themselves; that overdispersion is fitted (robustly) and
    four statistics on rates standardised by it are compared with a joint
    permutation of the villages not yet in a pocket. While the test passes, the
    strongest zone is taken out, its outline fitted by an exact cut, and the rest
    tested again: strict at p <= alpha, indicative at p <= 2 alpha, p being the
    running maximum.
    Grain: one row per village in, one row per pocket out.

    Parameters
    ----------
    villages
        Indexed by ``village_code``, polygons in a metric CRS, columns
        ``poor_households`` and ``households`` (counts). Villages with missing
        numbers, or without households or polygon, are left out and noted.
    settings
        Error rate, permutations, seed; the defaults when None.
    neighbors
        Graph of the villages, where links were added or cut; None draws it by the rule of
        the settings.
    progress
        Called with the number of replicates done since the last call.

    Returns
    -------
    pockets
        Possibly none; that is a result, not an error.

    Raises
    ------
    DataError
        A village has more poor households than households, a negative count,
        stands twice, or is not in `neighbors`.
    """
    settings = settings or PocketSettings()
    tested, notes = _testable(villages)
    poor = tested["poor_households"].to_numpy(dtype=float)
    homes = tested["households"].to_numpy(dtype=float)
    if len(tested) < FEWEST_VILLAGES or not poor.sum():
        return _nothing_tested(tested, settings, notes)
    near = among(neighbors, tested.index) if neighbors else neighbors_by_rule(tested, settings)
    centres = tested.geometry.representative_point()
    search = Search(poor, homes, centres, near=near, largest_zone=settings.largest_zone)
    found = search.run(settings, progress)
    rho = found.rho
    return Pockets(
        members=_members(tested, found.labels),
        outlines=_outlines(tested, found.labels, list(found.p_values), settings.alpha),
        villages=village_verdicts(tested, found.labels, neighbors=near, rho=rho),
        p_value=found.map_p_value,
        overdispersion=rho,
        alpha=settings.alpha,
        replicates=settings.replicates,
        seed=settings.seed,
        notes=(*notes, *_isolates(near)),
        neighbors=pd.DataFrame(
            {
                "village_code": near.ids[near.pairs[:, 0]],
                "neighbor_code": near.ids[near.pairs[:, 1]],
            }
        ),
    )


def _testable(villages: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Note]]:
    twice = villages[villages.index.duplicated(keep=False)]
    if len(twice):
        msg = "Villages stand twice in the table"
        raise DataError(msg, rows=pd.DataFrame(twice), remedy="Keep one row per village.")
    counts = villages[["poor_households", "households"]].astype(float)
    bad = villages[(counts["poor_households"] > counts["households"]) | (counts < 0).any(axis=1)]
    if len(bad):
        msg = "Villages with a negative count, or more poor households than households"
        raise DataError(msg, rows=pd.DataFrame(bad), remedy="Correct these counts.")
    usable = counts.notna().all(axis=1) & (counts["households"] > 0)
    usable &= ~(villages.geometry.is_empty | villages.geometry.isna())
    left_out = int((~usable).sum())
    notes = []
    if left_out:
        text = (
            f"{left_out} desa/kelurahan tidak ikut diuji karena tanpa poligon, tanpa rumah "
            f"tangga atau tanpa data kemiskinan."
        )
        notes.append(Note("villages_not_tested", text, left_out))
    # sorted by code, so that the order of rows changes nothing
    return villages[usable].sort_index(), notes


def _members(tested: gpd.GeoDataFrame, labels: NDArray[np.int64]) -> pd.Series:
    every = pd.Series(labels, index=tested.index, name="pocket")
    return every[every > 0]


def _outlines(
    tested: gpd.GeoDataFrame, labels: NDArray[np.int64], p_values: list[float], alpha: float
) -> gpd.GeoDataFrame:
    background = tested[labels == 0]
    homes_outside = background["households"].sum()
    baseline = background["poor_households"].sum() / homes_outside if homes_outside else 0.0
    rows = []
    for number, p_value in enumerate(p_values, 1):
        inside = tested[labels == number]
        poor, homes = int(inside["poor_households"].sum()), int(inside["households"].sum())
        rows.append(
            {
                "pocket": number,
                "evidence": "strict" if p_value <= alpha else "indicative",
                "p_value": p_value,
                "rate": poor / homes,
                "relative_risk": poor / homes / baseline if baseline else float("inf"),
                "poor": poor,
                "expected": homes * float(baseline),
                "households": homes,
                "n_villages": len(inside),
                "geometry": inside.geometry.union_all(),
            }
        )
    columns = [
        "pocket",
        "evidence",
        "p_value",
        "rate",
        "relative_risk",
        "poor",
        "expected",
        "households",
        "n_villages",
        "geometry",
    ]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=tested.crs).set_index(
        "pocket"
    )


def _isolates(near: Neighbors) -> list[Note]:
    if not near.isolates:
        return []
    text = f"{len(near.isolates)} desa tanpa tetangga dihubungkan dengan desa terdekat."
    return [Note("isolates_linked", text, len(near.isolates))]


def _nothing_tested(
    tested: gpd.GeoDataFrame, settings: PocketSettings, notes: list[Note]
) -> Pockets:
    few = len(tested) < FEWEST_VILLAGES
    why = (
        f"hanya {len(tested)} desa berdata, paling sedikit {FEWEST_VILLAGES}"
        if few
        else "tidak ada rumah tangga miskin pada data"
    )
    text = f"Kantong kemiskinan tidak diuji: {why}."
    return Pockets(
        members=pd.Series(dtype="int64", name="pocket", index=tested.index[:0]),
        outlines=_outlines(tested, np.zeros(len(tested), dtype=np.int64), [], settings.alpha),
        villages=pd.DataFrame({"rate": pd.Series(dtype=float), "pocket": pd.array([], "Int64")}),
        p_value=float("nan"),
        overdispersion=float("nan"),
        alpha=settings.alpha,
        replicates=settings.replicates,
        seed=settings.seed,
        notes=(*notes, Note("nothing_tested", text, len(tested))),
    )
