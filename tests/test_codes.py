"""Area codes: grammar, parents, embedded lists, and a regency that does not exist."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "level", "well_formed"),
    [
        ("16", "province", True),
        ("16.07", "regency", True),
        ("16.07.05", "district", True),
        ("16.07.05.1022", "village", True),
        ("16.07.05.2001", "village", True),
        ("16.07.05.3001", "village", False),  # only kelurahan (1) and desa (2) exist
        ("16.07.05", "village", False),
        ("16.07.05.1022", "district", False),
        ("1607051022", "village", False),
        ("16.7.5.1022", "village", False),
        ("16.07.05.1022 ", "village", False),
        ("16.07.05.1022\n", "village", False),
        ("", "village", False),
    ],
)
def test_kemendagri_grammar(text: str, level: str, *, well_formed: bool) -> None:
    answer = codes.is_code(pd.Series([text]), code_system="kemendagri", level=level)
    assert answer.tolist() == [well_formed]


def test_bps_codes_have_ten_digits_and_keep_leading_zeros() -> None:
    text = pd.Series(["1607061001", "607061001", "16.07.06.1001", "0907061001"])
    assert codes.is_code(text, code_system="bps").tolist() == [True, False, False, True]


def test_a_missing_code_is_not_well_formed_and_the_index_stays() -> None:
    text = pd.Series(["16.07.05.1022", None], index=["b", "a"])
    answer = codes.is_code(text, code_system="kemendagri")
    assert answer.to_dict() == {"b": True, "a": False}
    assert answer.dtype == bool


def test_parents_are_cut_and_unknown_levels_refused() -> None:
    code = pd.Series(["16.07.05.1022"])
    assert [codes.parent(code, level=level).item() for level in codes.LEVELS] == [
        "16",
        "16.07",
        "16.07.05",
        "16.07.05.1022",
    ]
    with pytest.raises(KeyError):
        codes.parent(code, level="hamlet")


def test_the_official_list_of_banyuasin_is_whole() -> None:
    official = codes.official_villages("16.07")
    assert len(official) == 313
    assert codes.is_code(pd.Series(list(official)), code_system="kemendagri").all()
    assert official["16.07.01.1016"] == "Mariana"
    assert {code[:8] for code in official} == set(codes.districts("16.07"))


def test_district_numbers_of_the_two_systems_differ() -> None:
    districts = codes.districts("16.07")
    assert districts["16.07.01"] == ("1607060", "Banyuasin I")
    assert districts["16.07.04"] == ("1607030", "Pulau Rimau")


def test_a_regency_without_embedded_list_is_empty_not_wrong() -> None:
    assert codes.official_villages("16.0") == {}
    assert codes.official_villages("11.01") == {}
    assert codes.districts("11.01") == {}


def test_every_regency_has_a_unique_name_and_code() -> None:
    known = codes.regencies()
    assert codes.is_code(pd.Series(list(known)), code_system="kemendagri", level="regency").all()
    assert known["16.07"] == "Kabupaten Banyuasin"
    assert len(set(known.values())) == len(known)


def test_an_unknown_regency_is_refused_with_those_beside_it() -> None:
    with pytest.raises(ConfigError, match=r'"16\.99".*16\.01 to 16\.74') as caught:
        codes.require_regency("16.99")
    assert caught.value.exit_code == 2
    with pytest.raises(ConfigError, match=r'Example: "16\.07"'):
        codes.require_regency("Banyuasin")


@pytest.mark.parametrize(
    ("cell", "system", "code", "problem"),
    [
        ("16.07.05.1022", "kemendagri", "16.07.05.1022", ""),
        (" '16.07.05.1022\u00a0", "kemendagri", "16.07.05.1022", ""),
        ("16.7.5.1022", "kemendagri", "16.07.05.1022", "padded"),
        ("1607051022", "kemendagri", "16.07.05.1022", ""),
        ("1607051022.0", "kemendagri", "16.07.05.1022", ""),
        ("16.07.05.3022", "kemendagri", None, "malformed"),
        ("16.07.05.22", "kemendagri", None, "malformed"),
        ("1607060005", "kemendagri", None, "malformed"),  # a village part starts with 1 or 2
        ("1.607E+09", "kemendagri", None, "digits_lost"),
        ("1,607E+09", "bps", None, "digits_lost"),
        ("16.1", "kemendagri", None, "digits_lost"),  # 16.01, or 16.10 as a number
        ("16.07.05", "kemendagri", None, "wrong_level"),
        ("1607021003", "bps", "1607021003", ""),
        ("1607021003.0", "bps", "1607021003", ""),
        (1607021003.0, "bps", "1607021003", ""),
        (1607021003, "bps", "1607021003", ""),
        (160702100300000000.0, "bps", "1607021003", ""),
        ("160702100300000000", "bps", "1607021003", ""),
        ("160702100300000100", "bps", None, "malformed"),
        ("160702100300000000", "kemendagri", None, "malformed"),
        ("16.07.021.003", "bps", "1607021003", ""),
        ("16.07.05.1022", "bps", None, "malformed"),
        ("1607021", "bps", None, "wrong_level"),
        ("١٦٠٧٠٢١٠٠٣", "bps", None, "malformed"),
        ("", "bps", None, "missing"),
        (None, "bps", None, "missing"),
        (float("nan"), "bps", None, "missing"),
        ("-", "bps", None, "missing"),
        ("Jumlah", "bps", None, "malformed"),
    ],
)
def test_cells_are_read_or_told_apart(
    cell: object, system: codes.CodeSystem, code: str | None, problem: str
) -> None:
    reading = codes.read_codes(pd.Series([cell], index=[7]), code_system=system)
    assert reading.problem.to_dict() == {7: problem}
    assert (None if reading.code.isna().item() else reading.code.item()) == code
    assert reading.usable.item() is (code is not None)


@pytest.mark.parametrize("level", codes.LEVELS)
@pytest.mark.parametrize("system", codes.CODE_SYSTEMS)
def test_every_level_reads_itself(system: codes.CodeSystem, level: str) -> None:
    code = {"kemendagri": "16.07.05.1022", "bps": "1607021003"}[system]
    above = codes.parent(pd.Series([code]), level=level, code_system=system).item()
    assert codes.level_of(above, code_system=system) == level
    digits = above.replace(".", "")
    assert codes.format_code(digits, code_system=system) == above


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ValueError, match='Did you mean "bps"'):
        codes.read_codes(pd.Series(["1"]), code_system="bpss")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="got 3 characters"):
        codes.format_code("160", code_system="kemendagri")


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=20), st.from_regex(r"\d{2}(\.\d{1,4}){0,4}")),
        max_size=6,
    )
)
@settings(deadline=None)
def test_reading_a_column_is_reading_its_cells(cells: list[str | None]) -> None:
    text = pd.Series(cells, dtype=object)
    for system in codes.CODE_SYSTEMS:
        reading = codes.read_codes(text, code_system=system)
        assert reading.code.notna().tolist() == reading.usable.tolist()
        assert codes.is_code(reading.code[reading.usable], code_system=system).all()
        for cell, code in zip(cells, reading.code, strict=True):
            alone = codes.read_codes(pd.Series([cell], dtype=object), code_system=system)
            assert alone.code.fillna("").tolist() == ["" if pd.isna(code) else code]


def test_reading_takes_any_kind_of_column_and_keeps_its_index() -> None:
    empty = codes.read_codes(pd.Series([], dtype=object), code_system="bps")
    assert len(empty.code) == 0
    numbers = codes.read_codes(pd.Series([1607021003.0, np.nan], index=[5, 5]), code_system="bps")
    assert numbers.code.index.tolist() == [5, 5]
    assert numbers.problem.tolist() == ["", "missing"]


def test_the_splits_are_the_eight_and_no_parent_is_a_guess() -> None:
    known = codes.splits("16.07")
    official = codes.official_villages("16.07")
    assert set(known) == {"16.07.05.1022", *(f"16.07.10.{n}" for n in range(1024, 1031))}
    assert codes.splits("11.01") == {}
    for split in known.values():
        assert official[split.code] == split.name
        assert split.year == 2025
        assert "2138/2025" in split.source
        assert (split.certainty == "unknown") == (split.parent_code == "")
        if split.parent_code:
            shared = set(official[split.parent_code].split()) & set(split.name.split())
            assert shared, split.name
            assert split.parent_code[:8] == split.code[:8]
    with (codes.data_folder() / "splits.csv").open(encoding="utf-8", newline="") as lines:
        assert list(next(csv.reader(lines))) == [
            "code",
            "name",
            "parent_code",
            "year",
            "certainty",
            "source",
        ]


SUKAJADI, TIMUR, RAWA = "16.07.10.1004", "16.07.10.1024", "16.07.10.1026"


@pytest.mark.parametrize(
    ("register", "polygons", "moved"),
    [
        # newer register, older map: the child goes to its parent, an orphan to its district
        ([SUKAJADI, TIMUR, RAWA], [SUKAJADI], {TIMUR: SUKAJADI, RAWA: "16.07.10"}),
        # older register, newer map: the child's polygon belongs to the parent's rows
        ([SUKAJADI], [SUKAJADI, TIMUR, RAWA], {TIMUR: SUKAJADI, RAWA: "16.07.10"}),
        # the register knows a sister of the same year: it merely has no row in the other
        ([SUKAJADI, RAWA], [SUKAJADI, TIMUR, RAWA], {}),
        ([SUKAJADI, TIMUR], [SUKAJADI, TIMUR], {}),
        # no parent to go to
        ([TIMUR], ["16.07.10.1002"], {}),
        ([], [], {}),
    ],
)
def test_codes_meet_where_both_sides_can(
    register: list[str], polygons: list[str], moved: dict[str, str]
) -> None:
    level = codes.common_level(register, polygons)
    assert set(level.code) == {*register, *polygons}
    assert {code: to for code, to in level.code.items() if to != code} == moved
    assert {one.code for one in (*level.merged, *level.at_district)} == set(moved)
    assert bool(level.text) == bool(moved)
    assert ("Sukajadi Timur (induk Sukajadi)" in level.text) == (TIMUR in moved)
