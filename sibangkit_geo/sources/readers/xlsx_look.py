"""How the cells of an XLSX sheet stand, which calamine does not tell: a search over its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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

    def take(self, block: bytes) -> None:
        """Sort a piece of the sheet."""
        block, self.rest = self.rest + block, b""
        if self.inside is None:
            before, begins, block = block.partition(b"<sheetData")
            self.before, self.inside = self.before + before, True if begins else None
            if not begins:
                self.before, self.rest = self.before[:-_OVERLAP], self.before[-_OVERLAP:]
        if self.inside:
            rows, ends, after = block.partition(b"</sheetData>")
            self.reach(rows)
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
                    around.take(block)
                    if around.beyond:
                        raise damaged(path.name)
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
