"""The local Moran statistic, of values and of rates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.local import (
    Options,
    aligned,
    at_least_zero,
    laid_out,
    neighbor_sum_tails,
    rows_of,
    shared_draws,
    standardised,
    tail_p_values,
    weights_of,
)
from sibangkit_geo.pockets.tested import more_than_all, require_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from sibangkit_geo.pockets.graph import Neighbors
    from sibangkit_geo.pockets.local import Alternative, LocalStatistic, Transform

    Floats = NDArray[np.float64]


def local_moran(
    values: pd.Series,
    neighbors: Neighbors,
    *,
    transform: Transform = "row",
    alternative: Alternative = "two-sided",
    permutations: int = 999,
    seed: int = 1,
) -> LocalStatistic:
    """
    Measure how far each village and its neighbors deviate alike.

    I_i = (n - 1) / n z_i sum_j w_ij z_j with z standardised over n [1]_: the
    scale of GeoDa and esda, (n - 1) / n of spdep's. Expectation and variance
    given the village's own value [2]_. An explanatory layer: error is not
    controlled over the map.
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
        Side of both p-values; ``"greater"`` looks for alike neighbors.
    permutations
        Conditional permutations; 0 leaves them out.
    seed
        Of the permutations.

    Returns
    -------
    result
        Indexed like `values`; ``kind`` is ``"HH"``, ``"LH"``, ``"LL"`` or
        ``"HL"``: the village, then its neighbors, above the mean or not.

    Raises
    ------
    DataError
        Villages differ from the graph's, or have no value.
    ValueError
        An option is out of range.

    References
    ----------
    .. [1] Anselin (1995), Geographical Analysis 27(2), 93-115.
    .. [2] Sokal, Oden & Thomson (1998), Geographical Analysis 30(4), 331-354.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> percent = pd.Series([10, 10, 30, 30], index=line.ids)
    >>> found = local_moran(percent, line, permutations=0).villages
    >>> found.loc[["a", "d"], "statistic"].tolist(), found.loc[["a", "d"], "kind"].tolist()
    ([0.75, 0.75], ['LL', 'HH'])
    """
    options = Options(transform, alternative, permutations, seed)
    z = standardised(aligned(values, neighbors))
    weights = weights_of(neighbors, transform)
    lag = weights @ z
    scale = (len(z) - 1) / len(z) if len(z) else 1.0
    expected, variance = _conditional_moments(z, weights)
    columns = {
        "statistic": scale * z * lag,
        "expected": scale * expected,
        "variance": scale**2 * variance,
        "p_permutation": _permutation_p(z, lag, weights, options),
        "kind": quadrants(z, lag),
    }
    return laid_out(
        "local_moran", columns, index=values.index, neighbors=neighbors, options=options
    )


def local_moran_rates(
    events: pd.Series,
    population: pd.Series,
    neighbors: Neighbors,
    *,
    transform: Transform = "row",
    alternative: Alternative = "two-sided",
    permutations: int = 999,
    seed: int = 1,
) -> LocalStatistic:
    """
    Measure local association of rates whose villages differ in size.

    The local Moran statistic of empirical-Bayes standardised rates [1]_, so that
    small villages with rates extreme by chance weigh less. Not error-controlled.
    Grain: one row per village in and out.

    Parameters
    ----------
    events
        Poor households, at least 0, one per village of the graph.
    population
        All households, above 0, indexed like `events`.
    neighbors
        The graph.
    transform
        ``"row"``: links of a village sum to 1; ``"binary"``: each counts 1.
    alternative
        Side of both p-values.
    permutations
        Conditional permutations; 0 leaves them out.
    seed
        Of the permutations.

    Returns
    -------
    result
        As of `local_moran`.

    Raises
    ------
    DataError
        Counts are impossible, or villages differ from the graph's.
    ValueError
        An option is out of range.

    References
    ----------
    .. [1] Assuncao & Reis (1999), Statistics in Medicine 18(16), 2147-2162.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> poor = pd.Series([10, 10, 30, 30], index=line.ids)
    >>> homes = pd.Series([100, 100, 100, 100], index=line.ids)
    >>> found = local_moran_rates(poor, homes, line, permutations=0)
    >>> found.villages.loc[["a", "d"], "kind"].tolist()
    ['LL', 'HH']
    """
    found = local_moran(
        assuncao_reis_rates(events, population),
        neighbors,
        transform=transform,
        alternative=alternative,
        permutations=permutations,
        seed=seed,
    )
    more = int((events.astype(float) > population.astype(float)).sum())
    return replace(found, notes=(*found.notes, *more_than_all(more)))


def assuncao_reis_rates(events: pd.Series, population: pd.Series) -> pd.Series:
    """
    Standardise rates by an empirical-Bayes mean and variance.

    (r_i - b) / sqrt(v_i), b = sum(e) / sum(x), v_i = a + b / x_i, a = s2 - b / mean(x)
    with s2 the x-weighted variance of r [1]_. a may be below 0; only a v_i below 0
    is replaced, by b / x_i, as GeoDa and esda do.

    Parameters
    ----------
    events
        Poor households e, at least 0.
    population
        All households x, above 0, indexed like `events`.

    Returns
    -------
    rates
        Without unit, indexed like `events`; all 0 where nobody is poor.

    Raises
    ------
    DataError
        A count is missing or negative, or a village has no household.
    ValueError
        The two are indexed differently.

    References
    ----------
    .. [1] Assuncao & Reis (1999), Statistics in Medicine 18(16), 2147-2162.

    Examples
    --------
    >>> e = pd.Series([30, 25, 25, 15, 33, 21, 30, 20])
    >>> x = pd.Series([100, 100, 110, 90, 100, 90, 110, 90])
    >>> assuncao_reis_rates(e, x).head(2).round(6).tolist()
    [1.038436, -0.040991]
    """
    if not events.index.equals(population.index):
        msg = "`events` and `population` are indexed differently."
        raise ValueError(msg)
    given = {"events": events, "population": population}
    counts = pd.DataFrame({
        name: pd.to_numeric(one, errors="coerce").astype(float) for name, one in given.items()
    })  # fmt: skip
    valid = (counts["events"] >= 0) & (counts["population"] > 0)
    bad = counts[~(valid & np.isfinite(counts.to_numpy()).all(axis=1))]
    if len(bad):
        msg = "Villages with a missing, negative or wordy count, or without household"
        rows = pd.DataFrame(index=bad.index)
        raise DataError(msg, rows=rows, remedy="Correct the counts or leave these villages out.")
    require_counts(counts["events"], counts["population"])
    people = counts["population"]
    total = max(float(people.sum()), 1.0)
    rate = counts["events"] / people
    mean = counts["events"].sum() / total
    spread = (people * (rate - mean) ** 2).sum() / total
    variance = spread - mean / people.mean() + mean / people
    variance = variance.where(variance >= 0, mean / people)
    standard = (rate - mean) / np.sqrt(variance.where(variance > 0))
    # no poor household anywhere: every rate is the mean
    return pd.Series(standard.fillna(0.0), name="rate")


def quadrants(z: Floats, lag: Floats) -> NDArray[np.object_]:
    """
    Name the quadrant of the Moran scatterplot.

    `z`: Standardised values.
    `lag`: Weighted sum over the neighbors.
    Returns: ``"HH"``, ``"LH"``, ``"LL"`` or ``"HL"``; H is above 0.
    """
    own, near = np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L")
    named = np.char.add(own, near).astype(object)
    named[~np.isfinite(z)] = np.nan
    return np.asarray(named)


def _conditional_moments(z: Floats, weights: sparse.csr_array) -> tuple[Floats, Floats]:
    """Equations A7 and A8 of Sokal et al. (1998), for I = z_i sum_j w_ij z_j."""
    n = len(z)
    if n < 3:
        return np.full(n, np.nan), np.full(n, np.nan)
    total = np.asarray(weights.sum(axis=1)).ravel()
    squares = np.asarray((weights**2).sum(axis=1)).ravel()
    left = squares - total**2 / (n - 1)
    variance = z**2 * n / (n - 2) * left * (1 - z**2 / (n - 1))
    return -(z**2) * total / (n - 1), variance


def _permutation_p(z: Floats, lag: Floats, weights: sparse.csr_array, options: Options) -> Floats:
    if not options.permutations or not np.isfinite(z).all() or not weights.nnz:
        return np.full(len(z), np.nan)
    rows = rows_of(weights)
    length = min(len(z), int(rows.degree.max()) + 1)
    draws = shared_draws(len(z), length, options.permutations, options.seed)
    high, low = neighbor_sum_tails(z, lag, rows, draws)
    # below the mean a larger sum makes a smaller product; at the mean all products are 0
    above, below = np.where(z >= 0, high, low), np.where(z >= 0, low, high)
    above[z == 0] = below[z == 0] = options.permutations
    return tail_p_values(
        above, below, permutations=options.permutations, alternative=options.alternative
    )


def local_gi(
    values: pd.Series,
    neighbors: Neighbors,
    *,
    transform: Transform = "binary",
    alternative: Alternative = "two-sided",
    permutations: int = 999,
    seed: int = 1,
) -> LocalStatistic:
    """
    Measure how high the neighbors of each village are, the village left out.

    G_i = sum_j w_ij x_j / sum_{j != i} x_j [1]_; z of [2]_, for any weights (it is
    the same for row-standardised and binary links). Not error-controlled.
    Grain: one row per village in and out.

    Parameters
    ----------
    values
        One finite number per village of the graph, in any order, at least 0.
    neighbors
        The graph.
    transform
        ``"row"``: links of a village sum to 1; ``"binary"``: each counts 1.
    alternative
        Side of both p-values; ``"greater"`` looks for hot spots.
    permutations
        Conditional permutations; 0 leaves them out.
    seed
        Of the permutations.

    Returns
    -------
    result
        Indexed like `values`; ``kind`` is ``"high"`` or ``"low"``.

    Raises
    ------
    DataError
        A value is negative or missing, or villages differ from the graph's.
    ValueError
        An option is out of range.

    References
    ----------
    .. [1] Getis & Ord (1992), Geographical Analysis 24(3), 189-206.
    .. [2] Ord & Getis (1995), Geographical Analysis 27(4), 286-306.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> poor = pd.Series([0, 0, 3, 3], index=line.ids)
    >>> local_gi(poor, line, permutations=0).villages["statistic"].tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    options = Options(transform, alternative, permutations, seed)
    return _local_g(values, neighbors, options, star=False)


def local_gi_star(
    values: pd.Series,
    neighbors: Neighbors,
    *,
    transform: Transform = "binary",
    alternative: Alternative = "two-sided",
    permutations: int = 999,
    seed: int = 1,
) -> LocalStatistic:
    """
    Measure how high each village and its neighbors are together.

    G*_i = sum_j w_ij x_j / sum_j x_j, the village itself among the j with the
    largest weight of its row (1 for unweighted links) [1]_; z of [1]_. The
    permutation keeps the village's own value. Not error-controlled.
    Grain: one row per village in and out.

    Parameters
    ----------
    values
        One finite number per village of the graph, in any order, at least 0.
    neighbors
        The graph.
    transform
        ``"row"``: links of a village, its own included, sum to 1; ``"binary"``:
        each counts 1.
    alternative
        Side of both p-values; ``"greater"`` looks for hot spots.
    permutations
        Conditional permutations; 0 leaves them out.
    seed
        Of the permutations.

    Returns
    -------
    result
        Indexed like `values`; ``kind`` is ``"high"`` or ``"low"``.

    Raises
    ------
    DataError
        A value is negative or missing, or villages differ from the graph's.
    ValueError
        An option is out of range.

    References
    ----------
    .. [1] Ord & Getis (1995), Geographical Analysis 27(4), 286-306.

    Examples
    --------
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> poor = pd.Series([0, 0, 3, 3], index=line.ids)
    >>> local_gi_star(poor, line, permutations=0).villages["statistic"].tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    options = Options(transform, alternative, permutations, seed)
    return _local_g(values, neighbors, options, star=True)


def _local_g(
    values: pd.Series, neighbors: Neighbors, options: Options, *, star: bool
) -> LocalStatistic:
    x = at_least_zero(values, neighbors)
    others, own = _weights(neighbors, options.transform, star=star)
    sums = others @ x + own * x
    left = 0.0 if star else x
    count = max(len(x) if star else len(x) - 1, 1)
    mean = (x.sum() - left) / count
    spread = ((x**2).sum() - np.square(left)) / count - mean**2
    total = np.asarray(others.sum(axis=1)).ravel() + own
    squares = np.asarray((others**2).sum(axis=1)).ravel() + own**2
    variance = spread * (count * squares - total**2) / max(count - 1, 1)
    if not np.isfinite(standardised(x)).all():
        sums = np.full(len(x), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = x.sum() - left
        z = (sums - total * mean) / np.sqrt(variance)
        columns = {
            "statistic": sums / share,
            "expected": np.broadcast_to(total / count, len(x)),
            "variance": variance / share**2,
            "z": z,
            "p_permutation": _gi_permutation_p(x, sums - own * x, others, options),
            "kind": _kinds(z),
        }
    name = "local_gi_star" if star else "local_gi"
    return laid_out(name, columns, index=values.index, neighbors=neighbors, options=options)


def _weights(
    neighbors: Neighbors, transform: Transform, *, star: bool
) -> tuple[sparse.csr_array, Floats]:
    if not star:
        return weights_of(neighbors, transform), np.zeros(len(neighbors))
    others = weights_of(neighbors, transform)
    own = np.ones(len(neighbors))
    if others.nnz:
        own = np.asarray(others.max(axis=1).toarray()).ravel()
    if transform == "row":
        total = 1 + own
        degree = np.diff(others.indptr)
        others.data = others.data / np.repeat(total, degree)
        own = own / total
    return others, own


def _kinds(z: Floats) -> NDArray[np.object_]:
    kinds = np.where(z > 0, "high", "low").astype(object)
    kinds[~np.isfinite(z)] = np.nan
    return np.asarray(kinds)


def _gi_permutation_p(
    x: Floats, sums: Floats, weights: sparse.csr_array, options: Options
) -> Floats:
    if not options.permutations or not np.isfinite(sums).all() or not weights.nnz:
        return np.full(len(x), np.nan)
    rows = rows_of(weights)
    length = min(len(x), int(rows.degree.max()) + 1)
    draws = shared_draws(len(x), length, options.permutations, options.seed)
    # own value and denominator stay as they are, so the sum over the neighbors decides
    above, below = neighbor_sum_tails(x, sums, rows, draws)
    return tail_p_values(
        above, below, permutations=options.permutations, alternative=options.alternative
    )
