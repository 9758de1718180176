"""What is passed on: the wheel with its data, alone and with extras, and the source archive."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import sibangkit_geo
from sibangkit_geo.model.optional import EXTRAS

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


FILES = (
    "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
    "SECURITY.md", "pyproject.toml", "requirements.lock", ".gitattributes", ".gitignore",
)  # fmt: skip
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
    rooms = ("sibangkit_geo", "tests", "notebooks", "data", "docs", "tools", "benchmarks")
    # another order of files on the disk, other times, other rights
    for room in rooms:
        shutil.copytree(ROOT / room, other / room, ignore=left, copy_function=shutil.copyfile)
    (other / "maps").mkdir()
    for name in (*FILES, "maps/README.md"):
        shutil.copyfile(ROOT / name, other / name)
    for number, file in enumerate(sorted(other.rglob("*.*"), reverse=True)):
        if file.is_file():
            os.utime(file, (1e9 + number, 1e9 + number))
            # what can be started stays so, whoever else may read it
            file.chmod(0o600 | (ROOT / file.relative_to(other)).stat().st_mode & 0o100)
    first = _built(ROOT, tmp_path / "first", later_s=0, umask="022")
    second = _built(other, tmp_path / "second", later_s=4e7, umask="077")
    assert len(first) == 2
    assert first == second
    # who builds from the source archive has the same wheel
    (archive,) = (tmp_path / "first").glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        # Debian's Python 3.11 knows no filters yet
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        packed.extractall(tmp_path, **safe)  # type: ignore[arg-type]  # noqa: S202 - just built
    (unpacked,) = tmp_path.glob("sibangkit_geo-*/")
    third = _built(unpacked, tmp_path / "third", later_s=0, umask="022")
    assert third == first
    _has_what_git_has(unpacked)


def _has_what_git_has(unpacked: Path) -> None:
    """Compare the source archive with what is kept under version control, where that is here."""
    told = subprocess.run(["git", "ls-files"], cwd=ROOT, check=False, capture_output=True)
    listed = set(told.stdout.decode().splitlines())
    if not listed:
        return
    packed = {one.relative_to(unpacked).as_posix() for one in unpacked.rglob("*") if one.is_file()}
    left = {one for one in listed - packed if (ROOT / one).exists() and not one.startswith(".ci/")}
    assert left == set()


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


def test_one_version_stands_in_all_that_names_one() -> None:
    version = sibangkit_geo.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r'^version: "(.+)"$', cited, re.MULTILINE) == [version]
    assert re.search(r'^date-released: "20\d\d-[01]\d-[0-3]\d"$', cited, re.MULTILINE)
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changes, re.MULTILINE)
    assert newest is not None
    assert newest[1] == version


# libraries that are installed under another name than they are loaded
INSTALLED_AS = {"docx": "python-docx", "fontTools": "fonttools"}


def test_the_extras_are_those_that_the_program_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = {key: {re.split(r"[\[>=]", one)[0] for one in listed} for key, listed in extras.items()}
    # the notebooks draw sheets of the annex
    names["notebook"] = names["notebook"] - {"sibangkit_geo"} | names["annex"]
    for extra, libraries in EXTRAS.items():
        asked = {INSTALLED_AS.get(one, one) for one in libraries}
        # an extra of dask's own
        assert asked - {"distributed"} == names[extra]
    (every,) = extras["all"]
    assert set(every.partition("[")[2].rstrip("]").split(",")) == extras.keys() - {"all"}


# what is not there is not installed; nor is the working copy, which the tests run from
ALONE = """
import os, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ["WITHOUT"].split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
sys.path[:] = [one for one in sys.path if os.path.abspath(one or ".") != os.environ["GONE"]]
"""
WHOLE = " ".join(one for libraries in EXTRAS.values() for one in libraries)


STUDY = "demo/data/study.toml"


class Alone:
    """The wheel, unpacked outside the working copy, which cannot be imported there."""

    def __init__(self, wheel: Path, place: Path) -> None:
        self.place = place
        zipfile.ZipFile(wheel).extractall(place / "site")  # noqa: S202 - the wheel just built
        (place / "hook").mkdir()
        (place / "hook" / "sitecustomize.py").write_text(ALONE, encoding="utf-8")

    def run(self, *command: str, without: str = "") -> subprocess.CompletedProcess[str]:
        """Run Python there, without libraries."""
        parts = [str(self.place / one) for one in ("site", "hook")]
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.place,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(parts),
                "PYTHONIOENCODING": "utf-8",
                "GONE": str(ROOT),
                "WITHOUT": without,
            },
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def sibangkit(self, *command: str, without: str = "") -> subprocess.CompletedProcess[str]:
        """Run the program there, in Indonesian."""
        return self.run("-m", "sibangkit_geo", "--language", "id", *command, without=without)


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Alone:
    made = Alone(wheel, tmp_path_factory.mktemp("alone"))
    told = made.sibangkit(
        "demo", "--households", "5000", "--register-only", "--out", "demo", without=WHOLE
    )
    assert told.returncode == 0, told.stderr
    # what a study must have: the rest is the other tests'
    study = made.place / STUDY
    parts = re.split(r"^(?=\[)", study.read_text(encoding="utf-8"), flags=re.MULTILINE)
    wanted = ("[study", "[boundaries", "[[households", "[poverty", "[pockets", "[disclosure")
    text = "".join(one for one in parts if one.startswith(wanted))
    study.write_text(text.replace("replicates = 999", "replicates = 99"), encoding="utf-8")
    return made


def test_the_wheel_alone_makes_the_pages_and_says_once_what_it_leaves_out(alone: Alone) -> None:
    told = alone.sibangkit("run", STUDY, "--out", "run", without=WHOLE)
    assert told.returncode == 0, told.stderr
    (line,) = [one for one in told.stderr.splitlines() if "annex" in one]
    assert line.startswith('peringatan: Lembar cetak (PDF) tidak dibuat: tambahan "annex"')
    assert line.endswith(': pip install "sibangkit_geo[annex]"')
    folder = alone.place / "run"
    assert (folder / "profil").is_dir()
    for page in ("index.html", "bappeda.html", "perkimtan.html"):
        assert "</html>" in (folder / page).read_text(encoding="utf-8")
    assert not [*folder.rglob("*.pdf"), *folder.rglob("*.docx")]
    assert "annex/" not in (folder / "index.html").read_text(encoding="utf-8")
    notes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["notes"]
    assert [one for one in notes if "tidak dibuat" in str(one)] != []


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("annex", STUDY, "--out", "annex"), "annex"),
        (("annex", STUDY, "--out", "annex", "--to", "postgresql://u@h/d"), "postgis"),
    ],
)
def test_what_stands_on_an_extra_names_it_in_one_line(
    alone: Alone, command: tuple[str, ...], extra: str
) -> None:
    told = alone.sibangkit(*command, without=" ".join(EXTRAS[extra]))
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert line.startswith("galat: ")
    assert f'pip install "sibangkit_geo[{extra}]" (' in line
    assert not (alone.place / "annex").exists()


DOOR = """
import geopandas as gpd, shapely, pathlib
import sibangkit_geo as sg
from sibangkit_geo.errors import MissingExtraError
assert pathlib.Path(sg.__file__).is_relative_to(pathlib.Path.cwd()), sg.__file__
cells = [shapely.box(x, y, x + 1000, y + 1000) for y in range(0, 5000, 1000)
         for x in range(0, 5000, 1000)]
table = gpd.GeoDataFrame({"kk_miskin": [10] * 25, "jumlah_kk": [100] * 25}, geometry=cells,
                         crs="EPSG:32748")
found = sg.find_pockets(table, poor="kk_miskin", households="jumlah_kk")
assert found._repr_html_()
print(type(found.explore()).__name__)
try:
    found.plot()
except MissingExtraError as error:
    print(error)
"""


def test_in_a_notebook_a_plain_installation_shows_cards_and_maps_and_names_what_draws(
    alone: Alone,
) -> None:
    told = alone.run("-c", DOOR, without=WHOLE)
    assert told.returncode == 0, told.stderr
    name, error = told.stdout.splitlines()
    assert name == "PocketMap"
    assert error.startswith("matplotlib: not installed")
    assert error.endswith('pip install "sibangkit_geo[notebook]"')


def test_with_the_extras_the_annex_is_written(alone: Alone) -> None:
    told = alone.sibangkit("annex", STUDY, "--out", "whole", "--preset", "tkpk")
    assert told.returncode == 0, told.stderr
    names = {one.suffix for one in (alone.place / "whole").rglob("*") if one.is_file()}
    assert {".pdf", ".docx", ".xlsx"} <= names


NOTEBOOK = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
book.cells.append(nbformat.v4.new_code_cell("print('place', sg.__file__)"))
NotebookClient(book, timeout=600).execute()
print(book.cells[-1].outputs[0].text)
"""


def test_with_the_extras_a_notebook_runs(alone: Alone) -> None:
    book = alone.place / "buku.ipynb"
    shutil.copyfile(ROOT / "notebooks" / "02_indicators.ipynb", book)
    told = alone.run("-c", NOTEBOOK, str(book))
    assert told.returncode == 0, told.stderr[-2000:]
    place = told.stdout.partition("place ")[2].strip()
    assert Path(place).is_relative_to(alone.place / "site")
