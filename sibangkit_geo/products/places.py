"""Where products may be written: names and paths of every system, folders that a cloud copies."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_DEVICE = re.compile(rf"(?:{limits.DEVICE_NAMES})(?:\..*)?", re.IGNORECASE)
# as the same source says: signs within a name, and at its end
_SIGNS = re.compile(r'[<>:"|?*\x00-\x1f]|[. ]$')
# the path of a file has at most 259 characters there, unless the system is told otherwise; a hidden
# folder and the longest name of a product take this many
_WINDOWS_PATH, _PRODUCT_PATH = 259, 110
# folders by which the programs that copy them are known: by their name, or by what lies in them
_CLOUD_NAMES = re.compile(
    r"(?P<OneDrive>onedrive( - .*)?)|(?P<Dropbox>dropbox( \(.*\))?)|(?P<GoogleDrive>google ?drive|"
    r"googledrive-.*|my drive)|(?P<Nextcloud>nextcloud|owncloud)|(?P<iCloud>icloud ?drive|"
    r"com~apple~clouddocs)",
    re.IGNORECASE,
)
_CLOUD_MARKS = {
    ".dropbox": "Dropbox", ".dropbox.cache": "Dropbox", ".tmp.driveupload": "GoogleDrive",
    ".nextcloudsync.log": "Nextcloud", ".owncloudsync.log": "Nextcloud", ".stfolder": "Syncthing",
}  # fmt: skip
_CLOUD_ROOTS = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """
    Name the place, and what helps, where nothing can be written.

    Raises ConfigError: The system refuses a file or a folder there.
    """
    try:
        yield
    except OSError as error:
        # another place would not help
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EPIPE, errno.EIO}:
            raise
        msg = f"{out}: cannot write there ({error.strerror}). Choose another --out."
        raise ConfigError(msg) from error


def require_writable_name(out: Path, *, system: str = sys.platform) -> None:
    """
    Refuse a folder whose name or length Windows refuses in the middle of a run, or never tells of.

    Raises ConfigError: On Windows: it is named as a device, has signs that no name may have, or
        leaves no room for the names of products.
    """
    if system != "win32":
        return
    name = next((one for one in out.parts[1:] if _DEVICE.fullmatch(one) or _SIGNS.search(one)), "")
    if name:
        msg = f'{out}: Windows knows no folder "{name}". Choose another --out.'
        raise ConfigError(msg)
    most = _WINDOWS_PATH - _PRODUCT_PATH
    if len(str(out)) > most:
        msg = f"{out}: the path has {len(str(out))} signs, more than {most}. Choose another --out."
        raise ConfigError(msg)


def cloud_of(folder: Path, *, environment: Mapping[str, str] = os.environ) -> str:
    """
    Tell which program copies a folder to servers elsewhere.

    Returns: Its name; empty where none is known to.
    """
    for key in _CLOUD_ROOTS:
        root = environment.get(key)
        if root and folder.is_relative_to(root):
            return "OneDrive"
    for one in (folder, *folder.parents):
        named = _CLOUD_NAMES.fullmatch(one.name)
        if named and named.lastgroup:
            return next(name for name, text in named.groupdict().items() if text)
        mark = next((mark for mark in _CLOUD_MARKS if (one / mark).exists()), "")
        if mark:
            return _CLOUD_MARKS[mark]
    return ""


def zip_moment(created: str) -> tuple[int, int, int, int, int, int]:
    """Give the time of a product as archives know it: 1980 to 2107, whatever the clock said."""
    made = datetime.fromisoformat(created)
    first, last = 1980, 2107
    year = min(max(made.year, first), last)
    # 29 February is none in another year
    day = made.day if year == made.year else min(made.day, 28)
    return (year, made.month, day, made.hour, made.minute, made.second)
