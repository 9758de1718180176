"""The list beside a map of what agencies must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.cartography.annex.rows import RANKED, Listing, Row, placed, worst_villages
from sibangkit_geo.cartography.texts import say
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.cartography.classes import Layer
    from sibangkit_geo.cartography.product import Product

_MOST_ACTING = 14


def agency_rows(product: Product, layer: Layer, *, agency: str, name: str) -> Listing:
    """
    List the villages where an agency's main need most exceeds the regency's share.

    Returns: Ranked on the map; the worst villages where no household is counted.
    """
    table = product.needs.table
    own = table[(table["agency"] == agency) & (table["indicator"] == layer.indicator.name)]
    own = own[own["village_code"].isin(layer.shown.index)].set_index("village_code")
    top = own[own["excess"] > 0].sort_values("excess", ascending=False, kind="stable")
    if top.empty:
        return worst_villages(product, layer)
    rows = [
        Row(
            str(i + 1),
            placed(product, str(code)),
            say("annex.atlas_agency_value", count=numeral(one["households"]),
                excess=numeral(one["excess"])),
        )
        for i, (code, one) in enumerate(top.head(RANKED).iterrows())
    ]  # fmt: skip
    how = say("annex.atlas_agency_how")
    roles = product.needs.roles
    if roles is not None:
        acting = roles[(roles["level"] == "village") & (roles["agency"] == agency) & roles["acts"]]
        told = say("annex.atlas_agency_acts", agency=name, count=numeral(len(acting)))
        how = f"{told} {how}"
    codes = tuple(str(code) for code in top.index[:RANKED])
    return Listing(say("annex.atlas_list_agency"), how, tuple(rows), codes)


def convergence_rows(product: Product, layer: Layer, *, names: Mapping[str, str]) -> Listing:
    """List the villages where most agencies must act, with those agencies."""
    heading = say("annex.atlas_list_convergence")
    acting = layer.shown[layer.shown > 0].sort_values(ascending=False, kind="stable")
    if acting.empty:
        return Listing(heading, say("annex.atlas_convergence_none"))
    codes = [str(code) for code in acting.index[:_MOST_ACTING]]
    keys = product.measured.villages["acting_agencies"]
    rows = []
    for i, code in enumerate(codes):
        named = ", ".join(names.get(one, one) for one in str(keys[code]).split())
        rows.append(Row(str(i + 1), f"{placed(product, code)}: {named}"))
    return Listing(heading, "", tuple(rows), tuple(codes))
