"""The invented register: repeatable, true to the official rate, readable, nobody's real data."""

import errno
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pytest
import shapely
from typer.testing import CliRunner

from sibangkit_geo import codes
from sibangkit_geo.cli import app
from sibangkit_geo.config import Study, read_study, resolved
from sibangkit_geo.demo import DemoSettings, files, write_demo
from sibangkit_geo.demo.world import CAUSE_NEEDS, PLANTED, PlantedPocket
from sibangkit_geo.indicators.needs import need_catalogue, needs_of
from sibangkit_geo.pockets.neighbors import neighbors_within
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.study import registers
from sibangkit_geo.study.locate import open_study_register

SMALL = DemoSettings(households=20_000)
WAVES = ["", "_2020"]
# the pattern of a real NIK or KK number of South Sumatra, as the leak scan looks for it
REAL_NUMBER = re.compile(
    r"16[0-9]{4}(0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(0[1-9]|1[0-2])[0-9]{6}"
)
PLANTED_ON_NEEDS = [one for one in PLANTED if one.cause and one.until == 2025]


def checksums(folder: Path) -> dict[str, str]:
    """Take the SHA-256 of every file."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth_of(folder: Path, wave: str = "") -> dict[str, Any]:
    """Read what a register was drawn from."""
    found: dict[str, Any] = json.loads((folder / f"truth{wave}.json").read_text("utf-8"))
    return found


@cache
def read(folder: Path, wave: str = "") -> tuple[Study, pl.DataFrame]:
    """Read a study of the demo and its register, as a run does."""
    study = read_study(folder / f"study{wave}.toml")
    opened = open_study_register(study, study.households[0])
    return study, pl.concat([batch.rows for batch in opened.batches()])


@cache
def counted(folder: Path, wave: str = "") -> registers.Counted:
    """Count a register by village."""
    study = read_study(folder / f"study{wave}.toml")
    assert study.poverty is not None
    areas = read_boundaries(resolved(study.boundaries, folder), regency="16.07")
    plan = registers.RegisterPlan(areas, study.poverty, "kemendagri", {})
    return registers.count_register(open_study_register(study, study.households[0]), plan)


def counts(folder: Path, wave: str = "") -> pd.DataFrame:
    """Tally a register by village."""
    return counted(folder, wave).counts.table.sort_index()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the small demo once."""
    return write_demo(tmp_path_factory.mktemp("demo"), settings=SMALL).parent


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the small demo without pockets once."""
    settings = DemoSettings(households=20_000, pockets=False)
    return write_demo(tmp_path_factory.mktemp("plain"), settings=settings).parent


@pytest.fixture(scope="module")
def raw(demo: Path) -> pd.DataFrame:
    """Read the register as text, identities included."""
    return pd.read_csv(demo / "register_2025.csv", dtype=str, keep_default_na=False)


def test_same_seed_gives_same_bytes_and_another_seed_does_not(demo: Path, tmp_path: Path) -> None:
    again = write_demo(tmp_path / "again", settings=SMALL).parent
    other = write_demo(tmp_path / "other", settings=DemoSettings(households=20_000, seed=2)).parent
    assert checksums(again) == checksums(demo)
    assert checksums(other)["register_2025.csv"] != checksums(demo)["register_2025.csv"]


def test_only_whole_files_are_left(demo: Path) -> None:
    assert set(checksums(demo)) == {
        "register_2020.csv", "register_2025.csv", "study.toml", "study_2020.toml", "sibangkit.salt",
        "truth.json", "truth_2020.json", "members_2025.csv", "desa_2020.csv", "desa_2025.csv",
        "janji_2020.csv", "janji_2025.csv",
        *(f"rumah_{number:03d}.jpg" for number in range(1, 49)),
    }  # fmt: skip


def test_members_agree_with_their_household(demo: Path, raw: pd.DataFrame) -> None:
    members = pd.read_csv(demo / "members_2025.csv")
    home = members.groupby("baris_keluarga")
    assert home.size().tolist() == raw["jumlah_anggota_keluarga"].astype(int).tolist()
    pupil = members["umur"].between(7, 18)
    out = (pupil & members["partisipasi_sekolah"].isin([1, 3])).groupby(members["baris_keluarga"])
    assert (out.any().to_numpy() == (raw["anak_tidak_sekolah"] == "1").to_numpy()).all()
    assert (members["kondisi_gizi"].notna() == (members["umur"] < 5)).all()
    assert not {"nik", "nama", "no_kk"} & set(members.columns)


def test_pictures_are_drawn_and_few(demo: Path, raw: pd.DataFrame) -> None:
    named = raw.loc[raw["foto_rumah"] != "", "foto_rumah"]
    assert sorted(named) == sorted(path.name for path in (demo / "foto").iterdir())
    assert len(named) == 48
    assert all((demo / "foto" / name).read_bytes()[:3] == b"\xff\xd8\xff" for name in named)


def test_a_few_villages_are_far_from_covered(demo: Path) -> None:
    told = truth_of(demo)["coverage"]
    assert 5 <= len(told) <= 15
    table = pd.read_csv(demo / "desa_2025.csv", index_col=0)["jumlah_kk"]
    share = counts(demo)["households"] / table
    assert share[share < 0.9].index.tolist() == sorted(told)
    assert share[list(told)].to_dict() == pytest.approx(told, abs=0.02)


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("which", ["demo", "plain"])
def test_poor_persons_meet_the_official_rate(
    which: str, wave: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(which)
    official = read(folder, wave)[0].official
    total = counts(folder, wave).sum()
    assert official is not None
    assert official.rate_percent == {"": 8.48, "_2020": 11.17}[wave]
    rate = 100 * total["poor_people"] / total["people"]
    assert rate == pytest.approx(official.rate_percent, abs=0.1)


@pytest.mark.parametrize("wave", WAVES)
def test_register_has_every_official_village(demo: Path, wave: str) -> None:
    table = counts(demo, wave)
    assert table.index.tolist() == sorted(codes.official_villages("16.07"))
    assert table["households"].sum() == SMALL.households
    assert table["households"].min() >= 5
    drawn = {code: one["households"] for code, one in truth_of(demo, wave)["villages"].items()}
    assert table["households"].to_dict() == drawn


@pytest.mark.parametrize("wave", WAVES)
def test_the_register_passes_its_own_intake_without_a_finding(demo: Path, wave: str) -> None:
    report = counted(demo, wave).report
    assert report.findings == ()
    assert report.rows_in == report.rows_located == SMALL.households


def test_every_need_of_the_catalogue_can_be_expressed(demo: Path) -> None:
    assert needs_of(read(demo)[1].columns) == need_catalogue()


def test_households_are_of_realistic_size(demo: Path) -> None:
    rows = read(demo)[1]
    poor = rows["decile"] == 1
    assert rows["size"].mean() == pytest.approx(3.5, abs=0.1)
    # South Sumatra, March 2025: 4.88 persons per poor household
    assert rows.filter(poor)["size"].mean() == pytest.approx(4.88, abs=0.2)


def test_spending_and_decile_agree_on_who_is_poor(raw: pd.DataFrame) -> None:
    below = raw["pengeluaran_per_kapita"].astype(int) < 560_840
    assert (below == (raw["desil_nasional"] == "1")).all()


def test_no_identity_can_be_real(raw: pd.DataFrame) -> None:
    numbers = pd.concat([raw["nik"], raw["no_kk"]])
    assert numbers.is_unique
    assert numbers.str.fullmatch(r"1607\d{2}0000\d{6}").all()
    assert not numbers.map(lambda one: bool(REAL_NUMBER.search(one))).any()
    assert raw["nama_kepala_keluarga"].str.fullmatch(r"KEPALA CONTOH \d{6}").all()


def test_questions_that_are_not_asked_stay_empty(raw: pd.DataFrame) -> None:
    well = raw["sumber_air_minum_utama"].isin(["4", "5", "6", "7", "8"])
    assert ((raw["jarak_sumber_air_ke_tinja"] != "") == well).all()
    assert ((raw["jenis_kloset"] == "") == raw["fasilitas_bab"].isin(["5", "6"])).all()
    assert ((raw["daya_terpasang"] != "") == (raw["sumber_penerangan_utama"] == "1")).all()


def test_only_a_business_receives_a_loan_and_the_poor_lack_an_account_more_often(
    raw: pd.DataFrame,
) -> None:
    poor, business = raw["desil_nasional"] == "1", raw["punya_usaha"] == "1"
    loan, none = raw["penerima_kur"] == "1", raw["punya_rekening"] == "2"
    assert not (loan & ~business).any()
    # chances by hand: 1 - 0.72 ** (1 / 0.7) and 0.12 ** (1 / 0.7) in decile 1
    assert none[poor].mean() == pytest.approx(0.375, abs=0.05)
    assert loan[poor & business].mean() == pytest.approx(0.048, abs=0.04)
    assert none[~poor].mean() < none[poor].mean()
    assert loan[~poor & business].mean() > loan[poor & business].mean()


def test_houses_stand_inside_their_village(raw: pd.DataFrame) -> None:
    cells = gpd.read_file(codes.data_folder() / "villages.geojson").set_index("kode").geometry
    cleaned = read_boundaries(BoundarySource("default"), regency="16.07").villages
    for shapes in (cells, cleaned.geometry.to_crs(4326)):
        own = shapes.loc[raw["kode_desa"]].to_numpy()
        shapely.prepare(own)
        assert shapely.contains_xy(own, raw["lon"].astype(float), raw["lat"].astype(float)).all()


def test_planted_pockets_are_connected_and_apart() -> None:
    cells = gpd.read_file(codes.data_folder() / "villages.geojson").to_crs(32748)
    pairs = {frozenset(pair) for pair in cells["kode"].to_numpy()[neighbors_within(cells).pairs]}
    home = {code: one.number for one in PLANTED for code in one.villages}
    assert len(home) == sum(len(one.villages) for one in PLANTED)
    assert all(len({home[code] for code in pair if code in home}) < 2 for pair in pairs)
    for one in PLANTED:
        reached = {one.villages[0]}
        for _ in one.villages:
            touched = [pair & set(one.villages) for pair in pairs if pair & reached]
            reached = reached.union(*touched)
        assert reached == set(one.villages)


def test_six_pockets_of_different_causes_and_two_single_villages() -> None:
    assert len({one.cause for one in PLANTED_ON_NEEDS}) == len(PLANTED_ON_NEEDS) == 6
    assert all(len(one.villages) >= 4 for one in PLANTED_ON_NEEDS)
    assert {"coast", "river"} <= {one.shape for one in PLANTED_ON_NEEDS}
    assert [len(one.villages) for one in PLANTED if not one.cause] == [1, 1]
    named = {need for one in PLANTED for need in CAUSE_NEEDS[one.cause]}
    assert named <= {need.key for need in need_catalogue()}


@pytest.mark.parametrize("pocket", PLANTED_ON_NEEDS, ids=lambda one: one.cause)
def test_the_cause_of_a_pocket_stands_out(demo: Path, pocket: PlantedPocket) -> None:
    table = counts(demo)
    here, all_over = table.loc[list(pocket.villages)].sum(), table.sum()
    expected = all_over / all_over["households"] * here["households"]
    excess = (here - expected).filter(like="unserved_")
    for need in CAUSE_NEEDS[pocket.cause]:
        assert here[f"unserved_{need}"] >= 1.5 * expected[f"unserved_{need}"]
    # and no other need has more households beyond what is expected
    assert str(excess.idxmax()).removeprefix("unserved_") in CAUSE_NEEDS[pocket.cause]


def test_one_pocket_is_new_and_one_heals(demo: Path) -> None:
    numbers = [{one["pocket"] for one in truth_of(demo, wave)["pockets"]} for wave in WAVES]
    # 6 is new in 2025, 9 has healed by then
    assert numbers == [{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 4, 5, 7, 8, 9}]


def test_truth_tells_how_poor_a_village_was_drawn(demo: Path) -> None:
    truth, table = truth_of(demo), counts(demo)
    drawn = pd.Series({code: one["probability"] for code, one in truth["villages"].items()})
    homes, poor = table["households"], table["poor_households"]
    noise = np.sqrt((drawn * (1 - drawn) / homes).clip(lower=1e-6))
    assert truth["seed"] == SMALL.seed
    # hamlets differ within a village, which leaves a little less than binomial noise
    assert (((poor / homes - drawn) / noise) ** 2).mean() == pytest.approx(1.0, abs=0.3)


def test_truth_tells_leak_and_gap_of_assistance(demo: Path, raw: pd.DataFrame) -> None:
    told = truth_of(demo)["assistance"]["pkh_bpnt"]
    receives = (raw["penerima_pkh"] == "1") | (raw["penerima_bpnt"] == "1")
    decile = raw["desil_nasional"].astype(int)
    assert told["gap"] == pytest.approx(1 - receives[decile == 1].mean(), abs=1e-6)
    assert told["leak"] == pytest.approx(receives[decile > 4].mean(), abs=1e-6)
    assert told["gap"] > 0.1
    assert told["leak"] > 0.02


@pytest.mark.parametrize("wave", WAVES)
def test_without_pockets_no_village_is_planted(demo: Path, plain: Path, wave: str) -> None:
    truth = truth_of(plain, wave)
    assert truth["pockets"] == []
    assert {one["pocket"] for one in truth["villages"].values()} == {None}
    assert len({one["mean_probability"] for one in truth["villages"].values()}) == 1
    # nothing else changes: the villages keep their size
    assert counts(plain, wave)["households"].equals(counts(demo, wave)["households"])


@pytest.mark.parametrize("wrong", [{"households": 100}, {"households": 10**6}, {"seed": -1}])
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DemoSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("households", [5_000, 20_001])
def test_small_and_odd_sizes_add_up(tmp_path: Path, households: int) -> None:
    folder = write_demo(tmp_path, settings=DemoSettings(households=households, seed=3)).parent
    assert len(pd.read_csv(folder / "register_2025.csv")) == households


@pytest.mark.parametrize("there_before", [False, True])
def test_a_demo_that_stops_leaves_nothing_of_its_own_and_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there_before: bool
) -> None:
    folder = tmp_path / "not yet" / "there"
    if there_before:
        folder.mkdir(parents=True)
        (folder / "mine.txt").write_text("kept", encoding="utf-8")

    def full(*_: object) -> None:
        # as polars words it: without number and name
        msg = "No space left on device (os error 28)"
        raise OSError(msg)

    # the last thing that is written before the study
    monkeypatch.setattr(files, "_pledges", full)
    with pytest.raises(OSError, match="No space") as raised:
        write_demo(folder, settings=DemoSettings(households=5000))
    assert raised.value.filename == str(folder)
    left = sorted(one.relative_to(tmp_path).as_posix() for one in tmp_path.rglob("*"))
    assert left == (["not yet", "not yet/there", "not yet/there/mine.txt"] if there_before else [])


def test_a_demo_whose_run_stops_leaves_no_data_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "products")

    monkeypatch.setattr("sibangkit_geo.study.running.run", stops)
    told = CliRunner().invoke(
        app, ["demo", "--households", "5000", "--out", str(tmp_path / "new" / "demo")]
    )
    assert told.exit_code == 1
    assert told.stderr.startswith("error: the disk is full")
    assert [*tmp_path.iterdir()] == []
