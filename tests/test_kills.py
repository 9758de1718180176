"""A process that is killed leaves a folder whole, or one that says it is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.products import left_behind
from sibangkit_geo.products.staging import earlier_products, require_finished, require_own, staged
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
    assert states.keys() == {"old", "unfinished", "new"}
    assert min(states.values()) >= 3


@posix
def test_a_real_command_is_killed_and_run_again(
    two_levels: TwoLevels, kills: Any, tmp_path: Path
) -> None:
    runs = [str(two_levels.rest / "earlier"), str(two_levels.agency)]
    out = tmp_path / "out"
    old = {**kills.made_up("comparison", "old", optional=True), **kills.MINE}
    kills.write_all(old, out)
    # the folder, the manifest that says so, the folder again, the first product, and then no more
    assert kills.start(["compare", *runs], out, before=5).wait() == -signal.SIGKILL
    assert kills.state_of(out, old, {}) == "unfinished"
    assert kills.files_in(out).keys() == old.keys()
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


def test_a_file_that_is_open_elsewhere_leaves_an_unfinished_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as Windows refuses to replace what a spreadsheet program holds
    out, move = tmp_path / "out", Path.replace
    _finish(out, "lama")

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "b.csv":
            raise PermissionError(13, "Permission denied", str(target))
        return move(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(ConfigError, match=r"b\.csv: cannot be replaced .* is unfinished"):
            _finish(out, "baru")
    with pytest.raises(ConfigError, match="is unfinished"):
        require_finished(out)
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    _finish(out, "baru")
    require_finished(out)
    assert (out / "b.csv").read_text() == "baru"


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
