"""The search of one map: zones one after another, each tested against what is left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.pockets import overdispersion
from sibangkit_geo.pockets.global_test import Scores, global_p_value
from sibangkit_geo.pockets.outline import components, shape
from sibangkit_geo.pockets.zones import SMALLEST_ZONE, geometry_of, strongest_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sibangkit_geo.pockets.graph import Neighbors
    from sibangkit_geo.pockets.settings import PocketSettings

    Floats = NDArray[np.float64]

#: fewer villages are not tested against each other
FEWEST_VILLAGES = 20
#: rates are winsorised at so many standard errors before zones are looked for
HIGHEST_Z = 3.0
_RECUTS = 2

#: p of a zone by itself, which that of its test may exceed, and its villages
GradedZone = tuple[float, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Found:
    """
    Pockets as labels.

    `labels`: Pocket number per village, 0 outside.
    `p_values`: Per pocket, in the order of the numbers.
    `rho`: Intra-village correlation given the labels.
    `unfinished`: The search of a large map ended before its test did.
    """

    labels: NDArray[np.int64]
    p_values: tuple[float, ...]
    map_p_value: float
    rho: float
    unfinished: bool = False


class Search:
    """
    One search over the villages of a map.

    `poor`, `homes`: Poor and all households per village, shape (n,).
    `centres`: A point inside each village, metres, shape (n, 2).
    `part`: Villages of one number change places in the gates; all when None.
    """

    def __init__(
        self,
        poor: Floats,
        homes: Floats,
        centres: Floats,
        *,
        near: Neighbors,
        largest_zone: int,
        part: NDArray[np.int64] | None = None,
    ) -> None:
        self.poor, self.homes, self.rates = poor, homes, poor / homes
        self.part = part
        self.pairs = near.pairs
        self.geometry = geometry_of(centres[:, 0], centres[:, 1], near.pairs, largest=largest_zone)

    def run(self, settings: PocketSettings, progress: Callable[[int], None] | None = None) -> Found:
        """
        Test and take out one zone after another.

        Parameters
        ----------
        settings
            Error rate, permutations, seed.
        progress
            Called with the number of replicates done since the last call.

        Returns
        -------
        found
            Possibly without a pocket.

        Raises
        ------
        ValueError
            The settings are out of range.
        """
        zones: list[frozenset[int]] = []
        p_values: list[float] = []
        map_p_value = running = 0.0
        for number in count(1):
            if number > 1 and self._free(zones).sum() < FEWEST_VILLAGES:
                # too few are left to be tested against each other
                break
            p_value = self._test(zones, settings, number, progress)
            map_p_value = p_value if number == 1 else map_p_value
            running = max(running, p_value)
            taken = self._taken(zones, running, settings) if running <= 2 * settings.alpha else []
            if not taken:
                break
            for own, zone in taken:
                zones.append(zone)
                p_values.append(max(running, own))
        return self._found(zones, p_values, map_p_value, settings.alpha)

    def _found(
        self, zones: list[frozenset[int]], p_values: list[float], map_p_value: float, alpha: float
    ) -> Found:
        zones, p_values = self._settle(zones, p_values, alpha)
        labels = np.zeros(len(self.poor), dtype=np.int64)
        for number, zone in enumerate(zones, 1):
            labels[list(zone)] = number
        return Found(labels, tuple(p_values), map_p_value, self._rho(zones))

    def _free(self, zones: list[frozenset[int]]) -> NDArray[np.bool_]:
        free = np.ones(len(self.poor), dtype=bool)
        for zone in zones:
            free[list(zone)] = False
        return free

    def _rho(self, zones: list[frozenset[int]]) -> float:
        free = self._free(zones)
        groups = [(self.poor[free], self.homes[free])] if free.any() else []
        groups += [(self.poor[list(zone)], self.homes[list(zone)]) for zone in zones]
        return overdispersion.beta_binomial_rho(groups)

    def _test(
        self,
        zones: list[frozenset[int]],
        settings: PocketSettings,
        number: int,
        progress: Callable[[int], None] | None,
    ) -> float:
        pool = self._free(zones)
        return global_p_value(
            self._scores(pool)[0],
            geometry=self.geometry,
            pool=pool,
            replicates=settings.replicates,
            rng=np.random.default_rng([settings.seed, number]),
            part=self.part,
            progress=progress,
        )

    def _scores(self, pool: NDArray[np.bool_]) -> tuple[Scores, float]:
        """Standardise the rates by the rho and the rate of the pool, which is told too."""
        rho, rate = overdispersion.robust_rho(self.poor[pool], self.homes[pool])
        effective = overdispersion.effective_counts(self.homes, rho)
        scores = Scores(
            z=overdispersion.normal_scores(self.rates, effective, rate),
            weight=effective / effective[pool].mean(),
            cases=effective * self.rates,
            effective=effective,
        )
        return scores, rate

    def _taken(
        self, zones: list[frozenset[int]], running: float, settings: PocketSettings
    ) -> list[GradedZone]:
        """Give what a passed test takes out: here the strongest zone, unless it is small."""
        del running, settings
        zone = self._zone(zones)
        return [(0.0, zone)] if len(zone) >= SMALLEST_ZONE else []

    def _zone(self, zones: list[frozenset[int]]) -> frozenset[int]:
        free = self._free(zones)
        rho = self._rho(zones)
        effective = overdispersion.effective_counts(self.homes, rho)
        rate = float(np.average(self.rates[free], weights=effective[free]))
        z = overdispersion.standardised(self.rates, effective, rate)
        highest = rate + HIGHEST_Z * np.sqrt(rate * (1.0 - rate) / effective)
        zone = strongest_zone(
            np.where(free, np.minimum(self.rates, highest), 0.0),
            np.where(free, effective, 0.0),
            z=np.where(free, z, -np.inf),
            geometry=self.geometry,
        )
        return self._shape(frozenset(zone), zones) if zone else frozenset()

    def _shape(self, zone: frozenset[int], others: list[frozenset[int]]) -> frozenset[int]:
        """Cut the outline with the rho that is left once the zone is a group of its own."""
        return shape(
            zone,
            poor=self.poor,
            homes=self.homes,
            rho=self._rho([*others, zone]),
            pairs=self.pairs,
            free=self._free(others),
        )

    def _settle(
        self, zones: list[frozenset[int]], p_values: list[float], alpha: float
    ) -> tuple[list[frozenset[int]], list[float]]:
        """Cut every outline again knowing the others; join what touches; drop single villages."""
        for _ in range(_RECUTS):
            self._recut(zones)
        parts: list[frozenset[int]] = []
        grades: list[float] = []
        for strict in (True, False):
            graded = [i for i, p_value in enumerate(p_values) if (p_value <= alpha) == strict]
            # of a village in two zones the larger p
            largest: dict[int, float] = {}
            for i in graded:
                largest.update({one: max(largest.get(one, 0.0), p_values[i]) for one in zones[i]})
            for part in components(largest, self.pairs):
                if len(part) >= SMALLEST_ZONE:
                    parts.append(part)
                    grades.append(max(largest[one] for one in part))
        order = sorted(range(len(parts)), key=lambda i: (grades[i], min(parts[i])))
        return [parts[i] for i in order], [grades[i] for i in order]

    def _recut(self, zones: list[frozenset[int]]) -> None:
        for i, zone in enumerate(zones):
            zones[i] = self._shape(zone, [*zones[:i], *zones[i + 1 :]])
