"""Rows of a table that are no data: totals, notes, sources, signatures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = re.compile(
    r"(?i)\s*(grand\s*total|sub\s*total|total|jumlah|rata\s*-?\s*rata|sumber|catatan|keterangan|"
    r"ket\b|dicetak|mengetahui|\*)"
)


def opens_no_data(cell: str) -> bool:
    """
    Tell whether a cell begins as totals and notes do.

    Returns: True for "Jumlah", "TOTAL", "Sumber: ..." and the like.
    """
    return _WORDS.match(cell) is not None


def is_no_data(cells: Sequence[str | None]) -> bool:
    """
    Tell whether a row without its key is no data.

    `cells`: Cells of the row, or of the columns that matter.
    Returns: True when at most one cell is filled, or one begins as a total does.
    """
    filled = [cell for cell in cells if cell and cell.strip()]
    return len(filled) <= 1 or any(map(opens_no_data, filled))
