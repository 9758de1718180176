"""Boundary files as offices have them: other columns, no codes, lakes, parts, points, damage."""

from __future__ import annotations

import json
import sqlite3
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

from sibangkit_geo import codes
from sibangkit_geo.cli import app
from sibangkit_geo.config import resolved
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.sources.boundaries import (
    BoundaryColumns,
    BoundarySource,
    check_file,
    check_text,
    input_files,
    read_boundaries,
    read_layout,
)
from sibangkit_geo.sources.readers.vector import open_layer
from sibangkit_geo.study import import_boundaries
from sibangkit_geo.study.village_finder import village_finder

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.model.types import Boundaries

METRES = "EPSG:32748"
# villages of two districts, official codes and names; BPS numbers the districts 060 and 050
CODES = ["16.07.01.1016", "16.07.01.1021", "16.07.10.1003"]
NAMES = ["Mariana", "Mariana Ilir", "Sukomoro"]
DISTRICTS = ["Banyuasin I", "Banyuasin I", "Talang Kelapa"]
BPS = ["1607060017", "1607060018", "1607050003"]
PLAIN = [code.replace(".", "") for code in CODES]
IDENTITY = "1607010000000001"


def test_the_villages_of_these_tests_are_official() -> None:
    official = codes.official_villages("16.07")
    assert [official[code] for code in CODES] == NAMES
    assert [codes.districts("16.07")[code[:8]][1] for code in CODES] == DISTRICTS
    assert {bps[:7] for bps in BPS} <= {bps for bps, _ in codes.districts("16.07").values()}


def square(place: float, size: float = 2) -> shapely.Polygon:
    """A square of two kilometres in Banyuasin, `place` kilometres to the east."""
    west, south = 480_000 + place * 1000, 9_700_000
    return shapely.box(west, south, west + size * 1000, south + size * 1000)


def layer(path: Path, columns: dict[str, list[Any]], shapes: list[Any] | None = None) -> Path:
    """Write villages side by side, one per row of the columns, or the shapes."""
    count = len(next(iter(columns.values())))
    drawn = shapes or [square(2 * place) for place in range(count)]
    gpd.GeoDataFrame(columns, geometry=drawn, crs=METRES).to_crs(4326).to_file(path)
    return path


def rbi(**changed: list[Any]) -> dict[str, list[Any]]:
    """Three villages in the columns of RBI."""
    return {
        "NAMOBJ": NAMES,
        "KDEPUM": CODES,
        "WADMKC": DISTRICTS,
        "WADMKK": ["Banyuasin"] * 3,
    } | changed


def added(*cells: Any, **changed: list[Any]) -> dict[str, list[Any]]:
    """Three villages of RBI and one more row of name, code, district, regency."""
    return {
        name: [*column, cell]
        for (name, column), cell in zip(rbi(**changed).items(), cells, strict=True)
    }


def read(path: Path, **keys: str) -> Boundaries:
    """Read the boundaries of a study as a run does, warnings aside."""
    source = BoundarySource(path.name, **keys)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        return read_boundaries(
            resolved(source, path.parent), regency="16.07", locate=village_finder("16.07")
        )


def told(found: Boundaries, key: str) -> str:
    """Text of a note."""
    return next(note.text for note in found.notes if note.key == key)


# ---- columns of publishers

UPPER = [name.upper() for name in NAMES]
FILES: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "Dukcapil, undotted": (
        "kemendagri",
        {
            "OBJECT_ID": [1, 2, 3],
            "KODE_DESA": PLAIN,
            "DESA": UPPER,
            "KECAMATAN": DISTRICTS,
            "KAB_KOTA": ["BANYUASIN"] * 3,
        },
    ),
    "Dukcapil, numbers": ("kemendagri", {"Kode_Desa": [int(one) for one in PLAIN], "Desa": UPPER}),
    "Dukcapil, floats": ("kemendagri", {"KODE_DESA": [float(one) for one in PLAIN], "DESA": UPPER}),
    "Dukcapil, dotted": ("kemendagri", {"kode_kel": CODES, "nama_kel": NAMES}),
    "Dukcapil, parts": (
        "kemendagri",
        {
            "KODE_PROV": [16] * 3,
            "KODE_KAB": [7] * 3,
            "KODE_KEC": [1, 1, 10],
            "KODE_KD_KE": [1016, 1021, 1003],
            "NAMA_KEL": NAMES,
            "NAMA_KEC": DISTRICTS,
        },
    ),
    "Dukcapil, parts of all so far": (
        "kemendagri",
        {
            "KODE_KEC": ["160701", "160701", "160710"],
            "KODE_KEL": ["1016", "1021", "1003"],
            "NAMA_KEL": NAMES,
        },
    ),
    "kode and nama, undotted": ("kemendagri", {"kode": PLAIN, "nama": NAMES}),
    "KODE_DESA with codes of BPS": (
        "bps",
        {"KODE_DESA": BPS, "NAMA_DESA": NAMES, "NAMA_KEC": DISTRICTS},
    ),
    "BPS, iddesa": ("bps", {"iddesa": [float(one) for one in BPS], "nmdesa": UPPER}),
    "BPS, upper case": ("bps", {"IDDESA": BPS, "NMDESA": UPPER, "NMKEC": DISTRICTS}),
    "BPS, columns of text": (
        "bps",
        {
            "KDPROV": ["16"] * 3,
            "KDKAB": ["07"] * 3,
            "KDKEC": ["060", "060", "050"],
            "KDDESA": ["017", "018", "003"],
            "NMPROV": ["SUMATERA SELATAN"] * 3,
            "NMKAB": ["BANYUASIN"] * 3,
            "NMKEC": DISTRICTS,
            "NMDESA": UPPER,
        },
    ),
    "BPS, columns of numbers": (
        "bps",
        {
            "kdprov": [16] * 3,
            "kdkab": [7] * 3,
            "kdkec": [60.0, 60.0, 50.0],
            "kddesa": [17, 18, 3],
            "nmdesa": UPPER,
        },
    ),
    "HDX, old": (
        "bps",
        {"ADM4_PCODE": [f"ID{one}" for one in BPS], "ADM4_EN": NAMES, "ADM3_EN": DISTRICTS},
    ),
    "HDX, new": (
        "bps",
        {
            "adm4_name": NAMES,
            "adm4_name1": [None] * 3,
            "adm4_pcode": [f"ID{one}" for one in BPS],
            "adm3_name": DISTRICTS,
            "adm2_name": ["Banyuasin"] * 3,
        },
    ),
    "GADM 4.1": (
        "bps",
        {
            "GID_4": ["IDN.30.1.1.1_1", "IDN.30.1.1.2_1", "IDN.30.1.2.1_1"],
            "NAME_2": ["BanyuAsin"] * 3,
            "NAME_3": ["BanyuasinI", "BanyuasinI", "TalangKelapa"],
            "NAME_4": ["Mariana", "MarianaIlir", "Sukomoro"],
            "CC_4": BPS,
        },
    ),
    "GADM 4.1 without codes": (
        "",
        {"NAME_2": ["Banyuasin"] * 3, "NAME_3": DISTRICTS, "NAME_4": NAMES, "CC_4": ["NA"] * 3},
    ),
    "RBI, codes of BPS only": ("bps", rbi(KDEPUM=[None] * 3) | {"KDEBPS": BPS, "WADMKD": NAMES}),
    "RBI, no codes": ("", rbi(KDEPUM=[None] * 3) | {"WADMKD": [None] * 3}),
    "OpenStreetMap": (
        "",
        {
            "osm_id": [11, 12, 13],
            "admin_level": ["7"] * 3,
            "name": ["Mariana", "Desa Mariana Ilir", "Sukomoro"],
            "is_in": [f"{district}, Banyuasin, Sumatera Selatan" for district in DISTRICTS],
        },
    ),
    "names of kinds of places": (
        "",
        {
            "Desa/Kelurahan": ["Kel. Mariana", "Kelurahan Mariana Ilir", "DESA SUKOMORO"],
            "Kecamatan": [f"Kecamatan {one}" for one in DISTRICTS],
        },
    ),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("ending", ["gpkg", "shp"])
def test_a_study_reads_the_columns_of_any_office(tmp_path: Path, name: str, ending: str) -> None:
    system, columns = FILES[name]
    with warnings.catch_warnings():
        # names of columns cut off at ten letters, as a .dbf has them
        warnings.simplefilter("ignore")
        path = layer(tmp_path / f"batas.{ending}", columns)
    assert read_layout(path).code_system == system
    found = read(path)
    assert found.villages.index.tolist() == CODES
    assert found.villages["district_name"].tolist() == DISTRICTS
    assert found.villages.area.tolist() == pytest.approx([4e6] * 3, rel=1e-3)
    keys = [note.key for note in found.notes]
    assert ("located_by_name" in keys) == (system != "kemendagri")
    assert "features_without_code" not in keys


def test_openstreetmap_names_districts_by_the_areas_around(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "admin_level": [7, 7, 7, 6, 6, 5, 8],
        "name": [*NAMES, "Banyuasin I", "Talang Kelapa", "Banyuasin", "Dusun 1"],
    }
    west, south, east, north = square(0, 4).bounds
    around = [shapely.box(west, south, east, north), square(4, 3), square(-1, 9), square(0, 1)]
    path = layer(tmp_path / "osm.geojson", columns, [square(0), square(2), square(4), *around])
    found = read(path)
    assert found.villages.index.tolist() == CODES
    assert "features_unmatched" not in [note.key for note in found.notes]


def test_names_that_differ_in_case_only_are_written_as_the_list_has_them(tmp_path: Path) -> None:
    found = read(layer(tmp_path / "a.gpkg", {"KODE_DESA": PLAIN, "DESA": UPPER}))
    assert found.villages["name"].tolist() == NAMES


def test_codes_that_may_be_of_either_system_are_asked_for_and_obeyed(tmp_path: Path) -> None:
    # of a regency without list, one district: nothing tells 1602011001 apart
    columns = {"KODE": ["1602011001", "1602012002"], "NAMA": ["Satu", "Dua"]}
    path = layer(tmp_path / "a.gpkg", columns)
    with pytest.raises(DataError, match=r"a\.gpkg: .*column KODE may be .*key `code_system`"):
        read_layout(path)
    for system, code in (("kemendagri", "16.02.01.1001"), ("bps", "1602011001")):
        named = read_layout(path, columns=BoundaryColumns(code_system=system))
        assert (named.code_system, named.areas["code"][0]) == (system, code)
    # codes of three districts that all could be Kemendagri's are not those of BPS
    columns = {"KODE": [f"16020{one}2001" for one in (1, 2, 3)], "NAMA": ["a", "b", "c"]}
    assert read_layout(layer(tmp_path / "b.gpkg", columns)).code_system == "kemendagri"


def test_a_system_that_lists_and_names_contradict_is_refused(tmp_path: Path) -> None:
    # 1607051001 has the form of both systems
    names = ["Mariana", "Mariana Ilir"]
    columns = {"KODE": PLAIN[:2], "NAMA": names}
    path = layer(tmp_path / "a.gpkg", columns)
    with pytest.raises(DataError, match=r'column KODE are of the system "kemendagri".*code_system'):
        read(path, code_system="bps")
    with pytest.raises(ConfigError, match=r'Unknown code_system "bpss"\. Did you mean "bps"'):
        BoundaryColumns(code_system="bpss")


def test_columns_that_a_study_names_go_before_the_known_ones(tmp_path: Path) -> None:
    columns = {
        "kode": ["x", "y", "z"],
        "nama": ["p", "q", "r"],
        "nomor": PLAIN,
        "sebutan": NAMES,
        "wilayah": ["Hulu", "Hulu", "Hilir"],
    }
    path = layer(tmp_path / "a.gpkg", columns)
    found = read(path, code="nomor", name="sebutan", code_system="kemendagri")
    assert found.villages["name"].tolist() == NAMES
    for named in (
        BoundaryColumns("nomor", "sebutan", "wilayah"),
        BoundaryColumns("NOMOR", " Sebutan ", "WILAYAH"),
    ):
        told_of = read_layout(path, columns=named)
        assert told_of.areas["district_name"].tolist()[-1] == "Hilir"
        assert told_of.layout == "nomor/sebutan"
    with pytest.raises(DataError, match=r'named wilaya\..*nearest first: "wilayah", '):
        read(path, district="wilaya")


def test_a_context_needs_no_columns_but_a_place(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", {"kode": PLAIN, "nama": NAMES})
    around = gpd.GeoDataFrame(geometry=[shapely.box(104, -3, 105, -2)], crs=4326)
    around.to_file(tmp_path / "sekitar.geojson")
    keys = {"code_system": "kemendagri", "context": str(tmp_path / "sekitar.geojson")}
    found = read(path, **keys).context
    # what the file leaves open is filled from the embedded regencies, of which none overlaps it
    assert found["name"].tolist()[0] == ""
    assert "Kabupaten Muara Enim" in found["name"].tolist()
    theirs, others = found.geometry[0], found.geometry[1:].union_all()
    assert theirs.intersection(others).area < 1.0
    far = gpd.GeoDataFrame({"nama": ["x"]}, geometry=[shapely.box(4e5, 9e6, 5e5, 9.1e6)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        far.to_file(tmp_path / "jauh.gpkg")
    with pytest.raises(DataError, match="Save the context file with its"):
        read(path, code_system="kemendagri", context=str(tmp_path / "jauh.gpkg"))


def test_districts_are_named_by_the_map_where_no_list_is(tmp_path: Path) -> None:
    columns = {
        "kode": ["16.71.01.2001", "16.71.02.2001"],
        "nama": ["A", "B"],
        "Kecamatan": ["Utara", "Selatan"],
    }
    path = layer(tmp_path / "a.gpkg", columns)
    found = read_boundaries(resolved(BoundarySource("a.gpkg"), tmp_path), regency="16.71")
    assert found.villages["district_name"].tolist() == ["Utara", "Selatan"]
    assert check_file(path).problems == ()


def test_a_study_may_name_the_column_of_a_part(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", FILES["BPS, columns of numbers"][1])
    assert read(path, code="kddesa", code_system="bps").villages.index.tolist() == CODES


def test_a_code_that_stands_twice_does_not_stop_the_names(tmp_path: Path) -> None:
    columns = {"iddesa": [BPS[0], BPS[0], BPS[2]], "nmdesa": NAMES, "nmkec": DISTRICTS}
    assert read(layer(tmp_path / "a.gpkg", columns)).villages.index.tolist() == CODES


def test_a_district_in_other_spelling_is_of_the_regency_too(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "desa": [*NAMES, "Danau"],
        "kecamatan": ["Banyuasin I", "BANYUASIN 1", "Talang Kelapa", None],
    }
    found = read(layer(tmp_path / "a.gpkg", columns))
    assert found.villages.index.tolist() == CODES
    assert "Danau (fitur 3)" in told(found, "features_unmatched")
    # of a file of the whole country only what is in districts of these names
    columns = {"desa": [*NAMES, *"abcd"], "kecamatan": [*DISTRICTS, *"wxyz"]}
    found = read(layer(tmp_path / "b.gpkg", columns))
    assert "features_unmatched" not in [note.key for note in found.notes]


def test_spellings_are_matched_and_named(tmp_path: Path) -> None:
    names = ["Mariana", "Marianna Ilir", "Sukomoro"]
    found = read(layer(tmp_path / "a.gpkg", rbi(KDEPUM=[None] * 3, NAMOBJ=names)))
    assert found.villages.index.tolist() == CODES
    assert "Marianna Ilir (fitur 1) = Mariana Ilir." in told(found, "located_by_spelling")


# ---- faults: the regency first, then what is wrong there


@pytest.mark.parametrize(
    "lake",
    [
        ("Danau", None, None, None),
        ("Danau", None, "Banyuasin I", None),
        ("Danau", None, "Banyuasin I", "Banyuasin"),
        ("Danau", "16.07", None, "Kabupaten Banyuasin"),
        ("Danau", "tanpa kode", "Banyuasin I", None),
        ("Danau", "16.07.01.0000", None, None),
    ],
)
def test_a_lake_is_left_out_and_named(tmp_path: Path, lake: tuple[Any, ...]) -> None:
    path = layer(tmp_path / "a.geojson", added(*lake))
    with pytest.warns(DegradedInputWarning, match=r"1 fitur tanpa kode.*: Danau \(fitur 3\)\."):
        found = read_boundaries(resolved(BoundarySource("a.geojson"), tmp_path), regency="16.07")
    assert found.villages.index.tolist() == CODES
    assert "Danau (fitur 3)" in told(found, "features_without_code")
    assert check_file(path).area_before_m2 == pytest.approx(12e6, rel=1e-3)


def test_a_lake_among_villages_without_codes_is_left_out_and_named(tmp_path: Path) -> None:
    empty = added("Danau Besar", None, "Banyuasin I", "Banyuasin", KDEPUM=[None] * 3)
    found = read(layer(tmp_path / "a.geojson", empty))
    assert found.villages.index.tolist() == CODES
    assert "1 dari 4 poligon" in told(found, "features_unmatched")
    assert "Danau Besar (fitur 3)" in told(found, "features_unmatched")


def test_a_village_without_code_is_found_by_its_letters_only(tmp_path: Path) -> None:
    some = rbi(KDEPUM=[CODES[0], None, CODES[2]])
    assert read(layer(tmp_path / "a.gpkg", some)).villages.index.tolist() == CODES
    some = rbi(KDEPUM=[CODES[0], None, CODES[2]], NAMOBJ=["Mariana", "Marianna Ilir", "Sukomoro"])
    found = read(layer(tmp_path / "b.gpkg", some))
    assert found.villages.index.tolist() == [CODES[0], CODES[2]]
    assert "Marianna Ilir (fitur 1)" in told(found, "features_without_code")


@pytest.mark.parametrize("coded", [True, False])
def test_a_village_in_three_parts_is_joined_and_named(tmp_path: Path, *, coded: bool) -> None:
    columns = {
        "NAMOBJ": [*NAMES, "Mariana", "MARIANA"],
        "KDEPUM": [*CODES, CODES[0], CODES[0]] if coded else [None] * 5,
        "WADMKC": [*DISTRICTS, "Banyuasin I", "Banyuasin I"],
    }
    # 4 and 1 and 1 square kilometres, the last beside the first
    shapes = [square(0), square(2), square(4), square(20, 1), square(-1, 1)]
    found = read(layer(tmp_path / "a.gpkg", columns, shapes))
    assert found.villages.index.tolist() == CODES
    assert found.villages.area.tolist() == pytest.approx([6e6, 4e6, 4e6], rel=1e-3)
    text = told(found, "parts_joined")
    assert text.startswith("1 desa/kelurahan")
    assert f"({CODES[0]}, 3 fitur)" in text


def test_a_repeated_feature_counts_once_and_is_named(tmp_path: Path) -> None:
    shapes = [square(0), square(2), square(4), shapely.reverse(square(0))]
    path = layer(tmp_path / "a.gpkg", added("Mariana", CODES[0], "Banyuasin I", None), shapes)
    found = read(path)
    assert found.villages.area.sum() == pytest.approx(12e6, rel=1e-3)
    assert "Mariana (fitur 3)" in told(found, "features_repeated")
    assert "parts_joined" not in [note.key for note in found.notes]
    check = check_file(path)
    assert [one.kind for one in check.problems] == ["repeated"]
    assert check.area_before_m2 == pytest.approx(12e6, rel=1e-3)


def test_a_point_a_line_and_an_empty_feature_are_left_out_and_named(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "NAMOBJ": [*NAMES, "Kantor", "Jalan", "Kosong"],
        "KDEPUM": [*CODES, CODES[0], None, "16.07.01.2001"],
    }
    line = shapely.LineString([(480_000, 9_700_000), (481_000, 9_701_000)])
    shapes = [square(0), square(2), square(4), line.centroid, line, None]
    path = layer(tmp_path / "a.geojson", columns, shapes)
    found = read(path)
    assert found.villages.index.tolist() == CODES
    text = told(found, "features_without_area")
    assert text.startswith("3 fitur")
    assert all(f"{name} (fitur" in text for name in ("Kantor", "Jalan", "Kosong"))
    assert {one.kind: len(one) for one in check_file(path).problems}["empty"] == 3


def test_a_stray_corner_leaves_the_village_out_and_is_named(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.geojson", rbi(), [square(0), square(2), square(4)])
    for corner, key in ((200.0, "features_outside"), (float("nan"), "features_without_area")):
        content = json.loads(path.read_text())
        content["features"][1]["geometry"]["coordinates"][0][1][0] = corner
        (tmp_path / "b.geojson").write_text(json.dumps(content))
        found = read(tmp_path / "b.geojson")
        assert found.villages.index.tolist() == [CODES[0], CODES[2]]
        assert "Mariana Ilir (fitur 1)" in told(found, key)


@pytest.mark.parametrize(
    ("shape", "far"), [(square(30, 1), False), (square(50, 1), True), (square(20, 190), True)]
)
def test_a_village_that_reaches_too_far_is_named(
    tmp_path: Path, shape: shapely.Polygon, *, far: bool
) -> None:
    columns = added("Mariana", CODES[0], "Banyuasin I", None)
    path = layer(tmp_path / "a.geojson", columns, [square(0), square(2), square(4), shape])
    found = read(path)
    assert ("villages_far_reaching" in [note.key for note in found.notes]) is far
    assert ("far" in [one.kind for one in check_file(path).problems]) is far
    if far:
        assert f"Mariana ({CODES[0]})" in told(found, "villages_far_reaching")


def test_polygons_are_taken_out_of_collections_and_named(tmp_path: Path) -> None:
    line = shapely.LineString([(480_000, 9_700_000), (481_000, 9_701_000)])
    sliver = shapely.box(480_000, 9_699_999.5, 482_000, 9_700_000)
    mixed = shapely.GeometryCollection([square(0), sliver, line, line.centroid])
    nested = shapely.GeometryCollection([line, shapely.GeometryCollection([square(2)])])
    path = layer(tmp_path / "a.geojson", rbi(), [mixed, nested, square(4)])
    found = read(path)
    assert found.villages.area.tolist() == pytest.approx([4e6] * 3, rel=2e-3)
    assert set(found.villages.geom_type) <= {"Polygon", "MultiPolygon"}
    assert "Mariana (fitur 0); Mariana Ilir (fitur 1)." in told(found, "polygons_extracted")
    assert "collection" in [one.kind for one in check_file(path).problems]


def test_what_is_wrong_in_another_regency_is_nobodys_problem(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "NAMOBJ": [*NAMES, "Rusak", "Danau", "Sama", "Sama", "Titik"],
        "KDEPUM": [*CODES, "16.02.1.x", None, "16.02.01.2001", "16.02.01.2001", "16.02.01.2002"],
        "WADMKK": [*["Banyuasin"] * 3, None, "Ogan Komering Ilir", None, None, None],
    }
    far = [square(30 + 3 * place) for place in range(4)]
    shapes = [square(0), square(2), square(4), *far, shapely.Point(520_000, 9_700_000)]
    path = layer(tmp_path / "a.geojson", columns, shapes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_boundaries(resolved(BoundarySource("a.geojson"), tmp_path), regency="16.07")
    assert found.villages.index.tolist() == CODES
    assert [one.kind for one in check_file(path, regency="16.07").problems] == []
    assert len(check_file(path).problems) > 1


def test_an_error_only_where_nothing_is_left(tmp_path: Path) -> None:
    nothing: dict[str, list[Any]] = {"KDEPUM": [None] * 3, "NAMOBJ": ["Danau", "Rawa", "Sungai"]}
    path = layer(tmp_path / "a.gpkg", rbi(**nothing))
    with pytest.raises(DataError, match=r"no polygon matches.*rows: 3; first: Danau \(fitur 0\)"):
        read(path)
    points = [square(place).centroid for place in range(3)]
    with pytest.raises(DataError, match="the layer has no polygon"):
        read(layer(tmp_path / "b.gpkg", rbi(), points))
    with pytest.raises(DataError, match="of no known layout"):
        read(layer(tmp_path / "c.gpkg", {"luas": [1.0, 2.0]}))
    with pytest.raises(DataError, match=r"names no regency.*key `district`"):
        read(layer(tmp_path / "d.gpkg", {"nama": NAMES}))


def test_no_message_shows_a_cell_that_may_name_a_person(tmp_path: Path) -> None:
    columns = added(f"Siti {IDENTITY}", IDENTITY, None, None)
    path = layer(tmp_path / "a.gpkg", columns)
    found = read(path)
    assert told(found, "features_without_code").endswith(": fitur 3.")
    assert IDENTITY not in "".join(note.text for note in found.notes)
    assert IDENTITY not in check_text(check_file(path))


# ---- kinds of files


def test_a_layer_of_points_beside_the_villages_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    layer(path, rbi())
    offices = gpd.GeoDataFrame(rbi(), geometry=[square(2 * x).centroid for x in range(3)])
    offices.set_crs(METRES).to_file(path, layer="kantor")
    districts = {"NAMOBJ": DISTRICTS[1:], "WADMKC": DISTRICTS[1:], "KDEPUM": [None, None]}
    drawn = gpd.GeoDataFrame(districts, geometry=[square(0), square(4)], crs=METRES)
    drawn.to_file(path, layer="kecamatan")
    # as QGIS keeps styles beside the layers
    styles = pd.DataFrame({"styleName": ["merah"]})
    pyogrio.write_dataframe(styles, path, layer="layer_styles")
    assert read(path).villages.index.tolist() == CODES


def test_a_geodatabase_is_read_as_folder_and_zipped(tmp_path: Path) -> None:
    folder = tmp_path / "batas.gdb"
    table = gpd.GeoDataFrame(rbi(), geometry=[square(2 * x) for x in range(3)], crs=METRES)
    table.to_file(folder, driver="OpenFileGDB", layer="ADMINISTRASI_AR_DESAKEL")
    assert read(folder).villages.index.tolist() == CODES
    source = resolved(BoundarySource("batas.gdb"), tmp_path)
    named = input_files(source)
    assert {path.parent for role, path in named if role == "boundaries"} == {folder}
    assert [path.name for role, path in named if role == "backdrop"] == [
        "context.geojson",
        "sea.geojson",
        "rivers.geojson",
    ]
    with zipfile.ZipFile(tmp_path / "batas.zip", "w") as packed:
        for file in folder.iterdir():
            packed.write(file, f"data/batas.gdb/{file.name}")
    assert read(tmp_path / "batas.zip").villages.index.tolist() == CODES


PLACEMARK = """<Placemark><name>{name}</name>{data}<Polygon><outerBoundaryIs><LinearRing>
<coordinates>{corners}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"""


def placemark(place: int, *, data: str = "") -> str:
    """Write a village as Google Earth does."""
    shape = gpd.GeoSeries([square(2 * place)], crs=METRES).to_crs(4326)[0]
    corners = " ".join(f"{east},{north},0" for east, north in shape.exterior.coords)
    return PLACEMARK.format(name=NAMES[place], data=data, corners=corners)


def kml(*inside: str) -> str:
    """Put placemarks into a document."""
    start = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return f"{start}{''.join(inside)}</Document></kml>"


@pytest.mark.parametrize("ending", ["kml", "kmz"])
@pytest.mark.parametrize("folders", [True, False])
def test_google_earth_names_villages_by_data_or_by_folders(
    tmp_path: Path, ending: str, *, folders: bool
) -> None:
    if folders:
        first, second = placemark(0) + placemark(1), placemark(2)
        text = kml(
            f"<Folder><name>Banyuasin I</name>{first}</Folder>",
            f"<Folder><name>Talang Kelapa</name>{second}</Folder>",
        )
    else:
        cell = '<Data name="KODE_DESA"><value>{}</value></Data>'
        data = [f"<ExtendedData>{cell.format(code)}</ExtendedData>" for code in PLAIN]
        text = kml(*(placemark(place, data=one) for place, one in enumerate(data)))
    path = tmp_path / f"desa.{ending}"
    if ending == "kmz":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("doc.kml", text)
    else:
        path.write_text(text, encoding="utf-8")
    found = read(path)
    assert found.villages.index.tolist() == CODES
    assert found.villages["name"].tolist() == NAMES


@pytest.mark.parametrize("part", ["dbf", "shx"])
def test_a_missing_part_of_a_shapefile_is_named(tmp_path: Path, part: str) -> None:
    path = layer(tmp_path / "desa.shp", rbi())
    (tmp_path / f"desa.{part}").unlink()
    with zipfile.ZipFile(tmp_path / "desa.zip", "w") as packed:
        for file in tmp_path.glob("desa.[!z]*"):
            packed.write(file, file.name)
    for given in (path, tmp_path / "desa.zip"):
        with pytest.raises(DataError, match=rf"^{given.name}: .* lacks desa\.{part}\. Put all"):
            check_file(given)
    with pytest.raises(DataError, match=rf"lacks desa\.{part}"):
        open_layer(path, layer="")


def test_parts_are_found_whatever_their_case(tmp_path: Path) -> None:
    layer(tmp_path / "desa.shp", rbi())
    for file in list(tmp_path.iterdir()):
        file.rename(file.with_suffix(file.suffix.upper()))
    assert len(read_layout(tmp_path / "desa.SHP").areas) == 3


def test_a_missing_prj_is_named(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame(rbi(), geometry=[square(2 * x) for x in range(3)], crs=METRES)
    table.to_file(tmp_path / "desa.shp")
    (tmp_path / "desa.prj").unlink()
    with pytest.raises(DataError, match=r"desa\.prj is missing.*key `crs`"):
        read_layout(tmp_path / "desa.shp")
    layer(tmp_path / "derajat.shp", rbi())
    (tmp_path / "derajat.prj").unlink()
    assert "derajat.prj tidak ada" in read_layout(tmp_path / "derajat.shp").notes[0].text


def schema(content: bytes) -> bytes:
    """Break the text of a trigger, which ends GDAL by a signal."""
    return content.replace(b"BEFORE UPDATE", b"BEFORE UPD\xeeTE")


def page(content: bytes) -> bytes:
    """Fill a page in the middle with noise."""
    start = len(content) // 8192 * 4096
    return content[:start] + np.random.default_rng(1).bytes(4096) + content[start + 4096 :]


@pytest.mark.parametrize("damage", [schema, page, lambda content: content[:-4096]])
def test_a_damaged_geopackage_ends_in_one_message(tmp_path: Path, damage: Any) -> None:
    path = layer(tmp_path / "desa.gpkg", rbi())
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert path.read_bytes() != whole
    with zipfile.ZipFile(tmp_path / "desa.zip", "w") as packed:
        packed.write(path, "desa.gpkg")
    for given in (path, tmp_path / "desa.zip"):
        with pytest.raises(DataError, match=rf"^{given.name}: the file is damaged or cut off"):
            check_file(given)
    with pytest.raises(DataError, match=r"^desa\.gpkg: the file is damaged or cut off"):
        open_layer(path, layer="")


def test_a_ring_that_is_damaged_costs_no_other_village(tmp_path: Path) -> None:
    path = layer(tmp_path / "desa.gpkg", rbi())
    corner = shapely.get_coordinates(read_layout(path).areas.geometry[1])[0]
    content = path.read_bytes()
    start = content.index(corner.tobytes())
    # the first corner moves, so that the ring is open
    moved = np.array([corner[0] + 0.001, corner[1]]).tobytes()
    path.write_bytes(content[:start] + moved + content[start + len(moved) :])
    found = read(path)
    assert {CODES[0], CODES[2]} <= set(found.villages.index)


def test_a_database_in_use_is_not_called_damaged(tmp_path: Path) -> None:
    path = layer(tmp_path / "desa.gpkg", rbi())
    with sqlite3.connect(path) as open_elsewhere:
        open_elsewhere.execute("begin exclusive")
        assert len(read_layout(path).areas) == 3
    open_elsewhere.close()
    assert {file.name for file in tmp_path.iterdir()} == {"desa.gpkg"}


# ---- the command line


def invoke(*words: str) -> Any:
    """Run a command of boundaries."""
    return CliRunner().invoke(app, ["boundaries", *words])


def test_commands_take_the_columns(tmp_path: Path) -> None:
    columns = {"nomor": PLAIN, "sebutan": NAMES, "wilayah": DISTRICTS}
    path = layer(tmp_path / "a.gpkg", columns)
    options = ["--code", "nomor", "--name", "sebutan", "--district", "wilayah"]
    options += ["--code-system", "kemendagri", "--layer", "a", "--crs", "EPSG:4326"]
    checked = invoke("check", str(path), *options)
    assert (checked.exit_code, "Nothing is wrong." in checked.stdout) == (0, True)
    out = tmp_path / "desa.geojson"
    assert invoke("import", str(path), "--out", str(out), *options).exit_code == 0
    assert gpd.read_file(out)["kode"].tolist() == CODES
    wrong = invoke("check", str(path), "--code-system", "dagri")
    assert (wrong.exit_code, "code_system" in wrong.stderr) == (2, True)
    none = invoke("check", str(path), "--regency", "16.01", *options)
    assert (none.exit_code, "it has 16.07" in none.stderr) == (2, True)


def test_import_tells_what_it_did(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", added("Danau", None, None, None))
    imported = invoke("import", str(path), "--out", str(tmp_path / "desa.gpkg"))
    assert imported.exit_code == 0
    # the warning goes to stderr through the command line's own printer
    assert "Danau" in imported.output or imported.stderr


# ---- the files that went wrong


@pytest.mark.parametrize(
    ("case", "villages", "key"),
    [
        ("dukcapil/batas_desa.shp", 25, "codes_dotted"),
        ("danau_tanpa_kode/rbi.geojson", 25, "features_without_code"),
        ("dua_bagian/rbi.geojson", 25, "parts_joined"),
        ("rbi_kode_kosong/rbi25k.geojson", 25, "located_by_name"),
    ],
)
def test_real_cases_are_read_with_a_note(
    shared: Path, tmp_path: Path, case: str, villages: int, key: str
) -> None:
    path = shared / "cases" / case
    found = read(path)
    assert len(found.villages) == villages
    assert key in [note.key for note in found.notes]
    assert set(found.villages["district_name"]) == {"Banyuasin I", "Talang Kelapa"}
    assert check_file(path).features >= villages
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        out = import_boundaries(path, tmp_path / "desa.gpkg", regency="16.07")
    assert len(gpd.read_file(out)) == villages


def test_the_real_map_names_its_districts(shared: Path) -> None:
    source = BoundarySource(str(shared / "cases" / "kecamatan_peta" / "desa.gpkg"))
    found = read_boundaries(source, regency="16.71")
    assert set(found.villages["district_name"]) == {"Utara", "Selatan"}


@pytest.mark.parametrize(
    ("case", "message"),
    [("tanpa_dbf/desa.shp", "lacks desa.dbf"), ("rusak/rusak.gpkg", "damaged or cut off")],
)
def test_real_damage_ends_in_one_message(shared: Path, case: str, message: str) -> None:
    ended = invoke("check", str(shared / "cases" / case))
    assert ended.exit_code == 3
    assert message in ended.stderr


def test_the_real_table_of_bps_codes_is_told_by_its_names(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "banyuasin"
    table = pd.read_csv(folder / "indikator_desa.csv", dtype=str)
    shapes = gpd.read_file(folder / "desa.geojson").geometry[: len(table)]
    names = [one for one in table.columns if "desa" in one.lower() or "kec" in one.lower()]
    assert "iddesa" in names
    drawn = gpd.GeoDataFrame({"KODE_DESA": table["iddesa"]}, geometry=shapes.to_numpy(), crs=4326)
    drawn.to_file(tmp_path / "bps.gpkg")
    assert read_layout(tmp_path / "bps.gpkg").code_system == "bps"
