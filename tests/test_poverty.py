"""Poverty of spending and survey errors: published values, values by hand, and properties."""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sibangkit_geo.errors import DataError
from sibangkit_geo.stats.poverty import (
    foster_greer_thorbecke,
    headcount_ratio,
    poverty_estimate,
    poverty_gap,
    poverty_severity,
    sen_shorrocks_thon,
    watts,
)
from sibangkit_geo.stats.survey import SurveyDesign, SurveyEstimate, change, survey_estimate

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURES = (headcount_ratio, poverty_gap, poverty_severity, sen_shorrocks_thon, watts)
A, B = "16.07.01.2001", "16.07.01.2002"
# village A: one person at 300, three at 600; village B: two at 200 of a line of 400
HOMES = pd.DataFrame(
    {"spending": [300.0, 600.0, 200.0], "by": [A, A, B], "people": [1, 3, 2]},
    index=["h-9", "h-3", "h-7"],
)
HAUGHTON_KHANDKER = pd.Series([100.0, 110.0, 150.0, 160.0])
AMOUNTS = st.lists(
    st.tuples(st.integers(1, 300), st.integers(1, 6), st.integers(1, 3)), min_size=1, max_size=12
)


def village_values(measure: Callable[..., pd.Series | float]) -> dict[str, float]:
    found = measure(**HOMES, poverty_line=400.0)
    assert isinstance(found, pd.Series)
    assert found.index.name == "village_code"
    return {str(code): float(value) for code, value in found.items()}


def number(found: pd.Series | float) -> float:
    assert isinstance(found, float)
    return found


def test_indices_of_haughton_and_khandker_2009() -> None:
    found = [
        number(one(HAUGHTON_KHANDKER, poverty_line=125.0))
        for one in (headcount_ratio, poverty_gap, poverty_severity)
    ]
    assert found == pytest.approx([0.5, 0.08, 0.0136])


def test_watts_of_the_same_four_people_is_a_mean_of_two_logarithms() -> None:
    expected = (log(125 / 100) + log(125 / 110)) / 4
    assert watts(HAUGHTON_KHANDKER, poverty_line=125.0) == pytest.approx(expected)


def test_sen_shorrocks_thon_by_hand() -> None:
    # n = 4, gaps 0.2 and 0.12: (7 * 0.2 + 5 * 0.12) / 16
    assert sen_shorrocks_thon(HAUGHTON_KHANDKER, poverty_line=125.0) == pytest.approx(0.125)
    # everybody with nothing: gaps 1, no inequality among them
    assert sen_shorrocks_thon(pd.Series([0.0, 0.0]), poverty_line=9.0) == pytest.approx(1.0)


def test_villages_count_people_not_households() -> None:
    assert village_values(headcount_ratio) == {A: 0.25, B: 1.0}
    assert village_values(poverty_gap) == {A: 0.0625, B: 0.5}
    assert village_values(poverty_severity) == {A: 0.015625, B: 0.25}
    assert village_values(watts) == pytest.approx({A: log(4 / 3) / 4, B: log(2)})
    # A: gap 0.25 of the worst of four people, rank 7 of 16; B: no inequality
    assert village_values(sen_shorrocks_thon) == pytest.approx({A: 0.25 * 7 / 16, B: 0.5})


def test_spending_at_the_line_is_not_poor() -> None:
    for measure in MEASURES:
        assert measure(pd.Series([125.0, 126.0]), poverty_line=125.0) == 0.0


def test_survey_weight_multiplies_people() -> None:
    weights = pd.Series([3.0, 1.0, 1.0], index=HOMES.index)
    found = headcount_ratio(
        HOMES["spending"], poverty_line=400.0, people=HOMES["people"], weight=weights
    )
    assert found == pytest.approx((3 * 1 + 2) / (3 * 1 + 3 + 2))


@given(AMOUNTS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_a_row_of_weight_w_counts_as_w_rows_in_any_order(
    rows: list[tuple[int, int, int]], chance: np.random.Generator
) -> None:
    repeated = [float(one) for one, people, weight in rows for _ in range(people * weight)]
    chance.shuffle(repeated)
    spending, people, weight = (
        pd.Series(part, dtype="float64") for part in zip(*rows, strict=True)
    )
    for measure in MEASURES:
        assert measure(spending, poverty_line=150.0, people=people, weight=weight) == pytest.approx(
            number(measure(pd.Series(repeated), poverty_line=150.0))
        )


@given(AMOUNTS, st.floats(0.01, 100))
@settings(deadline=None, max_examples=50)
def test_the_currency_unit_does_not_matter(rows: list[tuple[int, int, int]], scale: float) -> None:
    # off the line by half a unit, where rounding cannot make anyone poor
    spending = pd.Series([one[0] + 0.5 for one in rows])
    for measure in MEASURES:
        plain = number(measure(spending, poverty_line=150.0))
        assert measure(spending * scale, poverty_line=150.0 * scale) == pytest.approx(plain)


@given(AMOUNTS)
@settings(deadline=None, max_examples=50)
def test_sen_shorrocks_thon_is_the_gap_times_one_plus_gini(
    rows: list[tuple[int, int, int]],
) -> None:
    spending = pd.Series([float(one[0]) for one in rows])
    gaps = np.clip(1 - spending.to_numpy() / 150.0, 0, None)
    differences = np.abs(gaps[:, None] - gaps).sum() / (2 * len(gaps) ** 2)
    assert sen_shorrocks_thon(spending, poverty_line=150.0) == pytest.approx(
        gaps.mean() + differences
    )


@given(AMOUNTS)
@settings(deadline=None, max_examples=50)
def test_additive_measures_of_villages_average_to_the_whole(
    rows: list[tuple[int, int, int]],
) -> None:
    table = pd.DataFrame(rows, columns=["spending", "people", "village"]).astype("float64")
    place = "v" + table["village"].astype(str)
    share = table["people"].groupby(place).sum() / table["people"].sum()
    for measure in (headcount_ratio, poverty_gap, poverty_severity, watts):
        parts = measure(table["spending"], poverty_line=150.0, people=table["people"], by=place)
        whole = measure(table["spending"], poverty_line=150.0, people=table["people"])
        assert isinstance(parts, pd.Series)
        assert float((parts * share).sum()) == pytest.approx(number(whole))


def test_wrong_rows_are_all_named_and_inputs_stay_as_they_were() -> None:
    before = HOMES.copy()
    for measure in MEASURES:
        measure(**HOMES, poverty_line=400.0)
        with pytest.raises(DataError, match=r"`spending`, `people` \(rows: 2; first: h-9, h-3\)"):
            measure(
                **HOMES.assign(spending=[np.nan, 1.0, 2.0], people=[1, np.nan, 2]),
                poverty_line=400.0,
            )
        with pytest.raises(DataError, match=r"`people` must be above 0 .*first: h-7"):
            measure(**HOMES.assign(people=[1, 1, 0]), poverty_line=400.0)
        with pytest.raises(DataError, match=r"`spending` must be at least 0 .*first: h-3"):
            measure(**HOMES.assign(spending=[1.0, -1.0, 0.0]), poverty_line=400.0)
        with pytest.raises(DataError, match="no row"):
            measure(pd.Series([], dtype="float64"), poverty_line=400.0)
        with pytest.raises(ValueError, match="`poverty_line` must be above 0"):
            measure(HAUGHTON_KHANDKER, poverty_line=0.0)
        with pytest.raises(ValueError, match="indexed differently"):
            measure(HAUGHTON_KHANDKER, poverty_line=1.0, people=HOMES["people"])
    pd.testing.assert_frame_equal(HOMES, before)


def test_watts_refuses_spending_of_nothing_and_offers_another_measure() -> None:
    with pytest.raises(DataError, match=r"infinite \(rows: 1; first: h-7\).*poverty_severity"):
        watts(**HOMES.assign(spending=[1.0, 2.0, 0.0]), poverty_line=400.0)


def test_negative_aversion_is_refused() -> None:
    for alpha in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="`alpha`"):
            foster_greer_thorbecke(HAUGHTON_KHANDKER, poverty_line=125.0, alpha=alpha)
        with pytest.raises(ValueError, match="`alpha`"):
            poverty_estimate(HAUGHTON_KHANDKER, poverty_line=125.0, alpha=alpha)


def test_error_of_a_mean_of_rows_drawn_one_by_one_is_the_textbook_one() -> None:
    values = pd.Series([2.0, 4.0, 9.0, 1.0, 4.0])
    found = survey_estimate(values, pd.Series(1.0, index=values.index))
    error = values.std(ddof=1) / sqrt(5)
    assert found.standard_error == pytest.approx(error)
    assert found.high - found.estimate == pytest.approx(stats.t.ppf(0.975, 4) * error)
    assert found.low + found.high == pytest.approx(2 * found.estimate)
    assert (found.clusters, found.degrees_of_freedom) == (5, 4)


def test_error_of_unequal_clusters_by_hand() -> None:
    # clusters of 1, 2 and 3 people with 1, 1 and 1 poor: ratio 0.5, scores 0.5, 0, -0.5
    numerator = pd.Series([1.0, 1, 0, 1, 0, 0])
    found = survey_estimate(
        numerator, pd.Series(1.0, index=numerator.index), cluster=pd.Series(list("abbccc"))
    )
    assert found.estimate == pytest.approx(0.5)
    # three clusters, so 3 / 2, times two squares of 0.5, over the 6 people squared
    assert found.standard_error == pytest.approx(sqrt(1.5 * 0.5 / 36))
    assert found.degrees_of_freedom == 2


def test_strata_take_the_difference_between_them_out_of_the_error() -> None:
    values = pd.Series([1.0, 1.0, 0.0, 0.0])
    ones = pd.Series(1.0, index=values.index)
    stratum = pd.Series(["north", "north", "south", "south"])
    # the same cluster names in both strata are four clusters
    cluster = pd.Series([1, 2, 1, 2])
    found = survey_estimate(values, ones, cluster=cluster, stratum=stratum)
    assert found.standard_error == pytest.approx(0.0)
    assert (found.clusters, found.degrees_of_freedom) == (4, 2)


def test_linear_error_agrees_with_the_jackknife_on_many_clusters() -> None:
    chance = np.random.default_rng(16_07)
    cluster = np.repeat(np.arange(120), chance.integers(3, 9, 120))
    people = chance.integers(1, 8, len(cluster)).astype(float)
    rate = chance.beta(2, 6, 120)[cluster]
    poor = people * (chance.random(len(cluster)) < rate)
    weight = chance.uniform(5, 15, len(cluster))
    found = survey_estimate(
        pd.Series(poor),
        pd.Series(people),
        weight=pd.Series(weight),
        cluster=pd.Series(cluster),
    )
    top, base = (np.bincount(cluster, weights=weight * one) for one in (poor, people))
    left_out = (top.sum() - top) / (base.sum() - base)
    jackknife = sqrt(119 / 120 * ((left_out - left_out.mean()) ** 2).sum())
    assert found.standard_error == pytest.approx(jackknife, rel=0.01)


@given(st.floats(0.01, 1000))
@settings(deadline=None, max_examples=20)
def test_the_scale_of_the_weights_does_not_matter(scale: float) -> None:
    weight = pd.Series([1.0, 2.0, 3.0])
    poor, people = pd.Series([1.0, 0.0, 2.0]), pd.Series([2.0, 2.0, 5.0])
    plain = survey_estimate(poor, people, weight=weight)
    scaled = survey_estimate(poor, people, weight=weight * scale)
    assert scaled.estimate == pytest.approx(plain.estimate)
    assert scaled.standard_error == pytest.approx(plain.standard_error)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    cluster = pd.Series(np.repeat(np.arange(20), 5))
    ones = pd.Series(1.0, index=cluster.index)
    held = 0
    for _ in range(300):
        rate = chance.beta(3, 6, 20)[cluster]
        found = survey_estimate(
            pd.Series((chance.random(100) < rate).astype(float)), ones, cluster=cluster
        )
        held += found.low <= 1 / 3 <= found.high
    # 95 % of 300 is 285; three binomial errors are 11
    assert 273 <= held <= 297


def test_survey_refuses_what_has_no_variance_or_no_base() -> None:
    ones = pd.Series([1.0, 1.0, 1.0], index=["r-1", "r-2", "r-3"])
    stratum = pd.Series(["north", "north", "south"], index=ones.index)
    with pytest.raises(DataError, match=r"one cluster .*south.*first: r-3.*Join it"):
        survey_estimate(ones, ones, stratum=stratum)
    with pytest.raises(DataError, match="one cluster"):
        survey_estimate(ones, ones, cluster=pd.Series("only", index=ones.index))
    with pytest.raises(DataError, match="adds up to nothing"):
        survey_estimate(ones, ones * 0)
    with pytest.raises(DataError, match="`weight` must be above 0"):
        survey_estimate(ones, ones, weight=ones * 0)
    with pytest.raises(DataError, match="`cluster`"):
        survey_estimate(ones, ones, cluster=pd.Series(["a", None, "b"], index=ones.index))
    with pytest.raises(ValueError, match="`level`"):
        survey_estimate(ones, ones, level=95)
    with pytest.raises(ValueError, match="`level`"):
        SurveyDesign(level=1.0)


def test_poverty_estimate_is_the_index_with_an_error() -> None:
    design = SurveyDesign(weight=pd.Series([3.0, 1.0, 1.0], index=HOMES.index), level=0.9)
    for alpha in (0, 1, 2):
        found = poverty_estimate(
            HOMES["spending"],
            poverty_line=400.0,
            alpha=alpha,
            people=HOMES["people"],
            design=design,
        )
        assert found.estimate == pytest.approx(
            number(
                foster_greer_thorbecke(
                    HOMES["spending"],
                    poverty_line=400.0,
                    alpha=alpha,
                    people=HOMES["people"],
                    weight=design.weight,
                )
            )
        )
        reach = stats.t.ppf(0.95, 2) * found.standard_error
        assert found.high == pytest.approx(found.estimate + reach)


def estimate(value: float, error: float, freedom: int = 40) -> SurveyEstimate:
    return SurveyEstimate(value, error, value, value, freedom + 1, freedom)


def test_change_adds_variances_and_takes_the_freedom_of_welch() -> None:
    found = change(estimate(0.40, 0.03, 10), estimate(0.10, 0.04, 20), years=2)
    assert found.difference == pytest.approx(-0.3)
    assert found.standard_error == pytest.approx(0.05)
    freedom = 0.05**4 / (0.03**4 / 10 + 0.04**4 / 20)
    assert found.degrees_of_freedom == pytest.approx(freedom)
    assert found.high == pytest.approx(-0.3 + stats.t.ppf(0.975, freedom) * 0.05)
    assert found.significant
    assert found.relative == pytest.approx(-0.75)
    # a quarter of it is left after two years: half each year
    assert found.annual == pytest.approx(-0.5)


def test_change_without_years_without_error_and_from_nothing() -> None:
    same = change(estimate(0.2, 0.0), estimate(0.2, 0.0))
    assert (same.difference, same.standard_error, same.significant) == (0.0, 0.0, False)
    assert np.isnan(same.annual)
    risen = change(estimate(0.0, 0.0), estimate(0.2, 0.01), years=1)
    assert risen.significant
    assert np.isnan([risen.relative, risen.annual]).all()
    with pytest.raises(ValueError, match="`years`"):
        change(estimate(0.2, 0.1), estimate(0.2, 0.1), years=0)
    with pytest.raises(ValueError, match="`level`"):
        change(estimate(0.2, 0.1), estimate(0.2, 0.1), level=0)
