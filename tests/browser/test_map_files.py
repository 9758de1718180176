"""What leaves the page: table, picture, paper."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def _saved(visit: Visit, button: str, path: Path) -> Path:
    with visit.page.expect_download() as waiting:
        visit.page.click(button)
    waiting.value.save_as(path)
    return path


def test_table_file_keeps_percent_missing_and_harmless_names_apart(
    visit_page: Callable[..., Visit],
    rich_payload: dict[str, Any],
    write_page: Callable[[dict[str, Any]], Path],
    tmp_path: Path,
) -> None:
    payload = copy.deepcopy(rich_payload)
    names = payload["villages"]["name"]
    for row, name in enumerate(["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", 'a;"b"']):
        names[row] = name
    visit = visit_page(write_page(payload))
    visit.page.click("#compare-open")
    visit.page.select_option("#other", payload["layers"][2]["key"])
    saved = _saved(visit, "#download", tmp_path / "tabel.csv")
    assert saved.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = saved.read_text(encoding="utf-8-sig").split("\n")
    rows = {line.split(";")[0]: line for line in lines}
    code = payload["villages"]["code"]
    label = payload["layers"][0]["label"]
    assert lines[0].startswith(f"kode_desa;desa;kecamatan;{label} (%);")
    assert payload["layers"][2]["label"] in lines[0]
    for row, cell in enumerate(["'=1+1", "'+cmd", "'-2+3", "'@SUM(A1)", "'\tx", '"a;""b"""']):
        assert f"{code[row]};{cell};" in rows[code[row]]
    assert ";60,0;120;" in rows[code[0]]
    assert ";Tidak ada data;Tidak ada data;Tidak ada data;" in rows[code[20]]
    assert ";Tidak ada data;" in rows[code[35]]
    visit.context.close()


def test_table_file_follows_the_district_filter(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any], tmp_path: Path
) -> None:
    visit = visit_page(rich_page)
    visit.page.select_option("#district", "0")
    saved = _saved(visit, "#download", tmp_path / "tabel.csv")
    lines = saved.read_text(encoding="utf-8-sig").splitlines()
    wanted = rich_payload["villages"]["district"].count(0)
    assert sum(line.startswith("16.07.") for line in lines) == wanted
    visit.context.close()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_picture_holds_map_legend_and_hatches(
    visit_page: Callable[..., Visit], rich_page: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    from PIL import Image  # noqa: PLC0415 - only with a browser

    visit = visit_page(rich_page, size)
    saved = _saved(visit, "#picture", tmp_path / "peta.png")
    with Image.open(saved) as picture:
        colors = picture.convert("RGB")
        found = {color for _, color in colors.getcolors(maxcolors=1 << 24) or []}
        assert picture.width > 2 * min(size[0] * 0.5, 700)
    worst = visit.run("sibangkit.data.layers[0].classes.at(-1).color")
    for wanted in (worst, "#efede7", "#7d8794", "#12305a", "#7a2e05"):
        assert tuple(int(wanted[i : i + 2], 16) for i in (1, 3, 5)) in found, wanted
    assert visit.complaints == []
    visit.context.close()


@pytest.mark.parametrize("compare", [False, True])
def test_paper_is_one_sheet_with_legend_scale_and_sources(
    visit_page: Callable[..., Visit], rich_page: Path, tmp_path: Path, *, compare: bool
) -> None:
    from pypdf import PdfReader  # noqa: PLC0415 - only with a browser

    visit = visit_page(rich_page)
    if compare:
        visit.page.click("#compare-open")
        visit.page.select_option("#other", index=1)
    visit.page.locator("#ranking tr").first.click()
    before = visit.run("sibangkit.map.getZoom()")
    pages = PdfReader(visit.paper(tmp_path / "cetak.pdf")).pages
    assert len(pages) == 1
    text = pages[0].extract_text()
    for said in ("Estimasi", "Sumber", "Tidak ada data", " km", "WGS 84", " BT"):
        assert said in text, said
    for unsaid in ("Bantuan", "Unduh", "Atur ulang", "Peringkat"):
        assert unsaid not in text, unsaid
    assert ("Kanan:" in text) == compare
    assert visit.run("sibangkit.map.getZoom()") == pytest.approx(before, abs=0.02)
    visit.context.close()


def test_a_wide_area_is_drawn_listed_and_in_the_table_apart_from_the_pockets(
    visit_page: Callable[..., Visit],
    rich_payload: dict[str, Any],
    write_page: Callable[[dict[str, Any]], Path],
    tmp_path: Path,
) -> None:
    payload = copy.deepcopy(rich_payload)
    free = set(range(36)).difference(*(one["villages"] for one in payload["pockets"]))
    rows = sorted(free)[:4]
    payload["wide"] = [
        {"number": 1, "villages": rows, "sentence": "Wilayah miskin luas 1: 4 desa."}
    ]
    visit = visit_page(write_page(payload))
    assert "Wilayah miskin luas (bukan kantong)" in visit.text("#legend")
    assert "Wilayah miskin luas 1: 4 desa." in visit.text("#pockets")
    # the button is reached by keyboard and named
    button = visit.page.get_by_role("button", name="Tampilkan wilayah miskin luas 1 di peta")
    before = visit.fragment()
    button.focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("was => decodeURIComponent(location.hash) !== was", arg=before)
    saved = _saved(visit, "#download", tmp_path / "tabel.csv")
    head, *lines = saved.read_text(encoding="utf-8-sig").splitlines()
    at = head.split(";").index("wilayah miskin luas")
    marked = [line.split(";")[0] for line in lines[:36] if line.split(";")[at] == "1"]
    assert marked == [payload["villages"]["code"][row] for row in rows]
    picture = _saved(visit, "#picture", tmp_path / "peta.png")
    assert picture.stat().st_size > 10_000
    assert visit.complaints == []
    visit.context.close()


@pytest.mark.parametrize("core", [0, 2])
def test_a_pocket_with_an_edge_shows_its_core(
    visit_page: Callable[..., Visit],
    rich_payload: dict[str, Any],
    write_page: Callable[[dict[str, Any]], Path],
    core: int,
) -> None:
    payload = copy.deepcopy(rich_payload)
    for one in payload["pockets"]:
        one["core"] = []
    payload["pockets"][0]["core"] = payload["pockets"][0]["villages"][:core]
    visit = visit_page(write_page(payload))
    assert ("Inti kantong: peluang termasuk 80% ke atas" in visit.text("#legend")) == bool(core)
    lines = "sibangkit.map && document.querySelectorAll('.leaflet-pockets-pane path').length"
    # each pocket has a casing and a line; the core is one line more
    assert visit.run(lines) == 2 * len(payload["pockets"]) + bool(core)
    assert visit.complaints == []
    visit.context.close()
