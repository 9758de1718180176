"""
Install the wheel alone in empty environments, run it there, and print one table.

    python tools/packages.py [--only plain annex ...] [--keep FOLDER]

Each environment is made outside the working copy, by every Python from 3.11 on that is found; pip
fetches what the wheel asks for, so this needs a network. Printed per environment: packages, size,
seconds of the installation, of ``import sibangkit_geo`` alone and with its first name, and of
``sibangkit --help``; and what ran.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
KINDS = ("plain", "annex", "postgis", "notebook", "dask", "docs", "all")
HOUSEHOLDS = "5000"
NOTEBOOK = "02_indicators.ipynb"
# of several starts the quickest: the first reads from the disk
STARTS = 3
HEAD = (
    "Python",
    "extra",
    "packages",
    "MB",
    "install s",
    "import s",
    "first use s",
    "help s",
    "worked",
)


@dataclass(slots=True)
class Outcome:
    """
    What one environment was like.

    `worked`: What ran, and what ended as it must.
    `failed`: The rest.
    """

    python: str
    kind: str
    packages: int = 0
    megabytes: float = 0.0
    install_s: float = 0.0
    import_s: float = 0.0
    use_s: float = 0.0
    help_s: float = 0.0
    worked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Write its row of the table."""
        told = ", ".join([*self.worked, *(f"NOT {one}" for one in self.failed)])
        numbers = f"{self.packages} | {self.megabytes:.0f} | {self.install_s:.0f} | "
        times = f"{self.import_s:.2f} | {self.use_s:.2f} | {self.help_s:.2f}"
        return f"| {self.python} | {self.kind} | {numbers}{times} | {told} |"


class Place:
    """An empty environment in a folder of its own."""

    def __init__(self, python: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.venv = folder / "venv"
        self.run(python, "-m", "venv", str(self.venv))
        self.bin = self.venv / ("Scripts" if os.name == "nt" else "bin")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, with nothing of this process's Python."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PYTHON", "VIRTUAL_ENV"))
        }
        return subprocess.run(  # noqa: S603 - commands of our own
            command,
            cwd=self.folder,
            env={**kept, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def python(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run its Python."""
        return self.run(str(self.bin / "python"), *command)

    def sibangkit(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run the program."""
        return self.run(str(self.bin / "sibangkit"), *command)


def pythons() -> dict[str, str]:
    """Find the interpreters of this machine, by version."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    # the one that made the environment of this process, which may be named otherwise
    found = {here: getattr(sys, "_base_executable", sys.executable)} if here in VERSIONS else {}
    for version in VERSIONS:
        path = shutil.which(f"python{version}")
        if path and version not in found:
            found[version] = path
    return dict(sorted(found.items()))


def build(folder: Path) -> Path:
    """Build the wheel."""
    subprocess.run(  # noqa: S603 - pip, and our own package
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check",
         "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(ROOT)],
        check=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def look(python: str, version: str, kind: str, *, wheel: Path, folder: Path) -> Outcome:
    """Install the wheel with an extra, measure and run it."""
    place = Place(python, folder)
    outcome = Outcome(version, kind)
    before = _bytes(place.venv)
    start = time.perf_counter()
    asked = str(wheel) if kind == "plain" else f"{wheel}[{kind}]"
    told = place.python(
        "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:",
        asked,
    )  # fmt: skip
    outcome.install_s = time.perf_counter() - start
    if told.returncode:
        outcome.failed.append(f"installed ({told.stderr.strip().splitlines()[-1]})")
        return outcome
    outcome.megabytes = (_bytes(place.venv) - before) / 1e6
    listed = place.python("-m", "pip", "list", "--format=freeze").stdout.splitlines()
    own = ("pip==", "setuptools==", "wheel==")
    outcome.packages = len([one for one in listed if "==" in one and not one.startswith(own)])
    outcome.import_s = _quickest(place, "python", "-c", "import sibangkit_geo")
    # names are loaded when they are first used
    outcome.use_s = _quickest(place, "python", "-c", "import sibangkit_geo as s; s.find_pockets")
    outcome.help_s = _quickest(place, "sibangkit", "--help")
    for name, ran in _trials(place, kind):
        (outcome.worked if ran else outcome.failed).append(name)
    return outcome


def _bytes(folder: Path) -> int:
    # what Python makes of a source file when it is first loaded is not installed
    files = (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    return sum(one.stat().st_size for one in files if one.suffix != ".pyc")


def _quickest(place: Place, program: str, *command: str) -> float:
    taken = []
    for _ in range(STARTS):
        start = time.perf_counter()
        place.run(str(place.bin / program), *command).check_returncode()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _trials(place: Place, kind: str) -> list[tuple[str, bool]]:
    """Run what there is, and try what an installation lacks: it must name the extra."""
    demo = place.sibangkit("demo", "--households", HOUSEHOLDS, "--out", "demo")
    study = "demo/data/study.toml"
    ran = place.sibangkit("run", study, "--out", "run")
    paper = kind in {"annex", "notebook", "all"}
    notice = [one for one in ran.stderr.splitlines() if "sibangkit_geo[annex]" in one]
    page = place.folder / "run" / "index.html"
    return [
        ("demo", demo.returncode == 0),
        ("run", ran.returncode == 0 and len(notice) == (not paper)),
        ("pages", page.exists() and (place.folder / "run" / "perkimtan.html").exists()),
        ("doctor", place.sibangkit("doctor").returncode == 0),
        _annex(place, study, there=paper),
        _postgis(place, study, there=kind in {"postgis", "all"}, paper=paper),
        *([_notebook(place)] if kind in {"notebook", "all"} else []),
    ]


def _annex(place: Place, study: str, *, there: bool) -> tuple[str, bool]:
    told = place.sibangkit("annex", study, "--out", "annex")
    if there:
        made = {one.suffix for one in (place.folder / "annex").rglob("*")}
        return "annex", told.returncode == 0 and {".pdf", ".docx"} <= made
    return "annex refused", told.returncode == 1 and "sibangkit_geo[annex]" in told.stderr


def _postgis(place: Place, study: str, *, there: bool, paper: bool) -> tuple[str, bool]:
    """Publish to a server that is not there: with the extra it is looked for."""
    if not paper:
        # nothing is drawn that could be published: only that its library loads is looked at
        loads = place.python("-c", "import psycopg, sqlalchemy").returncode == 0
        return ("postgis loads", loads) if there else ("postgis absent", not loads)
    address = "postgresql://nobody@127.0.0.1:1/none"
    told = place.sibangkit("annex", study, "--out", "to", "--only", "kantong", "--to", address)
    named = "sibangkit_geo[postgis]" in told.stderr
    if there:
        return "postgis asked", told.returncode == 2 and not named
    return "postgis refused", told.returncode == 1 and named


def _notebook(place: Place) -> tuple[str, bool]:
    shutil.copyfile(ROOT / "notebooks" / NOTEBOOK, place.folder / NOTEBOOK)
    told = place.run(str(place.bin / "jupyter-execute"), "--inplace", NOTEBOOK)
    return "notebook", told.returncode == 0


def main() -> int:
    """Make every environment in turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=[*KINDS], choices=[*KINDS])
    parser.add_argument("--keep", type=Path, help="folder for the environments, which stay there")
    given = parser.parse_args()
    found = pythons()
    absent = [one for one in VERSIONS if one not in found]
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        wheel = build(Path(name))
        print(f"wheel: {wheel.stat().st_size / 1e6:.1f} MB")
        print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
        for version, python in found.items():
            for kind in given.only:
                folder = (given.keep or Path(name)) / f"{version}-{kind}"
                one = look(python, version, kind, wheel=wheel, folder=folder)
                print(one.row(), flush=True)
                outcomes.append(one)
                if given.keep is None:
                    shutil.rmtree(folder)
    if absent:
        print(f"not on this machine: Python {', '.join(absent)}")
    return int(any(one.failed for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
