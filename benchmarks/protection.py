"""
The trial of protected counts: what they cost the detector, the sums and the draws themselves.

    python benchmarks/protection.py [--maps 200] [--replicates 199] [--draws 1000000]

Planted and null maps of `pockets.py` (its embedded world, or a ``--layer``), with all households
and with a twentieth of them; each map is searched with its true and with its protected counts.
Beside: draws of a million keys at every count, and sums of many villages against the error that
the transition table says.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pockets  # type: ignore[import-not-found]  # the script beside

from sibangkit_geo.disclosure import DisclosureSettings, protect_counts, transitions, worth
from sibangkit_geo.model.types import VillageCounts
from sibangkit_geo.pockets import PocketSettings, find_pockets

if TYPE_CHECKING:
    import geopandas as gpd

PUBLIC = DisclosureSettings()
PLANTED = (("rho", 0.01, 2.0), ("rho", 0.01, 3.0))
SIZES = {"all": 1.0, "a twentieth": 0.05}
_SIZE = 3.5


def protected(villages: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Protect a map; keys of households are uniform, and so are sums of them."""
    homes = villages["households"].to_numpy(float)
    poor = villages["poor_households"].to_numpy(float)
    nobody = np.zeros(len(homes))
    table = pd.DataFrame(
        {
            "households": homes, "people": _SIZE * homes, "known_people": _SIZE * homes,
            "poor_households": poor, "poor_people": _SIZE * poor, "unknown_poor": nobody,
            "unknown_size": nobody,
        },
        index=villages.index.astype(str),
    )  # fmt: skip
    keys = pd.DataFrame(
        rng.integers(0, 1 << 32, (len(table), 3)).astype(np.uint32),
        index=table.index, columns=["households", "poor_households", "unknown_poor"],
    )  # fmt: skip
    # of all households the sum is that of the poor where nobody else lives
    keys["households"] = keys["households"].mask(homes == poor, keys["poor_households"])
    shown = protect_counts(VillageCounts(table, keys), settings=PUBLIC).table
    return villages.assign(
        households=shown["households"].to_numpy(),
        poor_households=shown["poor_households"].to_numpy(),
    )


def strict(villages: gpd.GeoDataFrame, *, replicates: int, seed: int, noisy: bool) -> set[int]:
    """Search a map, and give the positions of villages in strict pockets."""
    settings = PocketSettings(replicates=replicates, seed=seed)
    counts = villages["poor_households"], villages["households"]
    least = worth(*counts, settings=PUBLIC) if noisy else None
    found = find_pockets(villages, settings=settings, worth=least)
    grades = found.members.map(found.outlines["evidence"].to_dict())
    codes = grades.index[grades == "strict"]
    return set(villages.index.get_indexer(codes).tolist())


def planted_maps(where: pockets.World, *, maps: int, replicates: int, share: str) -> pd.DataFrame:
    """Score true and protected counts on the same maps; one row per map."""
    rows = []
    for kind, spread, risk in PLANTED:
        for seed in range(maps):
            rng = np.random.default_rng([seed, 1])
            planted = pockets.plant(where, rng)
            true = pockets.draw(where, planted, kind, spread, risk, rng)
            shown = protected(true, np.random.default_rng([seed, 3]))
            marks = [
                strict(one, replicates=replicates, seed=seed, noisy=noisy)
                for one, noisy in ((true, False), (shown, True))
            ]
            rows.append({
                "households": share, "cell": f"{kind} {spread:g}, RR {risk:g}",
                "true": pockets.f1(marks[0], planted), "protected": pockets.f1(marks[1], planted),
                "total off": shown["poor_households"].sum() / true["poor_households"].sum() - 1,
            })  # fmt: skip
    return pd.DataFrame(rows)


def null_maps(where: pockets.World, *, maps: int, replicates: int, share: str) -> pd.DataFrame:
    """Count alarms on protected null maps; one row per kind."""
    rows = []
    for kind, spread in pockets.NULLS:
        if kind == "shuffled" and "poor_households" not in where.villages:
            continue
        alarms = 0
        for seed in range(maps):
            true = pockets.draw(where, set(), kind, spread, 1.0, np.random.default_rng([seed, 2]))
            shown = protected(true, np.random.default_rng([seed, 4]))
            alarms += bool(strict(shown, replicates=replicates, seed=seed, noisy=True))
        rows.append({"households": share, "null": f"{kind} {spread:g}", "alarm": alarms / maps})
        print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def draws(number: int) -> pd.DataFrame:
    """Draw the deviation of every count many times; one row per count."""
    rows = []
    for smallest, largest in ((1, 6), (3, 6), (5, 6)):
        table = transitions(largest=largest, variance=3.0, smallest=smallest)
        rng = np.random.default_rng(smallest)
        for count in range(1, len(table.probability) + 2):
            keys = rng.integers(0, 1 << 32, number).astype(np.uint32)
            moved = table.shown(np.full(number, count), keys) - count
            expected = table.variance_of(np.array([count])).item()
            rows.append({
                "smallest": smallest, "count": count,
                "bias / s.e.": moved.mean() * np.sqrt(number / expected),
                "variance": moved.var(), "stated": expected,
            })  # fmt: skip
    return pd.DataFrame(rows)


def sums(trials: int) -> pd.DataFrame:
    """Compare sums of protected counts with the error that the table's variances add up to."""
    rows = []
    table = PUBLIC.table
    rng = np.random.default_rng(5)
    for villages, mean in ((20, 6), (313, 4), (313, 40), (313, 900)):
        away = []
        for _ in range(trials):
            counts = rng.poisson(mean, villages)
            keys = rng.integers(0, 1 << 32, villages).astype(np.uint32)
            error = np.sqrt(table.variance_of(counts).sum())
            away.append(abs(int(table.shown(counts, keys).sum() - counts.sum())) / error)
        beyond = float(np.mean(np.array(away) > 3))
        rows.append({"villages": villages, "mean": mean, "beyond 3 s.e.": beyond,
                     "error / total": float(error / counts.sum())})  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    """Run the trial and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=200)
    parser.add_argument("--replicates", type=int, default=199)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--layer", type=Path)
    options = parser.parse_args()
    print(draws(options.draws).round(4).to_string(index=False), flush=True)
    print(sums(2000).to_string(index=False), flush=True)
    whole = pockets.world(options.layer)
    for share, part in SIZES.items():
        homes = np.maximum((whole.villages["households"] * part).round(), 1.0)
        where = replace(whole, villages=whole.villages.assign(households=homes))
        some = {"maps": options.maps, "replicates": options.replicates, "share": share}
        scores = planted_maps(where, **some)
        told = scores.groupby(["households", "cell"]).agg(
            true=("true", "mean"), protected=("protected", "mean"),
            off=("total off", lambda one: one.abs().mean()),
        )  # fmt: skip
        gap = (scores["protected"] - scores["true"]).groupby(scores["cell"]).agg(["mean", "sem"])
        print(told.round(4).to_string(), gap.round(4).to_string(), sep="\n", flush=True)
        null_maps(where, **some)


if __name__ == "__main__":
    main()
