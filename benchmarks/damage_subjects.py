"""
Small sound files of every kind that the product reads, and how it reads each.

For `damage.py`: a subject writes its file and reads it as the commands do; what was read and what
was told of it can be compared with the undamaged file. All rows are made up.
"""

from __future__ import annotations

import json
import sqlite3
import warnings
import zipfile
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
import xlsxwriter
import xlwt
from PIL import Image

from sibangkit_geo.sources import boundaries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sibangkit_geo.model.types import Boundaries

#: stands in every file of people: no message may hold it
SECRET = "Rahasiawati"  # noqa: S105 - a name
_VILLAGES, _HOUSES = 25, 60
_FAMILY = "16070112345{:05d}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What was read of a file, and what was told about it.

    `rows`: In any order, everything that a product would count.
    `told`: Notes, findings and warnings.
    """

    rows: list[tuple[Any, ...]]
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Subject:
    """
    A kind of file.

    `name`: Of its file.
    `kind`: Reader, as the issue of the trial counts them.
    `write`: Writes the sound file.
    `read`: Reads it as the product does.
    `sealed`: Checksums of the format find every change of a byte.
    `text`: A change stays where it is: of a table of text no other row may change.
    `command`: How the command line reads it; empty where only within a study.
    """

    name: str
    kind: str
    write: Callable[[Path], object]
    read: Callable[[Path], Outcome]
    sealed: bool = False
    text: bool = False
    command: tuple[str, ...] = ()


@cache
def villages() -> gpd.GeoDataFrame:
    """Take some villages of the embedded regency, in degrees."""
    table = _areas().villages.to_crs("EPSG:4326")
    near = table.iloc[:_VILLAGES][["name", "district_name", "geometry"]]
    return near.rename_axis("kode").reset_index()


@cache
def village_rows() -> list[list[Any]]:
    """Make up a table of villages, its header first."""
    rows: list[list[Any]] = [["kode", "nama", "kk", "miskin"]]
    for number, (code, name) in enumerate(zip(villages()["kode"], villages()["name"], strict=True)):
        rows.append([code, name, 400 + 37 * number, 8.25 + number / 4])
    return rows


@cache
def house_rows() -> list[list[Any]]:
    """Make up a register, its header first."""
    rng = np.random.default_rng(1607)
    head = ["no_kk", "nama_krt", "kode_desa", "jumlah_art", "desil", "lantai", "atap", "lat", "lon"]
    rows: list[list[Any]] = [head]
    places = villages().geometry.representative_point()
    for number in range(_HOUSES):
        at = number % _VILLAGES
        rows.append(
            [
                _FAMILY.format(number),
                f"{SECRET} {number}",
                villages()["kode"][at],
                int(rng.integers(1, 9)),
                int(rng.integers(1, 11)),
                int(rng.integers(1, 9)),
                int(rng.integers(1, 9)),
                round(places.iloc[at].y, 6),
                round(places.iloc[at].x, 6),
            ]
        )
    return rows


def as_csv(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write cells with semicolons, as offices here do; text in quotes."""
    lines = (
        ";".join(f'"{one}"' if isinstance(one, str) else str(one) for one in row) for row in rows
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def as_xlsx(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write a workbook."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Data")
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)


def as_xls(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write a workbook of Excel 97."""
    book = xlwt.Workbook()
    page = book.add_sheet("Data")
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            page.write(at, place, cell)
    book.save(str(path))


_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.2">'
    '<office:body><office:spreadsheet><table:table table:name="Data">{}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def as_ods(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write an OpenDocument spreadsheet."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            told = f"<text:p>{value}</text:p>"
            return f'<table:table-cell office:value-type="string">{told}</table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    lines = (f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    media = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", media)
        archive.writestr("content.xml", _ODS.format("".join(lines)))
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{manifest}"><manifest:file-entry '
            f'manifest:full-path="/" manifest:media-type="{media}"/></manifest:manifest>',
        )


def as_html(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write the table of a page, as web systems hand it out."""
    lines = ("".join(f"<td>{one}</td>" for one in row) for row in rows)
    table = "\n".join(f"<tr>{line}</tr>" for line in lines)
    path.write_text(f"<html><body><table>\n{table}\n</table></body></html>", encoding="utf-8")


def as_xml(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write an XML Spreadsheet 2003."""

    def cell(value: object) -> str:
        kind = "String" if isinstance(value, str) else "Number"
        return f'<Cell><Data ss:Type="{kind}">{value}</Data></Cell>'

    lines = "\n".join(f"<Row>{''.join(map(cell, row))}</Row>" for row in rows)
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path.write_text(
        f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="{space}" '
        f'xmlns:ss="{space}"><Worksheet ss:Name="Data"><Table>{lines}</Table></Worksheet>'
        "</Workbook>",
        encoding="utf-8",
    )


def _frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    head, *cells = rows
    return pd.DataFrame([*map(list, cells)], columns=list(head))


def as_parquet(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write Parquet."""
    _frame(rows).to_parquet(path, index=False)


def as_layer(path: Path, rows: Sequence[Sequence[Any]], *, points: bool = True) -> None:
    """Write a vector file of the kind that the name says, zipped where it says so."""
    table = _frame(rows)
    shapes = villages().geometry
    shapes = shapes.representative_point() if points else shapes
    if path.stem == "gdb":
        # the format knows no mixture
        shapes = gpd.GeoSeries([shapely.MultiPolygon([*shapely.get_parts(one)]) for one in shapes])
    layer = gpd.GeoDataFrame(table, geometry=[shapes[at % _VILLAGES] for at in range(len(table))],
                             crs="EPSG:4326")  # fmt: skip
    if path.suffix == ".parquet":
        layer.to_parquet(path)
    elif path.suffix in {".zip", ".kmz"}:
        _as_archive(path, layer)
    else:
        _as_file(path, layer)


def _as_file(path: Path, layer: gpd.GeoDataFrame) -> None:
    options: dict[str, Any] = {"driver": "LIBKML"} if path.suffix == ".kml" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(layer, path, **options)


def _as_archive(path: Path, layer: gpd.GeoDataFrame) -> None:
    inside = {".kmz": "doc.kml", ".zip": "desa.shp"}[path.suffix]
    if path.stem == "gdb":
        inside = "desa.gdb"
    folder = path.parent / f"{path.stem}_isi"
    folder.mkdir()
    if inside == "desa.gdb":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(layer, folder / inside, driver="OpenFileGDB")
    else:
        _as_file(folder / inside, layer)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                archive.write(one, one.relative_to(folder).as_posix())


def as_sql(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write polygons as the dump of a database."""
    lines = []
    for row, shape in zip(rows[1:], villages().geometry, strict=True):
        rings = shapely.get_coordinates(shapely.get_geometry(shape, 0).exterior)[:, ::-1].tolist()
        lines.append(f"('{row[0]}','{row[1]}','-2','104','[{json.dumps(rings)}]','1')")
    head = "INSERT INTO wilayah_boundaries (kode,nama,lat,lng,path,status) VALUES\n"
    path.write_text(head + ",\n".join(lines) + ";\n", encoding="utf-8")


def as_database(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write a table of SQLite."""
    with sqlite3.connect(path) as database:
        _frame(rows).to_sql("desa", database, index=False)
    database.close()


@cache
def _metric() -> gpd.GeoDataFrame:
    return villages().set_index("kode").to_crs("EPSG:32748")


def as_raster(path: Path) -> None:
    """Write depths of floods over the villages; the name says how they are packed."""
    west, south, east, north = _metric().total_bounds
    cells = 240
    size = max(east - west, north - south) / cells
    values = np.random.default_rng(7).uniform(0.5, 3, (cells, cells)).astype("float32")
    packed: dict[str, Any] = {
        "rata.tif": {"compress": "deflate", "predictor": 3},
        "ubin.tif": {"compress": "lzw", "tiled": True, "blockxsize": 64, "blockysize": 64},
        "polos.tif": {},
    }[path.name]
    with rasterio.open(
        path, "w", driver="GTiff", width=cells, height=cells, count=1, dtype="float32",
        crs="EPSG:32748", transform=(size, 0, west, 0, -size, north), nodata=-9999, **packed,
    ) as file:  # fmt: skip
        file.write(values, 1)


def as_photo(path: Path) -> None:
    """Write a picture."""
    noise = np.random.default_rng(3).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)


# ---- how the product reads


def _table(path: Path) -> Outcome:
    from sibangkit_geo.sources.profiles import ProfileSource, read_profiles  # noqa: PLC0415

    source = ProfileSource(
        path=str(path), year=2024, code="kode", code_system="kemendagri", households="kk",
        poor_share_percent="miskin",
    )  # fmt: skip
    read = read_profiles(source)
    return Outcome(_rows(read.rows), [one.text for one in read.notes])


def _rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    plain = table.astype(object).where(table.notna(), None)
    return [
        tuple(round(one, 9) if isinstance(one, float) else one for one in row)
        for row in plain.itertuples(index=False)
    ]


def _register(path: Path) -> Outcome:
    from sibangkit_geo.indicators.needs import PovertyRule  # noqa: PLC0415
    from sibangkit_geo.study.register_file import read_register  # noqa: PLC0415

    register = read_register(path, code_generation="dtsen2025", code_system="kemendagri")
    counts = register.count(_areas(), poverty=PovertyRule("decile", 4))
    report = register.report
    # the report lists the columns that were recognised
    told = [*register.columns.values()]
    told += [f"{one.kind} {one.column} {len(one.rows)}" for one in report.findings]
    rows = _rows(counts[["households", "people", "poor_households", "known_poor"]].reset_index())
    return Outcome([*rows, *[("row",)] * report.rows_in], [*told, *report.remarks])


@cache
def _areas() -> Boundaries:
    return boundaries.read_boundaries()


def _polygons(path: Path) -> Outcome:
    check = boundaries.check_file(path, regency="16.07")
    read = boundaries.read_layout(path, named_by="boundary file")
    table = read.areas
    rows = [
        (*row, area)
        for row, area in zip(
            _rows(pd.DataFrame(table.drop(columns="geometry"))),
            table.geometry.to_crs("EPSG:32748").area.round(-3),
            strict=True,
        )
    ]
    return Outcome(
        rows, [one.text for one in read.notes] + boundaries.check_text(check).split("\n")
    )


def _context(path: Path) -> Outcome:
    from sibangkit_geo.sources.context import ContextSource, read_context  # noqa: PLC0415

    source = ContextSource(path=str(path), kind="place", name="nama")
    read_context(source, villages=_metric())
    # only what lies near the villages is drawn: a damaged coordinate lies elsewhere
    return Outcome([])


def _facilities(path: Path) -> Outcome:
    from sibangkit_geo.sources.surroundings import FacilitySource, read_facilities  # noqa: PLC0415

    source = FacilitySource(path=str(path), name="pkm", label="Puskesmas", limit_km=5, year=2024)
    places, notes = read_facilities(source, crs="EPSG:32748")
    rows = [(round(one.x, 1), round(one.y, 1)) for one in places]
    return Outcome(rows, [one.text for one in notes])


def _raster(path: Path) -> Outcome:
    from sibangkit_geo.indicators.rasters import travel_cost, zonal_statistics  # noqa: PLC0415

    found = zonal_statistics(path, _metric(), statistic="mean")
    if path.name == "rata.tif":
        start = gpd.GeoSeries([_metric().geometry.iloc[0].representative_point()],
                              crs="EPSG:32748")  # fmt: skip
        found = found.assign(way=travel_cost(path, _metric(), start))
    return Outcome(_rows(found.round(3)))


def _photo(path: Path) -> Outcome:
    from sibangkit_geo.registers.photos import Photos  # noqa: PLC0415

    photos = Photos(path.parent)
    picture = photos.read(path.name)
    return Outcome([(picture is not None,)], ["skipped"] * photos.skipped)


def _review(path: Path) -> Outcome:
    from sibangkit_geo.sources.text_tables import read_review  # noqa: PLC0415

    return Outcome([*read_review(path).items()])


def _links(path: Path) -> Outcome:
    from sibangkit_geo.sources.text_tables import LinkSource, read_links  # noqa: PLC0415

    links = read_links(LinkSource(str(path)))
    return Outcome([*links.extra, *links.cut])


def _pledges(path: Path) -> Outcome:
    from sibangkit_geo.sources.pledges import PledgeSource, read_pledges  # noqa: PLC0415

    table, notes = read_pledges(PledgeSource(str(path)))
    return Outcome(_rows(table), [one.text for one in notes])


def _locus(path: Path) -> Outcome:
    from sibangkit_geo.sources.profiles import LocusSource, read_locus  # noqa: PLC0415

    source = LocusSource(path=str(path), year=2024, code="kode", code_system="kemendagri",
                         name="lokus", label="Lokus")  # fmt: skip
    return Outcome(_rows(read_locus(source)))


def _types(path: Path) -> Outcome:
    from sibangkit_geo.sources.profiles import TypologySource, read_attributes  # noqa: PLC0415

    source = TypologySource(path=str(path), year=2024, code="kode", code_system="kemendagri")
    read = read_attributes(source)
    return Outcome(_rows(read.places.join(read.table)), [one.text for one in read.notes])


def _of_sqlite(path: Path) -> Outcome:
    from sibangkit_geo.sources.profiles import ProfileSource, read_profiles  # noqa: PLC0415

    source = ProfileSource(
        path=f"sqlite:///{path}", table="desa", year=2024, code="kode", code_system="kemendagri",
        households="kk", poor_share_percent="miskin",
    )  # fmt: skip
    read = read_profiles(source)
    return Outcome(_rows(read.rows), [one.text for one in read.notes])


def _study(path: Path) -> Outcome:
    from sibangkit_geo.config import plain, read_study  # noqa: PLC0415

    return Outcome([(json.dumps(plain(read_study(path)), default=str, sort_keys=True),)])


def _own_toml(load: str) -> Callable[[Path], Outcome]:
    def read(path: Path) -> Outcome:
        from sibangkit_geo.agencies.catalogue import load_catalogue, load_costs  # noqa: PLC0415
        from sibangkit_geo.agencies.targets import load_series  # noqa: PLC0415
        from sibangkit_geo.indicators.deprivation import load_index  # noqa: PLC0415

        loaders: dict[str, Callable[[Path], Any]] = {
            "agencies": load_catalogue, "costs": load_costs, "targets": load_series,
            "deprivation": load_index,
        }  # fmt: skip
        return Outcome([(repr(loaders[load](path)),)])

    return read


def _scan(path: Path) -> Outcome:
    from sibangkit_geo.disclosure import find_leaks  # noqa: PLC0415

    return Outcome([], [f"{one.kind} {one.count}" for one in find_leaks(path.parent)])


def _graph(path: Path) -> Outcome:
    from sibangkit_geo.stats.graph_files import read_gal, read_gwt  # noqa: PLC0415

    read = read_gal if path.suffix == ".gal" else read_gwt
    return Outcome([(repr(read(path)),)])


def _manifest(path: Path) -> Outcome:
    from sibangkit_geo.products.staging import require_finished, verify  # noqa: PLC0415

    require_finished(path.parent)
    found = verify(path.parent)
    return Outcome([(found.products,)], [*found.changed, *found.missing, *found.others])


def _template(path: Path) -> Outcome:
    from sibangkit_geo.products.document.styles import open_template  # noqa: PLC0415

    return Outcome([(len(open_template(str(path))[0].styles),)])


# ---- the subjects


def _rows_of(number: int) -> Callable[[Path], None]:
    head, *rows = _SMALL[number]
    return lambda path: as_csv(path, [head, *rows])


_PAIR = ("16.07.01.2001", "16.07.01.2002")
_SMALL: tuple[list[list[Any]], ...] = (
    [["kode_tabel", "kecamatan_tabel", "desa_tabel", "kode_desa", "nama_desa", "skor"],
     *[[f"b{at}", "Kec", "Desa", f"16.07.01.{2001 + at}", "Desa", 90] for at in range(9)]],
    [["desa_a", "desa_b", "hubungan"],
     *[[f"16.07.01.{2001 + at}", f"16.07.01.{2002 + at}", "sambung"] for at in range(9)]],
    [["partner", "village", "pocket", "need", "units", "year"],
     *[["bank", f"16.07.01.{2001 + at}", "", "floor", 5 + at, 2026] for at in range(9)]],
)  # fmt: skip


def _embedded(package: str, name: str) -> Callable[[Path], object]:
    source = resources.files(package).joinpath(name)
    return lambda path: path.write_bytes(source.read_bytes())


def _write_study(path: Path) -> None:
    as_csv(path.parent / "desa.csv", village_rows())
    as_csv(path.parent / "rumah.csv", house_rows())
    path.write_text(
        """\
[study]
title = "Coba"
regency = "16.07"
year = 2025

[boundaries]
villages = "default"

[[profiles]]
path = "desa.csv"
code = "kode"
code_system = "kemendagri"
households = "kk"
poor_share_percent = "miskin"
year = 2024

[[profiles.indicators]]
column = "miskin"
name = "miskin_lain"
unit = "percent"
worse = "high"
label = "Miskin"

[[households]]
path = "rumah.csv"
code_generation = "dtsen2025"
code_system = "kemendagri"
year = 2025

[households.columns]
floor = "lantai"

[poverty]
rule = "decile"
decile_max = 4

[official]
year = 2025
rate_percent = 9.5
poor_people = 80000
source = "BPS"
benchmark = "rate"

[pockets]
replicates = 99
alpha = 0.05

[disclosure]
level = "agency"

[budget]
objective = "need"

[[budget.ceilings]]
agency = "perkimtan"
year = 2026
rupiah = 1000000000

[annex]
paper = "A4"
numbering = "3."
""",
        encoding="utf-8",
    )


def _write_gal(path: Path) -> None:
    lines = "".join(f"{at} 2\n{(at + 1) % 9} {(at + 8) % 9}\n" for at in range(9))
    path.write_text(f"0 9 desa kode\n{lines}")


def _write_gwt(path: Path) -> None:
    path.write_text(
        "0 9 desa kode\n"
        + "".join(f"{at} {(at + way) % 9} 1.5\n" for at in range(9) for way in (1, 8))
    )


def _write_manifest(path: Path) -> None:
    from sibangkit_geo.products.staging import staged  # noqa: PLC0415

    with staged(path.parent) as folder:
        (folder / "villages.csv").write_text("kode,kk\n16.07.01.2001,5\n")
        (folder / "manifest.json").write_text(json.dumps({"products": ["villages.csv"]}))


def _write_template(path: Path) -> None:
    import docx  # noqa: PLC0415

    docx.Document().save(str(path))


_INSPECT = ("inspect", "FILE", "--regency", "16.07", "--code-system", "kemendagri",
            "--code-generation", "dtsen2025")  # fmt: skip
_CHECK = ("boundaries", "check", "FILE")


def _of(write: Callable[..., None], rows: Callable[[], Any]) -> Callable[[Path], None]:
    return lambda path: write(path, rows())


def _tables() -> list[Subject]:
    ways: dict[str, tuple[str, Callable[..., None], bool, bool]] = {
        "csv": ("CSV", as_csv, False, True), "xlsx": ("XLSX", as_xlsx, True, False),
        "xls": ("XLS", as_xls, False, False), "ods": ("ODS", as_ods, True, False),
        "html": ("HTML", as_html, False, True), "xml": ("XML", as_xml, False, True),
        "parquet": ("Parquet", as_parquet, False, False),
        "gpkg": ("GeoPackage", as_layer, False, False),
        "geojson": ("GeoJSON", as_layer, False, True),
    }  # fmt: skip
    contents: tuple[tuple[str, Callable[[], Any], Callable[[Path], Outcome]], ...] = (
        ("desa", village_rows, _table),
        ("rumah", house_rows, _register),
    )
    made = []
    for ending, (kind, write, sealed, text) in ways.items():
        for stem, rows, read in contents:
            name = f"{stem}.{ending}"
            made.append(Subject(name, kind, _of(write, rows), read, sealed, text, _INSPECT))
    return made


def _layers() -> list[Subject]:
    def polygons(path: Path) -> None:
        as_layer(path, village_rows(), points=False)

    kinds = {
        "batas.geojson": ("GeoJSON", False, True), "batas.gpkg": ("GeoPackage", False, False),
        "batas.zip": ("shapefile, zip", True, False), "batas.kml": ("KML", False, True),
        "batas.kmz": ("KML", True, False), "batas.fgb": ("FlatGeobuf", False, False),
        "gdb.zip": ("geodatabase, zip", True, False), "batas.parquet": ("Parquet", False, False),
        "batas.shp": ("shapefile", False, False),
    }  # fmt: skip
    made = [
        Subject(name, kind, polygons, _polygons, sealed, text, _CHECK)
        for name, (kind, sealed, text) in kinds.items()
    ]
    made += [
        Subject("batas.sql", "SQL", lambda path: as_sql(path, village_rows()), _polygons, text=True,
                command=_CHECK),
        Subject("tempat.gpkg", "GeoPackage", lambda path: as_layer(path, village_rows()), _context),
        Subject("sarana.fgb", "FlatGeobuf", lambda path: as_layer(path, village_rows()),
                _facilities),
        Subject("sarana.zip", "shapefile, zip", lambda path: as_layer(path, village_rows()),
                _facilities, sealed=True),
        Subject("desa.db", "database", lambda path: as_database(path, village_rows()), _of_sqlite),
    ]  # fmt: skip
    return made


def _texts() -> list[Subject]:
    tomls = {
        "agencies": ("sibangkit_geo.agencies", "agencies.toml"),
        "costs": ("sibangkit_geo.agencies", "costs.toml"),
        "targets": ("sibangkit_geo.agencies", "targets.toml"),
        "deprivation": ("sibangkit_geo.indicators", "deprivation.toml"),
    }
    made = [
        Subject(f"{key}.toml", "unit costs" if key == "costs" else "TOML", _embedded(*where),
                _own_toml(key), text=True)
        for key, where in tomls.items()
    ]  # fmt: skip
    made += [
        Subject("study.toml", "TOML", _write_study, _study, text=True),
        Subject("tinjau.csv", "review CSV", _rows_of(0), _review, text=True),
        Subject("hubungan.csv", "review CSV", _rows_of(1), _links, text=True),
        Subject("janji.csv", "review CSV", _rows_of(2), _pledges, text=True),
        Subject("lokus.xlsx", "XLSX", lambda path: as_xlsx(path, village_rows()), _locus, True),
        Subject("tipe.csv", "CSV", lambda path: as_csv(path, village_rows()), _types, text=True),
        Subject("tetangga.gal", "graph", _write_gal, _graph, text=True),
        Subject("tetangga.gwt", "graph", _write_gwt, _graph, text=True),
        Subject("manifest.json", "manifest", _write_manifest, _manifest, text=True),
        Subject("gaya.docx", "template", _write_template, _template, True),
    ]  # fmt: skip
    return made


_RASTERS = ("rata.tif", "ubin.tif", "polos.tif")


def _pictures() -> list[Subject]:
    made = [Subject(name, "raster", as_raster, _raster) for name in _RASTERS]
    made += [
        Subject(f"rumah.{ending}", "photo", as_photo, _photo) for ending in ("jpg", "png", "webp")
    ]
    scanned: dict[str, Callable[[Path], object]] = {
        "desa.xlsx": lambda path: as_xlsx(path, village_rows()),
        "desa.gpkg": lambda path: as_layer(path, village_rows()),
        "desa.parquet": lambda path: as_parquet(path, village_rows()),
        "batas.fgb": lambda path: as_layer(path, village_rows()),
        "desa.xls": lambda path: as_xls(path, village_rows()),
        "rata.tif": as_raster, "rumah.jpg": as_photo, "gaya.docx": _write_template,
        "halaman.pdf": lambda path: Image.new("RGB", (90, 90), "teal").save(path),
        "batas.zip": lambda path: as_layer(path, village_rows()),
    }  # fmt: skip
    made += [
        Subject(name, "scan", write, _scan, command=("scan", "FOLDER"))
        for name, write in scanned.items()
    ]
    return made


def subjects() -> list[Subject]:
    """List every kind of file."""
    return [*_tables(), *_layers(), *_texts(), *_pictures()]
