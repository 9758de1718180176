"""Loops compiled by numba, kept for the next start where there is a place to keep them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

# of one kept loop; a full disk still takes an empty file
_ROOM_BYTES = 1 << 17


def compiled(*, nogil: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """
    Compile a function when it is first called.

    Without a place that can be written numba alone would refuse to load the module, and on a full
    disk to call the function; here it is compiled anew at each start.

    `nogil`: Let other threads run meanwhile.
    Returns: What turns a function into its compiled form.
    """

    def made(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - numba publishes no types
        if _has_home() or _writable_beside(function.__code__.co_filename):
            try:
                loop = njit(function, cache=True, nogil=nogil)
            except RuntimeError:
                pass
            else:
                _forgive_full_disk(loop)
                return loop
        return njit(function, nogil=nogil)

    return made


def are_kept() -> bool:
    """Tell whether compiled loops are kept for the next start: numba has a place, with room."""
    folder = compiled()(_nothing)._cache.cache_path  # noqa: SLF001 - numba tells it nowhere else
    if folder is None:
        return False
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_ROOM_BYTES))
    except OSError:
        return False
    return True


def _nothing() -> None:
    """Stand for any loop of this room."""


def _forgive_full_disk(loop: Any) -> None:  # noqa: ANN401 - numba publishes no types
    cache = loop._cache  # noqa: SLF001 - numba has no setting for it
    keep = cache.save_overload

    def save(signature: object, data: object) -> None:
        try:
            keep(signature, data)
        except OSError:
            # numba has taken its unfinished file away
            cache.disable()

    cache.save_overload = save


def _has_home() -> bool:
    """Tell whether numba finds the user's folder; else it makes one named ~ where it is started."""
    if "XDG_CACHE_HOME" in os.environ:
        return True
    try:
        return Path.home().is_absolute()
    except RuntimeError:
        return False


def _writable_beside(source: str) -> bool:
    beside = Path(source).parent / "__pycache__"
    named = os.environ.get("NUMBA_CACHE_DIR")
    for folder in (*([Path(named)] if named else ()), beside):
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        if os.access(there, os.W_OK):
            return True
    return False
