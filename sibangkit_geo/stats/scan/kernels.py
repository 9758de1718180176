"""
What a zone scores: log likelihood ratios of the three laws, and what a zone needs to beat one.

Every ratio is a supremum of functions linear in (cases, population), hence jointly convex; the
bounds of the other kernels rest on that. Poisson and binomial: Kulldorff (1997, Commun. Stat. 26,
1481); normal with weights: Kulldorff, Huang & Konty (2009, Int. J. Health Geogr. 8, 58) and Huang
et al. (2009, J. Am. Stat. Assoc. 104, 1182).

Zones that grow one place at a time: one data set exactly, or 64 replicates side by side.

The lanes compare sums with a table of the excess needed, so that a logarithm is taken only where
a zone can beat its replicate's maximum so far.

The best connected zone among the nearest places, exactly, by branch and bound.

Flexible zones: Tango & Takahashi (2005, Int. J. Health Geogr. 4, 11); restricted to places that
are hot by themselves: Tango & Takahashi (2012, Stat. Med. 31, 4207). A branch is cut when even the
best unconnected set of what it may still take falls short: since the ratio is convex, that set is
a run of the places sorted by rate (Neill 2012, J. R. Stat. Soc. B 74, 337).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sibangkit_geo.pockets.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

POISSON, BINOMIAL, NORMAL = 0, 1, 2
# below this share of the whole, what is left outside a zone is rounding
_ROUNDING = 1e-12
_HALVINGS = 40

LANES = 64

_DEEPEST = 256

# distances that agree in nine digits are one distance: grids and rounded coordinates
_TIE = 2e-9


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


@compiled()
def _part(cases, expected):
    if cases <= 0.0:
        return 0.0
    if expected <= 0.0:
        return np.inf
    return cases * np.log(cases / expected)


@compiled()
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


@compiled()
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


@compiled()
def _largest_excess(size, law):
    if law.code == NORMAL:
        return np.sqrt(max(law.spread * size * (law.size - size) / law.size, 0.0))
    expected = law.rate * size
    if law.code == POISSON:
        return law.total - expected if law.sign > 0.0 else expected
    if law.sign > 0.0:
        return min(size, law.total) - expected
    return expected - max(0.0, size - (law.size - law.total))


@compiled()
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


@compiled(nogil=True)
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


@compiled(nogil=True)
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


@compiled(nogil=True)
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


@compiled()
def _set_lane(needed, lane, table, level):
    for j in range(table.shape[1]):
        needed[j, lane] = table[level, j]


@compiled()
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


@compiled()
def _start(cases, maxima, bars, factor):
    table, step = bars.table, bars.step
    needed = np.empty((table.shape[1], cases.shape[1]), dtype=cases.dtype)
    for lane in range(cases.shape[1]):
        _set_lane(needed, lane, table, min(int(maxima[lane] / factor / step), len(table) - 1))
    return needed


@compiled(nogil=True)
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


@compiled()
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


@compiled()
def _touching(start, rank, web):
    """Rewrite the links of the sorted places as bits over their ranks."""
    links = np.zeros(len(rank), dtype=np.int64)
    for i in range(len(rank)):
        seen = web.links[start, rank[i]]
        for j in range(len(rank)):
            if seen >> rank[j] & 1:
                links[i] |= np.int64(1) << j
    return links


@compiled()
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


@compiled()
def _first_bit(mask):
    i = 0
    while not mask >> i & 1:
        i += 1
    return i


@compiled()
def _count_bits(mask):
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@compiled()
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


@compiled()
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


@compiled(nogil=True)
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


@compiled(nogil=True)
def close_rows(order, u, v, *, first, reach, stop, length):
    """
    Sort nearly sorted rows by exact distance and mark where discs close.

    Places at one distance enter together: a zone is a closed disc.

    `order`: Places roughly by distance, sorted in place, shape (n_rows, width).
    `first`: Centre of the first row; the next rows follow.
    `stop`: Filled: whether the disc closes here, shape of `order`.
    `length`: Filled: places within reach, shape (n_rows,).
    """
    width = order.shape[1]
    far = np.empty(width)
    for row in range(len(order)):
        places = order[row]
        for k in range(width):
            place = places[k]
            d = (u[place] - u[first + row]) ** 2 + (v[place] - v[first + row]) ** 2
            at = k
            while at > 0 and (far[at - 1] > d or (far[at - 1] == d and places[at - 1] > place)):
                far[at] = far[at - 1]
                places[at] = places[at - 1]
                at -= 1
            far[at] = d
            places[at] = place
        count = 0
        for k in range(width):
            stop[row, k] = k + 1 == width or far[k + 1] > far[k] * (1.0 + _TIE)
            count += far[k] <= reach * (1.0 + _TIE)
        length[row] = count


@compiled(nogil=True)
def link_bits(near, starts, touching):
    """
    Note which of the nearest places of each place touch.

    `near`: Nearest places, -1 for none, shape (n, at most 63).
    `starts`, `touching`: Places that touch place i: ``touching[starts[i]:starts[i + 1]]``.
    Returns: Bit j of ``links[i, k]``: the k-th and the j-th nearest of i touch.
    """
    links = np.zeros(near.shape, dtype=np.int64)
    rank = np.full(len(starts) - 1, -1, dtype=np.int64)
    for i in range(len(near)):
        for k in range(near.shape[1]):
            if near[i, k] >= 0:
                rank[near[i, k]] = k
        for k in range(near.shape[1]):
            place = near[i, k]
            if place >= 0:
                for other in touching[starts[place] : starts[place + 1]]:
                    if rank[other] >= 0:
                        links[i, k] |= np.int64(1) << rank[other]
        for k in range(near.shape[1]):
            if near[i, k] >= 0:
                rank[near[i, k]] = -1
    return links
