"""Damaged files end in one message or are told of: a short form of benchmarks/damage.py."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import geopandas as gpd
import pytest
import shapely
import xlsxwriter

from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.model.toml import read_toml
from sibangkit_geo.pockets import PocketSettings
from sibangkit_geo.products.document.styles import open_template
from sibangkit_geo.sources.profiles import ProfileSource, read_profiles
from sibangkit_geo.sources.readers.spreadsheet import open_sheets
from sibangkit_geo.sources.readers.vector import UnreadableLayerError, read_crs, read_layer
from sibangkit_geo.sources.surroundings import FacilitySource, read_facilities
from sibangkit_geo.stats.graph_files import read_gal, read_gwt
from sibangkit_geo.study.layers import LayerColumns, pockets_of_layer

if TYPE_CHECKING:
    from typing import Any

ROOT = Path(__file__).parents[1]
# one of every kind of file, others than those of the long form
FIRST, INPUTS, COMMANDS = 500_000, 62, 4


def test_damaged_files_of_every_kind_are_told_of_or_refused() -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "benchmarks.damage", "--first", str(FIRST),
            "--inputs", str(INPUTS), "--commands", str(COMMANDS), "--seconds", "120",
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"all\t{INPUTS + COMMANDS}\t" in done.stdout


@pytest.fixture(scope="module")
def trial() -> Any:
    """Import the trial itself: what it would not find it cannot show."""
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks import damage  # noqa: PLC0415 - beside the package
    finally:
        sys.path.remove(str(ROOT))
    return damage


def subject(trial: Any, *, sealed: bool = False, text: bool = False) -> Any:
    """Make a kind of file up."""
    return trial.Subject("t.csv", "CSV", lambda _: None, lambda _: None, sealed, text)


def outcome(trial: Any, rows: int, *told: str) -> Any:
    """Make up what was read."""
    return trial.Outcome([(number,) for number in range(rows)], [*told])


def test_the_trial_finds_what_was_lost_without_a_word(trial: Any) -> None:
    sound, one = outcome(trial, 9), trial.Damage(b"", "flip")
    cut = trial.Damage(b"", "cut", cut=True)
    again = trial.Damage(b"", "flip", resealed=True)
    table, book, other = (
        subject(trial, text=True), subject(trial, sealed=True), subject(trial),
    )  # fmt: skip
    assert not trial.fault_of(table, sound, sound, one)
    assert not trial.fault_of(table, sound, outcome(trial, 7), one)
    assert "3 rows differ" in trial.fault_of(table, sound, outcome(trial, 6), one)
    assert not trial.fault_of(table, sound, outcome(trial, 6, "3 rows were left out"), one)
    assert not trial.fault_of(table, sound, outcome(trial, 6), cut)
    assert "checksum" in trial.fault_of(book, sound, outcome(trial, 8), one)
    assert "1 rows are lost" in trial.fault_of(book, sound, outcome(trial, 8), again)
    assert "1 rows are lost" in trial.fault_of(other, sound, outcome(trial, 8), one)


def test_the_trial_finds_errors_that_are_none_of_ours(trial: Any) -> None:
    ours = DataError("t.csv: damaged", remedy="Copy it again.")
    assert not trial.word_of(ours, "t.csv")
    assert "IndexError" in trial.word_of(IndexError("list"), "t.csv")
    assert "no file" in trial.word_of(ours, "u.csv")
    leaking = DataError(f"t.csv: {trial.SECRET} 3", remedy="")
    assert "a cell" in trial.word_of(leaking, "t.csv")


def test_the_trial_finds_commands_that_end_in_other_ways(trial: Any) -> None:
    read = subject(trial)
    read = trial.Subject("t.csv", "CSV", read.write, read.read, command=("inspect", "FILE"))

    def ended(code: int, stderr: str = "") -> str:
        done = subprocess.CompletedProcess([], code, "", stderr)
        return str(trial.command_fault(done, read))

    assert (
        ended(0) == ended(3, "error: t.csv: damaged\n") == ended(2, "galat: t.csv: rusak\n") == ""
    )
    assert "-11" in ended(-11)
    assert "0 errors" in ended(3)
    assert "Traceback" in ended(1, "Traceback (most recent call last)\n")
    assert trial.SECRET in ended(3, f"error: t.csv: {trial.SECRET} 3\n")


def test_a_worker_that_dies_is_told_of_and_replaced(trial: Any, tmp_path: Path) -> None:
    worker = trial.Worker(str(tmp_path))
    worker.process.kill()
    worker.process.join()
    assert worker.ask(0, 0, seconds=60)[0] == "died"
    ended, fault, _ = worker.ask(0, 1, seconds=120)
    worker.stop()
    assert (ended in {"read", "told", "refused"}, fault) == (True, "")


# ---- what the trial has found


FOUND = Path(__file__).parent / "data" / "damaged"


def test_a_layer_that_is_cut_off_is_not_read_in_part() -> None:
    with pytest.raises(UnreadableLayerError):
        read_layer(str(FOUND / "cut.fgb"))


def test_a_damaged_page_of_parquet_is_one_message() -> None:
    source = ProfileSource(path=str(FOUND / "flipped.parquet"), year=2024, code="kode",
                           code_system="kemendagri", households="kk")  # fmt: skip
    with pytest.raises(DataError, match=r"^flipped\.parquet: damaged, cut off"):
        read_profiles(source)


@pytest.mark.parametrize(("name", "told"), [("twice", "stand twice"), ("no_text", "not a text")])
def test_damaged_graphs_name_their_file(name: str, told: str) -> None:
    with pytest.raises(DataError, match=rf"^{name}\.gal: .*{told}"):
        read_gal(FOUND / f"{name}.gal")


def test_a_graph_whose_links_do_not_lead_back_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "t.gwt"
    path.write_text("0 2 desa kode\n0 1 1.5\n")
    with pytest.raises(DataError, match=r"^t\.gwt: Links do not lead back"):
        read_gwt(path)


def test_a_layer_that_is_no_text_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.geojson"
    path.write_bytes(b'{"type": "FeatureCollection", "name": "\xff", "features": \xff[]}')
    with pytest.raises(UnreadableLayerError):
        read_layer(str(path))
    assert capfd.readouterr() == ("", "")


def test_a_template_with_a_damaged_stream_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "t.docx"
    docx.Document().save(str(path))
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo("word/document.xml")
    raw = bytearray(path.read_bytes())
    start = part.header_offset + 30 + len(part.filename)
    raw[start : start + 40] = b"\xff" * 40
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=r"t\.docx is no Word document"):
        open_template(str(path))


def test_facilities_without_a_place_are_counted_out_loud(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    places = gpd.GeoSeries([shapely.Point(104, -2), None, shapely.Point()], crs="EPSG:4326")
    gpd.GeoDataFrame({"nama": list("abc")}, geometry=places).to_file(path)
    source = FacilitySource(str(path), "pkm", "Puskesmas", 5.0, 2024)
    found, notes = read_facilities(source, crs="EPSG:32748")
    assert len(found) == 1
    assert [one.text for one in notes] == [
        "t.gpkg: 2 baris tanpa lokasi tidak dihitung sebagai Puskesmas."
    ]


@pytest.mark.parametrize("mark", ["[", "{"])
def test_a_study_nested_without_end_is_one_message(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "t.toml"
    path.write_text(f"study = {mark * 20_000}")
    with pytest.raises(ConfigError, match=r"^t\.toml: not a TOML file"):
        read_toml(path)


@pytest.mark.parametrize("text", ["EPSG:999999", "ESRI:104903", "no CRS at all", ""])
def test_a_reference_system_of_a_moon_is_none(text: str) -> None:
    assert read_crs(text) is None
    assert read_crs("EPSG:32748") == "EPSG:32748"


def test_a_view_that_asks_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    places = gpd.GeoSeries([shapely.Point(104, -2)], crs="EPSG:4326")
    gpd.GeoDataFrame({"kode": ["a"]}, geometry=places).to_file(path, layer="desa")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE VIEW tanpa_akhir AS {endless}")
    database.close()
    with pytest.raises(DataError, match=r"^t\.gpkg: the file is damaged"):
        read_layer(str(path))


@pytest.mark.parametrize("key", ["a." * 20_000 + "a = 1", "[" + "a." * 20_000 + "a]"])
def test_a_key_of_many_parts_is_refused_before_it_is_read(tmp_path: Path, key: str) -> None:
    path = tmp_path / "t.toml"
    path.write_text(f'judul = "a.b"\n{key}\n')
    with pytest.raises(ConfigError, match=r"^t\.toml: line 2 has a key of more than 16 parts"):
        read_toml(path)


def test_a_workbook_of_many_sheets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for number in range(401):
            book.add_worksheet(f"s{number}")
    with pytest.raises(DataError, match=r"^t\.xlsx: the workbook has 401 sheets, more than 400"):
        open_sheets(path)


def test_a_layer_of_empty_polygons_has_no_polygon(tmp_path: Path) -> None:
    path = tmp_path / "t.geojson"
    one = {"type": "Feature", "properties": {"kk": 9, "miskin": 1},
           "geometry": {"type": "Polygon", "coordinates": []}}  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [one] * 30}))
    with pytest.raises(DataError, match=r"^t\.geojson: the layer has no polygon"):
        pockets_of_layer(path, tmp_path / "k.gpkg", columns=LayerColumns("miskin", "kk", ""),
                         settings=PocketSettings())  # fmt: skip
