"""Whether the parts of a Shapefile are there, are whole and belong together."""

from __future__ import annotations

import struct
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

# without these GDAL reads no attribute or no shape
_NEEDED = (".shx", ".dbf")
# of a .shp and .shx; of a .dbf without its fields
_HEADER_BYTES, _DBF_HEADER_BYTES = 100, 32
_RECORD_BYTES = 8
# shapes to one of the index: an editor leaves old ones behind, a file of zeros has millions
_LEFT_OVER = 8
_TOGETHER = "Put all its parts (.shp, .shx, .dbf, .prj) into one folder or zip archive."
_AGAIN = "Copy or export the Shapefile again, all its parts."


@dataclass(frozen=True, slots=True)
class _Parts:
    """
    Parts of one Shapefile.

    `names`: Lower-case ending to the path or the member of the archive.
    """

    names: Mapping[str, str]
    archive: zipfile.ZipFile | None

    def open(self, ending: str) -> IO[bytes]:
        """Open a part."""
        name = self.names[ending]
        return self.archive.open(name) if self.archive else Path(name).open("rb")

    def size(self, ending: str) -> int:
        """Give the bytes of a part."""
        name = self.names[ending]
        return self.archive.getinfo(name).file_size if self.archive else Path(name).stat().st_size

    def label(self, ending: str) -> str:
        """Name a part in messages."""
        return PurePosixPath(self.names[ending]).name


def require_parts(name: PurePosixPath, *, path: Path, packed: bool) -> None:
    """
    Refuse a Shapefile whose parts are missing, damaged, or of another Shapefile.

    GDAL reads the figures of one record beside the shape of another where the index is another's.

    `name`: The .shp, as a path or within the archive.
    `path`: File on disk.
    Raises DataError: Names the part.
    """
    if not path.is_file():
        return
    beside = [path] if packed else sorted(path.parent.glob(f"{_escaped(name.stem)}.*"))
    about = tuple((str(one), one.stat().st_size, one.stat().st_mtime_ns) for one in beside)
    member = str(name) if packed else ""
    if fault := _fault(path, member, about):
        msg, remedy = fault
        raise DataError(msg, remedy=remedy)


def _escaped(name: str) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)


@lru_cache(maxsize=16)
def _fault(path: Path, member: str, _about: tuple[object, ...]) -> tuple[str, str] | None:
    name = PurePosixPath(member or path.as_posix())
    with ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(path)) if member else None
        beside = archive.namelist() if archive else map(Path.as_posix, path.parent.iterdir())
        names = {
            place.suffix.lower(): one
            for one in beside
            if (place := PurePosixPath(one)).with_suffix("") == name.with_suffix("")
        }
        missing = [f"{name.stem}{part}" for part in _NEEDED if part not in names]
        if missing:
            lacking = ", ".join(missing)
            return f"{path.name}: the Shapefile is not whole, it lacks {lacking}", _TOGETHER
        parts = _Parts(names, archive)
        broken = [one for one in (".shp", ".shx", ".dbf") if not _is_whole(parts, one)]
        broken += [".prj"] if ".prj" in names and not _may_be_system(parts) else []
        if broken:
            return f"{path.name}: {parts.label(broken[0])} is damaged or cut off", _AGAIN
        return _misfit(parts, path.name)


def _is_whole(parts: _Parts, ending: str) -> bool:
    """Compare the size of a part with what its header says; more is harmless."""
    with parts.open(ending) as stream:
        start = stream.read(_HEADER_BYTES)
    size = parts.size(ending)
    if ending == ".dbf":
        # dBASE III: records, bytes of the header, bytes of a record; the mark of the end may lack
        if len(start) < _DBF_HEADER_BYTES:
            return False
        records, header, record = struct.unpack_from("<IHH", start, 4)
        return bool(size >= header + records * record)
    return len(start) == _HEADER_BYTES and size >= _said_bytes(start)


def _said_bytes(start: bytes) -> int:
    # ESRI Shapefile Technical Description (1998): length in 16-bit words
    return 2 * int(struct.unpack_from(">I", start, 24)[0])


def _may_be_system(parts: _Parts) -> bool:
    """Tell whether a .prj is one that GDAL gets through; whether it is known is told later."""
    if parts.size(".prj") > limits.SYSTEM_BYTES:
        return False
    with parts.open(".prj") as stream:
        text = stream.read()
    depth = deepest = 0
    for one in text:
        depth += (one == ord("[")) - (one == ord("]"))
        deepest = max(deepest, depth)
    return deepest <= limits.SYSTEM_DEPTH


def _misfit(parts: _Parts, file: str) -> tuple[str, str] | None:
    """Compare how many records the parts have, and which shapes the index points to."""
    with parts.open(".dbf") as stream:
        records = int(struct.unpack_from("<I", stream.read(_DBF_HEADER_BYTES), 4)[0])
    with parts.open(".shx") as stream:
        start = stream.read(_HEADER_BYTES)
        index = stream.read(max(_said_bytes(start) - _HEADER_BYTES, 0))
    shapes = len(index) // _RECORD_BYTES
    if records != shapes:
        dbf, shx = parts.label(".dbf"), parts.label(".shx")
        return f"{file}: {dbf} has {records:,} records, but {shx} has {shapes:,} shapes", _AGAIN
    entries = struct.unpack(f">{2 * shapes}I", index[: shapes * _RECORD_BYTES])
    # a shape without length is none
    at = {
        number: 2 * start
        for number, (start, words) in enumerate(zip(entries[::2], entries[1::2], strict=True), 1)
        if words
    }
    found = _records(parts, most=_LEFT_OVER * shapes + _LEFT_OVER)
    # an editor moves a changed shape to the end, where it keeps its number; some writers number
    # badly, but in order
    numbered = all(found.get(place) == number for number, place in at.items())
    ordered = all(one < other for one, other in pairwise(at.values()))
    if numbered or (ordered and set(at.values()) <= found.keys()):
        return None
    shx, shp = parts.label(".shx"), parts.label(".shp")
    return (
        f"{file}: {shx} does not fit {shp}: it points to other shapes or in another order",
        _AGAIN,
    )


def _records(parts: _Parts, *, most: int) -> dict[int, int]:
    """Walk through the shapes, `most` of them: where each begins, and its number."""
    found: dict[int, int] = {}
    with parts.open(".shp") as stream:
        size = min(_said_bytes(stream.read(_HEADER_BYTES)), parts.size(".shp"))
        place = _HEADER_BYTES
        while place + _RECORD_BYTES <= size and len(found) <= most:
            number, words = struct.unpack(">II", stream.read(_RECORD_BYTES))
            found[place] = number
            place = stream.seek(place + _RECORD_BYTES + 2 * words)
    return found
