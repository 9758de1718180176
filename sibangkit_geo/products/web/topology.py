"""Shared-border drawing geometry for the web page: TopoJSON and label points."""

from __future__ import annotations

import base64
import json
import re
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from topojson.core.topology import Topology

from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.sources.boundaries.repair import polygonal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "TopologyError",
    "district_label_points",
    "screen_topology",
    "tolerance_for",
    "village_topology",
]

DEGREES: Final = "EPSG:4326"
# over the villages and what is named around them: 23 m for a regency
GRID_STEPS: Final = 20_000
TOLERANCE_M: Final = 40.0
# hardly a regency has more villages than that; a map of more is one of a province
REGENCY_SIZE: Final = 640
# only names are placed in the areas around; what is drawn of them is in `ground_data`
CONTEXT_FACTOR: Final = 150.0
# what a map can be moved to, in sizes of the villages on each side
REACH: Final = 0.8
LABEL_POINTS: Final = 25
GRID_CELLS: Final = 14
LABEL_DIGITS: Final = 4  # of a degree: 11 m

# base 85 takes 1.25 signs per byte, base 64 takes 1.33; these three would be escaped in JSON
_SIGNS = bytes.maketrans(b"<>&", b",:[")
_SEVEN = 7
_OBJECTS = ("villages", "context")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class TopologyError(SibangkitError, ValueError):
    """Polygons cannot be drawn: no metric CRS, nothing to draw, or not a coverage."""


def village_topology(
    villages: gpd.GeoDataFrame,
    context: gpd.GeoDataFrame | None,
    *,
    tolerance_m: float = TOLERANCE_M,
) -> dict[str, Any]:
    """
    Simplify village polygons and pack them as quantised TopoJSON with shared borders.

    Neighbouring villages keep one common border, so the page can draw district
    and pocket outlines from the same arcs.
    Grain: one row per village in, one geometry per village out, same order.

    Parameters
    ----------
    villages
        Polygons in a metric CRS, a valid coverage, indexed by village code.
    context
        Neighbouring areas in any CRS, names in a column ``name`` or ``nama``;
        None leaves the object ``context`` empty.
    tolerance_m
        Square root of the area, in metres, below which a bend is dropped.
        Context, in which names are placed, is simplified far more.

    Returns
    -------
    topology
        Objects ``villages`` and ``context``; the id of a geometry is its row
        number. A context geometry has the property ``name``.

    Raises
    ------
    TopologyError
        `villages` is empty, has no metric CRS, a missing polygon or overlaps.
    ValueError
        `tolerance_m` is negative.
    """
    if tolerance_m < 0:
        msg = f"`tolerance_m` must be at least 0 metres, got {tolerance_m}."
        raise ValueError(msg)
    _require_coverage(villages)
    simple = shapely.coverage_simplify(villages.geometry.to_numpy(), tolerance_m)
    frames = [_numbered(gpd.GeoSeries(simple, crs=villages.crs))]
    names: list[str] = []
    if context is not None and len(context):
        around, names = _simplify_context(context, villages, tolerance_m * CONTEXT_FACTOR)
        frames.append(_numbered(around))
    packed = _pack(frames)
    packed["objects"].setdefault("context", {"type": "GeometryCollection", "geometries": []})
    for row, geometry in enumerate(packed["objects"]["context"]["geometries"]):
        geometry["properties"] = {"name": names[row]}
    return packed


def screen_topology(mapped: gpd.GeoDataFrame, context: gpd.GeoDataFrame) -> dict[str, object]:
    """
    Simplify as a screen allows, and pack for a page.

    Parameters
    ----------
    mapped
        Villages with polygon, as `village_topology` wants them.
    context
        Neighbouring areas; may be empty.

    Returns
    -------
    packed
        See `packed_topology`.

    Raises
    ------
    TopologyError
        As `village_topology`.
    """
    around = _in_reach(context.to_crs(mapped.crs), mapped)
    topology = village_topology(mapped, around, tolerance_m=tolerance_for(len(mapped)))
    return packed_topology(topology)


def _in_reach(context: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Cut what lies around to what the map can be moved to; None where nothing is left."""
    west, south, east, north = villages.total_bounds
    wide, high = REACH * (east - west), REACH * (north - south)
    # clip_by_rect would fail where a ring is left with three corners
    reach = shapely.box(west - wide, south - high, east + wide, north + high)
    seen = shapely.intersection(shapely.make_valid(context.geometry.to_numpy()), reach)
    cut = context.set_geometry(list(seen), crs=context.crs)
    cut = cut[~cut.is_empty & (cut.geometry.area > 0)]
    return cut if len(cut) else None


def tolerance_for(count: int) -> float:
    """
    Choose how much a map of so many villages is simplified: a screen shows no more.

    Parameters
    ----------
    count
        Villages drawn.

    Returns
    -------
    tolerance_m
        40 metres for a regency, growing with the number of villages beyond 640.

    Examples
    --------
    >>> tolerance_for(305), tolerance_for(3200)
    (40.0, 200.0)
    """
    return TOLERANCE_M * max(1.0, count / REGENCY_SIZE)


def district_label_points(
    villages: gpd.GeoDataFrame, district: pd.Series
) -> dict[str, list[list[float]]]:
    """
    Propose places for the name of each district, best first.

    The first is the pole of inaccessibility of the biggest part [1]_; the rest
    is a grid of interior points, those furthest from the border first.

    Parameters
    ----------
    villages
        Polygons in a metric CRS, indexed by village code.
    district
        District of each village, indexed like `villages`.

    Returns
    -------
    points
        District to at most 25 ``[longitude, latitude]`` pairs in degrees (WGS 84).

    Raises
    ------
    TopologyError
        `villages` has no metric CRS or a missing polygon.
    ValueError
        The two are indexed differently.

    References
    ----------
    .. [1] Garcia-Castellanos & Lombardo (2007), Scottish Geographical
       Journal 123(3), 227-233.
    """
    if not villages.index.equals(district.index):
        msg = "`district` must be indexed like `villages`."
        raise ValueError(msg)
    _require_polygons(villages)
    points: dict[str, list[list[float]]] = {}
    for name, rows in villages.geometry.groupby(district.to_numpy()):
        area = shapely.union_all(rows.to_numpy())
        places = gpd.GeoSeries(_interior_points(area), crs=villages.crs).to_crs(DEGREES)
        points[str(name)] = [
            [round(place.x, LABEL_DIGITS), round(place.y, LABEL_DIGITS)] for place in places
        ]
    return points


def _require_polygons(villages: gpd.GeoDataFrame) -> None:
    """Stop when there is nothing to draw or distances would not be metres."""
    if not len(villages):
        msg = "No village polygon to draw. Check the boundary file."
        raise TopologyError(msg)
    if villages.crs is None or not villages.crs.is_projected:
        msg = f"Village polygons need a metric CRS, got {villages.crs}. Use `to_crs` first."
        raise TopologyError(msg)
    blank = villages.geometry.isna() | villages.geometry.is_empty
    if blank.any():
        first = ", ".join(str(code) for code in villages.index[blank][:3])
        msg = f"Villages without polygon (rows: {int(blank.sum())}; first: {first}). Drop them."
        raise TopologyError(msg)


def _require_coverage(villages: gpd.GeoDataFrame) -> None:
    """Stop when neighbours overlap or their common borders do not match."""
    _require_polygons(villages)
    geometries = villages.geometry.to_numpy()
    if shapely.coverage_is_valid(geometries):
        return
    faults = ~shapely.is_missing(shapely.coverage_invalid_edges(geometries))
    faults &= ~shapely.is_empty(shapely.coverage_invalid_edges(geometries))
    first = ", ".join(str(code) for code in villages.index[faults][:3])
    msg = (
        f"Village polygons overlap or borders do not match (rows: {int(faults.sum())}; "
        f"first: {first}). Clean them with `shapely.coverage_clean`."
    )
    raise TopologyError(msg)


def _simplify_context(
    context: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, tolerance_m: float
) -> tuple[gpd.GeoSeries, list[str]]:
    """Return simplified neighbours in the CRS of the villages, and their names."""
    around = context.to_crs(villages.crs)
    # what only touches an edge of the reach is left of a polygon as a line
    shapes = polygonal(around.geometry.to_numpy())
    if shapely.coverage_is_valid(shapes):
        shapes = shapely.coverage_simplify(shapes, tolerance_m)
    else:
        shapes = shapely.simplify(shapes, tolerance_m)
    column = next((name for name in ("name", "nama") if name in around.columns), None)
    labels = [""] * len(around) if column is None else [str(text) for text in around[column]]
    return gpd.GeoSeries(shapes, crs=villages.crs), labels


def _numbered(shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return shapes in degrees, indexed by row number."""
    return gpd.GeoDataFrame(geometry=shapes.reset_index(drop=True)).to_crs(DEGREES)


def _pack(frames: list[gpd.GeoDataFrame]) -> dict[str, Any]:
    """Build the TopoJSON with arcs shared between neighbours, ids as row numbers."""
    names = ["villages", "context"][: len(frames)]
    drawing = Topology(
        frames,
        object_name=names,
        prequantize=GRID_STEPS,
        shared_coords=True,
        winding_order="CW_CCW",
    )
    packed: dict[str, Any] = json.loads(str(drawing.to_json()))
    for name, frame in zip(names, frames, strict=True):
        geometries = packed["objects"][name]["geometries"]
        if len(geometries) != len(frame):
            msg = f"{len(frame) - len(geometries)} polygons of {name} vanished in the drawing."
            raise TopologyError(msg)
        for row, geometry in enumerate(geometries):
            geometry["id"] = row
            geometry.pop("properties", None)
            geometry.pop("bbox", None)
    return packed


def _interior_points(area: BaseGeometry) -> list[shapely.Point]:
    """Return the pole of the biggest part, then grid points by distance from the border."""
    biggest = max(_polygons(area), key=lambda part: part.area)
    pole = shapely.Point(shapely.maximum_inscribed_circle(biggest).coords[0])
    west, south, east, north = area.bounds
    columns, rows = np.meshgrid(
        np.linspace(west, east, GRID_CELLS + 2)[1:-1],
        np.linspace(south, north, GRID_CELLS + 2)[1:-1],
    )
    grid = shapely.points(columns.ravel(), rows.ravel())
    inside = grid[shapely.contains(area, grid)]
    depth = shapely.distance(inside, area.boundary)
    order = np.argsort(-depth, kind="stable")[: LABEL_POINTS - 1]
    return [pole, *inside[order]]


def _polygons(area: BaseGeometry) -> list[Polygon]:
    """Return the polygons an area consists of."""
    if isinstance(area, MultiPolygon):
        return list(area.geoms)
    return [part for part in shapely.get_parts(area) if isinstance(part, Polygon)]


def in_signs(content: bytes) -> str:
    """
    Write bytes as signs that JSON in a page leaves alone.

    Parameters
    ----------
    content
        Filled up with zeros to whole groups of four, so that reading needs no special end.

    Returns
    -------
    signs
        Python's base 85 with three signs changed.

    Examples
    --------
    >>> in_signs(b"desa")
    'WMy+,'
    """
    return base64.b85encode(content + b"\0" * (-len(content) % 4)).translate(_SIGNS).decode()


def packed_topology(topology: Mapping[str, Any]) -> dict[str, object]:
    """
    Pack a TopoJSON of villages and context to about a third.

    Returns: ``transform``; numbers as `packed_numbers` packs them: for each of ``villages`` and
        ``context`` the number of geometries, then for each of them its polygons, their rings,
        their arcs and the arcs' numbers, each list led by its length; then the number of arcs, and
        for each its points and their steps. ``names`` of the context.
    """
    context = topology["objects"]["context"]["geometries"]
    return {
        "transform": topology["transform"],
        **packed_numbers(_numbers(topology)),
        "names": [one["properties"]["name"] for one in context],
    }


def packed_numbers(numbers: Iterable[int]) -> dict[str, object]:
    """
    Pack whole numbers, small ones in one byte.

    Parameters
    ----------
    numbers
        Any of 32 bits.

    Returns
    -------
    packed
        ``bytes``, how many there are, and ``data``: the bytes as text; each number zigzag
        (twice its size, less one for below zero) in groups of seven bits, low group first.

    Raises
    ------
    OverflowError
        A number does not fit 64 bits.

    Examples
    --------
    >>> packed_numbers([1, -1, 300])["bytes"]
    4
    """
    content = _sevens(np.array([*numbers], dtype=np.int64))
    return {"bytes": len(content), "data": in_signs(content)}


def packed_columns(payload: Mapping[str, Any]) -> dict[str, object]:
    """
    Shorten the long columns of a page.

    Returns: The same, but for ``villages.code``, the ends of the codes after that of their
        district, with commas between; ``class`` of each layer, a letter per village and "-" for
        none; its ``values`` and ``counts`` and earlier years, see `packed_steps`; the sentences of
        villages, see `packed_sentences`; and ``labels`` of districts, their number and each
        step east and north in 0.0001 degrees, see `packed_numbers`. A column that does not fit
        stays a list.
    """
    villages, places = payload["villages"], payload["districts"]
    starts = [f"{places[index]['code']}." for index in villages["district"]]
    ends = [code.removeprefix(start) for code, start in zip(villages["code"], starts, strict=True)]
    fits = bool(ends) and all(map(str.isdigit, ends))
    code = {"code": ",".join(ends)} if fits else {}
    told = {key: packed_sentences(villages.get(key) or []) for key in ("certainty", "verdict")}
    shown = {
        "villages": {**villages, **code, **told},
        "layers": [_packed_layer(layer) for layer in payload["layers"]],
        "districts": [one | {"labels": _packed_places(one.get("labels"))} for one in places],
    }
    trend = payload.get("trend")
    if trend is None:
        return {**payload, **shown}
    by_key = {layer["key"]: layer for layer in payload["layers"]}
    values = {
        key: packed_steps(own, by_key[key]["values"], by_key[key]["decimals"])
        if key in by_key
        else own
        for key, own in trend["values"].items()
    }
    return {**payload, **shown, "trend": {**trend, "values": values}}


def _packed_layer(layer: Mapping[str, Any]) -> dict[str, object]:
    values, counts = layer["values"], layer["counts"]
    none = [None] * len(values)
    return {
        **layer,
        "class": _letters(layer["class"]),
        "values": packed_steps([values], none, layer["decimals"], plain=values),
        "counts": packed_steps([counts], none, 0, plain=counts) if counts else counts,
    }


def _packed_places(places: Sequence[Sequence[float]] | None) -> dict[str, object] | None:
    if places is None:
        return None
    steps = np.rint(np.array(places).reshape(-1, 2) * 10**LABEL_DIGITS).astype(int)
    return packed_numbers([len(places), *np.diff(steps, axis=0, prepend=0).ravel()])


def packed_steps(
    columns: list[list[float | None]],
    own: Sequence[float | None],
    decimals: int,
    *,
    plain: object = None,
) -> object:
    """
    Write numbers as steps from others of the same rows, which the page already has.

    `plain`: What to give where a number has more digits than `decimals`; `columns` if None.
    Returns: As `packed_numbers`, column after column: 0 for none; else the step in units of the
        last digit, one more than it is from 0 up.

    >>> packed_steps([[12.4, None, 3.0]], [12.5, 1.0, None], 1)["bytes"]
    3
    """
    scale = 10**decimals
    starts = [round((one or 0) * scale) for one in own]
    steps = []
    for column in columns:
        for value, start in zip(column, starts, strict=True):
            if value is None:
                steps.append(0)
                continue
            step = round(value * scale) - start
            if (start + step) / scale != value:
                return columns if plain is None else plain
            steps.append(step + (step >= 0))
    return packed_numbers(steps)


def packed_sentences(column: Sequence[str]) -> dict[str, list[str]] | list[str]:
    """
    Write sentences that differ by their numbers once.

    Returns: ``frames``, sentences with "{}" for each number, and ``rows``, the place of the frame
        and the numbers, with semicolons between. Sentences that hold "{}" stay a list.

    >>> packed_sentences(["2 dari 9", "3 dari 9,5"])
    {'frames': ['{} dari {}'], 'rows': ['0;2;9', '0;3;9,5']}
    """
    if any("{}" in one for one in column):
        return list(column)
    frames: dict[str, int] = {}
    rows = [
        ";".join([str(frames.setdefault(frame, len(frames))), *_NUMBER.findall(one)])
        for one, frame in ((one, _NUMBER.sub("{}", one)) for one in column)
    ]
    return {"frames": list(frames), "rows": rows}


def _letters(classes: list[int | None]) -> str | list[int | None]:
    """Write a letter per village where one does; digits in a row look like somebody's number."""
    if max((one for one in classes if one is not None), default=0) >= len(ascii_lowercase):
        return classes
    return "".join("-" if one is None else ascii_lowercase[one] for one in classes)


def _numbers(topology: Mapping[str, Any]) -> Iterator[int]:
    for name in _OBJECTS:
        geometries = topology["objects"][name]["geometries"]
        yield len(geometries)
        for one in geometries:
            yield from _listed(_packed_polygons(one))
    arcs = topology["arcs"]
    yield len(arcs)
    for arc in arcs:
        yield len(arc)
        for point in arc:
            yield from point


def _packed_polygons(geometry: Mapping[str, Any]) -> list[Any]:
    if geometry["type"] is None:
        return []
    arcs: list[Any] = geometry["arcs"]
    return [arcs] if geometry["type"] == "Polygon" else arcs


def _listed(part: Iterable[Any] | int) -> Iterator[int]:
    if isinstance(part, int):
        yield part
        return
    parts = list(part)
    yield len(parts)
    for one in parts:
        yield from _listed(one)


def _sevens(values: NDArray[np.int64]) -> bytes:
    """Write numbers in groups of seven bits; the eighth says that more follow."""
    zigzag = np.where(values >= 0, 2 * values, -2 * values - 1).astype(np.uint64)
    groups = []
    left = zigzag
    while True:
        groups.append((left & np.uint64(127)).astype(np.uint8))
        left = left >> np.uint64(_SEVEN)
        if not left.any():
            break
    table = np.stack(groups, axis=1)
    # a group is written where it or a later one holds something; the first always is
    used = np.flip(np.maximum.accumulate(np.flip(table > 0, axis=1), axis=1), axis=1)
    used[:, 0] = True
    more = np.zeros_like(used)
    more[:, :-1] = used[:, 1:]
    table |= more.astype(np.uint8) << np.uint8(_SEVEN)
    return table[used].tobytes()
