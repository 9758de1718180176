"""Small tables held whole as text, and their columns as numbers; shared by the sources."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import polars as pl

from sibangkit_geo import codes
from sibangkit_geo.errors import DataError, columns_hint, require_file
from sibangkit_geo.model import limits
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.numeric_columns import (
    DECIMAL_MARK,
    NumberKind,
    Numerals,
    NumericColumn,
    file_mark,
)
from sibangkit_geo.model.types import Note
from sibangkit_geo.sources.columns import known_headers
from sibangkit_geo.sources.readers import TableSource, find_header, fold_header, open_grid
from sibangkit_geo.sources.readers.grid import RAGGED, ROW, cell_name
from sibangkit_geo.sources.readers.header import (
    above_data,
    require_single,
    rows_without_data,
    shown_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.model.numeric_columns import Evidence, Numbers, Reading

_REVIEWED = ["kode_tabel", "kode_desa"]
_NAMED = ["desa_a", "desa_b", "hubungan"]
_WORDS = {"sambung": True, "putus": False}
PERCENT = 100.0
_EAST, _NORTH = 180.0, 90.0
#: how a file writes its shares
Shares = Literal["", "percent", "fraction"]


def checksum(path: Path) -> str:
    """
    Take the SHA-256 of a file.

    Returns: 64 hexadecimal digits.
    Raises MissingFileError: There is no such file.
    """
    require_file(path, named_by="input")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_text_table(
    source: TableSource, *, named_by: str, named: Iterable[str]
) -> tuple[pd.DataFrame, tuple[Any, ...]]:
    """
    Read a whole small table; every cell stays text.

    Grain: one row per row of the file.

    `named`: Columns that the study names; empty ones are not asked for.
    Returns: Text columns, stripped; empty cells are missing; indexed by the row number a
        spreadsheet shows (the header is row 1), of several sheets by "sheet!row"; `reading_notes`
        tells how it was read.
    Returns: Rows, named alike, of totals, notes, signatures and headers again, which are left out:
        their first named column is empty, begins as a total does, or repeats a header.
    Raises MissingFileError: There is no such file.
    Raises DataError: The file is damaged or empty, has no rows, two columns of one name that is
        named, or uneven rows.
    """
    wanted = [name for name in named if name]
    known = {fold_header(name) for name in wanted}
    grid = open_grid(source, named_by=named_by, known=known or known_headers())
    header = find_header(grid, known=known or known_headers())
    require_headers(header.names, wanted, name=grid.name, unread=grid.unread)
    width = len(header.names)
    frames = _held(grid.batches(range(width), first_row=header.first_row, width=width), grid.name)
    # the study may fold a name in its own way
    names = {header.position(name): name for name in wanted}
    labels = [names.get(place, name) for place, name in enumerate(header.names)]
    rows = [
        (grid.row_label(number) if grid.sheets else number, cells, ragged)
        for frame in frames
        for number, cells, ragged in _rows(frame, width)
    ]
    not_data: tuple[Any, ...] = ()
    if wanted:
        near = enumerate(cells for _, cells, _ in rows)
        above = [row[:width] for row in above_data(grid.head, header)]
        out = [*rows_without_data(near, key=header.position(wanted[0]), above=above)]
        not_data = tuple(row[0] for row, no_data in zip(rows, out, strict=True) if no_data)
        rows = [row for row, no_data in zip(rows, out, strict=True) if not no_data]
    uneven = [label for label, _, ragged in rows if ragged]
    if uneven:
        msg = f"{grid.name}: rows whose number of cells differs from the header's {width}"
        remedy = "Quote cells that hold the delimiter, or export the file again."
        raise DataError(msg, rows=pd.DataFrame(index=uneven), remedy=remedy)
    table = _text_frame(rows, labels)
    if table.empty:
        msg = f"{grid.name}: the table has a header but no rows"
        raise DataError(msg, remedy="Export it again with its rows.")
    table.attrs = {"file": source.name, "remarks": grid.remarks, "doubled": {**header.doubled}}
    return table, not_data


def _held(pieces: Iterator[pl.DataFrame], name: str) -> list[pl.DataFrame]:
    """Hold a table whole, and stop where it is far larger than any table of places."""
    frames: list[pl.DataFrame] = []
    count = 0
    for piece in pieces:
        count += piece.height
        if count > limits.TABLE_ROWS:
            msg = f"{name}: more than {limits.TABLE_ROWS:,} rows in a table of places"
            raise DataError(msg, remedy="Keep the rows of the regency, or give it as a register.")
        frames.append(piece)
    return frames


def _text_frame(rows: list[tuple[Any, list[str | None], bool]], labels: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(
        [cells for _, cells, _ in rows],
        index=[label for label, _, _ in rows],
        columns=labels,
        dtype="string",
    )
    table = table.apply(lambda column: column.str.strip()).replace("", pd.NA)
    return pd.DataFrame(table.dropna(how="all"))


def reading_notes(table: pd.DataFrame) -> tuple[Note, ...]:
    """
    Word how a table was read: its sheets, what was hidden, merged or not worked out.

    `table`: As `read_text_table` returns it.
    Returns: In Indonesian, without any value of a cell.
    """
    told = table.attrs.get("remarks", ())
    return tuple(Note("table_reading", f"{table.attrs['file']}: {text}") for text in told)


def _rows(frame: pl.DataFrame, width: int) -> Iterator[tuple[int, list[str | None], bool]]:
    ragged = frame[RAGGED].to_list() if RAGGED in frame.columns else [False] * frame.height
    cells = frame.select([cell_name(place) for place in range(width)]).rows()
    for number, row, odd in zip(frame[ROW], cells, ragged, strict=True):
        yield number, list(row), odd


def require_headers(
    columns: Sequence[str], wanted: Iterable[str], *, name: str, unread: Sequence[str] = ()
) -> None:
    """
    Refuse a file that lacks columns the study names.

    `columns`: Columns of the table.
    `wanted`: Names that must be there; empty names are not asked for.
    `unread`: Columns of the file that hold what is no text.
    Raises DataError: At least one column is missing or unread; those of the file are named, nearest
        first.
    """
    folded = {fold_header(one) for one in columns}
    kinds = {fold_header(one) for one in unread}
    told = [one for one in wanted if fold_header(one) in kinds - folded]
    if told:
        msg = f"{name}: column {', '.join(told)} holds lists, bytes or spans of time, not text"
        raise DataError(msg, remedy="Save the file with plain texts and numbers in that column.")
    missing = [one for one in wanted if one and one not in columns
               and fold_header(one) not in folded]  # fmt: skip
    if missing:
        hint = columns_hint(missing, shown_names(columns))
        msg = f"{name}: no column named {', '.join(missing)}"
        raise DataError(
            msg, remedy=f"Correct the column names in the study file or the command. {hint}"
        )


def require_columns(table: pd.DataFrame, wanted: Iterable[str], *, path: Path) -> None:
    """
    Refuse a table that lacks columns the study names.

    `wanted`: Names that must be there; empty names are not asked for.
    Raises DataError: At least one column is missing, where those of the file are named, the nearest
        first, or several have its name.
    """
    require_headers([str(one) for one in table.columns], wanted, name=path.name)
    require_single(wanted, table.attrs.get("doubled", {}), name=path.name)


@dataclass(frozen=True, slots=True)
class NumericText:
    """
    How the numbers of one file are written, as far as the study says.

    `name`: File, for messages.
    `numerals`: Key ``numerals`` of the study: ``"id"`` (1.234,5), ``"en"`` (1,234.5), or empty:
        the columns tell.
    `shares`: Key ``shares``: ``"percent"`` (8,15 is 8,15 per cent), ``"fraction"`` (0,0815 is
        8,15 per cent), or empty: per cent, unless all cells lie within 0 to 1, which is refused.
    """

    name: str
    numerals: Numerals = ""
    shares: Shares = ""


def read_numbers(
    table: pd.DataFrame, kinds: Mapping[str, NumberKind], *, text: NumericText
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """
    Read text columns of one file as numbers; the columns tell what their marks mean.

    Grain: unchanged, one row per row of the file.

    `kinds`: Column to what its numbers can be; the same column may be asked for once.
    Returns: Floats, per cents as shares 0 to 1; an empty cell is missing, never zero.
    Returns: What was decided about marks, and cells that say "nothing" or "no data".
    Raises DataError: Cells that are no such number, columns with two readings, or shares that are
        fractions; all columns and rows are gathered.
    """
    cells = {name: pl.from_pandas(table[name].astype("string")) for name in kinds}
    looked = {name: NumericColumn.of(cells[name], kind) for name, kind in kinds.items()}
    of_file = file_mark(one.evidence for one in looked.values())
    values: dict[str, pd.Series] = {}
    faults = _NumberFaults(table, text)
    told: list[str] = []
    for name, column in looked.items():
        mark: Reading = DECIMAL_MARK[text.numerals] or column.reading(of_file)
        read = column.numbers(mark, strict=bool(text.numerals))
        faults.look(name, read, kinds[name])
        told += _decision(name, column.evidence, mark, read)
        share = kinds[name].per_cent and kinds[name].high == PERCENT
        amounts = faults.as_share(name, read, kinds[name]) if share else faults.unmixed(name, read)
        values[name] = pd.Series(amounts, index=table.index)
    faults.refuse()
    notes = (Note("numerals", f"{text.name}: {'; '.join(told)}."),) if told else ()
    return pd.DataFrame(values, index=table.index), notes


def read_degrees(
    table: pd.DataFrame, longitude: str, latitude: str, *, text: NumericText
) -> pd.DataFrame:
    """
    Read two columns as degrees.

    Grain: unchanged, one row per row of the file.

    Returns: ``longitude`` and ``latitude``; an empty cell is missing.
    Raises DataError: Cells that are no degrees.
    """
    ends = {longitude: _EAST, latitude: _NORTH}
    kinds = {name: NumberKind(-end, end, nothing=float("nan")) for name, end in ends.items()}
    degrees, _ = read_numbers(table, kinds, text=text)
    return degrees.set_axis(["longitude", "latitude"], axis=1)


def _decision(name: str, evidence: Evidence, mark: Reading, read: Numbers) -> list[str]:
    """Word what was decided about a column, and what its marks without number say."""
    told = []
    if text := evidence.in_words(mark):
        told.append(f"kolom {name}: {text}")
    if read.nothing:
        told.append(f'kolom {name}: {numeral(read.nothing)} sel "-" dibaca nol')
    if read.absent:
        told.append(f"kolom {name}: {numeral(read.absent)} sel bertanda tidak ada data")
    return told


_ASK_SHARES = 'Say what they are: shares = "fraction" (0,08 is 8 per cent) or "percent".'


def _two_scales(small: NDArray[np.float64], large: NDArray[np.float64]) -> bool:
    """
    Tell fractions among per cents: a hundredfold, the small ones lie where the large ones do.

    Nine of ten must, within half as much again; they must be a fifth of all and stand apart, which
    the low end of a share that spreads from 0 upwards does not.
    """
    if not len(small) or not len(large):
        return False
    if len(small) < 0.2 * (len(small) + len(large)) or large.min() < 2 * small.max():
        return False
    there = (small * 100 >= large.min() / 1.5) & (small * 100 <= large.max() * 1.5)
    return float(np.mean(there)) >= 0.9


@dataclass(slots=True)
class _NumberFaults:
    """What is wrong with the number columns of one file, gathered before it is told at once."""

    table: pd.DataFrame
    text: NumericText
    faults: list[str] = field(default_factory=list)
    remedies: dict[str, None] = field(default_factory=dict)
    rows: list[NDArray[np.bool_]] = field(default_factory=list)

    def look(self, name: str, read: Numbers, kind: NumberKind) -> None:
        """Note cells of a column that are no number, and those with two readings."""
        low, high = f"{kind.low:,.16g}", f"{kind.high:,.16g}"
        what = f"no number from {low} to {high}"
        if kind.whole:
            what = f"no whole number from {low} to {high}"
        remedy = "Correct or empty these cells."
        if self.text.numerals:
            what += f' written as numerals = "{self.text.numerals}" says'
        elif kind.whole:
            remedy += " A count with decimals is often a spreadsheet's reading of 1.234 (1,234)."
        self._add(f"column {name} has cells that are {what}", read.bad, remedy)
        self._add(
            f"column {name} can be read in two ways: its marks may part thousands (1.234 = 1234) "
            "or be decimal marks (1.234 = 1 and 234 thousandths)",
            read.undecided,
            'Say how the file writes numbers: numerals = "id" (1.234,5) or "en" (1,234.5).',
        )

    def unmixed(self, name: str, read: Numbers) -> NDArray[np.float64]:
        """Refuse amounts of which some carry a per-cent sign and some do not."""
        plain = ~read.signed & (read.amounts != 0) & ~np.isnan(read.amounts)
        if read.signed.any():
            fault = f"column {name} mixes cells with and without a per-cent sign"
            self._add(fault, plain, "Write its cells in one way.")
        return read.amounts

    def as_share(self, name: str, read: Numbers, kind: NumberKind) -> NDArray[np.float64]:
        """Turn per cents into shares; refuse those that look like shares already."""
        plain = ~read.signed & ~np.isnan(read.amounts)
        above = plain & (read.amounts > 1)
        small = plain & (read.amounts > 0) & ~above
        if self.text.shares == "fraction":
            self._add(f"column {name} has fractions above 1", above, "Correct the cells.")
            return np.where(plain, read.amounts, read.amounts / PERCENT)
        large = above | (read.signed & (read.amounts > 1))
        if not self.text.shares and small.any() and not above.any():
            self._add(
                f"column {name} holds per cents that all lie within 0 and 1", small, _ASK_SHARES
            )
        elif not self.text.shares and (
            (kind.common and small.sum() > large.sum())
            or _two_scales(read.amounts[small], read.amounts[large])
        ):
            fault = f"column {name} seems to mix fractions and per cents"
            self._add(fault, small, _ASK_SHARES)
        return read.amounts / PERCENT

    def _add(self, fault: str, cells: NDArray[np.bool_], remedy: str) -> None:
        if cells.any():
            rows = self.table.index[cells]
            sample = ", ".join(map(str, rows[:3]))
            self.faults.append(f"{fault} (rows: {len(rows):,}; first: {sample})")
            self.remedies[remedy] = None
            self.rows.append(cells)

    def refuse(self) -> None:
        """Tell all faults at once."""
        if self.faults:
            msg = f"{self.text.name}: {'; '.join(self.faults)}"
            error = DataError(msg, remedy=" ".join(self.remedies))
            error.rows = self.table.loc[np.logical_or.reduce(self.rows), []]
            raise error


def read_review(path: Path) -> dict[str, str]:
    """
    Read the review file.

    `path`: CSV with columns ``kode_tabel`` and ``kode_desa``.
    Returns: Code in the table to official village code; empty text means no village.
    Raises ConfigError: The file is missing.
    Raises DataError: The file is empty, lacks a column or decides twice on one row.
    """
    table, _ = read_text_table(TableSource(path), named_by="[join] review", named=[])
    known = {fold_header(str(name)): name for name in table.columns}
    if missing := [one for one in _REVIEWED if one not in known]:
        msg = f"{path.name}: the review file ([join] review) has no column {', '.join(missing)}"
        hint = columns_hint(missing, shown_names([str(one) for one in table.columns]))
        remedy = f"Put it back, or delete the file: the next run writes it again. {hint}"
        raise DataError(msg, remedy=remedy)
    decided = table[[known[one] for one in _REVIEWED]].set_axis(_REVIEWED, axis=1)
    decided = decided.dropna(subset=["kode_tabel"]).fillna({"kode_desa": ""})
    apart = decided.groupby("kode_tabel")["kode_desa"].transform("nunique") > 1
    if apart.any():
        msg = f"{path.name}: lines of the review file give one kode_tabel different villages"
        raise DataError(msg, rows=decided.loc[apart, []], remedy="Keep one line per kode_tabel.")
    return dict(zip(decided["kode_tabel"], decided["kode_desa"], strict=True))


@dataclass(frozen=True, slots=True)
class LinkSource:
    """
    The ``[links]`` table of a study.

    `path`: CSV with columns ``desa_a``, ``desa_b`` (dotted village codes) and ``hubungan``:
        ``sambung`` (a ferry joins them) or ``putus`` (a river parts them).
    """

    path: str


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of village codes, as written."""

    extra: tuple[tuple[str, str], ...]
    cut: tuple[tuple[str, str], ...]


def read_links(source: LinkSource) -> Links:
    """
    Read the pairs.

    Grain: one row per pair.

    Returns: In the order of the file.
    Raises ConfigError: The file is missing.
    Raises DataError: It is empty or lacks a column, or a row lacks a code or says another word.
    """
    path = Path(source.path)
    table, _ = read_text_table(TableSource(path), named_by="[links] path", named=_NAMED)
    require_columns(table, _NAMED, path=path)
    rows = table[_NAMED].apply(lambda column: column.str.strip())
    word = rows["hubungan"].str.lower().map(_WORDS)
    # a wrong column may hold identity numbers: only its rows are told
    coded = rows[["desa_a", "desa_b"]].apply(
        lambda column: codes.is_code(column.fillna(""), code_system="kemendagri")
    )
    bad = rows[~coded.all(axis=1) | word.isna()]
    if len(bad):
        msg = f"{path.name}: a pair lacks a village code, or hubungan is not sambung or putus"
        raise DataError(msg, rows=bad, remedy="Write two village codes and one of the two words.")
    pairs = list(zip(rows["desa_a"], rows["desa_b"], word, strict=True))
    return Links(
        extra=tuple((str(a), str(b)) for a, b, joined in pairs if joined),
        cut=tuple((str(a), str(b)) for a, b, joined in pairs if not joined),
    )
