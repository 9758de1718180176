"""Pockets of any village layer through the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from typer.testing import CliRunner

from sibangkit_geo.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def in_sumatra(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Move a grid to where Indonesian coordinates are."""
    return layer.set_geometry(layer.translate(480_000, 9_700_000))


def test_pockets_of_a_layer_of_another_regency(
    tmp_path: Path, grid: Callable[..., gpd.GeoDataFrame]
) -> None:
    # 8 x 8 villages of 300 families, five per cent poor, nine neighbours thirty per cent
    poor = np.full((8, 8), 15.0) + (np.arange(64).reshape(8, 8) * 7 % 5)
    poor[2:5, 2:5] = 90.0
    layer = in_sumatra(grid(8, poor.ravel(), 300.0)).reset_index(drop=True)
    layer["kode"] = [f"x{place}" for place in range(64)]
    layer = layer.rename(columns={"poor_households": "miskin", "households": "kk"})
    layer.to_crs(4326).to_file(tmp_path / "desa.gpkg")
    out = tmp_path / "kantong.gpkg"
    told = CliRunner().invoke(
        app,
        ["pockets", str(tmp_path / "desa.gpkg"), "--poor", "miskin", "--households", "kk",
         "--code", "kode", "--out", str(out)],
    )  # fmt: skip
    assert told.exit_code == 0, told.stderr
    assert told.stdout.strip() == str(out)
    outlines = gpd.read_file(out, layer="pockets")
    assert outlines["n_villages"].tolist() == [9]
    villages = gpd.read_file(out, layer="villages").set_index("village_code")
    planted = {f"x{row * 8 + column}" for row in (2, 3, 4) for column in (2, 3, 4)}
    assert set(villages.index[villages["pocket"].notna()]) == planted


def test_a_wrong_column_names_the_nearest_one(
    tmp_path: Path, grid: Callable[..., gpd.GeoDataFrame]
) -> None:
    in_sumatra(grid(3, 1.0, 9.0)).to_file(tmp_path / "desa.gpkg")
    told = CliRunner().invoke(
        app,
        ["pockets", str(tmp_path / "desa.gpkg"), "--poor", "poor_household",
         "--households", "households", "--out", str(tmp_path / "p.gpkg")],
    )  # fmt: skip
    assert told.exit_code == 3
    assert 'nearest first: "poor_households"' in told.stderr
    assert not (tmp_path / "p.gpkg").exists()
