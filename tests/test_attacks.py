"""Public products give back no more than the protected counts hold."""

from __future__ import annotations

import json
import math
import re
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from sibangkit_geo import disclosure, study
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.errors import DegradedInputWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sibangkit_geo.model.types import VillageCounts
    from tests.conftest import TwoLevels

# what tells of the file itself and not of the people in it; and the surface, which is smoothed from
# protected counts of cells of its own
FILE_ITSELF = re.compile(r"manifest\.json|laporan_mutu_data\..*|risiko_kemiskinan\.tif")


@pytest.fixture(scope="module")
def attacks(benchmark: Callable[[str], Any]) -> Any:
    return benchmark("attacks")


def test_no_attack_beats_the_best_guess_from_the_counts(
    two_levels: TwoLevels, attacks: Any
) -> None:
    # a short form of benchmarks/attacks.py, whose long form attacks two sizes of the demo
    files = attacks.read_files(two_levels.public, two_levels.agency)
    table = pd.DataFrame(attacks.attacked(files))
    print(table.round(3).to_string())  # noqa: T201 - both shares, with pytest -s
    assert len(table) == 2 * len(attacks.ATTACKS)
    assert (table["cells"] > 1000).all()
    assert table["held"].all(), table[~table["held"]]
    # the attacks do reach the files: numbers shown, shares and totals tell the same
    shown = table.set_index("attack")["right"]
    assert shown["number shown, 1 to 4"] == shown["subtraction from totals, 1 to 4"]


def test_the_attacks_find_what_is_not_protected(two_levels: TwoLevels, attacks: Any) -> None:
    # an attack that cannot succeed shows nothing: on true counts nearly all do
    files = attacks.read_files(two_levels.agency, two_levels.agency)
    table = pd.DataFrame(attacks.attacked(files)).set_index("attack")["right"]
    for name in ("number shown", "share times households", "linear programme", "persons",
                 "subtraction from totals", "complement", "packed page data",
                 "replay of the rule", "inversion of Gi*"):  # fmt: skip
        assert table[name] > 0.8, name


def test_many_releases_tell_more_and_how_much_is_known(attacks: Any) -> None:
    grown = attacks.releases(20, changed=0.2).set_index("releases")["right"]
    assert 0.4 < grown[1] < grown[5] < grown[20] < 0.75


def test_nothing_after_the_protection_sees_a_true_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # two registers of other people whose protected counts are called the same: equal products
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    seen: list[VillageCounts] = []
    true = disclosure.protect_counts

    def remembered(counts: VillageCounts, **settings: Any) -> VillageCounts:
        seen.append(true(counts, **settings))
        return seen[-1]

    monkeypatch.setattr(disclosure, "protect_counts", remembered)
    one = _run(tmp_path / "one", people=1)
    told = iter(seen)
    monkeypatch.setattr(disclosure, "protect_counts", lambda *_, **__: next(told))
    other = _run(tmp_path / "other", people=2)
    names = {path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file()}
    assert names == {p.relative_to(other).as_posix() for p in other.rglob("*") if p.is_file()}
    compared = [name for name in sorted(names) if not FILE_ITSELF.search(name)]
    assert len(compared) > 40
    different = [
        name for name in compared if (one / name).read_bytes() != (other / name).read_bytes()
    ]
    assert different == []


def _run(folder: Path, *, people: int) -> Path:
    """Run a public study of the register of one seed; all else is of another."""
    data = write_demo(folder / "data", settings=DemoSettings(households=8_000)).parent
    mine = write_demo(folder / "mine", settings=DemoSettings(households=8_000, seed=people)).parent
    for year in (2020, 2025):
        (data / f"register_{year}.csv").write_bytes((mine / f"register_{year}.csv").read_bytes())
    text = (data / "study.toml").read_text("utf-8").replace('level = "agency"', 'level = "public"')
    text = text.replace("replicates = 999", "replicates = 49\nstability = false")
    (data / "study.toml").write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        study.run(data / "study.toml", folder / "out")
    return folder / "out"


def test_the_files_say_how_they_were_protected(two_levels: TwoLevels) -> None:
    said = "setiap jumlah disamarkan secara acak paling banyak 6 rumah tangga"
    for name in ("index.html", "bappeda.html", "manifest.json"):
        assert said in (two_levels.public / name).read_text("utf-8"), name
    notes = json.loads((two_levels.agency / "manifest.json").read_text("utf-8"))["notes"]
    assert any("dapat berbeda paling banyak 6" in one["text"] for one in notes)
    assert not any(said in one["text"] for one in notes)


def test_sums_are_within_three_standard_errors(two_levels: TwoLevels, attacks: Any) -> None:
    files = attacks.read_files(two_levels.public, two_levels.agency)
    table = attacks.TABLE
    for column in ("households", *files.columns):
        true, shown = files.true[column], files.public[column]
        error = math.sqrt(table.variance_of(true.to_numpy()).sum())
        assert abs(shown.sum() - true.sum()) <= 3 * error, column
        assert (shown - true).abs().max() <= table.largest, column
