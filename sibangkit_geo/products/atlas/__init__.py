"""The printed annex: thematic maps in the Indonesian layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.model.optional import door

if TYPE_CHECKING:
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

# a study file is read, and a run drawn, where nothing for paper is installed
_HOMES = {
    "AtlasPages": ".settings",
    "AtlasSettings": ".settings",
    "AtlasSheet": ".settings",
    "WaveChange": "..changes",
    "write_annex": ".atlas",
    "write_atlas": ".atlas",
    "write_pictures": ".atlas",
    "write_pieces": ".map_pieces",
}
__getattr__ = door(__name__, _HOMES, extra="annex")
