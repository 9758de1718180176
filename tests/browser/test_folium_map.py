"""Notebook maps: folium's layers work, foreign texts stay texts, nothing is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium
import geopandas as gpd
import pytest
import shapely
from folium.plugins import HeatMap, MarkerCluster, MiniMap
from folium.utilities import JsCode

from sibangkit_geo.products.notebook import PocketFigure, PocketMap
from sibangkit_geo.products.web.page import PageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit

HOSTILE = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "${window.hacked=1}`+(window.hacked=1)+`",
    "{{ 7 * 7 }}{% raw %}</div>",
)
# ends after an image that cannot be read has said so, as the hostile ones before it would have
TRIED = """() => new Promise(done => {
  const image = new Image();
  image.onerror = () => done();
  image.src = 'data:image/png;base64,AA==';
})"""


@pytest.fixture
def polygons() -> gpd.GeoDataFrame:
    squares = [shapely.box(104.5 + i / 50, -2.6, 104.52 + i / 50, -2.58) for i in range(4)]
    return gpd.GeoDataFrame({"name": list(HOSTILE), "n": 1234.5}, geometry=squares, crs=4326)


def full_map(polygons: gpd.GeoDataFrame) -> PocketMap:
    """Use everything that may be added, with a hostile text in every place for one."""
    chart = PocketMap(polygons, title=HOSTILE[1])
    for name in HOSTILE:
        group = folium.FeatureGroup(name=name).add_to(chart)
        folium.GeoJson(
            polygons, name=name,
            tooltip=folium.GeoJsonTooltip(["name", "n"], aliases=[name, name], style="x</style>"),
            popup=folium.GeoJsonPopup(["name"], aliases=[name]),
        ).add_to(group)  # fmt: skip
        place = [-2.55, 104.5 + len(name) / 1000]
        folium.Marker(place, tooltip=name, popup=name, title=name).add_to(group)
        folium.Marker([-2.54, place[1]], icon=folium.Icon(color="red")).add_to(group)
        folium.CircleMarker(place, tooltip=folium.Tooltip(name, style="'>")).add_to(group)
        folium.PolyLine([place, [-2.5, 104.6]], popup=folium.Popup(name)).add_to(group)
        folium.Polygon([place, [-2.5, 104.6], [-2.5, 104.5]], tooltip=name).add_to(group)
    cluster = MarkerCluster(name=HOSTILE[0]).add_to(chart)
    folium.Marker([-2.6, 104.6], popup=folium.Popup(HOSTILE[2], lazy=True)).add_to(cluster)
    HeatMap([[-2.6, 104.6, 1.0]], name=HOSTILE[2]).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    return chart


@pytest.mark.browser
def test_hostile_texts_are_shown_and_nothing_is_run_or_asked_for(
    visit_page: Callable[..., Visit], polygons: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    chart = full_map(polygons)
    page = tmp_path / "peta.html"
    page.write_text(chart.get_root().render(), encoding="utf-8")
    visit = visit_page(page)
    assert visit.run("document.title") == HOSTILE[1]
    control = visit.text(".leaflet-control-layers")
    for name in HOSTILE:
        assert name in control
    texts = visit.run(
        """name => { const told = [];
          window[name].eachLayer(function look(layer) {
            if (layer.eachLayer) layer.eachLayer(look);
            for (const one of [layer.getTooltip?.(), layer.getPopup?.()]) {
              if (!one) continue;
              const table = typeof one._content === 'function';
              for (const each of table ? layer.getLayers() : [layer]) {
                const content = table ? one._content(each) : one._content;
                document.body.append(content);
                told.push(content.textContent);
              }
            }
          });
          return told; }""",
        chart.get_name(),
    )
    for name in HOSTILE:
        # two tooltips and a popup per polygon, marker, circle, line and area
        assert sum(name in text for text in texts) >= 8, name
    assert any("1.234,5" in text for text in texts)
    assert visit.page.locator(".pin").count() >= 8
    visit.run(TRIED)
    assert visit.run("window.hacked") is None
    assert visit.outside == []
    assert visit.complaints == []
    visit.context.close()


@pytest.mark.browser
def test_a_notebook_shows_the_same_page_in_a_frame(
    polygons: gpd.GeoDataFrame, visit_page: Callable[..., Visit], tmp_path: Path
) -> None:
    shown = full_map(polygons)._repr_html_()
    assert "<iframe srcdoc=" in shown
    page = tmp_path / "buku.html"
    page.write_text(f"<html data-ready='1'><meta charset='utf-8'><body>{shown}", encoding="utf-8")
    visit = visit_page(page)
    frame = visit.page.frame_locator("iframe")
    frame.locator("html[data-ready='1'] .leaflet-control-layers").wait_for(state="visible")
    assert visit.run("window.hacked") is None
    assert [one for one in visit.outside if not one.startswith("about:")] == []
    visit.context.close()


def test_a_map_may_be_rendered_twice_and_stays_as_it_is(polygons: gpd.GeoDataFrame) -> None:
    chart = full_map(polygons)
    first = chart.get_root().render()
    assert chart.get_root().render() == first
    assert "default-src &#x27;none&#x27;" in first or "default-src 'none'" in first


def with_code() -> folium.Marker:
    marker = folium.Marker([0, 0])
    marker.options["onclick"] = JsCode("() => 1")  # type: ignore[assignment] # not foreseen
    return marker


@pytest.mark.parametrize(
    "part",
    [
        folium.TileLayer("OpenStreetMap"),
        MiniMap(),
        folium.Element("<script>1</script>"),
        folium.Marker([0, 0], icon=folium.DivIcon("<b>x</b>")),
        folium.Marker([0, 0], popup=folium.Popup(folium.IFrame("x"))),
        with_code(),
        folium.Marker([0, 0], icon=folium.CustomIcon("http://contoh.id/a.png")),
        MarkerCluster(icon_create_function="function(c) { return 1; }"),
    ],
)
def test_what_could_bring_a_script_or_an_address_is_refused_by_name(part: folium.Element) -> None:
    chart = PocketMap()
    chart.add_child(part)
    with pytest.raises(PageError, match=r"May be added|JavaScript|Popup"):
        chart.get_root().render()


def test_tiles_parts_of_the_page_and_other_links_are_refused(polygons: gpd.GeoDataFrame) -> None:
    with pytest.raises(PageError, match="tiles"):
        PocketMap(tiles="OpenStreetMap")
    chart = PocketMap(polygons)
    figure = chart.get_root()
    assert isinstance(figure, PocketFigure)
    figure.html.add_child(folium.Element("<b>judul</b>"))
    with pytest.raises(PageError, match="around the map"):
        chart.get_root().render()
    with pytest.raises(ValueError, match="coordinate system"):
        PocketMap(polygons.set_crs(None, allow_override=True))


def test_a_subclass_with_a_link_of_its_own_is_refused() -> None:
    class Linked(folium.FeatureGroup):
        default_js = (("x", "https://contoh.id/x.js"),)

    chart = PocketMap()
    Linked().add_to(chart)
    with pytest.raises(PageError, match="Linked"):
        chart.get_root().render()
