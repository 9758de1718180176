"""The connected zones a scan looks at: nearest places and which of them touch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from sibangkit_geo.pockets.scan.kernels_connected import Web
from sibangkit_geo.pockets.scan.kernels_order import link_bits
from sibangkit_geo.pockets.scan.settings import FLEXIBLE_LIMIT
from sibangkit_geo.pockets.scan.shapes import NestedZones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.scan.inputs import Places
    from sibangkit_geo.pockets.scan.settings import ScanSettings

# branches per centre: seconds, where published examples need thousands
_BUDGET = 20_000_000


class HasAdjacency(Protocol):
    """A graph like libpysal's: a Series indexed by focal and neighbor."""

    @property
    def adjacency(self) -> pd.Series: ...  # noqa: D102 - the class says it


NeighborPairs = HasAdjacency | Any


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
