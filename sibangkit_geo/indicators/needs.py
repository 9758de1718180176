"""The catalogue of needs: when a household is deprived, and which assistance serves it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.toml import build, own_toml

if TYPE_CHECKING:
    from collections.abc import Collection

    # arrays, and the Series and tables of pandas
    Floats = Any

_EVERYBODY = 10
Rule = Literal["decile", "spending"]

DECILES = 10


@dataclass(frozen=True, slots=True)
class Test:
    """
    One way to be deprived.

    `meanings`: Answers that are deprived; empty for a number.
    `below_per_person`: Deprived below this many per household member; 0 for no such limit.
    `at_most`: Deprived up to this value; 0 for no such limit.
    `optional`: Counts only where the register asks the item.
    """

    item: str
    meanings: frozenset[str] = frozenset()
    below_per_person: float = 0.0
    at_most: float = 0.0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """
    One need of the catalogue.

    `decile_max`: Last decile asked, 10 for everybody.
    """

    key: str
    label: str
    agency: str
    tests: tuple[Test, ...]
    decile_max: int = _EVERYBODY
    served: tuple[str, ...] = ()

    def expressible(self, columns: Collection[str]) -> bool:
        """
        Tell whether a register asks what the need is made of.

        Returns: False where one item or one programme is not asked.
        """
        asked = {one.item for one in self.tests if not one.optional} | set(self.served)
        if any(one.below_per_person for one in self.tests):
            asked.add("size")
        if self.decile_max < _EVERYBODY:
            asked.add("decile")
        return asked <= set(columns)


@dataclass(frozen=True, slots=True)
class _Catalogue:
    need: tuple[Need, ...]


@cache
def need_catalogue() -> tuple[Need, ...]:
    """
    Read the catalogue of needs.

    Returns: In the order of the file.
    Raises ConfigError: An entry lacks key, label, agency or its tests, or two have one key.
    """
    needs = build(_Catalogue, own_toml(__package__, "catalogue.toml"), file="catalogue.toml").need
    keys = [need.key for need in needs]
    if len(set(keys)) < len(keys):
        msg = "catalogue.toml: two needs have one key."
        raise ConfigError(msg)
    return needs


def needs_of(columns: Collection[str]) -> tuple[Need, ...]:
    """
    Tell which needs a register can express.

    Returns: In the order of the catalogue; the others are "tidak tersedia", not zero.
    Raises ConfigError: The catalogue is damaged.
    """
    return tuple(need for need in need_catalogue() if need.expressible(columns))


@dataclass(frozen=True, slots=True)
class PovertyRule:
    """
    The ``[poverty]`` table of a study: who counts as poor in a register.

    Attributes
    ----------
    rule
        ``"decile"``: households in deciles 1 to `decile_max`; ``"spending"``: households whose
        spending per person is below `line_rp_month`.
    decile_max
        Last poor decile, 1 to 10.
    line_rp_month
        Poverty line, rupiah per person per month.
    spending
        Column with rupiah per person per month.

    Examples
    --------
    >>> PovertyRule("decile", decile_max=1).label
    'Desil 1'
    >>> PovertyRule("spending", line_rp_month=500_000, spending="pengeluaran").label
    'Di bawah garis kemiskinan Rp500.000 per orang per bulan'
    """

    rule: Rule
    decile_max: int = 0
    line_rp_month: float = 0.0
    spending: str = ""

    def __post_init__(self) -> None:
        """Check that the rule has what it needs."""
        if self.rule not in get_args(Rule):
            msg = f'[poverty] rule must be one of {get_args(Rule)}, got "{self.rule}".'
            raise ConfigError(msg)
        if self.rule == "decile" and not 1 <= self.decile_max <= DECILES:
            msg = "[poverty] decile_max must be 1 to 10 when rule is decile."
            raise ConfigError(msg)
        if self.rule == "spending" and not (self.line_rp_month > 0 and self.spending):
            msg = "[poverty] rule spending needs line_rp_month above 0 and the column spending."
            raise ConfigError(msg)

    @property
    def label(self) -> str:
        """Word the rule for a legend, in Indonesian."""
        if self.rule == "decile":
            last = self.decile_max
            return "Desil 1" if last == 1 else f"Desil 1–{last}"
        line = f"{self.line_rp_month:,.0f}".replace(",", ".")
        return f"Di bawah garis kemiskinan Rp{line} per orang per bulan"


def relative_shortfall(spending: Floats, line: Floats | float) -> Floats:
    """
    Share of the poverty line that is missing: max(0, 1 - y / z) [1]_.

    Its mean over people, to the power 0, 1 or 2, is the headcount ratio, the poverty gap or
    the severity of poverty.

    Parameters
    ----------
    spending
        Rupiah per person per month (y), at least 0; an achievement in another unit likewise.
    line
        Poverty line or cut-off (z), in the unit of `spending`, above 0.

    Returns
    -------
    shortfall
        0 to 1, shaped as `spending`; 0 at and above the line, missing where `spending` is.

    References
    ----------
    .. [1] Foster, Greer & Thorbecke (1984), Econometrica 52(3), 761-766.

    Examples
    --------
    >>> relative_shortfall(np.array([300.0, 400.0, 500.0]), 400.0).tolist()
    [0.25, 0.0, 0.0]
    """
    return np.maximum(1 - spending / line, 0.0)
