"""Locate: which official village each row of a table belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rapidfuzz import fuzz
from scipy.optimize import linear_sum_assignment

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, UnknownAreaError
from sibangkit_geo.tables.numerals import numeral
from sibangkit_geo.tables.public import Located, Note

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
# On the 305 villages of Banyuasin every true pair scores 0.7 or more inside its district once the
# names are folded, and no false pair that survives the assignment does; below it a person decides.
ACCEPTED_SCORE = 0.7
_FORBIDDEN = -1.0


@dataclass(frozen=True, slots=True)
class JoinSettings:
    """
    The ``[join]`` table of a study.

    Attributes
    ----------
    review
        CSV with a person's decisions on names that did not match to the letter;
        written beside the output folder when absent, obeyed when present.
    """

    review: str = ""


def fold_name(name: str) -> tuple[str, int]:
    """
    Reduce a place name to its letters and its number.

    Case, spaces and punctuation go; a trailing roman or arabic number is read as
    a number, so that Sungsang I and Sungsang IV can never be taken for each other.

    Parameters
    ----------
    name
        Name as written.

    Returns
    -------
    letters
        Lower-case letters only.
    number
        The number, 0 when there is none.

    Raises
    ------
    Nothing
        An empty name folds to ``("", 0)``.

    Examples
    --------
    >>> fold_name("TAJA RAYA II")
    ('tajaraya', 2)
    >>> fold_name("Margo Mulyo 16")
    ('margomulyo', 16)
    """
    words = re.findall(r"[a-z]+|\d+", name.lower())
    number = 0
    if len(words) > 1 and (words[-1].isdigit() or words[-1] in _ROMAN):
        last = words.pop()
        number = int(last) if last.isdigit() else _ROMAN[last]
    return "".join(word for word in words if not word.isdigit()), number


def _sound(letters: str) -> str:
    # spellings of one Javanese or Malay name: Mulyo/Mulia, Harjo/Harja, Sidoarjo/Sidaarja
    return letters.replace("o", "a").replace("y", "i")


def _similarity(left: tuple[str, int], right: tuple[str, int]) -> float:
    if left[1] != right[1]:
        return _FORBIDDEN
    return fuzz.ratio(_sound(left[0]), _sound(right[0])) / 100.0


def _assign(
    left: Mapping[Hashable, str], right: Mapping[Hashable, str]
) -> dict[Hashable, tuple[str, float]]:
    """Pair names one to one: first to the letter, then by the best total similarity."""
    folded_left = {key: fold_name(name) for key, name in left.items()}
    folded_right = {key: fold_name(name) for key, name in right.items()}
    pairs: dict[Hashable, tuple[str, float]] = {}
    by_name: dict[tuple[str, int], list[str]] = {}
    for code, name in folded_right.items():
        by_name.setdefault(name, []).append(str(code))
    for key, name in folded_left.items():
        same = by_name.get(name, [])
        if len(same) == 1 and list(folded_left.values()).count(name) == 1:
            pairs[key] = (same[0], 1.0)
    rest_left = [key for key in folded_left if key not in pairs]
    taken = {code for code, _ in pairs.values()}
    rest_right = [str(code) for code in folded_right if code not in taken]
    if rest_left and rest_right:
        scores = np.array(
            [[_similarity(folded_left[a], folded_right[b]) for b in rest_right] for a in rest_left]
        )
        for row, column in zip(*linear_sum_assignment(scores, maximize=True), strict=True):
            # two names may sound alike yet be written differently: that is never "to the letter"
            score = min(float(scores[row, column]), 0.99)
            if score >= ACCEPTED_SCORE:
                pairs[rest_left[row]] = (rest_right[column], score)
    return pairs


def locate_by_name(
    rows: pd.DataFrame, official: pd.DataFrame, *, review: Mapping[str, str] | None = None
) -> Located:
    """
    Match rows to official villages by district and village name.

    Blocked on the district; to the letter first (case, spaces and punctuation
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
    found = _match(rows, official, decided={})
    decided = _obey(rows, official, review or {})
    if decided:
        # a line of the review file that only repeats the match is no decision, so that a run
        # beside an untouched review file is the same run
        again = _match(rows, official, decided=decided)
        changed = again["village_code"].fillna("") != found["village_code"].fillna("")
        found[changed] = again[changed]
    return Located(rows=found, notes=_notes(found, official))


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
    rows: pd.DataFrame, official: pd.DataFrame, *, decided: Mapping[Hashable, tuple[str, str]]
) -> pd.DataFrame:
    open_rows = rows[~rows.index.isin(list(decided))]
    district_names = official.groupby("district_code")["district_name"].first()
    # one district may be written in two ways in one table
    folded = open_rows["district_name"].map(lambda name: fold_name(str(name)))
    named: dict[Hashable, str] = dict(zip(folded, open_rows["district_name"], strict=True))
    in_district = _assign(named, district_names.to_dict())
    pairs: dict[Hashable, tuple[str, float]] = {}
    taken = {code for code, _ in decided.values() if code}
    for name, (district, _) in in_district.items():
        block = open_rows[folded == name]
        candidates = official[(official["district_code"] == district) & ~official.index.isin(taken)]
        pairs |= _assign(block["village_name"].to_dict(), candidates["name"].to_dict())
    return _located(rows, pairs, decided)


def _obey(
    rows: pd.DataFrame, official: pd.DataFrame, review: Mapping[str, str]
) -> dict[Hashable, tuple[str, str]]:
    unknown = sorted({code for code in review.values() if code and code not in official.index})
    if unknown:
        msg = "The review file names villages that are not on the official list"
        raise UnknownAreaError(
            msg, rows=pd.DataFrame(index=unknown), remedy="Correct column kode_desa."
        )
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


def locate_by_code(
    code: pd.Series, official: pd.DataFrame, *, code_system: codes.CodeSystem
) -> Located:
    """
    Match rows to official villages by Kemendagri code.

    Grain: one row per row of the table.

    Parameters
    ----------
    code
        Village codes as text.
    official
        Official villages, indexed by code.
    code_system
        Which codes these are; BPS codes cannot be matched without names.

    Returns
    -------
    located
        Rows whose code is not on the list have no village and are noted.

    Raises
    ------
    ConfigError
        `code_system` is ``"bps"``.
    DataError
        Codes are malformed, or none is on the list.
    """
    if code_system != "kemendagri":
        msg = "BPS codes number districts differently and cannot be joined to the map as codes: "
        remedy = "name district_name and village_name in the study, or give Kemendagri codes."
        raise ConfigError(msg + remedy)
    bad = ~codes.is_code(code, code_system=code_system)
    if bad.any():
        msg = "Village codes that are not of the form 16.07.05.1022"
        remedy = 'Correct them, or name the code system ("bps" for ten digits) and the names.'
        raise DataError(msg, rows=pd.DataFrame(index=code.index[bad]), remedy=remedy)
    known = code.isin(official.index)
    found = pd.DataFrame(
        {
            "village_code": code.where(known).astype("string"),
            "score": known.astype(float),
            "how": np.where(known, "code", "none"),
            "name_in_table": pd.NA,
        },
    )
    return Located(rows=found, notes=_notes(found, official))


def _notes(found: pd.DataFrame, official: pd.DataFrame) -> tuple[Note, ...]:
    lost = found[found["village_code"].isna()]
    if len(lost) == len(found):
        msg = "No row of the table belongs to a village of the boundary file"
        raise UnknownAreaError(msg, rows=lost, remedy="Check regency, code system and names.")
    ways = found["how"].value_counts()
    text = (
        f"{numeral(len(found) - len(lost))} dari {numeral(len(found))} baris menemukan desanya: "
        f"{numeral(ways.get('code', 0))} menurut kode, {numeral(ways.get('name', 0))} menurut "
        f"kecamatan dan nama persis, {numeral(ways.get('spelling', 0))} menurut ejaan yang mirip, "
        f"{numeral(ways.get('review', 0))} menurut berkas tinjauan."
    )
    notes = [Note("rows_located", text, len(found) - len(lost))]
    if len(lost):
        text = f"{len(lost)} baris tidak menemukan desa dan tidak dihitung (baris: "
        text += ", ".join(str(label) for label in lost.index[:10]) + ")."
        notes.append(Note("rows_unlocated", text, len(lost)))
    empty = official.index.difference(found["village_code"].dropna().unique().tolist())
    if len(empty):
        text = (
            f"{len(empty)} desa/kelurahan resmi tidak mempunyai baris pada tabel: tidak ada data."
        )
        notes.append(Note("villages_without_rows", text, len(empty)))
    return tuple(notes)
