"""What is wrong with a finished PDF or Word file, read as a reader would."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import docx
import pypdf
import pypdfium2  # type: ignore[import-untyped]
from docx.oxml.ns import qn

from sibangkit_geo.products.atlas import canvas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# what belongs to a log, or is the trace of a program
LOG = re.compile(
    r"manifest\.json|baris cocok|catatan lain|luas berubah|0,00 km|\bNone\b|\bnan\b|\bNaN\b|"
    r"\.csv\b|Traceback|\{\w+\}|\b(?:document|chapter|annex|atlas)_\w+|sebab lain"
)
_WORD = re.compile(r"[^\W\d_]{3,}")
# share of the smaller of two boxes of words that may lie under the other: the space around letters
_TOUCH = 0.25
# a list of words stands beside its numbers; the letters of a halo lie on themselves
_SLACK_POINTS = 1.0
_TWENTIETHS_PER_POINT, _EMU_PER_TWENTIETH = 20, 635
_CELL_MARGINS = 140


def words_of(value: Any) -> Iterator[str]:
    """Give every word of the texts that a value holds, however deep they lie."""
    if isinstance(value, str):
        yield from _WORD.findall(value)
    elif is_dataclass(value):
        for one in fields(value):
            yield from words_of(getattr(value, one.name))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from words_of(key)
            yield from words_of(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from words_of(one)


def fonts_not_embedded(path: Path) -> list[str]:
    """Name the fonts of a PDF that are not in it, or whole instead of the letters used."""
    found: dict[str, bool] = {}
    for page in pypdf.PdfReader(path).pages:
        fonts: Any = page["/Resources"].get_object().get("/Font", {})  # type: ignore[union-attr]
        for one in fonts.get_object().values():
            font = one.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner.get("/FontDescriptor", {}).get_object()
            name = str(font["/BaseFont"])
            inside = any(f"/FontFile{end}" in descriptor for end in ("", "2", "3"))
            found[name] = inside and "+" in name
    assert found, "a PDF without any font says nothing"
    return [name for name, inside in found.items() if not inside]


def texts(path: Path) -> Iterator[tuple[int, str, tuple[float, float, float, float]]]:
    """
    Give page, words and box (left, bottom, right, top; points) of every text of a PDF.

    Maps that are drawn into a document have a measure of their own: they are read in the atlas.
    """
    only = [pypdfium2.raw.FPDF_PAGEOBJ_TEXT]
    with pypdfium2.PdfDocument(path) as book:
        for number, page in enumerate(book, start=1):
            reader = page.get_textpage()
            for one in page.get_objects(only, max_depth=1, textpage=reader):
                if words := one.extract().strip():
                    yield number, words, one.get_bounds()


def outside(path: Path, *, edge: float) -> list[str]:
    """
    List texts beyond the edge of the paper.

    `edge`: Millimetres that stay free.
    """
    sizes = [
        (float(one.mediabox.width), float(one.mediabox.height))
        for one in pypdf.PdfReader(path).pages
    ]
    free = edge * canvas.POINTS_PER_MM - _SLACK_POINTS
    return [
        f"page {page}: {words!r} at {box}"
        for page, words, box in texts(path)
        if min(box[0], box[1], sizes[page - 1][0] - box[2], sizes[page - 1][1] - box[3]) < free
    ]


def overlaps(path: Path) -> list[str]:
    """List texts of a page that lie on each other."""
    found = []
    pages: dict[int, list[tuple[str, tuple[float, float, float, float]]]] = {}
    for page, words, box in texts(path):
        pages.setdefault(page, []).append((words, box))
    for page, all_of in pages.items():
        all_of.sort(key=lambda one: one[1][0])
        for at, (words, box) in enumerate(all_of):
            for other, beside in all_of[at + 1 :]:
                if beside[0] >= box[2]:
                    break
                share = _shared(box, beside)
                if share > _TOUCH and words != other:
                    found.append(f"page {page}: {words!r} and {other!r} ({share:.0%})")
    return found


def _shared(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    """Tell how much of the smaller of two boxes lies under the other."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * high / min(areas)


def broken_words(path: Path, known: Iterable[str]) -> list[str]:
    """List words of a PDF that no text of the product has whole."""
    whole = {one.casefold() for one in known}
    told = Counter(
        word for _, words, _ in texts(path) for word in _WORD.findall(words.replace("\u00ad", ""))
    )
    return sorted(word for word in told if word.casefold() not in whole)


def log_words(told: Iterable[str]) -> list[str]:
    """List what belongs to a log."""
    return [one for one in told if LOG.search(one)]


def document_faults(path: Path) -> list[str]:
    """List what is wrong with a Word file: captions, references, tables, pictures."""
    document: Any = docx.Document(str(path))
    return [
        *_captions(document), *_references(document), *_tables(document), *_pictures(document),
        *_headings(document), *log_words(one.text for one in document.paragraphs),
    ]  # fmt: skip


def _captions(document: Any) -> Iterator[str]:
    told = [one.text for one in document.paragraphs if one.style.name == "Caption"]
    yield from (f"caption twice: {one}" for one, n in Counter(told).items() if n > 1)
    numbers: dict[str, list[int]] = {}
    for one in told:
        found = re.match(r"(\w+) (?:[\d.]*\.)?(\d+) \S", one)
        if found is None:
            yield f"caption without number or words: {one}"
        else:
            numbers.setdefault(found[1], []).append(int(found[2]))
    for label, own in numbers.items():
        if own != list(range(own[0], own[0] + len(own))):
            yield f"{label}: numbers do not follow each other: {own}"


def _references(document: Any) -> Iterator[str]:
    body = document.element.xml
    marks = re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', body)
    yield from (f"bookmark twice: {one}" for one, n in Counter(marks).items() if n > 1)
    named = re.findall(r"\bREF (\S+) ", body)
    yield from (f"reference to nothing: {one}" for one in set(named) - set(marks))
    yield from (
        f"not named in the text: {one}" for one in marks
        if one.startswith("_Ref_map_") and one not in named
    )  # fmt: skip


def _tables(document: Any) -> Iterator[str]:
    widest = max(
        int(one.page_width) - int(one.left_margin) - int(one.right_margin)
        for one in document.sections
    )
    for number, table in enumerate(document.tables, start=1):
        rows = table._tbl.tr_lst  # noqa: SLF001 - no call gives the rows' properties
        widths = [int(one.get(qn("w:w"))) for one in table._tbl.tblGrid]  # noqa: SLF001
        if sum(widths) * _EMU_PER_TWENTIETH > widest:
            yield f"table {number} is wider than the page"
        if len(rows) > 1 and rows[0].find(f".//{qn('w:tblHeader')}") is None:
            yield f"table {number} does not repeat its headings"
        if len(rows) > 1 and any(one.find(f".//{qn('w:cantSplit')}") is None for one in rows):
            yield f"table {number} splits rows"
        for row in rows:
            for cell, room in zip(row.tc_lst, widths, strict=True):
                yield from _too_long(cell, room - _CELL_MARGINS, number, head=row is rows[0])


def _too_long(cell: Any, room: int, number: int, *, head: bool) -> Iterator[str]:
    """List words that do not fit their column in the widest font; a lone number has its own."""
    size = 8.5
    words = "".join(one.text or "" for one in cell.iter(qn("w:t"))).split(" ")
    for one in words:
        wide = canvas.width(one, size, bold=head) * _TWENTIETHS_PER_POINT
        if wide > room and "\u00a0" not in one:
            yield f"table {number}: {one!r} does not fit its column"


def _pictures(document: Any) -> Iterator[str]:
    for shape in document.inline_shapes:
        if not shape._inline.docPr.get("descr"):  # noqa: SLF001 - no call gives the words
            yield "a picture has no words"
    largest = max(int(one.page_width) for one in document.sections)
    if any(int(shape.width) > largest for shape in document.inline_shapes):
        yield "a picture is wider than the page"


def _headings(document: Any) -> Iterator[str]:
    """List headings with nothing below them."""
    body = [one for one in document.element.body if one.tag in {qn("w:p"), qn("w:tbl")}]
    before = ""
    for one in body:
        style = one.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        name = "" if style is None else str(style.get(qn("w:val")))
        words = "".join(text.text or "" for text in one.iter(qn("w:t")))
        if name.startswith("Heading") and before and name <= before:
            yield f"nothing stands below the heading before {words!r}"
        if name.startswith("Heading"):
            before = name
        elif words or one.tag == qn("w:tbl") or one.find(f".//{qn('w:drawing')}") is not None:
            before = ""
    if before:
        yield "nothing stands below the last heading"
