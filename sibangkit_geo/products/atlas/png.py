"""The picture of a page, drawn by Agg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from PIL import Image

from sibangkit_geo.products.atlas.canvas import Drawn, Written, face
from sibangkit_geo.products.machine import FAMILY

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Transform
    from numpy.typing import NDArray

    from sibangkit_geo.products.atlas.canvas import Page, Pictured

_POINTS_PER_INCH = 72
_MM_PER_INCH = 25.4
_COLORS, _EVERY, _PARTS = 256, 3, 16
_HATCH = {"lines": "/////"}
_RC: Any = {"font.family": FAMILY, "hatch.linewidth": 0.45}


class Painter:
    """One canvas for the pictures of all pages: memory does not grow with their number."""

    def __init__(self, width: float, height: float, *, dpi: int) -> None:
        self._dpi = dpi
        self._figure = Figure(
            figsize=(width / _MM_PER_INCH, height / _MM_PER_INCH), dpi=dpi, facecolor="white"
        )
        self._canvas = FigureCanvasAgg(self._figure)
        self._points = Affine2D().scale(1 / _POINTS_PER_INCH) + self._figure.dpi_scale_trans

    def write(self, page: Page, path: Path) -> None:
        """Draw a page as PNG."""
        with mpl.rc_context(_RC):
            artists = [self._artist(mark) for mark in page.marks]
            for artist in artists:
                artist.set_zorder(1)
                self._figure.add_artist(artist, clip=False)
            self._canvas.draw()  # type: ignore[no-untyped-call]
            pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]
            _indexed(pixels).save(path, dpi=(self._dpi, self._dpi))
            for artist in artists:
                artist.remove()

    def _artist(self, mark: Drawn | Written | Pictured) -> Artist:
        if isinstance(mark, Drawn):
            return _patch(mark, self._points)
        if isinstance(mark, Written):
            return _text(mark, self._points)
        return _Picture(mark, self._dpi)


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


def _patch(mark: Drawn, points: Transform) -> PathPatch:
    pen = mark.pen
    return PathPatch(
        mark.outline,
        facecolor=pen.fill or "none",
        edgecolor=pen.edge or "none",
        linewidth=0 if pen.hatch else pen.width,
        linestyle=(0, pen.dash) if pen.dash else "solid",
        hatch=_HATCH.get(pen.hatch),
        joinstyle="round",
        capstyle="butt",
        transform=points,
    )


def _text(mark: Written, points: Transform) -> Text:
    style = mark.type
    return Text(
        mark.x,
        mark.y,
        mark.words,
        color=style.color,
        fontproperties=face(style.size, bold=style.bold, italic=style.italic),
        horizontalalignment="left",
        verticalalignment="baseline",
        rotation=90 if style.upright else 0,
        rotation_mode="anchor",
        # a title with a dollar sign is no formula
        parse_math=False,
        transform=points,
    )


class _Picture(Artist):
    def __init__(self, mark: Pictured, dpi: int) -> None:
        super().__init__()
        self._mark, self._per_mm = mark, dpi / _MM_PER_INCH

    def draw(self, renderer: RendererBase) -> None:
        rect, per_mm = self._mark.rect, self._per_mm
        size = (round(rect.width * per_mm), round(rect.height * per_mm))
        sized = np.asarray(Image.fromarray(self._mark.pixels).resize(size))
        gc = renderer.new_gc()
        renderer.draw_image(gc, rect.left * per_mm, rect.bottom * per_mm, sized[::-1])
        gc.restore()
