"""The guides, clicked through as a reader would: every label that they name is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.guides import NAMES, PANDUAN, GuideError, Step, click, own_guide, read_guide

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, offline=True, accept_downloads=True
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", NAMES)
def test_clicks_find_what_the_guides_name(
    followed: tuple[Path, dict[str, int]], page: Any, name: str
) -> None:
    folder, _ = followed
    steps = own_guide(name).done_by(clicking=True)
    assert len(steps) > 3
    for step in steps:
        click(page, step, folder)


def test_every_answer_of_the_five_minutes_is_where_the_guide_says(
    followed: tuple[Path, dict[str, int]], page: Any
) -> None:
    folder, _ = followed
    asked, _, answered = (PANDUAN / "perencana.md").read_text("utf-8").partition("## Uji diri")
    asked, _, answered = answered.partition("## Di mana jawabannya")
    questions = re.findall(r"^(\d+)\. .+\?$", asked, re.MULTILINE)
    rows = re.findall(r"^\| (\d+) \| `(.+?)` \| \*\*(.+?)\*\* \|$", answered, re.MULTILINE)
    assert [one[0] for one in rows] == questions == [str(one) for one in range(1, 11)]
    for _, file, words in rows:
        click(page, Step("Buka", (file,)), folder)
        click(page, Step("Terlihat", (words,)), folder)


@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        ("Klik **Cetak**.", True),
        ("Klik **Cetk**.", False),
        ("Klik **Tersembunyi**.", False),
        ("Ketik `abc` pada **Cari desa**.", True),
        ("Ketik `abc` pada **Cari**.", False),
        ("Terlihat **Cetak** dan **Desa terpilih**.", True),
        ("Terlihat **Cetak** dan **Desa lain**.", False),
    ],
)
def test_a_wrong_label_fails(page: Any, tmp_path: Path, sentence: str, *, right: bool) -> None:
    (tmp_path / "a.html").write_text(
        "<button>Cetak</button><button hidden>Tersembunyi</button><p>Desa terpilih</p>"
        "<label>Cari desa <input></label>",
        encoding="utf-8",
    )
    opened, step = read_guide(f"Buka `a.html`. {sentence}").steps
    click(page, opened, tmp_path)
    if right:
        click(page, step, tmp_path, patience=500)
    else:
        with pytest.raises(GuideError, match="not on the page"):
            click(page, step, tmp_path, patience=500)
