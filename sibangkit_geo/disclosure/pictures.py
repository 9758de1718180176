"""What pictures carry beside their pixels: text chunks, and where a photo was taken."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import ExifTags, Image

from sibangkit_geo.disclosure.packing import Budget, inflated

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
_JPEG, _TIFFS = b"\xff\xd8\xff", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RIFF, _WEBP = b"RIFF", b"WEBP"
# ISO/IEC 15948, 11.3.4: keyword, NUL, then how it is packed
_TEXTS = (b"zTXt", b"iTXt", b"iCCP")


def is_picture(data: bytes) -> bool:
    """Tell whether a picture of a kind that can hold Exif begins here."""
    webp = data.startswith(_RIFF) and data[8:12] == _WEBP
    return webp or data.startswith((PNG, _JPEG, *_TIFFS))


def has_point(data: bytes) -> bool:
    """
    Tell whether a picture says where it was taken.

    Raises OSError, and other errors of the library: The picture is damaged.
    """
    with Image.open(io.BytesIO(data)) as picture:
        return bool(picture.getexif().get_ifd(ExifTags.IFD.GPSInfo))


def packed_texts(data: bytes, budget: Budget) -> Iterator[bytes]:
    """
    Give the packed text chunks of a PNG; those that are not packed are read as they are.

    Raises ValueError: The file is cut off.
    """
    at = len(PNG)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at + 8 : at + 8 + length]
        if len(chunk) < length:
            break
        if kind in _TEXTS:
            yield from _unpacked_text(kind, chunk, budget)
        if kind == b"IEND":
            return
        at += length + 12
    msg = "The picture is cut off."
    raise ValueError(msg)


def _unpacked_text(kind: bytes, chunk: bytes, budget: Budget) -> Iterator[bytes]:
    _, _, rest = chunk.partition(b"\0")
    if kind == b"iTXt":
        is_packed, rest = rest[:1] == b"\1", rest[2:]
        # language and translated keyword come first
        rest = rest.split(b"\0", 2)[-1]
        if not is_packed:
            return
    else:
        rest = rest[1:]
    text, _ = inflated(rest, budget)
    yield text
