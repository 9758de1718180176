"""
The best connected zone among the nearest places, exactly, by branch and bound.

Flexible zones: Tango & Takahashi (2005, Int. J. Health Geogr. 4, 11); restricted to places that
are hot by themselves: Tango & Takahashi (2012, Stat. Med. 31, 4207). A branch is cut when even the
best unconnected set of what it may still take falls short: since the ratio is convex, that set is
a run of the places sorted by rate (Neill 2012, J. R. Stat. Soc. B 74, 337).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from sibangkit_geo.pockets.scan.kernels_law import likelihood_ratio, may_beat

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DEEPEST = 256


class Web(NamedTuple):
    """
    The nearest places of each place and which of them touch.

    `near`: Nearest places, itself first, -1 where there are fewer, shape (n, at most 60).
    `links`: Bit j of ``links[i, k]`` says that the k-th and the j-th nearest of i touch, shape of
        `near`.
    `budget`: Branches after which the search gives up.
    """

    near: NDArray[np.int32]
    links: NDArray[np.int64]
    most: int
    budget: int


@njit(cache=True)
def _gather(start, values, hot, web, law, rows):
    """Sort the usable nearest places by rate, best first; `rows` takes their sums."""
    rank = np.empty(web.near.shape[1], dtype=np.int64)
    count = 0
    for k in range(web.near.shape[1]):
        place = web.near[start, k]
        if place < 0 or not hot[place] or not values.free[place] or values.size[place] <= 0.0:
            continue
        rate = law.sign * values.cases[place] / values.size[place]
        at = count
        while at > 0 and rows[at - 1, 3] < rate:
            rows[at] = rows[at - 1]
            rank[at] = rank[at - 1]
            at -= 1
        rows[at, 0], rows[at, 1] = values.cases[place], values.size[place]
        rows[at, 2], rows[at, 3] = values.space[place], rate
        rank[at] = k
        count += 1
    return rank[:count]


@njit(cache=True)
def _touching(start, rank, web):
    """Rewrite the links of the sorted places as bits over their ranks."""
    links = np.zeros(len(rank), dtype=np.int64)
    for i in range(len(rank)):
        seen = web.links[start, rank[i]]
        for j in range(len(rank)):
            if seen >> rank[j] & 1:
                links[i] |= np.int64(1) << j
    return links


@njit(cache=True)
def _can_beat(cases, size, rest, rows, law, mark):
    """Tell whether the set, with any run of the sorted rest, may score above the mark."""
    if may_beat(cases, size, law, mark) and likelihood_ratio(cases, size, law) > mark:
        return True
    i = 0
    while rest:
        if rest & 1:
            cases += rows[i, 0]
            size += rows[i, 1]
            if may_beat(cases, size, law, mark) and likelihood_ratio(cases, size, law) > mark:
                return True
        rest >>= 1
        i += 1
    return False


@njit(cache=True)
def _first_bit(mask):
    i = 0
    while not mask >> i & 1:
        i += 1
    return i


@njit(cache=True)
def _count_bits(mask):
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@njit(cache=True)
def _reachable(seed, links):
    """Collect what hangs together with the first place."""
    reached, edge = seed, seed
    while edge:
        i = _first_bit(edge)
        edge &= ~(np.int64(1) << i)
        fresh = links[i] & ~reached
        reached |= fresh
        edge |= fresh
    return reached


@njit(cache=True)
def _grow(seed, rows, links, values, web, law, mark):
    """Search every connected set with the first place; return score, set and branches used."""
    masks = np.empty((_DEEPEST, 3), dtype=np.int64)
    sums = np.empty((_DEEPEST, 3))
    one = _first_bit(seed)
    reach = _reachable(seed, links)
    best, best_set, used = mark, np.int64(0), 0
    masks[0] = seed, links[one] & reach & ~seed, ~reach
    sums[0] = rows[one, 0], rows[one, 1], rows[one, 2]
    if sums[0, 2] > values.cap:
        return best, best_set, used
    score = likelihood_ratio(rows[one, 0], rows[one, 1], law)
    if score > best:
        best, best_set = score, seed
    top = 1
    while top and used < web.budget:
        top -= 1
        used += 1
        inside, edge, banned = masks[top]
        cases, size, space = sums[top]
        if not edge or _count_bits(inside) >= web.most:
            continue
        if not _can_beat(cases, size, reach & ~inside & ~banned, rows, law, best):
            continue
        i = _first_bit(edge)
        bit = np.int64(1) << i
        # without it, looked at last; with it, first: the best rates come first
        masks[top] = inside, edge & ~bit, banned | bit
        top += 1
        if space + rows[i, 2] <= values.cap:
            cases, size, space = cases + rows[i, 0], size + rows[i, 1], space + rows[i, 2]
            masks[top] = inside | bit, (edge | links[i]) & ~(inside | bit | banned), banned
            sums[top] = cases, size, space
            top += 1
            score = likelihood_ratio(cases, size, law)
            if score > best * (1.0 + 1e-12):
                best, best_set = score, inside | bit
    return best, best_set, used


@njit(cache=True, nogil=True)
def best_connected(values, hot, web, law, mark):
    """
    Find the best connected zone of one data set.

    `hot`: Places that a zone may contain.
    `web`: Nearest places and their links.
    `law`: Totals and direction.
    Returns: Score, centre, bit mask over its nearest places, whether the search was finished;
        `mark`, -1, 0 when nothing beats it.
    """
    best, centre, found, finished = mark, -1, np.int64(0), True
    rows = np.empty((web.near.shape[1] + 1, 4))
    for start in range(len(web.near)):
        if not hot[start] or not values.free[start] or values.size[start] <= 0.0:
            continue
        rank = _gather(start, values, hot, web, law, rows)
        own = 0
        while rank[own] != 0:
            own += 1
        seed = np.int64(1) << own
        every = (np.int64(1) << len(rank)) - 1
        if not _can_beat(rows[own, 0], rows[own, 1], every & ~seed, rows, law, best):
            continue
        links = _touching(start, rank, web)
        score, mask, used = _grow(seed, rows, links, values, web, law, best)
        finished = finished and used < web.budget
        if mask:
            best, centre, found = score, start, np.int64(0)
            for i in range(len(rank)):
                if mask >> i & 1:
                    found |= np.int64(1) << rank[i]
    return best, centre, found, finished
