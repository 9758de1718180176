"""Village estimates made to add up to a known total."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.small_areas.checks import finite_rows, require_same_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

# totals that differ by rounding alone are the same total
_ROUNDING = 1e-9
_LARGEST = float(np.finfo(float).max)


def benchmark_ratio(estimate: pd.Series, weight: pd.Series, *, total: float) -> pd.Series:
    """
    Scale estimates by one factor so that they add up to a total.

    x = min(f e, 1) with sum(w x) = total: villages that would pass 100 % are held
    there and the rest scaled further (ratio benchmarking, [1]_). The order of
    villages stays.
    Grain: one row per village in and out.

    Parameters
    ----------
    estimate
        Share 0 to 1; missing allowed.
    weight
        People, at least 0, indexed like `estimate`.
    total
        Poor people that ``sum(estimate * weight)`` is to equal.

    Returns
    -------
    benchmarked
        Share 0 to 1, indexed like `estimate`; missing stays missing.

    Raises
    ------
    DataError
        An estimate is outside 0 to 1, a weight missing or negative, or no factor
        reaches `total`.
    ValueError
        The two are indexed differently, or `total` is negative or not finite.

    References
    ----------
    .. [1] Rao & Molina (2015), Small Area Estimation, 2nd ed..

    Examples
    --------
    >>> import pandas as pd
    >>> e, w = pd.Series([0.1, 0.2, 0.6]), pd.Series([10, 10, 10])
    >>> benchmark_ratio(e, w, total=16).round(9).tolist()
    [0.2, 0.4, 1.0]
    """
    known = _known(estimate, weight, total)
    outside = known[(known["estimate"] < 0) | (known["estimate"] > 1)]
    if len(outside):
        msg = "Estimates outside 0 to 1 cannot be scaled"
        raise DataError(msg, rows=outside, remedy="Give shares; or use the difference method.")
    e, w = known["estimate"].to_numpy(), known["weight"].to_numpy()
    _require_within(total, 0.0, float(w[e > 0].sum()), known)
    out = estimate.astype("float64").rename(None)
    out[estimate.notna()] = np.minimum(e * min(_factor(e, w, total), _LARGEST), 1.0)
    return out.rename("benchmark_ratio")


def _factor(e: Floats, w: Floats, total: float) -> float:
    order = np.argsort(-e, kind="stable")
    order = order[(e[order] > 0) & (w[order] > 0)]
    if total == 0 or not len(order):
        return 0.0
    held = np.concatenate([[0.0], np.cumsum(w[order])])[:-1]
    rest = np.cumsum((w * e)[order][::-1])[::-1]
    # estimates next to 0 need factors beyond all numbers; those never fit
    with np.errstate(over="ignore"):
        factor = (total - held) / rest
        most = 1 / e[order[-1]]
    # hold the k largest, for the first k where the next one stays below 100 %
    fits = np.flatnonzero(factor * e[order] <= 1)
    return float(factor[fits[0]] if len(fits) else most)


def benchmark_difference(
    estimate: pd.Series, weight: pd.Series, *, total: float, low: float = 0.0, high: float = 1.0
) -> pd.Series:
    """
    Shift estimates so that they add up to a total, by as little as possible.

    The x within bounds with sum(w x) = total that minimises sum(w (x - e)^2)
    (constrained least squares, [1]_) is clip(e + d, low, high) with one shift d,
    found exactly among the sorted breakpoints. The order of villages stays.
    Grain: one row per village in and out.

    Parameters
    ----------
    estimate
        Share, also outside the bounds; missing allowed.
    weight
        People, at least 0, indexed like `estimate`.
    total
        Poor people that ``sum(estimate * weight)`` is to equal.
    low, high
        Bounds of the result.

    Returns
    -------
    benchmarked
        Share from `low` to `high`, indexed like `estimate`; missing stays missing.

    Raises
    ------
    DataError
        A weight is missing or negative, an estimate infinite, or no shift reaches
        `total`.
    ValueError
        The two are indexed differently, `total` is negative or not finite, or
        `low` is not below `high`.

    References
    ----------
    .. [1] Datta, Ghosh, Steorts & Maples (2011), TEST 20(3), 574-588.

    Examples
    --------
    >>> import pandas as pd
    >>> e, w = pd.Series([0.1, 0.2, 0.9]), pd.Series([10, 10, 10])
    >>> benchmark_difference(e, w, total=17).round(9).tolist()
    [0.3, 0.4, 1.0]
    """
    if not low < high:
        msg = f"`low` must be below `high`, got {low} and {high}."
        raise ValueError(msg)
    known = _known(estimate, weight, total)
    e, w = known["estimate"].to_numpy(), known["weight"].to_numpy()
    _require_within(total, float(low * w.sum()), float(high * w.sum()), known)
    out = estimate.astype("float64").rename(None)
    out[estimate.notna()] = np.clip(e + _shift(e, w, total, low, high), low, high)
    return out.rename("benchmark_difference")


def _shift(e: Floats, w: Floats, total: float, low: float, high: float) -> float:
    """Walk the rising, piecewise straight sum over its corners."""
    if not w.sum() > 0:
        return 0.0
    corners = np.concatenate([low - e, high - e])
    order = np.argsort(corners, kind="stable")
    corners, steps = corners[order], np.concatenate([w, -w])[order]
    slopes = np.cumsum(steps)
    sums = low * w.sum() + np.concatenate([[0.0], np.cumsum(slopes[:-1] * np.diff(corners))])
    at = int(np.clip(np.searchsorted(sums, total, side="right") - 1, 0, len(corners) - 2))
    rise = sums[at + 1] - sums[at]
    part = float(np.clip((total - sums[at]) / rise, 0, 1)) if rise > 0 else 0.0
    return float(corners[at] + part * (corners[at + 1] - corners[at]))


def _known(estimate: pd.Series, weight: pd.Series, total: float) -> pd.DataFrame:
    require_same_index(estimate=estimate, weight=weight)
    if not (np.isfinite(total) and total >= 0):
        msg = f"`total` must be a finite number of at least 0, got {total}."
        raise ValueError(msg)
    both = pd.DataFrame({"estimate": estimate, "weight": weight}).astype("float64")
    known = both[both["estimate"].notna()]
    good = (known["weight"] >= 0) & finite_rows(known)
    if not good.all():
        msg = "Villages with an estimate but an impossible or no weight"
        raise DataError(msg, rows=known[~good], remedy="Correct the number of people.")
    return known


def _require_within(total: float, least: float, most: float, rows: pd.DataFrame) -> None:
    slack = _ROUNDING * max(abs(least), abs(most), abs(total))
    if not least - slack <= total <= most + slack:
        msg = f"The total {total:,.6g} is out of reach: the villages can sum to {least:,.6g} to"
        msg += f" {most:,.6g}"
        raise DataError(msg, rows=rows, remedy="Check the figure and the number of people.")
