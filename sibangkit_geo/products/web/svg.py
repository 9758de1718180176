"""What small drawings show, in pixels: a map of villages, and rates over years."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import shapely

from sibangkit_geo.model.backdrop import POINTS
from sibangkit_geo.products.classes import NO_DATA_COLOR
from sibangkit_geo.products.ground_style import (
    EDGE,
    LAND,
    LINE_COLORS,
    REGENCY_RIM,
    SEA,
    UNKNOWN,
    WATER,
)
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.model.backdrop import Backdrop
    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis

# half a pixel: finer detail is not seen
_BEYOND_PX = 8
_DETAIL_PX = 0.5
_PIXEL_M = 0.0254 / 96
_POINT_PX = 3.0
_COLORS = ("#12305a", "#b5541c", "#5b6b7a", "#2a7f62")


@dataclass(frozen=True, slots=True)
class Window:
    """
    From metres on the ground to pixels of a drawing.

    `west`, `north`: Upper left corner, metres.
    """

    west: float
    north: float
    metres: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: NDArray[np.float64], width: int) -> Window:
        """Fit ground with a margin into a width; the height follows, 0.4 to 1.3 of it."""
        west, south, east, north = bounds.tolist()
        metres = max((east - west) / (0.94 * width), (north - south) / (0.94 * 1.3 * width), 1e-9)
        height = max(0.4 * width, (north - south) / metres / 0.94)
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        return cls(
            middle_x - width / 2 * metres,
            middle_y + height / 2 * metres,
            metres,
            width,
            round(height),
        )

    @classmethod
    def framing(cls, bounds: NDArray[np.float64], size: tuple[int, int]) -> Window:
        """Fit ground with a margin into a drawing of a given width and height."""
        west, south, east, north = bounds.tolist()
        width, height = size
        metres = max((east - west) / (0.94 * width), (north - south) / (0.94 * height), 1e-9)
        return cls(
            (west + east) / 2 - width / 2 * metres,
            (south + north) / 2 + height / 2 * metres,
            metres,
            width,
            height,
        )

    def pixels(self, shape: BaseGeometry) -> BaseGeometry:
        """Move a shape onto the drawing."""
        return shapely.transform(
            shape, lambda at: (at - [self.west, self.north]) / [self.metres, -self.metres]
        )

    @property
    def ground(self) -> tuple[float, float, float, float]:
        """Name the corners of the ground that is seen."""
        return (
            self.west,
            self.north - self.height * self.metres,
            self.west + self.width * self.metres,
            self.north,
        )

    @property
    def beyond(self) -> tuple[float, float, float, float]:
        """Name the corners of a little more: what is cut there shows no line along the edge."""
        west, south, east, north = self.ground
        more = _BEYOND_PX * self.metres
        return west - more, south - more, east + more, north + more


@dataclass(frozen=True, slots=True)
class Outline:
    """
    One shape of a drawing, and what is said of it.

    `path`: As SVG writes it, pixels.
    """

    path: str
    stroke: str
    fill: str = "none"
    weight: float = 0.4
    dash: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class VillageMap:
    """
    Outlines in drawing order, and over them the pockets.

    `pockets`: Number, outline, and where the number stands, pixels.
    """

    width: int
    height: int
    outlines: tuple[Outline, ...]
    pockets: tuple[tuple[int, Outline, float, float], ...]


def village_map(product: Analysis, codes: Sequence[str], *, width: int) -> VillageMap:
    """
    Draw villages in the colours of the poverty layer, with districts and pockets.

    `codes`: Villages with polygon that the drawing is about; the others stay pale.
    """
    window = Window.around(product.mapped.loc[list(codes)].total_bounds, width)
    return map_in(window, product, codes)


def map_in(window: Window, product: Analysis, codes: Sequence[str]) -> VillageMap:
    """Draw what a window shows, as `village_map` does."""
    mapped = product.mapped
    mapped = mapped.iloc[np.sort(mapped.sindex.query(shapely.box(*window.ground)))]
    seen = shapely.clip_by_rect(_simple(mapped.geometry.to_numpy(), window), *window.ground)
    shapes = dict(zip(mapped.index, seen, strict=True))
    backdrop = product.boundaries.backdrop
    fills = _fills(product.layers[0], codes)
    outlines = [
        *_land(backdrop, window),
        *(
            Outline(
                path_of(shapes[code], window), "#ffffff", fills.get(code, LAND), title=str(name)
            )
            for code, name in mapped["name"].items()
        ),
        *_over(backdrop, window, points=False),
        *(
            Outline(path_of(one, window), "#16202e", weight=0.7)
            for one in _districts(mapped["district_code"], shapes)
        ),
        *_over(backdrop, window, points=True),
    ]
    outlines += [
        Outline(path_of(seen, window), "#6b4a1e", weight=2, dash="2 3")
        for one in (() if product.found.wide is None else product.found.wide.geometry)
        if not (seen := shapely.clip_by_rect(one, *window.beyond)).is_empty
    ]
    shown = tuple(one for one in outlines if one.path)
    return VillageMap(window.width, window.height, shown, tuple(_pockets(product, window)))


def _land(backdrop: Backdrop, window: Window) -> Iterator[Outline]:
    """Land where it is known, with a line around it; sea, inland waters, borders."""
    near = [
        shapely.clip_by_rect(shapely.simplify(one, _DETAIL_PX * window.metres), *window.beyond)
        for one in (backdrop.extent, backdrop.sea, backdrop.borders)
    ]
    yield Outline(path_of(near[0], window), EDGE, LAND, 1)
    yield Outline(path_of(near[1], window), "none", SEA)
    for layer in backdrop.layers:
        if layer.kind == "water":
            for shape in layer.features.geometry:
                seen = shapely.clip_by_rect(shape, *window.beyond)
                yield Outline(path_of(seen, window), "none", WATER)
    yield Outline(path_of(near[2], window), REGENCY_RIM, weight=0.8)


def _over(backdrop: Backdrop, window: Window, *, points: bool) -> Iterator[Outline]:
    """Lines over the villages and under their districts, or places over both."""
    for layer in backdrop.layers:
        if (layer.kind in POINTS) != points or not layer.fits(window.metres / _PIXEL_M):
            continue
        color = LINE_COLORS[layer.kind]
        for name, shape in zip(layer.features["name"], layer.features.geometry, strict=True):
            seen = shapely.clip_by_rect(shape, *window.beyond)
            if points:
                disc = shapely.buffer(seen, _POINT_PX * window.metres, quad_segs=4)
                fill = UNKNOWN if layer.kind == "seat" else color
                yield Outline(path_of(disc, window), color, fill, 1.2, title=str(name))
            else:
                thin = shapely.simplify(seen, _DETAIL_PX * window.metres)
                yield Outline(path_of(thin, window), color, weight=1, title=str(name))


def map_legend(product: Analysis, pockets: Sequence[int]) -> Iterator[tuple[str, str, str]]:
    """
    Say what the signs of a drawing mean.

    `pockets`: Numbers of those that are drawn.
    Returns: Kind, colour and words; the kind is ``"class"``, ``"missing"``, ``"strict"``,
        ``"indicative"`` or ``"wide"``.
    """
    layer = product.layers[0]
    for one in layer.classes:
        yield "class", one.color, one.label
    key = "annex.no_or_thin_data" if bool(layer.thin.any()) else "annex.no_data"
    yield "missing", NO_DATA_COLOR, say(key)
    evidence = set(product.found.outlines.loc[list(pockets), "evidence"])
    for kind in ("strict", "indicative"):
        if kind in evidence:
            yield kind, "", say(f"annex.{kind}")
    if product.found.wide_villages:
        yield "wide", "", say("annex.wide")


def _fills(layer: Layer, codes: Sequence[str]) -> dict[object, str]:
    return {code: "url(#mark)" if layer.missing[code] else layer.colors[code] for code in codes}


def _simple(shapes: NDArray[np.object_], window: Window) -> NDArray[np.object_]:
    simple: NDArray[np.object_] = shapely.coverage_simplify(shapes, _DETAIL_PX * window.metres)
    return simple


def _districts(district_of: pd.Series, shapes: Mapping[object, BaseGeometry]) -> list[BaseGeometry]:
    groups: dict[str, list[BaseGeometry]] = {}
    for code, district in district_of.items():
        groups.setdefault(district, []).append(shapes[code])
    return [shapely.union_all(one, grid_size=1e-3) for one in groups.values()]


def _pockets(product: Analysis, window: Window) -> Iterator[tuple[int, Outline, float, float]]:
    for number, pocket in product.found.outlines.iterrows():
        seen = shapely.clip_by_rect(pocket.geometry, *window.ground)
        if seen.is_empty:
            continue
        dash = "" if pocket["evidence"] == "strict" else "5 3"
        at = window.pixels(seen.representative_point())
        whole = shapely.clip_by_rect(pocket.geometry, *window.beyond)
        outline = Outline(path_of(whole, window), "#12305a", weight=2, dash=dash)
        yield int(str(number)), outline, at.x, at.y


def path_of(shape: BaseGeometry, window: Window) -> str:
    """Write the rings of all polygons, and lines, as SVG does; empty without either."""
    drawn = []
    for part in shapely.get_parts(window.pixels(shape)):
        if part.geom_type == "LineString":
            drawn.append(f"M{_corners(part)}")
        elif part.geom_type == "Polygon":
            rings = (part.exterior, *part.interiors)
            drawn += [f"M{_corners(ring, closed=True)}Z" for ring in rings]
    return "".join(drawn)


def _corners(line: BaseGeometry, *, closed: bool = False) -> str:
    places = np.round(shapely.get_coordinates(line)[: -1 if closed else None], 1)
    return "L".join(f"{x:g} {y:g}" for x, y in places.tolist())


@dataclass(frozen=True, slots=True)
class RateLine:
    """
    Rates of one area: following years are joined, what was not published is not drawn.

    `figures`: Year, rate (0 to 1) and its words.
    """

    name: str
    color: str
    path: str
    figures: tuple[tuple[int, float, str], ...]


@dataclass(frozen=True, slots=True)
class RateChart:
    """
    Years across, rates upwards, with room for a legend below.

    `top`: Highest rate of the scale, 0 to 1.
    """

    width: ClassVar = 560
    height: ClassVar = 230
    left: ClassVar = 40
    right: ClassVar = 548
    upper: ClassVar = 16
    lower: ClassVar = 176
    years: tuple[int, ...]
    top: float
    lines: tuple[RateLine, ...] = ()

    @property
    def ticks(self) -> list[float]:
        """Name the rates that have a line of their own."""
        step = 0.02 if self.top <= 0.1 else 0.04
        return [float(one) for one in np.arange(0, self.top + 1e-9, step)]

    def across(self, year: int) -> float:
        """Say how far right a year stands, pixels."""
        step = (self.right - self.left) / max(len(self.years) - 1, 1)
        return self.left + step * self.years.index(year)

    def up(self, rate: float) -> float:
        """Say how far down a rate stands, pixels."""
        return self.upper + (self.lower - self.upper) * (1 - rate / self.top)

    def path(self, rates: Mapping[int, float]) -> str:
        """Join the rates of years that follow each other."""
        path, drawing = "", False
        for year in self.years:
            if year in rates:
                step = "L" if drawing else "M"
                path += f"{step}{self.across(year):.1f} {self.up(rates[year]):.1f}"
            drawing = year in rates
        return path


def rate_chart(series: pd.DataFrame) -> RateChart | None:
    """
    Draw published rates and targets over the years; a year without figure stays a gap.

    `series`: ``label``, ``year``, ``rate`` (0 to 1, missing where not published) and ``text``.
    Returns: None where no rate is known.
    """
    known = series.dropna(subset=["rate"])
    if known.empty:
        return None
    years = tuple(sorted(series["year"].unique().tolist()))
    top = max(0.02, math.ceil(float(known["rate"].max()) * 50) / 50)
    chart = RateChart(years, top)
    lines = []
    for at, (name, own) in enumerate(known.groupby("label", sort=False)):
        figures = tuple(own[["year", "rate", "text"]].itertuples(index=False, name=None))
        path = chart.path({year: rate for year, rate, _ in figures})
        lines.append(RateLine(str(name), _COLORS[at % len(_COLORS)], path, figures))
    return replace(chart, lines=tuple(lines))
