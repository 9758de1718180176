"""Counts are protected before anything is worked out from them: keys, tables, identities."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.disclosure import (
    LEVELS,
    RIGHTS,
    DisclosureSettings,
    protect_counts,
    protect_distances,
    protection_note,
    transitions,
    worth,
)
from sibangkit_geo.disclosure.protection import mean_sizes
from sibangkit_geo.disclosure.village_counts import protect_profile
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.indicators.deprivation import default_index
from sibangkit_geo.indicators.estimates import add_shrunken
from sibangkit_geo.indicators.needs import PovertyRule
from sibangkit_geo.model.types import KEYS, Indicator, VillageCounts
from sibangkit_geo.registers.household_keys import household_keys, siphash, sum_keys
from sibangkit_geo.registers.households import Households
from sibangkit_geo.registers.tally import tally
from sibangkit_geo.study.protect import write_salt
from tests.conftest import as_register

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SALT = bytes(range(16))
PUBLIC = DisclosureSettings()
TABLE = PUBLIC.table
DECILE = PovertyRule(rule="decile", decile_max=1)
VILLAGES = [f"16.07.{d:02d}.{2001 + v}" for d in (1, 2, 3) for v in range(8)]


# ---- keys


def test_siphash_gives_the_test_vectors_of_its_authors() -> None:
    # messages 00 01 02 ..., key 00 ... 0f; the authors print bytes, lowest first
    vectors = {0: "310e0edd47db6f72", 8: "6224939a79f5f593", 16: "db9bc2577fcc2a3f"}
    for length, expected in vectors.items():
        words = np.frombuffer(bytes(range(length)), dtype="<u8").reshape(1, length // 8)
        assert siphash(words, SALT)[0].tobytes().hex() == expected


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes, got 3"):
        siphash(np.zeros((1, 1), dtype=np.uint64), b"abc")


def _homes(number: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": rng.integers(1, 9, number).astype(float),
            "decile": rng.integers(1, 11, number).astype(float),
            "floor": rng.choice([1.0, 7.0, 8.0, np.nan], number),
            "pkh": rng.choice([1.0, 2.0], number),
            "bpnt": rng.choice([1.0, 2.0], number),
            "wall": rng.choice([1.0, 2.0, 5.0], number),
        }
    )


def _keys(homes: pd.DataFrame, cards: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any]:
    keys = _keyed(homes, cards).keys
    assert keys is not None
    return keys


def _keyed(homes: pd.DataFrame, cards: np.ndarray[Any, Any] | None) -> Households:
    read = as_register(homes)
    keys = household_keys(read.rows, read.meanings, cards=cards, salt=SALT)
    return Households(read.rows, read.meanings, read.code_generation, keys)


def test_the_same_household_has_the_same_key_wherever_it_stands() -> None:
    homes = _homes(400, 1)
    cards = np.arange(400) + 1_607_019_900_000_001
    keys = _keys(homes, cards)
    assert (_keys(homes.iloc[::-1].reset_index(drop=True), cards[::-1])[::-1] == keys).all()
    # what a row says makes no difference where the card is sound, and all where it is not
    other = homes.assign(size=homes["size"] + 1)
    assert (_keys(other, cards) == keys).all()
    assert not (_keys(other, None) == _keys(homes, None)).any()
    # meanings met in another order have other numbers, and mean the same
    assert (_keys(homes.iloc[::-1], None)[::-1] == _keys(homes, None)).all()


def test_keys_are_spread_evenly() -> None:
    keys = household_keys(
        as_register(_homes(100_000, 2)).rows.select("size"), {},
        cards=np.arange(100_000), salt=SALT,
    )  # fmt: skip
    counts = np.bincount(keys >> 28, minlength=16)
    # sixteen classes of 6,250: 4.5 standard deviations are 345
    assert abs(counts - 6250).max() < 345


def test_keys_are_added_modulo_two_to_the_thirty_second() -> None:
    keys = np.array([KEYS - 1, 2, 5], dtype=np.uint32)
    assert sum_keys(keys, np.array([0, 0, 1]), 3).tolist() == [1, 5, 0]


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 599), max_size=5), seed=st.integers(0, 99))
def test_any_cutting_of_a_register_gives_the_same_protected_counts(
    cuts: list[int], seed: int
) -> None:
    homes = _homes(600, seed)
    cards = np.arange(600) + 1_607_019_900_000_001
    village = np.random.default_rng(seed).integers(-1, len(VILLAGES), 600)
    whole = _count(homes, cards, village)
    parts = np.split(np.arange(600), sorted(cuts))
    added = VillageCounts(pd.DataFrame())
    for rows in parts:
        part = _count(homes.iloc[rows].reset_index(drop=True), cards[rows], village[rows])
        added = added + part if len(added.table) else part
    order = whole.table.index
    assert added.keys is not None
    assert whole.keys is not None
    assert added.keys.loc[order].equals(whole.keys)
    pd.testing.assert_frame_equal(
        protect_counts(added, settings=PUBLIC).table.loc[order],
        protect_counts(whole, settings=PUBLIC).table,
    )


def _count(
    homes: pd.DataFrame, cards: np.ndarray[Any, Any], village: np.ndarray[Any, Any]
) -> VillageCounts:
    return tally(
        _keyed(homes, cards), village, villages=VILLAGES, poverty=DECILE, index=default_index()
    )


# ---- transition tables


def test_the_table_of_ptable_to_the_digits_printed() -> None:
    # cumulative probabilities of counts 0, 1 and 2 or more for D = 2 and V = 3 as
    # round(ptable, 2) prints them (Langsrud, experimentalRpackage, R/pTable.R, for "Pmatrix")
    found = transitions(largest=2, variance=3.0, smallest=1).probability.cumsum(axis=1).round(2)
    assert found[1].tolist() == [0.0, 0.37, 0.73, 0.9, 1.0]
    assert found[2].tolist() == found[3].tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_the_symmetric_row_by_hand() -> None:
    # D = 2, V = 1: p(1) = p(0) t and p(2) = p(0) t^4 with t^4 = 1/6
    t = (1 / 6) ** 0.25
    middle = 1 / (1 + 2 * t + 2 / 6)
    row = transitions(largest=2, variance=1.0, smallest=1).probability[-1]
    assert row == pytest.approx([middle / 6, middle * t, middle, middle * t, middle / 6], abs=1e-8)


@pytest.mark.parametrize(
    ("largest", "variance", "smallest"),
    [(6, 3.0, 5), (5, 3.0, 3), (2, 1.0, 1), (10, 6.25, 1), (8, 2.0, 5), (9, 5.0, 8)],
)
def test_every_count_is_unbiased_and_shows_nothing_small(
    largest: int, variance: float, smallest: int
) -> None:
    table = transitions(largest=largest, variance=variance, smallest=smallest)
    count = np.arange(len(table.probability))
    assert table.probability.sum(axis=1) == pytest.approx(1.0)
    assert table.probability.min() >= 0
    assert table.probability @ table.deviation == pytest.approx(0.0, abs=1e-7)
    result = count[:, None] + table.deviation
    assert not table.probability[(result < 0) | ((result > 0) & (result < smallest))].any()
    assert table.variance[0] == 0
    for one in range(1, smallest):
        assert table.variance[one] == pytest.approx(max(variance, one * (smallest - one)), rel=1e-6)
    # a count of a few may have less than it may: nothing below 0 is there to fall to
    assert (table.variance[smallest:] <= variance + 1e-6).all()
    assert table.variance[-1] == pytest.approx(min(variance, table.variance[-1]))


def test_a_hundred_thousand_draws_are_unbiased_and_of_the_stated_variance() -> None:
    # a short form of benchmarks/protection.py, which draws a million at every count
    rng = np.random.default_rng(7)
    for count in (1, 4, 5, 6, 7, 20, 500):
        keys = rng.integers(0, KEYS, 100_000).astype(np.uint32)
        moved = TABLE.shown(np.full(100_000, count), keys) - count
        expected = TABLE.variance_of(np.array([count])).item()
        assert abs(moved.mean()) < 4.5 * np.sqrt(expected / 100_000)
        assert moved.var() == pytest.approx(expected, rel=0.03)
        assert abs(moved).max() <= TABLE.largest


def test_tables_that_cannot_be_unbiased_are_refused() -> None:
    with pytest.raises(ValueError, match="too low"):
        transitions(largest=2, variance=3.0, smallest=5)
    with pytest.raises(ValueError, match="variance > 0"):
        transitions(largest=2, variance=0.0, smallest=1)


# ---- identities


@pytest.fixture(scope="module")
def counted() -> tuple[VillageCounts, pd.DataFrame]:
    rng = np.random.default_rng(3)
    homes = _homes(4000, 3)
    # villages of two households up to 600
    weight = np.geomspace(1, 300, len(VILLAGES))
    village = rng.choice(len(VILLAGES), 4000, p=weight / weight.sum())
    cards = np.arange(4000) + 1_607_019_900_000_001
    true = _count(homes, cards, village)
    return true, protect_counts(true, settings=PUBLIC).table


def test_what_was_drawn_is_near_the_truth_and_never_small(
    counted: tuple[VillageCounts, pd.DataFrame],
) -> None:
    true, shown = counted
    for name in ("households", "poor_households", "unknown_poor", "unserved_floor"):
        assert (shown[name] - true.table[name]).abs().max() <= PUBLIC.largest, name
        assert not shown[name].between(0.5, 4.5).any(), name
        assert (shown[name] == shown[name].round()).all(), name
    assert shown.loc[true.table["unserved_floor"] == 0, "unserved_floor"].eq(0).all()
    assert (shown["households"] >= 5).all()
    assert not shown["households"].equals(true.table["households"])


def test_identities_hold(counted: tuple[VillageCounts, pd.DataFrame]) -> None:
    _, shown = counted
    whole = shown["households"]
    assert (shown["poor_households"] + shown["unknown_poor"] <= whole).all()
    assert (shown["poor_people"] <= shown["known_people"]).all()
    assert (shown["known_people"] <= shown["people"]).all()
    for key in ("floor", "no_social_assistance"):
        assert (shown[f"known_{key}"] <= whole).all()
        assert (shown[f"unserved_{key}"] <= shown[f"deprived_{key}"]).all()
        assert (shown[f"deprived_{key}"] <= shown[f"known_{key}"]).all()
    reached = shown["deprived_no_social_assistance"] - shown["unserved_no_social_assistance"]
    assert (reached <= shown["served_no_social_assistance"]).all()
    assert (shown["af_poor_people"] <= shown["af_people"]).all()
    assert (shown["af_score_sum"] <= shown["af_poor_people"] + 1e-9).all()
    parts = shown.filter(regex="^af_part_").sum(axis=1)
    assert parts.to_numpy() == pytest.approx(shown["af_score_sum"].to_numpy())


def test_persons_are_households_times_the_mean_size_of_their_district(
    counted: tuple[VillageCounts, pd.DataFrame],
) -> None:
    true, shown = counted
    table = true.table
    district = table.index.str[:8]
    for code in set(district):
        own = table[district == code]
        size = round(own["poor_people"].sum() / own["poor_households"].sum(), 2)
        if shown.loc[own.index, "poor_households"].sum() >= 50:
            people = (shown.loc[own.index, "poor_households"] * size).round()
            assert shown.loc[own.index, "poor_people"].tolist() == people.tolist()


def test_a_need_of_everybody_is_everybody() -> None:
    # the same households are the same count on every column, and the rest is nobody
    homes = _homes(500, 5).assign(floor=8.0)
    true = _count(homes, np.arange(500) + 10**15, np.arange(500) % len(VILLAGES))
    shown = protect_counts(true, settings=PUBLIC).table
    assert shown["unserved_floor"].equals(shown["households"])
    assert shown["known_floor"].equals(shown["households"])


def test_a_tally_without_keys_is_refused() -> None:
    with pytest.raises(DataError, match="without keys"):
        protect_counts(VillageCounts(pd.DataFrame({"households": [1.0]})), settings=PUBLIC)


def test_gaps_of_few_are_those_of_their_district() -> None:
    rule = PovertyRule(rule="spending", line_rp_month=500.0, spending="x")
    rng = np.random.default_rng(4)
    homes = _homes(3000, 4).assign(spending=rng.uniform(100, 900, 3000))
    village = np.where(np.arange(3000) < 6, 0, 1 + np.arange(3000) % 7)
    made = tally(_keyed(homes, np.arange(3000) + 10**15), village, villages=VILLAGES, poverty=rule)
    shown = protect_counts(made, settings=PUBLIC).table
    assert {"gap_sum", "gap_squared_sum"} <= set(shown)
    assert not {"gap_max", "gap_squared_max"} & set(shown)
    mean = (shown["gap_sum"] / shown["poor_people"]).dropna()
    true = made.table["gap_sum"] / made.table["poor_people"]
    # a village of hundreds is told nearly as it is, to three digits
    assert mean.iloc[3] == pytest.approx(true[mean.index[3]], abs=0.02)
    assert mean.iloc[3] == float(f"{mean.iloc[3]:.3g}")
    whole = made.table["gap_sum"].iloc[:8].sum() / made.table["poor_people"].iloc[:8].sum()
    if VILLAGES[0] in mean.index:
        assert mean[VILLAGES[0]] == pytest.approx(whole, abs=0.01)
    assert (shown["gap_squared_sum"] <= shown["gap_sum"] + 1e-9).all()


def test_distances_are_protected_alike() -> None:
    index = pd.Index(VILLAGES[:3], name="village_code")
    table = pd.DataFrame(
        {"known": [40.0, 3.0, 300.0], "far": [7.0, 2.0, 300.0], "km_sum": [80.0, 30.0, 2400.0],
         "km_max": [9.0, 14.0, 20.0]}, index,
    )  # fmt: skip
    keys = pd.DataFrame({"known": [5, 6, 7], "far": [8, 9, 7]}, index, dtype=np.uint32)
    shown = protect_distances(VillageCounts(table, keys), settings=PUBLIC)
    assert not shown[["known", "far"]].isin([1, 2, 3, 4]).any(axis=None)
    assert (shown["far"] <= shown["known"]).all()
    # all of the third village are far, and remain all
    assert shown["far_share"].iloc[2] == 1.0
    # three households have no mean of their own: 2,510 km of 343 in their district
    if shown["known"].notna().iloc[1]:
        assert shown["mean_km"].iloc[1] == pytest.approx(2510 / 343, abs=0.2)


# ---- village tables


def _profile() -> tuple[pd.DataFrame, list[Indicator]]:
    one = Indicator("atap", "Atap", "percent", "high", "rumah tangga", "", "u", 2024,
                    "atap_households", "rumah")  # fmt: skip
    flood = Indicator("banjir", "Banjir", "index", "high", "", "", "u", 2024)
    table = pd.DataFrame(
        {"households": [100.0, 3.0, np.nan], "people": [400.0, 10.0, np.nan],
         "known_poor": [100.0, 3.0, np.nan], "known_people": [400.0, 10.0, np.nan],
         "poor_households": [12.0, 2.0, np.nan], "poor_people": [48.0, 7.0, np.nan],
         "atap": [0.07, 1.0, np.nan], "atap_households": [7.0, 3.0, np.nan],
         "banjir": [0.123, 0.4, np.nan]},
        index=pd.Index(VILLAGES[:3], name="village_code"),
    )  # fmt: skip
    return table, [one, flood]


def test_village_tables_are_protected_by_their_numbers() -> None:
    table, indicators = _profile()
    made = protect_profile(table, indicators, settings=PUBLIC, salt=SALT)
    again = protect_profile(table, indicators, settings=PUBLIC, salt=SALT)
    pd.testing.assert_frame_equal(made, again)
    assert made.iloc[2].isna().all()
    assert made["banjir"].tolist()[:2] == [0.123, 0.4]
    for name in ("households", "poor_households", "atap_households"):
        assert not made[name].between(0.5, 4.5).any()
    assert made["households"].iloc[1] >= 5
    share = made["atap_households"] / made["households"]
    assert made["atap"].iloc[0] == share.iloc[0]
    # the two villages count 410 people in 103 households
    assert made["people"].iloc[0] == round(made["households"].iloc[0] * round(410 / 103, 2))


def test_a_changed_number_moves_independently() -> None:
    table, indicators = _profile()
    moved = set()
    for value in range(30, 90):
        changed = table.assign(poor_households=[float(value), 2.0, np.nan])
        made = protect_profile(changed, indicators, settings=PUBLIC, salt=SALT)
        moved.add(made["poor_households"].iloc[0] - value)
    assert len(moved) > 5


# ---- levels, words, worth


def test_levels_stand_in_one_table() -> None:
    assert list(RIGHTS) == list(LEVELS)
    assert [RIGHTS[one].protected for one in LEVELS] == [True, True, False, False]
    assert [RIGHTS[one].houses for one in LEVELS] == [False, False, False, True]


def test_products_say_what_was_done() -> None:
    assert protection_note(PUBLIC).text == (
        "Untuk umum. Untuk melindungi warga, setiap jumlah disamarkan secara acak "
        "paling banyak 6 rumah tangga; jumlah 1 sampai 4 tidak ditampilkan. Nomor dan garis "
        "kantong dapat berbeda dari peta perangkat daerah."
    )
    exact = protection_note(DisclosureSettings(level="agency"))
    assert "dapat berbeda paling banyak 6 rumah tangga" in exact.text


@pytest.mark.parametrize(
    "wrong",
    [{"minimum_households": 0}, {"largest_deviation": 4}, {"variance": 0.0}, {"variance": 9.5},
     {"minimum_amount": 2}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"\[disclosure\]"):
        DisclosureSettings(**wrong)


def test_the_worth_of_a_rate_by_hand() -> None:
    # p = 0.1; v = 3 + 0.01 * 3 = 3.03: 1 / (1/100 + 3.03 / (10,000 * 0.09)) = 74.8
    poor, homes = pd.Series([10.0, 100.0]), pd.Series([100.0, 1000.0])
    assert worth(poor, homes, settings=PUBLIC).round(1).tolist() == [74.8, 967.4]


# ---- the secret


def test_the_secret_is_for_its_owner_and_the_first_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "sibangkit.salt"
    write_salt(path, SALT)
    write_salt(path, b"x" * 16)
    assert bytes.fromhex(path.read_text("ascii").strip()) == SALT
    assert [one.name for one in tmp_path.iterdir()] == ["sibangkit.salt"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "xyz", "00" * 15])
def test_a_damaged_secret_is_never_replaced(
    write_small_study: Callable[[Path], Path], tmp_path: Path, content: str
) -> None:
    from sibangkit_geo import study  # noqa: PLC0415 - a run

    file = write_small_study(tmp_path)
    file.write_text(file.read_text("utf-8").replace("published = true\n", ""), encoding="utf-8")
    secret = tmp_path / "sibangkit.salt"
    secret.write_text(content, encoding="ascii")
    secret.chmod(0o600)
    with pytest.raises(ConfigError, match="not a secret of the protection"):
        study.run(file, tmp_path / "out")
    assert secret.read_text("ascii") == content


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_a_secret_that_others_can_read_is_warned_of(
    write_small_study: Callable[[Path], Path], tmp_path: Path
) -> None:
    from sibangkit_geo import study  # noqa: PLC0415 - a run

    file = write_small_study(tmp_path)
    file.write_text(file.read_text("utf-8").replace("published = true\n", ""), encoding="utf-8")
    secret = tmp_path / "sibangkit.salt"
    secret.write_text(SALT.hex() + "\n", encoding="ascii")
    secret.chmod(0o644)
    with pytest.warns(DegradedInputWarning, match="other users can read the secret"):
        study.run(file, tmp_path / "out")
    # the secret itself is in no product
    for product in (tmp_path / "out").rglob("*"):
        if product.is_file():
            assert SALT.hex().encode() not in product.read_bytes()


def test_the_size_of_a_few_households_is_nobodys_business() -> None:
    # three households of eight persons, shown as five: the mean of all, four, stands for theirs
    few = pd.Series([24.0]), pd.Series([3.0])
    everybody = pd.Series([400.0]), pd.Series([100.0])
    here = np.zeros(1, dtype=np.int64)
    size = mean_sizes(*few, district=here, shown=pd.Series([5]), else_of=everybody)
    assert size.tolist() == [4.0]
    many = pd.Series([480.0]), pd.Series([60.0])
    own = mean_sizes(*many, district=here, shown=pd.Series([58]), else_of=everybody)
    assert own.tolist() == [8.0]


def test_an_all_poor_village_is_never_worth_fewer_than_its_poor() -> None:
    # 7 of 7 times a rounded worth over 7 may lie above that worth in its last digit
    homes = pd.Series(np.arange(5.0, 405.0))
    table = pd.DataFrame({"headcount_ratio": 1.0, "poor_households": homes, "known_poor": homes})
    table.loc[0, ["headcount_ratio", "poor_households"]] = 0.0
    add_shrunken(
        table, source=("uji", 2025), worth=lambda _, known: 1 / (1 / known + 3 / (known**2 * 0.09))
    )
    assert table["headcount_shrunken"].notna().all()
