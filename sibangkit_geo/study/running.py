"""
The whole study, top to bottom: read, locate, measure, find, focus, draw, write.

Only this room knows the order of the stages.
"""

from __future__ import annotations

import logging
import math
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo import config, disclosure
from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.model import optional
from sibangkit_geo.model.types import Note
from sibangkit_geo.products import atlas, intake_report, staging, tables
from sibangkit_geo.products.gis import gis_layers, write_gis
from sibangkit_geo.products.parts import Finished
from sibangkit_geo.products.place_profile import as_profiles
from sibangkit_geo.products.sheets import every_sheet
from sibangkit_geo.products.tables import write_geopackage, write_sheets
from sibangkit_geo.products.web.front_page import district_pages, front_page
from sibangkit_geo.products.web.locked import locked_page, page_key
from sibangkit_geo.products.web.page import render_page, write_photos
from sibangkit_geo.products.web.payload import page_payload, shared_payload
from sibangkit_geo.products.web.profile_pages import profile_pages
from sibangkit_geo.products.workbook import BOOK_NAME, write_workbook
from sibangkit_geo.study.extras import SURFACE, extras_writer
from sibangkit_geo.study.lock import is_internal, plain_note, require_lock
from sibangkit_geo.study.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sibangkit_geo.agencies import Agency
    from sibangkit_geo.model.types import IntakeReport
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.sheets import Sheet, Sheets
    from sibangkit_geo.products.tables import OpenTables
    from sibangkit_geo.products.web.locked import PageKey
    from sibangkit_geo.study.lock import Lock
    from sibangkit_geo.study.prepare import Progress, Ready

log = logging.getLogger(__name__)
GIS = "gis"

FRONT = "index.html"
ANNEX = "annex/peta_kantong_kemiskinan_A4.pdf"
_NO_PAPER = 'Lembar cetak (PDF) tidak dibuat: tambahan "annex" tidak terpasang'


@dataclass(frozen=True, slots=True)
class Guard:
    """
    What keeps products from those whom they are not for.

    `personal`: Texts of the registers that must not occur.
    `private`: Whether folder and files are for the owner's account alone.
    `key`: Of the map pages; None where they are written plainly.
    """

    personal: Collection[str] = field(repr=False)
    private: bool = False
    key: PageKey | None = None


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def run(
    study_file: Path, out: Path, *, progress: Progress = _silent, lock: Lock | None = None
) -> Finished:
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
    lock
        At level internal, and only there: the password that opens the map pages, or the wish
        for plain ones.

    Returns
    -------
    finished
        What was made.

    Raises
    ------
    ConfigError
        The study file, or a file it names, is wrong or missing; `out` holds an annex or
        a comparison; level internal has no lock.
    DataError
        A table breaks its contract.
    LeakError
        A product would show personal data; nothing is written.

    Examples
    --------
    >>> import pathlib
    >>> run(pathlib.Path("studi.toml"), pathlib.Path("hasil"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    sibangkit_geo.errors.MissingFileError: studi.toml: no such file (study file). Check ...
    """
    staging.require_own(out, kind="run")
    require_lock(study_file.name, lock, internal=is_internal(study_file))
    with staging.claim(out):
        ready = prepare(study_file, out, progress=progress)
        return write_run(ready, out, lock=lock, progress=progress)


def write_run(
    ready: Ready, out: Path, *, lock: Lock | None = None, progress: Progress = _silent
) -> Finished:
    """
    Write all products of a study that was prepared.

    `lock`: As of `run`.
    Raises ConfigError: `out` holds an annex or a comparison; level internal has no lock.
    Raises LeakError: A product would show personal data; nothing is written.
    """
    staging.require_own(out, kind="run")
    require_apart(ready.study, out)
    internal = ready.study.disclosure.rights.houses
    require_lock(ready.study.study.title, lock, internal=internal)
    notes = (*plain_note(lock, internal=internal), *_paper_note(), *ready.product.notes)
    ready = replace(ready, product=replace(ready.product, notes=notes))
    product = ready.product
    shown = tables.open_tables(product)
    products = write_products(
        product,
        shown,
        out,
        reports=ready.carried.reports,
        guard=Guard(
            ready.personal(),
            private=internal,
            key=page_key(lock.password) if lock and lock.password else None,
        ),
        extra=_further(ready, shown),
        progress=progress,
    )
    log.info("write: %d files", len(products))
    if len(ready.carried.uncertain):
        tables.write_review(ready.carried.uncertain, ready.review_file)
    review = ready.review_file if ready.review_file.exists() else None
    return Finished(out, products, review, product.found, product.notes)


def _paper_note() -> tuple[Note, ...]:
    """Tell that a run leaves out what is printed, where the extra for it is not installed."""
    if not optional.missing("annex"):
        return ()
    warnings.warn(f"{_NO_PAPER}: {optional.command('annex')}", DegradedInputWarning, stacklevel=3)
    return (Note("no_paper", f"{_NO_PAPER}."),)


def require_apart(study: config.Study, out: Path) -> None:
    """
    Refuse a folder with an input of the study: who passes it on would pass on the register.

    Raises ConfigError: It holds one.
    """
    named = [Path(path) for _, _, path in config.named_files(study) if "://" not in path]
    for one in (*named, Path(study.disclosure.salt)):
        if one.is_file() and one.resolve().parent == out.resolve():
            msg = (
                f"{out}: holds {one.name}, an input of the study. Choose a folder of its own for "
                "the products, such as one within it."
            )
            raise ConfigError(msg)


def _further(ready: Ready, shown: OpenTables) -> Callable[[Path, Sheets], None]:
    extras = extras_writer(ready.extras, ready.study, ready.product, ready.conclusions)

    def write(folder: Path, sheets: Sheets) -> None:
        extras(folder)
        created = ready.product.provenance.created
        villages = ready.product.measured.villages
        ready.groups.write(folder, villages, created=created)
        budget = ready.conclusions.plans.budget
        write_workbook(ready.product, shown, folder / BOOK_NAME, budget=budget)
        profiles = as_profiles(ready.product, sheets, budget=budget)
        for name, page in profile_pages(ready.product, profiles):
            staging.write_text(folder / name, page)
        surface = f"../{SURFACE}" if (folder / SURFACE).exists() else ""
        layers = gis_layers(ready.product)
        write_gis(ready.product, layers, folder / GIS, surface=surface)

    return write


def write_products(
    product: Analysis,
    tables: OpenTables,
    out: Path,
    *,
    reports: Sequence[IntakeReport],
    guard: Guard,
    extra: Callable[[Path, Sheets], None],
    progress: Callable[[str, int, int], None],
) -> tuple[str, ...]:
    """
    Draw and write every product into a staging folder, then move it into place.

    `out`: Final folder.
    Raises LeakError: A product holds personal data; `out` stays as it was.
    Raises ConfigError: `out` cannot be written.
    """
    agencies = product.catalogue.agencies
    pages = [one for one in agencies if one.always or product.focus.indicators.get(one.key)]
    with staging.staged(out, kind="run", private=guard.private) as folder:
        locked = guard.key is not None
        shared = shared_payload(
            product, agencies=agencies, photos_inside=locked, profiles=not locked
        )
        for done, agency in enumerate(pages):
            progress("draw", done, len(pages) + 1)
            payload = page_payload(product, agency, shared=shared, pages=pages, home=FRONT)
            staging.write_text(folder / agency.file, render_page(payload))
        if not locked:
            write_photos(product.houses, folder)
        if not optional.missing("annex"):
            (folder / ANNEX).parent.mkdir(parents=True, exist_ok=True)
            atlas.write_annex(product, folder / ANNEX)
        progress("write", 0, 1)
        tables.write(folder)
        write_geopackage(
            tables.villages, product.found, folder / "pockets.gpkg",
            created=product.provenance.created,
        )  # fmt: skip
        sheets = every_sheet(product)
        write_sheets(sheets, folder)
        extra(folder, sheets)
        if reports:
            intake_report.write_intake(
                reports, folder, created=product.provenance.created, home=FRONT
            )
        _write_front(product, pages, sheets.districts, folder)
        staging.write_manifest(
            folder, product.provenance, result=_result(product), notes=product.notes
        )
        # the scan must see what a reader with the password sees
        disclosure.require_clean(folder, personal=guard.personal)
        if guard.key:
            _lock(folder, product, pages, guard.key)
        files = _names_in(folder)
    return tuple(sorted(files, key=lambda name: (name != FRONT, name)))


def _lock(folder: Path, product: Analysis, pages: Sequence[Agency], key: PageKey) -> None:
    """Put locked pages in the place of the plain ones, which nobody but the run has seen."""
    for one in pages:
        page = (folder / one.file).read_text("utf-8")
        locked = locked_page(page, key=key, study=product.title, agency=one.name)
        staging.write_text(folder / one.file, locked)


def _names_in(folder: Path) -> list[str]:
    return [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]


def _write_front(
    product: Analysis, pages: Sequence[Agency], districts: Sequence[Sheet], folder: Path
) -> None:
    """Write the front page when all else but the manifest, which lists every page, is there."""
    for name, text in district_pages(product, districts, map_file=pages[0].file):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        staging.write_text(folder / name, text)
    front = front_page(product, pages=pages, files=[*_names_in(folder), "manifest.json"])
    staging.write_text(folder / FRONT, front)


def _result(product: Analysis) -> dict[str, object]:
    pockets, table = product.found, product.measured.villages
    nothing = math.isnan(pockets.p_value)
    return {
        "villages_official": len(table),
        "villages_with_polygon": len(product.mapped),
        "villages_with_data": int((table["status"] == "ok").sum()),
        "pockets_strict": int((pockets.outlines["evidence"] == "strict").sum()),
        "pockets_indicative": int((pockets.outlines["evidence"] == "indicative").sum()),
        "wide_areas": len(pockets.wide_villages),
        "p_value": None if nothing else round(pockets.p_value, 6),
        "overdispersion_rho": None if nothing else round(pockets.overdispersion, 6),
        "alpha": pockets.alpha,
        "replicates": pockets.replicates,
        "null_hypothesis": "joint permutation, within five classes of size, of villages "
        "not yet in a pocket",
        "correction": "sequential: each zone is tested against what is left; p is the running "
        "maximum",
    }
