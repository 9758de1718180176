"""Make up: a realistic regency whose households, and whose pockets, are invented."""

from sibangkit_geo.demo.damage import damage_kinds
from sibangkit_geo.demo.files import DemoSettings, nothing_left, write_demo

__all__ = ["DemoSettings", "damage_kinds", "nothing_left", "write_demo"]
