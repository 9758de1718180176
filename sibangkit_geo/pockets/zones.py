"""
Zones: the strongest circle and the strongest flexible shape.

Circles after Kulldorff (1997, Commun. Stat. 26, 1481); restricted flexible zones after Tango &
Takahashi (2012, Stat. Med. 31, 4207): connected sets of the nearest villages that are hot each by
itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from sibangkit_geo.pockets.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

    Positions = NDArray[np.int64]

SMALLEST_ZONE = 2
LARGEST_CIRCLE = 25
FLEXIBLE_REACH = 12
HOT_Z = 0.84  # upper 20 % of a normal: the alpha_1 = 0.2 of Tango & Takahashi
# 5 % critical values of the two scans on Banyuasin's geometry; they only weigh one against the
# other and set no error rate
CIRCULAR_SCALE = 9.52
FLEXIBLE_SCALE = 11.12
_LARGEST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Geometry:
    """
    Which villages lie near which.

    `order`: Nearest villages of each village, itself first, shape (n, at most 25).
    `links`: For each village, which of its nearest are neighbours: bit j of row k says that the
        k-th and the j-th are.
    `pairs`: Neighbouring pairs, shape (n_pairs, 2).
    """

    order: Positions
    nearest: Positions
    links: Positions
    pairs: Positions

    @property
    def arrays(self) -> tuple[Positions, Positions, Positions, Positions]:
        """Hand everything to the compiled loops."""
        return self.order, self.nearest, self.links, self.pairs


def geometry_of(
    x: Floats, y: Floats, pairs: NDArray[np.intp], *, largest: int = LARGEST_CIRCLE
) -> Geometry:
    """
    Order villages by distance and note which near ones are neighbours.

    `x`, `y`: Coordinates in metres, shape (n,).
    `pairs`: Neighbouring pairs, shape (n_pairs, 2).
    Returns: Equal distances keep the order of rows.
    """
    order = nearest_villages(x, y, most=max(largest, FLEXIBLE_REACH))
    nearest = np.ascontiguousarray(order[:, :FLEXIBLE_REACH])
    order = np.ascontiguousarray(order[:, :largest])
    touching = {(int(a), int(b)) for a, b in pairs} | {(int(b), int(a)) for a, b in pairs}
    links = np.zeros_like(nearest)
    for i, row in enumerate(nearest.tolist()):
        for k, one in enumerate(row):
            links[i, k] = sum(1 << j for j, other in enumerate(row) if (one, other) in touching)
    return Geometry(order, nearest, links, pairs.astype(np.int64).reshape(-1, 2))


def nearest_villages(x: Floats, y: Floats, *, most: int = LARGEST_CIRCLE) -> Positions:
    """
    List each village's nearest villages, itself first.

    `x`, `y`: Coordinates in metres, shape (n,).
    Returns: Positions, shape (n, min(most, n)); equal distances keep the order of rows.
    """
    points = np.column_stack([x, y])
    # a few more than wanted, so that a tie at the edge is broken by row and not by the tree
    width = min(most, len(points))
    reach = min(most + 8, len(points))
    distance, order = cKDTree(points).query(points, k=reach)
    distance = distance.reshape(len(points), reach).round(3)
    order = order.reshape(len(points), reach)
    sorted_order = np.take_along_axis(order, np.lexsort((order, distance), axis=1), axis=1)
    return np.ascontiguousarray(sorted_order[:, :width].astype(np.int64))


def strongest_zone(
    rates: Floats, effective: Floats, *, z: Floats, geometry: Geometry
) -> tuple[int, ...]:
    """
    Find the zone, circular or flexible, whose likelihood ratio is largest.

    `rates`: Share poor per village, winsorised; 0 for villages already in a pocket.
    `effective`: Effective households; 0 for villages already in a pocket.
    `z`: Standardised rates, minus infinity for villages already in a pocket.
    Returns: Positions; empty when no zone has an excess.
    """
    cases = rates * effective
    circle, centre, size = best_circle(cases, effective, geometry.order)
    flexible, start, mask = best_flexible(cases, effective, z, geometry.nearest, geometry.links)
    if max(circle, flexible) <= 0:
        return ()
    if circle / CIRCULAR_SCALE >= flexible / FLEXIBLE_SCALE:
        inside = geometry.order[centre, :size]
    else:
        row = geometry.nearest[start]
        inside = row[[bool(mask >> k & 1) for k in range(len(row))]]
    return tuple(int(i) for i in inside if effective[i] > 0)


@compiled()
def _llr(inside, within, cases, total):
    expected = cases * within / total
    if inside <= expected or expected <= 0.0:
        return 0.0
    value = inside * math.log(inside / expected)
    if inside < cases:
        value += (cases - inside) * math.log((cases - inside) / (cases - expected))
    return value


@compiled()
def _total(values):
    total = 0.0
    for i in range(len(values)):
        total += values[i]
    return total


@compiled()
def best_circle(cases, effective, order):
    """
    Find the circle with the largest Poisson log likelihood ratio.

    `cases`, `effective`: Effective poor and all households per village, 0 for villages left out.
    """
    total_cases, total = _total(cases), _total(effective)
    best, centre, size = 0.0, 0, 0
    for i in range(len(order)):
        inside, within = 0.0, 0.0
        for k in range(order.shape[1]):
            inside += cases[order[i, k]]
            within += effective[order[i, k]]
            if within > _LARGEST_SHARE * total:
                break
            if k >= 1:
                value = _llr(inside, within, total_cases, total)
                if value > best + 1e-9:
                    best, centre, size = value, i, k + 1
    return best, centre, size


@compiled()
def best_flexible(cases, effective, z, nearest, links):
    """
    Find the connected set of hot villages with the largest Poisson log likelihood ratio.

    `cases`, `effective`: Effective poor and all households per village, 0 for villages left out.
    `z`: Standardised rates; only villages above 0.84 are joined.
    """
    total_cases, total = _total(cases), _total(effective)
    best, start, best_mask = 0.0, 0, 0
    for i in range(len(nearest)):
        if z[i] <= HOT_Z:
            continue
        hot = 0
        for k in range(nearest.shape[1]):
            if z[nearest[i, k]] > HOT_Z:
                hot |= 1 << k
        mask = hot
        while mask > 0:  # every subset of the hot ones, largest first
            if mask & 1 and mask & (mask - 1) and _connected(mask, links[i]):
                inside, within = 0.0, 0.0
                for k in range(nearest.shape[1]):
                    if mask >> k & 1:
                        inside += cases[nearest[i, k]]
                        within += effective[nearest[i, k]]
                value = _llr(inside, within, total_cases, total)
                if value > best + 1e-9:
                    best, start, best_mask = value, i, mask
            mask = (mask - 1) & hot
    return best, start, best_mask


@compiled()
def _connected(mask, links):
    reached, fresh = 1, 1
    while fresh:
        spread = 0
        for k in range(len(links)):
            if fresh >> k & 1:
                spread |= links[k]
        fresh = spread & mask & ~reached
        reached |= fresh
    return reached == mask
