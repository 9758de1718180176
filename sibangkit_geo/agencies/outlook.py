"""How long a backlog takes, what more money reaches, and how much hangs on the unit costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.agencies.budget import plan_budget
from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.agencies.budget import BudgetRule, Plan

NEVER = "tidak selesai"
_ROUNDING = 1e-9


def years_to_finish(
    backlog: pd.Series,
    capacity: pd.Series | pd.DataFrame,
    *,
    decay: pd.Series | None = None,
    unit_cost: pd.Series | None = None,
) -> pd.DataFrame:
    """
    Count the years until a backlog is served while new need arises.

    Each year the new need joins before the year's capacity is used.
    Grain: unchanged, one row per entry of the backlog (agency and indicator).

    Parameters
    ----------
    backlog
        Households unserved, at least 0.
    capacity
        Households served per year, at least 0, indexed alike; a table has one column per
        year in order, and its last year goes on. Rupiah per year where `unit_cost` is
        given.
    decay
        New households per year, at least 0, indexed alike; nothing: none.
    unit_cost
        Rupiah per household, above 0, indexed alike; nothing: `capacity` is households.

    Returns
    -------
    years
        ``backlog``, ``capacity`` and ``decay`` (of the last year), ``years`` (missing when
        it is never finished) and ``text``, the years or "tidak selesai".

    Raises
    ------
    DataError
        A value is missing or negative, or a unit cost is not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> years_to_finish(
    ...     pd.Series({"floor": 100.0, "roof": 100.0}),
    ...     pd.Series({"floor": 30.0, "roof": 10.0}),
    ...     decay=pd.Series({"floor": 5.0, "roof": 10.0}),
    ... )["text"].tolist()
    ['4', 'tidak selesai']
    """
    table = capacity.to_frame() if isinstance(capacity, pd.Series) else capacity
    yearly = table.reindex(backlog.index).astype(float)
    new = pd.Series(0.0, index=backlog.index) if decay is None else decay.reindex(backlog.index)
    bad = ~(backlog >= 0) | ~(yearly >= 0).all(axis=1) | ~(new >= 0)
    if unit_cost is not None:
        unit = unit_cost.reindex(backlog.index).astype(float)
        bad |= ~(unit > 0)
        yearly = yearly.div(unit, axis=0)
    if bad.any():
        msg = "Backlog, capacity, decay or unit cost are missing or negative"
        raise DataError(msg, rows=yearly[bad], remedy="Fill every entry of the backlog.")
    net = yearly.sub(new, axis=0)
    left = net.cumsum(axis=1).rsub(backlog, axis=0)
    done = (left <= _ROUNDING).to_numpy()
    last = net.iloc[:, -1]
    beyond = net.shape[1] + np.ceil(left.iloc[:, -1] / last.where(last > 0) - _ROUNDING)
    years = beyond.where(~done.any(axis=1), done.argmax(axis=1) + 1.0).where(backlog > 0, 0.0)
    text = [NEVER if np.isnan(one) else f"{one:.0f}" for one in years]
    return pd.DataFrame(
        {
            "backlog": backlog,
            "capacity": yearly.iloc[:, -1],
            "decay": new,
            "years": years,
            "text": text,
        }
    )


def coverage_curve(
    needs: pd.DataFrame,
    unit_cost: pd.Series,
    *,
    ceilings: pd.DataFrame,
    rule: BudgetRule,
    factors: Sequence[float] = (0.5, 0.75, 1.0, 1.25, 1.5),
) -> pd.DataFrame:
    """
    Show what is reached when all ceilings are multiplied.

    Grain: one row per factor.

    `factors`: Of the ceilings, at least 0.
    Returns: Indexed by ``factor``: ``ceiling`` and ``spent`` (rupiah, all years and agencies),
        ``households``, ``share`` of the need (0 to 1), ``value`` of the objective, ``gap``.
    Raises ConfigError: An indicator has no unit cost.
    Raises DataError: The needs or ceilings break their contract.
    """
    plans = [plan_budget(needs, unit_cost, ceilings=ceilings * one, rule=rule) for one in factors]
    return _summary(plans, factors, total=float(needs["unserved"].sum()))


def sensitivity(
    needs: pd.DataFrame,
    unit_cost: pd.Series,
    *,
    ceilings: pd.DataFrame,
    rule: BudgetRule,
    factors: Sequence[float] = (0.8, 1.0, 1.2),
) -> pd.DataFrame:
    """
    Show what is reached when all unit costs are multiplied.

    Grain: one row per factor.

    `factors`: Of the unit costs, above 0.
    Raises ConfigError: An indicator has no unit cost.
    Raises DataError: The needs or ceilings break their contract.
    """
    plans = [plan_budget(needs, unit_cost * one, ceilings=ceilings, rule=rule) for one in factors]
    return _summary(plans, factors, total=float(needs["unserved"].sum()))


def _summary(plans: Sequence[Plan], factors: Sequence[float], *, total: float) -> pd.DataFrame:
    households = np.array([one.chosen["households"].sum() for one in plans])
    return pd.DataFrame(
        {
            "ceiling": [one.spent["ceiling"].sum() for one in plans],
            "spent": [one.spent["spent"].sum() for one in plans],
            "households": households,
            "share": households / total if total > 0 else float("nan"),
            "value": [one.value for one in plans],
            "gap": [one.gap for one in plans],
        },
        index=pd.Index(factors, name="factor"),
    )
