"""Pockets of any village layer of any regency, without a study file."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from sibangkit_geo.errors import DegradedInputWarning, naming
from sibangkit_geo.model.numeric_columns import NumberKind
from sibangkit_geo.model.stages import stage
from sibangkit_geo.sources import boundaries
from sibangkit_geo.sources.boundaries import open_file, repair_boundaries
from sibangkit_geo.sources.text_tables import require_columns
from sibangkit_geo.study.analysis import find_pockets
from sibangkit_geo.study.village_finder import village_finder

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.pockets import PocketSettings
    from sibangkit_geo.products.found import FoundPockets
    from sibangkit_geo.sources.boundaries import BoundaryColumns

log = logging.getLogger(__name__)

# more than the largest regency has (Bogor, 1.6 million families)
_HOUSEHOLDS = NumberKind(0, 1e7, whole=True)

# what was guessed of where the layer lies
_TOLD = frozenset({"crs_assumed", "crs_contradicted", "axes_swapped"})


@dataclass(frozen=True, slots=True)
class LayerColumns:
    """
    Columns of a village layer.

    Attributes
    ----------
    code
        Column that labels the villages; empty numbers the rows from 1.
    """

    poor: str
    households: str
    code: str = ""


def pockets_of_layer(
    path: Path, out: Path, *, columns: LayerColumns, settings: PocketSettings, layer: str = ""
) -> FoundPockets:
    """
    Find pockets in a village layer and save outlines and villages as a GeoPackage.

    Grain: one row per village in, one outline per pocket out.

    Parameters
    ----------
    path
        Polygons in any vector format, one row per village.
    out
        GeoPackage to write, whole or not at all.
    columns
        Which columns to use.
    settings
        Settings of the detector.
    layer
        Layer; empty takes the only one.

    Returns
    -------
    pockets
        Result of the detector.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        The file is damaged, lacks a column, or a cell is no number of households.
    """
    with stage(log, "read") as counts:
        opened = open_file(path, named_by="village layer", layer=layer)
        counts.append(f"{len(opened.table)} villages")
    for note in opened.notes:
        if note.key in _TOLD:
            warnings.warn(note.text, DegradedInputWarning, stacklevel=2)
    table = opened.table
    wanted = [columns.poor, columns.households, columns.code]
    require_columns(pd.DataFrame(table.drop(columns="geometry")), wanted, path=path)
    label = table[columns.code].astype(str) if columns.code else _numbers(table)
    villages = table.set_index(label.rename("village_code"))
    with naming(path.name):
        with stage(log, "repair"):
            repaired = repair_boundaries(villages[["geometry"]]).villages
        villages = villages.drop(columns="geometry").join(repaired, how="right")
        found = find_pockets(
            gpd.GeoDataFrame(villages, crs=repaired.crs),
            poor=columns.poor, households=columns.households, settings=settings,
        )  # fmt: skip
    with stage(log, "write"):
        found.to_file(out)
    return found


def _numbers(table: gpd.GeoDataFrame) -> pd.Series:
    return pd.Series(range(1, len(table) + 1), index=table.index).astype(str)


def import_boundaries(
    path: Path,
    out: Path,
    *,
    regency: str,
    layer: str = "",
    crs: str = "",
    columns: BoundaryColumns | None = None,
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
    columns
        What the user says of the columns.

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
    return boundaries.import_file(
        path,
        out,
        regency=regency,
        layer=layer,
        crs=crs,
        columns=columns,
        locate=village_finder(regency),
    )
