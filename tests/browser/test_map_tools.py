"""Tools on the map: distance, area, and the place of a coordinate."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PHONE = (390, 844)
CLICK_PLACES = "points => points.forEach(p => sibangkit.map.fire('click', {latlng: L.latLng(p)}))"


def test_measure_gives_great_circle_and_area(
    visit_page: Callable[..., Visit], rich_page: Path
) -> None:
    visit = visit_page(rich_page)
    visit.page.click("#tool-measure")
    # one degree of latitude on a sphere of 6371,0088 km is 111,195 km
    visit.run(CLICK_PLACES, [[-2.0, 104.0], [-3.0, 104.0]])
    assert visit.text("#measure-result") == "Jarak 111,2 km"
    visit.run(CLICK_PLACES, [[-3.0, 105.0], [-2.0, 105.0]])
    # R² Δλ (sin 3° - sin 2°) of a band, which the great circle sides miss by 0,01 %
    hectares = (
        6371.0088**2 * math.radians(1) * (math.sin(math.radians(3)) - math.sin(math.radians(2)))
    )
    found = re.search(r"luas ([\d.]+) ha", visit.text("#measure-result"))
    assert found is not None
    assert int(found[1].replace(".", "")) == pytest.approx(hectares * 100, rel=3e-4)
    assert visit.page.locator("#detail.empty").count() == 1
    visit.page.click("#measure-back")
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".tool-box").is_hidden()
    visit.context.close()


@pytest.mark.parametrize(
    "typed",
    [
        "-2,85 104,45",
        "-2.85, 104.45",
        "-2.85,104.45",
        "-2,85; 104,45",
        "-2,85,104,45",
        "2°51'S 104°27'E",
        "2°51'0\"LS 104°27'0\"BT",
        "S2.85 E104.45",
        "2 51 LS, 104 27 BT",
        "\u22122,85\u00a0104,45",
        "104,45 -2,85",
    ],
)
def test_coordinates_are_read_as_planners_write_them(coordinates: Visit, typed: str) -> None:
    read = coordinates.run("typed => sibangkit.readCoordinate(typed)", typed)
    assert [read["lat"], read["lng"]] == pytest.approx([-2.85, 104.45])


@pytest.mark.parametrize(
    "typed", ["", "desa", "-2,85", "2°71'S 104°27'E", "95 200", "1 2 3 4", "S E"]
)
def test_what_is_no_coordinate_is_refused(coordinates: Visit, typed: str) -> None:
    assert coordinates.run("typed => sibangkit.readCoordinate(typed)", typed) is None


@pytest.fixture(scope="module")
def coordinates(visit_page: Callable[..., Visit], rich_page: Path) -> Visit:
    return visit_page(rich_page)


def test_coordinate_search_says_where_it_is_or_why_not(
    visit_page: Callable[..., Visit], rich_page: Path, rich_payload: dict[str, Any]
) -> None:
    visit = visit_page(rich_page, PHONE)
    visit.page.click("#tool-locate")
    # the south-west corner of the made-up grid is 104,4 and -2,9
    for typed, said in (
        ("-2,89 104,41", f"Desa {rich_payload['villages']['name'][0]}"),
        ("-2,91 104,41", "tidak di dalam desa mana pun"),
        ("2,85 104,45", "di luar peta"),
        ("entah", "tidak dapat dibaca"),
    ):
        visit.page.fill("#locate-input", typed)
        visit.page.keyboard.press("Enter")
        assert said in visit.text("#locate-answer"), typed
    assert rich_payload["villages"]["name"][0] in visit.text("#detail")
    visit.context.close()
