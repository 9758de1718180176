"""Deprivation in many things at once: the published example, sums over parts, errors, the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.indicators.deprivation import (
    DeprivationIndex,
    IndexItem,
    default_index,
    load_index,
)
from sibangkit_geo.indicators.deprivation_sums import deprivation_sums, index_from_sums
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.stats.alkire_foster import (
    alkire_foster,
    alkire_foster_estimates,
    censored_headcounts,
    contributions,
    deprivation_score,
    normalised_gaps,
    place_contributions,
    uncensored_headcounts,
)
from sibangkit_geo.stats.survey import change

if TYPE_CHECKING:
    from pathlib import Path

# Alkire & Foster (2011), Journal of Public Economics 95, 476-487, section 8: four people, four
# dimensions of equal weight, poor in two or more
KEYS = ("income", "schooling", "health", "insurance")
VALUES = pd.DataFrame(
    [[13.1, 14, 4, 1], [15.2, 7, 5, 0], [12.5, 10, 1, 0], [20, 11, 3, 1]], columns=list(KEYS)
)
CUTOFFS = dict(zip(KEYS, (13, 12, 3, 1), strict=True))
PUBLISHED = DeprivationIndex(tuple(IndexItem(key, key, 1) for key in KEYS), cutoff=2)
FLAGS = normalised_gaps(VALUES, cutoffs=CUTOFFS, power=0).astype(bool)
SMALL = DeprivationIndex(
    (IndexItem("floor", "housing", 0.25), IndexItem("roof", "housing", 0.25),
     IndexItem("water", "services", 0.5)), cutoff=0.5, missing="reweight",
)  # fmt: skip


def test_the_example_of_alkire_and_foster_2011() -> None:
    assert (deprivation_score(FLAGS, index=PUBLISHED) * 4).tolist() == [0, 2, 4, 1]
    gaps = normalised_gaps(VALUES, cutoffs=CUTOFFS)
    found = alkire_foster(FLAGS, index=PUBLISHED, gaps=gaps).iloc[0]
    assert found["headcount_ratio"] == 0.5
    assert found["intensity"] == 0.75
    assert found["adjusted_headcount_ratio"] == 0.375
    assert found["adjusted_poverty_gap"] == pytest.approx(0.205529, abs=5e-7)
    assert found["adjusted_squared_gap"] == pytest.approx(0.165457, abs=5e-7)
    censored = censored_headcounts(FLAGS, index=PUBLISHED).iloc[0]
    assert censored.tolist() == [0.25, 0.5, 0.25, 0.5]
    # the last person lacks schooling only, and is not poor
    assert uncensored_headcounts(FLAGS, index=PUBLISHED).iloc[0].tolist() == [0.25, 0.75, 0.25, 0.5]


def test_contributions_add_up_to_one() -> None:
    by_indicator = contributions(FLAGS, index=PUBLISHED).iloc[0]
    # censored headcounts over four times M0
    assert by_indicator.tolist() == pytest.approx([1 / 6, 1 / 3, 1 / 6, 1 / 3])
    village = pd.Series(["16.07.01.2001", "16.07.01.2001", "16.07.01.2002", "16.07.01.2002"])
    by_place = place_contributions(FLAGS, index=PUBLISHED, by=village)
    assert by_place.tolist() == pytest.approx([1 / 3, 2 / 3])


def test_union_intersection_and_everything_between() -> None:
    share = [
        alkire_foster(
            FLAGS, index=DeprivationIndex(PUBLISHED.items, cutoff=cut)
        )["headcount_ratio"].item()
        for cut in (1, 2, 3, 4)
    ]  # fmt: skip
    assert share == [0.75, 0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    ("missing", "households", "poor"),
    [("drop", 2, 1), ("reweight", 3, 2), ("not_deprived", 4, 1)],
)
def test_each_rule_for_unanswered_items_does_what_it_says(
    missing: str, households: int, poor: int
) -> None:
    flags = pd.DataFrame(
        {
            "floor": [True, False, True, None],
            "roof": [True, False, None, None],
            "water": [False, True, None, None],
        },
        dtype=object,
    )
    # the first is deprived of half, the second of half; the third answers a quarter of the
    # weight, all of it deprived; the last answers nothing
    index = DeprivationIndex(SMALL.items, cutoff=0.5, missing="drop")
    rule = {"drop": index, "reweight": DeprivationIndex(
        SMALL.items, cutoff=0.5, missing="reweight", least_known=0.25),
        "not_deprived": DeprivationIndex(SMALL.items, cutoff=0.5, missing="not_deprived"),
    }[missing]  # fmt: skip
    found = alkire_foster(flags, index=rule).iloc[0]
    assert found["households"] == households
    expected = {"drop": 2, "reweight": 3, "not_deprived": 2}[missing]
    assert found["headcount_ratio"] * found["people"] == pytest.approx(expected)
    assert poor <= expected


rows = st.lists(
    st.tuples(
        st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
        st.integers(1, 9), st.integers(-1, 2),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


def sums_of(made: list[tuple[int, ...]]) -> pd.DataFrame:
    table = np.array(made, dtype=np.int64).reshape(-1, 8)
    keys = ("floor", "roof", "water")
    known = {key: table[:, 3 + i].astype(bool) for i, key in enumerate(keys)}
    deprived = {key: table[:, i].astype(bool) & known[key] for i, key in enumerate(keys)}
    found = deprivation_sums(
        deprived, known, table[:, 7], n_places=3, people=table[:, 6].astype(float), index=SMALL
    )
    return pd.DataFrame(found.counts)


@given(made=rows, cut=st.integers(0, 30), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_sums_of_parts_in_any_order_add_up(
    made: list[tuple[int, ...]], cut: int, seed: int
) -> None:
    whole = sums_of(made)
    order = np.random.default_rng(seed).permutation(len(made))
    shuffled = [made[at] for at in order]
    parts = sums_of(shuffled[:cut]) + sums_of(shuffled[cut:])
    np.testing.assert_allclose(parts, whole, atol=1e-9)
    index = index_from_sums(whole)
    shares = index.filter(like="contribution_").sum(axis=1)
    poor = whole["af_score_sum"] > 0
    np.testing.assert_allclose(shares[poor], 1)
    product = index["headcount_ratio"] * index["intensity"]
    np.testing.assert_allclose(product[poor], index["adjusted_headcount_ratio"][poor])


@given(made=rows)
@settings(max_examples=60, deadline=None)
def test_sums_and_the_matrix_tell_the_same(made: list[tuple[int, ...]]) -> None:
    table = np.array(made, dtype=np.int64).reshape(-1, 8)
    inside = table[table[:, 7] == 0]
    answered = inside[:, 3:6] @ np.array([0.25, 0.25, 0.5]) >= 0.5 - 1e-9
    if not answered.any():
        return
    flags = pd.DataFrame(
        np.where(inside[:, 3:6] > 0, inside[:, :3] > 0, None), columns=["floor", "roof", "water"]
    )
    people = pd.Series(inside[:, 6].astype(float))
    matrix = alkire_foster(flags, index=SMALL, people=people).iloc[0]
    sums = index_from_sums(sums_of(made)).iloc[0]
    for name in ("headcount_ratio", "intensity", "adjusted_headcount_ratio"):
        assert sums[name] == pytest.approx(matrix[name], nan_ok=True)


def test_errors_and_change_over_time() -> None:
    rng = np.random.default_rng(5)
    waves = [
        alkire_foster_estimates(
            pd.DataFrame(rng.random((800, 4)) < chance, columns=list(KEYS)), index=PUBLISHED
        )
        for chance in (0.5, 0.3)
    ]
    head = waves[0].headcount_ratio
    # a share of rows drawn one by one
    textbook = np.sqrt(head.estimate * (1 - head.estimate) / 799)
    assert head.standard_error == pytest.approx(textbook)
    moved = change(waves[0].adjusted_headcount_ratio, waves[1].adjusted_headcount_ratio)
    assert moved.significant
    assert moved.low < moved.difference < moved.high < 0


def test_the_index_of_the_package_uses_needs_that_are_counted() -> None:
    known = {one.key for one in need_catalogue()}
    index = default_index(known_keys=known)
    assert sum(index.shares.values()) == pytest.approx(1)
    assert index.cutoff_share == pytest.approx(1 / 3)
    totals = {
        name: sum(index.shares[key] for key in keys) for name, keys in index.dimensions.items()
    }
    assert list(totals.values()) == pytest.approx([1 / 3] * 3)
    # a register without assistance keeps the weight of the dimension
    less = index.restricted([one.key for one in index.items if one.key != "health_insurance"])
    assert less.shares["documents"] == pytest.approx(1 / 6)


FILE = """
cutoff = 0.5
missing = "drop"
[[dimension]]
key = "housing"
label = "Perumahan"
[[dimension]]
key = "services"
label = "Layanan"
[[indicator]]
key = "floor"
dimension = "housing"
[[indicator]]
key = "water"
dimension = "services"
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('key = "water"', 'key = "watr"', 'Did you mean "water"'),
        ('key = "water"', 'key = "floor"', "twice"),
        ("cutoff = 0.5", "cutof = 0.5", 'Did you mean "cutoff"'),
        ("cutoff = 0.5", "cutoff = 1.5", "cutoff"),
        ('missing = "drop"', 'missing = "guess"', "missing"),
        ('dimension = "services"', 'dimension = "service"', 'Did you mean "services"'),
        ('key = "water"', 'key = "water"\nweight = -1', "above 0"),
        ("cutoff = 0.5", "cutoff = ", "index.toml"),
    ],
)  # fmt: skip
def test_an_edited_index_is_checked_on_load(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "index.toml"
    path.write_text(FILE, "utf-8")
    assert load_index(path, known_keys={"floor", "water"}).shares == {"floor": 0.5, "water": 0.5}
    path.write_text(FILE.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=words):
        load_index(path, known_keys={"floor", "water"})


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        alkire_foster(pd.DataFrame({"roof": [True]}), index=SMALL)
    bad = pd.DataFrame({"floor": [True, 2], "roof": [True, False], "water": [True, False]})
    with pytest.raises(DataError, match="rows: 1"):
        alkire_foster(bad, index=SMALL)
    with pytest.raises(DataError, match="missing"):
        index_from_sums(pd.DataFrame({"af_people": [1.0]}))
    with pytest.raises(ValueError, match="cut-off"):
        normalised_gaps(VALUES, cutoffs={"income": 0.0})
