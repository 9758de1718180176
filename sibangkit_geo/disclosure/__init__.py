"""What a reader may see: levels, small cells, and a leak scan of finished products."""

from sibangkit_geo.disclosure.leaks import Finding, find_leaks, leaks, require_clean
from sibangkit_geo.disclosure.masking import LEVELS, DisclosureSettings, Level, Masked, mask

__all__ = [
    "LEVELS",
    "DisclosureSettings",
    "Finding",
    "Level",
    "Masked",
    "find_leaks",
    "leaks",
    "mask",
    "require_clean",
]
