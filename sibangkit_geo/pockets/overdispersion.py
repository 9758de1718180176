"""How much village rates differ by themselves: intra-village correlation rho."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaln, expit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# |z| of a standard normal has this median, and MAD times the second figure is its deviation
_MEDIAN_ABS_Z = 0.6745
_MAD_TO_SD = 1.4826
_TRIM = 2.5
# at half poor the counts are symmetric, and the formula divides by nothing
_NO_SKEW = 1e-6
# the transformation holds down to the chi-square with two degrees of freedom, skewness 2; beyond
# it villages without a single poor household would stand above the normal's middle
_LARGEST_SKEWNESS = 2.0
_ROUNDS = 4
_GRID = np.concatenate([[0.0], np.geomspace(1e-4, 0.6, 120)])
_LARGEST_RHO = 0.95
# villages of a regency; the counts of more would fill the memory
_MOST_KEPT = 2000
#: below it a beta has no shapes that can be written down
SMALLEST_RHO = 1e-6


def effective_counts(households: Floats, rho: float) -> Floats:
    """
    Shrink counts to the number of independent households they are worth.

    m = N / (1 + rho (N - 1)), the design effect of cluster sampling (Kish 1965).

    Parameters
    ----------
    households
        Households per village, at least 1, shape (n,).
    rho
        Intra-village correlation, 0 to 1.

    Returns
    -------
    effective
        At most `households`, shape (n,).

    Examples
    --------
    >>> effective_counts(np.array([101.0]), 0.01).item()
    50.5
    """
    return households / (1.0 + rho * (households - 1.0))


def beta_binomial_rho(groups: Sequence[tuple[Floats, Floats]]) -> float:
    """
    Fit one intra-village correlation by maximum likelihood, each group with its own rate.

    y ~ BetaBinomial(N, p (1 - rho) / rho, (1 - p)(1 - rho) / rho); the rates are
    profiled out (Skellam 1948, J. R. Stat. Soc. B 10, 257).

    `groups`: Poor and all households per village, for the background and each pocket.
    Raises ValueError: `groups` is empty.
    """
    if not groups:
        msg = "`groups` must hold at least the background."
        raise ValueError(msg)
    if sum(len(poor) for poor, _ in groups) > _MOST_KEPT:
        return _fitted(groups)
    kept = [[np.asarray(one, dtype=np.float64).tobytes() for one in group] for group in groups]
    return _known(tuple((poor, homes) for poor, homes in kept))


@lru_cache(maxsize=64)
def _known(groups: tuple[tuple[bytes, bytes], ...]) -> float:
    """Fit the same groups once: other settings meet most zones of a map again."""
    return _fitted([(np.frombuffer(poor), np.frombuffer(homes)) for poor, homes in groups])


def _fitted(groups: Sequence[tuple[Floats, Floats]]) -> float:
    def loss(log_odds: float) -> float:
        rho = float(expit(log_odds))
        return sum(_group_loss(poor, homes, rho) for poor, homes in groups)

    best = minimize_scalar(loss, bounds=(-14.0, 3.0), method="bounded", options={"xatol": 1e-5})
    rho = float(expit(best.x))
    return 0.0 if rho < 1e-5 else min(rho, _LARGEST_RHO)


def beta_binomial_log_likelihood(
    poor: Floats, homes: Floats, shapes: tuple[float | Floats, float | Floats]
) -> Floats:
    """Log-likelihood of each village's count under beta shapes, up to binomial coefficients."""
    a, b = shapes
    return np.asarray(betaln(poor + a, homes - poor + b) - betaln(a, b))


def _group_loss(poor: Floats, homes: Floats, rho: float) -> float:
    scale = (1.0 - rho) / rho

    def loss(log_odds: float) -> float:
        rate = float(expit(log_odds))
        a, b = rate * scale, (1.0 - rate) * scale
        return -float(np.sum(beta_binomial_log_likelihood(poor, homes, (a, b))))

    return float(minimize_scalar(loss, bounds=(-12.0, 12.0), method="bounded").fun)


def robust_rho(poor: Floats, homes: Floats) -> tuple[float, float]:
    """
    Take the smallest rho for which the middle half of the villages is unsurprising.

    Pockets and outliers lie in the tails and do not move it: rho is the smallest
    on a grid from 0 to 0.6 at which the median size of z is at most 0.6745.

    `poor`, `homes`: Poor and all households per village, shape (n,).
    Returns: Trimmed weighted rate at that rho, 0 to 1.
    """
    for rho in _GRID:
        effective = effective_counts(homes, float(rho))
        rate = _trimmed_rate(poor / homes, effective)
        z = standardised(poor / homes, effective, rate)
        if _median(np.abs(z)) <= _MEDIAN_ABS_Z:
            return float(rho), rate
    return float(_GRID[-1]), rate


def standardised(rates: Floats, effective: Floats, rate: float) -> Floats:
    """
    Express village rates as deviations from the overall rate in standard errors.

    `rates`: Share poor per village, 0 to 1.
    `effective`: Effective households per village.
    `rate`: Overall rate, 0 to 1.
    Returns: Shape of `rates`; all 0 when `rate` is 0 or 1.
    """
    spread = rate * (1.0 - rate)
    if spread <= 0:
        return np.zeros_like(rates)
    return (rates - rate) / np.sqrt(spread / effective)


def normal_scores(rates: Floats, effective: Floats, rate: float) -> Floats:
    """
    Express village rates as deviations that are as skewed in small villages as in large.

    The counts of small villages are skewed, those of large ones are not, and villages of
    a size stand together: without this a permutation that mixes the sizes finds slightly
    too much. The cube-root transformation of Wilson and Hilferty [1]_ of a gamma variable
    with the skewness of the binomial.

    Parameters
    ----------
    rates
        Share poor per village, 0 to 1.
    effective
        Effective households per village.
    rate
        Overall rate, 0 to 1.

    Returns
    -------
    z
        Shape of `rates`, rising with it; all 0 when `rate` is 0 or 1.

    References
    ----------
    .. [1] Wilson & Hilferty (1931), The distribution of chi-square, PNAS 17(12), 684-688.

    Examples
    --------
    >>> normal_scores(np.array([0.1, 0.2]), np.array([100.0, 100.0]), 0.1).round(3).tolist()
    [0.044, 2.979]
    >>> normal_scores(np.array([0.0]), np.array([16.0]), 0.001).round(3).item()  # not hot
    0.201
    """
    z = standardised(rates, effective, rate)
    skewness = (1.0 - 2.0 * rate) / np.sqrt(np.maximum(effective * rate * (1.0 - rate), 1e-12))
    if abs(1.0 - 2.0 * rate) < _NO_SKEW:
        return z
    skewness = np.clip(skewness, -_LARGEST_SKEWNESS, _LARGEST_SKEWNESS)
    root = np.cbrt(np.maximum(1.0 + skewness * z / 2.0, 0.0))
    return 6.0 / skewness * (root - 1.0) + skewness / 6.0


def _trimmed_rate(rates: Floats, effective: Floats) -> float:
    rate = _mean(rates, effective)
    for _ in range(_ROUNDS):
        z = standardised(rates, effective, rate)
        away = np.abs(z - _median(z))
        # z has deviation 1 by chance alone; where most villages have none poor their middle is far
        # narrower, and trimming by it would end at a rate of 0
        keep = away <= _TRIM * max(1.0, _MAD_TO_SD * _median(away))
        rate = _mean(rates[keep], effective[keep])
    return rate


def _mean(values: Floats, weights: Floats) -> float:
    return float((values * weights).sum() / weights.sum())


def _median(values: Floats) -> float:
    """Take the middle as `numpy.median` does, without its checks: it runs thousands of times."""
    half = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, half)[half])
    pair = np.partition(values, [half - 1, half])
    return float((pair[half - 1] + pair[half]) / 2)
