"""Read village polygons of any publisher under one set of column names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.boundaries.layer import BoundaryLayer
from sibangkit_geo.sources.boundaries.opening import layout_of, layouts, open_file
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo import codes
    from sibangkit_geo.sources.boundaries.layer import OpenedFile

_UNDOTTED = r"^(\d{2})(\d{2})(\d{2})([12]\d{3})$"


def read_layout(
    path: Path, *, layer: str = "", crs: str = "", strict: bool = True
) -> BoundaryLayer:
    """
    Read village polygons as one of the common publishers lays them out.

    Known are BIG/RBI, HDX COD-AB, GADM, geoBoundaries, BPS and wilayah_boundaries
    (``layouts.toml``).
    Grain: one row per feature of the file.

    Parameters
    ----------
    path
        Any format of `open_file`.
    layer
        Layer of a GeoPackage or archive; empty takes the one with villages.
    crs
        Coordinate reference system, where the file names none or a wrong one.
    strict
        Refuse polygons that cannot be placed, rather than tell of it in ``fault``.

    Returns
    -------
    layer
        Polygons with code, name, district and regency as far as they are known.

    Raises
    ------
    ConfigError
        The file is missing, or `crs` or `layer` names nothing.
    DataError
        The file cannot be read, or its columns are nobody's.
    """
    opened = open_file(path, named_by="boundary file", layer=layer, crs=crs, strict=strict)
    return recognise(opened, path=path)


def recognise(opened: OpenedFile, *, path: Path) -> BoundaryLayer:
    """
    Put an opened file under the common column names.

    `opened`: Polygons with all their columns.
    Raises DataError: The columns are nobody's.
    """
    layout = layout_of([str(name) for name in opened.table.columns])
    if layout is None:
        known = ", ".join(dict.fromkeys(str(one["name"]) for one in layouts()))
        msg = f"{path.name}: the columns are of no known layout ({known})"
        raise DataError(msg, remedy='Name the columns with the keys "code" and "name".')
    system = str(layout["code_system"])
    columns = {
        target: _first(opened.table, layout, source)
        for target, source in (
            ("code", "code"),
            ("name", "village"),
            ("district_name", "district"),
            ("regency_name", "regency"),
        )
    }
    columns["code"] = columns["code"].str.removeprefix(str(layout.get("prefix", "")))
    notes = list(opened.notes)
    if system == "kemendagri":
        columns["code"], dotted = _dot(columns["code"])
        if dotted:
            text = f"{dotted} kode Kemendagri tanpa titik diberi titik."
            notes.append(Note("codes_dotted", text, dotted))
    areas = gpd.GeoDataFrame(columns, geometry=opened.table.geometry)
    return BoundaryLayer(areas, str(layout["name"]), system, path.name, opened.fault, tuple(notes))


def named_columns(
    opened: OpenedFile, *, code: str, name: str, path: Path, code_system: codes.CodeSystem
) -> BoundaryLayer:
    """
    Put an opened file under the common names by the columns that a study names.

    `opened`: Polygons with all their columns.
    `code`, `name`: Columns with the village code and name.
    Returns: Polygons without district and regency names.
    """
    missing = pd.Series(pd.NA, index=opened.table.index, dtype="string")
    areas = gpd.GeoDataFrame(
        {
            "code": as_text(opened.table[code]),
            "name": as_text(opened.table[name]),
            "district_name": missing,
            "regency_name": missing,
        },
        geometry=opened.table.geometry,
    )
    return BoundaryLayer(areas, f"{code}/{name}", code_system, path.name, "", opened.notes)


def as_text(cells: pd.Series) -> pd.Series:
    """
    Turn cells into stripped text; whole numbers lose their ``.0``, empty cells are missing.

    Parameters
    ----------
    cells
        Codes or names as the file types them.

    Returns
    -------
    text
        Same index.

    Examples
    --------
    >>> import pandas as pd
    >>> as_text(pd.Series([1607060001.0, None])).tolist()
    ['1607060001', <NA>]
    """
    if pd.api.types.is_float_dtype(cells):
        whole = cells.notna() & np.isfinite(cells.fillna(0)) & (cells % 1 == 0)
        if whole.sum() == cells.notna().sum():
            cells = cells.astype("Int64")
    text = cells.astype("string").str.strip()
    return text.where(text != "", pd.NA)


def _first(table: gpd.GeoDataFrame, layout: Mapping[str, object], part: str) -> pd.Series:
    by_fold = {str(name).casefold(): name for name in table.columns}
    aliases = layout.get(part, [])
    filled = pd.Series(pd.NA, index=table.index, dtype="string")
    for alias in aliases if isinstance(aliases, list) else []:
        if alias.casefold() in by_fold:
            filled = filled.fillna(as_text(table[by_fold[alias.casefold()]]))
    return filled


def _dot(code: pd.Series) -> tuple[pd.Series, int]:
    # only here, where the column's own name says that the codes are Kemendagri's
    dotted = code.str.replace(_UNDOTTED, r"\1.\2.\3.\4", regex=True)
    return dotted, int((dotted != code).fillna(value=False).sum())
