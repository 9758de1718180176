"""Stages of work: the cores they may use, and the time and memory that each took."""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stage(log: logging.Logger, name: str) -> Iterator[list[str]]:
    """
    Log one line when a stage has ended: its counts, seconds, and the peak memory so far.

    `log`: Of the module whose stage it is.
    Yields: Counts to tell, which the stage adds to.
    """
    counts: list[str] = []
    begun = time.perf_counter()
    yield counts
    if log.isEnabledFor(logging.INFO):
        memory = peak_memory()
        told = [*counts, f"{time.perf_counter() - begun:.1f} s"]
        told += [f"peak {memory / 1e6:,.0f} MB"] if memory else []
        log.info("%s: %s", name, ", ".join(told))


def cores() -> int:
    """Count the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> int:
    """Tell the most bytes that this process has held; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - Windows has none

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # kibibytes, but on macOS bytes (getrusage(2))
    return int(most if sys.platform == "darwin" else most * 1024)
