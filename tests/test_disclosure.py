"""Finished files are searched for what names a person."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import matplotlib as mpl
import pytest
import shapely
from matplotlib.figure import Figure

from sibangkit_geo.disclosure import DisclosureSettings, leaks, require_clean
from sibangkit_geo.errors import ConfigError, LeakError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# in parts: district 99 is none, but a number of it would be one
NIK = "16" + "07" + "99" + "55" + "05" + "80" + "0001"
NAME = "Siti Aminah"
POINT = "104.8123456"


def test_a_smallest_count_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="minimum_households must be at least 1"):
        DisclosureSettings(minimum_households=0)


# ---- leak scan


def _text(content: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(content, encoding="utf-8")

    return write


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:t>{NIK}</w:t>")


def _parts(path: Path) -> None:
    """Cut a number in two by a tag, as Word does where somebody corrected it."""
    with zipfile.ZipFile(path, "w") as archive:
        halves = f"<w:t>{NIK[:7]}</w:t></w:r><w:r><w:t>{NIK[7:]}</w:t>"
        archive.writestr("word/document.xml", f"<w:p><w:r>{halves}</w:r></w:p>")


def _parquet(value: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        points = gpd.GeoSeries([shapely.Point(0, 0)] * 2, crs="EPSG:32748")
        rows = gpd.GeoDataFrame({"desa": ["Mariana", "Sungsang"], "x": [value] * 2})
        rows.set_geometry(points).to_parquet(path, compression="zstd")

    return write


def _gpkg(value: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        rows = gpd.GeoDataFrame(
            {"kode": ["16.07.01.2001"], "nik": [value], "desa": ["Mariana"]},
            geometry=[shapely.Point(0, 0)],
            crs="EPSG:32748",
        )
        rows.to_file(path, driver="GPKG")

    return write


def _pdf(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with mpl.rc_context({"pdf.fonttype": 42}):
            figure = Figure()
            figure.text(0.1, 0.5, text)
            figure.savefig(path, format="pdf")

    return write


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("first.csv", _text(f"nik,nama\n{NIK},x\n")),
        ("middle.csv", _text(f"desa,nik,nama\n16.07.01.2001,{NIK},x\n")),
        ("comma.csv", _text(f"desa,nik\n1,{NIK}\n")),
        ("semicolon.csv", _text(f"desa;nik\n1;{NIK}\n")),
        ("page.html", _text(f"<p>NIK {NIK}.</p>")),
        ("list.json", _text(json.dumps({"nik": [1, int(NIK)]}, separators=(",", ":")))),
        ("sentence.txt", _text(f"NIK.{NIK}")),
        ("document.docx", _zip),
        ("runs.docx", _parts),
        ("text.parquet", _parquet(NIK)),
        ("number.parquet", _parquet(int(NIK))),
        ("list.parquet", _parquet([NIK])),
        ("text.gpkg", _gpkg(NIK)),
        ("number.gpkg", _gpkg(int(NIK))),
        ("sheet.pdf", _pdf(f"NIK {NIK}")),
    ],
)
def test_an_identity_number_is_found(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    assert list(leaks(tmp_path)) == [name]
    with pytest.raises(LeakError, match=name) as caught:
        require_clean(tmp_path)
    assert NIK not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("cell.csv", _text(f"desa,nama\n1,{NAME}\n")),
        ("case.csv", _text(f"desa,nama\n1,{NAME.upper()}\n")),
        ("quoted.json", _text(json.dumps({"nama": NAME}))),
        ("page.html", _text(f"<td>{NAME}</td>")),
        ("sentence.html", _text(f"<p>Rumah {NAME}, rusak.</p>")),
        ("point.csv", _text(f"lon,lat\n{POINT},-2.9\n")),
        ("point.json", _text(json.dumps({"lon": float(POINT)}, separators=(",", ":")))),
        ("point.geojson", _text(f'{{"coordinates":[{POINT},-2.9]}}')),
        ("text.gpkg", _gpkg(NAME)),
        ("text.parquet", _parquet(f"rumah {NAME}.")),
        ("line.pdf", _pdf(NAME)),
        ("sentence.pdf", _pdf(f"Kepala keluarga: {NAME}")),
    ],
)
def test_names_and_points_of_a_register_are_found(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    assert list(leaks(tmp_path, personal={NAME, POINT})) == [name]
    assert leaks(tmp_path) == {}


@pytest.mark.parametrize(
    "content",
    [
        "a" * 24 + NIK + "b" * 24,  # sha256: 64 hexadecimal digits
        NIK * 4,
        "0." + NIK,
        f"[104.{NIK},-2.{NIK}]",
        "123456789012345",
        "12345678901234567",
        "Siti Aminahwati dan Aminah Siti",
        "",
    ],
)
def test_what_is_no_identity_number_does_not_count(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    assert leaks(tmp_path, personal={NAME, " "}) == {}
    require_clean(tmp_path, personal={NAME})


def test_findings_are_counted_per_file_in_folders_too(tmp_path: Path) -> None:
    (tmp_path / "annex").mkdir()
    (tmp_path / "annex" / "a.txt").write_text(f"{NIK} {NIK}")
    (tmp_path / "b.txt").write_text("bersih")
    assert leaks(tmp_path) == {"annex/a.txt": 2}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        leaks(tmp_path / "tiada")


def test_a_table_in_a_geopackage_page_is_read_row_by_row(tmp_path: Path) -> None:
    # SQLite lays the cells of a row end to end: the village code runs into the number
    path = tmp_path / "plain.gpkg"
    connection = sqlite3.connect(path)
    connection.execute("create table desa (kode text, nik text)")
    connection.execute("insert into desa values (?, ?)", ("2001", NIK))
    connection.commit()
    connection.close()
    assert list(leaks(tmp_path)) == ["plain.gpkg"]
