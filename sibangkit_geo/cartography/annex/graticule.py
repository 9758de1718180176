"""Meridians and parallels over a map in metres, with their degrees at the edge."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.path import Path as Outline
from pyproj import Transformer

from sibangkit_geo.cartography.annex.lettering import CAPITAL, POINTS_PER_MM, width
from sibangkit_geo.cartography.annex.paper import Pen, Type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.annex.paper import Page, Rect

_STEPS_SECONDS = (7200, 3600, 1800, 900, 600, 300, 120, 60, 30, 15, 10, 5, 2, 1)
_FEWEST_LINES = 3
_BENDS = 24
_GAP_MM = 0.9
_LINE = Pen(edge="#5b7186", width=0.35, dash=(1, 2))
_COLOR = "#37475a"


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
