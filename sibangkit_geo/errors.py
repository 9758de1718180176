"""Errors and warnings: one root, one exit code per kind, and no identity number in any text."""

from __future__ import annotations

import difflib
import re
import stat
import traceback
from contextlib import contextmanager, suppress
from errno import ELOOP
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd

P = ParamSpec("P")
T = TypeVar("T")

# a path loses one of the two strokes; one letter is a drive of Windows
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# of a wide table no more columns are told
_TOLD_COLUMNS = 10


class SibangkitError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 1


class ConfigError(SibangkitError, ValueError):
    """The study file or a command's argument is wrong: key, value, file name or regency."""

    exit_code = 2


class MissingFileError(ConfigError):
    """A file that the study or the command names is not there or cannot be opened."""

    def __init__(self, path: Path, *, named_by: str) -> None:
        problem = _in_place_of(path)
        super().__init__(f"{path}: {problem} ({named_by}). Check the name and the folder.")


def _in_place_of(path: Path) -> str:
    """Say what stands where a file, or a folder, is looked for."""
    if _ADDRESS.match(path.as_posix()):
        return "a web address, not a file of this machine"
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "a link to a file that is gone" if path.is_symlink() else "no such file"
    except OSError as error:
        return "a link that leads to itself" if error.errno == ELOOP else str(error.strerror)
    if stat.S_ISDIR(mode):
        return "a folder, not a file"
    return "a file, not a folder" if stat.S_ISREG(mode) else "a device or a pipe, not a file"


def require_file(path: Path, *, named_by: str) -> Path:
    """
    Refuse a path that is not a file.

    `path`: File that must be there.
    `named_by`: Key or argument that names it, for the message.
    Returns: The same path.
    Raises MissingFileError: There is no such file, or something else in its place.
    """
    there = False
    with suppress(OSError):
        there = path.is_file()
    if not there:
        raise MissingFileError(path, named_by=named_by)
    return path


class DataError(SibangkitError, ValueError):
    """
    Input breaks a table contract; `rows` keeps every offending row, not just the first.

    Only labels of the rows (row numbers, area codes) reach the message, never a value.
    """

    exit_code = 3

    def __init__(self, problem: str, *, remedy: str, rows: pd.DataFrame | None = None) -> None:
        self.rows = rows
        self.remedy = remedy
        where = ""
        if rows is not None and len(rows):
            sample = ", ".join(str(label) for label in rows.index[:3])
            where = f" (rows: {len(rows):,}; first: {sample})"
        super().__init__(f"{problem}{where}. {remedy}")

    def name_file(self, name: str) -> None:
        """Put the file's name before the message, where the stage that failed did not know it."""
        if not str(self).startswith(f"{name}: "):
            self.args = (f"{name}: {self}",)


@contextmanager
def naming(file: str) -> Iterator[None]:
    """Name the file in an error of a stage that sees tables only."""
    try:
        yield
    except DataError as error:
        error.name_file(file)
        raise


class UnknownAreaError(DataError):
    """Rows carry a village code that the boundary file does not contain."""


class InputsError(DataError):
    """Several files, or several parts of one, cannot be used; all are told at once."""

    def __init__(self, errors: Sequence[SibangkitError]) -> None:
        self.errors = tuple(errors)
        self.exit_code = max(one.exit_code for one in errors)
        super().__init__("\n".join(map(str, errors)), remedy="")
        self.args = ("\n".join(map(str, errors)),)


class Problems:
    """Errors of independent steps, gathered so that one run tells them all."""

    def __init__(self) -> None:
        self.errors: dict[str, SibangkitError] = {}

    def attempt(self, step: Callable[P, T], *args: P.args, **options: P.kwargs) -> T | None:
        """
        Take a step, and keep its error for later.

        Returns: What the step made; None where it failed.
        """
        try:
            return step(*args, **options)
        except InputsError as error:
            self.errors |= {str(one): one for one in error.errors}
        except (ConfigError, DataError) as error:
            self.errors[str(error)] = error
        return None

    def error(self) -> SibangkitError:
        """
        Put what was gathered into one error.

        Raises IndexError: Nothing went wrong.
        """
        found = [*self.errors.values()]
        return found[0] if len(found) == 1 else InputsError(found)


class MissingExtraError(SibangkitError):
    """What was asked for stands on libraries that an extra of the installation brings."""

    def __init__(self, extra: str, libraries: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(libraries)}: not installed, and needed for this. Install the extra "
            f'"{extra}": pip install "sibangkit_geo[{extra}]"'
        )


class LeakError(SibangkitError):
    """A finished product holds something that its reader may not see."""


class DegradedInputWarning(UserWarning):
    """Input is usable but worse than it should be; the same text is printed in the product."""


class UnprotectedWarning(UserWarning):
    """What should be kept from others can be read by them; the user asked for it or may end it."""


def nearest(word: str, known: Iterable[str]) -> str:
    """
    Word a message about an unknown key: the nearest known one, else all of them.

    Parameters
    ----------
    word
        What the user wrote.
    known
        What may be written.

    Returns
    -------
    hint
        One sentence.

    Examples
    --------
    >>> nearest("replicate", ["alpha", "replicates"])
    'Did you mean "replicates"?'
    """
    options = sorted(known)
    folded = {one.lower(): one for one in options}
    close = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{folded[close[0]]}"?'
    return f"Known: {', '.join(options)}."


def columns_hint(asked: Iterable[str], there: Iterable[object]) -> str:
    """
    Word which columns there are in place of those that were asked for.

    Parameters
    ----------
    asked
        Columns that are missing, at least one.
    there
        Columns of the table; their names reach the message, so of a table about people they
        must be fit to be shown.

    Returns
    -------
    hint
        One sentence: the ten columns nearest to any asked for, and how many more there are.

    Examples
    --------
    >>> columns_hint(["poor"], ["village", "households", "poor_homes"])
    'Columns there, the nearest first: "poor_homes", "households", "village".'
    >>> columns_hint(["x"], [f"x{number}" for number in range(14)])[-22:]
    '"x8", "x9" and 4 more.'
    """
    names = list(dict.fromkeys(str(one) for one in there))
    if not names:
        return "There are no columns."
    wanted = [one.lower() for one in asked]
    ranked = sorted(names, key=lambda name: -max(_likeness(one, name.lower()) for one in wanted))
    told = ", ".join(f'"{name}"' for name in ranked[:_TOLD_COLUMNS])
    more = f" and {len(names) - _TOLD_COLUMNS} more" if len(names) > _TOLD_COLUMNS else ""
    return f"Columns there, the nearest first: {told}{more}."


def _likeness(one: str, other: str) -> float:
    # a name inside another is near whatever else stands around it
    part = min(len(one), len(other)) > 1 and (one in other or other in one)
    return difflib.SequenceMatcher(None, one, other).ratio() + part


def refuse_missing(there: Iterable[object], wanted: Iterable[str], *, table: str) -> None:
    """
    Refuse a table that lacks columns.

    Parameters
    ----------
    there
        Columns of the table, fit to be shown.
    wanted
        Columns that must be there.
    table
        What the message calls the table.

    Raises
    ------
    DataError
        A column is missing; all of them are named, and those that are there.

    Examples
    --------
    >>> refuse_missing(["kk", "miskin"], ["kk"], table="The village table")
    """
    known = {str(one) for one in there}
    missing = [one for one in dict.fromkeys(wanted) if one not in known]
    if missing:
        msg = f"{table} has no column {', '.join(missing)}"
        raise DataError(msg, remedy=columns_hint(missing, there))


def unexpected(error: BaseException) -> str:
    """
    Word an error that nobody foresaw by its kind and place: its own words may hold data.

    Only ``--verbose`` shows more, to whom the data are.
    """
    inside = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if "sibangkit_geo" in Path(one.filename).parts
    ]
    at = f" in {Path(inside[-1].filename).name}, line {inside[-1].lineno}" if inside else ""
    return (
        f"stopped by something unexpected ({type(error).__name__}{at}); nothing was written. An "
        "input file may be damaged: look at each with `sibangkit inspect`. Else send this line to "
        "the maintainers."
    )
