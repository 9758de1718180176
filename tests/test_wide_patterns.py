"""Wide patterns, uneven noise, what a map can show, and what the detector refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.power import smallest_detectable_risk
from sibangkit_geo.pockets.tested import usable_villages
from sibangkit_geo.pockets.uneven_noise import UnevenNoise, uneven_noise
from sibangkit_geo.pockets.wide_pattern import standing
from sibangkit_geo.products.words import result_sentences, village_sentence

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE, HOMES, RATE = 15, 500.0, 0.1
FAST = PocketSettings(replicates=99, seed=3)


def _places() -> Any:
    across, up = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    return np.column_stack([across.ravel(), up.ravel()]) * 1000.0 + 500.0


def _drawn(rate: Any, seed: int) -> Any:
    return np.random.default_rng(seed).binomial(int(HOMES), rate).astype(float)


def _block(places: Any, low: int, high: int) -> frozenset[int]:
    inside = ((places >= low * 1000) & (places < high * 1000)).all(axis=1)
    return frozenset(np.flatnonzero(inside).tolist())


# ---- pocket or wide pattern


def test_a_sharp_block_stands_out_and_the_top_of_a_slope_does_not() -> None:
    places = _places()
    homes = np.full(len(places), HOMES)
    block = _block(places, 2, 5)
    flat = np.full(len(places), RATE)
    flat[list(block)] *= 2
    sharp = standing(_drawn(flat, 1) / HOMES, homes, [block], centres=places, rho=0.0)
    assert sharp.apart.tolist() == [True]
    assert sharp.expected[list(block)].mean() == pytest.approx(2 * RATE, rel=0.1)
    slope = RATE * 2 ** (places.sum(axis=1) / places.sum(axis=1).max())
    corner = _block(places, 10, 15)
    wide = standing(_drawn(slope, 1) / HOMES, homes, [corner], centres=places, rho=0.0)
    assert wide.apart.tolist() == [False]
    # the expected rates follow the slope, not the noise of the villages
    assert np.corrcoef(wide.expected, slope)[0, 1] > 0.9


def test_a_block_stands_out_of_a_slope_too() -> None:
    places = _places()
    slope = RATE * 1.6 ** (places[:, 0] / places[:, 0].max())
    block = _block(places, 6, 9)
    slope[list(block)] *= 2
    found = standing(
        _drawn(slope, 2) / HOMES, np.full(len(places), HOMES), [block], centres=places, rho=0.0
    )
    assert found.apart.tolist() == [True]


def test_zones_of_a_large_map_are_looked_at_in_their_surroundings() -> None:
    across, up = np.meshgrid(np.arange(30), np.arange(30))
    places: Any = np.column_stack([across.ravel(), up.ravel()]) * 1000.0
    rate = np.full(len(places), RATE)
    near, far = _block(places, 2, 5), _block(places, 24, 27)
    rate[[*near, *far]] *= 2
    found = standing(
        _drawn(rate, 3) / HOMES, np.full(900, HOMES), [near, far], centres=places, rho=0.0
    )
    assert found.apart.tolist() == [True, True]
    assert found.expected[list(far)].mean() == pytest.approx(2 * RATE, rel=0.1)


def test_nothing_found_is_no_work() -> None:
    found = standing(np.full(9, RATE), np.full(9, HOMES), [], centres=_places()[:9], rho=0.0)
    assert found.apart.tolist() == []


# ---- noise that differs by place


def _uneven(seed: int) -> tuple[Any, Any, Any]:
    places = _places()
    noisy = np.linalg.norm(places - places[SIDE * 4 + 4], axis=1) < 5000
    rho = np.where(noisy, 0.15, 0.005)
    scale = (1 - rho) / rho
    rng = np.random.default_rng(seed)
    rate = rng.beta(RATE * scale, (1 - RATE) * scale)
    return places, noisy, rng.binomial(int(HOMES), rate).astype(float)


def test_a_noisy_part_is_found_and_a_pocket_is_none() -> None:
    places, noisy, poor = _uneven(5)
    homes = np.full(len(places), HOMES)
    found = uneven_noise(poor, homes, free=np.ones(len(places), bool), centres=places, seed=1)
    assert found is not None
    both = (found.part == 1) & noisy
    assert both.sum() / ((found.part == 1) | noisy).sum() > 0.5
    assert found.rho[1] > 5 * found.rho[0]
    flat = np.full(len(places), RATE)
    block = _block(places, 2, 5)
    flat[list(block)] *= 2
    free = np.ones(len(places), bool)
    free[list(block)] = False
    even = uneven_noise(_drawn(flat, 4), homes, free=free, centres=places, seed=1)
    assert even is None


def test_households_of_the_noisy_part_are_worth_what_one_rho_leaves_of_them() -> None:
    # N = 101 at rho .1 is worth 101 / 11 = 9.18; at rho .01 so is N' with N' / (1 + .01 (N' - 1)),
    # N' = 9.18 x .99 / (1 - .0918) = 10.01
    noise = UnevenNoise(np.array([1, 0]), (0.01, 0.1))
    worth = noise.worth(np.array([101.0, 101.0]))
    assert worth[1] == 101.0
    assert worth[0] == pytest.approx(10.01, abs=0.01)
    assert worth[0] / (1 + 0.01 * (worth[0] - 1)) == pytest.approx(101 / 11, rel=1e-6)


def test_too_few_villages_tell_nothing_of_their_noise() -> None:
    few = np.full(12, 20.0)
    assert (
        uneven_noise(few, few * 10, free=np.ones(12, bool), centres=_places()[:12], seed=1) is None
    )


# ---- the whole detector


def _villages(grid: Callable[..., gpd.GeoDataFrame], rate: Any, seed: int) -> gpd.GeoDataFrame:
    return grid(SIDE, _drawn(rate, seed), HOMES)


def test_a_slope_is_a_wide_area_and_no_pocket(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    places = _places()
    rate = RATE * 2.5 ** (places.sum(axis=1) / places.sum(axis=1).max())
    found = find_pockets(_villages(grid, rate, 6), settings=FAST)
    assert len(found) == 0
    assert found.wide is not None
    assert len(found.wide) >= 1
    assert set(found.wide["evidence"]) == {"wide"}
    headline, sentences = result_sentences(found)
    assert headline.startswith("Kemiskinan mengikuti pola luas; ")
    assert "dihitung terpisah dari kantong" in " ".join(sentences)
    inside = found.wide_villages[1][0]
    assert "wilayah miskin luas 1, bukan kantong" in village_sentence(inside, found)


def test_a_pocket_keeps_its_grade_and_its_number(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    rate = np.full(SIDE * SIDE, RATE)
    block = _block(_places(), 2, 5)
    rate[list(block)] *= 2
    villages = _villages(grid, rate, 7)
    found = find_pockets(villages, settings=FAST)
    assert found.outlines["evidence"].tolist() == ["strict"]
    assert set(villages.index.get_indexer(found.members.index)) == set(block)
    assert found.wide_villages == {}


def test_what_hardly_differs_is_no_pocket(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    rate = np.full(SIDE * SIDE, 0.3)
    rate[list(_block(_places(), 2, 6))] *= 1.15
    villages = grid(SIDE, _drawn(rate, 8) * 20, HOMES * 20)
    found = find_pockets(villages, settings=FAST)
    assert len(found) == 0
    assert [one.count for one in found.notes if one.key == "trifles"] == [1]
    shown = find_pockets(villages, settings=replace(FAST, smallest_relative_risk=1.0))
    assert len(shown) + len(shown.wide_villages) == 1
    with pytest.raises(ValueError, match="smallest_relative_risk"):
        PocketSettings(smallest_relative_risk=0.9)


def test_sixteen_pockets_are_sixteen(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    side = 24
    rate = np.full((side, side), RATE)
    for row in range(1, side, 6):
        for column in range(1, side, 6):
            rate[row : row + 3, column : column + 3] *= 2.5
    villages = grid(side, _drawn(rate.ravel(), 9), HOMES)
    assert len(find_pockets(villages, settings=FAST)) == 16


def test_too_few_replicates_are_said(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    villages = _villages(grid, np.full(SIDE * SIDE, RATE), 10)
    found = find_pockets(villages, settings=PocketSettings(replicates=9))
    assert [one.count for one in found.notes if one.key == "few_replicates"] == [9]
    assert not any(n.key == "few_replicates" for n in find_pockets(villages, settings=FAST).notes)


# ---- what a map can show


def test_the_smallest_risk_solves_the_separation() -> None:
    # m = 901 / (1 + .01 x 900) = 90.1 each; RR = 1 + 8 sqrt(.9 / (.1 x 6 x 90.1)) = 2.03
    rates, homes = np.full(50, 0.1), np.full(50, 901.0)
    risk = smallest_detectable_risk(rates, homes, rho=0.01, n_villages=6)
    assert risk == pytest.approx(1 + 8 * (0.9 / (0.1 * 6 * 90.1)) ** 0.5)
    wider = smallest_detectable_risk(rates, homes, rho=0.01, n_villages=15)
    assert wider < risk
    assert smallest_detectable_risk(rates, homes, rho=0.6, n_villages=2) == float("inf")
    assert smallest_detectable_risk(rates * 0, homes, rho=0.0, n_villages=6) == float("inf")


# ---- inputs


@pytest.fixture
def plain(grid: Callable[..., gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return grid(5, 10.0, 100.0)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("poor_households", np.inf, "an infinite count"),
        ("poor_households", -1.0, "a negative count"),
        ("poor_households", 101.0, "more poor households than households"),
        ("households", "seratus", "a count that is no number"),
    ],
)
def test_counts_that_cannot_be_are_refused(
    plain: gpd.GeoDataFrame, column: str, value: object, said: str
) -> None:
    plain[column] = plain[column].astype(object)
    plain.loc[plain.index[3], column] = value
    with pytest.raises(DataError, match=said) as refused:
        usable_villages(plain)
    assert str(plain.index[3]) in str(refused.value)


def test_text_that_is_a_number_is_one_and_parts_of_households_are_told(
    plain: gpd.GeoDataFrame,
) -> None:
    plain["poor_households"] = plain["poor_households"].map(str)
    rows, notes = usable_villages(plain)
    assert rows["poor_households"].tolist() == [10.0] * 25
    assert notes == []
    plain.loc[plain.index[0], "poor_households"] = "10.5"
    rows, notes = usable_villages(plain)
    assert [(one.key, one.count) for one in notes] == [("fractional_counts", 1)]


def test_shares_are_no_counts(plain: gpd.GeoDataFrame) -> None:
    # one household in each village is little, but may be all there is
    alone = plain.assign(households=1.0, poor_households=np.arange(len(plain)) % 2)
    assert len(usable_villages(alone)[0]) == len(plain)
    with pytest.raises(DataError, match="shares, not counts"):
        usable_villages(plain.assign(poor_households=0.1, households=1.0))


def test_shares_beside_true_households_are_no_counts(plain: gpd.GeoDataFrame) -> None:
    with pytest.raises(DataError, match="shares, not counts"):
        usable_villages(plain.assign(poor_households=0.1, households=300.0))


def test_worth_is_checked(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    table = grid(6, 30, 300)
    worth = table["households"].astype(float)
    for wrong in (np.nan, -1.0, 0.0, np.inf, 301.0):
        bad = worth.where(worth.index != worth.index[3], wrong)
        with pytest.raises(DataError, match=r"`worth`.*rows: 1; first:"):
            find_pockets(table, settings=FAST, worth=bad)
    with pytest.raises(DataError, match=r"`worth`.*rows: 1"):
        find_pockets(table, settings=FAST, worth=worth.iloc[1:])


def test_a_column_that_is_not_there_is_named(plain: gpd.GeoDataFrame) -> None:
    with pytest.raises(DataError, match="no column poor_households"):
        usable_villages(plain.rename(columns={"poor_households": "poor_household"}))


def test_points_degrees_and_feet_are_refused(plain: gpd.GeoDataFrame) -> None:
    with pytest.raises(DataError, match="points or lines"):
        usable_villages(plain.set_geometry(plain.representative_point()))
    with pytest.raises(DataError, match="in degrees"):
        usable_villages(plain.to_crs("EPSG:4326"))
    with pytest.raises(DataError, match="not in metres"):
        usable_villages(plain.to_crs("EPSG:2229"))
    bare = plain.to_crs("EPSG:4326")
    unnamed = bare.set_crs(None, allow_override=True)
    with pytest.raises(DataError, match="look like degrees"):
        usable_villages(unnamed)


def test_villages_that_touch_nobody_are_refused() -> None:
    shapes = [
        shapely.box(x * 5e3, y * 5e3, x * 5e3 + 1e3, y * 5e3 + 1e3)
        for x in range(5)
        for y in range(5)
    ]
    villages = gpd.GeoDataFrame(
        {"poor_households": 10.0, "households": 100.0},
        geometry=shapes, crs="EPSG:32748", index=[f"16.07.01.{2001 + i}" for i in range(25)],
    )  # fmt: skip
    with pytest.raises(DataError, match="No village has a neighbor"):
        find_pockets(villages, settings=FAST)


def test_several_pockets_together_are_no_field() -> None:
    # taken in one by one, six pockets on a quarter of the map look like a field to the first
    places = _places()
    corners = ((1, 1), (1, 8), (8, 4), (11, 11), (4, 11), (11, 0))
    blocks = [_block(places - 1000.0 * np.array(corner), 0, 3) for corner in corners]
    rate = np.full(len(places), RATE)
    rate[[one for block in blocks for one in block]] *= 1.5
    homes = np.full(len(places), HOMES)
    found = standing(_drawn(rate, 1) / HOMES, homes, blocks, centres=places, rho=0.0)
    assert found.apart.tolist() == [True] * 6
