"""Rates and targets: published figures, gaps, and shares worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sibangkit_geo.agencies.budget import BudgetRule, Plan, plan_budget
from sibangkit_geo.agencies.targets import (
    ExitAssumption,
    load_series,
    package_effect,
    persons_to_leave,
    series_table,
    single_digit_year,
)
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.products.web.front_page import _official

if TYPE_CHECKING:
    from pathlib import Path

REGENCY, PROVINCE, NATION, PLANNED = load_series()
ASSUMED = ExitAssumption(
    exit_share_low=0.1, exit_share_high=0.5, poor_share=0.5, household_size=4.0
)


# ---- series


def test_the_front_page_repeats_what_is_uncertain_about_a_figure() -> None:
    series = series_table(load_series(), range(2020, 2027))
    figures = _official(cast("Any", SimpleNamespace(series=series)))
    under = {title: lines for title, _, lines in figures}
    values = {title: value for title, value, _ in figures}
    assert values["Indonesia"] == "8,47%"
    assert under["Indonesia"][1:] == ["Maret 2025."]
    assert len(under["Kabupaten Banyuasin"]) == 1
    # a target that nobody has written down stands beside nothing
    assert PLANNED.label in set(series["label"])
    assert PLANNED.label not in values


def test_published_figures() -> None:
    rates = {year: round(rate * 100, 2) for year, rate in REGENCY.figures["rate"].items()}
    assert rates == {2020: 11.17, 2021: 10.75, 2022: 10.0, 2023: 9.58, 2024: 9.31, 2025: 8.48}
    assert REGENCY.figures[["people", "line"]].to_numpy()[-1].tolist() == [77_630, 560_840]
    assert REGENCY.figures["status"].to_dict()[2022] == "turunan"
    assert PROVINCE.figures.loc[2020, "status"] == "tahun tidak dinyatakan"
    assert "tidak menyatakan tahun" in str(PROVINCE.figures.loc[2020, "note"])
    # BPS, March of each year
    nation = {year: round(rate * 100, 2) for year, rate in NATION.figures["rate"].items()}
    assert nation == {2020: 9.78, 2021: 10.14, 2022: 9.54, 2023: 9.36, 2024: 9.03, 2025: 8.47}


def test_a_missing_year_is_said_to_be_missing() -> None:
    table = series_table(load_series(), [2024, 2025, 2026]).set_index(["series", "year"])
    text, rate = table["text"].to_dict(), table["rate"].to_dict()
    assert text["regency", 2025] == "8,48%"
    assert text["province", 2025] == "10,15%"
    for gap in (("province", 2024), ("nation", 2026), ("regency", 2026), ("rpjmd", 2025)):
        assert (text[gap], table.loc[gap, "status"]) == ("belum diisi", "belum diisi")
        assert np.isnan(rate[gap])
    assert len(table) == 12


def test_single_digit_was_reached_in_2023() -> None:
    found = single_digit_year(REGENCY)
    assert found.year == 2023
    assert found.rate == pytest.approx(0.0958)
    assert "satu digit tercapai pada tahun 2023, dengan 9,58%" in found.text
    never = single_digit_year(PROVINCE)
    assert never.year is None
    assert "belum tercapai" in never.text
    with pytest.raises(ValueError, match="published"):
        single_digit_year(PLANNED)


def test_wrong_files_tell_everything(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    head = '[[series]]\nkey="a"\nlabel="A"\narea=""\nkind="target"\nsource="s"\n'
    file.write_text(
        head + 'figure=[{year=2026, rate_percent=120.0, status="target"}]\n'
        "[[series]]\nkey='a'\nlable='A'\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_series(file)
    for part in ("rate_percent of 2026", '"lable" in [[series]] number 2. Did you mean "label"'):
        assert part in str(caught.value)
    file.write_text(head + 'figure=[{year=2026, rate_percent=7.5, status="target"}]\n')
    assert load_series(file)[0].figures["rate"].to_dict() == {2026: pytest.approx(0.075)}


# ---- persons to leave


def test_persons_to_leave_by_hand() -> None:
    poor = pd.Series({"b": 25.0, "a": 25.0, "c": 50.0})
    found = persons_to_leave(poor, poor * 10, current_rate=0.1, target_rate=0.095, base=1000.0)
    # 5 persons: quotas 1.25, 1.25, 2.5; the largest remainder is c's
    assert found.total == 5
    assert found.places["leave"].to_dict() == {"b": 1, "a": 1, "c": 3}
    assert found.places.loc["c", "share_of_people"] == pytest.approx(3 / 500)
    assert "5 orang harus keluar" in found.text
    assert "bukan angka resmi" in found.text.replace("\n", " ")
    # 2 persons: 0.5, 0.5, 1; the lower place goes first
    few = persons_to_leave(poor, poor * 10, current_rate=0.1, target_rate=0.098, base=1000.0)
    assert few.places["leave"].to_dict() == {"b": 0, "a": 1, "c": 1}


def test_from_2025_to_8_per_cent() -> None:
    poor = pd.Series({"x": 50_000.0, "y": 27_630.0})
    base = 77_630 / 0.0848
    found = persons_to_leave(poor, poor * 12, current_rate=0.0848, target_rate=0.08, base=base)
    # 77,630 x (1 - 8 / 8.48) = 4,394.2
    assert found.total == 4395
    assert found.places["leave"].sum() == 4395


def test_a_target_behind_us_asks_nobody() -> None:
    poor = pd.Series({"x": 0.0, "y": 0.0})
    found = persons_to_leave(poor, poor, current_rate=0.08, target_rate=0.09, base=100.0)
    assert (found.total, found.places["leave"].tolist()) == (0, [0, 0])
    assert "sudah tercapai" in found.text


def test_wrong_estimates_are_refused() -> None:
    poor = pd.Series({"x": 10.0, "y": 90.0})
    with pytest.raises(DataError, match="rows: 1; first: y"):
        persons_to_leave(
            poor, pd.Series({"x": 20.0, "y": 80.0}), current_rate=0.1, target_rate=0, base=10
        )
    with pytest.raises(DataError, match="Benchmark"):
        persons_to_leave(poor, poor, current_rate=0.2, target_rate=0.1, base=2000)
    with pytest.raises(ValueError, match="base"):
        persons_to_leave(poor, poor, current_rate=0.2, target_rate=0.1, base=0)


@given(poor=st.lists(st.integers(0, 999), min_size=1, max_size=9), part=st.floats(0, 1))
def test_parts_add_up_and_stay_near_their_quota(poor: list[int], part: float) -> None:
    table = pd.Series([float(one) for one in poor], [f"p{at}" for at in range(len(poor))])
    base = max(1.0, table.sum() * 10)
    rate = table.sum() / base
    options = {"current_rate": rate, "target_rate": rate * part, "base": base}
    found = persons_to_leave(table, table, **options)
    leave = found.places["leave"]
    assert leave.sum() == found.total
    assert ((leave - table * found.total / max(1.0, table.sum())).abs() < 1).all()
    again = persons_to_leave(table[::-1], table, **options)
    pd.testing.assert_series_equal(again.places["leave"][::-1], leave)


# ---- package


def plan() -> Plan:
    needs = pd.DataFrame(
        {
            "place": ["a", "a", "b"], "agency": "perkimtan", "unserved": [30, 20, 10],
            "indicator": ["floor", "roof", "floor"],
        }
    )  # fmt: skip
    ceilings = pd.DataFrame({2026: {"perkimtan": 60.0}})
    cost = pd.Series({"floor": 1.0, "roof": 1.0})
    return plan_budget(needs, cost, ceilings=ceilings, rule=BudgetRule())


def test_effect_of_a_package_by_hand() -> None:
    effect = package_effect(plan(), assumption=ASSUMED, current_rate=0.1, base=10_000.0)
    # the 20 roofs of a are among its 30 floors, or not
    assert (effect.households_low, effect.households_high) == (40, 60)
    # 40 x 0.5 x 0.1 x 4 = 8 and 60 x 0.5 x 0.5 x 4 = 60 of 10,000 persons
    assert (effect.persons_low, effect.persons_high) == pytest.approx((8, 60))
    assert (effect.rate_low, effect.rate_high) == pytest.approx((0.094, 0.0992))
    for part in ("8 sampai 60 orang", "Asumsi pengguna", "9,92% sampai 9,40%"):
        assert part in effect.text


def test_no_more_leave_than_are_poor() -> None:
    effect = package_effect(plan(), assumption=ASSUMED, current_rate=0.001, base=10_000.0)
    assert (effect.persons_high, effect.rate_low) == (10, 0)
    with pytest.raises(ValueError, match="base"):
        package_effect(plan(), assumption=ASSUMED, current_rate=0.1, base=0)


def test_assumptions_must_be_stated_and_sensible() -> None:
    with pytest.raises(TypeError, match="exit_share_low"):
        ExitAssumption(exit_share_high=1, poor_share=1, household_size=4)  # type: ignore[call-arg]
    for low, poor, size in ((0.6, 1, 4), (0.1, 2, 4), (0.1, 1, 0)):
        with pytest.raises(ValueError, match="must be 0 to 1"):
            ExitAssumption(low, 0.5, poor, size)
