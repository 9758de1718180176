"""The tests of the pages' scripts, which Node.js runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sibangkit_geo.products.web import html
from sibangkit_geo.products.web.html import compact, own_text

SCRIPTS = Path(__file__).parent / "js"


def test_the_scripts_of_the_pages_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("SIBANGKIT_NODE") == "required":
            pytest.fail("Node.js is mandatory here (SIBANGKIT_NODE=required) and not installed")
        pytest.skip("no Node.js on this machine")
    files = sorted(map(str, SCRIPTS.glob("*.test.mjs")))
    assert len(files) >= 7
    result = subprocess.run(
        [node, "--test", *files], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert result.returncode == 0, result.stdout


def test_the_lock_of_the_scripts_names_no_registry() -> None:
    text = (SCRIPTS / "package-lock.json").read_text(encoding="utf-8")
    assert text.count('"integrity"') > 50
    assert '"resolved"' not in text
    assert "registry" not in text


@pytest.mark.parametrize("name", sorted(json.loads(own_text("minified.json"))))
def test_what_pages_carry_was_made_from_the_script_as_it_is(name: str) -> None:
    # else the page would carry the long form: right, but large
    assert compact(name) == json.loads(own_text("minified.json"))[name]["text"]


def test_every_script_and_style_has_its_short_form() -> None:
    folder = Path(html.__file__).parent
    names = {one.name for kind in ("js", "css") for one in folder.glob(f"*.{kind}")}
    assert names == set(json.loads(own_text("minified.json")))


def test_a_script_that_was_changed_is_carried_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "own_text", lambda _: '"use strict";\n// why\n  f();\n')
    monkeypatch.setattr(html, "_minified", lambda: {"x.js": {"sha256": "0", "text": "g()"}})
    assert html.compact.__wrapped__("x.js") == '"use strict";\nf();'
