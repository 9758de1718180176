"""Boundary files: layouts, faults with known areas, repair, import, and downloads on loopback."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import random
import socket
import sqlite3
import ssl
import threading
import urllib.error
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sibangkit_geo import codes
from sibangkit_geo.config import resolved
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning, MissingFileError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.boundaries import (
    BoundaryCheck,
    BoundaryLayer,
    BoundarySource,
    FetchError,
    Problem,
    catalogued,
    check_boundaries,
    check_file,
    check_text,
    fetch,
    import_file,
    official_table,
    read_boundaries,
    read_layout,
    repair_boundaries,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METRES = "EPSG:32748"
IDENTITY = "1607010000000001"
A, B, C = "16.07.01.1016", "16.07.01.1021", "16.07.01.2001"
NAMES = {A: "Mariana", B: "Mariana Ilir", C: "Sungai Rebo"}
BPS = {A: "1607060017", B: "1607060018", C: "1607060001"}
TWO = {A: shapely.box(0, 0, 2, 2), B: shapely.box(2, 0, 4, 2)}


def place(shape: shapely.Geometry) -> shapely.Geometry:
    """Set kilometres down in the middle of Banyuasin."""
    return shapely.transform(shape, lambda pairs: pairs * 1000 + [480_000, 9_700_000])


def squares(
    shapes: dict[str, shapely.Geometry], *, crs: object = METRES, **columns: list[Any]
) -> gpd.GeoDataFrame:
    """Make a table of shapes in kilometres; ``#`` lets a code stand twice."""
    listed = [code.partition("#")[0] for code in shapes]
    plain = {"kode": listed, "nama": [NAMES.get(code, "Desa") for code in listed]}
    return gpd.GeoDataFrame(
        columns or plain, geometry=[place(shape) for shape in shapes.values()], crs=crs
    )


def checked(folder: Path, shapes: dict[str, shapely.Geometry]) -> BoundaryCheck:
    """Write shapes and check the file."""
    squares(shapes).to_file(folder / "desa.gpkg")
    return check_file(folder / "desa.gpkg")


def problem(check: BoundaryCheck, kind: str) -> Problem:
    """Pick one kind of fault."""
    return next(one for one in check.problems if one.kind == kind)


def kinds(check: BoundaryCheck) -> list[str]:
    """Name the kinds of fault found."""
    return [one.kind for one in check.problems]


# ---- faults with known answers


def test_a_clean_file_has_no_problem(tmp_path: Path) -> None:
    check = checked(tmp_path, TWO)
    assert kinds(check) == []
    assert check.area_before_m2 == pytest.approx(8e6)
    assert check.area_after_m2 == pytest.approx(8e6)
    assert "Tidak ada masalah." in check_text(check)


def test_an_overlap_is_measured_and_given_to_one_side(tmp_path: Path) -> None:
    # 100 m by 2 km lie under both: 20 ha, 4.8 % of the one and 5 % of the other
    check = checked(tmp_path, TWO | {A: shapely.box(0, 0, 2.1, 2)})
    assert kinds(check) == ["overlap", "changed"]
    rows = problem(check, "overlap").rows
    assert rows["label"].tolist() == [f"{A} + {B}"]
    assert rows["area_m2"].item() == pytest.approx(200_000)
    assert check.area_before_m2 - check.area_after_m2 == pytest.approx(200_000)
    assert problem(check, "changed").rows["area_m2"].item() == pytest.approx(200_000)
    assert "20,00" in check_text(check)


def test_a_narrow_gap_is_filled_and_a_wide_one_stays(tmp_path: Path) -> None:
    narrow = shapely.box(0.5, 0.5, 1.5, 0.52)  # 20 m by 1 km: 2 ha
    wide = shapely.box(0.5, 1, 1.5, 1.2)  # 200 m by 1 km: 20 ha, likely a lake
    shapes = {A: shapely.box(0, 0, 2, 2) - narrow - wide, B: shapely.box(2, 0, 4, 2)}
    check = checked(tmp_path, shapes)
    assert problem(check, "gap").rows["area_m2"].tolist() == pytest.approx([20_000])
    assert problem(check, "gap_wide").rows["area_m2"].tolist() == pytest.approx([200_000])
    assert problem(check, "gap").rows["label"].tolist() == [A]
    assert not problem(check, "gap_wide").repairable
    assert check.area_after_m2 - check.area_before_m2 == pytest.approx(20_000)


def test_a_village_alone_in_a_hole_is_no_gap(tmp_path: Path) -> None:
    ring = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 3, 3)
    check = checked(tmp_path, {A: ring, B: shapely.box(1.5, 1.5, 2.5, 2.5)})
    # the hole is 4 square kilometres, the village in it takes 1
    assert problem(check, "gap_wide").rows["area_m2"].tolist() == pytest.approx([3e6])


def test_a_sliver_is_named(tmp_path: Path) -> None:
    sliver = shapely.box(6, 0, 6.001, 1)  # 1 m by 1 km
    check = checked(tmp_path, TWO | {A: shapely.MultiPolygon([TWO[A], sliver])})
    rows = problem(check, "sliver").rows
    assert rows[["label", "area_m2"]].to_numpy().tolist() == [[A, pytest.approx(1000)]]


def test_a_bow_tie_is_invalid_with_its_reason(tmp_path: Path) -> None:
    tie = shapely.Polygon([(6, 0), (7, 1), (7, 0), (6, 1)])
    rows = problem(checked(tmp_path, TWO | {C: tie}), "invalid").rows
    # two triangles of a quarter square kilometre
    assert rows.to_numpy().tolist() == [[C, pytest.approx(5e5), "Self-intersection"]]


def test_a_spike_leaves_no_line_behind() -> None:
    spike = shapely.Polygon([(0, 0), (1, 0), (1, 1), (1, 3), (1, 1), (0, 1)])
    table = gpd.GeoDataFrame(
        {"name": ["x", "y"]},
        index=[A, B],
        geometry=[place(spike), place(shapely.box(1, 0, 2, 1))],
        crs=METRES,
    )
    with pytest.warns(DegradedInputWarning, match="1 poligon tidak sah"):
        repaired = repair_boundaries(table)
    assert set(repaired.villages.geom_type) == {"Polygon"}
    assert repaired.villages.area.tolist() == pytest.approx([1e6, 1e6])


def test_a_layer_of_the_whole_country_keeps_its_areas(tmp_path: Path) -> None:
    # a square of 0.01 degrees on the equator: 1113.19 by 1105.74 m on the ellipsoid (WGS 84)
    boxes = [shapely.box(east, 0, east + 0.01, 0.01) for east in (98, 140)]
    table = gpd.GeoDataFrame({"kode": [A, B], "nama": ["x", "y"]}, geometry=boxes, crs=4326)
    table.to_file(tmp_path / "desa.gpkg")
    assert check_file(tmp_path / "desa.gpkg").area_before_m2 == pytest.approx(
        2 * 1113.19 * 1105.74, rel=1e-4
    )


def test_faults_of_codes_are_told_apart_and_show_no_cell(tmp_path: Path) -> None:
    shapes = TWO | {f"{A}#2": shapely.box(6, 0, 7, 1)}
    shapes |= {IDENTITY: shapely.box(8, 0, 9, 1), "": shapely.box(10, 0, 11, 1)}
    check = checked(tmp_path, shapes)
    assert kinds(check) == ["code_missing", "code_malformed", "code_twice"]
    assert problem(check, "code_missing").rows["label"].tolist() == ["fitur 4"]
    assert problem(check, "code_malformed").rows["label"].tolist() == ["fitur 3"]
    assert problem(check, "code_twice").rows["label"].tolist() == [A, A]
    assert IDENTITY not in check_text(check)


def test_empty_geometry_and_lines_have_no_area(tmp_path: Path) -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    squares(TWO | {C: line}).to_file(tmp_path / "desa.geojson", driver="GeoJSON")
    check = check_file(tmp_path / "desa.geojson")
    assert problem(check, "empty").rows["label"].tolist() == [C]


def test_a_buried_village_is_reported_not_raised(tmp_path: Path) -> None:
    check = checked(tmp_path, TWO | {C: TWO[A]})
    assert "buried" in kinds(check)
    assert problem(check, "buried").rows["area_m2"].item() == pytest.approx(4e6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 900), st.randoms(use_true_random=False))
def test_any_overlap_is_measured_whatever_the_order(width_m: int, shuffler: random.Random) -> None:
    rows = list((TWO | {A: shapely.box(0, 0, 2 + width_m / 1000, 2)}).items())
    shuffler.shuffle(rows)
    table = squares(dict(rows)).rename(columns={"kode": "code", "nama": "name"})
    missing = pd.Series(pd.NA, index=table.index, dtype="string")
    table = table.assign(district_name=missing, regency_name=missing)
    check = check_boundaries(BoundaryLayer(table, "uji", "kemendagri", "uji.gpkg"))
    assert problem(check, "overlap").rows["area_m2"].item() == pytest.approx(width_m * 2000)
    assert check.area_after_m2 == pytest.approx(8e6, rel=1e-6)


# ---- where it lies


def test_swapped_axes_are_named_and_put_right(tmp_path: Path) -> None:
    degrees = squares(TWO).to_crs(4326)
    swapped = shapely.transform(degrees.geometry.to_numpy(), lambda pairs: pairs[:, ::-1])
    degrees.set_geometry(gpd.GeoSeries(swapped, crs=4326)).to_file(tmp_path / "desa.geojson")
    assert kinds(check_file(tmp_path / "desa.geojson")) == ["axes_swapped"]
    with pytest.warns(DegradedInputWarning, match="Sumbu koordinat tertukar"):
        read = read_boundaries(resolved(BoundarySource("desa.geojson"), tmp_path), regency="16.07")
    assert read.notes[0].key == "axes_swapped"
    assert read.villages.area.tolist() == pytest.approx([4e6, 4e6], rel=1e-4)


def test_metres_that_claim_to_be_degrees_are_refused_unless_crs_is_named(tmp_path: Path) -> None:
    squares(TWO, crs="EPSG:4326").to_file(tmp_path / "desa.gpkg")
    with pytest.raises(DataError, match=r"desa\.gpkg: the coordinates do not lie.*key `crs`"):
        read_layout(tmp_path / "desa.gpkg")
    check = check_file(tmp_path / "desa.gpkg")
    assert kinds(check) == ["crs"]
    assert np.isnan(check.area_before_m2)
    assert "sistem koordinat" in check_text(check)
    source = BoundarySource("desa.gpkg", crs=METRES)
    read = read_boundaries(resolved(source, tmp_path), regency="16.07")
    assert read.villages.area.tolist() == pytest.approx([4e6, 4e6])


def test_degrees_that_claim_to_be_metres_are_read_as_degrees(tmp_path: Path) -> None:
    degrees = squares(TWO).to_crs(4326).set_crs(METRES, allow_override=True)
    degrees.to_file(tmp_path / "desa.gpkg")
    assert kinds(check_file(tmp_path / "desa.gpkg")) == ["crs_contradicted"]


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("named", ["urn:ogc:def:crs:EPSG::999999", "entah-apa"])
def test_a_geojson_that_names_an_unknown_crs_is_told_of(
    tmp_path: Path, named: str, *, behind: bool
) -> None:
    file = tmp_path / "desa.geojson"
    about = {"crs": {"type": "name", "properties": {"name": named}}}
    for metres in (False, True):
        layer = json.loads(squares(TWO).to_crs(4326).to_json(drop_id=True))
        if metres:
            layer = json.loads(squares(TWO).set_crs(None, allow_override=True).to_json())
        layer.pop("crs", None)
        file.write_text(json.dumps(layer | about if behind else about | layer))
        if metres:
            with pytest.raises(DataError, match=r"an unknown coordinate reference system.*`crs`"):
                read_layout(file)
        else:
            check = check_file(file)
            assert kinds(check) == ["crs_contradicted"]
            assert "sistem koordinat (tidak dikenal)" in check.notes[0].text


def test_a_shapefile_without_prj_is_read_as_degrees_where_it_can_be(tmp_path: Path) -> None:
    squares(TWO).to_crs(4326).to_file(tmp_path / "desa.shp")
    (tmp_path / "desa.prj").unlink()
    with pytest.warns(DegradedInputWarning, match=r"\.shp tanpa \.prj"):
        read = read_boundaries(resolved(BoundarySource("desa.shp"), tmp_path), regency="16.07")
    assert read.notes[0].key == "crs_assumed"
    squares(TWO).to_file(tmp_path / "meter.shp")
    (tmp_path / "meter.prj").unlink()
    with pytest.raises(DataError, match=r"names no coordinate reference system.*key `crs`"):
        read_layout(tmp_path / "meter.shp")
    text = check_text(check_file(tmp_path / "meter.shp"))
    assert "meter.prj is missing" in text
    assert "--crs" in text
    assert read_layout(tmp_path / "meter.shp", crs=METRES).areas.area.sum() == pytest.approx(8e6)


def test_a_crs_that_is_none_is_a_study_error(tmp_path: Path) -> None:
    squares(TWO).to_file(tmp_path / "desa.gpkg")
    with pytest.raises(ConfigError, match='crs: "UTM"'):
        read_layout(tmp_path / "desa.gpkg", crs="UTM")


def test_a_stray_feature_is_outside(tmp_path: Path) -> None:
    check = checked(tmp_path, TWO | {C: shapely.box(9000, 9000, 9001, 9001)})
    assert problem(check, "outside").rows["label"].tolist() == [C]
    assert check.area_before_m2 == pytest.approx(8e6)


# ---- layouts

KEYS = [A, B]
LAYOUTS: dict[str, tuple[str, dict[str, list[Any]], list[str | None]]] = {
    "BIG/RBI": (
        "kemendagri",
        {
            "KDPPUM": ["16", "16"],
            "KDEPUM": [A, B.replace(".", "")],
            "KDBBPS": ["1607"] * 2,
            "WADMKD": ["Mariana", None],
            "NAMOBJ": ["lain", "Mariana Ilir"],
            "WADMKC": ["Banyuasin I"] * 2,
            "WADMKK": ["Banyuasin"] * 2,
        },
        [A, B],
    ),
    "GADM": (
        "",
        {
            "GID_4": ["IDN.30.1.1.1_1", "IDN.30.1.1.2_1"],
            "NAME_4": ["Mariana", "Mariana Ilir"],
            "NAME_3": ["Banyuasin I"] * 2,
            "NAME_2": ["Banyuasin"] * 2,
            "CC_4": ["NA"] * 2,
        },
        [None, None],
    ),
    "geoBoundaries": (
        "",
        {
            "shapeName": ["Mariana", "Mariana Ilir"],
            "shapeISO": ["", ""],
            "shapeID": ["1B1", "1B2"],
            "shapeGroup": ["IDN"] * 2,
            "shapeType": ["ADM4"] * 2,
        },
        [None, None],
    ),
    "HDX COD-AB": (
        "bps",
        {
            "ADM4_PCODE": [f"ID{BPS[A]}", f"ID{BPS[B]}"],
            "ADM4_EN": ["Mariana", "Mariana Ilir"],
            "ADM3_EN": ["Banyuasin I"] * 2,
            "ADM2_EN": ["Banyuasin"] * 2,
        },
        [BPS[A], BPS[B]],
    ),
    "BPS": (
        "bps",
        {
            "iddesa": [int(BPS[A]), int(BPS[B])],
            "nmdesa": ["MARIANA", "MARIANA ILIR"],
            "nmkec": ["BANYUASIN I"] * 2,
        },
        [BPS[A], BPS[B]],
    ),
}


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp", "zip", "parquet"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_recognised_in_every_format(
    tmp_path: Path, layout: str, ending: str
) -> None:
    system, columns, expected = LAYOUTS[layout]
    table = squares(TWO, **columns).to_crs(4326)
    path = tmp_path / f"batas.{ending}"
    if ending == "parquet":
        pytest.importorskip("pyarrow")
        table.to_parquet(path)
    elif ending == "zip":
        table.to_file(tmp_path / "batas.shp")
        zipped(path, *tmp_path.glob("batas.[!z]*"))
    else:
        table.to_file(path)
    read = read_layout(path)
    assert (read.layout, read.code_system) == (layout, system)
    assert [None if pd.isna(one) else one for one in read.areas["code"]] == expected
    assert [name.title() for name in read.areas["name"]] == ["Mariana", "Mariana Ilir"]


def test_lower_case_pcodes_are_read(tmp_path: Path) -> None:
    columns = {"adm4_pcode": [f"ID{BPS[A]}"], "adm4_name": ["Mariana"], "adm3_name": ["x"]}
    squares({A: TWO[A]}, **columns).to_file(tmp_path / "idn.gpkg")
    read = read_layout(tmp_path / "idn.gpkg")
    assert read.areas[["code", "name"]].to_numpy().tolist() == [[BPS[A], "Mariana"]]


def test_columns_of_nobody_are_refused(tmp_path: Path) -> None:
    squares(TWO, luas=["a", "b"]).to_file(tmp_path / "x.gpkg")
    with pytest.raises(DataError, match=r"x\.gpkg: the columns are of no known layout .*GADM"):
        check_file(tmp_path / "x.gpkg")


def test_the_layer_with_villages_is_found_among_others(tmp_path: Path) -> None:
    path = tmp_path / "adm.gpkg"
    squares({A: TWO[A]}, NAME_2=["Banyuasin"], GID_2=["x"]).to_file(path, layer="ADM_2")
    squares(TWO).to_file(path, layer="desa")
    assert len(read_layout(path).areas) == 2
    squares({C: TWO[A]}).to_file(path, layer="desa_lama")
    with pytest.raises(DataError, match=r"several layers \(ADM_2, desa, desa_lama\).*`layer`"):
        read_layout(path)
    assert read_layout(path, layer="desa_lama").areas["code"].tolist() == [C]
    with pytest.raises(ConfigError, match=r'no layer "desaa".*Did you mean "desa"'):
        read_layout(path, layer="desaa")


def test_heights_are_dropped_with_a_note(tmp_path: Path) -> None:
    tall = squares(TWO)
    tall.geometry = shapely.force_3d(tall.geometry.array, 7.0)
    tall.to_file(tmp_path / "desa.gpkg")
    read = read_layout(tmp_path / "desa.gpkg")
    assert not read.areas.has_z.any()
    assert [note.key for note in read.notes] == ["z_dropped"]


def test_a_study_reads_a_publishers_file_with_official_codes(tmp_path: Path) -> None:
    squares(TWO, **LAYOUTS["BIG/RBI"][1]).to_file(tmp_path / "rbi.gpkg")
    read = read_boundaries(resolved(BoundarySource("rbi.gpkg"), tmp_path), regency="16.07")
    assert read.villages.index.tolist() == [A, B]
    assert read.villages["name"].tolist() == ["Mariana", "Mariana Ilir"]
    assert read.notes[0].key == "codes_dotted"


@pytest.mark.parametrize("layout", ["GADM", "HDX COD-AB", "BPS"])
def test_a_study_finds_villages_without_official_codes_by_name(tmp_path: Path, layout: str) -> None:
    squares(TWO, **LAYOUTS[layout][1]).to_file(tmp_path / "cod.gpkg")
    read = read_boundaries(resolved(BoundarySource("cod.gpkg"), tmp_path), regency="16.07")
    assert read.villages.index.tolist() == [A, B]
    assert "located_by_name" in [note.key for note in read.notes]


def test_districts_are_named_by_the_file_where_no_list_is(tmp_path: Path) -> None:
    columns = {"kode": ["16.02.01.2001"], "nama": ["X"], "kecamatan": ["Tanjung Lubuk"]}
    squares({A: TWO[A]}, **columns).to_file(tmp_path / "oki.gpkg")
    assert official_table("16.02").empty
    out = import_file(tmp_path / "oki.gpkg", tmp_path / "out.gpkg", regency="16.02")
    assert gpd.read_file(out)["kecamatan"].tolist() == ["Tanjung Lubuk"]


# ---- the SQL dump

INSERT = "INSERT INTO wilayah_boundaries VALUES"
DUMP = """/* batas; 'desa' */
DELETE FROM wilayah_boundaries WHERE LEFT(kode,5) ='16.07';
INSERT INTO wilayah_boundaries(kode,nama,lat,lng,path) VALUES
\t('16.07.01.1016','Mariana',-2.7,104.8,'[[[-2.7,104.8],[-2.7,104.9],[-2.6,104.9],[-2.7,104.8]]]'),
\t('16.07.01.1021','Ma''ri; (x), \\'Ilir',NULL,1e2,
  '[[[[-2.7,104.9],[-2.7,105],[-2.6,105],[-2.7,104.9]]],[[[-2,105],[-2,106],[-1,106],[-2,105]]]]');
INSERT INTO `wilayah_boundaries` VALUES ('16.07.01.2001','C',0,0,'',1);
"""


def test_the_sql_dump_is_read_with_latitude_first(tmp_path: Path) -> None:
    (tmp_path / "kel.sql").write_text(DUMP)
    read = read_layout(tmp_path / "kel.sql")
    assert read.areas["code"].tolist() == [A, B, C]
    assert read.areas["name"].tolist() == ["Mariana", "Ma'ri; (x), 'Ilir", "C"]
    assert read.areas.geometry[0].bounds == (104.8, -2.7, 104.9, -2.6)
    assert read.areas.geom_type.tolist()[1] == "MultiPolygon"
    assert read.areas.geometry[2].is_empty


@pytest.mark.parametrize("length", [1, 40, 200, 240, 242, 260, 330, 440, 461])
def test_a_dump_that_breaks_off_is_refused(tmp_path: Path, length: int) -> None:
    (tmp_path / "kel.sql").write_text(DUMP[:length])
    with pytest.raises(DataError, match=r"^kel\.sql: "):
        read_layout(tmp_path / "kel.sql")


@pytest.mark.parametrize(
    "path", ["x", "[1,2]", "[[]]", '[[["a","b"]]]', "[[[1]]]", "{}", "[" * 9999]
)
def test_a_path_that_is_no_ring_names_its_row(tmp_path: Path, path: str) -> None:
    (tmp_path / "kel.sql").write_text(f"{INSERT} ('{A}','A',0,0,'{path}',1);")
    with pytest.raises(DataError, match=r"kel\.sql: tuples whose path .*rows: 1; first: 0"):
        read_layout(tmp_path / "kel.sql")


# ---- import


@pytest.mark.parametrize("layout", ["BIG/RBI", "GADM", "HDX COD-AB", "BPS"])
@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_import_writes_plain_columns_under_official_codes(
    tmp_path: Path, layout: str, ending: str
) -> None:
    shapes = TWO | {A: shapely.box(0, 0, 2.01, 2)}
    squares(shapes, **LAYOUTS[layout][1]).to_crs(4326).to_file(tmp_path / "batas.gpkg")
    out = tmp_path / "baru" / f"desa.{ending}"
    assert import_file(tmp_path / "batas.gpkg", out, regency="16.07") == out
    plain = gpd.read_file(out)
    assert list(plain.columns) == ["kode", "nama", "kecamatan", "geometry"]
    assert plain["kode"].tolist() == [A, B]
    assert set(plain["kecamatan"]) == {"Banyuasin I"}
    assert plain.crs == ("EPSG:4326" if ending == "geojson" else METRES)
    assert kinds(check_file(out)) == []
    assert [file.name for file in out.parent.iterdir()] == [out.name]


def test_import_leaves_out_what_matches_no_name_and_warns(tmp_path: Path) -> None:
    columns = LAYOUTS["GADM"][1] | {"NAME_4": ["Mariana", "Marianna Ilir"]}
    squares(TWO, **columns).to_file(tmp_path / "gadm.gpkg")
    with pytest.warns(DegradedInputWarning, match=r"1 dari 2 poligon.*Marianna Ilir \(fitur 1\)"):
        out = import_file(tmp_path / "gadm.gpkg", tmp_path / "a.gpkg", regency="16.07")
    assert gpd.read_file(out)["kode"].tolist() == [A]
    # whoever calls may match more tolerantly
    with pytest.warns(DegradedInputWarning, match=r"Marianna Ilir \(fitur 1\) = Mariana Ilir"):
        out = import_file(
            tmp_path / "gadm.gpkg",
            tmp_path / "b.gpkg",
            regency="16.07",
            locate=lambda rows: rows["village_name"].map({"Mariana": A, "Marianna Ilir": B}),
        )
    assert gpd.read_file(out)["kode"].tolist() == [A, B]


def test_import_refuses_names_without_parents_and_writes_nothing(tmp_path: Path) -> None:
    squares(TWO, **LAYOUTS["geoBoundaries"][1]).to_file(tmp_path / "gb.gpkg")
    with pytest.raises(DataError, match="geoBoundaries has no official codes and names no regency"):
        import_file(tmp_path / "gb.gpkg", tmp_path / "out" / "desa.gpkg", regency="16.07")
    squares(TWO, Name=["Mariana", "Mariana Ilir"]).to_file(tmp_path / "lain.gpkg")
    with pytest.raises(DataError, match="the layer has no official codes"):
        import_file(tmp_path / "lain.gpkg", tmp_path / "out" / "desa.gpkg", regency="16.07")
    squares(TWO, **LAYOUTS["GADM"][1]).to_file(tmp_path / "gadm.gpkg")
    with pytest.raises(DataError, match=r"no official list of regency 16\.02"):
        import_file(tmp_path / "gadm.gpkg", tmp_path / "out" / "desa.gpkg", regency="16.02")
    with pytest.raises(ConfigError, match=r"must end in \.geojson or \.gpkg"):
        import_file(tmp_path / "gadm.gpkg", tmp_path / "out" / "desa.shp", regency="16.07")
    assert not (tmp_path / "out").exists()


def test_import_keeps_the_older_file_when_it_fails(tmp_path: Path) -> None:
    squares(TWO | {C: TWO[A]}).to_file(tmp_path / "desa.gpkg")
    (tmp_path / "out.geojson").write_text("lama")
    with pytest.raises(DataError, match="whole area lies under their neighbours"):
        import_file(tmp_path / "desa.gpkg", tmp_path / "out.geojson", regency="16.07")
    assert (tmp_path / "out.geojson").read_text() == "lama"


# ---- files that are none, and hostile ones


def zipped(path: Path, *files: Path) -> Path:
    """Pack files without folders."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.write(file, file.name)
    return path


@pytest.mark.parametrize(
    "name", ["x.geojson", "x.gpkg", "x.shp", "x.zip", "x.parquet", "x.sql", "x.bin", "x"]
)
@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_noise_is_refused_by_name(tmp_path: Path, name: str, seed: int | None) -> None:
    noise = b"" if seed is None else random.Random(seed).randbytes(5000)
    (tmp_path / name).write_bytes(noise)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for reading in (check_file, read_layout):
            with pytest.raises(DataError, match=rf"^{name}: "):
                reading(tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp", "parquet", "zip"])
def test_half_a_file_is_refused_or_read_never_a_crash(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"desa.{ending}"
    if ending == "zip":
        squares(TWO).to_file(tmp_path / "a.shp")
        zipped(path, *tmp_path.glob("a.*"))
    elif ending == "parquet":
        pytest.importorskip("pyarrow")
        squares(TWO).to_parquet(path)
    else:
        squares(TWO).to_file(path)
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        try:
            read = read_layout(path)
        except DataError as error:
            assert path.name in str(error)  # noqa: PT017 - either is right
        else:
            assert len(read.areas) <= 2


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    squares(TWO).to_file(tmp_path / "desa.gpkg")
    link = (
        "<OGRVRTDataSource><OGRVRTLayer name='desa'>"
        f"<SrcDataSource>{tmp_path / 'desa.gpkg'}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    for name in ("desa.vrt", "desa.geojson", "palsu.gpkg"):
        (tmp_path / name).write_text(link)
        with pytest.raises(DataError, match="not a vector file that can be read"):
            read_layout(tmp_path / name)


def test_a_database_without_layers_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.gpkg") as database:
        database.execute("create table orang (nik text)")
    database.close()
    with pytest.raises(DataError, match=r"^x\.gpkg: "):
        read_layout(tmp_path / "x.gpkg")


def test_a_zip_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bom.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("desa.shp", b"\0" * 30_000_000)
    assert path.stat().st_size < 50_000
    with pytest.raises(DataError, match=r"bom\.zip: .*would unpack to far more"):
        read_layout(path)


def test_a_declared_size_that_lies_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "bom.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("desa.shp", b"\0" * 30_000_000)
    honest, false = (30_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, false))
    with pytest.raises(DataError, match=r"bom\.zip: the archive is damaged"):
        read_layout(path)
    path.write_bytes(path.read_bytes().replace(false, (2**32 - 2).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"bom\.zip: .*would unpack to far more"):
        read_layout(path)


@pytest.mark.parametrize("name", ["../desa.geojson", "/srv/desa.geojson", "a/../../desa.geojson"])
def test_members_that_climb_out_are_not_read(tmp_path: Path, name: str) -> None:
    squares(TWO).to_crs(4326).to_file(tmp_path / "desa.geojson")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(name, (tmp_path / "desa.geojson").read_bytes())
    with pytest.raises(DataError, match="holds no Shapefile, GeoJSON or GeoPackage"):
        read_layout(tmp_path / "a.zip")


def test_a_folder_in_the_archive_is_read_in_place(tmp_path: Path) -> None:
    squares(TWO).to_crs(4326).to_file(tmp_path / "desa.geojson")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(tmp_path / "desa.geojson", "banyuasin 2025/desa.geojson")
        packed.writestr("baca.txt", "x")
        packed.writestr("__MACOSX/._desa.geojson", "x")
    assert len(read_layout(tmp_path / "a.zip").areas) == 2
    assert {file.name for file in tmp_path.iterdir()} == {"a.zip", "desa.geojson"}


def test_an_archive_of_very_many_members_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for number in range(limits.MEMBERS + 1):
            packed.writestr(f"{number}.txt", "")
    with pytest.raises(DataError, match="would unpack to far more"):
        read_layout(tmp_path / "a.zip")


def test_coordinates_that_are_no_number_are_no_area(tmp_path: Path) -> None:
    squares(TWO).to_crs(4326).to_file(tmp_path / "desa.geojson")
    text = (tmp_path / "desa.geojson").read_text()
    content = json.loads(text)
    content["features"][0]["geometry"]["coordinates"][0][1][0] = float("nan")
    (tmp_path / "desa.geojson").write_text(json.dumps(content))
    try:
        check = check_file(tmp_path / "desa.geojson")
    except DataError as error:
        assert "desa.geojson" in str(error)  # noqa: PT017 - either is right
    else:
        assert "empty" in kinds(check)


def test_a_missing_file_is_a_study_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        check_file(tmp_path / "tiada.gpkg")


# ---- downloads, on this machine only

CONTENT = b'{"type":"FeatureCollection","features":[]}' * 1000


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/tiada":
            self.send_error(404)
        elif self.path == "/pindah":
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.1/desa.geojson")
            self.end_headers()
        else:
            self.send_response(200)
            # half of what is announced, as when a line drops
            half = self.path == "/putus"
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[: len(CONTENT) // 2] if half else CONTENT)

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def catalogue(folder: Path, address: str, **more: object) -> Path:
    """Write a catalogue of one source."""
    entry = {
        "name": "desa",
        "what": "Batas",
        "url": address,
        "file": "desa.geojson",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "licence": "MIT",
        "limit_mb": 1,
    } | more
    lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    path = folder / "sumber.toml"
    path.write_text("\n".join(["[[source]]", *lines]))
    return path


def test_a_good_download_is_whole_and_alone(tmp_path: Path, server: str) -> None:
    path = fetch("desa", tmp_path / "d", catalogue=catalogue(tmp_path, f"{server}/desa"))
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["desa.geojson"]


@pytest.mark.parametrize(
    ("page", "more", "message"),
    [
        ("/desa", {"sha256": "0" * 64}, "another file than promised"),
        (
            "/desa",
            {"sha256": ""},
            "no checksum of this file.*" + hashlib.sha256(CONTENT).hexdigest(),
        ),
        ("/desa", {"limit_mb": 0}, "larger than 0 MB"),
        ("/tiada", {}, r"the server answered 404.*By hand: .*/tiada.*put it at .*desa\.geojson"),
        ("/putus", {}, "another file than promised|no connection"),
        ("/pindah", {}, "no connection"),
    ],
)
def test_a_bad_download_leaves_nothing_and_keeps_the_older_file(
    tmp_path: Path, server: str, page: str, more: dict[str, object], message: str
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "desa.geojson").write_text("lama")
    listed = catalogue(tmp_path, server + page, **more)
    with pytest.raises(FetchError, match=message):
        fetch("desa", tmp_path / "d", catalogue=listed)
    assert [file.name for file in (tmp_path / "d").iterdir()] == ["desa.geojson"]
    assert (tmp_path / "d" / "desa.geojson").read_text() == "lama"


def test_a_checksum_from_elsewhere_is_taken_for_an_entry_without(
    tmp_path: Path, server: str
) -> None:
    listed = catalogue(tmp_path, f"{server}/desa", sha256="")
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert fetch("desa", tmp_path / "d", catalogue=listed, sha256=digest.upper()).is_file()
    with pytest.raises(ConfigError, match="64 hexadecimal digits"):
        fetch("desa", tmp_path / "d", catalogue=listed, sha256="abc")
    with pytest.raises(ConfigError, match="differs from the one in the catalogue"):
        fetch(
            "desa",
            tmp_path / "d",
            catalogue=catalogue(tmp_path, f"{server}/desa"),
            sha256="0" * 64,
        )


def test_without_internet_the_way_by_hand_is_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listed = catalogue(tmp_path, f"http://127.0.0.1:{port}/desa")
    with pytest.raises(FetchError, match=r"no connection.*By hand: .*SHA-256.*desa\.geojson"):
        fetch("desa", tmp_path / "d", catalogue=listed)
    assert list((tmp_path / "d").iterdir()) == []


def test_a_line_that_breaks_is_no_fault_of_the_disk(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise ssl.SSLError

    listed = catalogue(tmp_path, "https://127.0.0.1/x")
    with pytest.raises(FetchError, match="no connection"):
        fetch("desa", tmp_path / "d", catalogue=listed, opener=lambda _: Broken())
    (tmp_path / "berkas").write_text("")
    with pytest.raises(ConfigError, match="cannot write there"):
        fetch("desa", tmp_path / "berkas", catalogue=listed, opener=lambda _: io.BytesIO(CONTENT))


def test_the_catalogues_own_sources_are_https_and_fail_clearly_offline(tmp_path: Path) -> None:
    def offline(_: str) -> io.BytesIO:
        reason = "no route"
        raise urllib.error.URLError(reason)

    assert len(catalogued()) >= 3
    for source in catalogued():
        assert source.url.startswith("https://")
        with pytest.raises(FetchError, match="By hand"):
            fetch(source.name, tmp_path, opener=offline)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"url": "http://192.0.2.1/x"}, "only https"),
        ({"url": "file:///etc/hostname"}, "only https"),
        ({"url": "ftp://127.0.0.1/x"}, "only https"),
        ({"url": "http://127.0.0.1@192.0.2.1/x"}, "only https"),
        ({"url": "http://[x/"}, "only https"),
        ({"file": "../x"}, "plain file name"),
        ({"file": ".x"}, "plain file name"),
        ({"tambahan": 1}, r'Unknown key "tambahan" in \[\[source\]\]'),
        ({"name": "lain"}, 'No public source "desa"'),
    ],
)
def test_a_bad_catalogue_entry_is_refused(
    tmp_path: Path, more: dict[str, object], message: str
) -> None:
    listed = catalogue(tmp_path, "https://127.0.0.1/x", **more)
    with pytest.raises(ConfigError, match=message):
        fetch("desa", tmp_path / "d", catalogue=listed, opener=lambda _: io.BytesIO(CONTENT))
    assert not (tmp_path / "d").exists()


# ---- real polygons


def test_the_real_polygons_have_the_known_faults(shared: Path, tmp_path: Path) -> None:
    path = shared / "data" / "banyuasin" / "desa.geojson"
    check = check_file(path)
    assert check.features == 305
    assert kinds(check) == ["overlap", "gap", "sliver"]
    assert len(problem(check, "overlap")) == 303
    assert (problem(check, "overlap").rows["area_m2"] > 1e4).sum() == 11
    assert problem(check, "gap").rows["area_m2"].sum() / 1e4 == pytest.approx(65, abs=1)
    assert len(problem(check, "gap")) == pytest.approx(380, abs=2)
    change = (check.area_after_m2 - check.area_before_m2) / 1e6
    assert change == pytest.approx(0.06, abs=0.006)
    assert check.changes["change"].abs().max() < 0.01

    out = import_file(path, tmp_path / "desa.geojson", regency="16.07")
    again = check_file(out)
    assert kinds(again) in ([], ["sliver"])
    plain = gpd.read_file(out)
    assert plain["kode"].is_unique
    assert len(plain) == 305
    assert plain.geometry.is_valid.all()
    assert set(plain["kecamatan"]) == {name for _, name in codes.districts("16.07").values()}
