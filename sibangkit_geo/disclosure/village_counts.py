"""Protection of tables that came as village counts: who was counted is not known."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.disclosure.protection import districts_of, mean_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.disclosure.levels import DisclosureSettings
    from sibangkit_geo.model.types import Indicator

# whole households, and what is known of them
_WHOLES = (("people", "households"), ("known_people", "known_poor"))


def protect_profile(
    table: pd.DataFrame,
    indicators: Sequence[Indicator],
    *,
    settings: DisclosureSettings,
    salt: bytes,
) -> pd.DataFrame:
    """
    Protect a table that came as village counts.

    A count has a key from its village, its column, its value and the salt: the same number
    moves alike always, a changed one independently. Shares follow from the counts, persons
    from households and the mean sizes of districts; an index stays as it came.
    Grain: unchanged, one row per village.

    Parameters
    ----------
    table
        From `from_profiles`, indexed by ``village_code``.
    indicators
        Definitions of its columns.
    settings
        Smallest count, largest deviation, variance.
    salt
        Secret of the study, 16 bytes.

    Returns
    -------
    protected
        The same columns; what is missing stays missing.
    """
    drawn = {
        str(name): _drawn(table[name], settings=settings, salt=salt)
        for name in _counted(table, indicators)
    }
    made = table.assign(**drawn)
    if "households" not in table:
        return made
    lived_in = (table["households"] > 0) & (made["households"] == 0)
    homes = made["households"].mask(lived_in, settings.minimum_households)
    made["households"] = homes
    size = _sizes(table, homes)
    if "known_poor" in table:
        made["known_poor"] = homes.where(table["known_poor"].notna())
    for people, whole in _WHOLES:
        if people in table and whole in made:
            made[people] = (made[whole] * size).round().where(table[people].notna())
    if "poor_households" in table:
        made["poor_households"] = made["poor_households"].clip(upper=homes)
        poor_people = (made["poor_households"] * size).round()
        made["poor_people"] = poor_people.where(table["poor_people"].notna())
    for one in indicators:
        if one.unit == "percent" and one.count_column in table:
            made[one.count_column] = made[one.count_column].clip(upper=homes)
            share = made[one.count_column] / homes.where(homes > 0)
            made[one.name] = share if one.worse == "high" else 1 - share
    return made


def _counted(table: pd.DataFrame, indicators: Sequence[Indicator]) -> list[str]:
    """List the columns that count somebody."""
    names = ["households", "poor_households"]
    names += [one.name for one in indicators if one.unit == "count"]
    names += [one.count_column for one in indicators if one.unit == "percent"]
    return [name for name in dict.fromkeys(names) if name in table]


def _drawn(counts: pd.Series, *, settings: DisclosureSettings, salt: bytes) -> pd.Series:
    told = counts.dropna().round().astype(int)
    keys = [_key(f"{place}|{counts.name}|{count}", salt) for place, count in told.items()]
    counted = np.array(told.tolist(), dtype=np.int64)
    shown = settings.table.shown(counted, np.array(keys, dtype=np.uint32))
    return pd.Series(shown.astype(np.float64), index=told.index).reindex(counts.index)


def _key(text: str, salt: bytes) -> int:
    digest = hashlib.blake2b(text.encode(), key=salt, digest_size=4).digest()
    return int.from_bytes(digest, "little")


def _sizes(table: pd.DataFrame, shown: pd.Series) -> pd.Series:
    """Give each village the mean size of households, as protected tallies do."""
    if "people" not in table:
        return pd.Series(np.nan, index=table.index)
    both = table[["people", "households"]].dropna()
    size = mean_sizes(
        table["people"],
        table["households"],
        district=districts_of(table.index),
        shown=shown.fillna(0.0),
        else_of=(both["people"], both["households"]),
    )
    return pd.Series(size, index=table.index)
