"""Small drawings as SVG text: a map of villages, and rates over years."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.products.result import Product

# half a pixel: finer detail is not seen
_DETAIL_PX = 0.5
_INK, _POCKET, _LAND, _SEA = "#16202e", "#12305a", "#eceae3", "#dce8f0"
_LEFT, _RIGHT, _UPPER, _LOWER = 40, 12, 16, 54
_COLORS = ("#12305a", "#b5541c", "#5b6b7a", "#2a7f62")

_MARK = (
    '<defs><pattern id="mark" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect width="6" height="6" fill="#f3f4f6"/><circle cx="2" cy="2" r="0.9" fill="#6b7685"/>'
    '<circle cx="5" cy="5" r="0.9" fill="#6b7685"/></pattern></defs>'
)


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


def village_map(product: Product, codes: Sequence[str], *, width: int, label: str) -> str:
    """
    Draw villages in the colours of the poverty layer, with districts and pockets.

    `codes`: Villages with polygon that the drawing is about; the others stay pale.
    Returns: Text without script and without outside address.
    """
    mapped = product.mapped
    layer = product.layers[0]
    window = Window.around(mapped.loc[list(codes)].total_bounds, width)
    mapped = mapped.iloc[np.sort(mapped.sindex.query(shapely.box(*window.ground)))]
    seen = shapely.clip_by_rect(_simple(mapped.geometry.to_numpy(), window), *window.ground)
    shapes = dict(zip(mapped.index, seen, strict=True))
    own = set(codes)
    context = shapely.clip_by_rect(product.boundaries.context.geometry.to_numpy(), *window.ground)
    parts = [f'<rect width="{window.width}" height="{window.height}" fill="{_SEA}"/>']
    parts += [_path(one, window, fill=_LAND, stroke="#c9c5b8") for one in context]
    colors, unknown = layer.colors, layer.masked | layer.missing
    for (code, shape), named in zip(shapes.items(), mapped["name"], strict=True):
        if shape.is_empty:
            continue
        color = colors[code] if code in own else _LAND
        hidden = code in own and unknown[code]
        name = html.escape(str(named))
        fill = "url(#mark)" if hidden else color
        parts.append(_path(shape, window, fill=fill, stroke="#ffffff", title=name))
    parts += [
        _path(one, window, stroke=_INK, weight=0.7)
        for one in _districts(mapped["district_code"], shapes)
    ]
    parts += _pockets(product, window)
    return (
        f'<svg viewBox="0 0 {window.width} {window.height}" role="img" '
        f'aria-label="{html.escape(label)}">{_MARK}{"".join(parts)}</svg>'
    )


def _simple(shapes: NDArray[np.object_], window: Window) -> NDArray[np.object_]:
    simple: NDArray[np.object_] = shapely.coverage_simplify(shapes, _DETAIL_PX * window.metres)
    return simple


def _districts(district_of: pd.Series, shapes: Mapping[object, BaseGeometry]) -> list[BaseGeometry]:
    groups: dict[str, list[BaseGeometry]] = {}
    for code, district in district_of.items():
        groups.setdefault(district, []).append(shapes[code])
    return [shapely.union_all(one, grid_size=1e-3) for one in groups.values()]


def _pockets(product: Product, window: Window) -> list[str]:
    parts = []
    for number, pocket in product.pockets.outlines.iterrows():
        seen = shapely.clip_by_rect(pocket.geometry, *window.ground)
        if seen.is_empty:
            continue
        dash = "" if pocket["evidence"] == "strict" else "5 3"
        parts.append(_path(seen, window, stroke=_POCKET, weight=2, dash=dash))
        at = window.pixels(seen.representative_point())
        parts.append(
            f'<circle cx="{at.x:.0f}" cy="{at.y:.0f}" r="8" fill="{_POCKET}" stroke="#fff"/>'
            f'<text x="{at.x:.0f}" y="{at.y + 3.5:.1f}" font-size="10" font-weight="700" '
            f'fill="#fff" text-anchor="middle">{number}</text>'
        )
    return parts


def _path(
    shape: BaseGeometry,
    window: Window,
    *,
    stroke: str,
    fill: str = "none",
    weight: float = 0.4,
    dash: str = "",
    title: str = "",
) -> str:
    if shape.is_empty:
        return ""
    rings = []
    for part in shapely.get_parts(window.pixels(shape)):
        if part.geom_type != "Polygon":
            continue
        for ring in (part.exterior, *part.interiors):
            places = np.round(shapely.get_coordinates(ring)[:-1], 1)
            rings.append("M" + "L".join(f"{x:g} {y:g}" for x, y in places.tolist()) + "Z")
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    told = f"<title>{title}</title>" if title else ""
    return (
        f'<path d="{"".join(rings)}" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{weight:g}"{dashed}>{told}</path>'
    )


def rate_chart(series: pd.DataFrame, *, label: str, width: int = 560, height: int = 230) -> str:
    """
    Draw published rates and targets over the years; a year without figure stays a gap.

    `series`: ``label``, ``year``, ``rate`` (0 to 1, missing where not published) and ``text``.
    Returns: Text; empty where no rate is known.
    """
    known = series.dropna(subset=["rate"])
    if known.empty:
        return ""
    grid = _Grid.of(series, float(known["rate"].max()), width=width, height=height)
    parts = grid.lines()
    for at, (name, own) in enumerate(known.groupby("label", sort=False)):
        parts += _series(str(name), own, grid, at)
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(label)}" '
        f'font-size="11" fill="{_INK}">{"".join(parts)}</svg>'
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Years across, rates upwards, with room for a legend below."""

    years: tuple[int, ...]
    top: float
    width: int
    height: int

    @classmethod
    def of(cls, series: pd.DataFrame, highest: float, *, width: int, height: int) -> _Grid:
        years = tuple(sorted(series["year"].unique().tolist()))
        return cls(years, max(0.02, math.ceil(highest * 50) / 50), width, height)

    def across(self, year: int) -> float:
        step = (self.width - _LEFT - _RIGHT) / max(len(self.years) - 1, 1)
        return _LEFT + step * self.years.index(year)

    def up(self, rate: float) -> float:
        return _UPPER + (self.height - _UPPER - _LOWER) * (1 - rate / self.top)

    def lines(self) -> list[str]:
        parts = []
        for tick in np.arange(0, self.top + 1e-9, 0.02 if self.top <= 0.1 else 0.04).tolist():
            y = self.up(tick)
            parts.append(
                f'<path d="M{_LEFT} {y:.1f}H{self.width - _RIGHT}" stroke="#dfe4ea"/>'
                f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick * 100:.0f} %</text>'
            )
        foot = self.height - _LOWER + 16
        return parts + [
            f'<text x="{self.across(year):.1f}" y="{foot}" text-anchor="middle">{year}</text>'
            for year in self.years
        ]


def _series(name: str, own: pd.DataFrame, grid: _Grid, at: int) -> list[str]:
    """Draw one area: following years are joined, what was not published is not drawn."""
    color = _COLORS[at % len(_COLORS)]
    rates = own.set_index("year")["rate"].to_dict()
    path, drawing = "", False
    for year in grid.years:
        if year in rates:
            path += f"{'L' if drawing else 'M'}{grid.across(year):.1f} {grid.up(rates[year]):.1f}"
        drawing = year in rates
    x = _LEFT + (at % 2) * (grid.width - _LEFT) / 2
    y = grid.height - _LOWER + 34 + 16 * (at // 2)
    dots = [
        f'<circle cx="{grid.across(year):.1f}" cy="{grid.up(rate):.1f}" r="3.5" fill="{color}">'
        f"<title>{html.escape(f'{name}, {year}: {text}')}</title></circle>"
        for year, rate, text in own[["year", "rate", "text"]].itertuples(index=False)
    ]
    line = f'<path d="{path}" fill="none" stroke="{color}" stroke-width="2"/>'
    swatch = f'<rect x="{x:.0f}" y="{y - 9}" width="10" height="10" fill="{color}"/>'
    return [line, *dots, swatch, f'<text x="{x + 15:.0f}" y="{y}">{html.escape(name)}</text>']
