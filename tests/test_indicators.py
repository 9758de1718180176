"""Counts of households, profiles and the official figure, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.indicators.benchmarks import OfficialFigures
from sibangkit_geo.indicators.deprivation import default_index
from sibangkit_geo.indicators.estimates import deprivation_columns, gap_columns
from sibangkit_geo.indicators.needs import PovertyRule, needs_of
from sibangkit_geo.indicators.villages import assemble, from_counts, from_profiles
from sibangkit_geo.model.types import (
    Boundaries,
    Indicator,
    Located,
    Profiles,
    VillageCounts,
    VillageIndicators,
)
from sibangkit_geo.registers.households import Households
from sibangkit_geo.registers.tally import tally
from tests.conftest import as_register

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = float("nan")
FIRST_DECILE = PovertyRule(rule="decile", decile_max=1)
A, B, C = "16.07.01.2001", "16.07.01.2002", "16.07.01.2003"
# floor 7, 8 is bad; PKH or BPNT serve decile 1 to 4
ROWS = pd.DataFrame(
    [
        # village, size, decile, floor, pkh, bpnt
        (A, 4, 1, 8, 1, 2),  # poor, bad floor, served
        (A, 3, 1, 1, 2, 2),  # poor, unserved
        (A, 2, 4, 7, 2, 1),  # not poor, bad floor, served
        (A, 1, 5, NOTHING, 2, 2),  # floor unknown
        (B, 5, NOTHING, 7, NOTHING, NOTHING),  # decile unknown, bad floor
        (B, 6, 2, 1, NOTHING, 2),  # asked for assistance, answer half missing: not known
        (None, 9, 1, 8, 2, 2),  # in no village
    ],
    columns=["village_code", "size", "decile", "floor", "pkh", "bpnt"],
)


def count(rows: pd.DataFrame = ROWS, poverty: PovertyRule = FIRST_DECILE) -> pd.DataFrame:
    """Tally rows."""
    places = [A, B, C]
    village = np.array([places.index(one) if one in places else -1 for one in rows["village_code"]])
    return tally(as_register(rows), village, villages=places, poverty=poverty).table


# ---- tally


def test_tally_by_hand() -> None:
    table = count()
    # deciles 1, 1, 4 and 5; those in 1 and 4 receive PKH or BPNT
    assert table.index.tolist() == [A, B]
    told = {"unknown_poor": 0, "unknown_size": 0}
    assert table.loc[A].to_dict() == told | {
        "households": 4, "people": 10, "known_people": 10,
        "poor_households": 2, "poor_people": 7,
        "known_floor": 3, "deprived_floor": 2, "unserved_floor": 2,
        "known_no_social_assistance": 4, "deprived_no_social_assistance": 3,
        "unserved_no_social_assistance": 1, "served_no_social_assistance": 2,
    }  # fmt: skip
    told = {"unknown_poor": 1, "unknown_size": 0}
    assert table.loc[B].to_dict() == told | {
        "households": 2, "people": 11, "known_people": 6, "poor_households": 0, "poor_people": 0,
        "known_floor": 2, "deprived_floor": 1, "unserved_floor": 1,
        "known_no_social_assistance": 0, "deprived_no_social_assistance": 0,
        "unserved_no_social_assistance": 0, "served_no_social_assistance": 0,
    }  # fmt: skip


def test_a_need_is_tallied_only_when_the_register_has_its_columns() -> None:
    assert [need.key for need in needs_of(ROWS.columns)] == ["floor", "no_social_assistance"]
    assert [need.key for need in needs_of(ROWS.columns.drop("bpnt"))] == ["floor"]
    # a house is crowded by its people: both are asked, or nothing is said
    assert needs_of({"floor_area"}) == ()


@pytest.mark.parametrize(
    ("meaning", "known", "deprived"),
    [({"earth"}, 1, 1), ({"earth", "bamboo"}, 1, 1), ({"tile", "wood"}, 1, 0),
     ({"earth", "cement"}, 0, 0)],
)  # fmt: skip
def test_a_merged_label_counts_only_when_all_its_parts_agree(
    meaning: set[str], known: int, deprived: int
) -> None:
    rows = pl.DataFrame({"size": [4.0], "decile": [1.0], "floor": pl.Series([0], dtype=pl.Int8)})
    merged = Households(rows, {"floor": (frozenset(meaning),)}, "dtsen2025")
    table = tally(merged, np.array([0]), villages=[A], poverty=FIRST_DECILE).table
    assert table[["known_floor", "deprived_floor"]].to_numpy().tolist() == [[known, deprived]]


def test_spending_rule_by_hand() -> None:
    rows = ROWS.assign(spending=[400, 399.9, 500, NOTHING, NOTHING, 100, 1])
    rule = PovertyRule(rule="spending", line_rp_month=400, spending="pengeluaran")
    table = count(rows, rule)
    # below the line, not at it; an unknown answer is not poor, and told
    assert table["unknown_poor"].to_dict() == {A: 1, B: 1}
    # shortfalls 0.1/400 of three people and 300/400 of six
    assert table["gap_sum"].to_dict() == {A: pytest.approx(3 * 0.1 / 400), B: 4.5}
    assert table["gap_squared_sum"][B] == 6 * 0.75**2
    assert table["poor_households"].to_dict() == {A: 1, B: 1}
    assert table["poor_people"].to_dict() == {A: 3, B: 6}
    with pytest.raises(ConfigError, match='no column "pengeluaran"'):
        count(ROWS, rule)


def test_floor_area_is_judged_per_person() -> None:
    # 7.2 square metres for each: 28.8 for four
    rows = ROWS.assign(floor_area=[28.7, 21.6, 14.3, 7.2, NOTHING, 60, 1])
    table = count(rows)
    assert table["deprived_crowding"].to_dict() == {A: 2, B: 0}
    assert table["known_crowding"].to_dict() == {A: 4, B: 1}


# account, business and KUR, 1 yes and 2 no; all in one village
BANKING = pd.DataFrame(
    [
        (1, 2, 1, 2),  # needs all three
        (4, 1, 1, 1),  # has all; the business is one to train
        (5, 1, 1, 2),  # needs KUR; decile too high to be trained
        (1, NOTHING, 2, 2),  # account not answered; no business
        (2, 2, 1, NOTHING),  # no account; KUR not answered; a business to train
        (3, 1, NOTHING, 1),  # business not answered, whatever it receives
        (NOTHING, 1, 1, 2),  # needs KUR; decile not known
    ],
    columns=["decile", "account", "business", "kur"],
).assign(village_code=A, size=3)


def test_what_a_bank_answers_by_hand() -> None:
    table = count(BANKING).loc[A].filter(regex="account|credit|business")
    assert table.to_dict() == {
        "known_no_account": 6, "deprived_no_account": 2, "unserved_no_account": 2,
        "known_no_credit": 5, "deprived_no_credit": 4,
        "unserved_no_credit": 3, "served_no_credit": 1,
        "known_micro_business": 5, "deprived_micro_business": 3, "unserved_micro_business": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ([], []),
        (["account"], ["no_account"]),
        (["business"], ["micro_business"]),
        (["kur"], []),
        (["business", "kur"], ["no_credit", "micro_business"]),
    ],
)
def test_a_register_that_does_not_ask_what_a_bank_answers_has_no_such_need(
    asked: list[str], keys: list[str]
) -> None:
    table = count(BANKING[["village_code", "size", "decile", *asked]])
    found = table.filter(regex="^known_").columns.str.removeprefix("known_")
    assert [key for key in found if key != "people"] == keys


@given(split=st.lists(st.booleans(), min_size=7, max_size=7))
@settings(max_examples=40, deadline=None)
def test_tallies_of_two_parts_add_up_to_the_whole(split: list[bool]) -> None:
    part = pd.Series(split, index=ROWS.index)
    left, right = ROWS[part], ROWS[~part]
    both = VillageCounts(count(left)) + VillageCounts(count(right))
    pd.testing.assert_frame_equal(
        both.table.sort_index(axis=1), count().sort_index(axis=1), check_dtype=False
    )


@given(order=st.permutations(list(ROWS.index)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_households_changes_nothing(order: list[int]) -> None:
    pd.testing.assert_frame_equal(count(ROWS.loc[order]), count())


def test_a_share_is_of_the_households_whose_answer_is_known() -> None:
    counts = VillageCounts(count())
    table, defined = from_counts(counts, needs=needs_of(ROWS.columns), year=2025, source="uji")
    assert table["floor_share"].to_dict() == {A: pytest.approx(2 / 3), B: 0.5}
    assert table["no_social_assistance_share"][A] == 0.25
    assert pd.isna(table["no_social_assistance_share"][B])
    assert [(one.name, one.count_column, one.count_label) for one in defined] == [
        ("floor_share", "unserved_floor", "rumah tangga yang perlu ditangani"),
        (
            "no_social_assistance_share",
            "unserved_no_social_assistance",
            "rumah tangga belum terlayani",
        ),
    ]
    assert [one.base_column for one in defined] == ["known_floor", "known_no_social_assistance"]
    assert table["known_floor"].to_dict() == {A: 3, B: 2}
    # where nothing serves the need, those deprived are those unserved
    deprived = [name for name in table if str(name).startswith("deprived_")]
    assert deprived == ["deprived_no_social_assistance"]
    assert table["served_no_social_assistance"].to_dict() == {A: 2, B: 0}


def test_a_village_whose_answers_are_all_missing_has_no_share() -> None:
    rows = ROWS.assign(floor=[8, 1, 7, 1, NOTHING, NOTHING, 8])
    counts = VillageCounts(count(rows))
    table, _ = from_counts(counts, needs=needs_of(ROWS.columns), year=2025, source="uji")
    assert table.loc[A, "floor_share"] == 0.5
    assert table["floor_share"].isna()[B]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "decile"},
        {"rule": "decile", "decile_max": 11},
        {"rule": "spending", "line_rp_month": 1.0},
        {"rule": "spending", "spending": "x"},
    ],
)
def test_incomplete_poverty_rules_are_refused(wrong: Mapping[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"\[poverty\]"):
        PovertyRule(**wrong)  # type: ignore[arg-type]


# ---- profiles


def profiles(rows: pd.DataFrame, *defined: Indicator) -> Profiles:
    """Wrap rows as a profile."""
    names = ["district_name", "village_name"]
    return Profiles(rows.assign(**dict.fromkeys(names, "x")), defined, "kemendagri", 2023, "u", ())


def located(*codes: str | None) -> Located:
    """Say where the rows of a profile, numbered from 2, belong."""
    index = range(2, 2 + len(codes))
    rows = pd.DataFrame({"village_code": pd.array(codes, dtype="string")}, index=index)
    return Located(rows, ())


LIT = Indicator("lit", "Berlistrik", "percent", "low", "rumah tangga", "pln", "u", 2023)
SLUM = Indicator("slum", "Kumuh", "percent", "high", "rumah tangga", "perkimtan", "u", 2023)
FLOOD = Indicator("flood", "Banjir", "index", "high", "", "pupr", "u", 2023)
PROFILE = pd.DataFrame(
    {
        "code": [A, B, "x"],
        "households": [200.0, 50.0, 10.0],
        "people": [800.0, NOTHING, 40.0],
        "poor_share": [0.1, 0.25, 0.5],
        "lit": [0.9, NOTHING, 0.1],
        "slum": [0.02, 0.5, 0.1],
        "flood": [0.4, 0.6, 0.1],
    },
    index=[2, 3, 4],
)


def test_profile_counts_by_hand() -> None:
    table, defined = from_profiles(profiles(PROFILE, LIT, SLUM, FLOOD), located(B, A, None))
    assert table.index.tolist() == [B, A]
    assert table["poor_households"].tolist() == [20.0, 12.0]  # 12.5 rounds to even
    assert table["poor_people"].iloc[0] == 80.0
    assert pd.isna(table["poor_people"].iloc[1])
    assert table["lit_households"].iloc[0] == 20.0  # those without: worse is low
    assert pd.isna(table["lit_households"].iloc[1])
    assert table["slum_households"].tolist() == [4.0, 25.0]
    assert [one.count_column for one in defined] == ["lit_households", "slum_households", ""]


def test_two_rows_in_one_village_are_refused() -> None:
    with pytest.raises(DataError, match=r"rows: 2; first: 2, 3"):
        from_profiles(profiles(PROFILE), located(A, A, B))


# ---- the village table


def boundaries(with_polygon: gpd.GeoDataFrame, *more: str) -> Boundaries:
    """Make an official list of the polygons and of villages without one."""
    plain = pd.DataFrame(with_polygon.drop(columns="geometry"))
    extra = pd.DataFrame(
        {"name": "Tanpa", "district_code": "16.07.03", "district_name": "Kecamatan 3"},
        index=pd.Index(more, name="village_code"),
    )
    official = pd.concat([plain, extra]).assign(has_polygon=True)
    official.loc[list(more), "has_polygon"] = False
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs=with_polygon.crs)
    return Boundaries(with_polygon, official, empty, "16.07", False, "uji", ())


def people(poor: list[float], everybody: list[float]) -> pd.DataFrame:
    """Make a village part of three villages; a household is one person here."""
    return pd.DataFrame(
        {
            "households": everybody,
            "people": everybody,
            "poor_households": poor,
            "poor_people": poor,
        },
        index=[A, B, C],
    )


def measure(
    villages: gpd.GeoDataFrame, part: pd.DataFrame, official: OfficialFigures | None, *more: str
) -> VillageIndicators:
    """Assemble one part."""
    return assemble(
        boundaries(villages, *more),
        [(part, [])],
        official=official,
        poverty_source=("uji", 2023),
        rule=None,
    )


def figures(benchmark: str, rate: float = 20.0, poor: int = 90) -> OfficialFigures:
    """State an official figure."""
    return OfficialFigures(2024, rate, poor, "BPS", benchmark)  # type: ignore[arg-type]


def test_every_official_village_has_a_row_and_nothing_is_zero_for_want_of_data(
    villages: gpd.GeoDataFrame,
) -> None:
    part = people([10, 0, NOTHING], [100, 50, 80])
    found = measure(villages, part, None, "16.07.03.2999")
    table = found.villages
    assert table.index.tolist() == [*villages.index, "16.07.03.2999"]
    assert table.loc[[A, B], "headcount_ratio"].tolist() == [0.1, 0.0]
    rest = [code for code in table.index if code not in {A, B}]
    assert table.loc[rest, ["headcount_ratio", "poor_households"]].isna().all(axis=None)
    assert table["status"].value_counts().to_dict() == {"ok": 2, "no_data": 7, "no_polygon": 1}
    assert table.loc["16.07.03.2999", "status"] == "no_polygon"
    assert table.geometry.isna().sum() == 1
    assert found.indicators[0].name == "headcount_ratio"


def test_a_village_without_households_has_no_rate(villages: gpd.GeoDataFrame) -> None:
    found = measure(villages, people([0, 5, 5], [0, 50, 80]), None)
    assert pd.isna(found.villages.loc[A, "headcount_ratio"])
    assert found.villages.loc[A, "status"] == "no_data"


def test_rate_benchmark_by_hand(villages: gpd.GeoDataFrame) -> None:
    # 50 of 500 poor; officially 20 %: factor 2
    found = measure(villages, people([30, 20, 0], [100, 200, 200]), figures("rate"))
    table = found.villages.loc[[A, B, C]]
    assert table["poor_people_benchmarked"].tolist() == [60.0, 40.0, 0.0]
    assert table["poverty_rate_benchmarked"].tolist() == [0.6, 0.2, 0.0]
    assert table["poor_people_benchmarked"].sum() == pytest.approx(0.20 * 500)
    assert table["poor_people"].tolist() == [30, 20, 0]
    assert "(2,000)" in next(n.text for n in found.notes if n.key == "benchmarked")


def test_count_benchmark_by_hand(villages: gpd.GeoDataFrame) -> None:
    found = measure(villages, people([30, 20, 0], [100, 200, 200]), figures("count", poor=90))
    scaled = found.villages.loc[[A, B, C], "poor_people_benchmarked"]
    assert scaled.tolist() == pytest.approx([54, 36, 0])


def test_the_people_of_villages_without_poverty_figure_do_not_count(
    villages: gpd.GeoDataFrame,
) -> None:
    # C has 1000 people but no figure: 20 % of A's and B's 300 are 60
    found = measure(villages, people([30, 20, NOTHING], [100, 200, 1000]), figures("rate"))
    benchmarked = found.villages["poor_people_benchmarked"]
    assert benchmarked.sum() == pytest.approx(60)
    assert pd.isna(benchmarked[C])


def test_a_village_without_people_takes_part_with_its_households(
    villages: gpd.GeoDataFrame,
) -> None:
    # A and B have two people a household, so that C's 100 households stand for 200, a tenth poor
    part = people([30, 20, NOTHING], [100, 200, 0]).assign(
        people=[100, 200, np.nan], households=[50, 100, 100], poor_households=[15, 10, 10]
    )
    table = measure(villages, part, figures("rate")).villages.loc[[A, B, C]]
    # 20 % of 500 are 100, and 30 + 20 + 20 poor people without the official figure
    assert table["poor_people_benchmarked"].tolist() == pytest.approx([300 / 7, 200 / 7, 200 / 7])
    assert table["benchmarked_people"].tolist() == [100, 200, 200]
    assert pd.isna(table.loc[C, "people"])
    found = measure(villages, part, figures("count", poor=70))
    assert found.villages["poor_people_benchmarked"].sum() == pytest.approx(70)
    note = next(n.text for n in found.notes if n.key == "benchmarked")
    assert "1 desa tanpa jumlah penduduk diperkirakan dari rumah tangganya (2,00 orang" in note


def test_a_village_cannot_have_more_poor_than_people(villages: gpd.GeoDataFrame) -> None:
    # factor 2: A would have 180 poor of 100
    found = measure(villages, people([90, 10, 0], [100, 200, 200]), figures("count", poor=200))
    table = found.villages
    assert table.loc[A, ["poor_people_benchmarked", "poverty_rate_benchmarked"]].tolist() == [
        100.0,
        1.0,
    ]
    text = next(n.text for n in found.notes if n.key == "benchmarked")
    assert "1 desa dibatasi pada 100%" in text


def test_clamped_estimates_still_add_up_to_the_official_count(
    villages: gpd.GeoDataFrame,
) -> None:
    # A takes 100, so B and C carry the other 100: factor 5
    found = measure(villages, people([90, 10, 10], [100, 200, 200]), figures("count", poor=200))
    table = found.villages.loc[[A, B, C], "poor_people_benchmarked"]
    assert table.tolist() == pytest.approx([100, 50, 50])
    note = next(n.text for n in found.notes if n.key == "benchmarked")
    assert "(5,000)" in note
    assert "1 desa dibatasi pada 100%; selebihnya dipikul desa lain" in note
    # two of three are full long before the official number is reached
    few = measure(villages, people([900, 400, 1], [1000, 500, 1000]), figures("count", poor=1800))
    assert few.villages.loc[[A, B, C], "poor_people_benchmarked"].sum() == pytest.approx(1800)


def test_more_poor_than_the_table_has_people_is_said(villages: gpd.GeoDataFrame) -> None:
    # C has nobody poor, so that its 200 people cannot be scaled to
    found = measure(villages, people([90, 10, 0], [100, 200, 200]), figures("count", poor=450))
    assert found.villages.loc[[A, B, C], "poor_people_benchmarked"].tolist() == [100, 200, 0]
    note = next(n.text for n in found.notes if n.key == "benchmarked")
    assert "tidak mencukupi: jumlahnya 150 jiwa di bawah angka resmi" in note


def test_none_leaves_the_estimates_alone(villages: gpd.GeoDataFrame) -> None:
    found = measure(villages, people([30, 20, 0], [100, 200, 200]), figures("none"))
    assert "poor_people_benchmarked" not in found.villages
    assert "poverty_rate_benchmarked" not in [one.name for one in found.indicators]


@pytest.mark.parametrize(("rate", "noted"), [(10.5, False), (11.5, True), (8.5, True)])
def test_distance_from_the_official_figure_is_noted_from_one_point_on(
    villages: gpd.GeoDataFrame, rate: float, *, noted: bool
) -> None:
    # the table says 50 of 500: 10 %
    found = measure(villages, people([30, 20, 0], [100, 200, 200]), figures("none", rate=rate))
    texts = [note.text for note in found.notes if note.key == "official_rate_differs"]
    assert bool(texts) is noted
    assert all("10,0%" in text for text in texts)


def test_a_rate_beyond_all_people_is_refused() -> None:
    with pytest.raises(ConfigError, match="rate_percent must be 0 to 100"):
        figures("rate", rate=100.1)


def test_of_two_parts_the_first_keeps_its_column(villages: gpd.GeoDataFrame) -> None:
    second = people([1, 1, 1], [9, 9, 9]).assign(slum=[0.1, 0.2, 0.3], slum_n=[1.0, 2.0, 3.0])
    found = assemble(
        boundaries(villages),
        [(people([30, 20, 0], [100, 200, 200]), []), (second, [SLUM])],
        official=None,
        poverty_source=("uji", 2023),
        rule=FIRST_DECILE,
    )
    assert found.villages.loc[A, ["households", "slum"]].tolist() == [100.0, 0.1]
    names = [one.name for one in found.indicators]
    assert (names[0], names[-1], names.count("slum")) == ("headcount_ratio", "slum", 1)
    assert found.indicators[0].label == "Rumah tangga miskin (Desil 1)"


def test_without_households_there_is_no_village_table(villages: gpd.GeoDataFrame) -> None:
    with pytest.raises(DataError, match="neither profiles nor households"):
        measure(villages, pd.DataFrame({"x": [1.0]}, index=[A]), None)


def test_a_definition_without_column_is_refused(villages: gpd.GeoDataFrame) -> None:
    with pytest.raises(DataError, match="Indicator column lit is missing"):
        VillageIndicators(villages, (LIT,), ())


def test_who_has_the_assistance_is_not_deprived_of_it() -> None:
    # decile 1 with and without PBI, size 4 and 2; only health is asked of the index
    rows = pd.DataFrame(
        {"village_code": [A, A], "size": [4, 2], "decile": [1, 1],
         "pbi_national": [1, 2], "pbi_regency": [2, 2]}
    )  # fmt: skip
    index = default_index()
    table = tally(
        as_register(rows), np.array([0, 0]), villages=[A], poverty=FIRST_DECILE, index=index
    ).table
    assert table["af_poor_people"].tolist() == [2]
    columns, (headcount, adjusted) = deprivation_columns(
        table, index=index, source="uji", year=2025
    )
    assert columns["multidimensional_headcount"].tolist() == pytest.approx([1 / 3])
    assert "Tidak ditanyakan register: floor" in headcount.note
    assert adjusted.name == "multidimensional_poverty"
    assert deprivation_columns(table, index=None, source="", year=0)[1] == []


def test_depth_and_severity_come_from_their_sums() -> None:
    counts = pd.DataFrame(
        {"known_people": [10.0, 0.0], "gap_sum": [2.0, 0.0], "gap_squared_sum": [1.0, 0]}
    )
    columns, defined = gap_columns(counts, source="uji", year=2025)
    assert columns["poverty_gap"].tolist()[0] == 0.2
    assert columns["poverty_severity"].tolist()[0] == 0.1
    assert columns.iloc[1].isna().all()
    assert [one.name for one in defined] == ["poverty_gap", "poverty_severity"]
