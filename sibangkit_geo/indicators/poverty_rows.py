"""Rows that the poverty measures work on: households with their people and their gap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sibangkit_geo.indicators.survey import require_at_least, require_complete


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
    gap = (1 - homes["spending"].astype("float64") / poverty_line).clip(lower=0)
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
