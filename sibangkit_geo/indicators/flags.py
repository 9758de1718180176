"""Many true-or-false columns added up place by place in few passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# cells of one table of places by combinations of flags: small enough for a processor's cache to
# hold most of it, so that one pass counts many flags
_CELLS = 1 << 16
_MOST_BITS = 12


@dataclass(frozen=True, slots=True)
class FlagCells:
    """Rows sorted into cells of place by combination of flags."""

    groups: tuple[tuple[tuple[str, ...], NDArray[np.int64]], ...]
    n_places: int

    def sums(self, weights: NDArray[np.floating] | None = None) -> dict[str, NDArray[np.float64]]:
        """
        Add up the rows whose flag is true.

        `weights`: What each row counts, shape (n_rows,); 1 when not given.
        Returns: By flag, shape (n_places,).
        Raises ValueError: There are not as many weights as rows.
        """
        found: dict[str, NDArray[np.float64]] = {}
        for names, cells in self.groups:
            width = 1 << len(names)
            table = np.bincount(cells, weights=weights, minlength=self.n_places * width)
            counts: NDArray[np.float64] = table.reshape(self.n_places, width).astype(np.float64)
            bits = (np.arange(width)[:, None] >> np.arange(len(names))) & 1
            both: NDArray[np.float64] = counts @ bits.astype(np.float64)
            found |= {name: both[:, bit] for bit, name in enumerate(names)}
        return found


def flag_cells(
    place: NDArray[np.integer], flags: Mapping[str, NDArray[np.bool_]], *, n_places: int
) -> FlagCells:
    """
    Sort rows into cells of place by combination of flags: their bits make one number.

    Grain: unchanged, one row per row.

    Parameters
    ----------
    place
        Position of the place of each row, 0 to `n_places` - 1, shape (n_rows,).
    flags
        By name, shape (n_rows,) each.
    n_places
        How many places there are.

    Returns
    -------
    cells
        To be added up, with several weights if wanted.

    Raises
    ------
    ValueError
        A flag has another number of rows.

    Examples
    --------
    >>> place = np.array([0, 0, 1])
    >>> flags = {"poor": np.array([True, False, True]), "old": np.array([True, True, False])}
    >>> found = flag_cells(place, flags, n_places=2).sums(np.array([4.0, 2.0, 1.0]))
    >>> {name: values.tolist() for name, values in found.items()}
    {'poor': [4.0, 1.0], 'old': [6.0, 0.0]}
    """
    size = int(np.clip(np.log2(_CELLS / max(n_places, 1)), 1, _MOST_BITS))
    names, groups = list(flags), []
    for start in range(0, len(names), size):
        group = tuple(names[start : start + size])
        cells = place.astype(np.int64) << len(group)
        # eight flags to a byte, where a shift costs an eighth
        for first in range(0, len(group), 8):
            byte = np.zeros(len(place), dtype=np.uint8)
            for bit, name in enumerate(group[first : first + 8]):
                byte |= flags[name].view(np.uint8) << np.uint8(bit)
            cells |= byte.astype(np.int64) << first
        groups.append((group, cells))
    return FlagCells(tuple(groups), n_places)
