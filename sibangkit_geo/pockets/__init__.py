"""Find: neighboring villages that are significantly worse off together."""

from sibangkit_geo.pockets.detector import PocketSettings, find_pockets

__all__ = ["PocketSettings", "find_pockets"]
