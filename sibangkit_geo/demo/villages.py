"""Villages of the demo: how many households, how poor, how well served."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import shape

from sibangkit_geo import codes
from sibangkit_geo.demo.planted import CAUSE_NEEDS, PlantedPocket, planted_in

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
