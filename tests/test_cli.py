"""The command line: exit codes, one line on stderr, paths on stdout, nothing half-written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
from typer.testing import CliRunner

from sibangkit_geo import ChangeSettings, DemoSettings, PocketSettings, __version__
from sibangkit_geo.cli import app
from sibangkit_geo.model.limits import FIRST_YEAR, LAST_YEAR, REPLICATES
from sibangkit_geo.model.toml import require_year
from sibangkit_geo.study.provinces import ProvinceOrder

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

    from tests.conftest import MappedDemo

# in parts: district 99 is none, but a number of it would be one
NIK = "16" + "07" + "99" + "55" + "05" + "80" + "0001"


def call(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(one) for one in arguments])


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def replace_in(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Prepare a wrong study by one replacement."""
    return lambda folder: edit(folder / name, old, new)


def _empty_profile(folder: Path) -> None:
    (folder / "profil.csv").write_text("")


def _header_only(folder: Path) -> None:
    path = folder / "profil.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")


def _more_than_all(folder: Path) -> None:
    edit(folder / "profil.csv", ",60,", ",160,")


WRONG: list[tuple[str, Callable[[Path], object], int, str]] = [
    ("key", replace_in("study.toml", "replicates", "replicate"), 2, 'Did you mean "replicates"?'),
    ("study", lambda folder: (folder / "study.toml").unlink(), 2, "study.toml: no such file"),
    ("data", lambda folder: (folder / "profil.csv").unlink(), 2, "profil.csv: no such file"),
    ("map", lambda folder: (folder / "desa.geojson").unlink(), 2, "desa.geojson: no such file"),
    ("regency", replace_in("study.toml", '"16.07"', '"16.99"'), 2, 'Unknown regency "16.99"'),
    ("elsewhere", replace_in("study.toml", '"16.07"', '"16.01"'), 2, "no village of regency"),
    ("toml", replace_in("study.toml", "[study]", "[study"), 2, "not a TOML file"),
    ("negative", replace_in("study.toml", "seed = 7", "seed = -7"), 2, "seed"),
    (
        "distance",
        replace_in("study.toml", "replicates = 199", "neighbor_distance_m = -1"),
        2,
        "neighbor_distance_m",
    ),
    (
        "agency",
        replace_in("study.toml", 'agency = "pln"', 'agency = "plnn"'),
        2,
        'Did you mean "pln"',
    ),
    ("column", replace_in("study.toml", '"miskin_persen"', '"miskin"'), 3, '"miskin_persen"'),
    ("empty", _empty_profile, 3, "the file is empty"),
    ("header", _header_only, 3, "a header but no rows"),
    ("range", _more_than_all, 3, "no number from 0 to 100 (rows: 4; first: 2, 3, 8)"),
    ("code", replace_in("desa.geojson", "16.07.", "16-07-"), 3, "has no official codes"),
    ("leak", replace_in("study.toml", "Uji kecil", f"Uji {NIK}"), 1, "Personal data"),
]


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [one[1:] for one in WRONG],
    ids=[one[0] for one in WRONG],
)
def test_a_wrong_study_ends_with_one_line_and_its_code(
    tmp_path: Path,
    write_small_study: Callable[[Path], Path],
    spoil: Callable[[Path], object],
    code: int,
    message: str,
) -> None:
    study_file = write_small_study(tmp_path)
    spoil(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    result = call("run", study_file, "--out", tmp_path / "out")
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert NIK not in result.stderr
    # neither the folder nor a staging folder beside it
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_an_out_that_is_a_file_is_refused_and_kept(
    tmp_path: Path, write_small_study: Callable[[Path], Path]
) -> None:
    (tmp_path / "out").write_text("milik saya")
    result = call("run", write_small_study(tmp_path), "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "must be a folder" in result.stderr
    assert (tmp_path / "out").read_text() == "milik saya"


def test_a_run_prints_its_products_the_overview_first(
    tmp_path: Path, write_small_study: Callable[[Path], Path]
) -> None:
    result = call("run", write_small_study(tmp_path), "--out", tmp_path / "out")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == str(tmp_path / "out" / "index.html")
    made = {str(path) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert set(lines) == made
    assert "pockets: " in result.stderr


def test_bps_codes_without_names_are_refused_with_the_remedy(
    tmp_path: Path, write_small_study: Callable[[Path], Path]
) -> None:
    study_file = write_small_study(tmp_path)
    edit(study_file, 'code_system = "kemendagri"', 'code_system = "bps"')
    result = call("run", study_file, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "name district_name and village_name" in result.stderr


def test_scan_says_clean_or_names_the_file_without_the_finding(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("bersih saja")
    clean = call("scan", tmp_path)
    assert (clean.exit_code, clean.stdout, clean.stderr) == (0, "", "clean\n")
    (tmp_path / "b.csv").write_text(f"nik\n{NIK}\n")
    found = call("scan", tmp_path)
    assert found.exit_code == 1
    assert found.stdout == "b.csv\t1\tidentity number\n"
    assert NIK not in found.output


def test_scan_of_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    result = call("scan", tmp_path / "tiada")
    assert result.exit_code == 2
    assert "no such file" in result.stderr
    (tmp_path / "berkas").write_text("")
    for command in ("scan", "verify"):
        result = call(command, tmp_path / "berkas")
        assert result.exit_code == 2
        assert "a file, not a folder" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("out", ["berkas", "berkas/dalam", "x" * 300, "lingkar/x"])
def test_a_place_that_cannot_be_written_is_named_with_what_helps(tmp_path: Path, out: str) -> None:
    (tmp_path / "berkas").write_text("")
    (tmp_path / "lingkar").symlink_to("lingkar")
    register = tmp_path / "register.csv"
    header = "kode_desa,nik,desil_nasional,jenis_lantai_terluas,jenis_dinding_terluas\n"
    register.write_text(header + "16.07.01.2001,,1,1,1\n")
    for command in (("inspect", register), ("demo", "--households", 5000, "--register-only")):
        result = call(*command, "--out", tmp_path / out)
        assert result.exit_code == 2
        assert re.search(r"(Choose another --out|Name another place)\. \(", result.stderr)
    result = call("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "lingkar")
    assert result.exit_code == 2
    assert "lingkar: a link that leads to itself" in result.stderr


@pytest.mark.parametrize("year", [-5, 0, 1944, 2101, 99999])
def test_a_year_that_no_data_have_is_a_usage_error(tmp_path: Path, year: int) -> None:
    for command in (("inspect", tmp_path / "a.csv"), ("new", tmp_path)):
        result = call(*command, "--year", year)
        assert result.exit_code == 2
        assert "--year" in result.stderr


def test_version_and_usage() -> None:
    assert call("--version").stdout == f"sibangkit {__version__}\n"
    assert call("--help").exit_code == 0
    assert call("runn").exit_code == 2
    assert call("run", "study.toml").exit_code == 2  # --out has no default


def test_the_module_runs_as_a_command_without_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sibangkit_geo", "run", "tiada.toml", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: tiada.toml: no such file")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("loaded", "heavy"),
    [
        ("cli", "geopandas pandas numpy rich matplotlib scipy shapely"),
        ("study.layers", "matplotlib docx sklearn folium rasterio"),
    ],
)
def test_a_command_loads_what_it_needs(loaded: str, heavy: str) -> None:
    probe = (
        f"import sys, sibangkit_geo.{loaded}\n"
        f"print([name for name in {heavy.split()} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_demo_makes_up_a_regency_and_maps_it(mapped_demo: MappedDemo) -> None:
    result = mapped_demo.command
    assert result.returncode == 0, result.stderr
    first = result.stdout.splitlines()[0]
    assert Path(first).as_posix() == "peta/index.html"
    assert (mapped_demo.folder / first).is_file()
    assert "Batas indikatif, bukan batas resmi" in (mapped_demo.folder / first).read_text(
        encoding="utf-8"
    )


# every option with a range: who takes its value, and both ends
RANGES: dict[tuple[str, str], tuple[Callable[[Any], object], float, float | None]] = {
    ("inspect", "year"): (require_year, FIRST_YEAR, LAST_YEAR),
    ("new", "year"): (require_year, FIRST_YEAR, LAST_YEAR),
    ("demo", "households"): (lambda n: DemoSettings(households=n), 5_000, 450_000),
    ("demo", "seed"): (lambda n: DemoSettings(seed=n), 0, None),
    ("pockets", "seed"): (lambda n: PocketSettings(seed=n), 0, None),
    ("pockets", "replicates"): (lambda n: PocketSettings(replicates=n), 1, REPLICATES),
    ("compare", "minimum_jaccard"): (ChangeSettings, 0.01, 1.0),
    ("run", "jobs"): (lambda n: ProvinceOrder(jobs=n), 0, None),
}


def test_the_ranges_of_the_command_line_are_those_of_the_code() -> None:
    found = {}
    for command in app.registered_commands:
        assert command.callback is not None
        hints = get_type_hints(command.callback, include_extras=True)
        for name, hint in hints.items():
            for told in getattr(hint, "__metadata__", ()):
                ends = (getattr(told, "min", None), getattr(told, "max", None))
                if ends != (None, None):
                    found[command.callback.__name__, name] = ends
    assert found == {key: (low, high) for key, (_, low, high) in RANGES.items()}


@pytest.mark.parametrize("key", RANGES)
def test_both_ends_of_an_option_are_taken_and_what_lies_beyond_is_refused(
    key: tuple[str, str],
) -> None:
    take, low, high = RANGES[key]
    step = 0.001 if isinstance(low, float) else 1
    needed = {
        "inspect": ["x.csv"],
        "new": ["x"],
        "pockets": ["x.gpkg", "--poor", "a", "--households", "b"],
        "compare": ["a", "b"],
    }
    for end, beyond in ((low, -step), (high, step)):
        if end is not None:
            take(end)
            option = f"--{key[1].replace('_', '-')}={end + beyond}"
            out = [] if key[0] == "new" else ["--out", "x"]
            told = call(key[0], *needed.get(key[0], []), option, *out)
            assert told.exit_code == 2
            assert "than or equal to" in " ".join(told.stderr.replace("│", " ").split())


def test_what_nobody_foresaw_is_one_line_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        [][int(NIK) and 3]

    monkeypatch.setattr("sibangkit_geo.study.begin.inspect", break_down)
    told = call("inspect", tmp_path / "x.csv")
    assert told.exit_code == 1
    assert told.stdout == ""
    assert told.stderr.startswith("error: stopped by something unexpected (IndexError")
    assert len(told.stderr.splitlines()) == 1
    assert NIK not in told.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_process_that_is_asked_to_end_takes_away_what_is_half_made(tmp_path: Path) -> None:
    code = (
        "import os, signal; from sibangkit_geo import demo; from sibangkit_geo.cli import app\n"
        "demo.write_demo = lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM)\n"
        "app()"
    )
    asked = [sys.executable, "-c", code, "demo", "--out", str(tmp_path / "out")]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (1, "error: stopped; nothing was written\n")
    assert [*tmp_path.iterdir()] == []
