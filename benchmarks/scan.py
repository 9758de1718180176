"""
The circular Poisson scan beside its peers, in one run.

*numpy*: argsort of the distances once, then per replicate a cumulative sum over each centre's
order and a vectorised ratio. *naive numba*: the same as plain loops, ``prange`` over replicates.
Both get their counts and their orders for nothing; ours is the whole call: it sorts, draws, scans,
and reports. The numpy peer runs on few replicates and is scaled to all of them linearly.

    python benchmarks/scan.py [--replicates 999] [--villages FILE] [--large FILE]

``--villages`` is a GeoParquet of village polygons in degrees; random points stand in. ``--large``
adds one of the whole country with the 100 nearest places, against no peer.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from numba import njit, prange

from sibangkit_geo.stats.scan import ScanResult, ScanSettings, scan_statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RATE = 0.1117
METRES = "EPSG:32748"
SEED = 1


def numpy_maximum(cases: Floats, size: Floats, order: NDArray[np.int32]) -> float:
    """
    Scan one map with whole arrays.

    Parameters
    ----------
    cases
        By place.
    size
        Cumulative population along each row of `order`.
    order
        Places by distance.

    Returns
    -------
    maximum
        Log likelihood ratio.

    Raises
    ------
    Nothing
        Any counts are scanned.
    """
    total, people = cases.sum(), size[0, -1]
    inside = cases[order].cumsum(axis=1)
    expected = total * size / people
    fine = (size <= people / 2) & (inside > expected)
    c, e = inside[fine], expected[fine]
    with np.errstate(divide="ignore", invalid="ignore"):
        outside = np.where(c < total, (total - c) * np.log((total - c) / (total - e)), 0.0)
        return float((c * np.log(c / e) + outside).max(initial=0.0))


@njit(cache=True, parallel=True)
def naive_maxima(draws, people, order):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """
    Scan maps with plain loops.

    Parameters
    ----------
    draws
        Cases, one row per map.
    people
        By place.
    order
        Places by distance.

    Returns
    -------
    maxima
        Log likelihood ratios.

    Raises
    ------
    Nothing
        Any counts are scanned.
    """
    total, size = draws[0].sum(), people.sum()
    maxima = np.zeros(len(draws))
    for r in prange(len(draws)):
        best = 0.0
        for i in range(len(order)):
            c, n = 0.0, 0.0
            for k in range(order.shape[1]):
                c += draws[r, order[i, k]]
                n += people[order[i, k]]
                if n > size / 2:
                    break
                e = total * n / size
                if c > e:
                    value = c * np.log(c / e)
                    if c < total:
                        value += (total - c) * np.log((total - c) / (total - e))
                    best = max(best, value)
        maxima[r] = best
    return maxima


def draw_maps(cases: int, people: Floats, replicates: int) -> Floats:
    """
    Draw the null maps of the scan, place by place in the order given.

    Parameters
    ----------
    cases
        Total.
    people
        By place, in canonical order.
    replicates
        Maps.

    Returns
    -------
    draws
        One row per map.

    Raises
    ------
    Nothing
        Any total is drawn.
    """
    share = people / people.sum()
    rows = [np.random.default_rng([SEED, r]).multinomial(cases, share) for r in range(replicates)]
    return np.array(rows, dtype=np.float64)


def places(file: Path | None, count: int) -> Floats:
    """
    Read village points, or make them up.

    Parameters
    ----------
    file
        GeoParquet of polygons; None makes points up.
    count
        Points to make up.

    Returns
    -------
    xy
        Metres, in canonical order.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    if file is None:
        xy = np.random.default_rng(SEED).uniform(0, 1e5, (count, 2))
    else:
        points = gpd.read_parquet(file).representative_point().to_crs(METRES)
        xy = np.column_stack([points.x, points.y])
    return xy[np.lexsort((xy[:, 1], xy[:, 0]))]


def timed(xy: Floats, settings: ScanSettings) -> tuple[float, ScanResult, Floats, Floats]:
    """
    Time the whole call on a map without any cluster.

    Parameters
    ----------
    xy
        Points.
    settings
        Of the scan.

    Returns
    -------
    seconds
        Wall clock.
    result
        What it found.
    cases, people
        What it scanned.

    Raises
    ------
    DataError
        The points are unusable.
    """
    rng = np.random.default_rng(SEED)
    people = rng.lognormal(6.5, 0.7, len(xy)).round().clip(10)
    cases = rng.multinomial(int(people.sum() * RATE), people / people.sum()).astype(float)
    started = time.perf_counter()
    result = scan_statistic(xy, cases, people, settings=settings)
    return time.perf_counter() - started, result, cases, people


def compare(name: str, xy: Floats, replicates: int, few: int) -> None:
    """
    Time the scan and its peers, and compare their maxima.

    Parameters
    ----------
    name
        Of the geography.
    xy
        Points.
    replicates
        Null maps.
    few
        Null maps of the numpy peer, scaled up.

    Raises
    ------
    AssertionError
        The maxima differ by more than one part in 10^9.
    """
    settings = ScanSettings(replicates=replicates, seed=SEED)
    ours, result, cases, people = timed(xy, settings)
    alone = timed(xy, ScanSettings(replicates=0, seed=SEED))[0]
    order = ((xy[:, None] - xy) ** 2).sum(axis=2).argsort(axis=1, kind="stable").astype(np.int32)
    draws = draw_maps(int(cases.sum()), people, replicates)
    started = time.perf_counter()
    maxima = naive_maxima(draws, people, order)
    naive = time.perf_counter() - started
    np.testing.assert_allclose(np.sort(maxima), result.null_maxima, rtol=1e-9)
    started = time.perf_counter()
    size = people[order].cumsum(axis=1)
    peers = [numpy_maximum(one, size, order) for one in draws[:few]]
    slow = (time.perf_counter() - started) * replicates / few
    np.testing.assert_allclose(peers, maxima[:few], rtol=1e-9)
    print(
        f"{name}, {len(xy)} places, {replicates} replicates: {ours:.2f} s, of which sorting and "
        f"the observed map {alone:.2f}; naive numba {naive:.2f} s ({naive / ours:.1f}x), "
        f"numpy {slow:.1f} s from {few} replicates ({slow / ours:.0f}x); same maxima to 1e-9"
    )


def main() -> None:
    """
    Run the comparison and print its lines.

    Raises
    ------
    SystemExit
        An argument is wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=999)
    parser.add_argument("--villages", type=Path)
    parser.add_argument("--large", type=Path)
    options = parser.parse_args()
    # compiled before, as a second run would find it
    small = places(None, 305)
    timed(small, ScanSettings(replicates=1))
    naive_maxima(np.ones((1, 3)), np.ones(3), np.zeros((3, 3), dtype=np.int32))
    compare("regency", small, options.replicates, min(99, options.replicates))
    compare("province", places(options.villages, 3_239), options.replicates, 4)
    if options.large:
        settings = ScanSettings(replicates=options.replicates, max_places=100)
        xy = places(options.large, 0)
        seconds, _, _, _ = timed(xy, settings)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"country, {len(xy)} places, 100 nearest: {seconds:.1f} s, peak {peak:.2f} GB")


if __name__ == "__main__":
    main()
