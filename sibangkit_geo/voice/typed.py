"""What a person types, as values: each parser gives a value, or the reason why there is none."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from sibangkit_geo.model.limits import FIRST_YEAR, LAST_YEAR, LONG_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BACK: Final = frozenset({"kembali", "back"})
CANCEL: Final = frozenset({"batal", "cancel"})
OPEN: Final = frozenset({"lewati", "kosong", "skip", "open"})
_YES = frozenset({"ya", "y", "yes", "benar", "betul"})
_NO = frozenset({"tidak", "t", "n", "no", "bukan"})
_QUOTES = ('"', "'")
_LONGEST = 200
_PEOPLE = 300_000_000
_LINE = (10_000, 100_000_000)
# 84.360 or 84,360 or 84 360: groups of three by one mark
_GROUPED = re.compile(r"\d{1,3}(?:([., ])\d{3})(?:\1\d{3})*")
_DECIMAL = re.compile(r"\d{1,3}(?:[.,]\d{1,6})?")
_CRS = re.compile(r"(?:EPSG\s*:?\s*)?(\d{4,6})", re.IGNORECASE)
_DECILES = 10


class RefusedError(ValueError):
    """What was typed is no answer; `reason` is a key of the catalogue of the dialogue."""

    def __init__(self, reason: str, **places: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.places = places


def cleaned(text: str) -> str:
    """Take blanks and signs that are not seen off what was typed."""
    seen = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(seen.split())


def chosen(text: str, options: Sequence[str], *, words: Mapping[str, str] | None = None) -> str:
    """
    Choose by number, by name, or by the only name that begins so.

    `options`: In the order of their numbers.
    `words`: Option to how it was shown.
    Raises RefusedError: It is none of them.
    """
    if text.isdecimal() and len(text) <= 4:
        if 1 <= int(text) <= len(options):
            return options[int(text) - 1]
        raise RefusedError("no_option", most=len(options))
    said = text.casefold()
    names = {one: {one.casefold(), (words or {}).get(one, one).casefold()} for one in options}
    same = [one for one, called in names.items() if said in called]
    alike = [one for one, called in names.items() if any(name.startswith(said) for name in called)]
    found = same or alike
    if not said or len(found) != 1:
        raise RefusedError("no_option", most=len(options))
    return found[0]


def yes(text: str) -> bool:
    """
    Read yes or no.

    Raises RefusedError: It is neither.
    """
    said = text.casefold()
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise RefusedError("no_yes")


def year(text: str) -> int:
    """
    Read a year.

    Raises RefusedError: It is none, or none that data can have.
    """
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise RefusedError("no_year")
    if not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise RefusedError("year_range", first=FIRST_YEAR, last=LAST_YEAR)
    return int(text)


def decile(text: str) -> int:
    """
    Read the last decile that counts as poor.

    Raises RefusedError: It is not 1 to 10.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):
        raise RefusedError("no_decile")
    if not 1 <= int(text) <= _DECILES:
        raise RefusedError("no_decile")
    return int(text)


def percent(text: str) -> float:
    """
    Read a share of 0 to 100, with comma or point; what has no sign of per cent is per cent too.

    Raises RefusedError: It is no number, or beyond.
    """
    bare = text.removesuffix("%").removesuffix("persen").strip()
    if not (bare.isascii() and _DECIMAL.fullmatch(bare)):
        raise RefusedError("no_percent")
    share = float(bare.replace(",", "."))
    if not 0 <= share <= 100:
        raise RefusedError("percent_range")
    return share


def whole(text: str) -> int:
    """
    Read a whole number, plain or with thousands marked by one mark.

    Raises RefusedError: It is none; a mark before one or two digits could be a decimal one.
    """
    bare = re.sub(r"^rp\.?\s*", "", text, flags=re.IGNORECASE)
    bare = re.sub(r"\s*(?:,-|jiwa|orang|people|persons)$", "", bare, flags=re.IGNORECASE)
    plain = bare.isascii() and bare.isdecimal() and len(bare) <= 12
    if not plain and not (bare.isascii() and _GROUPED.fullmatch(bare)):
        raise RefusedError("no_whole")
    return int(re.sub(r"\D", "", bare))


def people(text: str) -> int:
    """
    Read a number of people.

    Raises RefusedError: It is none, or more than Indonesia has.
    """
    found = whole(text)
    if not 0 < found <= _PEOPLE:
        raise RefusedError("people_range")
    return found


def rupiah(text: str) -> float:
    """
    Read a poverty line, rupiah per person per month.

    Raises RefusedError: It is no number, or no line.
    """
    found = whole(text)
    if not _LINE[0] <= found <= _LINE[1]:
        raise RefusedError("line_range")
    return float(found)


def crs(text: str) -> str:
    """
    Read a coordinate reference system by its number.

    Raises RefusedError: It is no EPSG number.
    """
    found = _CRS.fullmatch(text)
    if not found or not text.isascii():
        raise RefusedError("no_crs")
    return f"EPSG:{found[1]}"


def source(text: str) -> str:
    """
    Read who published a figure.

    Raises RefusedError: It says nothing, is too long, or holds a number that may be a person's.
    """
    if not re.search(r"[^\W\d_]{2}", text):
        raise RefusedError("no_source")
    if len(text) > _LONGEST:
        raise RefusedError("source_long", most=_LONGEST)
    if LONG_NUMBER.search(text):
        raise RefusedError("source_number")
    return text


def paths(text: str, *, windows: bool = os.name == "nt") -> list[Path]:
    """
    List what a typed, pasted or dropped path may be, the likeliest first.

    File managers and terminals put quotes around it, mask its blanks or make it an address.
    """
    bare = text.strip().strip("\ufeff\u200e\u200f\u202a\u202c")
    if bare[:1] in _QUOTES and bare[-1:] == bare[:1]:
        bare = bare[1:-1]
    found = [bare, bare.strip("\"' ")]
    if bare.lower().startswith("file:"):
        try:
            found.insert(0, url2pathname(unquote(urlsplit(bare).path) if not windows else bare[7:]))
        except (OSError, ValueError):
            return []
    elif not windows:
        try:
            words = shlex.split(bare)
        except ValueError:
            words = []
        if len(words) == 1:
            found.append(words[0])
    safe = [one for one in dict.fromkeys(found) if one and "\0" not in one]
    return [_at_home(one) for one in safe]


def _at_home(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def folder(text: str) -> Path:
    """
    Find the folder that is meant; of a file that is there, the folder it lies in.

    Raises RefusedError: There is no such folder.
    """
    for one in paths(text):
        try:
            if one.is_dir():
                return one
            if one.is_file():
                return one.parent
        except (OSError, ValueError):
            continue
    raise RefusedError("no_folder")
