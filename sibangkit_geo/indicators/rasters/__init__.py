"""Rasters in, village by village, and a raster out."""

from sibangkit_geo.indicators.rasters.surface import RiskSurface, as_cog, risk_surface
from sibangkit_geo.indicators.rasters.zonal import Statistic, travel_cost, zonal_statistics

__all__ = [
    "RiskSurface",
    "Statistic",
    "as_cog",
    "risk_surface",
    "travel_cost",
    "zonal_statistics",
]
