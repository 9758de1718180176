"""Neighbor graphs: rules by hand, libpysal side by side, links and cuts, files there and back."""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sibangkit_geo.errors import DataError, MissingFileError, UnknownAreaError
from sibangkit_geo.pockets.graph import (
    Neighbors,
    among,
    component_labels,
    degrees,
    from_pairs,
    outer_border,
    places_of,
    weight_matrix,
    with_links,
)
from sibangkit_geo.pockets.neighbors import k_nearest, neighbors_within, queen, rook
from sibangkit_geo.pockets.pysal import as_neighbors, from_graph, to_graph, to_w
from sibangkit_geo.stats.graph_files import read_gal, read_gwt, write_gal, write_gwt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

METRES = "EPSG:32748"


def _inner_points(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=villages.representative_point(), index=villages.index)


RULES: list[Callable[..., Neighbors]] = [
    neighbors_within,
    queen,
    rook,
    lambda villages: neighbors_within(_inner_points(villages), distance_m=1100),
    lambda villages: k_nearest(villages, k=3),
]


@pytest.fixture
def libpysal() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("libpysal.graph")


def named(near: Neighbors) -> set[frozenset[Any]]:
    return {frozenset(pair) for pair in near.ids.to_numpy()[near.pairs].tolist()}


def points(*places: tuple[float, float], labels: list[str] | None = None) -> gpd.GeoDataFrame:
    x, y = zip(*places, strict=True)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), index=labels, crs=METRES)


def with_island(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    far = villages.copy()
    far.loc[far.index[8], "geometry"] = shapely.box(9000, 2000, 9100, 2100)
    return far


# ---- rules


def test_nine_squares_queen_rook_band_and_nearest(villages: gpd.GeoDataFrame) -> None:
    assert len(queen(villages).pairs) == 20
    assert len(rook(villages).pairs) == 12
    assert named(rook(villages)) == named(
        neighbors_within(_inner_points(villages), distance_m=1000)
    )
    assert named(queen(villages)) == named(neighbors_within(villages))
    assert degrees(queen(villages)).tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]


def test_queen_sees_a_border_without_common_vertex_and_rook_an_overlap() -> None:
    half = gpd.GeoDataFrame(
        geometry=[
            shapely.box(0, 0, 2, 2),
            shapely.box(2, 0.5, 3, 1.5),  # its corners lie on the first one's side
            shapely.box(-1, 2, 0, 3),  # a corner only
            shapely.box(1, -1, 1.5, 0.5),  # overlaps
        ]
    )
    assert queen(half).pairs.tolist() == [[0, 1], [0, 2], [0, 3]]
    # an isolate is linked to its nearest
    assert rook(half).isolates == (2,)
    assert rook(half, link_isolates=False).pairs.tolist() == [[0, 1], [0, 3]]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 9999), rule=st.integers(0, len(RULES) - 1))
def test_the_order_of_rows_changes_no_pair(seed: int, rule: int) -> None:
    squares = [shapely.box(x, y, x + 1000, y + 1000) for y in (0, 1000) for x in (0, 1000, 2050)]
    squares.append(shapely.box(9000, 0, 9500, 500))
    layer = gpd.GeoDataFrame(geometry=squares, index=list("gfedcba"), crs=METRES)
    shuffled = layer.iloc[np.random.default_rng(seed).permutation(7)]
    plain, other = RULES[rule](layer), RULES[rule](shuffled)
    assert other.ids.tolist() == shuffled.index.tolist()
    assert named(other) == named(plain)
    assert {other.ids[i] for i in other.isolates} == {plain.ids[i] for i in plain.isolates}


def test_an_island_is_linked_and_reported_or_left_alone(villages: gpd.GeoDataFrame) -> None:
    for rule in (queen, rook, neighbors_within):
        linked = rule(with_island(villages))
        assert linked.isolates == (8,)
        assert [(note.key, note.count) for note in linked.notes] == [("isolates_linked", 1)]
        assert degrees(linked).iloc[8] == 1
        alone = rule(with_island(villages), link_isolates=False)
        assert [(note.key, note.count) for note in alone.notes] == [("isolates_unlinked", 1)]
        assert degrees(alone).iloc[8] == 0
        assert component_labels(alone).tolist() == [0] * 8 + [1]


def test_k_nearest_is_symmetric_and_ties_go_to_the_first_label() -> None:
    cross = [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (0.0, -1.5)]
    layer = points(*cross, labels=list("xdcbaz"))
    assert named(k_nearest(layer, k=1)) == {
        frozenset(pair) for pair in ("xa", "az", "xb", "xc", "xd")
    }
    # twenty villages at one place: more ties than are looked at
    heap = points(*[(0.0, 0.0)] * 20, labels=[f"{i:02d}" for i in range(20)])
    for layer in (heap, heap.iloc[::-1]):
        near = named(k_nearest(layer, k=1))
        assert near == {frozenset(("00", f"{i:02d}")) for i in range(1, 20)}


def test_hard_layers_are_refused(villages: gpd.GeoDataFrame) -> None:
    empty = villages.copy()
    empty.loc[empty.index[4], "geometry"] = None
    with pytest.raises(DataError, match=r"without geometry.*first: 16.07.02.2002"):
        queen(empty)
    with pytest.raises(DataError, match="stand twice"):
        queen(pd.concat([villages, villages.iloc[:1]]))
    for rule in (neighbors_within, RULES[3], RULES[4]):
        with pytest.raises(DataError, match="degrees"):
            rule(villages.to_crs("EPSG:4326"))
        with pytest.raises(DataError, match="look like degrees"):
            rule(villages.to_crs("EPSG:4326").set_crs(None, allow_override=True))
        with pytest.raises(DataError, match=r"not in metres .*foot"):
            rule(villages.set_crs("EPSG:2263", allow_override=True))
    broken = villages.copy()
    broken.loc[broken.index[2], "geometry"] = shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])
    with pytest.raises(DataError, match="infinite or no number"):
        neighbors_within(broken)
    for rule in (queen, rook):
        with pytest.raises(DataError, match=r"points or lines.*rows: 9"):
            rule(villages.set_geometry(villages.representative_point()))
    with pytest.raises(ValueError, match="between 1 and 8"):
        k_nearest(villages, k=9)
    assert queen(villages.iloc[:1]).pairs.shape == (0, 2)
    assert queen(villages.iloc[:1]).isolates == (0,)


def test_pairs_equal_libpysal(libpysal: Any) -> None:
    rng = np.random.default_rng(1)
    cloud = shapely.MultiPoint(rng.random((120, 2)) * 1000)
    cells = shapely.get_parts(shapely.voronoi_polygons(cloud))
    layer = gpd.GeoDataFrame(geometry=cells, index=[f"d{i}" for i in range(len(cells))], crs=METRES)
    middles = gpd.GeoDataFrame(geometry=layer.representative_point(), index=layer.index, crs=METRES)
    graph = libpysal.Graph
    for ours, peer in (
        (queen(layer), graph.build_contiguity(layer, rook=False)),
        (rook(layer), graph.build_contiguity(layer, rook=True)),
        (neighbors_within(middles, distance_m=120, link_isolates=False),
         graph.build_distance_band(middles, 120)),
    ):  # fmt: skip
        assert named(ours) == named(from_graph(peer))
    assert named(k_nearest(middles, k=4)) == named(
        from_graph(graph.build_knn(middles, 4), one_sided="link")
    )


# ---- the type


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([[0, 0]], "no village is its own"),
        ([[1, 0]], "focal < neighbor"),
        ([[0, 3]], "outside the 3"),
        ([[-1, 0]], "outside the 3"),
        ([[0, 1], [0, 1]], "every pair once"),
    ],
)
def test_the_graph_checks_itself(pairs: list[list[int]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Neighbors(np.array(pairs, dtype=np.intp), (), pd.Index(list("abc")))


def test_weights_and_labels_are_checked() -> None:
    pairs = np.array([[0, 1], [1, 2]], dtype=np.intp)
    for bad in ([1.0], [1.0, 0.0], [1.0, np.nan]):
        with pytest.raises(ValueError, match="2 finite numbers above 0"):
            Neighbors(pairs, (), pd.Index(list("abc")), np.array(bad))
    with pytest.raises(DataError, match=r"stand twice.*first: a"):
        from_pairs(list("aba"), [[0, 1]])
    with pytest.raises(ValueError, match="shape"):
        Neighbors(pairs[0], (), pd.Index(list("abc")))


def test_part_of_a_graph() -> None:
    near = from_pairs(list("abcde"), [[0, 1], [1, 2], [2, 3]], isolates=[4])
    part = among(near, ["e", "c", "b", "d"])
    assert named(part) == {frozenset("bc"), frozenset("cd")}
    assert part.isolates == (0,)
    assert among(near, ["a", "c"]).isolates == (0, 1)
    assert weight_matrix(part).toarray()[1].tolist() == [0, 0, 1, 1]
    with pytest.raises(DataError, match=r"not in the neighbor graph.*first: z"):
        places_of(near, pd.Index(["a", "z"]))


# ---- links, border, lines


def test_ferries_and_rivers(villages: gpd.GeoDataFrame) -> None:
    near = rook(villages)
    a, b, i = "16.07.01.2001", "16.07.01.2002", "16.07.03.2003"
    found = with_links(near, extra=[(i, a), (a, i), (b, a)], cut=pd.DataFrame({"x": [b], "y": [i]}))
    assert named(found) == named(near) | {frozenset((a, i))}
    assert [(note.key, note.count) for note in found.notes] == [
        ("links_added", 1),
        ("links_not_there", 1),
    ]
    cut = with_links(near, cut=[(a, b), (a, "16.07.02.2001")])
    assert cut.isolates == (0,)
    assert [note.key for note in cut.notes] == ["links_cut", "isolates_unlinked"]
    weighted = Neighbors(near.pairs, (), near.ids, np.full(12, 0.5))
    matrix = weight_matrix(with_links(weighted, extra=[(a, i)], cut=[(a, b)])).toarray()
    assert (matrix[0, 8], matrix[0, 1], matrix[0, 3]) == (1.0, 0.0, 0.5)


def test_wrong_links_are_refused_with_the_nearest_known(villages: gpd.GeoDataFrame) -> None:
    near = rook(villages)
    a, b = near.ids[:2]
    with pytest.raises(UnknownAreaError, match=r'first: 16.07.01.2O01.*mean "16.07.01.2001"'):
        with_links(near, extra=[("16.07.01.2O01", b)])
    with pytest.raises(DataError, match="with itself"):
        with_links(near, cut=[(a, a)])
    with pytest.raises(DataError, match=r"both linked and cut.*2001 - 16"):
        with_links(near, extra=[(a, b)], cut=[(b, a)])


def test_villages_and_pockets_at_the_border(grid: Callable[..., gpd.GeoDataFrame]) -> None:
    villages = grid(5, 1, 10)
    pocket = pd.Series([1, 1, 2, 2], index=villages.index[[11, 12, 3, 8]])
    found = outer_border(villages, pocket=pocket)
    inner = {y * 5 + x for y in (1, 2, 3) for x in (1, 2, 3)}
    assert set(found.villages) == set(villages.index) - set(villages.index[list(inner)])
    assert found.pockets == (2,)
    assert found.note.count == 16
    assert "Kantong di batas: 2." in found.note.text
    # a river through the middle is no border
    parted = villages.copy()
    parted.geometry = [
        shapely.affinity.translate(one, yoff=80 if place >= 10 else 0)
        for place, one in enumerate(villages.geometry)
    ]
    assert len(outer_border(parted).villages) == 16
    assert len(outer_border(parted, distance_m=10).villages) == 22


def test_with_context_only_the_land_border_counts(villages: gpd.GeoDataFrame) -> None:
    east = gpd.GeoDataFrame({"name": ["X"]}, geometry=[shapely.box(3050, 0, 9000, 900)], crs=METRES)
    found = outer_border(villages, context=east)
    assert found.villages.tolist() == ["16.07.01.2003"]
    assert found.pockets == ()
    with pytest.raises(DataError, match="different CRS"):
        outer_border(villages, context=east.to_crs("EPSG:4326"))
    with pytest.raises(ValueError, match="at least 0"):
        outer_border(villages, distance_m=-1)


# ---- other tools


def graph_of(links: dict[tuple[str, str], float]) -> Any:
    index = pd.MultiIndex.from_tuples(links, names=["focal", "neighbor"])
    return SimpleNamespace(adjacency=pd.Series(list(links.values()), index=index, name="weight"))


def test_any_graph_with_an_adjacency_is_taken_over() -> None:
    found = from_graph(graph_of({("b", "a"): 2, ("a", "b"): 2, ("c", "c"): 0}))
    assert (found.ids.tolist(), named(found)) == (["b", "a", "c"], {frozenset("ab")})
    assert found.isolates == (2,)
    assert found.weights is not None
    assert found.weights.tolist() == [2]
    row = from_graph(graph_of({("a", "b"): 1, ("b", "a"): 0.5, ("b", "c"): 0.5, ("c", "b"): 1}))
    assert row.weights is None


@pytest.mark.parametrize(
    ("links", "words"),
    [
        ({("a", "b"): 1.0, ("b", "b"): 0.0}, "do not lead back"),
        ({("a", "b"): 1.0, ("b", "a"): 1.0, ("a", "a"): 1.0}, "linked to themselves"),
        ({("a", "b"): -1.0, ("b", "a"): -1.0}, "not above 0"),
        ({("a", "b"): 1.0, ("b", "a"): 3.0}, "two directions"),
        ({("a", "b"): 1.0}, "not in the graph"),
    ],
)
def test_graphs_that_break_the_contract_are_refused(
    links: dict[tuple[str, str], float], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        from_graph(graph_of(links))


@pytest.mark.parametrize("weigh", [False, True])
def test_there_and_back(
    villages: gpd.GeoDataFrame, tmp_path: Path, libpysal: Any, *, weigh: bool
) -> None:
    near = rook(with_island(villages).iloc[::-1], link_isolates=False)
    if weigh:
        near = Neighbors(
            near.pairs, near.isolates, near.ids, np.arange(len(near.pairs)).astype(np.float64) + 0.1
        )
    graph = to_graph(near)
    back = [from_graph(graph), read_gwt(write_gwt(near, tmp_path / "a.gwt"), ids=near.ids)]
    back.append(from_graph(libpysal.read_gwt(tmp_path / "a.gwt")))
    if not weigh:
        back.append(read_gal(write_gal(near, tmp_path / "a.gal")))
        back.append(from_graph(libpysal.read_gal(tmp_path / "a.gal")))
        graph.to_gal(tmp_path / "theirs.gal")
        back.append(read_gal(tmp_path / "theirs.gal", ids=near.ids))
    for found in back:
        assert named(found) == named(near)
        matrix = pd.DataFrame(weight_matrix(found).toarray(), found.ids, found.ids)
        theirs = matrix.loc[near.ids, near.ids].to_numpy()
        assert theirs == pytest.approx(weight_matrix(near).toarray())
    assert back[1].ids is near.ids


@pytest.mark.parametrize("weigh", [False, True])
def test_graph_and_w_of_libpysal_there_and_back(
    villages: gpd.GeoDataFrame, libpysal: Any, *, weigh: bool
) -> None:
    near = rook(with_island(villages).iloc[::-1], link_isolates=False)
    if weigh:
        near = replace(near, weights=np.arange(len(near.pairs)).astype(np.float64) + 0.1)
    w = to_w(near)
    assert (w.id_order, w.islands) == (near.ids.tolist(), near.ids[list(near.isolates)].tolist())
    for found in (
        as_neighbors(to_graph(near)),
        as_neighbors(w),
        from_graph(libpysal.Graph.from_W(w)),
    ):
        assert found.ids.tolist() == near.ids.tolist()
        assert found.pairs.tolist() == near.pairs.tolist()
        assert found.isolates == near.isolates
        assert (found.weights is None) == (not weigh)
        assert weight_matrix(found).toarray() == pytest.approx(weight_matrix(near).toarray())


def test_a_graph_of_ours_is_taken_as_it_is_and_any_in_the_order_asked() -> None:
    pytest.importorskip("libpysal.graph")
    near = from_pairs(["c", "b", "a"], [[0, 1]])
    assert as_neighbors(near) is near
    assert as_neighbors(near, ids=near.ids) is near
    for graph in (near, to_graph(near), to_w(near)):
        found = as_neighbors(graph, ids=pd.Index(["a", "b", "c"]))
        assert (found.ids.tolist(), named(found)) == (["a", "b", "c"], {frozenset("bc")})
        with pytest.raises(DataError, match=r"not those of the table \(rows: 2; first: c, z"):
            as_neighbors(graph, ids=["a", "b", "z"])
        with pytest.raises(DataError, match="not those of the table"):
            as_neighbors(graph, ids=["b", "c"])
    numbered = as_neighbors(to_w(from_pairs([3, 1], [[0, 1]])), ids=["1", "3"])
    assert (numbered.ids.tolist(), numbered.pairs.tolist()) == (["1", "3"], [[0, 1]])


def test_row_standardised_w_is_binary_and_one_sided_w_is_refused_or_linked() -> None:
    weights = pytest.importorskip("libpysal.weights")
    line = from_pairs(["a", "b", "c"], [[0, 1], [1, 2]])
    w = to_w(line)
    w.transform = "R"
    assert w.weights["b"] == [0.5, 0.5]
    assert as_neighbors(w).weights is None
    assert named(as_neighbors(w)) == named(line)
    one_way = weights.W({"a": ["b"], "b": [], "c": []}, silence_warnings=True)
    with pytest.raises(DataError, match="do not lead back"):
        as_neighbors(one_way)
    assert named(as_neighbors(one_way, one_sided="link")) == {frozenset("ab")}
    with pytest.raises(DataError, match="linked to themselves"):
        as_neighbors(weights.W({"a": ["a", "b"], "b": ["a"]}, silence_warnings=True))
    assert as_neighbors(weights.W({"a": []}, silence_warnings=True)).isolates == (0,)


@pytest.mark.parametrize("graph", [[("a", "b")], {"a": ["b"]}, None, pd.DataFrame({"a": [1]})])
def test_what_is_no_graph_is_refused_with_what_is(graph: Any) -> None:
    with pytest.raises(TypeError, match=r"`Neighbors`, a libpysal `Graph`.*`W`.*got \w+"):
        as_neighbors(graph)


def test_without_libpysal_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libpysal.graph", None)
    monkeypatch.setitem(sys.modules, "libpysal.weights", None)
    for hand_over in (to_graph, to_w):
        with pytest.raises(ImportError, match="pip install libpysal"):
            hand_over(from_pairs(["a", "b"], [[0, 1]]))


def test_a_file_of_geoda_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "a.gal"
    file.write_text("0 3 desa KODE\n1 1\n2\n2 1\n1\n3 0\n\n", encoding="utf-8")
    found = read_gal(file, ids=pd.Index([3, 2, 1]))
    assert (found.pairs.tolist(), found.isolates, found.ids.tolist()) == ([[1, 2]], (0,), [3, 2, 1])
    weights = tmp_path / "a.gwt"
    weights.write_text("0 3 desa KODE\n1 2 120.5\n2 1 120.5\n", encoding="utf-8")
    assert read_gwt(weights, ids=pd.Index([1, 2, 3])).isolates == (2,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2\na 1\nb\nb 2\na\n", "announces 2 neighbors and has 1"),
        ("3\na 1\nb\nb 1\na\n", "announces 3 villages, the file has 2"),
        ("2\na 1\nb\nb 0\n\n", "do not lead back"),
        ("2\na b c\nb\nb 1\na\n", "not a label and a count"),
        ("\n", "no header"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "a.gal"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_gal(file)


def test_missing_files_strange_villages_and_blanks(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file"):
        read_gal(tmp_path / "none.gal")
    near = from_pairs(["a", "b c"], [[0, 1]])
    with pytest.raises(DataError, match="blanks"):
        write_gal(near, tmp_path / "b.gal")
    write_gwt(from_pairs(["a", "b"], [[0, 1]]), tmp_path / "b.gwt")
    with pytest.raises(DataError, match="not those of the table"):
        read_gwt(tmp_path / "b.gwt", ids=pd.Index(["a", "z"]))
    (tmp_path / "c.gwt").write_text("0 2 x y\na b\n", encoding="utf-8")
    with pytest.raises(DataError, match="focal, neighbor, weight"):
        read_gwt(tmp_path / "c.gwt")
