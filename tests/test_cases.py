"""Small files that went wrong, as they lie beside the project: each gives its right answer."""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from typer.testing import CliRunner

from sibangkit_geo import analyse
from sibangkit_geo.cli import app
from sibangkit_geo.config import read_study

if TYPE_CHECKING:
    from pathlib import Path

INTERNAL = '\n[disclosure]\nlevel = "internal"\n'
BOTH = {"16.07.01", "16.07.10"}


@pytest.fixture
def case(shared: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Copy a case, so that a study file can be written beside it."""
    folder: Path = tmp_path / str(request.param)
    shutil.copytree(shared / "cases" / request.param, folder)
    for path in [folder, *folder.iterdir()]:
        path.chmod(0o755)
    return folder


def counted(folder: Path) -> pd.DataFrame:
    """Run the study of a case and give the villages of the two districts that it is about."""
    study_file = folder / "study.toml"
    study_file.write_text(study_file.read_text("utf-8") + INTERNAL, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = analyse(study_file)
    assert len(done.pockets) == 0 or folder.name == "html_xls"
    table = pd.DataFrame(done.villages)
    return table[table["district_code"].astype(str).isin(BOTH)]


@pytest.mark.parametrize(
    ("case", "households", "poor"),
    [
        ("titik_ribuan", 21_664, 1_722), ("persen_format", 21_664, 1_722),
        ("banyak_lembar", 21_664, 1_722), ("html_xls", 21_664, 1_722),
        ("dukcapil", 21_664, 1_722), ("belanja_titik", 750, 163),
    ],
    indirect=["case"],
)  # fmt: skip
def test_numbers_are_read_as_they_were_meant(case: Path, households: int, poor: int) -> None:
    table = counted(case)
    assert (table["households"].sum(), table["poor_households"].sum()) == (households, poor)


@pytest.mark.parametrize("case", ["simbol_bps"], indirect=True)
def test_marks_say_nothing_or_no_data(case: Path) -> None:
    table = counted(case)
    assert table["households"].sum() == 22_015
    assert table["poor_households"]["16.07.01.2002"] == 0
    assert table["poor_households"].isna()["16.07.01.2003"]
    assert table["headcount_ratio"]["16.07.01.2005"] == pytest.approx(86 / 1056, abs=1e-6)


@pytest.mark.parametrize("case", ["desil_kosong"], indirect=True)
def test_missing_deciles_are_not_wealth(case: Path) -> None:
    table = counted(case)
    sums = table.groupby("district_code")[["poor_households", "known_poor"]].sum()
    rates = sorted((sums["poor_households"] / sums["known_poor"]).round(2))
    assert rates == [0.37, 0.39]
    assert (table["status"] == "too_few_known").sum() == 12


@pytest.mark.parametrize(
    "case", ["nama_saja", "contoh_dokumentasi", "new_batas_tak_dikenal"], indirect=True
)
def test_new_begins_a_study_that_runs(case: Path) -> None:
    told = CliRunner().invoke(app, ["new", str(case), "--year", "2024", "--regency", "16.07"])
    assert told.exit_code == 0, told.stderr
    begun = read_study(case / "study.toml")
    own_map = begun.boundaries.villages.endswith("batas_desa.shp")
    assert own_map == (case.name == "new_batas_tak_dikenal")
    text = (
        (case / "study.toml").read_text("utf-8").replace('level = "agency"', 'level = "internal"')
    )
    (case / "study.toml").write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = analyse(case / "study.toml").villages
    assert (table["households"].sum(), table["poor_households"].sum()) == (21_664, 1_722)
