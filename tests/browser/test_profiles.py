"""Profiles of districts and villages: a sheet of A4 each, readable on a phone, links that lead."""

from __future__ import annotations

import unicodedata
from importlib import resources
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from tests.browser.test_map_edges import AXE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sibangkit_geo.study import Finished
    from tests.browser.conftest import Visit
    from tests.conftest import MappedDemo, SmallStudy

pytestmark = pytest.mark.browser

PHONE = (390, 844)


def _words(page: pypdf.PageObject) -> str:
    # a font may join two letters into one sign
    return unicodedata.normalize("NFKC", " ".join(page.extract_text().split()))


@pytest.fixture
def visited(visit_page: Callable[..., Visit]) -> Iterator[Callable[..., Visit]]:
    """Open pages that are closed at the end."""
    opened: list[Visit] = []

    def visit(path: Path, *size: tuple[int, int], **more: Any) -> Visit:
        opened.append(visit_page(path, *size, **more))
        return opened[-1]

    yield visit
    for one in opened:
        assert one.complaints == []
        assert one.outside == []
        one.context.close()


def _printed(visit: Visit, path: Path) -> list[pypdf.PageObject]:
    return list(pypdf.PdfReader(visit.paper(path)).pages)


def test_every_place_of_the_demo_has_one_sheet_and_no_more(
    mapped_demo: MappedDemo, visited: Callable[..., Visit], tmp_path: Path
) -> None:
    files = sorted((mapped_demo.out / "profil").glob("*.html"))
    assert len(files) == 21
    assert all(file.stat().st_size < 600_000 for file in files)
    # printing all takes a minute
    for at, file in enumerate(files[::4]):
        visit = visited(file, PHONE)
        assert visit.overflow <= 0, file.name
        titles = visit.page.locator("section > .title").all_inner_texts()
        sheets = _printed(visit, tmp_path / f"{file.stem}.pdf")
        assert len(sheets) == len(titles), file.name
        visit.context.close()
        if at % 5:
            # reading a sheet takes ten times as long as printing it
            continue
        for title, sheet in zip(titles, map(_words, sheets), strict=True):
            assert sheet.startswith(title)
            # the foot is on the same sheet
            assert "Dibuat" in sheet
            assert "Estimasi, bukan angka resmi" in sheet


def test_hostile_words_stay_words_and_on_their_sheet(
    hostile_study: Finished, visited: Callable[..., Visit], tmp_path: Path
) -> None:
    for file in sorted((hostile_study.out / "profil").glob("*.html")):
        visit = visited(file, PHONE)
        assert visit.overflow <= 0
        assert visit.run("window.hacked") is None
        assert visit.page.locator("img, script[src], b b").count() == 0
        assert visit.page.locator("script").count() == 3
        sections = visit.page.locator("section").count()
        assert len(_printed(visit, tmp_path / "p.pdf")) == sections


def test_an_address_with_a_code_shows_and_prints_that_sheet_alone(
    mapped_demo: MappedDemo, visited: Callable[..., Visit], tmp_path: Path
) -> None:
    file = mapped_demo.out / "profil" / "16.07.10.html"
    visit = visited(file, fragment="#16.07.10.2001")
    seen = [one.is_visible() for one in visit.page.locator("section").all()]
    assert sum(seen) == 1
    title = visit.page.locator("section:target > .title").inner_text()
    (sheet,) = map(_words, _printed(visit, tmp_path / "p.pdf"))
    assert sheet.startswith(title)
    # what leads elsewhere is of no use on paper
    assert "Halaman depan" not in sheet
    visit.page.locator("section:target .links a", has_text="Semua profil").click()
    visit.page.wait_for_url(file.as_uri())
    assert all(one.is_visible() for one in visit.page.locator("section").all())


def test_axe_finds_no_violation(mapped_demo: MappedDemo, visited: Callable[..., Visit]) -> None:
    package = pytest.importorskip("axe_playwright_python")
    script = resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8")
    # a policy without a script lets no test in either
    for size in ((1366, 768), PHONE):
        visit = visited(mapped_demo.out / "profil" / "16.07.20.html", size, bypass_csp=True)
        visit.page.add_script_tag(content=script)
        assert visit.run(AXE) == []


def test_every_link_of_a_profile_and_of_its_district_leads_somewhere(
    small_study: SmallStudy, visited: Callable[..., Visit]
) -> None:
    for folder in ("profil", "kecamatan"):
        file = min((small_study.out / folder).glob("*.html"))
        visit = visited(file)
        links = visit.page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
        assert len(links) > 3
        for link in links:
            path, _, code = link.partition("#")
            found = (file.parent / path).resolve() if path else file
            assert found.is_file(), link
            if found.parent.name == "profil" and code:
                assert f'<section id="{code}"' in found.read_text("utf-8"), link


def test_the_card_of_a_village_opens_its_profile(
    small_study: SmallStudy, visited: Callable[..., Visit]
) -> None:
    file = min((small_study.out / "profil").glob("*.html"))
    visit = visited(file)
    code = visit.page.locator("section.village").first.get_attribute("id")
    card = visited(small_study.out / "bappeda.html", fragment=f"#desa={code}")
    card.page.locator("#detail a", has_text="Profil").click()
    card.page.wait_for_url(f"{file.as_uri()}#{code}")
    assert card.page.locator("section:target").get_attribute("id") == code


def test_a_page_that_lies_alone_has_no_such_link(
    rich_payload: dict[str, Any],
    write_page: Callable[[dict[str, Any]], Path],
    visited: Callable[..., Visit],
) -> None:
    path = write_page({**rich_payload, "profiles": False})
    code = rich_payload["villages"]["code"]
    visit = visited(path, fragment=f"#desa={code[0]}" if isinstance(code, list) else "")
    assert visit.page.locator("#detail a", has_text="Profil").count() == 0
