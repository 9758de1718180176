"""Find: neighboring villages that are significantly worse off together."""

from sibangkit_geo.pockets.detector import find_pockets
from sibangkit_geo.pockets.settings import PocketSettings

__all__ = ["PocketSettings", "find_pockets"]
