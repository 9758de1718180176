"""Members of the invented households: ages, schooling, work, documents, disability, nutrition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sibangkit_geo.demo.answers import NO, YES

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
