"""
Area codes: their grammar, levels and parents, in the Kemendagri and the BPS system.

Canonical in this package is the dotted Kemendagri text, ``16.07.05.1022``. BPS
codes have ten digits without dots and number the districts differently, so one
is never turned into the other by dropping or adding dots.
"""

from sibangkit_geo.codes.codes import (
    CODE_SYSTEMS,
    LEVELS,
    PROBLEM_WORDS,
    PROBLEMS,
    CodeReading,
    CodeSystem,
    format_code,
    is_code,
    level_of,
    parent,
    read_codes,
)
from sibangkit_geo.codes.official import (
    CommonLevel,
    Split,
    common_level,
    data_folder,
    districts,
    official_villages,
    regencies,
    require_regency,
    splits,
)

__all__ = [
    "CODE_SYSTEMS",
    "LEVELS",
    "PROBLEMS",
    "PROBLEM_WORDS",
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
    "read_codes",
    "regencies",
    "require_regency",
    "splits",
]
