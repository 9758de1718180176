"""
The whole study, top to bottom: read, locate, measure, find, focus, draw, write.

The only module that knows the order of the stages.
"""

from __future__ import annotations

import logging
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import codes, config, disclosure, join
from sibangkit_geo.agencies import agencies, agency_needs
from sibangkit_geo.cartography.annex import write_annex
from sibangkit_geo.cartography.product import Product, build_layers
from sibangkit_geo.cartography.web.page import render_page
from sibangkit_geo.cartography.web.payload import page_payload, shared_payload
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.indicators import tally, villages
from sibangkit_geo.outputs import manifest, staging, tables
from sibangkit_geo.pockets import find_pockets
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.sources import households as household_source
from sibangkit_geo.sources import profiles as profile_source
from sibangkit_geo.sources.review import read_review
from sibangkit_geo.sources.text_tables import checksum
from sibangkit_geo.tables.public import InputFile, Note, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sibangkit_geo.tables.public import (
        Boundaries,
        Indicator,
        Located,
        Pockets,
        Profiles,
        VillageIndicators,
    )

    Progress = Callable[[str, int, int], None]

log = logging.getLogger(__name__)
ANNEX = "annex/peta_kantong_kemiskinan_A4.pdf"
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
    parts, join_notes, uncertain = _locate(study, areas, folder, review_file)
    measured = villages.assemble(
        areas,
        [(table, list(defined)) for table, defined in parts],
        official=study.official,
        poverty_source=_poverty_source(study),
        rule=study.poverty if study.households else None,
    )
    log.info("measure: %d indicators", len(measured.indicators))
    pockets = _find(study, measured, progress)
    log.info("find: %d pockets", len(pockets))
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
        notes=_unique([*areas.notes, *join_notes, *masked.measured.notes, *pockets.notes]),
        provenance=_provenance(study, inputs),
        neighbor_distance_m=study.pockets.neighbor_distance_m,
    )
    products = _write(product, masked, out, progress, personal=_personal(study, folder))
    if len(uncertain):
        tables.write_review(uncertain, review_file)
    review = review_file if len(uncertain) or review_file.exists() else None
    return Finished(out, products, review, pockets, product.notes)


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


def _locate(
    study: config.Study, areas: Boundaries, folder: Path, review_file: Path
) -> tuple[list[tuple[pd.DataFrame, list[Indicator]]], list[Note], pd.DataFrame]:
    """Read every table and carry its rows to the villages."""
    parts, notes, uncertain = [], list[Note](), []
    for source in study.households:
        register = household_source.read_households(
            source,
            folder=folder,
            decile=study.poverty is not None and study.poverty.rule == "decile",
        )
        located = join.locate_by_code(
            register.rows["village_code"], areas.official, code_system=source.code_system
        )
        if study.poverty is None:
            msg = "A study with [[households]] needs [poverty]."
            raise ConfigError(msg)
        counts = tally.tally(
            register, village_code=located.rows["village_code"], poverty=study.poverty
        )
        parts.append(
            villages.from_counts(
                counts, needs=tally.needs_of(register), year=register.year, source=register.source
            )
        )
        notes += [*register.notes, *located.notes]
        log.info("locate: %d households", len(register))
    for profile in study.profiles:
        read = profile_source.read_profiles(profile, folder=folder)
        located = _locate_profile(read, areas, review_file)
        parts.append(villages.from_profiles(read, located))
        notes += [*read.notes, *located.notes]
        uncertain.append(_uncertain(read, located, areas))
        log.info("locate: %d profile rows", len(read.rows))
    return parts, notes, pd.concat(uncertain) if uncertain else pd.DataFrame()


def _locate_profile(profiles: Profiles, areas: Boundaries, review_file: Path) -> Located:
    review = read_review(review_file) if review_file.is_file() else {}
    rows = profiles.rows
    if profiles.code_system == "kemendagri":
        return join.locate_by_code(rows["code"], areas.official, code_system="kemendagri")
    if rows["village_name"].isna().all():
        # says what to do instead
        return join.locate_by_code(rows["code"], areas.official, code_system="bps")
    return join.locate_by_name(rows, areas.official, review=review)


def _uncertain(profiles: Profiles, located: Located, areas: Boundaries) -> pd.DataFrame:
    """List names that did not match to the letter, for a person to decide."""
    doubtful = located.rows[located.rows["how"].isin(["spelling", "none"])]
    rows = profiles.rows.loc[doubtful.index]
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


def _poverty_source(study: config.Study) -> tuple[str, int]:
    first = study.households[0] if study.households else study.profiles[0]
    return first.source or Path(first.path).name, first.year


def _find(study: config.Study, measured: VillageIndicators, progress: Progress) -> Pockets:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress("find", done % study.pockets.replicates, study.pockets.replicates)

    return find_pockets(measured.villages, settings=study.pockets, progress=step)


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


def _personal(study: config.Study, folder: Path) -> set[str]:
    found: set[str] = set()
    for source in study.households:
        found |= household_source.personal_texts(source, folder=folder)
    return found


def _write(
    product: Product,
    masked: disclosure.Masked,
    out: Path,
    progress: Progress,
    *,
    personal: set[str],
) -> tuple[str, ...]:
    """Draw and write into a staging folder, search it for leaks, then move it into place."""
    pages = [one for one in agencies() if one.always or product.needs.indicators.get(one.key)]
    with staging.staged(out) as folder:
        shared = shared_payload(product)
        for done, agency in enumerate(pages):
            progress("draw", done, len(pages) + 1)
            payload = page_payload(product, agency, shared=shared, pages=pages)
            staging.write_text(folder / agency.file, render_page(payload))
        (folder / ANNEX).parent.mkdir(parents=True, exist_ok=True)
        write_annex(product, folder / ANNEX)
        progress("write", 0, 1)
        table = tables.village_table(masked.measured, product.pockets, masked=masked.cells)
        tables.write_villages(table, folder / "villages.csv")
        tables.write_geopackage(
            table, product.pockets, folder / "pockets.gpkg", created=product.provenance.created
        )
        manifest.write_manifest(
            folder, product.provenance, result=_result(product), notes=product.notes
        )
        disclosure.require_clean(folder, personal=personal)
        files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    log.info("write: %d files", len(files))
    return tuple(sorted(files, key=lambda name: (name != "index.html", name)))


def _result(product: Product) -> dict[str, object]:
    pockets, table = product.pockets, product.measured.villages
    nothing = math.isnan(pockets.p_value)
    return {
        "villages_official": len(table),
        "villages_with_polygon": len(product.mapped),
        "villages_with_data": int((table["status"] == "ok").sum()),
        "pockets_strict": int((pockets.outlines["evidence"] == "strict").sum()),
        "pockets_indicative": int((pockets.outlines["evidence"] == "indicative").sum()),
        "p_value": None if nothing else round(pockets.p_value, 6),
        "overdispersion_rho": None if nothing else round(pockets.overdispersion, 6),
        "alpha": pockets.alpha,
        "replicates": pockets.replicates,
        "null_hypothesis": "joint permutation of villages not yet in a pocket",
        "correction": "sequential: each zone is tested against what is left; p is the running "
        "maximum",
    }
