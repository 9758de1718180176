"""The rules that a register is checked by, with the words of the intake report."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

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
    text = resources.files(__package__).joinpath("intake.id.toml").read_text("utf-8")
    return {kind: Rule(kind=kind, **one) for kind, one in tomllib.loads(text).items()}
