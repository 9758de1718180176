"""Rasters and facilities of a study: in the table, in the manifest, and named when they are bad."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from shapely.geometry import LineString, Point

from sibangkit_geo import study
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.errors import ConfigError, DataError
from tests.conftest import without_variants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLES = """
[[rasters]]
path = "banjir.tif"
name = "flood_share"
label = "Wilayah rawan banjir"
statistic = "share"
classes = [2, 3]
agency = "pupr"
year = 2022
source = "Peta banjir buatan"

[[rasters]]
path = "banjir.tif"
name = "flood_class"
label = "Kelas banjir"
statistic = "mean"
year = 2022

[[facilities]]
path = "puskesmas.csv"
name = "clinic"
label = "puskesmas terdekat"
longitude = "bujur"
latitude = "lintang"
limit_km = 5
agency = "dinkes"
year = 2023
source = "Daftar buatan"

[[facilities]]
path = "jalan.gpkg"
name = "road"
label = "jalan aspal"
limit_km = 1
year = 2023
"""


@pytest.fixture
def surrounded(tmp_path: Path, write_small_study: Callable[[Path], Path]) -> Path:
    """Give a study of its own to a test that changes it."""
    return surround(tmp_path, write_small_study)


@pytest.fixture(scope="module")
def mapped(
    tmp_path_factory: pytest.TempPathFactory, write_small_study: Callable[[Path], Path]
) -> study.Finished:
    """Run it once for the tests that read it."""
    folder = tmp_path_factory.mktemp("sekitar")
    return study.run(surround(folder, write_small_study), folder / "out")


def surround(folder: Path, write_small_study: Callable[[Path], Path]) -> Path:
    """The grid of 36 villages of 0.02 degrees: class 3 in the western half, 1 in the rest."""
    file = write_small_study(folder)
    # six columns of villages; the raster covers the southern five rows only
    cells = np.ones((10, 12), dtype=np.uint8)
    cells[:, :6] = 3
    with rasterio.open(
        folder / "banjir.tif", "w", driver="GTiff", height=10, width=12, count=1, dtype="uint8",
        crs="EPSG:4326", transform=Affine(0.01, 0, 104.4, 0, -0.01, -2.8), nodata=0,
    ) as raster:  # fmt: skip
        raster.write(cells, 1)
    pd.DataFrame({"bujur": ["104,41"], "lintang": ["-2,89"]}).to_csv(
        folder / "puskesmas.csv", sep=";", index=False
    )
    road = LineString([(104.40, -2.9, 5.0), (104.40, -2.78, 5.0)])
    gpd.GeoDataFrame(geometry=[road], crs="EPSG:4326").to_file(folder / "jalan.gpkg")
    file.write_text(file.read_text("utf-8") + TABLES, "utf-8")
    return file


def test_rasters_and_facilities_stand_beside_the_other_numbers(mapped: study.Finished) -> None:
    out = mapped.out
    table = pd.read_csv(out / "villages.csv", index_col="village_code")
    drawn = table[table["status"] == "ok"].iloc[:30]
    west = np.tile([1.0, 1, 1, 0, 0, 0], 5)
    np.testing.assert_allclose(drawn["flood_share"], west, atol=0.03)
    np.testing.assert_allclose(drawn["flood_class"], 1 + 2 * west, atol=0.06)
    # the sixth row of villages lies north of the raster
    north = table[table["status"] != "no_polygon"].iloc[30:]
    assert north["flood_share"].isna().all()
    # the clinic stands in the middle of the first village; a village is 2.2 km wide
    assert drawn["clinic_km"].iloc[0] == pytest.approx(0, abs=0.05)
    assert drawn["clinic_km"].iloc[1] == pytest.approx(2.22, abs=0.05)
    # the road runs along the western edge
    assert drawn["road_km"].iloc[[0, 6]].tolist() == pytest.approx([1.11, 1.11], abs=0.03)
    keys = {note.key for note in mapped.notes}
    assert {"raster_cover", "distance_from_villages"} <= keys
    roles = [one["role"] for one in json.loads((out / "manifest.json").read_text())["inputs"]]
    assert roles.count("raster") == 2
    assert roles.count("facilities") == 2


def test_pages_show_them(mapped: study.Finished) -> None:
    out = mapped.out
    page = (out / "dinkes.html").read_text("utf-8")
    assert "Jarak ke puskesmas terdekat (km)" in page
    assert "Wilayah rawan banjir" in (out / "pupr.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ("classes = [2, 3]\n", "", ConfigError, "classes"),
        ("classes = [2, 3]\n", 'classes = ["a"]\n', ConfigError, "a number"),
        ('path = "jalan.gpkg"', 'path = "jalan.txt"', ConfigError, "no such file"),
        ("limit_km = 1\n", "limit_km = 0\n", ConfigError, "above 0"),
        ('latitude = "lintang"\n', "", ConfigError, "both"),
        ('latitude = "lintang"', 'latitude = "linang"', DataError, "lintang"),
        ('path = "jalan.gpkg"', 'path = "profil.csv"', DataError, "profil.csv"),
        ('path = "banjir.tif"', 'path = "profil.csv"', DataError, "profil.csv"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    surrounded: Path, old: str, new: str, error: type[Exception], words: str
) -> None:
    text = surrounded.read_text("utf-8")
    assert old in text
    surrounded.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(error, match=words):
        study.run(surrounded, surrounded.parent / "out")
    assert not (surrounded.parent / "out").exists()


def test_ways_over_a_cost_raster(surrounded: Path) -> None:
    folder = surrounded.parent
    # one minute per metre everywhere, in UTM
    with rasterio.open(
        folder / "biaya.tif", "w", driver="GTiff", height=160, width=160, count=1,
        dtype="float32", crs="EPSG:32748", transform=Affine(100, 0, 432_000, 0, -100, 9_694_000),
        nodata=-1,
    ) as raster:  # fmt: skip
        raster.write(np.full((160, 160), 0.01, dtype=np.float32), 1)
    clinic = gpd.GeoDataFrame(geometry=[Point(104.41, -2.89)], crs="EPSG:4326")
    clinic.to_file(folder / "klinik.geojson")
    text = surrounded.read_text("utf-8").replace('path = "jalan.gpkg"', 'path = "klinik.geojson"')
    surrounded.write_text(text.replace("limit_km = 1\n", 'limit_km = 60\ncost = "biaya.tif"\n'))
    study.run(surrounded, folder / "out")
    table = pd.read_csv(folder / "out" / "villages.csv", index_col="village_code")
    # 2,224 m to the east at 0.01 per metre, to the nearest cell
    assert table["road_cost"].iloc[1] == pytest.approx(22.2, abs=1.5)


def test_houses_and_risk_of_a_register(tmp_path: Path) -> None:
    file = without_variants(write_demo(tmp_path / "data", settings=DemoSettings(households=20_000)))
    clinic = pd.DataFrame({"bujur": [104.85], "lintang": [-2.97]})
    clinic.to_csv(tmp_path / "data" / "klinik.csv", index=False)
    block = """
[[facilities]]
path = "klinik.csv"
name = "clinic"
label = "klinik"
longitude = "bujur"
latitude = "lintang"
limit_km = 20
measured_from = "household"
agency = "dinkes"
year = 2025
"""
    file.write_text(file.read_text("utf-8") + block, "utf-8")
    study.run(file, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "villages.csv", index_col="village_code")
    assert table["clinic_known"].sum() > 19_000
    shown = table["clinic_far_share"].notna()
    far = table["clinic_far"] / table["clinic_known"]
    np.testing.assert_allclose(table["clinic_far_share"][shown], far[shown], atol=1e-6)
    # a village whose houses are all within the limit has a mean below it
    assert (table.loc[table["clinic_far_share"] == 0, "clinic_km"] <= 20).all()
    with rasterio.open(tmp_path / "out" / "risiko_kemiskinan.tif") as surface:
        risk = surface.read(1, masked=True)
        assert surface.tags()["NOTE"].startswith("Estimasi")
        assert surface.crs.to_epsg() == 32748
    assert float(np.median(risk.compressed())) == pytest.approx(1, abs=0.6)
    # the planted pockets of three times the rate stand out
    assert float(risk.max()) > 2
