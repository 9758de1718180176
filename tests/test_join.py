"""Rows to villages: by name inside the district, by code, by a person's decision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo import codes, study
from sibangkit_geo.errors import ConfigError, DataError, UnknownAreaError
from sibangkit_geo.join import fold_name, locate_by_code, locate_by_name
from sibangkit_geo.sources.review import read_review

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.tables.public import Located

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
    code = pd.Series(["16.07.03.2004", "1607032004", None], index=[2, 3, 4])
    with pytest.raises(DataError, match=r"rows: 2; first: 3, 4") as caught:
        locate_by_code(code, OFFICIAL, code_system="kemendagri")
    assert caught.value.rows is not None
    assert caught.value.rows.index.tolist() == [3, 4]


def test_bps_codes_are_refused_with_the_remedy() -> None:
    with pytest.raises(ConfigError, match="name district_name and village_name in the study"):
        locate_by_code(pd.Series(["1607061001"]), OFFICIAL, code_system="bps")


def test_the_review_file_is_read_as_decisions(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("kode_tabel;kode_desa\n1607061001;16.07.01.2001\n1607061002;\n")
    assert read_review(path) == {"1607061001": "16.07.01.2001", "1607061002": ""}


def test_a_review_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("kode_tabel,kode_dessa\n1,2\n")
    with pytest.raises(DataError, match='Did you mean "kode_dessa"'):
        read_review(path)


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
