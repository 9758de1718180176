"""Full disks, missing homes, strange clocks and names: one message, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

import pytest

from sibangkit_geo.agencies.catalogue import Agency
from sibangkit_geo.errors import ConfigError, DataError, UnprotectedWarning
from sibangkit_geo.products import exchange, staging
from sibangkit_geo.products.places import cloud_of, require_writable_name, zip_moment
from sibangkit_geo.products.staging import stated_time
from sibangkit_geo.study.running import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

posix = pytest.mark.skipif(os.name != "posix", reason="limits and signals of POSIX")


@pytest.fixture(scope="module")
def study(benchmark: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a study of a table of villages, the quickest there is."""
    return Path(benchmark("kills").quick(tmp_path_factory.mktemp("studi"))[0].after[1])


def ran(
    *arguments: object,
    before: Callable[[], None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    changed = environment or {}
    kept = {key: text for key, text in os.environ.items() if changed.get(key) != "-"}
    return subprocess.run(
        [sys.executable, "-m", "sibangkit_geo", *map(str, arguments)],
        capture_output=True, text=True, check=False, errors="replace",
        env={**kept, **{key: text for key, text in changed.items() if text != "-"}},
        preexec_fn=before,
    )  # fmt: skip


def require_one_message(done: subprocess.CompletedProcess[str], *codes: int) -> str:
    """Require one line of error and a documented exit code; give that line."""
    assert done.returncode in codes, done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith(("error:", "galat:"))]
    assert len(errors) == 1, done.stderr
    return errors[0]


@posix
def test_a_disk_that_fills_up_in_the_middle_leaves_nothing(study: Path, tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - POSIX only

    def small() -> None:
        # a write beyond 200 kB fails as it does on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = ran("run", study, "--out", tmp_path / "keluaran", before=small)
    assert "cannot read or write" in require_one_message(done, 1)
    assert [*tmp_path.iterdir()] == []


@posix
def test_too_little_memory_is_one_message(study: Path, tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - POSIX only

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000, 1_200_000_000))

    done = ran("run", study, "--out", tmp_path / "keluaran", before=small,
               environment={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})  # fmt: skip
    require_one_message(done, 1)
    assert [*tmp_path.iterdir()] == []


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_asked_to_end_leaves_nothing(
    study: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "keluaran"
    with subprocess.Popen(
        [sys.executable, "-m", "sibangkit_geo", "run", str(study), "--out", str(out)],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        # whatever the machine does meanwhile: once its hidden folder is there it is at work
        while process.poll() is None and not any(tmp_path.glob(".keluaran.*")):
            time.sleep(0.01)
        process.send_signal(number)
        stdout, stderr = process.communicate()
    done = subprocess.CompletedProcess([], process.returncode, stdout, stderr)
    require_one_message(done, 1)
    assert [*tmp_path.iterdir()] == []


@pytest.fixture
def buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python keep output until a block is full, as it does for everybody who asks nothing."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@posix
@pytest.mark.usefixtures("buffered")
def test_output_that_cannot_be_told_is_one_message_and_products_stay(
    study: Path, tmp_path: Path
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    out = tmp_path / "keluaran"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sibangkit_geo", "run", str(study), "--out", str(out)],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    require_one_message(done, 1)
    assert staging.verify(out).whole
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sibangkit_geo", "--help"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    require_one_message(done, 1)


@posix
@pytest.mark.usefixtures("buffered")
def test_a_closed_pipe_ends_in_one_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sibangkit_geo", "boundaries", "fetch", "list"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
        assert told.startswith("error: nobody reads what is told any more; finished products stay")
        assert told.count("\n") == 1
        assert process.wait() == 1


@pytest.mark.usefixtures("buffered")
def test_when_nobody_reads_errors_either_a_command_ends_without_a_word() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sibangkit_geo", "boundaries", "fetch", "list"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() == 1


def test_ctrl_c_while_libraries_are_read_is_one_line() -> None:
    code = (
        "import sys; sys.modules['sibangkit_geo.cli'] = type(sys)('x')\n"
        "import sibangkit_geo.__main__ as start\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "sys.modules['sibangkit_geo.cli'].app = stop\n"
        "start.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "error: stopped; nothing was written\n")


def test_a_time_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("abc", "-99999999999999"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(ConfigError, match=r"SOURCE_DATE_EPOCH.* is no number of seconds"):
            stated_time()


def test_an_input_that_changes_meanwhile_stops_the_study(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "studi"
    shutil.copytree(study.parent, folder)
    table = folder / "desa.csv"

    def swap(*_: object) -> set[str]:
        table.write_bytes(table.read_bytes()[:-40])
        return set()

    monkeypatch.setattr("sibangkit_geo.study.prepare.personal_of", swap)
    with pytest.raises(DataError, match=r"desa\.csv: changed while the study was running"):
        run(folder / study.name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": "-", "LC_ALL": "xx_YY.bad", "SOURCE_DATE_EPOCH": "4354819199"},
        {"HOME": "/nonexistent", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
         "PYTHONIOENCODING": "ascii", "SOURCE_DATE_EPOCH": "0"},
    ],
    ids=["no home, unknown locale, 2107", "home gone, ascii, 1970"],
)  # fmt: skip
def test_a_run_needs_no_home_no_locale_and_no_clock(
    study: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    out = tmp_path / "keluaran"
    done = ran("run", study, "--out", out, environment=environment)
    assert done.returncode == 0, done.stderr
    assert staging.verify(out).whole


@pytest.mark.parametrize("length", [140, 255, 300])
def test_long_names_are_written_or_refused(study: Path, tmp_path: Path, length: int) -> None:
    out = tmp_path / ("k" * length)
    done = ran("run", study, "--out", out)
    if length == 140:
        assert done.returncode == 0, done.stderr
        assert staging.verify(out).whole
    else:
        require_one_message(done, 2)
        assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["con", "aux", "nul", "com1", "lpt9"])
def test_no_page_is_named_as_a_device_of_windows(name: str) -> None:
    with pytest.raises(ConfigError, match="Windows keeps"):
        Agency(name, "Dinas", "Tugas", wanted=(), always=False)
    with pytest.raises(ConfigError, match=r"plain name ending in \.html"):
        Agency("dinas", "Dinas", "Tugas", wanted=(), always=False, file=f"{name}.html")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        (r"C:\data\keluaran 2025", True),
        (r"C:\data\konsep", True),
        (r"C:\data\con", False),
        (r"C:\NUL.txt\keluaran", False),
        (r"C:\data\lampiran: akhir", False),
        (r"C:\data\apa?", False),
        ("C:\\data\\keluaran.", False),
        ("C:\\" + "k" * 146, True),
        ("C:\\" + "k" * 147, False),
    ],
)
def test_folders_that_windows_refuses_are_refused_at_once(name: str, *, right: bool) -> None:
    out: Any = PureWindowsPath(name)
    require_writable_name(out, system="linux")
    if right:
        require_writable_name(out, system="win32")
        return
    with pytest.raises(ConfigError, match="Choose another --out"):
        require_writable_name(out, system="win32")


@pytest.mark.parametrize(
    ("place", "mark", "cloud"),
    [
        ("OneDrive - Pemkab Banyuasin/peta", "", "OneDrive"),
        ("Dropbox/peta", "", "Dropbox"),
        ("My Drive", "", "GoogleDrive"),
        ("kerja/peta", "kerja/.stfolder", "Syncthing"),
        ("kerja/peta", "", ""),
        ("onedrivers/peta", "", ""),
    ],
)
def test_a_folder_that_a_cloud_copies_is_told_of(
    tmp_path: Path, place: str, mark: str, cloud: str
) -> None:
    out = tmp_path / place
    out.mkdir(parents=True)
    if mark:
        (tmp_path / mark).touch()
    assert cloud_of(out, environment={}) == cloud
    assert cloud_of(out, environment={"OneDrive": str(tmp_path)}) == "OneDrive"
    if cloud:
        with pytest.warns(UnprotectedWarning, match=f"disalin oleh {cloud}"), staging.claim(out):
            pass


@pytest.mark.parametrize(
    ("created", "moment"),
    [
        ("1970-01-01T00:00:00+00:00", (1980, 1, 1, 0, 0, 0)),
        ("2024-02-29T10:20:30+00:00", (2024, 2, 29, 10, 20, 30)),
        ("1976-02-29T10:20:30+00:00", (1980, 2, 28, 10, 20, 30)),
        ("2200-12-31T10:20:30+00:00", (2107, 12, 28, 10, 20, 30)),
    ],
)
def test_archives_know_the_years_from_1980_to_2107(created: str, moment: tuple[int, ...]) -> None:
    assert zip_moment(created) == moment


def test_what_is_held_for_a_moment_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    tries = iter([PermissionError, PermissionError, None])

    def step(name: str) -> None:
        if fault := next(tries):
            raise fault
        (tmp_path / name).touch()

    exchange.patiently(step, "t")
    assert (len(waits), (tmp_path / "t").exists()) == (2, True)

    def held() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        exchange.patiently(held)


def test_a_claim_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dumps", full)
    with pytest.raises(ConfigError, match="cannot write there"), staging.claim(tmp_path / "t"):
        pass
    assert [*tmp_path.iterdir()] == []
