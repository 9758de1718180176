"""Refuse archives that unpack to far more than they are, before any library opens them."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path, PurePosixPath

from sibangkit_geo.errors import DataError

# a workbook of 1M x 45 cells unpacks to about 2 GB; the villages of all Indonesia in full detail
# are 614 MB of GeoJSON (geoBoundaries), and 3 GB as Shapefile is the largest its format allows
# with room for attributes
MAX_UNPACKED_BYTES = 6 * 1024**3
# workbooks shrink ten- to twentyfold, coordinates as text about tenfold and as numbers about
# threefold; text of one letter shrinks a thousandfold (deflate's limit is 1032)
MAX_RATIO = 200
# a small file of constant attributes or empty formatted rows may shrink far and does no harm
_HARMLESS_BYTES = 10 * 1024**2
# a Shapefile has up to a dozen parts per layer; a sheet of a workbook about five
MAX_MEMBERS = 10_000
_BLOCK = 1024**2
#: OGC GeoPackage 1.3, section 1.1.1: a GeoPackage is a SQLite file
GEOPACKAGE_START = b"SQLite format 3\x00"
LAYER_ENDINGS = (".shp", ".geojson", ".json", ".gpkg", ".fgb")


# what a damaged archive makes the library raise; RuntimeError is that of a password and of an
# unknown way of packing
_FAULTS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError,
)  # fmt: skip


def open_zip(path: Path) -> zipfile.ZipFile:
    """
    Open a zip archive that someone hands us: a workbook, or zipped layers.

    Raises DataError: `require_sound_zip` refuses it.
    """
    require_sound_zip(path)
    return zipfile.ZipFile(path)


def require_sound_zip(path: Path) -> None:
    """
    Refuse a damaged zip archive, and one that unpacks to far more than it is.

    Every member is read through, so that sizes are real and checksums hold; once, as long as the
    file does not change.

    Raises DataError: The archive is damaged, cut off, locked or a bomb.
    """
    about = path.stat()
    _read_through(path.absolute(), about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=16)
def _read_through(path: Path, size: int, _changed: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            bomb = unpacked > _HARMLESS_BYTES and unpacked > size * MAX_RATIO
            if bomb or unpacked > MAX_UNPACKED_BYTES or len(members) > MAX_MEMBERS:
                msg = f"{path.name}: the archive would unpack to far more than its data need"
                remedy = "Unpack it yourself, look at it, and export or give what is needed."
                raise DataError(msg, remedy=remedy)
            for member in members:
                # the reader stops at the declared size and compares the checksum: a size that
                # lies is caught
                with archive.open(member) as stream:
                    while stream.read(_BLOCK):
                        pass
    except _FAULTS as error:
        if isinstance(error, DataError):
            raise
        msg = f"{path.name}: the archive is damaged, cut off, locked or packed in an unusual way"
        raise DataError(msg, remedy="Copy or export it again, or give what is inside.") from error


def layers_in(path: Path, *, endings: tuple[str, ...] = LAYER_ENDINGS) -> dict[str, str]:
    """
    List the layers in a zip archive by the address GDAL reads them at.

    Returns: Stem of each layer to its ``/vsizip/`` address.
    Raises DataError: No archive, one that `require_sound_zip` refuses, or one without layer.
    """
    with open_zip(path) as archive:
        found = {
            PurePosixPath(name).stem: f"/vsizip/{{{path.resolve().as_posix()}}}/{name}"
            for name in archive.namelist()
            if name.lower().endswith(endings)
            and _stays_inside(name)
            and _is_geopackage(archive, name) == name.lower().endswith(".gpkg")
        }
    if not found:
        msg = f"{path.name}: the archive holds no Shapefile, GeoJSON or GeoPackage"
        raise DataError(msg, remedy="Zip the layer with all its parts (.shp, .shx, .dbf, .prj).")
    return found


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts.parts)
    return not (parts.is_absolute() or hidden or ":" in name or "}" in name)


def _is_geopackage(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as stream:
        return stream.read(len(GEOPACKAGE_START)) == GEOPACKAGE_START
