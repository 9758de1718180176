"""Grammar of area codes: systems, levels, what is well-formed, and the code of the area above."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

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


def strip_dots(code: pd.Series) -> pd.Series:
    """
    Write dotted Kemendagri codes as digits, for systems that cannot keep dots.

    The result is **not** a BPS code, although it has ten digits too.

    Parameters
    ----------
    code
        Dotted codes, shape (n,).

    Returns
    -------
    digits
        Digits as text, same index.

    Examples
    --------
    >>> import pandas as pd
    >>> strip_dots(pd.Series(["16.07.05.1022"])).item()
    '1607051022'
    """
    return code.str.replace(".", "", regex=False)
