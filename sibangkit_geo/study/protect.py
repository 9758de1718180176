"""What a study protects, and the secret that it is drawn from: beside it, for its owner alone."""

from __future__ import annotations

import logging
import os
import secrets
import stat
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo import disclosure
from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.indicators import villages
from sibangkit_geo.registers.household_keys import SALT_BYTES

if TYPE_CHECKING:
    from sibangkit_geo import config

log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def counts_people(study: config.Study) -> bool:
    """Tell whether a study has counts that are not public anyway."""
    return bool(study.households) or not all(one.published for one in study.profiles)


def protects_poverty(study: config.Study) -> bool:
    """Tell whether the counts of the poor are protected: of a register, or of its first table."""
    own = bool(study.households) or not study.profiles[0].published
    return study.disclosure.rights.protected and own


def protection_of(study: config.Study) -> villages.Protection | None:
    """Hand to the measures what they must know of the protection; None where there is none."""
    settings = study.disclosure
    if not protects_poverty(study):
        return None
    return villages.Protection(settings.largest, partial(disclosure.worth, settings=settings))


def salt_of(study: config.Study) -> bytes:
    """
    Read the secret of a study, or draw it where there is none yet.

    Kept between runs and years: the same households then always get the same deviation, so
    that nobody can average it away.

    `study`: Settings with resolved paths.
    Returns: Empty at levels that protect nothing.
    Raises ConfigError: The file is damaged, or cannot be written or read.
    """
    settings = study.disclosure
    if not settings.rights.protected:
        return b""
    path = Path(settings.salt)
    try:
        if not path.exists():
            write_salt(path, secrets.token_bytes(SALT_BYTES))
            log.warning(
                "%s: rahasia perlindungan baru dibuat. Simpan bersama studi: tanpa berkas ini "
                "pelaksanaan berikutnya menggeser semua angka secara lain.",
                path.name,
            )
        text = path.read_text("ascii").strip()
        found = bytes.fromhex(text)
    except OSError as error:
        msg = (
            f"{path.name}: the secret of the protection cannot be kept there ({error.strerror}). "
            "Name another place: [disclosure] salt."
        )
        raise ConfigError(msg) from error
    except ValueError:
        found = b""
    if len(found) != SALT_BYTES:
        msg = (
            f"{path.name}: not a secret of the protection ({2 * SALT_BYTES} hexadecimal digits). "
            "Put the kept one back; a new one would draw all deviations anew."
        )
        raise ConfigError(msg)
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        text = f"{path.name}: other users can read the secret of the protection (chmod 600)."
        warnings.warn(text, DegradedInputWarning, stacklevel=2)
    return found


def write_salt(path: Path, salt: bytes) -> None:
    """Write a secret that its owner alone may read; one that is there stays."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
            file.write(f"{salt.hex()}\n")
        # of two runs that begin at once the first one's secret stays
        if os.name == "posix":
            try:
                path.hardlink_to(temporary)
            except FileExistsError:
                return
        elif not path.exists():
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
