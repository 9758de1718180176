"""Registers read by workers of Dask; the only place that knows it."""

from __future__ import annotations

import logging
import tempfile
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.model.optional import require_extra
from sibangkit_geo.model.stages import cores
from sibangkit_geo.sources.readers.table_parts import has_parts, parts_of
from sibangkit_geo.study.register_parts import PartFailedError, count_in_parts
from sibangkit_geo.study.registers import count_register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sibangkit_geo.registers.register import Register
    from sibangkit_geo.sources.engine_settings import EngineSettings
    from sibangkit_geo.study.register_parts import Opening
    from sibangkit_geo.study.registers import Counted, RegisterPlan

log = logging.getLogger(__name__)
# a worker that is slow or lost then holds up a small share of the work
_PARTS_PER_WORKER = 4
# a part and what is made of it: several hundred megabytes
_PART_BYTES = 256 << 20
_RETRIES = 3
_SECONDS = 20
# what must be the same for equal texts to have equal hashes, and counts one meaning
_SAME = ("sibangkit_geo", "polars", "numpy", "pandas")
_QUIET = {
    # the boundaries go along with the first task, which can then be done again
    "distributed.admin.large-graph-warning-threshold": "1GB",
    # nothing of a register is put on a disk
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    # no page tells of the work
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # memory is used again, block by block: to give it back and ask anew costs half of the time
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 30,
}


def count_with(
    engine: EngineSettings, register: Register, opening: Opening, plan: RegisterPlan
) -> Counted:
    """
    Count a register by whoever the study says; the result is the same.

    `register`: As `opening` opens it; not read yet.
    Raises ConfigError: As of `count_register`; no scheduler answers.
    Raises MissingExtraError: Dask is not installed.
    Raises DataError: As of `count_register`; workers see another file, or ended again and again.
    """
    if engine.kind == "local":
        return count_register(register, plan)
    require_extra("dask")
    if plan.keep_houses or plan.keep_cards:
        log.info("engine: points of houses stay here, so that one process reads the register")
        return count_register(register, plan)
    if not has_parts(register.grid):
        log.info("engine: %s has no parts, so that one process reads it", register.name)
        return count_register(register, plan)
    with _workers(engine) as workers:
        bytes_each = opening.source.path.stat().st_size // _PART_BYTES
        most = max(_PARTS_PER_WORKER * workers.number, bytes_each)
        parts = parts_of(register.grid, first_row=register.header.first_row, most=most)
        counted = None
        if parts:
            log.info("engine: %d parts, %d workers", len(parts), workers.number)
            counted = count_in_parts(
                register, opening, plan, parts, workers=workers, partitions=workers.number
            )
            register = opening.open() if counted is None else register
    if counted is None:
        log.info("engine: only the whole tells; one process reads the register")
        return count_register(register, plan)
    return counted


@dataclass(frozen=True, slots=True)
class _DaskWorkers:
    """
    Workers of one scheduler.

    `number`: How many there were when the register was opened.
    """

    client: Any
    number: int

    def submit(self, work: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401 - dask has no types
        """Have work done, again where a worker fails."""
        return self.client.submit(work, *args, pure=False, retries=_RETRIES)

    def follow(self, asked: Sequence[Any], *, stage: str) -> None:
        """Wait for work, and tell how much of it is done."""
        from distributed import as_completed  # noqa: PLC0415 - only where asked for

        for done, _ in enumerate(as_completed(asked), 1):
            log.info("engine: %s, %d of %d", stage, done, len(asked))

    def gather(self, asked: Sequence[Any]) -> list[Any]:
        """Wait for work, and bring what it made here."""
        return [*self.client.gather([*asked])]


@contextmanager
def _workers(engine: EngineSettings) -> Iterator[_DaskWorkers]:
    """Start workers here, or find those of the scheduler."""
    import dask  # noqa: PLC0415 - only where asked for
    from distributed import Client, KilledWorker  # noqa: PLC0415
    from distributed.comm.core import CommClosedError  # noqa: PLC0415

    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_QUIET))
        if engine.scheduler:
            client = _found(engine.scheduler)
        else:
            client = Client(stack.enter_context(_cluster(engine.workers or cores())))
        stack.enter_context(client)
        try:
            yield _DaskWorkers(client, _require_same(client))
        except (KilledWorker, PartFailedError) as error:
            why = str(error) if isinstance(error, PartFailedError) else "KilledWorker"
            msg = f"Workers failed again and again at a part of the register ({why})"
            remedy = "Give each worker more memory or start fewer of them, or leave out [engine]."
            raise DataError(msg, remedy=remedy) from None
        except (CommClosedError, CancelledError) as error:
            raise _silent(engine.scheduler or "127.0.0.1") from error


@contextmanager
def _cluster(number: int) -> Iterator[Any]:
    """Start workers that no other account of this machine can reach, and end them."""
    from distributed import LocalCluster, Security  # noqa: PLC0415 - only where asked for

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            security=Security.temporary(),
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


def _found(scheduler: str) -> Any:  # noqa: ANN401 - dask has no types
    from distributed import Client  # noqa: PLC0415 - only where asked for

    try:
        return Client(scheduler, timeout=_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise _silent(scheduler) from error


def _silent(scheduler: str) -> ConfigError:
    msg = (
        f"[engine] no scheduler answers at {scheduler}. Start one (dask scheduler, dask worker), "
        "correct the address, or leave out scheduler: workers are then started on this machine."
    )
    return ConfigError(msg)


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _SAME}


def _require_same(client: Any) -> int:  # noqa: ANN401 - dask has no types
    """
    Count the workers, and refuse those that would read otherwise.

    Raises ConfigError: There is none, or one has another version of what reads and counts.
    """
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
        theirs = client.run(_versions)
    except TimeoutError as error:
        msg = "[engine] the scheduler has no workers. Start some (dask worker)."
        raise ConfigError(msg) from error
    except ImportError as error:
        msg = "[engine] a worker lacks this program. Install the same version where workers run."
        raise ConfigError(msg) from error
    mine = _versions()
    other = sorted({name for told in theirs.values() for name in mine if told[name] != mine[name]})
    if other:
        msg = (
            f"[engine] a worker has another version of {', '.join(other)}. Install the same "
            "versions everywhere."
        )
        raise ConfigError(msg)
    return len(theirs)
