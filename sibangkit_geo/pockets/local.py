"""
What every local statistic does alike: align, weigh, test, lay out.

Conditional permutation: a village keeps its value, its neighbors' are drawn from all others.

The draws are shared: each replicate is one random order of villages, and a village with k
neighbors takes the first k of it other than itself. That is an exact draw without replacement,
so that for equal weights the sums of all villages with k neighbors are one sorted list, apart
from the few replicates that drew the village itself, which are put right one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse, stats

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.graph import weight_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.graph import Neighbors

    Floats = NDArray[np.float64]

    Ints = NDArray[np.int64]

FEWEST_VILLAGES = 4

# cells of a table of orders or sums held at once
_MOST_CELLS = 4_000_000
# sums that differ by rounding only are ties
_TIE = 1e-10

Alternative = Literal["two-sided", "greater", "less"]
Transform = Literal["row", "binary"]
Correction = Literal["none", "fdr", "bonferroni"]
NOT_SIGNIFICANT = "tidak signifikan"
NOT_CONTROLLED = (
    "Lapisan penjelas: galat tidak dikendalikan untuk seluruh peta, sehingga sebagian desa "
    "tampak signifikan karena kebetulan. Kantong kemiskinan hanya dari pendeteksi kantong."
)


@dataclass(frozen=True, slots=True)
class Options:
    """
    Options that the local statistics share.

    `permutations`, `seed`: Of the conditional permutation; 0 permutations leave it out.
    """

    transform: Transform
    alternative: Alternative
    permutations: int
    seed: int

    def __post_init__(self) -> None:
        """Check names and ranges."""
        if self.transform not in ("row", "binary"):
            msg = f'`transform` must be "row" or "binary", got {self.transform!r}.'
            raise ValueError(msg)
        if self.alternative not in ("two-sided", "greater", "less"):
            msg = (
                f'`alternative` must be "two-sided", "greater" or "less", got {self.alternative!r}.'
            )
            raise ValueError(msg)
        if self.permutations < 0 or self.seed < 0:
            msg = "`permutations` and `seed` must be at least 0."
            raise ValueError(msg)


def aligned(values: pd.Series, neighbors: Neighbors) -> Floats:
    """
    Put values into the order of the graph.

    `values`: One finite number per village of the graph, in any order.
    Returns: Shape (n,).
    Raises DataError: The villages differ, stand twice, or have no finite value.
    """
    if not isinstance(values, pd.Series):
        msg = f"`values` must be a Series indexed by village, got {type(values).__name__}."
        raise TypeError(msg)
    twice = values.index[values.index.duplicated()]
    strange = values.index.symmetric_difference(neighbors.ids)
    for wrong, problem in (
        (twice, "Villages stand twice in the values"),
        (strange, "Values and neighbors are of different villages"),
    ):
        if len(wrong):
            remedy = "Give one value per village of the graph; `among` takes part of a graph."
            raise DataError(problem, rows=pd.DataFrame(index=wrong), remedy=remedy)
    plain = pd.to_numeric(values.reindex(neighbors.ids), errors="coerce")
    numbers = plain.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = ~np.isfinite(numbers)
    if missing.any():
        msg = "Villages without a value, or with one that is no number"
        remedy = "Leave them out of the values and, with `among`, of the graph."
        raise DataError(msg, rows=pd.DataFrame(index=neighbors.ids[missing]), remedy=remedy)
    return numbers


def at_least_zero(values: pd.Series, neighbors: Neighbors) -> Floats:
    """
    Put values into the order of the graph, none below 0.

    `values`: One finite number per village of the graph, in any order.
    Returns: Shape (n,).
    Raises DataError: A value is negative, or `aligned` refuses them.
    """
    x = aligned(values, neighbors)
    if (x < 0).any():
        msg = "The G statistics need values of at least 0"
        rows = pd.DataFrame(index=neighbors.ids[x < 0])
        raise DataError(msg, rows=rows, remedy="Use shares or counts, not standard scores.")
    return x


def weights_of(neighbors: Neighbors, transform: Transform) -> sparse.csr_array:
    """
    Weigh the links.

    `transform`: ``"row"``: weights of a village sum to 1; ``"binary"``: each is 1.
    Returns: Shape (n, n), zero diagonal; an empty row for a village without neighbor.
    """
    matrix = weight_matrix(neighbors, binary=transform == "binary")
    if transform == "row":
        sums = np.asarray(matrix.sum(axis=1)).ravel()
        matrix.data = matrix.data / np.repeat(sums, np.diff(matrix.indptr))
    return matrix


def rows_of(matrix: sparse.csr_array) -> Rows:
    """
    Take the weights of each village out of the matrix.

    `matrix`: Without diagonal.
    Returns: Weights per village.
    """
    return Rows(matrix.indptr.astype(np.int64), np.asarray(matrix.data, dtype=np.float64))


def standardised(numbers: Floats) -> Floats:
    """
    Subtract the mean and divide by the standard deviation over n.

    `numbers`: Shape (n,).
    Returns: Shape (n,); missing where all numbers are equal.
    """
    spread = numbers.std()
    # a constant that has no exact binary form leaves rounding, no spread
    if spread <= 1e-12 * np.abs(numbers).max(initial=0.0) or len(numbers) < FEWEST_VILLAGES:
        return np.full(len(numbers), np.nan)
    return np.asarray((numbers - numbers.mean()) / spread)


def normal_p_values(z: Floats, alternative: Alternative) -> Floats:
    """
    Read p off the normal distribution.

    `z`: Standard scores.
    Returns: From 0 to 1; missing where z is.
    """
    if alternative == "two-sided":
        return np.asarray(2 * stats.norm.sf(np.abs(z)))
    return np.asarray(stats.norm.sf(z if alternative == "greater" else -z))


def laid_out(
    name: str,
    columns: dict[str, NDArray[np.float64] | NDArray[np.object_]],
    *,
    index: pd.Index,
    neighbors: Neighbors,
    options: Options,
) -> LocalStatistic:
    """
    Lay a result out in the order of the values, with its notes.

    `columns`: ``statistic``, ``expected``, ``variance``, ``p_permutation`` and ``kind``, in the
        order of the graph; ``z`` where it is not the plain standard score.
    `index`: Labels in the order of the values.
    Returns: Missing for villages without neighbor.
    """
    table = pd.DataFrame(columns, index=neighbors.ids)
    if "z" not in table:
        with np.errstate(invalid="ignore", divide="ignore"):
            table["z"] = (table["statistic"] - table["expected"]) / np.sqrt(table["variance"])
    # without variance (every other village alike) nothing can be tested
    table["z"] = table["z"].where(table["variance"] > 0)
    table["p_analytic"] = normal_p_values(table["z"].to_numpy(), options.alternative)
    count = np.bincount(neighbors.pairs.ravel(), minlength=len(neighbors))
    table[count == 0] = np.nan
    table["n_neighbors"] = count
    notes = [Note("not_error_controlled", NOT_CONTROLLED)]
    if alone := int((count == 0).sum()):
        text = f"{alone} desa tanpa tetangga tidak mempunyai statistik lokal."
        notes.append(Note("isolates_without_statistic", text, alone))
    if table["statistic"].isna().all():
        text = "Statistik lokal tidak terdefinisi: semua nilai sama atau desa terlalu sedikit."
        notes.append(Note("statistic_undefined", text, len(table)))
    order = ["statistic", "expected", "variance", "z", "p_analytic", "p_permutation", "kind"]
    return LocalStatistic(
        table[[*order, "n_neighbors"]].reindex(index),
        name,
        options.transform,
        options.alternative,
        options.permutations,
        options.seed,
        tuple(notes),
    )


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


@dataclass(frozen=True, slots=True, eq=False)
class LocalStatistic:
    """
    One local statistic of every village; explains a map, proves nothing about it.

    Attributes
    ----------
    villages
        One row per village, indexed like the values. Columns ``statistic``,
        ``expected`` and ``variance`` (given the village's own value, all others
        shuffled; of Gi as Ord and Getis give them), ``z``, ``p_analytic``
        (normal), ``p_permutation`` (missing without permutations), ``kind``
        and ``n_neighbors``. Missing for a village without neighbor.
    name
        Name of the function.
    transform
        ``"row"``: links of a village sum to 1; ``"binary"``: each counts 1.
    alternative
        Side of the tests.
    permutations, seed
        Of the conditional permutation.
    notes
        The layer is not error-controlled; villages without neighbor.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> from sibangkit_geo.pockets.moran_gi import local_moran
    >>> line = from_pairs(["a", "b", "c"], [[0, 1]], isolates=[2])
    >>> found = local_moran(pd.Series([1, 2, 9], index=line.ids), line, permutations=0)
    >>> len(found), found.transform, [note.key for note in found.notes]
    (3, 'row', ['not_error_controlled', 'isolates_without_statistic', 'statistic_undefined'])
    """

    villages: pd.DataFrame
    name: str
    transform: Transform
    alternative: Alternative
    permutations: int
    seed: int
    notes: tuple[Note, ...]

    def __len__(self) -> int:
        """Count the villages."""
        return len(self.villages)


@dataclass(frozen=True, slots=True)
class GlobalStatistic:
    """
    One statistic of a whole map.

    Attributes
    ----------
    name
        Name of the function.
    expected
        Under no association.
    variance_randomisation, variance_normality
        Variance when the values are shuffled, and when they are drawn from a
        normal distribution; the second is missing for G.
    z, p_value
        By the variance under randomisation, two-sided.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> from sibangkit_geo.stats.global_statistics import morans_i
    >>> ring = from_pairs(range(6), [[one, (one + 1) % 6] for one in range(6)])
    >>> found = morans_i(pd.Series([1, 2, 3, 3, 2, 1], index=ring.ids), ring)
    >>> found.name, round(found.value, 2), found.expected
    ('morans_i', 0.5, -0.2)
    """

    name: str
    value: float
    expected: float
    variance_randomisation: float
    variance_normality: float
    z: float
    p_value: float


def class_labels(
    result: LocalStatistic,
    *,
    alpha: float = 0.05,
    correction: Correction = "none",
    p: Literal["permutation", "analytic"] = "permutation",
) -> pd.Series:
    """
    Label each village by its kind where significant.

    Parameters
    ----------
    result
        Of a local statistic.
    alpha
        Cut of the corrected p, above 0 and at most 1.
    correction
        For the number of villages.
    p
        Which of the two p-values to use.

    Returns
    -------
    label
        The kind (``"HH"``, ``"high"`` ...) or ``"tidak signifikan"``; a village
        without neighbor is never significant.

    Raises
    ------
    ValueError
        `alpha` is out of range, or the result has no permutations.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> from sibangkit_geo.pockets.moran_gi import local_moran
    >>> line = from_pairs(range(8), [[one, one + 1] for one in range(7)])
    >>> rates = pd.Series([9, 9, 1, 1, 1, 1, 1, 1], index=line.ids)
    >>> found = local_moran(rates, line, permutations=0)
    >>> class_labels(found, p="analytic").head(3).tolist()
    ['HH', 'tidak signifikan', 'tidak signifikan']
    """
    if not 0 < alpha <= 1:
        msg = f"`alpha` must lie above 0 and at most at 1, got {alpha}."
        raise ValueError(msg)
    if p == "permutation" and not result.permutations:
        msg = 'The result has no permutations; ask for p="analytic".'
        raise ValueError(msg)
    chosen = result.villages[f"p_{p}"]
    if correction == "fdr":
        chosen = false_discovery_rate(chosen)
    elif correction == "bonferroni":
        chosen = bonferroni(chosen)
    kinds = result.villages["kind"]
    return kinds.where((chosen <= alpha).fillna(value=False), NOT_SIGNIFICANT).rename("label")


def false_discovery_rate(p_values: pd.Series) -> pd.Series:
    """
    Adjust p-values so that a cut at q keeps the expected share of false finds below q.

    Benjamini and Hochberg [1]_: the smallest of p_(j) m / j over j >= the rank
    of the village. The share is kept for independent or positively dependent
    tests; with 999 permutations the smallest p is 0.001, so that in 305
    villages nothing alone can pass 0.05.

    Parameters
    ----------
    p_values
        From 0 to 1; missing ones are not tested and not counted.

    Returns
    -------
    adjusted
        From 0 to 1, indexed like `p_values`; missing stays missing.

    Raises
    ------
    ValueError
        A p-value lies outside 0 to 1.

    References
    ----------
    .. [1] Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57(1), 289-300.

    Examples
    --------
    >>> false_discovery_rate(pd.Series([0.01, 0.04, 0.03])).round(4).tolist()
    [0.03, 0.04, 0.04]
    """
    tested = _tested(p_values)
    ranked = tested.sort_values(kind="stable")
    count = len(ranked)
    scaled = ranked.to_numpy() * count / np.arange(1, count + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1.0)
    adjusted = pd.Series(stepped, index=ranked.index, name=p_values.name)
    return adjusted.reindex(p_values.index)


def bonferroni(p_values: pd.Series) -> pd.Series:
    """
    Multiply p-values by the number of tests, so that a cut at q allows one false map in 1 / q.

    Parameters
    ----------
    p_values
        From 0 to 1; missing ones are not tested and not counted.

    Returns
    -------
    adjusted
        From 0 to 1, indexed like `p_values`; missing stays missing.

    Raises
    ------
    ValueError
        A p-value lies outside 0 to 1.

    References
    ----------
    .. [1] Dunn (1961), J. Am. Stat. Assoc. 56(293), 52-64.

    Examples
    --------
    >>> bonferroni(pd.Series([0.01, 0.5, None])).tolist()
    [0.02, 1.0, nan]
    """
    return (p_values * len(_tested(p_values))).clip(upper=1.0)


def _tested(p_values: pd.Series) -> pd.Series:
    tested = p_values.dropna().astype(float)
    if ((tested < 0) | (tested > 1)).any():
        msg = "`p_values` must lie between 0 and 1."
        raise ValueError(msg)
    return tested
