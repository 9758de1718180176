"""Distances to facilities: hand-worked ways, straight and over costs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.access import beyond, nearest_distance
from sibangkit_geo.indicators.rasters import cost_distance

UTM = "EPSG:32748"


def test_roads_and_areas_are_reached_at_their_nearest_place() -> None:
    homes = gpd.GeoSeries([Point(0, 0), Point(500, 300), None, Point(2500, 0)], crs=UTM)
    layers = gpd.GeoSeries([LineString([(0, 300), (1000, 300)]), box(2000, -10, 3000, 10)], crs=UTM)
    found = nearest_distance(homes, layers)
    assert found.iloc[[0, 1, 3]].tolist() == pytest.approx([0.3, 0.0, 0.0])
    assert np.isnan(found.iloc[2])


def test_degrees_another_crs_and_an_empty_layer_are_refused() -> None:
    homes = gpd.GeoSeries([Point(0, 0)], crs=UTM)
    with pytest.raises(ValueError, match="metric CRS"):
        nearest_distance(homes, homes.to_crs("EPSG:4326"))
    with pytest.raises(ValueError, match="metric CRS"):
        nearest_distance(homes.to_crs("EPSG:4326"), homes.to_crs("EPSG:4326"))
    with pytest.raises(DataError, match="no facility"):
        nearest_distance(homes, gpd.GeoSeries([None], crs=UTM))


@given(
    xy=st.lists(
        st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), min_size=1, max_size=30
    ),
    there=st.lists(
        st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), min_size=1, max_size=9
    ),
)
def test_nearest_equals_the_smallest_of_all(
    xy: list[tuple[int, int]], there: list[tuple[int, int]]
) -> None:
    homes = gpd.GeoSeries(gpd.points_from_xy(*np.array(xy).T), crs=UTM)
    clinics = gpd.GeoSeries(gpd.points_from_xy(*np.array(there).T), crs=UTM)
    every = np.linalg.norm(np.array(xy)[:, None] - np.array(there)[None], axis=2)
    np.testing.assert_allclose(nearest_distance(homes, clinics) * 1000, every.min(axis=1))


def test_a_village_without_points_is_missing_not_near() -> None:
    km = pd.Series([1.0, 7.0, None], index=["h1", "h2", "h3"])
    place = pd.Series(["16.07.01.2001", "16.07.01.2001", "16.07.01.2002"], index=km.index)
    found = beyond(km, village_code=place, limit_km=5)
    assert found.loc[["16.07.01.2001"]].iloc[0].tolist() == [2, 1, 0.5, 4]
    assert found.loc[["16.07.01.2002"], ["known", "far"]].iloc[0].tolist() == [0, 0]
    assert found.loc[["16.07.01.2002"], ["far_share", "mean_km"]].isna().all(axis=None)
    with pytest.raises(ValueError, match="indexed differently"):
        beyond(km, village_code=place.reset_index(drop=True), limit_km=5)
    with pytest.raises(ValueError, match="above 0"):
        beyond(km, village_code=place, limit_km=0)


def test_the_way_goes_round_what_cannot_be_crossed() -> None:
    # a wall with one gap at the bottom: three cells down, one step each way, three up
    cost = np.ones((4, 3))
    cost[:3, 1] = np.nan
    facilities = np.zeros((4, 3), dtype=bool)
    facilities[0, 0] = True
    found = cost_distance(cost, cell_m=10, facilities=facilities)
    assert found[0, 0] == 0
    assert np.isnan(found[0, 1])
    assert found[3, 0] == pytest.approx(30)
    # two straight steps down, a slanted one to the gap, a slanted one up, two straight ones up
    assert found[0, 2] == pytest.approx(40 + 20 * np.sqrt(2))


def test_a_step_costs_the_mean_of_both_cells() -> None:
    found = cost_distance(
        np.array([[1.0, 3.0, 5.0]]), cell_m=2, facilities=np.array([[True, False, False]])
    )
    assert found.tolist() == [[0, 4, 12]]


def test_no_way_is_missing_and_nothing_to_reach_is_refused() -> None:
    cost = np.array([[1.0, np.nan, 1.0]])
    found = cost_distance(cost, cell_m=1, facilities=np.array([[True, False, False]]))
    assert np.isnan(found[0, 2])
    with pytest.raises(DataError, match="No facility"):
        cost_distance(cost, cell_m=1, facilities=np.array([[False, True, False]]))
    with pytest.raises(ValueError, match="above 0"):
        cost_distance(-cost, cell_m=1, facilities=np.array([[True, False, False]]))
