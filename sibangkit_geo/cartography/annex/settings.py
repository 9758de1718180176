"""What an atlas is asked to be, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from sibangkit_geo.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sibangkit_geo.tables.public import Note

Paper = Literal["A4", "A3"]
Orientation = Literal["portrait", "landscape"]
Kind = Literal["overview", "indicator", "agency", "convergence", "change", "district"]
# a screen shows about 72; above 600 a sheet of A3 takes a gigabyte while it is drawn
_LEAST_DPI, _MOST_DPI = 72, 600
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class AtlasSettings:
    """
    The ``[annex]`` table of a study: the printed maps.

    Attributes
    ----------
    orientation
        Of A4; A3 always lies.
    kop
        Lines of the heading, the government first; empty takes the regency's Bappeda.
    logo
        PNG or JPEG beside the heading; empty for none.
    numbering
        Before the number of a map: ``"3."`` gives Peta 3.1.
    indicators
        Names of the indicators to draw; empty draws all.
    sheets
        Kinds of sheets to draw; empty draws all.
    signature
        Lines of the signature block, the last one the name; empty for none.
    png
        Write a picture of every sheet.
    dpi
        Dots per inch of those pictures, 72 to 600.
    pdf
        Write the PDF.
    """

    paper: Paper = "A4"
    orientation: Orientation = "portrait"
    kop: tuple[str, ...] = ()
    logo: str = ""
    numbering: str = ""
    indicators: tuple[str, ...] = ()
    sheets: tuple[Kind, ...] = ()
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
