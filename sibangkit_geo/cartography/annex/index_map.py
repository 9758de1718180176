"""The index map: where on the island the sheet lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.cartography.annex import pieces
from sibangkit_geo.cartography.annex.frame import Frame
from sibangkit_geo.cartography.annex.lettering import POINTS_PER_MM, line_mm
from sibangkit_geo.cartography.annex.marks import POCKET, SEA
from sibangkit_geo.cartography.annex.paper import INK, Pen, Rect, Type
from sibangkit_geo.cartography.texts import say

if TYPE_CHECKING:
    from sibangkit_geo.cartography.annex.ground import Ground
    from sibangkit_geo.cartography.annex.layout import Layout
    from sibangkit_geo.cartography.annex.mapping import MapView
    from sibangkit_geo.cartography.annex.paper import Page
    from sibangkit_geo.cartography.annex.plan import Sheet

_PAD = 3.0
_HERE = Pen(fill="#cf4a35")
_WINDOW = Pen(edge=POCKET, width=0.9)
_LAND = Pen("#efede6", "#b5b0a2", 0.3)
# coarser than the map
_COARSER = 1.25
# ground shown on each side of a regency's frame, in frames
_AROUND = 0.3


def draw_index(page: Page, sheet: Sheet, *, view: MapView, ground: Ground, layout: Layout) -> None:
    """Draw where the map lies: the regency among its neighbours, or the district in the regency."""
    rect = layout.index
    middle, y = (rect.left + rect.right) / 2, rect.top - 0.8 - line_mm(layout.body)
    page.text((middle, y), say("annex.index"), Type(layout.body, bold=True), align="centre")
    room = Rect(rect.left + _PAD, rect.bottom + 1.8, rect.width - 2 * _PAD, y - rect.bottom - 3)
    frame, room = _index_frame(sheet, view, ground, room)
    shapes = ground.at(round(_COARSER * frame.scale)).inside(frame)
    page.box(room, Pen(SEA))
    page.path(pieces.areas(shapes.context, frame, rect=room).outline(), _LAND)
    areas = pieces.areas(shapes.villages, frame, rect=room)
    if sheet.district:
        page.path(areas.outline(~view.shown), Pen("#fafafa"))
    page.path(areas.outline(view.shown), _HERE)
    borders = pieces.lines(shapes.district_lines, frame, rect=room).outline()
    page.path(borders, Pen(edge="#8b8b8b" if sheet.district else "#e9b3a8", width=0.25))
    whole = pieces.lines(np.array([shapes.regency_line], dtype=object), frame, rect=room)
    page.path(whole.outline(), Pen(edge=INK, width=0.35))
    seen = view.frame
    corners = np.array([(seen.west, seen.south), (seen.east, seen.north)])
    corners = np.clip(frame.on_paper(corners, room) / POINTS_PER_MM,
                      (room.left, room.bottom), (room.right, room.top))  # fmt: skip
    low, high = corners.tolist()
    page.box(Rect(low[0], low[1], high[0] - low[0], high[1] - low[1]), _WINDOW)
    page.box(room, Pen(edge=INK, width=0.5))


def _index_frame(
    sheet: Sheet, view: MapView, ground: Ground, room: Rect
) -> tuple[Frame, Rect]:  # fmt: skip
    """Show the regency and, on its own sheets, some ground around it."""
    seen = view.frame
    west, south, east, north = ground.bounds.tolist()
    if sheet.district:
        bounds = [min(west, seen.west), min(south, seen.south),
                  max(east, seen.east), max(north, seen.north)]  # fmt: skip
    else:
        grow_x, grow_y = (seen.east - seen.west) * _AROUND, (seen.north - seen.south) * _AROUND
        bounds = [seen.west - grow_x, seen.south - grow_y, seen.east + grow_x, seen.north + grow_y]
    wide, high = bounds[2] - bounds[0], bounds[3] - bounds[1]
    scale = int(np.ceil(max(wide / room.width, high / room.height) * 1000 * 1.03))
    half_x, half_y = room.width / 2000 * scale, room.height / 2000 * scale
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return Frame(x - half_x, y - half_y, x + half_x, y + half_y, scale), room
