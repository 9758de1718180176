"""What counts of many villages say about how much the villages differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import optimize, special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

# log odds of rho: from none that could ever be seen (1e-7) to almost all or nothing (0.98)
_LOWEST, _HIGHEST = -16.0, 4.0
_COARSE, _FINE = 41, 31
# log of the density relative to its top, below which a node adds nothing
_NEGLIGIBLE = 11.0
_NEWTON_STEPS = 30
# a fitted value below 1e-6 is none: sampling alone cannot be told from it
_NONE = -13.8


@dataclass(frozen=True, slots=True)
class DispersionPosterior:
    """
    Nodes of the intraclass correlation with their weights, and the fit.

    `size`: Households that the prior counts for, 1 / rho - 1, shape (n_nodes,).
    `mean`: Mean rate that fits best at each node, share 0 to 1.
    `weight`: Posterior weights, adding up to 1.
    `fitted_rho`: Intraclass correlation there; 0 where none is seen.
    """

    size: Floats
    mean: Floats
    mean_error: Floats
    weight: Floats
    fitted_mean: float
    fitted_rho: float


@dataclass(frozen=True, slots=True)
class _Node:
    log_odds: float
    likelihood: float
    logit_mean: float
    logit_error: float

    @property
    def log_density(self) -> float:
        """Likelihood with the mean integrated out (Laplace), times a flat prior on rho."""
        rho = special.expit(self.log_odds)
        jacobian = np.log(rho) + np.log1p(-rho)
        return float(self.likelihood + np.log(self.logit_error) + jacobian)


def dispersion_posterior(y: Floats, n: Floats) -> DispersionPosterior:
    """
    Weigh values of the intraclass correlation by the beta-binomial likelihood.

    `y`: Poor households, 0 to `n`.
    `n`: Households, above 0, shape (n_villages,).
    Returns: Some 20 to 40 nodes where the density is not negligible.
    """
    start = float(special.logit((y.sum() + 0.5) / (n.sum() + 1)))
    grid = np.linspace(_LOWEST, _HIGHEST, _COARSE)
    nodes = _evaluate(y, n, grid, start)
    fitted = _most_likely(y, n, nodes)
    for _ in range(6):
        density = np.array([node.log_density for node in nodes])
        inside = np.flatnonzero(density > density.max() - _NEGLIGIBLE)
        if len(inside) >= _FINE // 2:
            break
        ends = max(inside[0] - 1, 0), min(inside[-1] + 1, len(nodes) - 1)
        grid = np.linspace(nodes[ends[0]].log_odds, nodes[ends[1]].log_odds, _FINE)
        nodes = _evaluate(y, n, grid, nodes[int(density.argmax())].logit_mean)
    kept = [nodes[at] for at in inside]
    weight = np.exp(density[inside] - density.max())
    mean = special.expit([node.logit_mean for node in kept])
    error = np.array([node.logit_error for node in kept]) * mean * (1 - mean)
    seen = fitted.log_odds > _NONE
    return DispersionPosterior(
        size=np.exp([-node.log_odds for node in kept]),
        mean=mean,
        mean_error=error,
        weight=weight / weight.sum(),
        fitted_mean=float(special.expit(fitted.logit_mean)),
        fitted_rho=float(special.expit(fitted.log_odds)) if seen else 0.0,
    )


def _evaluate(y: Floats, n: Floats, grid: Floats, start: float) -> list[_Node]:
    nodes: list[_Node] = []
    for log_odds in grid:
        nodes.append(_node(y, n, float(log_odds), nodes[-1].logit_mean if nodes else start))
    return nodes


def _most_likely(y: Floats, n: Floats, nodes: list[_Node]) -> _Node:
    best = int(np.argmax([node.likelihood for node in nodes]))
    if best == 0:
        return nodes[0]
    low, high = nodes[best - 1].log_odds, nodes[min(best + 1, len(nodes) - 1)].log_odds
    start = nodes[best].logit_mean
    found = optimize.minimize_scalar(
        lambda at: -_node(y, n, at, start).likelihood,
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return _node(y, n, float(found.x), start)


def _node(y: Floats, n: Floats, log_odds: float, start: float) -> _Node:
    """Fit the mean at one intraclass correlation by Newton's steps on the logit scale."""
    size = float(np.exp(-log_odds))
    at = start
    for _ in range(_NEWTON_STEPS):
        slope, bend = _derivatives(y, n, size, at)
        step = float(np.clip(slope / bend, -1.0, 1.0))
        at = float(np.clip(at + step, -30.0, 30.0))
        if abs(step) < 1e-7:
            break
    bend = _derivatives(y, n, size, at)[1]
    return _Node(log_odds, _log_likelihood(y, n, size, at), at, 1 / np.sqrt(bend))


def _log_likelihood(y: Floats, n: Floats, size: float, at: float) -> float:
    """Up to binomial coefficients, with Jeffreys' prior so that a mean of 0 stays finite."""
    mean = special.expit(at)
    a, b = size * mean, size * special.expit(-at)
    terms = special.betaln(y + a, n - y + b) - special.betaln(a, b)
    return float(terms.sum() + 0.5 * (np.log(mean) + special.log_expit(-at)))


def _derivatives(y: Floats, n: Floats, size: float, at: float) -> tuple[float, float]:
    """Slope and downward bend in the logit of the mean."""
    mean, rest = float(special.expit(at)), float(special.expit(-at))
    a, b = size * mean, size * rest
    first = size * (
        special.digamma(y + a) - special.digamma(a) - special.digamma(n - y + b)
        + special.digamma(b)
    ).sum()  # fmt: skip
    second = size**2 * (
        special.zeta(2, y + a) - special.zeta(2, a) + special.zeta(2, n - y + b)
        - special.zeta(2, b)
    ).sum()  # fmt: skip
    scale = mean * rest
    slope = first * scale + 0.5 * (rest - mean)
    bend = -second * scale**2 - first * scale * (rest - mean) + scale
    # far from the top the surface may bend upwards: the least possible bend keeps steps finite
    return float(slope), float(max(bend, scale, 1e-12))
