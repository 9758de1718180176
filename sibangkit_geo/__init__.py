"""Sibangkit Geo: from registers and boundaries to poverty pockets and the maps of each agency."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sibangkit_geo.agencies.catalogue import load_catalogue
    from sibangkit_geo.config import Study, read_study
    from sibangkit_geo.indicators.access import nearest_distance
    from sibangkit_geo.indicators.rasters import zonal_statistics
    from sibangkit_geo.indicators.risk_surface import risk_surface
    from sibangkit_geo.indicators.small_areas import beta_binomial_rate
    from sibangkit_geo.indicators.typology import prepare_features, village_types
    from sibangkit_geo.pockets import PocketSettings, find_pockets
    from sibangkit_geo.pockets.detector import with_sensitivity
    from sibangkit_geo.pockets.graph import with_links
    from sibangkit_geo.pockets.hamlets import hamlet_scan
    from sibangkit_geo.pockets.moran_gi import (
        local_gi,
        local_gi_star,
        local_moran,
        local_moran_rates,
    )
    from sibangkit_geo.pockets.neighbors import k_nearest, neighbors_within, queen, rook
    from sibangkit_geo.pockets.regionalization import planning_areas
    from sibangkit_geo.products.notebook import PocketMap
    from sibangkit_geo.sources.boundaries.read import BoundarySource, read_boundaries
    from sibangkit_geo.sources.profiles import ProfileSource, read_profiles
    from sibangkit_geo.stats.alkire_foster import alkire_foster
    from sibangkit_geo.stats.area_models import empirical_bayes_rate, fay_herriot
    from sibangkit_geo.stats.geary import local_geary, local_geary_multivariate
    from sibangkit_geo.stats.poverty import (
        foster_greer_thorbecke,
        headcount_ratio,
        poverty_gap,
        poverty_severity,
        sen_shorrocks_thon,
        watts,
    )
    from sibangkit_geo.stats.scan.model import ScanSettings
    from sibangkit_geo.stats.scan.statistic import scan_space_time, scan_statistic
    from sibangkit_geo.study.lock import Lock
    from sibangkit_geo.study.running import run

__all__ = [
    "BoundarySource",
    "Lock",
    "PocketMap",
    "PocketSettings",
    "ProfileSource",
    "ScanSettings",
    "Study",
    "alkire_foster",
    "beta_binomial_rate",
    "empirical_bayes_rate",
    "fay_herriot",
    "find_pockets",
    "foster_greer_thorbecke",
    "hamlet_scan",
    "headcount_ratio",
    "k_nearest",
    "load_catalogue",
    "local_geary",
    "local_geary_multivariate",
    "local_gi",
    "local_gi_star",
    "local_moran",
    "local_moran_rates",
    "nearest_distance",
    "neighbors_within",
    "planning_areas",
    "poverty_gap",
    "poverty_severity",
    "prepare_features",
    "queen",
    "read_boundaries",
    "read_profiles",
    "read_study",
    "risk_surface",
    "rook",
    "run",
    "scan_space_time",
    "scan_statistic",
    "sen_shorrocks_thon",
    "village_types",
    "watts",
    "with_links",
    "with_sensitivity",
    "zonal_statistics",
]

__version__ = "0.1.0"

# loaded on first use, so that `sibangkit --help` does not wait for geopandas
_HOMES = {
    "read_study": "config",
    "Study": "config",
    "read_boundaries": "sources.boundaries",
    "BoundarySource": "sources.boundaries",
    "read_profiles": "sources.profiles",
    "ProfileSource": "sources.profiles",
    "foster_greer_thorbecke": "stats.poverty",
    "headcount_ratio": "stats.poverty",
    "poverty_gap": "stats.poverty",
    "poverty_severity": "stats.poverty",
    "sen_shorrocks_thon": "stats.poverty",
    "watts": "stats.poverty",
    "alkire_foster": "stats.alkire_foster",
    "beta_binomial_rate": "indicators.small_areas",
    "empirical_bayes_rate": "stats.area_models",
    "fay_herriot": "stats.area_models",
    "zonal_statistics": "indicators.rasters",
    "risk_surface": "indicators.risk_surface",
    "nearest_distance": "indicators.access",
    "prepare_features": "indicators.typology",
    "village_types": "indicators.typology",
    "find_pockets": "pockets",
    "PocketSettings": "pockets",
    "scan_statistic": "stats.scan",
    "scan_space_time": "stats.scan",
    "ScanSettings": "stats.scan",
    "local_moran": "pockets.moran_gi",
    "local_moran_rates": "pockets.moran_gi",
    "local_gi": "pockets.moran_gi",
    "local_gi_star": "pockets.moran_gi",
    "local_geary": "stats.geary",
    "local_geary_multivariate": "stats.geary",
    "hamlet_scan": "pockets.hamlets",
    "planning_areas": "pockets.regionalization",
    "neighbors_within": "pockets.neighbors",
    "queen": "pockets.neighbors",
    "rook": "pockets.neighbors",
    "k_nearest": "pockets.neighbors",
    "with_links": "pockets.graph",
    "with_sensitivity": "pockets.detector",
    "load_catalogue": "agencies",
    "PocketMap": "products.notebook",
    "Lock": "study",
    "run": "study",
}


def __getattr__(name: str) -> object:
    """Load a public name from its room."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
