"""
How sure a pocket is: which villages belong to it, and how much poorer they are.

The outline of a pocket is the best of many that explain the rates nearly as well, and it was
chosen for being high. All of them are weighed here: outlines are drawn from the Potts model that
the outline maximises, with the relative risk unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from sibangkit_geo.pockets.outline import CUT_PRICE, domain_of, links_of, surroundings
from sibangkit_geo.pockets.overdispersion import (
    SMALLEST_RHO,
    beta_binomial_log_likelihood,
    effective_counts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# log-odds against belonging, before rate and neighbours are known: chosen on the trial of
# `benchmarks/pockets.py`, where without it a village said to belong by .51 did by .26
_SPARSITY = 0.65
_CHAINS = 64
_WARM_UP = 30
_SWEEPS = 60
# relative risks tried, equally far on the logarithm, from none to everybody poor or this many times
_RISKS = 48
_LARGEST_RISK = 50.0
_INTERVAL = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True)
class Membership:
    """
    What is known of one pocket.

    `villages`, `chance`: Positions of the outline and of two rings around it, and the probability
        that each belongs, 0 to 1, shape (n_near,).
    `relative_risk`, `low`, `high`: Median and 95 % interval of the rate inside the outline over
        that outside.
    """

    villages: NDArray[np.intp]
    chance: Floats
    relative_risk: float
    low: float
    high: float


class Memberships:
    """
    The memberships of all pockets of a map, which is gone over once for all of them.

    The posterior of the model whose maximum is the outline: y ~ BetaBinomial(N, RR p, rho) inside,
    (N, p, rho) outside, a price of .3 per neighbouring pair cut and of .65 per village, log RR
    uniform. Drawn by Gibbs sampling [1]_: RR given the outline, then villages that are no
    neighbours at once. The rate of the outline that is shown is p (1 + (RR - 1) x the share
    of its households that belong), its relative risk that over the rate of all households
    outside. As villages were taken in for being high, it is usually smaller than the ratio
    of the counted rates.

    Parameters
    ----------
    poor, homes
        Poor and all households (or what they are worth) per village, shape (n,).
    outside
        Villages outside every zone, shape (n,): those that could belong besides.
    rho
        Intra-village correlation, 0 to 1, as fitted with all zones.
    pairs
        Neighbouring pairs, shape (n_pairs, 2).
    seed
        Of the chains.

    References
    ----------
    .. [1] Geman & Geman (1984), IEEE Trans. Pattern Analysis 6, 721-741.
    """

    def __init__(
        self,
        poor: Floats,
        homes: Floats,
        *,
        outside: NDArray[np.bool_],
        rho: float,
        pairs: NDArray[np.intp],
        seed: int,
    ) -> None:
        self.poor, self.homes, self.outside, self.rho, self.seed = poor, homes, outside, rho, seed
        self.links = links_of(pairs, len(poor))
        effective = effective_counts(homes, rho)
        self.level = _mean(poor / homes, effective, outside)
        if not 0.0 < self.level < 1.0:
            return
        # of all households outside, as rates are printed, while the level is that of middling
        # villages; it is an estimate too
        everybody = homes[outside].sum()
        self.rate = poor[outside].sum() / everybody
        variance = (homes**2 / effective)[outside].sum() * self.level * (1.0 - self.level)
        self.error = np.sqrt(variance) / everybody

    def of(self, zone: frozenset[int]) -> Membership:
        """
        Weigh all outlines that one pocket could have.

        `zone`: Positions of the villages of its outline.
        Returns: The villages of the outline for certain, and a missing or infinite risk, where
            there is no village outside or nobody poor in them.
        """
        if not 0.0 < self.level < 1.0:
            risk = np.inf if self.level == 0.0 else np.nan
            return Membership(np.array(sorted(zone)), np.ones(len(zone)), risk, risk, risk)
        places, pairs = surroundings(zone, self.links)
        own = np.isin(places, list(zone))
        local = domain_of(np.flatnonzero(own).tolist(), pairs, self.outside[places] | own)
        near, inside = places[local], own[local]
        poor, homes = self.poor[near], self.homes[near]
        risks = np.geomspace(1.0, min(_LARGEST_RISK, 1.0 / self.level), _RISKS)
        gain = _gains(poor, homes, np.minimum(self.level * risks, 1.0 - 1e-6), self.rho)
        rng = np.random.default_rng([self.seed, min(zone)])
        belongs, at = _drawn(inside, gain, *_links(local, pairs, len(places)), rng)
        weight = homes * inside
        share = belongs @ weight / weight.sum()
        told = self.level / self.rate * (1.0 + share * (risks[at] - 1.0))
        told *= np.exp(rng.normal(0.0, self.error / self.rate, share.shape))
        low, middle, high = (float(one) for one in np.quantile(told, _INTERVAL))
        return Membership(near, belongs.mean(axis=(0, 1)), middle, low, high)


def _mean(rates: Floats, weights: Floats, some: NDArray[np.bool_]) -> float:
    return float(np.average(rates[some], weights=weights[some])) if some.any() else float("nan")


def _gains(poor: Floats, homes: Floats, levels: Floats, rho: float) -> Floats:
    """Log-likelihood of every village at every rate, against the first of them."""
    rho = max(rho, SMALLEST_RHO)
    scale = (1.0 - rho) / rho
    a = levels[:, None] * scale
    likelihood = beta_binomial_log_likelihood(poor, homes, (a, scale - a))
    return np.asarray(likelihood - likelihood[0])


def _links(
    near: NDArray[np.intp], pairs: NDArray[np.intp], number: int
) -> tuple[Floats, NDArray[np.intp]]:
    """Tell who neighbours whom, and how many neighbours each village has farther away."""
    place = np.full(number, -1)
    place[near] = np.arange(len(near))
    own = place[pairs]
    inner = own[(own >= 0).all(axis=1)]
    links = np.zeros((len(near), len(near)))
    links[inner[:, 0], inner[:, 1]] = links[inner[:, 1], inner[:, 0]] = 1.0
    every = np.bincount(own[own >= 0], minlength=len(near))
    return links, every


def _drawn(
    start: NDArray[np.bool_],
    gain: Floats,
    links: Floats,
    degree: NDArray[np.intp],
    rng: np.random.Generator,
) -> tuple[Floats, NDArray[np.intp]]:
    """Draw outlines, shape (n_sweeps, n_chains, n_near), and the place of the risk of each."""
    belongs = np.tile(start.astype(float), (_CHAINS, 1))
    # a village taken in cuts a pair for every neighbour outside and mends one for each inside
    alone = -_SPARSITY - CUT_PRICE * degree
    groups = _independent(links)
    outlines, places = [], []
    for sweep in range(_WARM_UP + _SWEEPS):
        chance = belongs @ gain.T
        place = (chance + rng.gumbel(size=chance.shape)).argmax(axis=1)
        own = gain[place] + alone
        for group in groups:
            odds = own[:, group] + 2.0 * CUT_PRICE * (belongs @ links[:, group])
            belongs[:, group] = rng.random(odds.shape) < expit(odds)
        if sweep >= _WARM_UP:
            outlines.append(belongs.copy())
            places.append(place)
    return np.array(outlines), np.array(places)


def _independent(links: Floats) -> Sequence[NDArray[np.intp]]:
    """Split villages into groups of which no two are neighbours, by the first that is free."""
    group = np.full(len(links), -1)
    for one, row in enumerate(links):
        taken = set(group[row > 0].tolist())
        group[one] = next(number for number in range(len(links)) if number not in taken)
    return [np.flatnonzero(group == number) for number in range(group.max() + 1)]
