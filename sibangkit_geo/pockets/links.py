"""Links a map cannot show: the user's ferries and rivers, the regency border, lines to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.errors import DataError, UnknownAreaError, nearest
from sibangkit_geo.pockets.adjacency import Neighbors, places_of
from sibangkit_geo.pockets.neighbors import NEIGHBOR_DISTANCE_M
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# vertices of a buffered border come back with rounding errors of this size, metres
_ROUNDING_M = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class OuterBorder:
    """
    Villages and pockets whose neighbors beyond the border are unseen.

    `villages`: Labels of villages on the outer border.
    `note`: The sentence that must stand beside the map.
    """

    villages: pd.Index
    pockets: tuple[int, ...]
    note: Note


def with_links(
    neighbors: Neighbors,
    *,
    extra: Sequence[tuple[object, object]] | pd.DataFrame = (),
    cut: Sequence[tuple[object, object]] | pd.DataFrame = (),
) -> Neighbors:
    """
    Add the links that boats make and cut those that rivers break.

    Parameters
    ----------
    neighbors
        The graph drawn from the map.
    extra
        Pairs of labels to link, in any direction: tuples, or a table whose
        first two columns are labels. New links count 1.
    cut
        Pairs of labels to part; a pair that was not linked is counted in a note.

    Returns
    -------
    neighbors
        The corrected graph. Villages left without neighbor are isolates and
        stay unlinked.

    Raises
    ------
    DataError
        A pair names one village twice, or is both linked and cut.
    UnknownAreaError
        A label is not in the graph; the nearest known one is offered.
    """
    size = len(neighbors)
    added, parted = (_keys(neighbors, table) for table in (extra, cut))
    both = np.intersect1d(added, parted)
    if len(both):
        rows = pd.DataFrame(index=[_words(neighbors, key) for key in both.tolist()])
        msg = "Pairs are both linked and cut"
        raise DataError(msg, rows=rows, remedy="Keep one of the two.")
    before = neighbors.pairs[:, 0] * size + neighbors.pairs[:, 1]
    new = np.setdiff1d(added, before)
    kept = ~np.isin(before, parted)
    keys = np.concatenate([before[kept], new])
    order = np.argsort(keys, kind="stable")
    weights = neighbors.weights
    if weights is not None:
        weights = np.concatenate([weights[kept], np.ones(len(new))])[order]
    pairs = np.column_stack(np.divmod(keys[order], size)).astype(np.intp)
    alone = np.setdiff1d(np.arange(size), pairs).tolist()
    isolates = tuple(sorted({*neighbors.isolates, *alone}))
    notes = _link_notes(len(new), int((~kept).sum()), len(np.setdiff1d(parted, before)), len(alone))
    return Neighbors(pairs, isolates, neighbors.ids, weights, (*neighbors.notes, *notes))


def outer_border(
    villages: gpd.GeoDataFrame,
    *,
    context: gpd.GeoDataFrame | None = None,
    pocket: pd.Series | None = None,
    distance_m: float = NEIGHBOR_DISTANCE_M,
) -> OuterBorder:
    """
    Name the villages whose neighbors across the regency border are unseen.

    `villages`: Polygons in a metric CRS, indexed by label, shape (n,).
    `context`: Neighboring regencies in the same CRS. When None or empty, the outline of all
        villages together is the border, coast included.
    `pocket`: Pocket number of villages in a pocket, indexed by label; missing or 0 outside.
    `distance_m`: Reach of the neighbor rule, metres; gaps up to it do not count as border.
    Returns: Labels, pockets and the note.
    Raises DataError: `context` is in another CRS.
    Raises ValueError: `distance_m` is negative.
    """
    if distance_m < 0:
        msg = f"`distance_m` must be at least 0 metres, got {distance_m}."
        raise ValueError(msg)
    shapes = villages.geometry.to_numpy()
    if context is not None and len(context):
        if context.crs != villages.crs:
            msg = "Neighboring regencies and villages are in different CRS"
            raise DataError(msg, remedy="Project `context` to the CRS of the villages.")
        border, reach = context.geometry.to_numpy(), distance_m
    else:
        border, reach = _outline(shapes, distance_m / 2), distance_m / 2 + _ROUNDING_M
    at_border = np.zeros(len(shapes), dtype=bool)
    at_border[shapely.STRtree(shapes).query(border, predicate="dwithin", distance=reach)[1]] = True
    labels = villages.index[at_border]
    numbers = pd.Series(dtype=float) if pocket is None else pocket.reindex(labels).dropna()
    pockets = tuple(sorted({int(one) for one in numbers if one > 0}))
    return OuterBorder(labels, pockets, _border_note(len(labels), pockets))


def neighbor_lines(villages: gpd.GeoDataFrame, neighbors: Neighbors) -> gpd.GeoDataFrame:
    """
    Draw the graph as lines between points inside the villages.

    Grain: one row per pair.

    `villages`: Polygons or points, indexed by label, in any order.
    Returns: Columns ``focal``, ``neighbor`` (labels), ``to_isolate`` (one end had no neighbor by
        the rule) and ``geometry`` in the CRS of `villages`.
    Raises DataError: The graph has villages that the layer has not.
    """
    missing = neighbors.ids[~neighbors.ids.isin(villages.index)]
    if len(missing):
        msg = "Villages of the neighbor graph are not in the layer"
        raise DataError(msg, rows=pd.DataFrame(index=missing), remedy="Draw it on the same layer.")
    ordered = villages.geometry.loc[neighbors.ids].to_numpy()
    ends = shapely.get_coordinates(shapely.point_on_surface(ordered))[neighbors.pairs]
    return gpd.GeoDataFrame(
        {
            "focal": neighbors.ids[neighbors.pairs[:, 0]],
            "neighbor": neighbors.ids[neighbors.pairs[:, 1]],
            "to_isolate": np.isin(neighbors.pairs, neighbors.isolates).any(axis=1),
        },
        geometry=shapely.linestrings(ends),
        crs=villages.crs,
    )


def _keys(
    neighbors: Neighbors, table: Sequence[tuple[object, object]] | pd.DataFrame
) -> NDArray[np.intp]:
    rows = table.iloc[:, :2].to_numpy() if isinstance(table, pd.DataFrame) else list(table)
    if not len(rows):
        return np.empty(0, dtype=np.intp)
    named = pd.Index([label for row in rows for label in row])
    unknown = named[~named.isin(neighbors.ids)].unique()
    if len(unknown):
        msg = "Links name villages that are not on the map"
        hint = nearest(str(unknown[0]), [str(one) for one in neighbors.ids])
        raise UnknownAreaError(
            msg,
            rows=pd.DataFrame(index=unknown),
            # without a near one the hint lists all, which is too much for a regency
            remedy=hint if len(hint) < 200 else "Check the codes.",
        )
    ends = np.sort(places_of(neighbors, named).reshape(-1, 2), axis=1)
    own = ends[ends[:, 0] == ends[:, 1], 0]
    if len(own):
        msg = "Links join a village with itself"
        itself = pd.DataFrame(index=neighbors.ids[own])
        raise DataError(msg, rows=itself, remedy="Drop these links.")
    return np.unique(ends[:, 0] * len(neighbors) + ends[:, 1])


def _words(neighbors: Neighbors, key: int) -> str:
    focal, neighbor = divmod(key, len(neighbors))
    return f"{neighbors.ids[focal]} - {neighbors.ids[neighbor]}"


def _link_notes(added: int, parted: int, idle: int, alone: int) -> list[Note]:
    texts = (
        ("links_added", added, f"{added} pasang desa dihubungkan menurut tabel pengguna."),
        ("links_cut", parted, f"{parted} pasang desa dipisahkan menurut tabel pengguna."),
        (
            "links_not_there",
            idle,
            f"{idle} pasang yang diminta dipisahkan memang tidak bertetangga.",
        ),
        ("isolates_unlinked", alone, f"{alone} desa tidak mempunyai tetangga."),
    )
    return [Note(key, text, count) for key, count, text in texts if count]


def _outline(shapes: NDArray[np.object_], half_gap_m: float) -> NDArray[np.object_]:
    """Close river gaps by growing every village half a gap; holes are lakes, not border."""
    grown = shapely.buffer(shapes, half_gap_m, join_style="mitre") if half_gap_m else shapes
    parts = shapely.get_parts(shapely.union_all(grown))
    return np.asarray(shapely.get_exterior_ring(parts))


def _border_note(count: int, pockets: tuple[int, ...]) -> Note:
    text = (
        f"{count} desa berada di batas wilayah: tetangganya di luar batas tidak terlihat, "
        f"sehingga kantong di sana dapat berlanjut atau lebih lemah daripada yang tampak."
    )
    if pockets:
        text += f" Kantong di batas: {', '.join(str(one) for one in pockets)}."
    return Note("unseen_neighbors", text, count)
