"""Where on Earth the coordinates lie, and what to do when the file says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.types import Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

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
