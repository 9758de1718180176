"""Household registers, read without the columns that name a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.text_tables import numbers, read_text_table, require_columns
from sibangkit_geo.tables.private import IDENTITY_COLUMNS, Households

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.codes import CodeSystem

CodeGeneration = Literal["bdt2015", "regsosek2022", "dtsen2025", "p3ke", "bkkbn"]
# the largest household on record in a register of this kind is far smaller; 60 is a typing slip
_LARGEST_HOUSEHOLD = 60
_DECILES = 10
# shorter names ("Siti") are words of a page too
_SHORTEST_NAME = 7
_FINE_POINT = r"[.,]\d{6,}$"


@dataclass(frozen=True, slots=True)
class HouseholdSource:
    """
    One ``[[households]]`` table of a study.

    Attributes
    ----------
    path
        CSV file, one row per household.
    code_generation
        Which list of category codes the items follow; never guessed.
    year
        Year of the register.
    village_code, code_system
        Column with the village code, and which codes it holds.
    size
        Column with the number of people.
    longitude, latitude, photo, photo_folder
        Where a house stands and its picture; read at level internal only.
    source
        Words for the source line.
    columns
        Canonical item name to column, where they differ.
    """

    path: str
    code_generation: CodeGeneration
    year: int
    village_code: str
    code_system: CodeSystem
    size: str
    longitude: str = ""
    latitude: str = ""
    photo: str = ""
    photo_folder: str = ""
    source: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def read_households(source: HouseholdSource, *, folder: Path, decile: bool) -> Households:
    """
    Read a register and drop what names a person.

    Grain: one row per household.

    Parameters
    ----------
    source
        What the study says about the register.
    folder
        Folder that relative paths start from.
    decile
        The study's poverty rule needs the column with the decile.

    Returns
    -------
    households
        Village code, size, decile and coded items.

    Raises
    ------
    ConfigError
        The file is missing.
    DataError
        The table is empty, lacks a column, or has cells outside their range.
    """
    path = folder / source.path
    table = read_text_table(path, named_by="[[households]] path")
    decile_column = source.columns.get("decile", "desil_nasional")
    wanted = [source.village_code, source.size, *source.columns.values()]
    require_columns(table, [*wanted, decile_column] if decile else wanted, path=path)
    empty = table[source.size].isna()
    if empty.any():
        msg = f"{path.name}: households without size in column {source.size}"
        rows = table.loc[empty, [source.village_code]]
        raise DataError(msg, rows=rows, remedy="Fill the number of people.")
    special = {source.village_code, source.size, source.longitude, source.latitude, source.photo}
    items = [
        name
        for name in table.columns
        if name not in special and str(name).lower() not in IDENTITY_COLUMNS
    ]
    rows = table[items].rename(columns={column: key for key, column in source.columns.items()})
    rows.insert(0, "village_code", table[source.village_code])
    rows["size"] = numbers(table, source.size, path=path, low=1, high=_LARGEST_HOUSEHOLD)
    rows["decile"] = (
        numbers(table, decile_column, path=path, low=1, high=_DECILES)
        if decile_column in table
        else pd.Series(float("nan"), index=table.index)
    )
    return Households(
        rows=rows,
        code_generation=source.code_generation,
        code_system=source.code_system,
        year=source.year,
        source=source.source or path.name,
        notes=(),
    )


def personal_texts(source: HouseholdSource, *, folder: Path) -> set[str]:
    """
    Gather what a product must not contain: names, identity numbers and exact points.

    Read again for the leak scan alone, kept in memory and never handed on.

    Parameters
    ----------
    source
        What the study says about the register.
    folder
        Folder that relative paths start from.

    Returns
    -------
    texts
        Identity cells of at least 7 characters; points as longitude and latitude
        together, either first, and alone where they have 6 or more decimals
        (0.1 m): coarser single coordinates also occur by chance. Lower case.

    Raises
    ------
    ConfigError
        The file is missing.
    DataError
        The table is empty.
    """
    table = read_text_table(folder / source.path, named_by="[[households]] path")
    found: set[str] = set()
    for column in table.columns:
        if str(column).lower() in IDENTITY_COLUMNS:
            values = table[column].dropna().str.lower()
            found.update(values[values.str.len() >= _SHORTEST_NAME].unique().tolist())
    if source.longitude in table and source.latitude in table:
        points = table[[source.longitude, source.latitude]].dropna()
        east, north = points[source.longitude], points[source.latitude]
        found.update((east + " " + north).tolist(), (north + " " + east).tolist())
        for values in (east, north):
            found.update(values[values.str.contains(_FINE_POINT)].tolist())
    return found
