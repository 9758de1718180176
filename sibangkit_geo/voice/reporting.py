"""What a command tells on stderr: remarks, warnings, and one line for each error."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from sibangkit_geo.errors import InputsError, SibangkitError, unexpected
from sibangkit_geo.voice import log_file
from sibangkit_geo.voice.commands import say_and_end

if TYPE_CHECKING:
    from collections.abc import Iterator


def show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Tell a warning of ours in one line."""
    log_file.warned(category)
    tell("peringatan", str(message))


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
    """Turn an error of ours into one line and its exit code."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except BaseException as error:  # noqa: BLE001 - it ends the command
        log_file.failed(error)
        _report(error)


def _report(error: BaseException) -> NoReturn:
    """Say what ended a command; the codes are those of docs/study-file.md."""
    from sibangkit_geo.voice.translator import error_text

    match error:
        case InputsError():
            say_and_end(*map(error_text, error.errors), code=error.exit_code)
        case SibangkitError():
            say_and_end(error_text(error), code=error.exit_code)
        case KeyboardInterrupt():
            # also what asks the process to end (SIGTERM)
            fail("stopped; nothing was written", code=1)
        case MemoryError():
            fail("not enough memory; nothing was written", code=1)
        case OSError():
            fail(f"{error.filename or 'file'}: {error.strerror or error}", code=1)
        case Exception():  # whatever a library raises is one line
            logging.getLogger(__name__).info("unexpected", exc_info=error)
            fail(unexpected(error), code=1)
    raise error


def fail(message: str, *, code: int) -> NoReturn:
    """Tell what is wrong, given in English, and end with a code."""
    from sibangkit_geo.voice.translator import told

    say_and_end(told(message), code=code)
