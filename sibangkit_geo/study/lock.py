"""How the pages of level internal are kept: locked with a password, or by explicit wish not."""

from __future__ import annotations

import os
import stat
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sibangkit_geo.config import written_study
from sibangkit_geo.errors import ConfigError, MissingFileError, UnprotectedWarning
from sibangkit_geo.model.types import Note
from sibangkit_geo.products.web.locked import require_password
from sibangkit_geo.study.regencies import read_regencies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PLAIN = (
    "Halaman tingkat internal ditulis tanpa kunci (--unlocked): siapa pun yang memegang berkasnya "
    "dapat membaca titik, kartu, dan foto rumah tangga."
)


@dataclass(frozen=True, slots=True)
class Lock:
    """
    What a run at level internal asks for.

    Attributes
    ----------
    password
        Opens the pages; at least 12 characters. Stands in no product, log or message.
    unlocked
        Write plain pages instead.

    Raises
    ------
    ConfigError
        Neither is given, or both; the password is too short.

    Examples
    --------
    >>> Lock("tiga kata sandi")
    Lock(unlocked=False)
    """

    password: str = field(default="", repr=False)
    unlocked: bool = False

    def __post_init__(self) -> None:
        """Check that it is one of both."""
        if self.unlocked == bool(self.password):
            msg = (
                "A lock is a password, or unlocked=True (--unlocked) for plain pages: one of both."
            )
            raise ConfigError(msg)
        if self.password:
            require_password(self.password)


def lock_for(
    study_file: Path,
    *,
    password_file: Path | None,
    unlocked: bool,
    ask: Callable[[], str],
) -> Lock | None:
    """
    Settle how the pages of a study are kept, before anything but its file is read.

    `ask`: Asks the user, where the level needs a password and no file gives it; empty where
        nobody can be asked.
    Returns: None at every level but internal, which locks nothing.
    Raises ConfigError: The study file is wrong; the password is missing, empty or too short, or is
        given where nothing is locked.
    """
    if password_file and unlocked:
        msg = "--password-file and --unlocked exclude each other: name one."
        raise ConfigError(msg)
    lock = Lock(password_in(password_file)) if password_file else None
    lock = Lock(unlocked=True) if unlocked else lock
    if lock is None and is_internal(study_file) and (password := ask()):
        lock = Lock(password)
    require_lock(study_file.name, lock, internal=is_internal(study_file))
    return lock


def require_lock(name: str, lock: Lock | None, *, internal: bool) -> None:
    """
    Refuse level internal without a lock, and a password at any other.

    `name`: Of the study in messages.
    Raises ConfigError: As said; names the remedy.
    """
    if internal and lock is None:
        msg = (
            f'{name}: level = "internal" locks its pages with a password, and none is '
            "given: name --password-file FILE (Lock(password) in Python), run it in a terminal, "
            "which asks, or write plain pages with --unlocked (Lock(unlocked=True))."
        )
        raise ConfigError(msg)
    if not internal and lock and lock.password:
        msg = (
            f"{name}: a password is given, but only level internal locks its pages. "
            'Leave the password out, or write level = "internal" under [disclosure].'
        )
        raise ConfigError(msg)


def is_internal(study_file: Path) -> bool:
    """
    Tell the level of a study by its file alone.

    Raises ConfigError: The study file is wrong or missing.
    """
    several = read_regencies(study_file)
    study = several.common() if several else written_study(study_file)
    return study.disclosure.rights.houses


def plain_note(lock: Lock | None, *, internal: bool) -> tuple[Note, ...]:
    """
    Warn of plain pages of level internal.

    Returns: The same for the products; empty where pages are locked or hold no household.
    """
    if not internal or lock is None or not lock.unlocked:
        return ()
    warnings.warn(_PLAIN, UnprotectedWarning, stacklevel=3)
    return (Note("unlocked", _PLAIN),)


def password_in(path: Path) -> str:
    """
    Read a password from the first line of a file; blanks in it count, the line end does not.

    Raises ConfigError: The file is missing, no text in UTF-8, or its first line is empty.
    """
    named = "--password-file"
    try:
        first = path.read_bytes().split(b"\n", 1)[0].removesuffix(b"\r")
        password = first.decode("utf-8-sig")
    except UnicodeDecodeError:
        # the text of the error would show bytes of the password
        msg = f"{path.name}: {named} is no text in UTF-8. Write the password on its first line."
        raise ConfigError(msg) from None
    except OSError as error:
        raise MissingFileError(path, named_by=named) from error
    if not password.strip():
        msg = f"{path.name}: the first line of {named} is empty. Write the password there."
        raise ConfigError(msg)
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        text = (
            f"{path.name}: kata sandi ini dapat dibaca pengguna lain di komputer ini; jalankan "
            f"chmod 600 {path.name}"
        )
        warnings.warn(text, UnprotectedWarning, stacklevel=2)
    return password
