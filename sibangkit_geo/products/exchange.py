"""One folder put into the place of another: at once where the system can, else by two renames."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

P = ParamSpec("P")

#: what a replaced folder is called between two renames, where the system cannot exchange them
OLD: Final = "old"
# seconds
_WAITS = (0.05, 0.15, 0.3, 0.5)
_AT_CWD = -100  # AT_FDCWD, Linux fcntl.h
_EXCHANGE = 2  # RENAME_EXCHANGE (Linux fs.h) and RENAME_SWAP (Darwin stdio.h)


def put_in_place(folder: Path, out: Path, *, products: Collection[str]) -> None:
    """
    Put a finished folder into the place of another, which then stands where the first one stood.

    Whatever lies in `out` and is no product is in the finished folder too. Where the system
    exchanges folders, a reader finds the old one or the new one at any moment; elsewhere `out` is
    missing between two renames, and `restore` finds the old one beside `folder`.

    `products`: Relative paths in `out` that are products of an earlier run.
    Raises OSError: The system refuses; `out` is as it was.
    """
    if not out.exists():
        patiently(folder.rename, out)
        return
    _keep_others(out, folder, products)
    if _exchanged(folder, out):
        return
    old = folder.with_name(OLD)
    patiently(out.rename, old)
    try:
        patiently(folder.rename, out)
    except OSError:
        old.rename(out)
        raise


def patiently(step: Callable[P, object], *args: P.args, **options: P.kwargs) -> None:
    """
    Take a step again for a second: scanners and clouds hold files for a moment on Windows.

    Raises OSError: It fails for another reason, or still after that second.
    """
    for wait in _WAITS:
        try:
            step(*args, **options)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    step(*args, **options)


def restore(home: Path, out: Path) -> None:
    """Put a folder back that a run was killed between two renames of."""
    if (home / OLD).is_dir() and not out.exists():
        (home / OLD).rename(out)


def can_stand_beside(out: Path) -> bool:
    """
    Tell whether a folder beside `out` can take its place.

    Not that of a disk or link of its own, not one beside which nothing may be written, and not the
    one that somebody's command line stands in, which would be left without a folder.
    """
    if not out.exists():
        return True
    same = out.stat().st_dev == out.parent.stat().st_dev and not _is_mounted(out)
    return same and os.access(out.parent, os.W_OK) and not _cwd().is_relative_to(out)


def _is_mounted(out: Path) -> bool:
    """Tell whether a disk, or a folder of the same disk, is mounted there."""
    if os.path.ismount(out):
        return True
    # Linux alone mounts folders of one disk elsewhere, which only its own list tells
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return False
    place = os.fsencode(out.resolve()).replace(b" ", rb"\040")
    return any(one.split(b" ")[4] == place for one in mounts)


def _cwd() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path(os.sep)


def _keep_others(out: Path, folder: Path, products: Collection[str]) -> None:
    """Bring what is of the user into the finished folder, as links where the disk has them."""
    for root, folders, files in os.walk(out):
        here = folder / os.path.relpath(root, out)
        for name in [*folders, *files]:
            source = Path(root) / name
            relative = source.relative_to(out).as_posix()
            target = here / name
            if relative in products or target.exists() or target.is_symlink():
                continue
            if source.is_symlink():
                here.mkdir(parents=True, exist_ok=True)
                target.symlink_to(source.readlink())
            elif source.is_dir():
                if not any(source.iterdir()):
                    target.mkdir(parents=True)
            else:
                here.mkdir(parents=True, exist_ok=True)
                _linked(source, target)


def _linked(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        # a disk without links, such as that of a USB stick
        shutil.copy2(source, target)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders at once; False where the system or the disk cannot."""
    call = None
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None, use_errno=True)
        call = library.renameat2 if sys.platform == "linux" else library.renamex_np
    if call is None or sys.platform == "win32":
        return False
    names = [os.fsencode(one), os.fsencode(other)]
    if sys.platform == "linux":
        return bool(call(_AT_CWD, names[0], _AT_CWD, names[1], _EXCHANGE) == 0)
    return bool(call(*names, _EXCHANGE) == 0)
