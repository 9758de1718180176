"""Pieces of work in processes of their own: what one of them dies of stops no other."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import threading
import warnings
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from sibangkit_geo.errors import InputsError, SibangkitError, unexpected
from sibangkit_geo.model.stages import cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

log = logging.getLogger(__name__)
_HOUSE = "sibangkit_geo"
# libraries that start a thread for every core
_THREADS = ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
            "RAYON_NUM_THREADS")  # fmt: skip
DIED = "its process ended before it was done. Is there enough memory? Run fewer at once: --jobs 1."


@dataclass(frozen=True, slots=True)
class Ended:
    """
    How a piece of work ended.

    `made`: What it returned; None where it failed.
    `errors`: What is wrong, one message each; empty where it succeeded.
    `exit_code`: Of the error, 0 without one.
    """

    made: Any = None
    errors: tuple[str, ...] = ()
    exit_code: int = 0


@dataclass(slots=True)
class _Told:
    """What a process has said so far."""

    warned: list[tuple[type[Warning], str]] = field(default_factory=list)
    ended: Ended | None = None


def run_apart(
    work: Callable[..., object],
    orders: Mapping[str, tuple[Any, ...]],
    *,
    jobs: int,
    done: Callable[[int, int], None],
) -> dict[str, Ended]:
    """
    Have every order worked off in a process of its own, some at a time.

    What they log is logged here, and what they warn of is warned of here, behind the order's name.

    `work`: Function of a module; gets the parts of an order.
    `orders`: By name; they travel to the processes.
    `jobs`: Processes at a time, at least 1.
    `done`: Called with orders ended and orders in all.
    Returns: By name, in the order of `orders`.
    """
    waiting, ended = list(orders), dict[str, Ended]()
    running: dict[Connection, tuple[str, SpawnProcess, _Told]] = {}
    done(0, len(orders))
    try:
        with _threads(jobs):
            while waiting or running:
                while waiting and len(running) < jobs:
                    name = waiting.pop(0)
                    pipe, process = _started(work, orders[name])
                    running[pipe] = (name, process, _Told())
                ready = wait(list(running))
                for pipe in [one for one in running if one in ready]:
                    name, process, told = running[pipe]
                    if _heard(pipe, name, told):
                        continue
                    process.join()
                    ended[name] = told.ended or Ended(errors=(DIED,), exit_code=1)
                    del running[pipe]
                    _warn(name, told.warned)
                    done(len(ended), len(orders))
    finally:
        for _, process, _ in running.values():
            process.terminate()
            process.join()
    return {name: ended[name] for name in orders}


def _started(
    work: Callable[..., object], order: tuple[Any, ...]
) -> tuple[Connection, SpawnProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, work, order), daemon=True)
    process.start()
    # once it ends nobody holds the other side, and reading ends too
    theirs.close()
    return ours, process


def _heard(pipe: Connection, name: str, told: _Told) -> bool:
    """Take in what a process says; False where it says nothing any more."""
    try:
        kind, what = pipe.recv()
    except (EOFError, OSError):
        return False
    match kind:
        case "log":
            level, text = what
            log.log(level, "%s: %s", name, text)
        case "warning":
            told.warned.append(what)
        case _:
            told.ended = what
    return True


def _warn(name: str, warned: list[tuple[type[Warning], str]]) -> None:
    for kind, text in dict.fromkeys(warned):
        warnings.warn(f"{name}: {text}", kind, stacklevel=3)


@contextlib.contextmanager
def _threads(jobs: int) -> Iterator[None]:
    """Share the cores between processes: their libraries would each take all of them."""
    each = max(1, cores() // jobs)
    mine = {name: str(each) for name in _THREADS if jobs > 1 and name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


class _Sent(logging.Handler):
    """Sends what is logged to the process that asked."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__()
        self.pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        """Send the words of one record."""
        self.pipe.send(("log", (record.levelno, record.getMessage())))


def _work(pipe: Connection, work: Callable[..., object], order: tuple[Any, ...]) -> None:
    """Work off an order, and say how it ended; the words of foreign errors may hold data."""
    threading.Thread(target=_end_with, daemon=True).start()
    house = logging.getLogger(_HOUSE)
    house.setLevel(logging.INFO)
    house.addHandler(_Sent(pipe))
    house.propagate = False

    def warned(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if category.__module__.startswith(_HOUSE):
            pipe.send(("warning", (category, str(message))))

    warnings.showwarning = warned
    warnings.simplefilter("always")
    try:
        ended = Ended(work(*order))
    except InputsError as error:
        ended = Ended(errors=tuple(map(str, error.errors)), exit_code=error.exit_code)
    except SibangkitError as error:
        ended = Ended(errors=(str(error),), exit_code=error.exit_code)
    except MemoryError:
        ended = Ended(errors=(DIED,), exit_code=1)
    except Exception as error:  # noqa: BLE001 - whatever ends it must stop no other
        ended = Ended(errors=(unexpected(error),), exit_code=1)
    pipe.send(("ended", ended))


def _end_with() -> None:
    """End when the process that asked is gone, however that came about."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
