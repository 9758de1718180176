"""The intake report ("laporan mutu data"): row numbers, columns and rules, never a value."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.book_writer import SafeWorkbook
from sibangkit_geo.products.staging import write_text
from sibangkit_geo.products.web.html import render_plain
from sibangkit_geo.sources.intake_rules import rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import xlsxwriter

    from sibangkit_geo.model.types import Finding, IntakeReport
    from sibangkit_geo.sources.intake_rules import Rule

NAME = "laporan_mutu_data"
# a sheet has 1,048,576 rows; the rest of a longer list is told by its number
_MOST_ROWS = 1_000_000
_SHEET_NAME = 31
# runs of row numbers on the page; the workbook lists every row
_RUNS_SHOWN = 60
_NOT_TOLD = "nomor baris ada pada keluaran tingkat agency dan internal"
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def write_intake(
    reports: Sequence[IntakeReport], folder: Path, *, created: str, home: str = ""
) -> list[Path]:
    """
    Write the report as a page and as a workbook.

    `folder`: Where both go; made when absent.
    `created`: Time of the run, ISO 8601, for the workbook's properties.
    `home`: File of the front page beside it; empty where it stands alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page, book = folder / f"{NAME}.html", folder / f"{NAME}.xlsx"
    write_text(page, _page(reports, home))
    temporary = book.with_name(f".{book.name}.tmp")
    _workbook(reports, temporary, created=created)
    temporary.replace(book)
    return [page, book]


def _sections(report: IntakeReport) -> list[tuple[Rule, list[Finding]]]:
    by_kind = groupby(report.findings, key=lambda one: one.kind)
    return [(rules()[kind], list(found)) for kind, found in by_kind]


def _rows(found: Sequence[Finding]) -> int:
    """Count the rows of findings; where they are not told, those of the largest, in tens."""
    return len({row for one in found for row in one.rows}) or max(one.about for one in found)


def _summary(report: IntakeReport) -> list[tuple[str, str]]:
    flagged = len({row for one in report.findings for row in one.rows})
    coarse = any(one.about for one in report.findings)
    sheets = [("Lembar", ", ".join(report.sheets))] if report.sheets else []
    return [
        ("Berkas", report.file),
        *sheets,
        ("Baris dibaca", numeral(report.rows_in)),
        ("Baris yang cocok dengan desa dan dihitung", numeral(report.rows_located)),
        ("Baris yang tidak dihitung", numeral(report.rows_in - report.rows_located)),
        *([] if coarse else [("Baris dengan sedikitnya satu temuan", numeral(flagged))]),
        ("Aturan yang menemukan sesuatu", numeral(len(_sections(report)))),
        *[("Cara berkas dibaca", text) for text in report.remarks],
    ]


def _runs(report: IntakeReport, found: Finding) -> list[tuple[str, int, str]]:
    """Shorten the rows of a finding, sheet by sheet: its name, how many rows, their runs."""
    if not report.sheets or not found.rows:
        told = found.detail or row_runs(found.rows) or (_NOT_TOLD if found.about else "")
        return [("", len(found.rows) or found.about, told)]
    places = [report.place(row) for row in found.rows]
    by_sheet = [
        (sheet, [number for _, number in rows])
        for sheet, rows in groupby(places, key=lambda place: place[0])
    ]
    return [(sheet, len(rows), found.detail or row_runs(rows)) for sheet, rows in by_sheet]


# ---- workbook


def _workbook(reports: Sequence[IntakeReport], path: Path, *, created: str) -> None:
    with SafeWorkbook(path) as book:
        book.set_properties(
            {"title": "Laporan mutu data", "created": datetime.fromisoformat(created)}
        )
        style = {
            "head": book.add_format({"bold": True, "bg_color": "#E8EEF2", "border": 1}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        taken: set[str] = set()
        for report in reports:
            _front(book, report, style, taken)
            for rule, found in _sections(report):
                _rule_sheet(book, report, (rule, found), style, taken)


def _sheet(book: xlsxwriter.Workbook, name: str, taken: set[str]) -> xlsxwriter.worksheet.Worksheet:
    plain = " ".join(name.translate(_FORBIDDEN).split())[:_SHEET_NAME].strip() or "Lembar"
    unique, number = plain, 2
    while unique.lower() in taken:
        tail = f" {number}"
        unique, number = plain[: _SHEET_NAME - len(tail)] + tail, number + 1
    taken.add(unique.lower())
    return book.add_worksheet(unique)


def _front(
    book: xlsxwriter.Workbook, report: IntakeReport, style: dict[str, Any], taken: set[str]
) -> None:
    sheet = _sheet(book, "Ringkasan", taken)
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 4, 52, style["wrap"])
    sheet.write_string(0, 0, "Laporan mutu data", style["title"])
    line = 2
    for label, text in _summary(report):
        sheet.write_string(line, 0, label)
        sheet.write_string(line, 1, text)
        line += 1
    line += 1
    for column, text in enumerate(("Temuan", "Baris", "Aturan", "Yang dilakukan", "Keputusan")):
        sheet.write_string(line, column, text, style["head"])
    for rule, found in _sections(report):
        line += 1
        sheet.write_string(line, 0, rule.title)
        sheet.write_number(line, 1, _rows(found))
        for column, text in enumerate((rule.rule, rule.done, rule.decide), 2):
            sheet.write_string(line, column, text, style["wrap"])
    line += 2
    for column, text in enumerate(("Kolom berkas", "Dikenali sebagai")):
        sheet.write_string(line, column, text, style["head"])
    for header, variable in report.columns.items():
        line += 1
        sheet.write_string(line, 0, header)
        sheet.write_string(line, 1, variable or "-")


def _rule_sheet(
    book: xlsxwriter.Workbook,
    report: IntakeReport,
    section: tuple[Rule, list[Finding]],
    style: dict[str, Any],
    taken: set[str],
) -> None:
    rule, found = section
    sheet = _sheet(book, rule.title, taken)
    # a workbook of one sheet needs no column for it
    beside = 1 if report.sheets else 0
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, beside + 1, 34)
    sheet.set_column(beside + 2, beside + 2, 80)
    sheet.write_string(0, 0, rule.title, style["title"])
    for line, (label, text) in enumerate(
        (("Aturan", rule.rule), ("Dilakukan", rule.done), ("Keputusan", rule.decide)), 1
    ):
        sheet.write_string(line, 0, label, style["head"])
        sheet.write_string(line, 1, text)
    titles = ("Nomor baris", *["Lembar"][:beside], "Kolom", "Keterangan")
    for column, text in enumerate(titles):
        sheet.write_string(5, column, text, style["head"])
    sheet.freeze_panes(6, 0)
    line = 6
    for one in found:
        for row in one.rows[: _MOST_ROWS - line] or ((None,) if one.detail or one.about else ()):
            title, number = ("", None) if row is None else report.place(row)
            if number is not None:
                sheet.write_number(line, 0, number)
            if beside:
                sheet.write_string(line, 1, title)
            sheet.write_string(line, beside + 1, one.column)
            told = f"sekitar {numeral(one.about)} baris; {_NOT_TOLD}" if one.about else ""
            sheet.write_string(line, beside + 2, one.detail or told)
            line += 1


# ---- page


def _page(reports: Sequence[IntakeReport], home: str) -> str:
    values = {
        "title": "Laporan mutu data",
        "home": home,
        "reports": [(one, _summary(one), _sections(one)) for one in reports],
        "row_count": _rows,
        "runs": _runs,
    }
    return render_plain("intake", values, style="intake.css")


def row_runs(rows: Sequence[int]) -> str:
    """
    Shorten a list of row numbers to runs.

    Parameters
    ----------
    rows
        Ascending row numbers.

    Returns
    -------
    text
        Such as ``3–5, 9``; long lists end with how many runs are left out.

    Examples
    --------
    >>> row_runs([3, 4, 5, 9])
    '3–5, 9'
    """
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    shown = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    left = len(shown) - _RUNS_SHOWN
    more = f" … dan {numeral(left)} rentang lagi (lihat buku kerja)" if left > 0 else ""
    return ", ".join(shown[:_RUNS_SHOWN]) + more
