"""Look at a SQLite file (GeoPackage) with SQLite itself before GDAL opens it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from pathlib import Path

#: OGC GeoPackage 1.3, section 1.1.1: a GeoPackage is a SQLite file
SQLITE_START = b"SQLite format 3\x00"
_CHECK = "PRAGMA quick_check"
_KINDS = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"
_VIEWS = "SELECT sql FROM sqlite_master WHERE type = 'view' AND sql IS NOT NULL"
# what the check remarks on the contents of a table whose pages are sound
_CONTENTS = (" value in ", "constraint failed")
# `hidden` of a column that is worked out while it is read (PRAGMA table_xinfo)
_COMPUTED = 2
# what a cell takes beside its own bytes
_CELL_BYTES = 16
_STEPS_AT_ONCE = 1_000_000
_ROWS_AT_ONCE = 1_000


def is_sqlite(path: Path) -> bool:
    """Tell a SQLite file by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(SQLITE_START)) == SQLITE_START


def require_sound_database(path: Path, name: str) -> None:
    """
    Refuse a database whose pages are damaged, or with a view that asks itself.

    `name`: Of the file, for messages.
    Raises DataError: It is damaged.
    """
    about = path.stat()
    if not _is_sound(path.absolute(), about.st_size, about.st_mtime_ns):
        msg = f"{name}: the file is damaged or cut off"
        raise DataError(msg, remedy="Copy or export it again.")


def require_stored_layer(path: Path, layer: str, name: str) -> None:
    """
    Refuse a layer whose cells do not stand in the file: a few bytes may ask for all memory.

    A view of columns as they stand in tables is read, where it is of the size of the file.

    `layer`: Table or view.
    `name`: Of the file, for messages.
    Raises DataError: A view or a column is worked out while it is read.
    """
    about = path.stat()
    if not _is_stored(path.absolute(), layer, about.st_size, about.st_mtime_ns):
        msg = f'{name}: layer "{layer}" is a view that works its columns out while it is read'
        raise DataError(msg, remedy="Export it as a table (in QGIS: Save Features As).")


def _open(path: Path) -> sqlite3.Connection:
    # immutable: nothing is locked or written beside it
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    database.text_factory = bytes
    return database


@lru_cache(maxsize=16)
def _is_sound(path: Path, _size: int, _changed: int) -> bool:
    try:
        with closing(_open(path)) as database:
            found = [bytes(row[0]).decode(errors="replace") for row in database.execute(_CHECK)]
            # a view that asks itself would be read for ever
            if any(b"recursive" in bytes(row[0]).lower() for row in database.execute(_VIEWS)):
                return False
    except (sqlite3.Error, UnicodeError):
        return False
    return all(one == "ok" or any(part in one for part in _CONTENTS) for one in found)


@lru_cache(maxsize=64)
def _is_stored(path: Path, layer: str, size: int, _changed: int) -> bool:
    try:
        with closing(_open(path)) as database:
            kinds = {
                bytes(one).decode(errors="replace"): bytes(kind)
                for one, kind in database.execute(_KINDS)
            }
            # what SQLite does not know by this name is of the driver's own making
            kind = kinds.get(layer, b"")
            tables = [one for one, what in kinds.items() if what == b"table"]
            asked = tables if kind == b"view" else [layer] if kind == b"table" else []
            computed = frozenset(one for one in asked if _is_computed(database, one))
            if kind != b"view":
                return not computed
            most = max(limits.HARMLESS_BYTES, size * limits.VIEW_RATIO)
            return _takes(database, layer, computed, most=most) <= most
    except (sqlite3.Error, UnicodeError, MemoryError):
        return False


def _is_computed(database: sqlite3.Connection, table: str) -> bool:
    about = database.execute(f"PRAGMA table_xinfo({_quoted(table)})")
    return any(column[6] == _COMPUTED for column in about)


def _takes(database: sqlite3.Connection, view: str, computed: frozenset[str], *, most: int) -> int:
    """
    Count the bytes of a view, and stop where they are more than may be.

    Raises sqlite3.Error: The view calls functions, asks itself, takes far more steps than its rows
        need, or has a cell that is too long.
    """

    def allow(action: int, one: str | None, *_: str | None) -> int:
        worked_out = action in {sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
        worked_out |= action == sqlite3.SQLITE_READ and one in computed
        return sqlite3.SQLITE_DENY if worked_out else sqlite3.SQLITE_OK

    steps = iter(range(limits.VIEW_STEPS // _STEPS_AT_ONCE))
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.VIEW_CELL_BYTES)
    database.set_authorizer(allow)
    database.set_progress_handler(lambda: next(steps, None) is None, _STEPS_AT_ONCE)
    rows = database.execute(f"SELECT * FROM {_quoted(view)}")  # noqa: S608 - quoted as a name
    taken = 0
    while taken <= most and (some := rows.fetchmany(_ROWS_AT_ONCE)):
        for row in some:
            taken += _CELL_BYTES * len(row)
            taken += sum(len(cell) for cell in row if isinstance(cell, bytes))
    return taken


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
