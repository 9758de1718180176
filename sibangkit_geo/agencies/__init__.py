"""Focus: what each agency finds in each village, and which data its page still needs."""

from sibangkit_geo.agencies.focus import FocusInputs, agency_focus, with_roles
from sibangkit_geo.agencies.needs import Agency, agencies, agency_needs
from sibangkit_geo.agencies.places import convergence

__all__ = [
    "Agency",
    "FocusInputs",
    "agencies",
    "agency_focus",
    "agency_needs",
    "convergence",
    "with_roles",
]
