"""Numbers out of rasters per village: zonal statistics, and the cheapest way to a facility."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

import exactextract
import numpy as np
import pandas as pd
import shapely
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.vrt import WarpedVRT
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.raster_files import (
    REMEDY,
    FiniteCells,
    no_cover,
    open_raster,
    refuse_mark,
    require_window,
)
from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import rasterio
    from numpy.typing import NDArray

Statistic = Literal["mean", "sum", "share"]
#: mark (`attrs`) of statistics of a raster with infinite cells, which count as no data
INFINITE = "infinite"


def zonal_statistics(
    raster: Path,
    villages: gpd.GeoDataFrame,
    *,
    statistic: Statistic,
    classes: tuple[float, ...] = (),
    weights: Path | None = None,
    nodata: float | None = None,
    minimum_cover: float = 0.5,
) -> pd.DataFrame:
    """
    Summarise a raster over each village, border cells by the part that lies inside [1]_.

    Grain: one row per village in, one row per village out.

    Parameters
    ----------
    raster
        GeoTIFF, COG, Erdas Imagine or ASCII grid; its first band counts.
    villages
        Polygons in any CRS, indexed by ``village_code``; taken to the raster's CRS.
    statistic
        ``"mean"`` and ``"sum"`` of the cells, or the ``"share"`` of cells in `classes`.
    classes
        Cell values that the share is of, such as the classes of a flood map.
    weights
        Raster that weighs the cells, such as people per cell; brought to the grid of
        `raster`, cells without a value weigh nothing.
    nodata
        Cell value that means no data; wins over the file's.
    minimum_cover
        Least share of a village with data, 0 to 1; below it the value is missing.

    Returns
    -------
    statistics
        ``value`` in the raster's own unit (a share is 0 to 1) and ``covered``, the
        share of the village with data, 0 to 1; both indexed like `villages`. A village
        outside the raster or without polygon has a missing value. An infinite cell has no
        data; ``attrs`` tells that there was one.

    Raises
    ------
    ValueError
        ``"share"`` without classes, or ``"sum"`` with weights.
    DataError
        The file is no raster, is damaged or giant, has no CRS, covers no village, or has a
        mark of no data that is not declared.

    References
    ----------
    .. [1] Baston, D., exactextract (Apache-2.0), fractions of cells without sampling.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import geopandas as gpd
    >>> import rasterio
    >>> square = gpd.GeoDataFrame(
    ...     index=["a"], geometry=[shapely.box(0, 0, 20, 10)], crs="EPSG:32748"
    ... )
    >>> grid = {"width": 2, "height": 1, "count": 1, "dtype": "float32", "crs": square.crs}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "depth.tif")
    ...     with rasterio.open(path, "w", transform=(10, 0, 0, 0, -10, 10), **grid) as file:
    ...         file.write(np.array([[[1.0, 4.0]]]))
    ...     zonal_statistics(path, square, statistic="mean").to_dict("records")
    [{'value': 2.5, 'covered': 1.0}]
    """
    if (statistic == "share") != bool(classes):
        msg = 'Name `classes` for the statistic "share", and for no other.'
        raise ValueError(msg)
    if statistic == "sum" and weights is not None:
        msg = "A sum has no weights."
        raise ValueError(msg)
    drawn = villages[~(villages.geometry.isna() | villages.geometry.is_empty)]
    with ExitStack() as stack:
        try:
            values = open_raster(stack, raster, nodata=nodata)
            zones = require_window(values, drawn, name=raster.name)
            cells = FiniteCells(values)
            weighing = _on_grid(stack, weights, values, drawn) if weights else None
            found = _extract(cells, zones, statistic, weighing)
        except (RasterioError, RuntimeError) as error:
            msg = f"{raster.name}: cells cannot be read; the file may be damaged"
            raise DataError(msg, remedy=REMEDY) from error
        cell = abs(values.transform.a * values.transform.e)
    _refuse_mark(found, cells, name=raster.name, key="[[rasters]]")
    # degrees shorten the cell and the village alike
    area = shapely.area(zones.geometry.to_numpy())
    covered = np.clip(found["count"].to_numpy(dtype=float) * cell / area, 0, 1)
    if len(drawn) and not (covered >= minimum_cover).any():
        raise no_cover(raster.name)
    value = _class_share(found, classes) if classes else found["value"].to_numpy(dtype=float)
    table = pd.DataFrame(
        {"value": np.where(covered >= minimum_cover, value, np.nan), "covered": covered},
        index=drawn.index,
    )
    table = table.reindex(villages.index)
    table = table.assign(covered=table["covered"].fillna(0.0))
    table.attrs[INFINITE] = cells.infinite
    return table


def _on_grid(
    stack: ExitStack, path: Path, values: rasterio.DatasetReader, villages: gpd.GeoDataFrame
) -> FiniteCells:
    """Bring a raster of weights to the grid of the values; counts are added up, not averaged."""
    opened = open_raster(stack, path, nodata=None)
    cells = FiniteCells(opened)
    zones = require_window(opened, villages, name=path.name)
    # on the other grid a mark is added up and no longer known
    ends = exactextract.exact_extract(cells, zones, ["min", "max"], output="pandas")
    _refuse_mark(ends, cells, name=path.name)
    return FiniteCells(
        stack.enter_context(
            WarpedVRT(
                opened,
                crs=values.crs,
                transform=values.transform,
                width=values.width,
                height=values.height,
                resampling=Resampling.sum,
            )
        )
    )


def _refuse_mark(found: pd.DataFrame, cells: FiniteCells, *, name: str, key: str = "") -> None:
    # the mark is what the file holds, before its scale is applied
    least, most = (
        (pd.to_numeric(found[one]).astype(float) - cells.offset) / cells.scale
        for one in ("min", "max")
    )
    refuse_mark(least.min(), most.max(), kind=cells.ds.dtypes[0], name=name, key=key)


def _extract(
    values: FiniteCells,
    zones: gpd.GeoDataFrame,
    statistic: Statistic,
    weighing: FiniteCells | None,
) -> pd.DataFrame:
    option = "(default_weight=0)" if weighing is not None else ""
    prefix = "weighted_" if weighing is not None else ""
    operation = (
        ["unique", f"share={prefix}frac{option}"]
        if statistic == "share"
        else [f"value={prefix}{statistic}{option}"]
    )
    found: pd.DataFrame = exactextract.exact_extract(
        values,
        zones,
        ["count", "min", "max", *operation],
        weights=weighing,
        output="pandas",
    )
    return found


def _class_share(found: pd.DataFrame, classes: tuple[float, ...]) -> NDArray[np.floating]:
    """Add the shares of the classes asked for, village by village."""
    long = found[["unique", "share"]].explode(["unique", "share"])
    wanted = long["unique"].isin(classes)
    share = long["share"].astype(float).where(wanted, 0.0)
    return share.groupby(level=0).sum(min_count=1).reindex(found.index).to_numpy(dtype=float)


def travel_cost(cost: Path, villages: gpd.GeoDataFrame, facilities: gpd.GeoSeries) -> pd.Series:
    """
    Add up the cheapest way from each village's inner point to a facility.

    Grain: one row per village in, one row per village out.

    Parameters
    ----------
    cost
        Raster with the cost of crossing a cell, per metre, in a metric CRS with square
        cells; no data where nobody passes.
    villages
        Polygons, indexed by ``village_code``.
    facilities
        Points, lines or areas, in the CRS of `villages`.

    Returns
    -------
    travel_cost
        In units of cost; missing without a way, outside the raster or without polygon.

    Raises
    ------
    DataError
        The raster is damaged or in degrees, a cost is not positive, or no facility
        lies on a cell that can be crossed.
    """
    with ExitStack() as stack:
        opened = open_raster(stack, cost, nodata=None)
        transform = opened.transform
        if opened.crs.is_geographic or not np.isclose(transform.a, -transform.e):
            msg = f"{cost.name}: costs per metre need square cells in a metric CRS"
            raise DataError(msg, remedy="Warp the raster to UTM first.")
        if opened.width * opened.height > limits.WAY_CELLS:
            msg = f"{cost.name}: more than {limits.WAY_CELLS:,} cells to search ways through"
            raise DataError(msg, remedy="Cut it to the regency, or make its cells larger.")
        try:
            cells = opened.read(1, masked=True).astype(np.float64).filled(np.nan)
            # nobody passes what costs an infinite amount
            cells[np.isinf(cells)] = np.nan
        except RasterioError as error:
            msg = f"{cost.name}: cells cannot be read; the file may be damaged"
            raise DataError(msg, remedy=REMEDY) from error
        crs, kind = opened.crs, opened.dtypes[0]
    if np.isfinite(cells).any():
        refuse_mark(np.nanmin(cells), np.nanmax(cells), kind=kind, name=cost.name)
    if (cells <= 0).any():
        msg = f"{cost.name}: costs of crossing a cell must be above 0"
        raise DataError(msg, remedy="Set what cannot be crossed to no data.")
    burnt = rasterize(
        ((shape, 1) for shape in facilities.to_crs(crs)),
        out_shape=cells.shape, transform=transform, all_touched=True, dtype="uint8",
    )  # fmt: skip
    way = cost_distance(cells, cell_m=transform.a, facilities=burnt.astype(np.bool_))
    drawn = villages[~(villages.geometry.isna() | villages.geometry.is_empty)]
    inside = drawn.geometry.representative_point().to_crs(crs)
    column, row = ~transform * (inside.x.to_numpy(), inside.y.to_numpy())
    found = pd.Series(np.nan, index=villages.index, name="travel_cost")
    held = (row >= 0) & (row < cells.shape[0]) & (column >= 0) & (column < cells.shape[1])
    values = way[row[held].astype(np.int64), column[held].astype(np.int64)]
    found.loc[drawn.index[held]] = values
    return found


def cost_distance(
    cost: NDArray[np.float64], *, cell_m: float, facilities: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """
    Add up the cheapest way to a facility over a raster of costs [1]_, [2]_.

    Grain: unchanged, one value per cell.

    Parameters
    ----------
    cost
        Cost of crossing, per metre (minutes per metre for a time), above 0; missing
        where nobody passes. Shape (rows, columns).
    cell_m
        Width of a cell, metres.
    facilities
        Cells with a facility, shape (rows, columns).

    Returns
    -------
    cost_distance
        In units of cost, 0 at a facility, missing where no way leads. A step to one of
        eight neighbours costs the mean of both cells times the way between their centres.

    Raises
    ------
    ValueError
        Shapes differ, the cell is not positive, or a cost is not positive.
    DataError
        No facility lies on a cell that can be crossed.

    References
    ----------
    .. [1] Dijkstra, E. W. (1959), Numerische Mathematik 1, 269-271.
    .. [2] Douglas, D. H. (1994), Cartographica 31(3), 37-51 (mean of both cells).
    """
    if cost.shape != facilities.shape or cell_m <= 0 or (cost <= 0).any():
        msg = "Costs and facilities need one shape, costs and `cell_m` must be above 0."
        raise ValueError(msg)
    start = np.flatnonzero(facilities & np.isfinite(cost))
    if not len(start):
        msg = "No facility lies on a cell that can be crossed"
        raise DataError(msg, remedy="Check the CRS of both layers and the cells without cost.")
    number = np.arange(cost.size).reshape(cost.shape)
    heads, tails, lengths = [], [], []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here, there = _pairs(cost.shape, down, right)
        step = (cost[here] + cost[there]) / 2 * cell_m * np.hypot(down, right)
        passable = np.isfinite(step)
        heads.append(number[here][passable])
        tails.append(number[there][passable])
        lengths.append(step[passable])
    ends = np.concatenate(heads), np.concatenate(tails)
    graph = coo_matrix((np.concatenate(lengths), ends), shape=(cost.size, cost.size)).tocsr()
    found: NDArray[np.float64] = dijkstra(graph, directed=False, indices=start, min_only=True)
    found[~np.isfinite(found)] = np.nan
    grid: NDArray[np.float64] = found.reshape(cost.shape)
    return grid


def _pairs(
    shape: tuple[int, ...], down: int, right: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slice a grid and its shift by one step."""
    rows, columns = shape
    here = slice(0, rows - down), slice(max(0, -right), columns - max(0, right))
    there = slice(down, rows), slice(max(0, right), columns - max(0, -right))
    return here, there
