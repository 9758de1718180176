"""Every table and key of a study file, from the settings that it fills."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from numpydoc.docscrape import NumpyDocString

from sibangkit_geo.agencies.catalogue import _CatalogueFile, _CostFile
from sibangkit_geo.agencies.targets import _SeriesFile
from sibangkit_geo.config import Study
from sibangkit_geo.indicators.deprivation import _IndexFile
from sibangkit_geo.products.document.document_outline import Outline
from sibangkit_geo.study.regencies import ProvinceSection

_INTRODUCTION = """\
# Every key of the study file

Made from the settings themselves, so it holds what this version reads and nothing else; an
unknown key is refused. What the tables are for, with examples, stands in
[the study file](../study-file.md). A key without a default must be written.

## The study file itself
"""
_SEVERAL = """\
## A study of several regencies

Its `[study]` table has other keys, those below; all other tables are the same. What one regency
has of its own stands under `[regency."16.07"]`, see
[several regencies](../study-file.md#several-regencies).
"""
# TOML files that a study names, by the key that names them
BESIDE: dict[str, type] = {
    "[agencies] catalogue": _CatalogueFile,
    "[annex] outline": Outline,
    "[budget] costs": _CostFile,
    "[deprivation] index": _IndexFile,
    "[target] series": _SeriesFile,
}


@dataclasses.dataclass(frozen=True)
class Key:
    """A key of a table: how its values are written, its default and its meaning."""

    name: str
    values: str
    default: str
    meaning: str


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of a study file, as it is headed there."""

    heading: str
    meaning: str
    keys: tuple[Key, ...]


def tables(kind: type = Study, *, path: str = "", heading: str = "") -> Iterator[Table]:
    """Give a table, then those within it, in the order of their settings."""
    told, hints = _told(kind), typing.get_type_hints(kind)
    keys, within = [], []
    for one in dataclasses.fields(kind):
        inner = _settings_in(hints[one.name])
        if inner is None:
            keys.append(_key(one, hints[one.name], told.get(one.name, "")))
        else:
            within.append((one.name, inner, typing.get_origin(hints[one.name]) is tuple))
    if keys:
        yield Table(heading, _summary(kind), tuple(keys))
    for name, inner, many in within:
        below = f"{path}.{name}" if path else name
        yield from tables(inner, path=below, heading=f"[[{below}]]" if many else f"[{below}]")


def _settings_in(hint: Any) -> type | None:
    """Find the settings that a key is a table of; None for a plain value."""
    for one in (hint, *typing.get_args(hint)):
        if isinstance(one, type) and dataclasses.is_dataclass(one):
            return one
    return None


def _told(kind: type) -> dict[str, str]:
    """Read what the docstrings of settings, and of those they are built on, say of each key."""
    told: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if one is object or not one.__doc__:
            continue
        read = NumpyDocString(inspect.cleandoc(one.__doc__))
        for entry in (*read["Parameters"], *read["Attributes"]):
            meaning = " ".join(line.strip() for line in entry.desc)
            told |= {name.strip(): meaning for name in entry.name.split(",")}
        told |= dict(_short_entries(one.__doc__))
    return told


def _short_entries(doc: str) -> Iterator[tuple[str, str]]:
    """Give the entries of the short form, `name`: meaning, one or several names to a line."""
    text = inspect.cleandoc(doc)
    for found in re.finditer(r"^((?:`\w+`(?:, )?)+): (.+(?:\n(?!`|\n).+)*)", text, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", found[1]):
            yield name, " ".join(found[2].split())


def _summary(kind: type) -> str:
    return " ".join((inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0]).split())


def _key(field: dataclasses.Field[Any], hint: Any, meaning: str) -> Key:
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    told = "" if default is dataclasses.MISSING else _as_toml(default)
    return Key(field.name, _values(hint), told, _plain(meaning))


def _as_toml(value: object) -> str:
    match value:
        case None | "" | () | {}:
            return "left out"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f'`"{value}"`'
        case tuple():
            return "`[" + ", ".join(_as_toml(one).strip("`") for one in value) + "]`"
        case _:
            return f"`{value}`"


def _values(hint: Any) -> str:
    """Word which values a key takes."""
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    if hint in names:
        return names[hint]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return ", ".join(f'`"{one}"`' for one in parts if one != "")
    if origin is tuple:
        return f"list: {_values(parts[0])}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_values(one) for one in parts if one is not type(None))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "table of text"
    return str(getattr(hint, "__name__", hint))


def _plain(text: str) -> str:
    """Turn reStructuredText's marks of code into Markdown's, within the cell of a table."""
    return re.sub(r"``(.+?)``", r"`\1`", text).replace("|", "\\|")


def page() -> str:
    """Write the page."""
    parts = [_INTRODUCTION, *map(_section, tables())]
    parts += [_SEVERAL, *map(_section, tables(ProvinceSection, heading="[study]"))]
    for named_by, kind in BESIDE.items():
        parts.append(f"## The file that `{named_by}` names\n")
        parts += [
            _section(dataclasses.replace(one, heading=one.heading or "At its top"))
            for one in tables(kind)
        ]
    return "\n".join(parts)


def _section(table: Table) -> str:
    heading = f"`{table.heading}`" if table.heading.startswith("[") else table.heading
    rows = [
        f"| `{one.name}` | {one.values} | {one.default or '**required**'} | {one.meaning} |"
        for one in table.keys
    ]
    head = ["| key | values | default | meaning |", "|---|---|---|---|"]
    return "\n".join([f"### {heading}\n", _plain(table.meaning) + "\n", *head, *rows, ""])
