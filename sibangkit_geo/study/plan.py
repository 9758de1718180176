"""Money and targets of a study: what fits under the ceilings, who must leave poverty."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from sibangkit_geo.agencies import FocusInputs, agency_focus
from sibangkit_geo.agencies.budget import BudgetRule, BudgetTables, plan_budget
from sibangkit_geo.agencies.catalogue import PARTNER_PAYERS, load_costs, unit_costs
from sibangkit_geo.agencies.focus import place_needs, village_needs
from sibangkit_geo.agencies.outlook import coverage_curve, sensitivity, years_to_finish
from sibangkit_geo.agencies.partners import placed_pledges, without_pledged
from sibangkit_geo.agencies.targets import (
    ExitAssumption,
    TargetTables,
    load_series,
    package_effect,
    persons_to_leave,
    series_table,
    single_digit_year,
    target_series,
)
from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.indicators.deprivation_sums import index_from_sums
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Note, Place
from sibangkit_geo.products.words import place_namer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sibangkit_geo import config
    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.agencies.budget import BudgetSettings, Plan, TargetSettings
    from sibangkit_geo.agencies.targets import Reduction
    from sibangkit_geo.model.types import (
        AgencyNeeds,
        Pledge,
        Pockets,
        VillageCounts,
        VillageIndicators,
    )

_PERCENT = 100.0
_PARTLY = (
    "Anggaran dihitung dari rumah tangga yang jawabannya diketahui: kebutuhan sebenarnya "
    "sedikitnya sebesar ini. Sasaran orang dibagi menurut perkiraan untuk semua penduduk: tingkat "
    "yang diketahui kali jumlah penduduk (desa yang tidak cukup data: tingkat kecamatannya)."
)
# a plan within a thousandth of the best is as good as the unit costs it is made of
_GAP = 1e-3
_SHARE = "_share"

log = logging.getLogger(__name__)
_CONTRIBUTION = "contribution_"
_M0 = "multidimensional_poverty"


@dataclass(frozen=True, slots=True)
class Plans:
    """
    What is planned about money and targets; None for what the study does not ask for.

    `notes`: What a reader must know.
    `costs`, `assumed_costs`: Unit costs used, and those that are assumptions; 0 without a budget.
    """

    budget: BudgetTables | None = None
    target: TargetTables | None = None
    notes: tuple[Note, ...] = ()
    costs: int = 0
    assumed_costs: int = 0


def make_plans(
    study: config.Study,
    measured: VillageIndicators,
    pockets: Pockets,
    counts: Sequence[VillageCounts],
    catalogue: Catalogue,
    pledges: Sequence[Pledge] = (),
) -> Plans:
    """
    Plan the budget and the way to the target, where the study asks for them.

    Places are the pockets, and what is left of each district.

    Raises ConfigError: A file is missing or wrong, or a need has no unit cost.
    Raises DataError: The target asks more persons than are estimated poor.
    """
    notes: list[Note] = []
    place = money_places(measured, pockets)
    budget, target = None, None
    if study.budget:
        severity = severity_of(counts, place)
        pledged = placed_pledges(pledges, place)
        name_of = place_namer(measured.villages, pockets)
        placed = PlacedNeeds(measured, place, severity, catalogue.names, name_of, pledged)
        budget = make_budget(study.budget, placed)
        notes += budget.notes
    if study.target:
        plan = budget.tables.plan if budget else None
        target, told = _target(study.target, measured, place, plan)
        notes += told
    partly = any(one.key == "answers_incomplete" for one in measured.notes)
    if partly and (budget or target):
        notes.append(Note("plans_of_the_known", _PARTLY))
    costs = (budget.costs, budget.assumed_costs) if budget else (0, 0)
    return Plans(budget.tables if budget else None, target, tuple(notes), *costs)


def money_places(measured: VillageIndicators, pockets: Pockets) -> pd.Series:
    """Set every village to the place that money is planned for: its pocket, or its district."""
    places: pd.Series = measured.villages["district_code"].map(lambda code: Place("rest", code))
    inside = pockets.members.map(lambda number: Place("pocket", str(int(number))))
    places.loc[inside.index] = inside
    return places


def _target(
    settings: TargetSettings,
    measured: VillageIndicators,
    place: pd.Series,
    plan: Plan | None,
) -> tuple[TargetTables, list[Note]]:
    series = load_series(Path(settings.series) if settings.series else None)
    official = next(one for one in series if one.kind == "official")
    latest = int(official.figures["rate"].dropna().index.max())
    figures = official.figures[["rate", "people"]].astype(float).loc[[latest]]
    current, counted = figures["rate"].item(), figures["people"].item()
    years = range(int(official.figures.index.min()), max(settings.year, latest) + 1)
    own = target_series(
        year=settings.year, rate_percent=settings.rate_percent, source=settings.source
    )
    tables = TargetTables(series_table((*series, own), years))
    notes = [Note("single_digit", single_digit_year(official).text)]
    villages = measured.villages
    known = villages[villages["poor_people"].notna() & (villages["people"] > 0)]
    if not (counted > 0 and known["poor_people"].sum() > 0):
        return tables, notes
    base = counted / current
    counts, known = known, known.assign(poor_people=_for_all(known))
    district = known["district_code"].map(lambda code: Place("district", code))
    shares = [
        _persons_to_leave(settings, _shared_out(known, by, counted), current, base)
        for by in (place, district)
    ]
    people, by_district = (
        share.places.rename_axis("place").reset_index().assign(source=settings.source)
        for share in shares
    )
    tables = replace(tables, people=people, people_by_district=by_district)
    text = f"Target {settings.year} ({settings.source}): {shares[-1].text}"
    notes.append(Note("target", text))
    if plan is not None and settings.exit_share_low is not None:
        effect, note = _effect(settings, plan, counts, current, base)
        tables = replace(tables, effect=effect)
        notes.append(note)
    return tables, notes


def _for_all(villages: pd.DataFrame) -> pd.Series:
    """
    Estimate the poor of all who live there: the rate of those who answered, times all people.

    Where too few answered, the rate is that of the district.
    """
    sums = villages.groupby("district_code")[["poor_people", "known_people"]].transform("sum")
    of_district = sums["poor_people"] / sums["known_people"].where(sums["known_people"] > 0)
    own = villages["poor_people"] / villages["known_people"].where(villages["known_people"] > 0)
    rate = own.where(villages["headcount_ratio"].notna()).fillna(of_district)
    whole = villages["known_people"] >= villages["people"]
    return villages["poor_people"].where(whole, rate * villages["people"])


def _persons_to_leave(
    settings: TargetSettings, sums: pd.DataFrame, current: float, base: float
) -> Reduction:
    return persons_to_leave(
        sums["poor_people"],
        sums["people"],
        current_rate=current,
        target_rate=settings.rate_percent / _PERCENT,
        base=base,
    )


def _shared_out(known: pd.DataFrame, place: pd.Series, counted: float) -> pd.DataFrame:
    sums = known[["poor_people", "people"]].groupby(place[known.index]).sum()
    # a register that misses households shares the same official number out
    return sums * (counted / sums["poor_people"].sum())


def _effect(
    settings: TargetSettings, plan: Plan, known: pd.DataFrame, current: float, base: float
) -> tuple[pd.DataFrame, Note]:
    """Say what the budget would do to the rate under the study's assumptions."""
    size = known["poor_people"].sum() / known["poor_households"].sum()
    assumption = ExitAssumption(
        exit_share_low=settings.exit_share_low or 0.0,
        exit_share_high=settings.exit_share_high or 0.0,
        poor_share=settings.served_poor_share or 0.0,
        household_size=float(size),
    )
    effect = package_effect(plan, assumption=assumption, current_rate=current, base=base)
    names = ("households_low", "households_high", "persons_low", "persons_high",
             "rate_low", "rate_high", "text")  # fmt: skip
    row = {name: getattr(effect, name) for name in names}
    return pd.DataFrame([row]), Note("package_effect", effect.text)


@dataclass(frozen=True, slots=True)
class PlacedNeeds:
    """
    What the budget is made of.

    `severity`: Multidimensional poverty M0 of each place, 0 to 1; empty where not measured.
    `pledged`: What partners have promised, as `placed_pledges` sets it.
    """

    measured: VillageIndicators
    place: pd.Series
    severity: Mapping[Place, float]
    names: Mapping[str, str]
    name_of: Callable[[Place], str]
    pledged: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Budgeted:
    """
    A finished budget.

    `notes`: What a reader must know.
    `costs`, `assumed_costs`: Unit costs used, and those that are assumptions.
    """

    tables: BudgetTables
    notes: tuple[Note, ...]
    costs: int
    assumed_costs: int


def make_budget(settings: BudgetSettings, placed: PlacedNeeds) -> Budgeted:
    """
    Plan the budget of a study.

    Grain: one row per village in; one per place and need out.

    Raises ConfigError: A file is missing or wrong, a need has no unit cost, decay names an unknown
        need, or severity was asked for and not measured.
    """
    costs = load_costs(Path(settings.costs) if settings.costs else None)
    whole = _needs(settings, placed, costs)
    unit = unit_costs(whole["indicator"].unique(), costs=costs)
    pledged = _pledged(placed.pledged, whole, unit)
    needs = without_pledged(whole, pledged)
    money = _ceilings(settings, placed.names)
    rule = BudgetRule(
        objective=settings.objective,
        floor_per_district=settings.floor_per_place,
        whole_places=settings.whole_places,
        relative_gap=_GAP,
    )
    plan = plan_budget(needs, unit, ceilings=money, rule=rule)
    # divisible plans need no new exact solution
    parts = replace(rule, whole_places=False)
    dearer = sensitivity(needs, unit, ceilings=money, rule=parts)
    richer = coverage_curve(needs, unit, ceilings=money, rule=parts)
    need = whole.groupby("agency")["unserved"].sum()
    asked = plan.coverage["agency"].map(need)
    tables = BudgetTables(
        replace(plan, coverage=_of_all(plan.coverage, asked)),
        sensitivity=_of_all(dearer.rename_axis("cost_factor").reset_index(), need.sum()),
        curve=_of_all(richer.rename_axis("ceiling_factor").reset_index(), need.sum()),
        years=_years(settings, needs, unit, money),
        unit=unit,
        pledged=pledged,
    )
    assumed = costs.loc[[key.removesuffix(_SHARE) for key in unit.index], "status"] == "asumsi"
    priced = (len(assumed), int(assumed.sum()))
    names = {key: placed.names.get(key, key) for key in needs["agency"].unique()}
    names |= {str(at): placed.name_of(at) for at in plan.districts.index}
    by_partners = float(pledged["households"].sum())
    notes = (
        _note(plan, float(need.sum()), by_partners, priced),
        *_named(plan, names),
        *_paid_by_partners(placed.measured, costs),
    )
    return Budgeted(tables, notes, *priced)


def _pledged(pledged: pd.DataFrame, needs: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """Put agency and cost beside the pledges of needs that have a price."""
    priced = pledged[pledged["indicator"].isin(needs["indicator"])]
    owner = needs.drop_duplicates("indicator").set_index("indicator")["agency"]
    cost = priced["households"] * priced["indicator"].map(unit.to_dict()).astype(float)
    return priced.assign(agency=priced["indicator"].map(owner.to_dict()), cost=cost)


def _of_all(table: pd.DataFrame, need: pd.Series | float) -> pd.DataFrame:
    """Measure what is served against the need that pledges are part of, as every sentence does."""
    base = pd.Series(need, index=table.index, dtype=float)
    return table.assign(share=table["households"] / base.where(base > 0))


def _ceilings(settings: BudgetSettings, names: Mapping[str, str]) -> pd.DataFrame:
    unknown = sorted({one.agency for one in settings.ceilings} - names.keys())
    if unknown:
        hints = "; ".join(f'"{key}". {nearest(key, names)}' for key in unknown)
        msg = f"[[budget.ceilings]] names an unknown agency {hints}"
        raise ConfigError(msg)
    rows = [(one.agency, str(one.year), float(one.rupiah)) for one in settings.ceilings]
    table = pd.DataFrame(rows, columns=["agency", "year", "rupiah"])
    return table.pivot_table(index="agency", columns="year", values="rupiah").fillna(0.0)


def _needs(settings: BudgetSettings, placed: PlacedNeeds, costs: pd.DataFrame) -> pd.DataFrame:
    whole = village_needs(placed.measured)
    priced = {f"{key}{_SHARE}" for key in costs.index} - _of_partners(costs)
    needs = place_needs(whole[whole["indicator"].isin(priced)], placed.place)
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


def _of_partners(costs: pd.DataFrame) -> set[str]:
    """List the indicators that partners alone pay: no expense of an agency."""
    payers = costs["delivers"].str.split()
    return {
        f"{key}{_SHARE}" for key, who in payers.items() if who and PARTNER_PAYERS.issuperset(who)
    }


def _paid_by_partners(measured: VillageIndicators, costs: pd.DataFrame) -> list[Note]:
    """Name the needs that the budget leaves to partners."""
    theirs = _of_partners(costs)
    labels = [one.label for one in measured.indicators if one.name in theirs]
    if not labels:
        return []
    text = (
        "Tidak masuk anggaran perangkat daerah karena dibiayai mitra (bank, Baznas atau CSR): "
        f"{'; '.join(labels)}."
    )
    return [Note("paid_by_partners", text, len(labels))]


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


def _note(plan: Plan, need: float, promised: float, priced: tuple[int, int]) -> Note:
    served = plan.chosen["households"].sum()
    by_partners = f", {numeral(promised)} lagi dijanjikan mitra" if promised else ""
    text = (
        f"Anggaran: {numeral(served)} dari {numeral(need)} kebutuhan rumah tangga "
        f"({percentage(served / need if need else float('nan'))}) tertampung dalam "
        f"pagu{by_partners}. {priced[1]} dari {priced[0]} biaya satuan masih asumsi; satu rumah "
        "tangga dengan beberapa kebutuhan dihitung lebih dari sekali."
    )
    return Note("budget", text)


def _named(plan: Plan, names: Mapping[str, str]) -> list[Note]:
    """Put the names of agencies and places for their keys."""
    if not names:
        return list(plan.notes)
    keys = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})\b")
    return [
        replace(note, text=keys.sub(lambda found: names[found[0]], note.text))
        if note.key in {"no_ceiling", "floor_not_reached"}
        else note
        for note in plan.notes
    ]


def focus(
    study: config.Study,
    counts: Sequence[VillageCounts],
    measured: VillageIndicators,
    pockets: Pockets,
    catalogue: Catalogue,
) -> AgencyNeeds:
    """
    Work out what each agency finds in each place, and who leads.

    `counts`: Tallies of the registers, for the contributions to M0.
    """
    groups = (
        pockets.members.map(lambda number: Place("pocket", str(int(number)))),
        measured.villages["district_code"].map(lambda code: Place("district", code)),
    )
    contribution: dict[tuple[Place, str], float] = {}
    severity = _village_severity(measured)
    for place in groups:
        contribution |= _contributions(counts, place)
        severity |= severity_of(counts, place)
    inputs = FocusInputs(
        pocket=pockets.members,
        regency=study.study.regency,
        contribution=contribution,
        catalogue=catalogue,
        severity=severity,
    )
    needs = agency_focus(measured, inputs=inputs)
    if needs.roles is not None:
        leads = needs.roles[needs.roles["lead"] & (needs.roles["level"] == "pocket")]
        log.info("focus: %d pockets with a leading agency", len(leads))
    return needs


def severity_of(counts: Sequence[VillageCounts], place: pd.Series) -> dict[Place, float]:
    """
    Work out multidimensional poverty M0 of places.

    Grain: one row per village in, one number per place out.

    Returns: 0 to 1 by place; empty where no register asks the items of the index.
    """
    found: dict[Place, float] = {}
    for index in _indexes(counts, place):
        m0 = index["adjusted_headcount_ratio"].dropna()
        found |= {cast("Place", place): float(value) for place, value in m0.items()}
    return found


def _indexes(counts: Sequence[VillageCounts], place: pd.Series) -> Iterator[pd.DataFrame]:
    for one in counts:
        if "af_people" in one.table:
            sums = one.table.filter(regex="^(af_|censored_)")
            yield index_from_sums(sums.groupby(sums.index.map(place.to_dict())).sum())


def _village_severity(measured: VillageIndicators) -> dict[Place, float]:
    """Read M0 of the villages that show it."""
    if _M0 not in measured.villages:
        return {}
    shown = measured.villages[_M0].dropna()
    return {Place("village", str(code)): float(value) for code, value in shown.items()}


def _contributions(
    counts: Sequence[VillageCounts], place: pd.Series
) -> dict[tuple[Place, str], float]:
    """Work out what each need adds to M0 of places."""
    found: dict[tuple[Place, str], float] = {}
    for index in _indexes(counts, place):
        parts = index.filter(like=_CONTRIBUTION)
        for column in parts:
            name = f"{str(column).removeprefix(_CONTRIBUTION)}_share"
            found |= {
                (cast("Place", at), name): float(value) for at, value in parts[column].items()
            }
    return found
