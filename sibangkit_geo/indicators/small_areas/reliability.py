"""May a village's rate be published, with care, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.small_areas.checks import require_same_index

GOOD, CARE, UNUSABLE = "baik", "hati-hati", "tidak dapat dipakai"


@dataclass(frozen=True, slots=True)
class ReliabilityLimits:
    """
    Relative standard errors up to which a rate is good, or usable with care.

    The defaults are the practice of BPS for Susenas estimates (up to 25 % accurate,
    25 to 50 % with care, above that not used); other offices draw the lines
    elsewhere, so they may be changed.

    Attributes
    ----------
    good
        Largest relative standard error called good.
    care
        Largest one that may be used with care.
    near_zero
        Rate below which the error is measured against this rate instead of its own.
        At the default, 2 %, a rate known within one point (1.96 x 25 % x 2 points)
        is good however close to 0 it is. A choice of this package.
    """

    good: float = 0.25
    care: float = 0.50
    near_zero: float = 0.02

    def __post_init__(self) -> None:
        """Check the order of the limits."""
        if not (0 < self.good <= self.care and 0 <= self.near_zero < 1):
            msg = f"Need 0 < good <= care and 0 <= near_zero < 1, got {self}."
            raise ValueError(msg)


def reliability(
    rate: pd.Series, standard_error: pd.Series, *, limits: ReliabilityLimits | None = None
) -> pd.Series:
    """
    Class village rates by their relative standard error.

    Relative to max(rate, near_zero): the error of a rate near 0 is large relative to
    it however many households were counted, so a plain ratio would call the
    best-known villages unusable; there the absolute error decides.
    Grain: one row per village in and out.

    Parameters
    ----------
    rate
        Share 0 to 1 (posterior mean, or direct estimate); missing allowed.
    standard_error
        Posterior standard deviation, or standard error, indexed like `rate`.
    limits
        Where the classes end; the practice of BPS by default.

    Returns
    -------
    reliability
        ``"baik"``, ``"hati-hati"`` or ``"tidak dapat dipakai"``, the last also where
        either is missing or the error is 0: a direct estimate of 0 or 100 % has
        error 0 because nothing varied in the sample, not because it is certain.

    Raises
    ------
    DataError
        A rate is outside 0 to 1, or an error negative.
    ValueError
        The two are indexed differently.

    Examples
    --------
    >>> import pandas as pd
    >>> rate = pd.Series([0.10, 0.10, 0.10, 0.001])
    >>> error = pd.Series([0.02, 0.04, 0.06, 0.001])
    >>> reliability(rate, error).tolist()
    ['baik', 'hati-hati', 'tidak dapat dipakai', 'baik']
    """
    require_same_index(rate=rate, standard_error=standard_error)
    used = limits or ReliabilityLimits()
    both = pd.DataFrame({"rate": rate, "standard_error": standard_error}).astype("float64")
    wrong = (both < 0).any(axis=1) | (both["rate"] > 1)
    if wrong.any():
        msg = "Rates outside 0 to 1, or negative standard errors"
        raise DataError(msg, rows=both[wrong], remedy="Give shares, not per cent.")
    floor = both["rate"].clip(lower=max(used.near_zero, np.finfo(float).tiny))
    relative = (both["standard_error"] / floor).where(both["standard_error"] > 0)
    classes = np.select([relative <= used.good, relative <= used.care], [GOOD, CARE], UNUSABLE)
    return pd.Series(classes, index=rate.index, name="reliability", dtype="str")
