"""What codes and labels of the known registers mean, generation by generation."""

from __future__ import annotations

import csv
import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from sibangkit_geo.sources.readers import fold_header

if TYPE_CHECKING:
    from collections.abc import Mapping

# DTSEN keeps the code list of Regsosek-2022
_LIST_OF = {"dtsen2025": "regsosek2022"}


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
    text = resources.files(__package__).joinpath("labels.toml").read_text("utf-8")
    return tomllib.loads(text)
