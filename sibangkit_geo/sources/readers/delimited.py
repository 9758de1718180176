"""Delimited text: any encoding and delimiter; regular files by polars, others row by row."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.readers.grid import (
    BATCH_ROWS,
    HEAD_ROWS,
    MOST_COLUMNS,
    ROW,
    cell_name,
    frames_of_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BLOCK = 1 << 22
_SNIFF = 1 << 18
# a text in another encoding is held twice in memory up to here; larger ones are read row by row
_RECODED_AT_MOST = 400 << 20
_LONGEST_CELL = 1 << 20
_QUOTED = re.compile(rb'"[^"]*"')
_EXCEL_TEXT = re.compile(r'="(.*)"')


@dataclass(frozen=True, slots=True)
class Delimited:
    """
    A delimited text file.

    Attributes
    ----------
    path, name
        File, and its name for messages.
    encoding
        What it is written in.
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
        shape = _scout(self.path, self.encoding, self.delimiter)
        skipped = self.line_ends[first_row - 2] if first_row > 1 else 0
        regular = shape.fits(self.head[: first_row - 1], width)
        if regular and (self.encoding == "utf-8" or shape.size <= _RECODED_AT_MOST):
            return self._regular(columns, first_row=first_row, width=width, skipped=skipped)
        return frames_of_rows(self._rows(first_row), columns, width=width)

    def _regular(
        self, columns: Sequence[int], *, first_row: int, width: int, skipped: int
    ) -> Iterator[pl.DataFrame]:
        source: Path | io.BytesIO = self.path
        if self.encoding != "utf-8":
            text = self.path.read_bytes().decode(self.encoding, errors="replace")
            source = io.BytesIO(text.lstrip("\ufeff").encode())
        keep = [cell_name(position) for position in columns]
        lines = pl.scan_csv(
            source,
            separator=self.delimiter,
            has_header=False,
            skip_lines=skipped,
            schema={cell_name(position): pl.String for position in range(width)},
        )
        frames = lines.select(keep).with_row_index(ROW, offset=first_row)
        try:
            yield from frames.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)
        except pl.exceptions.ComputeError as error:
            # as many cells too many in some rows as too few in others
            rows = self._rows(first_row)
            uneven = [number for number, row in rows if any(row) and len(row) != width]
            msg = f"{self.name}: rows whose number of cells differs from the header's {width}"
            remedy = "Quote cells that hold the delimiter, or export the file again."
            raise DataError(msg, rows=pd.DataFrame(index=uneven), remedy=remedy) from error

    def _rows(self, first_row: int) -> Iterator[tuple[int, list[str]]]:
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as stream:
            rows = csv.reader(stream, delimiter=self.delimiter)
            numbered = enumerate(_guarded(rows, self.name), 1)
            for number, row in itertools.islice(numbered, first_row - 1, None):
                yield number, [cell.strip() for cell in row]


def _guarded(rows: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from rows
    except csv.Error as error:
        why = "NUL bytes" if "NUL" in str(error) else "a quotation mark opens and none closes it"
        msg = f"{name}: this is no regular text table: {why}"
        raise DataError(msg, remedy="Export the table again as CSV (UTF-8) or XLSX.") from error


@dataclass(frozen=True, slots=True)
class _Shape:
    """Counts of a whole file, outside quotation marks; `even` where its rows may be alike."""

    delimiters: int
    lines: int
    size: int
    even: bool

    def fits(self, head: list[list[str]], width: int) -> bool:
        """Tell whether every row below the head can only have as many cells as the header."""
        above = sum(len(row) - 1 for row in head if row)
        lines = self.lines - len(head)
        return self.even and self.delimiters - above == lines * (width - 1)


def _scout(path: Path, encoding: str, delimiter: str) -> _Shape:
    """Count delimiters and lines once, so that an uneven row cannot pass unseen."""
    wide = encoding.startswith("utf-16")
    mark = delimiter.encode()
    delimiters = lines = size = quotes = 0
    rest, last = b"", b"\n"
    for block in _blocks(path, encoding if wide else ""):
        size += len(block)
        piece = rest + block
        rest = b""
        if b'"' in piece:
            # an open cell waits for the block that closes it
            if piece.count(b'"') % 2:
                cut = piece.rfind(b'"')
                piece, rest = piece[:cut], piece[cut:]
            quotes += piece.count(b'"')
            piece = _QUOTED.sub(b"x", piece)
        delimiters += _count(piece, mark)
        lines += piece.count(b"\n")
        last = piece[-1:] or last
        if len(rest) > _LONGEST_CELL:
            return _Shape(0, 0, size, even=False)
    return _Shape(delimiters, lines + (last != b"\n"), size, even=not rest)


def _count(piece: bytes, mark: bytes) -> int:
    # frequent single bytes: comparing whole blocks is three times as fast as searching
    return int(np.count_nonzero(np.frombuffer(piece, dtype=np.uint8) == mark[0]))


def _blocks(path: Path, encoding: str) -> Iterator[bytes]:
    if not encoding:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                yield block
        return
    with path.open(encoding=encoding, errors="replace", newline="") as text:
        while piece := text.read(_BLOCK):
            yield piece.encode()


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
    encoding = _encoding(path, start)
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


def _encoding(path: Path, start: bytes) -> str:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 5 > len(start):
        return "utf-16-be" if even > odd else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path, ""):
            if not block.isascii() or decoder.getstate()[0]:
                decoder.decode(block)
        decoder.decode(b"", final=True)
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
