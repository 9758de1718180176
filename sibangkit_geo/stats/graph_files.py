"""Graphs as files: the ``.gal`` and ``.gwt`` of GeoDa and libpysal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError, naming, require_file
from sibangkit_geo.pockets.graph import Neighbors, weight_matrix
from sibangkit_geo.pockets.pysal import from_graph, from_links, to_graph

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.pockets.pysal import OneSided

__all__ = ["from_graph", "read_gal", "read_gwt", "to_graph", "write_gal", "write_gwt"]


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
    weight = np.ones(len(focal))
    with naming(path.name):
        found = from_links(
            order, pd.Index(focal), pd.Index(neighbor), weight=weight, one_sided=one_sided
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
    with naming(path.name):
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
    require_file(path, named_by="neighbor graph")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        msg = f"{path.name}: not a text in UTF-8; damaged, or not a file of this kind"
        raise DataError(msg, remedy="Export the file again.") from error
    if not lines or not lines[0].split():
        msg = f"{path.name}: no header line"
        raise DataError(msg, remedy="Export the file again.")
    return lines


def _gal_head(line: str, path: Path) -> tuple[str, int]:
    parts = line.split()
    if len(parts) != 2 or not parts[1].isdecimal():
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
    if labels.has_duplicates:
        msg = f"{path.name}: villages stand twice"
        twice = pd.DataFrame(index=labels[labels.duplicated()])
        raise DataError(msg, rows=twice, remedy="Export the file again.")
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
