"""What a boundary file holds once opened: the types that the parts of this package hand on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.model.types import Note
from sibangkit_geo.sources.readers import archives, vector
from sibangkit_geo.sources.text_tables import require_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

_INSERT = re.compile(
    r"INSERT\s+(?:IGNORE\s+)?INTO\s+[`\"]?wilayah_boundaries[`\"]?\s*(?:\(([^)]*)\))?\s*VALUES",
    re.IGNORECASE,
)
# quoted text ('' and \' stand for a quote), a bare word or number, or punctuation
_TOKEN = re.compile(r"\s*(?:'([^'\\]*(?:(?:''|\\.)[^'\\]*)*)'|([^\s,()';]+)|([(),;]))", re.DOTALL)
# the table of the dump, where the INSERT does not list its columns
_COLUMNS = ("kode", "nama", "lat", "lng", "path", "status")
_NEEDED = {"kode", "nama", "path"}
# nesting of coordinate arrays: a ring, rings of a polygon, polygons
_RING, _POLYGON, _MANY = 2, 3, 4

# what publishers use; GDAL's other drivers would follow links to other files and addresses
_DRIVERS = ("GeoJSON", "GeoJSONSeq", "ESRI Shapefile", "GPKG", "FlatGeobuf", "TopoJSON")
_PARQUET = (".parquet", ".geoparquet")
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_NO_FILE_REMEDY = "Give a GeoJSON, GeoPackage, Shapefile (also zipped), GeoParquet or SQL dump."

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


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """
    A vector file as it came, in degrees or metres; one row per feature.

    `table`: All its columns, polygons without Z.
    `fault`: Why its coordinates cannot be placed; empty when they can.
    """

    table: gpd.GeoDataFrame
    fault: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundaryLayer:
    """
    Polygons of villages under one set of column names; one row per feature of the file.

    Attributes
    ----------
    areas
        Columns ``code``, ``name``, ``district_name``, ``regency_name`` (text or
        missing) and ``geometry``, indexed by feature number.
    layout
        Whose column names were recognised.
    code_system
        ``"kemendagri"``, ``"bps"``, or empty when the file has no official codes.
    file
        Name of the file, for messages.
    fault
        Why the coordinates cannot be placed; empty when they can.
    notes
        What was assumed or put right while reading.
    """

    areas: gpd.GeoDataFrame
    layout: str
    code_system: str
    file: str
    fault: str = ""
    notes: tuple[Note, ...] = ()


def well_formed(layer: BoundaryLayer) -> pd.Series:
    """
    Tell which features carry a well-formed village code of the layer's own system.

    Returns: True or False per feature; all False when the file has no official codes.
    """
    for system in codes.CODE_SYSTEMS:
        if layer.code_system == system:
            return codes.is_code(layer.areas["code"], code_system=system)
    return pd.Series(data=False, index=layer.areas.index)


def labels(layer: BoundaryLayer) -> pd.Series:
    """
    Name features in a message: by code where it is one, else by feature number.

    A malformed cell may hold anything, even an identity number, and is never shown.
    """
    numbers = ("fitur " + layer.areas.index.astype(str)).to_series(index=layer.areas.index)
    named: pd.Series = layer.areas["code"].astype(object).where(well_formed(layer), numbers)
    return named


def read_sql(path: Path) -> gpd.GeoDataFrame:
    """
    Read the village polygons out of a SQL dump, without a database.

    Grain: one row per INSERT tuple.

    `path`: Dump with ``INSERT INTO wilayah_boundaries``.
    Returns: Columns ``kode``, ``nama``, ``geometry`` in EPSG:4326.
    Raises DataError: No such statement, a tuple that breaks off, or rings that are none.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    rows: list[dict[str, str | None]] = []
    for found in _INSERT.finditer(text):
        columns = _columns(found.group(1))
        if _NEEDED - set(columns):
            msg = f"{path.name}: an INSERT lacks one of the columns kode, nama, path"
            raise DataError(msg, remedy="Give the dump as its author publishes it.")
        rows += [dict(zip(columns, row, strict=False)) for row in _tuples(text, found.end(), path)]
    if not rows:
        msg = f"{path.name}: no INSERT INTO wilayah_boundaries with rows"
        raise DataError(msg, remedy="Give a dump of cahyadsn/wilayah_boundaries.")
    table = pd.DataFrame(rows)[["kode", "nama", "path"]]
    shapes = [_shape(cell) for cell in table.pop("path")]
    broken = [shape is None for shape in shapes]
    if any(broken):
        msg = f"{path.name}: tuples whose path holds no rings of [lat, lng]"
        raise DataError(msg, rows=table[broken], remedy="Download the dump again.")
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def _columns(listed: str | None) -> tuple[str, ...]:
    if listed is None:
        return _COLUMNS
    return tuple(name.strip(' \t\r\n`"').lower() for name in listed.split(","))


def _tuples(text: str, start: int, path: Path) -> Iterator[list[str | None]]:
    row: list[str | None] | None = None
    place = start
    while found := _TOKEN.match(text, place):
        place = found.end()
        quoted, bare, mark = found.groups()
        if mark == ";" and row is None:
            return
        if mark == "(" and row is None:
            row = []
        elif mark == ")" and row is not None:
            yield row
            row = None
        elif row is not None and quoted is not None:
            row.append(re.sub(r"''|\\(.)", lambda hit: hit.group(1) or "'", quoted))
        elif row is not None and bare is not None:
            row.append(None if bare.upper() == "NULL" else bare)
        elif mark != ",":
            break
    msg = f"{path.name}: an INSERT breaks off before its end"
    raise DataError(msg, remedy="Download the dump again: it is not whole.")


def _shape(cell: object) -> shapely.Geometry | None:
    if not isinstance(cell, str) or not cell.strip():
        return shapely.MultiPolygon()
    try:
        arrays = json.loads(cell)
        depth = _depth(arrays)
        polygons = {_RING: [[arrays]], _POLYGON: [arrays], _MANY: arrays}[depth]
        shapes = [_polygon(rings) for rings in polygons]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, shapely.GEOSException):
        return None
    return shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)


def _depth(arrays: object) -> int:
    depth = 0
    while isinstance(arrays, list):
        arrays, depth = arrays[0], depth + 1
    return depth


def _polygon(rings: list[list[list[float]]]) -> shapely.Polygon:
    outer, *holes = [[(lng, lat) for lat, lng, *_ in ring] for ring in rings]
    return shapely.Polygon(outer, holes)


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
    table, fault, more = settle(table, crs=crs)
    if fault and strict:
        msg = f"{path.name}: {fault}"
        raise DataError(msg, remedy=CRS_REMEDY)
    return OpenedFile(table, fault, (*notes, *more))


def layouts() -> tuple[Mapping[str, object], ...]:
    """
    Read the catalogue of publishers' column names.

    Returns: Tables of ``layouts.toml`` in order.
    """
    return tuple(own_toml(__package__, "layouts.toml")["layout"])


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
            addresses = archives.layers_in(path)
            if len(addresses) == 1 and not layer:
                return _read_vector(next(iter(addresses.values())), "", path)
            return _read_vector(addresses[_choose(addresses, layer, path)], "", path)
        return _read_vector(str(path), layer, path)
    except ImportError as error:
        msg = f"{path.name}: GeoParquet needs the library pyarrow"
        raise DataError(msg, remedy="Install pyarrow, or save it as GeoPackage.") from error
    except (RuntimeError, ValueError, OSError, KeyError, TypeError) as error:
        if isinstance(error, (DataError, ConfigError)):
            raise
        # the library's own words may quote the file, so they stay out of the message
        msg = f"{path.name}: not a vector file that can be read"
        raise DataError(msg, remedy=_NO_FILE_REMEDY) from error


def _read_vector(address: str, layer: str, path: Path) -> gpd.GeoDataFrame:
    name = ""
    if _is_geopackage(address):
        names = vector.look_at(address, drivers=_DRIVERS).names
        name = _choose(dict.fromkeys(names, address), layer, path)
    if not vector.look_at(address, layer=name, drivers=_DRIVERS).has_shape:
        msg = f"{path.name}: the layer has no polygon"
        raise DataError(msg, remedy="Export it again with its areas.")
    return vector.read_layer(address, layer=name, drivers=_DRIVERS)


def _is_geopackage(address: str) -> bool:
    if address.startswith("/vsizip/"):
        return address.lower().endswith(".gpkg")
    with Path(address).open("rb") as stream:
        return stream.read(len(archives.GEOPACKAGE_START)) == archives.GEOPACKAGE_START


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
    layer = name if _is_geopackage(address) else ""
    looked = vector.look_at(address, layer=layer, drivers=_DRIVERS)
    return layout_of(list(looked.columns)) is not None


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


def settle(table: gpd.GeoDataFrame, *, crs: str) -> tuple[gpd.GeoDataFrame, str, list[Note]]:
    """
    Give polygons the CRS that their coordinates fit.

    What the caller names wins over what the file says. A file without CRS, or
    with one that its coordinates contradict, is read as degrees where they lie in
    Indonesia; exchanged axes are put right.

    `crs`: What the study says; empty leaves it to the file.
    Returns: Polygons, why they cannot be placed (empty when they can), what was done.
    Raises ConfigError: `crs` names no coordinate reference system.
    """
    notes: list[Note] = []
    if crs:
        table = table.set_crs(_named(crs), allow_override=True)
    points = _middles(table.geometry.array)
    if not len(points):
        return table, "" if table.crs else _NO_CRS, notes
    if table.crs is not None and inside_indonesia(_in_degrees(points, table.crs)).mean() > _MOST:
        return table, "", notes
    said = "no CRS" if table.crs is None else CRS(table.crs).name
    if not crs and inside_indonesia(points).mean() > _MOST:
        notes.append(_assumed(missing=table.crs is None, said=said, count=len(table)))
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
    return table, _NO_CRS if table.crs is None else _wrong(said), notes


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
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        msg = f'[boundaries] crs: "{crs}" names no coordinate reference system. Try "EPSG:32748".'
        raise ConfigError(msg) from error


def _assumed(*, missing: bool, said: str, count: int) -> Note:
    if missing:
        text = (
            "Berkas batas tidak menyebut sistem koordinat (misalnya .shp tanpa .prj); "
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
