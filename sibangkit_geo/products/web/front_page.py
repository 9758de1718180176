"""The front page of a study: key figures, every OPD, every district, every pocket, downloads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Place
from sibangkit_geo.products.agency_card import main_need
from sibangkit_geo.products.promises import promise_rows
from sibangkit_geo.products.published import downloads
from sibangkit_geo.products.sentences import role_sentences
from sibangkit_geo.products.villages_by_need import largest_excess, poorest_first
from sibangkit_geo.products.web.html import render_plain, word
from sibangkit_geo.products.web.profile_pages import profile_file
from sibangkit_geo.products.web.svg import map_legend, rate_chart, village_map
from sibangkit_geo.products.words import (
    date_words,
    numbered_name,
    pocket_sentence,
    result_sentences,
    say,
    wide_sentences,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pandas as pd

    from sibangkit_geo.agencies import Agency
    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.sheets import Fact, Sheet
    from sibangkit_geo.products.villages_by_need import VillageLine

# lead, value, lines under it
_Figure = tuple[str, str, list[str]]

_NOTHING = "–"


def front_page(product: Analysis, *, pages: Sequence[Agency], files: Collection[str]) -> str:
    """
    Draw the front page.

    `pages`: Agencies with a page; the first is the overview.
    Returns: One document without script; it opens without its siblings, only links need them.
    """
    headline, sentences = result_sentences(product.found)
    codes = [str(code) for code in product.mapped.index]
    series = product.series
    return _render(
        "front",
        product,
        title=product.title,
        heading=product.title,
        under=f"{product.regency_name} · {product.year}",
        figures=[*_official(product), *_found(product)],
        headline=headline,
        sentences=sentences,
        pages=pages,
        drawing=village_map(product, codes, width=560),
        legend=list(map_legend(product, product.found.outlines.index.tolist())),
        layer=product.layers[0].indicator,
        chart=None if series is None else rate_chart(series),
        labels="" if series is None else ", ".join(series["label"].unique()),
        trend=[one.text for one in product.notes if one.key in {"single_digit", "target"}],
        named=_names(product),
        agencies=[(one, _need(product, one)) for one in pages],
        districts=_districts(product),
        pockets=_pockets(product),
        wide=wide_sentences(product.found),
        promises=promise_rows(product),
        files=_downloads(files),
    )


def _render(template: str, product: Analysis, **values: object) -> str:
    """Fill a page of the study with its own values and with what ends every one of them."""
    made = word(
        "made",
        date=date_words(product.provenance.created),
        software=f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}",
    )
    notes = [*(one.text for one in product.notes), product.method_line]
    common = {"product": product, "made": made, "notes": notes}
    return render_plain(template, {**values, **common}, style="front_page.css")


def _names(product: Analysis) -> list[tuple[int, str]]:
    """Call every pocket by its name, its size and its evidence."""
    villages = product.found.members.value_counts()
    return [
        (
            int(str(number)),
            word(
                "pocket_line",
                name=numbered_name(int(str(number)), pocket),
                villages=int(villages[number]),
                grade=say(f"grade_{pocket['evidence']}"),
            ),
        )
        for number, pocket in product.found.outlines.iterrows()
    ]


def _downloads(files: Collection[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Group what is offered, each group under its heading."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, one in downloads().items():
        if name in files:
            groups.setdefault(word(f"download_{one.group}"), []).append((name, one.told))
    return list(groups.items())


def _official(product: Analysis) -> list[_Figure]:
    """Set the latest published figure of each series side by side; one without any is left out."""
    if product.series is None:
        return []
    figures = []
    for label, own in product.series.groupby("label", sort=False):
        known = own.dropna(subset=["rate"])
        if known.empty:
            continue
        shown = known.iloc[-1]
        lines = [word("key_year", year=shown["year"], source=shown["source"])]
        if shown["note"]:
            # that its year was never stated, for one
            lines.append(str(shown["note"]))
        figures.append((word("key_regency", area=label), str(shown["text"]), lines))
    return figures


def _found(product: Analysis) -> list[_Figure]:
    """Give the share of poor households and the number of pockets."""
    layer, pockets = product.layers[0], product.found
    count, base = layer.district_counts.sum(), layer.district_bases.sum()
    strict = int((pockets.outlines["evidence"] == "strict").sum())
    told = word(
        "key_pockets_lead",
        strict=strict,
        indicative=len(pockets) - strict,
        villages=len(pockets.members),
    )
    lines = [told]
    if areas := pockets.wide_villages:
        inside = numeral(sum(map(len, areas.values())))
        lines.append(word("key_wide_lead", areas=len(areas), villages=inside))
    figures = [(word("key_pockets"), str(len(pockets)), lines)]
    if math.isnan(pockets.p_value):
        # nothing was looked for: none found is no result
        figures = [(word("key_pockets"), word("key_untested"), [])]
    if base > 0:
        told = word(
            "key_estimate_lead",
            count=numeral(count),
            households=numeral(base),
            year=layer.indicator.year,
        )
        figures.insert(0, (word("key_estimate"), percentage(count / base), [told]))
    return figures


def _need(product: Analysis, agency: Agency) -> str:
    own = product.focus.indicators.get(agency.key, ())
    most = main_need(product.focus, among=own)
    if most is None:
        return "" if own else word("agency_no_data")
    return word(
        "agency_need",
        label=next(one.label for one in product.measured.indicators if one.name == most.name),
        count=numeral(most["unserved"]),
        share=percentage(most["share"]),
    )


def _districts(product: Analysis) -> list[tuple[str, str, str, str]]:
    """Give file, name, figures and file of profiles of every district."""
    layer, villages = product.layers[0], product.measured.villages
    inside = villages.index.isin(product.found.members.index)
    cards = []
    for code, own in villages.assign(inside=inside).groupby("district_code"):
        rate = float(layer.district_values.get(code, math.nan))
        line = word(
            "district_line",
            villages=len(own),
            inside=int(own["inside"].sum()),
            rate=numeral(rate, 1) + ("" if math.isnan(rate) else "%"),
        )
        line += _of_known(layer, str(code), own)
        name = str(own["district_name"].iloc[0])
        cards.append((_file(str(code)), name, line, f"{profile_file(str(code))}#{code}"))
    return cards


# what would be told as 100 %: protected counts of households and of answers differ by a few
_ALL_KNOWN = 0.995


def _of_known(layer: Layer, code: str, villages: pd.DataFrame) -> str:
    """Say how much of a district is known; empty where all is, or where it is hidden."""
    whole = villages[layer.indicator.answered_of or "households"].sum()
    base, count = layer.district_bases.get(code, 0.0), layer.district_counts.get(code, math.nan)
    if not base or math.isnan(count) or base / whole > _ALL_KNOWN:
        return ""
    told = {"count": numeral(count), "base": numeral(base), "share": percentage(base / whole, 0)}
    return f" {word('district_known', **told)}"


def _file(code: str) -> str:
    return f"kecamatan/{code}.html"


def _pockets(product: Analysis) -> list[tuple[str, tuple[str, ...]]]:
    """Say of every pocket what it is and who must act, where a need was counted."""
    roles = product.focus.roles
    labels = {one.name: one.label for one in product.measured.indicators}
    names = product.catalogue.names
    return [
        (
            pocket_sentence(int(str(number)), pocket),
            (
                *role_sentences(place, roles, labels=labels, names=names),
                *product.lines.get(place, ()),
            ),
        )
        for number, pocket in product.found.outlines.iterrows()
        for place in (Place("pocket", str(number)),)
    ]


def district_pages(
    product: Analysis, sheets: Sequence[Sheet], *, map_file: str
) -> Iterator[tuple[str, str]]:
    """Draw the page of every district."""
    needs = largest_excess(product)
    for sheet in sheets:
        villages = poorest_first(product, sheet.code, needs=needs)
        yield _file(sheet.code), _district_page(product, sheet, villages, map_file)


def _district_page(
    product: Analysis, sheet: Sheet, villages: Sequence[VillageLine], map_file: str
) -> str:
    heading = word("district_title", name=sheet.name)
    mapped = product.mapped
    codes = mapped.index[mapped["district_code"] == sheet.code].astype(str).tolist()
    return _render(
        "district",
        product,
        title=f"{heading} · {product.title}",
        heading=heading,
        under=f"{product.regency_name} · {product.year} · {sheet.code}",
        sheet=sheet,
        layer=product.layers[0].indicator,
        map_file=map_file,
        drawing=village_map(product, codes, width=560) if codes else None,
        facts=[
            (one.label, _shown(one, one.value), _shown(one, one.regency), _counted(one))
            for one in sheet.facts
        ],
        legend=list(map_legend(product, product.found.outlines.index.tolist())),
        needs=_needs(sheet, product),
        promises=promise_rows(product, district=sheet.code),
        villages=[_village(one) for one in villages],
        profile=f"../{profile_file(sheet.code)}",
        profiles=[f"../{profile_file(sheet.code)}#{one.code}" for one in villages],
    )


def _shown(fact: Fact, value: float) -> str:
    if math.isnan(value):
        return _NOTHING
    return numeral(value, fact.decimals) + ("%" if fact.unit == "percent" else "")


def _counted(fact: Fact) -> str:
    if math.isnan(fact.count):
        return ""
    return word("facts_of", count=numeral(fact.count), base=numeral(fact.base))


def _needs(sheet: Sheet, product: Analysis) -> list[tuple[str, ...]]:
    return [
        (
            one.agency,
            one.label,
            numeral(one.unserved),
            percentage(one.share),
            _NOTHING if math.isnan(one.ratio) else numeral(one.ratio, 1),
            _NOTHING if math.isnan(one.rank) else numeral(one.rank),
            ", ".join(product.catalogue.movements_for(one.need)) or _NOTHING,
        )
        for one in sheet.needs
    ]


def _village(line: VillageLine) -> tuple[str, ...]:
    return (
        line.name, line.households, line.poor, line.rate, line.pocket, line.need, line.acting
    )  # fmt: skip
