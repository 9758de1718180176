"""Focus: what each agency finds in each village, and which data its page still needs."""

from sibangkit_geo.agencies.needs import Agency, agencies, agency_needs

__all__ = ["Agency", "agencies", "agency_needs"]
