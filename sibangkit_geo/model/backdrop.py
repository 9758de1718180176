"""What a map shows under its villages and around them: land, sea, rivers, the user's own lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import shapely
from shapely import MultiLineString, Polygon

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

ContextKind = Literal["road", "river", "water", "seat", "place"]
LINES: tuple[ContextKind, ...] = ("road", "river")
POINTS: tuple[ContextKind, ...] = ("seat", "place")


@dataclass(frozen=True, slots=True)
class ContextLayer:
    """
    Features of one kind, drawn as they are at every level.

    `label`: Words of the legend; empty takes those of the kind.
    `features`: One row per feature, columns ``name`` (may be empty) and ``geometry``, study CRS.
    `source`: Words for the source line.
    `largest_scale`: Of the maps it is exact enough for, such as 400,000; 0 for all.
    """

    kind: ContextKind
    features: gpd.GeoDataFrame
    label: str = ""
    source: str = ""
    largest_scale: int = 0

    def fits(self, scale: float) -> bool:
        """Tell whether a map of 1 : `scale` may show the layer."""
        return len(self.features) > 0 and scale >= self.largest_scale


@dataclass(frozen=True, slots=True)
class Backdrop:
    """
    One rule for all maps: land inside `extent`, but for `sea`; outside, nothing is known.

    `extent`: Where every place is known to be land or sea, metres; empty where nothing is.
    `sea`: Within it, metres; reaches a little under the villages, so that no coast has a chink.
    `borders`: Of other regencies, metres; none along the villages and the coast.
    `layers`: Drawn over land and villages, in this order.
    `source`: Words for the source line of the coast; empty without one.
    """

    extent: BaseGeometry = field(default_factory=Polygon)
    sea: BaseGeometry = field(default_factory=Polygon)
    borders: BaseGeometry = field(default_factory=MultiLineString)
    layers: tuple[ContextLayer, ...] = ()
    source: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """Word where coast and lines are from, each once."""
        told = (self.source, *(one.source for one in self.layers))
        return tuple(dict.fromkeys(one for one in told if one))

    def reaches_beyond(self, west: float, south: float, east: float, north: float) -> bool:
        """Tell whether a view, metres, holds ground of which nothing is known."""
        return not shapely.covers(self.extent, shapely.box(west, south, east, north))
