"""Deprivation in many things at once, by the method of Alkire and Foster (2011)."""
