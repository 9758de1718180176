"""Begin a study file from a folder of files: what is recognised stands, what is not is asked."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sibangkit_geo import codes
from sibangkit_geo.errors import (
    ConfigError,
    DataError,
    DegradedInputWarning,
    MissingFileError,
    SibangkitError,
)
from sibangkit_geo.model.toml import build
from sibangkit_geo.products.staging import write_text
from sibangkit_geo.sources import boundaries
from sibangkit_geo.sources.profiles import TableCodes  # noqa: TC001 - the type of a constant
from sibangkit_geo.study.begin import Inspected, Known, inspect, year_in
from sibangkit_geo.study.village_finder import village_finder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.indicators.benchmarks import OfficialFigures

NAME = "study.toml"
_TABLES = frozenset(
    {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet", ".html"}
)
_LAYERS = frozenset({".geojson", ".json", ".gpkg", ".shp", ".zip", ".fgb", ".kml", ".kmz", ".gdb"})
_ASK_GENERATION = "ISI: bdt2015, regsosek2022, dtsen2025, p3ke atau bkkbn"
_ASK_SYSTEM = "ISI: kemendagri atau bps"
_ASK_SOURCE = '# source = "..."  # sumber data pada peta; tanpa baris ini nama berkasnya'
_HOUSEHOLD_KEYS = ("village_code", "district_name", "village_name", "size", "longitude",
                   "latitude", "photo")  # fmt: skip
_PROFILE_KEYS = ("district_name", "village_name", "longitude", "latitude", "households", "people",
                 "poor_share_percent")  # fmt: skip
_LISTED = 12
_SYSTEMS: dict[str, TableCodes] = {"bps": "bps", "kemendagri": "kemendagri"}
# keys that a map may lack, as its error names them
_ASK_OF_MAPS = {"code_system": _ASK_SYSTEM, "crs": "ISI: EPSG:32748 atau lainnya"}


@dataclass(frozen=True, slots=True)
class Begun:
    """A study file that was begun."""

    path: Path
    used: dict[str, str]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What stands in a folder.

    `tables`: Tables that could be read, also those of no known kind.
    `unreadable`: File to what is wrong with it.
    """

    tables: tuple[Inspected, ...]
    unreadable: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Maps:
    """
    Which map of the folder is used.

    `lines`: Of the table ``[boundaries]``.
    `used`: File to ``"boundaries"`` or ``"not used"``.
    `asked`: Keys that the study still asks for.
    """

    lines: tuple[str, ...]
    used: Mapping[str, str]
    remarks: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """Keys that only the user knows."""
        return tuple(key for key in _ASK_OF_MAPS if any(f'{key} = "ISI' in x for x in self.lines))


@dataclass(frozen=True, slots=True)
class Wishes:
    """
    What the study asks of the user beside its files; what is left out is written as ``ISI``.

    `decile_max`, `line_rp_month`: Who counts as poor, by what the register tells.
    `official`: Published figure; None leaves it open.
    `level`: Who may see the products.
    """

    title: str = ""
    decile_max: int = 0
    line_rp_month: float = 0.0
    official: OfficialFigures | None = None
    level: str = "agency"


def new_study(folder: Path, *, known: Known, title: str = "") -> Begun:
    """
    Write ``study.toml`` from the files of a folder.

    `known`: What the user says; the rest is asked in the file, never guessed.
    `title`: Title of the products; empty names the regency.
    Raises MissingFileError: There is no such folder.
    Raises ConfigError: A study file is there already, or the regency is unknown.
    Raises DataError: No file of the folder can be used.
    """
    if not folder.is_dir():
        raise MissingFileError(folder, named_by="folder of a new study")
    path = folder / NAME
    if path.exists():
        msg = f"{path}: a study file is there already; move it away to begin anew."
        raise ConfigError(msg)
    seen = look(folder, known)
    tables = [one for one in seen.tables if one.kind != "unknown"]
    remarks = remarks_of(seen)
    if not tables:
        msg = f"{folder.name}: no register and no village table is recognised in this folder"
        why = "; ".join(remarks)
        remedy = "Look at one file with `sibangkit inspect FILE`."
        raise DataError(msg, remedy=f"{remedy} {why}".strip())
    here = replace(known, regency=known.regency or tables[0].known.regency)
    codes.require_regency(here.regency)
    maps = maps_of(folder, here)
    used = {one.file: str(one.kind) for one in seen.tables} | dict.fromkeys(
        seen.unreadable, "unreadable"
    )
    remarks += maps.remarks
    told = write_study(path, tables, maps, known=here, wishes=Wishes(title))
    return Begun(path, dict(sorted(used.items())) | dict(maps.used), (*remarks, *told))


def look(folder: Path, known: Known) -> Seen:
    """Inspect every table of a folder."""
    tables: list[Inspected] = []
    unreadable: dict[str, str] = {}
    for file in sorted(one for one in folder.iterdir() if _is_table(one)):
        try:
            tables.append(inspect(file, known=replace(known, sheet="")))
        except SibangkitError as error:
            unreadable[file.name] = str(error)
    return Seen(tuple(tables), unreadable)


def remarks_of(seen: Seen) -> list[str]:
    """Tell what is remarkable about tables, file by file."""
    remarks = dict(seen.unreadable)
    told = {one.file: one for one in seen.tables}
    lines: list[str] = []
    for file in sorted({*remarks, *told}):
        if file in remarks:
            lines.append(remarks[file])
            continue
        one = told[file]
        lines += [f"{file}: {text.removeprefix(f'{file}: ')}" for text in one.remarks]
        if one.kind == "unknown":
            lines.append(f"{file}: tidak dikenali, tidak ada {one.missing}")
    return lines


def write_study(
    path: Path, tables: Sequence[Inspected], maps: Maps, *, known: Known, wishes: Wishes
) -> list[str]:
    """
    Write a study file of tables and a map.

    Returns: What was left out, and why.
    """
    blocks, told = blocks_of(tables)
    title = wishes.title or f"Kantong kemiskinan {codes.require_regency(known.regency)}"
    write_text(path, _study(replace(wishes, title=title), known, tables, blocks, maps.lines))
    return told


def is_map(file: Path) -> bool:
    """Tell whether a file, or the folder of a geodatabase, may hold polygons."""
    return file.suffix.lower() in _LAYERS and not file.name.startswith(".")


def maps_of(
    folder: Path,
    known: Known,
    *,
    named: Mapping[str, Mapping[str, str]] | None = None,
    unused: Collection[str] = (),
) -> Maps:
    """
    Take the map of most villages of the regency; say why the others are not used.

    `named`: File to what the user says of it, by the keys of ``[boundaries]``.
    `unused`: Files that the user does not want.
    """
    best, most = "", 0
    refused: dict[str, str] = {}
    used: dict[str, str] = {}
    remarks: list[str] = []
    for file in sorted(one for one in folder.iterdir() if is_map(one)):
        if file.name in unused:
            used[file.name] = "not used"
            continue
        try:
            n_villages = _villages_of(file, known, (named or {}).get(file.name, {}))
        except SibangkitError as error:
            refused[file.name] = str(error)
            continue
        used[file.name] = "boundaries"
        if n_villages <= most:
            remarks.append(f"batas {file.name} tidak dipakai: {best} memuat lebih banyak desa")
            used[file.name] = "not used"
            continue
        if best:
            used[best] = "not used"
            remarks.append(f"batas {best} tidak dipakai: {file.name} memuat lebih banyak desa")
        best, most = file.name, n_villages
    lines = _lines_of_polygons(best, refused, known.regency, used, remarks)
    told = _told_of_map(known, (named or {}).get(best, {})) if best else {}
    lines += [_line(key, value) for key, value in told.items()]
    return Maps(tuple(lines), used, tuple(remarks))


def _told_of_map(known: Known, named: Mapping[str, str]) -> dict[str, str]:
    system = _SYSTEMS.get(known.code_system, "")
    return dict(named) | ({"code_system": system} if system else {})


def _villages_of(file: Path, known: Known, named: Mapping[str, str]) -> int:
    """Count the villages of a map in the regency."""
    settings = {"villages": str(file)} | _told_of_map(known, named)
    source = build(boundaries.BoundarySource, settings, file=file.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        areas = boundaries.read_boundaries(
            source, regency=known.regency, locate=village_finder(known.regency)
        )
    return len(areas.villages)


def _lines_of_polygons(
    best: str, refused: Mapping[str, str], regency: str, used: dict[str, str], remarks: list[str]
) -> list[str]:
    """Write which map is used, and ask for what a map needs that could not be read without it."""
    asked = {
        name: [f'{key} = "{ask}"' for key, ask in _ASK_OF_MAPS.items() if key in told]
        for name, told in refused.items()
    }
    one = next((name for name, lines in asked.items() if lines), "") if not best else ""
    for name, told in refused.items():
        used.setdefault(name, "boundaries" if name == one else "not used")
        ending = "isi baris ISI pada [boundaries]" if name == one else "tidak dipakai"
        remarks.append(f"batas {name} {ending}: {told.removeprefix(f'{name}: ')}")
    if best or one:
        return [_line("villages", best or one), *asked.get(one, [])]
    if codes.official_villages(regency):
        remarks.append('batas desa memakai pendekatan tertanam (villages = "default")')
        return ['villages = "default"']
    return ['villages = "ISI: berkas batas desa kabupaten ini"']


def blocks_of(tables: Iterable[Inspected]) -> tuple[list[str], list[str]]:
    """
    Write the blocks of all tables: one register is the study's, older ones are earlier years.

    Returns: Blocks of TOML.
    Returns: What was left out, and why.
    """
    tables = list(tables)
    remarks = []
    registers = [one for one in tables if one.kind == "households"]
    members = [one for one in tables if one.kind == "members"]
    if registers and members:
        remarks += [
            f"{one.file}: tabel anggota tidak dipakai, karena ada register keluarganya"
            for one in members
        ]
    else:
        registers += members
    registers.sort(key=lambda one: (year_of(one), one.file))
    # of two tables with the same numbers the first counts: the newest
    profiles = [one for one in tables if one.kind == "profiles"]
    blocks = [block_of(one) for one in sorted(profiles, key=year_of, reverse=True)]
    years = [year_of(one) for one in registers]
    for one, year in zip(registers, years, strict=True):
        latest = one is registers[-1]
        block = block_of(one, name="households" if latest else "earlier", year=year)
        if years.count(year) > 1 and not latest:
            remarks.append(
                f"{one.file}: register lain dengan tahun yang sama ({year or 'tidak disebut'}) "
                "ditulis sebagai catatan. Bila bagian dari satu register (per kecamatan), "
                "gabungkan dulu menjadi satu berkas; bila tahun lain, isi tahunnya"
            )
            block = "".join(f"# {line}\n" for line in block.splitlines())
        blocks.append(block)
    return blocks, remarks


def year_of(table: Inspected) -> int:
    """Tell the year of a table: as its file is called, else as the user says; 0 for neither."""
    return year_in(table.file) or table.known.year


def block_of(table: Inspected, *, name: str = "", year: int | None = None) -> str:
    """
    Write the block of one file.

    Returns: TOML; keys that only the user knows say ``ISI`` and are refused until filled.
    """
    known, names = table.known, table.names
    kind = name or ("profiles" if table.kind == "profiles" else "households")
    told = year_of(table) if year is None else year
    lines = [f"[[{kind}]]", _line("path", table.file)]
    if known.sheet:
        lines.append(_line("sheet", known.sheet))
    lines.append(f"year = {told or '0  # ISI: tahun data'}")
    if kind == "profiles":
        if "village_code" in names:
            lines.append(_line("code", names["village_code"]))
            lines.append(_line("code_system", known.code_system, _ASK_SYSTEM))
        lines += [_line(key, names[key]) for key in _PROFILE_KEYS if key in names]
        if "households" not in names:
            lines.append(_line("households", "", "ISI: kolom jumlah keluarga"))
    else:
        lines.append(_line("code_generation", known.code_generation, _ASK_GENERATION))
        system = known.code_system if "village_code" in names else "kemendagri"
        lines.append(_line("code_system", system, _ASK_SYSTEM))
        lines += [_line(key, names[key]) for key in _HOUSEHOLD_KEYS if key in names]
        lines += [_line(f"columns.{key}", names[key]) for key in _named_by_hand(table)]
    return "\n".join([*lines, _ASK_SOURCE, *_comments(table, kind)]) + "\n"


def _named_by_hand(table: Inspected) -> list[str]:
    """List what the catalogue would not find by itself."""
    found = {*table.columns.values(), *_HOUSEHOLD_KEYS}
    return [one for one in table.names if one not in found]


def _comments(table: Inspected, kind: str) -> list[str]:
    """Offer columns that may be something, and list those that nothing is known of."""
    lines = []
    for variable, header in table.others:
        own = variable in (_PROFILE_KEYS if kind == "profiles" else _HOUSEHOLD_KEYS)
        key = variable if own else f"columns.{variable}"
        if own or kind != "profiles":
            lines.append(f"# {key} = {toml_text(header)}  # mungkin juga kolom ini")
    offered = {header for _, header in table.others}
    rest = [toml_text(name) for name, variable in table.columns.items()
            if not variable and name not in offered]  # fmt: skip
    if rest:
        more = f" dan {len(rest) - _LISTED} lagi" if len(rest) > _LISTED else ""
        lines.append(f"# tidak dikenali: {', '.join(rest[:_LISTED])}{more}")
    return lines


def _is_table(file: Path) -> bool:
    """Tell a table from other files: Excel keeps a lock (~$name.xlsx) beside an open workbook."""
    return file.suffix.lower() in _TABLES and not file.name.startswith((".", "~$"))


def toml_text(text: str) -> str:
    r"""
    Quote a text for TOML.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    quoted
        Basic string.

    Examples
    --------
    >>> toml_text('a "b"')
    '"a \\"b\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _line(key: str, value: str, ask: str = "") -> str:
    return f"{key} = {toml_text(value)}" if value or not ask else f'{key} = "{ask}"'


def _study(
    wishes: Wishes,
    known: Known,
    tables: Sequence[Inspected],
    blocks: list[str],
    polygons: Iterable[str],
) -> str:
    """Write a whole study file; `polygons`: lines of the table of boundaries."""
    year = known.year or max(map(year_of, tables))
    lines = [
        "# Berkas studi. Isi setiap tulisan ISI, lalu: sibangkit run study.toml --out hasil",
        "[study]",
        _line("title", wishes.title),
        _line("regency", known.regency),
        f"year = {year or '0  # ISI: tahun studi'}",
        'language = "id"',
        "seed = 1607",
        "",
        "[boundaries]",
        *polygons,
        "",
        *("\n" + block for block in blocks),
    ]
    if register := register_of(tables):
        lines += _poverty(register, wishes)
    lines += [
        *_official(wishes.official),
        "[join]",
        'review = "study.review.csv"',
        "",
        "[pockets]",
        "alpha = 0.05",
        "replicates = 999",
        "",
        "[disclosure]",
        f'level = "{wishes.level}"  # public, partner, agency, internal',
        "minimum_households = 5",
    ]
    return "\n".join(lines) + "\n"


def register_of(tables: Iterable[Inspected]) -> Inspected | None:
    """Take the first register."""
    return next((one for one in tables if one.kind in {"households", "members"}), None)


def by_spending(register: Inspected) -> bool:
    """Tell whether who is poor is told by spending, as no decile stands in a register."""
    return "spending" in register.names and "decile" not in register.names


def _poverty(register: Inspected, wishes: Wishes) -> list[str]:
    """Say who counts as poor, by what the register tells; ask where that is not said."""
    if not by_spending(register):
        asked = "0  # ISI: desil terakhir yang dihitung miskin (1 sampai 10)"
        return [
            "[poverty]",
            'rule = "decile"',
            f"decile_max = {wishes.decile_max or asked}",
            "",
        ]
    asked = "0  # ISI: garis kemiskinan, rupiah per orang per bulan"
    return [
        "[poverty]",
        'rule = "spending"',
        f"line_rp_month = {wishes.line_rp_month or asked}",
        _line("spending", register.names["spending"]),
        "",
    ]


def _official(figures: OfficialFigures | None) -> list[str]:
    if figures is None:
        return []
    return [
        "[official]",
        f"year = {figures.year}",
        f"rate_percent = {figures.rate_percent}",
        f"poor_people = {figures.poor_people}",
        _line("source", figures.source),
        _line("benchmark", figures.benchmark),
        "",
    ]
