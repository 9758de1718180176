"""What surrounds the villages: rasters, and layers of facilities or roads."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import shapely

from sibangkit_geo.errors import ConfigError, DataError, require_file
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.numeric_columns import Numerals  # noqa: TC001 - the grammar of the study
from sibangkit_geo.model.toml import require_year
from sibangkit_geo.model.types import UNITS, Note, Unit, Worse
from sibangkit_geo.sources.columns import require_column_name
from sibangkit_geo.sources.readers import TableSource
from sibangkit_geo.sources.readers.vector import UnreadableLayerError, layers_of, read_layer
from sibangkit_geo.sources.text_tables import (
    NumericText,
    read_degrees,
    read_text_table,
)

_VECTOR = frozenset({".gpkg", ".geojson", ".json", ".shp", ".zip", ".fgb"})


@dataclass(frozen=True, slots=True)
class RasterSource:
    """
    One ``[[rasters]]`` table of a study.

    Attributes
    ----------
    path
        GeoTIFF, Erdas Imagine (.img) or ASCII grid (.asc); its first band counts.
    name, label
        Column in the results, snake case; Indonesian words for legends.
    statistic
        ``"mean"``, ``"sum"``, or ``"share"`` of the village in `classes`.
    year
        Year of the data.
    unit
        Of the cells: ``"index"`` or ``"count"``; a share is always ``"percent"``.
    worse
        Which end is bad: ``"high"`` or ``"low"``.
    classes
        Cell values that the share is of.
    weights
        Raster that weighs the cells, such as people per cell.
    nodata
        Cell value without data, wins over the file's; empty keeps the file's.
    agency
        Key of the agency whose concern it is; empty when everybody's.
    source
        Words for the source line.

    Examples
    --------
    >>> RasterSource("banjir.tif", "flood", "Bahaya banjir", "share", 2024, classes=(3,)).worse
    'high'
    >>> RasterSource("banjir.tif", "flood", "Bahaya banjir", "share", 2024)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [[rasters]] flood: name `classes` for statistic "share", ...
    """

    path: str
    name: str
    label: str
    statistic: Literal["mean", "sum", "share"]
    year: int
    unit: Unit = "index"
    worse: Worse = "high"
    classes: tuple[float, ...] = ()
    weights: str = ""
    nodata: str = ""
    agency: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Check what the keys say together."""
        require_year(self.year)
        require_column_name(self.name, table="[[rasters]]")
        if (self.statistic == "share") != bool(self.classes):
            msg = f'[[rasters]] {self.name}: name `classes` for statistic "share", and only then.'
            raise ConfigError(msg)
        if self.statistic == "sum" and self.weights:
            msg = f"[[rasters]] {self.name}: a sum has no weights."
            raise ConfigError(msg)
        if self.unit not in UNITS or (self.unit == "percent" and self.statistic != "share"):
            msg = f"[[rasters]] {self.name}: unit of a mean or sum is index or count."
            raise ConfigError(msg)
        try:
            float(self.nodata or 0)
        except ValueError as error:
            msg = f"[[rasters]] {self.name}: nodata must be a number in quotes."
            raise ConfigError(msg) from error


@dataclass(frozen=True, slots=True)
class FacilitySource:
    """
    One ``[[facilities]]`` table of a study: clinics, schools, markets, roads.

    Attributes
    ----------
    path
        Vector file of points, lines or areas; or a table with `longitude` and `latitude`.
    name, label
        Stem of the columns, snake case; Indonesian words such as "puskesmas terdekat".
    limit_km
        Farther than this is far; above 0.
    year
        Year of the data.
    layer
        Layer of a file with several, or sheet of a table.
    longitude, latitude
        Columns of a table, degrees.
    cost
        Raster with the cost of crossing a cell, per metre: the way is then the cheapest one in
        units of that cost, and `limit_km` is in those units too.
    measured_from
        ``"village"``: from a point inside it; ``"household"``: from each house of the
        register that has a point.
    agency
        Key of the agency whose concern it is; empty when everybody's.
    source
        Words for the source line.
    numerals
        How a table writes numbers, ``"id"`` or ``"en"``, where its columns do not tell.

    Examples
    --------
    >>> FacilitySource("faskes.gpkg", "clinic", "puskesmas terdekat", 5, 2024).measured_from
    'village'
    >>> FacilitySource("faskes.csv", "clinic", "puskesmas", 5, 2024, longitude="x")
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [[facilities]] clinic: name both longitude and latitude.
    """

    path: str
    name: str
    label: str
    limit_km: float
    year: int
    layer: str = ""
    longitude: str = ""
    latitude: str = ""
    cost: str = ""
    measured_from: Literal["village", "household"] = "village"
    agency: str = ""
    source: str = ""
    numerals: Numerals = ""

    def __post_init__(self) -> None:
        """Check the limit and the columns."""
        require_year(self.year)
        require_column_name(self.name, table="[[facilities]]")
        if self.cost and self.measured_from == "household":
            msg = f"[[facilities]] {self.name}: a way over costs is measured from villages."
            raise ConfigError(msg)
        if self.limit_km <= 0:
            msg = f"[[facilities]] {self.name}: limit_km must be above 0."
            raise ConfigError(msg)
        if bool(self.longitude) != bool(self.latitude):
            msg = f"[[facilities]] {self.name}: name both longitude and latitude."
            raise ConfigError(msg)


def read_facilities(
    source: FacilitySource, *, crs: object
) -> tuple[gpd.GeoSeries, tuple[Note, ...]]:
    """
    Read where facilities or roads are.

    Grain: one row per feature with a place.

    `crs`: Metric CRS to bring them to.
    Returns: Geometries without Z; features without a place are left out.
    Returns: How many those are.
    Raises ConfigError: The file is missing.
    Raises DataError: It cannot be read, names no CRS, or holds no place.
    """
    path = require_file(Path(source.path), named_by="[[facilities]] path")
    if source.longitude:
        places = _of_table(source, path)
    elif path.suffix.lower() in _VECTOR:
        places = _of_layer(source, path)
    else:
        msg = f"{path.name}: no vector file, and no columns `longitude` and `latitude` are named"
        raise DataError(msg, remedy="Name both columns, or save it as GeoPackage.")
    lost = places.isna() | places.is_empty
    places = places[~lost]
    if places.empty:
        msg = f"{path.name}: the layer has no facility with a place"
        raise DataError(msg, remedy="Check the layer, or leave it out of the study.")
    flat = gpd.GeoSeries(shapely.force_2d(places.to_numpy()), index=places.index, crs=places.crs)
    rows = int(lost.sum())
    text = f"{path.name}: {numeral(rows)} baris tanpa lokasi tidak dihitung sebagai {source.label}."
    notes = (Note("facilities_unplaced", text, rows),) if rows else ()
    return flat.to_crs(crs), notes


def _of_layer(source: FacilitySource, path: Path) -> gpd.GeoSeries:
    try:
        layers = layers_of(path)
        first, *others = layers
        if others and not source.layer:
            msg = (
                f"More than one layer found in '{path.name}': '{first}' (default), "
                f"{', '.join(map(repr, others))}. Specify layer parameter to avoid this warning."
            )
            warnings.warn(msg, stacklevel=2)
        address = layers.get(source.layer, layers[first])
        table = read_layer(address, layer=source.layer or first, columns=[])
    except UnreadableLayerError as error:
        msg = f"{path.name}: not a vector layer that can be read"
        raise DataError(msg, remedy="Save it as GeoPackage and name its layer.") from error
    if not isinstance(table, gpd.GeoDataFrame) or table.crs is None:
        msg = f"{path.name}: the layer has no places, or no CRS"
        raise DataError(msg, remedy="Save it as GeoPackage with its CRS (EPSG:4326).")
    return table.geometry


def _of_table(source: FacilitySource, path: Path) -> gpd.GeoSeries:
    names = (source.longitude, source.latitude)
    table, _ = read_text_table(
        TableSource(path, sheet=source.layer), named_by="[[facilities]] path", named=names
    )
    degrees = read_degrees(table, *names, text=NumericText(path.name, source.numerals))
    return gpd.GeoSeries.from_xy(degrees["longitude"], degrees["latitude"], crs="EPSG:4326")
