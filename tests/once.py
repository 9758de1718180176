"""What is dear to make, made once for all workers of a session; tests only read it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import shutil
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

Made = TypeVar("Made")
PATIENCE_S = 1800  # a bound for a busy machine


def common_folder(factory: pytest.TempPathFactory) -> Path:
    """Name the temporary folder that all workers of this session, and no other session, have."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def digest(folder: Path) -> str:
    """Sum up the names and bytes of all files."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()


@contextlib.contextmanager
def once(home: Path, name: str, make: Callable[[Path], Made]) -> Iterator[Made]:
    """
    Give what `make` returned for a folder of its own, to the first who asks and all after.

    At the end nothing in the folder may differ: a test that writes there changes what others read.
    """
    folder, told = home / name, home / f"{name}.pickle"
    _make(folder, told, make)
    before, value = pickle.loads(told.read_bytes())  # noqa: S301 - written below
    yield value
    assert digest(folder) == before, f"a test has changed {folder}, which others read"


def _make(folder: Path, told: Path, make: Callable[[Path], Made]) -> None:
    lock, until = told.with_suffix(".lock"), time.monotonic() + PATIENCE_S
    while not told.exists():
        try:
            lock.mkdir()
        except FileExistsError:
            assert time.monotonic() < until, f"nobody has finished {folder}"
            time.sleep(0.1)
            continue
        try:
            # another may have finished between the look and the lock
            if not told.exists():
                # what one who failed has left
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                value = make(folder)
                part = told.with_suffix(".part")
                part.write_bytes(pickle.dumps((digest(folder), value)))
                part.replace(told)
        finally:
            lock.rmdir()
