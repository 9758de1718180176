"""
The gate: tell whether there is any pocket among these villages at all.

Four statistics see four kinds of pocket; their ranks over joint permutations of the villages are
combined (Fisher 1932), so that no single shape has to win on its own.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.model.stages import cores
from sibangkit_geo.pockets.compiled import compiled
from sibangkit_geo.pockets.zones import CIRCULAR_SCALE, FLEXIBLE_SCALE, best_circle, best_flexible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.pockets.zones import Geometry

    Floats = NDArray[np.float64]

LARGEST_SHARE = 0.15
# null maps on real household counts: 5.2 % false alarm with five classes, 5.9 % without
SIZE_CLASSES = 5
_HIGHEST_Z = 3.0
_HIGHEST_PAIR_Z = 6.0
_STATISTICS = 4
# column of the sources in which a village out of the pool is not 0 but never hot
_Z = 3
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Scores:
    """
    What is permuted, one row per village.

    `z`: Standardised rates.
    `weight`: Effective households over their mean in the pool.
    `cases`, `effective`: Effective poor and all households.
    """

    z: Floats
    weight: Floats
    cases: Floats
    effective: Floats


def centred(z: Floats, weight: Floats, *, cap: float) -> Floats:
    """
    Winsorise and centre standardised rates: z_c - mu sqrt(w), mu = sum(sqrt(w) z_c) / sum(w).

    The cap keeps one outlier from making or hiding a pocket.

    Parameters
    ----------
    z
        Standardised rates, shape (n,).
    weight
        Effective households over their mean, shape (n,).
    cap
        Largest value kept.

    Returns
    -------
    scores
        Shape (n,); weighted by sqrt(w) they sum to 0. Empty for no village.

    Examples
    --------
    >>> centred(np.array([9.0, -1.0, -1.0]), np.ones(3), cap=3.0).round(4).tolist()
    [2.6667, -1.3333, -1.3333]
    """
    capped = np.minimum(z, cap)
    root = np.sqrt(weight)
    total = float(np.sum(weight))
    mu = float(np.sum(root * capped)) / total if total else 0.0
    return capped - mu * root


def global_p_value(
    scores: Scores,
    *,
    geometry: Geometry,
    pool: NDArray[np.bool_],
    replicates: int,
    rng: np.random.Generator,
    part: NDArray[np.int64] | None = None,
    progress: Callable[[int], None] | None = None,
) -> float:
    """
    Test whether poverty is concentrated among the villages of the pool.

    Null hypothesis: the (rate, weight) pairs of villages of like size are exchangeable
    over their places. Large villages stand beside large ones, and rates of a size class
    spread alike: pairs change places within five classes of weight only, so that neither
    the pattern of sizes nor rates that depend on size are taken for a pocket. rho is not
    fitted again in the replicates.

    `pool`: Villages not yet in a pocket, shape (n,).
    `replicates`: Permutations, at least 1.
    `rng`: Source of the permutations.
    Returns: Share of rows, the observed one among them, with a combined statistic at least as
        large: from 1 / (replicates + 1) to 1.
    Raises ValueError: `replicates` is below 1.
    """
    if replicates < 1:
        msg = f"`replicates` must be at least 1, got {replicates}."
        raise ValueError(msg)
    places = np.flatnonzero(pool)
    sources = _sources(scores, places)
    table = np.empty((replicates + 1, _STATISTICS))
    table[0] = _of_map(sources, places, geometry)
    alike = _alike(scores.weight[places], None if part is None else part[places])
    order = np.empty(len(places), dtype=np.intp)
    for row in range(1, replicates + 1):
        for members in alike:
            order[members] = rng.permutation(members)
        table[row] = _of_map(sources[order], places, geometry)
        if progress and row % _BATCH == 0:
            progress(_BATCH)
    return combined_p_value(table)


def shared_statistics(
    scores: Scores,
    *,
    geometry: Geometry,
    pool: NDArray[np.bool_],
    seeds: Sequence[Sequence[int]],
    part: NDArray[np.int64] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """
    Take the statistics of a map and of its permutations, shared between the cores.

    The null hypothesis is that of `global_p_value`; every permutation has a seed of its own, so
    that the number of cores changes nothing.

    `pool`: Villages not yet in a pocket, shape (n,).
    `seeds`: One per permutation.
    Returns: One row per map, the observed one first, shape (n_seeds + 1, 4); the last column is
        the largest strength of a zone (`zones.strong_zones`).
    """
    places = np.flatnonzero(pool)
    sources = _sources(scores, places)
    alike = _alike(scores.weight[places], None if part is None else part[places])

    def permuted(seed: Sequence[int]) -> tuple[float, float, float, float]:
        rng = np.random.default_rng(seed)
        order = np.empty(len(places), dtype=np.intp)
        for members in alike:
            order[members] = rng.permutation(members)
        return _of_map(sources[order], places, geometry)

    table = np.empty((len(seeds) + 1, _STATISTICS))
    table[0] = _of_map(sources, places, geometry)
    with ThreadPoolExecutor(cores()) as workers:
        for row, found in enumerate(workers.map(permuted, seeds), 1):
            table[row] = found
            if progress and row % _BATCH == 0:
                progress(_BATCH)
    return table


def _sources(scores: Scores, places: NDArray[np.intp]) -> Floats:
    """Lay out what changes places together, one row per village of the pool."""
    weight = scores.weight[places]
    return np.column_stack(
        [
            np.sqrt(weight) * centred(scores.z[places], weight, cap=_HIGHEST_Z),
            weight,
            centred(scores.z[places], weight, cap=_HIGHEST_PAIR_Z),
            scores.z[places],
            scores.cases[places],
            scores.effective[places],
        ]
    )


def _alike(weight: Floats, part: NDArray[np.int64] | None) -> list[NDArray[np.intp]]:
    """Group the villages that may change places: of like size, and of one part of the map."""
    parts = np.zeros(len(weight), dtype=np.int64) if part is None else part
    groups: list[NDArray[np.intp]] = []
    for one in np.unique(parts):
        own = np.flatnonzero(parts == one)
        groups += np.array_split(own[np.argsort(weight[own], kind="stable")], SIZE_CLASSES)
    return groups


def combined_p_value(table: Floats) -> float:
    """
    Combine several statistics by their ranks: T = - sum ln(rank share).

    Parameters
    ----------
    table
        One row per replicate, the observed one first; large is extreme.

    Returns
    -------
    p_value
        Share of rows with T at least the observed; a tie counts.

    Raises
    ------
    ValueError
        The table has no row.

    Examples
    --------
    >>> combined_p_value(np.array([[3.0], [1.0], [2.0], [0.0]]))
    0.25
    """
    if not len(table):
        msg = "`table` needs the observed row."
        raise ValueError(msg)
    # sums in another order differ in their last digits: what ties on paper must tie here
    rounded = np.round(table, 9)
    combined = np.zeros(len(table))
    for column in rounded.T:
        at_least = len(column) - np.searchsorted(np.sort(column), column, side="left")
        combined -= np.log(at_least / len(column))
    combined = np.round(combined, 9)
    return float(np.mean(combined >= combined[0]))


def _of_map(
    sources: Floats, places: NDArray[np.intp], geometry: Geometry
) -> tuple[float, float, float, float]:
    """Lay one map out over all villages, and take its statistics."""
    at = np.zeros((sources.shape[1], len(geometry.arrays[0])))
    at[_Z] = -np.inf
    at[:, places] = sources.T
    order, nearest, links, pairs = geometry.arrays
    found: tuple[float, float, float, float] = _statistics(
        at[0], at[1], at[2], at[3], at[4], at[5], order, nearest, links, pairs
    )
    return found


# rows by themselves: what slices arrays is compiled with all the wording of its errors
@compiled(nogil=True)
def _statistics(score, weight, pair, z, cases, effective, order, nearest, links, pairs):
    t1, t2, t3 = _three_circles(score, weight, order)
    together = 0.0
    for k in range(len(pairs)):
        one, other = pair[pairs[k, 0]], pair[pairs[k, 1]]
        if one > 0.0 and other > 0.0:
            together += one * other
    circle = best_circle(cases, effective, order)[0] / CIRCULAR_SCALE
    flexible = best_flexible(cases, effective, z, nearest, links)[0] / FLEXIBLE_SCALE
    two = t1 * t1 + t2 * t2
    return two, two + t3 * t3, together, max(circle, flexible)


@compiled()
def _three_circles(scores, weight, order):
    n, width = order.shape
    total = 0.0
    for i in range(n):
        total += weight[i]
    best, size = np.zeros(n), np.zeros(n, dtype=np.int64)
    for i in range(n):
        inside, within = 0.0, 0.0
        for k in range(width):
            inside += scores[order[i, k]]
            within += weight[order[i, k]]
            if within > LARGEST_SHARE * total:
                break
            if k >= 1 and inside > 0.0 and within > 0.0:
                t = inside / math.sqrt(within * (1.0 - within / total))
                if t > best[i]:
                    best[i], size[i] = t, k + 1
    found = np.zeros(3)
    taken = np.zeros(n, dtype=np.int64)
    for pick in range(3):
        winner = -1
        for i in range(n):
            if best[i] > 0.0 and (winner < 0 or best[i] > best[winner]):
                free = True
                for k in range(size[i]):
                    if taken[order[i, k]] > 0:
                        free = False
                        break
                if free:
                    winner = i
        if winner < 0:
            break
        found[pick] = best[winner]
        for k in range(size[winner]):
            taken[order[winner, k]] = 1
    return found[0], found[1], found[2]
