"""Boundary files of publishers, their villages located by code or by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo import join
from sibangkit_geo.sources import boundaries

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def import_boundaries(
    path: Path, out: Path, *, regency: str, layer: str = "", crs: str = ""
) -> Path:
    """
    Turn a publisher's boundary file into a clean one with official codes.

    Grain: one row per village.

    Parameters
    ----------
    path
        Polygons in any vector format.
    out
        GeoJSON (degrees) or GeoPackage (metres) to write.
    regency
        Dotted code.
    layer
        Layer; empty takes the only one.
    crs
        Where the file names none.

    Returns
    -------
    out
        The file, whole or not at all.

    Raises
    ------
    ConfigError
        The regency or the layer is unknown, or `out` is of no known kind.
    DataError
        The file is damaged, or no village of it is found.
    """
    official = boundaries.official_table(regency)

    def locate(rows: pd.DataFrame) -> pd.Series:
        # a file without codes needs labels of its own, one per row
        keys = rows.assign(code=rows["code"].fillna(rows.index.to_series().astype(str)))
        return join.locate_by_name(keys, official).rows["village_code"]

    return boundaries.import_file(path, out, regency=regency, layer=layer, crs=crs, locate=locate)
