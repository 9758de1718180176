"""Folded parts of the pages: programmes, needs of places, money, targets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.product import Block
from sibangkit_geo.cartography.texts import listing, say
from sibangkit_geo.tables.numerals import numeral, percentage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sibangkit_geo.agencies import Programme
    from sibangkit_geo.cartography.product import Product

_LEFT, _RIGHT = "l", "r"
_MISSING = "–"


def focus_blocks(product: Product) -> tuple[Block, ...]:
    """
    Word programmes and needs of places, for each agency, and the matrix for all.

    Returns: Only of agencies with a need in the data.
    """
    labels = {one.name: one.label for one in product.measured.indicators}
    blocks = []
    for agency, indicators in product.needs.indicators.items():
        blocks += _places(agency, indicators, product, labels)
        blocks += _programmes(agency, indicators, product, labels)
    return (*_matrix(product), *blocks)


def _programmes(
    agency: str, indicators: tuple[str, ...], product: Product, labels: Mapping[str, str]
) -> list[Block]:
    rows: dict[Programme, list[str]] = {}
    for name in indicators:
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
    agency: str, indicators: tuple[str, ...], product: Product, labels: Mapping[str, str]
) -> list[Block]:
    """List pockets and districts by the agency's need that concerns most households."""
    table = product.needs.places
    if table is None or table.empty:
        return []
    own = table[(table["agency"] == agency) & table["indicator"].isin(indicators)]
    whole = own[own["level"] == "regency"].sort_values("unserved", ascending=False)
    if whole.empty:
        return []
    first = str(whole["indicator"].iloc[0])
    names = _place_names(product)
    rows = []
    for level in ("pocket", "district"):
        shown = own[(own["level"] == level) & (own["indicator"] == first)]
        rows += [
            (
                names.get(str(one["place"]), str(one["place"]).capitalize()),
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


def _place_names(product: Product) -> dict[str, str]:
    table = product.measured.villages.drop_duplicates("district_code")
    return {
        str(code): f"Kec. {name}"
        for code, name in zip(table["district_code"], table["district_name"], strict=True)
    }


def _or_dash(value: float, decimals: int = 0) -> str:
    return _MISSING if math.isnan(value) else numeral(value, decimals)


def _matrix(product: Product) -> list[Block]:
    roles = product.needs.roles
    own = None if roles is None or roles.empty else roles[roles["level"] == "pocket"]
    if own is None or own.empty:
        return []
    places = sorted(own["place"].unique(), key=lambda place: int(str(place).split()[-1]))
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
            head=("OPD", *(f"K{str(place).split()[-1]}" for place in places)),
            align=(_LEFT, *(_RIGHT,) * len(places)),
            rows=rows,
            agency=product.catalogue.agencies[0].key,
        )
    ]


def _mark(role: pd.Series) -> str:
    if role["lead"]:
        return "1"
    return "•" if role["acts"] else ""
