"""What changed between an earlier wave and the study, as a sheet, a chapter and a table tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.benchmarks import reliability
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.pockets.change import FALSE_SHARE, adjusted_p_values
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from sibangkit_geo.products.parts import EarlierWave
    from sibangkit_geo.products.result import Analysis

STATES = ("ok", "unreliable", "missing")
_COLUMNS = ("before", "after", "difference", "sure", "state")

_MINUS = "\u2212"

_RATE, _WIDTH = "headcount_shrunken", "headcount_interval_width"
_UNUSABLE = "tidak dapat dipakai"
# two-sided 95 % point of the standard normal
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class WaveChange:
    """
    Change of the poor share since an earlier wave; one row per official village.

    Attributes
    ----------
    table
        Indexed by village code: ``before``, ``after`` (per cent, missing unless state is
        ``"ok"``), ``difference`` (percentage points), ``sure`` (bool: beyond the
        uncertainty of both, false discovery rate 5 %), ``state`` (of `STATES`).
    """

    before: int
    after: int
    table: pd.DataFrame

    def __post_init__(self) -> None:
        """Check columns and states."""
        missing = [one for one in _COLUMNS if one not in self.table]
        if missing:
            msg = f"`table` lacks {', '.join(missing)}."
            raise ValueError(msg)
        strange = self.table[~self.table["state"].isin(STATES)]
        if len(strange):
            msg = "Villages with an unknown state of change"
            raise DataError(msg, rows=strange, remedy=f"Use one of {', '.join(STATES)}.")

    @property
    def title(self) -> str:
        """Word what is compared."""
        return say("annex.atlas_title_change", before=self.before, after=self.after)

    @property
    def sure(self) -> pd.DataFrame:
        """List the villages that surely changed, the largest change first."""
        rows = self.table[self.table["sure"]]
        order = rows["difference"].abs().sort_values(ascending=False, kind="stable").index
        return rows.loc[order]

    @property
    def edge(self) -> int:
        """Name the whole number of points that parts large from small sure changes."""
        sure = self.sure["difference"].abs()
        return max(1, round(float(sure.median()))) if len(sure) else 1

    @property
    def summary(self) -> str:
        """Count falls, rises, what did not surely change, and what is not compared."""
        sure, ok = self.table["sure"], self.table["state"].eq("ok")
        falls = int((sure & self.table["difference"].lt(0)).sum())
        rises = int(sure.sum()) - falls
        return say(
            "annex.atlas_change_summary", before=self.before, after=self.after,
            falls=numeral(falls), rises=numeral(rises), same=numeral(int((ok & ~sure).sum())),
            rest=numeral(int((~ok).sum())),
        )  # fmt: skip


def signed(points: float) -> str:
    """
    Write percentage points with their sign.

    Parameters
    ----------
    points
        Percentage points.

    Returns
    -------
    words
        Such as ``"+1,5"``; a difference that rounds to nothing has no sign.

    Raises
    ------
    ValueError
        The number is missing.

    Examples
    --------
    >>> signed(1.54), signed(-0.04)
    ('+1,5', '0,0')
    """
    words = numeral(abs(points), 1)
    if not round(points, 1):
        return words
    return f"{'+' if points > 0 else _MINUS}{words}"


def wave_changes(product: Analysis) -> tuple[WaveChange, ...]:
    """
    Compare the study's own wave with every earlier one.

    The rates are those smoothed by their beta-binomial estimate. A difference is sure
    beyond 1.96 posterior errors of both together; a village counts only where both rates
    are shown and neither is too uncertain to be used.
    Grain: one row per official village.

    Parameters
    ----------
    product
        Finished study.

    Returns
    -------
    changes
        Oldest wave first; empty without earlier waves or without smoothed rates.

    Raises
    ------
    DataError
        A rate is no share.

    References
    ----------
    Rao & Molina (2015), Small Area Estimation, section 9.5: posterior variances of
    beta-binomial rates; those of two separate registers add.
    """
    villages = product.measured.villages
    if _RATE not in villages or _WIDTH not in villages:
        return ()
    rate, error = villages[_RATE].astype(float), _error(villages[_WIDTH].astype(float))
    made = []
    for wave in product.earlier:
        if _RATE not in wave.numbers or _WIDTH not in wave.numbers:
            continue
        table = _compared(wave, rate, error)
        first = product.layers[0].indicator
        made.append(WaveChange(wave.year, first.year, table))
    return tuple(made)


def _error(width: pd.Series) -> pd.Series:
    return width / (2 * _Z)


def _compared(wave: EarlierWave, rate: pd.Series, error: pd.Series) -> pd.DataFrame:
    numbers = wave.numbers.reindex(rate.index) / 100
    old, old_error = numbers[_RATE], _error(numbers[_WIDTH])
    known = rate.notna() & old.notna() & error.notna() & old_error.notna()
    usable = known & reliability(rate, error).ne(_UNUSABLE)
    usable &= reliability(old, old_error).ne(_UNUSABLE)
    points = 100 * (rate - old)
    both = 100 * (error**2 + old_error**2) ** 0.5
    sure = adjusted_p_values(points.where(usable), both).le(FALSE_SHARE)
    state = np.select([usable, known], ["ok", "unreliable"], "missing")
    return pd.DataFrame(
        {
            "before": (100 * old).where(usable),
            "after": (100 * rate).where(usable),
            "difference": points.where(usable),
            "sure": usable & sure,
            "state": state,
        },
        index=rate.index,
    )
