"""Rows of the document's own tables, as written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.cartography.annex.change import signed
from sibangkit_geo.cartography.texts import say
from sibangkit_geo.tables.numerals import numeral, percentage

if TYPE_CHECKING:
    from sibangkit_geo.cartography.annex.change import WaveChange
    from sibangkit_geo.cartography.product import Product

Rows = list[tuple[str, ...]]
_P_DECIMALS = 3


def main_rows(product: Product) -> Rows:
    """Word the main numbers of the regency."""
    villages, layer, pockets = product.measured.villages, product.layers[0], product.pockets
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
    label = say("document_main_rate", label=layer.indicator.label)
    rows.insert(4, (label, _rate(layer.regency_value)))
    return list(rows)


def pocket_rows(product: Product) -> Rows:
    """Word the pockets."""
    return [
        (
            str(number),
            say(f"grade_{row['evidence']}"),
            numeral(row["n_villages"]),
            numeral(row["households"]),
            numeral(row["poor"]),
            percentage(row["rate"]),
            numeral(row["relative_risk"], 1),
            numeral(row["p_value"], _P_DECIMALS),
        )
        for number, row in product.pockets.outlines.iterrows()
    ]


def village_rows(product: Product, number: int) -> Rows:
    """
    Word the villages of a pocket, the worst first.

    Returns: Masked numbers read "disamarkan", missing ones a dash.
    """
    members, layer = product.pockets.members, product.layers[0]
    own = product.measured.villages.loc[members.index[members == number]]
    shown = layer.shown.reindex(own.index)
    order = shown.sort_values(ascending=layer.indicator.worse == "low", kind="stable").index
    masked = layer.masked.reindex(own.index, fill_value=False)
    return [
        (
            str(code),
            str(own.loc[code, "name"]),
            str(own.loc[code, "district_name"]),
            _or_dash(own.loc[code, "households"]),
            _cell(own.loc[code, "poor_households"], hidden=bool(masked[code])),
            say("document_masked") if masked[code] else _rate(shown[code]),
        )
        for code in order
    ]


def district_rows(product: Product) -> Rows:
    """
    Word the districts.

    Returns: By code; sums that count too few are dashes.
    """
    villages, layer = product.measured.villages, product.layers[0]
    inside = villages.index.isin(product.pockets.members.index)
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


def change_rows(product: Product, change: WaveChange) -> Rows:
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


def _or_dash(value: float) -> str:
    return say("document_missing") if pd.isna(value) else numeral(value)


def _cell(value: float, *, hidden: bool) -> str:
    return say("document_masked") if hidden else _or_dash(value)
