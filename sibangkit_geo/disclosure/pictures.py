"""What pictures carry beside their pixels: text chunks, and where a photo was taken."""

from __future__ import annotations

import io
import re
import struct
from typing import TYPE_CHECKING

from PIL import ExifTags, Image

from sibangkit_geo.disclosure.packing import Budget, inflated

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
_JPEG, _TIFFS = b"\xff\xd8\xff", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RIFF, _WEBP = b"RIFF", b"WEBP"
# ISO/IEC 10918-1, table B.1: a mark, start of coded pixels, end of the picture
_MARK, _SCAN, _END = 0xFF, 0xDA, 0xD9
_NEXT = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
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


def beside_pixels(data: bytes) -> bytes:
    """
    Leave out of a JPEG the coded pixels, whose bytes may read like digits.

    Returns: Its segments and what follows its end; anything else as it is.
    """
    if not data.startswith(_JPEG):
        return data
    kept: list[bytes] = []
    at = 2
    while at + 4 <= len(data) and data[at] == _MARK:
        kind = data[at + 1]
        if kind == _END:
            return b"\n".join([*kept, data[at + 2 :]])
        after = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept.append(data[at + 4 : after])
        if kind == _SCAN:
            # ISO/IEC 10918-1, B.1.1.2: a mark within coded pixels is followed by 0 or restarts
            mark = _NEXT.search(data, after)
            after = mark.start() if mark else len(data)
        at = after
    return b"\n".join([*kept, data[at:]])


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
