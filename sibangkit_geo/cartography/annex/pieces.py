"""Polygons and lines as corners of the page, ready to be drawn in any grouping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.path import Path as Outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.annex.paper import Rect


@dataclass(frozen=True, slots=True)
class Pieces:
    """
    Corners of all shapes in one array.

    `corners`: Points of the page, shape (n, 2).
    `owner`: Number of the shape that each corner belongs to.
    """

    corners: NDArray[np.float64]
    codes: NDArray[np.uint8]
    owner: NDArray[np.intp]

    def outline(self, chosen: NDArray[np.bool_] | None = None) -> Outline:
        """Join the shapes chosen, all by default, to one path."""
        if chosen is None:
            return Outline(self.corners, self.codes)
        kept = chosen[self.owner]
        return Outline(self.corners[kept], self.codes[kept])


def areas(shapes: NDArray[np.object_], frame: Frame, *, rect: Rect) -> Pieces:
    """
    Put polygons on paper, with their holes.

    `shapes`: Polygons and multipolygons, metres; other parts are dropped.
    """
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    # holes turn the other way, so that they stay empty however the path is filled
    parts, shape_of = shapely.orient_polygons(parts[flat]), shape_of[flat]
    rings, part_of = shapely.get_rings(parts, return_index=True)
    pieces = _corners(rings, shape_of[part_of], frame, rect)
    last = np.flatnonzero(np.diff(pieces[2], append=-1))
    pieces[1][last] = Outline.CLOSEPOLY
    return Pieces(pieces[0], pieces[1], pieces[3])


def lines(shapes: NDArray[np.object_], frame: Frame, *, rect: Rect) -> Pieces:
    """
    Put lines on paper.

    `shapes`: Lines and multilines, metres; other parts are dropped.
    """
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    long = np.isin(
        shapely.get_type_id(parts),
        (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING),
    )
    found = _corners(parts[long], shape_of[long], frame, rect)
    return Pieces(found[0], found[1], found[3])


def _corners(
    strings: NDArray[np.object_], owner: NDArray[np.intp], frame: Frame, rect: Rect
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.intp], NDArray[np.intp]]:
    xy, string_of = shapely.get_coordinates(strings, return_index=True)
    codes = np.full(len(xy), Outline.LINETO, dtype=np.uint8)
    codes[np.flatnonzero(np.diff(string_of, prepend=-1))] = Outline.MOVETO
    return frame.on_paper(xy, rect), codes, string_of, owner[string_of]
