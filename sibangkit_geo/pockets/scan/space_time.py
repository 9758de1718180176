"""The space-time scan statistic: cylinders over waves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.pockets.scan.inputs import read_places
from sibangkit_geo.pockets.scan.problem import pose
from sibangkit_geo.pockets.scan.report import run
from sibangkit_geo.pockets.scan.settings import ScanSettings, require_word
from sibangkit_geo.pockets.scan.statistic import every_label, frame_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.pockets.scan.result import ScanResult

Kind = Literal["retrospective", "prospective"]


def scan_space_time(
    points: object,
    cases: object,
    population: object,
    *,
    times: Sequence[object] | None = None,
    kind: Kind = "retrospective",
    model: Literal["poisson", "bernoulli", "binomial"] = "poisson",
    settings: ScanSettings | None = None,
) -> ScanResult:
    """
    Find where and when cases exceed what population explains.

    Zones are cylinders: a disc of places over consecutive waves, scored against one
    rate for all places and waves [1]_. The largest population share is one of the
    population over all waves; a place belongs to one cluster, at whatever time.
    Grain: one row per place and one column per wave in, one cluster per zone out.

    Parameters
    ----------
    points
        Plane coordinates in metres, shape (n, 2), or a GeoSeries of points.
    cases
        Whole counts, shape (n, n_times), waves in order of time, at least two.
    population
        Shape (n, n_times), or (n,) for the same people in every wave.
    times
        Labels of the waves; None takes the columns of `cases`, or 0, 1, 2 ...
    kind
        ``"retrospective"``: any consecutive waves; ``"prospective"`` [1]_: windows
        that reach the last wave, which finds what is going on now.
    model
        ``"poisson"``, or ``"bernoulli"`` alias ``"binomial"``.
    settings
        Largest zone and window, direction, null maps; the defaults when None.

    Returns
    -------
    result
        As from `scan_statistic`, with first and last wave of each cluster.

    Raises
    ------
    DataError
        Missing, negative or fractional counts, more cases than people (binomial),
        no population.
    ValueError
        An unknown word, fewer than two waves, labels that do not fit, significance
        by permutation.

    References
    ----------
    .. [1] Kulldorff (2001), J. R. Stat. Soc. A 164(1), 61-72.

    Examples
    --------
    >>> found = scan_space_time(
    ...     [[0, 0], [1, 0], [9, 0], [9, 9]],
    ...     [[2, 9], [1, 9], [2, 2], [1, 2]],
    ...     [100, 100, 100, 100],
    ...     times=["2023", "2024"],
    ...     settings=ScanSettings(replicates=99),
    ... )
    >>> sorted(found.clusters[0].members), found.clusters[0].first_time
    ([0, 1], '2024')
    """
    settings = settings or ScanSettings()
    require_word("kind", kind, ("retrospective", "prospective"))
    require_word("model", model, ("poisson", "bernoulli", "binomial"))
    if settings.significance == "permutation":
        msg = 'A space-time scan draws from its model: use "monte_carlo" or "gumbel".'
        raise ValueError(msg)
    shape = np.shape(np.asarray(cases))
    if len(shape) != 2 or shape[1] < 2:
        msg = f"`cases` must have shape (n, n_times) with two waves or more, got {shape}."
        raise ValueError(msg)
    waves = _waves(times, cases, shape[1])
    places = read_places(points, cases, population, times=shape[1])
    frame = frame_of(
        pose(places, model),
        places,
        shape="circular",
        known=every_label(cases, points, population),
        settings=settings,
        windows=time_windows(shape[1], share=settings.max_temporal_share, kind=kind),
    )
    return run(frame, places, shape="cylinder", times=waves)


def _waves(times: Sequence[object] | None, cases: object, count: int) -> pd.Index:
    if times is None:
        columns = getattr(cases, "columns", None)
        return columns if isinstance(columns, pd.Index) else pd.RangeIndex(count)
    waves = pd.Index(list(times))
    if len(waves) != count or waves.has_duplicates:
        msg = f"`times` must name the {count} columns of `cases`, each once, got {len(waves)}."
        raise ValueError(msg)
    return waves


def time_windows(count: int, *, share: float, kind: str) -> tuple[tuple[int, int], ...]:
    """
    List the windows of a space-time scan.

    Parameters
    ----------
    count
        Waves.
    share
        Longest window as share of them; one wave is always allowed.
    kind
        ``"prospective"`` keeps those that end with the last wave.

    Returns
    -------
    windows
        First and last wave of each, positions.

    Examples
    --------
    >>> time_windows(3, share=0.7, kind="prospective")
    ((1, 2), (2, 2))
    """
    # 0.3 of 10 is 3, despite rounding
    longest = max(1, int(share * count + 1e-9))
    return tuple(
        (first, last)
        for first in range(count)
        for last in range(first, min(first + longest, count))
        if kind == "retrospective" or last == count - 1
    )
