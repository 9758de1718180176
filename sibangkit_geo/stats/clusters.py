"""Statistics of the library whose results show themselves, for notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.patterns import LocalPattern
from sibangkit_geo.products.shown import (
    Shown,
    areas_of,
    column_shade,
    decimal,
    kind_shade,
    level_words,
    note_texts,
    showing,
)
from sibangkit_geo.products.view import Line, Look, View
from sibangkit_geo.products.words import say
from sibangkit_geo.stats import geary
from sibangkit_geo.stats.scan import statistic
from sibangkit_geo.stats.scan.statistic import ScanResult, clusters_frame

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "FoundClusters",
    "local_geary",
    "local_geary_multivariate",
    "scan_space_time",
    "scan_statistic",
]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FoundClusters(Shown, ScanResult):
    """
    Clusters of a scan that show themselves; see `ScanResult`.

    Examples
    --------
    >>> import numpy as np, sibangkit_geo as sg
    >>> points = np.stack(np.meshgrid(range(6), range(6)), axis=-1).reshape(-1, 2)
    >>> cases = np.where(points.max(axis=1) < 2, 40, 5)
    >>> found = sg.scan_statistic(points, cases, np.full(36, 100.0))
    >>> found.summary()["n_places"].tolist()
    [4]
    """

    def summary(self) -> pd.DataFrame:
        """
        Lay the clusters out as a table.

        Returns
        -------
        table
            As `clusters_frame`, and ``level``.
        """
        return clusters_frame(self).assign(level=level_words([]))

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        areas = look.areas
        shade, lines = None, tuple[Line, ...]()
        if areas is not None:
            areas = areas_of(areas, areas.index)
        if areas is not None:
            number = pd.Series("out", index=areas.index)
            for i, one in enumerate(self.clusters, 1):
                number[number.index.isin(one.members)] = str(i)
            words = {str(i): say("nb_cluster", n=i) for i in range(1, len(self.clusters) + 1)}
            words["out"] = say("nb_outside")
            shade = kind_shade(number, say("nb_clusters"), words, {"out": "#efede7"})
            lines = _outlines(areas, number)
            if look.column:
                shade = column_shade(areas, look)
        drawn = say("nb_pair", first=numeral(self.replicates), second=self.seed)
        return View(
            say("nb_clusters"),
            (
                (say("nb_level"), level_words([])),
                (say("nb_number"), numeral(len(self.clusters))),
                (say("nb_p"), decimal(self.p_value, 3)),
                (say("nb_model"), say("nb_pair", first=self.model, second=self.shape)),
                (say("nb_permutations"), drawn),
            ),
            areas=areas,
            shade=shade,
            lines=lines,
            notes=note_texts(self.notes),
        )


def _outlines(areas: gpd.GeoDataFrame, number: pd.Series) -> tuple[Line, ...]:
    inside = areas[number.ne("out")]
    if not len(inside):
        return ()
    shapes = (
        inside.geometry.buffer(0)
        .groupby(number[number.ne("out")])
        .apply(lambda own: own.union_all())
    )
    return (Line(say("nb_cluster_line"), shapes.set_crs(areas.crs)),)


scan_statistic = showing(FoundClusters, statistic.scan_statistic)
scan_space_time = showing(FoundClusters, statistic.scan_space_time)
local_geary = showing(LocalPattern, geary.local_geary)
local_geary_multivariate = showing(LocalPattern, geary.local_geary_multivariate)
