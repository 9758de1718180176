"""The neighbor graph: one checked type, and the plain functions that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from sibangkit_geo.errors import DataError, UnknownAreaError, nearest
from sibangkit_geo.model.types import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# the river and canal gaps of simplified Indonesian village polygons; on Banyuasin's 305 it gives
# 870 pairs, one component and no isolate, where exact shared vertices lose 3 to 4 % of the pairs
NEIGHBOR_DISTANCE_M = 100.0

# vertices of a buffered border come back with rounding errors of this size, metres
_ROUNDING_M = 1.0


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

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c"])
    >>> near = Neighbors(pairs=np.array([[0, 1]]), isolates=(2,), ids=ids)
    >>> len(near), len(near.pairs), ids[list(near.isolates)].tolist()
    (3, 1, ['c'])
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


@dataclass(frozen=True, slots=True, eq=False)
class OuterBorder:
    """
    Villages and pockets whose neighbors beyond the border are unseen.

    `villages`: Labels of villages on the outer border.
    `note`: The sentence that must stand beside the map.
    """

    villages: pd.Index
    pockets: tuple[int, ...]
    note: Note


def with_links(
    neighbors: Neighbors,
    *,
    extra: Sequence[tuple[object, object]] | pd.DataFrame = (),
    cut: Sequence[tuple[object, object]] | pd.DataFrame = (),
) -> Neighbors:
    """
    Add the links that boats make and cut those that rivers break.

    Parameters
    ----------
    neighbors
        The graph drawn from the map.
    extra
        Pairs of labels to link, in any direction: tuples, or a table whose
        first two columns are labels. New links count 1.
    cut
        Pairs of labels to part; a pair that was not linked is counted in a note.

    Returns
    -------
    neighbors
        The corrected graph. Villages left without neighbor are isolates and
        stay unlinked.

    Raises
    ------
    DataError
        A pair names one village twice, or is both linked and cut.
    UnknownAreaError
        A label is not in the graph; the nearest known one is offered.

    Examples
    --------
    >>> drawn = from_pairs(["a", "b", "c"], [[0, 1]], isolates=[2])
    >>> found = with_links(drawn, extra=[("c", "b")], cut=[("a", "b")])
    >>> found.pairs.tolist(), [note.key for note in found.notes]
    ([[1, 2]], ['links_added', 'links_cut', 'isolates_unlinked'])
    """
    size = len(neighbors)
    added, parted = (_keys(neighbors, table) for table in (extra, cut))
    both = np.intersect1d(added, parted)
    if len(both):
        rows = pd.DataFrame(index=[_words(neighbors, key) for key in both.tolist()])
        msg = "Pairs are both linked and cut"
        raise DataError(msg, rows=rows, remedy="Keep one of the two.")
    before = neighbors.pairs[:, 0] * size + neighbors.pairs[:, 1]
    new = np.setdiff1d(added, before)
    kept = ~np.isin(before, parted)
    keys = np.concatenate([before[kept], new])
    order = np.argsort(keys, kind="stable")
    weights = neighbors.weights
    if weights is not None:
        weights = np.concatenate([weights[kept], np.ones(len(new))])[order]
    pairs = np.column_stack(np.divmod(keys[order], size)).astype(np.intp)
    alone = np.setdiff1d(np.arange(size), pairs).tolist()
    isolates = tuple(sorted({*neighbors.isolates, *alone}))
    notes = _link_notes(len(new), int((~kept).sum()), len(np.setdiff1d(parted, before)), len(alone))
    return Neighbors(pairs, isolates, neighbors.ids, weights, (*neighbors.notes, *notes))


def outer_border(
    villages: gpd.GeoDataFrame,
    *,
    context: gpd.GeoDataFrame | None = None,
    pocket: pd.Series | None = None,
    distance_m: float = NEIGHBOR_DISTANCE_M,
) -> OuterBorder:
    """
    Name the villages whose neighbors across the regency border are unseen.

    `villages`: Polygons in a metric CRS, indexed by label, shape (n,).
    `context`: Neighboring regencies in the same CRS. When None or empty, the outline of all
        villages together is the border, coast included.
    `pocket`: Pocket number of villages in a pocket, indexed by label; missing or 0 outside.
    `distance_m`: Reach of the neighbor rule, metres; gaps up to it do not count as border.
    Returns: Labels, pockets and the note.
    Raises DataError: `context` is in another CRS.
    Raises ValueError: `distance_m` is negative.
    """
    if distance_m < 0:
        msg = f"`distance_m` must be at least 0 metres, got {distance_m}."
        raise ValueError(msg)
    shapes = villages.geometry.to_numpy()
    if context is not None and len(context):
        if context.crs != villages.crs:
            msg = "Neighboring regencies and villages are in different CRS"
            raise DataError(msg, remedy="Project `context` to the CRS of the villages.")
        border, reach = context.geometry.to_numpy(), distance_m
    else:
        border, reach = _outline(shapes, distance_m / 2), distance_m / 2 + _ROUNDING_M
    at_border = np.zeros(len(shapes), dtype=bool)
    at_border[shapely.STRtree(shapes).query(border, predicate="dwithin", distance=reach)[1]] = True
    labels = villages.index[at_border]
    numbers = pd.Series(dtype=float) if pocket is None else pocket.reindex(labels).dropna()
    pockets = tuple(sorted({int(one) for one in numbers if one > 0}))
    return OuterBorder(labels, pockets, _border_note(len(labels), pockets))


def _keys(
    neighbors: Neighbors, table: Sequence[tuple[object, object]] | pd.DataFrame
) -> NDArray[np.intp]:
    rows = table.iloc[:, :2].to_numpy() if isinstance(table, pd.DataFrame) else list(table)
    if not len(rows):
        return np.empty(0, dtype=np.intp)
    named = pd.Index([label for row in rows for label in row])
    unknown = named[~named.isin(neighbors.ids)].unique()
    if len(unknown):
        msg = "Links name villages that are not on the map"
        hint = nearest(str(unknown[0]), [str(one) for one in neighbors.ids])
        raise UnknownAreaError(
            msg,
            rows=pd.DataFrame(index=unknown),
            # without a near one the hint lists all, which is too much for a regency
            remedy=hint if len(hint) < 200 else "Check the codes.",
        )
    ends = np.sort(places_of(neighbors, named).reshape(-1, 2), axis=1)
    own = ends[ends[:, 0] == ends[:, 1], 0]
    if len(own):
        msg = "Links join a village with itself"
        itself = pd.DataFrame(index=neighbors.ids[own])
        raise DataError(msg, rows=itself, remedy="Drop these links.")
    return np.unique(ends[:, 0] * len(neighbors) + ends[:, 1])


def _words(neighbors: Neighbors, key: int) -> str:
    focal, neighbor = divmod(key, len(neighbors))
    return f"{neighbors.ids[focal]} - {neighbors.ids[neighbor]}"


def _link_notes(added: int, parted: int, idle: int, alone: int) -> list[Note]:
    texts = (
        ("links_added", added, f"{added} pasang desa dihubungkan menurut tabel pengguna."),
        ("links_cut", parted, f"{parted} pasang desa dipisahkan menurut tabel pengguna."),
        (
            "links_not_there",
            idle,
            f"{idle} pasang yang diminta dipisahkan memang tidak bertetangga.",
        ),
        ("isolates_unlinked", alone, f"{alone} desa tidak mempunyai tetangga."),
    )
    return [Note(key, text, count) for key, count, text in texts if count]


def _outline(shapes: NDArray[np.object_], half_gap_m: float) -> NDArray[np.object_]:
    """Close river gaps by growing every village half a gap; holes are lakes, not border."""
    grown = shapely.buffer(shapes, half_gap_m, join_style="mitre") if half_gap_m else shapes
    parts = shapely.get_parts(shapely.union_all(grown))
    return np.asarray(shapely.get_exterior_ring(parts))


def _border_note(count: int, pockets: tuple[int, ...]) -> Note:
    text = (
        f"{count} desa berada di batas wilayah: tetangganya di luar batas tidak terlihat, "
        f"sehingga kantong di sana dapat berlanjut atau lebih lemah daripada yang tampak."
    )
    if pockets:
        text += f" Kantong di batas: {', '.join(str(one) for one in pockets)}."
    return Note("unseen_neighbors", text, count)
