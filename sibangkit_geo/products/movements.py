"""The regency's own movements: the need that each answers, and where it would reach most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.agency_card import heaviest, listed_places, main_need
from sibangkit_geo.products.parts import Block
from sibangkit_geo.products.words import listing, place_namer, say

if TYPE_CHECKING:
    from sibangkit_geo.agencies.catalogue import Movement
    from sibangkit_geo.products.result import Analysis

_DISTRICTS = 3
_SHARE = "_share"


def movement_blocks(product: Analysis) -> tuple[Block, ...]:
    """
    Word the movements for the overview, and for every agency whose need one of them answers.

    A movement is told by the need of its list that leaves most households of the regency unserved;
    households with several needs would count several times in a sum.
    """
    table = product.focus.places
    if table is None or table.empty or not product.catalogue.movements:
        return ()
    overview = product.catalogue.agencies[0].key
    owners = {one.name: one.agency for one in product.measured.indicators}
    blocks = []
    for agency in dict.fromkeys([overview, *product.focus.indicators]):
        own = [
            one
            for one in product.catalogue.movements
            if agency == overview
            or any(owners.get(f"{need}{_SHARE}") == agency for need in one.needs)
        ]
        if own:
            rows = tuple(_row(one, product) for one in own)
            blocks.append(_block(agency, rows))
    return tuple(blocks)


def _block(agency: str, rows: tuple[tuple[str, ...], ...]) -> Block:
    return Block(
        key="movements",
        headline=say("movements_headline"),
        lead=say("movements_lead"),
        head=listing("movements_head"),
        align=("l", "l", "l", "r", "l"),
        rows=rows,
        agency=agency,
    )


def _row(one: Movement, product: Analysis) -> tuple[str, ...]:
    name = say("movement_name", name=one.name, full=one.full) if one.full else one.name
    whole = main_need(product.focus, among=[f"{key}{_SHARE}" for key in one.needs])
    if whole is None:
        about = one.unmeasured or say("movement_no_data")
        return (one.programme, name, say("movement_unmeasured", about=about), "–", "–")
    need, count = str(whole["indicator"]), numeral(whole["unserved"])
    label = next(known.label for known in product.measured.indicators if known.name == need)
    name_of = place_namer(product.measured.villages, product.found)
    districts = heaviest(product.focus, need, level="district", most=_DISTRICTS)
    begin = "; ".join(listed_places(districts, name_of))
    return (one.programme, name, label, count, begin or "–")
