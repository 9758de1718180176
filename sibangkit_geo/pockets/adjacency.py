"""The neighbor graph: one checked type, and the plain functions that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from sibangkit_geo.tables.public import Note

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbors:
    """
    Pairs of neighboring villages; every pair stands once, so the graph is symmetric.

    Attributes
    ----------
    pairs
        Positions in `ids` of the two villages, focal < neighbor, shape (n_pairs, 2).
    isolates
        Positions of villages that had no neighbor by the rule; where the rule
        links isolates, they were linked to the nearest.
    ids
        Labels of the villages, unique, shape (n,).
    weights
        Above 0, one per pair and the same both ways; None where every link counts 1.
    notes
        What was linked, cut or left alone.
    """

    pairs: NDArray[np.intp]
    isolates: tuple[int, ...]
    ids: pd.Index
    weights: Floats | None = None
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        """Check labels, pairs and weights."""
        twice = self.ids[self.ids.duplicated()]
        if len(twice):
            msg = "Villages stand twice in the neighbor graph"
            raise DataError(msg, rows=pd.DataFrame(index=twice), remedy="Keep one row per village.")
        self._check_pairs()
        if self.weights is not None and (
            len(self.weights) != len(self.pairs)
            or not np.all(np.isfinite(self.weights) & (np.asarray(self.weights) > 0))
        ):
            msg = f"`weights` must be {len(self.pairs)} finite numbers above 0, one per pair."
            raise ValueError(msg)

    def _check_pairs(self) -> None:
        if self.pairs.ndim != 2 or self.pairs.shape[1] != 2:
            msg = f"`pairs` must have shape (n_pairs, 2), got {self.pairs.shape}."
            raise ValueError(msg)
        focal, neighbor = self.pairs[:, 0], self.pairs[:, 1]
        if len(focal) and (focal.min() < 0 or neighbor.max() >= len(self.ids)):
            msg = f"`pairs` name positions outside the {len(self.ids)} villages."
            raise ValueError(msg)
        if np.any(focal >= neighbor):
            msg = "`pairs` must have focal < neighbor: no village is its own neighbor."
            raise ValueError(msg)
        if len(np.unique(focal * len(self.ids) + neighbor)) < len(focal):
            msg = "`pairs` must name every pair once."
            raise ValueError(msg)

    def __len__(self) -> int:
        """Count the villages."""
        return len(self.ids)


def from_pairs(
    ids: Iterable[object],
    pairs: ArrayLike,
    *,
    isolates: Iterable[int] = (),
    notes: Iterable[Note] = (),
) -> Neighbors:
    """
    Build the graph from pairs in any order; doubles and directions are folded.

    Parameters
    ----------
    ids
        Labels of the villages.
    pairs
        Positions in `ids`, shape (n_pairs, 2).
    isolates
        Positions of villages that had no neighbor before they were linked.
    notes
        What to say about it.

    Returns
    -------
    neighbors
        Pairs sorted by focal, then neighbor.

    Raises
    ------
    DataError
        A label stands twice.
    ValueError
        A pair names one village twice, or a position that is not there.

    Examples
    --------
    >>> from_pairs(["a", "b", "c"], [[1, 0], [0, 1], [2, 1]]).pairs.tolist()
    [[0, 1], [1, 2]]
    """
    folded = np.sort(np.asarray(pairs, dtype=np.intp).reshape(-1, 2), axis=1)
    order = np.lexsort((folded[:, 1], folded[:, 0]))
    folded = folded[order]
    new = np.ones(len(folded), dtype=bool)
    new[1:] = (folded[1:] != folded[:-1]).any(axis=1)
    return Neighbors(
        pairs=folded[new],
        isolates=tuple(int(one) for one in isolates),
        ids=ids if isinstance(ids, pd.Index) else pd.Index(list(ids)),
        notes=tuple(notes),
    )


def degrees(neighbors: Neighbors) -> pd.Series:
    """
    Count the neighbors of each village.

    Returns: At least 0, indexed by village, shape (n,).
    """
    count = np.bincount(neighbors.pairs.ravel(), minlength=len(neighbors))
    return pd.Series(count, index=neighbors.ids, name="n_neighbors")


def weight_matrix(neighbors: Neighbors, *, binary: bool = False) -> sparse.csr_array:
    """
    Lay the graph out as a sparse matrix.

    `binary`: Count every link 1, whatever its weight.
    Returns: Symmetric, zero diagonal, columns ascending in every row, shape (n, n).
    """
    focal, neighbor = neighbors.pairs[:, 0], neighbors.pairs[:, 1]
    one_way = np.ones(len(focal)) if binary or neighbors.weights is None else neighbors.weights
    places = (np.concatenate([focal, neighbor]), np.concatenate([neighbor, focal]))
    size = len(neighbors)
    matrix = sparse.csr_array((np.concatenate([one_way, one_way]), places), shape=(size, size))
    matrix.sort_indices()
    return matrix


def component_labels(neighbors: Neighbors) -> pd.Series:
    """
    Give each part of the graph that no link joins a number.

    Parameters
    ----------
    neighbors
        The graph.

    Returns
    -------
    part
        From 0, in the order of the first village of each part; indexed by village.

    Examples
    --------
    >>> component_labels(from_pairs(["a", "b", "c"], [[0, 2]])).tolist()
    [0, 1, 0]
    """
    _, labels = sparse.csgraph.connected_components(weight_matrix(neighbors, binary=True))
    return pd.Series(pd.factorize(labels)[0], index=neighbors.ids, name="part")


def among(neighbors: Neighbors, ids: Iterable[object]) -> Neighbors:
    """
    Keep some villages and the links between them.

    `ids`: Labels to keep, in the order wanted.
    Returns: The part of the graph, in the order of `ids`; villages that lose their last neighbor
        are isolates and stay unlinked.
    Raises DataError: A label is not in the graph, or is named twice.
    """
    kept = ids if isinstance(ids, pd.Index) else pd.Index(list(ids))
    new_place = np.full(len(neighbors), -1, dtype=np.intp)
    new_place[places_of(neighbors, kept)] = np.arange(len(kept))
    moved = new_place[neighbors.pairs]
    inside = (moved >= 0).all(axis=1)
    pairs = np.sort(moved[inside], axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    was_alone = set(new_place[list(neighbors.isolates)].tolist()) - {-1}
    alone = was_alone | set(np.setdiff1d(np.arange(len(kept)), pairs).tolist())
    weights = None if neighbors.weights is None else neighbors.weights[inside][order]
    return Neighbors(pairs[order], tuple(sorted(alone)), kept, weights, neighbors.notes)


def places_of(neighbors: Neighbors, labels: pd.Index) -> NDArray[np.intp]:
    """
    Find where villages stand in the graph.

    `labels`: Labels of villages.
    Returns: Positions in `ids`, shape (n_labels,).
    Raises DataError: Labels that the graph does not know.
    """
    places = neighbors.ids.get_indexer(labels)
    if (places < 0).any():
        msg = "Villages that are not in the neighbor graph"
        raise DataError(
            msg,
            rows=pd.DataFrame(index=labels[places < 0]),
            remedy="Build the neighbors from the same villages, or leave these out.",
        )
    return places.astype(np.intp)
