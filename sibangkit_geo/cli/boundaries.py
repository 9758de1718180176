"""Commands on boundary files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sibangkit_geo.cli.reporting import reported

app = typer.Typer(help="Check, import or fetch boundary files.", no_args_is_help=True)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="Polygons, any vector format.")],
    layer: Annotated[str, typer.Option(help="Layer.")] = "",
    crs: Annotated[str, typer.Option(help="Where the file names none, such as EPSG:32748.")] = "",
) -> None:
    """List what is wrong with a boundary file, with areas before and after repair."""
    with reported():
        from sibangkit_geo.sources import boundaries

        text = boundaries.check_text(boundaries.check_file(file, layer=layer, crs=crs))
    typer.echo(text)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="Polygons of a publisher.")],
    out: Annotated[Path, typer.Option(help="GeoJSON or GeoPackage to write.")],
    regency: Annotated[str, typer.Option(help="Dotted code.")] = "16.07",
    layer: Annotated[str, typer.Option(help="Layer.")] = "",
    crs: Annotated[str, typer.Option(help="Where the file names none.")] = "",
) -> None:
    """Turn a publisher's boundary file into a clean one with official codes."""
    with reported():
        from sibangkit_geo import study

        path = study.import_boundaries(file, out, regency=regency, layer=layer, crs=crs)
    typer.echo(path)


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="Name in the catalogue; `list` shows them.")],
    out: Annotated[Path, typer.Option(help="Folder to put the file in.")] = Path(),
    sha256: Annotated[str, typer.Option(help="Checksum, where the catalogue has none.")] = "",
) -> None:
    """Download a catalogued public boundary file and check it."""
    with reported():
        from sibangkit_geo.sources import boundaries

        if name == "list":
            for one in boundaries.catalogued():
                typer.echo(f"{one.name}\t{one.what}")
            return
        path = boundaries.fetch(name, out, sha256=sha256)
    typer.echo(path)
