"""Damaged registers: the damaged rows are reported, no other, and no number changes silently."""

from __future__ import annotations

import json
import logging
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sibangkit_geo import study
from sibangkit_geo.cli import app
from sibangkit_geo.config import read_study
from sibangkit_geo.demo import DemoSettings, damage_kinds, write_demo
from sibangkit_geo.demo.damage import FORM_KINDS, GENERATION_KINDS, KINDS, ROW_KINDS
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.products.intake_report import row_runs, write_intake
from sibangkit_geo.registers.answers import NO_CODE, categories, read_number
from sibangkit_geo.registers.identity import DuplicateFinder, shapes
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.sources.columns import variables
from sibangkit_geo.sources.intake_rules import rules
from sibangkit_geo.study import registers
from sibangkit_geo.study.locate import open_study_register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.model.types import Boundaries

HOMES = 5_000
# damage that takes an answer away: the households stay, their answer is not known
TAKES_ANSWERS = {"implausible", "unknown"}


@cache
def default_areas() -> Boundaries:
    """Read the embedded boundaries once."""
    return read_boundaries(BoundarySource("default"), regency="16.07")


def write(folder: Path, kinds: tuple[str, ...], seed: int = 7) -> Path:
    """Write a damaged demo."""
    write_demo(folder, settings=DemoSettings(households=HOMES, seed=seed, damage=kinds))
    return folder


def counted(folder: Path) -> registers.Counted:
    """Count the register of a study."""
    settled = read_study(folder / "study.toml")
    register = open_study_register(settled, settled.households[0])
    plan = registers.RegisterPlan(default_areas(), settled.poverty, "kemendagri", {})
    return registers.count_register(register, plan)


@cache
def clean() -> registers.Counted:
    """Count the undamaged register once."""
    with tempfile.TemporaryDirectory() as folder:
        return counted(write(Path(folder), ()))


def expected(folder: Path) -> dict[tuple[str, str], list[int]]:
    """Read which findings the damage must have."""
    told = json.loads((folder / "damage.json").read_text("utf-8"))["findings"]
    return {(one["kind"], one["column"]): one["rows"] for one in told}


def found(got: registers.Counted) -> dict[tuple[str, str], list[int]]:
    """List the findings about rows."""
    return {
        (one.kind, one.column): list(one.rows)
        for one in got.report.findings
        if one.kind != "item_unavailable"
    }


def differing(got: registers.Counted) -> set[str]:
    """Name the counts that are not those of the clean register, of those both have."""
    whole, part = clean().counts.table, got.counts.table
    both = [name for name in part if name in whole]
    return {str(name) for name in both if not whole[name].equals(part[name].reindex(whole.index))}


CASES = [
    *((kind,) for kind in KINDS),
    damage_kinds(["all"]),
    damage_kinds(["all", "p3ke"]),
    damage_kinds(["all", "bdt2015"]),
    ("semicolon", "cp1252", "decimal-comma"),
]


@pytest.mark.parametrize("kinds", CASES, ids="+".join)
def test_the_report_names_the_damaged_rows_and_no_other(
    tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    folder = write(tmp_path, kinds)
    got = counted(folder)
    assert found(got) == expected(folder)
    lost = {
        row
        for (kind, _), rows in expected(folder).items()
        if kind in {"not_data", "repeated_row", "ragged"}
        for row in rows
    }
    unplaced = {
        row
        for one in got.report.findings
        if one.kind.startswith("village_") and one.kind != "village_padded"
        for row in one.rows
    }
    # rows in = located + noted; P3KE has no points, so a bad code is not mended by one
    assert got.report.rows_in - len(lost) - got.report.rows_located in {0, len(unplaced)}
    if not TAKES_ANSWERS & set(kinds) and "p3ke" not in kinds:
        assert differing(got) == set()


@pytest.mark.parametrize("kind", ["p3ke", "bdt2015"])
def test_a_generation_counts_what_it_asks_and_says_what_it_does_not(
    tmp_path: Path, kind: str
) -> None:
    got = counted(write(tmp_path, (kind,)))
    assert differing(got) <= (
        {"people", "known_people", "poor_people", "unknown_size"} if kind == "p3ke" else set()
    )
    found = next(one for one in got.report.findings if one.kind == "item_unavailable")
    missing = set(found.detail.split("; "))
    assert "Air minum tidak layak" in missing  # neither asks the distance to faeces
    assert "Lantai tidak layak" not in missing
    note = next(one for one in got.notes if one.key == "intake_item_unavailable")
    assert "tidak tersedia, bukan nol" in note.text
    assert not [name for name in got.counts.table if name == "known_water"]


@given(
    kinds=st.sets(st.sampled_from([*ROW_KINDS, *FORM_KINDS]), min_size=1),
    generation=st.sampled_from(["", "", *GENERATION_KINDS]),
    seed=st.integers(min_value=0, max_value=50),
)
@settings(max_examples=12, deadline=None)
def test_damage_at_random_never_changes_a_number_silently(
    kinds: set[str], generation: str, seed: int
) -> None:
    chosen = damage_kinds([*kinds, *filter(None, [generation])])
    with tempfile.TemporaryDirectory() as name:
        whole = counted(write(Path(name) / "clean", (), seed))
        folder = write(Path(name) / "damaged", chosen, seed)
        got = counted(folder)
        assert found(got) == expected(folder)
    touched = {row for rows in found(got).values() for row in rows}
    table, part = whole.counts.table, got.counts.table.reindex(whole.counts.table.index)
    for column in [one for one in part if one in table and "people" not in str(one)]:
        # every household counted otherwise stands in the report
        change = (table[column] - part[column].fillna(0)).abs().sum()
        assert change <= len(touched) or str(column) == "unknown_size"


def test_an_unknown_kind_of_damage_offers_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r'damage "total".*Did you mean "totals"'):
        DemoSettings(damage=("total",))
    with pytest.raises(ConfigError, match="not as both"):
        DemoSettings(damage=("p3ke", "bdt2015"))


# ---- identities


def test_no_identity_reaches_a_product_a_log_an_error_or_a_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "data", damage_kinds(["all"]))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    # a compiler that tells every step for minutes has never finder a household
    caplog.set_level(logging.INFO, logger="numba")
    with caplog.at_level(logging.DEBUG):
        study.run(folder / "study.toml", tmp_path / "out")
    fresh = [path for path in tmp_path.rglob("*") if path.is_file() and path not in before]
    assert any(path.name == "laporan_mutu_data.xlsx" for path in fresh)
    told = b"\n".join([caplog.text.encode(), *map(_content, fresh)])
    # every number and name of the register looks like one of these
    for secret in (b"160701000000", b"160721000000", b"KEPALA CONT", b"1.61E+15", b"1,61E+15"):
        assert secret not in told


def _content(path: Path) -> bytes:
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return b"\n".join(book.read(name) for name in book.namelist())


def test_hashes_of_two_runs_differ_so_that_none_leads_back_to_a_person() -> None:
    numbers = pl.Series(["1607010000000001"])
    assert numbers.hash(DuplicateFinder().seed)[0] != numbers.hash(DuplicateFinder().seed)[0]
    assert "seed" not in repr(DuplicateFinder())


def _shapes(cells: Sequence[str | None]) -> list[str]:
    column = pl.Series(cells, dtype=pl.String)
    numbers = column.cast(pl.Int64, strict=False).fill_null(-1).to_numpy()
    one = shapes(column, numbers, column.str.len_bytes().fill_null(0).to_numpy())
    kinds = [("ok", one.sound), ("lost", one.digits_lost), ("bad", one.malformed)]
    return ["".join(name for name, flags in kinds if flags[at]) for at in range(len(cells))]


def test_shapes_of_identity_numbers() -> None:
    assert _shapes(
        ["1607010000000001", " '1607010000000001", "3.57E+15", "3,57e15", "160701000000001",
         "16070100000000x1", None, "", "0000000000000001", "-607010000000001"]
    ) == ["ok", "ok", "lost", "lost", "bad", "bad", "", "", "ok", "bad"]  # fmt: skip


def test_a_column_rounded_by_a_spreadsheet_has_lost_its_digits() -> None:
    rounded = [f"16070100000{number:04d}0" for number in range(40)]
    assert set(_shapes(rounded)) == {"lost"}
    # as many that end in anything are sound, also those that end in 0
    assert set(_shapes([f"16070100000{number:05d}" for number in range(40)])) == {"ok"}


def test_doubles_are_found_inside_a_batch_and_across_batches() -> None:
    finder = DuplicateFinder()
    numbers, words = pl.Series(["a", "b", "a", "a"]), pl.Series([1, 2, 1, 3], dtype=pl.UInt64)
    sound = pl.Series([True] * 4).to_numpy()
    again, same = finder.mark(numbers.hash(finder.seed), sound, contents=words)
    assert (again.tolist(), same.tolist()) == (
        [False, False, True, True], [False, False, True, False],
    )  # fmt: skip
    again, same = finder.mark(
        pl.Series(["c", "b"]).hash(finder.seed),
        sound[:2],
        contents=pl.Series([9, 2], dtype=pl.UInt64),
    )
    assert (again.tolist(), same.tolist()) == ([False, True], [False, True])


def test_doubles_are_found_without_what_stands_beside_them() -> None:
    finder = DuplicateFinder()
    numbers = pl.Series(["a", "b", "c", "a"]).hash(finder.seed)
    # the second number is damaged and never compared
    sound = np.array([True, False, True, True])
    assert finder.mark(numbers, sound)[0].tolist() == [False, False, False, True]
    again, same = finder.mark(numbers, np.ones(4, dtype=np.bool_))
    assert again.tolist() == [True, False, True, True]
    assert not same.any()


@given(
    keys=st.lists(st.integers(min_value=0, max_value=30), max_size=60),
    cuts=st.integers(min_value=1, max_value=7),
)
@settings(max_examples=60, deadline=None)
def test_doubles_do_not_depend_on_the_batches(keys: list[int], cuts: int) -> None:
    numbers = pl.Series([f"{key:016d}" for key in keys], dtype=pl.String)
    words = pl.Series([key % 3 for key in keys], dtype=pl.UInt64)
    finder, again = DuplicateFinder(), []
    for start in range(0, len(keys), cuts):
        part = slice(start, start + cuts)
        sound = pl.Series([True] * len(keys[part]), dtype=pl.Boolean).to_numpy()
        again += finder.mark(numbers[part].hash(finder.seed), sound, contents=words[part])[
            0
        ].tolist()
    assert again == [key in keys[:at] for at, key in enumerate(keys)]


# ---- values


@pytest.mark.parametrize(
    ("generation", "variable", "column", "cell", "meaning"),
    [
        ("regsosek2022", "floor", "jenis_lantai_terluas", "8", {"earth"}),
        ("bdt2015", "floor", "lantai", "8", {"wood_low"}),
        ("bdt2015", "floor", "lantai", "9", {"earth"}),
        ("dtsen2025", "floor", "jenis_lantai_terluas", "8", {"earth"}),
        ("bkkbn", "floor", "jenis_lantai_keluarga", "5", {"earth"}),
        ("p3ke", "floor", "jenis_lantai", "Tanah", {"earth"}),
        ("p3ke", "floor", "jenis_lantai", "8", None),  # P3KE has no codes: nothing is guessed
        ("regsosek2022", "floor", "x", "8. Tanah", {"earth"}),
        ("regsosek2022", "floor", "x", "KAYU/PAPAN", {"wood"}),
        ("dtsen2025", "roof", "x", "Asbes/seng", {"asbestos", "zinc"}),
        ("dtsen2025", "cooking_fuel", "x", "Listrik/gas", {"electricity", "lpg_12"}),
        ("regsosek2022", "faeces_disposal", "x", "3", {"water_body"}),
        ("bdt2015", "faeces_disposal", "x", "3", {"pit"}),
        ("regsosek2022", "water_distance_to_faeces", "x", ">= 10 meter", {"10m_or_more"}),
        ("regsosek2022", "water_distance_to_faeces", "x", "< 10 meter", {"under_10m"}),
        ("regsosek2022", "pkh", "penerima_pkh", "2", {"no"}),
        ("bdt2015", "pkh", "sta_pkh", "1", {"yes"}),
        ("bdt2015", "pkh", "sta_rastra", "3", {"yes"}),  # some columns say yes with 3
        ("bdt2015", "pkh", "sta_rastra", "1", None),
        ("p3ke", "pkh", "penerima_pkh", "YA", {"yes"}),
        ("p3ke", "civil_match", "padan_dukcapil", "Tidak Padan", {"no"}),
        ("regsosek2022", "floor", "x", "99", None),
        ("regsosek2022", "floor", "x", "-1", None),
        ("regsosek2022", "floor", "x", "8.0", {"earth"}),
    ],
)
def test_every_generation_is_read_by_its_own_list(
    generation: str, variable: str, column: str, cell: str, meaning: set[str] | None
) -> None:
    listed = categories(variables()[variable], generation=generation, column=column)
    cells = pl.Series([cell, None])
    reading = listed.read(cells, cells.cast(pl.Int8, strict=False).fill_null(NO_CODE).to_numpy())
    ids: list[int] = list(reading.values)
    assert ids[1] == -1
    assert not reading.unknown[1]
    assert (listed.meanings[ids[0]] if ids[0] >= 0 else None) == meaning
    assert reading.unknown[0] == (meaning is None)


@pytest.mark.parametrize(
    ("variable", "cell", "value"),
    [
        ("floor_area", "36", 36), ("floor_area", "36,5", 36.5), ("floor_area", "36.5", 36.5),
        ("floor_area", "9999", None), ("floor_area", "0", None), ("floor_area", "tiga", None),
        ("size", "2,5", None), ("size", "4.0", 4), ("size", "61", None), ("size", "inf", None),
        ("decile", "11", None), ("decile", "0", None), ("decile", " 3 ", 3),
        ("spending", "Rp 1.250.000", 1_250_000), ("spending", "1.250.000,50", 1_250_000.5),
        ("spending", "560.84", None), ("spending", "938.000", 938_000), ("decile", "Desil 1", 1),
        ("decile", "1 - sangat miskin", 1), ("decile", "miskin", None), ("decile", "1-4", None),
        ("size", "4 orang", 4),
    ],
)  # fmt: skip
def test_numbers_keep_to_the_plausible(variable: str, cell: str, value: float | None) -> None:
    cells = pl.Series([cell, None])
    numbers = cells.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    reading = read_number(cells, numbers, variables()[variable])
    got = [None if pd.isna(one) else float(one) for one in list(reading.values)]
    assert got == [value, None]
    assert (reading.unreadable | reading.outside).tolist() == [value is None, False]


def test_every_limit_of_the_catalogue_says_where_it_comes_from() -> None:
    import tomllib  # noqa: PLC0415
    from importlib import resources  # noqa: PLC0415

    text = resources.files("sibangkit_geo.sources").joinpath("columns.toml").read_text("utf-8")
    for name, one in tomllib.loads(text).items():
        assert ("low" in one or "high" in one) <= ("limit" in one), name


# ---- report and commands


def test_the_report_lists_every_row_once_per_rule_and_no_value(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", damage_kinds(["all"]))
    got = counted(folder)
    page, book = write_intake([got.report], tmp_path / "lap", created="2026-01-01T00:00:00+00:00")
    sheets = {one.title: one for one in openpyxl.load_workbook(book)}
    for one in got.report.findings:
        cells = sheets[rules()[one.kind].title[:31]].iter_rows(min_row=7, values_only=True)
        listed = [row[0] for row in cells if (row[1] or "") == one.column]
        assert listed == list(one.rows)
    text = page.read_text("utf-8")
    assert "http" not in text.replace("http-equiv", "")
    assert "CONT" not in text
    assert "Laporan mutu data" in text


def test_the_same_report_twice_is_the_same_file(tmp_path: Path) -> None:
    got = counted(write(tmp_path / "data", ("totals", "zeros")))
    files = [
        write_intake([got.report], tmp_path / name, created="2026-01-01T00:00:00+00:00")
        for name in ("a", "b")
    ]
    for one, other in zip(*files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_runs_of_rows_are_shortened_and_long_lists_end_with_a_count() -> None:
    assert row_runs([]) == ""
    assert row_runs(list(range(1, 400, 2))).endswith("… dan 140 rentang lagi (lihat buku kerja)")


def call(*words: object) -> Any:
    """Run a command."""
    return CliRunner().invoke(app, list(map(str, words)))


def test_inspect_proposes_a_block_that_runs_once_it_is_filled(tmp_path: Path) -> None:
    folder = write(tmp_path, ("xlsx", "merged-header", "totals", "case"))
    file = folder / "register_2025_rusak.xlsx"
    finder = call("inspect", file, "--out", tmp_path / "lap")
    assert finder.exit_code == 0
    assert "code_generation" in finder.stderr  # asked for, not guessed
    assert "Rows that are no data: 2 rows" in finder.stderr
    assert (tmp_path / "lap" / "laporan_mutu_data.html").is_file()
    told = call("inspect", file, "--out", tmp_path / "lap", "--code-generation", "regsosek2022",
                "--year", "2025")  # fmt: skip
    block = told.stdout.split("\n\n")[0]
    study_file = (folder / "study.toml").read_text("utf-8")
    start, end = study_file.index("[[households]]"), study_file.index("[poverty]")
    (folder / "study.toml").write_text(study_file[:start] + block + "\n\n" + study_file[end:])
    assert found(counted(folder)) == expected(folder)


def test_inspect_asks_for_the_system_of_digits_without_dots(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("iddesa,nmdesa,nmkec,jumlah_kk\n1607060001,A,B,100\n")
    told = call("inspect", path)
    assert told.exit_code == 0
    assert "of BPS or of Kemendagri" in told.stderr
    assert 'code_system = "ISI: kemendagri atau bps"' in told.stdout


def test_new_begins_a_study_from_a_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, ("semicolon",))
    (folder / "study.toml").unlink()
    (folder / "register_2020.csv").unlink()
    (folder / "~$desa.xlsx").write_bytes(b"lock")
    told = call("new", folder, "--code-generation", "regsosek2022", "--year", "2025")
    assert told.exit_code == 0, told.stderr
    assert "~$" not in told.stdout + told.stderr
    with pytest.raises(ConfigError, match=r"line \d+: decile_max still says ISI: write desil"):
        read_study(folder / "study.toml")
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(text.replace("decile_max = 0  # ISI", "decile_max = 1  #"))
    settled = read_study(folder / "study.toml")
    assert settled.households[0].path == str(folder / "register_2025_rusak.csv")
    assert differing(counted(folder)) == set()
    assert call("new", folder).exit_code == 2  # never over a study that is there


def test_a_file_that_contradicts_its_generation_is_reported(tmp_path: Path) -> None:
    folder = write(tmp_path, ("bdt2015",))
    study_file = folder / "study.toml"
    study_file.write_text(study_file.read_text("utf-8").replace("bdt2015", "regsosek2022"))
    told = [one for one in counted(folder).report.findings if one.kind == "generation_conflict"]
    assert any("BDT-2015" in one.detail for one in told)
    # and the answers themselves: roof 9 and 10 are on no list of Regsosek
    assert "atap" in {one.column for one in told}
