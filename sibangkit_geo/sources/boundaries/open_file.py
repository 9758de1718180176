"""Open a boundary file in whatever format: its polygons with all their columns, where they lie."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.errors import ShapelyError

from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.model.types import Note
from sibangkit_geo.sources.boundaries.layouts import (
    FOLDER,
    BoundaryColumns,
    has_villages,
    is_of_villages,
    recognise,
)
from sibangkit_geo.sources.boundaries.repair import areas_of
from sibangkit_geo.sources.boundaries.sql_dump import read_sql
from sibangkit_geo.sources.readers import archives, vector
from sibangkit_geo.sources.readers.parquet import require_small_parquet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from sibangkit_geo.sources.boundaries.layouts import BoundaryLayer

    Mask = NDArray[np.bool_]

_PARQUET = (".parquet", ".geoparquet")
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_NO_FILE_REMEDY = (
    "Give a GeoJSON, GeoPackage, Shapefile, geodatabase (also zipped), KML, KMZ, GeoParquet or SQL "
    "dump."
)

DEGREES = "EPSG:4326"
# Indonesia lies between 95 and 141.1 E and 11.1 S and 6.1 N (BIG, Gazeter Republik Indonesia);
# one to two degrees of sea around it
WEST, EAST, SOUTH, NORTH = 94.0, 142.0, -12.0, 8.0
# a stray feature is a fault of its own and says nothing about the file
_MOST = 0.5
CRS_REMEDY = (
    'Name it with the key `crs` ([boundaries] crs = "EPSG:..."), '
    "or save the file with it (for a Shapefile, the .prj file)."
)
_NO_CRS = "the layer names no coordinate reference system"
_UNKNOWN_CRS = "the layer names an unknown coordinate reference system"


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """
    A vector file as it came, in degrees or metres; one row per feature.

    `table`: All its columns, polygons without Z; missing where a feature is none.
    `fault`: Why its coordinates cannot be placed; empty when they can.
    `collections`: Numbers of the features whose polygons were taken out of a collection.
    """

    table: gpd.GeoDataFrame
    fault: str = ""
    notes: tuple[Note, ...] = ()
    collections: tuple[int, ...] = ()


def read_layout(
    path: Path,
    *,
    layer: str = "",
    crs: str = "",
    columns: BoundaryColumns | None = None,
    strict: bool = True,
    named_by: str = "boundary file",
) -> BoundaryLayer:
    """
    Read village polygons as one of the common publishers lays them out.

    Known are BIG/RBI, Dukcapil, BPS, HDX COD-AB, GADM, geoBoundaries, OpenStreetMap and
    wilayah_boundaries (``layouts.toml``); what the columns contain decides.
    Grain: one row per feature of the file.

    Parameters
    ----------
    path
        Any format of `open_file`.
    layer
        Layer of a file with several; empty takes the one with villages.
    crs
        Coordinate reference system, where the file names none or a wrong one.
    columns
        What the user says of the columns.
    strict
        Refuse polygons that cannot be placed, rather than tell of it in ``fault``.
    named_by
        Key or argument that names the file, for messages.

    Returns
    -------
    layer
        Polygons with code, name, district and regency as far as they are known.

    Raises
    ------
    ConfigError
        The file is missing, or `crs` or `layer` names nothing.
    DataError
        The file cannot be read, its columns are nobody's, or its codes may be of
        either system.
    """
    opened = open_file(path, named_by=named_by, layer=layer, crs=crs, strict=strict)
    read = recognise(
        opened.table, path=path, columns=columns or BoundaryColumns(), notes=opened.notes
    )
    return replace(read, fault=opened.fault, collections=opened.collections)


def open_file(
    path: Path, *, named_by: str, layer: str = "", crs: str = "", strict: bool = True
) -> OpenedFile:
    """
    Read a file of polygons in whatever format and put it where it lies.

    Grain: one row per feature.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile, file geodatabase (a folder), zip archive of
        those, KML, KMZ, GeoParquet, or the SQL dump of wilayah_boundaries.
    named_by
        Key or argument that names the file, for messages.
    layer
        Layer of a file with several; empty takes the only one, or the only one
        with villages.
    crs
        Coordinate reference system, where the file names none or a wrong one.
    strict
        Refuse polygons that cannot be placed, rather than tell of it.

    Returns
    -------
    opened
        Polygons with all their columns.

    Raises
    ------
    ConfigError
        The file is missing, or `crs` or `layer` names nothing.
    DataError
        The file cannot be read, holds no polygon, or (when strict) lies nowhere.
    """
    archives.require_layer(path, named_by=named_by)
    if path.stat().st_size == 0:
        msg = f"{path.name}: the file is empty"
        raise DataError(msg, remedy="Copy or download it again.")
    table, collections, notes = _polygons(_read(path, layer), path)
    part = path.with_suffix(".prj")
    lacking = part.name if path.suffix.lower() == ".shp" and not part.exists() else ""
    table, fault, more = settle(table, crs=crs, lacking=lacking)
    if fault and strict:
        msg = f"{path.name}: {fault}"
        raise DataError(msg, remedy=CRS_REMEDY)
    return OpenedFile(table, fault, (*notes, *more), collections)


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    ending = path.suffix.lower()
    try:
        if ending == ".sql":
            return read_sql(path)
        if ending in _PARQUET:
            require_small_parquet(path)
            return gpd.read_parquet(path)
        addresses = archives.layers_in(path) if ending in archives.ARCHIVES else {"": str(path)}
        return _read_vector(addresses, layer, path)
    except ImportError as error:
        msg = f"{path.name}: GeoParquet needs the library pyarrow"
        raise DataError(msg, remedy="Install pyarrow, or save it as GeoPackage.") from error
    except (ShapelyError, RuntimeError, ValueError, OSError, KeyError, TypeError) as error:
        if isinstance(error, (DataError, ConfigError)):
            raise
        # the library's own words may quote the file, so they stay out of the message
        msg = f"{path.name}: not a vector file that can be read"
        raise DataError(msg, remedy=_NO_FILE_REMEDY) from error


def _read_vector(addresses: Mapping[str, str], layer: str, path: Path) -> gpd.GeoDataFrame:
    layers = _layers(addresses)
    tables = []
    for label in _choose(layers, layer, path):
        name, address = layers[label]
        if not vector.look_at(address, layer=name).has_shape:
            msg = f"{path.name}: the layer has no polygon"
            raise DataError(msg, remedy="Export it again with its areas.")
        tables.append(vector.read_layer(address, layer=name).assign(**{FOLDER: label}))
    if len(tables) == 1:
        return tables[0].drop(columns=FOLDER)
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)


def _layers(addresses: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """List what may be asked for: name to the layer's own name and its address."""
    layers: dict[str, tuple[str, str]] = {}
    for stem, address in addresses.items():
        # beside its layers an archive may hold other JSON
        with suppress(*([vector.UnreadableLayerError] if len(addresses) > 1 else [])):
            names = vector.look_at(address).names
            alone = stem and len(names) == 1
            layers |= {stem if alone else name: (name, address) for name in names}
    return layers


def _choose(layers: Mapping[str, tuple[str, str]], layer: str, path: Path) -> list[str]:
    """Name the layer with the villages; of a KML whose folders hold villages, all these."""
    if layer:
        if layer not in layers:
            msg = f'{path.name}: no layer "{layer}" (key `layer`). {nearest(layer, layers)}'
            raise ConfigError(msg)
        return [layer]
    if len(layers) == 1:
        return list(layers)
    # a publisher's file holds provinces and regencies too, points of offices, and tables of styles
    known = [
        label
        for label, (name, address) in layers.items()
        if vector.look_at(address, layer=name).has_area
    ]
    if len(known) > 1:
        known = [label for label in known if _has_villages(*layers[label])]
    if len(known) == 1 or (known and all(_is_kml(layers[label][1]) for label in known)):
        return known
    msg = f"{path.name}: several layers ({', '.join(sorted(layers))})"
    raise DataError(msg, remedy="Name the one with the villages with the key `layer`.")


def _is_kml(address: str) -> bool:
    return address.lower().endswith(".kml")


def _has_villages(name: str, address: str) -> bool:
    if not is_of_villages(vector.look_at(address, layer=name).columns):
        return False
    return has_villages(vector.read_layer(address, layer=name))


def _polygons(
    table: gpd.GeoDataFrame, path: Path
) -> tuple[gpd.GeoDataFrame, tuple[int, ...], list[Note]]:
    """Keep polygons alone; say which of them were taken out of a collection."""
    if not isinstance(table, gpd.GeoDataFrame) or table.empty:
        msg = f"{path.name}: the layer has no polygon"
        raise DataError(msg, remedy="Export it again with its areas.")
    table = table.reset_index(drop=True)
    shapes = table.geometry.array.to_numpy()
    tall = shapely.has_z(shapes)
    shapes = shapely.force_2d(shapes)
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = np.zeros(len(shapes), dtype=bool)
    broken[owner[~np.isfinite(corners).all(axis=1)]] = True
    collected = ~broken & (shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    shapes[collected] = [areas_of(shape) for shape in shapes[collected]]
    usable = ~broken & np.isin(shapely.get_type_id(shapes), _POLYGONS)
    if not (usable & ~shapely.is_empty(shapes)).any():
        msg = f"{path.name}: the layer has no polygon"
        raise DataError(msg, remedy="Export it again with its areas.")
    # lines, points and corners that are no number are no area: such a village has none
    shapes = np.where(usable, shapes, None)
    table = table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))
    notes = []
    if tall.any():
        text = f"Koordinat tinggi (Z) pada {int(tall.sum())} poligon diabaikan."
        notes.append(Note("z_dropped", text, int(tall.sum())))
    taken = collected & usable & ~shapely.is_empty(shapes)
    return table, tuple(np.flatnonzero(taken).tolist()), notes


def settle(
    table: gpd.GeoDataFrame, *, crs: str, lacking: str = ""
) -> tuple[gpd.GeoDataFrame, str, list[Note]]:
    """
    Give polygons the CRS that their coordinates fit.

    What the caller names wins over what the file says. A file without CRS, or
    with one that its coordinates contradict, is read as degrees where they lie in
    Indonesia; exchanged axes are put right.

    `crs`: What the study says; empty leaves it to the file.
    `lacking`: The part that would name it, in messages on a file without CRS.
    Returns: Polygons, why they cannot be placed (empty when they can), what was done.
    Raises ConfigError: `crs` names no coordinate reference system.
    """
    notes: list[Note] = []
    unknown = vector.UNKNOWN_CRS in table.attrs
    no_crs = f"{_NO_CRS} ({lacking} is missing)" if lacking else _NO_CRS
    no_crs = _UNKNOWN_CRS if unknown else no_crs
    if crs:
        table = table.set_crs(_named(crs), allow_override=True)
    points = _middles(table.geometry.array)
    if not len(points):
        return table, "" if table.crs else no_crs, notes
    if table.crs is not None and inside_indonesia(_in_degrees(points, table.crs)).mean() > _MOST:
        return table, "", notes
    said = "no CRS" if table.crs is None else CRS(table.crs).name
    if not crs and inside_indonesia(points).mean() > _MOST:
        named = "(tidak dikenal)" if unknown else "" if table.crs is None else said
        notes.append(_assumed(named, lacking, count=len(table)))
        return table.set_crs(DEGREES, allow_override=True), "", notes
    if inside_indonesia(points[:, ::-1]).mean() > _MOST:
        flipped = shapely.transform(table.geometry.array, lambda pairs: pairs[:, ::-1])
        text = (
            "Sumbu koordinat tertukar (lintang ditulis sebelum bujur); urutannya dibalik dan "
            "dibaca sebagai derajat (EPSG:4326)."
        )
        notes.append(Note("axes_swapped", text, len(table)))
        table = table.set_geometry(gpd.GeoSeries(flipped, index=table.index))
        return table.set_crs(DEGREES, allow_override=True), "", notes
    return table, no_crs if table.crs is None else _wrong(said), notes


def inside_indonesia(points: NDArray[np.float64]) -> Mask:
    """
    Tell which points in degrees lie in or around Indonesia.

    `points`: East and north, shape (n, 2).
    Returns: Shape (n,).
    """
    east, north = points[:, 0], points[:, 1]
    inside: Mask = (east >= WEST) & (east <= EAST) & (north >= SOUTH) & (north <= NORTH)
    return inside


def outside(areas: gpd.GeoSeries) -> Mask:
    """
    Tell which polygons of a layer with CRS lie away from Indonesia.

    `areas`: Polygons with CRS; empty ones are not outside.
    Returns: Shape (n,).
    """
    drawn: Mask = ~(areas.isna() | areas.is_empty).to_numpy()
    outside = drawn.copy()
    points = _middles(areas.array)
    outside[drawn] = ~inside_indonesia(_in_degrees(points, areas.crs))
    return outside


def _middles(shapes: object) -> NDArray[np.float64]:
    bounds = shapely.bounds(shapes)
    bounds = bounds[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    middles: NDArray[np.float64] = (bounds[:, :2] + bounds[:, 2:]) / 2
    return middles


def _in_degrees(points: NDArray[np.float64], crs: object) -> NDArray[np.float64]:
    placed = gpd.GeoSeries.from_xy(points[:, 0], points[:, 1], crs=crs).to_crs(DEGREES)
    degrees: NDArray[np.float64] = shapely.get_coordinates(placed.array)
    return degrees


def _named(crs: str) -> CRS:
    found = vector.read_crs(crs)
    if found is None:
        msg = f'[boundaries] crs: "{crs}" names no coordinate reference system. Try "EPSG:32748".'
        raise ConfigError(msg)
    return found


def _assumed(said: str, lacking: str, *, count: int) -> Note:
    if not said:
        part = (
            f"(.shp tanpa .prj: {lacking} tidak ada)" if lacking else "(misalnya .shp tanpa .prj)"
        )
        text = (
            f"Berkas batas tidak menyebut sistem koordinat {part}; "
            "koordinatnya cocok dengan derajat di Indonesia dan dibaca sebagai EPSG:4326."
        )
        return Note("crs_assumed", text, count)
    text = (
        f"Berkas batas menyebut sistem koordinat {said}, tetapi koordinatnya derajat di "
        "Indonesia; dibaca sebagai EPSG:4326."
    )
    return Note("crs_contradicted", text, count)


def _wrong(said: str) -> str:
    return f"the coordinates do not lie in Indonesia when read in {said}"
