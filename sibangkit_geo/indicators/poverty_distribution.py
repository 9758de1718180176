"""Poverty measures of household spending that weigh the poorest most: Sen-Shorrocks-Thon, Watts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.poverty_rows import lay_out_homes, mean_over_people, place_of

if TYPE_CHECKING:
    import pandas as pd


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
