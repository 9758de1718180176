"""The detector: neighbors, circles and scores by hand, planted pockets, empty maps, hard inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.global_test import centred, combined_p_value
from sibangkit_geo.pockets.neighbors import neighbors_within
from sibangkit_geo.pockets.outline import shape
from sibangkit_geo.pockets.overdispersion import (
    beta_binomial_rho,
    effective_counts,
    normal_scores,
    robust_rho,
    standardised,
)
from sibangkit_geo.pockets.pysal import to_graph, to_w
from sibangkit_geo.pockets.zones import (
    HOT_Z,
    Geometry,
    best_circle,
    best_flexible,
    geometry_of,
    nearest_villages,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

FAST = PocketSettings(replicates=99, seed=3)
# rows 4 to 6, columns 4 to 6 of a 12 x 12 grid
BLOCK = [12 * y + x for y in (4, 5, 6) for x in (4, 5, 6)]


def planted(grid: Callable[..., gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Draw 10 % poverty everywhere and 35 % in a block of nine villages."""
    rng = np.random.default_rng(11)
    rate = np.full(144, 0.10)
    rate[BLOCK] = 0.35
    return grid(12, rng.binomial(300, rate), 300)


# ---- neighbors


def test_nine_squares_have_twenty_pairs_corners_included(villages: gpd.GeoDataFrame) -> None:
    near = neighbors_within(villages)
    # 6 beside, 6 above, 8 over corners
    expected = {
        (0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8),
        (0, 3), (1, 4), (2, 5), (3, 6), (4, 7), (5, 8),
        (0, 4), (1, 3), (1, 5), (2, 4), (3, 7), (4, 6), (4, 8), (5, 7),
    }  # fmt: skip
    assert {(int(a), int(b)) for a, b in near.pairs} == expected
    assert len(near.pairs) == 20
    assert near.isolates == ()


def test_a_gap_wider_than_the_distance_parts_neighbors(villages: gpd.GeoDataFrame) -> None:
    pair = villages.iloc[:2].copy()
    pair.geometry = [shapely.box(0, 0, 1000, 1000), shapely.box(1080, 0, 2000, 1000)]
    assert neighbors_within(pair, distance_m=80).isolates == ()
    assert neighbors_within(pair, distance_m=79.9).isolates == (0, 1)


def test_an_isolate_is_linked_to_its_nearest(villages: gpd.GeoDataFrame) -> None:
    far = villages.copy()
    far.loc[far.index[8], "geometry"] = shapely.box(9000, 2000, 9100, 2100)
    near = neighbors_within(far)
    assert near.isolates == (8,)
    # village 5 (east of the middle) ends at 3000, 2000: it touches the line to the island
    touching = [pair for pair in near.pairs.tolist() if 8 in pair]
    assert touching == [[5, 8]]


def test_one_village_has_no_pair_and_a_negative_distance_is_refused(
    villages: gpd.GeoDataFrame,
) -> None:
    assert neighbors_within(villages.iloc[:1]).pairs.shape == (0, 2)
    with pytest.raises(ValueError, match="at least 0 metres"):
        neighbors_within(villages, distance_m=-1)


# ---- circles and scores


def test_the_nearest_villages_come_first_and_ties_by_row() -> None:
    order = nearest_villages(np.array([0.0, 1.0, 3.0, 7.0]), np.zeros(4))
    assert order.tolist() == [[0, 1, 2, 3], [1, 0, 2, 3], [2, 1, 0, 3], [3, 2, 1, 0]]
    tie = nearest_villages(np.array([0.0, -1.0, 1.0]), np.zeros(3))
    assert tie[0].tolist() == [0, 1, 2]


def test_a_circle_holds_at_most_25_villages() -> None:
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(range(6), range(6)))
    assert nearest_villages(x, y).shape == (36, 25)
    assert nearest_villages(np.array([5.0]), np.array([5.0])).tolist() == [[0]]


def line(count: int) -> Geometry:
    """Put villages on a line, each the neighbor of the next."""
    pairs = np.array([[i, i + 1] for i in range(count - 1)])
    return geometry_of(np.linspace(0.0, 1000.0 * (count - 1), count), np.zeros(count), pairs)


def test_the_strongest_circle_by_hand() -> None:
    # ten villages of 10 households: 8 of 16 cases in the first two, 3.2 expected
    cases = np.array([4.0, 4.0, *[1.0] * 8])
    found, centre, size = best_circle(cases, np.full(10, 10.0), line(10).order)
    assert found == pytest.approx(8 * np.log(8 / 3.2) + 8 * np.log(8 / 12.8))
    assert (centre, size) == (0, 2)


def test_one_village_is_no_circle_and_no_excess_is_nothing() -> None:
    assert best_circle(np.ones(10), np.full(10, 10.0), line(10).order)[0] == 0.0
    lone = np.zeros(10)
    lone[4] = 9.0
    assert best_circle(lone, np.full(10, 10.0), line(10).order)[2] >= 2


def test_a_circle_covers_at_most_half_of_all_households() -> None:
    # six of ten villages are poor alike: the best circle may take five of them
    cases = np.array([5.0] * 6 + [0.0] * 4)
    assert best_circle(cases, np.full(10, 10.0), line(10).order)[2] == 5


def test_a_flexible_zone_joins_hot_neighbors_only() -> None:
    cases, effective = np.array([4.0, 4.0, 1.0, 4.0, *[1.0] * 6]), np.full(10, 10.0)
    spots = line(10)
    hot = np.where(cases > 1, 2.0, -0.5)
    found, start, mask = best_flexible(cases, effective, hot, spots.nearest, spots.links)
    inside = {int(one) for k, one in enumerate(spots.nearest[start]) if mask >> k & 1}
    # the third hot village has a cool one between
    assert inside == {0, 1}
    # 8 of 19 cases, 3.8 expected
    assert found == pytest.approx(8 * np.log(8 / 3.8) + 11 * np.log(11 / 15.2))


@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(0.01, 50)), min_size=1, max_size=60))
def test_centred_scores_sum_to_zero(villages: list[tuple[float, float]]) -> None:
    z, weight = (np.array(column) for column in zip(*villages, strict=True))
    scores = np.sqrt(weight) * centred(z, weight, cap=3.0)
    assert abs(scores.sum()) <= 1e-9 * (1 + np.abs(scores).sum() + weight.sum())


def test_centred_scores_by_hand_cap_an_outlier() -> None:
    # 50 counts as 3: the middle is 1
    assert centred(np.array([50.0, 0.0, 0.0]), np.ones(3), cap=3.0).tolist() == [2.0, -1.0, -1.0]
    assert centred(np.array([]), np.array([]), cap=3.0).tolist() == []


def test_ranks_are_combined_by_hand_and_ties_count() -> None:
    # shares of rows at least as large: 1/4, 2/4, 3/4, 1 and 2/4, 1/4, 3/4, 1:
    # products 2/16, 2/16, 9/16, 1; the second ties with the observed one
    table = np.array([[4.0, 3.0], [3.0, 4.0], [2.0, 2.0], [1.0, 1.0]])
    assert combined_p_value(table) == 0.5
    assert combined_p_value(np.ones((10, 4))) == 1.0
    with pytest.raises(ValueError, match="observed row"):
        combined_p_value(np.empty((0, 4)))


def test_an_outline_takes_in_what_is_alike_and_keeps_out_the_rest() -> None:
    poor = np.array([150.0] * 4 + [30.0] * 16)
    pairs = np.array([[i, i + 1] for i in range(19)])
    homes, free = np.full(20, 300.0), np.ones(20, dtype=bool)
    found = shape({0, 1}, poor=poor, homes=homes, rho=0.01, pairs=pairs, free=free)
    assert found == {0, 1, 2, 3}
    free[3] = False
    kept = shape({0, 1}, poor=poor, homes=homes, rho=0.01, pairs=pairs, free=free)
    assert kept == {0, 1, 2}
    assert shape(set(), poor=poor, homes=homes, rho=0.01, pairs=pairs, free=free) == frozenset()


# ---- dispersion


def test_effective_counts_by_hand() -> None:
    assert effective_counts(np.array([1.0, 101.0]), 0.01).tolist() == [1.0, 50.5]
    assert effective_counts(np.array([1.0, 101.0]), 0.0).tolist() == [1.0, 101.0]


def test_standardised_rates_by_hand() -> None:
    # sqrt(.5 * .5 / 100) = .05
    z = standardised(np.array([0.6, 0.5]), np.array([100.0, 100.0]), 0.5)
    assert z.tolist() == [pytest.approx(2.0), 0.0]
    assert standardised(np.array([0.0]), np.array([9.0]), 0.0).tolist() == [0.0]
    assert standardised(np.array([1.0]), np.array([9.0]), 1.0).tolist() == [0.0]


def test_robust_rho_is_zero_for_one_rate_and_small_for_binomial_data() -> None:
    homes = np.full(400, 300.0)
    assert robust_rho(np.full(400, 30.0), homes) == pytest.approx((0.0, 0.1))
    found = []
    for seed in range(9):
        poor = np.random.default_rng(seed).binomial(300, 0.1, 400).astype(float)
        rho, rate = robust_rho(poor, homes)
        found.append(rho)
        assert rate == pytest.approx(0.1, abs=0.005)
    # binomial data lie at the edge of the rule, so a trace remains in half of the draws
    assert min(found) == 0.0
    assert max(found) < 0.001


def test_robust_rho_is_not_moved_by_a_tenth_of_extreme_villages() -> None:
    poor, homes = beta_binomial(0.02, 400, seed=1)
    clean, _ = robust_rho(poor, homes)
    poor[:40] = homes[:40]
    dirty, rate = robust_rho(poor, homes)
    assert clean == pytest.approx(0.02, rel=0.4)
    assert dirty < 2 * clean
    assert rate < 0.2


def test_the_background_of_sparse_counts_is_not_zero_and_few_villages_are_hot() -> None:
    # most villages of 16 households have none poor: the middle of z is narrower than chance
    poor = np.random.default_rng(6).binomial(16, 0.03, 300).astype(float)
    homes = np.full(300, 16.0)
    assert np.median(poor) == 0
    rho, rate = robust_rho(poor, homes)
    assert rate == pytest.approx(0.03, abs=0.015)
    scores = normal_scores(poor / homes, effective_counts(homes, rho), rate)
    assert np.all(scores[poor == 0] < HOT_Z)
    # so it stays where nearly all have none
    assert np.all(normal_scores(np.zeros(3), np.full(3, 16.0), 1e-4) < HOT_Z)


@pytest.mark.parametrize("truth", [0.005, 0.02, 0.1])
def test_beta_binomial_rho_is_near_the_truth(truth: float) -> None:
    groups = [beta_binomial(truth, 500, seed=seed) for seed in (1, 2)]
    assert beta_binomial_rho(groups) == pytest.approx(truth, rel=0.2)


def test_beta_binomial_rho_of_binomial_data_and_of_nothing() -> None:
    poor = np.random.default_rng(4).binomial(300, 0.1, 300).astype(float)
    assert beta_binomial_rho([(poor, np.full(300, 300.0))]) < 0.001
    with pytest.raises(ValueError, match="group"):
        beta_binomial_rho([])


def beta_binomial(
    rho: float, count: int, *, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw poor households of villages of 300 at 10 %."""
    rng = np.random.default_rng(seed)
    scale = (1 - rho) / rho
    rates = rng.beta(0.1 * scale, 0.9 * scale, count)
    return rng.binomial(300, rates).astype(float), np.full(count, 300.0)


# ---- the detector


def test_a_planted_block_is_found_and_strict(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    table = planted(grid)
    pockets = find_pockets(table, settings=FAST)
    block = {str(table.index[i]) for i in BLOCK}
    first = pockets.outlines.loc[1]
    members = set(pockets.members.index[pockets.members == 1])
    assert first["evidence"] == "strict"
    assert first["p_value"] == pockets.p_value == 0.01
    assert len(members & block) >= 8
    assert len(members - block) <= 2
    # the outline's numbers are those of its villages
    inside = table.loc[sorted(members)]
    assert first["poor"] == inside["poor_households"].sum()
    assert first["households"] == 300 * first["n_villages"] == 300 * len(members)
    assert first["rate"] == pytest.approx(first["poor"] / first["households"])
    assert first["geometry"].area == pytest.approx(1e6 * len(members))
    outside = table.drop(index=pockets.members.index)
    baseline = outside["poor_households"].sum() / outside["households"].sum()
    assert first["expected"] == pytest.approx(first["households"] * baseline)
    # nearly the ratio that was counted where the block is as clear as here
    assert first["relative_risk"] == pytest.approx(first["rate"] / baseline, rel=0.03)
    assert first["relative_risk_low"] < 3.5 < first["relative_risk_high"] < 4.5


def test_shuffled_rows_and_the_same_seed_give_the_same_pockets(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    table = planted(grid)
    straight = find_pockets(table, settings=FAST)
    shuffled = find_pockets(table.sample(frac=1, random_state=5), settings=FAST)
    pd.testing.assert_series_equal(straight.members, shuffled.members)
    assert straight.p_value == shuffled.p_value
    assert straight.overdispersion == shuffled.overdispersion
    assert straight.outlines.drop(columns="geometry").equals(
        shuffled.outlines.drop(columns="geometry")
    )


def test_a_missing_column_is_told_with_those_that_are_there(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    wide = planted(grid).rename(columns={"poor_households": "poor"})
    wide = wide.assign(**{f"z{number}": 0 for number in range(12)})
    with pytest.raises(
        DataError,
        match=r'no column poor_households\. .*first: "households", "poor", .* and \d more',
    ):
        find_pockets(wide)


def test_a_graph_of_libpysal_finds_what_ours_finds(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    pytest.importorskip("libpysal")
    map_ = planted(grid)
    near = neighbors_within(map_, distance_m=100)
    found = find_pockets(map_, settings=FAST, neighbors=near)
    for graph in (to_graph(near), to_w(near)):
        same = find_pockets(map_, settings=FAST, neighbors=graph)
        pd.testing.assert_series_equal(same.members, found.members)
        assert same.p_value == found.p_value
    with pytest.raises(TypeError, match="libpysal"):
        find_pockets(map_, neighbors=near.pairs)  # type: ignore[arg-type]


def test_the_input_is_not_changed(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    table = planted(grid)
    before = table.copy()
    find_pockets(table, settings=FAST)
    assert table.equals(before)


def test_maps_without_pocket_rarely_show_a_strict_one(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    strict = 0
    for seed in range(40):
        poor, homes = beta_binomial(0.02, 100, seed=1000 + seed)
        pockets = find_pockets(
            grid(10, poor, homes), settings=PocketSettings(replicates=99, seed=seed)
        )
        strict += bool((pockets.outlines["evidence"] == "strict").any())
    # Binomial(40, 0.05) exceeds 5 with probability 0.014
    assert strict <= 5


def test_all_villages_equal_is_no_pocket(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    pockets = find_pockets(grid(6, 30, 300), settings=FAST)
    assert len(pockets) == 0
    assert pockets.p_value == 1.0
    assert pockets.overdispersion == 0.0
    assert len(pockets.villages) == 36


def test_everybody_poor_is_no_pocket(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    pockets = find_pockets(grid(6, 300, 300), settings=FAST)
    assert len(pockets) == 0
    assert pockets.p_value == 1.0


def test_nobody_poor_is_not_tested(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    pockets = find_pockets(grid(6, 0, 300), settings=FAST)
    assert len(pockets) == 0
    assert np.isnan(pockets.p_value)
    assert [note.key for note in pockets.notes] == ["nothing_tested"]
    assert "tidak ada rumah tangga miskin" in pockets.notes[0].text


@pytest.mark.parametrize("count", [1, 2, 19])
def test_too_few_villages_are_not_tested(grid: Callable[..., gpd.GeoDataFrame], count: int) -> None:
    pockets = find_pockets(grid(5, 30, 300).iloc[:count], settings=FAST)
    assert len(pockets) == 0
    assert np.isnan(pockets.p_value)
    assert f"hanya {count} desa" in pockets.notes[-1].text


def test_twenty_villages_are_tested(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    pockets = find_pockets(grid(5, 30, 300).iloc[:20], settings=FAST)
    assert not np.isnan(pockets.p_value)


def test_no_village_with_data_is_told_not_crashed(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    pockets = find_pockets(grid(2, float("nan"), 300), settings=FAST)
    assert [(note.key, note.count) for note in pockets.notes] == [
        ("villages_not_tested", 4),
        ("nothing_tested", 0),
    ]


def test_villages_without_numbers_or_polygon_are_left_out_and_noted(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    table = grid(6, 30, 300)
    table.iloc[0, 0] = float("nan")
    table.iloc[1, 1] = float("nan")
    table.iloc[2, [0, 1]] = 0
    table.loc[table.index[3], "geometry"] = None
    table.loc[table.index[4], "geometry"] = shapely.Polygon()
    pockets = find_pockets(table, settings=FAST)
    assert {note.key: note.count for note in pockets.notes}["villages_not_tested"] == 5
    assert pockets.villages.index.tolist() == table.index[5:].tolist()


@pytest.mark.parametrize(("poor", "homes"), [(301, 300), (-1, 300), (0, -5)])
def test_impossible_counts_are_refused_with_their_villages(
    grid: Callable[..., gpd.GeoDataFrame], poor: float, homes: float
) -> None:
    table = grid(6, 30, 300)
    table.iloc[7] = [poor, homes, table.geometry.iloc[7]]
    table.iloc[9] = [poor, homes, table.geometry.iloc[9]]
    with pytest.raises(DataError, match=r"rows: 2; first: 16\.07\.01\.2008, 16\.07\.01\.2010"):
        find_pockets(table, settings=FAST)


def test_a_village_that_stands_twice_is_refused(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    table = grid(6, 30, 300)
    with pytest.raises(DataError, match="stand twice"):
        find_pockets(pd.concat([table, table.iloc[:1]]), settings=FAST)


def test_ten_million_households_in_one_village_make_no_pocket(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    poor, homes = beta_binomial(0.02, 64, seed=2)
    poor[20], homes[20] = 4_000_000, 10_000_000
    pockets = find_pockets(grid(8, poor, homes), settings=FAST)
    assert 0 < pockets.p_value <= 1
    # one outlier is no concentration of neighboring villages
    assert not (pockets.outlines["evidence"] == "strict").any()
    assert np.isfinite(pockets.overdispersion)


@given(factor=st.integers(2, 50))
@settings(max_examples=8, deadline=None)
def test_the_unit_of_length_changes_nothing(factor: int) -> None:
    # circles are about order, not about metres
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 1e5, 40), rng.uniform(0, 1e5, 40)
    assert np.array_equal(nearest_villages(x, y), nearest_villages(x * factor, y * factor))


@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"alpha": 0.5}, {"replicates": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PocketSettings(**wrong)  # type: ignore[arg-type]
