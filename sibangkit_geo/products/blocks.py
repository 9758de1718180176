"""Folded parts of the pages: programmes, needs of places, money, targets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sibangkit_geo.model.numerals import numeral, percentage, rupiah
from sibangkit_geo.products.agency_card import main_need
from sibangkit_geo.products.parts import Block
from sibangkit_geo.products.tables import write_csv
from sibangkit_geo.products.words import listing, place_namer, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from sibangkit_geo.agencies import Programme
    from sibangkit_geo.agencies.budget import BudgetTables
    from sibangkit_geo.agencies.targets import TargetTables
    from sibangkit_geo.model.types import Note, Place
    from sibangkit_geo.products.result import Analysis

_LEFT, _RIGHT = "l", "r"
_MISSING = "–"

_SHOWN = 12

_HEADINGS = {
    "partner": "mitra", "unserved": "belum_terlayani", "planned": "rencana_opd",
    "pledged": "janji_mitra", "unplanned": "belum_direncanakan",
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


def focus_blocks(product: Analysis) -> tuple[Block, ...]:
    """
    Word programmes and needs of places, for each agency, and the matrix for all.

    Returns: Only of agencies with a need in the data.
    """
    labels = {one.name: one.label for one in product.measured.indicators}
    blocks = []
    for agency, indicators in product.focus.indicators.items():
        blocks += _places(agency, indicators, product, labels)
        blocks += programme_block(agency, product)
    return (*_matrix(product), *blocks)


def programme_block(agency: str, product: Analysis) -> list[Block]:
    """Word the programmes that answer an agency's needs; none where none is listed."""
    labels = {one.name: one.label for one in product.measured.indicators}
    rows: dict[Programme, list[str]] = {}
    for name in product.focus.indicators[agency]:
        for one in product.catalogue.programmes_for(name):
            rows.setdefault(one, []).append(labels[name])
    if not rows:
        return []
    table = tuple(
        (
            one.name,
            "; ".join(answered),
            one.eligibility,
            ", ".join(say(f"payer_{payer}") for payer in one.delivers),
        )
        for one, answered in rows.items()
    )
    return [
        Block(
            key="programmes",
            headline=say("programmes_headline"),
            lead=say("programmes_lead"),
            head=listing("programmes_head"),
            align=(_LEFT,) * 4,
            rows=table,
            agency=agency,
        )
    ]


def _places(
    agency: str, indicators: tuple[str, ...], product: Analysis, labels: Mapping[str, str]
) -> list[Block]:
    """List pockets and districts by the agency's need that concerns most households."""
    table = product.focus.places
    if table is None or table.empty:
        return []
    own = table[(table["agency"] == agency) & table["indicator"].isin(indicators)]
    whole = main_need(product.focus, among=indicators)
    if whole is None:
        return []
    first = str(whole["indicator"])
    name_of = place_namer(product.measured.villages, product.found)
    rows = []
    for level in ("pocket", "district"):
        shown = own[(own["level"] == level) & (own["indicator"] == first)]
        rows += [
            (
                name_of(one["place"]),
                numeral(one["unserved"]),
                percentage(one["share"]),
                _or_dash(one["ratio"], 1),
                _or_dash(one["rank_need"]),
                _or_dash(one["rank_excess"]),
                _or_dash(one["rank_severity"]),
            )
            for _, one in shown.sort_values("rank_need", kind="stable").iterrows()
        ]
    return [
        Block(
            key="places",
            headline=say("places_headline"),
            lead=say("places_lead", label=labels[first]),
            head=listing("places_head"),
            align=(_LEFT, *(_RIGHT,) * 6),
            rows=tuple(rows),
            agency=agency,
        )
    ]


def _or_dash(value: float, decimals: int = 0) -> str:
    return _MISSING if math.isnan(value) else numeral(value, decimals)


def _matrix(product: Analysis) -> list[Block]:
    roles = product.focus.roles
    own = None if roles is None or roles.empty else roles[roles["level"] == "pocket"]
    if own is None or own.empty:
        return []
    places = sorted(own["place"].unique())
    mark = {(one["place"], one["agency"]): _mark(one) for _, one in own.iterrows()}
    rows = tuple(
        (name, *(mark.get((place, key), "") for place in places))
        for key, name in product.catalogue.names.items()
        if any(mark.get((place, key)) for place in places)
    )
    action = product.catalogue.action
    rule = say(
        "rule_action",
        ratio=numeral(action.minimum_ratio, 1),
        excess=numeral(action.minimum_excess),
    )
    return [
        Block(
            key="matrix",
            headline=say("matrix_headline"),
            lead=say("matrix_lead", rule=rule),
            head=("OPD", *(f"K{place.id}" for place in places)),
            align=(_LEFT, *(_RIGHT,) * len(places)),
            rows=rows,
            agency=product.catalogue.agencies[0].key,
        )
    ]


def _mark(role: pd.Series) -> str:
    if role["lead"]:
        return "1"
    return "•" if role["acts"] else ""


def money_blocks(
    product: Analysis,
    budget: BudgetTables | None,
    target: TargetTables | None,
    *,
    notes: Sequence[Note],
) -> tuple[Block, ...]:
    """Word budget and target, where there are any."""
    told = {one.key: one.text for one in notes}
    overview = product.catalogue.agencies[0].key
    blocks: list[Block] = []
    if target:
        blocks += _target(target, product, told, overview)
    if budget:
        blocks += [_all_agencies(product, budget, told, overview), _curve(budget.curve, overview)]
        for agency in budget.plan.spent["agency"].unique():
            blocks += _agency(str(agency), product, budget)
    return tuple(blocks)


def _all_agencies(
    product: Analysis, budget: BudgetTables, told: Mapping[str, str], overview: str
) -> Block:
    plan = budget.plan
    pledged = budget.pledged.groupby("agency")["households"].sum()
    spent = plan.spent.groupby("agency", sort=False)[["ceiling", "spent"]].sum()
    chosen = plan.chosen.groupby("agency")["households"].sum()
    left = plan.left_out.groupby("agency")["households"].sum()
    years = budget.years.set_index("agency")["text"]
    rows = []
    for agency, money in spent.iterrows():
        served = float(chosen.get(agency, 0.0))
        need = served + float(left.get(agency, 0.0)) + float(pledged.get(agency, 0.0))
        rows.append(
            (
                product.catalogue.names[str(agency)],
                rupiah(money["ceiling"]),
                rupiah(money["spent"]),
                numeral(served),
                percentage(served / need if need else float("nan")),
                str(years.get(agency, "–")),
            )
        )
    return Block(
        key="budget",
        headline=say("budget_headline"),
        lead=told["budget"],
        items=_sensitivity(budget.sensitivity),
        head=listing("budget_all_head"),
        align=(_LEFT, *(_RIGHT,) * 5),
        rows=tuple(rows),
        agency=overview,
    )


def _sensitivity(table: pd.DataFrame) -> tuple[str, ...]:
    said = [
        say(
            "budget_factor",
            factor=numeral(one["cost_factor"], 1),
            share=percentage(one["share"]),
        )
        for _, one in table.iterrows()
    ]
    return (*said, say("budget_assumed"))


def _curve(table: pd.DataFrame, overview: str) -> Block:
    rows = tuple(
        (
            numeral(one["ceiling_factor"], 2),
            rupiah(one["ceiling"]),
            rupiah(one["spent"]),
            numeral(one["households"]),
            percentage(one["share"]),
        )
        for _, one in table.iterrows()
    )
    return Block(
        key="curve",
        headline=say("curve_headline"),
        lead=say("curve_lead"),
        head=listing("curve_head"),
        align=(_RIGHT,) * 5,
        rows=rows,
        agency=overview,
    )


def _agency(agency: str, product: Analysis, budget: BudgetTables) -> list[Block]:
    labels = {one.name: one.label for one in product.measured.indicators}
    name_of = place_namer(product.measured.villages, product.found)
    chosen, left, spent, years = (
        table[table["agency"] == agency]
        for table in (budget.plan.chosen, budget.plan.left_out, budget.plan.spent, budget.years)
    )
    served = float(chosen["households"].sum())
    promised = _promised(budget.pledged, agency)
    need = served + float(left["households"].sum()) + promised
    money = spent[["ceiling", "spent"]].sum()
    lead = say(
        "budget_lead",
        count=numeral(served),
        all=numeral(need),
        share=percentage(served / need if need else float("nan")),
        spent=rupiah(money["spent"]),
        ceiling=rupiah(money["ceiling"]),
    )
    told = (say("budget_pledged", count=numeral(promised)),) if promised else ()
    blocks = [
        Block(
            key="budget",
            headline=say("budget_headline"),
            lead=lead,
            items=(*told, *_years(years, product), say("budget_assumed")),
            head=listing("budget_head"),
            align=(_LEFT, _LEFT, _LEFT, _RIGHT, _RIGHT),
            rows=tuple(
                (str(one["year"]), name_of(one["place"]), labels[one["indicator"]],
                 numeral(one["households"]), rupiah(one["cost"]))
                for _, one in _largest(chosen).sort_values("year", kind="stable").iterrows()
            ),
            agency=agency,
        )
    ]  # fmt: skip
    if len(left):
        blocks.append(_left(agency, left, labels, name_of))
    return blocks


def _promised(pledged: pd.DataFrame, agency: str) -> float:
    """Count the households that partners serve instead of an agency."""
    return float(pledged.loc[pledged["agency"] == agency, "households"].sum())


def _left(
    agency: str, left: pd.DataFrame, labels: Mapping[str, str], name_of: Callable[[Place], str]
) -> Block:
    return Block(
        key="budget_left",
        headline=say("left_headline"),
        lead=say(
            "left_lead",
            count=numeral(left["households"].sum()),
            places=numeral(left["place"].nunique()),
        ),
        head=listing("left_head"),
        align=(_LEFT, _LEFT, _RIGHT, _RIGHT, _LEFT),
        rows=tuple(
            (name_of(one["place"]), labels[one["indicator"]],
             numeral(one["households"]), rupiah(one["cost"]), one["reason"])
            for _, one in _largest(left).iterrows()
        ),
        agency=agency,
    )  # fmt: skip


def _years(table: pd.DataFrame, product: Analysis) -> tuple[str, ...]:
    return tuple(
        say(
            "budget_never" if math.isnan(one["years"]) else "budget_years",
            agency=product.catalogue.names[one["agency"]],
            households=numeral(one["households"]),
            cost=rupiah(one["cost"]),
            years=one["text"],
            new=say("budget_new", count=numeral(one["new"])) if one["new"] else "",
        )
        for _, one in table.iterrows()
    )


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("households", ascending=False, kind="stable").head(_SHOWN)


def _target(
    target: TargetTables, product: Analysis, told: Mapping[str, str], overview: str
) -> list[Block]:
    said = [told[key] for key in ("single_digit", "target", "package_effect") if key in told]
    rows: tuple[tuple[str, ...], ...] = ()
    if target.people is not None and target.people_by_district is not None:
        name_of = place_namer(product.measured.villages, product.found)
        inside = target.people[[place.level == "pocket" for place in target.people["place"]]]
        rows = tuple(
            (
                name_of(one["place"]),
                numeral(one["poor_people"]),
                numeral(one["leave"]),
            )
            for table in (inside, target.people_by_district)
            for _, one in table.sort_values("leave", ascending=False, kind="stable").iterrows()
        )
    series = target.series
    wide = series.pivot_table(
        index="year", columns="label", values="text", aggfunc="first", sort=False
    )
    return [
        Block(
            key="target",
            headline=say("target_headline"),
            items=tuple(said),
            head=listing("target_head") if rows else (),
            align=(_LEFT, _RIGHT, _RIGHT) if rows else (),
            rows=rows,
            agency=overview,
        ),
        Block(
            key="series",
            headline=say("series_headline"),
            lead=say("series_lead"),
            head=(say("series_year"), *(str(label) for label in wide.columns)),
            align=(_LEFT, *(_RIGHT,) * wide.shape[1]),
            rows=tuple(
                (str(year), *(str(text) for text in row)) for year, *row in wide.itertuples()
            ),
            agency=overview,
        ),
    ]


def write_money(
    product: Analysis, folder: Path, *, budget: BudgetTables | None, target: TargetTables | None
) -> None:
    """Write the tables of budget and target; nothing for what the study does not ask for."""
    tables: dict[str, pd.DataFrame | None] = {}
    if budget:
        tables |= {
            "anggaran_terpilih.csv": budget.plan.chosen,
            "anggaran_belum_termuat.csv": budget.plan.left_out,
            "anggaran_pagu.csv": budget.plan.spent,
            "anggaran_cakupan.csv": budget.plan.coverage,
            "anggaran_kepekaan.csv": budget.sensitivity,
            "anggaran_kurva.csv": budget.curve,
            "anggaran_tahun_selesai.csv": budget.years,
            "anggaran_janji.csv": budget.pledged if len(budget.pledged) else None,
        }
    if target:
        tables |= {
            "sasaran_deret.csv": target.series,
            "sasaran_orang.csv": target.people,
            "sasaran_orang_kecamatan.csv": target.people_by_district,
            "sasaran_dampak_paket.csv": target.effect,
        }
    for name, table in tables.items():
        if table is not None:
            write_csv(worded(table, product), folder / name)


def worded(table: pd.DataFrame, product: Analysis) -> pd.DataFrame:
    """Put words for the keys of places, agencies and needs, and Indonesian headings."""
    name_of = place_namer(product.measured.villages, product.found)
    labels = {one.name: one.label for one in product.measured.indicators}
    words: dict[str, Callable[[Any], object]] = {
        "place": name_of,
        "agency": product.catalogue.names.get,
        "indicator": labels.get,
    }
    own: dict[str, Any] = {
        name: list(map(word, table[name])) for name, word in words.items() if name in table
    }
    if "year" in table:
        own["year"] = table["year"].astype(int)
    return table.assign(**own).rename(columns=_HEADINGS)
