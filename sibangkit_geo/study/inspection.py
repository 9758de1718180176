"""Look at a file before a study is written: what is recognised, what to paste, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.outputs.intake import write_intake
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.sources.columns import known_headers, recognise, variables
from sibangkit_geo.sources.intake import rules
from sibangkit_geo.sources.opening import open_register
from sibangkit_geo.sources.readers import TableSource, find_header, open_grid, sheet_names
from sibangkit_geo.study import blocks, registers
from sibangkit_geo.study.reporting import register_report
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.tables.intake import IntakeReport
    from sibangkit_geo.tables.public import Boundaries

Kind = Literal["households", "profiles", "unknown"]
# a register has answers of the house, a profile has totals of the village
_TOTALS = ("households", "people", "poor_share_percent")
_FEWEST_ANSWERS = 3
_KINDS = {
    "households": "register rumah tangga",
    "profiles": "tabel desa",
    "unknown": "tidak dikenali",
}


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
    known, remarks = _settle_codes(source, known, "village_code" in mapped)
    report = None
    if kind == "households":
        report, told = _check(source, known)
        remarks += told
    return Inspected(
        file=path.name,
        kind=kind,
        columns=columns,
        sheets=tuple(sheet_names(path)),
        block=blocks.block_of(kind, path.name, mapped.names, known),
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
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return write_intake([inspected.report], folder, created=now)


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
    cells = register.places()["village_code"].drop_nulls().head(500).to_list()
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
    return boundary_source.read_boundaries(
        default, folder=boundary_source.embedded_polygons().parent, regency=regency
    )
