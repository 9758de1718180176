"""A table of village attributes for a typology: quantities and categories side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.sources.readers import table_source
from sibangkit_geo.sources.text_tables import numbers, read_text_table, require_columns

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.codes import CodeSystem

_PLAIN_NUMBER = r"-?\d+([.,]\d+)?([eE][-+]?\d+)?"
_ANY = 1e15


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


def read_attributes(source: TypologySource, *, folder: Path) -> Attributes:
    """
    Read a table of village attributes.

    Grain: one row per row of the file.

    Returns: A column whose every filled cell is a number is a quantity unless the study calls it a
        category; columns of words are left out unless it does.
    Raises ConfigError: The file is missing.
    Raises DataError: It is damaged, empty, or lacks a column.
    """
    path = folder / source.path
    named = (source.code, source.district_name, source.village_name)
    where = table_source(source.path, folder=folder, sheet=source.sheet)
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


def read_locus(source: LocusSource, *, folder: Path) -> pd.DataFrame:
    """
    Read the places of a list.

    Grain: one row per row of the file.

    Returns: ``code``, ``district_name``, ``village_name`` (text), indexed by row number.
    Raises ConfigError: The file is missing.
    Raises DataError: It is damaged, empty, or lacks a column.
    """
    named = (source.code, source.district_name, source.village_name)
    where = table_source(source.path, folder=folder, sheet=source.sheet)
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
