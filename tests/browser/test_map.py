"""What a planner does with the map: choose, search, compare, measure, share the address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit
    from tests.conftest import SmallStudy

pytestmark = pytest.mark.browser
DESKTOP, PHONE = (1366, 768), (390, 844)
# ends after the page, which listened before, has answered
FOLLOW = """fragment => new Promise(done => {
  addEventListener('hashchange', () => done(), { once: true });
  location.hash = fragment;
})"""


def test_panel_tells_value_count_district_regency_trend_and_who_acts(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page)
    layer, villages = rich_payload["layers"][0], rich_payload["villages"]
    visit.run("code => sibangkit.select(code)", villages["code"][0])
    text = visit.text("#detail")
    # 60 % of 200 families are poor, as the profile says
    assert layer["values"][0] == 60.0
    assert layer["counts"][0] == 120
    district = layer["district_values"][villages["district"][0]]
    for said in (
        villages["name"][0],
        "60,0%",
        f"120 {layer['count_label']}",
        f"Kecamatan {district:.1f}%".replace(".", ","),
        f"Kabupaten {layer['regency_value']:.1f}%".replace(".", ","),
        "urutan 3 dari 34 desa",
        "2020: 72,8% → 2025: 60,0% (turun 12,8 poin)",
        villages["verdict"][0],
        "Perkimtan",
        "Dinas Sosial",
    ):
        assert said in text, said
    assert visit.page.locator("#detail .spark").count() == 1
    assert visit.text("#status").startswith(villages["name"][0])
    visit.context.close()


def test_the_graph_of_the_test_is_drawn_when_asked_for(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page)
    path = ".leaflet-network-pane path"
    assert visit.page.locator(path).count() == 0
    visit.page.click("#show-network")
    drawn = visit.page.locator(path).get_attribute("d") or ""
    # squares: 34 in one graph need 33 lines at least, and each has 8 neighbours at most
    assert 33 <= drawn.count("M") <= 34 * 8 / 2
    assert drawn.count("L") == drawn.count("M")
    visit.page.click("#show-network")
    assert visit.page.locator(path).count() == 0
    visit.context.close()


def test_address_keeps_the_view_and_a_link_opens_it_again(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page)
    layer, other = rich_payload["layers"][1]["key"], rich_payload["layers"][2]["key"]
    assert visit.fragment() == ""
    length = visit.run("history.length")
    visit.page.select_option("#layer", layer)
    visit.page.click("#compare-open")
    visit.page.select_option("#other", other)
    visit.page.select_option("#district", index=1)
    code = visit.page.locator("#ranking tr").first.get_attribute("data-code")
    visit.page.locator("#ranking tr").first.click()
    visit.page.click(".leaflet-control-zoom-in")
    fragment = visit.fragment()
    for part in (
        f"lapisan={layer}",
        f"banding={other}",
        f"desa={code}",
        "kecamatan=16.07.0",
        "peta=",
    ):
        assert part in fragment
    assert visit.run("history.length") == length
    again = visit_page(rich_page, fragment=fragment)
    assert again.page.input_value("#layer") == layer
    assert again.page.locator("#map2").is_visible()
    assert str(code) in again.text("#detail")
    assert again.page.input_value("#district") == visit.page.input_value("#district")
    center = (
        "[sibangkit.map.getCenter().lat, sibangkit.map.getCenter().lng, sibangkit.map.getZoom()]"
    )
    assert again.run(center) == pytest.approx(visit.run(center), abs=0.006)
    again.page.click("#reset")
    assert again.page.locator("#map2").count() == 0
    assert again.fragment() == ""
    for one in (visit, again):
        assert one.complaints == []
        one.context.close()


def test_a_broken_link_opens_the_whole_map(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    broken = "#lapisan=tidak_ada&desa=x&kecamatan=y&banding=z&peta=1e999,a"
    visit = visit_page(rich_page, fragment=broken)
    for fragment in ("", "#%%%", "#peta=,,", broken):
        if fragment:
            visit.run(FOLLOW, fragment)
        assert visit.complaints == []
        assert visit.page.locator("#detail.empty").is_visible()
        assert visit.page.input_value("#district") == ""
        assert visit.page.locator("#map2").count() == 0
    visit.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_search_by_keyboard_finds_mapped_and_unmapped_villages(
    visit_page: Callable[..., Visit],
    rich_page: Path,
    rich_payload: dict[str, Any],
    size: tuple[int, int],
) -> None:
    visit = visit_page(rich_page, size)
    keys = visit.page.keyboard
    visit.page.fill("#search", rich_payload["villages"]["code"][7])
    keys.press("Enter")
    assert rich_payload["villages"]["name"][7] in visit.text("#detail")
    visit.page.fill("#search", "tanah hil")
    assert "tidak ada di peta" in visit.text("#matches")
    assert visit.text("#search-status") == "1 cocok"
    keys.press("Escape")
    assert visit.page.locator("#matches").is_hidden()
    keys.press("ArrowDown")
    keys.press("Enter")
    assert "batasnya belum ada pada sumber" in visit.text("#detail")
    assert visit.fragment() == "#desa=16.07.99.2001" or "desa=16.07.99.2001" in visit.fragment()
    visit.page.fill("#search", "zzz")
    assert "Tidak ada yang cocok" in visit.text("#matches")
    visit.context.close()


def test_table_and_map_point_at_each_other(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page)
    row = visit.page.locator("#ranking tr").nth(2)
    code = row.get_attribute("data-code")
    outlines = ".leaflet-hover-pane path"
    assert visit.page.locator(outlines).count() == 0
    row.hover()
    assert visit.page.locator(outlines).count() == 2
    visit.page.locator("#title").hover()
    assert visit.page.locator(outlines).count() == 0
    visit.page.locator(f"path[data-code='{code}']").hover()
    assert visit.page.locator("#ranking tr.hover").get_attribute("data-code") == code
    visit.page.locator(f"path[data-code='{code}']").click()
    assert visit.page.locator("#ranking tr.selected").get_attribute("data-code") == code
    assert str(code) in visit.text("#detail")
    visit.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_two_years_stand_side_by_side_and_move_together(
    visit_page: Callable[..., Visit],
    rich_page: Path,
    rich_payload: dict[str, Any],
    size: tuple[int, int],
) -> None:
    visit = visit_page(rich_page, size)
    key = rich_payload["layers"][0]["key"]
    before = visit.page.locator("#map").bounding_box()
    visit.page.click("#compare-open")
    visit.page.select_option("#other", f"{key}@2020")
    assert "(2020)" in visit.text("#legend-box-2")
    assert "≥" in visit.text("#legend-box-2")
    assert visit.text("#map2 .map-caption").startswith("Kanan")
    assert visit.overflow <= 0
    visit.page.click(".leaflet-control-zoom-in")
    transforms = visit.run(
        """() => ['map', 'map2'].map(id => document.querySelector(
             `#${id} .leaflet-villages-pane svg`).getAttribute('viewBox').split(' ').slice(2))"""
    )
    assert transforms[0] == transforms[1]
    # counts of the second legend are the villages of the other year
    counts = re.findall(r"(\d+) desa", visit.text("#legend-2"))
    assert sum(map(int, counts)) == len(rich_payload["villages"]["code"])
    visit.page.select_option("#other", "")
    assert visit.page.locator("#map2, .map-caption, .leaflet-map-pane").count() == 1
    after = visit.page.locator("#map").bounding_box()
    assert before is not None
    assert after is not None
    assert (after["width"], after["height"]) == (before["width"], before["height"])
    assert visit.complaints == []
    visit.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_blocks_fold_are_built_when_opened_and_wide_tables_are_stacked(
    visit_page: Callable[..., Visit], rich_page: Path, size: tuple[int, int]
) -> None:
    visit = visit_page(rich_page, size)
    block = visit.page.locator(".block[data-key='anggaran']")
    assert block.locator("table").count() == 0
    block.locator("summary").click()
    # a browser tells of an opened block in its own time
    block.locator("td.number").first.wait_for()
    assert block.locator("td.number").count() == 21
    assert "Langkah kedua." in block.inner_text()
    # too wide for the column: rows stand as cards, every number beside its heading
    block.locator(".scroll.stacked").wait_for()
    assert block.locator(".scroll").evaluate("box => box.scrollWidth - box.clientWidth") <= 1
    cell = block.locator("td.number").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Kolom 1"'
    assert visit.overflow <= 0
    column = visit.page.locator("#results").bounding_box()
    table = block.locator(".scroll").bounding_box()
    assert column is not None
    assert table is not None
    assert table["x"] + table["width"] <= column["x"] + column["width"]
    visit.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_help_and_honesty_are_one_click_away(
    visit_page: Callable[..., Visit], rich_page: Path, size: tuple[int, int]
) -> None:
    visit = visit_page(rich_page, size)
    visit.page.get_by_role("button", name="Yang tidak dapat dijawab peta ini").click()
    assert "tidak menyebut siapa yang miskin" in visit.text("#honesty")
    visit.page.keyboard.press("Escape")
    assert visit.page.locator("#honesty").is_hidden()
    visit.page.get_by_role("button", name="Bantuan").click()
    assert "Tidak ada data" in visit.text("#help")
    assert "Papan ketik" in visit.text("#help")
    visit.page.keyboard.press("Escape")
    visit.page.focus("#map")
    visit.page.keyboard.press("/")
    assert visit.run("document.activeElement.id") == "search"
    visit.context.close()


def test_no_width_overflows_or_cuts_the_chosen_indicator(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page)
    visit.page.click("#compare-open")
    visit.page.select_option("#other", index=1)
    visit.page.locator("#ranking tr").first.click()
    for width in (360, 390, 600, 768, 981, 1024, 1280, 1366, 1600, 1920):
        visit.page.set_viewport_size({"width": width, "height": 768})
        assert visit.overflow <= 0, width
        cut = visit.run(
            """() => [...document.querySelectorAll(
                 '.choice span, .buttons button, .legend *:not(svg *), .detail *, .top *')]
                 .filter(node => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 1)
                 .map(node => node.outerHTML.slice(0, 80))"""
        )
        assert cut == [], width
    visit.context.close()


def test_on_a_phone_the_chosen_village_leads_to_its_numbers(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page, PHONE)
    assert visit.page.locator("#to-detail").is_hidden()
    visit.page.locator("path[data-code]").nth(4).click()
    name = rich_payload["villages"]["name"][4]
    visit.page.get_by_role("button", name=f"Lihat rincian {name}").click()
    shown = visit.page.locator("#detail").bounding_box()
    assert shown is not None
    assert -2 < shown["y"] < PHONE[1] / 2
    visit.page.get_by_role("button", name="Tutup rincian").click()
    assert visit.page.locator("#to-detail").is_hidden()
    assert visit.run("document.activeElement.id") == "map"
    visit.context.close()


def test_the_page_of_another_agency_opens_at_the_same_place(
    visit_page: Callable[..., Visit], small_study: SmallStudy, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(small_study.out / "bappeda.html")
    code = rich_payload["villages"]["code"][4]
    visit.run("code => sibangkit.select(code)", code)
    visit.page.select_option("#pages", "perkimtan.html")
    visit.page.wait_for_url(f"**/perkimtan.html#desa={code}*")
    visit.page.wait_for_selector("html[data-ready='1']")
    assert code in visit.text("#detail")
    visit.context.close()
