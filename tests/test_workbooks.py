"""The whole workbook: sheets, formats of numbers, what is hidden or merged, pages called .xls."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import openpyxl
import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa
import xlsxwriter
import xlwt

from sibangkit_geo.errors import DataError, DegradedInputWarning, SibangkitError
from sibangkit_geo.model import limits
from sibangkit_geo.model.types import Finding, IntakeReport
from sibangkit_geo.products.intake_report import write_intake
from sibangkit_geo.registers.personal_texts import personal_texts
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.sources.intake_rules import rules
from sibangkit_geo.sources.readers import (
    TableSource,
    find_header,
    open_grid,
    sheet_names,
)
from sibangkit_geo.sources.readers.cells import Range, Seen, SheetCells
from sibangkit_geo.sources.readers.formats import read_format
from sibangkit_geo.sources.readers.grid import number_text, plain_column, plain_text
from sibangkit_geo.sources.readers.html_table import html_sheets
from sibangkit_geo.sources.text_tables import read_text_table, reading_notes
from sibangkit_geo.study import registers
from sibangkit_geo.study.begin import Known, inspect, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NAMES = ["Kode Desa", "Nama Desa", "Jumlah KK", "Persen Miskin"]
NAMED = ("Kode Desa", "Jumlah KK", "Persen Miskin")
A: list[Any] = ["16.07.01.2001", "Sungai Rebo", 1104, 8.15]
B: list[Any] = ["16.07.01.2002", "Sungai Gerong", 1269, 8.04]
C: list[Any] = ["16.07.10.2003", "Gasing", 531, 8.0]
SHARE, CODE = "0.00%", '00"."00"."00"."0000'


def read(
    path: Path, *, sheet: str = "", named: Sequence[str] = NAMED
) -> tuple[pd.DataFrame, list[str], tuple[Any, ...]]:
    """Read a village table: its cells, what is said of it, and the rows left out."""
    source = TableSource(path, sheet=sheet)
    table, left_out = read_text_table(source, named_by="test", named=named)
    return (
        table,
        [one.text.removeprefix(f"{path.name}: ") for one in reading_notes(table)],
        left_out,
    )


def book(path: Path, sheets: Mapping[str, Sequence[Any]]) -> Path:
    """Write a workbook."""
    with xlsxwriter.Workbook(path) as written:
        for name, rows in sheets.items():
            page = written.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return path


# ---- units of a cell


def test_numbers_with_decimals_carry_an_exponent_and_lose_it_for_people() -> None:
    stored = [1104.0, 1.104, -0.5, 1e-07, 1.6e18, float("nan"), float("inf")]
    told = ["1104", "1.104e0", "-0.5e0", "1e-07", "1.6e+18", "nan", "inf"]
    assert [number_text(one) for one in stored] == told
    assert [float(one) for one in told[:5]] == stored[:5]
    shares = [number_text(one, percent=True) for one in (0.0815, 1, 0.0, 1e-05)]
    assert shares == ["0.0815e2%", "1e2%", "0e2%", "1e-3%"]
    assert float("0.0815e2") == 8.15
    cells = ["1.104e0", "0.0815e2%", "1e2%", "1.6e+18", "Desa 2e0", ""]
    assert [plain_text(one) for one in cells] == ["1.104", "8.15%", "100%", *cells[3:]]
    assert plain_column(pl.Series(["1.104e0", "-7.5e0", "1e5", None])).to_list() == [
        "1.104", "-7.5", "1e5", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (CODE, "16.07.01.2001"),
        (r"00\.00\.00\.0000", "16.07.01.2001"),
        ("0000000000", "1607012001"),
        ("0000000000000000", "0000001607012001"),
        ('"16.07."0000000000', "16.07.1607012001"),
        ("000-000", "1607012-001"),
        ("0", "1607012001"),
        ("0.00", "1607012001"),
        ("#,##0", "1607012001"),
        ('0" jiwa"', "1607012001"),
        ('"Rp"000', "1607012001"),
        (r"0.00\%", "1607012001"),
        ("@", "1607012001"),
        ("General", "1607012001"),
        ("[Red]0%", "1607012001e2%"),
    ],
)
def test_a_format_of_zeros_and_separators_is_a_code(code: str, text: str) -> None:
    assert read_format(code).text(1607012001) == text


def test_a_code_format_leaves_what_is_no_code_a_number() -> None:
    assert [read_format("0000").text(one) for one in (12, 12.5, -12)] == ["0012", "12.5e0", "-12"]
    assert read_format("dd/mm/yyyy").text(45658) == "2025-01-01"
    # 366 days and the leap day of 1900 that never was, and four years
    assert read_format("dd/mm/yyyy").text(0, first_day=1462) == "1904-01-01"
    assert read_format("dd/mm/yyyy").text(1e12) == "1000000000000"


def formatted_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path) as written:
        page = written.add_worksheet("S")
        page.write_row(0, 0, [*NAMES, "Tanggal", "Teks"])
        forms = [CODE, None, "#,##0", SHARE, "dd/mm/yyyy", "@"]
        for place, (value, form) in enumerate(zip(FORMATTED, forms, strict=True)):
            page.write(1, place, value, written.add_format({"num_format": form} if form else {}))


def formatted_xls(path: Path) -> None:
    written = xlwt.Workbook()
    page = written.add_sheet("S")
    forms = [CODE, "General", "#,##0", SHARE, "dd/mm/yyyy", "@"]
    for place, name in enumerate([*NAMES, "Tanggal", "Teks"]):
        page.write(0, place, name)
        page.write(1, place, FORMATTED[place], xlwt.easyxf(num_format_str=forms[place]))
    written.save(str(path))


ODS = """<office:document-content office:version="1.2"
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:automatic-styles>
<number:number-style style:name="N1"><number:number number:decimal-places="0"
 number:min-integer-digits="10"><number:embedded-text number:position="4">.</number:embedded-text>
<number:embedded-text number:position="6">.</number:embedded-text>
<number:embedded-text number:position="8">.</number:embedded-text></number:number>
</number:number-style>
<number:number-style style:name="N2"><number:number number:decimal-places="0"
 number:min-integer-digits="4" number:grouping="true"/></number:number-style>
<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="ce2" style:family="table-cell" style:data-style-name="N2"/>
</office:automatic-styles><office:body><office:spreadsheet>%s</office:spreadsheet></office:body>
</office:document-content>"""


def ods(path: Path, tables: str) -> Path:
    """Write an ODS file."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS % tables)
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest "
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
            "</manifest:manifest>",
        )
    return path


def ods_row(*cells: object, row: str = "") -> str:
    """Write a row; a pair is a cell with attributes of its own."""
    written = ""
    for one in cells:
        attributes, value = one if isinstance(one, tuple) else ("", one)
        if isinstance(value, (int, float)):
            kind = "" if "value-type" in attributes else 'office:value-type="float" '
            written += f'<table:table-cell {kind}{attributes} office:value="{value}"/>'
        elif value:
            written += (
                f'<table:table-cell office:value-type="string" {attributes}>'
                f"<text:p>{value}</text:p></table:table-cell>"
            )
        else:
            written += f"<table:table-cell {attributes}/>"
    return f"<table:table-row {row}>{written}</table:table-row>"


def formatted_ods(path: Path) -> None:
    share = ('office:value-type="percentage"', 0.0815)
    date = '<table:table-cell office:value-type="date" office:date-value="2025-01-01"/>'
    row = ods_row(('table:style-name="ce1"', FORMATTED[0]), FORMATTED[1],
                  ('table:style-name="ce2"', 1104), share)  # fmt: skip
    row = row.replace("</table:table-row>", date + ods_row(12).partition(">")[2])
    head = ods_row(*NAMES, "Tanggal", "Teks")
    ods(path, f'<table:table table:name="S">{head}{row}</table:table>')


XML = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="Default"/><Style ss:ID="s1"><NumberFormat ss:Format="Percent"/></Style>
<Style ss:ID="s2" ss:Parent="s1"/>
<Style ss:ID="s3"><NumberFormat
 ss:Format="00&quot;.&quot;00&quot;.&quot;00&quot;.&quot;0000"/></Style>
<Style ss:ID="s4"><NumberFormat ss:Format="Standard"/></Style></Styles>%s</Workbook>"""


def xml_cell(value: object, attributes: str = "") -> str:
    """Write a cell."""
    kind = "Number" if isinstance(value, (int, float)) else "String"
    data = "" if value is None else f'<Data ss:Type="{kind}">{value}</Data>'
    return f"<Cell {attributes}>{data}</Cell>"


def xml_row(*cells: object, row: str = "") -> str:
    """Write a row."""
    written = "".join(str(one) if str(one).startswith("<Cell") else xml_cell(one) for one in cells)
    return f"<Row {row}>{written}</Row>"


def xml(path: Path, sheets: dict[str, str], options: str = "") -> Path:
    """Write an XML Spreadsheet 2003."""
    text = "".join(
        f'<Worksheet ss:Name="{name}"><Table>{rows}</Table>{options}</Worksheet>'
        for name, rows in sheets.items()
    )
    path.write_text(XML % text, encoding="utf-8")
    return path


def formatted_xml(path: Path) -> None:
    date = '<Cell><Data ss:Type="DateTime">2025-01-01T00:00:00.000</Data></Cell>'
    code, grouped = xml_cell(FORMATTED[0], 'ss:StyleID="s3"'), xml_cell(1104, 'ss:StyleID="s4"')
    cells = [code, FORMATTED[1], grouped, xml_cell(0.0815, 'ss:StyleID="s2"'), date, 12]
    xml(path, {"S": xml_row(*NAMES, "Tanggal", "Teks") + xml_row(*cells)})


FORMATTED: list[Any] = [1607012001, "Sungai Rebo", 1104, 0.0815, 45658, 12]
WRITERS: dict[str, Callable[[Path], None]] = {
    "t.xlsx": formatted_xlsx,
    "t.xls": formatted_xls,
    "t.ods": formatted_ods,
    "u.xls": formatted_xml,
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_format_of_a_number_travels_with_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    table, _, _ = read(path)
    expected = ["16.07.01.2001", "Sungai Rebo", "1104", "0.0815e2%", "2025-01-01", "12"]
    assert table.iloc[0].tolist() == expected
    assert table.index.tolist() == [2]


def test_numbers_of_parquet_layers_and_databases_carry_the_exponent_too(tmp_path: Path) -> None:
    frame = pl.DataFrame({"kode": ["a"], "n": [1.104], "k": [4.0]})
    frame = frame.with_columns(pl.col("n").cast(pl.Decimal(10, 3)).alias("d"))
    frame.write_parquet(tmp_path / "t.parquet")
    layer = gpd.GeoDataFrame(
        {"kode": ["a"], "n": [1.104], "k": [4.0]}, geometry=gpd.points_from_xy([104], [-2]),
        crs="EPSG:4326",
    )  # fmt: skip
    layer.to_file(tmp_path / "t.gpkg")
    url = f"sqlite:///{tmp_path / 't.db'}"
    with sa.create_engine(url).begin() as link:
        link.execute(sa.text("CREATE TABLE t (kode TEXT, n REAL, k REAL)"))
        link.execute(sa.text("INSERT INTO t VALUES ('a', 1.104, 4.0)"))
    sources = [TableSource(tmp_path / one) for one in ("t.parquet", "t.gpkg")]
    for source in [*sources, TableSource(Path("t"), url=url, table="t")]:
        grid = open_grid(source, named_by="test")
        row = next(grid.batches([0, 1, 2], first_row=1, width=3)).row(0)
        assert row[1:4] == ("a", "1.104e0", "4")
        assert (grid.remarks, grid.sheets, grid.row_label(12)) == ((), (), "12")
    whole = open_grid(sources[0], named_by="test")
    assert next(whole.batches([3], first_row=1, width=4))["c3"].to_list() == ["1.104e0"]


# ---- several sheets


def joined(path: Path) -> Path:
    """Write sheets that share a header, and others."""
    turned = [["Persen Miskin", "KODE DESA", "Keterangan", "jumlah kk"], [8.0, C[0], "baru", 531]]
    title = [["DATA DESA"], ["Kecamatan Rambutan"], [], NAMES, B]
    return book(path, {
        "Petunjuk": [["Baca dulu"], ["isi"]],
        "Banyuasin I": [NAMES, A],
        "Kosong": [],
        "Rambutan": title,
        "Rekap": [["Kecamatan", "Jumlah KK"], ["Banyuasin I", 1104]],
        "Talang": turned,
        "Tanpa": [NAMES],
    })  # fmt: skip


def test_sheets_that_share_a_header_are_one_table(tmp_path: Path) -> None:
    table, told, _ = read(joined(tmp_path / "t.xlsx"))
    assert table.index.tolist() == ["Banyuasin I!2", "Rambutan!5", "Talang!2"]
    assert table["Kode Desa"].tolist() == [A[0], B[0], C[0]]
    assert table["Nama Desa"].tolist() == ["Sungai Rebo", "Sungai Gerong", pd.NA]
    assert table["Persen Miskin"].tolist() == ["8.15e0", "8.04e0", "8"]
    assert told == [
        "3 lembar berjudul kolom sama dibaca sebagai satu tabel: Banyuasin I, Rambutan, Talang.",
        (
            "Lembar yang tidak dibaca: Petunjuk (judul kolom lain), Kosong (kosong), "
            "Rekap (judul kolom lain), Tanpa (tanpa baris)."
        ),
    ]


def test_a_sheet_that_is_named_is_read_alone_as_it_was(tmp_path: Path) -> None:
    table, told, _ = read(joined(tmp_path / "t.xlsx"), sheet="Rambutan")
    assert table.index.tolist() == [5]
    assert told == []


def test_rows_of_joined_sheets_are_numbered_apart_and_faults_name_the_sheet(tmp_path: Path) -> None:
    path = joined(tmp_path / "t.xlsx")
    grid = open_grid(TableSource(path), named_by="test", known={"kode_desa", "jumlah_kk"})
    header = find_header(grid, known={"kode_desa", "jumlah_kk"})
    frames = list(grid.batches([0, 1], first_row=header.first_row, width=4))
    assert pl.concat(frames)["row"].to_list() == [2, 10_000_005, 20_000_002]
    assert [grid.row_label(row) for row in (2, 10_000_005)] == ["Banyuasin I!2", "Rambutan!5"]
    assert grid.name == "t.xlsx"
    doubled = [[*NAMES, "Jumlah KK"], [*C, 3]]
    book(path, {"Satu": [NAMES, A], "Dua": doubled})
    with pytest.raises(DataError, match=r"t\.xlsx \[Dua\].*Jumlah KK \(columns C, E\)"):
        read(path)


def test_sheets_about_different_things_are_not_one_table(tmp_path: Path) -> None:
    one = ["Kode Desa", "Nama Desa", "SD", "SMP", "SMA", "MI"]
    two = ["Kode Desa", "Nama Desa", "Puskesmas", "Posyandu", "Bidan", "Dokter"]
    path = book(
        tmp_path / "t.xlsx",
        {"Pendidikan": [one, [*A[:2], 1, 2, 3, 4]], "Kesehatan": [two, [*A[:2], 1, 2, 3, 4]]},
    )
    grid = open_grid(TableSource(path), named_by="test", known={"kode_desa", "nama_desa"})
    assert grid.sheets == ()
    assert grid.remarks == ("Lembar yang tidak dibaca: Kesehatan (judul kolom lain).",)


def test_a_sheet_whose_rows_all_stand_in_others_is_left_out(tmp_path: Path) -> None:
    numbered = ["No", *NAMES]
    path = book(tmp_path / "t.xlsx", {
        "SEMUA": [numbered, [1, *A], [2, *B], [3, *C], ["", "", "Jumlah", 2904, ""]],
        "Satu": [numbered, [1, *A], [2, *B]],
        "Dua": [numbered, [1, *C]],
        "Salinan": [numbered, [1, *A], [2, *B]],
    })  # fmt: skip
    table, told, _ = read(path)
    assert table.index.tolist() == ["Satu!2", "Satu!3", "Dua!2"]
    assert told[-1] == "Lembar SEMUA, Salinan tidak dibaca: semua barisnya ada di lembar lain."


def test_households_that_say_the_same_by_chance_are_kept(tmp_path: Path) -> None:
    # the second sheet has each row once; the first has one of them once and the other twice
    path = book(tmp_path / "t.xlsx", {"RT 1": [NAMES, A, A, B], "RT 2": [NAMES, A, B]})
    assert len(read(path)[0]) == 5


def test_a_sheet_that_lacks_one_column_is_warned_of(tmp_path: Path) -> None:
    other = [*NAMES[:2], "Jml KK", NAMES[3]]
    path = book(tmp_path / "t.xlsx", {"Satu": [NAMES, A], "Dua": [other, B]})
    with pytest.warns(DegradedInputWarning, match=r"\[Dua\].*tidak ada kolom jumlah_kk"):
        assert len(read(path)[0]) == 1


@pytest.mark.parametrize("first", [["1607019900000001", "SITI"], ["SITI", 4]])
def test_a_table_without_a_header_is_refused_and_shows_no_cell(
    tmp_path: Path, first: list[object]
) -> None:
    path = book(tmp_path / "t.xlsx", {"S": [first, ["1607019900000002", "BUDI"]]})
    with pytest.raises(DataError, match="no header row is found") as caught:
        inspect(path, known=Known())
    assert "SITI" not in str(caught.value)
    assert "1607" not in str(caught.value)


def test_cells_of_people_in_a_header_are_not_shown(tmp_path: Path) -> None:
    names = ["NIK", "Nama KK: SITI", "1607019900000001", "Jumlah\nKK 2024"]
    path = book(tmp_path / "t.xlsx", {"S": [names, ["1", "2", "3", "4"]]})
    text = text_of(inspect(path, known=Known()))
    assert "SITI" not in text
    assert "16070199" not in text
    assert "kolom C" in text
    assert "Jumlah KK 2024" in text
    with pytest.raises(DataError, match="no column named Jumlah KK") as caught:
        read(path, named=("NIK", "Jumlah KK"))
    assert "16070199" not in str(caught.value)


def test_one_sheet_with_the_header_is_read_as_before(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", {"Petunjuk": [["Baca dulu"]], "Data": [NAMES, A]})
    table, told, _ = read(path)
    assert table.index.tolist() == [2]
    assert told == ["Lembar yang tidak dibaca: Petunjuk (judul kolom lain)."]
    assert (
        open_grid(TableSource(path), named_by="test", known={"kode_desa"}).name == "t.xlsx [Data]"
    )


def test_very_large_sheets_are_joined_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, told, _ = read(joined(tmp_path / "t.xlsx"))
    monkeypatch.setattr(limits, "CELLS", 1)
    streamed, again, _ = read(tmp_path / "t.xlsx")
    pd.testing.assert_frame_equal(streamed, whole)
    assert again == told


# ---- hidden, filtered, merged, not worked out


def hidden_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path) as written:
        page = written.add_worksheet("Satu")
        other = written.add_worksheet("Dua")
        other.hide()
        other.write_row(0, 0, NAMES)
        other.write_row(1, 0, C)
        for at, row in enumerate([NAMES, A, B]):
            page.write_row(at, 0, row)
        page.set_row(2, None, None, {"hidden": True})
        page.set_row(9, None, None, {"hidden": True})
        page.set_column(1, 1, None, None, {"hidden": True})


def hidden_xls(path: Path) -> None:
    written = xlwt.Workbook()
    page, other = written.add_sheet("Satu"), written.add_sheet("Dua")
    other.visibility = 1
    for at, row in enumerate([NAMES, A, B]):
        for place, value in enumerate(row):
            page.write(at, place, value)
            if at < 2:
                other.write(at, place, value if at == 0 else C[place])
    page.row(2).hidden = 1
    page.col(1).hidden = True
    written.save(str(path))


def hidden_ods(path: Path) -> None:
    column = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    rows = ods_row(*NAMES) + ods_row(*A) + ods_row(*B, row='table:visibility="collapse"')
    other = f'<table:table table:name="Dua">{ods_row(*NAMES)}{ods_row(*C)}</table:table>'
    ods(path, f'<table:table table:name="Satu">{column}{rows}</table:table>{other}')


def hidden_xml(path: Path) -> None:
    rows = '<Column/><Column ss:Hidden="1"/>' + xml_row(*NAMES) + xml_row(*A)
    xml(
        path,
        {"Satu": rows + xml_row(*B, row='ss:Hidden="1"'), "Dua": xml_row(*NAMES) + xml_row(*C)},
    )
    text = path.read_text()
    options = "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>"
    at = text.rindex("</Worksheet>")
    path.write_text(text[:at] + options + text[at:])


@pytest.mark.parametrize(
    ("name", "write"),
    [("t.xlsx", hidden_xlsx), ("t.xls", hidden_xls), ("t.ods", hidden_ods), ("u.xls", hidden_xml)],
)
def test_what_is_hidden_is_read_and_said(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    table, told, _ = read(tmp_path / name)
    assert table.index.tolist() == ["Satu!2", "Satu!3", "Dua!2"]
    assert "Lembar Satu: 1 baris tersembunyi ikut dibaca." in told
    assert "Lembar Satu: 1 kolom tersembunyi ikut dibaca (B)." in told
    assert ("Lembar Dua: Lembar tersembunyi ikut dibaca." in told) == (name != "t.ods")


def test_rows_that_a_filter_hides_are_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as written:
        page = written.add_worksheet("S")
        for at, row in enumerate([NAMES, A, B, C]):
            page.write_row(at, 0, row)
        page.autofilter(0, 0, 3, 3)
        page.filter_column("C", "x > 1200")
        page.set_row(1, options={"hidden": True})
        page.set_row(3, options={"hidden": True})
    table, told, _ = read(path)
    assert len(table) == 3
    assert told == ["2 baris yang tersaring (filter) ikut dibaca."]


def test_formulas_without_a_saved_value_are_named(tmp_path: Path) -> None:
    written = openpyxl.Workbook()
    for row in (NAMES, [*A[:2], "=500+604", 8.15], [*B[:3], "=8+0.04"], C):
        written.active.append(row)
    written.save(tmp_path / "t.xlsx")
    table, told, _ = read(tmp_path / "t.xlsx")
    assert table["Jumlah KK"].tolist() == [pd.NA, "1269", "531"]
    assert "".join(told) == (
        "2 rumus tanpa nilai tersimpan dibaca sebagai sel kosong "
        "(kolom C, D; baris pertama: 2, 3). Buka di Excel, hitung ulang (F9), simpan, lalu ulangi."
    )
    with xlsxwriter.Workbook(tmp_path / "u.xlsx") as sound:
        page = sound.add_worksheet()
        page.write_row(0, 0, NAMES)
        page.write_row(1, 0, A)
        page.write_formula(1, 2, "=500+604", None, 1104)
        page.write_formula(1, 1, '="a"', None, "a")
    assert read(tmp_path / "u.xlsx")[1] == []


def test_merged_cells_below_the_header_are_spread(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as written:
        page = written.add_worksheet("S")
        page.merge_range(0, 0, 0, 4, "DAFTAR DESA")
        for at, row in enumerate(
            [["Kecamatan", *NAMES], ["", *A], ["", *B[:3]], ["Talang", *C[:2]]], 1
        ):
            page.write_row(at, 0, row)
        page.merge_range(2, 0, 3, 0, "Rambutan")
        page.merge_range(2, 4, 3, 4, 8.5)
        # two columns of numbers: the number stays in the first; a text goes to both
        page.merge_range(4, 3, 4, 4, 531)
        page.merge_range(5, 0, 7, 3, "Mengetahui")
    table, told, left_out = read(path)
    assert table["Kecamatan"].tolist() == ["Rambutan", "Rambutan", "Talang"]
    assert table["Persen Miskin"].tolist() == ["8.5e0", "8.5e0", pd.NA]
    assert left_out == (6,)
    assert "".join(told) == (
        "2 sel kosong yang tercakup sel gabungan diisi dengan isi gabungannya, "
        "juga angka (kolom E): periksa jumlahnya."
    )


def test_merged_ranges_that_overlap_end_the_spreading() -> None:
    rows = [["a", "b"], ["x", ""], ["y", "z"]]
    whole = [Range(1, 0, 1_000_000, 5_000)] * 3
    cells = SheetCells("t", rows, "S", Seen(merged=tuple(whole)))
    assert cells.spread(first_row=2, width=2)[0].rows == [["a", "b"], ["x", "x"], ["y", "z"]]


# ---- rows that are no data

REPEATED = [
    ["DATA DESA", "", "", ""],
    NAMES,
    ["(1)", "(2)", "(3)", "(4)"],
    A,
    ["", "Jumlah", 1104, ""],
    ["DATA DESA", "", "", ""],
    NAMES,
    ["(1)", "(2)", "(3)", "(4)"],
    B,
    ["", "", "", ""],
    ["", "Mengetahui,", "Pangkalan Balai, Mei 2025", ""],
    ["", "Camat Rambutan", "Kepala Desa", ""],
    ["", "", "", ""],
    ["", "(nama satu)", "(nama dua)", ""],
    ["", "NIP 1970", "NIP 1980", ""],
]


def test_headers_again_footers_and_signatures_are_left_out_of_a_village_table(
    tmp_path: Path,
) -> None:
    table, _, left_out = read(book(tmp_path / "t.xlsx", {"S": REPEATED}))
    assert table.index.tolist() == [4, 9]
    assert left_out == (5, 6, 7, 8, 11, 12, 14, 15)


def test_a_second_page_with_a_fuller_header_does_not_swallow_the_first(tmp_path: Path) -> None:
    # the first page spells the households in its own way, so that the second names one more
    first = [*NAMES[:2], "Jml KK Th 2024", NAMES[3]]
    path = book(tmp_path / "t.xlsx", {"S": [["LAPORAN"], first, A, B, NAMES, C]})
    with pytest.raises(DataError, match="Jumlah KK"):
        read(path)
    table, _, left_out = read(path, named=(NAMES[0], first[2]))
    assert list(table.columns) == first
    assert table.index.tolist() == [3, 4, 6]
    assert left_out == (5,)


def test_a_stacked_header_that_comes_again_in_one_row_is_left_out(tmp_path: Path) -> None:
    stacked = [[*NAMES[:2], "Data", ""], ["", "", *NAMES[2:]]]
    table, _, left_out = read(book(tmp_path / "t.xlsx", {"S": [*stacked, A, B, NAMES, C]}))
    assert table.index.tolist() == [3, 4, 6]
    assert left_out == (5,)


def test_headers_again_footers_and_signatures_are_left_out_of_a_register(tmp_path: Path) -> None:
    head = ["nama_kepala", "kode_desa", "jenis_lantai", "jumlah_art"]
    rows = [
        head,
        ["Siti Aminah", "16.07.01.2001", 1, 4],
        head,
        ["Budi Santoso", "16.07.01.2002", 2, 3],
        ["", "", "Mengetahui", "Pangkalan Balai"],
        ["", "", "Camat", "Kepala Desa"],
        ["", "", "(nama satu)", "(nama dua)"],
    ]
    path = book(tmp_path / "r.xlsx", {"S": rows})
    register = open_register(
        TableSource(path), generation="regsosek2022", named={}, required=("village_code",)
    )
    kept = [row for one in register.batches() for row in one.rows["row"].to_list()]
    assert kept == [2, 4]
    assert [one.rows for one in register.gathered.findings() if one.kind == "not_data"] == [
        (3, 5, 6, 7)
    ]


def test_a_household_without_a_village_is_no_signature(tmp_path: Path) -> None:
    rows = [
        ["kode_desa", "jenis_lantai", "jenis_dinding", "jumlah_art"],
        ["16.07.01.2001", 1, 1, 4],
        ["", 1, 2, 4],
    ]
    register = open_register(
        TableSource(book(tmp_path / "r.xlsx", {"S": rows})),
        generation="regsosek2022", named={}, required=("village_code",),
    )  # fmt: skip
    assert [row for one in register.batches() for row in one.rows["row"].to_list()] == [2, 3]


# ---- registers of several sheets


def test_findings_of_joined_registers_name_their_sheet(tmp_path: Path) -> None:
    head = ["kode_desa", "jenis_lantai", "jumlah_art"]
    sheets = {
        "Kec. Satu": [head, ["16.07.01.2001", 1, 4], ["16.07.01.2001", 1, 400]],
        "Kec. Dua": [["Judul"], head, ["16.07.10.2003", 2, 500], ["16.07.10.2003", 2, 5]],
    }
    register = open_register(
        TableSource(book(tmp_path / "r.xlsx", sheets)),
        generation="regsosek2022", named={}, required=("village_code",),
    )  # fmt: skip
    for _ in register.batches():
        pass
    report = registers.register_report(register, 4)
    assert report.sheets == ("Kec. Satu", "Kec. Dua")
    found = next(one for one in report.findings if one.kind == "out_of_range")
    assert [report.place(row) for row in found.rows] == [("Kec. Satu", 3), ("Kec. Dua", 3)]
    page, written = write_intake([report], tmp_path / "lap", created="2026-01-01T00:00:00+00:00")
    text = page.read_text("utf-8")
    assert "<th>Lembar</th>" in text
    assert "<td>Kec. Dua</td><td>1</td><td>3</td>" in text
    assert "2 lembar berjudul kolom sama" in text
    listed = openpyxl.load_workbook(written)[rules()["out_of_range"].title]
    rows = [row[:3] for row in listed.iter_rows(min_row=6, values_only=True)]
    assert rows == [
        ("Nomor baris", "Lembar", "Kolom"), (3, "Kec. Satu", "jumlah_art"),
        (3, "Kec. Dua", "jumlah_art"),
    ]  # fmt: skip


def test_a_report_of_one_sheet_has_no_column_for_it(tmp_path: Path) -> None:
    report = IntakeReport("r", 2, 2, (Finding("not_data", "", (3, 10_000_004)),), columns={})
    page, _ = write_intake([report], tmp_path, created="2026-01-01T00:00:00+00:00")
    assert "Lembar" not in page.read_text("utf-8")
    assert report.place(10_000_004) == ("", 10_000_004)


def test_points_are_looked_for_as_people_write_them(tmp_path: Path) -> None:
    head = ["kode_desa", "jenis_lantai", "jumlah_art", "longitude", "latitude"]
    rows = [head, ["16.07.01.2001", 1, 4, 104.812345678, -2.9]]
    register = open_register(
        TableSource(book(tmp_path / "r.xlsx", {"S": rows})),
        generation="regsosek2022", named={}, required=("village_code",),
    )  # fmt: skip
    told = personal_texts(register)
    assert told == {"104.812345678 -2.9", "-2.9 104.812345678", "104.812345678"}
    households = next(register.batches())
    assert households.rows["longitude"].to_list() == [104.812345678]


# ---- pages and XML under the name of a workbook

PAGE = """<html><head><meta charset="{charset}"><style>td {{mso-number-format:"\\@"}}</style></head>
<body><table><tr><td>menu<table><tr><th>No</th></tr></table></td></tr></table>
<h3>DATA</h3><table border=1><caption>x</caption><thead>
<tr><th rowspan=2>Kecamatan<th rowspan="2">Kode&nbsp;Desa</th><th colspan=2>Jumlah</th></tr>
<tr><th>Jumlah <b>KK</b></th><th>Persen<br>Miskin</th></tr></thead>
<tr><td rowspan=2>Rambutan</td><td style="mso-number-format:'\\@'">16.07.01.2001</td>
 <td><font>1&#46;104</font><script>alert("9")</script></td><td> 8,15&nbsp;% </td></tr>
<tr style="display: none"><td>16.07.01.2002</td><td>1.269</td><td>8,04</td>
<tr><td>D&eacute;sa é</td><td>16.07.10.2003<td>531<td>8<!-- tidak ada --></table></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "utf-16"])
@pytest.mark.parametrize("name", ["t.xls", "t.html"])
def test_a_page_under_the_name_of_a_workbook_is_read(
    tmp_path: Path, charset: str, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(PAGE.format(charset=charset).encode(charset))
    table, told, _ = read(path)
    assert table["Kode Desa"].tolist() == ["16.07.01.2001", "16.07.01.2002", "16.07.10.2003"]
    assert table["Jumlah KK"].tolist() == ["1.104", "1.269", "531"]
    assert table["Persen Miskin"].tolist() == ["8,15 %", "8,04", "8"]
    assert table["Kecamatan"].tolist() == ["Rambutan", "Rambutan", "Désa é"]
    first = "Lembar tabel 3: Dibaca sebagai tabel HTML, walau namanya berakhir .xls."
    assert told == [
        *[first][: name == "t.xls"],
        "Lembar tabel 3: 1 baris tersembunyi ikut dibaca.",
        "Lembar tabel 3: 1 sel kosong yang tercakup sel gabungan diisi dengan isi gabungannya.",
        "Lembar yang tidak dibaca: tabel 1 (judul kolom lain), tabel 2 (judul kolom lain).",
    ]
    assert sheet_names(path) == ["tabel 1", "tabel 2", "tabel 3"]


def test_a_page_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xls"
    path.write_text("<table><tr><td>a</td></tr></table><table><tr><td>kode</td></tr><tr><td>16.07")
    with pytest.raises(DataError, match="cut off, its last table has no end"):
        html_sheets(path)


def test_an_encoding_that_a_page_claims_falsely_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "t.xls"
    path.write_bytes(PAGE.format(charset="utf-8").encode("cp1252"))
    assert read(path)[0]["Kecamatan"].tolist()[-1] == "Désa é"


def test_tables_of_a_page_that_share_a_header_are_one(tmp_path: Path) -> None:
    def rows(*lines: Sequence[object]) -> str:
        cells = ("".join(f"<td>{one}</td>" for one in line) for line in lines)
        return "<table>" + "".join(f"<tr>{line}</tr>" for line in cells) + "</table>"

    path = tmp_path / "t.xls"
    path.write_text(rows(NAMES, A) + rows(NAMES, B, C))
    assert read(path)[0].index.tolist() == ["tabel 1!2", "tabel 2!2", "tabel 2!3"]


def test_an_xml_spreadsheet_is_read_with_its_gaps_and_merged_cells(tmp_path: Path) -> None:
    rows = (
        xml_row("DATA") + xml_row("Kecamatan", *NAMES, row='ss:Index="3"')
        + xml_row(xml_cell("Rambutan", 'ss:MergeDown="1"'), *A)
        + xml_row(xml_cell(B[0], 'ss:Index="2"'), *B[1:3], xml_cell(None, 'ss:Formula="=R1C1"'))
    )  # fmt: skip
    table, told, _ = read(xml(tmp_path / "t.xls", {"Data & lain".replace("&", "&amp;"): rows}))
    assert table.index.tolist() == [4, 5]
    assert table["Kecamatan"].tolist() == ["Rambutan", "Rambutan"]
    assert table["Jumlah KK"].tolist() == ["1104", "1269"]
    assert told[0] == "Dibaca sebagai XML Spreadsheet 2003, walau namanya berakhir .xls."
    assert "1 rumus tanpa nilai tersimpan" in told[1]
    assert "(kolom E; baris pertama: 5)" in told[1]


HOSTILE = {
    "no table": "<html><body>tidak ada</body></html>",
    "frames": "<html><frameset><frame src='a.htm'></frameset></html>",
    "entities": XML.replace(
        "<?mso", '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;"><!ENTITY '
        'c SYSTEM "file:///etc/passwd">]><?mso'
    )
    % (
        '<Worksheet ss:Name="S"><Table><Row><Cell><Data>&b;&c;</Data></Cell></Row></Table>'
        "</Worksheet>"
    ),
    "a row far away": XML % ('<Worksheet ss:Name="S"><Table><Row ss:Index="2000000000"/>'
                             "</Table></Worksheet>"),
    "half of it": (XML % '<Worksheet ss:Name="S"><Table><Row>').removesuffix("</Workbook>"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_pages_and_xml_without_a_table_end_in_one_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t.xls"
    path.write_text(HOSTILE[kind])
    with pytest.raises(DataError, match=r"t\.xls: ") as caught:
        read(path)
    assert "root:" not in str(caught.value)


def test_cells_that_claim_to_be_everywhere_take_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.xls"
    row = "<tr><td colspan=999999 rowspan=0>a<td colspan=999>b<td>c"
    path.write_text(f"<table>{row * 300}</table>")
    rows = html_sheets(path)[0].rows
    assert max(map(len, rows)) <= 2_001
    monkeypatch.setattr(limits, "CELLS", 100)
    with pytest.raises(DataError, match=r"t\.xls: too large"):
        html_sheets(path)


def test_a_workbook_under_the_name_of_another_is_read(tmp_path: Path) -> None:
    book(tmp_path / "t.xlsx", {"S": [NAMES, A]})
    for name in ("t.xls", "t.ods", "t.dat"):
        path = (tmp_path / "t.xlsx").with_name(name)
        path.write_bytes((tmp_path / "t.xlsx").read_bytes())
        assert read(path)[0]["Jumlah KK"].tolist() == ["1104"]


def test_xlsx_with_a_prefix_and_formats_is_read(tmp_path: Path) -> None:
    formatted_xlsx(tmp_path / "t.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "t.xlsx") as old,
        zipfile.ZipFile(tmp_path / "u.xlsx", "w") as new,
    ):
        for name in old.namelist():
            raw = old.read(name)
            if name.endswith(("sheet1.xml", "sharedStrings.xml")):
                raw = raw.replace(b"</", b"</x:").replace(b"<x:/", b"</").replace(b"<", b"<x:")
                raw = raw.replace(b"<x:/x:", b"</x:").replace(b"<x:?xml", b"<?xml")
                raw = raw.replace(b'xmlns="', b'xmlns:x="')
            new.writestr(name, raw)
    assert read(tmp_path / "u.xlsx")[0].iloc[0].tolist()[:4] == [
        "16.07.01.2001", "Sungai Rebo", "1104", "0.0815e2%",
    ]  # fmt: skip


# ---- files that went wrong

KINDS = {
    # facts of the files: villages, households, how the first share is written
    "persen_format": ("desa.xlsx", 25, 21_664, "0.0815e2%"),
    "banyak_lembar": ("desa.xlsx", 25, 21_664, "8.15e0"),
    "html_xls": ("desa.xls", 305, 272_360, "8,15"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_went_wrong_are_read(shared: Path, kind: str) -> None:
    file, villages, households, share = KINDS[kind]
    table, told, left_out = read(shared / "cases" / kind / file)
    assert (len(table), table["Jumlah KK"].astype(int).sum()) == (villages, households)
    assert table["Persen Miskin"].iloc[0] == share
    assert left_out == ()
    assert len(told) == (kind != "persen_format")


def error_of(path: Path) -> str | None:
    """Read a file and tell the error, if there is one of ours."""
    try:
        read(path)
    except SibangkitError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_workbooks_are_read_or_refused_and_end(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    rng = random.Random(name)
    for number in range(40):
        path = tmp_path / f"{number}{name[1:]}"
        damaged = bytearray(raw)
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(1, 4))
        path.write_bytes(damaged)
        told = error_of(path)
        assert told is None or path.name in told


def test_an_ods_whose_xml_is_cut_off_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr("content.xml", (ODS % ods_row(*NAMES))[:-60])
    with pytest.raises(DataError, match=r"t\.ods: the workbook is damaged"):
        read(tmp_path / "t.ods")
