"""From zones of positions to clusters of labels, with their p."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.pockets.scan.null import null_maxima
from sibangkit_geo.pockets.scan.observed import separate_zones
from sibangkit_geo.pockets.scan.result import ScanCluster, ScanResult
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.scan.inputs import Places
    from sibangkit_geo.pockets.scan.observed import Candidate, Frame

    Floats = NDArray[np.float64]

# sums in another order differ in their last digits: what ties on paper must tie here
_TIE = 1e-9


def monte_carlo_p(score: float, maxima: Floats) -> float:
    """
    Rank a score among the maxima of the null maps.

    (1 + number of maxima that reach the score) / (1 + R): to count, a cluster
    must lie strictly above a null maximum, so a tie goes to the null (Dwass 1957).

    Parameters
    ----------
    score
        Of the cluster.
    maxima
        Scores of the null maps, shape (R,).

    Returns
    -------
    p_value
        1 / (1 + R) to 1; NaN without null maps.

    Examples
    --------
    >>> monte_carlo_p(5.0, np.array([1.0, 5.0, 2.0, 6.0]))
    0.6
    """
    if not len(maxima):
        return float("nan")
    return float((1 + np.sum(maxima >= score * (1.0 - _TIE))) / (1 + len(maxima)))


def gumbel_p(score: float, maxima: Floats) -> float:
    """
    Read p off a Gumbel distribution fitted to the null maxima by moments.

    1 - exp(-exp(-(score - mu) / beta)), beta = sd sqrt(6) / pi, mu = mean - 0.5772
    beta [1]_.

    Parameters
    ----------
    score
        Of the cluster.
    maxima
        Scores of the null maps, shape (R,), R at least 2.

    Returns
    -------
    p_value
        0 to 1; ranked instead when all maxima agree.

    References
    ----------
    .. [1] Abrams, Kulldorff & Kleinman (2010), Int. J. Health Geogr. 9, 61.

    Examples
    --------
    >>> round(gumbel_p(5.0, np.array([1.0, 2.0, 3.0])), 4)
    0.0119
    """
    if len(maxima) < 2:
        return monte_carlo_p(score, maxima)
    beta = float(np.std(maxima, ddof=1)) * np.sqrt(6.0) / np.pi
    if beta <= _TIE:
        return monte_carlo_p(score, maxima)
    mu = float(np.mean(maxima)) - np.euler_gamma * beta
    # far below mu the inner power overflows, and p is 1
    return float(-np.expm1(-np.exp(min(-(score - mu) / beta, 700.0))))


def run(frame: Frame, places: Places, *, shape: str, times: pd.Index | None) -> ScanResult:
    """
    Scan the data, scan null maps, and put the answer together.

    Parameters
    ----------
    frame
        Data, zones, settings.
    places
        Labels and coordinates.
    shape
        Name of the shape, for the result.
    times
        Labels of the waves; None for a scan in space alone.

    Returns
    -------
    result
        Possibly without a cluster.

    Raises
    ------
    DataError
        Too many connected sets to search.
    """
    problem, settings = frame.problem, frame.settings
    found = separate_zones(frame)
    maxima = np.empty(0)
    if found and settings.replicates:
        maxima = null_maxima(
            frame, jointly=problem.uneven or settings.significance == "permutation"
        )
    rank = gumbel_p if settings.significance == "gumbel" else monte_carlo_p
    notes = places.notes
    if not found:
        notes = (*notes, Note("no_zone", "Tidak ada zona yang menonjol; tidak ada yang diuji."))
    return ScanResult(
        clusters=tuple(
            _cluster(frame, places, one, rank(one.score, maxima), times) for one in found
        ),
        null_maxima=tuple(np.sort(maxima).tolist()),
        model=problem.model,
        shape=shape,
        cases=float(problem.raw_cases.sum()),
        population=float(problem.raw_size.sum()),
        overdispersion=problem.rho,
        settings=settings,
        notes=notes,
    )


def _cluster(
    frame: Frame, places: Places, one: Candidate, p_value: float, times: pd.Index | None
) -> ScanCluster:
    problem = frame.problem
    inside = (one.members, slice(one.window[0], one.window[1] + 1))
    cases, size = float(problem.raw_cases[inside].sum()), float(problem.raw_size[inside].sum())
    rate = problem.mean
    if problem.model != "normal":
        rate = float(problem.cases.sum() / problem.size.sum())
    cases_outside = float(problem.raw_cases.sum()) - cases
    size_outside = float(problem.raw_size.sum()) - size
    radius, minor = _radii(places.xy, one)
    labels = places.labels[one.members].tolist()
    return ScanCluster(
        members=tuple(labels),
        centre=places.labels[one.centre] if one.centre >= 0 else None,
        radius=radius,
        minor_radius=minor,
        angle=float(np.degrees(one.angle)),
        first_time=None if times is None else times[one.window[0]],
        last_time=None if times is None else times[one.window[1]],
        cases=cases,
        expected=rate * size,
        population=size,
        relative_risk=_ratio(
            cases / size, cases_outside / size_outside, counts=problem.model != "normal"
        ),
        log_likelihood_ratio=one.score,
        p_value=p_value,
        direction="high" if one.sign > 0 else "low",
    )


def _ratio(inside: float, outside: float, *, counts: bool) -> float:
    if counts and outside <= 0:
        return float("inf")
    if not counts and (inside <= 0 or outside <= 0):
        return float("nan")
    return inside / outside


def _radii(xy: Floats, one: Candidate) -> tuple[float, float]:
    if one.centre < 0:
        return float("nan"), float("nan")
    x, y = (xy[one.members] - xy[one.centre]).T
    along = x * np.cos(one.angle) + y * np.sin(one.angle)
    across = one.ratio * (y * np.cos(one.angle) - x * np.sin(one.angle))
    radius = float(np.hypot(along, across).max())
    return radius, radius / one.ratio
