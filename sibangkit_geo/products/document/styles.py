"""Styles: those of the user's template win, missing ones are added."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.opc.exceptions import OpcError
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from lxml import etree

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.types import Note
from sibangkit_geo.products.document import templates
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.document import Document
    from docx.styles.style import ParagraphStyle

TABLE_STYLE, TABLE_TEXT, TABLE_HEAD = (
    "Tabel Lampiran",
    "Isi Tabel Lampiran",
    "Kepala Tabel Lampiran",
)
KOP, BOX = "Kop Lampiran", "Kotak Lampiran"
NUMBER, NUMBER_WORDS = "Angka Lampiran", "Keterangan Angka Lampiran"
BULLET, CAPTION, NORMAL = "List Bullet", "Caption", "Normal"
TITLE, SUBTITLE = "Title", "Subtitle"
CONTENTS, CONTENTS_HEADING, FIGURES = ("TOC 1", "TOC 2"), "TOC Heading", "Table of Figures"
_INK, _ACCENT = RGBColor(0x22, 0x22, 0x22), RGBColor(0x86, 0x1A, 0x3A)
_FONT = "Calibri"
# A4 with the margins of an official letter
_PAGE, _MARGIN = (Mm(210), Mm(297)), Mm(25)
# less is no page to write on
_LEAST_ROOM = Mm(50)
_HEADINGS = {"Heading 1": (16, 18, 6), "Heading 2": (13, 14, 4), "Heading 3": (11, 10, 3)}

_PARAGRAPHS = (
    NORMAL, TITLE, SUBTITLE, CAPTION, BULLET, KOP, BOX, FIGURES, CONTENTS_HEADING, TABLE_TEXT,
    TABLE_HEAD, NUMBER, NUMBER_WORDS,
)  # fmt: skip
# what a damaged Word file, or one of odd values, makes the libraries raise
_FAULTS = (
    OpcError, ValueError, LookupError, AttributeError, TypeError, OSError, zlib.error,
    zipfile.BadZipFile, RuntimeError, etree.Error, ArithmeticError,
)  # fmt: skip

# XML 1.0 knows no control characters but tab and line ends
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def open_template(template: str) -> tuple[Document, tuple[Note, ...]]:
    """
    Open the user's Word file, or the plain one, with every style of the annex.

    `template`: Path of a DOCX; empty for none.
    Returns: Without text; page set-up, headers and footers are the template's.
    Returns: Whether something of the template was left out that acts or reaches outside.
    Raises ConfigError: The template is missing, no Word file, or has no room for text.
    """
    if not template:
        document = docx.Document()
        _plain(document)
        _complete(document)
        return document, ()
    document, left_out = _opened(template)
    if not left_out:
        return document, ()
    text = say("document_template_stripped", name=Path(template).name)
    return document, (Note("template_stripped", text),)


def _opened(template: str) -> tuple[Document, bool]:
    name = Path(template).name
    try:
        document = templates.open_template(template)
        body = document.element.body
        for child in list(body):
            if child.tag != qn("w:sectPr"):
                body.remove(child)
        left_out = templates.strip(document)
        if not document.sections:
            body.append(element("w:sectPr"))
    except ConfigError:
        raise
    except _FAULTS as error:
        msg = f"[annex] template: {name} is no Word document. Save it as .docx (not .dotx or .doc)."
        raise ConfigError(msg) from error
    try:
        room = _room(document)
        _complete(document)
        _require_kinds(document)
    except _FAULTS as error:
        msg = (
            f"[annex] template: {name} has styles or a page set-up that Word would not write. "
            "Open it in Word and save it again."
        )
        raise ConfigError(msg) from error
    if room < _LEAST_ROOM:
        msg = (
            f"[annex] template: {name} leaves no room for text between its margins. "
            "Set paper and margins in Word."
        )
        raise ConfigError(msg)
    return document, left_out


def _room(document: Document) -> int:
    """Measure the shorter side of the page between its margins."""
    section = document.sections[-1]
    parts = (section.page_height, section.top_margin, section.bottom_margin)
    # read here, so that what is no number is told here
    _ = section.header_distance, section.footer_distance, section.orientation, section.gutter
    if any(one is None for one in parts):
        return text_width(document)
    # a margin below zero is one that no header moves
    page, top, bottom = (abs(int(one or 0)) for one in parts)
    return min(text_width(document), page - top - bottom)


def _require_kinds(document: Document) -> None:
    """
    Refuse a template whose styles of our names are of another kind.

    Raises ValueError: One is.
    """
    for name in (*_HEADINGS, *CONTENTS, *_PARAGRAPHS):
        if document.styles[name].type != WD_STYLE_TYPE.PARAGRAPH:
            raise ValueError(name)
    if document.styles[TABLE_STYLE].type != WD_STYLE_TYPE.TABLE:
        raise ValueError(TABLE_STYLE)
    size: Any = document.styles[TABLE_TEXT]
    _ = size.font.size


def _plain(document: Document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = _PAGE
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", _MARGIN)
    normal: Any = document.styles[NORMAL]
    normal.font.name, normal.font.size = _FONT, Pt(10.5)
    normal.paragraph_format.space_after = Pt(6)
    _language(document)
    for name, (size, before, after) in _HEADINGS.items():
        style = document.styles[name]
        _type(style, size=size, bold=True, color=_ACCENT if name == "Heading 1" else _INK)
        _spaced(style, before=before, after=after)
    _type(document.styles[TITLE], size=24, bold=True, color=_ACCENT)
    border = document.styles[TITLE].element.find(qn("w:pPr")).find(qn("w:pBdr"))
    if border is not None:
        border.getparent().remove(border)
    _type(document.styles[SUBTITLE], size=13, bold=False, color=_INK)
    _type(document.styles[CAPTION], size=9.5, bold=True, color=_INK)
    _type(document.styles[CONTENTS_HEADING], size=14, bold=True, color=_ACCENT)
    _spaced(document.styles[CAPTION], before=8, after=3)


def _language(document: Document) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults"))
    language = defaults.find(f".//{qn('w:lang')}")
    if language is not None:
        language.set(qn("w:val"), "id-ID")


def _type(style: Any, *, size: float, bold: bool, color: RGBColor) -> None:  # noqa: ANN401
    font = style.font
    fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
    if fonts is not None:
        # names of the theme would win over the name
        fonts.getparent().remove(fonts)
    font.name, font.size, font.bold, font.italic = _FONT, Pt(size), bold, False
    font.color.rgb = color


def _spaced(style: Any, *, before: float, after: float) -> None:  # noqa: ANN401
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)


def _complete(document: Document) -> None:
    _missing(document, NORMAL)
    for name, (size, before, after) in _HEADINGS.items():
        if style := _missing(document, name):
            _type(style, size=size, bold=True, color=_INK)
            _spaced(style, before=before, after=after)
            level = int(name[-1]) - 1
            style.element.get_or_add_pPr().append(element("w:outlineLvl", val=level))
            style.paragraph_format.keep_with_next = True
    for name, size in ((TITLE, 24), (SUBTITLE, 13), (CONTENTS_HEADING, 14)):
        if style := _missing(document, name):
            _type(style, size=size, bold=name != SUBTITLE, color=_INK)
    if style := _missing(document, CAPTION):
        _type(style, size=9.5, bold=True, color=_INK)
        _spaced(style, before=8, after=3)
    if style := _missing(document, BULLET):
        style.paragraph_format.left_indent = Mm(6)
        style.paragraph_format.first_line_indent = Mm(-4)
    if style := _missing(document, KOP):
        style.font.bold = True
        style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        style.paragraph_format.space_after = Pt(0)
    for name, points, bold in ((NUMBER, 22, True), (NUMBER_WORDS, 9.5, False)):
        if style := _missing(document, name):
            style.font.size, style.font.bold = Pt(points), bold
            style.font.color.rgb = _ACCENT if bold else _INK
            _spaced(style, before=0, after=2)
            style.paragraph_format.keep_with_next = True
    _contents(document)
    _tables(document)
    _box(document)


def _missing(document: Document, name: str) -> ParagraphStyle | None:
    """Add a paragraph style unless the document has it."""
    if name in document.styles:
        return None
    built_in = name in {NORMAL, *_HEADINGS, *CONTENTS, TITLE, SUBTITLE, CAPTION, BULLET, FIGURES}
    style: Any = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, built_in)
    if name != NORMAL:
        style.base_style = document.styles[NORMAL]
    style.quick_style = True
    return style  # type: ignore[no-any-return]


def _contents(document: Document) -> None:
    room = text_width(document)
    for level, name in enumerate((*CONTENTS, FIGURES)):
        if style := _missing(document, name):
            style.paragraph_format.tab_stops.add_tab_stop(
                room, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
            )
            style.paragraph_format.left_indent = Mm(5 if level == 1 else 0)
            style.paragraph_format.right_indent = Mm(8)
            style.paragraph_format.space_after = Pt(2)


def text_width(document: Document) -> int:
    """
    Measure the room between the margins of the last section.

    Returns: English Metric Units (914,400 per inch); A4 with usual margins where none is stated.
    """
    section = document.sections[-1]
    parts = (section.page_width, section.left_margin, section.right_margin)
    if any(one is None for one in parts):
        return int(_PAGE[0] - 2 * _MARGIN)
    page, left, right = (int(one or 0) for one in parts)
    return page - left - right


def _tables(document: Document) -> None:
    for name in (TABLE_TEXT, TABLE_HEAD):
        if style := _missing(document, name):
            style.font.size, style.font.bold = Pt(8.5), name == TABLE_HEAD
            _spaced(style, before=1, after=1)
            style.paragraph_format.line_spacing = 1.0
    if TABLE_STYLE in document.styles:
        return
    edge = 'w:val="single" w:sz="4" w:space="0" w:color="BFB8AE"'
    document.styles.element.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="TabelLampiran">'
            f'<w:name w:val="{TABLE_STYLE}"/><w:qFormat/><w:tblPr><w:tblBorders><w:top {edge}/>'
            f"<w:bottom {edge}/><w:insideH {edge}/></w:tblBorders><w:tblCellMar>"
            '<w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>'
            '</w:tblPr><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" '
            'w:color="auto" w:fill="F2ECE4"/><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>'
            "</w:style>"
        )
    )


def _box(document: Document) -> None:
    style = _missing(document, BOX)
    if not style:
        return
    style.paragraph_format.left_indent = style.paragraph_format.right_indent = Mm(3)
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="5" w:color="BFB8AE"/>'
        for side in ("top", "left", "bottom", "right")
    )
    inner: Any = style.element.get_or_add_pPr()
    fill = 'w:val="clear" w:color="auto" w:fill="FBF8F3"'
    # the order of these elements is fixed
    for made in (f"<w:shd {nsdecls('w')} {fill}/>", f"<w:pBdr {nsdecls('w')}>{edges}</w:pBdr>"):
        inner.insert(0, parse_xml(made))


def clean(text: object) -> str:
    r"""
    Leave out what no XML file may hold.

    Parameters
    ----------
    text
        Words.

    Returns
    -------
    text
        The same without control characters.

    Examples
    --------
    >>> clean("a\x00b")
    'ab'
    """
    return _FORBIDDEN.sub("", str(text))


def escaped(text: object) -> str:
    """
    Write words as XML.

    Parameters
    ----------
    text
        Words.

    Returns
    -------
    xml
        With entities.

    Examples
    --------
    >>> escaped("<a & b>")
    '&lt;a &amp; b&gt;'
    """
    return "".join(_ESCAPES.get(one, one) for one in clean(text))


def element(tag: str, /, **attributes: object) -> Any:  # noqa: ANN401 - lxml has no types
    """
    Make an element.

    `tag`: Such as ``"w:bookmarkStart"``.
    `attributes`: Without their prefix ``w:``.
    Returns: Without children.
    """
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


def text_run(text: str) -> Any:  # noqa: ANN401 - lxml has no types
    """
    Make a run of text.

    `text`: Words; spaces at the ends are kept.
    Returns: A ``w:r``.
    """
    return parse_xml(f'<w:r {nsdecls("w")}><w:t xml:space="preserve">{escaped(text)}</w:t></w:r>')


def field_start(instruction: str) -> list[Any]:
    """
    Begin a field whose result follows; Word is asked to work it out anew.

    `instruction`: Such as ``"SEQ Peta"``.
    """
    begin, code, middle = (element("w:r") for _ in range(3))
    begin.append(element("w:fldChar", fldCharType="begin", dirty="true"))
    words = element("w:instrText")
    words.set(qn("xml:space"), "preserve")
    words.text = f" {instruction} "
    code.append(words)
    middle.append(element("w:fldChar", fldCharType="separate"))
    return [begin, code, middle]


def field_end() -> Any:  # noqa: ANN401 - lxml has no types
    """End a field."""
    end = element("w:r")
    end.append(element("w:fldChar", fldCharType="end"))
    return end


def field(instruction: str, result: str) -> list[Any]:
    """
    Make a whole field with its result filled in.

    `instruction`: Such as ``"SEQ Peta"``.
    """
    return [*field_start(instruction), text_run(result), field_end()]


def bookmarked(children: Sequence[Any], *, name: str, number: int) -> list[Any]:
    """Put a bookmark around runs."""
    return [
        element("w:bookmarkStart", id=number, name=name),
        *children,
        element("w:bookmarkEnd", id=number),
    ]
