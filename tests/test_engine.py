"""Registers in parts: any number of them, read by anybody, tells what one reading tells."""

from __future__ import annotations

import os
import pickle
import re
import signal
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sibangkit_geo.config import plain, read_study
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.demo.damage import ROW_KINDS
from sibangkit_geo.errors import ConfigError, DataError, MissingExtraError
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.sources.engine_settings import EngineSettings
from sibangkit_geo.sources.readers import csv as pieces
from sibangkit_geo.sources.readers.table_parts import only, parts_of
from sibangkit_geo.study import registers
from sibangkit_geo.study.engine import _workers, count_with
from sibangkit_geo.study.locate import _opening
from sibangkit_geo.study.register_parts import Order, PartFailedError, count_in_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sibangkit_geo.config import Study
    from sibangkit_geo.model.types import Boundaries
    from sibangkit_geo.sources.readers import Grid
    from sibangkit_geo.study.engine import _DaskWorkers
    from sibangkit_geo.study.register_parts import Workers

HOMES = 5_000
REALS = ["gap_sum", "gap_squared_sum"]


class Here:
    """Whoever does the work in this process, with what would be sent between processes."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def submit(self, work: Callable[..., Any], *args: object) -> Any:
        self.sent.append(pickle.dumps((work, args)))
        work, args = pickle.loads(self.sent[-1])  # noqa: S301 - packed in the line before
        self.sent.append(pickle.dumps(work(*args)))
        return pickle.loads(self.sent[-1])  # noqa: S301 - the same

    def follow(self, asked: Sequence[Any], *, stage: str) -> None:
        assert stage
        self.followed = len(asked)

    def gather(self, asked: Sequence[Any]) -> list[Any]:
        return [*asked]


@cache
def areas() -> Boundaries:
    return read_boundaries(BoundarySource("default"), regency="16.07")


def plan_of(study: Study) -> registers.RegisterPlan:
    return registers.RegisterPlan(areas(), study.poverty, "kemendagri", {})


def in_parts(
    study: Study, most: int, workers: Workers | None = None
) -> tuple[registers.Counted | None, int]:
    opening = _opening(study, study.households[0])
    register = opening.open()
    parts = parts_of(register.grid, first_row=register.header.first_row, most=most)
    assert len(parts) > 1
    counted = count_in_parts(
        register, opening, plan_of(study), parts, workers=workers or Here(), partitions=3
    )
    return counted, len(parts)


def whole(study: Study) -> registers.Counted:
    return registers.count_register(_opening(study, study.households[0]).open(), plan_of(study))


def require_equal(mine: registers.Counted, other: registers.Counted) -> None:
    """Whole numbers to the last digit, sums of reals to 1e-9, findings as sets."""
    one, two = mine.counts.table.sort_index(), other.counts.table.sort_index()
    exact = [name for name in two if name not in REALS]
    pd.testing.assert_frame_equal(one[exact], two[exact], check_exact=True)
    real = [name for name in two if name in REALS]
    pd.testing.assert_frame_equal(one[real], two[real], rtol=1e-9, atol=0)
    if other.counts.keys is not None:
        assert mine.counts.keys is not None
        pd.testing.assert_frame_equal(
            mine.counts.keys.sort_index()[list(other.counts.keys)], other.counts.keys.sort_index()
        )
    assert mine.report == other.report
    assert set(mine.notes) == set(other.notes)
    names = [str(name) for name in other.places if name != "n_rows"]
    pd.testing.assert_frame_equal(
        mine.places.sort_values(names).reset_index(drop=True),
        other.places.sort_values(names).reset_index(drop=True),
    )


KINDS = {
    "damaged": ROW_KINDS,
    "p3ke": (*ROW_KINDS, "p3ke"),
    "written otherwise": ("semicolon", "cp1252", "decimal-comma"),
    "sound": (),
}


@pytest.fixture(scope="module", params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("demo")
    write_demo(at, settings=DemoSettings(households=HOMES, seed=7, damage=KINDS[request.param]))
    return at


@pytest.mark.parametrize("most", [3, 20])
def test_any_number_of_parts_of_a_text_tells_the_same(
    folder: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(folder / "study.toml")
    before = whole(study)
    monkeypatch.setattr(pieces, "_BLOCK", 10_000)
    got, number = in_parts(study, most)
    assert number == most
    assert got is not None
    require_equal(got, before)


@pytest.mark.parametrize("most", [2, 12])
def test_any_number_of_row_groups_of_parquet_tells_the_same(tmp_path: Path, most: int) -> None:
    drawn = DemoSettings(households=HOMES, seed=7, damage=ROW_KINDS)
    study = as_parquet(read_study(write_demo(tmp_path, settings=drawn)), tmp_path)
    got, _ = in_parts(study, most)
    assert got is not None
    require_equal(got, whole(study))


def as_parquet(study: Study, folder: Path) -> Study:
    """Write the register of a study as Parquet, in small row groups."""
    source = study.households[0]
    frame = pl.read_csv(source.path, infer_schema=False, truncate_ragged_lines=True)
    frame.write_parquet(folder / "register.parquet", row_group_size=170)
    return replace(study, households=(replace(source, path=str(folder / "register.parquet")),))


REPEATS = 60


def doubled(folder: Path) -> Path:
    """Write a register whose last rows say again what its first ones say, or a part of it."""
    write_demo(folder, settings=DemoSettings(households=HOMES, seed=3))
    path = folder / "register_2025.csv"
    table = pl.read_csv(path, infer_schema=False)
    wall = "jenis_dinding_terluas"
    # labels that merge two answers get their ids in the order in which they are met
    words = {0: "Kayu/papan / Bambu", 1: "Bambu / Kayu/papan", 2: "Tembok atau Bambu"}
    merged = [words.get(at % 50, code) for at, code in enumerate(table[wall])]
    table = table.with_columns(pl.Series(wall, merged))
    again = table.head(REPEATS).with_columns(
        pl.col(wall).replace({words[0]: words[1], words[1]: words[0]})
    )
    other = table.head(REPEATS).with_columns(pl.lit("3").alias("jumlah_anggota_keluarga"))
    person = table.slice(REPEATS, REPEATS).with_columns(
        pl.Series("no_kk", [f"16070299999{at:05d}" for at in range(REPEATS)])
    )
    pl.concat([table, again, other, person, table.slice(5, 1)]).write_csv(path)
    return folder


def test_doubles_between_parts_are_found_and_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(doubled(tmp_path) / "study.toml")
    before = whole(study)
    monkeypatch.setattr(pieces, "_BLOCK", 10_000)
    got, _ = in_parts(study, 9)
    assert got is not None
    require_equal(got, before)
    kinds = {one.kind: len(one.rows) for one in got.report.findings}
    assert kinds["repeated_row"] > REPEATS
    assert kinds["duplicate_family"] >= REPEATS // 2
    assert kinds["duplicate_person"] >= REPEATS


@given(
    rows=st.lists(st.text(alphabet='ab,"\n é', max_size=9), min_size=3, max_size=30),
    most=st.integers(min_value=2, max_value=9),
    block=st.integers(min_value=20, max_value=90),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_parts_of_a_text_hold_each_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], most: int, block: int
) -> None:
    monkeypatch.setattr(pieces, "_BLOCK", block)
    path = tmp_path / "register.csv"
    pl.DataFrame({"nama": rows, "jumlah": range(len(rows))}).write_csv(path)
    grid = pieces.open_delimited(path)

    def read(one: Grid) -> list[tuple[Any, ...]]:
        told = [frame.drop("ragged", strict=False) for frame in one.batches([0, 1], **AS_HEADED)]
        return [row[1:] for frame in told for row in frame.rows()]

    parts = parts_of(grid, first_row=2, most=most)
    assert len(parts) <= most
    assert [row for part in parts for row in read(only(grid, part))] == (
        read(grid) if parts else []
    )


AS_HEADED = {"first_row": 2, "width": 2}


def test_villages_by_name_are_matched_by_all_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = doubled(tmp_path)
    path = folder / "register_2025.csv"
    names = areas().official
    table = pl.read_csv(path, infer_schema=False)
    place = {code: (one["district_name"], one["name"]) for code, one in names.iterrows()}
    told = [place.get(code, ("Antah", "Berantah")) for code in table["kode_desa"]]
    table.with_columns(
        pl.Series("nama_kecamatan", [district for district, _ in told]),
        pl.Series("nama_desa", [f"{village}{'h' * (at % 40 == 0)}" for at, (_, village) in
                                enumerate(told)]),
    ).drop("kode_desa").write_csv(path)  # fmt: skip
    study = read_study(folder / "study.toml")
    study = replace(
        study, households=(replace(study.households[0], village_code="", code_system="bps"),)
    )
    before = whole(study)
    monkeypatch.setattr(pieces, "_BLOCK", 30_000)
    got, _ = in_parts(study, 6)
    assert got is not None
    require_equal(got, before)
    pd.testing.assert_frame_equal(got.places, before.places)


# ---- what only the whole tells


def test_a_row_per_person_is_left_to_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))
    path = Path(study.households[0].path)
    table = pl.read_csv(path, infer_schema=False)
    persons = [
        table.with_columns(pl.col("nik").str.head(12) + f"{at}000", luas_lantai=pl.lit(f"{at}0"))
        for at in range(3, 6)
    ]
    pl.concat([table, *persons]).write_csv(path)
    monkeypatch.setattr(pieces, "_BLOCK", 100_000)
    assert in_parts(study, 3)[0] is None


def test_numbers_that_lost_digits_in_one_part_alone_are_left_to_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))
    path = Path(study.households[0].path)
    table = pl.read_csv(path, infer_schema=False)
    half = pl.int_range(pl.len()) < HOMES // 2
    rounded = pl.when(half).then(pl.col("no_kk").str.head(15) + "0").otherwise("no_kk")
    table.with_columns(rounded.alias("no_kk")).write_csv(path)
    monkeypatch.setattr(pieces, "_BLOCK", 100_000)
    assert in_parts(study, 4)[0] is None
    # in all of them it is what the whole tells too
    table.with_columns(pl.col("no_kk").str.head(15) + "0").write_csv(path)
    got, _ = in_parts(study, 4)
    assert got is not None
    require_equal(got, whole(study))


def test_signatures_that_a_part_may_cut_are_left_to_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))
    path = Path(study.households[0].path)
    lines = path.read_text("utf-8").splitlines()
    total = "Jumlah" + "," * lines[0].count(",")
    signed = [line for one in lines[1:] for line in (one, total)]
    path.write_text("\n".join([lines[0], *signed]) + "\n", "utf-8")
    monkeypatch.setattr(pieces, "_BLOCK", 20_000)
    assert in_parts(study, 9)[0] is None


# ---- what is sent


def test_no_identity_number_name_or_address_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(doubled(tmp_path) / "study.toml")
    table = pl.read_csv(study.households[0].path, infer_schema=False)
    monkeypatch.setattr(pieces, "_BLOCK", 30_000)
    workers = Here()
    in_parts(study, 5, workers)
    sent = b"".join(workers.sent)
    assert len(sent) > 1_000_000
    opened = _opening(study, study.households[0]).open()
    persons = {table.columns[at] for at in opened.mapped.identities}
    assert {"nik", "no_kk"} <= persons
    runs = {run.decode() for run in re.findall(rb"\d{16}", sent)}
    for name in persons:
        cells = table[name].drop_nulls().unique().sort().to_list()
        assert not runs & {*cells}, name
        for cell in [one for one in cells if len(one) > LONG_NAME][:: len(cells) // 20 + 1]:
            assert cell.encode() not in sent, name
            if cell.isdigit() and len(cell) == NUMBER_DIGITS:
                assert int(cell).to_bytes(8, "little") not in sent, name


LONG_NAME = 6
NUMBER_DIGITS = 16
# no day 99 of a month 99, and no district 00: nobody's number
IMPOSSIBLE = "16" + "0700" + "999999" + "0000"


def test_nothing_that_is_sent_shows_itself(tmp_path: Path) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))
    opening = _opening(study, study.households[0])
    order = Order(opening, 1, plan_of(study), None)
    assert repr(opening) == "Opening()"
    assert repr(order) == "Order(partitions=1)"
    assert order.secret != Order(opening, 1, plan_of(study), None).secret


def test_what_a_library_says_of_a_cell_stays_with_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))

    def fails(*_: object) -> None:
        raise KeyError(IMPOSSIBLE)

    monkeypatch.setattr("sibangkit_geo.study.register_parts.count_batches", fails)
    monkeypatch.setattr(pieces, "_BLOCK", 100_000)
    with pytest.raises(PartFailedError) as caught:
        in_parts(study, 2)
    assert str(caught.value) == "KeyError"
    assert caught.value.__context__ is None


def test_another_file_of_that_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))
    monkeypatch.setattr(pieces, "_BLOCK", 100_000)

    class Elsewhere(Here):
        def submit(self, work: Callable[..., Any], *args: object) -> Any:
            made = super().submit(work, *args)
            return replace(made, size=made.size + 1) if isinstance(made, Order) else made

    with pytest.raises(DataError, match="a worker sees no such file"):
        in_parts(study, 2, Elsewhere())


# ---- what a study says


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"workers": 2}, "are for kind"),
        ({"kind": "dask", "workers": -1}, "at least 0"),
        ({"kind": "dask", "scheduler": "host"}, "is an encrypted address"),
        ({"kind": "dask", "scheduler": "tls://a:1", "workers": 1}, "has its own workers"),
        ({"kind": "dask", "scheduler": "tcp://a:1"}, "is an encrypted address"),
    ],
)
def test_keys_that_exclude_each_other_are_refused(told: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        EngineSettings(**told)


def test_who_reads_stays_out_of_the_products(tmp_path: Path) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))
    told = plain(replace(study, engine=EngineSettings("dask", scheduler="tls://10.0.0.7:8786")))
    assert told == plain(study)
    assert "10.0.0.7" not in str(told)


def test_a_missing_extra_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(write_demo(tmp_path, settings=DemoSettings(households=HOMES)))
    opening = _opening(study, study.households[0])
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"sibangkit_geo\[dask\]\""):
        count_with(TWO, opening.open(), opening, plan_of(study))
    local = count_with(EngineSettings(), opening.open(), opening, plan_of(study))
    assert local.report.rows_in == HOMES


# ---- Dask


TWO = EngineSettings("dask", workers=2)


@pytest.fixture
def some_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    monkeypatch.setattr(pieces, "_BLOCK", 10_000)
    return read_study(doubled(tmp_path) / "study.toml")


def test_two_workers_of_dask_tell_the_same(some_study: Study) -> None:
    opening = _opening(some_study, some_study.households[0])
    got = count_with(TWO, opening.open(), opening, plan_of(some_study))
    require_equal(got, whole(some_study))


class Killing:
    """Workers one of which is killed while it reads."""

    def __init__(self, workers: _DaskWorkers) -> None:
        self.workers = workers
        self.killed: set[int] = set()

    def submit(self, work: Callable[..., Any], *args: object) -> Any:
        return self.workers.submit(work, *args)

    def follow(self, asked: Sequence[Any], *, stage: str) -> None:
        if not self.killed:
            pid = min(self.workers.client.run(os.getpid).values())
            os.kill(pid, signal.SIGKILL)
            self.killed.add(pid)
        self.workers.follow(asked, stage=stage)

    def gather(self, asked: Sequence[Any]) -> list[Any]:
        return self.workers.gather(asked)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_worker_that_is_killed_changes_nothing(some_study: Study) -> None:
    with _workers(TWO) as workers:
        killing = Killing(workers)
        got, _ = in_parts(some_study, 8, killing)
        assert len(killing.killed) == 1
        assert not killing.killed & set(workers.client.run(os.getpid).values())
    assert got is not None
    require_equal(got, whole(some_study))


def test_a_scheduler_that_does_not_answer_is_one_clear_error(
    some_study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sibangkit_geo.study.engine._SECONDS", 1)
    opening = _opening(some_study, some_study.households[0])
    nobody = EngineSettings("dask", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9\."):
        count_with(nobody, opening.open(), opening, plan_of(some_study))


def test_points_of_houses_do_not_leave_this_process(
    some_study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sibangkit_geo.study.engine._workers", None)
    opening = _opening(some_study, some_study.households[0])
    plan = replace(plan_of(some_study), keep_houses=True)
    assert len(count_with(TWO, opening.open(), opening, plan).houses.points) > 0
