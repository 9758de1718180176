"""Explain: local and global statistics of a map, an explanatory layer without error control."""

from sibangkit_geo.pockets.hotspots.corrections import bonferroni, false_discovery_rate
from sibangkit_geo.pockets.hotspots.geary import local_geary, local_geary_multivariate
from sibangkit_geo.pockets.hotspots.getis_ord import local_gi, local_gi_star
from sibangkit_geo.pockets.hotspots.global_statistics import global_g, morans_i
from sibangkit_geo.pockets.hotspots.moran import (
    assuncao_reis_rates,
    local_moran,
    local_moran_rates,
)
from sibangkit_geo.pockets.hotspots.results import GlobalStatistic, LocalStatistic, class_labels

__all__ = [
    "GlobalStatistic",
    "LocalStatistic",
    "assuncao_reis_rates",
    "bonferroni",
    "class_labels",
    "false_discovery_rate",
    "global_g",
    "local_geary",
    "local_geary_multivariate",
    "local_gi",
    "local_gi_star",
    "local_moran",
    "local_moran_rates",
    "morans_i",
]
