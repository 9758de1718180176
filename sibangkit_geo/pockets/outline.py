"""The outline of a pocket: which villages around a found zone belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from sibangkit_geo.pockets.overdispersion import (
    SMALLEST_RHO,
    beta_binomial_log_likelihood,
    effective_counts,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# price of one neighbouring pair across the outline, in log-likelihood units: a Potts model
CUT_PRICE = 0.3
_RINGS = 2
_ROUNDS = 6
# flows are whole numbers of 32 bits: five digits are kept and a village's gain is capped
_UNITS = 10_000
_LARGEST_GAIN = 5_000.0


def shape(
    zone: Collection[int],
    *,
    poor: Floats,
    homes: Floats,
    rho: float,
    pairs: NDArray[np.intp],
    free: NDArray[np.bool_],
    beyond: tuple[float, float] = (0.0, 0.0),
) -> frozenset[int]:
    """
    Fit the outline of a zone by an exact binary cut.

    Maximises the beta-binomial log-likelihood ratio of inside against outside,
    minus 0.3 per neighbouring pair cut, over the zone and its two rings.

    `poor`, `homes`: Poor and all households per village, shape (n,).
    `rho`: Intra-village correlation.
    `pairs`: Neighbouring pairs, shape (n_pairs, 2).
    `free`: Villages that may belong to it, shape (n,).
    `beyond`: Effective poor and all households that may belong to it beyond these villages, where
        they are the surroundings of a zone (`surroundings`).
    Returns: Positions; the zone itself when the fit would leave nothing.
    """
    current = frozenset(zone)
    if not current:
        return current
    domain = domain_of(current, pairs, free)
    effective = effective_counts(homes, rho)
    for _ in range(_ROUNDS):
        inside = np.zeros(len(poor), dtype=bool)
        inside[list(current)] = True
        high = np.average(poor[inside] / homes[inside], weights=effective[inside])
        low = _outside(poor / homes, effective, free & ~inside, beyond)
        if low is None or high <= low:
            return current
        gain = _log_likelihood(poor, homes, float(high), rho)
        gain -= _log_likelihood(poor, homes, float(low), rho)
        fitted = _meeting(_cut(gain, domain, pairs), frozenset(zone), pairs)
        if not fitted or fitted == current:
            break
        current = fitted
    return current


def _outside(
    rates: Floats, effective: Floats, outside: NDArray[np.bool_], beyond: tuple[float, float]
) -> float | None:
    """Average the rates outside a zone; None where nothing is outside."""
    poor, homes = beyond
    if homes > 0:
        weight = effective[outside]
        return float((poor + (rates[outside] * weight).sum()) / (homes + weight.sum()))
    if not outside.any():
        return None
    return float(np.average(rates[outside], weights=effective[outside]))


def links_of(pairs: NDArray[np.intp], number: int) -> csr_array:
    """Lay neighbouring pairs out both ways, so that the neighbours of a village are at hand."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    ones = np.ones(len(both), dtype=np.int8)
    return csr_array((ones, (both[:, 0], both[:, 1])), shape=(number, number))


def surroundings(
    zone: Collection[int], links: csr_array
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """
    Cut a map down to all that decides the outline of a zone, so that its size does not matter.

    `links`: Neighbours both ways, shape (n, n).
    Returns: Positions of the zone and of one ring more than may belong to it, in order, and the
        neighbouring pairs among these, by their places in that list.
    """
    places = np.array(sorted(zone), dtype=np.intp)
    for _ in range(_RINGS + 1):
        places = np.union1d(places, links[places].indices).astype(np.intp)
    near = links[places].tocoo()
    one, other = near.coords
    at = np.minimum(np.searchsorted(places, other), len(places) - 1)
    kept = (places[at] == other) & (one < at)
    return places, np.column_stack([one[kept], at[kept]]).astype(np.intp)


def _log_likelihood(poor: Floats, homes: Floats, rate: float, rho: float) -> Floats:
    rate = min(max(rate, 1e-6), 1.0 - 1e-6)
    scale = (1.0 - max(rho, SMALLEST_RHO)) / max(rho, SMALLEST_RHO)
    a, b = rate * scale, (1.0 - rate) * scale
    return beta_binomial_log_likelihood(poor, homes, (a, b))


def domain_of(
    zone: Collection[int], pairs: NDArray[np.intp], free: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """List a zone and the villages of two rings around it that may belong, positions in order."""
    inside = np.zeros(len(free), dtype=bool)
    inside[list(zone)] = True
    for _ in range(_RINGS):
        reached = inside.copy()
        reached[pairs[inside[pairs[:, 0]], 1]] = True
        reached[pairs[inside[pairs[:, 1]], 0]] = True
        inside = reached & (free | inside)
    return np.flatnonzero(inside)


def _cut(gain: Floats, domain: NDArray[np.intp], pairs: NDArray[np.intp]) -> frozenset[int]:
    """Solve the binary cut as a minimum s-t cut (Greig, Porteous & Seheult 1989)."""
    n = len(domain)
    place = np.full(len(gain), -1)
    place[domain] = np.arange(n)
    a, b = place[pairs[:, 0]], place[pairs[:, 1]]
    both = (a >= 0) & (b >= 0)
    # a pair that leaves the domain is cut whenever its inner village is taken
    leaving = np.bincount(
        np.concatenate([a[(a >= 0) & (b < 0)], b[(b >= 0) & (a < 0)]]), minlength=n
    )
    worth = np.clip(gain[domain] - CUT_PRICE * leaving, -_LARGEST_GAIN, _LARGEST_GAIN)
    units = np.rint(worth * _UNITS).astype(np.int32)
    price = np.full(int(both.sum()), round(CUT_PRICE * _UNITS), dtype=np.int32)
    source, sink = n, n + 1
    take, leave = np.flatnonzero(units > 0), np.flatnonzero(units < 0)
    rows = np.concatenate([a[both], b[both], np.full(len(take), source), leave])
    columns = np.concatenate([b[both], a[both], take, np.full(len(leave), sink)])
    capacity = np.concatenate([price, price, units[take], -units[leave]]).astype(np.int32)
    graph = csr_array((capacity, (rows, columns)), shape=(n + 2, n + 2))
    flow = maximum_flow(graph, source, sink).flow
    residual = csr_array(graph - flow)
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    return frozenset(int(domain[i]) for i in reached if i < n)


def _meeting(
    villages: frozenset[int], zone: frozenset[int], pairs: NDArray[np.intp]
) -> frozenset[int]:
    """Keep the connected parts that share a village with the zone."""
    kept: set[int] = set()
    for part in components(villages, pairs):
        if part & zone:
            kept |= part
    return frozenset(kept)


def components(villages: Collection[int], pairs: NDArray[np.intp]) -> list[frozenset[int]]:
    """
    Split villages into connected parts.

    Parameters
    ----------
    villages
        Positions.
    pairs
        Neighbouring pairs.

    Returns
    -------
    parts
        In the order of their lowest position.

    Examples
    --------
    >>> [sorted(part) for part in components({0, 1, 4}, np.array([[0, 1], [1, 4], [2, 3]]))]
    [[0, 1, 4]]
    """
    names = np.array(sorted(villages), dtype=np.intp)
    if not len(names):
        return []
    keep = np.isin(pairs, names).all(axis=1) if len(pairs) else np.zeros(0, dtype=bool)
    ends = np.searchsorted(names, pairs[keep]) if keep.any() else np.zeros((0, 2), dtype=np.intp)
    ones = np.ones(len(ends))
    graph = csr_array((ones, (ends[:, 0], ends[:, 1])), shape=(len(names), len(names)))
    count, label = connected_components(graph, directed=False)
    return [frozenset(names[label == part].tolist()) for part in range(count)]
