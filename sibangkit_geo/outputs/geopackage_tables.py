"""What a GeoPackage says about itself: names, descriptions, metadata, styles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sibangkit_geo.outputs.qgis_styles import LAYER_STYLE_NAME

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.outputs.geopackage import GisLayers

# OGC 12-128r14, annexes F.8 and F.9: the tables of the extensions "schema" and "metadata"
_SCHEMA = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
  metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL, md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id));
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME);
"""
_EXTENSIONS = (
    ("gpkg_data_columns", "gpkg_schema", "http://www.geopackage.org/spec121/#extension_schema"),
    (
        "gpkg_data_column_constraints", "gpkg_schema",
        "http://www.geopackage.org/spec121/#extension_schema",
    ),
    ("gpkg_metadata", "gpkg_metadata", "http://www.geopackage.org/spec121/#extension_metadata"),
    (
        "gpkg_metadata_reference", "gpkg_metadata",
        "http://www.geopackage.org/spec121/#extension_metadata",
    ),
)  # fmt: skip
_STANDARD = "https://www.iana.org/assignments/media-types/application/json"


def describe(
    link: sqlite3.Connection,
    layers: GisLayers,
    *,
    styles: Mapping[str, str],
    product: Product,
) -> None:
    """
    Add names, descriptions, metadata and styles to an open GeoPackage.

    `link`: Connection; the caller commits.
    Raises sqlite3.Error: The file is no GeoPackage, or has these tables already.
    """
    stamp = f"{product.provenance.created[:10]}T00:00:00.000Z"
    for statement in filter(str.strip, _SCHEMA.split(";\n")):
        link.execute(statement)
    _extensions(link)
    for layer, names in layers.names.items():
        link.execute(
            "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
            (layers.titles[layer], layers.texts[layer], layer),
        )
        known = {row[1] for row in link.execute(f'PRAGMA table_info("{layer}")')}
        link.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) "
            "VALUES (?, ?, ?, ?)",
            [
                # the name is unique in a table, the title need not be
                (layer, column, column, title)
                for column, title in names.items()
                if column in known and column != "geometry"
            ],
        )
    _metadata(link, layers, product, stamp)
    _styles(link, layers, styles, stamp)


def _extensions(link: sqlite3.Connection) -> None:
    link.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    link.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", _EXTENSIONS
    )


def _metadata(link: sqlite3.Connection, layers: GisLayers, product: Product, stamp: str) -> None:
    told = {
        "title": product.title,
        "year": product.year,
        "regency": product.regency_name,
        "created": product.provenance.created,
        "estimate": product.estimate_line,
        "boundaries": product.boundary_line,
        "sources": list(product.source_lines),
        "method": product.method_line,
        "limits": list(product.honesty),
        "notes": [one.text for one in product.notes],
    }
    for number, (scope, name, text) in enumerate(
        [("dataset", None, json.dumps(told, ensure_ascii=False)),
         *(("dataset", layer, json.dumps({"abstract": words}, ensure_ascii=False))
           for layer, words in layers.texts.items())],
        start=1,
    ):  # fmt: skip
        link.execute(
            "INSERT INTO gpkg_metadata VALUES (?, ?, ?, 'application/json', ?)",
            (number, scope, _STANDARD, text),
        )
        reference = "table" if name else "geopackage"
        link.execute(
            "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)",
            (reference, name, stamp, number),
        )


def _styles(
    link: sqlite3.Connection, layers: GisLayers, styles: Mapping[str, str], stamp: str
) -> None:
    link.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', ?)",
        [
            (layer, "" if layer == "needs" else "geom", LAYER_STYLE_NAME, qml,
             layers.titles[layer], stamp)
            for layer, qml in styles.items()
        ],
    )  # fmt: skip
    link.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'Gaya QGIS', ?)",
        (stamp,),
    )
