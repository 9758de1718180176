"""A map for pasting looks in a browser, as SVG, as its picture does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from sibangkit_geo.products.atlas import AtlasSettings, write_pieces
from tests.test_atlas import areas, piece_product

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Browser

    from sibangkit_geo.model.types import Boundaries

__all__ = ["areas"]

DPI, CSS_DPI = 288, 96
# dots of a block: edges of letters differ by a part of a dot
BLOCK = 8


def _blocks(picture: Image.Image, size: tuple[int, int]) -> NDArray[np.int_]:
    whole = (0, 0, size[0] * BLOCK, size[1] * BLOCK)
    small = picture.convert("RGB").crop(whole).resize(size, Image.Resampling.BOX)
    return np.asarray(small).astype(int)


@pytest.mark.parametrize("name", ["kantong", "16.07.08"])
def test_svg_and_picture_are_alike(
    browser: Browser, areas: Boundaries, tmp_path: Path, name: str
) -> None:
    settings = AtlasSettings(only=(name,), dpi=DPI)
    (piece,) = write_pieces(piece_product(areas), tmp_path, settings=settings)
    with Image.open(tmp_path / f"{piece.slug}.png") as image:
        painted = image.convert("RGB")
    wide, high = (int(one * CSS_DPI / DPI) for one in painted.size)
    page = browser.new_page(
        viewport={"width": wide, "height": high}, device_scale_factor=DPI / CSS_DPI
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / f"{piece.slug}.svg").as_uri())
    drawn = Image.open(io.BytesIO(page.screenshot()))
    page.close()
    assert len(asked) == 1
    size = (drawn.width // BLOCK, drawn.height // BLOCK)
    apart = np.abs(_blocks(painted, size) - _blocks(drawn, size)).max(axis=2)
    assert apart.mean() < 3
    assert (apart > 60).mean() < 0.001
    # no white page in the place of a map: hatches, halos and fills are there
    assert len(np.unique(_blocks(drawn, size).reshape(-1, 3), axis=0)) > 1000
