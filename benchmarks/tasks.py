"""
A planner's tasks, done on finished folders as a user would, at five sizes of screen.

    python benchmarks/tasks.py [--before FOLDER] FOLDER

Every step is one a person makes: open, click, type, choose, press a key, or bring what must be read
into view. Nothing of the page's scripts is called. Prints steps and seconds (of the browser, with
loading) per task and screen; a task whose answer is not there has none.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Error, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Locator, Page

SCREENS = {
    "kantor": (1366, 768),
    "laptop 125%": (1093, 500),
    "lebar": (1920, 1080),
    "tablet": (820, 1180),
    "ponsel": (390, 844),
}
VILLAGE, DISTRICT = "Sungai Rengit Murni", "Rantau Bayur"
PATIENCE_MS = 8_000


class User:
    """Someone at the front page of a folder, whose steps are counted."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.steps = page, 1
        page.set_default_timeout(PATIENCE_MS)
        page.goto((folder / "index.html").resolve().as_uri())

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow a link of the plain pages."""
        self._act(self.page.get_by_role("link", name=name, exact=isinstance(name, str)).first)
        self.page.wait_for_load_state()

    def press(self, name: str) -> None:
        """Press a button by its words."""
        self._act(self.page.get_by_role("button", name=name).first)

    def choose(self, label: str, value: str) -> None:
        """Choose from the menu with this label."""
        self.page.get_by_role("combobox", name=label, exact=True).select_option(label=value)
        self.steps += 1

    def start_again(self) -> None:
        """Go back to the front page."""
        self.page.go_back()
        self.steps += 1

    def offers(self, words: str | re.Pattern[str]) -> bool:
        """Tell whether a text that fits can be seen or scrolled to."""
        return self.page.get_by_text(words).locator("visible=true").count() > 0

    def print(self) -> str:
        """Print what is shown."""
        self.steps += 1
        return f"{len(self.page.pdf()) // 1000} kB PDF"

    def find(self, words: str) -> None:
        """Type into the search and take the first that is found."""
        field = self.page.get_by_role("combobox", name="Cari desa")
        self._see(field)
        field.fill(words)
        field.press("Enter")
        self.steps += 2

    def read(self, words: str | re.Pattern[str]) -> str:
        """Read the first visible text that fits, brought into view where it is not."""
        place = self.page.get_by_text(words).locator("visible=true").first
        place.wait_for()
        self._see(place)
        return place.inner_text()

    def _act(self, place: Locator) -> None:
        place.wait_for()
        self._see(place)
        place.click()
        self.steps += 1

    def _see(self, place: Locator) -> None:
        box, size = place.bounding_box(), self.page.viewport_size
        if box and size and not 0 <= box["y"] <= size["height"] - min(box["height"], 24):
            place.scroll_into_view_if_needed()
            self.steps += 1


def houses_of_perkimtan(user: User) -> str:
    """Tell how many houses Perkimtan must serve, and where first."""
    user.follow("Perkimtan")
    number = user.read(re.compile(r"perlu ditangani|belum terlayani|membutuhkan"))
    first = re.compile("^Mulai dari")
    return f"{number} / {user.read(first) if user.offers(first) else 'tidak dijawab'}"


def pocket_of_a_village(user: User) -> str:
    """Tell whether a village is in a pocket, and with whom."""
    user.follow("Buka peta interaktif")
    user.find(VILLAGE)
    return user.read(re.compile(r"^(Tidak termasuk|Bagian dari|Termasuk)"))


def lead_of_a_district(user: User) -> str:
    """Tell which agency leads in a district."""
    lead = re.compile("^(OPD penanggung jawab utama|Langkah pertama)")
    user.follow("Buka peta interaktif")
    user.choose("Kecamatan", DISTRICT)
    if not user.page.locator("#area").count():
        user.start_again()
        user.follow(DISTRICT)
    return user.read(lead)


def list_for_a_spreadsheet(user: User) -> str:
    """Give a list that a spreadsheet opens."""
    user.follow("Perkimtan")
    with user.page.expect_download() as waiting:
        user.press("Unduh CSV")
    text = Path(waiting.value.path()).read_bytes()
    return f"{len(text.splitlines())} baris" if text.startswith(b"\xef\xbb\xbf") else ""


def print_of_a_district(user: User) -> str:
    """Print a district."""
    profile = re.compile(f"^Profil {DISTRICT}")
    user.follow(profile if user.offers(profile) else DISTRICT)
    return user.print()


TASKS: tuple[Callable[[User], str], ...] = (
    houses_of_perkimtan,
    pocket_of_a_village,
    lead_of_a_district,
    list_for_a_spreadsheet,
    print_of_a_district,
)


def run(browser: Browser, folder: Path, task: Callable[[User], str], size: tuple[int, int]) -> str:
    """Do one task; give steps, seconds and the answer."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    begin = time.perf_counter()
    try:
        user = User(page, folder)
        answer = task(user)
    except Error:
        return "–"
    finally:
        page.close()
    return f"{user.steps} langkah, {time.perf_counter() - begin:.1f} s: {answer}" if answer else "–"


def main() -> None:
    """Print the table of every folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--chromium", default="chromium")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=given.chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for folder in filter(None, (given.before, given.folder)):
            print(f"== {folder.name}")
            for task in TASKS:
                print(task.__doc__)
                for name, size in SCREENS.items():
                    print(f"  {name}: {run(browser, folder, task, size)}")
        browser.close()


if __name__ == "__main__":
    main()
