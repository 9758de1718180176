"""
Every job beside its peer, one after the other, against what we aim for; kept with the machine.

Run: ``python -m benchmarks.every [--quick] [--only PART] [--out FOLDER]``. Each job runs in a
process of its own and prints ratios of one run; here they are read from what it printed, held
against the aim, and written to a file of the day with versions, cores and memory. A job that is
behind its aim is told, and ends nothing: a ratio depends on what else the machine does. Maps of
villages are those of the folder `shared` beside the project; where it is absent, these jobs make
up their own or are told as left out.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCALE = ROOT.parent / "shared" / "data" / "scale"
REGIONAL, NATIONAL = SCALE / "desa_sumatera_selatan.parquet", SCALE / "desa_indonesia.parquet"
PACKAGES = ("numpy", "numba", "pandas", "polars", "shapely", "geopandas", "libpysal", "esda",
            "scipy", "dask", "sedonadb", "folium", "matplotlib")  # fmt: skip
_NUMBER = r"([\d.,]+)"


@dataclass(frozen=True, slots=True)
class Aim:
    """A number that a job prints, and where it should lie: at least, or else at most."""

    meaning: str
    pattern: str
    least: float = float("nan")
    most: float = float("nan")

    def met(self, value: float) -> bool:
        """Say whether a number lies within; one without an aim always does."""
        return not (value < self.least or value > self.most)


@dataclass(frozen=True, slots=True)
class Job:
    """One command, the files it needs, and the numbers that count."""

    name: str
    command: tuple[str, ...]
    aims: tuple[Aim, ...]
    quick: tuple[str, ...] = ()
    needs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job; values in the order of its aims, None where it printed none."""

    job: str
    seconds: float
    values: dict[str, float | None] = field(default_factory=dict)
    behind: tuple[str, ...] = ()
    printed: str = ""
    left_out: str = ""


# the aims are those of the jobs' own pages in `docs/design` and of the peers named there
JOBS = (
    Job(
        "local Moran, 999 permutations",
        ("benchmarks.hotspots",),
        (
            Aim(
                "esda warm / ours, 305 villages", rf"305 villages: esda warm / ours = {_NUMBER}", 2
            ),
            Aim("esda warm / ours, 3,200", rf"3,200 villages: esda warm / ours = {_NUMBER}", 2),
            Aim("esda warm / ours, 25,000", rf"25,000 villages: esda warm / ours = {_NUMBER}", 2),
            Aim("first call of a process, s", rf"imports included: {_NUMBER} s", most=3),
        ),
    ),
    Job(
        "contiguity, 83,402 villages",
        ("benchmarks.hotspots", "--layer", str(NATIONAL)),
        (
            Aim("libpysal / ours", rf"libpysal / ours = {_NUMBER}", 10),
            Aim("memory more, GB", rf"ours \+{_NUMBER} GB", most=1),
        ),
        needs=(NATIONAL,),
    ),
    Job(
        "circular scan, 999 replicates",
        ("benchmarks.scan", "--villages", str(REGIONAL), "--large", str(NATIONAL)),
        (
            Aim("naive numba / ours, 305", rf"regency,.*\({_NUMBER}x\), numpy"),
            Aim("305 places, s", rf"regency, .* replicates: {_NUMBER} s", most=0.5),
            Aim("naive numba / ours, 3,239", rf"province,.*\({_NUMBER}x\), numpy", 5),
            Aim("numpy / ours, 3,239", rf"province,.*replicates \({_NUMBER}x\); same", 30),
            Aim("83,402 places, 100 nearest, s", rf"country, .* nearest: {_NUMBER} s"),
        ),
        quick=("--replicates", "99"),
        needs=(REGIONAL, NATIONAL),
    ),
    Job(
        "points in polygons",
        ("benchmarks.points",),
        (
            Aim("geopandas.sjoin / ours", rf"geopandas.sjoin .* is +{_NUMBER} times", 10),
            Aim("sedonadb / ours", rf"sedonadb .* is +{_NUMBER} times", 3),
        ),
        quick=("--points", "200000"),
    ),
    Job(
        "register read, checked, counted",
        ("benchmarks.registers",),
        (
            Aim("pandas / ours", rf"pandas / ours: {_NUMBER}", 2),
            Aim("bare read_csv / ours", rf"bare read_csv / ours: {_NUMBER}", 1),
        ),
        quick=("--rows", "200000"),
    ),
    Job(
        "tally of 21 figures",
        ("benchmarks.tally",),
        (
            Aim("pandas / ours", rf"pandas / ours: {_NUMBER}", 2),
            Aim("memory more, MB", rf"ours .* cpu +{_NUMBER} MB", most=500),
        ),
        quick=("--rows", "200000"),
    ),
    Job(
        "register in one process and by two workers",
        ("benchmarks.engine",),
        (
            Aim("one process, s", rf"local .*'seconds': {_NUMBER}"),
            Aim("two workers, s", rf"dask .*'seconds': {_NUMBER}"),
            Aim("one process, MB", rf"local .*'own': {_NUMBER}", most=1000),
        ),
        quick=("--rows", "200000", "--rounds", "1"),
    ),
    Job(
        "map page",
        ("benchmarks.maps", "--province", str(REGIONAL)),
        (
            Aim("305 villages and 25,000 houses, MB", rf"(?m)^ours +{_NUMBER} MB", most=0.6),
            Aim("plain folium, s", rf"(?m)^folium  .*?ready +{_NUMBER} s"),
            Aim("ours, s", rf"(?m)^ours .*?ready +{_NUMBER} s"),
            Aim("3,239 villages, MB", rf"(?m)^province +{_NUMBER} MB", most=1.2),
        ),
        needs=(REGIONAL,),
    ),
    Job(
        "atlas",
        ("benchmarks.atlas",),
        (
            Aim("geopandas / ours", rf"ratio +{_NUMBER}"),
            Aim("ours, s of the processor", rf"atlas +{_NUMBER} s", most=12),
            Aim("ours, KB a page", rf"atlas .* {_NUMBER} KB a page", most=150),
        ),
    ),
    Job(
        "detection for a nation, 50 planted pockets",
        ("benchmarks.national", "--part", "command"),
        (
            Aim("F1, strict", rf"strict: F1 {_NUMBER}"),
            Aim("whole command, s", rf"villages: {_NUMBER} s, peak", most=1800),
            Aim("memory, MB", rf"villages: .* peak {_NUMBER} MB", most=4096),
        ),
        needs=(NATIONAL,),
    ),
    Job(
        "growth of detection",
        ("benchmarks.national", "--part", "sizes"),
        # n log n shows as 1.08 from a regency to the nation
        (Aim("slope", rf"to the power of {_NUMBER}", most=1.1),),
        needs=(REGIONAL, NATIONAL),
    ),
    Job(
        "growth",
        ("benchmarks.growth",),
        (
            Aim("slope, reading and counting", rf"count: slope {_NUMBER}", most=1.1),
            Aim("slope, points", rf"points: slope {_NUMBER}", most=1.1),
            Aim("slope, neighbours", rf"neighbours: slope {_NUMBER}", most=1.15),
        ),
        quick=("--smallest", "20000"),
        needs=(REGIONAL, NATIONAL),
    ),
)


def read_values(job: Job, printed: str) -> dict[str, float | None]:
    """Find each number of a job in what it printed; None where it is not."""
    found = {one.meaning: re.search(one.pattern, printed) for one in job.aims}
    return {
        meaning: None if hit is None else float(hit[1].rstrip(".,").replace(",", ""))
        for meaning, hit in found.items()
    }


def run_job(job: Job, *, quick: bool) -> Outcome:
    """Run one job in a process of its own."""
    absent = [one.name for one in job.needs if not one.is_file()]
    if absent:
        return Outcome(job.name, 0.0, left_out=f"no {', '.join(absent)} beside the project")
    command = [sys.executable, "-W", "ignore", "-m", *job.command, *(job.quick if quick else ())]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Outcome(job.name, seconds, printed=done.stdout, left_out=f"failed: {last}")
    values = read_values(job, done.stdout)
    behind = tuple(
        one.meaning for one in job.aims
        if (value := values[one.meaning]) is None or not one.met(value)
    )  # fmt: skip
    return Outcome(job.name, seconds, values, behind, done.stdout)


def machine() -> dict[str, object]:
    """Say what the figures depend on, and nothing that names a machine or its owner."""
    pages = os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    size = os.sysconf("SC_PAGE_SIZE") if pages else 0
    versions = {}
    for name in ("sibangkit-geo", *PACKAGES):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages * size / 2**30, 1),
        "versions": versions,
    }


def show(job: Job, told: Outcome) -> None:
    """Print a job's numbers with their aims."""
    print(f"\n{job.name} ({told.seconds:.0f} s)")
    if told.left_out:
        print(f"  left out: {told.left_out}")
        return
    for one in job.aims:
        value = told.values[one.meaning]
        number = "not printed" if value is None else f"{value:g}"
        aims = [f"at least {one.least:g}"] if one.least == one.least else []
        aims += [f"at most {one.most:g}"] if one.most == one.most else []
        mark = "  BEHIND" if one.meaning in told.behind else ""
        print(f"  {one.meaning:40} {number:>10}  {' '.join(aims)}{mark}")


def main() -> None:
    """Run the jobs and keep what they told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    asked = parser.parse_args()
    outcomes = []
    for job in JOBS:
        if asked.only in job.name:
            outcomes.append(run_job(job, quick=asked.quick))
            show(job, outcomes[-1])
            sys.stdout.flush()
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    asked.out.mkdir(parents=True, exist_ok=True)
    kept = asked.out / f"{today}{'_quick' if asked.quick else ''}.json"
    told = {"date": today, "quick": asked.quick, "machine": machine(),
            "jobs": [asdict(one) for one in outcomes]}  # fmt: skip
    part = kept.with_suffix(".part")
    part.write_text(json.dumps(told, indent=1), encoding="utf-8")
    part.replace(kept)
    print(f"\nkept in {kept.relative_to(ROOT) if kept.is_relative_to(ROOT) else kept}")


if __name__ == "__main__":
    main()
