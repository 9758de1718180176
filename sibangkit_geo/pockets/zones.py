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
    both_ways = np.concatenate([pairs, pairs[:, ::-1]]).astype(np.int64).reshape(-1, 2)
    touching = np.unique(both_ways[:, 0] * len(x) + both_ways[:, 1])
    links = np.zeros_like(nearest)
    for j in range(nearest.shape[1] if len(touching) else 0):
        # the j-th nearest of every row against all of its row, a number for each pair of villages
        wanted = nearest * len(x) + nearest[:, j : j + 1]
        at = np.minimum(np.searchsorted(touching, wanted), len(touching) - 1)
        links |= (touching[at] == wanted).astype(np.int64) << j
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
        value, width = _circle_at(i, cases, effective, order, total_cases, total, best)
        if width > 0:
            best, centre, size = value, i, width
    return best, centre, size


@compiled()
def _circle_at(i, cases, effective, order, total_cases, total, best):
    """Find the best circle around one village that beats what is known; of size 0 if none does."""
    inside, within, size = 0.0, 0.0, 0
    for k in range(order.shape[1]):
        inside += cases[order[i, k]]
        within += effective[order[i, k]]
        if within > _LARGEST_SHARE * total:
            break
        if k >= 1:
            value = _llr(inside, within, total_cases, total)
            if value > best + 1e-9:
                best, size = value, k + 1
    return best, size


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
        value, mask = _flexible_at(i, cases, effective, z, nearest, links, total_cases, total, best)
        if mask > 0:
            best, start, best_mask = value, i, mask
    return best, start, best_mask


@compiled()
def _flexible_at(i, cases, effective, z, nearest, links, total_cases, total, best):
    """Find the best set of hot villages with one that beats what is known; 0 if none does."""
    best_mask, hot = 0, 0
    if z[i] <= HOT_Z:
        return best, best_mask
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
                best, best_mask = value, mask
        mask = (mask - 1) & hot
    return best, best_mask


@compiled()
def _best_of_each(cases, effective, z, order, nearest, links):
    """Find the best circle (its size) and the best flexible set (its mask) of every village."""
    total_cases, total = _total(cases), _total(effective)
    n = len(order)
    circles, flexibles = np.zeros(n), np.zeros(n)
    sizes, masks = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for i in range(n):
        circles[i], sizes[i] = _circle_at(i, cases, effective, order, total_cases, total, 0.0)
        flexibles[i], masks[i] = _flexible_at(
            i, cases, effective, z, nearest, links, total_cases, total, 0.0
        )
    return circles, sizes, flexibles, masks


def strong_zones(
    cases: Floats, effective: Floats, *, z: Floats, geometry: Geometry, least: float
) -> list[tuple[float, tuple[int, ...]]]:
    """
    List zones that share no village, the strongest first.

    Of each village the best circle and the best flexible shape are looked at; what overlaps a
    stronger one is left out.

    `cases`, `effective`: Effective poor and all households, 0 for villages left out.
    `z`: Standardised rates, minus infinity for villages left out.
    `least`: Smallest strength listed; the strongest zone is listed whatever its strength.
    Returns: Strength (log likelihood ratio over the scale of its kind) and positions of each.
    """
    order, nearest, links, _ = geometry.arrays
    circles, sizes, flexibles, masks = _best_of_each(cases, effective, z, order, nearest, links)
    strength = np.concatenate([circles / CIRCULAR_SCALE, flexibles / FLEXIBLE_SCALE])
    listed: list[tuple[float, tuple[int, ...]]] = []
    taken = np.zeros(len(order), dtype=np.bool_)
    beyond = np.flatnonzero(strength >= min(least, float(strength.max())))
    for one in beyond[np.argsort(-strength[beyond], kind="stable")]:
        i = one % len(order)
        if one < len(order):
            inside = order[i, : sizes[i]]
        else:
            inside = nearest[i][(masks[i] >> np.arange(nearest.shape[1]) & 1).astype(np.bool_)]
        if strength[one] > 0 and not taken[inside].any():
            taken[inside] = True
            listed.append((float(strength[one]), tuple(inside[effective[inside] > 0].tolist())))
    return listed


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
