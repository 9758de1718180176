"""What a boundary file holds once opened: the types that the parts of this package hand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import codes

if TYPE_CHECKING:
    import geopandas as gpd

    from sibangkit_geo.tables.public import Note

AREA_COLUMNS = ("code", "name", "district_name", "regency_name")


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """
    A vector file as it came, in degrees or metres; one row per feature.

    `table`: All its columns, polygons without Z.
    `fault`: Why its coordinates cannot be placed; empty when they can.
    """

    table: gpd.GeoDataFrame
    fault: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundaryLayer:
    """
    Polygons of villages under one set of column names; one row per feature of the file.

    Attributes
    ----------
    areas
        Columns ``code``, ``name``, ``district_name``, ``regency_name`` (text or
        missing) and ``geometry``, indexed by feature number.
    layout
        Whose column names were recognised.
    code_system
        ``"kemendagri"``, ``"bps"``, or empty when the file has no official codes.
    file
        Name of the file, for messages.
    fault
        Why the coordinates cannot be placed; empty when they can.
    notes
        What was assumed or put right while reading.
    """

    areas: gpd.GeoDataFrame
    layout: str
    code_system: str
    file: str
    fault: str = ""
    notes: tuple[Note, ...] = ()


def well_formed(layer: BoundaryLayer) -> pd.Series:
    """
    Tell which features carry a well-formed village code of the layer's own system.

    Returns: True or False per feature; all False when the file has no official codes.
    """
    for system in codes.CODE_SYSTEMS:
        if layer.code_system == system:
            return codes.is_code(layer.areas["code"], code_system=system)
    return pd.Series(data=False, index=layer.areas.index)


def labels(layer: BoundaryLayer) -> pd.Series:
    """
    Name features in a message: by code where it is one, else by feature number.

    A malformed cell may hold anything, even an identity number, and is never shown.
    """
    numbers = ("fitur " + layer.areas.index.astype(str)).to_series(index=layer.areas.index)
    named: pd.Series = layer.areas["code"].astype(object).where(well_formed(layer), numbers)
    return named
