"""The study for a GIS: GeoPackage with styles and Indonesian names, GeoParquet, QGIS project."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from sibangkit_geo.cartography.texts import result_sentences
from sibangkit_geo.outputs.columns import aliases
from sibangkit_geo.outputs.geopackage_tables import describe
from sibangkit_geo.outputs.qgis_project import ProjectLayer, write_project
from sibangkit_geo.outputs.qgis_styles import pocket_style, table_style, village_style
from sibangkit_geo.outputs.tables import village_table, write_layers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo.cartography.product import Product

PACKAGE, PROJECT = "kantong_kemiskinan.gpkg", "kantong_kemiskinan.qgz"
_TITLES = {
    "villages": "Desa/kelurahan",
    "pockets": "Kantong kemiskinan",
    "districts": "Kecamatan",
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
    "excess": "Kelebihan di atas angka kabupaten",
    "ratio": "Kali angka kabupaten",
}
_DIGITS = 6


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


def gis_layers(product: Product, masked: pd.DataFrame) -> GisLayers:
    """
    Gather what a GIS shows.

    Grain: one row per official village, pocket, district, and per need of a place.

    `masked`: True where a cell was masked, columns by indicator name.
    Returns: Geometry in the study CRS, metres; ``needs`` may have no row.
    """
    villages = village_table(product.measured, product.pockets, masked=masked)
    tables = {
        "pockets": product.pockets.outlines.rename_axis("pocket"),
        "districts": _districts(product),
        "villages": villages,
        "needs": _needs(product),
    }
    indicators = product.measured.indicators
    names = {
        layer: {
            **aliases(table.reset_index().columns, indicators),
            **(_NEEDS if layer == "needs" else {}),
        }
        for layer, table in tables.items()
    }
    headline = result_sentences(product.pockets)[0]
    texts = {
        layer: " ".join(
            filter(None, (f"{_TITLES[layer]}. {product.title}, {product.year}. {headline}.",
                          product.estimate_line, product.boundary_line))
        )
        for layer in tables
    }  # fmt: skip
    return GisLayers(tables, names, _TITLES, texts)


def write_gis(product: Product, layers: GisLayers, folder: Path, *, surface: str = "") -> None:
    """
    Write GeoPackage, GeoParquet and a QGIS project that opens them with their styles.

    `folder`: Where the files go; made when absent.
    `surface`: Path of the risk surface relative to `folder`; empty for none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    created = product.provenance.created
    path = folder / PACKAGE
    write_layers(layers.tables, path, created=created)
    styles = _styles(product, layers)
    with closing(sqlite3.connect(path)) as link, link:
        describe(link, layers, styles=styles, product=product)
    for layer in ("villages", "pockets", "districts"):
        table = gpd.GeoDataFrame(layers.tables[layer], geometry="geometry").reset_index()
        # uncompressed, so that the search for personal data can read it
        table.to_parquet(folder / f"{layer}.parquet", compression=None, index=False)
    shown = [
        ProjectLayer(name, layers.titles[name], styles[name], name != "needs")
        for name in ("pockets", "districts", "villages", "needs")
    ]
    write_project(product, shown, folder / PROJECT, package=PACKAGE, surface=surface)


def _styles(product: Product, layers: GisLayers) -> dict[str, str]:
    layer = product.layers[0]
    return {
        "villages": village_style(layer, layers.names["villages"]),
        "pockets": pocket_style(layers.names["pockets"]),
        "districts": table_style(layers.names["districts"], outline=True, label="district_name"),
        "needs": table_style(layers.names["needs"]),
    }


def _districts(product: Product) -> gpd.GeoDataFrame:
    villages, layer = product.measured.villages, product.layers[0]
    outlines = product.mapped.dissolve("district_code").geometry
    groups = villages.groupby("district_code")
    table = pd.DataFrame(
        {
            "district_name": groups["district_name"].first(),
            "n_villages": groups.size(),
            "in_pockets": villages.index.to_series().isin(product.pockets.members.index)
            .groupby(villages["district_code"]).sum(),
            "households": groups["households"].sum(min_count=1),
            "poor": layer.district_counts,
            "rate": (layer.district_values / 100).round(_DIGITS),
        }
    ).rename_axis("district_code")  # fmt: skip
    shapes = outlines.reindex(table.index)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=villages.crs)


def _needs(product: Product) -> pd.DataFrame:
    table, columns = product.needs.places, list(_NEEDS)[1:]
    if table is None or table.empty:
        return pd.DataFrame(columns=columns, dtype=str).rename_axis("row")
    labels = {one.name: one.label for one in product.measured.indicators}
    levels = {"regency": "kabupaten", "district": "kecamatan", "pocket": "kantong",
              "village": "desa"}  # fmt: skip
    made = table[columns].reset_index(drop=True).rename_axis("row")
    return made.assign(
        level=made["level"].map(levels),
        agency=made["agency"].map(product.catalogue.names),
        indicator=made["indicator"].map(labels),
        **{name: made[name].round(_DIGITS) for name in ("share", "excess", "ratio")},
    )
