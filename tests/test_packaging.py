"""The embedded data are found from a wheel, a normal and an editable install."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ASK = (
    "import sibangkit_geo.codes as c; "
    "print(len(c.official_villages('16.07')), c.data_folder(), sep='|')"
)
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
OFFLINE = ["--no-build-isolation", "--no-deps", "--no-index"]
# little of what is installed is imported
INSTALL = [*PIP, "install", *OFFLINE, "--no-compile"]


def _ask(folder: Path | None, cwd: Path) -> tuple[int, Path]:
    environment = {**os.environ}
    environment.pop("PYTHONPATH", None)
    if folder is not None:
        environment["PYTHONPATH"] = str(folder)
    result = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    count, place = result.stdout.strip().split("|")
    return int(count), Path(place)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [*PIP, "wheel", *OFFLINE, "--wheel-dir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_wheel_carries_boundaries_texts_scripts_and_no_household(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "sibangkit_geo/data/boundaries/villages.geojson",
        "sibangkit_geo/data/boundaries/official_villages.csv",
        "sibangkit_geo/agencies/agencies.toml",
        "sibangkit_geo/products/id.toml",
        "sibangkit_geo/voice/messages.id.toml",
        "sibangkit_geo/products/web/templates/shell.html.j2",
        "sibangkit_geo/products/web/vendor/leaflet.js",
        "sibangkit_geo/py.typed",
    ):
        assert wanted in names
    assert not [name for name in names if "register_2" in name and name.endswith(".csv")]


def test_wheel_install_finds_its_data(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    subprocess.run([*INSTALL, "--target", str(target), str(wheel)], check=True)
    count, place = _ask(target, tmp_path)
    assert count == 313
    assert place.is_relative_to(target)


def test_normal_install_from_the_source_finds_its_data(tmp_path: Path) -> None:
    target = tmp_path / "site"
    subprocess.run([*INSTALL, "--target", str(target), str(ROOT)], check=True)
    count, place = _ask(target, tmp_path)
    assert count == 313
    assert place.is_relative_to(target)


def test_editable_install_reads_the_checkout(tmp_path: Path) -> None:
    target = tmp_path / "site"
    subprocess.run([*INSTALL, "--target", str(target), "--editable", str(ROOT)], check=True)
    # a .pth file only works in a real site folder: read what it points at
    pointers = [line for pth in target.glob("*.pth") for line in pth.read_text().splitlines()]
    assert [Path(line) for line in pointers if line] == [ROOT]
    count, place = _ask(Path(pointers[0]), tmp_path)
    assert count == 313
    assert place == ROOT / "data" / "boundaries"


BUILD = """
import os, sys, time
clock = time.time
time.time = lambda: clock() + float(sys.argv[2])
os.umask(int(sys.argv[3], 8))
from hatchling import build
build.build_wheel(sys.argv[1])
build.build_sdist(sys.argv[1])
"""


def _built(source: Path, out: Path, *, later_s: float, umask: str) -> dict[str, str]:
    """Build wheel and source archive; their names and checksums."""
    out.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    subprocess.run(
        [sys.executable, "-c", BUILD, str(out), str(later_s), umask],
        cwd=source,
        env={**environment, "TZ": f"X{umask[-1]}"},
        check=True,
        capture_output=True,
    )
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in out.iterdir()}


def test_wheel_and_source_archive_are_the_same_bytes_wherever_and_whenever_built(
    tmp_path: Path,
) -> None:
    pytest.importorskip("hatchling", reason="the build backend is not installed: make setup")
    other = tmp_path / "another folder" / "deeper"
    left = shutil.ignore_patterns("node_modules", "__pycache__", ".*_cache")
    rooms = ("sibangkit_geo", "tests", "notebooks", "data")
    # another order of files on the disk, other times, other rights
    for room in rooms:
        shutil.copytree(ROOT / room, other / room, ignore=left, copy_function=shutil.copyfile)
    files = ("CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml", ".gitignore")
    for name in files:
        shutil.copyfile(ROOT / name, other / name)
    for number, file in enumerate(sorted(other.rglob("*.*"), reverse=True)):
        if file.is_file():
            os.utime(file, (1e9 + number, 1e9 + number))
            file.chmod(0o600)
    first = _built(ROOT, tmp_path / "first", later_s=0, umask="022")
    second = _built(other, tmp_path / "second", later_s=4e7, umask="077")
    assert len(first) == 2
    assert first == second


def test_what_lies_about_in_the_folder_of_data_goes_into_no_archive(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the build backend is not installed: make setup")
    source = tmp_path / "source"
    # what the settings name must be there; nothing else has to
    for name in ("sibangkit_geo/__init__.py", "README.md", "LICENSE", "pyproject.toml"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    shutil.copytree(ROOT / "data" / "boundaries", source / "data" / "boundaries")
    for name in ("data/register_2025.csv", "data/boundaries/register.xlsx"):
        (source / name).write_text("nik\n", encoding="utf-8")
    built = tmp_path / "built"
    _built(source, built, later_s=0, umask="022")
    (archive,) = built.glob("*.tar.gz")
    (wheel,) = built.glob("*.whl")
    with tarfile.open(archive) as packed:
        names = [*zipfile.ZipFile(wheel).namelist(), *packed.getnames()]
    assert any(one.endswith("boundaries/villages.geojson") for one in names)
    assert [one for one in names if "register" in one] == []
