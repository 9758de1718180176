"""
What a zone scores: log likelihood ratios of the three laws, and what a zone needs to beat one.

Every ratio is a supremum of functions linear in (cases, population), hence jointly convex; the
bounds of the other kernels rest on that. Poisson and binomial: Kulldorff (1997, Commun. Stat. 26,
1481); normal with weights: Kulldorff, Huang & Konty (2009, Int. J. Health Geogr. 8, 58) and Huang
et al. (2009, J. Am. Stat. Assoc. 104, 1182).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

POISSON, BINOMIAL, NORMAL = 0, 1, 2
# below this share of the whole, what is left outside a zone is rounding
_ROUNDING = 1e-12
_HALVINGS = 40


class Law(NamedTuple):
    """
    Totals that every zone of one data set is compared with.

    `code`: 0 Poisson, 1 binomial, 2 normal.
    `total`: All cases; number of observations of the normal law.
    `size`: All population (Poisson: or all expected cases; normal: all weight).
    `rate`: Cases per head expected without a cluster; 0 for the normal law, whose values are
        centred.
    `spread`: Weighted sum of squares of the normal law.
    `sign`: 1 looks for high rates, -1 for low ones.
    """

    code: int
    total: float
    size: float
    rate: float
    spread: float
    fewest: float
    sign: float


@njit(cache=True)
def _part(cases, expected):
    if cases <= 0.0:
        return 0.0
    if expected <= 0.0:
        return np.inf
    return cases * np.log(cases / expected)


@njit(cache=True)
def likelihood_ratio(cases, size, law):
    """
    Score a zone by its one-sided log likelihood ratio.

    `law`: Totals and direction.
    Returns: At least 0; 0 for a zone on the other side, or that leaves nothing outside.
    """
    rest = law.size - size
    expected = law.rate * size
    if (
        size <= 0.0
        or rest <= _ROUNDING * law.size
        or law.sign * (cases - expected) <= _ROUNDING * abs(expected)
        or (law.sign > 0.0 and cases < law.fewest)
    ):
        return 0.0
    if law.code == NORMAL:
        between = cases * cases * law.size / (size * rest)
        left = max(law.spread - between, _ROUNDING * law.spread)
        return 0.5 * law.total * np.log(law.spread / left) if law.spread > 0.0 else 0.0
    outside, outside_expected = law.total - cases, law.total - expected
    value = _part(cases, expected) + _part(outside, outside_expected)
    if law.code == BINOMIAL:
        value += _part(size - cases, size - expected)
        value += _part(rest - outside, rest - outside_expected)
    return max(value, 0.0)


@njit(cache=True)
def may_beat(cases, size, law, mark):
    """
    Tell without a logarithm whether a zone can score above a mark.

    From (1 + x) ln(1 + x) - x <= x^2 / 2 and (1 - y) ln(1 - y) + y <= y^2 (1 + y) / 2.

    `law`: Totals and direction.
    Returns: False only when the ratio is certainly at most `mark`.
    """
    expected = law.rate * size
    d = law.sign * (cases - expected)
    if d <= 0.0:
        return False
    if law.code == NORMAL:
        return True
    up, down = expected, law.total - expected
    if law.sign < 0.0:
        up, down = down, up
    if up <= 0.0 or down <= 0.0:
        return True
    bound = d * d * (1.0 / up + (1.0 + d / down) / down)
    if law.code == BINOMIAL:
        up, down = law.size - size - (law.total - expected), size - expected
        if law.sign < 0.0:
            up, down = down, up
        if up <= 0.0 or down <= 0.0:
            return True
        bound += d * d * (1.0 / up + (1.0 + d / down) / down)
    return bound > 1.999999 * mark


@njit(cache=True)
def _largest_excess(size, law):
    if law.code == NORMAL:
        return np.sqrt(max(law.spread * size * (law.size - size) / law.size, 0.0))
    expected = law.rate * size
    if law.code == POISSON:
        return law.total - expected if law.sign > 0.0 else expected
    if law.sign > 0.0:
        return min(size, law.total) - expected
    return expected - max(0.0, size - (law.size - law.total))


@njit(cache=True)
def _excess_needed(size, mark, law):
    """Return the excess whose ratio is `mark`, a little below it, and whether it can be had."""
    high = _largest_excess(size, law)
    expected = law.rate * size
    if likelihood_ratio(expected + law.sign * high, size, law) <= mark:
        return high, False
    low = 0.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if likelihood_ratio(expected + law.sign * middle, size, law) <= mark:
            low = middle
        else:
            high = middle
        if high - low <= 1e-4 * high:
            break
    return low, True


@njit(cache=True, nogil=True)
def excess_table(edges, marks, law):
    """
    Tabulate the excess over expectation below which no zone beats a mark.

    The excess needed is a concave function of the population (the ratio is
    convex), so between two edges it is at least the smaller of theirs.

    `edges`: Increasing populations, shape (n_bins + 1,); the sizes at which the largest possible
        excess turns must be among them.
    `marks`: Log likelihood ratios, shape (n_marks,).
    `law`: Totals and direction, `fewest` being 0.
    Returns: Shape (n_marks, n_bins); infinite where no zone can beat the mark.
    """
    bins = len(edges) - 1
    table = np.empty((len(marks), bins))
    for i in range(len(marks)):
        left, can_left = _excess_needed(edges[0], marks[i], law)
        for j in range(bins):
            right, can_right = _excess_needed(edges[j + 1], marks[i], law)
            table[i, j] = min(left, right) if can_left or can_right else np.inf
            left, can_left = right, can_right
    return table
