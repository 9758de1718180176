"""What the intake of a register found, as a report and as notes for the products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.indicators.needs import need_catalogue, needs_of
from sibangkit_geo.sources.intake import rules
from sibangkit_geo.tables.intake import IntakeReport
from sibangkit_geo.tables.numerals import numeral
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from sibangkit_geo.sources.register import Register


def register_report(register: Register, located_rows: int) -> IntakeReport:
    """
    Put the findings of a register that was read into its report.

    `register`: Register after its last batch.
    Returns: Row numbers, columns and rules; never a value.
    """
    able = {need.key for need in needs_of(register.mapped.positions)}
    missing = tuple(need.label for need in need_catalogue() if need.key not in able)
    columns = dict.fromkeys(register.header.names, "")
    columns |= {header: variable for variable, header in register.mapped.names.items()}
    if missing:
        register.gathered.say("item_unavailable", "; ".join(missing))
    return IntakeReport(
        file=register.name,
        rows_in=register.read[0],
        rows_located=located_rows,
        findings=register.gathered.findings(),
        columns=columns,
        unavailable=missing,
    )


def finding_notes(report: IntakeReport) -> tuple[Note, ...]:
    """
    Word each rule once, over all its columns, for the products.

    Returns: In Indonesian; row numbers stay in the report.
    """
    rows: dict[str, set[int]] = {}
    for one in report.findings:
        rows.setdefault(one.kind, set()).update(one.rows)
    notes = []
    for kind, numbers in rows.items():
        rule = rules()[kind]
        if numbers:
            text = f"{rule.title}: {numeral(len(numbers))} baris register. {rule.done}"
        else:
            detail = next(one.detail for one in report.findings if one.kind == kind)
            text = f"{rule.title}: {detail}. {rule.done}"
        notes.append(Note(f"intake_{kind}", text, len(numbers)))
    return tuple(notes)
