"""Statistics of the whole map: Moran's I and the G of Getis and Ord."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.pockets.local import (
    GlobalStatistic,
    Options,
    aligned,
    at_least_zero,
    normal_p_values,
    standardised,
    weights_of,
)
from sibangkit_geo.pockets.pysal import as_neighbors

if TYPE_CHECKING:
    import pandas as pd
    from scipy import sparse

    from sibangkit_geo.pockets.local import Transform
    from sibangkit_geo.pockets.pysal import GraphLike


def morans_i(
    values: pd.Series, neighbors: GraphLike, *, transform: Transform = "row"
) -> GlobalStatistic:
    """
    Measure how alike neighbors are over the whole map.

    I = n / S0 sum_ij w_ij z_i z_j / sum_i z_i^2, with variances under
    randomisation and normality [1]_.

    Parameters
    ----------
    values
        One finite number per village of the graph, in any order.
    neighbors
        The graph.
    transform
        ``"row"``: links of a village sum to 1; ``"binary"``: each counts 1.

    Returns
    -------
    result
        Missing where all values are equal or there is no link.

    Raises
    ------
    DataError
        Villages differ from the graph's, or have no value.
    ValueError
        `transform` is unknown.

    References
    ----------
    .. [1] Cliff & Ord (1981), Spatial Processes, Pion, chapter 2.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> found = morans_i(pd.Series([0.1, 0.1, 0.3, 0.3], index=line.ids), line)
    >>> round(found.value, 6), round(found.expected, 6)  # (1 + 0 + 0 + 1) / 4
    (0.5, -0.333333)
    """
    Options(transform, "two-sided", 0, 0)
    neighbors = as_neighbors(neighbors)
    z = standardised(aligned(values, neighbors))
    n = len(z)
    weights = weights_of(neighbors, transform)
    s0, s1, s2 = weight_sums(weights)
    if not s0 or not np.isfinite(z).all() or not n:
        return GlobalStatistic("morans_i", *[float("nan")] * 6)
    value = float(z @ (weights @ z)) / s0
    expected = -1.0 / (n - 1)
    normal = (n * n * s1 - n * s2 + 3 * s0**2) / ((n - 1) * (n + 1) * s0**2) - expected**2
    kurtosis = float((z**4).mean())
    first = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = kurtosis * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    variance = (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    score = (value - expected) / variance**0.5 if variance > 0 else float("nan")
    p_value = float(normal_p_values(np.array([score]), "two-sided")[0])
    return GlobalStatistic("morans_i", value, expected, variance, normal, score, p_value)


def global_g(values: pd.Series, neighbors: GraphLike) -> GlobalStatistic:
    """
    Measure whether high values, or low ones, stand together over the whole map.

    G = sum_{i != j} w_ij x_i x_j / sum_{i != j} x_i x_j with binary links, and its
    variance under randomisation [1]_.

    Parameters
    ----------
    values
        One finite number per village of the graph, in any order, at least 0.
    neighbors
        The graph; each link counts 1.

    Returns
    -------
    result
        ``variance_normality`` is missing: G has none. All missing where all
        values are equal.

    Raises
    ------
    DataError
        A value is negative or missing, or villages differ from the graph's.

    References
    ----------
    .. [1] Getis & Ord (1992), Geographical Analysis 24(3), 189-206.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.pockets.graph import from_pairs
    >>> line = from_pairs(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]])
    >>> found = global_g(pd.Series([0, 0, 3, 3], index=line.ids), line)
    >>> found.value, found.expected  # the only product above 0 is one of neighbors
    (1.0, 0.5)
    """
    neighbors = as_neighbors(neighbors)
    x = at_least_zero(values, neighbors)
    n, missing = len(x), float("nan")
    weights = weights_of(neighbors, "binary")
    if not np.isfinite(standardised(x)).all() or not n or not weights.nnz:
        return GlobalStatistic("global_g", *[missing] * 6)
    s0, s1, s2 = weight_sums(weights)
    m1, m2, m3, m4 = (float((x**power).sum()) for power in (1, 2, 3, 4))
    value = float(x @ (weights @ x)) / (m1**2 - m2)
    expected = s0 / (n * (n - 1))
    # the coefficients B0 to B4 of the paper
    square = ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) * m2**2
    square -= ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2) * m4
    square -= (2 * n * s1 - (n + 3) * s2 + 6 * s0**2) * m1**2 * m2
    square += (4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2) * m1 * m3
    square += (s1 - s2 + s0**2) * m1**4
    square /= (m1**2 - m2) ** 2 * n * (n - 1) * (n - 2) * (n - 3)
    variance = square - expected**2
    score = (value - expected) / variance**0.5 if variance > 0 else missing
    p_value = float(normal_p_values(np.array([score]), "two-sided")[0])
    return GlobalStatistic("global_g", value, expected, variance, missing, score, p_value)


def weight_sums(weights: sparse.csr_array) -> tuple[float, float, float]:
    """
    Sum the weights the three ways that the moments need.

    S0 = sum w_ij, S1 = sum (w_ij + w_ji)^2 / 2, S2 = sum_i (w_i. + w_.i)^2.

    `weights`: Shape (n, n).
    """
    both = weights + weights.T
    s2 = float((np.asarray(both.sum(axis=1)).ravel() ** 2).sum())
    return float(weights.sum()), float((both.data**2).sum() / 2), s2
