"""The log of --verbose helps a maintainer and tells nothing about anybody."""

from __future__ import annotations

import csv
import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from sibangkit_geo import DemoSettings, __version__, write_demo
from sibangkit_geo.cli import app
from sibangkit_geo.voice import log_file
from sibangkit_geo.voice.log_file import impersonal, place_of
from tests.conftest import without_variants

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

IDENTITY = re.compile(r"nik|kk|nama|alamat|lon|lat|bujur|lintang|x|y|telp|hp", re.IGNORECASE)


WANTED = (
    f"sibangkit {__version__}", "Python 3.", "geopandas ", "command: sibangkit run", "option out: ",
    "option study_file: study", "stage: draw", "notes: ", "measure: ",
)  # fmt: skip


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in words])


def _values(register: Path) -> set[str]:
    """Give every value of the identity columns that is long enough to be told from a number."""
    with register.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = [one for one in rows[0] if IDENTITY.match(one)]
    assert len(columns) >= 4, list(rows[0])
    return {
        row[column] for row in rows for column in columns if row[column] and len(row[column]) > 4
    }


def test_a_run_on_a_damaged_register_leaves_a_log_without_any_of_its_people(
    tmp_path: Path,
) -> None:
    settings = DemoSettings(households=5_000, damage=("duplicates", "implausible"))
    study_file = without_variants(write_demo(tmp_path / "data", settings=settings))
    told = call("--verbose", "run", study_file, "--out", tmp_path / "hasil")
    assert told.exit_code == 0, told.stderr
    path = tmp_path / "hasil.log"
    assert f"log: {path}" in told.stderr
    text = path.read_text("utf-8")
    for wanted in WANTED:
        assert wanted in text
    assert str(tmp_path) not in text
    assert getpass.getuser() not in text.replace("USER", "") or len(getpass.getuser()) < 3
    registers = [one for one in (tmp_path / "data").glob("*.csv") if "register" in one.name]
    assert registers
    values = set().union(*map(_values, registers))
    assert len(values) > 5_000
    assert [one for one in values if one in text] == []
    # the products are as they would be without
    assert not list((tmp_path / "hasil").rglob("*.log"))
    assert call("verify", tmp_path / "hasil").exit_code == 0


def test_an_error_is_told_by_kind_template_and_lines_of_code(
    tmp_path: Path, write_small_study: Callable[[Path], Path]
) -> None:
    study_file = write_small_study(tmp_path)
    text = study_file.read_text("utf-8")
    study_file.write_text(text.replace('"miskin_persen"', '"budi_santoso"'), "utf-8")
    told = call("-v", "run", study_file, "--out", tmp_path / "hasil")
    assert told.exit_code == 3
    log = (tmp_path / "hasil.log").read_text("utf-8")
    assert "error: DataError" in log
    assert "{0}: no column named {1}" in log
    assert re.search(r"sibangkit_geo/sources/\w+\.py:\d+ \w+", log)
    assert "budi_santoso" not in log


def test_what_a_library_says_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        try:
            int("Siti Aminah")
        except ValueError as error:
            message = "Jalan Merdeka 12"
            raise RuntimeError(message) from error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sibangkit_geo.study.begin.inspect", stop)
    assert call("-v", "inspect", tmp_path / "x.csv").exit_code == 1
    log = (tmp_path / "sibangkit.log").read_text("utf-8")
    assert "error: RuntimeError" in log
    assert "caused by: ValueError" in log
    assert "Siti" not in log
    assert "Merdeka" not in log


def test_words_that_a_user_gives_are_told_as_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call("-v", "new", tmp_path / "none", "--title", "Milik Budi", "--regency", "16.07")
    log = (tmp_path / "none.log").read_text("utf-8")
    assert "option title: (given)" in log
    assert "option regency: 16.07" in log
    assert "Budi" not in log
    call("-v", "annex", "x.toml", "--out", "y", "--to", "postgresql://budi:rahasia@pc/db")
    assert "rahasia" not in (tmp_path / "y.log").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "within", "place"),
    [
        ({"out": "hasil"}, "", "hasil.log"),
        ({"out": "hasil/annex"}, "hasil", "annex.log"),
        ({"out": "baru/lagi/hasil"}, "", "hasil.log"),
        ({"out": None}, "", "sibangkit.log"),
        ({"out": "."}, ".", "../kerja.log"),
        ({"folder": "hasil"}, "hasil", "hasil.log"),
        ({}, ".", "../sibangkit.log"),
    ],
)
def test_a_log_lies_beside_the_products_never_within(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str | None],
    within: str,
    place: str,
) -> None:
    work = tmp_path / "kerja"
    work.mkdir()
    monkeypatch.chdir(work)
    if within:
        (work / within).mkdir(exist_ok=True)
        (work / within / "manifest.json").write_text("{}")
    given = {key: Path(text) if text else None for key, text in options.items()}
    assert place_of(given).resolve() == (work / place).resolve()


def test_a_log_that_cannot_be_written_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "place_of", lambda _: tmp_path / "none" / "x.log")
    (tmp_path / "a").mkdir()
    told = call("-v", "--language", "id", "scan", tmp_path / "a")
    assert told.exit_code == 0
    assert told.stderr.startswith("peringatan: catatan proses tidak dapat ditulis (berkas atau ")
    assert told.stderr.endswith("bersih\n")


def test_long_numbers_home_and_user_are_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/budi"))
    monkeypatch.setattr(getpass, "getuser", lambda: "budi")
    assert impersonal("/home/budi/ktp_1607" + "99550580" + "0001.csv of budi, 16.07.01.2001") == (
        "~/ktp_#.csv of USER, 16.07.01.2001"
    )


def test_without_verbose_there_is_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    assert call("scan", tmp_path / "a").exit_code == 0
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
