"""The tally of a register in parts, mapped by Dask, is that of the whole register."""

from __future__ import annotations

import itertools
import operator
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from sibangkit_geo.indicators.needs import PovertyRule
from sibangkit_geo.registers.tally import tally
from tests.conftest import as_register

if TYPE_CHECKING:
    from sibangkit_geo.model.types import VillageCounts

PLACES = [f"16.07.01.20{number:02d}" for number in range(1, 8)]
FIRST = PovertyRule("decile", decile_max=1)
SEED, ROWS, PARTS = 1607, 400, 7


@pytest.fixture(scope="module")
def register() -> pd.DataFrame:
    draw = np.random.default_rng(SEED)
    return pd.DataFrame(
        {
            "village_code": draw.choice([*PLACES, ""], ROWS),
            "size": draw.integers(1, 9, ROWS),
            "decile": draw.choice([1, 2, 5, np.nan], ROWS),
            "floor": draw.choice([1, 7, 8, np.nan], ROWS),
            "pkh": draw.choice([1, 2, np.nan], ROWS),
            "bpnt": draw.choice([1, 2, np.nan], ROWS),
        }
    )


def count(rows: pd.DataFrame) -> VillageCounts:
    places = {code: at for at, code in enumerate(PLACES)}
    village = np.array([places.get(code, -1) for code in rows["village_code"]])
    return tally(as_register(rows), village, villages=PLACES, poverty=FIRST)


def parts(register: pd.DataFrame) -> list[pd.DataFrame]:
    cuts = np.linspace(0, len(register), PARTS + 1).astype(int)
    return [register.iloc[start:end] for start, end in itertools.pairwise(cuts)]


def same(found: VillageCounts, register: pd.DataFrame) -> None:
    whole = count(register).table
    assert len(whole) == len(PLACES)
    assert whole["poor_households"].sum() > 0
    assert (whole % 1 == 0).all(axis=None)
    pd.testing.assert_frame_equal(found.table[whole.columns], whole, check_exact=True)


def test_delayed_parts_add_up_to_the_same_integers(register: pd.DataFrame) -> None:
    dask = pytest.importorskip("dask", reason="the extra dask is not installed")
    counts = [dask.delayed(count)(one) for one in parts(register)]
    found = dask.delayed(lambda them: reduce(operator.add, them))(counts)
    same(found.compute(scheduler="synchronous"), register)


def test_a_bag_of_parts_folds_to_the_same_integers(register: pd.DataFrame) -> None:
    bags = pytest.importorskip("dask.bag", reason="the extra dask is not installed")
    bag = bags.from_sequence(parts(register), npartitions=3)
    same(bag.map(count).fold(operator.add).compute(scheduler="synchronous"), register)
