"""`sibangkit mulai`: driven on a pseudo-terminal as a planner would; its parsers by themselves."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sibangkit_geo import DemoSettings, read_study, write_demo
from sibangkit_geo.cli import app
from sibangkit_geo.errors import DataError
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.sources.boundaries import embedded_polygons
from sibangkit_geo.study import guided
from sibangkit_geo.voice import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typer.testing import Result

PACKAGE = Path(guided.__file__).parents[1]
terminal_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo-terminal in the standard library"
)
# how long a step may take where many others run; nothing waits so long but where it hangs
CEILING = 300.0
YES = "Sudah benar?"
RUNS = "Membaca data"


class Terminal:
    """A pseudo-terminal with a command in it; reads until a text comes, however slow that is."""

    def __init__(self, *arguments: object, cwd: Path) -> None:
        import pty  # noqa: PLC0415 - Windows has none

        self.master, slave = pty.openpty()
        env = {key: text for key, text in os.environ.items() if not key.startswith(("LC_", "LANG"))}
        browser = cwd / "peramban"
        browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{cwd}/dibuka"\n', encoding="utf-8")
        browser.chmod(0o755)
        # who runs the tests may ignore Ctrl-C, and what is started from here would then too
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sibangkit_geo", "mulai", *map(str, arguments)],
            cwd=cwd,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=env | {"LC_ALL": "C.UTF-8", "BROWSER": f"{browser} %s"},
        )
        os.close(slave)
        self.heard = ""
        self.all = ""

    def wait(self, text: str) -> str:
        """Read until a text has come; what came before it is given and counts as heard."""
        end = time.monotonic() + CEILING
        while text not in self.heard:
            if not self._read(end):
                pytest.fail(f"{text!r} has not come:\n{self.all}")
        before, _, self.heard = self.heard.partition(text)
        return before + text

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        try:
            read = os.read(self.master, 65_536)
        except OSError:
            # Linux says so of a terminal whose other end is closed
            return False
        told = read.decode("utf-8", "replace").replace("\r\n", "\n")
        self.heard += told
        self.all += told
        return bool(read)

    def type(self, *lines: str) -> None:
        """Type lines, each when a question stands there."""
        for line in lines:
            self.wait(": ")
            os.write(self.master, f"{line}\n".encode())
            # its own echo is no question
            self.wait("\n")

    def answer(self, question: str, line: str) -> None:
        """Answer a question that is waited for."""
        self.wait(question)
        self.type(line)

    def end(self) -> int:
        """Wait until the command has ended, and give its exit code."""
        end = time.monotonic() + CEILING
        while self._read(end):
            pass
        code = self.process.wait(timeout=CEILING)
        os.close(self.master)
        return code

    def close_window(self) -> None:
        """Close the window: the terminal is gone, and its programs are told so."""
        os.close(self.master)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGHUP)
        self.process.wait(timeout=CEILING)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Open terminals, and end what still runs in them."""
    all_of_them: list[Terminal] = []

    def start(*arguments: object) -> Terminal:
        all_of_them.append(Terminal(*arguments, cwd=tmp_path))
        return all_of_them[-1]

    yield start
    for one in all_of_them:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, settings=DemoSettings(households=5_000))
    return folder


def _village_table(demo: Path) -> pd.DataFrame:
    table = pd.read_csv(demo / "desa_2025.csv", dtype={"kode_desa": "string"})
    poor = [5 + 30 * (code[6:8] == "02") for code in table["kode_desa"]]
    return table.assign(persen_miskin=poor)


def _saved(table: pd.DataFrame, path: Path) -> None:
    text = table.to_csv(index=False)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def villages_only(tmp_path: Path, demo: Path) -> Path:
    folder = tmp_path / "data desa & lain é"
    folder.mkdir()
    _saved(_village_table(demo), folder / "desa_2025.csv")
    return folder


@pytest.fixture
def damaged(tmp_path: Path, demo: Path) -> Path:
    """Make a register with headers that nobody knows and broken rows, beside a broken workbook."""
    folder = tmp_path / "rusak"
    folder.mkdir()
    header, *rows = (demo / "register_2025.csv").read_text("utf-8").splitlines()[:401]
    for old, new in (("kode_desa", "wilayah"), ("desil_nasional", "tingkat"), ("pengeluaran", "b")):
        header = header.replace(old, new)
    rows[5] = rows[5].replace(rows[5].split(",")[0], "16.07.99.9999")
    (folder / "data.csv").write_text("\n".join([header, *rows, ",,,"]) + "\n", encoding="utf-8")
    (folder / "buku.xlsx").write_bytes(b"PK no workbook")
    return folder


def plain(text: str) -> bool:
    """Tell whether a text has neither colours nor boxes nor anything that moves the cursor."""
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u2500-\u259f]", text.replace("\r", ""))


# ---- on a terminal
@terminal_only
def test_a_clean_folder_becomes_maps(
    opened: Callable[..., Terminal], tmp_path: Path, demo: Path
) -> None:
    folder = tmp_path / "bersih"
    folder.mkdir()
    for name in ("desa_2025.csv", "register_2025.csv"):
        (folder / name).write_bytes((demo / name).read_bytes())
    terminal = opened()
    # a place that is none, then the folder in quotes as a file manager pastes it
    terminal.answer("Folder berisi data", "tiada")
    terminal.wait("Folder itu tidak ditemukan.")
    terminal.type(f'"{folder}"')
    terminal.wait("1. desa_2025.csv: tabel desa")
    terminal.wait("2. register_2025.csv: register rumah tangga, 5.000 baris, 5.000 cocok")
    terminal.answer(YES, "")
    # back to the files, and forth again
    terminal.answer("daftar kode jawaban", "kembali")
    terminal.answer(YES, "ya")
    terminal.answer("daftar kode jawaban", "9")
    terminal.wait("Ketik salah satu nomor, 1 sampai 5.")
    terminal.type("dtsen")
    terminal.answer("Tahun data", "25")
    terminal.wait("Tahun ditulis dengan empat angka, misalnya 2025.")
    terminal.type("")
    terminal.answer("Desil terakhir", "11")
    terminal.wait("Desil adalah bilangan bulat dari 1 sampai 10.")
    terminal.type("1")
    terminal.answer("resmi kabupaten", "900")
    terminal.wait("Persentase antara 0 dan 100.")
    terminal.type("9,31")
    terminal.answer("penduduk miskin resmi, orang", "84.36")
    terminal.wait("Tulis bilangan bulat")
    terminal.type("84.360")
    terminal.answer("Tahun angka resmi", "")
    terminal.answer("Sumber angka resmi", "BPS 1607" + "9955" + "0580" + "0001")
    terminal.wait("nomor panjang seperti NIK")
    terminal.type("BPS, contoh")
    terminal.answer("Selaraskan", "mungkin")
    terminal.wait("Ketik ya atau tidak.")
    terminal.type("tidak")
    terminal.answer("Siapa yang boleh melihat", "3")
    terminal.wait("Angka resmi: 9,31 persen, 84.360 orang, 2025, BPS, contoh")
    terminal.answer("Mulai sekarang?", "ya")
    terminal.wait("Halaman depan dibuka")
    assert terminal.end() == 0
    assert plain(terminal.all)
    study = read_study(folder / "study.toml")
    assert (study.study.year, study.disclosure.level) == (2025, "agency")
    assert study.households[0].code_generation == "dtsen2025"
    assert study.poverty is not None
    assert study.poverty.decile_max == 1
    assert study.official is not None
    assert (study.official.rate_percent, study.official.benchmark) == (9.31, "none")
    front = folder / "hasil" / "index.html"
    assert (tmp_path / "dibuka").read_text("utf-8") == front.resolve().as_uri()
    assert not (folder / guided.KEPT).exists()


@terminal_only
def test_a_village_table_alone_is_run_and_again_without_questions(
    opened: Callable[..., Terminal], villages_only: Path
) -> None:
    terminal = opened(villages_only, "--no-browser")
    terminal.wait("1. desa_2025.csv: tabel desa")
    terminal.answer(YES, "ya")
    terminal.answer("Tahun data", "")
    terminal.answer("resmi kabupaten", "lewati")
    terminal.answer("Siapa yang boleh melihat", "3")
    terminal.wait("Angka resmi: dibiarkan kosong")
    terminal.answer("Mulai sekarang?", "ya")
    terminal.wait("Berkas studi ditulis: study.toml")
    terminal.wait("Selesai: ")
    assert terminal.end() == 0
    study_file = villages_only / "study.toml"
    assert read_study(study_file).official is None
    quick = study_file.read_text("utf-8").replace("replicates = 999", "replicates = 99")
    study_file.write_text(f"{quick}\n", encoding="utf-8")
    again = opened(villages_only, "--no-browser")
    again.wait("dijalankan lagi tanpa pertanyaan")
    again.wait("Selesai: ")
    assert again.end() == 0
    assert "?" not in again.all
    manifest = json.loads((villages_only / "hasil" / "manifest.json").read_text("utf-8"))
    assert manifest["result"]["replicates"] == 99


@terminal_only
def test_a_damaged_folder_is_corrected_and_nothing_is_lost(
    opened: Callable[..., Terminal], damaged: Path
) -> None:
    terminal = opened(damaged)
    terminal.wait("1. buku.xlsx: tidak terbaca")
    terminal.wait("2. data.csv: tidak dikenali")
    terminal.wait("tidak ada kolom desa")
    terminal.answer(YES, "ya")
    terminal.wait("Belum ada register atau tabel desa yang dapat dipakai.")
    terminal.answer(YES, "7")
    terminal.wait("nomor berkas, 1 sampai 2.")
    terminal.type("2")
    terminal.answer("data.csv sebenarnya apa?", "register")
    terminal.answer("berisi kode desa?", "wilayah")
    # back leads out of the file, and leaves it as it was
    terminal.answer("berisi desil?", "kembali")
    terminal.wait("2. data.csv: tidak dikenali")
    terminal.answer(YES, "2")
    terminal.answer("data.csv sebenarnya apa?", "1")
    terminal.answer("berisi kode desa?", "wilayah")
    terminal.answer("berisi desil?", "tingkat")
    terminal.wait("2. data.csv: register rumah tangga")
    terminal.answer(YES, "ya")
    terminal.answer("Kode desa tanpa titik", "1")
    terminal.answer("daftar kode jawaban", "3")
    terminal.answer("Tahun data", "2025")
    terminal.wait("Desil terakhir")
    terminal.close_window()
    kept = (damaged / guided.KEPT).read_text("utf-8")
    assert json.loads(kept)["columns"] == {
        "data.csv": {"village_code": "wilayah", "decile": "tingkat"}
    }
    assert not re.search(r"\d{11}", kept)
    again = opened(damaged)
    again.wait("ditawarkan lagi")
    again.wait("2. data.csv: register rumah tangga")
    again.type("ya", "", "", "", "1", "lewati", "3")
    again.answer("Mulai sekarang?", "ya")
    again.wait(RUNS)
    os.kill(again.process.pid, signal.SIGINT)
    assert again.end() == 1
    assert "Traceback" not in again.all
    study = read_study(damaged / "study.toml")
    assert study.households[0].village_code == "wilayah"
    assert dict(study.households[0].columns)["decile"] == "tingkat"


@terminal_only
def test_a_map_of_an_unknown_layout_is_named_by_its_columns(
    opened: Callable[..., Terminal], villages_only: Path
) -> None:
    areas = gpd.read_file(embedded_polygons())
    code = next(one for one in areas if str(areas[one].iloc[0]).startswith("16.07."))
    odd = gpd.GeoDataFrame({"x1": areas[code]}, geometry=areas.geometry, crs=areas.crs)
    odd.to_file(villages_only / "peta.geojson")
    terminal = opened(villages_only)
    terminal.wait("2. peta.geojson: tidak dipakai")
    terminal.wait("perhatian: batas peta.geojson tidak dipakai")
    terminal.wait("batas indikatif bawaan program")
    terminal.answer(YES, "2")
    terminal.answer("peta.geojson sebenarnya apa?", "1")
    terminal.answer("berisi kode desa?", "x1")
    terminal.answer("berisi nama desa?", "tidak ada")
    terminal.answer("berisi nama kecamatan?", "tidak ada")
    terminal.wait("Batas desa: peta.geojson")
    terminal.type("ya", "", "lewati", "3")
    terminal.wait("Batas desa: peta.geojson")
    terminal.answer("Mulai sekarang?", "ya")
    terminal.wait(RUNS)
    os.kill(terminal.process.pid, signal.SIGINT)
    assert terminal.end() == 1
    assert read_study(villages_only / "study.toml").boundaries.code == "x1"


@terminal_only
def test_an_empty_folder_is_told_and_the_end_of_the_input_ends_it(
    opened: Callable[..., Terminal], tmp_path: Path
) -> None:
    folder = tmp_path / "kosong"
    folder.mkdir()
    terminal = opened(folder)
    terminal.wait("tidak berisi register atau tabel desa")
    terminal.answer("Folder berisi data", "kembali")
    terminal.wait("Ini pertanyaan pertama")
    terminal.wait("Folder berisi data")
    os.write(terminal.master, b"\x04")
    terminal.wait("berhenti; belum ada yang disimpan")
    assert terminal.end() == 1
    assert list(folder.iterdir()) == []


@terminal_only
def test_it_speaks_english_and_ctrl_c_ends_it(
    opened: Callable[..., Terminal], villages_only: Path
) -> None:
    terminal = opened(villages_only, "--language", "en")
    terminal.wait("1. desa_2025.csv: village table")
    terminal.wait("Is this right?")
    os.kill(terminal.process.pid, signal.SIGINT)
    terminal.wait("stopped; the answers so far are kept")
    assert terminal.end() == 1
    assert "Traceback" not in terminal.all
    assert not re.search(r"\b(yang|berkas|tidak)\b", terminal.all)


# ---- in this process
def call(*arguments: object, lines: str = "") -> Result:
    env = {"LC_ALL": "C.UTF-8", "BROWSER": "true"}
    return CliRunner().invoke(app, ["mulai", *map(str, arguments)], input=lines, env=env)


ALL = "ya\n\nlewati\n3\nya\n"


def test_cancel_keeps_the_answers_and_leaves_nothing_half_written(villages_only: Path) -> None:
    told = call(villages_only, lines="ya\n2024\nBatal\n")
    assert told.exit_code == 1
    assert "tersimpan" in told.stderr
    assert {one.name for one in villages_only.iterdir()} == {"desa_2025.csv", guided.KEPT}
    found = guided.kept(villages_only)
    assert found is not None
    assert found.year == 2024
    assert "[2024]" in call(villages_only, lines="ya\n").stderr


def test_a_run_that_fails_is_told_as_ever_and_its_answers_are_offered_again(
    villages_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        msg = "desa.csv: empty"
        raise DataError(msg, rows=pd.DataFrame(), remedy="Fill it.")

    monkeypatch.setattr("sibangkit_geo.study.run", fail)
    told = call(villages_only, lines=ALL)
    assert told.exit_code == 3
    assert told.stderr.splitlines()[-1].startswith("galat: desa.csv")
    again = call(villages_only, lines="batal\n")
    assert "Pelaksanaan terakhir gagal" in again.stderr
    # a study file that was mended by hand is run as it is
    study_file = villages_only / "study.toml"
    call(villages_only, lines=ALL)
    study_file.write_text(study_file.read_text("utf-8") + "\n", encoding="utf-8")
    assert "tanpa pertanyaan" in call(villages_only).stderr


def test_answers_that_cannot_be_read_are_told(villages_only: Path) -> None:
    for text in ("{", '{"year": "x"}', '{"lain": 1}', "[" * 9_999):
        (villages_only / guided.KEPT).write_text(text, encoding="utf-8")
        assert guided.kept(villages_only) is None
    assert "tidak terbaca; pertanyaan dimulai dari awal" in call(villages_only).stderr


def test_kept_answers_hold_no_long_number_of_a_file_name(tmp_path: Path) -> None:
    number = "1607" + "9955" + "0580" + "0001"
    folder = guided.open_folder(tmp_path)
    folder.keep(guided.Answers(uses={f"{number}.csv": "not used", "a.csv": "profiles"}))
    assert number not in (tmp_path / guided.KEPT).read_text("utf-8")
    found = guided.kept(tmp_path)
    assert found is not None
    assert found.uses == {"a.csv": "profiles"}


def test_a_folder_that_cannot_be_written_is_told(
    villages_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sibangkit_geo.study.guided.write_text", refuse)
    told = call(villages_only)
    assert "tidak dapat dibaca atau ditulisi" in told.stderr
    assert told.exit_code == 1


def test_a_register_without_deciles_asks_for_them(tmp_path: Path, demo: Path) -> None:
    header, *rows = (demo / "register_2025.csv").read_text("utf-8").splitlines()[:50]
    header = header.replace("desil_nasional", "tingkat").replace("pengeluaran_per_kapita", "biaya")
    (tmp_path / "reg.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    told = call(tmp_path, lines="ya\n1\n1\ntingkat\nya\n3\n2025\n2\nbatal\n")
    assert "tidak mempunyai kolom desil atau pengeluaran" in told.stderr
    found = guided.kept(tmp_path)
    assert found is not None
    assert found.decile_max == 2


# ---- what is typed
FIRST_SIGNS = st.text(max_size=30)


@pytest.mark.parametrize(
    "parse",
    [typed.yes, typed.year, typed.decile, typed.percent, typed.whole, typed.people, typed.rupiah,
     typed.crs, typed.source],
)  # fmt: skip
@given(text=FIRST_SIGNS)
def test_whatever_is_typed_is_a_value_or_has_a_reason(
    parse: Callable[[str], object], text: str
) -> None:
    reasons = own_toml("sibangkit_geo.voice", "dialogue.toml")["id"]["reasons"]
    try:
        parse(typed.cleaned(text))
    except typed.RefusedError as refused:
        reasons[refused.reason].format(**refused.places)


@given(number=st.integers(1, 300_000_000), mark=st.sampled_from(["", ".", ",", " "]))
def test_a_whole_number_is_read_with_any_mark_of_thousands(number: int, mark: str) -> None:
    assert typed.people(f"{number:,}".replace(",", mark)) == number


@given(
    share=st.integers(0, 10_000),
    mark=st.sampled_from([",", "."]),
    sign=st.sampled_from(["", "%", " %"]),
)
def test_a_percentage_is_read_with_comma_and_point(share: int, mark: str, sign: str) -> None:
    text = f"{share / 100:.2f}".replace(".", mark)
    assert typed.percent(typed.cleaned(text + sign)) == pytest.approx(share / 100)


@pytest.mark.parametrize("text", ["84.36", "8.43.60", "84,360.5", "1e3", "-5", "٣", "", "84. 360"])
def test_a_number_that_could_be_another_is_refused(text: str) -> None:
    with pytest.raises(typed.RefusedError):
        typed.whole(text)


@given(
    name=st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="\"'\\/~"),
        min_size=1,
    )
)
def test_a_path_is_found_as_file_managers_and_terminals_write_it(name: str) -> None:
    wanted = Path(name)
    for text in (name, f'"{name}"', f"'{name}'", f"  {name} "):
        assert wanted in typed.paths(text, windows=False)
        assert wanted in typed.paths(text, windows=True)
    masked = re.sub(r"(\W)", r"\\\1", name)
    assert wanted in typed.paths(masked, windows=False)


@given(text=st.text(max_size=40))
def test_no_path_breaks_the_search_for_a_folder(text: str) -> None:
    with contextlib.suppress(typed.RefusedError):
        assert typed.folder(text).is_dir()


def test_a_file_stands_for_its_folder_and_an_address_for_its_path(tmp_path: Path) -> None:
    file = tmp_path / "data é"
    file.mkdir()
    assert typed.folder(file.as_uri()) == file
    (file / "a.csv").write_text("a")
    assert typed.folder(str(file / "a.csv")) == file


@given(
    options=st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=5, unique=True)
)
def test_every_option_is_chosen_by_number_and_by_name(options: list[str]) -> None:
    for number, one in enumerate(options, 1):
        assert typed.chosen(str(number), options) == one
        assert typed.chosen(one.upper(), options) == one
    for text in ("0", str(len(options) + 1), "", "zz"):
        with pytest.raises(typed.RefusedError):
            typed.chosen(text, options)


# ---- the catalogue
def _leaves(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def test_both_languages_say_the_same_in_plain_signs() -> None:
    words = own_toml("sibangkit_geo.voice", "dialogue.toml")
    ours, english = dict(_leaves(words["id"])), dict(_leaves(words["en"]))
    assert ours.keys() == english.keys()
    for key, text in ours.items():
        assert sorted(re.findall(r"\{(\w+)\}", text)) == sorted(
            re.findall(r"\{(\w+)\}", english[key])
        ), key
        assert text.isascii(), key
        assert english[key].isascii(), key


def test_no_word_of_the_catalogue_is_stale() -> None:
    found = set()
    for file in (*(PACKAGE / "voice").glob("*.py"), PACKAGE / "study" / "guided.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    words = own_toml("sibangkit_geo.voice", "dialogue.toml")["id"]
    for part in ("reasons", "lines", "values"):
        assert words[part].keys() <= found, part
    assert {key for key, text in words.items() if isinstance(text, str)} <= found
