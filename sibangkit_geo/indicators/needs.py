"""The catalogue of needs: when a household is deprived, and which assistance serves it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.tables.private import MISSING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.tables.private import Households

_EVERYBODY = 10
_MOST_MEANINGS = 127
_YES = frozenset({"yes"})


@dataclass(frozen=True, slots=True)
class Test:
    """
    One way to be deprived.

    `meanings`: Answers that are deprived; empty for a number.
    `below_per_person`: Deprived below this many per household member; 0 for no such limit.
    `at_most`: Deprived up to this value; 0 for no such limit.
    `optional`: Counts only where the register asks the item.
    """

    item: str
    meanings: frozenset[str] = frozenset()
    below_per_person: float = 0.0
    at_most: float = 0.0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """
    One need of the catalogue.

    `decile_max`: Last decile asked, 10 for everybody.
    """

    key: str
    label: str
    agency: str
    tests: tuple[Test, ...]
    decile_max: int
    served: tuple[str, ...]

    def expressible(self, columns: Collection[str]) -> bool:
        """
        Tell whether a register asks what the need is made of.

        Returns: False where one item or one programme is not asked.
        """
        asked = {one.item for one in self.tests if not one.optional} | set(self.served)
        if any(one.below_per_person for one in self.tests):
            asked.add("size")
        if self.decile_max < _EVERYBODY:
            asked.add("decile")
        return asked <= set(columns)


@cache
def need_catalogue() -> tuple[Need, ...]:
    """
    Read the catalogue of needs.

    Returns: In the order of the file.
    Raises ConfigError: An entry lacks key, label, agency or its tests, or two have one key.
    """
    text = resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    try:
        needs = tuple(
            Need(
                key=one["key"],
                label=one["label"],
                agency=one["agency"],
                tests=tuple(
                    Test(**(test | {"meanings": frozenset(test.get("meanings", ()))}))
                    for test in one["any"]
                ),
                decile_max=one.get("decile_max", _EVERYBODY),
                served=tuple(one.get("served", ())),
            )
            for one in tomllib.loads(text)["need"]
        )
    except (KeyError, TypeError) as error:
        msg = f"catalogue.toml: a need is incomplete or has an unknown key: {error}."
        raise ConfigError(msg) from error
    keys = [need.key for need in needs]
    if len(set(keys)) < len(keys):
        msg = "catalogue.toml: two needs have one key."
        raise ConfigError(msg)
    return needs


def needs_of(columns: Collection[str]) -> tuple[Need, ...]:
    """
    Tell which needs a register can express.

    Returns: In the order of the catalogue; the others are "tidak tersedia", not zero.
    Raises ConfigError: The catalogue is damaged.
    """
    return tuple(need for need in need_catalogue() if need.expressible(columns))


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
        wells), so their empty cells say nothing.
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
    for programme in need.served:
        served |= _means(households, programme, _YES)[1]
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
