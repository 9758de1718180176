"""
A pocket, or a part of a wide pattern: whether a zone stands out from its surroundings.

Poverty that falls off smoothly (from a coast, a town, a ridge) makes zones that are truly worse
than the regency and yet no pocket: their neighbours are as poor. Rates are modelled as an overall
level, a smooth field of covariance c exp(-d / range) and village noise; a zone is a pocket where
an effect of its own explains the rates better than the field can, by more than the freedom to
choose its villages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Twice the gain in log-likelihood that an effect of a zone must bring: for one zone of the
# thousands that could be (2 ln of some 3,000), and for each village that may be taken in or left
# out. Chosen on the trial of `benchmarks/pockets.py`: planted pockets of relative risk 2 gain 4
# to 8 a village, zones of smooth fields 0.5 to 3; 1.5 and 14 to 17 tell them apart about equally
# well
_GAIN_OF_ZONE = 16.0
_GAIN_OF_VILLAGE = 1.5
# ranges of the field in typical distances between neighbours, and its variance over the noise's
_RANGES = (1.5, 4.5, 13.5)
_RATIOS = np.concatenate([[0.0], np.geomspace(0.01, 100.0, 32)])
# on a larger map a field is fitted around each zone: the cost grows with the cube of the villages
_WINDOW = 600


@dataclass(frozen=True, slots=True)
class _Rotated:
    """Rates in the axes of a field, so that every variance of it is fitted at once."""

    rotation: Floats
    scale: Floats
    rates: Floats
    shrink: Floats
    log_determinant: Floats


@dataclass(frozen=True, slots=True)
class _Fit:
    """The best of all fields: which, at which of its variances, with level and effects."""

    log_likelihood: float
    effects: Floats
    field: int = 0
    ratio: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How zones stand in their surroundings.

    `apart`: True for a pocket, False for a part of a wide pattern, shape (n_zones,).
    `expected`: Share poor of each village that level, field and pockets explain, without the noise
        that the zones were chosen for, 0 to 1, shape (n,).
    """

    apart: NDArray[np.bool_]
    expected: Floats


def standing(
    rates: Floats,
    homes: Floats,
    zones: Sequence[frozenset[int]],
    *,
    centres: Floats,
    rho: float,
) -> Standing:
    """
    Tell which zones stand out from a smooth background.

    Gaussian maximum likelihood [1]_; zones are left out one by one, each
    judged given the others. The variance of the field, its range and the level of the noise
    are fitted anew with every zone, so that pockets are not taken for a field nor a field
    for pockets. Range: 1.5, 4.5 or 13.5 typical distances between villages.

    Parameters
    ----------
    rates, homes
        Share poor and households (or what they are worth) per village, shape (n,).
    zones
        Positions of the villages of each.
    centres
        A point inside each village, metres, shape (n, 2).
    rho
        Intra-village correlation, 0 to 1, as fitted with these zones.

    Returns
    -------
    standing
        Pockets, and the rates expected; on a map of more than 600 villages those expected
        are worked out around each zone, and are the rate outside all zones elsewhere.

    References
    ----------
    .. [1] Diggle & Ribeiro (2007), Model-based Geostatistics, chapter 5.
    """
    apart = np.zeros(len(zones), dtype=np.bool_)
    outside = np.ones(len(rates), dtype=np.bool_)
    outside[[one for zone in zones for one in zone]] = False
    expected = np.full(len(rates), _level(rates, homes, outside))
    place = np.full(len(rates), -1)
    number = np.full(len(rates), -1)
    for i, zone in enumerate(zones):
        number[list(zone)] = i
    for own, judged in _windows(zones, centres):
        place[own] = np.arange(len(own))
        within = [
            int(i) for i in np.unique(number[own]) if i >= 0 and (place[list(zones[i])] >= 0).all()
        ]
        marks = np.zeros((len(own), len(within)))
        for column, i in enumerate(within):
            marks[place[list(zones[i])], column] = 1.0
        field = _fields(rates[own], homes[own], centres[own], rho=rho)
        taken, fit = _selected(field, marks)
        apart[[within[column] for column in taken if within[column] in judged]] = True
        told = _expected(field[fit.field], marks[:, taken], fit)
        # around one zone of a large map the fit is for that zone alone
        kept = own if len(own) == len(rates) else np.array(sorted(zones[judged[0]]))
        expected[kept] = told[place[kept]]
        place[own] = -1
    return Standing(apart, np.clip(expected, 0.0, 1.0))


def _expected(field: _Rotated, marks: Floats, fit: _Fit) -> Floats:
    """Predict every rate from level, effects and field: its best linear unbiased prediction."""
    design = np.column_stack([np.ones(len(marks)), marks])
    level = design @ fit.effects
    left = field.rates - field.rotation.T @ (level * field.scale)
    smooth = field.rotation @ ((1.0 - field.shrink[fit.ratio]) * left)
    return np.asarray(level + smooth / field.scale)


def _level(rates: Floats, homes: Floats, outside: NDArray[np.bool_]) -> float:
    some = outside if outside.any() else np.ones(len(rates), dtype=np.bool_)
    return float(np.average(rates[some], weights=homes[some]))


def _windows(
    zones: Sequence[frozenset[int]], centres: Floats
) -> list[tuple[NDArray[np.intp], list[int]]]:
    """Take the whole map for all zones, or on a large one the surroundings of each for itself."""
    if not zones:
        return []
    if len(centres) <= _WINDOW:
        return [(np.arange(len(centres)), list(range(len(zones))))]
    tree = cKDTree(centres)
    near = [tree.query(centres[list(zone)].mean(axis=0), k=_WINDOW)[1] for zone in zones]
    return [
        (np.union1d(own, list(zone)), [at])
        for at, (own, zone) in enumerate(zip(near, zones, strict=True))
    ]


def _fields(rates: Floats, homes: Floats, centres: Floats, *, rho: float) -> list[_Rotated]:
    """Prepare a field of every range, beside noise without and with rho."""
    overall = float(np.average(rates, weights=homes))
    distance = cdist(centres, centres)
    apart = distance + np.diag(np.full(len(centres), np.inf))
    typical = float(np.median(apart.min(axis=1)))
    made = []
    for correlation in dict.fromkeys((0.0, rho)):
        noise = overall * (1.0 - overall) * (1.0 / homes + correlation * (1.0 - 1.0 / homes))
        scale = 1.0 / np.sqrt(noise)
        for factor in _RANGES:
            smooth = np.exp(-distance / (factor * typical)) * np.median(noise)
            values, vectors = eigh(scale[:, None] * smooth * scale, driver="evd")
            growth = 1.0 + _RATIOS[:, None] * np.maximum(values, 0.0)
            log_determinant = np.log(growth).sum(axis=1) + np.log(noise).sum()
            made.append(
                _Rotated(vectors, scale, vectors.T @ (rates * scale), 1.0 / growth, log_determinant)
            )
    return made


def _selected(fields: Sequence[_Rotated], marks: Floats) -> tuple[list[int], _Fit]:
    """
    Leave out zones one by one, the least clear first, while that costs less than it saves.

    From all of them: several pockets together look like a field to the first that is taken in.
    """
    cost = _GAIN_OF_ZONE + _GAIN_OF_VILLAGE * marks.sum(axis=0)

    def fit(zones: list[int]) -> tuple[tuple[int, float], list[int], _Fit]:
        found = _fitted(fields, marks[:, zones])
        # a zone that the field would lower is no pocket at any price
        wrong = int((found.effects[1:] <= 0).sum())
        return (-wrong, 2.0 * found.log_likelihood - float(cost[zones].sum())), zones, found

    best = fit(list(range(marks.shape[1])))
    while best[1]:
        others = [fit([one for one in best[1] if one != out]) for out in best[1]]
        clearest = max(others, key=lambda one: one[0])
        if clearest[0] <= best[0]:
            break
        best = clearest
    return best[1], best[2]


def _fitted(fields: Sequence[_Rotated], marks: Floats) -> _Fit:
    """Fit level, effects of zones, field and noise; the best of all ranges and variances."""
    number = len(marks)
    design = np.column_stack([np.ones(number), marks])
    best = _Fit(-np.inf, np.zeros(design.shape[1]))
    for place, one in enumerate(fields):
        rotated = one.rotation.T @ (design * one.scale[:, None])
        weighted = one.shrink[:, :, None] * rotated
        normal = np.einsum("rni,nj->rij", weighted, rotated)
        moments = np.einsum("rni,n->ri", weighted, one.rates)
        effects = np.linalg.solve(normal, moments[:, :, None])[:, :, 0]
        left = one.shrink @ one.rates**2 - np.einsum("ri,ri->r", moments, effects)
        level = np.maximum(left, 1e-300) / number
        likelihood = -0.5 * (number * np.log(level) + one.log_determinant)
        at = int(np.argmax(likelihood))
        if likelihood[at] > best.log_likelihood:
            best = _Fit(float(likelihood[at]), effects[at], place, at)
    return best
