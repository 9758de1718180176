"""Opens what products are made of, by what a file holds and not by how it is called."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

from sibangkit_geo.disclosure import packing, pdf_texts, pictures, stored_tables, vertices
from sibangkit_geo.disclosure.pieces import APART, Reading, Remark, Text
from sibangkit_geo.disclosure.plain_text import as_text, packed, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sibangkit_geo.disclosure.pieces import Piece

# parts of office files in which runs of one paragraph are tags of many names
_OFFICE = re.compile(r"^(?:word|ppt|xl)/|^content\.xml$")
_PDF_HEAD, _GZIP_HEAD = 1024, 512
_BASE64_PIECE = 22


def pieces(path: Path, *, geometry: bool) -> Iterator[Piece]:
    """
    Give what a file says, in pieces; what cannot be read is a piece too.

    Grain: one piece per page, table, text or packed file.

    `geometry`: Whether vertices are wanted.
    """
    try:
        if path.is_dir():
            yield from vertices.layers(path, geometry=geometry)
            return
        with path.open("rb") as file:
            head = file.read(len(stored_tables.SQLITE))
        reading = Reading(packing.Budget.of(path.stat().st_size), geometry, _opened)
        if head == stored_tables.SQLITE:
            # read where it lies: with the log beside it, and not into memory
            yield from stored_tables.of_database(path, reading)
            return
        data = path.read_bytes()
        yield from _opened(data, path.name, reading)
        if data[: len(vertices.MAPINFO)].lower() == vertices.MAPINFO:
            yield from vertices.layers(path, geometry=geometry)
        # its index begins alike
        is_index = path.suffix.lower() == ".shx"
        if geometry and data.startswith(vertices.SHAPEFILE) and not is_index:
            yield from vertices.layers(path, geometry=True)
    except Exception:  # noqa: BLE001 - whatever a damaged file makes the libraries raise
        yield Remark("unreadable")


def _opened(data: bytes, name: str, reading: Reading) -> Iterator[Piece]:
    """Open one file, which may lie in others."""
    try:
        reading.budget.deeper()
    except packing.TooMuchError:
        yield Remark("too_much")
        return
    try:
        yield from _by_content(data, name, reading)
    except packing.TooMuchError:
        yield Remark("too_much")
    except Exception:  # noqa: BLE001 - whatever a damaged file makes the libraries raise
        yield Remark("unreadable")
    finally:
        reading.budget.depth -= 1


def _by_content(data: bytes, name: str, reading: Reading) -> Iterator[Piece]:
    """Choose the reader by the first bytes; a text has none of these."""
    if pdf_texts.PDF in data[:_PDF_HEAD]:
        yield from pdf_texts.of_pdf(data, reading)
    elif data.startswith(stored_tables.SQLITE):
        yield from stored_tables.of_database(data, reading)
    elif data.startswith(stored_tables.PARQUET):
        yield from stored_tables.of_parquet_table(data, reading)
    elif data.startswith(stored_tables.ARROW):
        yield from stored_tables.of_arrow_table(data, reading)
    elif pictures.is_picture(data):
        yield from _of_picture(data, reading)
    else:
        yield from _of_packed(data, name, reading)
    if packing.ends_as_zip(data) and not data.startswith(packing.ZIPS):
        # behind a picture, or behind a program that unpacks it
        try:
            yield from _of_archive(packing.zip_members(data, reading.budget), reading)
        except zipfile.BadZipFile:
            return


def _of_packed(data: bytes, name: str, reading: Reading) -> Iterator[Piece]:
    single = packing.single(data)
    if data.startswith(packing.ZIPS):
        yield from _of_archive(packing.zip_members(data, reading.budget), reading)
    elif packing.is_tar(data):
        yield from _of_archive(packing.tar_members(data, reading.budget), reading)
    elif single:
        content, is_whole = packing.streamed(single, reading.budget)
        # the name of what is packed stands before it
        yield Text(as_text(data[:_GZIP_HEAD]))
        yield from reading.open(content, name)
        if not is_whole:
            yield Remark("unreadable")
    elif data.startswith(packing.SEALED):
        yield Remark("unreadable")
    else:
        yield from _of_rest(data, name, reading)


def _of_archive(members: Iterable[tuple[str, bytes | None]], reading: Reading) -> Iterator[Piece]:
    names: list[str] = []
    layers: dict[str, bytes] = {}
    failed = False
    for name, content in members:
        names.append(name)
        if content is None:
            failed = True
            continue
        if not name:
            yield Text(as_text(content))
            continue
        yield from reading.open(content, name)
        if reading.geometry and vertices.is_part(name):
            layers[name] = content
    yield Text(APART.join(names))
    for layer in vertices.shapefiles(layers):
        yield from vertices.layers(layer, geometry=True)
    if failed:
        yield Remark("unreadable")


def _of_picture(data: bytes, reading: Reading) -> Iterator[Piece]:
    yield Text(as_text(pictures.beside_pixels(data)))
    if data.startswith(pictures.PNG):
        for text in pictures.packed_texts(data, reading.budget):
            yield from reading.open(text)
    if pictures.has_point(data):
        yield Remark("photo_point")


def _of_rest(data: bytes, name: str, reading: Reading) -> Iterator[Piece]:
    """Read text, and whatever no library knows as if it were text."""
    inner, is_whole = packing.inflated_if_any(data, reading.budget)
    if inner:
        yield from reading.open(inner, name)
        if not is_whole:
            yield Remark("unreadable")
        return
    if data.startswith(stored_tables.OLE):
        yield from stored_tables.of_old_workbook(data)
    if data.startswith(vertices.FLATGEOBUF):
        yield from vertices.layers(data, geometry=reading.geometry)
    elif reading.geometry and vertices.is_drawn(data):
        # not all that speaks of coordinates is a layer; it is read as text too
        with suppress(Exception):
            yield from vertices.layers(data, geometry=True)
    text = resolved(as_text(data))
    yield Text(text, office=_OFFICE.match(name) is not None)
    if reading.geometry:
        yield from vertices.of_hexadecimal(text)
    if len(text) >= _BASE64_PIECE:
        for carried in packed(text):
            yield from reading.open(carried)
