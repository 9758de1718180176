"""Settings of a scan, each checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.errors import DataError, nearest
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.overdispersion import beta_binomial_rho, effective_counts
from sibangkit_geo.pockets.pysal import GraphLike
from sibangkit_geo.stats.scan.kernels import BINOMIAL, NORMAL, POISSON, Law

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# SaTScan's default set of ellipses: shape ratio and number of angles (SaTScan User Guide,
# "Elliptic Scanning Window"; Kulldorff et al. 2006, Stat. Med. 25, 3929)
ELLIPSES: tuple[tuple[float, int], ...] = (
    (1.0, 1), (1.5, 4), (2.0, 6), (3.0, 9), (4.0, 12), (5.0, 15),
)  # fmt: skip
FLEXIBLE_LIMIT = 15
# masks of 64 bits
RESTRICTED_LIMIT = 60

Direction = Literal["high", "low", "both"]
Significance = Literal["monte_carlo", "gumbel", "permutation"]

# products of two such numbers still fit
_LARGEST = 1e100

Model = Literal["poisson", "bernoulli", "binomial", "betabinomial", "normal"]
# numpy draws hypergeometric counts below it only
_MOST_PEOPLE = 1e9
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """
    What a scan looks for and how it tells chance from a cluster.

    Attributes
    ----------
    max_population_share
        Largest zone, as share of the population (of the expected cases when those
        are given, of the weight in the normal model); above 0, at most 1.
    max_radius
        Largest radius, or semi-major axis, in the unit of the points; None for any.
    max_places
        Most places in a zone; None for any.
    min_cases
        Fewest cases in a zone of high rate (effective cases in the beta-binomial
        model; no effect in the normal model).
    direction
        ``"high"``, ``"low"`` or ``"both"``.
    significance
        ``"monte_carlo"``: the model's own null; ``"gumbel"``: its smooth
        approximation, for p below 1 / (replicates + 1); ``"permutation"``: cases and
        population of a place move together, so places may differ by themselves.
    replicates
        Simulated maps; 0 gives no p.
    seed
        Replicate r draws from the pair (seed, r).
    threads
        None takes every core; the result does not depend on it.
    max_clusters
        Most clusters reported.
    eccentricity_penalty
        a of ``(4 s / (s + 1)^2) ** a``, s being the ratio of the axes; 0, 0.5 or 1.
    ellipses
        Pairs of shape ratio and number of angles.
    k
        Nearest places, the centre included, that a flexible zone is taken from.
    alpha1
        Places with mid-p below it are hot (restricted flexible zones).
    neighbors
        Pairs of labels, shape (n_pairs, 2), or a graph: `Neighbors`, or a ``Graph`` or
        ``W`` of libpysal; flexible shapes need it.
    rho
        Intra-place correlation of the beta-binomial model; None fits it by maximum
        likelihood.
    max_temporal_share
        Longest window of a space-time scan, as share of the waves; one wave is
        always allowed.

    Examples
    --------
    >>> settings = ScanSettings(max_population_share=0.2, significance="gumbel", replicates=199)
    >>> settings.direction
    'high'
    >>> ScanSettings(direction="up")
    Traceback (most recent call last):
        ...
    ValueError: Unknown `direction` "up". Known: both, high, low.
    """

    max_population_share: float = 0.5
    max_radius: float | None = None
    max_places: int | None = None
    min_cases: float = 0.0
    direction: Direction = "high"
    significance: Significance = "monte_carlo"
    replicates: int = 999
    seed: int = 1
    threads: int | None = None
    max_clusters: int = 10
    eccentricity_penalty: float = 0.0
    ellipses: tuple[tuple[float, int], ...] = ELLIPSES
    k: int = 15
    alpha1: float = 0.2
    neighbors: NeighborPairs | None = None
    rho: float | None = None
    max_temporal_share: float = 0.5

    def __post_init__(self) -> None:
        """Check words and ranges."""
        require_word("direction", self.direction, ("high", "low", "both"))
        require_word("significance", self.significance, ("monte_carlo", "gumbel", "permutation"))
        ranges = {
            "max_population_share": (0 < self.max_population_share <= 1, "above 0, at most 1"),
            "max_radius": (self.max_radius is None or self.max_radius >= 0, "at least 0"),
            "max_places": (self.max_places is None or self.max_places >= 1, "at least 1"),
            "min_cases": (self.min_cases >= 0, "at least 0"),
            "replicates": (
                self.replicates >= (2 if self.significance == "gumbel" else 0),
                "at least 0, and 2 for the Gumbel approximation",
            ),
            "seed": (self.seed >= 0, "at least 0"),
            "threads": (self.threads is None or self.threads >= 1, "at least 1"),
            "max_clusters": (self.max_clusters >= 1, "at least 1"),
            "eccentricity_penalty": (self.eccentricity_penalty in (0, 0.5, 1), "0, 0.5 or 1"),
            "ellipses": (
                len(self.ellipses) > 0 and all(s >= 1 and n >= 1 for s, n in self.ellipses),
                "pairs of a ratio and a number of angles, each at least 1",
            ),
            "k": (1 <= self.k <= RESTRICTED_LIMIT, f"1 to {RESTRICTED_LIMIT}"),
            "alpha1": (0 < self.alpha1 < 1, "between 0 and 1"),
            "rho": (self.rho is None or 0 <= self.rho < 1, "at least 0 and below 1"),
            "max_temporal_share": (0 < self.max_temporal_share <= 1, "above 0, at most 1"),
        }
        for name, (fine, wanted) in ranges.items():
            if not fine:
                msg = f"`{name}` must be {wanted}, got {getattr(self, name)}."
                raise ValueError(msg)


def require_word(name: str, word: str, known: tuple[str, ...]) -> None:
    """
    Refuse a word that is not known, and offer the nearest.

    Parameters
    ----------
    name
        Of the argument.
    word
        What was given.
    known
        What may be given.

    Raises
    ------
    ValueError
        The word is not known.

    Examples
    --------
    >>> require_word("kind", "retrospective", ("retrospective", "prospective"))
    """
    if word not in known:
        msg = f'Unknown `{name}` "{word}". {nearest(str(word), known)}'
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Places:
    """
    What is scanned, in canonical order: by x, y, population, cases, label.

    Rows that come in another order give the same arrays, hence the same draws and
    the same clusters. Only places that agree in everything but their label are told
    apart by it.

    `labels`: Label of each place: the index of the data, or row numbers.
    `xy`: Coordinates, metres, shape (n, 2).
    `cases`, `population`: Shape (n, n_times); one column without times.
    """

    labels: pd.Index
    xy: Floats
    cases: Floats
    population: Floats
    notes: tuple[Note, ...]

    def positions(self, labels: Any) -> NDArray[np.int64]:  # noqa: ANN401 - any array of labels
        """
        Find places by label.

        Returns: Of the labels that are scanned; others, left out, are dropped.
        """
        found = self.labels.get_indexer(pd.Index(labels))
        return found[found >= 0].astype(np.int64)


def read_places(
    points: object, cases: object, population: object, *, times: int = 0, values: bool = False
) -> Places:
    """
    Check and sort the data of a scan.

    Grain: one row per place in, one row per place with population out.

    `points`: Shape (n, 2), or a GeoSeries of points.
    `cases`: Shape (n,) or (n, n_times).
    `population`: Shape of `cases` or (n,); None stands for 1 everywhere.
    `times`: Number of waves; 0 for a scan in space alone.
    `values`: Cases are measured values of either sign, not counts.
    Returns: In canonical order.
    Raises DataError: Missing, negative or fractional numbers, labels that stand twice, cases where
        nobody lives, no population at all.
    Raises ValueError: Shapes or indexes do not fit each other.
    """
    labels = _labels(points, cases, population)
    xy = _coordinates(points)
    labels = pd.RangeIndex(len(xy)) if labels is None else labels
    count = _matrix(cases, len(xy), times, "cases")
    people = (
        np.ones_like(count)
        if population is None
        else _matrix(population, len(xy), times, "population")
    )
    if len(labels) != len(xy):
        msg = f"`points` has {len(xy)} rows, the labels {len(labels)}."
        raise ValueError(msg)
    _refuse_bad_rows(labels, xy, count, people, values=values)
    return _sorted(labels, xy, count, people)


def _labels(*sources: object) -> pd.Index | None:
    found: pd.Index | None = None
    for source in sources:
        index = getattr(source, "index", None)
        if not isinstance(index, pd.Index):
            continue
        if found is not None and not index.equals(found):
            msg = (
                "`points`, `cases` and `population` carry different indexes. Align them first, "
                "e.g. `population.reindex(cases.index)`, or hand over plain arrays."
            )
            raise ValueError(msg)
        found = index
    return found


def _coordinates(points: object) -> Floats:
    geometry = getattr(points, "geometry", points)
    crs = getattr(geometry, "crs", None)
    if crs is not None and crs.is_geographic:
        msg = "The points are in degrees, in which no distance can be measured"
        raise DataError(msg, remedy='Project them first, such as points.to_crs("EPSG:32748").')
    try:
        raw = np.asarray(geometry)
        if raw.dtype == object and len(raw) and isinstance(raw.flat[0], shapely.Geometry):
            if not np.isin(shapely.get_type_id(raw), (-1, 0)).all():
                msg = "`points` must be points; take `.representative_point()` of areas first."
                raise ValueError(msg)
            raw = np.column_stack([shapely.get_x(raw), shapely.get_y(raw)])
        xy = np.asarray(raw, dtype=np.float64)
    except TypeError as error:
        msg = "`points` must be numbers, shape (n, 2), or a GeoSeries of points."
        raise ValueError(msg) from error
    if xy.ndim != 2 or xy.shape[1] != 2 or not len(xy):
        msg = f"`points` must have shape (n, 2) with n at least 1, got {xy.shape}."
        raise ValueError(msg)
    return xy


def _matrix(data: object, n: int, times: int, name: str) -> Floats:
    raw = np.asarray(data)
    if raw.dtype.kind not in "biuf":
        # words become missing numbers, which are refused with their rows
        raw = np.asarray(pd.to_numeric(raw.ravel(), errors="coerce")).reshape(raw.shape)
    array = raw.astype(np.float64)
    if array.ndim == 1 and (not times or name == "population"):
        # one population for every wave
        array = np.repeat(array[:, None], max(times, 1), axis=1)
    if array.shape != (n, max(times, 1)):
        wanted = f"({n}, {times})" if times else f"({n},)"
        msg = f"`{name}` must have shape {wanted} to fit `points`, got {array.shape}."
        raise ValueError(msg)
    return array


def _refuse_bad_rows(
    labels: pd.Index, xy: Floats, cases: Floats, people: Floats, *, values: bool
) -> None:
    def refuse(bad: Any, problem: str, remedy: str) -> None:  # noqa: ANN401 - any mask
        bad = np.asarray(bad).reshape(len(labels), -1).any(axis=1)
        if bad.any():
            raise DataError(problem, rows=pd.DataFrame(index=labels[bad]), remedy=remedy)

    refuse(labels.duplicated(keep=False), "Labels stand twice", "Keep one row per place.")
    # false for missing and infinite numbers too
    fine = [(np.abs(part) <= _LARGEST).all(axis=1) for part in (xy, cases, people)]
    refuse(
        ~np.logical_and.reduce(fine),
        "Coordinates, cases or population are missing, infinite, beyond 1e100 or no numbers",
        "Fill these rows or leave them out of all three inputs.",
    )
    refuse(people < 0, "Negative population", "Correct these numbers.")
    if not values:
        refuse(cases < 0, "Negative cases", "Correct these counts.")
        remedy = "Truncate or round them first, e.g. `cases.astype(int)`."
        refuse(cases != np.floor(cases), "Cases are not whole numbers", remedy)
        remedy = "Correct the population, or leave these places out."
        refuse((cases > 0) & (people == 0), "Cases where the population is 0", remedy)
    if not people.sum():
        msg = "The population is 0 everywhere"
        raise DataError(msg, remedy="Without population there is no rate to compare.")


def _sorted(labels: pd.Index, xy: Floats, cases: Floats, people: Floats) -> Places:
    kept = people.sum(axis=1) > 0
    left_out = int((~kept).sum())
    notes: tuple[Note, ...] = ()
    if left_out:
        text = f"{left_out} tempat tanpa penduduk tidak ikut dipindai."
        notes = (Note("places_without_population", text, left_out),)
    names = np.array([str(label) for label in labels])
    keys = [names, *cases.T[::-1], *people.T[::-1], xy[:, 1], xy[:, 0]]
    order = np.lexsort(keys)
    order = order[kept[order]]
    return Places(labels[order], xy[order], cases[order], people[order], notes)


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One data set under one model, cells being place by wave.

    Attributes
    ----------
    model
        Name of the model.
    cases, size
        What zones sum: cases and population, effective ones in the beta-binomial
        model; centred weighted values and weights in the normal one. Shape
        (n, n_times).
    space
        Population over all waves, what the largest share is a share of, shape (n,).
    raw_cases, raw_size
        What is reported, shape (n, n_times).
    spread
        Weighted sum of squares of the normal model, else 0.
    mean
        Weighted mean of the normal model, else 0.
    rho
        Intra-place correlation, NaN without one.
    draw
        Cases of a null map from a generator, shape (n, n_times).
    whole
        Drawn cases are whole numbers.
    fixed
        Total and population are the same in every null map.
    """

    model: Model
    cases: Floats
    size: Floats
    space: Floats
    raw_cases: Floats
    raw_size: Floats
    spread: float
    mean: float
    rho: float
    draw: Callable[[np.random.Generator], Floats]
    whole: bool
    fixed: bool

    @property
    def code(self) -> int:
        """Tell the kernels which law to use."""
        return {"poisson": POISSON, "normal": NORMAL}.get(self.model, BINOMIAL)

    @property
    def uneven(self) -> bool:
        """Whether values carry different weights, and can only be permuted with them."""
        return self.model == "normal" and bool(np.ptp(self.size) > 0)

    def law(self, sign: int, *, fewest: float = 0.0, total: float | None = None) -> Law:
        """
        Gather the totals that zones are compared with.

        `sign`: 1 for high rates, -1 for low ones.
        `total`: Cases of a null map; None takes those observed.
        """
        size = float(self.size.sum())
        if self.model == "normal":
            return Law(NORMAL, float(self.size.size), size, 0.0, self.spread, -np.inf, sign)
        cases = float(self.cases.sum()) if total is None else total
        return Law(self.code, cases, size, cases / size, 0.0, fewest, sign)


def pose(places: Places, model: Model, *, rho: float | None = None) -> Problem:
    """
    Set up a model on the data.

    `rho`: Intra-place correlation of the beta-binomial model; None fits it.
    Raises DataError: More cases than people, or people that cannot be counted, where the model
        draws among people.
    """
    if model == "normal":
        return _normal(places)
    if model == "poisson":
        return _poisson(places)
    _refuse_uncountable(places)
    return _betabinomial(places, rho) if model == "betabinomial" else _binomial(places)


def _poisson(places: Places) -> Problem:
    total = int(places.cases.sum())
    share = places.population / places.population.sum()

    def draw(rng: np.random.Generator) -> Floats:
        drawn = rng.multinomial(total, share.ravel())
        return drawn.reshape(share.shape).astype(np.float64)

    return _counts("poisson", places, draw)


def _binomial(places: Places) -> Problem:
    people = places.population.astype(np.int64)
    total = int(places.cases.sum())

    def draw(rng: np.random.Generator) -> Floats:
        drawn = rng.multivariate_hypergeometric(people.ravel(), total, method="marginals")
        return drawn.reshape(people.shape).astype(np.float64)

    return _counts("bernoulli", places, draw)


def _counts(model: Model, places: Places, draw: Callable[[np.random.Generator], Floats]) -> Problem:
    return Problem(
        model=model,
        cases=places.cases,
        size=places.population,
        space=places.population.sum(axis=1),
        raw_cases=places.cases,
        raw_size=places.population,
        spread=0.0,
        mean=0.0,
        rho=float("nan"),
        draw=draw,
        whole=True,
        fixed=True,
    )


def _betabinomial(places: Places, rho: float | None) -> Problem:
    cases, people = places.cases, places.population
    total = cases.sum()
    varies = 0 < total < people.sum()
    if rho is None:
        rho = beta_binomial_rho([(cases.ravel(), people.ravel())]) if varies else 0.0
    weight = effective_counts(people, rho) / people
    # the overall rate as the effective counts see it
    rate = float((weight * cases).sum() / (weight * people).sum())
    whole_people = people.astype(np.int64)

    def draw(rng: np.random.Generator) -> Floats:
        chance: Floats | float = rate
        if rho and varies:
            scale = (1.0 - rho) / rho
            chance = rng.beta(rate * scale, (1.0 - rate) * scale, size=people.shape)
        return weight * rng.binomial(whole_people, chance)

    return Problem(
        model="betabinomial",
        cases=weight * cases,
        size=weight * people,
        space=people.sum(axis=1),
        raw_cases=cases,
        raw_size=people,
        spread=0.0,
        mean=0.0,
        rho=rho,
        draw=draw,
        whole=False,
        fixed=False,
    )


def _normal(places: Places) -> Problem:
    values, weight = places.cases, places.population
    mean = float((weight * values).sum() / weight.sum())
    # the ratio does not depend on the unit; this one keeps squares from vanishing
    unit = float(np.abs(values - mean).max())
    equal = unit <= _ROUNDING * float(np.abs(values).max())
    centred = np.zeros_like(values) if equal else (values - mean) / unit
    scores = weight * centred

    def draw(rng: np.random.Generator) -> Floats:
        return rng.permutation(scores.ravel()).reshape(scores.shape)

    return Problem(
        model="normal",
        cases=scores,
        size=weight,
        space=weight.sum(axis=1),
        raw_cases=weight * values,
        raw_size=weight,
        spread=float((weight * centred**2).sum()),
        mean=mean,
        rho=float("nan"),
        draw=draw,
        whole=False,
        fixed=True,
    )


def _refuse_uncountable(places: Places) -> None:
    cases, people = places.cases, places.population
    bad: NDArray[np.bool_] = np.asarray((cases > people).any(axis=1))
    if bad.any():
        rows = pd.DataFrame(index=places.labels[bad])
        msg = "More cases than population"
        raise DataError(msg, rows=rows, remedy="Correct these counts, or use the Poisson model.")
    bad = np.asarray(np.not_equal(people, np.floor(people)).any(axis=1))
    if bad.any():
        rows = pd.DataFrame(index=places.labels[bad])
        msg = "Population is not a whole number"
        raise DataError(msg, rows=rows, remedy="Round it, or use the Poisson model.")
    if people.sum() >= _MOST_PEOPLE:
        msg = "The binomial models count at most 999,999,999 people"
        raise DataError(msg, remedy="Use the Poisson model.")


NeighborPairs = GraphLike | Any
