"""Land and sea around a study: the embedded ground, cut to fit the villages of any file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
from shapely import Polygon

from sibangkit_geo import codes
from sibangkit_geo.model.backdrop import Backdrop, ContextLayer
from sibangkit_geo.sources.boundaries.open_file import DEGREES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

_FILES = ("context.geojson", "sea.geojson", "rivers.geojson")
EMBEDDED_REGENCY = "16.07"
# half of the narrowest water that is drawn: borders of two sources differ by as much
_CHINK_M = 400.0
# sea under the coast of the villages: more than maps simplify either
_UNDER_M = 1_500.0
# half a width: embedded borders are off by kilometres, so such a strip is land of the neighbour
_STRIP_M = 6_000.0
# of an area that two sources have: it is then one and the same
_MOSTLY = 0.5
# error of the embedded rivers: nine tenths lie within 1.3 km, 3 mm on such a map
_RIVER_SCALE = 400_000
_COAST_SOURCE = "garis pantai Natural Earth 1:10.000.000 (2018)"
_RIVER_SOURCE = "sungai CIA World Data Bank II 1:3.000.000 (1977) dalam GSHHG (LGPL)"


def backdrop_files() -> list[tuple[str, Path]]:
    """List the embedded files that `backdrop_of` and `context_around` open, with their roles."""
    return [("backdrop", codes.data_folder() / name) for name in _FILES]


def backdrop_of(villages: gpd.GeoDataFrame, *, context: gpd.GeoDataFrame) -> Backdrop:
    """
    Tell land from sea around villages, wherever the embedded ground reaches.

    `villages`: Polygons in a metric CRS.
    `context`: Regencies around, in that CRS.
    Returns: In that CRS; only borders where the villages lie beyond the embedded ground.
    Raises MissingFileError: The installation lacks its data.
    """
    shapes = _read("sea.geojson", villages.crs).set_index("jenis").geometry
    extent, water = shapes["cakupan"], shapes["laut"]
    home = shapely.union_all(villages.geometry.to_numpy())
    lines = shapely.union_all(shapely.boundary(context.geometry.to_numpy()))
    if not shapely.intersects(extent, home):
        return Backdrop(borders=_away_from(lines, home))
    # a chink between two sources is no water: what is narrower is closed, then the shore is kept
    wide = shapely.buffer(shapely.difference(water, home), -_CHINK_M, quad_segs=2)
    sea = shapely.intersection(shapely.buffer(wide, 1.05 * _CHINK_M, quad_segs=2), water)
    under = shapely.intersection(home, shapely.buffer(wide, _UNDER_M, quad_segs=2))
    borders = _away_from(lines, shapely.union_all([home, sea, extent.boundary]))
    rivers = _rivers(villages.crs)
    return Backdrop(extent, shapely.union(sea, under), borders, (rivers,), _COAST_SOURCE)


def _away_from(lines: BaseGeometry, drawn: BaseGeometry) -> BaseGeometry:
    """Leave out the borders that run along what maps draw anyway."""
    return shapely.line_merge(shapely.difference(lines, shapely.buffer(drawn, _CHINK_M)))


def _rivers(crs: object) -> ContextLayer:
    lines = _read("rivers.geojson", crs).rename(columns={"nama": "name"})
    features = lines[["name", "geometry"]].assign(name=lines["name"].fillna(""))
    return ContextLayer("river", features, source=_RIVER_SOURCE, largest_scale=_RIVER_SCALE)


def context_around(
    villages: gpd.GeoDataFrame, *, regency: str, known: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """
    Add the embedded regencies around to those that a study has.

    Grain: one row per regency.

    `known`: Regencies of the study's own files; each takes what is left of its embedded cell.
    Returns: Columns ``name`` and ``geometry`` in the CRS of `villages`.
    Raises MissingFileError: The installation lacks its data.
    """
    cells = pd.concat(_embedded(villages.crs))
    home = shapely.union_all(villages.geometry.to_numpy())
    whole = gpd.GeoSeries(cells.geometry, crs=villages.crs)
    filled = _with_strips(whole[whole.index != regency], whole.get(regency, Polygon()), home)
    theirs = known.geometry.to_numpy().copy()
    names, shapes = [], []
    for code, cell in filled.items():
        left = _wide(shapely.difference(cell, shapely.union_all([home, *theirs])))
        common = shapely.area(shapely.intersection(theirs, cell))
        same = common > _MOSTLY * shapely.area(theirs)
        if same.any():
            theirs[same.argmax()] = shapely.union(theirs[same.argmax()], left)
        elif left.area > _MOSTLY * cell.area or (left.area > 0 and not len(known)):
            names.append(cells["name"][code])
            shapes.append(left)
    named = [*known["name"], *names]
    return gpd.GeoDataFrame({"name": named}, geometry=[*theirs, *shapes], crs=villages.crs)


def _with_strips(
    cells: gpd.GeoSeries, own: BaseGeometry, home: BaseGeometry
) -> gpd.GeoSeries:  # fmt: skip
    """Give strips between the villages and their embedded outline to the regency beside them."""
    grown = cells.copy()
    left = shapely.difference(own, home)
    wide = shapely.buffer(shapely.buffer(left, -_STRIP_M, quad_segs=4), _STRIP_M, quad_segs=4)
    for strip in shapely.get_parts(shapely.difference(left, wide)):
        beside = shapely.length(shapely.intersection(strip.boundary, cells.to_numpy()))
        if beside.max(initial=0.0) > 0:
            code = cells.index[int(beside.argmax())]
            grown[code] = shapely.union(grown[code], strip)
    return grown


def _wide(shape: BaseGeometry) -> BaseGeometry:
    """Leave out the polygons that are nowhere as wide as a map shows."""
    parts = shapely.get_parts(shape)
    parts = parts[~shapely.is_empty(shapely.buffer(parts, -_CHINK_M / 2, quad_segs=1))]
    return shapely.union_all(parts)


def _embedded(crs: object) -> Iterator[gpd.GeoDataFrame]:
    """Read the embedded regencies, Banyuasin as the sum of its villages."""
    around = _read("context.geojson", crs).set_index("kode").rename(columns={"nama": "name"})
    yield around[["name", "geometry"]]
    cells = _read("villages.geojson", crs).geometry.to_numpy()
    name = codes.regencies()[EMBEDDED_REGENCY]
    yield gpd.GeoDataFrame(
        {"name": [name]},
        geometry=[shapely.union_all(cells)],
        index=[EMBEDDED_REGENCY],
        crs=around.crs,
    )


def _read(name: str, crs: object) -> gpd.GeoDataFrame:
    table = gpd.read_file(codes.data_folder() / name, engine="pyogrio").set_crs(
        DEGREES, allow_override=True
    )
    return table.to_crs(crs)
