"""Sentences about who must act where, and how well programmes hit their aim."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from sibangkit_geo.model.types import Place
    from sibangkit_geo.products.result import Analysis

# below this share of its households in the register, a village's numbers speak of others
_LOW_COVERAGE = 0.9


class _Role(NamedTuple):
    agency: str
    indicator: str
    unserved: float
    share: float
    ratio: float
    m0_contribution: float
    lead: bool
    acts: bool


def role_sentences(
    place: Place, roles: pd.DataFrame | None, *, labels: Mapping[str, str], names: Mapping[str, str]
) -> tuple[str, ...]:
    """
    Say which agency takes the first step in a place, and which ones follow.

    `labels`: Indicator name to Indonesian label.
    `roles`: Of every level; None or empty where no need was counted.
    Returns: None where no need of the place was counted.
    """
    if roles is None or roles.empty:
        return ()
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
            weak="" if first.acts else say("role_weak"),
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

    `village`: Row of the village table.
    Returns: Empty where there is no rate.
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


def targeting_sentences(agency: str, product: Analysis) -> list[str]:
    """
    Say how well an agency's programmes hit their aim in the regency.

    Returns: One per need that a programme serves; none where nobody is meant.
    """
    table = product.focus.targeting
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


def acting_indexes(codes: Iterable[str], product: Analysis, order: list[str]) -> list[list[int]]:
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


@dataclass(frozen=True, slots=True)
class Limitations:
    """
    What the gaps are read from, beside the product.

    `decile_max`: Last decile that counts as poor; 0 where spending decides.
    `from_register`: Whether households were counted, or only village numbers read.
    `costs`, `assumed_costs`: Unit costs used, and those that are assumptions; 0 without a budget.
    """

    decile_max: int
    from_register: bool
    waves: int
    border: tuple[int, ...]
    costs: int = 0
    assumed_costs: int = 0


def honesty_sentences(product: Analysis, known: Limitations) -> tuple[str, ...]:
    """
    Say what this analysis cannot answer.

    Returns: Only those that hold for these data; the first always does.
    """
    return (*_measure(product, known), *_gaps(product), *_use(product, known))


def _measure(product: Analysis, known: Limitations) -> list[str]:
    first = product.layers[0].indicator
    said = [say("honest_official", source=first.source, year=first.year)]
    if known.decile_max:
        cut = "1" if known.decile_max == 1 else f"1–{known.decile_max}"
        said.append(say("honest_decile", decile=cut))
    if not known.from_register:
        said.append(say("honest_share"))
    outside = _poor_outside(product)
    if outside:
        said.append(outside)
    return said


def _poor_outside(product: Analysis) -> str:
    outlines, counted = product.found.outlines, product.layers[0].district_counts
    whole = float(counted.sum())
    if outlines.empty or not whole > 0:
        return ""
    count = whole - float(outlines["poor"].sum())
    return say("honest_person", count=numeral(count), share=percentage(count / whole))


def _gaps(product: Analysis) -> list[str]:
    villages = product.measured.villages
    counts = {
        "honest_missing": int((villages["status"] != "ok").sum()),
        "honest_reliability": _equal(villages, "reliability", "tidak dapat dipakai"),
    }
    said = [say(key, count=numeral(count)) for key, count in counts.items() if count]
    if "register_coverage" in villages:
        low = int((villages["register_coverage"] < _LOW_COVERAGE).sum())
        if low:
            limit = percentage(_LOW_COVERAGE, 0)
            said.append(say("honest_coverage", count=numeral(low), limit=limit))
    bare = [
        one.name
        for one in product.catalogue.agencies[1:]
        if one.always and not product.focus.indicators.get(one.key)
    ]
    if bare:
        said.append(say("honest_unasked", agencies=", ".join(bare)))
    return said


def _equal(villages: pd.DataFrame, column: str, value: str) -> int:
    return int(villages[column].eq(value).sum()) if column in villages else 0


def _use(product: Analysis, known: Limitations) -> list[str]:
    said = [say("honest_programmes")] if known.from_register else []
    if known.waves == 1:
        said.append(say("honest_one_wave"))
    said.append(say("honest_cause"))
    if known.border:
        said.append(say("honest_edge", pockets=", ".join(map(str, known.border))))
    if product.boundaries.approximate:
        said.append(say("honest_approximate"))
    if known.assumed_costs:
        said.append(say("honest_costs", count=known.assumed_costs, all=known.costs))
    return said


_ROLE = list(_Role._fields)
