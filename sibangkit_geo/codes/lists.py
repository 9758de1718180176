"""Embedded lists: official villages, districts of both code systems, regencies."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.codes.grammar import is_code
from sibangkit_geo.errors import ConfigError, DataError, MissingFileError, UnknownAreaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.codes.grammar import CodeSystem


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
    here = Path(__file__).resolve().parents[1]
    # a wheel carries the folder inside the package; an editable install reads the checkout
    for folder in (here / "data" / "boundaries", here.parent / "data" / "boundaries"):
        if (folder / "official_villages.csv").is_file():
            return folder
    raise MissingFileError(here / "data" / "boundaries", named_by="the installed package")


def embedded_rows(name: str) -> list[dict[str, str]]:
    """
    Read one of the embedded tables.

    `name`: File in ``data/boundaries``.
    Raises MissingFileError: The installation lacks its data.
    """
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
        for row in embedded_rows("official_villages.csv")
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
        for row in embedded_rows("districts.csv")
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
    return {row["code"]: row["name"] for row in embedded_rows("regencies.csv")}


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


@cache
def _crosswalk() -> Mapping[str, str]:
    return {row["bps_code"]: row["district_code"] for row in embedded_rows("districts.csv")}


def to_kemendagri_district(code: pd.Series) -> pd.Series:
    """
    Turn BPS district codes into Kemendagri district codes, by the embedded table.

    Only districts convert. The village part of the two systems differs without a rule
    (a village's last digits are not the same in both), so villages can only be matched
    by name inside the district, or by a table of pairs.

    Parameters
    ----------
    code
        Seven digits, such as ``"1607050"``, shape (n,).

    Returns
    -------
    districts
        Dotted codes, such as ``"16.07.10"``, same index; missing stays missing.

    Raises
    ------
    DataError
        Village codes, malformed codes.
    UnknownAreaError
        Districts that the embedded table does not have.

    Examples
    --------
    >>> import pandas as pd
    >>> to_kemendagri_district(pd.Series(["1607050"])).item()
    '16.07.10'
    """
    return _convert(code, _crosswalk(), code_system="bps")


def to_bps_district(code: pd.Series) -> pd.Series:
    """
    Turn Kemendagri district codes into BPS district codes, by the embedded table.

    Only districts convert; for villages see `to_kemendagri_district`.

    Parameters
    ----------
    code
        Dotted codes, such as ``"16.07.10"``, shape (n,).

    Returns
    -------
    districts
        Seven digits, such as ``"1607050"``, same index; missing stays missing.

    Raises
    ------
    DataError
        Village codes, malformed codes.
    UnknownAreaError
        Districts that the embedded table does not have.

    Examples
    --------
    >>> import pandas as pd
    >>> to_bps_district(pd.Series(["16.07.10"])).item()
    '1607050'
    """
    pairs = {ours: theirs for theirs, ours in _crosswalk().items()}
    return _convert(code, pairs, code_system="kemendagri")


def _convert(code: pd.Series, pairs: Mapping[str, str], *, code_system: CodeSystem) -> pd.Series:
    present = code.notna()
    villages = is_code(code, code_system=code_system, level="village")
    if villages.any():
        msg = (
            "Village codes do not convert between BPS and Kemendagri by rule: "
            "their village numbers differ"
        )
        remedy = "Match villages by district and village name, or give a table of pairs."
        raise DataError(msg, rows=pd.DataFrame(index=code.index[villages]), remedy=remedy)
    malformed = present & ~is_code(code, code_system=code_system, level="district")
    if malformed.any():
        msg = f"Codes that are no {code_system} district code"
        remedy = "Write 1607050 (BPS) or 16.07.10 (Kemendagri)."
        raise DataError(msg, rows=pd.DataFrame(index=code.index[malformed]), remedy=remedy)
    strange = present & ~code.isin(list(pairs))
    if strange.any():
        msg = "Districts that the embedded table of both code systems does not have"
        remedy = "Only districts of 16.07 are embedded: match others by name."
        raise UnknownAreaError(msg, rows=pd.DataFrame(index=code.index[strange]), remedy=remedy)
    return code.astype("string").map(dict(pairs)).astype("string")
