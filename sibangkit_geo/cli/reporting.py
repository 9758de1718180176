"""What every command shares: errors in one line, bars on a terminal, paths on stdout."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from sibangkit_geo.errors import SibangkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sibangkit_geo.study import Finished

_STAGES = {
    "read": "Membaca data",
    "find": "Mencari kantong",
    "draw": "Menggambar peta",
    "write": "Menulis berkas",
}


@contextmanager
def reported() -> Iterator[None]:
    """Turn an error of ours into one line and its exit code."""
    try:
        yield
    except SibangkitError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("stopped; nothing was written", 1)
    except MemoryError:
        _fail("not enough memory; nothing was written", 1)
    except OSError as error:
        _fail(f"{error.filename or 'file'}: {error.strerror or error}", 1)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    raise typer.Exit(code=code)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Draw one bar per stage on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        tasks: dict[str, int] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for earlier in tasks.values():
                    bar.update(earlier, visible=False)  # type: ignore[arg-type]
                tasks[stage] = bar.add_task(_STAGES[stage], total=total)
            bar.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def report(finished: Finished) -> None:
    """Print every product on stdout, and a summary on stderr."""
    for name in finished.products:
        typer.echo(finished.out / name)
    if finished.review:
        typer.echo(finished.review)
    typer.echo(
        f"{len(finished.pockets)} kantong, {len(finished.notes)} catatan (lihat manifest.json)",
        err=True,
    )
