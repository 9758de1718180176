"""The document while it is written: headings, captions, fields and their bookmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu

from sibangkit_geo.products.atlas import canvas
from sibangkit_geo.products.document import styles
from sibangkit_geo.products.document.styles import (
    TABLE_HEAD,
    TABLE_STYLE,
    TABLE_TEXT,
    bookmarked,
    clean,
    element,
    escaped,
    field,
    field_end,
    field_start,
    text_run,
)
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

    from docx.document import Document

    from sibangkit_geo.products.atlas.settings import AnnexSettings

_EMU_PER_TWENTIETH = 635
HEADING, MAP, TABLE, FIGURE = "heading", "map", "table", "figure"

# the cell's margins with a little to spare, twentieths of a point, of which a point has 20
_MARGINS, _PER_POINT = 170, 20
# lines that a heading may take, with a little for how words fall
_HEAD_LINES = 2.6
# where a template does not say how large its words are
_TABLE_POINTS = 11.0
_SIDES = {"l": "left", "r": "right"}


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A heading or caption, as the lists at the front name it.

    `kind`: ``"heading"``, ``"map"`` or ``"table"``.
    `level`: Of the heading; 1 for captions.
    """

    kind: str
    level: int
    text: str
    bookmark: str


class Manuscript:
    """A Word document that keeps count of its headings, maps and tables."""

    def __init__(self, document: Document, *, settings: AnnexSettings) -> None:
        self.document = document
        self.numbering = settings.numbering
        self._first = {MAP: settings.first_map, TABLE: settings.first_table}
        self.width = styles.text_width(document)
        self.entries: list[Entry] = []
        self._marks = 0

    def heading(self, text: str, level: int = 1) -> None:
        """Add a heading that the table of contents names."""
        paragraph = self.document.add_paragraph(style=f"Heading {level}")
        mark = self._mark(Entry(HEADING, level, clean(text), f"_Toc{self._marks + 1:06d}"))
        self._fill(paragraph, bookmarked([text_run(text)], name=mark.bookmark, number=self._marks))

    def say(self, text: str, *, style: str = styles.NORMAL) -> None:
        """Add a paragraph; nothing for empty words."""
        if text:
            self.document.add_paragraph(clean(text), style=style)

    def bullets(self, items: Iterable[str]) -> None:
        """Add a list with bullets; a template without real bullets gets written ones."""
        style = self.document.styles[styles.BULLET]
        numbered = style.element.find(f".//{qn('w:numPr')}") is not None
        for item in items:
            words = item if numbered else f"•\u00a0\u00a0{item}"
            self.document.add_paragraph(clean(words), style=style)

    def caption(self, kind: str, title: str) -> Entry:
        """Add a caption, numbered by a field whose result is filled in."""
        label = say(f"document_{kind}")
        before = sum(one.kind == kind for one in self.entries)
        number = before + self._first.get(kind, 1)
        # a field counts from 1 unless it is told another beginning
        begin = "" if before or number == 1 else f" \\r {number}"
        told = f"{label} {self.numbering}{number}"
        entry = self._mark(Entry(kind, 1, clean(f"{told} {title}"), f"_Ref_{kind}_{before + 1}"))
        runs = [
            text_run(f"{label} {self.numbering}"),
            *field(f"SEQ {label} \\* ARABIC{begin}", str(number)),
        ]
        paragraph = self.document.add_paragraph(style=styles.CAPTION)
        # a table's caption stands above it, and stays with it
        paragraph.paragraph_format.keep_with_next = kind == TABLE
        self._fill(paragraph, bookmarked(runs, name=entry.bookmark, number=self._marks))
        self._fill(paragraph, [text_run(f" {title}")])
        return entry

    def table(
        self,
        title: str,
        rows: Sequence[Sequence[str]],
        *,
        head: Sequence[str],
        align: Sequence[str],
    ) -> None:
        """Add a captioned table, in parts where it is too wide; nothing without rows."""
        if not rows:
            return
        room, size = self.width // _EMU_PER_TWENTIETH, self._table_size()
        columns = [
            column_of([row[i] for row in rows], head=head[i], align=align[i], size=size)
            for i in range(len(head))
        ]
        parts = parts_of(columns, room=room)
        for number, part in enumerate(parts, start=1):
            whole = len(parts) == 1
            words = title if whole else say("document_part", title=title, number=number)
            self.caption(TABLE, words)
            add_table(
                self.document,
                [[row[i] for i in part] for row in rows],
                head=[head[i] for i in part],
                align=[align[i] for i in part],
                widths=column_widths([columns[i] for i in part], room=room),
            )
            # Word joins tables that nothing separates
            self.document.add_paragraph(style=styles.TABLE_TEXT)

    def _table_size(self) -> float:
        """Tell the size of the words in tables, points; a template may have its own."""
        size = self.document.styles[TABLE_TEXT].font.size
        return float(size.pt) if size else _TABLE_POINTS

    def picture(self, image: str | BinaryIO, *, alt: str, title: str, width: int) -> None:
        """Add a picture with words for those who cannot see it."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_after = 0
        shape = paragraph.add_run().add_picture(image, width=Emu(width))
        described: Any = shape._inline.docPr  # noqa: SLF001 - python-docx has no call for it
        described.set("descr", clean(alt))
        described.set("title", clean(title))

    def reference(self, lead: str, marks: Sequence[tuple[str, str]]) -> None:
        """Add a sentence that refers to captions by their bookmark and what they read."""
        if not marks:
            return
        paragraph = self.document.add_paragraph()
        runs = [text_run(lead)]
        for at, (bookmark, told) in enumerate(marks):
            runs += [text_run(", ")] if at else []
            runs += field(f"REF {bookmark} \\h", told)
        self._fill(paragraph, [*runs, text_run(".")])

    def contents(self, anchor: Any, kind: str, pages: Mapping[str, int]) -> None:  # noqa: ANN401
        """Put a list of headings or captions before `anchor`, filled in, as a field."""
        listed = [one for one in self.entries if one.kind == kind]
        label = say(f"document_{kind}") if kind != HEADING else ""
        code = 'TOC \\o "1-2" \\h \\z \\u' if kind == HEADING else f'TOC \\h \\z \\c "{label}"'
        for at, entry in enumerate(listed):
            style = styles.CONTENTS[entry.level - 1] if kind == HEADING else styles.FIGURES
            paragraph = self.document.add_paragraph(style=style)
            link = element("w:hyperlink", anchor=entry.bookmark, history=1)
            self._fill(link, [text_run(entry.text), *_page(pages.get(entry.bookmark, 0))])
            opening = field_start(code) if not at else []
            closing = [field_end()] if at == len(listed) - 1 else []
            self._fill(paragraph, [*opening, link, *closing])
            anchor.addprevious(paragraph._p)  # noqa: SLF001 - it is moved to the front

    def _mark(self, entry: Entry) -> Entry:
        self._marks += 1
        self.entries.append(entry)
        return entry

    @staticmethod
    def _fill(parent: Any, children: Iterable[Any]) -> None:  # noqa: ANN401 - lxml has no types
        inner = getattr(parent, "_p", parent)
        for child in children:
            inner.append(child)


def _page(number: int) -> list[Any]:
    """Write a page number after a tab; none is better than a wrong one."""
    if not number:
        return []
    tab = element("w:r")
    tab.append(element("w:tab"))
    return [tab, text_run(str(number))]


def add_table(
    document: Document, rows: Sequence[Sequence[str]], *, head: Sequence[str],
    align: Sequence[str], widths: Sequence[int],
) -> None:  # fmt: skip
    """
    Add a table at the end of a document.

    `head`: Headings; their row repeats on every page.
    `align`: ``"l"`` or ``"r"`` for each column.
    `widths`: Of each column, twentieths of a point.
    """
    styles = {
        name: document.styles[name].style_id for name in (TABLE_STYLE, TABLE_HEAD, TABLE_TEXT)
    }
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    body = [_row(head, widths, align, styles[TABLE_HEAD], top=True)]
    body += [_row(row, widths, align, styles[TABLE_TEXT], top=False) for row in rows]
    table: Any = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{styles[TABLE_STYLE]}"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(body)}</w:tbl>"
    )
    document.element.body.insert_element_before(table, "w:sectPr")


@dataclass(frozen=True, slots=True)
class Column:
    """
    The room that a column asks for, twentieths of a point.

    `least`: No word is broken, and no number from its unit.
    `wish`: Every cell on one line, its heading on three.
    """

    least: int
    wish: int


def column_of(cells: Sequence[str], *, head: str, align: str, size: float) -> Column:
    """
    Measure a column in the widest font that an office is likely to have.

    A machine without the document's own font takes another one, and the table is laid out for
    the widest of them, so that it breaks no word there either.

    Parameters
    ----------
    cells
        As written, without the heading.
    head
        Heading.
    align
        ``"l"``, or ``"r"`` for numbers, which are never broken.
    size
        Of the type, points.

    Returns
    -------
    column
        What it asks for.

    Examples
    --------
    >>> one = column_of(["Rp15,45 miliar"], head="Biaya", align="r", size=8.5)
    >>> one.least == one.wish
    True
    """
    told = {clean(one) for one in cells}
    whole = [canvas.width(one, size) for one in told]
    words = [canvas.width(one, size, bold=True) for one in head.split()]
    words += whole if align == "r" else [
        canvas.width(word, size) for one in told for word in one.split()
    ]  # fmt: skip
    least = max(words, default=0)
    wish = max(*whole, canvas.width(head, size, bold=True) / _HEAD_LINES, 0)
    return Column(*(round(one * _PER_POINT) + _MARGINS for one in (least, max(least, wish))))


def parts_of(columns: Sequence[Column], *, room: int) -> list[list[int]]:
    """
    Split the columns of a table that is too wide for a page.

    Parameters
    ----------
    columns
        What each asks for.
    room
        Width of the page's text, twentieths of a point.

    Returns
    -------
    parts
        Positions of the columns of each part; the first column stands in all.

    Examples
    --------
    >>> parts_of([Column(4, 4), Column(3, 5), Column(3, 3)], room=8)
    [[0, 1], [0, 2]]
    """
    parts, left = [[0]], room - columns[0].least
    for at, one in enumerate(columns[1:], start=1):
        if one.least > left and len(parts[-1]) > 1:
            parts.append([0])
            left = room - columns[0].least
        parts[-1].append(at)
        left -= one.least
    return parts


def column_widths(columns: Sequence[Column], *, room: int) -> list[int]:
    """
    Share the whole room among the columns: each its least, the rest by what they wish.

    Parameters
    ----------
    columns
        What each asks for.
    room
        Width of the page's text, twentieths of a point.

    Returns
    -------
    widths
        Their sum is `room`.

    Examples
    --------
    >>> column_widths([Column(1000, 3000), Column(500, 500)], room=2500)
    [2000, 500]
    """
    least = np.array([one.least for one in columns], float)
    wish = np.array([one.wish for one in columns], float)
    spare = room - least.sum()
    if spare < 0:
        asked = least * (room / least.sum())
    elif wish.sum() > room:
        asked = least + (wish - least) * (spare / (wish - least).sum())
    else:
        asked = wish * (room / wish.sum())
    ends = np.rint(asked.cumsum()).astype(int)
    return [int(one) for one in np.diff(ends, prepend=0)]


def _row(
    cells: Sequence[str], widths: Sequence[int], align: Sequence[str], style: str, *, top: bool
) -> str:
    rule = '<w:tblHeader w:val="true"/>' if top else ""
    if not top:
        # a number and its unit stay on one line
        cells = [
            one.replace(" ", "\u00a0") if side == "r" else one
            for one, side in zip(cells, align, strict=True)
        ]
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{room}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{"<w:keepNext/>" if top else ""}'
        f'<w:jc w:val="{_SIDES[side]}"/></w:pPr>'
        f'<w:r><w:t xml:space="preserve">{escaped(cell)}</w:t></w:r></w:p></w:tc>'
        for cell, room, side in zip(cells, widths, align, strict=True)
    )
    return f'<w:tr><w:trPr><w:cantSplit w:val="true"/>{rule}</w:trPr>{made}</w:tr>'
