"""Village profiles: a table with one row per village and its indicators."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sibangkit_geo.codes import CodeSystem  # noqa: TC001 - the grammar of the study file
from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.model.types import Indicator, Note, Profiles, Unit, Worse
from sibangkit_geo.sources.readers import table_source
from sibangkit_geo.sources.text_tables import numbers, read_text_table, require_columns

# more people or households than any Indonesian village has (largest kelurahan about 180,000)
_MOST_PEOPLE = 1_000_000
_PERCENT = 100.0
#: columns that the village table makes itself
_TAKEN = frozenset(
    {
        *("code", "name", "status", "geometry", "district_code", "district_name", "village_code"),
        *("village_name", "households", "people", "poor_share", "poor_households", "poor_people"),
        *("poor_people_benchmarked", "headcount_ratio", "poverty_rate_benchmarked", "pocket"),
        *("evidence", "masked"),
    }
)

_PLAIN_NUMBER = r"-?\d+([.,]\d+)?([eE][-+]?\d+)?"
_ANY = 1e15


@dataclass(frozen=True, slots=True)
class IndicatorSource:
    """
    One ``[[profiles.indicators]]`` table of a study.

    `column`: Column of the file.
    `unit`: ``"percent"`` (0 to 100 in the file), ``"count"`` or ``"index"``.
    `worse`: Which end is bad: ``"high"`` or ``"low"``.
    """

    column: str
    name: str
    unit: Unit
    worse: Worse
    label: str
    agency: str = ""


@dataclass(frozen=True, slots=True)
class ProfileSource:
    """
    One ``[[profiles]]`` table of a study.

    Attributes
    ----------
    path
        File in any table format; or an SQLAlchemy address with `table`.
    sheet, table
        Sheet of a workbook, layer of a geographic file, table of a database.
    code, code_system
        Column with the village code, and which codes it holds.
    households, people
        Columns with counts.
    poor_share_percent
        Column with the percentage of poor households; empty when it has none.
    district_name, village_name
        Columns with names; needed when the codes are not those of the boundaries.
    year
        Year of the data.
    source
        Words for the source line.
    indicators
        Further indicator columns.
    """

    path: str
    code: str
    code_system: CodeSystem
    households: str
    year: int
    people: str = ""
    poor_share_percent: str = ""
    district_name: str = ""
    village_name: str = ""
    source: str = ""
    sheet: str = ""
    table: str = ""
    indicators: tuple[IndicatorSource, ...] = ()


def read_profiles(source: ProfileSource) -> Profiles:
    """
    Read a village profile table.

    Grain: one row per row of the file.

    Parameters
    ----------
    source
        What the study says about the table.

    Returns
    -------
    profiles
        Percentages are shares 0 to 1; empty cells stay missing.

    Raises
    ------
    ConfigError
        The file is missing, or an indicator takes a name that is taken.
    DataError
        The table is empty, lacks a column, or has cells that are no plausible number.
    """
    _require_names(source)
    path = Path(source.path)
    named = [source.code, source.district_name, source.village_name, source.households]
    named += [source.people, source.poor_share_percent, *(one.column for one in source.indicators)]
    where = table_source(source.path, sheet=source.sheet, table=source.table)
    table, not_data = read_text_table(where, named_by="[[profiles]] path", named=named)
    rows = _rows(table, source, path)
    # homes without people are an empty cell written as 0, not an empty village
    unpeopled = (rows["people"] < rows["households"]) & rows["households"].notna()
    rows.loc[unpeopled, "people"] = float("nan")
    return Profiles(
        rows=rows,
        indicators=tuple(_define(one, source) for one in source.indicators),
        code_system=source.code_system,
        year=source.year,
        source=source.source or path.name,
        notes=(*_left_out(not_data), *_notes(rows, source, unpeopled=int(unpeopled.sum()))),
    )


def _require_names(source: ProfileSource) -> None:
    names = [one.name for one in source.indicators]
    taken = sorted({name for name in names if name in _TAKEN or names.count(name) > 1})
    if taken:
        msg = f"[[profiles.indicators]] name: {', '.join(taken)} is taken; choose another name."
        raise ConfigError(msg)


def _rows(table: pd.DataFrame, source: ProfileSource, path: Path) -> pd.DataFrame:
    """Read every column the study names; one it does not name is missing."""

    def share(column: str) -> pd.Series:
        return numbers(table, column, path=path, low=0, high=_PERCENT) / _PERCENT

    def count(column: str) -> pd.Series:
        return numbers(table, column, path=path, low=0, high=_MOST_PEOPLE)

    missing = pd.Series(float("nan"), index=table.index)
    no_text = pd.Series(pd.NA, index=table.index, dtype="string")
    poor = source.poor_share_percent
    rows = pd.DataFrame(
        {
            "code": table[source.code],
            "district_name": table[source.district_name] if source.district_name else no_text,
            "village_name": table[source.village_name] if source.village_name else no_text,
            "households": count(source.households),
            "people": count(source.people) if source.people else missing,
            "poor_share": share(poor) if poor else missing,
        }
    )
    for one in source.indicators:
        rows[one.name] = (
            share(one.column)
            if one.unit == "percent"
            else numbers(table, one.column, path=path, low=-1e12, high=1e12)
        )
    return rows


def _define(one: IndicatorSource, source: ProfileSource) -> Indicator:
    return Indicator(
        name=one.name,
        label=one.label,
        unit=one.unit,
        worse=one.worse,
        denominator="rumah tangga" if one.unit == "percent" else "",
        agency=one.agency,
        source=source.source,
        year=source.year,
    )


def _left_out(not_data: tuple[int, ...]) -> list[Note]:
    if not not_data:
        return []
    listed = ", ".join(map(str, not_data[:5]))
    text = f"{len(not_data)} baris jumlah atau keterangan pada tabel profil tidak dihitung"
    return [Note("profile_rows_not_data", f"{text} (baris: {listed}).", len(not_data))]


def _notes(rows: pd.DataFrame, source: ProfileSource, *, unpeopled: int) -> tuple[Note, ...]:
    notes = []
    if unpeopled:
        text = (
            f"{unpeopled} baris tabel profil mencatat penduduk lebih sedikit daripada "
            f"keluarganya (biasanya 0): jumlah penduduknya dibaca sebagai tidak ada data."
        )
        warnings.warn(text, DegradedInputWarning, stacklevel=3)
        notes.append(Note("profile_people_implausible", text, unpeopled))
    zeros = int((rows["poor_share"] == 0).sum())
    if zeros:
        text = (
            f"{zeros} baris tabel profil mencatat kemiskinan tepat 0 %: dipakai sebagaimana "
            f"tertulis, tetapi mungkin sel yang tidak diisi."
        )
        notes.append(Note("profile_poverty_zero", text, zeros))
    if source.poor_share_percent:
        empty = int(rows["poor_share"].isna().sum())
        if empty:
            text = f"{empty} baris tabel profil tidak berisi angka kemiskinan: tidak ada data."
            notes.append(Note("profile_poverty_missing", text, empty))
    zero = int((rows["households"] == 0).sum() + rows["households"].isna().sum())
    if zero:
        text = f"{zero} baris tabel profil tidak berisi jumlah keluarga: tidak ikut diuji."
        notes.append(Note("profile_households_missing", text, zero))
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class TypologySource:
    """
    The ``[typology]`` table of a study.

    `path`: Table with one row per village, in any format.
    `code`, `code_system`: Column with the village code, and which codes it holds.
    `district_name`, `village_name`: Columns with names; needed when the codes are not those of the
        boundaries.
    `categories`: Columns with codes or words; every other column of numbers is a quantity.
    `leave_out`: Columns that describe nothing, such as numbers of rows or years.
    """

    path: str
    code: str
    code_system: CodeSystem
    year: int
    district_name: str = ""
    village_name: str = ""
    sheet: str = ""
    categories: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    fewest: int = 3
    most: int = 8
    source: str = ""

    def __post_init__(self) -> None:
        """Check the numbers of types."""
        if not 2 <= self.fewest <= self.most:
            msg = "[typology] fewest must be at least 2 and at most `most`."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class Attributes:
    """
    Attributes as they came; one row per row of the file.

    `places`: ``code``, ``district_name``, ``village_name`` (text), indexed by row number.
    `table`: The attributes, indexed alike: floats, or text for categories.
    `quantities`: Columns of numbers.
    """

    places: pd.DataFrame
    table: pd.DataFrame
    quantities: tuple[str, ...]


def read_attributes(source: TypologySource) -> Attributes:
    """
    Read a table of village attributes.

    Grain: one row per row of the file.

    Returns: A column whose every filled cell is a number is a quantity unless the study calls it a
        category; columns of words are left out unless it does.
    Raises ConfigError: The file is missing.
    Raises DataError: It is damaged, empty, or lacks a column.
    """
    path = Path(source.path)
    named = (source.code, source.district_name, source.village_name)
    where = table_source(source.path, sheet=source.sheet)
    table, _ = read_text_table(where, named_by="[typology] path", named=named)
    require_columns(table, (*source.categories, *source.leave_out), path=path)
    places = _places(table, source)
    aside = {*named, *source.categories, *source.leave_out}
    quantities = [
        str(name)
        for name in table
        if name not in aside
        and table[name].notna().any()
        and table[name].dropna().str.fullmatch(_PLAIN_NUMBER).all()
    ]
    values = {name: numbers(table, name, path=path, low=-_ANY, high=_ANY) for name in quantities}
    words = {name: table[name] for name in source.categories}
    return Attributes(places, pd.DataFrame(values | words), tuple(quantities))


@dataclass(frozen=True, slots=True)
class LocusSource:
    """
    One ``[[locus]]`` table of a study: a list of villages that a decree names.

    `path`: Table with one row per listed village.
    `name`, `label`: Column in the results, snake case; Indonesian words such as "lokus stunting".
    `code`, `code_system`: Column with the village code, and which codes it holds.
    `district_name`, `village_name`: Columns with names; needed when the codes are not those of the
        boundaries.
    """

    path: str
    name: str
    label: str
    code: str
    code_system: CodeSystem
    year: int
    district_name: str = ""
    village_name: str = ""
    sheet: str = ""
    source: str = ""


def read_locus(source: LocusSource) -> pd.DataFrame:
    """
    Read the places of a list.

    Grain: one row per row of the file.

    Returns: ``code``, ``district_name``, ``village_name`` (text), indexed by row number.
    Raises ConfigError: The file is missing.
    Raises DataError: It is damaged, empty, or lacks a column.
    """
    named = (source.code, source.district_name, source.village_name)
    where = table_source(source.path, sheet=source.sheet)
    table, _ = read_text_table(where, named_by="[[locus]] path", named=named)
    return _places(table, source)


def _places(table: pd.DataFrame, source: LocusSource | TypologySource) -> pd.DataFrame:
    no_text = pd.Series(pd.NA, index=table.index, dtype="string")
    return pd.DataFrame(
        {
            "code": table[source.code],
            "district_name": table[source.district_name] if source.district_name else no_text,
            "village_name": table[source.village_name] if source.village_name else no_text,
        }
    )
