"""What an agency opens its page for: its main need, where it is heaviest, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral, percentage, rupiah
from sibangkit_geo.products.words import place_namer, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from sibangkit_geo.model.types import AgencyNeeds, Place
    from sibangkit_geo.products.result import Analysis

_HEAVIEST = 5


@dataclass(frozen=True, slots=True)
class AgencyCard:
    """
    The card at the top of an agency's page, in words.

    `begin`: Where to begin, in one sentence.
    `places`: Headings, and under each the heaviest places, the heaviest first.
    """

    headline: str
    lead: str = ""
    begin: str = ""
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()


def main_need(needs: AgencyNeeds, *, among: Sequence[str]) -> pd.Series | None:
    """
    Find the need that leaves most households of the regency unserved.

    `among`: Indicators, in their order; the first of equals counts.
    Returns: The regency's row of ``AgencyNeeds.places``; None where no household is counted for any
        of them.
    """
    if needs.places is None or needs.places.empty:
        return None
    regency = needs.places[needs.places["level"] == "regency"].set_index("indicator", drop=False)
    rows = regency.reindex(list(among)).dropna(subset="unserved")
    return rows.iloc[int(rows["unserved"].to_numpy().argmax())] if len(rows) else None


def heaviest(needs: AgencyNeeds, need: str, *, level: str, most: int) -> pd.DataFrame:
    """List the places of a level that leave most households of a need unserved."""
    table = needs.places
    if table is None:
        msg = "Needs of places are not worked out."
        raise ValueError(msg)
    rows = table[(table["indicator"] == need) & (table["level"] == level) & (table["unserved"] > 0)]
    return rows.sort_values("unserved", ascending=False, kind="stable").head(most)


def agency_card(product: Analysis, *, name: str, among: Sequence[str]) -> AgencyCard:
    """
    Word the main need of an agency.

    `among`: Its needs.
    Returns: A heading alone where no household is counted for any of them.
    """
    whole = main_need(product.focus, among=among)
    if whole is None:
        return AgencyCard(say("needs_headline", agency=name))
    total, need = float(whole["unserved"]), str(whole["indicator"])
    name_of = place_namer(product.measured.villages, product.found)
    villages, pockets = (
        heaviest(product.focus, need, level=level, most=_HEAVIEST)
        for level in ("village", "pocket")
    )
    first = pockets if len(pockets) else villages
    return AgencyCard(
        say("card_headline", agency=name, count=numeral(total)),
        _lead(product, whole),
        _begin(first, total, name_of) if len(first) else "",
        tuple(
            (say(f"card_{level}"), listed_places(rows, name_of))
            for level, rows in (("villages", villages), ("pockets", pockets))
            if len(rows)
        ),
    )


def _lead(product: Analysis, whole: pd.Series) -> str:
    """Say how many have the need, how many are served, and what the rest costs."""
    total, need = float(whole["unserved"]), str(whole["indicator"])
    lead = say(
        "card_lead" if whole["deprived"] <= total else "card_lead_served",
        label=next(one.label for one in product.measured.indicators if one.name == need),
        deprived=numeral(whole["deprived"]),
        asked=numeral(whole["asked"]),
        share=percentage(whole["deprived"] / whole["asked"]),
        unserved=numeral(total),
    )
    parts = [lead]
    if need in product.unit_costs:
        unit = product.unit_costs[need]
        parts.append(say("card_cost", cost=rupiah(total * unit), unit=rupiah(unit)))
    if names := ", ".join(product.catalogue.movements_for(need)):
        parts.append(say("card_movement", names=names))
    return " ".join(parts)


def listed_places(rows: pd.DataFrame, name_of: Callable[[Place], str]) -> tuple[str, ...]:
    """Word places with the households of each."""
    return tuple(
        say("card_place", place=name_of(one["place"]), count=numeral(one["unserved"]))
        for _, one in rows.iterrows()
    )


def _begin(rows: pd.DataFrame, total: float, name_of: Callable[[Place], str]) -> str:
    """Name the place with most of them, and how much of the whole that is."""
    first = rows.iloc[0]
    return say(
        "card_begin",
        place=name_of(first["place"]),
        count=numeral(first["unserved"]),
        share=percentage(first["unserved"] / total, 0),
    )
