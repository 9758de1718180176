"""What a scan found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sibangkit_geo.pockets.scan.settings import ScanSettings
    from sibangkit_geo.tables.public import Note


@dataclass(frozen=True, slots=True)
class ScanCluster:
    """
    One zone that stands out.

    Attributes
    ----------
    members
        Labels of its places, in the order in which the zone takes them.
    centre
        Label of the centre; None for zones of the user.
    radius
        Distance from the centre to the farthest member, unit of the points; of an
        ellipse, its longer semi-axis; NaN without centre.
    minor_radius
        Shorter semi-axis; `radius` for a disc.
    angle
        Direction of the longer axis, degrees from the x axis, 0 to below 180.
    first_time, last_time
        Labels of its first and last wave; None for a scan in space alone.
    cases
        Cases inside; weighted sum of the values in the normal model.
    expected
        What they would be at the overall rate.
    population
        People inside (expected cases when those were given; weight in the normal
        model); over all its waves.
    relative_risk
        Rate inside over rate outside (normal: ratio of means, NaN unless both are
        positive); infinite without a case outside.
    log_likelihood_ratio
        Above 0; times the penalty of an elongated ellipse.
    p_value
        1 / (replicates + 1) to 1; NaN without replicates.
    direction
        ``"high"`` or ``"low"``.
    """

    members: tuple[Hashable, ...]
    centre: Hashable | None
    radius: float
    minor_radius: float
    angle: float
    first_time: Hashable | None
    last_time: Hashable | None
    cases: float
    expected: float
    population: float
    relative_risk: float
    log_likelihood_ratio: float
    p_value: float
    direction: str


@dataclass(frozen=True, slots=True)
class ScanResult:
    """
    Clusters of one scan, the most likely first, none sharing a place with another.

    Attributes
    ----------
    clusters
        Each the strongest zone with no place in common with those before it (at any
        time); empty when no zone stands out.
    null_maxima
        Largest score of each null map, ascending.
    overdispersion
        Intra-place correlation of the beta-binomial model; NaN in the others.
    settings
        Of the scan; seed and number of replicates are among them.
    notes
        What was left out, and why nothing was tested.
    """

    clusters: tuple[ScanCluster, ...]
    null_maxima: tuple[float, ...]
    model: str
    shape: str
    cases: float
    population: float
    overdispersion: float
    settings: ScanSettings
    notes: tuple[Note, ...]

    @property
    def replicates(self) -> int:
        """Number of null maps."""
        return self.settings.replicates

    @property
    def seed(self) -> int:
        """Seed of the null maps."""
        return self.settings.seed

    @property
    def p_value(self) -> float:
        """The p of the most likely cluster; 1 when no zone stands out."""
        return self.clusters[0].p_value if self.clusters else 1.0


_COLUMNS = tuple(name for name in ScanCluster.__slots__ if name != "members")


def clusters_frame(result: ScanResult) -> pd.DataFrame:
    """
    Lay the clusters out as a table.

    Grain: one row per cluster, the most likely first.

    Parameters
    ----------
    result
        Of a scan.

    Returns
    -------
    table
        Indexed by ``cluster`` from 1; the fields of a cluster, ``n_places`` and
        ``members``.
    """
    rows = [
        {
            **{name: getattr(cluster, name) for name in _COLUMNS},
            "n_places": len(cluster.members),
            "members": cluster.members,
        }
        for cluster in result.clusters
    ]
    index = pd.RangeIndex(1, len(rows) + 1, name="cluster")
    return pd.DataFrame(rows, columns=[*_COLUMNS, "n_places", "members"], index=index)
