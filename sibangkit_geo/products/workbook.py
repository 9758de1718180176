"""The open tables as one workbook, for those who work in a spreadsheet."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from sibangkit_geo.products.blocks import worded
from sibangkit_geo.products.tables import KINDS, aliases, change_table, formula_safe, kind_of
from sibangkit_geo.products.words import date_words, listing, result_sentences, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.agencies.budget import BudgetTables
    from sibangkit_geo.products.atlas import WaveChange
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.tables import OpenTables

BOOK_NAME = "buku_kerja.xlsx"
_WORDS = {
    "evidence": {
        "strict": "bukti kuat",
        "indicative": "indikatif",
        "wide": "pola luas, bukan kantong",
    }
}
# a spreadsheet turns "#,##0.0" into the marks of its reader's language: 1.234,5
_FORMATS = {"share": "0.0%", "count": "#,##0", "index": "#,##0.000", "rupiah": "#,##0", "year": "0",
            "points": "+0.0;-0.0;0.0"}  # fmt: skip
_WIDEST, _NARROWEST, _MONEY, _HEAD_SHARE = 50, 9, 18, 0.55
_NOTE_WIDTHS = (22, 110, 10)
_SUMMARY_WIDTHS = (30, 90)
# height of a line of type, points; ISO paper number of xlsxwriter
_LINE, _HEAD_LINES, _A4 = 15, 3, 9
_FITTING, _SCALE = 20, 60


class _SafeSheet(xlsxwriter.worksheet.Worksheet):  # type: ignore[misc]  # has no types
    def _write_string(self, row: int, column: int, text: str, style: Any = None) -> int:  # noqa: ANN401
        return int(super()._write_string(row, column, formula_safe(text), style))


class SafeWorkbook(xlsxwriter.Workbook):  # type: ignore[misc]  # has no types
    """A workbook in which no cell is, or becomes when saved as CSV, a formula or a link."""

    worksheet_class = _SafeSheet

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: its table, how columns are called and written, and a line above."""

    name: str
    table: pd.DataFrame
    names: Mapping[str, str]
    kinds: Mapping[str, str]
    lead: str = ""
    widths: tuple[int, ...] = field(default=())


def write_workbook(
    product: Analysis,
    tables: OpenTables,
    path: Path,
    *,
    budget: BudgetTables | None = None,
    changes: Sequence[WaveChange] = (),
) -> None:
    """
    Write the tables of a study as a workbook; it has no formula.

    `tables`: Of the same study; those without rows give an empty sheet.
    `changes`: Since each earlier wave; a sheet of it only where there are any.
    """
    write_pages(product, _pages(product, tables, budget, changes), path)


def write_pages(product: Analysis, pages: Sequence[Page], path: Path) -> None:
    """Write sheets as a workbook, after one that says what they are."""
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
    made = {name: book.add_format({**top, "num_format": one}) for name, one in _FORMATS.items()}
    return made | {
        "text": book.add_format({**top, "text_wrap": True, "align": "left", "indent": 1}),
        "head": book.add_format(
            {**shade, "bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"}
        ),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#861A3A"}),
        "label": book.add_format({**top, "bold": True}),
        "lead": book.add_format({"italic": True, "font_color": "#555555"}),
    }


def _pages(
    product: Analysis,
    tables: OpenTables,
    budget: BudgetTables | None,
    changes: Sequence[WaveChange],
) -> list[Page]:
    return [
        village_page(product, tables),
        _pockets(product),
        plain_page(say("book_needs"), tables.needs),
        plain_page(say("book_targeting"), tables.targeting),
        plain_page(say("book_budget"), _budget(product, budget)),
        plain_page(say("book_verdicts"), tables.verdicts),
        *([plain_page(say("book_pledges"), tables.promises)] if product.pledges else []),
        *([_changes(product, changes)] if changes else []),
        note_page(product),
        plain_page(say("book_dictionary"), tables.dictionary),
    ]


def plain_page(name: str, table: pd.DataFrame) -> Page:
    """Make a sheet of a table that has its words already."""
    columns = [str(one) for one in table.columns]
    return Page(name, table, aliases(columns, ()), {one: kind_of(one, ()) for one in columns})


def _budget(product: Analysis, budget: BudgetTables | None) -> pd.DataFrame:
    if budget is None:
        return pd.DataFrame()
    parts = []
    for table, word in (
        (budget.plan.chosen, say("book_budget_in")),
        (budget.pledged, say("book_budget_pledged")),
        (budget.plan.left_out, say("book_budget_out")),
    ):
        if len(table):
            shown = worded(table, product)
            shown.insert(0, "status_anggaran", word)
            parts.append(shown)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def village_page(product: Analysis, tables: OpenTables) -> Page:
    """Rank the villages by the first indicator, the worst first."""
    table, indicators = tables.listed, product.measured.indicators
    first = indicators[0]
    wanted = ["village_code", "name", "district_name", "status", "people", "households"]
    for one in indicators:
        wanted += [*filter(None, (one.count_column,)), one.name]
    wanted += ["headcount_low", "headcount_high", "reliability", "lead_agency", "acting_agencies",
               "pocket", "pocket_name", "evidence", "membership", "wide_area"]  # fmt: skip
    kept = [one for one in dict.fromkeys(wanted) if one in table]
    order = (
        table[first.name]
        .sort_values(ascending=first.worse == "low", kind="stable", na_position="last")
        .index
    )
    shown = table.loc[order, kept].astype(object)
    for column, words in _WORDS.items():
        shown[column] = shown[column].map(lambda one, words=words: words.get(one, one))
    for column in ("lead_agency", "acting_agencies"):
        if column in shown:
            shown[column] = shown[column].map(lambda keys: _agencies(keys, product))
    rank = table.loc[order, first.name].rank(ascending=first.worse == "low", method="min")
    shown.insert(0, "peringkat", rank)
    return Page(
        say("book_villages"), shown,
        {**aliases(kept, indicators), **_counts(product), "peringkat": say("book_rank")},
        {str(one): kind_of(str(one), indicators) for one in shown},
        say("book_rank_note", label=first.label[:1].lower() + first.label[1:]),
    )  # fmt: skip


def _counts(product: Analysis) -> dict[str, str]:
    return {
        one.count_column: f"{one.label}: {one.count_label or 'jumlah'}"
        for one in product.measured.indicators
        if one.count_column and one.count_column != "poor_households"
    }


def _agencies(keys: object, product: Analysis) -> object:
    if not isinstance(keys, str):
        return keys
    return ", ".join(product.catalogue.names.get(one, one) for one in keys.split())


def _pockets(product: Analysis) -> Page:
    outlines = pd.DataFrame(product.found.outlines.drop(columns="geometry"))
    table = outlines.rename_axis("pocket").reset_index()
    table["pocket"] = table["pocket"].astype("Int64")
    lead = f"{result_sentences(product.found)[0]}."
    if product.found.wide is not None and len(product.found.wide):
        areas = pd.DataFrame(product.found.wide.drop(columns="geometry"))
        areas.insert(0, "pocket", pd.Series(pd.NA, index=areas.index, dtype="Int64"))
        table = areas if table.empty else pd.concat([table, areas], ignore_index=True)
        lead = f"{lead} {say('book_wide_note')}"
    table["evidence"] = table["evidence"].map(_WORDS["evidence"])
    order = ["pocket", "name", "evidence", "n_villages", "households", "poor", "rate", "expected",
             "relative_risk", "relative_risk_low", "relative_risk_high", "p_value"]  # fmt: skip
    return Page(
        say("book_pockets"), table.reindex(columns=order), aliases(order, ()),
        {one: kind_of(one, ()) for one in order}, lead,
    )  # fmt: skip


def _changes(product: Analysis, changes: Sequence[WaveChange]) -> Page:
    table = change_table(product, changes)
    columns = [str(one) for one in table]
    kinds = {one: KINDS.get(one, "text") for one in columns}
    return Page(say("book_change"), table, aliases(columns, ()), kinds, changes[-1].summary)


def note_page(product: Analysis) -> Page:
    """List the notes, and what the products cannot answer."""
    head = listing("book_notes_head")
    rows = [(say("book_note_data"), one.text, one.count or None) for one in product.notes]
    rows += [(say("book_note_limit"), one, None) for one in product.honesty]
    table = pd.DataFrame(rows, columns=list(head))
    return Page(
        say("book_notes"), table, {one: one for one in head}, dict.fromkeys(head, "count"),
        widths=_NOTE_WIDTHS,
    )  # fmt: skip


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
    for label, lines in _facts(product, pages):
        sheet.write_string(row, 0, label, formats["label"])
        for line in lines:
            _tall(sheet, row, [(line, _SUMMARY_WIDTHS[1])])
            sheet.write_string(row, 1, line, formats["text"])
            row += 1
        row += 1
    _printed(sheet, columns=2)


def _facts(product: Analysis, pages: Sequence[Page]) -> list[tuple[str, list[str]]]:
    headline, sentences = result_sentences(product.found)
    place = say("document_subtitle", regency=product.regency_name, year=product.year)
    made = say(
        "document_made",
        date=date_words(product.provenance.created),
        version=product.provenance.versions["sibangkit_geo"],
    )
    contents = [f"{one.name}: {len(one.table)} baris" for one in pages]
    return [
        (product.regency_name, [place, made]),
        (say("chapter_summary"), [f"{headline}.", *sentences]),
        (say("annex.notes").capitalize(), [*filter(None, (product.estimate_line,
                                                          product.caveat_line))]),
        (say("document_method_how"), [product.method_line]),
        (say("document_method_sources"), list(product.source_lines)),
        (say("book_about"), contents),
    ]  # fmt: skip


def _write(book: xlsxwriter.Workbook, page: Page, formats: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet(page.name)
    _printed(sheet, columns=len(page.table.columns), turned=True)
    if page.table.empty:
        sheet.write_string(0, 0, page.lead or say("book_no_rows"), formats["lead"])
        return
    top = 1 if page.lead else 0
    if page.lead:
        sheet.write_string(0, 0, page.lead, formats["lead"])
    columns = list(page.table.columns)
    wide = []
    for at, column in enumerate(columns):
        sheet.write_string(top, at, page.names[column], formats["head"])
        values = page.table[column].tolist()
        number = formats[page.kinds[column]]
        for row, value in enumerate(values, start=top + 1):
            _cell(sheet, (row, at), value, number=number, formats=formats)
        least = _MONEY if page.kinds[column] == "rupiah" else _NARROWEST
        wide.append(page.widths[at] if page.widths else _width(values, page.names[column], least))
        sheet.set_column(at, at, wide[-1])
    for row, cells in enumerate(page.table.itertuples(index=False), start=top + 1):
        _tall(sheet, row, zip(cells, wide, strict=True))
    sheet.set_row(top, _HEAD_LINES * _LINE)
    frozen = next((at + 1 for at, one in enumerate(columns) if one in {"name", "nama", "desa"}), 0)
    sheet.freeze_panes(top + 1, frozen)
    sheet.autofilter(top, 0, top + len(page.table), len(columns) - 1)
    sheet.repeat_rows(top)


def _cell(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    place: tuple[int, int],
    value: object,
    *,
    number: object,
    formats: Mapping[str, Any],
) -> None:
    if isinstance(value, str):
        if value:
            sheet.write_string(*place, value, formats["text"])
    elif value is not None and not pd.isna(value):  # type: ignore[call-overload]
        sheet.write_number(*place, float(value), number)  # type: ignore[arg-type]


def _tall(sheet: Any, row: int, cells: Iterable[tuple[object, float]]) -> None:  # noqa: ANN401
    """Give a row room for its longest text: not every program does so by itself."""
    lines = max(
        (math.ceil(len(one) / width) for one, width in cells if isinstance(one, str)), default=1
    )
    if lines > 1:
        sheet.set_row(row, lines * _LINE)


def _width(values: Sequence[object], name: str, least: float) -> float:
    words = max((len(one) + 2 for one in values if isinstance(one, str)), default=0)
    # long headings are wrapped over two or three lines
    head = max(len(name) * _HEAD_SHARE, *(len(word) + 2 for word in name.split()))
    return min(_WIDEST, max(least, words, head))


def _printed(sheet: Any, *, columns: int, turned: bool = False) -> None:  # noqa: ANN401
    sheet.set_paper(_A4)
    if turned:
        sheet.set_landscape()
    if columns > _FITTING:
        # a page as wide as this could not be read
        sheet.set_print_scale(_SCALE)
        sheet.repeat_columns(0, 2)
    else:
        sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")
