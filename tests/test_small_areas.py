"""Rates of small areas: published values, intervals that hold, totals met, errors as simulated."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, sparse, special, stats

from sibangkit_geo.agencies.focus import wilson_interval
from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.benchmarks import (
    ReliabilityLimits,
    benchmark_ratio,
    official_figures_disagree,
    reliability,
)
from sibangkit_geo.indicators.small_areas import beta_binomial_rate, mixture_quantile
from sibangkit_geo.pockets.moran_gi import assuncao_reis_rates
from sibangkit_geo.stats.area_models import empirical_bayes_rate, fay_herriot

Floats = NDArray[np.float64]
MEAN = 0.1
NONE = np.nan


# ---- empirical Bayes


def _counties() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent / "data" / "nc_sids.csv", index_col="county")


def test_marshall_reproduces_the_published_rates_of_north_carolina() -> None:
    counties = _counties()
    assert (counties["cases"].sum(), counties["births"].sum()) == (667, 329_962)
    rates = empirical_bayes_rate(counties["cases"], counties["births"])
    # spdep's EBest on the same counts
    assert rates.round(8).tolist()[:3] == [0.00169730, 0.00170538, 0.00177309]


def test_local_marshall_is_the_global_one_of_each_neighbourhood() -> None:
    counties = _counties().head(12)
    x, y = counties["births"], counties["cases"]
    ring = sparse.csr_array(np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0))
    local = empirical_bayes_rate(y, x, adjacency=ring)
    for at in range(12):
        near = [(at - 1) % 12, at, (at + 1) % 12]
        alone = empirical_bayes_rate(y.iloc[near], x.iloc[near])
        assert local.iloc[at] == pytest.approx(alone.iloc[1], rel=1e-9)
    everybody = empirical_bayes_rate(y, x, adjacency=sparse.csr_array(np.ones((12, 12))))
    pd.testing.assert_series_equal(everybody, empirical_bayes_rate(y, x))


def test_marshall_leaves_villages_without_people_missing_and_out_of_the_mean() -> None:
    y, x = pd.Series([1.0, 0.0, 9.0, NONE]), pd.Series([10.0, 0.0, 30.0, 20.0])
    rates = empirical_bayes_rate(y, x)
    assert rates.isna().tolist() == [False, True, False, True]
    pd.testing.assert_series_equal(rates.iloc[[0, 2]], empirical_bayes_rate(y[[0, 2]], x[[0, 2]]))
    assert empirical_bayes_rate(y * 0, x).dropna().tolist() == [0, 0]
    with pytest.raises(ValueError, match="2 villages"):
        empirical_bayes_rate(y[:2], x[:2], adjacency=sparse.csr_array(np.eye(3)))


def test_assuncao_reis_reproduces_the_published_values() -> None:
    e = pd.Series([30, 25, 25, 15, 33, 21, 30, 20])
    b = pd.Series([100, 100, 110, 90, 100, 90, 110, 90])
    # spdep's EBImoran example
    assert assuncao_reis_rates(e, b).round(8).tolist()[:2] == [1.03843594, -0.04099089]


def test_assuncao_reis_replaces_only_a_negative_variance() -> None:
    # b = 13/110, rates 0.3 and 0.1, s2 = (10 (.3 - b)^2 + 100 (.1 - b)^2) / 110, by hand
    z = assuncao_reis_rates(pd.Series([3.0, 10.0]), pd.Series([10.0, 100.0]))
    mean, spread = 13 / 110, (10 * (0.3 - 13 / 110) ** 2 + 100 * (0.1 - 13 / 110) ** 2) / 110
    first, second = (spread - mean / 55 + mean / size for size in (10, 100))
    assert second > 0
    assert spread - mean / 55 > 0
    expected = [(0.3 - mean) / first**0.5, (0.1 - mean) / second**0.5]
    assert z.tolist() == pytest.approx(expected)
    # rates nearly alike: a = s2 - b / 55 < 0; the small village keeps v = a + b / 10,
    # the large one, a + b / 100 < 0, takes b / 100
    z = assuncao_reis_rates(pd.Series([2.0, 10.0]), pd.Series([10.0, 100.0]))
    mean, spread = 12 / 110, (10 * (0.2 - 12 / 110) ** 2 + 100 * (0.1 - 12 / 110) ** 2) / 110
    assert spread - mean / 55 + mean / 100 < 0
    small = (0.2 - mean) / (spread - mean / 55 + mean / 10) ** 0.5
    assert z.tolist() == pytest.approx([small, (0.1 - mean) / (mean / 100) ** 0.5])


def test_assuncao_reis_of_nobody_poor_is_zero_and_bad_counts_are_all_named() -> None:
    assert assuncao_reis_rates(pd.Series([0, 0]), pd.Series([5, 9])).tolist() == [0.0, 0.0]
    assert assuncao_reis_rates(pd.Series(dtype=float), pd.Series(dtype=float)).empty
    with pytest.raises(DataError) as caught:
        assuncao_reis_rates(pd.Series([1, -1, 2, 3]), pd.Series([0.0, 4.0, NONE, 9.0]))
    assert caught.value.rows is not None
    assert caught.value.rows.index.tolist() == [0, 1, 2]


# ---- beta-binomial


def _sizes(kind: str, villages: int, rng: np.random.Generator) -> Floats:
    if kind == "tiny":
        return rng.integers(3, 50, villages).astype(float)
    ends = np.array([[5, 50], [50, 500], [500, 8_000]])[np.arange(villages) % 3]
    return rng.integers(ends[:, 0], ends[:, 1]).astype(float)


def _rates(law: str, spread: float, villages: int, rng: np.random.Generator) -> Floats:
    if law == "logit":
        return np.asarray(special.expit(special.logit(MEAN) + spread * rng.normal(size=villages)))
    if spread == 0:
        return np.full(villages, MEAN)
    size = 1 / spread - 1
    rates = rng.beta(MEAN * size, (1 - MEAN) * size, villages)
    if law == "pockets":
        rates[:32] = np.minimum(rates[:32] * rng.uniform(2, 3, 32), 0.95)
    return rates


def _drawn(law: str, spread: float, kind: str, villages: int) -> pd.DataFrame:
    """Draw some 3,000 villages in maps of `villages`, and estimate each map."""
    rng = np.random.default_rng(20260101)
    maps = []
    for _ in range(3_000 // villages):
        n, p = _sizes(kind, villages, rng), _rates(law, spread, villages, rng)
        y = rng.binomial(n.astype(int), p).astype(float)
        table = beta_binomial_rate(pd.Series(y), pd.Series(n)).table
        inside = (table["low"] <= p) & (p <= table["high"])
        maps.append(table.assign(inside=inside, n=n, y=y))
    return pd.concat(maps, ignore_index=True)


# three standard errors of a share of 95 % among 3,000 villages, and among the 1,000 of a class
_OF_ALL, _OF_CLASS = 0.012, 0.021


@pytest.mark.parametrize(
    ("law", "spread", "kind", "villages"),
    [
        *(("beta", rho, "mixed", 300) for rho in (0.005, 0.01, 0.05, 0.2)),
        ("beta", 0.01, "mixed", 60),
        ("beta", 0.1, "mixed", 60),
        ("beta", 0.05, "tiny", 100),
        *(("logit", spread, "mixed", 300) for spread in (0.3, 0.6, 1.0)),
        ("pockets", 0.01, "mixed", 300),
    ],
)
def test_intervals_hold_the_probability_of_19_in_20_villages(
    law: str, spread: float, kind: str, villages: int
) -> None:
    drawn = _drawn(law, spread, kind, villages)
    low, high = (0.93, 0.97) if law == "beta" else (0.90, 0.98)
    assert low - _OF_ALL < drawn["inside"].mean() < high + _OF_ALL
    classes = pd.cut(drawn["n"], [0, 49, 500, np.inf])
    assert drawn.groupby(classes, observed=True)["inside"].mean().min() > 0.90 - _OF_CLASS
    if law == "beta":
        size = 1 / spread - 1
        shapes = MEAN * size + drawn["y"], (1 - MEAN) * size + drawn["n"] - drawn["y"]
        known = special.betaincinv(*shapes, 0.975) - special.betaincinv(*shapes, 0.025)
        assert (drawn["high"] - drawn["low"]).mean() < 1.3 * known.mean()


def test_intervals_are_cautious_where_all_villages_are_alike() -> None:
    drawn = _drawn("beta", 0.0, "mixed", 300)
    assert drawn["inside"].mean() > 0.97
    # far shorter than the villages' own
    low, high = wilson_interval(drawn["y"].to_numpy(), drawn["n"].to_numpy(), level=0.95)
    assert (drawn["high"] - drawn["low"]).mean() < 0.4 * (high - low).mean()


def test_fit_is_the_maximum_of_scipys_beta_binomial_likelihood() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(20, 900, 200)
    y = rng.binomial(n, rng.beta(4, 36, 200))

    def height(at: Floats) -> float:
        mean, size = special.expit(at[0]), np.exp(-at[1])
        prior = 0.5 * np.log(mean * (1 - mean))
        return -float(stats.betabinom.logpmf(y, n, mean * size, (1 - mean) * size).sum() + prior)

    best = optimize.minimize(height, [-2.0, -3.0], method="Nelder-Mead", tol=1e-10)
    fitted = beta_binomial_rate(pd.Series(y), pd.Series(n))
    assert fitted.mean == pytest.approx(special.expit(best.x[0]), rel=1e-4)
    assert fitted.rho == pytest.approx(special.expit(best.x[1]), rel=1e-3)


def test_posterior_is_that_of_a_brute_force_integral() -> None:
    y, n = np.array([1, 30, 12, 55, 9, 20.0]), np.array([4, 300, 100, 400, 150, 250.0])
    logit, odds = np.meshgrid(np.linspace(-6, 2, 401), np.linspace(-14, 4, 361), indexing="ij")
    mean, size = special.expit(logit), np.exp(-odds)
    a, b = mean * size, (1 - mean) * size
    log = sum(
        special.betaln(s + a, t - s + b) - special.betaln(a, b) for s, t in zip(y, n, strict=True)
    )
    rho = special.expit(odds)
    weight = np.exp(log - log.max()) * np.sqrt(mean * (1 - mean)) * rho * (1 - rho)
    weight /= weight.sum()
    table = beta_binomial_rate(pd.Series(y), pd.Series(n)).table
    for at in range(6):
        rate = (weight * (y[at] + a) / (n[at] + size)).sum()
        assert table["rate"].iloc[at] == pytest.approx(rate, rel=0.01)
        heights = [
            (weight * special.betainc(y[at] + a, n[at] - y[at] + b, table[end].iloc[at])).sum()
            for end in ("low", "high")
        ]
        assert heights == pytest.approx([0.025, 0.975], abs=0.004)


def test_mixture_quantile_inverts_the_distribution_it_is_given() -> None:
    mean, size = np.array([[0.1, 0.3], [1e-4, 0.02]]), np.array([[50.0, 8.0], [1e6, 3.0]])
    weight = np.array([0.7, 0.3])
    for probability in (0.025, 0.5, 0.975):
        x = mixture_quantile(probability, mean, size, weight)
        for row in range(2):
            laws = [
                stats.beta(m * s, (1 - m) * s) for m, s in zip(mean[row], size[row], strict=True)
            ]
            height = sum(w * law.cdf(x[row]) for w, law in zip(weight, laws, strict=True))
            assert height == pytest.approx(probability, abs=1e-6)


def test_villages_without_households_or_count_are_missing_and_do_not_matter() -> None:
    y = pd.Series([1.0, 30, 12, 55, 9, 20, 0, NONE], index=list("abcdefgh"))
    n = pd.Series([4.0, 300, 100, 400, 150, 250, 0, 70], index=list("abcdefgh"))
    table = beta_binomial_rate(y, n).table
    assert table.loc[["g", "h"]].isna().to_numpy().all()
    pd.testing.assert_frame_equal(table.head(6), beta_binomial_rate(y[:6], n[:6]).table)


@pytest.mark.parametrize(
    ("poor", "households"),
    [([3, 0, 4], [5, 9, 5]), ([0] * 20, [50] * 20), ([50] * 20, [50] * 20), ([1] * 6, [1] * 6)],
)
def test_villages_that_teach_nothing_stand_alone(poor: list[int], households: list[int]) -> None:
    y, n = pd.Series(poor), pd.Series(households)
    found = beta_binomial_rate(y, n)
    assert found.method == "jeffreys"
    assert np.isnan([found.mean, found.rho]).all()
    assert (found.table["shrinkage"] == 1).all()
    law = stats.beta(y + 0.5, n - y + 0.5)
    np.testing.assert_allclose(found.table["low"], np.minimum(law.ppf(0.025), law.mean()))
    np.testing.assert_allclose(found.table["high"], np.maximum(law.ppf(0.975), law.mean()))


def test_equal_villages_share_one_rate_and_no_spread_is_seen() -> None:
    found = beta_binomial_rate(pd.Series([5] * 20), pd.Series([50] * 20))
    assert (found.method, found.rho) == ("beta_binomial", 0.0)
    assert found.table.drop_duplicates().shape[0] == 1
    assert found.mean == pytest.approx(0.1, abs=0.001)
    assert found.table["high"].iloc[0] > 0.13  # not the bare pooled interval


def test_ten_million_households_know_their_rate_and_do_not_rule_the_others() -> None:
    y = pd.Series([1_000_000, *[15] * 10])
    n = pd.Series([10_000_000, *[50] * 10])
    table = beta_binomial_rate(y, n).table
    assert table["rate"].iloc[0] == pytest.approx(0.1, abs=1e-4)
    assert table["high"].iloc[0] - table["low"].iloc[0] < 4e-4
    assert table["rate"].iloc[1] > 0.2


def test_no_village_and_no_household_give_tables_without_numbers() -> None:
    assert beta_binomial_rate(pd.Series(dtype=float), pd.Series(dtype=float)).table.empty
    assert beta_binomial_rate(pd.Series([0] * 7), pd.Series([0] * 7)).table.isna().all(axis=None)


_MAPS = st.lists(
    st.tuples(st.integers(0, 400), st.floats(0, 1)).map(
        lambda one: (round(one[0] * one[1]), one[0])
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(drawn=_MAPS, seed=st.integers(0, 99))
def test_shrunken_rates_are_ordered_bounded_and_follow_their_rows(
    drawn: list[tuple[int, int]], seed: int
) -> None:
    counts = pd.DataFrame(drawn, columns=["y", "n"])
    table = beta_binomial_rate(counts["y"], counts["n"]).table
    known = table.dropna()
    assert len(known) == (counts["n"] > 0).sum()
    assert ((known["low"] >= 0) & (known["high"] <= 1)).all()
    assert ((known["low"] <= known["rate"]) & (known["rate"] <= known["high"])).all()
    assert known["shrinkage"].between(0, 1).all()
    mixed = counts.sample(frac=1, random_state=seed)
    again = beta_binomial_rate(mixed["y"], mixed["n"]).table.loc[counts.index]
    pd.testing.assert_frame_equal(table, again, rtol=1e-5, atol=1e-7)


def test_impossible_counts_and_levels_are_refused() -> None:
    with pytest.raises(DataError, match="rows: 2; first: 0, 2"):
        beta_binomial_rate(pd.Series([6, 1, -1]), pd.Series([5, 5, 5]))
    with pytest.raises(ValueError, match="indexed differently"):
        beta_binomial_rate(pd.Series([1]), pd.Series([5], index=["a"]))
    with pytest.raises(ValueError, match="`level`"):
        beta_binomial_rate(pd.Series([1]), pd.Series([5]), level=1.0)


# ---- intervals and masks


def test_wilson_solves_the_score_equation_and_knows_its_ends() -> None:
    count, n = np.array([0.0, 8, 10, 0]), np.array([10.0, 80, 10, 0])
    low, high = wilson_interval(count, n, level=0.9)
    z = stats.norm.ppf(0.95)
    for p in (low[1], high[1]):
        assert (p - 0.1) ** 2 == pytest.approx(z**2 * p * (1 - p) / 80)
    assert (low[0], high[2]) == (0.0, 1.0)
    # z2 / (n + z2) at a count of 0
    assert high[0] == pytest.approx(z**2 / (10 + z**2))
    assert np.isnan([low[3], high[3]]).all()


# ---- benchmarking


def test_ratio_holds_villages_at_everybody_and_scales_the_rest() -> None:
    e, w = pd.Series([0.1, NONE, 0.2, 0.6, 0.0]), pd.Series([10, 99, 10, 10, 10])
    # factor 2 would give 1.2 to the fourth: it is held at 1, and 6 = f (1 + 2)
    found = benchmark_ratio(e, w, total=16)
    assert found.round(12).fillna(-1).tolist() == [0.2, -1, 0.4, 1.0, 0.0]
    assert benchmark_ratio(e, w, total=0).dropna().tolist() == [0, 0, 0, 0]
    assert benchmark_ratio(e, w, total=30).dropna().tolist() == [1, 1, 1, 0]
    with pytest.raises(DataError, match="out of reach"):
        benchmark_ratio(e, w, total=31)


_ESTIMATES = st.lists(
    st.tuples(st.floats(0.001, 1), st.integers(1, 10_000)), min_size=1, max_size=20
)


@settings(max_examples=60, deadline=None)
@given(drawn=_ESTIMATES, share=st.floats(0, 1))
def test_benchmarks_meet_the_total_keep_the_order_and_do_nothing_twice(
    drawn: list[tuple[float, int]], share: float
) -> None:
    e, w = (pd.Series(column, dtype=float) for column in zip(*drawn, strict=True))
    total = share * w.sum()
    found = benchmark_ratio(e, w, total=total)
    assert (found * w).sum() == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert found.between(0, 1).all()
    assert (found[e.argsort()].diff().dropna() >= -1e-12).all()
    np.testing.assert_allclose(benchmark_ratio(found, w, total=total), found, atol=1e-9)


def test_official_figures_that_disagree_are_said_so() -> None:
    people = pd.Series([600, 400])
    assert official_figures_disagree(people, rate=0.1, count=100.9) == []
    (note,) = official_figures_disagree(people, rate=0.1, count=102)
    assert note.key == "official_figures_disagree"
    assert "100 jiwa" in note.text
    assert "102 jiwa" in note.text
    with pytest.raises(ValueError, match="0 to 1"):
        official_figures_disagree(people, rate=10, count=100)


# ---- Fay-Herriot

# expenditure on milk in 43 areas: major area, direct estimate, standard error (Arora & Lahiri
# 1997, Statistica Sinica 7(4), 1053-1063)
MILK = """
1 1.099 .163  1 1.075 .080  1 1.105 .083  1 .628 .109  1 .753 .119  1 .981 .141  1 1.257 .202
2 1.095 .127  2 1.405 .168  2 1.356 .178  2 .615 .100  2 1.460 .201  2 1.338 .148  2 .854 .143
3 1.176 .149  3 1.111 .145  3 1.257 .135  3 1.430 .172  3 1.278 .137  3 1.292 .163  3 1.002 .125
3 1.183 .247  3 1.044 .140  3 1.267 .171  3 1.193 .106  4 .791 .121  4 .795 .121  4 .759 .259
4 .796 .106  4 .565 .089  4 .886 .225  4 .952 .205  4 .807 .119  4 .582 .067  4 .684 .106
4 .787 .126  4 .440 .092  4 .759 .132  4 .770 .100  4 .800 .113  4 .756 .083  4 .865 .121
4 .640 .129
"""


def _milk() -> tuple[pd.Series, pd.Series, pd.DataFrame]:
    numbers = np.loadtxt(io.StringIO(MILK.replace("  ", " ").replace(" ", "\n").strip()))
    rows = pd.DataFrame(numbers.reshape(-1, 3), columns=["major", "direct", "error"])
    major = pd.DataFrame({k: (rows["major"] == k).astype(float) for k in (2, 3, 4)})
    return rows["direct"], rows["error"] ** 2, major


def test_fay_herriot_reproduces_the_published_milk_example() -> None:
    fit = fay_herriot(*_milk())
    assert len(fit.table) == 43
    # REML of the R package sae, which stops iterating at a relative change of 1e-4
    assert fit.variance == pytest.approx(0.01855022, rel=1e-5)
    beta = [0.9681890, 0.1327801, 0.2269462, -0.2413011]
    assert fit.coefficients["estimate"].tolist() == pytest.approx(beta, abs=2e-6)
    assert fit.table["estimate"].tolist()[:2] == pytest.approx([1.0219703, 1.0476018], abs=2e-6)


def test_variance_maximises_the_restricted_likelihood_written_out() -> None:
    y, d, x = _milk()
    design = np.column_stack([np.ones(43), x])

    def height(area: float) -> float:
        inverse = np.diag(1 / (d + area))
        cross = design.T @ inverse @ design
        residual = y - design @ np.linalg.solve(cross, design.T @ inverse @ y)
        logs = np.log(d + area).sum() + np.linalg.slogdet(cross)[1]
        return float(logs + residual @ inverse @ residual)

    best = optimize.minimize_scalar(
        height, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}
    )
    assert fay_herriot(y, d, x).variance == pytest.approx(best.x, abs=1e-6)


def test_balanced_areas_by_hand() -> None:
    # equal variances 1: A = s2 - 1 = 20/3 - 1, own weight A / (A + 1) = 0.85, mean 4, Q = s2 / 4
    y = pd.Series([1.0, 3.0, 5.0, 7.0, NONE])
    fit = fay_herriot(y, y * 0 + 1, pd.DataFrame(index=y.index))
    own, s2 = 0.85, 20 / 3
    assert fit.variance == pytest.approx(s2 - 1)
    assert fit.table["direct_weight"].tolist() == pytest.approx([own] * 4 + [0])
    assert fit.table["estimate"].tolist() == pytest.approx([1.45, 3.15, 4.85, 6.55, 4.0])
    g3 = 0.15**2 / s2 * 2 * s2**2 / 4
    assert fit.table["mse"].iloc[0] == pytest.approx(own + 0.15**2 * s2 / 4 + 2 * g3)
    assert fit.table["mse"].iloc[4] == pytest.approx(s2 - 1 + s2 / 4)
    assert fit.table["synthetic"].tolist() == [False] * 4 + [True]


def test_areas_more_alike_than_chance_get_no_variance() -> None:
    y = pd.Series([1.0, 1.1, 0.9, 1.0])
    fit = fay_herriot(y, y * 0 + 1, pd.DataFrame(index=y.index))
    assert fit.variance == 0.0
    assert fit.table["estimate"].tolist() == pytest.approx([1.0] * 4)
    assert (fit.table["mse"] > 0).all()


def test_mean_squared_error_is_that_of_many_surveys() -> None:
    rng = np.random.default_rng(11)
    x = pd.DataFrame({"x": np.linspace(0, 1, 30)})
    d = pd.Series(np.tile([0.3, 0.6, 1.2], 10))
    squared, claimed = np.zeros(30), np.zeros(30)
    for _ in range(400):
        truth = 1 + 2 * x["x"] + rng.normal(size=30)
        y = truth + np.sqrt(d) * rng.normal(size=30)
        y.iloc[::6] = NONE
        table = fay_herriot(y, d, x).table
        squared += (table["estimate"] - truth) ** 2 / 400
        claimed += table["mse"] / 400
    surveyed = np.arange(30) % 6 != 0
    for group in (surveyed, ~surveyed):
        assert claimed[group].mean() == pytest.approx(squared[group].mean(), rel=0.06)


def test_fay_herriot_names_what_it_cannot_use() -> None:
    y, d, x = _milk()
    with pytest.raises(DataError, match="first: 3"):
        fay_herriot(y, d, x.drop(3).reindex(x.index))
    with pytest.raises(DataError, match="first: 5"):
        fay_herriot(y, d.mask(d.index == 5, 0.0), x)
    with pytest.raises(DataError, match="depend on each other"):
        fay_herriot(y, d, x.assign(again=x[2] * 3))
    with pytest.raises(DataError, match="too few"):
        fay_herriot(y[:4], d[:4], x[:4])


@settings(max_examples=20, deadline=None)
@given(unit=st.floats(0.001, 1000), seed=st.integers(0, 99))
def test_fay_herriot_does_not_depend_on_unit_or_order(unit: float, seed: int) -> None:
    y, d, x = _milk()
    plain = fay_herriot(y, d, x).table
    order = y.sample(frac=1, random_state=seed).index
    other = fay_herriot(y[order] * unit, d[order] * unit**2, x.loc[order]).table.loc[y.index]
    np.testing.assert_allclose(other["estimate"], plain["estimate"] * unit, rtol=1e-6)
    np.testing.assert_allclose(other["mse"], plain["mse"] * unit**2, rtol=1e-5)


# ---- reliability


def test_reliability_follows_the_relative_error_and_near_zero_the_absolute_one() -> None:
    rate = pd.Series([0.10, 0.10, 0.10, 0.10, 0.001, 0.001, 0.001, 0.0, 1.0, NONE])
    error = pd.Series([0.025, 0.026, 0.05, 0.051, 0.005, 0.01, 0.011, 0.0, 0.0, 0.01])
    good, care, unusable = "baik", "hati-hati", "tidak dapat dipakai"
    expected = [good, care, care, unusable, good, care, unusable, unusable, unusable, unusable]
    assert reliability(rate, error).tolist() == expected
    strict = ReliabilityLimits(good=0.1, care=0.2, near_zero=0.0)
    assert set(reliability(rate, error, limits=strict)) == {unusable}


def test_reliability_refuses_per_cent_and_crossed_limits() -> None:
    with pytest.raises(DataError, match="not per cent"):
        reliability(pd.Series([12.0]), pd.Series([1.0]))
    with pytest.raises(ValueError, match="good <= care"):
        ReliabilityLimits(good=0.6)


def test_a_village_of_few_households_is_less_reliable_than_a_large_one() -> None:
    rng = np.random.default_rng(2)
    n = pd.Series([6, 5_000, *rng.integers(50, 900, 60)])
    y = pd.Series(rng.binomial(n, 0.1 * rng.gamma(2, 0.5, 62)))
    table = beta_binomial_rate(y, n).table
    classes = reliability(table["rate"], table["standard_error"])
    assert classes.iloc[0] != "baik"
    assert classes.iloc[1] == "baik"
