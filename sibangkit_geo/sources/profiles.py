"""Village profiles: a table with one row per village and its indicators."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import polars as pl

from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.model.numeric_columns import DECIMAL_MARK, NumberKind, Numerals, NumericColumn
from sibangkit_geo.model.toml import require_year
from sibangkit_geo.model.types import Indicator, Note, Profiles, Unit, Worse
from sibangkit_geo.sources.columns import require_column_name
from sibangkit_geo.sources.readers import table_source
from sibangkit_geo.sources.readers.grid import plain_text
from sibangkit_geo.sources.text_tables import (
    PERCENT,
    NumericText,
    Shares,
    read_degrees,
    read_numbers,
    read_text_table,
    reading_notes,
    require_columns,
)

# more people or households than any Indonesian village has (largest kelurahan about 180,000)
_MOST_PEOPLE = 1_000_000
_PEOPLE = NumberKind(0, _MOST_PEOPLE, whole=True)
_SHARE = NumberKind(0, PERCENT, per_cent=True)
_POOR = NumberKind(0, PERCENT, per_cent=True, common=True)
_QUANTITY = NumberKind(-1e15, 1e15, per_cent=True)
_OF_UNIT: dict[Unit, NumberKind] = {
    "percent": _SHARE,
    "count": NumberKind(0, 1e12, whole=True),
    "index": NumberKind(-1e12, 1e12),
}
#: which codes a table holds; empty where it has none
TableCodes = Literal["", "kemendagri", "bps"]


@dataclass(frozen=True, slots=True)
class IndicatorSource:
    """
    One ``[[profiles.indicators]]`` table of a study.

    Attributes
    ----------
    column
        Column of the file.
    name
        Column in the results, snake case.
    unit
        ``"percent"`` (0 to 100 in the file), ``"count"`` or ``"index"``.
    worse
        Which end is bad: ``"high"`` or ``"low"``.
    label
        Indonesian words for legends.
    agency
        Key of the agency whose concern it is; empty when everybody's.

    Examples
    --------
    >>> IndicatorSource("listrik", "electrified_share", "percent", "low", "Berlistrik").agency
    ''
    """

    column: str
    name: str
    unit: Unit
    worse: Worse
    label: str
    agency: str = ""

    def __post_init__(self) -> None:
        """Check the name."""
        require_column_name(self.name, table="[[profiles.indicators]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageTable:
    """
    What a study says about any table with one row per village.

    Attributes
    ----------
    path
        File in any table format; or an SQLAlchemy address with `table`.
    year
        Year of the data.
    code, code_system
        Column with the village code, and which codes it holds; never guessed.
    district_name, village_name
        Columns with names; needed where there is no code, or codes that are not those of
        the boundaries.
    longitude, latitude
        Columns with a point of the village, degrees; used where code and name find none.
    sheet, table
        Sheet of a workbook, layer of a geographic file, table of a database.
    source
        Words for the source line.
    numerals
        How the file writes numbers, ``"id"`` (1.234,5) or ``"en"`` (1,234.5), where its
        columns do not tell.
    """

    path: str
    year: int
    code: str = ""
    code_system: TableCodes = ""
    district_name: str = ""
    village_name: str = ""
    longitude: str = ""
    latitude: str = ""
    sheet: str = ""
    table: str = ""
    source: str = ""
    numerals: Numerals = ""

    def __post_init__(self) -> None:
        """Check that the columns tell where a row is."""
        require_year(self.year)
        if bool(self.longitude) != bool(self.latitude):
            msg = "name both longitude and latitude"
            raise ValueError(msg)
        if self.code and not self.code_system:
            msg = 'code_system says which codes `code` holds: "kemendagri" or "bps"'
            raise ValueError(msg)
        named = self.district_name and self.village_name
        if not (self.code or named or self.longitude):
            msg = (
                "say where a row is: `code`, or `district_name` and `village_name`, or "
                "`longitude` and `latitude`"
            )
            raise ValueError(msg)

    @property
    def place_columns(self) -> tuple[str, ...]:
        """Columns that tell where a row is, the key first."""
        named = (self.code, self.village_name, self.district_name, self.longitude, self.latitude)
        return tuple(filter(None, named))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSource(VillageTable):
    """
    One ``[[profiles]]`` table of a study; places as `VillageTable` says.

    Attributes
    ----------
    households, people
        Columns with counts; the second may be empty.
    poor_share_percent
        Column with the percentage of poor households; empty when it has none.
    shares
        What its percentages are, ``"percent"`` (8,15) or ``"fraction"`` (0,0815), where all
        of a column lie within 0 and 1.
    indicators
        Further indicator columns.
    published
        Whether its counts are public anyway, so that nothing of it is protected.

    Examples
    --------
    >>> source = ProfileSource(
    ...     path="profil.csv", year=2024, district_name="kec", village_name="desa", households="kk"
    ... )
    >>> source.place_columns
    ('desa', 'kec')
    >>> ProfileSource(path="profil.csv", year=2024, code="kode", households="kk")
    Traceback (most recent call last):
        ...
    ValueError: code_system says which codes `code` holds: "kemendagri" or "bps"
    """

    households: str
    people: str = ""
    poor_share_percent: str = ""
    shares: Shares = ""
    indicators: tuple[IndicatorSource, ...] = ()
    published: bool = False


def read_profiles(source: ProfileSource) -> Profiles:
    r"""
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
        The file is missing.
    DataError
        The table is empty, lacks a column, or has cells that are no plausible number.

    Examples
    --------
    >>> import tempfile
    >>> place = {"code": "kode", "code_system": "kemendagri"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "profil.csv")
    ...     _ = path.write_text("kode;kk;miskin\n16.07.01.2001;200;8,5\n16.07.01.2002;150;\n")
    ...     source = ProfileSource(
    ...         path=str(path), year=2024, **place, households="kk", poor_share_percent="miskin"
    ...     )
    ...     found = read_profiles(source)
    >>> found.rows[["households", "poor_share"]].to_dict("list")
    {'households': [200.0, 150.0], 'poor_share': [0.085, nan]}
    """
    path = Path(source.path)
    named = [*source.place_columns, *_kinds(source)]
    where = table_source(source.path, sheet=source.sheet, table=source.table)
    table, not_data = read_text_table(where, named_by="[[profiles]] path", named=named)
    text = NumericText(path.name, source.numerals, source.shares)
    numbers, decided = read_numbers(table, _kinds(source), text=text)
    rows = _rows(table, numbers, source)
    # homes without people are an empty cell written as 0, not an empty village
    unpeopled = (rows["people"] < rows["households"]) & rows["households"].notna()
    rows.loc[unpeopled, "people"] = float("nan")
    return Profiles(
        rows=rows,
        indicators=tuple(_define(one, source) for one in source.indicators),
        code_system=source.code_system,
        year=source.year,
        source=source.source or path.name,
        notes=(
            *reading_notes(table),
            *decided,
            *_left_out(not_data),
            *_notes(rows, source, unpeopled=int(unpeopled.sum())),
        ),
    )


def _kinds(source: ProfileSource) -> dict[str, NumberKind]:
    """Say what the numbers of each column that the study names can be."""
    kinds = {one: _PEOPLE for one in (source.households, source.people) if one}
    if source.poor_share_percent:
        kinds[source.poor_share_percent] = _POOR
    return kinds | {one.column: _OF_UNIT[one.unit] for one in source.indicators}


def _rows(table: pd.DataFrame, numbers: pd.DataFrame, source: ProfileSource) -> pd.DataFrame:
    """Put every column the study names under its own name; one it does not name is missing."""
    missing = pd.Series(float("nan"), index=table.index)
    rows = _places(table, source).assign(
        households=numbers[source.households],
        people=numbers[source.people] if source.people else missing,
        poor_share=numbers[source.poor_share_percent] if source.poor_share_percent else missing,
    )
    return rows.assign(**{one.name: numbers[one.column] for one in source.indicators})


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


def _left_out(not_data: tuple[int | str, ...]) -> list[Note]:
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
            f"{zeros} baris tabel profil mencatat kemiskinan tepat 0%: dipakai sebagaimana "
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TypologySource(VillageTable):
    """
    The ``[typology]`` table of a study; places as `VillageTable` says.

    `categories`: Columns with codes or words; every other column of numbers is a quantity.
    `leave_out`: Columns that describe nothing, such as numbers of rows or years.
    `fewest`, `most`: Numbers of types that are tried, from 2; the data choose one between them.
    """

    categories: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    fewest: int = 3
    most: int = 8

    def __post_init__(self) -> None:
        """Check the numbers of types."""
        VillageTable.__post_init__(self)
        if not 2 <= self.fewest <= self.most:
            msg = "[typology] fewest must be at least 2 and at most `most`."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class Attributes:
    """
    Attributes as they came; one row per row of the file.

    `places`: ``code``, ``district_name``, ``village_name`` (text) and, where the study names them,
        ``longitude`` and ``latitude`` (degrees), indexed by row number.
    `table`: The attributes, indexed alike: floats, or text for categories.
    `quantities`: Columns of numbers.
    `notes`: How their numbers were read.
    """

    places: pd.DataFrame
    table: pd.DataFrame
    quantities: tuple[str, ...]
    notes: tuple[Note, ...]


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
    named = source.place_columns
    where = table_source(source.path, sheet=source.sheet, table=source.table)
    table, _ = read_text_table(where, named_by="[typology] path", named=named)
    require_columns(table, (*source.categories, *source.leave_out), path=path)
    aside = {*named, *source.categories, *source.leave_out}
    kinds = {
        str(name): _QUANTITY
        for name in table
        if name not in aside and _holds_numbers(table[name], source.numerals)
    }
    values, decided = read_numbers(table, kinds, text=NumericText(path.name, source.numerals))
    words = table[[*source.categories]].map(plain_text, na_action="ignore")
    left = [
        str(name) for name in table
        if name not in aside and name not in kinds and _mostly_numbers(table[name])
    ]  # fmt: skip
    notes = (*reading_notes(table), *decided, *_wordy(path.name, left))
    return Attributes(_places(table, source), values.join(words), tuple(kinds), notes)


def _mostly_numbers(cells: pd.Series) -> bool:
    """Tell a column that few cells keep from being one of numbers."""
    read = NumericColumn.of(pl.from_pandas(cells), _QUANTITY).numbers(",")
    return bool(np.isfinite(read.amounts).sum() > read.bad.sum())


def _wordy(name: str, columns: list[str]) -> list[Note]:
    if not columns:
        return []
    text = (
        f"{name}: kolom {', '.join(columns)} tidak dipakai sebagai besaran karena beberapa selnya "
        "bukan bilangan; perbaiki selnya atau sebut di `categories` atau `leave_out`."
    )
    return [Note("typology_columns_left_out", text, len(columns))]


def _holds_numbers(cells: pd.Series, numerals: Numerals) -> bool:
    """Tell a column whose every cell that says something is a number."""
    column = NumericColumn.of(pl.from_pandas(cells), _QUANTITY)
    read = column.numbers(DECIMAL_MARK[numerals] or ",")
    return bool(np.isfinite(read.amounts).any()) and not read.bad.any()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocusSource(VillageTable):
    """
    One ``[[locus]]`` table of a study: a list of villages that a decree names.

    `path`: Table with one row per listed village; places as `VillageTable` says.
    `name`, `label`: Column in the results, snake case; Indonesian words such as "lokus stunting".
    """

    name: str
    label: str

    def __post_init__(self) -> None:
        """Check the name."""
        VillageTable.__post_init__(self)
        require_column_name(self.name, table="[[locus]]")


def read_locus(source: LocusSource) -> pd.DataFrame:
    """
    Read the places of a list.

    Grain: one row per row of the file.

    Returns: As `Attributes.places`.
    Raises ConfigError: The file is missing.
    Raises DataError: It is damaged, empty, or lacks a column.
    """
    where = table_source(source.path, sheet=source.sheet, table=source.table)
    table, _ = read_text_table(where, named_by="[[locus]] path", named=source.place_columns)
    return _places(table, source)


def _places(table: pd.DataFrame, source: VillageTable) -> pd.DataFrame:
    """Take where each row is; what the study names no column for is missing."""
    no_text = pd.Series(pd.NA, index=table.index, dtype="string")
    columns = {
        "code": source.code,
        "district_name": source.district_name,
        "village_name": source.village_name,
    }
    places = pd.DataFrame(
        {name: table[column] if column else no_text for name, column in columns.items()}
    )
    if source.longitude:
        text = NumericText(Path(source.path).name, source.numerals)
        degrees = read_degrees(table, source.longitude, source.latitude, text=text)
        places = places.join(degrees)
    return places
