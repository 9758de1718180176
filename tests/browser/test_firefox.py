"""The page in Firefox, from file: it opens, asks for nothing, complains of nothing, and draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser
READY = "document.documentElement.dataset.ready"
CHOOSE = """document.querySelector('#ranking tr button').click();
document.querySelector('#detail h2').textContent"""
COMPARE = """document.getElementById('compare-open').click();
const other = document.getElementById('other'); other.selectedIndex = 1;
other.dispatchEvent(new Event('change'));
document.querySelectorAll('.leaflet-map-pane').length"""
NARROW = "document.documentElement.scrollWidth <= window.innerWidth"
PICTURE = """document.getElementById('picture').click();
new Promise(done => { const look = () => {
  const said = document.getElementById('status').textContent;
  if (said.startsWith('Gambar')) done(said); else setTimeout(look, 50);
}; look(); })"""
STEPS = (READY, CHOOSE, COMPARE, NARROW, PICTURE)


def test_the_page_works_in_firefox(
    rich_page: Path, rich_payload: dict[str, Any], tmp_path: Path
) -> None:
    from PIL import Image  # noqa: PLC0415 - only with a browser

    pytest.importorskip("tornado", reason="No web socket to talk to Firefox; install tornado.")
    from tests.browser.firefox import FOUND, look  # noqa: PLC0415 - needs tornado

    if FOUND is None:
        pytest.skip("Firefox is not installed; apt-get install firefox-esr.")
    shot = tmp_path / "firefox.png"
    profile = tmp_path / "profil"
    profile.mkdir()
    (profile / "user.js").write_text(
        'user_pref("browser.download.folderList", 2);\n'
        f'user_pref("browser.download.dir", "{tmp_path}");\n',
        encoding="utf-8",
    )
    told, seen = look(
        rich_page.as_uri(), profile=profile, size=(1366, 768), steps=STEPS, picture=shot
    )
    names = set(rich_payload["villages"]["name"])
    assert told[0] == "1"
    assert told[1] in names
    assert told[2:] == [2, True, "Gambar peta sudah diunduh."]
    assert seen.complaints == []
    outside = [url for url in seen.requests if not url.startswith(("data:", rich_page.as_uri()))]
    assert outside == []
    saved = next(path for path in tmp_path.glob("*.png") if path != shot)
    for path in (shot, saved):
        with Image.open(path) as picture:
            found = {color for _, color in picture.convert("RGB").getcolors(1 << 24) or []}
        for one in rich_payload["layers"][0]["classes"]:
            wanted = tuple(int(one["color"][i : i + 2], 16) for i in (1, 3, 5))
            assert wanted in found, (path.name, one["color"])
