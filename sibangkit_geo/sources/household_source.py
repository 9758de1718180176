"""What a study says about a register of households."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sibangkit_geo.codes import CodeSystem  # noqa: TC001 - the grammar of the study file
from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.model.numeric_columns import Numerals  # noqa: TC001 - the grammar of the study
from sibangkit_geo.model.toml import require_year
from sibangkit_geo.sources.columns import variables

CodeGeneration = Literal["bdt2015", "regsosek2022", "dtsen2025", "p3ke", "bkkbn"]
#: variables that have a key of their own in the study file
OWN_KEYS = ("village_code", "district_name", "village_name", "size", "longitude", "latitude",
            "photo")  # fmt: skip


@dataclass(frozen=True, slots=True)
class HouseholdSource:
    """
    One ``[[households]]`` table of a study.

    Attributes
    ----------
    path
        File, one row per household; or an SQLAlchemy address with `table`.
    code_generation
        Which list of category codes the items follow; never guessed.
    year
        Year of the data.
    code_system
        Which codes ``village_code`` holds; never guessed.
    village_code, district_name, village_name, size
        Columns with the village (its code, or both names) and the number of people; where
        empty the alias catalogue looks for them.
    longitude, latitude, photo, photo_folder
        Where a house stands and its picture; read at level internal only.
    source
        Words for the source line.
    sheet, table
        Sheet of a workbook, table of a database.
    numerals
        How the file writes numbers, ``"id"`` (1.234,5) or ``"en"`` (1,234.5), where its
        columns do not tell.
    columns
        Canonical variable to column, where the alias catalogue does not know it.

    Examples
    --------
    >>> source = HouseholdSource(
    ...     "rt.csv", "regsosek2022", 2023, "kemendagri", size="jml_art", columns={"roof": "atap"}
    ... )
    >>> source.named(spending="belanja")
    {'size': 'jml_art', 'roof': 'atap', 'spending': 'belanja'}
    """

    path: str
    code_generation: CodeGeneration
    year: int
    code_system: CodeSystem
    village_code: str = ""
    size: str = ""
    district_name: str = ""
    village_name: str = ""
    longitude: str = ""
    latitude: str = ""
    photo: str = ""
    photo_folder: str = ""
    source: str = ""
    sheet: str = ""
    table: str = ""
    numerals: Numerals = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the year and the names of ``[households.columns]``."""
        require_year(self.year)
        for name in self.columns:
            if name not in variables():
                msg = f'[households.columns] unknown variable "{name}". '
                raise ConfigError(msg + nearest(name, variables()))

    def named(self, *, spending: str = "") -> dict[str, str]:
        """
        List the columns that the study names.

        `spending`: Column that the poverty rule names.
        Returns: Canonical variable to header; empty ones are not named.
        """
        own = {name: getattr(self, name) for name in OWN_KEYS if getattr(self, name)}
        return own | dict(self.columns) | ({"spending": spending} if spending else {})
