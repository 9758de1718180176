"""What an agency opens its page for: its main need, where it is heaviest, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral, percentage, rupiah
from sibangkit_geo.products.words import place_namer, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from sibangkit_geo.model.types import AgencyNeeds
    from sibangkit_geo.products.result import StudyResult

_HEAVIEST = 5


@dataclass(frozen=True, slots=True)
class AgencyCard:
    """
    The card at the top of an agency's page, in words.

    `begin`: Where to begin, in one sentence.
    `places`: Headings, and under each the heaviest places, the heaviest first.
    """

    headline: str
    lead: str
    begin: str
    places: tuple[tuple[str, tuple[str, ...]], ...]


def main_need(needs: AgencyNeeds, agency: str, *, among: Sequence[str]) -> str | None:
    """
    Find the need of an agency that leaves most households of the regency unserved.

    `among`: Needs that can be shown, in their order; the first of equals counts.
    Returns: None where no household is counted for any of them.
    """
    table = needs.places
    if table is None or table.empty:
        return None
    own = table[(table["agency"] == agency) & (table["level"] == "regency")]
    unserved = own.set_index("indicator")["unserved"].reindex(list(among)).dropna()
    return str(unserved.index[int(unserved.to_numpy().argmax())]) if len(unserved) else None


def agency_card(
    product: StudyResult, agency: str, *, among: Sequence[str], name: str
) -> AgencyCard | None:
    """
    Word the main need of an agency.

    Returns: None where no household is counted for any of its needs.
    """
    need = main_need(product.needs, agency, among=among)
    if need is None or product.needs.places is None:
        return None
    table = product.needs.places
    own = table[(table["agency"] == agency) & (table["indicator"] == need)]
    whole = own[own["level"] == "regency"].iloc[0]
    total = float(whole["unserved"])
    label = next(one.label for one in product.measured.indicators if one.name == need)
    lead = say(
        "card_lead" if whole["deprived"] <= total else "card_lead_served",
        label=label,
        deprived=numeral(whole["deprived"]),
        asked=numeral(whole["asked"]),
        share=percentage(whole["deprived"] / whole["asked"]) if whole["asked"] else "–",
        unserved=numeral(total),
    )
    if need in product.unit_costs:
        unit = product.unit_costs[need]
        lead += " " + say("card_cost", cost=rupiah(total * unit), unit=rupiah(unit))
    villages = _heaviest(own, "village")
    pockets = _heaviest(own, "pocket")
    places = [
        (say(f"card_{level}"), _listed(rows, product))
        for level, rows in (("villages", villages), ("pockets", pockets))
        if len(rows)
    ]
    return AgencyCard(
        say("card_headline", agency=name, count=numeral(total)),
        lead,
        _begin(pockets if len(pockets) else villages, total, product),
        tuple(places),
    )


def _heaviest(own: pd.DataFrame, level: str) -> pd.DataFrame:
    rows = own[(own["level"] == level) & (own["unserved"] > 0)]
    return rows.sort_values("unserved", ascending=False, kind="stable").head(_HEAVIEST)


def _listed(rows: pd.DataFrame, product: StudyResult) -> tuple[str, ...]:
    name_of = place_namer(product.measured.villages, product.pockets)
    return tuple(
        say("card_place", place=name_of(one["place"]), count=numeral(one["unserved"]))
        for _, one in rows.iterrows()
    )


def _begin(rows: pd.DataFrame, total: float, product: StudyResult) -> str:
    """Name the place with most of them, and how much of the whole that is."""
    if rows.empty or not total:
        return ""
    first = rows.iloc[0]
    name_of = place_namer(product.measured.villages, product.pockets)
    return say(
        "card_begin",
        place=name_of(first["place"]),
        count=numeral(first["unserved"]),
        share=percentage(first["unserved"] / total, 0),
    )
