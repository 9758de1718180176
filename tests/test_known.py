"""What is not known is never counted as "not poor": shares, tests, sums and words."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from sibangkit_geo import codes, study
from sibangkit_geo.cli import app
from sibangkit_geo.config import read_study
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.indicators import estimates
from sibangkit_geo.indicators.villages import CoverageSettings, leave_thin
from sibangkit_geo.model.types import Indicator

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries  # noqa: PLC0415

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
        study.run(register(folder, lost=0.8), folder / "out")
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
    start = text.index('id="data">') + len('id="data">')
    page = json.loads(text[start : text.index("</script>", start)])
    layer = page["layers"][0]
    thin = layer["thin"]
    assert len(thin) > 10
    assert all(layer["values"][row] is None and layer["known_percent"][row] < 50 for row in thin)
    notes = " ".join(page["notes"])
    assert "tidak cukup data kemiskinan" in notes
    assert "sangat berbeda antarkecamatan" in notes
    district = (ran / "kecamatan" / "16.07.10.html").read_text("utf-8")
    assert "tidak cukup data" in district


def test_small_counts_stay_hidden_where_too_few_answered(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.8)
    path.write_text(path.read_text("utf-8").replace('"internal"', '"public"'), encoding="utf-8")
    with pytest.warns(DegradedInputWarning):
        study.run(path, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "villages.csv")
    assert not table["poor_households"].between(1, 4).any()
    text = (tmp_path / "out" / "bappeda.html").read_text("utf-8")
    start = text.index('id="data">') + len('id="data">')
    layer = json.loads(text[start : text.index("</script>", start)])["layers"][0]
    assert len(layer["thin"]) > 10
    assert not any(count in {1, 2, 3, 4} for count in layer["counts"])


def test_a_complete_register_says_nothing_of_it(tmp_path: Path) -> None:
    done = study.run(register(tmp_path, lost=0.0), tmp_path / "out")
    assert not {"answers_incomplete", "too_few_known", "coverage_differs"} & {
        one.key for one in done.notes
    }


@pytest.mark.parametrize("words", [("Desil 1", "Desil 7"), ("1 - sangat miskin", "7 - rentan")])
def test_deciles_in_words_are_read(tmp_path: Path, words: tuple[str, str]) -> None:
    study.run(register(tmp_path, lost=0.0, decile=words), tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "villages.csv")
    assert table["poor_households"].sum() == HOMES // 2 * len(villages())
    assert table["unknown_poor"].sum() == 0


def test_a_register_none_of_whose_rows_tells_who_is_poor_stops(tmp_path: Path) -> None:
    path = register(tmp_path, lost=0.0, decile=("miskin", "kaya"))
    with pytest.raises(DataError, match=r"desil_nasional.*Bilangan tidak terbaca.*columns"):
        study.run(path, tmp_path / "out")
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
    with pytest.warns(DegradedInputWarning, match="63,3 %"):
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


def test_answers_missing_at_random_raise_no_alarm() -> None:
    # a short form of benchmarks/missing.py, whose long form draws 200 maps of each kind
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        trial: Any = importlib.import_module("missing")
    finally:
        sys.path.remove(folder)
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
    done = study.run(tmp_path / "study.toml", tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "villages.csv")
    assert (table["households"].sum(), table["people"].sum()) == (300, persons)
    assert table["poor_households"].sum() == 120
    assert any("Satu baris per orang" in one.text for one in done.notes)


def test_persons_whose_family_cards_are_damaged_are_refused(tmp_path: Path) -> None:
    members(tmp_path, damaged=0.5)
    with pytest.raises(DataError, match=r"one row per person.*families cannot be told apart"):
        study.run(tmp_path / "study.toml", tmp_path / "out")


def test_inspect_tells_persons_from_households(tmp_path: Path) -> None:
    members(tmp_path)
    told = CliRunner().invoke(app, ["inspect", str(tmp_path / "register.csv"), "--out",
                                    str(tmp_path / "lap")])  # fmt: skip
    assert told.exit_code == 0
    assert "tabel anggota keluarga" in told.stderr


def test_official_lists_are_at_hand_for_these_tests() -> None:
    assert codes.official_villages("16.07")
