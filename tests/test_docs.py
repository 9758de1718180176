"""The guides: every file, name and link that they mention is there."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sibangkit_geo"
PAGES = (*sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "README.md")
QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = frozenset({".py", ".js", ".mjs", ".css", ".toml", ".ipynb"})
PATH = re.compile(r"[\w.\-]+(/[\w.\-]+)*/?")
DOTTED = re.compile(r"sibangkit_geo(\.\w+)+")
CALLED = re.compile(r"(\w+)\(\)")
TYPE = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")
MADE = {"rujukan", "api", "tutorial"}
# what a run writes, or a user names
PRODUCTS = re.compile(r"(maps/(?!README)|.*\b(study\w*|susunan)\.toml$)", re.IGNORECASE)


@functools.cache
def _files() -> frozenset[str]:
    """Name the files of the repository by their last part."""
    rooms = ("sibangkit_geo", "tests", "benchmarks", "tools", "data", "docs", "notebooks")
    found = [one for room in rooms for one in (ROOT / room).rglob("*") if one.is_file()]
    return frozenset(
        one.name for one in (*found, *ROOT.iterdir()) if "node_modules" not in str(one)
    )


@functools.cache
def _defined() -> frozenset[str]:
    """Name every function and class of the package, methods too, and every alias of a type."""
    names = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names.add(node.targets[0].id)
    return frozenset(names)


def _is_lost(token: str) -> bool:
    """Tell whether a token looks like a path of the repository that is not there."""
    if not PATH.fullmatch(token) or PRODUCTS.match(token):
        return False
    first, _, rest = token.partition("/")
    if not rest and not token.endswith("/"):
        return Path(token).suffix in CODE and token not in _files()
    if not any((base / first).is_dir() for base in (ROOT, PACKAGE)):
        return False
    return not any((base / token).exists() for base in (ROOT, PACKAGE))


def _exists(name: str) -> bool:
    """Tell whether a dotted name is a module, or something inside one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def _is_borrowed(name: str) -> bool:
    """Tell whether a type is one of Python's or of the table libraries."""
    return any(hasattr(module, name) for module in (builtins, pd, gpd, pl))


def faults(text: str, folder: Path) -> list[str]:
    """List what a page mentions and the repository lacks."""
    found = []
    for token in QUOTED.findall(text):
        if _is_lost(token):
            found.append(f"no file {token}")
        if DOTTED.fullmatch(token) and not _exists(token):
            found.append(f"no name {token}")
        if (called := CALLED.fullmatch(token)) and called[1] not in _defined():
            found.append(f"no function {token}")
        if TYPE.fullmatch(token) and token not in _defined() and not _is_borrowed(token):
            found.append(f"no type {token}")
    # what is made from the code is there in the site, whose links have a test of their own
    links = (
        one
        for one in LINK.findall(text)
        if "://" not in one and not MADE & set(Path(one).parts[:-1])
    )
    lost = (one for one in links if not (folder / one.partition("#")[0]).exists())
    return found + [f"no page {one}" for one in lost]


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_what_a_page_mentions_is_there(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8"), page.parent) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("`products/no_such.py`", "no file products/no_such.py"),
        ("`sibangkit_geo/no_such/`", "no file sibangkit_geo/no_such/"),
        ("`no_such.js`", "no file no_such.js"),
        ("`sibangkit_geo.stats.no_such`", "no name sibangkit_geo.stats.no_such"),
        ("`no_such()`", "no function no_such()"),
        ("`NoSuchType`", "no type NoSuchType"),
        ("[page](no-such.md)", "no page no-such.md"),
    ],
)
def test_what_is_not_there_is_found(text: str, told: str) -> None:
    assert faults(text, ROOT) == [told]


@pytest.mark.parametrize(
    "text",
    [
        "`products/id.toml` `cli.py` `tests/js` `study/` `villages.csv` `maps/demo/index.html`",
        "`sibangkit_geo.run` `sibangkit_geo.stats.scan` `run()` `VillageCounts` `GeoDataFrame`",
        '`kecamatan/*.html` `STUDY.toml` `key = "x"`',
        "[page](docs/method.md#part) ![picture](docs/trial.png)",
    ],
)
def test_what_is_there_is_no_fault(text: str) -> None:
    assert faults(text, ROOT) == []
