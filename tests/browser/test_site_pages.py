"""The documentation as an office without internet opens it: from its folder, searched, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("word", "found"),
    [("tinjauan", "Kode dan nama wilayah"), ("headcount_ratio", "Public names"),
     ("kata sandi", "Perlindungan data")],
)  # fmt: skip
def test_a_word_is_found_without_network(browser: Any, built: Path, word: str, found: str) -> None:
    context = browser.new_context(offline=True)
    page, complaints = context.new_page(), []
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: complaints.append(str(one)))
    page.goto((built / "index.html").as_uri())
    page.get_by_placeholder("Pencarian").fill(word)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=found).first.wait_for()
    assert complaints == []
    context.close()


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("name", ["index", "rujukan/kunci-studi", "tanya-jawab/tabel", "galeri"])
def test_no_page_goes_beyond_its_window(browser: Any, built: Path, name: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 768}, offline=True)
    page = context.new_page()
    page.goto((built / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # every picture is drawn
    assert page.evaluate("[...document.images].every(one => one.complete && one.naturalWidth)")
    context.close()
