"""Numbers that name a person: checked for shape and for doubles, hashed in memory, never kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

# NIK and nomor KK have 16 digits (Permendagri 19/2012 for the NIK)
_DIGITS = 16
# a number with the exponent 0 is written in full
_EXPONENT = r"(?i)^\s*\d+([.,]\d+)?e\+?0*[1-9]\d*\s*$"
# spreadsheets keep 15 digits of a number: all 16-digit numbers of a column then end in 0. Below 20
# numbers chance could do it (0.1 to the power of 20 is none)
_ENOUGH, _ROUNDED = 20, 0.98
# slots and rows to begin with; both grow
_SLOTS = 1 << 21
_ROWS = 1 << 20
_HIGHEST = 10**_DIGITS - 1


@dataclass(frozen=True, slots=True)
class Shapes:
    """
    How the numbers of one batch are shaped.

    `malformed`: Anything else that is not empty.
    """

    sound: NDArray[np.bool_]
    digits_lost: NDArray[np.bool_]
    malformed: NDArray[np.bool_]


def shapes(cells: pl.Series, numbers: NDArray[np.int64], lengths: NDArray[np.uint32]) -> Shapes:
    """
    Tell sound numbers from damaged ones; nothing is repaired.

    `cells`: Text as it came; empty is null.
    `numbers`: The cells as whole numbers, -1 where they are none.
    `lengths`: Bytes of the cells, 0 where they are empty.
    Returns: One kind per cell that is not empty.
    """
    # 16 digits without the spaces or signs that a number may carry
    sound = (numbers >= 0) & (numbers <= _HIGHEST) & (lengths == _DIGITS)
    other = np.flatnonzero(~sound & (lengths > 0))
    lost = np.zeros(len(cells), dtype=np.bool_)
    malformed = np.zeros(len(cells), dtype=np.bool_)
    if len(other):
        words = cells.gather(other)
        plain = words.str.strip_chars().str.strip_prefix("'")
        again = plain.str.contains(rf"^\d{{{_DIGITS}}}$").to_numpy()
        exponent = words.str.contains(_EXPONENT).to_numpy()
        filled = (plain.str.len_bytes() > 0).to_numpy()
        sound[other] = again
        lost[other] = exponent
        malformed[other] = filled & ~again & ~exponent
    count = int(sound.sum())
    if count >= _ENOUGH:
        rounded = sound & (numbers % 10 == 0)
        if looks_rounded(int(rounded.sum()), count):
            lost |= rounded
            sound &= ~rounded
    return Shapes(sound, lost, malformed)


def looks_rounded(rounded: int, count: int) -> bool:
    """
    Tell a column whose numbers a spreadsheet rounded.

    `rounded`: How many of its `count` numbers of 16 digits end in 0.
    """
    return count >= _ENOUGH and rounded >= _ROUNDED * count


def _no_rows(number: int) -> NDArray[np.int32]:
    return np.full(number, -1, dtype=np.int32)


def _no_hashes(number: int) -> NDArray[np.uint64]:
    return np.zeros(number, dtype=np.uint64)


@dataclass(slots=True)
class DuplicateFinder:
    """
    Numbers met so far, as hashes with a seed that is drawn anew and never written down.

    A hash table with open addressing whose slots name rows: a batch asks and enters
    all its numbers at once, and the cost of a row does not grow with their number.

    `seed`: Of the hash; without it a hash leads back to nobody.
    `slots`: Row that holds each slot, -1 for none; the number of slots is a power of two.
    `hashes`, `contents`: Hash of every number and, where asked for, of what stood beside it; the
        first `count` are filled.
    `met`: First row of each number that was met again: the contents that it had.
    """

    seed: int = field(default_factory=lambda: secrets.randbits(63), repr=False)
    slots: NDArray[np.int32] = field(default_factory=lambda: _no_rows(_SLOTS), repr=False)
    hashes: NDArray[np.uint64] = field(default_factory=lambda: _no_hashes(0), repr=False)
    contents: NDArray[np.uint64] = field(default_factory=lambda: _no_hashes(0), repr=False)
    count: int = 0
    met: dict[int, set[int]] = field(default_factory=dict, repr=False)

    def mark(
        self, hashes: pl.Series, sound: NDArray[np.bool_], *, contents: pl.Series | None = None
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """
        Mark the numbers of a batch that were met before, in it or in an earlier one.

        `hashes`: Hashes of the numbers, by `seed`.
        `sound`: Which numbers can be compared; the others are never met again.
        `contents`: Hash of what the row says; None where nobody asks for `same`, for all batches
            alike.
        Returns: An earlier row with the number had the same content too; False without contents.
        """
        again = np.zeros(len(sound), dtype=np.bool_)
        same = np.zeros(len(sound), dtype=np.bool_)
        rows = np.flatnonzero(sound)
        start, end = self.count, self.count + len(rows)
        whole = slice(None) if len(rows) == len(sound) else rows
        self.hashes = _with_room(self.hashes, end)
        self.hashes[start:end] = hashes.to_numpy()[whole]
        if contents is not None:
            self.contents = _with_room(self.contents, end)
            self.contents[start:end] = contents.to_numpy()[whole]
        if 2 * end > len(self.slots):
            # slots stay at least half free, so that few rows try twice
            self.slots = _no_rows(4 * len(self.slots))
            self._enter(0, start)
        self.count = end
        later, first = self._enter(start, end)
        if contents is None:
            again[rows[later - start]] = True
            return again, same
        order = np.argsort(later)
        for row, holder in zip(later[order].tolist(), first[order].tolist(), strict=True):
            known = self.met.setdefault(holder, {int(self.contents[holder])})
            content = int(self.contents[row])
            again[rows[row - start]] = True
            same[rows[row - start]] = content in known
            known.add(content)
        return again, same

    def sizes(self) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
        """
        Count the rows of each number met.

        Returns: Hashes, rising, and how many rows have each.
        """
        return np.unique(self.hashes[: self.count], return_counts=True)

    def _enter(self, start: int, end: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give each row a slot; return the rows whose number has one, and the row that holds it."""
        rows, keys = np.arange(start, end, dtype=np.int32), self.hashes[start:end]
        last = len(self.slots) - 1
        near = (keys & np.uint64(last)).view(np.int64)
        later, first = [rows[:0]], [rows[:0]]
        while len(rows):
            # no slot lies outside; "wrap" only spares a check that costs as much as the look itself
            free = np.flatnonzero(self.slots.take(near, mode="wrap") < 0)[::-1]
            # where several want a slot the last to be written has it, which is the first row
            self.slots[near.take(free)] = rows.take(free)
            holder = self.slots.take(near, mode="wrap")
            other = np.flatnonzero(holder != rows)
            rows, keys, holder = rows.take(other), keys.take(other), holder.take(other)
            equal = self.hashes.take(holder) == keys
            later.append(rows[equal])
            first.append(holder[equal])
            rows, keys = rows[~equal], keys[~equal]
            near = near.take(other)[~equal] + 1 & last
        return np.concatenate(later), np.concatenate(first)


@dataclass(frozen=True, slots=True)
class Members:
    """
    The families of a table with one row per person.

    `families`: Hashes of their cards, rising.
    `rows`: Rows of each.
    `heads`: Hashes of the cards whose head has a row, rising.
    """

    families: NDArray[np.uint64] = field(repr=False)
    rows: NDArray[np.intp] = field(repr=False)
    heads: NDArray[np.uint64] = field(repr=False)

    def has_head(self, hashes: pl.Series) -> NDArray[np.bool_]:
        """Tell which family cards have a row of their head."""
        return np.isin(hashes.to_numpy(), self.heads)

    def sizes(self, hashes: pl.Series, rows: pl.DataFrame) -> pl.Series:
        """Count the people of each row's family, where the file does not say."""
        place = np.searchsorted(self.families, hashes.to_numpy()).clip(max=len(self.rows) - 1)
        counted = pl.Series("size", self.rows[place].astype(np.float64))
        if "size" not in rows.columns:
            return counted
        told = rows["size"]
        return told.zip_with(told.is_not_nan(), counted)


def _with_room(hashes: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    if count <= len(hashes):
        return hashes
    return np.concatenate([hashes, _no_hashes(max(count, 2 * len(hashes), _ROWS) - len(hashes))])
