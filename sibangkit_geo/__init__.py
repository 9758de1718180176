"""Sibangkit Geo: from registers and boundaries to poverty pockets and the maps of each agency."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sibangkit_geo.agencies import load_catalogue
    from sibangkit_geo.cartography.web.folium_map import PocketMap
    from sibangkit_geo.config import Study, read_study
    from sibangkit_geo.indicators.access import nearest_distance
    from sibangkit_geo.indicators.deprivation.measures import alkire_foster
    from sibangkit_geo.indicators.poverty import (
        foster_greer_thorbecke,
        headcount_ratio,
        poverty_gap,
        poverty_severity,
    )
    from sibangkit_geo.indicators.poverty_distribution import sen_shorrocks_thon, watts
    from sibangkit_geo.indicators.rasters import risk_surface, zonal_statistics
    from sibangkit_geo.indicators.small_areas import (
        beta_binomial_rate,
        empirical_bayes_rate,
        fay_herriot,
    )
    from sibangkit_geo.indicators.typology import prepare_features, village_types
    from sibangkit_geo.pockets import PocketSettings, find_pockets
    from sibangkit_geo.pockets.hamlets import hamlet_scan
    from sibangkit_geo.pockets.hotspots import (
        local_geary,
        local_geary_multivariate,
        local_gi,
        local_gi_star,
        local_moran,
        local_moran_rates,
    )
    from sibangkit_geo.pockets.links import with_links
    from sibangkit_geo.pockets.neighbors import k_nearest, neighbors_within, queen, rook
    from sibangkit_geo.pockets.regions import planning_areas
    from sibangkit_geo.pockets.scan import ScanSettings, scan_space_time, scan_statistic
    from sibangkit_geo.pockets.stability import with_stability
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
    "foster_greer_thorbecke": "indicators.poverty",
    "headcount_ratio": "indicators.poverty",
    "poverty_gap": "indicators.poverty",
    "poverty_severity": "indicators.poverty",
    "sen_shorrocks_thon": "indicators.poverty_distribution",
    "watts": "indicators.poverty_distribution",
    "alkire_foster": "indicators.deprivation.measures",
    "beta_binomial_rate": "indicators.small_areas",
    "empirical_bayes_rate": "indicators.small_areas",
    "fay_herriot": "indicators.small_areas",
    "zonal_statistics": "indicators.rasters",
    "risk_surface": "indicators.rasters",
    "nearest_distance": "indicators.access",
    "prepare_features": "indicators.typology",
    "village_types": "indicators.typology",
    "find_pockets": "pockets",
    "PocketSettings": "pockets",
    "scan_statistic": "pockets.scan",
    "scan_space_time": "pockets.scan",
    "ScanSettings": "pockets.scan",
    "local_moran": "pockets.hotspots",
    "local_moran_rates": "pockets.hotspots",
    "local_gi": "pockets.hotspots",
    "local_gi_star": "pockets.hotspots",
    "local_geary": "pockets.hotspots",
    "local_geary_multivariate": "pockets.hotspots",
    "hamlet_scan": "pockets.hamlets",
    "planning_areas": "pockets.regions",
    "neighbors_within": "pockets.neighbors",
    "queen": "pockets.neighbors",
    "rook": "pockets.neighbors",
    "k_nearest": "pockets.neighbors",
    "with_links": "pockets.links",
    "with_stability": "pockets.stability",
    "load_catalogue": "agencies",
    "PocketMap": "cartography.web.folium_map",
    "run": "study",
}
__all__ = [
    "BoundarySource",
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
    "with_stability",
    "zonal_statistics",
]


def __getattr__(name: str) -> object:
    """Load a public name from its room."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
