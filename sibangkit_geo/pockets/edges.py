"""Which pockets stand at the border of the study area, where their neighbors are unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

# context polygons are cleaned apart from the villages: a hair of air may lie between them
_TOUCH_M = 50.0


def border_villages(villages: gpd.GeoSeries, context: gpd.GeoSeries) -> pd.Series:
    """
    Tell which villages border land outside the study area.

    A test that sees one side of a border can cut a pocket there or miss it (the edge
    effect of spatial statistics [1]_).
    Grain: unchanged, one row per village.

    Parameters
    ----------
    villages
        Polygons in a metric CRS.
    context
        Land outside the study area, same CRS; the sea is not in it.

    Returns
    -------
    at_border
        True within 50 m of that land; all False where `context` is empty.

    Raises
    ------
    ValueError
        The two have different CRS.

    References
    ----------
    .. [1] Griffith, D. A. (1983), The boundary value problem in spatial statistical analysis,
       Journal of Regional Science 23(3), 377-387.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> here = gpd.GeoSeries([box(0, 0, 9, 9), box(900, 0, 999, 9)], crs=32748)
    >>> border_villages(here, gpd.GeoSeries([box(-9, 0, 0, 9)], crs=32748)).tolist()
    [True, False]
    """
    if len(context) and villages.crs != context.crs:
        msg = f"Villages are in {villages.crs} and their surroundings in {context.crs}."
        raise ValueError(msg)
    found = pd.Series(data=False, index=villages.index)
    shown = villages[~(villages.isna() | villages.is_empty)]
    if not len(context) or not len(shown):
        return found
    tree = shapely.STRtree(context.to_numpy())
    at, _ = tree.query(shown.to_numpy(), predicate="dwithin", distance=_TOUCH_M)
    found[shown.index[at].unique()] = True
    return found


def border_pockets(members: pd.Series, at_border: pd.Series) -> tuple[int, ...]:
    """
    List the pockets with a village at the border.

    Parameters
    ----------
    members
        Pocket number by village code.
    at_border
        From `border_villages`.

    Returns
    -------
    numbers
        Rising.

    Raises
    ------
    Nothing
        Villages that were not looked at are not at the border.
    """
    known = at_border.reindex(members.index, fill_value=False)
    return tuple(sorted(int(one) for one in members[known].unique()))
