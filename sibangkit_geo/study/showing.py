"""Stages whose results show themselves, for notebooks: the same functions, a thin class around."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.pockets import hamlets, moran_gi, regionalization
from sibangkit_geo.products.patterns import DividedAreas, FoundHamlets, LocalPattern
from sibangkit_geo.products.shown import as_kind, showing

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo.indicators.features import Features
    from sibangkit_geo.indicators.typology import TypologySettings
    from sibangkit_geo.products.type_map import VillageTypes

local_moran = showing(LocalPattern, moran_gi.local_moran)
local_moran_rates = showing(LocalPattern, moran_gi.local_moran_rates)
local_gi = showing(LocalPattern, moran_gi.local_gi)
local_gi_star = showing(LocalPattern, moran_gi.local_gi_star)
planning_areas = showing(DividedAreas, regionalization.planning_areas)
hamlet_scan = showing(FoundHamlets, hamlets.hamlet_scan)


def village_types(
    features: Features, places: pd.DataFrame, *, settings: TypologySettings
) -> VillageTypes:
    """
    Group villages that are alike and near each other; see `typology.village_types`.

    Parameters
    ----------
    features
        From `prepare_features`.
    places
        ``x`` and ``y`` of a point inside each village, metres, indexed alike.
    settings
        Numbers of types, seed.

    Returns
    -------
    types
        Of each village, and every choice with its criterion.

    Raises
    ------
    ValueError
        The two are indexed differently, or a place is missing.
    DataError
        There are too few villages, or every split has a type that is too small.

    Examples
    --------
    >>> import numpy as np, pandas as pd, sibangkit_geo as sg
    >>> rng = np.random.default_rng(1)
    >>> two = np.repeat([0.0, 9.0], 20)
    >>> table = pd.DataFrame({"a": two + rng.normal(size=40), "b": two + rng.normal(size=40)})
    >>> places = pd.DataFrame({"x": two * 1000, "y": rng.normal(size=40)})
    >>> features = sg.prepare_features(table, quantities=["a", "b"])
    >>> sg.village_types(features, places, settings=sg.TypologySettings(2, 3)).types.nunique()
    2
    """
    from sibangkit_geo.indicators import typology  # noqa: PLC0415 - scikit-learn is slow to load
    from sibangkit_geo.products.type_map import VillageTypes  # noqa: PLC0415

    return as_kind(VillageTypes, typology.village_types(features, places, settings=settings))
