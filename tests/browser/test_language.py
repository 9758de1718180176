"""The switch to English: nothing is loaded, what stood on the page stays, every word changes."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_map_edges import AXE, PHONE, unfold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sibangkit_geo.study import Finished
    from tests.browser.conftest import Visit
    from tests.conftest import SmallStudy

pytestmark = pytest.mark.browser
# every word but of scripts, and but of names on the map, what is marked Indonesian, and menus
WORDS = """(without) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (node.closest(`script, style, noscript, .told${without}`)) continue;
    if (walker.currentNode.nodeValue.trim()) found.push(walker.currentNode.nodeValue.trim());
  }
  for (const name of ['aria-label', 'alt', 'title']) {
    for (const one of document.body.querySelectorAll(`[${name}]`)) {
      if (!one.closest('button.language, .language')) found.push(one.getAttribute(name));
    }
  }
  return [document.title, ...found];
}"""
OPENED = "() => document.querySelectorAll('details').forEach(one => { one.open = true; })"
# names begin with a capital, so that these are none
INDONESIAN = re.compile(
    r"\b(?:yang|dan|atau|dari|tidak|untuk|dengan|desa|kecamatan|kabupaten|angka|peta|rumah tangga"
    r"|kantong|menurut|kelas|semua|unduh|tampilkan|urutan|jiwa|miskin|baris|belum|pada)\b"
    r"|^(?:Tidak|Belum|Semua|Dari|Untuk|Yang|Menurut|Kecamatan|Angka|Unduh)\b"
)
# names of the study's own for columns, which no catalogue knows; a page that has one says so
OWN_NAMES = ("Rumah tangga berlistrik",)
SIZES = [(1366, 768), (PHONE["width"], PHONE["height"])]


def left_over(visit: Visit, without: str = ", .names, [lang=id]") -> list[str]:
    """Find Indonesian words on the English page."""
    told = [str(one) for one in visit.run(WORDS, without)]
    own = re.compile("|".join(OWN_NAMES))
    return [one for one in told if INDONESIAN.search(own.sub("", one))]


def to_english(visit: Visit) -> None:
    """Press the button, and expect that nothing is loaded."""
    visit.run("window.stays = performance.timeOrigin")
    asked = len(visit.requests)
    visit.page.click("button.language, .language button")
    visit.page.wait_for_selector("html[lang='en'][data-ready='1']")
    assert visit.run("window.stays") == visit.run("performance.timeOrigin")
    assert visit.requests[asked:] == []


@pytest.mark.parametrize("size", SIZES)
def test_the_switch_keeps_the_view_and_changes_the_words(
    visit_page: Callable[..., Visit], rich_page: Path, size: tuple[int, int]
) -> None:
    visit = visit_page(rich_page, size)
    visit.page.select_option("#layer", index=1)
    visit.page.locator("#ranking tr button").first.click()
    visit.page.evaluate("document.querySelector('#show-names').click()")
    village, value = visit.text("#detail h2"), visit.text("#detail .measure.current .value")
    assert "," in value
    before = visit.fragment()
    assert visit.text("#language") == "EN"
    to_english(visit)
    assert visit.text("#language") == "ID"
    assert visit.run("document.activeElement.id") == "language"
    assert visit.fragment() == before.replace("&peta=", "&bahasa=en&peta=")
    assert visit.text("#detail h2") == village
    assert not visit.page.locator("#show-names").is_checked()
    english = visit.text("#detail .measure.current .value")
    assert english == value.replace(",", ".")
    for said in ("Indicator", "Find a village", "Poverty pocket", "No data", "Agencies that need"):
        assert said in visit.run("document.body.innerText"), said
    assert left_over(visit) == []
    assert visit.overflow <= 0
    visit.page.click("#language")
    visit.page.wait_for_selector("html[lang='id'][data-ready='1']")
    assert visit.fragment() == before
    assert "Indikator" in visit.text("#controls")
    assert visit.page.locator("#study-language").is_hidden()
    assert visit.complaints == []
    visit.context.close()


def test_filter_and_compared_areas_stay(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    visit = visit_page(small_study.out / "bappeda.html")
    first, second = visit.run("window.sibangkit.data.districts.slice(0, 2).map((one) => one.code)")
    address = f"#kecamatan={first}&saring=ge&wilayah={first},{second}"
    visit.run("(address) => { window.location.hash = address; }", address)
    before = visit.fragment()
    assert second in before
    to_english(visit)
    assert visit.fragment().replace("&bahasa=en", "") == before
    visit.context.close()


def test_a_sentence_without_translation_is_marked_and_the_note_tells_so(
    visit_page: Callable[..., Visit],
    rich_payload: dict[str, Any],
    write_page: Callable[[dict[str, Any]], Path],
) -> None:
    own = {"headline": "Kalimat yang tidak dikenal", "sentences": ["Tidak ikut diuji."]}
    visit = visit_page(write_page(rich_payload | {"verdict": own}), fragment="#bahasa=en")
    assert visit.page.locator("#verdict-headline[lang=id]").is_visible()
    assert visit.text("#verdict-first:not([lang])") == "Not tested."
    assert visit.page.locator("#study-language").is_visible()
    visit.context.close()


def _of_each_kind(made: SmallStudy | Finished) -> list[Path]:
    """List the pages of a study; of districts and profiles, which are alike, two each."""
    folders: dict[Path, list[Path]] = {}
    for file in sorted(made.out.rglob("*.html")):
        folders.setdefault(file.parent, []).append(file)
    return [one for at, files in folders.items() for one in files[: None if at == made.out else 2]]


def test_every_page_of_a_study_is_english_and_indonesian_again(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    files = _of_each_kind(small_study)
    assert len(files) > 8
    for file in files:
        visit = visit_page(file)
        visit.run(OPENED)
        visit.settle()
        before = visit.run(WORDS, "")
        to_english(visit)
        visit.run(OPENED)
        visit.settle()
        assert left_over(visit, "") == [], file.name
        assert visit.page.locator("body [lang=id]:not(button, #title)").count() == 0, file.name
        assert visit.page.locator("#study-language, .untranslated").is_hidden()
        visit.page.click("button.language, .language button")
        visit.page.wait_for_selector("html[lang='id'][data-ready='1']")
        visit.run(OPENED)
        visit.settle()
        assert visit.run(WORDS, "") == before, file.name
        assert visit.complaints == []
        visit.context.close()


def test_the_language_goes_along_from_page_to_page(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    visit = visit_page(small_study.out / "index.html")
    to_english(visit)
    visit.page.locator("a.open").click()
    visit.page.wait_for_selector("html[lang='en'][data-ready='1'] #map")
    visit.page.click("#home")
    visit.page.wait_for_selector("html[lang='en'][data-ready='1'] ul.grid")
    visit.page.locator("a[href^='kecamatan/']").first.click()
    visit.page.wait_for_selector("html[lang='en'][data-ready='1'] table")
    # a profile shows the sheet that the address names, and that alone
    visit.page.locator("td a").first.click()
    visit.page.wait_for_selector("html[lang='en'][data-ready='1'] section:target")
    assert "Profile of" in visit.text("section:target .title")
    visit.page.click(".language button")
    assert "Profil" in visit.text("section:target .title")
    assert visit.complaints == []
    visit.context.close()


def test_a_plain_page_works_by_keyboard_tells_its_language_and_prints_no_button(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    visit = visit_page(small_study.out / "index.html")
    visit.page.keyboard.press("Tab")
    assert visit.run("document.activeElement.getAttribute('aria-label')") == "EN · English"
    visit.page.keyboard.press("Enter")
    assert visit.run("document.documentElement.lang") == "en"
    assert visit.text(".language [role=status]") == "English"
    assert visit.run("document.activeElement.textContent") == "ID"
    assert visit.run("[localStorage.length, sessionStorage.length]") == [0, 0]
    visit.page.emulate_media(media="print")
    assert visit.page.locator(".language").is_hidden()
    visit.context.close()


def test_hostile_words_stay_words_in_english(
    visit_page: Callable[..., Visit], hostile_study: Finished
) -> None:
    for file in _of_each_kind(hostile_study):
        visit = visit_page(file)
        to_english(visit)
        visit.run(OPENED)
        assert visit.run("window.hacked") is None
        assert visit.page.locator("img[src=x], b b").count() == 0
        assert visit.complaints == []
        visit.context.close()


def test_axe_finds_no_violation_in_english(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page, bypass_csp=True, fragment="#bahasa=en")
    visit.run(_axe())
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


def test_axe_finds_no_violation_on_plain_pages_in_english(
    visit_page: Callable[..., Visit], small_study: SmallStudy
) -> None:
    out = small_study.out
    plain = [min((out / folder).glob("*.html")) for folder in ("kecamatan", "profil")]
    for file in (out / "index.html", *plain):
        visit = visit_page(file, bypass_csp=True, fragment="#bahasa=en")
        visit.run(_axe())
        assert visit.run(AXE) == [], file.name
        visit.page.set_viewport_size(PHONE)
        assert visit.run(AXE) == [], file.name
        assert visit.overflow <= 0, file.name
        visit.context.close()


def _axe() -> str:
    package = pytest.importorskip("axe_playwright_python")
    return resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8")
