"""The workbook read back: sheets, ranking, no formula, the same bytes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

from sibangkit_geo.products.tables import OpenTables, open_tables
from sibangkit_geo.products.workbook import write_workbook
from tests.demo_product import HOSTILE, demo_change, demo_product, demo_ready, without_pockets

if TYPE_CHECKING:
    from pathlib import Path

SHEETS = [
    "Ringkasan", "Desa", "Kantong", "Kebutuhan OPD", "Ketepatan sasaran", "Anggaran", "Hasil uji",
    "Janji mitra", "Catatan", "Kamus",
]  # fmt: skip


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
    assert book.sheetnames == SHEETS
    for name in SHEETS[1:]:
        sheet = book[name]
        assert sheet.freeze_panes is not None, name
        assert sheet.auto_filter.ref is not None, name


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
