"""The printed annex: thematic maps in the Indonesian layout."""

from sibangkit_geo.cartography.annex.sheet import write_annex

__all__ = ["write_annex"]
