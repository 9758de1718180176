"""
Area codes: their grammar, levels and parents, in the Kemendagri and the BPS system.

Canonical in this package is the dotted Kemendagri text, ``16.07.05.1022``. BPS
codes have ten digits without dots and number the districts differently, so one
is never turned into the other by dropping or adding dots.
"""

from sibangkit_geo.codes.grammar import (
    CODE_SYSTEMS,
    LEVELS,
    CodeSystem,
    format_code,
    is_code,
    level_of,
    parent,
    strip_dots,
)
from sibangkit_geo.codes.lists import (
    data_folder,
    districts,
    official_villages,
    regencies,
    require_regency,
    to_bps_district,
    to_kemendagri_district,
)
from sibangkit_geo.codes.reading import PROBLEMS, AreaCode, CodeReading, parse_code, read_codes
from sibangkit_geo.codes.split import CommonLevel, Split, common_level, splits

__all__ = [
    "CODE_SYSTEMS",
    "LEVELS",
    "PROBLEMS",
    "AreaCode",
    "CodeReading",
    "CodeSystem",
    "CommonLevel",
    "Split",
    "common_level",
    "data_folder",
    "districts",
    "format_code",
    "is_code",
    "level_of",
    "official_villages",
    "parent",
    "parse_code",
    "read_codes",
    "regencies",
    "require_regency",
    "splits",
    "strip_dots",
    "to_bps_district",
    "to_kemendagri_district",
]
