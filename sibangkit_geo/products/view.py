"""The vocabulary of what results show: colours of areas, outlines, facts; drawn by several."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sibangkit_geo.products.classes import NO_DATA_COLOR
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from sibangkit_geo.products.classes import LegendClass

POCKET, WIDE = "#12305a", "#6b4a1e"


@dataclass(frozen=True, slots=True)
class Shade:
    """
    What colours the areas of a view.

    `colors`, `told`: Colour, and words for a tooltip, of each area.
    `none`: What the legend calls areas without a value.
    """

    label: str
    colors: pd.Series
    told: pd.Series
    classes: tuple[LegendClass, ...]
    none: str = field(default_factory=lambda: say("nb_missing"))

    @property
    def missing(self) -> bool:
        """Whether an area has no data."""
        return bool(self.colors.eq(NO_DATA_COLOR).any())


@dataclass(frozen=True, slots=True)
class Line:
    """Outlines over the areas, with the words of each."""

    label: str
    shapes: gpd.GeoSeries
    color: str = POCKET
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """
    What one result shows.

    `facts`: What was tested and how, name and value.
    `sentences`: What it means.
    `areas`: Polygons with a column ``name``; None where the result has none.
    `caveat`: What the numbers are not, and what was done to protect people.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...] = ()
    areas: gpd.GeoDataFrame | None = None
    shade: Shade | None = None
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    caveat: str = field(default_factory=lambda: say("estimate"))

    @property
    def polygons(self) -> gpd.GeoDataFrame:
        """
        Give the areas.

        Raises ValueError: There are none.
        """
        if self.areas is None:
            msg = f"{self.title}: no polygons of its own; give `areas=`, indexed like the result."
            raise ValueError(msg)
        return self.areas


@dataclass(frozen=True, slots=True)
class Look:
    """
    What a call asks of a view.

    `column`: Of the areas, drawn in place of what the result draws; empty for that.
    `areas`: Polygons indexed like the result, where it has none of its own.
    `scheme`, `k`: Classifier of mapclassify and its number of classes; empty for the house's.
    """

    column: str = ""
    areas: gpd.GeoDataFrame | None = None
    scheme: object = ""
    k: int = 5

    def __post_init__(self) -> None:
        """Refuse numbers in place of the name of a column."""
        if not isinstance(self.column, str):
            msg = f"`column` must be the name of a column, got {type(self.column).__name__}."
            raise TypeError(msg)
