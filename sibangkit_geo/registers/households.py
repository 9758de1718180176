"""Rows about households, without the columns that name a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

#: id of an answer that is missing or not understood
MISSING = -1
#: canonical variables that name a person; none of them may stand in a household table
IDENTITY = frozenset(
    {
        "family_number",
        "person_number",
        "household_serial",
        "person_name",
        "address",
        "birth_date",
        "contact",
        "meter_number",
    }
)


@dataclass(frozen=True, slots=True)
class Households:
    """
    A part of a register without the columns that name a person; one row per household.

    `rows`: ``row`` (number in the file), the place as it came (``village_code``,
        ``district_name``, ``village_name``, ``longitude``, ``latitude``, as far as the file has
        them), numbers (``size``, ``decile``, ...; missing is NaN) and answers (ids into
        `meanings`; missing is -1).
    `meanings`: Variable to the meaning of each id; a merged label has several.
    `keys`: Of the households, for the protection of counts; None where nothing is protected.
    """

    rows: pl.DataFrame
    meanings: Mapping[str, tuple[frozenset[str], ...]]
    code_generation: str
    keys: NDArray[np.uint32] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check that no identity column came through."""
        named = IDENTITY & set(self.rows.columns)
        if named:
            msg = f"Identity columns in a household table: {', '.join(sorted(named))}"
            raise DataError(msg, remedy="Drop them where the file is read.")

    def __len__(self) -> int:
        """Count the households."""
        return self.rows.height
