"""Look at a file before a study is written: what is recognised, what to paste, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, MissingFileError, SibangkitError
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.intake_report import write_intake
from sibangkit_geo.products.staging import stated_time, write_text
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.sources.columns import known_headers, recognise, variables
from sibangkit_geo.sources.intake_rules import rules
from sibangkit_geo.sources.readers import TableSource, find_header, open_grid, sheet_names
from sibangkit_geo.sources.readers.grid import plain_column
from sibangkit_geo.study import registers
from sibangkit_geo.study.registers import register_report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo.model.types import Boundaries, IntakeReport

Kind = Literal["households", "profiles", "unknown"]
# a register has answers of the house, a profile has totals of the village
_TOTALS = ("households", "people", "poor_share_percent")
_FEWEST_ANSWERS = 3
_KINDS = {
    "households": "register rumah tangga",
    "profiles": "tabel desa",
    "unknown": "tidak dikenali",
}

_HOUSEHOLD_KEYS = ("village_code", "district_name", "village_name", "size", "longitude",
                   "latitude", "photo")  # fmt: skip
_ASK_GENERATION = "ISI: bdt2015, regsosek2022, dtsen2025, p3ke atau bkkbn"
_ASK_SYSTEM = "ISI: kemendagri atau bps"
_ASK_SOURCE = '# source = "..."  # sumber data pada peta; tanpa baris ini nama berkasnya'

NAME = "study.toml"
_TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet"})
_LAYERS = frozenset({".geojson", ".gpkg", ".shp", ".zip", ".fgb"})


@dataclass(frozen=True, slots=True)
class Known:
    """
    What the user says about a file; empty where not said, and then never guessed.

    `regency`: Dotted code.
    `year`: Year of the data; 0 where not said.
    """

    regency: str = "16.07"
    code_generation: str = ""
    code_system: str = ""
    sheet: str = ""
    year: int = 0


@dataclass(frozen=True, slots=True)
class Inspected:
    """
    What a look at one file found.

    `columns`: Header to canonical variable, empty where unknown.
    `report`: Findings; None for a village table.
    """

    file: str
    kind: Kind
    columns: dict[str, str]
    sheets: tuple[str, ...]
    block: str
    remarks: tuple[str, ...]
    report: IntakeReport | None


def inspect(path: Path, *, known: Known) -> Inspected:
    """
    Recognise a file's columns, propose its block and check its rows.

    `known`: What the user says; the code generation and the code system of digits without dots are
        asked for, never guessed.
    Raises MissingFileError: There is no such file.
    Raises ConfigError: There is no such sheet.
    Raises DataError: The file is damaged or empty.
    """
    source = TableSource(path, sheet=known.sheet)
    grid = open_grid(source, named_by="inspect", known=known_headers())
    header = find_header(grid, known=known_headers())
    mapped = recognise(header, named={})
    kind = kind_of(mapped.positions)
    columns = dict.fromkeys(header.names, "")
    columns |= {name: variable for variable, name in mapped.names.items()}
    known, asked = _settle_codes(source, known, "village_code" in mapped)
    remarks = [*grid.remarks, *asked]
    report = None
    if kind == "households":
        report, told = _check(source, known)
        remarks += told
    return Inspected(
        file=path.name,
        kind=kind,
        columns=columns,
        sheets=tuple(sheet_names(path)),
        block=block_of(kind, path.name, mapped.names, known),
        remarks=tuple(remarks),
        report=report,
    )


def kind_of(found: object) -> Kind:
    """
    Tell a register from a village table by the columns that were recognised.

    Returns: ``"unknown"`` when neither houses nor totals are described.
    Raises TypeError: `found` is no collection of names.
    """
    names = set(found)  # type: ignore[call-overload]
    answers = [name for name in names if variables()[name].answers]
    people = [name for name in names if variables()[name].kind == "identity"]
    if names & set(_TOTALS):
        return "profiles"
    if len(answers) >= _FEWEST_ANSWERS or (answers and people):
        return "households"
    return "unknown"


def write_report(inspected: Inspected, folder: Path) -> list[Path]:
    """
    Write the intake report of an inspected register.

    Returns: None for a file that is no register.
    """
    if inspected.report is None:
        return []
    return write_intake([inspected.report], folder, created=stated_time())


def text_of(inspected: Inspected) -> str:
    """Word what a look at a file found."""
    lines = [f"{inspected.file}: {_KINDS[inspected.kind]}"]
    if len(inspected.sheets) > 1:
        lines.append(f"Lembar: {', '.join(inspected.sheets)}")
    width = max((len(name) for name in inspected.columns), default=0)
    lines += [
        f"  {name:<{min(width, 40)}}  {variable or '-'}"
        for name, variable in inspected.columns.items()
    ]
    if inspected.report:
        report = inspected.report
        lines.append(f"{numeral(report.rows_in)} baris, {numeral(report.rows_located)} berdesa")
        lines += [
            f"  {rules()[one.kind].title}: {numeral(len(one.rows))} baris"
            + (f" (kolom {one.column})" if one.column else "")
            for one in report.findings
            if one.rows
        ]
    return "\n".join([*lines, *(f"perhatian: {text}" for text in inspected.remarks)])


def _settle_codes(source: TableSource, known: Known, has_codes: bool) -> tuple[Known, list[str]]:  # noqa: FBT001 - private
    """Read the code system off the dots, or ask for it."""
    if known.code_system or not has_codes:
        return known, []
    register = open_register(source, generation="", named={}, required=())
    cells = plain_column(register.places()["village_code"].drop_nulls().head(500)).to_list()
    dotted = [cell for cell in cells if "." in cell and not cell.replace(".", "", 1).isdigit()]
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
    if areas is None or not known.code_system:
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


def _areas(regency: str) -> Boundaries | None:
    """Take the embedded boundaries, where the regency has any."""
    if not codes.official_villages(regency):
        return None
    default = boundary_source.BoundarySource("default")
    return boundary_source.read_boundaries(default, regency=regency)


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


def block_of(kind: str, file: str, names: Mapping[str, str], known: Known) -> str:
    """
    Write the block of one file.

    `kind`: ``"households"``, ``"profiles"`` or ``"unknown"``.
    Returns: TOML; keys that only the user knows say ``ISI`` and are refused until filled.
    """
    if kind == "households":
        return _households(file, names, known)
    return _profiles(file, names, known) if kind == "profiles" else ""


def _line(key: str, value: str, ask: str = "") -> str:
    return f"{key} = {toml_text(value)}" if value or not ask else f'{key} = "{ask}"'


def _common(file: str, known: Known) -> list[str]:
    lines = [_line("path", file)]
    if known.sheet:
        lines.append(_line("sheet", known.sheet))
    year = str(known.year) if known.year else "0  # ISI: tahun data"
    return [*lines, f"year = {year}"]


def _households(file: str, names: Mapping[str, str], known: Known) -> str:
    lines = ["[[households]]", *_common(file, known)]
    lines.append(_line("code_generation", known.code_generation, _ASK_GENERATION))
    lines.append(_line("code_system", known.code_system, _ASK_SYSTEM))
    lines += [_line(key, names[key]) for key in _HOUSEHOLD_KEYS if key in names]
    lines.append(_ASK_SOURCE)
    return "\n".join(lines) + "\n"


def _profiles(file: str, names: Mapping[str, str], known: Known) -> str:
    lines = ["[[profiles]]", *_common(file, known)]
    lines.append(_line("code", names.get("village_code", ""), "ISI: kolom kode desa"))
    lines.append(_line("code_system", known.code_system, _ASK_SYSTEM))
    lines.append(_line("households", names.get("households", ""), "ISI: kolom jumlah keluarga"))
    lines += [
        _line(key, names[key])
        for key in ("district_name", "village_name", "people", "poor_share_percent")
        if key in names
    ]
    lines.append(_ASK_SOURCE)
    return "\n".join(lines) + "\n"


def study_of(title: str, known: Known, parts: list[str], *, boundaries: str) -> str:
    """
    Write a whole study file.

    `boundaries`: File of polygons; empty takes the embedded default.
    """
    year = str(known.year) if known.year else "0  # ISI: tahun studi"
    lines = [
        "# Berkas studi. Isi setiap tulisan ISI, lalu: sibangkit run study.toml --out hasil",
        "[study]",
        _line("title", title),
        _line("regency", known.regency),
        f"year = {year}",
        'language = "id"',
        "seed = 1607",
        "",
        "[boundaries]",
        _line("villages", boundaries or "default"),
        "",
        *("\n" + part for part in parts),
    ]
    if any(part.startswith("[[households]]") for part in parts):
        lines += [
            "[poverty]",
            'rule = "decile"',
            "decile_max = 0  # ISI: desil terakhir yang dihitung miskin (1 sampai 10)",
            "",
        ]
    lines += [
        "[join]",
        'review = "study.review.csv"',
        "",
        "[pockets]",
        "alpha = 0.05",
        "replicates = 999",
        "",
        "[disclosure]",
        'level = "agency"  # public, partner, agency, internal',
        "minimum_households = 5",
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Begun:
    """A study file that was begun."""

    path: Path
    used: dict[str, str]
    remarks: tuple[str, ...]


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
    regency = codes.require_regency(known.regency)
    used: dict[str, str] = {}
    parts: list[str] = []
    remarks: list[str] = []
    polygons = ""
    for file in sorted(one for one in folder.iterdir() if one.is_file()):
        suffix = file.suffix.lower()
        if suffix in _LAYERS and not polygons and _has_villages(file):
            polygons, used[file.name] = file.name, "boundaries"
        elif suffix in _TABLES:
            part, kind, told = _block(file, known)
            used[file.name] = kind
            parts += [part] if part else []
            remarks += told
    if not parts:
        msg = f"{folder.name}: no register and no village table is recognised in this folder"
        raise DataError(msg, remedy="Look at one file with `sibangkit inspect FILE`.")
    text = study_of(title or f"Kantong kemiskinan {regency}", known, parts, boundaries=polygons)
    write_text(path, text)
    return Begun(path, used, tuple(remarks))


def _has_villages(path: Path) -> bool:
    try:
        areas = boundary_source.read_layout(path, strict=False).areas
    except SibangkitError:
        return False
    return bool(areas.geom_type.isin(["Polygon", "MultiPolygon"]).any())


def _block(path: Path, known: Known) -> tuple[str, str, list[str]]:
    try:
        found = inspect(path, known=replace(known, sheet=""))
    except SibangkitError as error:
        return "", "unreadable", [str(error)]
    return found.block, found.kind, [f"{path.name}: {text}" for text in found.remarks]
