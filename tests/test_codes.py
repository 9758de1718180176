"""Area codes: grammar, parents, embedded lists, and a regency that does not exist."""

from __future__ import annotations

import pandas as pd
import pytest

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
