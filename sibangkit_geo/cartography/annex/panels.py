"""What stands around the map: heading, title, scale, sources, method, notes, signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproj import CRS

from sibangkit_geo.cartography.annex.lettering import (
    CAPITAL,
    POINTS_PER_MM,
    fitted,
    line_mm,
    wrap,
)
from sibangkit_geo.cartography.annex.paper import INK, SOFT, Pen, Rect, Type
from sibangkit_geo.cartography.texts import date_words, say
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.annex.layout import Layout
    from sibangkit_geo.cartography.annex.paper import Page
    from sibangkit_geo.cartography.annex.plan import Sheet
    from sibangkit_geo.cartography.annex.settings import AtlasSettings
    from sibangkit_geo.cartography.product import Product

_PAD = 3.0
_RULE = Pen(edge=INK, width=0.4)
_EDGE = Pen(edge=INK, width=1.0)
_UTM_48S = 32748
_BAR_HEIGHT = 1.3
_BAR_LINE = 0.4
_STEPS_KM = (100, 50, 25, 20, 10, 5, 2.5, 2, 1, 0.5, 0.25, 0.2, 0.1, 0.05, 0.02, 0.01)
_LOGO_SHARE = 0.82


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
    product: Product
    epsg: int
    total: int
    logo: NDArray[np.uint8] | None
    first: str = ""


def furnish(page: Page, sheet: Sheet, *, frame: Frame, imprint: Imprint, number: int) -> None:
    """
    Draw everything around the map but legend, list, index and strip.

    `imprint`: The same on all sheets.
    `number`: Of the sheet, 1 the first.
    """
    layout = imprint.layout
    _rules(page, layout)
    if layout.kop:
        _kop(page, layout.kop, imprint)
    _title(page, sheet, imprint, number)
    _scale(page, frame, imprint)
    product, foot = imprint.product, layout.footer
    made = say(
        "annex.atlas_made",
        date=date_words(product.provenance.created),
        version=product.provenance.versions["sibangkit_geo"],
    )
    y = foot.bottom + 1.6
    page.text((foot.left + _PAD, y), made, Type(layout.small, color=SOFT))
    sheets = say("annex.atlas_sheet", number=number, total=imprint.total)
    page.text((foot.right - _PAD, y), sheets, Type(layout.body, bold=True), align="right")


def _rules(page: Page, layout: Layout) -> None:
    parts = [layout.title, layout.scale, layout.legend, layout.index, layout.strip]
    for rect in [*parts, layout.kop, layout.listing]:
        if rect:
            page.box(rect, _RULE)
    page.box(layout.edge, _EDGE)


def kop_lines(settings: AtlasSettings, product: Product) -> tuple[str, ...]:
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
    words = kop_lines(imprint.settings, imprint.product)
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


def _scale(page: Page, frame: Frame, imprint: Imprint) -> None:
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
    for line in told.split("\n"):
        y -= line_mm(layout.small)
        page.text((left, y), line, Type(layout.small, color=SOFT))
    _north(page, (rect.right - _PAD - 4, rect.top - 2.2), min(rect.height - 6, 13.0), layout)


def _north(page: Page, top: tuple[float, float], high: float, layout: Layout) -> None:
    x, y = top[0], top[1] - layout.body / POINTS_PER_MM
    page.text((x, y + 0.4), say("annex.north"), Type(layout.body, bold=True), align="centre")
    foot, wide = y - high, high * 0.28
    page.polygon([(x, y), (x - wide, foot), (x, foot + high * 0.24)], Pen(INK, INK, 0.4))
    page.polygon([(x, y), (x + wide, foot), (x, foot + high * 0.24)], Pen("#ffffff", INK, 0.4))
