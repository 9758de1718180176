"""Which language the command line speaks: Indonesian, or English where that is asked for."""

from __future__ import annotations

import locale
import os
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Literal, get_args

from sibangkit_geo.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Language = Literal["id", "en"]

LANGUAGES: Final = get_args(Language)
OPTION: Final = "--language"
# the first that is set says it all, as for every other program
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_spoken: ContextVar[Language] = ContextVar("spoken", default="id")


def spoken() -> Language:
    """Return the language that is spoken."""
    return _spoken.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language until the end."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def of_environment(variables: Mapping[str, str] = os.environ) -> Language:
    """
    Choose the language by the variables of the system, else by the system itself.

    `variables`: Of the environment; `C` and `POSIX` name no language.
    """
    named = next((variables[one] for one in _VARIABLES if variables.get(one)), None)
    return "en" if (_of_system() if named is None else named).lower().startswith("en") else "id"


def _of_system() -> str:
    """Name the language of Windows, which sets no variable; empty elsewhere."""
    if sys.platform != "win32":
        return ""
    import ctypes

    return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")


def taken_out(arguments: Sequence[str]) -> tuple[list[str], Language | None]:
    """
    Take the option out of a command line, wherever it stands before ``--``.

    Returns: The other arguments, and the language; None where none is named.
    Raises ConfigError: The language is none that is spoken, or is missing.
    """
    left: list[str] = []
    found: Language | None = None
    given = iter(arguments)
    for one in given:
        if one == "--":
            left += [one, *given]
        elif one == OPTION or one.startswith(f"{OPTION}="):
            found = _known(next(given, "") if one == OPTION else one.partition("=")[2])
        else:
            left.append(one)
    return left, found


def _known(word: str) -> Language:
    for one in LANGUAGES:
        if word.lower() == one:
            known: Language = one
            return known
    msg = f'{OPTION}: "{word}" is unknown. {nearest(word, LANGUAGES)}'
    raise ConfigError(msg)
