"""Embedded lists: official villages, districts of both code systems, regencies."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from sibangkit_geo.errors import ConfigError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


Certainty = Literal["name", "unknown"]
_DISTRICT = 8


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
    lacking = here / "data" / "boundaries" / "official_villages.csv"
    raise MissingFileError(lacking, named_by="the installed package")


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


@dataclass(frozen=True, slots=True)
class Split:
    """
    A village that was split off another one.

    Attributes
    ----------
    code, name
        Of the new village.
    parent_code
        Of the village it was split off; empty when that is not known.
    year
        Year of the official list that has it first.
    certainty
        ``"name"`` when the name tells the parent, ``"unknown"`` otherwise.
    source
        In words, where this comes from.
    """

    code: str
    name: str
    parent_code: str
    year: int
    certainty: Certainty
    source: str


@dataclass(frozen=True, slots=True)
class CommonLevel:
    """
    Where the codes of a register and those of a map meet; one entry per code of either.

    Attributes
    ----------
    code
        Code to the code that both sides support: itself, its parent, or its district
        (``16.07.10``) when the parent is not known.
    merged
        Splits whose rows or polygon go to their parent.
    at_district
        Splits of unknown parent that only one side has: they count in the district and
        in no village.
    """

    code: Mapping[str, str]
    merged: tuple[Split, ...]
    at_district: tuple[Split, ...]

    @property
    def text(self) -> str:
        """Say in Indonesian what was merged; empty when nothing was."""
        sentences = []
        if self.merged:
            pairs = ", ".join(f"{one.name} (induk {_name(one.parent_code)})" for one in self.merged)
            sentences.append(
                f"{len(self.merged)} desa/kelurahan hasil pemekaran dihitung bersama induknya "
                f"karena tabel dan peta tidak sama-sama memuatnya: {pairs}."
            )
        if self.at_district:
            names = ", ".join(f"{one.name} ({one.code})" for one in self.at_district)
            sentences.append(
                f"{len(self.at_district)} desa/kelurahan hasil pemekaran tidak diketahui induknya "
                f"dan hanya dapat dihitung pada kecamatannya: {names}."
            )
        return " ".join(sentences)


def _name(code: str) -> str:
    return official_villages(code[:5]).get(code, code)


@cache
def splits(regency: str) -> Mapping[str, Split]:
    """
    List the villages of a regency that were split off others, where the list is embedded.

    Source: Kepmendagri 300.2.2-2138/2025, amended by 2430/2025, against the village list
    before it. The decree names no parents: only those that the name tells are filled.

    Parameters
    ----------
    regency
        Dotted code, such as ``"16.07"``.

    Returns
    -------
    splits
        Code of the new village to what is known of it; empty where not embedded.

    Raises
    ------
    MissingFileError
        The installation lacks its data.

    Examples
    --------
    >>> splits("16.07")["16.07.10.1024"].parent_code
    '16.07.10.1004'
    """
    return {
        row["code"]: Split(
            code=row["code"],
            name=row["name"],
            parent_code=row["parent_code"],
            year=int(row["year"]),
            certainty=cast("Certainty", row["certainty"]),
            source=row["source"],
        )
        for row in embedded_rows("splits.csv")
        if row["code"].startswith(f"{regency}.")
    }


def common_level(register: Collection[str], polygons: Collection[str]) -> CommonLevel:
    """
    Find the code at which each village of a register and of a map can meet.

    A split village that the map lacks goes to its parent with its rows. One that the
    register lacks goes to its parent with its polygon, unless the register knows another
    village split in the same year and regency: then it is newer than the split, and
    merely has no row there.

    Parameters
    ----------
    register
        Dotted village codes that the register uses.
    polygons
        Dotted village codes that have a polygon.

    Returns
    -------
    level
        The mapping of all codes of both sides, and what was merged.

    Raises
    ------
    MissingFileError
        The installation lacks its data.

    Examples
    --------
    >>> common_level(["16.07.10.1024"], ["16.07.10.1004"]).code["16.07.10.1024"]
    '16.07.10.1004'
    """
    ours, drawn = set(register), set(polygons)
    code = {one: one for one in sorted(ours | drawn)}
    known = {
        one: split for area in sorted({one[:5] for one in code}) for one, split in _of(area, code)
    }
    newer = {(one[:5], split.year) for one, split in known.items() if one in ours}
    merged, at_district = [], []
    for child, split in known.items():
        absent_by_chance = child not in ours and (child[:5], split.year) in newer
        if (child in ours and child in drawn) or absent_by_chance:
            continue
        # the parent must be there on the side that lacks the child, or there is no one to join
        other = drawn if child in ours else ours
        if split.parent_code in other:
            code[child] = split.parent_code
            merged.append(split)
        elif not split.parent_code:
            code[child] = child[:_DISTRICT]
            at_district.append(split)
    return CommonLevel(code, tuple(merged), tuple(at_district))


def _of(regency: str, present: Mapping[str, str]) -> list[tuple[str, Split]]:
    return [(one, split) for one, split in splits(regency).items() if one in present]
