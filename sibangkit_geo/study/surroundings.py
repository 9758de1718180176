"""What surrounds the villages, turned into village tables: rasters and ways to facilities."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators import access, rasters
from sibangkit_geo.sources.surroundings import read_facilities
from sibangkit_geo.sources.text_tables import require_file
from sibangkit_geo.tables.numerals import numeral
from sibangkit_geo.tables.public import Indicator, Note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sibangkit_geo import config
    from sibangkit_geo.sources.surroundings import FacilitySource, RasterSource
    from sibangkit_geo.study.houses import KeptHouses
    from sibangkit_geo.tables.public import Boundaries

log = logging.getLogger(__name__)
_WHOLE = 0.99


def surroundings(
    study: config.Study, areas: Boundaries, folder: Path, houses: Sequence[KeptHouses] = ()
) -> tuple[list[tuple[pd.DataFrame, list[Indicator]]], list[Note]]:
    """
    Summarise every raster and measure the way to every facility, village by village.

    Returns: Village tables with the definitions of their columns.
    Returns: Villages that a raster does not cover, and from where ways are measured.
    Raises ConfigError: A file is missing.
    Raises DataError: A file is damaged, empty, or lies nowhere.
    """
    parts, notes = [], []
    for raster in study.rasters:
        table, covered = _raster(raster, areas, folder)
        parts.append((table, [_raster_indicator(raster)]))
        notes += _cover_note(raster, covered)
    for facility in study.facilities:
        if facility.measured_from == "household":
            parts.append(_of_houses(facility, areas, folder, houses))
            continue
        parts.append((_facility(facility, areas, folder), [_facility_indicator(facility)]))
        where = "titik tengah desa"
        text = f"Jarak ke {facility.label} diukur dari {where}, bukan dari tiap rumah."
        notes.append(Note("distance_from_villages", text))
    log.info("measure: %d rasters, %d facilities", len(study.rasters), len(study.facilities))
    return parts, notes


def _raster(
    source: RasterSource, areas: Boundaries, folder: Path
) -> tuple[pd.DataFrame, pd.Series]:
    path = require_file(folder / source.path, named_by="[[rasters]] path")
    weights = folder / source.weights if source.weights else None
    if weights:
        require_file(weights, named_by="[[rasters]] weights")
    found = rasters.zonal_statistics(
        path,
        areas.villages,
        statistic=source.statistic,
        classes=source.classes,
        weights=weights,
        nodata=float(source.nodata) if source.nodata else None,
    )
    return found[["value"]].rename(columns={"value": source.name}), found["covered"]


def _cover_note(source: RasterSource, covered: pd.Series) -> list[Note]:
    short = covered < _WHOLE
    if not short.any():
        return []
    text = (
        f"{source.label}: raster tidak menutup seluruh wilayah {numeral(int(short.sum()))} desa; "
        f"desa yang tertutup kurang dari separuh dinyatakan tanpa data."
    )
    return [Note("raster_cover", text, int(short.sum()))]


def _raster_indicator(source: RasterSource) -> Indicator:
    share = source.statistic == "share"
    return Indicator(
        name=source.name,
        label=source.label,
        unit="percent" if share else source.unit,
        worse=source.worse,
        denominator="luas desa" if share and not source.weights else "penduduk" if share else "",
        agency=source.agency,
        source=source.source or source.path,
        year=source.year,
    )


def _facility(source: FacilitySource, areas: Boundaries, folder: Path) -> pd.DataFrame:
    villages = areas.villages
    places = read_facilities(source, folder=folder, crs=villages.crs)
    if source.cost:
        path = require_file(folder / source.cost, named_by="[[facilities]] cost")
        way = rasters.travel_cost(path, villages, places)
    else:
        way = access.nearest_distance(villages.geometry.representative_point(), places)
    return way.to_frame(_column(source))


def _of_houses(
    source: FacilitySource, areas: Boundaries, folder: Path, houses: Sequence[KeptHouses]
) -> tuple[pd.DataFrame, list[Indicator]]:
    crs = areas.villages.crs
    places = read_facilities(source, folder=folder, crs=crs)
    points = [point for one in houses for point in one.points]
    if not sum(map(len, points)):
        msg = f"[[facilities]] {source.name}: the register has no points of houses"
        raise DataError(msg, remedy='Measure from villages (measured_from = "village").')
    where, village = (
        np.concatenate(points),
        np.concatenate([v for one in houses for v in one.village]),
    )
    way = access.nearest_distance(gpd.GeoSeries.from_xy(where[:, 0], where[:, 1], crs=crs), places)
    code = pd.Series(areas.official.index[village], index=way.index)
    found = access.beyond(way, village_code=code, limit_km=source.limit_km)
    stem = source.name
    table = found.rename(
        columns={"known": f"{stem}_known", "far": f"{stem}_far", "far_share": f"{stem}_far_share",
                 "mean_km": f"{stem}_km"}
    )  # fmt: skip
    far = Indicator(
        name=f"{stem}_far_share",
        label=f"Rumah lebih dari {numeral(source.limit_km, 1)} km dari {source.label}",
        unit="percent",
        worse="high",
        denominator="rumah tangga bertitik",
        agency=source.agency,
        source=source.source or source.path,
        year=source.year,
        count_column=f"{stem}_far",
        count_label="rumah tangga jauh",
        base_column=f"{stem}_known",
        same=(f"{stem}_km",),
    )
    return table, [far]


def _column(source: FacilitySource) -> str:
    return f"{source.name}_cost" if source.cost else f"{source.name}_km"


def _facility_indicator(source: FacilitySource) -> Indicator:
    unit = "biaya tempuh" if source.cost else "km"
    return Indicator(
        name=_column(source),
        label=f"Jarak ke {source.label} ({unit})",
        unit="index",
        worse="high",
        denominator="",
        agency=source.agency,
        source=source.source or source.path,
        year=source.year,
        note=f"Dianggap jauh di atas {numeral(source.limit_km, 1)} {unit}.",
    )
