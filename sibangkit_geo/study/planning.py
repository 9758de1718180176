"""Money and targets of a study: what fits under the ceilings, who must leave poverty."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.agencies.target_effects import (
    ExitAssumption,
    package_effect,
    persons_to_leave,
)
from sibangkit_geo.agencies.targets import load_series, series_table, single_digit_year
from sibangkit_geo.outputs.staging import write_text
from sibangkit_geo.sources.text_tables import require_file
from sibangkit_geo.study.budgeting import PlacedNeeds, make_budget
from sibangkit_geo.study.focusing import severity_of
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sibangkit_geo import config
    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.agencies.budget import Plan
    from sibangkit_geo.agencies.settings import TargetSettings
    from sibangkit_geo.tables.public import Pockets, VillageCounts, VillageIndicators

_PERCENT = 100.0
_HEADINGS = {
    "year": "tahun", "place": "tempat", "agency": "opd", "indicator": "kebutuhan",
    "households": "rumah_tangga", "cost": "biaya_rupiah", "reason": "alasan",
    "ceiling": "pagu_rupiah", "spent": "terpakai_rupiah", "left": "sisa_rupiah",
    "share": "porsi", "cost_factor": "kali_biaya_satuan", "ceiling_factor": "kali_pagu",
    "value": "nilai", "gap": "celah_terbukti",
    "poor_people": "penduduk_miskin_estimasi", "people": "penduduk",
    "leave": "harus_keluar_dari_kemiskinan", "share_of_people": "porsi_penduduk",
    "series": "deret", "label": "wilayah", "rate": "tingkat", "line": "garis_rupiah",
    "text": "tertulis", "status": "status", "note": "catatan", "source": "sumber",
    "new": "rumah_tangga_baru_per_tahun", "years": "tahun_sampai_selesai",
    "persons_low": "orang_keluar_bawah", "persons_high": "orang_keluar_atas",
    "rate_low": "tingkat_bawah", "rate_high": "tingkat_atas",
    "households_low": "rumah_tangga_bawah", "households_high": "rumah_tangga_atas",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plans:
    """
    Tables about money and targets.

    `tables`: File name to table, with keys of agencies and needs; empty where the study asks for
        neither.
    `notes`: What a reader must know.
    `costs`, `assumed_costs`: Unit costs used, and those that are assumptions; 0 without a budget.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    costs: int = 0
    assumed_costs: int = 0

    def write(self, folder: Path, *, words: dict[str, dict[str, str]]) -> None:
        """
        Write the tables with Indonesian headings and words.

        `words`: Column to what stands for its keys.
        """
        for name, table in self.tables.items():
            own = {key: table[key].map(words[key]) for key in words if key in table}
            worded = table.assign(**own).rename(columns=_HEADINGS)
            write_text(folder / name, worded.to_csv(index=False, lineterminator="\n"))


def make_plans(
    study: config.Study,
    folder: Path,
    measured: VillageIndicators,
    pockets: Pockets,
    counts: Sequence[VillageCounts],
    catalogue: Catalogue,
) -> Plans:
    """
    Plan the budget and the way to the target, where the study asks for them.

    Places are the pockets, and what is left of each district.

    `measured`: Village table before masking; only sums of places leave here.
    Raises ConfigError: A file is missing or wrong, or a need has no unit cost.
    Raises DataError: The target asks more persons than are estimated poor.
    """
    tables: dict[str, pd.DataFrame] = {}
    notes: list[Note] = []
    place = _places(measured, pockets)
    budget = None
    if study.budget:
        severity = severity_of(counts, place)
        placed = PlacedNeeds(measured, place, severity, study.disclosure.smallest, catalogue.names)
        budget = make_budget(study.budget, folder, placed)
        tables |= budget.tables
        notes += budget.notes
    if study.target:
        made, told = _target(study.target, folder, measured, place, budget.plan if budget else None)
        tables |= made
        notes += told
    costs = (budget.costs, budget.assumed_costs) if budget else (0, 0)
    return Plans(tables, tuple(notes), *costs)


def _places(measured: VillageIndicators, pockets: Pockets) -> pd.Series:
    rest = "Kec. " + measured.villages["district_name"].astype(str) + " (di luar kantong)"
    named = pockets.members.map(lambda number: f"Kantong {int(number)}")
    return named.reindex(measured.villages.index).fillna(rest)


def _target(
    settings: TargetSettings,
    folder: Path,
    measured: VillageIndicators,
    place: pd.Series,
    plan: Plan | None,
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
        base = counted / current
        sums = {
            name: _shared_out(known, by, counted)
            for name, by in (
                ("sasaran_orang.csv", place),
                ("sasaran_orang_kecamatan.csv", "Kec. " + known["district_name"].astype(str)),
            )
        }
        for name, one in sums.items():
            reduction = persons_to_leave(
                one["poor_people"],
                one["people"],
                current_rate=current,
                target_rate=settings.rate_percent / _PERCENT,
                base=base,
            )
            listed = reduction.places.rename_axis("place").reset_index()
            tables[name] = listed.assign(source=settings.source)
        text = f"Target {settings.year} ({settings.source}): {reduction.text}"
        notes.append(Note("target", text))
        if plan is not None and settings.exit_share_low is not None:
            made, note = _effect(settings, plan, known, current, base)
            tables["sasaran_dampak_paket.csv"] = made
            notes.append(note)
    return tables, notes


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
