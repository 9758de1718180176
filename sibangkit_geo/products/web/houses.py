"""Pseudonymous houses as a page carries them: few bytes per house, unpacked when first shown."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from sibangkit_geo.products.web.topology import in_signs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from sibangkit_geo.model.types import HouseCards

#: so many photos stand in the page itself; more go into a folder beside it
EMBEDDED_PHOTOS: Final = 50
PHOTO_FOLDER: Final = "foto"

# three bytes reach 83 degrees either way
_STEP_BYTES = 3
_PACKED_LEVEL = 9


def write_photos(cards: HouseCards | None, folder: Path) -> None:
    """
    Write the pictures that go beside the page because they are too many to stand in it.

    `cards`: None, or few pictures: nothing is written.
    `folder`: Folder of the page; the pictures go into ``foto/`` under it, named by number.
    """
    if cards is None or len(cards.photos) <= EMBEDDED_PHOTOS:
        return
    (folder / PHOTO_FOLDER).mkdir(exist_ok=True)
    for at, picture in enumerate(cards.photos):
        (folder / _photo_name(at)).write_bytes(picture)


def houses_payload(cards: HouseCards | None) -> dict[str, object] | None:
    """
    Pack the houses for the page.

    Returns: JSON types; None without houses. ``data`` is ``bytes`` deflated bytes in base 85:
        planes of one byte per house: three each for the zigzag steps east and north from the house
        before (low byte first; 1e-5 degrees, from ``origin``), ``mask_bytes`` each for
        ``deprived`` and ``served``, and one that holds twice the group plus one for the poor.
        ``photo_rows`` are the rows that have a picture, ``photo_of`` which.
    """
    if cards is None:
        return None
    mask_bytes = max(1, -(-len(cards.needs) // 8))
    packed = zlib.compress(_planes(cards, mask_bytes), _PACKED_LEVEL)
    with_picture = np.flatnonzero(cards.photo >= 0)
    return {
        "count": len(cards),
        "needs": list(cards.needs),
        "assisted": list(cards.assisted),
        "groups": list(cards.groups),
        "per_village": cards.per_village.tolist(),
        "origin": [int(cards.east[0]), int(cards.north[0])] if len(cards) else [0, 0],
        "shuffle": cards.shuffle,
        "mask_bytes": mask_bytes,
        "bytes": len(packed),
        "data": in_signs(packed),
        "photo_rows": with_picture.tolist(),
        "photo_of": cards.photo[with_picture].tolist(),
        "photos": _addresses(cards),
    }


def has_photo_folder(payload: Mapping[str, object]) -> bool:
    """
    Tell whether a page shows pictures that stand beside it.

    Returns: True where one of them is not in the page itself.
    """
    houses = payload.get("houses")
    photos = houses.get("photos") if isinstance(houses, dict) else None
    return isinstance(photos, list) and any(not str(one).startswith("data:") for one in photos)


def _addresses(cards: HouseCards) -> list[str]:
    if len(cards.photos) > EMBEDDED_PHOTOS:
        return [_photo_name(at) for at in range(len(cards.photos))]
    return [f"data:image/webp;base64,{base64.b64encode(one).decode()}" for one in cards.photos]


def _photo_name(at: int) -> str:
    return f"{PHOTO_FOLDER}/{at + 1:04d}.webp"


def _planes(cards: HouseCards, mask_bytes: int) -> bytes:
    group = (cards.group.astype(np.uint32) << np.uint32(1)) | cards.poor
    columns = [
        *((_zigzag(one), _STEP_BYTES) for one in (cards.east, cards.north)),
        *((one, mask_bytes) for one in (cards.deprived, cards.served)),
        (group, 1),
    ]
    return b"".join(
        (values >> np.uint32(8 * byte)).astype(np.uint8).tobytes()
        for values, width in columns
        for byte in range(width)
    )


def _zigzag(values: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Turn steps into numbers from 0 up, small ones for small steps either way."""
    steps = np.diff(values, prepend=values[:1])
    return np.where(steps >= 0, 2 * steps, -2 * steps - 1).astype(np.uint32)
