"""Quantiles of mixtures of beta laws, for many villages at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

_STEPS = 60
# of a probability; a map shows three digits
_CLOSE = 1e-7
_LIGHT = 1e-3


def mixture_quantile(probability: float, mean: Floats, size: Floats, weight: Floats) -> Floats:
    """
    Find where each village's mixture of beta laws reaches a probability.

    Newton's steps, halved towards a bracket whenever one leaves it.

    `probability`: Above 0 and below 1.
    `mean`: Means of the laws, shape (n_villages, n_nodes).
    `size`: Sums of their two shape parameters, alike.
    `weight`: Of the nodes, adding up to 1, shape (n_nodes,).
    Returns: Share 0 to 1, shape (n_villages,).
    """
    heavy = weight > _LIGHT * weight.max()
    laws = mean[:, heavy], size[:, heavy], weight[heavy] / weight[heavy].sum()
    centre = laws[0] @ laws[2]
    inner = laws[0] * (1 - laws[0]) / (laws[1] + 1) + (laws[0] - centre[:, None]) ** 2
    total = np.maximum(centre * (1 - centre) / (inner @ laws[2]) - 1, 1e-6)
    at = np.asarray(special.betaincinv(centre * total, (1 - centre) * total, probability))
    low, high = np.zeros_like(at), np.ones_like(at)
    left = np.arange(len(at))
    for _ in range(_STEPS):
        x = at[left]
        height, slope = _cumulative(x, laws[0][left], laws[1][left], laws[2])
        off = height - probability
        low[left] = np.where(off < 0, x, low[left])
        high[left] = np.where(off < 0, high[left], x)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = x - off / slope
        outside = ~((step > low[left]) & (step < high[left]))
        at[left] = np.where(outside, (low[left] + high[left]) / 2, step)
        left = left[np.abs(off) > _CLOSE]
        if not len(left):
            break
    return at


def _cumulative(x: Floats, mean: Floats, size: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Distribution function and density; one pass per node keeps memory at one column."""
    height, slope = np.zeros_like(x), np.zeros_like(x)
    for node, share in enumerate(weight):
        a, b = mean[:, node] * size[:, node], (1 - mean[:, node]) * size[:, node]
        height += share * special.betainc(a, b, x)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            log = special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b)
            slope += share * np.exp(log)
    return height, slope
