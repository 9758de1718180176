"""XLS (Excel 97 to 2003) with the formats of its numbers, through xlrd."""

from __future__ import annotations

import io
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import xlrd

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.readers.cells import Range, Seen, SheetCells
from sibangkit_geo.sources.readers.formats import PLAIN, Shown, read_format

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# days that a workbook counts less where its calendar begins in 1904
_YEARS_1904 = 1462
# what a damaged file makes the library raise
_FAULTS = (
    xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, AssertionError, LookupError,
    ValueError, TypeError, AttributeError, ArithmeticError, OSError, EOFError, RuntimeError,
)  # fmt: skip


@contextmanager
def _opened(path: Path) -> Iterator[xlrd.Book]:
    try:
        with xlrd.open_workbook(
            str(path), formatting_info=True, on_demand=True, ragged_rows=True, logfile=io.StringIO()
        ) as book:
            yield book
    except _FAULTS as error:
        raise unreadable(path) from error


def xls_names(path: Path) -> list[str]:
    """
    List the sheets of an XLS file.

    Raises DataError: The file is no such workbook, damaged or protected by a password.
    """
    with _opened(path) as book:
        return [str(name) for name in book.sheet_names()]


def xls_sheets(path: Path, *, sheet: str) -> list[SheetCells]:
    """
    Read sheets of an XLS file; calamine would take all memory for some damaged ones.

    `sheet`: Name of the only one to read; empty reads all.
    Raises DataError: The file is no such workbook, damaged or protected by a password.
    """
    with _opened(path) as book:
        shown = [read_format(_code(book, one)) for one in book.xf_list]
        return [
            _sheet(path, book.sheet_by_name(name), shown)
            for name in book.sheet_names()
            if name == sheet or not sheet
        ]


def unreadable(path: Path) -> DataError:
    """Word that a workbook cannot be read."""
    msg = f"{path.name}: not a workbook that can be read (damaged, cut off or with a password)"
    return DataError(msg, remedy="Open it, save it as XLSX without a password, and try again.")


def _code(book: xlrd.Book, style: xlrd.formatting.XF) -> str:
    kept = book.format_map.get(style.format_key)
    return kept.format_str if kept else ""


def _sheet(path: Path, sheet: xlrd.sheet.Sheet, shown: list[Shown]) -> SheetCells:
    first_day = _YEARS_1904 if sheet.book.datemode else 0
    rows = []
    for at in range(sheet.nrows):
        cells = zip(sheet.row_types(at), sheet.row_values(at), _styles(sheet, at), strict=True)
        rows.append([
            _text(kind, value, shown[style] if style < len(shown) else PLAIN, first_day)
            for kind, value, style in cells
        ])  # fmt: skip
    folded = {at + 1 for at, one in sheet.rowinfo_map.items() if one.hidden and at < len(rows)}
    seen = Seen(
        hidden=sheet.visibility != 0,
        hidden_rows=tuple(sorted(number for number in folded if any(rows[number - 1]))),
        hidden_columns=tuple(sorted(at for at, one in sheet.colinfo_map.items() if one.hidden)),
        merged=tuple(
            Range(top, left, bottom - 1, right - 1)
            for top, bottom, left, right in sheet.merged_cells
        ),
    )
    return SheetCells(path.name, rows, sheet.name, seen)


def _styles(sheet: xlrd.sheet.Sheet, at: int) -> list[int]:
    return [sheet.cell_xf_index(at, place) for place in range(sheet.row_len(at))]


def _text(kind: int, value: object, shown: Shown, first_day: int) -> str:
    if kind == xlrd.XL_CELL_TEXT:
        return str(value).strip()
    if kind == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, ""))
    if isinstance(value, float):
        return shown.text(value, first_day=first_day)
    return ""
