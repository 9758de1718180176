"""Which sheets an atlas has, and what stands on each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.agency_card import main_need
from sibangkit_geo.products.atlas.canvas import Pen
from sibangkit_geo.products.atlas.listing import (
    Listing,
    agency_rows,
    change_rows,
    convergence_rows,
    layer_rows,
    pocket_rows,
    village_rows,
)
from sibangkit_geo.products.classes import CHANGE_COLORS, NO_DATA_COLOR
from sibangkit_geo.products.words import result_sentences, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.model.types import Indicator, Note
    from sibangkit_geo.products.atlas.ground import Ground
    from sibangkit_geo.products.atlas.settings import AtlasSettings, Kind
    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis

CONVERGENCE = "n_acting_agencies"
# notes that change how a map is read, the first ones first; what was done with files stands in the
# manifest and on the pages
_OF_A_MAP = (
    "official_rate_differs", "villages_without_polygon", "protected", "not_protected",
    "protection_hides", "too_few_known", "of_known", "coverage_differs", "nothing_tested",
    "villages_not_tested", "villages_without_rows", "uneven_noise", "unseen_neighbors",
    "isolates_unlinked", "few_replicates", "not_error_controlled", "more_than_all", "no_data",
    "crs_assumed", "logo_missing",
)  # fmt: skip
# sheets at the end, and those that are drawn where they are named only
_EXPLAINING = ("register_coverage", "n_methods")
_ON_REQUEST = ("headcount_shrunken", "headcount_interval_width")
# those that are of one layer, which they name
_OF_A_LAYER = ("raster_cover", "raster_infinite", "distance_from_villages", "facilities_unplaced")


_LABELS = ("fall_big", "fall", "same", "rise", "rise_big")
_SAME = 2

_HATCH = "#8a939c"
NO_DATA = Pen(fill=NO_DATA_COLOR, edge=_HATCH, hatch="lines")


@dataclass(frozen=True, slots=True)
class Subject:
    """
    What is drawn.

    `changes`: Since each earlier wave; empty without waves.
    """

    product: Analysis
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
    told, explained = _asked(subject.product, settings)
    made: dict[Kind, Iterable[Sheet]] = {
        "overview": (_overview(one) for one in (subject,)),
        "indicator": (_indicator(subject, one) for one in told),
        "agency": _agencies(subject, layers),
        "convergence": (_convergence(subject, one) for name, one in layers.items()
                        if name == CONVERGENCE),
        "change": (_change(subject, one) for one in subject.changes),
        "district": _districts(subject),
        "explanation": (_indicator(subject, one, kind="explanation") for one in explained),
    }  # fmt: skip
    sheets = [one for kind, all_of in made.items() if settings.draws(kind) for one in all_of]
    if not sheets:
        msg = "[annex] sheets: this study has nothing of the kinds asked for."
        raise ConfigError(msg)
    # a title of a sheet that is not drawn this time is none that is wrong
    others = (one for kind, all_of in made.items() if not settings.draws(kind) for one in all_of)
    return _only(_retitled(sheets, settings.titles, others), settings.only)


def _only(sheets: Sequence[Sheet], only: Sequence[str]) -> tuple[Sheet, ...]:
    """Keep the sheets that are named, in the order of the names; all where none is."""
    chosen = [one for name in only for one in _named(sheets, name, key="only")]
    return tuple({(one.kind, one.slug): one for one in chosen or sheets}.values())


def _retitled(
    sheets: Sequence[Sheet], titles: Mapping[str, str], others: Iterable[Sheet]
) -> list[Sheet]:
    drawn = {word for one in sheets for word in (one.kind, one.key, one.slug)}
    known = [*sheets] if drawn >= {*titles} else [*sheets, *others]
    own = {
        (one.kind, one.slug): title
        for name, title in titles.items() for one in _named(known, name, key="titles")
    }  # fmt: skip
    return [replace(one, title=own.get((one.kind, one.slug), one.title)) for one in sheets]


def _named(sheets: Sequence[Sheet], name: str, *, key: str) -> list[Sheet]:
    """
    Find the sheets of a kind, key or short name.

    Raises ConfigError: There is none.
    """
    found = [one for one in sheets if name in {one.kind, one.key, one.slug}]
    if not found:
        known = {word for one in sheets for word in (one.kind, one.key, one.slug) if word}
        msg = f'There is no sheet "{name}" ([annex] {key}). {nearest(str(name), known)}'
        raise ConfigError(msg)
    return found


def _asked(product: Analysis, settings: AtlasSettings) -> tuple[list[Layer], list[Layer]]:
    """
    Choose the layers that have a sheet of their own.

    Returns: Of needs and rates, then those that explain them, which stand at the end. Those of
    method and uncertainty are drawn where they are named only.
    """
    named = {*settings.indicators, *settings.only}
    own = {CONVERGENCE}
    if settings.draws("overview"):
        own.add(product.layers[0].indicator.name)
    asked = [
        one for one in product.layers
        if (name := one.indicator.name) not in own
        and (name in named or (not settings.indicators and name not in _ON_REQUEST))
    ]  # fmt: skip
    return (
        [one for one in asked if one.indicator.name not in _EXPLAINING],
        [one for one in asked if one.indicator.name in _EXPLAINING],
    )


@cache
def _titles() -> Mapping[str, str]:
    return own_toml(__package__, "titles.id.toml")


def map_title(indicator: Indicator) -> str:
    """
    Word an indicator as the title of a map.

    Returns: From the catalogue of titles; its label where a study brought its own.
    """
    return _titles().get(indicator.name, indicator.label)


def _overview(subject: Subject) -> Sheet:
    product, layer = subject.product, subject.product.layers[0]
    headline, sentences = result_sentences(product.found)
    return Sheet(
        kind="overview", key="", slug="kantong",
        title=say("annex.atlas_title_overview", regency=product.regency_name),
        place=product.title, year=_year(layer, named=True),
        theme=layer_theme(layer), listing=pocket_rows(product),
        sources=_sources(product, layer), method=_method(product, layer),
        notes=_notes(product, layer, *([f"{headline}. {sentences[0]}"]
                                       if len(product.found) and sentences else [])),
    )  # fmt: skip


def _indicator(subject: Subject, layer: Layer, *, kind: Kind = "indicator") -> Sheet:
    product, name = subject.product, layer.indicator.name
    return Sheet(
        kind=kind, key=name, slug=name, title=map_title(layer.indicator),
        place=product.regency_name, year=_year(layer), theme=layer_theme(layer),
        listing=layer_rows(product, layer), sources=_sources(product, layer),
        method=_method(product, layer), notes=_notes(product, layer),
    )  # fmt: skip


def _agencies(subject: Subject, layers: Mapping[str, Layer]) -> Iterator[Sheet]:
    product = subject.product
    for agency, names in product.focus.indicators.items():
        drawn = [one for one in names if one in layers]
        if not drawn:
            continue
        # the first where no household is counted, so that an index alone is drawn too
        need = main_need(product.focus, among=drawn)
        main = layers[drawn[0] if need is None else str(need["indicator"])]
        words = product.catalogue.names.get(agency, agency.upper())
        yield Sheet(
            kind="agency", key=agency, slug=f"opd_{agency}",
            title=say("annex.atlas_title_agency", agency=words, title=map_title(main.indicator)),
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


def _year(layer: Layer, *, named: bool = False) -> str:
    year = say("annex.atlas_year", year=layer.indicator.year)
    return f"{layer.indicator.label} · {year}" if named else year


def _sources(product: Analysis, layer: Layer) -> tuple[str, ...]:
    """Name the sources of what is drawn: boundaries, the layer, and the pockets' poverty."""
    told = [*product.boundary_sources]
    labels: dict[tuple[str, int], list[str]] = {}
    for one in dict.fromkeys(x.indicator for x in (layer, product.layers[0])):
        labels.setdefault((one.source, one.year), []).append(one.label)
    for (source, year), named in labels.items():
        told.append(say("data_source", label="; ".join(named), source=source, year=year))
    return tuple(told)


def _method(product: Analysis, layer: Layer) -> tuple[str, ...]:
    base = layer.indicator.denominator
    told = [say("annex.atlas_method_base", base=base)] if base else []
    return (*told, say("annex.atlas_method_classes"), product.method_line)


def _rank(note: Note) -> int:
    return _OF_A_MAP.index(note.key)


def _notes(product: Analysis, layer: Layer, *first: str) -> tuple[str, ...]:
    lines = [
        product.estimate_line,
        product.boundary_line,
        product.level_line,
        *first,
        layer.indicator.note,
    ]
    named = [one for one in product.notes if one.key in _OF_A_LAYER
             and layer.indicator.label in one.text]  # fmt: skip
    notes = sorted((one for one in product.notes if one.key in _OF_A_MAP), key=_rank)
    told = dict.fromkeys(one for one in (*lines, *(x.text for x in (*named, *notes))) if one)
    # the estimate line says already what an indicator's short note repeats
    return tuple(
        one for one in told
        if one == product.estimate_line or not product.estimate_line.startswith(one.rstrip("."))
    )  # fmt: skip


def change_theme(change: WaveChange, codes: NDArray[np.object_]) -> Theme:
    """
    Fill villages by their change; what cannot be compared is hatched.

    Returns: From the largest fall to the largest rise, then what is not compared.
    """
    table = change.table.reindex(pd.Index(codes))
    edge = change.edge
    words = [say(f"annex.atlas_change_{one}", edge=numeral(edge)) for one in _LABELS]
    swatches = [Swatch(Pen(fill=c), w) for c, w in zip(CHANGE_COLORS, words, strict=True)]
    swatches.append(Swatch(NO_DATA, say("annex.atlas_change_unreliable"), always=False))
    sure, points = table["sure"].eq(True).to_numpy(), table["difference"].to_numpy(float)
    index = np.full(len(table), _SAME)
    index[sure] += np.where(points[sure] < 0, -1, 1)
    index[sure & (np.abs(points) >= edge)] += np.sign(
        points[sure & (np.abs(points) >= edge)]
    ).astype(int)
    state = table["state"].fillna("missing").to_numpy()
    index[np.isin(state, ("unreliable", "missing"))] = len(_LABELS)
    heading = say("annex.atlas_change_heading", before=change.before, after=change.after)
    return Theme(heading, tuple(swatches), index.astype(np.intp))


@dataclass(frozen=True, slots=True)
class Swatch:
    """
    One kind of fill.

    `pen`: Fill and pattern.
    `always`: Listed without any village too.
    """

    pen: Pen
    label: str
    always: bool = True


@dataclass(frozen=True, slots=True)
class Theme:
    """How the villages of a sheet are filled."""

    heading: str
    swatches: tuple[Swatch, ...]
    index: NDArray[np.intp]

    def counts(self, shown: NDArray[np.bool_]) -> tuple[tuple[Swatch, int], ...]:
        """List the swatches of a legend with the villages shown of each."""
        totals = np.bincount(self.index[shown], minlength=len(self.swatches))
        pairs = zip(self.swatches, totals.tolist(), strict=True)
        return tuple((one, n) for one, n in pairs if n or one.always)


def layer_theme(layer: Layer) -> Theme:
    """
    Fill villages as the web map does, with patterns for what has no number.

    Returns: Classes first, then no data, which is listed where there is any.
    """
    swatches = [Swatch(Pen(fill=one.color), one.label) for one in layer.classes]
    empty = "annex.no_or_thin_data" if layer.thin.any() else "annex.no_data"
    swatches.append(Swatch(NO_DATA, say(empty), always=False))
    n = len(layer.classes)
    index = layer.class_index.where(layer.class_index >= 0, n).to_numpy(copy=True)
    unit = say(f"annex.unit_{layer.indicator.unit}")
    heading = f"{layer.indicator.label} ({unit})" if unit else layer.indicator.label
    if layer.known is not None:
        heading = f"{heading}; {say('annex.answered', share=percentage(layer.answered, 0))}"
    return Theme(heading, tuple(swatches), index.astype(np.intp))
