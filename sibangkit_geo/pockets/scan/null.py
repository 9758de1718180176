"""Maxima over null maps: replicates side by side where they share a population, else one by one."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.pockets.scan.kernels_connected import best_connected
from sibangkit_geo.pockets.scan.kernels_law import BINOMIAL, excess_table
from sibangkit_geo.pockets.scan.kernels_nested import LANES, Bars, Values, best_nested, scan_lanes
from sibangkit_geo.pockets.scan.observed import hot_places, refuse_unfinished

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.scan.kernels_law import Law
    from sibangkit_geo.pockets.scan.observed import Frame
    from sibangkit_geo.pockets.scan.problem import Problem
    from sibangkit_geo.pockets.scan.shapes import Block, NestedZones

    Floats = NDArray[np.float64]

_BINS = 256
_STEP = 0.25
_MARKS = _STEP * np.arange(100)
# whole numbers that single precision holds
_SINGLE = 2.0**24


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
    return ThreadPoolExecutor(frame.settings.threads or os.cpu_count() or 1)


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


_Map = tuple["Floats", "Floats", "Floats", "NDArray[np.intp] | None"]


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
                    marks[replicate] = _connected(frame, values, law, window, moved, mark)

    with _workers(frame) as pool:
        for block in frame.zones.blocks() if frame.zones is not None else [None]:
            list(pool.map(scan, range(len(marks)), [block] * len(marks)))
    return marks


def _connected(
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
