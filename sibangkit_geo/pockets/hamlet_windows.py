"""The circles of the hamlet scan on a grid, and their maxima when the poor are shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree
from scipy.special import xlogy

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sibangkit_geo.pockets.hamlet_grid import Grid

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

RINGS = 10
# centre-cell pairs: 12 bytes each, and one multiplication per replicate
_MOST_PAIRS = 12_000_000
_BATCH_CELLS = 8_000_000


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
