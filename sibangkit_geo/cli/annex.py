"""The command that writes the annex of a planning document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sibangkit_geo.cli.reporting import progress_bars, reported

if TYPE_CHECKING:
    from sibangkit_geo.study.annexing import AnnexFinished


def annex(
    study_file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Study file.")],
    out: Annotated[Path, typer.Option(help="Folder for the annex, not that of a run.")],
    paper: Annotated[
        list[str] | None,
        typer.Option(metavar="A3|A4", help="Paper of the atlas; may stand twice."),
    ] = None,
    *,
    no_document: Annotated[
        bool, typer.Option("--no-document", help="Write no Word document.")
    ] = False,
    to: Annotated[
        str, typer.Option(metavar="postgresql://...", help="PostGIS to publish the layers to.")
    ] = "",
) -> None:
    """Write the annex: atlas, Word document, workbook, GIS layers."""
    with reported(), progress_bars() as progress:
        from sibangkit_geo.study import annexing

        order = annexing.AnnexOrder(tuple(paper or ()), not no_document, to)
        finished = annexing.annex(study_file, out, order=order, progress=progress)
    _report(finished)


def _report(finished: AnnexFinished) -> None:
    for name in finished.products:
        typer.echo(finished.out / name)
    for note in finished.notes:
        typer.echo(f"perhatian: {note.text}", err=True)
    if finished.schema:
        typer.echo(f"skema basis data: {finished.schema}", err=True)
