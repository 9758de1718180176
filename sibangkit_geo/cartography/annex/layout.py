"""Where things stand on a sheet of A4 or A3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.annex.paper import Rect

if TYPE_CHECKING:
    from sibangkit_geo.cartography.annex.settings import AtlasSettings


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


def layout_inside(settings: AtlasSettings) -> Layout:
    """
    Choose the layout of a map on an A4 page of a document.

    Returns: As large as the picture itself, without margin.
    """
    return _INSIDE_LANDSCAPE if settings.orientation == "landscape" else _INSIDE_PORTRAIT


def layout_of(settings: AtlasSettings) -> Layout:
    """
    Choose the layout of a paper.

    Returns: A3 always lies.
    """
    if settings.paper == "A3":
        return _A3_LANDSCAPE
    return _A4_LANDSCAPE if settings.orientation == "landscape" else _A4_PORTRAIT
