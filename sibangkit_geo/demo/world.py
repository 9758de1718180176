"""Villages of the demo: how many households, how poor, how well served."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from shapely.geometry import shape

from sibangkit_geo import codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

REGENCY = "16.07"
# beta-binomial correlation of households within a village
RHO = 0.01
# spread of village sizes and the ends of the real ones (64 to 8,481 of about 250,000 households)
_SIZE_SPREAD = 0.8
_SMALLEST, _LARGEST, _REAL_TOTAL = 64, 8_500, 250_000
# villages whose register is far from complete, and how far; invented
_GAPS, _GAP_SHARE = 9, (0.55, 0.8)
# kelurahan and the suburbs of Palembang (Talang Kelapa) are larger; the factor is invented
_TOWN_FACTOR = 2.0
_SUBURB = "16.07.10"
# how much a need differs from village to village (sd of its logarithm); invented
_NEED_SPREAD = 0.2
# a pocket is a little worse off in what was not its cause too; invented
_POCKET_SPILL = 1.1
# districts of the tidal lowland, where wells are brackish and houses stand over water [K]
_TIDAL = frozenset({"02", "07", "08", "09", "12", "13", "14", "18", "20"})
_TIDAL_FACTOR = 1.25
_TIDAL_NEEDS = frozenset({"water", "sanitation"})

Cause = Literal[
    "housing", "sanitation", "documents", "school", "social_assistance", "health_insurance", ""
]

#: needs of the catalogue that a cause drives up
CAUSE_NEEDS: dict[Cause, tuple[str, ...]] = {
    "housing": ("floor", "wall", "roof", "crowding"),
    "sanitation": ("sanitation",),
    "documents": ("documents",),
    "school": ("school",),
    "social_assistance": ("no_social_assistance",),
    "health_insurance": ("health_insurance",),
    "": (),
}

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
class DemoVillages:
    """
    What the households of each village are drawn from; arrays of one row per village.

    `code`: Dotted codes, ascending.
    `shapes`: Polygons in degrees (WGS 84).
    `households`: Number of households, at least 5.
    `mean_rate`: Poor share of households before the village's own draw, 0 to 1.
    `rate`: The village's own rate: a beta draw around `mean_rate`.
    `relative_risk`: 1 outside every pocket.
    `pocket`: Number of the pocket, 0 outside.
    `factor`: Need to how much more common it is here than in the regency (about 1).
    """

    code: NDArray[np.object_]
    shapes: NDArray[np.object_]
    households: NDArray[np.int64]
    mean_rate: NDArray[np.float64]
    rate: NDArray[np.float64]
    relative_risk: NDArray[np.float64]
    pocket: NDArray[np.int64]
    factor: dict[str, NDArray[np.float64]]
    caused: dict[str, NDArray[np.bool_]]
    planted: tuple[PlantedPocket, ...]


def draw_villages(
    *,
    households: int,
    poor_share: float,
    needs: tuple[str, ...],
    year: int,
    seed: int,
    pockets: bool,
) -> DemoVillages:
    """
    Draw the villages of one wave; sizes and village effects are those of every wave.

    Grain: one row per official village.

    `poor_share`: Poor share of households in the whole regency, 0 to 1.
    `needs`: Keys to draw a village effect for, in this order.
    `seed`: Seed of the draws.
    Raises MissingFileError: The installation lacks its boundaries.
    """
    rng = np.random.default_rng([seed, 0])
    code = np.array(sorted(codes.official_villages(REGENCY)), dtype=object)
    count = _sizes(rng, code, households)
    planted = planted_in(year, pockets=pockets)
    pocket, risk = _pockets_of(code, planted)
    background = poor_share * households / float((count * risk).sum())
    mean_rate = background * risk
    spread = (1 - RHO) / RHO
    rate = rng.beta(mean_rate * spread, (1 - mean_rate) * spread)
    causes = {one.number: CAUSE_NEEDS[one.cause] for one in planted}
    return DemoVillages(
        code=code,
        shapes=_shapes(code),
        households=count,
        mean_rate=mean_rate,
        rate=rate,
        relative_risk=risk,
        pocket=pocket,
        factor={need: _factor(rng, need, code, pocket) for need in needs},
        caused={
            need: np.isin(pocket, [number for number, keys in causes.items() if need in keys])
            for need in needs
        },
        planted=planted,
    )


def coverage(villages: DemoVillages, *, seed: int) -> NDArray[np.float64]:
    """
    Draw which share of its households the register holds in each village.

    `seed`: Seed of the draw.
    Returns: 1 in most villages, 0.55 to 0.8 in a few; in the order of `villages`.
    """
    rng = np.random.default_rng([seed, 5])
    share = np.ones(len(villages.code))
    gaps = rng.permutation(len(share))[:_GAPS]
    share[gaps] = rng.uniform(*_GAP_SHARE, _GAPS)
    return share


def _sizes(
    rng: np.random.Generator, code: NDArray[np.object_], households: int
) -> NDArray[np.int64]:
    """Draw log-normal sizes that add up to the total."""
    town = np.array([one[9] == "1" or one.startswith(_SUBURB) for one in code])
    weight = np.exp(_SIZE_SPREAD * rng.standard_normal(len(code))) * np.where(town, _TOWN_FACTOR, 1)
    scale = households / _REAL_TOTAL
    # clipping moves the total, so a few rounds of scaling and clipping
    for _ in range(20):
        weight = np.clip(weight * households / weight.sum(), _SMALLEST * scale, _LARGEST * scale)
    count: NDArray[np.int64] = np.floor(weight).astype(np.int64)
    left = households - int(count.sum())
    largest = np.argsort(-weight, kind="stable")
    np.add.at(count, largest[np.arange(abs(left)) % len(code)], np.sign(left))
    return count


def _pockets_of(
    code: NDArray[np.object_], planted: tuple[PlantedPocket, ...]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    pocket = np.zeros(len(code), dtype=np.int64)
    risk = np.ones(len(code))
    for one in planted:
        inside = np.isin(code.astype(str), one.villages)
        pocket[inside] = one.number
        risk[inside] = one.relative_risk
    return pocket, risk


def _factor(
    rng: np.random.Generator, need: str, code: NDArray[np.object_], pocket: NDArray[np.int64]
) -> NDArray[np.float64]:
    factor = np.exp(_NEED_SPREAD * rng.standard_normal(len(code)) - _NEED_SPREAD**2 / 2)
    if need in _TIDAL_NEEDS:
        tidal = np.array([one[6:8] in _TIDAL for one in code])
        factor = np.where(tidal, factor * _TIDAL_FACTOR, factor)
    return np.where(pocket > 0, factor * _POCKET_SPILL, factor)


def _shapes(code: NDArray[np.object_]) -> NDArray[np.object_]:
    text = (codes.data_folder() / "villages.geojson").read_text("utf-8")
    cells = {
        one["properties"]["kode"]: shape(one["geometry"]) for one in json.loads(text)["features"]
    }
    shapes = np.array([cells[one] for one in code], dtype=object)
    shapely.prepare(shapes)
    return shapes


@dataclass(frozen=True, slots=True)
class PlantedPocket:
    """
    Villages made poorer on purpose.

    `number`: 1, 2, ...; in the order of `PLANTED`.
    `villages`: Dotted codes; neighbors of one another.
    `relative_risk`: Poor share of households against the villages outside every pocket.
    `cause`: What is missing there; empty for a village that is only poor.
    `shape`: ``"compact"``, ``"coast"``, ``"river"`` (a path) or ``"single"``.
    """

    number: int
    villages: tuple[str, ...]
    relative_risk: float
    cause: Cause
    shape: Literal["compact", "coast", "river", "single"]
    since: int = 2020
    until: int = 2025


def _codes(district: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"16.07.{district}.{number}" for number in numbers)


def planted_in(year: int, *, pockets: bool) -> tuple[PlantedPocket, ...]:
    """
    List the pockets of one wave.

    Returns: Possibly none.
    """
    return tuple(one for one in PLANTED if pockets and one.since <= year <= one.until)


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


# Chosen on the embedded cells: each one connected, none within 100 m of another one. Risks of 2.5
# to 3 are what an error-controlled method can find at rho = 0.01.
PLANTED: tuple[PlantedPocket, ...] = (
    PlantedPocket(1, _codes("07", 2001, 2006, 2007, 2008, 2018, 2037), 3.0, "housing", "compact"),
    PlantedPocket(2, (*_codes("09", 2021, 2010), *_codes("13", 2022, 2011, 2018, 2017)), 2.8,
                  "sanitation", "coast"),
    # along the Musi above Palembang, far longer than wide
    PlantedPocket(3, _codes("11", 2003, 2015, 2005, 2012, 2006, 2007), 2.6, "documents", "river"),
    PlantedPocket(4, _codes("15", 2004, 2005, 2006, 2007, 2008, 2012), 2.9, "school", "compact"),
    PlantedPocket(5, _codes("06", 2003, 2004, 2005, 2008, 2009, 2010), 3.0,
                  "social_assistance", "compact"),
    PlantedPocket(6, _codes("08", 2009, 2011, 2013, 2016, 2025, 2029), 2.8, "health_insurance",
                  "compact", since=2025),
    PlantedPocket(7, _codes("04", 2040), 3.0, "", "single"),
    PlantedPocket(8, _codes("14", 2006), 3.0, "", "single"),
    # heals between the waves
    PlantedPocket(9, _codes("17", 2001, 2003, 2004, 2005, 2007, 2008), 2.8, "housing", "compact",
                  until=2020),
)  # fmt: skip
