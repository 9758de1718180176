"""Circular scan on standardised rates, with a joint permutation of villages as its null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Positions = NDArray[np.intp]

SMALLEST_CIRCLE = 2
LARGEST_CIRCLE = 25
LARGEST_SHARE = 0.15
_HIGHEST_Z = 3.0
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Zone:
    """
    The strongest circle.

    Attributes
    ----------
    villages
        Positions of its villages, nearest to the centre first.
    statistic
        Its t; 0 when no circle has an excess.
    p_value
        (1 + replicates at least as strong) / (1 + replicates).
    """

    villages: tuple[int, ...]
    statistic: float
    p_value: float


def circles(x: Floats, y: Floats) -> Positions:
    """
    List each village's nearest villages, itself first.

    Parameters
    ----------
    x, y
        Coordinates in metres, shape (n,).

    Returns
    -------
    order
        Positions, shape (n, min(25, n)); equal distances keep the order of rows.

    Raises
    ------
    Nothing
        A single village has itself alone.
    """
    points = np.column_stack([x, y])
    width = min(LARGEST_CIRCLE, len(points))
    distance, order = cKDTree(points).query(points, k=width)
    distance, order = distance.reshape(len(points), width), order.reshape(len(points), width)
    # the tree breaks ties in an order of its own: sort them by row so that results are the same
    # on every machine
    return np.take_along_axis(order, np.lexsort((order, distance), axis=1), axis=1)


def centred_scores(z: Floats, weight: Floats) -> Floats:
    """
    Winsorise, centre and weight standardised rates.

    s = sqrt(w) (min(z, 3) - mu sqrt(w)) with mu such that the scores sum to 0;
    the cap keeps one outlier from making a pocket.

    Parameters
    ----------
    z
        Standardised rates, shape (n,).
    weight
        Effective households over their mean, shape (n,).

    Returns
    -------
    scores
        Shape (n,), summing to 0.

    Raises
    ------
    Nothing
        No village gives an empty array.
    """
    capped = np.minimum(z, _HIGHEST_Z)
    root = np.sqrt(weight)
    mu = float(np.sum(root * capped) / np.sum(weight)) if len(z) else 0.0
    return root * (capped - mu * root)


def circle_statistics(scores: Floats, weight: Floats, order: Positions) -> Floats:
    """
    Score every circle: t = S / sqrt(V (1 - V / W)).

    S and V are the sums of scores and weights inside; circles of 2 to 25
    villages with at most 15 % of all weight count.

    Parameters
    ----------
    scores, weight
        Per village, 0 for villages already in a pocket; shape (..., n).
    order
        Nearest villages of each centre, from `circles`.

    Returns
    -------
    t
        Shape (..., n, k); 0 where the circle does not count or has no excess.

    Raises
    ------
    Nothing
        Empty input gives an empty array.
    """
    inside = np.cumsum(scores[..., order], axis=-1)
    size = np.cumsum(weight[..., order], axis=-1)
    total = weight.sum(axis=-1)[..., None, None]
    counts = (inside > 0) & (size > 0) & (size <= LARGEST_SHARE * total)
    counts[..., : SMALLEST_CIRCLE - 1] = False
    spread = np.where(counts, size * (1.0 - size / total), 1.0)
    return np.where(counts, inside / np.sqrt(spread), 0.0)


def strongest_circle(
    z: Floats,
    weight: Floats,
    *,
    order: Positions,
    pool: NDArray[np.bool_],
    replicates: int,
    rng: np.random.Generator,
    progress: Callable[[int], None] | None = None,
) -> Zone:
    """
    Find the circle with the largest excess and test it by joint permutation.

    Null hypothesis: the pairs (rate, weight) of the villages in the pool are
    exchangeable over their places. A tie with the observed maximum counts
    against the pocket.

    Parameters
    ----------
    z, weight
        Standardised rates and weights per village, shape (n,).
    order
        Nearest villages of each centre, from `circles`.
    pool
        Villages not yet in a pocket.
    replicates
        Permutations.
    rng
        Source of the permutations.
    progress
        Called with the number of replicates done since the last call.

    Returns
    -------
    zone
        With p from 1 / (replicates + 1) to 1.

    Raises
    ------
    ValueError
        `replicates` is below 1.
    """
    if replicates < 1:
        msg = f"`replicates` must be at least 1, got {replicates}."
        raise ValueError(msg)
    scores, weights = np.zeros_like(z), np.where(pool, weight, 0.0)
    scores[pool] = centred_scores(z[pool], weight[pool])
    t = circle_statistics(scores, weights, order)
    centre, last = np.unravel_index(int(np.argmax(t)), t.shape)
    observed = float(t[centre, last])
    at_least = 0
    where = np.flatnonzero(pool)
    for start in range(0, replicates, _BATCH):
        size = min(_BATCH, replicates - start)
        shuffles = rng.permuted(np.tile(where, (size, 1)), axis=1)
        null_scores, null_weights = np.zeros((size, len(z))), np.zeros((size, len(z)))
        null_scores[:, where], null_weights[:, where] = scores[shuffles], weights[shuffles]
        null = circle_statistics(null_scores, null_weights, order).max(axis=(1, 2))
        # sums in another order differ in the last digits: such a tie is a tie
        at_least += int(np.sum(null >= observed - 1e-9))
        if progress:
            progress(size)
    villages = tuple(int(i) for i in order[centre, : last + 1] if pool[i])
    p_value = (1 + at_least) / (1 + replicates)
    return Zone(villages if observed > 0 else (), observed, p_value)
