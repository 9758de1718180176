"""Sentences about who must act where, and how well programmes hit their aim."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from sibangkit_geo.cartography.texts import say
from sibangkit_geo.tables.numerals import numeral, percentage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from sibangkit_geo.cartography.product import Product


class _Role(NamedTuple):
    agency: str
    indicator: str
    unserved: float
    share: float
    ratio: float
    m0_contribution: float
    lead: bool
    acts: bool


_ROLE = list(_Role._fields)


def role_sentences(
    place: str, roles: pd.DataFrame, *, labels: Mapping[str, str], names: Mapping[str, str]
) -> tuple[str, ...]:
    """
    Say which agency takes the first step in a place, and which ones follow.

    `labels`: Indicator name to Indonesian label.
    Returns: None where no need of the place was counted.
    """
    named = roles.loc[roles["place"] == place, _ROLE]
    own = [_Role(*row) for row in zip(*(named[one].tolist() for one in _ROLE), strict=True)]
    if not own:
        return ()
    first = next((one for one in own if one.lead), None)
    if first is None:
        return (say("role_none"),)
    told = first.m0_contribution
    sentences = [
        say(
            "role_lead",
            agency=names[first.agency],
            label=labels[first.indicator],
            count=numeral(first.unserved),
            share=percentage(first.share),
            ratio=numeral(first.ratio, 1),
            m0="" if math.isnan(told) else say("role_m0", share=percentage(told, 0)),
        )
    ]
    listed = [
        say(
            "role_one",
            agency=names[one.agency],
            label=labels[one.indicator],
            count=numeral(one.unserved),
            ratio=numeral(one.ratio, 1),
        )
        for one in own
        if one.acts and not one.lead
    ]
    if listed:
        sentences.append(say("role_more", agencies="; ".join(listed)))
    return tuple(sentences)


def certainty_sentence(village: pd.Series) -> str:
    """
    Say between which ends a village's poverty rate lies, and how far it can be trusted.

    `village`: Row of the village table after masking.
    Returns: Empty where there is no rate, or it was masked.
    """
    low, high = village.get("headcount_low"), village.get("headcount_high")
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return say(
        "certainty",
        low=percentage(low),
        high=percentage(high),
        grade=village["reliability"],
    )


def targeting_sentences(agency: str, product: Product) -> list[str]:
    """
    Say how well an agency's programmes hit their aim in the regency.

    Returns: One per need that a programme serves; none where nobody is meant.
    """
    table = product.needs.targeting
    if table is None or table.empty:
        return []
    labels = {one.name: one.label for one in product.measured.indicators}
    own = table[(table["level"] == "regency") & (table["agency"] == agency)]
    return [
        say(
            "targeting_item",
            label=labels[one["indicator"]],
            excluded=numeral(one["excluded"]),
            eligible=numeral(one["eligible"]),
            exclusion=percentage(one["exclusion_error"]),
            low=percentage(one["exclusion_error_low"]),
            high=percentage(one["exclusion_error_high"]),
            inclusion=percentage(one["inclusion_error"]),
            receiving=numeral(one["receiving"]),
        )
        for _, one in own[own["eligible"] > 0].iterrows()
    ]


def acting_indexes(codes: Iterable[str], product: Product, order: list[str]) -> list[list[int]]:
    """
    List who must act in each village, as positions in a list of agencies.

    Returns: Largest excess first; empty where nobody must, or nothing is known.
    Raises ValueError: An agency is not in `order`.
    """
    table = product.measured.villages
    if "acting_agencies" not in table:
        return [[] for _ in codes]
    return [
        [order.index(one) for one in text.split()] if isinstance(text, str) else []
        for text in table.loc[list(codes), "acting_agencies"]
    ]
