"""The area-level model of Fay and Herriot: survey estimates helped by covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import optimize, sparse

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.benchmarks import (
    counts_of,
    finite_rows,
    require_same_index,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

_STEPS, _CLOSE = 100, 1e-10
INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True)
class FayHerriot:
    """
    Estimates of a Fay-Herriot model; one row per area.

    Attributes
    ----------
    table
        Indexed by area: ``estimate`` (EBLUP; where no direct estimate exists the
        synthetic one), ``mse`` (its estimated mean squared error, unit squared),
        ``direct_weight`` (weight of the direct estimate, 0 to 1), ``synthetic``
        (bool).
    coefficients
        Indexed by covariate: ``estimate`` and ``standard_error``.
    variance
        Variance of area effects by REML, unit squared; 0 where none is seen.
    """

    table: pd.DataFrame
    coefficients: pd.DataFrame
    variance: float


@dataclass(frozen=True, slots=True)
class _Fit:
    """Generalised least squares at one variance of the area effects."""

    beta: Floats
    covariance: Floats
    slope: float
    information: float
    likelihood: float


def fay_herriot(
    direct: pd.Series,
    sampling_variance: pd.Series,
    covariates: pd.DataFrame,
    *,
    intercept: bool = True,
) -> FayHerriot:
    """
    Combine direct survey estimates with a regression on covariates.

    y_i = x_i' beta + v_i + e_i, v_i with variance A, e_i with known variance D_i [1]_.
    A by restricted maximum likelihood; mean squared error g1 + g2 + 2 g3, which holds
    for REML [2]_ [3]_; A + x'Q x for areas without sample.
    Grain: one row per area in and out.

    Parameters
    ----------
    direct
        Direct estimates; missing where nobody was surveyed.
    sampling_variance
        Their variances, above 0, unit squared, indexed like `direct`; ignored where
        `direct` is missing.
    covariates
        Numbers without gaps, indexed like `direct`; one column per covariate.
    intercept
        Whether to add a column of ones.

    Returns
    -------
    fitted
        Estimates not bounded to 0 to 1: benchmark or clip shares afterwards.

    Raises
    ------
    DataError
        A covariate is missing or infinite, a sampled area has no variance above 0,
        covariates depend on each other, or sampled areas are too few for them.
    ValueError
        The three are indexed differently.

    References
    ----------
    .. [1] Fay & Herriot (1979), Journal of the American Statistical Association
       74(366), 269-277.
    .. [2] Prasad & Rao (1990), same journal 85(409), 163-171.
    .. [3] Datta & Lahiri (2000), Statistica Sinica 10(2), 613-627.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.Series([1.0, 3.0, 5.0, 7.0, None])
    >>> d = pd.Series([1.0, 1.0, 1.0, 1.0, None])
    >>> fit = fay_herriot(y, d, pd.DataFrame(index=y.index))
    >>> round(fit.variance, 6), fit.table["estimate"].round(3).tolist()
    (5.666667, [1.45, 3.15, 4.85, 6.55, 4.0])
    """
    require_same_index(direct=direct, sampling_variance=sampling_variance, covariates=covariates)
    design = covariates.astype("float64")
    if intercept:
        design = pd.concat([pd.Series(1.0, index=design.index, name=INTERCEPT), design], axis=1)
    sampled = direct.notna().to_numpy()
    given = pd.DataFrame({"direct": direct, "variance": sampling_variance}).astype("float64")
    _require_usable(design, given[sampled], sampled)
    x, y, d = design.to_numpy(), *(given[name].to_numpy() for name in ("direct", "variance"))
    area = _variance(x[sampled], y[sampled], d[sampled])
    fit = _fit(x[sampled], y[sampled], d[sampled] + area)
    table = pd.DataFrame(_predicted(x, y, d, area, fit), index=direct.index)
    errors = np.sqrt(np.diag(fit.covariance))
    coefficients = pd.DataFrame(
        {"estimate": fit.beta, "standard_error": errors}, index=design.columns
    )
    return FayHerriot(table.assign(synthetic=~sampled), coefficients, area)


def _require_usable(design: pd.DataFrame, given: pd.DataFrame, sampled: NDArray[np.bool_]) -> None:
    gaps = ~finite_rows(design)
    if gaps.any():
        msg = "Areas without all covariates"
        raise DataError(msg, rows=design.loc[gaps], remedy="Fill the gaps or leave the column out.")
    wrong = given[~(finite_rows(given) & (given["variance"] > 0))]
    if len(wrong):
        msg = "Surveyed areas whose direct estimate has no finite variance above 0"
        raise DataError(msg, rows=wrong, remedy="Smooth the variances, or leave the areas out.")
    used = design[sampled]
    if len(used) <= used.shape[1]:
        msg = f"{len(used)} surveyed areas are too few for {used.shape[1]} coefficients"
        raise DataError(msg, remedy="Use fewer covariates.")
    scaled = used / np.sqrt((used**2).sum()).replace(0.0, 1.0)
    if np.linalg.matrix_rank(scaled.to_numpy(), tol=1e-9) < used.shape[1]:
        msg = "Covariates depend on each other in the surveyed areas"
        raise DataError(msg, remedy="Leave one of them out.")


def _fit(x: Floats, y: Floats, v: Floats) -> _Fit:
    """Regress, with slope, information and height of the restricted likelihood in A."""
    weighted = x / v[:, None]
    root = np.linalg.qr(x / np.sqrt(v)[:, None], mode="r")
    inverse = np.linalg.inv(root)
    covariance = inverse @ inverse.T
    beta = covariance @ (weighted.T @ y)
    residual = (y - x @ beta) / v
    second = weighted.T @ weighted
    leverage = covariance @ second
    third = weighted.T @ (weighted / v[:, None])
    trace = (1 / v).sum() - np.trace(leverage)
    squared = (1 / v**2).sum() - 2 * np.trace(covariance @ third) + np.trace(leverage @ leverage)
    height = np.log(v).sum() / 2 + np.log(np.abs(np.diag(root))).sum()
    height += (residual**2 * v).sum() / 2
    slope = ((residual**2).sum() - trace) / 2
    return _Fit(beta, covariance, float(slope), float(squared / 2), float(-height))


def _variance(x: Floats, y: Floats, d: Floats) -> float:
    """Fisher scoring held at 0 or above; a bounded search where it does not settle."""
    at = float(np.median(d))
    for _ in range(_STEPS):
        fit = _fit(x, y, d + at)
        new = max(at + fit.slope / fit.information, 0.0)
        if abs(new - at) <= _CLOSE * (at + float(d.min())):
            return new
        at = new
    most = float(np.var(y) * len(y) + d.max())
    found = optimize.minimize_scalar(
        lambda area: -_fit(x, y, d + area).likelihood,
        bounds=(0.0, most),
        method="bounded",
        options={"xatol": _CLOSE * most},
    )
    best = float(found.x)
    return best if _fit(x, y, d + best).likelihood > _fit(x, y, d).likelihood else 0.0


def _predicted(x: Floats, y: Floats, d: Floats, area: float, fit: _Fit) -> dict[str, Floats]:
    sampled = np.isfinite(y)
    # no sample is a sample of boundless variance
    d = np.where(sampled, d, np.inf)
    own = area / (area + d)
    synthetic = x @ fit.beta
    estimate = synthetic + own * (np.where(sampled, y, 0.0) - np.where(sampled, synthetic, 0.0))
    g1 = area * (1 - own)
    g2 = (1 - own) ** 2 * np.einsum("ij,jk,ik->i", x, fit.covariance, x)
    of_area = 2 / (1 / (area + d[sampled]) ** 2).sum()
    g3 = np.where(sampled, (1 - own) ** 2 / (area + d), 0.0) * of_area
    return {"estimate": estimate, "mse": g1 + g2 + 2 * g3, "direct_weight": own}


def empirical_bayes_rate(
    events: pd.Series, population: pd.Series, *, adjacency: sparse.sparray | None = None
) -> pd.Series:
    """
    Draw each rate towards the mean, the more the smaller the village.

    m + c_i (r_i - m), c_i = a / (a + m / x_i), a = s2 - m / mean(x) and at least 0, with
    m the overall rate and s2 the x-weighted variance of the rates r [1]_. The local
    variant takes m and a from the village and its neighbours instead.
    Grain: one row per village in and out.

    Parameters
    ----------
    events
        Poor households, at least 0; missing allowed.
    population
        All households x, at least 0, indexed like `events`; missing allowed.
    adjacency
        Which villages are neighbours: any entry that is not 0, rows and columns in
        the order of `events`; the village itself always counts. None takes all.

    Returns
    -------
    rate
        Share 0 to 1, indexed like `events`; missing where a count is, or nobody
        lives. Such a village has no part in the mean.

    Raises
    ------
    DataError
        A count is negative, infinite, or above its base.
    ValueError
        The two are indexed differently, or `adjacency` has another size.

    References
    ----------
    .. [1] Marshall (1991), Applied Statistics 40(2), 283-294.

    Examples
    --------
    >>> import pandas as pd
    >>> empirical_bayes_rate(pd.Series([1, 9]), pd.Series([10, 30])).round(4).tolist()
    [0.25, 0.25]
    """
    counts = counts_of(events, population)
    known = ((counts["households"] > 0) & counts["poor"].notna()).to_numpy()
    y, x = (counts[name].to_numpy()[known] for name in ("poor", "households"))
    rates = np.full(len(known), np.nan)
    if known.any():
        around = None if adjacency is None else _with_self(adjacency, known)
        rates[known] = _smoothed(y, x, around)
    return pd.Series(rates, index=events.index, name="empirical_bayes_rate")


def _with_self(adjacency: sparse.sparray, known: NDArray[np.bool_]) -> sparse.csr_array:
    if adjacency.shape != (len(known), len(known)):
        msg = f"`adjacency` is {adjacency.shape}, but there are {len(known)} villages."
        raise ValueError(msg)
    links = sparse.csr_array(adjacency != 0)[known][:, known]
    own = sparse.eye_array(links.shape[0], dtype=bool, format="csr")
    return sparse.csr_array((links + own) != 0).astype("float64")


def _smoothed(y: Floats, x: Floats, around: sparse.csr_array | None) -> Floats:
    def added(values: Floats) -> Floats:
        if around is None:
            return np.full_like(values, values.sum())
        return np.asarray(around @ values)

    rate = y / x
    people, villages = added(x), added(np.ones_like(x))
    mean = added(y) / people
    # sum of x (r - m)^2 over villages that share m, without one difference per link
    spread = (added(x * rate**2) - people * mean**2) / people
    between = np.maximum(spread - mean * villages / people, 0.0)
    chance = mean / x
    own = np.divide(between, between + chance, out=np.zeros_like(x), where=chance > 0)
    return np.asarray(mean + own * (rate - mean))
