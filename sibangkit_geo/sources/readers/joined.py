"""The table of a workbook: sheets that share a header are one, and what was met is told."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from sibangkit_geo.errors import DataError, DegradedInputWarning
from sibangkit_geo.model import limits
from sibangkit_geo.model.types import ROWS_OF_A_SHEET
from sibangkit_geo.sources.readers.cells import SheetCells
from sibangkit_geo.sources.readers.grid import ROW, cell_name, plain_text
from sibangkit_geo.sources.readers.header import (
    find_header,
    fold_header,
    folded_names,
    header_score,
    is_total,
    locate,
)
from sibangkit_geo.sources.readers.spreadsheet import open_sheets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.sources.readers.header import Header
    from sibangkit_geo.sources.readers.spreadsheet import Page

_SHEETS_SHOWN = 40
# one row alone may come again by chance
_FEWEST_AGAIN = 2
_MANY_AGAIN = 10
_SIGNS = re.compile(r"[^\w]+")
_NUMBERS = frozenset({"no", "nomor", "no_urut"})


@dataclass(frozen=True, slots=True)
class _Part:
    """
    One sheet of the table.

    `first_row`: Row number of its first row of data.
    `places`: Position of each column of the pattern; None where it is the pattern itself.
    """

    page: Page
    first_row: int
    places: tuple[int, ...] | None = None

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """Read columns of the pattern."""
        if self.places is None:
            yield from self.page.batches(columns, first_row=first_row, width=width)
            return
        here = {at: self.places[at] for at in columns if self.places[at] >= 0}
        for frame in self.page.batches(
            sorted(set(here.values())), first_row=self.first_row, width=width
        ):
            yield frame.select(
                ROW,
                *[pl.col(cell_name(place)).alias(cell_name(at)) for at, place in here.items()],
                *[pl.lit(None, pl.String).alias(cell_name(at)) for at in columns if at not in here],
            ).select(ROW, *map(cell_name, columns))


@dataclass(frozen=True, slots=True)
class WorkbookTable:
    """
    One or more sheets of a workbook as one table; positions are those of the first.

    `remarks`: As `Grid` says.
    `named`: False: the header has to be found.
    """

    name: str
    parts: tuple[_Part, ...]
    remarks: tuple[str, ...] = ()
    named: bool = False
    unread: tuple[str, ...] = ()

    @property
    def head(self) -> list[list[str]]:
        """First rows of the first sheet."""
        return self.parts[0].page.head

    @property
    def sheets(self) -> tuple[str, ...]:
        """Sheets in order, where there are several."""
        return tuple(one.page.sheet for one in self.parts) if len(self.parts) > 1 else ()

    def row_label(self, row: int) -> str:
        """Name a row by its number, and its sheet where there are several."""
        part, number = divmod(row, ROWS_OF_A_SHEET)
        return f"{self.sheets[part]}!{number}" if self.sheets else str(row)

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on, sheet after sheet.

        `first_row`: Of the first sheet; the others begin below their own headers.
        Raises DataError: A sheet is damaged.
        """
        for at, part in enumerate(self.parts):
            offset = pl.lit(at * ROWS_OF_A_SHEET, pl.UInt32)
            for frame in part.batches(columns, first_row=first_row, width=width):
                yield frame.with_columns(pl.col(ROW) + offset) if at else frame


def open_workbook(path: Path, *, sheet: str, known: Collection[str]) -> WorkbookTable:
    """
    Open the sheet that names most of the columns looked for, and all that share its header.

    `sheet`: Name of the only one to open; empty chooses.
    `known`: Folded names that are looked for.
    Raises ConfigError: There is no such sheet.
    Raises DataError: The workbook is damaged or has no sheet, or a column that is looked for
        stands twice in one of its sheets.
    """
    pages = open_sheets(path, sheet=sheet)
    if not pages:
        msg = f"{path.name}: the workbook has no sheet"
        raise DataError(msg, remedy="Export it again.")
    scores = [header_score(page.head, known) for page in pages]
    # of two sheets that name as many columns the first one is the pattern
    pattern = pages[scores.index(max(scores))]
    alike = [page for page in pages if page is not pattern and _alike(page, pattern, known)]
    read = [pattern, *[page for page in alike if _has_rows(page, known)]][: limits.SHEETS]
    again = _again(read, known) if len(read) > 1 else []
    read = [page for page in read if page not in again]
    header = find_header(read[0], known=known) if len(read) > 1 else None
    listed = [_part(page, known, header if page is not read[0] else None) for page in read]
    told = [
        text if len(pages) == 1 else f"Lembar {part.page.sheet}: {text}"
        for part, texts in listed
        for text in texts
    ]
    if len(read) > 1:
        titles = _listed([page.sheet for page in read])
        together = f"{len(read)} lembar berjudul kolom sama dibaca sebagai satu tabel: {titles}."
        told.insert(0, together)
    left = [page for page in pages if page not in read and page not in again]
    told += _left_out(left, alike, known, pattern)
    if again:
        titles = _listed([page.sheet for page in again])
        told.append(f"Lembar {titles} tidak dibaca: semua barisnya ada di lembar lain.")
    name = path.name if len(read) > 1 else read[0].name
    return WorkbookTable(name, tuple(part for part, _ in listed), tuple(told))


def _left_out(
    left: list[Page], alike: list[Page], known: Collection[str], pattern: Page
) -> list[str]:
    """Name the sheets that are not read, and warn of those that nearly have the header."""
    if not left:
        return []
    wanted = folded_names(pattern.head, known) & set(known)
    for page in left:
        named = folded_names(page.head, known) & set(known)
        lacking = _listed(sorted(wanted - named))
        if lacking and len(named) > 1 and _has_rows(page, known):
            text = (
                f"{page.name}: lembar ini tidak dibaca, karena tidak ada kolom {lacking} seperti "
                f"pada lembar {pattern.sheet}. Bila isinya tabel yang sama, samakan judul kolomnya."
            )
            warnings.warn(text, DegradedInputWarning, stacklevel=2)
    texts = [f"{page.sheet} ({_why(page, alike, known)})" for page in left]
    return [f"Lembar yang tidak dibaca: {_listed(texts)}."]


def _again(read: list[Page], known: Collection[str]) -> list[Page]:
    """
    Find sheets that say again what the others say: a summary, a copy.

    Each of their rows stands in the others as many times as in the sheet itself: households may say
    the same by chance.
    """
    held = [page for page in read if isinstance(page, SheetCells)]
    rows = {page.sheet: _told_by(page, known) for page in held}
    # of copies the visible and the first one stays
    held.sort(key=lambda page: page.seen.hidden)
    copies = [
        page.sheet
        for at, page in enumerate(held)
        if any(rows[page.sheet] == rows[one.sheet] for one in held[:at])
    ]
    found = {name for name in copies if rows[name].total() >= _FEWEST_AGAIN}
    left = {name: own for name, own in rows.items() if name not in found}
    everything = sum(left.values(), Counter[int]())
    for name, own in sorted(left.items(), key=lambda one: one[1].total(), reverse=True):
        if own.total() >= _FEWEST_AGAIN and all(
            everything[row] == 2 * count for row, count in own.items()
        ):
            found.add(name)
            everything -= own
    _require_apart({name: own for name, own in left.items() if name not in found}, read[0].name)
    return [page for page in read if page.sheet in found]


def _require_apart(rows: Mapping[str, Counter[int]], name: str) -> None:
    """Refuse sheets that say for the most part what others say: nobody knows which rows count."""
    everything = sum(rows.values(), Counter[int]())
    for sheet, own in rows.items():
        others = everything - own
        again = (own & others).total()
        if again >= _MANY_AGAIN and 2 * again >= own.total():
            msg = (
                f"{name}: {again:,} of {own.total():,} rows of sheet {sheet} stand in other sheets"
            )
            remedy = "Name the sheet that counts (key `sheet`), or delete the sheet that repeats."
            raise DataError(msg, remedy=remedy)


def _told_by(page: SheetCells, known: Collection[str]) -> Counter[int]:
    """Count the rows of data by what they say in the columns that are looked for."""
    header = find_header(page, known=known)
    names = [fold_header(name) for name in header.names]
    matter = [at for at, name in enumerate(names) if name in known]
    if len(matter) < 2:
        matter = [at for at, name in enumerate(names) if name not in _NUMBERS]
    # sheets may have the same columns in another order
    matter.sort(key=names.__getitem__)
    told: Counter[int] = Counter()
    for row in page.rows[header.first_row - 1 :]:
        said = [plain_text(row[at]) if at < len(row) else "" for at in matter]
        # a code is the same with and without dots
        cells = [_SIGNS.sub("", one.casefold()) for one in said]
        total = not all(cells) and any(map(is_total, said))
        if sum(map(bool, cells)) > 1 and not total:
            told[hash(tuple(cells))] += 1
    return told


def _listed(texts: list[str]) -> str:
    more = len(texts) - _SHEETS_SHOWN
    return ", ".join(texts[:_SHEETS_SHOWN]) + (f", dan {more} lagi" if more > 0 else "")


def _alike(page: Page, pattern: Page, known: Collection[str]) -> bool:
    """
    Tell whether two sheets have the same header, in whatever order.

    All columns that are looked for must be the same, and half of the others: sheets about
    different things share the code and the name of the village.
    """
    ours, theirs = folded_names(pattern.head, known), folded_names(page.head, known)
    matter = ours & set(known)
    if len(matter) < 2:
        return bool(ours) and ours == theirs
    shared = 2 * len(ours & theirs) >= min(len(ours), len(theirs))
    return theirs & set(known) == matter and shared


def _has_rows(page: Page, known: Collection[str]) -> bool:
    _, _, first = locate(page.head, known)
    return any(map(any, page.head[first:]))


def _why(page: Page, alike: list[Page], known: Collection[str]) -> str:
    if not any(map(any, page.head)):
        return "kosong"
    if page in alike:
        return "tanpa baris" if not _has_rows(page, known) else "terlalu banyak lembar"
    return "judul kolom lain"


def _part(
    page: Page, known: Collection[str], header: Header | None = None
) -> tuple[_Part, list[str]]:
    """Find the rows of data of a sheet, spread its merged cells, and word what was met."""
    if not any(map(any, page.head)):
        return _Part(page, 1), []
    _, _, above = locate(page.head, known)
    width = max(len(row) for row in page.head)
    seen = page.seen
    told = seen.remarks(first_row=above + 1, width=width)
    if seen.kind:
        told.insert(0, f"Dibaca sebagai {seen.kind}.")
    if seen.hidden:
        told.insert(0, "Lembar tersembunyi ikut dibaca.")
    spread: list[str] = []
    if isinstance(page, SheetCells):
        page, spread = page.spread(first_row=above + 1, width=width)
    elif any(one.top >= above for one in seen.merged):
        spread = ["Lembar sangat besar: isi sel gabungan tetap di sel pertamanya saja."]
    told += spread
    if header is None:
        return _Part(page, above + 1), told
    own = find_header(page, known=known)
    places = tuple(own.position(name) for name in header.names)
    return _Part(page, above + 1, places), told
