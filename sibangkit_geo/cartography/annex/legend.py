"""The legend: classes with their villages, lines and marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from sibangkit_geo.cartography.annex import marks
from sibangkit_geo.cartography.annex.lettering import CAPITAL, POINTS_PER_MM, line_mm, wrap
from sibangkit_geo.cartography.annex.paper import Pen, Rect, Type
from sibangkit_geo.cartography.texts import say
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from sibangkit_geo.cartography.annex.ground import Ground
    from sibangkit_geo.cartography.annex.layout import Layout
    from sibangkit_geo.cartography.annex.mapping import MapView
    from sibangkit_geo.cartography.annex.paper import Page
    from sibangkit_geo.cartography.annex.plan import Sheet

_PAD = 3.0
_SWATCH_MM = 7.0
_ROW_MM = 0.62


def draw_legend(
    page: Page, sheet: Sheet, *, view: MapView, ground: Ground, layout: Layout
) -> float:
    """
    Draw the legend: classes with their villages, then lines and marks.

    Returns: Where it ends, millimetres.
    """
    rect = layout.legend
    left, y = rect.left + _PAD, rect.top - 1.2 - line_mm(layout.head)
    page.text((left, y), say("annex.legend"), Type(layout.head, bold=True))
    room = (rect.width - 2 * _PAD) * POINTS_PER_MM
    for line in wrap(sheet.theme.heading, room, size=layout.body):
        y -= line_mm(layout.body)
        page.text((left, y), line, Type(layout.body))
    counts = sheet.theme.counts(view.shown)
    lines = _marks(sheet, view, ground)
    high = line_mm(layout.body) + _ROW_MM
    if layout.listing:
        # a legend in a box of its own shares out what room there is
        high = min(high + 0.6, (y - rect.bottom - 2) / (len(counts) + len(lines)))
    y -= 1.2
    for swatch, count in counts:
        y -= high
        box = Rect(left, y + high * 0.1, _SWATCH_MM, high * 0.78)
        page.box(box, Pen(swatch.pen.fill, "#7b8691", 0.3))
        if swatch.pen.hatch:
            page.box(box, Pen("", swatch.pen.edge, 0.3, hatch=swatch.pen.hatch))
        _words(page, (left + _SWATCH_MM + 2, y), swatch.label, layout, high)
        amount = say("annex.villages", count=numeral(count))
        _words(page, (rect.right - _PAD, y), amount, layout, high, align="right")
    for pens, words in lines:
        y -= high
        _mark(page, pens, left, y, high)
        _words(page, (left + _SWATCH_MM + 2, y), words, layout, high)
    return y


def _words(
    page: Page, at: tuple[float, float], words: str, layout: Layout, high: float, *,
    align: str = "left",
) -> None:  # fmt: skip
    base = at[1] + (high - CAPITAL * layout.body / POINTS_PER_MM) / 2
    page.text((at[0], base), words, Type(layout.body), align=align)


def _marks(
    sheet: Sheet, view: MapView, ground: Ground
) -> list[tuple[tuple[Pen, ...] | str, str]]:  # fmt: skip
    """List lines and marks that are on this map."""
    district = bool(sheet.district)
    found: list[tuple[tuple[Pen, ...] | str, str]] = []
    if district:
        own = ground.districts[sheet.district]
        found.append(((marks.OWN_DISTRICT,), say("annex.own_district_line", district=own)))
        found.append(((marks.OWN_VILLAGE,), say("annex.village_line")))
        found.append(((marks.QUIET_VILLAGE,), say("annex.other_district")))
    found.append(((marks.DISTRICT,), say("annex.district_line")))
    found.append(((marks.REGENCY,), say("annex.regency_line")))
    if (~shapely.is_empty(view.shapes.context)).any():
        found.append(((marks.OTHER,), say("annex.other_regency")))
    seen = {str(ground.evidence[one]) for one in view.shapes.pocket_lines}
    if "strict" in seen:
        found.append(("strict", say("annex.strict")))
    if "indicative" in seen:
        found.append(("indicative", say("annex.indicative")))
    if sheet.listing.ranked and not district:
        found.append(("rank", say("annex.ranked_village")))
    return found


def _mark(
    page: Page, mark: tuple[Pen, ...] | str, left: float, y: float, high: float
) -> None:  # fmt: skip
    middle = y + high / 2
    line = [(left, middle), (left + _SWATCH_MM, middle)]
    if mark == "rank":
        marks.rank_mark(page, (left + _SWATCH_MM / 2, middle), number="1")
    elif isinstance(mark, str):
        strict = mark == "strict"
        page.line(line, marks.STRICT if strict else marks.INDICATIVE)
        marks.badge(page, (left + _SWATCH_MM / 2, middle), number="n", strict=strict)
    elif mark[0].fill:
        page.box(Rect(left, y + high * 0.1, _SWATCH_MM, high * 0.78), mark[0])
    else:
        page.line(line, mark[0])
