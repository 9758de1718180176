"""GIS layers read back: GeoPackage with names and styles, Parquet, QGIS project, PostGIS."""

from __future__ import annotations

import json
import math
import re
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pypdf
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pyproj import CRS

from sibangkit_geo import disclosure, study
from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.model.backdrop import Backdrop, ContextLayer
from sibangkit_geo.model.types import Indicator
from sibangkit_geo.products.base_map import base_map
from sibangkit_geo.products.classes import NO_DATA_COLOR, build_layer
from sibangkit_geo.products.gis import PACKAGE, PROJECT, gis_layers, write_gis
from sibangkit_geo.products.postgis import publish, require_address
from sibangkit_geo.products.qgis import class_tests, rgba, style_names, village_style
from sibangkit_geo.study.annex import GIS, AnnexOrder, run_annex
from sibangkit_geo.study.extras import SURFACE as FILE
from sibangkit_geo.study.extras import write_surface
from tests.demo_product import demo_product, demo_ready, without_pockets
from tests.test_postgis import PASSWORD, address, engine  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.gis import GisLayers

LAYERS = ["pockets", "districts", "villages", "needs"]
# the interpreter of the system is the one that QGIS is installed for
SYSTEM = shutil.which("python3", path="/usr/bin")
ASK = """
import sys
from qgis.core import (
    QgsApplication, QgsLayerTreeModel, QgsLayoutExporter, QgsProject, QgsVectorLayer,
)
app = QgsApplication([], False)
app.initQgis()
folder = sys.argv[1]
layer = QgsVectorLayer(folder + "/kantong_kemiskinan.gpkg|layername=villages", "v", "ogr")
print("renderer", layer.renderer().type(), layer.labelsEnabled())
print("unnamed", [one.name() for one in layer.fields() if not one.alias()])
print("alias", [one.alias() for one in layer.fields() if one.name() == "district_name"][0])
print("styles", *layer.listStylesInDatabase()[2], sep="|")
project = QgsProject.instance()
print("read", project.read(folder + "/kantong_kemiskinan.qgz"), project.crs().authid())
for one in project.layerTreeRoot().findLayers():
    print("layer", one.parent().name(), one.layerId(), one.layer().isValid(),
          one.layer().crs().authid(), sep="|")
villages = project.mapLayer("sibangkit_villages")
manager = villages.styleManager()
print("named", *manager.styles(), sep="|")
print("current", manager.currentStyle(), sep="|")
for name in manager.styles():
    manager.setCurrentStyle(name)
    classes = villages.renderer().rootRule().children()[0].children()
    unnamed = [one.name() for one in villages.fields() if not one.alias()]
    print("style", name, len(classes), villages.renderer().type(), unnamed, sep="|")
themes = project.mapThemeCollection()
print("themes", *themes.mapThemes(), sep="|")
tree = project.layerTreeRoot()
themes.applyTheme(sys.argv[2], tree, QgsLayerTreeModel(tree))
print("current", manager.currentStyle(), sep="|")
(sheet,) = project.layoutManager().printLayouts()
made = QgsLayoutExporter(sheet)
print("pdf", made.exportToPdf(folder + "/peta.pdf", QgsLayoutExporter.PdfExportSettings()))
settings = QgsLayoutExporter.ImageExportSettings()
settings.dpi = 80
print("png", made.exportToImage(folder + "/peta.png", settings))
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


def _styles(folder: Path) -> dict[str, etree._Element]:
    with closing(sqlite3.connect(folder / PACKAGE)) as link:
        rows = link.execute(
            "SELECT styleName, styleQML FROM layer_styles WHERE f_table_name = 'villages' "
            "ORDER BY useAsDefault DESC, id"
        ).fetchall()
    return {name: etree.fromstring(qml.split(">", 1)[1]) for name, qml in rows}


def test_every_indicator_has_a_style_of_its_name_and_the_first_is_the_default(folder: Path) -> None:
    labels = [one.indicator.label for one in demo_product().layers]
    assert list(_styles(folder)) == labels
    assert style_names(demo_product().layers) == labels
    with closing(sqlite3.connect(folder / PACKAGE)) as link:
        defaults = dict(
            link.execute("SELECT f_table_name, styleName FROM layer_styles WHERE useAsDefault = 1")
        )
        layered = {row[0] for row in link.execute("SELECT f_table_name FROM layer_styles")}
    assert defaults["villages"] == labels[0]
    assert defaults.keys() == layered
    twice = style_names([*demo_product().layers[:1], *demo_product().layers[:1]])
    assert twice == [f"{labels[0]} (headcount_ratio)"] * 2


def test_each_village_falls_in_the_class_of_the_maps_in_every_style(folder: Path) -> None:
    with closing(sqlite3.connect(folder / PACKAGE)) as link:
        for layer, root in zip(demo_product().layers, _styles(folder).values(), strict=True):
            rules = root.findall(".//rule/rule")
            labels = [one.get("label") for one in rules]
            assert labels[:-1] == [one.label for one in layer.classes]
            assert labels[-1] in {"Tidak ada data", "Tidak ada atau tidak cukup data"}
            for at, (rule, color) in enumerate(
                zip(rules, [*(one.color for one in layer.classes), NO_DATA_COLOR], strict=True)
            ):
                query = f"SELECT village_code FROM villages WHERE {rule.get('filter')}"  # noqa: S608 - ours
                inside = {code for (code,) in link.execute(query)}
                wanted = at if at < len(layer.classes) else -1
                own = set(layer.class_index.index[layer.class_index == wanted])
                # villages without polygon have no class on the maps
                assert inside & set(layer.class_index.index) == own, (layer.indicator.name, at)
                symbol = root.find(f".//symbol[@name='{rule.get('symbol')}']")
                assert symbol is not None
                drawn = symbol.find(".//Option[@name='color']")
                assert drawn is not None
                assert drawn.get("value") == rgba(color)


@cache
def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:")


def _inside(test: str, value: float) -> bool:
    query = test.replace('"share"', "?").replace('"number"', "?")
    return bool(_memory().execute(f"SELECT {query}", [value] * query.count("?")).fetchone()[0])


def _layer(values: list[float], *, unit: str, worse: str = "high") -> Layer:
    name = {"percent": "share"}.get(unit, "number")
    told = Indicator(
        name,
        "Bagian",
        unit=cast("Any", unit),
        worse=cast("Any", worse),
        denominator="rumah tangga",
        agency="bappeda",
        source="uji",
        year=2025,
    )
    boxes = [shapely.box(at, 0, at + 1, 1) for at in range(len(values))]
    table = gpd.GeoDataFrame(
        {name: values, "households": 1, "district_code": "1"}, geometry=boxes, crs="EPSG:32748"
    )
    return build_layer(table, told)


@given(
    shares=st.lists(
        st.integers(1, 400).flatmap(lambda n: st.integers(0, n).map(lambda k: k / n)),
        min_size=1,
        max_size=30,
    ),
    edited=st.lists(st.floats(allow_nan=False), max_size=10),
    worse=st.sampled_from(["high", "low"]),
    unit=st.sampled_from(["percent", "index"]),
)
def test_every_number_falls_in_exactly_one_class(
    shares: list[float], edited: list[float], worse: str, unit: str
) -> None:
    layer = _layer(shares, unit=unit, worse=worse)
    stored = pd.Series(shares).round(6)
    tests = class_tests(layer, stored)
    for at, value in zip(layer.class_index, stored, strict=True):
        assert [_inside(one, value) for one in tests].index(True) == at
    for value in [*edited, *stored, *(stored + 5e-7), *(stored - 5e-7), math.inf, -math.inf]:
        assert sum(_inside(one, value) for one in tests) == 1


def test_a_number_between_the_labels_of_two_classes_has_a_class() -> None:
    layer = _layer([0.02, 0.021, 0.098, 0.103, 0.9], unit="percent")
    tests = class_tests(layer, pd.Series([0.02, 0.021, 0.098, 0.103, 0.9]))
    assert [sum(_inside(one, value) for one in tests) for value in (0.0999, 0.1, 0.5)] == [1] * 3
    # 12.05 is shown as 12.0 and 14.15 as 14.2: halves go to the even digit, as the maps have them
    for low, high in ((0.1205, 0.125), (0.110, 0.1415)):
        layer = _layer([low, high], unit="percent")
        stored = pd.Series([low, high])
        told = [[_inside(one, value) for one in class_tests(layer, stored)] for value in stored]
        assert told == [[True, False], [False, True]]


def test_without_a_number_or_with_one_value_the_rules_are_whole() -> None:
    nothing = _layer([math.nan, math.nan], unit="percent")
    assert class_tests(nothing, pd.Series([math.nan, math.nan])) == []
    assert 'filter="ELSE"' in village_style(nothing, pd.Series([math.nan, math.nan]), {})
    alike = _layer([0.5, 0.5], unit="percent")
    assert class_tests(alike, pd.Series([0.5, 0.5])) == ['"share" IS NOT NULL']


def test_land_sea_and_rivers_are_layers_drawn_as_on_the_maps(folder: Path) -> None:
    ground = gpd.read_file(folder / PACKAGE, layer="land_sea").set_index("kind")
    backdrop = demo_product().boundaries.backdrop
    assert ground.geometry["sea"].area == pytest.approx(backdrop.sea.area)
    assert ground.geometry.area.sum() == pytest.approx(backdrop.extent.area)
    lines = gpd.read_file(folder / PACKAGE, layer="context_lines")
    assert {"border", "river"} == set(lines["kind"])
    assert lines.geometry.length.sum() > backdrop.borders.length
    assert pyogrio.read_info(folder / PACKAGE, layer="context_lines")["geometry_type"] == (
        "MultiLineString"
    )


def test_the_users_own_lines_waters_and_places_come_along() -> None:
    product = demo_product()
    west, south, _, _ = product.mapped.total_bounds
    own = [
        ContextLayer(
            cast("Any", kind),
            gpd.GeoDataFrame({"name": ["A"]}, geometry=[shape], crs=product.mapped.crs),
        )
        for kind, shape in (
            ("water", shapely.Point(west, south).buffer(500)),
            ("seat", shapely.MultiPoint([(west, south), (west + 9, south)])),
        )
    ]
    backdrop = Backdrop(layers=tuple(own))
    ground = base_map(replace(product, boundaries=replace(product.boundaries, backdrop=backdrop)))
    assert {name: table["kind"].tolist() for name, table in ground.tables.items()} == {
        "land_sea": ["water"],
        "context_lines": ["water"],
        "context_points": ["seat", "seat"],
    }
    assert set(ground.tables["context_points"].geom_type) == {"Point"}
    for name, style in ground.styles.items():
        root = etree.fromstring(style.split(">", 1)[1])
        kinds = [one.get("value") for one in root.iter("category")]
        assert kinds == ground.tables[name]["kind"].unique().tolist()
    nothing = replace(product, boundaries=replace(product.boundaries, backdrop=Backdrop()))
    assert base_map(nothing).tables == {}


def test_every_column_of_every_layer_has_an_indonesian_name(folder: Path) -> None:
    with closing(sqlite3.connect(folder / PACKAGE)) as link:
        tables = [
            name
            for (name,) in link.execute("SELECT table_name FROM gpkg_contents")
            if name != "layer_styles"
        ]
        for table in tables:
            columns = {row[1] for row in link.execute(f'PRAGMA table_info("{table}")')}
            named = {
                column
                for (column,) in link.execute(
                    "SELECT column_name FROM gpkg_data_columns WHERE table_name = ?", (table,)
                )
            }
            assert columns - named <= {"fid", "geom"}, table
            for (qml,) in link.execute(
                "SELECT styleQML FROM layer_styles WHERE f_table_name = ?", (table,)
            ):
                root = etree.fromstring(qml.split(">", 1)[1])
                told = {str(one.get("field")): one.get("name") for one in root.iter("alias")}
                assert told.keys() == columns - {"geom"}
                assert all(told.values())


def test_parquet_holds_the_same_rows_and_everything_is_clean(
    folder: Path, layers: GisLayers
) -> None:
    for name in ("villages", "pockets", "districts"):
        table = gpd.read_parquet(folder / f"{name}.parquet")
        assert len(table) == len(layers.tables[name])
        assert table.crs.to_epsg() == 32748
    assert disclosure.leaks(folder) == {}


@pytest.mark.parametrize("layer", ["villages", "pockets", "districts"])
def test_parquet_is_as_the_specification_of_geoparquet_wants_it(folder: Path, layer: str) -> None:
    file = pq.ParquetFile(folder / f"{layer}.parquet")
    told = json.loads(file.schema_arrow.metadata[b"geo"])
    assert re.fullmatch(r"1\.[01]\.\d+", told["version"])
    main = told["primary_column"]
    assert main in told["columns"]
    # a column at the top of the schema, of bytes, not repeated
    for name, column in told["columns"].items():
        field = file.schema_arrow.field(name)
        assert field.type in {pa.binary(), pa.large_binary()}
        assert column["encoding"] == "WKB"
        assert column.get("edges", "planar") in {"planar", "spherical"}
        assert column.get("orientation", "counterclockwise") == "counterclockwise"
        crs = column.get("crs")
        # absent would mean longitude and latitude
        assert crs["type"] == "ProjectedCRS"
        assert CRS.from_json_dict(crs).to_epsg() == 32748
        cells = file.read([name]).column(0).to_pylist()
        shapes = shapely.from_wkb([one for one in cells if one is not None])
        assert len(shapes) > 0
        assert shapely.is_valid(shapes).all()
        kinds = {f"{one.geom_type}{' Z' if one.has_z else ''}" for one in shapes}
        assert kinds == set(column["geometry_types"])
        assert len(column["geometry_types"]) == len(kinds)
        assert column["bbox"] == pytest.approx(list(shapely.total_bounds(shapes)))
        if layer != "villages":
            assert None not in cells
    mapped = demo_product().mapped
    assert layer != "villages" or len(shapes) == len(mapped)


def test_the_project_names_only_files_beside_it(folder: Path) -> None:
    with zipfile.ZipFile(folder / PROJECT) as archive:
        (name,) = archive.namelist()
        text = archive.read(name)
    root = etree.fromstring(text)
    sources = [str(one.text) for one in root.iter("datasource")]
    # the parts of a wide pattern have a layer where there are any
    assert len(sources) in {7, 8}
    for source in sources:
        assert source.startswith("./")
        assert (folder / source.split("|")[0]).is_file()
    assert str(folder).encode() not in text


def _project(folder: Path) -> etree._Element:
    with zipfile.ZipFile(folder / PROJECT) as archive:
        return etree.fromstring(archive.read(archive.namelist()[0]))


def test_the_project_has_groups_styles_themes_and_a_sheet_to_print(folder: Path) -> None:
    root, product = _project(folder), demo_product()
    labels = [one.indicator.label for one in product.layers]
    groups = root.findall("./layer-tree-group/layer-tree-group")
    assert [one.get("name") for one in groups] == [
        "Kantong", "Konteks", "Desa dan kecamatan", "Peta dasar", "Tabel",
    ]  # fmt: skip
    ids = {one.findtext("id") for one in root.iter("maplayer")}
    assert {one.get("id") for group in groups for one in group} == ids
    (villages,) = [
        one for one in root.iter("maplayer") if one.findtext("id") == "sibangkit_villages"
    ]
    manager = villages.find("map-layer-style-manager")
    assert manager is not None
    assert manager.get("current") == labels[0]
    assert [one.get("name") for one in manager] == labels
    # the style that is shown stands in the layer itself, the others here
    assert [len(one) for one in manager] == [0, *[1] * (len(labels) - 1)]
    themes = root.findall("./visibility-presets/visibility-preset")
    assert [one.get("name") for one in themes] == labels
    for theme in themes:
        styles = {one.get("id"): one.get("style") for one in theme}
        assert styles["sibangkit_villages"] == theme.get("name")
        assert styles.keys() <= ids
    (sheet,) = root.findall("./Layouts/Layout")
    told = " ".join(str(one.get("labelText")) for one in sheet.iter("LayoutItem"))
    assert product.estimate_line in told
    assert all(line in told for line in product.source_lines)
    assert f"Peta Kantong Kemiskinan {product.regency_name}" in told


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


def test_qgis_opens_the_project_with_styles_names_themes_and_a_printed_sheet(folder: Path) -> None:
    known = SYSTEM and subprocess.run(
        [SYSTEM, "-c", "import qgis.core"], capture_output=True, check=False
    )
    if not SYSTEM or not known or known.returncode:
        pytest.skip("QGIS with its Python is not installed on this machine")
    labels = [one.indicator.label for one in demo_product().layers]
    # QGIS may stumble over its own end; what it said before counts
    told = subprocess.run(
        [SYSTEM, "-c", ASK, str(folder), labels[1]],
        capture_output=True, text=True, check=False, timeout=900,
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder.parent), "PATH": "/usr/bin:/bin",
             "LC_ALL": "C.UTF-8"},
    ).stdout.splitlines()  # fmt: skip
    said = [one.split("|") for one in told]
    of = {key: [one[1:] for one in said if one[0] == key] for key in ("style", "current", "layer")}
    assert "renderer RuleRenderer True" in told
    assert "unnamed []" in told
    assert "alias Kecamatan" in told
    assert sorted(labels) in [sorted(one[1 : len(labels) + 1]) for one in said if "styles" in one]
    assert "read True EPSG:32748" in told
    assert len(of["layer"]) == len(list(_project(folder).iter("maplayer")))
    assert {tuple(one[2:]) for one in of["layer"]} == {("True", "EPSG:32748")}
    for key in ("named", "themes"):
        assert sorted(labels) in [sorted(one[1:]) for one in said if one[0] == key]
    classes = {one.indicator.label: len(one.classes) + 1 for one in demo_product().layers}
    assert {name: int(number) for name, number, *_ in of["style"]} == classes
    assert {tuple(one[2:]) for one in of["style"]} == {("RuleRenderer", "[]")}
    assert of["current"] == [[labels[0]], [labels[1]]]
    assert {"pdf 0", "png 0"} <= set(told)
    _require_printed(folder / "peta.pdf", labels[1])


def _require_printed(path: Path, label: str) -> None:
    (page,) = pypdf.PdfReader(path).pages
    text = " ".join(page.extract_text().split())
    product = demo_product()
    wanted = ("Peta Kantong Kemiskinan", product.estimate_line, "LEGENDA", label, "Sumber data:")
    assert [one for one in wanted if one not in text] == []
    assert re.search(r"Skala 1 : [\d.]+000\b", text)
    assert float(page.mediabox.width) == pytest.approx(297 / 25.4 * 72, abs=1)


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
