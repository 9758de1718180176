"""Any table format: encodings, headers, workbooks large and small, layers, and hostile files."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pandas as pd
import polars as pl
import pytest
import shapely
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sibangkit_geo.errors import ConfigError, DataError, MissingFileError, SibangkitError
from sibangkit_geo.sources.readers import (
    TableSource,
    find_header,
    open_grid,
    sheet_names,
)
from sibangkit_geo.sources.readers import (
    csv as delimited,
)
from sibangkit_geo.sources.readers import (
    csv as pieces,
)
from sibangkit_geo.sources.readers.archives import layers_in, require_sound_layer
from sibangkit_geo.sources.readers.csv import ahead
from sibangkit_geo.sources.readers.header import shown_names
from sibangkit_geo.sources.readers.spreadsheet import open_sheet, workbook_sheets
from sibangkit_geo.sources.readers.xlsx_look import look_at
from sibangkit_geo.sources.readers.xlsx_stream import StreamedSheet
from sibangkit_geo.sources.surroundings import FacilitySource, read_facilities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

KNOWN = {"kode_desa", "jumlah", "desil_nasional", "nama"}
NAMES = ["kode_desa", "nama", "jumlah"]
CELLS = [["16.07.01.2001", "Mulya Sari", "4"], ["16.07.01.2002", "Teluk Betung", "12"]]


def cells_of(path: Path, *, sheet: str = "") -> tuple[tuple[str, ...], dict[int, list[str | None]]]:
    """Read a table: its names, and its cells by row number."""
    grid = open_grid(TableSource(path, sheet=sheet), named_by="test", known=KNOWN)
    header = find_header(grid, known=KNOWN)
    width = len(header.names)
    frames = grid.batches(range(width), first_row=header.first_row, width=width)
    rows = {
        row["row"]: [row[f"c{place}"] for place in range(width)]
        for frame in frames
        for row in frame.iter_rows(named=True)
    }
    return header.names, rows


def write(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "t.csv") -> Path:
    """Write a text file."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


# ---- text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [NAMES, ["16.07.01.2001", "Désa Ñ", "4"], ["16.07.01.2002", "B", "12"]]
    text = "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"
    names, read = cells_of(write(tmp_path, text, encoding=encoding))
    assert names == tuple(NAMES)
    assert read == {2: rows[1], 3: rows[2]}


def test_a_single_accent_deep_in_the_file_decides_the_encoding(tmp_path: Path) -> None:
    rows = "".join(f"16.07.01.2001;Desa {i};4\n" for i in range(30_000))
    text = "kode_desa;nama;jumlah\n" + rows + "16.07.01.2002;Désa;5\n"
    _, read = cells_of(write(tmp_path, text, encoding="cp1252"))
    assert read[30_002] == ["16.07.01.2002", "Désa", "5"]


def test_decimal_commas_do_not_pass_for_the_delimiter(tmp_path: Path) -> None:
    text = "kode_desa;jumlah\n" + "1,5;2,5\n" * 20
    names, read = cells_of(write(tmp_path, text))
    assert names == ("kode_desa", "jumlah")
    assert read[21] == ["1,5", "2,5"]


def test_titles_merged_groups_and_column_numbers_are_no_data(tmp_path: Path) -> None:
    text = (
        "DAFTAR RUMAH TANGGA;;;\n;;;\nWilayah;;Rumah;\n"
        "kode_desa;nama;jumlah;luas\n(1);(2);(3);(4)\n16.07.01.2001;A;4;30\n"
    )
    names, read = cells_of(write(tmp_path, text))
    assert names == ("kode_desa", "nama", "jumlah", "luas")
    assert read == {6: ["16.07.01.2001", "A", "4", "30"]}


def test_a_name_in_the_upper_row_of_two_counts_where_the_lower_is_empty(tmp_path: Path) -> None:
    text = "kode_desa;Keluarga;\n;nama;jumlah\n16.07.01.2001;A;4\n"
    names, read = cells_of(write(tmp_path, text))
    assert names == ("kode_desa", "nama", "jumlah")
    assert list(read) == [3]


def test_doubled_names_under_groups_take_the_group(tmp_path: Path) -> None:
    text = "kode_desa;Laki-laki;;Perempuan;\n;jumlah;usia;jumlah;usia\nx;1;2;3;4\n"
    names, _ = cells_of(write(tmp_path, text))
    assert names == (
        "kode_desa", "Laki-laki jumlah", "Laki-laki usia", "Perempuan jumlah", "Perempuan usia",
    )  # fmt: skip


def test_numbers_in_the_first_row_are_data(tmp_path: Path) -> None:
    _, read = cells_of(write(tmp_path, "kode_desa,nama,jumlah\n1,2,3\n4,5,6\n"))
    assert list(read) == [2, 3]


def test_line_breaks_inside_cells_keep_row_numbers(tmp_path: Path) -> None:
    text = 'kode_desa,nama,jumlah\na,"x\ny",1\nb,z,2\n'
    _, read = cells_of(write(tmp_path, text))
    assert read == {2: ["a", "x\ny", "1"], 3: ["b", "z", "2"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("title", ["", "Daftar\r", "Daftar\r\r"])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_rows_are_had_whatever_ends_the_lines(
    tmp_path: Path, encoding: str, title: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_BLOCK", 64)
    path = tmp_path / "mac.csv"
    many = [[f"16.07.01.{at}", f"Desa {at}", "4"] for at in range(2001, 2041)]
    text = title + "".join(",".join(row) + end for row in (NAMES, *many))
    path.write_bytes(text.encode(encoding))
    assert [*cells_of(path)[1].values()] == many


def test_uneven_rows_are_marked(tmp_path: Path) -> None:
    path = write(tmp_path, "kode_desa,nama,jumlah\na,b,1\na,b\na,b,1,2,3\n")
    grid = open_grid(TableSource(path), named_by="test", known=KNOWN)
    frame = pl.concat(grid.batches([0, 1, 2], first_row=2, width=3))
    assert frame.filter("ragged")["row"].to_list() == [3, 4]


def test_uneven_rows_that_add_up_to_even_ones_are_marked(tmp_path: Path) -> None:
    path = write(tmp_path, "kode_desa,nama,jumlah\na,b,1\na,b\na,b,1,2\n")
    grid = open_grid(TableSource(path), named_by="test", known=KNOWN)
    frame = pl.concat(grid.batches([0, 1, 2], first_row=2, width=3))
    assert frame.filter("ragged")["row"].to_list() == [3, 4]


@given(rows=st.lists(st.lists(st.text(alphabet='ab,"\n é', max_size=5), min_size=2, max_size=4)))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_small_pieces_read_what_the_csv_module_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[list[str]]
) -> None:
    monkeypatch.setattr(pieces, "_BLOCK", 7)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["kode_desa", "nama", "jumlah"], *rows])
    path = write(tmp_path, text.getvalue() + "akhir,b,c\n")
    grid = delimited.open_delimited(path)
    frames = list(grid.batches([0, 1, 2], first_row=2, width=3))
    got = {
        row["row"]: [(row[f"c{at}"] or "").strip() for at in range(3)]
        for frame in frames
        for row in frame.iter_rows(named=True)
        if any((row[f"c{at}"] or "").strip() for at in range(3))
    }
    expected = {
        at: ([cell.strip() for cell in row] + ["", ""])[:3]
        for at, row in enumerate([*rows, ["akhir", "b", "c"]], 2)
        if any(cell.strip() for cell in row[:3])
    }
    assert got == expected


@given(
    odd=st.dictionaries(
        st.integers(min_value=0, max_value=199),
        st.sampled_from(["delapan", "0x10", '"1"', "1,2", ""]),
        max_size=4,
    ),
    block=st.integers(min_value=40, max_value=900),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_memory_used_again_leaves_earlier_pieces_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: dict[int, str], block: int
) -> None:
    monkeypatch.setattr(pieces, "_BLOCK", block)
    jumlah = [odd.get(at, str(at % 90)) for at in range(200)]
    lines = [f"kode{at},nama {at},{cell}\n" for at, cell in enumerate(jumlah)]
    path = write(tmp_path, "kode_desa,nama,jumlah\n" + "".join(lines))
    grid = delimited.open_delimited(path).expecting({2: pl.Int8})
    frames = list(grid.batches([0, 1, 2], first_row=2, width=3))
    got = [row for frame in frames for row in frame.drop("ragged", strict=False).rows()]
    read = csv.reader(io.StringIO("".join(lines)))
    expected = [(at, row[0], row[1], row[2] or None) for at, row in enumerate(read, 2)]
    assert [(*row[:3], None if row[3] is None else str(row[3])) for row in got] == expected


def test_working_ahead_keeps_order_and_faults_in_their_turn() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for item in range(3):
            made.append(item)
            yield item
        msg = "the file ends here"
        raise DataError(msg, remedy="Export it again.")

    taken = ahead(items())
    assert [next(taken), next(taken)] == [0, 1]
    assert len(made) <= 3
    assert next(taken) == 2
    with pytest.raises(DataError, match="ends here"):
        next(taken)


def test_working_ahead_stops_when_the_caller_does() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1_000_000):
            made.append(item)
            yield item

    taken = ahead(items())
    assert next(taken) == 0
    del taken
    assert len(made) <= 2


# ---- workbooks


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    """Write a workbook with shared strings."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for place, row in enumerate(rows):
                page.write_row(place, 0, row)
    return path


@pytest.mark.parametrize("writer", ["shared", "inline"])
def test_workbooks_with_shared_and_inline_strings(tmp_path: Path, writer: str) -> None:
    path = tmp_path / "t.xlsx"
    rows: list[list[object]] = [list(NAMES), ["16.07.01.2001", "A & B <c>", 4], ["x", "", 0.5]]
    if writer == "shared":
        workbook(path, {"Data": rows})
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    names, read = cells_of(path)
    assert names == tuple(NAMES)
    assert read == {2: ["16.07.01.2001", "A & B <c>", "4"], 3: ["x", None, "0.5e0"]}


def test_the_sheet_with_the_table_is_chosen_and_can_be_named(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx",
        {"Petunjuk": [["Baca dulu"], ["isi"]], "Data": [NAMES, *CELLS], "Lama": [["x"], ["1"]]},
    )
    assert cells_of(path)[1] == {2: CELLS[0], 3: CELLS[1]}
    assert cells_of(path, sheet="Lama")[1] == {2: ["1"]}
    with pytest.raises(ConfigError, match=r'no sheet "Dta".*Did you mean "Data"'):
        cells_of(path, sheet="Dta")


def streamed(path: Path, sheet: str) -> tuple[list[list[str]], pl.DataFrame]:
    """Read a sheet row by row."""
    read = StreamedSheet(path, path.name, sheet)
    width = max(map(len, read.head))
    frames = list(read.batches(range(width), first_row=1, width=width))
    return read.head, pl.concat(frames)


def whole(path: Path, sheet: str) -> tuple[list[list[str]], pl.DataFrame]:
    """Read a sheet through calamine."""
    read = open_sheet(path, sheet=sheet)
    width = max(map(len, read.head))
    return read.head, pl.concat(list(read.batches(range(width), first_row=1, width=width)))


text_cell = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=8
).filter(lambda text: bool(text.strip()) and not text.startswith(("=", "{", "_x")))
cell = st.one_of(
    text_cell,
    st.integers(min_value=-(10**16), max_value=10**16),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.none(),
)


@given(rows=st.lists(st.lists(cell, min_size=2, max_size=4), min_size=1, max_size=6))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_streaming_reader_gives_the_values_of_calamine(
    tmp_path: Path, rows: list[list[object]]
) -> None:
    rows = [["awal", "akhir"], *rows]
    path = tmp_path / "t.xlsx"
    workbook(path, {"S": [["" if cell is None else cell for cell in row] for row in rows]})
    head, frame = streamed(path, "S")
    expected_head, expected = whole(path, "S")
    assert frame.equals(expected.select(frame.columns))
    assert [row[: len(other)] for row, other in zip(head, expected_head, strict=False)] == [
        other[: len(row)] for row, other in zip(head, expected_head, strict=False)
    ]


def test_dates_formulas_and_rich_text_stream_as_calamine_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("S")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        bold = book.add_format({"bold": True})
        page.write_row(0, 0, ["a", "b", "c", "d"])
        page.write_number(1, 0, 45658, day)
        page.write_formula(1, 1, "=1+1", None, 2)
        page.write_rich_string(1, 2, "satu ", bold, "dua")
        page.write_boolean(1, 3, True)
    expected = ["2025-01-01", "2", "satu dua", "TRUE"]
    for _, frame in (streamed(path, "S"), whole(path, "S")):
        assert list(frame.row(1)[1:]) == expected


def test_a_row_written_with_a_prefix_is_read_by_the_parser(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": [NAMES, *CELLS]})
    changed = tmp_path / "u.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            if name.endswith("sheet1.xml"):
                raw = raw.replace(b'<c r="B2" t="s">', b'<c  t="s"\n r="B2">')
            new.writestr(name, raw)
    assert streamed(changed, "S")[1].row(1)[1:] == tuple(CELLS[0])


def test_cells_are_estimated_without_reading_the_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": [["a", "b", "c"]] * 50})
    assert 100 <= look_at(path, "S", hidden=False)[1] <= 300


@pytest.mark.parametrize(
    ("far", "right"),
    [
        ("XFD1048576", True),
        ("ZZ999999", True),
        ("C" + "9" * 40, False),
        ("ABCDEFG9", False),
        ("A9999999", False),
    ],
)
def test_a_stray_cell_far_away_takes_no_memory(tmp_path: Path, far: str, *, right: bool) -> None:
    # calamine ends the whole program where it cannot have the memory
    plain = workbook(tmp_path / "t.xlsx", {"S": [NAMES, *CELLS]})
    path = tmp_path / "u.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for one in old.namelist():
            text = old.read(one)
            if one.endswith("sheet1.xml"):
                row = far.lstrip("ABCDEFGXZ")
                stray = f'</row><row r="{row}"><c r="{far}"><v>1</v></c></row></sheetData>'.encode()
                text = text.replace(b"</row></sheetData>", stray)
            new.writestr(one, text)
    if not right:
        with pytest.raises(DataError, match=r"u\.xlsx: the workbook is damaged"):
            cells_of(path)
        return
    names, rows = cells_of(path)
    assert names[:3] == tuple(NAMES)
    assert [row[:3] for row in rows.values() if any(row[:3])] == CELLS


# ---- layers, Parquet


def points(path: Path, driver: str, *, crs: str | None = "EPSG:32748") -> Path:
    """Write two points."""
    place = [shapely.Point(480_000, 9_700_000, 5), shapely.Point(481_000, 9_700_000, 5)]
    table = pd.DataFrame({"kode_desa": ["16.07.01.2001", "16.07.01.2002"], "jumlah": [4, 12]})
    gpd.GeoDataFrame(table, geometry=place, crs=crs).to_file(path, driver=driver)
    return path


@pytest.mark.parametrize(
    ("name", "driver"), [("t.gpkg", "GPKG"), ("t.geojson", "GeoJSON"), ("t.shp", "ESRI Shapefile")]
)
def test_points_of_a_layer_become_degrees(tmp_path: Path, name: str, driver: str) -> None:
    path = points(tmp_path / name, driver)
    names, read = cells_of(path)
    assert names == ("kode_desa", "jumlah", "lon", "lat")
    assert [row[:2] for row in read.values()] == [["16.07.01.2001", "4"], ["16.07.01.2002", "12"]]
    assert float(str(read[1][2])) == pytest.approx(104.82, abs=0.01)
    assert float(str(read[1][3])) == pytest.approx(-2.71, abs=0.01)


@pytest.mark.parametrize(("part", "left"), [("shp", 0.5), ("dbf", 0.5), ("dbf", 0), ("shx", 0.5)])
@pytest.mark.parametrize("packed", [False, True])
def test_a_part_of_a_shapefile_that_is_cut_off_is_named(
    tmp_path: Path, part: str, left: float, *, packed: bool
) -> None:
    path = points(tmp_path / "t.shp", "ESRI Shapefile")
    require_sound_layer(str(path))
    whole = (tmp_path / f"t.{part}").read_bytes()
    (tmp_path / f"t.{part}").write_bytes(whole[: int(left * len(whole))])
    address = str(path)
    if packed:
        with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
            for one in tmp_path.glob("t.*"):
                archive.write(one, one.name)
        address = layers_in(tmp_path / "z.zip")["t"]
    with pytest.raises(DataError, match=rf"t\.{part} is damaged or cut off"):
        require_sound_layer(address)


def test_a_zipped_shapefile_is_read_in_place(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    points(folder / "t.shp", "ESRI Shapefile")
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, part.name)
    assert len(cells_of(path)[1]) == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "t.zip"]


def test_points_without_crs_are_refused_with_the_remedy(tmp_path: Path) -> None:
    path = points(tmp_path / "t.shp", "ESRI Shapefile")
    (tmp_path / "t.prj").unlink()
    with pytest.raises(DataError, match=r"t\.shp.*no coordinate reference system.*\.prj"):
        cells_of(path)


def test_parquet_numbers_are_text_without_a_point(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(
        {"kode_desa": ["a", None], "jumlah": [4.0, 2.5], "nama": [True, None], "bagian": [[1], [2]]}
    ).write_parquet(path)
    names, read = cells_of(path)
    assert names == ("kode_desa", "jumlah", "nama")
    assert read == {1: ["a", "4", "true"], 2: [None, "2.5e0", None]}


def test_text_under_the_name_of_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    path = write(tmp_path, "kode_desa\tnama\tjumlah\na\tb\t1\n", name="t.xls")
    assert cells_of(path)[1] == {2: ["a", "b", "1"]}


# ---- damaged and hostile files


def bomb(path: Path, size: int) -> Path:
    """Write a workbook whose sheet unpacks to far more than it is."""
    workbook(path, {"S": [NAMES, *CELLS]})
    raw = path.read_bytes()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name.endswith("sheet1.xml"):
                with new.open(name, "w") as stream:
                    for _ in range(size >> 20):
                        stream.write(b" " * (1 << 20))
            else:
                new.writestr(name, old.read(name))
    return path


def no_change(folder: Path, before: set[str]) -> bool:
    """Tell whether a folder holds what it held."""
    return {one.name for one in folder.iterdir()} == before


def error_of(path: Path) -> str | None:
    """Read a file and tell the error, if there is one of ours."""
    try:
        cells_of(path)
    except SibangkitError as error:
        return str(error)
    return None


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "empty": lambda folder: write(folder, ""),
    "header alone": lambda folder: write(folder, "kode_desa,nama\n"),
    "NUL bytes": lambda folder: write(folder, "kode_desa,nama\na\0b,c\nd,e\n"),
    "ten thousand columns": lambda folder: write(folder, ",".join(["x"] * 10_000) + "\n1\n"),
    "an open quotation": lambda folder: write(folder, 'kode_desa,nama\n"a,b\n' + "c,d\n" * 400_000),
    "a bomb": lambda folder: bomb(folder / "t.xlsx", 200 << 20),
    "half a workbook": lambda folder: _half(workbook(folder / "t.xlsx", {"S": [NAMES, *CELLS]})),
    "a zip that is none": lambda folder: write(folder, "PK\x03\x04 nothing", name="t.xlsx"),
    "half a layer": lambda folder: _half(points(folder / "t.gpkg", "GPKG")),
    "broken JSON": lambda folder: write(folder, '{"type": "FeatureCollection', name="t.geojson"),
    "half a Parquet": lambda folder: write(folder, "PAR1 nothing", name="t.parquet"),
    "members that climb": lambda folder: _climbing(folder / "t.zip"),
    "a JSON that is no layer": lambda folder: write(folder, json.dumps([1]), name="t.json"),
}  # fmt: skip


def _half(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _climbing(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../keluar.shp", b"x" * 100)
    return path


def test_one_guard_refuses_workbooks_and_layers_in_the_same_words(tmp_path: Path) -> None:
    path = bomb(tmp_path / "t.xlsx", 20 << 20)
    layer = tmp_path / "t.zip"
    layer.write_bytes(path.read_bytes())
    for reading in (
        lambda: workbook_sheets(path),
        lambda: look_at(path, "S", hidden=False),
        lambda: StreamedSheet(path, path.name, "S").head,
        lambda: sheet_names(layer),
    ):
        with pytest.raises(DataError, match=r"t\.\w+: the archive would unpack to far more"):
            reading()


def test_a_workbook_that_was_sound_is_looked_at_again_when_it_changes(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": [NAMES, *CELLS]})
    assert workbook_sheets(path) == ["S"]
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        start = book.getinfo("xl/worksheets/sheet1.xml").header_offset
    raw[start + 80] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"t\.xlsx: the archive is damaged"):
        workbook_sheets(path)


def test_a_layer_that_links_to_another_file_is_not_followed(tmp_path: Path) -> None:
    points(tmp_path / "lain.gpkg", "GPKG")
    link = tmp_path / "t.geojson"
    link.write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='lain'><SrcDataSource>"
        f"{tmp_path / 'lain.gpkg'}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(DataError, match=r"t\.geojson: damaged"):
        cells_of(link)
    with pytest.raises(DataError, match=r"t\.geojson: not a vector layer"):
        read_facilities(FacilitySource(str(link), "pasar", "pasar", 1.0, 2025), crs=4326)


def test_other_json_beside_the_layers_of_an_archive_is_passed_over(tmp_path: Path) -> None:
    points(tmp_path / "t.geojson", "GeoJSON", crs="EPSG:4326")
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("keterangan.json", "{}")
        archive.write(tmp_path / "t.geojson", "desa/t.geojson")
    assert sheet_names(path) == ["t"]
    assert len(cells_of(path)[1]) == 2


def test_facilities_of_several_layers_are_warned_about(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b"):
        points(folder / f"{name}.shp", "ESRI Shapefile")
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
    source = FacilitySource(str(path), "pasar", "pasar", 1.0, 2025)
    with pytest.warns(UserWarning, match=r"More than one layer found in 't\.zip': 'a' \(default\)"):
        assert len(read_facilities(source, crs=4326)[0]) == 2
    assert len(read_facilities(replace(source, layer="b"), crs=4326)[0]) == 2


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_end_in_one_clear_error_and_write_nothing(tmp_path: Path, kind: str) -> None:
    path = HOSTILE[kind](tmp_path)
    before = {one.name for one in tmp_path.iterdir()}
    with pytest.raises(SibangkitError) as caught:
        cells_of(path)
    assert path.name in str(caught.value)
    assert len(str(caught.value)) < 400
    assert no_change(tmp_path, before)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kode_desa,nama\n" + "a" * (2 << 20), "a cell has no end"),
        ('kode_desa,nama\na,"' + "b,c\n" * 400_000, "a cell has no end"),
        ("kode_desa,nama\n" + "a," * (17 << 20), "a row never ends"),
    ],
)
def test_a_row_without_end_is_said_so(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(DataError, match=f"no regular text table: {why}"):
        cells_of(write(tmp_path, text))


def test_a_row_longer_than_what_is_looked_at_is_read(tmp_path: Path) -> None:
    outline = "POLYGON " + "1 2;" * 200_000
    path = write(tmp_path, f"kode_desa,bentuk,jumlah\na,{outline},4\nb,{outline},5\n")
    assert [cells[2] for cells in cells_of(path)[1].values()] == ["4", "5"]


def test_a_long_name_of_a_column_is_cut_where_it_is_shown() -> None:
    assert [len(one) for one in shown_names(["x" * 200_000, "y" * 120])] == [121, 120]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"tiada\.csv: no such file"):
        cells_of(tmp_path / "tiada.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
def test_what_stands_in_place_of_a_file_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipa.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "lingkar.csv").symlink_to("lingkar.csv")
    (tmp_path / "putus.csv").symlink_to("tiada.csv")
    told = {
        "pipa.csv": "a device or a pipe",
        "folder.csv": "a folder, not a file",
        "lingkar.csv": "a link that leads to itself",
        "putus.csv": "a link to a file that is gone",
        "x" * 300: "File name too long",
        "https:/alamat/a.csv": "a web address",
        "a\0.csv": "no such file",
    }
    for name, problem in told.items():
        path = Path(name) if ":" in name else tmp_path / name
        with pytest.raises(MissingFileError, match=problem):
            cells_of(path)


@pytest.mark.parametrize(
    "suffix", ["csv", "xlsx", "xls", "ods", "parquet", "gpkg", "geojson", "zip"]
)
def test_random_bytes_are_read_or_refused(tmp_path: Path, suffix: str) -> None:
    rng = random.Random(suffix)
    for number in range(25):
        path = tmp_path / f"{number}.{suffix}"
        start = rng.choice([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1"])
        path.write_bytes(start + rng.randbytes(rng.randrange(1, 4_000)))
        before = {one.name for one in tmp_path.iterdir()}
        told = error_of(path)
        assert told is None or path.name in told
        assert no_change(tmp_path, before)


@given(cut=st.floats(min_value=0, max_value=0.99), kind=st.sampled_from(["xlsx", "ods", "gpkg"]))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_truncated_file_is_read_or_refused(tmp_path: Path, cut: float, kind: str) -> None:
    path = tmp_path / f"t.{kind}"
    path.unlink(missing_ok=True)
    if kind == "gpkg":
        points(path, "GPKG")
    else:
        workbook(path, {"S": [NAMES, *CELLS]})
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * cut)])
    told = error_of(path)
    assert path.name in told if told else len(cells_of(path)[1]) == 2
