"""Look at a file before a study is written: what is recognised, what is missing, what is wrong."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning, SibangkitError
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.toml import build
from sibangkit_geo.products.intake_report import write_intake
from sibangkit_geo.products.places import writing
from sibangkit_geo.products.staging import stated_time
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.sources.columns import Mapped, known_headers, recognise, variables
from sibangkit_geo.sources.intake_rules import rules
from sibangkit_geo.sources.profiles import ProfileSource, read_profiles
from sibangkit_geo.sources.readers import (
    TableSource,
    find_header,
    fold_header,
    open_grid,
    sheet_names,
)
from sibangkit_geo.sources.readers.grid import plain_column
from sibangkit_geo.sources.readers.header import data_rows, shown_names
from sibangkit_geo.study import registers
from sibangkit_geo.study.registers import register_report

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from sibangkit_geo.model.types import Boundaries, IntakeReport

Kind = Literal["households", "members", "profiles", "unknown"]
# a register has answers of the house, a profile has totals of the village
_TOTALS = ("households", "people", "poor_share_percent")
_FEWEST_ANSWERS = 3
_ALIKE = 0.8
KINDS = {
    "households": "register rumah tangga",
    "members": "tabel anggota keluarga, dihitung per nomor KK",
    "profiles": "tabel desa",
    "unknown": "tidak dikenali",
}
_PROFILE_KEYS = ("district_name", "village_name", "longitude", "latitude", "households", "people",
                 "poor_share_percent")  # fmt: skip
_PLACE = "kolom desa (kode desa, atau kecamatan dan nama desa, atau bujur dan lintang)"
_DEFAULT_REGENCY = "16.07"
# of a table that is only tried; what a study asks for
_ANY_YEAR = 2000
_DOTTED = re.compile(r"\d{2}\.\d{2}\.")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class Known:
    """
    What the user says about a file; empty where not said, and then never guessed.

    `regency`: Dotted code; empty takes the one most village codes lie in, else Banyuasin.
    `year`: Year of the data; 0 where not said.
    """

    regency: str = ""
    code_generation: str = ""
    code_system: str = ""
    sheet: str = ""
    year: int = 0


@dataclass(frozen=True, slots=True)
class Inspected:
    """
    What a look at one file found.

    `columns`: Header as people may see it to canonical variable, empty where unknown.
    `names`: Canonical variable to header.
    `others`: Variable to a further column that may be it.
    `known`: What the user said, and what the codes tell.
    `missing`: What a file of no known kind lacks; empty for the others.
    `report`: Findings; None for a village table.
    """

    file: str
    kind: Kind
    columns: dict[str, str]
    names: Mapping[str, str]
    others: tuple[tuple[str, str], ...]
    known: Known
    sheets: tuple[str, ...]
    remarks: tuple[str, ...]
    missing: str
    report: IntakeReport | None


def inspect(path: Path, *, known: Known) -> Inspected:
    """
    Recognise a file's columns and check its rows.

    `known`: What the user says; the code generation and the code system of digits without dots are
        asked for, never guessed.
    Raises MissingFileError: There is no such file.
    Raises ConfigError: There is no such sheet.
    Raises DataError: The file is damaged or empty.
    """
    source = TableSource(path, sheet=known.sheet)
    grid = open_grid(source, named_by="inspect", known=known_headers())
    header = find_header(grid, known=known_headers())
    mapped = recognise(header, named={}, sample=data_rows(grid, header))
    kind = kind_of(mapped.positions)
    known, asked = _settle_codes(source, known, mapped)
    remarks, report, lacks = [*grid.remarks, *asked], None, ""
    if kind == "households" and not is_named(mapped.positions):
        kind, lacks = "unknown", _PLACE
    if kind == "households":
        report, told = _check(source, known)
        remarks += told
        if any(one.kind == "member_row" for one in report.findings):
            kind = "members"
    elif kind == "profiles":
        remarks += _read(source, mapped, known)
    meant = {place: variable for variable, place in mapped.positions.items()}
    columns = {name: meant.get(at, "") for at, name in enumerate(shown_names(header.names))}
    return Inspected(
        file=path.name,
        kind=kind,
        columns=columns,
        names=mapped.names,
        others=_others(columns, set(mapped.positions)),
        known=known,
        sheets=tuple(sheet_names(path)),
        remarks=tuple(remarks),
        missing=lacks or (_missing(mapped.positions) if kind == "unknown" else ""),
        report=report,
    )


def kind_of(found: Collection[str]) -> Kind:
    """
    Tell a register from a village table by the columns that were recognised.

    Returns: ``"unknown"`` when neither houses nor totals are described, or nothing says of which
        village a row is.
    """
    answers = [name for name in found if variables()[name].answers]
    people = [name for name in found if variables()[name].kind in {"identity", "person"}]
    if not is_placed(found):
        return "unknown"
    if set(found) & set(_TOTALS):
        return "profiles"
    if len(answers) >= _FEWEST_ANSWERS or (answers and people):
        return "households"
    return "unknown"


def is_placed(found: Collection[str]) -> bool:
    """Tell whether a row of a table of villages says where it lies."""
    return is_named(found) or {"longitude", "latitude"} <= set(found)


def is_named(found: Collection[str]) -> bool:
    """Tell whether a row names its village; points alone place no register."""
    return "village_code" in found or {"district_name", "village_name"} <= set(found)


def _missing(found: Collection[str]) -> str:
    """Say what a file of no known kind lacks."""
    lacking = []
    if not is_placed(found):
        lacking.append(_PLACE)
    answers = [name for name in found if variables()[name].answers]
    if not set(found) & set(_TOTALS) and len(answers) < _FEWEST_ANSWERS:
        lacking.append(
            "jumlah keluarga atau persen miskin (tabel desa), atau jawaban rumah tangga seperti "
            "desil dan lantai (register)"
        )
    return "; ".join(lacking)


def _others(columns: Mapping[str, str], found: set[str]) -> tuple[tuple[str, str], ...]:
    """Pair columns that were not taken with what they may be: a further name, or nearly one."""
    aliases = {alias: one.name for one in variables().values() for alias in one.names}
    personal = {one.name for one in variables().values() if one.kind in {"identity", "person"}}
    pairs = []
    for name, variable in columns.items():
        near = get_close_matches(fold_header(name), aliases, n=1, cutoff=_ALIKE)
        if not variable and near and aliases[near[0]] not in personal:
            pairs.append((aliases[near[0]], name))
    # first what nothing was found for
    return tuple(sorted(pairs, key=lambda pair: pair[0] in found))


def write_report(inspected: Inspected, folder: Path) -> list[Path]:
    """
    Write the intake report of an inspected register.

    Returns: None for a file that is no register.
    Raises ConfigError: The folder cannot be written.
    """
    if inspected.report is None:
        return []
    with writing(folder):
        return write_intake([inspected.report], folder, created=stated_time())


def text_of(inspected: Inspected) -> str:
    """Word what a look at a file found."""
    lines = [f"{inspected.file}: {KINDS[inspected.kind]}"]
    if len(inspected.sheets) > 1:
        lines.append(f"Lembar: {', '.join(inspected.sheets)}")
    width = max((len(name) for name in inspected.columns), default=0)
    lines += [
        f"  {name:<{min(width, 40)}}  {variable or '-'}"
        for name, variable in inspected.columns.items()
    ]
    if inspected.report:
        report = inspected.report
        lines.append(
            f"{numeral(report.rows_in)} baris, {numeral(report.rows_located)} cocok dengan desa"
        )
        lines += [
            f"  {rules()[one.kind].title}: {numeral(len(one.rows))} baris"
            + (f" (kolom {one.column})" if one.column else "")
            for one in report.findings
            if one.rows
        ]
    # the words of several errors stand on several lines
    told = [" ".join(text.split()) for text in inspected.remarks]
    return "\n".join([*lines, *(f"perhatian: {text}" for text in told)])


def _settle_codes(source: TableSource, known: Known, mapped: Mapped) -> tuple[Known, list[str]]:
    """Read the code system and the regency off the dots, or ask for it."""
    if "village_code" not in mapped:
        return replace(known, regency=known.regency or _DEFAULT_REGENCY), []
    register = open_register(source, generation="", named={}, required=())
    cells = plain_column(register.places()["village_code"].drop_nulls().head(500)).to_list()
    dotted = [cell for cell in cells if "." in cell and not cell.replace(".", "", 1).isdigit()]
    starts = [cell[:5] for cell in dotted if _DOTTED.match(cell)]
    usual = max(set(starts), key=starts.count, default=_DEFAULT_REGENCY)
    known = replace(known, regency=known.regency or usual)
    if known.code_system:
        return known, []
    if len(dotted) * 2 > len(cells):
        return replace(known, code_system="kemendagri"), []
    text = (
        "Kode desa tanpa titik dapat berarti kode BPS atau kode Kemendagri: sebutkan "
        'code_system = "bps" atau "kemendagri" (pilihan --code-system).'
    )
    return known, [text]


def _check(source: TableSource, known: Known) -> tuple[IntakeReport, list[str]]:
    register = open_register(source, generation=known.code_generation, named={}, required=())
    remarks = []
    if not known.code_generation:
        remarks.append(
            "Generasi kode register tidak ditebak: sebutkan code_generation (pilihan "
            "--code-generation) agar kode jawaban diperiksa."
        )
    areas = _areas(known.regency)
    placed = bool(known.code_system) or "village_code" not in register.mapped
    if areas is None or not placed:
        for _ in register.batches():
            pass
        return register_report(register, 0), remarks
    system: codes.CodeSystem = "bps" if known.code_system == "bps" else "kemendagri"
    plan = registers.RegisterPlan(areas, None, system, {})
    try:
        return registers.count_register(register, plan).report, remarks
    except (ConfigError, DataError) as error:
        remarks.append(str(error))
        return register_report(register, 0), remarks


def _read(source: TableSource, mapped: Mapped, known: Known) -> list[str]:
    """Try a village table as a study would, for what is wrong and for what was decided."""
    names = {one: mapped.names[one] for one in _PROFILE_KEYS if one in mapped}
    if "households" not in names:
        return []
    settings: dict[str, object] = {
        "path": str(source.path),
        "sheet": source.sheet,
        "year": known.year or _ANY_YEAR,
        "code": mapped.names.get("village_code", ""),
        "code_system": "bps" if known.code_system == "bps" else "kemendagri",
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegradedInputWarning)
            told = read_profiles(
                build(ProfileSource, settings | names, file=source.path.name)
            ).notes
    except SibangkitError as error:
        return [str(error)]
    return [note.text for note in told if note.key == "numerals"]


def _areas(regency: str) -> Boundaries | None:
    """Take the embedded boundaries, where the regency has any."""
    if not codes.official_villages(regency):
        return None
    default = boundary_source.BoundarySource("default")
    return boundary_source.read_boundaries(default, regency=regency)


def year_in(name: str) -> int:
    """Find the year in the name of a file; 0 where there is none, or several."""
    found = set(_YEAR.findall(name))
    return int(found.pop()) if len(found) == 1 else 0
