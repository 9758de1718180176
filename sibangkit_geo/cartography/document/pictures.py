"""Pictures of the maps, cut to the frame of the sheet and made smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from sibangkit_geo.cartography.annex.layout import layout_of

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.cartography.annex.settings import AtlasSettings

# enough for type of five points, a third of the size of 300
_DPI = 200
_MM_PER_INCH = 25.4
_EDGE = 0.5


def cut_picture(source: Path, target: Path, *, settings: AtlasSettings, width_mm: float) -> None:
    """
    Cut a sheet to its frame and write it at 200 dots per inch.

    Parameters
    ----------
    source
        Picture of the whole sheet.
    target
        PNG to write.
    settings
        Of the atlas the sheet is from.
    width_mm
        Width it is shown with.

    Raises
    ------
    OSError
        The picture cannot be read, or the disk refuses.
    """
    layout = layout_of(settings)
    edge = layout.edge
    with Image.open(source) as image:
        across, down = image.width / layout.width, image.height / layout.height
        # rows of a picture are counted from the top, the layout from the bottom
        box = (
            round((edge.left - _EDGE) * across),
            round((layout.height - edge.bottom - edge.height - _EDGE) * down),
            round((edge.left + edge.width + _EDGE) * across),
            round((layout.height - edge.bottom + _EDGE) * down),
        )
        cut = image.crop(box)
        wide = round(width_mm / _MM_PER_INCH * _DPI)
        size = (wide, round(wide * cut.height / cut.width))
        small = cut.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        # the sheet's own colours: classes stay exactly those of the legend
        kept = image if image.mode == "P" else None
        small = small.quantize(palette=kept, dither=Image.Dither.NONE)
        small.save(target, dpi=(_DPI, _DPI), optimize=True)
