"""What a study says about the detector: the ``[pockets]`` table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sibangkit_geo.model import limits
from sibangkit_geo.pockets.graph import NEIGHBOR_DISTANCE_M
from sibangkit_geo.pockets.zones import LARGEST_CIRCLE, SMALLEST_ZONE

# as the agencies' rule of action has it: less above the regency is no reason to meet
SMALLEST_RELATIVE_RISK = 1.2
_MOST_VILLAGES = 100
NeighborRule = Literal["distance", "queen", "rook", "nearest"]


@dataclass(frozen=True, slots=True)
class PocketSettings:
    """
    The ``[pockets]`` table of a study.

    Attributes
    ----------
    alpha
        Chance, over maps without any pocket, that a strict one is shown; 0 to 0.5.
    replicates
        Permutations per test.
    seed
        Seed of the permutations; a study passes its own.
    neighbor_distance_m
        Villages at most this far apart are neighbors, metres.
    neighbors
        ``"distance"``; ``"queen"`` or ``"rook"`` (a common point or line);
        ``"nearest"`` villages.
    nearest
        How many, for ``"nearest"``.
    largest_zone
        Most villages of a circle, 2 to 100.
    stability
        Whether a study also tries other settings (`variants`) and says in how many of
        them each village stays.
    smallest_relative_risk
        Zones whose rate is less than this over the rate outside are no pockets, however
        significant; at least 1.

    Examples
    --------
    >>> PocketSettings(neighbors="queen", alpha=0.01).replicates
    999
    >>> PocketSettings(alpha=5)
    Traceback (most recent call last):
        ...
    ValueError: `alpha` must lie between 0 and 0.5, got 5.
    """

    alpha: float = 0.05
    replicates: int = 999
    seed: int = 1
    neighbor_distance_m: float = NEIGHBOR_DISTANCE_M
    neighbors: NeighborRule = "distance"
    nearest: int = 6
    largest_zone: int = LARGEST_CIRCLE
    stability: bool = True
    smallest_relative_risk: float = SMALLEST_RELATIVE_RISK

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 < self.alpha < 0.5:
            msg = f"`alpha` must lie between 0 and 0.5, got {self.alpha}."
            raise ValueError(msg)
        if self.seed < 0 or self.neighbor_distance_m < 0:
            msg = "`seed` and `neighbor_distance_m` must be at least 0."
            raise ValueError(msg)
        if not 1 <= self.replicates <= limits.REPLICATES:
            msg = f"`replicates` must lie between 1 and {limits.REPLICATES}, got {self.replicates}."
            raise ValueError(msg)
        if self.neighbors not in get_args(NeighborRule):
            msg = f"`neighbors` must be one of {get_args(NeighborRule)}, got {self.neighbors!r}."
            raise ValueError(msg)
        if not self.smallest_relative_risk >= 1:
            msg = f"`smallest_relative_risk` must be at least 1, got {self.smallest_relative_risk}."
            raise ValueError(msg)
        if self.nearest < 1 or not SMALLEST_ZONE <= self.largest_zone <= _MOST_VILLAGES:
            msg = "`nearest` must be at least 1 and `largest_zone` 2 to 100."
            raise ValueError(msg)
