"""XML Spreadsheet 2003, as older systems hand it out under the name of a workbook."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.cells import Range, Seen, SheetCells
from sibangkit_geo.sources.readers.formats import PLAIN, Shown, date_text, read_format
from sibangkit_geo.sources.readers.html_table import require_size

if TYPE_CHECKING:
    from pathlib import Path

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_X = "{urn:schemas-microsoft-com:office:excel}"
# other names of formats ("Standard", "Fixed", "Currency") leave a number one; dates have a type
_NAMED = {"Percent": Shown("percent")}


@dataclass(slots=True)
class _Worksheet:
    """One sheet while it is read."""

    title: str
    styles: dict[str, Shown]
    rows: list[list[str]] = field(default_factory=list)
    hidden: bool = False
    filtered: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    column_styles: dict[int, str] = field(default_factory=dict)
    next_column: int = 0
    merged: list[Range] = field(default_factory=list)
    unvalued: list[tuple[int, int]] = field(default_factory=list)

    def column(self, element: etree._Element) -> None:
        """Read what is said of one or more columns."""
        first = _number(element, "Index", self.next_column + 1) - 1
        self.next_column = min(first + _number(element, "Span", 0), limits.COLUMNS) + 1
        for place in range(first, self.next_column):
            if element.get(f"{_SS}Hidden") == "1":
                self.hidden_columns.append(place)
            self.column_styles[place] = element.get(f"{_SS}StyleID", "")

    def row(self, element: etree._Element) -> int:
        """Read a row, and count its cells."""
        top = _number(element, "Index", len(self.rows) + 1) - 1
        if not len(self.rows) <= top < limits.SHEET_ROWS:
            msg = "a row number that no spreadsheet has"
            raise ValueError(msg)
        self.rows.extend([] for _ in range(top - len(self.rows)))
        row: list[str] = []
        place = 0
        for cell in element.iterchildren(f"{_SS}Cell"):
            before, place = place, _number(cell, "Index", place + 1) - 1
            if place < before:
                msg = "a cell that says it stands before the one before it"
                raise ValueError(msg)
            if place > limits.COLUMNS:
                break
            style = cell.get(f"{_SS}StyleID") or element.get(f"{_SS}StyleID")
            shown = self.styles.get(style or self.column_styles.get(place, ""), PLAIN)
            row.extend([""] * (place - len(row)))
            row.append(_text(cell.find(f"{_SS}Data"), shown))
            across, down = _number(cell, "MergeAcross", 0), _number(cell, "MergeDown", 0)
            if across or down:
                self.merged.append(Range(top, place, top + down, place + across))
            if cell.get(f"{_SS}Formula") and cell.find(f"{_SS}Data") is None:
                self.unvalued.append((top + 1, place))
            place += across + 1
        self.rows.append(row)
        if element.get(f"{_SS}Hidden") == "1" and any(row):
            self.hidden_rows.append(top + 1)
        self.rows.extend([] for _ in range(min(_number(element, "Span", 0), limits.SHEET_ROWS)))
        return len(row)

    def cells(self, path: Path) -> SheetCells:
        """Hand the sheet on."""
        seen = Seen(
            kind=f"XML Spreadsheet 2003, walau namanya berakhir {path.suffix}",
            hidden=self.hidden,
            hidden_rows=tuple(self.hidden_rows),
            filtered=self.filtered,
            hidden_columns=tuple(self.hidden_columns),
            merged=tuple(self.merged),
            unvalued=tuple(self.unvalued),
        )
        return SheetCells(path.name, self.rows, self.title, seen)


def xml_sheets(path: Path) -> list[SheetCells]:
    """
    Read the sheets of an XML Spreadsheet 2003.

    Returns: In the order of the file.
    Raises DataError: The file is far too large, damaged, or holds no sheet.
    """
    require_size(path)
    styles: dict[str, Shown] = {}
    sheets: list[_Worksheet] = []
    cells = 0
    try:
        for event, element in etree.iterparse(
            io.BytesIO(path.read_bytes().lstrip()), events=("start", "end"), load_dtd=False,
            resolve_entities=False, no_network=True, remove_comments=True,
        ):  # fmt: skip
            if event == "start":
                if element.tag == f"{_SS}Worksheet":
                    sheets.append(_Worksheet(element.get(f"{_SS}Name", ""), styles))
            elif element.tag == f"{_SS}Style":
                styles[element.get(f"{_SS}ID", "")] = _style(element, styles)
            elif sheets:
                cells += _take(sheets[-1], element)
                require_size(path, cells=cells)
    except (etree.LxmlError, ValueError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"{path.name}: this XML Spreadsheet is damaged or cut off"
        raise DataError(msg, remedy="Open it in Excel and save it as XLSX.") from error
    if not sheets:
        msg = f"{path.name}: the workbook has no sheet"
        raise DataError(msg, remedy="Export it again.")
    return [one.cells(path) for one in sheets]


def _take(sheet: _Worksheet, element: etree._Element) -> int:
    """Read an element that ends, and count the cells that it adds."""
    if element.tag == f"{_SS}Row":
        count = sheet.row(element)
        element.clear()
        return count
    if element.tag == f"{_SS}Column":
        sheet.column(element)
    elif element.tag == f"{_X}Visible":
        sheet.hidden = element.text in {"SheetHidden", "SheetVeryHidden"}
    elif element.tag == f"{_X}AutoFilterColumn":
        sheet.filtered = True
    return 0


def _number(element: etree._Element, name: str, otherwise: int) -> int:
    text = element.get(f"{_SS}{name}")
    return max(int(text), 0) if text else otherwise


def _style(element: etree._Element, styles: dict[str, Shown]) -> Shown:
    form = element.find(f"{_SS}NumberFormat")
    if form is None:
        return styles.get(element.get(f"{_SS}Parent", "Default"), PLAIN)
    code = form.get(f"{_SS}Format", "")
    shown = _NAMED.get(code) or read_format(code)
    return PLAIN if shown.kind == "date" else shown


def _text(data: etree._Element | None, shown: Shown) -> str:
    if data is None:
        return ""
    text = "".join(data.itertext()).strip()
    kind = data.get(f"{_SS}Type")
    if kind == "Number" and text:
        return shown.text(float(text))
    if kind == "DateTime" and text:
        # a time of day alone stands on the day before the first one
        return date_text(dt.datetime.fromisoformat(text))
    if kind == "Boolean":
        return "TRUE" if text == "1" else "FALSE"
    return text
