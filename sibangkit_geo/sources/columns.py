"""Which column of a register means what: an alias catalogue that the user may edit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.sources.readers import fold_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sibangkit_geo.sources.readers import Header

#: columns that the village table makes itself
_TAKEN = frozenset(
    {
        *("code", "name", "status", "geometry", "district_code", "district_name", "village_code"),
        *("village_name", "households", "people", "poor_share", "poor_households", "poor_people"),
        *(
            "poor_people_benchmarked",
            "benchmarked_people",
            "headcount_ratio",
            "poverty_rate_benchmarked",
            "pocket",
        ),
        *("evidence", "known_poor", "unknown_poor", "longitude", "latitude"),
    }
)
# a village's code in dots or as ten digits; a count has far fewer digits than a family card's 16
_VILLAGE = re.compile(r"\d{2}\.\d{2}\.\d{2}\.\d{4}|\d{10}")
_COUNT = re.compile(r"\d{1,7}|\d{1,3}([.,\u00a0 ]\d{3})+")
# yes, no or a code of them; a number of an account has more digits
_ANSWER = re.compile(r"(?:\D*\d){0,2}\D*")
_MOST = 0.8
_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
Kind = Literal[
    "category", "yes_no", "number", "whole", "money", "place", "identity", "person", "text"
]


@dataclass(frozen=True, slots=True)
class Variable:
    """
    One variable of the catalogue.

    `required`: A missing answer is reported.
    `if_so`: Further headers that name it only where the cells look like it: "kode", "kk".
    `words`: Words that may stand about a number and say nothing more: "Desil 1", "4 orang".
    """

    name: str
    kind: Kind
    names: tuple[str, ...]
    low: float = float("-inf")
    high: float = float("inf")
    required: bool = False
    words: tuple[str, ...] = ()
    if_so: tuple[str, ...] = ()

    @property
    def answers(self) -> bool:
        """Whether the cells are answers: they describe a house or its people."""
        return self.kind in {"category", "yes_no", "number", "whole", "money"}


@dataclass(frozen=True, slots=True)
class Mapped:
    """
    Columns of one file that were recognised.

    `positions`: Canonical variable to position of its column.
    `identities`: Positions of every column that names a person.
    """

    positions: Mapping[str, int]
    names: Mapping[str, str]
    unknown: tuple[str, ...] = ()
    identities: tuple[int, ...] = field(default=())

    def __contains__(self, variable: str) -> bool:
        """Tell whether the file has a variable."""
        return variable in self.positions


def require_column_name(name: str, *, table: str) -> None:
    """
    Refuse a name that cannot be a column of the village table.

    `table`: Table of the study that gives it, for the message.
    Raises ConfigError: The name is no snake case, or the village table has such a column itself.
    """
    if name in _TAKEN:
        msg = f"{table} name: {name} is taken; choose another name."
        raise ConfigError(msg)
    if not _COLUMN_NAME.fullmatch(name):
        msg = (
            f'{table} name: "{name}" must be a word of small letters, digits and underscores that '
            "begins with a letter, such as stunting_share."
        )
        raise ConfigError(msg)


@cache
def variables() -> Mapping[str, Variable]:
    """
    Read the alias catalogue.

    Returns: By canonical name, in the order of the file.
    """
    return {
        name: Variable(
            name=name,
            kind=one["kind"],
            names=tuple(fold_header(alias) for alias in one["names"]),
            low=float(one.get("low", "-inf")),
            high=float(one.get("high", "inf")),
            required=bool(one.get("required", False)),
            words=tuple(one.get("words", ())),
            if_so=tuple(fold_header(alias) for alias in one.get("if_so", ())),
        )
        for name, one in own_toml(__package__, "columns.toml").items()
    }


@cache
def known_headers() -> frozenset[str]:
    """List every folded header of the catalogue."""
    return frozenset(alias for one in variables().values() for alias in (*one.names, *one.if_so))


def recognise(
    header: Header, *, named: Mapping[str, str], sample: Sequence[Sequence[str]] = ()
) -> Mapped:
    """
    Recognise the columns of a file.

    What the study names comes first, then headers that need a look at their cells, then the alias
    catalogue in its order.

    `named`: Canonical variable to header, as the study writes it; empty headers are not looked
        for.
    `sample`: First rows of data; without them no header that needs a look is recognised.
    Returns: A column means one thing only; what the study names and the file lacks is left to the
        caller.
    """
    found: dict[str, int] = {}
    for variable, name in named.items():
        position = header.position(name) if name else -1
        if position >= 0:
            found[variable] = position
    folded = [fold_header(name) for name in header.names]
    looked = {
        at: one.name
        for one in variables().values()
        for at, name in enumerate(folded)
        if name in one.if_so and _fits(one, [row[at : at + 1] for row in sample])
    }
    open_ones = [one for one in variables().values() if one.name not in named]
    # what looks like something else is left to it, unless nobody else wants it
    _take(open_ones, folded, found, aside=set(looked))
    for at, variable in looked.items():
        if variable not in named and at not in found.values():
            found.setdefault(variable, at)
    _take(open_ones, folded, found, aside=set())
    taken = set(found.values())
    named_people = {
        alias for one in variables().values() if one.kind == "identity" for alias in one.names
    }
    identities = [
        place
        for place, name in enumerate(folded)
        if (name in named_people and place not in taken)
        or any(place == found.get(one) for one in _identity_variables())
    ]
    return Mapped(
        positions=found,
        names={variable: header.names[place] for variable, place in found.items()},
        unknown=tuple(
            name for place, name in enumerate(header.names)
            if place not in taken and place not in identities
        ),
        identities=tuple(identities),
    )  # fmt: skip


def _take(
    wanted: Iterable[Variable], folded: Sequence[str], found: dict[str, int], *, aside: set[int]
) -> None:
    """Give each variable the column that its first known header names; a column means one thing."""
    for one in wanted:
        if one.name in found:
            continue
        free = set(range(len(folded))) - {*found.values()} - aside
        places = (folded.index(alias) for alias in one.names if alias in folded)
        position = next((at for at in places if at in free), -1)
        if position >= 0:
            found[one.name] = position


def _fits(variable: Variable, cells: Iterable[Sequence[str]]) -> bool:
    """Tell whether the first cells of a column look like what a variable holds."""
    filled = [cell[0].strip() for cell in cells if cell and cell[0].strip()]
    shape = _ANSWER if variable.answers else _COUNT
    shape = _VILLAGE if variable.name == "village_code" else shape
    return bool(filled) and sum(map(bool, map(shape.fullmatch, filled))) >= _MOST * len(filled)


def _identity_variables() -> Iterable[str]:
    return (one.name for one in variables().values() if one.kind == "identity")
