"""The front page of a study: key figures, every OPD, every district, every pocket, downloads."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.sentences import role_sentences
from sibangkit_geo.products.sheets import district_sheets
from sibangkit_geo.products.web.html import (
    beside,
    file_words,
    heading,
    listed,
    page,
    paragraphs,
    table,
    word,
    words,
)
from sibangkit_geo.products.web.svg import rate_chart, village_map
from sibangkit_geo.products.words import date_words, pocket_sentence, result_sentences

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pandas as pd

    from sibangkit_geo.agencies import Agency
    from sibangkit_geo.products.result import Product
    from sibangkit_geo.products.sheets import Fact, Sheet

_KEY = (
    '<div class="card key"><span class="soft">{lead}</span><b>{value}</b>'
    '<p class="soft">{under}</p></div>'
)

_NOTHING = "–"


def portal_page(product: Product, *, pages: Sequence[Agency], files: Collection[str]) -> str:
    """
    Draw the front page.

    `pages`: Agencies with a page; the first is the overview.
    Returns: One document without script; it opens without its siblings, only links need them.
    """
    headline, sentences = result_sentences(product.pockets)
    codes = [str(code) for code in product.mapped.index]
    alt = html.unescape(word("overview_alt", count=len(product.pockets)))
    drawing = village_map(product, codes, width=560, label=alt)
    link = f'<a class="open" href="{html.escape(pages[0].file)}">{word("map")}</a>'
    found = f"<h2>{html.escape(headline)}</h2>{paragraphs(sentences)}{link}"
    body = [
        heading(product.title, f"{product.regency_name} · {product.year}"),
        paragraphs([product.estimate_line, product.boundary_line], kind="estimate"),
        f"<h2>{word('key_figures')}</h2>{_key_figures(product)}",
        beside(found, drawing),
        _trend(product),
        f"<h2>{word('agencies')}</h2>{_agencies(product, pages)}",
        f"<h2>{word('districts')}</h2>{_districts(product)}",
        _pockets(product),
        f"<h2>{word('downloads')}</h2>{_downloads(files)}",
        f"<h2>{word('reading')}</h2>{listed(words('reading_items'))}",
        foot(product),
    ]
    return page(product.title, "".join(body))


def foot(product: Product) -> str:
    """Draw what ends every plain page: limits, notes, sources, date."""
    notes = [*(one.text for one in product.notes), product.method_line]
    parts = [
        f"<details><summary>{word('honesty')}</summary>{listed(product.honesty)}</details>"
        if product.honesty
        else "",
        f"<details><summary>{word('notes', count=len(notes))}</summary>{listed(notes)}</details>",
        f"<details><summary>{word('sources')}</summary>{listed(product.source_lines)}</details>",
        "</main><footer><p>",
        word(
            "made",
            date=date_words(product.provenance.created),
            software=f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}",
        ),
        "</p></footer>",
    ]
    return "".join(parts)


def _key_figures(product: Product) -> str:
    cards = _official(product)
    layer = product.layers[0]
    count, base = layer.district_counts.sum(), layer.district_bases.sum()
    if base > 0:
        under = word(
            "key_estimate_lead",
            count=numeral(count),
            households=numeral(base),
            year=layer.indicator.year,
        )
        cards.append(
            _KEY.format(lead=word("key_estimate"), value=percentage(count / base), under=under)
        )
    strict = int((product.pockets.outlines["evidence"] == "strict").sum())
    under = word(
        "key_pockets_lead",
        strict=strict,
        indicative=len(product.pockets) - strict,
        villages=len(product.pockets.members),
    )
    cards.append(_KEY.format(lead=word("key_pockets"), value=len(product.pockets), under=under))
    return f'<div class="grid">{"".join(cards)}</div>'


def _official(product: Product) -> list[str]:
    """Set the latest published figure of each series side by side; none is filled in."""
    if product.series is None:
        return []
    cards = []
    for label, own in product.series.groupby("label", sort=False):
        known = own.dropna(subset=["rate"])
        shown = known.iloc[-1] if len(known) else own.iloc[-1]
        under = [word("key_year", year=shown["year"], source=shown["source"])]
        if len(known) and shown["note"]:
            # that its year was never stated, for one
            under.append(html.escape(str(shown["note"])))
        cards.append(
            _KEY.format(
                lead=word("key_regency", area=label),
                value=html.escape(str(shown["text"])),
                under="<br>".join(under),
            )
        )
    return cards


def _trend(product: Product) -> str:
    if product.series is None:
        return ""
    labels = ", ".join(str(one) for one in product.series["label"].unique())
    chart = rate_chart(product.series, label=html.unescape(word("trend_alt", labels=labels)))
    said = [one.text for one in product.notes if one.key in {"single_digit", "target"}]
    if not chart:
        return ""
    return beside(f"<h2>{word('trend')}</h2>{paragraphs(said)}", chart)


def _agencies(product: Product, pages: Sequence[Agency]) -> str:
    cards = []
    for one in pages:
        need = "" if one is pages[0] else f'<p class="soft">{_need(product, one)}</p>'
        cards.append(
            f'<li class="card"><h3><a href="{html.escape(one.file)}">{html.escape(one.name)}</a>'
            f"</h3><p>{html.escape(one.focus)}</p>{need}</li>"
        )
    return f'<ul class="grid">{"".join(cards)}</ul>'


def _need(product: Product, agency: Agency) -> str:
    places = product.needs.places
    labels = {one.name: one.label for one in product.measured.indicators}
    if places is not None and len(places):
        own = places[(places["level"] == "regency") & (places["agency"] == agency.key)]
        if len(own):
            most = own.sort_values("unserved", ascending=False, kind="stable").iloc[0]
            return word(
                "agency_need",
                label=labels[most["indicator"]],
                count=numeral(most["unserved"]),
                share=percentage(most["share"]),
            )
    return "" if product.needs.indicators.get(agency.key) else word("agency_no_data")


def _districts(product: Product) -> str:
    layer, villages = product.layers[0], product.measured.villages
    inside = villages.index.isin(product.pockets.members.index)
    cards = []
    for code, own in villages.assign(inside=inside).groupby("district_code"):
        line = word(
            "district_line",
            villages=len(own),
            inside=int(own["inside"].sum()),
            rate=numeral(float(layer.district_values.get(code, float("nan"))), 1) + " %",
        )
        name = html.escape(str(own["district_name"].iloc[0]))
        cards.append(
            f'<li class="card"><h3><a href="{district_file(str(code))}">{name}</a></h3>'
            f"<p>{line}</p></li>"
        )
    return f'<ul class="grid">{"".join(cards)}</ul>'


def district_file(code: str) -> str:
    """
    Name the page of a district.

    `code`: Dotted code.
    """
    return f"kecamatan/{code}.html"


def _pockets(product: Product) -> str:
    outlines = product.pockets.outlines
    if outlines.empty:
        return ""
    items = [
        f"<li>{paragraphs([pocket_sentence(int(str(number)), pocket)])}"
        f"{paragraphs(roles_of(product, f'kantong {number}', 'pocket'), kind='soft')}</li>"
        for number, pocket in outlines.iterrows()
    ]
    return f'<h2>{word("pockets")}</h2><ol class="pockets">{"".join(items)}</ol>'


def roles_of(product: Product, place: str, level: str) -> tuple[str, ...]:
    """
    Say who must act in a place.

    `level`: ``"pocket"`` or ``"district"``.
    Returns: None where no need was counted.
    """
    roles: pd.DataFrame | None = product.needs.roles
    if roles is None or roles.empty:
        return ()
    labels = {one.name: one.label for one in product.measured.indicators}
    own = roles[roles["level"] == level]
    return role_sentences(place, own, labels=labels, names=product.catalogue.names)


def _downloads(files: Collection[str]) -> str:
    known = file_words()
    items = "".join(
        f'<li><a href="{html.escape(name)}">{html.escape(known[name])}</a> '
        f'<span class="soft">({html.escape(name)})</span></li>'
        for name in known
        if name in files
    )
    return f"<ul>{items}</ul>"


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
