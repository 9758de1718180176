"""The document as PDF, by the office program of this machine."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pypdf
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

from sibangkit_geo.model import limits
from sibangkit_geo.model.types import Note
from sibangkit_geo.products.atlas.canvas import POINTS_PER_MM
from sibangkit_geo.products.atlas.settings import layout_inside
from sibangkit_geo.products.document.document import BRIEF_NAME, DOCX_NAME, write_document
from sibangkit_geo.products.document.manuscript import HEADING
from sibangkit_geo.products.machine import office_program
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.products.atlas.settings import AnnexSettings
    from sibangkit_geo.products.document.document import MapPictures, Written
    from sibangkit_geo.products.document.manuscript import Entry
    from sibangkit_geo.products.result import Analysis

PDF_NAME = "lampiran.pdf"
_DATE = re.compile(rb"(/(?:CreationDate|ModDate)\s*\(D:)\d{14}")
_MARK = re.compile(rb"(/DocChecksum /|/ID \[ <|(?<=[0-9A-F]{32}>\n)<)[0-9A-F]{32}\b")
# a stand-in has the size of its sheet but for rounding
_SAME_SIZE = 0.005
# tags and bookmarks for those who hear or search the document; older programs know the plain form
_FILTERS = (
    (
        'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"},'
        '"UseLosslessCompression":{"type":"boolean","value":"true"}}'
    ),
    "pdf",
)
# start of a caption that is looked for on the pages; a long one is wrapped
_LOOKED_FOR = 30


def write_pdf(
    product: Analysis, maps: MapPictures, written: Written, path: Path
) -> tuple[Note, ...]:
    """
    Turn the document into a PDF whose lists name their pages.

    Parameters
    ----------
    product
        Finished study.
    maps
        As the document was made from.
    written
        The document.
    path
        PDF to write; not written without an office program.

    Returns
    -------
    notes
        Why there is no PDF; none when there is one.

    Raises
    ------
    OSError
        The disk refuses.
    """
    program = office_program()
    if program is None:
        return (Note("annex_pdf_missing", say("document_pdf_missing")),)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # maps are drawn into the finished pages: an office program takes long to read pictures,
        # and leaves them as pictures
        empty = _blank(maps, folder)
        made = _drafted(program, product, empty, written, folder)
        if made is None or not draw_maps(made, maps, path):
            return (Note("annex_pdf_failed", say("document_pdf_failed")),)
    return ()


def _drafted(
    program: str, product: Analysis, empty: MapPictures, written: Written, folder: Path
) -> Path | None:
    """Convert twice: the first tells on which pages headings and captions stand."""
    created, pages = product.provenance.created, dict[str, int]()
    made = None
    for turn in ("1", "2"):
        draft = write_document(product, empty, folder / DOCX_NAME, pages=pages)
        made = _converted(program, draft.path, folder / turn, created=created)
        if made is None:
            return None
        pages = page_numbers(made, written.entries)
        made.write_bytes(without_clock(made.read_bytes(), created=created))
    return made


def draw_maps(pdf: Path, maps: MapPictures, path: Path) -> bool:
    """
    Draw the sheets over the stand-ins of a PDF, as lines and letters.

    `pdf`: With a picture of the size of a sheet for each.
    `path`: PDF to write.
    Returns: Whether each sheet found its place; nothing is written otherwise.
    """
    places = _places(pdf, maps.settings)
    if len(places) != len(maps.sheets):
        return False
    book = pypdf.PdfWriter(clone_from=pdf)
    if places:
        sheets = pypdf.PdfReader(maps.folder / maps.pages.pdf)
        for sheet, (at, box) in zip(sheets.pages, places, strict=True):
            _draw_over(book, at, sheet, box)
    book.write(path)
    return True


def _draw_over(
    book: pypdf.PdfWriter, at: int, sheet: pypdf.PageObject, box: Sequence[float]
) -> None:
    """Draw a page of one PDF within the box of a page of another, above all that is there."""
    page, (left, bottom, right, top) = book.pages[at], box
    wide, high = float(sheet.mediabox.width), float(sheet.mediabox.height)
    # the atlas writes one stream for each page
    form = cast("StreamObject", sheet["/Contents"].clone(book))
    form.update({
        NameObject("/Type"): NameObject("/XObject"),
        NameObject("/Subtype"): NameObject("/Form"),
        NameObject("/BBox"): sheet.mediabox,
        # the same for all sheets: one copy of the fonts
        NameObject("/Resources"): sheet.raw_get("/Resources").clone(book),
    })  # fmt: skip
    # an office program has one list of pictures for all pages
    name = NameObject(f"/Peta{at + 1}")
    resources = cast("DictionaryObject", page["/Resources"])
    # the stand-in is one of them
    pictures = cast("DictionaryObject", resources["/XObject"])
    pictures[name] = form.indirect_reference
    scaled = ((right - left) / wide, (top - bottom) / high)
    words = StreamObject()
    # the stand-in has the words for those who hear the document
    words.set_data(
        f"/Artifact BMC q {scaled[0]:.6f} 0 0 {scaled[1]:.6f} {left:.3f} {bottom:.3f} cm "
        f"{name} Do Q EMC\n".encode("ascii")
    )
    before = page.raw_get("/Contents")
    page[NameObject("/Contents")] = ArrayObject([before, book._add_object(words)])  # noqa: SLF001


def _places(pdf: Path, settings: AnnexSettings) -> list[tuple[int, tuple[float, ...]]]:
    """Find the pages and boxes of the stand-ins, points."""
    layout, found = layout_inside(settings), []
    size = np.array([layout.width, layout.height]) * POINTS_PER_MM
    with pypdfium2.PdfDocument(pdf) as book:
        for at, page in enumerate(book):
            for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
                box = np.array(one.get_bounds())
                if np.allclose(box[2:] - box[:2], size, rtol=_SAME_SIZE):
                    found.append((at, tuple(box.tolist())))
    return found


def _blank(maps: MapPictures, folder: Path) -> MapPictures:
    """Stand-ins of the size of the maps, which an office program need not read."""
    layout = layout_inside(maps.settings)
    empty = Image.new("1", (round(layout.width), round(layout.height)), 1)
    for sheet in maps.sheets:
        empty.save(folder / sheet.png)
    if maps.brief:
        shutil.copy(maps.folder / BRIEF_NAME, folder)
    return replace(maps, folder=folder)


def _converted(program: str, source: Path, folder: Path, *, created: str) -> Path | None:
    """Convert; a profile of its own lets it run beside an open office program."""
    seconds = str(int(datetime.fromisoformat(created).timestamp()))
    made = folder / f"{source.stem}.pdf"
    for form in _FILTERS:
        command = [
            program, f"-env:UserInstallation={(folder / 'profil').resolve().as_uri()}",
            "--headless", "--norestore", "--convert-to", form, "--outdir", str(folder), str(source),
        ]  # fmt: skip
        try:
            subprocess.run(  # noqa: S603 - a program of this machine, and files of our own
                command, check=True, capture_output=True, timeout=limits.CONVERSION_SECONDS,
                env={**os.environ, "SOURCE_DATE_EPOCH": seconds},
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError):
            return None
        if made.is_file():
            return made
    return None


def without_clock(data: bytes, *, created: str) -> bytes:
    """
    Put the study's date where the office program puts the clock's.

    `created`: ISO date and time of the study.
    Returns: Of the same length; equal for equal documents.
    Raises ValueError: `created` is no date.
    """
    made = datetime.fromisoformat(created).strftime("%Y%m%d%H%M%S").encode("ascii")
    data = _DATE.sub(rb"\g<1>" + made, data)
    # the two marks of the file are worked out from the time as well
    plain = _MARK.sub(lambda found: found[1] + b"0" * 32, data)
    mark = hashlib.sha256(plain).hexdigest()[:32].upper().encode("ascii")
    return _MARK.sub(lambda found: found[1] + mark, data)


def page_numbers(pdf: Path, entries: Sequence[Entry]) -> dict[str, int]:
    """
    Find headings and captions in a PDF.

    `pdf`: The document as PDF.
    `entries`: Headings and captions in order.
    Returns: Bookmark to page, 1 the first; what is not found is absent.
    """
    reader = pypdf.PdfReader(pdf)
    texts = [_packed(page.extract_text()) for page in reader.pages]
    # the office program lists headings with their pages; the lists at the front come before
    headings = [reader.get_destination_page_number(one) or 0 for one in _flat(reader.outline)]
    listed = [one for one in entries if one.kind == HEADING]
    if len(headings) != len(listed):
        return {}
    found = {one.bookmark: at + 1 for one, at in zip(listed, headings, strict=True)}
    at = headings[0] if headings else 0
    for entry in entries:
        if entry.kind == HEADING:
            continue
        words = _packed(entry.text)[:_LOOKED_FOR]
        page = next((i for i in range(at, len(texts)) if words in texts[i]), None)
        if page is not None:
            found[entry.bookmark] = page + 1
            at = page
    return found


def _flat(outline: Any) -> list[Any]:  # noqa: ANN401 - pypdf nests lists of its own kind
    return [one for part in outline for one in (_flat(part) if isinstance(part, list) else [part])]


def _packed(text: str) -> str:
    return "".join(text.split())
