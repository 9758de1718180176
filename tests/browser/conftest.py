"""One Chromium and one page with everything on it, for all browser tests of a session."""

from __future__ import annotations

import copy
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from sibangkit_geo.products.web.page import render_page
from tests.pages import data_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.conftest import SmallStudy

MANDATORY = os.environ.get("SIBANGKIT_BROWSER") == "required"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIDE = 0.02
# only a bound: every wait ends as soon as what it waits for is there
PATIENCE_MS = 120_000
# two frames: in the first, the page hears that something changed its size, and draws
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# timers of a page end in the order of their times: the address is written 250 ms after a change
WRITTEN = "() => new Promise(done => setTimeout(done, 300))"


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
    return os.environ.get("SIBANGKIT_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = _chromium()
    if path is None:
        if MANDATORY:
            pytest.fail("Chromium is mandatory here (SIBANGKIT_BROWSER=required) and not installed")
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only with a browser

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


def _playwright_error() -> type[Exception]:
    from playwright.sync_api import Error  # noqa: PLC0415 - only with a browser

    return Error


class Visit:
    """One page opened from file, offline, with everything it asks for and complains about."""

    def __init__(
        self,
        browser: Browser,
        path: Path,
        size: tuple[int, int] = (1366, 768),
        *,
        fragment: str = "",
        bypass_csp: bool = False,
    ) -> None:
        width, height = size
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            offline=True,
            accept_downloads=True,
            bypass_csp=bypass_csp,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri() + fragment)
        # a plain document is ready as it stands
        ready = "html[data-ready='1'], html:not(:has(script))"
        try:
            self.page.wait_for_selector(ready)
        except _playwright_error() as error:
            msg = f"the page never became ready: {self.complaints}"
            raise AssertionError(msg) from error
        home = path.as_uri()
        self.outside = [url for url in self.requests if url.partition("#")[0] != home]

    def run(self, script: str, argument: object = None) -> Any:
        return self.page.evaluate(script, argument)

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def fragment(self) -> str:
        """Wait until the address is written."""
        self.settle()
        self.run(WRITTEN)
        return str(self.run("decodeURIComponent(location.hash)"))

    def settle(self) -> None:
        """Let the page draw what it has heard of."""
        self.run(FRAMES)

    def paper(self, path: Path) -> Path:
        """Print, and wait until the page is back at the size of the window."""
        self.page.pdf(path=path, format="A4", prefer_css_page_size=True)
        self.page.wait_for_selector("body:not(.printing)", state="attached")
        self.settle()
        return path

    @property
    def overflow(self) -> int:
        """Measure by how many pixels the page is wider than the window."""
        self.settle()
        return int(self.run("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.fixture(scope="session")
def visit_page(browser: Browser) -> Callable[..., Visit]:
    """Open a page; the context is closed with the browser."""

    def visit(path: Path, size: tuple[int, int] = (1366, 768), **more: Any) -> Visit:
        return Visit(browser, path, size, **more)

    return visit


def payload_of(path: Path) -> dict[str, Any]:
    return data_of(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def rich_payload(small_study: SmallStudy) -> dict[str, Any]:
    """Add to the small study what only large studies have."""
    payload = payload_of(small_study.out / "bappeda.html")
    poverty = payload["layers"][0]
    poverty["n_missing"] += 1
    poverty["classes"][poverty["class"][20]]["count"] -= 1
    poverty["values"][20] = poverty["class"][20] = poverty["counts"][20] = None
    earlier = [None if value is None else value + 12.8 for value in poverty["values"]]
    payload["trend"] = {
        "label": "Perkembangan 2020 ke 2025",
        "note": "Dua gelombang register.",
        "years": [2020, 2025],
        "values": {poverty["key"]: [earlier]},
    }
    payload["honesty"] = ["Peta ini tidak menyebut siapa yang miskin."]
    payload["blocks"] = [
        {
            "key": "anggaran",
            "headline": "Paket anggaran",
            "lead": "Satu pagu.",
            "items": ["OPD penanggung jawab utama.", "Langkah kedua."],
            "table": {
                "head": [f"Kolom {number}" for number in range(8)],
                "align": ["l", *("r" for _ in range(7))],
                "rows": [["Perkimtan", *("Rp1.234.567" for _ in range(7))]] * 3,
            },
        },
        {"key": "kosong", "headline": "Tanpa tabel", "lead": "", "items": ["Satu."], "table": None},
    ]
    payload["unmapped"] = [
        {
            "code": "16.07.99.2001",
            "name": "Tanah Hilang",
            "district": "Rambutan",
            "reason": "batasnya belum ada pada sumber.",
        }
    ]
    payload["villages"]["acts"][0] = [2, 1]
    return payload


@pytest.fixture(scope="session")
def write_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], Path]:
    """Render a payload into a file of its own."""

    def write(payload: dict[str, Any]) -> Path:
        path = tmp_path_factory.mktemp("halaman") / "index.html"
        path.write_text(render_page(payload), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def rich_page(rich_payload: dict[str, Any], write_page: Callable[[dict[str, Any]], Path]) -> Path:
    return write_page(rich_payload)


@pytest.fixture(scope="session")
def tiny_payload(rich_payload: dict[str, Any]) -> Callable[[int], dict[str, Any]]:
    """Make a page of so many square villages in one district, without pocket."""

    def build(count: int) -> dict[str, Any]:
        payload = copy.deepcopy(rich_payload)
        rings = []
        for place in range(count):
            west, south = 104.5 + SIDE * place, -2.6
            east, north = west + SIDE, south + SIDE
            rings.append(
                [[west, south], [west, north], [east, north], [east, south], [west, south]]
            )
        squares = [{"type": "Polygon", "arcs": [[i]], "id": i} for i in range(count)]
        payload["topology"] = {
            "type": "Topology",
            "arcs": rings,
            "objects": {
                "villages": {"type": "GeometryCollection", "geometries": squares},
                "context": {"type": "GeometryCollection", "geometries": []},
            },
        }
        payload["villages"] = {
            "code": [f"16.07.01.20{i:02d}" for i in range(count)],
            "name": [f"Desa {i}" for i in range(count)],
            "district": [0] * count,
            "households": [100] * count,
            "people": [None] * count,
            "pocket": [None] * count,
            "certainty": [""] * count,
            "verdict": [""] * count,
            "acts": [[] for _ in range(count)],
        }
        payload["districts"] = [{"code": "16.07.01", "name": "Rambutan", "labels": []}]
        payload["layers"] = [payload["layers"][0]]
        payload["layers"][0] |= {
            "values": [12.5] * count,
            "counts": [12] * count,
            "class": [0] * count,
            "classes": [{"color": "#fbcb7c", "label": "12,5", "count": count}],
            "n_missing": 0,
            "district_values": [12.5],
            "regency_value": 12.5,
        }
        payload |= {"pockets": [], "trend": None, "blocks": [], "unmapped": [], "notes": []}
        return payload

    return build
