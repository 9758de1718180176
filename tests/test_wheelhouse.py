"""One zip for offices without internet: what it takes from the lock, its scripts, its bytes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sibangkit_geo import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheelhouse(tool: Callable[[str], Any]) -> Any:
    return tool("wheelhouse")


@pytest.fixture(scope="module")
def entries(wheelhouse: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = wheelhouse.runtime(
        (ROOT / "requirements.lock").read_text(encoding="utf-8")
    )
    return found


def _names(entries: list[tuple[str, str]]) -> list[str]:
    return [entry.partition("==")[0] for entry, _ in entries]


def test_what_the_program_runs_on_is_taken_with_its_checksums(
    entries: list[tuple[str, str]],
) -> None:
    names = _names(entries)
    assert {"geopandas", "numba", "shapely"} <= set(names)
    # an office writes annexes and publishes its layers
    assert {"matplotlib", "python-docx", "pypdfium2", "psycopg-binary", "sqlalchemy"} <= set(names)
    assert not {"dask", "ipykernel", "sphinx"} & set(names)
    assert not {"pytest", "mypy", "hypothesis", "playwright", "bandit", "uv"} & set(names)
    for entry, marker in entries:
        assert re.search(r"^    --hash=sha256:[0-9a-f]{64}", entry, re.MULTILINE)
        assert "#" not in entry
        assert not marker or f"; {marker} \\" in entry


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["windows", "linux"])
def test_a_system_gets_one_version_of_each_package(
    wheelhouse: Any, entries: list[tuple[str, str]], system: str, python: str
) -> None:
    asked = [one for one in entries if wheelhouse.asked_by(one[1], system=system, python=python)]
    names = _names(asked)
    assert len(names) == len(set(names))
    assert set(names) >= set(_names([one for one in entries if not one[1]]))
    assert ("colorama" in names) == (system == "windows")
    assert "appnope" not in names


def test_its_version_is_that_of_the_package(wheelhouse: Any) -> None:
    assert wheelhouse.own_version() == __version__


def test_scripts_name_no_place_and_work_in_any_folder(wheelhouse: Any) -> None:
    told = wheelhouse.scripts(version="1.2.3", python="3.12", systems=["windows", "linux"])
    bat, shell = told["pasang.bat"], told["pasang.sh"]
    assert bat.isascii()
    assert bat.count("\r\n") == bat.count("\n")
    # a folder may have blanks in its name, and cmd.exe starts elsewhere
    assert 'cd /d "%~dp0"' in bat
    assert "\r" not in shell
    for one in (bat, shell):
        assert "--no-index" in one
        assert "--require-hashes" in one
        assert "sibangkit_geo==1.2.3" in one
        assert "!= (3, 12)" in one
        assert re.search(r"https?://|[A-Z]:\\|/home/|/usr/", one) is None
        # every brace of the template is filled
        assert "{" not in re.sub(r"\$\{PYTHON:-python3\}|\|\| \{", "", one)
    parsed = subprocess.run(["sh", "-n"], input=shell.encode(), check=False, capture_output=True)
    assert parsed.returncode == 0


def test_the_same_files_give_the_same_zip_with_their_checksums(
    wheelhouse: Any, tmp_path: Path
) -> None:
    files = {"roda/a.whl": b"x" * 100, "pasang.sh": b"#!/bin/sh\n"}
    for name in ("a.zip", "b.zip"):
        wheelhouse.pack(files, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zip", "b.zip"]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        told = archive.read("SHA256SUMS.txt").decode().splitlines()
        assert told == [f"{hashlib.sha256(one).hexdigest()}  {name}" for name, one in files.items()]
        assert archive.getinfo("pasang.sh").external_attr >> 16 & 0o111
