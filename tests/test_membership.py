"""How sure a pocket is: sampled outlines against all of them, and what the detector says."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import betabinom

from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.membership import Memberships

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

RHO = 0.01


def _row(number: int) -> NDArray[np.intp]:
    return np.column_stack([np.arange(number - 1), np.arange(1, number)])


def test_sampling_outlines_equals_weighing_all_of_them() -> None:
    # twelve villages in a row: 3 to 5 are the outline, 1 to 7 may belong
    homes = np.full(12, 300.0)
    poor = np.array([30, 28, 33, 52, 66, 45, 38, 29, 31, 27, 33, 30.0])
    outside = np.ones(12, dtype=np.bool_)
    outside[[3, 4, 5]] = False
    every = Memberships(poor, homes, outside=outside, rho=RHO, pairs=_row(12), seed=1)
    found = every.of(frozenset({3, 4, 5}))
    assert found.villages.tolist() == [1, 2, 3, 4, 5, 6, 7]
    level = poor[outside].sum() / homes[outside].sum()
    scale = (1 - RHO) / RHO
    risks = np.geomspace(1, min(50, 1 / level), 48)
    tall = np.minimum(level * risks, 1 - 1e-6)[:, None] * scale
    gain = betabinom.logpmf(poor[1:8], 300, tall, scale - tall)
    gain = gain - gain[0]
    weight, belongs, risk = [], [], []
    for outline in product([0, 1], repeat=7):
        # pairs cut, the two that lead out of the seven among them
        row = np.array([0, *outline, 0])
        price = 0.3 * np.abs(np.diff(row)).sum() + 0.65 * sum(outline)
        weight.append(np.exp(gain @ row[1:8] - price))
        belongs.append(outline)
        risk.append(1 + np.mean(outline[2:5]) * (risks - 1))
    chance = np.array(weight) / np.sum(weight)
    exact = chance.sum(axis=1) @ np.array(belongs)
    assert found.chance == pytest.approx(exact, abs=0.05)
    order = np.argsort(np.ravel(risk))
    below = np.cumsum(np.ravel(chance)[order])
    low, middle, high = np.ravel(risk)[order][np.searchsorted(below, [0.025, 0.5, 0.975])]
    # the exact one does not know how far the rate outside is an estimate
    assert found.relative_risk == pytest.approx(middle, rel=0.03)
    assert 0.9 * low < found.low < 1.02 * low
    assert 0.98 * high < found.high < 1.15 * high


def test_nobody_outside_and_nobody_poor_outside() -> None:
    poor, homes = np.array([9.0, 8.0, 0.0, 0.0]), np.full(4, 20.0)
    zone = frozenset({0, 1})
    none = np.zeros(4, dtype=np.bool_)
    alone = Memberships(poor, homes, outside=none, rho=RHO, pairs=_row(4), seed=1).of(zone)
    assert np.isnan([alone.relative_risk, alone.low, alone.high]).all()
    rest = np.array([False, False, True, True])
    spared = Memberships(poor, homes, outside=rest, rho=RHO, pairs=_row(4), seed=1).of(zone)
    assert (spared.relative_risk, spared.low) == (np.inf, np.inf)
    assert spared.chance.tolist() == alone.chance.tolist() == [1.0, 1.0]


def test_the_risk_is_that_over_the_rate_of_all_households_outside() -> None:
    # four towns of 3,000 households, 30 % poor, beside 30 villages of 8 %: of all households
    # outside (3,600 + 720) / (12,000 + 9,000) are poor, .206, and .35 inside is 1.7 times that
    homes = np.array([300.0] * 3 + [3000.0] * 4 + [300.0] * 30)
    poor = np.array([105.0] * 3 + [900.0] * 4 + [24.0] * 30)
    outside = np.ones(37, dtype=np.bool_)
    outside[:3] = False
    pairs = np.array([[0, 1], [1, 2], [2, 7]])
    every = Memberships(poor, homes, outside=outside, rho=0.05, pairs=pairs, seed=1)
    found = every.of(frozenset({0, 1, 2}))
    assert found.relative_risk == pytest.approx(0.35 / (4320 / 21000), rel=0.15)
    assert found.low < 1.7 < found.high


def test_a_trifle_leaves_no_membership_and_a_doubtful_pocket_is_no_strong_evidence(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    rate = np.full(144, 0.2)
    rate[[12 * y + x for y in (4, 5, 6) for x in (4, 5, 6)]] = 0.225
    table = grid(12, 1, 20_000)
    table = table.assign(poor_households=(20_000 * rate).astype(int))
    found = find_pockets(table, settings=PocketSettings(replicates=99))
    assert "trifles" in [note.key for note in found.notes]
    assert len(found) == 0
    assert found.villages["membership"].isna().all()


def test_clear_villages_are_sure_doubtful_ones_are_not_and_far_ones_missing(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    table = grid(12, 40, 400)
    rate = np.full(144, 0.1)
    block = [12 * y + x for y in (4, 5, 6) for x in (4, 5, 6)]
    rate[block] = 0.3
    poor = np.random.default_rng(1).binomial(400, rate)
    # beside the block, where 400 households are as likely at .1 as at .3: 400 x .186
    poor[12 * 5 + 7] = 75
    found = find_pockets(
        table.assign(households=400, poor_households=poor), settings=PocketSettings(replicates=99)
    )
    said = found.villages["membership"].to_numpy()
    assert (said[block] > 0.99).all()
    assert 0.02 < said[12 * 5 + 7] < 0.98
    assert np.isnan(said[0])
    far = [12 * 2 + 2, 12 * 8 + 8]
    assert (said[far] < 0.05).all()
    one = found.outlines.loc[1]
    assert one["relative_risk_low"] < one["relative_risk"] < one["relative_risk_high"]
    assert one["relative_risk"] == pytest.approx(3, rel=0.1)
    outside = table.index.difference(found.members.index)
    level = poor[table.index.get_indexer(outside)].sum() / (400 * len(outside))
    # never more than what was counted
    assert one["relative_risk"] <= one["rate"] / level * 1.01
