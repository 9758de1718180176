"""
Points into villages: the label grid beside geopandas and, where installed, sedonadb.

    python benchmarks/points.py [--points 1000000] [--repeats 3]

Uses the real polygons of the folder `shared` beside the project where present, cleaned as a
study cleans them, and the embedded boundaries otherwise. Every tool gets coordinates as plain
arrays and gives back the lowest village of each point. Building its points is part of the time of
geopandas; sedonadb has its points and polygons made beforehand, and the label grid its grid, whose
building is told apart.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from sibangkit_geo.join.by_point import build_locator, locate_points
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "banyuasin"
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Timing:
    """
    How long one tool took.

    Attributes
    ----------
    wall_s, cpu_s
        Best of the repeats, seconds; processor time counts all threads.
    answer
        Position of the village of each point, -1 for none.
    """

    wall_s: float
    cpu_s: float
    answer: NDArray[np.int64]


def villages() -> tuple[gpd.GeoDataFrame, str]:
    """
    Read the cleaned villages, sorted by code.

    Returns
    -------
    villages
        In metres.
    name
        Where they come from.

    Raises
    ------
    DataError
        The file is damaged.
    """
    polygons = SHARED / "desa.geojson"
    real = polygons.is_file()
    source = BoundarySource(villages=str(polygons) if real else "default")
    areas = read_boundaries(source, regency="16.07")
    return areas.villages.sort_index(), "real polygons" if real else "embedded approximation"


def timed(task: Callable[[], NDArray[np.integer]], *, repeats: int) -> Timing:
    """
    Run a task several times and keep the best.

    Parameters
    ----------
    task
        Gives the answer.
    repeats
        How often.

    Returns
    -------
    timing
        The best times, and the answer.

    Raises
    ------
    ValueError
        `repeats` is not positive.
    """
    if repeats < 1:
        msg = f"`repeats` must be at least 1, got {repeats}."
        raise ValueError(msg)
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = task()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Timing(min(walls), min(cpus), answer.astype(np.int64))


def by_geopandas(
    areas: gpd.GeoDataFrame, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.integer]:
    """
    Join with geopandas.

    Parameters
    ----------
    areas
        Villages sorted by code.
    x, y
        Metres.

    Returns
    -------
    positions
        Lowest village of each point, -1 for none.

    Raises
    ------
    Nothing
        Any point is answered.
    """
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=areas.crs))
    polygons = areas[["geometry"]].reset_index(drop=True)
    pairs = gpd.sjoin(points, polygons, predicate="intersects")
    return lowest(pairs.index.to_numpy(), pairs["index_right"].to_numpy(), n_points=len(x))


def sedona_task(
    areas: gpd.GeoDataFrame, x: NDArray[np.float64], y: NDArray[np.float64]
) -> Callable[[], NDArray[np.integer]]:
    """
    Prepare a join with sedonadb.

    Parameters
    ----------
    areas
        Villages sorted by code.
    x, y
        Metres.

    Returns
    -------
    task
        Joins and gives the positions.

    Raises
    ------
    ImportError
        sedonadb or pyarrow is not installed.
    """
    arrow: Any = importlib.import_module("pyarrow")
    session: Any = importlib.import_module("sedonadb").connect()
    polygons = areas[["geometry"]].reset_index(drop=True)
    polygons["village"] = np.arange(len(polygons))
    session.create_data_frame(polygons).to_memtable().to_view("villages", overwrite=True)
    table = arrow.table({"point": np.arange(len(x)), "x": x, "y": y})
    session.create_data_frame(table).to_memtable().to_view("points", overwrite=True)
    made = f"SELECT point, ST_SetSRID(ST_Point(x, y), {areas.crs.to_epsg()}) AS place FROM points"  # noqa: S608
    session.sql(made).to_memtable().to_view("places", overwrite=True)
    query = (
        "SELECT p.point, v.village FROM villages AS v JOIN places AS p "
        "ON ST_Intersects(v.geometry, p.place)"
    )

    def task() -> NDArray[np.integer]:
        pairs = session.sql(query).to_arrow_table()
        point, village = (pairs[name].to_numpy() for name in ("point", "village"))
        return lowest(point, village, n_points=len(x))

    return task


def lowest(
    point: NDArray[np.integer], village: NDArray[np.integer], *, n_points: int
) -> NDArray[np.integer]:
    """
    Keep the lowest village of each point.

    Parameters
    ----------
    point, village
        Pairs that intersect.
    n_points
        How many points there are.

    Returns
    -------
    positions
        One per point, -1 for none.

    Raises
    ------
    Nothing
        No pair, no village.
    """
    found = np.full(n_points, NOWHERE, dtype=np.int64)
    order = np.argsort(-village, kind="stable")
    found[point[order]] = village[order]
    return found


def main() -> None:
    """
    Run the comparison and print its table.

    Raises
    ------
    SystemExit
        An argument is wrong, or two tools disagree on a point.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    areas, name = villages()
    rng = np.random.default_rng(1)
    west, south, east, north = areas.total_bounds
    x, y = rng.uniform(west, east, options.points), rng.uniform(south, north, options.points)

    started = time.perf_counter()
    locator = build_locator(areas)
    built = time.perf_counter() - started
    print(f"{options.points:,} points, {len(areas)} villages ({name}); best of {options.repeats}")
    print(f"label grid built in {built:.2f} s (cells of {locator.grid.cell_m:.0f} m)")
    tasks: dict[str, Callable[[], NDArray[np.integer]]] = {
        "label grid": lambda: locate_points(locator, x, y),
        "geopandas.sjoin": lambda: by_geopandas(areas, x, y),
    }
    if importlib.util.find_spec("sedonadb"):
        tasks["sedonadb"] = sedona_task(areas, x, y)
    ours = None
    for tool, task in tasks.items():
        timing = timed(task, repeats=options.repeats)
        ours = ours or timing
        differ = int((timing.answer != ours.answer).sum())
        print(
            f"{tool:16s} {timing.wall_s:6.3f} s wall {timing.cpu_s:6.3f} s cpu   "
            f"label grid is {timing.wall_s / ours.wall_s:5.1f} times as fast "
            f"({timing.wall_s / (ours.wall_s + built):.1f} with its building), {differ} differ"
        )
        if differ:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
