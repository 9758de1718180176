"""All products of a study: drawn, written, searched for leaks, then moved into place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sibangkit_geo import disclosure
from sibangkit_geo.products import intake_report, staging
from sibangkit_geo.products.atlas import write_annex
from sibangkit_geo.products.sheets import district_sheets
from sibangkit_geo.products.tables import write_geopackage, write_sheets
from sibangkit_geo.products.web.front_page import district_pages, front_page
from sibangkit_geo.products.web.houses import write_photos
from sibangkit_geo.products.web.page import render_page
from sibangkit_geo.products.web.payload import page_payload, shared_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from sibangkit_geo.agencies import Agency
    from sibangkit_geo.model.types import IntakeReport
    from sibangkit_geo.products.result import StudyResult
    from sibangkit_geo.products.sheets import Sheet
    from sibangkit_geo.products.tables import OpenTables

ANNEX = "annex/peta_kantong_kemiskinan_A4.pdf"


def write_products(
    product: StudyResult,
    tables: OpenTables,
    out: Path,
    *,
    reports: Sequence[IntakeReport],
    personal: Collection[str],
    extra: Callable[[Path], None],
    progress: Callable[[str, int, int], None],
) -> tuple[str, ...]:
    """
    Draw and write every product into a staging folder, then move it into place.

    `out`: Final folder.
    Raises LeakError: A product holds personal data; `out` stays as it was.
    Raises ConfigError: `out` cannot be written.
    """
    agencies = product.catalogue.agencies
    pages = [one for one in agencies if one.always or product.needs.indicators.get(one.key)]
    with staging.staged(out, kind="run") as folder:
        shared = shared_payload(product, agencies=agencies)
        for done, agency in enumerate(pages):
            progress("draw", done, len(pages) + 1)
            payload = page_payload(product, agency, shared=shared, pages=pages)
            staging.write_text(folder / agency.file, render_page(payload))
        write_photos(product.houses, folder)
        (folder / ANNEX).parent.mkdir(parents=True, exist_ok=True)
        write_annex(product, folder / ANNEX)
        progress("write", 0, 1)
        tables.write(folder)
        write_geopackage(
            tables.villages, product.pockets, folder / "pockets.gpkg",
            created=product.provenance.created,
        )  # fmt: skip
        districts = district_sheets(product)
        write_sheets(product, districts, folder)
        extra(folder)
        if reports:
            intake_report.write_intake(reports, folder, created=product.provenance.created)
        _write_front(product, pages, districts, folder)
        staging.write_manifest(
            folder, product.provenance, result=_result(product), notes=product.notes
        )
        disclosure.require_clean(folder, personal=personal)
        files = _names_in(folder)
    return tuple(sorted(files, key=lambda name: (name != "index.html", name)))


def _names_in(folder: Path) -> list[str]:
    return [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]


def _write_front(
    product: StudyResult, pages: Sequence[Agency], districts: Sequence[Sheet], folder: Path
) -> None:
    """Write the front page when all else but the manifest, which lists every page, is there."""
    for name, text in district_pages(product, districts, map_file=pages[0].file):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        staging.write_text(folder / name, text)
    front = front_page(product, pages=pages, files=[*_names_in(folder), "manifest.json"])
    staging.write_text(folder / "index.html", front)


def _result(product: StudyResult) -> dict[str, object]:
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
        "null_hypothesis": "joint permutation, within five classes of size, of villages "
        "not yet in a pocket",
        "correction": "sequential: each zone is tested against what is left; p is the running "
        "maximum",
    }
