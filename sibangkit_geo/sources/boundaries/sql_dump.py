"""The SQL dump of wilayah_boundaries, read without a database."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
