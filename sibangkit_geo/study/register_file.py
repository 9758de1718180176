"""A register in a notebook: what it says of villages and what is wrong with it, never a row."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from sibangkit_geo.errors import DataError, DegradedInputWarning, columns_hint, naming
from sibangkit_geo.indicators import villages as village_measures
from sibangkit_geo.indicators.needs import PovertyRule, needs_of
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.toml import build
from sibangkit_geo.model.types import Boundaries, IntakeReport
from sibangkit_geo.products.shown import Shown, level_words
from sibangkit_geo.products.view import Look, View
from sibangkit_geo.products.words import say
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.sources.boundaries import read_boundaries
from sibangkit_geo.sources.household_source import HouseholdSource
from sibangkit_geo.sources.intake_rules import rules
from sibangkit_geo.sources.readers import table_source
from sibangkit_geo.study.registers import Counted, RegisterPlan, count_register

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo.model.types import Finding
    from sibangkit_geo.registers.register import Register

__all__ = ["RegisterFile", "read_register"]

# of counts that nobody's poverty is known for
_OF_POVERTY = ("poor_households", "poor_people", "unknown_poor", "known_poor", "known_people",
               "gap_sum", "gap_squared_sum")  # fmt: skip
_NO_YEAR = 2000


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FoundFaults(Shown, IntakeReport):
    """What is wrong with a register: rules, columns and numbers of rows, never a value."""

    def summary(self) -> pd.DataFrame:
        """
        List the findings.

        Returns
        -------
        table
            One row per rule and column: ``rule``, ``column``, ``rows``, ``remedy``, ``level``.
        """
        rows = [
            {
                "rule": rules()[one.kind].title,
                "column": one.column,
                "rows": len(one.rows),
                "remedy": rules()[one.kind].decide,
            }
            for one in self.findings
        ]
        table = pd.DataFrame(rows, columns=["rule", "column", "rows", "remedy"])
        return table.assign(level=level_words([]))

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        del look
        told = [
            say(
                "nb_finding_in" if one.column else "nb_finding",
                title=rules()[one.kind].title,
                column=one.column,
                n=numeral(len(one.rows)),
            )
            for one in self.findings
            if one.rows
        ]
        return View(
            say("nb_register", name=self.file),
            (
                (say("nb_level"), level_words([])),
                (
                    say("nb_rows"),
                    say("nb_pair", first=numeral(self.rows_in), second=numeral(self.rows_located)),
                ),
                (say("nb_findings"), numeral(len(self.findings))),
            ),
            tuple(told),
            notes=tuple(self.remarks),
            caveat=say("nb_unprotected"),
        )


class RegisterFile(Shown):
    """
    A register of households that can be counted; shows counts and findings, never a row.

    Made by `read_register`.

    Attributes
    ----------
    source
        How the file is read.
    columns
        Header of each column that was recognised, by what it means.

    Examples
    --------
    >>> import tempfile, pathlib, sibangkit_geo as sg
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> study = sg.read_study(sg.write_demo(folder, settings=sg.DemoSettings(households=5_000)))
    >>> path = study.households[0].path
    >>> register = sg.read_register(
    ...     path, code_generation="dtsen2025", code_system="kemendagri"
    ... )
    >>> poor = sg.PovertyRule("decile", decile_max=1)
    >>> counts = register.count(sg.read_boundaries(), poverty=poor)
    >>> bool(counts["poor_households"].sum() < counts["households"].sum())
    True
    """

    __slots__ = ("_report", "columns", "source")

    def __init__(self, source: HouseholdSource) -> None:
        self.source = source
        self.columns: Mapping[str, str] = dict(self._opened().mapped.names)
        self._report: IntakeReport | None = None

    def _opened(self, spending: str = "") -> Register:
        source = self.source
        return open_register(
            table_source(source.path, sheet=source.sheet, table=source.table),
            generation=source.code_generation,
            named=source.named(spending=spending),
            required=(),
            numerals=source.numerals,
        )

    @property
    def report(self) -> FoundFaults:
        """What is wrong with the rows: of the last count, else against the embedded villages."""
        if self._report is None:
            self._counted(read_boundaries(), None)
        found = self._report
        if found is None:
            msg = "A count leaves a report."
            raise RuntimeError(msg)
        return FoundFaults(
            found.file, found.rows_in, found.rows_located, found.findings, found.columns,
            found.sheets, found.remarks,
        )  # fmt: skip

    def count(
        self,
        villages: Boundaries | gpd.GeoDataFrame | None = None,
        *,
        poverty: PovertyRule | None = None,
    ) -> gpd.GeoDataFrame:
        """
        Count the register village by village.

        The counts are not protected: they are for the analyst who holds the register.
        Grain: one row per household in, one row per village out.

        Parameters
        ----------
        villages
            `read_boundaries`; or polygons indexed by village code with ``name``,
            ``district_code`` and ``district_name``; None takes the embedded regency.
        poverty
            Who counts as poor; without it nobody's poverty is counted, since none is guessed.

        Returns
        -------
        counts
            The villages with ``households``, ``people``, per need ``deprived_KEY``,
            ``unserved_KEY``, ``known_KEY`` and ``KEY_share``, and with a rule
            ``poor_households`` and ``known_poor`` (whose poverty is known); missing where the
            register has no household.

        Raises
        ------
        ConfigError
            BPS codes without names, or a poverty rule whose column is not there.
        DataError
            The file is damaged, its codes are of the other system, or `villages` lacks a column.
        UnknownAreaError
            No row finds a village.
        """
        if poverty is not None and not isinstance(poverty, PovertyRule):
            kind = type(poverty).__name__
            msg = f'`poverty` must be a PovertyRule, such as PovertyRule("decile", 1), got {kind}.'
            raise TypeError(msg)
        areas = _boundaries(villages)
        counted = self._counted(areas, poverty)
        needs = needs_of(self._opened().mapped.positions)
        counts = village_measures.without_undenied(counted.counts, needs)
        table, _ = village_measures.from_counts(
            counts, needs=needs, year=self.source.year, source=counted.report.file
        )
        if poverty is None:
            table = table.drop(columns=[one for one in _OF_POVERTY if one in table])
        return areas.villages.join(table)

    def _counted(self, areas: Boundaries, poverty: PovertyRule | None) -> Counted:
        register = self._opened(poverty.spending if poverty else "")
        plan = RegisterPlan(areas, poverty, self.source.code_system, {}, count_all=poverty is None)
        with naming(register.name):
            counted = count_register(register, plan)
        report = self._report = counted.report
        unread = [one.column for one in report.findings if _is_whole(one, report.rows_in)]
        if unread:
            text = (
                f"{report.file}: tidak satu pun jawaban dikenal pada kolom {', '.join(unread)}. "
                f'Periksa code_generation ("{self.source.code_generation}").'
            )
            warnings.warn(text, DegradedInputWarning, stacklevel=3)
        return counted

    def summary(self) -> pd.DataFrame:
        """
        List the columns that were recognised.

        Returns
        -------
        table
            ``variable``, ``column`` and ``level``.
        """
        table = pd.DataFrame({"variable": list(self.columns), "column": [*self.columns.values()]})
        return table.assign(level=level_words([]))

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        return self.report.view(look)


def read_register(
    path: str | Path,
    *,
    code_generation: str,
    code_system: str,
    sheet: str = "",
    columns: Mapping[str, str] | None = None,
    **more: object,
) -> RegisterFile:
    """
    Open a register of households in any format; its rows stay in the file.

    Parameters
    ----------
    path
        CSV, XLSX, XLS, ODS, HTML table, Parquet, GeoPackage, or an SQLAlchemy address.
    code_generation
        Which list of answer codes it follows: ``"bdt2015"``, ``"regsosek2022"``,
        ``"dtsen2025"``, ``"p3ke"`` or ``"bkkbn"``; never guessed.
    code_system
        Which codes its villages have: ``"kemendagri"`` or ``"bps"``; never guessed.
    sheet
        Sheet or layer, where there are several.
    columns
        What a column means to its header, where the catalogue does not know it.
    **more
        As further keys of a study's ``[[households]]``: ``village_code``, ``numerals`` ...

    Returns
    -------
    register
        To count and to look at; identity columns never leave the reader.

    Raises
    ------
    ConfigError
        A key is unknown, a value is none of those that are known, or there is no such file.
    DataError
        The file is damaged, or no column with the village is recognised.

    Examples
    --------
    >>> import tempfile, pathlib, sibangkit_geo as sg
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> study = sg.read_study(sg.write_demo(folder, settings=sg.DemoSettings(households=5_000)))
    >>> register = sg.read_register(
    ...     study.households[0].path, code_generation="dtsen2025", code_system="kemendagri"
    ... )
    >>> "decile" in register.columns
    True
    """
    given: dict[str, object] = {
        "path": str(path), "code_generation": code_generation, "code_system": code_system,
        "sheet": sheet, "columns": dict(columns or {}), "year": _NO_YEAR, **more,
    }  # fmt: skip
    return RegisterFile(build(HouseholdSource, given, file="read_register"))


def _is_whole(finding: Finding, rows: int) -> bool:
    """Tell whether a rule concerns every row of a column of answers."""
    return bool(finding.column) and rows > 0 and len(finding.rows) >= rows


def _boundaries(villages: Boundaries | gpd.GeoDataFrame | None) -> Boundaries:
    """Take villages as `join` wants them."""
    if villages is None:
        return read_boundaries()
    if isinstance(villages, Boundaries):
        return villages
    if not pd.api.types.is_string_dtype(villages.index):
        msg = "The villages are not indexed by their code"
        raise DataError(msg, remedy='Set it: villages.set_index("KODE").')
    needed = ["name", "district_code", "district_name"]
    missing = [one for one in needed if one not in villages]
    if missing:
        msg = f'The villages have no column "{missing[0]}" (indexed by village code they need it)'
        raise DataError(msg, remedy=columns_hint(missing, villages.columns))
    official = pd.DataFrame(villages[needed]).assign(has_polygon=True)
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs=villages.crs)
    regency = str(villages.index[0])[:5] if len(villages) else ""
    return Boundaries(villages, official, empty, regency, approximate=False, source="", notes=())
