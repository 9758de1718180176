"""Rasters in, village by village, and a raster out."""

from sibangkit_geo.indicators.rasters.surface import (
    RiskSettings,
    RiskSurface,
    as_cog,
    risk_surface,
)
from sibangkit_geo.indicators.rasters.zonal import Statistic, travel_cost, zonal_statistics

__all__ = [
    "RiskSettings",
    "RiskSurface",
    "Statistic",
    "as_cog",
    "risk_surface",
    "travel_cost",
    "zonal_statistics",
]
