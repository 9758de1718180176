"""Who lives in a house: people, poverty, decile, spending; and identities that cannot be real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from sibangkit_geo.demo.world import DemoVillages, Houses

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

# everything here is invented, of the size found in rural registers; nothing is an estimate
_HEAD_AGE, _HEAD_SPREAD = 46, 12
_YOUNGEST_HEAD, _OLDEST = 19, 95
_CHILD_AGE, _OLD_PARENT = 26, 0.06
_SCHOOL_AGE = (7, 18)
_NEVER, _ATTENDING, _LEFT = 1, 2, 3
_DIFFICULTY = 0.004
_STUNTED, _WASTED, _SMALL_CHILD = 0.12, 0.05, 5
_CHRONIC, _WORKS, _NO_DOCUMENT = 0.09, 0.72, 0.05
_GROWN = 18
#: functions that Regsosek-2022 asks about, from 1 (cannot) to 4 (no difficulty)
DISABILITY_ITEMS = (
    "melihat", "mendengar", "berjalan", "gerak_tangan_jari", "belajar", "mengendalikan_perilaku",
    "berbicara", "mengurus_diri", "mengingat", "kesedihan",
)  # fmt: skip

# Chance to receive, for deciles 1 to 10; invented. About a fifth of all households receive PKH or
# BPNT and a third hold a PBI card, as in the nation.
RECEIVES: Mapping[str, tuple[float, ...]] = {
    "pkh_bpnt": (0.70, 0.58, 0.45, 0.30, 0.10, 0.08, 0.06, 0.04, 0.03, 0.02),
    "blt_desa": (0.45, 0.12, 0.08, 0.05, 0.03, 0.02, 0.01, 0.01, 0.0, 0.0),
    "pbi": (0.80, 0.70, 0.60, 0.50, 0.30, 0.22, 0.16, 0.12, 0.08, 0.05),
}
#: need of the catalogue that a lack of the programme is
NEED_OF = {
    "pkh_bpnt": "no_social_assistance",
    "blt_desa": "no_village_aid",
    "pbi": "health_insurance",
}
#: what remains of the chance in a pocket planted on the lack of the programme
CAUSED_FACTOR = 0.12
_COLUMNS = ("penerima_pkh", "penerima_bpnt", "penerima_blt_desa", "pbi_nas", "pbi_pemda")
# deciles that PKH, BPNT and PBI are meant for
_ENTITLED = 4
# share of receivers who get the first, the second and both of two programmes; invented
_PKH_ONLY, _BPNT_ONLY = 0.15, 0.45
_REGENCY_PAYS, _BOTH_PAY = 0.12, 0.02


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


def draw_members(
    size: NDArray[np.int64],
    *,
    child_not_in_school: NDArray[np.bool_],
    documents_match: NDArray[np.bool_],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """
    Draw the members of every household, in agreement with its own answers.

    Grain: one row per household in, one row per member out.

    `size`: People per household.
    `child_not_in_school`: Households with a child of 7 to 18 years out of school; of two people or
        more.
    `documents_match`: Households whose documents match.
    `rng`: Source of the draws.
    Returns: ``baris_keluarga`` (row of the household, from 1) and the items; nobody is named.
    """
    home = np.repeat(np.arange(len(size)), size)
    first = np.cumsum(size) - size
    order = np.arange(len(home)) - first[home]
    age = _ages(rng, home, order)
    school, age = _school(rng, age, child_not_in_school, first + size - 1)
    child = age < _GROWN
    small = age < _SMALL_CHILD
    draw = rng.random
    number = len(home)
    items = {
        f"disabilitas_{item}": np.where(draw(number) < _DIFFICULTY * (1 + age / 25), 2, 4)
        for item in DISABILITY_ITEMS
    }
    nutrition = np.where(draw(number) < _STUNTED, 2, np.where(draw(number) < _WASTED, 1, 3))
    lacks = ~documents_match[home] & (draw(number) < 0.6) | (draw(number) < _NO_DOCUMENT / 5)
    frame = {
        "baris_keluarga": (home + 1).astype(np.int32),
        "hubungan": np.select([order == 0, order == 1], [1, 2], 3).astype(np.int8),
        "jenis_kelamin": np.where(order == 0, 1 + (draw(number) < 0.15), 1 + (order % 2)),
        "umur": age.astype(np.int16),
        "partisipasi_sekolah": school.astype(np.int8),
        "bekerja": np.where(~child & (draw(number) < _WORKS), YES, NO).astype(np.int8),
        "dokumen_lengkap": np.where(lacks, NO, YES).astype(np.int8),
        "penyakit_kronis": np.where(draw(number) < _CHRONIC * age / 45, YES, NO).astype(np.int8),
        **items,
    }
    members = pl.DataFrame(frame)
    gizi = pl.Series("kondisi_gizi", nutrition).set(pl.Series(~small), None)
    return members.with_columns(gizi)


def _ages(
    rng: np.random.Generator, home: NDArray[np.int64], order: NDArray[np.int64]
) -> NDArray[np.int64]:
    head = rng.normal(_HEAD_AGE, _HEAD_SPREAD, int(home.max()) + 1 if len(home) else 0)
    head = np.clip(np.round(head), _YOUNGEST_HEAD, _OLDEST)
    mine = head[home]
    spouse = np.clip(mine + np.round(rng.normal(-4, 4, len(home))), _YOUNGEST_HEAD, _OLDEST)
    child = np.floor(rng.random(len(home)) * np.clip(mine - _YOUNGEST_HEAD, 1, _CHILD_AGE))
    parent = np.clip(mine + 24, 50, _OLDEST)
    old = rng.random(len(home)) < _OLD_PARENT
    age = np.select([order == 0, order == 1], [mine, spouse], np.where(old, parent, child))
    return age.astype(np.int64)


def _school(
    rng: np.random.Generator,
    ages: NDArray[np.int64],
    out_of_school: NDArray[np.bool_],
    last: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Let a child of each household concerned be out of school, and no child of the others."""
    age = ages.copy()
    low, high = _SCHOOL_AGE
    # the last member of a household concerned is the child that is out of school
    concerned = last[out_of_school]
    fits = (age[concerned] >= low) & (age[concerned] <= high)
    age[concerned] = np.where(fits, age[concerned], rng.integers(low, high + 1, len(concerned)))
    pupil = (age >= low) & (age <= high)
    school = np.where(pupil, _ATTENDING, np.where(age < low, _NEVER, _LEFT))
    school[concerned] = np.where(age[concerned] <= low + 1, _NEVER, _LEFT)
    return school, age


def assistance_answers(register: Register) -> dict[str, NDArray[np.int64]]:
    """
    Draw who receives what.

    Grain: one row per household.

    `register`: Households as drawn.
    Returns: Column name to 1 (yes) or 2 (no).
    """
    family, village, health = (_receives(register, one) for one in RECEIVES)
    kind = register.rng.random(len(family))
    payer = register.rng.random(len(family))
    bpnt_only = (kind >= _PKH_ONLY) & (kind < _PKH_ONLY + _BPNT_ONLY)
    regency = payer < _REGENCY_PAYS
    both = payer > 1 - _BOTH_PAY
    return {
        "penerima_pkh": np.where(family & ~bpnt_only, YES, NO),
        "penerima_bpnt": np.where(family & (kind >= _PKH_ONLY), YES, NO),
        "penerima_blt_desa": np.where(village, YES, NO),
        "pbi_nas": np.where(health & ~regency, YES, NO),
        "pbi_pemda": np.where(health & (regency | both), YES, NO),
    }


def bank_answers(register: Register) -> dict[str, NDArray[np.int64]]:
    """
    Draw who has an account, a business and a KUR loan.

    Grain: one row per household.

    `register`: Households as drawn.
    Returns: Column name to 1 (yes) or 2 (no); without a business nobody receives KUR.
    """
    account = register.pick({YES: 0.72, NO: 0.28})
    business = register.pick({YES: 0.28, NO: 0.72}, tilted=False)
    credit = register.pick({YES: 0.12, NO: 0.88})
    return {
        "punya_rekening": account,
        "punya_usaha": business,
        "penerima_kur": np.where(business == YES, credit, NO),
    }


def leak_and_gap(rows: pd.DataFrame) -> dict[str, dict[str, object]]:
    """
    Count who receives without being meant, and who is meant and does not.

    Grain: one row per household in, one entry per programme out.

    `rows`: Register: ``desil_nasional`` and the columns of `assistance_answers`.
    Returns: Per programme: the generating chances, ``gap`` (share of decile 1 that does not
        receive) and ``leak`` (share of deciles 5 to 10 that does).
    """
    decile = rows["desil_nasional"].to_numpy()
    columns = {name: rows[name].to_numpy() for name in _COLUMNS}
    served = {
        "pkh_bpnt": (columns["penerima_pkh"] == YES) | (columns["penerima_bpnt"] == YES),
        "blt_desa": columns["penerima_blt_desa"] == YES,
        "pbi": (columns["pbi_nas"] == YES) | (columns["pbi_pemda"] == YES),
    }
    return {
        name: {
            "chance_by_decile": list(RECEIVES[name]),
            "factor_in_planted_pocket": CAUSED_FACTOR,
            "gap": round(float(1 - got[decile == 1].mean()), 6),
            "leak": round(float(got[decile > _ENTITLED].mean()), 6),
        }
        for name, got in served.items()
    }


def _receives(register: Register, programme: str) -> NDArray[np.bool_]:
    need, village = NEED_OF[programme], register.houses.village
    # where the need is more common than usual, fewer receive
    factor = 1 / register.villages.factor[need]
    factor = np.where(register.villages.caused[need], CAUSED_FACTOR, factor)
    chance = np.array(RECEIVES[programme])[register.people.decile - 1] * factor[village]
    return register.rng.random(len(village)) < np.minimum(chance, HIGHEST_CHANCE)


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
