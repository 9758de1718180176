"""The villages of a district in the order of their need, for its page and its profile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis


@dataclass(frozen=True, slots=True)
class VillageLine:
    """
    One village, in words.

    `households`, `poor`, `rate`: Households, poor ones, and their share.
    `pocket`: Its number; empty outside.
    `need`: The need with the largest excess over the regency's share, with its households.
    `acting`: Agencies that must act.
    """

    code: str
    name: str
    households: str
    poor: str
    rate: str
    pocket: str
    need: str
    acting: str


def poorest_first(
    product: Analysis, district: str, *, needs: Mapping[str, str]
) -> tuple[VillageLine, ...]:
    """
    List the villages of a district, those with most poor households first.

    `needs`: As `largest_excess` words them.

    Where no households are counted the rate decides; villages without either come last, by code.
    """
    villages, layer = product.measured.villages, product.layers[0]
    own = villages[villages["district_code"] == district]
    counts = layer.shown * np.nan if layer.counts is None else layer.counts
    order = own.assign(
        _count=counts.reindex(own.index).astype(float), _rate=layer.shown.reindex(own.index)
    ).sort_values(["_count", "_rate"], ascending=False, na_position="last", kind="stable")
    names = product.catalogue.names
    lines = []
    for code, row in order.iterrows():
        pocket, acting = product.found.members.get(code), row.get("acting_agencies")
        thin = bool(layer.thin.get(code, False))
        lines.append(
            VillageLine(
                code=str(code),
                name=str(row["name"]),
                households=numeral(float(row["households"])),
                poor=_count(float(row["_count"])),
                rate=say("profile_thin") if thin else layer_value(layer, float(row["_rate"])),
                pocket="" if pocket is None else str(int(pocket)),
                need=needs.get(str(code), ""),
                acting=", ".join(names[key] for key in acting.split())
                if isinstance(acting, str)
                else "",
            )
        )
    return tuple(lines)


def layer_value(layer: Layer, value: float) -> str:
    """Write a number of a layer with its unit, or that there is none."""
    text = numeral(value, layer.decimals)
    return f"{text}%" if layer.indicator.unit == "percent" and not math.isnan(value) else text


def _count(value: float) -> str:
    return say("profile_nothing") if math.isnan(value) else numeral(value)


def largest_excess(product: Analysis) -> dict[str, str]:
    """Word the need of every village whose unserved households exceed the regency's share most."""
    table = product.focus.places
    if table is None or table.empty:
        return {}
    labels = {one.name: one.label for one in product.measured.indicators}
    own = table[(table["level"] == "village") & (table["excess"] > 0)]
    most = own.sort_values("excess", ascending=False, kind="stable")
    found: dict[str, str] = {}
    for place, need, count in most[["place", "indicator", "unserved"]].itertuples(index=False):
        if place.id not in found:
            told = {"label": labels[need], "count": numeral(count)}
            found[place.id] = say("profile_village_need", **told)
    return found
