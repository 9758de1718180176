"""
Answers missing at random within districts: does the test stay level, do intervals still cover.

Each district loses its own share of the answers, drawn evenly from 10 to 90 per cent; who is lost
in a district is chance. The maps have no pocket. Printed, with the least known share at its
default and switched off: on how many maps a strict pocket is shown, with its standard error; in
how many villages the 95 % interval of the rate holds the probability that made the map; and, for
comparison, what reading every missing answer as "not poor" does to the same maps.

    python benchmarks/missing.py [--maps 200] [--replicates 199]
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pockets import RATE, world  # type: ignore[import-not-found]  # the script beside

from sibangkit_geo.indicators.estimates import add_shrunken, tested
from sibangkit_geo.indicators.villages import CoverageSettings, leave_thin
from sibangkit_geo.model.types import Indicator
from sibangkit_geo.pockets import PocketSettings, find_pockets

if TYPE_CHECKING:
    import geopandas as gpd
    from pockets import World

LEAST, MOST = 0.1, 0.9
#: intra-village correlations of the maps
RHOS = (0.0, 0.01, 0.05)
#: how the missing answers are dealt with: least known share, or read as "not poor"
WAYS: dict[str, float | None] = {"half": 0.5, "off": 0.0, "as not poor": None}
_POVERTY = Indicator(
    "headcount_ratio", "Rumah tangga miskin", "percent", "high", "rumah tangga", "", "uji", 2025,
    count_column="poor_households", base_column="known_poor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """One map: villages with all their counts, and the probability that made each."""

    villages: gpd.GeoDataFrame
    probability: np.ndarray


def draw(where: World, rho: float, rng: np.random.Generator) -> Drawn:
    """Draw who is poor, and whose answer is lost."""
    homes = where.villages["households"].to_numpy(dtype=np.int64)
    scale = (1 - rho) / rho if rho else 0.0
    rate = rng.beta(RATE * scale, (1 - RATE) * scale, len(homes)) if rho else np.full(
        len(homes), RATE
    )  # fmt: skip
    poor = rng.binomial(homes, rate)
    districts, place = np.unique(where.villages["district_code"], return_inverse=True)
    lost = rng.uniform(LEAST, MOST, len(districts))[place]
    known = rng.binomial(homes, 1 - lost)
    known_poor = rng.hypergeometric(poor, homes - poor, known)
    villages = where.villages.assign(
        households=homes.astype(float), known_poor=known.astype(float),
        poor_households=known_poor.astype(float),
    )  # fmt: skip
    return Drawn(villages, rate)


def as_read(drawn: Drawn, least: float | None) -> gpd.GeoDataFrame:
    """Make the village table as the study makes it; None reads missing answers as "not poor"."""
    table = drawn.villages
    if least is None:
        table = table.assign(known_poor=table["households"])
    known = table["known_poor"].where(table["known_poor"] > 0)
    table = table.assign(headcount_ratio=table["poor_households"] / known)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        leave_thin(table, [_POVERTY], CoverageSettings(least or 0.0))
    return table


def shown(table: gpd.GeoDataFrame, replicates: int, seed: int) -> bool:
    """Tell whether a strict zone, pocket or wide area, is shown on a map that has none."""
    settings = PocketSettings(replicates=replicates, seed=seed)
    found = find_pockets(tested(table), settings=settings)
    wide = found.wide is not None and bool((found.wide["p_value"] <= found.alpha).any())
    return wide or bool((found.outlines["evidence"] == "strict").any())


def covered(table: gpd.GeoDataFrame, probability: np.ndarray) -> tuple[int, int]:
    """Count villages with an interval, and those whose interval holds the truth."""
    plain = pd.DataFrame(table.drop(columns="geometry"))
    add_shrunken(plain, source=("uji", 2025))
    low, high = plain["headcount_low"].to_numpy(), plain["headcount_high"].to_numpy()
    told = np.isfinite(low)
    inside = told & (low <= probability) & (probability <= high)
    return int(told.sum()), int(inside.sum())


def trial(where: World, maps: int, replicates: int) -> pd.DataFrame:
    """
    Run the trial.

    Returns: One row per way: ``alarm`` (share of maps with a strict pocket), ``error`` (its
        standard error), ``coverage`` (share of the intervals that hold the truth), ``villages``.
    """
    rows = []
    for name, least in WAYS.items():
        alarms, told, inside, drawn_maps = 0, 0, 0, 0
        for rho in RHOS:
            for seed in range(maps):
                drawn = draw(where, rho, np.random.default_rng([seed, int(1000 * rho), 9]))
                table = as_read(drawn, least)
                alarms += shown(table, replicates, seed)
                n, hits = covered(table, drawn.probability)
                told, inside, drawn_maps = told + n, inside + hits, drawn_maps + 1
        share = alarms / drawn_maps
        error = (share * (1 - share) / drawn_maps) ** 0.5
        rows.append((name, share, error, inside / told, told))
    return pd.DataFrame(rows, columns=["way", "alarm", "error", "coverage", "villages"])


def main() -> None:
    """Print the trial."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--maps", type=int, default=200)
    parser.add_argument("--replicates", type=int, default=199)
    asked = parser.parse_args()
    table = trial(world(None), asked.maps, asked.replicates)
    print(f"{asked.maps} maps for each rho of {RHOS}, {asked.replicates} replicates")
    print(table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
