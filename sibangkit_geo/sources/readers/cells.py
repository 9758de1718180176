"""One sheet as rows of text, and how its cells stood: hidden, filtered, merged, not worked out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from sibangkit_geo.sources.readers.grid import HEAD_ROWS, OneTable, frames_of_rows, letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

_NUMBER = re.compile(r"-?[\d.,\s]+(e-?\d+)?\s*%?")
_ROWS_SHOWN = 5
_COLUMNS_SHOWN = 8


class Range(NamedTuple):
    """Merged cells: first and last row and column, from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Seen:
    """
    How the cells of a sheet stood, as far as one must be told.

    `kind`: What the sheet is, where that is not what its file is called.
    `hidden_rows`: Row numbers of hidden rows that hold something, as a spreadsheet shows them.
    `filtered`: Whether a filter hides rows.
    `hidden_columns`: Positions.
    `merged`: Ranges of merged cells.
    `unvalued`: Row number and position of each formula without a saved value.
    """

    hidden: bool = False
    kind: str = ""
    hidden_rows: tuple[int, ...] = ()
    filtered: bool = False
    hidden_columns: tuple[int, ...] = ()
    merged: tuple[Range, ...] = ()
    unvalued: tuple[tuple[int, int], ...] = ()

    def remarks(self, *, first_row: int, width: int) -> list[str]:
        """
        Word what a person must know of the rows of data.

        `first_row`: Row number of the first one.
        `width`: Columns of the table.
        Returns: Indonesian, no value of a cell.
        """
        told = []
        if rows := sum(row >= first_row for row in self.hidden_rows):
            why = "yang tersaring (filter)" if self.filtered else "tersembunyi"
            told.append(f"{rows} baris {why} ikut dibaca.")
        if columns := [place for place in self.hidden_columns if place < width]:
            told.append(f"{len(columns)} kolom tersembunyi ikut dibaca ({_columns(columns)}).")
        empty = [one for one in self.unvalued if one[0] >= first_row and one[1] < width]
        if empty:
            first = ", ".join(map(str, sorted({row for row, _ in empty})[:_ROWS_SHOWN]))
            told.append(
                f"{len(empty)} rumus tanpa nilai tersimpan dibaca sebagai sel kosong "
                f"(kolom {_columns(place for _, place in empty)}; baris pertama: {first}). "
                "Buka di Excel, hitung ulang (F9), simpan, lalu ulangi."
            )
        return told


def _columns(places: Iterator[int] | Sequence[int]) -> str:
    found = sorted(set(places))
    more = f" dan {len(found) - _COLUMNS_SHOWN} lagi" if len(found) > _COLUMNS_SHOWN else ""
    return ", ".join(map(letters, found[:_COLUMNS_SHOWN])) + more


NOTHING_SEEN = Seen()


@dataclass(frozen=True, slots=True)
class SheetCells(OneTable):
    """
    A sheet held in memory.

    `name`: File and sheet, for messages.
    `sheet`: Name of the sheet alone.
    `named`: False: the header has to be found.
    """

    name: str
    rows: list[list[str]]
    sheet: str = ""
    seen: Seen = NOTHING_SEEN
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

        `width`: Cells of the header; a sheet has no uneven rows.
        """
        del width
        rows = enumerate(self.rows[first_row - 1 :], first_row)
        return frames_of_rows(rows, columns)

    def spread(self, *, first_row: int, width: int) -> tuple[SheetCells, list[str]]:
        """
        Give what merged cells say to every row and column that they cover, below the header.

        A cell reaches down to rows that hold something else too. It reaches to the right in rows of
        data only, half of whose cells are filled, and only where it is no number.

        `first_row`: Row number of the first row of data.
        `width`: Columns of the table.
        Returns: The same sheet where no cell is merged.
        Returns: What a person must know of it.
        """
        rows = [*self.rows]
        filled, numbers = 0, set[int]()
        for merged in _apart(self.seen.merged, first_row - 1, len(rows), width):
            text = _at(self.rows[merged.top], merged.left)
            number = _NUMBER.fullmatch(text) is not None
            for at in range(merged.top, merged.bottom + 1) if text else ():
                told = sum(map(bool, self.rows[at]))
                right = merged.right if not number and 2 * told >= width else merged.left
                empty = [one for one in range(merged.left, right + 1) if not _at(rows[at], one)]
                if told and empty:
                    rows[at] = _filled(rows[at], empty, text)
                    filled += len(empty)
                    numbers |= {merged.left} if number else set()
        if not filled:
            return self, []
        told_of = f"{filled} sel kosong yang tercakup sel gabungan diisi dengan isi gabungannya"
        if numbers:
            told_of += f", juga angka (kolom {_columns([*numbers])}): periksa jumlahnya"
        return replace(self, rows=rows), [told_of + "."]


def _apart(merged: Sequence[Range], first: int, height: int, width: int) -> Iterator[Range]:
    """Cut ranges to the rows of data; ranges that overlap, which none should, end it."""
    left = height * width
    for one in merged:
        cut = Range(one.top, one.left, min(one.bottom, height - 1), min(one.right, width - 1))
        left -= max(cut.bottom - cut.top + 1, 0) * max(cut.right - cut.left + 1, 0)
        if left < 0:
            return
        if first <= cut.top and cut.left < width:
            yield cut


def _at(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _filled(row: list[str], places: list[int], text: str) -> list[str]:
    whole = row + [""] * (places[-1] + 1 - len(row))
    for place in places:
        whole[place] = text
    return whole
