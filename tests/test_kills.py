"""A process that is killed leaves a folder whole, or one that says it is not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from sibangkit_geo.cli import app
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.products import left_behind
from sibangkit_geo.products.staging import (
    claim,
    earlier_products,
    require_finished,
    require_own,
    staged,
    verify,
)
from sibangkit_geo.study.compare import compare_runs
from tests.test_published import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import TwoLevels

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
posix = pytest.mark.skipif(os.name != "posix", reason="a kill between two calls")


@pytest.fixture(scope="module")
def kills(benchmark: Callable[[str], Any]) -> Any:
    return benchmark("kills")


@posix
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_any_change_of_a_file_leaves_no_hidden_mixture(kind: str, tmp_path: Path) -> None:
    every = 4 if kind == "run" else 1
    # a short form of benchmarks/kills.py; its forks need a process without threads
    code = (
        "import json, sys; from pathlib import Path; import kills;"
        f"print(json.dumps(kills.short_form({kind!r}, Path(sys.argv[1]), every={every})))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "home")],
        cwd=BENCHMARKS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    states = json.loads(done.stdout)
    assert states.keys() == {"old", "new"}
    assert min(states.values()) >= 3


@posix
def test_a_real_command_is_killed_and_run_again(
    two_levels: TwoLevels, kills: Any, tmp_path: Path
) -> None:
    runs = [str(two_levels.rest / "earlier"), str(two_levels.agency)]
    out = tmp_path / "out"
    old = {**kills.made_up("comparison", "old", optional=True), **kills.MINE}
    kills.write_all(old, out)
    # its claim, the hidden folder, its lock, the products in it, and then no more
    assert kills.start(["compare", *runs], out, before=5).wait() == -signal.SIGKILL
    assert kills.state_of(out, old, {}) == "old"
    assert len([*tmp_path.iterdir()]) > 1
    assert kills.start(["compare", *runs], out).wait() == 0
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    found = kills.files_in(out)
    assert {name: found.pop(name) for name in kills.MINE} == kills.MINE
    assert found.keys() == {one for one in old if one not in kills.MINE}
    assert b"old" not in found.values()


def _unfinished(folder: Path) -> None:
    folder.mkdir(parents=True)
    content = {"unfinished": "belum lengkap", "replaced": ["villages.csv", "manifest.json"]}
    (folder / "manifest.json").write_text(json.dumps(content), "utf-8")
    (folder / "villages.csv").write_text("lama", "utf-8")


def test_a_comparison_refuses_an_unfinished_folder(two_levels: TwoLevels, tmp_path: Path) -> None:
    _unfinished(tmp_path / "satu")
    with pytest.raises(ConfigError, match=r"satu: is unfinished.* Run it again"):
        compare_runs([tmp_path / "satu", two_levels.agency], tmp_path / "out")


def test_an_unfinished_folder_keeps_its_kind(tmp_path: Path) -> None:
    _unfinished(tmp_path / "satu")
    assert earlier_products(tmp_path / "satu") == {"villages.csv", "manifest.json"}
    with pytest.raises(ConfigError, match="holds the products of a run"):
        require_own(tmp_path / "satu", kind="annex")


def test_a_folder_that_windows_holds_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as Windows refuses to rename a folder of which a spreadsheet program holds a file
    out, move = tmp_path / "out", Path.rename
    _finish(out, "lama")

    def refuse(self: Path, target: Path) -> Path:
        if self == out:
            raise PermissionError(13, "Permission denied", str(self))
        return move(self, target)

    monkeypatch.setattr("sibangkit_geo.products.exchange._exchanged", lambda *_: False)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        with pytest.raises(ConfigError, match=r"out: cannot be replaced .* Close it"):
            _finish(out, "baru")
    assert (out / "b.csv").read_text() == "lama"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    _finish(out, "baru")
    assert (out / "b.csv").read_text() == "baru"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_folder_between_two_renames_is_put_back_by_the_next_command(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _finish(out, "lama")
    home = tmp_path / ".out-abcd_123"
    (home / "products").mkdir(parents=True)
    (home / "sibangkit_geo.lock").touch()
    out.rename(home / "old")
    left_behind.remove_left(out)
    assert (out / "a.csv").read_text() == "lama"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_one_file_after_another_where_nothing_can_stand_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, move = tmp_path / "out", Path.replace
    _finish(out, "lama")
    monkeypatch.chdir(out)

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "b.csv":
            raise PermissionError(13, "Permission denied", str(target))
        return move(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(ConfigError, match=r"b\.csv: cannot be replaced .* is unfinished"):
            _finish(Path(), "baru")
    with pytest.raises(ConfigError, match="is unfinished"):
        require_finished(out)
    _finish(Path(), "baru")
    require_finished(out)
    assert (out / "b.csv").read_text() == "baru"
    assert sorted(one.name for one in out.iterdir()) == ["a.csv", "b.csv", "manifest.json"]
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_link_to_a_folder_stays_one(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    out = tmp_path / "hasil"
    out.symlink_to(tmp_path / "disk" / "hasil")
    for text in ("lama", "baru"):
        _finish(out, text)
    assert out.is_symlink()
    assert (tmp_path / "disk" / "hasil" / "b.csv").read_text() == "baru"


def test_what_is_of_the_user_stays_in_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _finish(out, "lama")
    (out / "saya" / "kosong").mkdir(parents=True)
    (out / "saya" / "catatan.txt").write_text("milik saya")
    (out / "tautan").symlink_to("saya")
    out.chmod(0o750)
    _finish(out, "baru")
    assert (out / "saya" / "kosong").is_dir()
    assert (out / "tautan" / "catatan.txt").read_text() == "milik saya"
    assert (out / "tautan").is_symlink()
    assert out.stat().st_mode & 0o777 == 0o750


def test_two_commands_at_once_one_writes_and_one_says_so(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import sys; from pathlib import Path; from sibangkit_geo.products.staging import claim\n"
        "with claim(Path(sys.argv[1])):\n    print('hold', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"hold"
        with pytest.raises(
            ConfigError, match=rf"is being written by process {other.pid} on .*, for 0 min"
        ):
            _finish(out, "baru")
        other.kill()
        other.wait()
    _finish(out, "baru")
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_told_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly = shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: nearly)
    with (
        pytest.raises(ConfigError, match="10 MB left, about 50 MB are needed"),
        claim(tmp_path / "out"),
    ):
        pass


def test_finished_products_are_verified(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _finish(out, "baru")
    assert verify(out).whole
    (out / "a.csv").write_text("lain")
    (out / "b.csv").unlink()
    (out / "c.csv").touch()
    found = verify(out)
    assert (found.changed, found.missing, found.others) == (("a.csv",), ("b.csv",), ("c.csv",))
    told = CliRunner().invoke(app, ["verify", str(out)])
    assert (told.exit_code, told.stdout) == (1, "a.csv\tchanged\nb.csv\tmissing\n")
    # one folder for each partner; one of them has lost its manifest
    (tmp_path / "lain").mkdir()
    (tmp_path / "lain" / "a.csv").touch()
    found = verify(tmp_path)
    assert (found.changed, found.missing) == (("out/a.csv",), ("out/b.csv",))
    assert found.others == ("lain/a.csv", "out/c.csv")
    with pytest.raises(ConfigError, match=r"no manifest\.json with checksums"):
        verify(tmp_path / "lain")


def _finish(out: Path, text: str) -> None:
    with staged(out) as folder:
        for name in ("a.csv", "b.csv"):
            (folder / name).write_text(text)
        listed = {"products": ["a.csv", "b.csv", "manifest.json"]}
        (folder / "manifest.json").write_text(json.dumps(listed))


# ---- hidden folders


def test_a_folder_of_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged(out) as folder:
        (folder / "a.txt").write_text("satu")
        left_behind.remove_left(out)
        with staged(out) as other:
            (other / "a.txt").write_text("dua")
        assert (folder / "a.txt").read_text() == "satu"
    assert (out / "a.txt").read_text() == "satu"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("file", "gone"),
    [
        (".out-abcd_123/sibangkit_geo.lock", True),
        # of another folder; no name that a run chooses; of the user
        (".lain-abcd_123/sibangkit_geo.lock", False),
        (".out-milik-saya/sibangkit_geo.lock", False),
        (".out-milik_ku/catatan.txt", False),
    ],
)
def test_only_what_a_run_has_left_is_removed(tmp_path: Path, file: str, *, gone: bool) -> None:
    home = (tmp_path / file).parent
    (home / "products" / "gis").mkdir(parents=True)
    (tmp_path / file).touch()
    left_behind.remove_left(tmp_path / "out")
    assert home.exists() is not gone
    assert (home / "products" / "gis").exists() is not gone
