"""The village table: profiles, tallies and polygons side by side, every official village a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import geopandas as gpd

from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.indicators.benchmarks import benchmark_ratio, official_figures_disagree
from sibangkit_geo.indicators.estimates import (
    SAME_AS_RATE,
    add_shrunken,
    deprivation_columns,
    gap_columns,
)
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.toml import require_year
from sibangkit_geo.model.types import Indicator, Note, VillageIndicators

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from sibangkit_geo.indicators.deprivation import DeprivationIndex
    from sibangkit_geo.indicators.needs import Need, PovertyRule
    from sibangkit_geo.model.types import Boundaries, Located, Profiles, VillageCounts

_PERCENT = 100.0
_SHOWN = ("known_", "unserved_")
# the table and the official figure are told apart on paper from one point on
_WORTH_A_NOTE = 0.01

ESTIMATE = "Estimasi, bukan angka resmi."


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


@dataclass(frozen=True, slots=True)
class OfficialFigures:
    """
    The ``[official]`` table of a study: the regency's own published figure.

    `rate_percent`: Share of persons in poverty, per cent.
    `poor_people`: Persons in poverty.
    `benchmark`: ``"rate"`` or ``"count"``: scale the village estimates so that they add up to it;
        ``"none"``: leave them. Never both, since the rate's population is another one than the
        table's.
    """

    year: int
    rate_percent: float
    poor_people: int
    source: str
    benchmark: Literal["rate", "count", "none"]

    def __post_init__(self) -> None:
        """Check the ranges."""
        require_year(self.year)
        if not 0 <= self.rate_percent <= _PERCENT:
            msg = f"[official] rate_percent must be 0 to 100, got {self.rate_percent}."
            raise ConfigError(msg)


def distance_notes(table: pd.DataFrame, official: OfficialFigures) -> list[Note]:
    """
    Say how far the table's own poverty is from the official figure.

    `table`: Village table with ``poor_households`` and ``households``.
    Returns: None when the two are within one point.
    """
    known = table["poor_households"].notna() & (table["households"] > 0)
    homes = table.loc[known, "households"].sum()
    of_table = float(table.loc[known, "poor_households"].sum() / homes) if homes else 0.0
    rate = official.rate_percent / _PERCENT
    of_persons = _rate_of_persons(table)
    if min(abs(of_table - rate), abs(of_persons - rate)) < _WORTH_A_NOTE:
        return []
    text = (
        f"Kemiskinan menurut tabel ({percentage(of_table)} rumah tangga, tertimbang) berbeda jauh "
        f"dari angka resmi {official.year} ({percentage(rate, 2)} penduduk; {official.source}): "
        f"ukurannya lain, jadi bacalah perbandingan antardesa, bukan tingginya angka."
    )
    return [Note("official_rate_differs", text)]


def _rate_of_persons(table: pd.DataFrame) -> float:
    """Take the rate in the official figure's own unit, where the table counts people."""
    if not {"people", "poor_people"} <= set(table):
        return float("inf")
    both = table[["people", "poor_people"]].dropna()
    people = both["people"].sum()
    return float(both["poor_people"].sum() / people) if people else float("inf")


def benchmark(
    table: pd.DataFrame, official: OfficialFigures
) -> tuple[Indicator | None, list[Note]]:
    """
    Scale person estimates to the official figure by one factor (`benchmark_ratio`).

    No village passes 100 %: what it would have more falls on the others, so that the sum
    is the official one wherever the table has people enough.

    Grain: unchanged, one row per village; two columns are added to `table`.

    `table`: Village table with ``people`` and ``poor_people``.
    Returns: The scaled rate; None where it cannot be scaled.
    Returns: The factor, and villages held at 100 %.
    """
    if official.benchmark == "none" or not {"people", "poor_people"} <= set(table):
        return None, []
    people = table["people"].where(table["people"] > 0)
    poor = table["poor_people"].where(people.notna())
    if not poor.sum() > 0:
        return None, []
    counted = people[poor.notna()].sum()
    rate = official.rate_percent / _PERCENT
    target = rate * counted if official.benchmark == "rate" else official.poor_people
    own = (poor / people).clip(upper=1.0)
    scaled = benchmark_ratio(own, people, total=min(target, float(people[own > 0].sum())))
    table["poor_people_benchmarked"] = scaled * people
    table["poverty_rate_benchmarked"] = scaled
    held = (scaled >= 1.0) & (own < 1.0)
    factor = float((scaled / own.where(own > 0)).mask(held).max())
    what = "tingkat" if official.benchmark == "rate" else "jumlah"
    text = (
        f"Estimasi penduduk miskin per desa diselaraskan dengan satu faktor "
        f"({numeral(factor, 3)}) ke {what} resmi {official.year}; faktor ini tidak mengubah urutan "
        f"desa. Penduduk menurut tabel {numeral(counted)} jiwa."
    )
    if held.any():
        text += f" {int(held.sum())} desa dibatasi pada 100 %; selebihnya dipikul desa lain."
    short = target - float(table["poor_people_benchmarked"].sum())
    if round(short) > 0:
        text += (
            f" Penduduk menurut tabel tidak mencukupi: jumlahnya {numeral(short)} jiwa di bawah "
            f"angka resmi."
        )
    disagree = official_figures_disagree(
        people[poor.notna()], rate=rate, count=official.poor_people
    )
    return _benchmarked(official), [Note("benchmarked", text), *disagree]


def _benchmarked(official: OfficialFigures) -> Indicator:
    return Indicator(
        name="poverty_rate_benchmarked",
        label=f"Penduduk miskin, diselaraskan ke angka resmi {official.year}",
        unit="percent",
        worse="high",
        denominator="penduduk",
        agency="",
        source=official.source,
        year=official.year,
        count_column="poor_people_benchmarked",
        base_column="people",
        count_label="penduduk miskin",
        note=ESTIMATE,
    )
