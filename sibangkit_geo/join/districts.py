"""Which district of the map a table means: by its name, else by the villages it lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from sibangkit_geo.join.spelling import assign_once, fold_name, proper_name, sounded
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import pandas as pd

    from sibangkit_geo.tables.public import Boundaries

    Assign = Callable[
        [Mapping[Hashable, str], Mapping[Hashable, str]], dict[Hashable, tuple[str, float]]
    ]

# village names repeat across districts: each of the 21 districts of Banyuasin shares 7 to 26 names
# (at least 94 %) with itself in the other list, and at most 2 with any other
_FEWEST_SHARED = 2
_LEAST_SHARE = 0.5
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Districts:
    """
    Districts of a table and of the map.

    `by_villages`: Names as written of those that only their villages tell.
    """

    code: Mapping[tuple[str, int], str]
    by_villages: tuple[str, ...]

    def notes(self) -> tuple[Note, ...]:
        """
        Say which districts were told by their villages.

        Returns: In Indonesian; none when all names are on the map.
        """
        if not self.by_villages:
            return ()
        named = ", ".join(
            f"{name} = {self.code[fold_name(name)]}" for name in self.by_villages[:_NAMED]
        )
        more = ", ..." if len(self.by_villages) > _NAMED else ""
        text = (
            f"{len(self.by_villages)} kecamatan tabel tidak bernama sama pada peta dan dipasangkan "
            f"menurut nama desa-desanya: {named}{more}. Periksa pasangannya."
        )
        return (Note("districts_by_villages", text, len(self.by_villages)),)


def pair_districts(
    rows: pd.DataFrame, official: pd.DataFrame, *, assign: Assign = assign_once
) -> Districts:
    """
    Pair the districts of a table with those of the map.

    By name first. What is left is paired one to one by the number of village names that both
    list (Hungarian method): many maps carry no names of districts at all. A pair needs two
    shared names, half of the shorter list, and twice as many as the next best district.

    `rows`: Columns ``district_name`` and ``village_name``, complete.
    `official`: Official villages: columns ``name``, ``district_code``, ``district_name``.
    Returns: Those that find no pair are absent.
    """
    folded = rows["district_name"].map(lambda name: fold_name(str(name)))
    named: dict[Hashable, str] = dict(zip(folded, rows["district_name"].astype(str), strict=True))
    listed = official.groupby("district_code")["district_name"].first().astype(str).to_dict()
    code = {key: district for key, (district, _) in assign(named, listed).items()}
    here = _villages_by(rows["village_name"], folded.tolist(), left_out=set(code))
    districts = official["district_code"].tolist()
    there = _villages_by(official["name"], districts, left_out=set(code.values()))
    told = _by_villages(here, there)
    return Districts(
        {**code, **told},  # type: ignore[dict-item]  # keys are folded names
        tuple(sorted(named[key] for key in told)),
    )


def with_district_names(areas: Boundaries, told: pd.DataFrame) -> Boundaries:
    """
    Name the districts of a map without such names as a located table names them.

    Grain: unchanged.

    Parameters
    ----------
    areas
        Boundaries; a district without a name bears its code.
    told
        Columns ``district_name`` and ``village_code``, missing where a row has none.

    Returns
    -------
    areas
        The commonest name in the table; names that the map or the official list has stay.

    Raises
    ------
    KeyError
        A column is missing.
    """
    official = areas.official
    nameless = official["district_name"] == official["district_code"]
    rows = told.dropna(subset=["district_name", "village_code"])
    if not nameless.any() or rows.empty:
        return areas
    district = rows["village_code"].astype(object).map(official["district_code"].to_dict())
    names = rows["district_name"].astype(str).groupby(district).agg(lambda one: one.mode().iloc[0])
    known = {code: proper_name(name) for code, name in names.items()}
    named = official["district_code"].map(known).fillna(official["district_code"])
    official = official.assign(district_name=official["district_name"].where(~nameless, named))
    villages = areas.villages.assign(district_name=official["district_name"])
    return replace(areas, official=official, villages=villages)


def _villages_by(
    names: pd.Series, keys: list[Hashable], *, left_out: set[Hashable]
) -> dict[Hashable, set[tuple[str, int]]]:
    found: dict[Hashable, set[tuple[str, int]]] = {}
    for key, name in zip(keys, names, strict=True):
        if key not in left_out:
            found.setdefault(key, set()).add(sounded(str(name)))
    return found


def _by_villages(
    here: Mapping[Hashable, set[tuple[str, int]]], there: Mapping[Hashable, set[tuple[str, int]]]
) -> dict[Hashable, str]:
    if not here or not there:
        return {}
    left, right = list(here), list(there)
    shared = np.array([[len(here[a] & there[b]) for b in right] for a in left])
    found: dict[Hashable, str] = {}
    for row, column in zip(*linear_sum_assignment(shared, maximize=True), strict=True):
        count = shared[row, column]
        shorter = min(len(here[left[row]]), len(there[right[column]]))
        next_best = np.delete(shared[row], column).max(initial=0)
        enough = count >= max(_FEWEST_SHARED, _LEAST_SHARE * shorter)
        if enough and 2 * next_best <= count:
            found[left[row]] = str(right[column])
    return found
