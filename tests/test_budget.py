"""Budgets: hand-made plans, every plan of small problems counted, and what must always hold."""

from __future__ import annotations

import ctypes
import itertools
import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.agencies.budget import BudgetRule, Plan, plan_budget
from sibangkit_geo.agencies.catalogue import load_costs, unit_costs
from sibangkit_geo.agencies.outlook import coverage_curve, sensitivity, years_to_finish
from sibangkit_geo.agencies.solver import without_prints
from sibangkit_geo.errors import ConfigError, DataError, MissingFileError

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ["place", "agency", "indicator"]
COST = pd.Series({"floor": 20.0, "water": 5.0})
NEED = BudgetRule()
DIVISIBLE = BudgetRule(whole_places=False)


def needs_of(*rows: tuple[str, str, float], **columns: list[float]) -> pd.DataFrame:
    """Place, indicator and households; floors are of perkimtan, water is of pupr."""
    table = pd.DataFrame(rows, columns=["place", "indicator", "unserved"])
    agency = table["indicator"].map({"floor": "perkimtan", "water": "pupr"})
    return table.assign(agency=agency, district=table["place"].str[:1], **columns)


def money(*perkimtan: float, pupr: tuple[float, ...] = ()) -> pd.DataFrame:
    years = range(2026, 2026 + len(perkimtan))
    rows = {"perkimtan": perkimtan, "pupr": pupr or (0.0,) * len(perkimtan)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(years), dtype=float)


# ---- by hand


def test_the_best_set_is_not_the_largest_need() -> None:
    needs = needs_of(("a1", "floor", 6), ("a2", "floor", 5), ("b1", "floor", 5))
    plan = plan_budget(needs, COST, ceilings=money(200.0), rule=NEED)
    assert plan.chosen["place"].tolist() == ["a2", "b1"]
    assert plan.chosen["cost"].tolist() == [100.0, 100.0]
    assert plan.left_out[["place", "households", "cost"]].to_numpy().tolist() == [["a1", 6, 120]]
    assert "lokasi lain" in plan.left_out["reason"].item()
    assert (plan.value, plan.gap, plan.notes) == (10.0, 0.0, ())


def test_years_run_in_order_and_nothing_is_served_twice() -> None:
    needs = needs_of(("a1", "floor", 6), ("a2", "floor", 5), ("b1", "floor", 5))
    plan = plan_budget(needs, COST, ceilings=money(120.0, 110.0, 500.0), rule=NEED)
    assert plan.chosen[["year", "place"]].to_numpy().tolist() == [
        [2026, "a1"], [2027, "a2"], [2028, "b1"],
    ]  # fmt: skip
    floors = plan.coverage[plan.coverage["agency"] == "perkimtan"]
    assert floors["households"].tolist() == [6, 11, 16]
    assert floors["share"].tolist() == pytest.approx([6 / 16, 11 / 16, 1])
    assert plan.left_out.empty
    spent = plan.spent[plan.spent["agency"] == "perkimtan"]
    assert spent["spent"].tolist() == [120, 100, 100]
    assert spent["left"].tolist() == [0, 10, 400]


def test_work_is_not_put_off_to_a_later_year() -> None:
    plan = plan_budget(needs_of(("a1", "floor", 2)), COST, ceilings=money(40.0, 900.0), rule=NEED)
    assert plan.chosen["year"].tolist() == [2026]


def test_divisible_needs_use_the_ceiling_up() -> None:
    needs = needs_of(("a1", "floor", 6), ("a2", "floor", 5))
    plan = plan_budget(needs, COST, ceilings=money(130.0, 20.0), rule=DIVISIBLE)
    assert plan.chosen["households"].tolist() == pytest.approx([6, 0.5, 1])
    assert plan.left_out["households"].tolist() == pytest.approx([3.5])
    assert "sebagian" in plan.left_out["reason"].item()


def test_severity_and_excess_change_the_choice() -> None:
    needs = needs_of(
        ("a1", "floor", 5), ("a2", "floor", 4), severity=[0.2, 0.5], excess=[-3.0, 1.0]
    )
    for objective, value in (("severity", 2.0), ("excess", 1.0)):
        rule = BudgetRule(objective=objective)  # type: ignore[arg-type]
        plan = plan_budget(needs, COST, ceilings=money(100.0), rule=rule)
        assert (plan.chosen["place"].tolist(), plan.value) == (["a2"], value)


def test_money_left_over_serves_needs_without_excess() -> None:
    needs = needs_of(("a1", "floor", 5), ("a2", "floor", 4), excess=[-3.0, 1.0])
    plan = plan_budget(needs, COST, ceilings=money(200.0), rule=BudgetRule(objective="excess"))
    assert (plan.left_out.empty, plan.value) == (True, 1.0)


def test_a_floor_goes_before_the_total() -> None:
    needs = needs_of(("a1", "floor", 6), ("b1", "floor", 2), ("b2", "floor", 3))
    free = plan_budget(needs, COST, ceilings=money(120.0), rule=NEED)
    bound = plan_budget(needs, COST, ceilings=money(120.0), rule=BudgetRule(floor_per_district=0.3))
    assert free.value == 6
    # 2 of 6 and 2 of 5 are asked, and one of them must fall short by 2: then the total decides
    assert bound.chosen["place"].tolist() == ["a1"]
    assert bound.districts.loc["b", "short"] == 2
    assert [note.key for note in bound.notes] == ["floor_not_reached"]
    assert "30%" in bound.notes[0].text
    assert "(b): kurang 2" in bound.notes[0].text


def test_a_floor_that_fits_costs_some_of_the_total() -> None:
    needs = needs_of(("a1", "floor", 6), ("a2", "floor", 6), ("b1", "floor", 5))
    assert plan_budget(needs, COST, ceilings=money(240.0), rule=NEED).value == 12
    rule = BudgetRule(floor_per_district=0.4)
    plan = plan_budget(needs, COST, ceilings=money(240.0), rule=rule)
    # 5 of 12 households are asked in a, 2 of 5 in b
    assert plan.districts["required"].tolist() == [5, 2]
    assert (plan.value, plan.notes) == (11, ())
    assert "b1" in plan.chosen["place"].tolist()


def test_reasons_are_told_apart() -> None:
    needs = needs_of(
        ("a1", "floor", 50), ("a2", "floor", 0), ("a3", "floor", float("nan")), ("a4", "water", 1)
    )
    ceilings = money(100.0)
    plan = plan_budget(needs, COST, ceilings=ceilings, rule=NEED)
    reasons = plan.left_out.set_index("place")["reason"]
    assert "melebihi pagu" in reasons["a1"]
    assert "tidak ada kebutuhan" in reasons["a2"]
    assert "belum ada datanya" in reasons["a3"]
    assert "nol" in reasons["a4"]
    plan = plan_budget(needs, COST, ceilings=ceilings.drop("pupr"), rule=NEED)
    assert "belum diisi" in plan.left_out.set_index("place")["reason"]["a4"]
    assert {note.key for note in plan.notes} == {"no_ceiling", "no_data"}


def test_nothing_to_do_and_nothing_to_spend() -> None:
    needs = needs_of(("a1", "floor", 4), ("b1", "floor", 2))
    for rule in (NEED, DIVISIBLE, BudgetRule(floor_per_district=0.5)):
        poor = plan_budget(needs, COST, ceilings=money(0.0, 0.0), rule=rule)
        assert (poor.chosen.empty, len(poor.left_out), poor.gap) == (True, 2, 0)
        idle = plan_budget(needs.assign(unserved=0), COST, ceilings=money(90.0), rule=rule)
        assert (idle.chosen.empty, idle.value, idle.gap) == (True, 0, 0)
    assert plan_budget(needs.iloc[:0], COST, ceilings=money(9.0), rule=NEED).chosen.empty


def test_rupiah_in_the_billions_do_not_slip_through_the_tolerance() -> None:
    needs = needs_of(("a1", "floor", 100), ("a2", "floor", 101))
    cost = pd.Series({"floor": 20_000_001.0})
    enough = 201 * 20_000_001.0
    for ceiling, value in ((enough, 201), (enough - 1, 101)):
        assert plan_budget(needs, cost, ceilings=money(ceiling), rule=NEED).value == value


def test_when_time_is_over_the_gap_is_told() -> None:
    sizes = np.random.default_rng(7).integers(10**5, 10**6, 300)
    needs = needs_of(*[(f"a{at}", "floor", float(one)) for at, one in enumerate(sizes)])
    ceilings = money(*[float(sizes.sum()) * 2] * 4)
    plan = plan_budget(needs, COST, ceilings=ceilings, rule=BudgetRule(time_limit=1e-6))
    assert 0 < plan.gap < 1
    assert [note.key for note in plan.notes] == ["gap"]
    assert (plan.spent["left"] >= 0).all()
    assert plan.value > 0


# ---- refusals


def test_a_missing_unit_cost_is_named_with_its_remedy() -> None:
    needs = needs_of(("a1", "floor", 4), ("a1", "water", 4))
    with pytest.raises(ConfigError, match=r"for: water\. State rupiah per household"):
        plan_budget(needs, COST.drop("water"), ceilings=money(9.0), rule=NEED)
    with pytest.raises(ConfigError, match="twice: floor"):
        plan_budget(needs, pd.concat([COST, COST[:1]]), ceilings=money(9.0), rule=NEED)


def test_wrong_rows_are_refused_all_at_once() -> None:
    needs = needs_of(
        ("a1", "floor", 4), ("a1", "floor", 5), ("a2", "floor", -1), ("a3", "floor", 1)
    )
    with pytest.raises(DataError) as caught:
        plan_budget(needs, COST, ceilings=money(9.0), rule=NEED)
    assert caught.value.rows is not None
    assert caught.value.rows.index.tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="no column severity"):
        plan_budget(needs, COST, ceilings=money(9.0), rule=BudgetRule(objective="severity"))
    for wrong in (money(float("nan")), money(-1.0), pd.concat([money(1.0), money(1.0)])):
        with pytest.raises(DataError, match="eilings"):
            plan_budget(needs[3:], COST, ceilings=wrong, rule=NEED)


def test_wrong_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="Known: excess, need, severity"):
        BudgetRule(objective="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="floor_per_district"):
        BudgetRule(floor_per_district=1.5)


# ---- what must always hold

ITEM = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["floor", "water"]),
    st.integers(0, 9),
    st.integers(1, 9),
)
ITEMS = st.lists(ITEM, min_size=1, max_size=8).map(
    lambda items: needs_of(
        *[(f"{where}{at}", kind, float(size)) for at, (where, kind, size, _) in enumerate(items)],
        severity=[weight / 10 for *_, weight in items],
    )
)
AMOUNTS = st.tuples(*[st.integers(0, 400).map(float)] * 4)
RULES = st.builds(
    BudgetRule,
    objective=st.sampled_from(["need", "severity"]),
    floor_per_district=st.sampled_from([0.0, 0.0, 0.25, 0.6]),
    whole_places=st.booleans(),
)
SLOW = settings(max_examples=30, deadline=None)


def ceilings_of(amounts: tuple[float, ...]) -> pd.DataFrame:
    return money(*amounts[:2], pupr=amounts[2:])


def brute_force(
    needs: pd.DataFrame, ceilings: pd.DataFrame, rule: BudgetRule
) -> tuple[float, float]:
    """Least shortfall, then highest value, over every assignment of items to years."""
    weight = needs["severity"] if rule.objective == "severity" else 1.0
    value = (needs["unserved"] * weight).to_numpy()
    cost = (needs["unserved"] * needs["indicator"].map(COST.to_dict())).to_numpy()
    need = needs.groupby("district")["unserved"].sum()
    asked = np.ceil(need * rule.floor_per_district - 1e-6).to_numpy()
    of_district = need.index.to_numpy()[:, None] == needs["district"].to_numpy()
    year = np.array(list(itertools.product((-1, 0, 1), repeat=len(needs))))
    allowed = np.ones(len(year), dtype=bool)
    for (agency, row), at in itertools.product(ceilings.iterrows(), (0, 1)):
        mine = (needs["agency"] == agency).to_numpy()
        allowed &= ((year == at) & mine) @ cost <= row.iloc[at]
    done = year[allowed] >= 0
    served = (done * needs["unserved"].to_numpy()) @ of_district.T
    short = (asked - served).clip(min=0).sum(axis=1)
    return short.min(), (done @ value)[short == short.min()].max()


@given(
    needs=ITEMS, amounts=AMOUNTS, floor=st.sampled_from([0.0, 0.3, 0.7]),
    objective=st.sampled_from(["need", "severity"]),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_it_is_as_good_as_counting_every_plan(
    needs: pd.DataFrame, amounts: tuple[float, ...], floor: float, objective: str
) -> None:
    rule = BudgetRule(objective=objective, floor_per_district=floor)  # type: ignore[arg-type]
    plan = plan_budget(needs, COST, ceilings=ceilings_of(amounts), rule=rule)
    short, value = brute_force(needs, ceilings_of(amounts), rule)
    assert plan.districts["short"].sum() == pytest.approx(short)
    assert plan.value == pytest.approx(value)
    assert plan.gap == 0


def fingerprint(plan: Plan) -> list[pd.DataFrame]:
    return [plan.chosen, plan.left_out, plan.coverage, plan.spent, plan.districts]


@given(needs=ITEMS, amounts=AMOUNTS, rule=RULES, seed=st.integers(0, 99))
@SLOW
def test_plans_are_complete_within_ceilings_and_of_no_order(
    needs: pd.DataFrame, amounts: tuple[float, ...], rule: BudgetRule, seed: int
) -> None:
    before = needs.copy()
    plan = plan_budget(needs, COST, ceilings=ceilings_of(amounts), rule=rule)
    pd.testing.assert_frame_equal(needs, before)
    assert (plan.spent["left"] >= -1e-6).all()
    both = pd.concat([plan.chosen, plan.left_out]).groupby(KEYS)["households"].sum()
    want = needs.set_index(KEYS)["unserved"].sort_index()
    pd.testing.assert_series_equal(both, want, check_names=False, check_dtype=False, atol=1e-5)
    if rule.whole_places:
        assert not plan.chosen.duplicated(KEYS).any()
    shuffled = needs.sample(frac=1, random_state=seed)
    again = plan_budget(shuffled, COST, ceilings=ceilings_of(amounts)[::-1], rule=rule)
    for one, other in zip(fingerprint(plan), fingerprint(again), strict=True):
        pd.testing.assert_frame_equal(one, other)


@given(needs=ITEMS, amounts=AMOUNTS, rule=RULES, which=st.integers(0, 3), more=st.integers(1, 200))
@SLOW
def test_a_higher_ceiling_never_reaches_less(
    needs: pd.DataFrame, amounts: tuple[float, ...], rule: BudgetRule, which: int, more: int
) -> None:
    raised = tuple(one + more * (at == which) for at, one in enumerate(amounts))
    low, high = (
        plan_budget(needs, COST, ceilings=ceilings_of(one), rule=rule) for one in (amounts, raised)
    )
    # the floor goes first: money may close a shortfall instead of raising the total
    closed = low.districts["short"].sum() - high.districts["short"].sum()
    assert closed >= -0.01
    assert closed > 0.001 or high.value >= low.value - 0.001


# ---- paths


def test_years_to_finish_by_hand() -> None:
    names = ["floor", "roof", "none", "fast"]
    years = years_to_finish(
        pd.Series([100.0, 5.0, 0.0, 10.0], names),
        pd.Series([30.0, 10.0, 0.0, 10.0], names),
        decay=pd.Series([5.0, 10.0, 3.0, 0.0], names),
    )
    # 100 / (30 - 5) = 4; capacity no more than decay: never; nothing to do; within the year
    assert years["text"].tolist() == ["4", "tidak selesai", "0", "1"]
    assert years["years"].isna().tolist() == [False, True, False, False]


def test_capacity_by_year_and_in_rupiah() -> None:
    backlog = pd.Series({"floor": 100.0, "water": 10.0})
    rupiah = pd.DataFrame({2026: [1000.0, 50.0], 2027: [400.0, 0.0]}, index=backlog.index)
    # floor: 50, then 20 a year: 50 + 20 + 20 + 10, four years; water: 10 in the first year
    assert years_to_finish(backlog, rupiah, unit_cost=COST)["years"].tolist() == [4, 1]
    with pytest.raises(DataError, match="Backlog"):
        years_to_finish(backlog, rupiah.iloc[:1])


@given(backlog=st.integers(1, 300), capacity=st.integers(0, 40), decay=st.integers(0, 40))
def test_years_agree_with_walking_through_them(backlog: int, capacity: int, decay: int) -> None:
    one = [pd.Series({"x": float(n)}) for n in (backlog, capacity, decay)]
    found = years_to_finish(one[0], one[1], decay=one[2])["text"].item()
    left, year = backlog, 0
    while left > 0 and year < 400:
        left, year = left + decay - capacity, year + 1
    assert found == (str(year) if left <= 0 else "tidak selesai")


def test_curve_and_sensitivity_by_hand() -> None:
    needs = needs_of(("a1", "floor", 6), ("a2", "floor", 5))
    curve = coverage_curve(needs, COST, ceilings=money(100.0), rule=NEED, factors=(0, 1, 1.2, 2.2))
    assert curve["households"].tolist() == [0, 5, 6, 11]
    assert curve["share"].iloc[-1] == 1
    prices = sensitivity(needs, COST, ceilings=money(100.0), rule=NEED)
    # 16 rupiah: the six cost 96; 20: the five cost 100; 24: the five cost 120
    assert prices["households"].to_dict() == {0.8: 6, 1.0: 5, 1.2: 0}


# ---- unit costs


def test_every_unit_cost_says_that_it_is_assumed() -> None:
    costs = load_costs()
    assert set(costs["status"]) == {"asumsi"}
    assert costs["note"].str.startswith("Asumsi").all()
    assert costs.loc["floor", "rupiah"] == 20_000_000
    assert unit_costs(["water_share", "roof"], costs=costs).index.tolist() == [
        "water_share",
        "roof",
    ]
    with pytest.raises(ConfigError, match='Did you mean "water"'):
        unit_costs(["watre_share"], costs=costs)


def test_wrong_cost_files_tell_everything(tmp_path: Path) -> None:
    file = tmp_path / "biaya.toml"
    entry = '[[cost]]\nkey="a"\nlabel="A"\nrupiah={}\ndelivers=["{}"]\nstatus="asumsi"\nnote=""\n'
    file.write_text(entry.format(0, "bank") + entry.format(5, "banks") + "[[cost]]\nkei='b'\n")
    with pytest.raises(ConfigError) as caught:
        load_costs(file)
    wrong = ("rupiah must be", '"banks". Did you mean "bank"', '"kei" in [[cost]] number 3. Did')
    for part in wrong:
        assert part in str(caught.value)
    file.write_text(entry.format(1, "bank") * 2)
    with pytest.raises(ConfigError, match='"a" is listed twice'):
        load_costs(file)
    file.write_text("x =")
    with pytest.raises(ConfigError, match="not a TOML file"):
        load_costs(file)
    with pytest.raises(MissingFileError):
        load_costs(tmp_path / "none.toml")


def test_what_a_compiled_library_prints_reaches_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    c = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    c.puts(b"before")
    with without_prints():
        c.puts(b"a leftover line")
    c.puts(b"after")
    c.fflush(None)
    assert capfd.readouterr().out.split() == ["before", "after"]
