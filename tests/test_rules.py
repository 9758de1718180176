"""Rules of the house: imports look down, no product names an outside address, no loose ends."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import grimp
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
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"},
    )


def test_import_contracts_hold() -> None:
    result = _lint_imports(ROOT)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


# file, import that must not stand in it, contract that must say so
BREACHES = (
    ("pockets/global_test.py", "sibangkit_geo.agencies.focus", "Rooms look down only"),
    ("codes/__init__.py", "sibangkit_geo.model.types", "Rooms look down only"),
    ("config.py", "sibangkit_geo.study.find", "Rooms look down only"),
    ("agencies/focus.py", "sibangkit_geo.registers.households", "Household wall"),
    ("products/tables.py", "sibangkit_geo.registers.register", "Household wall"),
    ("registers/tally.py", "sibangkit_geo.join.by_code", "The registers know"),
    ("study/find.py", "sibangkit_geo.stats.geary", "Rooms look down only"),
    ("stats/geary.py", "sibangkit_geo.products.words", "The statistical library"),
    ("study/__init__.py", "matplotlib.pyplot", "matplotlib belongs"),
    ("study/__init__.py", "pypdfium2", "pypdfium2 belongs"),
    ("study/find.py", "jinja2", "jinja2 and markupsafe belong"),
    ("sources/profiles.py", "markupsafe", "jinja2 and markupsafe belong"),
    ("products/classes.py", "folium", "folium and branca belong"),
    ("products/classes.py", "topojson", "folium and branca belong"),
    ("sources/profiles.py", "rich", "typer and rich belong"),
    ("join/__init__.py", "sklearn.cluster", "scikit-learn belongs"),
    ("join/by_point.py", "numba", "numba belongs"),
    ("sources/surroundings.py", "rasterio", "rasterio and exactextract belong"),
    ("products/gis.py", "docx", "python-docx belongs"),
    ("products/web/html.py", "cryptography", "cryptography belongs"),
    ("study/registers.py", "distributed", "dask belongs"),
    ("pockets/moran_gi.py", "esda", "peers stay"),
)


def test_every_planted_breach_breaks_its_contract(tmp_path: Path) -> None:
    for name in ("sibangkit_geo", "pyproject.toml"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    for file, planted, _ in BREACHES:
        path = tmp_path / "sibangkit_geo" / file
        # a type import couples two rooms as any other does
        text = f"\nif TYPE_CHECKING:\n    import {planted}\n"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    result = _lint_imports(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    _, _, details = result.stdout.partition("Broken contracts")
    by_contract = dict(_sections(details))
    for file, planted, contract in BREACHES:
        module = "sibangkit_geo." + file.removesuffix(".py").replace("/", ".")
        module = module.removesuffix(".__init__")
        top = planted if planted.startswith("sibangkit_geo") else planted.split(".")[0]
        told = [text for name, text in by_contract.items() if name.startswith(contract)]
        assert any(re.search(rf"{re.escape(module)} -> {re.escape(top)}\b", one) for one in told), (
            f"{file} may import {planted}: {contract} does not see it\n{result.stdout}"
        )


def _sections(details: str) -> list[tuple[str, str]]:
    """Split the linter's account of broken contracts: underlined name, then its text."""
    parts = re.split(r"\n(\S[^\n]*)\n-{4,}\n", details)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def test_no_modules_import_each_other_in_a_circle() -> None:
    every = grimp.build_graph("sibangkit_geo", cache_dir=None)
    needed = grimp.build_graph("sibangkit_geo", cache_dir=None, exclude_type_checking_imports=True)
    # what draws a result may name its type, and the result loads what draws it when asked
    shown = {f"sibangkit_geo.products.{one}" for one in ("result", "found")}
    imports = {
        one: (every.find_modules_directly_imported_by(one) - shown)
        | needed.find_modules_directly_imported_by(one)
        for one in every.modules
    }
    while True:
        leaves = {one for one, used in imports.items() if not used & imports.keys()}
        if not leaves:
            break
        imports = {one: used for one, used in imports.items() if one not in leaves}
    assert sorted(imports) == []


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
        "|".join(["TO" + "DO", "FIX" + "ME", r"\bNot" + "Implemented", r"\bpri" + "nt\\("])
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


def _lines_of_code(text: str) -> int:
    """Count the lines that are neither blank nor part of a docstring or an import."""
    tree = ast.parse(text)
    other = {number for number, line in enumerate(text.splitlines(), 1) if not line.strip()}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            other |= set(range(node.lineno, (node.end_lineno or 0) + 1))
        elif (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and ast.get_docstring(node) is not None
        ):
            other |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(text.splitlines()) - len(other)


def test_files_stop_at_four_hundred_lines_of_code() -> None:
    assert _lines_of_code('"""A\n\nB."""\n\nimport os\n\n# why\nA = 1\n') == 2
    long = {
        file.name: count
        for file in (ROOT / "sibangkit_geo").rglob("*.py")
        if (count := _lines_of_code(file.read_text(encoding="utf-8"))) > 400
    }
    assert long == {}


@pytest.mark.parametrize("word", ["to_csv", "tomllib"])
def test_one_file_writes_csv_and_one_reads_toml(word: str) -> None:
    files = [
        file.name
        for file in (ROOT / "sibangkit_geo").rglob("*.py")
        if re.search(rf"\b{word}\b", file.read_text(encoding="utf-8"))
    ]
    assert files == [{"to_csv": "tables.py", "tomllib": "toml.py"}[word]]


def test_a_file_name_says_where_one_is() -> None:
    names = Counter(file.name for file in (ROOT / "sibangkit_geo").rglob("*.py"))
    # every package has the first; what a stage lets a study choose stands in the second
    assert {name for name, count in names.items() if count > 1} <= {"__init__.py", "settings.py"}


def test_lock_pins_everything_with_hashes_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^[A-Za-z0-9_.\-\[\]]+==\S+.*\\$", text, flags=re.MULTILINE)
    assert len(pins) > 50
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9_.\-\[\]]+==", text, flags=re.MULTILINE))
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_bandit_leaves_to_ruff_what_ruff_checks_and_nothing_else() -> None:
    told = subprocess.run(
        [str(LINTER.with_name("ruff")), "rule", "--all", "--output-format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    rules = [one for one in json.loads(told.stdout) if re.fullmatch(r"S\d+", one["code"] or "")]
    checked = {f"B{one['code'][1:]}" for one in rules if "Stable" in one["status"]}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    # the notices at the imports of pickle and subprocess, whose calls ruff judges
    assert set(settings["bandit"]["skips"]) == checked | {"B403", "B404"}
    assert settings["ruff"]["lint"]["select"] == ["ALL"]
    assert not [one for one in settings["ruff"]["lint"]["ignore"] if one.startswith("S")]


def test_bandit_finds_what_ruff_does_not(tmp_path: Path) -> None:
    pytest.importorskip("bandit", reason="bandit is not installed: make setup")
    # built here so that this file does not find itself
    planted = tmp_path / "planted.py"
    planted.write_text("from xml." + "sax import parse\n", encoding="utf-8")
    command = [sys.executable, "-m", "bandit", "--quiet", "--configfile", "pyproject.toml"]
    told = subprocess.run(
        [*command, str(planted)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1, told.stderr
    assert "B406" in told.stdout
