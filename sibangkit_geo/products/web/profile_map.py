"""The map of a profile: a district's villages with their names, pockets, scale and legend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product as pairs
from typing import TYPE_CHECKING, NamedTuple

import shapely

from sibangkit_geo.products.web.svg import VillageMap, Window, map_in, map_legend, path_of
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.products.result import Analysis

# user units of the drawing; on paper one is about 0.29 mm, so that a name is of 7 points
WIDTH = 330
# a wide district needs less, and no map more, than these
_HEIGHTS = (190, 290)
TEXT = 8.0
_LINE = 8.6
# wide letters of a bold sans-serif type, per unit of its size
_LETTER = 0.56
_PAD = 1.0
_MARK = 3.6
# away from the middle of a village, in its own inner radius
_STEPS = (0.0, -0.5, 0.5, -0.9, 0.9)
_FINE = (0.0, -0.5, 0.5, -0.9, 0.9, -1.3, 1.3, -1.8, 1.8)
_SCALES = (1, 2, 5)
_SCALE_SHARE = 0.25


class Box(NamedTuple):
    """What a text covers, user units."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Tell whether two boxes have ground in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Label:
    """
    A text of the map, in lines, each with the place of its middle and its baseline.

    `marked`: Whether it is a number that stands for a name.
    """

    code: str
    lines: tuple[tuple[str, float, float], ...]
    box: Box
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """
    Names as they stand on a map.

    `numbered`: Number and name of the villages whose name has no room.
    `left_out`: Names that have no room for a number either.
    """

    labels: tuple[Label, ...]
    numbered: tuple[tuple[int, str], ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileMap:
    """
    The drawing that all profiles of a district share.

    `bar`: Length of the scale bar, user units, and its words.
    `names`: As all of them stand where none comes first.
    `own`: Outline of each village, as SVG writes it.
    `legend`: Kind, colour and words of each line; the kind is ``"class"``, ``"missing"``,
        ``"strict"``, ``"indicative"`` or ``"wide"``.
    """

    base: VillageMap
    bar: tuple[float, str]
    names: Names
    own: Mapping[str, str]
    legend_title: str
    legend: tuple[tuple[str, str, str], ...]
    shapes: Mapping[str, BaseGeometry]
    called: Mapping[str, str]
    taken: tuple[Box, ...]

    def named(self, first: str) -> Names:
        """
        Place the names so that one of them is there whatever it costs the others.

        `first`: Village that must be named.
        """
        if any(one.code == first and not one.marked for one in self.names.labels):
            return self.names
        return place_names(self.called, self.shapes, taken=self.taken, first=first)


def profile_map(product: Analysis, district: str) -> ProfileMap | None:
    """
    Draw the villages of a district.

    Returns: None where none has a polygon.
    """
    mapped = product.mapped
    own = mapped[mapped["district_code"] == district]
    if own.empty:
        return None
    codes = [str(code) for code in own.index]
    window = Window.framing(own.total_bounds, (WIDTH, _height(own.total_bounds)))
    base = map_in(window, product, codes)
    shapes = {code: window.pixels(shape) for code, shape in own.geometry.items()}
    called = own["name"].astype(str).to_dict()
    bar = scale_bar(window)
    taken = (*_furniture(bar[0], window.height), *(_around(x, y) for _, _, x, y in base.pockets))
    layer = product.layers[0]
    unit = "percent" if layer.indicator.unit == "percent" else "other"
    return ProfileMap(
        base=base,
        bar=bar,
        names=place_names(called, shapes, taken=taken),
        own={code: path_of(shape, window) for code, shape in own.geometry.items()},
        legend_title=say(f"profile_legend_{unit}", label=layer.indicator.label),
        legend=tuple(map_legend(product, [number for number, *_ in base.pockets])),
        shapes=shapes,
        called=called,
        taken=taken,
    )


def _height(bounds: NDArray[np.float64]) -> int:
    west, south, east, north = bounds.tolist()
    least, most = _HEIGHTS
    return int(min(max(WIDTH * (north - south) / max(east - west, 1e-9), least), most))


def _furniture(bar: float, height: int) -> tuple[Box, ...]:
    """Keep the corners of the scale bar and the north arrow, and what is off the paper, free."""
    far = 10 * WIDTH
    return (
        Box(0, height - 22, bar + 42, height),
        Box(WIDTH - 24, 0, WIDTH, 32),
        Box(-far, -far, 0, far),
        Box(WIDTH, -far, far, far),
        Box(-far, -far, far, 0),
        Box(-far, height, far, far),
    )


def _around(x: float, y: float) -> Box:
    return Box(x - 9, y - 7, x + 9, y + 7)


def scale_bar(window: Window) -> tuple[float, str]:
    """
    Choose the longest round length that takes a quarter of the drawing at most.

    Returns: Its length in user units, and its words.
    """
    most = _SCALE_SHARE * window.width * window.metres
    power = 10 ** math.floor(math.log10(most))
    metres = max(power * step for step in _SCALES if power * step <= most)
    key = "profile_scale" if metres >= 1000 else "profile_scale_metres"
    length = metres / 1000 if metres >= 1000 else metres
    return metres / window.metres, say(key, length=f"{length:g}".replace(".", ","))


def place_names(
    called: Mapping[str, str],
    shapes: Mapping[str, BaseGeometry],
    *,
    taken: Sequence[Box] = (),
    first: str = "",
) -> Names:
    """
    Set names into their villages so that none covers another.

    A name stands in one line, or in two, with its middle in its village; one that has no room
    becomes a number. The largest villages come first.

    `called`, `shapes`: Name and shape, user units, of each village.
    `taken`: Boxes that must stay free, but for `first`.
    `first`: Village that is named in any case; empty for none.
    """
    order = sorted(called, key=lambda code: (code != first, -shapes[code].area, code))
    placed: list[Label] = []
    waiting = []
    for code in order:
        found = _fitting(code, _split(called[code]), shapes[code], [*taken, *_boxes(placed)])
        if found is None and code == first:
            found = _anyhow(code, called[code], shapes[code], taken)
        if found is None:
            waiting.append(code)
        else:
            placed.append(found)
    numbered: list[tuple[int, str]] = []
    left_out: list[str] = []
    for code in sorted(waiting):
        number = len(numbered) + 1
        found = _fitting(
            code, [[str(number)]], shapes[code], [*taken, *_boxes(placed)], marked=True
        )
        if found is None:
            left_out.append(called[code])
            continue
        placed.append(found)
        numbered.append((number, called[code]))
    return Names(tuple(placed), tuple(numbered), tuple(left_out))


def _boxes(labels: Iterable[Label]) -> list[Box]:
    return [one.box for one in labels]


def _split(name: str) -> list[list[str]]:
    """Give a name in one line, and broken in two, the most even break first."""
    words = name.split()
    broken = [[" ".join(words[:at]), " ".join(words[at:])] for at in range(1, len(words))]
    broken.sort(key=lambda lines: max(map(len, lines)))
    return [[name], *broken[:1]]


def _fitting(
    code: str,
    texts: Sequence[Sequence[str]],
    shape: BaseGeometry,
    taken: Sequence[Box],
    *,
    marked: bool = False,
) -> Label | None:
    """Find the first place in a village where a text meets nothing else."""
    circle = shapely.maximum_inscribed_circle(shape, tolerance=1)
    (x, y), _ = circle.coords
    reach = circle.length
    steps = _FINE if marked else _STEPS
    for down, across, lines in pairs(steps, steps, texts):
        label = _label(code, lines, (x + across * reach, y + down * reach), marked=marked)
        inside = shapely.intersects_xy(shape, x + across * reach, y + down * reach)
        if inside and not any(map(label.box.meets, taken)):
            return label
    return None


def _anyhow(code: str, name: str, shape: BaseGeometry, taken: Sequence[Box]) -> Label:
    """Set a name beside the middle of its village, where it stays on the paper."""
    at = shape.representative_point()
    places = [(at.x + step * TEXT, at.y) for step in sorted(range(-20, 21), key=abs)]
    tried = [_label(code, [name], place) for place in places]
    free = (one for one in tried if not any(map(one.box.meets, taken)))
    return next(free, tried[0])


def _label(
    code: str, lines: Sequence[str], middle: tuple[float, float], *, marked: bool = False
) -> Label:
    x, y = middle
    wide = _MARK if marked else max(map(len, lines)) * _LETTER * TEXT / 2 + _PAD
    high = _MARK if marked else len(lines) * _LINE / 2
    first = y - (len(lines) - 1) * _LINE / 2 + TEXT * 0.35
    texts = tuple((text, x, first + at * _LINE) for at, text in enumerate(lines))
    return Label(code, texts, Box(x - wide, y - high, x + wide, y + high), marked)
