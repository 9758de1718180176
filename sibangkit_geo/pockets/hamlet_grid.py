"""Households counted in square cells, so that no later step sees a point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]


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
