"""What a model makes of the data: sums per cell, totals, and how a null map is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.dispersion import beta_binomial_rho, effective_counts
from sibangkit_geo.pockets.scan.kernels_law import BINOMIAL, NORMAL, POISSON, Law

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sibangkit_geo.pockets.scan.inputs import Places

    Floats = NDArray[np.float64]

Model = Literal["poisson", "bernoulli", "binomial", "betabinomial", "normal"]
# numpy draws hypergeometric counts below it only
_MOST_PEOPLE = 1e9
_ROUNDING = 1e-12


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
