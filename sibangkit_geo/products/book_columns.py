"""What every column of a workbook means: its last sheet, made of the sheets before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.products.book_writer import Page, sheet_name
from sibangkit_geo.products.column_meanings import meanings
from sibangkit_geo.products.tables import aliases
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.model.types import Indicator

_COLUMNS = ("lembar", "kolom", "arti", "satuan", "penyebut", "ujung_buruk", "sumber", "tahun_data",
            "keterangan")  # fmt: skip
_WORSE = {"high": "tinggi", "low": "rendah"}
_WIDTHS = (24, 44, 60, 14, 24, 12, 30, 10, 40)


def with_dictionary(pages: Sequence[Page]) -> list[Page]:
    """
    Name sheets as a spreadsheet allows it, and end with what their columns mean.

    Grain: one row per column of every sheet; sheets with the same columns are told once.
    """
    taken = [say("book_summary"), say("book_dictionary")]
    named: list[Page] = []
    for page in pages:
        name = sheet_name(page.name, taken)
        taken.append(name)
        family = name if page.family in {"", page.name} else page.family
        named.append(replace(page, name=name, family=family))
    own = pd.DataFrame(columns=list(_COLUMNS), dtype=object)
    heads = aliases(_COLUMNS, ())
    empty = Page(
        say("book_dictionary"), own, heads,
        dict.fromkeys(_COLUMNS, "text") | {"tahun_data": "year"},
        widths=_WIDTHS, family=say("book_dictionary"),
    )  # fmt: skip
    told: dict[str, Page] = {}
    for page in (*named, empty):
        if page is empty or not page.table.empty:
            told.setdefault(page.family, page)
    rows = [_row(page, str(column)) for page in told.values() for column in page.table]
    return [*named, replace(empty, table=pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object))]


def _row(page: Page, column: str) -> dict[str, object]:
    # a column of the table of needs stands once for every need
    stem, _, need = column.partition("|")
    row: dict[str, object] = {
        "lembar": page.family,
        "kolom": page.names[column],
        "arti": meanings().get(stem, ""),
        "satuan": say(f"book_unit_{_unit(page, column)}"),
    }
    indicator = page.indicators.get(column)
    if indicator is None:
        return row
    share = stem.startswith("porsi_") if need else stem == indicator.name
    return row | {
        # an indicator's own words tell its rule, such as the deciles that count as poor
        "arti": row["arti"] if need and row["arti"] else _of_indicator(column, indicator),
        "penyebut": indicator.denominator if share else "",
        "ujung_buruk": _WORSE[indicator.worse],
        "sumber": indicator.source,
        "tahun_data": indicator.year,
        "keterangan": indicator.note or say("book_estimate"),
    }


def _unit(page: Page, column: str) -> str:
    words = any(isinstance(one, str) for one in page.table[column])
    return "text" if words else page.kinds[column]


def _of_indicator(column: str, indicator: Indicator) -> str:
    return indicator.count_label if column == indicator.count_column else indicator.label
