"""The map frame on paper: which piece of ground it shows, at which round scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from pyproj import Transformer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

MM_PER_INCH = 25.4
# round scales of Indonesian thematic maps
SCALES = (
    5_000,
    10_000,
    20_000,
    25_000,
    50_000,
    75_000,
    100_000,
    150_000,
    200_000,
    250_000,
    300_000,
    400_000,
    500_000,
    600_000,
    750_000,
    1_000_000,
    1_250_000,
    1_500_000,
    2_000_000,
    2_500_000,
    5_000_000,
)
_STEPS_DEG = (2.0, 1.0, 0.5, 0.25, 1 / 6, 1 / 12, 1 / 30, 1 / 60)
_FEWEST_LINES = 3
_MARGIN = 1.04
_GRID_LINE: dict[str, Any] = {
    "color": "#5b7186",
    "linewidth": 0.35,
    "linestyle": (0, (1, 2)),
    "zorder": 1.5,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """
    Ground shown in a rectangle of paper.

    Attributes
    ----------
    west, south, east, north
        Metres in the study CRS.
    scale
        Denominator of the scale.
    """

    west: float
    south: float
    east: float
    north: float
    scale: int


def fit(bounds: Sequence[float], *, width_mm: float, height_mm: float) -> Frame:
    """
    Choose the largest round scale at which an area fits a rectangle of paper.

    Parameters
    ----------
    bounds
        West, south, east, north of the area, metres.
    width_mm, height_mm
        Rectangle, millimetres.

    Returns
    -------
    frame
        The area in the middle.

    Raises
    ------
    ValueError
        The area is larger than the smallest scale can show.
    """
    west, south, east, north = bounds
    for scale in SCALES:
        wide, high = width_mm / 1000 * scale, height_mm / 1000 * scale
        if (east - west) * _MARGIN <= wide and (north - south) * _MARGIN <= high:
            x, y = (west + east) / 2, (south + north) / 2
            return Frame(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, scale)
    msg = f"The area is too large for 1 : {SCALES[-1]:,}."
    raise ValueError(msg)


def draw_areas(
    axes: Axes, shapes: Iterable[BaseGeometry], *, colors: Iterable[str], **style: Any
) -> None:
    """
    Draw polygons with their holes.

    Parameters
    ----------
    axes
        Where.
    shapes
        Polygons or multipolygons.
    colors
        Fill of each.
    style
        Further properties of the patches.

    Raises
    ------
    ValueError
        There are fewer colours than shapes.
    """
    for shape, color in zip(shapes, colors, strict=True):
        # add_patch would measure every outline to find limits that are set already
        axes.add_artist(PathPatch(_outline(shape), facecolor=color, **style))


def _outline(shape: BaseGeometry) -> Outline:
    parts = getattr(shape, "geoms", [shape])
    rings = [
        ring
        for part in parts
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    if not rings:
        return Outline(np.empty((0, 2)))
    return Outline.make_compound_path(
        *(Outline(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings)
    )


def draw_graticule(axes: Axes, frame: Frame, *, epsg: int, size: float) -> None:
    """
    Draw meridians and parallels with their degrees at the frame (BT/BB, LU/LS).

    Parameters
    ----------
    axes
        Map axes in metres, already limited to `frame`.
    frame
        Ground shown.
    epsg
        Study CRS.
    size
        Text size, points.

    Raises
    ------
    pyproj.exceptions.CRSError
        `epsg` is unknown.
    """
    back = Transformer.from_crs(epsg, 4326, always_xy=True)
    there = Transformer.from_crs(4326, epsg, always_xy=True)
    west, south, east, north = back.transform_bounds(
        frame.west, frame.south, frame.east, frame.north
    )
    step = next((s for s in _STEPS_DEG if (east - west) / s >= _FEWEST_LINES), _STEPS_DEG[-1])
    for lon in _ticks(west, east, step):
        x, y = there.transform(np.full(40, lon), np.linspace(south, north, 40))
        axes.plot(x, y, **_GRID_LINE)
        for edge, offset, va in ((frame.north, 3, "bottom"), (frame.south, -3, "top")):
            place = float(np.interp(edge, y, x))
            if frame.west < place < frame.east:
                _write(
                    axes,
                    (place, edge),
                    (0, offset),
                    _degrees(lon, "BT", "BB"),
                    size=size,
                    ha="center",
                    va=va,
                )
    for lat in _ticks(south, north, step):
        x, y = there.transform(np.linspace(west, east, 40), np.full(40, lat))
        axes.plot(x, y, **_GRID_LINE)
        for edge, offset, ha in ((frame.west, -3, "right"), (frame.east, 3, "left")):
            place = float(np.interp(edge, x, y))
            if frame.south < place < frame.north:
                _write(
                    axes,
                    (edge, place),
                    (offset, 0),
                    _degrees(lat, "LU", "LS"),
                    size=size,
                    ha=ha,
                    va="center",
                    rotation=90,
                )


def _write(
    axes: Axes,
    place: tuple[float, float],
    offset: tuple[int, int],
    label: str,
    *,
    size: float,
    **style: Any,
) -> None:
    axes.annotate(
        label,
        place,
        offset,
        textcoords="offset points",
        fontsize=size,
        color="#37475a",
        annotation_clip=False,
        **style,
    )


def _ticks(low: float, high: float, step: float) -> NDArray[np.float64]:
    return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step


def _degrees(value: float, positive: str, negative: str) -> str:
    minutes = round(abs(value) * 60)
    return f"{minutes // 60}°{minutes % 60:02d}' {positive if value >= 0 else negative}"
