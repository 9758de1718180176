"""
The detector on the demo regency, whose truth is known, over many seeds.

    python benchmarks/demo.py [--seeds 10] [--null-seeds 20] [--households 250000]

Prints in how many seeds the demo without pockets shows one, and which share of the planted
pockets (relative risk 2 and more, of the year) has at least half of its villages in a pocket.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.demo import people
from sibangkit_geo.demo import world as hamlets
from sibangkit_geo.demo import world as villages
from sibangkit_geo.demo.files import NEEDS
from sibangkit_geo.demo.studies import WAVES
from sibangkit_geo.demo.world import PLANTED
from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries

if TYPE_CHECKING:
    import geopandas as gpd

WAVE = WAVES[-1]
RISK, LARGEST_SINGLE = 2.0, 1


def counts(
    polygons: gpd.GeoDataFrame, *, households: int, seed: int, pockets: bool
) -> gpd.GeoDataFrame:
    """
    Draw the poor and all households of the demo's villages, as its register would have them.

    Parameters
    ----------
    polygons
        Villages.
    households
        In all.
    seed
        Of the demo.
    pockets
        Whether pockets are planted.

    Returns
    -------
    villages
        With ``poor_households`` and ``households``.

    Raises
    ------
    MissingFileError
        The installation lacks its boundaries.
    """
    rate = WAVE.rate_percent / 100
    places = villages.draw_villages(
        households=households,
        poor_share=people.poor_household_share(rate),
        needs=NEEDS,
        year=WAVE.year,
        seed=seed,
        pockets=pockets,
    )
    stream = [np.random.default_rng([seed, WAVE.year, part]) for part in range(2)]
    houses = hamlets.place_houses(places, rng=stream[0])
    persons = people.draw_people(places, houses, rate=rate, line=WAVE.line_rp_month, rng=stream[1])
    drawn = pd.DataFrame({"code": places.code[houses.village], "poor": persons.decile == 1})
    sums = drawn.groupby("code")["poor"].agg(["sum", "size"]).reindex(polygons.index)
    return polygons.assign(poor_households=sums["sum"], households=sums["size"])


def main() -> None:
    """
    Run both and print them.

    Raises
    ------
    SystemExit
        An argument is wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--null-seeds", type=int, default=20)
    parser.add_argument("--households", type=int, default=250_000)
    options = parser.parse_args()
    polygons = read_boundaries(BoundarySource(villages="default"), regency="16.07").villages
    shown = strict = 0
    for seed in range(1, options.null_seeds + 1):
        table = counts(polygons, households=options.households, seed=seed, pockets=False)
        found = find_pockets(table, settings=PocketSettings(seed=seed))
        shown += len(found) > 0
        strict += bool((found.outlines["evidence"] == "strict").any())
    print(f"without pockets: {shown} of {options.null_seeds} seeds show one, {strict} a strict one")
    plants = [
        one for one in PLANTED
        if one.relative_risk >= RISK and len(one.villages) > LARGEST_SINGLE
        and one.since <= WAVE.year <= one.until
    ]  # fmt: skip
    met = 0
    for seed in range(1, options.seeds + 1):
        table = counts(polygons, households=options.households, seed=seed, pockets=True)
        members = set(find_pockets(table, settings=PocketSettings(seed=seed)).members.index)
        met += sum(2 * len(members & set(one.villages)) >= len(one.villages) for one in plants)
    total = len(plants) * options.seeds
    print(f"planted pockets of relative risk {RISK:g} and more: {met} of {total} found by half")


if __name__ == "__main__":
    main()
