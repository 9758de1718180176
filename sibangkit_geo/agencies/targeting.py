"""Targeting quality of programmes: who is meant and gets nothing, who gets it though not meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

if TYPE_CHECKING:
    from numpy.typing import NDArray


def targeting_errors(needs: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """
    Measure exclusion and inclusion error of each programme, place by place [1]_.

    Meant are the households that the catalogue calls deprived of the programme (its
    eligibility is the need's rule); nobody is named.
    Grain: unchanged, one row per place, agency and indicator whose need a programme serves.

    Parameters
    ----------
    needs
        From `place_needs`.
    level
        Of the intervals, between 0 and 1.

    Returns
    -------
    errors
        ``place``, ``agency``, ``indicator``, ``eligible``, ``excluded`` (eligible and not
        served), ``receiving``, ``included`` (receiving though not eligible), then
        ``exclusion_error`` (excluded over eligible), ``inclusion_error`` (included over
        receiving) and ``leakage`` (included over those not eligible), shares 0 to 1, each
        with ``_low`` and ``_high`` (Wilson's interval [2]_, which takes the households
        of the register as draws from the programme's practice). Missing where nobody is
        in the denominator.

    Raises
    ------
    ValueError
        `level` is not between 0 and 1.

    References
    ----------
    .. [1] Cornia, G. A. & Stewart, F. (1993), Two errors of targeting, Journal of
       International Development 5(5), 459-496.
    .. [2] Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if not 0 < level < 1:
        msg = f"`level` must be between 0 and 1, got {level}."
        raise ValueError(msg)
    known = needs[needs["served"].notna()]
    table = pd.DataFrame(
        {
            "place": known["place"],
            "agency": known["agency"],
            "indicator": known["indicator"],
            "eligible": known["deprived"],
            "excluded": known["unserved"],
            "receiving": known["served"],
            "included": known["served_not_deprived"],
        }
    )
    others = known["asked"] - known["deprived"]
    for name, count, base in (
        ("exclusion_error", table["excluded"], table["eligible"]),
        ("inclusion_error", table["included"], table["receiving"]),
        ("leakage", table["included"], others),
    ):
        low, high = _wilson(count.to_numpy(float), base.to_numpy(float), level)
        table[name] = count / base.where(base > 0)
        table[f"{name}_low"], table[f"{name}_high"] = low, high
    return table.reset_index(drop=True)


def _wilson(
    count: NDArray[np.float64], base: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    z = norm.ppf((1 + level) / 2)
    n = np.where(base > 0, base, np.nan)
    share = count / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # rounding must not put the share outside its interval
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)
