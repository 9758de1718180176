"""The embedded data are found from a wheel, a normal and an editable install."""

from __future__ import annotations

import os
import subprocess
import sys
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
