"""Refuse archives that unpack to far more than they are, and layers that no library may open."""

from __future__ import annotations

import lzma
import re
import shutil
import tempfile
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from sibangkit_geo.errors import DataError, require_file
from sibangkit_geo.model.packed import is_bomb
from sibangkit_geo.sources.readers.shapefile import require_parts
from sibangkit_geo.sources.readers.sqlite_look import (
    SQLITE_START,
    is_sqlite,
    require_sound_database,
    require_stored_layer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1024**2
LAYER_ENDINGS = (".shp", ".geojson", ".json", ".gpkg", ".fgb", ".kml")
#: a folder of the file geodatabase of Esri
GEODATABASE = ".gdb"
ARCHIVES = (".zip", ".kmz")
_MEMBER = re.compile(r"/vsizip/\{(.+?)\}/(.+)", re.DOTALL)

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
            if is_bomb(members, size):
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

    Returns: Stem of each layer, or of a geodatabase, to its ``/vsizip/`` address.
    Raises DataError: No archive, one that `require_sound_zip` refuses, or one without layer.
    """
    with open_zip(path) as archive:
        members = [
            name
            for name in archive.namelist()
            if name.lower().endswith(endings)
            and _stays_inside(name)
            and _is_geopackage(archive, name) == name.lower().endswith(".gpkg")
        ]
        inside = {parent for name in archive.namelist() for parent in PurePosixPath(name).parents}
    members += [
        str(folder)
        for folder in sorted(inside)
        if folder.suffix.lower() == GEODATABASE and _stays_inside(str(folder))
    ]
    if not members:
        msg = f"{path.name}: the archive holds no Shapefile, GeoJSON or GeoPackage"
        raise DataError(msg, remedy="Zip the layer with all its parts (.shp, .shx, .dbf, .prj).")
    place = f"/vsizip/{{{path.resolve().as_posix()}}}"
    return {PurePosixPath(name).stem: f"{place}/{name}" for name in members}


def require_layer(path: Path, *, named_by: str) -> Path:
    """
    Refuse a path that is neither a file nor a geodatabase, which is a folder.

    Raises MissingFileError: There is no such file.
    """
    if path.suffix.lower() == GEODATABASE and path.is_dir():
        return path
    return require_file(path, named_by=named_by)


def blocks_of(address: str) -> Iterator[bytes]:
    """Read a layer's file through, `address` as `layers_in` gives it."""
    member = _MEMBER.fullmatch(address)
    with ExitStack() as stack:
        stream: IO[bytes]
        if member:
            archive = stack.enter_context(zipfile.ZipFile(member[1]))
            stream = stack.enter_context(archive.open(member[2]))
        else:
            stream = stack.enter_context(Path(address).open("rb"))
        while block := stream.read(_BLOCK):
            yield block


def require_sound_layer(address: str) -> None:
    """
    Refuse a layer that lacks a part, or is a database whose pages are damaged.

    A damaged GeoPackage makes GDAL end the whole program by a signal: of 1,200 files of SQLite with
    bytes changed at random it did so for 35, all of which SQLite's own check finds.

    `address`: File, or member of an archive as `layers_in` gives it.
    Raises DataError: It is damaged, or a Shapefile whose parts `require_parts` refuses.
    """
    path, name, packed = _split(address)
    if name.suffix.lower() == ".shp":
        require_parts(name, path=path, packed=packed)
        return
    with _database(address) as database:
        if database:
            require_sound_database(database, path.name)


def require_plain_layer(address: str, layer: str) -> None:
    """
    Refuse a layer of a database that is worked out while it is read.

    `address`: File, or member of an archive as `layers_in` gives it; sound.
    Raises DataError: `require_stored_layer` refuses it.
    """
    with _database(address) as database:
        if database:
            require_stored_layer(database, layer, _split(address)[0].name)


def _split(address: str) -> tuple[Path, PurePosixPath, bool]:
    """Give the file on disk, the name of the layer's file, and whether that is packed."""
    member = _MEMBER.fullmatch(address)
    path = Path(member[1] if member else address)
    return path, PurePosixPath(member[2] if member else path.as_posix()), member is not None


@contextmanager
def _database(address: str) -> Iterator[Path | None]:
    """Give the SQLite file at an address, unpacked where it is packed; None where there is none."""
    path, name, packed = _split(address)
    if not packed:
        yield path if path.is_file() and is_sqlite(path) else None
    elif name.suffix.lower() != ".gpkg":
        yield None
    else:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            copy = Path(folder) / "layer.gpkg"
            with archive.open(str(name)) as stream, copy.open("wb") as unpacked:
                shutil.copyfileobj(stream, unpacked, _BLOCK)
            yield copy if is_sqlite(copy) else None


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts.parts)
    return not (parts.is_absolute() or hidden or ":" in name or "}" in name)


def _is_geopackage(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as stream:
        return stream.read(len(SQLITE_START)) == SQLITE_START
