"""
Very large XLSX sheets, row by row in bounded memory, with the values calamine would give.

A row as every common program writes it is taken apart by one regular expression;
a row that does not look like that goes to an XML parser, so that speed never
changes a value.
"""

from __future__ import annotations

import html
import re
import zipfile
from array import array
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import IO, TYPE_CHECKING

from lxml import etree

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.archives import open_zip
from sibangkit_geo.sources.readers.cells import NOTHING_SEEN, Seen, SheetCells
from sibangkit_geo.sources.readers.formats import DATES, PERCENTS, PLAIN, Shown, read_format
from sibangkit_geo.sources.readers.grid import (
    HEAD_ROWS,
    OneTable,
    frames_of_rows,
    letters,
    number_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import polars as pl

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# days that a workbook counts less where its calendar begins in 1904
_YEARS_1904 = 1462
_WRAP = (f'<sheetData xmlns="{_MAIN}" xmlns:x="{_MAIN}" '
         'xmlns:x14ac="urn:a" xmlns:xr="urn:b" xmlns:spans="urn:c">').encode()  # fmt: skip
_CELL = re.compile(
    rb'<c r="([A-Z]+)\d+"(?: s="(\d+)")?(?: t="(\w+)")?(?:/>|>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?'
    rb"(?:<v>([^<]*)</v>|<v/>|<is><t[^>]*>([^<]*)</t></is>)?</c>)"
)
_ROW = re.compile(rb'<row(?: [^>]*?)?\br="(\d+)"')
_TEXT = re.compile(rb"<si><t[^>]*>([^<]*)</t></si>|<si><t/></si>")
_PREFIX = re.compile(rb"<(\w+:)(?:worksheet|sst)\b")
_PIECE = 1 << 20
# what a damaged workbook makes the libraries raise
FAULTS = (zipfile.BadZipFile, LookupError, etree.LxmlError, ValueError, ArithmeticError, OSError)

_WORDS = frozenset({b"inlineStr", b"str", b"e", b"d"})


@dataclass(frozen=True)
class StreamedSheet(OneTable):
    """
    A sheet of an XLSX file that is not held in memory.

    `seen`: How its cells stood.
    `named`: False: the header has to be found.
    """

    path: Path
    name: str
    sheet: str
    seen: Seen = NOTHING_SEEN
    named: bool = False

    def held(self) -> SheetCells:
        """
        Read the whole sheet.

        Raises DataError: The sheet is damaged.
        """
        rows: list[list[str]] = []
        for number, row in self._rows(None):
            # a row number far beyond the last row would be filled up with empty ones
            if number > limits.SHEET_ROWS:
                raise damaged(self.name)
            rows.extend([] for _ in range(number - 1 - len(rows)))
            rows.append(row)
        return SheetCells(self.name, rows, self.sheet, self.seen)

    @cached_property
    def head(self) -> list[list[str]]:
        """First rows."""
        found: list[list[str]] = []
        for number, row in islice(self._rows(None), HEAD_ROWS):
            if number > HEAD_ROWS:
                break
            found.extend([] for _ in range(number - 1 - len(found)))
            found.append(row)
        return found

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on.

        `width`: Cells of the header; a sheet has no uneven rows.
        Raises DataError: The sheet is damaged.
        """
        del width
        place = {position: at for at, position in enumerate(columns)}
        rows = ((number, row) for number, row in self._rows(place) if number >= first_row)
        for frame in frames_of_rows(rows, range(len(columns))):
            names = {f"c{at}": f"c{position}" for position, at in place.items()}
            yield frame.rename(names)

    def _rows(self, place: dict[int, int] | None) -> Iterator[tuple[int, list[str]]]:
        """Take rows apart; `place` says which columns are kept and where they go."""
        try:
            with open_zip(self.path) as archive:
                values = Values(_shared(archive), shown_styles(archive), _first_day(archive))
                with archive.open(part_of(archive, self.sheet)) as stream:
                    number = 0
                    for raw in split(stream, b"</row>", self.name):
                        start = raw.rfind(b"<row")
                        if start < 0:
                            raise _foreign(self.name)
                        found = _ROW.match(raw, start)
                        number = int(found.group(1)) if found else number + raw.count(b"<row")
                        yield number, _row(raw[start:], values, place)
        except FAULTS as error:
            if isinstance(error, DataError):
                raise
            raise damaged(self.name) from error


def damaged(name: str) -> DataError:
    """Word that a workbook cannot be read."""
    msg = f"{name}: the workbook is damaged or cut off"
    return DataError(msg, remedy="Open it, save it again as XLSX, and retry.")


def part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Follow the workbook's relations to the part that holds a sheet."""
    book = parse(archive.read("xl/workbook.xml"))
    links = parse(archive.read("xl/_rels/workbook.xml.rels"))
    target = {link.get("Id"): link.get("Target", "") for link in links}
    for one in book.iter("{*}sheet"):
        if one.get("name") == sheet:
            # the two editions of the standard name the namespace differently
            link_id = next((text for name, text in one.items() if name.endswith("}id")), "")
            part = str(target[link_id])
            return part.lstrip("/") if part.startswith("/") else f"xl/{part}"
    raise KeyError(sheet)


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """
    Read the XML of a part in pieces, without the prefix that some programs give its elements.

    Yields: Pieces that need not end where a tag does.
    """
    start = stream.read(_PIECE)
    found = _PREFIX.search(start[:4096])
    old = (b"<" + found.group(1), b"</" + found.group(1)) if found else ()
    rest = b""
    while start:
        block = rest + start
        for tag in old:
            block = block.replace(tag, tag[: 2 if tag[1:2] == b"/" else 1])
        # a tag that is cut waits for its end
        cut = block.rfind(b"<") if old else len(block)
        yield block[:cut]
        rest, start = block[cut:], stream.read(_PIECE)
    yield rest


def split(stream: IO[bytes], mark: bytes, name: str) -> Iterator[bytes]:
    """
    Cut the XML of a part where elements end.

    `mark`: End tag, which the pieces lose.
    `name`: Of the file, for messages.
    Raises DataError: An element is longer than any sound one, or the part is cut off.
    """
    rest = b""
    for block in blocks(stream):
        pieces = (rest + block).split(mark)
        rest = pieces.pop()
        if len(rest) > limits.SHEET_ROW_BYTES:
            raise _foreign(name)
        yield from pieces
    if b"<row" in rest and b"/>" not in rest[rest.rfind(b"<row") :]:
        raise _foreign(name)


def _foreign(name: str) -> DataError:
    msg = f"{name}: this large sheet is cut off or written in a form that cannot be read"
    return DataError(msg, remedy="Open it and save it again as XLSX, or as CSV (UTF-8).")


def _row(raw: bytes, values: Values, place: dict[int, int] | None) -> list[str]:
    found = _CELL.findall(raw)
    if len(found) != raw.count(b"<c ") + raw.count(b"<c>"):
        found = _parsed(raw)
    row: list[str] = [""] * (len(place) if place is not None else 0)
    for name, style, kind, value, inline in found:
        position = column(name)
        if place is None:
            if position > limits.COLUMNS:
                continue
            row.extend([""] * (position + 1 - len(row)))
            at: int | None = position
        else:
            at = place.get(position)
        if at is not None:
            row[at] = values.text(kind, style, value, inline)
    return row


def _parsed(raw: bytes) -> list[tuple[bytes, bytes, bytes, bytes, bytes]]:
    """Read a row of unusual form with the XML parser."""
    tree = parse(_WRAP + raw + b"</row></sheetData>")
    found = []
    for position, cell in enumerate(tree.iter("{*}c")):
        reference = (cell.get("r") or letters(position)).rstrip("0123456789")
        value = cell.findtext("{*}v") or ""
        inline = "".join(str(one.text or "") for one in cell.iter("{*}t"))
        parts = (reference, cell.get("s") or "", cell.get("t") or "")
        found.append(tuple(escaped(part) for part in (*parts, value, inline)))
    return found  # type: ignore[return-value]


def _shared(archive: zipfile.ZipFile) -> Strings:
    """Hold the shared strings end to end in one buffer: a Python text each would be four times."""
    buffer, ends = bytearray(), array("Q", [0])
    if "xl/sharedStrings.xml" in archive.namelist():
        with archive.open("xl/sharedStrings.xml") as stream:
            for raw in split(stream, b"</si>", "sharedStrings.xml"):
                whole = raw[max(raw.rfind(b"<si>"), 0) :] + b"</si>"
                plain = _TEXT.fullmatch(whole)
                text = (plain.group(1) or b"") if plain else rich(whole)
                buffer += text
                ends.append(len(buffer))
    return Strings(buffer, ends)


@dataclass(frozen=True, slots=True)
class Strings:
    """
    Shared strings end to end.

    `buffer`: UTF-8 text, entities not yet resolved.
    """

    buffer: bytearray
    ends: array[int]

    def __getitem__(self, index: int) -> bytearray:
        """Take one string."""
        return self.buffer[self.ends[index] : self.ends[index + 1]]


@dataclass(frozen=True, slots=True)
class Values:
    """
    What turns the parts of a cell into text.

    `styles`: How the styles show a number that do not leave it one.
    `first_day`: Days that the workbook counts less.
    """

    strings: Strings
    styles: Mapping[bytes, Shown]
    first_day: int = 0

    def text(self, kind: bytes, style: bytes, value: bytes, inline: bytes) -> str:
        """
        Write a cell as text, as calamine would.

        `kind`, `style`, `value`, `inline`: Attributes ``t`` and ``s``, the value, the text of an
            inline string.
        Returns: Stripped; empty for an empty cell.
        Raises ValueError: A number is none, or a shared string is not there.
        """
        if kind == b"s":
            return _plain(self.strings[int(value)])
        if kind in _WORDS:
            return _plain(inline or value)
        if kind == b"b":
            return "TRUE" if value == b"1" else "FALSE"
        return self._number(value, style)

    def _number(self, value: bytes, style: bytes) -> str:
        if style in self.styles and value:
            return self.styles[style].text(float(value), first_day=self.first_day)
        if value.isdigit() and len(value) < 16 and (value[:1] != b"0" or value == b"0"):
            return value.decode()
        return number_text(float(value)) if value else ""


def _plain(raw: bytes | bytearray) -> str:
    text = raw.decode("utf-8", errors="replace").strip()
    return html.unescape(text).strip() if "&" in text else text


def escaped(text: str) -> bytes:
    """
    Write text as it stands in the file.

    Returns: UTF-8, with entities.
    """
    return html.escape(text, quote=False).encode("utf-8", errors="replace")


@cache
def column(letters: bytes) -> int:
    """
    Turn the letters of a column into its position.

    Parameters
    ----------
    letters
        Such as ``b"AB"``.

    Returns
    -------
    position
        0 for A.

    Examples
    --------
    >>> column(b"A"), column(b"AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def parse(raw: bytes) -> etree._Element:
    """
    Parse a small part of a workbook, without entities and without a network.

    Raises lxml.etree.XMLSyntaxError: It is no XML.
    """
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))


def rich(raw: bytes) -> bytes:
    """
    Join the runs of a formatted string, leaving out what says how to pronounce it.

    `raw`: One ``<si>`` element.
    Raises lxml.etree.XMLSyntaxError: It is no XML.
    """
    root = parse(f'<a xmlns="{_MAIN}">'.encode() + raw + b"</a>")
    runs = [one.text or "" for one in root.iter("{*}t") if one.getparent().tag[-3:] != "rPh"]
    return escaped("".join(map(str, runs)))


def shown_styles(archive: zipfile.ZipFile) -> dict[bytes, Shown]:
    """
    Tell which cell styles show a number as a date, as per cent or as a code.

    Returns: By their numbers as they stand in the attribute ``s``.
    Raises lxml.etree.XMLSyntaxError: The styles are damaged.
    """
    if "xl/styles.xml" not in archive.namelist():
        return {}
    root = parse(archive.read("xl/styles.xml"))
    shown = dict.fromkeys(DATES, Shown("date")) | dict.fromkeys(PERCENTS, Shown("percent"))
    for one in root.iter("{*}numFmt"):
        shown[int(one.get("numFmtId", "0"))] = read_format(one.get("formatCode", ""))
    formats = root.find("{*}cellXfs")
    used = [] if formats is None else [int(one.get("numFmtId", "0")) for one in formats]
    styles = {str(place).encode(): shown.get(one, PLAIN) for place, one in enumerate(used)}
    return {place: one for place, one in styles.items() if one != PLAIN}


def _first_day(archive: zipfile.ZipFile) -> int:
    about = parse(archive.read("xl/workbook.xml")).find("{*}workbookPr")
    old = about is not None and about.get("date1904", "0") in {"1", "true"}
    return _YEARS_1904 if old else 0


def turns_numbers(path: Path) -> bool:
    """
    Tell whether a workbook shows numbers as per cent or as codes, which calamine does not tell.

    Raises DataError: The workbook is damaged.
    """
    try:
        with open_zip(path) as archive:
            shown = shown_styles(archive)
    except FAULTS as error:
        if isinstance(error, DataError):
            raise
        raise damaged(path.name) from error
    return any(one.kind != "date" for one in shown.values())
