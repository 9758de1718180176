"""Reading area codes from cells that spreadsheets and people have been at."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sibangkit_geo.codes.grammar import CODE_SYSTEMS, LEVELS, CodeSystem, format_code, level_of
from sibangkit_geo.errors import DataError, nearest

# what a row can be; codes of the first two can be used
PROBLEMS = ("", "padded", "missing", "digits_lost", "ambiguous", "wrong_level", "malformed")
_USABLE = 2
_REMEDIES = {
    "missing": "the cell is empty; fill it from the register",
    "digits_lost": (
        "digits lost: a spreadsheet rounded the code to a number; export the column as text"
    ),
    "ambiguous": (
        "ambiguous: {digits} digits are a BPS code or an undotted Kemendagri code; say code_system"
    ),
    "wrong_level": "a code of another level (it has {digits} digits); name the right column",
    "malformed": (
        "not a code; Kemendagri codes look like 16.07.05.1022, BPS codes like 1607021003"
    ),
}
_NOTHING = frozenset({"", "-", "nan", "none", "null", "na", "n/a", "<na>"})
_CLUTTER = re.compile(r"[\s\u00a0\u200b\ufeff'\"`\u2018\u2019]+")
_NUMBER = re.compile(r"^(\d{4,})[.,]0+$", re.ASCII)
_SCIENTIFIC = re.compile(r"^\d+([.,]\d+)?e\+?\d+$", re.ASCII | re.IGNORECASE)
_DOTTED = re.compile(r"^\d{2}(\.\d{1,2}){1,2}(\.[12]\d{3})?$", re.ASCII)
_BPS_DOTTED = re.compile(r"^\d{2}\.\d{2}(\.\d{3}){0,2}$", re.ASCII)
# BDT-2015 `kode_wilayah`: the BPS village, then digits of smaller areas that are all zero
_BDT = re.compile(r"^(\d{10})0{8}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class AreaCode:
    """
    One code, read.

    Attributes
    ----------
    text
        Canonical text: dotted for Kemendagri, digits for BPS.
    level
        ``"province"``, ``"regency"``, ``"district"`` or ``"village"``.
    code_system
        ``"kemendagri"`` or ``"bps"``.
    padded
        True when zeros that the cell had lost were put back.
    """

    text: str
    level: str
    code_system: CodeSystem
    padded: bool


@dataclass(frozen=True, slots=True)
class CodeReading:
    """
    A column of codes, read; one row per row of the column.

    Attributes
    ----------
    code
        Canonical text; missing where the cell cannot be used.
    problem
        Category per row: ``""``, ``"padded"`` (usable: zeros put back), ``"missing"``,
        ``"digits_lost"``, ``"wrong_level"`` or ``"malformed"``.
    undotted
        True where a Kemendagri code stood without dots, so that it could as well be a
        BPS code: such rows need their names checked.
    """

    code: pd.Series
    problem: pd.Series
    undotted: pd.Series

    @property
    def usable(self) -> pd.Series:
        """Tell which rows have a code."""
        return pd.Series(self.problem.cat.codes < _USABLE, index=self.problem.index)


def parse_code(
    text: object, *, code_system: CodeSystem | None, level: str | None = None
) -> AreaCode:
    """
    Read one code from a cell, tolerantly but without guessing.

    Spaces, a leading apostrophe, ``1607021003.0``, lost zeros inside dotted parts
    (``16.7.5.1022``; reported as padded), dotted BPS codes and the 18 digits of BDT-2015
    (a BPS village and eight zeros) are read. Refused are numbers in scientific notation
    and ``16.1``, which may have been ``16.10``: their digits are lost.

    Parameters
    ----------
    text
        The cell; numbers are read as a spreadsheet would write them.
    code_system
        Which codes the column holds. Undotted digits are read as Kemendagri only when it
        says so; None accepts only what can be nothing else.
    level
        Level the code must have; None accepts any.

    Returns
    -------
    code
        Canonical text with level, system and whether it was padded.

    Raises
    ------
    ValueError
        `code_system` or `level` is unknown.
    DataError
        The cell cannot be read as a code. The message describes it and never quotes it:
        a wrong column may hold identity numbers.

    Examples
    --------
    >>> parse_code(" '16.7.5.1022 ", code_system="kemendagri").text
    '16.07.05.1022'
    >>> parse_code("160702100300000000", code_system="bps").text
    '1607021003'
    """
    _require_known(code_system, level)
    tidy = _tidy(text)
    code, problem, _ = _read(tidy, code_system, level)
    if code is None:
        words = _REMEDIES[problem].format(digits=sum(sign.isdigit() for sign in tidy))
        msg = f"A cell that cannot be read as an area code: {words}"
        raise DataError(msg, remedy="Correct the cell.")
    system: CodeSystem = code_system or ("kemendagri" if "." in code or len(code) == 2 else "bps")
    found = level_of(code, code_system=system) or ""
    return AreaCode(code, found, system, padded=problem == "padded")


def read_codes(text: pd.Series, *, code_system: CodeSystem, level: str = "village") -> CodeReading:
    """
    Read a column of codes, by the rules of `parse_code`.

    Grain: one row per row of the column. Each distinct text is read once.

    Parameters
    ----------
    text
        The column as it came: text or numbers, shape (n,).
    code_system
        Which codes the column holds.
    level
        Level the codes must have.

    Returns
    -------
    reading
        Canonical codes and what was wrong, row by row, same index.

    Raises
    ------
    ValueError
        `code_system` or `level` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.Series(["16.07.05.1022", "16.7.5.1022", "1.607E+09", None])
    >>> read_codes(cells, code_system="kemendagri").problem.tolist()
    ['', 'padded', 'digits_lost', 'missing']
    """
    _require_known(code_system, level)
    place, distinct = pd.factorize(text)
    read = [_read(_tidy(cell), code_system, level) for cell in distinct]
    # the last entry is that of missing cells, whose place is -1
    read.append((None, "missing", False))
    code = pd.array([one[0] for one in read], dtype="string").take(place % len(read))
    problem = np.array([PROBLEMS.index(one[1]) for one in read], dtype=np.int8)[place]
    undotted = np.array([one[2] for one in read], dtype=bool)[place]
    return CodeReading(
        code=pd.Series(code, index=text.index),
        problem=pd.Series(
            pd.Categorical.from_codes(problem, categories=pd.Index(PROBLEMS)),
            index=text.index,
        ),
        undotted=pd.Series(undotted, index=text.index),
    )


def _require_known(code_system: str | None, level: str | None) -> None:
    if code_system is not None and code_system not in CODE_SYSTEMS:
        msg = f'Unknown code_system "{code_system}". {nearest(code_system, CODE_SYSTEMS)}'
        raise ValueError(msg)
    if level is not None and level not in LEVELS:
        msg = f'Unknown level "{level}". {nearest(level, LEVELS)}'
        raise ValueError(msg)


def _tidy(cell: object) -> str:
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        # beyond 15 digits Python writes floats in scientific notation though no digit is lost
        return str(int(cell))
    return _CLUTTER.sub("", str(cell))


def _read(
    tidy: str, code_system: CodeSystem | None, level: str | None
) -> tuple[str | None, str, bool]:
    """Read one tidied cell: code, problem, and whether a Kemendagri code had no dots."""
    if tidy.lower() in _NOTHING:
        return None, "missing", False
    if _SCIENTIFIC.match(tidy):
        return None, "digits_lost", False
    number = _NUMBER.match(tidy)
    text = number[1] if number else tidy
    if code_system is None and text.isdigit() and len(text) in (4, 10):
        return None, "ambiguous", False
    systems = CODE_SYSTEMS if code_system is None else (code_system,)
    for system in systems:
        code, problem = _read_bps(text) if system == "bps" else _read_kemendagri(text)
        if code is not None and level not in (None, level_of(code, code_system=system)):
            return None, "wrong_level", False
        if code is not None or problem == "digits_lost":
            undotted = system == "kemendagri" and code is not None and text.isdigit()
            return code, problem, undotted
    return None, "malformed", False


def _read_kemendagri(text: str) -> tuple[str | None, str]:
    if text.isdigit():
        try:
            return format_code(text, code_system="kemendagri"), ""
        except ValueError:
            return None, "malformed"
    if not _DOTTED.match(text):
        return None, "malformed"
    parts = text.split(".")
    if len(parts) == 2 and len(parts[1]) == 1:
        # 16.1 is 16.01 or, as a number, 16.10
        return None, "digits_lost"
    code = ".".join(part.zfill(2) for part in parts)
    if level_of(code, code_system="kemendagri") is None:
        return None, "malformed"
    return code, "" if code == text else "padded"


def _read_bps(text: str) -> tuple[str | None, str]:
    whole = _BDT.match(text)
    digits = whole[1] if whole else text
    if _BPS_DOTTED.match(digits):
        digits = digits.replace(".", "")
    if level_of(digits, code_system="bps") is None:
        return None, "malformed"
    return digits, ""
