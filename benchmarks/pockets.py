"""
The trial of the pocket detector: planted maps, null maps, and what common tools flag on them.

Each mixed map has 1 to 5 pockets, none touching another: compact (45 %), elongated (40 %) or a
single village (15 %), the first two of 3 to 15 villages; the poor share is 11.17 %, times the
relative risk inside. Score: F1 over villages, 0 when nothing is flagged; the figure is the mean.

    python benchmarks/pockets.py [--maps 40] [--replicates 199]

Uses the embedded boundaries and made-up household counts, or a village layer with the columns
``households`` and ``geometry`` given as ``--layer``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.neighbors import neighbors_within
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 0.1117
CELLS: tuple[tuple[str, float, float], ...] = (
    ("rho", 0.0, 1.6),
    ("rho", 0.01, 2.0),
    ("rho", 0.01, 3.0),
    ("rho", 0.05, 3.0),
    ("logit", 0.3, 2.0),
    ("outliers", 0.05, 2.5),
)
NULLS: tuple[tuple[str, float], ...] = (
    ("rho", 0.0),
    ("rho", 0.05),
    ("logit", 0.6),
    ("outliers", 0.05),
)


@dataclass(frozen=True, slots=True)
class World:
    """
    Villages to plant pockets in.

    Attributes
    ----------
    villages
        Polygons with ``households``.
    near
        Neighbours of each village.
    distance
        Between village centres, metres.
    """

    villages: gpd.GeoDataFrame
    near: list[NDArray[np.intp]]
    distance: NDArray[np.float64]


def world(layer: Path | None) -> World:
    """
    Read the villages.

    Parameters
    ----------
    layer
        Layer with ``households``; None takes the embedded boundaries.

    Returns
    -------
    world
        Sorted by index.

    Raises
    ------
    DataError
        The embedded boundaries are damaged.
    """
    if layer is not None:
        villages = gpd.read_file(layer)
    else:
        source = BoundarySource(villages="default")
        villages = read_boundaries(source, folder=Path(), regency="16.07").villages
        draws = np.random.default_rng(1).lognormal(6.5, 0.7, len(villages))
        villages = villages.assign(households=np.clip(draws, 64, 8_481).round())
    pairs = neighbors_within(villages).pairs
    near = [np.unique(pairs[(pairs == i).any(axis=1)]) for i in range(len(villages))]
    centres = villages.geometry.representative_point()
    places = np.column_stack([centres.x, centres.y])
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    return World(villages, near, distance)


def plant(where: World, rng: np.random.Generator) -> set[int]:
    """
    Choose the villages of 1 to 5 pockets that do not touch.

    Parameters
    ----------
    where
        Villages.
    rng
        Source of the choices.

    Returns
    -------
    planted
        Positions of all planted villages.

    Raises
    ------
    Nothing
        A pocket that finds no room after 50 tries is left out.
    """
    planted: set[int] = set()
    for _ in range(rng.integers(1, 6)):
        kind = rng.choice(["compact", "elongated", "single"], p=[0.45, 0.40, 0.15])
        size = 1 if kind == "single" else int(rng.integers(3, 16))
        for _ in range(50):
            pocket = _grow(where, str(kind), size, rng)
            around = {int(j) for i in pocket for j in where.near[i]} | pocket
            if len(pocket) == size and not around & planted:
                planted |= pocket
                break
    return planted


def _grow(where: World, kind: str, size: int, rng: np.random.Generator) -> set[int]:
    start = int(rng.integers(len(where.near)))
    pocket, last = {start}, start
    angle = rng.uniform(0, 2 * np.pi)
    centres = where.villages.geometry.representative_point()
    along = centres.x.to_numpy() * np.cos(angle) + centres.y.to_numpy() * np.sin(angle)
    while len(pocket) < size:
        if kind == "compact":
            edge = sorted({int(j) for i in pocket for j in where.near[i]} - pocket)
            edge.sort(key=lambda j: where.distance[start, j])
        else:
            edge = [int(j) for j in where.near[last] if j not in pocket and along[j] > along[last]]
            edge.sort(key=lambda j: where.distance[last, j])
        if not edge:
            break
        last = edge[0]
        pocket.add(last)
    return pocket


def draw(
    where: World, planted: set[int], kind: str, spread: float, risk: float, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """
    Draw poor households.

    Parameters
    ----------
    where
        Villages.
    planted
        Positions at higher risk.
    kind
        ``"rho"``, ``"logit"`` or ``"outliers"``.
    spread
        Intra-village correlation, standard deviation of the logit, or share of outliers.
    risk
        Relative risk inside pockets.
    rng
        Source of the draws.

    Returns
    -------
    villages
        With ``poor_households``.

    Raises
    ------
    Nothing
        Any spread is drawn.
    """
    homes = where.villages["households"].to_numpy(dtype=np.int64)
    rate = np.full(len(homes), RATE)
    if kind == "outliers":
        rate[rng.random(len(homes)) < spread] *= 3
    rate[sorted(planted)] = RATE * risk
    if kind == "logit":
        odds = np.log(rate / (1 - rate)) + rng.normal(0, spread, len(homes))
        rate = 1 / (1 + np.exp(-odds))
    elif kind == "rho" and spread > 0:
        scale = (1 - spread) / spread
        rate = rng.beta(rate * scale, (1 - rate) * scale)
    return where.villages.assign(poor_households=rng.binomial(homes, np.minimum(rate, 1.0)))


def f1(flagged: set[int], planted: set[int]) -> float:
    """
    Score flagged villages.

    Parameters
    ----------
    flagged, planted
        Positions.

    Returns
    -------
    score
        0 to 1; 0 when nothing is flagged.

    Raises
    ------
    Nothing
        Empty sets score 0.
    """
    hits = len(flagged & planted)
    return 2 * hits / (len(flagged) + len(planted)) if hits else 0.0


def strict(villages: gpd.GeoDataFrame, replicates: int, seed: int) -> set[int]:
    """
    Flag villages in strict pockets.

    Parameters
    ----------
    villages
        With poor and all households.
    replicates, seed
        Of the test.

    Returns
    -------
    flagged
        Positions.

    Raises
    ------
    DataError
        The counts are impossible.
    """
    found = find_pockets(villages, settings=PocketSettings(replicates=replicates, seed=seed))
    grades = found.members.map(found.outlines["evidence"].to_dict())
    return set(villages.index.get_indexer(grades.index[grades == "strict"]).tolist())


def main() -> None:
    """
    Run the trial and print its table.

    Raises
    ------
    SystemExit
        An argument is wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=40)
    parser.add_argument("--replicates", type=int, default=199)
    parser.add_argument("--layer", type=Path)
    options = parser.parse_args()
    where = world(options.layer)
    started = time.perf_counter()
    for kind, spread, risk in CELLS:
        scores, top = [], []
        for seed in range(options.maps):
            rng = np.random.default_rng([seed, 1])
            planted = plant(where, rng)
            villages = draw(where, planted, kind, spread, risk, rng)
            scores.append(f1(strict(villages, options.replicates, seed), planted))
            rates = villages["poor_households"] / villages["households"]
            top.append(f1(set(np.argsort(-rates)[: len(rates) // 5].tolist()), planted))
        print(
            f"F1 {kind} {spread:g} RR {risk:g}: {np.mean(scores):.2f} "
            f"(top 20 %: {np.mean(top):.2f})"
        )
    for kind, spread in NULLS:
        alarms = 0
        for seed in range(options.maps):
            villages = draw(where, set(), kind, spread, 1.0, np.random.default_rng([seed, 2]))
            alarms += bool(strict(villages, options.replicates, seed))
        print(f"false alarm {kind} {spread:g}: {alarms} of {options.maps}")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
