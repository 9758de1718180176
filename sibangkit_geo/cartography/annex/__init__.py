"""The printed annex: thematic maps in the Indonesian layout."""

from sibangkit_geo.cartography.annex.atlas import write_annex, write_atlas
from sibangkit_geo.cartography.annex.settings import (
    AtlasPages,
    AtlasSettings,
    AtlasSheet,
)

__all__ = ["AtlasPages", "AtlasSettings", "AtlasSheet", "write_annex", "write_atlas"]
