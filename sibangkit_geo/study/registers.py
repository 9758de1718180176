"""A register carried to the villages: batch by batch read, located, checked and counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from sibangkit_geo import codes, join
from sibangkit_geo.errors import UnknownAreaError
from sibangkit_geo.indicators import tally
from sibangkit_geo.rosters import KeptCards
from sibangkit_geo.study.houses import HousePoints, KeptHouses
from sibangkit_geo.study.reporting import finding_notes, register_report
from sibangkit_geo.tables.public import Located, Note, VillageCounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex
    from sibangkit_geo.sources.register import Register
    from sibangkit_geo.tables.intake import IntakeReport
    from sibangkit_geo.tables.private import Households
    from sibangkit_geo.tables.public import Boundaries

log = logging.getLogger(__name__)
_PLACES = ("village_code", "district_name", "village_name")
_NOWHERE = -1
# problems of a code and their rule in the intake report
_KIND = {
    "padded": "village_padded",
    "missing": "village_missing",
    "digits_lost": "village_digits_lost",
    "malformed": "village_malformed",
    "wrong_level": "village_malformed",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """
    A register that was counted.

    `counts`: Households per village.
    `located`: One row per distinct place of the register.
    `places`: The places as they came, indexed like `located`, with ``n_rows``.
    `houses`: Where houses stand and who is poor; empty unless the plan keeps them.
    """

    counts: VillageCounts
    located: Located
    places: pd.DataFrame
    report: IntakeReport
    notes: tuple[Note, ...]
    houses: KeptHouses


@dataclass(slots=True)
class _Keys:
    """Distinct places met so far: their number, their village, what is wrong with them."""

    names: list[str]
    places: pl.DataFrame
    village: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def frame(self) -> pd.DataFrame:
        """List the places as `join` wants them."""
        table = pd.DataFrame(
            {
                ("code" if name == "village_code" else name): pd.array(
                    self.places[name].to_list(), dtype="string"
                )
                for name in self.names
            }
        )
        return table.assign(n_rows=self.rows)


@dataclass(frozen=True, slots=True)
class RegisterPlan:
    """
    What a register is counted with.

    Attributes
    ----------
    areas
        Boundaries of the study.
    poverty
        Who counts as poor; None locates and checks without counting.
    code_system
        Which codes the register's villages have.
    review
        A person's decisions on names.
    index
        Deprivation index to add up.
    keep_houses
        Whether points and poverty of the houses are handed on, as arrays in memory.
    keep_cards
        Whether what house cards need is handed on; at level internal only.
    """

    areas: Boundaries
    poverty: tally.PovertyRule | None
    code_system: codes.CodeSystem
    review: Mapping[str, str]
    index: DeprivationIndex | None = None
    keep_houses: bool = False
    keep_cards: bool = False


def count_register(register: Register, plan: RegisterPlan) -> Counted:
    """
    Count a register village by village, in memory bounded by one batch.

    Grain: one row per household in, one row per village out.

    Parameters
    ----------
    register
        Opened register.
    plan
        Boundaries, poverty rule, code system and decisions.

    Returns
    -------
    counted
        Rows in = located + noted.

    Raises
    ------
    ConfigError
        BPS codes without names, or a poverty rule whose column is not there.
    DataError
        The file is damaged, its codes are of the other system, or it has no rows.
    UnknownAreaError
        No row finds a village.
    """
    official = plan.areas.official
    names = [one for one in _PLACES if one in register.mapped]
    keys = _Keys(names, pl.DataFrame(schema=dict.fromkeys(names, pl.String)))
    by_code = "village_code" in names and plan.code_system == "kemendagri"
    if not by_code:
        # names are matched one district at a time, which needs all of them
        _add(keys, register.places(), plan)
    points = HousePoints.of(register, plan.areas)
    kept = KeptHouses(cards=KeptCards() if plan.keep_cards else None)
    villages = [*official.index]
    counts = VillageCounts(pd.DataFrame())
    located_rows = 0
    for households in register.batches():
        place = _place(keys, households, plan)
        village = np.array([*keys.village, _NOWHERE], dtype=np.int64)[place]
        _report_places(register, households, place, keys)
        if points is not None:
            village, where = points.check(register, households, village)
            _keep(kept, households, (where, village), plan)
        located_rows += int((village >= 0).sum())
        if plan.poverty is not None:
            part = tally.tally(
                households, village, villages=villages, poverty=plan.poverty, index=plan.index
            )
            counts = counts + part if len(counts.table) else part
    frame = keys.frame()
    located = join.locate_keys(
        frame.drop(columns="n_rows"), official, code_system=plan.code_system,
        review=plan.review, n_rows=frame["n_rows"],
    )  # fmt: skip
    report = register_report(register, located_rows)
    notes = (*located.notes, *finding_notes(report))
    log.info("locate: %d of %d households", located_rows, register.read[0])
    return Counted(counts, located, frame, report, notes, kept)


def _keep(
    kept: KeptHouses,
    households: Households,
    place: tuple[NDArray[np.float64], NDArray[np.int64]],
    plan: RegisterPlan,
) -> None:
    if plan.poverty is None:
        return
    points, village = place
    if plan.keep_houses:
        kept.add(points, tally.who_is_poor(households, plan.poverty), village)
    if kept.cards is not None:
        placed = np.asarray(np.isfinite(points).all(axis=1))
        kept.cards.add(households, village=village, placed=placed, poverty=plan.poverty)


def _place(keys: _Keys, households: Households, plan: RegisterPlan) -> NDArray[np.int64]:
    """Give each row the number of its place, -1 where it names none."""
    rows = households.rows.select(keys.names)
    fresh = rows.unique().join(keys.places, on=keys.names, how="anti", nulls_equal=True)
    fresh = fresh.filter(~pl.all_horizontal(pl.all().is_null()))
    if fresh.height:
        _add(keys, fresh.sort(keys.names), plan)
    numbered = keys.places.with_row_index("number")
    number = rows.join(
        numbered, on=keys.names, how="left", nulls_equal=True, maintain_order="left"
    )["number"]
    place = number.cast(pl.Int64).fill_null(_NOWHERE).to_numpy()
    keys.rows += np.bincount(place[place >= 0], minlength=len(keys.rows))
    return place


def _add(keys: _Keys, fresh: pl.DataFrame, plan: RegisterPlan) -> None:
    """Locate places that were not met before."""
    if not fresh.height:
        return
    official = plan.areas.official
    known = _Keys(keys.names, fresh)
    known.rows = np.ones(fresh.height, dtype=np.int64)
    frame = known.frame().drop(columns="n_rows")
    try:
        located = join.locate_keys(
            frame, official, code_system=plan.code_system, review=plan.review
        )
        village = official.index.get_indexer(pd.Index(located.rows["village_code"].astype(object)))
    except UnknownAreaError:
        # none of these few places is on the list; the whole register is judged at the end
        village = np.full(fresh.height, _NOWHERE)
    keys.places = pl.concat([keys.places, fresh])
    keys.village += village.tolist()
    keys.kind += _kinds(frame, village, plan.code_system)
    keys.rows = np.concatenate([keys.rows, np.zeros(fresh.height, dtype=np.int64)])


def _kinds(
    frame: pd.DataFrame, village: NDArray[np.int64], code_system: codes.CodeSystem
) -> list[str]:
    """Name what is wrong with each place, empty for nothing."""
    problem = pd.Series("", index=frame.index)
    if "code" in frame:
        problem = codes.read_codes(frame["code"], code_system=code_system).problem.astype(str)
    named = "village_name" in frame
    found = []
    for at, text in enumerate(problem):
        kind = _KIND.get(text, "")
        if kind == "village_missing" and named and village[at] >= 0:
            kind = ""
        if not kind and village[at] < 0:
            kind = "village_unknown"
        found.append(kind)
    return found


def _report_places(
    register: Register, households: Households, place: NDArray[np.int64], keys: _Keys
) -> None:
    numbers = households.rows["row"].to_numpy()
    column = register.mapped.names.get("village_code") or register.mapped.names["village_name"]
    register.gathered.add("village_missing", numbers[place < 0], column=column)
    for kind in set(keys.kind) - {""}:
        these = np.array([one == kind for one in keys.kind] + [False])[place]
        register.gathered.add(kind, numbers[these], column=column)
