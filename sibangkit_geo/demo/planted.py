"""Which pockets the demo plants: where, how poor, and what is missing there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "housing", "sanitation", "documents", "school", "social_assistance", "health_insurance", ""
]

#: needs of the catalogue that a cause drives up
CAUSE_NEEDS: dict[Cause, tuple[str, ...]] = {
    "housing": ("floor", "wall", "roof", "crowding"),
    "sanitation": ("sanitation",),
    "documents": ("documents",),
    "school": ("school",),
    "social_assistance": ("no_social_assistance",),
    "health_insurance": ("health_insurance",),
    "": (),
}


@dataclass(frozen=True, slots=True)
class PlantedPocket:
    """
    Villages made poorer on purpose.

    `number`: 1, 2, ...; in the order of `PLANTED`.
    `villages`: Dotted codes; neighbors of one another.
    `relative_risk`: Poor share of households against the villages outside every pocket.
    `cause`: What is missing there; empty for a village that is only poor.
    `shape`: ``"compact"``, ``"coast"``, ``"river"`` (a path) or ``"single"``.
    """

    number: int
    villages: tuple[str, ...]
    relative_risk: float
    cause: Cause
    shape: Literal["compact", "coast", "river", "single"]
    since: int = 2020
    until: int = 2025


def _codes(district: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"16.07.{district}.{number}" for number in numbers)


# Chosen on the embedded cells: each one connected, none within 100 m of another one. Risks of 2.5
# to 3 are what an error-controlled method can find at rho = 0.01.
PLANTED: tuple[PlantedPocket, ...] = (
    PlantedPocket(1, _codes("07", 2001, 2006, 2007, 2008, 2018, 2037), 3.0, "housing", "compact"),
    PlantedPocket(2, (*_codes("09", 2021, 2010), *_codes("13", 2022, 2011, 2018, 2017)), 2.8,
                  "sanitation", "coast"),
    # along the Musi above Palembang, far longer than wide
    PlantedPocket(3, _codes("11", 2003, 2015, 2005, 2012, 2006, 2007), 2.6, "documents", "river"),
    PlantedPocket(4, _codes("15", 2004, 2005, 2006, 2007, 2008, 2012), 2.9, "school", "compact"),
    PlantedPocket(5, _codes("06", 2003, 2004, 2005, 2008, 2009, 2010), 3.0,
                  "social_assistance", "compact"),
    PlantedPocket(6, _codes("08", 2009, 2011, 2013, 2016, 2025, 2029), 2.8, "health_insurance",
                  "compact", since=2025),
    PlantedPocket(7, _codes("04", 2040), 3.0, "", "single"),
    PlantedPocket(8, _codes("14", 2006), 3.0, "", "single"),
    # heals between the waves
    PlantedPocket(9, _codes("17", 2001, 2003, 2004, 2005, 2007, 2008), 2.8, "housing", "compact",
                  until=2020),
)  # fmt: skip


def planted_in(year: int, *, pockets: bool) -> tuple[PlantedPocket, ...]:
    """
    List the pockets of one wave.

    Returns: Possibly none.
    """
    return tuple(one for one in PLANTED if pockets and one.since <= year <= one.until)
