"""
A made-up province of 17 regencies from damaged registers: seconds, memory, sizes of pages.

Run: ``python -m benchmarks.province FOLDER [--households N] [--jobs N] [--kill SECONDS]``. Villages
are those of South Sumatra where ``../shared`` is there, else squares. Each regency has a
damaged register of one of three generations, borders that stand in one file for all, two planted
pockets and an official rate. ``--kill`` stops the first run after so many seconds and runs again.
Memory is the largest sum over all processes, sampled.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sibangkit_geo import codes
from sibangkit_geo.demo import damage, files, people, renderings, world
from sibangkit_geo.pockets.graph import NEIGHBOR_DISTANCE_M
from sibangkit_geo.pockets.neighbors import neighbors_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
VILLAGES = SHARED / "data" / "scale" / "desa_sumatera_selatan.parquet"
PROVINCE, SEED, YEAR = "16", 16, 2025
RATE_PERCENT, LINE_RP_MONTH, RISK, PLANTED = 10.5, 560_840, 2.0, (2, 6)
FORMS = (("semicolon", "labels"), ("cp1252", "case"), ("merged-header", "decimal-comma"))
GENERATIONS = ("", "bdt2015", "p3ke")
# simplified, it lies under its neighbours, which a study refuses
COVERED = ("16.11.05.2013",)
_METRIC = "EPSG:32748"
_SIDE, _STEP = 14, 0.03
# some 500 m, and how little of its box a village may fill
_NARROW_DEG, _NARROW_SHARE = 0.005, 0.02

HEAD = f"""\
[study]
title = "CONTOH (data buatan): kantong kemiskinan provinsi"
province = "{PROVINCE}"
year = {YEAR}
across_borders = true

[boundaries]
villages = "batas.gpkg"
code = "kode"
name = "nama"
district = "kecamatan"
source = "batas contoh"

[poverty]
rule = "decile"
decile_max = 1

[official]
year = {YEAR}
source = "angka buatan"
benchmark = "rate"

[disclosure]
level = "agency"
"""
OF_ONE = """
[regency."{code}".official]
rate_percent = {rate}
poor_people = {people}

[[regency."{code}".households]]
{register}year = {year}
code_system = "kemendagri"
source = "register buatan (contoh)"
"""


def write_province(folder: Path, *, households: int) -> Path:
    """Make up borders, registers and the study; give the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    villages = _villages()
    villages.to_file(folder / "batas.gpkg", driver="GPKG")
    names = {row.kode: (row.kecamatan.upper(), row.nama.upper()) for row in villages.itertuples()}
    # the rendering of another generation names the places of the demo alone
    renderings._names_of_places = lambda: names  # noqa: SLF001 - made-up places
    parts = [HEAD]
    rng = np.random.default_rng(SEED)
    for place, (code, own) in enumerate(villages.groupby(villages["kode"].str[:5])):
        number = max(5_000, round(households * len(own) / len(villages)))
        text = _register(folder, str(code), own, number, place, rng)
        rate = round(RATE_PERCENT + float(rng.normal(0, 1.5)), 2)
        people_ = round(number * 3.5 * rate / 100)
        parts.append(OF_ONE.format(code=code, rate=rate, people=people_, register=text, year=YEAR))
    study = folder / "studi.toml"
    study.write_text("".join(parts), "utf-8")
    return study


def _villages() -> gpd.GeoDataFrame:
    """Take the real borders, or squares with codes of the same regencies."""
    if VILLAGES.is_file():
        table = gpd.read_parquet(VILLAGES)[["kode", "nama", "geometry"]]
        table = table[~table["kode"].isin(COVERED)]
    else:
        table = gpd.GeoDataFrame(list(_squares()), columns=["kode", "nama", "geometry"],
                                 geometry="geometry", crs="EPSG:4326")  # fmt: skip
    table = table.sort_values("kode", ignore_index=True)
    return table.assign(kecamatan="Kecamatan " + table["kode"].str[6:8])


def _squares() -> Iterator[tuple[str, str, object]]:
    every = sorted(one for one in codes.regencies() if one.startswith(f"{PROVINCE}."))
    for place, code in enumerate(every):
        for at in range(_SIDE * _SIDE):
            x = (place % 5) * _SIDE + at % _SIDE
            y = (place // 5) * _SIDE + at // _SIDE
            west, south = 102.5 + x * _STEP, -4.5 + y * _STEP
            name = f"{code}.{1 + at // 20:02d}.{2001 + at}"
            yield name, f"Desa {at}", shapely.box(west, south, west + _STEP, south + _STEP)


def _register(
    folder: Path, code: str, own: gpd.GeoDataFrame, number: int, place: int,
    rng: np.random.Generator,
) -> str:  # fmt: skip
    """Draw and damage one register; give what the study says of it."""
    drawn = _drawn(own, number, rng)
    houses = world.place_houses(drawn, rng=rng)
    persons = people.draw_people(
        drawn, houses, rate=RATE_PERCENT / 100, line=LINE_RP_MONTH, rng=rng
    )
    rows = files._columns(people.Register(drawn, houses, persons, rng))  # noqa: SLF001
    home = folder / code
    home.mkdir(exist_ok=True)
    generation = GENERATIONS[place % len(GENERATIONS)]
    kinds = [*damage.ROW_KINDS, *FORMS[place % len(FORMS)], *([generation] if generation else [])]
    told = damage.write_damaged(
        rows, home, year=YEAR, kinds=damage.damage_kinds(kinds), seed=SEED + place
    )
    lines = [one for one in told.splitlines() if not one.startswith("photo")]
    return "\n".join(lines).replace('path = "', f'path = "{code}/') + "\n"


def _drawn(own: gpd.GeoDataFrame, number: int, rng: np.random.Generator) -> world.DemoVillages:
    """Draw sizes and rates of the villages of one regency, with pockets."""
    code = own["kode"].to_numpy(dtype=object)
    weight = np.exp(world._SIZE_SPREAD * rng.standard_normal(len(code)))  # noqa: SLF001
    count = np.maximum(5, np.floor(weight / weight.sum() * number)).astype(np.int64)
    pocket = _planted(own, rng)
    risk = np.where(pocket > 0, RISK, 1.0)
    share = people.poor_household_share(RATE_PERCENT / 100)
    mean = share * count.sum() / float((count * risk).sum()) * risk
    spread = (1 - world.RHO) / world.RHO
    shapes = _roomy(own.geometry.make_valid().to_numpy())
    shapely.prepare(shapes)
    return world.DemoVillages(
        code=code, shapes=shapes, households=count, mean_rate=mean,
        rate=rng.beta(mean * spread, (1 - mean) * spread), relative_risk=risk, pocket=pocket,
        factor={one: np.exp(0.2 * rng.standard_normal(len(code))) for one in files.NEEDS},
        caused={one: np.zeros(len(code), dtype=bool) for one in files.NEEDS},
        planted=(),
    )  # fmt: skip


def _roomy(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Put a disc in place of a village too narrow to draw houses in; some then lie outside it."""
    inner = shapely.area(shapely.buffer(shapes, -_NARROW_DEG))
    narrow = inner < _NARROW_SHARE * shapely.area(shapely.envelope(shapes))
    around = shapely.buffer(shapely.point_on_surface(shapes), 4 * _NARROW_DEG)
    return np.where(narrow, around, shapes)


def _planted(own: gpd.GeoDataFrame, rng: np.random.Generator) -> NDArray[np.int64]:
    """Grow pockets along the graph of neighbours."""
    table = own.set_index("kode").to_crs(_METRIC)
    table["geometry"] = table.geometry.make_valid()
    near = neighbors_within(table, distance_m=NEIGHBOR_DISTANCE_M)
    beside: dict[int, set[int]] = {at: set() for at in range(len(table))}
    for one, other in near.pairs.tolist():
        beside[one].add(other)
        beside[other].add(one)
    pocket = np.zeros(len(table), dtype=np.int64)
    for turn in range(1, PLANTED[0] + 1):
        zone = {int(rng.integers(len(table)))}
        while len(zone) < PLANTED[1]:
            edge = sorted(set().union(*(beside[one] for one in zone)) - zone)
            if not edge:
                break
            zone.add(edge[int(rng.integers(len(edge)))])
        pocket[sorted(zone)] = turn
    return pocket


@dataclass(frozen=True)
class Ran:
    """Seconds, the largest sum of memory of all processes in MB, and the exit code."""

    seconds: float
    megabytes: float
    code: int


def ran(study: Path, out: Path, *, jobs: int, stop: float = 0.0) -> Ran:
    """Run the command, sampled; stop it by force after some seconds where asked to."""
    script = [sys.executable, "-m", "sibangkit_geo", "run", str(study), "--out", str(out)]
    begun, most = time.perf_counter(), 0.0
    process = subprocess.Popen([*script, "--jobs", str(jobs)], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        most = max(most, sum(_tree(process.pid)))
        if stop and time.perf_counter() - begun > stop:
            process.kill()
        time.sleep(0.2)
    return Ran(time.perf_counter() - begun, most, process.returncode)


def _tree(pid: int) -> Iterator[float]:
    """Give the memory of a process and of all below it, MB; none where /proc is not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        for line in status.splitlines():
            if line.startswith("VmRSS"):
                yield int(line.split()[1]) / 1024
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    except OSError:
        return
    for one in below.split():
        yield from _tree(int(one))


def main() -> None:
    """Make it up, run it, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--households", type=int, default=2_500_000)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--kill", type=float, default=0.0)
    asked = parser.parse_args()
    study = asked.folder / "studi.toml"
    if not study.is_file():
        begun = time.perf_counter()
        write_province(asked.folder, households=asked.households)
        print(f"made up in {time.perf_counter() - begun:.0f} s")
    out = asked.folder.with_name(f"{asked.folder.name}_hasil")
    if asked.kill:
        print("killed:", ran(study, out, jobs=asked.jobs, stop=asked.kill))
    print("run:", ran(study, out, jobs=asked.jobs))
    table = pd.read_csv(out / "kabupaten.csv", dtype={"kode": str})
    print(table[["kode", "nama", "hasil", "generasi", "rumah_tangga_diketahui", "kantong_kuat"]])
    pages = sorted((one.stat().st_size, one.relative_to(out)) for one in out.rglob("*.html"))
    size, name = pages[-1]
    print(f"{len(pages)} pages, the largest {size / 1e6:.2f} MB ({name})")


if __name__ == "__main__":
    main()
