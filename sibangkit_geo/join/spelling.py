"""Spellings of place names: folded, compared, and paired."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz
from scipy.optimize import linear_sum_assignment

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
