"""Types of villages that show themselves; apart, since scikit-learn is slow to load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.indicators import typology
from sibangkit_geo.indicators.typology import Typology
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.patterns import numbered_shade
from sibangkit_geo.products.shown import (
    Shown,
    areas_of,
    column_shade,
    decimal,
    level_words,
    showing,
)
from sibangkit_geo.products.view import Look, View
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VillageTypes", "village_types"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class VillageTypes(Shown, Typology):
    """
    Types of villages that show themselves; see `Typology`.

    Examples
    --------
    >>> import numpy as np, pandas as pd, sibangkit_geo as sg
    >>> rng = np.random.default_rng(1)
    >>> two = np.repeat([0.0, 9.0], 20)
    >>> table = pd.DataFrame({"a": two + rng.normal(size=40), "b": two + rng.normal(size=40)})
    >>> places = pd.DataFrame({"x": two * 1000 + rng.normal(size=40), "y": rng.normal(size=40)})
    >>> features = sg.prepare_features(table, quantities=["a", "b"])
    >>> settings = sg.TypologySettings(fewest=2, most=3)
    >>> sg.village_types(features, places, settings=settings).summary()["villages"].tolist()
    [20, 20]
    """

    def summary(self) -> pd.DataFrame:
        """
        Count the villages of each type.

        Returns
        -------
        table
            Indexed by type: ``villages``, and ``level``.
        """
        counts = self.types.value_counts().sort_index().rename("villages").rename_axis("type")
        return counts.to_frame().assign(level=level_words([]))

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        areas = areas_of(look.areas, self.types.index)
        shade = numbered_shade(self.types, "nb_type", say("nb_types"))
        if areas is not None and look.column:
            shade = column_shade(areas, look)
        return View(
            say("nb_types"),
            (
                (say("nb_level"), level_words([])),
                (say("nb_number"), numeral(self.types.nunique())),
                (say("nb_villages"), numeral(len(self.types))),
                (say("nb_explained"), percentage(self.explained, 0)),
                (say("nb_agreement"), decimal(self.agreement, 2)),
            ),
            areas=areas,
            shade=shade,
        )


village_types = showing(VillageTypes, typology.village_types)
