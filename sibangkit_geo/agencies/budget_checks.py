"""Checks of what a budget is planned from: needs, unit costs and ceilings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo.agencies.budget import BudgetRule

_KEYS = ["place", "agency", "indicator"]


def checked_needs(needs: pd.DataFrame, rule: BudgetRule) -> pd.DataFrame:
    """
    Check a table of needs, put it in the order of the places and value its rows.

    Grain: unchanged, one row per place, agency and indicator.

    Returns: With ``value``, what serving the row counts.
    Raises DataError: A column is missing, or rows break the contract; all are told at once.
    """
    wanted = [*_KEYS, "unserved"]
    wanted += [] if rule.objective == "need" else [rule.objective]
    wanted += ["district"] if rule.floor_per_district else []
    missing = [name for name in wanted if name not in needs]
    if missing:
        msg = f"The table of needs has no column {', '.join(missing)}"
        raise DataError(msg, remedy="Add it, or choose a rule that does not ask it.")
    bad = needs.duplicated(_KEYS, keep=False) | needs[_KEYS].isna().any(axis=1)
    bad |= (needs["unserved"] < 0) | np.isinf(needs["unserved"].astype(float))
    some = needs["unserved"] > 0
    if rule.objective == "severity":
        bad |= some & ~(needs["severity"] >= 0)
    if rule.floor_per_district:
        bad |= some & needs["district"].isna()
    if bad.any():
        msg = "Needs that stand twice, or have no place, negative households, severity or district"
        raise DataError(
            msg,
            rows=needs[bad],
            remedy="Keep one row per place, agency and indicator, and fill the columns.",
        )
    table = needs.assign(_text=needs["place"].astype(str))
    table = table.sort_values(["agency", "indicator", "_text"], kind="stable", ignore_index=True)
    table["unserved"] = table["unserved"].astype(float)
    table["value"] = _value(table, rule)
    return table


def _value(table: pd.DataFrame, rule: BudgetRule) -> pd.Series:
    value = table["unserved"]
    if rule.objective == "severity":
        value = value * table["severity"]
    if rule.objective == "excess":
        # nobody can serve more households above the regency's share than there are
        value = table["excess"].astype(float).clip(lower=0).clip(upper=table["unserved"])
    return value.astype(float).fillna(0.0)


def checked_cost(unit_cost: pd.Series, table: pd.DataFrame) -> pd.Series:
    """
    Check that every indicator of a table has its unit cost.

    `unit_cost`: Rupiah per household, indexed by indicator.
    Raises ConfigError: A cost is missing, stands twice or is not above 0.
    """
    used = sorted(set(table["indicator"]))
    if unit_cost.index.has_duplicates:
        twice = sorted(set(unit_cost.index[unit_cost.index.duplicated()]))
        msg = f"Unit cost stands twice: {', '.join(twice)}. Keep one per indicator."
        raise ConfigError(msg)
    cost = unit_cost.reindex(used).astype(float)
    bad = cost[~(cost > 0) | np.isinf(cost)]
    if len(bad):
        msg = (
            f"No unit cost above 0 for: {', '.join(map(str, bad.index))}. "
            "State rupiah per household in the table of unit costs."
        )
        raise ConfigError(msg)
    return cost


def checked_ceilings(ceilings: pd.DataFrame) -> pd.DataFrame:
    """
    Check ceilings and put them in order.

    Grain: unchanged, one row per agency, one column per year.

    `ceilings`: Rupiah, at least 0.
    Returns: Sorted by agency and year.
    Raises DataError: An agency or year stands twice, or an amount is missing or negative.
    """
    if ceilings.index.has_duplicates or ceilings.columns.has_duplicates or not ceilings.shape[1]:
        msg = "Ceilings need one row per agency and one column per year, each once"
        raise DataError(msg, remedy="Add the amounts of one agency and year up.")
    money = ceilings.astype(float).sort_index().sort_index(axis=1)
    bad = ~(money >= 0).all(axis=1) | money.isin([np.inf]).any(axis=1)
    if bad.any():
        msg = "Ceilings are missing or negative"
        raise DataError(msg, rows=money[bad], remedy="Write 0 where nothing may be spent.")
    return money
