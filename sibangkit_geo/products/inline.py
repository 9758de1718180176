"""A view drawn as a card for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from sibangkit_geo.products.ground_style import LAND
from sibangkit_geo.products.web.html import fragment
from sibangkit_geo.products.web.svg import Outline, Window, path_of

if TYPE_CHECKING:
    from sibangkit_geo.products.view import View

_CARD_PX, _DETAIL_PX = 320, 0.7
_NOTES = 4


def card(view: View) -> str:
    """Write a view as HTML that a notebook shows: no script, every text escaped."""
    notes = [one for one in view.notes if one not in view.caveat]
    values = {
        "view": view,
        "drawing": _drawing(view),
        "notes": notes[:_NOTES],
        "more": max(0, len(notes) - _NOTES),
    }
    return fragment("card", values)


def _drawing(view: View) -> tuple[Window, list[Outline]] | None:
    """Draw the small map of a card; None where the view has nothing to draw."""
    shapes = [*([] if view.areas is None else [view.areas.geometry])]
    shapes += [line.shapes for line in view.lines]
    shapes = [one for one in shapes if len(one)]
    if not shapes:
        return None
    metric = shapes[0].estimate_utm_crs() if shapes[0].crs and shapes[0].crs.is_geographic else None
    if metric:
        shapes = [one.to_crs(metric) for one in shapes]
    window = Window.around(shapes[0].total_bounds, _CARD_PX)
    outlines = []
    if view.areas is not None:
        colors = [LAND] * len(view.areas) if view.shade is None else view.shade.colors
        small = shapely.simplify(shapes[0].to_numpy(), _DETAIL_PX * window.metres)
        outlines += [
            Outline(path_of(shape, window), "#ffffff", color)
            for shape, color in zip(small, colors, strict=True)
        ]
    lines = shapes[1:] if view.areas is not None else shapes
    for line, own in zip((one for one in view.lines if len(one.shapes)), lines, strict=True):
        for shape in shapely.simplify(own.to_numpy(), _DETAIL_PX * window.metres):
            dash = "5 3" if line.dashed else ""
            outlines.append(Outline(path_of(shape, window), line.color, weight=2, dash=dash))
    return window, [one for one in outlines if one.path]
