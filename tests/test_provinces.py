"""A study of several regencies: each as alone, side by side, taken up again, together at last."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import lxml.html
import pandas as pd
import pytest
from typer.testing import CliRunner

from sibangkit_geo import config, study
from sibangkit_geo.cli import app
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.products import staging
from sibangkit_geo.study import provinces
from sibangkit_geo.study.lock import Lock
from sibangkit_geo.study.provinces import ProvinceOrder, run_province
from sibangkit_geo.study.regencies import read_regencies
from sibangkit_geo.study.waiting import WaitingRoom, age_words, key_of
from sibangkit_geo.study.workers import DIED, Ended, run_apart
from tests.provinces import REGENCIES, STUDY, write_regencies

if TYPE_CHECKING:
    from collections.abc import Callable

    from sibangkit_geo.study.regencies import Several


def silent(*_: object) -> None:
    """Report nothing."""


def several(file: Path) -> Several:
    """Read the study of several regencies."""
    found = read_regencies(file)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run both regencies by the command; give the folder that holds `data` and `hasil`."""
    home = tmp_path_factory.mktemp("province")
    file = write_regencies(home / "data")
    ran = CliRunner().invoke(app, ["run", str(file), "--out", str(home / "hasil")])
    assert ran.exit_code == 0, ran.output
    return home


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


def test_a_regency_is_what_a_study_of_it_heremakes(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = STUDY.split("[regency.", maxsplit=1)[0].replace("{regency}", "16.10")
    text = text.replace('regencies = ["16.10", "16.11"]', 'regency = "16.10"')
    text = text.replace("across_borders = true\n", "")
    text = text.replace("dua kabupaten", "dua kabupaten: Kabupaten Ogan Ilir")
    text = text.replace(
        'benchmark = "none"', 'benchmark = "none"\nrate_percent = 8.5\npoor_people = 50_000'
    )
    alone = made / "data" / "satu.toml"
    alone.write_text(text + '\n[join]\nreview = "join.review.16.10.csv"\n', "utf-8")
    created = json.loads((made / "hasil" / "16.10" / "manifest.json").read_text())["created"]
    stamp = pd.Timestamp(created).timestamp()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(stamp)))
    study.run(alone, tmp_path / "satu")
    one, other = files_of(tmp_path / "satu"), files_of(made / "hasil" / "16.10")
    assert one.keys() == other.keys()
    # the manifest names another study file; how PROJ words a CRS differs between processes
    worded = {name for name in one if name.startswith("gis/") and not name.endswith(".gpkg")}
    assert {name for name in one if one[name] != other[name]} <= {"manifest.json", *worded}
    for name in (one for one in worded if one.endswith(".parquet")):
        here, within = (
            pd.DataFrame(gpd.read_parquet(at / name).to_wkb())
            for at in (tmp_path / "satu", made / "hasil" / "16.10")
        )
        pd.testing.assert_frame_equal(here, within)


def test_the_front_page_sums_the_tables_of_the_regencies(made: Path) -> None:
    out = made / "hasil"
    table = pd.read_csv(out / "kabupaten.csv", dtype={"kode": str}).set_index("kode")
    assert list(table.index) == list(REGENCIES)
    for code in REGENCIES:
        villages = pd.read_csv(out / code / "villages.csv")
        assert table.loc[code, "rumah_tangga_miskin"] == villages["poor_households"].sum()
        assert table.loc[code, "rumah_tangga_diketahui"] == villages["known_poor"].sum()
    assert table["angka_resmi_persen"].tolist() == [8.5, 12.5]
    page = (out / "index.html").read_text("utf-8")
    text = " ".join(lxml.html.fromstring(page).text_content().split())
    poor, base = table["rumah_tangga_miskin"].sum(), table["rumah_tangga_diketahui"].sum()
    assert f"{poor} dari {base:,} rumah tangga".replace(",", ".") in text
    for code in REGENCIES:
        assert f'href="{code}/index.html"' in page
    assert len(page.encode()) < 1_200_000


def test_a_pocket_across_the_border_is_found_on_the_map_of_both_alone(made: Path) -> None:
    table = pd.read_csv(made / "hasil" / "kantong_lintas.csv", dtype=str)
    assert len(table) == 1
    found = set(table["kode_desa_anggota"][0].split())
    assert {one[:5] for one in found} == set(REGENCIES)
    planted = {"16.10.02.2009", "16.10.02.2010", "16.10.02.2014", "16.10.02.2015",
               "16.11.01.2006", "16.11.01.2007", "16.11.01.2011", "16.11.01.2012"}  # fmt: skip
    assert len(found & planted) >= 6
    assert len(found - planted) <= 1
    page = (made / "hasil" / "index.html").read_text("utf-8")
    assert "Kantong lintas kabupaten/kota" in page


def test_the_folder_is_whole_and_nothing_waits_any_more(made: Path) -> None:
    assert staging.verify(made / "hasil").whole
    assert sorted(one.name for one in made.iterdir()) == ["data", "hasil"]


def test_one_faulty_register_stops_no_other_and_its_old_products_stay(
    made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made / "data", tmp_path / "data")
    shutil.copytree(made / "hasil", tmp_path / "hasil")
    (tmp_path / "data" / "register_16.11.csv").write_text("a,b\n1,2\n", "utf-8")
    command = ["--language", "id", "run", str(tmp_path / "data" / "studi.toml"),
               "--out", str(tmp_path / "hasil"), "--jobs", "1"]  # fmt: skip
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 3
    assert "1 dari 2 kabupaten/kota selesai" in ran.stderr
    assert "Kabupaten Empat Lawang: register_16.11.csv: tidak ada kolom desa" in ran.stderr
    table = pd.read_csv(tmp_path / "hasil" / "kabupaten.csv")
    assert table["hasil"].tolist() == ["selesai", "tidak ada"]
    # no number of it is counted as zero
    assert table.loc[1].drop(["kode", "nama", "hasil", "sebab"]).isna().all()
    page = (tmp_path / "hasil" / "index.html").read_text("utf-8")
    assert "tidak ada kolom desa yang dikenali" in page
    assert "tetap tersedia, tetapi tidak ikut dijumlahkan" in page
    before = files_of(made / "hasil" / "16.11")
    assert files_of(tmp_path / "hasil" / "16.11") == before
    assert staging.verify(tmp_path / "hasil").whole
    # mended, only what was missing is run
    shutil.copy(made / "data" / "register_16.11.csv", tmp_path / "data")
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0
    assert "16.10: hasil yang sudah selesai" in ran.stderr
    assert "16.11: hasil yang sudah selesai" not in ran.stderr
    assert not WaitingRoom.beside(tmp_path / "hasil").place.exists()


def test_where_all_fail_nothing_is_written(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "data", tmp_path / "data")
    for code in REGENCIES:
        (tmp_path / "data" / f"register_{code}.csv").unlink()
    with pytest.raises(DataError, match=r"No regency has a result; of 1 of 2 the same is wrong"):
        run_province(
            several(tmp_path / "data" / "studi.toml"),
            tmp_path / "hasil",
            order=ProvinceOrder(),
            progress=silent,
        )
    assert not (tmp_path / "hasil").exists()


def test_what_was_finished_before_a_kill_is_taken_up(made: Path, tmp_path: Path) -> None:
    file = made / "data" / "studi.toml"
    out = tmp_path / "hasil"
    room = WaitingRoom.beside(out)
    script = [sys.executable, "-m", "sibangkit_geo", "run", str(file), "--out", str(out), "--jobs"]
    process = subprocess.Popen([*script, "1"], stdout=subprocess.DEVNULL)
    for _ in range(600):
        if room.names() or process.poll() is not None:
            break
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    process.wait()
    assert not out.exists()
    assert room.names() == ["16.10"]
    ran = CliRunner().invoke(app, ["--language", "id", *script[3:-1]])
    assert ran.exit_code == 0, ran.output
    assert "16.10: hasil yang sudah selesai 0 menit lalu dipakai" in ran.stderr
    for name in ("kabupaten.csv", "kantong_lintas.csv", "16.10/villages.csv"):
        assert (out / name).read_bytes() == (made / "hasil" / name).read_bytes()


def test_what_waits_is_used_only_where_all_it_rests_on_is_the_same(
    made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made / "data", tmp_path / "data")
    file = tmp_path / "data" / "studi.toml"
    lock, review = None, tmp_path / "tinjauan.csv"

    def key() -> str:
        found = several(file)
        return key_of(found.study("16.10"), found.tables["16.10"], lock=lock, review=review)

    seen = {"as it was": key()}
    assert seen["as it was"] == key()
    register = tmp_path / "data" / "register_16.10.csv"
    register.write_text(register.read_text("utf-8").replace(",5,", ",6,", 1), "utf-8")
    seen["register"] = key()
    file.write_text(file.read_text("utf-8").replace("replicates = 99", "replicates = 98"), "utf-8")
    seen["settings"] = key()
    (tmp_path / "data" / "sibangkit.salt").write_text("00" * 32, "utf-8")
    seen["secret"] = key()
    review.write_text("kode_tabel,kode_desa\n", "utf-8")
    seen["decisions"] = key()
    lock = Lock("kata sandi yang panjang")
    seen["password"] = key()
    lock = Lock("kata sandi lain yang panjang")
    seen["another password"] = key()
    assert len(set(seen.values())) == len(seen)


def test_a_result_that_was_touched_or_is_of_a_database_is_not_used(
    made: Path, tmp_path: Path
) -> None:
    room = WaitingRoom(tmp_path / "room")
    room.open()
    shutil.copytree(made / "hasil" / "16.10", room.folder("16.10"))
    table = pd.read_csv(made / "hasil" / "kabupaten.csv")
    assert len(table) == 2
    plain = {"code": "16.10", "name": "x", "created": "", "label": "", "rule": "", "data_year": 1,
             "source": "", "generations": [], "base": 1, "poor": 1, "official": [], "p_value": None,
             "strict": 0, "indicative": 0, "wide": 0, "villages": 1, "with_data": 1, "inside": 0,
             "notes": 0, "level_line": ""}  # fmt: skip
    room.keep("16.10", "kunci", plain)
    assert room.found("16.10", "kunci") is not None
    assert room.found("16.10", "lain") is None
    room.keep("16.10", "", plain)
    assert room.found("16.10", "") is None
    room.keep("16.10", "kunci", plain)
    (room.folder("16.10") / "villages.csv").write_text("a\n", "utf-8")
    assert room.found("16.10", "kunci") is None
    if os.name == "posix":
        assert room.place.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("seconds", "words"), [(30, "0 menit"), (7_000, "1 jam"), (200_000, "2 hari")]
)
def test_ages_are_told_in_words(seconds: float, words: str) -> None:
    assert age_words(seconds) == words


# ---- the study file

WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "both": (lambda s: s.replace("year = 2025\nacross", 'year = 2025\nprovince = "16"\nacross'),
             "one of both"),
    "twice": (lambda s: s.replace('["16.10", "16.11"]', '["16.10", "16.10"]'), "one twice"),
    "unknown": (lambda s: s.replace('"16.11"]', '"16.99"]'), 'Unknown regency "16.99"'),
    "province": (lambda s: s.replace('regencies = ["16.10", "16.11"]', 'province = "10"'),
                 'Unknown province "10"'),
    "foreign": (lambda s: s.replace('[regency."16.11"', '[regency."16.12"'),
                'Unknown regency "16.12" in [regency]'),
    "rate": (lambda s: s.replace("[official]", "[official]\nrate_percent = 9\npoor_people = 1"),
             "[official] rate_percent, poor_people would stand for every regency"),
    "level": (lambda s: s + '\n[regency."16.10".disclosure]\nlevel = "public"\n',
              "stands for all regencies"),
    "key": (lambda s: s.replace("across_borders", "across_border"), "Did you mean"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_study_is_refused_with_its_remedy(tmp_path: Path, kind: str) -> None:
    change, told = WRONG[kind]
    file = tmp_path / "studi.toml"
    file.write_text(change(STUDY), "utf-8")
    with pytest.raises(ConfigError) as error:
        read_regencies(file)
    assert told in str(error.value)


def test_what_is_of_one_regency_lies_over_what_is_common(tmp_path: Path) -> None:
    file = write_regencies(tmp_path)
    text = STUDY + '\n[regency."16.11".pockets]\nalpha = 0.01\n'
    text += '\n[[regency."16.11".households]]\npath = "lain.csv"\ncode_system = "kemendagri"\n'
    text += 'code_generation = "bdt2015"\nyear = 2019\n'
    file.write_text(text, "utf-8")
    (tmp_path / "lain.csv").write_text("kode_desa\n", "utf-8")
    found = several(file)
    one, other = found.study("16.10"), found.study("16.11")
    assert (one.pockets.alpha, other.pockets.alpha) == (0.05, 0.01)
    assert one.pockets.replicates == other.pockets.replicates == 99
    assert [Path(x.households[0].path).name for x in (one, other)] == [
        "register_16.10.csv",
        "lain.csv",
    ]
    assert one.study.title == "Kantong kemiskinan dua kabupaten: Kabupaten Ogan Ilir"
    assert Path(other.join.review).name == "join.review.16.11.csv"


def test_commands_for_one_regency_say_so(tmp_path: Path) -> None:
    file = write_regencies(tmp_path)
    with pytest.raises(ConfigError, match="names several regencies, and this command takes one"):
        config.read_study(file)


# ---- processes


def _work(kind: str) -> object:
    if kind == "dies":
        os._exit(9)
    if kind == "wrong":
        msg = "Nothing there"
        raise DataError(msg, remedy="Look.")
    if kind == "foreign":
        msg = "3200000000000000"
        raise KeyError(msg)
    return kind * 2


def test_a_process_that_dies_stops_no_other() -> None:
    told: list[tuple[int, int]] = []
    orders = {kind: (kind,) for kind in ("dies", "wrong", "foreign", "fine")}
    ended = run_apart(_work, orders, jobs=2, done=lambda *at: told.append(at))
    assert ended["fine"] == Ended("finefine")
    assert ended["dies"] == Ended(errors=(DIED,), exit_code=1)
    assert ended["wrong"] == Ended(errors=("Nothing there. Look.",), exit_code=3)
    # the words of a foreign error may hold a number of somebody
    assert "3200" not in ended["foreign"].errors[0]
    assert "KeyError" in ended["foreign"].errors[0]
    assert list(ended) == list(orders)
    assert told == [(at, 4) for at in range(5)]


def test_jobs_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="`jobs` must be at least 0"):
        provinces.ProvinceOrder(jobs=-1)
