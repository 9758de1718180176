"""A study by answers: what a folder holds, what a person says of it, the study file of both."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.disclosure import DisclosureSettings
from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.indicators.benchmarks import OfficialFigures
from sibangkit_geo.model.limits import LONG_NUMBER
from sibangkit_geo.model.toml import build
from sibangkit_geo.products.staging import write_text
from sibangkit_geo.sources import boundaries
from sibangkit_geo.study.begin import Inspected, Known, is_named, is_placed
from sibangkit_geo.study.new_study import (
    NAME,
    Maps,
    Wishes,
    by_spending,
    is_map,
    look,
    maps_of,
    register_of,
    write_study,
    year_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo.study.new_study import Seen


# no suffix of a table or a map, so that it is none of the files that are looked at
KEPT = "sibangkit.jawaban"
PRODUCTS = "hasil"
_REGENCY = "16.07"
Use = Literal["households", "profiles", "boundaries", "not used"]


@dataclass(frozen=True, slots=True)
class Answers:
    """
    What a person has said so far; empty or 0 where not said.

    Attributes
    ----------
    uses
        File to what it is, where that was corrected.
    columns
        File to variable (of a map: key of ``[boundaries]``) to column, where it was named.
    code_system, code_generation
        Of digits without dots, and of the answers of the register.
    year
        Of the study, and of files whose name tells none.
    decile_max, line_rp_month
        Who counts as poor.
    rate_percent, poor_people, rate_year, rate_source, align
        Published figure; a rate below 0 is left open.
    level
        Who may see the products.
    study
        SHA-256 of the study file that these answers made, where its run has failed.

    Examples
    --------
    >>> Answers(year=2025).level
    ''
    """

    uses: dict[str, Use] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    code_system: Literal["", "kemendagri", "bps"] = ""
    code_generation: str = ""
    year: int = 0
    decile_max: int = 0
    line_rp_month: float = 0.0
    rate_percent: float = -1.0
    poor_people: int = 0
    rate_year: int = 0
    rate_source: str = ""
    align: Literal["", "ya", "tidak"] = ""
    level: Literal["", "public", "partner", "agency", "internal"] = ""
    study: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """
    A folder with what was recognised in it.

    Attributes
    ----------
    path
        The folder.
    seen
        Its tables.
    maps
        Names of its files that may hold polygons.
    """

    path: Path
    seen: Seen
    maps: tuple[str, ...]

    @property
    def study_file(self) -> Path:
        """The study file, there or not."""
        return self.path / NAME

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that was looked at, tables first."""
        tables = sorted({*(one.file for one in self.seen.tables), *self.seen.unreadable})
        return (*tables, *(one for one in self.maps if one not in tables))

    def columns_of(self, file: str) -> tuple[str, ...]:
        """
        List the columns of a file as people may see them.

        Raises SibangkitError: A map cannot be read.
        """
        for one in self.seen.tables:
            if one.file == file:
                return tuple(one.columns)
        opened = boundaries.open_file(self.path / file, named_by="boundary file", strict=False)
        return tuple(str(one) for one in opened.table.columns if one != opened.table.geometry.name)

    def tables(self, answers: Answers) -> list[Inspected]:
        """Take the tables that are used, as they were recognised and corrected."""
        told = [_told(one, answers) for one in self.seen.tables]
        return [one for one in told if one.kind != "unknown" and not lacking(one)]

    def known(self, answers: Answers) -> Known:
        """Take what the answers say of every file."""
        tables = self.tables(answers)
        regency = next((one.known.regency for one in tables if one.known.regency), _REGENCY)
        return Known(regency, answers.code_generation, answers.code_system, "", answers.year)

    def choose_map(self, answers: Answers) -> Maps:
        """Choose the map of the answers; reads it."""
        unused = [name for name, use in answers.uses.items() if use == "not used"]
        return maps_of(self.path, self.known(answers), named=answers.columns, unused=unused)

    def write(self, answers: Answers) -> Path:
        """
        Write the study file; one that the same answers have made is replaced.

        Raises OSError: The folder cannot be written.
        """
        wishes = Wishes(
            decile_max=answers.decile_max,
            line_rp_month=answers.line_rp_month,
            official=official(answers),
            level=answers.level or DisclosureSettings().level,
        )
        write_study(
            self.study_file,
            self.tables(answers),
            self.choose_map(answers),
            known=self.known(answers),
            wishes=wishes,
        )
        return self.study_file

    def keep(self, answers: Answers) -> None:
        """
        Keep answers in the folder, whole or not at all.

        Raises OSError: The folder cannot be written.
        """
        _keep(self.path, replace(answers, study=""))


def _keep(folder: Path, answers: Answers) -> None:
    """Write answers; files whose names hold long numbers are left out."""
    safe = replace(
        answers,
        uses={name: use for name, use in answers.uses.items() if not LONG_NUMBER.search(name)},
        columns={name: of for name, of in answers.columns.items() if not LONG_NUMBER.search(name)},
    )
    write_text(folder / KEPT, json.dumps(asdict(safe), ensure_ascii=False, indent=1) + "\n")


def mark_failed(folder: Path) -> None:
    """Note with the kept answers that their study file could not be run, as far as that goes."""
    answers = kept(folder)
    if answers is not None:
        with suppress(OSError):
            _keep(folder, replace(answers, study=checksum_of(folder / NAME)))


def forget(folder: Path) -> None:
    """Remove the kept answers, once they have made products."""
    with suppress(OSError):
        (folder / KEPT).unlink(missing_ok=True)


def open_folder(path: Path) -> Folder:
    """
    Look at every file of a folder.

    Parameters
    ----------
    path
        Folder that is there.

    Returns
    -------
    folder
        What was recognised; of a folder without files, nothing.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     open_folder(pathlib.Path(name)).files
    ()
    """
    maps = tuple(sorted(one.name for one in path.iterdir() if is_map(one)))
    return Folder(path, look(path, Known()), maps)


def kept(path: Path) -> Answers | None:
    """
    Read the answers that are kept in a folder.

    Parameters
    ----------
    path
        Folder.

    Returns
    -------
    answers
        None where there are none, or none that can be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     folder = open_folder(pathlib.Path(name))
    ...     folder.keep(Answers(year=2025))
    ...     kept(folder.path).year
    2025
    """
    try:
        read = json.loads((path / KEPT).read_text("utf-8"))
        return build(Answers, read, file=KEPT)
    except (OSError, ValueError, RecursionError, SibangkitError):
        return None


def checksum_of(file: Path) -> str:
    """Take the SHA-256 of a small file; empty where there is none."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def use_of(folder: Folder, file: str, answers: Answers) -> str:
    """
    Say what a file is taken for: a kind of `Inspected`, or what becomes of it.

    Maps are told by `Folder.choose_map`.
    """
    if answers.uses.get(file) == "not used":
        return "not used"
    if file in folder.seen.unreadable:
        return "unreadable"
    for one in folder.seen.tables:
        if one.file == file:
            told = _told(one, answers)
            return "unknown" if lacking(told) else told.kind
    return "boundaries"


def lacking(table: Inspected) -> tuple[str, ...]:
    """List the variables without which a table of its kind cannot be used: the place, the count."""
    if table.kind == "unknown":
        return ()
    placed = is_placed if table.kind == "profiles" else is_named
    place = () if placed(table.names) else ("village_code",)
    counted = table.kind != "profiles" or "households" in table.names
    return place if counted else (*place, "households")


def corrected(folder: Folder, file: str, answers: Answers) -> Inspected | None:
    """Take one table as it was recognised and corrected; None for what is no table."""
    found = next((one for one in folder.seen.tables if one.file == file), None)
    return _told(found, answers) if found else None


def _told(table: Inspected, answers: Answers) -> Inspected:
    """Put what the user says of a table in the place of what was recognised."""
    use = answers.uses.get(table.file)
    named = answers.columns.get(table.file, {})
    # a file may have changed since a column was named
    there = {one: column for one, column in named.items() if column in table.columns}
    names: Mapping[str, str] = {**table.names, **there}
    kind = table.kind
    if use == "not used":
        kind = "unknown"
    elif use == "profiles":
        kind = "profiles"
    elif use == "households" and table.kind != "members":
        kind = "households"
    known = replace(
        table.known,
        code_generation=answers.code_generation,
        code_system=table.known.code_system or answers.code_system,
        year=answers.year,
    )
    return replace(table, kind=kind, names=names, known=known)


def asks_code_system(tables: list[Inspected], maps: Maps) -> bool:
    """Tell whether codes without dots are used that may be of either system."""
    digits = (one for one in tables if "village_code" in one.names)
    return "code_system" in maps.asked or any(not one.known.code_system for one in digits)


def asked_of_the_poor(tables: list[Inspected]) -> Literal["", "decile", "spending", "neither"]:
    """Say how a register tells who is poor; empty where there is no register."""
    register = register_of(tables)
    if register is None:
        return ""
    if by_spending(register):
        return "spending"
    return "decile" if "decile" in register.names else "neither"


def tells_poverty(tables: list[Inspected]) -> bool:
    """Tell whether anything in the tables says how many are poor."""
    return register_of(tables) is not None or any(
        "poor_share_percent" in one.names for one in tables
    )


def likely_year(tables: list[Inspected]) -> int:
    """Take the newest year that the names of the files tell; 0 for none."""
    return max((year_of(replace(one, known=Known())) for one in tables), default=0)


def official(answers: Answers) -> OfficialFigures | None:
    """Take the published figure; None where it is left open."""
    if answers.rate_percent < 0 or not answers.rate_source:
        return None
    return OfficialFigures(
        answers.rate_year or answers.year,
        answers.rate_percent,
        answers.poor_people,
        answers.rate_source,
        "rate" if answers.align == "ya" else "none",
    )
