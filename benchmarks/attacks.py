"""
Attacks on the finished files of a public demo, each against the best guess from its counts alone.

    python benchmarks/attacks.py [--households 20000 12000] [--releases 20]

A small cell is a village with 1 to 4 households of some kind (poor, or with an unmet need). Whoever
knows the method and how such counts are spread can guess each from the count shown; no attack may
do better than this guess, by more than two standard errors. Beside: how the guess grows when a
register that changes a little is released again and again.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import rasterio
from scipy.optimize import linprog

from sibangkit_geo import study
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.disclosure import DisclosureSettings
from sibangkit_geo.errors import DegradedInputWarning
from sibangkit_geo.pockets.neighbors import neighbors_within
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.study.partner_folders import run_partners
from tests.pages import data_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

TABLE = DisclosureSettings().table
SMALL = np.arange(1, 5)
_MOST = 60


@dataclass(frozen=True, slots=True)
class Files:
    """What an attacker reads, `public`, and the truth that the guesses are held against."""

    folder: Path
    public: pd.DataFrame
    true: pd.DataFrame
    tests: pd.DataFrame

    @property
    def columns(self) -> list[str]:
        """Name the counts of households that the products tell village by village."""
        names = [str(one) for one in self.public if str(one).startswith("unserved_")]
        return ["poor_households", *names]

    def small(self, column: str) -> NDArray[np.bool_]:
        """Tell the small cells of a column."""
        found: NDArray[np.bool_] = self.true[column].isin(SMALL).to_numpy()
        return found


def read_files(public: Path, exact: Path) -> Files:
    """Read the finished products of two levels of one study."""
    tables = [
        pd.read_csv(one / "villages.csv", dtype={"village_code": str}).set_index("village_code")
        for one in (public, exact)
    ]
    tests = pd.read_csv(public / "putusan_desa.csv", dtype={"kode_desa": str})
    return Files(public, tables[0], tables[1], tests.set_index("kode_desa"))


def best_guess(files: Files, column: str) -> NDArray[np.float64]:
    """
    Guess each cell from its own count, as the best attacker would who knows it is small.

    He knows the transition table, and how true counts are spread among villages of its size.
    """
    shown = files.public[column].to_numpy(int)
    size = pd.qcut(files.public["households"].rank(method="first"), 4, labels=False).to_numpy()
    guess = np.zeros(len(shown))
    for part in range(4):
        own = size == part
        true = files.true.loc[own, column].to_numpy(int)
        prior = np.array([(true == count).mean() for count in SMALL]) + 1e-9
        for value in np.unique(shown[own]):
            guess[own & (shown == value)] = SMALL[np.argmax(prior * _likelihood(int(value)))]
    return guess


def _likelihood(value: int) -> NDArray[np.float64]:
    at = value - SMALL + TABLE.largest
    inside = (at >= 0) & (at < len(TABLE.deviation))
    rows = TABLE.probability[SMALL, np.clip(at, 0, len(TABLE.deviation) - 1)]
    found: NDArray[np.float64] = np.where(inside, rows, 0.0) + 1e-12
    return found


# ---- attacks: each gives a guess for every village, by column


def _plain(files: Files, column: str) -> NDArray[np.float64]:
    """Take the number shown."""
    return files.public[column].to_numpy(float)


def _from_share(files: Files, column: str) -> NDArray[np.float64]:
    """Multiply the share shown with the households shown."""
    key = "headcount_ratio" if column == "poor_households" else f"{column[9:]}_share"
    return (files.public[key] * files.public["households"]).to_numpy(float)


def _from_persons(files: Files, column: str) -> NDArray[np.float64]:
    """Divide persons by the mean size of the households that are poor elsewhere."""
    if column != "poor_households":
        return _plain(files, column)
    size = files.public["poor_people"].sum() / files.public["poor_households"].sum()
    return (files.public["poor_people"] / size).to_numpy(float)


def _from_gi(files: Files, column: str) -> NDArray[np.float64]:
    """Invert the Gi* of all villages: a linear system in the rates of neighbours."""
    if column != "poor_households":
        return _plain(files, column)
    source = BoundarySource(villages="default")
    villages = read_boundaries(source, regency="16.07").villages.loc[files.tests.index]
    pairs, number = neighbors_within(villages).pairs, len(villages)
    weights = np.eye(number)
    weights[pairs[:, 0], pairs[:, 1]] = weights[pairs[:, 1], pairs[:, 0]] = 1.0
    count = weights.sum(axis=1)
    spread = np.sqrt((number * (weights**2).sum(axis=1) - count**2) / (number - 1))
    rate = files.public["poor_households"].sum() / files.public["households"].sum()
    sd = (files.public["poor_households"] / files.public["households"]).std(ddof=0)
    z = files.tests["gi_bintang_z"].fillna(0.0).to_numpy()
    found = np.linalg.lstsq(weights, z * sd * spread + rate * count, rcond=None)[0]
    homes = files.public.loc[files.tests.index, "households"].to_numpy(float)
    return pd.Series(found * homes, files.tests.index).reindex(files.public.index).to_numpy()


def _from_tail(files: Files, column: str) -> NDArray[np.float64]:
    """Order villages by the tail probability of their count, and read the count off."""
    if column != "poor_households":
        return _plain(files, column)
    tail = files.tests["ekstrem_p"].reindex(files.public.index)
    expected = files.public["households"] * files.public["poor_households"].sum()
    expected = expected / files.public["households"].sum()
    return (expected * (1.5 - tail.fillna(0.5))).to_numpy(float)


def _from_estimate(files: Files, column: str) -> NDArray[np.float64]:
    """Turn the smoothed rate into a count."""
    if column != "poor_households":
        return _plain(files, column)
    return (files.public["headcount_shrunken"] * files.public["households"]).to_numpy(float)


def _by_programme(files: Files, column: str) -> NDArray[np.float64]:
    """Find counts that fit every table: within the deviation, and the sums of districts as told."""
    shown = files.public[column].to_numpy(float)
    guess = np.zeros(len(shown))
    for own in files.public.groupby("district_code").indices.values():
        low = np.maximum(shown[own] - TABLE.largest, 0)
        high = np.minimum(shown[own] + TABLE.largest, files.public["households"].to_numpy()[own])
        number = len(own)
        # least sum of distances to the counts shown, and the district's total as it is told
        cost = np.concatenate([np.zeros(number), np.ones(number)])
        unit = np.eye(number)
        above = np.block([[unit, -unit], [-unit, -unit]])
        limit = np.concatenate([shown[own], -shown[own]])
        total = np.concatenate([np.ones(number), np.zeros(number)])[None]
        bounds = [*zip(low, np.maximum(high, low), strict=True), *[(0, None)] * number]
        found = linprog(
            cost, A_ub=above, b_ub=limit, A_eq=total, b_eq=[shown[own].sum()], bounds=bounds
        )
        guess[own] = found.x[:number] if found.success else shown[own]
    return guess


def _by_subtraction(files: Files, column: str) -> NDArray[np.float64]:
    """Take all other villages of the district off its total, from another product."""
    needs = pd.read_csv(files.folder / "kebutuhan_opd.csv", dtype={"kode": str})
    sheets = pd.read_csv(files.folder / "lembar_kecamatan.csv", dtype={"kode": str})
    label = _label(files, column)
    own = needs[(needs["tingkat"] == "kecamatan") & (needs["kebutuhan"] == label)]
    total = own.set_index("kode")["belum_terlayani"]
    if total.empty:
        total = sheets[sheets["ukuran"] == label].set_index("kode")["jumlah"]
    district = files.public["district_code"]
    sums = files.public[column].groupby(district).transform("sum")
    there = district.map(total.to_dict()).astype(float).fillna(sums)
    return (there - (sums - files.public[column])).to_numpy(float)


def _label(files: Files, column: str) -> str:
    words = pd.read_csv(files.folder / "kamus_data.csv")
    found = words[words["kolom_jumlah"] == column]["arti"]
    return str(found.iloc[0]) if len(found) else ""


def _by_complement(files: Files, column: str) -> NDArray[np.float64]:
    """Take the served and those without need off the households."""
    key = column.removeprefix("unserved_")
    if f"deprived_{key}" not in files.public:
        return _plain(files, column)
    reached = files.public[f"served_{key}"]
    return (files.public[f"deprived_{key}"] - reached).clip(lower=0).to_numpy(float)


def _from_page(files: Files, column: str) -> NDArray[np.float64]:
    """Read the packed data of the page, with the counts of its legend."""
    text = (files.folder / "bappeda.html").read_text("utf-8")
    data = data_of(text)
    label = _label(files, column)
    for layer in data["layers"]:
        if layer["label"] == label and layer["counts"]:
            counts = pd.Series(layer["counts"], data["villages"]["code"], dtype=float)
            return counts.reindex(files.public.index).to_numpy()
    return _plain(files, column)


def _from_raster(files: Files, column: str) -> NDArray[np.float64]:
    """Read the risk around each village off the surface."""
    path = files.folder / "risiko_kemiskinan.tif"
    if column != "poor_households" or not path.exists():
        return _plain(files, column)
    source = BoundarySource(villages="default")
    villages = read_boundaries(source, regency="16.07").villages.reindex(files.public.index)
    centre = villages.geometry.representative_point()
    with rasterio.open(path) as surface:
        risk = np.array([one[0] for one in surface.sample(zip(centre.x, centre.y, strict=True))])
    rate = files.public["poor_households"].sum() / files.public["households"].sum()
    homes = files.public["households"].to_numpy(float)
    found: NDArray[np.float64] = np.where(risk > 0, risk, 1.0) * rate * homes
    return found


def _from_rule(files: Files, column: str) -> NDArray[np.float64]:
    """Replay the rule of action: whoever must act there has at least the least excess."""
    label = _label(files, column)
    needs = pd.read_csv(files.folder / "kebutuhan_opd.csv", dtype={"kode": str})
    own = needs[(needs["tingkat"] == "desa") & (needs["kebutuhan"] == label)].set_index("kode")
    told = own["harapan_menurut_porsi_kabupaten"] + own["kelebihan"]
    return told.reindex(files.public.index).fillna(files.public[column]).to_numpy(float)


ATTACKS: dict[str, Callable[[Files, str], NDArray[np.float64]]] = {
    "number shown": _plain,
    "share times households": _from_share,
    "persons": _from_persons,
    "inversion of Gi*": _from_gi,
    "tail probability": _from_tail,
    "smoothed estimate": _from_estimate,
    "linear programme": _by_programme,
    "subtraction from totals": _by_subtraction,
    "complement": _by_complement,
    "packed page data": _from_page,
    "raster": _from_raster,
    "replay of the rule": _from_rule,
}


def attacked(files: Files) -> Iterator[dict[str, object]]:
    """Try every attack on all small cells; a guess is rounded, and held within 1 to 4 too."""
    right: dict[str, list[NDArray[np.bool_]]] = {}
    for column in files.columns:
        small = files.small(column)
        true = files.true[column].to_numpy(float)[small]
        guesses = {"best": best_guess(files, column)}
        guesses |= {name: attack(files, column) for name, attack in ATTACKS.items()}
        for name, guess in guesses.items():
            told = np.round(np.nan_to_num(guess[small], nan=0.0))
            right.setdefault(name, []).append(told == true)
            right.setdefault(f"{name}, 1 to 4", []).append(np.clip(told, 1, 4) == true)
    best = np.concatenate(right.pop("best"))
    right.pop("best, 1 to 4")
    share, number = float(best.mean()), len(best)
    error = float(np.sqrt(share * (1 - share) / number))
    for name, hits in right.items():
        own = float(np.concatenate(hits).mean())
        yield {
            "attack": name, "cells": number, "right": own, "best guess": share, "s.e.": error,
            "held": own <= share + 2 * error,
        }  # fmt: skip


def releases(most: int, *, cells: int = 4000, changed: float = 0.05) -> pd.DataFrame:
    """
    Tell how the best guess of a small cell grows with releases of a register that changes.

    Each release some other household of the village moves, so that the deviation is drawn anew;
    the count itself stays. The guess takes the likelihood of all releases together.
    """
    rng = np.random.default_rng(11)
    true = rng.choice(SMALL, cells, p=[0.4, 0.3, 0.2, 0.1])
    prior = np.log([0.4, 0.3, 0.2, 0.1])
    seen = np.zeros((cells, len(SMALL)))
    rows = []
    for number in range(1, most + 1):
        keys = rng.integers(0, 1 << 32, cells).astype(np.uint32)
        shown = TABLE.shown(true, keys)
        # a set that did not change has the deviation it had, which tells nothing new
        fresh = (rng.random(cells) < 1 - (1 - changed) ** true) if number > 1 else np.ones(cells)
        for value in np.unique(shown):
            own = (shown == value) & (fresh > 0)
            seen[own] += np.log(_likelihood(int(value)))
        right = float((SMALL[np.argmax(prior + seen, axis=1)] == true).mean())
        rows.append({"releases": number, "changed": changed, "right": right})
    return pd.DataFrame(rows)


def run_two(folder: Path, *, households: int) -> Files:
    """Make a demo, run it at levels public and agency, and write the folders of its partners."""
    data = write_demo(folder / "data", settings=DemoSettings(households=households)).parent
    text = (data / "study.toml").read_text("utf-8")
    text = text.replace("replicates = 999", "replicates = 99\nstability = false")
    for level in ("public", "agency"):
        own = data / f"study_{level}.toml"
        own.write_text(text.replace('level = "agency"', f'level = "{level}"'), "utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegradedInputWarning)
            study.run(own, folder / level)
    run_partners(data / "study_agency.toml", folder / "partners", progress=lambda *_: None)
    return read_files(folder / "public", folder / "agency")


def main() -> None:
    """Attack, and print both shares of every attack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, nargs="+", default=[60_000, 12_000])
    parser.add_argument("--releases", type=int, default=20)
    options = parser.parse_args()
    for households in options.households:
        with tempfile.TemporaryDirectory() as name:
            files = run_two(Path(name), households=households)
            table = pd.DataFrame(attacked(files)).round(4)
        print(f"{households:,} households", table.to_string(index=False), sep="\n", flush=True)
    for changed in (0.02, 0.05, 0.2, 1.0):
        grown = releases(options.releases, changed=changed)
        told = grown[grown["releases"].isin([1, 2, 5, 20])].round(3)
        half = grown[grown["right"] > 0.5]["releases"]
        print(told.to_string(index=False), f"passes one half: {half.min()}", sep="\n", flush=True)


if __name__ == "__main__":
    main()
