"""The strip below the map: sources, method, notes, signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.annex.lettering import POINTS_PER_MM, fitted, line_mm, wrap
from sibangkit_geo.cartography.annex.paper import INK, SOFT, Pen, Rect, Type
from sibangkit_geo.cartography.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection

    from sibangkit_geo.cartography.annex.layout import Layout
    from sibangkit_geo.cartography.annex.panels import Imprint
    from sibangkit_geo.cartography.annex.paper import Page
    from sibangkit_geo.cartography.annex.plan import Sheet

Blocks = Sequence[tuple[str, Sequence[str]]]

_PAD = 3.0
_RULE = Pen(edge=INK, width=0.4)
_SIGN_MM = 46.0
# of the width for sources and method: they must be whole, notes are counted
_SHARES = (0.5, 0.55, 0.6)
_SMALLER = 0.92


def draw_strip(page: Page, sheet: Sheet, *, imprint: Imprint) -> None:
    """
    Write sources and method, notes, and the signature in columns below the map.

    `imprint`: The same on all sheets.
    """
    rect = imprint.layout.strip
    signed = imprint.settings.signature
    if signed:
        room = Rect(rect.right - _SIGN_MM, rect.bottom, _SIGN_MM, rect.height)
        page.line([(room.left, room.bottom), (room.left, room.top)], _RULE)
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
        page.text((rect.left, y), say(key), Type(layout.body, bold=True))
        y -= 0.3
        for told, sentence in enumerate(sentences):
            heavy = sentence in bold
            lines = wrap(sentence, rect.width * POINTS_PER_MM, size=size, bold=heavy)
            last = told == len(sentences) - 1
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
