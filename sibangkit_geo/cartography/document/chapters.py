"""What the document says, chapter by chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.cartography.document.rows import (
    change_rows,
    district_rows,
    main_rows,
    pocket_rows,
    village_rows,
)
from sibangkit_geo.cartography.document.styles import BOX
from sibangkit_geo.cartography.roles import role_sentences, targeting_sentences
from sibangkit_geo.cartography.texts import listing, pocket_sentence, result_sentences, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sibangkit_geo.cartography.annex.change import WaveChange
    from sibangkit_geo.cartography.document.manuscript import Manuscript
    from sibangkit_geo.cartography.product import Block, Product

    See = Callable[[str, str], Sequence[tuple[str, str]]]

_MONEY = ("target", "series", "budget", "curve")
_LEFT, _RIGHT = "l", "r"


def write_chapters(
    text: Manuscript, product: Product, see: See, *, changes: Sequence[WaveChange] = ()
) -> None:
    """
    Write every chapter but the maps.

    `see`: Kind and key of a map to bookmark and number of its captions.
    """
    _summary(text, product, see)
    _pockets(text, product, see)
    _districts(text, product)
    _changes(text, product, see, changes)
    _needs(text, product, see)
    _money(text, product)
    _method(text, product)


def _summary(text: Manuscript, product: Product, see: See) -> None:
    headline, sentences = result_sentences(product.pockets)
    text.heading(say("document_summary"))
    text.say(f"{headline}.")
    for sentence in sentences:
        text.say(sentence)
    text.say(" ".join(filter(None, (product.estimate_line, product.boundary_line))), style=BOX)
    text.reference(f"{say('document_see')} ", see("overview", ""))
    text.table(
        say("document_main", regency=product.regency_name),
        main_rows(product),
        head=listing("document_main_head"),
        align=(_LEFT, _RIGHT),
    )


def _pockets(text: Manuscript, product: Product, see: See) -> None:
    text.heading(say("document_pockets"))
    outlines = product.pockets.outlines
    if outlines.empty:
        text.say(f"{result_sentences(product.pockets)[0]}.")
        return
    text.table(
        say("document_pockets_table", regency=product.regency_name),
        pocket_rows(product),
        head=listing("document_pockets_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 6),
    )
    for block in _of(product, "matrix"):
        _block(text, block)
    labels = {one.name: one.label for one in product.measured.indicators}
    roles = product.needs.roles
    for number, row in outlines.iterrows():
        grade = say(f"grade_{row['evidence']}")
        text.heading(say("document_pocket", number=number, grade=grade), 2)
        text.say(pocket_sentence(int(number), row))
        if roles is not None and not roles.empty:
            place = f"kantong {number}"
            own = roles[(roles["level"] == "pocket") & (roles["place"] == place)]
            for sentence in role_sentences(
                place, own, labels=labels, names=product.catalogue.names
            ):
                text.say(sentence)
        text.reference(f"{say('document_see')} ", _district_maps(product, int(number), see))
        text.table(
            say("document_pocket_table", number=number),
            village_rows(product, int(number)),
            head=listing("document_pocket_head"),
            align=(_LEFT, _LEFT, _LEFT, *(_RIGHT,) * 3),
        )


def _district_maps(product: Product, number: int, see: See) -> list[tuple[str, str]]:
    members = product.pockets.members
    inside = members.index[members == number]
    codes = product.measured.villages.loc[inside, "district_code"].unique()
    return [mark for code in sorted(codes) for mark in see("district", str(code))]


def _districts(text: Manuscript, product: Product) -> None:
    text.heading(say("document_districts"))
    text.say(say("document_districts_lead"))
    text.table(
        say("document_districts_table", label=product.layers[0].indicator.label),
        district_rows(product),
        head=listing("document_districts_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 5),
    )


def _changes(text: Manuscript, product: Product, see: See, changes: Sequence[WaveChange]) -> None:
    if not changes:
        return
    text.heading(say("document_change"))
    text.say(say("document_change_lead"))
    for one in changes:
        years = {"before": one.before, "after": one.after}
        text.say(one.summary)
        text.reference(f"{say('document_see')} ", see("change", str(one.before)))
        text.table(
            say("document_change_table", **years),
            change_rows(product, one),
            head=[word.format(**years) for word in listing("document_change_head")],
            align=(_LEFT, _LEFT, _LEFT, *(_RIGHT,) * 3),
        )


def _needs(text: Manuscript, product: Product, see: See) -> None:
    text.heading(say("document_needs"))
    told = [one for one in product.catalogue.agencies[1:] if product.needs.indicators.get(one.key)]
    text.say(say("document_needs_lead" if told else "document_needs_none"))
    for agency in told:
        text.heading(product.catalogue.names[agency.key], 2)
        text.reference(say("document_agency_maps"), see("agency", agency.key))
        text.bullets(targeting_sentences(agency.key, product))
        for block in product.blocks:
            if block.agency == agency.key:
                _block(text, block, of=product.catalogue.names[agency.key])


def _money(text: Manuscript, product: Product) -> None:
    first = product.catalogue.agencies[0].key
    blocks = [one for key in _MONEY for one in _of(product, key) if one.agency in {"", first}]
    if not blocks:
        return
    text.heading(say("document_money"))
    for block in blocks:
        text.heading(block.headline, 2)
        _block(text, block)


def _of(product: Product, key: str) -> list[Block]:
    return [one for one in product.blocks if one.key == key]


def _block(text: Manuscript, block: Block, *, of: str = "") -> None:
    text.say(block.lead)
    text.bullets(block.items)
    title = f"{block.headline} – {of}" if of else block.headline
    text.table(title, block.rows, head=block.head, align=block.align)


def _method(text: Manuscript, product: Product) -> None:
    text.heading(say("document_method"))
    text.heading(say("document_method_how"), 2)
    text.say(product.method_line, style=BOX)
    text.heading(say("document_method_not"), 2)
    text.bullets(product.honesty)
    text.heading(say("document_method_sources"), 2)
    text.bullets(product.source_lines)
    if product.notes:
        text.heading(say("document_method_notes"), 2)
        text.bullets(note.text for note in product.notes)
