"""Open a register: recognise its columns, compare them with its generation; names for the scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.code_lists import generations_of
from sibangkit_geo.sources.columns import known_headers, recognise
from sibangkit_geo.sources.readers import find_header, fold_header, open_grid
from sibangkit_geo.sources.readers.grid import cell_name
from sibangkit_geo.sources.register import POINT, Register
from sibangkit_geo.sources.text_tables import require_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.sources.readers import TableSource

# two headers may be alike by chance
_ENOUGH_HEADERS = 3
_NAMES_OF = {"bdt2015": "BDT-2015", "regsosek2022": "Regsosek-2022", "dtsen2025": "DTSEN",
             "p3ke": "P3KE", "bkkbn": "BKKBN"}  # fmt: skip
# shorter names ("Siti") are words of a page too
_SHORTEST_NAME = 7
_FINE_POINT = r"[.,]\d{6,}$"


def open_register(
    source: TableSource, *, generation: str, named: Mapping[str, str], required: tuple[str, ...]
) -> Register:
    """
    Open a register and recognise its columns.

    `generation`: Code generation; empty leaves coded answers unread.
    `required`: Variables without which the register cannot be used.
    Returns: Its rows are not read yet.
    Raises MissingFileError: There is no such file.
    Raises DataError: The file is damaged or empty, or lacks a column.
    """
    known = known_headers() | {fold_header(name) for name in named.values()}
    grid = open_grid(source, named_by="[[households]] path", known=known)
    header = find_header(grid, known=known)
    mapped = recognise(header, named=named)
    missing = [name for variable, name in named.items() if variable not in mapped]
    if missing:
        require_headers(header.names, missing, name=grid.name)
    if not any(one in mapped for one in ("village_code", "village_name")):
        msg = f"{grid.name}: no column with the village is recognised"
        remedy = "Name it in the study: village_code, or district_name and village_name."
        raise DataError(msg, remedy=remedy)
    for one in required:
        if one not in mapped:
            msg = f"{grid.name}: no column is recognised as `{one}`"
            raise DataError(msg, remedy=f"Name it in the study file, key `{one}`.")
    register = Register(grid.name, grid, header, mapped, generation)
    _compare_headers(register)
    return register


def _compare_headers(register: Register) -> None:
    """Note headers that only other generations write."""
    others: dict[str, list[str]] = {}
    for variable, header in register.mapped.names.items():
        theirs = generations_of(header, variable)
        if register.generation in theirs:
            # one header of its own is enough: lists are often mixed
            return
        for one in theirs:
            others.setdefault(one, []).append(header)
    fitting = {one: names for one, names in others.items() if len(names) >= _ENOUGH_HEADERS}
    if register.generation and fitting:
        names = max(fitting.values(), key=len)
        told = " atau ".join(_NAMES_OF[one] for one in sorted(fitting) if fitting[one] == names)
        register.gathered.say(
            "generation_conflict", f"judul kolom seperti pada {told}: {', '.join(names[:6])}"
        )


def personal_texts(register: Register) -> set[str]:
    """
    Gather what a product must not contain: names, identity numbers and exact points.

    Read again for the leak scan alone, kept in memory and never handed on.

    Returns: Identity cells of at least 7 characters; points as longitude and latitude together,
        either first, and alone where they have 6 or more decimals (0.1 m): coarser single
        coordinates also occur by chance. Lower case.
    Raises DataError: The file is damaged.
    """
    place = {cell_name(at): at for at in register.mapped.identities}
    points = [one for one in POINT if one in register.mapped]
    place |= {one: register.mapped.positions[one] for one in points}
    width = len(register.header.names)
    found: set[str] = set()
    for frame in register.grid.batches(
        sorted(set(place.values())), first_row=register.header.first_row, width=width
    ):
        for at in register.mapped.identities:
            values = frame[cell_name(at)].drop_nulls().str.strip_chars().str.to_lowercase()
            found.update(values.filter(values.str.len_chars() >= _SHORTEST_NAME))
        if len(points) == len(POINT):
            east, north = (frame[cell_name(place[one])] for one in POINT)
            both = pl.DataFrame({"e": east, "n": north}).drop_nulls()
            found.update(both["e"] + " " + both["n"], both["n"] + " " + both["e"])
            for values in (both["e"], both["n"]):
                found.update(values.filter(values.str.contains(_FINE_POINT)))
    return found
