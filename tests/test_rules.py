"""Rules of the house: imports look down, no product names an outside address, no loose ends."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import SmallStudy

ROOT = Path(__file__).resolve().parents[1]
LINTER = Path(sys.executable).with_name(
    "lint-imports" + (".exe" if sys.platform == "win32" else "")
)
NAMESPACES = (
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/1999/xlink",
)


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINTER), "--config", "pyproject.toml", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(folder),
    )


def _environment(folder: Path) -> dict[str, str]:
    import os  # noqa: PLC0415 - only here

    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(
        ROOT / "sibangkit_geo",
        folder / "sibangkit_geo",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_import_contracts_hold(checkout: Path) -> None:
    result = _lint_imports(checkout)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("room", "planted", "contract"),
    [
        ("pockets/gate.py", "import sibangkit_geo.agencies.needs", "Rooms look down only"),
        ("codes/__init__.py", "import sibangkit_geo.tables.public", "Rooms look down only"),
        ("config.py", "import sibangkit_geo.study", "Rooms look down only"),
        ("agencies/needs.py", "import sibangkit_geo.tables.private", "Household wall"),
        ("outputs/tables.py", "import sibangkit_geo.sources.register", "Household wall"),
        ("study/__init__.py", "import matplotlib.pyplot", "matplotlib belongs"),
        ("cartography/classes.py", "import folium", "folium, branca and topojson belong"),
        ("sources/profiles.py", "import rich", "typer and rich belong"),
        ("join/__init__.py", "import sklearn.cluster", "scikit-learn belongs"),
    ],
)
def test_a_planted_breach_breaks_its_contract(
    checkout: Path, room: str, planted: str, contract: str
) -> None:
    file = checkout / "sibangkit_geo" / room
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before + f"\n{planted}\n", encoding="utf-8")
        result = _lint_imports(checkout)
    finally:
        file.write_text(before, encoding="utf-8")
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken), result.stdout


def test_no_product_page_names_an_outside_address(small_study: SmallStudy) -> None:
    pages = [
        small_study.finished.out / name
        for name in small_study.finished.products
        if name.endswith(".html")
    ]
    assert len(pages) >= 8
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for namespace in NAMESPACES:
            text = text.replace(namespace, "")
        assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text) == [], page.name
        assert not re.search(r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=\"(?!data:,)", text)


def test_no_loose_end_and_no_path_of_one_machine_in_the_package() -> None:
    # built here so that this file does not find itself
    words = re.compile(
        "|".join(["TO" + "DO", "FIX" + "ME", "Not" + "Implemented", r"\bpri" + "nt\\("])
    )
    for file in (ROOT / "sibangkit_geo").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not words.search(text), file.name
        assert not re.search(r"[\"'](?:/(?:home|opt|usr|var)/|[A-Z]:\\\\)", text), file.name


def _exported_functions() -> list[tuple[str, ast.FunctionDef]]:
    """Functions in an `__all__`, and formulas: they carry a reference or a worked example."""
    trees = {
        file: ast.parse(file.read_text(encoding="utf-8"))
        for file in (ROOT / "sibangkit_geo").rglob("*.py")
        if "cli" not in {file.stem, file.parent.name}  # its docstrings are the help a user reads
    }
    names = {
        name
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for name in ast.literal_eval(node.value)
    }
    return [
        (f"{file.name}:{node.name}", node)
        for file, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and (
            node.name in names
            or re.search(r"\n(References|Examples)\n---", ast.get_docstring(node) or "")
        )
    ]


def test_exported_functions_and_formulas_say_what_goes_in_and_comes_out() -> None:
    functions = _exported_functions()
    assert len(functions) > 60
    incomplete = []
    for name, node in functions:
        text = ast.get_docstring(node) or ""
        arguments = [one.arg for one in (*node.args.args, *node.args.kwonlyargs)]
        listed = text.partition("Parameters\n-----")[2].partition("\n\nRe")[0]
        missing = [one for one in arguments if not re.search(rf"\b{one}\b", listed)]
        returns = ast.unparse(node.returns) if node.returns else "None"
        raises = any(isinstance(one, ast.Raise) for one in ast.walk(node))
        if (
            missing
            or (returns != "None" and not re.search(r"\n(Returns|Yields)\n-----", text))
            or (raises and "\nRaises\n------\n" not in text)
        ):
            incomplete.append(name)
    assert incomplete == []


_SAYS_NOTHING = re.compile(r"\n *Nothing\n|Raises Nothing|^ *`\w+`: Settings\.$", re.MULTILINE)


def test_no_docstring_says_that_nothing_is_raised_or_repeats_a_name() -> None:
    noisy = [
        f"{file.name}:{node.name}"
        for file in (ROOT / "sibangkit_geo").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and _SAYS_NOTHING.search(ast.get_docstring(node) or "")
    ]
    assert noisy == []


def test_functions_stop_at_forty_lines() -> None:
    long = []
    for file in (ROOT / "sibangkit_geo").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                has_text = ast.get_docstring(node) is not None
                first = node.body[1 if has_text and len(node.body) > 1 else 0].lineno
                if (node.end_lineno or 0) - first + 1 > 40:
                    long.append(f"{file.name}:{node.name}")
    assert long == []


def test_files_stay_short() -> None:
    long = {
        file.name: count
        for file in (ROOT / "sibangkit_geo").rglob("*.py")
        if (count := len(file.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert long == {}


def test_lock_pins_everything_with_hashes_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^[A-Za-z0-9_.\-\[\]]+==\S+.*\\$", text, flags=re.MULTILINE)
    assert len(pins) > 50
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9_.\-\[\]]+==", text, flags=re.MULTILINE))
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
