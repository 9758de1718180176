"""
The trial of the comparison: two waves in which nothing changed, and some in which pockets healed.

    python benchmarks/waves.py [--maps 20] [--layer LAYER]

Planted maps of `pockets.py`, each drawn twice; the pockets that the detector finds in either wave
are followed. Printed: how many are called changed by their class, and by the plain 95 % interval;
where risks changed, how many of those whose change has a separation above 9 are called so.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pockets  # type: ignore[import-not-found]  # the script beside

from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.change import ChangeSettings, Wave, pocket_changes
from sibangkit_geo.pockets.overdispersion import effective_counts

# rho, relative risk in the first and in the second wave
CASES = (
    *((0.0, 1.6, 1.6), (0.01, 1.6, 1.6), (0.01, 2.0, 2.0)),
    *((0.01, 2.0, 1.0), (0.01, 1.0, 2.0), (0.01, 2.0, 3.0)),
)
CHANGED = ("baru", "hilang", "membaik", "memburuk")
_PLAIN = 1.96 / 3.3


def wave(
    where: pockets.World, planted: set[int], *, case: tuple[float, float], year: int, seed: int
) -> Wave:
    """Draw one wave and search it."""
    rho, risk = case
    villages = pockets.draw(where, planted, "rho", rho, risk, np.random.default_rng([seed, year]))
    found = find_pockets(villages, settings=PocketSettings(replicates=199, seed=seed))
    table = pd.DataFrame(villages[["households", "poor_households"]].astype(float))
    table = table.assign(
        people=4 * table["households"], pocket=found.members.reindex(table.index).astype(float)
    )
    return Wave(year, table.set_axis(table.index.astype(str)), found.overdispersion)


def _separation(where: pockets.World, villages: str, rho: float, change: float) -> float:
    """Separation of a change of the relative risk in some villages (`docs/method.md`)."""
    own = where.villages.set_axis(where.villages.index.astype(str)).loc[villages.split()]
    homes = effective_counts(own["households"].to_numpy(dtype=float), rho)
    rate = pockets.RATE
    return float(abs(change) * rate * np.sqrt(homes.sum() / (rate * (1 - rate))))


def main() -> None:
    """Run the trial and print how many pockets are called changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=20)
    parser.add_argument("--layer", type=Path)
    options = parser.parse_args()
    where = pockets.world(options.layer)
    for rho, before, after in CASES:
        steps = []
        for seed in range(options.maps):
            planted = pockets.plant(where, np.random.default_rng([seed, 1]))
            waves = [
                wave(where, planted, case=(rho, risk), year=year, seed=seed)
                for year, risk in ((2020, before), (2025, after))
            ]
            steps.append(pocket_changes(waves, ChangeSettings()))
        table = pd.concat([one for one in steps if len(one)])
        half = (table["high"] - table["low"]) / 2 * _PLAIN
        far = table["villages"].map(lambda own: _separation(where, own, rho, after - before)) > 9  # noqa: B023
        told = {
            "pockets": len(table),
            "called changed": round(float(table["class"].isin(CHANGED).mean()), 3),
            "by a plain 95 %": round(float((table["difference"].abs() > half).mean()), 3),
            "separation above 9": int(far.sum()),
            "of these called changed": int(table["class"].isin(CHANGED)[far].sum()),
            **table["class"].value_counts().to_dict(),
        }
        print(f"rho {rho:g}, RR {before:g} then {after:g}", told, flush=True)


if __name__ == "__main__":
    main()
