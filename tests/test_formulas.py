"""A study of hostile texts with every optional product on: no cell of a table starts a formula."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio

from sibangkit_geo import codes, study
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.products.tables import formula_safe, write_csv
from tests.conftest import without_variants

if TYPE_CHECKING:
    from pathlib import Path

STARTS = ("=", "+", "-", "@", "\t", "\r")
# codes that no list knows, so that the names of the boundary file are shown
NAMES = {
    "16.07.01.2901": '=HYPERLINK("http://x.invalid")',
    "16.07.01.2902": "+SUM(1)",
    "16.07.01.2903": "-A2+3",
    "16.07.01.2904": "@SUM(1)",
}
OPTIONS = """
[[locus]]
path = "lokus.csv"
name = "stunting"
label = "=1+1 lokus"
code = "kode"
code_system = "kemendagri"
year = 2024
source = "@SUM(A1)"

[typology]
path = "podes.csv"
code = "kode"
code_system = "kemendagri"
year = 2024
categories = ["=tipe"]
source = "=1+1"

[hamlets]
replicates = 19

[planning_areas]
n_areas = 6

[[facilities]]
path = "puskesmas.csv"
name = "puskesmas"
longitude = "lon"
latitude = "lat"
label = "=1+1 puskesmas"
limit_km = 10
year = 2024
measured_from = "household"
agency = "dinkes"
source = "+1"

[[rasters]]
path = "banjir.tif"
name = "banjir"
label = "-1+2 banjir"
statistic = "mean"
year = 2024
unit = "index"
worse = "high"
agency = "pupr"
source = "@SUM(1)"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> study.Finished:
    folder = tmp_path_factory.mktemp("hostile")
    file = without_variants(write_demo(folder, settings=DemoSettings(households=8_000)))
    official = list(codes.official_villages("16.07"))
    new = dict(zip(official[:4], NAMES, strict=True))
    for name in ("register_2025.csv", "register_2020.csv", "desa_2025.csv"):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        for old, code in new.items():
            text = text.replace(old, code)
        path.write_text(text, encoding="utf-8")
    rows = pd.read_csv(folder / "register_2025.csv", dtype=str).assign(
        **{"=cmd|' /C calc'!A0": "1"}
    )
    rows.to_csv(folder / "register_2025.csv", index=False)
    _write_inputs(folder, new)
    text = file.read_text(encoding="utf-8")
    text = text.replace('villages = "default"', 'villages = "desa.geojson"')
    text = text.replace('level = "agency"', 'level = "internal"')
    text = text.replace('title = "', 'title = "=1+1 ').replace(
        "replicates = 999", "replicates = 99"
    )
    text = text.replace('source = "register buatan', 'source = "=1+1 register')
    file.write_text(text + OPTIONS, encoding="utf-8")
    return study.run(file, folder / "out", lock=study.Lock("kopi pahit di teras"))


def _write_inputs(folder: Path, new: dict[str, str]) -> None:
    polygons = gpd.read_file(codes.data_folder() / "villages.geojson")
    polygons["kode"] = polygons["kode"].replace(new)
    polygons["nama"] = polygons["kode"].map(NAMES).fillna(polygons["nama"])
    polygons[["kode", "nama", "geometry"]].to_file(folder / "desa.geojson", driver="GeoJSON")
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"kode": polygons["kode"], "=tipe": rng.integers(0, 3, len(polygons))})
    for name in ("=jarak", "+sinyal", "-listrik"):
        table[name] = rng.random(len(polygons))
    table.to_csv(folder / "podes.csv", index=False)
    table[["kode"]].head(30).to_csv(folder / "lokus.csv", index=False)
    point = polygons.geometry.representative_point()
    pd.DataFrame({"nama": "=A1", "lon": point.x[::60], "lat": point.y[::60]}).to_csv(
        folder / "puskesmas.csv", index=False
    )
    west, south, east, north = polygons.total_bounds
    grid = rng.random((40, 40), dtype="float32")
    with rasterio.open(
        folder / "banjir.tif", "w", driver="GTiff", height=40, width=40, count=1, dtype="float32",
        crs="EPSG:4326", nodata=-1,
        transform=rasterio.transform.from_bounds(west, south, east, north, 40, 40),
    ) as raster:  # fmt: skip
        raster.write(grid, 1)


def _is_formula(cell: object) -> bool:
    """Tell what a spreadsheet would work out; a number with its sign is none."""
    if not isinstance(cell, str) or not cell.startswith(STARTS) or cell in {"-", "+"}:
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def test_no_cell_of_any_csv_starts_a_formula(finished: study.Finished) -> None:
    files = sorted(finished.out.rglob("*.csv"))
    optional = {"lokus.csv", "lokus_desa.csv", "tipologi_profil.csv", "wilayah_perencanaan.csv"}
    assert optional <= {file.name for file in files}
    for file in files:
        with file.open(encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert [cell for cell in cells if _is_formula(cell)] == [], file.name
    shown = (finished.out / "wilayah_perencanaan.csv").read_text(encoding="utf-8")
    assert "'+SUM(1)" in shown


def test_no_cell_of_any_workbook_starts_a_formula(finished: study.Finished) -> None:
    files = sorted(finished.out.rglob("*.xlsx"))
    assert {"buku_kerja.xlsx", "laporan_mutu_data.xlsx"} <= {file.name for file in files}
    texts = 0
    for file in files:
        book = openpyxl.load_workbook(file)
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", f"{file.name} {sheet.title} {cell.coordinate}"
                    assert not _is_formula(cell.value), f"{file.name} {sheet.title} {cell.value}"
                    texts += str(cell.value).startswith("'")
        book.close()
    assert texts > 4


def test_headings_texts_and_labels_are_guarded_and_numbers_are_not(tmp_path: Path) -> None:
    table = pd.DataFrame({"=a": ["=1", "-"], "b": [-1.5, None]}, index=["@x", "y"])
    table["c"] = pd.Categorical(["+z", "ok"])
    write_csv(table.rename_axis("kode").reset_index(), tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    assert text == "kode,'=a,b,c\n'@x,'=1,-1.5,'+z\ny,-,,ok\n"
    assert table.columns[0] == "=a"
    assert formula_safe(-1) == -1
