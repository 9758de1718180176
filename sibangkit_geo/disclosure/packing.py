"""Packed data opened within bounds: what unpacks to far more than it is, is not read to its end."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO, Any

_BLOCK = 1024**2

ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# its last record, with a remark of up to 64 KB
_ZIP_END, _ZIP_TAIL = b"PK\x05\x06", 22 + 65_535
# POSIX.1-1988: the mark of a tar header
_USTAR, _USTAR_AT, _TAR_BLOCK = b"ustar", 257, 512
_ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
# 7-Zip, RAR, cabinet, LZ4, LZW: none of our libraries opens them
SEALED = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF\0\0\0\0", b"\x04\x22\x4d\x18", b"\x1f\x9d")


class TooMuchError(ValueError):
    """Packed data go on beyond what a product can hold, or too deep."""


@dataclass(slots=True)
class Budget:
    """
    How much one file may still unpack to.

    `left`: Bytes.
    `depth`: Of packed files in packed files.
    """

    left: int
    depth: int = 0

    @classmethod
    def of(cls, size: int) -> Budget:
        """Allow a file of this size what an honest one can need."""
        allowed = max(size * limits.SEARCHED_RATIO, limits.SEARCHED_HARMLESS)
        return cls(min(allowed, limits.SEARCHED_BYTES))

    def spend(self, size: int) -> None:
        """
        Take bytes off.

        Raises TooMuchError: They are spent.
        """
        self.left -= size
        if self.left < 0:
            msg = "The data unpack to far more than they are."
            raise TooMuchError(msg)

    def deeper(self) -> None:
        """
        Enter a packed file; whoever enters leaves by taking one from `depth`.

        Raises TooMuchError: Packed files lie in each other without end.
        """
        if self.depth >= limits.SEARCHED_DEPTH:
            msg = "Packed files lie in each other without end."
            raise TooMuchError(msg)
        self.depth += 1


def inflated(data: bytes, budget: Budget) -> tuple[bytes, bool]:
    """
    Unpack a zlib stream as far as it goes.

    Returns: What was read, and whether it ended as it should.
    Raises zlib.error: It is none.
    Raises TooMuchError: The budget is spent.
    """
    stream = zlib.decompressobj()
    out = stream.decompress(data, max(budget.left, 0) + 1)
    budget.spend(len(out))
    return out, stream.eof


def _read(stream: IO[bytes], budget: Budget) -> Iterator[bytes]:
    """Read to the end in blocks; what was read before an error is kept by the caller."""
    while block := stream.read(_BLOCK):
        budget.spend(len(block))
        yield block


def single(data: bytes) -> Callable[[], Any] | None:
    """Find out how to open one packed stream; None where it is none."""
    packed = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return lambda: gzip.open(packed, "rb")
    if data.startswith(b"BZh") and data[4:10] == b"1AY&SY":
        return lambda: bz2.BZ2File(packed)
    if data.startswith(b"\xfd7zXZ\0"):
        return lambda: lzma.LZMAFile(packed)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return lambda: pa.CompressedInputStream(pa.BufferReader(data), "zstd")
    return None


def streamed(opened: Callable[[], Any], budget: Budget) -> tuple[bytes, bool]:
    """
    Unpack one stream as far as it goes.

    Returns: What was read, and whether it ended as it should.
    Raises TooMuchError: The budget is spent.
    """
    blocks: list[bytes] = []
    try:
        with opened() as stream:
            blocks.extend(_read(stream, budget))
    except TooMuchError:
        raise
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, struct.error):
        return b"".join(blocks), False
    return b"".join(blocks), True


def inflated_if_any(data: bytes, budget: Budget) -> tuple[bytes, bool]:
    """Unpack a bare zlib stream, whose two bytes of mark also begin other things."""
    if not data.startswith(_ZLIB):
        return b"", True
    try:
        return inflated(data, budget)
    except zlib.error:
        return b"", True


def ends_as_zip(data: bytes) -> bool:
    """Tell whether a zip archive ends here, whatever stands before it."""
    return data.rfind(_ZIP_END, max(0, len(data) - _ZIP_TAIL)) >= 0


def is_tar(data: bytes) -> bool:
    """Tell whether a tar archive begins here."""
    if len(data) < _TAR_BLOCK:
        return False
    if data[_USTAR_AT : _USTAR_AT + len(_USTAR)] == _USTAR:
        return True
    # older ones are known by the checksum of their first header
    if not data[148:156].strip(b" \0").isdigit():
        return False
    try:
        tarfile.TarInfo.frombuf(data[:_TAR_BLOCK], "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def zip_members(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes | None]]:
    """
    Give names and contents in a zip archive, after its remarks under an empty name.

    Returns: None instead of the contents that cannot be read.
    Raises zipfile.BadZipFile: The archive is damaged.
    Raises TooMuchError: The budget is spent.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        _require_few(len(members))
        yield "", b"\n".join([archive.comment, *(one.comment + one.extra for one in members)])
        for one in members:
            try:
                with archive.open(one) as stream:
                    content: bytes | None = b"".join(_read(stream, budget))
            except TooMuchError:
                raise
            # RuntimeError is that of a password
            except (
                zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError,
                RuntimeError, struct.error,
            ):  # fmt: skip
                content = None
            yield one.filename, content


def tar_members(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes | None]]:
    """
    Give names and contents in a tar archive.

    Raises tarfile.TarError: The archive is damaged.
    Raises TooMuchError: The budget is spent.
    """
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for count, one in enumerate(archive, 1):
            _require_few(count)
            told = (one.linkname, one.uname, one.gname, *map(str, one.pax_headers.values()))
            yield "", "\n".join(told).encode("utf-8", errors="replace")
            stream = archive.extractfile(one) if one.isfile() else None
            content = b"".join(_read(stream, budget)) if stream else b""
            yield one.name, content if len(content) == one.size or not stream else None


def _require_few(members: int) -> None:
    if members > limits.SEARCHED_MEMBERS:
        msg = "The archive holds more files than any product."
        raise TooMuchError(msg)
