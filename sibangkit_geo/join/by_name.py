"""Villages by name: inside the district, to the letter first, then by spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rapidfuzz import fuzz
from scipy.optimize import linear_sum_assignment

from sibangkit_geo.errors import DataError, UnknownAreaError
from sibangkit_geo.join.by_code import located_notes
from sibangkit_geo.model.types import Located, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from sibangkit_geo.model.types import Boundaries

    Assign = Callable[
        [Mapping[Hashable, str], Mapping[Hashable, str]], dict[Hashable, tuple[str, float]]
    ]

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

# village names repeat across districts: each of the 21 districts of Banyuasin shares 7 to 26 names
# (at least 94 %) with itself in the other list, and at most 2 with any other
_FEWEST_SHARED = 2
_LEAST_SHARE = 0.5
_NAMED = 10


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
    displaced: tuple[Note, ...] = ()
    if decided:
        # a line of the review file that only repeats the match is no decision, so that a run
        # beside an untouched review file is the same run
        again = _match(rows, official, districts, decided=decided)
        changed = again["village_code"].fillna("") != found["village_code"].fillna("")
        displaced = _displaced(found, again)
        found[changed] = again[changed]
    notes = (*located_notes(found, official), *displaced, *districts.notes())
    return Located(rows=found, notes=notes)


def _displaced(found: pd.DataFrame, again: pd.DataFrame) -> tuple[Note, ...]:
    """Tell which rows are without village because a decision gave theirs to another row."""
    given = again.loc[again["how"] == "review", "village_code"].dropna()
    lost = (again["how"] == "none") & found["village_code"].isin(given)
    if not lost.any():
        return ()
    first = ", ".join(map(str, found.index[lost][:_NAMED]))
    text = (
        f"{int(lost.sum())} baris kehilangan desanya karena berkas tinjauan memberikan desa itu "
        f"kepada baris lain (baris: {first})."
    )
    return (Note("review_displaced", text, int(lost.sum())),)


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


def assign_once(
    left: Mapping[Hashable, str], right: Mapping[Hashable, str]
) -> dict[Hashable, tuple[str, float]]:
    """
    Pair names one to one: first to the letter, then by the best total similarity.

    Parameters
    ----------
    left
        Key to name as written.
    right
        Code to official name.

    Returns
    -------
    pairs
        Key to code and score (1 to the letter, else below).

    Examples
    --------
    >>> assign_once({1: "SUMBER MULIA"}, {"a": "Sumber Mulyo", "b": "Sumber Rejo"})
    {1: ('a', 0.99)}
    """
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


def proper_name(name: str) -> str:
    """
    Write a name that stands in capitals as names are written; others stay.

    Parameters
    ----------
    name
        Name as written.

    Returns
    -------
    name
        One space between words; roman numbers stay in capitals.

    Examples
    --------
    >>> proper_name("BANYUASIN  III"), proper_name("Air Kumbang")
    ('Banyuasin III', 'Air Kumbang')
    """
    words = name.split()
    if name.isupper():
        words = [word if word.lower() in _ROMAN else word.capitalize() for word in words]
    return " ".join(words)


def sounded(name: str) -> tuple[str, int]:
    """
    Reduce a place name to how it sounds: spellings of one Javanese or Malay name fall together.

    Parameters
    ----------
    name
        Name as written.

    Returns
    -------
    letters
        As `fold_name`, with o as a and y as i.
    number
        The number, 0 when there is none.

    Examples
    --------
    >>> sounded("SUMBER MULYO") == sounded("Sumber Mulia")
    True
    """
    letters, number = fold_name(name)
    return _sound(letters), number


def _sound(letters: str) -> str:
    # Mulyo/Mulia, Harjo/Harja, Sidoarjo/Sidaarja
    return letters.replace("o", "a").replace("y", "i")


def _similarity(left: tuple[str, int], right: tuple[str, int]) -> float:
    if left[1] != right[1]:
        return _FORBIDDEN
    return fuzz.ratio(_sound(left[0]), _sound(right[0])) / 100.0


def assign_many(
    left: Mapping[Hashable, str], right: Mapping[Hashable, str]
) -> dict[Hashable, tuple[str, float]]:
    """
    Pair names where one place may be written in several ways, as in a register.

    Starts from the one-to-one pairing. A spelling that found none takes the place it is
    nearest to, and one that found a place takes a nearer place that another spelling
    has to the letter. Two places equally near: neither.

    Parameters
    ----------
    left
        Key to name as written; names that fold alike only once.
    right
        Code to official name.

    Returns
    -------
    pairs
        Key to code and score (1 to the letter, else below).

    Examples
    --------
    >>> assign_many({1: "WANA MUKTI", 2: "WONO MUKTI"}, {"a": "Wana Mukti", "b": "Buana Murti"})
    {1: ('a', 1.0), 2: ('a', 0.99)}
    """
    pairs = assign_once(left, right)
    to_the_letter = {code for code, score in pairs.values() if score == 1.0}
    folded = {str(code): fold_name(name) for code, name in right.items()}
    for key in [key for key in left if pairs.get(key, ("", 0.0))[1] < 1.0]:
        name = fold_name(left[key])
        scores = {code: min(_similarity(name, other), 0.99) for code, other in folded.items()}
        best = max(scores.values(), default=_FORBIDDEN)
        nearest = [code for code, score in scores.items() if score == best]
        if best < ACCEPTED_SCORE or len(nearest) > 1:
            continue
        if key not in pairs or (best > pairs[key][1] and nearest[0] in to_the_letter):
            pairs[key] = (nearest[0], best)
    return pairs


def similar(left: str, right: str) -> bool:
    """
    Tell whether two texts can be spellings of one place.

    Parameters
    ----------
    left, right
        Names as written.

    Returns
    -------
    similar
        True at `ACCEPTED_SCORE` or more, and with the same number.

    Examples
    --------
    >>> similar("SUMBER MULIA", "Sumber Mulyo"), similar("Sungsang I", "Sungsang IV")
    (True, False)
    """
    return _similarity(fold_name(left), fold_name(right)) >= ACCEPTED_SCORE


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
