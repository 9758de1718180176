"""The map of a sheet: villages, lines, pockets, degrees and names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.path import Path as Outline
from pyproj import Transformer

from sibangkit_geo.products.atlas import land
from sibangkit_geo.products.atlas.canvas import (
    CAPITAL,
    INK,
    POINTS_PER_MM,
    Pen,
    Type,
    line_mm,
    width,
)
from sibangkit_geo.products.atlas.ground import Frame, Pieces, area_pieces, fit, line_pieces, spots
from sibangkit_geo.products.atlas.labels import (
    LEADER,
    beside,
    draw_labels,
    is_free,
    make_label,
    name_villages,
    place,
    quiet_names,
)
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.products.atlas.canvas import Page
    from sibangkit_geo.products.atlas.ground import Ground, Shapes
    from sibangkit_geo.products.atlas.labels import Box, Label
    from sibangkit_geo.products.atlas.settings import Layout
    from sibangkit_geo.products.atlas.sheet_plan import Sheet

_CASING = Pen(edge="#ffffff", width=2.6)
_NEAT = Pen(edge="#16232f", width=0.8)
_QUIET_TYPE = "#6d7377"
_A4_BODY = 5.8
# takes the room of a mark
_WIDE_RANK, _RANK_SIZE = "00", 6.4

_STEPS_SECONDS = (7200, 3600, 1800, 900, 600, 300, 120, 60, 30, 15, 10, 5, 2, 1)
_FEWEST_LINES = 3
_BENDS = 24
_GAP_MM = 0.9
_LINE = Pen(edge="#5b7186", width=0.35, dash=(1, 2))
_COLOR = "#37475a"

QUIET = "#e3e4e4"
POCKET, RANK = "#12284c", "#1b1b1b"
REGENCY = Pen(edge="#101010", width=0.9, dash=(6, 1.2, 1, 1.2))
DISTRICT = Pen(edge="#3a3a3a", width=0.5)
OWN_DISTRICT = Pen(edge="#101010", width=1.0)
VILLAGE = Pen(edge="#ffffff", width=0.25)
OWN_VILLAGE = Pen(edge="#7a6f63", width=0.35)
QUIET_VILLAGE = Pen(fill=QUIET, edge="#ffffff", width=0.3)
STRICT = Pen(edge=POCKET, width=1.4)
INDICATIVE = Pen(edge=POCKET, width=1.4, dash=(3.2, 1.6))
WIDE = Pen(edge="#6b4a1e", width=1.7, dash=(1.0, 1.1))
EVIDENCE = {"strict": STRICT, "indicative": INDICATIVE, "wide": WIDE}
BADGE_MM = 1.9

_PAD = 3.0
_HERE = Pen(fill="#cf4a35")
_WINDOW = Pen(edge=POCKET, width=0.9)
# coarser than the map
_COARSER = 1.25
# ground shown on each side of a regency's frame, in frames
_AROUND = 0.3


_LEADERS_TO_SCALE = 2_000_000


@dataclass(frozen=True, slots=True)
class MapView:
    """
    A frame with what stands the same on all its sheets.

    `names`: Names that are the same on all sheets of the frame.
    `badges`: Pocket number to its place, metres.
    `waters`, `places`: Names of rivers and roads, and of places.
    """

    frame: Frame
    shapes: Shapes
    villages: Pieces
    shown: NDArray[np.bool_]
    names: tuple[Label, ...]
    quiet: tuple[Label, ...]
    badges: dict[int, tuple[float, float]]
    waters: tuple[Label, ...] = ()
    places: tuple[Label, ...] = ()


def view_of(ground: Ground, sheet: Sheet, *, layout: Layout) -> MapView:
    """
    Prepare the map of the regency or of a district.

    Returns: The same for all sheets of the regency.
    Raises ValueError: The area is larger than the smallest round scale can show.
    """
    rect = layout.map
    about = ground.members(sheet.district) if sheet.district else np.ones(len(ground.codes), bool)
    bounds = shapely.total_bounds(ground.villages[about]).tolist()
    frame = fit(bounds, width_mm=rect.width, height_mm=rect.height)
    shapes = ground.at(frame.scale).inside(frame)
    badges = _badges(ground, shapes, about, frame=frame)
    taken = [_around(at, BADGE_MM * 1.1, frame) for at in badges.values()]
    zoom = layout.body / _A4_BODY
    if sheet.district:
        names = _village_names(ground, sheet, about, frame=frame, taken=taken, zoom=zoom)
    else:
        names = _district_names(ground, frame, taken, zoom)
        if frame.scale > _LEADERS_TO_SCALE:
            # on a map this small a name beside its area would be read as that of another
            names = [one for one in names if one.anchor is None]
    taken += [one.box for one in names]
    # a river has less room for its name than a regency
    waters, places = land.ground_names(shapes.underlay, frame=frame, taken=taken)
    taken += [one.box for one in (*waters, *places)]
    quiet = quiet_names(_neighbours(ground, shapes, sheet.district), frame=frame, taken=taken)
    villages = area_pieces(shapes.villages, frame, rect=rect)
    return MapView(
        frame, shapes, villages, about, tuple(names), tuple(quiet), badges,
        tuple(waters), tuple(places),
    )  # fmt: skip


def views(
    ground: Ground, sheets: Iterable[Sheet], *, layout: Layout
) -> Iterator[tuple[Sheet, MapView]]:
    """Prepare the map of one sheet after the other; only that of the regency is kept."""
    regency: MapView | None = None
    for sheet in sheets:
        if sheet.district:
            yield sheet, view_of(ground, sheet, layout=layout)
        else:
            regency = regency or view_of(ground, sheet, layout=layout)
            yield sheet, regency


def _badges(
    ground: Ground, shapes: Shapes, about: NDArray[np.bool_], *, frame: Frame
) -> dict[int, tuple[float, float]]:
    """Put each pocket's number where it lies deepest, on the sheet's own villages first."""
    found = {}
    for number in (one for one in shapes.pocket_lines if one > 0):
        members = ground.pocket_of == number
        own = members & about
        area = shapely.union_all(shapes.villages[own if own.any() else members])
        # of a pocket that only touches the frame there is no room for a number
        places = [at for at in spots(area) if _holds(frame, _around(at, BADGE_MM * 1.2, frame))]
        if places:
            found[number] = (float(places[0][0]), float(places[0][1]))
    return found


def _holds(frame: Frame, box: Box) -> bool:
    west, south, east, north = box
    return west > frame.west and south > frame.south and east < frame.east and north < frame.north


def _around(at: Sequence[float] | NDArray[np.float64], reach_mm: float, frame: Frame) -> Box:
    reach = reach_mm / 1000 * frame.scale
    x, y = float(at[0]), float(at[1])
    return x - reach, y - reach, x + reach, y + reach


def _district_names(ground: Ground, frame: Frame, taken: list[Box], zoom: float) -> list[Label]:
    areas = {code: ground.district_area(code) for code in ground.districts}
    places = {code: [(float(x), float(y)) for x, y in spots(area)] for code, area in areas.items()}
    return place(ground.districts, places, frame=frame, taken=taken, areas=areas, zoom=zoom)


def _village_names(
    ground: Ground, sheet: Sheet, about: NDArray[np.bool_], *, frame: Frame, taken: list[Box],
    zoom: float,
) -> list[Label]:  # fmt: skip
    numbers = dict(zip(sheet.listing.ranked, range(1, len(sheet.listing.ranked) + 1), strict=True))
    rows = np.flatnonzero(about)
    return name_villages(
        [ground.villages[i] for i in rows],
        [ground.names[i] for i in rows],
        numbers=[numbers[ground.codes[i]] for i in rows],
        frame=frame,
        taken=taken,
        zoom=zoom,
    )


def _neighbours(ground: Ground, shapes: Shapes, district: str) -> dict[str, BaseGeometry]:
    areas = dict(zip(ground.context_names, shapes.context, strict=True))
    if district:
        for code, name in ground.districts.items():
            if code != district:
                areas[name] = shapely.union_all(shapes.villages[ground.members(code)])
    return areas


def draw_map(page: Page, sheet: Sheet, *, view: MapView, layout: Layout, ground: Ground,
             epsg: int) -> None:  # fmt: skip
    """
    Draw the map.

    `epsg`: Study CRS.
    Raises pyproj.exceptions.CRSError: `epsg` is unknown.
    """
    rect, frame = layout.map, view.frame
    underlay = view.shapes.underlay
    land.draw_land(page, underlay, frame=frame, rect=rect)
    _fills(page, sheet, view)
    draw_graticule(page, frame, rect=rect, epsg=epsg, size=layout.small)
    land.draw_lines(page, underlay, frame=frame, rect=rect)
    _lines(page, view, rect)
    if sheet.district:
        own = ground.at(frame.scale).villages[view.shown]
        border = np.array([shapely.boundary(shapely.coverage_union_all(own))], dtype=object)
        page.path(line_pieces(border, frame, rect=rect).outline(), OWN_DISTRICT)
    _pocket_lines(page, view, ground, rect)
    land.draw_points(page, underlay, frame=frame, rect=rect)
    page.box(rect, _NEAT)
    draw_labels(page, view.quiet, frame=frame, rect=rect, color=_QUIET_TYPE)
    draw_labels(page, view.waters, frame=frame, rect=rect, color=land.RIVER_TYPE)
    draw_labels(page, view.places, frame=frame, rect=rect, color=land.PLACE_TYPE)
    draw_labels(page, view.names, frame=frame, rect=rect)
    if not sheet.district:
        _ranks(page, sheet, view, ground, rect)
    for number, at in view.badges.items():
        spot = frame.on_paper(np.array(at), rect) / POINTS_PER_MM
        badge(page, (float(spot[0]), float(spot[1])), number=str(number),
              strict=ground.evidence[number] == "strict")  # fmt: skip


def _fills(page: Page, sheet: Sheet, view: MapView) -> None:
    rest = ~view.shown
    if rest.any():
        page.path(view.villages.outline(rest), QUIET_VILLAGE)
    for kind, swatch in enumerate(sheet.theme.swatches):
        chosen = view.shown & (sheet.theme.index == kind)
        if not chosen.any():
            continue
        outline = view.villages.outline(chosen)
        border = OWN_VILLAGE if sheet.district else VILLAGE
        if swatch.pen.hatch:
            page.path(outline, Pen(fill=swatch.pen.fill))
            page.path(outline, Pen(edge=swatch.pen.edge, hatch=swatch.pen.hatch))
            page.path(outline, border if sheet.district else Pen(edge="#b9bcc0", width=0.25))
        else:
            page.path(outline, Pen(swatch.pen.fill, border.edge, border.width))


def _lines(page: Page, view: MapView, rect: Rect) -> None:
    frame, shapes = view.frame, view.shapes
    page.path(line_pieces(shapes.district_lines, frame, rect=rect).outline(), DISTRICT)
    whole = np.array([shapes.regency_line], dtype=object)
    page.path(line_pieces(whole, frame, rect=rect).outline(), REGENCY)


def _pocket_lines(page: Page, view: MapView, ground: Ground, rect: Rect) -> None:
    frame, shapes = view.frame, view.shapes
    for number, line in shapes.pocket_lines.items():
        outline = line_pieces(np.array([line], dtype=object), frame, rect=rect).outline()
        if number > 0:
            page.path(outline, _CASING)
        page.path(outline, EVIDENCE[ground.evidence[number]])


def _ranks(page: Page, sheet: Sheet, view: MapView, ground: Ground, rect: Rect) -> None:
    """Put the rank of a listed village on it, off the names; beside it where there is no room."""
    position = {code: at for at, code in enumerate(ground.codes)}
    taken = [_around(at, BADGE_MM * 1.1, view.frame) for at in view.badges.values()]
    taken += [one.box for one in (*view.names, *view.waters, *view.places, *view.quiet)]
    for rank, code in enumerate(sheet.listing.ranked, start=1):
        places = [(float(x), float(y)) for x, y in spots(view.shapes.villages[position[code]])]
        if not places:
            continue
        inside = [make_label(_WIDE_RANK, at, size=_RANK_SIZE, frame=view.frame) for at in places]
        options = (*inside, *beside(_WIDE_RANK, places[0], size=_RANK_SIZE, frame=view.frame))
        one = next((o for o in options if is_free(o, taken, frame=view.frame)), inside[0])
        taken.append(one.box)
        if one.anchor:
            page.path(Outline(view.frame.on_paper(np.array([one.anchor, (one.x, one.y)]), rect)),
                      LEADER)  # fmt: skip
        spot = view.frame.on_paper(np.array([one.x, one.y]), rect) / POINTS_PER_MM
        rank_mark(page, (float(spot[0]), float(spot[1])), number=str(rank))


@lru_cache(maxsize=8)
def _transformers(epsg: int) -> tuple[Transformer, Transformer]:
    return (
        Transformer.from_crs(4326, epsg, always_xy=True),
        Transformer.from_crs(epsg, 4326, always_xy=True),
    )


def draw_graticule(page: Page, frame: Frame, *, rect: Rect, epsg: int, size: float) -> None:
    """
    Draw meridians and parallels with their degrees at the frame (BT/BB, LU/LS).

    `epsg`: Study CRS.
    `size`: Text size, points.
    Raises pyproj.exceptions.CRSError: `epsg` is unknown.
    """
    there, back = _transformers(epsg)
    west, south, east, north = back.transform_bounds(
        frame.west, frame.south, frame.east, frame.north
    )
    seconds = (east - west) * 3600
    step = next((s for s in _STEPS_SECONDS if seconds / s >= _FEWEST_LINES), 1)
    for lon in _ticks(west, east, step):
        line = there.transform(np.full(_BENDS, lon / 3600), np.linspace(south, north, _BENDS))
        xy = _draw(page, frame, rect, np.column_stack(line))
        words = degrees(lon, "BT", negative="BB")
        for edge in (rect.bottom, rect.top):
            x = float(np.interp(edge, xy[:, 1], xy[:, 0]))
            _beside(page, rect, words, (x, edge), size)
    for lat in _ticks(south, north, step):
        line = there.transform(np.linspace(west, east, _BENDS), np.full(_BENDS, lat / 3600))
        xy = _draw(page, frame, rect, np.column_stack(line))
        words = degrees(lat, "LU", negative="LS")
        for edge in (rect.left, rect.right):
            y = float(np.interp(edge, xy[:, 0], xy[:, 1]))
            _upright(page, rect, words, (edge, y), size)


def _draw(
    page: Page, frame: Frame, rect: Rect, line: NDArray[np.float64]
) -> NDArray[np.float64]:  # fmt: skip
    """Draw the part inside the frame; return all of it in millimetres."""
    xy = frame.on_paper(line, rect) / POINTS_PER_MM
    axis = 1 if np.ptp(xy[:, 1]) > np.ptp(xy[:, 0]) else 0
    low, high = (rect.left, rect.right) if axis == 0 else (rect.bottom, rect.top)
    at = np.linspace(low, high, _BENDS)
    across = np.interp(at, xy[:, axis], xy[:, 1 - axis])
    bounds = (rect.bottom, rect.top) if axis == 0 else (rect.left, rect.right)
    inside = (across > bounds[0]) & (across < bounds[1])
    if inside.sum() > 1:
        corners = np.empty((int(inside.sum()), 2))
        corners[:, axis], corners[:, 1 - axis] = at[inside], across[inside]
        page.path(Outline(np.round(corners * POINTS_PER_MM, 2)), _LINE)
    return xy


def _beside(page: Page, rect: Rect, words: str, at: tuple[float, float], size: float) -> None:
    half = width(words, size) / POINTS_PER_MM / 2
    if not rect.left + half / 2 < at[0] < rect.right - half / 2:
        return
    high = CAPITAL * size / POINTS_PER_MM
    y = at[1] + _GAP_MM if at[1] == rect.top else at[1] - _GAP_MM - high
    page.text((at[0] - half, y), words, Type(size, color=_COLOR))


def _upright(page: Page, rect: Rect, words: str, at: tuple[float, float], size: float) -> None:
    half = width(words, size) / POINTS_PER_MM / 2
    if not rect.bottom + half / 2 < at[1] < rect.top - half / 2:
        return
    high = CAPITAL * size / POINTS_PER_MM
    x = at[0] - _GAP_MM if at[0] == rect.left else at[0] + _GAP_MM + high
    page.text((x, at[1] - half), words, Type(size, color=_COLOR, upright=True))


def _ticks(low: float, high: float, step: int) -> list[int]:
    """List the whole steps, seconds of arc, within degrees."""
    first, last = int(np.ceil(low * 3600 / step)), int(np.floor(high * 3600 / step))
    return [step * one for one in range(first, last + 1)]


def degrees(seconds: int, positive: str, *, negative: str) -> str:
    """
    Word an angle in degrees, minutes and, where there are any, seconds.

    Parameters
    ----------
    seconds
        Seconds of arc.
    positive, negative
        Suffix of each side.

    Returns
    -------
    words
        Such as ``2°30' LS``.

    Examples
    --------
    >>> degrees(-9000, "LU", negative="LS")
    "2°30' LS"
    """
    minutes, rest = divmod(abs(seconds), 60)
    tail = f'{rest:02d}"' if rest else ""
    return f"{minutes // 60}°{minutes % 60:02d}'{tail} {positive if seconds >= 0 else negative}"


def badge(page: Page, at: tuple[float, float], *, number: str, strict: bool) -> None:
    """
    Draw a pocket's number: white on dark when strict, dark on white when indicative.

    `at`: Middle, millimetres.
    """
    page.disc(at, BADGE_MM, Pen(fill="#ffffff"))
    page.disc(at, BADGE_MM * 0.84, Pen(POCKET if strict else "#ffffff", POCKET, 0.6))
    _centred(page, at, number, size=6.0, color="#ffffff" if strict else POCKET)


def rank_mark(page: Page, at: tuple[float, float], *, number: str) -> None:
    """
    Draw the rank of a village in a square.

    `at`: Middle, millimetres.
    """
    half = 1.2 + 0.45 * (len(number) - 1)
    page.box(Rect(at[0] - half, at[1] - 1.2, 2 * half, 2.4), Pen("#ffffff", RANK, 0.5))
    _centred(page, at, number, size=5.2, color=RANK)


def _centred(page: Page, at: tuple[float, float], words: str, *, size: float, color: str) -> None:
    x = at[0] - width(words, size, bold=True) / POINTS_PER_MM / 2
    y = at[1] - CAPITAL * size / POINTS_PER_MM / 2
    page.text((x, y), words, Type(size, bold=True, color=color))


def draw_index(page: Page, sheet: Sheet, *, view: MapView, ground: Ground, layout: Layout) -> None:
    """Draw where the map lies: the regency among its neighbours, or the district in the regency."""
    rect = layout.index
    middle, y = (rect.left + rect.right) / 2, rect.top - 0.8 - line_mm(layout.body)
    page.part("H2")
    page.text((middle, y), say("annex.index"), Type(layout.body, bold=True), align="centre")
    room = Rect(rect.left + _PAD, rect.bottom + 1.8, rect.width - 2 * _PAD, y - rect.bottom - 3)
    frame, room = _index_frame(sheet, view, ground, room)
    page.part("Figure", alt=say("annex.atlas_alt_index"), box=room)
    shapes = ground.at(round(_COARSER * frame.scale)).inside(frame)
    land.draw_land(page, shapes.underlay, frame=frame, rect=room)
    areas = area_pieces(shapes.villages, frame, rect=room)
    if sheet.district:
        page.path(areas.outline(~view.shown), Pen("#fafafa"))
    page.path(areas.outline(view.shown), _HERE)
    borders = line_pieces(shapes.district_lines, frame, rect=room).outline()
    page.path(borders, Pen(edge="#8b8b8b" if sheet.district else "#e9b3a8", width=0.25))
    whole = line_pieces(np.array([shapes.regency_line], dtype=object), frame, rect=room)
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
