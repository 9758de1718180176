"""The list beside a map: pockets, districts or the worst villages, one row each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.texts import pocket_sentence, result_sentences, say
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from sibangkit_geo.cartography.classes import Layer
    from sibangkit_geo.cartography.product import Product

RANKED = 10


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row.

    `number`: As on the map; empty for none.
    `color`: ``#rrggbb`` of a chip before the text; empty for none.
    """

    number: str
    text: str
    value: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """
    The list beside a map.

    `heading`, `how`: Above it: what it lists, and how to read it.
    `ranked`: Villages in the order of their numbers on the map; empty when there are none.
    """

    heading: str
    how: str = ""
    rows: tuple[Row, ...] = ()
    ranked: tuple[str, ...] = ()


def pocket_rows(product: Product) -> Listing:
    """
    List the pockets, or say why there is none.

    Returns: One row per pocket; without any, the reason and the districts' rates.
    """
    headline, sentences = result_sentences(product.pockets)
    heading = say("annex.atlas_list_pockets")
    if not len(product.pockets):
        rates = layer_rows(product, product.layers[0]).rows
        how = f"{headline}. {' '.join(sentences[:1])} {say('annex.atlas_then_districts')}"
        return Listing(heading, how, rates)
    rows = [
        Row("", pocket_sentence(int(str(number)), pocket, key="pocket_line"))
        for number, pocket in product.pockets.outlines.iterrows()
    ]
    return Listing(heading, f"{headline}.", tuple(rows))


def layer_rows(product: Product, layer: Layer) -> Listing:
    """
    List the districts' rates, worst first; the worst villages where there is no rate.

    Returns: One row per district, or the ten worst villages, ranked on the map.
    """
    rates = layer.district_values.dropna()
    worst = layer.indicator.worse == "high"
    unit = say(f"annex.unit_{layer.indicator.unit}")
    if rates.empty:
        return worst_villages(product, layer)
    names = product.measured.villages.drop_duplicates("district_code")
    named = names.set_index("district_code")["district_name"]
    rows = [
        Row("", str(named[code]), numeral(rate, layer.decimals))
        for code, rate in rates.sort_values(ascending=not worst, kind="stable").items()
    ]
    if not math.isnan(layer.regency_value):
        rows.insert(0, Row("", product.regency_name, numeral(layer.regency_value, layer.decimals)))
    heading = say("annex.atlas_list_districts")
    return Listing(f"{heading} ({unit})" if unit else heading, rows=tuple(rows))


def worst_villages(product: Product, layer: Layer) -> Listing:
    """List the ten worst villages of a layer."""
    known = layer.shown.dropna().sort_values(
        ascending=layer.indicator.worse == "low", kind="stable"
    )
    codes = [str(one) for one in known.index[:RANKED]]
    rows = [
        Row(str(i + 1), placed(product, code), numeral(float(known[code]), layer.decimals))
        for i, code in enumerate(codes)
    ]
    return Listing(say("annex.atlas_list_worst"), rows=tuple(rows), ranked=tuple(codes))


def placed(product: Product, code: str) -> str:
    """
    Name a village with its district.

    Returns: Such as ``"Mariana (Banyuasin I)"``.
    """
    village = product.measured.villages.loc[code]
    return say("annex.atlas_agency_item", name=village["name"], district=village["district_name"])
