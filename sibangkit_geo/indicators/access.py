"""Distances to facilities and roads: straight, and over a raster of costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd

_M_PER_KM = 1000.0


def nearest_distance(points: gpd.GeoSeries, facilities: gpd.GeoSeries) -> pd.Series:
    """
    Measure the straight distance from each point to the nearest facility or road.

    Grain: unchanged, one row per point.

    Parameters
    ----------
    points
        Households, or one point per village, in a metric CRS; missing ones are allowed.
    facilities
        Points, lines or areas, in the same CRS; a point inside an area is at 0.

    Returns
    -------
    distance_km
        Kilometres, at least 0, indexed like `points`; missing where the point is.

    Raises
    ------
    ValueError
        The CRS differ or are in degrees.
    DataError
        There is no facility.

    Examples
    --------
    >>> import geopandas as gpd
    >>> homes = gpd.GeoSeries.from_xy([0.0, 3000.0], [0.0, 0.0], crs="EPSG:32748")
    >>> clinic = gpd.GeoSeries.from_xy([0.0], [4000.0], crs="EPSG:32748")
    >>> nearest_distance(homes, clinic).tolist()
    [4.0, 5.0]
    """
    if points.crs is None or points.crs.is_geographic or points.crs != facilities.crs:
        msg = "Distances need both layers in one metric CRS."
        raise ValueError(msg)
    there = facilities[~(facilities.isna() | facilities.is_empty)]
    if there.empty:
        msg = "The layer has no facility"
        raise DataError(msg, remedy="Leave the layer out: no facility known is not a distance.")
    found = np.full(len(points), np.nan)
    known = np.flatnonzero(~(points.isna() | points.is_empty).to_numpy())
    tree = shapely.STRtree(there.to_numpy())
    (asked, _), metres = tree.query_nearest(
        points.to_numpy()[known], return_distance=True, all_matches=False
    )
    found[known[asked]] = metres / _M_PER_KM
    return pd.Series(found, index=points.index, name="distance_km")


def beyond(distance_km: pd.Series, *, village_code: pd.Series, limit_km: float) -> pd.DataFrame:
    """
    Count the households of each village that live farther than a limit.

    Grain: one row per household in, one row per village out.

    Parameters
    ----------
    distance_km
        Kilometres, at least 0; missing where the household has no point.
    village_code
        Indexed alike; rows without village are left out.
    limit_km
        Farthest distance that is still near, kilometres, above 0.

    Returns
    -------
    access
        Indexed by ``village_code``: ``known`` and ``far`` (households), ``far_share`` of
        the known (0 to 1) and ``mean_km``; missing where no household has a point.

    Raises
    ------
    ValueError
        The columns are indexed differently, or the limit is not positive.

    Examples
    --------
    >>> km = pd.Series([1.0, 6.0, 9.0, None])
    >>> place = pd.Series(["16.07.01.2001"] * 4)
    >>> beyond(km, village_code=place, limit_km=5.0).iloc[0].round(3).tolist()
    [3.0, 2.0, 0.667, 5.333]
    """
    if not distance_km.index.equals(village_code.index):
        msg = "`distance_km` and `village_code` are indexed differently."
        raise ValueError(msg)
    if limit_km <= 0:
        msg = f"`limit_km` must be above 0, got {limit_km}."
        raise ValueError(msg)
    known = distance_km.notna()
    table = pd.DataFrame(
        {"known": known, "far": distance_km > limit_km, "sum": distance_km.fillna(0.0)}
    )
    sums = table.groupby(village_code.rename("village_code")).sum().astype(float)
    base = sums["known"].where(sums["known"] > 0)
    return pd.DataFrame(
        {
            "known": sums["known"],
            "far": sums["far"],
            "far_share": sums["far"] / base,
            "mean_km": sums["sum"] / base,
        }
    )
