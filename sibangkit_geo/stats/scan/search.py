"""The strongest zones of one data set, none sharing a place with another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.stages import cores
from sibangkit_geo.stats.scan.kernels import (
    BINOMIAL,
    LANES,
    Bars,
    Values,
    best_connected,
    best_nested,
    excess_table,
    scan_lanes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.stats.scan.candidates import Block, NestedZones
    from sibangkit_geo.stats.scan.kernels import Law, Web
    from sibangkit_geo.stats.scan.model import Problem, ScanSettings

    Floats = NDArray[np.float64]

    HotLimits = dict[tuple[tuple[int, int], int], Floats]

Window = tuple[int, int]
# a ratio below is rounding
SMALLEST_RATIO = 1e-9

_Found = tuple[float, "NDArray[np.int64]", int, float, float]

_BINS = 256
_STEP = 0.25
_MARKS = _STEP * np.arange(100)
# whole numbers that single precision holds
_SINGLE = 2.0**24

_Map = tuple["Floats", "Floats", "Floats", "NDArray[np.intp] | None"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One zone.

    `score`: Log likelihood ratio times the factor of the shape.
    `members`: Positions in scan order.
    `centre`: Position, -1 for a zone without centre.
    `ratio`, `angle`: Of the ellipse; 1 and 0 for a disc.
    `sign`: 1 for high, -1 for low.
    """

    score: float
    members: NDArray[np.int64]
    centre: int
    ratio: float
    angle: float
    window: Window
    sign: int


@dataclass(frozen=True, slots=True)
class Frame:
    """
    Everything that stays the same between the data and its replicates.

    `zones`, `web`: What is looked at: exactly one of them.
    `signs`: 1 for high, -1 for low rates.
    `hot`: Which places may join a connected zone; None for all.
    `cap`: Largest sum of `space` in a zone.
    """

    problem: Problem
    zones: NestedZones | None
    web: Web | None
    windows: tuple[Window, ...]
    signs: tuple[int, ...]
    settings: ScanSettings
    hot: HotLimits | None
    cap: float

    def laws(self, total: float | None = None) -> dict[int, Law]:
        """
        Gather the totals for each direction.

        `total`: Cases of a null map; None takes those observed.
        """
        fewest = self.settings.min_cases
        return {sign: self.problem.law(sign, fewest=fewest, total=total) for sign in self.signs}


def best_zone(
    frame: Frame, cases: Floats, size: Floats, space: Floats, free: NDArray[np.bool_]
) -> Candidate | None:
    """
    Find the strongest zone of the data among free places.

    `cases`, `size`: Shape (n, n_times).
    `space`: Shape (n,).
    Returns: None when no zone stands out. Of equal zones the first in canonical order.
    Raises DataError: Too many connected sets to search.
    """
    best, mark = None, SMALLEST_RATIO
    for window in frame.windows:
        inside = slice(window[0], window[1] + 1)
        values = Values(
            cases[:, inside].sum(axis=1), size[:, inside].sum(axis=1), space, free, frame.cap
        )
        for sign, law in frame.laws().items():
            if frame.zones is not None:
                found = _nested(frame.zones, values, law, mark)
            else:
                found = _connected(frame, values, law, window, mark)
            if found is not None:
                mark, members, centre, ratio, angle = found
                best = Candidate(mark, members, centre, ratio, angle, window, sign)
    return best


def _nested(zones: NestedZones, values: Values, law: Law, mark: float) -> _Found | None:
    best: _Found | None = None
    for block in zones.blocks():
        score, row, count = best_nested(values, block.nest, law, mark)
        if row >= 0:
            members = block.nest.order[row, :count].astype(np.int64)
            centre = block.first + row if block.first >= 0 else -1
            best = (score, members, centre, block.ratio, block.angle)
            mark = score
    return best


def _connected(
    frame: Frame, values: Values, law: Law, window: Window, mark: float
) -> _Found | None:
    if frame.web is None:
        return None
    hot = hot_places(frame, values.cases, window, int(law.sign))
    score, centre, mask, finished = best_connected(values, hot, frame.web, law, mark)
    refuse_unfinished(finished=finished)
    if centre < 0:
        return None
    row = frame.web.near[centre].tolist()
    members = np.array([row[k] for k in range(len(row)) if mask >> k & 1], dtype=np.int64)
    return score, members, centre, 1.0, 0.0


def hot_places(frame: Frame, cases: Floats, window: Window, sign: int) -> NDArray[np.bool_]:
    """
    Tell which places may join a connected zone.

    `cases`: Of the window, shape (n,).
    `sign`: 1 for high, -1 for low.
    Returns: Shape (n,); all without limits.
    """
    if frame.hot is None:
        return np.ones(len(cases), dtype=np.bool_)
    limit = frame.hot[window, sign]
    hot: NDArray[np.bool_] = sign * (cases - limit) >= -1e-9 * np.maximum(1.0, np.abs(cases))
    return hot


def refuse_unfinished(*, finished: bool) -> None:
    """
    Refuse a search that ran out of branches: its maximum would be too small.

    Raises DataError: It was not.
    """
    if not finished:
        msg = "Too many connected sets among the nearest places"
        raise DataError(msg, remedy="Lower `k`, `alpha1` or `max_places`.")


def separate_zones(frame: Frame) -> list[Candidate]:
    """
    Find the most likely cluster, then the next one with no place in common, and so on.

    Returns: Strongest first, at most `max_clusters`.
    Raises DataError: Too many connected sets to search.
    """
    problem = frame.problem
    free = np.ones(len(problem.space), dtype=np.bool_)
    found: list[Candidate] = []
    while len(found) < frame.settings.max_clusters:
        best = best_zone(frame, problem.cases, problem.size, problem.space, free)
        if best is None:
            break
        found.append(best)
        free[best.members] = False
    return found


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


def null_maxima(frame: Frame, *, jointly: bool) -> Floats:
    """
    Draw null maps and find the strongest zone of each.

    Replicate r draws from a generator of its own, seeded by (seed, r), so that
    neither threads nor the number of replicates change it.

    Returns: Scores, shape (replicates,), in the order of the replicates.
    Raises DataError: Too many connected sets to search.
    """
    if frame.zones is not None and frame.problem.fixed and not jointly:
        return _side_by_side(frame, frame.zones)
    return _one_by_one(frame, jointly=jointly)


def _workers(frame: Frame) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(frame.settings.threads or cores())


def _generator(frame: Frame, replicate: int) -> np.random.Generator:
    return np.random.default_rng([frame.settings.seed, replicate])


def _side_by_side(frame: Frame, zones: NestedZones) -> Floats:
    replicates = frame.settings.replicates
    single = frame.problem.whole and frame.problem.cases.sum() < _SINGLE
    kind = np.float32 if single else np.float64
    starts = range(0, replicates, LANES)

    def draw(start: int) -> NDArray[np.floating]:
        # the last group is filled up with its last replicate
        rows = [min(start + lane, replicates - 1) for lane in range(LANES)]
        drawn = [frame.problem.draw(_generator(frame, row)).T for row in rows]
        return np.ascontiguousarray(np.stack(drawn, axis=-1), dtype=kind)

    tables = {sign: (law, _bars(frame.problem, law, kind)) for sign, law in frame.laws().items()}
    maxima = np.zeros((len(starts), LANES))

    def scan(group: int, block: Block) -> None:
        for window in frame.windows:
            inside = slice(window[0], window[1] + 1)
            size = frame.problem.size[:, inside].sum(axis=1)
            cases = groups[group][inside]
            cases = cases[0] if len(cases) == 1 else cases.sum(axis=0)
            for sign, (law, bars) in tables.items():
                signed = cases if sign > 0 else -cases
                scan_lanes(signed, size, block.nest, bars, law, maxima[group])

    with _workers(frame) as pool:
        groups = list(pool.map(draw, starts))
        for block in zones.blocks():
            list(pool.map(scan, range(len(starts)), [block] * len(starts)))
    return maxima.ravel()[:replicates]


def _bars(problem: Problem, law: Law, kind: type[np.floating]) -> Bars:
    smallest = float(problem.size[problem.size > 0].min())
    edges = np.geomspace(smallest, law.size, _BINS + 1)
    edges[0], edges[-1] = smallest, law.size
    if law.code == BINOMIAL:
        # where the largest possible excess turns
        turns = [x for x in (law.total, law.size - law.total) if smallest < x < law.size]
        edges = np.unique([*edges, *turns])
    excess = excess_table(edges, _MARKS, law._replace(fewest=-np.inf))
    return Bars(edges, (excess * (1.0 - 1e-5)).astype(kind), _STEP)


def _one_by_one(frame: Frame, *, jointly: bool) -> Floats:
    problem = frame.problem
    free = np.ones(len(problem.space), dtype=np.bool_)

    def draw(replicate: int) -> _Map:
        rng = _generator(frame, replicate)
        if not jointly:
            return problem.draw(rng), problem.size, problem.space, None
        moved = rng.permutation(len(problem.space))
        return problem.cases[moved], problem.size[moved], problem.space[moved], moved

    marks = np.zeros(frame.settings.replicates)

    def scan(replicate: int, block: Block | None) -> None:
        cases, size, space, moved = draw(replicate)
        laws = frame.laws(None if problem.fixed else float(cases.sum()))
        for window in frame.windows:
            inside = slice(window[0], window[1] + 1)
            values = Values(
                cases[:, inside].sum(axis=1), size[:, inside].sum(axis=1), space, free, frame.cap
            )
            for law in laws.values():
                mark = float(marks[replicate])
                if block is not None:
                    marks[replicate] = best_nested(values, block.nest, law, mark)[0]
                else:
                    marks[replicate] = _null_connected(frame, values, law, window, moved, mark)

    with _workers(frame) as pool:
        for block in frame.zones.blocks() if frame.zones is not None else [None]:
            list(pool.map(scan, range(len(marks)), [block] * len(marks)))
    return marks


def _null_connected(
    frame: Frame,
    values: Values,
    law: Law,
    window: tuple[int, int],
    moved: NDArray[np.intp] | None,
    mark: float,
) -> float:
    # a place stays as hot as it was, wherever it is put
    observed = frame.problem.cases[:, window[0] : window[1] + 1].sum(axis=1)
    cases = values.cases if moved is None else observed
    hot = hot_places(frame, cases, window, int(law.sign))
    hot = hot if moved is None else hot[moved]
    score, _, _, finished = best_connected(values, hot, frame.web, law, mark)
    refuse_unfinished(finished=finished)
    return float(score)
