"""
Alkire-Foster measures of a matrix of deprivations: one row per household, one column each.

Every function takes the same matrix: True, False or missing, with a column for each
indicator of the index. Households count with their people. With `by` there is one row
per village, and a village whose households the index leaves out is absent; without it
there is one row, labelled ``"all"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.deprivation.matrix import score_matrix
from sibangkit_geo.indicators.small_areas.checks import require_same_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex
    from sibangkit_geo.indicators.deprivation.matrix import Homes


def deprivation_score(deprived: pd.DataFrame, *, index: DeprivationIndex) -> pd.Series:
    """
    Share of the total weight that each household is deprived in.

    Grain: unchanged, one row per household.

    Parameters
    ----------
    deprived
        True, False or missing; one column per indicator of the index.
    index
        Indicators, weights and cut-off.

    Returns
    -------
    score
        0 to 1, not censored by the cut-off; missing where the index leaves the household out.

    Raises
    ------
    DataError, ValueError
        As in `alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation.index import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 3))
    >>> homes = pd.DataFrame({"floor": [True, False, True], "water": [False, True, None]})
    >>> deprivation_score(homes, index=DeprivationIndex(items, cutoff=2)).tolist()
    [0.25, 0.75, nan]
    """
    scores = score_matrix(deprived, index=index).scores
    return pd.Series(scores.score, index=deprived.index, name="deprivation_score").where(
        scores.kept
    )


def alkire_foster(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
    gaps: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    How many people are poor in many things at once, and in how many of them [1]_.

    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived
        True, False or missing; one column per indicator of the index.
    index
        Indicators, weights and cut-off.
    people
        People that the row stands for, above 0: members, times the survey weight if
        there is one; nothing: one each.
    by
        Village code; nothing: all together.
    gaps
        How far below the cut-off the household is, 0 to 1, columns as in `deprived`
        (`normalised_gaps`); nothing: no measures of depth.

    Returns
    -------
    measures
        ``households`` and ``people`` that the index keeps; ``headcount_ratio`` (H),
        ``intensity`` (A, missing where nobody is poor), ``adjusted_headcount_ratio``
        (M0 = H x A); with `gaps` ``adjusted_poverty_gap`` (M1) and
        ``adjusted_squared_gap`` (M2). Shares from 0 to 1.

    Raises
    ------
    DataError
        A flag is neither true nor false, people or `by` are missing, a gap is missing
        where the household is deprived or is outside 0 to 1, or there is no row.
    ValueError
        An indicator has no column, or the rows are indexed differently.

    References
    ----------
    .. [1] Alkire & Foster (2011), Journal of Public Economics 95(7-8), 476-487.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation.index import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 1))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, False]})
    >>> found = alkire_foster(homes, index=DeprivationIndex(items, 1), people=pd.Series([1, 3]))
    >>> found["adjusted_headcount_ratio"].item()
    0.25
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    persons, scores = homes.persons, homes.scores
    columns = {
        "households": np.ones(len(persons)),
        "people": persons,
        "poor": persons * scores.poor,
        "m0": persons * scores.poor * scores.score,
    }
    if gaps is not None:
        depth = _checked_gaps(gaps, homes)
        for name, power in (("m1", 1), ("m2", 2)):
            parts = homes.parts(index, {key: one**power for key, one in depth.items()})
            columns[name] = np.sum(list(parts.values()), axis=0)
    sums = homes.sums(columns)
    found = {
        "households": sums["households"].astype("int64"),
        "people": sums["people"],
        "headcount_ratio": sums["poor"] / sums["people"],
        "intensity": sums["m0"] / sums["poor"].where(sums["poor"] > 0),
        "adjusted_headcount_ratio": sums["m0"] / sums["people"],
    }
    for name, column in (("m1", "adjusted_poverty_gap"), ("m2", "adjusted_squared_gap")):
        if name in sums:
            found[column] = sums[name] / sums["people"]
    return pd.DataFrame(found)


def uncensored_headcounts(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.DataFrame:
    """
    Share of people deprived in each indicator, poor or not.

    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived, index, people, by
        As in `alkire_foster`.

    Returns
    -------
    headcounts
        0 to 1, one column per indicator; of the people whom the index keeps, and under
        ``"reweight"`` of those whose answer is known.

    Raises
    ------
    DataError, ValueError
        As in `alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation.index import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 1))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, True]})
    >>> uncensored_headcounts(homes, index=DeprivationIndex(items, 2)).iloc[0].tolist()
    [0.5, 1.0]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    return _headcounts(homes, index, homes.scores.kept)


def censored_headcounts(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.DataFrame:
    """
    Share of people who are poor and deprived in each indicator.

    Their weighted sum is the adjusted headcount ratio, unless the index reweights.
    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived, index, people, by
        As in `alkire_foster`.

    Returns
    -------
    headcounts
        0 to 1, one column per indicator; base as in `uncensored_headcounts`.

    Raises
    ------
    DataError, ValueError
        As in `alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation.index import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 1))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, True]})
    >>> censored_headcounts(homes, index=DeprivationIndex(items, 2)).iloc[0].tolist()
    [0.5, 0.5]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    return _headcounts(homes, index, homes.scores.poor)


def _headcounts(homes: Homes, index: DeprivationIndex, counted: NDArray[np.bool_]) -> pd.DataFrame:
    persons = homes.persons
    every = np.ones(len(persons), dtype=np.bool_)
    found = {}
    for key in index.shares:
        base = homes.known[key] if index.missing == "reweight" else every
        columns = {"part": persons * counted * homes.deprived[key], "base": persons * base}
        sums = homes.sums(columns)
        found[key] = sums["part"] / sums["base"].where(sums["base"] > 0)
    return pd.DataFrame(found)


def _checked_gaps(gaps: pd.DataFrame, homes: Homes) -> dict[str, NDArray[np.float64]]:
    require_same_index(deprived=homes.rows, gaps=gaps)
    lacking = [key for key in homes.deprived if key not in gaps]
    if lacking:
        msg = f"`gaps` has no column for {', '.join(lacking)}."
        raise ValueError(msg)
    chosen = gaps[list(homes.deprived)].astype("float64")
    asked = pd.DataFrame(dict(homes.deprived), index=gaps.index)
    bad = asked & ~((chosen >= 0) & (chosen <= 1))
    if bad.to_numpy().any():
        msg = "A household is deprived but its gap is missing or outside 0 to 1"
        remedy = "Make flags and gaps from the same values, with `normalised_gaps`."
        raise DataError(msg, rows=chosen[bad.any(axis=1)], remedy=remedy)
    return {key: chosen[key].fillna(0.0).to_numpy() for key in homes.deprived}
