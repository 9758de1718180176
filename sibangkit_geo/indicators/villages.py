"""The village table: profiles, tallies and polygons side by side, every official village a row."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from sibangkit_geo.errors import DataError, DegradedInputWarning
from sibangkit_geo.indicators.benchmarks import (
    ESTIMATE,
    OfficialFigures,
    benchmark,
    distance_notes,
)
from sibangkit_geo.indicators.estimates import (
    SAME_AS_RATE,
    add_shrunken,
    deprivation_columns,
    gap_columns,
)
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Indicator, Note, VillageIndicators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from sibangkit_geo.indicators.deprivation import DeprivationIndex
    from sibangkit_geo.indicators.needs import Need, PovertyRule
    from sibangkit_geo.model.types import Boundaries, Located, Profiles, VillageCounts

_SHOWN = ("known_", "unserved_")

# below nine answers in ten what is missing may matter more than sampling (response rates below
# 90 % ask for a study of non-response: Statistics Canada, Quality Guidelines, 6th ed., 2019)
_ALERT = 0.9
# twenty points between districts: more than rates of districts differ by
_DISTRICTS_DIFFER = 0.2
_TOLD = 3


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
        remedy = "Correct the review file or the table."
        if twice.index.astype(str).str.contains("!", regex=False).any():
            remedy += " Of a workbook that tells villages in several sheets, name one by `sheet`."
        raise DataError(msg, rows=twice.to_frame(), remedy=remedy)
    found = code.notna()
    table = profiles.rows[found].set_index(code[found].astype(object).rename("village_code"))
    table = table.drop(columns=["code", "district_name", "village_name"])
    # a table without any poverty figure measures none; it must not hide one that does
    if table["poor_share"].notna().any():
        told = table["poor_share"].notna()
        table["known_poor"] = table["households"].where(told)
        table["known_people"] = table["people"].where(told)
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
    persons = ["people", "known_people", "poor_people"]
    table[persons] = table[persons].mask(nobody)
    table["known_poor"] = table["households"] - table["unknown_poor"]
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
        indicators.append(_of_need(need, source=source, year=year))
    told = ("households", "people", "poor_households", "poor_people", "unknown_poor",
            "known_poor", "known_people")  # fmt: skip
    keep = [name for name in table if name in told or str(name).startswith(_SHOWN)]
    for one in indicators:
        own = (one.name, *one.same, one.count_column, one.base_column, *one.detail)
        keep += [name for name in own if name and name not in keep]
    return table[keep], indicators


def without_undenied(counts: VillageCounts, needs: Iterable[Need]) -> VillageCounts:
    """
    Call a need unknown whose programmes are answered by those alone who have them.

    An empty cell may then mean "no" or that nobody asked: who is not served is not known.
    Grain: unchanged, one row per village.
    """
    table = counts.table
    homes = table["households"].sum() if len(table) else 0.0
    columns: list[str] = []
    for need in needs:
        if not need.served or not homes:
            continue
        known, served = (table[f"{one}_{need.key}"].sum() for one in ("known", "served"))
        if 0 < known == served and known < homes:
            answers = ("known", "deprived", "unserved", "served")
            columns += [f"{one}_{need.key}" for one in answers]
    if not columns:
        return counts
    keys = counts.keys
    if keys is not None:
        keys = keys.assign(**dict.fromkeys(columns, np.uint32()))
    return replace(counts, table=table.assign(**dict.fromkeys(columns, 0.0)), keys=keys)


def _of_need(need: Need, *, source: str, year: int) -> Indicator:
    key = need.key
    return Indicator(
        name=f"{key}_share",
        label=need.label,
        unit="percent",
        worse="high",
        denominator="rumah tangga",
        agency=need.agency,
        source=source,
        year=year,
        count_column=f"unserved_{key}",
        base_column=f"known_{key}",
        count_label="rumah tangga belum terlayani"
        if need.served
        else "rumah tangga yang perlu ditangani",
        detail=(f"deprived_{key}", f"served_{key}") if need.served else (),
    )


def assemble(
    boundaries: Boundaries,
    parts: Iterable[tuple[pd.DataFrame, list[Indicator]]],
    *,
    official: OfficialFigures | None,
    poverty_source: tuple[str, int],
    rule: PovertyRule | None,
    coverage: CoverageSettings | None = None,
    protection: Protection | None = None,
) -> VillageIndicators:
    """
    Put every official village on one row, with and without data or polygon.

    Grain: unchanged, one row per village.

    `parts`: Village tables with their definitions; where two have a column, the first one's stays.
    `rule`: Who counts as poor in a register; None when a profile says it.
    `coverage`: How many answers must be known; the default when not said.
    `protection`: How counts were protected; None where they were not.
    Returns: Geometry is empty without polygon; numbers are missing without data.
    Raises DataError: No part has households.
    """
    slack = protection.slack if protection else 0
    table, indicators, repeated = _side_by_side(boundaries, parts, poverty_source, slack)
    if "households" not in table:
        msg = "The study has neither profiles nor households"
        raise DataError(msg, remedy="Add a [[profiles]] or [[households]] table.")
    notes = [*repeated, *_with_headcount(table)]
    poverty = [_headcount(poverty_source, rule)]
    notes += leave_thin(table, [*poverty, *indicators], coverage or CoverageSettings(), slack)
    if official:
        scaled, told = benchmark(table, official)
        notes += [*distance_notes(table, official), *told]
        if scaled:
            poverty.append(scaled)
    worth = protection.worth if protection else None
    shrunken, told = add_shrunken(table, source=poverty_source, worth=worth)
    poverty += shrunken
    notes += told
    has_polygon = boundaries.official["has_polygon"]
    table["status"] = "ok"
    unknown = table["headcount_ratio"].isna()
    table.loc[unknown, "status"] = "no_data"
    table.loc[unknown & (table["known_poor"] > 0), "status"] = "too_few_known"
    table.loc[~has_polygon, "status"] = "no_polygon"
    geometry = boundaries.villages.geometry.reindex(table.index)
    villages = gpd.GeoDataFrame(table, geometry=geometry, crs=boundaries.villages.crs)
    return VillageIndicators(villages, (*poverty, *indicators), tuple(notes))


def _side_by_side(
    boundaries: Boundaries,
    parts: Iterable[tuple[pd.DataFrame, list[Indicator]]],
    poverty_source: tuple[str, int],
    slack: int,
) -> tuple[pd.DataFrame, list[Indicator], list[Note]]:
    """Join the parts; of two with one column the first one's stays, which is said."""
    table = boundaries.official.drop(columns="has_polygon").copy()
    indicators: list[Indicator] = []
    repeated: list[Note] = []
    for part, definitions in parts:
        # a register counts who is poor, and a village table beside it all who live there
        if "unknown_poor" in table and "unknown_poor" not in part and "households" in part:
            indicators.append(_coverage(table, part, poverty_source, slack))
        fresh = [name for name in part if name not in table]
        if "unknown_poor" not in table and "households" not in fresh:
            repeated += _fill(table, part, [str(one) for one in part if one not in fresh])
        table = table.join(part[fresh])
        indicators += [one for one in definitions if one.name in fresh]
    return table, indicators, repeated


def _fill(table: pd.DataFrame, part: pd.DataFrame, names: list[str]) -> list[Note]:
    """Take from a further village table the villages that the earlier ones lack; say of others."""
    if "households" not in table:
        return []
    lacking = part.index[table["households"].reindex(part.index).isna()]
    table.loc[lacking, names] = part.loc[lacking, names]
    both = len(part) - len(lacking)
    if not both:
        return []
    text = (
        f"{numeral(both)} desa ada dalam beberapa tabel dengan angka yang sama namanya "
        f"({', '.join(names[:_TOLD])}{' …' if len(names) > _TOLD else ''}): yang dipakai tabel "
        "yang disebut lebih dahulu."
    )
    return [Note("numbers_twice", text, both)]


def _with_headcount(table: pd.DataFrame) -> list[Note]:
    """Add the share of the poor among those of whom it is known."""
    notes = []
    if "poor_households" not in table:
        table["poor_households"] = float("nan")
        text = "Data studi ini tidak memuat angka kemiskinan (poor_share_percent atau register)."
        notes.append(Note("no_poverty_figure", text))
    for name, whole in (("known_poor", "households"), ("known_people", "people")):
        if name not in table and whole in table:
            table[name] = table[whole].where(table["poor_households"].notna())
    known = table["known_poor"].where(table["known_poor"] > 0)
    table["headcount_ratio"] = table["poor_households"] / known
    return notes


def _coverage(
    table: pd.DataFrame, part: pd.DataFrame, source: tuple[str, int], slack: int
) -> Indicator:
    """Compare a register with the households that a village table counts."""
    counted = part["households"].reindex(table.index)
    table["village_households"] = counted.where(counted > 0)
    # a register may know more households than an older table
    short = (table["village_households"] - table["households"]).clip(lower=0)
    # both counts may have been moved: a difference that this alone can make is none
    short = short.mask(short <= 2 * slack, 0.0) if slack else short
    covered = table["village_households"] - short
    table["register_coverage"] = covered / table["village_households"]
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
        base_column="known_poor",
        note=ESTIMATE,
        same=("poor_people", *SAME_AS_RATE),
    )


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """
    The ``[coverage]`` table of a study: how many answers must be known.

    Attributes
    ----------
    minimum_known_share
        A village in which a smaller share of the households answered has too few data for
        that indicator: no rate, no class, not in the test; its count stays in the sums. At
        one half, the default, what is not known could turn any rate round: with more
        unknown than known answers a village of no known poor may be mostly poor. 0
        switches the limit off.

    Examples
    --------
    >>> CoverageSettings().minimum_known_share
    0.5
    >>> CoverageSettings(minimum_known_share=50)
    Traceback (most recent call last):
        ...
    ValueError: minimum_known_share must be 0 to 1
    """

    minimum_known_share: float = 0.5

    def __post_init__(self) -> None:
        """Check the range."""
        if not 0 <= self.minimum_known_share <= 1:
            msg = "minimum_known_share must be 0 to 1"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Protection:
    """
    What a village table must know of the protection of its counts.

    `slack`: Households that a count may be moved by; a village has too few answers only where
        it has whatever its true counts are, so that protection hatches none.
    `worth`: Of poor and all households of villages: how many the rate is worth.
    """

    slack: int
    worth: Callable[[pd.Series, pd.Series], pd.Series]


def leave_thin(
    table: pd.DataFrame,
    indicators: Iterable[Indicator],
    coverage: CoverageSettings,
    slack: int = 0,
) -> list[Note]:
    """
    Empty the shares of villages that too few households answered, and say how much is known.

    Grain: unchanged, one row per village; shares in `table` are emptied, counts stay.

    `table`: Village table with the columns of the indicators and ``district_code``.
    `slack`: Households that every count may be off by.
    Returns: The least known answer, where not all is known; and districts that differ strongly.
    """
    known: dict[str, pd.Series] = {}
    least = coverage.minimum_known_share
    thin = _thin(table["known_poor"], table["households"], least, slack)
    for one in indicators:
        base = one.base_column
        if one.unit != "percent" or base not in table or not one.answered_of:
            continue
        size = table[one.answered_of] / table["households"].where(table["households"] > 0)
        few = _thin(table[base], table[one.answered_of], least, slack * size.fillna(0.0))
        for name in (one.name, *one.same):
            # what only repeats the rate goes with it, a count of people stays
            if name in table and name != "poor_people":
                table[name] = table[name].mask(few)
        if one.answered_of == "households":
            known[one.label] = table[base]
    return _coverage_notes(table, known, int((thin & (table["known_poor"] > 0)).sum()), coverage)


def _thin(known: pd.Series, whole: pd.Series, least: float, slack: pd.Series | float) -> pd.Series:
    """Tell where fewer than the least share is known, though all counts were off by the slack."""
    return known + (2 - least) * slack < least * whole


def _coverage_notes(
    table: pd.DataFrame, known: dict[str, pd.Series], thin: int, coverage: CoverageSettings
) -> list[Note]:
    """Name the answer that is known least, villages with too few, and districts that differ."""
    shares = {
        label: base.sum() / homes
        for label, base in known.items()
        if (homes := table["households"].where(base.notna()).sum()) > 0
    }
    worst = min(shares, key=lambda label: shares[label], default="")
    if not worst or shares[worst] >= 1:
        return []
    text = (
        f"Jawaban tidak lengkap: {worst} diketahui untuk {percentage(shares[worst])} rumah tangga"
        f"{' (paling sedikit dari semua peubah)' if len(shares) > 1 else ''}. Porsi dihitung dari "
        "rumah tangga yang jawabannya diketahui; jumlah rumah tangga adalah hitungan yang "
        "diketahui (sedikitnya), bukan perkiraan untuk semua."
    )
    notes = [Note("answers_incomplete", text)]
    if thin:
        text = (
            f"{numeral(thin)} desa tidak cukup data kemiskinan: kurang dari "
            f"{percentage(coverage.minimum_known_share, 0)} rumah tangganya diketahui. Desa ini "
            "diarsir dan tidak ikut diuji; hitungannya tetap masuk jumlah kabupaten."
        )
        notes.append(Note("too_few_known", text, thin))
    if shares[worst] < _ALERT or thin:
        warnings.warn(" ".join(note.text for note in notes), DegradedInputWarning, stacklevel=4)
    return [*notes, *_district_notes(table, known)]


def _district_notes(table: pd.DataFrame, known: dict[str, pd.Series]) -> list[Note]:
    """Say where districts differ so much in what is known that their rates hardly compare."""
    told = []
    by = table["district_name"] if "district_name" in table else table["district_code"]
    for label, base in known.items():
        homes = table["households"].where(base.notna()).groupby(by).sum()
        share = base.groupby(by).sum() / homes.where(homes > 0)
        if share.max() - share.min() > _DISTRICTS_DIFFER:
            told.append(
                f"{label}: {percentage(share.min(), 0)} di {share.idxmin()}, "
                f"{percentage(share.max(), 0)} di {share.idxmax()}"
            )
    if not told:
        return []
    text = (
        "Bagian rumah tangga yang jawabannya diketahui sangat berbeda antarkecamatan "
        f"({'; '.join(told[:_TOLD])}): bandingkan kecamatan dengan hati-hati."
    )
    return [Note("coverage_differs", text, len(told))]
