"""The zones a scan looks at: discs, ellipses and zones of the user."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from sibangkit_geo.pockets.graph import Neighbors
from sibangkit_geo.pockets.pysal import HasNeighborLists, as_neighbors
from sibangkit_geo.stats.scan.kernels import Nest, Web, close_rows, link_bits, usable_lengths
from sibangkit_geo.stats.scan.model import FLEXIBLE_LIMIT, NeighborPairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.stats.scan.model import Places, ScanSettings

    Floats = NDArray[np.float64]

ShapeName = Literal["circular", "elliptic", "flexible", "restricted_flexible"]
# distances sorted at a time, and rows kept for another pass: 160 and 400 MB
_SORTED_AT_ONCE = 20_000_000
_KEPT = 80_000_000
# a search tree pays when few of many places are wanted
_TREE_SHARE = 0.2
Shape = ShapeName | Any

# branches per centre: seconds, where published examples need thousands
_BUDGET = 20_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """
    Rows of nested zones of one shape.

    `first`: Centre of the first row; -1 where zones have no centre.
    `ratio`, `angle`: Longer over shorter axis, and direction of the longer one, radians from the x
        axis.
    """

    nest: Nest
    first: int
    ratio: float
    angle: float


@dataclass(slots=True)
class NestedZones:
    """
    Discs, ellipses or given zones, made block by block so that memory stays bounded.

    `xy`: Coordinates, shape (n, 2).
    `space`: What the largest share is a share of; rows end where it passes `cap`.
    `cap`: Largest sum of `space`; infinite leaves rows as long as they are.
    `given`: Zones of the user as positions, None for discs and ellipses.
    """

    xy: Floats
    space: Floats
    cap: float
    settings: ScanSettings
    ellipses: tuple[tuple[float, int], ...] = ((1.0, 1),)
    given: list[NDArray[np.int64]] | None = None
    _kept: list[Block] | None = field(default=None, init=False)

    def blocks(self) -> Iterator[Block]:
        """
        Make the rows of zones, or hand out those kept.

        Yields: At least one row each.
        """
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Block] = []
        size = 0
        for block in self._make():
            size += block.nest.order.size
            if size <= _KEPT:
                kept.append(block)
            yield block
        if size <= _KEPT:
            self._kept = kept

    def _make(self) -> Iterator[Block]:
        if self.given is not None:
            if self.given:
                yield Block(self._given_rows(self.given), -1, 1.0, 0.0)
            return
        # the unit of length cancels; this one keeps squares from overflowing
        unit = float(np.abs(self.xy - self.xy.mean(axis=0)).max()) or 1.0
        x, y = ((self.xy - self.xy.mean(axis=0)) / unit).T
        for ratio, angles in self.ellipses:
            factor = (4.0 * ratio / (ratio + 1.0) ** 2) ** self.settings.eccentricity_penalty
            for angle in np.pi * np.arange(angles) / angles:
                u = np.ascontiguousarray(x * np.cos(angle) + y * np.sin(angle))
                v = np.ascontiguousarray(ratio * (y * np.cos(angle) - x * np.sin(angle)))
                for first, nest in self._rows(u, v, unit, factor):
                    yield Block(nest, first, ratio, float(angle))

    def _rows(self, u: Floats, v: Floats, unit: float, factor: float) -> Iterator[tuple[int, Nest]]:
        n, most = len(u), self.settings.max_places or len(u)
        radius = self.settings.max_radius
        reach = np.inf if radius is None else (radius / unit) ** 2
        # one place more than wanted tells whether the last disc closes
        width = min(most + 1, n)
        tree = cKDTree(np.column_stack([u, v])) if width < _TREE_SHARE * n else None
        step = max(1, _SORTED_AT_ONCE // (width if tree else n))
        for first in range(0, n, step):
            last = min(first + step, n)
            order = _roughly_sorted(u, v, first, last, width, tree)
            stop = np.empty(order.shape, dtype=np.bool_)
            length = np.empty(len(order), dtype=np.int32)
            close_rows(order, u, v, first=first, reach=reach, stop=stop, length=length)
            np.minimum(length, most, out=length)
            longest = usable_lengths(order, length, self.space, self.cap)
            yield first, _trim(order, length, stop, longest, factor)

    def _given_rows(self, zones: Sequence[NDArray[np.int64]]) -> Nest:
        most = self.settings.max_places or len(self.space)
        size = np.array([len(zone) for zone in zones])
        order = np.zeros((len(zones), int(size.max())), dtype=np.int32)
        stop = np.zeros(order.shape, dtype=np.bool_)
        for row, zone in enumerate(zones):
            order[row, : len(zone)] = zone
            stop[row, len(zone) - 1] = True
        length = np.where(size <= most, size, 0).astype(np.int32)
        usable_lengths(order, length, self.space, self.cap)
        return Nest(order, length, stop, 1.0)


def _roughly_sorted(
    u: Floats, v: Floats, first: int, last: int, width: int, tree: cKDTree | None
) -> NDArray[np.int32]:
    rows = slice(first, last)
    if tree is not None:
        found = tree.query(np.column_stack([u[rows], v[rows]]), k=width)[1]
        return np.ascontiguousarray(found.reshape(-1, width).astype(np.int32))
    # the bits of a positive float sort like the number: distance and place in one key sort
    # several times faster than an argsort; what single precision ties is sorted afterwards
    d = (u[rows, None] - u) ** 2
    d += (v[rows, None] - v) ** 2
    keys = d.astype(np.float32).view(np.uint32).astype(np.uint64) << np.uint64(32)
    keys |= np.arange(len(u), dtype=np.uint64)
    keys.sort(axis=1)
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int32)


def _trim(
    order: NDArray[np.int32],
    length: NDArray[np.int32],
    stop: NDArray[np.bool_],
    longest: int,
    factor: float,
) -> Nest:
    return Nest(
        np.ascontiguousarray(order[:, :longest]),
        length,
        np.ascontiguousarray(stop[:, :longest]),
        float(factor),
    )


def given_zones(shape: Any, places: Places, known: pd.Index) -> list[NDArray[np.int64]]:  # noqa: ANN401 - anything that can be iterated
    """
    Translate zones of labels into zones of positions.

    `shape`: Sequence of one-dimensional arrays of labels (row numbers without an index).
    `known`: Every label of the data, places left out among them.
    Returns: Without repeated members and without places left out; empty zones dropped.
    Raises ValueError: A zone names an unknown label, or is no array of labels.
    """
    zones = []
    for number, zone in enumerate(shape):
        labels = pd.Index(np.asarray(zone).ravel())
        if not labels.isin(known).all():
            strange = labels[~labels.isin(known)][0]
            msg = f"Zone {number} names {strange!r}, which is no label of the data."
            raise ValueError(msg)
        members = places.positions(labels)
        zones.append(members[np.sort(np.unique(members, return_index=True)[1])])
    # in an order of their own, so that ties do not depend on the order given
    return sorted((zone for zone in zones if len(zone)), key=lambda zone: sorted(zone.tolist()))


def connected_web(places: Places, shape: str, settings: ScanSettings, known: pd.Index) -> Web:
    """
    Gather the nearest places of each place and which of them touch.

    `shape`: ``"flexible"`` or ``"restricted_flexible"``.
    `known`: Every label of the data.
    Returns: For the kernel. Of several places equally far, the first in canonical order is among
        the nearest.
    Raises ValueError: No neighbors, an unknown label among them, or k above 15 without
        restriction.
    """
    if shape == "flexible" and settings.k > FLEXIBLE_LIMIT:
        msg = (
            f"`k` must be at most {FLEXIBLE_LIMIT} for flexible zones, got {settings.k}: their "
            f'number doubles with each place. Use shape="restricted_flexible" for more.'
        )
        raise ValueError(msg)
    n = len(places.xy)
    pairs = _pairs(places, settings.neighbors, known)
    width = min(settings.k, n)
    nearest = replace(settings, max_places=width)
    zones = NestedZones(places.xy, np.zeros(n), np.inf, nearest)
    near = np.full((n, width), -1, dtype=np.int32)
    for block in zones.blocks():
        part = block.nest.order[:, :width]
        rows = slice(block.first, block.first + len(part))
        near[rows, : part.shape[1]] = part
        short = np.arange(part.shape[1]) >= block.nest.length[:, None]
        near[rows, : part.shape[1]][short] = -1
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    starts = np.searchsorted(pairs[:, 0], np.arange(n + 1))
    links = link_bits(near, starts, np.ascontiguousarray(pairs[:, 1]))
    return Web(near, links, min(settings.max_places or n, n), _BUDGET)


def _pairs(places: Places, neighbors: NeighborPairs | None, known: pd.Index) -> NDArray[np.int64]:
    if neighbors is None:
        msg = (
            "Flexible zones need to know which places touch: give `neighbors` in the settings, "
            "as pairs of labels or as a libpysal Graph."
        )
        raise ValueError(msg)
    adjacency = getattr(neighbors, "adjacency", None)
    if adjacency is not None:
        one, other = (pd.Index(adjacency.index.get_level_values(i)) for i in (0, 1))
    elif isinstance(neighbors, Neighbors | HasNeighborLists):
        graph = as_neighbors(neighbors)
        one, other = (graph.ids[graph.pairs[:, side]] for side in (0, 1))
    else:
        table = np.asarray(neighbors)
        if table.size == 0:
            return np.empty((0, 2), dtype=np.int64)
        if table.ndim != 2 or table.shape[1] != 2:
            msg = f"`neighbors` must have shape (n_pairs, 2), got {table.shape}."
            raise ValueError(msg)
        one, other = pd.Index(table[:, 0]), pd.Index(table[:, 1])
    strange = [*one[~one.isin(known)], *other[~other.isin(known)]]
    if strange:
        msg = f"`neighbors` names {strange[0]!r}, which is no label of the data."
        raise ValueError(msg)
    a, b = places.labels.get_indexer(one), places.labels.get_indexer(other)
    usable = (a >= 0) & (b >= 0) & (a != b)
    pairs = np.column_stack([a, b])[usable]
    return np.unique(np.vstack([pairs, pairs[:, ::-1]]), axis=0).astype(np.int64)
