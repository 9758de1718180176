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
_SLOTS = 1 << 25
# a table of the last row per slot, for doubles inside one batch
_OWNERS = 1 << 21
_LOWEST, _HIGHEST = 10 ** (_DIGITS - 1), 10**_DIGITS - 1


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


def shapes(cells: pl.Series, numbers: pl.Series) -> Shapes:
    """
    Tell sound numbers from damaged ones; nothing is repaired.

    Parameters
    ----------
    cells
        Text as it came; empty is null.
    numbers
        The cells as whole numbers, null where they are none.

    Returns
    -------
    shapes
        One kind per cell that is not empty.

    Raises
    ------
    Nothing
        Every text has a shape.
    """
    value = numbers.fill_null(-1).to_numpy()
    # 16 digits without the spaces or signs that a number may carry
    sound = (value >= _LOWEST) & (value <= _HIGHEST)
    lengths = cells.str.len_bytes().fill_null(0).to_numpy()
    sound |= (value >= 0) & (value < _LOWEST)
    sound &= lengths == _DIGITS
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
        rounded = sound & (value % 10 == 0)
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
        self, numbers: pl.Series, contents: pl.Series, sound: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """
        Tell which numbers of a batch were met before, in it or in an earlier one.

        Parameters
        ----------
        numbers
            Text of the numbers.
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
        hashes = numbers.hash(self.seed)
        slot = (hashes.to_numpy() & np.uint64(_SLOTS - 1)).astype(np.int64)
        place = np.arange(len(slot), dtype=np.int32)
        owner = np.empty(_OWNERS, dtype=np.int32)
        near = slot & (_OWNERS - 1)
        owner[near] = place
        # rows that share a slot with a later one, and those later ones
        inside = owner[near] != place
        inside[owner[near[inside]]] = True
        candidate = np.flatnonzero(sound & (self.slots[slot] | inside))
        again = np.zeros(len(numbers), dtype=np.bool_)
        same = np.zeros(len(numbers), dtype=np.bool_)
        if len(candidate):
            known: dict[int, set[int]] = {}
            wanted = hashes.gather(candidate).unique()
            for old, content in zip(self.hashes, self.contents, strict=True):
                hit = old.is_in(wanted.implode())
                for number, words in zip(old.filter(hit), content.filter(hit), strict=True):
                    known.setdefault(number, set()).add(words)
            for row, number, words in zip(
                candidate.tolist(), hashes.gather(candidate), contents.gather(candidate),
                strict=True,
            ):  # fmt: skip
                again[row] = number in known
                same[row] = words in known.setdefault(number, set())
                known[number].add(words)
        self.slots[slot[sound]] = True
        self.hashes.append(hashes.filter(pl.Series(sound)))
        self.contents.append(contents.filter(pl.Series(sound)))
        return again, same
