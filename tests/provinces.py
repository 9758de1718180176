"""Small regencies side by side: squares of villages, and a pocket across a border."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

REGENCIES = ("16.10", "16.11")
STUDY = """\
[study]
title = "Kantong kemiskinan dua kabupaten"
regencies = ["16.10", "16.11"]
year = 2025
across_borders = true

[boundaries]
villages = "batas_{regency}.geojson"
code = "kode"
name = "nama"
district = "kecamatan"
source = "buatan"

[[households]]
path = "register_{regency}.csv"
code_generation = "regsosek2022"
code_system = "kemendagri"
year = 2025
source = "register buatan"

[poverty]
rule = "decile"
decile_max = 1

[official]
year = 2025
source = "buatan"
benchmark = "none"

[pockets]
replicates = 99
stability = false

[disclosure]
level = "agency"

[regency."16.10".official]
rate_percent = 8.5
poor_people = 50_000

[regency."16.11".official]
rate_percent = 12.5
poor_people = 40_000
"""
_STEP, _SIDE, _HOMES = 0.02, 5, 60
#: columns of the strip of both regencies, and rows, where poverty is planted
POCKET = (range(3, 7), range(1, 3))


def write_regencies(folder: Path) -> Path:
    """Write borders, registers and the study of two regencies; give the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(16)
    for place, code in enumerate(REGENCIES):
        features, rows = [], ["kode_desa,desil_nasional,jumlah_anggota_keluarga,jenis_lantai"]
        for y in range(_SIDE):
            for x in range(_SIDE):
                at = place * _SIDE + x
                village = f"{code}.{1 + (x > 2):02d}.{2001 + y * _SIDE + x}"
                features.append(_feature(village, f"Desa {x}{y}", at, y))
                planted = at in POCKET[0] and y in POCKET[1]
                poor = rng.random(_HOMES) < (0.5 if planted else 0.1)
                rows += [f"{village},{1 if one else 5},{3 + one},{8 if one else 1}" for one in poor]
        file = folder / f"batas_{code}.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        (folder / f"register_{code}.csv").write_text("\n".join(rows) + "\n", "utf-8")
    study = folder / "studi.toml"
    study.write_text(STUDY, "utf-8")
    return study


def _feature(code: str, name: str, x: int, y: int) -> dict[str, object]:
    west, south = 104 + x * _STEP, -3 + y * _STEP
    east, north = west + _STEP, south + _STEP
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"kode": code, "nama": name, "kecamatan": f"Kecamatan {code[6:8]}"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
