"""Names, numbers and points of a register, found again in what files say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.spatial import KDTree

from sibangkit_geo.disclosure.identity_numbers import DIGITS, is_identity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sibangkit_geo.disclosure.pieces import Vertices

# what stands between two words in text, CSV, JSON and HTML
_BETWEEN = b"\"'<>;,|:=[](){}\t\n\r\v\f"
_BLANKS = bytes.maketrans(_BETWEEN, b" " * len(_BETWEEN))
_SEPARATORS = r"\s\"'<>;,|:=\[\](){}"
_ENDS = (b". ", b"! ", b"? ")
_LONGEST_NAME = 8

_POINT = r"^(?<x>[+-]?[0-9]+(?:[.,][0-9]+)?) (?<y>[+-]?[0-9]+(?:[.,][0-9]+)?)$"
# half of the sixth decimal (5 cm), which files round to; corners of areas are many, and some would
# lie on a house by chance: for them the seventh, and only points with six decimals or more
_NEAR_POINT, _NEAR_CORNER, _FINE = 6e-7, 1.2e-7, 6


def words(text: str) -> list[bytes]:
    """Cut a text into its words, lower case, without the signs between them."""
    if text.isascii():
        plain = text.encode("ascii").lower()
    else:
        plain = text.lower().replace("\u00a0", " ").encode("utf-8", errors="ignore")
    plain = plain.translate(_BLANKS) + b" "
    for end in _ENDS:
        while end in plain:
            plain = plain.replace(end, b" ")
    return plain.split()


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Texts of a register that are looked for.

    `texts`, `firsts`: Words with one blank between them, and their first words.
    `lengths`: How many words they have.
    """

    texts: frozenset[bytes]
    firsts: frozenset[bytes]
    lengths: tuple[int, ...]

    @classmethod
    def nothing(cls) -> Wanted:
        """Look for nothing."""
        return cls(frozenset(), frozenset(), ())

    @classmethod
    def of(cls, personal: Collection[str], *, met: set[bytes]) -> Wanted:
        """
        Keep the texts whose first and last word occur at all: few of a million do.

        `met`: Every word of every file.
        """
        runs = [words(one) for one in _possible(personal, met)]
        return cls(
            frozenset(b" ".join(run) for run in runs if run),
            frozenset(run[0] for run in runs if run),
            tuple(sorted({min(len(run), _LONGEST_NAME) for run in runs if run})),
        )

    def count(self, found: Sequence[bytes]) -> int:
        """Count the texts among the words of a file."""
        begun = self.firsts.intersection(found)
        return sum(run in self.texts for run in self._runs(found, begun)) if begun else 0

    def _runs(self, found: Sequence[bytes], begun: frozenset[bytes]) -> Iterator[bytes]:
        for at, word in enumerate(found):
            if word in begun:
                for length in self.lengths:
                    if at + length <= len(found):
                        yield b" ".join(found[at : at + length])


def _possible(personal: Collection[str], met: set[bytes]) -> list[str]:
    texts = pl.Series(list(personal), dtype=pl.String)
    known = pl.Series([one.decode("utf-8", errors="ignore") for one in met], dtype=pl.String)
    for end in (rf"^[{_SEPARATORS}]*([^{_SEPARATORS}]+)", rf"([^{_SEPARATORS}]+)[{_SEPARATORS}]*$"):
        word = texts.str.to_lowercase().str.extract(end).str.strip_chars_end(".!?")
        texts = texts.filter(word.is_in(known.implode()))
    return texts.to_list()


def odd_numbers(personal: Collection[str]) -> frozenset[str]:
    """Choose the identity numbers of a register that no grammar would find."""
    texts = pl.Series(list(personal), dtype=pl.String)
    numbers = texts.filter((texts.str.len_bytes() == DIGITS) & texts.str.contains("^[0-9]+$"))
    return frozenset(one for one in numbers.to_list() if not is_identity(one))


class HousePoints:
    """Points of a register, found among vertices."""

    def __init__(self, personal: Collection[str]) -> None:
        texts = pl.Series("text", list(personal), dtype=pl.String).to_frame()
        found = texts.select(pl.col("text").str.extract_groups(_POINT)).unnest("text").drop_nulls()
        degrees = found.select(pl.all().str.replace(",", ".").cast(pl.Float64))
        decimals = found.select(pl.all().str.extract("[.,]([0-9]+)").str.len_bytes().fill_null(0))
        self._all = degrees.to_numpy().reshape(-1, 2)
        self._fine = self._all[(decimals.to_numpy() >= _FINE).all(axis=1)]

    def __len__(self) -> int:
        """Count the points, each in both orders."""
        return len(self._all)

    def count(self, seen: Vertices) -> int:
        """Count the vertices that lie on a point of the register."""
        points = self._all if seen.alone else self._fine
        near = _NEAR_POINT if seen.alone else _NEAR_CORNER
        if not len(points):
            return 0
        corners = seen.degrees[np.isfinite(seen.degrees).all(axis=1)]
        distance, _ = KDTree(points).query(corners, p=np.inf, distance_upper_bound=near)
        return int(np.isfinite(distance).sum())
