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
from scipy import sparse
from scipy.spatial import cKDTree
from scipy.special import xlogy

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.model.types import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

    Ints = NDArray[np.intp]

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

RINGS = 10
# centre-cell pairs: 12 bytes each, and one multiplication per replicate
_MOST_PAIRS = 12_000_000
_BATCH_CELLS = 8_000_000


@dataclass(frozen=True, slots=True)
class HamletSettings:
    """
    How the scan looks.

    Attributes
    ----------
    cell_m
        Side of the grid cells that households are counted in, metres.
    largest_radius_m
        Of the circles, metres.
    min_households
        Smallest hamlet shown; also keeps single houses unseen.
    alpha
        Chance, over maps without any hamlet, that one is shown; 0 to 0.5.
    replicates
        Shuffles of the poor over the households.
    seed
        Of the shuffles.

    Examples
    --------
    >>> HamletSettings(largest_radius_m=250).cell_m
    50.0
    >>> HamletSettings(min_households=1)
    Traceback (most recent call last):
        ...
    ValueError: `min_households` must be at least 2, `replicates` 1 and `seed` 0.
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
        if self.replicates > limits.REPLICATES:
            msg = f"`replicates` must lie between 1 and {limits.REPLICATES}, got {self.replicates}."
            raise ValueError(msg)
        if not 0 < self.alpha < 0.5:
            msg = f"`alpha` must lie between 0 and 0.5, got {self.alpha}."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Hamlets:
    """
    Circles in which more households are poor than chance allows; never a household.

    Attributes
    ----------
    clusters
        One row per hamlet, the strongest first, indexed from 1: ``centre_x``, ``centre_y``
        (middle of a grid cell), ``radius_m``, ``households``, ``poor``, ``rate``,
        ``relative_risk``, ``log_likelihood_ratio``, ``p_value`` and ``geometry`` (hull of whole
        grid cells).
    p_value
        Of the strongest circle, shown or not; missing when nothing was tested.
    cell_m
        Side of the cells that were used, metres.
    settings
        What the scan was asked.
    notes
        What was coarsened or not tested.

    Examples
    --------
    >>> nobody = hamlet_scan([[0, 0], [90, 0]], [False, False], crs="EPSG:32748")
    >>> len(nobody), nobody.p_value, [note.key for note in nobody.notes]
    (0, nan, ['nothing_tested'])
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

    Examples
    --------
    >>> houses = [(100 * x, 100 * y) for y in range(12) for x in range(12)]
    >>> poor = [(x - 500) ** 2 + (y - 500) ** 2 <= 200**2 for x, y in houses]
    >>> settings = HamletSettings(largest_radius_m=300, replicates=99)
    >>> found = hamlet_scan(houses, poor, crs="EPSG:32748", settings=settings)
    >>> found.clusters[["households", "poor", "p_value"]].to_dict("records")
    [{'households': 13, 'poor': 13, 'p_value': 0.01}]
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


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """
    Circles of growing radius around every cell.

    `radii`: Ascending, metres; a cell belongs to a circle when its middle does.
    `households`: In each circle, shape (n_centres, n_radii).
    `allowed`: Circles neither too small nor above half of all households.
    """

    grid: Grid
    radii: Floats
    rings: tuple[sparse.csr_array, ...]
    households: Floats
    allowed: NDArray[np.bool_]

    @classmethod
    def around(cls, grid: Grid, largest_m: float, min_households: int) -> tuple[Windows, Grid]:
        """
        Lay circles around every cell; cells are doubled until all circles fit memory.

        `largest_m`: Largest radius, metres.
        """
        tree = cKDTree(grid.centres)
        while tree.count_neighbors(tree, largest_m) > _MOST_PAIRS and grid.cell_m < largest_m:
            grid = grid.doubled()
            tree = cKDTree(grid.centres)
        near = tree.sparse_distance_matrix(tree, largest_m, output_type="coo_matrix")
        radii = np.unique(np.linspace(0.0, largest_m, RINGS + 1))
        # a cell at exactly a radius belongs to it, whatever the rounding
        ring_of = np.searchsorted(radii * (1 + 1e-9), near.data)
        size = (len(grid.households),) * 2
        rings = tuple(
            sparse.csr_array(
                (np.ones(int(mine.sum()), np.float32), (near.row[mine], near.col[mine])), shape=size
            )
            for mine in (ring_of == ring for ring in range(len(radii)))
        )
        homes = np.cumsum([ring @ grid.households for ring in rings], axis=0).T
        allowed = (homes >= min_households) & (homes <= grid.households.sum() / 2)
        return cls(grid, radii, rings, homes, allowed), grid

    def counts(self, cases: Floats) -> Floats:
        """
        Count poor households per circle.

        `cases`: Per cell, shape (n_cells,).
        Returns: Shape (n_centres, n_radii).
        """
        return np.asarray(np.cumsum([ring @ cases for ring in self.rings], axis=0).T)

    def cells(self, centre: int, ring: int) -> Ints:
        """List the cells of a circle."""
        parts = [one.indices[one.indptr[centre] : one.indptr[centre + 1]] for one in self.rings]
        return np.sort(np.concatenate(parts[: ring + 1])).astype(np.intp)


def log_likelihood(cases: Floats, homes: Floats, total: float, everyone: float) -> Floats:
    """
    Compare circles with the rest: Kulldorff's (1997) Bernoulli log likelihood ratio.

    Parameters
    ----------
    cases, homes
        Poor and all households inside.
    total, everyone
        Poor and all households of the map.

    Returns
    -------
    ratio
        At least 0; 0 where the share inside is not above that outside.

    Examples
    --------
    >>> log_likelihood(np.array([5.0, 1.0]), np.array([5.0, 5.0]), 5, 10).round(4).tolist()
    [6.9315, 0.0]
    """
    out_cases, out_homes = total - cases, everyone - homes
    inside = xlogy(cases, cases) + xlogy(homes - cases, homes - cases) - xlogy(homes, homes)
    outside = xlogy(out_cases, out_cases) + xlogy(out_homes - out_cases, out_homes - out_cases)
    outside -= xlogy(out_homes, out_homes)
    null = xlogy(total, total) + xlogy(everyone - total, everyone - total)
    ratio = inside + outside - null + xlogy(everyone, everyone)
    return np.asarray(np.where(cases * out_homes > out_cases * homes, ratio, 0.0))


def null_maxima(
    windows: Windows,
    grid: Grid,
    *,
    total: int,
    replicates: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """
    Shuffle the poor over the households and keep the largest ratio of each shuffle.

    Among circles with equally many households the one with most poor is the
    largest, so that only as many ratios are needed as there are different sizes.

    `total`: Poor households.
    `seed`: The same seed gives the same maxima on every machine.
    Returns: Shape (replicates,).
    """
    rng = np.random.default_rng(seed)
    homes = grid.households.astype(np.int64)
    batch = int(max(1, min(100, _BATCH_CELLS // len(homes))))
    groups = [_by_size(windows, ring) for ring in range(len(windows.radii))]
    maxima = np.zeros(replicates)
    for done in range(0, replicates, batch):
        size = min(batch, replicates - done)
        cases = rng.multivariate_hypergeometric(homes, total, size=size, method="marginals")
        drawn = np.ascontiguousarray(cases.T, dtype=np.float32)
        inside = np.zeros_like(drawn)
        for ring, (order, starts, sizes) in zip(windows.rings, groups, strict=True):
            inside += ring @ drawn
            if len(order):
                most = np.maximum.reduceat(inside[order], starts, axis=0).astype(np.float64)
                ratio = log_likelihood(most, sizes[:, None], total, float(homes.sum()))
                best = maxima[done : done + size]
                np.maximum(best, ratio.max(axis=0), out=best)
        if progress:
            progress(size)
    return maxima


def _by_size(windows: Windows, ring: int) -> tuple[Ints, Ints, Floats]:
    homes = windows.households[:, ring]
    usable = np.flatnonzero(windows.allowed[:, ring])
    order = usable[np.argsort(homes[usable], kind="stable")]
    sizes, starts = np.unique(homes[order], return_index=True)
    return order, starts, sizes


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """
    Households counted in square cells.

    Attributes
    ----------
    centres
        Middle of each cell with households, shape (n_cells, 2).
    cell_of
        Cell of each household.
    cell_m
        Side, metres.
    """

    centres: Floats
    households: Floats
    cell_of: Ints
    cell_m: float

    @classmethod
    def of(cls, places: Floats, cell_m: float) -> Grid:
        """
        Count households in cells.

        `places`: x and y, shape (n, 2).
        `cell_m`: Side, metres.
        Returns: Cells with households only; edges are multiples of the side.
        """
        corner = np.floor(places / cell_m).astype(np.int64)
        unique, cell_of, count = np.unique(corner, axis=0, return_inverse=True, return_counts=True)
        return cls(
            np.asarray((unique + 0.5) * cell_m, np.float64),
            count.astype(float),
            cell_of.ravel(),
            cell_m,
        )

    def counts(self, cases: NDArray[np.bool_]) -> Floats:
        """
        Count poor households per cell.

        `cases`: Shape (n_households,).
        Returns: Shape (n_cells,).
        """
        return np.bincount(self.cell_of[cases], minlength=len(self.households)).astype(np.float64)

    def doubled(self) -> Grid:
        """
        Count the same households in cells twice as wide.

        Returns: Made of whole cells of this one.
        """
        return Grid.of(self.centres[self.cell_of], 2 * self.cell_m)
