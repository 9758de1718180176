"""Hamlets: planted ones are found, empty maps stay empty, no household point comes out."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.hamlets import (
    Grid,
    HamletSettings,
    Windows,
    hamlet_scan,
    log_likelihood,
    null_maxima,
)
from sibangkit_geo.stats.settlements import settlement_outlines

Arrays = tuple[
    np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
]
FAST = HamletSettings(replicates=99, seed=2)
HAMLET = np.array([3000.0, 2000.0])


def homes(seed: int, *, count: int = 3000, risk: float = 1.0) -> Arrays:
    """Put houses in forty clusters of a 6 x 4 km area, 10 % poor, more around one hamlet."""
    rng = np.random.default_rng(seed)
    middles = rng.random((40, 2)) * (6000, 4000)
    middles[0] = HAMLET
    points = middles[rng.integers(40, size=count)] + rng.normal(0, 120, (count, 2))
    near = np.hypot(*(points - HAMLET).T) <= 250
    return points, rng.random(count) < np.where(near, 0.1 * risk, 0.1)


def test_the_ratio_by_hand() -> None:
    # 4 of 5 poor inside, 1 of 5 outside, 5 of 10 in all
    expected = 2 * (4 * np.log(0.8) + np.log(0.2)) - 10 * np.log(0.5)
    found = log_likelihood(np.array([4.0, 1.0]), np.array([5.0, 5.0]), 5, 10)
    assert found.tolist() == pytest.approx([expected, 0.0])


def test_circles_by_hand() -> None:
    # three cells in a row, 50 m apart, with 3, 1 and 2 households
    places = np.array([[10.0, 10], [20, 20], [30, 30], [75, 10], [120, 40], [130, 1]])
    grid = Grid.of(places, 50.0)
    assert grid.centres.tolist() == [[25, 25], [75, 25], [125, 25]]
    windows, _ = Windows.around(grid, 100.0, 1)
    assert windows.households[0, [0, 4, 5, 9, 10]].tolist() == [3, 3, 4, 4, 6]
    assert windows.cells(1, 5).tolist() == [0, 1, 2]
    assert windows.counts(grid.counts(np.array([1, 0, 0, 1, 0, 0], bool)))[2, 5] == 1
    # at most half of the six households
    assert windows.allowed[0].tolist() == [True] * 5 + [False] * 6


def test_shuffled_maxima_equal_a_plain_loop() -> None:
    points, poor = homes(3, count=300)
    grid = Grid.of(points, 50.0)
    windows, grid = Windows.around(grid, 500.0, 10)
    total = int(poor.sum())
    fast = null_maxima(windows, grid, total=total, replicates=300, seed=4)
    rng = np.random.default_rng(5)
    slow = []
    for _ in range(300):
        cases = grid.counts(rng.permutation(poor))
        ratio = log_likelihood(windows.counts(cases), windows.households, total, len(poor))
        slow.append(ratio[windows.allowed].max())
    shares = [10, 50, 90]
    assert np.percentile(fast, shares) == pytest.approx(np.percentile(slow, shares), rel=0.12)


def test_empty_maps_stay_empty_at_the_stated_rate() -> None:
    found = [
        hamlet_scan(*homes(seed, count=600), settings=HamletSettings(replicates=99, seed=seed))
        for seed in range(80)
    ]
    # 5 % of 80 is 4; 10 or more happens once in 140
    assert sum(len(one) > 0 for one in found) < 10
    assert np.mean([one.p_value for one in found]) == pytest.approx(0.5, abs=0.12)


def test_a_hamlet_of_five_times_the_risk_is_found() -> None:
    scores = []
    for seed in range(10):
        points, poor = homes(seed, risk=5.0)
        found = hamlet_scan(points, poor, settings=FAST)
        inside = np.hypot(*(points - HAMLET).T) <= 250
        flagged = np.zeros(len(points), dtype=bool)
        for row in found.clusters.itertuples():
            flagged |= np.hypot(points[:, 0] - row.centre_x, points[:, 1] - row.centre_y) <= (
                row.radius_m
            )
        scores.append(2 * (flagged & inside).sum() / (flagged.sum() + inside.sum()))
    assert np.mean(scores) > 0.85


def test_clusters_hold_counts_and_no_household_point() -> None:
    points, poor = homes(1, risk=5.0)
    found = hamlet_scan(points, poor, crs="EPSG:32748", settings=FAST)
    first = found.clusters.iloc[0]
    assert found.clusters.index.tolist() == list(range(1, len(found) + 1))
    assert first["p_value"] == found.p_value == 0.01
    assert first["households"] >= 10
    assert first["rate"] == pytest.approx(first["poor"] / first["households"])
    rest = (poor.sum() - first["poor"]) / (len(poor) - first["households"])
    assert first["relative_risk"] == pytest.approx(first["rate"] / rest)
    # middle of a 50 m cell
    assert (first["centre_x"] % 50, first["centre_y"] % 50) == (25, 25)
    corners = shapely.get_coordinates(found.clusters.geometry.to_numpy())
    gaps = shapely.distance(shapely.points(points)[:, None], shapely.points(corners)[None, :])
    assert gaps.min() > 0.01
    inside = shapely.contains(first.geometry, shapely.points(points)).sum()
    assert inside >= first["households"]


def test_order_and_seed() -> None:
    points, poor = homes(2, count=500, risk=4.0)
    order = np.random.default_rng(1).permutation(500)
    one = hamlet_scan(points, poor, settings=FAST)
    other = hamlet_scan(points[order], poor[order].astype(int), settings=FAST)
    assert one.p_value == other.p_value
    assert one.clusters.equals(other.clusters)


def test_too_many_pairs_coarsen_the_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sibangkit_geo.pockets.hamlets._MOST_PAIRS", 5000)
    done: list[int] = []
    found = hamlet_scan(*homes(1, count=800), settings=FAST, progress=done.append)
    assert found.cell_m > 50
    assert [note.key for note in found.notes] == ["cells_coarsened"]
    assert sum(done) == 99


def test_hard_inputs() -> None:
    points, poor = homes(1, count=200)
    with pytest.raises(DataError, match=r"All households are poor.*non-poor included"):
        hamlet_scan(points, np.ones(200))
    nobody = hamlet_scan(points, np.zeros(200))
    assert (len(nobody), [note.key for note in nobody.notes]) == (0, ["nothing_tested"])
    assert len(hamlet_scan(np.empty((0, 2)), np.empty(0))) == 0
    same = hamlet_scan(np.zeros((50, 2)), np.arange(50) < 5, settings=FAST)
    assert (len(same), same.p_value) == (0, 1.0)
    flags = poor.astype(float)
    flags[7] = 2
    with pytest.raises(DataError, match=r"neither 0 nor 1.*rows: 1; first: 7"):
        hamlet_scan(points, flags)
    with pytest.raises(ValueError, match="shape"):
        hamlet_scan(points[:, 0], poor)
    with pytest.raises(ValueError, match="at most 250,000"):
        hamlet_scan(np.zeros((250_001, 2)), np.zeros(250_001))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cell_m": 0}, "cell_m"),
        ({"min_households": 1}, "min_households"),
        ({"alpha": 0.6}, "alpha"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        HamletSettings(**wrong)  # type: ignore[arg-type]


# ---- settlements


@pytest.mark.parametrize("method", ["hdbscan", "dbscan"])
def test_two_settlements_are_outlined_without_a_house_on_the_line(method: str) -> None:
    rng = np.random.default_rng(1)
    points = np.vstack([rng.normal(0, 60, (80, 2)), rng.normal(0, 60, (40, 2)) + 3000])
    found = settlement_outlines(points, method=method, min_samples=8, crs="EPSG:32748")  # type: ignore[arg-type]
    assert len(found) == 2
    assert list(found.columns) == ["households", "area_ha", "geometry"]
    assert found["households"].is_monotonic_decreasing
    assert found["households"].sum() >= 100
    assert found["area_ha"].to_numpy() == pytest.approx(found.area.to_numpy() / 10_000)
    corners = shapely.points(shapely.get_coordinates(found.geometry.to_numpy()))
    assert shapely.distance(shapely.points(points)[:, None], corners[None, :]).min() > 0.01
    assert shapely.contains(found.geometry.iloc[0], shapely.points(points[:80])).sum() >= 70


def test_scattered_or_few_houses_have_no_settlement() -> None:
    assert len(settlement_outlines(np.zeros((4, 2)))) == 0
    lonely = np.arange(20)[:, None] * np.array([[5000.0, 0.0]])
    assert len(settlement_outlines(lonely, method="dbscan")) == 0
    with pytest.raises(ValueError, match="min_samples"):
        settlement_outlines(lonely, min_samples=2)
    with pytest.raises(ValueError, match="method"):
        settlement_outlines(lonely, method="optics")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="without coordinates"):
        settlement_outlines([[np.nan, 0.0]])
