"""Village polygons of a study: read, checked, cleaned into one valid coverage in metres."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.model.types import Boundaries, Note
from sibangkit_geo.sources.boundaries.layouts import (
    named_columns,
    of_regency,
    official_table,
    read_layout,
    recognise,
    with_official_codes,
)
from sibangkit_geo.sources.boundaries.open_file import DEGREES, labels, layout_of, open_file
from sibangkit_geo.sources.boundaries.repair import repair_boundaries
from sibangkit_geo.sources.text_tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sibangkit_geo.sources.boundaries.open_file import BoundaryLayer

_CODE, _NAME = "kode", "nama"
_DOUBTFUL = ("crs_assumed", "crs_contradicted", "axes_swapped")

_ENDINGS = (".geojson", ".gpkg")
_LISTED = 5


@dataclass(frozen=True, slots=True)
class BoundarySource:
    """
    The ``[boundaries]`` table of a study.

    Attributes
    ----------
    villages
        File of village polygons, or ``"default"`` for the embedded approximation.
    code, name
        Columns with the village code and name; left out, the columns of a known
        publisher are recognised.
    code_system
        Which codes ``code`` holds; only ``"kemendagri"`` can be drawn today.
    context
        File of neighbouring regencies; empty draws none.
    source
        Words for the source line.
    crs
        Coordinate reference system of the polygons, where their file names none or
        a wrong one, such as ``"EPSG:32748"``.
    layer
        Layer of a GeoPackage or zip archive with several.
    """

    villages: str
    code: str = _CODE
    name: str = _NAME
    code_system: codes.CodeSystem = "kemendagri"
    context: str = ""
    source: str = ""
    crs: str = ""
    layer: str = ""


def read_boundaries(source: BoundarySource, *, regency: str) -> Boundaries:
    """
    Read village polygons and clean them into a valid coverage.

    Grain: one row per village, and one per official village.

    Parameters
    ----------
    source
        What the study says about boundaries.
    regency
        Dotted code; villages of other regencies are dropped.

    Returns
    -------
    boundaries
        Coverage in metres, official list, neighbours.

    Raises
    ------
    ConfigError
        A file is missing, or the file has no village of the regency.
    DataError
        Columns missing, codes malformed or doubled, no CRS, empty geometry.
    """
    default = source.villages == "default"
    path = embedded_polygons() if default else Path(source.villages)
    layer = _read_villages(source, path)
    villages = of_regency(layer, regency=regency)
    repaired = repair_boundaries(villages.drop(columns="district_name"))
    warn_of(layer.notes)
    cleaned = repaired.villages
    official = official_table(
        regency, districts=villages["district_name"], names=cleaned["name"]
    ).assign(has_polygon=lambda table: table.index.isin(cleaned.index))
    cleaned = cleaned.assign(
        district_code=official["district_code"], district_name=official["district_name"]
    )
    return Boundaries(
        villages=cleaned,
        official=official,
        context=_read_context(source, regency=regency, crs=cleaned.crs),
        regency=regency,
        approximate=default,
        source=source.source
        or (
            "Batas pendekatan tertanam sibangkit_geo (idn-area-data ODbL, "
            "geografis MIT, Natural Earth)"
            if default
            else path.name
        ),
        notes=(*layer.notes, *repaired.notes, *_missing_polygons(official)),
    )


def embedded_polygons() -> Path:
    """
    Name the embedded approximate polygons.

    Returns
    -------
    path
        GeoJSON file.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    return codes.data_folder() / "villages.geojson"


def input_files(source: BoundarySource) -> list[tuple[str, Path]]:
    """
    List the files that `read_boundaries` opens.

    Parameters
    ----------
    source
        What the study says about boundaries.

    Returns
    -------
    files
        Role and path of each.

    Raises
    ------
    MissingFileError
        The embedded data are asked for and missing.
    """
    if source.villages == "default":
        files = [("boundaries", embedded_polygons())]
        if not source.context:
            files.append(("context", codes.data_folder() / "context.geojson"))
    else:
        files = [("boundaries", Path(source.villages))]
    if source.context:
        files.append(("context", Path(source.context)))
    return files


def warn_of(notes: Iterable[Note]) -> None:
    """Warn of what was guessed about where polygons lie."""
    for note in notes:
        if note.key in _DOUBTFUL:
            warnings.warn(note.text, DegradedInputWarning, stacklevel=3)


def _read_villages(source: BoundarySource, path: Path) -> BoundaryLayer:
    if source.code_system != "kemendagri":
        msg = (
            '[boundaries] code_system must be "kemendagri": BPS polygons cannot be drawn yet. '
            "`sibangkit boundaries import` gives them Kemendagri codes."
        )
        raise ConfigError(msg)
    opened = open_file(path, named_by="[boundaries] villages", layer=source.layer, crs=source.crs)
    columns = [str(name) for name in opened.table.columns]
    named = source.code in columns and source.name in columns
    if named or (source.code, source.name) != (_CODE, _NAME) or layout_of(columns) is None:
        require_columns(pd.DataFrame(opened.table), [source.code, source.name], path=path)
        return named_columns(
            opened,
            code=source.code,
            name=source.name,
            path=path,
            code_system=source.code_system,
        )
    layer = recognise(opened, path=path)
    if layer.code_system != "kemendagri":
        msg = f"{path.name}: {layer.layout} has no Kemendagri codes"
        remedy = "Give it some with `sibangkit boundaries import`."
        raise DataError(msg, remedy=remedy)
    return layer


def _missing_polygons(official: pd.DataFrame) -> list[Note]:
    absent = official[~official["has_polygon"]]
    if absent.empty:
        return []
    names = "; ".join(f"{name} ({code})" for code, name in absent["name"].items())
    text = (
        f"{len(absent)} desa/kelurahan resmi tidak mempunyai poligon pada berkas batas dan "
        f"tidak tergambar di peta: {names}."
    )
    return [Note("villages_without_polygon", text, len(absent))]


def _read_context(source: BoundarySource, *, regency: str, crs: object) -> gpd.GeoDataFrame:
    if source.context:
        path = Path(source.context)
    elif source.villages == "default":
        path = codes.data_folder() / "context.geojson"
    else:
        return gpd.GeoDataFrame({"name": []}, geometry=[], crs=crs)
    layer = open_file(path, named_by="[boundaries] context").table
    text = [name for name in layer.columns if name != layer.geometry.name]
    name_column = source.name if source.name in layer else (_NAME if _NAME in layer else text[0])
    code_column = source.code if source.code in layer else (_CODE if _CODE in layer else text[0])
    others = layer[(layer[code_column].astype(str) != regency) & layer.geometry.notna()].to_crs(crs)
    return gpd.GeoDataFrame(
        {"name": others[name_column].astype(str)}, geometry=others.geometry.make_valid()
    ).reset_index(drop=True)


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
