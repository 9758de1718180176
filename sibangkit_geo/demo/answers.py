"""Coded answers of a register (Regsosek-2022): housing, water, light, documents, school."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.demo.hamlets import Houses
    from sibangkit_geo.demo.people import People
    from sibangkit_geo.demo.villages import DemoVillages

YES, NO = 1, 2
#: nothing is certain, in the worst village either
HIGHEST_CHANCE = 0.95
# in a pocket planted on a need the poor have it only a little more often than the others
_POOR_IN_CAUSE = 1.1
# better-off households have better answers: power on the draw by decile (no decile 0); invented
_TILT = np.array([0.0, 0.7, 0.8, 0.88, 0.95, 1.0, 1.06, 1.12, 1.2, 1.3, 1.45])
# Regsosek asks how far the pit is for wells and springs only
_ASKED_DISTANCE = (4, 5, 6, 7, 8)
# the catalogue's limit of square metres per person
_CROWDED_M2 = 7.2


@dataclass(frozen=True, slots=True)
class Item:
    """
    How common a need is; invented, of the size found in rural registers.

    `usual`: Share among households that are not poor, 0 to 1.
    `caused`: Share in a pocket planted on this need, 0 to 1.
    """

    usual: float
    poor: float
    caused: float = 0.0


#: needs that are answers of the house; those of assistance are in `assistance`
ITEMS: dict[str, Item] = {
    "floor": Item(0.03, 2.5, 0.30),
    "wall": Item(0.05, 2.2, 0.36),
    "roof": Item(0.035, 2.5, 0.32),
    "crowding": Item(0.05, 3.0, 0.38),
    "water": Item(0.16, 1.4),
    "sanitation": Item(0.20, 1.6, 0.66),
    "documents": Item(0.05, 1.6, 0.40),
    "school": Item(0.045, 2.0, 0.30),
}


@dataclass(frozen=True, slots=True)
class Register:
    """
    Everything the answers depend on; one row per household.

    `rng`: Source of the draws, used in the order of the columns.
    """

    villages: DemoVillages
    houses: Houses
    people: People
    rng: np.random.Generator

    def has(self, need: str) -> NDArray[np.bool_]:
        """
        Draw which households have a need.

        Returns: True or False per household.
        """
        item, village = ITEMS[need], self.houses.village
        poor = self.people.poor
        usual = item.usual * self.villages.factor[need][village] * np.where(poor, item.poor, 1.0)
        caused = item.caused * np.where(poor, _POOR_IN_CAUSE, 1.0)
        chance = np.where(self.villages.caused[need][village], caused, usual)
        return self.rng.random(len(village)) < np.minimum(chance, HIGHEST_CHANCE)

    def pick(self, answers: dict[int, float], *, tilted: bool = True) -> NDArray[np.int64]:
        """
        Draw a code for every household.

        `answers`: Code to weight; from best to worst when tilted.
        `tilted`: Better-off households get better answers more often.
        """
        draw = self.rng.random(len(self.houses.village))
        if tilted:
            # a low draw is a good answer, and a power above 1 lowers it
            draw = draw ** _TILT[self.people.decile]
        weights = np.array(list(answers.values()))
        limits = (np.cumsum(weights) / weights.sum())[:-1]
        return np.array(list(answers))[np.searchsorted(limits, draw, side="right")]


def blank_where(blank: NDArray[np.bool_], code: NDArray[np.int64]) -> NDArray[np.object_]:
    """
    Leave an answer empty where the question was not asked.

    `blank`: True where nothing was asked.
    Returns: Codes as text, or empty.
    """
    words = np.array(["", *map(str, range(1, 100))], dtype=object)
    return words[np.where(blank, 0, code)]


def house_answers(register: Register) -> dict[str, NDArray[np.generic]]:
    """
    Draw floor, walls, roof and floor area.

    Grain: one row per household.

    `register`: Households as drawn.
    Returns: Column name to codes, or square metres.
    """
    bad, pick = register.has, register.pick
    return {
        "luas_lantai": _floor_area(register),
        "jenis_lantai_terluas": np.where(
            bad("floor"),
            pick({7: 0.25, 8: 0.75}, tilted=False),
            pick({1: 0.02, 2: 0.30, 3: 0.01, 4: 0.10, 6: 0.27, 5: 0.29, 9: 0.01}),
        ),
        "jenis_dinding_terluas": np.where(
            bad("wall"),
            pick({4: 0.6, 5: 0.1, 6: 0.3}, tilted=False),
            pick({1: 0.45, 2: 0.02, 3: 0.52, 7: 0.01}),
        ),
        "jenis_atap_terluas": np.where(
            bad("roof"), 7, pick({1: 0.01, 2: 0.22, 3: 0.62, 4: 0.13, 6: 0.01, 8: 0.01})
        ),
    }


def water_answers(register: Register) -> dict[str, NDArray[np.generic]]:
    """
    Draw drinking water and toilets.

    Grain: one row per household.

    `register`: Households as drawn.
    Returns: Column name to codes; empty where Regsosek does not ask.
    """
    bad, pick = register.has, register.pick
    good = {1: 0.03, 2: 0.22, 3: 0.10, 4: 0.25, 5: 0.20, 7: 0.01, 10: 0.18, 11: 0.01}
    unsafe = bad("water")
    water = np.where(unsafe, pick({6: 0.45, 8: 0.05, 9: 0.50}, tilted=False), pick(good))
    # a few protected wells stand too close to a pit
    distance = np.where(
        unsafe, pick({1: 0.3, 2: 0.6, 8: 0.1}, tilted=False),
        pick({2: 0.87, 1: 0.05, 8: 0.08}, tilted=False),
    )  # fmt: skip
    well = (water >= 4) & (water <= 8)

    unfit = bad("sanitation")
    # a third of the unfit have no toilet, the others one that empties into river, pit or garden
    without = unfit & (pick({0: 0.65, 1: 0.35}, tilted=False) == 1)
    usual = pick({1: 0.86, 2: 0.07, 3: 0.04, 4: 0.03})
    place = np.where(without, pick({6: 0.8, 5: 0.2}, tilted=False), usual)
    sewage = np.where(
        unfit,
        pick({3: 0.62, 4: 0.33, 5: 0.05}, tilted=False),
        pick({1: 0.95, 2: 0.01, 6: 0.04}, tilted=False),
    )
    bowl = pick({1: 0.82, 2: 0.06, 3: 0.07, 4: 0.05})
    return {
        "sumber_air_minum_utama": water,
        "jarak_sumber_air_ke_tinja": blank_where(~well, distance),
        "fasilitas_bab": place,
        "jenis_kloset": blank_where(without, bowl),
        "pembuangan_akhir_tinja": sewage,
    }


def other_answers(register: Register) -> dict[str, NDArray[np.generic]]:
    """
    Draw light, fuel, civil documents and schooling.

    Grain: one row per household.

    `register`: Households as drawn.
    Returns: Column name to codes; no power class without a meter.
    """
    bad, pick = register.has, register.pick
    light = pick({1: 0.93, 2: 0.03, 3: 0.025, 4: 0.015})
    power = pick({5: 0.01, 4: 0.03, 3: 0.14, 2: 0.44, 1: 0.38})
    fuel = {1: 0.01, 3: 0.02, 2: 0.02, 4: 0.81, 7: 0.01, 9: 0.01, 10: 0.12}
    return {
        "sumber_penerangan_utama": light,
        "daya_terpasang": blank_where(light != 1, power),
        "bahan_bakar_utama_memasak": pick(fuel),
        "padan_dukcapil": np.where(bad("documents"), NO, YES),
        # a child out of school lives with somebody
        "anak_tidak_sekolah": np.where(bad("school") & (register.people.size > 1), YES, NO),
    }


def _floor_area(register: Register) -> NDArray[np.int64]:
    """Draw whole square metres on the right side of the limit per person."""
    size, rng = register.people.size, register.rng
    crowded = register.has("crowding")
    most = np.ceil(size * _CROWDED_M2).astype(np.int64)
    narrow = np.floor((most - 1) * rng.uniform(0.55, 1.0, len(size))).astype(np.int64)
    wide = np.exp(rng.normal(4.0, 0.35, len(size)) + 0.03 * register.people.decile)
    area: NDArray[np.int64] = np.maximum(most, np.round(wide).astype(np.int64))
    return np.where(crowded, narrow, area)
