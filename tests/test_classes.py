"""Classes and legends: breaks against brute force, labels that keep their word, sums of areas."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from sibangkit_geo.errors import DegradedInputWarning
from sibangkit_geo.indicators.needs import PovertyRule, needs_of
from sibangkit_geo.indicators.villages import assemble, from_counts
from sibangkit_geo.model.types import Boundaries, Indicator
from sibangkit_geo.products.classes import (
    NO_DATA_COLOR,
    PALETTE,
    Layer,
    build_layer,
    natural_breaks,
)
from sibangkit_geo.registers.tally import tally
from tests.conftest import as_register

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

NOTHING = float("nan")


def indicator(worse: str = "high", unit: str = "percent", denominator: str = "") -> Indicator:
    """Define an indicator with a count beside its share."""
    return Indicator(
        name="share",
        label="Uji",
        unit=unit,  # type: ignore[arg-type]
        worse=worse,  # type: ignore[arg-type]
        denominator=denominator,
        agency="",
        source="u",
        year=2023,
        count_column="count" if unit == "percent" else "",
        base_column="people" if denominator == "penduduk" else "households",
    )


def layer(
    villages: gpd.GeoDataFrame,
    share: Sequence[float],
    defined: Indicator,
    *,
    count: Sequence[float] | None = None,
) -> Layer:
    """Draw one indicator of villages of 100 families."""
    table = villages.assign(share=share, households=100.0, people=400.0)
    full = [value * 100 if defined.worse == "high" else 100 - value * 100 for value in share]
    table["count"] = count if count is not None else full
    return build_layer(table, defined)


def limits(label: str) -> tuple[float, float, bool]:
    """Read a legend label: both ends, and whether the upper one is inside."""
    low, _, high = label.partition(" – ")
    open_end = high.startswith("< ")
    numbers = [
        float(part.removeprefix("< ").replace(".", "").replace(",", "."))
        for part in (low, high or low)
    ]
    return numbers[0], numbers[1], not open_end


def spread(values: Sequence[float]) -> float:
    """Sum the squared deviations from the mean."""
    return float(np.sum((np.asarray(values) - np.mean(values)) ** 2))


# ---- where classes begin


@pytest.mark.parametrize(
    ("values", "classes", "breaks"),
    [
        ([1, 2, 11, 12, 30], 3, (11.0, 30.0)),
        ([1, 1, 1, 9], 2, (9.0,)),
        ([5, 5, 5], 3, ()),
        ([3, 1], 5, (3.0,)),
        ([7], 5, ()),
        ([], 5, ()),
        ([1, 2, 3], 1, ()),
        # the six alone leaves a spread of 7.2, the four and the six together one of 2
        ([1, 1, 1, 1, 4, 6], 2, (4.0,)),
    ],
)
def test_natural_breaks_by_hand(
    values: list[float], classes: int, breaks: tuple[float, ...]
) -> None:
    assert natural_breaks(values, classes=classes) == breaks
    assert natural_breaks(values[::-1], classes=classes) == breaks


def test_no_class_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        natural_breaks([1, 2], classes=0)


@given(
    values=st.lists(st.integers(0, 30) | st.just(99), min_size=1, max_size=40),
    classes=st.integers(1, 6),
)
@examples(max_examples=200, deadline=None)
def test_no_class_hides_a_jump(values: list[int], classes: int) -> None:
    breaks = natural_breaks(values, classes=classes, no_jump=True)
    different = np.unique(values)
    k, whole = min(classes, len(different)), np.ptp(different)
    assert len(breaks) <= k - 1
    parts = np.digitize(different, breaks)
    for part in set(parts):
        held = different[parts == part]
        assert np.ptp(held) <= 2 * whole / k + 1e-6
        assert len(held) == 1 or np.diff(held).max() <= whole / k + 1e-6


def test_few_high_villages_get_a_colour_of_their_own() -> None:
    values = [0, 2, 4] * 300 + [6, 20]
    assert natural_breaks(values, classes=3) == (2.0, 4.0)
    assert natural_breaks(values, classes=3, no_jump=True) == (4.0, 20.0)


@given(
    values=st.lists(st.integers(0, 30), min_size=2, max_size=9),
    classes=st.integers(2, 4),
)
@examples(max_examples=80, deadline=None)
def test_no_other_breaks_have_less_spread(values: list[int], classes: int) -> None:
    different = sorted(set(values))
    wanted = min(classes, len(different))

    def cost(starts: Sequence[float]) -> float:
        parts = np.digitize(values, starts)
        return sum(spread(np.asarray(values)[parts == part].tolist()) for part in set(parts))

    breaks = natural_breaks(values, classes=classes)
    assert len(breaks) == wanted - 1
    best = min(cost(one) for one in itertools.combinations(different[1:], wanted - 1))
    assert cost(breaks) == pytest.approx(best, abs=1e-9)


# ---- legend


@pytest.mark.parametrize("worse", ["high", "low"])
@given(data=st.data())
@examples(max_examples=60, deadline=None)
def test_a_number_never_stands_in_another_class_than_its_label(
    grid: Callable[..., gpd.GeoDataFrame], worse: str, data: st.DataObject
) -> None:
    shares = data.draw(
        st.lists(
            st.one_of(st.floats(0, 1), st.just(NOTHING), st.sampled_from([0.1, 0.1004, 0.1005])),
            min_size=16,
            max_size=16,
        )
    )
    table = grid(4, 0, 100).assign(district_code="16.07.01")
    drawn = layer(table, shares, indicator(worse))
    for value, place in zip(drawn.shown, drawn.class_index, strict=True):
        if np.isnan(value):
            assert place == -1
            continue
        inside = [
            low <= value <= high if closed else low <= value < high
            for low, high, closed in (limits(one.label) for one in drawn.classes)
        ]
        assert inside.count(True) == 1
        assert inside.index(True) == place
    assert sum(one.count for one in drawn.classes) + drawn.n_missing == 16
    counted = drawn.class_index.value_counts().to_dict()
    assert [one.count for one in drawn.classes] == [
        counted.get(i, 0) for i in range(len(drawn.classes))
    ]
    assert all(one.count for one in drawn.classes)


NINE = [0.01, 0.02, 0.11, 0.12, 0.3, 0.31, 0.5, 0.51, 0.9]


def test_legend_by_hand(villages: gpd.GeoDataFrame) -> None:
    drawn = layer(villages, NINE, indicator())
    assert [(one.label, one.count) for one in drawn.classes] == [
        ("1,0 – 2,0", 2),
        ("11,0 – 12,0", 2),
        ("30,0 – 31,0", 2),
        ("50,0 – 51,0", 2),
        ("90,0", 1),
    ]
    assert [one.color for one in drawn.classes] == list(PALETTE)
    assert drawn.class_index.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def test_worse_when_low_turns_the_legend_round(villages: gpd.GeoDataFrame) -> None:
    drawn = layer(villages, NINE, indicator("low"))
    assert drawn.classes[0].label == "90,0"
    assert drawn.classes[-1].label == "1,0 – 2,0"
    assert drawn.class_index.tolist() == [4, 4, 3, 3, 2, 2, 1, 1, 0]
    # the worst stays darkest
    assert drawn.colors.iloc[0] == PALETTE[-1]


def test_all_equal_is_one_class(villages: gpd.GeoDataFrame) -> None:
    drawn = layer(villages, [0.25] * 9, indicator())
    assert [(one.label, one.count) for one in drawn.classes] == [("25,0", 9)]


def test_all_missing_has_no_class(villages: gpd.GeoDataFrame) -> None:
    drawn = layer(villages, [NOTHING] * 9, indicator())
    assert drawn.classes == ()
    assert drawn.n_missing == 9
    assert set(drawn.colors) == {NO_DATA_COLOR}
    assert np.isnan(drawn.regency_value)
    assert drawn.district_values.isna().all()


def test_a_missing_village_is_in_no_class(villages: gpd.GeoDataFrame) -> None:
    drawn = layer(villages, [0.1, 0.2, NOTHING, *NINE[3:]], indicator())
    assert drawn.n_missing == 1
    assert drawn.colors.iloc[2] == NO_DATA_COLOR
    assert sum(one.count for one in drawn.classes) == 8


# ---- areas


def test_regency_and_districts_are_sum_over_sum(villages: gpd.GeoDataFrame) -> None:
    table = villages.assign(
        share=[0.5, 0.1, NOTHING, 0.2, 0.2, 0.2, NOTHING, NOTHING, NOTHING],
        count=[5.0, 100.0, NOTHING, 20.0, 20.0, 20.0, NOTHING, NOTHING, NOTHING],
        households=[10.0, 1000.0, 5000.0, 100.0, 100.0, 100.0, 1.0, 1.0, 1.0],
    )
    drawn = build_layer(table, indicator())
    # 105 of 1010, not the mean 30 %; the 5000 without data do not count
    assert drawn.district_values["16.07.01"] == pytest.approx(100 * 105 / 1010)
    assert drawn.district_values["16.07.02"] == pytest.approx(20.0)
    assert np.isnan(drawn.district_values["16.07.03"])
    assert drawn.regency_value == pytest.approx(100 * 165 / 1310)


def test_areas_of_a_worse_when_low_share_say_the_share_not_the_lack(
    villages: gpd.GeoDataFrame,
) -> None:
    drawn = layer(villages, [0.9] * 9, indicator("low"))
    assert drawn.regency_value == pytest.approx(90.0)


def test_areas_of_persons_are_over_people(villages: gpd.GeoDataFrame) -> None:
    drawn = layer(villages, [0.1] * 9, indicator(denominator="penduduk"), count=[40.0] * 9)
    assert drawn.regency_value == pytest.approx(10.0)


def test_an_area_share_is_of_the_households_whose_answer_is_known(
    villages: gpd.GeoDataFrame,
) -> None:
    # four households, three answers, one bad floor: a third, as the villages' own shares say
    rows = pd.DataFrame(
        {
            "size": [4.0, 4.0, 4.0, 4.0],
            "decile": [1.0, 2.0, 3.0, 4.0],
            "floor": [8.0, NOTHING, 1.0, 1.0],
        }
    )
    rule = PovertyRule(rule="decile", decile_max=1)
    counts = tally(
        as_register(rows), np.array([0, 0, 1, 1]), villages=list(villages.index), poverty=rule
    )
    part = from_counts(counts, needs=needs_of(rows.columns), year=2025, source="uji")
    official = pd.DataFrame(villages.drop(columns="geometry")).assign(has_polygon=True)
    areas = Boundaries(villages, official, villages.iloc[:0], "16.07", True, "uji", ())
    with pytest.warns(DegradedInputWarning, match="Lantai tidak layak diketahui untuk 75,0%"):
        measured = assemble(areas, [part], official=None, poverty_source=("uji", 2025), rule=rule)
    floor = next(one for one in measured.indicators if one.name == "floor_share")
    drawn = build_layer(measured.villages, floor)
    assert drawn.shown.iloc[:2].tolist() == [100.0, 0.0]
    assert drawn.regency_value == pytest.approx(100 / 3)
    assert drawn.district_values["16.07.01"] == pytest.approx(100 / 3)


def test_an_index_has_no_area_value(villages: gpd.GeoDataFrame) -> None:
    drawn = layer(villages, NINE, indicator(unit="index"))
    assert np.isnan(drawn.regency_value)
    assert drawn.decimals == 3
    assert drawn.shown.tolist() == NINE


def test_villages_without_polygon_are_not_drawn_but_summed(villages: gpd.GeoDataFrame) -> None:
    table = villages.copy()
    table.loc[table.index[8], "geometry"] = None
    drawn = layer(table, NINE, indicator())
    assert len(drawn.shown) == 8
    assert drawn.regency_value == pytest.approx(sum(NINE) / 9 * 100)


@pytest.mark.parametrize("ties", [False, True])
def test_natural_breaks_spread_no_more_than_mapclassify(ties: object) -> None:
    mapclassify = pytest.importorskip("mapclassify")
    rng = np.random.default_rng(3)
    for _ in range(40):
        values = rng.gamma(2, 5, int(rng.integers(20, 300)))
        if ties:
            values = np.round(values * rng.choice([0, 0, 1], len(values)))
        groups = np.searchsorted(natural_breaks(values.tolist(), classes=5), values, side="right")
        peer = mapclassify.FisherJenks(values, k=min(5, len(np.unique(values)))).yb
        assert len(np.unique(groups)) == len(np.unique(peer))
        assert _spread_within(values, groups) == pytest.approx(_spread_within(values, peer))


def _spread_within(values: NDArray[np.float64], groups: NDArray[np.intp]) -> float:
    return float(sum(values[groups == one].var() * (groups == one).sum() for one in set(groups)))
