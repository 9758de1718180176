"""Everything of a study up to the drawing: read, locate, measure, find, focus."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo import codes, config, disclosure, join
from sibangkit_geo.agencies import load_catalogue, with_agencies, with_roles
from sibangkit_geo.cartography.product import Product, build_layers
from sibangkit_geo.indicators import villages
from sibangkit_geo.pockets.verdict import with_methods
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.sources.readers import is_address
from sibangkit_geo.sources.text_tables import checksum, require_file
from sibangkit_geo.study.earlier import earlier_waves
from sibangkit_geo.study.extras import Conclusions, Extras, conclude, read_extras
from sibangkit_geo.study.finding import Groups, find, group
from sibangkit_geo.study.focusing import focus
from sibangkit_geo.study.locating import Carried, locate_tables
from sibangkit_geo.study.reviewing import decisions, review_file_of
from sibangkit_geo.study.rostering import with_houses
from sibangkit_geo.study.wording import worded
from sibangkit_geo.tables.provenance import InputFile, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.tables.public import (
        Boundaries,
        Note,
        Pockets,
        VillageIndicators,
    )

    Progress = Callable[[str, int, int], None]

log = logging.getLogger(__name__)
_VERSIONS = ("sibangkit_geo", "geopandas", "shapely", "numpy", "pandas", "scipy", "pyproj")


@dataclass(frozen=True, slots=True)
class Ready:
    """
    A study that can be drawn.

    `cells`: True where a cell was masked, columns by indicator name.
    `review_file`: File with a person's decisions on names.
    """

    study: config.Study
    folder: Path
    product: Product
    cells: pd.DataFrame
    areas: Boundaries
    carried: Carried
    extras: Extras
    groups: Groups
    conclusions: Conclusions
    review_file: Path


def prepare(study_file: Path, out: Path, *, progress: Progress) -> Ready:
    """
    Run a study file up to the drawing.

    `out`: Folder the products will go to; nothing is written.
    Raises ConfigError: The study file, or a file it names, is wrong or missing.
    Raises DataError: A table breaks its contract.
    """
    study = config.read_study(study_file)
    folder = study_file.resolve().parent
    catalogue = _catalogue(study, folder)
    inputs = _input_files(study, folder, study_file)
    progress("read", 0, 1)
    areas = boundary_source.read_boundaries(
        study.boundaries, folder=folder, regency=study.study.regency
    )
    log.info("read: %d villages with polygon", len(areas.villages))
    review_file = review_file_of(study, folder, out)
    carried = locate_tables(study, areas, folder, review_file)
    areas = join.with_district_names(areas, carried.districts)
    extras = read_extras(study, areas, carried, folder, review_file)
    earlier = earlier_waves(study, areas, folder, decisions(review_file))
    carried.notes.extend(earlier.notes)
    carried = replace(carried, reports=(*carried.reports, *earlier.reports))
    if carried.obeyed:
        inputs = (*inputs, InputFile("review", review_file.name, checksum(review_file), ""))
    measured = with_agencies(_measure(study, areas, carried), catalogue)
    pockets = find(study, folder, measured, progress)
    groups = group(study, folder, measured, carried.houses)
    carried.notes.extend(groups.notes)
    conclusions = conclude(extras, study, carried, measured, pockets, folder, catalogue)
    product, cells = _product(study, areas, carried, (measured, pockets), catalogue)
    product = replace(product, provenance=_provenance(study, inputs), earlier=earlier.waves)
    product = worded(product, study, conclusions.plans)
    product = with_houses(product, carried, study=study, folder=folder)
    return Ready(study, folder, product, cells, areas, carried, extras, groups, conclusions,
                 review_file)  # fmt: skip


def _product(
    study: config.Study,
    areas: Boundaries,
    carried: Carried,
    found: tuple[VillageIndicators, Pockets],
    catalogue: Catalogue,
) -> tuple[Product, pd.DataFrame]:
    """Mask, focus, and put together what is drawn; and say which cells were masked."""
    measured, pockets = found
    masked = disclosure.mask(measured, settings=study.disclosure, pocket=pockets.members)
    needs = focus(study, carried.counts, (measured, masked.measured), pockets, catalogue)
    shown = with_roles(masked.measured, needs.roles, rule=catalogue.action)
    shown = with_methods(shown, pockets)
    # who must act is worked out after masking: no cell of it is hidden; what the methods say
    # of a village is hidden with its poverty
    hidden = masked.cells.assign(n_methods=masked.cells[shown.indicators[0].name])
    cells = hidden.reindex(columns=[one.name for one in shown.indicators], fill_value=False)
    product = Product(
        title=study.study.title,
        year=study.study.year,
        regency_name=codes.require_regency(study.study.regency),
        boundaries=areas,
        measured=shown,
        layers=build_layers(shown, cells=cells, totals=measured, minimum=study.disclosure.smallest),
        pockets=pockets,
        needs=needs,
        notes=_unique([*areas.notes, *carried.notes, *masked.measured.notes, *pockets.notes]),
        provenance=_provenance(study, ()),
        neighbor_distance_m=study.pockets.neighbor_distance_m,
        catalogue=catalogue,
    )
    return product, masked.cells


def _catalogue(study: config.Study, folder: Path) -> Catalogue:
    path = study.agencies.catalogue
    return load_catalogue(
        require_file(folder / path, named_by="[agencies] catalogue") if path else None
    )


def _input_files(study: config.Study, folder: Path, study_file: Path) -> tuple[InputFile, ...]:
    """Take checksums; a missing file is refused before anything long starts."""
    named: list[tuple[str, Path, str]] = [("study", study_file, "")]
    files = boundary_source.input_files(study.boundaries, folder=folder)
    named += [(role, path, study.boundaries.source) for role, path in files]
    found = []
    for role, listed in (
        ("profiles", study.profiles),
        ("households", (*study.households, *study.earlier)),
    ):
        for one in listed:
            if is_address(one.path):
                # a database has no checksum, and its address is nobody's business
                found.append(InputFile(role, one.table, "", one.source))
            else:
                named.append((role, folder / one.path, one.source))
    if study.agencies.catalogue:
        named.append(("agencies", folder / study.agencies.catalogue, ""))
    for raster in study.rasters:
        named.append(("raster", folder / raster.path, raster.source))
    if study.typology:
        named.append(("typology", folder / study.typology.path, study.typology.source))
    if study.links:
        named.append(("links", folder / study.links.path, ""))
    for locus in study.locus:
        named.append(("locus", folder / locus.path, locus.source))
    for facility in study.facilities:
        named.append(("facilities", folder / facility.path, facility.source))
    taken = [InputFile(role, path.name, checksum(path), source) for role, path, source in named]
    return (*taken, *found)


def _measure(study: config.Study, areas: Boundaries, carried: Carried) -> VillageIndicators:
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
    name = first.table if is_address(first.path) else Path(first.path).name
    return first.source or name, first.year


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
