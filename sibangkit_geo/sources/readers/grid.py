"""What every reader hands on: a grid of text cells, its first rows, and batches of columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from sibangkit_geo.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: rows that are looked at for the header
HEAD_ROWS = 60
#: rows of one batch: about 60 MB while they are Python texts, for 30 columns
BATCH_ROWS = 40_000
#: no register or profile known has a quarter of this; more is a damaged or hostile file
MOST_COLUMNS = 2_000
ROW = "row"
RAGGED = "ragged"


@dataclass(frozen=True, slots=True)
class TableSource:
    """
    Where a table is.

    Attributes
    ----------
    path
        File; for a database the empty path of its table name, for messages only.
    sheet
        Sheet of a workbook or layer of a geographic file; empty picks one.
    url
        SQLAlchemy address of a database, never shown; empty for a file.
    table
        Table or view of the database.
    """

    path: Path
    sheet: str = ""
    url: str = field(default="", repr=False)
    table: str = ""

    @property
    def name(self) -> str:
        """Name for messages: the file, or the table of a database, without its address."""
        return self.table if self.url else self.path.name


class Grid(Protocol):
    """A table of text cells, read piece by piece."""

    @property
    def name(self) -> str:
        """File and sheet, for messages."""

    @property
    def head(self) -> list[list[str]]:
        """First rows, cells stripped, empty text where a cell is empty."""

    @property
    def named(self) -> bool:
        """Whether the columns carry their names themselves (no header row to look for)."""

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on.

        Frames have ``row`` (number that a spreadsheet shows), ``ragged`` (the row
        has another number of cells than the header; absent where no row has) and
        one text column ``c0``, ``c1`` ... per position asked for; empty is null.
        """


def is_address(path: str) -> bool:
    """
    Tell the address of a database from the path of a file.

    Parameters
    ----------
    path
        As a study writes it.

    Returns
    -------
    address
        True for ``dialect://...``.
    """
    return "://" in path


def table_source(path: str, *, sheet: str = "", table: str = "") -> TableSource:
    """
    Turn what a study says into a table that can be opened.

    Parameters
    ----------
    path
        File, or an SQLAlchemy address.
    sheet, table
        Sheet or layer; table of the database.

    Returns
    -------
    source
        File or database.

    Raises
    ------
    ConfigError
        A database without `table`.
    """
    if not is_address(path):
        return TableSource(Path(path), sheet=sheet)
    if not table:
        msg = "A database needs the key `table` beside its address in `path`."
        raise ConfigError(msg)
    return TableSource(Path(table), sheet=sheet, url=path, table=table)


def cell_name(position: int) -> str:
    """
    Name the column of a position in a batch.

    `position`: 0 for the first column.
    """
    return f"c{position}"


def frames_of_rows(
    rows: Iterable[tuple[int, Sequence[str]]], columns: Sequence[int], *, width: int
) -> Iterator[pl.DataFrame]:
    """
    Gather rows of text into batches.

    `width`: Cells that a whole row has.
    Yields: As `Grid.batches`; wholly empty rows are left out.
    """
    numbers: list[int] = []
    ragged: list[bool] = []
    cells: list[list[str | None]] = [[] for _ in columns]
    for number, row in rows:
        if not any(row):
            continue
        numbers.append(number)
        ragged.append(len(row) != width)
        length = len(row)
        for position, column in zip(columns, cells, strict=True):
            column.append((row[position] or None) if position < length else None)
        if len(numbers) == BATCH_ROWS:
            yield _frame(numbers, ragged, columns, cells)
            numbers, ragged, cells = [], [], [[] for _ in columns]
    if numbers:
        yield _frame(numbers, ragged, columns, cells)


def _frame(
    numbers: list[int], ragged: list[bool], columns: Sequence[int], cells: list[list[str | None]]
) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            ROW: pl.Series(numbers, dtype=pl.UInt32),
            **{
                cell_name(position): pl.Series(column, dtype=pl.String)
                for position, column in zip(columns, cells, strict=True)
            },
        }
    )
    return frame.with_columns(pl.Series(RAGGED, ragged)) if any(ragged) else frame
