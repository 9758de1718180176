"""Settlement outlines: where houses stand together. Says nothing about poverty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# outlines are made of cells of this side, so that no corner is a house
_CELL_M = 50.0
_M2_PER_HA = 10_000.0


def settlement_outlines(
    points: ArrayLike,
    *,
    min_samples: int = 10,
    method: Literal["hdbscan", "dbscan"] = "hdbscan",
    distance_m: float = 100.0,
    crs: Any = None,  # noqa: ANN401 - whatever pyproj reads
) -> gpd.GeoDataFrame:
    """
    Outline settlements, by density of houses.

    An outline is no pocket: it says where people live, not who is poor.
    Grain: one row per household in, one row per settlement out.

    Parameters
    ----------
    points
        x and y of households, metres, shape (n, 2).
    min_samples
        Fewest households of a settlement, at least 5.
    method
        ``"hdbscan"`` [1]_ adapts to density; ``"dbscan"`` [2]_ uses one distance.
    distance_m
        Reach of ``"dbscan"``; for ``"hdbscan"`` settlements closer than this are one.
    crs
        Coordinate system of the points, metric.

    Returns
    -------
    outlines
        Largest first, indexed from 1: ``households``, ``area_ha`` and ``geometry``,
        a hull of 50 m grid cells widened by a cell.

    Raises
    ------
    DataError
        A coordinate is missing.
    ValueError
        An option is out of range.

    References
    ----------
    .. [1] Campello, Moulavi & Sander (2013), PAKDD, 160-172.
    .. [2] Ester, Kriegel, Sander & Xu (1996), KDD-96, 226-231.

    Examples
    --------
    >>> grid = [(60 * x, 60 * y) for y in range(4) for x in range(5)]
    >>> far = [(x + 3000, y) for x, y in grid[:10]]
    >>> found = settlement_outlines([*grid, *far, (9000, 9000)], method="dbscan", min_samples=5)
    >>> found["households"].tolist(), found["area_ha"].round(1).tolist()
    ([20, 10], [10.5, 7.0])
    """
    if min_samples < 5 or distance_m <= 0:
        msg = "`min_samples` must be at least 5 and `distance_m` above 0."
        raise ValueError(msg)
    places = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    missing = np.flatnonzero(~np.isfinite(places).all(axis=1))
    if len(missing):
        msg = "Households without coordinates"
        raise DataError(msg, rows=pd.DataFrame(index=missing), remedy="Leave them out.")
    labels = _labels(places, min_samples, method, distance_m)
    rows = []
    for label in np.unique(labels[labels >= 0]):
        mine = places[labels == label]
        outline = _outline(mine)
        rows.append((len(mine), outline.area / _M2_PER_HA, outline))
    # equally large ones from west to east
    rows.sort(key=lambda row: (-row[0], row[2].bounds))
    table = pd.DataFrame(rows, columns=["households", "area_ha", "geometry"])
    table.index = pd.RangeIndex(1, len(table) + 1, name="settlement")
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)


def _labels(
    places: NDArray[np.float64], min_samples: int, method: str, distance_m: float
) -> NDArray[np.int64]:
    # loaded here: it takes a second, and few studies draw settlements
    from sklearn.cluster import DBSCAN, HDBSCAN  # noqa: PLC0415

    if len(places) < min_samples:
        return np.full(len(places), -1)
    if method == "dbscan":
        found = DBSCAN(eps=distance_m, min_samples=min_samples).fit(places).labels_
    elif method == "hdbscan":
        model = HDBSCAN(
            min_cluster_size=min_samples,
            cluster_selection_epsilon=distance_m,
            allow_single_cluster=True,
            copy=True,
        )
        found = model.fit(places).labels_
    else:
        msg = f'`method` must be "hdbscan" or "dbscan", got {method!r}.'
        raise ValueError(msg)
    labels = np.asarray(found, dtype=np.int64)
    few = np.bincount(labels[labels >= 0], minlength=1) < min_samples
    return np.where((labels >= 0) & few[labels], -1, labels)


def _outline(places: NDArray[np.float64]) -> shapely.Polygon:
    cells = np.unique(np.floor(places / _CELL_M), axis=0) * _CELL_M
    corners = np.vstack([cells + _CELL_M * np.array(side) for side in np.ndindex(2, 2)])
    hull = shapely.concave_hull(shapely.multipoints(np.unique(corners, axis=0)), ratio=0.3)
    return hull.buffer(_CELL_M, join_style="mitre")
