"""Make polygons valid and join them into one coverage without gap and overlap."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from sibangkit_geo.errors import DataError, DegradedInputWarning
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

# measured on the 305 polygons of Banyuasin: the widest gap between neighbours that is no water is
# under 50 m, and 5 m joins vertices that only rounding holds apart
GAP_WIDTH_M = 50.0
SNAPPING_DISTANCE_M = 5.0
# a village left with less than a square metre has in effect no area of its own
LOST_M2 = 1.0
# none of the 305 polygons of Banyuasin changes by 1 % when its gaps and overlaps are closed: a
# larger change comes from a fault that a person should look at
NOTABLE_CHANGE = 0.01
# of the 305 polygons of Banyuasin the longest reaches over 103 km, and no part lies more than 18 km
# from the largest of its village; twice that is a wrong code or a stray corner
_REACH_M, _APART_M = 200_000.0, 40_000.0
FAR_WORDS = "terbentang lebih dari 200 km, atau bagiannya terpisah lebih dari 40 km"
_BANYUASIN_CRS = "EPSG:32748"
# two UTM zones are 12 degrees; beyond them a zone's own projection stretches by more than 1 %
_TWO_ZONES = 12.0
# cylindrical equal-area along the equator: areas hold, and lengths within 2 % up to 11 degrees
_COUNTRY_CRS = "+proj=cea +lon_0=118 +lat_ts=0 +ellps=WGS84 +units=m"
_POLYGON, _MULTIPOLYGON, _COLLECTION = (
    shapely.GeometryType.POLYGON,
    shapely.GeometryType.MULTIPOLYGON,
    shapely.GeometryType.GEOMETRYCOLLECTION,
)
_LISTED = 5
# time and memory of a coverage grow faster than its polygons: beyond the largest regency (852
# villages) each island is joined by itself, 83,402 villages in half the time and memory
_LARGE_COVERAGE = 1_000


@dataclass(frozen=True, slots=True)
class Repaired:
    """
    Polygons as one valid coverage; one row per village.

    Attributes
    ----------
    villages
        As given, in a metric CRS, with repaired geometry.
    changes
        Indexed alike: ``before_m2`` (made valid), ``after_m2``, ``change`` (share).
    """

    villages: gpd.GeoDataFrame
    changes: pd.DataFrame
    notes: tuple[Note, ...]


def repair_boundaries(villages: gpd.GeoDataFrame) -> Repaired:
    """
    Make polygons valid and close their gaps and overlaps.

    Gaps up to 50 m are filled and overlaps given to one side; villages that change
    by more than 1 % of their area are listed in the note.

    Parameters
    ----------
    villages
        Indexed by village code, with CRS and without empty geometry.

    Returns
    -------
    repaired
        The coverage, each village's change of area, notes.

    Raises
    ------
    DataError
        Codes stand twice, a geometry is damaged or missing, or a village's whole area lies
        under its neighbours.
    """
    twice = villages[villages.index.duplicated(keep=False)]
    if len(twice):
        msg = "Village codes stand twice in the boundary file"
        raise DataError(msg, rows=pd.DataFrame(twice), remedy="Dissolve the parts of one village.")
    shapeless = villages[villages.geometry.isna() | villages.geometry.is_empty]
    if len(shapeless):
        msg = "Villages whose geometry is damaged or missing"
        remedy = "Export the layer again with their polygons, or leave these villages out."
        raise DataError(msg, rows=pd.DataFrame(shapeless), remedy=remedy)
    metric = to_metres(villages)
    invalid = int((~metric.geometry.is_valid).sum())
    valid = polygonal(metric.geometry.to_numpy())
    cleaned = clean_coverage(valid)
    changes = area_changes(valid, cleaned, index=metric.index)
    metric = metric.set_geometry(gpd.GeoSeries(cleaned, index=metric.index, crs=metric.crs))
    lost = metric[metric.geometry.is_empty | (changes["after_m2"] < LOST_M2)]
    if len(lost):
        msg = "Villages whose whole area lies under their neighbours"
        raise DataError(msg, rows=pd.DataFrame(lost), remedy="Correct these polygons.")
    notes = [Note("coverage_cleaned", _cleaned_text(changes), len(metric))]
    if invalid:
        text = f"{invalid} poligon tidak sah diperbaiki sebelum dirapikan."
        warnings.warn(text, DegradedInputWarning, stacklevel=3)
        notes.append(Note("polygons_repaired", text, invalid))
    return Repaired(metric, changes, tuple(notes))


def to_metres(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Project to the metric CRS of the place.

    `villages`: Indexed by village code, with CRS.
    Returns: In EPSG:32748 for Banyuasin, elsewhere in the UTM zone of their middle, and in an
        equal-area projection when they reach over more than two zones.
    Raises RuntimeError: The polygons lie in no UTM zone.
    """
    west, _, east, _ = villages.total_bounds
    if villages.crs.is_geographic and east - west > _TWO_ZONES:
        return villages.to_crs(_COUNTRY_CRS)
    in_banyuasin = str(villages.index[0]).startswith("16.07.")
    crs = _BANYUASIN_CRS if in_banyuasin else villages.estimate_utm_crs()
    return villages.to_crs(crs)


def far_reaching(shapes: gpd.GeoSeries) -> pd.Index:
    """
    Find villages that reach, or whose parts lie, farther than any village's do.

    `shapes`: Polygons in metres, indexed by village; several rows may be of one.
    Returns: Labels of those.
    """
    corners = shapes.bounds.groupby(level=0)
    most, least = corners.max(), corners.min()
    reach = np.hypot(most["maxx"] - least["minx"], most["maxy"] - least["miny"])
    apart = [
        village
        for village in reach.index[(reach > _APART_M) & (reach <= _REACH_M)]
        if _apart(shapely.get_parts(shapes.loc[[village]].array))
    ]
    far: pd.Index = pd.Index([*reach.index[reach > _REACH_M], *apart], dtype=object)
    return far


def _apart(parts: NDArray[np.object_]) -> bool:
    largest = parts[shapely.area(parts).argmax()]
    return bool(shapely.distance(parts, largest).max() > _APART_M)


def polygonal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """
    Make geometries valid and keep what has an area.

    A repaired polygon may come with lines and points where it touched itself; a
    coverage takes none.

    `shapes`: Polygons, shape (n,).
    Returns: Polygons and multipolygons, empty where no area is left.
    """
    try:
        valid: NDArray[np.object_] = shapely.make_valid(shapes)
    except shapely.GEOSException:
        valid = np.array([_made_valid(shape) for shape in shapes], dtype=object)
    kinds = shapely.get_type_id(valid)
    for place in np.flatnonzero(~np.isin(kinds, (_POLYGON, _MULTIPOLYGON))):
        valid[place] = areas_of(valid[place])
    return valid


def areas_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Join the polygons of a collection; empty where it has none."""
    parts = shapely.get_parts(shape)
    while _COLLECTION in shapely.get_type_id(parts):
        parts = shapely.get_parts(parts)
    areas = parts[np.isin(shapely.get_type_id(parts), (_POLYGON, _MULTIPOLYGON))]
    return shapely.union_all(polygonal(areas)) if len(areas) else shapely.Polygon()


def _made_valid(shape: shapely.Geometry) -> shapely.Geometry:
    # GEOS 3.14 gives up on a few outlines of the national file by its first method
    # ("Overlay input is mixed-dimension"); the second one mends them all
    try:
        return shapely.make_valid(shape)
    except shapely.GEOSException:
        return shapely.make_valid(shape, method="structure", keep_collapsed=False)


def clean_coverage(valid: NDArray[np.object_]) -> NDArray[np.object_]:
    """
    Join valid polygons in metres into a coverage without gap and overlap.

    `valid`: Valid polygons in metres, shape (n,).
    Returns: One polygon per polygon, empty where it lay under others.
    """
    cleaned = np.empty(len(valid), dtype=object)
    for own in [np.arange(len(valid))] if len(valid) <= _LARGE_COVERAGE else _islands(valid):
        cleaned[own] = shapely.coverage_clean(
            valid[own], gap_width=GAP_WIDTH_M, snapping_distance=SNAPPING_DISTANCE_M
        )
    return cleaned


def _islands(valid: NDArray[np.object_]) -> list[NDArray[np.intp]]:
    """Part polygons by gaps too wide for one side to change the other."""
    reach = GAP_WIDTH_M + 2 * SNAPPING_DISTANCE_M
    pairs = shapely.STRtree(valid).query(valid, predicate="dwithin", distance=reach)
    size = (len(valid), len(valid))
    links = csr_array((np.ones(pairs.shape[1], dtype=np.int8), tuple(pairs)), shape=size)
    label = connected_components(links, directed=False)[1]
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def area_changes(
    valid: NDArray[np.object_], cleaned: NDArray[np.object_], *, index: pd.Index
) -> pd.DataFrame:
    """
    Compare the area of each village before and after the cleaning.

    `valid`, `cleaned`: Polygons in metres, shape (n,).
    `index`: Labels of the villages.
    Returns: ``before_m2``, ``after_m2`` and ``change`` (share, missing without area).
    Raises ValueError: The three differ in length.
    """
    table = pd.DataFrame(
        {"before_m2": shapely.area(valid), "after_m2": shapely.area(cleaned)}, index=index
    )
    return table.assign(
        change=(table["after_m2"] - table["before_m2"])
        / table["before_m2"].where(lambda m2: m2 > 0)
    )


def _cleaned_text(changes: pd.DataFrame) -> str:
    total = float((changes["after_m2"] - changes["before_m2"]).sum()) / 1e6
    text = (
        f"Batas {len(changes)} desa/kelurahan dirapikan menjadi satu "
        f"liputan tanpa celah dan tumpang tindih (luas berubah {numeral(total, 2)} km²)."
    )
    notable = changes.loc[changes["change"].abs() > NOTABLE_CHANGE, "change"]
    if notable.empty:
        return text
    first = "; ".join(f"{code} {percentage(part)}" for code, part in notable.head(_LISTED).items())
    more = f"; dan {len(notable) - _LISTED} lagi" if len(notable) > _LISTED else ""
    return f"{text} Luas {len(notable)} di antaranya berubah lebih dari 1%: {first}{more}."
