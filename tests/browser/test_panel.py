"""The panel of a district, the filter, areas side by side, the map by keyboard and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit
    from tests.conftest import SmallStudy

pytestmark = pytest.mark.browser
DESKTOP, PHONE, SMALL = (1366, 768), (390, 844), (360, 640)
BOM = "\ufeff"


def _saved(visit: Visit, tmp_path: Path, button: str) -> list[list[str]]:
    with visit.page.expect_download() as waiting:
        visit.page.click(button)
    waiting.value.save_as(tmp_path / "berkas.csv")
    text = (tmp_path / "berkas.csv").read_text("utf-8")
    assert text.startswith(BOM)
    return [line.split(";") for line in text.removeprefix(BOM).splitlines()]


def _district(payload: dict[str, Any], index: int) -> list[int]:
    return [row for row, at in enumerate(payload["villages"]["district"]) if at == index]


def test_a_district_fills_the_panel_and_the_regency_comes_back(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page)
    layer, district = rich_payload["layers"][0], rich_payload["districts"][1]
    visit.page.select_option("#district", "1")
    panel = visit.text("#area")
    value = f"{layer['district_values'][1]:.1f}%".replace(".", ",")
    counted = f"{layer['district_counts'][1]} {layer['count_label']}"
    rows = _district(rich_payload, 1)
    for said in (
        f"Kec. {district['name']}",
        f"{len(rows)} desa",
        value,
        counted,
        "kecamatan",
        "Kantong di kecamatan ini",
        *district["roles"],
    ):
        assert said in panel, said
    # what is of the whole regency has gone, or says that it is
    for gone in ("#verdict", "#trend", "#needs"):
        assert visit.page.locator(gone).is_hidden()
    assert visit.text("#whole") == "Seluruh kabupaten"
    assert visit.page.locator("#ranking tr").count() <= len(rows)
    visit.page.get_by_role("button", name="Kembali ke seluruh kabupaten").click()
    assert visit.page.locator("#area").is_hidden()
    assert visit.page.locator("#verdict").is_visible()
    visit.context.close()


def test_counts_of_districts_are_those_of_their_villages(rich_payload: dict[str, Any]) -> None:
    for layer in rich_payload["layers"][1:]:
        if layer["counts"] is None:
            continue
        for index, count in enumerate(layer["district_counts"]):
            rows = _district(rich_payload, index)
            own = sum(layer["counts"][row] or 0 for row in rows)
            # every village is written as a whole number, also of estimates that are none
            assert count == pytest.approx(own, abs=len(rows) / 2 + 1), (layer["key"], index)


def test_the_filter_counts_lists_fades_and_downloads_the_same_villages(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any], tmp_path: Path
) -> None:
    visit = visit_page(rich_page)
    layer, villages = rich_payload["layers"][0], rich_payload["villages"]
    inside = {row for pocket in rich_payload["pockets"] for row in pocket["villages"]}
    limit = sorted(value for value in layer["values"] if value is not None)[10]
    wanted = {row for row in inside if (layer["values"][row] or -1) >= limit}
    assert 0 < len(wanted) < len(villages["code"])
    visit.page.click("#filter-box summary")
    visit.page.fill("#filter-least", f"{limit:.1f}".replace(".", ","))
    visit.page.select_option("#filter-pocket", "in")
    told = visit.text("#filter-result")
    assert told.startswith(f"{len(wanted)} desa: {layer['label']} ≥ ")
    assert "di dalam kantong" in told
    total = sum(layer["counts"][row] for row in wanted)
    assert f"{layer['count_label']}: {total:,.0f}.".replace(",", ".") in told
    # the legend counts what is meant
    counted = visit.page.locator("#legend .count").all_inner_texts()
    assert sum(int(one.split()[0]) for one in counted) == len(wanted)
    shown = visit.page.locator("#ranking tr").evaluate_all("rows => rows.map(r => r.dataset.code)")
    codes = {villages["code"][row] for row in wanted}
    assert set(shown) <= codes
    faded = visit.run(
        "() => [...document.querySelectorAll('path[data-code]')]"
        ".filter(p => p.getAttribute('fill-opacity') === '1').map(p => p.dataset.code)"
    )
    assert set(faded) == codes
    rows = _saved(visit, tmp_path, "#download")
    assert {row[0] for row in rows[1:] if row[0].startswith("16.")} == codes
    fragment = visit.fragment()
    again = visit_page(rich_page, fragment=fragment)
    assert again.text("#filter-result") == told
    assert again.page.input_value("#filter-pocket") == "in"
    again.page.click("#filter-clear")
    assert again.text("#filter-result") == ""
    assert again.page.locator("#filter-clear").is_hidden()
    again.page.fill("#filter-least", "dua")
    again.page.keyboard.press("Enter")
    assert "Tulis angka" in again.text("#filter-result")
    for one in (visit, again):
        assert one.complaints == []
        one.context.close()


def test_all_indicators_of_a_page_come_in_one_file(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any], tmp_path: Path
) -> None:
    visit = visit_page(rich_page)
    rows = _saved(visit, tmp_path, "#download-all")
    heads = {one.strip('"') for one in rows[0]}
    for layer in rich_payload["layers"]:
        assert {layer["label"], f"{layer['label']} (%)"} & heads, layer["label"]
    assert sum(row[0].startswith("16.") for row in rows) == len(rich_payload["villages"]["code"])
    visit.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_two_to_four_areas_stand_side_by_side(
    visit_page: Callable[..., Visit],
    rich_page: Path,
    rich_payload: dict[str, Any],
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    visit = visit_page(rich_page, size)
    layer, villages = rich_payload["layers"][0], rich_payload["villages"]
    for row in range(2):
        visit.page.fill("#search", villages["code"][row])
        visit.page.keyboard.press("Enter")
        visit.page.locator("#detail").get_by_role(
            "button", name="Tambahkan ke perbandingan"
        ).click()
    visit.page.select_option("#district", "0")
    visit.page.locator("#area").get_by_role("button", name="Tambahkan ke perbandingan").click()
    visit.page.get_by_role("button", name="Lihat tabel perbandingan").click()
    table = visit.text("#areas table")
    for said in (
        villages["name"][0],
        villages["name"][1],
        f"Kec. {rich_payload['districts'][0]['name']}",
        rich_payload["regency"],
        f"{layer['values'][1]:.1f}%".replace(".", ","),
        f"{layer['district_values'][0]:.1f}%".replace(".", ","),
        layer["label"],
    ):
        assert said in table, said
    rows = _saved(visit, tmp_path, "#areas button:has-text('Unduh tabel')")
    assert len(rows[0]) == 5
    visit.page.keyboard.press("Escape")
    assert visit.overflow <= 0
    codes = [*villages["code"][:2], rich_payload["districts"][0]["code"]]
    assert f"wilayah={','.join(codes)}" in visit.fragment()
    visit.page.get_by_role("button", name="Kosongkan").click()
    assert visit.page.locator("#areas-bar").is_hidden()
    assert visit.complaints == []
    visit.context.close()


def test_the_legend_shows_how_villages_lie_and_where_the_chosen_one_is(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page)
    layer, villages = rich_payload["layers"][0], rich_payload["villages"]
    known = [value for value in layer["values"] if value is not None]
    drawn = visit.page.locator("#histogram svg")
    assert f"{len(known)} desa" in (drawn.get_attribute("aria-label") or "")
    colors = set(
        visit.run(
            """() => [...document.querySelectorAll('#histogram rect')]
                 .map(bar => bar.getAttribute('fill'))"""
        )
    )
    assert colors == {one["color"] for one in layer["classes"] if one["count"]}
    assert visit.page.locator("#histogram .chosen").count() == 0
    visit.run("code => sibangkit.select(code)", villages["code"][1])
    place = (layer["values"][1] - min(known)) / (max(known) - min(known)) * 228
    x = float(visit.page.locator("#histogram .chosen").get_attribute("x1") or "nan")
    assert x == pytest.approx(place, abs=0.5)
    visit.context.close()


def test_the_map_is_one_stop_of_tab_and_arrows_go_from_village_to_village(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page)
    keys = visit.page.keyboard
    visit.page.focus("#map")
    keys.press("ArrowRight")
    first = visit.text("#status")
    name = first.split(", ")[0]
    assert name in rich_payload["villages"]["name"]
    assert "Kec. " in first
    keys.press("ArrowRight")
    second = visit.text("#status")
    assert second != first
    keys.press("ArrowLeft")
    assert visit.page.locator(".leaflet-hover-pane path").count() == 2
    keys.press("Enter")
    chosen = visit.text("#detail h2")
    assert visit.text("#status").startswith(chosen)
    before = visit.run("sibangkit.map.getCenter().lng")
    keys.press("Shift+ArrowRight")
    assert visit.run("sibangkit.map.getCenter().lng") > before
    zoom = visit.run("sibangkit.map.getZoom()")
    keys.press("+")
    assert visit.run("sibangkit.map.getZoom()") > zoom
    # one press of Tab leaves the villages behind
    visit.page.focus("#map")
    keys.press("Tab")
    assert visit.run("document.activeElement.closest('.leaflet-villages-pane')") is None
    visit.context.close()


def test_tooltips_stay_on_the_map(visit_page: Callable[..., Visit], rich_page: Path) -> None:
    visit = visit_page(rich_page)
    frame = visit.page.locator("#map").bounding_box()
    assert frame is not None
    for _ in range(3):
        visit.page.click(".leaflet-control-zoom-in")
    seen = 0
    for x, y in ((0.01, 0.5), (0.85, 0.5), (0.5, 0.01), (0.3, 0.98), (0.02, 0.02)):
        visit.page.mouse.move(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"])
        visit.settle()
        tip = visit.page.locator(".leaflet-tooltip")
        if not tip.count():
            continue
        seen += 1
        box = tip.bounding_box()
        assert box is not None
        assert box["x"] >= frame["x"]
        assert box["y"] >= frame["y"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
        assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
    assert seen >= 2
    visit.context.close()


def test_names_keep_their_size_while_the_map_zooms(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page)
    heights = visit.run(
        """() => {
          const name = document.querySelector('.name-district');
          const height = () => name.getBoundingClientRect().height;
          const before = height();
          sibangkit.map.setZoom(sibangkit.map.getZoom() + 1, { animate: false });
          return [before, height()];
        }"""
    )
    assert heights[1] == pytest.approx(heights[0], rel=0.02)
    visit.context.close()


@pytest.mark.parametrize("size", [PHONE, SMALL])
def test_on_a_phone_a_tap_on_a_pocket_shows_it(
    visit_page: Callable[..., Visit], rich_page: Path, size: tuple[int, int]
) -> None:
    visit = visit_page(rich_page, size)
    visit.page.locator("#pockets .badge-button").first.click()
    visit.settle()
    box = visit.page.locator("#map").bounding_box()
    assert box is not None
    assert box["y"] < size[1] / 2
    assert box["y"] + box["height"] > size[1] / 2
    visit.page.locator("#pockets summary", has_text="Desa di dalamnya").first.click()
    first = visit.page.locator("#pockets .members button").first
    name = first.inner_text()
    first.click()
    assert name in visit.text("#detail h2")
    visit.context.close()


def test_a_page_of_a_study_leads_back_to_the_front(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    visit = visit_page(small_study.out / "perkimtan.html")
    visit.page.get_by_role("link", name="Halaman depan").click()
    visit.page.wait_for_url("**/index.html")
    visit.context.close()


def test_a_print_of_a_district_names_it_and_shows_its_numbers(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page)
    visit.page.select_option("#district", "1")
    visit.run("window.dispatchEvent(new Event('beforeprint'))")
    assert visit.text("#part") == f"Kec. {rich_payload['districts'][1]['name']}"
    assert visit.page.locator("#area .measure").first.is_visible()
    assert visit.page.locator("#area button").first.is_hidden()
    visit.context.close()
