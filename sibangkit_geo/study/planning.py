"""Money and targets of a study: what fits under the ceilings, who must leave poverty."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.agencies import agencies
from sibangkit_geo.agencies.budget import BudgetRule, plan_budget
from sibangkit_geo.agencies.budget_paths import sensitivity
from sibangkit_geo.agencies.costs import load_costs, unit_costs
from sibangkit_geo.agencies.places import place_needs, village_needs
from sibangkit_geo.agencies.target_effects import persons_to_leave
from sibangkit_geo.agencies.targets import load_series, series_table, single_digit_year
from sibangkit_geo.outputs.staging import write_text
from sibangkit_geo.sources.text_tables import require_file
from sibangkit_geo.tables.numerals import numeral, percentage
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo import config
    from sibangkit_geo.agencies.settings import BudgetSettings, TargetSettings
    from sibangkit_geo.tables.public import Pockets, VillageIndicators

_PERCENT = 100.0
# a plan within a thousandth of the best is as good as the unit costs it is made of
_GAP = 1e-3
_HEADINGS = {
    "year": "tahun", "place": "tempat", "agency": "opd", "indicator": "kebutuhan",
    "households": "rumah_tangga", "cost": "biaya_rupiah", "reason": "alasan",
    "ceiling": "pagu_rupiah", "spent": "terpakai_rupiah", "left": "sisa_rupiah",
    "share": "porsi", "factor": "kali_biaya_satuan", "value": "nilai", "gap": "celah_terbukti",
    "poor_people": "penduduk_miskin_estimasi", "people": "penduduk",
    "leave": "harus_keluar_dari_kemiskinan", "share_of_people": "porsi_penduduk",
    "series": "deret", "label": "wilayah", "rate": "tingkat", "line": "garis_rupiah",
    "text": "tertulis", "status": "status", "note": "catatan", "source": "sumber",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plans:
    """
    Tables about money and targets.

    Attributes
    ----------
    tables
        File name to table; empty where the study asks for neither.
    notes
        What a reader must know.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def write(self, folder: Path) -> None:
        """
        Write the tables with Indonesian headings.

        Parameters
        ----------
        folder
            Folder of the products.

        Raises
        ------
        OSError
            The disk refuses.
        """
        for name, table in self.tables.items():
            worded = table.rename(columns=_HEADINGS)
            write_text(folder / name, worded.to_csv(index=False, lineterminator="\n"))


def make_plans(
    study: config.Study, folder: Path, measured: VillageIndicators, pockets: Pockets
) -> Plans:
    """
    Plan the budget and the way to the target, where the study asks for them.

    Places are the pockets, and what is left of each district.

    Parameters
    ----------
    study
        Settings.
    folder
        Folder of the study file.
    measured
        Village table before masking; only sums of places leave here.
    pockets
        Result of the detector.

    Returns
    -------
    plans
        Tables and notes.

    Raises
    ------
    ConfigError
        A file is missing or wrong, or a need has no unit cost.
    DataError
        The target asks more persons than are estimated poor.
    """
    tables: dict[str, pd.DataFrame] = {}
    notes: list[Note] = []
    minimum = 0 if study.disclosure.level == "internal" else study.disclosure.minimum_households
    place = _places(measured, pockets)
    if study.budget:
        made, told = _budget(study.budget, folder, measured, place, minimum)
        tables |= made
        notes += told
    if study.target:
        made, told = _target(study.target, folder, measured, place)
        tables |= made
        notes += told
    return Plans(tables, tuple(notes))


def _places(measured: VillageIndicators, pockets: Pockets) -> pd.Series:
    rest = "Kec. " + measured.villages["district_name"].astype(str) + " (di luar kantong)"
    named = pockets.members.map(lambda number: f"Kantong {int(number)}")
    return named.reindex(measured.villages.index).fillna(rest)


def _budget(
    settings: BudgetSettings,
    folder: Path,
    measured: VillageIndicators,
    place: pd.Series,
    minimum: int,
) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    path = settings.costs
    file = require_file(folder / path, named_by="[budget] costs") if path else None
    costs = load_costs(file)
    whole = village_needs(measured)
    priced = {f"{key}_share" for key in costs.index}
    needs = place_needs(whole[whole["indicator"].isin(priced)], place)
    # a handful of households would be told by its cost
    needs = needs[~needs["unserved"].between(0.5, minimum - 0.5)]
    needs = needs.assign(district=needs["place"], excess=needs["excess"].clip(lower=0))
    unit = unit_costs(needs["indicator"].unique(), costs=costs)
    rows = [(one.agency, str(one.year), float(one.rupiah)) for one in settings.ceilings]
    ceilings = pd.DataFrame(rows, columns=["agency", "year", "rupiah"])
    money = ceilings.pivot_table(index="agency", columns="year", values="rupiah").fillna(0.0)
    rule = BudgetRule(
        objective=settings.objective,
        floor_per_district=settings.floor_per_place,
        whole_places=settings.whole_places,
        relative_gap=_GAP,
    )
    plan = plan_budget(needs, unit, ceilings=money, rule=rule)
    served, all_of_it = plan.chosen["households"].sum(), needs["unserved"].sum()
    assumed = costs.loc[[key.removesuffix("_share") for key in unit.index], "status"] == "asumsi"
    text = (
        f"Anggaran: {numeral(served)} dari {numeral(all_of_it)} kebutuhan rumah tangga "
        f"({percentage(served / all_of_it if all_of_it else float('nan'))}) terlayani di bawah "
        f"pagu; celah terbukti {percentage(plan.gap, 2)}. {int(assumed.sum())} dari {len(assumed)} "
        f"biaya satuan masih asumsi; satu rumah dengan beberapa kekurangan dihitung beberapa kali."
    )
    tables = {
        "anggaran_terpilih.csv": plan.chosen,
        "anggaran_belum_termuat.csv": plan.left_out,
        "anggaran_pagu.csv": plan.spent,
        "anggaran_cakupan.csv": plan.coverage,
        # divisible plans tell what dearer units cost without solving each one anew
        "anggaran_kepekaan.csv": sensitivity(
            needs, unit, ceilings=money, rule=replace(rule, whole_places=False)
        ).reset_index(),
    }
    worded = {name: _worded(table, measured) for name, table in tables.items()}
    return worded, [Note("budget", text), *plan.notes]


def _worded(table: pd.DataFrame, measured: VillageIndicators) -> pd.DataFrame:
    """Put names for the keys of agencies and indicators."""
    words = {
        "agency": {one.key: one.name for one in agencies()},
        "indicator": {one.name: one.label for one in measured.indicators},
    }
    own = {name: table[name].map(words[name]) for name in words if name in table}
    return table.assign(**own)


def _target(
    settings: TargetSettings, folder: Path, measured: VillageIndicators, place: pd.Series
) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    path = settings.series
    file = require_file(folder / path, named_by="[target] series") if path else None
    series = load_series(file)
    official = next(one for one in series if one.kind == "official")
    latest = int(official.figures["rate"].dropna().index.max())
    figures = official.figures[["rate", "people"]].astype(float).loc[[latest]]
    current, counted = figures["rate"].item(), figures["people"].item()
    years = range(int(official.figures.index.min()), max(settings.year, latest) + 1)
    tables = {"sasaran_deret.csv": series_table(series, years)}
    notes = [Note("single_digit", single_digit_year(official).text)]
    villages = measured.villages
    known = villages[villages["poor_people"].notna() & (villages["people"] > 0)]
    if counted > 0 and known["poor_people"].sum() > 0:
        sums = known[["poor_people", "people"]].groupby(place[known.index]).sum()
        # a register that misses households shares the same official number out
        sums *= counted / sums["poor_people"].sum()
        reduction = persons_to_leave(
            sums["poor_people"],
            sums["people"],
            current_rate=current,
            target_rate=settings.rate_percent / _PERCENT,
            base=counted / current,
        )
        listed = reduction.places.rename_axis("place").reset_index()
        tables["sasaran_orang.csv"] = listed.assign(source=settings.source)
        text = f"Target {settings.year} ({settings.source}): {reduction.text}"
        notes.append(Note("target", text))
    return tables, notes
