"""
Detection for all villages of Indonesia: what is found, seconds, memory, and growth with the map.

    python -m benchmarks.national --part command|graph|sizes [--data FOLDER] [--replicates 199]
        [--turns 3]

``command`` plants 50 pockets of 3 to 15 villages (compact; relative risk 2, intra-village
correlation .01, poor share 11.17 %) on the map, none touching another, runs
``sibangkit -v pockets`` on it and sets what it found beside what was planted. ``graph`` times
the neighbours against libpysal.graph on the same polygons in one process, turn by turn.
``sizes`` searches four maps from a regency to the nation and fits the power of the villages that
seconds grow with. The maps are the GeoParquet files of ``--data`` (``desa_indonesia.parquet``,
``desa_sumatera_selatan.parquet``: columns ``kode`` and ``geometry``); household counts and
poverty are made up.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from benchmarks.pockets import RATE
from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.neighbors import neighbors_within, queen
from sibangkit_geo.pockets.outline import links_of
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.sources.boundaries.repair import polygonal, to_metres

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "scale"
NATION, PROVINCE = "desa_indonesia.parquet", "desa_sumatera_selatan.parquet"
# provinces of Sumatra have codes from 11 to 21
LAST_OF_SUMATRA = 21
# simplified to 90 m these lie wholly under their neighbours, which the command refuses
HIDDEN = ("11.10.09.2009", "11.73.03.2022", "21.04.02.1020", "36.01.26.2010", "51.08.06.1009")
RISK, RHO, PLANTED = 2.0, 0.01, 50
SMALLEST, LARGEST = 3, 15
SEED = 1607


def planted(
    villages: gpd.GeoDataFrame, number: int, seed: int = SEED
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """
    Plant pockets that do not touch, and draw households and the poor.

    Returns: With ``households`` and ``poor_households``.
    Returns: Number of the planted pocket per village, 0 outside.
    """
    rng = np.random.default_rng(seed)
    links = links_of(neighbors_within(villages).pairs, len(villages))
    inside = villages.geometry.representative_point()
    places = np.column_stack([inside.x, inside.y])
    pocket = np.zeros(len(villages), dtype=np.int64)
    done = 0
    while done < number:
        size = int(rng.integers(SMALLEST, LARGEST + 1))
        own = [int(rng.integers(len(villages)))]
        while len(own) < size:
            edge = np.setdiff1d(links[own].indices, own)
            if not len(edge):
                break
            own.append(int(edge[np.hypot(*(places[edge] - places[own[0]]).T).argmin()]))
        if len(own) == size and not pocket[own].any() and not pocket[links[own].indices].any():
            done += 1
            pocket[own] = done
    homes = np.clip(rng.lognormal(6.5, 0.7, len(villages)), 64, 8_481).round().astype(np.int64)
    rate = np.where(pocket > 0, RISK * RATE, RATE) * (1 - RHO) / RHO
    poor = rng.binomial(homes, rng.beta(rate, (1 - RHO) / RHO - rate))
    return villages.assign(households=homes, poor_households=poor), pocket


def maps(data: Path) -> dict[str, Callable[[], gpd.GeoDataFrame]]:
    """List the maps by name, from a regency to the nation; each is read when it is called."""

    def read(name: str, last: int = 99) -> gpd.GeoDataFrame:
        whole = gpd.read_parquet(data / name).set_index("kode")[["geometry"]]
        whole = whole.drop([*HIDDEN], errors="ignore")
        metric = to_metres(whole[whole.index.str[:2].astype(int) <= last])
        sound = gpd.GeoSeries(polygonal(metric.geometry.to_numpy()), metric.index, crs=metric.crs)
        return metric.set_geometry(sound)

    return {
        "regency": lambda: (
            read_boundaries(BoundarySource(villages="default"), regency="16.07").villages
        ),
        "province": lambda: read(PROVINCE),
        "Sumatra": lambda: read(NATION, LAST_OF_SUMATRA),
        "nation": lambda: read(NATION),
    }


def command(data: Path, replicates: int) -> None:
    """Run the command on the nation and score it."""
    villages, truth = planted(maps(data)["nation"](), PLANTED)
    with tempfile.TemporaryDirectory() as folder:
        layer, out = Path(folder, "villages.gpkg"), Path(folder, "pockets.gpkg")
        villages.reset_index().to_file(layer)
        asked = ["pockets", str(layer), "--poor", "poor_households", "--households", "households"]
        asked += ["--code", "kode", "--replicates", str(replicates), "--out", str(out)]
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "sibangkit_geo", "-v", *asked], check=True)
        seconds = time.perf_counter() - begun
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        score(out, villages.index, truth)
    print(f"{len(villages)} villages: {seconds:.0f} s, peak {memory:.0f} MB")


def score(out: Path, codes: object, truth: NDArray[np.int64]) -> None:
    """Print what was found of what was planted, for strict pockets and for either grade."""
    told = gpd.read_file(out, layer="villages", ignore_geometry=True)
    found = told.set_index("kode")["pocket"].reindex(codes).fillna(0).to_numpy(dtype=np.int64)
    evidence = gpd.read_file(out, layer="pockets", ignore_geometry=True).set_index("pocket")
    strict = evidence.index[evidence["evidence"] == "strict"]
    for grade, kept in (("strict", np.isin(found, strict)), ("either", found > 0)):
        right = int((kept & (truth > 0)).sum())
        precision, recall = right / max(kept.sum(), 1), right / (truth > 0).sum()
        named = np.unique(found[kept])
        false = sum(not truth[found == one].any() for one in named)
        met = len(np.unique(truth[kept & (truth > 0)]))
        print(
            f"{grade}: F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}, "
            f"precision {precision:.3f}, recall {recall:.3f}, {met} of {truth.max()} planted "
            f"pockets met, {false} of {len(named)} false"
        )


def graph(data: Path, turns: int) -> None:
    """Time neighbours against libpysal.graph, turn by turn in one process."""
    from libpysal.graph import Graph  # noqa: PLC0415 - the other parts need no peer

    villages = maps(data)["nation"]()
    contact = Graph.build_contiguity
    ours: dict[str, Callable[[], object]] = {
        "contact": lambda: queen(villages),
        "within 100 m": lambda: neighbors_within(villages, distance_m=100.0),
    }
    peers: dict[str, Callable[[], object]] = {
        "contact": lambda: contact(villages, rook=False, strict=True),
        # the peer has distances between points only: borders that meet once each is widened by half
        "within 100 m": lambda: contact(
            villages.set_geometry(villages.buffer(50.0)), rook=False, strict=True
        ),
    }
    for name, own in ours.items():
        seconds = [(_seconds(own), _seconds(peers[name])) for _ in range(turns)]
        mine, theirs = np.median(seconds, axis=0)
        told = f"{name}: {mine:.1f} s, libpysal.graph {theirs:.1f} s, {theirs / mine:.1f} times"
        print(told, flush=True)


def sizes(data: Path, replicates: int) -> None:
    """Search maps of four sizes, as dense in pockets, and fit the growth of the seconds."""
    settings = PocketSettings(replicates=replicates, seed=SEED)
    counts: list[int] = []
    seconds: list[float] = []
    for name, read in maps(data).items():
        whole = read()
        number = max(2, round(PLANTED * len(whole) / 83_402))
        if not counts:
            # loops are compiled and libraries loaded before the clock runs, on other numbers, as
            # what is fitted once is kept
            find_pockets(planted(whole, number, SEED + 1)[0], settings=settings)
        villages, _ = planted(whole, number)
        counts.append(len(villages))
        seconds.append(_seconds(partial(find_pockets, villages, settings=settings)))
        print(f"{name}: {counts[-1]} villages, {seconds[-1]:.1f} s", flush=True)
    slope = np.polyfit(np.log(counts), np.log(seconds), 1)[0]
    print(f"seconds grow with the villages to the power of {slope:.2f}")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("command", "graph", "sizes"), required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--replicates", type=int, default=199)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    if not (options.data / NATION).exists():
        parser.exit(3, f"{NATION} is not there: give its folder as --data\n")
    if options.part == "graph":
        graph(options.data, options.turns)
    else:
        {"command": command, "sizes": sizes}[options.part](options.data, options.replicates)


if __name__ == "__main__":
    main()
