"""Sibangkit Geo: from registers and boundaries to poverty pockets and the maps of each agency."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sibangkit_geo.config import Study, read_study
    from sibangkit_geo.pockets import PocketSettings, find_pockets
    from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
    from sibangkit_geo.sources.profiles import ProfileSource, read_profiles
    from sibangkit_geo.study import run

__version__ = "0.1.0"

# loaded on first use, so that `sibangkit --help` does not wait for geopandas
_HOMES = {
    "read_study": "config",
    "Study": "config",
    "read_boundaries": "sources.boundaries",
    "BoundarySource": "sources.boundaries",
    "read_profiles": "sources.profiles",
    "ProfileSource": "sources.profiles",
    "find_pockets": "pockets",
    "PocketSettings": "pockets",
    "run": "study",
}
__all__ = [
    "BoundarySource",
    "PocketSettings",
    "ProfileSource",
    "Study",
    "find_pockets",
    "read_boundaries",
    "read_profiles",
    "read_study",
    "run",
]


def __getattr__(name: str) -> object:
    """Load a public name from its room."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
