"""Levels of readers: who may see what, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sibangkit_geo.disclosure.transitions import Transitions, transitions
from sibangkit_geo.errors import ConfigError

Level = Literal["public", "partner", "agency", "internal"]
LEVELS: tuple[Level, ...] = ("public", "partner", "agency", "internal")
# of the prototype whose protected maps found what true ones do
_LARGEST = 6


@dataclass(frozen=True, slots=True)
class Rights:
    """
    What products of one level hold.

    `reader`: Level and reader, in Indonesian.
    `protected`: Whether counts are protected before the first share is formed.
    `rows`: Whether the intake report names row numbers and true counts.
    `hamlets`: Whether hamlets are searched for among the houses and outlined.
    `houses`: Whether cards, points and photos of houses are shown.
    """

    reader: str
    protected: bool
    rows: bool
    hamlets: bool
    houses: bool


RIGHTS: dict[Level, Rights] = {
    "public": Rights("Untuk umum.", protected=True, rows=False, hamlets=False, houses=False),
    "partner": Rights(
        "Untuk mitra daerah.",
        protected=True,
        rows=False,
        hamlets=False,
        houses=False,
    ),
    "agency": Rights(
        "Hanya untuk perangkat daerah.",
        protected=False,
        rows=True,
        hamlets=True,
        houses=False,
    ),
    "internal": Rights(
        "Hanya untuk petugas yang ditunjuk.",
        protected=False,
        rows=True,
        hamlets=True,
        houses=True,
    ),
}


@dataclass(frozen=True, slots=True)
class DisclosureSettings:
    """
    The ``[disclosure]`` table of a study.

    Attributes
    ----------
    level
        Whom the products are for; the narrowest content when not said.
    minimum_households
        Smallest count that is shown beside 0 at the levels that protect, at least 1.
    largest_deviation
        Households that a count may be moved by at most; at least `minimum_households`, since
        that count itself must be able to fall. When 0: 6, or one more than it.
    variance
        Of that deviation, households squared. At 3, the default, a count is off by 1.7
        households (root mean square).
    minimum_amount
        Averages (poverty gap, intensity) of places that show fewer households are those of
        the district.
    salt
        File with the secret that protection is drawn from; beside the study when empty. Kept
        between runs and years: a new one draws all deviations anew.

    Examples
    --------
    >>> DisclosureSettings().rights.protected, DisclosureSettings(level="agency").rights.protected
    (True, False)
    >>> DisclosureSettings(minimum_households=8).largest  # 8 itself can be drawn down to 0
    9
    """

    level: Level = "public"
    minimum_households: int = 5
    largest_deviation: int = 0
    variance: float = 3.0
    minimum_amount: int = 10
    salt: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.minimum_households < 1:
            msg = "[disclosure] minimum_households must be at least 1."
            raise ConfigError(msg)
        if self.largest_deviation and self.largest_deviation < self.minimum_households:
            msg = (
                "[disclosure] largest_deviation must be at least minimum_households "
                f"({self.minimum_households}), so that this count itself can fall to 0."
            )
            raise ConfigError(msg)
        if not 0 < self.variance <= self.largest**2 / 4:
            # a quarter of the square is near what equal chances of all deviations give
            msg = (
                "[disclosure] variance must be above 0 and at most "
                f"{self.largest**2 / 4:g} (a quarter of largest_deviation squared)."
            )
            raise ConfigError(msg)
        if self.minimum_amount < self.minimum_households:
            msg = "[disclosure] minimum_amount must be at least minimum_households."
            raise ConfigError(msg)

    @property
    def rights(self) -> Rights:
        """What products of this level hold."""
        return RIGHTS[self.level]

    @property
    def largest(self) -> int:
        """Largest deviation, households."""
        return self.largest_deviation or max(_LARGEST, self.minimum_households + 1)

    @property
    def table(self) -> Transitions:
        """Transition table that counts are protected with."""
        return transitions(
            largest=self.largest, variance=self.variance, smallest=self.minimum_households
        )
