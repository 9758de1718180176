"""The map of a sheet: villages, lines, pockets, degrees and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.path import Path as Outline

from sibangkit_geo.cartography.annex import pieces
from sibangkit_geo.cartography.annex.frame import fit
from sibangkit_geo.cartography.annex.graticule import draw_graticule
from sibangkit_geo.cartography.annex.ground import spots
from sibangkit_geo.cartography.annex.label_boxes import is_free, make_label
from sibangkit_geo.cartography.annex.label_drawing import LEADER, draw_labels
from sibangkit_geo.cartography.annex.labels import beside, place
from sibangkit_geo.cartography.annex.lettering import POINTS_PER_MM
from sibangkit_geo.cartography.annex.marks import (
    BADGE_MM,
    DISTRICT,
    INDICATIVE,
    OTHER,
    OWN_DISTRICT,
    OWN_VILLAGE,
    QUIET_VILLAGE,
    REGENCY,
    SEA,
    STRICT,
    VILLAGE,
    badge,
    rank_mark,
)
from sibangkit_geo.cartography.annex.paper import Pen
from sibangkit_geo.cartography.annex.village_labels import name_villages, quiet_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.annex.ground import Ground, Shapes
    from sibangkit_geo.cartography.annex.label_boxes import Box, Label
    from sibangkit_geo.cartography.annex.layout import Layout
    from sibangkit_geo.cartography.annex.paper import Page, Rect
    from sibangkit_geo.cartography.annex.plan import Sheet

_CASING = Pen(edge="#ffffff", width=2.6)
_NEAT = Pen(edge="#16232f", width=0.8)
_QUIET_TYPE = "#6d7377"
_A4_BODY = 5.8
# takes the room of a mark
_WIDE_RANK, _RANK_SIZE = "00", 6.4


@dataclass(frozen=True, slots=True)
class MapView:
    """
    A frame with what stands the same on all its sheets.

    `names`: Names that are the same on all sheets of the frame.
    `badges`: Pocket number to its place, metres.
    """

    frame: Frame
    shapes: Shapes
    villages: pieces.Pieces
    shown: NDArray[np.bool_]
    names: tuple[Label, ...]
    quiet: tuple[Label, ...]
    badges: dict[int, tuple[float, float]]


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
    taken += [one.box for one in names]
    quiet = quiet_names(_neighbours(ground, shapes, sheet.district), frame=frame, taken=taken)
    villages = pieces.areas(shapes.villages, frame, rect=rect)
    return MapView(frame, shapes, villages, about, tuple(names), tuple(quiet), badges)


def _badges(
    ground: Ground, shapes: Shapes, about: NDArray[np.bool_], *, frame: Frame
) -> dict[int, tuple[float, float]]:
    """Put each pocket's number where it lies deepest, on the sheet's own villages first."""
    found = {}
    for number in shapes.pocket_lines:
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
    page.box(rect, Pen(fill=SEA))
    page.path(pieces.areas(view.shapes.context, frame, rect=rect).outline(), OTHER)
    _fills(page, sheet, view)
    draw_graticule(page, frame, rect=rect, epsg=epsg, size=layout.small)
    _lines(page, view, rect)
    if sheet.district:
        own = ground.at(frame.scale).villages[view.shown]
        border = np.array([shapely.boundary(shapely.coverage_union_all(own))], dtype=object)
        page.path(pieces.lines(border, frame, rect=rect).outline(), OWN_DISTRICT)
    _pocket_lines(page, view, ground, rect)
    page.box(rect, _NEAT)
    draw_labels(page, view.quiet, frame=frame, rect=rect, color=_QUIET_TYPE)
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
    page.path(pieces.lines(shapes.district_lines, frame, rect=rect).outline(), DISTRICT)
    whole = np.array([shapes.regency_line], dtype=object)
    page.path(pieces.lines(whole, frame, rect=rect).outline(), REGENCY)


def _pocket_lines(page: Page, view: MapView, ground: Ground, rect: Rect) -> None:
    frame, shapes = view.frame, view.shapes
    for number, line in shapes.pocket_lines.items():
        outline = pieces.lines(np.array([line], dtype=object), frame, rect=rect).outline()
        page.path(outline, _CASING)
        page.path(outline, STRICT if ground.evidence[number] == "strict" else INDICATIVE)


def _ranks(page: Page, sheet: Sheet, view: MapView, ground: Ground, rect: Rect) -> None:
    """Put the rank of a listed village on it, off the names; beside it where there is no room."""
    position = {code: at for at, code in enumerate(ground.codes)}
    taken = [_around(at, BADGE_MM * 1.1, view.frame) for at in view.badges.values()]
    taken += [one.box for one in view.names]
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
