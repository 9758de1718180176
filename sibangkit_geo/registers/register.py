"""One register, batch by batch: rows that are no data leave, identities go, answers are read."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.numeric_columns import Evidence
from sibangkit_geo.registers.answers import (
    NO_CODE,
    Categories,
    NumberReading,
    categories,
    generations_of,
    read_number,
)
from sibangkit_geo.registers.findings import Gathered
from sibangkit_geo.registers.household_keys import household_keys
from sibangkit_geo.registers.households import Households
from sibangkit_geo.registers.identity import DuplicateFinder, Members, shapes
from sibangkit_geo.sources.columns import Mapped, known_headers, recognise, variables
from sibangkit_geo.sources.readers import find_header, fold_header, open_grid
from sibangkit_geo.sources.readers.csv import Delimited, ahead
from sibangkit_geo.sources.readers.grid import RAGGED, ROW, cell_name
from sibangkit_geo.sources.readers.header import (
    above_data,
    data_rows,
    opens_no_data,
    rows_without_data,
)
from sibangkit_geo.sources.readers.table_parts import only
from sibangkit_geo.sources.text_tables import require_headers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.model.numeric_columns import Numerals
    from sibangkit_geo.registers.ledger import Ledger
    from sibangkit_geo.sources.readers import Grid, Header, TableSource
    from sibangkit_geo.sources.readers.grid import Part

_PLACES = ("village_code", "district_name", "village_name")
POINT = ("longitude", "latitude")
_NUMBERS = ("family_number", "person_number")
# single slips of the pen are far below one in twenty
_FEW = 0.05
# households are doubled in one of a hundred rows; of persons three in four share a family card
# (3.9 persons per household, BPS, Susenas 2023)
_OF_MEMBERS = 1 / 3
# as the forms say it: "1", "1. Kepala keluarga", "KRT"
_HEAD = (
    r"(?i)^\s*(?:0*1\s*(?:[.)\-:]|$|[a-z])|kepala|kep(?:l)?\b|kpl\b|k\.?\s*(?:k|kel|keluarga|rt)\b|"
    r"krt\b|head)"
)
# a title or a total may stand in any of the first columns
_FIRST = 3

# two headers may be alike by chance
_ENOUGH_HEADERS = 3
_NAMES_OF = {"bdt2015": "BDT-2015", "regsosek2022": "Regsosek-2022", "dtsen2025": "DTSEN",
             "p3ke": "P3KE", "bkkbn": "BKKBN"}  # fmt: skip


@dataclass(slots=True)
class Register:
    """
    A register that was opened and whose columns are recognised; read once.

    `numerals`: How the study says that the file writes numbers.
    `members`: Of a table with one row per person, its families, which are its households.
    `gathered`, `categories`, `families`, `persons`, `rows_read`, `written`: What reading fills:
        findings, meanings of each categorical column, numbers met, how many rows there were, and
        how each number column is written.
    `below`: How many numbers of each column are too small to be true.
    `heads`, `unnumbered_heads`, `others`: Family cards of rows about a head of family, as hashes,
        batch by batch, how many such rows there are, and how many rows are about somebody else;
        where the file says who is who.
    `salt`: Secret that households get keys from; empty where nothing is to be protected.
    `part`, `ledger`: What is read of the file, and what is then noted for the search for doubles in
        all of it; None for all.
    """

    name: str
    grid: Grid
    header: Header
    mapped: Mapped
    generation: str
    gathered: Gathered = field(default_factory=Gathered)
    categories: dict[str, Categories] = field(default_factory=dict)
    families: DuplicateFinder = field(default_factory=DuplicateFinder)
    persons: DuplicateFinder = field(default_factory=DuplicateFinder)
    rows_read: int = 0
    numerals: Numerals = ""
    written: dict[str, Evidence] = field(default_factory=dict)
    members: Members | None = None
    below: dict[str, int] = field(default_factory=dict)
    heads: list[NDArray[np.uint64]] = field(default_factory=list, repr=False)
    unnumbered_heads: int = 0
    others: int = 0
    seed: int = field(default_factory=lambda: secrets.randbits(63), repr=False)
    salt: bytes = field(default=b"", repr=False)
    part: Part | None = None
    ledger: Ledger | None = None

    def places(self) -> pl.DataFrame:
        """
        Read the distinct places of the register alone.

        Returns: Distinct ``village_code``, ``district_name``, ``village_name`` as they came, as
            far as the register has them; wholly empty ones are left out.
        Raises DataError: The file is damaged.
        """
        names = [one for one in _PLACES if one in self.mapped]
        found: list[pl.DataFrame] = []
        for frame in self._frames(names):
            places = frame.select(names).unique()
            found = [pl.concat([*found, places]).unique()]
        if not found:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        return found[0].filter(~pl.all_horizontal(pl.all().is_null())).sort(names)

    def batches(self) -> Iterator[Households]:
        """
        Read the register.

        Returns: Households without identities; rows that are no data, that are uneven or that
            repeat an earlier row are left out and noted.
        Raises DataError: The file is damaged.
        """
        # what is noted of a batch may stand there before the batch is handed on
        return ahead(self._read())

    def has_lost_thousands(self, variable: str) -> bool:
        """
        Tell amounts of which a spreadsheet read a part a thousandfold too small.

        Of texts such as 938.000 and 1.075.000 it takes the first for 938 and leaves the second a
        text: the poor lose their amounts, the rich keep theirs.
        """
        told = self.written.get(variable, Evidence())
        return told.comma + told.point > 0 and self.below.get(variable, 0) > _FEW * self.rows_read

    def is_of_members(self) -> bool:
        """
        Tell a table with one row per person, after it was read as one of households.

        Returns: True where rows are about others than heads of families, or over a third of them
            repeat a family card in other words and tell of persons (their numbers differ, or
            they have an age or a sex).
        Raises DataError: So many rows repeat a family card, and nothing tells of persons.
        """
        if self.members is not None:
            return False
        if self.unnumbered_heads and self.others > _FEW * self.rows_read:
            return True
        again = sum(map(len, self.gathered.rows.get(self._about("duplicate_family"), [])))
        if again <= _OF_MEMBERS * max(self.families.count, 1):
            return False
        doubles = sum(map(len, self.gathered.rows.get(self._about("duplicate_person"), [])))
        of_persons = any(variables()[one].kind == "person" for one in self.mapped.positions)
        if of_persons or self.persons.count - doubles > again:
            return True
        msg = f"{self.name}: more than a third of the rows repeat a family card number"
        remedy = (
            "Give a table with one row per household: this one has a row per person, or joins "
            "several registers."
        )
        raise DataError(msg, remedy=remedy)

    def by_family(self) -> Register:
        """
        Read a table with one row per person as one of households.

        Returns: The same file, not yet read: the row of its head stands for each family, or the
            first one where no head is named.
        Raises DataError: Too many family card numbers are damaged or empty to tell families apart.
        """
        damaged = self.rows_read - self.families.count
        if damaged > _FEW * self.rows_read:
            column = self.mapped.names.get("family_number", "")
            told = f"column {column} is damaged or empty" if column else "no family card number is"
            msg = (
                f"{self.name}: one row per person, and {told} in {numeral(damaged)} rows, so that "
                "families cannot be told apart"
            )
            raise DataError(msg, remedy="Give a table with one row per household.")
        nobody = np.zeros(0, dtype=np.uint64)
        heads = np.unique(np.concatenate([nobody, *self.heads]))
        known, sizes = self.families.sizes()
        if "member_relation" in self.mapped and 2 * len(heads) < len(known):
            column = self.mapped.names["member_relation"]
            msg = (
                f"{self.name}: one row per person, and column {column} names few heads of families"
            )
            remedy = 'Write them as "1" or "Kepala keluarga", or give a table of households.'
            raise DataError(msg, remedy=remedy)
        families = DuplicateFinder(seed=self.families.seed)
        return Register(
            self.name, self.grid, self.header, self.mapped, self.generation, families=families,
            numerals=self.numerals, members=Members(known, sizes, heads), salt=self.salt,
        )  # fmt: skip

    def _about(self, kind: str) -> tuple[str, str]:
        variable = "person_number" if kind == "duplicate_person" else "family_number"
        return kind, self.mapped.names.get(variable, "")

    def _read(self) -> Iterator[Households]:
        wanted = [one for one in self.mapped.positions if _is_read(one)]
        for raw in self._frames(wanted):
            self.rows_read += raw.height
            frame = self._only_data(raw)
            if "member_relation" in frame.columns and self.members is None:
                relation = frame["member_relation"].drop_nulls()
                heads = int(relation.str.contains(_HEAD).sum())
                self.unnumbered_heads += heads
                self.others += len(relation) - heads
            if frame.height:
                tried = self._tried(frame)
                rows = self._values(frame, tried)
                rows, repeated = self._without_repeats(frame, tried, rows)
                meanings = self._meanings()
                keys = None
                if self.salt:
                    cards = _cards(frame, tried)
                    keys = household_keys(rows, meanings, cards=cards[~repeated], salt=self.salt)
                yield Households(rows, meanings, self.generation, keys)
        if self.ledger is None:
            self.tell_columns()

    def tell_columns(self) -> None:
        """Note what whole columns tell, after the last batch."""
        self._compare_codes()
        self._tell_numerals()

    def _meanings(self) -> dict[str, tuple[frozenset[str], ...]]:
        return {name: tuple(one.meanings) for name, one in self.categories.items()}

    def _tell_numerals(self) -> None:
        """Note how the numbers of a column were read that are more than digits."""
        for name, evidence in self.written.items():
            # degrees leave nothing to decide
            if name not in POINT and (text := evidence.in_words()):
                self.gathered.say("numerals", text, column=self.mapped.names[name])

    def _compare_codes(self) -> None:
        """Note columns whose answers are often none of the generation's list."""
        for (kind, column), pieces in list(self.gathered.rows.items()):
            share = sum(map(len, pieces)) / max(self.rows_read, 1)
            if kind == "category_unknown" and share > _FEW:
                text = f"{percentage(share)} jawaban tidak ada pada daftar kode generasi itu"
                self.gathered.say("generation_conflict", text, column=column)

    def _frames(self, names: list[str]) -> Iterator[pl.DataFrame]:
        """Give the columns their canonical names; the first ones of the file keep theirs."""
        width = len(self.header.names)
        place = {name: self.mapped.positions[name] for name in names}
        first = [at for at in range(min(_FIRST, width)) if at not in place.values()]
        positions = sorted({*place.values(), *first})
        renamed = {cell_name(at): name for name, at in place.items()}
        grid = only(self.grid, self.part) if self.part else self.grid
        if isinstance(grid, Delimited):
            # totals and notes stand in the key column too, which stays text
            asked = {at: _number_type(name) for name, at in place.items() if name != _key(names)}
            grid = grid.expecting({at: kind for at, kind in asked.items() if kind})
        for frame in grid.batches(positions, first_row=self.header.first_row, width=width):
            yield frame.rename(renamed)

    def _only_data(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Drop totals, notes, signatures, headers again and uneven rows."""
        key = _key(frame.columns)
        cells = [name for name in frame.columns if name not in {ROW, RAGGED}]
        above = self._above(cells)
        titles = {row[cells.index(key)] for row in above} - {""}
        odd = [word for word in frame[key].unique().to_list()
               if word and (opens_no_data(word) or word in titles)]  # fmt: skip
        if not odd and not frame[key].null_count() and RAGGED not in frame.columns:
            return frame
        suspect = frame[key].is_null() | frame[key].is_in(odd)
        if RAGGED in frame.columns:
            suspect |= frame[RAGGED]
        rows = np.flatnonzero(suspect.to_numpy())
        if not len(rows):
            return frame
        words = frame[rows].select(pl.col(cells).cast(pl.String)).rows()
        dropped = np.zeros(frame.height, dtype=np.bool_)
        near = zip(rows.tolist(), words, strict=True)
        dropped[rows] = [*rows_without_data(near, key=cells.index(key), above=above)]
        numbers = frame[ROW].to_numpy()
        self.gathered.add("not_data", numbers[dropped])
        if RAGGED in frame.columns:
            ragged = frame[RAGGED].to_numpy() & ~dropped
            self.gathered.add("ragged", numbers[ragged])
            dropped |= ragged
            frame = frame.drop(RAGGED)
        return frame.filter(pl.Series(~dropped))

    def _above(self, names: list[str]) -> list[list[str]]:
        """Take what stands over some columns of a batch."""
        place = {cell_name(at): at for at in range(len(self.header.names))}
        places = [self.mapped.positions.get(name, place.get(name, 0)) for name in names]
        rows = above_data(self.grid.head, self.header)
        return [[row[at] if at < len(row) else "" for at in places] for row in rows]

    def _without_repeats(
        self, frame: pl.DataFrame, tried: pl.DataFrame, rows: pl.DataFrame
    ) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
        """Check the identity numbers, drop rows that repeat an earlier one, and tell which."""
        numbers = frame[ROW].to_numpy()
        repeated = np.zeros(frame.height, dtype=np.bool_)
        identities = [name for name in _NUMBERS if name in frame.columns]
        sound = {}
        for name in identities:
            column = self.mapped.names[name]
            shape = shapes(
                frame[name], tried[f"{name} value"].to_numpy(), tried[f"{name} length"].to_numpy()
            )
            self.gathered.add("identity_digits_lost", numbers[shape.digits_lost], column=column)
            self.gathered.add("identity_malformed", numbers[shape.malformed], column=column)
            sound[name] = shape.sound
            if self.ledger:
                self.ledger.note_shape(name, shape, tried[f"{name} value"].to_numpy())
        if "family_number" in sound:
            # what the answers mean counts, not how they are written
            content = _packed(rows.drop(ROW)).hash_rows(self.seed)
            if "person_number" in frame.columns:
                content ^= tried["person_number hash"]
            hashes = tried["family_number hash"]
            stands = self._stands_for_family(frame, hashes, sound["family_number"])
            again, same = self.families.mark(hashes, stands, contents=content)
            column = self.mapped.names["family_number"]
            if self.ledger:
                repeated = self.ledger.note_families(
                    rows, self._meanings(), tried=tried, sound=stands, same=same
                )
            elif self.members is None:
                repeated = same
                self.gathered.add("repeated_row", numbers[same])
                self.gathered.add("duplicate_family", numbers[again & ~same], column=column)
            else:
                repeated = again | ~stands
                self.gathered.add("member_row", numbers[repeated], column=column)
                rows = rows.with_columns(self.members.sizes(hashes, rows))
        if "person_number" in sound and self.members is None:
            self._mark_persons(numbers, tried, sound["person_number"] & ~repeated)
        return (rows.filter(pl.Series(~repeated)) if repeated.any() else rows), repeated

    def _mark_persons(
        self, numbers: NDArray[np.uint32], tried: pl.DataFrame, kept: NDArray[np.bool_]
    ) -> None:
        hashes = tried["person_number hash"]
        if self.ledger:
            self.ledger.note_persons(numbers, hashes, kept)
            return
        again, _ = self.persons.mark(hashes, kept)
        column = self.mapped.names["person_number"]
        self.gathered.add("duplicate_person", numbers[again], column=column)

    def _stands_for_family(
        self, frame: pl.DataFrame, hashes: pl.Series, sound: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Tell which rows may stand for their household: of persons those of the head."""
        if "member_relation" not in frame.columns:
            return sound
        head = frame["member_relation"].str.contains(_HEAD).fill_null(value=False).to_numpy()
        if self.members is None:
            self.heads.append(hashes.to_numpy()[head & sound])
            return sound
        return sound & (head | ~self.members.has_head(hashes))

    def _values(self, frame: pl.DataFrame, tried: pl.DataFrame) -> pl.DataFrame:
        numbers = frame[ROW].to_numpy()
        read: dict[str, pl.Series | np.ndarray[tuple[int], np.dtype[np.generic]]] = {
            ROW: frame[ROW]
        }
        for name in self.mapped.positions:
            if name not in frame.columns:
                continue
            one = variables()[name]
            if name in _PLACES:
                read[name] = frame[name]
            elif name in POINT:
                read[name] = self._number(name, frame[name], tried[name].to_numpy()).values
            elif one.answers:
                column = self.mapped.names[name]
                if not self.generation and one.kind in {"category", "yes_no"}:
                    # codes mean nothing until the user says whose they are
                    continue
                if one.kind in {"category", "yes_no"}:
                    reading = self._categories(name).read(frame[name], tried[name].to_numpy())
                    self.gathered.add("category_unknown", numbers[reading.unknown], column=column)
                    read[name] = reading.values
                else:
                    number = self._number(name, frame[name], tried[name].to_numpy())
                    told = number.outside | number.unreadable
                    self.gathered.add("out_of_range", numbers[number.outside], column=column)
                    self.gathered.add(
                        "number_unreadable", numbers[number.unreadable], column=column
                    )
                    if one.required:
                        empty = np.isnan(number.values) & ~told
                        self.gathered.add("required_missing", numbers[empty], column=column)
                    read[name] = number.values
        return pl.DataFrame(read)

    def _number(self, name: str, cells: pl.Series, tried: NDArray[np.float64]) -> NumberReading:
        """Read a batch of one number column, and remember how it is written."""
        read = read_number(cells, tried, variables()[name], numerals=self.numerals)
        self.written[name] = self.written.get(name, Evidence()) + read.evidence
        self.below[name] = self.below.get(name, 0) + read.below
        return read

    def _tried(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Try every cell as what its column should hold, all columns at once on all cores."""
        tried: list[pl.Expr] = []
        for name in self.mapped.positions:
            if name not in frame.columns:
                continue
            kind, cells = _number_type(name), pl.col(name)
            if kind:
                none = NO_CODE if kind == pl.Int8 else float("nan")
                number = cells.cast(kind, strict=False)
                # rupiah: a point may part thousands, which only whole numbers are safe from
                number = number.cast(pl.Float64) if kind == pl.Int64 else number
                tried.append(number.fill_null(none))
            elif name in _NUMBERS:
                seed = (self.families if name == "family_number" else self.persons).seed
                tried += [
                    cells.cast(pl.Int64, strict=False).fill_null(-1).alias(f"{name} value"),
                    cells.str.len_bytes().fill_null(0).alias(f"{name} length"),
                    cells.hash(seed).alias(f"{name} hash"),
                ]
        return frame.select(tried)

    def _categories(self, name: str) -> Categories:
        if name not in self.categories:
            self.categories[name] = categories(
                variables()[name], generation=self.generation, column=self.mapped.names[name]
            )
        return self.categories[name]


def _cards(frame: pl.DataFrame, tried: pl.DataFrame) -> NDArray[np.int64]:
    """Read the family card numbers of a batch; -1 where there is none, or a damaged one."""
    if "family_number" not in frame.columns:
        return np.full(frame.height, -1, dtype=np.int64)
    cells, numbers = frame["family_number"], tried["family_number value"].to_numpy()
    shape = shapes(cells, numbers, tried["family_number length"].to_numpy())
    cards = np.where(shape.sound, numbers, -1)
    rows = np.flatnonzero(shape.sound & (numbers < 0))
    if len(rows):
        words = cells.gather(rows).str.strip_chars().str.strip_prefix("'")
        cards[rows] = words.cast(pl.Int64, strict=False).fill_null(-1).to_numpy()
    return cards


def _packed(rows: pl.DataFrame) -> pl.DataFrame:
    """Put eight answers into one number: hashing costs by column."""
    answers = [name for name in rows.columns if rows.schema[name] == pl.Int8]
    words = np.zeros((-(-len(answers) // 8), rows.height, 8), dtype=np.int8)
    for at, name in enumerate(answers):
        words[at // 8, :, at % 8] = rows[name].to_numpy()
    eights = [pl.Series(f"answers {at}", one[:, 0]) for at, one in enumerate(words.view(np.int64))]
    return rows.drop(answers).with_columns(eights)


def _key(names: Collection[str]) -> str:
    """Choose the column that every row of data fills."""
    return next((one for one in (*_PLACES, "size") if one in names), "")


def _number_type(variable: str) -> type[pl.DataType] | None:
    """Say what number a cell should hold: a code, an amount; None for text."""
    kind = variables()[variable].kind
    if kind in {"category", "yes_no"}:
        return pl.Int8
    if kind == "money":
        return pl.Int64
    return pl.Float64 if kind in {"number", "whole"} or variable in POINT else None


def _is_read(variable: str) -> bool:
    one = variables()[variable]
    return one.answers or variable in {*_PLACES, *POINT, *_NUMBERS, "member_relation"}


def open_register(
    source: TableSource,
    *,
    generation: str,
    named: Mapping[str, str],
    required: tuple[str, ...],
    numerals: Numerals = "",
    salt: bytes = b"",
) -> Register:
    """
    Open a register and recognise its columns.

    `generation`: Code generation; empty leaves coded answers unread.
    `required`: Variables without which the register cannot be used.
    `numerals`: How the file writes numbers, where the study says so.
    `salt`: Secret that the households get keys from; empty: they get none.
    Returns: Its rows are not read yet.
    Raises MissingFileError: There is no such file.
    Raises DataError: The file is damaged or empty, or lacks a column.
    """
    known = known_headers() | {fold_header(name) for name in named.values()}
    grid = open_grid(source, named_by="[[households]] path", known=known)
    header = find_header(grid, known=known)
    mapped = recognise(header, named=named, sample=data_rows(grid, header))
    missing = [name for variable, name in named.items() if variable not in mapped]
    if missing:
        require_headers(header.names, missing, name=grid.name, unread=grid.unread)
    if not any(one in mapped for one in ("village_code", "village_name")):
        msg = f"{grid.name}: no column with the village is recognised"
        remedy = "Name it in the study: village_code, or district_name and village_name."
        raise DataError(msg, remedy=remedy)
    for one in required:
        if one not in mapped:
            msg = f"{grid.name}: no column is recognised as `{one}`"
            raise DataError(msg, remedy=f"Name it in the study file, key `{one}`.")
    register = Register(grid.name, grid, header, mapped, generation, numerals=numerals, salt=salt)
    _compare_headers(register)
    return register


def _compare_headers(register: Register) -> None:
    """Note headers that only other generations write."""
    others: dict[str, list[str]] = {}
    for variable, header in register.mapped.names.items():
        theirs = generations_of(header, variable)
        if register.generation in theirs:
            # one header of its own is enough: lists are often mixed
            return
        for one in theirs:
            others.setdefault(one, []).append(header)
    fitting = {one: names for one, names in others.items() if len(names) >= _ENOUGH_HEADERS}
    if register.generation and fitting:
        names = max(fitting.values(), key=len)
        told = " atau ".join(_NAMES_OF[one] for one in sorted(fitting) if fitting[one] == names)
        register.gathered.say(
            "generation_conflict", f"judul kolom seperti pada {told}: {', '.join(names[:6])}"
        )
