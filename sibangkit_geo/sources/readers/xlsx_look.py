"""How the cells of an XLSX sheet stand, which calamine does not tell: a search over its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.archives import open_zip
from sibangkit_geo.sources.readers.cells import Range, Seen
from sibangkit_geo.sources.readers.xlsx_stream import (
    FAULTS,
    blocks,
    column,
    damaged,
    part_of,
    split,
)

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

# a formula without value is shorter than this in all but the rarest sheets
_OVERLAP = 1024
_MERGED = re.compile(rb'<mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_COLUMN = re.compile(rb"<col\b[^>]*>")
_MIN_MAX = re.compile(rb'\b(min|max)="(\d+)"')
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
# a text that is empty is a value: t="str"
_UNVALUED = re.compile(
    rb'<c\b(?![^>]*\bt="str")([^>]*)>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)(?:<v></v>|<v ?/>)?</c>'
)
_PLACE = re.compile(rb'\br="([A-Z]+)')
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension ref="[A-Z]+\d+:([A-Z]+)(\d+)"')
# rows, and cells beyond column Z or row 999,999: any other lies within those
_FAR = re.compile(rb"""\br=["'](?:(\d+)["']|([A-Za-z]{2,})(\d+)|[A-Za-z](\d{7,}))""")
_LETTERS, _EVERY_ROW = 26, 1_000_000
# a cell as writers make it is 30 to 40 bytes
_BYTES_PER_CELL = 30
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')
_ROW_TAG = re.compile(rb'(?:[^>]*?\sr=["\'](\d+)["\'])?')
# as every common program writes it, and as it may be written
_PLAIN_PLACE = re.compile(rb'<c r="([A-Z]+\d+)"')
_CELL_PLACE = re.compile(rb'<c\s(?:[^>]*?\s)?r=["\']([A-Za-z]+\d+)["\']')
_PARTS = re.compile(rb"([A-Z]+)(\d+)")


@dataclass(slots=True)
class _Order:
    """
    Whether each cell says that it stands in the row it is written in, and rows and cells ascend.

    The readers go by what a cell says, or by where it is written: where these differ, one of them
    gives a figure to another village.
    """

    row: int = 0
    columns: tuple[bytes, ...] = ()
    rest: bytes = field(default=b"", repr=False)

    def take(self, rows: bytes, *, name: str) -> None:
        """
        Look at a piece of the rows; pieces follow each other.

        Raises DataError: A cell or a row stands elsewhere than it says.
        """
        text = self.rest + rows
        # a row that is cut waits for its end
        last = max(text.rfind(b"<row"), 0)
        for piece in text[:last].split(b"<row")[1:]:
            self._row(piece, name)
        self.rest = text[last:] if text.startswith(b"<row", last) else text[-len(b"<row") :]
        if len(self.rest) > limits.SHEET_ROW_BYTES:
            raise damaged(name)

    def end(self, *, name: str) -> None:
        """Look at the last row."""
        if self.rest.startswith(b"<row"):
            self._row(self.rest.removeprefix(b"<row"), name)

    def _row(self, raw: bytes, name: str) -> None:
        tag = _ROW_TAG.match(raw)
        number = int(tag[1]) if tag and tag[1] else self.row + 1
        places = _PLAIN_PLACE.findall(raw)
        if len(places) < raw.count(b"<c "):
            places = _CELL_PLACE.findall(raw)
        said = b"%d" % number
        # rows of one form follow each other: they are compared as a whole
        alike = b"".join(places) == said.join(self.columns)
        if number <= self.row or not (alike or self._ascends(places, said)):
            msg = f"{name}: row {number} of the sheet has a cell that says it stands elsewhere"
            remedy = "Open the file in Excel or LibreOffice, check that row, and save it as XLSX."
            raise DataError(msg, remedy=remedy)
        self.row = number

    def _ascends(self, places: list[bytes], row: bytes) -> bool:
        parts = [found.groups() for one in places if (found := _PARTS.fullmatch(one.upper()))]
        at = [column(letters) for letters, _ in parts]
        self.columns = (*(letters for letters, _ in parts), b"") if parts else ()
        return all(one < other for one, other in pairwise(at)) and {row} >= {n for _, n in parts}


@dataclass(slots=True)
class _Around:
    """What stands before and after the rows, and whether the rows need a closer look."""

    before: bytes = b""
    after: bytes = b""
    marked: bool = False
    rows: int = 0
    columns: int = _LETTERS
    rest: bytes = field(default=b"", repr=False)
    inside: bool | None = None
    order: _Order = field(default_factory=_Order)

    def take(self, block: bytes, *, name: str) -> None:
        """Sort a piece of the sheet."""
        known = len(self.rest) if self.inside else 0
        block, self.rest = self.rest + block, b""
        if self.inside is None:
            before, begins, block = block.partition(b"<sheetData")
            self.before, self.inside = self.before + before, True if begins else None
            if not begins:
                self.before, self.rest = self.before[:-_OVERLAP], self.before[-_OVERLAP:]
        if self.inside:
            rows, ends, after = block.partition(b"</sheetData>")
            self.reach(rows)
            self.order.take(rows[known:], name=name)
            if ends:
                self.order.end(name=name)
            self.marked |= b" hidden=" in rows or (b"<f" in rows and bool(_UNVALUED.search(rows)))
            self.inside, block = not ends, after
            self.rest = b"" if ends else rows[-_OVERLAP:]
        if self.inside is False:
            self.after += block

    def reach(self, rows: bytes) -> None:
        """Keep how far rows and columns reach."""
        for row, letters, of_cell, last in _FAR.findall(rows):
            self.rows = max(self.rows, int(row or of_cell or last))
            self.columns = max(self.columns, column(letters.upper()) + 1 if letters else 0)

    @property
    def beyond(self) -> bool:
        """Whether a cell lies where the format has none, or what is around them is no sheet."""
        if len(self.before) + len(self.after) > limits.SHEET_AROUND_BYTES:
            return True
        return self.rows > limits.SHEET_ROWS or self.columns > limits.SHEET_COLUMNS

    def cells(self, size: int) -> int:
        """Estimate the cells that calamine holds: what is said, what is there, what is between."""
        said = _DIMENSION.search(self.before)
        dimension = (column(said[1]) + 1) * int(said[2]) if said else 0
        wide = self.rows * self.columns if self.columns > _LETTERS or self.rows >= _EVERY_ROW else 0
        return max(size // _BYTES_PER_CELL, dimension, wide)


def look_at(path: Path, sheet: str, *, hidden: bool) -> tuple[Seen, int]:
    """
    Tell how the cells of a sheet stand.

    `hidden`: Whether the sheet itself is hidden.
    Returns: How they stand, and how many there are at most: calamine ends the program where a stray
        cell far away asks for more than there is memory.
    Raises DataError: The workbook is damaged.
    """
    around = _Around()
    try:
        with open_zip(path) as archive:
            part = part_of(archive, sheet)
            with archive.open(part) as stream:
                for block in blocks(stream):
                    around.take(block, name=path.name)
                    if around.beyond:
                        raise damaged(path.name)
            if around.inside is None:
                # the readers search for tags as UTF-8 writes them, as ECMA-376 part 2 asks
                msg = (
                    f"{path.name}: the sheet has no rows, or its text is in another code than UTF-8"
                )
                raise DataError(msg, remedy="Open it, save it again as XLSX, and retry.")
            cells = around.cells(archive.getinfo(part).file_size)
            rows, unvalued = _rows(archive, part, path.name) if around.marked else ((), ())
    except FAULTS as error:
        if isinstance(error, DataError):
            raise
        raise damaged(path.name) from error
    seen = Seen(
        hidden=hidden,
        hidden_rows=rows,
        filtered=b"<filterColumn" in around.after,
        hidden_columns=_columns(around.before),
        merged=tuple(
            Range(int(top) - 1, column(left), int(bottom) - 1, column(right))
            for left, top, right, bottom in _MERGED.findall(around.after)
        ),
        unvalued=unvalued,
    )
    return seen, cells


def _columns(before: bytes) -> tuple[int, ...]:
    found: set[int] = set()
    for one in _COLUMN.findall(before):
        ends = {name: int(number) for name, number in _MIN_MAX.findall(one)}
        if _HIDDEN.search(one) and {b"min", b"max"} <= ends.keys():
            found.update(range(ends[b"min"] - 1, min(ends[b"max"], limits.COLUMNS)))
    return tuple(sorted(found))


def _rows(
    archive: zipfile.ZipFile, part: str, name: str
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Look at every row: which are hidden and hold something, which formulas have no value."""
    hidden: list[int] = []
    unvalued: list[tuple[int, int]] = []
    number = 0
    with archive.open(part) as stream:
        for raw in split(stream, b"</row>", name):
            start = raw.rfind(b"<row")
            end = raw.find(b">", start)
            tag = raw[start:end]
            found = _ROW_NUMBER.search(tag)
            number = int(found.group(1)) if found else number + raw.count(b"<row")
            if b"hidden=" in tag and _HIDDEN.search(tag) and (b"</" in raw[end:]):
                hidden.append(number)
            if b"<f" in raw:
                for one in _UNVALUED.findall(raw, end):
                    place = _PLACE.search(one)
                    unvalued.append((number, column(place.group(1)) if place else 0))
    return tuple(hidden), tuple(unvalued)
