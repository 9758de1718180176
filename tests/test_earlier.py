"""Earlier years of a study: the same numbers as a study of that year, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from sibangkit_geo.config import read_study
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.study.prepare import prepare
from tests.conftest import without_variants

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("earlier")
    demo = DemoSettings(households=20_000, pockets=False)
    made = write_demo(folder, settings=demo)
    without_variants(made)
    return made


def test_an_earlier_year_has_the_numbers_of_its_own_study(file: Path, tmp_path: Path) -> None:
    def silent(stage: str, done: int, total: int) -> None: ...

    product = prepare(file, tmp_path / "out", progress=silent).product
    (earlier,) = product.earlier
    assert earlier.year == 2020
    own = prepare(file.with_name("study_2020.toml"), tmp_path / "out", progress=silent).product
    table = own.measured.villages
    for name in ("headcount_ratio", "floor_share", "no_social_assistance_share"):
        there, here = earlier.numbers[name] / 100, table[name]
        both = there.notna() & here.notna()
        assert both.sum() > 50
        pd.testing.assert_series_equal(there[both], here[both], check_names=False)
    assert not any("satu tahun data" in one for one in product.honesty)
    assert any("satu tahun data" in one for one in own.honesty)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('[[earlier]]\npath = "register_2020.csv"\n', '[[earlier]]\npath = "x.csv"\nyear = 2025\n'),
        ("[[households]]", "[[rumah]]"),
    ],
)
def test_years_must_be_earlier(file: Path, tmp_path: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    changed = text.replace(old, new)
    if "year = 2025" in new:
        changed = changed.replace("year = 2020\n", "")
    wrong = tmp_path / "study.toml"
    wrong.write_text(changed, "utf-8")
    with pytest.raises(ConfigError, match=r"earlier|rumah"):
        read_study(wrong)
