"""The workbook read back: sheets, ranking, no formula, the same bytes."""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from sibangkit_geo.products.book_writer import sheet_name
from sibangkit_geo.products.tables import OpenTables, open_tables
from sibangkit_geo.products.words import numbered_name
from sibangkit_geo.products.workbook import write_workbook
from tests.demo_product import HOSTILE, demo_change, demo_product, demo_ready, without_pockets

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = [
    "Ringkasan", "Desa", "Kantong", "Kebutuhan OPD", "Ketepatan sasaran", "Anggaran", "Hasil uji",
    "Janji mitra",
]  # fmt: skip
# of the office, which the machine may have without its spreadsheet
OFFICE = shutil.which("soffice")


def _agencies() -> list[str]:
    return [f"OPD {one}" for one in dict.fromkeys(tables().needs["opd"])]


def _districts() -> list[str]:
    villages = demo_product().measured.villages.sort_values("district_code")
    return [f"Kec. {one}" for one in dict.fromkeys(villages["district_name"])]


def sheets() -> list[str]:
    return [*PLAIN, *_agencies(), *_districts(), "Catatan", "Kamus"]


@cache
def tables() -> OpenTables:
    return open_tables(demo_product())


def _write(path: Path, **more: Any) -> Path:
    budget = demo_ready().conclusions.plans.budget
    write_workbook(demo_product(), tables(), path, budget=budget, **more)
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("tables") / "buku.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def test_every_sheet_is_there_with_frozen_headings_and_a_filter(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == sheets()
    assert len(_districts()) == 21
    for name in sheets()[1:]:
        sheet = book[name]
        assert sheet.freeze_panes is not None, name
        assert sheet.auto_filter.ref is not None, name


def _rows(sheet: Any, head: int = 2) -> pd.DataFrame:
    rows = list(sheet.iter_rows(min_row=head, values_only=True))
    return pd.DataFrame(rows[1:], columns=[str(one) for one in rows[0]])


_COUNT, _SHARE = "rumah tangga belum terlayani", "porsi belum terlayani"


def _published() -> dict[tuple[str, str, str], tuple[float, float]]:
    """Read the table of needs: level, code and need to count and share."""
    columns = ["tingkat", "kode", "kebutuhan", "belum_terlayani", "porsi_belum_terlayani"]
    rows = tables().needs[columns].itertuples(index=False)
    return {
        (level, code, need): (float(count), float(share))
        for level, code, need, count, share in rows
    }


def test_the_last_row_of_a_wide_sheet_is_the_place_itself_and_the_sum_of_its_villages(
    book: openpyxl.Workbook,
) -> None:
    product = demo_product()
    villages, told = product.measured.villages, _published()
    wholes = {f"Kec. {own['district_name'].iloc[0]}": ("kecamatan", str(code), own)
              for code, own in villages.groupby("district_code")}  # fmt: skip
    wholes |= dict.fromkeys(_agencies(), ("kabupaten", product.boundaries.regency, villages))
    seen = 0
    for name, (level, code, own) in wholes.items():
        table = _rows(book[name])
        rows, total = table.iloc[:-1].set_index("Kode desa"), table.iloc[-1]
        assert list(rows.index) == list(own.index)
        assert str(total["Desa/kelurahan"]).startswith("Jumlah ")
        for label in {key[2] for key in told}:
            count, share = f"{label}: {_COUNT}", f"{label}: {_SHARE}"
            if count not in table:
                continue
            wanted = [told.get(("desa", one, label), (math.nan, math.nan)) for one in rows.index]
            assert rows[count].tolist() == pytest.approx([one[0] for one in wanted], nan_ok=True)
            assert rows[share].tolist() == pytest.approx([one[1] for one in wanted], nan_ok=True)
            assert (total[count], total[share]) == pytest.approx(told[level, code, label])
            # sum over sum, never a mean of shares
            assert rows[count].sum() == pytest.approx(total[count])
            seen += 1
    needs = len({key[2] for key in told})
    assert seen == needs * (1 + len(_districts()))


def test_pockets_are_called_as_on_the_pages(book: openpyxl.Workbook) -> None:
    found = demo_product().found
    wanted = {
        str(code): numbered_name(int(number), found.outlines.loc[number])
        for code, number in found.members.items()
    }
    for names in (_districts(), _agencies()[:1]):
        told: dict[str, str] = {}
        for name in names:
            table = _rows(book[name]).iloc[:-1].dropna(subset=["Kantong"])
            told |= dict(zip(table["Kode desa"], table["Kantong"], strict=True))
        assert told == wanted
    needs = _rows(book["Kebutuhan OPD"], 1)
    assert set(needs.loc[needs["Tingkat"] == "kantong", "Nama"]) == set(wanted.values())


def test_what_is_unknown_of_a_village_is_empty_and_no_zero(tmp_path: Path) -> None:
    made = tables()
    code = made.needs.loc[made.needs["tingkat"] == "desa", "kode"].iloc[0]
    gone = replace(made, needs=made.needs[made.needs["kode"] != code])
    write_workbook(demo_product(), gone, tmp_path / "buku.xlsx")
    book = openpyxl.load_workbook(tmp_path / "buku.xlsx")
    district = demo_product().measured.villages.loc[code, "district_name"]
    row = _rows(book[f"Kec. {district}"]).set_index("Kode desa").loc[code]
    assert row.iloc[3:].isna().all()


def test_the_dictionary_lists_exactly_the_columns_of_the_sheets(book: openpyxl.Workbook) -> None:
    told = _rows(book["Kamus"], 1)
    assert not told["Arti"].isna().any()
    assert not told["Satuan"].isna().any()
    listed = {name: list(own["Kolom"]) for name, own in told.groupby("Lembar", sort=False)}
    for name in sheets()[1:]:
        sheet = book[name]
        head = int(str(sheet.auto_filter.ref).split(":")[0][1:])
        columns = [cell.value for cell in sheet[head]]
        family = "Setiap lembar Kec." if name in _districts() else name
        assert listed[family] == columns, name
    assert listed.keys() == {*sheets()[1:], "Setiap lembar Kec."} - set(_districts())


def test_every_sheet_prints_on_so_many_pages_as_can_be_read(book: openpyxl.Workbook) -> None:
    for name in sheets():
        sheet = book[name]
        last = f"{get_column_letter(sheet.max_column)}${sheet.max_row}"
        assert str(sheet.print_area).replace("$", "").endswith(f":{last.replace('$', '')}"), name
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, name
        assert sheet.page_setup.fitToHeight == 0, name
        assert not sheet.merged_cells.ranges, name
        if name == "Ringkasan":
            continue
        assert sheet.page_setup.orientation == "landscape"
        head = str(sheet.auto_filter.ref).split(":")[0][1:]
        assert sheet.print_title_rows == f"${head}:${head}", name
        if (sheet.page_setup.fitToWidth or 1) > 1:
            assert str(sheet.print_title_cols).startswith("$A:"), name
        assert (sheet.page_setup.fitToWidth or 1) <= 3, name


def test_the_first_sheet_leads_to_all_others_and_no_link_leaves(book: openpyxl.Workbook) -> None:
    links = [cell.hyperlink for row in book["Ringkasan"].iter_rows() for cell in row]
    found = [one.location for one in links if one]
    assert found == [f"'{name}'!A1" for name in sheets()[1:]]
    for sheet in book:
        for row in sheet.iter_rows():
            assert not any(cell.hyperlink and cell.hyperlink.target for cell in row)


@given(
    wanted=st.lists(st.text(max_size=50), max_size=12),
)
def test_any_words_make_names_that_a_spreadsheet_allows(wanted: list[str]) -> None:
    names: list[str] = []
    for one in wanted:
        names.append(sheet_name(one, names))
    assert len({one.casefold() for one in names}) == len(names)
    for one in names:
        assert 0 < len(one) <= 31
        assert not set(one) & set("[]:*?/\\")
        assert one[0] != "'"
        assert one[-1] != "'"
        assert one.casefold() != "history"


def test_the_office_opens_the_workbook_clean(tmp_path: Path) -> None:
    if not OFFICE:
        pytest.skip("LibreOffice is not installed on this machine")
    # all sheets, without the hundreds of pages of two of them
    needs = tables().needs
    few = needs[(needs["tingkat"] != "desa") | needs["kode"].str.startswith("16.07.06")]
    path = tmp_path / "buku.xlsx"
    write_workbook(demo_product(), replace(tables(), needs=few, targeting=few.iloc[:0]), path)
    done = subprocess.run(
        [OFFICE, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    if "could not be loaded" in done.stderr:
        pytest.skip("LibreOffice has no spreadsheet on this machine")
    pages = pypdf.PdfReader(tmp_path / f"{path.stem}.pdf").pages
    text = " ".join(pages[0].extract_text().split())
    assert "Isi buku kerja" in text
    # one page for a district, in landscape
    district = [one for one in pages if "Jumlah Kec. " in one.extract_text()]
    assert len(district) == 21
    assert all(float(one.mediabox.width) > float(one.mediabox.height) for one in district)


def test_villages_are_ranked(book: openpyxl.Workbook) -> None:
    sheet, product = book["Desa"], demo_product()
    head = [cell.value for cell in sheet[2]]
    first = product.measured.indicators[0]
    code, rate = head.index("Kode desa"), head.index(first.label)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert len(rows) == len(product.measured.villages)
    known = [row[rate] for row in rows if isinstance(row[rate], float | int)]
    assert known == sorted(known, reverse=True)
    cell = sheet.cell(3, rate + 1)
    assert cell.number_format == "0.0%"
    assert cell.value == pytest.approx(product.measured.villages.loc[rows[0][code], first.name])


def test_change_has_a_sheet_where_there_are_waves(tmp_path: Path) -> None:
    made = _write(tmp_path / "buku.xlsx", changes=(demo_change(),))
    sheet = openpyxl.load_workbook(made)["Perubahan"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0][-2:] == ["Selisih poin", "Perubahan"]
    words = [row[-1] for row in rows[1:]]
    assert words[0] == "turun signifikan"
    assert rows[1][-4:-1] == [0.1, 0.02, -8]
    assert (
        words.count("naik signifikan")
        == words.count("tidak andal")
        == words.count("tanpa data")
        == 1
    )


def test_no_cell_is_a_formula(book: openpyxl.Workbook) -> None:
    texts = []
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row), sheet.title
            texts += [cell.value for cell in row if isinstance(cell.value, str)]
    assert any(text.startswith("'=1+1 <b>&") for text in texts)
    assert HOSTILE not in texts


def test_the_workbook_is_equal_to_the_byte(path: Path, tmp_path: Path) -> None:
    assert _write(tmp_path / "lagi.xlsx").read_bytes() == path.read_bytes()


def test_without_pockets_and_tables_the_sheets_say_so(tmp_path: Path) -> None:
    nothing = pd.DataFrame()
    empty = replace(tables(), needs=nothing, targeting=nothing, verdicts=nothing)
    write_workbook(without_pockets(), empty, tmp_path / "buku.xlsx")
    made = openpyxl.load_workbook(tmp_path / "buku.xlsx")
    assert made["Kantong"]["A1"].value == "Tidak ada kantong kemiskinan yang signifikan."
    assert made["Anggaran"]["A1"].value == "Studi ini tidak memuat data untuk lembar ini."
