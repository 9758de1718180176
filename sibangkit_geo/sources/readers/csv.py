"""Delimited text: any encoding and delimiter; regular files by Arrow, others row by row."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.grid import (
    HEAD_ROWS,
    ROW,
    OneTable,
    Part,
    cell_name,
    frames_of_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# blocks of one batch: each batch costs some milliseconds, whatever its size
_BLOCKS = 4
# blocks that wait while the caller is busy with a batch
_AHEAD = 4
# a part of a piece that one core parses
_PART = 1 << 20
_SNIFF = 1 << 18
_QUOTED = re.compile(rb'"[^"]*"')
_LINE_END = re.compile(rb"\r\n?|\n")
_ARROW: dict[type[pl.DataType], pa.DataType] = {
    pl.Int8: pa.int8(),
    pl.Int64: pa.int64(),
    pl.Float64: pa.float64(),
}
_FAILED_COLUMN = re.compile(r"In CSV column #(\d+)")
_EXCEL_TEXT = re.compile(r'="(.*)"')

# small enough to stay in a processor's cache from the disk to the parser
_BLOCK = 4 << 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delimited(OneTable):
    """
    A delimited text file, read in pieces of whole rows.

    `encoding`: What it is written in; a piece that is no UTF-8 is read as Windows-1252.
    `line_ends`: Physical line after each row of the head.
    `named`: False: the header has to be found.
    `expected`: Positions of columns that should hold numbers, and of which kind.
    `part`: What is read of it; None for all.
    `taken`: How many rows each reading took, once it ended.
    """

    path: Path
    name: str
    encoding: str
    delimiter: str
    head: list[list[str]]
    line_ends: list[int]
    named: bool = False
    expected: Mapping[int, pa.DataType] = field(default_factory=dict)
    part: Part | None = None
    taken: list[int] = field(default_factory=list)

    def expecting(self, kinds: Mapping[int, type[pl.DataType]]) -> Delimited:
        """
        Hand columns on as numbers where every filled cell of a piece is one.

        `kinds`: Position to ``Int8`` for codes, ``Int64`` for whole or ``Float64`` for all amounts.
        Returns: The same table; a column with another cell comes as text from there on.
        """
        return replace(self, expected={at: _ARROW[kind] for at, kind in kinds.items()})

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on.

        Raises DataError: A quoted cell never ends, or holds far too much text.
        """
        number = first_row
        skipped = 0 if self.part and self.part.start else self.lines_above(first_row)
        parser = _Parser(self, columns, width, dict(self.expected))
        for part in _batched(parser.parts(skipped)):
            if isinstance(part, pl.DataFrame):
                yield part.with_row_index(ROW, offset=number)
            else:
                yield from frames_of_rows(enumerate(part, number), columns, width=width)
            number += len(part)
        self.taken.append(number - first_row)

    def lines_above(self, first_row: int) -> int:
        """Count the physical lines above a row of the head."""
        return self.line_ends[first_row - 2] if first_row > 1 else 0


@dataclass(slots=True)
class _Parser:
    """
    What turns the pieces of one reading into tables.

    `width`: Cells of the header.
    `expected`: Columns that were numbers so far, and of which kind.
    """

    text: Delimited
    columns: Sequence[int]
    width: int
    expected: dict[int, pa.DataType]

    def parts(self, skipped: int) -> Iterator[pa.Table | list[list[str]]]:
        """Read and parse the next pieces while the caller is busy with this one."""
        spare: list[bytearray] = []
        with ThreadPoolExecutor(2) as pool:
            waiting: deque[tuple[bytearray, Future[pa.Table | list[list[str]]]]] = deque()
            for piece in ahead(pieces_of(self.text, skipped=skipped, spare=spare)):
                waiting.append((piece, pool.submit(self._part, piece)))
                if len(waiting) > _AHEAD:
                    first, part = waiting.popleft()
                    read = part.result()
                    spare.append(first)
                    yield read
            for _, part in waiting:
                yield part.result()

    def _part(self, piece: bytearray) -> pa.Table | list[list[str]]:
        """Read a piece at once, or row by row where its rows are uneven."""
        table = self._regular(piece)
        if table is not None:
            return table
        lines = io.StringIO(piece.decode(errors="replace"), newline="")
        rows = _guarded(csv.reader(lines, delimiter=self.text.delimiter), self.text.name)
        return [[_plain(cell) for cell in row] for row in rows]

    def _regular(self, piece: bytearray) -> pa.Table | None:
        """Read a piece whose rows all have as many cells as the header; None for another one."""
        lone = piece.count(b"\r") - piece.count(b"\r\n") if b"\r" in piece else 0
        quoted = b'"' in piece
        if lone or b"\0" in piece or (quoted and not self._even(piece)):
            return None
        # Arrow would read 0x10 as sixteen. The rare letter is looked for first: a search for both
        # stops at every zero and took a seventh of the whole reading
        if self.expected and any(x in piece and b"0" + x in piece for x in (b"x", b"X")):
            self.expected.clear()
        while True:
            try:
                return self._parsed(piece, quoted=quoted)
            except pa.ArrowInvalid as error:
                failed = _FAILED_COLUMN.search(str(error))
                if not failed or self.expected.pop(int(failed.group(1)), None) is None:
                    # too many or too few cells in some row, or a stray quotation mark
                    return None

    def _even(self, piece: bytearray) -> bool:
        """Tell whether a piece with quotation marks has as many cells as its lines should have."""
        plain = _QUOTED.sub(b"x", piece)
        lines = plain.count(b"\n") + (not plain.endswith(b"\n"))
        return plain.count(self.text.delimiter.encode()) == lines * (self.width - 1)

    def _parsed(self, piece: bytearray, *, quoted: bool) -> pa.Table:
        names = [cell_name(position) for position in range(self.width)]
        kinds = {cell_name(at): self.expected.get(at, pa.string()) for at in self.columns}
        return pacsv.read_csv(
            pa.BufferReader(piece),
            # a quoted cell may hold a line end, where no part may be cut
            read_options=pacsv.ReadOptions(
                column_names=names,
                block_size=len(piece) + 1 if quoted else _PART,
                use_threads=False,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=self.text.delimiter, newlines_in_values=quoted, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=kinds,
                include_columns=[*kinds],
                null_values=[""],
                strings_can_be_null=True,
                # pieces are UTF-8 by now
                check_utf8=False,
            ),
        )


def _batched(
    parts: Iterator[pa.Table | list[list[str]]],
) -> Iterator[pl.DataFrame | list[list[str]]]:
    """Put tables of one kind together; the first one alone, so that nobody waits long for it."""
    held: list[pa.Table] = []
    enough = 1
    for part in parts:
        fits = isinstance(part, pa.Table) and (not held or part.schema == held[0].schema)
        if held and (not fits or len(held) == enough):
            yield _frame(held)
            held, enough = [], min(2 * enough, _BLOCKS)
        if isinstance(part, pa.Table):
            held.append(part)
        else:
            yield part
    if held:
        yield _frame(held)


def _frame(tables: list[pa.Table]) -> pl.DataFrame:
    frame = pl.from_arrow(pa.concat_tables(tables).combine_chunks())
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def _guarded(rows: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    csv.field_size_limit(limits.TEXT_CELL_BYTES)
    try:
        yield from rows
    except csv.Error as error:
        why = "a cell has no end, as where a quotation mark opens and none closes it"
        raise _irregular(name, "NUL bytes" if "NUL" in str(error) else why) from error


def open_delimited(path: Path) -> Delimited:
    """
    Open a delimited text file.

    The delimiter is the one that splits the first rows into most cells; the
    encoding is what the byte-order mark says, else UTF-8, else UTF-16 where every
    other byte is zero, else Windows-1252.

    Returns: Opened; its rows are not read yet.
    Raises DataError: The file holds NUL bytes, so it is no text; its first rows have no end.
    """
    size = _SNIFF
    while True:
        opened = _looked_at(path, size)
        if len(opened.head) > 1 or path.stat().st_size <= size:
            return opened
        if size == limits.TEXT_ROW_BYTES:
            raise _irregular(path.name, "a row never ends")
        # a row may be longer than what is looked at: an outline as text, or no row at all
        size = min(8 * size, limits.TEXT_ROW_BYTES)


def _irregular(name: str, why: str) -> DataError:
    msg = f"{name}: this is no regular text table: {why}"
    return DataError(msg, remedy="Export the table again as CSV (UTF-8) or XLSX.")


def _looked_at(path: Path, size: int) -> Delimited:
    with path.open("rb") as stream:
        start = stream.read(size)
    encoding = find_encoding(start)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    if "\0" in text:
        msg = f"{path.name}: NUL bytes: this is no text"
        raise DataError(msg, remedy="Export the table again as CSV (UTF-8) or XLSX.")
    text = text.lstrip("\ufeff")
    delimiter = find_delimiter(text)
    rows: list[list[str]] = []
    ends: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in itertools.islice(_guarded(reader, path.name), HEAD_ROWS):
            rows.append([_plain(cell) for cell in row[: limits.COLUMNS + 1]])
            ends.append(reader.line_num)
    except DataError:
        if len(rows) < 2:
            raise
    if len(start) == size and len(rows) < HEAD_ROWS and len(rows) > 1:
        # the sniffed piece may end inside a row
        rows.pop()
        ends.pop()
    return Delimited(path, path.name, encoding, delimiter, rows, ends)


def _plain(cell: str) -> str:
    wrapped = _EXCEL_TEXT.fullmatch(cell.strip())
    return wrapped.group(1) if wrapped else cell.strip()


def pieces_of(text: Delimited, *, skipped: int, spare: list[bytearray]) -> Iterator[bytearray]:
    """
    Cut a text file after whole rows, as UTF-8, without its first lines.

    `spare`: Pieces nobody needs any more; they are taken from it and written anew.
    Returns: None empty; a quoted cell is never cut.
    Raises DataError: A row never ends, or a quotation mark opens and none closes it.
    """
    rest = bytearray()
    for piece in _pieces(text, _blocks(text, rest, spare), rest=rest, skipped=skipped):
        yield _as_utf8(piece)


def piece_ends(text: Delimited, *, first_row: int) -> list[tuple[int, int]]:
    """
    Find where the pieces of a whole file end, without reading what they say.

    Returns: Byte behind each but the last, and byte up to which had been read by then; none
        where a piece does not end with a line feed, or of text that is not read as bytes.
    Raises DataError: As of `pieces_of`.
    """
    if text.encoding.startswith("utf-16"):
        return []
    rest, spare, blocks = bytearray(), list[bytearray](), 0

    def counted() -> Iterator[bytearray]:
        nonlocal blocks
        for block in _blocks(text, rest, spare):
            blocks += 1
            yield block

    found, length = [], 0
    skipped = text.lines_above(first_row)
    for piece in _pieces(text, counted(), rest=rest, skipped=skipped):
        length += len(piece)
        found.append((length, blocks, piece.endswith(b"\n")))
        spare.append(piece)
    size = text.path.stat().st_size
    with text.path.open("rb") as stream:
        mark = len(codecs.BOM_UTF8) * (stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8)
    # what is above the data, which no piece holds
    above = size - length
    return [(above + end, min(mark + read * _BLOCK, size)) for end, read, fed in found[:-1] if fed]


def _pieces(
    text: Delimited, blocks: Iterator[bytearray], *, rest: bytearray, skipped: int
) -> Iterator[bytearray]:
    """Cut blocks after whole rows; `rest` is what stands before the next block."""
    quoted = False
    for data in blocks:
        # the lines that the head was counted in
        while skipped and (end := _LINE_END.search(data)):
            del data[: end.end()]
            skipped -= 1
        cut = 0 if skipped else _whole_rows(data)
        rest[:] = data[cut:]
        if cut:
            del data[cut:]
            yield data
            continue
        quoted = b'"' in data
        if len(data) > limits.TEXT_ROW_BYTES:
            break
    else:
        if rest and not skipped:
            yield rest
        return
    why = "a quotation mark opens and none closes it" if quoted else "a row never ends"
    raise _irregular(text.name, why)


def _whole_rows(data: bytearray) -> int:
    """Find the end of the last row that is whole: a line end outside quotation marks."""
    # old programs end lines by CR alone; the last of what was read may be half of CR LF
    mark, end = (b"\n", len(data)) if b"\n" in data else (b"\r", len(data) - 1)
    cut = data.rfind(mark, 0, end) + 1
    if not cut or b'"' not in data:
        return cut
    while cut and data.count(b'"', 0, cut) % 2:
        # the line end lies inside a cell: go back before the mark that opens it
        cut = data.rfind(mark, 0, data.rfind(b'"', 0, cut)) + 1
    return cut


def _as_utf8(piece: bytearray) -> bytearray:
    if piece.isascii():
        return piece
    try:
        piece.decode()
    except UnicodeDecodeError:
        return bytearray(piece.decode("cp1252", errors="replace").encode())
    return piece


def _blocks(text: Delimited, rest: bytearray, spare: list[bytearray]) -> Iterator[bytearray]:
    """Read what is left of the last block and the next one together, into spare memory."""
    if text.encoding.startswith("utf-16"):
        with text.path.open(encoding=text.encoding, errors="replace", newline="") as signs:
            while piece := signs.read(_BLOCK):
                yield rest + piece.removeprefix("\ufeff").encode()
        return
    part = text.part
    with text.path.open("rb") as stream:
        if part and part.start:
            stream.seek(part.start)
            rest[:] = stream.read(min(part.resume, part.stop) - part.start)
        elif stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            stream.seek(0)
        while True:
            size = min(_BLOCK, part.stop - stream.tell()) if part else _BLOCK
            block = _room(spare, len(rest) + size)
            block[: len(rest)] = rest
            with memoryview(block) as room:
                number = stream.readinto(room[len(rest) :])
            if not number:
                return
            del block[len(rest) + number :]
            yield block


def _room(spare: list[bytearray], size: int) -> bytearray:
    """Take spare memory where there is some: new pages cost more than what is read into them."""
    block = spare.pop() if spare else bytearray()
    if 2 * len(block) < size:
        return bytearray(size)
    block.extend(bytes(max(size - len(block), 0)))
    del block[size:]
    return block


def find_encoding(start: bytes) -> str:
    """
    Tell what a text is written in.

    `start`: First bytes of the file.
    Returns: What the byte-order mark says, else UTF-8, else UTF-16 where every other byte is zero,
        else Windows-1252.
    """
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 5 > len(start):
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        # a letter may be cut at the end of what was read
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def find_delimiter(text: str) -> str:
    """Choose what divides the header; without one, what divides the rows most alike."""
    lines = [line for line in text.splitlines()[:HEAD_ROWS] if line.strip()]
    # a header has words; decimal commas and dates stand in rows of numbers
    wordy = [line for line in lines[:10] if sum(map(str.isdigit, line)) * 10 <= len(line)]

    def score(mark: str) -> tuple[float, ...]:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        alike = counts.count(usual) / len(counts) if usual else 0.0
        return max((line.count(mark) for line in wordy), default=0), alike, usual, mark == ";"

    return max(";\t|,", key=score)


def ahead(items: Iterator[T]) -> Iterator[T]:
    """
    Take the next item in a thread while the caller is busy with this one.

    Only one thread is ever inside `items`, and their order stays.

    Parameters
    ----------
    items
        Anything that takes time to make; at most one is made before it is asked for.

    Returns
    -------
    items
        The same.

    Raises
    ------
    Exception
        Whatever `items` raises, when its turn comes.

    Examples
    --------
    >>> list(ahead(iter([1, 2, 3])))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(1) as pool:
        waiting = deque([pool.submit(next, items, None)])
        while (item := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, items, None))
            yield item
