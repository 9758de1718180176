"""The tests of the pages' scripts, which Node.js runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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
