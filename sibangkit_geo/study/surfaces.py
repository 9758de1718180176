"""The risk surface of a study: from the points of houses to a GeoTIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.rasters import RiskSurface, as_cog, risk_surface

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sibangkit_geo import config
    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.study.houses import KeptHouses
    from sibangkit_geo.tables.public import Boundaries

FILE = "risiko_kemiskinan.tif"


def surface_of(
    study: config.Study, areas: Boundaries, houses: Sequence[KeptHouses]
) -> RiskSurface | None:
    """
    Smooth the share of poor households over space, where the study asks for it.

    `areas`: Boundaries, for their CRS.
    Returns: None where it is not asked for.
    Raises DataError: No house has a point, or nobody is poor.
    """
    settings = study.risk_surface
    if settings is None:
        return None
    points = [one for kept in houses for one in kept.points]
    poor = [one for kept in houses for one in kept.poor]
    if not sum(map(len, poor)) or not any(one.any() for one in poor):
        msg = "[risk_surface] needs a register with points of houses, some of them poor"
        raise DataError(msg, remedy="Leave [risk_surface] out.")
    return risk_surface(
        np.concatenate(points),
        np.concatenate(poor),
        crs=areas.villages.crs.to_string(),
        cell_m=settings.cell_m,
        bandwidth_m=settings.bandwidth_m,
        minimum_households=settings.minimum_households,
    )


def write_surface(surface: RiskSurface | None, product: Product, folder: Path) -> None:
    """
    Write the surface as Cloud-Optimised GeoTIFF.

    `surface`: From `surface_of`; None writes nothing.
    """
    if surface is None:
        return
    tags = {
        "TITLE": product.title,
        "DESCRIPTION": "Risiko relatif rumah tangga miskin terhadap angka kabupaten",
        "NOTE": product.estimate_line,
        "BANDWIDTH_M": f"{surface.bandwidth_m:g}",
        "MINIMUM_HOUSEHOLDS": str(surface.minimum_households),
    }
    (folder / FILE).write_bytes(as_cog(surface, tags=tags))
