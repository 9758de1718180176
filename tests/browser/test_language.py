"""The switch to English: what stood on the page stays, its words change, the study's are marked."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_map_edges import AXE, PHONE, unfold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
# visible words outside what is marked Indonesian, and outside names and sources
WORDS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (node.closest('[lang=id], script, noscript, .names, #sources, option')) continue;
    if (node.checkVisibility()) found.push(walker.currentNode.textContent);
  }
  return found.join('\\n');
}"""
INDONESIAN = re.compile(
    r"\b(yang|dan|atau|dari|tidak|untuk|desa|kecamatan|kabupaten|tahun|angka|peta|rumah|kantong"
    r"|menurut|kelas|semua|unduh|tampilkan|urutan|jiwa)\b",
    re.IGNORECASE,
)
OF_THE_STUDY = "Rumah tangga berlistrik"  # its own name for a column
SIZES = [(1366, 768), (PHONE["width"], PHONE["height"])]


def left_over(visit: Visit) -> list[str]:
    """Find Indonesian words on the English page."""
    return INDONESIAN.findall(str(visit.run(WORDS)).replace(OF_THE_STUDY, ""))


@pytest.mark.parametrize("size", SIZES)
def test_the_switch_keeps_the_view_and_changes_the_words(
    visit_page: Callable[..., Visit], rich_page: Path, size: tuple[int, int]
) -> None:
    visit = visit_page(rich_page, size)
    visit.page.select_option("#layer", index=1)
    visit.page.locator("#ranking tr button").first.click()
    village, value = visit.text("#detail h2"), visit.text("#detail .measure.current .value")
    assert "," in value
    before = visit.fragment()
    assert visit.text("#language") == "EN"
    visit.page.click("#language")
    visit.page.wait_for_selector("html[lang='en'][data-ready='1']")
    assert visit.text("#language") == "ID"
    assert visit.run("document.activeElement.id") == "language"
    assert visit.fragment() == before.replace("&peta=", "&bahasa=en&peta=")
    assert visit.text("#detail h2") == village
    english = visit.text("#detail .measure.current .value")
    assert english == value.replace(",", ".")
    for said in ("Indicator", "Find a village", "Poverty pocket", "No data", "Agencies that need"):
        assert said in visit.run("document.body.innerText"), said
    assert visit.page.locator("#study-language").is_visible()
    assert visit.page.locator("#verdict-headline[lang=id]").is_visible()
    assert left_over(visit) == []
    assert visit.overflow <= 0
    visit.page.click("#language")
    visit.page.wait_for_selector("html[lang='id'][data-ready='1']")
    assert visit.fragment() == before
    assert "Indikator" in visit.text("#controls")
    assert visit.page.locator("#study-language").is_hidden()
    assert visit.complaints == []
    visit.context.close()


def test_axe_finds_no_violation_in_english(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    package = pytest.importorskip("axe_playwright_python")
    script = resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8")
    visit = visit_page(rich_page, bypass_csp=True, fragment="#bahasa=en")
    visit.run(script)
    visit.page.locator("#ranking tr button").first.click()
    unfold(visit)
    assert visit.run(AXE) == []
    visit.page.click("#help-open")
    assert visit.run(AXE) == []
    assert left_over(visit) == []
    visit.page.keyboard.press("Escape")
    visit.page.set_viewport_size(PHONE)
    assert visit.run(AXE) == []
    visit.context.close()
