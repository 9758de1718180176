"""Wide sheets of a workbook: villages against needs, one per district and one per agency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.products.book_writer import Page
from sibangkit_geo.products.tables import LEVELS, aliases
from sibangkit_geo.products.words import numbered_names, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sibangkit_geo.model.types import Indicator
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.tables import OpenTables

_PLACE = ["village_code", "name", "district_name", "pocket_told"]
# columns of the table of needs, and how they are written
_COUNT, _SHARE, _BASE = "belum_terlayani", "porsi_belum_terlayani", "rumah_tangga_ditanya"
_SHORT = {_COUNT: "count", _SHARE: "share"}
_LONG = {_BASE: "count", **_SHORT, "kelebihan": "count", "peringkat_kelebihan": "count"}
# what a whole has too; an excess over itself and a rank of one say nothing
_OF_A_WHOLE = (_BASE, _COUNT, _SHARE)


@dataclass(frozen=True, slots=True)
class _Needs:
    """
    The published table of needs, so that every cell of it is found at once.

    `cells`: Level, code, need and column to the number; what is not there is unknown.
    `agencies`: Need to its agency, in the order of the table.
    """

    cells: Mapping[tuple[str, str, str, str], object]
    agencies: Mapping[str, str]
    defined: Mapping[str, Indicator]

    @classmethod
    def of(cls, product: Analysis, tables: OpenTables) -> _Needs:
        table = tables.needs
        keys = list(zip(table["tingkat"], table["kode"], table["kebutuhan"], strict=True))
        cells = {
            (*key, column): value
            for column in _LONG
            for key, value in zip(keys, table[column].tolist(), strict=True)
        }
        agencies = dict(zip(table["kebutuhan"], table["opd"], strict=True))
        defined = {one.label: one for one in product.measured.indicators}
        return cls(cells, agencies, {label: defined[label] for label in agencies})


def district_pages(product: Analysis, tables: OpenTables) -> list[Page]:
    """
    Set the villages of every district against all needs.

    Grain: one row per official village, one sheet per district.

    Returns: By code; none where no agency has a need.
    """
    if tables.needs.empty:
        return []
    needs, villages = _Needs.of(product, tables), _villages(product)
    pages = []
    for code, own in villages.groupby(product.measured.villages["district_code"]):
        name = say("place_district", name=own["district_name"].iloc[0])
        page = _page(name, needs, own, list(needs.agencies), columns=_SHORT)
        total = _total(needs, page, (LEVELS["district"], str(code)), told=name)
        pages.append(replace(page, total=total, family=say("book_family_districts")))
    return pages


def agency_pages(product: Analysis, tables: OpenTables) -> list[Page]:
    """
    Set all villages against the needs of every agency.

    Grain: one row per official village, one sheet per agency that has a need.
    """
    if tables.needs.empty:
        return []
    needs, villages = _Needs.of(product, tables), _villages(product)
    whole = (LEVELS["regency"], product.boundaries.regency)
    pages = []
    for agency in dict.fromkeys(needs.agencies.values()):
        own = [label for label, one in needs.agencies.items() if one == agency]
        page = _page(say("book_agency", name=agency), needs, villages, own, columns=_LONG)
        pages.append(replace(page, total=_total(needs, page, whole, told=product.regency_name)))
    return pages


def _villages(product: Analysis) -> pd.DataFrame:
    """List every official village with the name of its pocket, as the pages write it."""
    villages, found = product.measured.villages, product.found
    table = pd.DataFrame(villages[["name", "district_name"]]).rename_axis("village_code")
    inside = found.members.astype(int).map(numbered_names(found)).reindex(table.index)
    table["pocket_told"] = inside.astype(object).where(inside.notna(), "")
    return table


def _page(
    name: str,
    needs: _Needs,
    villages: pd.DataFrame,
    labels: Sequence[str],
    *,
    columns: Mapping[str, str],
) -> Page:
    """
    Set villages against needs; where nothing is known of a village its cells are empty.

    `columns`: Of the table of needs, to how they are written.
    """
    codes = [str(one) for one in villages.index]
    made: dict[str, list[object]] = {"village_code": list(codes)}
    made |= {one: villages[one].tolist() for one in _PLACE[1:]}
    names, kinds = aliases(_PLACE, ()), dict.fromkeys(_PLACE, "text")
    indicators, level = {}, LEVELS["village"]
    for label in labels:
        for column, kind in columns.items():
            key = f"{column}|{label}"
            made[key] = [needs.cells.get((level, code, label, column)) for code in codes]
            names[key] = say(f"book_need_{column}", label=label)
            kinds[key] = kind
            indicators[key] = needs.defined[label]
    table = pd.DataFrame(made, dtype=object)
    return Page(
        name, table, names, kinds, say("book_need_note"),
        indicators=indicators, upright=tuple(indicators),
    )  # fmt: skip


def _total(needs: _Needs, page: Page, whole: tuple[str, str], *, told: str) -> dict[str, object]:
    """Take for the last row what the table of needs says of the whole place: sum over sum."""
    total: dict[str, object] = {"name": say("book_total", name=told)}
    for key in page.indicators:
        column, _, label = key.partition("|")
        if column in _OF_A_WHOLE:
            total[key] = needs.cells.get((*whole, label, column))
    return total
