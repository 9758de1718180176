"""Needs of places, leading agencies, convergence and targeting: three villages by three needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.agencies.catalogue import ActionRule
from sibangkit_geo.agencies.focus import agency_roles, place_needs, targeting_errors, village_needs
from sibangkit_geo.model.types import Indicator, VillageIndicators

if TYPE_CHECKING:
    import geopandas as gpd

NOTHING = float("nan")
A, B, C = "16.07.01.2001", "16.07.01.2002", "16.07.01.2003"
RULE = ActionRule(minimum_ratio=1.2, minimum_excess=5)


def need(key: str, agency: str) -> Indicator:
    return Indicator(
        f"{key}_share", key, "percent", "high", "rumah tangga", agency, "u", 2025,
        f"unserved_{key}", base_column=f"known_{key}",
    )  # fmt: skip


def measured(villages: gpd.GeoDataFrame) -> VillageIndicators:
    """A lacks floors, B assistance, C nothing much; six villages have no data."""
    rest = [NOTHING] * 6
    table = villages.assign(
        known_floor=[100.0, 100.0, 200.0, *rest],
        deprived_floor=[60.0, 10.0, 10.0, *rest],
        unserved_floor=[60.0, 10.0, 10.0, *rest],
        known_aid=[100.0, 100.0, 200.0, *rest],
        deprived_aid=[50.0, 60.0, 40.0, *rest],
        unserved_aid=[10.0, 50.0, 20.0, *rest],
        served_aid=[45.0, 10.0, 30.0, *rest],
        known_papers=[100.0, 100.0, 200.0, *rest],
        deprived_papers=[30.0, 20.0, 10.0, *rest],
        unserved_papers=[30.0, 20.0, 10.0, *rest],
    )
    for key in ("floor", "aid", "papers"):
        table[f"{key}_share"] = table[f"unserved_{key}"] / table[f"known_{key}"]
    indicators = (need("floor", "perkimtan"), need("aid", "dinsos"), need("papers", "disdukcapil"))
    return VillageIndicators(table, indicators, ())


def of_villages(villages: gpd.GeoDataFrame) -> pd.DataFrame:
    needs = village_needs(measured(villages))
    return place_needs(needs, pd.Series({one: one for one in (A, B, C)}))


def test_needs_by_hand(villages: gpd.GeoDataFrame) -> None:
    table = of_villages(villages)
    rows = {(row["place"], row["indicator"]): row for row in table.to_dict(orient="records")}
    # the regency: 80 of 400 without floor, 80 without aid, 60 without papers
    first = rows[A, "floor_share"]
    assert [first[name] for name in ("unserved", "expected", "excess")] == [60, 20, 40]
    assert first["ratio"] == pytest.approx(3)
    assert rows[B, "aid_share"]["excess"] == 30
    assert rows[C, "papers_share"]["excess"] == pytest.approx(10 - 200 * 60 / 400)
    # 45 served in A, of whom 50 - 10 are deprived
    assert rows[A, "aid_share"]["served_not_deprived"] == 5
    assert np.isnan(first["served_not_deprived"])
    assert (table["deprived"] >= table["unserved"]).all()
    np.testing.assert_allclose(table.groupby("indicator")["excess"].sum(), 0, atol=1e-9)


def test_villages_add_up_to_districts_and_the_regency(villages: gpd.GeoDataFrame) -> None:
    needs = village_needs(measured(villages))
    counts = ["asked", "deprived", "unserved", "served", "served_not_deprived"]
    district = place_needs(needs, villages["district_code"])
    regency = place_needs(needs, pd.Series("16.07", index=villages.index))
    for one in ("floor_share", "aid_share", "papers_share"):
        by_village = needs[needs["indicator"] == one][counts].sum(min_count=1)
        assert district[district["indicator"] == one][counts].sum(min_count=1).equals(by_village)
        assert regency[regency["indicator"] == one][counts].iloc[0].tolist() == pytest.approx(
            by_village.tolist(), nan_ok=True
        )
    served = needs["served"] - needs["served_not_deprived"]
    known = served.notna()
    assert (served + needs["unserved"])[known].tolist() == needs["deprived"][known].tolist()


def test_the_lead_is_the_largest_excess_and_others_follow(villages: gpd.GeoDataFrame) -> None:
    # any key will do, as long as it is the same
    contribution: Any = {(A, "floor_share"): 0.4}
    roles = agency_roles(of_villages(villages), rule=RULE, contribution=contribution)
    lead = roles[roles["lead"]].set_index("place")["agency"].to_dict()
    assert lead == {A: "perkimtan", B: "dinsos"}
    of_a = roles[roles["place"] == A].set_index("agency")
    assert of_a["acts"].to_dict() == {"perkimtan": True, "disdukcapil": True, "dinsos": False}
    assert of_a.loc["perkimtan", "m0_contribution"] == 0.4
    assert of_a["rank"].to_dict() == {"perkimtan": 1, "disdukcapil": 2, "dinsos": 3}
    # papers are asked of 20 where 15 are expected: 1.33 times, and five more
    acting = roles[roles["acts"]].groupby("place")["agency"].agg(list).to_dict()
    assert acting[A] == ["perkimtan", "disdukcapil"]
    assert acting[B] == ["dinsos", "disdukcapil"]
    assert len(acting.get(C, [])) < 2


def test_shuffling_the_needs_between_places_changes_the_leads(villages: gpd.GeoDataFrame) -> None:
    needs = of_villages(villages)
    swapped = needs.assign(place=needs["place"].map({A: B, B: A, C: C}))
    leads = [
        roles[roles["lead"]].set_index("place")["agency"].to_dict()
        for roles in (agency_roles(one, rule=RULE, contribution={}) for one in (needs, swapped))
    ]
    assert leads[0] == {A: "perkimtan", B: "dinsos"}
    assert leads[1] == {B: "perkimtan", A: "dinsos"}


@given(order=st.permutations(range(9)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_changes_no_role(order: list[int]) -> None:
    rng = np.random.default_rng(4)
    needs = pd.DataFrame(
        {
            "place": np.repeat([A, B, C], 3),
            "agency": ["perkimtan", "dinsos", "dinsos"] * 3,
            "indicator": ["floor_share", "aid_share", "fuel_share"] * 3,
            "asked": 100.0,
            "deprived": 50.0,
            "unserved": rng.integers(10, 50, 9).astype(float),
            "served": NOTHING,
            "served_not_deprived": NOTHING,
        }
    )
    place_of = pd.Series({one: one for one in (A, B, C)})

    def roles_of(table: pd.DataFrame) -> pd.DataFrame:
        roles = agency_roles(place_needs(table, place_of), rule=RULE, contribution={})
        return roles.sort_values(["place", "agency"]).reset_index(drop=True)

    pd.testing.assert_frame_equal(roles_of(needs.iloc[order]), roles_of(needs))


def test_nobody_asked_is_missing_not_without_need(villages: gpd.GeoDataFrame) -> None:
    data = measured(villages)
    table = data.villages.copy()
    table.loc[A, ["known_floor", "unserved_floor", "deprived_floor"]] = 0.0
    table.loc[A, "floor_share"] = NOTHING
    needs = village_needs(VillageIndicators(table, data.indicators, ()))
    assert A not in set(needs[needs["indicator"] == "floor_share"]["place"])


def test_without_agencies_there_is_no_need(villages: gpd.GeoDataFrame) -> None:
    needs = village_needs(VillageIndicators(villages.assign(x=1.0), (), ()))
    assert needs.empty
    assert "unserved" in needs


def test_rules_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="minimum_ratio"):
        ActionRule(minimum_ratio=0.5)


# ---- targeting


def test_errors_of_targeting_by_hand(villages: gpd.GeoDataFrame) -> None:
    errors = targeting_errors(of_villages(villages)).set_index("place")
    assert set(errors["indicator"]) == {"aid_share"}
    # A: 10 of 50 meant get nothing; 5 of 45 receivers are not meant; 5 of 50 others receive
    shares = ["exclusion_error", "inclusion_error", "leakage"]
    assert errors.loc[[A], shares].iloc[0].tolist() == pytest.approx([0.2, 5 / 45, 0.1])
    # Wilson for 10 of 50: (0.2 + 1.9207 / 50) / 1.07683 -+ 1.8202 x sqrt(0.16 / 50 + 0.000384)
    assert errors.loc[A, "exclusion_error_low"] == pytest.approx(0.1124, abs=1e-4)
    assert errors.loc[A, "exclusion_error_high"] == pytest.approx(0.3304, abs=1e-4)


def test_nobody_meant_is_missing(villages: gpd.GeoDataFrame) -> None:
    needs = of_villages(villages)
    needs.loc[needs["place"] == A, ["deprived", "unserved"]] = 0.0
    errors = targeting_errors(needs).set_index("place")
    assert errors.isna().loc[A, "exclusion_error"]
    assert errors.isna().loc[A, "exclusion_error_high"]
    with pytest.raises(ValueError, match="between 0 and 1"):
        targeting_errors(needs, level=1)


@given(
    count=st.integers(0, 400), more=st.integers(1, 400), leak=st.integers(0, 50),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_an_interval_holds_its_share(count: int, more: int, leak: int) -> None:
    needs = pd.DataFrame(
        {
            "place": [A], "agency": ["dinsos"], "indicator": ["aid_share"],
            "asked": [float(count + more + leak + 100)], "deprived": [float(count + more)],
            "unserved": [float(count)], "served": [float(more + leak)],
            "served_not_deprived": [float(leak)],
        }
    )  # fmt: skip
    row = targeting_errors(needs).iloc[0]
    for name in ("exclusion_error", "inclusion_error", "leakage"):
        assert 0 <= row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] <= 1
