"""Points to villages: worked out on the 3 x 3 grid, against exact geometry everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.config import resolved
from sibangkit_geo.errors import DataError
from sibangkit_geo.join import (
    PointLocator,
    build_locator,
    code_point_conflicts,
    locate_points,
)
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

METRES = "EPSG:32748"


def layer(polygons: list[shapely.Geometry], labels: list[str] | None = None) -> gpd.GeoDataFrame:
    names = labels or [f"{place:03d}" for place in range(len(polygons))]
    return gpd.GeoDataFrame(geometry=polygons, index=pd.Index(names, dtype=object), crs=METRES)


def by_geometry(locator: PointLocator, x: NDArray[np.float64], y: NDArray[np.float64]) -> list[int]:
    """Answer by GEOS alone: the lowest position among all that intersect."""
    tree = shapely.STRtree(locator.geometries)
    point, village = tree.query(shapely.points(x, y), predicate="intersects")
    lowest = np.full(len(x), len(locator) + 1)
    np.minimum.at(lowest, point, village)
    return [-1 if place > len(locator) else int(place) for place in lowest]


def test_points_of_the_grid_by_hand(villages: gpd.GeoDataFrame) -> None:
    locator = build_locator(villages)
    x = np.array([500.0, 2500.0, 500.0, 1000.0, 1000.0, 0.0, 3000.0, 3000.1, np.nan, np.inf, 5e6])
    y = np.array([500.0, 500.0, 1500.0, 500.0, 1000.0, 0.0, 3000.0, 1500.0, 500.0, 1.0, -5e6])
    # inside 1, 3 and 4; on the edge of 1 and 2; where 1, 2, 4, 5 meet; two corners; outside
    assert locate_points(locator, x, y).tolist() == [0, 2, 3, 0, 0, 0, 8, -1, -1, -1, -1]
    assert locate_points(locator, x, y).dtype == np.int32


@pytest.mark.parametrize("cell_m", [0.7, 10.0, 333.3, 1000.0, 50_000.0])
def test_the_size_of_a_cell_changes_no_answer(villages: gpd.GeoDataFrame, cell_m: float) -> None:
    rng = np.random.default_rng(3)
    # a third of the points on the lines of the grid, to the bit
    x = np.concatenate([rng.uniform(-100, 3100, 400), rng.integers(0, 4, 200) * 1000.0])
    y = np.concatenate([rng.uniform(-100, 3100, 400), rng.uniform(-100, 3100, 200)])
    locator = build_locator(villages, cell_m=cell_m)
    assert locate_points(locator, x, y).tolist() == by_geometry(locator, x, y)


def test_positions_count_villages_by_code_whatever_their_order(villages: gpd.GeoDataFrame) -> None:
    locator = build_locator(villages.sample(frac=1, random_state=2))
    assert locator.village_code.tolist() == sorted(villages.index)
    assert len(locator) == 9
    assert locate_points(locator, np.array([2500.0]), np.array([500.0])).tolist() == [2]


def test_holes_parts_islands_and_overlaps_are_answered_exactly() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(3, 3, 7, 7))
    parts = shapely.union(shapely.box(4, 4, 5, 5), shapely.box(20, 20, 21, 21))
    over = shapely.box(8, -2, 12, 30)
    locator = build_locator(layer([ring, parts, over, shapely.Polygon()]), cell_m=0.25)
    x = np.array([1.0, 3.0, 3.5, 4.5, 20.5, 9.0, 11.0, 15.0])
    y = np.array([1.0, 5.0, 3.5, 4.5, 20.5, 5.0, 5.0, 15.0])
    assert locate_points(locator, x, y).tolist() == [0, 0, -1, 1, 1, 0, 2, -1]


def test_no_points_and_no_villages(villages: gpd.GeoDataFrame) -> None:
    nothing = np.empty(0)
    assert locate_points(build_locator(villages), nothing, nothing).tolist() == []
    for empty in (villages.iloc[:0], layer([shapely.Polygon()])):
        locator = build_locator(empty)
        assert locate_points(locator, np.array([0.5]), np.array([0.5])).tolist() == [-1]


def test_one_village_alone() -> None:
    locator = build_locator(layer([shapely.Point(0, 0).buffer(5)]))
    assert locate_points(locator, np.array([0.0, 6.0]), np.array([0.0, 0.0])).tolist() == [0, -1]


def test_what_cannot_be_answered_is_refused(villages: gpd.GeoDataFrame) -> None:
    with pytest.raises(ValueError, match="above 0 metres"):
        build_locator(villages, cell_m=0.0)
    with pytest.raises(ValueError, match="got degrees"):
        build_locator(villages.to_crs(4326))
    with pytest.raises(DataError, match=r"rows: 2; first: a, a"):
        build_locator(layer([shapely.box(0, 0, 1, 1)] * 2, ["a", "a"]))
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(DataError, match=r"no valid polygon \(rows: 2; first: 000, 001"):
        build_locator(layer([bow, shapely.Point(0, 0)]))
    with pytest.raises(ValueError, match="equal length"):
        locate_points(build_locator(villages), np.zeros(2), np.zeros(3))


WHOLE = st.integers(0, 12)
CORNERS = st.lists(st.tuples(WHOLE, WHOLE), min_size=3, max_size=7)


@given(
    outlines=st.lists(st.tuples(CORNERS, CORNERS), min_size=1, max_size=6),
    points=st.lists(st.tuples(st.integers(-2, 28), st.integers(-2, 28)), max_size=60),
    cell_m=st.sampled_from([None, 0.3, 1.0, 2.5, 40.0]),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_any_polygons_agree_with_exact_geometry(
    outlines: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
    points: list[tuple[int, int]],
    cell_m: float | None,
    order: object,
) -> None:
    # hulls minus hulls: holes, several parts, overlaps, and points on edges at half metres
    shapes = []
    for outer, inner in outlines:
        hull = shapely.MultiPoint(outer).convex_hull
        cut = shapely.MultiPoint(inner).convex_hull
        shapes.append(hull.symmetric_difference(cut) if cut.geom_type == "Polygon" else hull)
    polygons = [one for one in shapes if one.geom_type in ("Polygon", "MultiPolygon")]
    villages = layer(polygons)
    order.shuffle(shuffled := list(villages.index))  # type: ignore[attr-defined]
    locator = build_locator(villages.loc[shuffled], cell_m=cell_m)
    x = np.array([one[0] / 2 for one in points])
    y = np.array([one[1] / 2 for one in points])
    answer = locate_points(locator, x, y)
    assert answer.tolist() == by_geometry(locator, x, y)


def test_codes_and_points_that_differ_are_found(villages: gpd.GeoDataFrame) -> None:
    locator = build_locator(villages)
    points = np.array(
        [
            [500.0, 500.0],  # in 1 as stated
            [1050.0, 500.0],  # in 2, 50 m from 1: within the tolerance
            [1150.0, 500.0],  # in 2, 150 m from 1
            [2500.0, 500.0],  # in 3, no code
            [-1.0, 500.0],  # outside
            [np.nan, np.nan],  # no point
        ]
    )
    stated = np.array([0, 0, 0, -1, 0, 0])
    found = locate_points(locator, points[:, 0], points[:, 1])
    conflicts = code_point_conflicts(stated, found, points=points, locator=locator)
    assert conflicts.elsewhere.tolist() == [2]
    assert conflicts.outside.tolist() == [4]
    strict = code_point_conflicts(stated, found, points=points, locator=locator, tolerance_m=0)
    assert strict.elsewhere.tolist() == [1, 2]
    with pytest.raises(ValueError, match="at least 0 metres"):
        code_point_conflicts(stated, found, points=points, locator=locator, tolerance_m=-1)
    with pytest.raises(ValueError, match="Rows differ"):
        code_point_conflicts(stated[:2], found, points=points, locator=locator)


@pytest.fixture(scope="module")
def real_villages(shared: Path) -> gpd.GeoDataFrame:
    source = BoundarySource(villages="desa.geojson")
    folder = shared / "data" / "banyuasin"
    return read_boundaries(resolved(source, folder), regency="16.07").villages


def test_a_million_points_agree_with_a_spatial_join(real_villages: gpd.GeoDataFrame) -> None:
    rng = np.random.default_rng(11)
    west, south, east, north = real_villages.total_bounds
    x, y = rng.uniform(west, east, 1_000_000), rng.uniform(south, north, 1_000_000)
    locator = build_locator(real_villages)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=METRES))
    polygons = gpd.GeoDataFrame(
        {"place": np.arange(len(locator))}, geometry=locator.geometries, crs=METRES
    )
    joined = gpd.sjoin(points, polygons, predicate="intersects")["place"]
    expected = joined.groupby(level=0).min().reindex(points.index, fill_value=-1)
    np.testing.assert_array_equal(locate_points(locator, x, y), expected.to_numpy())


def test_points_on_edges_and_vertices_agree_with_exact_geometry(
    real_villages: gpd.GeoDataFrame,
) -> None:
    rng = np.random.default_rng(12)
    locator = build_locator(real_villages)
    rings = shapely.get_rings(shapely.get_parts(locator.geometries))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    edge = rng.choice(np.flatnonzero(ring[1:] == ring[:-1]), 5_000)
    share = rng.uniform(0, 1, (5_000, 1))
    on_edge = xy[edge] + share * (xy[edge + 1] - xy[edge])
    vertices = xy[rng.choice(len(xy), 5_000)]
    x, y = np.concatenate([on_edge, vertices]).T
    answer = locate_points(locator, x, y)
    assert answer.tolist() == by_geometry(locator, x, y)
    assert (answer[5_000:] >= 0).all()
