"""The needs of households: each indicator is judged by the answers of a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.indicators.needs import _EVERYBODY, Need, Test
from sibangkit_geo.registers.households import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.registers.households import Households

_MOST_MEANINGS = 127
_YES = frozenset({"yes"})


@dataclass(frozen=True, slots=True)
class Judged:
    """
    One need judged for every household.

    `known`, `deprived`, `served`: True or False per household; `deprived` is False where it is not
        known.
    """

    known: NDArray[np.bool_]
    deprived: NDArray[np.bool_]
    served: NDArray[np.bool_]


def judge(households: Households, need: Need) -> Judged:
    """
    Judge which households have a need.

    Grain: unchanged, one row per household.

    Returns: A household counts as known when one test holds, or the item of the first test is
        answered; forms ask the further items of some households only (the distance to faeces of
        wells), so their empty cells say nothing. Of a need that programmes serve it is known only
        where all of them are answered, in need or not.
    """
    number = len(households)
    deprived = np.zeros(number, dtype=np.bool_)
    known = np.zeros(number, dtype=np.bool_)
    for place, test in enumerate(need.tests):
        if test.optional and test.item not in households.rows.columns:
            continue
        answered, holds = _test(households, test)
        known |= holds | (answered & (place == 0))
        deprived |= holds
    if need.decile_max < _EVERYBODY:
        decile = households.rows["decile"].to_numpy()
        deprived &= decile <= need.decile_max
        known &= ~np.isnan(decile)
    served = np.zeros(number, dtype=np.bool_)
    told = np.ones(number, dtype=np.bool_)
    for programme in need.served:
        answered, receives = _means(households, programme, _YES)
        served |= receives
        told &= answered
    if need.served and not told.all():
        # to keep only those who say that they are served, or are not in need, would shift the share
        known &= told
        deprived &= known
    return Judged(known, deprived, served)


def _test(households: Households, test: Test) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if test.meanings:
        return _means(households, test.item, test.meanings)
    values = households.rows[test.item].to_numpy()
    if test.at_most:
        return ~np.isnan(values), values <= test.at_most
    size = households.rows["size"].to_numpy()
    return ~np.isnan(values) & ~np.isnan(size), values / size < test.below_per_person


def _means(
    households: Households, item: str, meanings: frozenset[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Answered, and answered so; a merged label that is only partly so is not known."""
    listed = households.meanings[item]
    ids = households.rows[item].to_numpy()
    answered = [one <= meanings or not one & meanings for one in listed]
    holds = [one <= meanings for one in listed]
    # one look for both: what is held is answered
    both = look_up(ids, [held + known for held, known in zip(holds, answered, strict=True)])
    return both > 0, both > 1


def look_up(ids: NDArray[np.int8], values: Sequence[int]) -> NDArray[np.uint8]:
    """
    Look small whole numbers up by the ids of meanings.

    `ids`: Ids from 0, or `MISSING`.
    Returns: 0 where the answer is missing.
    Raises ValueError: A value is no byte.
    """
    # translating bytes is several times as fast as indexing with small whole numbers
    table = bytearray(256)
    table[: len(values)] = bytes(values)
    table[MISSING] = 0
    if len(values) > _MOST_MEANINGS:
        raise IndexError(len(values))
    return np.frombuffer(ids.tobytes().translate(bytes(table)), dtype=np.uint8)
