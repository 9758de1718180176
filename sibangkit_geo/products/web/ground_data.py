"""Land, sea, rivers and the user's own lines as a page carries them: thinned, few bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import GeometryCollection

from sibangkit_geo.model.backdrop import POINTS
from sibangkit_geo.products.web.topology import DEGREES, packed_numbers, tolerance_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from sibangkit_geo.model.backdrop import Backdrop, ContextLayer

# of a degree: 111 m for what is coarse by its source, 22 m for a study's own
_STEP: Final = 0.001
_FINE: Final = 0.0002
# a coast of 1:10 million; borders of which only the rough course is known
_COAST_M: Final = 400.0
_BORDER_M: Final = 1_000.0
# corners of one layer: what is more is thinned further, and what is shortest left out
_MOST_CORNERS: Final = 4_000
_COARSEST_M: Final = 1_000.0


def ground_payload(backdrop: Backdrop, villages: gpd.GeoDataFrame) -> dict[str, object]:
    """
    Pack what lies under and around the villages.

    `villages`: Those drawn, metric CRS.
    Returns: ``origin`` (degrees), ``step`` of the corners and ``fine``, that of the layers; numbers
        as `packed_numbers` packs them: parts of the known ground, of the sea and of the borders,
        then for each layer its features, each a list of parts; a part is a list of corners, each as
        steps from the one before, the first from the origin. ``layers`` has kind, label (empty:
        that of the kind), largest scale and names.
    """
    crs = villages.crs
    west, south, *_ = villages.to_crs(DEGREES).total_bounds
    origin = np.round([west, south], 1)
    under = [
        _corners(shape, crs, origin, _STEP)
        for shape in (
            backdrop.extent,
            shapely.simplify(backdrop.sea, _COAST_M),
            shapely.simplify(backdrop.borders, _BORDER_M),
        )
    ]
    shown = [one for one in backdrop.layers if len(one.features)]
    drawn = [_thinned(one, tolerance_for(len(villages))) for one in shown]
    over = [
        [_corners(shape, crs, origin, _FINE) for shape in features.geometry] for features in drawn
    ]
    return {
        "origin": origin.tolist(),
        "step": _STEP,
        "fine": _FINE,
        **packed_numbers(_numbers(under, over)),
        "layers": [
            {
                "kind": layer.kind,
                "label": layer.label,
                "scale": layer.largest_scale,
                "names": features["name"].tolist(),
            }
            for layer, features in zip(shown, drawn, strict=True)
        ],
    }


def _thinned(layer: ContextLayer, tolerance: float) -> gpd.GeoDataFrame:
    """Draw lines no finer than a page can carry; points stay."""
    features = layer.features
    if layer.kind in POINTS:
        return features
    shapes = features.geometry.to_numpy()
    simple = shapely.simplify(shapes, tolerance)
    while tolerance < _COARSEST_M and shapely.get_num_coordinates(simple).sum() > _MOST_CORNERS:
        tolerance *= 2
        simple = shapely.simplify(shapes, tolerance)
    parts, row = shapely.get_parts(simple, return_index=True)
    order = np.argsort(-shapely.length(parts), kind="stable")
    held = np.sort(order[np.cumsum(shapely.get_num_coordinates(parts)[order]) <= _MOST_CORNERS])
    kept = pd.Series(parts[held]).groupby(row[held]).agg(lambda one: GeometryCollection([*one]))
    return features.iloc[kept.index].set_geometry([*kept], crs=features.crs)


def _corners(
    shape: object, crs: object, origin: NDArray[np.float64], step: float
) -> list[NDArray[np.int64]]:
    """Put each ring, line or point on the grid of the page."""
    degrees = gpd.GeoSeries([shape], crs=crs).to_crs(DEGREES)
    parts = shapely.get_parts(degrees.to_numpy())
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    strings = [*shapely.get_rings(parts[flat]), *parts[~flat]]
    found = []
    for string in strings:
        steps = np.round((shapely.get_coordinates(string) - origin) / step).astype(np.int64)
        kept = np.ones(len(steps), dtype=bool)
        kept[1:] = np.any(np.diff(steps, axis=0) != 0, axis=1)
        found.append(steps[kept])
    return found


def _numbers(
    under: Iterable[list[NDArray[np.int64]]], over: Iterable[list[list[NDArray[np.int64]]]]
) -> Iterator[int]:
    for parts in under:
        yield from _listed(parts)
    for features in over:
        yield len(features)
        for parts in features:
            yield from _listed(parts)


def _listed(parts: list[NDArray[np.int64]]) -> Iterator[int]:
    yield len(parts)
    for corners in parts:
        yield len(corners)
        yield from np.diff(corners, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel()
