"""Cells of tables that are stored in binary: SQLite, Parquet, Arrow, old spreadsheets."""

from __future__ import annotations

import io
import os
import sqlite3
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import xlrd

from sibangkit_geo.disclosure.pieces import APART, Remark, Text
from sibangkit_geo.disclosure.plain_text import SHORTEST, as_text, worth_reading
from sibangkit_geo.disclosure.vertices import of_blobs, of_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sibangkit_geo.disclosure.pieces import Piece, Reading

SQLITE = b"SQLite format 3\x00"
PARQUET, ARROW = b"PAR1", b"ARROW1"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# MS-CFB 2.2: the header names the sector where the list of parts begins
_DIRECTORY_AT, _SECTOR = 48, 512
# names of parts: BIFF8 (MS-XLS 2.1.2), and what a password makes of a new workbook (MS-OFFCRYPTO)
_WORKBOOK, _LOCKED = ("Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le"))
# SQLite file format, 1.3: bytes 18 and 19 are 2 where a log is kept beside the file, which a copy
# in memory cannot have
_LOG_AT, _NO_LOG = 18, b"\x01\x01"
_BLOCK_ROWS = 65_536
_GEOPACKAGE_SHAPE = b"GP\x00"


def of_database(source: Path | bytes, reading: Reading) -> Iterator[Piece]:
    """
    Give names, cells and blobs of every table.

    Raises sqlite3.DatabaseError: The database is damaged.
    """
    with closing(_connected(source)) as database:
        told = database.execute("SELECT name, sql FROM sqlite_master").fetchall()
        # names of columns, and views, stand in what made them
        yield Text("\n".join(str(one) for row in told for one in row if one))
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            try:
                yield from _of_table(database, str(name), reading)
            except sqlite3.OperationalError as error:
                # the search of another program, whose data lie in plain tables beside it
                if "no such module" not in str(error):
                    raise


def _connected(source: Path | bytes) -> sqlite3.Connection:
    if isinstance(source, bytes):
        database = sqlite3.connect(":memory:")
        database.deserialize(source[:_LOG_AT] + _NO_LOG + source[_LOG_AT + len(_NO_LOG) :])
    else:
        database = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    database.text_factory = _lenient
    return database


def _lenient(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _of_table(database: sqlite3.Connection, name: str, reading: Reading) -> Iterator[Piece]:
    quoted = name.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - its own table
    while block := rows.fetchmany(_BLOCK_ROWS):
        cells = list(chain.from_iterable(block))
        blobs = [one for one in cells if type(one) is bytes]
        texts = [one for one in cells if type(one) is not bytes] if blobs else cells
        yield Text(APART.join(map(str, texts)))
        yield from _of_blobs(blobs, reading)


def _of_blobs(blobs: list[bytes], reading: Reading) -> Iterator[Piece]:
    shapes = [one for one in blobs if one.startswith(_GEOPACKAGE_SHAPE)]
    if reading.geometry:
        yield from of_blobs(shapes)
    for blob in blobs:
        if len(blob) >= SHORTEST and not blob.startswith(_GEOPACKAGE_SHAPE):
            yield from reading.open(blob)
    if shapes:
        # a blob may only claim to be a shape
        yield Text(APART.join(as_text(one) for one in shapes))


def of_parquet_table(data: bytes, reading: Reading) -> Iterator[Piece]:
    """
    Give names, remarks and cells of a Parquet table.

    Raises Exception: The table is damaged.
    """
    stored = pq.ParquetFile(io.BytesIO(data))
    groups = [stored.metadata.row_group(at) for at in range(stored.metadata.num_row_groups)]
    # a cell that occurs a million times is stored once
    reading.budget.spend(sum(one.total_byte_size for one in groups))
    reading.budget.spend(stored.metadata.num_rows * len(stored.schema_arrow))
    table = stored.read()
    yield from _of_arrow(table, reading)
    if reading.geometry and b"geo" in (table.schema.metadata or {}):
        yield from of_parquet(data)


def of_arrow_table(data: bytes, reading: Reading) -> Iterator[Piece]:
    """
    Give names, remarks and cells of an Arrow (Feather) table.

    Raises Exception: The table is damaged.
    """
    yield from _of_arrow(pa.ipc.open_file(io.BytesIO(data)).read_all(), reading)


def _of_arrow(table: Any, reading: Reading) -> Iterator[Piece]:  # noqa: ANN401 - pyarrow has no types
    remarks = [table.schema.metadata, *(one.metadata for one in table.schema)]
    told = [key + b"\n" + value for one in remarks for key, value in (one or {}).items()]
    texts = ["\n".join(table.column_names), as_text(b"\n".join(told))]
    blobs: list[bytes] = []
    for column in table.columns:
        cells = column.to_pylist()
        binary = [one for one in cells if isinstance(one, bytes)]
        blobs += binary
        texts.append(APART.join([str(one) for one in cells if not isinstance(one, bytes)]))
        texts.append(APART.join(map(as_text, binary)))
    yield Text(APART.join(texts))
    for blob in blobs:
        if worth_reading(blob):
            yield from reading.open(blob)


def of_old_workbook(data: bytes) -> Iterator[Piece]:
    """
    Give the cells of an XLS workbook, whose numbers are stored in binary.

    Raises Exception: The workbook is damaged.
    """
    first_sector = int.from_bytes(data[_DIRECTORY_AT : _DIRECTORY_AT + 4], "little")
    if _LOCKED in data or (first_sector + 1) * _SECTOR >= len(data):
        yield Remark("unreadable")
    # other old documents begin alike; they are read as they are
    if _WORKBOOK not in data:
        return
    with Path(os.devnull).open("w", encoding="utf-8") as silence:
        book = xlrd.open_workbook(file_contents=data, logfile=silence)
    for sheet in book.sheets():
        rows = (sheet.row_values(at) for at in range(sheet.nrows))
        yield Text(APART.join([sheet.name, *(str(cell) for row in rows for cell in row)]))
