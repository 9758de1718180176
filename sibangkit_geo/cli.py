"""The command line: parse, call, report; nothing else."""

from __future__ import annotations

import logging
import signal
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sibangkit_geo import __version__
from sibangkit_geo.errors import DegradedInputWarning, UnprotectedWarning
from sibangkit_geo.model.limits import FIRST_YEAR, LAST_YEAR, REPLICATES
from sibangkit_geo.voice import log_file
from sibangkit_geo.voice.commands import Voice
from sibangkit_geo.voice.passwords import asked_password
from sibangkit_geo.voice.reporting import (
    Told,
    account,
    fail,
    report_province,
    said,
    show_warning,
    tell,
    tell_result,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sibangkit_geo.study import Finished

app = typer.Typer(
    name="sibangkit",
    cls=Voice,
    help="Find poverty pockets and draw offline maps for every agency.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_DEMO_HOUSEHOLDS = 250_000
_DEMO_SEED = 1607
_REGENCY = "Dotted code; absent takes that of the village codes, else 16.07."
_DATA = 3
_YEARS: Final = {"min": FIRST_YEAR, "max": LAST_YEAR}
# kinds of findings, for the reader of a scan
_FOUND = {
    "identity": "nomor identitas",
    "register": "data register",
    "photo_point": "titik lokasi foto",
    "unreadable": "rusak atau terkunci, tidak terperiksa",
    "too_much": "terlalu besar setelah dibuka, tidak terperiksa",
}

boundaries_app = typer.Typer(help="Check, import or fetch boundary files.", no_args_is_help=True)

_CODE = Annotated[str, typer.Option(help="Column with the village code.")]
_NAME = Annotated[str, typer.Option(help="Column with the name of the village.")]
_DISTRICT = Annotated[str, typer.Option(help="Column with the name of the district.")]
_CODE_SYSTEM = Annotated[str, typer.Option(help="kemendagri or bps.")]
_LAYER = Annotated[str, typer.Option(help="Layer.")]
_CRS = Annotated[str, typer.Option(help="Where the file names none, such as EPSG:32748.")]

_STAGES = {
    "regency": "Menjalankan kabupaten/kota",
    "read": "Membaca data",
    "find": "Mencari kantong",
    "draw": "Menggambar peta",
    "write": "Menulis berkas",
}

app.add_typer(boundaries_app, name="boundaries")


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"sibangkit {__version__}")
        raise typer.Exit


@app.callback()
def main(
    *,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Print stages, and write a log without personal data that may be sent to a "
            "maintainer.",
        ),
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            metavar="id|en",
            help="Language of help and messages: id or en; else that of the environment.",
        ),
    ] = "",
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda value: _version(wanted=value),
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """Find poverty pockets and draw offline maps for every agency."""
    # the language is taken out of the command line before it is read
    del version, language
    # so that what is half made is taken away
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if verbose:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    else:
        logging.getLogger("sibangkit_geo").handlers[:] = [Told(logging.WARNING)]
    # a degraded input is told in one line on stderr; the same words stand in the products
    warnings.showwarning = show_warning
    warnings.simplefilter("ignore")
    warnings.simplefilter("default", DegradedInputWarning)
    warnings.simplefilter("default", UnprotectedWarning)


@app.command()
def run(
    study_file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Study file.")],
    out: Annotated[Path, typer.Option(help="Folder for the products.")],
    password_file: Annotated[
        Path | None,
        typer.Option(help="File whose first line is the password of the pages, level internal."),
    ] = None,
    *,
    unlocked: Annotated[
        bool, typer.Option("--unlocked", help="Write plain pages at level internal.")
    ] = False,
    jobs: Annotated[
        int, typer.Option(min=0, help="Regencies at a time, of a study of several; 0: one a core.")
    ] = 0,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Of several regencies, run finished ones again too."),
    ] = False,
) -> None:
    """Run a study: read, locate, measure, find, focus, draw, write."""
    from sibangkit_geo.study.lock import lock_for
    from sibangkit_geo.study.regencies import read_regencies

    several = read_regencies(study_file)
    lock = lock_for(study_file, password_file=password_file, unlocked=unlocked, ask=asked_password)
    if several:
        from sibangkit_geo.study.provinces import ProvinceOrder, run_province
        from sibangkit_geo.voice.translator import to_indonesian

        order = ProvinceOrder(jobs, restart, lock, to_indonesian())
        with progress_bars() as progress:
            report_province(run_province(several, out, order=order, progress=progress))
        return
    with progress_bars() as progress:
        from sibangkit_geo import study

        finished = study.run(study_file, out, progress=progress, lock=lock)
    report(finished)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the products.")],
    households: Annotated[
        int, typer.Option(min=5_000, max=450_000, help="Households to make up.")
    ] = _DEMO_HOUSEHOLDS,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the made-up regency.")] = _DEMO_SEED,
    *,
    no_pockets: Annotated[bool, typer.Option("--no-pockets", help="Plant no pocket.")] = False,
    register_only: Annotated[
        bool, typer.Option("--register-only", help="Write register and study, run nothing.")
    ] = False,
    damage: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Damage the register as real ones are; `all` for all."),
    ] = None,
) -> None:
    """Make up a regency and run it: the whole product without anyone's data."""
    with progress_bars() as progress:
        from sibangkit_geo.demo import DemoSettings, damage_kinds, nothing_left, write_demo
        from sibangkit_geo.products.places import writing

        settings = DemoSettings(
            households=households,
            seed=seed,
            pockets=not no_pockets,
            damage=damage_kinds(damage or ()),
        )
        with writing(out), nothing_left(out / "data"):
            study_file = write_demo(out / "data", settings=settings)
            if not register_only:
                from sibangkit_geo import study

                finished = study.run(study_file, out, progress=progress)
    if register_only:
        typer.echo(study_file)
    else:
        report(finished)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="Register or village table, any format.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the intake report.")] = None,
    regency: Annotated[str, typer.Option(help=_REGENCY)] = "",
    code_generation: Annotated[
        str, typer.Option(help="bdt2015, regsosek2022, dtsen2025, p3ke or bkkbn.")
    ] = "",
    code_system: Annotated[str, typer.Option(help="kemendagri or bps.")] = "",
    sheet: Annotated[str, typer.Option(help="Sheet or layer.")] = "",
    year: Annotated[int | None, typer.Option(**_YEARS, help="Year of the data.")] = None,
) -> None:
    """Show what a file's columns mean, a block to paste, and what is wrong with its rows."""
    from sibangkit_geo.study import begin, new_study

    known = begin.Known(regency, code_generation, code_system, sheet, year or 0)
    found = begin.inspect(file, known=known)
    written = begin.write_report(found, out or file.parent / f"{file.stem}_laporan")
    typer.echo(account(begin.text_of(found)), err=True)
    if found.missing:
        fail(f"{file.name}: not recognised; it lacks {said(found.missing)}", code=_DATA)
    typer.echo(new_study.block_of(found))
    for path in written:
        typer.echo(path)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder with registers, tables and polygons.")],
    regency: Annotated[str, typer.Option(help=_REGENCY)] = "",
    code_generation: Annotated[str, typer.Option(help="Of the registers.")] = "",
    code_system: Annotated[str, typer.Option(help="kemendagri or bps.")] = "",
    year: Annotated[int | None, typer.Option(**_YEARS, help="Year of study and data.")] = None,
    title: Annotated[str, typer.Option(help="Title of the products.")] = "",
) -> None:
    """Begin a study file from a folder of files."""
    from sibangkit_geo.study import begin, new_study
    from sibangkit_geo.voice.talk import kind_word

    known = begin.Known(regency, code_generation, code_system, "", year or 0)
    begun = new_study.new_study(folder, known=known, title=title)
    for name, kind in begun.used.items():
        typer.echo(f"{name}: {kind_word(kind)}", err=True)
    for remark in begun.remarks:
        tell("perhatian", remark)
    typer.echo(begun.path)


@app.command()
def mulai(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with your files; asked for when absent.")
    ] = None,
    *,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Open no browser at the end.")
    ] = False,
) -> None:
    """Ask for all that a study needs, write it, run it and open its front page."""
    from sibangkit_geo.voice.dialogue import guide

    guide(folder, stages=_STAGES, ask_password=asked_password, browser=not no_browser)


@app.command()
def pockets(  # noqa: PLR0913, PLR0917 - an option each
    table: Annotated[Path, typer.Argument(help="Village layer, any vector format.")],
    poor: Annotated[str, typer.Option(help="Column with poor households.")],
    households: Annotated[str, typer.Option(help="Column with all households.")],
    out: Annotated[Path, typer.Option(help="GeoPackage to write.")] = Path("pockets.gpkg"),
    code: Annotated[str, typer.Option(help="Column that labels the villages.")] = "",
    layer: Annotated[str, typer.Option(help="Layer.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the permutations.")] = 1607,
    replicates: Annotated[int, typer.Option(min=1, max=REPLICATES, help="Permutations.")] = 999,
) -> None:
    """Find poverty pockets in any village layer and save one outline per pocket."""
    from sibangkit_geo import study
    from sibangkit_geo.pockets import PocketSettings

    columns = study.LayerColumns(poor, households, code)
    settings = PocketSettings(seed=seed, replicates=replicates)
    found = study.pockets_of_layer(table, out, columns=columns, settings=settings, layer=layer)
    for note in found.notes:
        tell(note.text)
    tell(f"{len(found)} kantong, {len(found.members)} desa, p = {found.p_value:.3f}")
    log_file.notes([one.key for one in found.notes])
    typer.echo(out)


@app.command()
def annex(  # noqa: PLR0913 - an option each
    study_file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Study file.")],
    out: Annotated[Path, typer.Option(help="Folder for the annex, not that of a run.")],
    paper: Annotated[
        list[str] | None,
        typer.Option(metavar="A3|A4", help="Paper of the atlas; may stand twice."),
    ] = None,
    only: Annotated[
        str, typer.Option(metavar="SHEETS", help='Sheets to draw, such as "kantong, perkimtan".')
    ] = "",
    preset: Annotated[
        str,
        typer.Option(metavar="lengkap|rpkd|rkpd|tkpk|kecamatan", help="What the document is for."),
    ] = "",
    district: Annotated[
        str, typer.Option(metavar="PLACE", help="Annex of one district: its name or code.")
    ] = "",
    *,
    no_document: Annotated[
        bool, typer.Option("--no-document", help="Write no Word document.")
    ] = False,
    pieces: Annotated[
        bool, typer.Option("--pieces", help="Write each map without frame too, for pasting.")
    ] = False,
    to: Annotated[
        str, typer.Option(metavar="postgresql://...", help="PostGIS to publish the layers to.")
    ] = "",
) -> None:
    """Write the annex: atlas, Word document, workbook, GIS layers."""
    with progress_bars() as progress:
        from sibangkit_geo.study.annex import AnnexOrder, run_annex

        sheets = tuple(filter(None, map(str.strip, only.split(","))))
        order = AnnexOrder(
            tuple(paper or ()), sheets, not no_document, to, preset, district, pieces
        )
        finished = run_annex(study_file, out, order=order, progress=progress)
    for name in finished.products:
        typer.echo(finished.out / name)
    for note in finished.notes:
        tell("perhatian", note.text)
    log_file.notes([one.key for one in finished.notes])
    if finished.schema:
        tell(f"skema basis data: {finished.schema}")


@app.command()
def profile(
    study_file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Study file.")],
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help="Name or code of a village or a district.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write; else profil_CODE.html here.")
    ] = None,
) -> None:
    """Write the profile of one village or district: an A4 sheet to print."""
    with progress_bars() as progress:
        from sibangkit_geo.study.one_profile import run_profile

        written = run_profile(study_file, place, out=out, progress=progress)
    typer.echo(written)


@app.command()
def partners(
    study_file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Study file.")],
    out: Annotated[Path, typer.Option(help="Folder for a folder of each partner.")],
) -> None:
    """Write a page and a workbook for each partner, from protected counts."""
    with progress_bars() as progress:
        from sibangkit_geo.study.partner_folders import run_partners

        finished = run_partners(study_file, out, progress=progress)
    for name in finished.products:
        typer.echo(finished.out / name)
    for name in finished.bare:
        tell("perhatian", f"data tidak menanyakan kebutuhan {name}")
    for name in finished.left:
        tell("perhatian", f"{finished.out / name} berasal dari pelaksanaan lain")


@app.command()
def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN_A RUN_B ...", help="Folders of finished products.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the comparison.")],
    minimum_jaccard: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Least shared people of one pocket.")
    ] = 0.2,
) -> None:
    """Compare finished runs over time: pockets, rates, and what else changed."""
    from sibangkit_geo.pockets.change import ChangeSettings
    from sibangkit_geo.study.compare import compare_runs

    names = compare_runs(runs, out, settings=ChangeSettings(minimum_jaccard))
    for name in names:
        typer.echo(out / name)


@app.command()
def scan(
    folder: Annotated[Path, typer.Argument(help="Folder with finished products.")],
) -> None:
    """Search finished products for identity numbers and for places of photos."""
    from sibangkit_geo import disclosure
    from sibangkit_geo.errors import MissingFileError

    if not folder.is_dir():
        raise MissingFileError(folder, named_by="folder to scan")
    found = disclosure.find_leaks(folder)
    for one in found:
        typer.echo(f"{one.file}\t{one.count}\t{said(_FOUND[one.kind])}")
    files = len({one.file for one in found})
    tell(f"{files} berkas perlu diperiksa" if files else "bersih")
    if found:
        raise typer.Exit(code=1)


@app.command()
def doctor() -> None:
    """Look at the installation: what is missing, and what that costs."""
    from sibangkit_geo.study.doctor import examine

    found = []
    for one in examine():
        found.append(one)
        typer.echo(f"{said(one.state):<7}{said(one.what)}: {said(one.told)}")
        if one.remedy:
            typer.echo(f"       {said(one.remedy)}")
    if any(one.state == "rusak" for one in found):
        raise typer.Exit(code=1)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Folder with finished products.")],
) -> None:
    """Compare finished products with the checksums of their manifest."""
    from sibangkit_geo.errors import MissingFileError
    from sibangkit_geo.products import staging

    if not folder.is_dir():
        raise MissingFileError(folder, named_by="folder to verify")
    found = staging.verify(folder)
    for told, names in (("berubah", found.changed), ("hilang", found.missing)):
        for name in names:
            typer.echo(f"{name}\t{said(told)}")
    for name in found.others:
        tell(f"{name}: bukan bagian dari keluaran")
    tell(
        f"{found.products} berkas sesuai manifest.json"
        if found.whole
        else "berkas berbeda dari manifest.json; jalankan lagi"
    )
    if not found.whole:
        raise typer.Exit(code=1)


@boundaries_app.command("check")
def check(  # noqa: PLR0913, PLR0917 - an option each
    file: Annotated[Path, typer.Argument(help="Polygons, any vector format.")],
    regency: Annotated[str, typer.Option(help="Dotted code; checks what is of it.")] = "",
    code: _CODE = "",
    name: _NAME = "",
    district: _DISTRICT = "",
    code_system: _CODE_SYSTEM = "",
    layer: _LAYER = "",
    crs: _CRS = "",
) -> None:
    """List what is wrong with a boundary file, with areas before and after repair."""
    from sibangkit_geo.sources import boundaries

    columns = boundaries.BoundaryColumns(code, name, district, code_system)
    check = boundaries.check_file(file, layer=layer, crs=crs, columns=columns, regency=regency)
    text = boundaries.check_text(check)
    typer.echo(account(text))


@boundaries_app.command("import")
def import_file(  # noqa: PLR0913, PLR0917 - an option each
    file: Annotated[Path, typer.Argument(help="Polygons of a publisher.")],
    out: Annotated[Path, typer.Option(help="GeoJSON or GeoPackage to write.")],
    regency: Annotated[str, typer.Option(help="Dotted code.")] = "16.07",
    code: _CODE = "",
    name: _NAME = "",
    district: _DISTRICT = "",
    code_system: _CODE_SYSTEM = "",
    layer: _LAYER = "",
    crs: _CRS = "",
) -> None:
    """Turn a publisher's boundary file into a clean one with official codes."""
    from sibangkit_geo import study
    from sibangkit_geo.sources.boundaries import BoundaryColumns

    columns = BoundaryColumns(code, name, district, code_system)
    path = study.import_boundaries(
        file, out, regency=regency, layer=layer, crs=crs, columns=columns
    )
    typer.echo(path)


@boundaries_app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="Name in the catalogue; `list` shows them.")],
    out: Annotated[Path, typer.Option(help="Folder to put the file in.")] = Path(),
    sha256: Annotated[str, typer.Option(help="Checksum, where the catalogue has none.")] = "",
) -> None:
    """Download a catalogued public boundary file and check it."""
    from sibangkit_geo.sources import boundaries

    if name == "list":
        for one in boundaries.catalogued():
            typer.echo(f"{one.name}\t{one.what}")
        return
    path = boundaries.fetch(name, out, sha256=sha256)
    typer.echo(path)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Draw one bar per stage on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        tasks: dict[str, int] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for earlier in tasks.values():
                    bar.update(earlier, visible=False)  # type: ignore[arg-type]
                log_file.stage(stage)
                tasks[stage] = bar.add_task(said(_STAGES[stage]), total=total)
            bar.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def report(finished: Finished) -> None:
    """Print every product on stdout, and a summary on stderr."""
    for name in finished.products:
        typer.echo(finished.out / name)
    if finished.review:
        typer.echo(finished.review)
    log_file.notes([one.key for one in finished.notes])
    tell_result(finished.pockets, notes=len(finished.notes))
