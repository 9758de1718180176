"""Needs of agencies: whose indicator, how many households, how many above the regency's share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sibangkit_geo.agencies import agency_needs, load_catalogue, with_agencies
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.types import Indicator, VillageIndicators

if TYPE_CHECKING:
    import geopandas as gpd

POOR = Indicator(
    "headcount_ratio", "Miskin", "percent", "high", "rumah tangga", "", "u", 2023, "poor_households"
)
SLUM = Indicator(
    "slum", "Kumuh", "percent", "high", "rumah tangga", "perkimtan", "u", 2023, "slum_households"
)
FLOOD = Indicator("flood", "Banjir", "index", "high", "", "pupr", "u", 2023)
NOTHING = float("nan")


def measured(villages: gpd.GeoDataFrame, *indicators: Indicator) -> VillageIndicators:
    """Three villages with data: 10 of 100, 30 of 100 and 20 of 200 in a slum; six without."""
    rest = [NOTHING] * 6
    table = villages.assign(
        households=[100.0, 100.0, 200.0, *rest],
        poor_households=[1.0, 2.0, 3.0, *rest],
        headcount_ratio=[0.01, 0.02, 0.015, *rest],
        slum=[0.1, 0.3, 0.1, *rest],
        slum_households=[10.0, 30.0, 20.0, *rest],
        flood=[0.5, NOTHING, 0.1, *rest],
    )
    return VillageIndicators(table, indicators, ())


def test_excess_is_over_the_share_of_the_regency(villages: gpd.GeoDataFrame) -> None:
    needs = agency_needs(measured(villages, POOR, SLUM))
    table = needs.table.set_index("village_code")
    # 60 of 400 are 15 %: 15, 15 and 30 expected
    assert table["excess"].tolist() == [-5.0, 15.0, -10.0]
    assert table["excess"].sum() == pytest.approx(0)
    assert table["households"].tolist() == [10.0, 30.0, 20.0]
    assert table["share"].tolist() == [0.1, 0.3, 0.1]
    assert set(table["agency"]) == {"perkimtan"}
    assert needs.indicators == {"perkimtan": ("slum",)}


def test_villages_without_data_are_absent(villages: gpd.GeoDataFrame) -> None:
    table = agency_needs(measured(villages, SLUM, FLOOD)).table
    assert table.groupby("indicator").size().to_dict() == {"flood": 2, "slum": 3}


def test_an_index_has_neither_share_nor_count(villages: gpd.GeoDataFrame) -> None:
    table = agency_needs(measured(villages, FLOOD)).table
    assert table[["share", "households", "excess"]].isna().all(axis=None)


def test_without_agencies_the_table_is_empty_with_its_columns(villages: gpd.GeoDataFrame) -> None:
    needs = agency_needs(measured(villages, POOR))
    assert len(needs.table) == 0
    assert list(needs.table) == [
        "agency", "indicator", "village_code", "share", "households", "excess",
    ]  # fmt: skip
    assert needs.indicators == {}


def test_an_unknown_agency_offers_the_nearest(villages: gpd.GeoDataFrame) -> None:
    stray = Indicator("flood", "Banjir", "index", "high", "", "dinsoss", "u", 2023)
    with pytest.raises(ConfigError, match=r'unknown agency "dinsoss"\. Did you mean "dinsos"'):
        with_agencies(measured(villages, stray), load_catalogue())


def test_the_catalogue_has_one_overview_and_distinct_pages() -> None:
    found = load_catalogue().agencies
    assert found[0].file == "bappeda.html"
    files = [one.file for one in found]
    assert len(set(files)) == len(files)
    assert all(one.wanted for one in found[1:])
    assert {"dinsos", "perkimtan", "dpmd", "disdukcapil"} <= {one.key for one in found}
