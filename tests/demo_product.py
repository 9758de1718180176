"""A demo study prepared once for the tests of document, workbook and GIS layers."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.products.atlas import WaveChange, write_pictures
from sibangkit_geo.products.document import AnnexSettings, MapPictures
from sibangkit_geo.study.prepare import prepare

if TYPE_CHECKING:
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.study.prepare import Ready

LONG = "Sumber Marga Telang Harapan Jaya Makmur Sejahtera Abadi Sentosa"
HOSTILE = "=1+1 <b>&\x07"


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


@cache
def demo_ready() -> Ready:
    """Prepare 20,000 made-up households with fewer permutations than usual."""
    folder = Path(_folder().name)
    study_file = write_demo(folder / "data", settings=DemoSettings(households=20_000, seed=1607))
    text = study_file.read_text(encoding="utf-8")
    text = re.sub(r"replicates = \d+", "replicates = 199\nstability = false", text)
    text = re.sub(r"\[\[earlier\]\].*?\n\n", "", text, flags=re.DOTALL)
    text += '\n[annex]\nnumbering = "3."\nsheets = ["overview", "agency"]\n'
    study_file.write_text(text, encoding="utf-8")
    return prepare(study_file, folder / "out", progress=lambda *_: None)


@cache
def demo_product() -> Analysis:
    """Give two villages of the first pocket awkward names, as boundaries files do."""
    product = demo_ready().product
    villages = product.measured.villages.copy()
    first = product.found.members.index[:2]
    villages.loc[first[0], "name"] = LONG
    villages.loc[first[1], "name"] = HOSTILE
    return replace(product, measured=replace(product.measured, villages=villages))


@cache
def demo_maps() -> MapPictures:
    """Draw the overview and a change alone."""
    settings = AnnexSettings(sheets=("overview", "change"), numbering="3.")
    folder = Path(_folder().name) / "maps"
    changes = (demo_change(),)
    pages = write_pictures(demo_product(), folder, settings=settings, changes=changes)
    return MapPictures(pages, folder, settings, changes)


@cache
def demo_change() -> WaveChange:
    """Let the first village fall, the second rise, and leave out or doubt two more."""
    index = demo_product().measured.villages.index
    table = pd.DataFrame(
        {"before": 10.0, "after": 10.5, "difference": 0.5, "sure": False, "state": "ok"},
        index=index,
    )
    table.loc[index[0], ["after", "difference", "sure"]] = [2.0, -8.0, True]
    table.loc[index[1], ["after", "difference", "sure"]] = [13.0, 3.0, True]
    table.loc[index[2:4], ["before", "after", "difference"]] = float("nan")
    table.loc[index[2:4], "state"] = ["missing", "unreliable"]
    return WaveChange(2020, 2025, table)


def without_pockets() -> Analysis:
    """Take every pocket and wide area away."""
    product = demo_product()
    pockets = product.found
    none = replace(
        pockets, members=pockets.members.iloc[:0], outlines=pockets.outlines.iloc[:0],
        wide=None, wide_members=None,
    )  # fmt: skip
    blocks = tuple(one for one in product.blocks if one.key != "matrix")
    return replace(product, found=none, blocks=blocks)


def without_wide_area() -> Analysis:
    """Keep the pockets alone."""
    product = demo_product()
    return replace(product, found=replace(product.found, wide=None, wide_members=None))


@cache
def with_wide_area() -> Analysis:
    """Put twelve villages outside the pockets into a wide poor area of 1.4 times the others."""
    product = demo_product()
    free = product.mapped.drop(index=product.found.members.index).iloc[:12]
    homes, poor = int(free["households"].sum()), int(free["poor_households"].sum())
    row = {
        "evidence": "wide", "p_value": 0.02, "rate": poor / homes, "relative_risk": 1.4,
        "poor": poor, "expected": poor / 1.5, "households": homes, "n_villages": len(free),
        "geometry": free.geometry.union_all(),
    }  # fmt: skip
    index = pd.RangeIndex(1, 2, name="pocket")
    wide = gpd.GeoDataFrame([row], index=index, geometry="geometry", crs=free.crs)
    members = pd.Series(1, index=free.index, name="pocket")
    return replace(product, found=replace(product.found, wide=wide, wide_members=members))
