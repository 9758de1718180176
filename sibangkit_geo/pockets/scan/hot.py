"""Hot places: those that stand out by themselves, by mid-p (Tango & Takahashi 2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.scan.problem import Problem

    Floats = NDArray[np.float64]
    HotLimits = dict[tuple[tuple[int, int], int], Floats]


def hot_limits(
    problem: Problem, windows: tuple[tuple[int, int], ...], signs: tuple[int, ...], alpha1: float
) -> HotLimits:
    """
    Find the count from which each place is hot.

    High: P(X > c) + P(X = c) / 2 < alpha1 under the model without cluster, the
    fewest such c; low: the mirror image.

    `signs`: 1 for high, -1 for low.
    Returns: In the unit of ``problem.cases``, by window and sign, each of shape (n,); infinite
        where no count is hot.
    """
    limits: HotLimits = {}
    for window in windows:
        inside = slice(window[0], window[1] + 1)
        for sign in signs:
            limits[window, sign] = _limit(problem, inside, sign, alpha1)
    return limits


def _limit(problem: Problem, inside: slice, sign: int, alpha1: float) -> Floats:
    size = problem.size[:, inside].sum(axis=1)
    if problem.model == "normal":
        spread = np.sqrt(size * problem.spread / max(problem.size.size, 1))
        result: Floats = sign * stats.norm.isf(alpha1) * spread
    elif problem.model == "poisson":
        rate = problem.cases.sum() / problem.size.sum()
        result = _counted(stats.poisson(rate * size), sign, alpha1)
    elif problem.model == "bernoulli" or not problem.rho:
        rate = problem.cases.sum() / problem.size.sum()
        result = _counted(stats.binom(problem.raw_size[:, inside].sum(axis=1), rate), sign, alpha1)
    else:
        result = _beta_binomial(problem, sign, alpha1)
    return result


def _counted(law: stats.distributions.rv_frozen, sign: int, alpha1: float) -> Floats:
    if sign > 0:
        count = np.maximum(law.ppf(1.0 - alpha1), 0.0)
        while (bad := law.sf(count) + 0.5 * law.pmf(count) >= alpha1).any() and (
            (law.sf(count) > 0) & bad
        ).any():
            count = count + bad
        return np.where(bad, np.inf, count)
    count = law.ppf(alpha1)
    while (bad := (law.cdf(count) - 0.5 * law.pmf(count) >= alpha1) & (count >= 0)).any():
        count = count - bad
    return np.where(count < 0, -np.inf, count)


def _beta_binomial(problem: Problem, sign: int, alpha1: float) -> Floats:
    rate = problem.cases.sum() / problem.size.sum()
    scale = (1.0 - problem.rho) / problem.rho
    limits = np.full(len(problem.size), sign * np.inf)
    for i, people in enumerate(problem.raw_size[:, 0]):
        counts = np.arange(int(people) + 1)
        chance = np.exp(
            stats.betabinom.logpmf(counts, int(people), rate * scale, (1.0 - rate) * scale)
        )
        tail = np.cumsum(chance[::-1])[::-1] if sign > 0 else np.cumsum(chance)
        hot = np.flatnonzero(tail - 0.5 * chance < alpha1)
        if len(hot):
            count = hot[0] if sign > 0 else hot[-1]
            limits[i] = count * problem.size[i, 0] / people
    return limits
