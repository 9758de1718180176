"""
Hamlets: where poor households stand closer together than all households do.

Poor households alone only show where people live; the scan therefore needs every household. It
overlaps with the Bernoulli scan of villages, but works on a grid and never hands back a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.hamlet_grid import Grid
from sibangkit_geo.pockets.hamlet_windows import Windows, log_likelihood, null_maxima
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MOST_POINTS = 250_000
_MOST_HAMLETS = 50
_COLUMNS = (
    "centre_x",
    "centre_y",
    "radius_m",
    "households",
    "poor",
    "rate",
    "relative_risk",
    "log_likelihood_ratio",
    "p_value",
)


@dataclass(frozen=True, slots=True)
class HamletSettings:
    """
    How the scan looks.

    `cell_m`: Side of the grid cells that households are counted in, metres.
    `largest_radius_m`: Of the circles, metres.
    `min_households`: Smallest hamlet shown; also keeps single houses unseen.
    `alpha`: Chance, over maps without any hamlet, that one is shown; 0 to 0.5.
    `replicates`: Shuffles of the poor over the households.
    """

    cell_m: float = 50.0
    largest_radius_m: float = 500.0
    min_households: int = 10
    alpha: float = 0.05
    replicates: int = 999
    seed: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 < self.cell_m <= self.largest_radius_m:
            msg = "`cell_m` must be above 0 and at most `largest_radius_m`."
            raise ValueError(msg)
        if self.min_households < 2 or self.replicates < 1 or self.seed < 0:
            msg = "`min_households` must be at least 2, `replicates` 1 and `seed` 0."
            raise ValueError(msg)
        if not 0 < self.alpha < 0.5:
            msg = f"`alpha` must lie between 0 and 0.5, got {self.alpha}."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Hamlets:
    """
    Circles in which more households are poor than chance allows; never a household.

    `clusters`: One row per hamlet, the strongest first, indexed from 1: ``centre_x``, ``centre_y``
        (middle of a grid cell), ``radius_m``, ``households``, ``poor``, ``rate``,
        ``relative_risk``, ``log_likelihood_ratio``, ``p_value`` and ``geometry`` (hull of whole
        grid cells).
    `p_value`: Of the strongest circle, shown or not; missing when nothing was tested.
    `cell_m`: Side of the cells that were used, metres.
    `notes`: What was coarsened or not tested.
    """

    clusters: gpd.GeoDataFrame
    p_value: float
    cell_m: float
    settings: HamletSettings
    notes: tuple[Note, ...]

    def __len__(self) -> int:
        """Count the hamlets."""
        return len(self.clusters)


def hamlet_scan(
    points: ArrayLike,
    poor: ArrayLike,
    *,
    crs: Any = None,  # noqa: ANN401 - whatever pyproj reads
    settings: HamletSettings | None = None,
    progress: Callable[[int], None] | None = None,
) -> Hamlets:
    """
    Find circles in which a larger share of households is poor than elsewhere.

    Bernoulli scan statistic [1]_: the log likelihood ratio of a circle with c poor
    of n households against C of N, maximised over circles around every grid cell
    with households, up to half of all households. p by shuffling the C poor over
    the N households: it holds while households are poor independently of each other,
    so any real gradient of poverty counts as a hamlet too. Later hamlets, which
    share no cell with earlier ones, are compared with the same maxima, which is
    cautious.
    Grain: one row per household in, one row per hamlet out.

    Parameters
    ----------
    points
        x and y of every household, poor or not, metres, shape (n, 2); at most
        250,000. Counted in grid cells at once: households of a cell stand together.
    poor
        Whether the household is poor, shape (n,).
    crs
        Coordinate system of the points, metric.
    settings
        Grid, circles, error rate, replicates, seed; the defaults when None.
    progress
        Called with the number of replicates done since the last call.

    Returns
    -------
    hamlets
        Possibly none; that is a result, not an error.

    Raises
    ------
    DataError
        All households are poor, so that there is nothing to compare with; or
        coordinates or flags are missing.
    ValueError
        Shapes differ, or there are too many points.

    References
    ----------
    .. [1] Kulldorff (1997), Communications in Statistics 26(6), 1481-1496.
    """
    settings = settings or HamletSettings()
    places, cases = _checked(points, poor)
    total = int(cases.sum())
    if not total or len(places) < 2 * settings.min_households:
        text = "Dusun miskin tidak diuji: rumah tangga (miskin) terlalu sedikit."
        return _none(crs, settings, Note("nothing_tested", text, len(places)))
    grid = Grid.of(places, settings.cell_m)
    windows, grid = Windows.around(grid, settings.largest_radius_m, settings.min_households)
    counts = grid.counts(cases)
    found = log_likelihood(windows.counts(counts), windows.households, total, len(places))
    maxima = null_maxima(
        windows,
        grid,
        total=total,
        replicates=settings.replicates,
        seed=settings.seed,
        progress=progress,
    )
    found[~windows.allowed] = 0.0
    clusters, p_value = _clusters(found, windows, counts, maxima, settings)
    notes = []
    if grid.cell_m > settings.cell_m:
        text = f"Sel diperbesar menjadi {grid.cell_m:g} m agar semua lingkaran dapat diperiksa."
        notes.append(Note("cells_coarsened", text))
    frame = gpd.GeoDataFrame(clusters, columns=[*_COLUMNS, "geometry"], crs=crs)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="hamlet")
    return Hamlets(frame, p_value, grid.cell_m, settings, tuple(notes))


def _clusters(
    found: Floats,
    windows: Windows,
    counts: Floats,
    maxima: Floats,
    settings: HamletSettings,
) -> tuple[list[dict[str, Any]], float]:
    grid = windows.grid
    total, everyone = float(counts.sum()), float(grid.households.sum())
    free = np.ones(len(grid.households), dtype=bool)
    rows: list[dict[str, Any]] = []
    first = float("nan")
    for flat in np.argsort(-found, axis=None, kind="stable"):
        centre, ring = (int(one) for one in np.unravel_index(flat, found.shape))
        # a replicate that reaches the observed maximum counts against it, rounding aside
        reached = int((maxima >= found[centre, ring] * (1 - 1e-6)).sum())
        p_value = (1 + reached) / (1 + len(maxima))
        first = p_value if np.isnan(first) else first
        if p_value > settings.alpha or found[centre, ring] <= 0 or len(rows) == _MOST_HAMLETS:
            break
        cells = windows.cells(centre, ring)
        if not free[cells].all():
            continue
        free[cells] = False
        poor, homes = float(counts[cells].sum()), float(grid.households[cells].sum())
        rest = (total - poor) / (everyone - homes)
        values = (
            *grid.centres[centre],
            windows.radii[ring],
            int(homes),
            int(poor),
            poor / homes,
            poor / homes / rest if rest else float("inf"),
            found[centre, ring],
            p_value,
        )
        row = dict(zip(_COLUMNS, values, strict=True))
        rows.append({**row, "geometry": _hull(grid.centres[cells], grid.cell_m)})
    return rows, first


def _hull(centres: Floats, cell_m: float) -> shapely.Polygon:
    """Hull of whole cells and half a cell more: no corner is a household."""
    low, high = centres - cell_m / 2, centres + cell_m / 2
    cells = shapely.multipolygons(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
    return shapely.convex_hull(cells).buffer(cell_m / 2, join_style="mitre")


def _checked(points: ArrayLike, poor: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    places = np.asarray(points, dtype=np.float64)
    flags = np.asarray(poor)
    if places.ndim != 2 or places.shape[1] != 2 or flags.shape != (len(places),):
        msg = f"`points` must have shape (n, 2) and `poor` (n,), got {places.shape}, {flags.shape}."
        raise ValueError(msg)
    if len(places) > MOST_POINTS:
        msg = f"`points` has {len(places):,} rows; scan at most {MOST_POINTS:,} at a time."
        raise ValueError(msg)
    numbers = pd.to_numeric(pd.Series(flags), errors="coerce").to_numpy(dtype=np.float64)
    bad = ~np.isfinite(places).all(axis=1) | ~np.isin(numbers, [0.0, 1.0])
    if bad.any():
        msg = "Households without coordinates, or whose poor flag is neither 0 nor 1"
        rows = pd.DataFrame(index=np.flatnonzero(bad))
        raise DataError(msg, rows=rows, remedy="Leave these households out.")
    if len(numbers) and numbers.all():
        msg = "All households are poor, so nothing tells a poor hamlet from any other"
        raise DataError(msg, remedy="Give every household, the non-poor included.")
    return places, numbers.astype(bool)


def _none(crs: Any, settings: HamletSettings, note: Note) -> Hamlets:  # noqa: ANN401 - pyproj's
    empty = gpd.GeoDataFrame(columns=[*_COLUMNS, "geometry"], geometry="geometry", crs=crs)
    empty.index.name = "hamlet"
    return Hamlets(empty, float("nan"), settings.cell_m, settings, (note,))
