"""What the intake of a file found; nothing here says what stands in a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Rows of a file that one rule of the intake concerns; never a value of theirs.

    `column`: Header of the column, empty where the whole row is concerned.
    `rows`: Row numbers as a spreadsheet shows them, ascending; none where the whole column or file
        is concerned.
    `detail`: What the rule needs to say besides, without any personal value.
    """

    kind: str
    column: str
    rows: tuple[int, ...]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """
    What the intake found in one file; one entry per rule and column.

    `findings`: In the order of the catalogue.
    `columns`: Header to the variable it was recognised as; empty for unknown ones.
    `unavailable`: Labels of the needs that the file cannot express.
    """

    file: str
    rows_in: int
    rows_located: int
    findings: tuple[Finding, ...]
    columns: Mapping[str, str]
    unavailable: tuple[str, ...] = ()
