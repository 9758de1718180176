"""Villages and pockets at the border of the study area."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from sibangkit_geo.pockets.edges import border_pockets, border_villages

CRS = 32748
HERE = gpd.GeoSeries(
    {"a": box(0, 0, 1000, 1000), "b": box(1000, 0, 2000, 1000), "c": Polygon()}, crs=CRS
)


def test_only_villages_beside_land_stand_at_the_border() -> None:
    land = gpd.GeoSeries([box(-500, 0, -20, 1000), box(3000, 0, 4000, 1000)], crs=CRS)
    assert border_villages(HERE, land).to_dict() == {"a": True, "b": False, "c": False}


def test_the_sea_is_no_border() -> None:
    nothing = gpd.GeoSeries([], crs=CRS)
    assert not border_villages(HERE, nothing).any()


def test_two_crs_are_refused() -> None:
    with pytest.raises(ValueError, match="surroundings in EPSG:4326"):
        border_villages(HERE, gpd.GeoSeries([box(0, 0, 1, 1)], crs=4326))


def test_a_pocket_is_at_the_border_with_one_of_its_villages() -> None:
    members = pd.Series({"a": 2, "b": 2, "x": 1})
    at_border = pd.Series({"a": False, "b": True, "c": True})
    assert border_pockets(members, at_border) == (2,)
    assert border_pockets(members, at_border & False) == ()
