"""The atlas: every sheet drawn in turn, bound into one PDF with an outline."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from pyproj import CRS

from sibangkit_geo.errors import DegradedInputWarning
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Note
from sibangkit_geo.products.atlas.canvas import Page
from sibangkit_geo.products.atlas.ground import Ground
from sibangkit_geo.products.atlas.listing import draw_list, told_rows
from sibangkit_geo.products.atlas.map_panel import draw_index, draw_map, views
from sibangkit_geo.products.atlas.map_surround import (
    Imprint,
    draw_legend,
    draw_map_surround,
    draw_marginalia,
    letterhead_lines,
    number_of,
)
from sibangkit_geo.products.atlas.pdf import Bookmark, PdfBook
from sibangkit_geo.products.atlas.png import paint
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.atlas.settings import (
    AtlasPages,
    AtlasSettings,
    AtlasSheet,
    layout_inside,
    layout_of,
)
from sibangkit_geo.products.atlas.sheet_plan import Subject, plan_sheets
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.products.atlas.map_panel import MapView
    from sibangkit_geo.products.atlas.settings import Layout
    from sibangkit_geo.products.atlas.sheet_plan import Sheet
    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.result import Analysis

    Progress = Callable[[int, int], None]

PDF_NAME = "atlas_peta.pdf"
# enough for type of five points, less than half the size of 300
_DOCUMENT_DPI = 200
_LOGO_PIXELS = 240
_UTM_48S = 32748


def write_atlas(
    product: Analysis,
    folder: Path,
    *,
    settings: AtlasSettings,
    changes: tuple[WaveChange, ...] = (),
    progress: Progress | None = None,
) -> AtlasPages:
    """
    Draw the atlas: one PDF, one picture per sheet on demand.

    Parameters
    ----------
    product
        Finished study.
    folder
        Where the files go; made when it is not there.
    settings
        The ``[annex]`` table.
    changes
        Since each earlier wave; one sheet for each.
    progress
        Called before each sheet with how many are drawn, and of how many.

    Returns
    -------
    pages
        Sheets in order with number, title, page, picture and words for it.

    Raises
    ------
    ConfigError
        An indicator is unknown, or nothing is left to draw.
    ValueError
        The regency is larger than the smallest round scale can show.
    OSError
        The disk refuses.
    """
    subject = Subject(product, Ground(product), changes)
    sheets = plan_sheets(subject, settings)
    logo, notes = _read_logo(settings.logo)
    imprint = Imprint(
        settings, layout_of(settings), product, epsg_of(product), len(sheets), logo,
        first=notes[0].text if notes else "",
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    drawn = _draw(subject, counted(sheets, progress), imprint)
    listed = _bind(drawn, folder, imprint, tagged=True)
    return AtlasPages(PDF_NAME if settings.pdf else "", listed, notes)


def write_pictures(
    product: Analysis,
    folder: Path,
    *,
    settings: AtlasSettings,
    changes: tuple[WaveChange, ...] = (),
    progress: Progress | None = None,
) -> AtlasPages:
    """
    Draw the sheets as pictures for the pages of a document, at their true size.

    Parameters
    ----------
    product
        Finished study.
    folder
        Where the pictures go; made when it is not there.
    settings
        The ``[annex]`` table.
    changes
        Since each earlier wave; one sheet for each.
    progress
        Called before each sheet with how many are drawn, and of how many.

    Returns
    -------
    pages
        Sheets in order, each with a picture, and the PDF of them.

    Raises
    ------
    ConfigError
        An indicator is unknown, or nothing is left to draw.
    ValueError
        The regency is larger than the smallest round scale can show.
    OSError
        The disk refuses.
    """
    own = replace(settings, paper="A4", png=True, pdf=True, dpi=_DOCUMENT_DPI)
    subject = Subject(product, Ground(product), changes)
    sheets = plan_sheets(subject, own)
    imprint = Imprint(own, layout_inside(own), product, epsg_of(product), len(sheets), None)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = _draw(subject, counted(sheets, progress), imprint)
    # the document that takes them in has words of its own for them
    return AtlasPages(PDF_NAME, _bind(drawn, folder, imprint, tagged=False))


def write_annex(product: Analysis, path: Path) -> None:
    """
    Draw the overview alone, on A4, as PDF.

    Parameters
    ----------
    product
        Finished study.
    path
        PDF to write.

    Raises
    ------
    ValueError
        The regency is larger than the smallest round scale can show.
    OSError
        The disk refuses.
    """
    settings = AtlasSettings(sheets=("overview",))
    subject = Subject(product, Ground(product))
    sheets = plan_sheets(subject, settings)
    imprint = Imprint(settings, layout_of(settings), product, epsg_of(product), 1, None)
    with PdfBook(path, tagged=True) as book:
        for page, _ in _draw(subject, sheets, imprint):
            book.add(page)
        # no date: the same study gives the same bytes
        book.finish((), about(imprint, dated=False))


def _bind(
    drawn: Iterable[tuple[Page, AtlasSheet]], folder: Path, imprint: Imprint, *, tagged: bool
) -> tuple[AtlasSheet, ...]:
    """Write the PDF and the pictures painted from it; without `pdf` it is their draft only."""
    listed, settings = [], imprint.settings
    with PdfBook(folder / PDF_NAME, tagged=tagged) as book:
        for page, entry in drawn:
            book.add(page)
            listed.append(entry)
        marks = [Bookmark(f"{one.number} {one.title}", one.page) for one in listed]
        book.finish(marks, about(imprint, dated=True))
    if settings.png:
        paint(folder / PDF_NAME, [one.png for one in listed], folder, dpi=settings.dpi)
    if not settings.pdf:
        (folder / PDF_NAME).unlink()
    return tuple(listed)


def epsg_of(product: Analysis) -> int:
    """
    Name the study's CRS by its EPSG code.

    Returns: Code; UTM zone 48S where the CRS has none.
    Raises pyproj.exceptions.CRSError: The CRS is damaged.
    """
    code = CRS.from_user_input(product.mapped.crs).to_epsg()
    return code if code is not None else _UTM_48S


def _read_logo(name: str) -> tuple[NDArray[np.uint8] | None, tuple[Note, ...]]:
    """Read a logo; a missing one is told, and the atlas goes on."""
    if not name:
        return None, ()
    try:
        with Image.open(name) as image:
            small = image.convert("RGBA")
            small.thumbnail((_LOGO_PIXELS, _LOGO_PIXELS))
            return np.array(small), ()
    except OSError:
        text = say("annex.atlas_logo_missing", name=Path(name).name)
        warnings.warn(text, DegradedInputWarning, stacklevel=3)
        return None, (Note("logo_missing", text),)


def counted(sheets: Sequence[Sheet], progress: Progress | None) -> Iterator[Sheet]:
    """Tell how many sheets are drawn, before each."""
    for done, sheet in enumerate(sheets):
        if progress is not None:
            progress(done, len(sheets))
        yield sheet


def _draw(
    subject: Subject, sheets: Iterable[Sheet], imprint: Imprint
) -> Iterator[tuple[Page, AtlasSheet]]:
    """Draw one sheet after the other; only the map of the regency is kept."""
    layout, ground = imprint.layout, subject.ground
    drawn = views(ground, sheets, layout=layout)
    for number, (sheet, view) in enumerate(drawn, start=imprint.settings.first_map):
        page = Page(layout.width, layout.height)
        alt = alt_text(sheet, view, imprint.product)
        page.part("Figure", alt=alt, box=layout.map)
        draw_map(
            page, _ranked(sheet, layout), view=view, layout=layout, ground=ground, epsg=imprint.epsg
        )
        lowest = draw_legend(page, sheet, view=view, ground=ground, layout=layout)
        box = layout.legend
        room = layout.listing or Rect(box.left, box.bottom, box.width, lowest - 1 - box.bottom)
        draw_list(page, sheet.listing, rect=room, layout=layout)
        draw_index(page, sheet, view=view, ground=ground, layout=layout)
        draw_marginalia(page, sheet, imprint=imprint)
        draw_map_surround(page, sheet, frame=view.frame, imprint=imprint, number=number)
        yield page, _entry(sheet, alt, imprint, number)


def _ranked(sheet: Sheet, layout: Layout) -> Sheet:
    """Leave to the map the numbers of those villages that the list beside it has room for."""
    if sheet.district or layout.listing is None or not sheet.listing.ranked:
        return sheet
    told = told_rows(sheet.listing, rect=layout.listing, layout=layout)
    return replace(sheet, listing=replace(sheet.listing, ranked=sheet.listing.ranked[:told]))


def _entry(sheet: Sheet, alt: str, imprint: Imprint, number: int) -> AtlasSheet:
    settings = imprint.settings
    mark = "_".join(p for p in f"{settings.numbering}{number}".replace(".", " ").split())
    mark = "".join(one if one.isalnum() or one == "_" else "_" for one in mark)
    return AtlasSheet(
        number=number_of(settings, number),
        title=sheet.title,
        page=number - settings.first_map + 1,
        png=f"peta_{mark}_{sheet.slug}.png" if settings.png else "",
        alt=alt,
        kind=sheet.kind,
        key=sheet.key,
    )


def alt_text(sheet: Sheet, view: MapView, product: Analysis) -> str:
    """Word what a map shows, for those who do not see it."""
    counts = sheet.theme.counts(view.shown)
    classes = "; ".join(
        say("annex.atlas_alt_class", label=one.label, count=numeral(n)) for one, n in counts if n
    )
    # parts of a wide pattern have numbers below 0
    pockets = sum(number > 0 for number in view.shapes.pocket_lines)
    told = say("annex.atlas_alt_pockets", count=pockets) if pockets else (
        say("annex.atlas_alt_no_pockets")
    )  # fmt: skip
    return say(
        "annex.atlas_alt",
        title=say("annex.title", title=sheet.title),
        year=sheet.year[:1].lower() + sheet.year[1:],
        place=product.regency_name,
        scale=numeral(view.frame.scale),
        classes=f"{sheet.theme.heading}: {classes}.",
        pockets=told,
    )


def about(imprint: Imprint, *, dated: bool) -> dict[str, str]:
    """Word the metadata; its date is the study's, never the clock's."""
    product = imprint.product
    told = {
        "Title": product.title,
        "Author": letterhead_lines(imprint.settings, product)[-1],
        "Subject": say("annex.atlas_subject", regency=product.regency_name),
        "Creator": f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}",
    }
    if dated:
        made = datetime.fromisoformat(product.provenance.created)
        told["CreationDate"] = made.strftime("D:%Y%m%d%H%M%S+00'00'")
    return told
