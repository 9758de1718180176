"""Drop what a compiled library prints past Python."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDOUT = 1


@contextmanager
def without_prints() -> Iterator[None]:
    """
    Drop what compiled code writes to standard output meanwhile.

    HiGHS of SciPy 1.17 prints a line of its own whenever it mends a rounded solution,
    whatever it is told (HiGHS.jl, report 312). Output of other threads is dropped too.

    Yields: Without a standard output (a windowed program) nothing is changed.
    """
    try:
        kept = os.dup(_STDOUT)
    except OSError:
        yield
        return
    _flush()
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - no path, a device
            os.dup2(nowhere.fileno(), _STDOUT)
            yield
            _flush()
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)


def _flush() -> None:
    """Empty Python's buffer and the one of C, which holds lines back where nobody looks on."""
    if sys.stdout is not None:
        sys.stdout.flush()
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    library.fflush(None)
