"""The open tables as one workbook, for those who work in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.model.types import Place
from sibangkit_geo.products.blocks import worded
from sibangkit_geo.products.book_columns import with_dictionary
from sibangkit_geo.products.book_writer import Page, write_pages
from sibangkit_geo.products.need_sheets import agency_pages, district_pages
from sibangkit_geo.products.tables import KINDS, aliases, change_table, kind_of
from sibangkit_geo.products.words import listing, numbered_names, result_sentences, say, told_grades

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sibangkit_geo.agencies.budget import BudgetTables
    from sibangkit_geo.products.atlas import WaveChange
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.tables import OpenTables

BOOK_NAME = "buku_kerja.xlsx"
_NOTE_WIDTHS = (22, 110, 10)


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


def _pages(
    product: Analysis,
    tables: OpenTables,
    budget: BudgetTables | None,
    changes: Sequence[WaveChange],
) -> list[Page]:
    pages = [
        village_page(product, tables),
        _pockets(product),
        plain_page(say("book_needs"), _numbered(product, tables.needs)),
        plain_page(say("book_targeting"), _numbered(product, tables.targeting)),
        plain_page(say("book_budget"), _budget(product, budget)),
        plain_page(say("book_verdicts"), tables.verdicts),
        *([plain_page(say("book_pledges"), tables.promises)] if product.pledges else []),
        *([_changes(product, changes)] if changes else []),
        *agency_pages(product, tables),
        *district_pages(product, tables),
        note_page(product),
    ]
    return with_dictionary(pages)


def plain_page(name: str, table: pd.DataFrame) -> Page:
    """Make a sheet of a table that has its words already."""
    columns = [str(one) for one in table.columns]
    return Page(name, table, aliases(columns, ()), {one: kind_of(one, ()) for one in columns})


def _numbered(product: Analysis, table: pd.DataFrame) -> pd.DataFrame:
    """Name pockets as the pages do, with their number."""
    if table.empty:
        return table
    names = {
        str(Place("pocket", str(number))): name
        for number, name in numbered_names(product.found).items()
    }
    told = zip(table["kode"], table["nama"], strict=True)
    return table.assign(nama=[names.get(code, name) for code, name in told])


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
    shown["evidence"] = told_grades(shown["evidence"])
    shown["status"] = [say(f"status_{one}") for one in shown["status"]]
    for column in ("lead_agency", "acting_agencies"):
        if column in shown:
            shown[column] = shown[column].map(lambda keys: _agencies(keys, product))
    rank = table.loc[order, first.name].rank(ascending=first.worse == "low", method="min")
    shown.insert(0, "peringkat", rank)
    told = {one.name: one for one in indicators}
    told |= {one.count_column: one for one in indicators if one.count_column}
    return Page(
        say("book_villages"), shown,
        {**aliases(kept, indicators), **_counts(product), "peringkat": say("book_rank")},
        {str(one): kind_of(str(one), indicators) for one in shown},
        say("book_rank_note", label=first.label[:1].lower() + first.label[1:]),
        indicators={one: told[one] for one in shown if one in told},
        upright=tuple(one for one in shown if one in told),
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
    table["evidence"] = told_grades(table["evidence"])
    order = ["pocket", "name", "evidence", "n_villages", "households", "poor", "rate", "expected",
             "relative_risk", "relative_risk_low", "relative_risk_high", "p_value"]  # fmt: skip
    return Page(
        say("book_pockets"), table.reindex(columns=order),
        aliases(order, ()) | {"name": say("book_pocket_name")},
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
