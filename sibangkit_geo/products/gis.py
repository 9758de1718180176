"""The study for a GIS: GeoPackage with named styles, GeoParquet, QGIS project."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from sibangkit_geo.products.base_map import LINES_OVER, POINTS_OVER, UNDER, base_map
from sibangkit_geo.products.qgis import (
    LAYER_STYLE_NAME,
    pocket_style,
    style_names,
    table_style,
    village_style,
    wide_style,
)
from sibangkit_geo.products.qgis_project import ProjectLayer, write_project
from sibangkit_geo.products.tables import aliases, village_table, write_layers
from sibangkit_geo.products.words import result_sentences, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo.products.base_map import BaseMap
    from sibangkit_geo.products.qgis import Shape
    from sibangkit_geo.products.result import Analysis

PACKAGE, PROJECT = "kantong_kemiskinan.gpkg", "kantong_kemiskinan.qgz"
_TITLES = {
    "villages": "Desa/kelurahan",
    "pockets": "Kantong kemiskinan",
    "districts": "Kecamatan",
    "wide_areas": "Wilayah miskin luas (bukan kantong)",
    "needs": "Kebutuhan OPD menurut wilayah",
}
_NEEDS = {
    "row": "Baris",
    "level": "Tingkat wilayah",
    "place": "Wilayah",
    "agency": "OPD",
    "indicator": "Kebutuhan",
    "asked": "Rumah tangga ditanya",
    "deprived": "Kekurangan",
    "unserved": "Belum terlayani",
    "share": "Porsi belum terlayani",
    "excess": "Kelebihan di atas rata-rata kabupaten",
    "ratio": "Rasio terhadap kabupaten",
}
# a layer's own names of columns that others have too
_OWN_NAMES = {
    "needs": _NEEDS,
    "pockets": {"name": "Nama kantong"},
    "wide_areas": {
        "name": "Nama wilayah",
        "evidence": "Jenis wilayah",
        "relative_risk": "Rasio terhadap desa lain menurut pola luas",
        "expected": "Rumah tangga miskin pada tingkat desa lain",
    },
}
# from the top down: what lies lower is hidden by what lies higher
_ORDER: tuple[tuple[str, str, Shape], ...] = (
    ("pockets", "pockets", "Polygon"),
    ("wide_areas", "pockets", "Polygon"),
    (POINTS_OVER, "context", "Point"),
    (LINES_OVER, "context", "Line"),
    ("districts", "villages", "Polygon"),
    ("villages", "villages", "Polygon"),
    (UNDER, "ground", "Polygon"),
    ("needs", "tables", "No geometry"),
)
_DIGITS = 6

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


@dataclass(frozen=True, slots=True)
class GisLayers:
    """
    Tables of a study as a GIS reads them.

    `tables`: ``pockets``, ``villages``, ``districts`` with geometry and ``needs`` without, each
        indexed by its key.
    `names`: Layer to column to Indonesian name.
    """

    tables: Mapping[str, pd.DataFrame]
    names: Mapping[str, Mapping[str, str]]
    titles: Mapping[str, str]
    texts: Mapping[str, str]


def gis_layers(product: Analysis) -> GisLayers:
    """
    Gather what a GIS shows.

    Grain: one row per official village, pocket, wide poor area (where there is any), district,
    and per need of a place.

    Returns: Geometry in the study CRS, metres; ``needs`` may have no row.
    """
    villages = village_table(product.measured, product.found)
    tables = {
        "pockets": product.found.outlines.rename_axis("pocket"),
        "districts": _districts(product),
        "villages": villages,
        "needs": _needs(product),
    }
    if product.found.wide_villages and product.found.wide is not None:
        tables["wide_areas"] = product.found.wide.rename_axis("wide_area")
    indicators = product.measured.indicators
    names = {
        layer: {
            **aliases(table.reset_index().columns, indicators),
            **_OWN_NAMES.get(layer, {}),
        }
        for layer, table in tables.items()
    }
    headline = result_sentences(product.found)[0]
    texts = {
        layer: " ".join(
            filter(None, (f"{_TITLES[layer]}. {product.title}, {product.year}. {headline}.",
                          product.estimate_line, product.caveat_line))
        )
        for layer in tables
    }  # fmt: skip
    return GisLayers(tables, names, _TITLES, texts)


def write_gis(product: Analysis, layers: GisLayers, folder: Path, *, surface: str = "") -> None:
    """
    Write GeoPackage, GeoParquet and a QGIS project that opens them with their styles.

    `folder`: Where the files go; made when absent.
    `surface`: Path of the risk surface relative to `folder`; empty for none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    created = product.provenance.created
    path = folder / PACKAGE
    ground = base_map(product)
    whole = _with_ground(layers, ground)
    write_layers(whole.tables, path, created=created)
    styles = _styles(product, layers) | {
        layer: {LAYER_STYLE_NAME: style} for layer, style in ground.styles.items()
    }
    with closing(sqlite3.connect(path)) as link, link:
        describe(link, whole, styles=styles, product=product)
    for layer in ("villages", "pockets", "districts"):
        table = gpd.GeoDataFrame(layers.tables[layer], geometry="geometry").reset_index()
        # uncompressed, so that the search for personal data can read it
        table.to_parquet(folder / f"{layer}.parquet", compression=None, index=False)
    shown = [
        _project_layer(name, whole.titles[name], styles[name], shape, group)
        for name, group, shape in _ORDER
        if name in whole.tables
    ]
    write_project(product, shown, folder / PROJECT, package=PACKAGE, surface=surface)


def _with_ground(layers: GisLayers, ground: BaseMap) -> GisLayers:
    texts = {layer: f"{title}." for layer, title in ground.titles.items()}
    return replace(
        layers,
        tables={**layers.tables, **ground.tables},
        names={**layers.names, **ground.names},
        titles={**layers.titles, **ground.titles},
        texts={**layers.texts, **texts},
    )


def _project_layer(
    name: str, title: str, styles: Mapping[str, str], shape: Shape, group: str
) -> ProjectLayer:
    named = styles if len(styles) > 1 or LAYER_STYLE_NAME not in styles else {}
    first = next(iter(styles.values()))
    return ProjectLayer(name, title, first, shape, say(f"gis_group_{group}"), named)


def _styles(product: Analysis, layers: GisLayers) -> dict[str, dict[str, str]]:
    """Style every layer; of the villages there is a style of every indicator, poverty first."""
    names, villages = layers.names, layers.tables["villages"]
    plain = {
        "pockets": pocket_style(names["pockets"]),
        "districts": table_style(names["districts"], outline=True, label="district_name"),
        **{layer: wide_style(own) for layer, own in names.items() if layer == "wide_areas"},
        "needs": table_style(names["needs"]),
    }
    titles = style_names(product.layers)
    return {
        "villages": {
            title: village_style(one, villages[one.indicator.name], names["villages"])
            for title, one in zip(titles, product.layers, strict=True)
        },
        **{layer: {LAYER_STYLE_NAME: style} for layer, style in plain.items()},
    }


def _districts(product: Analysis) -> gpd.GeoDataFrame:
    villages, layer = product.measured.villages, product.layers[0]
    outlines = product.mapped.dissolve("district_code").geometry
    groups = villages.groupby("district_code")
    table = pd.DataFrame(
        {
            "district_name": groups["district_name"].first(),
            "n_villages": groups.size(),
            "in_pockets": villages.index.to_series().isin(product.found.members.index)
            .groupby(villages["district_code"]).sum(),
            "households": groups["households"].sum(min_count=1),
            "poor": layer.district_counts,
            "rate": (layer.district_values / 100).round(_DIGITS),
        }
    ).rename_axis("district_code")  # fmt: skip
    shapes = outlines.reindex(table.index)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=villages.crs)


def _needs(product: Analysis) -> pd.DataFrame:
    table, columns = product.focus.places, list(_NEEDS)[1:]
    if table is None or table.empty:
        return pd.DataFrame(columns=columns, dtype=str).rename_axis("row")
    labels = {one.name: one.label for one in product.measured.indicators}
    levels = {"regency": "kabupaten", "district": "kecamatan", "pocket": "kantong",
              "village": "desa"}  # fmt: skip
    made = table[columns].reset_index(drop=True).rename_axis("row")
    return made.assign(
        level=made["level"].map(levels),
        place=made["place"].map(str),
        agency=made["agency"].map(product.catalogue.names),
        indicator=made["indicator"].map(labels),
        **{name: made[name].round(_DIGITS) for name in ("share", "excess", "ratio")},
    )


def describe(
    link: sqlite3.Connection,
    layers: GisLayers,
    *,
    styles: Mapping[str, Mapping[str, str]],
    product: Analysis,
) -> None:
    """
    Add names, descriptions, metadata and styles to an open GeoPackage.

    `link`: Connection; the caller commits.
    `styles`: Layer to name to style, the first one the layer's default.
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
    _layer_styles(link, layers, styles, stamp)


def _extensions(link: sqlite3.Connection) -> None:
    link.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    link.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", _EXTENSIONS
    )


def _metadata(link: sqlite3.Connection, layers: GisLayers, product: Analysis, stamp: str) -> None:
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


def _layer_styles(
    link: sqlite3.Connection,
    layers: GisLayers,
    styles: Mapping[str, Mapping[str, str]],
    stamp: str,
) -> None:
    link.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', ?)",
        [
            (layer, "" if layer == "needs" else "geom", name, qml, int(at == 0),
             layers.titles[layer], stamp)
            for layer, named in styles.items()
            for at, (name, qml) in enumerate(named.items())
        ],
    )  # fmt: skip
    link.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'Gaya QGIS', ?)",
        (stamp,),
    )
