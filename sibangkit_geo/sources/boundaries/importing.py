"""Turn a publisher's file into the plain one that studies read."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.sources.boundaries.layer import labels
from sibangkit_geo.sources.boundaries.position import DEGREES
from sibangkit_geo.sources.boundaries.reading import read_layout
from sibangkit_geo.sources.boundaries.repair import repair_boundaries
from sibangkit_geo.sources.boundaries.selecting import (
    of_regency,
    official_table,
    with_official_codes,
)
from sibangkit_geo.sources.boundaries.source import warn_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from sibangkit_geo.sources.boundaries.layer import BoundaryLayer

_ENDINGS = (".geojson", ".gpkg")
_LISTED = 5


def import_file(
    path: Path,
    out: Path,
    *,
    regency: str,
    layer: str = "",
    crs: str = "",
    locate: Callable[[pd.DataFrame], pd.Series] | None = None,
) -> Path:
    """
    Write the villages of one regency as a clean coverage with plain columns.

    Polygons with BPS codes or none are matched to the official list by district
    and village name; those that find no village are left out with a warning.
    Grain: one row per village, columns ``kode``, ``nama``, ``kecamatan``.

    Parameters
    ----------
    path
        File of a known publisher (`read_layout`).
    out
        ``.geojson`` (degrees) or ``.gpkg`` (metres); replaced when it is there.
    regency
        Dotted Kemendagri code.
    layer
        Layer of a GeoPackage or archive with several.
    crs
        Coordinate reference system, where the file names none or a wrong one.
    locate
        Matches rows (``code``, ``district_name``, ``village_name``) to village codes;
        without it names must agree but for case, spaces and punctuation.

    Returns
    -------
    out
        The file written.

    Raises
    ------
    ConfigError
        The file is missing, has no village of the regency, or `out` cannot be written.
    DataError
        The file cannot be read, cleaned or matched; nothing is written.
    """
    if out.suffix.lower() not in _ENDINGS:
        msg = f"{out.name}: --out must end in .geojson or .gpkg."
        raise ConfigError(msg)
    read = read_layout(path, layer=layer, crs=crs)
    warn_of(read.notes)
    if read.code_system != "kemendagri":
        read = _coded(read, regency=regency, locate=locate)
    villages = of_regency(read, regency=regency)
    cleaned = repair_boundaries(villages).villages
    official = official_table(regency, districts=villages["district_name"], names=villages["name"])
    plain = gpd.GeoDataFrame(
        {
            "kode": cleaned.index,
            "nama": cleaned["name"].astype(str).to_numpy(),
            "kecamatan": official["district_name"].reindex(cleaned.index).astype(str).to_numpy(),
        },
        geometry=cleaned.geometry.to_numpy(),
        crs=cleaned.crs,
    )
    return _write(plain, out)


def _coded(
    read: BoundaryLayer,
    *,
    regency: str,
    locate: Callable[[pd.DataFrame], pd.Series] | None,
) -> BoundaryLayer:
    code, here = with_official_codes(read, regency=regency, locate=locate)
    lost = here & code.isna()
    if lost.sum() == here.sum():
        msg = f"{read.file}: no polygon matches an official village by district and name"
        raise DataError(msg, remedy="Check the layer and its names.")
    if lost.any():
        shown = ", ".join(
            f"{name} ({label})"
            for name, label in zip(
                read.areas.loc[lost, "name"][:_LISTED], labels(read)[lost][:_LISTED], strict=True
            )
        )
        text = (
            f"{int(lost.sum())} dari {int(here.sum())} poligon tidak cocok dengan nama "
            f"desa/kelurahan resmi dan ditinggalkan, antara lain {shown}."
        )
        warnings.warn(text, DegradedInputWarning, stacklevel=3)
    areas = read.areas.assign(code=code.astype("string"))[here & ~lost]
    return dataclasses.replace(read, areas=areas, code_system="kemendagri")


def _write(plain: gpd.GeoDataFrame, out: Path) -> Path:
    geojson = out.suffix.lower() == ".geojson"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # beside the target, so that the last step is a rename and never half a file
        folder = Path(tempfile.mkdtemp(prefix=f".{out.stem}-", dir=out.parent))
    except OSError as error:
        msg = f"{out}: cannot write there ({error.strerror}). Choose another --out."
        raise ConfigError(msg) from error
    try:
        table = plain.to_crs(DEGREES) if geojson else plain
        driver = "GeoJSON" if geojson else "GPKG"
        table.to_file(folder / out.name, driver=driver, engine="pyogrio")
        (folder / out.name).replace(out)
    except OSError as error:
        msg = f"{out}: cannot write there ({error.strerror}). Choose another --out."
        raise ConfigError(msg) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return out
