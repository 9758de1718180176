"""The analyst's door: any table gives the same pockets or one error; results show themselves."""

from __future__ import annotations

import dataclasses
import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import libpysal
import mapclassify
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import sibangkit_geo as sg
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.pockets.detector import find_pockets as detect
from tests.demo_product import demo_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes

    Grid = Callable[..., gpd.GeoDataFrame]

QUICK = sg.PocketSettings(replicates=99)
PLANTED = frozenset(row * 8 + column for row in (2, 3, 4) for column in (2, 3, 4))
POOR, HOMES = "miskin", "kk"
WITHOUT_SCREEN = "agg"


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.use(WITHOUT_SCREEN)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
        plt.close("all")


@pytest.fixture
def layer(grid: Grid) -> gpd.GeoDataFrame:
    """8 x 8 villages of 300 households, 5 % poor, nine neighbours 30 %; nothing has our names."""
    poor = np.full((8, 8), 15) + (np.arange(64).reshape(8, 8) * 7 % 5)
    poor[2:5, 2:5] = 90
    made = grid(8, poor.ravel(), 300.0).translate(480_000, 9_700_000)
    return gpd.GeoDataFrame(
        {"desa": [f"Desa {i}" for i in range(64)], POOR: poor.ravel(), HOMES: 300},
        geometry=made.to_numpy(),
        crs="EPSG:32748",
    )


def words_of(ax: Axes) -> list[str]:
    """Give the title of a legend and its lines."""
    legend = ax.get_legend()
    assert legend is not None
    return [legend.get_title().get_text(), *(one.get_text() for one in legend.get_texts())]


def found_rows(found: sg.FoundPockets) -> set[int]:
    """Give the positions of the villages in pockets."""
    return set(np.flatnonzero(found.villages["pocket"].notna().to_numpy()).tolist())


def reindexed(table: gpd.GeoDataFrame, index: Any) -> gpd.GeoDataFrame:
    return table.set_axis(index)


# each takes the layer and gives it in another shape, with what it is asked by
SHAPES: dict[str, Callable[[gpd.GeoDataFrame], tuple[gpd.GeoDataFrame, dict[str, Any]]]] = {
    "as it is": lambda t: (t, {}),
    "text labels": lambda t: (reindexed(t, [f"d{i:03d}" for i in range(64)]), {}),
    "labels of two kinds": lambda t: (reindexed(t, [*range(32), *map(str, range(32, 64))]), {}),
    "two levels": lambda t: (
        t.set_index(["desa", pd.Index(range(64), name="nomor")]),
        {},
    ),
    "index without a name, not from 0": lambda t: (reindexed(t, range(100, 164)), {}),
    "degrees": lambda t: (t.to_crs("EPSG:4326"), {}),
    "another projection": lambda t: (t.to_crs("EPSG:23888"), {}),
    "renamed geometry": lambda t: (t.rename_geometry("bentuk"), {}),
    "nullable numbers": lambda t: (t.astype({POOR: "Int64", HOMES: "Float64"}), {}),
    "Arrow numbers": lambda t: (t.astype({POOR: "int64[pyarrow]", HOMES: "double[pyarrow]"}), {}),
    "numbers as text": lambda t: (t.astype({POOR: str, HOMES: str}), {}),
    "small numbers": lambda t: (t.astype({POOR: np.int16, HOMES: np.float32}), {}),
    "Series": lambda t: (t[["geometry"]], {"poor": t[POOR], "households": t[HOMES]}),
    "Series in another order": lambda t: (
        t[["geometry"]],
        {"poor": t[POOR].iloc[::-1], "households": t[HOMES].sample(frac=1, random_state=1)},
    ),
    "arrays": lambda t: (
        t[["geometry"]],
        {"poor": t[POOR].to_numpy(), "households": t[HOMES].tolist()},
    ),
    "polars": lambda t: (
        t[["geometry"]],
        {"poor": pl.Series(t[POOR].to_numpy()), "households": pl.Series(t[HOMES].to_numpy())},
    ),
    "Arrow arrays": lambda t: (
        t[["geometry"]],
        {"poor": pa.array(t[POOR]), "households": pa.chunked_array([t[HOMES].to_numpy()])},
    ),
    "libpysal Graph": lambda t: (
        t,
        {"neighbors": libpysal.graph.Graph.build_contiguity(t, rook=False)},
    ),
    "libpysal W": lambda t: (
        t,
        {"neighbors": libpysal.weights.Queen.from_dataframe(t, use_index=True)},
    ),
    "own Neighbors": lambda t: (t, {"neighbors": sg.queen(t)}),
    "columns of our names besides": lambda t: (
        t.assign(pocket="lama", poor_households=0, households=1),
        {},
    ),
    "other columns of any kind": lambda t: (
        t.assign(lists=[[1]] * 64, day=pd.Timestamp("2025-01-01"), kind=pd.Categorical(["a"] * 64)),
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_table_gives_the_same_pockets(layer: gpd.GeoDataFrame, shape: str) -> None:
    table, given_as = SHAPES[shape](layer)
    before = table.copy()
    asked: dict[str, Any] = {"poor": POOR, "households": HOMES, "settings": QUICK, **given_as}
    found = sg.find_pockets(table, **asked)
    assert found_rows(found) == PLANTED
    villages = found.villages
    assert villages.index.equals(table.index)
    assert villages.crs == table.crs
    assert villages.active_geometry_name == table.active_geometry_name
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before))
    assert found.outlines.crs == table.crs
    assert (found.outlines["n_villages"].tolist(), len(found.members)) == ([9], 9)


def test_the_fixed_names_still_work_and_give_what_the_detector_gives(grid: Grid) -> None:
    rng = np.random.default_rng(3)
    table = grid(8, rng.integers(5, 40, 64), 300.0)
    table.loc[table.index[:6], "poor_households"] = 120
    own, stage = sg.find_pockets(table, settings=QUICK), detect(table, settings=QUICK)
    assert (own.p_value, own.overdispersion) == (stage.p_value, stage.overdispersion)
    pd.testing.assert_series_equal(own.members, stage.members, check_names=False)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(64)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    side = np.arange(64)
    squares = [shapely.box(1000 * x, 1000 * y, 1000 * x + 1000, 1000 * y + 1000)
               for y in range(8) for x in range(8)]  # fmt: skip
    poor = np.where(np.isin(side, list(PLANTED)), 90, 15 + side * 7 % 5)
    table = gpd.GeoDataFrame({"p": poor, "n": 300}, geometry=squares, crs="EPSG:32748")
    found = sg.find_pockets(table.iloc[order], poor="p", households="n", settings=QUICK)
    inside = found.villages["pocket"].dropna().index
    assert set(inside) == PLANTED
    assert found.p_value == 0.01


def test_known_households_are_the_denominator_where_a_count_has_them(grid: Grid) -> None:
    table = grid(8, 10.0 + np.arange(64) % 7, 100.0).assign(known_poor=50.0)
    found = sg.find_pockets(table, settings=QUICK)
    assert found.villages["headcount_ratio"].iloc[:3].tolist() == [0.2, 0.22, 0.24]
    assert any("known_poor" in one.text for one in found.notes)


def test_missing_counts_and_polygons_are_left_out_and_told(layer: gpd.GeoDataFrame) -> None:
    layer[POOR] = layer[POOR].astype("Int64")
    layer.loc[0, POOR] = pd.NA
    layer.loc[1, "geometry"] = None
    found = sg.find_pockets(layer, poor=POOR, households=HOMES, settings=QUICK)
    assert found_rows(found) == PLANTED
    assert found.villages["headcount_ratio"].isna().sum() == 2
    assert [one.count for one in found.notes if one.key == "villages_not_tested"] == [2]


def test_crossed_polygons_are_mended_and_told(layer: gpd.GeoDataFrame) -> None:
    west, south, east, north = layer.geometry[0].bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    layer.loc[0, "geometry"] = bow
    found = sg.find_pockets(layer, poor=POOR, households=HOMES, settings=QUICK)
    assert any(one.key == "polygons_repaired" for one in found.notes)
    assert found.villages.geometry[0].equals(bow)


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_hardly_any_village_is_a_result_that_shows_itself(
    layer: gpd.GeoDataFrame, rows: int
) -> None:
    found = sg.find_pockets(layer.iloc[:rows], poor=POOR, households=HOMES)
    assert (len(found), len(found.villages), len(found.summary())) == (0, rows, 0)
    assert "tidak diuji" in found._repr_html_()


BAD: dict[str, tuple[Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], dict[str, Any], str]] = {
    "a wrong column": (lambda t: t, {"poor": "miskn"}, '"miskn".*"miskin", "desa"|"miskin"'),
    "a wrong name": (lambda t: t, {"name": "nama"}, '"nama".*"desa"'),
    "a doubled label": (lambda t: t.set_axis([0, *range(63)]), {}, "twice.*rows: 2; first: 0"),
    "no system": (lambda t: t.set_crs(None, allow_override=True), {}, "no coordinate.*set_crs"),
    "no geometry": (
        lambda t: gpd.GeoDataFrame(pd.DataFrame(t.drop(columns="geometry"))), {}, "active geometry",
    ),
    "points": (lambda t: t.set_geometry(t.centroid), {}, "polygon"),
    "a negative count": (lambda t: t.assign(miskin=-1), {}, "negative"),
    "more poor than all": (lambda t: t.assign(miskin=301), {}, "more poor"),
    "shares": (lambda t: t.assign(miskin=0.1, kk=1), {}, "shares"),
    "words": (lambda t: t.assign(miskin="banyak"), {}, "miskin"),
    "a foreign graph": (
        lambda t: t, {"neighbors": sg.queen(gpd.GeoDataFrame(
            geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)], index=["x", "y"],
            crs="EPSG:32748"))}, "not in the",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_tested_is_one_clear_error(layer: gpd.GeoDataFrame, bad: str) -> None:
    change, more, told = BAD[bad]
    with pytest.raises(DataError, match=re.compile(told, re.DOTALL)):
        sg.find_pockets(change(layer), **({"poor": POOR, "households": HOMES} | more))


def test_what_is_no_table_or_no_graph_is_told(layer: gpd.GeoDataFrame) -> None:
    with pytest.raises(TypeError, match="GeoDataFrame, got DataFrame"):
        sg.find_pockets(pd.DataFrame(layer))
    with pytest.raises(TypeError, match="libpysal"):
        sg.find_pockets(layer, poor=POOR, households=HOMES, neighbors=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="63 numbers, the table 64 rows"):
        sg.find_pockets(layer, poor=[1] * 63, households=HOMES)
    shifted = layer[POOR].set_axis([f"x{i}" for i in range(64)])
    with pytest.raises(DataError, match="other labels"):
        sg.find_pockets(layer, poor=shifted, households=HOMES)


def test_seeds_are_numbers_or_generators_and_are_told(layer: gpd.GeoDataFrame) -> None:
    by: dict[str, Any] = {"poor": POOR, "households": HOMES, "settings": QUICK}
    one = sg.find_pockets(layer, seed=np.random.default_rng(5), **by)
    again = sg.find_pockets(layer, seed=one.seed, **by)
    assert one.seed == int(np.random.default_rng(5).integers(2**31))
    assert again.p_value == one.p_value
    assert sg.find_pockets(layer, seed=8, **by).seed == 8


def test_progress_is_a_bar_or_a_function(
    layer: gpd.GeoDataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[int] = []
    by: dict[str, Any] = {"poor": POOR, "households": HOMES, "settings": QUICK}
    sg.find_pockets(layer, progress=steps.append, **by)
    assert sum(steps) >= 99
    sg.find_pockets(layer, progress=True, **by)
    assert "acak" in capsys.readouterr().err


def test_pockets_are_called_after_districts_or_a_village_in_their_middle(
    layer: gpd.GeoDataFrame,
) -> None:
    by: dict[str, Any] = {"poor": POOR, "households": HOMES, "settings": QUICK}
    assert sg.find_pockets(layer, name="desa", **by).summary()["name"].tolist() == [
        "sekitar Desa 27"
    ]
    layer["kec"] = np.where(np.arange(64) < 40, "Rambutan", "Betung")
    named = sg.find_pockets(layer, name="desa", district="kec", **by)
    assert named.villages["pocket_name"].dropna().unique().tolist() == ["Rambutan"]


def test_pockets_are_written_as_layers_whole_or_not_at_all(
    layer: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    found = sg.find_pockets(
        layer.rename_geometry("bentuk"), poor=POOR, households=HOMES, settings=QUICK, name="desa"
    )
    path = found.to_file(tmp_path / "kantong.gpkg")
    assert gpd.read_file(path, layer="pockets")["n_villages"].tolist() == [9]
    assert gpd.read_file(path, layer="villages")["pocket"].notna().sum() == 9
    found.to_file(tmp_path / "desa.parquet")
    back = gpd.read_parquet(tmp_path / "desa.parquet")
    assert (back["pocket"].notna().sum(), back.crs) == (9, layer.crs)
    with pytest.raises(ConfigError, match=r"\.gpkg"):
        found.to_file(tmp_path / "kantong.shp")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["desa.parquet", "kantong.gpkg"]
    table = found.to_arrow()
    assert table.schema.field("bentuk").metadata[b"ARROW:extension:name"] == b"geoarrow.wkb"


def test_a_result_shows_itself_and_says_that_nothing_is_protected(
    layer: gpd.GeoDataFrame,
) -> None:
    hostile = layer.assign(desa="<script>alert(1)</script>")
    found = sg.find_pockets(hostile, poor=POOR, households=HOMES, settings=QUICK, name="desa")
    card = found._repr_html_()
    for told in ("64 dari 64", "0,010", "99, 1", "tidak disamarkan", "<svg", "Estimasi"):
        assert told in card
    assert "<script" not in card
    assert "tidak disamarkan" in repr(found)
    assert found.summary()["level"].unique().tolist() == ["tidak disamarkan"]
    ax = found.plot()
    _, *legend = words_of(ax)
    assert legend[-1] == "Garis kantong"
    assert sum(int(one.rsplit("(", 1)[1][:-1]) for one in legend[:-1]) == 64
    page = found.explore().get_root().render()
    assert "alert(1)</script>" not in page


def test_a_figure_takes_axes_columns_and_schemes(layer: gpd.GeoDataFrame) -> None:
    found = sg.find_pockets(layer, poor=POOR, households=HOMES, settings=QUICK)
    _, (left, right) = plt.subplots(1, 2)
    assert found.plot(left, column=POOR, legend=False) is left
    assert left.get_legend() is None
    ax = found.plot(right, column=POOR, scheme="quantiles", k=3)
    assert len([one for one in words_of(ax) if "(" in one]) == 3
    with pytest.raises(ValueError, match="FisherJenks"):
        found.plot(scheme="fisher_jenk")
    with pytest.raises(DataError, match=r'"miskn".*"miskin"'):
        found.plot(column="miskn")


def test_a_map_to_explore_takes_others_layers_and_asks_for_nothing(
    layer: gpd.GeoDataFrame,
) -> None:
    found = sg.find_pockets(layer, poor=POOR, households=HOMES, settings=QUICK)
    chart = found.explore()
    assert isinstance(chart, folium.Map)
    folium.Marker([-2.7, 104.8], popup="pos").add_to(chart)
    page = chart.get_root().render()
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def local_results(layer: gpd.GeoDataFrame) -> dict[str, sg.LocalPattern]:
    graph = libpysal.graph.Graph.build_contiguity(layer, rook=False)
    rate = layer[POOR] / layer[HOMES]
    few: dict[str, Any] = {"permutations": 99, "seed": np.random.default_rng(1)}
    return {
        "local_moran": sg.local_moran(rate, graph, **few),
        "local_gi": sg.local_gi(rate, graph, **few),
        "local_gi_star": sg.local_gi_star(rate, graph, **few),
        "local_geary": sg.local_geary(rate, graph, **few),
        "local_moran_rates": sg.local_moran_rates(layer[POOR], layer[HOMES], graph, **few),
    }


def test_other_results_show_themselves_too(layer: gpd.GeoDataFrame) -> None:
    rng = np.random.default_rng(2)
    points = np.column_stack([layer.centroid.x, layer.centroid.y])
    values = pd.DataFrame({"rate": layer[POOR] / layer[HOMES]})
    features = sg.prepare_features(
        values.assign(noise=rng.normal(size=64)), quantities=["rate", "noise"]
    )
    places = pd.DataFrame(points, layer.index, ["x", "y"])
    homes = rng.uniform(0, 2000, (500, 2))
    few = sg.HamletSettings(replicates=19)
    results = {
        **local_results(layer),
        "scan": sg.scan_statistic(points, layer[POOR].to_numpy(), layer[HOMES].to_numpy(),
                                  settings=sg.ScanSettings(replicates=99)),
        "areas": sg.planning_areas(values, sg.queen(layer), n_areas=4),
        "hamlets": sg.hamlet_scan(homes, np.hypot(*(homes - 1000).T) < 200, settings=few),
        "types": sg.village_types(features, places, settings=sg.TypologySettings(2, 3)),
    }  # fmt: skip
    for name, one in results.items():
        assert one.summary()["level"].eq("tidak disamarkan").all(), name
        assert "tidak disamarkan" in one._repr_html_(), name
        if name != "hamlets":
            with pytest.raises(ValueError, match="areas="):
                one.plot()
            assert one.plot(areas=layer).get_legend() is not None, name
            assert 'type":"FeatureCollection' in one.explore(
                areas=layer
            ).get_root().render().replace(" ", "")
    assert results["scan"].summary()["n_places"].tolist()[0] == 9
    assert (sg.class_labels(local_results(layer)["local_moran"]) == "HH").sum() >= 4


@pytest.fixture(scope="module")
def public() -> sg.Analysis:
    study = dataclasses.replace(
        demo_ready().study, earlier=(), pockets=dataclasses.replace(QUICK, stability=False)
    )
    return sg.analyse(study, level="public")


def test_an_analysis_at_public_is_protected_everywhere(public: sg.Analysis) -> None:
    agency = demo_ready().product
    assert public.level == "public"
    for one in (public, public.pockets):
        assert "public" in repr(one)
        assert one.summary()["level"].eq("public").all()
        assert "disamarkan secara acak" in one._repr_html_()
    counts = public.villages["poor_households"]
    assert not counts.eq(agency.measured.villages["poor_households"]).all()
    protected = public.measured.villages["poor_households"].round()
    assert counts.round().equals(protected)
    assert public.pockets.villages["poor_households"].round().equals(protected)


def test_an_analysis_shows_tables_pages_and_sheets(public: sg.Analysis, tmp_path: Path) -> None:
    assert set(public.needs["tingkat"]) >= {"kabupaten", "kecamatan", "desa"}
    assert len(public.roles)
    assert public.budget is not None
    page = public.page("perkimtan")
    assert 'srcdoc="' in page._repr_html_()
    assert page.save(tmp_path / "p.html").read_text("utf-8") == page.html
    with pytest.raises(ConfigError, match='Did you mean "perkimtan"'):
        public.page("perkimtn")
    sheets = public.atlas(["overview", "perkimtan"])
    assert len(sheets) == 2
    assert sheets._repr_html_().count("data:image/png") == 2
    assert sheets.save(tmp_path / "atlas").read_bytes()[:4] == b"%PDF"
    with pytest.raises(ConfigError, match="overview"):
        public.atlas(["overvew"])
    layer = public.layers[1].indicator
    assert words_of(public.plot(column=layer.name))[0].replace("\n", " ").startswith(layer.label)


def test_what_run_writes_is_what_an_analysis_writes(public: sg.Analysis, tmp_path: Path) -> None:
    finished = public.write(tmp_path / "out")
    assert finished.products[0] == "index.html"
    table = pd.read_csv(tmp_path / "out" / "villages.csv", dtype={"village_code": str})
    shown = public.villages["poor_households"].round()
    assert table.set_index("village_code")["poor_households"].astype(float).equals(
        shown.rename_axis("village_code").astype(float)
    )  # fmt: skip


def test_pages_of_level_internal_are_never_shown_open() -> None:
    internal = dataclasses.replace(demo_ready().product, level="internal")
    with pytest.raises(ConfigError, match="locked"):
        internal.page("perkimtan")


def test_a_register_shows_counts_and_findings_never_rows() -> None:
    source = demo_ready().study.households[0]
    register = sg.read_register(
        source.path, code_generation=source.code_generation, code_system=source.code_system
    )
    counts = register.count(sg.read_boundaries())
    assert "poor_households" not in counts
    assert counts["households"].sum() == 20_000
    rule = demo_ready().study.poverty
    with_rule = register.count(poverty=rule)
    assert with_rule["poor_households"].sum() > 0
    told = "".join([repr(register), register._repr_html_(), register.report._repr_html_()])
    assert "20.000" in told
    assert not re.search(r"\d{16}", told)
    with pytest.raises(AttributeError):
        register.rows  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ConfigError, match="code_generation must be one of"):
        sg.read_register(source.path, code_generation="dtsen", code_system="kemendagri")


def test_the_root_names_its_names_and_loads_nothing_heavy() -> None:
    assert {"find_pockets", "morans_i", "plan_budget"} <= {*dir(sg)}
    code = (
        "import sys, sibangkit_geo; "
        "print(sorted({'geopandas', 'pandas', 'numba', 'folium', 'matplotlib'} & {*sys.modules}))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_results_can_be_kept(layer: gpd.GeoDataFrame) -> None:
    found = sg.find_pockets(layer, poor=POOR, households=HOMES, settings=QUICK)
    back = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    pd.testing.assert_frame_equal(pd.DataFrame(back.summary()), pd.DataFrame(found.summary()))


GUIDE = (Path(__file__).resolve().parents[1] / "docs" / "notebook.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_snippets_of_the_guide_run(
    snippet: str, layer: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer.rename(columns={POOR: "kk_miskin", HOMES: "jumlah_kk"}).to_file(tmp_path / "desa.gpkg")
    demo = Path(demo_ready().study.households[0].path).parent
    for one in demo.iterdir():
        (tmp_path / one.name).symlink_to(one)
    (tmp_path / "register.csv").symlink_to(demo / "register_2025.csv")
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "notebook.md", "exec"), {})  # noqa: S102 - our own text
    assert (tmp_path / "kantong.gpkg").exists() or (tmp_path / "hasil" / "index.html").exists()


def test_the_readme_shows_both_ways() -> None:
    assert len(SNIPPETS) == 2


def test_the_villages_of_a_protected_analysis_are_tested_as_the_study_tests_them(
    public: sg.Analysis,
) -> None:
    settings = sg.PocketSettings(**public.provenance.settings["pockets"])  # type: ignore[arg-type]
    again = sg.find_pockets(public.villages, settings=settings)
    assert (again.p_value, again.overdispersion) == (
        public.found.p_value,
        public.found.overdispersion,
    )
    assert again.members.to_dict() == public.pockets.members.to_dict()
    assert again.level == "public"
    assert "disamarkan secara acak" in again._repr_html_()


door: Any = sg  # what mypy would tell first
WRONG: dict[str, tuple[Callable[[gpd.GeoDataFrame], Any], type[Exception], str]] = {
    "degrees that are called metres": (
        lambda t: door.find_pockets(
            t.to_crs(4326).set_crs(32748, allow_override=True), poor=POOR, households=HOMES
        ),
        DataError, "coordinates are degrees",
    ),
    "a village twice": (
        lambda t: door.find_pockets(
            pd.concat([t, t.iloc[:2]], ignore_index=True), poor=POOR, households=HOMES
        ),
        DataError, r"same polygon \(rows: 4; first: 0, 1, 64\)",
    ),
    "a Series of other villages": (
        lambda t: door.find_pockets(t.iloc[1:], poor=t[POOR].iloc[:63], households=HOMES),
        DataError, "other labels",
    ),
    "a table for a column": (
        lambda t: door.find_pockets(t, poor=t[[POOR]], households=HOMES), TypeError, "one column",
    ),
    "counts beyond every regency": (
        lambda t: door.find_pockets(t.assign(kk=10**12), poor=POOR, households=HOMES),
        DataError, "more than 10,000,000 households",
    ),
    "a doubled column": (
        lambda t: door.find_pockets(
            t.assign(nama="x").rename(columns={"nama": "desa"}),
            poor=POOR, households=HOMES, name="desa",
        ),
        DataError, 'several columns "desa"',
    ),
    "a seed of words": (
        lambda t: door.find_pockets(t, poor=POOR, households=HOMES, seed="a"), TypeError, "`seed`",
    ),
    "settings as a dict": (
        lambda t: door.find_pockets(t, poor=POOR, households=HOMES, settings={}), TypeError, "dict",
    ),
    "numbers without labels": (
        lambda t: door.local_moran(t[POOR].to_numpy(), door.queen(t)), TypeError, "Series",
    ),
    "no study": (lambda _: door.analyse(None), TypeError, "NoneType"),
    "no runs": (lambda _: door.compare("x"), TypeError, "list"),
    "no rule": (lambda _: door.PovertyRule("miskin"), ConfigError, "decile"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_tired_analyst_hands_over_is_told(layer: gpd.GeoDataFrame, wrong: str) -> None:
    call, kind, told = WRONG[wrong]
    with pytest.raises(kind, match=told):
        call(layer)


def test_an_empty_table_in_degrees_is_a_result(layer: gpd.GeoDataFrame) -> None:
    none = sg.find_pockets(layer.to_crs(4326).iloc[:0], poor=POOR, households=HOMES)
    assert (len(none), len(none.villages)) == (0, 0)


def test_a_longer_series_is_taken_by_its_labels(layer: gpd.GeoDataFrame) -> None:
    part = layer.iloc[5:]
    found = sg.find_pockets(part, poor=layer[POOR], households=HOMES, settings=QUICK)
    assert {one + 5 for one in found_rows(found)} == PLANTED


def test_columns_of_our_names_are_replaced_and_told(layer: gpd.GeoDataFrame) -> None:
    found = sg.find_pockets(
        layer.assign(pocket="lama"), poor=POOR, households=HOMES, settings=QUICK
    )
    assert any("Kolom pocket pada tabel diganti" in one.text for one in found.notes)


def test_global_statistics_take_graphs_of_libpysal(layer: gpd.GeoDataFrame) -> None:
    graph = libpysal.graph.Graph.build_contiguity(layer, rook=False)
    rate = layer[POOR] / layer[HOMES]
    assert sg.morans_i(rate, graph).value == sg.morans_i(rate, sg.queen(layer)).value
    assert sg.global_g(rate, graph).value == sg.global_g(rate, sg.queen(layer)).value


def test_a_legend_has_room_and_a_map_refuses_what_it_does_not_know(
    layer: gpd.GeoDataFrame,
) -> None:
    found = sg.find_pockets(layer, poor=POOR, households=HOMES, settings=QUICK)
    assert "lainnya (56 jenis) (56)" in words_of(found.plot(column="desa"))
    fitted = mapclassify.UserDefined(layer[POOR], [16, 50, 90])
    assert [one for one in words_of(found.plot(column=POOR, scheme=fitted)) if "90" in one]
    column: Any = layer[POOR]
    for call in (lambda: found.explore(cmap="Reds"), lambda: found.plot(column=column)):
        with pytest.raises(TypeError, match=r"cmap|name of a column"):
            call()


def test_products_never_go_where_the_register_lies(public: sg.Analysis) -> None:
    folder = Path(demo_ready().study.households[0].path).parent
    with pytest.raises(ConfigError, match="an input of the study"):
        public.write(folder)


def test_a_register_of_another_generation_is_told() -> None:
    source = demo_ready().study.households[0]
    other = sg.read_register(source.path, code_generation="bdt2015", code_system=source.code_system)
    with pytest.warns(DegradedInputWarning, match="tidak satu pun jawaban dikenal"):
        other.count()
