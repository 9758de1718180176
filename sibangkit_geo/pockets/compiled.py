"""Loops compiled by numba, kept for the next start where there is a place to keep them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from numba import config, njit

if TYPE_CHECKING:
    from collections.abc import Callable

Loop = TypeVar("Loop", bound="Callable[..., Any]")


def compiled(*, nogil: bool = False) -> Callable[[Loop], Loop]:
    """
    Compile a function when it is first called.

    Without a place that can be written numba alone would refuse to load the module; here the
    function is compiled anew at each start.

    `nogil`: Let other threads run meanwhile.
    Returns: What turns a function into its compiled form.
    """

    def made(function: Loop) -> Loop:
        if _has_home() or _writable_beside(function.__code__.co_filename):
            try:
                return njit(function, cache=True, nogil=nogil)  # type: ignore[no-any-return]
            except RuntimeError:
                pass
        return njit(function, nogil=nogil)  # type: ignore[no-any-return]

    return made


def are_kept() -> bool:
    """Tell whether compiled loops are kept for the next start, as numba itself decides."""
    return compiled()(_nothing)._cache.cache_path is not None  # type: ignore[attr-defined]  # noqa: SLF001 - numba tells it nowhere else


def _nothing() -> None:
    """Stand for any loop of this room."""


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
    places = [Path(config.CACHE_DIR)] if config.CACHE_DIR else []
    for folder in (*places, beside):
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        if os.access(there, os.W_OK):
            return True
    return False
