"""What a PDF says: its pages, notes, forms, attachments and what is told about it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pypdf
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from sibangkit_geo.disclosure.pieces import APART, Remark, Text
from sibangkit_geo.disclosure.plain_text import as_text, worth_reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sibangkit_geo.disclosure.pieces import Piece, Reading

PDF = b"%PDF-"
# corners of lines: most of a map's page, and no text
_CORNERS = re.compile(rb"(?<=\s)(?:-?[\d.]{1,12}\s+){2,6}[mlcvy](?=\s)")
_PHOTOS = ("/DCTDecode", "/JPXDecode")
# names that the standard defines are shorter, but for some that tell nothing
_LONG = 12


def of_pdf(data: bytes, reading: Reading) -> Iterator[Piece]:
    """
    Give the text of each page, then every text and file among the objects.

    Raises Exception: The file is damaged or locked.
    """
    reader = pypdf.PdfReader(io.BytesIO(data))
    told = [str(one) for one in (reader.metadata or {}).values()]
    yield Text("\n".join(told))
    drawn = {number for page in reader.pages for number in _drawn(page)}
    failed = False
    for page in reader.pages:
        try:
            yield Text(_page_text(page))
        except Exception:  # noqa: BLE001 - a damaged page raises anything; the others are read
            failed = True
    yield from _of_objects(reader, drawn, reading)
    if failed:
        yield Remark("unreadable")


def _page_text(page: pypdf.PageObject) -> str:
    drawn = page.get_contents()
    if drawn is None:
        return ""
    slim = DecodedStreamObject()
    slim.set_data(_CORNERS.sub(b"", drawn.get_data()))
    page[NameObject("/Contents")] = slim
    return page.extract_text()


def _drawn(page: pypdf.PageObject) -> Iterator[int]:
    """Name the objects that draw a page; their text was read with the page."""
    content = page.raw_get("/Contents") if "/Contents" in page else None
    inner = content.get_object() if isinstance(content, IndirectObject) else content
    for one in (content, *(inner if isinstance(inner, ArrayObject) else ())):
        if isinstance(one, IndirectObject):
            yield one.idnum


def _of_objects(reader: pypdf.PdfReader, drawn: set[int], reading: Reading) -> Iterator[Piece]:
    """Give notes, forms, outlines and attachments: objects all of them, whatever holds them."""
    texts: list[str] = []
    failed = False
    numbers = {number for table in reader.xref.values() for number in table}
    for number in sorted(numbers | set(reader.xref_objStm)):
        if _is_free(reader, number):
            continue
        try:
            one = reader.get_object(IndirectObject(number, _generation(reader, number), reader))
        except Exception:  # noqa: BLE001 - a damaged object raises anything; the others are read
            failed = True
            continue
        texts += _strings(one)
        if isinstance(one, StreamObject):
            if number not in drawn:
                yield from _of_stream(one, reading)
        elif isinstance(one, DictionaryObject):
            yield from _of_attachment(one, reading)
    yield Text(APART.join(texts))
    if failed:
        yield Remark("unreadable")


def _is_free(reader: pypdf.PdfReader, number: int) -> bool:
    """Tell an entry of the table that holds no object."""
    return any(table.get(number, False) for table in reader.xref_free_entry.values())


def _generation(reader: pypdf.PdfReader, number: int) -> int:
    return next((one for one, table in reader.xref.items() if number in table), 0)


def _strings(one: object) -> Iterator[str]:
    if isinstance(one, TextStringObject):
        yield str(one)
    elif isinstance(one, ByteStringObject):
        yield as_text(bytes(one))
    elif isinstance(one, DictionaryObject):
        for key, value in one.items():
            if len(key) > _LONG:
                yield str(key)
            yield from _strings(value)
    elif isinstance(one, ArrayObject):
        for value in one:
            yield from _strings(value)


def _of_stream(one: StreamObject, reading: Reading) -> Iterator[Piece]:
    if one.get("/Type") == "/Metadata":
        yield from reading.open(one.get_data())
    elif one.get("/Subtype") == "/Form":
        # what a note looks like is drawn on no page
        yield Text(as_text(one.get_data()))
    elif "/Type" not in one and "/Subtype" not in one and "/Length1" not in one:
        # parts of forms say nothing of what they are
        content = one.get_data()
        if worth_reading(content):
            yield Text(as_text(content))
    elif one.get("/Filter") in _PHOTOS:
        # a photo goes into a PDF as it is, with all that is told about it
        yield from reading.open(one._data)  # noqa: SLF001 - get_data would decode the pixels


def _of_attachment(one: DictionaryObject, reading: Reading) -> Iterator[Piece]:
    files = one.get("/EF")
    for file in files.get_object().values() if files is not None else ():
        content = file.get_object()
        if isinstance(content, StreamObject):
            yield from reading.open(content.get_data())
