"""
Area codes: their grammar, levels and parents, in the Kemendagri and the BPS system.

Canonical in this package is the dotted Kemendagri text, ``16.07.05.1022``. BPS
codes have ten digits without dots and number the districts differently, so one
is never turned into the other by dropping or adding dots.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.errors import ConfigError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

CodeSystem = Literal["kemendagri", "bps"]
CODE_SYSTEMS: tuple[CodeSystem, ...] = ("kemendagri", "bps")
LEVELS = ("province", "regency", "district", "village")

# Permendagri 72/2019: two digits each for province, regency and district, four for the village,
# whose first digit is 1 for a kelurahan and 2 for a desa
_PATTERNS: Mapping[CodeSystem, re.Pattern[str]] = {
    "kemendagri": re.compile(r"^\d{2}(\.\d{2}(\.\d{2}(\.[12]\d{3})?)?)?$"),
    "bps": re.compile(r"^\d{2}(\d{2}(\d{3}(\d{3})?)?)?$"),
}
_KEMENDAGRI_LENGTH = {"province": 2, "regency": 5, "district": 8, "village": 13}
_BPS_LENGTH = {"province": 2, "regency": 4, "district": 7, "village": 10}


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
    lengths = _KEMENDAGRI_LENGTH if code_system == "kemendagri" else _BPS_LENGTH
    values = text.astype("string")
    well_formed = values.str.match(_PATTERNS[code_system]) & (values.str.len() == lengths[level])
    return well_formed.fillna(value=False).astype(bool)


def parent(code: pd.Series, *, level: str) -> pd.Series:
    """
    Cut dotted Kemendagri codes to the code of the area above.

    Parameters
    ----------
    code
        Dotted codes, shape (n,).
    level
        Level of the parent wanted.

    Returns
    -------
    parents
        Dotted codes of `level`, same index.

    Raises
    ------
    KeyError
        `level` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> parent(pd.Series(["16.07.05.1022"]), level="district").item()
    '16.07.05'
    """
    return code.str.slice(0, _KEMENDAGRI_LENGTH[level])


def data_folder() -> Path:
    """
    Find the embedded boundary files, in an installed package or in a checkout.

    Returns
    -------
    folder
        The folder ``data/boundaries``.

    Raises
    ------
    MissingFileError
        Neither place has it: the installation is incomplete.
    """
    here = Path(__file__).resolve().parent
    # a wheel carries the folder inside the package; an editable install reads the checkout
    for folder in (here / "data" / "boundaries", here.parent / "data" / "boundaries"):
        if (folder / "official_villages.csv").is_file():
            return folder
    raise MissingFileError(here / "data" / "boundaries", named_by="the installed package")


def _rows(name: str) -> list[dict[str, str]]:
    with (data_folder() / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def official_villages(regency: str) -> Mapping[str, str]:
    """
    List the official villages of a regency, where the list is embedded.

    Source: Kepmendagri 300.2.2-2138/2025 by way of the npm package idn-area-data (ODbL).

    Parameters
    ----------
    regency
        Dotted code, such as ``"16.07"``.

    Returns
    -------
    names
        Village code to name; empty for a regency whose list is not embedded.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    return {
        row["code"]: row["name"]
        for row in _rows("official_villages.csv")
        if row["code"].startswith(f"{regency}.")
    }


@cache
def districts(regency: str) -> Mapping[str, tuple[str, str]]:
    """
    List the districts of a regency with their BPS code, where the list is embedded.

    Parameters
    ----------
    regency
        Dotted code, such as ``"16.07"``.

    Returns
    -------
    districts
        District code (Kemendagri) to BPS code and name; empty where not embedded.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    return {
        row["district_code"]: (row["bps_code"], row["name"])
        for row in _rows("districts.csv")
        if row["district_code"].startswith(f"{regency}.")
    }


@cache
def regencies() -> Mapping[str, str]:
    """
    List every regency and city of Indonesia.

    Returns
    -------
    names
        Dotted regency code to name.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    return {row["code"]: row["name"] for row in _rows("regencies.csv")}


def require_regency(code: str) -> str:
    """
    Name a regency, or refuse the code.

    Parameters
    ----------
    code
        Dotted regency code.

    Returns
    -------
    name
        Official name.

    Raises
    ------
    ConfigError
        No regency has this code.

    Examples
    --------
    >>> require_regency("16.07")
    'Kabupaten Banyuasin'
    """
    known = regencies()
    if code not in known:
        beside = sorted(one for one in known if one[:2] == code[:2])
        hint = f"This province has {beside[0]} to {beside[-1]}." if beside else 'Example: "16.07".'
        msg = f'Unknown regency "{code}" in [study] regency: no regency has this code. {hint}'
        raise ConfigError(msg)
    return known[code]
