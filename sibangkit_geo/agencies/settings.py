"""What a study says about money and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.errors import ConfigError

if TYPE_CHECKING:
    from sibangkit_geo.agencies.budget import Objective

_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class AgencySettings:
    """
    The ``[agencies]`` table of a study.

    `catalogue`: TOML with agencies, programmes and the rule of action; empty takes the one of the
        package.
    """

    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """
    One ``[[budget.ceilings]]`` table: what an agency may spend in a year.

    `rupiah`: Ceiling, at least 0.
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
class Decay:
    """
    One ``[[budget.decay]]`` table: new households in need every year.

    `need`: Key of the need, such as ``"roof"``.
    `source`: Where the number comes from; without one it is an assumption.
    """

    need: str
    households_per_year: float
    source: str = ""

    def __post_init__(self) -> None:
        """Check the number."""
        if self.households_per_year < 0:
            msg = f"[[budget.decay]] {self.need}: households_per_year must be at least 0."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """
    The ``[budget]`` table of a study.

    `ceilings`: The ``[[budget.ceilings]]`` tables.
    `objective`: ``"need"``, ``"excess"`` (over the regency's share) or ``"severity"`` (households
        weighted with the place's M0).
    `floor_per_place`: Least share of the need of each place (pocket, or the rest of a district), 0
        to 1.
    `whole_places`: A need in a place is served completely or not at all.
    `costs`: TOML with unit costs; empty takes the one of the package, whose amounts are
        assumptions.
    `decay`: The ``[[budget.decay]]`` tables; a need without one gets no new households.
    """

    ceilings: tuple[Ceiling, ...] = ()
    objective: Objective = "need"
    floor_per_place: float = 0.0
    whole_places: bool = True
    costs: str = ""
    decay: tuple[Decay, ...] = ()

    def __post_init__(self) -> None:
        """Check that there is a ceiling, each once."""
        keys = [(one.agency, one.year) for one in self.ceilings]
        if not keys or len(set(keys)) < len(keys):
            msg = "[budget] needs [[budget.ceilings]], one per agency and year."
            raise ConfigError(msg)
        needs = [one.need for one in self.decay]
        if len(set(needs)) < len(needs):
            msg = "[[budget.decay]] names a need twice."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """
    The ``[target]`` table of a study: the next rate to reach.

    `rate_percent`, `year`: Target, per cent of persons, and its year.
    `series`: TOML with published figures; empty takes the one of the package.
    `exit_share_low`, `exit_share_high`, `served_poor_share`: Assumed share of served poor
        households that leave poverty, from and to, and of the served that are poor, 0 to 1.
        Without all three the effect of the budget on the rate is not worked out: nothing is known
        of it.
    """

    rate_percent: float
    year: int
    source: str
    series: str = ""
    exit_share_low: float | None = None
    exit_share_high: float | None = None
    served_poor_share: float | None = None

    def __post_init__(self) -> None:
        """Check the rate and the assumption."""
        assumed = [self.exit_share_low, self.exit_share_high, self.served_poor_share]
        told = [one for one in assumed if one is not None]
        if told and (len(told) < len(assumed) or not all(0 <= one <= 1 for one in told)):
            msg = (
                "[target] exit_share_low, exit_share_high and served_poor_share are given "
                "together, each 0 to 1, or not at all."
            )
            raise ConfigError(msg)
        if told and told[0] > told[1]:
            msg = "[target] exit_share_low must not be above exit_share_high."
            raise ConfigError(msg)
        if not 0 <= self.rate_percent <= _PERCENT:
            msg = f"[target] rate_percent must be 0 to 100, got {self.rate_percent}."
            raise ConfigError(msg)
