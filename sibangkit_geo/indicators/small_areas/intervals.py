"""What one village's own count says, and counts too small to show."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from sibangkit_geo.indicators.small_areas.checks import (
    counts_of,
    require_level,
    require_same_index,
)


def wilson_interval(count: pd.Series, n: pd.Series, *, level: float = 0.95) -> pd.DataFrame:
    """
    Bound the share of a village by its own count alone.

    The score interval [1]_: never outside 0 to 1, and not of width 0 at a count of 0.
    For simple random samples and registers read as such; a clustered survey needs its
    design effect first.
    Grain: one row per village in and out.

    Parameters
    ----------
    count
        Poor households, 0 to `n`; missing allowed.
    n
        Households counted, at least 0, indexed like `count`; missing allowed.
    level
        Confidence, above 0 and below 1.

    Returns
    -------
    interval
        Columns ``low`` and ``high``, ``float64``, shares 0 to 1; missing where nobody
        was counted.

    Raises
    ------
    DataError
        A count is negative, infinite or above `n`.
    ValueError
        The two are indexed differently, or `level` is out of range.

    References
    ----------
    .. [1] Wilson (1927), Journal of the American Statistical Association 22(158),
       209-212.

    Examples
    --------
    >>> import pandas as pd
    >>> wilson_interval(pd.Series([0]), pd.Series([10])).round(4).to_numpy().tolist()
    [[0.0, 0.2775]]
    """
    require_level(level)
    counts = counts_of(count, n)
    size = counts["households"].where(counts["households"] > 0)
    share, z2 = counts["poor"] / size, special.ndtri((1 + level) / 2) ** 2
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * size)) / size) / (1 + z2 / size)
    # rounding must not leave the share outside its own interval at 0 or 1
    low = (centre - half).clip(lower=0.0).mask(share == 0, 0.0)
    high = (centre + half).clip(upper=1.0).mask(share == 1, 1.0)
    return pd.DataFrame({"low": low, "high": high})


def mask_small(values: pd.Series, count: pd.Series, *, minimum: int) -> pd.Series:
    """
    Blank values that rest on too few households.

    Grain: one row per village in and out.

    Parameters
    ----------
    values
        Anything shown per village.
    count
        Households (or people) each value rests on, indexed like `values`.
    minimum
        Fewest that may be shown, at least 0.

    Returns
    -------
    masked
        `values`, missing where `count` is below `minimum` or missing.

    Raises
    ------
    ValueError
        The two are indexed differently, or `minimum` is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> mask_small(pd.Series([0.5, 0.1]), pd.Series([2, 40]), minimum=10).tolist()
    [nan, 0.1]
    """
    require_same_index(values=values, count=count)
    if minimum < 0:
        msg = f"`minimum` must be at least 0, got {minimum}."
        raise ValueError(msg)
    return values.where((count >= minimum).fillna(value=False).astype(bool))
