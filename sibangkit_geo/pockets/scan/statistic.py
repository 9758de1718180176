"""The spatial scan statistic: where do cases gather beyond what population explains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd

from sibangkit_geo.pockets.scan.hot import hot_limits
from sibangkit_geo.pockets.scan.inputs import read_places
from sibangkit_geo.pockets.scan.observed import Frame
from sibangkit_geo.pockets.scan.problem import Model, pose
from sibangkit_geo.pockets.scan.report import run
from sibangkit_geo.pockets.scan.settings import ScanSettings, require_word
from sibangkit_geo.pockets.scan.shapes import NestedZones, Shape, ShapeName, given_zones
from sibangkit_geo.pockets.scan.webs import connected_web

if TYPE_CHECKING:
    from sibangkit_geo.pockets.scan.inputs import Places
    from sibangkit_geo.pockets.scan.observed import Window
    from sibangkit_geo.pockets.scan.problem import Problem
    from sibangkit_geo.pockets.scan.result import ScanResult

_SIGNS = {"high": (1,), "low": (-1,), "both": (1, -1)}
# the largest share is meant to be reached: a half is a half despite rounding
_ROUNDING = 1e-12


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
