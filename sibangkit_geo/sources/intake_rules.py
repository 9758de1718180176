"""The rules that a register is checked by, with the words of the intake report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sibangkit_geo.model.toml import own_toml

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule of the intake.

    `title`, `rule`, `done`, `decide`: Indonesian: name of the problem, what was checked, what was
        done with the rows, what the user must decide.
    """

    kind: str
    title: str
    rule: str
    done: str
    decide: str


@cache
def rules() -> Mapping[str, Rule]:
    """
    Read the catalogue of rules.

    Returns: By kind, in the order of the report.
    Raises TypeError: An entry is incomplete.
    """
    entries = own_toml(__package__, "intake.id.toml")
    return {kind: Rule(kind=kind, **one) for kind, one in entries.items()}
