"""A text file in pieces of whole rows, read into the memory of earlier pieces."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sibangkit_geo.sources.readers.delimited import Delimited

# small enough to stay in a processor's cache from the disk to the parser
_BLOCK = 4 << 20
_LONGEST_ROW = 32 << 20


def pieces_of(text: Delimited, *, skipped: int, spare: list[bytearray]) -> Iterator[bytearray]:
    """
    Cut a text file after whole rows, as UTF-8, without its first lines.

    `spare`: Pieces nobody needs any more; they are taken from it and written anew.
    Returns: None empty; a quoted cell is never cut.
    Raises DataError: A row never ends, or a quotation mark opens and none closes it.
    """
    rest, quoted = bytearray(), False
    for data in _blocks(text.path, text.encoding, rest, spare):
        while skipped and b"\n" in data:
            del data[: data.index(b"\n") + 1]
            skipped -= 1
        cut = 0 if skipped else _whole_rows(data)
        rest[:] = data[cut:]
        if cut:
            del data[cut:]
            yield _as_utf8(data)
            continue
        quoted = b'"' in data
        if len(data) > _LONGEST_ROW:
            break
    else:
        if rest and not skipped:
            yield _as_utf8(rest)
        return
    why = "a quotation mark opens and none closes it" if quoted else "a row never ends"
    msg = f"{text.name}: this is no regular text table: {why}"
    raise DataError(msg, remedy="Export the table again as CSV (UTF-8) or XLSX.")


def _whole_rows(data: bytearray) -> int:
    """Find the end of the last row that is whole: a line end outside quotation marks."""
    cut = data.rfind(b"\n") + 1
    if not cut or b'"' not in data:
        return cut
    while cut and data.count(b'"', 0, cut) % 2:
        # the line end lies inside a cell: go back before the mark that opens it
        cut = data.rfind(b"\n", 0, data.rfind(b'"', 0, cut)) + 1
    return cut


def _as_utf8(piece: bytearray) -> bytearray:
    if piece.isascii():
        return piece
    try:
        piece.decode()
    except UnicodeDecodeError:
        return bytearray(piece.decode("cp1252", errors="replace").encode())
    return piece


def _blocks(
    path: Path, encoding: str, rest: bytearray, spare: list[bytearray]
) -> Iterator[bytearray]:
    """Read what is left of the last block and the next one together, into spare memory."""
    if encoding.startswith("utf-16"):
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            while piece := text.read(_BLOCK):
                yield rest + piece.removeprefix("\ufeff").encode()
        return
    with path.open("rb") as stream:
        if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            stream.seek(0)
        while True:
            block = _room(spare, len(rest) + _BLOCK)
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
