"""Change between waves, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest

from sibangkit_geo.errors import DataError
from sibangkit_geo.products.changes import WaveChange, signed, wave_changes
from sibangkit_geo.products.parts import EarlierWave

if TYPE_CHECKING:
    from sibangkit_geo.products.result import Analysis

RATE, WIDTH = "headcount_shrunken", "headcount_interval_width"
CODES = ["sure", "unsure", "doubtful", "missing now", "missing then", "missing"]


def _product(now: list[float], then: list[float], widths: list[float]) -> Analysis:
    """Rates in per cent, full widths of their intervals in points, the same in both waves."""
    index = pd.Index(CODES, name="village_code")
    wide = pd.Series(widths, index=index)
    villages = pd.DataFrame({RATE: np.array(now) / 100, WIDTH: wide / 100}, index=index)
    numbers = pd.DataFrame({RATE: then, WIDTH: wide}, index=index)
    layers = [
        SimpleNamespace(
            indicator=SimpleNamespace(name=RATE, year=2025, label="Rumah tangga miskin"),
        )
    ]
    waves = (EarlierWave(2020, numbers),)
    made: Any = SimpleNamespace(
        measured=SimpleNamespace(villages=villages), earlier=waves, layers=layers
    )
    return cast("Analysis", made)


def test_only_reliable_villages_are_compared_and_only_large_changes_sure() -> None:
    nan = float("nan")
    # both half widths 2: the difference has a standard error of 1.443, so that 4 points have a p of
    # .0056, 2 points one of .17; of two villages the first needs .025. 12 is 60 % of 10
    found = wave_changes(
        _product([14, 12, 20, nan, 10, nan], [10, 10, 10, 10, nan, nan], [4, 4, 24, 4, 4, nan])
    )
    assert [(one.before, one.after) for one in found] == [(2020, 2025)]
    table = found[0].table
    assert table["state"].tolist() == ["ok", "ok", "unreliable", "missing", "missing", "missing"]
    assert table["sure"].tolist() == [True, *[False] * 5]
    assert table["difference"].tolist()[:2] == pytest.approx([4.0, 2.0])
    # 3 points, p .038, would do alone and do not among two
    widths = [4, 4, 24, 4, 4, nan]
    among = wave_changes(_product([13, 12, 20, nan, 10, nan], [10] * 4 + [nan] * 2, widths))
    assert not among[0].table["sure"].any()
    assert (
        table.loc[table["state"] != "ok", ["before", "after", "difference"]].isna().to_numpy().all()
    )


def test_a_study_without_smoothed_rates_has_no_change() -> None:
    product = _product([1] * 6, [1] * 6, [1] * 6)
    bare: Any = SimpleNamespace(
        measured=SimpleNamespace(villages=product.measured.villages.drop(columns=RATE))
    )
    assert wave_changes(bare) == ()


def test_an_unknown_state_is_refused() -> None:
    table = wave_changes(_product([1] * 6, [1] * 6, [1] * 6))[0].table
    with pytest.raises(DataError, match="unknown state"):
        WaveChange(2020, 2025, table.assign(state="baik"))
    with pytest.raises(ValueError, match="lacks sure"):
        WaveChange(2020, 2025, table.drop(columns="sure"))


def test_a_fall_has_a_minus_sign() -> None:
    assert signed(-7.34) == "\u22127,3"
