"""Every notebook runs from top to bottom, draws its maps, and uses public names alone."""

from __future__ import annotations

import ast
import base64
import functools
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import sibangkit_geo as sg

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = ("00_data_sendiri", "01_join", "02_indicators", "03_pockets", "04_opd_maps", "05_annex",
         "06_change")  # fmt: skip
#: beside the package
ALLOWED = frozenset({"dataclasses", "geopandas", "libpysal", "matplotlib", "numpy", "pandas",
                     "pathlib", "tempfile"})  # fmt: skip
#: figures, maps that can be moved, pages in frames, sheets and cards with a map: at least
MAPS = {"00_data_sendiri": 4, "01_join": 1, "02_indicators": 5, "03_pockets": 5,
        "04_opd_maps": 3, "05_annex": 2, "06_change": 3}  # fmt: skip
#: whose level is not public
AGENCY = frozenset({"05_annex"})
# neither part of a longer number nor of the digits after a point or a comma
_IDENTITY = re.compile(r"(?<![\d.,])\d{16}(?!\d)")
_EMBEDDED = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@functools.cache
def _book(path: Path) -> Any:
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def _code(path: Path) -> str:
    cells = [one.source for one in _book(path).cells if one.cell_type == "code"]
    return "\n".join(cells)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run a notebook once for all that is asked of its outputs."""
    path = request.param
    book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    folder = tmp_path_factory.mktemp(path.stem)
    NotebookClient(book, timeout=1800, resources={"metadata": {"path": str(folder)}}).execute()
    left = sorted(one.name for one in folder.iterdir())
    return path.stem, [one for cell in book.cells for one in cell.get("outputs", [])], left


def _texts(outputs: list[Any]) -> str:
    told = [str(one.get("text", "")) for one in outputs]
    told += [str(text) for one in outputs for kind, text in one.get("data", {}).items()
             if kind.startswith("text/")]  # fmt: skip
    return _EMBEDDED.sub("", "\n".join(told))


def _maps(outputs: list[Any]) -> int:
    count = 0
    for one in outputs:
        data = one.get("data", {})
        html = data.get("text/html", "")
        pictures = len(re.findall(r"<iframe |<img |<svg viewBox", html.partition("srcdoc")[0]))
        count += pictures + ("image/png" in data)
    return count


def test_these_are_the_notebooks() -> None:
    assert tuple(path.stem for path in NOTEBOOKS) == NAMES


@pytest.mark.filterwarnings("ignore")
def test_notebook_runs_draws_its_maps_and_finds_pockets_only_where_they_are(ran: Any) -> None:
    name, outputs, left = ran
    told = _texts([one for one in outputs if one["output_type"] == "stream"])
    counts = [int(one) for one in re.findall(r"pockets: (\d+)", told)]
    # the second time villages are shuffled over their places
    assert [one > 0 for one in counts] == ([True, False] if name == "03_pockets" else [])
    assert _maps(outputs) >= MAPS[name]
    assert not [one for one in outputs if one["output_type"] == "error"]
    # what it writes goes into a temporary folder
    assert left == []


@pytest.mark.filterwarnings("ignore")
def test_no_output_has_an_identity_number(ran: Any) -> None:
    _, outputs, _ = ran
    assert not _IDENTITY.search(_texts(outputs))


@pytest.mark.filterwarnings("ignore")
def test_nothing_shown_asks_for_an_outside_address(ran: Any) -> None:
    _, outputs, _ = ran
    html = "\n".join(str(one.get("data", {}).get("text/html", "")) for one in outputs)
    assert not re.findall(r"""(?:src|href)=(?:"|'|&quot;|&#34;)https?://[^"'&]*""", html)


@each
def test_notebook_is_committed_without_output(path: Path) -> None:
    cells = _book(path).cells
    code = [one for one in cells if one.cell_type == "code"]
    assert not [one.id for one in code if one.outputs or one.execution_count is not None]
    assert [one.id for one in cells] == [f"cell-{i}" for i in range(len(cells))]


def names_used(code: str) -> list[str]:
    """List what a notebook uses that is not public."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in ALLOWED:
            found.append(f"from {node.module}")
        elif isinstance(node, ast.Import):
            for one in node.names:
                public = one.name == "sibangkit_geo" and one.asname == "sg"
                if not public and one.name.split(".")[0] not in ALLOWED:
                    found.append(f"import {one.name}")
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == "sg":
                if node.attr not in dir(sg):
                    found.append(f"sg.{node.attr}")
            elif node.attr.startswith("_"):
                found.append(node.attr)
    return found


@each
def test_notebook_uses_public_names_alone(path: Path) -> None:
    assert names_used(_code(path)) == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sibangkit_geo as sg\nsg.find_pockets", []),
        ("sg.detector", ["sg.detector"]),
        ("from sibangkit_geo.pockets import detector", ["from sibangkit_geo.pockets"]),
        ("import sibangkit_geo.pockets", ["import sibangkit_geo.pockets"]),
        ("import requests", ["import requests"]),
        ("found._repr_html_()", ["_repr_html_"]),
    ],
)
def test_what_is_not_public_is_found(code: str, told: list[str]) -> None:
    assert names_used(code) == told


def levels(code: str) -> list[object]:
    """List the level of every analysis; None where it names none."""
    found: list[object] = []
    for node in ast.walk(ast.parse(code)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "analyse"
        ):
            given = {one.arg: one.value for one in node.keywords}.get("level")
            found.append(given.value if isinstance(given, ast.Constant) else None)
    return found


@each
def test_notebook_runs_at_level_public_but_the_annex(path: Path) -> None:
    asked = set(levels(_code(path)))
    assert asked <= {"agency" if path.stem in AGENCY else "public"}
    # a register that is only counted has no level
    assert asked or path.stem == "01_join"


@each
def test_notebook_says_that_people_are_made_up_and_speaks_both_languages(path: Path) -> None:
    words = [one.source for one in _book(path).cells if one.cell_type == "markdown"]
    assert "**dikarang**" in words[0]
    assert all(re.search(r"<small>.+</small>", one) for one in words)


def test_pictures_within_html_are_no_numbers() -> None:
    sixteen = base64.b64encode(b"\xd7\x6d\xf8" * 4).decode()
    assert _IDENTITY.search(f"nik {sixteen}")
    assert not _IDENTITY.search(_EMBEDDED.sub("", f'<img src="data:image/png;base64,{sixteen}">'))
    assert not _IDENTITY.search("0.1234567890123456")
