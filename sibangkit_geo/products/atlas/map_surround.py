"""What stands around the map: heading, title, scale, sources, method, notes, signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from pyproj import CRS

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.atlas import land, map_panel
from sibangkit_geo.products.atlas.canvas import (
    CAPITAL,
    INK,
    POINTS_PER_MM,
    SOFT,
    Pen,
    Type,
    fitted,
    line_mm,
    width,
    wrap,
)
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.words import date_words, say

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

    from sibangkit_geo.products.atlas.canvas import Page
    from sibangkit_geo.products.atlas.ground import Frame, Ground
    from sibangkit_geo.products.atlas.map_panel import MapView
    from sibangkit_geo.products.atlas.settings import AtlasSettings, Layout
    from sibangkit_geo.products.atlas.sheet_plan import Sheet
    from sibangkit_geo.products.result import Analysis

_PAD = 3.0
_RULE = Pen(edge=INK, width=0.4)
_EDGE = Pen(edge=INK, width=1.0)
_UTM_48S = 32748
_BAR_HEIGHT = 1.3
_BAR_LINE = 0.4
_STEPS_KM = (100, 50, 25, 20, 10, 5, 2.5, 2, 1, 0.5, 0.25, 0.2, 0.1, 0.05, 0.02, 0.01)
_LOGO_SHARE = 0.82

Blocks = Sequence[tuple[str, Sequence[str]]]

_SIGN_MM = 46.0
# of the width for sources and method: they must be whole, notes are counted
_SHARES = (0.5, 0.55, 0.6)
_SMALLER = 0.92

_SWATCH_MM = 7.0
_ROW_MM = 0.62


@dataclass(frozen=True, slots=True)
class Imprint:
    """
    What is the same on all sheets.

    `epsg`: Study CRS.
    `logo`: Pixels; None without one.
    `first`: A note before all others; empty for none.
    """

    settings: AtlasSettings
    layout: Layout
    product: Analysis
    epsg: int
    total: int
    logo: NDArray[np.uint8] | None
    first: str = ""


def draw_map_surround(
    page: Page, sheet: Sheet, *, frame: Frame, imprint: Imprint, number: int
) -> None:
    """
    Draw everything around the map but legend, list, index and strip.

    `imprint`: The same on all sheets.
    `number`: Of the sheet, 1 the first.
    """
    layout = imprint.layout
    page.part("Artifact")
    _rules(page, layout)
    if layout.kop:
        _kop(page, layout.kop, imprint)
    page.part("H1")
    _title(page, sheet, imprint, number)
    draw_scale(page, frame, imprint=imprint)
    page.part("Artifact")
    product, foot = imprint.product, layout.footer
    made = say(
        "annex.atlas_made",
        date=date_words(product.provenance.created),
        version=product.provenance.versions["sibangkit_geo"],
    )
    y = foot.bottom + 1.6
    page.text((foot.left + _PAD, y), made, Type(layout.small, color=SOFT))
    sheets = say("annex.atlas_sheet", number=number - imprint.settings.first_map + 1,
                 total=imprint.total)  # fmt: skip
    page.text((foot.right - _PAD, y), sheets, Type(layout.body, bold=True), align="right")


def _rules(page: Page, layout: Layout) -> None:
    parts = [layout.title, layout.scale, layout.legend, layout.index, layout.strip]
    for rect in [*parts, layout.kop, layout.listing]:
        if rect:
            page.box(rect, _RULE)
    page.box(layout.edge, _EDGE)


def letterhead_lines(settings: AtlasSettings, product: Analysis) -> tuple[str, ...]:
    """
    Word the heading.

    Returns: The regency's planning agency when the user gave none.
    """
    government = say("annex.government", regency=product.regency_name.upper())
    return settings.kop or (government, say("annex.office"))


def _kop(page: Page, rect: Rect, imprint: Imprint) -> None:
    layout = imprint.layout
    left, right = rect.left + _PAD, rect.right - _PAD
    if imprint.logo is not None:
        side = rect.height * _LOGO_SHARE
        low = rect.bottom + (rect.height - side) / 2
        page.picture(imprint.logo, Rect(left, low, side, side))
        # the heading keeps to the middle of the sheet where there is room for that
        left, right = left + side + 1, right - (side + 1 if rect.width > 150 else 0)
    words = letterhead_lines(imprint.settings, imprint.product)
    lines = [(one, layout.body if i else layout.head, not i) for i, one in enumerate(words)]
    _stack(page, Rect(left, rect.bottom, right - left, rect.height), lines)


def _title(page: Page, sheet: Sheet, imprint: Imprint, number: int) -> None:
    rect, layout = imprint.layout.title, imprint.layout
    room = (rect.width - 2 * _PAD) * POINTS_PER_MM
    title = say("annex.title", title=sheet.title).upper()
    size = next(
        (s for s in (layout.display, layout.display * 0.85, layout.head)
         if len(wrap(title, room, size=s, bold=True)) <= 2),
        layout.body,
    )  # fmt: skip
    lines = [(number_of(imprint.settings, number), layout.body, False)]
    lines += [(one, size, True) for one in wrap(title, room, size=size, bold=True)]
    lines += [(one, layout.body, False) for one in (sheet.place, sheet.year) if one]
    _stack(page, rect, lines)


def number_of(settings: AtlasSettings, number: int) -> str:
    """
    Word the number of a map.

    `number`: Of the sheet, 1 the first.
    Returns: Such as ``"Peta 3.1"``.
    """
    return say("annex.atlas_number", prefix=settings.numbering, number=number)


def _stack(page: Page, rect: Rect, lines: Sequence[tuple[str, float, bool]]) -> None:
    """Write lines in the middle of a rectangle, smaller where they are too long or too many."""
    room = (rect.width - _PAD) * POINTS_PER_MM
    high = sum(line_mm(size) for _, size, _ in lines)
    shrink = min(1.0, (rect.height - 1.5) / high)
    y = rect.bottom + (rect.height + high * shrink) / 2
    for words, size, bold in lines:
        text, small = fitted(words, room, size=size * shrink, bold=bold)
        y -= line_mm(size) * shrink
        at = y + (line_mm(size) * shrink - CAPITAL * size * shrink / POINTS_PER_MM) / 2
        page.text(((rect.left + rect.right) / 2, at), text, Type(small, bold=bold), align="centre")


def draw_scale(page: Page, frame: Frame, *, imprint: Imprint) -> None:
    """Draw number and bar of the scale, what the map is projected on, and the north."""
    page.part("P")
    rect, layout = imprint.layout.scale, imprint.layout
    left, top = rect.left + _PAD, rect.top - _PAD
    words = say("annex.scale", scale=numeral(frame.scale))
    page.text((left, top - 1.6), words, Type(layout.head, bold=True))
    room = rect.width - 2 * _PAD - 16
    step = next((s for s in _STEPS_KM if 2 * s * 1e6 / frame.scale <= room), _STEPS_KM[-1])
    long = step * 1e6 / frame.scale
    y = top - 4.4 - 1.6 * layout.small / 5.0
    for i in range(2):
        page.box(
            Rect(left + i * long, y - _BAR_HEIGHT, long, _BAR_HEIGHT),
            Pen("#ffffff" if i else INK, INK, _BAR_LINE),
        )
    for i in range(3):
        value = numeral(step * i, 0 if float(step * i).is_integer() else 2).rstrip(
            "0" if step * i % 1 else ""
        )
        value = f"{value} km" if i == 2 else value
        page.text((left + i * long, y + 0.6), value, Type(layout.small),
                  align="centre" if i else "left")  # fmt: skip
    y -= _BAR_HEIGHT + 0.6
    own = imprint.epsg == _UTM_48S
    name = CRS.from_epsg(imprint.epsg).name
    told = say("annex.projection" if own else "annex.projection_other", epsg=imprint.epsg,
               name=name)  # fmt: skip
    # beside the north arrow, never under it
    for line in wrap(told, room * POINTS_PER_MM, size=layout.small):
        y -= line_mm(layout.small)
        page.text((left, y), line, Type(layout.small, color=SOFT))
    _north(page, (rect.right - _PAD - 4, rect.top - 2.2), min(rect.height - 6, 13.0), layout)


def _north(page: Page, top: tuple[float, float], high: float, layout: Layout) -> None:
    x, y = top[0], top[1] - layout.body / POINTS_PER_MM
    page.text((x, y + 0.4), say("annex.north"), Type(layout.body, bold=True), align="centre")
    foot, wide = y - high, high * 0.28
    page.polygon([(x, y), (x - wide, foot), (x, foot + high * 0.24)], Pen(INK, INK, 0.4))
    page.polygon([(x, y), (x + wide, foot), (x, foot + high * 0.24)], Pen("#ffffff", INK, 0.4))


def draw_marginalia(page: Page, sheet: Sheet, *, imprint: Imprint) -> None:
    """
    Write sources and method, notes, and the signature in columns below the map.

    `imprint`: The same on all sheets.
    """
    rect = imprint.layout.strip
    signed = imprint.settings.signature
    if signed:
        room = Rect(rect.right - _SIGN_MM, rect.bottom, _SIGN_MM, rect.height)
        page.part("Artifact")
        page.line([(room.left, room.bottom), (room.left, room.top)], _RULE)
        page.part("P")
        _signature(page, room, imprint)
        rect = Rect(rect.left, rect.bottom, rect.width - _SIGN_MM, rect.height)
    blocks = [("annex.sources", sheet.sources), ("annex.method", sheet.method)]
    left, size = _room_for(blocks, rect, imprint.layout)
    write_blocks(page, left, blocks=blocks, layout=imprint.layout, size=size)
    start = left.right + _PAD
    right = Rect(start, rect.bottom, rect.right - _PAD - start, rect.height)
    notes = ([imprint.first] if imprint.first else []) + list(sheet.notes)
    product = imprint.product
    bold = {product.estimate_line, product.boundary_line}
    write_blocks(
        page, right, blocks=[("annex.notes", notes)], layout=imprint.layout, size=size, bold=bold
    )


def _room_for(blocks: Blocks, rect: Rect, layout: Layout) -> tuple[Rect, float]:
    """Give sources and method as much width as they need, and smaller type where that fails."""
    left, size = rect, layout.small
    for size in (layout.small, layout.small * _SMALLER):
        for share in _SHARES:
            left = Rect(rect.left + _PAD, rect.bottom, share * rect.width - 1.5 * _PAD, rect.height)
            room = left.width * POINTS_PER_MM
            lines = sum(len(wrap(one, room, size=size)) for _, told in blocks for one in told)
            gaps = sum(0.45 * len(told) + 0.8 + line_mm(layout.body) for _, told in blocks)
            if 2.2 + gaps + lines * line_mm(size) <= rect.height:
                return left, size
    return left, size


def write_blocks(
    page: Page, rect: Rect, *, blocks: Blocks, layout: Layout,
    size: float, bold: Collection[str] = (),
) -> None:  # fmt: skip
    """
    Write headed sentences from the top, as many as fit, and count the rest.

    `size`: Of the sentences, points.
    """
    step = line_mm(size)
    y = rect.top - 1.2
    for key, sentences in blocks:
        y -= line_mm(layout.body)
        page.part("H2")
        page.text((rect.left, y), say(key), Type(layout.body, bold=True))
        y -= 0.3
        for told, sentence in enumerate(sentences):
            heavy = sentence in bold
            lines = wrap(sentence, rect.width * POINTS_PER_MM, size=size, bold=heavy)
            last = told == len(sentences) - 1
            page.part("P")
            # the count of what is left out needs a line too
            if y - step * (len(lines) + (not last)) < rect.bottom + 1.0:
                left_out = len(sentences) - told
                more = say(f"annex.atlas_{key.removeprefix('annex.')}_more", count=left_out)
                page.text((rect.left, y - step), more, Type(size, italic=True, color=SOFT))
                return
            for line in lines:
                y -= step
                page.text((rect.left, y), line, Type(size, bold=heavy))
            y -= 0.45
        y -= 0.5


def _signature(page: Page, rect: Rect, imprint: Imprint) -> None:
    """Leave room for the hand between the office and the name."""
    layout, lines = imprint.layout, imprint.settings.signature
    step = line_mm(layout.body)
    tail = 2 if len(lines) > 3 else 1
    middle = (rect.left + rect.right) / 2
    room = (rect.width - 2) * POINTS_PER_MM
    for i, words in enumerate(lines[:-tail]):
        at = (middle, rect.top - 1.5 - (i + 1) * step)
        text, size = fitted(words, room, size=layout.body)
        page.text(at, text, Type(size), align="centre")
    for i, words in enumerate(reversed(lines[-tail:])):
        name = i == tail - 1
        text, size = fitted(words, room, size=layout.body, bold=name)
        at = (middle, rect.bottom + 2 + i * step)
        page.text(at, text, Type(size, bold=name), align="centre")


def draw_legend(
    page: Page, sheet: Sheet, *, view: MapView, ground: Ground, layout: Layout
) -> float:
    """
    Draw the legend: classes with their villages, then lines and marks.

    Returns: Where it ends, millimetres.
    """
    rect = layout.legend
    left, y = rect.left + _PAD, rect.top - 1.2 - line_mm(layout.head)
    page.part("H2")
    page.text((left, y), say("annex.legend"), Type(layout.head, bold=True))
    room = (rect.width - 2 * _PAD) * POINTS_PER_MM
    page.part("P")
    for line in wrap(sheet.theme.heading, room, size=layout.body):
        y -= line_mm(layout.body)
        page.text((left, y), line, Type(layout.body))
    counts = [
        (swatch, say("annex.villages", count=numeral(count)))
        for swatch, count in sheet.theme.counts(view.shown)
    ]
    # a label gives way to the number of its villages
    beside = room - (_SWATCH_MM + 3) * POINTS_PER_MM
    labels = [
        wrap(one.label, beside - width(count, layout.body), size=layout.body)
        for one, count in counts
    ]
    lines = _marks(sheet, view, ground)
    high = line_mm(layout.body) + _ROW_MM
    if layout.listing:
        # a legend in a box of its own shares out what room there is
        rows = sum(map(len, labels)) + len(lines)
        high = min(high + 0.6, (y - rect.bottom - 2) / rows)
    y -= 1.2
    for (swatch, count), label in zip(counts, labels, strict=True):
        page.part("LI")
        _swatch(page, Rect(left, y - high * 0.9, _SWATCH_MM, high * 0.78), swatch.pen)
        first = y - high
        for line in label:
            y -= high
            _words(page, (left + _SWATCH_MM + 2, y), line, layout, high)
        _words(page, (rect.right - _PAD, first), count, layout, high, align="right")
    for pens, words in lines:
        y -= high
        page.part("LI")
        _mark(page, pens, left, y, high)
        _words(page, (left + _SWATCH_MM + 2, y), words, layout, high)
    return y


def _swatch(page: Page, box: Rect, pen: Pen) -> None:
    page.box(box, Pen(pen.fill, "#7b8691", 0.3))
    if pen.hatch:
        page.box(box, Pen("", pen.edge, 0.3, hatch=pen.hatch))


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
        found.append(((map_panel.OWN_DISTRICT,), say("annex.own_district_line", district=own)))
        found.append(((map_panel.OWN_VILLAGE,), say("annex.village_line")))
        found.append(((map_panel.QUIET_VILLAGE,), say("annex.other_district")))
    found.append(((map_panel.DISTRICT,), say("annex.district_line")))
    found.append(((map_panel.REGENCY,), say("annex.regency_line")))
    if (~shapely.is_empty(view.shapes.underlay.borders)).any():
        found.append(((land.RIM,), say("annex.other_regency")))
    found += land.ground_marks(view.shapes.underlay, view.frame)
    seen = {str(ground.evidence[one]) for one in view.shapes.pocket_lines}
    if "strict" in seen:
        found.append(("strict", say("annex.strict")))
    if "indicative" in seen:
        found.append(("indicative", say("annex.indicative")))
    if "wide" in seen:
        found.append(((map_panel.WIDE,), say("annex.wide")))
    if sheet.listing.ranked and not district:
        found.append(("rank", say("annex.ranked_village")))
    return found


def _mark(
    page: Page, mark: tuple[Pen, ...] | str, left: float, y: float, high: float
) -> None:  # fmt: skip
    middle = y + high / 2
    line = [(left, middle), (left + _SWATCH_MM, middle)]
    if mark == "rank":
        map_panel.rank_mark(page, (left + _SWATCH_MM / 2, middle), number="1")
    elif mark in land.POINT_PENS:
        page.disc((left + _SWATCH_MM / 2, middle), land.POINT_MM, land.POINT_PENS[mark])
    elif isinstance(mark, str):
        strict = mark == "strict"
        page.line(line, map_panel.STRICT if strict else map_panel.INDICATIVE)
        map_panel.badge(page, (left + _SWATCH_MM / 2, middle), number="n", strict=strict)
    elif mark[0].fill:
        page.box(Rect(left, y + high * 0.1, _SWATCH_MM, high * 0.78), mark[0])
    else:
        page.line(line, mark[0])
