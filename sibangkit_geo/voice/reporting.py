"""What a command tells on stderr: remarks, warnings, and one line for each error."""

from __future__ import annotations

import errno
import logging
import math
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from sibangkit_geo.errors import InputsError, SibangkitError, unexpected
from sibangkit_geo.voice import language, log_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sibangkit_geo.model.types import Pockets
    from sibangkit_geo.study.provinces import ProvinceFinished

_DATA: Final = 3
_TOO_LITTLE = "not enough memory; nothing was written"
# what Python before 3.13 says of links in circles that are to be resolved
_LOOP = "Symlink loop from "
# what systems and libraries say of memory and threads that they do not get
_OF_LITTLE = (
    "start new thread",
    "spawn worker thread",
    "allocate memory",
    "map segment",
    "bad alloc",
)

# the root of all that the parser refuses; typer does not name it
REFUSED: Final[type[Exception]] = typer.BadParameter.__mro__[2]
_PREFIX = {"id": "galat", "en": "error"}
_EXPLAINED = {"id": "dokumentasi", "en": "documentation"}


def say_and_end(*messages: str, code: int) -> NoReturn:
    """Tell what is wrong, one line each, and end with a code."""
    for message in messages:
        typer.echo(f"{_PREFIX[language.spoken()]}: {' '.join(message.split())}", err=True)
    raise typer.Exit(code=code)


def with_page(told: str, message: str) -> str:
    """
    Name the page of the documentation that explains a message, behind its words.

    `told`: The message in the language that is spoken.
    `message`: In English.
    """
    from sibangkit_geo.voice.translator import explained_in

    return f"{told} ({_EXPLAINED[language.spoken()]}: {explained_in(message)})"


def show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Tell a warning of ours in one line."""
    log_file.warned(category)
    tell("peringatan", str(message))


class Told(logging.Handler):
    """Tells what the package logs as a warning, as all other warnings are told."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record."""
        tell("peringatan", record.getMessage())


def said(text: str) -> str:
    """Say a remark in the language that is spoken."""
    from sibangkit_geo.voice.translator import remark

    return remark(text)


def account(text: str) -> str:
    """Say an account of several lines in the language that is spoken."""
    from sibangkit_geo.voice import translator

    return translator.account(text)


def tell(*parts: str) -> None:
    """Tell remarks on stderr, one after the other on a line."""
    typer.echo(": ".join(map(said, parts)), err=True)


@contextmanager
def reported() -> Iterator[None]:
    """Turn whatever ends a command into one line and its exit code."""
    try:
        yield
    except (typer.Exit, typer.Abort, SystemExit, REFUSED):
        raise
    except BaseException as error:  # noqa: BLE001 - it ends the command
        log_file.failed(error)
        _report(error)


def tell_result(found: Pockets, *, notes: int) -> None:
    """Tell how many pockets a run found; that nothing was tested is not that there is none."""
    if math.isnan(found.p_value):
        tell(f"kantong tidak diuji, {notes} catatan (lihat manifest.json)")
    else:
        tell(f"{len(found)} kantong, {notes} catatan (lihat manifest.json)")


def report_province(finished: ProvinceFinished) -> None:
    """
    Print what a study of several regencies wrote, and why any of them is missing.

    Raises Exit: Code 3 where one is missing.
    """
    for name in finished.products:
        typer.echo(finished.out / name)
    for code, age in finished.reused.items():
        tell(code, f"hasil yang sudah selesai {age} lalu dipakai; --restart menghitung ulang")
    whole = len(finished.finished) + len(finished.missing)
    tell(f"{len(finished.finished)} dari {whole} kabupaten/kota selesai")
    from sibangkit_geo.voice.translator import told

    lines = [
        f"{name}: {with_page(told(one), one)}"
        for name, errors in finished.missing.items()
        for one in errors
    ]
    if lines:
        say_and_end(*lines, code=_DATA)


def ended_by(error: Exception) -> int:
    """Tell what ended a command before it began, and give its code."""
    try:
        _report(error)
    except typer.Exit as ended:
        return ended.exit_code


def _report(error: BaseException) -> NoReturn:
    """Say what ended a command; the codes are those of docs/study-file.md."""
    from sibangkit_geo.voice.translator import error_text, told

    match error:
        case SibangkitError():
            each = error.errors if isinstance(error, InputsError) else (error,)
            lines = (with_page(error_text(one), str(one)) for one in each)
            say_and_end(*lines, code=error.exit_code)
        case KeyboardInterrupt():
            # also what asks the process to end (SIGTERM)
            say_and_end(told("stopped; nothing was written"), code=1)
        case MemoryError():
            fail(_TOO_LITTLE, code=1)
        case OSError():
            _report_system(error)
        case RuntimeError() if str(error).startswith(_LOOP):
            path = str(error).removeprefix(_LOOP).strip("'")
            fail(f"{path}: a link that leads to itself. Name another place.", code=2)
        case _ if any(word in str(error) for word in _OF_LITTLE):
            fail(_TOO_LITTLE, code=1)
    # whatever a library raises, also the end of its own code in Rust, is one line
    logging.getLogger(__name__).info("unexpected", exc_info=error)
    fail(unexpected(error), code=1)


def _report_system(error: OSError) -> NoReturn:
    """Say what the system refused."""
    match error:
        case BrokenPipeError():
            fail("nobody reads what is told any more; finished products stay", code=1)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            fail("the disk is full; nothing was written. Make room, also for further files", code=1)
        case PermissionError(filename=str(path)):
            name = PurePath(path).name
            fail(f"{name}: may not be read or written by your account. Ask its owner.", code=2)
        case OSError(filename=None):
            why = error.strerror or error
            fail(f"cannot read or write: {why}. Is the disk full, damaged or gone?", code=1)
    fail(f"{error.filename}: {error.strerror or error}", code=1)


def fail(message: str, *, code: int) -> NoReturn:
    """Tell what is wrong, given in English, and end with a code."""
    from sibangkit_geo.voice.translator import told

    say_and_end(with_page(told(message), message), code=code)
