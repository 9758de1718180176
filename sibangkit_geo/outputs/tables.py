"""Tables as CSV and GeoPackage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyogrio

from sibangkit_geo.outputs.staging import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.tables.public import Pockets, VillageIndicators

REVIEW_COLUMNS = ("kode_tabel", "kecamatan_tabel", "desa_tabel", "kode_desa", "nama_desa", "skor")
_SHARE_DIGITS = 6
# a spreadsheet takes a text that starts with one of these for a formula (OWASP, CSV injection)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def village_table(
    measured: VillageIndicators, pockets: Pockets, *, masked: pd.DataFrame
) -> gpd.GeoDataFrame:
    """
    Put numbers, masked cells and pockets of every official village side by side.

    Grain: unchanged, one row per village.

    `measured`: Village table after masking.
    `masked`: True where a cell was masked, columns by indicator name.
    Returns: Indexed by ``village_code``; shares 0 to 1; ``masked`` names the cells emptied for
        privacy.
    """
    table = measured.villages.copy()
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].round(_SHARE_DIGITS)
    pocket = pockets.members.reindex(table.index)
    table["pocket"] = pocket.astype("Int64")
    table["evidence"] = pocket.map(pockets.outlines["evidence"].to_dict())
    table["masked"] = [
        " ".join(str(name) for name in masked.columns[row]) for row in masked.to_numpy(dtype=bool)
    ]
    return table


def write_villages(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write the village table as CSV."""
    plain = pd.DataFrame(table.drop(columns="geometry"))
    for name in plain.select_dtypes(["object", "string"]):
        plain[name] = plain[name].map(formula_safe)
    for name in ("households", "people", "poor_households"):
        if name in plain:
            plain[name] = plain[name].round().astype("Int64")
    write_text(path, plain.to_csv(lineterminator="\n"))


def formula_safe(text: object) -> object:
    """
    Keep a text from being taken for a formula.

    Parameters
    ----------
    text
        Cell; anything but text is returned as it is.

    Returns
    -------
    cell
        The text, with an apostrophe before it where needed.

    Examples
    --------
    >>> formula_safe("=1+1")
    "'=1+1"
    """
    if isinstance(text, str) and text.startswith(_FORMULA_STARTS):
        return f"'{text}"
    return text


def place_names(product: Product) -> dict[str, str]:
    """Name places and agencies by their keys."""
    table = product.measured.villages
    districts = table.drop_duplicates("district_code").set_index("district_code")["district_name"]
    return {
        **table["name"].to_dict(),
        **districts.to_dict(),
        product.boundaries.regency: product.regency_name,
        **product.catalogue.names,
    }


def write_geopackage(
    table: gpd.GeoDataFrame, pockets: Pockets, path: Path, *, created: str
) -> None:
    """
    Write pockets and villages as a GeoPackage.

    `pockets`: Result of the detector; no pocket gives an empty layer.
    `created`: ISO time; its date is all that the file says about when it was made.
    Raises pyogrio.errors.DataSourceError: The disk refuses.
    """
    write_layers({"pockets": pockets.outlines, "villages": table}, path, created=created)


def write_layers(layers: Mapping[str, pd.DataFrame], path: Path, *, created: str) -> None:
    """
    Write layers of polygons, and tables without geometry, as a GeoPackage.

    `layers`: Name to rows; the index is written too.
    `created`: ISO time; its date is all that the file says about when it was made.
    Raises pyogrio.errors.DataSourceError: The disk refuses.
    """
    # GDAL stamps layers with the clock; a fixed stamp keeps equal runs equal to the byte
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{created[:10]}T00:00:00.000Z"})
    try:
        for layer, rows in layers.items():
            # version 1.2 is what the QGIS and GDAL of older office machines read without warning
            shaped = "geometry" in rows
            pyogrio.write_dataframe(
                rows.reset_index(),
                path,
                layer=layer,
                driver="GPKG",
                geometry_type="MultiPolygon" if shaped else None,
                promote_to_multi=shaped,
                dataset_options={"VERSION": "1.2"},
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_review(rows: pd.DataFrame, path: Path) -> None:
    """
    Write the names a person should check, unless the file is there already.

    `rows`: Columns of `REVIEW_COLUMNS`.
    `path`: File; an existing one holds a person's decisions and is left alone.
    """
    if not path.exists():
        safe = rows[list(REVIEW_COLUMNS)].map(formula_safe)
        write_text(path, safe.to_csv(index=False, lineterminator="\n"))
