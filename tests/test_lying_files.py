"""Files that are whole but say another thing than they hold: views, footers, references, parts."""

from __future__ import annotations

import io
import shutil
import sqlite3
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from sibangkit_geo.errors import DataError, DegradedInputWarning
from sibangkit_geo.model import limits
from sibangkit_geo.pockets import PocketSettings
from sibangkit_geo.sources.boundaries.open_file import open_file
from sibangkit_geo.sources.readers import TableSource
from sibangkit_geo.sources.readers import shapefile as shapefile_parts
from sibangkit_geo.sources.readers.parquet import open_parquet
from sibangkit_geo.sources.readers.vector import open_layer
from sibangkit_geo.sources.text_tables import read_text_table
from sibangkit_geo.study.layers import LayerColumns, pockets_of_layer

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = LayerColumns("miskin", "kk", "kode")

# ---- GeoPackages


def villages(count: int = 3) -> gpd.GeoDataFrame:
    """Squares in Banyuasin, with a number each."""
    shapes = [shapely.box(104.5 + n / 100, -2.5, 104.51 + n / 100, -2.49) for n in range(count)]
    codes = [f"16.07.01.{1000 + n}" for n in range(count)]
    table = {"kode": codes, "kk": [100 + n for n in range(count)], "miskin": range(count)}
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def geopackage(path: Path, script: str, *, count: int = 3) -> Path:
    """A layer whose database is changed."""
    villages(count).to_file(path, layer="desa", driver="GPKG")
    with sqlite3.connect(path) as database:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in found:
            database.execute(f'DROP TRIGGER "{name}"')
        database.executescript(script)
    database.close()
    return path


def view(columns: str, tables: str = "base a") -> str:
    return f"ALTER TABLE desa RENAME TO base; CREATE VIEW desa AS SELECT {columns} FROM {tables};"  # noqa: S608


@pytest.mark.parametrize(
    "script",
    [
        view("a.fid, a.kode, a.geom, hex(zeroblob(100000000)) AS z"),
        view("a.fid, a.kode, a.geom", "base a, base b, base c, base d, base e, base f"),
        "ALTER TABLE desa ADD COLUMN z TEXT AS (hex(zeroblob(100000000))) VIRTUAL;",
        "ALTER TABLE desa ADD COLUMN z TEXT AS (kode || kode) VIRTUAL;"
        + view("a.fid, a.kode, a.geom, a.z"),
    ],
    ids=["function", "product", "column", "view of a column"],
)
def test_a_layer_that_is_worked_out_while_it_is_read_is_refused(
    tmp_path: Path, script: str
) -> None:
    path = geopackage(tmp_path / "a.gpkg", script, count=12)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(path, "a.gpkg")
    for given in (path, tmp_path / "a.zip"):
        with pytest.raises(DataError, match=rf'^{given.name}: layer "desa" is a view .* a table'):
            open_file(given, named_by="", layer="desa")
    with pytest.raises(DataError, match=r'^a\.gpkg: layer "desa" is a view'):
        open_layer(path, layer="desa")


@pytest.mark.parametrize(
    "script",
    [
        view("a.fid, a.kode, a.kk, a.geom"),
        view("a.fid, a.kode, b.kk, a.geom", "base a JOIN base b ON a.kode = b.kode"),
        "",
    ],
    ids=["columns", "join", "table"],
)
def test_a_view_of_columns_of_tables_is_read(tmp_path: Path, script: str) -> None:
    path = geopackage(tmp_path / "a.gpkg", script)
    assert open_file(path, named_by="", layer="desa").table["kk"].tolist() == [100, 101, 102]


def test_a_view_may_take_no_more_than_its_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = geopackage(tmp_path / "a.gpkg", view("a.fid, a.kode, a.geom"))
    assert len(open_layer(path, layer="desa").head) == 4
    for number, (name, value) in enumerate({"VIEW_CELL_BYTES": 50, "VIEW_STEPS": 0}.items()):
        with monkeypatch.context() as changed:
            changed.setattr(limits, name, value)
            if name == "VIEW_STEPS":
                changed.setattr("sibangkit_geo.sources.readers.sqlite_look._STEPS_AT_ONCE", 1)
            other = tmp_path / f"{number}.gpkg"
            shutil.copy(path, other)
            with pytest.raises(DataError, match="is a view"):
                open_layer(other, layer="desa")


# ---- Parquet


def parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def one_text(count: int, text: str) -> pa.Array:
    """The same text in every row, as a dictionary of one."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, "int32")), pa.array([text]))


def test_a_small_parquet_of_many_rows_is_refused_from_its_footer(tmp_path: Path) -> None:
    table = pa.table({"kode": one_text(limits.PARQUET_ROWS + 1, "16.07.01.1016")})
    path = parquet(tmp_path / "a.parquet", table)
    assert path.stat().st_size < 1_000_000
    for reader in (lambda: open_parquet(path), lambda: open_file(path, named_by="")):
        with pytest.raises(DataError, match=r"^a\.parquet: the Parquet file would unpack"):
            reader()


def test_one_long_text_in_every_row_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", pa.table({"z": one_text(1000, "x" * 1_000_000)}))
    batches = open_parquet(path).batches([0], first_row=1, width=1)
    with pytest.raises(DataError, match=r"^a\.parquet: the Parquet file would unpack"):
        next(batches)


def test_one_shape_in_every_row_of_a_geoparquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    villages().to_parquet(path)
    about = pq.read_schema(path).metadata
    shape = shapely.to_wkb(shapely.Point(104.5, -2.5).buffer(0.01, quad_segs=10_000))
    shapes = pa.DictionaryArray.from_arrays(pa.array(np.zeros(900, "int32")), pa.array([shape]))
    pq.write_table(pa.table({"geometry": shapes}).replace_schema_metadata(about), path)
    with pytest.raises(DataError, match=r"^a\.parquet: the Parquet file would unpack"):
        open_file(path, named_by="")
    villages().to_parquet(path)
    assert len(open_file(path, named_by="").table) == 3


def test_a_whole_table_has_a_limit_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_ROWS", 2)
    path = tmp_path / "a.csv"
    for count, fits in ((2, True), (3, False)):
        path.write_text("kode,kk\n" + "".join(f"16.07.01.100{n},{n}\n" for n in range(count)))
        source = TableSource(path)
        if fits:
            assert len(read_text_table(source, named_by="", named=["kode"])[0]) == count
            continue
        with pytest.raises(DataError, match=r"^a\.csv: more than 2 rows"):
            read_text_table(source, named_by="", named=["kode"])


@pytest.mark.parametrize(
    "values",
    [pa.array([[1], [2]]), pa.array([b"1", b"2"]), pa.array([1, 2], pa.duration("us"))],
    ids=["list", "bytes", "duration"],
)
def test_a_column_of_a_kind_that_is_not_read_is_named(tmp_path: Path, values: pa.Array) -> None:
    table = pa.table({"kode": ["16.07.01.1016", "16.07.01.1021"], "kk": values, "n": [1, 2]})
    source = TableSource(parquet(tmp_path / "a.parquet", table))
    read, _ = read_text_table(source, named_by="", named=["kode", "n"])
    assert read["n"].tolist() == ["1", "2"]
    with pytest.raises(DataError, match=r"^a\.parquet: column KK holds lists, bytes or spans"):
        read_text_table(source, named_by="", named=["kode", "KK"])


# ---- XLSX


def sheet(path: Path, *changes: tuple[str, str]) -> Path:
    """A workbook of three villages, its sheet changed as text."""
    book = openpyxl.Workbook()
    for row in (["kode", "kk"], *([f"16.07.01.{1000 + n}", 100 + n] for n in range(3))):
        book.active.append(row)
    plain = io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name.endswith("sheet1.xml"):
                for one, other in changes:
                    assert one in text
                    text = text.replace(one, other)
            new.writestr(name, text)
    return path


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ((('r="B3"', 'r="B2"'),), 3),
        ((('<c r="B4"', '<c s="0" r="B3"'),), 4),
        ((('r="A3"', 'r="C3"'),), 3),
        ((('r="B3"', 'r="A3"'),), 3),
        ((('<row r="4"', '<row r="2"'),), 2),
    ],
    ids=["other row", "attributes", "descends", "twice", "rows descend"],
)
def test_a_cell_that_says_another_place_is_refused(
    tmp_path: Path,
    changes: tuple[tuple[str, str], ...],
    row: int,
    monkeypatch: pytest.MonkeyPatch,
    *,
    streamed: bool,
) -> None:
    if streamed:
        monkeypatch.setattr(limits, "CELLS", 0)
        # cut within rows and tags
        monkeypatch.setattr("sibangkit_geo.sources.readers.xlsx_stream._PIECE", 7)
    path = sheet(tmp_path / "a.xlsx", *changes)
    with pytest.raises(DataError, match=rf"^a\.xlsx: row {row} of the sheet has a cell that says"):
        read_text_table(TableSource(path), named_by="", named=["kode"])


@pytest.mark.parametrize(
    "changes",
    [(), (('r="4"', 'r="40"'), ("A4", "A40"), ("B4", "B40")), ((' r="B3"', ""),)],
    ids=["plain", "gap", "no reference"],
)
def test_a_sound_sheet_is_read(tmp_path: Path, changes: tuple[tuple[str, str], ...]) -> None:
    path = sheet(tmp_path / "a.xlsx", *changes)
    table, _ = read_text_table(TableSource(path), named_by="", named=["kode"])
    assert table["kk"].tolist() == ["100", "101", "102"]


def test_a_sheet_in_utf_16_is_not_called_empty(tmp_path: Path) -> None:
    plain = sheet(tmp_path / "a.xlsx")
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            wide = text.decode().replace("UTF-8", "UTF-16").encode("utf-16")
            new.writestr(name, wide if name.endswith("sheet1.xml") else text)
    with pytest.raises(DataError, match=r"^b\.xlsx: the sheet .* another code than UTF-8"):
        read_text_table(TableSource(path), named_by="", named=["kode"])


# ---- Shapefiles


def shapefile(folder: Path, *, count: int = 3) -> Path:
    """A Shapefile in a folder of its own."""
    folder.mkdir()
    villages(count).to_file(folder / "desa.shp")
    return folder / "desa.shp"


def packed_shapefile(path: Path) -> Path:
    """The same in an archive."""
    archive = path.parent.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as new:
        for one in path.parent.iterdir():
            new.write(one, f"in/{one.name}")
    return archive


def index_of(path: Path) -> list[bytes]:
    raw = path.with_suffix(".shx").read_bytes()[100:]
    return [raw[at : at + 8] for at in range(0, len(raw), 8)]


def reindexed(path: Path, entries: list[bytes]) -> None:
    shx = path.with_suffix(".shx")
    shx.write_bytes(shx.read_bytes()[:100] + b"".join(entries))


def longer(path: Path) -> None:
    shutil.copy(shapefile(path.parent / "b", count=4).with_suffix(".dbf"), path.with_suffix(".dbf"))
    shutil.rmtree(path.parent / "b")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: reindexed(path, index_of(path)[::-1]), r"desa\.shx does not fit desa\.shp"),
        (
            lambda path: reindexed(
                path, [b"\0\0\0\x33" + index_of(path)[0][4:], *index_of(path)[1:]]
            ),
            r"desa\.shx does not fit desa\.shp",
        ),
        (longer, r"desa\.dbf has 4 records, but desa\.shx has 3 shapes"),
        (lambda path: path.with_suffix(".prj").write_text("[" * 10_000), r"desa\.prj is damaged"),
    ],
    ids=["reversed", "shifted", "records", "system"],
)
def test_parts_that_do_not_belong_together_are_named(
    tmp_path: Path, change: Any, told: str
) -> None:
    path = shapefile(tmp_path / "a")
    assert len(open_file(path, named_by="").table) == 3
    change(path)
    for given in (path, packed_shapefile(path)):
        with pytest.raises(DataError, match=rf"^{given.name}: {told}"):
            open_file(given, named_by="")


def test_a_file_of_empty_shapes_is_not_walked_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "desa.shp"
    path.write_bytes(bytes(24) + struct.pack(">I", 50_000) + bytes(100_000 - 28))
    parts = shapefile_parts._Parts({".shp": str(path)}, None)  # noqa: SLF001 - what a walk costs
    assert len(shapefile_parts._records(parts, most=40)) == 41  # noqa: SLF001
    assert len(shapefile_parts._records(parts, most=1_000_000)) == 99_900 // 8  # noqa: SLF001


def test_a_shape_that_an_editor_moved_to_the_end_is_read(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a")
    raw, index = path.read_bytes(), index_of(path)
    start, words = struct.unpack(">II", index[0])
    moved = raw + raw[2 * start : 2 * start + 8 + 2 * words]
    path.write_bytes(moved[:24] + struct.pack(">I", len(moved) // 2) + moved[28:])
    reindexed(path, [struct.pack(">II", len(raw) // 2, words), *index[1:]])
    assert open_file(path, named_by="").table["kk"].tolist() == [100, 101, 102]
    # a writer that numbers from 0, but in order
    path = shapefile(tmp_path / "b")
    content = bytearray(path.read_bytes())
    for number, entry in enumerate(index_of(path)):
        content[(at := 2 * struct.unpack(">I", entry[:4])[0]) : at + 4] = struct.pack(">I", number)
    path.write_bytes(content)
    assert open_file(path, named_by="").table["kk"].tolist() == [100, 101, 102]


# ---- shapes


def test_a_damaged_shape_is_called_damaged(tmp_path: Path) -> None:
    path = geopackage(
        tmp_path / "a.gpkg", "UPDATE desa SET geom = substr(geom, 1, 60) WHERE fid = 2;"
    )
    with pytest.raises(DataError, match=r"^a\.gpkg: Villages whose geometry is damaged .*1001\)"):
        pockets_of_layer(path, tmp_path / "k.gpkg", columns=COLUMNS, settings=PocketSettings())


def test_a_layer_without_system_is_told_where_it_was_read(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a", count=12)
    path.with_suffix(".prj").unlink()
    with pytest.warns(DegradedInputWarning, match=r"desa\.prj tidak ada.*EPSG:4326"):
        pockets_of_layer(path, tmp_path / "k.gpkg", columns=COLUMNS, settings=PocketSettings())
