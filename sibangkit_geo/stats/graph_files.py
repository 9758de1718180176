"""Graphs as files: the ``.gal`` and ``.gwt`` of GeoDa and libpysal."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError, MissingFileError
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.graph import Neighbors, weight_matrix

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

OneSided = Literal["refuse", "link"]
# row-standardised files are rounded to so many digits
_SAME_WEIGHT = 1e-6


def read_gal(
    path: Path, *, ids: pd.Index | None = None, one_sided: OneSided = "refuse"
) -> Neighbors:
    r"""
    Read a ``.gal`` file: unweighted links, two lines per village.

    Parameters
    ----------
    path
        File of GeoDa, libpysal or `write_gal`.
    ids
        Labels in the order wanted, compared as text; the order of the file when None.
    one_sided
        What to do with a link that does not lead back: refuse it, or link both ways.

    Returns
    -------
    neighbors
        Labels as text, or those of `ids`.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        The file is cut short or malformed, or its villages are not those of `ids`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "villages.gal")
    ...     _ = path.write_text("0 3 villages id\na 1\nb\nb 1\na\nc 0\n\n")
    ...     near = read_gal(path)
    >>> near.ids.tolist(), near.pairs.tolist(), near.isolates
    (['a', 'b', 'c'], [[0, 1]], (2,))
    """
    lines = _lines(path)
    labels: list[str] = []
    focal: list[str] = []
    neighbor: list[str] = []
    rest = iter(lines[1:])
    for line in rest:
        if not line.split():
            continue
        label, count = _gal_head(line, path)
        linked = next(rest, "").split()
        if len(linked) != count:
            msg = f"{path.name}: village {label} announces {count} neighbors and has {len(linked)}"
            raise DataError(msg, remedy="Export the file again.")
        labels.append(label)
        focal += [label] * count
        neighbor += linked
    _require_announced(path, lines[0], len(labels))
    order = _ordered(pd.Index(labels), ids, path)
    found = from_links(
        order, pd.Index(focal), pd.Index(neighbor), weight=np.ones(len(focal)), one_sided=one_sided
    )
    return found if ids is None else _relabelled(found, ids)


def read_gwt(
    path: Path, *, ids: pd.Index | None = None, one_sided: OneSided = "refuse"
) -> Neighbors:
    r"""
    Read a ``.gwt`` file: one weighted link per line.

    Parameters
    ----------
    path
        File of GeoDa, libpysal or `write_gwt`.
    ids
        Labels in the order wanted, compared as text; villages without link can only be known
        from here. The order of the file when None.
    one_sided
        What to do with a link that does not lead back: refuse it, or link both ways.

    Returns
    -------
    neighbors
        Labels as text, or those of `ids`.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        The file is malformed, or its villages are not those of `ids`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "villages.gwt")
    ...     _ = path.write_text("0 2 villages id\na b 0.5\nb a 0.5\n")
    ...     near = read_gwt(path)
    >>> near.pairs.tolist(), near.weights.tolist()
    ([[0, 1]], [0.5])
    """
    rows = [line.split() for line in _lines(path)[1:] if line.strip()]
    bad = [place for place, row in enumerate(rows, 2) if len(row) != 3 or not _is_number(row[2])]
    if bad:
        msg = f"{path.name}: lines that are not focal, neighbor, weight"
        raise DataError(msg, rows=pd.DataFrame(index=bad), remedy="Export the file again.")
    focal, neighbor = (pd.Index([row[side] for row in rows], dtype=object) for side in (0, 1))
    weight = np.array([float(row[2]) for row in rows])
    order = _ordered(focal.append(neighbor).unique(), ids, path, some=True)
    found = from_links(order, focal, neighbor, weight=weight, one_sided=one_sided)
    return found if ids is None else _relabelled(found, ids)


def write_gal(neighbors: Neighbors, path: Path) -> Path:
    """
    Write a ``.gal`` file; weights are left out.

    Parameters
    ----------
    neighbors
        The graph.
    path
        File to write; one of that name is replaced.

    Returns
    -------
    path
        The file written.

    Raises
    ------
    DataError
        A label holds a blank.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> near = Neighbors(np.array([[0, 1]]), isolates=(2,), ids=pd.Index(["a", "b", "c"]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_gal(near, Path(folder, "villages.gal")).read_text().splitlines()
    ['0 3 villages id', 'a 1', 'b', 'b 1', 'a', 'c 0', '']
    """
    names = _names(neighbors)
    matrix = weight_matrix(neighbors, binary=True)
    lines = [f"0 {len(names)} villages id"]
    for place, name in enumerate(names):
        linked = matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]]
        lines += [f"{name} {len(linked)}", " ".join(names[one] for one in linked)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_gwt(neighbors: Neighbors, path: Path) -> Path:
    """
    Write a ``.gwt`` file; a village without link is a link to itself of weight 0.

    Parameters
    ----------
    neighbors
        The graph.
    path
        File to write; one of that name is replaced.

    Returns
    -------
    path
        The file written.

    Raises
    ------
    DataError
        A label holds a blank.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> near = Neighbors(np.array([[0, 1]]), isolates=(2,), ids=pd.Index(["a", "b", "c"]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_gwt(near, Path(folder, "villages.gwt")).read_text().splitlines()
    ['0 3 villages id', 'a b 1.0', 'b a 1.0', 'c c 0.0']
    """
    names = _names(neighbors)
    matrix = weight_matrix(neighbors).tocoo()
    alone = np.setdiff1d(np.arange(len(names)), neighbors.pairs).tolist()
    links = zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True)
    rows = sorted([*links, *((one, one, 0.0) for one in alone)])
    lines = [f"0 {len(names)} villages id"]
    lines += [f"{names[focal]} {names[neighbor]} {weight!r}" for focal, neighbor, weight in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise MissingFileError(path, named_by="neighbor graph")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    if not lines or not lines[0].split():
        msg = f"{path.name}: no header line"
        raise DataError(msg, remedy="Export the file again.")
    return lines


def _gal_head(line: str, path: Path) -> tuple[str, int]:
    parts = line.split()
    if len(parts) != 2 or not parts[1].isdigit():
        msg = f"{path.name}: a village line is not a label and a count"
        raise DataError(msg, remedy="Export the file again.")
    return parts[0], int(parts[1])


def _require_announced(path: Path, header: str, count: int) -> None:
    # "n" alone, or "0 n layer key"
    words = header.split()
    announced = words[0] if len(words) == 1 else words[1]
    if announced != str(count):
        msg = f"{path.name}: the header announces {announced} villages, the file has {count}"
        raise DataError(msg, remedy="Export the file again.")


def _ordered(labels: pd.Index, ids: pd.Index | None, path: Path, *, some: bool = False) -> pd.Index:
    if ids is None:
        return labels
    wanted = ids.astype(str)
    strange = labels[~labels.isin(wanted)]
    absent = wanted[:0] if some else wanted[~wanted.isin(labels)]
    if len(strange) or len(absent):
        msg = f"{path.name}: the villages are not those of the table"
        raise DataError(
            msg, rows=pd.DataFrame(index=strange.append(absent)), remedy="Use the same villages."
        )
    return wanted


def _relabelled(found: Neighbors, ids: pd.Index) -> Neighbors:
    return replace(found, ids=ids)


def _names(neighbors: Neighbors) -> list[str]:
    names = [str(one) for one in neighbors.ids]
    blank = [name for name in names if len(name.split()) != 1]
    if blank:
        msg = "Labels with blanks cannot be written to a graph file"
        raise DataError(msg, rows=pd.DataFrame(index=blank), remedy="Use codes as labels.")
    return names


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


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
