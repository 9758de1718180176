"""Scan statistics: published values, every zone counted by hand, ties, seeds, hard inputs."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import stats

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.graph import from_pairs
from sibangkit_geo.stats.scan import (
    ScanCluster,
    ScanResult,
    ScanSettings,
    clusters_frame,
    scan_space_time,
    scan_statistic,
)
from sibangkit_geo.stats.scan.kernels import BINOMIAL, POISSON, Law, excess_table, may_beat
from sibangkit_geo.stats.scan.kernels import likelihood_ratio as ratio_of
from sibangkit_geo.stats.scan.model import pose, read_places
from sibangkit_geo.stats.scan.statistic import gumbel_p, monte_carlo_p, time_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Zone = tuple[int, ...]

FOLDER = Path(__file__).parent / "data"
QUIET = ScanSettings(replicates=0, max_clusters=1)


@pytest.fixture(scope="module")
def tracts() -> pd.DataFrame:
    table = pd.read_csv(FOLDER / "ny_leukemia.csv", index_col="id")
    return table.assign(cases=table["cases"].astype(int))


@pytest.fixture(scope="module")
def touching() -> NDArray[np.int64]:
    return pd.read_csv(FOLDER / "ny_leukemia_neighbors.csv").to_numpy()


def scan(tracts: pd.DataFrame, settings: ScanSettings, **options: Any) -> ScanResult:
    return scan_statistic(
        tracts[["x", "y"]],
        tracts["cases"],
        tracts["population"],
        settings=settings,
        **options,
    )


# ---- peers, as plain as the textbook


def xlog(a: float, b: float) -> float:
    return a * float(np.log(a / b)) if a > 0 else 0.0


def poisson(c: float, n: float, cases: float, people: float) -> float:
    e = cases * n / people
    return xlog(c, e) + xlog(cases - c, cases - e)


def binomial(c: float, n: float, cases: float, people: float) -> float:
    def log_likelihood(hits: float, size: float) -> float:
        return xlog(hits, size) + xlog(size - hits, size)

    return (
        log_likelihood(c, n) + log_likelihood(cases - c, people - n) - log_likelihood(cases, people)
    )


def discs(xy: Floats, stretch: float = 1.0, angle: float = 0.0) -> set[Zone]:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = xy @ turn * np.array([1.0, stretch])
    distance = np.linalg.norm(moved[:, None] - moved, axis=2).round(9)
    return {
        tuple(np.flatnonzero(row <= radius).tolist()) for row in distance for radius in set(row)
    }


def connected_sets(xy: Floats, pairs: NDArray[np.int64], k: int) -> set[Zone]:
    near = np.linalg.norm(xy[:, None] - xy, axis=2).argsort(axis=1, kind="stable")[:, :k]
    links = {(int(a), int(b)) for a, b in pairs} | {(int(b), int(a)) for a, b in pairs}
    found = set()
    for row in near.tolist():
        for size in range(k):
            for others in itertools.combinations(row[1:], size):
                zone = {row[0], *others}
                reached = {row[0]}
                while more := {b for a, b in links if a in reached and b in zone} - reached:
                    reached |= more
                if reached == zone:
                    found.add(tuple(sorted(zone)))
    return found


def strongest(
    zones: Iterable[Zone],
    cases: Floats,
    people: Floats,
    *,
    law: Callable[[float, float, float, float], float] = poisson,
    share: float = 0.5,
    sign: int = 1,
) -> tuple[float, Zone]:
    total, size = float(cases.sum()), float(people.sum())
    best: tuple[float, Zone] = (0.0, ())
    for zone in sorted(zones):
        c, n = float(cases[list(zone)].sum()), float(people[list(zone)].sum())
        if n <= share * size * (1 + 1e-12) and n < size and sign * (c - total * n / size) > 0:
            best = max(best, (law(c, n, total, size), zone), key=lambda one: one[0])
    return best


def ordered(members: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(members))


def first(result: ScanResult) -> ScanCluster:
    return result.clusters[0]


def random_map(seed: int, n: int = 12) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    people = rng.integers(20, 200, n).astype(float)
    return rng.random((n, 2)), rng.binomial(people.astype(int), 0.2).astype(float), people


# ---- published values


def test_circles_on_new_york_leukemia(tracts: pd.DataFrame) -> None:
    found = first(scan(tracts, ScanSettings()))
    assert found.log_likelihood_ratio == pytest.approx(15.005562, abs=5e-7)
    assert (found.cases, found.population) == (117, 135_295)
    assert found.expected == pytest.approx(70.61, abs=5e-3)
    assert found.p_value == 0.001
    assert found.relative_risk == pytest.approx((117 / 70.6105) / (435 / 481.3895), rel=1e-5)


def test_restricted_flexible_zones_on_new_york_leukemia(
    tracts: pd.DataFrame, touching: NDArray[np.int64]
) -> None:
    settings = ScanSettings(k=50, alpha1=0.2, neighbors=touching, replicates=19)
    found = first(scan(tracts, settings, shape="restricted_flexible"))
    assert found.log_likelihood_ratio == pytest.approx(20.8014, abs=5e-5)
    assert list(ordered(found.members)) == [
        1,
        2,
        13,
        15,
        27,
        35,
        37,
        38,
        43,
        46,
        47,
        49,
        51,
        52,
        53,
    ]
    assert found.cases == 79
    assert found.expected == pytest.approx(36.1025, abs=5e-5)


CAPS = (0.05, 0.1, 0.2, 0.25)


@pytest.fixture(scope="module")
def circles(tracts: pd.DataFrame) -> list[Zone]:
    """Lay every circle that any of the caps allows."""
    people = tracts["population"].to_numpy(dtype=float)
    most = max(CAPS) * people.sum() * (1 + 1e-9)
    zones = discs(tracts[["x", "y"]].to_numpy())
    return sorted(one for one in zones if people[list(one)].sum() <= most)


@pytest.mark.parametrize("share", CAPS)
def test_smaller_caps_agree_with_a_count_of_every_circle(
    tracts: pd.DataFrame, circles: list[Zone], share: float
) -> None:
    found = scan(tracts, ScanSettings(max_population_share=share, replicates=0, max_clusters=3))
    cases, people = (tracts[one].to_numpy(dtype=float) for one in ("cases", "population"))
    zones = circles
    for cluster in found.clusters:
        score, zone = strongest(zones, cases, people, share=share)
        assert cluster.log_likelihood_ratio == pytest.approx(score, rel=1e-12)
        assert list(ordered(cluster.members)) == sorted(tracts.index[list(zone)])
        zones = [one for one in zones if not set(one) & set(zone)]


# ---- by hand


def test_four_places_by_hand() -> None:
    result = scan_statistic([[0, 0], [1, 0], [9, 0], [9, 9]], [8, 9, 2, 1], [100] * 4)
    found = first(result)
    # 17 of 20 cases where 10 are expected
    assert found.log_likelihood_ratio == pytest.approx(17 * np.log(1.7) + 3 * np.log(0.3))
    assert set(found.members) == {0, 1}
    assert (found.radius, found.expected, found.cases) == (1.0, 10.0, 17.0)
    assert found.relative_risk == pytest.approx(17 / 3)
    assert (result.cases, result.population) == (20.0, 400.0)


def test_normal_law_is_a_likelihood() -> None:
    rng = np.random.default_rng(3)
    xy, values, weight = rng.random((12, 2)), rng.normal(5, 2, 12), rng.uniform(1, 9, 12)
    for w in (np.ones(12), weight):
        best: tuple[float, Zone] = (0.0, ())
        overall = np.average(values, weights=w)
        flat = stats.norm.logpdf(
            values, overall, np.sqrt((w * (values - overall) ** 2).mean() / w)
        ).sum()
        for zone in discs(xy):
            inside = np.isin(np.arange(12), zone)
            if w[inside].sum() > 0.5 * w.sum():
                continue
            one, other = (np.average(values[part], weights=w[part]) for part in (inside, ~inside))
            fitted = np.where(inside, one, other)
            sd = np.sqrt((w * (values - fitted) ** 2).mean() / w)
            if one > other:
                ratio = float(stats.norm.logpdf(values, fitted, sd).sum() - flat)
                best = max(best, (ratio, zone), key=lambda x: x[0])
        found = first(scan_statistic(xy, values, w, model="normal", settings=QUIET))
        assert found.log_likelihood_ratio == pytest.approx(best[0], rel=1e-9)
        assert ordered(found.members) == best[1]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sign", [1, -1])
def test_binomial_circles_agree_with_a_count_of_every_circle(seed: int, sign: int) -> None:
    xy, cases, people = random_map(seed)
    score, zone = strongest(discs(xy), cases, people, law=binomial, sign=sign)
    settings = ScanSettings(replicates=0, direction="high" if sign > 0 else "low")
    found = first(scan_statistic(xy, cases, people, model="bernoulli", settings=settings))
    assert found.log_likelihood_ratio == pytest.approx(score, rel=1e-9)
    assert ordered(found.members) == zone
    assert found.direction == settings.direction


@pytest.mark.parametrize("seed", range(4))
def test_betabinomial_scores_effective_counts(seed: int) -> None:
    xy, cases, people = random_map(seed)
    effective = people / (1 + 0.05 * (people - 1))
    scored = strongest(
        [zone for zone in discs(xy) if people[list(zone)].sum() <= people.sum() / 2],
        cases / people * effective,
        effective,
        law=binomial,
        share=1.0,
    )
    settings = ScanSettings(replicates=0, rho=0.05)
    found = first(scan_statistic(xy, cases, people, model="betabinomial", settings=settings))
    assert found.log_likelihood_ratio == pytest.approx(scored[0], rel=1e-9)
    assert found.cases == cases[list(scored[1])].sum()


@pytest.mark.parametrize("penalty", [0.0, 0.5, 1.0])
def test_ellipses_agree_with_a_count_of_every_ellipse(penalty: float) -> None:
    xy, cases, people = random_map(8)
    best = 0.0
    for ratio, angles in ((1.0, 1), (1.5, 4), (2.0, 6), (3.0, 9), (4.0, 12), (5.0, 15)):
        for angle in np.pi * np.arange(angles) / angles:
            score, _ = strongest(discs(xy, ratio, angle), cases, people)
            best = max(best, score * (4 * ratio / (ratio + 1) ** 2) ** penalty)
    settings = ScanSettings(replicates=0, eccentricity_penalty=penalty)
    found = first(scan_statistic(xy, cases, people, shape="elliptic", settings=settings))
    assert found.log_likelihood_ratio == pytest.approx(best, rel=1e-9)


def test_an_ellipse_says_how_it_lies() -> None:
    line = [[x, x] for x in range(6)]
    around = [[x, 5 - x] for x in (0, 1, 4, 5)]
    cases = [10, 10, 10, 1, 1, 1, 1, 1, 1, 1]
    found = first(scan_statistic(line + around, cases, [50] * 10, shape="elliptic"))
    assert set(found.members) == {0, 1, 2}
    assert found.minor_radius <= found.radius


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("model", ["poisson", "binomial"])
def test_flexible_zones_agree_with_every_connected_set(seed: int, sign: int, model: Any) -> None:
    xy, cases, people = random_map(seed, n=11)
    rng = np.random.default_rng(seed)
    every = np.array(list(itertools.combinations(range(11), 2)))
    pairs = every[rng.random(len(every)) < 0.3]
    law = poisson if model == "poisson" else binomial
    score, zone = strongest(connected_sets(xy, pairs, 7), cases, people, law=law, sign=sign)
    settings = ScanSettings(
        replicates=0, k=7, neighbors=pairs, direction="high" if sign > 0 else "low"
    )
    found = first(
        scan_statistic(xy, cases, people, model=model, shape="flexible", settings=settings)
    )
    assert found.log_likelihood_ratio == pytest.approx(score, rel=1e-9)
    assert ordered(found.members) == zone


@pytest.mark.parametrize("seed", range(6))
def test_restricted_zones_hold_hot_places_only(seed: int) -> None:
    xy, cases, people = random_map(seed, n=11)
    pairs = np.array(list(itertools.combinations(range(11), 2)))
    expected = cases.sum() * people / people.sum()
    mid_p = stats.poisson.sf(cases, expected) + 0.5 * stats.poisson.pmf(cases, expected)
    hot = [zone for zone in connected_sets(xy, pairs, 7) if all(mid_p[i] < 0.3 for i in zone)]
    score, zone = strongest(hot, cases, people)
    settings = ScanSettings(replicates=0, k=7, alpha1=0.3, neighbors=pairs)
    result = scan_statistic(xy, cases, people, shape="restricted_flexible", settings=settings)
    assert ordered(first(result).members if result.clusters else ()) == zone
    assert (first(result).log_likelihood_ratio if zone else 0.0) == pytest.approx(score)


@pytest.mark.parametrize("model", ["bernoulli", "betabinomial", "normal"])
@pytest.mark.parametrize("direction", ["high", "low"])
def test_hot_places_of_every_model(model: Any, direction: Any) -> None:
    xy, cases, people = random_map(4, n=11)
    pairs = np.array(list(itertools.combinations(range(11), 2)))
    settings = ScanSettings(
        replicates=19,
        k=7,
        alpha1=0.45,
        neighbors=pairs,
        direction=direction,
        rho=0.02,
    )
    result = scan_statistic(
        xy,
        cases,
        None if model == "normal" else people,
        model=model,
        shape="restricted_flexible",
        settings=settings,
    )
    assert result.clusters
    assert first(result).direction == direction


def test_zones_of_the_user() -> None:
    xy, cases, people = random_map(5)
    index = pd.Index([f"v{i}" for i in range(12)])
    zones = [["v0", "v5"], ["v3"], ["v7", "v8", "v9", "v7"], list(index)]
    found = scan_statistic(
        xy, pd.Series(cases, index), pd.Series(people, index), shape=zones, settings=QUIET
    )
    score, zone = strongest([(0, 5), (3,), (7, 8, 9)], cases, people)
    assert first(found).log_likelihood_ratio == pytest.approx(score)
    assert set(first(found).members) == {f"v{i}" for i in zone}
    assert first(found).centre is None
    assert np.isnan(first(found).radius)
    with pytest.raises(ValueError, match="Zone 0 names 'x'"):
        scan_statistic(xy, pd.Series(cases, index), pd.Series(people, index), shape=[["x"]])


def test_a_graph_does_for_pairs(tracts: pd.DataFrame, touching: NDArray[np.int64]) -> None:
    class Graph:
        adjacency = pd.Series(
            1.0, index=pd.MultiIndex.from_arrays(list(touching.T), names=["focal", "neighbor"])
        )

    settings = ScanSettings(k=8, neighbors=Graph(), replicates=0)
    same = ScanSettings(k=8, neighbors=touching, replicates=0)
    places = tracts.index.get_indexer(pd.Index(touching.ravel()))
    near = from_pairs(tracts.index, places)
    ours = ScanSettings(k=8, neighbors=near, replicates=0)
    by_pairs = [x.members for x in scan(tracts, same, shape="flexible").clusters]
    for one in (settings, ours):
        assert [x.members for x in scan(tracts, one, shape="flexible").clusters] == by_pairs


@pytest.mark.parametrize("model", ["poisson", "bernoulli"])
@pytest.mark.parametrize("kind", ["retrospective", "prospective"])
def test_cylinders_agree_with_a_count_of_every_cylinder(model: Any, kind: Any) -> None:
    rng = np.random.default_rng(2)
    xy, people = rng.random((9, 2)), rng.integers(20, 90, (9, 4)).astype(float)
    cases = rng.binomial(people.astype(int), 0.2).astype(float)
    law = poisson if model == "poisson" else binomial
    best: tuple[float, Zone, tuple[int, int]] = (0.0, (), (0, 0))
    for zone in sorted(discs(xy)):
        if people[list(zone)].sum() > 0.5 * people.sum():
            continue
        for a, b in [(0, 0), (1, 1), (2, 2), (3, 3), (0, 1), (1, 2), (2, 3)]:
            if kind == "prospective" and b != 3:
                continue
            c, n = (float(x[list(zone), a : b + 1].sum()) for x in (cases, people))
            if c > cases.sum() * n / people.sum():
                score = law(c, n, float(cases.sum()), float(people.sum()))
                best = max(best, (score, zone, (a, b)), key=lambda x: x[0])
    result = scan_space_time(xy, cases, people, kind=kind, model=model)
    found = first(result)
    assert found.log_likelihood_ratio == pytest.approx(best[0])
    assert ordered(found.members) == best[1]
    assert (found.first_time, found.last_time) == best[2]
    assert len(result.null_maxima) == 999


def test_expected_counts_replace_population() -> None:
    xy, cases, people = random_map(6)
    one = scan_statistic(xy, cases, people)
    other = scan_statistic(xy, cases, expected=people * 0.037)
    assert one.null_maxima == pytest.approx(other.null_maxima)
    assert [x.members for x in one.clusters] == [x.members for x in other.clusters]
    assert other.population == pytest.approx(cases.sum())


# ---- limits


def test_radius_places_and_cases_are_limits() -> None:
    xy = [[float(x), 0.0] for x in range(10)]
    cases, people = [9, 9, 9, 9, 1, 1, 1, 1, 1, 1], [100] * 10

    def members(settings: ScanSettings) -> set[object]:
        return set(first(scan_statistic(xy, cases, people, settings=settings)).members)

    assert members(QUIET) == {0, 1, 2, 3}
    assert len(members(ScanSettings(max_places=2, replicates=0))) <= 2
    assert members(ScanSettings(max_radius=1.0, replicates=0)) == {0, 1, 2}
    assert members(ScanSettings(max_population_share=0.3, replicates=0)) == {0, 1, 2}
    many = scan_statistic(xy, cases, people, settings=ScanSettings(min_cases=37, replicates=99))
    assert first(many).cases >= 37


def test_secondary_clusters_share_no_place(tracts: pd.DataFrame) -> None:
    result = scan(tracts, ScanSettings(replicates=99, direction="both"))
    members = [one for cluster in result.clusters for one in cluster.members]
    assert len(members) == len(set(members))
    scores = [cluster.log_likelihood_ratio for cluster in result.clusters]
    assert scores == sorted(scores, reverse=True)
    table = clusters_frame(result)
    assert table.index.tolist() == list(range(1, len(scores) + 1))
    assert table["n_places"].sum() == len(members)
    assert {"high", "low"} == set(table["direction"])


def test_places_at_one_distance_enter_together() -> None:
    # the four neighbours of the middle tie; three coincident points are one place
    cross = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [9, 9], [9, 9], [9, 9]]
    result = scan_statistic(cross, [0, 9, 0, 0, 0, 9, 0, 0], [10] * 8)
    sizes = {frozenset(one.members) for one in result.clusters}
    assert frozenset({1}) in sizes
    assert any(one >= {5, 6, 7} for one in sizes)
    assert not any(len(one & {5, 6, 7}) in (1, 2) for one in sizes)


# ---- significance


def test_ties_go_to_the_null() -> None:
    maxima = np.array([1.0, 2.0, 2.0 + 1e-13, 3.0])
    assert monte_carlo_p(2.0, maxima) == 4 / 5
    assert monte_carlo_p(3.1, maxima) == 1 / 5
    assert np.isnan(monte_carlo_p(1.0, np.empty(0)))
    assert gumbel_p(1.0, np.ones(5)) == 1.0


def test_gumbel_follows_the_ranks_and_goes_below_them(tracts: pd.DataFrame) -> None:
    ranked = scan(tracts, ScanSettings(max_clusters=3))
    smooth = scan(tracts, ScanSettings(max_clusters=3, significance="gumbel"))
    assert smooth.p_value < 0.001
    for one, other in zip(ranked.clusters[1:], smooth.clusters[1:], strict=True):
        assert other.p_value == pytest.approx(one.p_value, abs=0.03)


@pytest.mark.parametrize("direction", ["high", "low", "both"])
@pytest.mark.parametrize("model", ["poisson", "bernoulli", "normal"])
def test_lanes_give_the_maxima_of_a_plain_count(model: Any, direction: Any) -> None:
    xy, cases, people = random_map(7, n=15)
    weight = None if model == "normal" else people
    settings = ScanSettings(replicates=70, direction=direction, seed=5)
    result = scan_statistic(xy, cases, weight, model=model, settings=settings)
    places = read_places(xy, cases, weight, values=model == "normal")
    problem = pose(places, model)
    zones = discs(places.xy)
    size = problem.size[:, 0]
    peers = []
    for replicate in range(70):
        drawn = problem.draw(np.random.default_rng([5, replicate]))[:, 0]
        best = 0.0
        for sign in {"high": (1,), "low": (-1,), "both": (1, -1)}[direction]:
            law = problem.law(sign)
            for zone in zones:
                n = float(size[list(zone)].sum())
                if n <= 0.5 * size.sum() * (1 + 1e-12):
                    best = max(best, ratio_of(float(drawn[list(zone)].sum()), n, law))
        peers.append(best)
    assert result.null_maxima == pytest.approx(sorted(peers), rel=1e-9)


def test_elliptic_lanes_carry_the_penalty() -> None:
    xy, cases, people = random_map(9, n=30)
    maxima = {}
    cells: tuple[tuple[float | None, Any], ...] = ((None, "poisson"), (0.0, "betabinomial"))
    for rho, model in cells:
        settings = ScanSettings(replicates=99, eccentricity_penalty=1.0, rho=rho)
        maxima[model] = scan_statistic(
            xy,
            cases,
            people,
            model=model,
            shape="elliptic",
            settings=settings,
        ).null_maxima
    # another law, drawn one by one: alike, not equal
    one, other = (np.median(maxima[x]) for x in ("poisson", "betabinomial"))
    assert one == pytest.approx(other, rel=0.35)


@pytest.mark.parametrize("significance", ["monte_carlo", "permutation"])
@pytest.mark.parametrize("model", ["poisson", "bernoulli", "betabinomial", "normal"])
def test_rows_and_threads_change_nothing(model: Any, significance: Any) -> None:
    xy, cases, people = random_map(10, n=40)
    index = pd.Index([f"v{i:02d}" for i in range(40)])
    shuffled = np.random.default_rng(1).permutation(40)
    results = []
    for order, threads in ((np.arange(40), 1), (shuffled, 2), (shuffled, 1)):
        settings = ScanSettings(replicates=99, threads=threads, significance=significance)
        results.append(
            scan_statistic(
                xy[order],
                pd.Series(cases, index).iloc[order],
                pd.Series(people, index).iloc[order],
                model=model,
                settings=settings,
            )
        )
    assert results[0].clusters == results[1].clusters == results[2].clusters
    assert results[0].null_maxima == results[1].null_maxima == results[2].null_maxima


def test_the_null_holds_its_level() -> None:
    rng = np.random.default_rng(12)
    xy, people = rng.random((25, 2)), rng.integers(50, 300, 25)
    p_values = [
        scan_statistic(
            xy,
            rng.multinomial(200, people / people.sum()),
            people,
            settings=ScanSettings(replicates=99, max_clusters=1, seed=seed),
        ).p_value
        for seed in range(200)
    ]
    assert 2 <= sum(p <= 0.05 for p in p_values) <= 20


def test_permutation_forgives_places_that_differ_by_themselves() -> None:
    rng = np.random.default_rng(13)
    xy, people = rng.random((60, 2)), np.full(60, 300)
    alarms: dict[Any, int] = {"monte_carlo": 0, "permutation": 0}
    for seed in range(30):
        cases = rng.binomial(people, rng.beta(2, 8, 60))
        for kind in alarms:
            settings = ScanSettings(replicates=99, significance=kind, seed=seed)
            alarms[kind] += scan_statistic(xy, cases, people, settings=settings).p_value <= 0.05
    assert alarms["monte_carlo"] >= 28
    assert alarms["permutation"] <= 5


@given(
    st.floats(0.01, 0.49),
    st.floats(0.0, 1.0),
    st.floats(0.1, 30.0),
    st.sampled_from([POISSON, BINOMIAL]),
    st.sampled_from([1.0, -1.0]),
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_bounds_never_hide_a_zone(
    share: float, position: float, mark: float, code: int, sign: float
) -> None:
    law = Law(code, 400.0, 1000.0, 0.4, 0.0, 0.0, sign)
    size = 1000.0 * share
    cases = position * min(size, 400.0)
    score = ratio_of(cases, size, law)
    if score > mark:
        assert may_beat(cases, size, law, mark)
    edges = np.geomspace(5.0, 1000.0, 30)
    if code == BINOMIAL:
        edges = np.unique([*edges, 400.0, 600.0])
    needed = excess_table(edges, np.array([mark]), law)[0]
    if score > mark * (1 + 1e-9):
        inside = int(np.searchsorted(edges, size, side="right")) - 1
        assert sign * (cases - 0.4 * size) >= needed[inside] * (1 - 1e-9)


# ---- hard inputs


def test_nothing_to_find_says_so() -> None:
    grid = [[x, y] for x in range(3) for y in range(3)]
    empty = {
        "one place": scan_statistic([[0, 0]], [5], [10]),
        "no case": scan_statistic(grid, [0] * 9, [10] * 9),
        "all cases": scan_statistic(grid, [10] * 9, [10] * 9, model="bernoulli"),
        "all equal": scan_statistic(grid, [3] * 9, [10] * 9),
        "equal values": scan_statistic(grid, [0.1] * 9, model="normal"),
        "one point": scan_statistic([[1, 1]] * 9, list(range(9)), [10] * 9),
    }
    for name, result in empty.items():
        assert result.clusters == (), name
        assert result.null_maxima == (), name
        assert result.p_value == 1.0, name
        assert [note.key for note in result.notes] == ["no_zone"], name
        assert len(clusters_frame(result)) == 0, name


def test_two_places() -> None:
    found = first(scan_statistic([[0, 0], [1, 1]], [9, 1], [10, 10]))
    assert found.members == (0,)
    assert found.radius == 0.0


def test_ten_million_in_one_place() -> None:
    xy = [[float(x), 0.0] for x in range(6)]
    people = [10_000_000, 100, 100, 100, 100, 100]
    found = first(scan_statistic(xy, [1_000_000, 60, 10, 10, 10, 10], people))
    assert found.members == (1,)
    assert found.p_value == 0.001
    heavy = scan_statistic(
        xy, [30_000_000, 60, 10, 10, 10, 10], [300_000_000, *people[1:]], model="bernoulli"
    )
    assert first(heavy).members == (1,)


def test_coordinates_far_away_and_huge_numbers() -> None:
    xy, cases, people = random_map(14)
    near = first(scan_statistic(xy, cases, people, settings=QUIET))
    far = first(scan_statistic(xy * 1e3 + 1e7, cases, people, settings=QUIET))
    huge = first(scan_statistic(xy * 1e90, cases, people * 1e90, settings=QUIET))
    assert near.members == far.members == huge.members
    assert huge.log_likelihood_ratio == pytest.approx(near.log_likelihood_ratio)
    values = first(scan_statistic(xy, cases * 1e90, model="normal", settings=QUIET))
    same = first(scan_statistic(xy, cases, model="normal", settings=QUIET))
    assert values.log_likelihood_ratio == pytest.approx(same.log_likelihood_ratio)


def test_places_without_people_are_left_out_and_noted() -> None:
    index = pd.Index(["a", "b", "c", "d"])
    result = scan_statistic(
        [[0, 0], [1, 0], [2, 0], [3, 0]],
        pd.Series([9, 0, 1, 1], index),
        pd.Series([10, 0, 10, 10], index),
    )
    assert [(note.key, note.count) for note in result.notes] == [("places_without_population", 1)]
    assert first(result).members == ("a",)


@pytest.mark.parametrize(
    ("cases", "people", "options", "message"),
    [
        ([1, np.nan, 1], [9, 9, 9], {}, r"missing, infinite.*\(rows: 1; first: 1\)"),
        ([1, "x", 1], [9, 9, 9], {}, r"no numbers \(rows: 1; first: 1\)"),
        ([1, -1, 1], [9, 9, 9], {}, "Negative cases"),
        ([1, 1.5, 1], [9, 9, 9], {}, "not whole numbers.*Truncate"),
        ([1, 1, 1], [9, -9, 9], {}, "Negative population"),
        ([1, 1, 1], [9, 0, 9], {}, "Cases where the population is 0"),
        ([0, 0, 0], [0, 0, 0], {}, "population is 0 everywhere"),
        ([1, 10, 1], [9, 9, 9], {"model": "bernoulli"}, "More cases than population"),
        ([1, 1, 1], [9, 9.5, 9], {"model": "betabinomial"}, "not a whole number"),
        ([1, 1, 1], [9e8, 9e8, 9], {"model": "binomial"}, "999,999,999"),
    ],
)
def test_wrong_data_is_named(
    cases: list[float], people: list[float], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        scan_statistic([[0, 0], [1, 0], [2, 0]], cases, people, **options)


def test_degrees_are_refused_and_more_cases_than_people_are_told() -> None:
    xy = [[104.1, -2.1], [104.2, -2.2], [104.3, -2.3]]
    degrees = gpd.GeoSeries.from_xy(*zip(*xy, strict=True), crs=4326)
    with pytest.raises(DataError, match=r"in degrees.*Project them"):
        scan_statistic(degrees, [1, 2, 1], [9, 9, 9])
    metres = degrees.to_crs(32748)
    told = scan_statistic(metres, [1, 12, 1], [9, 9, 9], settings=QUIET).notes
    assert [(note.key, note.count) for note in told] == [("more_than_all", 1)]
    # cases above what was expected are the usual thing
    assert not scan_statistic(metres, [1, 12, 1], expected=[4, 5, 5], settings=QUIET).notes


def test_wrong_arguments_are_named(touching: NDArray[np.int64]) -> None:
    xy, cases, people = random_map(1)
    calls: list[tuple[dict[str, Any], str]] = [
        ({"model": "poison"}, 'Did you mean "poisson"'),
        ({"shape": "circle"}, 'Did you mean "circular"'),
        ({"shape": "flexible"}, "give `neighbors`"),
        ({"shape": "flexible", "settings": ScanSettings(k=16, neighbors=touching)}, "at most 15"),
        ({"shape": "flexible", "settings": ScanSettings(neighbors=touching)}, "no label"),
        ({"expected": people}, "replaces `population`"),
    ]
    for options, message in calls:
        with pytest.raises(ValueError, match=message):
            scan_statistic(xy, cases, people, **options)
    with pytest.raises(ValueError, match="Give `population`"):
        scan_statistic(xy, cases)
    with pytest.raises(ValueError, match="shape"):
        scan_statistic(xy, cases[:5], people)
    with pytest.raises(ValueError, match="different indexes"):
        scan_statistic(xy, pd.Series(cases), pd.Series(people)[::-1])
    with pytest.raises(ValueError, match="`max_population_share` must be above 0"):
        ScanSettings(max_population_share=0)
    with pytest.raises(DataError, match="Labels stand twice"):
        scan_statistic(xy, pd.Series(cases, index=[0] * 12), people)


def test_space_time_arguments() -> None:
    xy, cases, people = random_map(1)
    both = np.column_stack([cases, cases])
    with pytest.raises(ValueError, match="two waves"):
        scan_space_time(xy, cases, people)
    with pytest.raises(ValueError, match="`times` must name the 2 columns"):
        scan_space_time(xy, both, people, times=[2024])
    with pytest.raises(ValueError, match="draws from its model"):
        scan_space_time(xy, both, people, settings=ScanSettings(significance="permutation"))
    assert time_windows(4, share=0.5, kind="retrospective") == (
        (0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3),
    )  # fmt: skip
    assert time_windows(2, share=0.1, kind="prospective") == ((1, 1),)


def test_points_may_be_a_geoseries() -> None:
    xy, cases, people = random_map(2)
    index = [f"v{i}" for i in range(12)]
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), index=index, crs="EPSG:32748")
    found = first(scan_statistic(points, cases, people, settings=QUIET))
    plain = first(scan_statistic(xy, cases, people, settings=QUIET))
    assert found.members == tuple(f"v{i}" for i in plain.members)
    with pytest.raises(ValueError, match="representative_point"):
        scan_statistic(points.buffer(1), cases, people)


def test_few_of_many_places_use_a_tree() -> None:
    xy, cases, people = random_map(3, n=300)
    settings = ScanSettings(max_places=20, replicates=0, max_clusters=1)
    zones = [zone for zone in discs(xy) if len(zone) <= 20]
    score, zone = strongest(zones, cases, people)
    found = first(scan_statistic(xy, cases, people, settings=settings))
    assert found.log_likelihood_ratio == pytest.approx(score)
    assert ordered(found.members) == zone
