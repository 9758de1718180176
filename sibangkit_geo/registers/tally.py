"""One additive count of households per village."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.indicators.deprivation_sums import deprivation_sums, flag_cells
from sibangkit_geo.indicators.needs import PovertyRule, needs_of, relative_shortfall
from sibangkit_geo.model.types import KEYS, VillageCounts
from sibangkit_geo.registers.judge import Judged, judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation import DeprivationIndex
    from sibangkit_geo.indicators.needs import Need
    from sibangkit_geo.registers.households import Households

# sums of amounts, and the column with the largest part of one household
_LARGEST = {"gap_sum": "gap_max", "gap_squared_sum": "gap_squared_max"}


@dataclass(frozen=True, slots=True)
class Poverty:
    """
    Who of a batch is poor; one entry per household.

    `flags`: What is counted, by column of the tally; False where it is not known.
    `amounts`: What is added up, by column of the tally.
    """

    flags: Mapping[str, NDArray[np.bool_]]
    amounts: Mapping[str, NDArray[np.float64]]

    @property
    def poor(self) -> NDArray[np.bool_]:
        """Who is poor."""
        return self.flags["poor_households"]

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Of whom it is not known; they are not among the poor."""
        return self.flags["unknown_poor"]


def tally(
    households: Households,
    village: NDArray[np.integer],
    *,
    villages: Sequence[str],
    poverty: PovertyRule | Poverty,
    index: DeprivationIndex | None = None,
) -> VillageCounts:
    """
    Count households, people, the poor and those in need, village by village.

    Additive: the tallies of two parts of a register add up to that of the whole.
    Grain: one row per household in, one row per village out.

    `village`: Position in `villages` of each household; below 0 for none: such rows are not
        counted here but noted by `join`. Shape (n_households,).
    `poverty`: Who counts as poor, or who is poor where that was worked out already.
    `index`: Deprivation index to add up, where the register has any of its needs.
    Returns: Whole numbers but for the sums of gaps; a village without households is absent. A
        household whose answer is missing is in ``households`` but not in ``known_KEY``; one
        without decile or spending is in ``unknown_poor`` and its people are not among
        ``known_people``; one without size adds nobody to ``people`` and stands in
        ``unknown_size``. ``served_KEY`` counts those who receive an assistance that answers the
        need, deprived or not; the index adds the columns of `deprivation_sums`; ``gap_max`` and
        ``gap_squared_max`` are the largest part of one household in the sums of gaps. Where the
        households have keys, their sums stand beside the counts.
    Raises ConfigError: The poverty rule names a column the register lacks.
    """
    number = len(villages)
    # households without a village are counted in one more row, which is then dropped
    place = np.where(village >= 0, village, number).astype(np.int64)
    if isinstance(poverty, PovertyRule):
        poverty = judge_poverty(households, poverty)
    amounts, needs = poverty.amounts, needs_of(households.rows.columns)
    judgements = {need.key: judge(households, need) for need in needs}
    flags = {**poverty.flags} | _need_flags(needs, judgements)
    count = _amount_sums(amounts, place, number + 1)
    cells = flag_cells(place, flags, n_places=number + 1)
    count |= cells.sums()
    keys = None if households.keys is None else households.keys.astype(np.float64)
    summed = {} if keys is None else cells.sums(keys)
    if index and any(one.key in judgements for one in index.items):
        sums = deprivation_sums(
            # who is meant for an assistance and has it is not deprived of it
            {key: one.deprived & ~one.served for key, one in judgements.items()},
            {key: one.known for key, one in judgements.items()},
            place,
            n_places=number + 1,
            people=amounts["people"],
            index=index,
            keys=keys,
        )
        count |= sums.counts
        summed |= sums.keys
    for key in judgements:
        # without a programme nobody is served
        for found in (count, summed):
            if f"deprived_{key}" in found:
                found.setdefault(f"unserved_{key}", found[f"deprived_{key}"])
    return _village_counts(count, summed, villages)


def _need_flags(
    needs: Sequence[Need], judgements: Mapping[str, Judged]
) -> dict[str, NDArray[np.bool_]]:
    """List what is counted of each need."""
    flags = {}
    for need in needs:
        judged = judgements[need.key]
        flags[f"known_{need.key}"] = judged.known
        flags[f"deprived_{need.key}"] = judged.deprived
        if need.served:
            flags[f"unserved_{need.key}"] = judged.deprived & ~judged.served
            flags[f"served_{need.key}"] = judged.served & judged.known
    return flags


def _amount_sums(
    amounts: Mapping[str, NDArray[np.float64]], place: NDArray[np.int64], number: int
) -> dict[str, NDArray[np.float64]]:
    """Add amounts up place by place, and keep the largest part of one household."""
    found = {}
    for name, values in amounts.items():
        found[name] = np.bincount(place, weights=values, minlength=number).astype(np.float64)
        if name in _LARGEST:
            found[_LARGEST[name]] = most = np.zeros(number)
            np.maximum.at(most, place, values)
    return found


def _village_counts(
    count: dict[str, NDArray[np.float64]],
    keys: dict[str, NDArray[np.float64]],
    villages: Sequence[str],
) -> VillageCounts:
    """Put the villages that have households into a table: a batch often knows few."""
    there = np.flatnonzero(count["households"][: len(villages)])
    names = pd.Index([villages[at] for at in there.tolist()], name="village_code", dtype="str")

    def table(sums: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
        return pd.DataFrame(np.column_stack(list(sums.values()))[there], names, list(sums))

    if not keys:
        return VillageCounts(table(count))
    # sums of a batch are whole numbers far below 2^53, so that no bit is lost before this
    return VillageCounts(table(count), table(keys).mod(KEYS).astype(np.uint32))


def _nobody_known(people: NDArray[np.float64], unsized: NDArray[np.bool_]) -> Poverty:
    everyone, nobody = np.ones(len(people), dtype=np.bool_), np.zeros(len(people), dtype=np.bool_)
    flags = {
        "households": everyone, "poor_households": nobody, "unknown_poor": everyone,
        "unknown_size": unsized,
    }  # fmt: skip
    nothing = np.zeros(len(people))
    return Poverty(flags, {"people": people, "known_people": nothing, "poor_people": nothing})


def judge_poverty(households: Households, poverty: PovertyRule | None) -> Poverty:
    """
    Tell which households are poor.

    Grain: unchanged, one row per household.

    `poverty`: The rule; without one it is known of nobody.
    Raises ConfigError: The poverty rule names a column the register lacks.
    """
    rows = households.rows
    # P3KE does not ask how many people live in a house
    size = rows["size"].to_numpy() if "size" in rows.columns else np.full(len(rows), np.nan)
    people = np.nan_to_num(size, nan=0.0)
    if poverty is None:
        return _nobody_known(people, np.isnan(size))
    item = "decile" if poverty.rule == "decile" else "spending"
    if item not in rows.columns:
        what = "a column with the decile" if item == "decile" else f'column "{poverty.spending}"'
        msg = f"[poverty] rule {poverty.rule}: the register has no {what}."
        raise ConfigError(msg)
    value = rows[item].to_numpy()
    by_decile = item == "decile"
    poor = value <= poverty.decile_max if by_decile else value < poverty.line_rp_month
    flags = {
        "households": np.ones(len(rows), dtype=np.bool_),
        "poor_households": poor,
        "unknown_poor": np.isnan(value),
        "unknown_size": np.isnan(size),
    }
    unknown = flags["unknown_poor"]
    amounts = {
        "people": people,
        "known_people": np.where(unknown, 0.0, people) if unknown.any() else people,
        "poor_people": np.where(poor, people, 0.0),
    }
    if item == "spending":
        gap = np.where(poor, relative_shortfall(value, poverty.line_rp_month), 0.0)
        amounts["gap_sum"] = gap * people
        amounts["gap_squared_sum"] = gap**2 * people
    return Poverty(flags, amounts)
