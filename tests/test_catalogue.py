"""The catalogue of agencies: programmes, claims on needs, and everything wrong told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sibangkit_geo.agencies import load_catalogue, with_agencies
from sibangkit_geo.agencies.catalogue import load_costs
from sibangkit_geo.errors import ConfigError, MissingFileError
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.model.types import Indicator, VillageIndicators

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

ENTRY = """
[[agency]]
key = "bappeda"
name = "Bappeda"
always = true
focus = "Ringkasan."
wanted = []
"""


def test_every_need_has_a_programme_and_every_programme_a_need_and_a_cost() -> None:
    catalogue, costs = load_catalogue(), load_costs()
    keys = {one.key for one in need_catalogue()}
    for one in catalogue.programmes:
        assert set(one.needs) <= keys, one.name
        assert not one.cost or one.cost in costs.index, one.name
    for key in keys:
        found = catalogue.programmes_for(f"{key}_share")
        assert found, key
        assert catalogue.programmes_for(key) == found


def test_an_agency_may_claim_a_need(villages: gpd.GeoDataFrame, tmp_path: Path) -> None:
    file = tmp_path / "opd.toml"
    claims = ENTRY.replace("bappeda", "bpbd")
    file.write_text(ENTRY + claims + 'indicators = ["water"]\n', "utf-8")
    water = Indicator("water_share", "Air", "percent", "high", "rumah tangga", "bappeda", "u", 2025)
    table = villages.assign(water_share=0.5, households=10.0)
    measured = VillageIndicators(table, (water,), ())
    assert with_agencies(measured, load_catalogue(file)).indicators[0].agency == "bpbd"
    assert measured.indicators[0].agency == "bappeda"


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "opd.toml"
    programme = (
        '[[programme]]\nname = "X"\nagency = "bapeda"\nneeds = ["roof"]\neligibility = "siapa"\n'
        'delivers = ["kabupaten"]\n'
    )
    file.write_text("[action]\nminimum_ratio = 0.5\n" + ENTRY + programme, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_catalogue(file)
    text = str(caught.value)
    assert 'unknown payer "kabupaten"' in text
    assert "minimum_ratio must be at least 1" in text
    right = programme.replace("kabupaten", "regency")
    file.write_text(ENTRY + right + right.replace("bapeda", "dinsos"), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_catalogue(file)
    text = str(caught.value)
    assert 'unknown agency "bapeda". Did you mean "bappeda"' in text
    assert 'unknown agency "dinsos"' in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Missing in the file: agency"),
        ("agency = []", r"there is no \[\[agency\]\]"),
        (ENTRY + ENTRY, "listed twice"),
        (
            ENTRY.replace("focus", "fokus"),
            r'Unknown key "fokus" in \[\[agency\]\].*Missing in \[\[agency\]\]: focus',
        ),
        ("[agencys]\nx = 1\n" + ENTRY, 'Unknown key "agencys" in the file'),
    ],
)
def test_faults_of_entries(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "opd.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=words):
        load_catalogue(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"opd\.toml"):
        load_catalogue(tmp_path / "opd.toml")


@pytest.mark.parametrize(
    "line",
    ['key = "../../evil"', 'key = ""', 'key = "INDEX"', 'key = "a/b"', 'key = "index"',
     'key = "laporan_mutu_data"', 'key = "x"\nfile = "../x.html"', 'key = "x"\nfile = "x.htm"'],
)  # fmt: skip
def test_a_page_stays_in_the_folder_and_replaces_no_other(tmp_path: Path, line: str) -> None:
    file = tmp_path / "opd.toml"
    file.write_text(ENTRY + ENTRY.replace('key = "bappeda"', line), "utf-8")
    with pytest.raises(ConfigError, match=r"\[\[agency\]\]"):
        load_catalogue(file)
