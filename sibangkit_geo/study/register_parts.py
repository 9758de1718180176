"""A register counted in parts, by whoever may read one; what they tell adds up to the whole."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import polars as pl

from sibangkit_geo.errors import ConfigError, DataError, SibangkitError
from sibangkit_geo.model.numeric_columns import Evidence
from sibangkit_geo.model.types import VillageCounts
from sibangkit_geo.registers.household_keys import SALT_BYTES
from sibangkit_geo.registers.identity import DuplicateFinder
from sibangkit_geo.registers.ledger import Ledger, Rounded, families_again, persons_again
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.study.registers import (
    Added,
    HousePoints,
    PlaceKeys,
    RegisterPlan,
    add_places,
    count_batches,
    finished,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sibangkit_geo.model.numeric_columns import Numerals
    from sibangkit_geo.registers.ledger import RowNumbers, Slice
    from sibangkit_geo.registers.register import Register
    from sibangkit_geo.sources.readers import TableSource
    from sibangkit_geo.sources.readers.grid import Part
    from sibangkit_geo.study.registers import Counted

log = logging.getLogger(__name__)
_NO_ROWS = np.zeros(0, dtype=np.uint32)
_SEED_BITS = 63
# places that were met in a run, by its seed; nothing of a household
_MET: dict[int, PlaceKeys] = {}


@dataclass(frozen=True, slots=True)
class Opening:
    """
    How a register is opened, wherever that is done; nothing of it shows itself.

    `source`, `generation`, `named`, `required`, `numerals`, `salt`: As of `open_register`.
    """

    source: TableSource = field(repr=False)
    generation: str = field(repr=False)
    named: Mapping[str, str] = field(repr=False)
    required: tuple[str, ...] = field(repr=False)
    numerals: Numerals = field(repr=False)
    salt: bytes = field(repr=False)

    def open(self) -> Register:
        """
        Open the register.

        Raises ConfigError: The file is missing, or a database without table.
        Raises DataError: The file is damaged or lacks a column.
        """
        return open_register(
            self.source, generation=self.generation, named=self.named, required=self.required,
            numerals=self.numerals, salt=self.salt,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """
    What whoever reads parts has to know, once; nothing of it shows itself.

    `size`: Bytes of the file: another one of that name is refused.
    `points`: Villages for points, where the register has any.
    `seed`, `secret`: Of the hashes of numbers, drawn for the run and stored nowhere.
    `partitions`: Shares of the hashes.
    """

    opening: Opening = field(repr=False)
    size: int = field(repr=False)
    plan: RegisterPlan = field(repr=False)
    points: HousePoints | None = field(repr=False)
    partitions: int = 1
    seed: int = field(default_factory=lambda: secrets.randbits(_SEED_BITS), repr=False)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES), repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """An error of a part, told as a value: it would be the same at every further try."""

    text: str
    of_data: bool

    def error(self) -> SibangkitError:
        """Make it an error again."""
        if not self.of_data:
            return ConfigError(self.text)
        error = DataError(self.text, remedy="")
        error.args = (self.text,)
        return error


class PartFailedError(RuntimeError):
    """What a library raised while a part was read: its kind alone, since its words may quote."""


@dataclass(frozen=True, slots=True)
class PartCount:
    """
    What a part of a register adds to the whole; no row, no cell.

    `places`: Distinct places with ``n_rows``.
    `rows`: Row numbers of findings by rule and column, as if the part stood alone.
    `written`, `below`, `rounded`: Of each column of numbers.
    `heads`, `others`: Rows about a head of family, and about somebody else.
    `taken`: Rows by which those of the next part are numbered on.
    `last_row`: Number of the last row.
    `dropped`: Rows that repeat one of the same part.
    `families`: Family cards that could be compared.
    `slices`: Keyed hashes by partition; they stay with whoever read the part.
    """

    counts: VillageCounts
    located_rows: int
    places: pd.DataFrame
    rows_read: int
    rows: Mapping[tuple[str, str], RowNumbers]
    written: Mapping[str, Evidence]
    below: Mapping[str, int]
    rounded: Mapping[str, Rounded]
    heads: int
    others: int
    taken: int
    last_row: int
    dropped: RowNumbers
    families: int
    persons: int
    slices: tuple[Slice, ...] = field(default=(), repr=False)


def _opened(order: Order, part: Part, known: RowNumbers | None) -> Register:
    """Open a part of a register; `known` are rows that repeat one of an earlier part."""
    path = Path(order.opening.source.path)
    if not path.is_file() or path.stat().st_size != order.size:
        msg = f"{path.name}: a worker sees no such file, or another one of that name"
        raise DataError(msg, remedy="Put it where all workers read it by the same path.")
    register = order.opening.open()
    register.part = part
    register.seed = order.seed
    register.families = DuplicateFinder(seed=order.seed)
    register.persons = DuplicateFinder(seed=order.seed)
    secret = b"" if known is not None else order.secret
    known = _NO_ROWS if known is None else known
    register.ledger = Ledger(secret, order.partitions, known)
    return register


def places_in(order: Order, part: Part) -> pl.DataFrame | Refused:
    """List the distinct places of a part."""
    return _told(lambda: _opened(order, part, None).places())  # type: ignore[no-any-return]


def count_part(
    order: Order, keys: PlaceKeys, part: Part, known: RowNumbers | None = None
) -> PartCount | Refused:
    """
    Read, check, judge and tally a part.

    `keys`: Places known before.
    `known`: Rows that repeat one of an earlier part; None: the hashes of numbers are noted.
    """
    # places are located once by whoever reads several parts
    met = _MET.get(order.seed, keys).copied()
    told: PartCount | Refused = _told(lambda: _counted(order, met, _opened(order, part, known)))
    _MET.clear()
    _MET[order.seed] = met
    return told


def _told(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - hands on what `work` makes
    try:
        return work()
    except SibangkitError as error:
        return Refused(str(error), isinstance(error, DataError))
    except Exception as error:  # noqa: BLE001 - what it says may quote a cell
        kind = type(error).__name__
    raise PartFailedError(kind)


def _counted(order: Order, keys: PlaceKeys, register: Register) -> PartCount:
    added = count_batches(register, order.plan, keys, order.points)
    ledger, part = register.ledger, register.part
    if ledger is None or part is None:
        msg = "the register was not opened for a part"
        raise ValueError(msg)
    # a text numbers its rows while it is read, others know them before
    counted = getattr(register.grid, "taken", None)
    taken = counted[-1] if counted else 0
    frame = keys.frame()
    return PartCount(
        added.counts,
        added.located_rows,
        # of places by code only those of the part are told, as the whole tells its own
        frame if keys.are_names(order.plan) else frame[frame["n_rows"] > 0],
        register.rows_read,
        {key: np.concatenate(pieces) for key, pieces in register.gathered.rows.items()},
        register.written,
        register.below,
        ledger.rounded,
        register.unnumbered_heads,
        register.others,
        taken,
        register.header.first_row + taken - 1 if taken else part.stop,
        np.concatenate([_NO_ROWS, *ledger.dropped]),
        register.families.count,
        sum(len(rows) for _, rows in ledger.persons),
        ledger.slices() if ledger.secret else (),
    )


def without_slices(part: PartCount | Refused) -> PartCount | Refused:
    """Leave out what stays with whoever read the part."""
    if isinstance(part, Refused):
        return part
    return replace(part, slices=())


def slice_of(part: PartCount, partition: int) -> Slice:
    """Take one partition of what a part noted."""
    return part.slices[partition]


class Workers(Protocol):
    """Whoever reads parts: this process, or others."""

    def submit(self, work: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401
        """Have `work` done; what is given back may stand among the `args` of other work."""

    def follow(self, asked: Sequence[Any], *, stage: str) -> None:
        """Wait for work, telling how much of it is done as `stage`."""

    def gather(self, asked: Sequence[Any]) -> list[Any]:
        """Wait for work, and have what it made brought here."""


class Doubles(NamedTuple):
    """Rows of one part that repeat earlier ones, that share a family card, that share a person."""

    repeated: RowNumbers
    families: RowNumbers
    persons: RowNumbers


def count_in_parts(
    register: Register, opening: Opening, plan: RegisterPlan, parts: Sequence[Part],
    *, workers: Workers, partitions: int,
) -> Counted | None:  # fmt: skip
    """
    Count a register in parts, and add up what they tell.

    `register`: As `opening` opens it; not read yet.
    `parts`: Of it, in order, each row in one of them.
    Returns: As `count_register` counts it; None where only the whole can tell: a row per person,
        signatures cut by the end of a part, numbers that lost digits in some parts alone.
    Raises ConfigError: As of `count_register`.
    Raises DataError: As of `count_register`, or a worker sees another file.
    """
    points = HousePoints.of(register, plan.areas)
    size = opening.source.path.stat().st_size
    order = Order(opening, size, plan, points, partitions)
    sent = workers.submit(_same, order)
    keys = PlaceKeys.of(register)
    if keys.are_names(plan):
        listed = [workers.submit(places_in, sent, one) for one in parts]
        workers.follow(listed, stage="places")
        places = pl.concat(_sound(workers.gather(listed))).unique()
        add_places(
            keys, places.filter(~pl.all_horizontal(pl.all().is_null())).sort(keys.names), plan
        )
    known = workers.submit(_same, keys)
    read = [workers.submit(count_part, sent, known, one) for one in parts]
    workers.follow(read, stage="parts")
    counts: list[PartCount] = _sound(
        workers.gather([workers.submit(without_slices, one) for one in read])
    )
    doubles = _doubles(workers, read, counts, partitions)
    for at, (count, twice) in enumerate(zip(counts, doubles, strict=True)):
        late = np.setdiff1d(twice.repeated, count.dropped)
        if len(late):
            counts[at] = workers.submit(count_part, sent, known, parts[at], late)
    counts = _again(workers, counts)
    return _whole(register, plan, counts, doubles)


def _again(workers: Workers, counts: Sequence[Any]) -> list[PartCount]:
    """Wait for the parts that are read again."""
    waiting = [at for at, one in enumerate(counts) if not isinstance(one, PartCount)]
    asked = [counts[at] for at in waiting]
    workers.follow(asked, stage="doubles")
    told = dict(zip(waiting, _sound(workers.gather(asked)), strict=True))
    return [told.get(at, one) for at, one in enumerate(counts)]


def _same(value: object) -> object:
    """Hand a value to whoever reads parts, who can have it sent again when it is lost."""
    return value


def _sound(told: Sequence[Any]) -> list[Any]:
    for one in told:
        if isinstance(one, Refused):
            raise one.error()
    return [*told]


def _doubles(
    workers: Workers, read: Sequence[Any], counts: Sequence[PartCount], partitions: int
) -> list[Doubles]:
    """Search each partition of the hashes by itself; only row numbers come back."""
    slices = [[workers.submit(slice_of, one, at) for one in read] for at in range(partitions)]
    found = workers.gather([workers.submit(families_again, one) for one in slices])
    nobody = [(_NO_ROWS, _NO_ROWS) for _ in counts]
    of_part = [[*zip(*told, strict=True)] for told in zip(nobody, *found, strict=True)]
    rows = [(np.concatenate(same), np.concatenate(again)) for same, again in of_part]
    repeated = [same for same, _ in rows]
    asked = [workers.submit(persons_again, one, repeated) for one in slices]
    persons = zip([_NO_ROWS] * len(counts), *workers.gather(asked), strict=True)
    return [
        Doubles(same, again, np.concatenate(told))
        for (same, again), told in zip(rows, persons, strict=True)
    ]


def _whole(
    register: Register,
    plan: RegisterPlan,
    counts: Sequence[PartCount],
    doubles: Sequence[Doubles],
) -> Counted | None:
    """Put what the parts told into the register, as if it had been read."""
    if _only_whole(counts):
        return None
    offset = 0
    card, person = (register.mapped.names.get(f"{one}_number", "") for one in ("family", "person"))
    for count, twice in zip(counts, doubles, strict=True):
        further = {
            ("repeated_row", ""): twice.repeated,
            ("duplicate_family", card): twice.families,
            ("duplicate_person", person): twice.persons,
        }
        for (kind, column), rows in (*count.rows.items(), *further.items()):
            register.gathered.add(kind, rows.astype(np.int64) + offset, column=column)
        offset += count.taken
        register.rows_read += count.rows_read
        register.unnumbered_heads += count.heads
        register.others += count.others
        register.families.count += count.families
        register.persons.count += count.persons
        for name, evidence in count.written.items():
            register.written[name] = register.written.get(name, Evidence()) + evidence
        for name, number in count.below.items():
            register.below[name] = register.below.get(name, 0) + number
    register.tell_columns()
    if register.is_of_members():
        return None
    total = VillageCounts(pd.DataFrame())
    for one in counts:
        if len(one.counts.table):
            total = total + one.counts if len(total.table) else one.counts
    located_rows = sum(one.located_rows for one in counts)
    return finished(register, plan, _places(counts), Added(total, located_rows))


def _only_whole(counts: Sequence[PartCount]) -> bool:
    """Tell what parts by themselves may have judged otherwise than the whole would."""
    rounded: dict[str, Rounded] = {}
    for one in counts:
        for name, told in one.rounded.items():
            rounded[name] = rounded.get(name, Rounded()).plus(told)
    signed = any(_ends_without_data(one) for one in counts[:-1])
    return signed or any(one.doubtful for one in rounded.values())


def _ends_without_data(count: PartCount) -> bool:
    """Tell a part whose last row is no data: signatures may go on in the next one."""
    rows = [rows for (kind, _), rows in count.rows.items() if kind == "not_data"]
    return bool(rows) and count.last_row in rows[0]


def _places(counts: Sequence[PartCount]) -> pd.DataFrame:
    """Add up the rows of each place."""
    frames = [pl.from_pandas(one.places) for one in counts]
    names = [one for one in frames[0].columns if one != "n_rows"]
    added = pl.concat(frames).group_by(names).agg(pl.col("n_rows").sum()).sort(names)
    texts = {name: pd.array(added[name].to_list(), dtype="string") for name in names}
    return pd.DataFrame(texts).assign(n_rows=added["n_rows"].to_numpy())
