"""What makes up the adjusted headcount ratio: indicators, dimensions and villages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.indicators.deprivation.matrix import score_matrix

if TYPE_CHECKING:
    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex


def contributions(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
    of: Literal["indicator", "dimension"] = "indicator",
) -> pd.DataFrame:
    """
    Share of the adjusted headcount ratio that each indicator or dimension makes up.

    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived, index, people, by
        As in `measures.alkire_foster`.
    of
        What the columns are.

    Returns
    -------
    contributions
        0 to 1, adding up to 1 in each row; missing where nobody is poor.

    Raises
    ------
    DataError, ValueError
        As in `measures.alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation.index import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 3))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, False]})
    >>> contributions(homes, index=DeprivationIndex(items, 2), of="dimension").iloc[0].tolist()
    [0.25, 0.75]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    sums = homes.sums(homes.parts(index))
    if of == "dimension":
        groups = index.dimensions.items()
        sums = pd.DataFrame({name: sums[list(keys)].sum(axis=1) for name, keys in groups})
    whole = sums.sum(axis=1)
    return sums.div(whole.where(whole > 0), axis=0)


def place_contributions(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    by: pd.Series,
    people: pd.Series | None = None,
) -> pd.Series:
    """
    Share of everybody's adjusted headcount ratio that each village makes up.

    Grain: one row per household in, one row per village out.

    Parameters
    ----------
    deprived, index, people, by
        As in `measures.alkire_foster`.

    Returns
    -------
    contribution
        0 to 1, adding up to 1; missing where nobody is poor.

    Raises
    ------
    DataError, ValueError
        As in `measures.alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation.index import DeprivationIndex, IndexItem
    >>> homes = pd.DataFrame({"floor": [True, True, True, False]})
    >>> index = DeprivationIndex((IndexItem("floor", "housing", 1),), cutoff=1)
    >>> village = pd.Series(["16.07.01.2001"] * 2 + ["16.07.01.2002"] * 2)
    >>> place_contributions(homes, index=index, by=village).round(3).tolist()
    [0.667, 0.333]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    scores = homes.scores
    poor = homes.sums({"contribution": homes.persons * scores.poor * scores.score})["contribution"]
    whole = float(poor.sum())
    return poor / (whole if whole > 0 else np.nan)
