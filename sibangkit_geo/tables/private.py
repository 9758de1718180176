"""Rows about households. Only sources, join, indicators, demo, rosters and study may import it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo.tables.public import Note

#: columns that name a person and are dropped at the door
IDENTITY_COLUMNS = frozenset(
    {
        "nik",
        "nomor_nik",
        "kk",
        "no_kk",
        "nokk",
        "nomor_kk",
        "nama",
        "nama_krt",
        "nama_kepala",
        "nama_kepala_keluarga",
        "alamat",
        "tanggal_lahir",
        "no_hp",
        "no_pln",
        "id_pln",
    }
)


@dataclass(frozen=True, slots=True)
class Households:
    """
    A register without the columns that name a person; one row per household.

    Attributes
    ----------
    rows
        Indexed by row number of the file (header = 1). Columns ``village_code``
        (text as it came), ``size`` (people, at least 1), ``decile`` (1 to 10 or
        missing) and the register's own coded items.
    code_generation
        Which list of category codes the items follow.
    code_system
        Which area codes ``village_code`` holds.
    year
        Year of the register.
    source
        Words for the source line.
    notes
        What was wrong with the file.
    """

    rows: pd.DataFrame
    code_generation: str
    code_system: str
    year: int
    source: str
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        """Check that no identity column came through."""
        named = IDENTITY_COLUMNS & {str(name).lower() for name in self.rows.columns}
        if named:
            msg = f"Identity columns in a household table: {', '.join(sorted(named))}"
            raise DataError(msg, remedy="Drop them where the file is read.")

    def __len__(self) -> int:
        """Count the households."""
        return len(self.rows)
