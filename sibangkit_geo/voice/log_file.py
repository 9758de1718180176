"""The log of ``--verbose``: what a maintainer needs, and nothing about anybody."""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from sibangkit_geo import __version__
from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.voice.language import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# what the house logs of its stages reaches file and terminal, what is logged here the file alone
_HOUSE: Final = logging.getLogger("sibangkit_geo")
_LOG: Final = logging.getLogger("sibangkit_geo.voice")
_LOG.propagate = False
_MANIFEST = "manifest.json"
_NAME = "sibangkit.log"
# options whose words are the same for everybody; of others only that they are given is told
_TOLD = frozenset({"code_generation", "code_system", "crs", "damage", "paper", "regency"})
# no code of an area has more digits
_LONG = re.compile(r"\d(?:[ .-]?\d){10,}")
_SHORTEST_USER = 3


class _Plain(logging.Formatter):
    """A line with the seconds since the start, and without what names a person or a folder."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = time.monotonic()

    def format(self, record: logging.LogRecord) -> str:
        return f"{time.monotonic() - self.begun:8.1f}  {impersonal(record.getMessage())}"


def impersonal(text: str) -> str:
    """Take long numbers, the home folder and the name of the user out of a text."""
    text = _LONG.sub("#", text)
    for private, word in _private():
        text = re.sub(rf"(?<!\w){re.escape(private)}(?!\w)", word, text)
    return text


def _private() -> Iterator[tuple[str, str]]:
    import getpass

    try:
        yield str(Path.home()), "~"
        user = getpass.getuser()
    except (RuntimeError, OSError, KeyError, ImportError):
        return
    if len(user) >= _SHORTEST_USER:
        yield user, "USER"


def invoked(invoke: Callable[[Any], Any], context: Any) -> Any:
    """Run a command, and keep a log of it where that is asked for."""
    if not context.find_root().params.get("verbose"):
        return invoke(context)
    with kept(context.command_path, context.params):
        return invoke(context)


@contextmanager
def kept(command: str, options: Mapping[str, Any]) -> Iterator[None]:
    """Keep a log until the end beside what the command writes, and tell its name on stderr."""
    path = place_of(options)
    try:
        file = logging.FileHandler(path, mode="w", encoding="utf-8")
    except OSError as error:
        _tell_that_none_is_kept(error)
        yield
        return
    file.setFormatter(_Plain())
    earlier = _HOUSE.level
    for one in (_HOUSE, _LOG):
        one.addHandler(file)
        one.setLevel(logging.INFO)
    try:
        for line in _head(command, options):
            _LOG.info("%s", line)
        yield
    finally:
        _LOG.info("end")
        for one in (_HOUSE, _LOG):
            one.removeHandler(file)
            one.setLevel(earlier)
        file.close()
        word = "log" if spoken() == "en" else "catatan proses"
        typer.echo(f"{word}: {path}", err=True)


def _tell_that_none_is_kept(error: OSError) -> None:
    from sibangkit_geo.voice.translator import told

    word = "warning" if spoken() == "en" else "peringatan"
    why = error.strerror or type(error).__name__
    typer.echo(f"{word}: {told(f'the log cannot be written ({why})')}", err=True)


def place_of(options: Mapping[str, Any]) -> Path:
    """
    Choose where the log lies: beside the folder or file that is written, never within products.

    `options`: Of the command; without ``out`` or ``folder`` the log lies in the working folder.
    """
    beside = next((options[one] for one in ("out", "folder") if options.get(one)), None)
    place = Path.cwd() / _NAME
    if beside is not None and Path(beside).resolve().name:
        named = Path(beside).resolve()
        place = named.with_name(f"{named.name}.log")
    inside = [one for one in place.parents if (one / _MANIFEST).is_file()]
    folder = inside[-1].parent if inside else place.parent
    while not folder.is_dir():
        folder = folder.parent
    return folder / place.name


def _head(command: str, options: Mapping[str, Any]) -> Iterator[str]:
    import platform

    yield f"sibangkit {__version__}"
    yield f"Python {platform.python_version()}, {platform.system()} {platform.release()}, " + (
        platform.machine()
    )
    yield ", ".join(_libraries())
    yield f"command: {' '.join(_command(command))}"
    for name, value in options.items():
        if value not in (None, "", [], ()):
            yield f"option {name}: {_told(name, value)}"


def _command(path: str) -> Iterator[str]:
    first, *others = path.split()
    yield Path(first).name
    yield from others


def _libraries() -> Iterator[str]:
    from importlib import metadata

    for one in metadata.requires("sibangkit_geo") or ():
        name = re.split(r"[^\w.-]", one, maxsplit=1)[0]
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} -"


def _told(name: str, value: object) -> str:
    """Tell a path by its file name, a number as it is, and of other words that there are some."""
    if isinstance(value, Path):
        return value.name or "."
    if isinstance(value, (list, tuple)):
        return ", ".join(_told(name, one) for one in value)
    if isinstance(value, (bool, int, float)) or name in _TOLD:
        return str(value)
    return "(given)"


def stage(name: str) -> None:
    """Note that a stage begins."""
    _LOG.info("stage: %s", name)


def notes(keys: list[str]) -> None:
    """Note the keys of what a run remarks on, never its words."""
    _LOG.info("notes: %s", ", ".join(keys) or "none")


def warned(kind: type[Warning]) -> None:
    """Note the kind of a warning, never its words."""
    _LOG.info("warning: %s", kind.__name__)


def failed(error: BaseException) -> None:
    """Note an error and what caused it by kind and place; its words may hold data."""
    if not _LOG.handlers:
        return
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        _LOG.info("%s: %s", "caused by" if len(seen) > 1 else "error", type(error).__name__)
        for one in _templates(error):
            _LOG.info("  %s", one)
        for frame in traceback.extract_tb(error.__traceback__):
            _LOG.info("  %s:%s %s", _code_file(frame.filename), frame.lineno, frame.name)
        cause = error.__cause__ or error.__context__
        if cause is None:
            return
        error = cause


def _templates(error: BaseException) -> list[str]:
    """List what an error of ours says, without the words that stand in its places."""
    from sibangkit_geo.voice.translator import to_indonesian

    known = isinstance(error, SibangkitError)
    return to_indonesian().templates_of(str(error)) if known else []


def _code_file(name: str) -> str:
    """Tell a file of code by its place within its library."""
    path = Path(name)
    for folder in sorted(map(Path, filter(None, sys.path)), key=lambda one: -len(one.parts)):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
