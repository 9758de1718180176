"""Focus: what each agency finds in each village, and which data its page still needs."""

from sibangkit_geo.agencies.catalogue import (
    Agency,
    Catalogue,
    Programme,
    load_catalogue,
    with_agencies,
)
from sibangkit_geo.agencies.focus import FocusInputs, agency_focus, agency_needs, with_roles

__all__ = [
    "Agency",
    "Catalogue",
    "FocusInputs",
    "Programme",
    "agency_focus",
    "agency_needs",
    "load_catalogue",
    "with_agencies",
    "with_roles",
]
