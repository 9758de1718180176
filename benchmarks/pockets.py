"""
The trial of the pocket detector: planted maps, null maps, and what common tools flag on them.

Each mixed map has 1 to 5 pockets, none touching another: compact (45 %), elongated (40 %) or a
single village (15 %), the first two of 3 to 15 villages; the poor share is 11.17 %, times the
relative risk inside. Score: F1 over villages, 0 when nothing is flagged; the figure is the mean.

    python benchmarks/pockets.py [--maps 100] [--null-maps 400] [--figure FILE.png]

Beside the strict pockets, on the same maps: pockets of either grade, local Moran high-high at
p < .05 (999 conditional permutations, folded as GeoDa and esda give it) and the poorest fifth.
Uses the embedded boundaries and made-up household counts, or a village layer with the columns
``households`` and ``geometry`` given as ``--layer``; its ``poor_households``, shuffled over the
villages, make the fifth kind of null map.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import brentq

from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.moran_gi import local_moran
from sibangkit_geo.pockets.neighbors import neighbors_within
from sibangkit_geo.pockets.zone_search import Search
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.pockets.graph import Neighbors

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
    ("shuffled", 0.0),
)
METHODS = ("strict", "either", "moran", "top")
#: poverty without any pocket, or pockets on top of it: name, kind, range (km) or relative risk of a
#: gradient, standard deviation on the logit, rho besides, relative risk of planted pockets
PATTERNS: tuple[tuple[str, str, float, float, float, float], ...] = (
    ("rho .15 near a place, .01 elsewhere", "noisy part", 25, 0.0, 0.01, 0),
    ("field 30 km, sd .15", "field", 30, 0.15, 0.0, 0),
    ("field 30 km, sd .15, rho .01", "field", 30, 0.15, 0.01, 0),
    ("field 30 km, sd .3", "field", 30, 0.3, 0.0, 0),
    ("field 30 km, sd .3, rho .01", "field", 30, 0.3, 0.01, 0),
    ("field 10 km, sd .3", "field", 10, 0.3, 0.0, 0),
    ("field 10 km, sd .3, rho .01", "field", 10, 0.3, 0.01, 0),
    ("districts, sd .2, rho .01", "district", 0, 0.2, 0.01, 0),
    ("gradient, RR 2, rho .01", "gradient", 2, 0.0, 0.01, 0),
    ("planted RR 2, rho .01", "flat", 0, 0.0, 0.01, 2),
    ("planted RR 3, rho .01", "flat", 0, 0.0, 0.01, 3),
    ("planted RR 3, rho .05", "flat", 0, 0.0, 0.05, 3),
    ("planted RR 1.6, binomial", "flat", 0, 0.0, 0.0, 1.6),
    ("planted RR 2, rho .01, crooked", "crooked", 0, 0.0, 0.01, 2),
    ("planted RR 2 on a field 30 km, sd .15, rho .01", "field", 30, 0.15, 0.01, 2),
)
_NOISY_RHO = 0.15


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
    neighbors
        The same neighbours as a graph.
    places
        A point inside each village, metres.
    """

    villages: gpd.GeoDataFrame
    near: list[NDArray[np.intp]]
    distance: NDArray[np.float64]
    neighbors: Neighbors
    places: NDArray[np.float64]


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
        villages = read_boundaries(source, regency="16.07").villages
        draws = np.random.default_rng(1).lognormal(6.5, 0.7, len(villages))
        villages = villages.assign(households=np.clip(draws, 64, 8_481).round())
    neighbors = neighbors_within(villages)
    pairs = neighbors.pairs
    near = [np.unique(pairs[(pairs == i).any(axis=1)]) for i in range(len(villages))]
    centres = villages.geometry.representative_point()
    places = np.column_stack([centres.x, centres.y])
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    return World(villages, near, distance, neighbors, places)


def plant(where: World, rng: np.random.Generator, *, crooked: bool = False) -> set[int]:
    """
    Choose the villages of 1 to 5 pockets that do not touch.

    `crooked`: Elongated pockets are random walks, and one that finds no more room is kept as it is;
        otherwise they go one way, and such a one is tried again and left out after 50 tries.
    Returns: Positions of all planted villages.
    """
    planted: set[int] = set()
    for _ in range(rng.integers(1, 6)):
        kind = rng.choice(["compact", "elongated", "single"], p=[0.45, 0.40, 0.15])
        size = 1 if kind == "single" else int(rng.integers(3, 16))
        for _ in range(50):
            pocket = _grow(where, str(kind), size, rng, crooked=crooked)
            around = {int(j) for i in pocket for j in where.near[i]} | pocket
            if (crooked or len(pocket) == size) and not around & planted:
                planted |= pocket
                break
    return planted


def _grow(
    where: World, kind: str, size: int, rng: np.random.Generator, *, crooked: bool
) -> set[int]:
    start = int(rng.integers(len(where.near)))
    pocket, last = {start}, start
    angle = rng.uniform(0, 2 * np.pi)
    along = where.places @ [np.cos(angle), np.sin(angle)]
    while len(pocket) < size:
        if kind == "compact":
            edge = sorted({int(j) for i in pocket for j in where.near[i]} - pocket)
            edge.sort(key=lambda j: where.distance[start, j])
        else:
            edge = [
                int(j)
                for j in where.near[last]
                if j not in pocket and (crooked or along[j] > along[last])
            ]
            edge.sort(key=lambda j: where.distance[last, j])
        if not edge:
            break
        last = int(rng.choice(edge)) if crooked and kind == "elongated" else edge[0]
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
        ``"rho"``, ``"logit"``, ``"outliers"`` or ``"shuffled"`` (the layer's own rates, each
        moved to a village drawn at random).
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
    if kind == "shuffled":
        own = where.villages["poor_households"].to_numpy() / homes
        return where.villages.assign(poor_households=np.rint(rng.permutation(own) * homes))
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


def background(
    where: World, kind: str, reach: float, spread: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """
    Draw the rate of every village before pockets and chance, of mean `RATE`.

    ``"field"``: covariance exp(-d / range), scaled to the spread on the logit in each map;
    ``"district"``: one effect per district, scaled alike; ``"gradient"``: rising by `reach` across
    the map in a direction of its own.
    """
    number = len(where.near)
    if kind == "gradient":
        angle = rng.uniform(0, 2 * np.pi)
        along = where.places @ [np.cos(angle), np.sin(angle)]
        rate = reach ** ((along - along.min()) / np.ptp(along))
        return np.asarray(rate / rate.mean() * RATE)
    if not spread:
        return np.full(number, RATE)
    if kind == "field":
        smooth = np.exp(-where.distance / (1000 * reach)) + 1e-9 * np.eye(number)
        effect = np.linalg.cholesky(smooth) @ rng.standard_normal(number)
    else:
        codes = where.villages.get("village_code", where.villages.index.to_series())
        district = pd.factorize(codes.astype(str).str[:8])[0]
        effect = rng.standard_normal(district.max() + 1)[district]
    effect = (effect - effect.mean()) / effect.std() * spread
    level = brentq(lambda at: (1 / (1 + np.exp(-at - effect))).mean() - RATE, -9, 3)
    return np.asarray(1 / (1 + np.exp(-level - effect)))


@dataclass(frozen=True, slots=True)
class Told:
    """
    What maps of one background came to.

    `maps`: One row per map.
    `pockets`: One row per pocket: ``low``, ``shown``, ``high`` and ``true`` relative risk.
    `villages`: One row per village near a pocket: ``said`` (probability that it belongs) and
        ``planted``.
    """

    maps: pd.DataFrame
    pockets: pd.DataFrame
    villages: pd.DataFrame


def patterns(where: World, options: argparse.Namespace) -> dict[str, Told]:
    """
    Search maps with and without pockets on every kind of background.

    `options`: Maps, replicates, workers.
    Returns: By name of the background.
    """
    with ProcessPoolExecutor(options.workers) as pool:
        wanted = [one for one in PATTERNS if options.only in one[0]]
        every = pool.map(_background, [(where, one, options) for one in wanted])
        told = {}
        for one, found in zip(wanted, every, strict=True):
            told[one[0]] = found
            print(one[0], summary(found).round(4).to_dict(), flush=True)
    return told


def summary(told: Told) -> pd.Series:
    """
    Sum up the maps of one background.

    Returns: Share of maps with a strict zone (`before`, as the first test alone finds it on
        villages taken as exchangeable) and with a pocket, share of villages in either, F1 of all
        zones, share of villages found in planted pockets that stay in one, relative risk shown
        beside the true one of the same villages, how often its interval holds the true one and how
        wide it is.
    """
    row = told.maps.mean()
    row["stay"] = told.maps["stay"].sum() / max(told.maps["found"].sum(), 1e-9)
    own = told.pockets
    if len(own):
        row["covered"] = ((own["low"] <= own["true"]) & (own["true"] <= own["high"])).mean()
        row["width"] = (own["high"] - own["low"]).median()
    return row


def _background(job: tuple[World, tuple[str, str, float, float, float, float], Any]) -> Told:
    where, (_, kind, reach, spread, rho, risk), options = job
    homes = where.villages["households"].to_numpy(dtype=np.int64)
    rows, pockets, near = [], [], []
    for seed in range(options.maps):
        rng = np.random.default_rng([seed, 5])
        rate = background(where, kind, reach, spread, rng)
        planted = plant(where, rng, crooked=kind == "crooked") if risk else set()
        rate[sorted(planted)] *= risk
        noise = np.full(len(homes), rho)
        if kind == "noisy part":
            noise[where.distance[rng.integers(len(homes))] < 1000 * reach] = _NOISY_RHO
        poor = rng.binomial(homes, _beta(np.minimum(rate, 0.95), noise, rng))
        villages = where.villages.assign(poor_households=poor)
        row, own, members = _pattern(where, villages, rate, planted, (options.replicates, seed))
        rows.append(row)
        pockets += own
        near += members
    return Told(
        pd.DataFrame(rows),
        pd.DataFrame(pockets, columns=["low", "shown", "high", "true"]),
        pd.DataFrame(near, columns=["said", "planted"]),
    )


def _beta(
    rate: NDArray[np.float64], rho: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    drawn = rate.copy()
    some = rho > 0
    scale = (1 - rho[some]) / rho[some]
    drawn[some] = rng.beta(rate[some] * scale, (1 - rate[some]) * scale)
    return drawn


def _pattern(
    where: World,
    villages: gpd.GeoDataFrame,
    rate: NDArray[np.float64],
    planted: set[int],
    trial_of: tuple[int, int],
) -> tuple[dict[str, float], list[tuple[float, ...]], list[tuple[float, bool]]]:
    """Search one map: its row, its pockets, and the villages near them (`Told`)."""
    replicates, seed = trial_of
    settings = PocketSettings(replicates=replicates, seed=seed)
    poor = villages["poor_households"].to_numpy(float)
    homes = villages["households"].to_numpy(float)
    first = Search(poor, homes, where.places, near=where.neighbors, largest_zone=25).run(settings)
    strict = [at for at, p in enumerate(first.p_values, 1) if p <= settings.alpha]
    before = set(np.flatnonzero(np.isin(first.labels, strict)).tolist())
    found = find_pockets(villages, settings=settings, neighbors=where.neighbors)
    assert found.wide_members is not None  # noqa: S101 - villages enough to be tested
    assert found.wide is not None  # noqa: S101
    tables = [(found.members, found.outlines), (found.wide_members, found.wide)]
    every = {i for codes, _ in tables for i in _positions(villages, codes.index)}
    zones = [
        {number: _positions(villages, codes.index[codes == number])
         for number in outlines.index if outlines.loc[number, "p_value"] <= settings.alpha}
        for codes, outlines in tables
    ]  # fmt: skip
    pockets, wide = (set().union(*one.values()) for one in zones)
    shown = [
        (*outlines.loc[number].reindex(
            ["relative_risk_low", "relative_risk", "relative_risk_high"]),
         _true_risk(homes, rate, zone, every))
        for own, (_, outlines) in zip(zones, tables, strict=True)
        for number, zone in own.items()
    ]  # fmt: skip
    chance = found.villages["membership"].dropna()
    number = len(villages)
    row = {
        "before": bool(before), "before_villages": len(before) / number,
        "pocket": bool(pockets), "pocket_villages": len(pockets) / number,
        "wide_villages": len(wide) / number, "f1_before": f1(before, planted),
        "f1": f1(pockets | wide, planted), "found": float(len(before & planted)),
        "stay": float(len(before & planted & pockets)),
        "shown": float(np.mean([one[1] for one in shown])) if shown else np.nan,
        "true": float(np.mean([one[3] for one in shown])) if shown else np.nan,
    }  # fmt: skip
    at = villages.index.get_indexer(chance.index)
    members = [(said, i in planted) for said, i in zip(chance, at, strict=True)]
    return row, shown[: len(zones[0])], members


def _true_risk(
    homes: NDArray[np.float64], rate: NDArray[np.float64], zone: set[int], zones: set[int]
) -> float:
    inside, outside = sorted(zone), sorted(set(range(len(homes))) - zones - zone)
    if not outside:
        return float("nan")
    level = np.average(rate[outside], weights=homes[outside])
    return float(np.average(rate[inside], weights=homes[inside]) / level)


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


def flagged(
    where: World, villages: gpd.GeoDataFrame, replicates: int, seed: int
) -> dict[str, set[int]]:
    """
    Flag villages by every method.

    Parameters
    ----------
    where
        The same villages with their graph.
    villages
        With poor and all households.
    replicates, seed
        Of the tests.

    Returns
    -------
    flagged
        Positions by name of the method.

    Raises
    ------
    DataError
        The counts are impossible.
    """
    found = find_pockets(villages, settings=PocketSettings(replicates=replicates, seed=seed))
    grades = found.members.map(found.outlines["evidence"].to_dict())
    rates = villages["poor_households"] / villages["households"]
    moran = local_moran(
        rates, where.neighbors, alternative="greater", permutations=999, seed=seed
    ).villages
    high = (moran["kind"] == "HH") & (moran["p_permutation"] < 0.05)
    order = np.argsort(-rates.to_numpy(), kind="stable")
    return {
        "strict": _positions(villages, grades.index[grades == "strict"]),
        "either": _positions(villages, grades.index),
        "moran": _positions(villages, moran.index[high]),
        "top": set(order[: len(rates) // 5].tolist()),
    }


def _positions(villages: gpd.GeoDataFrame, codes: pd.Index) -> set[int]:
    return set(villages.index.get_indexer(codes).tolist())


def trial(where: World, options: argparse.Namespace) -> pd.DataFrame:
    """
    Plant pockets and score every method on the same maps.

    `options`: Maps, replicates, workers.
    Returns: One row per cell and map, F1 by method, and of the planted pockets but the single
        villages (``attainable``).
    """
    with ProcessPoolExecutor(options.workers) as pool:
        done = []
        for rows in pool.map(_cell, [(where, one, options) for one in CELLS]):
            done.append(rows)
            mean = rows[[*METHODS, "attainable"]].mean().round(3).to_dict()
            print(mean, rows["cell"].iloc[0], flush=True)
    return pd.concat(done, ignore_index=True)


def _cell(job: tuple[World, tuple[str, float, float], argparse.Namespace]) -> pd.DataFrame:
    where, (kind, spread, risk), options = job
    rows = []
    for seed in range(options.maps):
        rng = np.random.default_rng([seed, 1])
        planted = plant(where, rng)
        villages = draw(where, planted, kind, spread, risk, rng)
        marks = flagged(where, villages, options.replicates, seed)
        scores = {name: f1(own, planted) for name, own in marks.items()}
        # a pocket has two villages: without the single ones no map can score more
        wide = {i for i in planted if planted & set(where.near[i].tolist()) - {i}}
        scores["attainable"] = f1(wide, planted)
        rows.append({"cell": f"{kind} {spread:g}, RR {risk:g}", **scores})
    return pd.DataFrame(rows)


def alarms(where: World, options: argparse.Namespace) -> pd.DataFrame:
    """
    Count the null maps on which each method shows something.

    `options`: Maps, replicates, workers.
    Returns: One row per kind of null: ``maps`` and the count by method.
    """
    kinds = [one for one in NULLS if one[0] != "shuffled" or "poor_households" in where.villages]
    with ProcessPoolExecutor(options.workers) as pool:
        rows = []
        for row in pool.map(_null, [(where, one, options) for one in kinds]):
            rows.append(row)
            print(row, flush=True)
    return pd.DataFrame(rows)


def _null(job: tuple[World, tuple[str, float], argparse.Namespace]) -> dict[str, Any]:
    where, (kind, spread), options = job
    count = dict.fromkeys(METHODS, 0)
    for seed in range(options.null_maps):
        rng = np.random.default_rng([seed, 2])
        villages = draw(where, set(), kind, spread, 1.0, rng)
        marks = flagged(where, villages, options.replicates, seed)
        count = {name: count[name] + bool(marks[name]) for name in METHODS}
    return {"null": f"{kind} {spread:g}", "maps": options.null_maps, **count}


def calibration(told: Mapping[str, Told]) -> pd.DataFrame:
    """Set by fifths what was said of belonging beside what was so, for each background and all."""
    every = {**{name: one.villages for name, one in told.items()}}
    every["all"] = pd.concat(every.values())
    rows = {}
    for name, own in every.items():
        fifth = np.minimum((own["said"] * 5).astype(int), 4)
        parts = own.groupby(fifth)
        rows[name] = pd.concat(
            {"said": parts["said"].mean(), "true": parts["planted"].mean(), "n": parts.size()}
        )
    return pd.DataFrame(rows).T


def calibration_figure(told: Mapping[str, Told], file: Path) -> None:
    """Draw what was said of belonging and of relative risk against what was so."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    drawing = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = drawing.subplots(1, 2)
    table = calibration(told)
    for name, row in table.iterrows():
        whole = name == "all"
        left.plot(
            row["said"], row["true"], marker="o", ms=4 if whole else 2,
            color="#12284c" if whole else "#8a8f98", lw=2 if whole else 0.8,
            label="all rows of the trial" if whole else None, zorder=3 if whole else 2,
        )  # fmt: skip
    left.plot([0, 1], [0, 1], color="#c46a1b", lw=1, ls="--", label="said = true")
    left.set(xlabel="probability of belonging, as said", ylabel="share planted")
    left.legend(frameon=False, loc="upper left", fontsize=8)
    covered = {name: summary(one)["covered"] for name, one in told.items()}
    number = [len(one.pockets) for one in told.values()]
    share = np.array([*covered.values()])
    error = 1.96 * np.sqrt(share * (1 - share) / number)
    right.axvspan(0.92, 0.98, color="#c46a1b", alpha=0.15, lw=0, label="aim")
    right.axvline(0.95, color="#c46a1b", lw=1, ls="--")
    right.errorbar(share, range(len(share)), xerr=error, fmt="o", color="#12284c", ms=4)
    right.set(xlabel="intervals of 95 % that hold the true risk", xlim=(0.8, 1), ylim=(-0.6, None))
    right.set_yticks(range(len(share)), [name.replace(" on a", "\non a") for name in covered])
    right.legend(frameon=False, loc="lower left", fontsize=8)
    drawing.savefig(file, dpi=110)


def figure(scores: pd.DataFrame, file: Path) -> None:
    """
    Draw the mean scores with their 95 % intervals.

    Parameters
    ----------
    scores
        From `trial`.
    file
        PNG to write.

    Raises
    ------
    OSError
        The disk refuses.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415

    names = {"strict": "strict pockets", "moran": "local Moran HH, p < .05", "top": "poorest fifth"}
    colors = {"strict": "#12284c", "moran": "#c46a1b", "top": "#8a8f98"}
    drawing = Figure(figsize=(7, 3.4), layout="constrained")
    axes = drawing.add_subplot()
    by_cell = scores.groupby("cell", sort=False)
    for shift, (name, label) in enumerate(names.items()):
        mean, spread = by_cell[name].mean(), 1.96 * by_cell[name].sem()
        at = np.arange(len(mean)) + (shift - 1) * 0.16
        axes.errorbar(at, mean, yerr=spread, fmt="o", label=label, color=colors[name])
    axes.set(ylim=(0, 1), ylabel="F1 over villages, mean of maps", xticks=range(len(by_cell)))
    axes.set_xticklabels([str(cell).replace(", ", "\n") for cell in mean.index])
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="lower center", ncols=3, frameon=False)
    drawing.savefig(file, dpi=110)


def main() -> None:
    """
    Run the trial and print its tables.

    Raises
    ------
    SystemExit
        An argument is wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=40)
    parser.add_argument("--null-maps", type=int, default=40)
    parser.add_argument("--replicates", type=int, default=199)
    parser.add_argument("--layer", type=Path)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--only", default="", help="of --patterns, those whose name holds this")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--patterns", action="store_true", help="the maps of PATTERNS instead")
    options = parser.parse_args()
    where = world(options.layer)
    started = time.perf_counter()
    if options.patterns:
        told = patterns(where, options)
        table = pd.DataFrame({name: summary(one) for name, one in told.items()}).T
        print(table.round(3).to_string())
        planted = {name: told[name] for name, *_, risk in PATTERNS if risk and name in told}
        if planted:
            print(calibration(planted).round(3).to_string())
        if planted and options.figure:
            calibration_figure(planted, options.figure)
        print(f"{time.perf_counter() - started:.0f} s")
        return
    scores = trial(where, options)
    found = alarms(where, options)
    print(scores.groupby("cell", sort=False).mean().round(2).to_string())
    ahead = scores.groupby("cell", sort=False)[["moran", "top"]].mean()
    print("strict ahead of", ahead.rsub(scores.groupby("cell")["strict"].mean(), axis=0).round(2))
    print(found.to_string())
    print("pooled", (found[list(METHODS)].sum() / found["maps"].sum()).round(4).to_dict())
    if options.figure:
        figure(scores, options.figure)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
