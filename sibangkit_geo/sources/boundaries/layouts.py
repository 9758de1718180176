"""Whose columns these are: codes, names, districts and regencies told by what columns contain."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, nearest
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.model.types import Note
from sibangkit_geo.sources.readers import fold_header
from sibangkit_geo.sources.text_tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    Readings: TypeAlias = Mapping[codes.CodeSystem, codes.CodeReading]

#: column with the folder of a KML, which may be named after a district
FOLDER = "folder"
#: layout of a file that no publisher's columns tell
UNKNOWN = "tidak dikenal"
_NAMES = ("village", "district", "regency")
# Permendagri 72/2019, and the master file of BPS: digits of province, regency, district, village
_WIDTHS: Mapping[codes.CodeSystem, tuple[int, ...]] = {
    "kemendagri": (2, 2, 2, 4),
    "bps": (2, 2, 3, 3),
}
# the longest name of a column in a .dbf
_CUT_OFF = 10
_BPS_DISTRICT, _DISTRICT, _REGENCY_DIGITS, _DISTRICT_DIGITS = 7, 8, 4, 6
_KIND = r"^(?:(?:kecamatan|distrik|desa|kelurahan)\s+|(?:kec|kel|ds)(?:\.\s*|\s+))"
# BPS districts end in 0 unless they were split off, so that codes of several districts that could
# all be Kemendagri's are not BPS's
_FEWEST_DISTRICTS = 3
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class BoundaryColumns:
    """
    What a user says about the columns of a boundary file; empty leaves it to what they contain.

    `code`, `name`, `district`: Columns with the village code, its name and that of its district.
    `code_system`: Which codes `code` holds.
    """

    code: str = ""
    name: str = ""
    district: str = ""
    code_system: str = ""

    def __post_init__(self) -> None:
        """Refuse a system that is none."""
        if self.code_system and self.code_system not in codes.CODE_SYSTEMS:
            hint = nearest(self.code_system, codes.CODE_SYSTEMS)
            msg = f'Unknown code_system "{self.code_system}". {hint}'
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class BoundaryLayer:
    """
    Polygons of villages under one set of column names; one row per feature of the file.

    Attributes
    ----------
    areas
        Columns ``code``, ``name``, ``district_name``, ``regency_name`` (text or
        missing) and ``geometry``, indexed by feature number.
    layout
        Whose column names were recognised.
    code_system
        ``"kemendagri"``, ``"bps"``, or empty when the file has no official codes.
    file
        Name of the file, for messages.
    fault
        Why the coordinates cannot be placed; empty when they can.
    notes
        What was assumed or put right while reading.
    collections
        Numbers of the features whose polygons were taken out of a collection.
    """

    areas: gpd.GeoDataFrame
    layout: str
    code_system: str
    file: str
    fault: str = ""
    notes: tuple[Note, ...] = ()
    collections: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Codes:
    """A column of codes, read. `code`: Canonical where it can be used, else as it stands."""

    label: str
    code: pd.Series
    system: str
    usable: int
    dotted: int


def well_formed(layer: BoundaryLayer) -> pd.Series:
    """
    Tell which features carry a well-formed village code of the layer's own system.

    Returns: True or False per feature; all False when the file has no official codes.
    """
    for system in codes.CODE_SYSTEMS:
        if layer.code_system == system:
            return codes.is_code(layer.areas["code"], code_system=system)
    return pd.Series(data=False, index=layer.areas.index)


def labels(layer: BoundaryLayer) -> pd.Series:
    """
    Name features in a message: by code where it is one, else by feature number.

    A malformed cell may hold anything, even an identity number, and is never shown.
    """
    numbers = ("fitur " + layer.areas.index.astype(str)).to_series(index=layer.areas.index)
    named: pd.Series = layer.areas["code"].astype(object).where(well_formed(layer), numbers)
    return named


def letters(name: str) -> str:
    """Reduce a name to its small letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def as_text(cells: pd.Series) -> pd.Series:
    """
    Turn cells into stripped text; whole numbers lose their ``.0``, empty cells are missing.

    Parameters
    ----------
    cells
        Codes or names as the file types them.

    Returns
    -------
    text
        Same index.

    Examples
    --------
    >>> import pandas as pd
    >>> as_text(pd.Series([1607060001.0, None])).tolist()
    ['1607060001', <NA>]
    """
    if pd.api.types.is_float_dtype(cells):
        whole = cells.notna() & np.isfinite(cells.fillna(0)) & (cells % 1 == 0)
        if whole.sum() == cells.notna().sum():
            cells = cells.astype("Int64")
    text = cells.astype("string").str.strip()
    return text.where(text != "", pd.NA)


def is_of_villages(columns: Iterable[str]) -> bool:
    """Tell whether a layer with these columns may be one of villages: a name or code of one."""
    table = pd.DataFrame(columns=[*columns])
    known = _catalogue()
    wanted = [
        *known["names"]["village"],
        *(one for kind in known["codes"].values() for one in kind),
    ]
    return any(True for _ in _found(table, wanted))


def has_villages(table: pd.DataFrame) -> bool:
    """
    Tell whether any row has a village's code, or a name that is not that of its district.

    RBI lays out districts and regencies in the columns of villages, and names them in NAMOBJ.
    """
    table, known = _by_level(table)["village"], _catalogue()["names"]
    if any(True for _ in _candidates(table, BoundaryColumns())):
        return True
    name, district, regency = (_name(table, known[part]) for part in _NAMES)
    above = district.fillna(regency).fillna("").map(letters)
    return bool((name.notna() & (name.fillna("").map(letters) != above)).any())


def recognise(
    table: gpd.GeoDataFrame, *, path: Path, columns: BoundaryColumns, notes: Iterable[Note] = ()
) -> BoundaryLayer:
    """
    Put a table of polygons under the common column names.

    `table`: Polygons with all their columns.
    `columns`: What the user says of them.
    `notes`: What is known already.
    Raises DataError: A column that the user names is missing, no column is one of villages, or
        codes without dots may be of either system.
    """
    _require_named(table, columns, path)
    columns = _as_written(columns, table.columns)
    parts = _by_level(table)
    table, known = parts["village"], _catalogue()["names"]
    named = {"village": columns.name, "district": columns.district}
    names = {
        part: as_text(table[named[part]]) if named.get(part) else _name(table, known[part])
        for part in _NAMES
    }
    for part in set(_NAMES[1:]) & parts.keys():
        names[part] = names[part].fillna(_around(table, parts[part]))
    areas = gpd.GeoDataFrame(
        {
            "code": pd.Series(pd.NA, index=table.index, dtype="string"),
            "name": names["village"],
            "district_name": names["district"],
            "regency_name": names["regency"],
        },
        geometry=table.geometry,
    )
    found = list(_candidates(pd.DataFrame(table), columns, areas, path.name))
    there = [label for label, *_ in _columns_of_codes(table, columns)]
    best = max(found, key=lambda one: one.usable, default=None)
    told = list(notes)
    if best is not None:
        areas["code"] = best.code
        if best.dotted:
            text = f"{best.dotted} kode Kemendagri tanpa titik diberi titik."
            told.append(Note("codes_dotted", text, best.dotted))
    elif names["village"].isna().all():
        msg = f"{path.name}: the columns are of no known layout ({', '.join(_publishers())})"
        raise DataError(msg, remedy='Name the columns with the keys "code" and "name".')
    elif there:
        text = (
            f"Kolom kode {', '.join(there)} tidak berisi kode desa; desa dikenali dengan nama "
            "kecamatan dan desa."
        )
        told.append(Note("codes_empty", text, len(areas)))
    system = best.system if best else ""
    return BoundaryLayer(areas, _whose(table, columns), system, path.name, notes=tuple(told))


def _require_named(table: gpd.GeoDataFrame, columns: BoundaryColumns, path: Path) -> None:
    cells = pd.DataFrame(table.drop(columns=table.geometry.name))
    require_columns(cells, [columns.code, columns.name, columns.district], path=path)


def _as_written(columns: BoundaryColumns, there: pd.Index) -> BoundaryColumns:
    """Spell the columns that a user names as the file does."""
    folded: dict[str, str] = {}
    for one in there:
        folded.setdefault(fold_header(one), one)
    spelled = {
        key: name if name in there else folded.get(fold_header(name), name)
        for key in ("code", "name", "district")
        if (name := str(getattr(columns, key)))
    }
    return replace(columns, **spelled)


def _catalogue() -> dict[str, dict[str, list[str]]]:
    return own_toml(__package__, "layouts.toml")


def _publishers() -> list[str]:
    return list(_catalogue()["publishers"])


def _whose(table: pd.DataFrame, columns: BoundaryColumns) -> str:
    if columns.code or columns.name:
        return "/".join(one for one in (columns.code, columns.name) if one)
    for name, marks in _catalogue()["publishers"].items():
        if any(True for _ in _found(table, marks)):
            return name
    return UNKNOWN


def _found(table: pd.DataFrame, wanted: Iterable[str]) -> Iterator[str]:
    """Name the columns of the table that are meant, in the order of what is wanted."""
    folded: dict[str, str] = {}
    for column in map(str, table.columns):
        folded.setdefault(letters(column), column)
    cut = {short: column for short, column in folded.items() if len(column) == _CUT_OFF}
    for one in wanted:
        name = letters(one)
        if name in folded:
            yield folded[name]
        else:
            yield from (column for short, column in cut.items() if name.startswith(short))


def _name(table: pd.DataFrame, wanted: Iterable[str]) -> pd.Series:
    """Take the first filled cell of the columns; numbers alone name no place."""
    filled = pd.Series(pd.NA, index=table.index, dtype="string")
    for one in wanted:
        listed, _, place = one.partition(",")
        for column in _found(table, [listed]):
            text = as_text(table[column])
            if place:
                parts = [str(cell).split(",") for cell in text.fillna("")]
                at = int(place)
                text[:] = [part[at].strip() if len(part) > at else pd.NA for part in parts]
            filled = filled.fillna(text.where(text.str.contains(r"[^\W\d_]", regex=True)))
    return filled


def _by_level(table: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Part the rows by the level that a column tells; all are villages where none does."""
    for column, levels in own_toml(__package__, "layouts.toml")["level"].items():
        for there in _found(table, [column]):
            told = as_text(table[there])
            parts = {
                level: table[(told == one).fillna(value=False)] for level, one in levels.items()
            }
            if len(parts["village"]):
                return parts
    return {"village": table}


def _around(villages: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Name the area that each village lies in."""
    named = _name(areas, _catalogue()["names"]["village"])
    drawn = villages.geometry[~(villages.geometry.isna() | villages.geometry.is_empty)]
    inside, around = areas.sindex.query(drawn.representative_point(), predicate="within")
    found = pd.Series(named.iloc[around].to_numpy(), index=drawn.index[inside], dtype="string")
    return found[~found.index.duplicated()].reindex(villages.index)


def _columns_of_codes(
    table: pd.DataFrame, columns: BoundaryColumns
) -> Iterator[tuple[str, pd.Series, str]]:
    """Go through the columns that may hold codes: label, cells, and what the name says."""
    if columns.code:
        yield columns.code, as_text(table[columns.code]), columns.code_system
    for system, wanted in {} if columns.code else _catalogue()["codes"].items():
        told = "" if system == "either" else system
        for column in _found(table, wanted):
            cells = as_text(table[column]).str.replace(r"^ID(?=\d)", "", regex=True, case=False)
            yield column, cells, columns.code_system or told
    parts = {
        level: next(_found(table, wanted), "") for level, wanted in _catalogue()["parts"].items()
    }
    if parts["village"] and parts["district"] and columns.code in ("", parts["village"]):
        label = "+".join(one for one in parts.values() if one)
        for system, widths in _WIDTHS.items():
            if columns.code_system in ("", system):
                yield label, _composed(table, tuple(parts.values()), widths), system


def _composed(table: pd.DataFrame, parts: tuple[str, ...], widths: tuple[int, ...]) -> pd.Series:
    """Put a code together of its parts; zeros that numbers lost are put back."""
    code = pd.Series("", index=table.index, dtype="string")
    for column, width, end in zip(parts, widths, np.cumsum(widths), strict=True):
        if not column:
            code = pd.Series(pd.NA, index=table.index, dtype="string")
            continue
        digits = as_text(table[column]).str.replace(r"\D", "", regex=True).str.zfill(width)
        joined = (code + digits).where(digits.str.len() == width)
        code = digits.where(digits.str.len() == end, joined)
    return code


def _candidates(
    table: pd.DataFrame,
    columns: BoundaryColumns,
    areas: pd.DataFrame | None = None,
    file: str = "",
) -> Iterator[_Codes]:
    """
    Read each column of codes that holds any, in the system that its contents tell.

    `areas`: Names that tell systems apart; None leaves that open.
    """
    for label, cells, told in _columns_of_codes(table, columns):
        read = {
            system: codes.read_codes(cells, code_system=system) for system in codes.CODE_SYSTEMS
        }
        n_usable = {system: int(one.usable.sum()) for system, one in read.items()}
        likely = [
            system
            for system, count in n_usable.items()
            if count and count >= _HALF * max(n_usable.values())
        ]
        if columns.code_system or "+" in label:
            likely = [one for one in likely if one == told]
        if not likely:
            continue
        system = likely[0]
        if areas is not None and min(n_usable.values()):
            seen = _told_by_lists(read, areas)
            if columns.code_system and seen not in (None, system):
                where = f"the codes in column {label}"
                msg = f'{file}: by list and names {where} are of the system "{seen}"'
                raise DataError(msg, remedy="Correct the key `code_system`.")
            if len(likely) > 1:
                system = seen or _told_by_form(read, told) or _ask(file, label)
        reading = read[system]
        usable, dotted = int(reading.usable.sum()), int((reading.undotted & reading.usable).sum())
        yield _Codes(label, reading.code.fillna(cells), system, usable, dotted)


def _ask(file: str, label: str) -> NoReturn:
    msg = f"{file}: codes without dots in column {label} may be of Kemendagri or of BPS"
    remedy = 'Name their system with the key `code_system` ("kemendagri" or "bps").'
    raise DataError(msg, remedy=remedy)


def _told_by_lists(read: Readings, areas: pd.DataFrame) -> codes.CodeSystem | None:
    """Tell whose codes of ten digits these are by official lists and names; None: they do not."""
    known = {system: _agreeing(one.code, areas, system=system) for system, one in read.items()}
    most = max(codes.CODE_SYSTEMS, key=lambda one: known[one][0])
    (agreeing, listed), other = known[most], min(count for count, _ in known.values())
    return most if agreeing and agreeing >= _HALF * listed and agreeing >= 2 * other else None


def _told_by_form(read: Readings, told: str) -> codes.CodeSystem | None:
    """
    Tell whose codes of ten digits these are where no list is at hand.

    `told`: What the name of the column says.
    """
    if told:
        return next(one for one in codes.CODE_SYSTEMS if one == told)
    districts = read["bps"].code.str.slice(0, _DISTRICT_DIGITS).nunique()
    whole = read["kemendagri"].usable.sum() == read["bps"].usable.sum()
    return "kemendagri" if whole and districts >= _FEWEST_DISTRICTS else None


def _agreeing(code: pd.Series, areas: pd.DataFrame, *, system: codes.CodeSystem) -> tuple[int, int]:
    """Count the codes that are listed under the name beside them, and those of listed regencies."""
    told = bare(areas["name"]).fillna("").map(letters).reindex(code.index)
    agreeing = listed = 0
    prefix = code.str.replace(".", "").str.slice(0, _REGENCY_DIGITS)
    for digits, one in told.groupby(prefix):
        regency = f"{str(digits)[:2]}.{str(digits)[2:]}"
        villages = {said: letters(name) for said, name in codes.official_villages(regency).items()}
        listed += len(one) if villages else 0
        if system == "kemendagri":
            pairs = set(villages.items())
            keys = code[one.index]
        else:
            by_bps = {bps: said for said, (bps, _) in codes.districts(regency).items()}
            pairs = {(said[:_DISTRICT], name) for said, name in villages.items()}
            keys = code[one.index].str.slice(0, _BPS_DISTRICT).map(by_bps)
        there = {key for key, _ in pairs}
        agreeing += sum(
            key in there if name == "" else (key, name) in pairs
            for key, name in zip(keys, one, strict=True)
        )
    return agreeing, listed


def bare(names: pd.Series) -> pd.Series:
    """Take the kind of place off names: Desa Mariana is Mariana."""
    return names.str.replace(_KIND, "", regex=True, case=False)
