"""What the document says, chapter by chapter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Place
from sibangkit_geo.products.changes import signed
from sibangkit_geo.products.document.manuscript import FIGURE
from sibangkit_geo.products.document.styles import BOX
from sibangkit_geo.products.sentences import role_sentences, targeting_sentences
from sibangkit_geo.products.words import (
    listing,
    numbered_name,
    pocket_sentence,
    power_sentence,
    result_sentences,
    risk_interval,
    risk_words,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.document.manuscript import Manuscript
    from sibangkit_geo.products.parts import Block
    from sibangkit_geo.products.result import Analysis

    See = Callable[[str, str], Sequence[tuple[str, str]]]

_MONEY = ("target", "series", "budget", "pledges", "curve", "movements")
_LEFT, _RIGHT = "l", "r"

Rows = list[tuple[str, ...]]
_P_DECIMALS = 3


def write_chapters(
    text: Manuscript, product: Analysis, see: See, *, changes: Sequence[WaveChange] = ()
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


def _summary(text: Manuscript, product: Analysis, see: See) -> None:
    headline, sentences = result_sentences(product.found)
    text.heading(say("document_summary"))
    text.say(f"{headline}.")
    for sentence in sentences:
        text.say(sentence)
    text.say(" ".join(filter(None, (product.estimate_line, product.caveat_line))), style=BOX)
    text.reference(f"{say('document_see')} ", see("overview", ""))
    text.table(
        say("document_main", regency=product.regency_name),
        main_rows(product),
        head=listing("document_main_head"),
        align=(_LEFT, _RIGHT),
    )


def _pockets(text: Manuscript, product: Analysis, see: See) -> None:
    text.heading(say("document_pockets"))
    if product.found.outlines.empty:
        text.say(f"{result_sentences(product.found)[0]}.")
    else:
        _pocket_list(text, product, see)
    if areas := wide_rows(product):
        text.heading(say("document_wide"), 2)
        text.say(say("document_wide_lead"))
        text.table(
            say("document_wide_table", regency=product.regency_name), areas,
            head=listing("document_wide_head"), align=(_LEFT, *(_RIGHT,) * 6),
        )  # fmt: skip


def _pocket_list(text: Manuscript, product: Analysis, see: See) -> None:
    text.table(
        say("document_pockets_table", regency=product.regency_name),
        pocket_rows(product),
        head=listing("document_pockets_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 6),
    )
    for block in _of(product, "matrix"):
        _block(text, block)
    labels = {one.name: one.label for one in product.measured.indicators}
    roles = product.focus.roles
    for number, row in product.found.outlines.iterrows():
        grade = say(f"grade_{row['evidence']}")
        name = numbered_name(int(str(number)), row)
        text.heading(say("document_pocket", name=name, grade=grade), 2)
        text.say(pocket_sentence(int(number), row))
        place, names = Place("pocket", str(number)), product.catalogue.names
        for sentence in role_sentences(place, roles, labels=labels, names=names):
            text.say(sentence)
        text.reference(f"{say('document_see')} ", _district_maps(product, int(number), see))
        text.table(
            say("document_pocket_table", name=name),
            village_rows(product, int(number)),
            head=listing("document_pocket_head"),
            align=(_LEFT, _LEFT, _LEFT, *(_RIGHT,) * 3),
        )


def _district_maps(product: Analysis, number: int, see: See) -> list[tuple[str, str]]:
    members = product.found.members
    inside = members.index[members == number]
    codes = product.measured.villages.loc[inside, "district_code"].unique()
    return [mark for code in sorted(codes) for mark in see("district", str(code))]


def _districts(text: Manuscript, product: Analysis) -> None:
    text.heading(say("document_districts"))
    text.say(say("document_districts_lead"))
    text.table(
        say("document_districts_table", label=product.layers[0].indicator.label),
        district_rows(product),
        head=listing("document_districts_head"),
        align=(_LEFT, _LEFT, *(_RIGHT,) * 5),
    )


def _changes(text: Manuscript, product: Analysis, see: See, changes: Sequence[WaveChange]) -> None:
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


def _needs(text: Manuscript, product: Analysis, see: See) -> None:
    text.heading(say("document_needs"))
    told = [one for one in product.catalogue.agencies[1:] if product.focus.indicators.get(one.key)]
    text.say(say("document_needs_lead" if told else "document_needs_none"))
    for agency in told:
        text.heading(product.catalogue.names[agency.key], 2)
        text.reference(say("document_agency_maps"), see("agency", agency.key))
        text.bullets(targeting_sentences(agency.key, product))
        for block in product.blocks:
            if block.agency == agency.key:
                _block(text, block, of=product.catalogue.names[agency.key])


def _money(text: Manuscript, product: Analysis) -> None:
    first = product.catalogue.agencies[0].key
    blocks = [one for key in _MONEY for one in _of(product, key) if one.agency in {"", first}]
    if not blocks:
        return
    text.heading(say("document_money"))
    for block in blocks:
        text.heading(block.headline, 2)
        _block(text, block)


def _of(product: Analysis, key: str) -> list[Block]:
    return [one for one in product.blocks if one.key == key]


def _block(text: Manuscript, block: Block, *, of: str = "") -> None:
    text.say(block.lead)
    text.bullets(block.items)
    title = f"{block.headline} – {of}" if of else block.headline
    text.table(title, block.rows, head=block.head, align=block.align)


def _method(text: Manuscript, product: Analysis) -> None:
    text.heading(say("document_method"))
    text.heading(say("document_method_how"), 2)
    text.say(product.method_line, style=BOX)
    _reach(text, product)
    text.heading(say("document_method_not"), 2)
    text.bullets(product.honesty)
    text.heading(say("document_method_sources"), 2)
    text.bullets(product.source_lines)
    if product.notes:
        text.heading(say("document_method_notes"), 2)
        text.bullets(note.text for note in product.notes)


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


def main_rows(product: Analysis) -> Rows:
    """Word the main numbers of the regency."""
    villages, layer, pockets = product.measured.villages, product.layers[0], product.found
    grades = pockets.outlines["evidence"]
    poor = float(layer.district_counts.sum(min_count=1))
    told = [
        ("official", numeral(len(villages))),
        ("data", numeral(int((villages["status"] == "ok").sum()))),
        ("households", _or_dash(float(villages["households"].sum(min_count=1)))),
        ("poor", _or_dash(poor)),
        ("strict", numeral(int((grades == "strict").sum()))),
        ("indicative", numeral(int((grades == "indicative").sum()))),
        ("inside", numeral(len(pockets.members))),
    ]
    rows = [(say(f"document_main_{key}"), text) for key, text in told]
    if areas := pockets.wide_villages:
        inside = numeral(sum(map(len, areas.values())))
        rows.append((say("document_main_wide"), numeral(len(areas))))
        rows.append((say("document_main_wide_inside"), inside))
    label = say("document_main_rate", label=layer.indicator.label)
    rows.insert(4, (label, _rate(layer.regency_value)))
    return list(rows)


def pocket_rows(product: Analysis) -> Rows:
    """Word the pockets."""
    return [
        (numbered_name(int(str(number)), row), say(f"grade_{row['evidence']}"), *_counted(row))
        for number, row in product.found.outlines.iterrows()
    ]


def wide_rows(product: Analysis) -> Rows:
    """Word the parts of a wide pattern: the multiple is that of the pattern, not of the rate."""
    if product.found.wide is None:
        return []
    return [
        (numbered_name(int(str(number)), row), *_counted(row))
        for number, row in product.found.wide.iterrows()
    ]


def _counted(row: pd.Series) -> tuple[str, ...]:
    return (
        numeral(row["n_villages"]),
        numeral(row["households"]),
        numeral(row["poor"]),
        percentage(row["rate"]),
        risk_words(float(row["relative_risk"])) + risk_interval(row, key="risk_range"),
        numeral(row["p_value"], _P_DECIMALS),
    )


def village_rows(product: Analysis, number: int) -> Rows:
    """Word the villages of a pocket, the worst first; missing numbers are dashes."""
    members, layer = product.found.members, product.layers[0]
    own = product.measured.villages.loc[members.index[members == number]]
    shown = layer.shown.reindex(own.index)
    order = shown.sort_values(ascending=layer.indicator.worse == "low", kind="stable").index
    return [
        (
            str(code),
            str(own.loc[code, "name"]),
            str(own.loc[code, "district_name"]),
            _or_dash(own.loc[code, "households"]),
            _or_dash(own.loc[code, "poor_households"]),
            _rate(shown[code]),
        )
        for code in order
    ]


def district_rows(product: Analysis) -> Rows:
    """Word the districts, by code."""
    villages, layer = product.measured.villages, product.layers[0]
    inside = villages.index.isin(product.found.members.index)
    rows: Rows = []
    for code, own in villages.assign(inside=inside).groupby("district_code"):
        rows.append(
            (
                str(code),
                str(own["district_name"].iloc[0]),
                numeral(len(own)),
                numeral(int(own["inside"].sum())),
                _or_dash(float(own["households"].sum(min_count=1))),
                _or_dash(float(layer.district_counts.get(code, math.nan))),
                _rate(float(layer.district_values.get(code, math.nan))),
            )
        )
    return rows


def change_rows(product: Analysis, change: WaveChange) -> Rows:
    """
    Word the villages that surely changed, the largest fall first.

    Returns: Code, names, per cent at both times, percentage points; empty without sure change.
    """
    villages = product.measured.villages
    return [
        (
            str(code),
            str(villages.loc[code, "name"]),
            str(villages.loc[code, "district_name"]),
            numeral(float(row["before"]), 1),
            numeral(float(row["after"]), 1),
            signed(float(row["difference"])),
        )
        for code, row in change.sure.sort_values("difference", kind="stable").iterrows()
    ]


def _rate(percent: float) -> str:
    return say("document_missing") if pd.isna(percent) else percentage(percent / 100)


def _or_dash(value: float) -> str:
    return say("document_missing") if pd.isna(value) else numeral(value)
