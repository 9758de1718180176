"""Tables whose columns carry their names, and Parquet files, refused from their footer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.grid import (
    BATCH_ROWS,
    HEAD_ROWS,
    ROW,
    OneTable,
    Part,
    cell_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_UNREAD = {pl.Binary, pl.Duration, pl.Object, pl.Unknown}
# rows of a GeoParquet that are looked at together
_LOOKED_AT = 256


@dataclass(frozen=True)
class NamedColumns(OneTable):
    """
    A table whose columns carry their names.

    `frame`: All columns, not yet text.
    `unread`: Columns of a kind that has no one way to be written as text.
    `named`: True: no header has to be found.
    `groups`: Rows of each piece that a file stores by itself, where it does.
    `before`: Rows of the whole table before the first one.
    """

    name: str
    frame: pl.LazyFrame
    unread: tuple[str, ...] = ()
    named: bool = True
    groups: tuple[int, ...] = ()
    before: int = 0

    def only(self, part: Part) -> NamedColumns:
        """Give a part; rows keep their numbers."""
        frame = self.frame.slice(part.start, part.stop - part.start)
        return replace(self, frame=frame, before=part.start)

    @cached_property
    def head(self) -> list[list[str]]:
        """Column names, then the first rows."""
        names = self.frame.collect_schema().names()
        with _of_parquet(self.name):
            first = self._text(names).head(HEAD_ROWS).collect()
        if _text_bytes(first) > limits.BATCH_BYTES:
            raise _bomb(self.name)
        rows = first.rows()
        return [list(names), *[["" if cell is None else cell for cell in row] for row in rows]]

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns from a row on.

        `first_row`: Row number of the first one; 1 is the first record.
        `width`: Number of columns; every record has as many.
        Raises DataError: The file is damaged.
        """
        del width, first_row
        names = self.frame.collect_schema().names()
        wanted = [names[position] for position in columns]
        renamed = {names[position]: cell_name(position) for position in columns}
        lines = self._text(wanted).rename(renamed).with_row_index(ROW, offset=1 + self.before)
        with _of_parquet(self.name):
            for piece in lines.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
                # of a dictionary one long text may stand in every row
                if _text_bytes(piece) > limits.BATCH_BYTES:
                    raise _bomb(self.name)
                yield piece

    def _text(self, names: Sequence[str]) -> pl.LazyFrame:
        kinds = self.frame.collect_schema()
        return self.frame.select(
            [
                _number_text(pl.col(name))
                if kinds[name].is_float() or kinds[name].is_decimal()
                else pl.col(name).cast(pl.String, strict=False)
                for name in names
            ]
        )


def _number_text(column: pl.Expr) -> pl.Expr:
    """Write numbers as `number_text` does, a whole column at once."""
    whole = column.round(0).cast(pl.Int64, strict=False)
    exact = (column == whole) & (column.abs() < 2**53)
    text = column.cast(pl.String)
    machine = pl.when(text.str.contains(r"^-?\d+\.\d+$")).then(text + "e0").otherwise(text)
    return pl.when(exact).then(whole.cast(pl.String)).otherwise(machine)


def _text_bytes(frame: pl.DataFrame) -> int:
    counted = frame.select(pl.col(pl.String).str.len_bytes().cast(pl.Int64).sum())
    return sum(counted.row(0)) if counted.width else 0


@contextmanager
def _of_parquet(name: str) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise damaged(name) from error


def open_parquet(path: Path) -> NamedColumns:
    """
    Open a Parquet file.

    Returns: Opened; its rows are not read yet.
    Raises DataError: The file is damaged, or would take far more memory than its data need.
    """
    groups = _footer(path, rows=limits.PARQUET_ROWS).groups
    with _of_parquet(path.name):
        frame = pl.scan_parquet(path, glob=False)
        schema = frame.collect_schema()
    unread = tuple(name for name, kind in schema.items() if not _is_text(kind))
    return NamedColumns(path.name, frame.select(pl.exclude(unread)), unread, groups=groups)


def _is_text(kind: pl.DataType) -> bool:
    """Tell whether a value of a kind can be written in one way."""
    return not kind.is_nested() and kind.base_type() not in _UNREAD


def require_small_parquet(path: Path) -> None:
    """
    Refuse a GeoParquet that unpacks to far more than it is: it is held whole.

    A dictionary gives one shape to a million rows, which its footer does not tell, so that it is
    read through piece by piece.

    Raises DataError: It is damaged or a bomb.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    largest = _footer(path, rows=limits.TABLE_ROWS).largest
    size = path.stat().st_size
    most = min(max(limits.HARMLESS_BYTES, size * limits.UNPACKED_RATIO), limits.UNPACKED_BYTES)
    taken = 0
    try:
        with pq.ParquetFile(path) as file:
            # a column of one value is no larger than that, and would be held as often as it stands
            at_once = max(min(_LOOKED_AT, limits.BATCH_BYTES // max(largest, 1)), 1)
            for piece in file.iter_batches(batch_size=at_once):
                taken += sum(map(_held, piece.columns))
                if taken > most:
                    raise _bomb(path.name)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path.name) from error


def _held(values: Any) -> int:  # noqa: ANN401 - pyarrow has no types
    """Count the bytes of a column as it is held once each row has its own value."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if not pa.types.is_dictionary(values.type):
        return int(values.nbytes)
    try:
        lengths = pc.binary_length(values.dictionary)
    except pa.ArrowNotImplementedError:
        return int(values.nbytes)
    return int(pc.sum(lengths.take(values.indices)).as_py() or 0)


class _Footer(NamedTuple):
    """Bytes of the largest piece, and the rows of each row group."""

    largest: int
    groups: tuple[int, ...]


def _footer(path: Path, *, rows: int) -> _Footer:
    """Refuse a file that says it holds too much."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        about: Any = pq.read_metadata(path)
        groups = [about.row_group(number) for number in range(about.num_row_groups)]
        chunks = [one.column(at).total_uncompressed_size
                  for one in groups for at in range(one.num_columns)]  # fmt: skip
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(path.name) from error
    many = max(about.num_rows, sum(one.num_rows for one in groups)) > rows
    largest = max(chunks, default=0)
    if many or largest > limits.PARQUET_CHUNK_BYTES or sum(chunks) > limits.PARQUET_BYTES:
        raise _bomb(path.name)
    return _Footer(largest, tuple(one.num_rows for one in groups))


def _bomb(name: str) -> DataError:
    msg = f"{name}: the Parquet file would unpack to far more than a table needs"
    return DataError(msg, remedy="Export only the rows and columns of the regency again.")


def damaged(name: str) -> DataError:
    """Word that a file is not what it is called."""
    msg = f"{name}: damaged, cut off, or not a file of this kind"
    return DataError(msg, remedy="Copy or export the file again.")
