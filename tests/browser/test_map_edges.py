"""Accessible to all, sensible with almost no data, deaf to hostile texts."""

from __future__ import annotations

import copy
import itertools
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import ViewportSize

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PHONE: ViewportSize = {"width": 390, "height": 844}
AXE = """async () => (await axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
})).violations.map(one => `${one.id}: ${one.nodes.slice(0, 4).map(n => n.target).join(' | ')}`)"""


def _open_help(visit: Visit) -> None:
    visit.page.click("#help-open")


def _open_all(visit: Visit) -> None:
    visit.page.click("#compare-open")
    visit.page.select_option("#other", index=1)
    visit.page.locator("#ranking tr").first.click()
    visit.page.click("#tool-locate")
    visit.page.fill("#search", "a")
    unfold(visit)


def unfold(visit: Visit) -> None:
    """Open all that folds; the page fills it when the browser tells it so."""
    visit.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    visit.page.wait_for_selector("details[open] > .fold:empty", state="detached")


def test_axe_finds_no_violation(visit_page: Callable[..., Visit], rich_page: Path) -> None:
    package = pytest.importorskip("axe_playwright_python")
    script = resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8")
    visit = visit_page(rich_page, bypass_csp=True)
    visit.run(script)
    for prepare in (lambda _: None, _open_all, _open_help):
        prepare(visit)
        assert visit.run(AXE) == [], prepare
    visit.page.keyboard.press("Escape")
    visit.page.set_viewport_size(PHONE)
    assert visit.run(AXE) == []
    visit.context.close()


def test_every_control_is_reached_by_tab_with_a_visible_focus(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page)
    reached = []
    for _ in range(110):
        visit.page.keyboard.press("Tab")
        reached.append(
            visit.run(
                """() => { const at = document.activeElement;
                     const ring = getComputedStyle(at.closest('.choice') ?? at).outlineStyle;
                     return [at.id || at.className, ring]; }"""
            )
        )
    names = [name for name, _ in reached]
    for wanted in (
        "pages",
        "help-open",
        "layer",
        "compare-open",
        "district",
        "reset",
        "search",
        "show-names",
        "download",
        "picture",
        "print",
        "map",
        "tool-reset",
        "tool-measure",
        "tool-locate",
        "ranking-more",
        "honesty-open",
    ):
        assert wanted in names, wanted
    assert [name for name, ring in reached if name and ring == "none"] == []
    # no village is a stop: the map is one, and everything is reached and named
    assert visit.run("document.activeElement.tagName") != "path"
    assert not [name for name in names if isinstance(name, dict)]
    visit.context.close()


def _no_layers(payload: dict[str, Any]) -> None:
    payload["layers"] = []


def _all_missing(payload: dict[str, Any]) -> None:
    count = len(payload["villages"]["code"])
    payload["layers"][0] |= {
        "values": [None] * count,
        "counts": None,
        "class": [None] * count,
        "classes": [],
        "n_missing": count,
        "regency_value": None,
        "district_values": [None],
    }


def _all_equal(payload: dict[str, Any]) -> None:
    payload["honesty"] = []


@pytest.mark.parametrize(
    ("count", "change", "said"),
    [
        (1, _all_equal, "12,5"),
        (4, _all_equal, "12,5"),
        (4, _all_missing, "Tidak ada nilai untuk diurutkan."),
        (4, _no_layers, "Tidak ada indikator"),
        (0, _no_layers, "Tidak ada nilai untuk diurutkan."),
    ],
)
def test_a_page_with_almost_nothing_is_still_a_page(
    visit_page: Callable[..., Visit],
    tiny_payload: Callable[[int], dict[str, Any]],
    write_page: Callable[[dict[str, Any]], Path],
    count: int,
    change: Callable[[dict[str, Any]], None],
    said: str,
) -> None:
    payload = tiny_payload(count)
    change(payload)
    visit = visit_page(write_page(payload))
    assert said in visit.text("body")
    assert "Estimasi" in visit.text("body")
    assert visit.overflow <= 0
    visit.page.set_viewport_size(PHONE)
    assert visit.overflow <= 0
    if count:
        visit.run("code => sibangkit.select(code)", payload["villages"]["code"][0])
        assert "Desa 0" in visit.text("#detail")
    with visit.page.expect_download():
        visit.page.click("#picture")
    visit.page.click("#reset")
    assert visit.complaints == []
    visit.context.close()


HOSTILE = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "${window.hacked=1}`${alert(1)}`",
    "\u202eterbalik\u202c dan \u2067kanan\u2069",
    "😀🏝️ Désa",
    "Panjang" * 43,
    "dua ratus kata " * 20,
    "javascript:window.hacked=1",
    "{n} {label} $& $1",
)
# what the page reads as sign, colour or file, not as text
SIGNS = {
    "data",
    "kind",
    "texts",
    "topology",
    "key",
    "code",
    "color",
    "evidence",
    "unit",
    "worse",
    "lang",
    "align",
    "href",
}


def _hostile(node: Any, words: itertools.cycle[str]) -> Any:
    if isinstance(node, dict):
        return {key: one if key in SIGNS else _hostile(one, words) for key, one in node.items()}
    if isinstance(node, list):
        return [_hostile(one, words) for one in node]
    return next(words) if isinstance(node, str) and node else node


def test_hostile_words_in_every_field_stay_words(
    visit_page: Callable[..., Visit],
    rich_payload: dict[str, Any],
    write_page: Callable[[dict[str, Any]], Path],
    tmp_path: Path,
) -> None:
    payload = _hostile(copy.deepcopy(rich_payload), itertools.cycle(HOSTILE))
    visit = visit_page(write_page(payload))
    villages = payload["villages"]
    for row in range(len(HOSTILE)):
        visit.run("code => sibangkit.select(code)", villages["code"][row])
        assert villages["name"][row].split()[0] in visit.text("#detail")
    visit.page.fill("#search", "script")
    _open_all(visit)
    for button in ("#picture", "#download"):
        with visit.page.expect_download() as waiting:
            visit.page.click(button)
        waiting.value.save_as(tmp_path / "berkas")
    visit.page.click("#honesty-open")
    visit.page.keyboard.press("Escape")
    _open_help(visit)
    assert visit.run("window.hacked") is None
    assert visit.page.locator("img, script[src], iframe").count() == 0
    assert visit.complaints == []
    assert visit.overflow <= 0
    visit.page.keyboard.press("Escape")
    visit.page.set_viewport_size(PHONE)
    assert visit.overflow <= 0
    visit.context.close()
