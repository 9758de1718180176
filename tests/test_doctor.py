"""The doctor names what is missing, and what that costs."""

from __future__ import annotations

import errno
import importlib
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from matplotlib import font_manager
from numba.core import caching
from typer.testing import CliRunner

from sibangkit_geo.cli import app
from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.pockets.compiled import compiled
from sibangkit_geo.products import machine
from sibangkit_geo.products.atlas import canvas
from sibangkit_geo.study.doctor import examine

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


def states() -> dict[str, tuple[str, str]]:
    return {one.what: (one.state, f"{one.told} {one.remedy}") for one in examine()}


def test_an_installation_that_runs_the_tests_is_well() -> None:
    found = states()
    assert found["Pustaka"][0] == "baik"
    assert f"sibangkit_geo {metadata.version('sibangkit_geo')}" in found["Pustaka"][1]
    assert {state for what, (state, _) in found.items() if what != "LibreOffice"} == {"baik"}
    told = CliRunner().invoke(app, ["doctor", "--language", "id"])
    assert told.exit_code == 0
    assert "baik   Python: 3." in told.stdout


def test_each_missing_part_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = metadata.version

    def lacks(name: str) -> str:
        if name == "folium":
            raise metadata.PackageNotFoundError(name)
        return "0.1" if name == "shapely" else version(name)

    monkeypatch.setattr(metadata, "version", lacks)
    monkeypatch.setattr(machine, "_PROGRAMS", ("no-such-program",))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "none"))
    found = states()
    assert found["Pustaka"][0] == "rusak"
    assert "folium tidak ada; shapely 0.1, perlu >=2.2" in found["Pustaka"][1]
    assert found["LibreOffice"][0] == "kurang"
    assert found["Folder sementara"][0] == "rusak"
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 1


def test_what_a_library_needs_in_turn_is_missed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def lacks(name: str) -> str:
        # llvmlite is numba's, click-plugins fiona's; neither is asked for by the project itself
        if name in {"llvmlite", "click-plugins"}:
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", lacks)
    state, told = states()["Pustaka"]
    assert state == "rusak"
    assert "llvmlite tidak ada" in told
    assert "click-plugins tidak ada" in told
    assert "pip install --require-hashes" in told


def test_a_library_that_is_there_and_cannot_be_loaded_is_named_with_the_file_it_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = importlib.import_module

    def breaks(name: str) -> ModuleType:
        if name == "rasterio":
            msg = "libexpat.so.1: cannot open shared object file: No such file or directory"
            raise ImportError(msg)
        if name == "fiona":
            msg = "of this machine"
            raise RuntimeError(msg)
        return load(name)

    monkeypatch.setattr(importlib, "import_module", breaks)
    state, told = states()["Pemuatan pustaka"]
    assert state == "rusak"
    assert "fiona (RuntimeError); rasterio (libexpat.so.1)" in told


def test_folders_that_cannot_be_used_are_told_with_what_is_used_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    state, told = states()["Folder sementara"]
    assert state == "kurang"
    assert f"dipakai {tempfile.gettempdir()}" in told

    def none() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert states()["Folder sementara"][0] == "rusak"
    monkeypatch.setattr(Path, "cwd", none)
    assert states()["Folder kerja"] == ("kurang", "tidak ada lagi Pindah ke folder lain.")


_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
sys.argv = ["sibangkit", "doctor"]
from sibangkit_geo.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "name", ["lazy_loader", "numba", "packaging", "scipy", "shellingham", "typer"]
)
def test_without_a_library_one_line_names_it_and_nothing_is_traced(name: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _WITHOUT.format(name=name)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )
    text = told.stdout + told.stderr
    assert told.returncode == 1, text
    assert "Traceback" not in text
    lines = [one for one in text.splitlines() if name.replace("_", "-") in one.replace("_", "-")]
    assert lines, text
    assert "pip install --require-hashes" in text


@pytest.mark.parametrize(
    ("name", "extra"), [("matplotlib", "annex"), ("sqlalchemy", "postgis"), ("distributed", "dask")]
)
def test_without_a_library_of_an_extra_the_doctor_names_what_it_costs_and_how_to_get_it(
    name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = metadata.version

    def lacks(asked: str) -> str:
        if asked == name:
            raise metadata.PackageNotFoundError(asked)
        return version(asked)

    monkeypatch.setattr(metadata, "version", lacks)
    found = states()
    assert {found[what][0] for what in ("Pustaka", "Pemuatan pustaka")} == {"baik"}
    state, told = found[f"Tambahan {extra}"]
    assert state == "kurang"
    assert told.startswith(f"{name} tidak ada Tanpa itu")
    assert told.endswith(f'pip install "sibangkit_geo[{extra}]"')
    others = {what for what, (one, _) in found.items() if one == "kurang"} - {"LibreOffice"}
    assert others == {f"Tambahan {extra}"} | ({"Tambahan notebook"} if extra == "annex" else set())
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0


def test_a_library_of_an_extra_that_cannot_be_loaded_breaks_nothing_else() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _WITHOUT.format(name="matplotlib")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "en_US.UTF-8"},
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "lacks  Extra annex: matplotlib (ModuleNotFoundError)" in told.stdout
    assert "Font of printed maps" not in told.stdout


_READ_ONLY = """
import os, sys
from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.pockets.compiled import are_kept, compiled

def double(number):
    return 2 * number

print(are_kept(), compiled(nogil=True)(double)(21))
"""


def test_without_a_place_for_compiled_code_loops_work_and_leave_nothing(tmp_path: Path) -> None:
    # numba knows where a script of its own lies; it asks folders, which root may always write
    script = tmp_path / "script.py"
    script.write_text(_READ_ONLY, encoding="utf-8")
    start = (
        "import runpy, pathlib, os, numba.core.caching as caching\n"
        "def no_home(): raise RuntimeError\n"
        "pathlib.Path.home = no_home\n"
        "os.access = lambda *_, **__: False\n"
        f"runpy.run_path({str(script)!r}, run_name='__main__')\n"
    )
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in {"XDG_CACHE_HOME", "NUMBA_CACHE_DIR"}
    }
    told = subprocess.run(
        [sys.executable, "-c", start],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )
    assert told.stdout.split() == ["False", "42"]
    assert [one.name for one in tmp_path.iterdir()] == ["script.py"]


def test_a_full_disk_under_the_kept_code_stops_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)

    def double(number: int) -> int:
        return 2 * number

    assert compiled()(double)(21) == 42


def test_a_folder_that_cannot_be_written_is_told_in_words_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuses)
    found = states()
    assert found["Folder kerja"][0] == "kurang"
    assert found["Folder kerja"][1].startswith("tidak boleh ditulis Beri --out")
    assert found["Folder sementara"][0] == "rusak"


def test_without_its_font_the_doctor_and_a_printed_map_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: object, **__: object) -> str:
        msg = "Failed to find font"
        raise ValueError(msg)

    monkeypatch.setattr(font_manager, "findfont", none)
    monkeypatch.setattr(canvas, "findfont", none)
    state, told = states()["Huruf peta cetak"]
    assert state == "rusak"
    assert "DejaVu Sans tidak ada" in told
    with pytest.raises(SibangkitError, match="need the font DejaVu Sans"):
        canvas.font_file(canvas.face(10.0))
