"""House photos of the demo: drawn from the answers, so that nobody's house is shown."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Mapping

#: houses with a picture
HOUSES = 48
_SIZE = (640, 480)
_SKY, _GRASS, _DARK = (206, 226, 240), (156, 178, 120), (70, 62, 56)
# answers of Regsosek-2022 to a colour; others take the last
_WALL = {"1": (226, 220, 208), "2": (214, 200, 170), "3": (170, 126, 84), "4": (200, 176, 120),
         "5": (120, 92, 66), "6": (188, 170, 112), "": (190, 180, 165)}  # fmt: skip
_ROOF = {"1": (150, 150, 150), "2": (176, 84, 60), "3": (150, 158, 166), "4": (196, 196, 190),
         "7": (120, 104, 60), "": (140, 120, 100)}  # fmt: skip
_FLOOR = {"8": (126, 96, 64), "7": (176, 160, 104), "": (170, 170, 168)}
_QUALITY = 70


def draw_house(answers: Mapping[str, str], *, number: int) -> bytes:
    """
    Draw a house whose wall, roof and floor are those of the answers.

    `answers`: ``jenis_dinding_terluas``, ``jenis_atap_terluas``, ``jenis_lantai_terluas``.
    `number`: Number of the picture; shapes differ a little with it.
    Returns: JPEG, 640 x 480, the same bytes for the same answers and number.
    """
    picture = Image.new("RGB", _SIZE, _SKY)
    pen = ImageDraw.Draw(picture)
    width, height = _SIZE
    ground = int(height * 0.72)
    pen.rectangle((0, ground, width, height), fill=_GRASS)
    left, right = 130 + number * 7 % 60, width - 130 - number * 11 % 60
    top = 190 + number * 13 % 40
    wall = _WALL.get(answers["jenis_dinding_terluas"], _WALL[""])
    # houses of the tidal lowland stand on posts
    raised = 34 if number % 3 == 0 else 0
    for post in range(left + 10, right, 60) if raised else ():
        pen.rectangle((post, ground - raised, post + 8, ground), fill=_DARK)
    floor = _FLOOR.get(answers["jenis_lantai_terluas"], _FLOOR[""])
    pen.rectangle((left - 14, ground - raised - 10, right + 14, ground - raised), fill=floor)
    pen.rectangle((left, top, right, ground - raised - 10), fill=wall, outline=_DARK)
    step = 26 if answers["jenis_dinding_terluas"] in {"3", "4", "5", "6"} else 0
    for plank in range(left + step, right, step) if step else ():
        pen.line((plank, top, plank, ground - raised - 10), fill=_DARK)
    roof = _ROOF.get(answers["jenis_atap_terluas"], _ROOF[""])
    peak = ((left + right) // 2, top - 90)
    pen.polygon(((left - 40, top), peak, (right + 40, top)), fill=roof, outline=_DARK)
    door = (left + right) // 2
    pen.rectangle((door - 28, top + 50, door + 28, ground - raised - 10), fill=_DARK)
    pen.rectangle((left + 30, top + 40, left + 90, top + 95), fill=_SKY, outline=_DARK)
    pen.text((16, height - 34), "GAMBAR BUATAN, BUKAN FOTO", fill=_DARK,
             font=ImageFont.load_default(size=20))  # fmt: skip
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()
