"""
Poverty measures of household spending, per person: how many are poor, and by how much.

All of them take one row per household, count a household once for each member, and
call a person poor whose spending is strictly below the line. Without `by` they return
one number; with `by` one number per village, and a village without households is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.indicators.poverty_rows import lay_out_homes, mean_over_people
from sibangkit_geo.indicators.survey import SurveyDesign, SurveyEstimate, survey_estimate

if TYPE_CHECKING:
    import pandas as pd


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
