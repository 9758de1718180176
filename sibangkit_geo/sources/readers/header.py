"""Find the header of a table, and the rows that are no data: titles, notes, headers again."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError
from sibangkit_geo.model import limits
from sibangkit_geo.sources.readers.grid import letters, plain_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sibangkit_geo.sources.readers.grid import Grid

# ministries' forms stack at most a title, a group and a name
_DEEPEST = 3
_LOOK_AT = 40
# two numbers are as likely data
_SHORTEST_NUMBERING = 4
_NUMBERING = re.compile(r"\(?\d+\)?")
# dotted as Permendagri 72/2019 writes it, or ten digits; a reader may add an exponent of 0
_CODE = re.compile(r"\d{2}\.\d{2}\.\d{2}\.\d{4}|\d{10}(?:\.0+)?(?:e0)?")

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_BARE_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*\s*%?")
# as many digits as begin an identity number, a code or a telephone number
_TELLING_DIGITS = 6
# a question written out; more is text that slipped into the header
_LONGEST_SHOWN = 120

_WORDS = re.compile(
    r"(?i)\s*(grand\s*total|sub\s*total|total|jumlah|rata\s*-?\s*rata|sumber|catatan|keterangan|"
    r"ket\b|dicetak|mengetahui|\*)"
)
# "Sumber Mulya" and "Sumber Marga Telang" are places, "Sumber: BPS" is a note
_TOTALS = re.compile(
    r"(?i)\s*((grand\s*|sub\s*)?total|jumlah|rata\s*-?\s*rata|\*|"
    r"(sumber|catatan|keterangan|ket|dicetak|mengetahui)\s*([:.=,]|$|(data|bps|dinas|oleh|pada)\b))"
)
# who signs a sheet, and the number of an official
_SIGNED = re.compile(
    r"(?i)\s*(mengetahui|menyetujui|disetujui|diketahui|diperiksa|dibuat oleh|yang membuat|"
    r"a\.\s?n\.|plt\b|plh\b|ttd\b|lurah\b|camat\b|sekretaris\b|bupati\b|petugas\b|nip\b|"
    r"kepala\s+(desa|kelurahan|kampung|dinas|badan|bagian|bidang|sub|seksi|upt))"
)


@dataclass(frozen=True, slots=True)
class Header:
    """
    Names of the columns and where the data begin.

    Attributes
    ----------
    names
        One per column, as written; unique.
    first_row
        Row number of the first data row, as a spreadsheet shows it.
    rows
        Rows that the header takes, 0 for a format that names its columns.
    above
        Title rows above it.
    doubled
        Names that several columns have, and the letters of those; all but the first of them got a
        number in `names`.
    """

    names: tuple[str, ...]
    first_row: int
    rows: int
    above: int
    doubled: Mapping[str, str] = field(default_factory=dict)

    def position(self, name: str) -> int:
        """
        Find a column by its name: to the letter, else folded.

        Returns: 0 for the first column, -1 when there is none.
        """
        if name in self.names:
            return self.names.index(name)
        folded = [fold_header(one) for one in self.names]
        wanted = fold_header(name)
        return folded.index(wanted) if wanted and wanted in folded else -1


@lru_cache(maxsize=4096)
def fold_header(name: str) -> str:
    r"""
    Reduce a header to lower-case words joined by one underscore.

    Parameters
    ----------
    name
        Header as written.

    Returns
    -------
    folded
        Letters, digits and underscores.

    Examples
    --------
    >>> fold_header(" Jenis Lantai\n(terluas) ")
    'jenis_lantai_terluas'
    """
    return "_".join(re.findall(r"[^\W_]+", name.lower()))


def find_header(grid: Grid, *, known: Collection[str]) -> Header:
    """
    Choose the rows whose cells name most of the columns that are looked for.

    Parameters
    ----------
    grid
        Table as opened.
    known
        Folded names that are looked for.

    Returns
    -------
    header
        Without any known name, the first row that fills half of its width.

    Raises
    ------
    DataError
        The table is empty, has no header, a header but no rows, far too many columns, or
        two columns of one name that is looked for.
    """
    head = grid.head
    if not any(any(row) for row in head):
        msg = f"{grid.name}: the file is empty"
        raise DataError(msg, remedy="Export it again with its header and rows.")
    width = max(len(row) for row in head)
    if width > limits.COLUMNS:
        msg = f"{grid.name}: {width:,} columns, more than {limits.COLUMNS:,}"
        raise DataError(msg, remedy="Check the delimiter, or keep only the columns that are used.")
    if grid.named:
        return _unique(Header(tuple(head[0]), 1, 0, 0), grid.name, known)
    above, rows, first = locate(head, known)
    if not any(any(row) for row in head[first:]):
        msg = f"{grid.name}: the table has a header but no rows"
        raise DataError(msg, remedy="Export it again with its rows.")
    names = _names(head[above : above + rows])
    if not header_score(head, known) and any(map(_is_of_data, names)):
        msg = f"{grid.name}: no header row is found; the first row looks like data"
        raise DataError(msg, remedy="Put a row with the names of the columns above the data.")
    return _unique(Header(tuple(names), first + 1, rows, above), grid.name, known)


def shown_names(names: Sequence[str]) -> tuple[str, ...]:
    r"""
    Word names of columns for people; a cell of data that became a name is not shown.

    Parameters
    ----------
    names
        One per column, as the header has them.

    Returns
    -------
    shown
        On one line, without what follows a colon, cut where it is long; a name with many digits is
        told by its place.

    Examples
    --------
    >>> shown_names(["Jumlah\nKK 2024", "Nama KK: SITI", "1607019900000001"])
    ('Jumlah KK 2024', 'Nama KK: …', 'kolom C')
    """
    return tuple(
        f"kolom {letters(place)}"
        if _has_telling_digits(name)
        else _cut(re.sub(r":\s.*", ": …", " ".join(name.split())))
        for place, name in enumerate(names)
    )


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"


def _has_telling_digits(name: str) -> bool:
    return sum(map(str.isdigit, _YEAR.sub("", name))) >= _TELLING_DIGITS


def _is_of_data(name: str) -> bool:
    """Tell a name that is none: a code, an identity number, or a number that is no year."""
    number = _BARE_NUMBER.fullmatch(name) and not _YEAR.fullmatch(name)
    return bool(number) or _has_telling_digits(name)


def locate(head: list[list[str]], known: Collection[str]) -> tuple[int, int, int]:
    """
    Choose the header's place among the first rows, of which one at least is filled.

    Returns: Rows above it, rows that it takes, rows before the first row of data.
    """
    above, rows = _best(head, known) or (_first_full(head), 1)
    first = above + rows
    # only where rows follow: a table may consist of the row 1, 2, 3
    if first + 1 < len(head) and _is_numbering(head[first]):
        first += 1
    return above, rows, first


def folded_names(head: list[list[str]], known: Collection[str]) -> frozenset[str]:
    """
    List the folded names of the columns, whether the table can be read or not.

    Returns: None for an empty table.
    """
    if not any(map(any, head)):
        return frozenset()
    above, rows, _ = locate(head, known)
    return frozenset(map(fold_header, _names(head[above : above + rows]))) - {""}


def _best(head: list[list[str]], known: Collection[str]) -> tuple[int, int] | None:
    """Take the reading that names most; one below rows of data only where none is above them."""
    # rows of data name nothing: they need not be read as headers in every combination
    names_some = [any(fold_header(cell) in known for cell in row if cell) for row in head]
    width = max(map(len, head))
    data = (at for at, row in enumerate(head) if not names_some[at] and _is_village(row, width))
    first = next(data, len(head))
    return _best_above(head[:first], known, names_some) or _best_above(head, known, names_some)


def _is_village(row: list[str], width: int) -> bool:
    """Tell a row of data from a title that names one village: it fills half of the width."""
    return 2 * sum(map(bool, row)) >= width and any(map(_CODE.fullmatch, row))


def _best_above(
    head: list[list[str]], known: Collection[str], names_some: list[bool]
) -> tuple[int, int] | None:
    best, choice = (0, 0), None
    for rows in range(1, _DEEPEST + 1):
        for above in range(min(_LOOK_AT, len(head) - rows + 1)):
            block = head[above : above + rows]
            if not any(block[0]) or not any(block[-1]) or not any(names_some[above : above + rows]):
                continue
            names = _names(block)
            score = len({fold_header(name) for name in names} & set(known))
            # of two readings that name as much, the one that leaves fewer columns without a name
            rank = (score, sum(map(bool, names)))
            if score and rank > best:
                best, choice = rank, (above, rows)
    return choice


def _first_full(head: list[list[str]]) -> int:
    width = max(len(row) for row in head)
    for place, row in enumerate(head):
        filled = sum(1 for cell in row if cell)
        if filled >= min(2, width) and filled * 2 >= width:
            return place
    return next(place for place, row in enumerate(head) if any(row))


def _names(block: list[list[str]]) -> list[str]:
    """Read names from the top down: the lowest cell names, a merged group above it explains."""
    width = max(len(row) for row in block)
    # a name that is a number, such as 101.1, is meant as it is shown
    padded = [[*map(plain_text, row), *[""] * (width - len(row))] for row in block]
    lowest = [
        next((row[column] for row in reversed(padded) if row[column]), "")
        for column in range(width)
    ]
    while lowest and not lowest[-1]:
        lowest.pop()
    if len(block) == 1:
        return lowest
    groups = _groups(padded, len(lowest))
    double = {name for name in lowest if name and lowest.count(name) > 1}
    return [
        f"{group} {name}".strip()
        if name in double and fold_header(f"{group} {name}") != fold_header(name)
        else name
        for name, group in zip(lowest, groups, strict=True)
    ]


def _groups(padded: list[list[str]], width: int) -> list[str]:
    """Spread the cells of merged rows to the right, and join what stands over each column."""
    parts: list[list[str]] = [[] for _ in range(width)]
    for row in padded[:-1]:
        last = ""
        for column in range(width):
            last = row[column] or last
            if last and padded[-1][column]:
                parts[column].append(last)
    return [" ".join(part) for part in parts]


def _is_numbering(row: list[str]) -> bool:
    cells = [cell for cell in row if cell]
    if len(cells) < _SHORTEST_NUMBERING or not all(_NUMBERING.fullmatch(cell) for cell in cells):
        return False
    return [int(cell.strip("()")) for cell in cells] == list(range(1, len(cells) + 1))


def _unique(header: Header, name: str, known: Collection[str]) -> Header:
    """Give each column a name of its own, but refuse one that is looked for and stands again."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(header.names):
        places.setdefault(one, []).append(place)
    doubled = {
        one: ", ".join(map(letters, found))
        for one, found in places.items()
        if one and len(found) > 1
    }
    require_single([one for one in doubled if fold_header(one) in known], doubled, name=name)
    names = [one or f"kolom_{place}" for place, one in enumerate(header.names, 1)]
    taken = {*names}
    for one in doubled:
        number = itertools.count(2)
        for place in places[one][1:]:
            names[place] = next(new for at in number if (new := f"{one}_{at}") not in taken)
            taken.add(names[place])
    return replace(header, names=tuple(names), doubled=doubled)


def require_single(wanted: Iterable[str], doubled: Mapping[str, str], *, name: str) -> None:
    """
    Refuse columns that are looked for and share a name.

    `doubled`: As `Header` tells them.
    Raises DataError: At least one is; the letters of its columns are told.
    """
    double = [one for one in sorted(set(wanted)) if one in doubled]
    if double:
        shown = zip(shown_names(double[:5]), double, strict=False)
        told = "; ".join(f"{name} (columns {doubled[one]})" for name, one in shown)
        msg = f"{name}: several columns are named {told}"
        raise DataError(msg, remedy="Give each column its own name.")


def header_score(head: list[list[str]], known: Collection[str]) -> int:
    """
    Count how many columns that are looked for a table names.

    Returns: -1 for an empty table.
    """
    return len(folded_names(head, known) & set(known)) if any(map(any, head)) else -1


def opens_no_data(cell: str) -> bool:
    """
    Tell whether a cell may begin as totals and notes do; its row tells whether it does.

    Returns: True for "Jumlah", "TOTAL", "Sumber ..." and the like.
    """
    return _WORDS.match(cell) is not None


def is_total(cell: str) -> bool:
    """Tell whether a cell says that its row is a total or a note: "Jumlah", "Sumber: ..."."""
    return _TOTALS.match(cell) is not None


def data_rows(grid: Grid, header: Header) -> list[list[str]]:
    """Take the first rows of data, as far as they were looked at."""
    return grid.head[1:] if grid.named else grid.head[header.first_row - 1 :]


def above_data(head: list[list[str]], header: Header) -> list[list[str]]:
    """
    List the rows above the data, which a printed sheet repeats on each of its pages.

    Returns: Titles, header and numbers of columns; none for a format that names its columns.
    """
    return [row for row in head[: header.first_row - 1] if any(row)] if header.rows else []


def rows_without_data(
    rows: Iterable[tuple[int, Sequence[str | None]]], *, key: int, above: Sequence[Sequence[str]]
) -> Iterator[bool]:
    """
    Tell which rows are no data: totals, notes, signatures, and what stands above the data again.

    Parameters
    ----------
    rows
        Place of each row, ascending, and its cells.
    key
        Which of the cells every row of data fills.
    above
        The same cells of the rows above the data.

    Yields
    ------
    no_data
        One for each row.

    Examples
    --------
    >>> page = [[None, "Total", "30"], ["16.07.01.2001", "A", "3"], ["kode", "nama", "n"]]
    >>> list(rows_without_data(enumerate(page), key=0, above=[["kode", "nama", "n"]]))
    [True, False, True]
    """
    again = {_folded(row) for row in above} - {()}
    titles = {cell for row in again for cell in row}
    last, signing = -1, False
    for place, cells in rows:
        word = (cells[key] or "").strip()
        filled = [cell for cell in cells if cell and cell.strip()]
        few = 2 * len(filled) <= len(cells)
        alone = len(filled) <= 1 and opens_no_data(word)
        keyless = not word or alone or _TOTALS.match(word) is not None
        # names and titles under "Mengetahui" stand side by side, and say nothing of themselves
        follows = signing and place == last + 1 and not word[:1].isdigit()
        signing = few and (follows or (keyless and any(map(_signs, filled))))
        last = place
        repeats = _folded(cells) in again or _is_header_again(cells, titles)
        yield signing or (keyless and _is_no_data(filled)) or repeats


def _is_header_again(cells: Sequence[str | None], titles: Collection[tuple[int, str]]) -> bool:
    """Tell a header that another page spells a little differently: most names, and no number."""
    folded = _folded(cells)
    same = sum(one in titles for one in folded)
    words = all(one in titles or any(map(str.isalpha, one[1])) for one in folded)
    return same > 1 and 2 * same > len(folded) and words


def _folded(cells: Sequence[str | None]) -> tuple[tuple[int, str], ...]:
    return tuple((at, fold_header(plain_text(cell))) for at, cell in enumerate(cells) if cell)


def _is_no_data(filled: Sequence[str]) -> bool:
    return len(filled) <= 1 or any(map(_TOTALS.match, filled))


def _signs(cell: str) -> bool:
    return _SIGNED.match(cell) is not None
