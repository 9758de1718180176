"""What an atlas is asked to be, and what came out."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the reader of study files asks for it
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.products.atlas.rect import Rect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sibangkit_geo.model.types import Note

Paper = Literal["A4", "A3"]
Orientation = Literal["portrait", "landscape"]
Kind = Literal[
    "overview", "indicator", "agency", "convergence", "change", "district", "explanation"
]  # fmt: skip
Preset = Literal["lengkap", "rpkd", "rkpd", "tkpk", "kecamatan"]
# a screen shows about 72; above 600 a sheet of A3 takes a gigabyte while it is drawn
_LEAST_DPI, _MOST_DPI = 72, 600
_MOST_NUMBER = 9999
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class AtlasSettings:
    """
    The ``[annex]`` table of a study: the printed maps.

    Attributes
    ----------
    paper
        Size of the sheets, ``"A4"`` or ``"A3"``.
    orientation
        Of A4; A3 always lies.
    kop
        Lines of the heading, the government first; empty takes the regency's Bappeda.
    logo
        PNG or JPEG beside the heading; empty for none.
    numbering
        Before the number of a map: ``"3."`` gives Peta 3.1.
    first_map
        Number of the first map, 1 to 9,999, so that a chapter goes on from another.
    indicators
        Names of the indicators to draw; empty draws all.
    sheets
        Kinds of sheets to draw; empty draws all.
    only
        Of these, the sheets to draw, in this order: kinds, keys of indicators, agencies and
        districts, or names such as ``"kantong"`` and ``"kecamatan_rambutan"``; empty draws all.
    titles
        Own titles, by key or name of a sheet.
    signature
        Lines of the signature block, the last one the name; empty for none.
    png
        Write a picture of every sheet.
    dpi
        Dots per inch of those pictures, 72 to 600.
    pdf
        Write the PDF.

    Examples
    --------
    >>> AtlasSettings(sheets=("overview",)).draws("agency")
    False
    """

    paper: Paper = "A4"
    orientation: Orientation = "portrait"
    kop: tuple[str, ...] = ()
    logo: str = ""
    numbering: str = ""
    first_map: int = 1
    indicators: tuple[str, ...] = ()
    sheets: tuple[Kind, ...] = ()
    only: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    signature: tuple[str, ...] = ()
    png: bool = False
    dpi: int = 300
    pdf: bool = True

    def __post_init__(self) -> None:
        """Check the words that have a list."""
        _require((self.paper,), get_args(Paper), "paper")
        _require((self.orientation,), get_args(Orientation), "orientation")
        _require(self.sheets, KINDS, "sheets")
        if not _LEAST_DPI <= self.dpi <= _MOST_DPI:
            msg = f"[annex] dpi: {self.dpi} is not from {_LEAST_DPI} to {_MOST_DPI}."
            raise ConfigError(msg)
        _require_number(self.first_map, "first_map")
        if self.numbering[-1:].isdecimal():
            msg = (
                f'[annex] numbering: "{self.numbering}" would run into the number of the map. '
                f'Write "{self.numbering}.".'
            )
            raise ConfigError(msg)
        if empty := [name for name, title in self.titles.items() if not title.strip()]:
            msg = f'[annex] titles: "{empty[0]}" has no title. Write one, or leave the name out.'
            raise ConfigError(msg)
        if not self.png and not self.pdf:
            msg = "[annex] asks for neither pdf nor png. Leave one of them true."
            raise ConfigError(msg)

    def draws(self, kind: Kind) -> bool:
        """Tell whether sheets of a kind are asked for."""
        return not self.sheets or kind in self.sheets


def _require(given: Iterable[str], known: tuple[str, ...], key: str) -> None:
    for one in given:
        if one not in known:
            msg = f'[annex] {key}: "{one}" is unknown. {nearest(one, known)}'
            raise ConfigError(msg)


def _require_number(given: int, key: str) -> None:
    if not 1 <= given <= _MOST_NUMBER:
        msg = f"[annex] {key}: {given} is not from 1 to {_MOST_NUMBER}."
        raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class AtlasSheet:
    """
    One sheet, as a document may quote it.

    Attributes
    ----------
    number
        Such as ``"Peta 3.1"``.
    title
        In title case, without the number.
    page
        Page of the PDF, 1 the first.
    png
        File name of its picture; empty when none was written.
    alt
        Indonesian sentences that tell what the map shows.
    key
        Indicator name, agency key or district code; empty where there is one sheet of
        the kind.
    """

    number: str
    title: str
    page: int
    png: str
    alt: str
    kind: Kind
    key: str


@dataclass(frozen=True, slots=True)
class AtlasPages:
    """
    What was drawn.

    Attributes
    ----------
    pdf
        File name of the PDF; empty when none was written.
    sheets
        In the order of the pages.
    notes
        What went wrong without stopping the drawing.
    """

    pdf: str
    sheets: tuple[AtlasSheet, ...]
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        """Count the sheets."""
        return len(self.sheets)


@dataclass(frozen=True, slots=True)
class AnnexSettings(AtlasSettings):
    """
    The ``[annex]`` table of a study.

    Attributes
    ----------
    template
        Word file whose styles, headings of pages and page set-up are taken; its own text
        is left out. Empty for the plain look.
    first_table
        Number of the first table, 1 to 9,999.
    preset
        How the document is built up: all of it, a chapter of a poverty plan (``"rpkd"``), an annex
        of a yearly plan (``"rkpd"``), four pages for a meeting (``"tkpk"``), or one district.
    outline
        TOML of the office's own instead of a preset; empty for none.
    district
        Name or code of the district that the annex is for; empty for the regency.
    pieces
        Write each map also without frame, title and number, for a page of one's own.

    Examples
    --------
    >>> AnnexSettings(paper="A3", numbering="3.").draws("overview")
    True
    """

    template: str = ""
    first_table: int = 1
    preset: Preset = "lengkap"
    outline: str = ""
    district: str = ""
    pieces: bool = False

    def __post_init__(self) -> None:
        """Check what the atlas checks, and the number."""
        # a dataclass with slots is made anew: `super()` without words would look for the first one
        AtlasSettings.__post_init__(self)
        _require_number(self.first_table, "first_table")
        _require((self.preset,), get_args(Preset), "preset")


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Rectangles of a sheet and its sizes of type.

    `width`, `height`: Paper, millimetres.
    `kop`: Heading of the government; None inside a document, which has one of its own.
    `listing`: List beside the map; None where it follows the legend.
    `map`: The map itself, without the degrees around it.
    `small`, `body`, `head`, `display`: Sizes of type, points.
    """

    width: float
    height: float
    edge: Rect
    kop: Rect | None
    title: Rect
    map: Rect
    scale: Rect
    legend: Rect
    listing: Rect | None
    index: Rect
    strip: Rect
    footer: Rect
    small: float
    body: float
    head: float
    display: float


def layout_inside(settings: AtlasSettings) -> Layout:
    """
    Choose the layout of a map on an A4 page of a document.

    Returns: As large as the picture itself, without margin.
    """
    return _INSIDE_LANDSCAPE if settings.orientation == "landscape" else _INSIDE_PORTRAIT


def layout_of_piece() -> Layout:
    """
    Give the layout of a map without frame, as wide as the text of an A4 page.

    Returns: `strip` is for the lines below the scale; `title`, `index` and `footer` stay empty.
    """
    return _PIECE


def layout_of_brief() -> Layout:
    """Give the layout of the map on the page for leaders: half a page, its legend beside it."""
    return _BRIEF


def layout_of(settings: AtlasSettings) -> Layout:
    """
    Choose the layout of a paper.

    Returns: A3 always lies.
    """
    if settings.paper == "A3":
        return _A3_LANDSCAPE
    return _A4_LANDSCAPE if settings.orientation == "landscape" else _A4_PORTRAIT


_A4_PORTRAIT = Layout(
    width=210, height=297, edge=Rect(8, 8, 194, 281),
    kop=Rect(8, 275, 194, 14), title=Rect(8, 255, 194, 20),
    map=Rect(14, 107, 182, 143.5),
    legend=Rect(8, 50, 62, 53), scale=Rect(70, 81, 62, 22), index=Rect(70, 50, 62, 31),
    listing=Rect(132, 50, 70, 53), strip=Rect(8, 13, 194, 37), footer=Rect(8, 8, 194, 5),
    small=5.0, body=5.8, head=7.2, display=10.5,
)  # fmt: skip
_A4_LANDSCAPE = Layout(
    width=297, height=210, edge=Rect(8, 8, 281, 194),
    map=Rect(14, 50, 193, 146.5),
    kop=Rect(213, 187, 76, 15), title=Rect(213, 165, 76, 22), scale=Rect(213, 144, 76, 21),
    legend=Rect(213, 46, 76, 98), listing=None, index=Rect(213, 13, 76, 33),
    strip=Rect(8, 8, 205, 37), footer=Rect(213, 8, 76, 5),
    small=5.0, body=5.8, head=7.2, display=9.5,
)  # fmt: skip
_A3_LANDSCAPE = Layout(
    width=420, height=297, edge=Rect(8, 8, 404, 281),
    map=Rect(15, 59, 296, 222.5),
    kop=Rect(318, 269, 94, 20), title=Rect(318, 241, 94, 28), scale=Rect(318, 213, 94, 28),
    legend=Rect(318, 68, 94, 145), listing=None, index=Rect(318, 14, 94, 54),
    strip=Rect(8, 8, 310, 45), footer=Rect(318, 8, 94, 6),
    small=6.2, body=7.2, head=9.0, display=13.0,
)  # fmt: skip
# the same sheets without heading, cut to their frame: a caption fits below at true scale
_INSIDE_PORTRAIT = Layout(
    width=195, height=264, edge=Rect(0.5, 0.5, 194, 263),
    kop=None, title=Rect(0.5, 247.5, 194, 16), map=Rect(6.5, 99.5, 182, 143.5),
    legend=Rect(0.5, 42.5, 62, 53), scale=Rect(62.5, 73.5, 62, 22),
    index=Rect(62.5, 42.5, 62, 31), listing=Rect(124.5, 42.5, 70, 53),
    strip=Rect(0.5, 5.5, 194, 37), footer=Rect(0.5, 0.5, 194, 5),
    small=5.0, body=5.8, head=7.2, display=10.5,
)  # fmt: skip
_INSIDE_LANDSCAPE = Layout(
    width=282, height=178, edge=Rect(0.5, 0.5, 281, 177),
    kop=None, title=Rect(205.5, 155.5, 76, 22), map=Rect(6.5, 42.5, 193, 129.5),
    scale=Rect(205.5, 134.5, 76, 21), legend=Rect(205.5, 38.5, 76, 96), listing=None,
    index=Rect(205.5, 5.5, 76, 33), strip=Rect(0.5, 0.5, 205, 37),
    footer=Rect(205.5, 0.5, 76, 5),
    small=5.0, body=5.8, head=7.2, display=9.5,
)  # fmt: skip
_NOWHERE = Rect(0, 0, 0, 0)
_BRIEF = Layout(
    width=160, height=78, edge=Rect(0, 0, 160, 78), kop=None, title=_NOWHERE, index=_NOWHERE,
    map=Rect(4, 4, 92, 70), legend=Rect(101, 40, 57, 38), listing=_NOWHERE,
    scale=Rect(101, 23, 57, 17), strip=Rect(103, 1, 53, 22), footer=_NOWHERE,
    small=4.4, body=5.6, head=7.0, display=0.0,
)  # fmt: skip
_PIECE = Layout(
    width=160, height=184, edge=Rect(0, 0, 160, 184), kop=None, title=_NOWHERE, index=_NOWHERE,
    map=Rect(4, 62, 152, 118), legend=Rect(1, 0, 89, 57), listing=_NOWHERE,
    scale=Rect(91, 35, 68, 22), strip=Rect(94, 0, 62, 34), footer=_NOWHERE,
    small=5.0, body=6.2, head=7.2, display=0.0,
)  # fmt: skip
