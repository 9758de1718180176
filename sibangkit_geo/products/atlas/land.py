"""Land, sea, rivers and the user's own lines on a sheet, with their names and legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from sibangkit_geo.model.backdrop import LINES, POINTS
from sibangkit_geo.products.atlas.canvas import Pen
from sibangkit_geo.products.atlas.ground import area_pieces, line_pieces
from sibangkit_geo.products.atlas.labels import is_free, make_label
from sibangkit_geo.products.ground_style import (
    EDGE,
    LAND,
    LINE_COLORS,
    REGENCY_RIM,
    SEA,
    UNKNOWN,
    WATER,
    legend_label,
)
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.model.backdrop import ContextKind
    from sibangkit_geo.products.atlas.canvas import Page
    from sibangkit_geo.products.atlas.ground import Frame
    from sibangkit_geo.products.atlas.labels import Box, Label
    from sibangkit_geo.products.atlas.rect import Rect
    from sibangkit_geo.products.atlas.underlay import Underlay

WIDTHS: dict[ContextKind, float] = {"road": 0.6, "river": 0.55, "water": 0.4}
_EDGE = Pen(edge=EDGE, width=0.6)
RIM = Pen(edge=REGENCY_RIM, width=0.4)
POINT_PENS = {
    "seat": Pen(UNKNOWN, LINE_COLORS["seat"], 0.9),
    "place": Pen(LINE_COLORS["place"], UNKNOWN, 0.3),
}
POINT_MM = 0.75
_SIZE = 5.6
# along a line, shares of its length at which its name is tried
_ALONG = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9)
_AWAY_MM = 1.4
RIVER_TYPE, PLACE_TYPE = "#1d5c94", "#16202e"


def draw_land(page: Page, underlay: Underlay, *, frame: Frame, rect: Rect) -> None:
    """Paint land where it is known, sea on it, and white beyond, with a line around the known."""
    page.box(rect, Pen(UNKNOWN))
    page.path(area_pieces(underlay.extent, frame, rect=rect).outline(), Pen(LAND))
    page.path(area_pieces(underlay.sea, frame, rect=rect).outline(), Pen(SEA))
    for layer, shapes in underlay.seen():
        if layer.kind == "water":
            page.path(area_pieces(shapes, frame, rect=rect).outline(), Pen(WATER))
    page.path(line_pieces(underlay.borders, frame, rect=rect).outline(), RIM)
    if not underlay.covers(frame.box) and not shapely.is_empty(underlay.extent).all():
        inner = shapely.box(*frame.box).buffer(-1.0)
        edge = shapely.intersection(shapely.boundary(underlay.extent), inner)
        page.path(line_pieces(edge, frame, rect=rect).outline(), _EDGE)


def draw_lines(page: Page, underlay: Underlay, *, frame: Frame, rect: Rect) -> None:
    """Draw rivers, roads and shores over the villages."""
    for layer, shapes in underlay.seen():
        if layer.kind in POINTS:
            continue
        lines = shapes if layer.kind in LINES else shapely.boundary(shapes)
        page.path(line_pieces(lines, frame, rect=rect).outline(), pen_of(layer.kind))


def draw_points(page: Page, underlay: Underlay, *, frame: Frame, rect: Rect) -> None:
    """Draw district seats and places."""
    reach = POINT_MM / 1000 * frame.scale
    for layer, shapes in underlay.seen():
        if layer.kind in POINTS:
            discs = shapely.buffer(shapes[~shapely.is_empty(shapes)], reach, quad_segs=4)
            page.path(area_pieces(discs, frame, rect=rect).outline(), pen_of(layer.kind))


def pen_of(kind: ContextKind) -> Pen:
    """Choose the pen of a kind of lines or points."""
    return POINT_PENS.get(kind) or Pen(edge=LINE_COLORS[kind], width=WIDTHS[kind])


def ground_names(
    underlay: Underlay, *, frame: Frame, taken: Sequence[Box]
) -> tuple[list[Label], list[Label]]:
    """
    Name rivers and places where there is room, and nowhere else.

    `taken`: Boxes that nothing may cover, metres.
    Returns: Names of water and roads, and those of places.
    """
    lines: list[Label] = []
    places: list[Label] = []
    for layer, shapes in underlay.seen():
        found = places if layer.kind in POINTS else lines
        for name, shape in zip(layer.features["name"], shapes, strict=True):
            boxes = [*taken, *(one.box for one in (*lines, *places))]
            label = _beside(str(name), shape, frame, boxes) if name and not shape.is_empty else None
            if label:
                found.append(label)
    return lines, places


def _beside(name: str, shape: BaseGeometry, frame: Frame, taken: list[Box]) -> Label | None:
    """Put a name beside the middle of a line or a point, else a little further along."""
    parts = shapely.get_parts(shape)
    longest = parts[int(np.argmax(shapely.length(parts)))]
    longest = longest.boundary if longest.geom_type == "Polygon" else longest
    shares = _ALONG if longest.length else (0.0,)
    for share in shares:
        at = longest.interpolate(share, normalized=True) if longest.length else longest
        west, south, east, north = make_label(name, (0, 0), size=_SIZE, frame=frame, bold=False).box
        away = _AWAY_MM / 1000 * frame.scale
        right, up = (east - west) / 2 + away, (north - south) / 2 + away
        sides = ((0.0, up), (0.0, -up), (right, 0.0), (-right, 0.0))
        for x, y in sides if longest.length else sides[2:] + sides[:2]:
            label = make_label(name, (at.x + x, at.y + y), size=_SIZE, frame=frame, bold=False)
            if is_free(label, taken, frame=frame):
                return label
    return None


def ground_marks(underlay: Underlay, frame: Frame) -> list[tuple[tuple[Pen, ...] | str, str]]:
    """List for the legend what is drawn of the ground."""
    found: list[tuple[tuple[Pen, ...] | str, str]] = [
        (one.kind if one.kind in POINTS else (_swatch(one.kind),), legend_label(one))
        for one, _ in underlay.seen()
    ]
    if not underlay.covers(frame.box):
        found.append(((Pen(UNKNOWN, EDGE, 0.6),), say("ground_unknown")))
    return found


def _swatch(kind: ContextKind) -> Pen:
    return Pen(WATER, LINE_COLORS[kind], WIDTHS[kind]) if kind == "water" else pen_of(kind)
