"""Read village polygons of any publisher under one set of column names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.model.types import Note
from sibangkit_geo.sources.boundaries.open_file import BoundaryLayer, layout_of, layouts, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sibangkit_geo.sources.boundaries.open_file import OpenedFile

_UNDOTTED = r"^(\d{2})(\d{2})(\d{2})([12]\d{3})$"

_BPS_DISTRICT_DIGITS = 7


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


def of_regency(layer: BoundaryLayer, *, regency: str) -> gpd.GeoDataFrame:
    """
    Take the villages of one regency out of a layer with Kemendagri codes.

    Grain: one row per feature of the regency, sorted by code.

    `regency`: Dotted code; villages of other regencies are dropped.
    Returns: Indexed by ``village_code``: ``name``, ``district_name``, ``geometry``.
    Raises ConfigError: The file has no village of the regency.
    Raises DataError: Codes are malformed, or villages have no geometry.
    """
    areas, code = layer.areas, layer.areas["code"]
    bad = ~codes.is_code(code, code_system="kemendagri")
    if bad.any():
        msg = f"{layer.file}: column of codes ({layer.layout}) has cells that are no village code"
        rows = pd.DataFrame(areas.loc[bad, ["code"]])
        raise DataError(msg, rows=rows, remedy="Write them like 16.07.05.1022.")
    here = (codes.parent(code, level="regency") == regency).astype(bool)
    if not here.any():
        there = ", ".join(sorted(codes.parent(code, level="regency").unique())[:3])
        msg = f'{layer.file}: no village of regency "{regency}" ([study] regency); it has {there}.'
        raise ConfigError(msg)
    hollow = here & (areas.geometry.is_empty | areas.geometry.isna())
    if hollow.any():
        msg = f"{layer.file}: villages without geometry"
        rows = pd.DataFrame({"code": code[hollow]}).set_index("code")
        raise DataError(msg, rows=rows, remedy="Draw them or drop their rows.")
    villages = gpd.GeoDataFrame(
        {"name": areas["name"].fillna(code), "district_name": areas["district_name"]},
        geometry=areas.geometry,
    )[here]
    return villages.set_index(code[here].astype(object).rename("village_code")).sort_index()


def official_table(
    regency: str, *, districts: pd.Series | None = None, names: pd.Series | None = None
) -> pd.DataFrame:
    """
    List the official villages of a regency with their districts.

    Grain: one row per village.

    Parameters
    ----------
    regency
        Dotted code.
    districts
        Names of districts by village code, where no list is embedded.
    names
        Names of villages by code that are listed besides the official ones.

    Returns
    -------
    official
        Indexed by ``village_code``: ``name``, ``district_code``, ``district_name``;
        empty where no list is embedded and no name is given.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    extra = {} if names is None else dict(names)
    every = pd.Series(extra | dict(codes.official_villages(regency)), dtype=object)
    official = pd.DataFrame({"name": every}).sort_index().rename_axis("village_code")
    district = codes.parent(official.index.to_series().astype("string"), level="district")
    official["district_code"] = district.astype(object)
    known = {code: name for code, (_, name) in codes.districts(regency).items()}
    if districts is not None:
        told = districts.dropna()
        by_code = told.groupby(codes.parent(told.index.to_series(), level="district")).first()
        known = dict(by_code) | known
    official["district_name"] = (
        official["district_code"].map(known).fillna(official["district_code"])
    )
    return official


def with_official_codes(
    layer: BoundaryLayer,
    *,
    regency: str,
    locate: Callable[[pd.DataFrame], pd.Series] | None = None,
) -> tuple[pd.Series, pd.Series]:
    """
    Find the Kemendagri code of each polygon that has none, by district and name.

    `layer`: Polygons with BPS codes or none.
    `regency`: Dotted code.
    `locate`: Matches rows (``code``, ``district_name``, ``village_name``) to village codes;
        without it names must agree but for case, spaces and punctuation.
    Returns: Village code per feature, missing where none was found; which features are of the
        regency.
    Raises DataError: The file does not say which district or regency its villages are in, the
        official list is not embedded, or no feature is of the regency.
    """
    official = official_table(regency)
    if official.empty:
        msg = f"{layer.file}: no official list of regency {regency} is at hand to match names with"
        raise DataError(msg, remedy="Give polygons with Kemendagri codes.")
    here = _is_here(layer, regency)
    rows = pd.DataFrame(
        {
            "code": layer.areas["code"],
            "district_name": _district_names(layer, regency),
            "village_name": layer.areas["name"],
        }
    )[here]
    if rows.empty:
        msg = f"{layer.file}: no polygon of regency {regency}"
        raise DataError(msg, remedy="Check the regency and the layer.")
    if rows["district_name"].isna().all():
        msg = f"{layer.file}: {layer.layout} does not say which district a village is in"
        raise DataError(msg, remedy="Village names repeat: give a layer that names districts.")
    found = locate(rows) if locate else _same_letters(rows, official)
    return found.reindex(layer.areas.index), here


def _is_here(layer: BoundaryLayer, regency: str) -> pd.Series:
    if layer.code_system == "bps":
        starts = tuple({bps[:4] for bps, _ in codes.districts(regency).values()})
        inside: pd.Series = layer.areas["code"].str.startswith(starts).fillna(value=False)
        return inside.astype(bool)
    told = layer.areas["regency_name"]
    if told.isna().all():
        msg = f"{layer.file}: {layer.layout} has no official codes and names no regency"
        raise DataError(msg, remedy="Village names repeat: give a layer with codes (HDX COD-AB).")
    kind, _, name = codes.require_regency(regency).partition(" ")
    # "Bandung" alone is the Kabupaten; the Kota is always written out
    spellings = {_fold(f"{kind} {name}")}
    if kind == "Kabupaten":
        spellings |= {_fold(name), _fold(f"Kab {name}")}
    here: pd.Series = told.fillna("").map(_fold).isin(spellings)
    return here


def _district_names(layer: BoundaryLayer, regency: str) -> pd.Series:
    if layer.code_system != "bps":
        told: pd.Series = layer.areas["district_name"]
        return told
    # BPS and Kemendagri number districts differently, so the pair list decides
    by_bps = dict(codes.districts(regency).values())
    digits = layer.areas["code"].str.slice(0, _BPS_DISTRICT_DIGITS)
    named: pd.Series = digits.map(by_bps).astype("string").fillna(layer.areas["district_name"])
    return named


def _same_letters(rows: pd.DataFrame, official: pd.DataFrame) -> pd.Series:
    def keys(district: pd.Series, village: pd.Series) -> pd.Series:
        return district.fillna("").map(_fold) + "/" + village.fillna("").map(_fold)

    wanted = keys(rows["district_name"], rows["village_name"])
    listed = keys(official["district_name"], official["name"])
    listed = listed[~listed.duplicated(keep=False)]
    by_key = pd.Series(listed.index, index=listed.to_numpy())
    found: pd.Series = wanted.map(by_key).where(~wanted.duplicated(keep=False)).astype(object)
    return found


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
