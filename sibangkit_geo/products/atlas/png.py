"""Pictures of sheets, painted from the finished PDF: a sheet is drawn once, in one form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_POINTS_PER_INCH = 72
# colours of a picture, every how many-th pixel is looked at, parts in which the rest is moved
_COLORS, _EVERY, _PARTS = 256, 3, 16


def paint(pdf: Path, names: Sequence[str], folder: Path, *, dpi: int) -> None:
    """
    Paint every page of a PDF of ours as PNG.

    `names`: Of the files, one for each page.
    `dpi`: Dots per inch.
    """
    with pypdfium2.PdfDocument(pdf) as book:
        for page, name in zip(book, names, strict=True):
            pixels = page.render(scale=dpi / _POINTS_PER_INCH, rev_byteorder=True).to_numpy()
            _indexed(pixels).save(folder / name, dpi=(dpi, dpi))


def _indexed(pixels: NDArray[np.uint8]) -> Image.Image:
    """
    Keep the commonest colours as they are and move the rest, edges of letters, to the nearest.

    A third of the size; the classes of the legend stay exactly those of the web maps.
    """
    codes = pixels[:, :, 0].astype(np.uint32)
    for channel in (1, 2):
        codes <<= 8
        codes |= pixels[:, :, channel]
    sampled, counts = np.unique(codes[::_EVERY, ::_EVERY], return_counts=True)
    palette = _channels(sampled[np.argsort(-counts, kind="stable")[:_COLORS]])
    seen = np.zeros(1 << 24, dtype=bool)
    seen[codes.ravel()] = True
    place = np.zeros(1 << 24, dtype=np.uint8)
    for some in np.array_split(np.flatnonzero(seen), _PARTS):
        apart = ((_channels(some)[:, None] - palette) ** 2).sum(axis=2)
        place[some] = apart.argmin(axis=1)
    image = Image.fromarray(place[codes])
    image.putpalette(palette.astype(np.uint8).tobytes())
    return image


def _channels(codes: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    split = [codes >> 16 & 255, codes >> 8 & 255, codes & 255]
    return np.stack(split, axis=1).astype(np.int32)
