"""Judge by its list of members whether a packed file unpacks to far more than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.model import limits

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Sequence


def is_bomb(
    members: Sequence[zipfile.ZipInfo], size: int, *, most: int = limits.UNPACKED_BYTES
) -> bool:
    """
    Tell whether an archive would take the machine.

    Sizes are those that the archive declares: its readers stop there, so one that lies is cut off.

    `size`: Of the archive, bytes.
    `most`: Bytes that it may unpack to.
    """
    unpacked = sum(member.file_size for member in members)
    shrunk = unpacked > limits.HARMLESS_BYTES and unpacked > size * limits.UNPACKED_RATIO
    return shrunk or unpacked > most or len(members) > limits.MEMBERS
