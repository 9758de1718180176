"""The budget of a study: what fits under the ceilings, what is left, and how long it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.agencies.budget import BudgetRule, plan_budget
from sibangkit_geo.agencies.budget_paths import coverage_curve, sensitivity, years_to_finish
from sibangkit_geo.agencies.costs import load_costs, unit_costs
from sibangkit_geo.agencies.places import place_needs, village_needs
from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.sources.text_tables import require_file
from sibangkit_geo.tables.numerals import numeral, percentage
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo.agencies.budget import Plan
    from sibangkit_geo.agencies.settings import BudgetSettings
    from sibangkit_geo.tables.public import VillageIndicators

# a plan within a thousandth of the best is as good as the unit costs it is made of
_GAP = 1e-3
_SHARE = "_share"
_KEY = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class PlacedNeeds:
    """
    What the budget is made of.

    `measured`: Village table before masking; only sums of places leave here.
    `severity`: Multidimensional poverty M0 of each place, 0 to 1; empty where not measured.
    `minimum`: Rows that count fewer households are left out; 0 leaves out none.
    """

    measured: VillageIndicators
    place: pd.Series
    severity: Mapping[str, float]
    minimum: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Budgeted:
    """
    A finished budget.

    `notes`: What a reader must know.
    `costs`, `assumed_costs`: Unit costs used, and those that are assumptions.
    """

    plan: Plan
    tables: dict[str, pd.DataFrame]
    notes: tuple[Note, ...]
    costs: int
    assumed_costs: int


def make_budget(settings: BudgetSettings, folder: Path, placed: PlacedNeeds) -> Budgeted:
    """
    Plan the budget of a study.

    Grain: one row per village in; one per place and need out.

    Raises ConfigError: A file is missing or wrong, a need has no unit cost, decay names an unknown
        need, or severity was asked for and not measured.
    """
    path = settings.costs
    costs = load_costs(require_file(folder / path, named_by="[budget] costs") if path else None)
    needs = _needs(settings, placed, costs)
    unit = unit_costs(needs["indicator"].unique(), costs=costs)
    money = _ceilings(settings)
    rule = BudgetRule(
        objective=settings.objective,
        floor_per_district=settings.floor_per_place,
        whole_places=settings.whole_places,
        relative_gap=_GAP,
    )
    plan = plan_budget(needs, unit, ceilings=money, rule=rule)
    tables = {
        "anggaran_terpilih.csv": plan.chosen,
        "anggaran_belum_termuat.csv": plan.left_out,
        "anggaran_pagu.csv": plan.spent,
        "anggaran_cakupan.csv": plan.coverage,
        **_outlooks(needs, unit, money, rule),
        "anggaran_tahun_selesai.csv": _years(settings, needs, unit, money),
    }
    assumed = costs.loc[[key.removesuffix(_SHARE) for key in unit.index], "status"] == "asumsi"
    priced = (len(assumed), int(assumed.sum()))
    notes = (_note(plan, needs, priced), *_named(plan, placed.names))
    return Budgeted(plan, tables, notes, *priced)


def _ceilings(settings: BudgetSettings) -> pd.DataFrame:
    rows = [(one.agency, str(one.year), float(one.rupiah)) for one in settings.ceilings]
    table = pd.DataFrame(rows, columns=["agency", "year", "rupiah"])
    return table.pivot_table(index="agency", columns="year", values="rupiah").fillna(0.0)


def _outlooks(
    needs: pd.DataFrame, unit: pd.Series, money: pd.DataFrame, rule: BudgetRule
) -> dict[str, pd.DataFrame]:
    """Tell what dearer units or more money do; divisible plans need no new exact solution."""
    parts = replace(rule, whole_places=False)
    dearer = sensitivity(needs, unit, ceilings=money, rule=parts)
    richer = coverage_curve(needs, unit, ceilings=money, rule=parts)
    return {
        "anggaran_kepekaan.csv": dearer.rename_axis("cost_factor").reset_index(),
        "anggaran_kurva.csv": richer.rename_axis("ceiling_factor").reset_index(),
    }


def _needs(settings: BudgetSettings, placed: PlacedNeeds, costs: pd.DataFrame) -> pd.DataFrame:
    whole = village_needs(placed.measured)
    priced = {f"{key}{_SHARE}" for key in costs.index}
    needs = place_needs(whole[whole["indicator"].isin(priced)], placed.place)
    # a handful of households would be told by its cost
    needs = needs[~needs["unserved"].between(0.5, placed.minimum - 0.5)]
    needs = needs.assign(
        district=needs["place"],
        excess=needs["excess"].clip(lower=0),
        severity=needs["place"].map(dict(placed.severity)).astype(float),
    )
    if settings.objective == "severity" and needs["severity"].isna().any():
        msg = (
            '[budget] objective "severity" needs M0 of every place: it takes a register that '
            'asks the items of the deprivation index. Choose "need" or "excess".'
        )
        raise ConfigError(msg)
    return needs


def _years(
    settings: BudgetSettings, needs: pd.DataFrame, unit: pd.Series, money: pd.DataFrame
) -> pd.DataFrame:
    """Count the years until each agency's backlog is served at its ceiling, decay included."""
    decay = {f"{one.need}{_SHARE}": one.households_per_year for one in settings.decay}
    unknown = [key.removesuffix(_SHARE) for key in decay.keys() - set(unit.index)]
    if unknown:
        known = [key.removesuffix(_SHARE) for key in unit.index]
        hints = "; ".join(f'"{one}". {nearest(one, known)}' for one in sorted(unknown))
        msg = f"[[budget.decay]] names an unknown need {hints}"
        raise ConfigError(msg)
    by_need = needs.groupby(["agency", "indicator"], as_index=False)["unserved"].sum()
    cost = by_need["indicator"].map(unit)
    new = by_need["indicator"].map(decay).fillna(0.0)
    told = by_need.assign(rupiah=by_need["unserved"] * cost, new=new, new_rupiah=new * cost)
    sums = told.groupby("agency")[["unserved", "rupiah", "new", "new_rupiah"]].sum()
    sums = sums.loc[sums.index.isin(money.index)]
    years = years_to_finish(sums["rupiah"], money.loc[sums.index], decay=sums["new_rupiah"])
    return pd.DataFrame(
        {
            "agency": sums.index,
            "households": sums["unserved"].to_numpy(),
            "cost": sums["rupiah"].to_numpy(),
            "ceiling": years["capacity"].to_numpy(),
            "new": sums["new"].to_numpy(),
            "years": years["years"].to_numpy(),
            "text": years["text"].to_numpy(),
        }
    )


def _note(plan: Plan, needs: pd.DataFrame, priced: tuple[int, int]) -> Note:
    served, all_of_it = plan.chosen["households"].sum(), needs["unserved"].sum()
    text = (
        f"Anggaran: {numeral(served)} dari {numeral(all_of_it)} kebutuhan rumah tangga "
        f"({percentage(served / all_of_it if all_of_it else float('nan'))}) terlayani di bawah "
        f"pagu; celah terbukti {percentage(plan.gap, 2)}. {priced[1]} dari {priced[0]} biaya "
        "satuan masih asumsi; satu rumah dengan beberapa kekurangan dihitung beberapa kali."
    )
    return Note("budget", text)


def _named(plan: Plan, names: Mapping[str, str]) -> list[Note]:
    """Put the names of agencies for their keys."""
    return [
        replace(one, text=_KEY.sub(lambda found: names.get(found[0], found[0]), one.text))
        if one.key == "no_ceiling"
        else one
        for one in plan.notes
    ]
