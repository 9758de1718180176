"""
A register counted by one process, and by workers of Dask: seconds, memory, and whether it is equal.

Run: ``python -m benchmarks.engine [--rows N] [--workers N] [--twice]``. Every measure is taken in a
process of its own, in turn. With ``--twice`` one row of a hundred of the second half says again
what a row of the first half says, so that parts are read twice. Memory is the largest of the
process that asks and the largest of one worker.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.registers import write_register
from sibangkit_geo.indicators.needs import PovertyRule
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.sources.engine_settings import EngineSettings
from sibangkit_geo.sources.readers import TableSource
from sibangkit_geo.study.engine import count_with
from sibangkit_geo.study.register_parts import Opening
from sibangkit_geo.study.registers import Counted, RegisterPlan

ROUNDS = 3
AGAIN = (sys.executable, "-m", "benchmarks.engine")
_EVERY = 100


def repeat_rows(path: Path) -> None:
    """Let rows of the second half repeat rows of the first."""
    table = pl.read_csv(path, infer_schema=False)
    half = table.height // 2
    table = table.with_row_index("at")
    source = pl.when((pl.col("at") >= half) & (pl.col("at") % _EVERY == 0)).then(
        pl.col("at") - half
    )
    table[table.select(source.fill_null(pl.col("at"))).to_series()].drop("at").write_csv(path)


def digest(counted: Counted) -> str:
    """Sum up counts and findings in one line."""
    table = counted.counts.table.sort_index()
    told = [
        table[sorted(table.columns)].to_csv(),
        sorted((one.kind, one.column, one.rows) for one in counted.report.findings),
        counted.report.rows_in,
        counted.report.rows_located,
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def made_up(path: Path) -> tuple[Opening, RegisterPlan]:
    """Give how the made-up register is opened and judged."""
    plan = RegisterPlan(
        read_boundaries(BoundarySource("default"), regency="16.07"),
        PovertyRule("decile", decile_max=1), "kemendagri", {},
    )  # fmt: skip
    return Opening(TableSource(path), "regsosek2022", {}, ("decile",), "", bytes(16)), plan


def work(engine: EngineSettings, path: Path) -> None:
    """Measure this process and its workers."""
    opening, plan = made_up(path)
    start = time.perf_counter()
    counted = count_with(engine, opening.open(), opening, plan)
    seconds = time.perf_counter() - start
    own, child = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps({"seconds": seconds, "own": own, "worker": child, "told": digest(counted)}))


def main() -> None:
    """Write the register and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--work", choices=("local", "dask"))
    parser.add_argument("--file", type=Path)
    parser.add_argument("--make", action="store_true")
    asked = parser.parse_args()
    if asked.make:
        write_register(asked.file, asked.rows)
        if asked.twice:
            repeat_rows(asked.file)
        return
    if asked.work:
        number = asked.workers if asked.work == "dask" else 0
        work(EngineSettings(asked.work, workers=number), asked.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        # memory that this process once had would be counted as that of those it starts
        make = [
            sys.executable,
            "-m",
            "benchmarks.engine",
            "--make",
            "--rows",
            str(asked.rows),
            "--file",
            str(path),
        ]
        subprocess.run([*make, *(["--twice"] if asked.twice else [])], check=True)
        print(f"{asked.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
        found: dict[str, list[dict[str, float]]] = {"local": [], "dask": []}
        for _ in range(asked.rounds):
            for kind, told in found.items():
                line = [
                    sys.executable,
                    "-m",
                    "benchmarks.engine",
                    "--work",
                    kind,
                    "--file",
                    str(path),
                ]
                out = subprocess.run(
                    [*line, "--workers", str(asked.workers)],
                    check=True, capture_output=True, text=True,
                )  # fmt: skip
                told.append(json.loads(out.stdout))
    for kind, told in found.items():
        middle = {key: median(one[key] for one in told) for key in ("seconds", "own", "worker")}
        print(kind, {key: round(value, 1) for key, value in middle.items()}, told[0]["told"])


if __name__ == "__main__":
    main()
