"""
Pack everything that an office without internet needs into one zip, in `dist/`.

    python tools/wheelhouse.py [--python 3.11] [--for windows linux]

It holds the wheels that the program runs on with the extras of an office (not those it is developed
with) in the versions and with the checksums of the lock, its own wheel, scripts that install them
without a network, and the documentation. A zip is for one version of Python, which the office
installs itself.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from licences import needed  # type: ignore[import-not-found]  # it lies beside this one
from packaging.markers import Marker, default_environment
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
WHEELS = "roda"
# an office writes annexes and publishes its layers
EXTRAS = ("annex", "postgis")
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_ENTRY = re.compile(r"^([\w.\-]+)(?:\[[\w,\-]+\])?==[^\s;]+(?: ; ([^\\\n]+?))? ?\\$", re.MULTILINE)
# zip knows no earlier day; the same bytes whenever it is made
_MOMENT = (1980, 1, 1, 0, 0, 0)
_EXECUTABLE = 0o755
# glibc of the oldest wheels, and of Debian 12 and Ubuntu 22.04
_GLIBC = range(5, 36)


@dataclass(frozen=True, slots=True)
class Target:
    """An operating system: how pip calls its wheels, and what markers ask of it."""

    tags: tuple[str, ...]
    asked: dict[str, str]


TARGETS = {
    "windows": Target(
        ("win_amd64",),
        {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows",
         "platform_machine": "AMD64"},
    ),
    "linux": Target(
        (*(f"manylinux_2_{one}_x86_64" for one in _GLIBC), "manylinux2014_x86_64",
         "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"),
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux",
         "platform_machine": "x86_64"},
    ),
}  # fmt: skip

WINDOWS = r"""@echo off
chcp 65001 >nul
setlocal
cd /d "%~dp0"
set "PY=python"
where py >nul 2>nul && set "PY=py -{python}"
%PY% -c "import sys; sys.exit(sys.version_info[:2] != ({comma}))" || goto python
%PY% -m venv .venv || goto gagal
set "PIP=.venv\Scripts\python -m pip --isolated install --quiet --no-index --find-links {wheels}"
%PIP% --require-hashes -r requirements.txt || goto gagal
%PIP% --no-deps sibangkit_geo=={version} || goto gagal
.venv\Scripts\sibangkit doctor
echo.
echo Selesai. Program ada di "%~dp0.venv\Scripts\sibangkit.exe".
pause
exit /b 0
:python
echo Paket ini untuk Python {python}. Pasang dahulu Python {python} (64 bit), lalu ulangi.
pause
exit /b 1
:gagal
echo Pemasangan berhenti. Periksa ruang disk dan izin menulis folder ini, lalu ulangi.
pause
exit /b 1
"""
LINUX = """#!/bin/sh
# Memasang sibangkit_geo {version} ke folder .venv di sini, tanpa internet.
set -eu
cd "$(dirname "$0")"
PY=${{PYTHON:-python3}}
"$PY" -c 'import sys; sys.exit(sys.version_info[:2] != ({comma}))' || {{
  echo "Paket ini untuk Python {python}. Pasang dahulu, atau: PYTHON=python{python} sh pasang.sh"
  exit 1
}}
"$PY" -m venv .venv
.venv/bin/python -m pip --isolated install --quiet --no-index --find-links {wheels} \\
  --require-hashes -r requirements.txt
.venv/bin/python -m pip --isolated install --quiet --no-index --no-deps --find-links {wheels} \\
  sibangkit_geo=={version}
.venv/bin/sibangkit doctor
echo "Selesai. Program ada di $(pwd)/.venv/bin/sibangkit"
"""
READ_ME = """sibangkit_geo {version}, untuk komputer tanpa internet (Python {python}, {systems})

1. Pasang Python {python} 64 bit, bila belum ada.
2. Ekstrak zip ini ke folder yang dapat ditulis.
3. Windows: klik dua kali pasang.bat. Linux: sh pasang.sh
4. Seret folder berisi register dan tabel desa ke Sibangkit.bat (Windows) atau Sibangkit.desktop
   (Linux), dan jawab pertanyaannya.

SHA256SUMS.txt memuat sidik setiap berkas. Dokumentasi: klik dua kali dokumentasi/index.html.
"""


def runtime(lock: str) -> list[tuple[str, str]]:
    """
    Take out of a lock what the program runs on.

    Returns: Each entry with its checksums, and its marker; empty where it has none. A package may
    have several, each for other versions of Python.
    """
    wanted = {name for name, (_, runs) in needed(lock, extras=EXTRAS).items() if runs}
    starts = [*_ENTRY.finditer(lock)]
    ends = [*(one.start() for one in starts[1:]), len(lock)]
    return [
        (_without_remarks(lock[start.start() : end]), start[2] or "")
        for start, end in zip(starts, ends, strict=True)
        if start[1] in wanted
    ]


def own_version() -> str:
    """Read the version where the package says it, without loading anything of it."""
    told = _VERSION.findall((ROOT / "sibangkit_geo" / "__init__.py").read_text("utf-8"))
    return str(told[0])


def _without_remarks(entry: str) -> str:
    return "".join(f"{one}\n" for one in entry.splitlines() if not one.strip().startswith("#"))


def asked_by(marker: str, *, system: str, python: str) -> bool:
    """Tell whether a system with a version of Python needs what has a marker."""
    version = {"python_version": python, "python_full_version": f"{python}.0"}
    named = {str(key): str(one) for key, one in default_environment().items()}
    return not marker or Marker(marker).evaluate({**named, **TARGETS[system].asked, **version})


def download(entries: list[tuple[str, str]], folder: Path, *, system: str, python: str) -> None:
    """Fetch the wheels of a system; a package without one is an error."""
    lines = [
        # pip would ask this machine, not the office's, whether a marker holds
        entry.replace(f" ; {marker}", "") if marker else entry
        for entry, marker in entries
        if asked_by(marker, system=system, python=python)
    ]
    with tempfile.TemporaryDirectory() as name:
        listed = Path(name, "requirements.txt")
        listed.write_text("".join(lines), encoding="utf-8")
        tags = [part for one in TARGETS[system].tags for part in ("--platform", one)]
        subprocess.run(  # noqa: S603 - pip, and files of our own
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
             "--no-deps", "--require-hashes", "--only-binary", ":all:", "--python-version", python,
             *tags, "--dest", str(folder), "-r", str(listed)],
            check=True,
        )  # fmt: skip


def scripts(*, version: str, python: str, systems: list[str]) -> dict[str, str]:
    """Write the scripts of installation and what to do with them."""
    words = {
        "version": version, "python": python, "wheels": WHEELS,
        "comma": python.replace(".", ", "), "systems": " dan ".join(systems),
    }  # fmt: skip
    return {
        "pasang.bat": WINDOWS.format(**words).replace("\n", "\r\n"),
        "pasang.sh": LINUX.format(**words),
        "BACA_DAHULU.txt": READ_ME.format(**words).replace("\n", "\r\n"),
    }


def pack(files: dict[str, bytes], path: Path) -> None:
    """Write a zip of files and of their checksums; the same files give the same bytes."""
    sums = "".join(f"{hashlib.sha256(one).hexdigest()}  {name}\n" for name, one in files.items())
    temporary = path.with_name(f".{path.name}.tmp")
    with zipfile.ZipFile(temporary, "w") as archive:
        for name, content in {**files, "SHA256SUMS.txt": sums.encode()}.items():
            entry = zipfile.ZipInfo(name, _MOMENT)
            packed = name.endswith(".whl")
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            runs = name.endswith((".sh", ".command", ".desktop"))
            entry.external_attr = (_EXECUTABLE if runs else 0o644) << 16
            archive.writestr(entry, content)
    temporary.replace(path)


def _documentation() -> dict[str, bytes]:
    """Build the site, which opens from its folder."""
    told = {"LICENSE": (ROOT / "LICENSE").read_bytes()}
    with tempfile.TemporaryDirectory() as work:
        site = Path(work, "dokumentasi")
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "tools.pages", "--out", str(site)], check=True, cwd=ROOT
        )
        for one in sorted(site.rglob("*")):
            if one.is_file():
                told[f"dokumentasi/{one.relative_to(site).as_posix()}"] = one.read_bytes()
    return told


def main() -> None:
    """Download, build and pack."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n")[0])
    parser.add_argument("--python", default=here, help="version of Python, such as 3.12")
    parser.add_argument("--for", dest="systems", nargs="+", default=[*TARGETS], choices=[*TARGETS])
    given = parser.parse_args()
    Version(given.python)
    version = own_version()
    entries = runtime((ROOT / "requirements.lock").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for system in given.systems:
            download(entries, folder, system=system, python=given.python)
        subprocess.run(  # noqa: S603 - pip, and our own package
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check",
             "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(ROOT)],
            check=True,
        )  # fmt: skip
        wheels = {f"{WHEELS}/{one.name}": one.read_bytes() for one in sorted(folder.iterdir())}
    told = scripts(version=version, python=given.python, systems=given.systems)
    files = {key: text.encode() for key, text in told.items()}
    # what is double-clicked lies beside the environment that it looks for
    launchers = sorted((ROOT / "tools" / "launchers").iterdir())
    files |= {one.name: one.read_bytes() for one in launchers}
    files["requirements.txt"] = "".join(entry for entry, _ in entries).encode()
    path = ROOT / "dist" / f"sibangkit_geo-{version}-py{given.python}-luring.zip"
    path.parent.mkdir(exist_ok=True)
    pack({**files, **_documentation(), **wheels}, path)
    size = path.stat().st_size / 1e6
    sys.stdout.write(f"{path.relative_to(ROOT)}: {len(wheels)} wheels, {size:.0f} MB\n")


if __name__ == "__main__":
    main()
