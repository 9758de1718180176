"""A study whose texts attack the page that shows them."""

from __future__ import annotations

import json

import pytest

from sibangkit_geo.study import Finished, run

HOSTILE = {
    "16.07.01.2901": "<img src=x onerror=window.hacked=1>",
    "16.07.01.2902": "</script><script>window.hacked=1</script>",
    "16.07.01.2903": "${window.hacked=1}`",
    "16.07.01.2904": "=HYPERLINK(1)",
}


@pytest.fixture(scope="session")
def hostile_study(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("hostile")
    codes = [*HOSTILE, *(f"16.07.01.29{number}" for number in range(10, 15))]
    features = []
    for place, code in enumerate(codes):
        west, south = 104.5 + 0.01 * (place % 3), -2.5 + 0.01 * (place // 3)
        ring = [
            [west, south],
            [west + 0.01, south],
            [west + 0.01, south + 0.01],
            [west, south + 0.01],
            [west, south],
        ]
        properties = {"kode": code, "nama": HOSTILE.get(code, f"Desa {place}")}
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    layer = {"type": "FeatureCollection", "features": features}
    (folder / "desa.geojson").write_text(json.dumps(layer), encoding="utf-8")
    rows = ["kode,kk,miskin", *(f"{code},{100 + i},{10 + i}" for i, code in enumerate(codes))]
    (folder / "profil.csv").write_text("\n".join(rows), encoding="utf-8")
    study = folder / "study.toml"
    study.write_text(
        """
[study]
title = "Kantong <b>kemiskinan</b> ${window.hacked=1}"
regency = "16.07"
year = 2024
[boundaries]
villages = "desa.geojson"
source = "</script><script>window.hacked=1</script>"
[[profiles]]
path = "profil.csv"
code = "kode"
code_system = "kemendagri"
households = "kk"
poor_share_percent = "miskin"
year = 2024
source = "<img src=x onerror=window.hacked=1>"
""",
        encoding="utf-8",
    )
    return run(study, folder / "out")
