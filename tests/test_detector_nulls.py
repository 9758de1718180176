"""Maps without any pocket: the detector rarely shows one, local Moran nearly always."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from types import ModuleType

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MAPS, REPLICATES = 40, 99


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("pockets")  # a script beside the package
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def where(bench: Any) -> Any:
    return bench.world(None)


def test_maps_without_pocket_rarely_show_one(bench: Any, where: Any) -> None:
    shown = {"strict": 0, "moran": 0}
    kinds = [one for one in bench.NULLS if one[0] != "shuffled"]
    for kind, spread in kinds:
        for seed in range(MAPS):
            rng = np.random.default_rng([seed, 2])
            villages = bench.draw(where, set(), kind, spread, 1.0, rng)
            marks = bench.flagged(where, villages, REPLICATES, seed)
            for name in shown:
                shown[name] += bool(marks[name])
    maps = MAPS * len(kinds)
    # 6 % of 160 maps, and two standard errors of the count
    assert shown["strict"] <= 0.06 * maps + 2 * (0.06 * 0.94 * maps) ** 0.5
    assert shown["moran"] > 0.9 * maps
