"""Protection of tables that came as village counts: who was counted is not known."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.disclosure.protection import DISTRICT, SIZE_DIGITS, SIZE_HOUSEHOLDS, ratio

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
    size = _mean_sizes(table)
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


def _mean_sizes(table: pd.DataFrame) -> pd.Series:
    """Give each village the mean size of its district's households, to hundredths."""
    if "people" not in table:
        return pd.Series(np.nan, index=table.index)
    both = table[["people", "households"]].dropna()
    districts = pd.Series(table.index.astype(str).str[:DISTRICT], index=table.index)
    sums = both.groupby(districts.loc[both.index]).sum()
    sums = sums[sums["households"] >= SIZE_HOUSEHOLDS]
    mean = (sums["people"] / sums["households"]).round(SIZE_DIGITS)
    whole = round(ratio(both["people"].sum(), both["households"].sum()), SIZE_DIGITS)
    return districts.map(mean).astype("float64").fillna(whole)
