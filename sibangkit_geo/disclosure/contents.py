"""The readable content of a finished file, whatever it is packed in."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pypdf
from pypdf.generic import DecodedStreamObject, NameObject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

_PARQUET = b"PAR1"
# corners of lines: most of a map's page, and no text
_CORNERS = re.compile(rb"(?<=\s)(?:-?[\d.]{1,12}\s+){2,6}[mlcvy](?=\s)")
_TAG = re.compile(rb"<[^>]*>")
_DEEPEST = 3


def contents(path: Path) -> Iterator[bytes]:
    """
    Give what a file says, in pieces, each as UTF-8 text.

    Grain: one piece per page, table, column or packed file.

    Yields: Cells of databases and Parquet tables one to a line; of office files the markup as it
        is and the words without it, since a name may be cut by a tag.
    """
    if path.suffix in {".gpkg", ".sqlite"}:
        # raw pages lay cells end to end, and keep whole numbers in binary
        yield from _database(path)
    else:
        yield from _unpacked(path.read_bytes(), depth=0)


def _unpacked(data: bytes, *, depth: int) -> Iterator[bytes]:
    if data.startswith(b"%PDF"):
        yield from _pages(data)
    elif data.startswith(_PARQUET) and data.endswith(_PARQUET):
        yield from _columns(data)
    elif data.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(data)) and depth < _DEEPEST:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from _part(archive.read(name), name, depth=depth + 1)
    else:
        yield data


def _part(data: bytes, name: str, *, depth: int) -> Iterator[bytes]:
    yield from _unpacked(data, depth=depth)
    if name.endswith(".xml"):
        yield _TAG.sub(b" ", data)
    if name.startswith("word/"):
        # a number or a name goes on over runs of one paragraph
        yield _TAG.sub(b"", data.replace(b"</w:p>", b"\n"))


def _pages(data: bytes) -> Iterator[bytes]:
    reader = pypdf.PdfReader(io.BytesIO(data))
    told = [str(one) for one in (reader.metadata or {}).values()]
    yield "\n".join(told).encode("utf-8")
    for page in reader.pages:
        drawn = page.get_contents()
        if drawn is None:
            continue
        slim = DecodedStreamObject()
        slim.set_data(_CORNERS.sub(b"", drawn.get_data()))
        page[NameObject("/Contents")] = slim
        yield page.extract_text().encode("utf-8")


def _columns(data: bytes) -> Iterator[bytes]:
    table = pq.read_table(io.BytesIO(data))
    for key, value in (table.schema.metadata or {}).items():
        yield key + b"\n" + value
    yield "\n".join(table.column_names).encode("utf-8")
    for column in table.columns:
        yield b"\n".join(_written(cell) for cell in column.to_pylist())


def _written(cell: Any) -> bytes:  # noqa: ANN401 - whatever a column holds
    return cell if isinstance(cell, bytes) else str(cell).encode("utf-8")


def _database(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            quoted = str(name).replace('"', '""')
            rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - its own table
            cells = (
                str(cell) for row in rows for cell in row if isinstance(cell, str | int | float)
            )
            yield "\n".join(cells).encode("utf-8")
