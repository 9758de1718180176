"""Finished regencies of an interrupted run: they wait as long as what they rest on is the same."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sibangkit_geo.model import optional
from sibangkit_geo.products.province import RegencyResult
from sibangkit_geo.products.staging import MANIFEST, verify, write_text
from sibangkit_geo.sources.readers import is_address
from sibangkit_geo.sources.text_tables import checksum
from sibangkit_geo.study.prepare import VERSIONS, inputs_of

if TYPE_CHECKING:
    from sibangkit_geo import config
    from sibangkit_geo.study.lock import Lock

log = logging.getLogger(__name__)
_OWNER = 0o700
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# as for the pages: guessing a password must be dear (RFC 7914)
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class WaitingRoom:
    """
    A folder beside the products, for the owner's account alone.

    `place`: The folder; there or not.
    """

    place: Path

    @classmethod
    def beside(cls, out: Path) -> WaitingRoom:
        """Name the one that belongs to a folder of products."""
        out = out.resolve()
        return cls(out.with_name(f".{out.name}.sibangkit_selesai"))

    def open(self) -> None:
        """Make the folder."""
        self.place.mkdir(mode=_OWNER, exist_ok=True)
        self.place.chmod(_OWNER)

    def clear(self) -> None:
        """Take the folder away, with all that waits in it."""
        shutil.rmtree(self.place, ignore_errors=True)

    def folder(self, code: str) -> Path:
        """Name the folder of a regency's products."""
        return self.place / code

    def found(self, code: str, key: str) -> tuple[RegencyResult, str] | None:
        """
        Find a finished regency that rests on the same.

        `key`: Of `key_of`; empty finds none.
        Returns: Its result, and how old it is; None where there is none, or it is another or
            damaged.
        """
        try:
            told = json.loads(self._note(code).read_text("utf-8"))
            if not key or told["key"] != key or not verify(self.folder(code)).whole:
                return None
            age = datetime.now(UTC) - datetime.fromisoformat(told["finished"])
            return result_from(told["result"]), age_words(age.total_seconds())
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def keep(self, code: str, key: str, result: dict[str, Any]) -> None:
        """Note that a regency is finished, once its folder is whole."""
        finished = datetime.now(UTC).isoformat(timespec="seconds")
        told = {"key": key, "finished": finished, "result": result}
        write_text(self._note(code), json.dumps(told, ensure_ascii=False) + "\n")

    def names(self) -> list[str]:
        """List what waits."""
        return sorted(one.parent.name for one in self.place.glob(f"*/{MANIFEST}"))

    def _note(self, code: str) -> Path:
        return self.place / f"{code}.json"


def result_from(told: dict[str, Any]) -> RegencyResult:
    """Make a result again of its plain values."""
    lists = {key: tuple(told[key]) for key in ("generations", "official")}
    return RegencyResult(**{**told, **lists})


def age_words(seconds: float) -> str:
    """Word an age: ``"12 menit"``."""
    for unit, word in ((_DAY, "hari"), (_HOUR, "jam")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {word}"
    return f"{max(0, int(seconds // _MINUTE))} menit"


def key_of(study: config.Study, table: dict[str, Any], *, lock: Lock | None, review: Path) -> str:
    """
    Tell one state of all that a regency's products rest on from every other.

    `table`: Its tables as they are written.
    `review`: A person's decisions on names, there or not.
    Returns: SHA-256; empty where a database is read, whose state nobody knows.
    """
    inputs = inputs_of(study)
    if any(one.sha256 == "" for one in inputs):
        return ""
    salt = Path(study.disclosure.salt)
    beside = [review, salt, *(Path(one) for one in (study.annex.logo,) if one)]
    rests_on = [
        {name: metadata.version(name) for name in VERSIONS},
        table,
        [(one.role, one.name, one.sha256) for one in inputs],
        [checksum(one) if one.is_file() else "" for one in beside],
        [_photos(Path(one.photo_folder)) for one in study.households if one.photo_folder],
        _lock_key(lock, salt),
        optional.missing("annex"),
    ]
    text = json.dumps(rests_on, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _photos(folder: Path) -> list[tuple[str, int, int]]:
    if is_address(str(folder)) or not folder.is_dir():
        return []
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    return [
        (one.relative_to(folder).as_posix(), told.st_size, told.st_mtime_ns)
        for one in files
        for told in (one.stat(),)
    ]


def _lock_key(lock: Lock | None, salt: Path) -> str:
    if lock is None or not lock.password:
        return "" if lock is None else "unlocked"
    secret = salt.read_bytes() if salt.is_file() else salt.name.encode()
    return hashlib.scrypt(lock.password.encode(), salt=secret, **_SCRYPT).hex()
