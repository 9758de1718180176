"""Find the header of a table: titles above, merged cells in it, a row of numbers below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.readers.grid import MOST_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sibangkit_geo.sources.readers.grid import Grid

# ministries' forms stack at most a title, a group and a name
_DEEPEST = 3
_LOOK_AT = 40
# two numbers are as likely data
_SHORTEST_NUMBERING = 4
_NUMBERING = re.compile(r"\(?\d+\)?")

_WORDS = re.compile(
    r"(?i)\s*(grand\s*total|sub\s*total|total|jumlah|rata\s*-?\s*rata|sumber|catatan|keterangan|"
    r"ket\b|dicetak|mengetahui|\*)"
)


@dataclass(frozen=True, slots=True)
class Header:
    """
    Names of the columns and where the data begin.

    Attributes
    ----------
    names
        One per column, as written; unique.
    first_row
        Row number of the first data row, as a spreadsheet shows it.
    rows
        Rows that the header takes, 0 for a format that names its columns.
    above
        Title rows above it.
    """

    names: tuple[str, ...]
    first_row: int
    rows: int
    above: int

    def position(self, name: str) -> int:
        """
        Find a column by its name: to the letter, else folded.

        Returns: 0 for the first column, -1 when there is none.
        """
        if name in self.names:
            return self.names.index(name)
        folded = [fold_header(one) for one in self.names]
        wanted = fold_header(name)
        return folded.index(wanted) if wanted and wanted in folded else -1


@lru_cache(maxsize=4096)
def fold_header(name: str) -> str:
    r"""
    Reduce a header to lower-case words joined by one underscore.

    Parameters
    ----------
    name
        Header as written.

    Returns
    -------
    folded
        Letters, digits and underscores.

    Examples
    --------
    >>> fold_header(" Jenis Lantai\n(terluas) ")
    'jenis_lantai_terluas'
    """
    return "_".join(re.findall(r"[^\W_]+", name.lower()))


def find_header(grid: Grid, *, known: Collection[str]) -> Header:
    """
    Choose the rows whose cells name most of the columns that are looked for.

    Parameters
    ----------
    grid
        Table as opened.
    known
        Folded names that are looked for.

    Returns
    -------
    header
        Without any known name, the first row that fills half of its width.

    Raises
    ------
    DataError
        The table is empty, has a header but no rows, far too many columns, or
        two columns of one name.
    """
    head = grid.head
    if not any(any(row) for row in head):
        msg = f"{grid.name}: the file is empty"
        raise DataError(msg, remedy="Export it again with its header and rows.")
    width = max(len(row) for row in head)
    if width > MOST_COLUMNS:
        msg = f"{grid.name}: {width:,} columns, more than {MOST_COLUMNS:,}"
        raise DataError(msg, remedy="Check the delimiter, or keep only the columns that are used.")
    if grid.named:
        return _unique(Header(tuple(head[0]), 1, 0, 0), grid.name)
    above, rows = _best(head, known) or (_first_full(head), 1)
    names = _names(head[above : above + rows])
    first = above + rows
    # only where rows follow: a table may consist of the row 1, 2, 3
    if first + 1 < len(head) and _is_numbering(head[first]):
        first += 1
    if not any(any(row) for row in head[first:]):
        msg = f"{grid.name}: the table has a header but no rows"
        raise DataError(msg, remedy="Export it again with its rows.")
    return _unique(Header(tuple(names), first + 1, rows, above), grid.name)


def _best(head: list[list[str]], known: Collection[str]) -> tuple[int, int] | None:
    best, choice = (0, 0), None
    # rows of data name nothing: they need not be read as headers in every combination
    names_some = [any(fold_header(cell) in known for cell in row if cell) for row in head]
    for rows in range(1, _DEEPEST + 1):
        for above in range(min(_LOOK_AT, len(head) - rows + 1)):
            block = head[above : above + rows]
            if not any(block[0]) or not any(block[-1]) or not any(names_some[above : above + rows]):
                continue
            names = _names(block)
            score = len({fold_header(name) for name in names} & set(known))
            # of two readings that name as much, the one that leaves fewer columns without a name
            rank = (score, sum(map(bool, names)))
            if score and rank > best:
                best, choice = rank, (above, rows)
    return choice


def _first_full(head: list[list[str]]) -> int:
    width = max(len(row) for row in head)
    for place, row in enumerate(head):
        filled = sum(1 for cell in row if cell)
        if filled >= min(2, width) and filled * 2 >= width:
            return place
    return next(place for place, row in enumerate(head) if any(row))


def _names(block: list[list[str]]) -> list[str]:
    """Read names from the top down: the lowest cell names, a merged group above it explains."""
    width = max(len(row) for row in block)
    padded = [row + [""] * (width - len(row)) for row in block]
    lowest = [
        next((row[column] for row in reversed(padded) if row[column]), "")
        for column in range(width)
    ]
    while lowest and not lowest[-1]:
        lowest.pop()
    if len(block) == 1:
        return lowest
    groups = _groups(padded, len(lowest))
    double = {name for name in lowest if name and lowest.count(name) > 1}
    return [
        f"{group} {name}".strip()
        if name in double and fold_header(f"{group} {name}") != fold_header(name)
        else name
        for name, group in zip(lowest, groups, strict=True)
    ]


def _groups(padded: list[list[str]], width: int) -> list[str]:
    """Spread the cells of merged rows to the right, and join what stands over each column."""
    parts: list[list[str]] = [[] for _ in range(width)]
    for row in padded[:-1]:
        last = ""
        for column in range(width):
            last = row[column] or last
            if last and padded[-1][column]:
                parts[column].append(last)
    return [" ".join(part) for part in parts]


def _is_numbering(row: list[str]) -> bool:
    cells = [cell for cell in row if cell]
    if len(cells) < _SHORTEST_NUMBERING or not all(_NUMBERING.fullmatch(cell) for cell in cells):
        return False
    return [int(cell.strip("()")) for cell in cells] == list(range(1, len(cells) + 1))


def _unique(header: Header, name: str) -> Header:
    filled = [one for one in header.names if one]
    double = sorted({one for one in filled if filled.count(one) > 1})
    if double:
        msg = f"{name}: several columns are named {', '.join(double[:5])}"
        raise DataError(msg, remedy="Give each column its own name.")
    names = tuple(one or f"kolom_{place}" for place, one in enumerate(header.names, 1))
    return Header(names, header.first_row, header.rows, header.above)


def header_score(grid: Grid, *, known: Collection[str]) -> int:
    """
    Count how many columns that are looked for a table names.

    Returns: -1 for an empty table.
    """
    if not any(any(row) for row in grid.head):
        return -1
    choice = _best(grid.head, known)
    if choice is None:
        return 0
    above, rows = choice
    names = _names(grid.head[above : above + rows])
    return len({fold_header(name) for name in names} & set(known))


def opens_no_data(cell: str) -> bool:
    """
    Tell whether a cell begins as totals and notes do.

    Returns: True for "Jumlah", "TOTAL", "Sumber: ..." and the like.
    """
    return _WORDS.match(cell) is not None


def is_no_data(cells: Sequence[str | None]) -> bool:
    """
    Tell whether a row without its key is no data.

    `cells`: Cells of the row, or of the columns that matter.
    Returns: True when at most one cell is filled, or one begins as a total does.
    """
    filled = [cell for cell in cells if cell and cell.strip()]
    return len(filled) <= 1 or any(map(opens_no_data, filled))
