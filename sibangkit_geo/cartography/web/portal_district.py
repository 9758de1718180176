"""The page of one district: a small map, its numbers, its needs, its villages."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.sheets import district_sheets
from sibangkit_geo.cartography.web.drawing import village_map
from sibangkit_geo.cartography.web.plain import (
    beside,
    heading,
    page,
    paragraphs,
    table,
    word,
    words,
)
from sibangkit_geo.cartography.web.portal import district_file, foot
from sibangkit_geo.tables.numerals import numeral, percentage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.cartography.sheets import Fact, Sheet

_NOTHING = "–"


def district_pages(product: Product, *, map_file: str) -> Iterator[tuple[str, str]]:
    """Draw the page of every district."""
    for sheet in district_sheets(product):
        yield district_file(sheet.code), _page(product, sheet, map_file)


def _page(product: Product, sheet: Sheet, map_file: str) -> str:
    title = word("district_title", name=sheet.name)
    mapped = product.mapped
    codes = mapped.index[mapped["district_code"] == sheet.code].astype(str).tolist()
    alt = html.unescape(word("district_alt", name=sheet.name))
    drawing = village_map(product, codes, width=560, label=alt) if codes else ""
    link = f"../{html.escape(map_file)}#kecamatan={html.escape(sheet.code)}"
    button = f'<a class="open" href="{link}">{word("district_map")}</a>'
    under, home = f"{product.regency_name} · {product.year} · {sheet.code}", word("home")
    body = [
        heading(html.unescape(title), under, before=f'<p><a href="../index.html">{home}</a></p>'),
        paragraphs([product.estimate_line, product.boundary_line], kind="estimate"),
        beside(paragraphs(sheet.sentences) + button, drawing),
        f"<h2>{word('facts')}</h2>{_facts(sheet)}",
        f"<h2>{word('needs')}</h2>{_needs(sheet)}" if sheet.needs else "",
        f"<h2>{word('villages')}</h2>{_villages(product, sheet)}",
        foot(product),
    ]
    return page(f"{html.unescape(title)} · {product.title}", "".join(body))


def _facts(sheet: Sheet) -> str:
    rows = [
        (one.label, _shown(one, one.value), _shown(one, one.regency), _counted(one))
        for one in sheet.facts
    ]
    return table(words("facts_head"), rows, align="lrrr", label=html.unescape(word("facts")))


def _shown(fact: Fact, value: float) -> str:
    if math.isnan(value):
        return _NOTHING
    return numeral(value, fact.decimals) + (" %" if fact.unit == "percent" else "")


def _counted(fact: Fact) -> str:
    if math.isnan(fact.count):
        return ""
    return html.unescape(word("facts_of", count=numeral(fact.count), base=numeral(fact.base)))


def _needs(sheet: Sheet) -> str:
    rows = [
        (
            one.agency,
            one.label,
            numeral(one.unserved),
            percentage(one.share),
            _NOTHING if math.isnan(one.ratio) else numeral(one.ratio, 1),
            _NOTHING if math.isnan(one.rank) else numeral(one.rank),
        )
        for one in sheet.needs
    ]
    return table(words("needs_head"), rows, align="llrrrr", label=html.unescape(word("needs")))


def _villages(product: Product, sheet: Sheet) -> str:
    villages = product.measured.villages
    own = villages[villages["district_code"] == sheet.code]
    layer, names = product.layers[0], product.catalogue.names
    rows = []
    for code, row in own.iterrows():
        rate = float(layer.shown.get(code, float("nan")))
        hidden = bool(layer.masked.get(code, False))
        pocket = product.pockets.members.get(code)
        acting = row.get("acting_agencies")
        rows.append(
            (
                str(row["name"]),
                numeral(float(row["households"])),
                words_for(rate, layer.decimals, hidden=hidden),
                "" if pocket is None else str(int(pocket)),
                ", ".join(names[key] for key in acting.split()) if isinstance(acting, str) else "",
            )
        )
    return table(words("villages_head"), rows, align="lrrrl", label=html.unescape(word("villages")))


def words_for(rate: float, decimals: int, *, hidden: bool) -> str:
    """
    Write a rate, or why there is none.

    `rate`: Per cent; missing without data or masked.
    """
    if math.isnan(rate):
        return html.unescape(word("masked" if hidden else "missing"))
    return f"{numeral(rate, decimals)} %"
