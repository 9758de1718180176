"""What every drawing needs of a study, gathered once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.classes import Layer, build_layer
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.model.types import (
        AgencyNeeds,
        Boundaries,
        HouseCards,
        Note,
        Place,
        Pledge,
        Pockets,
        Provenance,
        VillageIndicators,
    )

_NAMED_LABELS = 2


@dataclass(frozen=True, slots=True)
class Block:
    """
    A folded part of a page: sentences, and a table of words.

    `key`: Name, once per page.
    `headline`, `lead`: Heading, and one sentence under it; the lead may be empty.
    `head`, `align`: Headings of the table and ``"l"`` or ``"r"`` for each; empty without a table.
    `agency`: Whose page; empty for all.
    """

    key: str
    headline: str
    lead: str = ""
    items: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    align: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    agency: str = ""


@dataclass(frozen=True, slots=True)
class EarlierWave:
    """
    Numbers of an earlier year; one row per official village.

    `numbers`: Columns by indicator name, per cent for shares; missing without data.
    """

    year: int
    numbers: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Analysis:
    """
    A finished study as its reader may see it, ready to be drawn.

    `regency_name`: Such as ``"Kabupaten Banyuasin"``.
    `needs`: Households concerned per agency.
    `provenance`: Inputs, settings, seed, versions, time.
    `neighbor_distance_m`: Neighbour rule of the detector, metres.
    `catalogue`: Agencies, their programmes, and when they must act.
    `houses`: Pseudonymous houses; None at every level but internal.
    `level_line`: Level, reader, and what was done to protect people.
    `pledges`: What partners have promised; planned, not done.
    `lines`: Further sentences about places.
    `unit_costs`: Rupiah for one household of each need that has a price in the study's budget.
    """

    title: str
    year: int
    regency_name: str
    boundaries: Boundaries
    measured: VillageIndicators
    layers: tuple[Layer, ...]
    found: Pockets
    focus: AgencyNeeds
    notes: tuple[Note, ...]
    provenance: Provenance
    neighbor_distance_m: float
    catalogue: Catalogue
    blocks: tuple[Block, ...] = ()
    honesty: tuple[str, ...] = ()
    earlier: tuple[EarlierWave, ...] = ()
    series: pd.DataFrame | None = None
    houses: HouseCards | None = None
    level_line: str = ""
    pledges: tuple[Pledge, ...] = ()
    lines: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    unit_costs: Mapping[str, float] = field(default_factory=dict)

    @property
    def mapped(self) -> gpd.GeoDataFrame:
        """List the villages with a polygon, in the order of all layers."""
        villages = self.measured.villages
        return villages[villages.geometry.notna() & ~villages.geometry.is_empty]

    @property
    def boundary_sources(self) -> tuple[str, ...]:
        """Word where the villages are from, and land, sea and lines around them."""
        told = [say("boundary_source", source=self.boundaries.source)]
        if self.boundaries.backdrop.sources:
            told.append(say("ground_source", source="; ".join(self.boundaries.backdrop.sources)))
        return tuple(told)

    @property
    def source_lines(self) -> tuple[str, ...]:
        """Word the sources, each once, with the year of the data."""
        lines = dict.fromkeys(self.boundary_sources)
        by_source: dict[tuple[str, int], list[str]] = {}
        for layer in self.layers:
            key = (layer.indicator.source, layer.indicator.year)
            by_source.setdefault(key, []).append(layer.indicator.label)
        for (source, year), labels in by_source.items():
            lines[say("data_source", label=_listed(labels), source=source, year=year)] = None
        return tuple(lines)

    @property
    def estimate_line(self) -> str:
        """Word what the numbers are not."""
        return say("estimate")

    @property
    def boundary_line(self) -> str:
        """Word that the boundaries are approximate; empty when they are not."""
        return say("approximate") if self.boundaries.approximate else ""

    @property
    def caveat_line(self) -> str:
        """Word what the boundaries and the counts are not."""
        return " ".join(filter(None, (self.boundary_line, self.level_line)))

    @property
    def method_line(self) -> str:
        """Word the test, or that there was none."""
        if math.isnan(self.found.p_value):
            return f"{say('not_tested')}."
        tested = self.provenance.settings.get("pockets")
        rule = tested.get("neighbors", "distance") if isinstance(tested, dict) else "distance"
        return say(
            "method",
            replicates=numeral(self.found.replicates),
            seed=self.found.seed,
            alpha=percentage(self.found.alpha, 0),
            neighbors=say(f"neighbors_{rule}", distance=numeral(self.neighbor_distance_m)),
        )


def _listed(labels: list[str]) -> str:
    if len(labels) <= _NAMED_LABELS:
        return "; ".join(labels)
    return say("several_indicators", count=numeral(len(labels)))


def build_layers(measured: VillageIndicators) -> tuple[Layer, ...]:
    """
    Class and colour every indicator.

    Returns: In the order of the indicators.
    """
    return tuple(build_layer(measured.villages, one) for one in measured.indicators)
