"""Hidden folders in which runs write, and what those that were killed left of them."""

from __future__ import annotations

import contextlib
import re
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

else:
    import fcntl

    def _lock(file: IO[bytes], *, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


_HELD = "sibangkit_geo.lock"
_PRODUCTS = "products"
# what `mkdtemp` adds to a name
_RANDOM = re.compile(r"[a-z0-9_]{8}")


@contextlib.contextmanager
def hidden_folder(out: Path) -> Iterator[Path]:
    """
    Give an empty folder beside `out`, gone at the end; first remove what killed runs left.

    The system lets go of a lock when its process ends, however that comes about, so that the folder
    of a killed run is told from that of one at work on every system.

    Raises OSError: Its place cannot be written.
    """
    remove_left(out)
    home, lock = _held(out)
    try:
        with lock:
            try:
                (home / _PRODUCTS).mkdir()
                yield home / _PRODUCTS
            finally:
                # the lock goes last: without it nobody would take the rest away
                shutil.rmtree(home / _PRODUCTS, ignore_errors=True)
    finally:
        _remove_empty(home)


def _held(out: Path) -> tuple[Path, IO[bytes]]:
    """Make a folder and hold its lock; where a disk knows no locks nobody else removes it."""
    while True:
        home = Path(tempfile.mkdtemp(prefix=_prefix(out), dir=out.parent))
        # between two of these calls another run may take the folder for left behind
        with contextlib.suppress(FileNotFoundError):
            lock = (home / _HELD).open("wb", buffering=0)
            with contextlib.suppress(OSError):
                _lock(lock, wait=True)
            if (home / _HELD).exists():
                return home, lock
            lock.close()


def remove_left(out: Path) -> None:
    """Remove the hidden folders of runs into `out` that are no longer at work."""
    prefix = _prefix(out)
    for home in out.parent.glob(".*-*"):
        if home.name.startswith(prefix) and _RANDOM.fullmatch(home.name.removeprefix(prefix)):
            with contextlib.suppress(OSError):
                if not (home / _HELD).exists() or _emptied(home):
                    _remove_empty(home)


def _prefix(out: Path) -> str:
    return f".{out.name}-"


def _emptied(home: Path) -> bool:
    """
    Take away what a run has left but its lock.

    Raises OSError: The run is at work, or this cannot be known.
    """
    with (home / _HELD).open("rb+", buffering=0) as file:
        _lock(file, wait=False)
        shutil.rmtree(home / _PRODUCTS, ignore_errors=True)
        if sys.platform != "win32":
            # while it is held, so that a run that waits for it sees that it is gone
            (home / _HELD).unlink()
    return True


def _remove_empty(home: Path) -> None:
    """Remove the lock, which Windows refuses while another holds it, and the folder if empty."""
    with contextlib.suppress(OSError):
        (home / _HELD).unlink(missing_ok=True)
        home.rmdir()
