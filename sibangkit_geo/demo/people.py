"""Who lives in a house: people, poverty, decile, spending; and identities that cannot be real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.demo.hamlets import Houses
    from sibangkit_geo.demo.villages import DemoVillages

# share of households with 1, 2, ... people, invented to average 4.89 among the poor (South Sumatra,
# March 2025: 4.88, BPS) and 3.42 among the others (about 3.5 in all)
_POOR_SIZES = np.array([0.03, 0.07, 0.13, 0.20, 0.22, 0.16, 0.10, 0.05, 0.03, 0.01])
_OTHER_SIZES = np.array([0.08, 0.19, 0.28, 0.25, 0.12, 0.05, 0.02, 0.01])
# others in a pocket stand nearer to the line: power on their rank among the deciles 2 to 10
_POCKET_RANK_POWER = 1.25
_OTHER_DECILES = 9
# spending, invented: the poor fall short by up to 40 %, the others rise to about 3.5 lines
_DEEPEST_GAP = 0.4
_LOWEST_ABOVE, _RISE, _NOISE = 1.01, 1.2, 0.08
_RUPIAH_STEP = 100


@dataclass(frozen=True, slots=True)
class People:
    """
    Households before their answers; one row per household.

    `size`: People, at least 1.
    `spending`: Rupiah per person per month; below the line exactly for the poor.
    """

    size: NDArray[np.int64]
    poor: NDArray[np.bool_]
    decile: NDArray[np.int64]
    spending: NDArray[np.int64]
    scale: float


def poor_household_share(rate_of_persons: float) -> float:
    """
    Turn a rate of persons into one of households.

    Poor households are larger, so they are a smaller share of households.

    Parameters
    ----------
    rate_of_persons
        Share of persons, 0 to 1.

    Returns
    -------
    share
        Share of households, 0 to 1.

    Examples
    --------
    >>> round(poor_household_share(0.0848), 3)
    0.061
    """
    poor, other = _mean_size(_POOR_SIZES), _mean_size(_OTHER_SIZES)
    return rate_of_persons * other / (poor - rate_of_persons * (poor - other))


def draw_people(
    villages: DemoVillages, houses: Houses, *, rate: float, line: int, rng: np.random.Generator
) -> People:
    """
    Draw the people of every house so that the official rate is met to one household.

    Grain: one row per household.

    `rate`: Poor share of persons to meet, 0 to 1.
    `line`: Poverty line, rupiah per person per month.
    `rng`: Source of the draws.
    Returns: Same order as `houses`.
    """
    number = len(houses.village)
    if_poor, if_other = _sizes(rng, _POOR_SIZES, number), _sizes(rng, _OTHER_SIZES, number)
    # a household is poor when its score is below a cut; at a cut of 1 with its village's own rate
    chance = np.maximum(villages.rate[houses.village] * houses.poverty_factor, 1e-9)
    score = rng.random(number) / chance
    order = np.argsort(score, kind="stable")
    poor_people = np.cumsum(if_poor[order])
    people = poor_people + (if_other.sum() - np.cumsum(if_other[order]))
    last = int(np.argmin(np.abs(poor_people / people - rate)))
    poor = np.zeros(number, dtype=np.bool_)
    poor[order[: last + 1]] = True

    pocket = villages.pocket[houses.village] > 0
    rank = rng.random(number) ** np.where(pocket, _POCKET_RANK_POWER, 1.0)
    decile = np.where(poor, 1, 2 + np.floor(_OTHER_DECILES * rank).astype(np.int64))
    return People(
        size=np.where(poor, if_poor, if_other),
        poor=poor,
        decile=decile,
        spending=_spending(rng, poor, rank, line),
        scale=float(score[order[last]]),
    )


def identities(
    village_code: NDArray[np.object_], village: NDArray[np.int64]
) -> dict[str, NDArray[np.int64] | NDArray[np.str_]]:
    """
    Invent numbers and names that nobody can have.

    Sixteen digits of a NIK hold district, birth date and a serial; here the day
    and the month are 00, which no calendar has.

    `village_code`: Dotted code per village.
    `village`: Position of the village of each household, fewer than 500,000 rows.
    Returns: ``nik``, ``no_kk``, ``nama_kepala_keluarga``.
    """
    serial = np.arange(1, len(village) + 1, dtype=np.int64)
    district = np.array([int(one[:8].replace(".", "")) for one in village_code], dtype=np.int64)
    # six digits of district, 00 day, 00 month, then six that hold year and serial of a real one
    nik = district[village] * 10**10 + serial
    name = np.char.add("KEPALA CONTOH ", np.char.zfill(serial.astype(str), 6))
    return {"nik": nik, "no_kk": nik + 500_000, "nama_kepala_keluarga": name}


def _mean_size(shares: NDArray[np.float64]) -> float:
    return float((shares * np.arange(1, len(shares) + 1)).sum())


def _sizes(rng: np.random.Generator, shares: NDArray[np.float64], number: int) -> NDArray[np.int64]:
    # the last limit is left out: rounding may leave the sum a hair below 1
    limits = np.cumsum(shares)[:-1]
    return np.searchsorted(limits, rng.random(number), side="right") + 1


def _spending(
    rng: np.random.Generator, poor: NDArray[np.bool_], rank: NDArray[np.float64], line: int
) -> NDArray[np.int64]:
    short = line * (1 - _DEEPEST_GAP * rng.random(len(poor)) ** 2)
    noise = np.abs(rng.standard_normal(len(poor))) * _NOISE
    above = line * _LOWEST_ABOVE * np.exp(_RISE * rank + noise)
    steps = np.where(poor, np.minimum(short, line - 1), above) // _RUPIAH_STEP
    return steps.astype(np.int64) * _RUPIAH_STEP
