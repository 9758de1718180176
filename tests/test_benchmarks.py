"""The page of ratios: numbers are read from what jobs print, and held against their aims."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks import cluster, every, growth

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AIMS = (
    every.Aim("peer / ours", r"ratio ([\d.,]+)", least=2),
    every.Aim("seconds", r"took ([\d.,]+) s", most=3),
    every.Aim("rows", r"([\d.,]+) rows"),
)


@pytest.mark.parametrize(
    ("printed", "values", "behind"),
    [
        ("ratio 2.5, took 3 s\n1,000 rows", [2.5, 3.0, 1000.0], ()),
        ("ratio 1.9, took 3.1 s, 7 rows.", [1.9, 3.1, 7.0], ("peer / ours", "seconds")),
        # what is not printed is behind, never met
        ("ratio 2.0", [2.0, None, None], ("seconds", "rows")),
    ],
)
def test_numbers_are_read_and_held_against_their_aims(
    printed: str, values: list[float | None], behind: Sequence[str], tmp_path: Path
) -> None:
    (tmp_path / "told.py").write_text(f"print({printed!r})", "utf-8")
    with patch.object(every, "ROOT", tmp_path):
        told = every.run_job(every.Job("job", ("told",), AIMS), quick=False)
    assert list(told.values.values()) == values
    assert told.behind == tuple(behind)


def test_a_job_that_fails_or_lacks_its_files_is_told_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text("raise SystemExit('no village')", "utf-8")
    jobs = (
        every.Job("fails", ("told",), AIMS),
        every.Job("lacks", ("told",), AIMS, needs=(tmp_path / "desa.parquet",)),
    )
    with (
        patch.object(every, "ROOT", tmp_path),
        patch.object(every, "JOBS", jobs),
        patch.object(sys, "argv", ["every", "--out", str(tmp_path / "results")]),
    ):
        every.main()
    (kept,) = (tmp_path / "results").iterdir()
    told = json.loads(kept.read_text("utf-8"))
    assert [one["left_out"] for one in told["jobs"]] == [
        "failed: no village", "no desa.parquet beside the project",
    ]  # fmt: skip
    assert told["machine"]["versions"]["numpy"] != "not installed"


def test_every_job_runs_a_script_that_is_there() -> None:
    for job in every.JOBS:
        script = job.command[0].replace(".", "/")
        assert (every.ROOT / f"{script}.py").is_file()
        assert job.aims


def test_the_slope_of_what_is_linear_is_one_and_of_a_square_two() -> None:
    sizes = [1, 2, 4, 8]
    assert growth.slope(sizes, [3.0, 6.0, 12.0, 24.0]) == pytest.approx(1)
    assert growth.slope(sizes, [1.0, 4.0, 16.0, 64.0]) == pytest.approx(2)


class Told:
    """Chance that is told: who is slow, and when each worker dies."""

    def __init__(self, pace: list[float], deaths: list[float]) -> None:
        self.pace, self.deaths = np.array(pace), iter(deaths)

    def random(self, _: int) -> np.ndarray:
        return self.pace

    def choice(self, seconds: np.ndarray, parts: int) -> np.ndarray:
        return np.repeat(seconds, parts)

    def exponential(self, _: float) -> float:
        return next(self.deaths, math.inf)


@pytest.mark.parametrize(
    ("trouble", "deaths", "told"),
    [
        # the second worker takes 4 s for one part; the first has done two after 2 s
        (cluster.Trouble(0.5, 4.0), [], (4.0, 6.0, 0)),
        # and begins the late one itself, which is there after 3 s
        (cluster.Trouble(0.5, 4.0, second_try=True), [], (3.0, 7.0, 1)),
        # the first dies after half a second; another begins after 10 s more; the part waits again
        (cluster.Trouble(0.0, 1.0, 1.0, 10.0), [0.5], (3.0, 3.5, 1)),
        # nobody else is there until it has started
        (cluster.Trouble(0.0, 1.0, 1.0, 10.0), [0.5, 0.25], (11.25 + 1, 3.75, 2)),
    ],
)
def test_slow_and_lost_workers_are_simulated_as_worked_out_by_hand(
    trouble: cluster.Trouble, deaths: list[float], told: tuple[float, float, int]
) -> None:
    rng: Any = Told([0.9, 0.1], deaths)
    ended = cluster.simulate(3, 2, np.ones(1), trouble=trouble, rng=rng)
    assert (ended.seconds, ended.work, ended.again) == pytest.approx(told)
