"""A locked page from file: shut without its password, whole with it, in Chromium and Firefox."""

from __future__ import annotations

import copy
import json
import unicodedata
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.web.locked import locked_page, page_key
from sibangkit_geo.products.web.page import houses_payload, render_page
from tests.browser.test_houses import DESKTOP, PHONE, some_cards
from tests.browser.test_map_edges import AXE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PASSWORD = "kópi pahit di teras"  # noqa: S105 - of this test alone
OPENED = "html[data-ready='1'] #map.leaflet-container"
TITLE = "Halaman terkunci · "


@pytest.fixture(scope="module")
def locked(rich_payload: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    cards = some_cards(len(rich_payload["villages"]["code"]))
    payload = copy.deepcopy(rich_payload) | {"houses": houses_payload(cards)}
    page = locked_page(
        render_page(payload), key=page_key(PASSWORD), study=payload["title"],
        agency=payload["agency"]["name"],
    )  # fmt: skip
    path = tmp_path_factory.mktemp("terkunci") / "bappeda.html"
    path.write_text(page, encoding="utf-8")
    return path


def unlock(visit: Visit, password: str = PASSWORD) -> None:
    visit.page.fill("#password", password)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(OPENED)


def test_a_page_opens_with_its_password_and_works_as_before(
    visit_page: Callable[..., Visit], locked: Path
) -> None:
    visit = visit_page(locked)
    assert visit.page.title().startswith(TITLE)
    assert visit.run("document.activeElement.id") == "password"
    unlock(visit)
    assert "terkunci" not in visit.page.title()
    visit.page.check("#show-houses")
    visit.page.wait_for_selector("#map[data-houses]")
    assert "rumah=1" in visit.fragment()
    visit.page.locator("#ranking tr button").first.click()
    assert "desa=" in visit.fragment()
    assert visit.outside == []
    assert visit.complaints == []
    visit.context.close()


def test_a_wrong_password_shows_nothing_and_says_so(
    visit_page: Callable[..., Visit], locked: Path
) -> None:
    visit = visit_page(locked)
    visit.page.keyboard.press("Enter")
    assert visit.text("#fault") == "Ketik kata sandi terlebih dahulu."
    visit.page.fill("#password", PASSWORD.title())
    visit.page.click("#open")
    visit.page.wait_for_selector("#fault:has-text('salah')")
    assert visit.page.locator("#password").get_attribute("aria-invalid") == "true"
    assert visit.run("document.activeElement.id") == "password"
    assert visit.text("#status") == ""
    assert visit.page.locator("#map").count() == 0
    assert "window.sibangkit" not in visit.page.content()
    # typed once more, after a mistake
    unlock(visit)
    assert visit.complaints == []
    visit.context.close()


def test_an_accent_typed_as_two_signs_is_the_same_password(
    visit_page: Callable[..., Visit], locked: Path
) -> None:
    visit = visit_page(locked)
    unlock(visit, unicodedata.normalize("NFD", PASSWORD))
    visit.context.close()


def test_the_address_is_taken_along_and_a_reload_locks_again(
    visit_page: Callable[..., Visit], locked: Path, rich_payload: dict[str, Any]
) -> None:
    village = rich_payload["villages"]["code"][3]
    visit = visit_page(locked, fragment=f"#desa={village}&rumah=1")
    unlock(visit)
    visit.page.wait_for_selector("#map[data-houses]")
    assert rich_payload["villages"]["name"][3] in visit.text("#detail")
    assert f"desa={village}" in visit.fragment()
    visit.page.reload()
    visit.page.wait_for_selector("#password")
    assert visit.page.input_value("#password") == ""
    assert visit.run("Object.keys({ ...localStorage, ...sessionStorage }).length") == 0
    visit.context.close()


def test_both_languages_before_and_after_opening(
    visit_page: Callable[..., Visit], locked: Path
) -> None:
    visit = visit_page(locked)
    visit.page.click("#language")
    english = own_toml("sibangkit_geo.products.web", "locked.toml")["en"]
    assert visit.run("document.documentElement.lang") == "en"
    for key in ("heading", "internal", "lead", "password", "show", "open", "keep", "lost"):
        assert visit.text(f"[data-text={key}]") == english[key]
    assert visit.fragment() == "#bahasa=en"
    visit.page.fill("#password", "wrong password")
    visit.page.click("#open")
    visit.page.wait_for_selector("#fault:has-text('Wrong')")
    unlock(visit)
    assert visit.run("document.documentElement.lang") == "en"
    assert visit.text("[data-text=layer]") == "Indicator"
    # the page inside changes its language without asking anew, with all that was chosen
    visit.page.locator("#ranking tr button").first.click()
    chosen = visit.text("#detail h2")
    for said, word in (("id", "Indikator"), ("en", "Indicator"), ("id", "Indikator")):
        visit.page.click("#language")
        visit.page.wait_for_selector(f"html[lang={said}][data-ready='1']")
        assert visit.text("[data-text=layer]") == word
        assert visit.text("#detail h2") == chosen
        assert ("bahasa=en" in visit.fragment()) == (said == "en")
        assert visit.run("document.activeElement.id") == "language"
    assert visit.page.locator("#map .leaflet-map-pane").count() == 1
    assert visit.outside == []
    assert visit.complaints == []
    visit.context.close()


def test_an_opened_page_prints_and_saves_a_picture(
    visit_page: Callable[..., Visit], locked: Path, tmp_path: Path
) -> None:
    visit = visit_page(locked)
    unlock(visit)
    printed = PdfReader(visit.paper(tmp_path / "peta.pdf"))
    assert len(printed.pages) >= 1
    assert "Estimasi" in printed.pages[0].extract_text()
    with visit.page.expect_download() as waiting:
        visit.page.click("#picture")
    assert waiting.value.suggested_filename.endswith(".png")
    assert visit.complaints == []
    visit.context.close()


def test_a_changed_file_does_not_open(
    visit_page: Callable[..., Visit], locked: Path, tmp_path: Path
) -> None:
    text = locked.read_text("utf-8")
    start = text.index('"content": "') + len('"content": "')
    changed = tmp_path / "bappeda.html"
    swapped = "A" if text[start + 40] != "A" else "B"
    changed.write_text(text[: start + 40] + swapped + text[start + 41 :], encoding="utf-8")
    visit = visit_page(changed)
    visit.page.fill("#password", PASSWORD)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#fault:not(:empty)")
    assert visit.page.locator("#map").count() == 0
    visit.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_locked_page_fits_and_is_accessible(
    visit_page: Callable[..., Visit], locked: Path, size: tuple[int, int]
) -> None:
    package = pytest.importorskip("axe_playwright_python")
    script = resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8")
    # the checker is a script of its own, which the policy of the page keeps out
    visit = visit_page(locked, size, bypass_csp=True)
    assert visit.overflow <= 0
    box = visit.page.locator("#open").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < size[1]
    visit.run(script)
    assert visit.run(AXE) == []
    visit.page.fill("#password", "kata sandi lain")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#fault:not(:empty)")
    assert visit.run(AXE) == []
    visit.context.close()


# the page that opens ends the timers of the one before, so nothing here may wait by a timer
WAIT = """new Promise(done => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const told = CONDITION;
    if (told) done(told); else port2.postMessage(0);
  };
  port2.postMessage(0);
})"""
TYPED = """document.getElementById('password').value = TEXT;
document.getElementById('open').click();"""
FAULT = WAIT.replace("CONDITION", "document.getElementById('fault').textContent")
SHUT = "document.getElementById('map') === null && !document.body.innerText.includes('Indikator')"
MAP = WAIT.replace(
    "CONDITION",
    """document.documentElement.dataset.ready === '1'
      && document.querySelector('#map canvas, #map svg')
      && [document.documentElement.lang,
        document.querySelector('[data-text=layer]').textContent].join(' ')
    """,
)
HOUSES = "document.getElementById('show-houses').click();" + WAIT.replace(
    "CONDITION", "document.querySelector('#map[data-houses]') && location.hash.includes('rumah=1')"
)
CHOOSE = "document.querySelector('#ranking tr button').click()"
CHOSEN = "document.querySelector('#detail h2').textContent"
LANGUAGE = "document.getElementById('language').click()"


def test_a_locked_page_opens_in_firefox(
    locked: Path, rich_payload: dict[str, Any], tmp_path: Path
) -> None:
    pytest.importorskip("tornado", reason="No web socket to talk to Firefox; install tornado.")
    from tests.browser.firefox import FOUND, look  # noqa: PLC0415 - needs tornado

    if FOUND is None:
        pytest.skip("Firefox is not installed; apt-get install firefox-esr.")
    profile = tmp_path / "profil"
    profile.mkdir()
    steps = (
        "document.title", TYPED.replace("TEXT", "'kata sandi lain'"), FAULT, SHUT,
        TYPED.replace("TEXT", json.dumps(PASSWORD)), MAP, HOUSES, CHOOSE, CHOSEN, LANGUAGE, MAP,
        CHOSEN, "document.querySelectorAll('#map .leaflet-map-pane').length",
    )  # fmt: skip
    told, seen = look(
        locked.as_uri(), profile=profile, size=DESKTOP, steps=steps, picture=tmp_path / "x.png"
    )
    assert str(told[0]).startswith(TITLE)
    assert "salah" in str(told[2])
    assert told[3] is True
    assert told[5] == "id Indikator"
    assert told[6] is True
    assert told[8] in rich_payload["villages"]["name"]
    assert told[10:] == ["en Indicator", told[8], 1]
    assert seen.complaints == []
    home = locked.as_uri()
    assert [url for url in seen.requests if not url.startswith(("data:", home))] == []
