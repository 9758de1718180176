"""
How cost grows: seconds at four sizes, and the slope of their logarithms, per stage.

Run: ``python -m benchmarks.growth [--smallest ROWS] [--villages FILE]``. Households double three
times: a register is read, checked and counted, and its points are placed. Villages are those of a
regency, a province, an island and the country, by their codes, of a GeoParquet with ``kode`` (one
beside the project unless told): their neighbours are found. A slope of 1 is linear; n log n shows
as 1.07 to 1.1 at these sizes. Start-up of the process is not in the times. How detection grows is
told by ``benchmarks.national``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from benchmarks.every import NATIONAL
from benchmarks.points import villages
from sibangkit_geo.join.by_point import build_locator, locate_points
from sibangkit_geo.pockets.graph import NEIGHBOR_DISTANCE_M
from sibangkit_geo.pockets.neighbors import neighbors_within

if TYPE_CHECKING:
    from collections.abc import Callable

DOUBLINGS, SMALLEST = 4, 500_000
#: points cost a tenth of a row
POINTS_A_ROW = 10
#: a regency, a province, an island, the country: how their codes begin
PLACES = (("16.07",), ("16",), tuple(str(code) for code in range(11, 22)), ("",))
_METRIC = "EPSG:32748"


def slope(sizes: list[int], seconds: list[float]) -> float:
    """Fit the power by which seconds grow with size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def best(task: Callable[[], object], *, repeats: int = 3) -> float:
    """Take the least seconds of several."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        taken.append(time.perf_counter() - start)
    return min(taken)


def tell(stage: str, sizes: list[int], seconds: list[float]) -> None:
    """Print a stage's sizes, seconds and slope."""
    steps = ", ".join(f"{size:,}: {took:.2f} s" for size, took in zip(sizes, seconds, strict=True))
    print(f"{stage}: slope {slope(sizes, seconds):.2f} ({steps})")


def count(sizes: list[int]) -> list[float]:
    """Read, check and count registers of these sizes, each in a process of its own."""
    engine = [sys.executable, "-W", "ignore", "-m", "benchmarks.engine"]
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.csv"
            subprocess.run([*engine, "--make", "--rows", str(size), "--file", str(path)],
                           check=True)  # fmt: skip
            told = [
                subprocess.run([*engine, "--work", "local", "--file", str(path)],
                               check=True, capture_output=True, text=True).stdout
                for _ in range(2)
            ]  # fmt: skip
            seconds.append(min(json.loads(one)["seconds"] for one in told))
            path.unlink()
    return seconds


def place(sizes: list[int]) -> list[float]:
    """Place so many random points in the villages of a regency."""
    areas, _ = villages()
    locator = build_locator(areas)
    west, south, east, north = areas.total_bounds
    rng = np.random.default_rng(1)
    seconds = []
    for size in sizes:
        x, y = rng.uniform(west, east, size), rng.uniform(south, north, size)
        seconds.append(best(partial(locate_points, locator, x, y)))
    return seconds


def link(layer: gpd.GeoDataFrame) -> tuple[list[int], list[float]]:
    """Find the neighbours of the villages of larger and larger places."""
    sizes, seconds = [], []
    for starts in PLACES:
        some = layer[layer.index.str.startswith(starts)]
        sizes.append(len(some))
        seconds.append(best(partial(_neighbors, some)))
    return sizes, seconds


def _neighbors(some: gpd.GeoDataFrame) -> object:
    # polygons of their own: an index of the first run is no gift to the second
    return neighbors_within(some.copy(deep=True), distance_m=NEIGHBOR_DISTANCE_M)


def main() -> None:
    """Measure and print every stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smallest", type=int, default=SMALLEST)
    parser.add_argument("--villages", type=Path, default=NATIONAL)
    asked = parser.parse_args()
    rows = [asked.smallest * 2**at for at in range(DOUBLINGS)]
    tell("count", rows, count(rows))
    points = [POINTS_A_ROW * one for one in rows]
    tell("points", points, place(points))
    if asked.villages.is_file():
        layer = gpd.read_parquet(asked.villages).set_index("kode").to_crs(_METRIC)
        tell("neighbours", *link(layer))


if __name__ == "__main__":
    main()
