"""
Conditional permutation: a village keeps its value, its neighbors' are drawn from all others.

The draws are shared: each replicate is one random order of villages, and a village with k
neighbors takes the first k of it other than itself. That is an exact draw without replacement,
so that for equal weights the sums of all villages with k neighbors are one sorted list, apart
from the few replicates that drew the village itself, which are put right one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.hotspots.results import Alternative

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# cells of a table of orders or sums held at once
_MOST_CELLS = 4_000_000
# sums that differ by rounding only are ties
_TIE = 1e-10


@dataclass(frozen=True, slots=True)
class Rows:
    """
    The weights of each village, one entry per link.

    `start`: Where the entries of each village start, shape (n + 1,).
    `weight`: Weights, ordered by village.
    """

    start: Ints
    weight: Floats

    @property
    def degree(self) -> Ints:
        """Count the links of each village."""
        return np.diff(self.start)

    def equal(self) -> bool:
        """Tell whether each village weighs all its links alike."""
        first = self.weight[np.minimum(self.start[:-1], max(len(self.weight) - 1, 0))]
        return bool(np.allclose(self.weight, np.repeat(first, self.degree), rtol=1e-12, atol=0))


def shared_draws(count: int, length: int, permutations: int, seed: int) -> Ints:
    """
    Draw the first villages of random orders.

    Parameters
    ----------
    count
        Villages.
    length
        Villages drawn per order, at most `count`.
    permutations
        Orders.
    seed
        The same seed gives the same draws on every machine.

    Returns
    -------
    draws
        Positions, distinct within a row, shape (permutations, length).

    Examples
    --------
    >>> sorted(shared_draws(3, 3, 1, seed=1)[0].tolist())
    [0, 1, 2]
    """
    rng = np.random.default_rng(seed)
    if count * permutations <= _MOST_CELLS or length * length > count:
        block = max(1, _MOST_CELLS // count)
        sizes = [min(block, permutations - done) for done in range(0, permutations, block)]
        return np.vstack([_shuffled(count, length, size, rng) for size in sizes])
    draws = rng.integers(count, size=(permutations, length))
    # redrawing whole rows keeps every order equally likely
    while len(again := np.flatnonzero((np.diff(np.sort(draws, axis=1), axis=1) == 0).any(axis=1))):
        draws[again] = rng.integers(count, size=(len(again), length))
    return draws


def _shuffled(count: int, length: int, rows: int, rng: np.random.Generator) -> Ints:
    """Fisher-Yates in all rows at once, stopped after `length` steps."""
    order = np.tile(np.arange(count, dtype=np.int64), (rows, 1))
    line = np.arange(rows)
    for step in range(min(length, count - 1)):
        other = rng.integers(step, count, size=rows)
        picked = order[line, other]
        order[line, other] = order[:, step]
        order[:, step] = picked
    return order[:, :length]


def neighbor_sum_tails(
    values: Floats, observed: Floats, rows: Rows, draws: Ints
) -> tuple[Ints, Ints]:
    """
    Count the replicates whose weighted neighbor sum reaches the observed one.

    `values`: One per village, shape (n,).
    `observed`: Weighted sum over the neighbors, shape (n,).
    `draws`: Of `shared_draws`, longer by 1 than the largest number of neighbors where there are so
        many villages.
    Returns: Replicates on either side, ties on both, shape (n,); 0 without neighbor.
    """
    drawn = values[draws]
    slack = _TIE * float(np.abs(values).max(initial=0.0))
    if not rows.equal():
        return _weighted_tails(drawn, observed, rows, draws, values)
    # compared as plain sums: the common weight of a village is divided out
    total = np.divide(
        observed * rows.degree,
        np.add.reduceat(np.append(rows.weight, 0.0), np.minimum(rows.start[:-1], len(rows.weight))),
        out=np.zeros_like(observed),
        where=rows.degree > 0,
    )
    sums = np.hstack([np.zeros((len(drawn), 1)), np.cumsum(drawn, axis=1)])
    at_least, at_most = (np.zeros(len(values), dtype=np.int64) for _ in range(2))
    for degree in np.unique(rows.degree[rows.degree > 0]):
        ranked = np.sort(sums[:, degree])
        those = np.flatnonzero(rows.degree == degree)
        slot = slack * (degree + 1)
        at_least[those] = len(ranked) - np.searchsorted(ranked, total[those] - slot, side="left")
        at_most[those] = np.searchsorted(ranked, total[those] + slot, side="right")
    replicate, _, village = own_draws(draws, rows.degree)
    degree_there = rows.degree[village]
    wrong = sums[replicate, degree_there]
    right = sums[replicate, degree_there + 1] - values[village]
    slack_there = slack * (degree_there + 1)
    low, high = total[village] - slack_there, total[village] + slack_there
    np.add.at(at_least, village, (right >= low).astype(int) - (wrong >= low))
    np.add.at(at_most, village, (right <= high).astype(int) - (wrong <= high))
    return at_least, at_most


def own_draws(draws: Ints, degree: Ints) -> tuple[Ints, Ints, Ints]:
    """
    Find where a village was drawn as its own neighbor.

    `degree`: Neighbors per village, shape (n,).
    """
    replicate, place = np.nonzero(np.arange(draws.shape[1]) < degree[draws])
    return replicate, place, draws[replicate, place]


def _weighted_tails(
    drawn: Floats, observed: Floats, rows: Rows, draws: Ints, values: Floats
) -> tuple[Ints, Ints]:
    at_least, at_most = (np.zeros(len(values), dtype=np.int64) for _ in range(2))
    replicate, place, village = own_draws(draws, rows.degree)
    order = np.argsort(village, kind="stable")
    replicate, place, village = replicate[order], place[order], village[order]
    for those in blocks_of_degree(rows.degree, len(drawn)):
        degree = int(rows.degree[those[0]])
        weight = rows.weight[rows.start[those][:, None] + np.arange(degree)]
        sums = weight @ drawn[:, :degree].T
        low, high = np.searchsorted(village, those), np.searchsorted(village, those, side="right")
        mine = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
        row = np.repeat(np.arange(len(those)), high - low)
        change = drawn[replicate[mine], degree] - values[village[mine]]
        sums[row, replicate[mine]] += weight[row, place[mine]] * change
        scale = np.abs(weight).sum(axis=1) * np.abs(values).max()
        slack = _TIE * scale
        at_least[those] = (sums >= (observed[those] - slack)[:, None]).sum(axis=1)
        at_most[those] = (sums <= (observed[those] + slack)[:, None]).sum(axis=1)
    return at_least, at_most


def blocks_of_degree(degree: Ints, permutations: int) -> list[Ints]:
    """
    Group villages by their number of neighbors, in blocks that fit memory.

    `degree`: Neighbors per village, shape (n,).
    Returns: Positions; villages without neighbor are in none.
    """
    size = max(1, _MOST_CELLS // permutations)
    groups = [np.flatnonzero(degree == one) for one in np.unique(degree[degree > 0])]
    return [group[at : at + size] for group in groups for at in range(0, len(group), size)]


def tail_p_values(
    at_least: Ints, at_most: Ints, *, permutations: int, alternative: Alternative
) -> Floats:
    """
    Turn counts into p-values: (1 + count) / (1 + permutations), doubled when two-sided.

    Parameters
    ----------
    at_least, at_most
        Replicates on either side, ties on both.
    permutations
        Replicates.
    alternative
        Side of the test; ``"two-sided"`` doubles the smaller side.

    Returns
    -------
    p_value
        Above 0, at most 1.

    References
    ----------
    .. [1] Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9(1), 39.
    """
    greater, less = (1 + at_least) / (1 + permutations), (1 + at_most) / (1 + permutations)
    sides = {"greater": greater, "less": less}
    sides["two-sided"] = np.minimum(1.0, 2 * np.minimum(greater, less))
    return np.asarray(sides[alternative], dtype=np.float64)
