"""Transition tables: what a count may be shown as, and how probably."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from sibangkit_geo.model.types import KEYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# slopes that belong to probabilities of nearly nothing are found to this
_PRECISION = 1e-12
_HIGHEST = 30.0


@dataclass(frozen=True, slots=True)
class Transitions:
    """
    What each count may be shown as: unbiased, and of one variance above the smallest counts.

    Attributes
    ----------
    largest
        Largest deviation, households.
    smallest
        Smallest count that is shown beside 0.
    deviation
        Deviations, from ``-largest`` to ``largest``.
    probability
        Of each deviation (columns) for each count (rows): 0, 1, 2 and so on; the last row
        holds for every larger count.
    """

    largest: int
    smallest: int
    deviation: NDArray[np.int64] = field(repr=False)
    probability: Floats = field(repr=False)

    @property
    def variance(self) -> Floats:
        """Variance of the deviation of each count, by row."""
        spread: Floats = self.probability @ self.deviation.astype(np.float64) ** 2
        return spread

    def variance_of(self, counts: NDArray[np.floating] | NDArray[np.integer]) -> Floats:
        """Look up the variance of the deviation that was added to counts."""
        spread: Floats = self.variance[self._row(counts)]
        return spread

    def shown(self, counts: NDArray[np.int64], keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """
        Turn counts into the counts that are shown; the same count and key give the same.

        `counts`: Households, at least 0, any shape.
        `keys`: Sum of the keys of the households counted, modulo 2 to the power of 32.
        Returns: 0, or at least `smallest`; at most `largest` away.
        """
        limit = np.minimum(np.round(np.cumsum(self.probability, axis=1) * KEYS), KEYS)
        # the last deviation that is possible takes what rounding left over
        possible = self.probability > 0
        last = self.probability.shape[1] - 1 - np.argmax(possible[:, ::-1], axis=1)
        limit[np.arange(limit.shape[1]) >= last[:, None]] = KEYS
        below = keys[..., None] >= limit.astype(np.uint64)[self._row(counts)]
        moved: NDArray[np.int64] = counts + self.deviation[below.sum(axis=-1)]
        return moved

    def _row(self, counts: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.int64]:
        row: NDArray[np.int64] = np.clip(counts, 0, len(self.probability) - 1).astype(np.int64)
        return row


@cache
def transitions(*, largest: int, variance: float, smallest: int) -> Transitions:
    """
    Work out a transition table by maximum entropy [1]_, as the R package ptable does [2]_.

    Of all distributions of a count's deviation the one that says least, such that it has
    mean 0, at most the stated variance, no deviation above `largest`, no result of 1 to
    ``smallest - 1``, and probabilities that rise towards the count itself from below. 0 stays
    0. Where no unbiased deviation has so small a variance (counts below `smallest`), the two
    results next to the count share it: i is shown as `smallest` with probability i / smallest
    and as 0 else, of variance i (smallest - i), the least that there is.

    Parameters
    ----------
    largest
        Largest deviation, households, at least `smallest`, so that `smallest` itself can fall.
    variance
        Of the deviation, households squared, above 0.
    smallest
        Smallest count shown beside 0, at least 1.

    Returns
    -------
    table
        Rows for counts of 0 to ``largest + smallest``.

    Raises
    ------
    ValueError
        A parameter is out of range, or no distribution is unbiased.

    References
    ----------
    .. [1] Giessing, S. (2016), Computational issues in the design of transition probabilities
       and disclosure risk estimation for additive noise, LNCS 9867, 237-251; after Fraser, B.
       & Wooton, J. (2005), A proposed method for confidentialising tabular output to protect
       against differencing, Eurostat/UNECE work session on statistical data confidentiality.
    .. [2] Enderle, T. (2023), ptable: Generation of perturbation tables for the cell-key
       method, version 1.0.0.

    Examples
    --------
    >>> table = transitions(largest=2, variance=3.0, smallest=1)
    >>> table.probability[1].cumsum().round(2).tolist()  # of 1: shown as 0, 1, 2 or 3
    [0.0, 0.37, 0.73, 0.9, 1.0]
    >>> table.probability[2].round(2).tolist()
    [0.2, 0.2, 0.2, 0.2, 0.2]
    """
    if largest < 1 or variance <= 0 or smallest < 1:
        msg = f"Need largest >= 1, variance > 0, smallest >= 1: {largest}, {variance}, {smallest}."
        raise ValueError(msg)
    deviation = np.arange(-largest, largest + 1)
    rows = np.zeros((largest + smallest + 1, len(deviation)))
    rows[0, largest] = 1.0
    for count in range(1, len(rows)):
        result = count + deviation
        allowed = (result == 0) | (result >= smallest)
        rows[count, allowed] = _row(count, deviation[allowed], variance, smallest)
    return Transitions(largest, smallest, deviation, rows)


def _row(count: int, deviation: NDArray[np.int64], variance: float, smallest: int) -> Floats:
    """Distribute the deviations of one count."""
    below, above = -count, smallest - count
    if count < smallest:
        if not {below, above} <= set(deviation.tolist()):
            msg = f"A count of {count} can fall to 0 or rise to {smallest} only: largest is too low"
            raise ValueError(msg)
        if -below * above >= variance:
            ends = {below: count / smallest, above: count / smallest}
            return np.array([
                1 - ends[below] if one == below else ends[above] if one == above else 0.0
                for one in deviation.tolist()
            ])  # fmt: skip
    # deviations below 0 that would be likelier than the next higher one are as likely as it
    blocks = [[at] for at in range(len(deviation))]
    here = deviation.tolist().index(0) if 0 in deviation else 0
    while True:
        found = _most_even(deviation, blocks, variance)
        each = [found[block[0]] for block in blocks]
        wrong = [
            at for at in range(len(blocks) - 1)
            if blocks[at + 1][0] <= here and each[at] > each[at + 1] + _PRECISION
        ]  # fmt: skip
        if not wrong:
            return found
        at = wrong[-1]
        blocks[at : at + 2] = [blocks[at] + blocks[at + 1]]


def _most_even(deviation: NDArray[np.int64], blocks: list[list[int]], variance: float) -> Floats:
    """
    Find the distribution of largest entropy, alike within blocks, of mean 0 and some variance.

    Its logarithm is linear in the deviation and its square; the slopes solve a convex problem.
    """
    size = np.array([len(block) for block in blocks], dtype=np.float64)
    mean = np.array([deviation[block].mean() for block in blocks])
    square = np.array([(deviation[block] ** 2).mean() for block in blocks])
    found = np.empty(len(deviation))
    for moments, target in (
        (mean[None], np.zeros(1)),
        (np.stack([mean, square]), np.array([0.0, variance])),
    ):
        weight = _exponential(size, moments, target)
        for block, one in zip(blocks, weight, strict=True):
            found[block] = one
        if found @ deviation**2 <= variance:
            break
    return found


def _exponential(size: Floats, moments: Floats, target: Floats) -> Floats:
    """Solve for weights exp(slopes x moments) whose moments are the target."""

    def weights(slopes: Floats) -> tuple[Floats, float]:
        power = slopes @ moments
        top = power.max()
        parts = size * np.exp(power - top)
        return parts / parts.sum(), float(np.log(parts.sum()) + top)

    def loss(slopes: Floats) -> tuple[float, Floats]:
        share, total = weights(slopes)
        return total - float(slopes @ target), moments @ share - target

    def curvature(slopes: Floats) -> Floats:
        share, _ = weights(slopes)
        middle = moments @ share
        second: Floats = (moments * share) @ moments.T - np.outer(middle, middle)
        return second

    slopes = minimize(
        loss, np.zeros(len(target)), jac=True, hess=curvature, method="trust-exact",
        options={"gtol": _PRECISION, "maxiter": 1000},
    ).x  # fmt: skip
    share, _ = weights(slopes)
    return share / size
