"""The village table: profiles, tallies and polygons side by side, every official village a row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.benchmarking import ESTIMATE, benchmark, distance_notes
from sibangkit_geo.indicators.estimates import (
    SAME_AS_RATE,
    add_shrunken,
    deprivation_columns,
    gap_columns,
)
from sibangkit_geo.tables.public import Indicator, Note, VillageIndicators

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from sibangkit_geo.indicators.benchmarking import OfficialFigures
    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex
    from sibangkit_geo.indicators.needs import Need
    from sibangkit_geo.indicators.tally import PovertyRule
    from sibangkit_geo.tables.public import Boundaries, Located, Profiles, VillageCounts

_PERCENT = 100.0
_SHOWN = ("known_", "unserved_")
# the table and the official figure are told apart on paper from one point on
_WORTH_A_NOTE = 0.01


def from_profiles(profiles: Profiles, located: Located) -> tuple[pd.DataFrame, list[Indicator]]:
    """
    Turn profile rows into village rows.

    Poor households are share times households, rounded to whole ones.
    Grain: one row per row of the file in, one row per village out.

    Returns: Indexed by ``village_code``.
    Returns: Definitions of its indicator columns; shares have a count beside them.
    Raises DataError: Two rows are located in one village.
    """
    code = located.rows["village_code"]
    twice = code[code.notna() & code.duplicated(keep=False)]
    if len(twice):
        msg = "Several rows of the profile table are located in one village"
        raise DataError(msg, rows=twice.to_frame(), remedy="Correct the review file or the table.")
    found = code.notna()
    table = profiles.rows[found].set_index(code[found].astype(object).rename("village_code"))
    table = table.drop(columns=["code", "district_name", "village_name"])
    # a table without any poverty figure measures none; it must not hide one that does
    if table["poor_share"].notna().any():
        table["poor_households"] = (table["poor_share"] * table["households"]).round()
        table["poor_people"] = table["poor_share"] * table["people"]
    indicators = []
    for one in profiles.indicators:
        if one.unit != "percent":
            indicators.append(one)
            continue
        column = f"{one.name}_households"
        share = table[one.name] if one.worse == "high" else 1 - table[one.name]
        table[column] = (share * table["households"]).round()
        indicators.append(replace(one, count_column=column, count_label="rumah tangga sasaran"))
    return table.drop(columns="poor_share"), indicators


def from_counts(
    counts: VillageCounts,
    *,
    needs: Iterable[Need],
    year: int,
    source: str,
    index: DeprivationIndex | None = None,
) -> tuple[pd.DataFrame, list[Indicator]]:
    """
    Turn a register's tally into village indicators.

    Grain: unchanged, one row per village.

    `index`: Deprivation index that was tallied.
    Returns: Indexed by ``village_code``; a need's share is of households whose answer is known.
    Returns: Definitions of its indicator columns.
    """
    table = counts.table.copy()
    # a village whose households all lack their size has no number of people, not zero
    nobody = table["unknown_size"] >= table["households"]
    table[["people", "poor_people"]] = table[["people", "poor_people"]].mask(nobody)
    indicators: list[Indicator] = []
    for columns, definitions in (
        gap_columns(table, source=source, year=year),
        deprivation_columns(table, index=index, source=source, year=year),
    ):
        if definitions:
            table = table.join(columns)
            indicators += definitions
    for need in needs:
        known = table[f"known_{need.key}"].where(table[f"known_{need.key}"] > 0)
        table[f"{need.key}_share"] = table[f"unserved_{need.key}"] / known
        indicators.append(
            Indicator(
                name=f"{need.key}_share",
                label=need.label,
                unit="percent",
                worse="high",
                denominator="rumah tangga",
                agency=need.agency,
                source=source,
                year=year,
                count_column=f"unserved_{need.key}",
                base_column=f"known_{need.key}",
                count_label="rumah tangga belum terlayani"
                if need.served
                else "rumah tangga membutuhkan",
                detail=(f"deprived_{need.key}", f"served_{need.key}") if need.served else (),
            )
        )
    told = ("households", "people", "poor_households", "poor_people", "unknown_poor")
    keep = [name for name in table if name in told or str(name).startswith(_SHOWN)]
    for one in indicators:
        own = (one.name, *one.same, one.count_column, one.base_column, *one.detail)
        keep += [name for name in own if name and name not in keep]
    return table[keep], indicators


def assemble(
    boundaries: Boundaries,
    parts: Iterable[tuple[pd.DataFrame, list[Indicator]]],
    *,
    official: OfficialFigures | None,
    poverty_source: tuple[str, int],
    rule: PovertyRule | None,
) -> VillageIndicators:
    """
    Put every official village on one row, with and without data or polygon.

    Grain: unchanged, one row per village.

    `parts`: Village tables with their definitions; where two have a column, the first one's stays.
    `rule`: Who counts as poor in a register; None when a profile says it.
    Returns: Geometry is empty without polygon; numbers are missing without data.
    Raises DataError: No part has households.
    """
    table = boundaries.official.drop(columns="has_polygon").copy()
    indicators: list[Indicator] = []
    for part, definitions in parts:
        # a register counts who is poor, and a village table beside it all who live there
        if "unknown_poor" in table and "unknown_poor" not in part and "households" in part:
            indicators.append(_coverage(table, part, poverty_source))
        fresh = [name for name in part if name not in table]
        table = table.join(part[fresh])
        indicators += [one for one in definitions if one.name in fresh]
    if "households" not in table:
        msg = "The study has neither profiles nor households"
        raise DataError(msg, remedy="Add a [[profiles]] or [[households]] table.")
    notes = []
    if "poor_households" not in table:
        table["poor_households"] = float("nan")
        text = "Data studi ini tidak memuat angka kemiskinan (poor_share_percent atau register)."
        notes.append(Note("no_poverty_figure", text))
    table["headcount_ratio"] = table["poor_households"] / table["households"].where(
        table["households"] > 0
    )
    poverty = [_headcount(poverty_source, rule)]
    if official:
        scaled, told = benchmark(table, official)
        notes += [*distance_notes(table, official), *told]
        if scaled:
            poverty.append(scaled)
    shrunken, told = add_shrunken(table, source=poverty_source)
    poverty += shrunken
    notes += told
    has_polygon = boundaries.official["has_polygon"]
    table["status"] = "ok"
    table.loc[table["poor_households"].isna() | table["headcount_ratio"].isna(), "status"] = (
        "no_data"
    )
    table.loc[~has_polygon, "status"] = "no_polygon"
    geometry = boundaries.villages.geometry.reindex(table.index)
    villages = gpd.GeoDataFrame(table, geometry=geometry, crs=boundaries.villages.crs)
    return VillageIndicators(villages, (*poverty, *indicators), tuple(notes))


def _coverage(table: pd.DataFrame, part: pd.DataFrame, source: tuple[str, int]) -> Indicator:
    """Compare a register with the households that a village table counts."""
    counted = part["households"].reindex(table.index)
    table["village_households"] = counted.where(counted > 0)
    # a register may know more households than an older table
    table["register_coverage"] = (table["households"] / table["village_households"]).clip(upper=1)
    short = (table["village_households"] - table["households"]).clip(lower=0)
    table["households_not_covered"] = short
    return Indicator(
        name="register_coverage",
        label="Cakupan register (rumah tangga dalam register)",
        unit="percent",
        worse="low",
        denominator="rumah tangga",
        agency="",
        source=source[0],
        year=source[1],
        count_column="households_not_covered",
        base_column="village_households",
        count_label="rumah tangga di luar register",
        note="Baris yang tidak ada dalam register tampak seperti keluarga yang tidak miskin.",
    )


def _headcount(source: tuple[str, int], rule: PovertyRule | None) -> Indicator:
    return Indicator(
        name="headcount_ratio",
        label="Rumah tangga miskin" + (f" ({rule.label})" if rule else " (menurut tabel desa)"),
        unit="percent",
        worse="high",
        denominator="rumah tangga",
        agency="",
        source=source[0],
        year=source[1],
        count_column="poor_households",
        count_label="rumah tangga miskin",
        note=ESTIMATE,
        same=("poor_people", *SAME_AS_RATE),
    )
