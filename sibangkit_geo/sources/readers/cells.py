"""Cells of an XLSX sheet as text: shared strings, numbers, dates, escapes."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    import zipfile
    from array import array

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# whole numbers are exact in a spreadsheet's floating point below this
_EXACT = 2**53
# built-in formats of ECMA-376 part 1, 18.8.30, that show a date or a time
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_CODE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
# the day that spreadsheets number 0, with their leap year of 1900
_WORDS = frozenset({b"inlineStr", b"str", b"e", b"d"})
_DAY_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no time zone


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
    """What turns the parts of a cell into text."""

    strings: Strings
    dates: frozenset[bytes]

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
        if style in self.dates and value:
            return _date(float(value))
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


def number_text(value: float) -> str:
    """
    Write a number of a spreadsheet as text, whole numbers without a point.

    Parameters
    ----------
    value
        Number.

    Returns
    -------
    text
        Exponents only where digits are lost (2^53 and above) or very small.

    Examples
    --------
    >>> number_text(1607010000000001.0), number_text(0.25), number_text(1.6e18)
    ('1607010000000001', '0.25', '1.6e+18')
    """
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return repr(value)


def _date(value: float) -> str:
    moment = _DAY_ZERO + dt.timedelta(days=value)
    return date_text(moment)


def date_text(moment: dt.datetime) -> str:
    """Write a moment as text, a whole day without its hour."""
    whole = moment.time() == dt.time()
    return moment.date().isoformat() if whole else moment.isoformat(sep=" ")


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


def letters(position: int) -> str:
    """
    Turn a position into the letters of a column.

    Parameters
    ----------
    position
        0 for A.

    Returns
    -------
    letters
        Capitals.

    Examples
    --------
    >>> letters(27)
    'AB'
    """
    text, number = "", position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


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


def date_styles(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """
    Tell which cell styles show a date.

    Returns: Their numbers as they stand in the attribute ``s``.
    Raises lxml.etree.XMLSyntaxError: The styles are damaged.
    """
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    root = parse(archive.read("xl/styles.xml"))
    own = {
        int(one.get("numFmtId", "0"))
        for one in root.iter("{*}numFmt")
        if set(_NOT_CODE.sub("", one.get("formatCode", "").lower())) & set("dmyhs")
    }
    formats = root.find("{*}cellXfs")
    used = [] if formats is None else [int(one.get("numFmtId", "0")) for one in formats]
    return frozenset(
        str(place).encode() for place, one in enumerate(used) if one in own or one in _DATES
    )
