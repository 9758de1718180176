"""The annex as a Word document: front, chapters, maps."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from docx.enum.section import WD_ORIENTATION, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.image.exceptions import UnrecognizedImageError
from docx.shared import Mm

from sibangkit_geo.products.atlas.map_surround import letterhead_lines
from sibangkit_geo.products.atlas.settings import layout_inside, layout_of
from sibangkit_geo.products.document import styles
from sibangkit_geo.products.document.chapters import Matter, write_chapter
from sibangkit_geo.products.document.document_outline import read_outline
from sibangkit_geo.products.document.manuscript import FIGURE, HEADING, MAP, TABLE, Manuscript
from sibangkit_geo.products.places import zip_moment
from sibangkit_geo.products.words import date_words, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docx.document import Document
    from docx.section import Section

    from sibangkit_geo.model.types import Note
    from sibangkit_geo.products.atlas.map_pieces import MapPiece
    from sibangkit_geo.products.atlas.settings import AnnexSettings, AtlasPages, AtlasSheet
    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.document.document_outline import Outline
    from sibangkit_geo.products.document.manuscript import Entry
    from sibangkit_geo.products.result import Analysis

DOCX_NAME, BRIEF_NAME = "lampiran.docx", "kantong.png"
# a sheet keeps its size: a printer's edge, the picture, two lines of caption, the page number
_TOP_MM, _BOTTOM_MM = 8, 10
_LOGO_MM = 22
_LISTS = (
    (HEADING, "document_contents"),
    (MAP, "document_maps"),
    (TABLE, "document_tables"),
    (FIGURE, "document_figures"),
)

# shapes of fonts in digits, which look like identity numbers; Word works without them
_FONTS = ("fontTable.xml", "theme1.xml")
_CALIBRI = re.compile(rb'<w:font w:name="Calibri">(?!<w:altName)')
# of the same widths, and free: a machine without Calibri breaks lines and pages alike
_LIKE_CALIBRI = rb'<w:font w:name="Calibri"><w:altName w:val="Carlito"/>'
_HINTS = re.compile(rb'<w:panose1 [^>]*/>|<w:sig [^>]*/>| panose="[^"]*"')


@dataclass(frozen=True, slots=True)
class MapPictures:
    """
    Pictures of the maps, from `write_pictures`.

    Attributes
    ----------
    pages
        Sheets, with pictures.
    folder
        Where the pictures lie.
    settings
        The ``[annex]`` table.
    changes
        Since each earlier wave, as the atlas drew them.
    brief
        Map of the page for leaders, ``kantong.png`` in the folder; None without that page.
    """

    pages: AtlasPages
    folder: Path
    settings: AnnexSettings
    changes: tuple[WaveChange, ...] = ()
    brief: MapPiece | None = None

    @property
    def sheets(self) -> tuple[AtlasSheet, ...]:
        """Sheets that the document holds; none where its outline has no maps."""
        return self.pages.sheets if read_outline(self.settings).has("maps") else ()


@dataclass(frozen=True, slots=True)
class Written:
    """
    A finished document.

    `entries`: Headings and captions in order.
    `notes`: What of the template was left out.
    """

    path: Path
    entries: tuple[Entry, ...] = field(default=())
    notes: tuple[Note, ...] = ()


def write_document(
    product: Analysis, maps: MapPictures, path: Path, *, pages: Mapping[str, int] | None = None
) -> Written:
    """
    Write the annex as a Word document.

    Lists at the front and numbers of captions are fields with their results filled in;
    Word offers to work them out anew when it opens the file.

    Parameters
    ----------
    product
        Finished study.
    maps
        Pictures, and the ``[annex]`` settings.
    path
        DOCX to write.
    pages
        Bookmark to page number, where they are known; else the lists show none.

    Returns
    -------
    written
        File, headings and captions.

    Raises
    ------
    ConfigError
        The template is no Word file, or the outline is wrong.
    OSError
        A picture cannot be read, or the disk refuses.
    """
    outline = read_outline(maps.settings)
    document, notes = styles.open_template(maps.settings.template)
    text = Manuscript(document, settings=maps.settings)
    _about(document, product, maps.settings)
    anchor = _opening(text, product, maps.settings, outline, notes)
    if not maps.settings.template:
        _foot(document.sections[0])
    matter = Matter(
        product, maps.sheets, maps.changes, maps.settings.district,
        (str(maps.folder / BRIEF_NAME), maps.brief.alt) if maps.brief else None,
    )  # fmt: skip
    for chapter in outline.chapters:
        write_chapter(text, matter, chapter)
    if maps.sheets:
        _maps(text, maps)
    if outline.lists:
        _lists(text, anchor, pages or {})
    save(document, path, created=product.provenance.created)
    return Written(path, tuple(text.entries), notes)


def _about(document: Any, product: Analysis, settings: AnnexSettings) -> None:  # noqa: ANN401
    about = document.core_properties
    about.title = styles.clean(product.title)
    about.author = about.last_modified_by = styles.clean(letterhead_lines(settings, product)[-1])
    about.subject = say("annex.atlas_subject", regency=product.regency_name)
    about.comments = f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}"
    about.language = "id-ID"
    told = document.settings.element
    told.insert(0, styles.element("w:updateFields", val="true"))


def _opening(
    text: Manuscript, product: Analysis, settings: AnnexSettings, outline: Outline,
    notes: tuple[Note, ...],
) -> Any:  # noqa: ANN401  # fmt: skip
    """Write the first page or its heading; the lists go before the paragraph that ends it."""
    _logo(text, settings.logo)
    for line in letterhead_lines(settings, product):
        text.say(line, style=styles.KOP)
    title = outline.title or say("document_title")
    place = _place(product, settings.district)
    if outline.front:
        text.say(title, style=styles.TITLE)
        text.say(say("document_subtitle", regency=place, year=product.year), style=styles.SUBTITLE)
    else:
        line = say("document_heading", title=title, regency=place, year=product.year)
        text.say(line, style=styles.KOP)
    if outline.front:
        _front(text, product, notes)
    paragraph = text.document.add_paragraph(style=styles.TABLE_TEXT)
    if outline.front and not outline.chapters[0].new_page:
        paragraph.add_run().add_break(WD_BREAK.PAGE)
    return paragraph._p  # noqa: SLF001 - python-docx has no call to insert before it


def _place(product: Analysis, district: str) -> str:
    """Name the regency, and before it the district that the document is for."""
    if not district:
        return product.regency_name
    villages = product.measured.villages
    name = villages.loc[villages["district_code"] == district, "district_name"].iloc[0]
    return say("document_place", district=name, regency=product.regency_name)


def _front(text: Manuscript, product: Analysis, notes: tuple[Note, ...]) -> None:
    """Say what the document is of, when it was made, and how far it may be trusted."""
    text.say(product.title)
    made = say(
        "document_made",
        date=date_words(product.provenance.created),
        version=product.provenance.versions["sibangkit_geo"],
    )
    text.say(made)
    text.say(" ".join(filter(None, (product.estimate_line, product.caveat_line))), style=styles.BOX)
    for note in notes:
        text.say(note.text)


def _logo(text: Manuscript, name: str) -> None:
    """Put the logo above the heading; one that cannot be read was told by the atlas."""
    if not name:
        return
    paragraph = text.document.add_paragraph(style=styles.KOP)
    try:
        shape = paragraph.add_run().add_picture(name, height=Mm(_LOGO_MM))
    except (OSError, UnrecognizedImageError):
        paragraph._p.getparent().remove(paragraph._p)  # noqa: SLF001 - no call to remove one
        return
    described: Any = shape._inline.docPr  # noqa: SLF001 - python-docx has no call for it
    described.set("descr", say("document_logo"))


def _lists(text: Manuscript, anchor: Any, pages: Mapping[str, int]) -> None:  # noqa: ANN401
    for kind, heading in _LISTS:
        if any(one.kind == kind for one in text.entries):
            title = text.document.add_paragraph(say(heading), style=styles.CONTENTS_HEADING)
            anchor.addprevious(title._p)  # noqa: SLF001 - the same
            text.contents(anchor, kind, pages)


def _foot(section: Section) -> None:
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.space_after = 0
    for one in (styles.text_run(say("document_page")), *styles.field("PAGE", "1")):
        paragraph._p.append(one)  # noqa: SLF001 - python-docx has no call for fields


def _maps(text: Manuscript, maps: MapPictures) -> None:
    """Write the maps at the end; every one is named in the text before it."""
    text.say(say("document_atlas_lead"))
    if len(maps.sheets) > 1:
        text.bullets(_kinds(maps.pages))
    marks = [(f"_Ref_{MAP}_{at}", one.number) for at, one in enumerate(maps.pages.sheets, 1)]
    rest = [one for one in marks if one[0] not in text.named]
    text.reference(say("document_atlas_rest"), rest)
    section = text.document.add_section(WD_SECTION.NEW_PAGE)
    _narrow(section, maps.settings)
    width = int(Mm(layout_inside(maps.settings).width))
    for sheet in maps.pages.sheets:
        picture = str(maps.folder / sheet.png)
        text.picture(picture, alt=sheet.alt, title=sheet.number, width=width)
        text.caption(MAP, sheet.title)


def _kinds(pages: AtlasPages) -> Iterator[str]:
    """Say which numbers the maps of each kind have; sheets of a kind follow each other."""
    for kind, group in groupby(pages.sheets, key=lambda one: one.kind):
        sheets = list(group)
        ends = list(dict.fromkeys((sheets[0].number, sheets[-1].number)))
        yield f"{'–'.join(ends)}: {say(f'document_atlas_{kind}')}"


def _narrow(section: Section, settings: AnnexSettings) -> None:
    """Make room for a whole sheet at its true size."""
    wide = layout_inside(settings).width
    page = layout_of(replace(settings, paper="A4"))
    lying = page.width > page.height
    section.orientation = WD_ORIENTATION.LANDSCAPE if lying else WD_ORIENTATION.PORTRAIT
    section.page_width, section.page_height = Mm(page.width), Mm(page.height)
    section.left_margin = section.right_margin = Mm((page.width - wide) / 2)
    section.top_margin, section.bottom_margin = Mm(_TOP_MM), Mm(_BOTTOM_MM)
    section.header_distance = section.footer_distance = Mm(4)
    # a letterhead would push the sheet off the page
    section.header.is_linked_to_previous = False
    section.footer.is_linked_to_previous = False
    _foot(section)


def save(document: Document, path: Path, *, created: str) -> None:
    """
    Write a document whose dates are the study's, never the clock's.

    `created`: ISO time.
    """
    made = datetime.fromisoformat(created)
    stamp = zip_moment(created)
    about = document.core_properties
    about.created = about.modified = made.replace(tzinfo=None)
    about.revision = 1
    loose = io.BytesIO()
    document.save(loose)
    tight = io.BytesIO()
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(tight, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = source.read(name)
            if name.endswith(_FONTS):
                content = _CALIBRI.sub(_LIKE_CALIBRI, _HINTS.sub(b"", content))
            target.writestr(entry, content)
    path.write_bytes(tight.getvalue())
