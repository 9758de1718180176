"""The pages as a planner opens them: Chromium, a file by double click, no network."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sibangkit_geo.study import Finished
    from tests.browser.conftest import Visit
    from tests.conftest import SmallStudy

pytestmark = pytest.mark.browser
SIZES = [(1280, 720), (1366, 768), (1920, 1080), (390, 844)]


def _pages(finished: Finished) -> list[Path]:
    """List the maps; the front page and the districts' have tests of their own."""
    plain = ("index.html", "laporan_mutu_data.html")
    names = [name for name in finished.products if name.endswith(".html") and "/" not in name]
    return [finished.out / name for name in names if name not in plain]


def _check_quiet(visit: Visit) -> None:
    assert visit.outside == []
    assert visit.complaints == []


def test_every_page_opens_offline_without_a_request_or_complaint(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    pages = _pages(small_study.finished)
    assert {page.stem for page in pages} >= {
        "bappeda",
        "dinsos",
        "perkimtan",
        "dpmd",
        "disdukcapil",
        "dinkes",
        "disdik",
        "pupr",
    }
    for path in pages:
        visit = visit_page(path)
        _check_quiet(visit)
        text = visit.page.inner_text("body")
        assert "Estimasi, bukan angka resmi" in text
        assert "Sumber" in text
        assert visit.run("document.documentElement.lang") == "id"
        visit.context.close()


def test_every_real_page_is_quiet_and_in_indonesian(
    visit_page: Callable[..., Visit], study_run: Finished
) -> None:
    for path in _pages(study_run):
        visit = visit_page(path)
        _check_quiet(visit)
        text = visit.page.inner_text("body")
        assert "Estimasi, bukan angka resmi" in text
        assert "Tidak ada kantong kemiskinan yang signifikan" in text
        assert "Kepmendagri 300.2.2-2430/2025" in text
        visit.context.close()


def test_a_page_without_data_says_which_data_would_fill_it(
    visit_page: Callable[..., Visit], study_run: Finished
) -> None:
    visit = visit_page(study_run.out / "disdukcapil.html")
    assert "padan_dukcapil" in visit.page.inner_text("#missing")
    assert visit.page.locator("#missing").is_visible()
    visit.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_district_is_labelled_at_fit_zoom_and_none_overlaps(
    visit_page: Callable[..., Visit], study_run: Finished, size: tuple[int, int]
) -> None:
    visit = visit_page(study_run.out / "bappeda.html", size)
    boxes = visit.run(
        """() => [...document.querySelectorAll('text.name-district')].map(node => {
             const box = node.getBoundingClientRect();
             return [node.dataset.district, box.left, box.top, box.right, box.bottom];
           })"""
    )
    assert len({box[0] for box in boxes}) == 21
    slack = 1.5  # a box has room above the capitals
    overlaps = [
        (one[0], other[0])
        for i, one in enumerate(boxes)
        for other in boxes[i + 1 :]
        if one[1] + slack < other[3]
        and other[1] + slack < one[3]
        and one[2] + slack < other[4]
        and other[2] + slack < one[4]
    ]
    assert overlaps == []
    visit.context.close()


def _table(finished: Finished) -> dict[str, dict[str, str]]:
    with (finished.out / "villages.csv").open(encoding="utf-8", newline="") as lines:
        return {row["village_code"]: row for row in csv.DictReader(lines)}


def _shown(share: str) -> str:
    return f"{float(share) * 100:.1f}".replace(".", ",")


@pytest.mark.parametrize("layer", ["headcount_ratio", "electrified_share"])
def test_panel_table_file_and_colour_agree(
    visit_page: Callable[..., Visit], study_run: Finished, layer: str
) -> None:
    visit = visit_page(study_run.out / "bappeda.html")
    rows = {code: row for code, row in _table(study_run).items() if row["status"] == "ok"}
    visit.run("key => window.sibangkit.showLayer(key)", layer)
    visit.page.click("#ranking-more")
    legend = visit.run(
        """() => sibangkit.data.layers
              .map(layer => [layer.key, layer.classes, layer.class])"""
    )
    classes, index = next((row[1], row[2]) for row in legend if row[0] == layer)
    codes = visit.run("sibangkit.data.villages.code")
    for code in random.Random(20).sample(sorted(rows), 20):
        visit.run("code => window.sibangkit.select(code)", code)
        fill = visit.page.get_attribute(f"path[data-code='{code}']", "fill")
        cell = f"#detail [data-layer='{layer}']"
        if rows[code][layer] == "":
            assert fill in {"url(#hatch)", "url(#thin)"}
            continue
        wanted = _shown(rows[code][layer])
        assert wanted in visit.page.inner_text(cell)
        assert wanted in visit.page.inner_text(f"#ranking tr[data-code='{code}']")
        assert fill == classes[index[codes.index(code)]]["color"]
    visit.context.close()


def test_villages_without_value_are_hatched_and_counted(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    visit = visit_page(small_study.finished.out / "bappeda.html")
    table = _table(small_study.finished)
    empty = [code for code, row in table.items() if row["status"] == "no_data"]
    assert empty
    for code in empty:
        assert visit.page.get_attribute(f"path[data-code='{code}']", "fill") == "url(#hatch)"
    visit.context.close()


def test_search_district_filter_and_ranking_follow_each_other(
    visit_page: Callable[..., Visit], study_run: Finished
) -> None:
    visit = visit_page(study_run.out / "bappeda.html")
    visit.page.fill("input[type='search']", "air solok")
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    assert "Air Solok Batu" in visit.page.inner_text("#detail")
    visit.page.select_option("#district", label="Air Salek")
    districts = visit.page.locator("#ranking tr[data-code]").evaluate_all(
        "rows => rows.map(row => row.dataset.code.slice(0, 8))"
    )
    assert districts
    assert set(districts) == {"16.07.14"}
    first = visit.page.locator("#ranking tr[data-code]").first
    code = first.get_attribute("data-code")
    first.click()
    assert code is not None
    assert code in visit.page.inner_text("#detail")
    visit.context.close()


def test_download_is_indonesian_csv(
    visit_page: Callable[..., Visit], study_run: Finished, tmp_path: Path
) -> None:
    visit = visit_page(study_run.out / "bappeda.html")
    with visit.page.expect_download() as waiting:
        visit.page.get_by_text("Unduh CSV").click()
    saved = tmp_path / "unduh.csv"
    waiting.value.save_as(saved)
    lines = saved.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("kode_desa;desa;kecamatan;")
    assert sum(line.startswith("16.07.") for line in lines) == 305
    visit.context.close()


def test_print_is_one_a4_page_with_legend_and_sources(
    visit_page: Callable[..., Visit], study_run: Finished, tmp_path: Path
) -> None:
    from pypdf import PdfReader  # noqa: PLC0415 - only with a browser

    visit = visit_page(study_run.out / "bappeda.html")
    pages = PdfReader(visit.paper(tmp_path / "cetak.pdf")).pages
    assert len(pages) == 1
    text = pages[0].extract_text()
    assert "Estimasi" in text
    assert "Sumber" in text
    visit.context.close()


def test_hostile_names_are_shown_as_text_and_run_nothing(
    visit_page: Callable[..., Visit], hostile_study: Finished
) -> None:
    visit = visit_page(hostile_study.out / "bappeda.html")
    _check_quiet(visit)
    assert visit.run("window.hacked") is None
    names = visit.run("sibangkit.data.villages.name")
    hostile = [name for name in names if "<" in name or "${" in name]
    assert len(hostile) == 5
    for name in hostile:
        row = names.index(name)
        code = visit.run("row => sibangkit.data.villages.code[row]", row)
        visit.run("code => window.sibangkit.select(code)", code)
        assert name in visit.page.inner_text("#detail")
    assert visit.run("window.hacked") is None
    policy = visit.page.get_attribute("meta[http-equiv='Content-Security-Policy']", "content")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    visit.context.close()
