"""Sampling errors of shares and means from a survey with clusters, strata and weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.benchmarks import require_level, require_same_index

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class SurveyDesign:
    """
    How the rows of a survey were drawn.

    Attributes
    ----------
    weight
        Households in the population that a row stands for, above 0; nothing: all alike.
    cluster
        Primary sampling unit of each row; nothing: each row is drawn by itself.
    stratum
        Stratum of each row; nothing: one stratum. A cluster name that occurs in two strata
        is two clusters.
    level
        Confidence of the intervals, above 0 and below 1.

    Examples
    --------
    >>> design = SurveyDesign(cluster=pd.Series(["a", "a", "b", "b"]), level=0.9)
    >>> design.weight is None, design.cluster.nunique()
    (True, 2)
    """

    weight: pd.Series | None = None
    cluster: pd.Series | None = None
    stratum: pd.Series | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        """Check the confidence."""
        require_level(self.level)


@dataclass(frozen=True, slots=True)
class SurveyEstimate:
    """
    An estimate with its design-based error.

    Attributes
    ----------
    estimate, standard_error
        In the unit of numerator over denominator.
    low, high
        Ends of the confidence interval; not cut off at 0 or 1, so an end beyond them shows that
        the sample is too small for the normal approximation.
    clusters
        Primary sampling units in the sample.
    degrees_of_freedom
        Clusters less strata.

    Examples
    --------
    >>> found = survey_estimate(pd.Series([1, 0, 2, 1]), pd.Series([2, 2, 2, 2]))
    >>> found.estimate, found.clusters, found.degrees_of_freedom
    (0.5, 4, 3)
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    clusters: int
    degrees_of_freedom: int


def require_complete(columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """
    Lay columns side by side and refuse rows with a missing or infinite value.

    Grain: unchanged, one row per row of the columns.

    `columns`: By the name of their argument, indexed alike.
    Returns: One column per argument, indexed as given.
    Raises DataError: A value is missing or infinite, or there is no row.
    Raises ValueError: The columns are indexed differently.
    """
    require_same_index(**columns)
    rows = pd.DataFrame(dict(columns))
    if rows.empty:
        msg = "There is no row to measure"
        raise DataError(msg, remedy="Check the filter that chose the rows.")
    bad = rows.isna() | rows.isin([np.inf, -np.inf])
    if bad.to_numpy().any():
        names = ", ".join(f"`{name}`" for name in rows.columns[bad.any()])
        msg = f"Missing or infinite values in {names}"
        remedy = "Complete the rows, or leave them out and say how many."
        raise DataError(msg, rows=rows[bad.any(axis=1)], remedy=remedy)
    return rows


def require_at_least(values: pd.Series, *, least: float, above: bool = False) -> None:
    """
    Refuse numbers that are too small.

    `values`: Numbers; the name of the series reaches the message.
    Raises DataError: A number is below `least`.
    """
    bad = values[(values <= least) if above else (values < least)]
    if len(bad):
        limit = "above" if above else "at least"
        msg = f"`{values.name}` must be {limit} {least:g}"
        raise DataError(msg, rows=bad.to_frame(), remedy="Correct the rows or leave them out.")


def survey_estimate(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    weight: pd.Series | None = None,
    cluster: pd.Series | None = None,
    stratum: pd.Series | None = None,
    level: float = 0.95,
) -> SurveyEstimate:
    """
    Estimate a ratio of two totals, with the error that the survey's design gives it.

    The ratio is made linear by Taylor's series and its variance taken between the
    clusters of a stratum, as if they were drawn with replacement [1]_; the interval
    is Student's, with clusters less strata degrees of freedom. For a part of the
    sample give zeros in both totals to the other rows and keep them: the clusters
    without a row of the part count as well.
    Grain: one row per household in, one estimate out.

    Parameters
    ----------
    numerator
        Amount of each row, for instance its poor people, shape (n_rows,).
    denominator
        Base of each row, for instance its people, at least 0.
    weight
        Households in the population that a row stands for, above 0; nothing: all alike.
    cluster
        Primary sampling unit; nothing: each row is drawn by itself.
    stratum
        Stratum; nothing: one stratum.
    level
        Confidence, above 0 and below 1.

    Returns
    -------
    estimate
        Ratio, standard error and interval.

    Raises
    ------
    DataError
        A value is missing, a weight is not above 0, the denominator adds up to
        nothing, or a stratum has a single cluster.
    ValueError
        The columns are indexed differently, or `level` is no probability.

    References
    ----------
    .. [1] Wolter (2007), Introduction to Variance Estimation, 2nd ed., Springer,
       sections 6.3 and 6.5.

    Examples
    --------
    >>> import pandas as pd
    >>> poor, people = pd.Series([1, 0, 2, 1]), pd.Series([2, 2, 2, 2])
    >>> found = survey_estimate(poor, people, cluster=pd.Series(["a", "a", "b", "b"]))
    >>> found.estimate, found.standard_error, found.degrees_of_freedom
    (0.5, 0.25, 1)
    """
    require_level(level)
    rows = _sample({"numerator": numerator, "denominator": denominator}, weight, cluster, stratum)
    base = float((rows["weight"] * rows["denominator"]).sum())
    if base <= 0:
        msg = "The denominator adds up to nothing"
        raise DataError(msg, remedy="There is nobody to estimate for: leave this part out.")
    ratio = float((rows["weight"] * rows["numerator"]).sum()) / base
    score = rows["weight"] * (rows["numerator"] - ratio * rows["denominator"]) / base
    totals = score.groupby([rows["stratum"], rows["cluster"]]).sum()
    within = totals.groupby(level="stratum")
    number = within.size()
    _require_two_clusters(rows, number[number < 2].index)
    error = float(np.sqrt((number * within.var(ddof=1)).sum()))
    freedom = len(totals) - len(number)
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    return SurveyEstimate(ratio, error, ratio - reach, ratio + reach, len(totals), freedom)


def _sample(
    totals: dict[str, pd.Series],
    weight: pd.Series | None,
    cluster: pd.Series | None,
    stratum: pd.Series | None,
) -> pd.DataFrame:
    given = {"weight": weight, "cluster": cluster, "stratum": stratum}
    rows = require_complete(totals | {name: one for name, one in given.items() if one is not None})
    for name, default in (("weight", 1.0), ("cluster", np.arange(len(rows))), ("stratum", 0)):
        if name not in rows:
            rows[name] = default
    require_at_least(rows["weight"], least=0, above=True)
    require_at_least(rows["denominator"], least=0)
    return rows


def _require_two_clusters(rows: pd.DataFrame, single: pd.Index) -> None:
    if len(single):
        names = ", ".join(str(one) for one in single[:3])
        msg = f"A stratum with one cluster has no variance (strata: {names})"
        remedy = "Join it to the stratum most like it, in `stratum`, and say so."
        raise DataError(msg, rows=rows[rows["stratum"].isin(single)], remedy=remedy)


@dataclass(frozen=True, slots=True)
class Change:
    """
    Difference of two estimates.

    `difference`: After less before, in the unit of the estimates: percentage points over 100 for
        shares.
    `degrees_of_freedom`: Of the interval, after Welch and Satterthwaite.
    `relative`: `difference` as a share of the estimate before; NaN where that is 0.
    `annual`: Constant relative change per year that leads from one estimate to the other; NaN
        without `years`, or where the estimate before is not above 0.
    """

    difference: float
    standard_error: float
    low: float
    high: float
    degrees_of_freedom: float
    relative: float
    annual: float

    @property
    def significant(self) -> bool:
        """Tell whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def change(
    before: SurveyEstimate,
    after: SurveyEstimate,
    *,
    years: float | None = None,
    level: float = 0.95,
) -> Change:
    """
    Compare two estimates from samples that were drawn independently.

    The variances add up, and the degrees of freedom are those of Welch [1]_ and
    Satterthwaite [2]_. Two rounds of a panel are not independent: their errors overlap
    and this interval is then too wide or too narrow.
    Grain: two estimates in, one change out.

    Parameters
    ----------
    before, after
        Estimates of one measure.
    years
        Time between the two, above 0; nothing: no annual change.
    level
        Confidence, above 0 and below 1.

    Returns
    -------
    change
        Difference with error and interval, and the relative change.

    Raises
    ------
    ValueError
        `years` is not above 0, or `level` is no probability.

    References
    ----------
    .. [1] Welch (1947), Biometrika 34(1-2), 28-35.
    .. [2] Satterthwaite (1946), Biometrics Bulletin 2(6), 110-114.

    Examples
    --------
    >>> from sibangkit_geo.stats.survey import SurveyEstimate
    >>> before = SurveyEstimate(0.40, 0.03, 0.34, 0.46, clusters=41, degrees_of_freedom=40)
    >>> after = SurveyEstimate(0.30, 0.04, 0.22, 0.38, clusters=41, degrees_of_freedom=40)
    >>> found = change(before, after)
    >>> round(found.difference, 4), round(found.standard_error, 4), found.significant
    (-0.1, 0.05, True)
    """
    require_level(level)
    if years is not None and not years > 0:
        msg = f"`years` must be above 0, got {years}."
        raise ValueError(msg)
    difference = after.estimate - before.estimate
    error = math.hypot(before.standard_error, after.standard_error)
    freedom = _welch(before, after)
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    relative = difference / before.estimate if before.estimate else math.nan
    annual = math.nan
    if years is not None and before.estimate > 0 <= after.estimate:
        annual = (after.estimate / before.estimate) ** (1 / years) - 1
    return Change(
        difference, error, difference - reach, difference + reach, freedom, relative, annual
    )


def _welch(before: SurveyEstimate, after: SurveyEstimate) -> float:
    # shares of the variance, since the variances themselves may underflow
    whole = math.hypot(before.standard_error, after.standard_error)
    if whole == 0:
        return float(before.degrees_of_freedom + after.degrees_of_freedom)
    return 1 / sum(
        (one.standard_error / whole) ** 4 / one.degrees_of_freedom for one in (before, after)
    )
