"""Write a register as CSV or XLSX, tidy or as offices send it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

_TITLES = ("DAFTAR RUMAH TANGGA (DATA BUATAN)", "Kabupaten Banyuasin")
_GROUPS = (
    ("Wilayah", ("kode", "kecamatan", "desa", "provinsi", "kabupaten")),
    ("Identitas", ("nik", "no_kk", "no kk", "nama", "kepala", "jumlah", "desil")),
    ("Bantuan", ("penerima", "pbi", "sta_", "sta ")),
    ("Koordinat", ("lon", "lat")),
)
_REST = "Perumahan dan lainnya"


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    How a table is written.

    `merged`: Titles above, a row of merged groups, the names, a row of column numbers.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    merged: bool = False
    tail: tuple[tuple[str, ...], ...] = ()

    @property
    def first_row(self) -> int:
        """Number of the first data row, as a spreadsheet shows it."""
        return 7 if self.merged else 2


def write_csv(rows: pd.DataFrame, path: Path, *, sheet: Sheet) -> None:
    """
    Write a table as delimited text.

    Raises UnicodeEncodeError: The encoding lacks a letter.
    """
    width = rows.shape[1]
    with path.open("w", encoding=sheet.encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=sheet.delimiter, lineterminator="\n")
        for above in _head(list(rows.columns), sheet):
            writer.writerow([*above, *[""] * (width - len(above))])
        writer.writerows(rows.itertuples(index=False, name=None))
        for below in sheet.tail:
            writer.writerow([*below, *[""] * (width - len(below))])


def write_xlsx(rows: pd.DataFrame, path: Path, *, sheet: Sheet) -> None:
    """
    Write a table as a workbook: words as shared strings, whole numbers as numbers.

    Numbers of sixteen digits stay text, as they must.

    `sheet`: How it is written; delimiter and encoding play no part.
    """
    columns = list(rows.columns)
    head = _head(columns, sheet)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        page = book.add_worksheet("Data")
        style = book.add_format({"bold": True})
        for line, above in enumerate(head):
            for place, cell in enumerate(above):
                page.write(line, place, cell, style)
        if sheet.merged:
            for first, last, name in _spans(columns):
                if last > first:
                    page.merge_range(3, first, 3, last, name, style)
        for line, row in enumerate(rows.itertuples(index=False, name=None), len(head)):
            _write(page, line, row)
        for line, below in enumerate(sheet.tail, len(head) + len(rows)):
            _write(page, line, below)


def _write(page: xlsxwriter.worksheet.Worksheet, line: int, row: Sequence[str]) -> None:
    for place, cell in enumerate(row):
        if cell.isdecimal() and len(cell) < 10 and (cell[0] != "0" or cell == "0"):
            page.write_number(line, place, int(cell))
        elif cell:
            page.write_string(line, place, cell)


def _head(columns: list[str], sheet: Sheet) -> list[list[str]]:
    if not sheet.merged:
        return [columns]
    groups = [""] * len(columns)
    for first, _, name in _spans(columns):
        groups[first] = name
    numbers = [f"({place})" for place in range(1, len(columns) + 1)]
    return [[_TITLES[0]], [_TITLES[1]], [], groups, columns, numbers]


def _spans(columns: list[str]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for place, column in enumerate(columns):
        name = next(
            (group for group, starts in _GROUPS if column.lower().startswith(starts)), _REST
        )
        if spans and spans[-1][2] == name:
            spans[-1] = (spans[-1][0], place, name)
        else:
            spans.append((place, place, name))
    return spans
