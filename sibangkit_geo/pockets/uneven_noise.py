"""
Whether village rates differ more in one part of a map than elsewhere, and what to do about it.

Where they do, a few villages of the noisy part are high together by chance, and a test that lets
all villages change places calls them a pocket. The part is looked for outside the zones found,
below the middle: pockets lift villages, and leave the low ones as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.pockets import overdispersion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: every village is held against every other: a province, and no nation
MOST_VILLAGES = 3000
# sizes of circles tried, every fourth village a centre; a part is no more than half of the map
_SIZES = (20, 30, 45, 70, 105, 150)
_EVERY = 4
# p of at most .05: the observed one and up to four others of 100
_PERMUTATIONS, _MOST_ABOVE = 99, 4
_LOWEST_Z = 6.0
# a stream of its own beside those of the gates
_STREAM = 97


@dataclass(frozen=True, slots=True)
class UnevenNoise:
    """
    A map whose village rates differ more in one part.

    `part`: 1 inside the noisy circle, 0 elsewhere, shape (n,).
    `rho`: Intra-village correlation elsewhere and in the part, of villages outside all zones.
    """

    part: NDArray[np.int64]
    rho: tuple[float, float]

    def worth(self, homes: Floats) -> Floats:
        """
        Shrink the households of the noisier part to those that its rates are worth.

        Effective counts then are those of one rho, the smaller one, everywhere.

        Returns: At least 1 and at most `homes`, shape (n,).
        """
        low, high = sorted(self.rho)
        noisy = self.part == int(self.rho[1] > self.rho[0])
        effective = overdispersion.effective_counts(homes, high)
        # N' of N' / (1 + low (N' - 1)) = effective
        same = effective * (1.0 - low) / np.maximum(1.0 - low * effective, 1e-12)
        return np.where(noisy, np.clip(same, 1.0, homes), homes)


def uneven_noise(
    poor: Floats, homes: Floats, *, free: NDArray[np.bool_], centres: Floats, seed: int
) -> UnevenNoise | None:
    """
    Look for a circle whose village rates differ more than those elsewhere.

    The mean distance below the local middle inside over that outside, the largest of all
    circles, against permutations of the villages (level .05).

    Parameters
    ----------
    poor, homes
        Poor and all households per village, shape (n,).
    free
        Villages outside all zones, shape (n,).
    centres
        A point inside each village, metres, shape (n, 2).
    seed
        Of the permutations.

    Returns
    -------
    noise
        None where no part differs, or too few villages are left to tell, or more than
        `MOST_VILLAGES`.
    """
    own = np.flatnonzero(free)
    sizes = [size for size in _SIZES if size <= len(own) // 2]
    if not sizes or len(own) > MOST_VILLAGES:
        return None
    rho, rate = overdispersion.robust_rho(poor[own], homes[own])
    effective = overdispersion.effective_counts(homes[own], rho)
    z = overdispersion.standardised(poor[own] / homes[own], effective, rate)
    rng = np.random.default_rng([seed, _STREAM])
    middles = np.arange(0, len(own), _EVERY)
    apart = np.linalg.norm(centres[own][middles, None] - centres[own][None], axis=2)
    order = np.argsort(apart, axis=1, kind="stable")
    observed = _strongest(z, order, sizes)
    above = 0
    for _ in range(_PERMUTATIONS):
        above += _strongest(rng.permutation(z), order, sizes) >= observed
        if above > _MOST_ABOVE:
            return None
    middle, radius = _likeliest(z, centres[own], smallest=sizes[0])
    # the circle takes the villages of the zones too
    part = (np.linalg.norm(centres - middle, axis=1) <= radius).astype(np.int64)
    fitted = [
        overdispersion.beta_binomial_rho(
            [(poor[free & (part == one)], homes[free & (part == one)])]
        )
        for one in (0, 1)
    ]
    return UnevenNoise(part, (fitted[0], fitted[1]))


def _strongest(z: Floats, order: NDArray[np.intp], sizes: list[int]) -> float:
    """Take the largest spread below the middle of all circles, against the rest of the map."""
    number = order.shape[1]
    best = -np.inf
    for size in sizes:
        inside, outside = _below(z[order[:, :size]]), _below(z[order[:, size:]])
        ratio = np.log(np.maximum(inside, 1e-9) / np.maximum(outside, 1e-9))
        best = max(best, float(ratio.max() * np.sqrt(size * (number - size) / number)))
    return best


def _likeliest(z: Floats, centres: Floats, *, smallest: int) -> tuple[Floats, float]:
    """Find centre and radius of the circle that two normal variances explain best."""
    number = len(z)
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    order = np.argsort(apart, axis=1, kind="stable")
    squares = np.clip(z - np.median(z), -_LOWEST_Z, _LOWEST_Z) ** 2
    inside = np.cumsum(squares[order], axis=1)
    size = np.arange(1, number + 1)
    spread_in = np.maximum(inside / size, 1e-9)
    spread_out = np.maximum((inside[:, -1:] - inside) / np.maximum(number - size, 1), 1e-9)
    likelihood = -size * np.log(spread_in) - (number - size) * np.log(spread_out)
    wrong = (size < smallest) | (size > number // 2) | (spread_in <= spread_out)
    likelihood = np.where(wrong, -np.inf, likelihood)
    middle, last = np.unravel_index(int(np.argmax(likelihood)), likelihood.shape)
    return centres[middle], float(apart[middle, order[middle, last]])


def _below(z: Floats) -> Floats:
    """Take the mean distance below the middle of each row."""
    middle = np.median(z, axis=1, keepdims=True)
    under = z < middle
    away = np.where(under, np.minimum(middle - z, _LOWEST_Z), 0.0)
    return np.asarray(away.sum(axis=1) / np.maximum(under.sum(axis=1), 1))
