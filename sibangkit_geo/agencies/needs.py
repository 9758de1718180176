"""Need per agency and village: households concerned, and the excess over the regency's share."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.tables.public import AgencyNeeds

if TYPE_CHECKING:
    from sibangkit_geo.tables.public import Indicator, VillageIndicators

_COLUMNS = ["agency", "indicator", "village_code", "share", "households", "excess"]


@dataclass(frozen=True, slots=True)
class Agency:
    """
    One agency of the catalogue.

    Attributes
    ----------
    key, name
        Name in the study file, and in Indonesian words.
    file
        Its page.
    focus
        One sentence on what it looks for.
    wanted
        Data that would fill its page.
    always
        Whether it has a page without data too.
    """

    key: str
    name: str
    file: str
    focus: str
    wanted: tuple[str, ...]
    always: bool


@cache
def agencies() -> tuple[Agency, ...]:
    """
    Read the catalogue of agencies.

    Returns
    -------
    agencies
        In the order of the file; the first is the overview.

    Raises
    ------
    KeyError
        An entry lacks key, name, focus, wanted or always.
    """
    text = resources.files(__package__).joinpath("agencies.toml").read_text("utf-8")
    return tuple(
        Agency(
            key=one["key"],
            name=one["name"],
            file=one.get("file", f"{one['key']}.html"),
            focus=one["focus"],
            wanted=tuple(one["wanted"]),
            always=one["always"],
        )
        for one in tomllib.loads(text)["agency"]
    )


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
    ConfigError
        An indicator names an agency that is not in the catalogue.
    """
    known = {agency.key: agency for agency in agencies()}
    pages: dict[str, tuple[str, ...]] = {}
    frames = []
    for one in measured.indicators:
        if not one.agency:
            continue
        if one.agency not in known:
            msg = f'Indicator {one.name}: unknown agency "{one.agency}". '
            raise ConfigError(msg + nearest(one.agency, known))
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
