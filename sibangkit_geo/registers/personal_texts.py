"""What no product may hold of a register: names, identity numbers and exact points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from sibangkit_geo.registers.register import POINT
from sibangkit_geo.sources.readers.grid import cell_name, plain_column

if TYPE_CHECKING:
    from sibangkit_geo.registers.register import Register

# shorter names ("Siti") are words of a page too
_SHORTEST_NAME = 7
_FINE_POINT = r"[.,]\d{6,}$"


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
            values = plain_column(frame[cell_name(at)]).drop_nulls()
            values = values.str.strip_chars().str.to_lowercase()
            found.update(values.filter(values.str.len_chars() >= _SHORTEST_NAME))
        if len(points) == len(POINT):
            east, north = (plain_column(frame[cell_name(place[one])]) for one in POINT)
            both = pl.DataFrame({"e": east, "n": north}).drop_nulls()
            found.update(both["e"] + " " + both["n"], both["n"] + " " + both["e"])
            for values in (both["e"], both["n"]):
                found.update(values.filter(values.str.contains(_FINE_POINT)))
    return found
