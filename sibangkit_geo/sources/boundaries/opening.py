"""Open any common vector file: look with fiona, read with pyogrio, settle where it lies."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import fiona
import geopandas as gpd
import numpy as np
import shapely
from fiona.errors import FionaError

from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.sources.boundaries import archive, position
from sibangkit_geo.sources.boundaries.layer import OpenedFile
from sibangkit_geo.sources.boundaries.sql_dump import read_sql
from sibangkit_geo.sources.text_tables import require_file
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Mapping

# what publishers use; GDAL's other drivers would follow links to other files and addresses
_DRIVERS = ("GeoJSON", "GeoJSONSeq", "ESRI Shapefile", "GPKG", "FlatGeobuf", "TopoJSON")
_PARQUET = (".parquet", ".geoparquet")
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_NO_FILE_REMEDY = "Give a GeoJSON, GeoPackage, Shapefile (also zipped), GeoParquet or SQL dump."


def open_file(
    path: Path, *, named_by: str, layer: str = "", crs: str = "", strict: bool = True
) -> OpenedFile:
    """
    Read a file of polygons in whatever format and put it where it lies.

    Grain: one row per feature.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile, zip archive of those, GeoParquet, or the
        SQL dump of wilayah_boundaries.
    named_by
        Key or argument that names the file, for messages.
    layer
        Layer of a GeoPackage or archive; empty takes the only one, or the only
        one with villages.
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
    require_file(path, named_by=named_by)
    if path.stat().st_size == 0:
        msg = f"{path.name}: the file is empty"
        raise DataError(msg, remedy="Copy or download it again.")
    table, notes = _polygons(_read(path, layer), path)
    table, fault, more = position.settle(table, crs=crs)
    if fault and strict:
        msg = f"{path.name}: {fault}"
        raise DataError(msg, remedy=position.CRS_REMEDY)
    return OpenedFile(table, fault, (*notes, *more))


def layouts() -> tuple[Mapping[str, object], ...]:
    """
    Read the catalogue of publishers' column names.

    Returns: Tables of ``layouts.toml`` in order.
    Raises OSError: The installation lacks the catalogue.
    """
    text = Path(__file__).with_name("layouts.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["layout"])


def layout_of(columns: list[str]) -> Mapping[str, object] | None:
    """
    Recognise whose column names these are.

    Parameters
    ----------
    columns
        Names of the file's columns.

    Returns
    -------
    layout
        The first layout whose marks are all there; None when no one's.

    Raises
    ------
    OSError
        The installation lacks the catalogue.

    Examples
    --------
    >>> layout_of(["KDEPUM", "wadmkd", "WADMKC"])["name"]
    'BIG/RBI'
    """
    there = {name.casefold() for name in columns}
    for one in layouts():
        marks = one["marks"]
        if isinstance(marks, list) and all(mark.casefold() in there for mark in marks):
            return one
    return None


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    ending = path.suffix.lower()
    try:
        if ending == ".sql":
            return read_sql(path)
        if ending in _PARQUET:
            return gpd.read_parquet(path)
        if ending == ".zip":
            addresses = archive.layers_in(path)
            if len(addresses) == 1 and not layer:
                return _read_vector(next(iter(addresses.values())), "", path)
            return _read_vector(addresses[_choose(addresses, layer, path)], "", path)
        return _read_vector(str(path), layer, path)
    except ImportError as error:
        msg = f"{path.name}: GeoParquet needs the library pyarrow"
        raise DataError(msg, remedy="Install pyarrow, or save it as GeoPackage.") from error
    except (FionaError, RuntimeError, ValueError, OSError, KeyError, TypeError) as error:
        if isinstance(error, (DataError, ConfigError)):
            raise
        # the library's own words may quote the file, so they stay out of the message
        msg = f"{path.name}: not a vector file that can be read"
        raise DataError(msg, remedy=_NO_FILE_REMEDY) from error


def _read_vector(address: str, layer: str, path: Path) -> gpd.GeoDataFrame:
    names = [layer] if layer else [""]
    if _is_geopackage(address):
        listed = fiona.listlayers(address)
        names = [_choose(dict.fromkeys(listed, address), layer, path)]
    elif layer:
        names = [""]
    # refuses what is none of the drivers, before anything else opens it
    with fiona.open(address, layer=names[0] or None, enabled_drivers=list(_DRIVERS)) as looked:
        has_shape = looked.schema["geometry"] != "None"
    if not has_shape:
        msg = f"{path.name}: the layer has no polygon"
        raise DataError(msg, remedy="Export it again with its areas.")
    # a corner that is no number is dealt with below, by the village it belongs to
    with np.errstate(invalid="ignore"):
        return gpd.read_file(address, layer=names[0] or None, engine="pyogrio")


def _is_geopackage(address: str) -> bool:
    if address.startswith("/vsizip/"):
        return address.lower().endswith(".gpkg")
    with Path(address).open("rb") as stream:
        return stream.read(len(archive.GEOPACKAGE_START)) == archive.GEOPACKAGE_START


def _choose(addresses: Mapping[str, str], layer: str, path: Path) -> str:
    if layer:
        if layer not in addresses:
            msg = f'{path.name}: no layer "{layer}" (key `layer`). {nearest(layer, addresses)}'
            raise ConfigError(msg)
        return layer
    if len(addresses) == 1:
        return next(iter(addresses))
    # a publisher's archive holds provinces and regencies too: only villages are recognised
    known = [name for name, address in addresses.items() if _recognised(address, name)]
    if len(known) == 1:
        return known[0]
    msg = f"{path.name}: several layers ({', '.join(sorted(addresses))})"
    raise DataError(msg, remedy="Name the one with the villages with the key `layer`.")


def _recognised(address: str, name: str) -> bool:
    layer = name if _is_geopackage(address) else None
    with fiona.open(address, layer=layer, enabled_drivers=list(_DRIVERS)) as looked:
        return layout_of(list(looked.schema["properties"])) is not None


def _polygons(table: gpd.GeoDataFrame, path: Path) -> tuple[gpd.GeoDataFrame, list[Note]]:
    if not isinstance(table, gpd.GeoDataFrame) or table.empty:
        msg = f"{path.name}: the layer has no polygon"
        raise DataError(msg, remedy="Export it again with its areas.")
    table = table.reset_index(drop=True)
    shapes = table.geometry.array.to_numpy()
    tall = shapely.has_z(shapes)
    shapes = shapely.force_2d(shapes)
    usable = np.isin(shapely.get_type_id(shapes), _POLYGONS)
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    usable[owner[~np.isfinite(corners).all(axis=1)]] = False
    if not usable.any():
        msg = f"{path.name}: the layer has no polygon"
        raise DataError(msg, remedy="Export it again with its areas.")
    # lines, points and corners that are no number are no area: such a village has none
    shapes = np.where(usable, shapes, None)
    table = table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))
    notes = []
    if tall.any():
        text = f"Koordinat tinggi (Z) pada {int(tall.sum())} poligon diabaikan."
        notes.append(Note("z_dropped", text, int(tall.sum())))
    return table, notes
