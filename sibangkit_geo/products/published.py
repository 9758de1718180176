"""The one list of products: every file that a finished folder may hold."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal

from sibangkit_geo.model.toml import build, own_toml

Kind = Literal["run", "annex", "comparison", "partner", "province"]
_LIST = "published.toml"


@dataclass(frozen=True, slots=True)
class Told:
    """
    What the list says of a file.

    `told`: What it is, as the front page offers it; empty: it is not offered.
    `means`: What it is, for the documentation, where the front page does not offer it.
    `group`: Under which heading it is offered.
    `needs`: Whether it tells households with an unmet need.
    `optional`: Whether there are finished folders without it.
    """

    told: str = ""
    means: str = ""
    group: str = ""
    needs: bool = False
    optional: bool = False

    @property
    def meaning(self) -> str:
        """What it is, wherever that is said."""
        return self.told or self.means


@cache
def published(kind: Kind) -> dict[str, Told]:
    """
    Read the list of one kind of folder.

    Returns: Relative path, in which ``*`` and ``?`` stand for signs of one name, to what is said.
    """
    return {
        name: build(Told, line, file=_LIST, called=f"{kind}: {name}")
        for name, line in own_toml(__package__, _LIST)[kind].items()
    }


def line_of(kind: Kind, file: str) -> str:
    """
    Find the line of a file.

    `file`: Path relative to the folder.
    Returns: Its own name, or the one pattern that it fits; empty where the list does not know it.
    Raises ValueError: Several patterns fit.
    """
    lines = published(kind)
    if file in lines:
        return file
    found = [line for line in lines if _fits(file, line)]
    if len(found) > 1:
        msg = f"{file}: fits several lines of {_LIST}: {', '.join(found)}"
        raise ValueError(msg)
    return "".join(found)


def _fits(file: str, line: str) -> bool:
    names, patterns = file.split("/"), line.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def downloads() -> dict[str, Told]:
    """
    Give each product of a run that the front page offers.

    Returns: By relative path, in the order of the list.
    """
    return {name: one for name, one in published("run").items() if one.told}
