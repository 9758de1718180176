"""One additive count of households per village."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

import pandas as pd

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.tables.public import VillageCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sibangkit_geo.tables.private import Households

_YES = 1
_CATALOGUED_GENERATIONS = frozenset({"regsosek2022", "dtsen2025"})


@dataclass(frozen=True, slots=True)
class PovertyRule:
    """
    The ``[poverty]`` table of a study: who counts as poor in a register.

    Attributes
    ----------
    rule
        ``"decile"``: households in deciles 1 to `decile_max`; ``"spending"``:
        households whose spending per person is below `line_rp_month`.
    decile_max
        Last poor decile, 1 to 10.
    line_rp_month
        Poverty line, rupiah per person per month.
    spending
        Column with rupiah per person per month.
    """

    rule: Literal["decile", "spending"]
    decile_max: int = 0
    line_rp_month: float = 0.0
    spending: str = ""

    def __post_init__(self) -> None:
        """Check that the rule has what it needs."""
        if self.rule == "decile" and not 1 <= self.decile_max <= 10:
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
        return f"Di bawah garis kemiskinan Rp {line} per orang per bulan"


@dataclass(frozen=True, slots=True)
class Need:
    """
    One need of the catalogue.

    Attributes
    ----------
    key, label, agency
        Name, Indonesian words, agency concerned.
    tests
        Column to codes or to a limit per person; one that holds is enough.
    decile_max
        Last decile asked, 10 for everybody.
    served
        Columns of assistance that answers the need.
    """

    key: str
    label: str
    agency: str
    tests: tuple[Mapping[str, object], ...]
    decile_max: int
    served: tuple[str, ...]


@cache
def need_catalogue() -> tuple[Need, ...]:
    """
    Read the catalogue of needs.

    Returns
    -------
    needs
        In the order of the file.

    Raises
    ------
    KeyError
        An entry lacks key, label, agency or its tests.
    """
    text = resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    return tuple(
        Need(
            key=one["key"],
            label=one["label"],
            agency=one["agency"],
            tests=tuple(one["any"]),
            decile_max=one.get("decile_max", 10),
            served=tuple(one.get("served", ())),
        )
        for one in tomllib.loads(text)["need"]
    )


def needs_of(households: Households) -> tuple[Need, ...]:
    """
    Tell which needs a register can express.

    Parameters
    ----------
    households
        Register.

    Returns
    -------
    needs
        Those whose columns it has; none for a code generation without catalogue.

    Raises
    ------
    KeyError
        The catalogue is damaged.
    """
    if households.code_generation not in _CATALOGUED_GENERATIONS:
        return ()
    columns = set(households.rows.columns) | {"desil_nasional"}
    return tuple(
        need
        for need in need_catalogue()
        if all(test["column"] in columns for test in need.tests) and set(need.served) <= columns
    )


def tally(
    households: Households, *, village_code: pd.Series, poverty: PovertyRule
) -> VillageCounts:
    """
    Count households, people, the poor and those in need, village by village.

    Additive: the tallies of two parts of a register add up to that of the whole.
    Grain: one row per household in, one row per village out.

    Parameters
    ----------
    households
        Register.
    village_code
        Village of each row; missing rows are not counted here but noted by `join`.
    poverty
        Who counts as poor.

    Returns
    -------
    counts
        Whole numbers; a village without households is absent. A household whose
        answer is missing is in ``households`` but not in ``known_KEY``.

    Raises
    ------
    ConfigError
        The poverty rule names a column the register lacks.
    """
    rows = households.rows
    poor = _is_poor(rows, poverty)
    count: dict[str, pd.Series] = {
        "households": pd.Series(1, index=rows.index),
        "people": rows["size"],
        "poor_households": poor.astype(int),
        "poor_people": poor * rows["size"],
    }
    for need in needs_of(households):
        deprived, known = _deprived(rows, need)
        served = _served(rows, need.served)
        count[f"known_{need.key}"] = known.astype(int)
        count[f"deprived_{need.key}"] = deprived.astype(int)
        count[f"unserved_{need.key}"] = (deprived & ~served).astype(int)
    located = village_code.notna()
    table = pd.DataFrame(count)[located].groupby(village_code[located].astype(str)).sum()
    return VillageCounts(table.astype("int64").rename_axis("village_code"))


def _is_poor(rows: pd.DataFrame, poverty: PovertyRule) -> pd.Series:
    if poverty.rule == "decile":
        return (rows["decile"] <= poverty.decile_max).fillna(value=False)
    if poverty.spending not in rows:
        msg = f'[poverty] spending: the register has no column "{poverty.spending}".'
        raise ConfigError(msg)
    spending = pd.to_numeric(rows[poverty.spending], errors="coerce")
    return (spending < poverty.line_rp_month).fillna(value=False)


def _answer(rows: pd.DataFrame, column: str) -> pd.Series:
    if column == "desil_nasional":
        return rows["decile"]
    return pd.to_numeric(rows[column], errors="coerce")


def _deprived(rows: pd.DataFrame, need: Need) -> tuple[pd.Series, pd.Series]:
    deprived = pd.Series(data=False, index=rows.index)
    known = pd.Series(data=False, index=rows.index)
    for test in need.tests:
        answer = _answer(rows, str(test["column"])).astype("float64")
        known |= answer.notna()
        if "below_per_person" in test:
            deprived |= answer / rows["size"] < float(str(test["below_per_person"]))
        else:
            deprived |= answer.isin(list(_codes(test)))
    asked = (rows["decile"] <= need.decile_max) | (need.decile_max == 10)
    return deprived & asked, known


def _codes(test: Mapping[str, object]) -> Sequence[float]:
    codes = test["codes"]
    return [float(code) for code in codes] if isinstance(codes, list) else []


def _served(rows: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    served = pd.Series(data=False, index=rows.index)
    for column in columns:
        served |= (_answer(rows, column) == _YES).fillna(value=False)
    return served
