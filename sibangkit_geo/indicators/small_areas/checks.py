"""Checks that the measures of small areas share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError


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
