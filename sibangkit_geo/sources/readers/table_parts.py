"""Parts of a table that can be read by themselves: bytes of a text file, row groups of Parquet."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from sibangkit_geo.sources.readers.csv import Delimited, piece_ends
from sibangkit_geo.sources.readers.grid import Part
from sibangkit_geo.sources.readers.parquet import NamedColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.sources.readers.grid import Grid


def parts_of(grid: Grid, *, first_row: int, most: int) -> tuple[Part, ...]:
    """
    Divide a table into parts of about one size, which hold each of its rows once.

    `first_row`: Row number of the first row of data.
    Returns: In the order of the table, at most `most`; none where the table is read as a whole.
    Raises DataError: A text has a row that never ends.
    """
    if isinstance(grid, Delimited):
        ends = piece_ends(grid, first_row=first_row)
        return _chosen(ends, grid.path.stat().st_size, most)
    if isinstance(grid, NamedColumns) and has_parts(grid):
        stops = [*accumulate(grid.groups)]
        return _chosen([(stop, 0) for stop in stops[:-1]], stops[-1], most)
    return ()


def has_parts(grid: Grid) -> bool:
    """Tell a table that may have parts, before looking for them."""
    return isinstance(grid, Delimited) or (isinstance(grid, NamedColumns) and len(grid.groups) > 1)


def only(grid: Grid, part: Part) -> Grid:
    """
    Give a part of a table that `parts_of` divided.

    Returns: Rows of named columns keep their numbers; those of a text are counted as if the part
        stood alone.
    """
    if isinstance(grid, Delimited):
        return replace(grid, part=part)
    if isinstance(grid, NamedColumns):
        return grid.only(part)
    msg = "only tables that `parts_of` divided have parts"
    raise TypeError(msg)


def _chosen(ends: Sequence[tuple[int, int]], size: int, most: int) -> tuple[Part, ...]:
    """Take the places where a table can be cut that follow the ends of even parts."""
    places = [end for end, _ in ends]
    wanted = {bisect_left(places, size * one // most) for one in range(1, most)}
    cuts = [(0, 0), *(ends[at] for at in sorted(wanted) if at < len(ends)), (size, size)]
    found = [
        Part(start, stop, resume) for (start, resume), (stop, _) in pairwise(cuts) if stop > start
    ]
    return tuple(found) if len(found) > 1 else ()
