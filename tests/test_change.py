"""Change over time: intervals by hand, stable classes, and the demo's two waves."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo import study
from sibangkit_geo.demo.world import PLANTED
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.pockets.change import (
    ChangeSettings,
    Wave,
    at_common_codes,
    emerging_classes,
    level_change,
    match_pockets,
    pocket_changes,
    rate_change,
)
from sibangkit_geo.study.compare import compare_runs
from tests.conftest import without_variants

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import MappedDemo

NOTHING = float("nan")
# one pocket heals, one is new, one stays, one gets better
OLD = {"a": (100, 60, 1), "b": (100, 60, 1), "c": (100, 50, 2), "d": (100, 50, 3), "e": (100, 9, 0)}
NEW = {
    "a": (100, 20, 4),
    "b": (100, 20, 4),
    "c": (100, 52, 5),
    "d": (100, 10, 0),
    "e": (100, 60, 7),
}
CLASSES = {"a b": "membaik", "c": "menetap", "d": "hilang", "e": "baru"}


def wave(year: int, rows: Mapping[str, tuple[float, float, float]], rho: float = 0.0) -> Wave:
    table = pd.DataFrame.from_dict(
        dict(rows), orient="index", columns=["households", "poor_households", "pocket"], dtype=float
    )
    table["pocket"] = table["pocket"].where(table["pocket"] > 0)
    return Wave(year, table.assign(people=table["households"] * 4), rho)


def classes(*waves: Wave) -> dict[str, str]:
    found = pocket_changes(waves, ChangeSettings())
    return dict(zip(found["villages"], found["class"], strict=True))


def test_the_interval_by_hand() -> None:
    # p = 0.5 and 0.2, n = 100, design effect 1 + 0.01 * 99 = 1.99:
    # variance (0.25 + 0.16) / 100 * 1.99 = 0.008159, half width 1.959964 * 0.0903272 = 0.177038
    old, new = wave(2020, {"a": (100, 50, 1)}, 0.01), wave(2025, {"a": (100, 20, 1)}, 0.01)
    found = rate_change(old, new, group=pd.Series({"a": "x"})).loc["x"]
    assert found["difference"] == pytest.approx(-0.3)
    assert found["low"] == pytest.approx(-0.477038, abs=1e-6)
    assert found["high"] == pytest.approx(-0.122962, abs=1e-6)


def test_a_wave_without_a_column_is_refused_with_those_it_has() -> None:
    whole, bare = wave(2020, OLD), wave(2025, NEW)
    bare = replace(bare, table=bare.table.rename(columns={"pocket": "kantong", "people": "jiwa"}))
    with pytest.raises(DataError, match=r'of 2025 has no column people, pocket\..*first: "'):
        pocket_changes([whole, bare], ChangeSettings())
    with pytest.raises(DataError, match=r'no column pocket, people\..*"kantong"'):
        match_pockets(whole, bare, settings=ChangeSettings())


def test_protection_widens_the_interval_by_hand() -> None:
    # beside 0.0041 of chance, 3 (1 + 0.25) / 10,000 and 3 (1 + 0.04) / 10,000: 0.004787
    old, new = (
        Wave(year, wave(year, {"a": (100, poor, 1)}).table, 0.0, 3.0)
        for year, poor in ((2020, 50), (2025, 20))
    )
    found = rate_change(old, new, group=pd.Series({"a": "x"})).loc["x"]
    assert found["low"] == pytest.approx(-0.3 - 1.959964 * 0.004787**0.5, abs=1e-6)


def test_a_village_without_a_count_is_in_no_sum() -> None:
    old = wave(2020, {"a": (100, 50, 1), "b": (100, NOTHING, 1)})
    new = wave(2025, {"a": (100, 20, 1), "b": (100, 90, 1)})
    found = rate_change(old, new, group=pd.Series({"a": "x", "b": "x"})).loc["x"]
    assert (found["poor_before"], found["poor_after"]) == (50, 20)
    alone = rate_change(old, new, group=pd.Series({"b": "b"}))
    assert alone.loc["b"].isna().all()


def test_classes_by_hand() -> None:
    assert classes(wave(2020, OLD), wave(2025, NEW)) == CLASSES


@settings(max_examples=12, deadline=None)
@given(st.permutations(list(OLD)), st.permutations(range(1, 8)))
def test_numbers_and_order_change_no_class(order: list[str], numbers: list[int]) -> None:
    def changed(rows: dict[str, tuple[int, int, int]]) -> dict[str, tuple[float, float, float]]:
        return {
            one: (*rows[one][:2], numbers[rows[one][2] - 1] if rows[one][2] else 0) for one in order
        }

    old, new = wave(2020, changed(OLD)), wave(2025, changed(NEW))
    assert classes(old, new) == CLASSES
    plain = pocket_changes([wave(2020, OLD), wave(2025, NEW)], ChangeSettings())
    again = pocket_changes([old, new], ChangeSettings())
    assert plain["id"].tolist() == again["id"].tolist()


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(sorted(NEW)), st.integers(1, 99))
def test_a_split_village_changes_no_class(code: str, part: int) -> None:
    n, poor, pocket = NEW[code]
    rows: dict[str, tuple[float, float, float]] = {**NEW, code: (n - part, poor / 2, pocket)}
    rows["child"] = (part, poor / 2, pocket)
    split = at_common_codes(wave(2025, rows), {"child": code})
    assert classes(wave(2020, OLD), split) == CLASSES


def test_merges_are_noted_and_little_overlap_is_no_match() -> None:
    old = wave(2020, {"a": (100, 50, 1), "b": (90, 50, 2)})
    new = wave(2025, {"a": (100, 50, 1), "b": (90, 50, 1)})
    found = pocket_changes([old, new], ChangeSettings()).set_index("before")
    assert found.loc[1, "class"] == "menetap"
    assert found.loc[1, "note"] == "gabungan dari beberapa kantong"
    # nothing changed in its village: no more proven is not gone
    assert found.loc[2, "class"] == "tidak lagi terbukti"
    strict = pocket_changes([old, new], ChangeSettings(minimum_jaccard=0.6))
    assert sorted(strict["class"]) == [
        "baru terbukti", "tidak lagi terbukti", "tidak lagi terbukti",
    ]  # fmt: skip


def test_a_pocket_that_became_part_of_a_wide_area_says_so() -> None:
    old = wave(2020, {"a": (100, 50, 1), "b": (90, 45, 1), "c": (90, 5, 0)})
    new = wave(2025, {"a": (100, 48, 0), "b": (90, 44, 0), "c": (90, 5, 0)})
    wide = Wave(2025, new.table.assign(wide_area=[1.0, 1.0, np.nan]), 0.0)
    found = pocket_changes([old, at_common_codes(wide, {})], ChangeSettings()).iloc[0]
    assert found["class"] == "tidak lagi terbukti"
    assert found["note"] == "kini bagian dari wilayah miskin luas"
    back = pocket_changes([Wave(2020, wide.table, 0.0), replace(old, year=2025)], ChangeSettings())
    assert back.iloc[0]["note"] == "sebelumnya bagian dari wilayah miskin luas"


def test_villages_that_changed_are_told_from_chance_by_their_number() -> None:
    # one of 40 fell by 6 standard errors, the others drew 40 of 100 twice: one p of 20 is chance
    rng = np.random.default_rng(4)
    before = {f"16.07.01.{2001 + i}": (100, rng.binomial(100, 0.4), 0) for i in range(40)}
    after = {one: (100, rng.binomial(100, 0.4), 0) for one in before}
    first = next(iter(before))
    before[first], after[first] = (100, 60, 0), (100, 20, 0)
    found = level_change(wave(2020, before), wave(2025, after), level="desa")
    alone = (found["high"] < 0) | (found["low"] > 0)
    assert alone.sum() > 1
    assert found.index[found["q_value"] <= 0.05].tolist() == [first]
    none = level_change(
        wave(2020, {first: (9, 0, 0)}), wave(2025, {first: (9, 0, 0)}), level="desa"
    )
    assert none["q_value"].tolist() == [1.0]


def test_gone_and_new_need_evidence_that_allows_for_the_choice() -> None:
    # 30 and 14 of 100: z = .16 / sqrt(.0021 + .001204) = 2.78, beyond 1.96 and not beyond 3.3
    def step(before: float, after: float, pockets: tuple[float, float]) -> str:
        old = wave(2020, {"a": (100, before, pockets[0])})
        new = wave(2025, {"a": (100, after, pockets[1])})
        return str(pocket_changes([old, new], ChangeSettings())["class"].iloc[0])

    nan = float("nan")
    assert step(30, 14, (1, nan)) == "tidak lagi terbukti"
    assert step(14, 30, (nan, 1)) == "baru terbukti"
    assert step(30, 14, (1, 1)) == "menetap"
    # 30 and 11: z = .19 / sqrt(.0021 + .000979) = 3.42
    assert step(30, 11, (1, nan)) == "hilang"
    assert step(11, 30, (nan, 1)) == "baru"
    assert step(30, 11, (1, 1)) == "membaik"


def test_histories_by_hand() -> None:
    hot = pd.DataFrame(
        [[0, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 0, 1],
         [0, 1, 0, 1], [1, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    ).astype(bool)  # fmt: skip
    rates = pd.DataFrame([[0.3, 0.3, 0.3, 0.3]] * 10)
    rates.loc[2], rates.loc[3] = [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]
    cold = pd.DataFrame(False, index=hot.index, columns=hot.columns)
    cold.loc[6, 0] = True
    assert emerging_classes(hot, rates, cold).tolist() == [
        "baru", "berturut-turut", "menguat", "melemah", "bertahan", "sporadis", "berayun",
        "bersejarah", "tanpa pola", "",
    ]  # fmt: skip


def run_folder(folder: Path, run: Wave, generation: str, level: str = "public") -> Path:
    folder.mkdir()
    table = run.table.rename_axis("village_code").assign(name="=Desa", district_name="<b>")
    table.to_csv(folder / "villages.csv")
    settings = {
        "study": {"year": run.year},
        "households": [{"code_generation": generation}],
        "disclosure": {"level": level},
    }
    manifest = {
        "settings": settings,
        "result": {"overdispersion_rho": run.rho},
        "inputs": [{"role": "boundaries", "sha256": generation}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def test_codes_boundaries_generation_and_coverage_are_cautioned(tmp_path: Path) -> None:
    parent, child, other = "16.07.10.1004", "16.07.10.1024", "16.07.10.1005"
    old = wave(2020, {parent: (200, 90, 1), other: (100, 20, 0)})
    new = wave(2025, {parent: (90, 40, 2), child: (110, 50, 2), other: (150, 20, 0)})
    runs = [
        run_folder(tmp_path / "a", old, "bdt2015"),
        run_folder(tmp_path / "b", new, "dtsen2025"),
    ]
    with pytest.warns(DegradedInputWarning) as caught:
        compare_runs(runs[::-1], tmp_path / "out")
    assert len(caught) == 4
    villages = pd.read_csv(tmp_path / "out" / "perubahan_desa.csv", dtype=str).set_index("kode")
    assert villages["perhatian"].to_dict() == {
        parent: "pemekaran generasi batas",
        other: "generasi batas cakupan",
    }
    assert villages["nama"].tolist() == ["'=Desa"] * 2
    notes = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["notes"]
    assert {one["key"] for one in notes} == {"codes", "generation", "boundaries", "coverage"}
    page = (tmp_path / "out" / "perubahan.html").read_text("utf-8")
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "generasi pendataan" in page


def test_protected_and_true_counts_are_not_compared(tmp_path: Path) -> None:
    made = wave(2020, OLD), wave(2025, NEW)
    true = run_folder(tmp_path / "a", made[0], "x", "internal")
    shown = run_folder(tmp_path / "b", made[1], "x", "public")
    with pytest.raises(ConfigError, match="in some protected and some not: a internal, b public"):
        compare_runs([true, shown], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    partner = run_folder(tmp_path / "c", made[0], "x", "partner")
    compare_runs([partner, shown], tmp_path / "out")
    of_true = run_folder(tmp_path / "d", made[1], "x", "internal")
    compare_runs([true, of_true], tmp_path / "open")
    if os.name == "posix":
        # nothing of a level that hides no count is for other accounts
        written = [tmp_path / "open", *(tmp_path / "open").iterdir()]
        assert {path.stat().st_mode & 0o077 for path in written} == {0}
        assert (tmp_path / "out" / "perubahan_desa.csv").stat().st_mode & 0o044


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="empty"):
        compare_runs([tmp_path / "empty", tmp_path / "empty"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def three_waves(new: Path, folder: Path) -> None:
    """Add a third wave that is the second one again: what was new stays, what healed is gone."""
    shutil.copytree(new, folder / "newest")
    manifest = json.loads((folder / "newest" / "manifest.json").read_text("utf-8"))
    manifest["settings"]["study"]["year"] = 2027
    (folder / "newest" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        compare_runs([new, folder / "newest", folder / "old"], folder / "three")
    pockets = pd.read_csv(folder / "three" / "perubahan_kantong.csv")
    first = pockets[pockets["dari_tahun"] == 2020].set_index("kantong")
    second = pockets[pockets["dari_tahun"] == 2025].set_index("kantong")
    assert (second["kelas"] == "menetap").all()
    assert set(second.index) == set(
        first.index[~first["kelas"].isin(["hilang", "tidak lagi terbukti"])]
    )
    villages = pd.read_csv(folder / "three" / "perubahan_desa.csv").drop_duplicates("kode")
    history = villages.set_index("kode")["kelas_riwayat"].to_dict()
    healed = next(plant for plant in PLANTED if plant.number == 9)
    stay = {code for row in second["desa"] for code in row.split()}
    assert {history[code] for code in stay} == {"bertahan", "berturut-turut"}
    assert {history[code] for code in healed.villages} == {"tanpa pola"}


def test_the_demo_heals_one_pocket_and_gets_another(
    mapped_demo: MappedDemo, tmp_path: Path
) -> None:
    assert mapped_demo.command.returncode == 0, mapped_demo.command.stderr
    new, data = mapped_demo.out, tmp_path / "data"
    shutil.copytree(new / "data", data)
    without_variants(data / "study.toml")
    study.run(data / "study_2020.toml", tmp_path / "old")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        compare_runs([new, tmp_path / "old"], tmp_path / "out")
    found = pd.read_csv(tmp_path / "out" / "perubahan_kantong.csv")
    villages = [set(one.split()) for one in found["desa"]]
    three_waves(new, tmp_path)
    met = 0
    for plant in PLANTED:
        of_it = [
            kind
            for kind, inside in zip(found["kelas"], villages, strict=True)
            if 2 * len(inside & set(plant.villages)) > len(plant.villages)
        ]
        if plant.number == 9:
            assert of_it == ["hilang"]
        elif plant.number == 6:
            assert of_it == ["baru"]
        else:
            # one that the detector missed in a wave is no change of the plant
            met += bool(set(of_it) & {"menetap", "membaik", "memburuk"})
    assert met >= 3
