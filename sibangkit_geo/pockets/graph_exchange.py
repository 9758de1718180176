"""Graphs of other libraries: libpysal's ``Graph`` taken over and handed back."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.adjacency import Neighbors, weight_matrix
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

OneSided = Literal["refuse", "link"]
# row-standardised files are rounded to so many digits
_SAME_WEIGHT = 1e-6


def from_graph(graph: Any, *, one_sided: OneSided = "refuse") -> Neighbors:  # noqa: ANN401 - duck
    """
    Take over the graph of another library.

    `graph`: Anything with ``adjacency``: a Series of weights indexed by focal and neighbor,
        isolates as a link to themselves of weight 0 (libpysal's ``Graph``). A row-standardised
        graph of equal links becomes unweighted.
    `one_sided`: What to do with a link that does not lead back: refuse it, or link both ways.
    Returns: In the order of the focal labels; isolates stay unlinked.
    Raises DataError: A village is linked to itself, a link does not lead back, a weight is not
        above 0, or both directions weigh differently.
    """
    adjacency: pd.Series = graph.adjacency
    focal = adjacency.index.get_level_values(0)
    neighbor = adjacency.index.get_level_values(1)
    return from_links(
        focal.unique(), focal, neighbor, weight=adjacency.to_numpy(float), one_sided=one_sided
    )


def to_graph(neighbors: Neighbors) -> Any:  # noqa: ANN401 - the type of a library that may be absent
    """
    Hand the graph to libpysal.

    Returns: ``libpysal.graph.Graph`` with the same labels, order and weights.
    Raises ImportError: libpysal is not installed.
    """
    matrix = weight_matrix(neighbors).tocoo()
    alone = np.setdiff1d(np.arange(len(neighbors)), neighbors.pairs)
    focal = np.concatenate([matrix.row, alone])
    order = np.argsort(focal, kind="stable")
    library = importlib.import_module("libpysal.graph")
    return library.Graph.from_arrays(
        neighbors.ids[focal[order]],
        neighbors.ids[np.concatenate([matrix.col, alone])[order]],
        np.concatenate([matrix.data, np.zeros(len(alone))])[order],
    )


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
