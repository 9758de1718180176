"""The printed annex: thematic maps in the Indonesian layout."""

from sibangkit_geo.cartography.annex.atlas import write_annex, write_atlas, write_pictures
from sibangkit_geo.cartography.annex.change import WaveChange
from sibangkit_geo.cartography.annex.settings import (
    AtlasPages,
    AtlasSettings,
    AtlasSheet,
)

__all__ = [
    "AtlasPages",
    "AtlasSettings",
    "AtlasSheet",
    "WaveChange",
    "write_annex",
    "write_atlas",
    "write_pictures",
]
