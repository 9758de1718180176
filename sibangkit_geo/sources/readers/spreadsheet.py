"""The sheets of a file that holds several, whatever program wrote it and whatever it is called."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import python_calamine

from sibangkit_geo.errors import ConfigError, DataError, SibangkitError, nearest
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.archives import open_zip
from sibangkit_geo.sources.readers.cells import Range, Seen, SheetCells
from sibangkit_geo.sources.readers.formats import date_text
from sibangkit_geo.sources.readers.grid import number_text
from sibangkit_geo.sources.readers.html_table import html_sheets
from sibangkit_geo.sources.readers.ods import ods_sheets
from sibangkit_geo.sources.readers.xls import unreadable, xls_names, xls_sheets
from sibangkit_geo.sources.readers.xlsx_look import look_at
from sibangkit_geo.sources.readers.xlsx_stream import StreamedSheet, turns_numbers
from sibangkit_geo.sources.readers.xml_spreadsheet import xml_sheets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Page = SheetCells | StreamedSheet

_OLE = b"\xd0\xcf\x11\xe0"
_SPREADSHEET_XML = re.compile(rb"progid=.Excel\.Sheet|urn:schemas-microsoft-com:office:spreadsheet")
_LOOKED_AT = 4096
# what calamine tells the format by, where it reads a path
_ENDINGS = {"xlsx": {".xlsx", ".xlsm"}, "": {".xlsb"}}
_FAULTS = (python_calamine.CalamineError, OSError, ValueError)
# what is read without it
_OWN = {"html": html_sheets, "xml": xml_sheets, "ods": ods_sheets}
_WORKSHEET = python_calamine.SheetTypeEnum.WorkSheet
_VISIBLE = python_calamine.SheetVisibleEnum.Visible


def workbook_sheets(path: Path) -> list[str]:
    """
    List the sheets of a workbook.

    Returns: In the order of the workbook.
    Raises DataError: The file is no workbook, damaged, protected by a password or a bomb.
    """
    kind = _kind(path)
    if kind in _OWN:
        return [page.sheet for page in _OWN[kind](path)]
    if kind == "xls":
        return xls_names(path)
    with _calamine(path, kind) as book:
        return [*_hidden(book)]


def open_sheet(path: Path, *, sheet: str) -> Page:
    """
    Open one sheet of a workbook.

    Raises ConfigError: There is no such sheet.
    Raises DataError: The file is no workbook, damaged or a bomb.
    """
    return open_sheets(path, sheet=sheet)[0]


def open_sheets(path: Path, *, sheet: str = "") -> list[Page]:
    """
    Open the sheets of a workbook; very large ones are read row by row.

    Formulas are read as the value that was saved with them; merged cells keep
    their value in the first cell only.

    `sheet`: Name of the only one to open; empty opens all.
    Raises ConfigError: There is no such sheet.
    Raises DataError: The file is no workbook, damaged or a bomb.
    """
    kind = _kind(path)
    pages: list[Page]
    if kind in _OWN:
        pages = [*_OWN[kind](path)]
        names = [page.sheet for page in pages]
    elif kind == "xls":
        names, pages = xls_names(path), [*xls_sheets(path, sheet=sheet)]
    else:
        with _calamine(path, kind) as book:
            hidden = _hidden(book)
            names = [*hidden]
            wanted = [name for name in names if name == sheet or not sheet]
            pages = _opened(path, kind, book, {name: hidden[name] for name in wanted})
    pages = [page for page in pages if page.sheet == sheet or not sheet]
    if sheet and not pages:
        msg = f'{path.name}: no sheet "{sheet}". {nearest(sheet, names)}'
        raise ConfigError(msg)
    if len(names) == 1:
        return pages
    return [replace(page, name=f"{path.name} [{page.sheet}]") for page in pages]


def _kind(path: Path) -> str:
    """Tell what a file holds: a ZIP or OLE workbook of some program, or marked-up text."""
    with path.open("rb") as stream:
        start = stream.read(_LOOKED_AT)
    if start.startswith(b"PK"):
        with open_zip(path) as archive:
            names = set(archive.namelist())
        return "xlsx" if "xl/workbook.xml" in names else "ods" if "content.xml" in names else ""
    if start.startswith(_OLE):
        return "xls"
    return "xml" if _SPREADSHEET_XML.search(start.replace(b"\0", b"")) else "html"


@contextmanager
def _calamine(path: Path, kind: str) -> Iterator[python_calamine.CalamineWorkbook]:
    try:
        if path.suffix.lower() in _ENDINGS[kind]:
            with python_calamine.load_workbook(path) as book:
                yield book
        else:
            # the name says another format than the file has
            with path.open("rb") as stream, python_calamine.load_workbook(stream) as book:
                yield book
    except BaseException as error:
        # some damage ends the library's own code, which raises what is no Exception
        panicked = type(error).__name__ == "PanicException"
        if isinstance(error, SibangkitError) or not (panicked or isinstance(error, _FAULTS)):
            raise
        raise unreadable(path) from error


def _hidden(book: python_calamine.CalamineWorkbook) -> dict[str, bool]:
    """List the sheets that have cells, and which are hidden."""
    return {
        one.name: one.visible != _VISIBLE for one in book.sheets_metadata if one.typ == _WORKSHEET
    }


def _opened(
    path: Path, kind: str, book: python_calamine.CalamineWorkbook, hidden: dict[str, bool]
) -> list[Page]:
    """Read sheets by the reader that tells of them what calamine does not, where there is need."""
    if kind == "xlsx":
        return _of_xlsx(path, book, hidden)
    return [_read(path, book, name, Seen(hidden=one)) for name, one in hidden.items()]


def _of_xlsx(
    path: Path, book: python_calamine.CalamineWorkbook, hidden: dict[str, bool]
) -> list[Page]:
    if len(hidden) > limits.SHEETS:
        msg = f"{path.name}: the workbook has {len(hidden):,} sheets, more than {limits.SHEETS}"
        raise DataError(msg, remedy="Keep the sheets with data only.")
    looks = {name: look_at(path, name, hidden=one) for name, one in hidden.items()}
    large = sum(cells for _, cells in looks.values()) > limits.CELLS
    turned = turns_numbers(path)
    pages: list[Page] = []
    for name, (seen, _) in looks.items():
        streamed = StreamedSheet(path, path.name, name, seen)
        if large:
            pages.append(streamed)
        else:
            pages.append(streamed.held() if turned else _read(path, book, name, seen))
    return pages


def _read(path: Path, book: python_calamine.CalamineWorkbook, name: str, seen: Seen) -> SheetCells:
    sheet = book.get_sheet_by_name(name)
    # row by row, so that its cells are held once; columns before the first filled one are not given
    before = [""] * sheet.start[1] if sheet.start else []
    rows = [[*before, *map(_text, row)] for row in sheet.iter_rows()]
    if not seen.merged:
        merged = (Range(*first, *last) for first, last in sheet.merged_cell_ranges or ())
        seen = replace(seen, merged=tuple(merged))
    return SheetCells(path.name, rows, name, seen)


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, dt.datetime):
        return date_text(cell)
    return "" if cell is None else str(cell)
