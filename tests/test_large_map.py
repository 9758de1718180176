"""Maps of more villages than any regency has: rounds of zones, outlines cut locally, any cores."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely

from sibangkit_geo.model.stages import stage
from sibangkit_geo.pockets import PocketSettings, detector, find_pockets, global_test, large_map
from sibangkit_geo.pockets.large_map import LargeSearch
from sibangkit_geo.pockets.neighbors import neighbors_within
from sibangkit_geo.pockets.outline import domain_of, links_of, shape, surroundings
from sibangkit_geo.pockets.zones import geometry_of, strong_zones, strongest_zone
from sibangkit_geo.sources.boundaries import repair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

SIDE, RATE, RHO = 18, 0.12, 0.01
FAST = PocketSettings(replicates=99, seed=3)
# two pockets of nine villages, far apart
CORNERS = ((2, 2), (13, 12))
TWO = [[SIDE * (y + j) + x + i for j in range(3) for i in range(3)] for x, y in CORNERS]


def _drawn(grid: Callable[..., gpd.GeoDataFrame], seed: int, *, risk: float) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    homes = np.clip(rng.lognormal(6.5, 0.7, SIDE**2), 64, 8_481).round()
    rate = np.full(SIDE**2, RATE)
    rate[np.concatenate(TWO)] *= risk
    scale = (1 - RHO) / RHO
    poor = rng.binomial(homes.astype(int), rng.beta(rate * scale, (1 - rate) * scale))
    return grid(SIDE, poor, homes)


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "LARGE_MAP", 100)


def _search(villages: gpd.GeoDataFrame) -> LargeSearch:
    inside = villages.geometry.representative_point()
    return LargeSearch(
        villages["poor_households"].to_numpy(),
        villages["households"].to_numpy(),
        np.column_stack([inside.x, inside.y]),
        near=neighbors_within(villages),
        largest_zone=25,
    )


@pytest.mark.usefixtures("small_limit")
def test_two_far_pockets_are_found_in_one_round(
    grid: Callable[..., gpd.GeoDataFrame], caplog: pytest.LogCaptureFixture
) -> None:
    table = _drawn(grid, 1, risk=3.0)
    with caplog.at_level(logging.INFO):
        found = find_pockets(table, settings=FAST)
    first = next(one for one in caplog.messages if one.startswith("round 1: "))
    assert first.startswith("round 1: p 0.010, 2 zones, ")
    assert found.outlines["evidence"].tolist() == ["strict", "strict"]
    places = table.index.get_indexer(found.members.index)
    shares = [np.isin(places[found.members == one], TWO).mean() for one in (1, 2)]
    assert min(shares) > 0.7
    assert all(len(np.intersect1d(places, pocket)) >= 7 for pocket in TWO)


@pytest.mark.usefixtures("small_limit")
def test_cores_change_nothing(
    grid: Callable[..., gpd.GeoDataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _drawn(grid, 2, risk=2.2)
    found = []
    for number in (1, 2, 5):
        monkeypatch.setattr(global_test, "cores", lambda number=number: number)
        found.append(find_pockets(table, settings=FAST))
    for one in found[1:]:
        pd.testing.assert_frame_equal(one.villages, found[0].villages)
        pd.testing.assert_frame_equal(pd.DataFrame(one.outlines), pd.DataFrame(found[0].outlines))
        assert one.p_value == found[0].p_value


def test_only_a_map_beyond_the_limit_is_searched_in_rounds(
    grid: Callable[..., gpd.GeoDataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert large_map.LARGE_MAP == 1_000
    table, called = _drawn(grid, 1, risk=3.0), []

    class Noted(LargeSearch):
        def run(self, *asked: Any) -> Any:
            called.append(len(self.poor))
            return super().run(*asked)

    monkeypatch.setattr(detector, "LargeSearch", Noted)
    monkeypatch.setattr(detector, "LARGE_MAP", SIDE**2)
    find_pockets(table, settings=FAST)
    assert called == []
    monkeypatch.setattr(detector, "LARGE_MAP", SIDE**2 - 1)
    find_pockets(table, settings=FAST)
    assert set(called) == {SIDE**2}


def test_maps_without_pocket_rarely_show_one_and_hardly_ever_more(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    maps, strict, either, more = 60, 0, 0, 0
    for seed in range(maps):
        found = _search(_drawn(grid, 100 + seed, risk=1.0)).run(
            PocketSettings(replicates=99, seed=seed)
        )
        strict += any(p <= 0.05 for p in found.p_values)
        either += bool(found.p_values)
        more += len(found.p_values) > 1
    # 5 %, 10 % and 5 % of them, and two standard errors of the count
    assert strict <= 0.05 * maps + 2 * (0.05 * 0.95 * maps) ** 0.5
    assert either <= 0.10 * maps + 2 * (0.10 * 0.90 * maps) ** 0.5
    assert more <= 0.05 * maps


def _random_map(seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 30_000, (200, 2))
    pairs = np.array([(i, j) for i in range(200) for j in range(i + 1, 200)])
    near = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T) < 3_500
    homes = rng.integers(50, 900, 200).astype(float)
    poor = rng.binomial(homes.astype(int), rng.beta(3, 20, 200)).astype(float)
    return places, pairs[near], homes, poor


@pytest.mark.parametrize("seed", range(5))
def test_zones_of_one_round_share_no_village_and_begin_with_the_strongest(seed: int) -> None:
    places, pairs, homes, poor = _random_map(seed)
    geometry = geometry_of(places[:, 0], places[:, 1], pairs)
    z = (poor / homes - 0.13) / 0.05
    listed = strong_zones(poor, homes, z=z, geometry=geometry, least=0.0)
    every = [one for _, zone in listed for one in zone]
    assert len(every) == len(set(every))
    strengths = [strength for strength, _ in listed]
    assert strengths == sorted(strengths, reverse=True)
    best = strongest_zone(poor / homes, homes, z=z, geometry=geometry)
    assert set(listed[0][1]) == set(best)
    # the strongest is listed where nothing else is
    alone = strong_zones(poor, homes, z=z, geometry=geometry, least=float("inf"))
    assert alone == listed[:1]


@pytest.mark.parametrize("seed", range(5))
def test_an_outline_cut_in_its_surroundings_is_that_cut_on_the_whole_map(seed: int) -> None:
    places, pairs, homes, poor = _random_map(seed)
    rng = np.random.default_rng(seed)
    free = rng.random(200) < 0.9
    zone = frozenset({7, *pairs[(pairs[:, 0] == 7), 1].tolist()})
    free[list(zone)] = True
    whole = shape(zone, poor=poor, homes=homes, rho=RHO, pairs=pairs, free=free)
    own, near = surroundings(zone, links_of(pairs, 200))
    # wide enough for two rings, and for the pairs that leave them
    assert set(domain_of(zone, pairs, np.ones(200, dtype=np.bool_))) <= set(own)
    effective = homes / (1 + RHO * (homes - 1))
    far = free.copy()
    far[own] = False
    cut = shape(
        np.searchsorted(own, sorted(zone)).tolist(), poor=poor[own], homes=homes[own], rho=RHO,
        pairs=near, free=free[own],
        beyond=(float((effective * poor / homes)[far].sum()), float(effective[far].sum())),
    )  # fmt: skip
    assert {int(own[one]) for one in cut} == set(whole)
    assert len(places) > len(own)


def test_links_of_near_villages_are_the_pairs_among_them() -> None:
    places, pairs, _, _ = _random_map(9)
    geometry = geometry_of(places[:, 0], places[:, 1], pairs)
    touching = {(int(a), int(b)) for a, b in pairs} | {(int(b), int(a)) for a, b in pairs}
    for row, bits in zip(geometry.nearest.tolist(), geometry.links.tolist(), strict=True):
        for one, mask in zip(row, bits, strict=True):
            assert mask == sum(1 << j for j, other in enumerate(row) if (one, other) in touching)


# of 19 permutations with the largest strengths 1 to 19
NULLS = np.arange(1.0, 20.0)


@pytest.mark.parametrize(("value", "p_value"), [(19.5, 0.05), (19.0, 0.10), (17.5, 0.15), (0.5, 1)])
def test_p_of_a_zone_counts_the_nulls_that_reach_it(value: float, p_value: float) -> None:
    assert large_map.zone_p_value(value, NULLS) == pytest.approx(p_value)


@pytest.mark.parametrize(("level", "least"), [(0.05, 19.0), (0.10, 18.0), (0.04, np.inf), (1, 0)])
def test_what_is_listed_reaches_the_level(level: float, least: float) -> None:
    assert large_map.least_strength(NULLS, level) == least


@pytest.mark.usefixtures("small_limit")
def test_a_search_that_ends_at_its_bound_says_so(
    grid: Callable[..., gpd.GeoDataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _drawn(grid, 1, risk=3.0)
    assert "search_ended" not in [one.key for one in find_pockets(table, settings=FAST).notes]
    # the first test is passed, and nothing may be taken
    monkeypatch.setattr(large_map, "_MOST_ROUNDS", 0)
    assert "search_ended" in [one.key for one in find_pockets(table, settings=FAST).notes]


def test_a_stage_tells_counts_time_and_memory_in_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = logging.getLogger("sibangkit_geo.stage_of_a_test")
    with caplog.at_level(logging.INFO, logger=log.name), stage(log, "neighbors") as counts:
        counts.append("305 villages")
    (line,) = caplog.messages
    assert line.startswith("neighbors: 305 villages, 0.0 s")


def test_a_province_is_searched_and_its_pockets_found(
    shared: Path, benchmark: Callable[[str], Any]
) -> None:
    national = benchmark("national")
    data = shared / "data" / "scale"
    if not (data / national.PROVINCE).exists():
        pytest.skip("the villages of South Sumatra are not part of the project")
    villages, truth = national.planted(national.maps(data)["province"](), 6)
    found = find_pockets(villages, settings=FAST)
    flagged = np.isin(villages.index, found.members.index)
    assert _f1(flagged, truth > 0) > 0.6


def _f1(flagged: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(2 * (flagged & truth).sum() / (flagged.sum() + truth.sum()))


def test_islands_joined_by_themselves_are_those_of_one_coverage(
    grid: Callable[..., gpd.GeoDataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    squares = grid(4, 10, 100).geometry.to_numpy()
    # two islands of eight villages 500 m apart
    north = np.arange(16) >= 8
    shapes = squares.copy()
    shapes[north] = shapely.transform(squares[north], lambda at: at + np.array([0, 500]))
    # a hole of 20 m, which is closed
    hole = shapely.box(*(shapely.bounds(shapes[5]) + np.array([980, 480, 0, -500])))
    shapes[5] = shapely.difference(shapes[5], hole)
    whole = repair.clean_coverage(shapes)
    assert shapely.area(whole).sum() == pytest.approx(16e6)
    monkeypatch.setattr(repair, "_LARGE_COVERAGE", 1)
    asked: list[int] = []
    clean = shapely.coverage_clean

    def noted(own: Any, **how: float) -> Any:
        asked.append(len(own))
        return clean(own, **how)

    monkeypatch.setattr(shapely, "coverage_clean", noted)
    apart = repair.clean_coverage(shapes)
    assert asked == [8, 8]
    assert shapely.equals(apart, whole).all()
