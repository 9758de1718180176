"""Planning areas: contiguous, balanced, the same for any order of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.graph import among, component_labels, from_pairs
from sibangkit_geo.pockets.neighbors import rook
from sibangkit_geo.pockets.regionalization import PlanningAreas, RegionSettings, planning_areas

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from sibangkit_geo.pockets.graph import Neighbors


def noisy(grid: Callable[..., gpd.GeoDataFrame]) -> tuple[pd.DataFrame, Neighbors]:
    villages = grid(10, 1, 10)
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.normal(size=(100, 2)), index=villages.index, columns=["a", "b"])
    return values, rook(villages)


def contiguous(found: PlanningAreas, near: Neighbors) -> bool:
    groups = found.areas.groupby(found.areas)
    return all(component_labels(among(near, group.index)).max() == 0 for _, group in groups)


def test_two_halves_of_a_map_are_two_areas(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    villages = grid(6, 1, 10)
    west = pd.Series([i % 6 < 3 for i in range(36)], index=villages.index)
    found = planning_areas(pd.DataFrame({"rate": west.astype(float)}), rook(villages), n_areas=2)
    assert found.areas.nunique() == 2
    assert found.areas[west].nunique() == found.areas[~west].nunique() == 1
    assert found.sizes["n_villages"].tolist() == [18, 18]
    assert [note.key for note in found.notes] == ["not_a_test"]
    assert "bukan uji statistik" in found.notes[0].text


def test_areas_are_contiguous_and_within_the_tolerance(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    values, near = noisy(grid)
    people = pd.Series(np.random.default_rng(1).integers(300, 900, 100), index=values.index)
    for count in (3, 7, 12):
        found = planning_areas(values, near, n_areas=count, population=people)
        assert len(found) == count == found.areas.nunique()
        assert contiguous(found, near)
        assert found.sizes["size"].sum() == people.sum()
        assert found.sizes["deviation"].abs().max() <= 0.25
    loose = planning_areas(
        values, near, n_areas=7, population=people, settings=RegionSettings(most_rounds=0)
    )
    assert "areas_unbalanced" in [note.key for note in loose.notes]


def explained(values: pd.DataFrame, areas: pd.Series) -> float:
    standard = (values - values.mean()) / values.std(ddof=0)
    inside = standard.groupby(areas).transform("mean")
    return 1 - float(((standard - inside) ** 2).sum().sum() / (standard**2).sum().sum())


def test_balanced_areas_follow_the_villages_that_are_alike(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    # four strips of 20, 30, 20 and 30 villages: each is an area within a quarter of the mean of 25
    villages = grid(10, 1, 10)
    strip = np.repeat([0, 1, 2, 3], [20, 30, 20, 30])
    values = pd.DataFrame({"a": [0.0, 9.0, 3.0, 7.0]}).loc[strip].set_index(villages.index)
    found = planning_areas(values, rook(villages), n_areas=4)
    assert explained(values, found.areas) == pytest.approx(1.0)
    assert found.sizes["n_villages"].tolist() == [20, 30, 20, 30]
    # noise alone: what is balanced without looking explains 3 of 99 parts, 6 standard errors less
    values, near = noisy(grid)
    found = planning_areas(values, near, n_areas=4)
    assert explained(values, found.areas) > 0.1


def test_no_area_has_more_villages_than_allowed(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    values, near = noisy(grid)
    found = planning_areas(values, near, max_villages=12)
    assert found.sizes["n_villages"].max() <= 12
    assert len(found) <= 13
    assert contiguous(found, near)


def test_order_of_rows_changes_nothing(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    values, near = noisy(grid)
    order = np.random.default_rng(2).permutation(100)
    plain = planning_areas(values, near, n_areas=6)
    shuffled = planning_areas(values.iloc[order], among(near, near.ids[order[::-1]]), n_areas=6)
    assert shuffled.areas.index.tolist() == values.index[order].tolist()
    assert shuffled.areas.sort_index().tolist() == plain.areas.sort_index().tolist()


def test_parts_of_a_map_never_share_an_area() -> None:
    near = from_pairs(range(7), [[0, 1], [1, 2], [2, 3], [4, 5], [5, 6]])
    values = pd.DataFrame({"a": np.zeros(7)})
    found = planning_areas(values, near, n_areas=3)
    assert contiguous(found, near)
    assert len(found) == 3
    with pytest.raises(ValueError, match=r"2 parts that no link joins"):
        planning_areas(values, near, n_areas=1)
    assert len(planning_areas(values, near, max_villages=7)) == 2


def test_hard_inputs() -> None:
    near = from_pairs(range(3), [[0, 1], [1, 2]])
    values = pd.DataFrame({"a": [1.0, 2, 3]})
    assert planning_areas(values, near, n_areas=3).areas.tolist() == [1, 2, 3]
    assert planning_areas(values.iloc[:1], from_pairs([0], []), n_areas=1).areas.tolist() == [1]
    for wrong in ({}, {"n_areas": 2, "max_villages": 2}):
        with pytest.raises(ValueError, match="either"):
            planning_areas(values, near, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="between 1 and the 3"):
        planning_areas(values, near, n_areas=4)
    with pytest.raises(DataError, match="different villages"):
        planning_areas(values.iloc[:2], near, n_areas=1)
    with pytest.raises(DataError, match=r"without a value.*first: 1"):
        planning_areas(values.replace(2.0, np.nan), near, n_areas=1)
    with pytest.raises(DataError, match="without a value"):
        planning_areas(values.astype(object).replace(2.0, "x"), near, n_areas=1)
    twice = pd.Series([1, 2, 3, 4], index=[0, 1, 2, 2])
    with pytest.raises(DataError, match="stands twice in the population"):
        planning_areas(values, near, n_areas=1, population=twice)
    with pytest.raises(ValueError, match="at least one column"):
        planning_areas(values[[]], near, n_areas=1)
    with pytest.raises(ValueError, match="tolerance"):
        RegionSettings(tolerance=-1)
