"""
The whole study, top to bottom: read, locate, measure, find, focus, draw, write.

Only this room knows the order of the stages.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.products import staging, tables
from sibangkit_geo.products.gis import gis_layers, write_gis
from sibangkit_geo.products.workbook import BOOK_NAME, write_workbook
from sibangkit_geo.products.write import write_products
from sibangkit_geo.study.extras import SURFACE, extras_writer
from sibangkit_geo.study.locate import personal_of
from sibangkit_geo.study.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sibangkit_geo.model.types import Note, Pockets
    from sibangkit_geo.products.tables import OpenTables
    from sibangkit_geo.study.prepare import Progress, Ready

log = logging.getLogger(__name__)
GIS = "gis"


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
        The study file, or a file it names, is wrong or missing; `out` holds an annex or
        a comparison.
    DataError
        A table breaks its contract.
    LeakError
        A product would show personal data; nothing is written.
    """
    staging.require_own(out, kind="run")
    ready = prepare(study_file, out, progress=progress)
    product = ready.product
    shown = tables.open_tables(product, masked=ready.cells)
    products = write_products(
        product,
        shown,
        out,
        reports=ready.carried.reports,
        personal=personal_of(ready.study, ready.areas),
        extra=_further(ready, shown),
        progress=progress,
    )
    log.info("write: %d files", len(products))
    if len(ready.carried.uncertain):
        tables.write_review(ready.carried.uncertain, ready.review_file)
    review = ready.review_file if ready.review_file.exists() else None
    return Finished(out, products, review, product.pockets, product.notes)


def _further(ready: Ready, shown: OpenTables) -> Callable[[Path], None]:
    extras = extras_writer(ready.extras, ready.study, ready.product, ready.conclusions)
    # outlines of hamlets are for those who work there
    outlines = ready.study.disclosure.level in {"agency", "internal"}

    def write(folder: Path) -> None:
        extras(folder)
        created = ready.product.provenance.created
        villages = ready.product.measured.villages
        ready.groups.write(folder, villages, outlines=outlines, created=created)
        budget = ready.conclusions.plans.budget
        write_workbook(ready.product, shown, folder / BOOK_NAME, budget=budget)
        surface = f"../{SURFACE}" if (folder / SURFACE).exists() else ""
        layers = gis_layers(ready.product, ready.cells)
        write_gis(ready.product, layers, folder / GIS, surface=surface)

    return write
