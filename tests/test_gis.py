"""GIS layers read back: GeoPackage with names and styles, Parquet, QGIS project, PostGIS."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest
import sqlalchemy as sa
from lxml import etree

from sibangkit_geo import disclosure, study
from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.products.gis import PACKAGE, PROJECT, gis_layers, write_gis
from sibangkit_geo.products.postgis import publish, require_address
from sibangkit_geo.study.annex import GIS, AnnexOrder, run_annex
from sibangkit_geo.study.extras import SURFACE as FILE
from sibangkit_geo.study.extras import write_surface
from tests.demo_product import demo_product, demo_ready, without_pockets
from tests.test_postgis import PASSWORD, address, engine  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sibangkit_geo.products.gis import GisLayers

LAYERS = ["pockets", "districts", "villages", "needs"]
# the interpreter of the system is the one that QGIS is installed for
SYSTEM = shutil.which("python3", path="/usr/bin")
ASK = """
import sys
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
folder = sys.argv[1]
layer = QgsVectorLayer(folder + "/kantong_kemiskinan.gpkg|layername=villages", "v", "ogr")
print("renderer", layer.renderer().type(), layer.labelsEnabled())
print("alias", [one.alias() for one in layer.fields() if one.name() == "district_name"][0])
project = QgsProject.instance()
print("read", project.read(folder + "/kantong_kemiskinan.qgz"), project.crs().authid())
for one in sorted(project.mapLayers().values(), key=lambda one: one.id()):
    print("layer", one.id(), one.isValid(), one.crs().authid())
"""


@pytest.fixture(scope="module")
def layers() -> GisLayers:
    return gis_layers(demo_product())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, layers: GisLayers) -> Path:
    made = tmp_path_factory.mktemp("gis")
    write_surface(demo_ready().extras.surface, demo_product(), made)
    write_gis(demo_product(), layers, made, surface=FILE)
    return made


def test_the_geopackage_has_its_layers_and_describes_them(folder: Path) -> None:
    path, product = folder / PACKAGE, demo_product()
    listed = pyogrio.list_layers(path)
    assert [name for name in listed[:, 0] if name in LAYERS] == LAYERS
    with closing(sqlite3.connect(path)) as link:
        assert link.execute("pragma user_version").fetchone() == (10200,)
        assert link.execute("pragma integrity_check").fetchone() == ("ok",)
        titles = dict(
            link.execute("SELECT column_name, title FROM gpkg_data_columns "
                         "WHERE table_name = 'villages'").fetchall()
        )  # fmt: skip
        described = dict(link.execute("SELECT table_name, description FROM gpkg_contents"))
    assert titles["district_name"] == "Kecamatan"
    assert titles["headcount_ratio"] == product.measured.indicators[0].label
    assert all(product.estimate_line in described[name] for name in LAYERS)
    about = pyogrio.read_info(path, layer="villages")
    assert about["layer_metadata"]["IDENTIFIER"] == "Desa/kelurahan"
    assert about["crs"] == "EPSG:32748"


def test_districts_sum_up_to_the_villages(layers: GisLayers) -> None:
    districts, villages = layers.tables["districts"], layers.tables["villages"]
    assert districts["n_villages"].sum() == len(villages)
    assert districts["in_pockets"].sum() == len(demo_product().found.members)
    assert districts["households"].sum() == villages["households"].sum()
    shapes = gpd.GeoSeries(districts["geometry"]), gpd.GeoSeries(villages["geometry"])
    assert shapes[0].area.sum() == pytest.approx(shapes[1].area.sum(), rel=1e-9)


def test_each_village_falls_in_the_class_of_the_maps(folder: Path) -> None:
    with closing(sqlite3.connect(folder / PACKAGE)) as link:
        (qml,) = link.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = 'villages'"
        ).fetchone()
        root = etree.fromstring(qml.split(">", 1)[1])
        layer = demo_product().layers[0]
        rules = root.findall(".//rule")
        assert [one.get("label") for one in rules][: len(layer.classes)] == [
            one.label for one in layer.classes
        ]
        for rule, one in zip(rules, layer.classes, strict=False):
            count = link.execute(
                f"SELECT count(*) FROM villages WHERE {rule.get('filter')}"  # noqa: S608 - ours
            ).fetchone()
            assert count == (one.count,)
            symbol = root.find(f".//symbol[@name='{rule.get('symbol')}']")
            assert symbol is not None
            color = symbol.find(".//Option[@name='color']")
            assert color is not None
            red = int(str(color.get("value")).split(",")[0])
            assert red == int(one.color[1:3], 16)


def test_parquet_holds_the_same_rows_and_everything_is_clean(
    folder: Path, layers: GisLayers
) -> None:
    for name in ("villages", "pockets", "districts"):
        table = gpd.read_parquet(folder / f"{name}.parquet")
        assert len(table) == len(layers.tables[name])
        assert table.crs.to_epsg() == 32748
    assert disclosure.leaks(folder) == {}


def test_the_project_names_only_files_beside_it(folder: Path) -> None:
    with zipfile.ZipFile(folder / PROJECT) as archive:
        (name,) = archive.namelist()
        text = archive.read(name)
    root = etree.fromstring(text)
    sources = [str(one.text) for one in root.iter("datasource")]
    # the parts of a wide pattern have a layer where there are any
    assert len(sources) in {5, 6}
    for source in sources:
        assert source.startswith("./")
        assert (folder / source.split("|")[0]).is_file()
    assert str(folder).encode() not in text


def test_the_same_study_gives_the_same_bytes(
    folder: Path, tmp_path: Path, layers: GisLayers
) -> None:
    write_gis(demo_product(), layers, tmp_path, surface=FILE)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_without_a_pocket_the_layer_is_empty(tmp_path: Path) -> None:
    product = without_pockets()
    write_gis(product, gis_layers(product), tmp_path)
    assert len(gpd.read_file(tmp_path / PACKAGE, layer="pockets")) == 0


def test_qgis_opens_the_project_with_styles_and_names(folder: Path) -> None:
    known = SYSTEM and subprocess.run(
        [SYSTEM, "-c", "import qgis.core"], capture_output=True, check=False
    )
    if not SYSTEM or not known or known.returncode:
        pytest.skip("QGIS with its Python is not installed on this machine")
    # QGIS may stumble over its own end; what it said before counts
    told = subprocess.run(
        [SYSTEM, "-c", ASK, str(folder)],
        capture_output=True, text=True, check=False, timeout=900,
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder.parent), "PATH": "/usr/bin:/bin"},
    ).stdout  # fmt: skip
    assert "renderer RuleRenderer True" in told
    assert "alias Kecamatan" in told
    assert "read True EPSG:32748" in told
    assert told.count(" True EPSG:32748") == 6


def test_layers_are_published_to_postgis(
    layers: GisLayers,
    engine: sa.Engine,  # noqa: F811 - the same
    address: str,  # noqa: F811 - fixtures
) -> None:
    for _ in range(2):
        publish(layers, address, schema="sibangkit_1607_2025", epsg=32748)
    with engine.begin() as link:
        counted = {
            name: link.execute(
                sa.text(f"SELECT count(*) FROM sibangkit_1607_2025.{name}")  # noqa: S608 - ours
            ).scalar()
            for name in LAYERS
        }
        kind = link.execute(
            sa.text("SELECT type || ' ' || srid FROM geometry_columns WHERE f_table_name = "
                    "'villages' AND f_table_schema = 'sibangkit_1607_2025'")
        ).scalar()  # fmt: skip
        area = link.execute(
            sa.text("SELECT sum(ST_Area(geometry)) FROM sibangkit_1607_2025.villages")
        ).scalar()
        link.execute(sa.text("DROP SCHEMA sibangkit_1607_2025 CASCADE"))
    assert counted == {name: len(layers.tables[name]) for name in LAYERS}
    assert kind == "MULTIPOLYGON 32748"
    assert area == pytest.approx(gpd.GeoSeries(layers.tables["villages"]["geometry"]).area.sum())


def test_a_database_that_cannot_be_reached_names_no_password(layers: GisLayers) -> None:
    wrong = f"postgresql://tester:{PASSWORD}@127.0.0.1:1/tidak_ada"
    with pytest.raises(ConfigError, match="cannot be reached or refuses") as caught:
        publish(layers, wrong, schema="sibangkit", epsg=32748)
    shown = f"{caught.value} {caught.value.__cause__}"
    assert PASSWORD not in shown
    assert "tester" not in shown


def test_what_is_no_postgresql_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="--to must be an address"):
        require_address(f"mysql://tester:{PASSWORD}@host/x")


def test_the_annex_is_written_whole_and_not_into_a_run(
    tmp_path: Path, write_small_study: Callable[[Path], Path]
) -> None:
    study_file = write_small_study(tmp_path)
    with study_file.open("a", encoding="utf-8") as file:
        file.write('\n[annex]\nsheets = ["overview"]\nlogo = "tidak_ada.png"\n')
    out = tmp_path / "lampiran"
    with pytest.warns(DegradedInputWarning, match=r"tidak_ada\.png"):
        made = run_annex(
            study_file, out, order=AnnexOrder(document=False), progress=lambda *_: None
        )
    assert [note.key for note in made.notes] == ["logo_missing"]
    on_disk = {one.relative_to(out).as_posix() for one in out.rglob("*") if one.is_file()}
    assert on_disk == set(made.products)
    assert {"A4/atlas_peta.pdf", "buku_kerja.xlsx", f"{GIS}/{PACKAGE}"} <= on_disk
    with pytest.raises(ConfigError, match="holds the products of an annex, which a run would"):
        study.run(study_file, out)
    assert {one.relative_to(out).as_posix() for one in out.rglob("*") if one.is_file()} == on_disk
    (out / "manifest.json").write_text('{"products": ["villages.csv"]}', encoding="utf-8")
    with pytest.raises(ConfigError, match="holds the products of a run"):
        run_annex(study_file, out, order=AnnexOrder(), progress=lambda *_: None)


def test_an_unknown_paper_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match='--paper: "A5" is unknown'):
        AnnexOrder(("A5",))
