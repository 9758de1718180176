"""What tests share: made once, by the next one where the first failed, and never changed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.once import once

if TYPE_CHECKING:
    from pathlib import Path

WORKERS = 4


def make(folder: Path) -> str:
    (folder / "a.txt").write_text("isi")
    return "jadi"


def test_of_many_who_ask_at_once_one_makes_it(tmp_path: Path) -> None:
    makers: list[int] = []
    all_ask = threading.Barrier(WORKERS)

    def count(folder: Path) -> str:
        makers.append(threading.get_ident())
        return make(folder)

    def ask(_: int) -> str:
        all_ask.wait()
        with once(tmp_path, "bersama", count) as value:
            return value + (tmp_path / "bersama" / "a.txt").read_text()

    with ThreadPoolExecutor(WORKERS) as threads:
        assert list(threads.map(ask, range(WORKERS))) == ["jadiisi"] * WORKERS
    assert len(makers) == 1


def test_after_one_who_fails_the_next_begins_anew(tmp_path: Path) -> None:
    def fail(folder: Path) -> str:
        (folder / "separuh.txt").write_text("sisa")
        raise OSError(28, "penuh")

    with pytest.raises(OSError, match="penuh"), once(tmp_path, "bersama", fail):
        pytest.fail("nothing was made")
    with once(tmp_path, "bersama", make) as value:
        assert value == "jadi"
    assert [path.name for path in (tmp_path / "bersama").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("change", ["a.txt", "b.txt", None])
def test_a_change_of_what_others_read_is_told(tmp_path: Path, change: str | None) -> None:
    def use() -> None:
        with once(tmp_path, "bersama", make):
            if change:
                (tmp_path / "bersama" / change).write_text("lain")
            else:
                (tmp_path / "bersama" / "a.txt").unlink()

    with pytest.raises(AssertionError, match="a test has changed"):
        use()
