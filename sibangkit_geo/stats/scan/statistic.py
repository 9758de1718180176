"""The spatial scan statistic: where do cases gather beyond what population explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.tested import more_than_all
from sibangkit_geo.stats.scan.candidates import (
    NestedZones,
    Shape,
    ShapeName,
    connected_web,
    given_zones,
)
from sibangkit_geo.stats.scan.model import Model, ScanSettings, pose, read_places, require_word
from sibangkit_geo.stats.scan.search import Frame, hot_limits, null_maxima, separate_zones

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.stats.scan.model import Places, Problem
    from sibangkit_geo.stats.scan.search import Candidate, Window

    Floats = NDArray[np.float64]

_SIGNS = {"high": (1,), "low": (-1,), "both": (1, -1)}
# the largest share is meant to be reached: a half is a half despite rounding
_ROUNDING = 1e-12

Kind = Literal["retrospective", "prospective"]

# sums in another order differ in their last digits: what ties on paper must tie here
_TIE = 1e-9


def scan_statistic(
    points: object,
    cases: object,
    population: object = None,
    *,
    model: Model = "poisson",
    shape: Shape = "circular",
    expected: object = None,
    settings: ScanSettings | None = None,
) -> ScanResult:
    """
    Find the zones where cases exceed, or fall short of, what chance explains.

    Every zone is scored by its log likelihood ratio against one rate for all; the
    largest score is compared with that of null maps, which allows for the many
    zones looked at [1]_. Places at one distance from a centre, coincident ones
    among them, enter together. Maps that differ by themselves (overdispersion)
    need ``model="betabinomial"`` or ``significance="permutation"``: under the
    Poisson and the binomial null such variation alone is significant.
    Grain: one row per place in, one cluster per zone out.

    Parameters
    ----------
    points
        Plane coordinates in metres, shape (n, 2), or a GeoSeries of points.
    cases
        Whole counts, shape (n,); measured values in the normal model. A Series
        gives its index as labels of the places, else row numbers.
    population
        At least 0, shape (n,); places with 0 are left out and noted. Weights in the
        normal model, 1 when None.
    model
        ``"poisson"`` [1]_; ``"bernoulli"`` or ``"binomial"``, cases among people
        [1]_; ``"betabinomial"``, the binomial ratio on effective counts
        N / (1 + rho (N - 1)) with beta-binomial null maps; ``"normal"`` [2]_, weights
        after [3]_.
    shape
        ``"circular"``; ``"elliptic"`` [4]_; ``"flexible"`` [5]_ and
        ``"restricted_flexible"`` [6]_, which need ``settings.neighbors``; or zones of
        your own, a sequence of arrays of labels.
    expected
        Expected cases in place of population in the Poisson model, e.g. indirectly
        standardised; scaled to the sum of the cases.
    settings
        Largest zone, direction, null maps; the defaults when None.

    Returns
    -------
    result
        Most likely cluster first; each other is the strongest zone with no place in
        common with those before it. p = (1 + null maxima that reach the score) /
        (1 + replicates): a tie goes to the null.

    Raises
    ------
    DataError
        Missing, negative or fractional counts, more cases than people (binomial),
        no population, too many connected sets.
    ValueError
        An unknown word, shapes or indexes that do not fit, population and expected
        both or neither given.

    References
    ----------
    .. [1] Kulldorff (1997), Commun. Stat. Theory Methods 26(6), 1481-1496.
    .. [2] Kulldorff, Huang & Konty (2009), Int. J. Health Geogr. 8, 58.
    .. [3] Huang, Tiwari, Zou, Kulldorff & Feuer (2009), J. Am. Stat. Assoc. 104,
       1182-1192.
    .. [4] Kulldorff, Huang, Pickle & Duczmal (2006), Stat. Med. 25, 3929-3943.
    .. [5] Tango & Takahashi (2005), Int. J. Health Geogr. 4, 11.
    .. [6] Tango & Takahashi (2012), Stat. Med. 31, 4207-4218.

    Examples
    --------
    >>> found = scan_statistic(
    ...     [[0, 0], [1, 0], [9, 0], [9, 9]],
    ...     [8, 9, 2, 1],
    ...     [100, 100, 100, 100],
    ...     settings=ScanSettings(replicates=99),
    ... )
    >>> sorted(found.clusters[0].members), found.clusters[0].expected
    ([0, 1], 10.0)
    """
    settings = settings or ScanSettings()
    require_word("model", model, get_args(Model))
    if isinstance(shape, str):
        require_word("shape", shape, get_args(ShapeName))
    base = _denominator(population, expected, model)
    places = read_places(points, cases, base, values=model == "normal")
    if expected is not None:
        places = _scaled(places)
    elif model == "poisson":
        more = int((places.cases > places.population).any(axis=1).sum())
        places = replace(places, notes=(*places.notes, *more_than_all(more)))
    problem = pose(places, model, rho=settings.rho)
    frame = frame_of(
        problem, places, shape=shape, known=every_label(cases, points, base), settings=settings
    )
    return run(frame, places, shape=shape if isinstance(shape, str) else "given", times=None)


def _denominator(population: object, expected: object, model: str) -> object:
    if expected is not None:
        if model != "poisson" or population is not None:
            msg = "`expected` replaces `population`, and belongs to the Poisson model alone."
            raise ValueError(msg)
        return expected
    if population is None and model != "normal":
        msg = "Give `population`, or `expected` in the Poisson model."
        raise ValueError(msg)
    return population


def _scaled(places: Places) -> Places:
    scale = places.cases.sum() / places.population.sum() if places.cases.sum() else 1.0
    return replace(places, population=places.population * scale)


def every_label(*sources: object) -> pd.Index:
    """
    List the labels of the data, places that will be left out among them.

    `sources`: The data; the first one with an index gives it.
    Returns: Row numbers where none has an index.
    """
    for source in sources:
        index = getattr(source, "index", None)
        if isinstance(index, pd.Index):
            return index
    return pd.RangeIndex(len(np.asarray(sources[0])))


def frame_of(
    problem: Problem,
    places: Places,
    *,
    shape: Shape,
    known: pd.Index,
    settings: ScanSettings,
    windows: tuple[Window, ...] = ((0, 0),),
) -> Frame:
    """
    Put data, zones and settings together.

    `places`: Labels and coordinates.
    `known`: Every label of the data.
    Raises ValueError: Zones or neighbors name unknown labels.
    """
    signs = _SIGNS[settings.direction]
    cap = settings.max_population_share * float(problem.space.sum()) * (1.0 + _ROUNDING)
    # under a joint permutation the population of a zone moves too
    moves = settings.significance == "permutation" or problem.uneven
    row_cap = np.inf if moves else cap
    zones = web = limits = None
    if not isinstance(shape, str):
        given = given_zones(shape, places, known)
        zones = NestedZones(places.xy, problem.space, row_cap, settings, given=given)
    elif shape in ("circular", "elliptic"):
        ellipses = settings.ellipses if shape == "elliptic" else ((1.0, 1),)
        zones = NestedZones(places.xy, problem.space, row_cap, settings, ellipses)
    else:
        web = connected_web(places, shape, settings, known)
        if shape == "restricted_flexible":
            limits = hot_limits(problem, windows, signs, settings.alpha1)
    return Frame(problem, zones, web, windows, signs, settings, limits, cap)


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


@dataclass(frozen=True, slots=True)
class ScanCluster:
    """
    One zone that stands out.

    Attributes
    ----------
    members
        Labels of its places, in the order in which the zone takes them.
    centre
        Label of the centre; None for zones of the user.
    radius
        Distance from the centre to the farthest member, unit of the points; of an
        ellipse, its longer semi-axis; NaN without centre.
    minor_radius
        Shorter semi-axis; `radius` for a disc.
    angle
        Direction of the longer axis, degrees from the x axis, 0 to below 180.
    first_time, last_time
        Labels of its first and last wave; None for a scan in space alone.
    cases
        Cases inside; weighted sum of the values in the normal model.
    expected
        What they would be at the overall rate.
    population
        People inside (expected cases when those were given; weight in the normal
        model); over all its waves.
    relative_risk
        Rate inside over rate outside (normal: ratio of means, NaN unless both are
        positive); infinite without a case outside.
    log_likelihood_ratio
        Above 0; times the penalty of an elongated ellipse.
    p_value
        1 / (replicates + 1) to 1; NaN without replicates.
    direction
        ``"high"`` or ``"low"``.

    Examples
    --------
    >>> found = scan_statistic(
    ...     [[0, 0], [1, 0], [9, 0]],
    ...     [8, 9, 3],
    ...     [100, 100, 200],
    ...     settings=ScanSettings(replicates=0),
    ... )
    >>> first = found.clusters[0]
    >>> first.members, first.radius, first.cases, first.expected, round(first.relative_risk, 2)
    ((0, 1), 1.0, 17.0, 10.0, 5.67)
    """

    members: tuple[Hashable, ...]
    centre: Hashable | None
    radius: float
    minor_radius: float
    angle: float
    first_time: Hashable | None
    last_time: Hashable | None
    cases: float
    expected: float
    population: float
    relative_risk: float
    log_likelihood_ratio: float
    p_value: float
    direction: str


@dataclass(frozen=True, slots=True)
class ScanResult:
    """
    Clusters of one scan, the most likely first, none sharing a place with another.

    Attributes
    ----------
    clusters
        Each the strongest zone with no place in common with those before it (at any
        time); empty when no zone stands out.
    null_maxima
        Largest score of each null map, ascending.
    overdispersion
        Intra-place correlation of the beta-binomial model; NaN in the others.
    settings
        Of the scan; seed and number of replicates are among them.
    notes
        What was left out, and why nothing was tested.

    Examples
    --------
    >>> found = scan_statistic(
    ...     [[0, 0], [1, 0], [9, 0]],
    ...     [8, 9, 3],
    ...     [100, 100, 200],
    ...     settings=ScanSettings(replicates=99),
    ... )
    >>> len(found.null_maxima), found.cases, found.population
    (99, 20.0, 400.0)
    >>> found.p_value == found.clusters[0].p_value
    True
    """

    clusters: tuple[ScanCluster, ...]
    null_maxima: tuple[float, ...]
    model: str
    shape: str
    cases: float
    population: float
    overdispersion: float
    settings: ScanSettings
    notes: tuple[Note, ...]

    @property
    def replicates(self) -> int:
        """Number of null maps."""
        return self.settings.replicates

    @property
    def seed(self) -> int:
        """Seed of the null maps."""
        return self.settings.seed

    @property
    def p_value(self) -> float:
        """The p of the most likely cluster; 1 when no zone stands out."""
        return self.clusters[0].p_value if self.clusters else 1.0


def clusters_frame(result: ScanResult) -> pd.DataFrame:
    """
    Lay the clusters out as a table.

    Grain: one row per cluster, the most likely first.

    Parameters
    ----------
    result
        Of a scan.

    Returns
    -------
    table
        Indexed by ``cluster`` from 1; the fields of a cluster, ``n_places`` and
        ``members``.

    Examples
    --------
    >>> found = scan_statistic(
    ...     [[0, 0], [1, 0], [9, 0]],
    ...     [8, 9, 3],
    ...     [100, 100, 200],
    ...     settings=ScanSettings(replicates=0),
    ... )
    >>> clusters_frame(found)[["cases", "expected", "n_places"]].to_dict("index")
    {1: {'cases': 17.0, 'expected': 10.0, 'n_places': 2}}
    """
    rows = [
        {
            **{name: getattr(cluster, name) for name in _COLUMNS},
            "n_places": len(cluster.members),
            "members": cluster.members,
        }
        for cluster in result.clusters
    ]
    index = pd.RangeIndex(1, len(rows) + 1, name="cluster")
    return pd.DataFrame(rows, columns=[*_COLUMNS, "n_places", "members"], index=index)


_COLUMNS = tuple(name for name in ScanCluster.__slots__ if name != "members")
