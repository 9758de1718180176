"""
The search of a large map: every zone beyond the null maximum in one round, outlines cut locally.

One zone after another, each with permutations of its own, costs the square of the villages: a map
of a hundred regencies has a hundred times the pockets. Here the permutations that test the map
also give the maximum of a zone's strength where there is no pocket, and every zone beyond it is
taken at once; whatever a zone asks for is worked out in its surroundings.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.model.stages import stage
from sibangkit_geo.pockets import overdispersion
from sibangkit_geo.pockets.global_test import combined_p_value, shared_statistics
from sibangkit_geo.pockets.outline import links_of, shape, surroundings
from sibangkit_geo.pockets.zone_search import HIGHEST_Z, Search
from sibangkit_geo.pockets.zones import strong_zones

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from sibangkit_geo.pockets.graph import Neighbors
    from sibangkit_geo.pockets.settings import PocketSettings
    from sibangkit_geo.pockets.zone_search import Found, GradedZone

    Floats = NDArray[np.float64]

log = logging.getLogger(__name__)

#: most villages of a map that is searched zone by zone: the largest regency of Indonesia, Aceh
#: Utara, has 852
LARGE_MAP = 1_000
# rounds that bring no zone beyond the null maximum, in which the map's own p lets its strongest
# zone through, as a regency's does. The method takes at most ten zones so; those beyond the null
# maximum are not counted, as a map of a hundred regencies may hold a hundred times as many
_MOST_SINGLES = 10
# each round costs the permutations of a whole map: a bound keeps the cost linear in the villages.
# 83,397 villages with 50 planted pockets take 5
_MOST_ROUNDS = 30
# sums in another order differ in their last digits: what ties on paper must tie here
_DIGITS = 9
_ROUNDING = 1e-9


class LargeSearch(Search):
    """
    One search over the villages of a map of more than `LARGE_MAP`.

    `poor`, `homes`, `centres`, `near`, `largest_zone`, `part`: As of `Search`.
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
        super().__init__(poor, homes, centres, near=near, largest_zone=largest_zone, part=part)
        self.links = links_of(near.pairs, len(poor))
        self.strong: list[GradedZone] = []
        self.rounds = self.singles = 0
        self.unfinished = False

    def run(self, settings: PocketSettings, progress: Callable[[int], None] | None = None) -> Found:
        """
        Test round by round, and take out all zones of a round that the nulls do not reach.

        The map is tested as a regency is, by four statistics on joint permutations. Where it
        passes, the strongest zone is taken, and with it every zone that overlaps no stronger one
        and whose strength (log likelihood ratio of poverty rates winsorised at 3 standard
        errors) has a p of at most the round's grade against the largest strength of each
        permutation: (1 + number at least as large) / (replicates + 1), the step-down maximum of
        Westfall and Young [1]_. The error over all zones of a round is that of one test.

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

        References
        ----------
        .. [1] Westfall & Young (1993), Resampling-Based Multiple Testing, chapter 2.
        """
        found = super().run(settings, progress)
        return replace(found, unfinished=self.unfinished)

    def _test(
        self,
        zones: list[frozenset[int]],
        settings: PocketSettings,
        number: int,
        progress: Callable[[int], None] | None,
    ) -> float:
        """
        Test what is left of the map, and its zones against the largest of each permutation.

        Notes zones that overlap no stronger one, the strongest first: the strongest of all, and
        those whose p is at most twice alpha.
        """
        pool = self._free(zones)
        scores, rate = self._scores(pool)
        highest = rate + HIGHEST_Z * np.sqrt(rate * (1.0 - rate) / scores.effective)
        scores = replace(scores, cases=np.minimum(self.rates, highest) * scores.effective)
        with stage(log, f"round {number}") as counts:
            table = shared_statistics(
                scores,
                geometry=self.geometry,
                pool=pool,
                seeds=[(settings.seed, number, row) for row in range(settings.replicates)],
                part=self.part,
                progress=progress,
            )
            nulls = np.sort(np.round(table[1:, -1], _DIGITS))
            strong = strong_zones(
                np.where(pool, scores.cases, 0.0),
                np.where(pool, scores.effective, 0.0),
                z=np.where(pool, scores.z, -np.inf),
                geometry=self.geometry,
                least=least_strength(nulls, 2 * settings.alpha),
            )
            self.strong = [(zone_p_value(value, nulls), frozenset(zone)) for value, zone in strong]
            self.rounds += 1
            p_value = combined_p_value(table)
            counts += [f"p {p_value:.3f}", f"{len(strong)} zones"]
        return p_value

    def _taken(
        self, zones: list[frozenset[int]], running: float, settings: PocketSettings
    ) -> list[GradedZone]:
        """Take every zone beyond the null maximum, or else the strongest on the map's own p."""
        grade = settings.alpha * (1 if running <= settings.alpha else 2)
        beyond = [one for one in self.strong if one[0] <= grade]
        self.singles += not beyond
        self.unfinished = self.singles > _MOST_SINGLES or self.rounds > _MOST_ROUNDS
        if self.unfinished or not self.strong:
            return []
        return self._cut(beyond or [(0.0, self.strong[0][1])], zones)

    def _cut(self, strong: list[GradedZone], others: list[frozenset[int]]) -> list[GradedZone]:
        """
        Cut the outlines of new zones, the strongest first, with the rho that is left beside all.

        A zone that the outline of a stronger one reaches is left to the next round.
        """
        cutter = self._cutter([*others, *(zone for _, zone in strong)], settled=len(others))
        new: list[GradedZone] = []
        for p_value, zone in strong:
            if cutter.is_free(zone):
                new.append((p_value, cutter.cut(zone)))
        return new

    def _recut(self, zones: list[frozenset[int]]) -> None:
        cutter = self._cutter(zones, settled=len(zones))
        for i, zone in enumerate(zones):
            cutter.release(zone)
            zones[i] = cutter.cut(zone)

    def _cutter(self, zones: list[frozenset[int]], *, settled: int) -> _Cutter:
        return _Cutter(
            self.poor, self.homes, self._rho(zones), self.links, self._free(zones[:settled])
        )


class _Cutter:
    """
    Outlines one after another, each in its surroundings, none over another.

    `free`: Villages in no zone so far, shape (n,); kept up with each outline.
    """

    def __init__(
        self, poor: Floats, homes: Floats, rho: float, links: csr_array, free: NDArray[np.bool_]
    ) -> None:
        self.poor, self.homes, self.rho, self.links, self.free = poor, homes, rho, links, free
        self.effective = overdispersion.effective_counts(homes, rho)
        self.cases = self.effective * poor / homes
        # of all free villages, kept up so that no outline asks the whole map again
        self.total = np.array([self.cases[free].sum(), self.effective[free].sum()])

    def is_free(self, zone: frozenset[int]) -> bool:
        return bool(self.free[list(zone)].all())

    def release(self, zone: frozenset[int]) -> None:
        """Let the villages of a zone belong to any."""
        self._mark(zone, free=True)

    def cut(self, zone: frozenset[int]) -> frozenset[int]:
        """Fit the outline of a zone whose villages are free, and take its villages."""
        places, pairs = surroundings(zone, self.links)
        own = places[self.free[places]]
        beyond = self.total - [self.cases[own].sum(), self.effective[own].sum()]
        fitted = shape(
            np.searchsorted(places, sorted(zone)).tolist(),
            poor=self.poor[places],
            homes=self.homes[places],
            rho=self.rho,
            pairs=pairs,
            free=self.free[places],
            beyond=(float(beyond[0]), float(beyond[1])),
        )
        outline = frozenset(places[list(fitted)].tolist())
        self._mark(outline, free=False)
        return outline

    def _mark(self, zone: frozenset[int], *, free: bool) -> None:
        own = sorted(zone)
        sums = np.array([self.cases[own].sum(), self.effective[own].sum()])
        self.total += sums if free else -sums
        self.free[own] = free


def zone_p_value(value: float, nulls: Floats) -> float:
    """Count the nulls at least as large; `nulls` ascend."""
    at_least = len(nulls) - np.searchsorted(nulls, round(value, _DIGITS), side="left")
    return float((1 + at_least) / (1 + len(nulls)))


def least_strength(nulls: Floats, level: float) -> float:
    """Tell the least value of the nulls beyond which p is at most the level; infinite if none."""
    allowed = int(np.floor(level * (1 + len(nulls)) + _ROUNDING)) - 1
    if allowed < 0:
        return float("inf")
    return float(nulls[-1 - allowed]) if allowed < len(nulls) else 0.0
