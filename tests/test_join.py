"""Rows to villages: by name inside the district, by code, by a person's decision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo import codes, study
from sibangkit_geo.errors import ConfigError, DataError, MissingFileError, UnknownAreaError
from sibangkit_geo.join import (
    check_code_system,
    fold_name,
    locate_by_code,
    locate_by_name,
    locate_keys,
    review_key,
    with_district_names,
)
from sibangkit_geo.join.by_name import assign_many
from sibangkit_geo.model.types import Boundaries
from sibangkit_geo.sources.text_tables import read_review
from sibangkit_geo.study.locate import decisions, locate_places

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from sibangkit_geo.model.types import Located

OFFICIAL = pd.DataFrame(
    [
        ("16.07.01.2001", "Sungsang I", "Banyuasin II"),
        ("16.07.01.2002", "Sungsang II", "Banyuasin II"),
        ("16.07.01.2003", "Sungsang III", "Banyuasin II"),
        ("16.07.01.2004", "Sungsang IV", "Banyuasin II"),
        ("16.07.01.2005", "Muara Sungsang", "Banyuasin II"),
        ("16.07.01.2006", "Marga Sungsang", "Banyuasin II"),
        ("16.07.02.2001", "Rimba Balai", "Banyuasin III"),
        ("16.07.02.2002", "Rimba Alai", "Banyuasin III"),
        ("16.07.02.2003", "Taja Raya I", "Banyuasin III"),
        ("16.07.02.2004", "Taja Raya II", "Banyuasin III"),
        ("16.07.03.2001", "Buana Murti", "Pulau Rimau"),
        ("16.07.03.2002", "Wana Mukti", "Pulau Rimau"),
        ("16.07.03.2003", "Sumber Mulyo", "Pulau Rimau"),
        ("16.07.03.2004", "Sumber Rejo", "Pulau Rimau"),
    ],
    columns=["village_code", "name", "district_name"],
).set_index("village_code")
OFFICIAL["district_code"] = OFFICIAL.index.str.slice(0, 8)
# what each official village is called in the table
SPELLINGS = {
    "16.07.01.2001": "SUNGSANG I",
    "16.07.01.2002": "SUNGSANG II",
    "16.07.01.2003": "SUNGSANG III",
    "16.07.01.2004": "SUNGSANG IV",
    "16.07.01.2005": "MUARA SUNGSANG",
    "16.07.01.2006": "MARGO SUNGSANG",
    "16.07.02.2001": "RIMBO BALAI",
    "16.07.02.2002": "RIMBO ALAI",
    "16.07.02.2003": "TAJA RAYA 1",
    "16.07.02.2004": "TAJARAYA II",
    "16.07.03.2001": "BUANA MURTI",
    "16.07.03.2002": "WONO MUKTI",
    "16.07.03.2003": "SUMBER MULIA",
    "16.07.03.2004": "SUMBER REJO",
}


def rows_of(names: dict[str, str]) -> pd.DataFrame:
    """Make a profile table: the row label is the official code that should come out."""
    district = OFFICIAL.loc[list(names), "district_name"].str.upper()
    return pd.DataFrame(
        {
            "code": [f"16070{i:05d}" for i in range(len(names))],
            "district_name": district.to_numpy(),
            "village_name": list(names.values()),
        },
        index=list(names),
    )


def found(located: Located) -> dict[object, object]:
    """Pair row labels with the village found, None for none."""
    codes_found = located.rows["village_code"]
    return {label: (None if pd.isna(code) else code) for label, code in codes_found.items()}


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Sungsang IV", ("sungsang", 4)),
        ("SUNGSANG 4", ("sungsang", 4)),
        ("Sungsang4", ("sungsang", 4)),
        ("Taja Raya II", ("tajaraya", 2)),
        ("TAJARAYA II", ("tajaraya", 2)),
        ("Margo Mulyo 16", ("margomulyo", 16)),
        ("Air  Kumbang", ("airkumbang", 0)),
        ("I", ("i", 0)),  # a name of one word is a name
        ("", ("", 0)),
    ],
)
def test_names_fold_to_letters_and_number(name: str, folded: tuple[str, int]) -> None:
    assert fold_name(name) == folded


def test_official_names_of_one_district_never_fold_to_the_same() -> None:
    official = codes.official_villages("16.07")
    folded = [(code[:8], *fold_name(name)) for code, name in official.items()]
    assert len(set(folded)) == len(folded)


def test_every_spelling_finds_its_own_village() -> None:
    located = locate_by_name(rows_of(SPELLINGS), OFFICIAL)
    assert found(located) == {code: code for code in SPELLINGS}
    how = located.rows["how"].to_dict()
    assert how["16.07.01.2001"] == "name"
    assert how["16.07.03.2003"] == "spelling"  # Mulia for Mulyo is never "to the letter"
    assert (located.rows.loc[located.rows["how"] == "spelling", "score"] < 1).all()


@given(order=st.permutations(list(SPELLINGS)))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_changes_nothing(order: list[str]) -> None:
    straight = locate_by_name(rows_of(SPELLINGS), OFFICIAL)
    shuffled = locate_by_name(rows_of(SPELLINGS).loc[order], OFFICIAL.iloc[::-1])
    assert found(shuffled) == found(straight)
    assert shuffled.rows.index.tolist() == order


@pytest.mark.parametrize(
    ("kept", "removed"),
    [("16.07.01.2001", "16.07.01.2004"), ("16.07.02.2003", "16.07.02.2004")],
)
def test_a_number_is_never_taken_for_another(kept: str, removed: str) -> None:
    # the right village is not on the list: rather no village than its numbered sister
    official = OFFICIAL.drop(index=removed)
    located = locate_by_name(
        rows_of({kept: SPELLINGS[kept], removed: SPELLINGS[removed]}), official
    )
    assert found(located) == {kept: kept, removed: None}


def test_a_name_without_number_is_none_of_the_numbered() -> None:
    rows = rows_of({"16.07.01.2001": "SUNGSANG", "16.07.01.2002": "SUNGSANG II"})
    numbered = OFFICIAL.drop(index=["16.07.01.2005", "16.07.01.2006"])
    assert found(locate_by_name(rows, numbered)) == {
        "16.07.01.2001": None,
        "16.07.01.2002": "16.07.01.2002",
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("16.07.02.2001", "16.07.02.2002"),
        ("16.07.01.2005", "16.07.01.2006"),
        ("16.07.03.2001", "16.07.03.2002"),
    ],
)
def test_near_names_are_not_swapped(one: str, other: str) -> None:
    names = {code: str(OFFICIAL.loc[code, "name"]).upper() for code in (one, other)}
    for order in ([one, other], [other, one]):
        located = locate_by_name(rows_of(names).loc[order], OFFICIAL)
        assert found(located) == {one: one, other: other}
        assert located.rows["how"].eq("name").all()


def test_a_village_of_another_district_is_never_taken() -> None:
    rows = rows_of({"16.07.01.2001": "SUNGSANG I", "16.07.03.2001": "BUANA MURTI"})
    located = locate_by_name(rows.assign(district_name="PULAU RIMAU"), OFFICIAL)
    assert found(located)["16.07.01.2001"] is None


def test_a_district_written_in_two_ways_is_one_district() -> None:
    rows = rows_of({"16.07.01.2001": "SUNGSANG I", "16.07.01.2002": "SUNGSANG II"})
    rows["district_name"] = ["BANYUASIN II", "Banyuasin  II"]
    assert found(locate_by_name(rows, OFFICIAL)) == {
        "16.07.01.2001": "16.07.01.2001",
        "16.07.01.2002": "16.07.01.2002",
    }


def test_rows_in_are_located_or_noted() -> None:
    rows = rows_of(SPELLINGS | {"16.07.03.2004": "NEGERI ANTAH BERANTAH"})
    located = locate_by_name(rows, OFFICIAL)
    counts = {note.key: note.count for note in located.notes}
    assert counts == {"rows_located": 13, "rows_unlocated": 1, "villages_without_rows": 1}
    assert len(located.rows) == counts["rows_located"] + counts["rows_unlocated"]


def test_inputs_are_not_changed() -> None:
    rows, official = rows_of(SPELLINGS), OFFICIAL.copy()
    before = rows.copy()
    locate_by_name(rows, official, review={"1607000000": ""})
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(official, OFFICIAL)


def test_rows_without_name_are_refused_with_their_label() -> None:
    rows = rows_of(SPELLINGS)
    rows.loc["16.07.02.2001", "village_name"] = None
    with pytest.raises(DataError, match=r"rows: 1; first: 16\.07\.02\.2001"):
        locate_by_name(rows, OFFICIAL)


def test_a_table_of_another_place_is_refused() -> None:
    rows = rows_of({"16.07.01.2001": "X"}).assign(district_name="SUKAJADI")
    with pytest.raises(UnknownAreaError, match="No row of the table") as caught:
        locate_by_name(rows, OFFICIAL)
    assert caught.value.exit_code == 3


def test_a_decision_goes_before_the_name_and_takes_the_village() -> None:
    rows = rows_of({"16.07.02.2001": "RIMBA BALAI", "16.07.02.2002": "RIMBA ALAI"})
    review = {"1607000000": "16.07.02.2002", "1607000001": ""}
    located = locate_by_name(rows, OFFICIAL, review=review)
    assert found(located) == {"16.07.02.2001": "16.07.02.2002", "16.07.02.2002": None}
    assert located.rows["how"].tolist() == ["review", "review"]


def test_a_decided_village_is_not_given_away_again() -> None:
    rows = rows_of({"16.07.02.2001": "ASING", "16.07.02.2002": "RIMBA ALAI"})
    located = locate_by_name(rows, OFFICIAL, review={"1607000000": "16.07.02.2002"})
    assert found(located)["16.07.02.2001"] == "16.07.02.2002"
    assert found(located)["16.07.02.2002"] != "16.07.02.2002"


def test_a_decision_for_a_village_off_the_list_is_refused() -> None:
    with pytest.raises(UnknownAreaError, match=r"first: 16\.07\.99\.2001\).*kode_desa"):
        locate_by_name(rows_of(SPELLINGS), OFFICIAL, review={"1607000000": "16.07.99.2001"})


def test_codes_find_their_village_and_strangers_are_noted() -> None:
    code = pd.Series(["16.07.03.2004", "16.07.99.2001"], index=[7, 9])
    located = locate_by_code(code, OFFICIAL, code_system="kemendagri")
    assert found(located) == {7: "16.07.03.2004", 9: None}
    assert located.rows["how"].to_dict() == {7: "code", 9: "none"}
    assert {note.key: note.count for note in located.notes} == {
        "rows_located": 1,
        "rows_unlocated": 1,
        "villages_without_rows": 13,
    }


def test_malformed_codes_are_all_gathered() -> None:
    code = pd.Series(["16.07.03.2004", "1607.03.2004", None], index=[2, 3, 4])
    with pytest.raises(DataError, match=r"rows: 2; first: 3, 4") as caught:
        locate_by_code(code, OFFICIAL, code_system="kemendagri")
    assert caught.value.rows is not None
    assert caught.value.rows.index.tolist() == [3, 4]


def test_bps_codes_are_refused_with_the_remedy() -> None:
    with pytest.raises(ConfigError, match="name district_name and village_name in the study"):
        locate_by_code(pd.Series(["1607061001"]), OFFICIAL, code_system="bps")


def test_undotted_codes_are_read_as_the_system_says_and_villages_repeat() -> None:
    code = pd.Series(["1607032004", "16.7.3.2004", "1607032004.0"], index=["a", "b", "c"])
    located = locate_by_code(code, OFFICIAL, code_system="kemendagri")
    assert found(located) == dict.fromkeys("abc", "16.07.03.2004")


def test_lost_digits_are_refused_by_kind() -> None:
    code = pd.Series(["16.07.03.2004", "1.607E+09", "16.07.03"], index=[2, 3, 4])
    with pytest.raises(DataError, match=r"\(rows: 1; first: 3"):
        locate_by_code(code, OFFICIAL, code_system="kemendagri")


def test_codes_of_districts_are_subtotals_unless_there_is_no_other() -> None:
    code = pd.Series(["16.07.03", "16.07.03.2004", "160703", "16.07"], index=[2, 3, 4, 5])
    located = locate_by_code(code, OFFICIAL, code_system="kemendagri")
    assert found(located) == {2: None, 3: "16.07.03.2004", 4: None, 5: None}
    assert located.rows["how"].tolist() == ["none", "code", "none", "none"]
    assert [one.count for one in located.notes if one.key == "subtotals"] == [3]
    with pytest.raises(DataError, match=r"1 of another level\) \(rows: 1; first: 2"):
        locate_by_code(code[:1], OFFICIAL, code_system="kemendagri")


def test_rows_that_name_no_village_are_subtotals_of_their_district() -> None:
    rows = rows_of(SPELLINGS).reset_index(drop=True)
    rows.loc[0, ["code", "village_name"]] = None
    nowhere = gpd.GeoDataFrame(OFFICIAL.iloc[:0], geometry=[], crs="EPSG:32748")
    areas = Boundaries(nowhere, OFFICIAL, nowhere, "16.07", False, "uji", ())
    located = locate_places(rows, areas, code_system="", review={})
    assert located.rows.index.tolist() == rows.index.tolist()
    assert located.rows["how"].tolist()[0] == "none"
    assert located.rows["village_code"].isna().tolist()[0]
    told = [one.text for one in located.notes if one.key == "subtotals"]
    assert told == ["1 baris tanpa nama desa (subjumlah) tidak dihitung (baris: 0)."]


# ---- registers: codes, names or both, many rows per village
def register(**columns: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def note_counts(located: Located) -> dict[str, int]:
    return {note.key: note.count for note in located.notes}


def test_a_register_uses_codes_first_and_names_where_they_fail() -> None:
    keys = register(
        code=["16.07.02.2001", None, "1.6E+09", "16.07.99.2001", "16.07.02.2001"],
        district_name=["Banyuasin III", "BANYUASIN III", "Banyuasin III", None, None],
        village_name=["Rimba Balai", "Rimba Alai", "TAJA RAYA 2", None, None],
    )
    located = locate_keys(keys, OFFICIAL, code_system="kemendagri")
    assert list(found(located).values()) == [
        "16.07.02.2001",
        "16.07.02.2002",
        "16.07.02.2004",
        None,
        "16.07.02.2001",
    ]
    assert located.rows["how"].tolist() == ["code", "name", "name", "none", "code"]
    assert note_counts(located)["codes_unusable"] == 2


def test_a_village_written_in_several_ways_is_one_village() -> None:
    names = ["WANA MUKTI", "WONO MUKTI", "Wana Mukti", "SUMBER MULIA", "SUMBER MULYA"]
    keys = register(district_name=["PULAU RIMAU"] * 5, village_name=[*names])
    located = locate_keys(keys, OFFICIAL, code_system=None)
    assert list(found(located).values()) == ["16.07.03.2002"] * 3 + ["16.07.03.2003"] * 2
    assert located.rows["how"].tolist() == ["name", "spelling", "name", "spelling", "spelling"]


def test_a_spelling_between_two_places_is_neither() -> None:
    places: dict[Hashable, str] = {"a": "Rimba Balai", "b": "Rimba Alai"}
    exact: dict[Hashable, str] = {1: "Rimba Balai", 2: "Rimba Alai"}
    assert 3 not in assign_many(
        exact | {3: "Rimba Dalai"}, {"a": "Rimba Balai", "b": "Rimba Malai"}
    )
    assert assign_many(exact | {3: "RIMBO ALAI"}, places)[3] == ("b", 0.99)


@given(order=st.permutations(range(3 * len(SPELLINGS))))
@settings(max_examples=30, deadline=None)
def test_the_order_of_a_register_changes_nothing(order: list[int]) -> None:
    once = rows_of(SPELLINGS).drop(columns="code")
    keys = pd.concat([once, once.assign(village_name=once["village_name"].str.title()), once])
    located = locate_keys(keys.iloc[order], OFFICIAL, code_system=None)
    assert located.rows["village_code"].tolist() == located.rows.index.tolist()


def test_a_register_keeps_every_row_and_its_label() -> None:
    keys = rows_of(SPELLINGS).iloc[[0, 0, 3, 0]].drop(columns="code")
    located = locate_keys(keys, OFFICIAL, code_system=None)
    assert located.rows.index.tolist() == keys.index.tolist()
    assert note_counts(located)["rows_located"] == 4


def test_counts_of_rows_behind_distinct_keys_reach_the_notes() -> None:
    keys = register(code=["16.07.02.2001", "16.07.99.2001"])
    located = locate_keys(keys, OFFICIAL, code_system="kemendagri", n_rows=pd.Series([250_000, 17]))
    assert note_counts(located)["rows_located"] == 250_000
    assert note_counts(located)["rows_unlocated"] == 17
    assert located.notes[0].text.startswith("250.000 dari 250.017 baris")


def test_a_decision_reaches_rows_by_code_and_by_name() -> None:
    keys = register(
        code=["16.07.02.2001", None],
        district_name=["Banyuasin III", "Banyuasin  III"],
        village_name=["Rimba Balai", "asing"],
    )
    review = {"16.07.02.2001": "", review_key("banyuasin iii", "ASING"): "16.07.02.2003"}
    located = locate_keys(keys, OFFICIAL, code_system="kemendagri", review=review)
    assert list(found(located).values()) == [None, "16.07.02.2003"]
    assert located.rows["how"].tolist() == ["review", "review"]
    with pytest.raises(UnknownAreaError, match="review file names villages"):
        locate_keys(keys, OFFICIAL, code_system="kemendagri", review={"x": "16.07.99.2001"})


def test_an_untouched_decision_changes_nothing() -> None:
    keys = register(district_name=["PULAU RIMAU"], village_name=["SUMBER MULIA"])
    key = review_key("PULAU RIMAU", "SUMBER MULIA")
    plain = locate_keys(keys, OFFICIAL, code_system=None)
    again = locate_keys(keys, OFFICIAL, code_system=None, review={key: "16.07.03.2003"})
    pd.testing.assert_frame_equal(again.rows, plain.rows)


@pytest.mark.parametrize(
    ("columns", "system", "words"),
    [
        (["village_name"], None, "name `code`, or"),
        (["code"], None, 'write code_system = "kemendagri" or "bps"'),
        (["code"], "bps", "name district_name and village_name in the study"),
    ],
)
def test_a_register_without_what_it_needs_is_refused(
    columns: list[str], system: codes.CodeSystem | None, words: str
) -> None:
    keys = rows_of(SPELLINGS)[columns]
    with pytest.raises(ConfigError, match=words):
        locate_keys(keys, OFFICIAL, code_system=system)


def test_names_that_contradict_a_code_are_noted_and_the_code_stays() -> None:
    keys = register(
        code=["16.07.02.2001"], district_name=["Banyuasin III"], village_name=["Taja Raya I"]
    )
    located = locate_keys(keys, OFFICIAL, code_system="kemendagri")
    assert list(found(located).values()) == ["16.07.02.2001"]
    assert note_counts(located)["codes_and_names_differ"] == 1


def test_split_villages_without_polygon_meet_at_their_parent() -> None:
    names = codes.official_villages("16.07")
    official = pd.DataFrame({"name": names})
    official["district_code"] = official.index.str.slice(0, 8)
    official["district_name"] = "X"
    official["has_polygon"] = ~official.index.isin(list(codes.splits("16.07")))
    code = pd.Series(["16.07.10.1024", "16.07.10.1004", "16.07.10.1026"])
    located = locate_by_code(code, official, code_system="kemendagri", meet_splits=True)
    assert located.rows["village_code"].tolist() == [
        "16.07.10.1004",
        "16.07.10.1004",
        "16.07.10.1026",  # nobody knows its parent: counted in the district only
    ]
    assert located.rows["how"].tolist() == ["split", "code", "code"]
    note = next(note for note in located.notes if note.key == "splits_met")
    assert "Sukajadi Timur (induk Sukajadi)" in note.text
    assert "Rawa Maju (16.07.10.1026)" in note.text
    kept = locate_by_code(code, official, code_system="kemendagri")
    assert kept.rows["village_code"].tolist() == code.tolist()


def test_a_table_older_than_the_splits_says_so_where_the_map_has_them() -> None:
    official = pd.DataFrame(
        {"name": ["Sukajadi", "Sukajadi Timur"], "has_polygon": True},
        index=["16.07.10.1004", "16.07.10.1024"],
    )
    located = locate_by_code(
        pd.Series(["16.07.10.1004"]), official, code_system="kemendagri", meet_splits=True
    )
    assert note_counts(located)["splits_unknown_to_table"] == 1


@pytest.fixture(scope="module")
def real_official() -> pd.DataFrame:
    official = pd.DataFrame({"name": codes.official_villages("16.07")})
    official["district_code"] = official.index.str.slice(0, 8)
    official["district_name"] = official["district_code"].map(
        {code: name for code, (_, name) in codes.districts("16.07").items()}
    )
    return official


@pytest.fixture(scope="module")
def real_keys(shared: Path) -> pd.DataFrame:
    table = pd.read_csv(shared / "data" / "banyuasin" / "indikator_desa.csv", dtype=str)
    names = {"iddesa": "code", "nmkec": "district_name", "nmdesa": "village_name"}
    return table[list(names)].rename(columns=names)


def test_real_bps_codes_declared_as_kemendagri_are_refused(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    mixup = check_code_system(real_keys, real_official, code_system="kemendagri")
    assert (int(mixup.checked.sum()), int(mixup.suspect.sum()), int(mixup.wrong_place.sum())) == (
        305,
        305,
        12,
    )
    words = r'12 of them exist.*rows: 305; first: 0, 1, 2\)\. Write code_system = "bps"'
    with pytest.raises(DataError, match=words):
        locate_keys(real_keys, real_official, code_system="kemendagri")


def test_real_kemendagri_codes_declared_as_bps_are_refused(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    right = locate_keys(real_keys, real_official, code_system="bps").rows["village_code"]
    for code in (right, right.str.replace(".", "", regex=False)):
        keys = real_keys.assign(code=code)
        assert check_code_system(keys, real_official, code_system="kemendagri").share == 0.0
        with pytest.raises(DataError, match='Write code_system = "kemendagri"'):
            locate_keys(keys, real_official, code_system="bps")


def test_real_bps_codes_without_names_are_warned_of(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    located = locate_keys(real_keys[["code"]], real_official, code_system="kemendagri")
    note = next(note for note in located.notes if note.key == "codes_look_bps")
    assert note.count == 305
    assert "(12 cocok dan mungkin salah tempat)" in note.text


def test_a_few_mixed_up_rows_are_located_by_their_names(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    right = locate_keys(real_keys, real_official, code_system="bps").rows["village_code"]
    # ten of the rows keep their BPS code, among them some that are another village's code
    wrong = check_code_system(real_keys, real_official, code_system="kemendagri").wrong_place
    kept = real_keys.index[wrong][:10]
    mixed = real_keys.assign(code=right.astype(object))
    mixed.loc[kept, "code"] = real_keys.loc[kept, "code"]
    located = locate_keys(mixed, real_official, code_system="kemendagri")
    assert located.rows["village_code"].tolist() == right.tolist()
    assert set(located.rows.loc[kept, "how"]) <= {"name", "spelling"}


def test_rows_without_name_follow_their_bps_code(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    blank = real_keys.head(3).assign(village_name=pd.Series([pd.NA, "???", ""]))
    keys = pd.concat([real_keys, blank], ignore_index=True)
    located = locate_keys(keys, real_official, code_system="bps").rows
    assert located["village_code"].tail(3).tolist() == located["village_code"].head(3).tolist()
    assert located["how"].tail(3).tolist() == ["code"] * 3
    # two places under one code: nobody can say which
    keys["code"] = keys["code"].replace(str(keys["code"].iloc[1]), str(keys["code"].iloc[0]))
    doubted = locate_keys(keys, real_official, code_system="bps").rows
    assert pd.isna(doubted["village_code"].iloc[305])


def test_a_mixed_up_register_names_its_own_rows(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    keys = pd.concat([real_keys, real_keys], ignore_index=True)
    with pytest.raises(DataError, match="rows: 610"):
        locate_keys(keys, real_official, code_system="kemendagri")


def test_an_empty_register_is_refused(real_official: pd.DataFrame) -> None:
    nothing = register(code=[], district_name=[], village_name=[])
    for system in codes.CODE_SYSTEMS:
        with pytest.raises((UnknownAreaError, ConfigError)):
            locate_keys(nothing, real_official, code_system=system)


def test_real_names_alone_find_what_names_with_codes_find(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    single = locate_by_name(real_keys, real_official).rows
    many = pd.concat([real_keys, real_keys.sample(frac=1, random_state=1)])
    located = locate_keys(many.drop(columns="code"), real_official, code_system=None).rows
    expected = single.loc[located.index, "village_code"]
    assert located["village_code"].tolist() == expected.tolist()


def test_the_review_file_is_read_as_decisions(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("kode_tabel;kode_desa\n1607061001;16.07.01.2001\n1607061002;\n")
    assert read_review(path) == {"1607061001": "16.07.01.2001", "1607061002": ""}


def test_a_review_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("kode_tabel,kode_dessa\n1607061001,16.07.01.2001\n")
    with pytest.raises(DataError, match='nearest first: "kode_dessa", "kode_tabel"'):
        read_review(path)


def test_a_review_file_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    line = "BANYUASIN I/X,16.07.01.20"
    path.write_text(f"kode_tabel,kode_desa\n{line}01\n{line}02\nY,16.07.01.2003\n")
    with pytest.raises(DataError, match=r"^review\.csv: lines .*first: 2, 3\)"):
        read_review(path)
    path.write_text(f"kode_tabel,kode_desa\n{line}01\n{line}01\n")
    assert read_review(path) == {"BANYUASIN I/X": "16.07.01.2001"}


def test_a_folder_in_place_of_the_review_file_is_refused(tmp_path: Path) -> None:
    assert decisions(tmp_path / "review.csv") == {}
    (tmp_path / "review.csv").mkdir()
    with pytest.raises(MissingFileError, match=r"a folder, not a file \(\[join\] review\)"):
        decisions(tmp_path / "review.csv")


def test_a_row_whose_village_a_decision_gives_away_is_told() -> None:
    names = OFFICIAL[OFFICIAL["district_code"] == OFFICIAL["district_code"].iloc[0]].iloc[:2]
    rows = pd.DataFrame(
        {
            "code": ["1", "2"],
            "district_name": names["district_name"].tolist(),
            "village_name": names["name"].tolist(),
        },
        index=[2, 3],
    )
    taken = str(names.index[1])
    located = locate_by_name(rows, OFFICIAL, review={"1": taken})
    assert located.rows["village_code"].isna().tolist() == [False, True]
    (told,) = [note.text for note in located.notes if note.key == "review_displaced"]
    assert "memberikan desa itu kepada baris lain (baris: 3)" in told


def test_all_real_rows_find_their_village_and_eight_villages_have_none(
    study_run: study.Finished,
) -> None:
    notes = {note.key: note.count for note in study_run.notes}
    assert notes["rows_located"] == 305
    assert "rows_unlocated" not in notes
    assert notes["villages_without_rows"] == 8
    table = pd.read_csv(study_run.out / "villages.csv", dtype={"village_code": str})
    empty = set(table.loc[table["households"].isna(), "village_code"])
    assert empty == {"16.07.05.1022", *(f"16.07.10.{n}" for n in range(1024, 1031))}


def test_the_review_file_lists_uncertain_real_names_only(study_run: study.Finished) -> None:
    assert study_run.review is not None
    review = pd.read_csv(study_run.review, dtype=str)
    assert review["skor"].astype(float).between(0.7, 0.99).all()
    assert review["kode_desa"].is_unique
    manifest = json.loads((study_run.out / "manifest.json").read_text("utf-8"))
    text = next(one["text"] for one in manifest["notes"] if one["key"] == "rows_located")
    assert f"{len(review)} menurut ejaan" in text


# ---- a map that does not name its districts, of a regency without an embedded list

ELSEWHERE = OFFICIAL.set_axis(OFFICIAL.index.str.replace("16.07", "16.02")).assign(
    district_code=lambda table: table.index.str.slice(0, 8),
    district_name=lambda table: table.index.str.slice(0, 8),
)


def elsewhere(code: list[str]) -> pd.DataFrame:
    """Make the table of that regency, with codes."""
    rows = rows_of(SPELLINGS).assign(code=code)
    return rows.set_axis([label.replace("16.07", "16.02") for label in SPELLINGS])


def bps_codes() -> list[str]:
    """Number the districts as BPS might, and the villages in their order."""
    return [f"1602{label[6:8]}0{at:03d}" for at, label in enumerate(SPELLINGS, 1)]


def test_districts_without_names_are_told_by_their_villages() -> None:
    located = locate_by_name(elsewhere(bps_codes()), ELSEWHERE)
    assert located.rows["village_code"].tolist() == located.rows.index.tolist()
    note = next(note for note in located.notes if note.key == "districts_by_villages")
    assert note.count == 3
    assert "BANYUASIN II = 16.02.01, BANYUASIN III = 16.02.02, PULAU RIMAU = 16.02.03" in note.text


def test_a_district_that_two_could_be_stays_open() -> None:
    twin = ELSEWHERE.loc[["16.02.03.2001", "16.02.03.2002"]].set_axis(
        ["16.02.04.2001", "16.02.04.2002"]
    )
    twin = twin.assign(district_code="16.02.04", district_name="16.02.04")
    rows = elsewhere(bps_codes()).loc[["16.02.03.2001", "16.02.03.2002", "16.02.01.2001"]]
    rows = rows.assign(district_name=["PULAU RIMAU", "PULAU RIMAU", "16.02.01"])
    located = locate_by_name(rows, pd.concat([ELSEWHERE, twin]))
    assert located.rows["village_code"].isna().tolist() == [True, True, False]


def test_one_common_village_does_not_tell_a_district() -> None:
    rows = elsewhere(bps_codes()).loc[["16.02.03.2001", "16.02.01.2001"]]
    located = locate_by_name(rows.assign(district_name=["LAIN", "16.02.01"]), ELSEWHERE)
    assert located.rows["village_code"].isna().tolist() == [True, False]


@pytest.mark.parametrize("declared", ["bps", "kemendagri"])
def test_a_mixup_is_found_where_no_list_of_districts_is_embedded(
    declared: codes.CodeSystem,
) -> None:
    kemendagri = [label.replace("16.07", "16.02").replace(".", "") for label in SPELLINGS]
    right = bps_codes() if declared == "bps" else kemendagri
    wrong = kemendagri if declared == "bps" else bps_codes()
    located = locate_keys(elsewhere(right), ELSEWHERE, code_system=declared)
    assert located.rows["village_code"].tolist() == located.rows.index.tolist()
    with pytest.raises(DataError, match='Write code_system = "'):
        locate_keys(elsewhere(wrong), ELSEWHERE, code_system=declared)


def test_a_map_without_names_of_districts_takes_them_from_the_table() -> None:
    squares = [shapely.box(at, 0, at + 1, 1) for at in range(len(ELSEWHERE))]
    villages = gpd.GeoDataFrame(ELSEWHERE, geometry=squares, crs="EPSG:32748")
    unnamed = Boundaries(villages, ELSEWHERE, villages.iloc[:0], "16.02", False, "uji", ())
    told = pd.DataFrame(
        {
            "district_name": ["RIMAU II", "RIMAU II", "Lain", None, "X"],
            "village_code": [
                "16.02.03.2001", "16.02.03.2002", "16.02.03.2003", "16.02.02.2001", pd.NA,
            ],
        }
    )  # fmt: skip
    named = with_district_names(unnamed, told)
    expected = {"16.02.01": "16.02.01", "16.02.02": "16.02.02", "16.02.03": "Rimau II"}
    for table in (named.official, named.villages):
        assert dict(zip(table["district_code"], table["district_name"], strict=True)) == expected
    # names that the map has stay
    renamed = told.assign(district_name="LAIN")
    assert set(with_district_names(named, renamed).official["district_name"]) == {
        "16.02.01", "Lain", "Rimau II",
    }  # fmt: skip


def test_the_real_map_needs_no_names_of_districts(
    real_keys: pd.DataFrame, real_official: pd.DataFrame
) -> None:
    named = locate_by_name(real_keys, real_official).rows
    unnamed = real_official.assign(district_name=real_official["district_code"])
    pd.testing.assert_frame_equal(locate_by_name(real_keys, unnamed).rows, named)
