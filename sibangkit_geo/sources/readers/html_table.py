"""Tables of a web page, as many systems hand them out under the name of a workbook."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.cells import Range, Seen, SheetCells
from sibangkit_geo.sources.readers.csv import find_encoding

if TYPE_CHECKING:
    from pathlib import Path

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HEAD_BYTES = 4096
_APART = frozenset({"br", "p", "div", "li"})
_UNSEEN = frozenset({"script", "style", "title"})


@dataclass(slots=True)
class _Table:
    """
    One table while it is read.

    `covered`: Last row that a cell from above takes of each column.
    """

    rows: list[list[str]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    covered: dict[int, int] = field(default_factory=dict)

    def add(self, element: etree._Element) -> int:
        """Read a row, and count its cells."""
        row: list[str] = []
        top, place = len(self.rows), 0
        for cell in element.iterchildren("td", "th"):
            while self.covered.get(place, -1) >= top:
                place += 1
            if place > limits.COLUMNS:
                break
            row.extend([""] * (place - len(row)))
            row.append(" ".join("".join(cell.itertext()).split()))
            across = _span(cell, "colspan", limits.SPAN_COLUMNS)
            down = _span(cell, "rowspan", limits.SPAN_ROWS)
            if across > 1 or down > 1:
                self.merged.append(Range(top, place, top + down - 1, place + across - 1))
            if down > 1:
                self.covered |= dict.fromkeys(range(place, place + across), top + down - 1)
            place += across
        self.rows.append(row)
        style = element.get("style", "").replace(" ", "").lower()
        if "display:none" in style and any(row):
            self.hidden.append(len(self.rows))
        return len(row)


def _span(cell: etree._Element, name: str, most: int) -> int:
    text = cell.get(name, "1").strip()
    number = int(text) if text.isdecimal() and len(text) < 9 else 1
    # 0 rows are all that follow
    return min(number or most, most)


def html_sheets(path: Path) -> list[SheetCells]:
    """
    Read the tables of a page; scripts and styles are no text of a cell.

    Returns: One sheet per table, called ``tabel 1`` and so on; rows are counted in each.
    Raises DataError: The file is far too large, no page, cut off, or holds no table.
    """
    page = _as_utf8(path)
    _require_end(page, path.name)
    found: list[_Table] = []
    within: list[_Table] = []
    cells = 0
    try:
        for event, element in etree.iterparse(
            io.BytesIO(page), events=("start", "end"), html=True, encoding="utf-8",
            remove_comments=True, remove_pis=True, no_network=True,
        ):  # fmt: skip
            if event == "start":
                if element.tag == "table":
                    within.append(_Table())
                    found.append(within[-1])
            elif element.tag == "tr" and within:
                cells += within[-1].add(element)
                element.clear()
                require_size(path, cells=cells)
            elif element.tag == "table":
                # what a table within a cell says is a table of its own
                element.clear()
                del within[-1:]
            elif element.tag in _APART:
                element.text = f" {element.text or ''}"
            elif element.tag in _UNSEEN:
                element.clear()
    except etree.LxmlError:
        found = []
    if not found:
        msg = f"{path.name}: neither a workbook nor a page with a table"
        raise DataError(msg, remedy="Open it in Excel and save it as XLSX, or export it as CSV.")
    named = path.suffix.lower() in {".html", ".htm"}
    kind = "" if named else f"tabel HTML, walau namanya berakhir {path.suffix or 'lain'}"
    return [
        SheetCells(
            path.name, one.rows, f"tabel {number}",
            Seen(kind=kind, hidden_rows=tuple(one.hidden), merged=tuple(one.merged)),
        )
        for number, one in enumerate(found, 1)
    ]  # fmt: skip


def _require_end(page: bytes, name: str) -> None:
    """Refuse a page that ends within its last table; scripts and comments open none."""
    text = re.sub(rb"<!--.*?-->|<script\b.*?</script", b"", page.lower(), flags=re.DOTALL)
    if max(text.rfind(b"</table"), text.rfind(b"</html")) < text.rfind(b"<table"):
        msg = f"{name}: the page is damaged or cut off, its last table has no end"
        raise DataError(msg, remedy="Copy or export it again.")


def require_size(path: Path, *, cells: int = 0) -> None:
    """
    Refuse text that is marked up and too large to be held.

    `cells`: How many it was found to hold.
    Raises DataError: It is.
    """
    if cells > limits.CELLS or path.stat().st_size > limits.PAGE_BYTES:
        msg = f"{path.name}: too large for a table in HTML or XML"
        raise DataError(msg, remedy="Open it in Excel and save it as XLSX, or export it as CSV.")


def _as_utf8(path: Path) -> bytes:
    """Read a page in the encoding that its mark or itself tells, else in the one that fits."""
    require_size(path)
    raw = path.read_bytes()
    guessed = find_encoding(raw[: 1 << 18])
    told = _CHARSET.search(raw[:_HEAD_BYTES])
    wanted = [guessed, "cp1252"]
    if told and not guessed.startswith("utf-16") and not raw.startswith(codecs.BOM_UTF8):
        wanted.insert(0, told.group(1).decode())
    for encoding in wanted:
        try:
            return raw.decode(encoding).removeprefix("\ufeff").encode()
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("cp1252", errors="replace").encode()
