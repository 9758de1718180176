"""What a reader may see: levels, small cells, and a leak scan of finished products."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pypdf

from sibangkit_geo.errors import ConfigError, LeakError
from sibangkit_geo.tables.public import Indicator, Note, VillageIndicators

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    import pandas as pd

Level = Literal["public", "partner", "agency", "internal"]
# all of them give the number of the poor away: they are hidden together
_SAME_ESTIMATE = (
    "headcount_ratio",
    "headcount_shrunken",
    "headcount_interval_width",
    "poverty_rate_benchmarked",
)
LEVELS: tuple[Level, ...] = ("public", "partner", "agency", "internal")
# NIK and KK numbers have 16 digits (UU 24/2013); the decimals of a number do not count
_IDENTITY = re.compile(rb"(?<!\d)(?<!\d\.)\d{16}(?!\d)")
# what stands between two words in text, CSV, JSON and HTML
_WORD = re.compile(r"[^\s\"'<>;,|:=\[\](){}]+")
_LONGEST_NAME = 8
_CHECKSUM = re.compile(rb"\b[0-9a-f]{64}\b")


@dataclass(frozen=True, slots=True)
class DisclosureSettings:
    """
    The ``[disclosure]`` table of a study.

    Attributes
    ----------
    level
        Whom the products are for; the narrowest content when not said.
    minimum_households
        Counts of 1 to one less than this are masked, at every level but internal.
    """

    level: Level = "public"
    minimum_households: int = 5

    def __post_init__(self) -> None:
        """Check the range."""
        if self.minimum_households < 1:
            msg = "[disclosure] minimum_households must be at least 1."
            raise ConfigError(msg)

    @property
    def smallest(self) -> int:
        """Name the smallest count that is shown; 0 where all are."""
        return 0 if self.level == "internal" else self.minimum_households


@dataclass(frozen=True, slots=True)
class Masked:
    """
    Village indicators as a reader may see them.

    Attributes
    ----------
    measured
        The village table with masked cells emptied.
    cells
        True where a cell was emptied; columns are indicator names.
    """

    measured: VillageIndicators
    cells: pd.DataFrame


def mask(
    measured: VillageIndicators, *, settings: DisclosureSettings, pocket: pd.Series | None = None
) -> Masked:
    """
    Empty cells that count too few households.

    A share is masked together with its count. Where a district or a pocket would have
    one masked village only, its next smallest count is masked as well, since their
    total would give it away.
    Grain: unchanged, one row per village.

    Parameters
    ----------
    measured
        Village table.
    settings
        Level and smallest count.
    pocket
        Pocket number by village code, where totals of pockets are shown.

    Returns
    -------
    masked
        The table for this level, with a note when anything was masked.

    Raises
    ------
    Nothing
        At level internal the table comes back unchanged.
    """
    villages = measured.villages.copy()
    names = [one.name for one in measured.indicators]
    cells = villages[names].isna() & False
    if settings.level == "internal":
        return Masked(measured, cells)
    groups = [villages["district_code"]]
    if pocket is not None and len(pocket):
        groups.append(pocket.reindex(villages.index))
    for one in measured.indicators:
        cells[one.name] = _hidden(villages, one, settings.minimum_households, groups)
    twins = [name for name in _SAME_ESTIMATE if name in cells]
    cells[twins] = np.repeat(cells[twins].any(axis=1).to_numpy()[:, None], len(twins), axis=1)
    for one in measured.indicators:
        for name in one.detail:
            few = _few_details(measured.villages, one, name, settings.minimum_households)
            few = _with_second(few, measured.villages[name], groups)
            villages.loc[few | cells[one.name], name] = float("nan")
        for name in filter(None, (one.name, one.count_column, *one.same)):
            if name in villages:
                villages[name] = villages[name].mask(cells[one.name])
    count = int(cells.to_numpy().sum())
    notes = measured.notes
    if count:
        text = (
            f"{count} sel disamarkan karena menyangkut kurang dari "
            f"{settings.minimum_households} rumah tangga (atau melindungi sel demikian)."
        )
        notes = (*notes, Note("cells_masked", text, count))
    return Masked(replace(measured, villages=villages, notes=notes), cells)


def _hidden(
    villages: pd.DataFrame, one: Indicator, minimum: int, groups: list[pd.Series]
) -> pd.Series:
    """Tell which cells of one indicator count too few, or would give such a cell away."""
    known = villages[one.name].notna()
    hidden = villages["households"].between(1, minimum - 1) & known
    if not one.count_column:
        return hidden
    count = villages[one.count_column]
    # both the few and the few others: 98 of 100 poor tells as much about the two
    hidden |= _few(count, minimum) | _few(villages[one.base_column] - count, minimum)
    return _with_second(hidden, count.where(known), groups)


def _few_details(villages: pd.DataFrame, one: Indicator, name: str, minimum: int) -> pd.Series:
    """Tell where a further count, those it leaves, or its distance to the main one are few."""
    detail = villages[name]
    apart = (detail - villages[one.count_column]).abs()
    return (
        _few(detail, minimum)
        | _few(villages[one.base_column] - detail, minimum)
        | _few(apart, minimum)
    )


def _few(count: pd.Series, minimum: int) -> pd.Series:
    return count.between(0.5, minimum - 0.5)


def _with_second(hidden: pd.Series, count: pd.Series, groups: list[pd.Series]) -> pd.Series:
    """Hide a second village of each group where one alone could be worked out from the total."""
    hidden = hidden.copy()
    for group in groups:
        for _, block in count[count.notna()].groupby(group):
            shown = block[~hidden[block.index]]
            if hidden[block.index].sum() == 1 and len(shown):
                hidden |= hidden.index == shown.idxmin()
    return hidden


def leaks(folder: Path, *, personal: Collection[str] = ()) -> Mapping[str, int]:
    """
    Search finished files for identity numbers and for texts of a register.

    Looks into text, HTML, JSON, CSV, GeoPackage, the text of PDF pages and zipped
    office files; 16-digit numbers and every text of `personal` count.

    Parameters
    ----------
    folder
        Folder with products.
    personal
        Names, numbers and points of a register that must not occur.

    Returns
    -------
    found
        File name (relative) to number of findings; empty when clean. Never what
        was found.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    """
    if not folder.is_dir():
        msg = f"{folder}: no such folder"
        raise FileNotFoundError(msg)
    runs = [_words(text) for text in personal]
    wanted = {" ".join(run) for run in runs if run}
    longest = min(max((len(run) for run in runs), default=0), _LONGEST_NAME)
    found: dict[str, int] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        hits = sum(_count(content, wanted, longest) for content in _contents(path))
        if hits:
            found[path.relative_to(folder).as_posix()] = hits
    return found


def require_clean(folder: Path, *, personal: Collection[str] = ()) -> None:
    """
    Refuse products that hold what their reader may not see.

    Parameters
    ----------
    folder
        Folder with products.
    personal
        Texts that must not occur.

    Raises
    ------
    LeakError
        At least one file has a finding; the files are named, the findings not.
    """
    found = leaks(folder, personal=personal)
    if found:
        files = ", ".join(f"{name} ({count})" for name, count in found.items())
        msg = f"Personal data in finished products: {files}. Nothing was written; report this."
        raise LeakError(msg)


def _contents(path: Path) -> Iterator[bytes]:
    if path.suffix == ".pdf":
        for page in pypdf.PdfReader(path).pages:
            yield page.extract_text().encode("utf-8")
    elif path.suffix in {".gpkg", ".sqlite"}:
        # raw pages lay cells end to end, and keep whole numbers in binary
        yield from _cells(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    else:
        yield path.read_bytes()


def _cells(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            quoted = str(name).replace('"', '""')
            rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - its own table
            cells = (
                str(cell) for row in rows for cell in row if isinstance(cell, str | int | float)
            )
            yield "\n".join(cells).encode("utf-8")


def _words(text: str) -> list[str]:
    return [word.rstrip(".!?") for word in _WORD.findall(text.lower())]


def _count(content: bytes, wanted: Collection[str], longest: int) -> int:
    hits = len(_IDENTITY.findall(_CHECKSUM.sub(b"", content)))
    if not wanted:
        return hits
    # every run of words is looked up once, instead of one search per text of a large register
    words = _words(content.decode("utf-8", errors="ignore"))
    for length in range(1, longest + 1):
        runs = zip(*(words[start:] for start in range(length)), strict=False)
        hits += sum(" ".join(run) in wanted for run in runs)
    return hits
