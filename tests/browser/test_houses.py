"""Houses on the map of an internal page: clusters, points, cards, by mouse and by keyboard."""

from __future__ import annotations

import copy
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from sibangkit_geo.model.types import HouseCards
from sibangkit_geo.products.web import page as web_cards
from sibangkit_geo.products.web.page import houses_payload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
DESKTOP, PHONE = (1366, 768), (390, 844)
EACH = 40
HOSTILE = "<img src=x onerror=window.hacked=1>"


def some_cards(villages: int) -> HouseCards:
    """Make forty houses in each village, the first one alone in its corner, with a photo."""
    rng = np.random.default_rng(2)
    count = villages * EACH
    at = np.repeat(np.arange(villages), EACH)
    stream = io.BytesIO()
    Image.new("RGB", (32, 24), "brown").save(stream, "WEBP")
    photo = np.full(count, -1, dtype=np.int32)
    photo[0] = 0
    return HouseCards(
        needs=("Lantai tidak layak", HOSTILE), assisted=(False, True),
        groups=("Desil tidak diketahui", "Desil 1", "Desil 2"),
        per_village=np.full(villages, EACH),
        east=(10_440_000 + 2000 * (at % 6) + rng.integers(100, 1900, count)).astype(np.int32),
        north=(-290_000 + 2000 * (at // 6) + rng.integers(100, 1900, count)).astype(np.int32),
        deprived=np.where(np.arange(count) % 2, 1, 3).astype(np.uint32),
        served=np.where(np.arange(count) % 4, 0, 2).astype(np.uint32),
        group=np.full(count, 1, dtype=np.uint8), poor=np.ones(count, dtype=np.bool_),
        shuffle=77, photo=photo, photos=(stream.getvalue(),),
    )  # fmt: skip


def _serial_numbers(count: int, *, shuffle: int) -> NDArray[np.uint32]:
    """Rank of a mixed row number: what the page works out itself, so that it costs no byte."""
    # the finalizer of MurmurHash3 (Appleby, public domain): one-to-one, so that no two tie
    mixed = np.arange(count, dtype=np.uint32) ^ np.uint32(shuffle)
    mixed = (mixed ^ (mixed >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    serial = np.empty(count, dtype=np.uint32)
    serial[np.argsort(mixed)] = np.arange(1, count + 1, dtype=np.uint32)
    return serial


@pytest.fixture(scope="module")
def cards(rich_payload: dict[str, Any]) -> HouseCards:
    return some_cards(len(rich_payload["villages"]["code"]))


@pytest.fixture(scope="module")
def house_page(
    rich_payload: dict[str, Any],
    cards: HouseCards,
    write_page: Callable[[dict[str, Any]], Path],
) -> Path:
    return write_page(copy.deepcopy(rich_payload) | {"houses": houses_payload(cards)})


def open_houses(visit: Visit) -> None:
    visit.page.check("#show-houses")
    visit.page.wait_for_selector("#map[data-houses]")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_click_on_a_point_opens_the_card_of_that_house(
    visit_page: Callable[..., Visit], house_page: Path, cards: HouseCards, size: tuple[int, int]
) -> None:
    visit = visit_page(house_page, size)
    assert visit.page.locator("canvas.houses").count() == 0
    assert visit.page.get_by_text("Hanya untuk pemakaian internal").first.is_visible()
    open_houses(visit)
    place = {"lat": cards.north[0] / 1e5, "lng": cards.east[0] / 1e5}
    at = visit.run(
        """place => {
          document.getElementById('map').scrollIntoView({ block: 'center' });
          sibangkit.map.setView(place, sibangkit.map.getMaxZoom(), { animate: false });
          const point = sibangkit.map.latLngToContainerPoint(place);
          const box = document.getElementById('map').getBoundingClientRect();
          return [box.left + point.x, box.top + point.y];
        }""",
        {key: float(value) for key, value in place.items()},
    )
    visit.page.mouse.click(*at)
    card = visit.page.locator(".house-card")
    serial = _serial_numbers(len(cards), shuffle=77)[0]
    text = card.inner_text()
    assert f"Rumah tangga {serial:04d}" in text
    assert "Desil 1 · miskin" in text
    # a hostile label is shown as it is
    assert HOSTILE in text
    assert "menerima bantuan" in text
    assert "Hanya untuk pemakaian internal" in text
    assert card.locator("img").evaluate("node => node.decode().then(() => node.naturalWidth)") == 32
    assert visit.overflow <= 0
    visit.page.mouse.click(*at)
    visit.page.locator(".house-card .close").click()
    assert card.is_hidden()
    assert visit.run("window.hacked") is None
    assert visit.outside == []
    assert visit.complaints == []
    visit.context.close()


def test_a_cluster_opens_until_its_houses_stand_alone(
    visit_page: Callable[..., Visit], house_page: Path
) -> None:
    visit = visit_page(house_page)
    open_houses(visit)
    box = visit.page.locator("#map").bounding_box()
    assert box is not None
    before = visit.run("sibangkit.map.getZoom()")
    over = "document.getElementById('map').classList.contains('over-house')"
    for x in range(60, int(box["width"]) - 60, 12):
        visit.page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        if visit.run(over):
            visit.page.mouse.click(box["x"] + x, box["y"] + box["height"] / 2)
            break
    assert visit.run("sibangkit.map.getZoom()") > before
    assert visit.page.locator("#detail.empty").is_visible()
    visit.page.uncheck("#show-houses")
    assert visit.page.locator("#houses").is_hidden()
    assert visit.run("document.querySelector('canvas.houses').width") == 0
    visit.context.close()


def test_address_and_picture_keep_the_houses(
    visit_page: Callable[..., Visit], house_page: Path, tmp_path: Path
) -> None:
    from PIL import Image  # noqa: PLC0415 - only with a browser

    visit = visit_page(house_page, fragment="#rumah=1")
    visit.page.wait_for_selector("#map[data-houses]")
    found = {}
    for shown in (True, False):
        visit.page.set_checked("#show-houses", shown)
        assert ("rumah=1" in visit.fragment()) == shown
        with visit.page.expect_download() as waiting:
            visit.page.click("#picture")
        waiting.value.save_as(tmp_path / "peta.png")
        with Image.open(tmp_path / "peta.png") as picture:
            found[shown] = {color for _, color in picture.convert("RGB").getcolors(1 << 24) or []}
    # circle of a cluster, its number, and the warning that houses stay inside
    for color in ((154, 52, 18), (140, 18, 8)):
        assert color in found[True]
        assert color not in found[False]
    assert visit.complaints == []
    visit.context.close()


def test_houses_of_a_village_are_reached_by_keyboard_and_filtered(
    visit_page: Callable[..., Visit], house_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(house_page)
    keys = visit.page.keyboard
    visit.page.focus("#show-houses")
    keys.press("Space")
    visit.page.wait_for_selector("#map[data-houses]")
    visit.run("code => sibangkit.select(code)", rich_payload["villages"]["code"][3])
    assert f"{EACH} rumah tangga" in visit.text("#house-list")
    visit.page.focus(".house-list button >> nth=1")
    keys.press("Enter")
    assert visit.page.locator(".house-card").is_visible()
    assert visit.run("document.activeElement.className") == "close"
    keys.press("Escape")
    assert visit.page.locator(".house-card").is_hidden()
    assert visit.run("document.activeElement.textContent").startswith("Rumah tangga")
    visit.page.select_option("#house-need", "1")
    assert f"{len(rich_payload['villages']['code']) * EACH // 2:,}".replace(",", ".") in visit.text(
        "#house-count"
    )
    assert f"{EACH // 2} rumah tangga" in visit.text("#house-list")
    visit.page.click("#reset")
    assert visit.page.locator("#houses").is_hidden()
    assert visit.complaints == []
    visit.context.close()


def test_photos_beside_the_page_are_shown_and_nothing_else_is(
    visit_page: Callable[..., Visit],
    rich_payload: dict[str, Any],
    cards: HouseCards,
    write_page: Callable[[dict[str, Any]], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_cards, "EMBEDDED_PHOTOS", 0)
    page = write_page(copy.deepcopy(rich_payload) | {"houses": houses_payload(cards)})
    web_cards.write_photos(cards, page.parent)
    visit = visit_page(page)
    open_houses(visit)
    visit.run("code => sibangkit.select(code)", rich_payload["villages"]["code"][0])
    serial = f"{_serial_numbers(len(cards), shuffle=77)[0]:04d}"
    visit.page.locator("#house-list .plain").click()
    visit.page.locator(".house-list button", has_text=serial).click()
    width = "node => node.decode().then(() => node.naturalWidth)"
    assert visit.page.locator(".house-card img").evaluate(width) == 32
    beside = (page.parent / "foto" / "0001.webp").as_uri()
    assert {url.partition("#")[0] for url in visit.requests} == {page.as_uri(), beside}
    assert visit.complaints == []
    visit.context.close()


COVERED = """() => {
  const { map } = sibangkit;
  map.setZoom(map.getZoom() + 0.8, { animate: false });
  sibangkit.slices.finish();
  const canvas = document.querySelector('canvas.houses');
  const frame = canvas.getBoundingClientRect();
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const white = (x, y) => {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || row < 0 || column >= canvas.width || row >= canvas.height) return 0;
    const at = 4 * (row * canvas.width + column);
    return data[at] > 245 && data[at + 2] > 245 && data[at + 3] > 200 ? 1 : 0;
  };
  let all = 0;
  for (let y = 0; y < canvas.height; y += 1)
    for (let x = 0; x < canvas.width; x += 1) all += white(x, y);
  const names = document.querySelectorAll('.names .name-district, .names .name-village');
  return { all, covered: [...names].map(name => {
    const box = name.getBoundingClientRect();
    let found = 0;
    for (let x = box.left; x < box.right; x += 1)
      for (let y = box.top; y < box.bottom; y += 1) found += white(x - frame.left, y - frame.top);
    return found / (box.width * box.height);
  }) };
}"""


def test_names_keep_clear_of_the_circles(
    visit_page: Callable[..., Visit], house_page: Path
) -> None:
    visit = visit_page(house_page, DESKTOP)
    open_houses(visit)
    seen = visit.run(COVERED)
    assert seen["all"] > 2000
    assert len(seen["covered"]) > 5
    assert max(seen["covered"]) < 0.1
