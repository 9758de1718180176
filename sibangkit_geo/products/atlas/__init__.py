"""The printed annex: thematic maps in the Indonesian layout."""

from sibangkit_geo.products.atlas.atlas import write_annex, write_atlas, write_pictures
from sibangkit_geo.products.atlas.map_pieces import write_pieces
from sibangkit_geo.products.atlas.settings import AtlasPages, AtlasSettings, AtlasSheet
from sibangkit_geo.products.changes import WaveChange

__all__ = [
    "AtlasPages",
    "AtlasSettings",
    "AtlasSheet",
    "WaveChange",
    "write_annex",
    "write_atlas",
    "write_pictures",
    "write_pieces",
]
