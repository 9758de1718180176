"""Village polygons of a study: read, checked, cleaned into one valid coverage in metres."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
from shapely.geometry import box

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.model.types import Boundaries, Note
from sibangkit_geo.sources.boundaries.land_sea import (
    EMBEDDED_REGENCY,
    backdrop_files,
    backdrop_of,
    context_around,
)
from sibangkit_geo.sources.boundaries.layouts import BoundaryColumns, letters, well_formed
from sibangkit_geo.sources.boundaries.open_file import DEGREES, open_file, outside, read_layout
from sibangkit_geo.sources.boundaries.regency import of_regency, official_table
from sibangkit_geo.sources.boundaries.repair import repair_boundaries

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from sibangkit_geo.sources.boundaries.layouts import BoundaryLayer
    from sibangkit_geo.sources.boundaries.regency import Locate

_CODE, _NAME = "kode", "nama"
# what needs no one's attention
_PLAIN = ("codes_dotted", "z_dropped", "located_by_name", "codes_empty")

# a map of one regency shows little more of its neighbours
_NEAR_M = 30_000.0
_ENDINGS = (".geojson", ".gpkg")
_EMBEDDED_SOURCE = (
    "Batas indikatif tertanam sibangkit_geo (idn-area-data ODbL, geografis MIT, Natural Earth)"
)


@dataclass(frozen=True, slots=True)
class BoundarySource:
    """
    The ``[boundaries]`` table of a study.

    Attributes
    ----------
    villages
        File of village polygons, or ``"default"`` for the embedded approximation.
    code, name, district
        Columns with the village code, its name and that of its district; left out, they
        are told by what the columns contain.
    code_system
        Which codes ``code`` holds; left out, lists and names tell. Villages with BPS
        codes or none are found by district and name.
    context
        File of neighbouring regencies; empty draws those near by that the file of villages
        has itself. What either leaves open is filled from the embedded ones.
    source
        Words for the source line.
    crs
        Coordinate reference system of the polygons, where their file names none or
        a wrong one, such as ``"EPSG:32748"``.
    layer
        Layer of a file with several.

    Examples
    --------
    >>> source = BoundarySource("desa.gpkg", code="KDEPUM", name="WADMKD")
    >>> source.district, source.code_system  # left to what the columns contain
    ('', '')
    """

    villages: str
    code: str = ""
    name: str = ""
    district: str = ""
    code_system: Literal["", "kemendagri", "bps"] = ""
    context: str = ""
    source: str = ""
    crs: str = ""
    layer: str = ""


def read_boundaries(
    source: BoundarySource | None = None,
    *,
    regency: str | None = None,
    locate: Locate | None = None,
) -> Boundaries:
    """
    Read village polygons and clean them into a valid coverage.

    Without any argument: the embedded villages of Banyuasin, whose borders are approximate
    (`Boundaries.approximate`) and no official ones.
    Grain: one row per village, and one per official village.

    Parameters
    ----------
    source
        What the study says about boundaries; the embedded ones when None.
    regency
        Dotted code; villages of other regencies are dropped. May be left out with the
        embedded ones, which are those of ``"16.07"`` alone.
    locate
        Matches names to villages, as in `import_file`.

    Returns
    -------
    boundaries
        Coverage in metres, official list, neighbours.

    Raises
    ------
    ConfigError
        A file is missing, or the file has no village of the regency.
    DataError
        Columns missing, no CRS, or no feature is usable.
    ValueError
        A file is named, and no regency.

    Examples
    --------
    >>> found = read_boundaries()
    >>> len(found.villages), found.regency, found.approximate
    (313, '16.07', True)
    >>> found.villages["name"].head(2).to_dict()
    {'16.07.01.1016': 'Mariana', '16.07.01.1021': 'Mariana Ilir'}
    """
    source = source or BoundarySource("default")
    default = source.villages == "default"
    regency = _regency(source, regency)
    path = embedded_polygons() if default else Path(source.villages)
    columns = BoundaryColumns(source.code, source.name, source.district, source.code_system)
    layer = read_layout(
        path,
        layer=source.layer,
        crs=source.crs,
        columns=columns,
        named_by="[boundaries] villages",
    )
    found = of_regency(layer, regency=regency, locate=locate)
    villages = _officially_named(found.areas, regency=regency)
    repaired = repair_boundaries(villages.drop(columns="district_name"))
    warn_of((*layer.notes, *found.notes))
    cleaned = repaired.villages
    official = official_table(
        regency, districts=villages["district_name"], names=cleaned["name"]
    ).assign(has_polygon=lambda table: table.index.isin(cleaned.index))
    cleaned = cleaned.assign(
        district_code=official["district_code"], district_name=official["district_name"]
    )
    context = _context(source, layer, cleaned, regency=regency)
    return Boundaries(
        villages=cleaned,
        official=official,
        context=context,
        regency=regency,
        approximate=default,
        source=source.source or (_EMBEDDED_SOURCE if default else path.name),
        notes=(*layer.notes, *found.notes, *repaired.notes, *_missing_polygons(official)),
        backdrop=backdrop_of(cleaned, context=context),
    )


def _regency(source: BoundarySource, regency: str | None) -> str:
    """Tell which regency is asked for: guessed of the embedded villages only, which have one."""
    if source.villages != "default":
        if regency is None:
            msg = f"`regency` must say whose villages {Path(source.villages).name} is read for."
            raise ValueError(msg)
        return regency
    if regency not in {None, EMBEDDED_REGENCY}:
        name = codes.require_regency(str(regency))
        msg = (
            f'The embedded boundaries hold no village of regency "{regency}" ({name}), those of '
            f"{EMBEDDED_REGENCY} alone. Name a file of its villages ([boundaries] villages)."
        )
        raise ConfigError(msg)
    return EMBEDDED_REGENCY


def _context(
    source: BoundarySource, layer: BoundaryLayer, villages: gpd.GeoDataFrame, *, regency: str
) -> gpd.GeoDataFrame:
    """Draw the regencies around: those of the study's files first, then the embedded ones."""
    if source.context:
        known = _read_context(source, regency=regency, crs=villages.crs)
    elif source.villages == "default":
        # the embedded villages and regencies are one coverage already
        return _read_context(source, regency=regency, crs=villages.crs)
    else:
        known = _neighbours(layer, villages)
    return context_around(villages, regency=regency, known=known)


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
    else:
        files = _whole("boundaries", Path(source.villages))
    if source.context:
        files += _whole("context", Path(source.context))
    return [*files, *backdrop_files()]


def _whole(role: str, path: Path) -> list[tuple[str, Path]]:
    """List a file, or the files of a geodatabase, which is a folder."""
    if path.is_dir():
        return [(role, one) for one in sorted(path.iterdir()) if one.is_file()]
    return [(role, path)]


def warn_of(notes: Iterable[Note]) -> None:
    """Warn of what was guessed, left out or joined."""
    for note in notes:
        if note.key not in _PLAIN:
            warnings.warn(note.text, DegradedInputWarning, stacklevel=3)


def _officially_named(villages: gpd.GeoDataFrame, *, regency: str) -> gpd.GeoDataFrame:
    """Write names that differ from the official ones by case, spaces and punctuation like these."""
    listed = villages.index.to_series().map(dict(codes.official_villages(regency)))
    # a name in other letters has none to compare
    same = listed.notna() & (listed.fillna("").map(letters) == villages["name"].map(letters))
    return villages.assign(name=villages["name"].astype(object).mask(same, listed))


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
    path = Path(source.context) if source.context else codes.data_folder() / "context.geojson"
    opened = open_file(path, named_by="[boundaries] context", strict=False)
    if opened.fault:
        msg = f"{path.name}: {opened.fault}"
        raise DataError(msg, remedy="Save the context file with its coordinate reference system.")
    layer = opened.table
    text = [name for name in layer.columns if name != layer.geometry.name]
    name_column, code_column = (
        next((one for one in (*wanted, *text[:1]) if one in layer), "")
        for wanted in ((source.name, _NAME), (source.code, _CODE))
    )
    # what lies far away is never seen, and may have no place in metres
    others = layer[layer.geometry.notna() & ~outside(layer.geometry)]
    if code_column:
        others = others[others[code_column].astype(str) != regency]
    others = others.to_crs(crs)
    names = others[name_column].astype(str).tolist() if name_column else [""] * len(others)
    return gpd.GeoDataFrame(
        {"name": names}, geometry=others.geometry.make_valid().array, crs=others.crs
    )


def _neighbours(layer: BoundaryLayer, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw the other regencies of the same file that lie near, each as one shape."""
    areas = layer.areas[layer.areas["code"].notna() | layer.areas["regency_name"].notna()]
    usable = areas.geometry.notna() & ~areas.geometry.is_empty & ~outside(areas.geometry)
    areas = areas[usable].to_crs(villages.crs)
    near = box(*villages.total_bounds).buffer(_NEAR_M)
    areas = areas[areas.geometry.representative_point().within(near)]
    inside = areas.geometry.representative_point().within(villages.geometry.union_all())
    digits = 5 if layer.code_system == "kemendagri" else 4
    coded = areas["code"].where(well_formed(layer).reindex(areas.index)).str.slice(0, digits)
    key = coded.fillna(areas["regency_name"])
    others = areas[~inside & key.notna()].assign(key=key)
    drawn = others.assign(geometry=others.geometry.make_valid()).dissolve("key")
    drawn = drawn[~drawn.geometry.is_empty & (drawn.area > 0)]
    named = drawn["regency_name"].astype(object)
    named = named.where(named.notna(), drawn.index.to_series()).astype(str).to_numpy()
    return gpd.GeoDataFrame({"name": named}, geometry=drawn.geometry.to_numpy(), crs=villages.crs)


def import_file(
    path: Path,
    out: Path,
    *,
    regency: str,
    layer: str = "",
    crs: str = "",
    columns: BoundaryColumns | None = None,
    locate: Locate | None = None,
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
        Layer of a file with several.
    crs
        Coordinate reference system, where the file names none or a wrong one.
    columns
        What the user says of the columns.
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
    read = read_layout(path, layer=layer, crs=crs, columns=columns)
    found = of_regency(read, regency=regency, locate=locate)
    warn_of((*read.notes, *found.notes))
    villages = _officially_named(found.areas, regency=regency)
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
