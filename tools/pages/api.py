"""The public names of the package, room by room."""

from __future__ import annotations

import inspect
from itertools import groupby
from operator import itemgetter

import sibangkit_geo

_INTRODUCTION = """\
# Public names

`import sibangkit_geo as sg`; each name is loaded when it is first used. Tables are pandas or
GeoPandas, a place is a row. What changes the grain says so.
"""
_ROOMS = {
    "agencies": "Agencies, needs and budget",
    "config": "The study file",
    "demo": "A made-up regency",
    "disclosure": "Protection and the leak scan",
    "indicators": "Indicators",
    "join": "Rows to villages",
    "model": "Shared types",
    "pockets": "Pockets and neighbours",
    "products": "Results and products",
    "sources": "Reading files",
    "stats": "Statistical library",
    "study": "Whole studies",
}


def names() -> list[tuple[str, str]]:
    """List each public name after the room it lives in, by room."""
    stub = inspect.getsourcefile(sibangkit_geo) or ""
    with open(f"{stub}i", encoding="utf-8") as file:  # noqa: PTH123 - a name of text
        lines = [line.split() for line in file if line.startswith("from .")]
    return [(module.lstrip("."), name) for _, module, _, name, *_ in lines]


def pages() -> dict[str, str]:
    """Write the list of rooms, and a page for each."""
    by_room = groupby(sorted((module.partition(".")[0], name) for module, name in names()),
                      key=itemgetter(0))  # fmt: skip
    made = {room: [name for _, name in each] for room, each in by_room}
    listed = "\n".join(made)
    index = f"{_INTRODUCTION}\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
    return {"index": index} | {room: _room(room, each) for room, each in made.items()}


def _room(room: str, listed: list[str]) -> str:
    parts = [f"# {_ROOMS[room]}\n", f"`sibangkit_geo.{room}`\n"]
    for name in listed:
        found = getattr(sibangkit_geo, name)
        kind = "class" if inspect.isclass(found) else "function"
        parts.append(f"```{{eval-rst}}\n.. auto{kind}:: sibangkit_geo.{name}\n```\n")
    return "\n".join(parts)
