"""
ODS with the formats of its numbers, hidden rows and merged cells.

calamine tells none of them, reads broken XML for ever, and takes as much memory as repeated cells
claim to need.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from lxml import etree

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.archives import open_zip
from sibangkit_geo.sources.readers.cells import Range, Seen, SheetCells
from sibangkit_geo.sources.readers.formats import PLAIN, Shown, date_text, read_format
from sibangkit_geo.sources.readers.grid import number_text
from sibangkit_geo.sources.readers.xlsx_stream import damaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_OFFICE, _TABLE, _TEXT = _URN % "office", _URN % "table", _URN % "text"
_STYLE, _FORM = _URN % "style", _URN % "datastyle"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")


@dataclass(slots=True)
class _Tables:
    """
    The sheets while they are read.

    `styles`: How a cell style shows a number.
    `unseen`: Styles of hidden sheets.
    `columns`: Style of the cells of each column that have none of their own.
    """

    path: Path
    styles: dict[str, Shown] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    done: list[SheetCells] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    number: int = 0
    cells: int = 0
    columns: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    filtered: bool = False
    merged: list[Range] = field(default_factory=list)
    unvalued: list[tuple[int, int]] = field(default_factory=list)

    def column(self, element: etree._Element) -> None:
        """Read what is said of one or more columns."""
        first = len(self.columns)
        count = min(_repeated(element, "columns"), limits.COLUMNS + 1 - first)
        self.columns += [element.get(f"{_TABLE}default-cell-style-name", "")] * count
        if element.get(f"{_TABLE}visibility") in {"collapse", "filter"}:
            self.hidden_columns += range(first, len(self.columns))

    def row(self, element: etree._Element) -> None:
        """Read a row that may stand for several."""
        count = _repeated(element, "rows")
        row = self._cells(element)
        first, self.number = self.number, self.number + count
        if not any(row):
            return
        self.cells += len(row) * count
        if self.number > limits.SHEET_ROWS or self.cells > limits.CELLS:
            msg = "more rows than a spreadsheet has"
            raise ValueError(msg)
        self.rows.extend([] for _ in range(first - len(self.rows)))
        self.rows.extend([*row] for _ in range(count))
        shown = element.get(f"{_TABLE}visibility", "visible")
        if shown != "visible":
            self.hidden_rows += range(first + 1, self.number + 1)
            self.filtered |= shown == "filter"

    def _cells(self, element: etree._Element) -> list[str]:
        row: list[str] = []
        place = 0
        for cell in element.iterchildren(*_CELLS):
            count = min(_repeated(cell, "columns"), limits.COLUMNS + 1 - place)
            text = self._cell(cell, element, place)
            if text:
                row.extend([""] * (place - len(row)))
                row += [text] * count
            place += count
        return row

    def _cell(self, cell: etree._Element, row: etree._Element, place: int) -> str:
        if cell.tag == _CELLS[1]:
            return ""
        across = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
        down = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
        if across > 1 or down > 1:
            end = Range(self.number, place, self.number + down - 1, place + across - 1)
            self.merged.append(end)
        kind = cell.get(f"{_OFFICE}value-type", "")
        if cell.get(f"{_TABLE}formula") and not kind:
            self.unvalued.append((self.number + 1, place))
        column = self.columns[place] if place < len(self.columns) else ""
        style = cell.get(f"{_TABLE}style-name") or row.get(f"{_TABLE}default-cell-style-name")
        return _text(cell, kind, self.styles.get(style or column, PLAIN))

    def end(self, element: etree._Element) -> None:
        """Hand a sheet on, and begin anew."""
        seen = Seen(
            hidden=element.get(f"{_TABLE}style-name") in self.unseen,
            hidden_rows=tuple(self.hidden_rows), filtered=self.filtered,
            hidden_columns=tuple(self.hidden_columns), merged=tuple(self.merged),
            unvalued=tuple(self.unvalued),
        )  # fmt: skip
        title = element.get(f"{_TABLE}name", "")
        self.done.append(SheetCells(self.path.name, self.rows, title, seen))
        self.rows, self.columns, self.merged, self.unvalued = [], [], [], []
        self.hidden_rows, self.hidden_columns = [], []
        self.number, self.filtered = 0, False


def ods_sheets(path: Path) -> list[SheetCells]:
    """
    Read the sheets of an ODS file.

    Returns: In the order of the file.
    Raises DataError: The file is damaged or a bomb.
    """
    tables = _Tables(path)
    forms: dict[str, Shown] = {}
    try:
        with open_zip(path) as archive:
            parts = [one for one in ("styles.xml", "content.xml") if one in archive.namelist()]
            for one in parts:
                with archive.open(one) as stream:
                    _read(stream, tables, forms)
    except (zipfile.BadZipFile, KeyError, ValueError, etree.LxmlError, OSError) as error:
        if isinstance(error, DataError):
            raise
        raise damaged(path.name) from error
    return tables.done


def _read(stream: IO[bytes], tables: _Tables, forms: dict[str, Shown]) -> None:
    for _, element in etree.iterparse(
        stream, load_dtd=False, resolve_entities=False, no_network=True, remove_comments=True
    ):
        if element.tag == f"{_TABLE}table-row":
            tables.row(element)
            element.clear()
        elif element.tag == f"{_TABLE}table-column":
            tables.column(element)
        elif element.tag == f"{_TABLE}table":
            tables.end(element)
            element.clear()
        elif element.tag == f"{_FORM}number-style":
            forms[element.get(f"{_STYLE}name", "")] = _form(element)
        elif element.tag == f"{_STYLE}style":
            _style(element, tables, forms)


def _style(element: etree._Element, tables: _Tables, forms: Mapping[str, Shown]) -> None:
    name, family = element.get(f"{_STYLE}name", ""), element.get(f"{_STYLE}family")
    if family == "table-cell":
        own = element.get(f"{_STYLE}data-style-name")
        parent = tables.styles.get(element.get(f"{_STYLE}parent-style-name", ""), PLAIN)
        tables.styles[name] = forms.get(own, PLAIN) if own else parent
    elif family == "table":
        shown = element.find(f"{_STYLE}table-properties")
        if shown is not None and shown.get(f"{_TABLE}display") == "false":
            tables.unseen.add(name)


def _form(element: etree._Element) -> Shown:
    """Read a number style as the code of a format that says the same."""
    code = ""
    for part in element:
        if part.tag == f"{_FORM}text":
            code += f'"{part.text or ""}"'
        elif part.tag == f"{_FORM}number":
            digits = min(int(part.get(f"{_FORM}min-integer-digits", "0")), limits.COLUMNS)
            decimals = part.get(f"{_FORM}decimal-places", "0")
            if decimals != "0" or part.get(f"{_FORM}grouping") == "true":
                return PLAIN
            within = {
                int(one.get(f"{_FORM}position", "0")): one.text or ""
                for one in part.iterchildren(f"{_FORM}embedded-text")
            }
            for left in range(digits, 0, -1):
                code += f'"{within[left]}"0' if left in within else "0"
    return read_format(code)


def _repeated(element: etree._Element, what: str) -> int:
    return max(int(element.get(f"{_TABLE}number-{what}-repeated", "1")), 1)


def _text(cell: etree._Element, kind: str, shown: Shown) -> str:
    if kind in {"float", "currency", "percentage"}:
        value = float(cell.get(f"{_OFFICE}value", ""))
        return number_text(value, percent=True) if kind == "percentage" else shown.text(value)
    if kind == "boolean":
        return "TRUE" if cell.get(f"{_OFFICE}boolean-value") == "true" else "FALSE"
    if kind == "date":
        return date_text(dt.datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", "")))
    return "\n".join(_words(one) for one in cell.iterchildren(f"{_TEXT}p")).strip()


def _words(paragraph: etree._Element) -> str:
    return "".join(_pieces(paragraph))


def _pieces(element: etree._Element) -> Iterator[str]:
    """Take the words of a paragraph; runs of spaces are written as elements."""
    yield element.text or ""
    for one in element:
        if one.tag in {f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"}:
            yield " "
        else:
            yield from _pieces(one)
        yield one.tail or ""
