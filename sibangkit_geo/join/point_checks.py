"""Points beside codes: rows that only their point locates, and rows whose code and point differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.join.notes import located_notes
from sibangkit_geo.join.points import NOWHERE
from sibangkit_geo.tables.public import Located

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.join.points import PointLocator

# boundaries are approximate: cleaning closes gaps of up to 50 m and moves vertices by up to 5 m
# (sources.boundaries), and simplified outlines stray about as far again
TOLERANCE_M = 100.0


@dataclass(frozen=True, slots=True)
class PointConflicts:
    """
    Where the code of a row and its point do not agree; positions of rows.

    Attributes
    ----------
    elsewhere
        Rows whose point lies in another village, farther than the tolerance from the
        village of their code.
    outside
        Rows whose point lies in no village.
    """

    elsewhere: NDArray[np.intp]
    outside: NDArray[np.intp]


def locate_by_point(
    located: Located,
    positions: NDArray[np.integer],
    *,
    locator: PointLocator,
    official: pd.DataFrame,
) -> Located:
    """
    Give rows that neither code nor name located the village of their point.

    A person's decision that a row has no village stands.
    Grain: one row per row of the table.

    Parameters
    ----------
    located
        Rows located by code or name.
    positions
        Position of the village of each row's point, -1 for none, from `locate_points`.
    locator
        The villages that the positions count.
    official
        Official villages, indexed by code.

    Returns
    -------
    located
        ``how`` is ``point`` and ``score`` 1 for the rows added; rows counted anew.

    Raises
    ------
    ValueError
        `positions` does not have one entry per row.
    UnknownAreaError
        Still no row has a village.
    """
    rows = located.rows
    if len(positions) != len(rows):
        msg = f"`positions` must have one entry per row: {len(positions)} for {len(rows)} rows."
        raise ValueError(msg)
    fill = (rows["how"] == "none").to_numpy() & (positions >= 0)
    codes = rows["village_code"].astype(object).to_numpy(copy=True)
    codes[fill] = locator.village_code.to_numpy()[positions[fill]]
    rows = rows.assign(
        village_code=pd.array(codes, dtype="string"),
        how=rows["how"].where(~fill, "point"),
        score=rows["score"].where(~fill, 1.0),
    )
    counts = located_notes(rows, official)
    keys = {"rows_located", "rows_unlocated", "villages_without_rows"}
    others = tuple(note for note in located.notes if note.key not in keys)
    return Located(rows=rows, notes=(*counts, *others))


def code_point_conflicts(
    stated: NDArray[np.integer],
    found: NDArray[np.integer],
    *,
    points: NDArray[np.float64],
    locator: PointLocator,
    tolerance_m: float = TOLERANCE_M,
) -> PointConflicts:
    """
    Find rows whose point lies in another village than their code says.

    Grain: one row in per row of the register.

    Parameters
    ----------
    stated
        Position of the village of each row's code, -1 for none (`PointLocator.village_code`
        gives positions by ``get_indexer``).
    found
        Position of the village of each row's point, from `locate_points`.
    points
        Metres, shape (n, 2); missing where a row has no point.
    locator
        The villages.
    tolerance_m
        How far in metres a point may lie from the village of its code. The default, 100,
        allows for boundaries that are approximate: cleaning alone closes gaps of 50 m.

    Returns
    -------
    conflicts
        Positions of rows, ascending.

    Raises
    ------
    ValueError
        The arrays differ in length, or `tolerance_m` is negative.
    """
    if not len(stated) == len(found) == len(points):
        msg = f"Rows differ: `stated` {len(stated)}, `found` {len(found)}, `points` {len(points)}."
        raise ValueError(msg)
    if not tolerance_m >= 0:
        msg = f"`tolerance_m` must be at least 0 metres, got {tolerance_m}."
        raise ValueError(msg)
    outside = np.flatnonzero((found == NOWHERE) & np.isfinite(points).all(axis=1))
    apart = np.flatnonzero((stated >= 0) & (found >= 0) & (stated != found))
    own = locator.geometries[stated[apart]]
    far = shapely.distance(own, shapely.points(points[apart])) > tolerance_m
    return PointConflicts(elsewhere=apart[far], outside=outside)
