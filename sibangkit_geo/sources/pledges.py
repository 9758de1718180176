"""What partners have pledged: a table that they fill in, one row per promise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.numeric_columns import NumberKind, Numerals
from sibangkit_geo.sources.readers import fold_header, sheet_names, table_source
from sibangkit_geo.sources.text_tables import (
    NumericText,
    read_numbers,
    read_text_table,
    reading_notes,
    require_columns,
)

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo.model.types import Note

#: columns of the file, in the order of the form that partners are given
COLUMNS = {"partner": "mitra", "village": "desa", "pocket": "kantong", "need": "kebutuhan",
           "units": "unit", "year": "tahun"}  # fmt: skip
# nobody promises more households than a regency has, or anything for another century
_MOST = 1_000_000
_YEARS = (2000, 2100)


@dataclass(frozen=True, slots=True)
class PledgeSource:
    """
    The ``[pledges]`` table of a study.

    `path`: Table in any format with the columns ``mitra``, ``desa``, ``kantong``, ``kebutuhan``,
        ``unit`` and ``tahun`` (or ``partner``, ``village``, ``pocket``, ``need``, ``units``,
        ``year``).
    `sheet`: Of a workbook; left out, the partner's form, else the first table.
    `numerals`: How it writes numbers, ``"id"`` or ``"en"``, where its columns do not tell.
    """

    path: str
    sheet: str = ""
    numerals: Numerals = ""


#: sheet of a partner's workbook that is such a table
FORM = "Formulir janji"
_BOOKS = {".xlsx", ".xlsm", ".xls", ".ods"}


def _read(source: PledgeSource) -> pd.DataFrame:
    """Read the table; of a partner's workbook the form, where no sheet is named."""
    path, sheet = Path(source.path), source.sheet
    if not sheet and path.suffix.lower() in _BOOKS and path.is_file():
        sheet = FORM if FORM in sheet_names(path) else ""
    where = table_source(source.path, sheet=sheet)
    # one of the two languages is asked for as a whole
    return read_text_table(where, named_by="[pledges] path", named=())[0]


def read_pledges(source: PledgeSource) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """
    Read the pledges.

    Grain: one row per row of the file.

    Returns: ``partner``, ``village``, ``pocket``, ``need`` (text or missing), ``units``, ``year``
        (whole), indexed by row number; rows without units are left out.
    Returns: How the file was read.
    Raises MissingFileError: There is no such file.
    Raises DataError: It is damaged or lacks a column; a row lacks a number, or has none that fits.
    """
    path = Path(source.path)
    table = _read(source)
    present = {fold_header(str(one)): str(one) for one in table}
    english = "partner" in present
    wanted = {name: name if english else own for name, own in COLUMNS.items()}
    require_columns(table, wanted.values(), path=path)
    named = {name: present[own] for name, own in wanted.items()}
    rows = table[list(named.values())].set_axis(list(named), axis=1)
    kinds = {
        "units": NumberKind(1, _MOST, whole=True),
        "year": NumberKind(*_YEARS, whole=True),
    }
    numbers, told = read_numbers(rows, kinds, text=NumericText(path.name, source.numerals))
    # a row of the form whose units nobody filled in, or with a dash, is no pledge
    filled = rows["units"].notna() & ~(numbers["units"] < 1)
    rows, numbers = rows[filled], numbers[filled]
    empty = rows[["partner", "need"]].isna().any(axis=1) | numbers.isna().any(axis=1)
    if empty.any():
        msg = f"{path.name}: pledges without partner, need or year, or with a word for no number"
        raise DataError(msg, rows=rows[empty], remedy="Fill these cells, or empty the units.")
    made = rows.assign(**{name: numbers[name].astype(int) for name in kinds})
    return made, (*reading_notes(table), *told)
