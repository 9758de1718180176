"""Locate: which official village each row of a table belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from sibangkit_geo.join.by_code import bps_suspicion, locate_by_code, meet_at_parents
from sibangkit_geo.join.by_name import (
    ACCEPTED_SCORE,
    fold_name,
    locate_by_name,
    with_district_names,
)
from sibangkit_geo.join.by_point import (
    NOWHERE,
    TOLERANCE_M,
    PointConflicts,
    PointLocator,
    build_locator,
    code_point_conflicts,
    locate_points,
)
from sibangkit_geo.join.keys import CodeSystemCheck, check_code_system, locate_keys, review_key

__all__ = [
    "ACCEPTED_SCORE",
    "NOWHERE",
    "TOLERANCE_M",
    "CodeSystemCheck",
    "JoinSettings",
    "PointConflicts",
    "PointLocator",
    "bps_suspicion",
    "build_locator",
    "check_code_system",
    "code_point_conflicts",
    "fold_name",
    "locate_by_code",
    "locate_by_name",
    "locate_keys",
    "locate_points",
    "meet_at_parents",
    "review_key",
    "with_district_names",
]


@dataclass(frozen=True, slots=True)
class JoinSettings:
    """
    The ``[join]`` table of a study.

    Attributes
    ----------
    review
        CSV with a person's decisions on names that did not match to the letter;
        written beside the output folder when absent, obeyed when present.

    Examples
    --------
    >>> JoinSettings(review="nama.csv")
    JoinSettings(review='nama.csv')
    """

    review: str = ""
