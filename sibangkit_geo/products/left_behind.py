"""Hidden folders in which runs write, and what those that were killed left of them."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, wait: bool) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes], *, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


_HELD = "held.lock"
_OURS = b"sibangkit_geo\n"
_PRODUCTS = "products"


@contextlib.contextmanager
def hidden_folder(out: Path) -> Iterator[Path]:
    """
    Give an empty folder beside `out`, gone at the end; first remove what killed runs left.

    The system lets go of a lock when its process ends, however that comes about, so that the folder
    of a killed run is told from that of one at work on every system.

    Raises OSError: Its place cannot be written.
    """
    remove_left(out)
    home = Path(tempfile.mkdtemp(prefix=_prefix(out), dir=out.parent))
    try:
        with _holding(home / _HELD):
            folder = home / _PRODUCTS
            folder.mkdir()
            yield folder
    finally:
        shutil.rmtree(home, ignore_errors=True)


def remove_left(out: Path) -> None:
    """Remove the hidden folders of runs into `out` that are no longer at work."""
    for home in out.parent.glob(".*-*"):
        if home.name.startswith(_prefix(out)) and _is_left(home / _HELD):
            shutil.rmtree(home, ignore_errors=True)


def _prefix(out: Path) -> str:
    return f".{out.name}-"


@contextlib.contextmanager
def _holding(path: Path) -> Iterator[None]:
    """Hold a lock; on a disk that knows none the folder is never taken for left behind."""
    with path.open("wb", buffering=0) as file:
        try:
            _lock(file, wait=True)
        except OSError:
            yield
            return
        # only now: who finds an empty file finds a run that is about to begin
        file.write(_OURS)
        try:
            yield
        finally:
            _unlock(file)


def _is_left(path: Path) -> bool:
    """Tell whether the run of a lock has ended; no where this cannot be known."""
    try:
        with path.open("rb+", buffering=0) as file:
            _lock(file, wait=False)
            left = file.read(len(_OURS)) == _OURS
            _unlock(file)
            return left
    except OSError:
        return False
