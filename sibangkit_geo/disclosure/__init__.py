"""What a reader may see: levels, protected counts, and a leak scan of finished products."""

from sibangkit_geo.disclosure.leaks import Finding, find_leaks, leaks, require_clean
from sibangkit_geo.disclosure.levels import LEVELS, RIGHTS, DisclosureSettings, Level, Rights
from sibangkit_geo.disclosure.protection import (
    protect_counts,
    protect_distances,
    protection_note,
    worth,
)
from sibangkit_geo.disclosure.transitions import Transitions, transitions
from sibangkit_geo.disclosure.village_counts import protect_profile

__all__ = [
    "LEVELS",
    "RIGHTS",
    "DisclosureSettings",
    "Finding",
    "Level",
    "Rights",
    "Transitions",
    "find_leaks",
    "leaks",
    "protect_counts",
    "protect_distances",
    "protect_profile",
    "protection_note",
    "require_clean",
    "transitions",
    "worth",
]
