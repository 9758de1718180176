"""The list of villages beside the map of their district."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.cartography.annex.rows import Listing, Row
from sibangkit_geo.cartography.texts import say
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.cartography.classes import Layer
    from sibangkit_geo.cartography.product import Product


def village_rows(
    product: Product, layer: Layer, *, district: str, colors: Mapping[str, str]
) -> Listing:
    """
    List the official villages of a district, numbered as on its map.

    Returns: In the order of the codes, those without a polygon too.
    """
    villages = product.measured.villages
    own = villages[villages["district_code"] == district].sort_index()
    pockets = product.pockets.members.to_dict()
    rows = []
    for i, (code, name) in enumerate(own["name"].items()):
        pocket = f" · K{pockets[code]}" if code in pockets else ""
        rows.append(
            Row(str(i + 1), f"{name}{pocket}", _value(layer, str(code)), colors.get(str(code), ""))
        )
    unit = say(f"annex.unit_{layer.indicator.unit}")
    how = say("annex.atlas_villages_how" if len(product.pockets) else "annex.atlas_value",
              label=layer.indicator.label,
              unit=f" ({unit})" if unit else "")  # fmt: skip
    codes = tuple(str(code) for code in own.index)
    return Listing(say("annex.atlas_list_villages"), how, tuple(rows), codes)


def _value(layer: Layer, code: str) -> str:
    if code not in layer.shown.index:
        return say("annex.atlas_no_polygon")
    if layer.masked[code]:
        return say("annex.atlas_masked_value")
    value = layer.shown[code]
    return numeral(value, layer.decimals) if pd.notna(value) else say("annex.atlas_missing_value")
