"""Corrections of p-values for looking at many villages at once."""

from __future__ import annotations

import numpy as np
import pandas as pd


def false_discovery_rate(p_values: pd.Series) -> pd.Series:
    """
    Adjust p-values so that a cut at q keeps the expected share of false finds below q.

    Benjamini and Hochberg [1]_: the smallest of p_(j) m / j over j >= the rank
    of the village. The share is kept for independent or positively dependent
    tests; with 999 permutations the smallest p is 0.001, so that in 305
    villages nothing alone can pass 0.05.

    Parameters
    ----------
    p_values
        From 0 to 1; missing ones are not tested and not counted.

    Returns
    -------
    adjusted
        From 0 to 1, indexed like `p_values`; missing stays missing.

    Raises
    ------
    ValueError
        A p-value lies outside 0 to 1.

    References
    ----------
    .. [1] Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57(1), 289-300.

    Examples
    --------
    >>> false_discovery_rate(pd.Series([0.01, 0.04, 0.03])).round(4).tolist()
    [0.03, 0.04, 0.04]
    """
    tested = _tested(p_values)
    ranked = tested.sort_values(kind="stable")
    count = len(ranked)
    scaled = ranked.to_numpy() * count / np.arange(1, count + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1.0)
    adjusted = pd.Series(stepped, index=ranked.index, name=p_values.name)
    return adjusted.reindex(p_values.index)


def bonferroni(p_values: pd.Series) -> pd.Series:
    """
    Multiply p-values by the number of tests, so that a cut at q allows one false map in 1 / q.

    Parameters
    ----------
    p_values
        From 0 to 1; missing ones are not tested and not counted.

    Returns
    -------
    adjusted
        From 0 to 1, indexed like `p_values`; missing stays missing.

    Raises
    ------
    ValueError
        A p-value lies outside 0 to 1.

    References
    ----------
    .. [1] Dunn (1961), J. Am. Stat. Assoc. 56(293), 52-64.

    Examples
    --------
    >>> bonferroni(pd.Series([0.01, 0.5, None])).tolist()
    [0.02, 1.0, nan]
    """
    return (p_values * len(_tested(p_values))).clip(upper=1.0)


def _tested(p_values: pd.Series) -> pd.Series:
    tested = p_values.dropna().astype(float)
    if ((tested < 0) | (tested > 1)).any():
        msg = "`p_values` must lie between 0 and 1."
        raise ValueError(msg)
    return tested
