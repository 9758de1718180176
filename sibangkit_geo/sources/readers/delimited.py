"""Delimited text: any encoding and delimiter; regular files by polars, others row by row."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.readers.grid import (
    HEAD_ROWS,
    MOST_COLUMNS,
    ROW,
    cell_name,
    frames_of_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# large enough for polars to use all cores, small enough for memory to stay bounded
_BLOCK = 12 << 20
_SNIFF = 1 << 18
_LONGEST_CELL = 1 << 20
_LONGEST_ROW = 32 << 20
_QUOTED = re.compile(rb'"[^"]*"')
_EXCEL_TEXT = re.compile(r'="(.*)"')


@dataclass(frozen=True, slots=True)
class Delimited:
    """
    A delimited text file, read in pieces of whole rows.

    Attributes
    ----------
    path, name
        File, and its name for messages.
    encoding
        What it is written in; a piece that is no UTF-8 is read as Windows-1252.
    delimiter
        What separates its cells.
    head
        First rows.
    line_ends
        Physical line after each row of the head.
    named
        False: the header has to be found.
    """

    path: Path
    name: str
    encoding: str
    delimiter: str
    head: list[list[str]]
    line_ends: list[int]
    named: bool = False

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on.

        Parameters
        ----------
        columns
            Positions to keep.
        first_row
            Row number of the first one.
        width
            Cells of the header.

        Returns
        -------
        frames
            As `Grid.batches` says.

        Raises
        ------
        DataError
            A quoted cell never ends, or holds far too much text.
        """
        number = first_row
        skipped = self.line_ends[first_row - 2] if first_row > 1 else 0
        for piece, frame in self._ahead(skipped, columns, width):
            if frame is not None:
                yield frame.with_row_index(ROW, offset=number)
                number += frame.height
                continue
            text = io.StringIO(piece.decode(errors="replace"), newline="")
            rows = [
                [_plain(cell) for cell in row]
                for row in _guarded(csv.reader(text, delimiter=self.delimiter), self.name)
            ]
            yield from frames_of_rows(enumerate(rows, number), columns, width=width)
            number += len(rows)

    def _ahead(
        self, skipped: int, columns: Sequence[int], width: int
    ) -> Iterator[tuple[bytes, pl.DataFrame | None]]:
        """Parse the next piece while the caller is busy with this one."""
        with ThreadPoolExecutor(1) as pool:
            waiting: deque[tuple[bytes, Future[pl.DataFrame | None]]] = deque()
            for piece in self._pieces(skipped):
                waiting.append((piece, pool.submit(self._regular, piece, columns, width)))
                if len(waiting) > 1:
                    first, frame = waiting.popleft()
                    yield first, frame.result()
            for first, frame in waiting:
                yield first, frame.result()

    def _regular(self, piece: bytes, columns: Sequence[int], width: int) -> pl.DataFrame | None:
        """Read a piece whose rows all have as many cells as the header; None for another one."""
        plain = _QUOTED.sub(b"x", piece) if b'"' in piece else piece
        lines = plain.count(b"\n") + (not plain.endswith(b"\n"))
        cells = np.count_nonzero(np.frombuffer(plain, dtype=np.uint8) == ord(self.delimiter))
        lone = plain.count(b"\r") - plain.count(b"\r\n") if b"\r" in plain else 0
        if cells != lines * (width - 1) or lone or b"\0" in plain:
            return None
        try:
            frame = pl.read_csv(
                piece,
                separator=self.delimiter,
                has_header=False,
                columns=list(columns),
                schema={cell_name(position): pl.String for position in range(width)},
            )
        except pl.exceptions.PolarsError:
            # as many cells too many in some rows as too few in others, or a stray quotation mark
            return None
        return frame.select([cell_name(position) for position in columns])

    def _pieces(self, skipped: int) -> Iterator[bytes]:
        """Cut the file after whole rows, as UTF-8, without its first lines."""
        rest, quoted = b"", False
        for block in _blocks(self.path, self.encoding):
            data = rest + block
            while skipped and b"\n" in data:
                data, skipped = data[data.index(b"\n") + 1 :], skipped - 1
            cut = 0 if skipped else _whole_rows(data)
            if not cut:
                quoted = b'"' in data
                if len(data) > _LONGEST_ROW:
                    break
            if cut:
                yield _as_utf8(data[:cut])
            rest = data[cut:]
        else:
            if rest and not skipped:
                yield _as_utf8(rest)
            return
        why = "a quotation mark opens and none closes it" if quoted else "a row never ends"
        msg = f"{self.name}: this is no regular text table: {why}"
        raise DataError(msg, remedy="Export the table again as CSV (UTF-8) or XLSX.")


def _whole_rows(data: bytes) -> int:
    """Find the end of the last row that is whole: a line end outside quotation marks."""
    cut = data.rfind(b"\n") + 1
    if not cut or b'"' not in data:
        return cut
    while cut and data.count(b'"', 0, cut) % 2:
        # the line end lies inside a cell: go back before the mark that opens it
        cut = data.rfind(b"\n", 0, data.rfind(b'"', 0, cut)) + 1
    return cut


def _as_utf8(piece: bytes) -> bytes:
    if piece.isascii():
        return piece
    try:
        piece.decode()
    except UnicodeDecodeError:
        return piece.decode("cp1252", errors="replace").encode()
    return piece


def _guarded(rows: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from rows
    except csv.Error as error:
        why = "NUL bytes" if "NUL" in str(error) else "a quotation mark opens and none closes it"
        msg = f"{name}: this is no regular text table: {why}"
        raise DataError(msg, remedy="Export the table again as CSV (UTF-8) or XLSX.") from error


def _blocks(path: Path, encoding: str) -> Iterator[bytes]:
    if encoding.startswith("utf-16"):
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            while piece := text.read(_BLOCK):
                yield piece.removeprefix("\ufeff").encode()
        return
    with path.open("rb") as stream:
        if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            stream.seek(0)
        while block := stream.read(_BLOCK):
            yield block


def open_delimited(path: Path) -> Delimited:
    """
    Open a delimited text file.

    The delimiter is the one that splits the first rows into most cells; the
    encoding is what the byte-order mark says, else UTF-8, else UTF-16 where every
    other byte is zero, else Windows-1252.

    Parameters
    ----------
    path
        Text file.

    Returns
    -------
    table
        Opened; its rows are not read yet.

    Raises
    ------
    DataError
        The file holds NUL bytes, so it is no text.
    """
    with path.open("rb") as stream:
        start = stream.read(_SNIFF)
    encoding = _encoding(start)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    if "\0" in text:
        msg = f"{path.name}: NUL bytes: this is no text"
        raise DataError(msg, remedy="Export the table again as CSV (UTF-8) or XLSX.")
    text = text.lstrip("\ufeff")
    delimiter = _delimiter(text)
    rows: list[list[str]] = []
    ends: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in itertools.islice(_guarded(reader, path.name), HEAD_ROWS):
            rows.append([_plain(cell) for cell in row[: MOST_COLUMNS + 1]])
            ends.append(reader.line_num)
    except DataError:
        if not rows:
            raise
    if len(start) == _SNIFF and len(rows) < HEAD_ROWS and len(rows) > 1:
        # the sniffed piece may end inside a row
        rows.pop()
        ends.pop()
    return Delimited(path, path.name, encoding, delimiter, rows, ends)


def _plain(cell: str) -> str:
    wrapped = _EXCEL_TEXT.fullmatch(cell.strip())
    return wrapped.group(1) if wrapped else cell.strip()


def _encoding(start: bytes) -> str:
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


def _delimiter(text: str) -> str:
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
