"""What a study says about money and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.errors import ConfigError

if TYPE_CHECKING:
    from sibangkit_geo.agencies.budget import Objective

_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Ceiling:
    """
    One ``[[budget.ceilings]]`` table: what an agency may spend in a year.

    Attributes
    ----------
    agency
        Key of the agency.
    year
        Budget year.
    rupiah
        Ceiling, at least 0.
    """

    agency: str
    year: int
    rupiah: int

    def __post_init__(self) -> None:
        """Check the amount."""
        if self.rupiah < 0:
            msg = f"[[budget.ceilings]] {self.agency} {self.year}: rupiah must be at least 0."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """
    The ``[budget]`` table of a study.

    Attributes
    ----------
    ceilings
        The ``[[budget.ceilings]]`` tables.
    objective
        ``"need"`` or ``"excess"``.
    floor_per_place
        Least share of the need of each place (pocket, or the rest of a district), 0 to 1.
    whole_places
        A need in a place is served completely or not at all.
    costs
        TOML with unit costs; empty takes the one of the package, whose amounts are
        assumptions.
    """

    ceilings: tuple[Ceiling, ...] = ()
    objective: Objective = "need"
    floor_per_place: float = 0.0
    whole_places: bool = True
    costs: str = ""

    def __post_init__(self) -> None:
        """Check that there is a ceiling, each once."""
        keys = [(one.agency, one.year) for one in self.ceilings]
        if not keys or len(set(keys)) < len(keys):
            msg = "[budget] needs [[budget.ceilings]], one per agency and year."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """
    The ``[target]`` table of a study: the next rate to reach.

    Attributes
    ----------
    rate_percent, year
        Target, per cent of persons, and its year.
    source
        Words for the source line.
    series
        TOML with published figures; empty takes the one of the package.
    """

    rate_percent: float
    year: int
    source: str
    series: str = ""

    def __post_init__(self) -> None:
        """Check the rate."""
        if not 0 <= self.rate_percent <= _PERCENT:
            msg = f"[target] rate_percent must be 0 to 100, got {self.rate_percent}."
            raise ConfigError(msg)
