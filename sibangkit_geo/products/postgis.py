"""Publishing layers to PostGIS, in one transaction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import shapely
import sqlalchemy as sa

from sibangkit_geo.errors import ConfigError

if TYPE_CHECKING:
    from sibangkit_geo.products.gis import GisLayers

_START = re.compile(r"^postgres(ql)?(\+\w+)?://")
_PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
# rows per statement: PostgreSQL takes 65,535 values in one
_AT_ONCE = 65_535


def require_address(address: str) -> None:
    """
    Refuse what is no address of a PostgreSQL database, before anything long starts.

    `address`: Such as ``postgresql://USER@HOST/DATABASE``.
    Raises ConfigError: It is none; the address itself is not repeated.
    """
    if not _START.match(address):
        msg = "--to must be an address such as postgresql://USER@HOST/DATABASE."
        raise ConfigError(msg)
    _engine(address).dispose()


def publish(layers: GisLayers, address: str, *, schema: str, epsg: int) -> None:
    """
    Write the layers to a schema; tables of an earlier publication are replaced.

    `schema`: Made when absent; other tables in it stay.
    `epsg`: CRS of the geometry.
    Raises ConfigError: The database cannot be reached, has no PostGIS, or refuses; nothing changed
        then.
    Raises ValueError: `schema` is no plain name.
    """
    if not _PLAIN.match(schema):
        msg = f"`schema` must be a plain name, got {schema!r}."
        raise ValueError(msg)
    engine = _engine(address)
    try:
        with engine.begin() as link:
            found = "SELECT 1 FROM pg_extension WHERE extname = 'postgis'"
            if link.execute(sa.text(found)).scalar() is None:
                msg = "--to: the database has no PostGIS. Run CREATE EXTENSION postgis there."
                raise ConfigError(msg)
            link.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
            for gone in layers.titles.keys() - layers.tables.keys():
                whole = f"{link.dialect.identifier_preparer.quote(schema)}.{gone}"
                link.execute(sa.text(f"DROP TABLE IF EXISTS {whole}"))
            for name, table in layers.tables.items():
                _table(link, table, schema=schema, name=name, epsg=epsg)
                _comment(link, layers, schema=schema, name=name)
    except sa.exc.SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        msg = (
            f"--to: the database cannot be reached or refuses ({kind}); nothing was published. "
            "Check address, password and the right to make a schema."
        )
        # the driver's own words may hold the address
        raise ConfigError(msg) from None
    finally:
        engine.dispose()


def _engine(address: str) -> sa.Engine:
    # the driver that is installed with this package serves addresses that name none
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", address)
    try:
        return sa.create_engine(url)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError, ValueError):
        msg = "--to: the address is none that SQLAlchemy knows, or its driver is not installed."
        raise ConfigError(msg) from None


def _table(link: sa.Connection, table: pd.DataFrame, *, schema: str, name: str, epsg: int) -> None:
    shaped = "geometry" in table
    plain = pd.DataFrame(table.drop(columns="geometry") if shaped else table)
    if shaped:
        shapes = [
            shapely.MultiPolygon([one]) if one is not None and one.geom_type == "Polygon" else one
            for one in table["geometry"]
        ]
        plain = plain.assign(geometry=shapely.to_wkb(shapes, hex=True))
    rows = max(1, _AT_ONCE // (len(plain.columns) + 1))
    quote = link.dialect.identifier_preparer.quote
    whole, key = f"{quote(schema)}.{quote(name)}", quote(str(plain.index.name))
    # a view that hangs on the table is not dropped with it: the database refuses
    link.execute(sa.text(f"DROP TABLE IF EXISTS {whole}"))
    plain.to_sql(name, link, schema=schema, index=True, method="multi", chunksize=rows)
    link.execute(sa.text(f"ALTER TABLE {whole} ADD PRIMARY KEY ({key})"))
    if shaped:
        link.execute(
            sa.text(
                f"ALTER TABLE {whole} ALTER COLUMN geometry TYPE geometry(MultiPolygon, {epsg:d}) "
                f"USING ST_SetSRID(ST_GeomFromWKB(decode(geometry, 'hex')), {epsg:d})"
            )
        )
        link.execute(sa.text(f"CREATE INDEX ON {whole} USING gist (geometry)"))


def _comment(link: sa.Connection, layers: GisLayers, *, schema: str, name: str) -> None:
    """Say what table and columns mean: a GIS shows it, and so does psql."""
    columns = layers.names[name]
    table = sa.Table(
        name, sa.MetaData(), *(sa.Column(one, comment=words) for one, words in columns.items()),
        schema=schema, comment=layers.texts[name],
    )  # fmt: skip
    link.execute(sa.schema.SetTableComment(table))
    for column in table.columns:
        link.execute(sa.schema.SetColumnComment(column))
