"""Workbooks: XLSX, XLS and ODS through calamine, very large XLSX row by row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import python_calamine

from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.sources.readers.archives import require_sound_zip
from sibangkit_geo.sources.readers.grid import HEAD_ROWS, frames_of_rows
from sibangkit_geo.sources.readers.xlsx_stream import (
    StreamedSheet,
    date_text,
    number_text,
    sheet_cells,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

#: above this calamine would need more than about 1.5 GB
CELLS_IN_MEMORY = 20_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    A sheet held in memory.

    `named`: False: the header has to be found.
    """

    name: str
    rows: list[list[str]]
    named: bool = False

    @property
    def head(self) -> list[list[str]]:
        """First rows."""
        return self.rows[:HEAD_ROWS]

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on.

        `width`: Cells of the header; every row of a sheet has as many.
        """
        del width
        whole = max((len(row) for row in self.rows), default=0)
        rows = enumerate(self.rows[first_row - 1 :], first_row)
        return frames_of_rows(rows, columns, width=whole)


def workbook_sheets(path: Path) -> list[str]:
    """
    List the sheets of a workbook.

    Returns: In the order of the workbook.
    Raises DataError: The file is no workbook, damaged, protected by a password or a bomb.
    """
    _require_sound(path)
    try:
        with python_calamine.load_workbook(path) as book:
            return list(book.sheet_names)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _unreadable(path) from error


def open_sheet(path: Path, *, sheet: str) -> Sheet | StreamedSheet:
    """
    Open one sheet of a workbook; a very large one is read row by row.

    Formulas are read as the value that was saved with them; merged cells keep
    their value in the first cell only.

    Raises ConfigError: There is no such sheet.
    Raises DataError: The file is no workbook, damaged or a bomb.
    """
    names = workbook_sheets(path)
    if sheet not in names:
        msg = f'{path.name}: no sheet "{sheet}". {nearest(sheet, names)}'
        raise ConfigError(msg)
    label = path.name if len(names) == 1 else f"{path.name} [{sheet}]"
    if path.suffix.lower() in {".xlsx", ".xlsm"} and sheet_cells(path, sheet) > CELLS_IN_MEMORY:
        return StreamedSheet(path, label, sheet)
    try:
        with python_calamine.load_workbook(path) as book:
            cells = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _unreadable(path) from error
    return Sheet(label, [[_text(cell) for cell in row] for row in cells])


def _require_sound(path: Path) -> None:
    with path.open("rb") as stream:
        if stream.read(2) == b"PK":
            require_sound_zip(path)


def _unreadable(path: Path) -> DataError:
    msg = f"{path.name}: not a workbook that can be read (damaged, cut off or with a password)"
    return DataError(msg, remedy="Open it, save it as XLSX without a password, and try again.")


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, dt.datetime):
        return date_text(cell)
    return "" if cell is None else str(cell)
