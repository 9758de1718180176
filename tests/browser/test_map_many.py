"""A province: villages on a canvas that nobody can click must still answer, print and download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sibangkit_geo.products.web.page import MANY
from tests.browser.conftest import SIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
COUNT = MANY + 200
WIDE = 40
GREEN = "#00a040"
PIXEL = """place => {
  const canvas = [...document.querySelectorAll('canvas.villages')].find(
    one => one.style.display !== 'none');
  const at = sibangkit.map.latLngToContainerPoint(place);
  const [a, b] = [canvas, sibangkit.map.getContainer()].map(one => one.getBoundingClientRect());
  const share = canvas.width / a.width;
  const x = (at.x + b.left - a.left) * share, y = (at.y + b.top - a.top) * share;
  return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data];
}"""
AT = "place => { const {x, y} = sibangkit.map.latLngToContainerPoint(place); return [x, y]; }"


def middle(row: int) -> list[float]:
    """Return latitude and longitude of the middle of a square."""
    return [-2.6 + SIDE * (row // WIDE + 0.5), 104.5 + SIDE * (row % WIDE + 0.5)]


def finish(visit: Visit) -> None:
    """Wait for the drawing of what was done."""
    visit.settle()
    visit.run("sibangkit.slices.finish()")


@pytest.fixture(scope="module")
def many_payload(tiny_payload: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """Lay squares in rows; the first two have no data, two districts."""
    payload = tiny_payload(COUNT)
    for row in range(COUNT):
        west, south = 104.5 + SIDE * (row % WIDE), -2.6 + SIDE * (row // WIDE)
        east, north = west + SIDE, south + SIDE
        payload["topology"]["arcs"][row] = [
            [west, south], [west, north], [east, north], [east, south], [west, south],
        ]  # fmt: skip
    payload["villages"]["code"] = [f"16.07.0{1 + row % 2}.{2001 + row}" for row in range(COUNT)]
    payload["villages"]["district"] = [row % 2 for row in range(COUNT)]
    payload["districts"] = [
        {"code": "16.07.01", "name": "Rambutan", "labels": []},
        {"code": "16.07.02", "name": "Betung", "labels": []},
    ]
    layer = payload["layers"][0]
    layer["class"] = [None, None, *(0 for _ in range(COUNT - 2))]
    layer["values"] = layer["class"][:2] + layer["values"][2:]
    layer["classes"] = [{"color": GREEN, "label": "12,5", "count": COUNT - 2}]
    layer |= {"n_missing": 2, "district_values": [12.5, 12.5]}
    return payload


@pytest.fixture(scope="module")
def opened(
    visit_page: Callable[..., Visit],
    write_page: Callable[[dict[str, Any]], Path],
    many_payload: dict[str, Any],
) -> Iterator[Visit]:
    once = visit_page(write_page(many_payload))
    yield once
    assert once.complaints == []
    once.context.close()


@pytest.fixture
def visit(opened: Visit) -> Visit:
    """Begin anew on the same page."""
    opened.run("sibangkit.reset()")
    finish(opened)
    return opened


def test_codes_and_classes_come_back_from_their_short_form(
    visit: Visit, many_payload: dict[str, Any]
) -> None:
    assert visit.run("sibangkit.data.villages.code") == many_payload["villages"]["code"]
    assert visit.run("sibangkit.data.layers[0].class") == many_payload["layers"][0]["class"]


def test_each_village_has_its_color_hatch_or_dots_and_fades_outside_a_district(
    visit: Visit,
) -> None:
    assert visit.run(PIXEL, middle(500)) == [0, 160, 64, 255]
    for row in (0, 1):
        assert visit.run(PIXEL, middle(row))[:3] != [0, 160, 64]
    visit.page.select_option("#district", "0")
    finish(visit)
    assert visit.run(PIXEL, middle(500)) == [0, 160, 64, 255]
    # 22 % of green over land
    assert visit.run(PIXEL, middle(501)) == pytest.approx([186, 220, 196, 255], abs=2)


def test_pointing_and_clicking_find_the_village(visit: Visit) -> None:
    box = visit.page.locator("#map").bounding_box()
    assert box is not None
    x, y = visit.run(AT, middle(777))
    visit.page.mouse.move(box["x"] + x, box["y"] + y)
    assert "Desa 777" in visit.text(".leaflet-tooltip")
    assert visit.page.locator(".leaflet-hover-pane path").count() == 2
    visit.page.mouse.click(box["x"] + x, box["y"] + y)
    assert "Desa 777" in visit.text("#detail")
    assert visit.fragment() == "#desa=16.07.02.2778"
    # beyond the land there is none
    visit.page.mouse.move(box["x"] + 4, box["y"] + 4)
    assert visit.page.locator(".leaflet-tooltip").count() == 0


def test_a_zoom_shows_the_picture_before_until_the_new_one_is_drawn(visit: Visit) -> None:
    shown = "[...document.querySelectorAll('canvas.villages')].find(one => !one.style.display)"
    stretched = visit.run(
        "() => { sibangkit.map.setZoom(sibangkit.map.getZoom() + 2, {animate: false});"
        f" return {shown}.style.transform; }}"
    )
    assert "scale(4)" in stretched
    # by itself, frame by frame
    visit.run(
        "() => new Promise(done => { const look = () => ("
        f"{shown}.style.transform.includes('scale') ? requestAnimationFrame(look) : done());"
        " look(); })"
    )
    assert visit.run(PIXEL, middle(COUNT // 2 + WIDE // 2)) == [0, 160, 64, 255]


def test_picture_and_paper_hold_the_villages(visit: Visit, tmp_path: Path) -> None:
    from PIL import Image  # noqa: PLC0415 - only with a browser

    visit.run("sibangkit.map.setZoom(sibangkit.map.getZoom() + 1, {animate: false})")
    with visit.page.expect_download() as waiting:
        visit.page.click("#picture")
    waiting.value.save_as(tmp_path / "peta.png")
    with Image.open(tmp_path / "peta.png") as picture:
        colors = {color: count for count, color in picture.convert("RGB").getcolors(1 << 24) or []}
    assert colors[(0, 160, 64)] > 200_000
    assert visit.paper(tmp_path / "cetak.pdf").stat().st_size > 20_000


def test_a_second_map_follows_and_goes(visit: Visit) -> None:
    assert visit.page.locator("#compare-open").is_hidden()
    visit.run(
        "sibangkit.data.layers.push({...sibangkit.data.layers[0], key: 'b', label: 'B'});"
        "sibangkit.compare('b')"
    )
    finish(visit)
    assert visit.page.locator("canvas.villages").count() == 2
    visit.run("sibangkit.compare(null)")
    finish(visit)
    assert visit.page.locator("canvas.villages").count() == 1
