"""Villages by name: inside the district, to the letter first, then by spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.errors import DataError, UnknownAreaError
from sibangkit_geo.join.districts import pair_districts
from sibangkit_geo.join.notes import located_notes
from sibangkit_geo.join.spelling import assign_many, assign_once, fold_name
from sibangkit_geo.tables.public import Located

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from sibangkit_geo.join.districts import Assign, Districts
    from sibangkit_geo.tables.public import Note


def locate_by_name(
    rows: pd.DataFrame, official: pd.DataFrame, *, review: Mapping[str, str] | None = None
) -> Located:
    """
    Match rows to official villages by district and village name.

    Blocked on the district (`pair_districts`); to the letter first (case, spaces and punctuation
    aside), then one to one by the Hungarian method on the plain edit ratio. A
    person's decision in `review` goes before both.
    Grain: one row per row of the table.

    Parameters
    ----------
    rows
        Columns ``code``, ``district_name``, ``village_name``.
    official
        Official villages: index code, columns ``name``, ``district_code``,
        ``district_name``.
    review
        Table code to official code (empty text: no village), from the review file.

    Returns
    -------
    located
        Row by row, with the way and the score.

    Raises
    ------
    DataError
        Rows without names, or no row finds a village.
    """
    nameless = rows[rows["district_name"].isna() | rows["village_name"].isna()]
    if len(nameless):
        msg = "Rows without district or village name cannot be located"
        raise DataError(msg, rows=nameless, remedy="Fill the names, or use codes of the map.")
    _require_single(rows)
    districts = pair_districts(rows, official)
    found = _match(rows, official, districts, decided={})
    decided = _obey(rows, official, review or {})
    if decided:
        # a line of the review file that only repeats the match is no decision, so that a run
        # beside an untouched review file is the same run
        again = _match(rows, official, districts, decided=decided)
        changed = again["village_code"].fillna("") != found["village_code"].fillna("")
        found[changed] = again[changed]
    return Located(rows=found, notes=(*located_notes(found, official), *districts.notes()))


def match_register(
    spellings: pd.DataFrame, official: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """
    Match names of a register, where one village may be written in several ways.

    Grain: one row per row of `spellings`.

    `spellings`: Columns ``code``, ``district_name``, ``village_name``, the names complete.
    `official`: Official villages: index code, columns ``name``, ``district_code``,
        ``district_name``.
    Returns: ``village_code`` (missing for none), ``how`` (``name``, ``spelling``, ``none``) and
        ``score``, same index.
    """
    folded = pd.Series(
        [
            (fold_name(str(district)), fold_name(str(village)))
            for district, village in zip(
                spellings["district_name"], spellings["village_name"], strict=True
            )
        ],
        index=spellings.index,
    )
    # sorted, so that the order of rows cannot decide between two equal scores
    single = spellings[~folded.duplicated()].assign(folded=folded).sort_values("folded")
    districts = pair_districts(single, official, assign=assign_many)
    found = _match(single, official.sort_index(), districts, decided={}, assign=assign_many)
    first = dict(zip(single["folded"], single.index, strict=True))
    columns = ["village_code", "how", "score"]
    return found.loc[folded.map(first), columns].set_axis(spellings.index), districts.notes()


def require_listed(review: Mapping[str, str], official: pd.DataFrame) -> None:
    """
    Refuse decisions for villages that are not on the official list.

    `review`: Table code to official code, empty text for no village.
    `official`: Official villages, indexed by code.
    Raises UnknownAreaError: A decision names a village off the list.
    """
    unknown = sorted({code for code in review.values() if code and code not in official.index})
    if unknown:
        msg = "The review file names villages that are not on the official list"
        raise UnknownAreaError(
            msg, rows=pd.DataFrame(index=unknown), remedy="Correct column kode_desa."
        )


def _require_single(rows: pd.DataFrame) -> None:
    """Refuse rows that stand for one village twice: which of them is right is not ours to guess."""
    names = [
        (fold_name(str(district)), fold_name(str(village)))
        for district, village in zip(rows["district_name"], rows["village_name"], strict=True)
    ]
    keys = pd.Series(names, index=rows.index)
    twice = rows[keys.duplicated(keep=False) | rows["code"].duplicated(keep=False)]
    if len(twice):
        msg = "Rows of the same village (the same code, or the same district and name)"
        raise DataError(msg, rows=twice, remedy="Keep one row per village.")


def _match(
    rows: pd.DataFrame,
    official: pd.DataFrame,
    districts: Districts,
    *,
    decided: Mapping[Hashable, tuple[str, str]],
    assign: Assign = assign_once,
) -> pd.DataFrame:
    open_rows = rows[~rows.index.isin(list(decided))]
    # objects also where no row is left open: pandas compares a text with no pair of values
    folded = open_rows["district_name"].astype(object).map(lambda name: fold_name(str(name)))
    pairs: dict[Hashable, tuple[str, float]] = {}
    taken = {code for code, _ in decided.values() if code}
    for name, district in districts.code.items():
        block = open_rows[folded == name]
        candidates = official[(official["district_code"] == district) & ~official.index.isin(taken)]
        pairs |= assign(block["village_name"].to_dict(), candidates["name"].to_dict())
    return _located(rows, pairs, decided)


def _obey(
    rows: pd.DataFrame, official: pd.DataFrame, review: Mapping[str, str]
) -> dict[Hashable, tuple[str, str]]:
    require_listed(review, official)
    keys = rows["code"].astype(str)
    hits = keys[keys.isin(list(review))]
    return {label: (review[code], "review") for label, code in hits.items()}


def _located(
    rows: pd.DataFrame,
    pairs: Mapping[Hashable, tuple[str, float]],
    decided: Mapping[Hashable, tuple[str, str]],
) -> pd.DataFrame:
    how = {label: "name" if score == 1.0 else "spelling" for label, (_, score) in pairs.items()}
    how |= {label: way for label, (_, way) in decided.items()}
    code: dict[Hashable, str | None] = {label: village for label, (village, _) in pairs.items()}
    code |= {label: village or None for label, (village, _) in decided.items()}
    score = {label: value for label, (_, value) in pairs.items()} | dict.fromkeys(decided, 1.0)
    return pd.DataFrame(
        {
            "village_code": pd.array([code.get(label) for label in rows.index], dtype="string"),
            "how": [how.get(label, "none") for label in rows.index],
            "score": [score.get(label, 0.0) for label in rows.index],
            "name_in_table": rows["village_name"],
        },
        index=rows.index,
    )
