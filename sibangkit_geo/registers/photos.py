"""House photos made small and clean; what is broken, huge or elsewhere is left out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from pathlib import Path

_SIDE = 320
_QUALITY = 70
# decoders that are fuzzed daily; other formats are no photos of houses
_FORMATS = ("JPEG", "PNG", "WEBP")
_WHITE = (255, 255, 255)


@dataclass(slots=True)
class Photos:
    """
    Pictures of one folder.

    Attributes
    ----------
    folder
        Nothing outside it is read, also not through a link.
    skipped
        How many were left out so far.
    """

    folder: Path
    skipped: int = field(default=0)

    def read(self, name: str) -> bytes | None:
        """
        Read a picture that the register names.

        Returns: WebP; None where there is none to show, which is counted.
        """
        path = self._inside(name)
        picture = None if path is None else small_photo(path)
        self.skipped += picture is None
        return picture

    def _inside(self, name: str) -> Path | None:
        relative = PurePosixPath(name.strip().replace("\\", "/"))
        if relative.is_absolute() or ".." in relative.parts or ":" in name or "\0" in name:
            return None
        try:
            root = self.folder.resolve()
            path = (root / relative).resolve()
            return path if path.is_relative_to(root) and path.is_file() else None
        except (OSError, RuntimeError):
            # a name too long for the disk, or links in a circle
            return None


def small_photo(path: Path) -> bytes | None:
    """
    Shrink a picture to 320 pixels and drop all that is not picture.

    The orientation that the camera noted is applied; place, time and device are dropped.

    Parameters
    ----------
    path
        JPEG, PNG or WebP.

    Returns
    -------
    picture
        WebP, longer side at most 320 pixels; None for a file that is none of these, is
        damaged, or claims more than 60 million pixels.
    """
    try:
        if path.stat().st_size > limits.PHOTO_BYTES:
            return None
        with warnings.catch_warnings():
            # damaged metadata and large sizes are warned about; both are dealt with here
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as picture:
                if picture.width * picture.height > limits.PHOTO_PIXELS:
                    return None
                return _cleaned(picture)
    except Exception:  # noqa: BLE001 - decoders fail in many ways, none of which may stop a study
        return None


def _cleaned(picture: Image.Image) -> bytes:
    # JPEG is decoded at a smaller size at once
    picture.draft("RGB", (2 * _SIDE, 2 * _SIDE))
    turned = ImageOps.exif_transpose(picture)
    turned.thumbnail((_SIDE, _SIDE))
    layered = turned.convert("RGBA")
    # a fresh picture has no metadata to hand on
    clean = Image.new("RGB", layered.size, _WHITE)
    clean.paste(layered, mask=layered.getchannel("A"))
    stream = BytesIO()
    clean.save(stream, "WEBP", quality=_QUALITY)
    return stream.getvalue()
