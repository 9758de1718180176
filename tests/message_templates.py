"""Every English text of the package that can reach the command line, as a template."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import sibangkit_geo

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(sibangkit_geo.__file__).parent
# rooms and files whose errors only Python sees: the analyst's door; and the voice itself
PYTHON_ONLY = (
    "stats/", "voice/", "cli.py", "__main__.py", "demo/village_tables.py",
    "disclosure/stored_tables.py",
    "indicators/pipeline.py", "model/numeric_columns.py", "pockets/local.py", "pockets/pysal.py",
    "pockets/regionalization.py", "products/framed.py", "products/found.py",
    "products/notebook.py", "products/result.py", "products/shown.py", "products/view.py",
    "registers/findings.py", "study/doctor.py",
)  # fmt: skip
# a wrong argument of Python ends as "something unexpected", whose words nobody sees
_OF_PYTHON = {
    "ValueError", "TypeError", "ImportError", "AttributeError", "RuntimeError", "KeyError",
    "IndexError", "PageError", "TopologyError",
}  # fmt: skip
# what settings call to check themselves: their ValueError is told as a fault of the study file
_TOLD = {"__post_init__", "require_year", "_weights", "_number", "_require_known"}
_PLACES = {"msg", "problem", "remedy", "hint", "fault"}
_KEYWORDS = {"remedy", "named_by", "problem", "what", "table"}
_ENGLISH = re.compile(
    r"\b(the|of|and|with|for|where|is|are|no|not|must|or|a|an|to|in|from|has|have|this|that|be|by"
    r"|one|at|it|its|still|says|another|written|write|unknown|missing|named|more|bytes|got|Known|you|number|stands|twice|neither|these|plain|boundary)\b"
)
_INDONESIAN = re.compile(
    r"\b(yang|dan|di|ke|dari|dengan|untuk|tidak|pada|desa|ini|atau|lebih|kantong|sebagai)\b"
)
_SLOT = re.compile(r"\{\d+\}")
# the name of a table or key of a study file, alone
_KEY = re.compile(r"\[+[\w.]+\]+( \w+)?")
# literals that are no words for a reader: patterns, XML, what a library is known by
_NO_WORDS = re.compile(
    r"^\(\?i\)|^<|^Table of Figures$|^ value in $|^More than one layer found|^joint permutation"
    r"|^sequential: |^INSERT INTO gpkg|^inspect$|^data$|^boundaries$|^ and $"
)


def template(node: ast.expr) -> str | None:
    """Write a literal with its placeholders numbered; None for what is no text."""
    if isinstance(node, ast.Constant):
        return _escaped(node.value) if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    text, number = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += _escaped(str(part.value))
        else:
            text += f"{{{number}}}"
            number += 1
    return text


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def templates() -> dict[str, str]:
    """List the templates, and where each stands first."""
    found: dict[str, str] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if not name.startswith(PYTHON_ONLY):
            for line, text in _of_tree(ast.parse(file.read_text(encoding="utf-8"))):
                found.setdefault(text, f"{name}:{line}")
    return found


def _of_tree(tree: ast.Module) -> Iterator[tuple[int, str]]:
    untold = {id(one) for one in _untold(tree)}
    for node in ast.walk(tree):
        for one in _texts(node):
            text = template(one)
            if id(one) in untold or text is None or _NO_WORDS.search(text):
                continue
            words = _SLOT.sub("", text)
            if re.search("[A-Za-z]{2}", words) and not _KEY.fullmatch(text):
                yield one.lineno, text


def _texts(node: ast.AST) -> Iterator[ast.expr]:
    """Give what a message is made of: by the place where it stands, or by its English words."""
    given: list[ast.expr] = []
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        given = [node.value] * (node.targets[0].id in _PLACES)
    elif isinstance(node, ast.Call):
        given = [one.value for one in node.keywords if one.arg in _KEYWORDS]
        called = ast.unparse(node.func)
        if called.endswith(("Error", "faults.append")):
            given += node.args
    for one in given:
        yield from (part for part in _parts(one) if not _is_indonesian(part))
    if isinstance(node, ast.expr) and _is_english(node):
        yield node


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from (*_parts(node.left), *_parts(node.right))
    elif isinstance(node, ast.IfExp):
        yield from (*_parts(node.body), *_parts(node.orelse))
    elif isinstance(node, (ast.Constant, ast.JoinedStr)):
        yield node


def _is_indonesian(node: ast.expr) -> bool:
    return _INDONESIAN.search(_SLOT.sub("", template(node) or "")) is not None


def _is_english(node: ast.expr) -> bool:
    words = _SLOT.sub("", template(node) or "")
    return " " in words and _ENGLISH.search(words) is not None and _INDONESIAN.search(words) is None


def _untold(tree: ast.Module) -> Iterator[ast.AST]:
    """Give what no user reads: docstrings, parts of an f-string, logs, errors of Python."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            if ast.get_docstring(node) is not None:
                yield from ast.walk(node.body[0])
        elif isinstance(node, ast.JoinedStr):
            yield from (one for one in node.values if isinstance(one, ast.Constant))
            for one in node.values:
                if isinstance(one, ast.FormattedValue) and one.format_spec is not None:
                    yield from ast.walk(one.format_spec)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
            yield from ast.walk(node)
        if isinstance(node, ast.FunctionDef) and node.name not in _TOLD:
            yield from _for_python(node)


def _for_python(function: ast.FunctionDef) -> Iterator[ast.AST]:
    for node in ast.walk(function):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            for said, raised in itertools.pairwise(body) if isinstance(body, list) else ():
                if (
                    isinstance(said, ast.Assign)
                    and isinstance(raised, ast.Raise)
                    and isinstance(raised.exc, ast.Call)
                    and ast.unparse(raised.exc.func) in _OF_PYTHON
                ):
                    yield from ast.walk(said)
