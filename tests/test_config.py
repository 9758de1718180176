"""The study file: what is filled in, what is refused, and the words it is refused with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sibangkit_geo.config import Study, plain, read_study, written_study
from sibangkit_geo.errors import ConfigError, InputsError, MissingFileError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
[study]
title = "Uji"
regency = "16.07"
year = 2024

[boundaries]
villages = "default"
"""
PROFILE = """
[[profiles]]
path = "profil.csv"
code = "kode"
code_system = "kemendagri"
households = "kk"
year = 2023
"""
REGISTER = """
[[households]]
path = "register.csv"
code_generation = "regsosek2022"
year = 2025
village_code = "kode_desa"
code_system = "kemendagri"
size = "jumlah"
"""
OFFICIAL = """
[official]
year = 2024
rate_percent = 9
poor_people = 84360
source = "BPS"
benchmark = "rate"
"""
POVERTY = """
[poverty]
rule = "decile"
decile_max = 1
"""


def read(folder: Path, text: str) -> Study:
    """Write and read a study file."""
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return written_study(folder / "study.toml")


def test_the_smallest_study_takes_the_defaults(tmp_path: Path) -> None:
    study = read(tmp_path, HEAD + PROFILE)
    assert (study.pockets.alpha, study.pockets.replicates) == (0.05, 999)
    assert (study.disclosure.level, study.disclosure.minimum_households) == ("public", 5)
    assert study.study.seed == study.pockets.seed == 1607
    assert study.official is None
    assert study.poverty is None
    assert len(study.profiles) == 1


def test_the_seed_of_the_study_reaches_the_pockets(tmp_path: Path) -> None:
    seeded = HEAD.replace("year = 2024", "year = 2024\nseed = 5")
    assert read(tmp_path, seeded + PROFILE).pockets.seed == 5
    own = read(tmp_path, seeded + PROFILE + "\n[pockets]\nseed = 9\n")
    assert own.pockets.seed == 9


def test_whole_numbers_serve_where_a_number_is_asked(tmp_path: Path) -> None:
    official = read(tmp_path, HEAD + PROFILE + OFFICIAL).official
    assert official is not None
    assert official.rate_percent == 9.0
    assert isinstance(official.rate_percent, float)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(HEAD + PROFILE, encoding="utf-8-sig")
    assert written_study(tmp_path / "study.toml").study.title == "Uji"


def test_nested_tables_of_a_profile_are_built(tmp_path: Path) -> None:
    nested = """
[[profiles.indicators]]
column = "listrik"
name = "lit_share"
unit = "percent"
worse = "low"
label = "Berlistrik"
"""
    study = read(tmp_path, HEAD + PROFILE + nested + nested.replace("lit_share", "second"))
    assert [one.name for one in study.profiles[0].indicators] == ["lit_share", "second"]


def test_sheets_have_own_titles_and_numbers(tmp_path: Path) -> None:
    text = HEAD + PROFILE + '[annex]\nfirst_map = 8\n[annex.titles]\nkantong = "Lokasi"\n'
    annex = read(tmp_path, text).annex
    assert (annex.first_map, annex.first_table, annex.titles) == (8, 1, {"kantong": "Lokasi"})
    with pytest.raises(ConfigError, match=r"\[annex\]:? first_table: 0 is not from 1 to 9999"):
        read(tmp_path, HEAD + PROFILE + "[annex]\nfirst_table = 0\n")


def test_a_register_study_is_built(tmp_path: Path) -> None:
    columns = '\n[households.columns]\ndecile = "desil"\n'
    study = read(tmp_path, HEAD + REGISTER + columns + POVERTY)
    assert dict(study.households[0].columns) == {"decile": "desil"}
    assert study.poverty is not None
    assert study.poverty.label == "Desil 1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + PROFILE + "\n[pocket]\nalpha = 0.1\n", r'"pocket" in the study file.*"pockets"'),
        (
            HEAD + PROFILE + "\n[pockets]\nreplicate = 9\n",
            r'"replicate" in \[pockets\].*replicates',
        ),
        (HEAD + PROFILE + 'poeple = "x"\n', r'"poeple" in \[\[profiles\]\].*"people"'),
        (HEAD.replace("title", "titel") + PROFILE, r'"titel" in \[study\].*"title"'),
        (HEAD.replace("year = 2024", "") + PROFILE, r"Missing in \[study\]: year"),
        (PROFILE, "Missing in the study file: study, boundaries"),
        (HEAD.replace("2024", '"2024"') + PROFILE, r"\[study\] year must be a whole number"),
        (HEAD.replace("2024", "2024.5") + PROFILE, r"\[study\] year must be a whole number"),
        (HEAD.replace("2024", "true") + PROFILE, r"\[study\] year must be a whole number"),
        (HEAD.replace('"Uji"', "7") + PROFILE, r"\[study\] title must be text in quotes"),
        (HEAD + PROFILE.replace('"kemendagri"', '"bpsx"'), 'must be one of "kemendagri", "bps"'),
        (HEAD + PROFILE.replace("[[profiles]]", "[profiles]"), r"write \[\[profiles\]\]"),
        (HEAD, r"names no data"),
        (HEAD + REGISTER, r"needs \[poverty\]"),
        (HEAD + REGISTER + REGISTER + POVERTY, r"Only one \[\[households\]\]"),
        (HEAD.replace("16.07", "16.99") + PROFILE, r'Unknown regency "16\.99"'),
        (HEAD + PROFILE + "\n[pockets]\nalpha = 0.7\n", "alpha"),
        (HEAD + PROFILE + "\n[pockets]\nalpha = nan\n", "alpha"),
        (HEAD + PROFILE + "\n[pockets]\nreplicates = 0\n", "replicates"),
        (HEAD + PROFILE + "\n[pockets]\nneighbor_distance_m = -1.0\n", "neighbor_distance_m"),
        (HEAD + PROFILE + "\n[pockets]\nseed = -1\n", "seed"),
        (HEAD + PROFILE + "\n[disclosure]\nminimum_households = 0\n", "minimum_households"),
        (HEAD + PROFILE + "\n[disclosure]\nlevel = 'secret'\n", '"public", "partner"'),
        (HEAD + PROFILE + OFFICIAL.replace('"rate"', '"both"'), '"rate", "count", "none"'),
        (HEAD + PROFILE + OFFICIAL.replace("rate_percent = 9", "rate_percent = 900"), "0 to 100"),
        (HEAD + PROFILE + OFFICIAL.replace('benchmark = "rate"', ""), "official.*benchmark"),
        (HEAD + REGISTER + POVERTY.replace("= 1", "= 0"), "decile_max"),
        ("pockets = 5\n" + HEAD + PROFILE, r"\[pockets\] must be a table"),
        ("study = 5\n[boundaries]\nvillages = 'default'\n" + PROFILE, r"\[study\] must be a table"),
        ("a = = 1", "not a TOML file"),
    ],
)
def test_a_wrong_study_is_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path, text)
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith("study.toml: ")


def test_a_study_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_bytes("[study]\ntitle = 'é'\n".encode("utf-16"))
    with pytest.raises(ConfigError, match="not a TOML file"):
        written_study(tmp_path / "study.toml")


def test_a_missing_study_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="study file"):
        written_study(tmp_path / "tiada.toml")


def test_settings_become_plain_values(tmp_path: Path) -> None:
    study = read(tmp_path, HEAD + PROFILE + OFFICIAL)
    text = json.dumps(plain(study))
    found = json.loads(text)
    assert found["profiles"][0]["households"] == "kk"
    assert found["official"]["poor_people"] == 84360
    assert found["poverty"] is None


@pytest.mark.parametrize("name", ["banyuasin_villages.toml", "banyuasin_households.toml"])
def test_both_shared_studies_parse(shared: Path, name: str) -> None:
    study = written_study(shared / "studies" / name)
    assert study.study.regency == "16.07"
    assert study.official is not None
    assert study.official.benchmark == "rate"
    if study.households:
        assert study.disclosure.level == "agency"
        assert dict(study.households[0].columns) == {"decile": "desil_nasional"}
    else:
        assert [one.agency for one in study.profiles[0].indicators] == ["pln", "perkimtan", "pupr"]


def test_paths_are_resolved_once_and_a_missing_file_is_told_before_any_is_read(
    tmp_path: Path,
) -> None:
    extra = '\n[join]\nreview = "nama.csv"\n[annex]\nlogo = "logo.png"\n'
    extra += '[deprivation]\nindex = "indeks.toml"\n'
    (tmp_path / "study.toml").write_text(HEAD + PROFILE + extra, encoding="utf-8")
    profile = written_study(tmp_path / "study.toml").profiles[0].path
    with pytest.raises(InputsError, match=r"\(\[\[profiles\]\] path\)") as caught:
        read_study(tmp_path / "study.toml")
    assert "indeks.toml: no such file" in str(caught.value)  # all of them in one run
    assert caught.value.exit_code == 2
    (tmp_path / profile).write_text("", encoding="utf-8")
    with pytest.raises(MissingFileError, match=r"indeks\.toml: .* \(\[deprivation\] index\)"):
        read_study(tmp_path / "study.toml")
    (tmp_path / "indeks.toml").write_text("", encoding="utf-8")
    study = read_study(tmp_path / "study.toml")
    assert study.profiles[0].path == str(tmp_path / profile)
    # a file of decisions comes later, a missing logo is told by the atlas
    assert study.join.review == str(tmp_path / "nama.csv")
    assert study.annex.logo == str(tmp_path / "logo.png")
    assert study.boundaries.villages == "default"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("neighbor_distance_m = inf", r"\[pockets\] neighbor_distance_m must be a finite number"),
        ("neighbor_distance_m = nan", r"\[pockets\] neighbor_distance_m must be a finite number"),
        ("seed = [1, -inf]", r"\[pockets\] seed must be a finite number, got \[1, -inf\]"),
        ("replicates = 99999999999", r"`replicates` must lie between 1 and 999999, got 9999"),
        ("seed = [true, 'a']", r'seed must be a whole number, got \[true, "a"\]'),
        (f"seed = '{'x' * 999}'", r"seed must be a whole number, got .{80}…"),
    ],
)
def test_numbers_without_end_are_refused_by_key(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read(tmp_path, f"{HEAD}{PROFILE}\n[pockets]\n{line}\n")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"profil.csv"', '"https://x:rahasia@a.go.id/p.csv"', r"\[\[profiles\]\] path .*https:"),
        ('"default"', '"HTTP://a.go.id/desa.geojson"', r"\[boundaries\] villages .*HTTP:"),
        ('"default"', '"postgresql://a/b"', r"\[boundaries\] villages .*postgresql:"),
    ],
)
def test_a_web_address_is_no_database(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = (HEAD + PROFILE).replace(old, new)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    (tmp_path / "profil.csv").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{told}.*a file is needed") as caught:
        read_study(tmp_path / "study.toml")
    assert "rahasia" not in str(caught.value)


def test_the_manifest_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "profil.csv").write_text("", encoding="utf-8")
    text = HEAD + PROFILE.replace('"profil.csv"', json.dumps(str(tmp_path / "profil.csv")))
    told = json.dumps(plain(read(tmp_path, text)))
    assert "profil.csv" in told
    assert str(tmp_path) not in told


def test_messages_are_said_once_and_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'\[annex\] sheets must be made of "overview"'):
        read(tmp_path, HEAD + PROFILE + '[annex]\nsheets = ["x"]\n')
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, HEAD.replace("[study]\n", '[study]\nseed = "a"\n') + PROFILE + "[pocket]\n")
    text = str(caught.value)
    assert text.count("seed must be a whole number") == 1
    assert 'Did you mean "pockets"?' in text
    assert "?." not in text
