"""How all maps paint land, sea, rivers and the user's own lines: colours and words, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from sibangkit_geo.model.backdrop import ContextKind, ContextLayer

LAND: Final = "#efede7"
SEA: Final = "#dce8f0"
# of which nothing is known: white, with a line around what is known
UNKNOWN: Final = "#ffffff"
EDGE: Final = "#8b96a4"
# borders of other regencies
REGENCY_RIM: Final = "#b9b4a6"
WATER: Final = "#c3dcec"
LINE_COLORS: Final[dict[ContextKind, str]] = {
    "road": "#80604a",
    "river": "#2f78b7",
    "water": "#2f78b7",
    "seat": "#16202e",
    "place": "#16202e",
}


def legend_label(layer: ContextLayer) -> str:
    """Word what a layer shows: the study's words, else those of its kind."""
    return layer.label or say(f"ground_{layer.kind}")
