"""
The atlas against geopandas, one `.plot()` call per layer; times only as a ratio of one run.

    python benchmarks/atlas.py [--layer villages.geojson] [--paper A3]

Both draw as many pages of the same villages, a regency's and its districts': the peer plots
neighbours, villages, districts, regency and pockets with axes and a title and saves each page to
one PDF; the atlas draws everything a sheet asks for. Times are of the processor. Memory is the
peak of a fresh process at 5 pages and at more. A layer has columns `kode` and `nama`; without one
the embedded villages are drawn.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from sibangkit_geo.agencies import load_catalogue
from sibangkit_geo.model.types import AgencyNeeds, Indicator, Pockets, Provenance, VillageIndicators
from sibangkit_geo.products.atlas import AtlasSettings, write_atlas
from sibangkit_geo.products.result import Analysis, build_layers
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries

if TYPE_CHECKING:
    from sibangkit_geo.model.types import Boundaries
    from sibangkit_geo.products.atlas.settings import Kind

REGENCY = "16.07"
POCKET = 12
FEW = 5
INDICATORS = 22


def main() -> None:
    """
    Run the comparison and print it, or draw once in a process of its own.

    Raises
    ------
    Nothing
        argparse reports wrong arguments itself.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layer", type=Path)
    parser.add_argument("--paper", choices=("A4", "A3"), default="A4")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    product = make_product(read_layer(options.layer))
    settings = AtlasSettings(paper=options.paper, sheets=("overview", "district"))
    with tempfile.TemporaryDirectory() as name:
        if options.memory:
            _draw_some(product, options.paper, options.memory, Path(name))
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            return
        _compare(product, settings, Path(name))
    for pages in (
        FEW,
        len(product.layers),
        len(product.layers) + product.mapped["district_code"].nunique(),
    ):
        command = [sys.executable, __file__, *sys.argv[1:], "--memory", str(pages)]
        peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        print(f"peak memory at {pages} pages: {peak} MB")


def _compare(product: Analysis, settings: AtlasSettings, folder: Path) -> None:
    start = time.process_time()
    pages = write_atlas(product, folder, settings=settings)
    ours = time.process_time() - start
    start = time.process_time()
    plot_with_geopandas(product, folder / "peer.pdf", wide=16.5 if settings.paper == "A3" else 8.3)
    theirs = time.process_time() - start
    count = len(pages)
    sizes = [(folder / one).stat().st_size / 1024 / count for one in (pages.pdf, "peer.pdf")]
    print(f"{count} pages of {settings.paper}, {len(product.mapped)} villages")
    print(f"atlas      {ours:6.2f} s  {sizes[0]:6.1f} KB a page")
    print(f"geopandas  {theirs:6.2f} s  {sizes[1]:6.1f} KB a page")
    print(f"ratio      {theirs / ours:6.2f}")


def _draw_some(product: Analysis, paper: str, pages: int, folder: Path) -> None:
    """Draw the overview, then indicators, then districts until there are enough pages."""
    names = tuple(one.indicator.name for one in product.layers[1:pages])
    districts = product.mapped["district_code"].nunique()
    kinds: tuple[Kind, ...] = ("overview", "indicator")
    if pages > len(names) + 1:
        names, kinds = names[: pages - 1 - districts], ("overview", "indicator", "district")
    settings = AtlasSettings(
        paper="A3" if paper == "A3" else "A4", sheets=kinds, indicators=names
    )  # fmt: skip
    if len(write_atlas(product, folder, settings=settings)) != pages:
        msg = f"{pages} pages cannot be made of this study."
        raise ValueError(msg)


def read_layer(layer: Path | None) -> Boundaries:
    """
    Read the villages.

    Parameters
    ----------
    layer
        Polygons with ``kode`` and ``nama``; None takes the embedded ones.

    Returns
    -------
    boundaries
        As a study reads them.

    Raises
    ------
    SibangkitError
        The layer cannot be used.
    """
    source = BoundarySource(str(layer.resolve()) if layer else "default", source="layer")
    return read_boundaries(source, regency=REGENCY)


def make_product(areas: Boundaries) -> Analysis:
    """
    Make a study of made-up poverty with one pocket.

    Parameters
    ----------
    areas
        Villages.

    Returns
    -------
    product
        Ready to be drawn.

    Raises
    ------
    ValueError
        There is no village.
    """
    official = areas.official
    poor = np.random.default_rng(7).integers(5, 120, len(official)).astype(float)
    table = official[["name", "district_code", "district_name"]].assign(
        status="ok", households=400.0, people=1600.0, poor_households=poor,
        headcount_ratio=poor / 400,
    )  # fmt: skip
    villages = gpd.GeoDataFrame(
        table, geometry=areas.villages.geometry.reindex(table.index), crs=areas.villages.crs
    )
    names = ["headcount_ratio", *(f"indikator_{i}" for i in range(1, INDICATORS))]
    for name in names[1:]:
        villages[name] = villages["headcount_ratio"].sample(frac=1, random_state=7).to_numpy()
    rates = tuple(
        Indicator(
            name, name.capitalize(), "percent", "high", "rumah tangga", "", "buatan", 2024,
            "poor_households",
        )
        for name in names
    )  # fmt: skip
    measured = VillageIndicators(villages, rates, ())
    return Analysis(
        title="Kantong kemiskinan", year=2024, regency_name="Kabupaten Banyuasin",
        boundaries=areas, measured=measured,
        layers=build_layers(measured),
        found=_pockets(villages[villages.geometry.notna()]),
        focus=AgencyNeeds(pd.DataFrame(), {}), notes=areas.notes,
        provenance=Provenance((), {}, 7, {"sibangkit_geo": "0"}, "2026-01-01T00:00:00+00:00"),
        neighbor_distance_m=100.0, catalogue=load_catalogue(),
    )  # fmt: skip


def _pockets(villages: gpd.GeoDataFrame) -> Pockets:
    middle = villages.geometry.iloc[len(villages) // 2].centroid
    near = villages.geometry.distance(middle).nsmallest(POCKET).index
    outline = gpd.GeoDataFrame(
        {"evidence": ["strict"], "p_value": [0.01], "rate": [0.3], "relative_risk": [2.0],
         "poor": [900.0], "expected": [450.0], "households": [4800.0], "n_villages": [len(near)]},
        geometry=[shapely.union_all(villages.geometry[near])], index=[1], crs=villages.crs,
    )  # fmt: skip
    return Pockets(pd.Series(1, index=near), outline, pd.DataFrame(index=villages.index),
                   0.01, 0.05, 0.05, 999, 7)  # fmt: skip


def plot_with_geopandas(product: Analysis, path: Path, *, wide: float) -> None:
    """
    Plot as many pages, one call per layer.

    Parameters
    ----------
    product
        From `make_product`.
    path
        PDF to write.
    wide
        Page width, inches.

    Raises
    ------
    OSError
        The disk refuses.
    """
    mapped = product.mapped.assign(color=product.layers[0].colors)
    districts = mapped.dissolve("district_code")
    regency = mapped.dissolve()
    context, pockets = product.boundaries.context, product.found.outlines
    with PdfPages(path) as pages:
        for code in [None, *districts.index]:
            figure = Figure(figsize=(wide, wide * 1.41))
            axes = figure.add_subplot()
            if len(context):
                context.plot(ax=axes, color="#efede6", edgecolor="#b5b0a2", linewidth=0.4)
            mapped.plot(ax=axes, color=mapped["color"], edgecolor="white", linewidth=0.25)
            districts.plot(ax=axes, facecolor="none", edgecolor="black", linewidth=0.5)
            regency.plot(ax=axes, facecolor="none", edgecolor="black", linewidth=0.9)
            pockets.plot(ax=axes, facecolor="none", edgecolor="#12284c", linewidth=1.4)
            shown = mapped if code is None else mapped[mapped["district_code"] == code]
            west, south, east, north = shown.total_bounds
            axes.set(xlim=(west, east), ylim=(south, north), title=product.title)
            for name, place in zip(shown["name"], shown.representative_point(), strict=True):
                if code is not None:
                    axes.annotate(name, (place.x, place.y), fontsize=6, ha="center")
            pages.savefig(figure)


if __name__ == "__main__":
    main()
