"""
Local Moran against esda, contiguity against libpysal; times only as ratios of one run.

    python benchmarks/hotspots.py [--layer villages.parquet]

Local Moran: 999 permutations on grids of 305, 3,200 and 25,000 villages, esda warm, and the first
call of a fresh process. Contiguity, alone: the layer given, with the growth of memory; a layer of
83,000 villages needs some 3 GB for libpysal.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo.pockets.graph import Neighbors, from_pairs
from sibangkit_geo.pockets.moran_gi import local_moran
from sibangkit_geo.pockets.neighbors import queen
from sibangkit_geo.stats.graph_files import from_graph, to_graph

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (305, 3_200, 25_000)
COLD = (
    "import time; start = time.perf_counter(); "
    "import numpy as np, pandas as pd; "
    "from sibangkit_geo.pockets.adjacency import from_pairs; "
    "from sibangkit_geo.pockets.moran_gi import local_moran; "
    "near = from_pairs(range(305), [[i, i + 1] for i in range(304)]); "
    "local_moran(pd.Series(np.random.default_rng(1).random(305)), near); "
    "print(time.perf_counter() - start)"
)


def main() -> None:
    """
    Run both comparisons and print them.

    Raises
    ------
    Nothing
        argparse reports wrong arguments itself.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layer", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.layer:
        _compare_contiguity(gpd.read_parquet(options.layer))
        return
    cold = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True)
    print(f"first call of a fresh process, imports included: {float(cold.stdout):.2f} s")
    for size in SIZES:
        _compare_moran(size)


def _compare_moran(size: int) -> None:
    esda = importlib.import_module("esda")
    near = _grid(size)
    values = pd.Series(np.random.default_rng(1).random(size))
    graph = to_graph(near)

    def peer() -> object:
        return esda.Moran_Local(values.to_numpy(), graph, permutations=999, seed=1)

    peer()  # compiles
    local_moran(values, near)
    theirs, ours = _best(peer), _best(lambda: local_moran(values, near))
    print(f"local Moran, {size:,} villages: esda warm / ours = {theirs / ours:.1f}")


def _compare_contiguity(layer: gpd.GeoDataFrame) -> None:
    library = importlib.import_module("libpysal.graph")
    before = _memory_gb()
    start = time.perf_counter()
    ours = queen(layer, link_isolates=False)
    mine = time.perf_counter() - start
    grown = _memory_gb() - before
    # the polygons were indexed above; the peer gets fresh ones
    fresh = layer.copy(deep=True)
    start = time.perf_counter()
    peer = library.Graph.build_contiguity(fresh, rook=False)
    theirs = time.perf_counter() - start
    found = {tuple(pair) for pair in ours.pairs.tolist()}
    missed = {tuple(pair) for pair in from_graph(peer).pairs.tolist()} - found
    print(
        f"contiguity, {len(layer):,} villages: libpysal / ours = {theirs / mine:.1f}, "
        f"ours +{grown:.2f} GB, {len(found):,} pairs, of libpysal's missed {len(missed)}"
    )


def _grid(size: int) -> Neighbors:
    side = int(np.ceil(size**0.5))
    places = np.arange(size)
    east = places[(places % side < side - 1) & (places + 1 < size)]
    pairs = [np.column_stack([east, east + 1])]
    for step in (side - 1, side, side + 1):
        start = places[places + step < size]
        near = np.abs((start + step) % side - start % side) <= 1
        pairs.append(np.column_stack([start[near], start[near] + step]))
    return from_pairs(pd.RangeIndex(size), np.vstack(pairs))


def _best(run: Callable[[], Any]) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def _memory_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
