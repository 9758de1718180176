"""Geary's c, local: how unlike its neighbors each village is, in one indicator or in many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.pockets.local import (
    Options,
    aligned,
    blocks_of_degree,
    laid_out,
    own_draws,
    rows_of,
    shared_draws,
    standardised,
    tail_p_values,
    weights_of,
)
from sibangkit_geo.pockets.moran_gi import quadrants

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from sibangkit_geo.pockets.graph import Neighbors
    from sibangkit_geo.pockets.local import Alternative, LocalStatistic, Rows, Transform

    Floats = NDArray[np.float64]

    Ints = NDArray[np.int64]

_TIE = 1e-10


def local_geary(
    values: pd.Series,
    neighbors: Neighbors,
    *,
    transform: Transform = "row",
    alternative: Alternative = "two-sided",
    permutations: int = 999,
    seed: int = 1,
) -> LocalStatistic:
    """
    Measure how unlike its neighbors each village is.

    c_i = sum_j w_ij (z_i - z_j)^2 with z standardised over n [1]_. Expectation and
    variance are exact given the village's own value; the normal p is rough, for
    c is skewed. Not error-controlled.
    Grain: one row per village in and out.

    Parameters
    ----------
    values
        One finite number per village of the graph, in any order.
    neighbors
        The graph.
    transform
        ``"row"``: links of a village sum to 1; ``"binary"``: each counts 1.
    alternative
        Side of both p-values; ``"less"`` looks for alike neighbors.
    permutations
        Conditional permutations; 0 leaves them out.
    seed
        Of the permutations.

    Returns
    -------
    result
        Indexed like `values`; ``kind`` is ``"HH"`` or ``"LL"`` for alike
        neighbors, ``"other"`` for alike ones around the mean, ``"unlike"``.

    Raises
    ------
    DataError
        Villages differ from the graph's, or have no value.
    ValueError
        An option is out of range.

    References
    ----------
    .. [1] Anselin (1995), Geographical Analysis 27(2), 93-115.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> percent = pd.Series([10, 10, 30, 30], index=line.ids)
    >>> found = local_geary(percent, line, permutations=0).villages
    >>> found["statistic"].tolist(), found.loc[["a", "d"], "kind"].tolist()
    ([0.0, 2.0, 2.0, 0.0], ['LL', 'HH'])
    """
    options = Options(transform, alternative, permutations, seed)
    z = standardised(aligned(values, neighbors))
    columns = _columns(z[:, None], neighbors, options)
    quadrant = quadrants(z, weights_of(neighbors, transform) @ z)
    alike = np.isin(quadrant.astype(str), ["HH", "LL"])
    unlike = columns["kind"] == "unlike"
    columns["kind"] = np.where(unlike, "unlike", np.where(alike, quadrant, "other")).astype(object)
    return laid_out(
        "local_geary", columns, index=values.index, neighbors=neighbors, options=options
    )


def local_geary_multivariate(
    values: pd.DataFrame,
    neighbors: Neighbors,
    *,
    transform: Transform = "row",
    alternative: Alternative = "two-sided",
    permutations: int = 999,
    seed: int = 1,
) -> LocalStatistic:
    """
    Measure how unlike its neighbors each village is in several indicators at once.

    The mean over the indicators of their local Geary c [1]_; a permutation moves
    all indicators of a village together. Not error-controlled.
    Grain: one row per village in and out.

    Parameters
    ----------
    values
        One column per indicator, one row per village of the graph, in any order.
    neighbors
        The graph.
    transform
        ``"row"``: links of a village sum to 1; ``"binary"``: each counts 1.
    alternative
        Side of both p-values; ``"less"`` looks for alike neighbors.
    permutations
        Conditional permutations; 0 leaves them out.
    seed
        Of the permutations.

    Returns
    -------
    result
        Indexed like `values`; ``kind`` is ``"alike"`` or ``"unlike"``.

    Raises
    ------
    DataError
        Villages differ from the graph's, or have no value.
    ValueError
        There is no column, or an option is out of range.

    References
    ----------
    .. [1] Anselin (2019), Geographical Analysis 51(2), 133-150.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> rates = pd.DataFrame({"floor": [0, 0, 1, 1], "water": [0, 1, 0, 1]}, index=line.ids)
    >>> found = local_geary_multivariate(rates, line, permutations=0).villages
    >>> found["statistic"].tolist()  # the means of 0, 2, 2, 0 and 4, 4, 4, 4
    [2.0, 3.0, 3.0, 2.0]
    """
    if not isinstance(values, pd.DataFrame) or values.empty:
        msg = "`values` must be a table with at least one column and one row."
        raise ValueError(msg)
    options = Options(transform, alternative, permutations, seed)
    z = np.column_stack([standardised(aligned(values[one], neighbors)) for one in values])
    return laid_out(
        "local_geary_multivariate",
        _columns(z, neighbors, options),
        index=values.index,
        neighbors=neighbors,
        options=options,
    )


def _columns(
    z: Floats, neighbors: Neighbors, options: Options
) -> dict[str, Floats | NDArray[np.object_]]:
    weights = weights_of(neighbors, options.transform)
    focal = np.repeat(np.arange(len(z)), np.diff(weights.indptr))
    gaps = ((z[focal] - z[weights.indices]) ** 2).mean(axis=1)
    statistic = np.zeros(len(z))
    np.add.at(statistic, focal, weights.data * gaps)
    statistic[~np.isfinite(z).all(axis=1)] = np.nan
    expected, variance = _moments(z, weights)
    kind = np.where(statistic < expected, "alike", "unlike").astype(object)
    kind[~np.isfinite(statistic)] = np.nan
    return {
        "statistic": statistic,
        "expected": expected,
        "variance": variance,
        "p_permutation": _permutation_p(z, statistic, weights, options),
        "kind": kind,
    }


def _moments(z: Floats, weights: sparse.csr_array) -> tuple[Floats, Floats]:
    """
    Mean and variance of sum_j w_ij u_j, u_j = |z_i - z_j|^2 / m drawn without replacement.

    With q = |z|^2, u_j m = q_i + q_j - 2 z_i.z_j; its sum and sum of squares over
    all j need only sums over villages, since column means are 0 and u_i is 0.
    """
    n, m = z.shape
    if n < 3:
        return np.full(n, np.nan), np.full(n, np.nan)
    q = (z**2).sum(axis=1)
    first = (n * q + q.sum()) / m
    second = n * q**2 + (q**2).sum() + 4 * np.einsum("ia,ab,ib->i", z, z.T @ z, z)
    second = (second + 2 * q * q.sum() - 4 * z @ (z.T @ q)) / m**2
    mean = first / (n - 1)
    spread = second / (n - 1) - mean**2
    total = np.asarray(weights.sum(axis=1)).ravel()
    squares = np.asarray((weights**2).sum(axis=1)).ravel()
    return total * mean, spread * (n - 1) / (n - 2) * (squares - total**2 / (n - 1))


def _permutation_p(
    z: Floats, statistic: Floats, weights: sparse.csr_array, options: Options
) -> Floats:
    if not options.permutations or not np.isfinite(z).all() or not weights.nnz:
        return np.full(len(z), np.nan)
    rows = rows_of(weights)
    length = min(len(z), int(rows.degree.max()) + 1)
    draws = shared_draws(len(z), length, options.permutations, options.seed)
    above, below = _tails(z, statistic, rows, draws)
    return tail_p_values(
        above, below, permutations=options.permutations, alternative=options.alternative
    )


def _tails(z: Floats, statistic: Floats, rows: Rows, draws: Ints) -> tuple[Ints, Ints]:
    replicate, place, village = own_draws(draws, rows.degree)
    order = np.argsort(village, kind="stable")
    replicate, place, village = replicate[order], place[order], village[order]
    at_least, at_most = (np.zeros(len(z), dtype=np.int64) for _ in range(2))
    for those in blocks_of_degree(rows.degree, len(draws)):
        degree = int(rows.degree[those[0]])
        weight = rows.weight[rows.start[those][:, None] + np.arange(degree)]
        sums = _sums(z, those, weight, draws[:, :degree])
        low, high = np.searchsorted(village, those), np.searchsorted(village, those, side="right")
        mine = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
        row = np.repeat(np.arange(len(those)), high - low)
        # a village drawn for itself adds 0; the next of the order takes its place
        if len(mine):
            next_one = draws[replicate[mine], degree]
            gap = ((z[village[mine]] - z[next_one]) ** 2).mean(axis=1)
            sums[row, replicate[mine]] += weight[row, place[mine]] * gap
        observed = statistic[those][:, None]
        slack = _TIE * (1 + np.abs(observed))
        at_least[those] = (sums >= observed - slack).sum(axis=1)
        at_most[those] = (sums <= observed + slack).sum(axis=1)
    return at_least, at_most


def _sums(z: Floats, those: Ints, weight: Floats, drawn: Ints) -> Floats:
    """sum_j w_ij |z_i - z_j|^2 / m of every village and replicate, as matrix products."""
    m = z.shape[1]
    q = (z**2).sum(axis=1)
    out = (weight.sum(axis=1) * q[those])[:, None]
    level = bool((weight == weight[:, :1]).all())
    if level:
        cross = (z[those] * weight[:, :1]) @ z[drawn].sum(axis=1).T
        return np.asarray((out + weight[:, :1] * q[drawn].sum(axis=1) - 2 * cross) / m)
    cross = sum((weight * z[those, column][:, None]) @ z[drawn, column].T for column in range(m))
    return np.asarray((out + weight @ q[drawn].T - 2 * cross) / m)
