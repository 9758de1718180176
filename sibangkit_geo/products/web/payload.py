"""The data of a map page as plain JSON types."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Place
from sibangkit_geo.products.agency_card import agency_card, main_need
from sibangkit_geo.products.sentences import (
    acting_indexes,
    certainty_sentence,
    role_sentences,
    targeting_sentences,
)
from sibangkit_geo.products.web.ground_data import ground_payload
from sibangkit_geo.products.web.page import MANY, houses_payload, load_texts
from sibangkit_geo.products.web.topology import (
    district_label_points,
    packed_numbers,
    screen_topology,
)
from sibangkit_geo.products.words import (
    date_words,
    pocket_sentence,
    result_sentences,
    say,
    told_names,
    village_sentence,
    wide_sentences,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from sibangkit_geo.agencies import Agency
    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.parts import Block
    from sibangkit_geo.products.result import Analysis

_NAMED_VILLAGES = 3
# over all districts: a province has no room to try many
_LABEL_PLACES = 600


def shared_payload(
    product: Analysis,
    *,
    agencies: Sequence[Agency],
    photos_inside: bool = False,
    profiles: bool = False,
) -> dict[str, object]:
    """
    Build the part that is the same on all pages of a study.

    `photos_inside`: Whether no photo stands beside the pages, where anyone could open it.
    `profiles`: Whether the profiles of villages lie beside the page.
    ``trend`` is None with one wave. With several: ``{"label": str, "note": str,
    "years": [2020, 2025], "values": {layer key: [[number or None per village],
    ...one list per earlier year]}}``; numbers in the unit and digits of the layer, rows as in
    ``villages``; ``note`` may lack.

    Raises SibangkitError: The coverage cannot be packed.
    """
    mapped = product.mapped
    context = product.boundaries.context
    names = mapped.groupby("district_code")["district_name"].first()
    headline, sentences = result_sentences(product.found)
    return {
        "lang": "id",
        "title": product.title,
        "regency": product.regency_name,
        "year": product.year,
        "estimate_line": product.estimate_line,
        "boundary_line": product.boundary_line,
        "level_line": product.level_line,
        "sources": list(product.source_lines),
        "created": date_words(product.provenance.created),
        "software": f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}",
        "texts": load_texts(),
        "topology": screen_topology(mapped, context),
        "ground": ground_payload(product.boundaries.backdrop, mapped),
        "villages": _villages(product, list(names.index))
        | {
            "acts": acting_indexes(mapped.index, product, [one.key for one in agencies]),
            "planned": _planned(product),
        },
        "agencies": [one.name for one in agencies],
        "profiles": profiles,
        "unmapped": _unmapped(product),
        "districts": _districts(product, names.to_dict()),
        "pockets": _pockets(product, {one.key: one.name for one in agencies}),
        "wide": _wide(product),
        "verdict": {"headline": headline, "sentences": list(sentences)},
        "trend": _trend(product),
        "honesty": list(product.honesty),
        "network": network_payload(product),
        "houses": houses_payload(product.houses, all_inside=photos_inside),
        "notes": [*(note.text for note in product.notes), product.method_line],
    }


def page_payload(
    product: Analysis,
    agency: Agency,
    *,
    shared: Mapping[str, object],
    pages: Iterable[Agency],
    home: str = "",
) -> dict[str, object]:
    """
    Build the payload of one agency's page.

    The agency's own layers come first, then poverty; the overview has every
    layer, poverty first.

    ``blocks`` are folded parts of the page: ``{"key", "headline", "lead", "items": [str],
    "table": None or {"head": [str], "align": ["l" or "r"], "rows": [[str]]}}``;
    ``honesty`` lists what the map cannot answer.

    `home`: File of the front page beside it; empty where it stands alone.
    Returns: Complete payload of ``render_page``.
    Raises StopIteration: The study has no layer.
    """
    own = set(product.focus.indicators.get(agency.key, ()))
    layers = [one for one in product.layers if one.indicator.name in own]
    # the page opens on the agency's main need
    first = main_need(product.focus, among=[one.indicator.name for one in layers])
    if first is not None:
        layers.sort(key=lambda one: one.indicator.name != first["indicator"])
    poverty = [one for one in product.layers if not one.indicator.agency]
    overview = agency.key == product.catalogue.agencies[0].key
    shown = list(product.layers) if overview else [*layers, *poverty]
    return {
        **shared,
        "home": home,
        "agency": {"key": agency.key, "name": agency.name, "focus": agency.focus},
        "pages": [
            {"href": one.file, "name": one.name, "current": one.key == agency.key} for one in pages
        ],
        "trend": _own_trend(shared["trend"], [one.indicator.name for one in shown]),
        "layers": [_layer(one, product) for one in shown],
        "needs": _needs(agency, layers, product),
        "missing_data": None
        if overview or layers
        else {
            "headline": say("missing_headline"),
            "lead": say("missing_lead", agency=agency.name),
            "items": list(agency.wanted),
        },
        "blocks": [_block(one) for one in product.blocks if one.agency in ("", agency.key)],
    }


def _block(block: Block) -> dict[str, object]:
    table = None
    if block.head:
        table = {
            "head": list(block.head),
            "align": list(block.align),
            "rows": [list(row) for row in block.rows],
        }
    return {
        "key": block.key,
        "headline": block.headline,
        "lead": block.lead,
        "items": list(block.items),
        "table": table,
    }


def _villages(product: Analysis, districts: Sequence[str]) -> dict[str, object]:
    mapped = product.mapped
    place = {code: i for i, code in enumerate(districts)}
    verdicts = [village_sentence(code, product.found) for code in mapped.index]
    # most villages share one sentence, which is written once
    usual = Counter(verdicts).most_common(1)[0][0] if verdicts else ""
    people = mapped["people"] if "people" in mapped else mapped["households"] * float("nan")
    return {
        "code": mapped.index.tolist(),
        "name": mapped["name"].tolist(),
        "district": [place[code] for code in mapped["district_code"]],
        "households": _whole(mapped["households"]),
        "people": _whole(people),
        "certainty": _unless_empty([certainty_sentence(row) for _, row in mapped.iterrows()]),
        "verdict": ["" if one == usual else one for one in verdicts],
        "usual_verdict": usual,
    }


def _districts(product: Analysis, names: Mapping[str, str]) -> list[dict[str, object]]:
    """Give places for its name, households, also of villages without polygon, and who acts."""
    mapped, villages = product.mapped, product.measured.villages
    points = district_label_points(mapped, mapped["district_code"])
    most = max(_LABEL_PLACES // max(1, len(names)), 3)
    homes = villages.groupby("district_code")["households"].sum(min_count=1)
    labels = {one.name: one.label for one in product.measured.indicators}
    agencies, roles = product.catalogue.names, product.focus.roles
    return [
        {
            "code": code,
            "name": name,
            "labels": points[code][:most],
            "households": _number(float(homes[code]), 0),
            "roles": list(
                role_sentences(Place("district", code), roles, labels=labels, names=agencies)
            ),
        }
        for code, name in names.items()
    ]


def _planned(product: Analysis) -> dict[str, str]:
    """Say what is planned in the few villages that something is, by their row."""
    return {
        str(row): " ".join(product.lines[place])
        for row, code in enumerate(product.mapped.index)
        if (place := Place("village", str(code))) in product.lines
    }


def _unless_empty(column: list[str]) -> list[str]:
    return column if any(column) else []


def _trend(product: Analysis) -> dict[str, object] | None:
    """Set every earlier year beside the study's own, layer by layer."""
    if not product.earlier:
        return None
    codes = product.mapped.index
    values: dict[str, list[list[float | None]]] = {}
    for layer in product.layers:
        name = layer.indicator.name
        if any(name not in wave.numbers for wave in product.earlier):
            continue
        before = [wave.numbers[name].reindex(codes) for wave in product.earlier]
        # the last year is the layer itself
        values[name] = [_plain(one, layer.decimals) for one in before]
    return {
        "label": say("trend_label"),
        "note": say("trend_note"),
        "years": [*(wave.year for wave in product.earlier), product.layers[0].indicator.year],
        "values": values,
    }


def _own_trend(trend: object, names: Sequence[str]) -> dict[str, object] | None:
    """Keep the layers of one page."""
    if not isinstance(trend, dict):
        return None
    return {
        key: {name: part[name] for name in names if name in part}
        if isinstance(part, dict)
        else part
        for key, part in trend.items()
    }


def _unmapped(product: Analysis) -> list[dict[str, str]]:
    villages = product.measured.villages
    rest = villages[villages["status"] == "no_polygon"]
    reason = say("unmapped_no_polygon")
    return [
        {"code": str(code), "name": row["name"], "district": row["district_name"], "reason": reason}
        for code, row in rest.iterrows()
    ]


def _pockets(product: Analysis, names: Mapping[str, str]) -> list[dict[str, object]]:
    rows = {code: i for i, code in enumerate(product.mapped.index)}
    members, core = product.found.members, product.found.core_villages
    labels = {one.name: one.label for one in product.measured.indicators}
    roles = product.focus.roles
    found = []
    for number, pocket in product.found.outlines.iterrows():
        place = Place("pocket", str(number))
        said = (pocket_sentence(int(str(number)), pocket), *product.lines.get(place, ()))
        # where nobody's role was worked out, there is no list of them to unfold
        shown = len(said) if roles is None else 1
        acting = role_sentences(place, roles, labels=labels, names=names)
        found.append(
            {
                "number": int(str(number)),
                "name": str(pocket.get("name", "")),
                "evidence": pocket["evidence"],
                "villages": [rows[code] for code in members.index[members == number]],
                "core": [rows[code] for code in core.get(int(str(number)), ())],
                "sentence": " ".join(said[:shown]),
                "roles": [*acting, *said[shown:]],
            }
        )
    return found


def _wide(product: Analysis) -> list[dict[str, object]]:
    """Give the parts of a wide pattern, which are no pockets."""
    rows = {code: i for i, code in enumerate(product.mapped.index)}
    areas = product.found.wide_villages.items()
    return [
        {"number": number, "villages": [rows[code] for code in codes], "sentence": sentence}
        for (number, codes), sentence in zip(areas, wide_sentences(product.found), strict=True)
    ]


def _layer(layer: Layer, product: Analysis) -> dict[str, object]:
    one = layer.indicator
    districts = sorted(product.mapped["district_code"].unique())
    return {
        "key": one.name,
        "label": one.label,
        "unit": one.unit,
        "decimals": layer.decimals,
        "denominator": one.denominator,
        "worse": one.worse,
        "values": _plain(layer.shown, layer.decimals),
        "counts": None if layer.counts is None else _whole(layer.counts),
        "count_label": one.count_label or None,
        "known": _known(layer),
        "class": [None if i < 0 else int(i) for i in layer.class_index],
        "classes": [
            {"color": step.color, "label": step.label, "count": step.count}
            for step in layer.classes
        ],
        "n_missing": layer.n_missing,
        "regency_value": _number(layer.regency_value, layer.decimals),
        "district_values": _plain(layer.district_values.reindex(districts), layer.decimals),
        "district_counts": _of_districts(layer, districts),
        "source": one.source,
        "year": one.year,
        "note": one.note,
    }


def _of_districts(layer: Layer, districts: Sequence[str]) -> list[object] | None:
    """Count what the layer counts in every district, with villages without polygon."""
    if layer.counts is None:
        return None
    over, base = layer.district_counts, layer.district_bases
    return _whole(
        (base - over if layer.indicator.worse == "low" else over).reindex(list(districts))
    )


def _known(layer: Layer) -> dict[str, object] | None:
    """Say who answered, and where too few did; nothing where all did."""
    if layer.known is None or layer.known_share is None:
        return None
    return {
        "answered": _whole(layer.known),
        "percent": _whole(layer.known_share * 100),
        "thin": [i for i, thin in enumerate(layer.thin) if thin],
    }


def _needs(agency: Agency, layers: Sequence[Layer], product: Analysis) -> dict[str, object] | None:
    if not layers:
        return None
    items = []
    told = told_names(product.mapped)
    for layer in layers:
        by = layer.counts if layer.counts is not None else layer.shown
        largest = layer.indicator.worse == "high" or layer.counts is not None
        order = by.dropna().sort_values(ascending=not largest, kind="stable")
        names = ", ".join(told[order.index[:_NAMED_VILLAGES]])
        if layer.counts is None:
            items.append(say("needs_index", label=layer.indicator.label, villages=names))
            continue
        count = float(layer.counts.sum())
        base = layer.indicator.base_column
        homes = product.mapped.loc[layer.counts.dropna().index, base].sum()
        items.append(
            say(
                "needs_item",
                label=layer.indicator.label,
                count=numeral(count),
                count_label=layer.indicator.count_label,
                share=percentage(count / homes) if homes else numeral(float("nan")),
                villages=names,
            )
        )
    items += targeting_sentences(agency.key, product)
    own = [one.indicator.name for one in layers]
    card = agency_card(product, name=agency.name, among=own)
    return {
        "headline": card.headline,
        "lead": card.lead,
        "begin": card.begin,
        "places": [{"headline": one, "items": list(rows)} for one, rows in card.places],
        "more": say("needs_more", agency=agency.name),
        "items": items,
    }


def _number(value: float, decimals: int) -> float | None:
    # a whole number is written without its ".0"
    rounded = None if math.isnan(value) else round(value, decimals)
    return rounded if rounded is None or rounded % 1 else int(rounded)


def _plain(values: pd.Series, decimals: int) -> list[float | None]:
    return [_number(float(value), decimals) for value in values]


def _whole(values: pd.Series) -> list[object]:
    return [None if math.isnan(value) else round(value) for value in values.astype(float)]


def network_payload(product: Analysis) -> dict[str, object] | None:
    """
    Pack the pairs of neighbours of the test.

    Grain: one row per pair in.

    Returns: As `packed_numbers`: how many villages with polygon, then for each how many neighbours
        stand after it and the steps from one to the next. None where nothing was tested, or for so
        many villages that the lines would hide the map.
    """
    codes, pairs = product.mapped.index, product.found.neighbors
    if pairs is None or len(codes) > MANY:
        return None
    place = {code: row for row, code in enumerate(codes)}
    after: list[list[int]] = [[] for _ in codes]
    for one, other in zip(pairs["village_code"], pairs["neighbor_code"], strict=True):
        first, second = sorted((place[one], place[other]))
        after[first].append(second)
    return packed_numbers(_steps(after))


def _steps(after: list[list[int]]) -> Iterator[int]:
    yield len(after)
    for row, others in enumerate(after):
        yield len(others)
        yield from (second - first for first, second in pairwise([row, *sorted(others)]))
