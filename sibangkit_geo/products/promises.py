"""What partners have pledged, in words: a table, a folded part of pages, sentences of places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Note
from sibangkit_geo.products.parts import Block
from sibangkit_geo.products.words import listing, place_namer, say

if TYPE_CHECKING:
    from collections.abc import Collection

    from sibangkit_geo.model.types import Place, Pledge
    from sibangkit_geo.products.result import Analysis

PROMISES = "janji_mitra.csv"
_SHOWN, _NAMED = 12, 3


def promise_table(product: Analysis) -> pd.DataFrame:
    """
    List every pledge.

    Grain: one row per pledge, the earliest year first.

    Returns: Indonesian headings; empty where nothing is pledged.
    """
    labels = {one.name: one.label for one in product.measured.indicators}
    name_of = place_namer(product.measured.villages, product.found)
    rows = [
        {
            "tahun": one.year,
            "mitra": one.name,
            "tingkat": say("level_pocket" if one.place.level == "pocket" else "level_village"),
            "kode": one.place.id,
            "tempat": name_of(one.place),
            "kebutuhan": labels[one.indicator],
            "unit": one.units,
            "dihitung": one.counted,
            "keterangan": say("pledge_planned"),
        }
        for one in _in_order(product.pledges)
    ]
    return pd.DataFrame(rows)


def _in_order(pledges: Collection[Pledge]) -> list[Pledge]:
    return sorted(pledges, key=lambda one: (one.year, one.name, one.place, one.indicator))


def promise_rows(product: Analysis, *, district: str = "") -> tuple[tuple[str, ...], ...]:
    """
    Word every pledge for a page: year, partner, place, need, households.

    `district`: Only those of its villages, and of pockets that have one of them; empty for all.
    """
    villages, members = product.measured.villages, product.found.members
    own = villages.index[villages["district_code"] == district]
    inside = {str(int(number)) for number in members[members.index.isin(own)]}
    return _rows(
        [
            one
            for one in product.pledges
            if not district or one.place.id in (inside if one.place.level == "pocket" else own)
        ],
        product,
    )


def _rows(pledges: Collection[Pledge], product: Analysis) -> tuple[tuple[str, ...], ...]:
    labels = {one.name: one.label for one in product.measured.indicators}
    name_of = place_namer(product.measured.villages, product.found)
    return tuple(
        (
            str(one.year), one.name, name_of(one.place), labels[one.indicator],
            numeral(one.units), numeral(one.counted),
        )
        for one in _in_order(pledges)
    )  # fmt: skip


def promise_blocks(product: Analysis) -> tuple[Block, ...]:
    """Word the pledges for the overview, and for every agency whose need they answer."""
    owner = {one.name: one.agency for one in product.measured.indicators}
    agencies = {product.catalogue.agencies[0].key: product.pledges}
    for one in product.pledges:
        own = owner[one.indicator]
        agencies[own] = tuple(p for p in product.pledges if owner[p.indicator] == own)
    return tuple(_block(key, pledges, product) for key, pledges in agencies.items() if pledges)


def _block(agency: str, pledges: Collection[Pledge], product: Analysis) -> Block:
    more = len(pledges) - _SHOWN
    return Block(
        key="pledges",
        headline=say("pledges_headline"),
        lead=say(
            "pledges_lead",
            count=numeral(sum(one.units for one in pledges)),
            counted=numeral(sum(one.counted for one in pledges)),
        ),
        items=(say("pledges_more", count=numeral(more), file=PROMISES),) if more > 0 else (),
        head=listing("pledges_head"),
        align=("r", "l", "l", "l", "r", "r"),
        rows=_rows(pledges, product)[:_SHOWN],
        agency=agency,
    )


def beyond_notes(pledges: Collection[Pledge], product: Analysis) -> tuple[Note, ...]:
    """Say where more is promised than is in need; nothing where nowhere."""
    over = [one for one in _in_order(pledges) if one.counted < one.units]
    if not over:
        return ()
    labels = {one.name: one.label for one in product.measured.indicators}
    name_of = place_namer(product.measured.villages, product.found)
    told = "; ".join(
        say(
            "pledge_beyond",
            partner=one.name,
            units=numeral(one.units),
            counted=numeral(one.counted),
            place=name_of(one.place),
            label=labels[one.indicator],
        )
        for one in over[:_NAMED]
    )
    more = len(over) - _NAMED
    also = say("pledges_beyond_more", count=numeral(more)) if more > 0 else ""
    text = say("pledges_beyond", told=told, more=also)
    return (Note("pledges_beyond_need", text, len(over)),)


def promise_sentences(product: Analysis) -> dict[Place, tuple[str, ...]]:
    """Say of each village and pocket what partners have pledged there."""
    labels = {one.name: one.label for one in product.measured.indicators}
    said: dict[Place, tuple[str, ...]] = {}
    for one in _in_order(product.pledges):
        sentence = say(
            "pledge",
            partner=one.name,
            year=one.year,
            units=numeral(one.units),
            label=labels[one.indicator],
        )
        said[one.place] = (*said.get(one.place, ()), sentence)
    return said
