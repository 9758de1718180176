"""What is not known is never counted as "not poor": shares, tests, sums and words."""

from __future__ import annotations

import json
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import xlsxwriter
from typer.testing import CliRunner

from sibangkit_geo import analyse, study
from sibangkit_geo.cli import app
from sibangkit_geo.config import read_study
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.indicators import estimates
from sibangkit_geo.indicators.villages import CoverageSettings, leave_thin
from sibangkit_geo.model.types import Indicator
from sibangkit_geo.registers.answers import NO_CODE, categories
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.sources.columns import known_headers, variables
from sibangkit_geo.sources.profiles import ProfileSource, read_profiles
from sibangkit_geo.sources.readers import TableSource, fold_header, open_grid
from tests.pages import data_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PLAIN = study.Lock(unlocked=True)
pytestmark = pytest.mark.filterwarnings("ignore::sibangkit_geo.errors.UnprotectedWarning")
HOMES = 30
STUDY = """
[study]
title = "Uji"
regency = "16.07"
year = 2025
[boundaries]
villages = "default"
[pockets]
replicates = 99
stability = false
[poverty]
rule = "decile"
decile_max = 4
[disclosure]
level = "internal"
[[households]]
path = "register.csv"
code_generation = "dtsen2025"
code_system = "kemendagri"
year = 2025
source = "uji"
"""
POOR = Indicator("headcount_ratio", "Miskin", "percent", "high", "rumah tangga", "", "uji", 2025,
                 count_column="poor_households", base_column="known_poor")  # fmt: skip


def villages() -> list[str]:
    """Name the villages of two districts that the embedded map has."""
    mapped = read_boundaries(BoundarySource("default"), regency="16.07").villages
    return [code for code in mapped.index if code[:8] in {"16.07.01", "16.07.10"}]


def register(folder: Path, *, lost: float, decile: Sequence[str] = ()) -> Path:
    """Write households of deciles 1 to 10 in turn; some of 16.07.10 lose theirs."""
    rng = np.random.default_rng(5)
    lines = ["no_kk,kode_desa,desil_nasional,jumlah_anggota_keluarga"]
    for at, code in enumerate(villages()):
        for home in range(HOMES):
            told = decile[home % len(decile)] if decile else str(1 + (home + at) % 10)
            if code.startswith("16.07.10") and rng.random() < lost:
                told = ""
            lines.append(f"160701{at:04d}{home:06d},{code},{told},4")
    (folder / "register.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a study in which one district lost four of five deciles."""
    folder = tmp_path_factory.mktemp("known")
    with pytest.warns(DegradedInputWarning, match="Jawaban tidak lengkap"):
        study.run(register(folder, lost=0.8), folder / "out", lock=PLAIN)
    return folder / "out"


def test_missing_deciles_make_no_village_rich_and_no_pocket(ran: Path) -> None:
    table = pd.read_csv(ran / "villages.csv").set_index("village_code")
    told = table[table["households"] > 0]
    assert told["households"].sum() == HOMES * len(villages())
    assert (told["known_poor"] == told["households"] - told["unknown_poor"]).all()
    share = told["poor_households"] / told["known_poor"]
    shown = told["headcount_ratio"].notna()
    np.testing.assert_allclose(told["headcount_ratio"][shown], share[shown], atol=1e-6)
    # four in ten are poor in both districts, as far as one knows
    by = told.groupby("district_code")[["poor_households", "known_poor"]].sum()
    np.testing.assert_allclose(by["poor_households"] / by["known_poor"], [0.4, 0.4], atol=0.06)
    assert table["pocket"].isna().all()


def test_villages_with_too_few_known_are_no_part_of_the_test_but_of_the_sums(ran: Path) -> None:
    table = pd.read_csv(ran / "villages.csv").set_index("village_code")
    told = table[table["households"] > 0]
    few = told["known_poor"] < 0.5 * told["households"]
    assert few.sum() > 10
    assert (told.loc[few, "status"] == "too_few_known").all()
    assert told.loc[few, ["headcount_ratio", "headcount_low", "reliability"]].isna().all(axis=None)
    assert told.loc[few, "poor_households"].notna().all()
    sheets = pd.read_csv(ran / "lembar_kecamatan.csv")
    rate = sheets[sheets["ukuran"].str.startswith("Rumah tangga miskin (")].set_index("kode")
    whole = told[told["district_code"] == "16.07.10"]
    assert rate.loc["16.07.10", "jumlah"] == whole["poor_households"].sum()
    assert rate.loc["16.07.10", "penyebut"] == whole["known_poor"].sum()


def test_pages_say_how_much_is_known(ran: Path) -> None:
    text = (ran / "bappeda.html").read_text("utf-8")
    page = data_of(text)
    layer = page["layers"][0]
    thin = layer["known"]["thin"]
    assert len(thin) > 10
    assert all(layer["values"][row] is None and layer["known"]["percent"][row] < 50 for row in thin)
    notes = " ".join(page["notes"])
    assert "tidak cukup data kemiskinan" in notes
    assert "sangat berbeda antarkecamatan" in notes
    district = (ran / "kecamatan" / "16.07.10.html").read_text("utf-8")
    assert "tidak cukup data" in district


def test_small_counts_stay_hidden_where_too_few_answered(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.8)
    path.write_text(path.read_text("utf-8").replace('"internal"', '"public"'), encoding="utf-8")
    with pytest.warns(DegradedInputWarning):
        study.run(path, tmp_path / "out", lock=PLAIN)
    table = pd.read_csv(tmp_path / "out" / "villages.csv")
    assert not table["poor_households"].between(1, 4).any()
    text = (tmp_path / "out" / "bappeda.html").read_text("utf-8")
    layer = data_of(text)["layers"][0]
    # a few true ones at the limit may be on either side once every count was moved
    assert layer["known"]["thin"]
    assert not any(count in {1, 2, 3, 4} for count in layer["counts"])


def test_a_complete_register_says_nothing_of_it(tmp_path: Path) -> None:
    done = analyse(register(tmp_path, lost=0.0))
    assert not {"answers_incomplete", "too_few_known", "coverage_differs"} & {
        one.key for one in done.notes
    }


@pytest.mark.parametrize("words", [("Desil 1", "Desil 7"), ("1 - sangat miskin", "7 - rentan")])
def test_deciles_in_words_are_read(tmp_path: Path, words: tuple[str, str]) -> None:
    table = analyse(register(tmp_path, lost=0.0, decile=words)).villages
    assert table["poor_households"].sum() == HOMES // 2 * len(villages())
    assert table["unknown_poor"].sum() == 0


def test_a_register_none_of_whose_rows_tells_who_is_poor_stops(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.0, decile=("miskin", "kaya"))
    with pytest.raises(DataError, match=r"desil_nasional.*Bilangan tidak terbaca.*columns"):
        study.run(path, tmp_path / "out", lock=PLAIN)
    assert not (tmp_path / "out").exists()


def test_the_limit_by_hand() -> None:
    table = pd.DataFrame(
        {
            "district_name": ["A", "A", "B"],
            "households": [10.0, 10.0, 10.0],
            "known_poor": [10.0, 4.0, 5.0],
            "poor_households": [2.0, 1.0, 5.0],
            "headcount_ratio": [0.2, 0.25, 1.0],
        }
    )
    with pytest.warns(DegradedInputWarning, match="63,3%"):
        notes = leave_thin(table, [POOR], CoverageSettings(0.5))
    assert table["headcount_ratio"].isna().tolist() == [False, True, False]
    assert [one.key for one in notes] == ["answers_incomplete", "too_few_known"]
    counts = estimates.tested(table)
    assert counts["households"].tolist()[0] == 10
    assert np.isnan(counts["households"].tolist()[1])
    assert table["poor_households"].sum() == 8


def test_the_limit_can_be_switched_off_and_is_a_share(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.0)
    text = path.read_text("utf-8")
    path.write_text(text + "[coverage]\nminimum_known_share = 0\n", encoding="utf-8")
    assert read_study(path).coverage.minimum_known_share == 0
    path.write_text(text + "[coverage]\nminimum_known_share = 50\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"minimum_known_share must be 0 to 1"):
        read_study(path)


def test_answers_missing_at_random_raise_no_alarm(benchmark: Callable[[str], Any]) -> None:
    # a short form of benchmarks/missing.py, whose long form draws 200 maps of each kind
    trial = benchmark("missing")
    where = trial.world(None)
    shown = dict.fromkeys(trial.WAYS, 0)
    told = inside = 0
    for seed in range(6):
        drawn = trial.draw(where, 0.01, np.random.default_rng([seed, 10, 9]))
        for way, least in trial.WAYS.items():
            table = trial.as_read(drawn, least)
            shown[way] += trial.shown(table, 39, seed)
            if least == 0.5:
                n, hits = trial.covered(table, drawn.probability)
                told, inside = told + n, inside + hits
    # one of 20 by chance: more than two of six has a probability of .002
    assert shown["half"] <= 2
    assert shown["off"] <= 2
    assert shown["as not poor"] >= 5
    assert 0.92 <= inside / told <= 0.98


# ---- a row per person


def members(folder: Path, *, relation: bool = True, damaged: float = 0.0) -> int:
    """Write 1 to 5 persons of each of 300 families; give the number of persons."""
    rng = np.random.default_rng(3)
    places, persons = villages(), 0
    head = "no_kk,nik,kode_desa,desil_nasional" + (",hubungan_keluarga" if relation else "")
    lines = [head]
    for family in range(300):
        for member in range(1 + family % 5):
            persons += 1
            card = "1,6E+15" if rng.random() < damaged else f"16070199{family:08d}"
            card = f'"{card}"'
            line = f"{card},16070188{persons:08d},{places[family % len(places)]},{1 + family % 10}"
            lines.append(line + (f",{'anak' if member else 'kepala'}" if relation else ""))
    (folder / "register.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return persons


@pytest.mark.parametrize("relation", [True, False])
def test_persons_are_counted_by_family_card(tmp_path: Path, relation: bool) -> None:  # noqa: FBT001
    persons = members(tmp_path, relation=relation)
    done = study.run(tmp_path / "study.toml", tmp_path / "out", lock=PLAIN)
    table = pd.read_csv(tmp_path / "out" / "villages.csv")
    assert (table["households"].sum(), table["people"].sum()) == (300, persons)
    assert table["poor_households"].sum() == 120
    assert any("Satu baris per orang" in one.text for one in done.notes)


def test_persons_whose_family_cards_are_damaged_are_refused(tmp_path: Path) -> None:
    members(tmp_path, damaged=0.5)
    with pytest.raises(DataError, match=r"one row per person.*families cannot be told apart"):
        study.run(tmp_path / "study.toml", tmp_path / "out", lock=PLAIN)


def test_inspect_tells_persons_from_households(tmp_path: Path) -> None:
    members(tmp_path)
    told = CliRunner().invoke(app, ["inspect", str(tmp_path / "register.csv"), "--out",
                                    str(tmp_path / "lap")])  # fmt: skip
    assert told.exit_code == 0
    assert "table of members of families" in told.stderr


@pytest.mark.parametrize("column", ["", "no_kk"])
def test_persons_without_family_cards_are_refused(tmp_path: Path, column: str) -> None:
    members(tmp_path)
    table = pd.read_csv(tmp_path / "register.csv", dtype=str).drop(columns="no_kk")
    if column:
        # on the row of the head alone
        heads = table["hubungan_keluarga"] == "kepala"
        table[column] = [f"16070199{at:08d}" if on else "" for at, on in enumerate(heads)]
    table.to_csv(tmp_path / "register.csv", index=False)
    with pytest.raises(DataError, match="one row per person"):
        study.run(tmp_path / "study.toml", tmp_path / "out", lock=PLAIN)


def test_the_head_of_a_family_answers_for_it(tmp_path: Path) -> None:
    members(tmp_path)
    table = pd.read_csv(tmp_path / "register.csv", dtype=str)
    # the decile stands with the head, who is not the first of the family
    table.loc[table["hubungan_keluarga"] != "kepala", "desil_nasional"] = None
    table.iloc[::-1].to_csv(tmp_path / "register.csv", index=False)
    read = analyse(tmp_path / "study.toml").villages
    assert (read["households"].sum(), read["known_poor"].sum()) == (300, 300)
    assert read["poor_households"].sum() == 120


# ---- answers that say another thing than they seem


def test_a_number_for_no_answer_keeps_its_sign(tmp_path: Path) -> None:
    # -1 among words is no decile 1
    with pytest.warns(DegradedInputWarning):
        table = analyse(register(tmp_path, lost=0.0, decile=("Desil 7", "-1", "8"))).villages
    assert table["poor_households"].sum() == 0
    assert table["unknown_poor"].sum() == HOMES // 3 * len(villages())


@pytest.mark.parametrize(
    ("variable", "cell", "meaning"),
    [
        ("floor", "8 - Tanah", "earth"), ("floor", "1 - Keramik", None),
        ("pkh", "1 - Ya", "yes"), ("pkh", "1 - Tidak", None), ("pkh", "2 - Ya", None),
        ("floor", "8 - sesuatu", "earth"),
    ],
)  # fmt: skip
def test_a_label_that_contradicts_its_code_is_not_understood(
    variable: str, cell: str, meaning: str | None
) -> None:
    listed = categories(variables()[variable], generation="dtsen2025", column="x")
    cells = pl.Series([cell])
    read = listed.read(cells, np.array([NO_CODE], dtype=np.int8))
    found = int(next(iter(read.values)))
    assert (listed.meanings[found] if found >= 0 else None) == (
        frozenset({meaning}) if meaning else None
    )
    assert read.unknown.tolist() == [meaning is None]


def test_amounts_that_a_spreadsheet_swallowed_are_refused(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.0)
    table = pd.read_csv(tmp_path / "register.csv", dtype=str)
    # 938.000 became the number 938, 1.075.000 stayed text: only the rich would keep a value
    table["pengeluaran_per_kapita"] = ["938", "1.075.000"] * (len(table) // 2)
    table.to_csv(tmp_path / "register.csv", index=False)
    rule = 'rule = "spending"\nline_rp_month = 560840\nspending = "pengeluaran_per_kapita"'
    text = path.read_text("utf-8").replace('rule = "decile"\ndecile_max = 4', rule)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"pengeluaran_per_kapita.*far too small.*as text"):
        study.run(path, tmp_path / "out", lock=PLAIN)


def test_places_called_sumber_are_no_notes(tmp_path: Path) -> None:
    rows = [
        ("Muara Telang", "Sumber Mulya", 500), ("Muara Telang", "Sumber Hidup", 400),
        ("Muara Telang", "Telang Jaya", 300),
    ]  # fmt: skip
    lines = [f"{kec},{desa},{kk},10" for kec, desa, kk in rows]
    foot = ["Jumlah,,1200,10", "Sumber: Dinas Sosial,,,", "Sumber BPS 2024,,,"]
    (tmp_path / "desa.csv").write_text(
        "\n".join(["kecamatan,desa,kk,miskin", *lines, *foot]) + "\n", encoding="utf-8"
    )
    source = ProfileSource(
        path=str(tmp_path / "desa.csv"), year=2024, district_name="kecamatan",
        village_name="desa", households="kk", poor_share_percent="miskin",
    )  # fmt: skip
    read = read_profiles(source)
    assert read.rows["households"].tolist() == [500, 400, 300]
    assert read.rows["village_name"].tolist()[0] == "Sumber Mulya"


def test_a_missing_file_does_not_hide_what_is_wrong_with_the_others(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.0)
    (tmp_path / "desa.csv").write_text("kode,kk\n16.07.01.2001,8.15\n", encoding="utf-8")
    more = """
[[profiles]]
published = true
path = "desa.csv"
code = "kode"
code_system = "kemendagri"
households = "kk"
year = 2024
[[locus]]
path = "tiada.csv"
name = "lokus"
label = "Lokus"
code = "kode"
code_system = "kemendagri"
year = 2024
"""
    path.write_text(path.read_text("utf-8") + more, encoding="utf-8")
    told = CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path / "out"), "--unlocked"])
    assert told.exit_code == 3
    errors = [line for line in told.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 2
    assert "tiada.csv: no such file" in told.stderr
    assert "desa.csv: column kk has cells that are no whole number" in told.stderr


# ---- tables without codes


@pytest.mark.parametrize("by", ["names", "points"])
def test_a_village_table_needs_no_codes(tmp_path: Path, by: str) -> None:
    areas = read_boundaries(BoundarySource("default"), regency="16.07").villages
    mine = areas.loc[villages()]
    points = mine.geometry.representative_point().to_crs("EPSG:4326")
    table = pd.DataFrame(
        {"kec": mine["district_name"].str.upper(), "desa": mine["name"].str.upper(),
         "lon": points.x, "lat": points.y, "kk": 100}
    )  # fmt: skip
    table.to_csv(tmp_path / "desa.csv", index=False)
    keys = {
        "names": 'district_name = "kec"\nvillage_name = "desa"',
        "points": 'longitude = "lon"\nlatitude = "lat"',
    }[by]
    text = (
        STUDY[: STUDY.index("[poverty]")]
        + f"""
[[profiles]]
published = true
path = "desa.csv"
{keys}
households = "kk"
year = 2024
"""
    )
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    read = analyse(tmp_path / "study.toml").villages
    assert set(read.index[read["households"] == 100]) == set(villages())


def test_a_table_that_says_nowhere_where_a_row_is_is_refused() -> None:
    with pytest.raises(ValueError, match="say where a row is"):
        ProfileSource(path="x.csv", year=2024, households="kk")
    with pytest.raises(ValueError, match="code_system says"):
        ProfileSource(path="x.csv", year=2024, households="kk", code="kode")


# ---- a study that is begun


def test_new_puts_registers_of_several_years_in_order(tmp_path: Path) -> None:
    for year in (2020, 2025):
        register(tmp_path, lost=0.0)
        (tmp_path / "register.csv").rename(tmp_path / f"dtsen_{year}.csv")
    (tmp_path / "study.toml").unlink()
    told = CliRunner().invoke(
        app, ["new", str(tmp_path), "--code-generation", "dtsen2025", "--regency", "16.07"]
    )
    assert told.exit_code == 0, told.stderr
    text = (tmp_path / "study.toml").read_text("utf-8")
    with pytest.raises(ConfigError, match=r"line \d+: decile_max still says ISI"):
        read_study(tmp_path / "study.toml")
    text = text.replace("decile_max = 0  # ISI: ", "decile_max = 4  # ")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    begun = read_study(tmp_path / "study.toml")
    assert [one.year for one in begun.households] == [2025]
    assert [one.year for one in begun.earlier] == [2020]


def test_new_asks_for_a_map_where_none_is_embedded(tmp_path: Path) -> None:
    (tmp_path / "desa.csv").write_text(
        "kode,kk,persen_miskin\n16.71.01.1001,100,8.5\n16.71.01.1002,200,9.1\n", encoding="utf-8"
    )
    told = CliRunner().invoke(app, ["new", str(tmp_path), "--year", "2024"])
    assert told.exit_code == 0, told.stderr
    with pytest.raises(ConfigError, match=r"villages still says ISI: write berkas batas desa"):
        read_study(tmp_path / "study.toml")


def test_inspect_of_a_file_of_no_known_kind_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "lain.csv").write_text("a,b\nx,y\nz,w\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["inspect", str(tmp_path / "lain.csv")])
    assert told.exit_code == 3
    assert "a column with the village" in told.stderr


@pytest.mark.parametrize(
    ("header", "variable"),
    [
        ("Penerima BLT Dana Desa", "blt_desa"),
        ("Tempat Pembuangan Akhir Tinja", "faeces_disposal"),
        ("Jarak Sumber Air ke Penampungan Tinja", "water_distance_to_faeces"),
        ("Status Padan Dukcapil", "civil_match"),
    ],
)
def test_headings_of_newer_forms_are_known(header: str, variable: str) -> None:
    assert fold_header(header) in variables()[variable].names


def test_the_example_of_the_documentation_is_recognised(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "docs" / "study-file.md").read_text("utf-8")
    block = text[text.index("    [study]") : text.index("`sibangkit new FOLDER`")]
    example = tomllib.loads(textwrap.dedent(block))
    columns = example["profiles"][0]
    names = [columns[key] for key in ("code", "households", "poor_share_percent")]
    rows = [",".join(names)] + [f"{code},{100 + at},8.5" for at, code in enumerate(villages())]
    (tmp_path / columns["path"]).write_text("\n".join(rows) + "\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["inspect", str(tmp_path / columns["path"]), "--out",
                                    str(tmp_path / "lap")])  # fmt: skip
    assert told.exit_code == 0
    block = tomllib.loads(told.stdout)["profiles"][0]
    keys = ("path", "code", "code_system", "households", "poor_share_percent")
    assert {key: block[key] for key in keys} == {key: columns[key] for key in keys}


def profiles(folder: Path, *tables: tuple[list[str], int]) -> pd.Series:
    """Run a study of village tables, each with its villages and their households; give these."""
    text = STUDY[: STUDY.index("[poverty]")]
    for at, (places, homes) in enumerate(tables):
        lines = ["kode,kk,miskin", *(f"{code},{homes},10" for code in places)]
        (folder / f"desa{at}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        text += f"""
[[profiles]]
published = true
path = "desa{at}.csv"
code = "kode"
code_system = "kemendagri"
households = "kk"
poor_share_percent = "miskin"
year = 2024
"""
    (folder / "study.toml").write_text(text, encoding="utf-8")
    study.run(folder / "study.toml", folder / "out", lock=PLAIN)
    table = pd.read_csv(folder / "out" / "villages.csv").set_index("village_code")
    return table["households"].dropna()


def test_a_second_table_brings_its_villages_and_the_first_wins_where_both_have_one(
    tmp_path: Path,
) -> None:
    every = villages()
    read = profiles(tmp_path, (every[:14], 100), (every[10:], 200))
    assert read.reindex(every).tolist() == [100] * 14 + [200] * (len(every) - 14)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert any("4 desa ada dalam beberapa tabel" in str(note) for note in manifest["notes"])


@pytest.mark.parametrize("head", ["Kep. Keluarga", "1 Kepala Keluarga", "KRT", "1", "K.K"])
def test_the_head_of_a_family_has_many_names(tmp_path: Path, head: str) -> None:
    members(tmp_path)
    table = pd.read_csv(tmp_path / "register.csv", dtype=str)
    heads = table["hubungan_keluarga"] == "kepala"
    table.loc[~heads, "desil_nasional"] = "10"
    table["hubungan_keluarga"] = ["Istri" if not one else head for one in heads]
    table.iloc[::-1].to_csv(tmp_path / "register.csv", index=False)
    read = analyse(tmp_path / "study.toml").villages
    assert (read["households"].sum(), read["poor_households"].sum()) == (300, 120)


def test_sheets_that_mostly_repeat_others_are_asked_about(tmp_path: Path) -> None:
    rows = [(code, HOMES + at, 1 + at % 10) for at, code in enumerate(villages())]
    head = ("kode_desa", "jumlah_anggota_keluarga", "desil_nasional")
    with xlsxwriter.Workbook(tmp_path / "r.xlsx") as book:
        whole = [("16.07.01.2001", 9, 9), *rows[1:]]
        for name, part in (("SEMUA", whole), ("A", rows[:13]), ("B", rows[13:])):
            page = book.add_worksheet(name)
            for line, row in enumerate((head, *part)):
                page.write_row(line, 0, row)
    with pytest.raises(DataError, match=r"stand in other sheets\. Name the sheet"):
        open_grid(TableSource(tmp_path / "r.xlsx"), named_by="test", known=known_headers())


def test_a_programme_that_nobody_denies_is_not_known(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.0)
    table = pd.read_csv(tmp_path / "register.csv", dtype=str)
    for name in ("penerima_pkh", "penerima_bpnt"):
        # a blank may mean no, or that nobody asked
        table[name] = ["1" if at % 3 == 0 else "" for at in range(len(table))]
    table.to_csv(tmp_path / "register.csv", index=False)
    with pytest.warns(DegradedInputWarning, match="diketahui untuk 0,0%"):
        read = analyse(path).villages
    assert read["no_social_assistance_share"].isna().all()
