"""Vertices of every vector format, in degrees, and the attributes that are stored in binary."""

from __future__ import annotations

import io
import re
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import polars as pl
import pyogrio
import pyproj
import shapely

from sibangkit_geo.disclosure.pieces import APART, Text, Vertices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.disclosure.pieces import Piece

MAPINFO = b"!table"
FLATGEOBUF = b"fgb\x03"
SHAPEFILE = b"\x00\x00\x27\x0a"
# what text of vector formats has that GDAL reads
_DRAWN = re.compile(
    rb'"coordinates"\s*:|"arcs"\s*:|<(?:\w+:)?(?:coordinates|posList|pos|trkpt|wpt)\b'
)
_DEGREES = 4326
_HEAD = 65_536
# OGC GeoPackage 1.3, 2.1.3: flags say how long the envelope before the shape is
_ENVELOPES = (0, 32, 48, 48, 64)
_GEOPACKAGE, _HEADER = b"GP\x00", 8
_WKB = r"\b0[01][0-9a-fA-F]{40,}\b"
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def of_shapes(
    shapes: Sequence[object], *, crs: pyproj.CRS | str | int | None
) -> Iterator[Vertices]:
    """
    Give the vertices of shapes; points apart from corners.

    `crs`: None where nobody says; then they are taken for degrees.
    """
    array = np.asarray(shapes, dtype=object)
    array = array[shapely.is_geometry(array)]
    point = np.isin(shapely.get_type_id(array), (0, 4))
    for alone in (True, False):
        corners = shapely.get_coordinates(array[point == alone])
        if len(corners):
            yield Vertices(_in_degrees(corners, crs), alone=alone)


def _in_degrees(
    corners: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    crs: pyproj.CRS | str | int | None,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    if crs is None:
        return corners
    return np.column_stack(_to_degrees(crs).transform(corners[:, 0], corners[:, 1]))


@lru_cache(maxsize=16)
def _to_degrees(crs: pyproj.CRS | str | int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, _DEGREES, always_xy=True)


def of_blobs(blobs: Sequence[bytes]) -> Iterator[Vertices]:
    """Give the vertices of the shapes of a GeoPackage; other blobs have none."""
    by_system: dict[int, list[bytes]] = {}
    for blob in blobs:
        if blob.startswith(_GEOPACKAGE) and len(blob) > _HEADER:
            flags = blob[3]
            kind = flags >> 1 & 7
            if kind < len(_ENVELOPES):
                system = int.from_bytes(blob[4:8], "little" if flags & 1 else "big", signed=True)
                by_system.setdefault(system, []).append(blob[_HEADER + _ENVELOPES[kind] :])
    for system, shapes in by_system.items():
        read = shapely.from_wkb(np.array(shapes, dtype=object), on_invalid="ignore")
        # 0 and -1 are systems that nobody names
        yield from of_shapes(read, crs=system if system > 0 else None)


def of_hexadecimal(text: str) -> Iterator[Vertices]:
    """Give the vertices of shapes that a text, such as an SQL dump, holds as hexadecimal WKB."""
    series = pl.Series([text], dtype=pl.String)
    found = [one for one in series.str.extract_all(_WKB)[0] if len(one) % 2 == 0]
    if found:
        read = shapely.from_wkb(np.array(found, dtype=object), on_invalid="ignore")
        for system in set(shapely.get_srid(read).tolist()):
            chosen = read[shapely.get_srid(read) == system]
            yield from of_shapes(chosen, crs=system if system > 0 else None)


def of_parquet(data: bytes) -> Iterator[Vertices]:
    """
    Give the vertices of a GeoParquet table.

    Raises ValueError, and other errors of the library: The table is damaged.
    """
    table = gpd.read_parquet(io.BytesIO(data))
    for name in table.columns[table.dtypes == "geometry"]:
        yield from of_shapes(table[name].to_numpy(), crs=table[name].crs)


def is_drawn(data: bytes) -> bool:
    """Tell whether a text is of a vector format."""
    head = data[:_HEAD].lstrip()
    return head[:1] in {b"{", b"<"} and _DRAWN.search(head) is not None


def layers(source: Path | bytes, *, geometry: bool) -> Iterator[Piece]:
    """
    Give attributes and vertices of all layers that GDAL finds.

    Raises ValueError: There is none.
    Raises Exception: GDAL cannot read them.
    """
    found = pyogrio.list_layers(source)
    if not len(found):
        msg = "There is no layer."
        raise ValueError(msg)
    for name, _ in found:
        meta, _, shapes, fields = pyogrio.raw.read(source, layer=name, read_geometry=geometry)
        told = [str(name), *map(str, meta["fields"])]
        cells = [APART.join(map(str, column.tolist())) for column in fields]
        yield Text(APART.join(["\n".join(told), *cells]))
        if geometry and shapes is not None:
            read = shapely.from_wkb(shapes, on_invalid="ignore")
            yield from of_shapes(read, crs=meta["crs"])


def shapefiles(members: Mapping[str, bytes]) -> Iterator[bytes]:
    """Give each shapefile of an archive as an archive of its own, as GDAL reads it from memory."""
    for name in members:
        if name.lower().endswith(".shp"):
            stem = name[: -len(".shp")]
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for other, content in members.items():
                    ending = other[len(stem) :].lower()
                    if other.startswith(stem) and ending in _SHAPEFILE_PARTS:
                        archive.writestr(f"layer{ending}", content)
            yield packed.getvalue()


def is_part(name: str) -> bool:
    """Tell whether a file is part of a shapefile."""
    return name.lower().endswith(_SHAPEFILE_PARTS)
