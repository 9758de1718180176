"""Village estimates made to add up to the regency's official figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

# Official counts are published in hundredths of a thousand people, so rounding explains far less
# than 1 %: a larger gap is another population.
_WORTH_A_NOTE = 0.01

# totals that differ by rounding alone are the same total
_ROUNDING = 1e-9
_LARGEST = float(np.finfo(float).max)

GOOD, CARE, UNUSABLE = "baik", "hati-hati", "tidak dapat dipakai"


def official_figures_disagree(
    people: pd.Series, *, rate: float, count: float, tolerance: float = _WORTH_A_NOTE
) -> list[Note]:
    """
    Say whether the official rate times the table's people is the official count.

    Parameters
    ----------
    people
        Residents, at least 0; missing counts as none.
    rate
        Official share 0 to 1.
    count
        Official poor people, at least 0.
    tolerance
        Relative difference that is worth a note.

    Returns
    -------
    notes
        None where the two agree.

    Raises
    ------
    ValueError
        The rate is outside 0 to 1, or the count negative.
    """
    if not (0 <= rate <= 1 and count >= 0):
        msg = f"`rate` must be 0 to 1 and `count` at least 0, got {rate} and {count}."
        raise ValueError(msg)
    implied = rate * float(people.sum())
    if abs(implied - count) <= tolerance * count:
        return []
    text = (
        f"Tingkat resmi ({percentage(rate, 2)}) dikalikan penduduk menurut tabel memberi "
        f"{numeral(implied)} jiwa, sedangkan jumlah resmi {numeral(count)} jiwa: penduduk acuannya "
        f"lain, jadi estimasi diselaraskan ke salah satu saja."
    )
    return [Note("official_figures_disagree", text)]


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
        raise DataError(msg, rows=outside, remedy="Give shares.")
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


@dataclass(frozen=True, slots=True)
class ReliabilityLimits:
    """
    Relative standard errors up to which a rate is good, or usable with care.

    The defaults are the practice of BPS for Susenas estimates (up to 25 % accurate,
    25 to 50 % with care, above that not used); other offices draw the lines
    elsewhere, so they may be changed.

    Attributes
    ----------
    good
        Largest relative standard error called good.
    care
        Largest one that may be used with care.
    near_zero
        Rate below which the error is measured against this rate instead of its own.
        At the default, 2 %, a rate known within one point (1.96 x 25 % x 2 points)
        is good however close to 0 it is. A choice of this package.
    """

    good: float = 0.25
    care: float = 0.50
    near_zero: float = 0.02

    def __post_init__(self) -> None:
        """Check the order of the limits."""
        if not (0 < self.good <= self.care and 0 <= self.near_zero < 1):
            msg = f"Need 0 < good <= care and 0 <= near_zero < 1, got {self}."
            raise ValueError(msg)


def reliability(
    rate: pd.Series, standard_error: pd.Series, *, limits: ReliabilityLimits | None = None
) -> pd.Series:
    """
    Class village rates by their relative standard error.

    Relative to max(rate, near_zero): the error of a rate near 0 is large relative to
    it however many households were counted, so a plain ratio would call the
    best-known villages unusable; there the absolute error decides.
    Grain: one row per village in and out.

    Parameters
    ----------
    rate
        Share 0 to 1 (posterior mean, or direct estimate); missing allowed.
    standard_error
        Posterior standard deviation, or standard error, indexed like `rate`.
    limits
        Where the classes end; the practice of BPS by default.

    Returns
    -------
    reliability
        ``"baik"``, ``"hati-hati"`` or ``"tidak dapat dipakai"``, the last also where
        either is missing or the error is 0: a direct estimate of 0 or 100 % has
        error 0 because nothing varied in the sample, not because it is certain.

    Raises
    ------
    DataError
        A rate is outside 0 to 1, or an error negative.
    ValueError
        The two are indexed differently.

    Examples
    --------
    >>> import pandas as pd
    >>> rate = pd.Series([0.10, 0.10, 0.10, 0.001])
    >>> error = pd.Series([0.02, 0.04, 0.06, 0.001])
    >>> reliability(rate, error).tolist()
    ['baik', 'hati-hati', 'tidak dapat dipakai', 'baik']
    """
    require_same_index(rate=rate, standard_error=standard_error)
    used = limits or ReliabilityLimits()
    both = pd.DataFrame({"rate": rate, "standard_error": standard_error}).astype("float64")
    wrong = (both < 0).any(axis=1) | (both["rate"] > 1)
    if wrong.any():
        msg = "Rates outside 0 to 1, or negative standard errors"
        raise DataError(msg, rows=both[wrong], remedy="Give shares, not per cent.")
    floor = both["rate"].clip(lower=max(used.near_zero, np.finfo(float).tiny))
    relative = (both["standard_error"] / floor).where(both["standard_error"] > 0)
    classes = np.select([relative <= used.good, relative <= used.care], [GOOD, CARE], UNUSABLE)
    return pd.Series(classes, index=rate.index, name="reliability", dtype="str")


def require_level(level: float) -> None:
    """
    Refuse a confidence that is no probability.

    `level`: To be above 0 and below 1.
    Raises ValueError: It is not.
    """
    if not 0 < level < 1:
        msg = f"`level` must be above 0 and below 1, got {level}."
        raise ValueError(msg)


def require_same_index(**columns: pd.Series | pd.DataFrame) -> None:
    """
    Refuse columns that are indexed differently.

    Raises ValueError: One differs from the first.
    """
    (first, reference), *others = columns.items()
    for name, column in others:
        if not column.index.equals(reference.index):
            msg = f"`{first}` and `{name}` are indexed differently."
            raise ValueError(msg)


def finite_rows(frame: pd.DataFrame) -> pd.Series[bool]:
    """
    Tell rows where every number is known and finite.

    Returns: Indexed like `frame`; a row without columns is finite.
    """
    return pd.Series(np.isfinite(frame.to_numpy()).all(axis=1), index=frame.index)


def counts_of(poor: pd.Series, households: pd.Series) -> pd.DataFrame:
    """
    Lay counts beside their base, as floats.

    `poor`: Counted, 0 to `households` or missing.
    `households`: Base, at least 0 or missing, indexed alike.
    Returns: Columns ``poor`` and ``households``, ``float64``.
    Raises DataError: A count is negative, infinite or above its base.
    Raises ValueError: The two are indexed differently.
    """
    require_same_index(poor=poor, households=households)
    counts = pd.DataFrame({"poor": poor, "households": households}).astype("float64")
    wrong = (counts < 0).any(axis=1) | ~finite_rows(counts.fillna(0.0))
    wrong |= counts["poor"] > counts["households"]
    if wrong.any():
        msg = "Villages with a negative count, or more poor households than households"
        raise DataError(msg, rows=counts[wrong], remedy="Correct the counts of these villages.")
    return counts
