"""Everything of a study up to the drawing: read, locate, measure, find, focus."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo import codes, config, disclosure, join
from sibangkit_geo.agencies import load_catalogue, with_agencies, with_roles
from sibangkit_geo.errors import DataError, Problems
from sibangkit_geo.indicators import villages
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import InputFile, Note, Provenance
from sibangkit_geo.pockets.cross_check import with_methods
from sibangkit_geo.pockets.graph import outer_border
from sibangkit_geo.products.blocks import focus_blocks, money_blocks
from sibangkit_geo.products.movements import movement_blocks
from sibangkit_geo.products.promises import beyond_notes, promise_blocks, promise_sentences
from sibangkit_geo.products.result import Analysis, build_layers
from sibangkit_geo.products.sentences import Limitations, honesty_sentences
from sibangkit_geo.products.staging import stated_time
from sibangkit_geo.registers import Photos, build_cards, with_photos
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.sources.context import with_context
from sibangkit_geo.sources.readers import is_address
from sibangkit_geo.sources.readers.grid import ROW, cell_name
from sibangkit_geo.sources.text_tables import checksum
from sibangkit_geo.study.extras import Conclusions, Extras, conclude, read_extras
from sibangkit_geo.study.find import Groups, find, group
from sibangkit_geo.study.locate import (
    Carried,
    Earlier,
    decisions,
    earlier_waves,
    locate_tables,
    look_at_sources,
    open_study_register,
    personal_of,
    review_file_of,
)
from sibangkit_geo.study.plan import focus
from sibangkit_geo.study.protect import counts_people, protection_of
from sibangkit_geo.study.village_finder import village_finder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.model.types import Boundaries, Pockets, VillageIndicators
    from sibangkit_geo.registers.register import Register
    from sibangkit_geo.study.plan import Plans

    Progress = Callable[[str, int, int], None]

log = logging.getLogger(__name__)
# a sheet of paper has room for the first notes only
_FIRST = frozenset(
    {
        "protected",
        "not_protected",
        "protection_hides",
        "answers_incomplete",
        "too_few_known",
        "coverage_differs",
    }
)
#: libraries that numbers and drawings depend on
VERSIONS = ("sibangkit_geo", "geopandas", "shapely", "numpy", "pandas", "scipy", "pyproj")


# inode, size and time of a file; empty where there is none
_Stamp = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """
    A study that can be drawn.

    `review_file`: File with a person's decisions on names.
    `stamps`: Of the files that were read, before they were.
    """

    study: config.Study
    product: Analysis
    areas: Boundaries
    carried: Carried
    extras: Extras
    groups: Groups
    conclusions: Conclusions
    review_file: Path
    stamps: Mapping[Path, _Stamp]

    def personal(self) -> set[str]:
        """
        Gather what no product may hold: names, numbers and points of the registers.

        Raises DataError: A file is damaged, or was changed since it was first read.
        """
        found = personal_of(self.study, self.areas)
        _require_unchanged(self.stamps)
        return found


def prepare(
    asked: Path | config.Study,
    out: Path | None,
    *,
    progress: Progress,
    level: disclosure.Level | None = None,
) -> Ready:
    """
    Run a study up to the drawing.

    `asked`: Study file; or a study built in code, whose paths are relative to this folder.
    `out`: Folder the products will go to, where known; nothing is written.
    `level`: Whom it is for, where that is not what the study says.
    Raises ConfigError: The study file, or a file it names, is wrong or missing.
    Raises DataError: A table breaks its contract.
    """
    written = asked if isinstance(asked, config.Study) else config.written_study(asked)
    if level:
        written = replace(written, disclosure=replace(written.disclosure, level=level))
    folder = Path.cwd() if isinstance(asked, config.Study) else asked.resolve().parent
    study = _resolved(written, folder)
    catalogue = load_catalogue(Path(study.agencies.catalogue) if study.agencies.catalogue else None)
    stamps = {path: _stamp(path) for _, path, _ in _paths(study)}
    inputs = (_study_input(asked), *inputs_of(study))
    progress("read", 0, 1)
    review_file = review_file_of(study, out)
    areas, carried, extras, earlier = _read(study, review_file)
    if carried.obeyed:
        inputs = (*inputs, InputFile("review", review_file.name, checksum(review_file), ""))
    measured = with_agencies(_measure(study, areas, carried), catalogue)
    pockets = find(study, measured, progress)
    groups = group(study, measured, carried.houses)
    conclusions = conclude(extras, study, carried, measured, pockets, catalogue)
    notes = (*carried.notes, *earlier.notes, *groups.notes, *conclusions.notes)
    carried = replace(carried, notes=notes)
    product = _product(study, areas, carried, (measured, pockets), catalogue)
    product = replace(
        product,
        provenance=_provenance(written, inputs),
        earlier=earlier.waves,
        pledges=conclusions.pledges,
        budget=conclusions.plans.budget,
    )
    product = worded(product, study, conclusions.plans)
    product = with_houses(product, carried, study=study)
    # the checksums of the manifest are those of what was read
    _require_unchanged(stamps)
    return Ready(study, product, areas, carried, extras, groups, conclusions, review_file, stamps)


def _resolved(written: config.Study, folder: Path) -> config.Study:
    """Find the files of a study; where some are missing, tell what is wrong with the others too."""
    problems = Problems()
    study = problems.attempt(config.resolved, written, folder)
    if study is None:
        look_at_sources(config.resolved(written, folder, require=False), problems)
        raise problems.error()
    return study


def _read(study: config.Study, review_file: Path) -> tuple[Boundaries, Carried, Extras, Earlier]:
    """Read and locate everything; what is wrong with any of the files is told at once."""
    problems = Problems()
    regency = study.study.regency
    areas = problems.attempt(
        boundary_source.read_boundaries,
        study.boundaries,
        regency=regency,
        locate=village_finder(regency),
    )
    carried = None
    if areas is not None and study.context:
        areas = problems.attempt(with_context, areas, study.context)
    if areas is not None:
        log.info("read: %d villages with polygon", len(areas.villages))
        carried = problems.attempt(locate_tables, study, areas, review_file)
    if areas is None or carried is None:
        look_at_sources(study, problems)
        raise problems.error()
    named = join.with_district_names(areas, carried.districts)
    further = problems.attempt(read_extras, study, named, carried, review_file)
    earlier = problems.attempt(earlier_waves, study, named, decisions(review_file))
    if further is None or earlier is None:
        look_at_sources(study, problems)
        raise problems.error()
    extras, carried = further
    return named, replace(carried, reports=(*carried.reports, *earlier.reports)), extras, earlier


def _product(
    study: config.Study,
    areas: Boundaries,
    carried: Carried,
    found: tuple[VillageIndicators, Pockets],
    catalogue: Catalogue,
) -> Analysis:
    """Focus, and put together what is drawn."""
    measured, pockets = found
    needs = focus(study, carried.counts, measured, pockets, catalogue)
    shown = with_roles(measured, needs.roles, rule=catalogue.action)
    shown = with_methods(shown, pockets)
    of_protection = [disclosure.protection_note(study.disclosure)] if counts_people(study) else []
    told = (*areas.notes, *of_protection, *carried.notes)
    return Analysis(
        title=study.study.title,
        year=study.study.year,
        regency_name=codes.require_regency(study.study.regency),
        boundaries=areas,
        measured=shown,
        layers=build_layers(shown),
        found=pockets,
        focus=needs,
        notes=_unique([*told, *measured.notes, *pockets.notes]),
        provenance=_provenance(study, ()),
        neighbor_distance_m=study.pockets.neighbor_distance_m,
        catalogue=catalogue,
        level_line="".join(one.text for one in of_protection),
        level=study.disclosure.level,
        annex=study.annex,
    )


def _study_input(asked: Path | config.Study) -> InputFile:
    """Take the checksum of a study: of its file, or of its settings where code made it."""
    if not isinstance(asked, config.Study):
        return InputFile("study", asked.name, checksum(asked), "")
    settings = json.dumps(config.plain(asked), sort_keys=True, default=str)
    return InputFile("study", "", hashlib.sha256(settings.encode()).hexdigest(), "")


def _paths(study: config.Study) -> list[tuple[str, Path, str]]:
    """List the files of a study: role, path, and where it is from."""
    files = boundary_source.input_files(study.boundaries)
    named = [(role, path, study.boundaries.source) for role, path in files]
    for role, table, path in config.named_files(study):
        if not is_address(path):
            named.append((role, Path(path), getattr(table, "source", "")))
    return named


def inputs_of(study: config.Study) -> tuple[InputFile, ...]:
    """Take checksums; a database has none, and its address is nobody's business."""
    taken = [
        InputFile(role, path.name, checksum(path), source) for role, path, source in _paths(study)
    ]
    found = [
        InputFile(role, getattr(table, "table", ""), "", getattr(table, "source", ""))
        for role, table, path in config.named_files(study) if is_address(path)
    ]  # fmt: skip
    return (*taken, *found)


def _stamp(path: Path) -> _Stamp:
    """Tell one state of a file from another without reading it; none where it is not there."""
    try:
        told = path.stat()
    except OSError:
        return ()
    return (told.st_ino, told.st_size, told.st_mtime_ns)


def _require_unchanged(stamps: Mapping[Path, _Stamp]) -> None:
    """
    Refuse inputs that somebody wrote to meanwhile: the products would not be of what they name.

    Raises DataError: A file is another one now, or gone.
    """
    changed = sorted({path.name for path, before in stamps.items() if _stamp(path) != before})
    if changed:
        msg = f"{', '.join(changed)}: changed while the study was running; nothing was written"
        raise DataError(msg, remedy="Run again when nobody writes to it.")


def _measure(study: config.Study, areas: Boundaries, carried: Carried) -> VillageIndicators:
    measured = villages.assemble(
        areas,
        carried.parts,
        official=study.official,
        poverty_source=_poverty_source(study),
        rule=study.poverty if study.households else None,
        coverage=study.coverage,
        protection=protection_of(study),
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
        versions={name: metadata.version(name) for name in VERSIONS},
        created=stated_time(),
    )


def _unique(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Put each note once, what changes how every number is read first."""
    return tuple(sorted(dict.fromkeys(notes), key=lambda note: note.key not in _FIRST))


def worded(product: Analysis, study: config.Study, plans: Plans) -> Analysis:
    """
    Add blocks, sentences of places and limits to a product.

    Returns: The same with ``blocks``, ``lines`` and ``honesty``.
    """
    blocks = (
        *money_blocks(product, plans.budget, plans.target, notes=plans.notes),
        *promise_blocks(product),
        *focus_blocks(product),
        *movement_blocks(product),
    )
    context = product.boundaries.context
    # without the neighbours' land the coast would count as a border
    border = outer_border(product.mapped, context=context, pocket=product.found.members)
    decile = study.poverty is not None and study.poverty.rule == "decile"
    known = Limitations(
        decile_max=study.poverty.decile_max if decile and study.poverty else 0,
        from_register=bool(study.households),
        waves=1 + len(product.earlier),
        border=border.pockets if len(context) else (),
        costs=plans.costs,
        assumed_costs=plans.assumed_costs,
    )
    return replace(
        product,
        blocks=blocks,
        lines=promise_sentences(product),
        notes=(*product.notes, *beyond_notes(product.pledges, product)),
        honesty=honesty_sentences(product, known),
        series=plans.target.series if plans.target else None,
        unit_costs={str(k): float(v) for k, v in plans.budget.unit.items()} if plans.budget else {},
    )


def with_houses(product: Analysis, carried: Carried, *, study: config.Study) -> Analysis:
    """
    Add the cards of houses to a product that is for internal use.

    Returns: Unchanged at any other level, and where no register has points.
    Raises DataError: A register cannot be read again for the names of its photos.
    """
    if not study.disclosure.rights.houses:
        return product
    pairs = [
        (source, one.cards)
        for source, one in zip(study.households, carried.houses, strict=True)
        if one.cards is not None and len(one.cards)
    ]
    if not pairs:
        return product
    rows = product.mapped.index.get_indexer(product.boundaries.official.index)
    built = build_cards([cards for _, cards in pairs], page_row=rows, seed=study.pockets.seed)
    cards, notes = built.cards, list(product.notes)
    if built.left_out:
        text = f"{numeral(built.left_out)} rumah tangga tidak miskin tidak digambar sebagai titik."
        notes.append(Note("houses_left_out", text, built.left_out))
    skipped = 0
    for number, (source, _) in enumerate(pairs):
        if source.photo_folder:
            register = open_study_register(study, source)
            names = _photo_names(register, np.where(built.register == number, built.row, -1))
            photos = Photos(Path(source.photo_folder))
            cards = with_photos(cards, photos, names)
            skipped += photos.skipped
    if skipped:
        text = f"{numeral(skipped)} foto rumah dilewati: tidak ada, rusak, atau terlalu besar."
        notes.append(Note("photos_skipped", text, skipped))
    return replace(product, houses=cards, notes=tuple(notes))


def _photo_names(register: Register, rows: NDArray[np.int64]) -> list[str]:
    """Read the photo column again, for the rows that have a card; -1 asks for none."""
    if "photo" not in register.mapped.positions:
        return [""] * len(rows)
    place = register.mapped.positions["photo"]
    width = len(register.header.names)
    wanted: dict[int, str] = dict.fromkeys(rows[rows >= 0].tolist(), "")
    for frame in register.grid.batches([place], first_row=register.header.first_row, width=width):
        named = frame.filter(frame[cell_name(place)].is_not_null())
        for row, name in zip(named[ROW].to_list(), named[cell_name(place)].to_list(), strict=True):
            if row in wanted:
                wanted[row] = name
    return [wanted.get(row, "") for row in rows.tolist()]
