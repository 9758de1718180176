"""The document while it is written: headings, captions, fields and their bookmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu

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

_EMU_PER_TWENTIETH = 635
HEADING, MAP, TABLE, FIGURE = "heading", "map", "table", "figure"

# characters that one column may ask for: longer cells are wrapped
_WIDEST, _NARROWEST = 34, 4
_COLUMNS = 13
# width of one character of 8.5 points with its share of the cell's margins, twentieths of a point
_CHARACTER, _MARGINS = 92, 180
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

    def __init__(self, document: Document, *, numbering: str) -> None:
        self.document = document
        self.numbering = numbering
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
        number = 1 + sum(one.kind == kind for one in self.entries)
        told = f"{label} {self.numbering}{number}"
        entry = self._mark(Entry(kind, 1, clean(f"{told} {title}"), f"_Ref_{kind}_{number}"))
        runs = [
            text_run(f"{label} {self.numbering}"),
            *field(f"SEQ {label} \\* ARABIC", str(number)),
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
        parts = parts_of(head, align)
        for number, part in enumerate(parts, start=1):
            whole = len(parts) == 1
            words = title if whole else say("document_part", title=title, number=number)
            self.caption(TABLE, words)
            add_table(
                self.document,
                [[row[i] for i in part] for row in rows],
                head=[head[i] for i in part],
                align=[align[i] for i in part],
                width=self.width // _EMU_PER_TWENTIETH,
            )
            # Word joins tables that nothing separates
            self.document.add_paragraph(style=styles.TABLE_TEXT)

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


def parts_of(head: Sequence[str], align: Sequence[str]) -> list[list[int]]:
    """
    Split the columns of a table that is too wide for a page.

    Parameters
    ----------
    head
        Headings.
    align
        ``"l"`` or ``"r"`` for each.

    Returns
    -------
    parts
        Positions of the columns of each part; the first column stands in all.

    Raises
    ------
    ValueError
        The two differ in length.

    Examples
    --------
    >>> parts_of(["OPD", "K1", "K2"], ["l", "r", "r"])
    [[0, 1, 2]]
    """
    if len(head) != len(align):
        msg = "`head` and `align` differ in length"
        raise ValueError(msg)
    rest = list(range(1, len(head)))
    step = _COLUMNS - 1
    return [[0, *rest[at : at + step]] for at in range(0, max(len(rest), 1), step)]


def add_table(
    document: Document,
    rows: Sequence[Sequence[str]],
    *,
    head: Sequence[str],
    align: Sequence[str],
    width: int,
) -> None:
    """
    Add a table at the end of a document.

    `head`: Headings; their row repeats on every page.
    `align`: ``"l"`` or ``"r"`` for each column.
    `width`: Room between the margins, twentieths of a point.
    """
    shares = column_widths(rows, head=head, width=width)
    styles = {
        name: document.styles[name].style_id for name in (TABLE_STYLE, TABLE_HEAD, TABLE_TEXT)
    }
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in shares)
    body = [_row(head, shares, align, styles[TABLE_HEAD], top=True)]
    body += [_row(row, shares, align, styles[TABLE_TEXT], top=False) for row in rows]
    table: Any = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{styles[TABLE_STYLE]}"/>'
        f'<w:tblW w:w="{sum(shares)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(body)}</w:tbl>"
    )
    document.element.body.insert_element_before(table, "w:sectPr")


def column_widths(rows: Sequence[Sequence[str]], *, head: Sequence[str], width: int) -> list[int]:
    """
    Share the room among the columns: each its longest word, the rest by the text.

    Parameters
    ----------
    rows
        Cells as written.
    head
        Headings.
    width
        Room, twentieths of a point.

    Returns
    -------
    widths
        Their sum is `width` at most.

    Examples
    --------
    >>> column_widths([["Sembawa", "1"]], head=["Desa", "p"], width=9000)
    [824, 548]
    """
    columns = list(zip(head, *rows, strict=True))
    least = [max(_NARROWEST, *(_longest(cell) for cell in column)) for column in columns]
    wish = [min(_WIDEST, max(len(cell) for cell in column)) for column in columns]
    low = [min(one, _WIDEST) * _CHARACTER + _MARGINS for one in least]
    high = [max(a, b * _CHARACTER + _MARGINS) for a, b in zip(low, wish, strict=True)]
    if sum(high) <= width:
        return high
    if sum(low) >= width:
        return [one * width // sum(low) for one in low]
    left, more = width - sum(low), sum(high) - sum(low)
    return [a + (b - a) * left // more for a, b in zip(low, high, strict=True)]


def _longest(cell: str) -> int:
    return max((len(word) for word in cell.replace("/", "/ ").split()), default=0)


def _row(
    cells: Sequence[str], widths: Sequence[int], align: Sequence[str], style: str, *, top: bool
) -> str:
    rule = '<w:tblHeader w:val="true"/>' if top else ""
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{room}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{"<w:keepNext/>" if top else ""}'
        f'<w:jc w:val="{_SIDES[side]}"/></w:pPr>'
        f'<w:r><w:t xml:space="preserve">{escaped(cell)}</w:t></w:r></w:p></w:tc>'
        for cell, room, side in zip(cells, widths, align, strict=True)
    )
    return f'<w:tr><w:trPr><w:cantSplit w:val="true"/>{rule}</w:trPr>{made}</w:tr>'
