"""What the document says, content by content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Place
from sibangkit_geo.products.document import table_rows
from sibangkit_geo.products.document.brief import write_brief
from sibangkit_geo.products.document.manuscript import FIGURE
from sibangkit_geo.products.document.styles import BOX
from sibangkit_geo.products.sentences import role_sentences, targeting_sentences
from sibangkit_geo.products.words import (
    listing,
    numbered_name,
    pocket_sentence,
    power_sentence,
    result_sentences,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sibangkit_geo.products.atlas.settings import AtlasSheet
    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.document.document_outline import Chapter, Content
    from sibangkit_geo.products.document.manuscript import Manuscript
    from sibangkit_geo.products.parts import Block
    from sibangkit_geo.products.result import Analysis

    Write = Callable[[Manuscript, "Matter"], None]

_MONEY = ("target", "series", "budget", "pledges", "curve", "movements")
# what was done with files: the report on data quality and the manifest tell it
_LOG = ("coverage_cleaned", "rows_located")
_LEFT, _RIGHT = "l", "r"


@dataclass(frozen=True, slots=True)
class Matter:
    """
    What the chapters speak of.

    `sheets`: Maps at the end of the document, to refer to.
    `changes`: Since each earlier wave.
    `district`: Code of the district that the document is for; empty for the regency.
    `brief`: Path and words of the map on the page for leaders; None without one.
    """

    product: Analysis
    sheets: Sequence[AtlasSheet] = ()
    changes: Sequence[WaveChange] = ()
    district: str = ""
    brief: tuple[str, str] | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Indicators to labels."""
        return {one.name: one.label for one in self.product.measured.indicators}

    def see(self, *wanted: tuple[str, str]) -> list[tuple[str, str]]:
        """Give bookmark and number of the maps of some kinds and keys."""
        return [
            (f"_Ref_map_{at}", one.number)
            for at, one in enumerate(self.sheets, start=1)
            if (one.kind, one.key) in wanted
        ]


def write_chapter(text: Manuscript, matter: Matter, chapter: Chapter) -> None:
    """Write a chapter but its maps; nothing where the study has nothing of its contents."""
    told = [one for one in chapter.contents if one == "maps" or _has(matter, one)]
    if not told and not chapter.text:
        return
    heading = chapter.heading or (say(f"chapter_{told[0]}") if told else "")
    text.heading(heading, new_page=chapter.new_page)
    for words in chapter.text:
        text.say(words)
    # several contents have a heading each, below that of the chapter
    text.below = int(len(told) > 1)
    for one in told:
        if text.below:
            text.heading(say(f"chapter_{one}"))
        if one != "maps":
            _CONTENTS[one](text, matter)
    text.below = 0


def _has(matter: Matter, content: Content) -> bool:
    """Tell whether a study has anything of a content."""
    product = matter.product
    given: dict[Content, Callable[[], object]] = {
        "change": lambda: matter.changes,
        "money": lambda: _money_blocks(product),
        "budget_table": lambda: _money_blocks(product, ("budget",)),
        "roles": lambda: any(one.key == "matrix" for one in product.blocks),
        "needs_table": lambda: table_rows.need_rows(product),
        "district": lambda: matter.district,
    }
    return content not in given or bool(given[content]())


def _summary(text: Manuscript, matter: Matter) -> None:
    product = matter.product
    headline, sentences = result_sentences(product.found)
    text.say(f"{headline}.")
    for sentence in sentences:
        text.say(sentence)
    text.say(" ".join(filter(None, (product.estimate_line, product.caveat_line))), style=BOX)
    text.reference(f"{say('document_see')} ", matter.see(("overview", "")))
    text.table(
        say("document_main", regency=product.regency_name),
        table_rows.main_rows(product),
        head=listing("document_main_head"),
        align=(_LEFT, _RIGHT),
    )


def _pockets(text: Manuscript, matter: Matter) -> None:
    product = matter.product
    _pocket_table(text, matter)
    if not product.found.outlines.empty:
        _roles(text, matter)
        for number in product.found.outlines.index:
            _pocket(text, matter, int(str(number)))
    if areas := table_rows.wide_rows(product):
        text.heading(say("document_wide"), 2)
        text.say(say("document_wide_lead"))
        text.table(
            say("document_wide_table", regency=product.regency_name), areas,
            head=listing("document_wide_head"), align=(_LEFT, *(_RIGHT,) * 6),
        )  # fmt: skip


def _pocket_table(text: Manuscript, matter: Matter) -> None:
    product = matter.product
    if product.found.outlines.empty:
        text.say(f"{result_sentences(product.found)[0]}.")
        return
    text.reference(f"{say('document_see')} ", matter.see(("overview", "")))
    text.table(
        say("document_pockets_table", regency=product.regency_name),
        table_rows.pocket_rows(product),
        head=listing("document_pockets_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 6),
    )


def _roles(text: Manuscript, matter: Matter) -> None:
    for block in matter.product.blocks:
        if block.key == "matrix":
            text.reference(say("document_agency_maps"), matter.see(("convergence", "")))
            _block(text, block)


def _pocket(text: Manuscript, matter: Matter, number: int) -> None:
    product = matter.product
    row = product.found.outlines.loc[number]
    name = numbered_name(number, row)
    text.heading(say("document_pocket", name=name, grade=say(f"grade_{row['evidence']}")), 2)
    text.say(pocket_sentence(number, row))
    _leading(text, matter, Place("pocket", str(number)))
    members = product.found.members
    inside = members.index[members == number]
    codes = sorted(product.measured.villages.loc[inside, "district_code"].unique())
    text.reference(
        f"{say('document_see')} ", matter.see(*(("district", str(code)) for code in codes))
    )
    text.table(
        say("document_pocket_table", name=name),
        table_rows.village_rows(product, number),
        head=listing("document_pocket_head"),
        align=(_LEFT, _LEFT, _LEFT, *(_RIGHT,) * 3),
    )


def _leading(text: Manuscript, matter: Matter, place: Place) -> None:
    """Say which agencies lead and follow in a place."""
    product = matter.product
    for sentence in role_sentences(
        place, product.focus.roles, labels=matter.labels, names=product.catalogue.names
    ):
        text.say(sentence)


def _districts(text: Manuscript, matter: Matter) -> None:
    product = matter.product
    text.say(say("document_districts_lead"))
    codes = sorted(product.measured.villages["district_code"].unique())
    text.reference(
        say("document_district_maps"), matter.see(*(("district", str(one)) for one in codes))
    )
    text.table(
        say("document_districts_table", label=product.layers[0].indicator.label),
        table_rows.district_rows(product),
        head=listing("document_districts_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 5),
    )


def _district(text: Manuscript, matter: Matter) -> None:
    """Write what the head of a district needs: its villages, pockets and needs."""
    product, code = matter.product, matter.district
    named = dict(zip(
        ("code", "name", "villages", "inside", "households", "poor", "rate"),
        next(row for row in table_rows.district_rows(product) if row[0] == code), strict=True,
    ))  # fmt: skip
    text.say(say("document_district_lead", **named))
    _leading(text, matter, Place("district", code))
    own = product.measured.villages.index[product.measured.villages["district_code"] == code]
    members = product.found.members
    numbers = sorted(members[members.index.isin(own)].unique())
    text.bullets(pocket_sentence(int(one), product.found.outlines.loc[one]) for one in numbers)
    text.say(" ".join(filter(None, (product.estimate_line, product.caveat_line))), style=BOX)
    text.reference(f"{say('document_see')} ", matter.see(("district", code)))
    text.table(
        say("document_district_villages", name=named["name"]),
        table_rows.district_village_rows(product, code),
        head=listing("document_district_villages_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 4),
    )
    text.table(
        say("document_district_needs", name=named["name"]),
        table_rows.district_need_rows(product, code),
        head=listing("document_district_needs_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 4),
    )


def _change(text: Manuscript, matter: Matter) -> None:
    text.say(say("document_change_lead"))
    for one in matter.changes:
        years = {"before": one.before, "after": one.after}
        text.say(one.summary)
        text.reference(f"{say('document_see')} ", matter.see(("change", str(one.before))))
        text.table(
            say("document_change_table", **years),
            table_rows.change_rows(matter.product, one),
            head=[word.format(**years) for word in listing("document_change_head")],
            align=(_LEFT, _LEFT, _LEFT, *(_RIGHT,) * 3),
        )


def _needs_table(text: Manuscript, matter: Matter) -> None:
    maps = matter.see(*(("agency", one) for one in matter.product.focus.indicators))
    text.reference(say("document_agency_maps"), maps)
    text.table(
        say("document_needs_all", regency=matter.product.regency_name),
        table_rows.need_rows(matter.product),
        head=listing("document_needs_all_head"),
        align=(_LEFT, _LEFT, _RIGHT, _RIGHT, _RIGHT, _LEFT),
    )


def _needs(text: Manuscript, matter: Matter) -> None:
    product = matter.product
    needs = product.focus.indicators
    told = [one for one in product.catalogue.agencies[1:] if needs.get(one.key)]
    text.say(say("document_needs_lead" if told else "document_needs_none"))
    for agency in told:
        name = product.catalogue.names[agency.key]
        text.heading(name, 2)
        maps = (("agency", agency.key), *(("indicator", one) for one in needs[agency.key]))
        text.reference(say("document_agency_maps"), matter.see(*maps))
        text.bullets(targeting_sentences(agency.key, product))
        for block in product.blocks:
            if block.agency == agency.key:
                _agency_block(text, matter, block, name)


def _agency_block(text: Manuscript, matter: Matter, block: Block, name: str) -> None:
    """Write a part of an agency's page; a long budget is added up, the book lists its places."""
    budget = matter.product.budget
    added = {"budget": table_rows.chosen_rows, "budget_left": table_rows.left_rows}
    if budget is None or block.key not in added:
        _block(text, block, of=name)
        return
    left = budget.plan.left_out[budget.plan.left_out["agency"] == block.agency]
    text.say(
        block.lead if block.key == "budget" else say(
            "document_left", count=numeral(left["households"].sum()),
            places=numeral(left["place"].nunique()),
        )
    )  # fmt: skip
    text.bullets(block.items)
    text.table(
        say("document_of", title=block.headline, name=name),
        added[block.key](budget, block.agency, matter.labels),
        head=listing(f"document_{block.key}_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 3),
    )


def _money(text: Manuscript, matter: Matter) -> None:
    for block in _money_blocks(matter.product):
        text.heading(block.headline, 2)
        _block(text, block)


def _budget_table(text: Manuscript, matter: Matter) -> None:
    for block in _money_blocks(matter.product, ("budget",)):
        _block(text, block)


def _money_blocks(product: Analysis, keys: Sequence[str] = _MONEY) -> list[Block]:
    """List what is told of money for the whole regency."""
    first = product.catalogue.agencies[0].key
    return [
        one for key in keys for one in product.blocks
        if one.key == key and one.agency in {"", first}
    ]  # fmt: skip


def _block(text: Manuscript, block: Block, *, of: str = "") -> None:
    text.say(block.lead)
    text.bullets(block.items)
    title = say("document_of", title=block.headline, name=of) if of else block.headline
    text.table(title, block.rows, head=block.head, align=block.align)


def _method(text: Manuscript, matter: Matter) -> None:
    product = matter.product
    text.heading(say("document_method_how"), 2)
    text.say(product.method_line, style=BOX)
    explained = {(one.kind, one.key) for one in matter.sheets if one.kind == "explanation"}
    text.reference(say("document_agency_maps"), matter.see(*explained))
    _reach(text, product)
    text.heading(say("document_method_not"), 2)
    text.bullets(product.honesty)
    text.heading(say("document_method_sources"), 2)
    text.bullets(product.source_lines)
    if notes := [one.text for one in product.notes if one.key not in _LOG]:
        text.heading(say("document_method_notes"), 2)
        text.bullets(notes)


def _reach(text: Manuscript, product: Analysis) -> None:
    """Draw from which relative risk on the map would have shown a pocket, by its villages."""
    # loaded here: matplotlib takes half a second
    from sibangkit_geo.products.document.reach import reach_picture  # noqa: PLC0415

    told = power_sentence(product.found)
    picture = reach_picture(product.found.smallest_risks)
    if picture is None:
        return
    text.heading(say("document_reach"), 2)
    text.say(told)
    title = say("document_reach_title")
    text.picture(picture, alt=f"{title}. {told}", title=title, width=text.width)
    text.caption(FIGURE, title)


def _brief(text: Manuscript, matter: Matter) -> None:
    write_brief(text, matter.product, picture=matter.brief, changes=matter.changes)
    text.reference(f"{say('document_see')} ", matter.see(("overview", "")))


_CONTENTS: Mapping[Content, Write] = {
    "brief": _brief, "summary": _summary, "pocket_table": _pocket_table, "roles": _roles,
    "pockets": _pockets, "districts": _districts, "district": _district, "change": _change,
    "needs_table": _needs_table, "needs": _needs, "budget_table": _budget_table, "money": _money,
    "method": _method,
}  # fmt: skip
