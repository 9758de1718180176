"""
Millions of households counted on 21 figures, against the same figures in pandas.

Run: ``python benchmarks/tally.py [--rows N]``. A CSV of made-up households is written once;
each side then works in a process of its own. Ours reads it batch by batch through the intake
(shapes, ranges, code lists) and adds the tallies up; pandas reads all of it and groups by village.
Ratios count, seconds are reported; memory is the largest of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from sibangkit_geo import codes
from sibangkit_geo.indicators.deprivation import default_index
from sibangkit_geo.indicators.estimates import deprivation_columns
from sibangkit_geo.indicators.needs import PovertyRule
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.registers.tally import tally
from sibangkit_geo.sources.readers import TableSource

RULE = PovertyRule("decile", decile_max=1)
PIECE = 1_000_000
# column, number of codes, codes that are deprived
CODED = {
    "jenis_lantai_terluas": (9, (7, 8)), "jenis_dinding_terluas": (7, (4, 5, 6)),
    "jenis_atap_terluas": (8, (7,)), "sumber_air_minum_utama": (11, (6, 8, 9)),
    "jarak_sumber_air_ke_tinja": (2, (1,)), "fasilitas_bab": (6, (5, 6)),
    "pembuangan_akhir_tinja": (6, (3, 4, 5)), "sumber_penerangan_utama": (4, (2, 3, 4)),
    "bahan_bakar_utama_memasak": (11, (9, 10)), "padan_dukcapil": (2, (2,)),
    "anak_tidak_sekolah": (2, (1,)),
}  # fmt: skip
AID = ("penerima_pkh", "penerima_bpnt", "penerima_blt_desa", "pbi_nas", "pbi_pemda")


def write(path: Path, rows: int) -> None:
    """Write made-up households, a million at a time."""
    villages = np.array(list(codes.official_villages("16.07")))
    rng = np.random.default_rng(1)
    with path.open("wb") as file:
        for start in range(0, rows, PIECE):
            number = min(PIECE, rows - start)
            made: dict[str, object] = {
                "kode_desa": villages[rng.integers(0, len(villages), number)],
                "jumlah_anggota_keluarga": rng.integers(1, 9, number),
                "desil_nasional": rng.integers(1, 11, number),
                "luas_lantai": rng.integers(10, 120, number),
            }
            made |= {name: rng.integers(1, n + 1, number) for name, (n, _) in CODED.items()}
            made |= {name: rng.integers(1, 3, number) for name in AID}
            pl.DataFrame(made).write_csv(file, include_header=start == 0)


def ours(path: Path) -> dict[str, float]:
    """Read, check, count, and work the index out."""
    villages = list(codes.official_villages("16.07"))
    place = dict(zip(villages, range(len(villages)), strict=True))
    register = open_register(
        TableSource(path), generation="regsosek2022", named={}, required=("decile",)
    )
    index = default_index()
    total = None
    for batch in register.batches():
        column = batch.rows["village_code"]
        village = column.replace_strict(place, default=-1, return_dtype=pl.Int32).to_numpy()
        part = tally(batch, village, villages=villages, poverty=RULE, index=index)
        total = part if total is None else total + part
    if total is None:
        return {}
    columns, _ = deprivation_columns(total.table, index=index, source="", year=0)
    return {
        "households": float(total.table["households"].sum()),
        "poor": float(total.table["poor_households"].sum()),
        "floor": float(total.table["deprived_floor"].sum()),
        "multidimensional": float(columns["multidimensional_poor_people"].sum()),
    }


def in_pandas(path: Path) -> dict[str, float]:
    """Do the same figures on the whole table."""
    table = pd.read_csv(path)
    size = table["jumlah_anggota_keluarga"].where(lambda x: x.between(1, 60))
    decile = table["desil_nasional"].where(lambda x: x.between(1, 10))
    bad = {name: table[name].isin(codes_of) for name, (_, codes_of) in CODED.items()}
    low = decile <= 4
    aid = {name: table[name] == 1 for name in AID}
    flags = {
        "floor": bad["jenis_lantai_terluas"], "wall": bad["jenis_dinding_terluas"],
        "roof": bad["jenis_atap_terluas"], "crowding": table["luas_lantai"] / size < 7.2,
        "water": bad["sumber_air_minum_utama"] | bad["jarak_sumber_air_ke_tinja"],
        "sanitation": bad["fasilitas_bab"] | bad["pembuangan_akhir_tinja"],
        "lighting": bad["sumber_penerangan_utama"], "fuel": bad["bahan_bakar_utama_memasak"],
        "documents": bad["padan_dukcapil"], "school": bad["anak_tidak_sekolah"],
        "assistance": low, "village_aid": decile == 1, "health": low,
    }  # fmt: skip
    served = {
        "assistance": aid["penerima_pkh"] | aid["penerima_bpnt"],
        "village_aid": aid["penerima_blt_desa"],
        "health": aid["pbi_nas"] | aid["pbi_pemda"],
    }
    weights = dict.fromkeys(("floor", "wall", "roof", "crowding"), 1 / 12)
    weights |= dict.fromkeys(("water", "sanitation", "lighting", "fuel"), 1 / 12)
    weights |= dict.fromkeys(("documents", "school", "health"), 1 / 9)
    lacking = flags | {"health": flags["health"] & ~served["health"]}
    score = sum(weights[name] * lacking[name] for name in weights)
    poor = score >= 1 / 3 - 1e-9
    count = {"households": 1, "people": size, "poor": decile <= 1, "mpi": poor * size,
             "score": poor * score * size}  # fmt: skip
    count |= {f"deprived_{name}": flag for name, flag in flags.items()}
    count |= {f"unserved_{name}": flags[name] & ~flag for name, flag in served.items()}
    count |= {f"decile_{d}": decile == d for d in range(1, 11)}
    count |= {f"censored_{name}": poor & lacking[name] for name in weights}
    sums = pd.DataFrame(count, index=table.index).groupby(table["kode_desa"]).sum()
    return {
        "households": float(sums["households"].sum()),
        "poor": float(sums["poor"].sum()),
        "floor": float(sums["deprived_floor"].sum()),
        "multidimensional": float(sums["mpi"].sum()),
    }


WORK = {"ours": ours, "pandas": in_pandas}


def main() -> None:
    """Write the file and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--work", choices=WORK)
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.work:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wall, cpu = time.perf_counter(), time.process_time()
        found = WORK[asked.work](asked.file)
        taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"found": found, "mb": (memory - before) / 1024} | taken))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "households.csv"
        write(path, asked.rows)
        print(f"{asked.rows:,} households, {path.stat().st_size / 1e6:.0f} MB")
        told = {}
        for kind in WORK:
            out = subprocess.run(
                [sys.executable, __file__, "--work", kind, "--file", str(path)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            told[kind] = one = json.loads(out.stdout)
            print(f"{kind:7} {one['wall']:6.1f} s wall {one['cpu']:6.1f} s cpu {one['mb']:6.0f} MB")
        print(f"pandas / ours: {told['pandas']['wall'] / told['ours']['wall']:.1f}")
        print("same figures:", told["ours"]["found"] == told["pandas"]["found"])
        print(told["ours"]["found"], told["pandas"]["found"])


if __name__ == "__main__":
    main()
