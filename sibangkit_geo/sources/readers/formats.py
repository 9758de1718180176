"""What the number format of a cell makes of its number: a date, a share, a code, or nothing."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sibangkit_geo.sources.readers.grid import number_text

#: built-in formats of ECMA-376 part 1, 18.8.30, that show a date or a time
DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
#: those that show per cent
PERCENTS = frozenset({9, 10})
# quoted text, an escaped sign, a colour or place, a gap, a filled gap
_NOT_CODE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_PIECE = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|[_*].|(0)|(.)', re.DOTALL)
# signs that a format shows without quotation marks; a bare point or comma is one of numbers
_BARE = frozenset("-/ :()")
_SEPARATORS = re.compile(r"[\d.,\-/ :()]*")
# the day that spreadsheets number 0, with their leap year of 1900
_DAY_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no time zone


@dataclass(frozen=True, slots=True)
class Shown:
    """
    How a number is shown.

    `kind`: ``"number"`` for everything that leaves it a number, decimals and thousands included.
    `code`: What stands between the digits of a code: one text before each, and one at the end.
    """

    kind: Literal["number", "date", "percent", "per_mille", "code"] = "number"
    code: tuple[str, ...] = ()

    def text(self, value: float, *, first_day: int = 0) -> str:
        """
        Write a number as its format means it.

        `first_day`: Days that the workbook begins to count later (1462 from the year 1904).
        Returns: A date as ISO text, a code as it is displayed, else as `number_text` writes it.
        """
        if self.kind == "date":
            # a number that is no day shows no date
            with suppress(OverflowError):
                return date_text(_DAY_ZERO + dt.timedelta(days=value + first_day))
        if self.kind == "code" and value >= 0 and value == int(value) and value < 2**53:
            return self._coded(int(value))
        told = number_text(value, percent=self.kind == "percent")
        return f"{told}\u2030" if self.kind == "per_mille" else told

    def _coded(self, value: int) -> str:
        digits = str(value).zfill(len(self.code) - 1)
        # more digits than places stand before the first one
        extra = len(digits) - len(self.code) + 1
        parts = [digits[: extra + 1], *digits[extra + 1 :], ""]
        return "".join(map("".join, zip(self.code, parts, strict=True))).strip()


PLAIN = Shown()


@lru_cache(maxsize=4096)
def read_format(code: str) -> Shown:
    r"""
    Read the code of a number format.

    Parameters
    ----------
    code
        As it stands in the workbook.

    Returns
    -------
    shown
        What it makes of a number.

    Examples
    --------
    >>> read_format('00"."00"."00"."0000').text(1607012001)
    '16.07.01.2001'
    >>> read_format("0.0%").text(0.0815), read_format("#,##0.00").text(1104)
    ('0.0815e2%', '1104')
    """
    plain = _NOT_CODE.sub("", code)
    if "\u2030" in code:
        # a thousandth is no number that a column of others can hold
        return Shown("per_mille")
    if "%" in plain:
        return Shown("percent")
    if set(plain.lower()) & set("dmyhs"):
        return Shown("date")
    between = _between(code.split(";", maxsplit=1)[0])
    return Shown("code", between) if between else PLAIN


def _between(section: str) -> tuple[str, ...]:
    """Tell what stands around each zero; nothing unless there are but zeros and separators."""
    parts = [""]
    for quoted, escaped, zero, other in _PIECE.findall(section):
        if zero:
            parts.append("")
        elif other and other not in _BARE:
            return ()
        else:
            parts[-1] += quoted + escaped + other
    if len(parts) < 3 or not all(map(_SEPARATORS.fullmatch, parts)):
        return ()
    return tuple(parts)


def date_text(moment: dt.datetime) -> str:
    """Write a moment as text, a whole day without its hour."""
    whole = moment.time() == dt.time()
    return moment.date().isoformat() if whole else moment.isoformat(sep=" ")
