"""
Poverty measures of household spending, per person: how many are poor, and by how much.

All of them take one row per household, count a household once for each member, and
call a person poor whose spending is strictly below the line. Without `by` they return
one number; with `by` one number per village, and a village without households is absent.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.needs import relative_shortfall
from sibangkit_geo.stats.survey import (
    SurveyDesign,
    SurveyEstimate,
    require_at_least,
    require_complete,
    survey_estimate,
)


def foster_greer_thorbecke(
    spending: pd.Series,
    *,
    poverty_line: float,
    alpha: float,
    people: pd.Series | None = None,
    weight: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.Series | float:
    """
    Average the relative shortfall from the poverty line, to the power `alpha`.

    Everyone at or above the line counts as zero [1]_. Alpha 0 is the headcount ratio,
    1 the poverty gap, 2 its severity.
    Grain: one row per household in, one number or one row per village out.

    Parameters
    ----------
    spending
        Rupiah per person per month, at least 0, shape (n_households,).
    poverty_line
        Rupiah per person per month, above 0, in the prices of `spending`.
    alpha
        Aversion to poverty, at least 0.
    people
        Members of the household, above 0; nothing: one each.
    weight
        Survey weight of the household, above 0; nothing: all alike.
    by
        Village code of the household; nothing: all together.

    Returns
    -------
    poverty
        0 to 1: a float without `by`, else shape (n_villages,), indexed by ``village_code``.

    Raises
    ------
    DataError
        A value is missing, negative spending, people or a weight not above 0, or no row.
    ValueError
        `poverty_line` is not above 0, `alpha` is negative, or columns indexed differently.

    References
    ----------
    .. [1] Foster, Greer & Thorbecke (1984), Econometrica 52(3), 761-766.

    Examples
    --------
    >>> import pandas as pd
    >>> spending = pd.Series([100.0, 110.0, 150.0, 160.0])
    >>> round(foster_greer_thorbecke(spending, poverty_line=125.0, alpha=2), 4)
    0.0136
    """
    if not alpha >= 0:
        msg = f"`alpha` must be at least 0, got {alpha}."
        raise ValueError(msg)
    homes = lay_out_homes(spending, poverty_line=poverty_line, people=people, weight=weight, by=by)
    # a gap of nothing to the power 0 is 1, and the line itself is not poor
    amount = (homes["gap"] ** alpha).where(homes["gap"] > 0, 0.0)
    return mean_over_people(homes, amount, name=f"fgt_{alpha:g}")


def headcount_ratio(
    spending: pd.Series,
    *,
    poverty_line: float,
    people: pd.Series | None = None,
    weight: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.Series | float:
    """
    Share of people below the poverty line (Foster-Greer-Thorbecke index, alpha 0).

    Grain: one row per household in, one number or one row per village out.

    Parameters
    ----------
    spending, poverty_line, people, weight, by
        As in `foster_greer_thorbecke`.

    Returns
    -------
    ratio
        0 to 1: a float without `by`, else one row per village.

    Raises
    ------
    DataError, ValueError
        As in `foster_greer_thorbecke`.

    Examples
    --------
    >>> import pandas as pd
    >>> headcount_ratio(pd.Series([100.0, 110.0, 150.0, 160.0]), poverty_line=125.0)
    0.5
    """
    return foster_greer_thorbecke(
        spending, poverty_line=poverty_line, alpha=0, people=people, weight=weight, by=by
    )


def poverty_gap(
    spending: pd.Series,
    *,
    poverty_line: float,
    people: pd.Series | None = None,
    weight: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.Series | float:
    """
    Average shortfall of people from the poverty line (Foster-Greer-Thorbecke index, alpha 1).

    Grain: one row per household in, one number or one row per village out.

    Parameters
    ----------
    spending, poverty_line, people, weight, by
        As in `foster_greer_thorbecke`.

    Returns
    -------
    gap
        Share of the line, 0 to 1: a float without `by`, else one row per village.

    Raises
    ------
    DataError, ValueError
        As in `foster_greer_thorbecke`.

    Examples
    --------
    >>> import pandas as pd
    >>> round(poverty_gap(pd.Series([100.0, 110.0, 150.0, 160.0]), poverty_line=125.0), 4)
    0.08
    """
    return foster_greer_thorbecke(
        spending, poverty_line=poverty_line, alpha=1, people=people, weight=weight, by=by
    )


def poverty_severity(
    spending: pd.Series,
    *,
    poverty_line: float,
    people: pd.Series | None = None,
    weight: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.Series | float:
    """
    Average squared shortfall of people (Foster-Greer-Thorbecke index, alpha 2).

    Grain: one row per household in, one number or one row per village out.

    Parameters
    ----------
    spending, poverty_line, people, weight, by
        As in `foster_greer_thorbecke`.

    Returns
    -------
    severity
        0 to 1: a float without `by`, else one row per village.

    Raises
    ------
    DataError, ValueError
        As in `foster_greer_thorbecke`.

    Examples
    --------
    >>> import pandas as pd
    >>> round(poverty_severity(pd.Series([100.0, 110.0, 150.0, 160.0]), poverty_line=125.0), 4)
    0.0136
    """
    return foster_greer_thorbecke(
        spending, poverty_line=poverty_line, alpha=2, people=people, weight=weight, by=by
    )


def poverty_estimate(
    spending: pd.Series,
    *,
    poverty_line: float,
    alpha: float,
    people: pd.Series | None = None,
    design: SurveyDesign | None = None,
) -> SurveyEstimate:
    """
    Estimate a Foster-Greer-Thorbecke index with the error of the survey's design.

    The poverty line is taken as known: an error of the line itself is not in the interval.
    Grain: one row per household in, one estimate out.

    Parameters
    ----------
    spending, poverty_line, alpha, people
        As in `foster_greer_thorbecke`.
    design
        Weights, clusters and strata; nothing: households drawn one by one, all alike.

    Returns
    -------
    estimate
        Index, standard error and interval.

    Raises
    ------
    DataError, ValueError
        As in `foster_greer_thorbecke` and `survey.survey_estimate`.

    Examples
    --------
    >>> import pandas as pd
    >>> spending = pd.Series([100.0, 110.0, 150.0, 160.0])
    >>> found = poverty_estimate(spending, poverty_line=125.0, alpha=0)
    >>> found.estimate, round(found.standard_error, 4)
    (0.5, 0.2887)
    """
    if not alpha >= 0:
        msg = f"`alpha` must be at least 0, got {alpha}."
        raise ValueError(msg)
    how = design or SurveyDesign()
    homes = lay_out_homes(spending, poverty_line=poverty_line, people=people)
    amount = (homes["gap"] ** alpha).where(homes["gap"] > 0, 0.0)
    return survey_estimate(
        homes["people"] * amount,
        homes["people"],
        weight=how.weight,
        cluster=how.cluster,
        stratum=how.stratum,
        level=how.level,
    )


def sen_shorrocks_thon(
    spending: pd.Series,
    *,
    poverty_line: float,
    people: pd.Series | None = None,
    weight: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.Series | float:
    r"""
    Poverty by the Sen-Shorrocks-Thon index: how many, how poor, and how unequal among them.

    Shorrocks's form [1]_, with relative gaps g from the largest to the smallest:
    :math:`n^{-2} \sum_i (2n - 2i + 1) g_i`, which is the poverty gap times one plus the
    Gini coefficient of the gaps of all people. Repeating everybody leaves it unchanged
    (Thon's own form, with n + 1, does not), so a row of weight w counts exactly as w rows.
    Grain: one row per household in, one number or one row per village out.

    Parameters
    ----------
    spending, poverty_line, people, weight, by
        As in `poverty.foster_greer_thorbecke`.

    Returns
    -------
    index
        0 to 1: a float without `by`, else one row per village.

    Raises
    ------
    DataError, ValueError
        As in `poverty.foster_greer_thorbecke`.

    References
    ----------
    .. [1] Shorrocks (1995), Econometrica 63(5), 1225-1230.

    Examples
    --------
    >>> import pandas as pd
    >>> round(sen_shorrocks_thon(pd.Series([100.0, 110.0, 150.0, 160.0]), poverty_line=125.0), 4)
    0.125
    """
    homes = lay_out_homes(spending, poverty_line=poverty_line, people=people, weight=weight, by=by)
    homes = homes.sort_values("gap", ascending=False, kind="stable")
    persons = homes.groupby(place_of(homes), observed=True)["persons"]
    before = persons.cumsum() - homes["persons"]
    whole = persons.transform("sum")
    # the integral 2 (1 - F) g dF over the stretch of F that one row takes
    rank = (2 * whole - 2 * before - homes["persons"]) / whole
    return mean_over_people(homes, rank * homes["gap"], name="sen_shorrocks_thon")


def watts(
    spending: pd.Series,
    *,
    poverty_line: float,
    people: pd.Series | None = None,
    weight: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.Series | float:
    """
    Average over people of the logarithm of line over spending; zero for those not poor [1]_.

    Grain: one row per household in, one number or one row per village out.

    Parameters
    ----------
    spending, poverty_line, people, weight, by
        As in `poverty.foster_greer_thorbecke`, but spending above 0.

    Returns
    -------
    index
        At least 0, without an upper end: a float without `by`, else one row per village.

    Raises
    ------
    DataError
        Spending of 0, for which the index is infinite, or as in `poverty.foster_greer_thorbecke`.
    ValueError
        As in `poverty.foster_greer_thorbecke`.

    References
    ----------
    .. [1] Watts (1968), An economic definition of poverty, in Moynihan (ed.), On
       Understanding Poverty, Basic Books, 316-329.

    Examples
    --------
    >>> import pandas as pd
    >>> round(watts(pd.Series([100.0, 110.0, 150.0, 160.0]), poverty_line=125.0), 4)
    0.0877
    """
    homes = lay_out_homes(spending, poverty_line=poverty_line, people=people, weight=weight, by=by)
    nothing = homes[homes["spending"] == 0]
    if len(nothing):
        msg = "Spending of 0 makes the Watts index infinite"
        remedy = "Check these rows; if they are true, use `poverty.poverty_severity` instead."
        raise DataError(msg, rows=nothing[["spending"]], remedy=remedy)
    logs = np.log(poverty_line / homes["spending"]).clip(lower=0)
    return mean_over_people(homes, logs, name="watts")


def lay_out_homes(
    spending: pd.Series,
    *,
    poverty_line: float,
    people: pd.Series | None = None,
    weight: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.DataFrame:
    """
    Check household rows and add what the measures need.

    Grain: unchanged, one row per household.

    `spending`: Rupiah per person per month, at least 0.
    `poverty_line`: Rupiah per person per month, above 0.
    `people`: Members of the household, above 0; nothing: one each.
    `weight`: Survey weight of the household, above 0; nothing: all alike.
    `by`: Village code; nothing: all together.
    Returns: ``spending``, ``people``, ``weight``, ``persons`` (people times weight), ``gap``
        (share of the line that is missing, 0 at or above it), and ``by`` if it is given.
    Raises DataError: A value is missing, negative spending, people or a weight not above 0, or no
        row.
    Raises ValueError: `poverty_line` is not above 0, or the columns are indexed differently.
    """
    if not 0 < poverty_line < np.inf:
        msg = f"`poverty_line` must be above 0 rupiah, got {poverty_line}."
        raise ValueError(msg)
    given = {"spending": spending, "people": people, "weight": weight, "by": by}
    homes = require_complete({name: one for name, one in given.items() if one is not None})
    homes = homes.assign(**{name: 1.0 for name in ("people", "weight") if name not in homes})
    require_at_least(homes["spending"], least=0)
    for name in ("people", "weight"):
        require_at_least(homes[name], least=0, above=True)
    gap = relative_shortfall(homes["spending"].astype("float64"), poverty_line)
    return homes.assign(gap=gap, persons=homes["people"] * homes["weight"])


def place_of(homes: pd.DataFrame) -> pd.Series:
    """
    Tell which group each household belongs to.

    Grain: unchanged, one row per household.

    Returns: Column ``by``; one group where there is none.
    """
    return homes["by"] if "by" in homes else pd.Series("", index=homes.index)


def mean_over_people(homes: pd.DataFrame, amount: pd.Series, *, name: str) -> pd.Series | float:
    """
    Average an amount of each household over its people.

    Grain: one row per household in, one number or one row per village out.

    `amount`: Of each person of the household, indexed like `homes`.
    Returns: A float where `homes` has no ``by``, else one row per village, indexed by
        ``village_code`` in order of the codes.
    """
    place = place_of(homes)
    totals = (amount * homes["persons"]).groupby(place, observed=True).sum()
    whole = homes["persons"].groupby(place, observed=True).sum()
    found = (totals / whole).rename(name).rename_axis("village_code")
    return found if "by" in homes else float(found.iloc[0])
