"""Every table of a study carried to the villages."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from sibangkit_geo import config, disclosure, join
from sibangkit_geo.errors import ConfigError, DataError, Problems, naming, require_file
from sibangkit_geo.indicators import villages
from sibangkit_geo.indicators.deprivation import default_index, load_index
from sibangkit_geo.indicators.needs import need_catalogue, needs_of
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Located, Note
from sibangkit_geo.products.parts import EarlierWave
from sibangkit_geo.registers.personal_texts import personal_texts
from sibangkit_geo.sources import profiles as profile_source
from sibangkit_geo.sources.boundaries import read_boundaries
from sibangkit_geo.sources.context import read_context
from sibangkit_geo.sources.readers import table_source
from sibangkit_geo.sources.surroundings import read_facilities
from sibangkit_geo.sources.text_tables import read_links, read_review
from sibangkit_geo.study import engine, registers
from sibangkit_geo.study.protect import salt_of
from sibangkit_geo.study.register_parts import Opening
from sibangkit_geo.study.village_finder import village_finder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.indicators.deprivation import DeprivationIndex
    from sibangkit_geo.model.types import (
        Boundaries,
        Indicator,
        IntakeReport,
        Profiles,
        VillageCounts,
    )
    from sibangkit_geo.registers.register import Register
    from sibangkit_geo.sources.household_source import HouseholdSource
    from sibangkit_geo.study.registers import Counted, KeptHouses

log = logging.getLogger(__name__)
_ROWS_NAMED = 10
# a file may be looked at before the villages are known
_ANYWHERE = (94.0, -12.0, 142.0, 8.0)


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

    parts: tuple[tuple[pd.DataFrame, list[Indicator]], ...]
    notes: tuple[Note, ...]
    uncertain: pd.DataFrame
    obeyed: bool
    districts: pd.DataFrame
    reports: tuple[IntakeReport, ...]
    counts: tuple[VillageCounts, ...] = ()
    houses: tuple[KeptHouses, ...] = ()


def locate_tables(study: config.Study, areas: Boundaries, review_file: Path) -> Carried:
    """
    Read every table and carry its rows to the villages.

    `review_file`: A person's decisions, where the file is there.
    Raises ConfigError: A file is missing, or codes cannot be joined without names.
    Raises DataError: A table breaks its contract; what is wrong with several is told at once.
    """
    problems = Problems()
    review = problems.attempt(decisions, review_file) or {}
    tables = [
        *(problems.attempt(_of_register, study, one, areas, review) for one in study.households),
        *(problems.attempt(_of_profile, study, one, areas, review) for one in study.profiles),
    ]
    if problems.errors:
        raise problems.error()
    told = [one for one in tables if one is not None]
    counted = [one.counted for one in told if one.counted is not None]
    nothing = pd.DataFrame(columns=["district_name", "village_code"])
    return Carried(
        tuple(one.part for one in told),
        (*(note for one in told for note in one.notes), *_unmet(study, review, told)),
        pd.concat([pd.DataFrame(), *(one.uncertain for one in told)]),
        obeyed=any(bool((one.located.rows["how"] == "review").any()) for one in told),
        districts=pd.concat([nothing, *(_named(one.places, one.located) for one in told)]),
        reports=tuple(one.report for one in counted),
        counts=tuple(one.counts for one in counted),
        houses=tuple(one.houses for one in counted),
    )


def _unmet(study: config.Study, review: dict[str, str], told: list[_OneTable]) -> list[Note]:
    """Tell of decisions on rows that no table has; other tables of a study may have them."""
    if study.typology or study.locus or study.earlier:
        return []
    places = pd.concat([pd.DataFrame({"code": []}), *(one.places for one in told)])
    places = places.reindex(columns=["code", "district_name", "village_name"])
    count = len(review.keys() - set(keyed(places)["code"].astype(str)))
    text = (
        f"{numeral(count)} baris berkas tinjauan (kunci join.review) menyebut kode_tabel yang "
        "tidak ada dalam tabel mana pun dan tidak dipakai."
    )
    return [Note("review_unmet", text, count)] if count else []


@dataclass(frozen=True, slots=True)
class _OneTable:
    """One table carried to villages; `counted` where it is a register."""

    part: tuple[pd.DataFrame, list[Indicator]]
    places: pd.DataFrame
    located: Located
    uncertain: pd.DataFrame
    notes: tuple[Note, ...]
    counted: Counted | None = None


def _of_register(
    study: config.Study, source: HouseholdSource, areas: Boundaries, review: dict[str, str]
) -> _OneTable:
    part, counted = locate_register(study, source, areas, review)
    doubtful = uncertain_places(counted, areas)
    return _OneTable(part, counted.places, counted.located, doubtful, counted.notes, counted)


def _of_profile(
    study: config.Study,
    source: profile_source.ProfileSource,
    areas: Boundaries,
    review: dict[str, str],
) -> _OneTable:
    read = profile_source.read_profiles(source)
    with naming(Path(source.path).name):
        located = locate_places(read.rows, areas, code_system=read.code_system, review=review)
        part = villages.from_profiles(read, located)
    if study.disclosure.rights.protected and not source.published:
        table, indicators = part
        salt = salt_of(study)
        table = disclosure.protect_profile(table, indicators, settings=study.disclosure, salt=salt)
        part = table, indicators
    log.info("locate: %d profile rows", len(read.rows))
    doubtful = uncertain_rows(read, located, areas)
    return _OneTable(part, read.rows, located, doubtful, (*read.notes, *located.notes))


def look_at_sources(study: config.Study, problems: Problems) -> None:
    """Read every file by itself, so that a run that failed tells all that is wrong."""
    regency = study.study.regency
    problems.attempt(
        read_boundaries, study.boundaries, regency=regency, locate=village_finder(regency)
    )
    villages = gpd.GeoDataFrame(geometry=[shapely.box(*_ANYWHERE)], crs="EPSG:4326")
    for layer in study.context:
        problems.attempt(read_context, layer, villages=villages)
    if study.links is not None:
        problems.attempt(read_links, study.links)
    for register in (*study.households, *study.earlier):
        problems.attempt(open_study_register, study, register)
    for profile in study.profiles:
        problems.attempt(profile_source.read_profiles, profile)
    for listed in study.locus:
        problems.attempt(profile_source.read_locus, listed)
    if study.typology is not None:
        problems.attempt(profile_source.read_attributes, study.typology)
    for facility in study.facilities:
        problems.attempt(read_facilities, facility, crs="EPSG:4326")


def _named(rows: pd.DataFrame, located: Located) -> pd.DataFrame:
    told = rows.reindex(columns=["district_name"])
    return told.assign(village_code=located.rows["village_code"].to_numpy())


def locate_register(
    study: config.Study,
    source: HouseholdSource,
    areas: Boundaries,
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
    opening = _opening(study, source)
    register = opening.open()
    index = deprivation_index(study)
    plan = registers.RegisterPlan(
        areas,
        study.poverty,
        source.code_system,
        review,
        index,
        keeps_houses(study),
        keep_cards=study.disclosure.rights.houses and source in study.households,
    )
    needs = needs_of(register.mapped.positions)
    with naming(Path(register.name).name):
        counted = engine.count_with(study.engine, register, opening, plan)
    counts = villages.without_undenied(counted.counts, needs)
    if study.disclosure.rights.protected:
        counts = disclosure.protect_counts(counts, settings=study.disclosure)
    counted = replace(counted, counts=counts)
    if not study.disclosure.rights.rows:
        counted = registers.coarse(counted)
    part = villages.from_counts(
        counts,
        needs=needs,
        year=source.year,
        source=source.source or register.name,
        index=index,
    )
    return part, counted


def open_study_register(study: config.Study, source: HouseholdSource) -> Register:
    """
    Open a register as the study names it.

    Parameters
    ----------
    study
        Settings, for the poverty rule.
    source
        One ``[[households]]`` table.

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
    return _opening(study, source).open()


def _opening(study: config.Study, source: HouseholdSource) -> Opening:
    poverty = study.poverty
    decile = poverty is not None and poverty.rule == "decile"
    return Opening(
        table_source(source.path, sheet=source.sheet, table=source.table),
        generation=source.code_generation,
        named=source.named(spending=poverty.spending if poverty else ""),
        required=("decile",) if decile else (),
        numerals=source.numerals,
        salt=salt_of(study),
    )


def locate_places(
    places: pd.DataFrame, areas: Boundaries, *, code_system: str, review: dict[str, str]
) -> Located:
    """
    Find the villages of rows by code, by names where there is none or it is BPS's, else by point.

    `places`: ``code``, ``district_name``, ``village_name``, and ``longitude`` and ``latitude``
        (degrees) where the table has them.
    `code_system`: Empty for a table without codes.
    `review`: A person's decisions on names.
    Raises ConfigError: BPS codes without names.
    Raises DataError: No row is a village of the regency.
    """
    named = bool(places["village_name"].notna().any())
    if not named and not code_system:
        return _at_points(places, None, areas)
    if code_system == "kemendagri":
        found = join.locate_by_code(places["code"], areas.official, code_system="kemendagri")
    elif not named:
        # says what to do instead
        found = join.locate_by_code(places["code"], areas.official, code_system="bps")
    else:
        found = _by_name(places, areas, review)
    return _at_points(places, found, areas) if "longitude" in places else found


def _by_name(places: pd.DataFrame, areas: Boundaries, review: dict[str, str]) -> Located:
    """Match the rows that name a village; one without is the subtotal of its district."""
    nameless = places["village_name"].isna()
    found = join.locate_by_name(keyed(places[~nameless]), areas.official, review=review)
    if not nameless.any():
        return found
    rows = found.rows.reindex(places.index)
    rows["how"] = rows["how"].fillna("none")
    rows["score"] = rows["score"].fillna(0.0)
    count = int(nameless.sum())
    first = ", ".join(map(str, places.index[nameless][:_ROWS_NAMED]))
    text = f"{numeral(count)} baris tanpa nama desa (subjumlah) tidak dihitung (baris: {first})."
    return Located(rows, (*found.notes, Note("subtotals", text, count)))


def keyed(places: pd.DataFrame) -> pd.DataFrame:
    """Give rows without code the key that the review file calls them by."""
    names = places[["district_name", "village_name"]].itertuples(index=False)
    keys = [join.review_key(str(district), str(village)) for district, village in names]
    return places.assign(code=places["code"].fillna(pd.Series(keys, places.index, dtype="string")))


def _at_points(places: pd.DataFrame, found: Located | None, areas: Boundaries) -> Located:
    """Find the villages of rows that nothing but their point tells."""
    points = gpd.GeoSeries.from_xy(places["longitude"], places["latitude"], crs="EPSG:4326")
    metres = points.to_crs(areas.villages.crs)
    locator = join.build_locator(areas.villages)
    at = join.locate_points(locator, metres.x.to_numpy(), metres.y.to_numpy())
    code = pd.Series([*locator.village_code, None], dtype="string").take(at).set_axis(places.index)
    if found is None:
        how = code.notna().map({True: "point", False: "none"})
        rows = pd.DataFrame(
            {"village_code": code, "how": how, "score": 1.0, "name_in_table": pd.NA}
        )
    else:
        helped = found.rows["village_code"].isna() & code.notna()
        rows = found.rows.assign(
            village_code=found.rows["village_code"].fillna(code),
            how=found.rows["how"].mask(helped, "point"),
        )
    located = int((rows["how"] == "point").sum())
    if not rows["village_code"].notna().any():
        msg = "No row has a point in a village of the regency"
        raise DataError(msg, remedy="Check the columns longitude and latitude (degrees).")
    text = f"{numeral(located)} baris dicocokkan dengan desa menurut titik koordinatnya."
    note = (Note("located_by_point", text, located),) if located else ()
    return Located(rows, (*(found.notes if found else ()), *note))


def personal_of(study: config.Study, areas: Boundaries) -> set[str]:
    """
    Gather what no product may hold, read again from the registers for the leak scan.

    `areas`: Boundaries: people are named after places too.
    Returns: Names, numbers and points, without the names of villages and districts.
    Raises DataError: A file is damaged.
    """
    found: set[str] = set()
    for source in (*study.households, *study.earlier):
        found |= personal_texts(open_study_register(study, source))
    # the name of a village on its own tells of nobody
    names = areas.official[["name", "district_name"]].to_numpy().ravel()
    return found - {str(name).lower() for name in names}


def review_file_of(study: config.Study, out: Path | None) -> Path:
    """
    Name the file with a person's decisions.

    `out`: Folder of the products, where known.
    """
    beside_study = Path(study.join.review)
    # also what is no file: `decisions` says so
    if out is None or beside_study.exists():
        return beside_study
    return out.resolve().parent / beside_study.name


def decisions(review_file: Path) -> dict[str, str]:
    """
    Read a person's decisions on names.

    `review_file`: File; it need not be there.
    Returns: Name in a table to village code; empty without a file.
    Raises MissingFileError: A folder or a pipe stands in its place.
    Raises DataError: The file is damaged.
    """
    if not review_file.exists():
        return {}
    return read_review(require_file(review_file, named_by="[join] review"))


def uncertain_places(counted: Counted, areas: Boundaries) -> pd.DataFrame:
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


def uncertain_rows(profiles: Profiles, located: Located, areas: Boundaries) -> pd.DataFrame:
    """List names that did not match to the letter, for a person to decide."""
    doubtful = located.rows[located.rows["how"].isin(["spelling", "none"])]
    named = profiles.rows.loc[doubtful.index]
    return _review_lines(keyed(named[named["village_name"].notna()]), doubtful, areas)


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


@dataclass(frozen=True, slots=True)
class Earlier:
    """
    Earlier waves of a study.

    `notes`: Rows without village, and what may not be compared.
    """

    waves: tuple[EarlierWave, ...]
    notes: tuple[Note, ...]
    reports: tuple[IntakeReport, ...]


def earlier_waves(study: config.Study, areas: Boundaries, review: dict[str, str]) -> Earlier:
    """
    Count the registers of the ``[[earlier]]`` tables.

    Each year is protected by itself, as the study's own year is.

    `areas`: Boundaries; villages that were split since count where their old code points to.
    `review`: A person's decisions on names.
    Returns: Empty where the study names none.
    Raises ConfigError: A file is missing, or codes cannot be joined without names.
    Raises DataError: A register breaks its contract.
    """
    waves, notes, reports = [], list[Note](), []
    for source in sorted(study.earlier, key=lambda one: one.year):
        part, counted = locate_register(study, source, areas, review)
        measured = villages.assemble(
            areas, [part], official=None,
            poverty_source=(source.source or counted.report.file, source.year),
            rule=study.poverty, coverage=study.coverage,
        )  # fmt: skip
        waves.append(EarlierWave(source.year, _digits(measured.villages, measured.indicators)))
        notes += [_dated(one, source.year) for one in counted.notes]
        if source.code_generation != study.households[0].code_generation:
            notes.append(_generation(source.year))
        reports.append(counted.report)
        log.info("read: %d households of %d", counted.report.rows_located, source.year)
    return Earlier(tuple(waves), tuple(notes), tuple(reports))


def _digits(table: pd.DataFrame, indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Keep the indicators only, shares in per cent as they are shown."""
    shown = table[[one.name for one in indicators]].astype(float)
    shares = [one.name for one in indicators if one.unit == "percent"]
    shown[shares] *= 100.0
    return shown


def _dated(note: Note, year: int) -> Note:
    return Note(note.key, f"Data {year}: {note.text}", note.count)


def _generation(year: int) -> Note:
    text = (
        f"Data {year} berasal dari generasi pendataan yang berbeda: "
        "sebagian perubahan dapat berasal dari cara mendata."
    )
    return Note("earlier_generation", text)


def keeps_houses(study: config.Study) -> bool:
    """
    Tell whether a study needs to know where houses stand.

    Returns: True for a risk surface, hamlets, or ways measured from houses.
    """
    from_houses = any(one.measured_from == "household" for one in study.facilities)
    asked = study.risk_surface is not None or study.hamlets is not None
    return asked or from_houses


def deprivation_index(study: config.Study) -> DeprivationIndex:
    """
    Read the deprivation index of a study, or the one of the package.

    Raises ConfigError: The file is missing or wrong.
    """
    keys = {one.key for one in need_catalogue()}
    if not study.deprivation.index:
        return default_index(known_keys=keys)
    return load_index(Path(study.deprivation.index), known_keys=keys)
