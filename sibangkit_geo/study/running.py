"""
The whole study, top to bottom: read, locate, measure, find, focus, draw, write.

The only module that knows the order of the stages.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import codes, config, disclosure, join
from sibangkit_geo.agencies import agency_needs
from sibangkit_geo.cartography.product import Product, build_layers
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.indicators import villages
from sibangkit_geo.indicators.needs import needs_of
from sibangkit_geo.outputs import tables
from sibangkit_geo.outputs.products import write_products
from sibangkit_geo.pockets import find_pockets
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.sources import households as household_source
from sibangkit_geo.sources import profiles as profile_source
from sibangkit_geo.sources.readers import table_source
from sibangkit_geo.sources.register import open_register, personal_texts
from sibangkit_geo.sources.review import read_review
from sibangkit_geo.sources.text_tables import checksum
from sibangkit_geo.study import registers
from sibangkit_geo.tables.provenance import InputFile, Provenance
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sibangkit_geo.sources.register import Register
    from sibangkit_geo.tables.public import (
        Boundaries,
        Indicator,
        IntakeReport,
        Located,
        Pockets,
        Profiles,
        VillageIndicators,
    )

    Progress = Callable[[str, int, int], None]

log = logging.getLogger(__name__)
_VERSIONS = ("sibangkit_geo", "geopandas", "shapely", "numpy", "pandas", "scipy", "pyproj")


@dataclass(frozen=True, slots=True)
class Finished:
    """
    What a run made.

    Attributes
    ----------
    out
        Folder of the products.
    products
        Relative paths, the overview first.
    review
        File of uncertain names beside the folder; None when no name was uncertain.
    pockets
        Result of the detector.
    notes
        Notes of all stages.
    """

    out: Path
    products: tuple[str, ...]
    review: Path | None
    pockets: Pockets
    notes: tuple[Note, ...]


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def run(study_file: Path, out: Path, *, progress: Progress = _silent) -> Finished:
    """
    Run a study file and write all its products.

    Parameters
    ----------
    study_file
        TOML file.
    out
        Folder for the products; nothing in it changes unless the run succeeds.
    progress
        Called with stage, steps done and steps in all.

    Returns
    -------
    finished
        What was made.

    Raises
    ------
    ConfigError
        The study file, or a file it names, is wrong or missing.
    DataError
        A table breaks its contract.
    LeakError
        A product would show personal data; nothing is written.
    """
    study = config.read_study(study_file)
    folder = study_file.resolve().parent
    inputs = _input_files(study, folder, study_file)
    progress("read", 0, 1)
    areas = boundary_source.read_boundaries(
        study.boundaries, folder=folder, regency=study.study.regency
    )
    log.info("read: %d villages with polygon", len(areas.villages))
    review_file = _review_file(study, folder, out)
    carried = _locate(study, areas, folder, review_file)
    if carried.obeyed:
        inputs = (*inputs, InputFile("review", review_file.name, checksum(review_file), ""))
    measured = _measure(study, areas, carried)
    pockets = _find(study, measured, progress)
    masked = disclosure.mask(measured, settings=study.disclosure)
    product = Product(
        title=study.study.title,
        year=study.study.year,
        regency_name=codes.require_regency(study.study.regency),
        boundaries=areas,
        measured=masked.measured,
        layers=build_layers(masked.measured, cells=masked.cells, totals=measured),
        pockets=pockets,
        needs=agency_needs(masked.measured),
        notes=_unique([*areas.notes, *carried.notes, *masked.measured.notes, *pockets.notes]),
        provenance=_provenance(study, inputs),
        neighbor_distance_m=study.pockets.neighbor_distance_m,
    )
    products = write_products(
        product,
        masked.cells,
        out,
        reports=carried.reports,
        personal=_personal(study, folder, areas),
        progress=progress,
    )
    log.info("write: %d files", len(products))
    if len(carried.uncertain):
        tables.write_review(carried.uncertain, review_file)
    review = review_file if review_file.exists() else None
    return Finished(out, products, review, pockets, product.notes)


@dataclass(frozen=True, slots=True)
class _Carried:
    """Tables carried to villages, notes, uncertain names, whether a review was obeyed, reports."""

    parts: list[tuple[pd.DataFrame, list[Indicator]]]
    notes: list[Note]
    uncertain: pd.DataFrame
    obeyed: bool
    reports: tuple[IntakeReport, ...]


def _input_files(study: config.Study, folder: Path, study_file: Path) -> tuple[InputFile, ...]:
    """Take checksums; a missing file is refused before anything long starts."""
    named: list[tuple[str, Path, str]] = [("study", study_file, "")]
    files = boundary_source.input_files(study.boundaries, folder=folder)
    named += [(role, path, study.boundaries.source) for role, path in files]
    named += [("profiles", folder / one.path, one.source) for one in study.profiles]
    named += [("households", folder / one.path, one.source) for one in study.households]
    return tuple(InputFile(role, path.name, checksum(path), source) for role, path, source in named)


def _review_file(study: config.Study, folder: Path, out: Path) -> Path:
    name = study.join.review or "join.review.csv"
    beside_study = folder / name
    return beside_study if beside_study.is_file() else out.resolve().parent / Path(name).name


def _locate(study: config.Study, areas: Boundaries, folder: Path, review_file: Path) -> _Carried:
    """Read every table and carry its rows to the villages."""
    parts, notes, uncertain, obeyed = [], list[Note](), [pd.DataFrame()], False
    reports: list[IntakeReport] = []
    for source in study.households:
        review = read_review(review_file) if review_file.is_file() else {}
        part, counted = _locate_register(study, source, areas, folder, review)
        parts.append(part)
        notes += counted.notes
        reports.append(counted.report)
        uncertain.append(_uncertain_places(counted, areas))
        obeyed |= bool((counted.located.rows["how"] == "review").any())
    for profile in study.profiles:
        read = profile_source.read_profiles(profile, folder=folder)
        with _naming(profile.path):
            located = _locate_profile(read, areas, review_file)
            parts.append(villages.from_profiles(read, located))
        notes += [*read.notes, *located.notes]
        uncertain.append(_uncertain(read, located, areas))
        obeyed |= bool((located.rows["how"] == "review").any())
        log.info("locate: %d profile rows", len(read.rows))
    return _Carried(parts, notes, pd.concat(uncertain), obeyed, tuple(reports))


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Name the file in an error of a stage that sees tables only."""
    try:
        yield
    except DataError as error:
        error.name_file(Path(path).name)
        raise


def _locate_register(
    study: config.Study,
    source: household_source.HouseholdSource,
    areas: Boundaries,
    folder: Path,
    review: dict[str, str],
) -> tuple[tuple[pd.DataFrame, list[Indicator]], registers.Counted]:
    """Read a register, count it village by village, and let the household rows go."""
    if study.poverty is None:
        msg = "A study with [[households]] needs [poverty]."
        raise ConfigError(msg)
    register = _open_register(study, source, folder)
    plan = registers.RegisterPlan(areas, study.poverty, source.code_system, review)
    with _naming(register.name):
        counted = registers.count_register(register, plan)
    part = villages.from_counts(
        counted.counts,
        needs=needs_of(register.mapped.positions),
        year=source.year,
        source=source.source or register.name,
    )
    return part, counted


def _open_register(
    study: config.Study, source: household_source.HouseholdSource, folder: Path
) -> Register:
    poverty = study.poverty
    decile = poverty is not None and poverty.rule == "decile"
    return open_register(
        table_source(source.path, folder=folder, sheet=source.sheet, table=source.table),
        generation=source.code_generation,
        named=source.named(spending=poverty.spending if poverty else ""),
        required=("decile",) if decile else (),
    )


def _locate_profile(profiles: Profiles, areas: Boundaries, review_file: Path) -> Located:
    review = read_review(review_file) if review_file.is_file() else {}
    rows = profiles.rows
    if profiles.code_system == "kemendagri":
        return join.locate_by_code(rows["code"], areas.official, code_system="kemendagri")
    if rows["village_name"].isna().all():
        # says what to do instead
        return join.locate_by_code(rows["code"], areas.official, code_system="bps")
    return join.locate_by_name(rows, areas.official, review=review)


def _uncertain_places(counted: registers.Counted, areas: Boundaries) -> pd.DataFrame:
    """List places of a register that were located by a similar spelling, or not at all."""
    places = counted.places.reindex(columns=["code", "district_name", "village_name"])
    doubtful = counted.located.rows["how"].isin(["spelling", "none"])
    doubtful &= places["village_name"].notna()
    named = places[doubtful].assign(
        code=[
            code if isinstance(code, str) else join.review_key(str(district), str(village))
            for code, district, village in places[doubtful].itertuples(index=False)
        ]
    )
    return _review_lines(named, counted.located.rows[doubtful], areas)


def _uncertain(profiles: Profiles, located: Located, areas: Boundaries) -> pd.DataFrame:
    """List names that did not match to the letter, for a person to decide."""
    doubtful = located.rows[located.rows["how"].isin(["spelling", "none"])]
    return _review_lines(profiles.rows.loc[doubtful.index], doubtful, areas)


def _review_lines(rows: pd.DataFrame, doubtful: pd.DataFrame, areas: Boundaries) -> pd.DataFrame:
    return (
        rows[["code", "district_name", "village_name"]]
        .assign(
            kode_desa=doubtful["village_code"],
            nama_desa=doubtful["village_code"].map(areas.official["name"].to_dict()),
            skor=doubtful["score"].round(3),
        )
        .rename(
            columns={
                "code": "kode_tabel",
                "district_name": "kecamatan_tabel",
                "village_name": "desa_tabel",
            }
        )
    )


def _measure(study: config.Study, areas: Boundaries, carried: _Carried) -> VillageIndicators:
    measured = villages.assemble(
        areas,
        carried.parts,
        official=study.official,
        poverty_source=_poverty_source(study),
        rule=study.poverty if study.households else None,
    )
    log.info("measure: %d indicators", len(measured.indicators))
    return measured


def _poverty_source(study: config.Study) -> tuple[str, int]:
    first = study.households[0] if study.households else study.profiles[0]
    return first.source or Path(first.path).name, first.year


def _find(study: config.Study, measured: VillageIndicators, progress: Progress) -> Pockets:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress("find", done % study.pockets.replicates, study.pockets.replicates)

    found = find_pockets(measured.villages, settings=study.pockets, progress=step)
    log.info("find: %d pockets", len(found))
    return found


def _provenance(study: config.Study, inputs: tuple[InputFile, ...]) -> Provenance:
    settings = config.plain(study)
    return Provenance(
        inputs=inputs,
        settings=settings if isinstance(settings, dict) else {},
        seed=study.pockets.seed,
        versions={name: metadata.version(name) for name in _VERSIONS},
        created=_now(),
    )


def _now() -> str:
    """Take the time, or the one that reproducible builds ask for."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(stamp), UTC) if stamp else datetime.now(UTC)
    return now.isoformat(timespec="seconds")


def _unique(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))


def _personal(study: config.Study, folder: Path, areas: Boundaries) -> set[str]:
    found: set[str] = set()
    for source in study.households:
        found |= personal_texts(_open_register(study, source, folder))
    # people are named after places too; the name of a village on its own tells of nobody
    names = areas.official[["name", "district_name"]].to_numpy().ravel()
    return found - {str(name).lower() for name in names}
