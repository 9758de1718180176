"""Numbers that name a person, found in text however they are written."""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from sibangkit_geo.codes.official import embedded_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

# NIK and KK numbers have 16 digits: six of the district, day (women: plus 40), month and year, and
# a serial that begins at 0001 (Permendagri 19/2012)
DIGITS, SERIAL = 16, 12
# Kepmendagri 300.2.2-2138/2025; 97 is Papua Pegunungan of the BPS
_PROVINCES = ("1,1-9", "2,1", "3,1-6", "5,1-3", "6,1-5", "7,1-6", "8,1-2", "9,1-7")
_PROVINCE = "|".join(f"{one[0]}[{one[2:]}]" for one in _PROVINCES)
# kabupaten from 01 and kota from 71: 79 leaves room for those that are gone
_HEAD = (f"(?:{_PROVINCE})", "(?:0[1-9]|[1-7][0-9])", "(?:0[1-9]|[1-9][0-9])")
_DATE = ("(?:[04][1-9]|[1256][0-9]|[37][01])", "(?:0[1-9]|1[0-2])", "[0-9]{2}")
_VALID = re.compile("".join((*_HEAD, *_DATE, "(?!0000)[0-9]{4}")))

_DASHES = "\u2010-\u2015\u2212\ufe58\ufe63\uff0d-"
_DASH = re.compile(f"[{_DASHES}]")
_APART = rf"[\s._/:~*·•'\u2019`|{_DASHES}]{{0,3}}"


def _spread(between: str) -> str:
    """Write the grammar with something between any two digits."""
    province = "|".join(f"{one[0]}{between}[{one[2:]}]" for one in _PROVINCES)
    day = f"[04]{between}[1-9]|[1256]{between}[0-9]|[37]{between}[01]"
    month = f"0{between}[1-9]|1{between}[0-2]"
    rest = ["[0-9]"] * 6
    return between.join(
        (f"(?:{province})", "[0-7]", *["[0-9]"] * 3, f"(?:{day})", f"(?:{month})", *rest)
    )


# compiled by polars, 2 ms per MB each; few spots of a clean product go further. As one pattern
# they take twice as long
_WRITTEN = (
    _spread(_APART),
    # parts in cells beside each other
    '[ \t,;|"]{0,3}'.join((*_HEAD, *_DATE, "[0-9]{4}")),
    "[1-9](?:[,'\u2019 ][0-9]{3}){5}",
)
# rows of numbers are full of commas: only a number that stands alone is cut by them
_GATES = (*_WRITTEN[:2], '[1-9](?:[\'\u2019 ][0-9]{3}){5}|["> ][1-9](?:,[0-9]{3}){5}["< ]')
_CODES = "(?:3[0-9]){16}"  # each digit as its hexadecimal ASCII code
_POWERS = r"[eE]\+?15(?:[^0-9a-zA-Z]|$)"
_POWER_SIGNS = ("e+15", "E+15", "e15", "E15")
_ANY = f"[\\s._/{_DASHES}]?".join(["[0-9]{2}"] * 6 + ["[0-9]{4}"])

_STARTS = re.compile("|".join(_WRITTEN))
# as a spreadsheet writes what is too wide: with fewer than six digits nothing is told
_POWER = re.compile(r"(?<![0-9a-zA-Z.,])([1-9])[.,]([0-9]{5,})[eE]\+?15(?![0-9a-zA-Z])")
_OTHERS = re.compile("[^0-9]+")
_DECIMAL = re.compile(r"[0-9]\.[0-9]*$")
_HEX, _HEX_BEFORE = re.compile("[0-9a-fA-F]+"), re.compile(r"[0-9a-fA-F]+\Z")
_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# checksums have 32 hexadecimal digits or more; half of SHA-256 is no number that someone typed
_SHORTEST_HASH, _SHA256 = 32, 64
# in a longer run most windows are chance: only its ends count
_SHORT_RUN = 24
_NEAR = 80

# where the parts of a number end: province, regency, district, day, month, year
_BORDERS = frozenset({2, 4, 6, 8, 10, 12})
# as people write it; a village code (2.2.2.4) with six digits after it is none
_HABITS = frozenset(
    {(4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 6, 4), (2, 2, 2, 2, 2, 2, 4), (6, 2, 2, 2, 4)}
)
_GROUPED = (1, 3, 3, 3, 3, 3)
_BPS_VILLAGE = 10
_CELL_SIGNS = frozenset(",;\t|")
_LOOSE = frozenset("._/·•")


def is_identity(digits: str) -> bool:
    """Tell whether sixteen digits can be a NIK or KK: area, date and serial are plausible."""
    return _VALID.fullmatch(digits) is not None


def count_identities(texts: Sequence[str], *, known: Collection[str] = ()) -> list[int]:
    """
    Count the identity numbers in each text, apart from how they are written.

    A number is sixteen digits with a plausible area, date and serial: in a row; with
    the same sign between its groups, in groups as people make them; as a power of
    ten. In a run of 17 digits or more the regency must exist too, and apart from both
    ends of the run only serials below 100 count, in runs of up to 24 digits. Decimals
    and checksums are none.

    Grain: one text in, one count out.

    `known`: Sixteen digits each that are not plausible, and count wherever they stand.
    """
    series = pl.Series(texts, dtype=pl.String)
    powers = series.str.contains(_POWERS).to_list()
    counts = [_powers(text) if one else 0 for text, one in zip(texts, powers, strict=True)]
    spots: list[set[tuple[int, int]]] = [set() for _ in texts]
    for pattern in _GATES:
        for at, found in enumerate(series.str.extract_all(pattern).to_list()):
            spots[at].update(_places(texts[at], found))
    for at, places in enumerate(spots):
        counts[at] += _in_places(texts[at], sorted(places))
    for at, found in enumerate(series.str.extract_all(_CODES).to_list()):
        counts[at] += sum(map(_coded, found))
    if known:
        for at, found in enumerate(series.str.extract_all(_ANY).to_list()):
            counts[at] += sum(_plain(one) in known for one in found)
    return counts


def _plain(written: str) -> str:
    return _OTHERS.sub("", written)


def _places(text: str, found: Iterable[str]) -> Iterator[tuple[int, int]]:
    end = 0
    for one in found:
        start = text.index(one, end)
        end = start + len(one)
        yield start, end


def _in_places(text: str, places: Iterable[tuple[int, int]]) -> int:
    """Count the numbers that begin in one of the places; none begins before another has ended."""
    count = free = 0
    for first, last in places:
        for start in range(max(first, free), last):
            match = _STARTS.match(text, start)
            if match and start >= free and _is_written(text, start, match.end()):
                count, free = count + 1, match.end()
    return count


def _is_written(text: str, start: int, end: int) -> bool:
    written = text[start:end]
    digits = _plain(written)
    if not is_identity(digits) or _is_hash(text, start, end):
        return False
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if written == digits:
        return not _DECIMAL.search(before) and _stands(digits, before, after)
    if before[-1:].isdecimal() or after[:1].isdecimal():
        return False
    groups = re.findall("[0-9]+", written)
    signs = [_sign(one) for one in re.findall("[^0-9]+", written)]
    return _is_habit(tuple(map(len, groups)), groups, signs, before, after)


def _stands(digits: str, before: str, after: str) -> bool:
    """Tell whether sixteen digits in a row are a number, or chance in a longer run."""
    left = len(before) - len(before.rstrip("0123456789"))
    right = len(after) - len(after.lstrip("0123456789"))
    if left + right == 0:
        return True
    if digits[:4] not in _regencies():
        return False
    # between other digits only with a serial below 100, as nearly all are
    inside = left + right + DIGITS <= _SHORT_RUN and digits.startswith("00", SERIAL)
    return left == 0 or right == 0 or inside


def _is_hash(text: str, start: int, end: int) -> bool:
    """Tell whether the first or the last digit is part of a checksum, or all of a UUID."""
    around = max(0, start - _NEAR)
    for uuid in _UUID.finditer(text, around, end + _NEAR):
        if uuid.start() <= start and end <= uuid.end():
            return True
    for at in (start, end - 1):
        left = _HEX_BEFORE.search(text, max(0, at - _NEAR), at)
        right = _HEX.match(text, at, at + _NEAR)
        run = (left.group() if left else "") + (right.group() if right else "")
        if len(run) == _SHA256 or (len(run) >= _SHORTEST_HASH and not run.isdecimal()):
            return True
    return False


def _sign(between: str) -> str:
    """Name what stands between two groups; blanks are one, but a new line is another."""
    if between.isspace():
        return "\n" if "\n" in between else " "
    plain = _DASH.sub("-", between)
    return "".join(plain.split())


def _is_habit(
    shape: tuple[int, ...], groups: list[str], signs: list[str], before: str, after: str
) -> bool:
    """Tell whether digits in groups are written as somebody writes one number."""
    usual = shape in _HABITS
    # numbers of a list begin with no zero
    zeros = any(len(one) > 1 and one.startswith("0") for one in groups[1:])
    alone = not any(_goes_on(one, before, after) for one in signs)
    if any(set(one) & set(',;"') for one in signs):
        quoted = before[-1:] in {'"', ">", " "} and after[:1] in {'"', "<", " "}
        return (usual and zeros) or (shape == _GROUPED and set(signs) == {","} and quoted)
    if len(set(signs)) > 1:
        return usual and alone and "\n" not in signs
    # the last cell of a row and the first of the next; decimal numbers and parts of them
    cells = signs[0] == "\n" and _CELL_SIGNS & {before[-1:], after[:1]}
    if cells or signs == ["."] or re.search(r"[0-9]\.$", before) or re.search(r"^\.[0-9]", after):
        return False
    if not alone:
        return usual and zeros
    return _is_natural(shape, groups, signs) or usual or zeros


def _is_natural(shape: tuple[int, ...], groups: list[str], signs: list[str]) -> bool:
    if signs[0] in _LOOSE:
        return True
    if len(shape) == 2:
        # ten digits are a village of the BPS, and what follows counts something
        return shape[0] != _BPS_VILLAGE or groups[1].startswith("00", 2)
    return len(set(shape)) == 1 or set(accumulate(shape[:-1])) <= _BORDERS or shape == _GROUPED


def _goes_on(sign: str, before: str, after: str) -> bool:
    """Tell whether more groups follow in the same manner, as in a list of numbers."""
    left = re.search(r"[0-9]([^0-9a-zA-Z]{1,3})$", before)
    right = re.search(r"^([^0-9a-zA-Z]{1,3})[0-9]", after)
    return any(one is not None and _sign(one.group(1)) == sign for one in (left, right))


def _powers(text: str) -> int:
    """Count the numbers that are written as a power of ten."""
    count = 0
    for sign in _POWER_SIGNS:
        at = text.find(sign)
        while at >= 0:
            match = _POWER.search(text, max(0, at - _NEAR), at + len(sign) + 1)
            count += match is not None and _begins("".join(match.groups())[:DIGITS])
            at = text.find(sign, at + 1)
    return count


def _coded(codes: str) -> bool:
    digits = codes[1::2]
    return is_identity(digits) and digits[:4] in _regencies()


def _begins(digits: str) -> bool:
    """Tell whether the first digits, six or more, can begin a number; the rest was cut off."""
    if len(digits) == DIGITS:
        return is_identity(digits)
    # the last digit that is left was rounded: only whole parts are looked at
    parts = [digits[at : at + 2] for at in range(0, len(digits) - 2, 2)]
    patterns = (*_HEAD, *_DATE)
    return digits[:4] in _regencies() and all(
        re.fullmatch(pattern, part) for pattern, part in zip(patterns, parts, strict=False)
    )


@cache
def _regencies() -> frozenset[str]:
    return frozenset(row["code"].replace(".", "") for row in embedded_rows("regencies.csv"))
