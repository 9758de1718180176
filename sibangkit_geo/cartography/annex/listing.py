"""The list beside a map."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.annex.lettering import (
    POINTS_PER_MM,
    line_mm,
    shorten,
    width,
    wrap,
)
from sibangkit_geo.cartography.annex.paper import SOFT, Pen, Rect, Type
from sibangkit_geo.cartography.texts import say

if TYPE_CHECKING:
    from sibangkit_geo.cartography.annex.layout import Layout
    from sibangkit_geo.cartography.annex.paper import Page
    from sibangkit_geo.cartography.annex.rows import Listing, Row

_PAD = 3.0
# as large as there is room for, down to what can just be read
_SIZES = (1.3, 1.2, 1.1, 1.0, 0.92, 0.85, 0.78)
_GAP_MM = 3.0
# of a chip of colour, millimetres per point of type
_CHIP_STEP, _CHIP_LEFT, _CHIP = 0.56, 0.44, 0.3


def draw_list(page: Page, listing: Listing, *, rect: Rect, layout: Layout) -> None:
    """Draw the list in as many columns and as small as it needs, and count what is left out."""
    left, y = rect.left + _PAD, rect.top - 1.2 - line_mm(layout.body)
    page.text((left, y), listing.heading, Type(layout.body, bold=True))
    room = rect.width - 2 * _PAD
    for line in wrap(listing.how, room * POINTS_PER_MM, size=layout.small):
        y -= line_mm(layout.small)
        page.text((left, y), line, Type(layout.small, color=SOFT))
    y -= 0.8
    if not listing.rows or y - rect.bottom < line_mm(layout.small):
        return
    space = Rect(left, rect.bottom + 1.2, room, y - rect.bottom - 1.2)
    columns = (1,) if any(":" in one.text for one in listing.rows) else (1, 2)
    fitting = _fitting(listing.rows, space, layout.small, columns)
    if fitting:
        laid, size, count = fitting
        _write_rows(page, laid, space, size, count)
        return
    # nothing is small enough: the count of what is left out takes the last line
    size = layout.small * _SIZES[-1]
    step = line_mm(size)
    less = Rect(space.left, space.bottom + step, space.width, space.height - step)
    laid, done = _lay(listing.rows, less, size, columns[-1])
    _write_rows(page, laid, less, size, columns[-1])
    more = say("annex.atlas_rows_more", count=len(listing.rows) - done)
    page.text((left, space.bottom + 0.3), more, Type(size, color=SOFT))


Laid = list[list[tuple["Row", list[str]]]]


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
