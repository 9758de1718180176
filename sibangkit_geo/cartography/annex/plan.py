"""Which sheets an atlas has, and what stands on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.annex.agency_rows import agency_rows, convergence_rows
from sibangkit_geo.cartography.annex.change import change_rows, change_theme
from sibangkit_geo.cartography.annex.rows import Listing, layer_rows, pocket_rows
from sibangkit_geo.cartography.annex.themes import layer_theme
from sibangkit_geo.cartography.annex.village_rows import village_rows
from sibangkit_geo.cartography.texts import result_sentences, say
from sibangkit_geo.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sibangkit_geo.cartography.annex.change import WaveChange
    from sibangkit_geo.cartography.annex.ground import Ground
    from sibangkit_geo.cartography.annex.settings import AtlasSettings, Kind
    from sibangkit_geo.cartography.annex.themes import Theme
    from sibangkit_geo.cartography.classes import Layer
    from sibangkit_geo.cartography.product import Product

CONVERGENCE = "n_acting_agencies"


@dataclass(frozen=True, slots=True)
class Subject:
    """
    What is drawn.

    `changes`: Since each earlier wave; empty without waves.
    """

    product: Product
    ground: Ground
    changes: tuple[WaveChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    One sheet before it is drawn.

    `district`: Code of the district shown; empty for the whole regency.
    """

    kind: Kind
    key: str
    slug: str
    title: str
    place: str
    year: str
    theme: Theme
    listing: Listing
    sources: tuple[str, ...]
    method: tuple[str, ...]
    notes: tuple[str, ...]
    district: str = ""


def plan_sheets(subject: Subject, settings: AtlasSettings) -> tuple[Sheet, ...]:
    """
    List the sheets that settings ask for.

    Raises ConfigError: An indicator is unknown, or nothing is left to draw.
    """
    layers = {one.indicator.name: one for one in subject.product.layers}
    for name in settings.indicators:
        if name not in layers:
            msg = f'[annex] indicators: "{name}" is unknown. {nearest(name, layers)}'
            raise ConfigError(msg)
    sheets: list[Sheet] = []
    if settings.draws("overview"):
        sheets.append(_overview(subject))
    if settings.draws("indicator"):
        sheets += [_indicator(subject, one) for one in _asked(subject.product, settings)]
    if settings.draws("agency"):
        sheets += _agencies(subject, layers)
    if settings.draws("convergence") and CONVERGENCE in layers:
        sheets.append(_convergence(subject, layers[CONVERGENCE]))
    if settings.draws("change"):
        sheets += [_change(subject, one) for one in subject.changes]
    if settings.draws("district"):
        sheets += _districts(subject)
    if not sheets:
        msg = "[annex] sheets: this study has nothing of the kinds asked for."
        raise ConfigError(msg)
    return tuple(sheets)


def _asked(product: Product, settings: AtlasSettings) -> list[Layer]:
    """Leave out what has a sheet of its own anyway."""
    first = product.layers[0].indicator.name
    own = {CONVERGENCE, first} if settings.draws("overview") else {CONVERGENCE}
    wanted = settings.indicators or tuple(one.indicator.name for one in product.layers)
    return [
        one
        for one in product.layers
        if one.indicator.name in wanted and one.indicator.name not in own
    ]


def _overview(subject: Subject) -> Sheet:
    product, layer = subject.product, subject.product.layers[0]
    headline, sentences = result_sentences(product.pockets)
    return Sheet(
        kind="overview", key="", slug="kantong", title=product.title,
        place=_place(product, product.title), year=_year(layer, named=True),
        theme=layer_theme(layer), listing=pocket_rows(product),
        sources=_sources(product, layer), method=_method(product, layer),
        notes=_notes(product, layer, *([f"{headline}. {sentences[0]}"]
                                       if len(product.pockets) and sentences else [])),
    )  # fmt: skip


def _indicator(subject: Subject, layer: Layer) -> Sheet:
    product, name = subject.product, layer.indicator.name
    return Sheet(
        kind="indicator", key=name, slug=name, title=layer.indicator.label,
        place=product.regency_name, year=_year(layer), theme=layer_theme(layer),
        listing=layer_rows(product, layer), sources=_sources(product, layer),
        method=_method(product, layer), notes=_notes(product, layer),
    )  # fmt: skip


def _agencies(subject: Subject, layers: Mapping[str, Layer]) -> Iterator[Sheet]:
    product = subject.product
    table = product.needs.table
    over = table.assign(excess=table["excess"].clip(lower=0))
    sums = over.groupby(["agency", "indicator"])["excess"].sum().to_dict()
    for agency, names in product.needs.indicators.items():
        drawn = [one for one in names if one in layers]
        if not drawn:
            continue
        # the first of equals, so that an index alone is drawn too
        main = layers[max(drawn, key=lambda one: sums.get((agency, one), 0.0))]
        words = product.catalogue.names.get(agency, agency.upper())
        label = main.indicator.label
        yield Sheet(
            kind="agency", key=agency, slug=f"opd_{agency}",
            title=say("annex.atlas_title_agency", agency=words, label=label),
            place=product.regency_name, year=_year(main), theme=layer_theme(main),
            listing=agency_rows(product, main, agency=agency, name=words),
            sources=_sources(product, main),
            method=(say("annex.atlas_method_agency", agency=words), *_method(product, main)),
            notes=_notes(product, main),
        )  # fmt: skip


def _convergence(subject: Subject, layer: Layer) -> Sheet:
    product = subject.product
    return Sheet(
        kind="convergence", key="", slug="konvergensi",
        title=say("annex.atlas_title_convergence"), place=product.regency_name,
        year=_year(layer), theme=layer_theme(layer),
        listing=convergence_rows(product, layer, names=product.catalogue.names),
        sources=_sources(product, layer), method=_method(product, layer),
        notes=_notes(product, layer),
    )  # fmt: skip


def _change(subject: Subject, change: WaveChange) -> Sheet:
    product, layer = subject.product, subject.product.layers[0]
    years = say("annex.atlas_years", before=change.before, after=change.after)
    about = [one.text for one in product.notes if one.key == "earlier_generation"]
    return Sheet(
        kind="change", key=str(change.before), slug=f"perubahan_{change.before}",
        title=change.title, place=product.regency_name, year=years,
        theme=change_theme(change, subject.ground.codes), listing=change_rows(product, change),
        sources=_sources(product, layer),
        method=(say("annex.atlas_method_change"), product.method_line),
        notes=_notes(product, layer, change.summary, *about),
    )  # fmt: skip


def _districts(subject: Subject) -> Iterator[Sheet]:
    product, layer = subject.product, subject.product.layers[0]
    theme = layer_theme(layer)
    colors = {str(code): str(one) for code, one in layer.colors.items()}
    notes = _notes(product, layer)
    for code, name in subject.ground.districts.items():
        slug = "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
        yield Sheet(
            kind="district", key=code, slug=f"kecamatan_{slug}",
            title=say("annex.atlas_title_district", district=name), place=product.regency_name,
            year=_year(layer, named=True), theme=theme,
            listing=village_rows(product, layer, district=code, colors=colors),
            sources=_sources(product, layer), method=_method(product, layer),
            notes=notes, district=code,
        )  # fmt: skip


def _place(product: Product, title: str) -> str:
    return "" if product.regency_name.lower() in title.lower() else product.regency_name


def _year(layer: Layer, *, named: bool = False) -> str:
    year = say("annex.atlas_year", year=layer.indicator.year)
    return f"{layer.indicator.label} · {year}" if named else year


def _sources(product: Product, layer: Layer) -> tuple[str, ...]:
    """Name the sources of what is drawn: boundaries, the layer, and the pockets' poverty."""
    told = [say("boundary_source", source=product.boundaries.source)]
    labels: dict[tuple[str, int], list[str]] = {}
    for one in dict.fromkeys(x.indicator for x in (layer, product.layers[0])):
        labels.setdefault((one.source, one.year), []).append(one.label)
    for (source, year), named in labels.items():
        told.append(say("data_source", label="; ".join(named), source=source, year=year))
    return tuple(told)


def _method(product: Product, layer: Layer) -> tuple[str, ...]:
    base = layer.indicator.denominator
    told = [say("annex.atlas_method_base", base=base)] if base else []
    return (*told, say("annex.atlas_method_classes"), product.method_line)


def _notes(product: Product, layer: Layer, *first: str) -> tuple[str, ...]:
    lines = [product.estimate_line, product.boundary_line, *first, layer.indicator.note]
    # the reader of a map needs these before those about files
    chief = ("official_rate_differs", "villages_without_polygon", "cells_masked")
    notes = sorted(product.notes, key=lambda one: one.key not in chief)
    told = dict.fromkeys(one for one in (*lines, *(note.text for note in notes)) if one)
    # the estimate line says already what an indicator's short note repeats
    return tuple(
        one for one in told
        if one == product.estimate_line or not product.estimate_line.startswith(one.rstrip("."))
    )  # fmt: skip
