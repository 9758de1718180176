"""The document while it is written: headings, captions, fields and their bookmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docx.enum.section import WD_ORIENTATION, WD_SECTION
from docx.oxml.ns import qn
from docx.shared import Emu

from sibangkit_geo.products.document import styles
from sibangkit_geo.products.document.printed_table import (
    add_table,
    column_of,
    column_widths,
    parts_of,
)
from sibangkit_geo.products.document.styles import (
    TABLE_TEXT,
    bookmarked,
    clean,
    element,
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
# levels of headings, and those that the contents list
_LOWEST, _LISTED = 3, 2
HEADING, MAP, TABLE, FIGURE = "heading", "map", "table", "figure"

# where a template does not say how large its words are
_TABLE_POINTS = 11.0


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
        self.below = 0
        self.named: set[str] = set()
        self._marks = 0

    def heading(self, text: str, level: int = 1, *, new_page: bool = False) -> None:
        """Add a heading, `below` levels lower, that the table of contents names."""
        level = min(level + self.below, _LOWEST)
        paragraph = self.document.add_paragraph(style=f"Heading {level}")
        if new_page:
            paragraph.paragraph_format.page_break_before = True
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
        size = self._table_size()
        columns = [
            column_of([row[i] for row in rows], head=head[i], align=align[i], size=size)
            for i in range(len(head))
        ]
        room = self.width // _EMU_PER_TWENTIETH
        parts = parts_of(columns, room=room)
        turned = len(parts) > 1 and self._turn(WD_ORIENTATION.LANDSCAPE)
        if turned:
            room = styles.text_width(self.document) // _EMU_PER_TWENTIETH
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
        if turned:
            self._turn(WD_ORIENTATION.PORTRAIT)

    def _turn(self, orientation: WD_ORIENTATION) -> bool:
        """Begin pages that lie or stand; False where that gives no more room."""
        old = self.document.sections[-1]
        wide, high = old.page_width, old.page_height
        if not wide or not high or (wide > high) == (orientation == WD_ORIENTATION.LANDSCAPE):
            return False
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = orientation
        section.page_width, section.page_height = high, wide
        return True

    def numbers(self, told: Sequence[tuple[str, str]]) -> None:
        """Add large numbers side by side, each above what it counts."""
        table = self.document.add_table(rows=1, cols=len(told))
        for cell, (number, words) in zip(table.rows[0].cells, told, strict=True):
            cell.paragraphs[0].style = self.document.styles[styles.NUMBER]
            cell.paragraphs[0].add_run(clean(number))
            cell.add_paragraph(clean(words), style=styles.NUMBER_WORDS)
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
        # it belongs to what it stands above
        paragraph.paragraph_format.keep_with_next = True
        runs = [text_run(lead)]
        self.named |= {bookmark for bookmark, _ in marks}
        for at, (bookmark, told) in enumerate(marks):
            runs += [text_run(", ")] if at else []
            runs += field(f"REF {bookmark} \\h", told)
        self._fill(paragraph, [*runs, text_run(".")])

    def contents(self, anchor: Any, kind: str, pages: Mapping[str, int]) -> None:  # noqa: ANN401
        """Put a list of headings or captions before `anchor`, filled in, as a field."""
        listed = [one for one in self.entries if one.kind == kind and one.level <= _LISTED]
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
