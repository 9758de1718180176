"""Grammar of area codes: systems, levels, what is well-formed, and the code of the area above."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

CodeSystem = Literal["kemendagri", "bps"]
CODE_SYSTEMS: tuple[CodeSystem, ...] = ("kemendagri", "bps")
LEVELS = ("province", "regency", "district", "village")

# Permendagri 72/2019: two digits each for province, regency and district, four for the village,
# whose first digit is 1 for a kelurahan and 2 for a desa
PATTERNS: Mapping[CodeSystem, re.Pattern[str]] = {
    "kemendagri": re.compile(r"^\d{2}(\.\d{2}(\.\d{2}(\.[12]\d{3})?)?)?$", re.ASCII),
    "bps": re.compile(r"^\d{2}(\d{2}(\d{3}(\d{3})?)?)?$", re.ASCII),
}
_KEMENDAGRI_LENGTH = {"province": 2, "regency": 5, "district": 8, "village": 13}
_BPS_LENGTH = {"province": 2, "regency": 4, "district": 7, "village": 10}
LENGTHS: Mapping[CodeSystem, Mapping[str, int]] = {
    "kemendagri": _KEMENDAGRI_LENGTH,
    "bps": _BPS_LENGTH,
}

# what a row can be; codes of the first two can be used
PROBLEMS = (
    "", "padded", "missing", "digits_lost", "date", "ambiguous", "wrong_level", "malformed"
)  # fmt: skip
#: what went wrong with a code that cannot be used, behind a number in messages
PROBLEM_WORDS = {
    "missing": " empty",
    "digits_lost": " stored as a number that lost digits",
    "date": " turned into a date by a spreadsheet",
    "ambiguous": " of either code system",
    "wrong_level": " of another level",
    "malformed": " not of this form",
}
_USABLE = 2
_NOTHING = frozenset({"", "-", "nan", "none", "null", "na", "n/a", "<na>"})
_CLUTTER = re.compile(r"[\s\u00a0\u200b\ufeff'\"`\u2018\u2019]+")
_NUMBER = re.compile(r"^(\d{4,})[.,]0+$", re.ASCII)
_SCIENTIFIC = re.compile(r"^\d+([.,]\d+)?e\+?\d+$", re.ASCII | re.IGNORECASE)
# readers mark a number that was stored with decimals by the exponent 0
_STORED = re.compile(r"^(\d+\.\d+)e0$", re.ASCII)
# 16.07.2001 typed into a spreadsheet becomes the 16th of July: as ISO text, or as it is shown
_DATE = re.compile(r"^(\d{4}-\d{2}-\d{2}([T ]?[\d:]+)?|\d{1,2}/\d{1,2}/\d{2,4})$", re.ASCII)
_DOTTED = re.compile(r"^\d{2}(\.\d{1,2}){1,2}(\.[12]\d{3})?$", re.ASCII)
_BPS_DOTTED = re.compile(r"^\d{2}\.\d{2}(\.\d{3}){0,2}$", re.ASCII)
# BDT-2015 `kode_wilayah`: the BPS village, then digits of smaller areas that are all zero
_BDT = re.compile(r"^(\d{10})0{8}$", re.ASCII)


def is_code(text: pd.Series, *, code_system: CodeSystem, level: str = "village") -> pd.Series:
    """
    Tell which texts are well-formed codes of one level.

    Parameters
    ----------
    text
        Codes as text, shape (n,); missing values are not well-formed.
    code_system
        ``"kemendagri"`` (dotted) or ``"bps"`` (digits only).
    level
        ``"province"``, ``"regency"``, ``"district"`` or ``"village"``.

    Returns
    -------
    well_formed
        True or False per row, same index.

    Raises
    ------
    KeyError
        `code_system` or `level` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> is_code(pd.Series(["16.07.05.1022", "1607021003"]), code_system="kemendagri").tolist()
    [True, False]
    """
    values = text.astype("string")
    right_length = values.str.len() == LENGTHS[code_system][level]
    well_formed = values.str.match(PATTERNS[code_system]) & right_length
    return well_formed.fillna(value=False).astype(bool)


def parent(code: pd.Series, *, level: str, code_system: CodeSystem = "kemendagri") -> pd.Series:
    """
    Cut canonical codes to the code of the area above.

    Parameters
    ----------
    code
        Dotted Kemendagri codes or BPS digits, shape (n,).
    level
        Level of the parent wanted.
    code_system
        Which codes these are; the parent is a code of the same system.

    Returns
    -------
    parents
        Codes of `level`, same index.

    Raises
    ------
    KeyError
        `level` or `code_system` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> parent(pd.Series(["16.07.05.1022"]), level="district").item()
    '16.07.05'
    >>> parent(pd.Series(["1607021003"]), level="district", code_system="bps").item()
    '1607021'
    """
    return code.str.slice(0, LENGTHS[code_system][level])


def level_of(code: str, *, code_system: CodeSystem) -> str | None:
    """
    Name the level of a canonical code.

    Parameters
    ----------
    code
        Dotted Kemendagri text or BPS digits.
    code_system
        Which code this is.

    Returns
    -------
    level
        ``"province"``, ``"regency"``, ``"district"``, ``"village"``, or None when the
        text is no well-formed code.

    Raises
    ------
    KeyError
        `code_system` is unknown.

    Examples
    --------
    >>> level_of("16.07.05", code_system="kemendagri")
    'district'
    """
    if not PATTERNS[code_system].match(code):
        return None
    by_length = {length: level for level, length in LENGTHS[code_system].items()}
    return by_length.get(len(code))


def format_code(digits: str, *, code_system: CodeSystem) -> str:
    """
    Write the digits of a code the way its system writes them.

    Parameters
    ----------
    digits
        Digits without dots: 2, 4, 6 or 10 for Kemendagri, 2, 4, 7 or 10 for BPS.
    code_system
        Which code this is; the digits alone cannot tell.

    Returns
    -------
    code
        Canonical text: dotted for Kemendagri, unchanged for BPS.

    Raises
    ------
    ValueError
        The digits are no code of this system.

    Examples
    --------
    >>> format_code("1607051022", code_system="kemendagri")
    '16.07.05.1022'
    """
    code = digits
    if code_system == "kemendagri":
        parts = (digits[:2], digits[2:4], digits[4:6], digits[6:])
        code = ".".join(part for part in parts if part)
    if level_of(code, code_system=code_system) is None:
        msg = f"`digits` must be the digits of a {code_system} code, got {len(digits)} characters."
        raise ValueError(msg)
    return code


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


def read_codes(text: pd.Series, *, code_system: CodeSystem, level: str = "village") -> CodeReading:
    """
    Read a column of codes, tolerantly but without guessing.

    Spaces, a leading apostrophe, ``1607021003.0``, lost zeros inside dotted parts
    (``16.7.5.1022``; reported as padded), dotted BPS codes and the 18 digits of BDT-2015
    (a BPS village and eight zeros) are read. Refused are numbers in scientific notation
    and ``16.1``, which may have been ``16.10``: their digits are lost.

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
    return _STORED.sub(r"\1", _CLUTTER.sub("", str(cell)))


def _read(
    tidy: str, code_system: CodeSystem | None, level: str | None
) -> tuple[str | None, str, bool]:
    """Read one tidied cell: code, problem, and whether a Kemendagri code had no dots."""
    if tidy.lower() in _NOTHING:
        return None, "missing", False
    if _SCIENTIFIC.match(tidy) or _DATE.match(tidy):
        return None, "digits_lost" if _SCIENTIFIC.match(tidy) else "date", False
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
