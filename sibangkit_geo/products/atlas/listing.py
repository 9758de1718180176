"""The list beside a map."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.atlas.canvas import (
    POINTS_PER_MM,
    SOFT,
    Pen,
    Type,
    line_mm,
    shorten,
    width,
    wrap,
)
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.changes import WaveChange, signed
from sibangkit_geo.products.words import pocket_sentence, result_sentences, say, wide_sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.products.atlas.canvas import Page
    from sibangkit_geo.products.atlas.settings import Layout
    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis

_PAD = 3.0
# as large as there is room for, down to what can just be read
_SIZES = (1.3, 1.2, 1.1, 1.0, 0.92, 0.85, 0.78)
_GAP_MM = 3.0
# of a chip of colour, millimetres per point of type
_CHIP_STEP, _CHIP_LEFT, _CHIP = 0.56, 0.44, 0.3

Laid = list[list[tuple["Row", list[str]]]]

RANKED = 10

_MOST_ACTING = 14


def draw_list(page: Page, listing: Listing, *, rect: Rect, layout: Layout) -> None:
    """Draw the list in as many columns and as small as it needs, and count what is left out."""
    left, y = rect.left + _PAD, rect.top - 1.2 - line_mm(layout.body)
    page.part("H2")
    page.text((left, y), listing.heading, Type(layout.body, bold=True))
    page.part("P")
    for line in _how(listing, rect, layout):
        y -= line_mm(layout.small)
        page.text((left, y), line, Type(layout.small, color=SOFT))
    space = _space(listing, rect, layout)
    if not listing.rows or space.height < line_mm(layout.small) - 1.2:
        return
    laid, size, count, done = _laid(listing.rows, space, layout)
    _write_rows(page, laid, space, size, count)
    if done < len(listing.rows):
        page.part("P")
        more = say("annex.atlas_rows_more", count=len(listing.rows) - done)
        page.text((left, space.bottom + 0.3), more, Type(size, color=SOFT))


def told_rows(listing: Listing, *, rect: Rect, layout: Layout) -> int:
    """Count the rows of a list that find room; a map numbers no village of another row."""
    space = _space(listing, rect, layout)
    return _laid(listing.rows, space, layout)[-1] if listing.rows else 0


def _how(listing: Listing, rect: Rect, layout: Layout) -> list[str]:
    return wrap(listing.how, (rect.width - 2 * _PAD) * POINTS_PER_MM, size=layout.small)


def _space(listing: Listing, rect: Rect, layout: Layout) -> Rect:
    """Leave out of the box of a list what its heading takes."""
    lines = line_mm(layout.body) + len(_how(listing, rect, layout)) * line_mm(layout.small)
    high = rect.height - 1.2 - lines - 0.8 - 1.2
    return Rect(rect.left + _PAD, rect.bottom + 1.2, rect.width - 2 * _PAD, high)


def _laid(rows: tuple[Row, ...], space: Rect, layout: Layout) -> tuple[Laid, float, int, int]:
    """Lay rows out; tell their type, their columns, and how many found a place."""
    columns = (1,) if any(":" in one.text for one in rows) else (1, 2)
    if fitting := _fitting(rows, space, layout.small, columns):
        return (*fitting, len(rows))
    # nothing is small enough: the count of what is left out takes the last line
    size = layout.small * _SIZES[-1]
    less = replace(space, height=space.height - line_mm(size))
    laid, done = _lay(rows, less, size, columns[-1])
    return laid, size, columns[-1], done


def _fitting(
    rows: tuple[Row, ...], space: Rect, small: float, columns: tuple[int, ...]
) -> tuple[Laid, float, int] | None:
    """Take the largest type without a row of two lines, else the largest that fits at all."""
    found: list[tuple[Laid, float, int]] = []
    for factor, count in product(_SIZES, columns):
        laid, done = _lay(rows, space, small * factor, count)
        if done < len(rows):
            continue
        found.append((laid, small * factor, count))
        if all(len(lines) == 1 for column in laid for _, lines in column):
            # type that is smaller than usual is worse than a second line
            return found[-1] if factor >= 1 else found[0]
    return found[0] if found else None


def _lay(rows: tuple[Row, ...], space: Rect, size: float, count: int) -> tuple[Laid, int]:
    """Share the rows out over columns; tell how many found a place."""
    step = line_mm(size)
    wide = (space.width - _GAP_MM * (count - 1)) / count
    needed = sum(len(_row_lines(row, wide, size)) for row in rows)
    # columns of equal length, one line of slack for a row of two lines
    per_column = min(int(space.height / step), -(-needed // count) + (count > 1))
    laid: Laid = []
    done = 0
    for _ in range(count):
        column: list[tuple[Row, list[str]]] = []
        used = 0
        while done < len(rows):
            lines = _row_lines(rows[done], wide, size)
            if used + len(lines) > per_column:
                break
            column.append((rows[done], lines))
            used += len(lines)
            done += 1
        laid.append(column)
    return laid, done


def _indent(row: Row, size: float) -> float:
    return (width("00 ", size) / POINTS_PER_MM if row.number else 0.0) + (
        _CHIP_STEP * size if row.color else 0
    )


def _row_lines(row: Row, wide: float, size: float) -> list[str]:
    value = width(f"  {row.value}", size) if row.value else 0.0
    room = (wide - _indent(row, size)) * POINTS_PER_MM - value
    lines = wrap(row.text, room, size=size)
    return lines if len(lines) <= 3 else [*lines[:2], shorten(" ".join(lines[2:]), room, size=size)]


def _write_rows(page: Page, laid: Laid, space: Rect, size: float, count: int) -> None:
    step = line_mm(size)
    wide = (space.width - _GAP_MM * (count - 1)) / count
    for column, rows in enumerate(laid):
        left = space.left + column * (wide + _GAP_MM)
        y = space.top
        for row, lines in rows:
            page.part("LI")
            base = y - step
            if row.number:
                end = left + width("00", size) / POINTS_PER_MM
                page.text((end, base), row.number, Type(size, bold=True), align="right")
            indent = left + _indent(row, size)
            if row.color:
                chip = Rect(indent - _CHIP_LEFT * size, base - 0.1, _CHIP * size, 0.3 * size)
                page.box(chip, Pen(row.color, "#7b8691", 0.25))
            for line in lines:
                y -= step
                page.text((indent, y), line, Type(size))
            if row.value:
                page.text((left + wide, base), row.value, Type(size), align="right")


def change_rows(product: Analysis, change: WaveChange) -> Listing:
    """
    List the largest sure changes.

    Returns: At most ten villages with a polygon, ranked on the map.
    """
    heading = say("annex.atlas_list_change")
    sure = change.sure
    sure = sure[sure.index.isin(product.mapped.index)].head(RANKED)
    if sure.empty:
        return Listing(heading, say("annex.atlas_change_none"))
    rows = [
        Row(str(at), placed(product, str(code)), told_change(row))
        for at, (code, row) in enumerate(sure.iterrows(), start=1)
    ]
    how = say("annex.atlas_change_how", before=change.before, after=change.after)
    return Listing(heading, how, tuple(rows), tuple(str(code) for code in sure.index))


def told_change(row: pd.Series) -> str:
    """
    Word a change as ``"7,9 → 15,2 (+7,3)"``.

    `row`: Of the table of a `WaveChange`, state ``"ok"``.
    Returns: Per cent, per cent, percentage points.
    """
    before, after = (numeral(float(row[one]), 1) for one in ("before", "after"))
    return say("annex.atlas_change_value", before=before, after=after,
               difference=signed(float(row["difference"])))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row.

    `number`: As on the map; empty for none.
    `color`: ``#rrggbb`` of a chip before the text; empty for none.
    """

    number: str
    text: str
    value: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """
    The list beside a map.

    `heading`, `how`: Above it: what it lists, and how to read it.
    `ranked`: Villages in the order of their numbers on the map; empty when there are none.
    """

    heading: str
    how: str = ""
    rows: tuple[Row, ...] = ()
    ranked: tuple[str, ...] = ()


def pocket_rows(product: Analysis) -> Listing:
    """
    List the pockets, or say why there is none.

    Returns: One row per pocket; without any, the reason and the districts' rates.
    """
    headline, sentences = result_sentences(product.found)
    heading = say("annex.atlas_list_pockets")
    if not len(product.found):
        rates = layer_rows(product, product.layers[0]).rows
        how = f"{headline}. {' '.join(sentences[:1])} {say('annex.atlas_then_districts')}"
        return Listing(heading, how, rates)
    rows = [
        Row("", pocket_sentence(int(str(number)), pocket, key="pocket_line"))
        for number, pocket in product.found.outlines.iterrows()
    ]
    rows += [Row("", one) for one in wide_sentences(product.found, key="wide_line")]
    return Listing(heading, f"{headline}.", tuple(rows))


def layer_rows(product: Analysis, layer: Layer) -> Listing:
    """
    List the districts' rates, worst first; the worst villages where there is no rate.

    Returns: One row per district, or the ten worst villages, ranked on the map.
    """
    rates = layer.district_values.dropna()
    worst = layer.indicator.worse == "high"
    unit = say(f"annex.unit_{layer.indicator.unit}")
    if rates.empty:
        return worst_villages(product, layer)
    names = product.measured.villages.drop_duplicates("district_code")
    named = names.set_index("district_code")["district_name"]
    rows = [
        Row("", str(named[code]), numeral(rate, layer.decimals))
        for code, rate in rates.sort_values(ascending=not worst, kind="stable").items()
    ]
    if not math.isnan(layer.regency_value):
        rows.insert(0, Row("", product.regency_name, numeral(layer.regency_value, layer.decimals)))
    heading = say("annex.atlas_list_districts")
    return Listing(f"{heading} ({unit})" if unit else heading, rows=tuple(rows))


def worst_villages(product: Analysis, layer: Layer) -> Listing:
    """List the ten worst villages of a layer."""
    known = layer.shown.dropna().sort_values(
        ascending=layer.indicator.worse == "low", kind="stable"
    )
    codes = [str(one) for one in known.index[:RANKED]]
    rows = [
        Row(str(i + 1), placed(product, code), numeral(float(known[code]), layer.decimals))
        for i, code in enumerate(codes)
    ]
    return Listing(say("annex.atlas_list_worst"), rows=tuple(rows), ranked=tuple(codes))


def placed(product: Analysis, code: str) -> str:
    """
    Name a village with its district.

    Returns: Such as ``"Mariana (Banyuasin I)"``.
    """
    village = product.measured.villages.loc[code]
    return say("annex.atlas_agency_item", name=village["name"], district=village["district_name"])


def agency_rows(product: Analysis, layer: Layer, *, agency: str, name: str) -> Listing:
    """
    List the villages where an agency's main need most exceeds the regency's share.

    Returns: Ranked on the map; the worst villages where no household is counted.
    """
    table = product.focus.table
    own = table[(table["agency"] == agency) & (table["indicator"] == layer.indicator.name)]
    own = own[own["village_code"].isin(layer.shown.index)].set_index("village_code")
    top = own[own["excess"] > 0].sort_values("excess", ascending=False, kind="stable")
    if top.empty:
        return worst_villages(product, layer)
    rows = [
        Row(
            str(i + 1),
            placed(product, str(code)),
            say("annex.atlas_agency_value", count=numeral(one["households"]),
                excess=numeral(one["excess"])),
        )
        for i, (code, one) in enumerate(top.head(RANKED).iterrows())
    ]  # fmt: skip
    how = say("annex.atlas_agency_how")
    roles = product.focus.roles
    if roles is not None:
        acting = roles[(roles["level"] == "village") & (roles["agency"] == agency) & roles["acts"]]
        told = say("annex.atlas_agency_acts", agency=name, count=numeral(len(acting)))
        how = f"{told} {how}"
    codes = tuple(str(code) for code in top.index[:RANKED])
    return Listing(say("annex.atlas_list_agency"), how, tuple(rows), codes)


def convergence_rows(product: Analysis, layer: Layer, *, names: Mapping[str, str]) -> Listing:
    """List the villages where most agencies must act, with those agencies."""
    heading = say("annex.atlas_list_convergence")
    acting = layer.shown[layer.shown > 0].sort_values(ascending=False, kind="stable")
    if acting.empty:
        return Listing(heading, say("annex.atlas_convergence_none"))
    codes = [str(code) for code in acting.index[:_MOST_ACTING]]
    keys = product.measured.villages["acting_agencies"]
    rows = []
    for i, code in enumerate(codes):
        named = ", ".join(names.get(one, one) for one in str(keys[code]).split())
        rows.append(Row(str(i + 1), f"{placed(product, code)}: {named}"))
    return Listing(heading, "", tuple(rows), tuple(codes))


def village_rows(
    product: Analysis, layer: Layer, *, district: str, colors: Mapping[str, str]
) -> Listing:
    """
    List the official villages of a district, numbered as on its map.

    Returns: In the order of the codes, those without a polygon too.
    """
    villages = product.measured.villages
    own = villages[villages["district_code"] == district].sort_index()
    pockets = product.found.members.to_dict()
    rows = []
    for i, (code, name) in enumerate(own["name"].items()):
        pocket = f" · K{pockets[code]}" if code in pockets else ""
        rows.append(
            Row(str(i + 1), f"{name}{pocket}", _value(layer, str(code)), colors.get(str(code), ""))
        )
    unit = say(f"annex.unit_{layer.indicator.unit}")
    how = say("annex.atlas_villages_how" if len(product.found) else "annex.atlas_value",
              label=layer.indicator.label,
              unit=f" ({unit})" if unit else "")  # fmt: skip
    codes = tuple(str(code) for code in own.index)
    return Listing(say("annex.atlas_list_villages"), how, tuple(rows), codes)


def _value(layer: Layer, code: str) -> str:
    if code not in layer.shown.index:
        return say("annex.atlas_no_polygon")
    value = layer.shown[code]
    return numeral(value, layer.decimals) if pd.notna(value) else say("annex.atlas_missing_value")
