"""A register carried to the villages: batch by batch read, located, checked and counted."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
from pyproj import Transformer

from sibangkit_geo import codes, join
from sibangkit_geo.errors import DataError, UnknownAreaError
from sibangkit_geo.indicators.needs import need_catalogue, needs_of
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import IntakeReport, Located, Note, VillageCounts
from sibangkit_geo.registers import KeptCards, tally
from sibangkit_geo.sources.intake_rules import rules
from sibangkit_geo.sources.readers.header import shown_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.indicators import needs
    from sibangkit_geo.indicators.deprivation import DeprivationIndex
    from sibangkit_geo.model.types import Boundaries
    from sibangkit_geo.registers.households import Households
    from sibangkit_geo.registers.register import Register

log = logging.getLogger(__name__)
_PLACES = ("village_code", "district_name", "village_name")
_NOWHERE = -1
# problems of a code and their rule in the intake report
_KIND = {
    "padded": "village_padded",
    "missing": "village_missing",
    "digits_lost": "village_digits_lost",
    "date": "village_date",
    "malformed": "village_malformed",
    "wrong_level": "village_malformed",
}
# notes of a join that count rows of a register
_OF_ROWS = frozenset({
    "codes_and_names_differ", "codes_look_bps", "codes_unusable", "located_by_point",
    "rows_located", "rows_unlocated", "subtotals",
})  # fmt: skip
_ROW_NUMBERS = re.compile(r" \(baris: [^)]*\)")
_NUMERAL = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3})*(?!\w|[.,]\d)")
# ends of Indonesia in degrees, rounded outwards (94 to 142 E, 12 S to 8 N)
_EAST, _NORTH = (94.0, 142.0), (-12.0, 8.0)


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


@dataclass(frozen=True, slots=True)
class Added:
    """What batches of a register add up to: counts, rows with a village, houses."""

    counts: VillageCounts
    located_rows: int
    kept: Sequence[KeptHouses] = ()


@dataclass(slots=True)
class PlaceKeys:
    """Distinct places met so far: their number, their village, what is wrong with them."""

    names: list[str]
    places: pl.DataFrame
    village: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def of(cls, register: Register) -> PlaceKeys:
        """Begin with no place, for what the register tells of places."""
        names = [one for one in _PLACES if one in register.mapped]
        return cls(names, pl.DataFrame(schema=dict.fromkeys(names, pl.String)))

    def are_names(self, plan: RegisterPlan) -> bool:
        """Tell places that are matched one district at a time, which needs all of them."""
        return "village_code" not in self.names or plan.code_system != "kemendagri"

    def copied(self) -> PlaceKeys:
        """Begin anew with these places, none of which has rows yet."""
        rows = np.zeros_like(self.rows)
        return PlaceKeys(self.names, self.places, [*self.village], [*self.kind], rows)

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
    count_all
        Whether households are counted without a poverty rule: then nobody's poverty is known.
    """

    areas: Boundaries
    poverty: needs.PovertyRule | None
    code_system: codes.CodeSystem
    review: Mapping[str, str]
    index: DeprivationIndex | None = None
    keep_houses: bool = False
    keep_cards: bool = False
    count_all: bool = False


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
    keys = PlaceKeys.of(register)
    if keys.are_names(plan):
        add_places(keys, register.places(), plan)
    added = count_batches(register, plan, keys, HousePoints.of(register, plan.areas))
    if register.is_of_members():
        return count_register(register.by_family(), plan)
    return finished(register, plan, keys.frame(), added)


def count_batches(
    register: Register, plan: RegisterPlan, keys: PlaceKeys, points: HousePoints | None
) -> Added:
    """
    Count the batches of a register, or of the part of it that is read.

    `keys`: Places known before; those met are added.
    `points`: Villages for points, where the register has any.
    Raises ConfigError: As of `count_register`.
    Raises DataError: The file is damaged.
    """
    kept: list[KeptHouses] = []
    villages = [*plan.areas.official.index]
    counts = VillageCounts(pd.DataFrame())
    located_rows = 0
    for households in register.batches():
        place = _place(keys, households, plan)
        village = np.array([*keys.village, _NOWHERE], dtype=np.int64)[place]
        _report_places(register, households, place, keys)
        if points is not None:
            village, where = points.check(register, households, village)
        located_rows += int((village >= 0).sum())
        if plan.poverty is None and not plan.count_all:
            continue
        poverty = tally.judge_poverty(households, plan.poverty)
        if points is not None:
            kept.append(_kept(households, plan, where=where, village=village, poverty=poverty))
        part = tally.tally(
            households, village, villages=villages, poverty=poverty, index=plan.index
        )
        counts = counts + part if len(counts.table) else part
    return Added(counts, located_rows, kept)


def finished(register: Register, plan: RegisterPlan, frame: pd.DataFrame, added: Added) -> Counted:
    """
    Locate all places together, and put what was counted and found into one.

    `register`: After its last batch.
    `frame`: Its places, with ``n_rows``.
    Raises DataError: Its codes are of the other system, or nobody's poverty is known.
    Raises UnknownAreaError: No row finds a village.
    """
    located = join.locate_keys(
        frame.drop(columns="n_rows"), plan.areas.official, code_system=plan.code_system,
        review=plan.review, n_rows=frame["n_rows"], n_counted=added.located_rows,
    )  # fmt: skip
    _require_known(register, plan, added.counts)
    report = register_report(register, added.located_rows)
    notes = (*located.notes, *finding_notes(report))
    log.info("locate: %d of %d households", added.located_rows, register.rows_read)
    houses = KeptHouses.joined(added.kept)
    return Counted(added.counts, located, frame, report, notes, houses)


def _require_known(register: Register, plan: RegisterPlan, counts: VillageCounts) -> None:
    """Refuse a register none of whose households tells whether it is poor: nobody would be."""
    table = counts.table
    if plan.poverty is None or not len(table):
        return
    variable = plan.poverty.rule
    column = register.mapped.names[variable]
    if register.has_lost_thousands(variable):
        msg = (
            f"{register.name}: column {column} has amounts with thousands marks beside "
            f"{numeral(register.below[variable])} that are far too small: a spreadsheet took "
            "938.000 for 938"
        )
        raise DataError(msg, remedy="Import the column as text, or multiply the small ones.")
    if table["unknown_poor"].sum() < table["households"].sum():
        return
    kinds = {one.kind for one in register.gathered.findings() if one.column == column}
    told = "; ".join(rules()[kind].title for kind in rules() if kind in kinds)
    msg = (
        f"{register.name}: no household of the regency has a readable answer in column "
        f"{column}, which says who is poor{f' ({told})' if told else ''}"
    )
    remedy = (
        f"Look at the column (`sibangkit inspect`), name another one ([households.columns] "
        f'{variable} = "..."), or choose another [poverty] rule.'
    )
    raise DataError(msg, remedy=remedy)


def _kept(
    households: Households,
    plan: RegisterPlan,
    *,
    where: NDArray[np.float64],
    village: NDArray[np.int64],
    poverty: tally.Poverty,
) -> KeptHouses:
    """Keep what the plan asks for of the houses of a batch that have a place."""
    placed = np.asarray(np.isfinite(where).all(axis=1))
    cards = None
    if plan.keep_cards:
        cards = KeptCards.of(households, village=village, placed=placed, poverty=poverty)
    if not plan.keep_houses:
        return KeptHouses(cards=cards)
    here = placed & (village >= 0)
    told = ~poverty.unknown[here]
    keys = () if households.keys is None else (households.keys[here],)
    return KeptHouses((where[here],), (poverty.poor[here],), (village[here],), (told,), cards, keys)


def _place(keys: PlaceKeys, households: Households, plan: RegisterPlan) -> NDArray[np.int64]:
    """Give each row the number of its place, -1 where it names none."""
    rows = households.rows.select(keys.names)
    fresh = rows.unique().join(keys.places, on=keys.names, how="anti", nulls_equal=True)
    fresh = fresh.filter(~pl.all_horizontal(pl.all().is_null()))
    if fresh.height:
        add_places(keys, fresh.sort(keys.names), plan)
    numbered = keys.places.with_row_index("number")
    number = rows.join(
        numbered, on=keys.names, how="left", nulls_equal=True, maintain_order="left"
    )["number"]
    place = number.cast(pl.Int64).fill_null(_NOWHERE).to_numpy()
    keys.rows += np.bincount(place[place >= 0], minlength=len(keys.rows))
    return place


def add_places(keys: PlaceKeys, fresh: pl.DataFrame, plan: RegisterPlan) -> None:
    """Locate places that were not met before."""
    if not fresh.height:
        return
    official = plan.areas.official
    known = PlaceKeys(keys.names, fresh)
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
    register: Register, households: Households, place: NDArray[np.int64], keys: PlaceKeys
) -> None:
    numbers = households.rows["row"].to_numpy()
    column = register.mapped.names.get("village_code") or register.mapped.names["village_name"]
    register.gathered.add("village_missing", numbers[place < 0], column=column)
    for kind in set(keys.kind) - {""}:
        these = np.array([one == kind for one in keys.kind] + [False])[place]
        register.gathered.add(kind, numbers[these], column=column)


@dataclass(frozen=True, slots=True)
class KeptHouses:
    """
    Points and poverty of houses, batch by batch; nothing else of a household.

    `points`: Easting and northing, metres, shape (n, 2) each.
    `known`: Of whom it is known whether they are poor.
    `keys`: For the protection of counts; empty where nothing is protected.
    `cards`: What house cards need; None where no card is made.
    """

    points: tuple[NDArray[np.float64], ...] = field(default=(), repr=False)
    poor: tuple[NDArray[np.bool_], ...] = field(default=(), repr=False)
    village: tuple[NDArray[np.int64], ...] = field(default=(), repr=False)
    known: tuple[NDArray[np.bool_], ...] = field(default=(), repr=False)
    cards: KeptCards | None = None
    keys: tuple[NDArray[np.uint32], ...] = field(default=(), repr=False)

    @classmethod
    def joined(cls, parts: Sequence[KeptHouses]) -> KeptHouses:
        """
        Put the batches of a register together.

        Returns: In their order.
        """
        cards = [part.cards for part in parts if part.cards is not None]
        return cls(
            tuple(points for part in parts for points in part.points),
            tuple(poor for part in parts for poor in part.poor),
            tuple(village for part in parts for village in part.village),
            tuple(known for part in parts for known in part.known),
            KeptCards.joined(cards) if cards else None,
            tuple(keys for part in parts for keys in part.keys),
        )


def known_houses(
    houses: Sequence[KeptHouses],
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.uint32]]:
    """
    Put together the houses of whom it is known whether they are poor.

    Returns: Easting and northing, metres, shape (n, 2); who is poor, shape (n,); keys, empty
        where nothing is protected.
    """
    parts = [
        (points[known], poor[known])
        for one in houses
        for points, poor, known in zip(one.points, one.poor, one.known, strict=True)
    ]
    points = np.concatenate([np.empty((0, 2)), *(part for part, _ in parts)])
    poor = np.concatenate([np.empty(0, dtype=np.bool_), *(part for _, part in parts)])
    keys = [
        keys[known]
        for one in houses
        for keys, known in zip(one.keys, one.known, strict=bool(one.keys))
    ]
    return points, poor, np.concatenate([np.empty(0, dtype=np.uint32), *keys])


@dataclass(frozen=True, slots=True)
class HousePoints:
    """
    Points of houses against the villages; polygons and official villages count differently.

    `locator`, `transformer`: Villages with polygon, and degrees to metres.
    `position`, `drawn`: Official village of each polygon, and polygon of each official village (-1
        for none).
    """

    locator: join.PointLocator
    transformer: Transformer
    position: NDArray[np.int64]
    drawn: NDArray[np.int64]

    @classmethod
    def of(cls, register: Register, areas: Boundaries) -> HousePoints | None:
        """
        Prepare the villages, where the register has points.

        Returns: None where the register has none.
        Raises ValueError: No village has a polygon.
        """
        if not {"longitude", "latitude"} <= set(register.mapped.positions):
            return None
        locator = join.build_locator(areas.villages)
        transformer = Transformer.from_crs("EPSG:4326", areas.villages.crs, always_xy=True)
        position = areas.official.index.get_indexer(pd.Index(locator.village_code))
        drawn = np.full(len(areas.official) + 1, _NOWHERE)
        drawn[position] = np.arange(len(position))
        return cls(locator, transformer, position, drawn)

    def check(
        self, register: Register, households: Households, village: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """
        Note points that do not fit, and locate rows that only their point can.

        `village`: Position of the village of each row by its code or name, -1 for none.
        Returns: With the villages that only the point tells.
        Returns: Easting and northing, metres, shape (n_households, 2); missing where a point lies
            in no village or in another one than the row's.
        """
        numbers = households.rows["row"].to_numpy()
        column = register.mapped.names["longitude"]
        east = households.rows["longitude"].to_numpy()
        north = households.rows["latitude"].to_numpy()
        swapped = _inside(east, _NORTH) & _inside(north, _EAST)
        register.gathered.add("point_swapped", numbers[swapped], column=column)
        east = np.where(swapped, np.nan, east)
        x, y = self.transformer.transform(east, north)
        points = np.column_stack([x, y]).astype(np.float64)
        points[~np.isfinite(points).all(axis=1)] = np.nan
        found = join.locate_points(self.locator, points[:, 0], points[:, 1])
        # of a row without village the last entry is looked up, which is nowhere
        stated = self.drawn[village]
        conflicts = join.code_point_conflicts(stated, found, points=points, locator=self.locator)
        register.gathered.add("point_outside", numbers[conflicts.outside], column=column)
        register.gathered.add("point_conflict", numbers[conflicts.elsewhere], column=column)
        points[found < 0] = np.nan
        points[conflicts.elsewhere] = np.nan
        return np.where((village < 0) & (found >= 0), self.position[found], village), points


def _inside(values: NDArray[np.float64], ends: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= ends[0]) & (values <= ends[1])


def register_report(register: Register, located_rows: int) -> IntakeReport:
    """
    Put the findings of a register that was read into its report.

    `register`: Register after its last batch.
    Returns: Row numbers, columns and rules; never a value.
    """
    able = {need.key for need in needs_of(register.mapped.positions)}
    missing = tuple(need.label for need in need_catalogue() if need.key not in able)
    meant = {place: variable for variable, place in register.mapped.positions.items()}
    shown = shown_names(register.header.names)
    columns = {name: meant.get(at, "") for at, name in enumerate(shown)}
    if missing:
        register.gathered.say("item_unavailable", "; ".join(missing))
    return IntakeReport(
        file=register.name,
        rows_in=register.rows_read,
        rows_located=located_rows,
        findings=register.gathered.findings(),
        columns=columns,
        sheets=register.grid.sheets,
        remarks=register.grid.remarks,
    )


def coarse(counted: Counted) -> Counted:
    """
    Leave row numbers out of what the intake found, and tell how many rows in tens.

    For levels whose readers do not hold the register: a few rows would tell of few households.
    """
    report = counted.report
    findings = tuple(replace(one, rows=(), about=_tens(len(one.rows))) for one in report.findings)
    told = replace(
        report, rows_in=_tens(report.rows_in), rows_located=_tens(report.rows_located),
        findings=findings,
    )  # fmt: skip
    notes = [
        replace(note, text=_in_tens(note.text), count=_tens(note.count))
        if note.key in _OF_ROWS
        else note
        for note in counted.located.notes
    ]
    return replace(counted, report=told, notes=(*notes, *finding_notes(told)))


def _tens(count: int) -> int:
    return max(10, round(count, -1)) if count else 0


def _in_tens(text: str) -> str:
    without = _ROW_NUMBERS.sub("", text)
    return _NUMERAL.sub(lambda found: numeral(_tens(int(found[0].replace(".", "")))), without)


def finding_notes(report: IntakeReport) -> tuple[Note, ...]:
    """
    Word each rule once, over all its columns, for the products.

    Returns: In Indonesian; row numbers stay in the report.
    """
    rows: dict[str, set[int]] = {}
    about: dict[str, int] = {}
    for one in report.findings:
        rows.setdefault(one.kind, set()).update(one.rows)
        about[one.kind] = max(about.get(one.kind, 0), one.about)
    notes = [Note("table_reading", f"{report.file}: {text}") for text in report.remarks]
    for kind, numbers in rows.items():
        rule = rules()[kind]
        if numbers:
            text = f"{rule.title}: {numeral(len(numbers))} baris register. {rule.done}"
        elif about[kind]:
            text = f"{rule.title}: sekitar {numeral(about[kind])} baris register. {rule.done}"
        else:
            told = [
                f"kolom {one.column}: {one.detail}" if one.column else one.detail
                for one in report.findings
                if one.kind == kind
            ]
            text = f"{rule.title}: {'; '.join(told)}. {rule.done}"
        notes.append(Note(f"intake_{kind}", text, len(numbers) or about[kind]))
    return tuple(notes)
