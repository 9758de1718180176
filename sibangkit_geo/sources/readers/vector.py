"""Tables inside geographic files: their columns carry their names."""

from __future__ import annotations

import math
import re
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.sources.readers.archives import (
    ARCHIVES,
    blocks_of,
    layers_in,
    require_plain_layer,
    require_sound_layer,
)
from sibangkit_geo.sources.readers.parquet import NamedColumns, damaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

#: columns that a layer of points gets for its coordinates, in degrees (WGS 84)
POINT_COLUMNS = ("lon", "lat")
_DEGREES = "EPSG:4326"
#: mark (`attrs`) of a layer that names a coordinate reference system nobody knows
UNKNOWN_CRS = "unknown_crs"
_GEOJSON = (".geojson", ".json")
# how GeoJSON of before 2016 names one (GeoJSON 2008, section 3)
_NAMED_CRS = re.compile(
    rb'"crs"\s*:\s*\{[^{}]*"properties"\s*:\s*\{[^{}]*"(?:name|code)"\s*:\s*"?([^",{}]+)'
)
_LONGEST_CRS = 1_000
#: GDAL's drivers that follow no link to other files and addresses
DRIVERS = (
    "GeoJSON", "GeoJSONSeq", "ESRIJSON", "JSONFG", "TopoJSON", "ESRI Shapefile", "GPKG", "SQLite",
    "FlatGeobuf", "KML", "LIBKML", "OpenFileGDB",
)  # fmt: skip


class UnreadableLayerError(ValueError):
    """No allowed driver reads the layer; who asked words that, as a library quotes the file."""


@dataclass(frozen=True, slots=True)
class LayerLook:
    """
    What a layer says of itself before it is read.

    `names`: Of all layers that stand where it does.
    `columns`: Names without geometry.
    `has_shape`: Whether its features lie somewhere.
    `has_area`: Whether they may be polygons.
    `features`: How many it says it has; -1 where it does not say.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    has_shape: bool
    has_area: bool
    features: int


@contextmanager
def _of_gdal() -> Iterator[None]:
    from fiona.errors import FionaError  # noqa: PLC0415
    from shapely.errors import ShapelyError  # noqa: PLC0415

    # GDAL's remarks quote the file; where that is no text, fiona says so past every handler
    told = sys.unraisablehook, sys.excepthook
    sys.unraisablehook, sys.excepthook = (lambda _: None), (lambda *_: None)
    try:
        yield
    except (
        FionaError,
        ShapelyError,
        RuntimeError,
        ValueError,
        OSError,
        KeyError,
        TypeError,
    ) as error:
        raise UnreadableLayerError from error
    finally:
        sys.unraisablehook, sys.excepthook = told


def look_at(address: str, *, layer: str = "", drivers: Sequence[str] = DRIVERS) -> LayerLook:
    """
    Look at a layer, and refuse what none of the drivers reads before anything else opens it.

    `address`: File, or member of an archive as `archives.layers_in` gives it.
    `layer`: Empty takes the first one.
    Raises UnreadableLayerError: None of the drivers reads it, or there is no such layer.
    Raises DataError: `archives` refuses it as damaged, or as worked out while it is read.
    """
    import fiona  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415

    require_sound_layer(address)
    with _of_gdal():
        # it alone can be told which drivers may open a file; who reads the file names its layers
        fiona.open(address, enabled_drivers=[*drivers], allow_unsupported_drivers=True).close()
        names = tuple(str(name) for name, _ in pyogrio.list_layers(address))
    if names:
        require_plain_layer(address, layer or names[0])
    with _of_gdal():
        about = pyogrio.read_info(address, layer=layer or names[0])
    kind = str(about["geometry_type"] or "").removeprefix("2.5D ").removeprefix("Multi")
    has_area = not kind.startswith(("Point", "LineString")) and kind != ""
    fields, features = tuple(map(str, about["fields"])), int(about["features"])
    return LayerLook(names, fields, kind != "", has_area, features)


def read_layer(
    address: str,
    *,
    layer: str = "",
    columns: Sequence[str] | None = None,
    drivers: Sequence[str] = DRIVERS,
) -> gpd.GeoDataFrame | pd.DataFrame:
    """
    Read a layer of any vector file, by a driver that follows no link to another file.

    Grain: one row per feature.

    `address`, `layer`, `drivers`: As `look_at` says.
    `columns`: Those to read beside the geometry; None reads all.
    Returns: Without geometry where the layer has none; without CRS, and with the mark
        `UNKNOWN_CRS`, where it names none that leads to degrees.
    Raises UnreadableLayerError: It cannot be read.
    """
    import pyogrio  # noqa: PLC0415

    said = look_at(address, layer=layer, drivers=drivers).features
    # a corner that is no number is dealt with by who knows whose it is
    with _of_gdal(), np.errstate(invalid="ignore"):
        table = pyogrio.read_dataframe(
            # an open ring is closed, and what no one can draw is a feature without geometry
            address, layer=layer or None, columns=columns, on_invalid="fix"
        )  # fmt: skip
    if len(table) < said:
        # some drivers stop at a damaged feature and say nothing
        raise UnreadableLayerError
    crs = getattr(table, "crs", None)
    if crs is not None and (read_crs(crs) is None or _names_unknown_crs(address)):
        table = table.set_crs(None, allow_override=True)
        table.attrs[UNKNOWN_CRS] = True
    return table


def _names_unknown_crs(address: str) -> bool:
    """Tell whether a GeoJSON names a system nobody knows: GDAL says nothing of it."""
    if not address.lower().endswith(_GEOJSON):
        return False
    before = b""
    for block in blocks_of(address):
        if found := _NAMED_CRS.search(before + block):
            return read_crs(found[1].decode(errors="replace").strip()) is None
        before = block[-_LONGEST_CRS:]
    return False


def read_crs(named: str | CRS) -> CRS | None:
    """
    Read a coordinate reference system.

    Returns: None where it is none, or none of the earth: what a damaged file says may be either.
    """
    from pyproj import CRS, Transformer  # noqa: PLC0415
    from pyproj.exceptions import ProjError  # noqa: PLC0415

    try:
        crs = CRS.from_user_input(named)
        Transformer.from_crs(crs, _DEGREES, always_xy=True)
    except ProjError:
        return None
    return crs


def layers_of(path: Path) -> dict[str, str]:
    """
    List the layers of a geographic file or archive.

    Returns: Name to the address that `read_layer` takes, in the order of the file; of members of
        an archive whose layers are named alike, the first.
    Raises UnreadableLayerError: It is no vector file, or no member of the archive is one.
    Raises DataError: The archive is damaged, a bomb, or holds no layer.
    """
    addresses = [str(path)]
    if path.suffix.lower() in ARCHIVES:
        addresses = [*layers_in(path).values()]
    layers: dict[str, str] = {}
    for address in addresses:
        # beside its layers an archive may hold other JSON
        with suppress(UnreadableLayerError):
            layers |= {name: address for name in look_at(address).names if name not in layers}
    if not layers:
        raise UnreadableLayerError
    return layers


def layer_addresses(path: Path) -> dict[str, str]:
    """
    List the layers of a table file.

    Returns: As `layers_of` says.
    Raises DataError: It is no vector file.
    """
    try:
        return layers_of(path)
    except UnreadableLayerError as error:
        raise damaged(path.name) from error


def open_layer(path: Path, *, layer: str) -> NamedColumns:
    """
    Open a layer of a geographic file; points become two columns of degrees.

    `layer`: Name of the layer; empty takes the only one, else the first one with columns.
    Returns: Attributes, and ``lon`` and ``lat`` where the geometry is points.
    Raises ConfigError: There is no such layer.
    Raises DataError: The file is damaged, or points name no coordinate reference system.
    """
    import geopandas as gpd  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    addresses = layer_addresses(path)
    if layer and layer not in addresses:
        msg = f'{path.name}: no layer "{layer}". {nearest(layer, addresses)}'
        raise ConfigError(msg)
    chosen = layer or next(iter(addresses))
    try:
        table = read_layer(addresses[chosen], layer=chosen)
    except UnreadableLayerError as error:
        raise damaged(path.name) from error
    label = path.name if len(addresses) == 1 else f"{path.name} [{chosen}]"
    attributes = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    columns = {str(name): _column(attributes[name]) for name in attributes}
    if isinstance(table, gpd.GeoDataFrame) and (table.geom_type == "Point").any():
        columns |= _degrees(table, label, taken=set(columns))
    if not columns:
        msg = f"{label}: the layer has no columns"
        raise DataError(msg, remedy="Name the layer that holds the table (key `sheet`).")
    return NamedColumns(label, pl.DataFrame(columns).lazy())


def _column(values: object) -> pl.Series:
    # numbers stay numbers so that they are written as text in one way
    texts = [
        None if value is None or (isinstance(value, float) and math.isnan(value)) else value
        for value in values.tolist()  # type: ignore[attr-defined]
    ]
    if all(isinstance(value, (int, float)) or value is None for value in texts):
        return pl.Series(texts, dtype=pl.Float64, strict=False)
    return pl.Series([None if value is None else str(value) for value in texts], dtype=pl.String)


def _degrees(table: object, label: str, *, taken: set[str]) -> dict[str, pl.Series]:
    import geopandas as gpd  # noqa: PLC0415

    points = gpd.GeoDataFrame(table)
    if points.crs is None:
        msg = f"{label}: the points name no coordinate reference system"
        raise DataError(msg, remedy="Save the layer with its CRS (for a shapefile, the .prj).")
    places = points.geometry.to_crs(_DEGREES)
    return {
        name: pl.Series(axis.tolist(), dtype=pl.Float64)
        for name, axis in zip(POINT_COLUMNS, (places.x, places.y), strict=True)
        if name not in taken
    }
