"""Maps without frame, title and number, for a page of another office, and words to go with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.atlas.atlas import about, alt_text, counted, epsg_of
from sibangkit_geo.products.atlas.canvas import POINTS_PER_MM, SOFT, Page, Type, line_mm, wrap
from sibangkit_geo.products.atlas.ground import Ground
from sibangkit_geo.products.atlas.map_panel import draw_map, views
from sibangkit_geo.products.atlas.map_surround import Imprint, draw_legend, draw_scale, number_of
from sibangkit_geo.products.atlas.pdf import PdfBook
from sibangkit_geo.products.atlas.png import paint
from sibangkit_geo.products.atlas.settings import layout_of_brief, layout_of_piece
from sibangkit_geo.products.atlas.sheet_plan import Subject, plan_sheets
from sibangkit_geo.products.atlas.svg_page import svg_of
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sibangkit_geo.products.atlas.atlas import Progress
    from sibangkit_geo.products.atlas.map_panel import MapView
    from sibangkit_geo.products.atlas.settings import AtlasSettings, Layout
    from sibangkit_geo.products.atlas.sheet_plan import Sheet
    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.result import Analysis

PIECES, CAPTIONS_NAME = "potongan", "keterangan.txt"
# smaller where there are more lines than usual
_SIZES = (1.1, 1.0, 0.92, 0.85, 0.78, 0.7, 0.62)
_GAP_MM = 0.7


@dataclass(frozen=True, slots=True)
class MapPiece:
    """
    One map for a page of another office.

    `slug`: File name without its end; it has no number, so that a new order renames nothing.
    `title`, `alt`: Sentence of the map, and what it shows.
    `words`: Its entry in the file of captions.
    """

    slug: str
    title: str
    alt: str
    words: str


def write_pieces(
    product: Analysis,
    folder: Path,
    *,
    settings: AtlasSettings,
    changes: tuple[WaveChange, ...] = (),
    progress: Progress | None = None,
) -> tuple[MapPiece, ...]:
    """
    Write each map without frame, title and number as PNG, SVG and PDF, and their captions.

    Parameters
    ----------
    product
        Finished study.
    folder
        Where the files go; made when it is not there.
    settings
        The ``[annex]`` table; of it the sheets, their titles and the dots per inch.
    changes
        Since each earlier wave; one map for each.
    progress
        Called before each map with how many are drawn, and of how many.

    Returns
    -------
    pieces
        In the order of the sheets.

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
    sheets = [_unnumbered(one) for one in plan_sheets(subject, settings)]
    imprint = Imprint(settings, layout_of_piece(), product, epsg_of(product), len(sheets), None)
    folder.mkdir(parents=True, exist_ok=True)
    pieces = []
    for page, one in _drawn(subject, sheets, imprint, progress):
        _write(page, one, folder, imprint)
        pieces.append(one)
    _write_captions(pieces, folder / CAPTIONS_NAME)
    return tuple(pieces)


def write_brief_map(product: Analysis, path: Path, *, settings: AtlasSettings) -> MapPiece:
    """
    Write the map of the pockets for the page for leaders, half a page high.

    `path`: PNG to write.
    Returns: With its alternative text.
    """
    subject = Subject(product, Ground(product))
    asked = replace(settings, sheets=("overview",), only=(), indicators=(), titles={})
    sheets = [_unnumbered(one) for one in plan_sheets(subject, asked)]
    imprint = Imprint(asked, layout_of_brief(), product, epsg_of(product), 1, None)
    ((page, piece),) = _drawn(subject, sheets, imprint, None)
    pdf = path.with_suffix(".pdf")
    with PdfBook(pdf) as book:
        book.add(page)
        book.finish((), about(imprint, dated=True))
    paint(pdf, [path.name], path.parent, dpi=settings.dpi)
    return piece


def _unnumbered(sheet: Sheet) -> Sheet:
    """Leave out the ranks of a list that a piece has not; numbers of villages stand for names."""
    return sheet if sheet.district else replace(sheet, listing=replace(sheet.listing, ranked=()))


def _drawn(
    subject: Subject, sheets: Sequence[Sheet], imprint: Imprint, progress: Progress | None
) -> Iterator[tuple[Page, MapPiece]]:
    layout, ground = imprint.layout, subject.ground
    met: Counter[str] = Counter()
    drawn = views(ground, counted(sheets, progress), layout=layout)
    for number, (sheet, view) in enumerate(drawn, start=imprint.settings.first_map):
        page = Page(layout.width, layout.height)
        alt = alt_text(sheet, view, imprint.product)
        page.part("Figure", alt=alt, box=layout.map)
        draw_map(page, sheet, view=view, layout=layout, ground=ground, epsg=imprint.epsg)
        draw_legend(page, sheet, view=view, ground=ground, layout=layout)
        draw_scale(page, view.frame, imprint=imprint)
        numbers = _numbers(sheet, view, ground)
        _draw_lines(page, _lines(sheet, numbers, imprint.product), layout)
        met[sheet.slug] += 1
        # two sheets may have one name in words of different kinds
        slug = sheet.slug if met[sheet.slug] == 1 else f"{sheet.slug}_{sheet.kind}"
        title = f"{number_of(imprint.settings, number)} {sheet.title}"
        yield page, _piece(slug, sheet, view, imprint, (alt, numbers, title))


def _numbers(sheet: Sheet, view: MapView, ground: Ground) -> str:
    """Name the villages whose names find no room, with the numbers that stand for them."""
    if not sheet.district:
        return ""
    names = dict(zip(ground.codes, ground.names, strict=True))
    seen = sorted({int(one.text) for one in view.names if one.text.isdecimal()})
    ranked = sheet.listing.ranked
    told = "; ".join(f"{one} {names[ranked[one - 1]]}" for one in seen)
    return say("annex.piece_numbers", numbers=told) if told else ""


def _lines(sheet: Sheet, numbers: str, product: Analysis) -> list[tuple[str, bool]]:
    """List the sentences that a map must bear wherever it is pasted, with whether they are bold."""
    told = [(product.estimate_line, True), (product.boundary_line, True)]
    told += [(product.level_line, False), (numbers, False)]
    told.append((say("annex.piece_sources", sources="; ".join(sheet.sources)), False))
    return [(words, bold) for words, bold in told if words]


def _draw_lines(page: Page, lines: Sequence[tuple[str, bool]], layout: Layout) -> None:
    """Write sentences as large as there is room for."""
    rect, room = layout.strip, layout.strip.width * POINTS_PER_MM
    laid: list[tuple[list[str], bool]] = []
    size = layout.small
    for size in (one * layout.small for one in _SIZES):
        laid = [(wrap(words, room, size=size, bold=bold), bold) for words, bold in lines]
        high = sum(len(some) * line_mm(size) + _GAP_MM for some, _ in laid)
        if high <= rect.height:
            break
    y = rect.top
    for some, bold in laid:
        page.part("P")
        for line in some:
            y -= line_mm(size)
            style = Type(size, bold=bold) if bold else Type(size, color=SOFT)
            page.text((rect.left, y), line, style)
        y -= _GAP_MM


def _piece(
    slug: str, sheet: Sheet, view: MapView, imprint: Imprint, told: tuple[str, str, str]
) -> MapPiece:
    """Word what goes with a map: its words, its numbers and its name in the atlas are told."""
    product, layout, (alt, numbers, atlas) = imprint.product, imprint.layout, told
    title = say("annex.title", title=sheet.title)
    notes = [one for one in (*sheet.notes, numbers) if one]
    words = say(
        "annex.piece_caption",
        files=", ".join(f"{slug}.{end}" for end in ("png", "svg", "pdf")),
        atlas=atlas, title=title,
        place=product.regency_name, year=sheet.year[:1].lower() + sheet.year[1:],
        scale=numeral(view.frame.scale), width=numeral(layout.width),
        height=numeral(layout.height), sources="; ".join(sheet.sources),
        notes=" ".join(notes), alt=alt,
    )  # fmt: skip
    return MapPiece(slug, title, alt, words)


def _write(page: Page, piece: MapPiece, folder: Path, imprint: Imprint) -> None:
    """Write the three forms of a map; the picture is painted from the PDF."""
    product = imprint.product
    told = " ".join(one for one in (piece.alt, product.estimate_line, product.caveat_line) if one)
    svg = folder / f"{piece.slug}.svg"
    svg.write_text(svg_of(page, title=piece.title, told=told), encoding="utf-8", newline="\n")
    pdf = folder / f"{piece.slug}.pdf"
    with PdfBook(pdf, tagged=True) as book:
        book.add(page)
        book.finish((), {**about(imprint, dated=True), "Title": piece.title})
    paint(pdf, [f"{piece.slug}.png"], folder, dpi=imprint.settings.dpi)


def _write_captions(pieces: Sequence[MapPiece], path: Path) -> None:
    """Write plain text, which takes the style of the page it is pasted into; for Notepad too."""
    text = "\n\n".join([say("annex.piece_how"), *(one.words for one in pieces)])
    path.write_text(f"{text}\n", encoding="utf-8-sig", newline="\r\n")
