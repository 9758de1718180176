"""Tables and views of a database, through SQLAlchemy; the address never reaches a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.sources.readers.grid import BATCH_ROWS, HEAD_ROWS, ROW, cell_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sibangkit_geo.sources.readers.grid import TableSource


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """
    A table or view of a database.

    Attributes
    ----------
    name
        Its name, for messages.
    engine
        Connection to the database.
    table
        Its columns, without geometry.
    head
        Column names and the first rows.
    named
        True: no header has to be found.
    """

    name: str
    engine: sa.Engine
    table: sa.TableClause
    head: list[list[str]]
    named: bool = True

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns, piece by piece, in the order the database gives.

        Parameters
        ----------
        columns
            Positions to keep.
        first_row
            1; a table has no header row.
        width
            Number of columns.

        Returns
        -------
        frames
            As `Grid.batches` says; rows are numbered from 1.

        Raises
        ------
        DataError
            The database ends the connection.
        """
        del width
        names = [self.head[0][position] for position in columns]
        query: Any = sa.select(*[sa.column(name) for name in names]).select_from(self.table)
        number = first_row
        try:
            with self.engine.connect().execution_options(stream_results=True) as link:
                result = link.execute(query)
                while rows := result.fetchmany(BATCH_ROWS):
                    cells = list(zip(*rows, strict=True))
                    frame = {
                        cell_name(position): pl.Series(_texts(column), dtype=pl.String)
                        for position, column in zip(columns, cells, strict=True)
                    }
                    numbers = pl.Series(range(number, number + len(rows)), dtype=pl.UInt32)
                    yield pl.DataFrame({ROW: numbers, **frame})
                    number += len(rows)
        except sa.exc.SQLAlchemyError as error:
            raise _unreachable(self.name) from _without_address(error)


def open_table(source: TableSource) -> DatabaseTable:
    """
    Open a table of a database.

    Parameters
    ----------
    source
        SQLAlchemy address and table, ``schema.table`` or ``table``.

    Returns
    -------
    table
        Its first rows are read.

    Raises
    ------
    ConfigError
        The address is no SQLAlchemy address, its driver is not installed, or
        there is no such table.
    DataError
        The database cannot be reached.
    """
    try:
        engine = sa.create_engine(source.url)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        msg = (
            f"{source.table or 'database'}: the address is none that SQLAlchemy knows, or its "
            "driver is not installed. Example: postgresql+psycopg://USER@HOST/DATABASE."
        )
        raise ConfigError(msg) from _without_address(error)
    schema, _, name = source.table.rpartition(".")
    try:
        inspector = sa.inspect(engine)
        known = [*inspector.get_table_names(schema=schema or None),
                 *inspector.get_view_names(schema=schema or None)]  # fmt: skip
        if name not in known:
            msg = f'The database has no table "{source.table}" (key `table`). '
            raise ConfigError(msg + nearest(name, known))
        columns = [
            str(one["name"])
            for one in inspector.get_columns(name, schema=schema or None)
            if not isinstance(one["type"], sa.types.NullType)
            and type(one["type"]).__name__ not in {"Geometry", "Geography", "Raster"}
        ]
        table = sa.table(name, *map(sa.column, columns), schema=schema or None)
        with engine.connect() as link:
            query: Any = sa.select(*map(sa.column, columns)).select_from(table).limit(HEAD_ROWS)
            rows = link.execute(query).fetchall()
    except sa.exc.SQLAlchemyError as error:
        raise _unreachable(source.table) from _without_address(error)
    head = [columns, *[["" if cell is None else _text(cell) for cell in row] for row in rows]]
    return DatabaseTable(source.table, engine, table, head)


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return str(cell).strip()


def _texts(cells: Sequence[object]) -> list[str | None]:
    return [None if cell is None else (_text(cell) or None) for cell in cells]


def _unreachable(table: str) -> DataError:
    msg = f"{table}: the database cannot be reached, or refuses to read the table"
    remedy = "Check the address, the user's rights and that the server runs."
    return DataError(msg, remedy=remedy)


def _without_address(error: Exception) -> Exception:
    # the words of a driver hold host, user and sometimes the password
    return RuntimeError(type(error).__name__)
