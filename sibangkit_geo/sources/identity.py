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
_EXPONENT = r"(?i)^\s*\d+([.,]\d+)?e\+?\d+\s*$"
# spreadsheets keep 15 digits of a number: all 16-digit numbers of a column then end in 0. Below 20
# numbers chance could do it (0.1 to the power of 20 is none)
_ENOUGH, _ROUNDED = 20, 0.98
_SLOTS = 1 << 24
# a table of the last row per slot, for doubles inside one batch
_OWNERS = 1 << 21
_HIGHEST = 10**_DIGITS - 1


@dataclass(frozen=True, slots=True)
class Shapes:
    """
    How the numbers of one batch are shaped.

    Attributes
    ----------
    sound
        Sixteen digits.
    digits_lost
        Written with an exponent, or rounded by a spreadsheet.
    malformed
        Anything else that is not empty.
    """

    sound: NDArray[np.bool_]
    digits_lost: NDArray[np.bool_]
    malformed: NDArray[np.bool_]


def shapes(cells: pl.Series, numbers: NDArray[np.int64], lengths: NDArray[np.uint32]) -> Shapes:
    """
    Tell sound numbers from damaged ones; nothing is repaired.

    Parameters
    ----------
    cells
        Text as it came; empty is null.
    numbers
        The cells as whole numbers, -1 where they are none.
    lengths
        Bytes of the cells, 0 where they are empty.

    Returns
    -------
    shapes
        One kind per cell that is not empty.

    Raises
    ------
    Nothing
        Every text has a shape.
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
        if rounded.sum() >= _ROUNDED * count:
            lost |= rounded
            sound &= ~rounded
    return Shapes(sound, lost, malformed)


@dataclass(frozen=True, slots=True)
class Seen:
    """
    Numbers met so far, as hashes with a seed that is drawn anew and never written down.

    Attributes
    ----------
    seed
        Of the hash; without it a hash leads back to nobody.
    slots
        Which slots of the hash are taken: a quick no for most numbers.
    hashes, contents
        Hash of every number and of what stood beside it, batch by batch.
    """

    seed: int = field(default_factory=lambda: secrets.randbits(63), repr=False)
    slots: NDArray[np.bool_] = field(
        default_factory=lambda: np.zeros(_SLOTS, dtype=np.bool_), repr=False
    )
    hashes: list[pl.Series] = field(default_factory=list, repr=False)
    contents: list[pl.Series] = field(default_factory=list, repr=False)

    def again(
        self, hashes: pl.Series, contents: pl.Series, sound: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """
        Tell which numbers of a batch were met before, in it or in an earlier one.

        Parameters
        ----------
        hashes
            Hashes of the numbers, by `seed`.
        contents
            Hash of what the row says.
        sound
            Which numbers can be compared; the others are never met again.

        Returns
        -------
        again
            The number stood in an earlier row.
        same
            An earlier row with the number had the same content too.

        Raises
        ------
        Nothing
            An empty batch has no doubles.
        """
        keys = hashes.to_numpy()
        first, second = _slots(keys)
        met = np.flatnonzero(self.slots[first] & sound)
        met = met[self.slots[second[met]]]
        known = self._known(keys, met)
        doubled = _doubled(keys, np.flatnonzero(sound))
        again = np.zeros(len(keys), dtype=np.bool_)
        same = np.zeros(len(keys), dtype=np.bool_)
        if known or len(doubled):
            candidate = np.flatnonzero(sound & np.isin(keys, [*known, *doubled]))
            words = contents.gather(candidate).to_list()
            for row, number, word in zip(candidate, keys[candidate].tolist(), words, strict=True):
                again[row] = number in known
                same[row] = word in known.setdefault(number, set())
                known[number].add(word)
        if not sound.all():
            keep = pl.Series(sound)
            first, second = first[sound], second[sound]
            hashes, contents = hashes.filter(keep), contents.filter(keep)
        self.slots[first] = True
        self.slots[second] = True
        self.hashes.append(hashes)
        self.contents.append(contents)
        return again, same

    def _known(self, keys: NDArray[np.uint64], met: NDArray[np.intp]) -> dict[int, set[int]]:
        """Look the numbers whose slots are taken up among all earlier ones, with their contents."""
        known: dict[int, set[int]] = {}
        if not len(met):
            return known
        wanted = pl.Series(np.unique(keys[met])).implode()
        for old, content in zip(self.hashes, self.contents, strict=True):
            hit = old.is_in(wanted)
            for number, word in zip(old.filter(hit), content.filter(hit), strict=True):
                known.setdefault(number, set()).add(word)
        return known


def _slots(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take two slots from different bits of a hash: one alone is often taken by chance."""
    mask = np.uint64(_SLOTS - 1)
    return (keys & mask).astype(np.int64), ((keys >> np.uint64(32)) & mask).astype(np.int64)


def _doubled(keys: NDArray[np.uint64], rows: NDArray[np.intp]) -> NDArray[np.uint64]:
    """
    Find the numbers that stand twice in one batch.

    The last row of each slot owns it; a row that lost its slot to an equal number
    is a double, the others try again among themselves.
    """
    near = (keys & np.uint64(_OWNERS - 1)).astype(np.int64)
    owner = np.empty(_OWNERS, dtype=np.int32)
    found = [np.empty(0, dtype=np.uint64)]
    rows = rows.astype(np.int32)
    # only slots that are written are read
    while len(rows):
        owner[near[rows]] = rows
        theirs = owner[near[rows]]
        lost = theirs != rows
        rows, theirs = rows[lost], theirs[lost]
        equal = keys[rows] == keys[theirs]
        found.append(keys[rows[equal]])
    return np.unique(np.concatenate(found))
