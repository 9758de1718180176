"""Refuse archives that unpack to far more than they are, before any library opens them."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

# a workbook of 1M x 45 cells unpacks to about 2 GB and shrinks ten- to twentyfold; text of one
# letter shrinks a thousandfold
_MOST_BYTES = 6 << 30
_SMALL = 64 << 20
_MOST_RATIO = 120
_BLOCK = 1 << 20


def require_sound_zip(path: Path) -> None:
    """
    Refuse a damaged zip archive, and one that unpacks to far more than it is.

    What the archive says of its sizes is not believed for members that matter:
    small archives are unpacked block by block into nothing and counted.

    `path`: Archive: xlsx, ods or a zipped shapefile.
    Raises DataError: The archive is cut off, damaged or a bomb.
    """
    size = path.stat().st_size
    limit = max(_SMALL, min(_MOST_BYTES, size * _MOST_RATIO))
    try:
        with zipfile.ZipFile(path) as archive:
            declared = sum(one.file_size for one in archive.infolist())
            unpacked = declared
            if declared <= limit and size <= _SMALL:
                unpacked = _count(archive, limit)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        OSError,
        EOFError,
        RuntimeError,
    ) as error:
        # RuntimeError is that of a password and of an unknown compression
        msg = f"{path.name}: the archive is damaged, cut off or locked with a password"
        raise DataError(msg, remedy="Copy or export the file again.") from error
    if unpacked > limit:
        msg = f"{path.name}: the archive unpacks to far more than a table needs"
        raise DataError(msg, remedy="Export the table again, without empty formatted rows.")


def _count(archive: zipfile.ZipFile, limit: int) -> int:
    total = 0
    for member in archive.infolist():
        with archive.open(member) as stream:
            while block := stream.read(_BLOCK):
                total += len(block)
                if total > limit:
                    return total
    return total
