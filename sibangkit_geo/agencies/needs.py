"""Need per agency and village: households concerned, and the excess over the regency's share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.tables.public import AgencyNeeds

if TYPE_CHECKING:
    from sibangkit_geo.tables.public import Indicator, VillageIndicators

_COLUMNS = ["agency", "indicator", "village_code", "share", "households", "excess"]


def agency_needs(measured: VillageIndicators) -> AgencyNeeds:
    """
    Sort indicators to their agencies and count the households concerned.

    Excess is the households concerned minus those expected at the regency's own
    share (sum over sum).
    Grain: one row per village in, one row per agency, indicator and village out.

    Parameters
    ----------
    measured
        Village table.

    Returns
    -------
    needs
        Villages without data are absent rather than zero. An index has no count.

    Raises
    ------
    KeyError
        A column that an indicator names is missing.
    """
    pages: dict[str, tuple[str, ...]] = {}
    frames = []
    for one in measured.indicators:
        if not one.agency:
            continue
        pages[one.agency] = (*pages.get(one.agency, ()), one.name)
        frames.append(_need(measured, one))
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)
    return AgencyNeeds(table=table[_COLUMNS], indicators=pages)


def _need(measured: VillageIndicators, one: Indicator) -> pd.DataFrame:
    villages = measured.villages[measured.villages[one.name].notna()]
    count = villages[one.count_column] if one.count_column else pd.Series(dtype=float)
    homes = villages[one.base_column]
    expected = homes * count.sum() / homes.sum() if one.count_column and homes.sum() else None
    return pd.DataFrame(
        {
            "agency": one.agency,
            "indicator": one.name,
            "village_code": villages.index,
            "share": villages[one.name].to_numpy() if one.unit == "percent" else float("nan"),
            "households": count.to_numpy() if one.count_column else float("nan"),
            "excess": (count - expected).to_numpy() if expected is not None else float("nan"),
        }
    )
