"""The front page and the pages of districts: offline, quiet, links that lead somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from sibangkit_geo.model.types import Finding, IntakeReport, Note
from sibangkit_geo.products.comparison import Comparison, comparison_page
from sibangkit_geo.products.intake_report import write_intake
from tests.browser.conftest import PATIENCE_MS
from tests.conftest import HOSTILE, HOSTILE_DISTRICT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sibangkit_geo.study import Finished
    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def open_plain(browser: Any) -> Iterator[Callable[..., tuple[Any, list[str]]]]:
    """Open a plain page, offline, and hear what it asks for and complains about."""
    contexts = []

    def opened(path: Path, width: int) -> tuple[Any, list[str]]:
        context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page, heard = context.new_page(), list[str]()
        page.on("console", lambda message: heard.append(message.text))
        page.on("request", lambda one: heard.append(one.url) if one.url[:5] != "file:" else None)
        page.goto(path.as_uri())
        return page, heard

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [360, 1366])
def test_the_front_page_leads_everywhere(
    small_study: Any, open_plain: Callable[..., Any], width: int
) -> None:
    page, heard = open_plain(small_study.out / "index.html", width)
    assert page.locator("h1").inner_text() == page.title()
    text = page.locator("body").inner_text()
    assert "Estimasi, bukan angka resmi" in text
    assert "Halaman setiap kecamatan" in text
    links = page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
    assert len(links) > 20
    for link in links:
        assert "://" not in link
        file, _, place = link.partition("#")
        assert (small_study.out / (file or "index.html")).is_file(), link
        assert file or page.locator(f"[id='{place}']").count() == 1, link
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    assert page.locator("svg[role=img]").count() >= 1
    # the answer first: rates, pockets by name, map with its legend; then agencies, districts, files
    order = [
        "Tingkat kemiskinan",
        "Kantong 1: ",
        "Peta setiap OPD",
        "Halaman setiap kecamatan",
        "Unduhan",
    ]
    places = [text.index(one) for one in order if one in text]
    assert places == sorted(places)
    assert len(places) >= 4
    assert page.locator("ul.legend li").count() >= 3
    assert heard == []


def test_a_district_opens_its_own_villages_on_the_map(
    small_study: Any, open_plain: Callable[..., Any]
) -> None:
    file = min((small_study.out / "kecamatan").glob("*.html"))
    page, heard = open_plain(file, 1366)
    assert page.locator("h1").inner_text().startswith("Kecamatan ")
    rows = page.locator("table").last.locator("tbody tr").count()
    assert rows >= 1
    page.locator("a.open").click()
    page.wait_for_selector("html[data-ready='1']")
    assert page.locator("#district").input_value() != ""
    assert heard == []


def _shown_as_words(visit: Visit, words: list[str]) -> None:
    """Expect every text where it is read, on a page that runs and asks for nothing."""
    text = visit.page.text_content("body") or ""
    for word in words:
        assert word in text
    assert visit.run("window.hacked") is None
    assert visit.page.locator("img, b b").count() == 0
    # the English of the page, and what changes its language
    assert visit.page.locator("script").count() in {0, 3}
    assert visit.page.locator("script[src]").count() == 0
    assert visit.page.locator("style").count() == 1
    assert visit.outside == []
    assert visit.complaints == []
    visit.context.close()


def test_hostile_words_stay_words_on_the_front_page_and_a_districts(
    visit_page: Callable[..., Visit], hostile_study: Finished
) -> None:
    visit = visit_page(hostile_study.out / "index.html")
    title = visit.page.title()
    assert title.endswith("</title>{{7*7}} ]]>")
    sources = ["</script><script>window.hacked=1</script>", "<img src=x onerror=window.hacked=1>"]
    _shown_as_words(visit, [title, HOSTILE_DISTRICT, *sources, *HOSTILE.values()])
    for code in ("16.07.01", "16.07.99"):
        visit = visit_page(hostile_study.out / "kecamatan" / f"{code}.html")
        names = [name for village, name in HOSTILE.items() if village.startswith(code)]
        # the name of a district on the official list is taken from there
        heading = "Banyuasin I" if code == "16.07.01" else HOSTILE_DISTRICT
        assert visit.page.inner_text("h1") == f"Kecamatan {heading}"
        _shown_as_words(visit, [*names, *sources])


def _hostile_comparison() -> Comparison:
    words = list(HOSTILE.values())
    figures = {
        "year_before": 2020, "year_after": 2025, "poor_before": 10, "poor_after": 20,
        "households_before": 100, "households_after": 100, "rate_before": 0.1, "rate_after": 0.2,
        "difference": 0.1, "low": 0.05, "high": 0.15, "q_value": 0.01,
    }  # fmt: skip
    villages = pd.DataFrame(
        {"code": list(HOSTILE), "name": words, "history": words[::-1], **figures}
    )
    areas = pd.DataFrame(
        {"level": ["district"], "code": ["16.07.01"], "name": [HOSTILE_DISTRICT], **figures}
    )
    pockets = pd.DataFrame(
        {"id": ["</td><b>"], "class": ["baru"], "villages": [" ".join(HOSTILE)], "note": words[:1],
         **figures}
    )  # fmt: skip
    notes = (Note("x", HOSTILE_DISTRICT),)
    return Comparison(pockets, villages, areas, notes=notes, provenance={})


def test_hostile_words_stay_words_in_a_comparison_and_an_intake_report(
    visit_page: Callable[..., Visit], tmp_path: Path
) -> None:
    page = tmp_path / "perubahan.html"
    page.write_text(comparison_page(_hostile_comparison()), encoding="utf-8")
    _shown_as_words(visit_page(page), [*HOSTILE.values(), HOSTILE_DISTRICT, "</td><b>"])
    words = list(HOSTILE.values())
    found = tuple(Finding("not_data", word, (2, 3), detail=word[::-1]) for word in words)
    report = IntakeReport(
        HOSTILE_DISTRICT, 9, 8, found, columns=dict(zip(words, words, strict=True))
    )
    page = write_intake([report], tmp_path, created="2026-01-01T00:00:00+00:00")[0]
    backwards = [word[::-1] for word in words]
    _shown_as_words(visit_page(page), [*words, *backwards, HOSTILE_DISTRICT])
