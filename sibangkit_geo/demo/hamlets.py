"""Where houses stand: in hamlets, strung along a river, canal or road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.demo.villages import DemoVillages

# at 2 to 3 degrees south a degree of longitude and one of latitude differ by 0.2 per cent
_METRES_PER_DEGREE = 111_000.0
# invented: half-length of a hamlet, width of its strip, share of poverty that is the hamlet's own
_LENGTH_M = (200.0, 900.0)
_WIDTH_M = 40.0
_HAMLET_POVERTY_SPREAD = 0.35
_FEWEST, _MOST = 2, 9
# houses stay off the borders, which rounding and the cleaning of polygons (5 m) move
_HOUSE_MARGIN_M, _CENTRE_MARGIN_M = 30.0, 60.0
_ROUNDS = 40
_SHRINK = 0.8
_DECIMALS = 5  # about 1 m


@dataclass(frozen=True, slots=True)
class Houses:
    """
    Houses by position; one row per household, sorted by village.

    `longitude`, `latitude`: Degrees (WGS 84), rounded to 5 decimals.
    `poverty_factor`: How much poorer the hamlet is than its village; averages about 1 in a
        village.
    """

    village: NDArray[np.int64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    poverty_factor: NDArray[np.float64]


def place_houses(villages: DemoVillages, *, rng: np.random.Generator) -> Houses:
    """
    Place every household in a hamlet of its village.

    Grain: one row per village in, one row per household out.

    `villages`: Villages with their number of households.
    `rng`: Source of the draws.
    """
    number = len(villages.code)
    hamlets = np.clip(np.sqrt(villages.households) / 6, _FEWEST, _MOST).astype(np.int64)
    first = np.cumsum(hamlets) - hamlets
    home = np.repeat(np.arange(number), hamlets)
    weight = rng.standard_gamma(2.0, len(home))
    weight /= np.add.reduceat(weight, first)[home]
    poverty = np.exp(_HAMLET_POVERTY_SPREAD * rng.standard_normal(len(home)))
    poverty /= np.add.reduceat(weight * poverty, first)[home]

    village = np.repeat(np.arange(number), villages.households)
    hamlet = np.searchsorted(np.cumsum(weight), village + rng.random(len(village)))
    hamlet = np.clip(hamlet, first[village], (first + hamlets - 1)[village])
    longitude, latitude = _points(rng, villages.shapes, home, hamlet)
    return Houses(village, longitude, latitude, poverty[hamlet])


def _points(
    rng: np.random.Generator,
    shapes: NDArray[np.object_],
    home: NDArray[np.int64],
    hamlet: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scatter houses along the line of their hamlet, drawing again those outside."""
    centre_x, centre_y = _centres(rng, shapes[home])
    # one direction per village, as along one river, and a little of the hamlet's own
    angle = (rng.random(len(shapes)) * np.pi)[home] + rng.normal(0.0, 0.2, len(home))
    length = rng.uniform(*_LENGTH_M, len(home)) / _METRES_PER_DEGREE
    x, y = centre_x[hamlet], centre_y[hamlet]
    pending = np.arange(len(hamlet))
    for turn in range(_ROUNDS):
        one = hamlet[pending]
        shrink = _SHRINK**turn
        along = rng.uniform(-1.0, 1.0, len(one)) * length[one] * shrink
        across = rng.standard_normal(len(one)) * _WIDTH_M / _METRES_PER_DEGREE * shrink
        cosine, sine = np.cos(angle[one]), np.sin(angle[one])
        new_x = np.round(centre_x[one] + along * cosine - across * sine, _DECIMALS)
        new_y = np.round(centre_y[one] + along * sine + across * cosine, _DECIMALS)
        inside = _inside(shapes[home[one]], new_x, new_y, margin_m=_HOUSE_MARGIN_M)
        x[pending[inside]], y[pending[inside]] = new_x[inside], new_y[inside]
        pending = pending[~inside]
        if not len(pending):
            break
    return x, y


def _centres(
    rng: np.random.Generator, shapes: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low_x, low_y, high_x, high_y = shapely.bounds(shapes).T
    x, y = np.empty(len(shapes)), np.empty(len(shapes))
    pending = np.arange(len(shapes))
    while len(pending):
        new_x = np.round(rng.uniform(low_x[pending], high_x[pending]), _DECIMALS)
        new_y = np.round(rng.uniform(low_y[pending], high_y[pending]), _DECIMALS)
        inside = _inside(shapes[pending], new_x, new_y, margin_m=_CENTRE_MARGIN_M)
        x[pending[inside]], y[pending[inside]] = new_x[inside], new_y[inside]
        pending = pending[~inside]
    return x, y


def _inside(
    shapes: NDArray[np.object_],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    margin_m: float,
) -> NDArray[np.bool_]:
    # four points around stand for a buffer: an exact test gives the same answer on every machine
    margin = margin_m / _METRES_PER_DEGREE
    inside = np.ones(len(x), dtype=np.bool_)
    for east, north in ((margin, 0), (-margin, 0), (0, margin), (0, -margin)):
        inside &= shapely.contains_xy(shapes, x + east, y + north)
    return inside
