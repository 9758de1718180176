"""Refuse archives that unpack to far more than they are, before any library opens them."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

# a workbook of 1M x 45 cells unpacks to about 2 GB and shrinks ten- to twentyfold; text of one
# letter shrinks a thousandfold
_MOST_BYTES = 6 << 30
_SMALL = 64 << 20
_MOST_RATIO = 120
_BLOCK = 1 << 20

# the villages of all Indonesia in full detail are 614 MB of GeoJSON (geoBoundaries), 3 GB as
# Shapefile is the largest its format allows with room for attributes
MAX_UNPACKED_BYTES = 4 * 1024**3
# coordinates as text shrink about tenfold and as numbers about threefold; deflate's limit is 1032
MAX_RATIO = 200
# a small file of constant attributes may shrink far and does no harm
_HARMLESS_BYTES = 10 * 1024**2
# a Shapefile has up to a dozen parts per layer, GADM five layers
MAX_MEMBERS = 1000
_CHUNK = 1024**2
#: OGC GeoPackage 1.3, section 1.1.1: a GeoPackage is a SQLite file
GEOPACKAGE_START = b"SQLite format 3\x00"
_LAYER_ENDINGS = (".shp", ".geojson", ".json", ".gpkg", ".fgb")


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


def layers_in(path: Path) -> dict[str, str]:
    """
    List the layers in a zip archive by the address GDAL reads them at.

    Every member is read through once, so that sizes are real and checksums hold.

    Returns: Stem of each layer to its ``/vsizip/`` address.
    Raises DataError: No archive, a damaged or encrypted one, one that unpacks to far too much, or
        one without layer.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _require_modest(path, members)
            starts = {one.filename: _read_through(archive, one) for one in members}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"{path.name}: the archive is damaged or not whole"
        raise DataError(msg, remedy="Download or copy it again.") from error
    except RuntimeError as error:  # also an unknown way of packing
        msg = f"{path.name}: the archive is encrypted or packed in an unusual way"
        raise DataError(msg, remedy="Unpack it and give the layer itself.") from error
    found = {
        PurePosixPath(name).stem: f"/vsizip/{{{path.resolve().as_posix()}}}/{name}"
        for name, start in starts.items()
        if name.lower().endswith(_LAYER_ENDINGS)
        and _stays_inside(name)
        and start.startswith(GEOPACKAGE_START) == name.lower().endswith(".gpkg")
    }
    if not found:
        msg = f"{path.name}: the archive holds no Shapefile, GeoJSON or GeoPackage"
        raise DataError(msg, remedy="Zip the layer with all its parts (.shp, .shx, .dbf, .prj).")
    return found


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts.parts)
    return not (parts.is_absolute() or hidden or ":" in name or "}" in name)


def _require_modest(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = max(path.stat().st_size, 1)
    bomb = unpacked > _HARMLESS_BYTES and unpacked / packed > MAX_RATIO
    if bomb or unpacked > MAX_UNPACKED_BYTES or len(members) > MAX_MEMBERS:
        msg = f"{path.name}: the archive would unpack to far more than a boundary file needs"
        raise DataError(msg, remedy="Unpack it yourself, look at it, and give the layer.")


def _read_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # the reader stops at the declared size and compares the checksum: a size that lies is caught
    with archive.open(member) as stream:
        start = stream.read(len(GEOPACKAGE_START))
        while stream.read(_CHUNK):
            pass
    return start
