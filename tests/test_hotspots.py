"""Local and global statistics: published values, esda side by side, permutations, hard inputs."""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.graph import Neighbors, from_pairs, weight_matrix
from sibangkit_geo.pockets.local import bonferroni, class_labels, false_discovery_rate, shared_draws
from sibangkit_geo.pockets.moran_gi import (
    assuncao_reis_rates,
    local_gi,
    local_gi_star,
    local_moran,
    local_moran_rates,
)
from sibangkit_geo.pockets.neighbors import neighbors_within
from sibangkit_geo.pockets.pysal import to_graph
from sibangkit_geo.stats.geary import local_geary, local_geary_multivariate
from sibangkit_geo.stats.global_statistics import global_g, morans_i
from sibangkit_geo.stats.graph_files import read_gal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sibangkit_geo.pockets.local import Alternative

SIX = [(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)]
SIX_VALUES = pd.Series([2, 3, 3.2, 5, 8, 7])


@pytest.fixture
def esda() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("libpysal")
        yield pytest.importorskip("esda")


def six_points() -> Neighbors:
    x, y = zip(*SIX, strict=True)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs="EPSG:32748")
    return neighbors_within(points, distance_m=15)


def random_map(seed: int, *, count: int = 150) -> tuple[pd.Series, Neighbors]:
    """Draw positive values and a graph of about six neighbors, text labels, rows shuffled."""
    rng = np.random.default_rng(seed)
    points = rng.random((count, 2)) * 1000
    labels = [f"16.07.01.{2000 + i}" for i in rng.permutation(count)]
    places = gpd.GeoDataFrame(
        index=labels, geometry=gpd.points_from_xy(*points.T), crs="EPSG:32748"
    )
    return pd.Series(rng.gamma(2, size=count), index=labels), neighbors_within(
        places, distance_m=1100 / count**0.5 * 1.2
    )


def weighted(near: Neighbors) -> Neighbors:
    rng = np.random.default_rng(5)
    return Neighbors(near.pairs, near.isolates, near.ids, rng.random(len(near.pairs)) + 0.1)


def conditional(
    values: np.ndarray[Any, Any], near: Neighbors, draws: int, seed: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Lags of the row-standardised graph and their conditional replicates, village by village."""
    rng = np.random.default_rng(seed)
    matrix = weight_matrix(near).toarray()
    matrix /= matrix.sum(axis=1, keepdims=True)
    lags = np.empty((len(values), draws))
    for i in range(len(values)):
        others = np.delete(values, i)
        row = np.delete(matrix[i], i)
        for r in range(draws):
            lags[i, r] = row @ rng.permutation(others)
    return matrix @ values, lags


# ---- published values


def test_getis_ord_six_points() -> None:
    near = six_points()
    assert global_g(SIX_VALUES, near).value == pytest.approx(0.55709779, abs=5e-9)
    z = local_gi(SIX_VALUES, near, permutations=0).villages["z"]
    published = [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
    assert z.to_numpy() == pytest.approx(published, abs=5e-8)
    star = local_gi_star(SIX_VALUES, near, permutations=0).villages["z"]
    published = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    assert star.to_numpy() == pytest.approx(published, abs=5e-8)


def test_gi_scores_do_not_depend_on_the_scale_of_a_row() -> None:
    near = six_points()
    for statistic in (local_gi, local_gi_star):
        row = statistic(SIX_VALUES, near, transform="row", permutations=0).villages["z"]
        binary = statistic(SIX_VALUES, near, permutations=0).villages["z"]
        assert row.to_numpy() == pytest.approx(binary.to_numpy())


def test_assuncao_reis_rates() -> None:
    events = pd.Series([30, 25, 25, 15, 33, 21, 30, 20])
    people = pd.Series([100, 100, 110, 90, 100, 90, 110, 90])
    found = assuncao_reis_rates(events, people)
    published = [1.03843594, -0.04099089, -0.56250375, -1.73061861]
    assert found.head(4).to_numpy() == pytest.approx(published, abs=5e-9)


def test_columbus_crime() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        examples = pytest.importorskip("libpysal.examples")
        table = gpd.read_file(examples.get_path("columbus.shp"))
        gal = examples.get_path("columbus.gal")
    from pathlib import Path  # noqa: PLC0415 - only here

    crime = pd.Series(table["CRIME"].to_numpy(), index=table["POLYID"].astype(int).astype(str))
    near = read_gal(Path(gal), ids=crime.index)
    found = morans_i(crime, near)
    assert found.value == pytest.approx(0.500188557, abs=5e-10)
    assert found.expected == pytest.approx(-0.0208333, abs=5e-8)
    assert found.variance_randomisation == pytest.approx(0.008689289, abs=5e-10)


# ---- esda side by side


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("weigh", [False, True])
def test_local_moran_equals_esda(esda: Any, seed: int, *, weigh: bool) -> None:
    values, near = random_map(seed)
    near = weighted(near) if weigh else near
    for transform, theirs in (("row", "r"), ("binary", "B")):
        ours = local_moran(values, near, transform=transform, permutations=0).villages  # type: ignore[arg-type]
        peer = esda.Moran_Local(
            values.to_numpy(), to_graph(near), transformation=theirs, permutations=0
        )
        n = len(values)
        assert ours["statistic"].to_numpy() == pytest.approx(peer.Is, abs=1e-9)
        assert ours["expected"].to_numpy() * n / (n - 1) == pytest.approx(peer.EIc, abs=1e-9)
        assert ours["variance"].to_numpy() * (n / (n - 1)) ** 2 == pytest.approx(peer.VIc, abs=1e-9)
        named = pd.Series(peer.q, index=ours.index).map({1: "HH", 2: "LH", 3: "LL", 4: "HL"})
        assert ours["kind"].tolist() == named.tolist()


@pytest.mark.parametrize("seed", [3, 4])
def test_g_geary_and_global_statistics_equal_esda(esda: Any, seed: int) -> None:
    values, near = random_map(seed)
    graph, x = to_graph(near), values.to_numpy()
    for transform, theirs in (("row", "R"), ("binary", "B")):
        for statistic, star in ((local_gi, False), (local_gi_star, True)):
            ours = statistic(values, near, transform=transform, permutations=0).villages  # type: ignore[arg-type]
            peer = esda.G_Local(x, graph, transform=theirs, star=star, permutations=0)
            assert ours["statistic"].to_numpy() == pytest.approx(peer.Gs, abs=1e-9)
            if theirs == "B":
                assert ours["z"].to_numpy() == pytest.approx(peer.Zs, abs=1e-9)
    geary = local_geary(values, near, permutations=0).villages["statistic"]
    peer = esda.Geary_Local(connectivity=graph, permutations=0).fit(x)
    # esda returns them sorted by label
    assert geary.sort_index().to_numpy() == pytest.approx(peer.localG, abs=1e-9)
    table = pd.DataFrame({"a": values, "b": np.roll(x, 3), "c": x**2})
    several = local_geary_multivariate(table, near, permutations=0).villages["statistic"]
    peer = esda.Geary_Local_MV(connectivity=graph, permutations=0).fit(table.T.to_numpy())
    assert several.to_numpy() == pytest.approx(peer.localG, abs=1e-9)
    whole, moran = esda.G(x, graph, permutations=0), esda.Moran(x, graph, permutations=0)
    ours_g, ours_i = global_g(values, near), morans_i(values, near)
    assert [ours_g.value, ours_g.expected, ours_g.z] == pytest.approx(
        [whole.G, whole.EG, whole.z_norm], abs=1e-9
    )
    assert [ours_i.value, ours_i.variance_randomisation, ours_i.variance_normality, ours_i.z] == (
        pytest.approx([moran.I, moran.VI_rand, moran.VI_norm, moran.z_rand], abs=1e-9)
    )


def test_rates_equal_esda(esda: Any) -> None:
    values, near = random_map(6)
    people = pd.Series(np.random.default_rng(1).integers(60, 900, len(values)), index=values.index)
    events = (people * 0.1 * values / values.mean()).round()
    ours = local_moran_rates(events, people, near, permutations=0).villages
    peer = esda.Moran_Local_Rate(
        events.to_numpy(), people.to_numpy(), to_graph(near), permutations=0
    )
    assert ours["statistic"].to_numpy() == pytest.approx(peer.Is, abs=1e-9)


def test_permutation_p_equals_esda_within_monte_carlo_error(
    esda: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as written: to compile the peer takes longer than all its draws
    for name in ("crand", "moran", "getisord"):
        module = importlib.import_module(f"{esda.__name__}.{name}")
        for key, one in list(vars(module).items()):
            if hasattr(one, "py_func"):
                monkeypatch.setattr(module, key, one.py_func)
    monkeypatch.setattr(f"{esda.__name__}.crand.boolean", bool)
    values, near = random_map(7, count=80)
    draws = 4999
    graph, x = to_graph(near), values.to_numpy()
    peers = {
        "moran": esda.Moran_Local(x, graph, permutations=draws, seed=1).p_sim,
        "gi": esda.G_Local(x, graph, transform="B", permutations=draws, seed=1, n_jobs=1).p_sim,
    }
    results = {
        "moran": local_moran(values, near, permutations=draws),
        "gi": local_gi(values, near, permutations=draws),
    }
    for name, theirs in peers.items():
        # esda takes the smaller side without doubling it
        ours = results[name].villages["p_permutation"].to_numpy() / 2
        level = np.clip(theirs, 1 / draws, 0.5)
        score = (ours - theirs) / np.sqrt(2 * level * (1 - level) / draws)
        # near one half the smaller side flips; with one neighbor the observed sum is one of the
        # values, and esda loses such ties to rounding
        within = (theirs < 0.45) & (results[name].villages["n_neighbors"] > 1).to_numpy()
        assert np.abs(score[within]).max() < 4.5
        assert score[within].std() < 1.3


# ---- permutations


@pytest.mark.parametrize("weigh", [False, True])
def test_permutation_p_equals_a_plain_loop_on_a_small_map(*, weigh: bool) -> None:
    # few villages: they are often drawn as their own neighbor, and must be put right
    values, near = random_map(8, count=14)
    near = weighted(near) if weigh else near
    draws = 4000
    x = values.to_numpy()
    lag, lags = conditional((x - x.mean()) / x.std(), near, draws, seed=2)
    slow = {
        "greater": (1 + (lags >= lag[:, None] - 1e-12).sum(axis=1)) / (1 + draws),
        "less": (1 + (lags <= lag[:, None] + 1e-12).sum(axis=1)) / (1 + draws),
    }
    linked = np.setdiff1d(np.arange(14), near.isolates)
    sides: tuple[Alternative, ...] = ("greater", "less")
    for side in sides:
        fast = local_gi(
            values,
            near,
            transform="row",
            alternative=side,
            permutations=9999,
        ).villages["p_permutation"]
        assert fast.to_numpy()[linked] == pytest.approx(slow[side][linked], abs=0.04)


def test_geary_permutation_p_equals_a_plain_loop() -> None:
    values, near = random_map(9, count=16)
    draws, rng = 3000, np.random.default_rng(3)
    z = ((values - values.mean()) / values.std(ddof=0)).to_numpy()
    matrix = weight_matrix(near).toarray()
    matrix /= matrix.sum(axis=1, keepdims=True)
    found = local_geary(values, near, alternative="less", permutations=9999).villages
    for i in set(range(16)) - set(near.isolates):
        row, others = np.delete(matrix[i], i), np.delete(z, i)
        sums = np.array([row @ (z[i] - rng.permutation(others)) ** 2 for _ in range(draws)])
        observed = found["statistic"].iloc[i]
        assert observed == pytest.approx(matrix[i] @ (z[i] - z) ** 2)
        slow = (1 + (sums <= observed + 1e-12).sum()) / (1 + draws)
        assert found["p_permutation"].iloc[i] == pytest.approx(slow, abs=0.045)
        assert found["expected"].iloc[i] == pytest.approx(sums.mean(), abs=6 * sums.std() / 50)
        assert found["variance"].iloc[i] == pytest.approx(sums.var(), rel=0.25)


def test_equal_and_nearly_equal_weights_agree() -> None:
    values, near = random_map(10)
    plain = local_moran(values, near, seed=4).villages["p_permutation"]
    nudged = Neighbors(
        near.pairs, near.isolates, near.ids, np.linspace(1.0, 1.0 + 1e-9, len(near.pairs))
    )
    assert local_moran(values, nudged, seed=4).villages["p_permutation"].tolist() == plain.tolist()
    one = local_geary(values, near, seed=4).villages["p_permutation"]
    assert local_geary(values, nudged, seed=4).villages["p_permutation"].tolist() == one.tolist()


def test_under_no_association_p_is_uniform() -> None:
    rng = np.random.default_rng(1)
    low = []
    for seed in range(30):
        values, near = random_map(seed + 100, count=100)
        shuffled = pd.Series(rng.permutation(values.to_numpy()), index=values.index)
        p = local_moran(shuffled, near, permutations=199, seed=seed).villages["p_permutation"]
        low.append((p <= 0.1).mean())
    assert np.mean(low) == pytest.approx(0.1, abs=0.02)


def test_draws_are_distinct_uniform_and_repeatable() -> None:
    for count, length in ((9, 9), (5_000_000, 8)):
        draws = shared_draws(count, length, 300, seed=2)
        assert draws.shape == (300, length)
        assert (np.diff(np.sort(draws, axis=1)) > 0).all()
        assert draws.tolist() == shared_draws(count, length, 300, seed=2).tolist()
        assert draws.mean() == pytest.approx((count - 1) / 2, rel=0.1)
    each = np.bincount(shared_draws(9, 3, 9000, seed=1).ravel())
    assert each == pytest.approx(np.full(9, 3000), abs=200)


def test_ties_count_on_both_sides() -> None:
    # nine of ten values are equal, so the observed lag is nearly always met
    near = from_pairs(range(10), [[i, (i + 1) % 10] for i in range(10)])
    values = pd.Series([0.1] * 9 + [1.0])
    p = local_gi(values, near, permutations=99).villages["p_permutation"]
    assert p[4] == 1.0


# ---- corrections and labels


def test_corrections_by_hand() -> None:
    p = pd.Series([0.01, 0.02, 0.03, 0.5, np.nan], index=list("edcba"), name="p")
    assert false_discovery_rate(p).to_dict() == pytest.approx(
        {"e": 0.04, "d": 0.04, "c": 0.04, "b": 0.5, "a": np.nan}, nan_ok=True
    )
    assert bonferroni(p).tolist() == pytest.approx([0.04, 0.08, 0.12, 1.0, np.nan], nan_ok=True)
    with pytest.raises(ValueError, match="between 0 and 1"):
        bonferroni(pd.Series([1.2]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_fdr_rejects_what_the_step_up_rule_rejects(p_values: list[float], q: float) -> None:
    ranked = np.sort(p_values)
    passed = np.flatnonzero(ranked <= q * np.arange(1, len(ranked) + 1) / len(ranked) * (1 - 1e-12))
    count = passed.max() + 1 if len(passed) else 0
    adjusted = false_discovery_rate(pd.Series(p_values))
    assert (adjusted <= q).sum() >= count
    assert (adjusted <= q * (1 - 1e-9)).sum() <= max(count, (adjusted <= q).sum())


def test_a_hot_block_is_labelled_and_the_layer_says_it_is_not_controlled(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    from sibangkit_geo.pockets.neighbors import queen  # noqa: PLC0415 - only here

    rates = np.random.default_rng(2).normal(10, 1, 144)
    block = [12 * y + x for y in (4, 5, 6) for x in (4, 5, 6)]
    rates[block] += 12
    villages = grid(12, 1, 10)
    near = queen(villages)
    values = pd.Series(rates, index=villages.index)
    found = local_moran(values, near)
    label = class_labels(found)
    assert (label.iloc[block] == "HH").all()
    strict = class_labels(found, p="analytic", correction="bonferroni")
    # villages beside the block that happen to lie below the mean are LH
    assert set(strict.unique()) <= {"HH", "LH", "tidak signifikan"}
    assert (strict.iloc[block] == "HH").sum() >= 7
    assert found.notes[0].key == "not_error_controlled"
    assert class_labels(local_gi_star(values, near)).iloc[block[4]] == "high"
    assert local_geary(values, near).villages["kind"].iloc[block[4]] == "HH"


def test_labels_need_what_they_read() -> None:
    values, near = random_map(1)
    plain = local_moran(values, near, permutations=0)
    with pytest.raises(ValueError, match="no permutations"):
        class_labels(plain)
    with pytest.raises(ValueError, match="alpha"):
        class_labels(plain, alpha=0, p="analytic")


# ---- hard inputs


@pytest.mark.parametrize("statistic", [local_moran, local_gi, local_gi_star, local_geary])
def test_an_isolate_has_no_statistic_and_is_never_significant(
    statistic: Callable[..., Any],
) -> None:
    near = from_pairs(list("abcdef"), [[0, 1], [1, 2], [2, 3], [3, 4]], isolates=[5])
    values = pd.Series([1.0, 2, 4, 3, 9, 50], index=list("abcdef"))
    found = statistic(values, near)
    assert found.villages.loc["f"].drop(["n_neighbors"]).isna().all()
    assert found.villages.drop("f")["statistic"].notna().all()
    assert class_labels(found, alpha=1.0)["f"] == "tidak signifikan"
    assert [note.count for note in found.notes if note.key == "isolates_without_statistic"] == [1]


@pytest.mark.parametrize("statistic", [local_moran, local_gi, local_gi_star, local_geary])
@pytest.mark.parametrize("count", [1, 2, 6])
def test_equal_values_or_few_villages_give_nothing(
    statistic: Callable[..., Any], count: int
) -> None:
    near = from_pairs(range(count), [[i, i + 1] for i in range(count - 1)])
    found = statistic(pd.Series([0.1] * count), near)
    assert found.villages[["statistic", "p_permutation", "p_analytic"]].isna().all().all()
    assert "statistic_undefined" in [note.key for note in found.notes]
    assert np.isnan(morans_i(pd.Series([0.1] * count), near).value)
    assert np.isnan(global_g(pd.Series([0.1] * count), near).z)


def test_a_village_that_neighbors_all_others() -> None:
    near = from_pairs(range(6), [[0, i] for i in range(1, 6)])
    p = local_gi(pd.Series([1.0, 2, 3, 4, 5, 7]), near, permutations=199).villages["p_permutation"]
    # the sum over all others never changes
    assert p[0] == 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1000), st.floats(-5, 5))
def test_row_order_and_unit_change_nothing(seed: int, scale: float, shift: float) -> None:
    values, near = random_map(11, count=60)
    order = np.random.default_rng(seed).permutation(60)
    plain = local_moran(values, near, permutations=99).villages
    changed = local_moran(values.iloc[order] * scale + shift, near, permutations=99).villages
    assert changed.index.tolist() == values.index[order].tolist()
    columns = ["statistic", "z", "p_permutation"]
    np.testing.assert_allclose(
        changed.loc[plain.index, columns].to_numpy(float), plain[columns].to_numpy(float), atol=1e-7
    )


def test_strange_villages_missing_values_and_wrong_options_are_refused(tmp_path: Path) -> None:
    assert tmp_path.is_dir()
    values, near = random_map(12, count=20)
    first = values.index[0]
    with pytest.raises(DataError, match=f"different villages.*{first}"):
        local_moran(values.drop(first), near)
    with pytest.raises(DataError, match=f"without a value.*{first}"):
        local_moran(values.mask(values.index == first), near)
    with pytest.raises(DataError, match="stand twice"):
        local_moran(pd.concat([values, values.head(1)]), near)
    with pytest.raises(DataError, match="at least 0"):
        local_gi(values - 100, near)
    with pytest.raises(ValueError, match="transform"):
        local_moran(values, near, transform="R")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alternative"):
        local_moran(values, near, alternative="both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 0"):
        local_moran(values, near, permutations=-1)
    with pytest.raises(ValueError, match="at least one column"):
        local_geary_multivariate(pd.DataFrame(), near)
    with pytest.raises(DataError, match="without household"):
        assuncao_reis_rates(pd.Series([1]), pd.Series([0]))
    with pytest.raises(ValueError, match="indexed differently"):
        assuncao_reis_rates(pd.Series([1]), pd.Series([2], index=[5]))


def test_nobody_poor_gives_rates_of_zero() -> None:
    assert assuncao_reis_rates(pd.Series([0, 0]), pd.Series([5, 9])).tolist() == [0.0, 0.0]
    with pytest.raises(DataError, match=r"wordy count.*rows: 1; first: 1\)"):
        assuncao_reis_rates(pd.Series([1, "x"]), pd.Series([5, 9]))
    with pytest.raises(DataError, match="shares, not counts"):
        assuncao_reis_rates(pd.Series([0.1, 0.2]), pd.Series([1, 1]))
    near = from_pairs([0, 1, 2], [[0, 1], [1, 2]])
    with pytest.raises(DataError, match=r"is no number.*rows: 1; first: 2\)"):
        local_moran(pd.Series([1, 2, "x"]), near, permutations=0)
    told = local_moran_rates(pd.Series([1, 2, 9]), pd.Series([5, 5, 5]), near, permutations=0)
    assert [n.count for n in told.notes if n.key == "more_than_all"] == [1]
