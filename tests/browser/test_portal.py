"""The front page and the pages of districts: offline, without script, links that lead somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import PATIENCE_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser


@pytest.fixture
def open_plain(browser: Any) -> Iterator[Callable[..., tuple[Any, list[str]]]]:
    """Open a page without script, offline, and hear what it asks for and complains about."""
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
        assert (small_study.out / link.partition("#")[0]).is_file(), link
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    assert page.locator("svg[role=img]").count() >= 1
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
