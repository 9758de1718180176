"""The embedded boundaries: complete, valid, unaltered, and close enough to the real ones."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

ROOT = Path(__file__).resolve().parents[1]
BOUNDARIES = ROOT / "data" / "boundaries"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "banyuasin"

METRES = 32748
NEIGHBOUR_M = 100.0
# Banyuasin with room to spare, in longitude and latitude; the context reaches 60 km further.
HOME = (103.9, -3.3, 105.8, -1.5)
AROUND = (103.3, -3.9, 106.3, -1.0)
PRODUCTS = {
    "context.geojson",
    "districts.csv",
    "official_villages.csv",
    "regencies.csv",
    "villages.geojson",
}
NEW_KELURAHAN = {
    "16.07.05.1022",
    *(f"16.07.10.{number}" for number in range(1024, 1031)),
}

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(),
    reason="the real polygons are not part of the project: no folder `shared` next to it",
)


def table(name: str) -> pd.DataFrame:
    """Read an embedded table with its codes as text."""
    return pd.read_csv(BOUNDARIES / name, dtype=str, keep_default_na=False)


def cells(name: str) -> gpd.GeoDataFrame:
    """Read embedded cells, indexed by code."""
    return gpd.read_file(BOUNDARIES / name).set_index("kode")


def neighbours(areas: gpd.GeoSeries) -> set[tuple[str, str]]:
    """Pair the areas that are within 100 m of each other."""
    left, right = areas.sindex.query(areas, predicate="dwithin", distance=NEIGHBOUR_M)
    codes = areas.index.to_numpy()
    pairs = zip(codes[left], codes[right], strict=True)
    return {(one, other) for one, other in pairs if one < other}


def real_villages() -> gpd.GeoSeries:
    """Read the real polygons in metres."""
    return gpd.read_file(SHARED / "desa.geojson").set_index("kode").geometry.to_crs(METRES)


def before_the_splits() -> gpd.GeoSeries:
    """Give the cells of the eight new kelurahan back to their parents, in metres."""
    villages = cells("villages.geojson").reset_index()
    villages["kode"] = villages["perkiraan_induk"].fillna(villages["kode"])
    return villages.dissolve("kode").geometry.to_crs(METRES)


def precision_and_recall(ours: gpd.GeoSeries, real: gpd.GeoSeries) -> tuple[float, float]:
    """Compare neighbour pairs among the villages both sides know."""
    common = ours.index.intersection(real.index)
    assert len(common) == 305
    found, true = neighbours(ours[common]), neighbours(real[common])
    hits = len(found & true)
    return hits / len(found), hits / len(true)


def test_official_list_counts_desa_kelurahan_and_districts() -> None:
    villages = table("official_villages.csv")
    kinds = villages["code"].str[9].value_counts().to_dict()
    assert kinds == {"2": 288, "1": 25}
    assert villages["code"].is_unique
    assert villages["code"].is_monotonic_increasing
    assert villages["code"].str.fullmatch(r"16\.07\.\d{2}\.[12]\d{3}").all()
    assert villages["district_code"].nunique() == 21
    assert (villages["code"].str[:8] == villages["district_code"]).all()


def test_roman_numerals_of_village_names_stay_upper_case() -> None:
    names = table("official_villages.csv").set_index("code")["name"]
    assert names["16.07.05.2018"] == "Taja Raya II"
    assert not names.str.contains(r"\b(?:Ii|Iii|Iv|Vi)\b").any()
    assert (names.str.strip() != "").all()


def test_every_official_village_has_exactly_one_cell() -> None:
    villages = table("official_villages.csv").set_index("code")["name"]
    drawn = cells("villages.geojson")["nama"]
    assert drawn.index.tolist() == villages.index.tolist()
    assert drawn.tolist() == villages.tolist()


def test_districts_pair_every_kemendagri_code_with_one_bps_code() -> None:
    districts = table("districts.csv")
    listed = table("official_villages.csv").drop_duplicates("district_code")
    assert districts["district_code"].tolist() == sorted(listed["district_code"])
    assert districts["bps_code"].is_unique
    assert districts["bps_code"].str.fullmatch(r"1607\d{3}").all()
    names = listed.set_index("district_code")["district_name"]
    assert districts.set_index("district_code")["name"].to_dict() == names.to_dict()


def test_regencies_name_their_province() -> None:
    regencies = table("regencies.csv").set_index("code")
    assert len(regencies) == 514
    assert regencies.index.is_unique
    assert regencies.loc["16.07"].to_dict() == {
        "name": "Kabupaten Banyuasin",
        "province_code": "16",
        "province_name": "Sumatera Selatan",
    }
    assert (regencies.index.str[:2] == regencies["province_code"]).all()
    assert (regencies["province_name"] != "").all()


def test_new_kelurahan_point_at_a_parent_in_their_district() -> None:
    villages = cells("villages.geojson")
    parents = villages["perkiraan_induk"].dropna()
    assert set(parents.index) == NEW_KELURAHAN
    assert set(parents) <= set(villages.index) - NEW_KELURAHAN
    assert (parents.str[:8] == parents.index.str[:8]).all()


def test_parents_keep_all_their_neighbours_and_children_have_another() -> None:
    villages = cells("villages.geojson")
    drawn = neighbours(villages.geometry.to_crs(METRES))
    known = set(villages.index) - NEW_KELURAHAN
    assert {pair for pair in drawn if set(pair) <= known} == neighbours(before_the_splits())
    for child, parent in villages["perkiraan_induk"].dropna().items():
        around = {code for pair in drawn if child in pair for code in pair} - {child}
        assert parent in around
        assert around & (known - {parent})
        assert villages.geometry[[child, parent]].geom_type.eq("Polygon").all()
        assert shapely.touches(*villages.geometry[[child, parent]])


@pytest.mark.parametrize(
    ("name", "bounds"), [("villages.geojson", HOME), ("context.geojson", AROUND)]
)
def test_cells_are_whole_and_where_they_belong(
    name: str, bounds: tuple[float, float, float, float]
) -> None:
    drawn = cells(name)
    assert drawn.crs == "EPSG:4326"
    assert drawn.index.is_unique
    assert drawn.is_valid.all()
    assert not drawn.is_empty.any()
    assert (drawn.to_crs(METRES).area > 10_000).all()
    assert drawn.within(shapely.box(*bounds)).all()


def test_villages_and_context_are_one_coverage() -> None:
    villages, context = cells("villages.geojson"), cells("context.geojson")
    together = [*villages.geometry, *context.geometry]
    assert shapely.coverage_is_valid(list(villages.geometry))
    assert shapely.coverage_is_valid(together)


def test_context_names_the_regencies_around_and_not_banyuasin() -> None:
    names = cells("context.geojson")["nama"]
    regencies = table("regencies.csv").set_index("code")["name"]
    assert names.to_dict() == regencies[names.index].to_dict()
    assert {"16.02", "16.03", "16.06", "16.10", "16.12", "16.71"} <= set(names.index)
    assert "16.07" not in names.index


@pytest.mark.parametrize("name", ["villages.geojson", "context.geojson"])
def test_geojson_is_small_rounded_and_says_that_it_is_approximate(name: str) -> None:
    text = (BOUNDARIES / name).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    assert content["catatan"] == "batas pendekatan, bukan batas resmi"
    assert not re.search(r"\.\d{7,}", text)
    assert len(text) < 400_000


def test_readme_lists_the_checksum_of_every_file() -> None:
    readme = (BOUNDARIES / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([\w.]+)` \| `([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    actual = {
        name: hashlib.sha256((BOUNDARIES / name).read_bytes()).hexdigest() for name in PRODUCTS
    }
    assert listed == actual
    assert "batas pendekatan, bukan batas resmi" in readme


def test_readme_and_build_agree_on_the_archives() -> None:
    build = (BOUNDARIES / "build.py").read_text(encoding="utf-8")
    readme = (BOUNDARIES / "README.md").read_text(encoding="utf-8")
    archives = re.findall(r'\.tgz": "([0-9a-f]{64})"', build)
    assert len(archives) == 3
    assert all(digest in readme for digest in archives)


@needs_shared
def test_outline_is_close_to_the_real_one() -> None:
    ours = cells("villages.geojson").geometry.to_crs(METRES).union_all()
    real = real_villages().make_valid().union_all()
    assert ours.intersection(real).area / ours.union(real).area >= 0.79


@needs_shared
def test_neighbours_as_drawn_are_close_to_the_real_ones() -> None:
    ours = cells("villages.geojson").geometry.to_crs(METRES)
    precision, recall = precision_and_recall(ours, real_villages())
    assert precision >= 0.62
    assert recall >= 0.63


@needs_shared
def test_bps_codes_are_those_of_the_crosswalk() -> None:
    known = pd.read_csv(SHARED / "kecamatan_crosswalk.csv", dtype=str)
    ours = table("districts.csv")
    assert ours.to_numpy().tolist() == known.sort_values("kode_kemendagri").to_numpy().tolist()
