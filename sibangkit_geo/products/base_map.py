"""Land, sea, rivers and the user's own lines as layers of a GIS: what the maps draw, as they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from sibangkit_geo.model.backdrop import LINES, POINTS
from sibangkit_geo.products.ground_style import (
    LAND,
    LINE_COLORS,
    REGENCY_RIM,
    SEA,
    UNKNOWN,
    WATER,
    legend_label,
)
from sibangkit_geo.products.qgis import Mark, mark_style
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.model.backdrop import Backdrop
    from sibangkit_geo.products.qgis import Shape
    from sibangkit_geo.products.result import Analysis

UNDER, LINES_OVER, POINTS_OVER = "land_sea", "context_lines", "context_points"
_SHAPES: dict[str, Shape] = {UNDER: "Polygon", LINES_OVER: "Line", POINTS_OVER: "Point"}
_COLUMNS = ["kind", "name", "label", "geometry"]
_WIDTHS = {"border": 0.3, "river": 0.35, "road": 0.4, "water": 0.25, "seat": 2.0, "place": 1.4}


@dataclass(frozen=True, slots=True)
class BaseMap:
    """
    Layers around and over the villages, those alone that have features.

    `tables`: Columns ``kind``, ``name`` (may be empty), ``label`` and ``geometry``, study CRS.
    """

    tables: Mapping[str, gpd.GeoDataFrame]
    names: Mapping[str, Mapping[str, str]]
    styles: Mapping[str, str]
    titles: Mapping[str, str]


def base_map(product: Analysis) -> BaseMap:
    """
    Gather land, sea and lines.

    Grain: one row per feature; land, sea and borders are one each.
    """
    backdrop, crs = product.boundaries.backdrop, product.mapped.crs
    rows = _rows(backdrop)
    tables, styles = {}, {}
    heads = {one: say(f"gis_{one}") for one in _COLUMNS if one != "geometry"}
    heads["feature"] = say("gis_row")
    for layer, shape in _SHAPES.items():
        own = [one for one in rows if one[0] == layer and not shapely.is_empty(one[-1])]
        if own:
            table = pd.DataFrame([one[1:] for one in own], columns=_COLUMNS)
            table = table.rename_axis("feature")
            tables[layer] = gpd.GeoDataFrame(table, geometry="geometry", crs=crs)
            told = "" if layer == UNDER else "name"
            styles[layer] = mark_style(
                _marks(table), heads, column="kind", shape=shape, label=told
            )  # fmt: skip
    names = dict.fromkeys(tables, heads)
    return BaseMap(tables, names, styles, {one: say(f"gis_layer_{one}") for one in tables})


def _rows(backdrop: Backdrop) -> list[tuple[str, str, str, str, object]]:
    land = shapely.difference(backdrop.extent, backdrop.sea)
    rows: list[tuple[str, str, str, str, object]] = [
        (UNDER, "land", "", say("gis_land"), land),
        (UNDER, "sea", "", say("gis_sea"), backdrop.sea),
        (LINES_OVER, "border", "", say("annex.other_regency"), backdrop.borders),
    ]
    for one in backdrop.layers:
        label = legend_label(one)
        for name, shape in zip(one.features["name"], one.features.geometry, strict=True):
            if one.kind in POINTS:
                # a point layer of the user may have several points in one feature
                rows += [
                    (POINTS_OVER, one.kind, str(name), label, at) for at in shapely.get_parts(shape)
                ]
            elif one.kind in LINES:
                rows.append((LINES_OVER, one.kind, str(name), label, shape))
            else:
                rows.append((UNDER, one.kind, str(name), label, shape))
                shore = shapely.boundary(shape)
                rows.append((LINES_OVER, one.kind, str(name), label, shore))
    return rows


def _marks(table: pd.DataFrame) -> list[Mark]:
    """Draw each kind as all maps do."""
    fills = {"land": LAND, "sea": SEA, "water": WATER}
    own = table.drop_duplicates("kind")
    marks = []
    for kind, label, shape in zip(own["kind"], own["label"], own["geometry"], strict=True):
        if shapely.get_dimensions(shape) == 2:
            marks.append(Mark(kind, label, fills[kind]))
            continue
        color, edge = LINE_COLORS.get(kind, REGENCY_RIM), UNKNOWN
        if kind == "seat":
            color, edge = edge, color
        marks.append(Mark(kind, label, color, edge, _WIDTHS[kind]))
    return marks
