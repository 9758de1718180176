"""
Zones that grow one place at a time: one data set exactly, or 64 replicates side by side.

The lanes compare sums with a table of the excess needed, so that a logarithm is taken only where
a zone can beat its replicate's maximum so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from sibangkit_geo.pockets.scan.kernels_law import likelihood_ratio, may_beat

if TYPE_CHECKING:
    from numpy.typing import NDArray

LANES = 64


class Nest(NamedTuple):
    """
    Rows of places, each a nested sequence of zones.

    `order`: Places of each row in the order in which they enter, shape (n_rows, width).
    `length`: How many of them may be used, shape (n_rows,).
    `stop`: Whether a zone ends at this place; False inside a tie, shape of `order`.
    """

    order: NDArray[np.int32]
    length: NDArray[np.int32]
    stop: NDArray[np.bool_]
    factor: float


class Values(NamedTuple):
    """
    One data set by place.

    `space`: What the largest share is a share of.
    `cap`: Largest sum of `space` in a zone.
    """

    cases: NDArray[np.float64]
    size: NDArray[np.float64]
    space: NDArray[np.float64]
    free: NDArray[np.bool_]
    cap: float


class Bars(NamedTuple):
    """
    The excess that a zone needs to beat a mark, for the lanes.

    `edges`: Populations between which a bar holds, shape (n_bins + 1,).
    `table`: Excess needed for the marks 0, step, 2 step ..., shape (n_marks, n_bins).
    """

    edges: NDArray[np.float64]
    table: NDArray[np.floating]
    step: float


@njit(cache=True, nogil=True)
def best_nested(values, nest, law, mark):
    """
    Find the best zone of one data set.

    `law`: Totals and direction.
    Returns: Score, row, number of places; `mark`, -1, 0 when nothing beats it. The first row keeps
        a tie.
    """
    best, best_row, best_count = mark, -1, 0
    for row in range(len(nest.order)):
        cases, size, space = 0.0, 0.0, 0.0
        for k in range(nest.length[row]):
            place = nest.order[row, k]
            space += values.space[place]
            if not values.free[place] or space > values.cap:
                break
            cases += values.cases[place]
            size += values.size[place]
            if nest.stop[row, k] and may_beat(cases, size, law, best / nest.factor):
                score = nest.factor * likelihood_ratio(cases, size, law)
                # equal zones summed in another order differ in the last digits
                if score > best * (1.0 + 1e-12):
                    best, best_row, best_count = score, row, k + 1
    return best, best_row, best_count


@njit(cache=True, nogil=True)
def usable_lengths(order, length, space, cap):
    """
    Shorten rows to what the largest share allows, in place.

    `space`: What the largest share is a share of, by place.
    `cap`: Largest sum.
    """
    longest = 0
    for row in range(len(order)):
        total, count = 0.0, 0
        while count < length[row]:
            total += space[order[row, count]]
            if total > cap:
                break
            count += 1
        length[row] = count
        longest = max(longest, count)
    return longest


@njit(cache=True)
def _set_lane(needed, lane, table, level):
    for j in range(table.shape[1]):
        needed[j, lane] = table[level, j]


@njit(cache=True)
def _settle(sums, bar, wanted, size, state):
    """Score the lanes of a zone that passed the table; raise their maxima and what they need."""
    maxima, needed, bars, law, factor = state
    table, step = bars.table, bars.step
    for lane in range(len(sums)):
        if sums[lane] - bar > wanted[lane]:
            score = factor * likelihood_ratio(law.sign * sums[lane], size, law)
            if score > maxima[lane]:
                maxima[lane] = score
                level = min(int(score / factor / step), len(table) - 1)
                _set_lane(needed, lane, table, level)


@njit(cache=True)
def _start(cases, maxima, bars, factor):
    table, step = bars.table, bars.step
    needed = np.empty((table.shape[1], cases.shape[1]), dtype=cases.dtype)
    for lane in range(cases.shape[1]):
        _set_lane(needed, lane, table, min(int(maxima[lane] / factor / step), len(table) - 1))
    return needed


@njit(cache=True, nogil=True)
def scan_lanes(cases, size, nest, bars, law, maxima):
    """
    Raise the maxima of replicates that lie side by side.

    `cases`: Simulated cases times the sign of the law, shape (n_places, LANES); whole numbers
        below 2^24 may be float32.
    `size`: Population by place, the same in every replicate.
    `nest`: Rows of zones, already shortened to the largest share.
    `law`: Totals and direction.
    `maxima`: Score of each replicate so far, raised in place, shape (LANES,).
    """
    edges = bars.edges
    needed = _start(cases, maxima, bars, nest.factor)
    state = (maxima, needed, bars, law, nest.factor)
    sums = np.empty(LANES, dtype=cases.dtype)
    rows, last = len(nest.order), len(edges) - 2
    # rows far apart first: neighbours see the same zones, and a high bar early saves logarithms
    stride = 1 + int(0.618 * rows)
    while np.gcd(stride, rows) > 1:
        stride += 1
    for i in range(rows):
        row = i * stride % rows
        sums[:] = 0
        inside, j = 0.0, 0
        for k in range(nest.length[row]):
            drawn = cases[nest.order[row, k]]
            inside += size[nest.order[row, k]]
            if not nest.stop[row, k]:
                for lane in range(LANES):
                    sums[lane] += drawn[lane]
                continue
            while j < last and inside >= edges[j + 1]:
                j += 1
            expected = law.rate * inside
            # a little low, so that single precision never hides a zone
            bar = cases.dtype.type(law.sign * expected - 1e-6 * expected - 1e-9)
            wanted = needed[j]
            hits = np.int32(0)  # as wide as the sums, so that the loop compiles to vector code
            for lane in range(LANES):
                value = sums[lane] + drawn[lane]
                sums[lane] = value
                hits |= np.int32(1) if value - bar > wanted[lane] else np.int32(0)
            if hits:
                _settle(sums, bar, wanted, inside, state)
