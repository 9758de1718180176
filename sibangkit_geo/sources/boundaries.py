"""Village polygons: read, checked, cleaned into one valid coverage in metres."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.sources.text_tables import require_columns, require_file
from sibangkit_geo.tables.numerals import numeral
from sibangkit_geo.tables.public import Boundaries, Note

if TYPE_CHECKING:
    from pathlib import Path

# measured on the 305 polygons of Banyuasin: the widest gap between neighbours that is no water is
# under 50 m, and 5 m joins vertices that only rounding holds apart
GAP_WIDTH_M = 50.0
SNAPPING_DISTANCE_M = 5.0
_DEGREES = "EPSG:4326"
_BANYUASIN_CRS = "EPSG:32748"
_OVERLAP_M2 = 1.0


@dataclass(frozen=True, slots=True)
class BoundarySource:
    """
    The ``[boundaries]`` table of a study.

    Attributes
    ----------
    villages
        File of village polygons, or ``"default"`` for the embedded approximation.
    code, name
        Columns with the village code and name.
    code_system
        Which codes ``code`` holds; only ``"kemendagri"`` can be drawn today.
    context
        File of neighbouring regencies; empty draws none.
    source
        Words for the source line.
    """

    villages: str
    code: str = "kode"
    name: str = "nama"
    code_system: codes.CodeSystem = "kemendagri"
    context: str = ""
    source: str = ""


def read_boundaries(source: BoundarySource, *, folder: Path, regency: str) -> Boundaries:
    """
    Read village polygons and clean them into a valid coverage.

    Grain: one row per village, and one per official village.

    Parameters
    ----------
    source
        What the study says about boundaries.
    folder
        Folder that relative paths start from.
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
    path = embedded_polygons() if default else folder / source.villages
    villages = _read_layer(path, named_by="[boundaries] villages")
    require_columns(pd.DataFrame(villages), [source.code, source.name], path=path)
    villages = _of_regency(villages, source, path=path, regency=regency)
    cleaned, notes = _clean(villages)
    official = _official_list(cleaned, regency)
    cleaned = cleaned.assign(
        district_code=official["district_code"], district_name=official["district_name"]
    )
    return Boundaries(
        villages=cleaned,
        official=official,
        context=_read_context(source, folder=folder, regency=regency, crs=cleaned.crs),
        regency=regency,
        approximate=default,
        source=source.source
        or (
            "Batas pendekatan tertanam sibangkit_geo (idn-area-data ODbL, "
            "geografis MIT, Natural Earth)"
            if default
            else path.name
        ),
        notes=(*notes, *_missing_polygons(official)),
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


def input_files(source: BoundarySource, *, folder: Path) -> list[tuple[str, Path]]:
    """
    List the files that `read_boundaries` opens.

    Parameters
    ----------
    source
        What the study says about boundaries.
    folder
        Folder that relative paths start from.

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
        files = [("boundaries", folder / source.villages)]
    if source.context:
        files.append(("context", folder / source.context))
    return files


def _read_layer(path: Path, *, named_by: str) -> gpd.GeoDataFrame:
    require_file(path, named_by=named_by)
    try:
        layer = gpd.read_file(path, engine="pyogrio")
    except (RuntimeError, ValueError, OSError) as error:  # pyogrio's DataSourceError is Runtime
        msg = f"{path.name}: not a vector file that can be read"
        remedy = "Give a GeoJSON, GeoPackage or Shapefile of polygons."
        raise DataError(msg, remedy=remedy) from error
    if not isinstance(layer, gpd.GeoDataFrame) or layer.empty:
        msg = f"{path.name}: the layer has no polygon"
        raise DataError(msg, remedy="Export it again with its areas.")
    if layer.crs is None:
        msg = f"{path.name}: the layer names no coordinate reference system"
        raise DataError(msg, remedy="Save it with its CRS (for a Shapefile, the .prj file).")
    layer.geometry = shapely.force_2d(layer.geometry.array)
    return layer


def _of_regency(
    layer: gpd.GeoDataFrame, source: BoundarySource, *, path: Path, regency: str
) -> gpd.GeoDataFrame:
    if source.code_system != "kemendagri":
        msg = '[boundaries] code_system must be "kemendagri": BPS polygons cannot be drawn yet.'
        raise ConfigError(msg)
    code = layer[source.code].astype("string").str.strip()
    bad = ~codes.is_code(code, code_system=source.code_system)
    if bad.any():
        msg = f"{path.name}: column {source.code} has cells that are no village code"
        raise DataError(
            msg,
            rows=pd.DataFrame(layer.loc[bad, [source.code]]),
            remedy="Write them like 16.07.05.1022.",
        )
    here = codes.parent(code, level="regency") == regency
    if not here.any():
        there = ", ".join(sorted(codes.parent(code, level="regency").unique())[:3])
        msg = f'{path.name}: no village of regency "{regency}" ([study] regency); it has {there}.'
        raise ConfigError(msg)
    hollow = here & (layer.geometry.is_empty | layer.geometry.isna())
    if hollow.any():
        msg = f"{path.name}: villages without geometry"
        raise DataError(
            msg,
            rows=pd.DataFrame({"code": code[hollow]}).set_index("code"),
            remedy="Draw them or drop their rows.",
        )
    villages = gpd.GeoDataFrame(
        {"name": layer[source.name].astype("string").str.strip().fillna(code)},
        geometry=layer.geometry,
    )[here]
    return villages.set_index(code[here].astype(object).rename("village_code")).sort_index()


def _clean(villages: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Note]]:
    twice = villages[villages.index.duplicated(keep=False)]
    if len(twice):
        msg = "Village codes stand twice in the boundary file"
        raise DataError(msg, rows=pd.DataFrame(twice), remedy="Dissolve the parts of one village.")
    metric = _to_metres(villages)
    invalid = ~metric.geometry.is_valid
    areas = metric.geometry.make_valid()
    before = float(areas.area.sum())
    cleaned = shapely.coverage_clean(
        areas.to_numpy(), gap_width=GAP_WIDTH_M, snapping_distance=SNAPPING_DISTANCE_M
    )
    metric = metric.set_geometry(gpd.GeoSeries(cleaned, index=metric.index, crs=metric.crs))
    lost = metric[metric.geometry.is_empty | (metric.geometry.area < _OVERLAP_M2)]
    if len(lost):
        msg = "Villages whose whole area lies under their neighbours"
        raise DataError(msg, rows=pd.DataFrame(lost), remedy="Correct these polygons.")
    change = (float(metric.geometry.area.sum()) - before) / 1e6
    notes = [
        Note(
            "coverage_cleaned",
            f"Batas {len(metric)} desa/kelurahan dirapikan menjadi satu "
            f"liputan tanpa celah dan tumpang tindih (luas berubah {numeral(change, 2)} km²).",
            len(metric),
        )
    ]
    if invalid.any():
        text = f"{int(invalid.sum())} poligon tidak sah diperbaiki sebelum dirapikan."
        warnings.warn(text, DegradedInputWarning, stacklevel=3)
        notes.append(Note("polygons_repaired", text, int(invalid.sum())))
    return metric, notes


def _to_metres(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # Banyuasin straddles no zone; elsewhere the UTM zone of the data's middle is used
    in_banyuasin = str(villages.index[0]).startswith("16.07.")
    crs = _BANYUASIN_CRS if in_banyuasin else villages.estimate_utm_crs()
    return villages.to_crs(crs)


def _official_list(villages: gpd.GeoDataFrame, regency: str) -> pd.DataFrame:
    names = dict(villages["name"]) | dict(codes.official_villages(regency))
    official = pd.DataFrame({"name": names}).sort_index().rename_axis("village_code")
    official["district_code"] = codes.parent(official.index.to_series(), level="district")
    known = {code: name for code, (_, name) in codes.districts(regency).items()}
    district = official["district_code"]
    official["district_name"] = district.map(known).fillna(district)
    official["has_polygon"] = official.index.isin(villages.index)
    return official


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


def _read_context(
    source: BoundarySource, *, folder: Path, regency: str, crs: object
) -> gpd.GeoDataFrame:
    if source.context:
        path = folder / source.context
    elif source.villages == "default":
        path = codes.data_folder() / "context.geojson"
    else:
        return gpd.GeoDataFrame({"name": []}, geometry=[], crs=crs)
    layer = _read_layer(path, named_by="[boundaries] context")
    text = [name for name in layer.columns if name != layer.geometry.name]
    name_column = source.name if source.name in layer else ("nama" if "nama" in layer else text[0])
    code_column = source.code if source.code in layer else ("kode" if "kode" in layer else text[0])
    others = layer[layer[code_column].astype(str) != regency].to_crs(crs)
    return gpd.GeoDataFrame(
        {"name": others[name_column].astype(str)}, geometry=others.geometry.make_valid()
    ).reset_index(drop=True)
