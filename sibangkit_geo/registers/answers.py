"""Cells of a register as canonical values: categories, yes and no, numbers; nothing repaired."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sibangkit_geo.model.numeric_columns import (
    DECIMAL_MARK,
    Evidence,
    NumberKind,
    NumericColumn,
)
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.registers.households import MISSING
from sibangkit_geo.sources.readers import fold_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.model.numeric_columns import Numerals
    from sibangkit_geo.sources.columns import Variable

_CODE_THEN_LABEL = re.compile(r"(\d{1,2})(?:\.0+)?(?:\s*[.)\-:]\s*(.*))?")
_PARTS = re.compile(r"\s*(?:/|,|;|\batau\b|\bdan\b)\s*")
# one value more than a register's longest list; the rest of an 8-bit code is free
_CODES = 128
#: stands for "no code" among 8-bit numbers
NO_CODE = _CODES - 1

_NOT_UNDERSTOOD = MISSING - 1

# DTSEN keeps the code list of Regsosek-2022
_LIST_OF = {"dtsen2025": "regsosek2022"}


@dataclass(frozen=True, slots=True)
class Reading:
    """
    Answers of one column of one batch.

    `values`: Ids of meanings; missing is -1.
    `unknown`: Rows whose cell says something that cannot be read.
    """

    values: NDArray[np.int8]
    unknown: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NumberReading:
    """
    Numbers of one column of one batch.

    `values`: Missing is NaN.
    `unreadable`: Rows whose cell says something that is no number.
    `outside`: Rows whose number cannot be true of the variable.
    `evidence`: How the cells are written that are more than digits.
    `below`: How many of those outside are too small.
    """

    values: NDArray[np.float64]
    unreadable: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    evidence: Evidence
    below: int = 0


@dataclass(slots=True)
class Categories:
    """
    The meanings of one categorical column, by id.

    `codes`: Code to meaning, of the register's generation; empty where it has no list.
    `labels`: Folded label to meaning.
    `meanings`: Meaning of each id; several where a label merges them. Grows while reading.
    """

    variable: str
    codes: Mapping[int, str]
    labels: Mapping[str, str]
    meanings: list[frozenset[str]] = field(default_factory=list)

    def read(self, cells: pl.Series, numbers: NDArray[np.int8]) -> Reading:
        """
        Read a batch: codes at once, words one by one.

        `cells`: Text or numbers as they came; empty is null.
        `numbers`: The cells as 8-bit numbers, `NO_CODE` where they are none.
        """
        # a table of bytes: translating is several times as fast as indexing; negative numbers are
        # the upper half, which holds nothing
        table = np.full(2 * _CODES, MISSING, dtype=np.int8)
        for code, meaning in self.codes.items():
            table[code] = self._id(frozenset({meaning}))
        found = numbers.tobytes().translate(table.tobytes())
        ids: NDArray[np.int8] = np.frombuffer(found, dtype=np.int8)
        unknown = np.zeros(len(ids), dtype=np.bool_)
        if np.count_nonzero(ids == MISSING) > cells.null_count():
            ids = ids.copy()
            open_rows = np.flatnonzero((ids == MISSING) & cells.is_not_null().to_numpy())
            words = cells.gather(open_rows).cast(pl.String)
            mine = {word: self._word(word) for word in words.unique().to_list()}
            ids[open_rows] = [mine[word] for word in words.to_list()]
            unknown = ids == _NOT_UNDERSTOOD
            ids[unknown] = MISSING
        return Reading(ids, unknown)

    def _id(self, meaning: frozenset[str]) -> int:
        if meaning not in self.meanings:
            self.meanings.append(meaning)
        return self.meanings.index(meaning)

    def _word(self, word: str) -> int:
        """Look up a code with its label, a label, or a label that merges several."""
        if not word.strip():
            return MISSING
        numbered = _CODE_THEN_LABEL.fullmatch(word.strip())
        if numbered and int(numbered.group(1)) in self.codes:
            meaning = self.codes[int(numbered.group(1))]
            # a label of another code betrays another list
            told = self.labels.get(fold_label(numbered.group(2) or ""), meaning)
            return self._id(frozenset({meaning})) if told == meaning else _NOT_UNDERSTOOD
        label = fold_label(numbered.group(2) if numbered and numbered.group(2) else word)
        if label in self.labels:
            return self._id(frozenset({self.labels[label]}))
        parts = [fold_label(part) for part in _PARTS.split(word) if fold_label(part)]
        if len(parts) > 1 and all(part in self.labels for part in parts):
            return self._id(frozenset(self.labels[part] for part in parts))
        return _NOT_UNDERSTOOD


def categories(variable: Variable, *, generation: str, column: str) -> Categories:
    """
    Prepare the meanings of one column under one code generation.

    `generation`: ``bdt2015``, ``regsosek2022``, ``dtsen2025``, ``p3ke`` or ``bkkbn``.
    `column`: Header as written: BDT-2015 says yes with 1 in some columns and with 3 in others.
    Returns: Without codes where the generation has no known list: words alone count.
    """
    codes, labels = meanings_of(
        variable.name, generation=generation, column=column, yes_no=variable.kind == "yes_no"
    )
    return Categories(variable.name, codes, labels)


def number_kind(variable: Variable) -> NumberKind:
    """Say what the numbers of a variable can be; a dash is no answer, not nothing."""
    return NumberKind(
        variable.low,
        variable.high,
        whole=variable.kind == "whole",
        money=variable.kind == "money",
        nothing=float("nan"),
    )


def read_number(
    cells: pl.Series, numbers: NDArray[np.float64], variable: Variable, *, numerals: Numerals = ""
) -> NumberReading:
    """
    Read a batch of numbers; every cell of a register's variables has one reading only.

    Thousands are impossible in areas, sizes and deciles, thousandths in rupiah, so that no
    other row has to be asked what a mark means.

    `cells`: Text or numbers as they came; empty is null.
    `numbers`: The cells as numbers, NaN where they are none.
    `numerals`: Key ``numerals`` of the study: the only way of writing that is allowed.
    Returns: What is no number, out of range or no whole number where it must be one is missing and
        marked.
    """
    kind = number_kind(variable)
    plain = (numbers >= kind.low) & (numbers <= kind.high) & np.isfinite(numbers)
    if kind.whole:
        plain &= np.floor(numbers) == numbers
    nothing = np.zeros(len(numbers), dtype=np.bool_)
    if np.count_nonzero(plain) + cells.null_count() == len(numbers):
        # nearly every batch of a sound register ends here
        return NumberReading(numbers, nothing, nothing, Evidence())
    amounts = np.where(plain, numbers, np.nan)
    rows = np.flatnonzero(~plain & cells.is_not_null().to_numpy())
    words = cells.gather(rows).cast(pl.String)
    if variable.words:
        words = words.str.replace(_worded(variable.words), "${1}")
    column = NumericColumn.of(words, kind)
    read = column.numbers(DECIMAL_MARK[numerals], strict=bool(numerals))
    amounts[rows] = read.amounts
    unreadable, outside, below = nothing, nothing, 0
    if read.bad.any():
        anything = replace(kind, low=float("-inf"), high=float("inf"), whole=False, money=False)
        wide = NumericColumn.of(words, anything).numbers("")
        unreadable, outside = nothing.copy(), nothing.copy()
        unreadable[rows] = read.bad & wide.bad
        outside[rows] = read.bad & ~wide.bad
        below = int((read.bad & (wide.amounts < kind.low)).sum())
    return NumberReading(amounts, unreadable, outside, column.evidence, below)


@cache
def _worded(words: tuple[str, ...]) -> str:
    """Match a number between words that say nothing more, or before its label."""
    listed = "|".join(map(re.escape, words))
    about = rf"(?:(?:{listed})\s*[-.:]?\s*)*"
    return rf"(?i)^\s*{about}(\d[\d.,]*)\s*(?:{listed}|[-.):/(]\s*[^\d]*)?\s*$"


def meanings_of(
    variable: str, *, generation: str, column: str, yes_no: bool
) -> tuple[Mapping[int, str], Mapping[str, str]]:
    """
    List what codes and words of one column mean under one generation.

    `column`: Header as written: BDT-2015 says yes with 1 in some columns and with 3 in others.
    Returns: Code to meaning; empty where the generation has no known list.
    Returns: Folded label to meaning, of all generations.
    """
    listed = _LIST_OF.get(generation, generation)
    if yes_no:
        return _yes_no(listed, column), _labels("yes_no", listed)
    codes = {code: meaning for code, (meaning, _) in code_list(generation, variable).items()}
    return codes, _labels(variable, listed)


def code_list(generation: str, variable: str) -> Mapping[int, tuple[str, str]]:
    """
    List the codes of one variable in one generation.

    Returns: Code to meaning and label; empty where no list is known.
    """
    listed = _LIST_OF.get(generation, generation)
    return {
        int(row["code"]): (row["category"], row["label"])
        for row in _code_rows()
        if row["code_generation"] == listed and row["variable"] == variable
    }


def generations_of(header: str, variable: str) -> frozenset[str]:
    """
    Tell which generations call a variable by a header.

    Returns: Of those whose code list is known; DTSEN shares that of Regsosek-2022.
    """
    listed = {
        row["code_generation"]
        for row in _code_rows()
        if row["variable"] == variable and fold_header(header) in row["source_column"].split(",")
    }
    return frozenset(listed | {new for new, old in _LIST_OF.items() if old in listed})


def fold_label(label: str) -> str:
    """
    Reduce a label to lower-case words.

    Parameters
    ----------
    label
        Words as written.

    Returns
    -------
    folded
        Letters and digits, one space between words; signs that compare stay.

    Examples
    --------
    >>> fold_label(" Kayu/Papan ")
    'kayu papan'
    """
    return " ".join(re.findall(r"[^\W_]+|[<>=]+", label.lower()))


@cache
def _code_rows() -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("register_codes.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _yes_no(generation: str, column: str) -> dict[int, str]:
    if generation == "regsosek2022":
        return {1: "yes", 2: "no"}
    found = {}
    for row in _code_rows():
        listed = row["code_generation"] == generation and row["category"] in {"yes", "no"}
        if listed and fold_header(column) in row["source_column"].split(","):
            found[int(row["code"])] = row["category"]
    return found


@cache
def _labels(variable: str, generation: str) -> Mapping[str, str]:
    """Gather the words of a variable; the register's own code list goes before all others."""
    own = _own_labels().get(variable, {})
    words = {fold_label(word): meaning for meaning, listed in own.items() for word in listed}
    rows = [row for row in _code_rows() if row["variable"] == variable]
    for row in sorted(rows, key=lambda row: row["code_generation"] == generation):
        if row["code_generation"] == generation or fold_label(row["label"]) not in words:
            words[fold_label(row["label"])] = row["category"]
    return words


@cache
def _own_labels() -> Mapping[str, Mapping[str, list[str]]]:
    return own_toml(__package__, "labels.toml")
