"""Sheets of a workbook written: formats, widths, print settings, and links from the first one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter

from sibangkit_geo.products.tables import formula_safe
from sibangkit_geo.products.words import date_words, result_sentences, say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from sibangkit_geo.model.types import Indicator
    from sibangkit_geo.products.result import Analysis

# a spreadsheet turns "#,##0.0" into the marks of its reader's language: 1.234,5
_FORMATS = {"share": "0.0%", "count": "#,##0", "index": "#,##0.000", "rupiah": "#,##0", "year": "0",
            "points": "+0.0;-0.0;0.0"}  # fmt: skip
_WIDEST, _NARROWEST, _MONEY, _HEAD_SHARE = 50, 9, 18, 0.55
_SUMMARY_WIDTHS = (30, 90)
# height of a line of type, points; ISO paper number of xlsxwriter
_LINE, _HEAD_LINES, _A4 = 15, 3, 9
# a heading that stands upright: its narrowest column, room beside a number, and its height
_UPRIGHT, _BESIDE, _UPRIGHT_HEIGHT = 6.4, 1.4, 175
# signs across a page of A4, at half the size of a screen: what is wider takes more pages
_ACROSS = 320
_MARGIN_INCHES = 0.4
# of a spreadsheet: length of a sheet's name, signs that it may not have, names that it keeps
_LONGEST, _REFUSED, _KEPT = 31, re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]"), {"history"}


class _SafeSheet(xlsxwriter.worksheet.Worksheet):  # type: ignore[misc]  # has no types
    def _write_string(self, row: int, column: int, text: str, style: Any = None) -> int:  # noqa: ANN401
        return int(super()._write_string(row, column, formula_safe(text), style))


class SafeWorkbook(xlsxwriter.Workbook):  # type: ignore[misc]  # has no types
    """A workbook in which no cell is a formula, becomes one as CSV, or leads out of it."""

    worksheet_class = _SafeSheet

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
        )


@dataclass(frozen=True, slots=True)
class Page:
    """
    One sheet: its table, how columns are called and written, and a line above.

    `total`: Column to what stands in the last row, below what can be filtered; empty for none.
    `indicators`: Column to the indicator that it is of.
    `family`: What the dictionary calls all sheets with these columns; empty: the sheet's own name.
    `upright`: Columns whose headings stand upright.
    """

    name: str
    table: pd.DataFrame
    names: Mapping[str, str]
    kinds: Mapping[str, str]
    lead: str = ""
    widths: tuple[int, ...] = field(default=())
    total: Mapping[str, object] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    family: str = ""
    upright: tuple[str, ...] = ()


def sheet_name(wanted: str, taken: Collection[str]) -> str:
    r"""
    Name a sheet as a spreadsheet allows it.

    Parameters
    ----------
    wanted
        Words.
    taken
        Names of the other sheets.

    Returns
    -------
    name
        31 signs at most, none of ``[]:*?/\``, unlike the others also in small letters.

    Examples
    --------
    >>> sheet_name("Kec. Suak Tapeh/Betung", ["kec. suak tapeh betung"])
    'Kec. Suak Tapeh Betung (2)'
    """
    plain = " ".join(_REFUSED.sub(" ", wanted).split()).strip("' ") or "-"
    known = {one.casefold() for one in taken} | _KEPT
    number, name = 1, plain[:_LONGEST].strip("' ")
    while name.casefold() in known:
        number += 1
        mark = f" ({number})"
        name = plain[: _LONGEST - len(mark)].strip("' ") + mark
    return name


def write_pages(product: Analysis, pages: Sequence[Page], path: Path) -> None:
    """Write sheets as a workbook, after one that says what they are and leads to them."""
    created = product.provenance.created
    temporary = path.with_name(f".{path.name}.tmp")
    with SafeWorkbook(temporary) as book:
        book.set_properties({"title": product.title, "created": datetime.fromisoformat(created)})
        formats = _formats(book)
        _summary(book, product, pages, formats)
        for page in pages:
            _write(book, page, formats)
    temporary.replace(path)


def _formats(book: xlsxwriter.Workbook) -> dict[str, Any]:
    top, shade = {"valign": "top"}, {"bg_color": "#F2ECE4"}
    text = {**top, "text_wrap": True, "align": "left", "indent": 1}
    head = {**shade, "bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"}
    last = {**shade, "bold": True, "top": 1}
    made = {name: book.add_format({**top, "num_format": one}) for name, one in _FORMATS.items()}
    made |= {
        f"total_{name}": book.add_format({**last, **top, "num_format": one})
        for name, one in _FORMATS.items()
    }
    return made | {
        "text": book.add_format(text),
        "total_text": book.add_format({**text, **last}),
        "head": book.add_format(head),
        "upright": book.add_format({**head, "rotation": 90, "valign": "bottom", "font_size": 9}),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#861A3A"}),
        "label": book.add_format({**top, "bold": True}),
        "lead": book.add_format({"italic": True, "font_color": "#555555"}),
        "link": book.add_format({**text, "font_color": "#0B3D91", "underline": 1}),
    }


def _summary(
    book: xlsxwriter.Workbook,
    product: Analysis,
    pages: Sequence[Page],
    formats: Mapping[str, Any],
) -> None:
    sheet = book.add_worksheet(say("book_summary"))
    sheet.hide_gridlines(2)
    for at, width in enumerate(_SUMMARY_WIDTHS):
        sheet.set_column(at, at, width)
    sheet.write_string(0, 0, product.title, formats["title"])
    row = 2
    for label, lines in _facts(product):
        sheet.write_string(row, 0, label, formats["label"])
        for line in lines:
            lined = math.ceil(len(line) / _SUMMARY_WIDTHS[1])
            if lined > 1:
                sheet.set_row(row, lined * _LINE)
            sheet.write_string(row, 1, line, formats["text"])
            row += 1
        row += 1
    sheet.write_string(row, 0, say("book_about"), formats["label"])
    for page in pages:
        target = page.name.replace("'", "''")
        told = say("book_content", name=page.name, n=len(page.table))
        sheet.write_url(row, 1, f"internal:'{target}'!A1", formats["link"], formula_safe(told))
        row += 1
    sheet.print_area(0, 0, row - 1, 1)
    _printed(sheet, across=sum(_SUMMARY_WIDTHS))


def _facts(product: Analysis) -> list[tuple[str, list[str]]]:
    headline, sentences = result_sentences(product.found)
    place = say("document_subtitle", regency=product.regency_name, year=product.year)
    made = say(
        "document_made",
        date=date_words(product.provenance.created),
        version=product.provenance.versions["sibangkit_geo"],
    )
    return [
        (product.regency_name, [place, made]),
        (say("chapter_summary"), [f"{headline}.", *sentences]),
        (say("annex.notes").capitalize(), [*filter(None, (product.estimate_line,
                                                          product.caveat_line))]),
        (say("document_method_how"), [product.method_line]),
        (say("document_method_sources"), list(product.source_lines)),
    ]  # fmt: skip


def _write(book: xlsxwriter.Workbook, page: Page, formats: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet(page.name)
    sheet.set_landscape()
    if page.table.empty:
        sheet.write_string(0, 0, page.lead or say("book_no_rows"), formats["lead"])
        sheet.print_area(0, 0, 0, 0)
        _printed(sheet)
        return
    top = 1 if page.lead else 0
    if page.lead:
        sheet.write_string(0, 0, page.lead, formats["lead"])
    columns = list(page.table.columns)
    last = top + len(page.table)
    lines: dict[int, int] = {}
    wide = []
    for at, column in enumerate(columns):
        head = formats["upright" if column in page.upright else "head"]
        sheet.write_string(top, at, page.names[column], head)
        values = page.table[column].tolist()
        wide.append(_column_width(page, at, values))
        sheet.set_column(at, at, wide[-1])
        _column(sheet, values, (top + 1, at), kind=page.kinds[column], formats=formats)
        _count_lines(lines, values, first=top + 1, width=wide[-1])
        if page.total:
            _cell(sheet, (last + 1, at), page.total.get(column, ""), page.kinds[column], formats)
    for row, lined in lines.items():
        # not every program gives a row room for its longest text by itself
        sheet.set_row(row, lined * _LINE)
    sheet.set_row(top, _UPRIGHT_HEIGHT if page.upright else _HEAD_LINES * _LINE)
    named = {"name", "nama", "desa"}
    frozen = next((at + 1 for at, one in enumerate(columns) if one in named), 0)
    sheet.freeze_panes(top + 1, frozen)
    sheet.autofilter(top, 0, last, len(columns) - 1)
    sheet.repeat_rows(top)
    sheet.print_area(0, 0, last + bool(page.total), len(columns) - 1)
    _printed(sheet, across=sum(wide), repeated=frozen)


def _column_width(page: Page, at: int, values: Sequence[object]) -> float:
    column = str(page.table.columns[at])
    if page.widths:
        return page.widths[at]
    if column in page.upright:
        numbers = [float(one) for one in (*values, page.total.get(column)) if _known(one)]  # type: ignore[arg-type]
        largest = max(map(abs, numbers), default=0.0)
        signs = len("100.0%") if page.kinds[column] == "share" else len(f"{largest:,.0f}")
        return max(_UPRIGHT, signs + _BESIDE)
    least = _MONEY if page.kinds[column] == "rupiah" else _NARROWEST
    return _width([*values, page.total.get(column)], page.names[column], least)


def _column(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    values: Sequence[object],
    place: tuple[int, int],
    *,
    kind: str,
    formats: Mapping[str, Any],
) -> None:
    number, text = formats.get(kind), formats["text"]
    row, at = place
    for down, value in enumerate(values, start=row):
        if isinstance(value, str):
            if value:
                sheet.write_string(down, at, value, text)
        elif _known(value):
            sheet.write_number(down, at, float(value), number)  # type: ignore[arg-type]


def _cell(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    place: tuple[int, int],
    value: object,
    kind: str,
    formats: Mapping[str, Any],
) -> None:
    """Write a cell of the last row; what is unknown stays empty there too."""
    if isinstance(value, str) and value:
        sheet.write_string(*place, value, formats["total_text"])
    elif isinstance(value, str) or not _known(value):
        sheet.write_blank(*place, None, formats["total_text"])
    else:
        sheet.write_number(*place, float(value), formats[f"total_{kind}"])  # type: ignore[arg-type]


def _known(value: object) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    # what is missing from a column of whole numbers is no number either
    return value is not None and hasattr(value, "__float__")


def _count_lines(
    lines: dict[int, int], values: Sequence[object], *, first: int, width: float
) -> None:
    for row, value in enumerate(values, start=first):
        if isinstance(value, str) and len(value) > width:
            lines[row] = max(lines.get(row, 1), math.ceil(len(value) / width))


def _width(values: Sequence[object], name: str, least: float) -> float:
    words = max((len(one) + 2 for one in values if isinstance(one, str)), default=0)
    # long headings are wrapped over two or three lines
    head = max(len(name) * _HEAD_SHARE, *(len(word) + 2 for word in name.split()))
    return min(_WIDEST, max(least, words, head))


def _printed(sheet: Any, *, across: float = 0, repeated: int = 0) -> None:  # noqa: ANN401
    """Fit the columns to the width of a page, or to so many pages that they can be read."""
    sheet.set_paper(_A4)
    sheet.set_margins(left=_MARGIN_INCHES, right=_MARGIN_INCHES, top=0.5, bottom=0.6)
    pages = max(1, math.ceil(across / _ACROSS))
    sheet.fit_to_pages(pages, 0)
    if pages > 1 and repeated:
        sheet.repeat_columns(0, repeated - 1)
    sheet.set_footer("&L&A&R&P / &N")
