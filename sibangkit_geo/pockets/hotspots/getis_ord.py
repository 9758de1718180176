"""The G statistics of Getis and Ord: where high values, or low ones, stand together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.pockets.hotspots.common import (
    Options,
    at_least_zero,
    laid_out,
    rows_of,
    standardised,
    weights_of,
)
from sibangkit_geo.pockets.hotspots.permutation import (
    neighbor_sum_tails,
    shared_draws,
    tail_p_values,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    from sibangkit_geo.pockets.adjacency import Neighbors
    from sibangkit_geo.pockets.hotspots.results import Alternative, LocalStatistic, Transform

    Floats = NDArray[np.float64]


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
            "p_permutation": _permutation_p(x, sums - own * x, others, options),
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


def _permutation_p(x: Floats, sums: Floats, weights: sparse.csr_array, options: Options) -> Floats:
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
