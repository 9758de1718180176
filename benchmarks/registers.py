"""
A register read, checked and counted, against the same work in pandas and pandas' bare reader.

Beside: the same with the keys that protect counts at levels public and partner.

Run: ``python benchmarks/registers.py [--rows N] [--xlsx FILE]``. Every measure is taken in a
process of its own, ours and the bare reader in turn; ratios count, seconds are reported. One run
says little: new pages of memory, of which the bare reader asks most, cost twice as much at times.
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
from statistics import median

import numpy as np
import pandas as pd
import polars as pl

from sibangkit_geo import codes
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.indicators.needs import PovertyRule
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.registers.tally import tally
from sibangkit_geo.sources.readers import TableSource

COLUMNS = 45
ROUNDS = 7
RULE = PovertyRule("decile", decile_max=1)
CODED = {
    "jenis_lantai_terluas": 9, "jenis_dinding_terluas": 7, "jenis_atap_terluas": 8,
    "sumber_air_minum_utama": 11, "fasilitas_bab": 6, "pembuangan_akhir_tinja": 6,
    "sumber_penerangan_utama": 4, "daya_terpasang": 5, "bahan_bakar_utama_memasak": 11,
    "jenis_kloset": 4, "padan_dukcapil": 2, "anak_tidak_sekolah": 2, "penerima_pkh": 2,
    "penerima_bpnt": 2, "penerima_blt_desa": 2, "pbi_nas": 2, "pbi_pemda": 2,
}  # fmt: skip


def write_register(path: Path, rows: int) -> None:
    """Write a register of the demo's households over and over, each with numbers of its own."""
    with tempfile.TemporaryDirectory() as folder:
        write_demo(Path(folder), settings=DemoSettings(households=100_000))
        one = pl.read_csv(Path(folder) / "register_2025.csv", infer_schema=False)
    whole = pl.concat([one] * (rows // one.height + 1)).head(rows)
    serial = np.arange(rows)
    rng = np.random.default_rng(1)
    more = [pl.Series(f"aset_{i}", rng.integers(1, 3, rows)) for i in range(COLUMNS - one.width)]
    whole.with_columns(
        pl.Series("nik", 1607010000000000 + serial), pl.Series("no_kk", 1607020000000000 + serial),
        *more,
    ).write_csv(path)  # fmt: skip


def ours(path: Path, salt: bytes = b"") -> int:
    """Read, check and count."""
    villages = list(codes.official_villages("16.07"))
    place = pl.Enum(villages)
    register = open_register(
        TableSource(path), generation="regsosek2022", named={}, required=("decile",), salt=salt
    )
    total = None
    for batch in register.batches():
        column = batch.rows["village_code"]
        number = column.cast(place, strict=False).to_physical().cast(pl.Int32)
        village = number.fill_null(-1).to_numpy()
        part = tally(batch, village, villages=villages, poverty=RULE)
        total = part if total is None else total + part
    return int(total.table["households"].sum()) if total else 0


def public(path: Path) -> int:
    """Give every household a key besides, as the levels do that leave the house."""
    return ours(path, bytes(16))


def bare(path: Path) -> int:
    """Read with pandas and do nothing."""
    return len(pd.read_csv(path))


def same_in_pandas(path: Path) -> int:
    """Read as text, check shapes, ranges, code lists and doubles, and count, in pandas."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in ("nik", "no_kk"):
        table[column].str.fullmatch(r"\d{16}").all()
        table[column].duplicated().any()
    table.duplicated().any()
    size = pd.to_numeric(table["jumlah_anggota_keluarga"], errors="coerce")
    size = size.where(size.between(1, 60))
    decile = pd.to_numeric(table["desil_nasional"], errors="coerce")
    decile = decile.where(decile.between(1, 10))
    area = pd.to_numeric(table["luas_lantai"], errors="coerce").where(lambda x: x.between(1, 998))
    answers = {}
    for column, most in CODED.items():
        codes_of = pd.to_numeric(table[column], errors="coerce")
        answers[column] = codes_of.where(codes_of.between(0, most))
    poor = decile <= 1
    count = {"households": 1, "people": size, "poor": poor, "poor_people": size * poor,
             "crowded": area / size < 7.2}  # fmt: skip
    for column, values in answers.items():
        count[f"known_{column}"] = values.notna()
        count[f"bad_{column}"] = values >= 4
    counted = pd.DataFrame(count, index=table.index).groupby(table["kode_desa"]).sum()
    return int(counted["households"].sum())


WORK = {"ours": ours, "public": public, "bare": bare, "pandas": same_in_pandas}


def measured(kind: str, path: Path) -> dict[str, float]:
    """Do one piece of work in a process of its own."""
    out = subprocess.run(
        [sys.executable, __file__, "--work", kind, "--file", str(path)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(out.stdout)
    return found


def work(kind: str, path: Path) -> None:
    """Measure this process: wall and processor seconds without imports, and the largest memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = WORK[kind](path)
    taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(taken | {"rows": rows, "memory_mb": memory}))


def main() -> None:
    """Write the register and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--xlsx", type=Path, help="a workbook to read as well")
    parser.add_argument("--work", choices=WORK)
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        write_register(path, asked.rows)
        print(f"{asked.rows:,} rows, {COLUMNS} columns, {path.stat().st_size / 1e6:.0f} MB")
        taken: dict[str, list[dict[str, float]]] = {kind: [] for kind in WORK}
        for _ in range(ROUNDS):
            taken["ours"].append(measured("ours", path))
            taken["public"].append(measured("public", path))
            taken["bare"].append(measured("bare", path))
        # a tenth of the speed: once is enough to tell
        taken["pandas"].append(measured("pandas", path))
        for kind, runs in taken.items():
            wall, cpu = (sorted(one[what] for one in runs) for what in ("wall", "cpu"))
            print(
                f"{kind:8} {median(wall):6.2f} s wall ({wall[0]:.2f} to {wall[-1]:.2f}) "
                f"{median(cpu):6.2f} s cpu {max(one['memory_mb'] for one in runs):6.0f} MB"
            )
        walls = {kind: [one["wall"] for one in runs] for kind, runs in taken.items()}
        print(f"pandas / ours: {walls['pandas'][0] / median(walls['ours']):.1f}")
        pairs = [own / plain for own, plain in zip(walls["public"], walls["ours"], strict=True)]
        print(f"with keys / without: {median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})")
        pairs = [bare / own for bare, own in zip(walls["bare"], walls["ours"], strict=True)]
        print(
            f"bare read_csv / ours: {median(pairs):.2f}, median of {ROUNDS} pairs "
            f"({min(pairs):.2f} to {max(pairs):.2f})"
        )
    if asked.xlsx:
        print("xlsx", measured("ours", asked.xlsx))


if __name__ == "__main__":
    main()
