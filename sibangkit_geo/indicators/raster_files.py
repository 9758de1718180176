"""Rasters that someone hands us: opened without following links, and judged by their header."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from exactextract.raster import RasterioRasterSource
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.vrt import WarpedVRT

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from contextlib import ExitStack

    import geopandas as gpd
    from numpy.typing import NDArray

REMEDY = "Open it in QGIS and save it again as GeoTIFF with its CRS."
#: how a file begins (TIFF 6.0 and BigTIFF, Erdas Imagine, grid of ASCII), and GDAL's driver for it.
#: The driver is named, so no other one is asked: a VRT or a WMS of any name would read other files
#: and web addresses
_DRIVERS = (
    (re.compile(rb"II[*+]\0|MM\0[*+]"), "GTiff"),
    (re.compile(rb"EHFA_HEADER_TAG"), "HFA"),
    (re.compile(rb"\s*(?:ncols|nrows|xll|yll)", re.IGNORECASE), "AAIGrid"),
)
_START_BYTES = 256
#: no files beside the raster but a grid's .prj, which is words only (.ovr and .msk are opened with
#: any driver, .aux.xml names overviews), and no address that a file names
_ENVIRONMENT = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_HTTP_MAX_RETRY": "0",
}
_BESIDE_BYTES = 1 << 20
#: what GIS programs write where nothing was measured; beyond any measure stand the fill values of
#: netCDF (9.97e36), of CF (1e20), of Surfer (1.7e38) and the ends of 32 and 64 bit numbers
_MARKS = (-999.0, -9999.0, -99999.0, -32767.0, -32768.0)
_BEYOND_MEASURE = 1e20


class FiniteCells(RasterioRasterSource):  # type: ignore[misc]
    """
    Cells for exactextract; one that is infinite has no data.

    `infinite`: Whether a cell that was read is.
    """

    def __init__(self, raster: rasterio.DatasetReader) -> None:
        # a warped raster is no dataset by class, so it is wrapped here
        super().__init__(raster)
        self.infinite = False

    def read_window(self, *window: int) -> NDArray[np.generic]:
        """Read cells; infinite ones are NaN, which exactextract leaves out."""
        cells: NDArray[np.generic] = super().read_window(*window)
        lost = np.isinf(np.ma.getdata(cells)) & ~np.ma.getmaskarray(cells)
        if not lost.any():
            return cells
        self.infinite = True
        finite = cells.copy()
        finite[lost] = np.nan  # only floats are infinite
        return finite


def open_raster(stack: ExitStack, path: Path, *, nodata: float | None) -> rasterio.DatasetReader:
    """
    Open a raster whose rows run west to east and whose no-data value is known.

    `nodata`: Wins over the file's.
    Raises DataError: No raster, a raster without place, or more than limits allow.
    """
    stack.enter_context(rasterio.Env(**_ENVIRONMENT))
    try:
        with warnings.catch_warnings():
            # refused below, in our words
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            opened = stack.enter_context(rasterio.open(path, driver=_driver(path)))
        _require_usable(opened, path)
        _require_place(opened, path)
        _require_own_nodata(opened, path, nodata)
        turned = opened.transform.b or opened.transform.d or opened.transform.e > 0
        if turned or nodata is not None:
            known = opened.nodata if nodata is None else nodata
            return stack.enter_context(WarpedVRT(opened, src_nodata=known, nodata=known))
    except (RasterioError, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"{path.name}: no raster can be read from this file"
        raise DataError(msg, remedy=REMEDY) from error
    return opened


def _driver(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(_START_BYTES)
    for pattern, driver in _DRIVERS:
        if pattern.match(start):
            return driver
    msg = f"{path.name}: only GeoTIFF, Erdas Imagine (.img) and ASCII grids (.asc) are read"
    raise DataError(msg, remedy=REMEDY)


def _require_usable(opened: rasterio.DatasetReader, path: Path) -> None:
    """Refuse by the header what would take the machine, or leads to other files."""
    if opened.count > limits.RASTER_BANDS:
        msg = f"{path.name}: more than {limits.RASTER_BANDS:,} bands"
        raise DataError(msg, remedy="Save only the band that is meant; the first one is read.")
    rows, columns = opened.block_shapes[0]
    if "complex" in opened.dtypes[0]:
        msg = f"{path.name}: the cells are complex numbers, which no statistic is made of"
        raise DataError(msg, remedy="Save one part of them as a raster of plain numbers.")
    together = opened.count if opened.profile.get("interleave") == "pixel" else 1
    if rows * columns * together * np.dtype(opened.dtypes[0]).itemsize > limits.RASTER_BLOCK_BYTES:
        msg = f"{path.name}: the raster can only be read in pieces of a giant size"
        raise DataError(msg, remedy="Save it again in QGIS as GeoTIFF with TILED=YES.")
    # a tag inside may name any file as overview, which GDAL opens to list the files
    away = bool(opened.tags(ns="OVERVIEWS")) or any(
        Path(one).resolve().parent != path.resolve().parent for one in opened.files
    )
    if away:
        msg = f"{path.name}: the raster names other files, which are not followed"
        raise DataError(msg, remedy=REMEDY)


def _require_place(opened: rasterio.DatasetReader, path: Path) -> None:
    if opened.crs is None:
        msg = f"{path.name}: the raster has no CRS"
        raise DataError(msg, remedy=REMEDY)
    sides = np.array(opened.transform)[:6]
    if not (opened.crs.is_geographic or opened.crs.is_projected):
        msg = f"{path.name}: the CRS of the raster is none of a map, in degrees or metres"
        raise DataError(msg, remedy=REMEDY)
    if not np.isfinite(sides).all() or opened.transform.is_identity or _flat(opened):
        msg = f"{path.name}: the raster does not say where its cells lie"
        raise DataError(msg, remedy=REMEDY)


def _flat(opened: rasterio.DatasetReader) -> bool:
    # cells without area: no coordinate tells one from the next
    return bool(abs(opened.transform.determinant) < np.finfo(float).tiny ** 0.5)


def _require_own_nodata(opened: rasterio.DatasetReader, path: Path, nodata: float | None) -> None:
    """Refuse a raster whose no-data value only a file beside it tells, which is not read."""
    beside = path.with_name(f"{path.name}.aux.xml")
    if nodata is not None or opened.nodata is not None or not beside.is_file():
        return
    with beside.open("rb") as stream:
        told = b"<NoDataValue" in stream.read(_BESIDE_BYTES)
    if told:
        msg = f"{path.name}: its no-data value stands in {beside.name} only, which is not read"
        raise DataError(msg, remedy="Name `nodata` in its table, or save it again as GeoTIFF.")


def require_window(
    raster: rasterio.DatasetReader, villages: gpd.GeoDataFrame, *, name: str
) -> gpd.GeoDataFrame:
    """
    Refuse a raster away from the villages, or with more cells over them than can be summed up.

    `villages`: In any CRS, each with a polygon.
    Returns: The same in the raster's CRS.
    Raises DataError: The raster's name is `name`.
    """
    zones = villages[["geometry"]].to_crs(raster.crs)
    west, south, east, north = zones.total_bounds
    left, bottom, right, top = raster.bounds
    across, along = min(east, right) - max(west, left), min(north, top) - max(south, bottom)
    # infinite where the CRS knows no place for the villages
    if len(zones) and not (
        np.isfinite([west, south, east, north]).all() and across > 0 and along > 0
    ):
        raise no_cover(name)
    cells = across / abs(raster.transform.a) * along / abs(raster.transform.e)
    if cells > limits.RASTER_CELLS:
        msg = f"{name}: more than {limits.RASTER_CELLS:,} cells over the villages"
        raise DataError(msg, remedy="Make its cells larger in QGIS: 10 metres are fine enough.")
    return zones


def no_cover(name: str) -> DataError:
    """Word that a raster has cells for no village."""
    msg = f"{name}: the raster covers no village, or no village by half"
    remedy = "Check in QGIS that its CRS is right, that it lies over the villages and has data."
    return DataError(msg, remedy=remedy)


def refuse_mark(least: float, most: float, *, kind: str, name: str, key: str = "") -> None:
    """
    Refuse cells whose least or greatest value is what programs write where there is no data.

    `kind`: Type of the cells, such as ``"int16"``.
    `key`: Table of the study whose `nodata` can tell it; empty for none.
    Raises DataError: It is, and was not declared.
    """
    ends: tuple[float, ...] = ()
    if np.issubdtype(np.dtype(kind), np.integer) and np.dtype(kind).itemsize > 1:
        # of one byte every value may be meant, and 0 without a sign is a count
        about = np.iinfo(kind)
        ends = tuple(float(one) for one in (about.min, about.max) if one)
    for value in (least, most):
        if value not in {*_MARKS, *ends} and not abs(value) >= _BEYOND_MEASURE:
            continue
        mark = f"{value:.17g}"
        msg = f"{name}: cells hold {mark}, a mark of no data that the file does not declare"
        remedy = "Save it again in QGIS with this as its no-data value."
        if key:
            remedy = (
                f'Write nodata = "{mark}" in {key}, or save it again in QGIS with this as its '
                "no-data value."
            )
        raise DataError(msg, remedy=remedy)
