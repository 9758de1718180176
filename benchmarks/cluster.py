"""
A register of a nation on a cluster that does not exist yet: simulated from measured parts.

Run: ``python -m benchmarks.cluster [--rows N] [--families N] [--price RUPIAH]``. First a register
is divided and its parts are counted one after the other in this process, as a worker does: seconds
of each. Then a nation's register in as many parts as it asks for is given to workers, each part
taking a time drawn from the measured ones. A share of the workers is slow, some die and take what
they were doing with them, and whoever comes instead needs time to start. The rest of the work
(adding up, detection) is measured by others and added as it is told here.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.engine import made_up
from sibangkit_geo.sources.readers.table_parts import parts_of
from sibangkit_geo.study import register_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

PARTS = 16
RUNS, SEED = 200, 27
FAMILIES = 93_000_000
#: of a core for an hour; an assumption that every reader has another figure for
RUPIAH_A_CORE_HOUR = 800
#: what is drawn for trouble: share of slow workers and how slow, deaths per worker and hour,
#: seconds until another has started
SLOW_SHARE, SLOW_FACTOR, DEATHS_AN_HOUR, START_S = 0.1, 4.0, 0.2, 60.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong on a cluster."""

    slow_share: float = 0.0
    slow_factor: float = 1.0
    deaths_an_hour: float = 0.0
    start_s: float = 0.0
    #: a part that still runs when nothing waits is begun by an idle worker too
    second_try: bool = False


BAD = Trouble(SLOW_SHARE, SLOW_FACTOR, DEATHS_AN_HOUR, START_S)
BAD_TWICE = Trouble(SLOW_SHARE, SLOW_FACTOR, DEATHS_AN_HOUR, START_S, second_try=True)


@dataclass(frozen=True, slots=True)
class Ended:
    """Seconds until every part was counted, work done in seconds, and parts begun again."""

    seconds: float
    work: float
    again: int


@dataclass(slots=True)
class _Timed:
    """Workers of this process; what each part takes is noted."""

    seconds: list[float] = field(default_factory=list)

    def submit(self, work: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401
        start = time.perf_counter()
        told = work(*args)
        if work is register_parts.count_part:
            self.seconds.append(time.perf_counter() - start)
        return told

    def follow(self, asked: Sequence[Any], *, stage: str) -> None:
        """Nothing is under way: whatever was asked is done."""

    def gather(self, asked: Sequence[Any]) -> list[Any]:
        return list(asked)


def part_seconds(rows: int) -> tuple[list[float], float]:
    """Measure each part of a register of so many rows; the second is all else, adding up."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        make = [sys.executable, "-m", "benchmarks.engine", "--make", "--rows", str(rows)]
        subprocess.run([*make, "--file", str(path)], check=True)
        opening, plan = made_up(path)
        register = opening.open()
        parts = parts_of(register.grid, first_row=register.header.first_row, most=PARTS)
        timed = _Timed()
        start = time.perf_counter()
        counted = register_parts.count_in_parts(
            register, opening, plan, parts, workers=timed, partitions=PARTS,
        )  # fmt: skip
        whole = time.perf_counter() - start
    if counted is None:
        sys.exit("no part was measured")
    # the first opens libraries
    return timed.seconds[1:], whole - sum(timed.seconds)


@dataclass(slots=True)
class _Cluster:
    """Who is free when, what waits, and when what runs will have ended."""

    takes: NDArray[np.float64]
    pace: NDArray[np.float64]
    trouble: Trouble
    rng: np.random.Generator
    waiting: list[int]
    events: list[tuple[float, int, int, int]] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    ends: dict[int, float] = field(default_factory=dict)
    running: dict[int, float] = field(default_factory=dict)
    twice: set[int] = field(default_factory=set)
    order: itertools.count[int] = field(default_factory=itertools.count)
    work: float = 0.0
    again: int = 0

    def at(self, when: float, worker: int, lost: int = -1) -> None:
        """Note that a worker is free then, or that a part is lost with one."""
        heapq.heappush(self.events, (when, next(self.order), worker, lost))

    def next_part(self, now: float) -> int | None:
        """Choose what waits, or what will end last and is tried once so far."""
        if self.waiting:
            return self.waiting.pop()
        self.running = {part: end for part, end in self.running.items() if end > now}
        late = [one for one in self.running if one not in self.twice]
        if not self.trouble.second_try or not late:
            return None
        part = max(late, key=self.running.__getitem__)
        self.twice.add(part)
        self.again += 1
        return part

    def begin(self, now: float, worker: int) -> None:
        """Give a free worker a part, of which it may die."""
        part = self.next_part(now)
        if part is None:
            self.idle.append(worker)
            return
        need = float(self.takes[part] * self.pace[worker])
        lives = self.trouble.deaths_an_hour / 3600
        death = self.rng.exponential(1 / lives) if lives else math.inf
        self.work += min(need, death)
        if death < need:
            self.at(now + death, worker, part)
            return
        self.ends[part] = min(now + need, self.ends.get(part, math.inf))
        self.running[part] = self.ends[part]
        self.at(now + need, worker)

    def lose(self, now: float, worker: int, part: int) -> None:
        """Another worker starts instead; what was lost waits again."""
        self.at(now + self.trouble.start_s, worker)
        if part in self.ends:
            return
        self.again += 1
        self.waiting.append(part)
        if self.idle:
            self.at(now, self.idle.pop())


def simulate(
    parts: int, workers: int, seconds: NDArray[np.float64], *, trouble: Trouble,
    rng: np.random.Generator,
) -> Ended:  # fmt: skip
    """
    Give parts to workers until all are counted.

    `seconds`: Measured; each part draws one.
    """
    slow = rng.random(workers) < trouble.slow_share
    pace = np.where(slow, trouble.slow_factor, 1.0)
    state = _Cluster(rng.choice(seconds, parts), pace, trouble, rng, list(range(parts))[::-1])
    for worker in range(workers):
        state.at(0.0, worker)
    while len(state.ends) < parts or state.events:
        now, _, worker, lost = heapq.heappop(state.events)
        if lost >= 0:
            state.lose(now, worker, lost)
        else:
            state.begin(now, worker)
    return Ended(max(state.ends.values()), state.work, state.again)


def told(
    parts: int, workers: int, seconds: NDArray[np.float64], trouble: Trouble
) -> tuple[float, float, float, float]:
    """Give the median and 95 % quantile of seconds, work in hours and parts begun again."""
    rng = np.random.default_rng(SEED)
    runs = [simulate(parts, workers, seconds, trouble=trouble, rng=rng) for _ in range(RUNS)]
    ends = [one.seconds for one in runs]
    return (
        float(np.median(ends)), float(np.quantile(ends, 0.95)),
        float(np.mean([one.work for one in runs])) / 3600,
        float(np.mean([one.again for one in runs])),
    )  # fmt: skip


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_600_000)
    parser.add_argument("--families", type=int, default=FAMILIES)
    parser.add_argument("--price", type=float, default=RUPIAH_A_CORE_HOUR)
    asked = parser.parse_args()
    measured, rest = part_seconds(asked.rows)
    seconds = np.array(measured)
    share = asked.rows / PARTS
    print(
        f"{len(seconds)} parts of {share:,.0f} rows: median {np.median(seconds):.2f} s, "
        f"{seconds.min():.2f} to {seconds.max():.2f}; adding up {rest:.2f} s"
    )
    print(f"core seconds per million rows: {seconds.mean() / share * 1e6:.2f}")
    parts = math.ceil(asked.families / share)
    kinds = (("none", Trouble()), ("slow and dying", BAD), ("and second tries", BAD_TWICE))
    for workers in (4, 16, 64, 256):
        for name, trouble in kinds:
            half, most, hours, again = told(parts, workers, seconds, trouble)
            print(
                f"{workers:4} workers, {name:17} median {half:7.0f} s, 95 % {most:7.0f} s, "
                f"{hours:6.2f} core hours, Rp {hours * asked.price:,.0f}, {again:.0f} again"
            )


if __name__ == "__main__":
    main()
