"""The user's own map layers: rivers, roads, waters, district seats and places."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.errors import ConfigError, DataError, columns_hint, nearest
from sibangkit_geo.model.backdrop import LINES, POINTS, ContextKind, ContextLayer
from sibangkit_geo.sources.readers.archives import require_layer
from sibangkit_geo.sources.readers.header import shown_names
from sibangkit_geo.sources.readers.vector import (
    UnreadableLayerError,
    layers_of,
    read_crs,
    read_layer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.model.types import Boundaries

    Shapes = NDArray[np.object_]

_KINDS: Final = get_args(ContextKind)
_SHAPES: Final = {"point": (0, 4), "line": (1, 2, 5), "area": (3, 6)}
_WORDS: Final = {"point": "points", "line": "lines", "area": "areas"}
_INSTEAD: Final = {"point": '"seat" or "place"', "line": '"river" or "road"', "area": '"water"'}
# sizes of the villages' box on each side: no map can be moved further
_REACH: Final = 0.8
# a map of a regency shows no more places; a file of more may be one of houses
_MOST_POINTS: Final = 500
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class ContextSource:
    """
    One ``[[context]]`` table of a study: what its maps show as it is, at every level.

    Attributes
    ----------
    path
        Vector file in any CRS.
    kind
        ``"road"``, ``"river"`` (both lines), ``"water"`` (areas), ``"seat"`` (of a district)
        or ``"place"`` (both points). Rivers of the study replace the embedded ones.
    name
        Column with the names; no other attribute enters a product.
    label
        Words of the legend; left out, those of the kind.
    layer
        Layer of a file with several.
    crs
        Coordinate reference system, where the file names none or a wrong one.
    source
        Words for the source line; left out, the file's name.

    Examples
    --------
    >>> ContextSource("jalan.gpkg", "road", name="REMARK").label
    ''
    >>> ContextSource("jalan.gpkg", "roads")
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [[context]] kind = "roads": Did you mean "road"?
    """

    path: str
    kind: str
    name: str = ""
    label: str = ""
    layer: str = ""
    crs: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Check the kind."""
        if self.kind not in _KINDS:
            msg = f'[[context]] kind = "{self.kind}": {nearest(self.kind, _KINDS)}'
            raise ConfigError(msg)


def with_context(areas: Boundaries, sources: Sequence[ContextSource]) -> Boundaries:
    """
    Add the layers of a study to what its maps show around the villages.

    `sources`: In drawing order.
    Returns: The same boundaries; without the embedded rivers where the study has some.
    Raises ConfigError: A file, a layer or a CRS is not there.
    Raises DataError: A file cannot be read, or holds nothing that fits.
    """
    if not sources:
        return areas
    own = tuple(read_context(one, villages=areas.villages) for one in sources)
    kept = tuple(
        one
        for one in areas.backdrop.layers
        if one.kind != "river" or all(each.kind != "river" for each in own)
    )
    return replace(areas, backdrop=replace(areas.backdrop, layers=(*kept, *own)))


def read_context(source: ContextSource, *, villages: gpd.GeoDataFrame) -> ContextLayer:
    """
    Read one layer: its shapes near the villages, and their names.

    Grain: one row per point; one per name of lines and areas.

    `villages`: In the study CRS.
    Raises ConfigError: The file, its layer or its CRS is not there.
    Raises DataError: It cannot be read, or holds nothing that fits the kind near the villages.
    """
    path = require_layer(Path(source.path), named_by="[[context]] path")
    table = _placed(_opened(source, path), source, path)
    shapes, names = _fitting(table, source, path), _names(table, source, path)
    near = gpd.GeoSeries(shapes, index=table.index, crs=table.crs).to_crs(villages.crs)
    west, south, east, north = villages.total_bounds
    wide, high = _REACH * (east - west), _REACH * (north - south)
    seen = shapely.clip_by_rect(
        near.to_numpy(), west - wide, south - high, east + wide, north + high
    )
    kept = ~shapely.is_missing(seen) & ~shapely.is_empty(seen)
    if not kept.any():
        msg = f'{path.name}: nothing of [[context]] kind = "{source.kind}" lies near the villages'
        raise DataError(msg, remedy='Check its coordinates: crs = "EPSG:..." says what they are.')
    kind: ContextKind = next(one for one in _KINDS if one == source.kind)
    features = gpd.GeoDataFrame({"name": names[kept]}, geometry=list(seen[kept]), crs=villages.crs)
    if kind not in POINTS:
        whole = features.groupby("name").geometry.agg(lambda one: _joined(one.to_numpy()))
        features = gpd.GeoDataFrame({"name": whole.index}, geometry=[*whole], crs=villages.crs)
    if kind in POINTS and len(features) > _MOST_POINTS:
        msg = f"{path.name}: {len(features):,} points are no {source.kind}s of a regency's map"
        remedy = f"Keep at most {_MOST_POINTS}; houses belong into [[households]] only."
        raise DataError(msg, remedy=remedy)
    return ContextLayer(kind, features, source.label, source.source or path.name)


def _joined(shapes: Shapes) -> BaseGeometry:
    whole = shapely.union_all(shapes)
    return shapely.line_merge(whole) if "Line" in whole.geom_type else whole


def _opened(source: ContextSource, path: Path) -> gpd.GeoDataFrame:
    try:
        layers = layers_of(path)
        if source.layer and source.layer not in layers:
            msg = (
                f'{path.name}: [[context]] layer = "{source.layer}" is not in the file. '
                f"{nearest(source.layer, layers)}"
            )
            raise ConfigError(msg)
        if len(layers) > 1 and not source.layer:
            msg = (
                f"{path.name}: the file has several layers: name one in [[context]] layer. "
                f"Known: {', '.join(sorted(layers))}."
            )
            raise ConfigError(msg)
        layer = source.layer or next(iter(layers))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            table = read_layer(layers[layer], layer=layer)
    except UnreadableLayerError as error:
        msg = f"{path.name}: [[context]] path is no vector file that can be read"
        raise DataError(msg, remedy="Save it as GeoPackage or GeoJSON.") from error
    if not isinstance(table, gpd.GeoDataFrame) or table.empty:
        msg = f"{path.name}: [[context]] path holds no feature with a place"
        raise DataError(msg, remedy="Name the right layer, or leave the file out.")
    return table


def _placed(table: gpd.GeoDataFrame, source: ContextSource, path: Path) -> gpd.GeoDataFrame:
    if source.crs:
        crs = read_crs(source.crs)
        if crs is None:
            msg = f'{path.name}: [[context]] crs = "{source.crs}" is unknown. Write "EPSG:4326".'
            raise ConfigError(msg)
        return table.set_crs(crs, allow_override=True)
    if table.crs is None:
        msg = f"{path.name}: the layer names no coordinate reference system"
        raise DataError(msg, remedy='Name it with [[context]] crs = "EPSG:...".')
    return table


def _fitting(table: gpd.GeoDataFrame, source: ContextSource, path: Path) -> Shapes:
    """Keep the shapes of the kind, valid and without Z; nothing for the others."""
    shapes = shapely.force_2d(table.geometry.to_numpy())
    wanted = "line" if source.kind in LINES else "point" if source.kind in POINTS else "area"
    kinds = shapely.get_type_id(shapes)
    fits = np.isin(kinds, _SHAPES[wanted]) & np.isfinite(shapely.bounds(shapes)).all(axis=1)
    if not fits.any():
        held = next((one for one, ids in _SHAPES.items() if np.isin(kinds, ids).any()), "")
        msg = f'{path.name}: [[context]] kind = "{source.kind}" draws {_WORDS[wanted]}, '
        msg += f"the layer holds {_WORDS.get(held, 'none')}"
        remedy = "Choose another layer."
        if held:
            remedy = f"Choose kind {_INSTEAD[held]}, or another layer."
        raise DataError(msg, remedy=remedy)
    empty = shapely.GeometryCollection()
    valid: Shapes = shapely.make_valid(np.where(fits, shapes, empty))
    return valid


def _names(table: gpd.GeoDataFrame, source: ContextSource, path: Path) -> Shapes:
    if not source.name:
        return np.full(len(table), "", dtype=object)
    columns = [one for one in table.columns if one != table.geometry.name]
    if source.name not in columns:
        msg = f'{path.name}: [[context]] name = "{source.name}" is no column of the layer. '
        raise ConfigError(msg + columns_hint([source.name], shown_names(columns)))
    told = table[source.name].map(lambda one: "" if pd.isna(one) else _plain(str(one)))
    names: Shapes = told.to_numpy(dtype=object)
    return names


def _plain(name: str) -> str:
    """Take what cannot be seen out of a name, and what is beyond any name."""
    seen = "".join(one if one.isprintable() else " " for one in name)
    return " ".join(seen.split())[:_LONGEST_NAME]
