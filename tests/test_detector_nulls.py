"""Maps without any pocket: the detector rarely shows one, local Moran nearly always."""

from __future__ import annotations

from typing import Any

import numpy as np

MAPS, REPLICATES = 24, 99


def test_maps_without_pocket_rarely_show_one(trial: Any, trial_world: Any) -> None:
    shown = {"strict": 0, "moran": 0}
    kinds = [one for one in trial.NULLS if one[0] != "shuffled"]
    for kind, spread in kinds:
        for seed in range(MAPS):
            rng = np.random.default_rng([seed, 2])
            villages = trial.draw(trial_world, set(), kind, spread, 1.0, rng)
            marks = trial.flagged(trial_world, villages, REPLICATES, seed)
            for name in shown:
                shown[name] += bool(marks[name])
    maps = MAPS * len(kinds)
    # 6 % of them, and two standard errors of the count
    assert shown["strict"] <= 0.06 * maps + 2 * (0.06 * 0.94 * maps) ** 0.5
    assert shown["moran"] > 0.9 * maps
