"""The page for leaders: three numbers, a map, five sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from docx.shared import Mm

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.agency_card import main_need
from sibangkit_geo.products.atlas.settings import layout_of_brief
from sibangkit_geo.products.document.styles import BOX
from sibangkit_geo.products.words import pocket_sentence, result_sentences, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.document.manuscript import Manuscript
    from sibangkit_geo.products.result import Analysis

_MAP_WIDTH = int(Mm(layout_of_brief().width))


def write_brief(
    text: Manuscript,
    product: Analysis,
    *,
    picture: tuple[str, str] | None,
    changes: Sequence[WaveChange],
) -> None:
    """
    Write three numbers, the map of the pockets and five sentences.

    `picture`: Path of the map and its words; None for none.
    """
    text.numbers(main_numbers(product))
    if picture is not None:
        path, alt = picture
        title = say("annex.atlas_title_overview", regency=product.regency_name)
        # at its own size, at which the scale is true, where the template has that room
        text.picture(path, alt=alt, title=title, width=min(_MAP_WIDTH, text.width))
    text.bullets(main_sentences(product, changes))
    text.say(" ".join(filter(None, (product.estimate_line, product.caveat_line))), style=BOX)


def main_numbers(product: Analysis) -> list[tuple[str, str]]:
    """
    Choose the three numbers of the study.

    Returns: Number and what it counts: poor households, pockets, and the poor inside them, or the
    villages with data where there is no pocket.
    """
    layer, found = product.layers[0], product.found
    poor = float(layer.district_counts.sum(min_count=1))
    regency = product.regency_name
    rate = percentage(layer.regency_value / 100) if math.isfinite(layer.regency_value) else "–"
    told = [
        (numeral(poor) if math.isfinite(poor) else "–",
         say("document_brief_poor", regency=regency, rate=rate)),
        (numeral(len(found)), say("document_brief_pockets", villages=numeral(len(found.members)))),
    ]  # fmt: skip
    if len(found) and poor > 0:
        inside = float(found.outlines["poor"].sum())
        words = say("document_brief_inside", count=numeral(inside))
        return [*told, (percentage(inside / poor), words)]
    villages = product.measured.villages
    words = say("document_brief_data", all=numeral(len(villages)))
    return [*told, (numeral(int((villages["status"] == "ok").sum())), words)]


def main_sentences(product: Analysis, changes: Sequence[WaveChange]) -> list[str]:
    """
    Choose the five sentences: what was found, where most, what is lacking, money, change.

    Returns: Fewer where a study has nothing to say on one of them.
    """
    headline, sentences = result_sentences(product.found)
    told = [f"{headline}."]
    outlines = product.found.outlines
    if len(outlines):
        most = int(str(outlines["poor"].idxmax()))
        told.append(pocket_sentence(most, outlines.loc[most], key="document_brief_most"))
    else:
        told += sentences[:1]
    first = product.catalogue.agencies[0].key
    money = [one.lead for one in product.blocks if one.key == "budget" and one.agency == first]
    return [*told, *filter(None, [_need(product)]), *money, *(one.summary for one in changes[:1])]


def _need(product: Analysis) -> str:
    """Say which need leaves most households of the regency unserved, and whose it is."""
    owners = {name: key for key, names in product.focus.indicators.items() for name in names}
    row = main_need(product.focus, among=list(owners))
    if row is None:
        return ""
    need = str(row["indicator"])
    return say(
        "document_brief_need",
        label=next(one.label for one in product.measured.indicators if one.name == need),
        count=numeral(row["unserved"]),
        asked=numeral(row["asked"]),
        share=percentage(row["share"]),
        agency=product.catalogue.names[owners[need]],
    )
