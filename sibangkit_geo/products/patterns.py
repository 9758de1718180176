"""Local statistics, hamlets and planning areas that show themselves."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.pockets.hamlets import Hamlets
from sibangkit_geo.pockets.local import LocalStatistic, class_labels
from sibangkit_geo.pockets.regionalization import PlanningAreas
from sibangkit_geo.products.shown import (
    Shown,
    areas_of,
    column_shade,
    decimal,
    kind_shade,
    level_words,
    note_texts,
)
from sibangkit_geo.products.view import Line, Look, Shade, View
from sibangkit_geo.products.words import say

__all__ = ["DividedAreas", "FoundHamlets", "LocalPattern"]

_KINDS = ("HH", "LL", "HL", "LH", "high", "low", "alike", "unlike", "other")
_KIND_COLORS = {
    "HH": "#b2182b", "LL": "#2166ac", "HL": "#f4a582", "LH": "#92c5de", "high": "#b2182b",
    "low": "#2166ac", "alike": "#5b6b7a", "unlike": "#b5541c", "other": "#c3b8a5",
    "none": "#efede7",
}  # fmt: skip
_NOT_SIGNIFICANT = "none"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class LocalPattern(Shown, LocalStatistic):
    """
    A local statistic of every village that shows itself; see `LocalStatistic`.

    Examples
    --------
    >>> import pandas as pd, sibangkit_geo as sg
    >>> areas = sg.read_boundaries().villages
    >>> rate = pd.Series(areas.geometry.centroid.x, areas.index)
    >>> lisa = sg.local_moran(rate, sg.queen(areas), permutations=99)
    >>> lisa.summary().index.tolist()
    ['none', 'HH', 'LL']
    """

    def summary(self) -> pd.DataFrame:
        """
        Count the villages of each kind that is significant at 0.05, without correction.

        Returns
        -------
        table
            Indexed by kind: ``villages``, and ``level``.
        """
        counts = self._labels().value_counts().rename("villages").rename_axis("kind")
        return counts.to_frame().assign(level=level_words([]))

    def _labels(self) -> pd.Series:
        labels = class_labels(self, p="permutation" if self.permutations else "analytic")
        return labels.where(labels.isin(_KINDS), _NOT_SIGNIFICANT)

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        labels = self._labels()
        areas = areas_of(look.areas, self.villages.index)
        words = {one: say(f"nb_kind_{one}") for one in (*_KINDS, _NOT_SIGNIFICANT)}
        shade: Shade | None = kind_shade(labels, say("nb_kinds"), words, _KIND_COLORS)
        if areas is not None and look.column:
            shade = column_shade(areas.join(self.villages, rsuffix="_local"), look)
        counts = labels.value_counts()
        drawn = say("nb_pair", first=numeral(self.permutations), second=self.seed)
        return View(
            say("nb_local", name=say(f"nb_name_{self.name}")),
            (
                (say("nb_level"), level_words([])),
                (say("nb_villages"), numeral(len(self.villages))),
                *((words[key], numeral(n)) for key, n in counts.items() if key in words),
                (say("nb_permutations"), drawn),
            ),
            areas=areas,
            shade=shade,
            notes=note_texts(self.notes),
        )


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FoundHamlets(Shown, Hamlets):
    """
    Hamlets that show themselves; see `Hamlets`.

    Examples
    --------
    >>> import numpy as np, sibangkit_geo as sg
    >>> points = np.random.default_rng(1).uniform(0, 2000, (600, 2))
    >>> near = np.hypot(*(points - 1000).T) < 150
    >>> settings = sg.HamletSettings(replicates=99)
    >>> found = sg.hamlet_scan(points, near, crs="EPSG:32748", settings=settings)
    >>> len(found.summary())
    1
    """

    def summary(self) -> pd.DataFrame:
        """
        Lay the hamlets out as a table.

        Returns
        -------
        table
            `clusters` without their outlines, and ``level``.
        """
        table = pd.DataFrame(self.clusters.drop(columns="geometry"))
        return table.assign(level=level_words([]))

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        areas = look.areas
        shade = None
        if areas is not None:
            areas = areas_of(areas.to_crs(self.clusters.crs), areas.index)
            shade = column_shade(areas, look) if look.column and areas is not None else None
        chosen = self.settings
        drawn = say("nb_pair", first=numeral(chosen.replicates), second=chosen.seed)
        return View(
            say("nb_hamlets"),
            (
                (say("nb_level"), level_words([])),
                (say("nb_number"), numeral(len(self.clusters))),
                (say("nb_p"), decimal(self.p_value, 3)),
                (say("nb_alpha"), percentage(chosen.alpha, 0)),
                (say("nb_permutations"), drawn),
            ),
            areas=areas,
            shade=shade,
            lines=(Line(say("nb_hamlet_line"), self.clusters.geometry, "#b2182b"),),
            notes=note_texts(self.notes),
        )


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class DividedAreas(Shown, PlanningAreas):
    """
    Planning areas that show themselves; see `PlanningAreas`.

    Examples
    --------
    >>> import pandas as pd, sibangkit_geo as sg
    >>> areas = sg.read_boundaries().villages
    >>> values = pd.DataFrame({"x": areas.geometry.centroid.x}, areas.index)
    >>> sg.planning_areas(values, sg.queen(areas), n_areas=5).summary().shape
    (5, 4)
    """

    def summary(self) -> pd.DataFrame:
        """
        Lay the areas out as a table.

        Returns
        -------
        table
            `sizes`, and ``level``.
        """
        return self.sizes.assign(level=level_words([]))

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        areas = areas_of(look.areas, self.areas.index)
        shade = numbered_shade(self.areas, "nb_area", say("nb_areas"))
        if areas is not None and look.column:
            shade = column_shade(areas, look)
        low, high = self.sizes["n_villages"].min(), self.sizes["n_villages"].max()
        return View(
            say("nb_areas"),
            (
                (say("nb_level"), level_words([])),
                (say("nb_number"), numeral(len(self.sizes))),
                (say("nb_villages"), numeral(len(self.areas))),
                (say("nb_sizes"), say("nb_size_range", low=numeral(low), high=numeral(high))),
            ),
            areas=areas,
            shade=shade,
            notes=note_texts(self.notes),
        )


def numbered_shade(numbers: pd.Series, key: str, label: str) -> Shade:
    """Colour by numbers of groups, each called by the sentence `key`."""
    words = {str(n): say(key, n=n) for n in sorted(numbers.dropna().unique())}
    return kind_shade(numbers.map(lambda one: "" if pd.isna(one) else str(one)), label, words)
