"""Planning areas: contiguous, balanced groups of villages. Not a statistical test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.graph import component_labels, places_of, weight_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.graph import Neighbors

    Floats = NDArray[np.float64]

    Ints = NDArray[np.intp]

NOT_A_TEST = (
    "Wilayah perencanaan dibentuk dari kemiripan dan kedekatan desa; ini bukan uji statistik."
)


@dataclass(frozen=True, slots=True)
class AreaSettings:
    """
    The ``[planning_areas]`` table of a study.

    `n_areas`, `max_villages`: How many areas, or the most villages of one; one of the two, 0
        leaves it open.
    """

    n_areas: int = 0
    max_villages: int = 0

    def __post_init__(self) -> None:
        """Check that one of the two is given."""
        if (self.n_areas > 0) == (self.max_villages > 0) or min(
            self.n_areas, self.max_villages
        ) < 0:
            msg = "[planning_areas] give either n_areas or max_villages, above 0."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """
    How areas are balanced.

    `tolerance`: Largest deviation of an area's size from the mean that is accepted, as a share.
    `most_moves`: Villages moved at most.
    """

    tolerance: float = 0.25
    most_moves: int = 10_000

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.tolerance < 0 or self.most_moves < 0:
            msg = "`tolerance` and `most_moves` must be at least 0."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class PlanningAreas:
    """
    Contiguous groups of villages; a division of labour, not a finding.

    `areas`: Area number from 1, one row per village, indexed by label.
    `sizes`: One row per area: ``n_villages``, ``size`` (people, or villages without population)
        and ``deviation`` (share of the mean size).
    """

    areas: pd.Series
    sizes: pd.DataFrame
    notes: tuple[Note, ...]

    def __len__(self) -> int:
        """Count the areas."""
        return len(self.sizes)


def planning_areas(
    values: pd.DataFrame,
    neighbors: Neighbors,
    *,
    n_areas: int | None = None,
    max_villages: int | None = None,
    population: pd.Series | None = None,
    settings: RegionSettings | None = None,
) -> PlanningAreas:
    """
    Divide villages into contiguous areas, alike inside and of balanced size.

    Ward's clustering [1]_ of the standardised indicators, joining neighbors only;
    then villages at the edge of an area move, one at a time, to a neighboring
    smaller area while that lessens the sum of squared sizes, the move that lessens
    it most first, until all sizes are within the tolerance or no move helps. No
    move breaks an area apart. Parts of the map that no link joins never share one.
    Grain: one row per village in and out.

    Parameters
    ----------
    values
        Indicators, one column each, one finite row per village of the graph.
    neighbors
        The graph.
    n_areas
        Number of areas; give this or `max_villages`.
    max_villages
        Most villages of an area; as many areas as that takes.
    population
        People per village, above 0, indexed by label; balanced are people,
        with `max_villages` or None villages.
    settings
        Tolerance; the defaults when None.

    Returns
    -------
    areas
        The same for any order of rows.

    Raises
    ------
    DataError
        Villages differ from the graph's, or have no value.
    ValueError
        Both or none of `n_areas` and `max_villages` are given, or they are out
        of range.

    References
    ----------
    .. [1] Ward (1963), J. Am. Stat. Assoc. 58(301), 236-244.
    """
    settings = settings or RegionSettings()
    count = len(neighbors)
    if (n_areas is None) == (max_villages is None):
        msg = "Give either `n_areas` or `max_villages`."
        raise ValueError(msg)
    wanted = n_areas if n_areas is not None else math.ceil(count / max(max_villages or 1, 1))
    if not 1 <= wanted <= count or (max_villages is not None and max_villages < 1):
        msg = f"The number of areas must lie between 1 and the {count} villages, got {wanted}."
        raise ValueError(msg)
    # sorted by label, so that the order of rows changes nothing
    table, size, order = _sorted(values, population if max_villages is None else None, neighbors)
    linked = weight_matrix(neighbors, binary=True)[order][:, order].tocsr()
    parts = pd.factorize(component_labels(neighbors).to_numpy()[order])[0]
    wanted = max(wanted, int(parts.max()) + 1) if max_villages is not None else wanted
    while True:
        labels = _divided(table, size, linked, parts, wanted)
        labels = _balanced(labels, size, linked, settings)
        if max_villages is None or np.bincount(labels).max() <= max_villages:
            break
        wanted += 1
    return _result(labels, size, neighbors.ids[order], values.index, settings)


def _sorted(
    values: pd.DataFrame, population: pd.Series | None, neighbors: Neighbors
) -> tuple[Floats, Floats, Ints]:
    labels = neighbors.ids.sort_values()
    strange = values.index.symmetric_difference(labels)
    if len(strange) or values.index.has_duplicates:
        msg = "Values and neighbors are of different villages, or a village stands twice"
        remedy = "Give one row per village of the graph."
        raise DataError(msg, rows=pd.DataFrame(index=strange), remedy=remedy)
    table = values.reindex(labels).astype(float)
    size = pd.Series(1.0, index=labels) if population is None else population.reindex(labels)
    bad = ~np.isfinite(table.to_numpy()).all(axis=1) | ~(size.to_numpy(dtype=float) > 0)
    if bad.any():
        msg = "Villages without a value, or without people"
        raise DataError(msg, rows=table[bad], remedy="Leave them out of table and graph.")
    spread = table.std(ddof=0).replace(0.0, 1.0)
    standard = np.asarray((table - table.mean()) / spread, dtype=np.float64)
    return standard, np.asarray(size, dtype=np.float64), places_of(neighbors, labels)


def _divided(
    table: Floats, size: Floats, linked: sparse.csr_array, parts: Ints, wanted: int
) -> Ints:
    # loaded here: it takes a second
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415

    shares = _areas_per_part(size, parts, wanted)
    labels = np.zeros(len(table), dtype=np.intp)
    first = 0
    for part, areas in enumerate(shares):
        mine = np.flatnonzero(parts == part)
        if areas > 1:
            model = AgglomerativeClustering(
                n_clusters=areas,
                connectivity=sparse.csr_matrix(linked[mine][:, mine]),
                compute_full_tree=True,
            )
            labels[mine] = model.fit(table[mine]).labels_
        labels[mine] += first
        first += areas
    return labels


def _areas_per_part(size: Floats, parts: Ints, wanted: int) -> list[int]:
    """Give each part one area, and every further one where areas are largest."""
    people, villages = np.bincount(parts, weights=size), np.bincount(parts)
    if wanted < len(people):
        msg = (
            f"{wanted} areas cannot cover a map of {len(people)} parts that no link joins; "
            f"link them (`with_links`) or ask for more areas."
        )
        raise ValueError(msg)
    areas = np.ones(len(people), dtype=np.intp)
    for _ in range(wanted - len(people)):
        room = np.where(areas < villages, people / areas, -1.0)
        areas[int(np.argmax(room))] += 1
    return [int(one) for one in areas]


def _balanced(
    labels: Ints, size: Floats, linked: sparse.csr_array, settings: RegionSettings
) -> Ints:
    labels = labels.copy()
    edges = np.column_stack(linked.nonzero())
    sums = np.bincount(labels, weights=size).astype(np.float64)
    for _ in range(settings.most_moves):
        if (np.abs(sums / sums.mean() - 1) <= settings.tolerance).all():
            break
        move = _best_move(labels, size, sums, edges, linked)
        if move is None:
            break
        village, to = move
        sums[labels[village]] -= size[village]
        sums[to] += size[village]
        labels[village] = to
    return labels


def _best_move(
    labels: Ints, size: Floats, sums: Floats, edges: Ints, linked: sparse.csr_array
) -> tuple[int, int] | None:
    crossing = edges[labels[edges[:, 0]] != labels[edges[:, 1]]]
    village, to = crossing[:, 0], labels[crossing[:, 1]]
    # change of the sum of squared sizes, halved
    gain = size[village] * (sums[labels[village]] - sums[to] - size[village])
    for one in np.lexsort((to, village, -gain)):
        if gain[one] <= 1e-9 * sums.mean() ** 2:
            break
        if _stays_whole(int(village[one]), labels, linked):
            return int(village[one]), int(to[one])
    return None


def _stays_whole(village: int, labels: Ints, linked: sparse.csr_array) -> bool:
    rest = np.flatnonzero(labels == labels[village])
    rest = rest[rest != village]
    if not len(rest):
        return False
    return int(sparse.csgraph.connected_components(linked[rest][:, rest])[0]) == 1


def _result(
    labels: Ints, size: Floats, ids: pd.Index, index: pd.Index, settings: RegionSettings
) -> PlanningAreas:
    # numbered by the first village of each area
    numbers = pd.factorize(labels)[0] + 1
    table = pd.DataFrame({"area": numbers, "size": size}, index=ids)
    sizes = table.groupby("area").agg(n_villages=("size", "count"), size=("size", "sum"))
    sizes["deviation"] = sizes["size"] / sizes["size"].mean() - 1
    notes = [Note("not_a_test", NOT_A_TEST)]
    wide = int((sizes["deviation"].abs() > settings.tolerance).sum())
    if wide:
        text = (
            f"{wide} wilayah menyimpang lebih dari {settings.tolerance:.0%} dari ukuran rata-rata; "
            f"bentuk peta tidak memungkinkan pembagian yang lebih seimbang."
        )
        notes.append(Note("areas_unbalanced", text, wide))
    return PlanningAreas(table["area"].reindex(index), sizes, tuple(notes))
