"""The tables of the document, row by row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.model.numerals import numeral, percentage, rupiah
from sibangkit_geo.products.agency_card import heaviest
from sibangkit_geo.products.changes import signed
from sibangkit_geo.products.words import numbered_name, place_namer, risk_interval, risk_words, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sibangkit_geo.agencies.budget import BudgetTables
    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.result import Analysis

Rows = list[tuple[str, ...]]
_P_DECIMALS = 3


def main_rows(product: Analysis) -> Rows:
    """Word the main numbers of the regency."""
    villages, layer, pockets = product.measured.villages, product.layers[0], product.found
    grades = pockets.outlines["evidence"]
    poor = float(layer.district_counts.sum(min_count=1))
    told = [
        ("official", numeral(len(villages))),
        ("data", numeral(int((villages["status"] == "ok").sum()))),
        ("households", _or_dash(float(villages["households"].sum(min_count=1)))),
        ("poor", _or_dash(poor)),
        ("strict", numeral(int((grades == "strict").sum()))),
        ("indicative", numeral(int((grades == "indicative").sum()))),
        ("inside", numeral(len(pockets.members))),
    ]
    rows = [(say(f"document_main_{key}"), text) for key, text in told]
    if areas := pockets.wide_villages:
        inside = numeral(sum(map(len, areas.values())))
        rows.append((say("document_main_wide"), numeral(len(areas))))
        rows.append((say("document_main_wide_inside"), inside))
    label = say("document_main_rate", label=layer.indicator.label)
    rows.insert(4, (label, _rate(layer.regency_value)))
    return list(rows)


def pocket_rows(product: Analysis) -> Rows:
    """Word the pockets."""
    return [
        (numbered_name(int(str(number)), row), say(f"grade_{row['evidence']}"), *_counted(row))
        for number, row in product.found.outlines.iterrows()
    ]


def wide_rows(product: Analysis) -> Rows:
    """Word the parts of a wide pattern: the multiple is that of the pattern, not of the rate."""
    if product.found.wide is None:
        return []
    return [
        (numbered_name(int(str(number)), row), *_counted(row))
        for number, row in product.found.wide.iterrows()
    ]


def _counted(row: pd.Series) -> tuple[str, ...]:
    return (
        numeral(row["n_villages"]),
        numeral(row["households"]),
        numeral(row["poor"]),
        percentage(row["rate"]),
        risk_words(float(row["relative_risk"])) + risk_interval(row, key="risk_range"),
        numeral(row["p_value"], _P_DECIMALS),
    )


def village_rows(product: Analysis, number: int) -> Rows:
    """Word the villages of a pocket, the worst first; missing numbers are dashes."""
    members, layer = product.found.members, product.layers[0]
    own = product.measured.villages.loc[members.index[members == number]]
    shown = layer.shown.reindex(own.index)
    order = shown.sort_values(ascending=layer.indicator.worse == "low", kind="stable").index
    return [
        (
            str(code),
            str(own.loc[code, "name"]),
            str(own.loc[code, "district_name"]),
            _or_dash(own.loc[code, "households"]),
            _or_dash(own.loc[code, "poor_households"]),
            _rate(shown[code]),
        )
        for code in order
    ]


def district_rows(product: Analysis) -> Rows:
    """Word the districts, by code."""
    villages, layer = product.measured.villages, product.layers[0]
    inside = villages.index.isin(product.found.members.index)
    rows: Rows = []
    for code, own in villages.assign(inside=inside).groupby("district_code"):
        rows.append(
            (
                str(code),
                str(own["district_name"].iloc[0]),
                numeral(len(own)),
                numeral(int(own["inside"].sum())),
                _or_dash(float(own["households"].sum(min_count=1))),
                _or_dash(float(layer.district_counts.get(code, math.nan))),
                _rate(float(layer.district_values.get(code, math.nan))),
            )
        )
    return rows


def change_rows(product: Analysis, change: WaveChange) -> Rows:
    """
    Word the villages that surely changed, the largest fall first.

    Returns: Code, names, per cent at both times, percentage points; empty without sure change.
    """
    villages = product.measured.villages
    return [
        (
            str(code),
            str(villages.loc[code, "name"]),
            str(villages.loc[code, "district_name"]),
            numeral(float(row["before"]), 1),
            numeral(float(row["after"]), 1),
            signed(float(row["difference"])),
        )
        for code, row in change.sure.sort_values("difference", kind="stable").iterrows()
    ]


def _rate(percent: float) -> str:
    return say("document_missing") if pd.isna(percent) else percentage(percent / 100)


def _or_dash(value: float, decimals: int = 0) -> str:
    return say("document_missing") if pd.isna(value) else numeral(value, decimals)


def need_rows(product: Analysis) -> Rows:
    """Word every need of every agency in the regency, by agency, and where it is heaviest."""
    needs = product.focus
    if needs.places is None or needs.places.empty:
        return []
    whole = needs.places[needs.places["level"] == "regency"].set_index(["agency", "indicator"])
    name_of = place_namer(product.measured.villages, product.found)
    labels = {one.name: one.label for one in product.measured.indicators}
    level = "district" if product.found.outlines.empty else "pocket"
    rows: Rows = []
    for agency, names in needs.indicators.items():
        own = whole.reindex([(agency, one) for one in names]).dropna(subset="unserved")
        for _, row in own.reset_index().sort_values("unserved", ascending=False).iterrows():
            first = heaviest(needs, str(row["indicator"]), level=level, most=1)
            rows.append(
                (
                    product.catalogue.names.get(agency, agency.upper()),
                    labels[row["indicator"]],
                    numeral(row["unserved"]),
                    numeral(row["asked"]),
                    percentage(row["share"]),
                    name_of(first["place"].iloc[0]) if len(first) else say("document_missing"),
                )
            )
    return rows


def district_need_rows(product: Analysis, code: str) -> Rows:
    """Word the needs of one district, those of most households first."""
    table = product.focus.places
    if table is None or table.empty:
        return []
    own = table[(table["level"] == "district") & table["unserved"].notna()]
    own = own[[place.id == code for place in own["place"]]]
    labels = {one.name: one.label for one in product.measured.indicators}
    return [
        (
            product.catalogue.names.get(str(one["agency"]), str(one["agency"]).upper()),
            labels[one["indicator"]],
            numeral(one["unserved"]),
            numeral(one["asked"]),
            percentage(one["share"]),
            _or_dash(one["ratio"], 1),
        )
        for _, one in own.sort_values("unserved", ascending=False, kind="stable").iterrows()
    ]


def district_village_rows(product: Analysis, code: str) -> Rows:
    """Word the villages of a district, the worst first, with the pocket each lies in."""
    villages, layer = product.measured.villages, product.layers[0]
    own = villages[villages["district_code"] == code]
    shown = layer.shown.reindex(own.index)
    order = shown.sort_values(ascending=layer.indicator.worse == "low", kind="stable").index
    members = product.found.members
    return [
        (
            str(village),
            str(own.loc[village, "name"]),
            _or_dash(own.loc[village, "households"]),
            _or_dash(own.loc[village, "poor_households"]),
            _rate(shown[village]),
            f"K{members[village]}" if village in members.index else say("document_missing"),
        )
        for village in order
    ]


def chosen_rows(budget: BudgetTables, agency: str, labels: Mapping[str, str]) -> Rows:
    """Add up what an agency serves, by year and need."""
    own = budget.plan.chosen[budget.plan.chosen["agency"] == agency]
    return _added(own, ["year", "indicator"], lambda keys: (str(keys[0]), labels[keys[1]]))


def left_rows(budget: BudgetTables, agency: str, labels: Mapping[str, str]) -> Rows:
    """Add up what an agency's ceiling leaves unserved, by need and reason."""
    own = budget.plan.left_out[budget.plan.left_out["agency"] == agency]
    return _added(own, ["indicator", "reason"], lambda keys: (labels[keys[0]], str(keys[1])))


def _added(
    table: pd.DataFrame, by: list[str], worded: Callable[[tuple[Any, ...]], tuple[str, ...]]
) -> Rows:
    """Add up places, households and cost, and all of them in a last row."""
    if table.empty:
        return []
    parts = table.groupby(by, sort=False, as_index=False).agg(
        places=("place", "nunique"), households=("households", "sum"), cost=("cost", "sum")
    )
    order = [by[0], "households"] if by[0] == "year" else ["households"]
    parts = parts.sort_values(order, ascending=[one == "year" for one in order], kind="stable")
    rows = [
        (*worded(tuple(one[by])), numeral(one["places"]), numeral(one["households"]),
         rupiah(one["cost"]))
        for _, one in parts.iterrows()
    ]  # fmt: skip
    if len(rows) == 1:
        return rows
    whole = (
        numeral(table["place"].nunique()),
        numeral(table["households"].sum()),
        rupiah(table["cost"].sum()),
    )
    return [*rows, (say("document_total"), "", *whole)]
