"""Change of the poor share since each earlier wave, where both waves can be relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.cartography.annex import WaveChange
from sibangkit_geo.indicators.small_areas import reliability

if TYPE_CHECKING:
    from sibangkit_geo.cartography.product import EarlierWave, Product

_RATE, _WIDTH = "headcount_shrunken", "headcount_interval_width"
_UNUSABLE = "tidak dapat dipakai"
# two-sided 95 % point of the standard normal
_Z = 1.959964


def wave_changes(product: Product) -> tuple[WaveChange, ...]:
    """
    Compare the study's own wave with every earlier one.

    The rates are those smoothed by their beta-binomial estimate. A difference is sure
    beyond 1.96 posterior errors of both together; a village counts only where both rates
    are shown and neither is too uncertain to be used.
    Grain: one row per official village.

    Parameters
    ----------
    product
        Finished study, masked for its reader.

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
    hidden = _masked_now(product)
    made = []
    for wave in product.earlier:
        if _RATE not in wave.numbers or _WIDTH not in wave.numbers:
            continue
        table = _compared(wave, rate, error, hidden)
        first = product.layers[0].indicator
        made.append(WaveChange(wave.year, first.year, first.label, table))
    return tuple(made)


def _error(width: pd.Series) -> pd.Series:
    return width / (2 * _Z)


def _masked_now(product: Product) -> pd.Series:
    """Tell which villages are masked this year: their rate is hidden whole."""
    layer = next((one for one in product.layers if one.indicator.name == _RATE), None)
    index = product.measured.villages.index
    masked = layer.masked if layer else pd.Series(dtype=bool)
    return masked.reindex(index, fill_value=False).astype(bool)


def _compared(
    wave: EarlierWave, rate: pd.Series, error: pd.Series, hidden: pd.Series
) -> pd.DataFrame:
    numbers = wave.numbers.reindex(rate.index) / 100
    old, old_error = numbers[_RATE], _error(numbers[_WIDTH])
    known = rate.notna() & old.notna() & error.notna() & old_error.notna()
    usable = known & reliability(rate, error).ne(_UNUSABLE)
    usable &= reliability(old, old_error).ne(_UNUSABLE)
    points = 100 * (rate - old)
    bound = 100 * _Z * np.hypot(error, old_error)
    masked = hidden | wave.masked[_RATE].reindex(rate.index, fill_value=False).astype(bool)
    state = np.select([usable, masked, known], ["ok", "masked", "unreliable"], "missing")
    return pd.DataFrame(
        {
            "before": (100 * old).where(usable),
            "after": (100 * rate).where(usable),
            "difference": points.where(usable),
            "sure": usable & points.abs().gt(bound),
            "state": state,
        },
        index=rate.index,
    )
