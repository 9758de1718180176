"""What is wrong with a file, row by row: gathered while it is read, told without any value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.model.types import Finding
from sibangkit_geo.sources.intake_rules import rules

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True)
class Gathered:
    """
    Findings of one file while it is read.

    `rows`: Row numbers by kind and column, in pieces.
    `details`: Words by kind and column, for findings about a column or the file.
    """

    rows: dict[tuple[str, str], list[NDArray[np.uint32]]] = field(default_factory=dict)
    details: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, kind: str, rows: NDArray[np.integer], *, column: str = "") -> None:
        """
        Note rows.

        `rows`: Row numbers, possibly none.
        `column`: Header of the column.
        """
        if kind not in rules():
            raise KeyError(kind)
        if len(rows):
            self.rows.setdefault((kind, column), []).append(np.asarray(rows, dtype=np.uint32))

    def say(self, kind: str, detail: str, *, column: str = "") -> None:
        """
        Note something about a column or the whole file.

        `detail`: Words, without any personal value.
        `column`: Header of the column.
        """
        if kind not in rules():
            raise KeyError(kind)
        self.details[kind, column] = detail

    def findings(self) -> tuple[Finding, ...]:
        """
        Put the findings in order.

        Returns: In the order of the catalogue, rows ascending and once each.
        """
        order = list(rules())
        keys = sorted({*self.rows, *self.details}, key=lambda key: (order.index(key[0]), key[1]))
        return tuple(
            Finding(
                kind=kind,
                column=column,
                rows=tuple(np.unique(np.concatenate(self.rows[kind, column])).tolist())
                if (kind, column) in self.rows
                else (),
                detail=self.details.get((kind, column), ""),
            )
            for kind, column in keys
        )
