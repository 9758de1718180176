"""Doubles between the parts of a register: keyed hashes of numbers, found by partition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sibangkit_geo.registers.household_keys import contents, siphash
from sibangkit_geo.registers.identity import looks_rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from sibangkit_geo.registers.identity import Shapes

    Hashes = NDArray[np.uint64]
    RowNumbers = NDArray[np.uint32]

# a column of which fewer numbers end in 0 has lost no digits: by chance one in ten does
_UNROUNDED = 0.5


class Slice(NamedTuple):
    """
    What one part notes of the numbers of one partition, in the order of its rows.

    `families`, `contents`, `family_rows`: Keyed hash of each family card number and of what its row
        says, and the row.
    `persons`, `person_rows`: Keyed hash of each person's number, and the row.
    """

    families: Hashes
    contents: Hashes
    family_rows: RowNumbers
    persons: Hashes
    person_rows: RowNumbers


class Rounded(NamedTuple):
    """
    How many numbers of a column of 16 digits end in 0; of parts it adds up.

    `numbers`, `rounded`: All of them, and those.
    `lost`, `kept`: Batches that were taken for numbers that lost digits, and others with numbers.
    """

    numbers: int = 0
    rounded: int = 0
    lost: int = 0
    kept: int = 0

    def plus(self, other: Rounded) -> Rounded:
        """Add another part's."""
        return Rounded(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def doubtful(self) -> bool:
        """Whether the column as a whole could have been judged otherwise than in parts."""
        if self.lost:
            return self.kept > 0
        return looks_rounded(self.numbers, self.numbers) and (
            self.rounded >= _UNROUNDED * self.numbers
        )


@dataclass(slots=True)
class Ledger:
    """
    What a part of a register notes of its numbers while it is read.

    `secret`: 16 bytes drawn for the run and stored nowhere; empty notes nothing.
    `partitions`: How many shares the hashes are put into, each of which is searched by itself.
    `known`: Rows that are known to repeat a row of an earlier part.
    `dropped`: Rows that repeat one of the same part.
    """

    secret: bytes = field(repr=False)
    partitions: int = 1
    known: RowNumbers = field(default_factory=lambda: np.zeros(0, dtype=np.uint32), repr=False)
    families: list[tuple[Hashes, Hashes, RowNumbers]] = field(default_factory=list, repr=False)
    persons: list[tuple[Hashes, RowNumbers]] = field(default_factory=list, repr=False)
    dropped: list[RowNumbers] = field(default_factory=list, repr=False)
    rounded: dict[str, Rounded] = field(default_factory=dict)

    def note_shape(self, name: str, shape: Shapes, values: NDArray[np.int64]) -> None:
        """Note how many numbers of a batch end in 0, whatever that was taken for."""
        ends = values % 10 == 0
        rounded = int((ends & (values >= 0) & (shape.sound | shape.digits_lost)).sum())
        numbers = int(shape.sound.sum()) + int((ends & (values >= 0) & shape.digits_lost).sum())
        lost = looks_rounded(rounded, numbers)
        told = Rounded(numbers, rounded, int(lost), int(numbers > 0 and not lost))
        self.rounded[name] = self.rounded.get(name, Rounded()).plus(told)

    def note_families(
        self,
        rows: pl.DataFrame,
        meanings: Mapping[str, Sequence[frozenset[str]]],
        *,
        tried: pl.DataFrame,
        sound: NDArray[np.bool_],
        same: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """
        Note the family cards of a batch.

        `tried`: Hashes of the numbers by the seed of the run.
        `sound`: Which can be compared.
        `same`: Rows that repeat one of the same part.
        Returns: These, and those known to repeat one of an earlier part.
        """
        numbers = rows["row"].to_numpy()
        self.dropped.append(numbers[same].astype(np.uint32))
        dropped: NDArray[np.bool_] = same | np.isin(numbers, self.known)
        if not self.secret:
            return dropped
        at = np.flatnonzero(sound)
        told = contents(rows[at], meanings, self.secret)
        if "person_number hash" in tried.columns:
            told = np.column_stack([told, tried["person_number hash"].to_numpy()[at]])
        hashes = self._keyed(tried["family_number hash"].to_numpy()[at])
        self.families.append((hashes, siphash(told, self.secret), numbers[at].astype(np.uint32)))
        return dropped

    def note_persons(
        self, numbers: NDArray[np.integer], hashes: pl.Series, sound: NDArray[np.bool_]
    ) -> None:
        """Note the persons of a batch; those of repeated rows are not asked for."""
        if self.secret:
            keyed = self._keyed(hashes.to_numpy()[sound])
            self.persons.append((keyed, numbers[sound].astype(np.uint32)))

    def _keyed(self, hashes: Hashes) -> Hashes:
        return siphash(hashes[:, None], self.secret)

    def slices(self) -> tuple[Slice, ...]:
        """
        Put what was noted into partitions, by the hash of the number alone.

        Returns: One per partition.
        """
        families = [_joined(one) for one in zip(*(_NO_FAMILIES, *self.families), strict=True)]
        persons = [_joined(one) for one in zip(*(_NO_PERSONS, *self.persons), strict=True)]
        number = np.uint64(self.partitions)
        of_family, of_person = families[0] % number, persons[0] % number
        return tuple(
            Slice(
                *(column[of_family == at] for column in families),
                *(column[of_person == at] for column in persons),
            )
            for at in range(self.partitions)
        )


_NO_HASH, _NO_ROW = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint32)
_NO_FAMILIES, _NO_PERSONS = (_NO_HASH, _NO_HASH, _NO_ROW), (_NO_HASH, _NO_ROW)


def _joined(pieces: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(pieces)


def families_again(parts: Sequence[Slice]) -> list[tuple[RowNumbers, RowNumbers]]:
    """
    Find family cards that come again, in one partition of all parts.

    `parts`: In the order of the file.
    Returns: Of each part the rows that say what an earlier row with the number says, and those that
        say something else.
    """
    owner, rows = _owners([one.family_rows for one in parts])
    hashes = np.concatenate([_NO_HASH, *(one.families for one in parts)])
    told = np.concatenate([_NO_HASH, *(one.contents for one in parts)])
    again = _come_again(hashes)
    same = _come_again(hashes, told)
    return [
        (rows[(owner == at) & same], rows[(owner == at) & again & ~same])
        for at in range(len(parts))
    ]


def persons_again(parts: Sequence[Slice], repeated: Sequence[RowNumbers]) -> list[RowNumbers]:
    """
    Find numbers of persons that come again, in one partition of all parts.

    `parts`: In the order of the file.
    `repeated`: Rows of each part that are left out.
    Returns: Rows of each part.
    """
    kept = [~np.isin(one.person_rows, gone) for one, gone in zip(parts, repeated, strict=True)]
    owner, rows = _owners([one.person_rows[here] for one, here in zip(parts, kept, strict=True)])
    told = [one.persons[here] for one, here in zip(parts, kept, strict=True)]
    again = _come_again(np.concatenate([_NO_HASH, *told]))
    return [rows[(owner == at) & again] for at in range(len(parts))]


def _owners(rows: Sequence[RowNumbers]) -> tuple[NDArray[np.intp], RowNumbers]:
    """Put the rows of parts one after the other, each with the number of its part."""
    owner = np.repeat(np.arange(len(rows)), [len(one) for one in rows])
    return owner, np.concatenate([_NO_ROW, *rows])


def _come_again(*hashes: Hashes) -> NDArray[np.bool_]:
    """Mark what came before, in the order given."""
    order = np.lexsort(hashes[::-1])
    later = np.zeros(len(order), dtype=np.bool_)
    if len(order) > 1:
        equal = np.logical_and.reduce([one[order][1:] == one[order][:-1] for one in hashes])
        # equal ones keep their order, so that all but the first of them came before
        later[order[1:][equal]] = True
    return later
