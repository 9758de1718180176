"""Every table of a study carried to the villages."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import config, join
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.indicators import villages
from sibangkit_geo.indicators.needs import needs_of
from sibangkit_geo.sources import households as household_source
from sibangkit_geo.sources import profiles as profile_source
from sibangkit_geo.sources.opening import open_register, personal_texts
from sibangkit_geo.sources.readers import table_source
from sibangkit_geo.study import registers
from sibangkit_geo.study.options import deprivation_index, keeps_houses
from sibangkit_geo.study.reviewing import decisions, uncertain_places, uncertain_rows
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sibangkit_geo.sources.register import Register
    from sibangkit_geo.study.houses import KeptHouses
    from sibangkit_geo.tables.intake import IntakeReport
    from sibangkit_geo.tables.public import (
        Boundaries,
        Indicator,
        Located,
        Profiles,
        VillageCounts,
    )

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Carried:
    """
    Tables carried to villages.

    `parts`: Village tables with the definitions of their columns.
    `uncertain`: Names that did not match to the letter.
    `obeyed`: Whether a person's decision changed a match.
    `districts`: ``district_name`` as the tables write it and ``village_code``, row by row.
    `houses`: Points of the registers' houses, where the study asks for them.
    """

    parts: list[tuple[pd.DataFrame, list[Indicator]]]
    notes: list[Note]
    uncertain: pd.DataFrame
    obeyed: bool
    districts: pd.DataFrame
    reports: tuple[IntakeReport, ...]
    counts: tuple[VillageCounts, ...] = ()
    houses: tuple[KeptHouses, ...] = ()


def locate_tables(
    study: config.Study, areas: Boundaries, folder: Path, review_file: Path
) -> Carried:
    """
    Read every table and carry its rows to the villages.

    `review_file`: A person's decisions, where the file is there.
    Raises ConfigError: A file is missing, or codes cannot be joined without names.
    Raises DataError: A table breaks its contract.
    """
    parts, notes, uncertain, obeyed = [], list[Note](), [pd.DataFrame()], False
    reports: list[IntakeReport] = []
    counts: list[VillageCounts] = []
    houses: list[KeptHouses] = []
    named = [pd.DataFrame(columns=["district_name", "village_code"])]
    for source in study.households:
        review = decisions(review_file)
        part, counted = locate_register(study, source, areas, folder, review)
        parts.append(part)
        notes += counted.notes
        reports.append(counted.report)
        counts.append(counted.counts)
        houses.append(counted.houses)
        uncertain.append(uncertain_places(counted, areas))
        named.append(_named(counted.places, counted.located))
        obeyed |= bool((counted.located.rows["how"] == "review").any())
    for profile in study.profiles:
        read = profile_source.read_profiles(profile, folder=folder)
        with _naming(profile.path):
            located = _locate_profile(read, areas, review_file)
            parts.append(villages.from_profiles(read, located))
        notes += [*read.notes, *located.notes]
        uncertain.append(uncertain_rows(read, located, areas))
        named.append(_named(read.rows, located))
        obeyed |= bool((located.rows["how"] == "review").any())
        log.info("locate: %d profile rows", len(read.rows))
    return Carried(
        parts, notes, pd.concat(uncertain), obeyed, pd.concat(named),
        tuple(reports), tuple(counts), tuple(houses),
    )  # fmt: skip


def _named(rows: pd.DataFrame, located: Located) -> pd.DataFrame:
    told = rows.reindex(columns=["district_name"])
    return told.assign(village_code=located.rows["village_code"].to_numpy())


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Name the file in an error of a stage that sees tables only."""
    try:
        yield
    except DataError as error:
        error.name_file(Path(path).name)
        raise


def locate_register(
    study: config.Study,
    source: household_source.HouseholdSource,
    areas: Boundaries,
    folder: Path,
    review: dict[str, str],
) -> tuple[tuple[pd.DataFrame, list[Indicator]], registers.Counted]:
    """
    Read a register, count it village by village, and let the household rows go.

    `source`: One ``[[households]]`` or ``[[earlier]]`` table.
    `review`: A person's decisions on names.
    Raises ConfigError: The file is missing, or no rule says who is poor.
    Raises DataError: The register breaks its contract.
    """
    if study.poverty is None:
        msg = "A study with [[households]] needs [poverty]."
        raise ConfigError(msg)
    register = open_study_register(study, source, folder)
    index = deprivation_index(study, folder)
    plan = registers.RegisterPlan(
        areas,
        study.poverty,
        source.code_system,
        review,
        index,
        keeps_houses(study),
        keep_cards=study.disclosure.level == "internal" and source in study.households,
    )
    with _naming(register.name):
        counted = registers.count_register(register, plan)
    part = villages.from_counts(
        counted.counts,
        needs=needs_of(register.mapped.positions),
        year=source.year,
        source=source.source or register.name,
        index=index,
    )
    return part, counted


def open_study_register(
    study: config.Study, source: household_source.HouseholdSource, folder: Path
) -> Register:
    """
    Open a register as the study names it.

    Parameters
    ----------
    study
        Settings, for the poverty rule.
    source
        One ``[[households]]`` table.
    folder
        Folder of the study file.

    Returns
    -------
    register
        Its rows are not read yet.

    Raises
    ------
    ConfigError
        The file is missing, or a database without table.
    DataError
        The file is damaged or lacks a column.
    """
    poverty = study.poverty
    decile = poverty is not None and poverty.rule == "decile"
    return open_register(
        table_source(source.path, folder=folder, sheet=source.sheet, table=source.table),
        generation=source.code_generation,
        named=source.named(spending=poverty.spending if poverty else ""),
        required=("decile",) if decile else (),
    )


def _locate_profile(profiles: Profiles, areas: Boundaries, review_file: Path) -> Located:
    review = decisions(review_file)
    rows = profiles.rows
    if profiles.code_system == "kemendagri":
        return join.locate_by_code(rows["code"], areas.official, code_system="kemendagri")
    if rows["village_name"].isna().all():
        # says what to do instead
        return join.locate_by_code(rows["code"], areas.official, code_system="bps")
    return join.locate_by_name(rows, areas.official, review=review)


def personal_of(study: config.Study, folder: Path, areas: Boundaries) -> set[str]:
    """
    Gather what no product may hold, read again from the registers for the leak scan.

    `areas`: Boundaries: people are named after places too.
    Returns: Names, numbers and points, without the names of villages and districts.
    Raises DataError: A file is damaged.
    """
    found: set[str] = set()
    for source in (*study.households, *study.earlier):
        found |= personal_texts(open_study_register(study, source, folder))
    # the name of a village on its own tells of nobody
    names = areas.official[["name", "district_name"]].to_numpy().ravel()
    return found - {str(name).lower() for name in names}
