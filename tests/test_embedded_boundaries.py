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
# Banyuasin with room to spare, in longitude and latitude; the context reaches 180 km further.
HOME = (103.9, -3.3, 105.8, -1.5)
AROUND = (102.4, -4.9, 107.3, 0.0)
# well known places, longitude and latitude, none of them in Banyuasin
LAND = {
    "Palembang": (104.7565, -2.9909),
    "Kayu Agung": (104.83, -3.39),
    "Sekayu": (103.84, -2.88),
    "Indralaya": (104.65, -3.24),
    "Muara Enim": (103.77, -3.66),
    "Prabumulih": (104.23, -3.43),
    "Jambi": (103.61, -1.61),
    "Muntok": (105.17, -2.06),
    "Pangkalpinang": (106.11, -2.13),
    "Lahat": (103.54, -3.79),
    "Tulang Bawang": (105.55, -4.45),
}
SEA = {
    "Bangka Strait, off Sungsang": (105.0, -2.2),
    "Bangka Strait, south": (105.9, -2.75),
    "off Berbak": (104.75, -1.4),
    "Java Sea, east of Lucipara": (106.6, -3.6),
}
PRODUCTS = {
    "context.geojson",
    "districts.csv",
    "official_villages.csv",
    "regencies.csv",
    "rivers.COPYING",
    "rivers.COPYING.LESSER",
    "rivers.geojson",
    "sea.geojson",
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


def test_every_place_of_the_box_is_land_or_sea_and_known_ones_are_the_right_one() -> None:
    sea = gpd.read_file(BOUNDARIES / "sea.geojson").set_index("jenis").geometry
    assert sea.index.tolist() == ["cakupan", "laut"]
    assert sea.is_valid.all()
    land = shapely.union_all(
        [*cells("villages.geojson").geometry, *cells("context.geojson").geometry]
    )
    for name, place in LAND.items():
        assert shapely.within(shapely.Point(place), land), name
        assert not shapely.intersects(shapely.Point(place), sea["laut"]), name
    for name, place in SEA.items():
        assert shapely.within(shapely.Point(place), sea["laut"]), name
    # the two meet within the tolerance, and together leave nothing but islands without a village
    metres = gpd.GeoSeries([land, *sea], crs=4326).to_crs(METRES)
    drawn, box, water = metres.to_numpy()
    assert shapely.area(shapely.intersection(drawn, water)) / 1e6 < 60
    assert shapely.area(shapely.difference(box, shapely.union(drawn, water))) / 1e6 < 400
    # 180 km beyond the villages' points, so 150 km at least beyond their cells
    home = cells("villages.geojson").to_crs(METRES).union_all()
    assert shapely.within(home.buffer(150_000), box)


def test_rivers_bear_names_by_the_towns_on_them() -> None:
    rivers = gpd.read_file(BOUNDARIES / "rivers.geojson").to_crs(METRES).set_index("nama").geometry
    towns = {
        "Sungai Musi": ("Palembang", "Sekayu"),
        "Sungai Komering": ("Kayu Agung",),
        "Sungai Lematang": ("Muara Enim",),
        "Batang Hari": ("Jambi",),
    }
    for river, names in towns.items():
        points = gpd.GeoSeries([shapely.Point(LAND[one]) for one in names], crs=4326)
        assert (points.to_crs(METRES).distance(rivers[river]) < 5_000).all(), river
    # the Musi reaches the sea at Sungsang, in one piece
    mouth = gpd.GeoSeries([shapely.Point(104.92, -2.37)], crs=4326).to_crs(METRES).iloc[0]
    assert shapely.distance(rivers["Sungai Musi"], mouth) < 2_000


@needs_shared
def test_the_musi_lies_by_the_borders_that_run_along_it() -> None:
    real = real_villages()
    rivers = gpd.read_file(BOUNDARIES / "rivers.geojson").to_crs(METRES).set_index("nama").geometry
    inside = shapely.intersection(rivers["Sungai Musi"], real.union_all())
    steps = shapely.get_coordinates(shapely.segmentize(inside, 500.0))
    away = shapely.distance(shapely.points(steps), shapely.union_all(real.boundary.to_numpy()))
    assert sorted(away)[len(away) // 2] < 500
    assert sorted(away)[len(away) * 9 // 10] < 1_300


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
