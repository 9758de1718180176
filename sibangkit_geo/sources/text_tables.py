"""Delimited text files as tables of text, and their columns as numbers; shared by the sources."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.errors import DataError, MissingFileError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SNIFF_CHARACTERS = 20_000
# zip (xlsx, ods, shapefile) and OLE (xls) containers
_BINARY_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: the first data row of a file whose header is row 1
_FIRST_ROW = 2


def checksum(path: Path) -> str:
    """
    Take the SHA-256 of a file.

    Parameters
    ----------
    path
        File to read.

    Returns
    -------
    digest
        64 hexadecimal digits.

    Raises
    ------
    MissingFileError
        There is no such file.
    """
    require_file(path, named_by="input")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def require_file(path: Path, *, named_by: str) -> Path:
    """
    Refuse a path that is not a file.

    Parameters
    ----------
    path
        File that must be there.
    named_by
        Key or argument that names it, for the message.

    Returns
    -------
    path
        The same path.

    Raises
    ------
    MissingFileError
        There is no such file.
    """
    if not path.is_file():
        raise MissingFileError(path, named_by=named_by)
    return path


def read_text_table(path: Path, *, named_by: str) -> pd.DataFrame:
    """
    Read a delimited text file; every cell stays text.

    The delimiter is the one that splits the header into most columns; the
    encoding is UTF-8 (with or without mark), else Windows-1252.
    Grain: one row per row of the file.

    Parameters
    ----------
    path
        CSV file with a header row.
    named_by
        Key that names the file, for messages.

    Returns
    -------
    table
        Text columns, stripped; empty cells are missing; indexed by the row
        number a spreadsheet shows (the header is row 1).

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        The file is empty, has no rows, two columns of one name, or uneven rows.
    """
    require_file(path, named_by=named_by)
    raw = path.read_bytes()
    if raw.startswith(_BINARY_STARTS):
        msg = f"{path.name}: this is a workbook or another binary file, not text"
        raise DataError(msg, remedy="Save the sheet as CSV (UTF-8) and name that file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if not text.strip():
        msg = f"{path.name}: the file is empty"
        raise DataError(msg, remedy="Export it again with its header and rows.")
    header = text[:_SNIFF_CHARACTERS].splitlines()[0]
    delimiter = max(",;\t|", key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        msg = f"{path.name}: several columns are named {', '.join(double)}"
        raise DataError(msg, remedy="Give each column its own name.")
    _require_even(text, len(names), delimiter=delimiter, path=path)
    table = pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=0,
        names=names,
        dtype="string",
        index_col=False,
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
    )
    table.index = pd.RangeIndex(_FIRST_ROW, _FIRST_ROW + len(table))
    table = table.apply(lambda column: column.str.strip()).replace("", pd.NA)
    table = pd.DataFrame(table.dropna(how="all"))
    if table.empty:
        msg = f"{path.name}: the table has a header but no rows"
        raise DataError(msg, remedy="Export it again with its rows.")
    return table


def _require_even(text: str, width: int, *, delimiter: str, path: Path) -> None:
    # pandas fills a short row silently, which would shift nothing but hide a cut file
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    uneven = [number for number, row in enumerate(rows, 1) if any(row) and len(row) != width]
    if uneven:
        msg = f"{path.name}: rows whose number of cells differs from the header's {width}"
        remedy = "Quote cells that hold the delimiter, or export the file again."
        raise DataError(msg, rows=pd.DataFrame(index=uneven), remedy=remedy)


def require_columns(table: pd.DataFrame, wanted: Iterable[str], *, path: Path) -> None:
    """
    Refuse a table that lacks columns the study names.

    Parameters
    ----------
    table
        Table as read.
    wanted
        Names that must be there; empty names are not asked for.
    path
        File, for the message.

    Raises
    ------
    DataError
        At least one column is missing; the nearest name in the file is offered.
    """
    missing = [name for name in wanted if name and name not in table.columns]
    if missing:
        hints = " ".join(
            f'"{name}": {nearest(name, [str(known) for known in table.columns])}'
            for name in missing
        )
        msg = f"{path.name}: no column named {', '.join(missing)}"
        raise DataError(msg, remedy=f"Correct the column names in the study file. {hints}")


def numbers(table: pd.DataFrame, column: str, *, path: Path, low: float, high: float) -> pd.Series:
    """
    Read a text column as numbers, decimal point or comma.

    Parameters
    ----------
    table
        Table of text.
    column
        Column to read.
    path
        File, for the message.
    low, high
        Plausible range, both ends allowed.

    Returns
    -------
    values
        Floats; an empty cell is missing, never zero.

    Raises
    ------
    DataError
        Cells that are no number, or outside the range; all rows are gathered.
    """
    text = table[column]
    plain = text.where(
        ~text.str.fullmatch(r"-?[\d.]*,\d+").fillna(value=False),
        text.str.replace(".", "").str.replace(",", "."),
    )
    values = pd.to_numeric(plain, errors="coerce").astype("float64")
    bad = (values.isna() & text.notna()) | (values < low) | (values > high)
    if bad.any():
        msg = f"{path.name}: column {column} has cells that are no number from {low:g} to {high:g}"
        raise DataError(msg, rows=table.loc[bad, [column]], remedy="Correct or empty these cells.")
    return values
