"""Empirical-Bayes rates: smoothed, over all villages or over neighbours, and standardised."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.small_areas.checks import counts_of, finite_rows, require_same_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


def empirical_bayes_rate(
    events: pd.Series, population: pd.Series, *, adjacency: sparse.sparray | None = None
) -> pd.Series:
    """
    Draw each rate towards the mean, the more the smaller the village.

    m + c_i (r_i - m), c_i = a / (a + m / x_i), a = s2 - m / mean(x) and at least 0, with
    m the overall rate and s2 the x-weighted variance of the rates r [1]_. The local
    variant takes m and a from the village and its neighbours instead.
    Grain: one row per village in and out.

    Parameters
    ----------
    events
        Poor households, at least 0; missing allowed.
    population
        All households x, at least 0, indexed like `events`; missing allowed.
    adjacency
        Which villages are neighbours: any entry that is not 0, rows and columns in
        the order of `events`; the village itself always counts. None takes all.

    Returns
    -------
    rate
        Share 0 to 1, indexed like `events`; missing where a count is, or nobody
        lives. Such a village has no part in the mean.

    Raises
    ------
    DataError
        A count is negative, infinite, or above its base.
    ValueError
        The two are indexed differently, or `adjacency` has another size.

    References
    ----------
    .. [1] Marshall (1991), Applied Statistics 40(2), 283-294.

    Examples
    --------
    >>> import pandas as pd
    >>> empirical_bayes_rate(pd.Series([1, 9]), pd.Series([10, 30])).round(4).tolist()
    [0.25, 0.25]
    """
    counts = counts_of(events, population)
    known = ((counts["households"] > 0) & counts["poor"].notna()).to_numpy()
    y, x = (counts[name].to_numpy()[known] for name in ("poor", "households"))
    rates = np.full(len(known), np.nan)
    if known.any():
        around = None if adjacency is None else _with_self(adjacency, known)
        rates[known] = _smoothed(y, x, around)
    return pd.Series(rates, index=events.index, name="empirical_bayes_rate")


def _with_self(adjacency: sparse.sparray, known: NDArray[np.bool_]) -> sparse.csr_array:
    if adjacency.shape != (len(known), len(known)):
        msg = f"`adjacency` is {adjacency.shape}, but there are {len(known)} villages."
        raise ValueError(msg)
    links = sparse.csr_array(adjacency != 0)[known][:, known]
    own = sparse.eye_array(links.shape[0], dtype=bool, format="csr")
    return sparse.csr_array((links + own) != 0).astype("float64")


def _smoothed(y: Floats, x: Floats, around: sparse.csr_array | None) -> Floats:
    def added(values: Floats) -> Floats:
        if around is None:
            return np.full_like(values, values.sum())
        return np.asarray(around @ values)

    rate = y / x
    people, villages = added(x), added(np.ones_like(x))
    mean = added(y) / people
    # sum of x (r - m)^2 over villages that share m, without one difference per link
    spread = (added(x * rate**2) - people * mean**2) / people
    between = np.maximum(spread - mean * villages / people, 0.0)
    chance = mean / x
    own = np.divide(between, between + chance, out=np.zeros_like(x), where=chance > 0)
    return np.asarray(mean + own * (rate - mean))


def assuncao_reis(events: pd.Series, base: pd.Series) -> pd.Series:
    """
    Standardise rates by an empirical-Bayes mean and variance.

    (r_i - b) / sqrt(v_i), v_i = a + b / x_i, a = s2 - b / mean(x), with b the overall
    rate and s2 the x-weighted variance of the rates r [1]_. a may be below 0; only a
    v_i below 0 is replaced, by b / x_i, as GeoDa and esda do.
    Grain: one row per village in and out.

    Parameters
    ----------
    events
        Poor households, at least 0; may exceed `base` where they count events.
    base
        All households x, above 0, indexed like `events`.

    Returns
    -------
    z
        Without unit, indexed like `events`; all 0 where nobody is poor. Empty in,
        empty out.

    Raises
    ------
    DataError
        A count is missing, infinite or negative, or a village has no household.
    ValueError
        The two are indexed differently.

    References
    ----------
    .. [1] Assuncao & Reis (1999), Statistics in Medicine 18(16), 2147-2162.

    Examples
    --------
    >>> import pandas as pd
    >>> e = pd.Series([30, 25, 25, 15, 33, 21, 30, 20])
    >>> b = pd.Series([100, 100, 110, 90, 100, 90, 110, 90])
    >>> assuncao_reis(e, b).head(2).round(8).tolist()
    [1.03843594, -0.04099089]
    """
    require_same_index(events=events, base=base)
    counts = pd.DataFrame({"events": events, "base": base}).astype("float64")
    valid = (counts["events"] >= 0) & (counts["base"] > 0) & finite_rows(counts)
    if not valid.all():
        msg = "Villages with a missing or negative count, or without household"
        raise DataError(
            msg, rows=counts[~valid], remedy="Correct the counts or leave these villages out."
        )
    people, rate = counts["base"], counts["events"] / counts["base"]
    mean = counts["events"].sum() / max(people.sum(), 1.0)
    spread = (people * (rate - mean) ** 2).sum() / max(people.sum(), 1.0)
    variance = spread - mean / people.mean() + mean / people
    variance = variance.where(variance >= 0, mean / people)
    standard = (rate - mean) / np.sqrt(variance.where(variance > 0))
    # nobody poor anywhere: every rate is the mean
    return pd.Series(standard.fillna(0.0), name="assuncao_reis")
