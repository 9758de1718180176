"""Tables and views of a database, through SQLAlchemy; the address never reaches a message."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.sources.readers.grid import (
    BATCH_ROWS,
    HEAD_ROWS,
    ROW,
    OneTable,
    cell_name,
    number_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sibangkit_geo.sources.readers.grid import TableSource

_DEGREES = 4326


@dataclass(frozen=True, slots=True)
class DatabaseTable(OneTable):
    """
    A table or view of a database.

    `columns`: Its columns without geometry; points as ``lon`` and ``lat`` in degrees.
    `head`: Column names and the first rows.
    `named`: True: no header has to be found.
    """

    name: str
    engine: sa.Engine
    table: sa.TableClause
    columns: tuple[Any, ...]
    head: list[list[str]]
    named: bool = True

    def batches(
        self, columns: Sequence[int], *, first_row: int, width: int
    ) -> Iterator[pl.DataFrame]:
        """
        Read columns, piece by piece, in the order the database gives.

        `first_row`: 1; a table has no header row.
        `width`: Number of columns.
        Returns: As `Grid.batches` says; rows are numbered from 1.
        Raises DataError: The database ends the connection.
        """
        del width
        query = sa.select(*[self.columns[position] for position in columns])
        number = first_row
        try:
            with self.engine.connect().execution_options(stream_results=True) as link:
                result = link.execute(query.select_from(self.table))
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
        finally:
            self.engine.dispose()


def open_table(source: TableSource) -> DatabaseTable:
    """
    Open a table of a database.

    `source`: SQLAlchemy address and table, ``schema.table`` or ``table``.
    Raises ConfigError: The address is no SQLAlchemy address, its driver is not installed, or there
        is no such table.
    Raises DataError: The database cannot be reached.
    """
    engine = _engine(source)
    schema, _, name = source.table.rpartition(".")
    try:
        with engine.connect() as link:
            columns = _columns(link, schema or None, name)
            table = sa.table(name, *columns, schema=schema or None)
            query: Any = sa.select(*columns).select_from(table).limit(HEAD_ROWS)
            rows = link.execute(query).fetchall()
    except sa.exc.SQLAlchemyError as error:
        raise _unreachable(source.table) from _without_address(error)
    finally:
        engine.dispose()
    names = [str(column.name) for column in columns]
    head = [names, *[["" if cell is None else _text(cell) for cell in row] for row in rows]]
    return DatabaseTable(source.table, engine, table, tuple(columns), head)


def _engine(source: TableSource) -> sa.Engine:
    # the driver that is installed with this package serves addresses that name none
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", source.url)
    try:
        return sa.create_engine(url)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        msg = (
            f"{source.table or 'database'}: the address is none that SQLAlchemy knows, or its "
            "driver is not installed. Example: postgresql+psycopg://USER@HOST/DATABASE."
        )
        raise ConfigError(msg) from _without_address(error)


def _columns(link: sa.Connection, schema: str | None, name: str) -> list[Any]:
    inspector = sa.inspect(link)
    known = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
    if name not in known:
        msg = f'The database has no table "{name}" (key `table`). '
        raise ConfigError(msg + nearest(name, known))
    with warnings.catch_warnings():
        # SQLAlchemy does not know the types of PostGIS
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        listed = inspector.get_columns(name, schema=schema)
    plain: list[Any] = [
        sa.column(str(one["name"]))
        for one in listed
        if not isinstance(one["type"], sa.types.NullType | sa.types.LargeBinary)
        and type(one["type"]).__name__ not in {"Geometry", "Geography", "Raster"}
    ]
    return [*plain, *_points(link, schema, name, taken={column.name for column in plain})]


def _points(link: sa.Connection, schema: str | None, name: str, *, taken: set[str]) -> list[Any]:
    """Take the coordinates of a PostGIS point column, in degrees."""
    if link.dialect.name != "postgresql" or {"lon", "lat"} & taken:
        return []
    query = sa.text(
        "SELECT f_geometry_column FROM geometry_columns WHERE f_table_name = :name "
        "AND f_table_schema = COALESCE(:schema, current_schema()) AND type = 'POINT'"
    )
    if link.execute(sa.text("SELECT to_regclass('geometry_columns')")).scalar() is None:
        return []
    found = link.execute(query, {"name": name, "schema": schema}).scalars().first()
    if found is None:
        return []
    point = sa.func.ST_Transform(sa.column(str(found)), _DEGREES)
    return [sa.func.ST_X(point).label("lon"), sa.func.ST_Y(point).label("lat")]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal) and not cell.is_finite():
        return str(float(cell))
    if isinstance(cell, (float, Decimal)):
        return number_text(cell)
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
