"""Graphs of libpysal, taken over and handed back, without loading libpysal until it is needed."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.graph import Neighbors, among, weight_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

OneSided = Literal["refuse", "link"]
# row-standardised weights are rounded to so many digits
_SAME_WEIGHT = 1e-6


@runtime_checkable
class HasAdjacency(Protocol):
    """A graph as libpysal's ``Graph`` is: weights indexed by focal and neighbor."""

    @property
    def adjacency(self) -> pd.Series: ...  # noqa: D102 - the class says it


@runtime_checkable
class HasNeighborLists(Protocol):
    """A graph as libpysal's ``W`` is: neighbors and weights of each village, in an order."""

    # properties of W have no types: what is read of them is checked here
    @property
    def neighbors(self) -> Mapping[Any, Sequence[Any]]: ...  # noqa: D102 - the class says it
    @property
    def weights(self) -> Mapping[Any, Sequence[float]]: ...  # noqa: D102
    @property
    def id_order(self) -> Sequence[Any]: ...  # noqa: D102


GraphLike = Neighbors | HasAdjacency | HasNeighborLists


def as_neighbors(
    graph: GraphLike, *, ids: Iterable[object] | None = None, one_sided: OneSided = "refuse"
) -> Neighbors:
    """
    Take a graph of this package or of libpysal.

    Nothing is guessed: a link that does not lead back is refused unless `one_sided` says
    otherwise, and so is one that weighs differently in the two directions. Row-standardised
    weights of equal links count as no weights.

    Parameters
    ----------
    graph
        `Neighbors`; libpysal's ``Graph``, or anything with its ``adjacency`` (isolates are links
        to themselves of weight 0); libpysal's ``W``, or anything with its ``neighbors``,
        ``weights`` and ``id_order``.
    ids
        Labels in the order wanted, those of the graph; compared as text where they differ.
        The order of the graph when None.
    one_sided
        What to do with a link that does not lead back: refuse it, or link both ways.

    Returns
    -------
    neighbors
        A `Neighbors` as it is, where `ids` asks for no other order; isolates stay unlinked.

    Raises
    ------
    DataError
        A village is linked to itself, a link does not lead back, a weight is not above 0, both
        directions weigh differently, or the villages are not those of `ids`.
    TypeError
        The graph is of none of these kinds.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> lists = {"a": ["b"], "b": ["a"], "c": []}
    >>> ones = {"a": [1.0], "b": [1.0], "c": []}
    >>> w = SimpleNamespace(neighbors=lists, weights=ones, id_order=["a", "b", "c"])
    >>> near = as_neighbors(w, ids=["c", "b", "a"])
    >>> near.pairs.tolist(), near.isolates, near.ids.tolist()
    ([[1, 2]], (0,), ['c', 'b', 'a'])
    """
    if isinstance(graph, Neighbors):
        found = graph
    # a Graph has lists of neighbors too, and says more with its adjacency
    elif isinstance(graph, HasAdjacency):
        found = _of_adjacency(graph.adjacency, one_sided)
    elif isinstance(graph, HasNeighborLists):
        found = _of_lists(graph, one_sided)
    else:
        msg = (
            f"A graph must be `Neighbors`, a libpysal `Graph` (with `adjacency`) or a libpysal "
            f"`W` (with `neighbors`, `weights` and `id_order`), got {type(graph).__name__}."
        )
        raise TypeError(msg)
    return found if ids is None else in_order(found, ids)


def from_graph(graph: HasAdjacency, *, one_sided: OneSided = "refuse") -> Neighbors:
    """
    Take over a ``Graph`` of libpysal.

    Parameters
    ----------
    graph
        Anything with ``adjacency``: a Series of weights indexed by focal and neighbor,
        isolates as a link to themselves of weight 0. A row-standardised graph of equal
        links becomes unweighted.
    one_sided
        What to do with a link that does not lead back: refuse it, or link both ways.

    Returns
    -------
    neighbors
        In the order of the focal labels; isolates stay unlinked.

    Raises
    ------
    DataError
        A village is linked to itself, a link does not lead back, a weight is not above 0,
        or both directions weigh differently.
    TypeError
        The graph has no ``adjacency``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> links = {("a", "b"): 0.5, ("b", "a"): 0.5, ("c", "c"): 0.0}
    >>> near = from_graph(SimpleNamespace(adjacency=pd.Series(links)))
    >>> near.pairs.tolist(), near.weights.tolist(), near.isolates
    ([[0, 1]], [0.5], (2,))
    """
    return as_neighbors(graph, one_sided=one_sided)


def to_graph(neighbors: Neighbors) -> Any:  # noqa: ANN401 - the type of a library that may be absent
    """
    Hand the graph to libpysal as a ``Graph``.

    Parameters
    ----------
    neighbors
        The graph.

    Returns
    -------
    graph
        ``libpysal.graph.Graph`` with the same labels, order and weights.

    Raises
    ------
    ImportError
        libpysal is not installed.

    Examples
    --------
    >>> near = Neighbors(np.array([[0, 1]]), isolates=(2,), ids=pd.Index(["a", "b", "c"]))
    >>> graph = to_graph(near)
    >>> graph.n, graph["a"].to_dict(), graph.isolates.tolist()
    (3, {'b': 1.0}, ['c'])
    """
    matrix = weight_matrix(neighbors).tocoo()
    alone = np.setdiff1d(np.arange(len(neighbors)), neighbors.pairs)
    focal = np.concatenate([matrix.row, alone])
    order = np.argsort(focal, kind="stable")
    return _libpysal("graph").Graph.from_arrays(
        neighbors.ids[focal[order]],
        neighbors.ids[np.concatenate([matrix.col, alone])[order]],
        np.concatenate([matrix.data, np.zeros(len(alone))])[order],
    )


def to_w(neighbors: Neighbors) -> Any:  # noqa: ANN401 - the type of a library that may be absent
    """
    Hand the graph to libpysal as a ``W``.

    Parameters
    ----------
    neighbors
        The graph.

    Returns
    -------
    weights
        ``libpysal.weights.W`` with the same labels, order and weights; of the libraries that
        still ask for it. Its ``transform`` is ``"O"``: as they are.

    Raises
    ------
    ImportError
        libpysal is not installed.

    Examples
    --------
    >>> near = Neighbors(np.array([[0, 1]]), isolates=(2,), ids=pd.Index(["a", "b", "c"]))
    >>> w = to_w(near)
    >>> w.neighbors, w.islands
    ({'a': ['b'], 'b': ['a'], 'c': []}, ['c'])
    """
    matrix = weight_matrix(neighbors)
    labels = neighbors.ids.tolist()
    rows = list(zip(matrix.indptr[:-1].tolist(), matrix.indptr[1:].tolist(), strict=True))
    ends, weights = matrix.indices.tolist(), matrix.data.tolist()
    linked = [[labels[one] for one in ends[start:stop]] for start, stop in rows]
    weighed = [weights[start:stop] for start, stop in rows]
    return _libpysal("weights").W(
        dict(zip(labels, linked, strict=True)),
        dict(zip(labels, weighed, strict=True)),
        id_order=labels,
        # islands and parts are told by the graph itself
        silence_warnings=True,
    )


def _libpysal(part: str) -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module(f"libpysal.{part}")
    except ImportError as error:
        msg = "A graph of libpysal needs the package `libpysal`: pip install libpysal."
        raise ImportError(msg) from error


def in_order(found: Neighbors, ids: Iterable[object]) -> Neighbors:
    """
    Put a graph into the order of a table.

    `ids`: Labels of all its villages and no others, compared as text where they differ.
    Returns: Labels are those of `ids`.
    Raises DataError: The villages are not those of `ids`.
    """
    wanted = ids if isinstance(ids, pd.Index) else pd.Index(list(ids))
    if wanted.equals(found.ids):
        return found
    own = found if wanted.isin(found.ids).all() else replace(found, ids=found.ids.astype(str))
    asked = wanted if own is found else wanted.astype(str)
    strange = asked.symmetric_difference(own.ids)
    if len(strange):
        msg = "The villages of the graph are not those of the table"
        remedy = "Build it from the same villages, with their codes as labels."
        raise DataError(msg, rows=pd.DataFrame(index=strange), remedy=remedy)
    return replace(among(own, asked), ids=wanted)


def _of_adjacency(adjacency: pd.Series, one_sided: OneSided) -> Neighbors:
    focal, neighbor = (adjacency.index.get_level_values(side) for side in (0, 1))
    weight = adjacency.to_numpy(np.float64)
    return from_links(focal.unique(), focal, neighbor, weight=weight, one_sided=one_sided)


def _of_lists(graph: HasNeighborLists, one_sided: OneSided) -> Neighbors:
    ids = pd.Index(list(graph.id_order))
    focal = pd.Index([one for one in ids for _ in graph.neighbors[one]], dtype=ids.dtype)
    neighbor = pd.Index([end for one in ids for end in graph.neighbors[one]], dtype=ids.dtype)
    weight = np.array([each for one in ids for each in graph.weights[one]], dtype=np.float64)
    return from_links(ids, focal, neighbor, weight=weight, one_sided=one_sided)


def from_links(
    ids: pd.Index,
    focal: pd.Index,
    neighbor: pd.Index,
    *,
    weight: NDArray[np.float64],
    one_sided: OneSided,
) -> Neighbors:
    """
    Fold one-way links with weights into checked pairs.

    `ids`: Labels of all villages, in the order wanted.
    `focal`, `neighbor`: Labels of both ends, one entry per direction.
    `weight`: Weight of each entry; 0 marks an isolate linked to itself.
    `one_sided`: What to do with a link that does not lead back: refuse it, or link both ways.
    Raises DataError: A village is linked to itself, a link does not lead back or leads out of
        `ids`, a weight is not above 0, or both directions weigh differently.
    """
    ends = np.column_stack([ids.get_indexer(focal), ids.get_indexer(neighbor)])
    _refuse(ends[:, 1] < 0, "Links lead to villages that are not in the graph", neighbor)
    own = ends[:, 0] == ends[:, 1]
    _refuse(own & (weight != 0), "Villages are linked to themselves", focal)
    # weight 0 to itself is how an isolate is written down
    ends, weight = ends[~own], weight[~own]
    _refuse(~(weight > 0), "Links whose weight is not above 0", ids[ends[:, 0]])
    table = pd.DataFrame({"low": ends.min(axis=1), "high": ends.max(axis=1), "weight": weight})
    table["row"] = ends[:, 0]
    pairs = table.groupby(["low", "high"])
    lonely = pairs["row"].nunique() < 2
    if lonely.any() and one_sided == "refuse":
        _refuse(lonely.to_numpy(), "Links do not lead back", ids[lonely.index.get_level_values(0)])
    spread = pairs["weight"].agg(["min", "max", "mean"])
    places = np.column_stack([spread.index.get_level_values(side) for side in (0, 1)])
    alone = np.setdiff1d(np.arange(len(ids)), places).tolist()
    text = f"{len(alone)} desa tidak mempunyai tetangga."
    notes = (Note("isolates_unlinked", text, len(alone)),) if alone else ()
    kept = None if _counts_alike(table) else _two_way(spread, ids)
    return Neighbors(places.astype(np.intp).reshape(-1, 2), tuple(alone), ids, kept, notes)


def _counts_alike(table: pd.DataFrame) -> bool:
    """Tell whether every village weighs its links alike: binary or row-standardised binary."""
    rows = table.groupby("row")["weight"].agg(["min", "max", "sum"])
    level = bool(((rows["max"] - rows["min"]) <= _SAME_WEIGHT * rows["max"]).all())
    binary = bool((table["weight"] == 1).all())
    return level and (binary or bool(np.allclose(rows["sum"], 1.0, atol=1e-4)))


def _two_way(spread: pd.DataFrame, ids: pd.Index) -> NDArray[np.float64]:
    uneven = (spread["max"] - spread["min"]) > _SAME_WEIGHT * spread["max"]
    focal = ids[spread.index.get_level_values(0)]
    _refuse(uneven.to_numpy(), "Links weigh differently in the two directions", focal)
    return spread["mean"].to_numpy(dtype=np.float64)


def _refuse(wrong: NDArray[np.bool_], problem: str, labels: pd.Index) -> None:
    if wrong.any():
        rows = pd.DataFrame(index=labels[wrong])
        raise DataError(problem, rows=rows, remedy="Correct the graph where it was made.")
