"""Hidden folders in which runs write, and what those that were killed left of them."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sibangkit_geo.products.exchange import OLD, restore

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, wait: bool) -> None:
        # behind what a claim says, which others read: Windows keeps them from what is locked
        file.seek(_BEHIND)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes], *, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


_BEHIND = 1 << 20
_CLAIMED = "sibangkit_geo.claim"
_HELD = "sibangkit_geo.lock"
_PRODUCTS = "products"
# what `mkdtemp` adds to a name
_RANDOM = re.compile(r"[a-z0-9_]{8}")


class ClaimedError(OSError):
    """Another process writes into the folder; says which, and since when."""


# of this process: a command claims its folder, and so does what it calls
_mine: set[Path] = set()


@contextlib.contextmanager
def claimed(out: Path) -> Iterator[None]:
    """
    Keep a folder for this process alone until the end; the system lets go when the process ends.

    Where a disk knows no locks nobody is kept out.

    Raises ClaimedError: Another process has it.
    Raises OSError: Its place cannot be written.
    """
    place = out.with_name(f".{out.name}.{_CLAIMED}")
    if place in _mine:
        yield
        return
    file = _claim(place)
    _mine.add(place)
    try:
        yield
    finally:
        _mine.discard(place)
        with contextlib.suppress(OSError):
            if sys.platform != "win32":
                place.unlink()
        file.close()
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)


def _claim(place: Path) -> IO[bytes]:
    while True:
        file = place.open("ab+", buffering=0)
        try:
            _lock(file, wait=False)
        except (BlockingIOError, PermissionError) as error:
            told = _owner(place)
            file.close()
            raise ClaimedError(told) from error
        except OSError:
            return file
        # its owner may have taken it away between the two calls
        if place.exists() and place.stat().st_ino == os.fstat(file.fileno()).st_ino:
            file.truncate(0)
            since = datetime.now(UTC).isoformat(timespec="seconds")
            owner = {"process": os.getpid(), "computer": platform.node(), "since": since}
            try:
                file.write(json.dumps(owner).encode())
            except OSError:
                # a full disk
                file.close()
                place.unlink(missing_ok=True)
                raise
            return file
        file.close()


def _owner(place: Path) -> str:
    """Word who has a folder: process, computer, and since when."""
    try:
        told = json.loads(place.read_text("utf-8"))
        begun = datetime.fromisoformat(told["since"])
        minutes = max(0, round((datetime.now(UTC) - begun).total_seconds() / 60))
        return f"process {told['process']} on {told['computer']}, for {minutes} minutes"
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "another process"


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
                restore(home, out)
                for name in (_PRODUCTS, OLD):
                    shutil.rmtree(home / name, ignore_errors=True)
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
                if not (home / _HELD).exists() or _emptied(home, out):
                    _remove_empty(home)


def _prefix(out: Path) -> str:
    return f".{out.name}-"


def _emptied(home: Path, out: Path) -> bool:
    """
    Take away what a run has left but its lock; put a folder back that it was about to replace.

    Raises OSError: The run is at work, or this cannot be known.
    """
    with (home / _HELD).open("rb+", buffering=0) as file:
        _lock(file, wait=False)
        restore(home, out)
        for name in (_PRODUCTS, OLD):
            shutil.rmtree(home / name, ignore_errors=True)
        if sys.platform != "win32":
            # while it is held, so that a run that waits for it sees that it is gone
            (home / _HELD).unlink()
    return True


def _remove_empty(home: Path) -> None:
    """Remove the lock, which Windows refuses while another holds it, and the folder if empty."""
    with contextlib.suppress(OSError):
        (home / _HELD).unlink(missing_ok=True)
        home.rmdir()
