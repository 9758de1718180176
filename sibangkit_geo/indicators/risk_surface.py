"""A raster out: the relative risk of being poor around each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from scipy.ndimage import gaussian_filter

from sibangkit_geo.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    CellCount = Callable[[NDArray[np.int64], NDArray[np.bool_], int], NDArray[np.int64]]

_NODATA = -9999.0
# households that a cell must at least speak for
_FEWEST = 10
# three standard deviations hold 99.7 % of a Gaussian kernel's mass on a line
_REACH = 3.0


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """
    The ``[risk_surface]`` table of a study.

    Attributes
    ----------
    cell_m, bandwidth_m
        Width of a cell and of the kernel, metres.
    minimum_households
        Least effective number of households near a cell.

    Examples
    --------
    >>> RiskSettings(bandwidth_m=1000.0).cell_m
    250.0
    >>> RiskSettings(minimum_households=3)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [risk_surface] needs ... minimum_households of at least 10...
    """

    cell_m: float = 250.0
    bandwidth_m: float = 2000.0
    minimum_households: int = 20

    def __post_init__(self) -> None:
        """Check that houses cannot be told apart."""
        if not 0 < self.cell_m <= self.bandwidth_m or self.minimum_households < _FEWEST:
            msg = (
                f"[risk_surface] needs 0 < cell_m <= bandwidth_m and minimum_households of at "
                f"least {_FEWEST}: fewer would show single houses."
            )
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class RiskSurface:
    """
    How much likelier than in the regency a household is poor around each cell.

    Attributes
    ----------
    relative_risk
        Local share of poor households over that of all households, at least 0, shape
        (rows, columns), north up; missing where too few households live near.
    transform
        Upper left corner and size of the cells, metres.
    crs
        CRS of the cells.
    """

    relative_risk: NDArray[np.float32]
    transform: Affine
    crs: str
    bandwidth_m: float
    minimum_households: int

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.relative_risk.ndim != 2:
            msg = "A surface has rows and columns."
            raise ValueError(msg)


def risk_surface(
    points: NDArray[np.float64],
    poor: NDArray[np.bool_],
    *,
    crs: str,
    cell_m: float = 250.0,
    bandwidth_m: float = 2000.0,
    minimum_households: int = 20,
    count: CellCount | None = None,
) -> RiskSurface:
    """
    Smooth the share of poor households over space: a ratio of two kernel densities [1]_.

    Grain: one row per household in, one value per cell out.

    Parameters
    ----------
    points
        Easting and northing of every household, poor or not, metres, shape
        (n_households, 2); rows with a missing coordinate are left out.
    poor
        Who is poor, shape (n_households,).
    crs
        Metric CRS of the points.
    cell_m
        Width of a cell, metres.
    bandwidth_m
        Standard deviation of the Gaussian kernel, metres; both densities have the same
        one, so that edges and empty water cancel out. Two kilometres is our default, about the
        spacing of neighbouring hamlets in the tidal lowlands.
    minimum_households
        Least effective number of households, (sum of weights) squared over sum of squared
        weights [2]_; cells with fewer are empty.
    count
        Counts households cell by cell: of the cell of each household with a point, which of
        them count, and how many cells there are. Plain counts when None.

    Returns
    -------
    surface
        1 is the regency's own share.

    Raises
    ------
    ValueError
        Nobody is poor, no point is known, or a setting is not positive.

    References
    ----------
    .. [1] Bithell, J. F. (1990), Statistics in Medicine 9(6), 691-701.
    .. [2] Kish, L. (1965), Survey Sampling, Wiley, section 11.7.

    Examples
    --------
    >>> houses = np.repeat([[250.0, 250.0], [20250.0, 250.0]], 20, axis=0)
    >>> poor = np.arange(40) < 10  # half of the first hamlet, none of the second
    >>> found = risk_surface(houses, poor, crs="EPSG:32748", cell_m=500, bandwidth_m=1000)
    >>> found.relative_risk.shape
    (13, 53)
    >>> round(float(np.nanmax(found.relative_risk)), 3), float(np.nanmin(found.relative_risk))
    (2.0, 0.0)
    """
    if min(cell_m, bandwidth_m, minimum_households) <= 0:
        msg = "`cell_m`, `bandwidth_m` and `minimum_households` must be above 0."
        raise ValueError(msg)
    known = np.isfinite(points).all(axis=1)
    x, y = points[known, 0], points[known, 1]
    if not len(x) or not poor[known].any():
        msg = "A risk surface needs households with a point, some of them poor."
        raise ValueError(msg)
    margin = _REACH * bandwidth_m
    west = np.floor((x.min() - margin) / cell_m) * cell_m
    north = np.ceil((y.max() + margin) / cell_m) * cell_m
    shape = (
        int(np.ceil((north - y.min() + margin) / cell_m)),
        int(np.ceil((x.max() + margin - west) / cell_m)),
    )
    cell = ((north - y) // cell_m).astype(np.int64) * shape[1]
    cell += ((x - west) // cell_m).astype(np.int64)
    number, count = shape[0] * shape[1], count or _plain_count
    needy = count(cell, poor[known], number).reshape(shape)
    everybody = needy + count(cell, ~poor[known], number).reshape(shape)
    sigma = bandwidth_m / cell_m
    near = _smooth(everybody, sigma)
    share = np.divide(_smooth(needy, sigma), near, out=np.zeros(shape), where=near > 0)
    # squared Gaussian weights are a Gaussian of 1 / sqrt(2) the width, unnormalised
    mass, narrow = 2 * np.pi * sigma**2, np.pi * sigma**2
    squares = _smooth(everybody, sigma / np.sqrt(2)) * narrow
    effective = np.divide((near * mass) ** 2, squares, out=np.zeros(shape), where=squares > 0)
    risk = np.where(effective >= minimum_households, share * everybody.sum() / needy.sum(), np.nan)
    transform = Affine(cell_m, 0.0, west, 0.0, -cell_m, north)
    return RiskSurface(risk.astype(np.float32), transform, crs, bandwidth_m, minimum_households)


def _plain_count(
    cell: NDArray[np.int64], counted: NDArray[np.bool_], number: int
) -> NDArray[np.int64]:
    return np.bincount(cell[counted], minlength=number)


def _smooth(counts: NDArray[np.int64], sigma: float) -> NDArray[np.float64]:
    smoothed: NDArray[np.float64] = gaussian_filter(
        counts.astype(np.float64), sigma, mode="constant", truncate=_REACH
    )
    return smoothed


def as_cog(surface: RiskSurface, *, tags: dict[str, str]) -> bytes:
    """
    Pack a surface as a Cloud-Optimised GeoTIFF.

    Parameters
    ----------
    surface
        What `risk_surface` made.
    tags
        Words for the file's metadata, such as source and "estimasi".

    Returns
    -------
    file
        Bytes of the file; empty cells have its no-data value.

    Raises
    ------
    DataError
        GDAL cannot write it.
    """
    cells = np.where(np.isfinite(surface.relative_risk), surface.relative_risk, _NODATA)
    height, width = cells.shape
    try:
        with MemoryFile() as memory:
            with memory.open(
                driver="COG", height=height, width=width, count=1, dtype="float32",
                crs=surface.crs, transform=surface.transform, nodata=_NODATA,
                compress="deflate", predictor=3,
            ) as file:  # fmt: skip
                file.write(cells.astype(np.float32), 1)
                file.set_band_description(1, "relative_risk")
                file.update_tags(**tags)
            return bytes(memory.getbuffer())
    except RasterioError as error:
        msg = "The risk surface cannot be written as GeoTIFF"
        raise DataError(msg, remedy="Try a larger cell.") from error
