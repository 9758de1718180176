"""Change between two independent surveys, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy import stats

from sibangkit_geo.indicators.small_areas.checks import require_level

if TYPE_CHECKING:
    from sibangkit_geo.indicators.survey import SurveyEstimate


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
    >>> from sibangkit_geo.indicators.survey import SurveyEstimate
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
