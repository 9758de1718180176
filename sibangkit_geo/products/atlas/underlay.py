"""What lies under and around the villages, in the detail that a scale can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sibangkit_geo.model.backdrop import Backdrop, ContextLayer

    # west, south, east, north, metres
    Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Underlay:
    """
    The ground in the detail of a scale, metres.

    `layers`: Each with its shapes, in their order.
    """

    extent: NDArray[np.object_]
    sea: NDArray[np.object_]
    borders: NDArray[np.object_]
    layers: tuple[tuple[ContextLayer, NDArray[np.object_]], ...]

    @classmethod
    def of(cls, backdrop: Backdrop, *, tolerance: float) -> Underlay:
        """Leave out what paper does not show."""
        thin = [shapely.simplify(one, tolerance) for one in (backdrop.sea, backdrop.borders)]
        return cls(
            _row(backdrop.extent),
            _row(thin[0]),
            _row(thin[1]),
            tuple(
                (one, shapely.simplify(one.features.geometry.to_numpy(), tolerance))
                for one in backdrop.layers
            ),
        )

    def inside(self, box: Box, *, scale: int) -> Underlay:
        """Cut everything at the edge of a frame; only layers that its scale may show."""
        return Underlay(
            shapely.clip_by_rect(self.extent, *box),
            shapely.clip_by_rect(self.sea, *box),
            shapely.clip_by_rect(self.borders, *box),
            tuple(
                (one, shapely.clip_by_rect(shapes, *box))
                for one, shapes in self.layers
                if one.fits(scale)
            ),
        )

    def covers(self, box: Box) -> bool:
        """Tell whether every place of a frame is known to be land or sea."""
        west, south, east, north = box
        whole = (east - west) * (north - south)
        return float(shapely.area(self.extent).sum()) > whole * (1 - 1e-6)

    def seen(self) -> Iterator[tuple[ContextLayer, NDArray[np.object_]]]:
        """Go through the layers of which something is in the frame."""
        for one, shapes in self.layers:
            if (~shapely.is_empty(shapes)).any():
                yield one, shapes


def _row(shape: object) -> NDArray[np.object_]:
    return np.array([shape], dtype=object)
