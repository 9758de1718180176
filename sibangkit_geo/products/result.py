"""What every drawing needs of a study, gathered once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.classes import Layer, build_layer
from sibangkit_geo.products.found import ORIGIN, FoundPockets
from sibangkit_geo.products.shown import Shown, column_shade, decimal, note_texts, number_shade
from sibangkit_geo.products.view import Look, Shade, View
from sibangkit_geo.products.words import say, told_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.agencies.budget import BudgetTables
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
    from sibangkit_geo.products.atlas.settings import AtlasSettings
    from sibangkit_geo.products.framed import Document, Pictures
    from sibangkit_geo.products.parts import Block, EarlierWave, Finished

_NAMED_LABELS = 2


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Analysis(Shown):
    """
    A study as its reader may see it: tables, pockets, pages, maps; made by `analyse`.

    At levels public and partner every number was protected before the first share was formed:
    tables, figures and maps show what the products of a run show.

    Attributes
    ----------
    title, year, regency_name
        What the study says; the regency such as ``"Kabupaten Banyuasin"``.
    boundaries
        Polygons, official list, and what maps draw around them.
    measured
        Every official village with its indicators.
    layers
        Indicators classed and coloured, poverty first.
    found
        Result of the detector, as `pockets` shows it.
    focus
        What each agency finds; `needs` and `roles` are its tables.
    notes
        What a reader must know.
    provenance
        Inputs, settings, seed, versions, time.
    neighbor_distance_m
        Neighbor rule of the detector, metres.
    catalogue
        Agencies, their programmes, and when they must act.
    blocks, lines, honesty
        Sentences of pages, of places, and of what the maps cannot answer.
    earlier, series
        Numbers of earlier years, and published rates.
    houses
        Pseudonymous houses; None at every level but internal.
    level, level_line
        Whom it is for, and what was done to protect people.
    pledges
        What partners have promised; planned, not done.
    unit_costs
        Rupiah for one household of each need that has a price in the study's budget.
    budget
        Plan of the budget and its tables; None where the study has none.
    annex
        How the study draws its atlas.
    writer
        Writes the products of a run; given by `analyse`.

    Examples
    --------
    >>> import tempfile, pathlib, sibangkit_geo as sg
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> small = sg.DemoSettings(households=5_000)
    >>> analysis = sg.analyse(sg.write_demo(folder, settings=small))
    >>> analysis.level, len(analysis.villages) == len(analysis.boundaries.official)
    ('agency', True)
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
    level: str = ""
    budget: BudgetTables | None = None
    annex: AtlasSettings | None = None
    writer: Callable[..., Finished] | None = None

    @property
    def villages(self) -> gpd.GeoDataFrame:
        """Every official village with its numbers and pocket, as ``villages.csv`` has them."""
        from sibangkit_geo.products.tables import village_table  # noqa: PLC0415 - it needs us

        table = village_table(self.measured, self.found)
        # a test of this table must know how its counts were protected, and whom it is for
        told = self.provenance.settings.get("disclosure", {})
        settings = {key: one for key, one in dict(told).items() if key != "salt"}  # type: ignore[call-overload]
        counted = settings if self.level_line else {}
        table.attrs[ORIGIN] = {"level": self.level, "caveat": self._caveat, "disclosure": counted}
        return table

    @property
    def _caveat(self) -> str:
        return f"{self.estimate_line} {self.caveat_line}".strip()

    @property
    def pockets(self) -> FoundPockets:
        """The pockets, which show themselves."""
        villages = self.measured.villages
        return FoundPockets(self.found, villages, villages.index, "name", self.level, self._caveat)

    @property
    def needs(self) -> pd.DataFrame:
        """One row per place, agency and need, as ``kebutuhan_opd.csv`` has them."""
        from sibangkit_geo.products.tables import open_tables  # noqa: PLC0415 - it needs us

        return open_tables(self).needs

    @property
    def roles(self) -> pd.DataFrame:
        """Which agency takes the first step where, as ``peran_opd.csv`` has it."""
        from sibangkit_geo.products.tables import open_tables  # noqa: PLC0415 - it needs us

        return open_tables(self).roles

    def page(self, agency: str = "bappeda") -> Document:
        """
        Draw the interactive page of an agency.

        Parameters
        ----------
        agency
            Key of the catalogue, such as ``"perkimtan"``.

        Returns
        -------
        page
            Shown in a frame of the notebook; `save` writes it as a file that opens offline.

        Raises
        ------
        ConfigError
            No agency has this key; or the level is internal, whose pages are written locked.
        """
        from sibangkit_geo.products.framed import agency_page  # noqa: PLC0415 - drawn on demand

        return agency_page(self, agency)

    def atlas(
        self, sheets: Sequence[str] = (), *, settings: AtlasSettings | None = None
    ) -> Pictures:
        """
        Draw sheets of the atlas.

        Parameters
        ----------
        sheets
            Kinds (``"overview"``, ``"agency"`` ...) or keys of indicators, agencies and
            districts; all when empty.
        settings
            Paper and heading; those of the study's ``[annex]`` when None.

        Returns
        -------
        pictures
            Shown below each other; `save` writes them as one PDF.

        Raises
        ------
        ConfigError
            There is no such sheet.
        """
        from sibangkit_geo.products.framed import atlas_pictures  # noqa: PLC0415 - drawn on demand

        wanted = (sheets,) if isinstance(sheets, str) else tuple(sheets)
        return atlas_pictures(self, wanted, settings)

    def write(self, out: str | Path, **options: Any) -> Finished:  # noqa: ANN401 - of the writer
        """
        Write all products of a run.

        Parameters
        ----------
        out
            Folder; nothing in it changes unless everything succeeds.
        **options
            ``lock`` (`Lock`, at level internal) and ``progress``, as of `run`.

        Returns
        -------
        finished
            What was made.

        Raises
        ------
        ConfigError
            This is part of a study only; or as of `run`.
        LeakError
            A product would show personal data; nothing is written.
        """
        if self.writer is None:
            msg = "Only what `analyse` gives can be written: run the study anew."
            raise ConfigError(msg)
        return self.writer(Path(out), **options)

    def summary(self) -> pd.DataFrame:
        """
        Lay the indicators out as a table.

        Returns
        -------
        table
            One row per indicator: label, unit, value of the regency (sum over sum, per cent
            for shares), households concerned, villages with data, source, year, ``level``.
        """
        rows = [
            {
                "indicator": one.indicator.name,
                "label": one.indicator.label,
                "unit": one.indicator.unit,
                "regency": one.regency_value,
                "concerned": None if one.counts is None else one.counts.sum(),
                "villages": int((~one.missing).sum()),
                "source": one.indicator.source,
                "year": one.indicator.year,
            }
            for one in self.layers
        ]
        return pd.DataFrame(rows).set_index("indicator").assign(level=self.level)

    def view(self, look: Look) -> View:
        """Gather what is shown: an indicator by its name, poverty where none is named."""
        mapped = self.mapped
        if look.column in {"", *(one.indicator.name for one in self.layers)}:
            shade = self._shade(look)
        else:
            shade = column_shade(self.villages.loc[mapped.index], look)
        kinds = self.pockets.view(Look())
        title, caveat = self.title, kinds.caveat
        if self.regency_name not in title:
            title = f"{title}: {self.regency_name}"
        if look.column and shade:
            # maps side by side are told apart by what they show
            title, caveat = self._label(look.column), f"{title}. {caveat}"
        return View(
            title,
            (
                *kinds.facts[:1],
                (say("nb_year"), str(self.year)),
                (say("nb_villages"), numeral(len(self.measured.villages))),
                (say("nb_indicators"), numeral(len(self.layers))),
                *kinds.facts[2:],
            ),
            kinds.sentences,
            mapped.assign(name=told_names(mapped)),
            shade,
            kinds.lines,
            note_texts(self.notes),
            caveat,
        )

    def _shade(self, look: Look) -> Shade | None:
        layers = [one for one in self.layers if look.column in {"", one.indicator.name}]
        if not layers:
            return None
        layer = layers[0]
        label = layer.indicator.label
        if layer.indicator.unit == "percent" and "persen" not in label:
            label = say("profile_legend_percent", label=label)
        if look.scheme:
            return number_shade(layer.shown, label, look, decimals=layer.decimals)
        told = layer.shown.map(lambda one: decimal(one, layer.decimals))
        return Shade(label, layer.colors, told, layer.classes)

    def _label(self, column: str) -> str:
        labels = {one.indicator.name: one.indicator.label for one in self.layers}
        return labels.get(column, column)

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
