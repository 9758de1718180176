"""Types of villages: attributes made comparable, grouped with regard to place, described."""

from sibangkit_geo.indicators.typology.clustering import (
    Typology,
    TypologySettings,
    village_types,
)
from sibangkit_geo.indicators.typology.features import Features, prepare_features
from sibangkit_geo.indicators.typology.profile import type_profiles

__all__ = [
    "Features",
    "Typology",
    "TypologySettings",
    "prepare_features",
    "type_profiles",
    "village_types",
]
