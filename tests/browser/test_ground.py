"""The map page: land, sea and white where they should be, names of rivers, layers of a study."""

from __future__ import annotations

import copy
import io
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from PIL import Image

from sibangkit_geo.model.backdrop import Backdrop, ContextLayer
from sibangkit_geo.products.web.ground_data import ground_payload
from tests.test_embedded_boundaries import LAND, SEA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit

LAND_COLOR, SEA_COLOR, WHITE = (239, 237, 231), (220, 232, 240), (255, 255, 255)
# east of Java's west end, far beyond the box of what is known
UNKNOWN = {"Jawa": (107.9, -4.5), "Bengkulu": (101.6, -4.2)}
SHOW = """([lat, lng, zoom]) => { const map = sibangkit.map; map.setMinZoom(0);
    map.setMaxBounds(null); map.setView([lat, lng], zoom, {animate: false}); }"""
PLACE = """([lng, lat]) => { const at = sibangkit.map.latLngToContainerPoint([lat, lng]);
    const box = sibangkit.map.getContainer().getBoundingClientRect();
    return [at.x + box.left, at.y + box.top]; }"""


def _seen(visit: Visit, place: tuple[float, float], picture: Image.Image) -> tuple[int, ...]:
    """Take the usual colour of five by five pixels: a dotted line of degrees is thinner."""
    x, y = (int(one) for one in visit.run(PLACE, list(place)))
    counted = picture.crop((x - 2, y - 2, x + 3, y + 3)).getcolors()
    assert counted
    return max(counted)[1]  # type: ignore[return-value]


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_known_land_is_land_and_known_sea_is_sea(
    visit_page: Callable[..., Visit], rich_page: Path, size: tuple[int, int]
) -> None:
    visit = visit_page(rich_page, size)
    for label in ("#show-names", "#show-districts"):
        visit.page.uncheck(label)
    visit.run(SHOW, [-2.7, 104.9, 7.0])
    visit.settle()
    picture = Image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")
    for places, color in ((LAND, LAND_COLOR), (SEA, SEA_COLOR), (UNKNOWN, WHITE)):
        for name, place in places.items():
            seen = _seen(visit, place, picture)
            off = max(abs(a - b) for a, b in zip(seen, color, strict=True))
            # a river or border may cover a town's very place, but sea does not
            assert off <= 4 or (places is LAND and seen != SEA_COLOR), (name, seen)
    assert visit.complaints == []
    visit.context.close()


def test_rivers_bear_names_and_give_way_where_they_are_too_coarse(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page)
    assert "Sungai" in visit.text("#legend")
    assert "Putih: di luar peta dasar" in visit.text("#legend")
    river = ".leaflet-ground-pane path[stroke='#2f78b7']"
    visit.run(SHOW, [-2.9, 104.4, 8.5])
    visit.settle()
    assert visit.page.locator(river).count() == 1
    visit.page.wait_for_selector(".name-river >> text=Sungai Musi", state="attached")
    # 1:200,000: the source knows the river to 1.3 km only
    visit.run(SHOW, [-2.9, 104.4, 11.5])
    visit.settle()
    assert visit.page.locator(river).count() == 0
    visit.context.close()


def test_a_studys_layers_are_drawn_named_and_listed_as_words(
    visit_page: Callable[..., Visit],
    rich_payload: dict[str, Any],
    write_page: Callable[[dict[str, Any]], Path],
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    shapes = {
        "road": shapely.LineString([(104.4, -2.9), (104.45, -2.86), (104.52, -2.8)]),
        "seat": shapely.Point(104.46, -2.84),
        "water": shapely.box(104.3, -2.9, 104.36, -2.84),
    }
    layers = tuple(
        ContextLayer(kind, gpd.GeoDataFrame({"name": [hostile]}, geometry=[one], crs=4326), hostile)  # type: ignore[arg-type]
        for kind, one in shapes.items()
    )
    villages = gpd.GeoDataFrame(geometry=[shapely.box(104.4, -2.9, 104.52, -2.78)], crs=4326)
    payload = copy.deepcopy(rich_payload)
    payload["ground"] = ground_payload(Backdrop(layers=layers), villages)
    visit = visit_page(write_page(payload))
    assert visit.text("#legend").count(hostile) == 3
    assert visit.page.locator(".leaflet-ground-pane path").count() == 3
    assert visit.page.locator("img").count() == 0
    # without any ground all around is white
    visit.page.uncheck("#show-names")
    visit.run(SHOW, [-2.84, 104.46, 9.0])
    visit.settle()
    picture = Image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")
    assert _seen(visit, (104.6, -2.7), picture) == WHITE
    assert visit.complaints == []
    visit.context.close()
