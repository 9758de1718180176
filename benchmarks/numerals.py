"""
Village tables of random numbers, written in every way that offices write them, and read back.

Each table has counts, per cents, an index and rupiah, in one convention (Indonesian or English
marks, spaces or nothing between thousands), as a CSV, or as an XLSX, XLS or ODS of texts, of
numbers with formats, or of both, with cells that are empty or marked "no data". A number that is
read as another one is a silent difference: there must be none. A table may be refused only where
one of its columns has two readings, which the writer knows (`is_open`).

    python benchmarks/numerals.py [--tables 2000]
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import tempfile
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape  # nosec B406 # it writes, and reads no XML

import numpy as np
import pandas as pd
import xlsxwriter
import xlwt

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.profiles import IndicatorSource, ProfileSource, read_profiles

if TYPE_CHECKING:
    from typing import TypeAlias

    from sibangkit_geo.model.types import Unit

    # text of each cell, None where it is stored as the number beside it
    Rows: TypeAlias = list[list[tuple[str | None, float]]]

FORMATS = ("csv", "xlsx", "xls", "ods")
#: cell that says nothing, and what is read of it
BLANKS = {"": math.nan, "...": math.nan, "NA": math.nan, "n/a": math.nan, "-": 0.0}
_TWO_READINGS = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True)
class Convention:
    """Decimal mark and mark between thousands of a file; empty for none."""

    decimal: str
    thousands: str


CONVENTIONS = (
    Convention(",", "."), Convention(".", ","), Convention(",", " "), Convention(".", "\u00a0"),
    Convention(",", ""), Convention(".", ""),
)  # fmt: skip


@dataclass
class Column:
    """
    One column: what it means, what stands in the file, and what must be read.

    `kind`: ``count``, ``percent`` or ``index``.
    `texts`: Cells as text; None where the cell is stored as a number.
    `numbers`: What is meant, per cents as they are told; NaN for nothing.
    """

    name: str
    kind: str
    texts: list[str | None] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)


@dataclass
class Table:
    """A whole table as it is written."""

    codes: list[str]
    columns: list[Column]
    form: str
    convention: Convention


def written(value: float, decimals: int, how: Convention, *, strip: bool) -> str:
    """Write a number in a convention; `strip` leaves out the zeros behind the decimal mark."""
    text = f"{value:,.{decimals}f}"
    whole, _, part = text.partition(".")
    part = part.rstrip("0") if strip else part
    return whole.replace(",", how.thousands) + (how.decimal + part if part else "")


def draw(rng: np.random.Generator) -> Table:
    """Draw a table and how it is written."""
    number = int(rng.integers(3, 26))
    how = CONVENTIONS[rng.integers(len(CONVENTIONS))]
    form = FORMATS[rng.integers(len(FORMATS))]
    homes = rng.lognormal(6.3, 0.8, number).round().clip(20, 9000)
    plans = (
        ("KK", "count", homes, 0, 0.0),
        ("Jiwa", "count", (homes * rng.uniform(2.5, 5, number)).round(), 0, 0.0),
        ("Miskin", "percent", rng.uniform(1.5, 60, number), int(rng.integers(0, 4)), 0.1),
        ("Sekolah", "count", rng.integers(0, 30, number).astype(float), 0, 0.1),
        ("Rasio", "index", rng.gamma(2, 20, number), int(rng.integers(0, 4)), 0.1),
        (
            "Belanja",
            "index",
            rng.uniform(3e5, 3e6, number).round(),
            int(rng.integers(0, 2)) * 2,
            0.1,
        ),
    )
    strip, typed = bool(rng.random() < 0.5), 0.0 if form == "csv" else rng.choice([0.0, 0.5, 1.0])
    sign = ["", " %", "%"][rng.integers(3)] if rng.random() < 0.5 else ""
    columns = []
    for name, kind, values, decimals, blank in plans:
        column = Column(name, kind)
        for value in values.tolist():
            if rng.random() < blank:
                mark = list(BLANKS)[rng.integers(len(BLANKS))]
                column.texts.append(mark)
                column.numbers.append(BLANKS[mark])
                continue
            told = round(value, decimals)
            text = written(told, decimals, how, strip=strip) + (sign if kind == "percent" else "")
            column.texts.append(None if rng.random() < typed else text)
            column.numbers.append(told)
        columns.append(column)
    codes = [f"16.07.{rng.integers(1, 22):02d}.{2001 + at}" for at in range(number)]
    return Table(codes, columns, form, how)


def _readings(text: str, kind: str) -> set[float]:
    """List what a cell can mean in its column, by trying both marks."""
    plain = text.rstrip("% ").strip()
    found = set()
    for thousands, decimal in ((".", ","), (",", ".")):
        groups = plain.split(decimal)[0].split(thousands)
        if len(groups) > 1 and (len(groups[0]) > 3 or any(len(one) != 3 for one in groups[1:])):
            continue
        if len(groups) > 1 and groups[0].lstrip("-").startswith("0"):
            continue
        if plain.count(decimal) > 1 or thousands in plain.split(decimal)[-1] * (decimal in plain):
            continue
        try:
            value = float(plain.replace(thousands, "").replace(decimal, "."))
        except ValueError:
            continue
        if (kind == "count" and value % 1) or (kind == "percent" and not 0 <= value <= 100):
            continue
        found.add(value)
    return found


@dataclass
class _Proof:
    """What one column proves: decimal marks, cells with two readings, cells without decimals."""

    kind: str
    marks: set[str]
    doubtful: list[str]
    whole: bool

    @property
    def held(self) -> set[str]:
        """Marks that the doubtful cells hold."""
        return {re.sub(r"[\d-]", "", one) for one in self.doubtful}

    def is_open(self, of_file: str) -> bool:
        """Tell whether nothing says what the doubtful cells are; `of_file`: mark of the others."""
        if not self.doubtful or (self.kind == "count" and self.whole):
            return False
        if self.kind == "count":
            # thousands only: a count takes no decimal mark from its file
            return not of_file or of_file in self.held
        return len(self.marks) > 1 or not (self.marks or of_file)


def _proof(column: Column) -> _Proof:
    texts = [text for text in column.texts if text is not None and text not in BLANKS]
    parted = any(re.search(r"\d[ \u00a0]\d{3}", text) for text in texts)
    marks, doubtful = set(), []
    for text in texts:
        plain = text.rstrip("% ").strip()
        readings = _readings(plain, column.kind)
        if _TWO_READINGS.fullmatch(plain) and len(readings) == 2:
            doubtful.append(plain)
        elif len(readings) == 1 and re.search("[.,]", plain):
            comma = plain.replace(".", "").replace(",", ".")
            marks.add("," if plain.count(",") < 2 and float(comma) in readings else ".")
        elif parted and (mark := re.search(r"[.,]", plain)):
            marks.add(mark[0])
    others = len(texts) - len(doubtful) - sum(text == "0" for text in texts)
    stored = any(
        text is None and number for text, number in zip(column.texts, column.numbers, strict=True)
    )
    proof = _Proof(column.kind, marks, doubtful, whole=bool(others or stored))
    if doubtful and not marks and parted:
        proof.marks = proof.held
    return proof


def is_open(table: Table) -> bool:
    """
    Tell whether a column has two readings: nothing in it or in its file says which.

    The rules of `numeric_columns`, tried out cell by cell.
    """
    proofs = [_proof(column) for column in table.columns]
    settled = {next(iter(one.marks)) for one in proofs if len(one.marks) == 1}
    agree = len(settled) == 1 and not any(len(one.marks) > 1 for one in proofs)
    return any(one.is_open(next(iter(settled)) if agree else "") for one in proofs)


def write(table: Table, folder: Path) -> Path:
    """Write a table in its format."""
    path = folder / f"tabel.{table.form}"
    head = ["Kode", *(column.name for column in table.columns)]
    pairs = (zip(one.texts, one.numbers, strict=True) for one in table.columns)
    rows = [
        [(code, math.nan), *row]
        for code, row in zip(table.codes, zip(*pairs, strict=True), strict=True)
    ]
    kinds = ["", *(column.kind for column in table.columns)]
    {"csv": _csv, "xlsx": _xlsx, "xls": _xls, "ods": _ods}[table.form](path, head, rows, kinds)
    return path


def _csv(path: Path, head: list[str], rows: Rows, _: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerows([head, *([text for text, _ in row] for row in rows)])


def _xlsx(path: Path, head: list[str], rows: Rows, kinds: list[str]) -> None:
    with xlsxwriter.Workbook(path) as book:
        page, share = book.add_worksheet(), book.add_format({"num_format": "0.00%"})
        page.write_row(0, 0, head)
        for line, row in enumerate(rows, 1):
            for at, ((text, number), kind) in enumerate(zip(row, kinds, strict=True)):
                if text is not None:
                    page.write_string(line, at, text)
                elif kind == "percent":
                    page.write_number(line, at, number / 100, share)
                else:
                    page.write_number(line, at, number)


def _xls(path: Path, head: list[str], rows: Rows, kinds: list[str]) -> None:
    book = xlwt.Workbook()
    page, share = book.add_sheet("Data"), xlwt.easyxf(num_format_str="0.00%")
    for at, name in enumerate(head):
        page.write(0, at, name)
    for line, row in enumerate(rows, 1):
        for at, ((text, number), kind) in enumerate(zip(row, kinds, strict=True)):
            if text is None and kind == "percent":
                page.write(line, at, number / 100, share)
            else:
                page.write(line, at, number if text is None else text)
    book.save(str(path))


_ODS = (
    '<office:document-content office:version="1.2" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="Data">{}</table:table></office:spreadsheet>'
    "</office:body></office:document-content>"
)


def _ods(path: Path, head: list[str], rows: Rows, kinds: list[str]) -> None:
    def cell(text: str | None, value: float, kind: str) -> str:
        if text is None:
            told, name = (value / 100, "percentage") if kind == "percent" else (value, "float")
            return f'<table:table-cell office:value-type="{name}" office:value="{told!r}"/>'
        words = f"<text:p>{escape(text)}</text:p>" if text else ""
        return f'<table:table-cell office:value-type="string">{words}</table:table-cell>'

    lines = ["".join(cell(name, 0.0, "") for name in head)]
    for row in rows:
        cells = zip(row, kinds, strict=True)
        lines.append("".join(cell(text, value, kind) for (text, value), kind in cells))
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", _ODS.format(body))
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest "
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )


def read_back(path: Path) -> pd.DataFrame:
    """
    Read a table as a study does.

    Returns: Columns by their names in the file, per cents as they are told.
    Raises DataError: It is refused.
    """
    units: dict[str, tuple[str, Unit]] = {
        "Sekolah": ("sekolah", "count"), "Rasio": ("rasio", "index"),
        "Belanja": ("belanja", "index"),
    }  # fmt: skip
    source = ProfileSource(
        path=str(path), code="Kode", code_system="kemendagri", households="KK", people="Jiwa",
        poor_share_percent="Miskin", year=2025,
        indicators=tuple(
            IndicatorSource(column, name, unit, "high", column)
            for column, (name, unit) in units.items()
        ),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = read_profiles(source).rows
    named = {"KK": rows["households"], "Jiwa": rows["people"], "Miskin": rows["poor_share"] * 100}
    return pd.DataFrame(named | {column: rows[name] for column, (name, _) in units.items()})


def outcome(seed: int, folder: Path) -> str:
    """Write and read one table; say how it ended."""
    table = draw(np.random.default_rng(seed))
    path = write(table, folder)
    try:
        read = read_back(path)
    except DataError:
        return "refused, open" if is_open(table) else "refused, though it has one reading"
    for column in table.columns:
        meant = np.array(column.numbers)
        if not np.allclose(read[column.name].to_numpy(), meant, rtol=1e-12, equal_nan=True):
            return "read as other numbers"
    return "read, though open" if is_open(table) else "read"


def trial(tables: int, *, first: int = 0) -> Counter[str]:
    """Write and read tables of the seeds from `first` on; count how they ended."""
    with tempfile.TemporaryDirectory() as folder:
        return Counter(outcome(seed, Path(folder)) for seed in range(first, first + tables))


def main() -> None:
    """Print how the tables ended."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--tables", type=int, default=2000)
    asked = parser.parse_args()
    for words, number in trial(asked.tables).most_common():
        print(f"{number:>6}  {number / asked.tables:7.2%}  {words}")


if __name__ == "__main__":
    main()
