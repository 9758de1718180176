"""The annex of a study: atlas, document, workbook and layers for a GIS."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from sibangkit_geo import disclosure
from sibangkit_geo.config import read_study
from sibangkit_geo.errors import ConfigError, DegradedInputWarning, nearest
from sibangkit_geo.model.optional import require_extra
from sibangkit_geo.products import staging
from sibangkit_geo.products.atlas import write_atlas, write_pictures, write_pieces
from sibangkit_geo.products.atlas.atlas import epsg_of
from sibangkit_geo.products.atlas.map_pieces import PIECES, write_brief_map
from sibangkit_geo.products.atlas.settings import AtlasPages, Paper, Preset
from sibangkit_geo.products.changes import wave_changes
from sibangkit_geo.products.document import (
    BRIEF_NAME,
    DOCX_NAME,
    PDF_NAME,
    MapPictures,
    write_document,
    write_pdf,
)
from sibangkit_geo.products.document.document_outline import (
    OUTLINE_NAME,
    outline_file,
    read_outline,
)
from sibangkit_geo.products.gis import gis_layers, write_gis
from sibangkit_geo.products.tables import open_tables
from sibangkit_geo.products.workbook import BOOK_NAME, write_workbook
from sibangkit_geo.study.extras import SURFACE, write_surface
from sibangkit_geo.study.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from sibangkit_geo.model.types import Note
    from sibangkit_geo.products.atlas import WaveChange
    from sibangkit_geo.products.document import AnnexSettings
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.study.prepare import Progress, Ready

GIS = "gis"
# dots per inch of the small map in the document
_BRIEF_DPI = 200


@dataclass(frozen=True, slots=True)
class AnnexOrder:
    """
    What a call asks for beside the study file.

    `papers`: Papers of the atlas; empty takes the study's.
    `only`: Sheets to draw, as in ``[annex] only``; empty takes the study's.
    `preset`, `district`: As in ``[annex]``; empty takes the study's.
    `address`: Database the layers are published to; empty for none.
    `pieces`: Whether to write maps for pasting too; false takes the study's.
    """

    papers: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    document: bool = True
    address: str = ""
    preset: str = ""
    district: str = ""
    pieces: bool = False

    def __post_init__(self) -> None:
        """Check papers and address before anything long starts."""
        for paper in self.papers:
            if paper not in get_args(Paper):
                msg = f'--paper: "{paper}" is unknown. {nearest(paper, get_args(Paper))}'
                raise ConfigError(msg)
        if self.preset and self.preset not in get_args(Preset):
            msg = f'--preset: "{self.preset}" is unknown. {nearest(self.preset, get_args(Preset))}'
            raise ConfigError(msg)
        if self.address:
            _database().require_address(self.address)


@dataclass(frozen=True, slots=True)
class AnnexFinished:
    """
    What was made.

    `schema`: Of the database; empty when nothing was published.
    `notes`: What went wrong without stopping.
    """

    out: Path
    products: tuple[str, ...]
    schema: str = ""
    notes: tuple[Note, ...] = field(default=())


def run_annex(
    study_file: Path, out: Path, *, order: AnnexOrder, progress: Progress
) -> AnnexFinished:
    """
    Run a study file and write its annex.

    `study_file`: TOML file; its table ``[annex]`` says what the annex looks like.
    `out`: Folder of its own; nothing in it changes unless everything succeeds.
    Raises ConfigError: The study file, or a file it names, is wrong; `out` holds a run or a
        comparison; the database refuses.
    Raises DataError: A table breaks its contract.
    Raises LeakError: A product would show personal data; nothing is written or published.
    """
    staging.require_own(out, kind="annex")
    # an outline that cannot be read is told before the long work
    read_outline(asked_for(read_study(study_file).annex, order))
    with staging.claim(out):
        return _annex(prepare(study_file, out, progress=progress), out, order, progress)


def _annex(ready: Ready, out: Path, order: AnnexOrder, progress: Progress) -> AnnexFinished:
    settings = asked_for(ready.study.annex, order)
    settings = _of_sheets(of_district(settings, ready.product))
    private = ready.study.disclosure.rights.houses
    with staging.staged(out, kind="annex", private=private) as folder:
        notes = _write(ready, settings, folder, order, progress)
        layers = gis_layers(ready.product)
        (folder / GIS).mkdir()
        write_surface(ready.extras.surface, ready.product, folder / GIS)
        surface = SURFACE if (folder / GIS / SURFACE).exists() else ""
        write_gis(ready.product, layers, folder / GIS, surface=surface)
        product = ready.product
        staging.write_manifest(
            folder, product.provenance, result={"pockets": len(product.found)},
            notes=(*notes, *product.notes),
        )  # fmt: skip
        personal = ready.personal()
        disclosure.require_clean(folder, personal=personal)
        schema = ""
        if order.address:
            schema = _schema(ready)
            _database().publish(layers, order.address, schema=schema, epsg=epsg_of(product))
        files = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]
    return AnnexFinished(out, tuple(sorted(files)), schema, notes)


def asked_for(settings: AnnexSettings, order: AnnexOrder) -> AnnexSettings:
    """
    Put what the call asks for above what the study says.

    Raises ConfigError: The annex is that of a district, and none is named.
    """
    district = order.district or settings.district
    preset = cast("Preset", order.preset or settings.preset)
    if district and preset == "lengkap":
        preset = "kecamatan"
    if preset == "kecamatan" and not district:
        msg = '[annex] preset "kecamatan" needs the district: write --district "NAME".'
        raise ConfigError(msg)
    if district and preset != "kecamatan":
        msg = (
            f'[annex] preset "{preset}" tells of the whole regency, and the annex is of one '
            "district. Leave out one of the two."
        )
        raise ConfigError(msg)
    # a preset that the call names wins over the file that the study names
    outline = "" if order.preset else settings.outline
    return replace(
        settings, only=order.only or settings.only, preset=preset, district=district,
        outline=outline, pieces=order.pieces or settings.pieces,
    )  # fmt: skip


def of_district(settings: AnnexSettings, product: Analysis) -> AnnexSettings:
    """
    Find the district by its code or name, and draw its map alone.

    Raises ConfigError: There is none of that name.
    """
    if not settings.district:
        return settings
    villages = product.measured.villages.drop_duplicates("district_code")
    names = dict(zip(villages["district_code"], villages["district_name"].astype(str), strict=True))
    wanted = settings.district.casefold().removeprefix("kecamatan ").removeprefix("kec. ").strip()
    found = [code for code, name in names.items() if wanted in {code, name.casefold()}]
    if len(found) != 1:
        near = nearest(settings.district, names.values())
        msg = f'[annex] district: there is no district "{settings.district}". {near}'
        raise ConfigError(msg)
    return replace(settings, district=found[0], only=settings.only or (found[0],))


def _of_sheets(settings: AnnexSettings) -> AnnexSettings:
    """Draw the sheets that the outline names, where the study names none."""
    if settings.only or settings.sheets:
        return settings
    return replace(settings, sheets=read_outline(settings).sheets)


def _database() -> ModuleType:
    """
    Load what publishes to a database.

    Raises MissingExtraError: Its libraries are not installed.
    """
    require_extra("postgis")
    from sibangkit_geo.products import postgis  # noqa: PLC0415 - an annex needs no database

    return postgis


def _schema(ready: Ready) -> str:
    section = ready.study.study
    return f"sibangkit_{section.regency.replace('.', '')}_{section.year}"


def _write(
    ready: Ready, settings: AnnexSettings, folder: Path, order: AnnexOrder, progress: Progress
) -> tuple[Note, ...]:
    """Write atlas, document and workbook; say what went wrong without stopping."""
    papers = tuple(dict.fromkeys(order.papers or (settings.paper,)))
    changes = wave_changes(ready.product)
    notes: list[Note] = []
    product = ready.product

    def sheet(done: int, total: int) -> None:
        progress("draw", done, total)

    for paper in papers:
        own = replace(settings, paper=cast("Paper", paper))
        drawn = write_atlas(product, folder / paper, settings=own, changes=changes, progress=sheet)
        notes += drawn.notes
    if settings.pieces:
        write_pieces(product, folder / PIECES, settings=settings, changes=changes, progress=sheet)
    if order.document:
        notes += _document(ready, settings, folder, changes, sheet)
    progress("write", 0, 1)
    write_workbook(
        product,
        open_tables(product),
        folder / BOOK_NAME,
        budget=ready.conclusions.plans.budget,
        changes=changes,
    )
    return tuple(dict.fromkeys(notes))


def _document(
    ready: Ready,
    settings: AnnexSettings,
    folder: Path,
    changes: tuple[WaveChange, ...],
    progress: Callable[[int, int], None],
) -> tuple[Note, ...]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        pages, brief, outline = AtlasPages("", ()), None, read_outline(settings)
        if outline.has("brief"):
            own = replace(settings, dpi=_BRIEF_DPI)
            brief = write_brief_map(ready.product, place / BRIEF_NAME, settings=own)
        if outline.has("maps"):
            pages = write_pictures(
                ready.product, place, settings=settings, changes=changes, progress=progress
            )
        (folder / OUTLINE_NAME).write_bytes(outline_file(settings).read_bytes())
        maps = MapPictures(pages, place, settings, changes, brief)
        written = write_document(ready.product, maps, folder / DOCX_NAME)
        for note in written.notes:
            warnings.warn(note.text, DegradedInputWarning, stacklevel=2)
        made = write_pdf(ready.product, maps, written, folder / PDF_NAME)
        return (*written.notes, *made)
