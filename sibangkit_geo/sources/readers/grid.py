"""What every reader hands on: a grid of text cells, its first rows, and batches of columns."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import polars as pl

from sibangkit_geo.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: rows that are looked at for the header
HEAD_ROWS = 60
#: rows of one batch: about 60 MB while they are Python texts, for 30 columns
BATCH_ROWS = 40_000
ROW = "row"
RAGGED = "ragged"
# whole numbers are exact in a spreadsheet's floating point below this
_EXACT = 2**53
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_MACHINE = re.compile(r"(-?\d+(?:\.\d+)?)e0")
_MACHINE_COLUMN = r"^(-?\d+(?:\.\d+)?)e0$"
_MACHINE_PERCENT = re.compile(r"(-?\d+(?:\.\d+)?e-?\d+)%")


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


class Part(NamedTuple):
    """
    A part of a table that is read by itself: bytes of a text file, else rows, from 0.

    `start`, `stop`: First one, and the one behind the last.
    `resume`: Of a text file, where the reading of the whole goes on after the part before: pieces
        then end where those of the whole do.
    """

    start: int
    stop: int
    resume: int = 0


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

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person must know of how the file was read: Indonesian, never a cell's value."""

    @property
    def sheets(self) -> tuple[str, ...]:
        """Sheets that are read as this one table, in order; none where there is one alone."""

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns whose values cannot be written as text in one way, and which are not there."""

    def row_label(self, row: int) -> str:
        """Name a row as its spreadsheet shows it, with its sheet where several are read."""

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on.

        Frames have ``row`` (number that a spreadsheet shows), ``ragged`` (the row
        has another number of cells than the header; absent where no row has) and
        one text column ``c0``, ``c1`` ... per position asked for; empty is null.
        """


class OneTable:
    """A table that stands alone, with nothing to say of how it was read."""

    __slots__ = ()
    remarks: ClassVar[tuple[str, ...]] = ()
    sheets: ClassVar[tuple[str, ...]] = ()
    unread: tuple[str, ...] = ()

    def row_label(self, row: int) -> str:
        """Name a row by its number."""
        return str(row)


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
        True for ``dialect://...``; one letter is a drive of Windows.
    """
    return _ADDRESS.match(path) is not None


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


def letters(position: int) -> str:
    """
    Turn a position into the letters of a column.

    Parameters
    ----------
    position
        0 for A.

    Returns
    -------
    letters
        Capitals.

    Examples
    --------
    >>> letters(27)
    'AB'
    """
    text, number = "", position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def number_text(value: float | Decimal, *, percent: bool = False) -> str:
    """
    Write a number that a program stored as text: its point must not pass for one of thousands.

    Parameters
    ----------
    value
        Number.
    percent
        Whether it is shown as per cent.

    Returns
    -------
    text
        Whole numbers without a point, others with an exponent; of per cent the exponent makes the
        hundredfold. Below 2^53 whole numbers are exact, above it digits are lost.

    Examples
    --------
    >>> number_text(1607010000000001.0), number_text(1.104), number_text(1.6e18)
    ('1607010000000001', '1.104e0', '1.6e+18')
    >>> number_text(0.0815, percent=True), number_text(1, percent=True)
    ('0.0815e2%', '1e2%')
    """
    if not percent and -_EXACT < value < _EXACT and value % 1 == 0:
        return str(int(value))
    if not math.isfinite(value):
        return str(float(value))
    # a database keeps every digit
    exact = value % 1 == 0 and (isinstance(value, Decimal) or abs(value) < _EXACT)
    mantissa, _, exponent = (str(int(value)) if exact else repr(float(value))).partition("e")
    if percent:
        return f"{mantissa}e{int(exponent or 0) + 2}%"
    return mantissa if exact else f"{mantissa}e{exponent or 0}"


def plain_text(cell: str) -> str:
    """
    Write a cell as people read it, without the exponent of `number_text`.

    Parameters
    ----------
    cell
        Any cell; one that `number_text` did not write stays as it is.

    Returns
    -------
    text
        Number with a decimal point.

    Examples
    --------
    >>> plain_text("1.104e0"), plain_text("0.0815e2%"), plain_text("Mulya Sari")
    ('1.104', '8.15%', 'Mulya Sari')
    """
    if found := _MACHINE.fullmatch(cell):
        return found.group(1)
    if found := _MACHINE_PERCENT.fullmatch(cell):
        return f"{Decimal(found.group(1)).normalize():f}%"
    return cell


def plain_column(cells: pl.Series) -> pl.Series:
    """
    Write a column of cells as people read it.

    Returns: As `plain_text` would, all at once; per cent stays as it is.
    """
    return cells.str.replace(_MACHINE_COLUMN, "$1")


def frames_of_rows(
    rows: Iterable[tuple[int, Sequence[str]]], columns: Sequence[int], *, width: int | None = None
) -> Iterator[pl.DataFrame]:
    """
    Gather rows of text into batches.

    `width`: Cells that a whole row has; None where rows may end early.
    Yields: As `Grid.batches`; wholly empty rows are left out.
    """
    numbers: list[int] = []
    ragged: list[bool] = []
    cells: list[list[str | None]] = [[] for _ in columns]
    for number, row in rows:
        if not any(row):
            continue
        numbers.append(number)
        ragged.append(width is not None and len(row) != width)
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
